/* Configuration space, decoding, and what the bus does with accesses that nobody answers. */
#include "tests/nic/bench.h"

static uint32_t config(uint32_t off, int width)
{
    return bus_read(bench.bus, &bench.config, off, width);
}

static void config_put(uint32_t off, int width, uint32_t value)
{
    bus_write(bench.bus, &bench.config, off, width, value);
}

static uint32_t vendor_at(uint64_t base)
{
    struct bus_window w = {BUS_CONFIG, base, 256, NULL};
    cr_assert_eq(bench.bus->ops->map(bench.bus->self, &w), 0);
    return bus_read(bench.bus, &w, 0, 4);
}

/* Function 0:0.0 is a bridge, 0:2.0 the first NIC; everything else is all ones. */
Test(nic_pci, functions_of_the_bus)
{
    bench_open_cold("e1000");
    cr_assert_eq(vendor_at(0), 0x12378086);
    cr_assert_eq(vendor_at(2 << 11), 0x100e8086);
    cr_assert_eq(vendor_at(1 << 11), UINT32_MAX);
    cr_assert_eq(vendor_at(3 << 11), UINT32_MAX);
    cr_assert_eq(vendor_at(2 << 11 | 1 << 8), UINT32_MAX);
    cr_assert_eq(vendor_at(1 << 16 | 2 << 11), UINT32_MAX);
}

Test(nic_pci, identity)
{
    bench_open_cold("e1000");
    cr_assert_eq(config(0x08, 1), 3);
    cr_assert_eq(config(0x0a, 2), 0x0200);
    cr_assert_eq(config(0x0e, 1), 0);
    cr_assert_eq(config(0x2c, 4), 0x11001af4);
    cr_assert_eq(config(0x3c, 2), 0x010b);
    cr_assert_eq(config(0x04, 2), 0);
}

/* All ones into a BAR read back its size and type, whatever is switched on. */
Test(nic_pci, bar_sizes)
{
    bench_open_cold("e1000");
    cr_assert_eq(config(0x10, 4), 0);
    cr_assert_eq(config(0x14, 4), 1);
    config_put(0x10, 4, UINT32_MAX);
    config_put(0x14, 4, UINT32_MAX);
    config_put(0x18, 4, UINT32_MAX);
    cr_assert_eq(config(0x10, 4), 0xfffe0000);
    cr_assert_eq(config(0x14, 4), 0xffffffc1);
    cr_assert_eq(config(0x18, 4), 0);
}

Test(nic_pci, bar_sizes_of_rtl8139)
{
    bench_open_cold("rtl8139");
    cr_assert_eq(vendor_at(2 << 11), 0x813910ec);
    cr_assert_eq(config(0x08, 1), 0x10);
    config_put(0x10, 4, UINT32_MAX);
    config_put(0x14, 4, UINT32_MAX);
    cr_assert_eq(config(0x10, 4), 0xffffff01);
    cr_assert_eq(config(0x14, 4), 0xffffff00);
}

/* What is wired does not change: identity, class, reserved command bits, interrupt pin. */
Test(nic_pci, writes_are_masked)
{
    bench_open_cold("e1000");
    config_put(0x00, 4, 0);
    config_put(0x08, 4, 0);
    config_put(0x2c, 4, 0);
    config_put(0x04, 2, 0xffff);
    config_put(0x3c, 2, 0xff05);
    cr_assert_eq(vendor_at(2 << 11), 0x100e8086);
    cr_assert_eq(config(0x08, 4), 0x02000003);
    cr_assert_eq(config(0x2c, 4), 0x11001af4);
    cr_assert_eq(config(0x04, 2), 0x0557);
    cr_assert_eq(config(0x3c, 2), 0x0105);
}

/* A BAR answers only with its space switched on, and nothing else answers at all. */
Test(nic_pci, decoding_follows_command)
{
    bench_open("e1000");
    cr_assert_eq(reg_read(0x08), 0x80080783);
    config_put(4, 2, 5);
    cr_assert_eq(reg_read(0x08), UINT32_MAX);
    cr_assert_eq(reg_read_width(0x08, 2), 0xffff);
    config_put(4, 2, 6);
    cr_assert_eq(reg_read(0x08), 0x80080783);
    cr_assert_eq(bus_read(bench.bus, &bench.io, 0, 4), UINT32_MAX);
    config_put(0x10, 4, 0xfd000000);
    cr_assert_eq(reg_read(0x08), UINT32_MAX);
    run_is_good();
}

Test(nic_pci, map_of_nothing)
{
    bench_open("e1000");
    struct bus_window nowhere = {BUS_MEM, 0xfc000000, 0x1000, NULL},
                      beyond = {BUS_MEM, BENCH_MMIO, 0x40000, NULL};
    cr_assert_eq(bench.bus->ops->map(bench.bus->self, &nowhere), -1);
    cr_assert_eq(bench.bus->ops->map(bench.bus->self, &beyond), -1);
}

Test(nic_pci, access_misaligned)
{
    bench_open("e1000");
    cr_assert_eq(reg_read(0x0a), UINT32_MAX);
    run_failed("reads 4 bytes at offset 0xa");
}

Test(nic_pci, access_beyond_window)
{
    bench_open("e1000");
    reg_write(0x20000, 0);
    run_failed("writes 4 bytes at offset 0x20000 of a window of 0x20000");
}

/* Five NICs: slots 2 to 6, lines 11, 10, 9, 5 and 11 again. */
Test(nic_pci, slots_and_lines)
{
    static const uint8_t lines[] = {11, 10, 9, 5, 11};
    bench_open_cold("e1000");
    for (int i = 1; i < 5; i++)
        cr_assert_not_null(machine_add_nic(bench.machine, nic_kinds[i & 1], bench_mac, NULL, NULL));
    for (uint32_t i = 0; i < 5; i++) {
        struct bus_window w = {BUS_CONFIG, (2 + i) << 11, 256, NULL};
        cr_assert_eq(bus_read(bench.bus, &w, 0x3c, 1), lines[i]);
        cr_assert_eq(bus_read(bench.bus, &w, 0, 2), (i & 1) ? 0x10ec : 0x8086);
    }
    for (int i = 5; i < MACHINE_NICS; i++)
        cr_assert_not_null(machine_add_nic(bench.machine, nic_kinds[0], bench_mac, NULL, NULL));
    cr_assert_null(machine_add_nic(bench.machine, nic_kinds[0], bench_mac, NULL, NULL));
}

Test(nic_pci, status_shows_the_interrupt)
{
    bench_open("e1000");
    cr_assert_eq(config(6, 2), 0);
    reg_write(0xd0, 4); /* IMS: LSC */
    reg_write(0xc8, 4); /* ICS */
    cr_assert_eq(config(6, 2), 8);
    reg_read(0xc0);
    cr_assert_eq(config(6, 2), 0);
}

Test(nic_pci, scratch_registers)
{
    bench_open_cold("e1000");
    config_put(0x0c, 4, UINT32_MAX);
    cr_assert_eq(config(0x0c, 4), 0x0000ffff);
    struct bus_window bridge = {BUS_CONFIG, 0, 256, NULL};
    cr_assert_eq(bus_read(bench.bus, &bridge, 8, 4), 0x06000002);
    bus_write(bench.bus, &bridge, 4, 2, 7);
    cr_assert_eq(bus_read(bench.bus, &bridge, 4, 2), 0);
}

Test(nic_pci, last_register_of_window)
{
    bench_open("e1000");
    cr_assert_eq(reg_read(0x1fffc), 0);
    cr_assert_eq(reg_read_width(0x1fffe, 2), 0);
    run_is_good();
}

/* PCI: which functions there are, how large their ranges are, where they go. */
#include <criterion/criterion.h>
#include <string.h>

#include "stack/driver/device.h"
#include "tests/driver/fake_bus.h"

static struct fake_bus fake;

struct seen {
    unsigned address[FAKE_FUNCTIONS];
    int count, stop_at;
};

static int note(void *ctx, const struct pci_function *f)
{
    struct seen *s = ctx;
    s->address[s->count++] =
        (unsigned)f->bus << 16 | (unsigned)f->device << 11 | (unsigned)f->function << 8;
    return s->count == s->stop_at ? 7 : 0;
}

static int line_11(void *ctx, const struct pci_function *f)
{
    (void)ctx, (void)f;
    return 11;
}

static struct pci_function only(void)
{
    struct fake_function *fn = &fake.function[0];
    return (struct pci_function){.bus = (uint8_t)fn->bus,
                                 .device = (uint8_t)fn->device,
                                 .function = (uint8_t)fn->function,
                                 .header_type = fn->config[0x0e],
                                 .irq_line = fn->config[0x3c]};
}

/* Functions 1 to 7 are asked only when bit 7 of function 0's header type says that there are any.
 */
Test(driver_pci, walk_multifunction_bit)
{
    fake_bus_init(&fake);
    fake_function_add(&fake, 0, 1, 0, 0x8086, 1);
    fake_function_add(&fake, 0, 1, 3, 0x8086, 2); /* must not be seen */
    fake_function_add(&fake, 0, 2, 0, 0x8086, 3)->config[0x0e] = 0x80;
    fake_function_add(&fake, 0, 2, 5, 0x8086, 4);
    fake_function_add(&fake, 0, 31, 0, 0x8086, 5);
    struct seen s = {0};
    cr_assert_eq(pci_enumerate(&fake.bus, note, &s), 0);
    cr_assert_eq(s.count, 4);
    cr_assert_eq(s.address[0], 1u << 11);
    cr_assert_eq(s.address[1], 2u << 11);
    cr_assert_eq(s.address[2], (2u << 11) | (5u << 8));
    cr_assert_eq(s.address[3], 31u << 11);
}

/* What lies behind a bridge is found on its secondary bus; a bridge that nobody numbered leads
 * nowhere. */
Test(driver_pci, walk_bridges)
{
    fake_bus_init(&fake);
    struct fake_function *bridge = fake_function_add(&fake, 0, 3, 0, 0x1b36, 1);
    bridge->config[0x0e] = 1;
    bridge->config[0x19] = 4;
    struct fake_function *inner = fake_function_add(&fake, 4, 0, 0, 0x1b36, 1);
    inner->config[0x0e] = 1;
    inner->config[0x19] = 9;
    fake_function_add(&fake, 9, 1, 0, 0x8086, 0x100e);
    struct fake_function *loose = fake_function_add(&fake, 9, 2, 0, 0x1b36, 1);
    loose->config[0x0e] = 1;
    loose->config[0x19] = 0; /* would lead back to bus 0 */
    struct seen s = {0};
    cr_assert_eq(pci_enumerate(&fake.bus, note, &s), 0);
    cr_assert_eq(s.count, 4);
    cr_assert_eq(s.address[2], (9u << 16) | (1u << 11));
}

/* The walk ends where `found` says so, with its value. */
Test(driver_pci, walk_stops)
{
    fake_bus_init(&fake);
    for (unsigned i = 0; i < 4; i++)
        fake_function_add(&fake, 0, i, 0, 0x8086, 1);
    struct seen s = {.stop_at = 2};
    cr_assert_eq(pci_enumerate(&fake.bus, note, &s), 7);
    cr_assert_eq(s.count, 2);
}

/* An E1000's ranges: 128 KiB of memory and 64 bytes of ports, each placed at a multiple of its
 * size. */
Test(driver_pci, setup_sizes_and_aligns)
{
    fake_bus_init(&fake);
    struct fake_function *fn = fake_function_add(&fake, 0, 2, 0, 0x8086, 0x100e);
    fn->bar_writable[0] = 0xfffe0000;
    fn->bar_writable[1] = 0xffc0;
    fn->config[0x14] = 1;
    fn->config[5] = 0x04; /* interrupts disabled */
    const struct pci_function f = only();
    struct device d;
    struct pci_host host = {.io_next = 0xc004,
                            .io_end = 0x10000,
                            .mem_next = 0xfe001000,
                            .mem_end = 0xff000000,
                            .interrupt = line_11};
    cr_assert_eq(pci_setup(&fake.bus, &f, &host, &d), 0);
    cr_assert_eq(d.window[0].space, BUS_MEM);
    cr_assert_eq(d.window[0].size, 0x20000u);
    cr_assert_eq(d.window[0].base, 0xfe020000u);
    cr_assert_eq(d.window[1].space, BUS_IO);
    cr_assert_eq(d.window[1].size, 64u);
    cr_assert_eq(d.window[1].base, 0xc040u);
    cr_assert_eq(fake_get32(fn->config + 0x10), 0xfe020000u);
    cr_assert_eq(fake_get32(fn->config + 0x14), 0xc041u);
    cr_assert_eq(host.mem_next, 0xfe040000u);
    cr_assert_eq(host.io_next, 0xc080u);
    cr_assert_eq(fn->config[4] & 7, 7, "I/O, memory and bus mastering are on");
    cr_assert_eq(fn->config[5] & 4, 0, "the interrupt pin is not disabled");
    cr_assert_eq(d.interrupts, 1u);
    cr_assert_eq(d.interrupt[0], 11);
    cr_assert_eq(fn->config[0x3c], 0, "the line register is firmware's");
    cr_assert_not(fn->sized_while_decoding);
}

/* What firmware assigned stays: the address; and its line register counts where the kernel has no
 * routing of its own. */
Test(driver_pci, setup_keeps_firmware)
{
    fake_bus_init(&fake);
    struct fake_function *fn = fake_function_add(&fake, 0, 2, 0, 0x10ec, 0x8139);
    fn->bar_writable[0] = 0xffffff00;
    fake_put32(fn->config + 0x10, 0xd101);
    fn->config[4] = 3;
    fn->config[0x3c] = 5;
    const struct pci_function f = only();
    struct device d;
    struct pci_host host = {
        .io_next = 0xc000, .io_end = 0x10000, .mem_next = 0xfe000000, .mem_end = 0xff000000};
    cr_assert_eq(pci_setup(&fake.bus, &f, &host, &d), 0);
    cr_assert_eq(d.window[0].base, 0xd100u);
    cr_assert_eq(d.window[0].size, 256u);
    cr_assert_eq(fake_get32(fn->config + 0x10), 0xd101u);
    cr_assert_eq(d.interrupts, 1u);
    cr_assert_eq(d.interrupt[0], 5);
    cr_assert_eq(host.io_next, 0xc000u);
    cr_assert_not(fn->sized_while_decoding, "a decoding device would answer at 0xffffff00");
}

/* A 64-bit range takes two registers; the upper one is no range of its own. */
Test(driver_pci, setup_64_bit)
{
    fake_bus_init(&fake);
    struct fake_function *fn = fake_function_add(&fake, 0, 2, 0, 0x1af4, 0x1041);
    fn->bar_writable[4] = 0xffffc000;
    fn->bar_writable[5] = 0xffffffff;
    fn->config[0x20] = 0x0c; /* 64 bits, prefetchable */
    const struct pci_function f = only();
    struct device d;
    struct pci_host host = {
        .io_next = 0xc000, .io_end = 0x10000, .mem_next = 0xfe000000, .mem_end = 0xff000000};
    cr_assert_eq(pci_setup(&fake.bus, &f, &host, &d), 0);
    cr_assert_eq(d.window[4].base, 0xfe000000u);
    cr_assert_eq(d.window[4].size, 0x4000u);
    cr_assert_eq(d.window[5].size, 0u);
    cr_assert_eq(fake_get32(fn->config + 0x24), 0u);
}

static int setup_of(uint32_t value, uint32_t writable, int bar)
{
    fake_bus_init(&fake);
    struct fake_function *fn = fake_function_add(&fake, 0, 2, 0, 0x8086, 1);
    fn->bar_writable[bar] = writable;
    fake_put32(fn->config + 0x10 + 4 * bar, value);
    const struct pci_function f = only();
    struct device d;
    struct pci_host host = {
        .io_next = 0xc000, .io_end = 0x10000, .mem_next = 0xfe000000, .mem_end = 0xff000000};
    return pci_setup(&fake.bus, &f, &host, &d);
}

/* Registers that no device may have are refused. */
Test(driver_pci, setup_malformed)
{
    cr_assert_eq(setup_of(0, 0xfffff000, 0), 0);
    cr_assert_eq(setup_of(6, 0xfffff000, 0), -1, "type 3 is reserved");
    cr_assert_eq(setup_of(4, 0xfffff000, 5), -1,
                 "a 64-bit range cannot start in the last register");
    cr_assert_eq(setup_of(0, 0xff0ff000, 0), -1, "the address bits have a hole");
    cr_assert_eq(setup_of(0, 0x80000000, 0), -1, "2 GiB do not fit behind 0xfe000000");
    cr_assert_eq(setup_of(4, 0xfffff000, 0), -1, "the upper half of a 64-bit address is not there");
}

/* Without ranges from the kernel nothing is placed; without routing and a line there is no
 * interrupt. */
Test(driver_pci, setup_places_nothing_by_itself)
{
    fake_bus_init(&fake);
    struct fake_function *fn = fake_function_add(&fake, 0, 2, 0, 0x8086, 1);
    fn->bar_writable[0] = 0xfffff000;
    struct pci_host nothing = {0};
    const struct pci_function f = only();
    struct device d;
    cr_assert_eq(pci_setup(&fake.bus, &f, &nothing, &d), -1);
    fake_put32(fn->config + 0x10, 0xfeb00000);
    cr_assert_eq(pci_setup(&fake.bus, &f, &nothing, &d), 0);
    cr_assert_eq(d.window[0].base, 0xfeb00000u);
    cr_assert_eq(d.interrupts, 0u);
    cr_assert_eq(device_irq_attach(&d, 0, NULL, NULL), -1);
}

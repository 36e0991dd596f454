/* Guest memory: windows, visibility of ring stores, ownership of payload. */
#include "tests/nic/bench.h"

/* The E1000's receive ring at 0x1000 (8 descriptors), buffers of 2048 from 0x4000. */
enum { RING = 0x1000, BUFFER = 0x4000, RDT = 0x2818, RCTL = 0x100 };
static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static void ring_registers(void)
{
    reg_write(0x2800, (uint32_t)bench.ram_at + RING);
    reg_write(0x2804, 0);
    reg_write(0x2808, 128);
    reg_write(0x2810, 0);
    reg_write(RDT, 0);
}

static void store_descriptor(uint32_t index)
{
    uint8_t *d = bench.ram + RING + 16 * index;
    ring_store64(bench.bus, d, bench.ram_at + BUFFER + 2048 * index);
    ring_store64(bench.bus, d + 8, 0);
}

/* The device's addresses keep the offset within a page, lie above 1 MiB and below 3 GiB, and
 * windows do not touch. */
Test(nic_memory, windows)
{
    bench_open("e1000");
    uint8_t *second = (uint8_t *)world_alloc(bench.world, 8192, 4096) + 0x123;
    uint64_t at = machine_add_memory(bench.machine, second, 5000);
    cr_assert_eq(at % 4096, 0x123);
    cr_assert_geq(bench.ram_at, 0x100000);
    cr_assert_gt(at, bench.ram_at + BENCH_RAM);
    cr_assert_lt(at, 0xc0000000);
    uint64_t address;
    cr_assert_eq(
        bench.bus->ops->dma_map(bench.bus->self, second + 4000, 1000, UINT32_MAX, &address), 0);
    cr_assert_eq(address, at + 4000);
    cr_assert_eq(
        bench.bus->ops->dma_map(bench.bus->self, second + 4000, 1001, UINT32_MAX, &address), -1);
    cr_assert_eq(bench.bus->ops->dma_map(bench.bus->self, second, 100, at + 98, &address), -1);
    cr_assert_eq(bench.bus->ops->dma_map(bench.bus->self, second, 100, at + 99, &address), 0);
    cr_assert_eq(bench.bus->ops->dma_map(bench.bus->self, second, 5000, UINT32_MAX, &address), 0);
    cr_assert_eq(bench.bus->ops->dma_map(bench.bus->self, second - 1, 2, UINT32_MAX, &address), -1);
    cr_assert_eq(bench.bus->ops->dma_map(bench.bus->self, &bench, 1, UINT32_MAX, &address), -1);
    for (int i = 2; i < MACHINE_WINDOWS; i++)
        cr_assert_neq(machine_add_memory(bench.machine, second, 16), 0);
    cr_assert_eq(machine_add_memory(bench.machine, second, 16), 0);
}

/* Stores behind a fence are always seen. */
Test(nic_memory, fence_makes_visible)
{
    bench_open("e1000");
    give_to_fill(BUFFER, 8 * 2048);
    ring_registers();
    for (uint32_t i = 0; i < 7; i++)
        store_descriptor(i);
    publish();
    reg_write(RCTL, 1 << 1 | 1 << 15 | 1 << 26);
    reg_write(RDT, 7);
    for (int i = 0; i < 7; i++)
        cr_assert_str_eq(receive_to(broadcast, 60), "");
    run_is_good();
}

/* Without one, about half of them are not, and the device takes the bytes that were there before.
 */
Test(nic_memory, no_fence_hides)
{
    bench_open("e1000");
    ring_registers();
    for (uint32_t i = 0; i < 7;
         i++) /* what was there before: a buffer that the device cannot reach */
        ram_put64(RING + 16 * i, 0xdead0000 + i);
    for (uint32_t i = 0; i < 7; i++)
        store_descriptor(i);
    give_to_fill(BUFFER, 8 * 2048);
    reg_write(RCTL, 1 << 1 | 1 << 15 | 1 << 26);
    reg_write(RDT, 7);
    int reached = 0;
    for (int i = 0; i < 7; i++) {
        uint64_t before = machine_figures(bench.machine)->dma_bytes;
        receive_to(broadcast, 60);
        reached +=
            machine_figures(bench.machine)->dma_bytes - before == 68; /* 60 and the write-back */
    }
    cr_assert(reached > 0 && reached < 7, "%d of 7 descriptors were seen", reached);
    run_failed("DMA write at 0xdead");
}

/* Of 32 words that the driver stores in turn, with `kind` behind them and no write of a register,
 * how many does a device see that looks by itself? */
static int seen_without_doorbell(enum bus_fence_kind kind)
{
    int seen = 0;
    bench_open("e1000");
    reg_write(RDT, 0); /* bus mastering is on from here */
    for (uint32_t i = 0; i < 32; i++)
        ring_store32(bench.bus, bench.ram + RING + 4 * i, 1);
    bus_fence(bench.bus, kind);
    for (uint32_t i = 0; i < 32; i++) {
        uint8_t word[4] = {0};
        cr_assert(nic_ring_read(bench.nic, bench.ram_at + RING + 4 * i, word, sizeof word));
        seen += word[0];
    }
    return seen;
}

/* BUS_PUBLISH orders stores before a later write of a register. Without one a store may stay behind
 * the driver's later loads: a driver that asks what the device has said meanwhile needs BUS_FULL.
 */
Test(nic_memory, publish_does_not_make_visible)
{
    int seen = seen_without_doorbell(BUS_PUBLISH);
    cr_assert(seen > 0 && seen < 32, "%d of 32 words were seen", seen);
}

Test(nic_memory, full_fence_makes_visible)
{
    cr_assert_eq(seen_without_doorbell(BUS_FULL), 32);
}

/* What is stored behind BUS_PUBLISH shows only with all that was stored before it. */
Test(nic_memory, publish_keeps_the_order)
{
    bench_open("e1000");
    for (uint32_t i = 0; i < 200; i++) {
        uint8_t later = 0, earlier = 0;
        ring_store8(bench.bus, bench.ram + RING, (uint8_t)i);
        bus_fence(bench.bus, BUS_PUBLISH);
        ring_store8(bench.bus, bench.ram + RING + 64, (uint8_t)i);
        cr_assert(nic_ring_read(bench.nic, bench.ram_at + RING + 64, &later, 1));
        cr_assert(nic_ring_read(bench.nic, bench.ram_at + RING, &earlier, 1));
        cr_assert(later != (uint8_t)i || earlier == (uint8_t)i, "round %u", i);
        bus_fence(bench.bus, BUS_FULL);
    }
}

Test(nic_memory, no_fence_with_the_knob_off)
{
    bench_open("e1000");
    struct machine_knobs knobs = {0, false, true, false};
    machine_set_knobs(bench.machine, &knobs);
    ring_registers();
    for (uint32_t i = 0; i < 7; i++)
        store_descriptor(i);
    give_to_fill(BUFFER, 8 * 2048);
    reg_write(RCTL, 1 << 1 | 1 << 15 | 1 << 26);
    reg_write(RDT, 7);
    for (int i = 0; i < 7; i++)
        cr_assert_str_eq(receive_to(broadcast, 60), "");
    run_is_good();
}

/* The device's own write ends the matter: a hidden store never comes back over it. */
Test(nic_memory, device_write_wins)
{
    bench_open("e1000");
    uint8_t *p = bench.ram + RING, seen[8];
    static const uint8_t mark[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    ring_store64(bench.bus, p, 0x1111111111111111);
    cr_assert(nic_ring_write(bench.nic, bench.ram_at + RING, mark, 8));
    cr_assert(nic_ring_read(bench.nic, bench.ram_at + RING, seen, 8));
    cr_assert_arr_eq(seen, mark, 8);
}

/* Stores to one place are seen in their order, and what was seen stays seen. */
Test(nic_memory, one_place_in_order)
{
    bench_open("e1000");
    uint32_t last = 0;
    for (uint32_t i = 1; i <= 60; i++)
        ring_store32(bench.bus, bench.ram + RING, i);
    for (int i = 0; i < 200; i++) {
        uint8_t seen[4];
        cr_assert(nic_ring_read(bench.nic, bench.ram_at + RING, seen, 4));
        cr_assert_geq(seen[0], last);
        last = seen[0];
    }
    cr_assert_eq(last, 60); /* in the end the store buffer drains */
}

/* Of more than MACHINE_PENDING stores the oldest drain. */
Test(nic_memory, store_buffer_is_finite)
{
    bench_open("e1000");
    uint8_t seen[4];
    ring_store32(bench.bus, bench.ram + RING, 77);
    for (uint32_t i = 0; i < MACHINE_PENDING; i++)
        ring_store32(bench.bus, bench.ram + 0x2000 + 4 * i, i);
    cr_assert(nic_ring_read(bench.nic, bench.ram_at + RING, seen, 4));
    cr_assert_eq(seen[0], 77);
}

Test(nic_memory, ring_store_outside)
{
    bench_open("e1000");
    uint32_t elsewhere;
    ring_store32(bench.bus, &elsewhere, 1);
    run_failed("ring store of 4 bytes outside guest memory");
}

/* --- payload --- */

static void one_buffer(void)
{
    ring_registers();
    store_descriptor(0);
    publish();
    reg_write(RCTL, 1 << 1 | 1 << 15 | 1 << 26);
    reg_write(RDT, 1);
}

Test(nic_memory, payload_never_given)
{
    bench_open("e1000");
    one_buffer();
    receive_to(broadcast, 60);
    run_failed("payload that was never given to the device");
}

Test(nic_memory, payload_taken_back)
{
    bench_open("e1000");
    give_to_fill(BUFFER, 2048);
    take_back(BUFFER, 2048);
    one_buffer();
    receive_to(broadcast, 60);
    run_failed("payload that the driver has taken back");
}

Test(nic_memory, payload_given_the_other_way)
{
    bench_open("e1000");
    give_to_read(BUFFER, 2048);
    one_buffer();
    receive_to(broadcast, 60);
    run_failed("payload that was given to be read only");
}

Test(nic_memory, payload_partly_given)
{
    bench_open("e1000");
    give_to_fill(BUFFER, 32);
    one_buffer();
    receive_to(broadcast, 60);
    run_failed("was never given");
}

Test(nic_memory, payload_given_twice)
{
    bench_open("e1000");
    give_to_fill(BUFFER, 2048);
    give_to_fill(BUFFER, 2048);
    run_failed("that the device owns already");
}

Test(nic_memory, payload_taken_without_giving)
{
    bench_open("e1000");
    take_back(BUFFER, 2048);
    run_failed("that was not given");
}

Test(nic_memory, ownership_off)
{
    bench_open("e1000");
    struct machine_knobs knobs = {0, true, false, false};
    machine_set_knobs(bench.machine, &knobs);
    one_buffer();
    cr_assert_str_eq(receive_to(broadcast, 60), "");
    run_is_good();
}

/* Neighbours that share a granule of 16 bytes do not accuse one another. */
Test(nic_memory, payload_edges)
{
    bench_open("e1000");
    uint8_t bytes[100];
    give_to_read(BUFFER + 4, 100);
    give_to_fill(BUFFER + 104, 100);
    cr_assert(nic_dma_read(bench.nic, bench.ram_at + BUFFER + 4, bytes, 100));
    take_back(BUFFER + 4, 100);
    bench.ram[BUFFER + 4] = bench.ram[BUFFER + 103] = 1;
    cr_assert(nic_dma_write(bench.nic, bench.ram_at + BUFFER + 104, bytes, 100));
    run_is_good();
}

Test(nic_memory, descriptors_in_payload)
{
    bench_open("e1000");
    give_to_fill(RING, 2048);
    reg_write(0x2800, (uint32_t)bench.ram_at + RING);
    reg_write(0x2808, 128);
    reg_write(RCTL, 1 << 1 | 1 << 15);
    reg_write(RDT, 1);
    run_failed("a ring in payload that was given");
}

Test(nic_memory, address_outside)
{
    bench_open("e1000");
    uint8_t bytes[64];
    cr_assert_not(nic_dma_read(bench.nic, bench.ram_at + BENCH_RAM - 63, bytes, 64));
    run_failed("dut.e1000: DMA read at 0x13ffc1, 64 bytes: not all of it is guest memory");
}

Test(nic_memory, address_wraps)
{
    bench_open("e1000");
    uint8_t bytes[64] = {0};
    cr_assert_not(nic_dma_write(bench.nic, UINT64_MAX - 10, bytes, 64));
    run_failed("DMA write at 0xfffffffffffffff5");
}

Test(nic_memory, bus_mastering_off)
{
    bench_open("e1000");
    uint8_t bytes[64];
    bus_write(bench.bus, &bench.config, 4, 2, 3);
    cr_assert_not(nic_ring_read(bench.nic, bench.ram_at, bytes, 64));
    run_failed("with bus mastering off");
}

/* Under ASan: what the device owns is poisoned, also after a restore, and what it gave back is not.
 */
Test(nic_memory, snapshot)
{
    bench_open("e1000");
    struct why why = {{0}};
    uint8_t bytes[64];
    give_to_read(BUFFER, 2048);
    struct image *image = world_save(bench.world, &why);
    cr_assert_not_null(image);
    take_back(BUFFER, 2048);
    bench.ram[BUFFER] = 9;
    world_restore(bench.world, image);
    cr_assert(nic_dma_read(bench.nic, bench.ram_at + BUFFER, bytes, 64));
    cr_assert_eq(bytes[0], 0);
    take_back(BUFFER, 2048);
    cr_assert_eq(bench.ram[BUFFER], 0);
    run_is_good();
    image_free(image);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
Test(nic_memory, poison)
{
    bench_open("e1000");
    struct why why = {{0}};
    give_to_fill(BUFFER, 2048);
    cr_assert(__asan_address_is_poisoned(bench.ram + BUFFER));
    cr_assert(__asan_address_is_poisoned(bench.ram + BUFFER + 2047));
    cr_assert_not(__asan_address_is_poisoned(bench.ram + BUFFER + 2048));
    cr_assert_not(__asan_address_is_poisoned(bench.ram + BUFFER - 1));
    struct image *image = world_save(bench.world, &why);
    take_back(BUFFER, 2048);
    cr_assert_not(__asan_address_is_poisoned(bench.ram + BUFFER));
    world_restore(bench.world, image);
    cr_assert(__asan_address_is_poisoned(bench.ram + BUFFER));
    cr_assert(__asan_address_is_poisoned(bench.ram + BUFFER + 2047));
    cr_assert_not(__asan_address_is_poisoned(bench.ram + BUFFER + 2048));
    image_free(image);
}
#endif
#endif

/* --- loads --- */

static void device_writes(uint32_t at, uint32_t len)
{
    static const uint8_t bytes[16] = {1};
    cr_assert(nic_ring_write(bench.nic, bench.ram_at + at, bytes, len));
}

/* Status, fence, length: what a driver does. The same bytes twice need no fence, nor do two
 * records. */
Test(nic_ordering, observed)
{
    bench_open("e1000");
    device_writes(RING + 8, 8);
    device_writes(RING + 24, 8);
    ring_load8(bench.bus, bench.ram + RING + 12);
    ring_load8(bench.bus, bench.ram + RING + 12);
    ring_load8(bench.bus, bench.ram + RING + 28);
    bus_fence(bench.bus, BUS_OBSERVE);
    ring_load16(bench.bus, bench.ram + RING + 8);
    ring_load16(bench.bus, bench.ram + RING + 24);
    run_is_good();
}

Test(nic_ordering, not_observed)
{
    bench_open("e1000");
    device_writes(RING + 8, 8);
    ring_load8(bench.bus, bench.ram + RING + 12);
    publish();
    run_is_good();
    ring_load16(bench.bus, bench.ram + RING + 8);
    run_failed("a ring load of 2 bytes without BUS_OBSERVE");
}

/* What the device wrote before the fence is safe, whatever is loaded in which order. */
Test(nic_ordering, fence_first)
{
    bench_open("e1000");
    device_writes(RING + 8, 8);
    bus_fence(bench.bus, BUS_OBSERVE);
    ring_load8(bench.bus, bench.ram + RING + 12);
    ring_load16(bench.bus, bench.ram + RING + 8);
    run_is_good();
}

/* An element and the index that vouches for it are one record in two places. */
Test(nic_ordering, joined)
{
    bench_open("e1000");
    device_writes(RING, 8);
    nic_ring_join(bench.nic);
    device_writes(RING + 64, 2);
    ring_load16(bench.bus, bench.ram + RING + 64);
    ring_load32(bench.bus, bench.ram + RING);
    run_failed("without BUS_OBSERVE");
}

/* The newest write to the bytes counts. */
Test(nic_ordering, written_again)
{
    bench_open("e1000");
    device_writes(RING + 8, 8);
    ring_load8(bench.bus, bench.ram + RING + 12);
    device_writes(RING + 8, 8);
    ring_load16(bench.bus, bench.ram + RING + 8);
    run_is_good();
}

Test(nic_ordering, off)
{
    bench_open("e1000");
    struct machine_knobs knobs = {0, false, true, false};
    machine_set_knobs(bench.machine, &knobs);
    device_writes(RING + 8, 8);
    ring_load8(bench.bus, bench.ram + RING + 12);
    ring_load16(bench.bus, bench.ram + RING + 8);
    run_is_good();
}

/* The RTL8139's CBR vouches for the ring; its header may be loaded in two pieces after it. */
Test(nic_ordering, register_vouches)
{
    bench_open("rtl8139");
    device_writes(RING, 8);
    reg_read_width(0x3a, 2);
    ring_load16(bench.bus, bench.ram + RING);
    ring_load16(bench.bus, bench.ram + RING + 2);
    run_is_good();
    device_writes(RING, 8);
    ring_load16(bench.bus, bench.ram + RING);
    reg_read_width(0x3e, 2);
    ring_load16(bench.bus, bench.ram + RING + 2);
    run_failed("without BUS_OBSERVE");
}

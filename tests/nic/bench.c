#include "tests/nic/bench.h"

struct bench bench;
static uint8_t sent_bytes[BENCH_FRAMES][BENCH_FRAME_BYTES];
const uint8_t bench_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

static void sent(void *ctx, const uint8_t *bytes, uint32_t len)
{
    (void)ctx;
    cr_assert(bench.sent < BENCH_FRAMES && len <= BENCH_FRAME_BYTES);
    memcpy(bench.sent_bytes[bench.sent], bytes, len);
    bench.sent_len[bench.sent++] = len;
}

void bench_open_cold(const char *kind)
{
    bench.world = world_new(8 << 20, 1);
    cr_assert_not_null(bench.world);
    bench.machine = machine_new(bench.world, "dut");
    bench.ram = world_alloc(bench.world, BENCH_RAM, 4096);
    bench.ram_at = machine_add_memory(bench.machine, bench.ram, BENCH_RAM);
    bench.sent_bytes = sent_bytes;
    bench.sent = bench.isr_calls = 0;
    bench.nic = machine_add_nic(bench.machine, nic_kind_by_name(kind), bench_mac, sent, NULL);
    bench.bus = machine_bus(bench.machine);
    bench.config = (struct bus_window){BUS_CONFIG, 2 << 11, 256, NULL};
    cr_assert_eq(bench.bus->ops->map(bench.bus->self, &bench.config), 0);
}

void bench_open(const char *kind)
{
    bench_open_cold(kind);
    struct machine_knobs knobs = machine_knobs_default;
    knobs.late_permille = 0;
    machine_set_knobs(bench.machine, &knobs);
    for (int bar = 0; bar < 2; bar++) {
        bool io = nic_kind_of(bench.nic)->bar[bar].space == BUS_IO;
        uint32_t base = io ? BENCH_IO : BENCH_MMIO;
        struct bus_window *w = io ? &bench.io : &bench.regs;
        bus_write(bench.bus, &bench.config, 0x10 + 4 * (uint32_t)bar, 4, base);
        *w = (struct bus_window){io ? BUS_IO : BUS_MEM, base, nic_kind_of(bench.nic)->bar[bar].size,
                                 NULL};
        cr_assert_eq(bench.bus->ops->map(bench.bus->self, w), 0);
    }
    bus_write(bench.bus, &bench.config, 4, 2, 7);
}

uint32_t reg_read_width(uint32_t off, int width)
{
    return bus_read(bench.bus, &bench.regs, off, width);
}

void reg_write_width(uint32_t off, int width, uint32_t value)
{
    bus_write(bench.bus, &bench.regs, off, width, value);
}

uint32_t reg_read(uint32_t off)
{
    return reg_read_width(off, 4);
}

void reg_write(uint32_t off, uint32_t value)
{
    reg_write_width(off, 4, value);
}

void ram_put(uint32_t at, const void *bytes, uint32_t len)
{
    memcpy(bench.ram + at, bytes, len);
}

void ram_put64(uint32_t at, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        bench.ram[at + (uint32_t)i] = (uint8_t)(value >> (8 * i));
}

uint32_t ram_get16(uint32_t at)
{
    return bench.ram[at] | (uint32_t)bench.ram[at + 1] << 8;
}

void give_to_read(uint32_t at, uint32_t len)
{
    bus_give(bench.bus, bench.ram + at, len, BUS_TO_DEVICE);
}

void give_to_fill(uint32_t at, uint32_t len)
{
    bus_give(bench.bus, bench.ram + at, len, BUS_FROM_DEVICE);
}

void take_back(uint32_t at, uint32_t len)
{
    bus_take(bench.bus, bench.ram + at, len, BUS_FROM_DEVICE);
}

void publish(void)
{
    bus_fence(bench.bus, BUS_PUBLISH);
}

void frame_make(uint8_t *frame, const uint8_t dst[6], uint32_t len)
{
    static const uint8_t src[6] = {2, 0, 0, 0, 0, 1};
    for (uint32_t i = 0; i < len; i++)
        frame[i] = (uint8_t)(i + i / 256);
    memcpy(frame, dst, 6);
    memcpy(frame + 6, src, 6);
}

const char *receive(const uint8_t *frame, uint32_t len)
{
    const char *reason = "";
    bool taken = nic_receive(bench.nic, frame, len, false, &reason);
    cr_assert_eq(taken, reason[0] == 0);
    return reason;
}

const char *receive_to(const uint8_t dst[6], uint32_t len)
{
    static uint8_t frame[20000];
    frame_make(frame, dst, len);
    return receive(frame, len);
}

uint64_t counter(const char *name)
{
    bool known;
    uint64_t value = nic_count(bench.nic, name, &known);
    cr_assert(known, "there is no counter %s", name);
    return value;
}

static int isr(void *ctx)
{
    (void)ctx;
    bench.isr_calls++;
    if (bench.on_isr)
        bench.on_isr();
    return 1;
}

void bench_attach_isr(void)
{
    cr_assert_eq(bench.bus->ops->irq_attach(bench.bus->self, 11, isr, NULL), 0);
}

void run_is_good(void)
{
    struct why why = {{0}};
    cr_assert_not(world_failed(bench.world, &why), "%s", why.text);
}

void run_failed(const char *text)
{
    struct why why = {{0}};
    cr_assert(world_failed(bench.world, &why), "the run should have failed: %s", text);
    cr_assert_not_null(strstr(why.text, text), "got: %s", why.text);
}

/*
 * A driver that does anything: random accesses to every register, over random memory, with frames
 * in between. The run fails, of course; nothing may crash, hang or reach beyond its arrays, which
 * the sanitizers see. Twice the same seed is twice the same run.
 */
#include "tests/nic/bench.h"

enum { ABUSE_FRAME = 20000 };
static struct random_stream dice;

static uint32_t below(uint32_t bound)
{
    return (uint32_t)random_below(&dice, bound);
}

/* Small numbers, addresses of memory, and anything. */
static uint32_t some_value(void)
{
    switch (below(5)) {
    case 0:
        return below(256);
    case 1:
        return (uint32_t)bench.ram_at + below(BENCH_RAM);
    case 2:
        return 1u << below(32);
    case 3:
        return 128 * below(64);
    default:
        return (uint32_t)random_next(&dice);
    }
}

/* Where most of an E1000's registers lie, so that rings get going. */
static uint32_t some_register(void)
{
    static const uint16_t busy[] = {0,      0x10,   0x14,   0x20,   0xc0,   0xc4,   0xc8,
                                    0xd0,   0x100,  0x400,  0x2800, 0x2808, 0x2810, 0x2818,
                                    0x2820, 0x3800, 0x3808, 0x3810, 0x3818, 0x3820, 0x5000};
    uint32_t size = bench.regs.size;
    if (size > 256 && below(4))
        return busy[below(sizeof busy / sizeof busy[0])];
    return below(size / 4) * 4;
}

static void poke(void)
{
    int width = below(4) ? 4 : 1 << below(3);
    uint32_t at = some_register() + below(4) / (uint32_t)width * (uint32_t)width;
    if (below(2))
        reg_write_width(at, width, some_value());
    else
        reg_read_width(at, width);
}

static void scribble(void)
{
    uint32_t at = below(BENCH_RAM - 64) & ~7u;
    for (uint32_t i = 0; i < 4; i++)
        ram_put64(at + 16 * i % 64,
                  below(2) ? bench.ram_at + below(BENCH_RAM) : random_next(&dice));
}

static void arrive(void)
{
    static uint8_t frame[ABUSE_FRAME];
    uint32_t len = below(3) ? 14 + below(1600) : below(ABUSE_FRAME);
    const char *reason;
    random_bytes(&dice, frame, 14);
    if (below(2))
        memcpy(frame, bench_mac, 6);
    nic_receive(bench.nic, frame, len, below(8) == 0, &reason);
}

static void one_step(void)
{
    struct why why = {{0}};
    switch (below(16)) {
    case 0:
        scribble();
        break;
    case 1:
    case 2:
        arrive();
        break;
    case 3:
        nic_carrier(bench.nic, below(4));
        break;
    case 4:
        world_run(bench.world, world_now(bench.world) + below(100000), &why);
        break;
    case 5:
        bus_write(bench.bus, &bench.config, 4, 2, below(4) ? 7 : below(0x800));
        break;
    default:
        poke();
        break;
    }
    bench.sent = 0;
}

static void count_only(void)
{
    reg_read(bench.regs.size > 256 ? 0xc0 : 0x3c);
}

static struct fingerprint abuse(const char *kind, uint64_t seed)
{
    bench_open(kind);
    struct machine_knobs knobs = {100, true, false, true};
    machine_set_knobs(bench.machine, &knobs);
    random_init(&dice, seed, "abuse");
    bench.on_isr = count_only;
    bench_attach_isr();
    for (int i = 0; i < 5000; i++)
        one_step();
    struct fingerprint f = *world_state_print(bench.world);
    world_free(bench.world);
    return f;
}

static void abused(const char *kind)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct fingerprint a = abuse(kind, seed), b = abuse(kind, seed);
        cr_assert(a.a == b.a && a.b == b.b, "seed %u differs", (unsigned)seed);
    }
}

Test(nic_abuse, e1000)
{
    abused("e1000");
}

Test(nic_abuse, rtl8139)
{
    abused("rtl8139");
}

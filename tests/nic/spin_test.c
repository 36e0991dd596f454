/* A driver that waits for what never comes is stopped by the machine, with the register's name. */
#include "tests/nic/bench.h"

enum { BOUND = 10000000, TSD2 = 0x18, STATUS = 0x08, RAL1 = 0x5408 };
static const char *wanted;

/* Whoever returns from here ends with status 1, which each test expects. */
static void told(struct world *w, const char *why)
{
    (void)w;
    cr_assert(strstr(why, wanted), "\"%s\" is not in \"%s\"", wanted, why);
}

static void open_with(const char *kind, const char *text)
{
    bench_open(kind);
    wanted = text;
    world_on_fail_hard(bench.world, told);
    machine_set_driver(bench.machine, "mine");
}

static uint32_t accesses(void)
{
    const struct machine_figures *f = machine_figures(bench.machine);
    return (uint32_t)(f->reads + f->writes + f->ring_accesses);
}

Test(spin, one_register, .exit_code = 1)
{
    open_with(
        "rtl8139",
        "dut: the driver of mine waits in a loop for what never comes: ten million accesses "
        "within one event, of the last thousand 1000 read TSD2 of dut.rtl8139, memory offset 0x18");
    while (accesses() < BOUND - 1)
        reg_read(TSD2);
    run_is_good();
    reg_read(TSD2);
    exit(0); /* not reached */
}

Test(spin, two_registers, .exit_code = 1)
{
    open_with("e1000", "of the last thousand 500 write RAL1 of dut.e1000, memory offset 0x5408, "
                       "500 read STATUS of dut.e1000, memory offset 0x8");
    for (int i = 0; i < BOUND; i++) {
        reg_read(STATUS);
        reg_write(RAL1, 0);
    }
    exit(0);
}

Test(spin, descriptor, .exit_code = 1)
{
    char text[80] = "";
    open_with("e1000", text);
    snprintf(text, sizeof text, "1000 load a ring at guest address 0x%llx",
             (unsigned long long)bench.ram_at + 12);
    for (int i = 0; i < BOUND; i++)
        ring_load8(bench.bus, bench.ram + 12);
    exit(0);
}

/* A misaligned access fails the run at once, but it does not end the loop that makes it: the first
 * reason stays. */
Test(spin, first_reason_stays, .exit_code = 1)
{
    open_with("e1000", "the driver reads 4 bytes at offset 0x2 of a window");
    for (int i = 0; i < BOUND; i++)
        reg_read(2);
    exit(0);
}

Test(spin, nothing_there, .exit_code = 1)
{
    open_with("e1000", "1000 read memory 0xfeb00008, where nothing is");
    bus_write(bench.bus, &bench.config, 4, 2, 0);
    for (int i = 0; i < BOUND; i++)
        reg_read(STATUS);
    exit(0);
}

static void nothing(struct owner *o, int64_t now_ns)
{
    (void)o, (void)now_ns;
}

/* Events, even at one instant, part two halves of the bound: a driver that returns loops in none.
 */
Test(spin, each_event_anew)
{
    struct owner tick = {.fire = nothing, .name = "a tick"};
    open_with("e1000", "");
    world_own(bench.world, &tick, RANK_HOST);
    for (int half = 0; half < 2; half++) {
        for (int i = 0; i < BOUND / 2 + 1000; i++)
            reg_read(STATUS);
        world_due(bench.world, &tick, 0);
        world_run(bench.world, 0, NULL);
    }
    run_is_good();
}

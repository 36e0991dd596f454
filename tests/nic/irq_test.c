/* Interrupt lines: level, sharing, no nesting, lateness, storms. */
#include "tests/nic/bench.h"

enum { ICR = 0xc0, ICS = 0xc8, IMS = 0xd0, IMC = 0xd8, LSC = 4 };

static void read_icr(void)
{
    reg_read(ICR);
}

/* A line that goes up outside a handler calls it before the access returns; reading ICR lowers it.
 */
Test(nic_irq, at_once)
{
    bench_open("e1000");
    bench.on_isr = read_icr;
    bench_attach_isr();
    reg_write(IMS, LSC);
    cr_assert_eq(bench.isr_calls, 0);
    reg_write(ICS, LSC);
    cr_assert_eq(bench.isr_calls, 1);
    reg_read(8);
    cr_assert_eq(bench.isr_calls, 1);
    cr_assert_not(machine_interrupt_pending(bench.machine));
}

/* Unmasking a cause that is pending raises at once. */
Test(nic_irq, unmask_pending)
{
    bench_open("e1000");
    bench.on_isr = read_icr;
    bench_attach_isr();
    reg_write(ICS, LSC);
    cr_assert_eq(bench.isr_calls, 0);
    reg_write(IMS, LSC);
    cr_assert_eq(bench.isr_calls, 1);
}

static void raise_again_once(void)
{
    int call = bench.isr_calls;
    reg_read(ICR);
    if (call == 1)
        reg_write(ICS, LSC); /* goes up inside the handler */
    cr_assert_eq(bench.isr_calls, call, "the handler was nested");
}

/* What goes up inside a handler waits for its end. */
Test(nic_irq, never_nested)
{
    bench_open("e1000");
    bench.on_isr = raise_again_once;
    bench_attach_isr();
    reg_write(IMS, LSC);
    reg_write(ICS, LSC);
    cr_assert_eq(bench.isr_calls, 2);
}

static void do_nothing(void)
{
}

Test(nic_irq, storm)
{
    bench_open("e1000");
    bench.on_isr = do_nothing;
    bench_attach_isr();
    reg_write(IMS, LSC);
    reg_write(ICS, LSC);
    cr_assert_eq(bench.isr_calls, 1000);
    run_failed("dut: interrupt storm: line 11");
}

/* A line without a handler just stays up; whoever attaches gets it at the next access. */
Test(nic_irq, attach_later)
{
    bench_open("e1000");
    reg_write(IMS, LSC);
    reg_write(ICS, LSC);
    bench.on_isr = read_icr;
    bench_attach_isr();
    cr_assert(machine_interrupt_pending(bench.machine));
    machine_interrupts(bench.machine);
    cr_assert_eq(bench.isr_calls, 1);
    bench.bus->ops->irq_detach(bench.bus->self, 11, NULL);
    reg_write(ICS, LSC);
    cr_assert_eq(bench.isr_calls, 1);
    cr_assert_not(machine_interrupt_pending(bench.machine));
}

/* Command bit 10 takes the line down without clearing the cause. */
Test(nic_irq, interrupt_disable_bit)
{
    bench_open("e1000");
    bench.on_isr = read_icr;
    bench_attach_isr();
    bus_write(bench.bus, &bench.config, 4, 2, 0x407);
    reg_write(IMS, LSC);
    reg_write(ICS, LSC);
    cr_assert_eq(bench.isr_calls, 0);
    bus_write(bench.bus, &bench.config, 4, 2, 7);
    cr_assert_eq(bench.isr_calls, 1);
}

/* Frames raise, they do not deliver: the host asks for that. Ring accesses deliver as register
 * accesses do. */
Test(nic_irq, receive_raises_only)
{
    bench_open("e1000");
    bench.on_isr = read_icr;
    bench_attach_isr();
    reg_write(IMS, LSC);
    nic_carrier(bench.nic, false);
    cr_assert_eq(bench.isr_calls, 0);
    ring_load32(bench.bus, bench.ram);
    cr_assert_eq(bench.isr_calls, 1);
    nic_carrier(bench.nic, true);
    machine_interrupts(bench.machine);
    cr_assert_eq(bench.isr_calls, 2);
}

/* With interrupts off a line that goes up stays up, whatever is accessed; it is served when they
 * are on again. */
Test(nic_irq, off)
{
    bench_open("e1000");
    bench.on_isr = read_icr;
    bench_attach_isr();
    machine_set_interruptible(bench.machine, false);
    reg_write(IMS, LSC);
    nic_carrier(bench.nic, false);
    ring_load32(bench.bus, bench.ram);
    machine_interrupts(bench.machine);
    cr_assert_eq(bench.isr_calls, 0);
    cr_assert_not(machine_interrupt_pending(bench.machine));
    machine_set_interruptible(bench.machine, true);
    cr_assert(machine_interrupt_pending(bench.machine));
    machine_interrupts(bench.machine);
    cr_assert_eq(bench.isr_calls, 1);
}

/* Late: at some later access, and never later than machine_interrupts. */
Test(nic_irq, late)
{
    bench_open("e1000");
    struct machine_knobs knobs = {900, true, true, false};
    machine_set_knobs(bench.machine, &knobs);
    bench.on_isr = read_icr;
    bench_attach_isr();
    reg_write(IMS, LSC);
    int waited = 0;
    for (int i = 1; i <= 20; i++) {
        reg_write(ICS, LSC);
        waited += bench.isr_calls < i;
        machine_interrupts(bench.machine);
        cr_assert_eq(bench.isr_calls, i);
    }
    cr_assert_geq(waited, 10);
}

static int shared_calls;

static int not_mine(void *ctx)
{
    (void)ctx;
    shared_calls++;
    return 0;
}

/* Every handler of a line is asked. */
Test(nic_irq, shared)
{
    bench_open("e1000");
    bench.on_isr = read_icr;
    cr_assert_eq(bench.bus->ops->irq_attach(bench.bus->self, 11, not_mine, &shared_calls), 0);
    bench_attach_isr();
    reg_write(IMS, LSC);
    reg_write(ICS, LSC);
    cr_assert_eq(shared_calls, 1);
    cr_assert_eq(bench.isr_calls, 1);
    cr_assert_eq(bench.bus->ops->irq_attach(bench.bus->self, MACHINE_LINES, not_mine, NULL), -1);
    for (int i = 2; i < MACHINE_HANDLERS; i++)
        cr_assert_eq(bench.bus->ops->irq_attach(bench.bus->self, 3, not_mine, NULL), 0);
    cr_assert_eq(bench.bus->ops->irq_attach(bench.bus->self, 3, not_mine, NULL), -1);
}

/*
 * Interrupt lines: level-triggered and shared. A handler runs at once when a line goes up outside a
 * handler, or, because the machine is hostile, at some later access; it never nests. After the
 * handlers of a line have run the line is looked at again, as after the interrupt controller's EOI.
 */
#include "sim/nic/machine_state.h"

enum { STORM = 1000 };

void irq_recompute(struct machine *m)
{
    m->lines_up = 0;
    for (int i = 0; i < m->nic_count; i++)
        if (m->nics[i]->irq && !m->nics[i]->intx_off)
            m->lines_up |= 1u << m->nics[i]->line;
}

void nic_raise(struct nic *n, bool level)
{
    if (n->irq == level)
        return;
    n->irq = level;
    if (level)
        nic_count_up(n, NIC_INTERRUPTS);
    nic_state_event(n, "irq", level);
    irq_recompute(n->machine);
    observe(n->machine,
            &(struct nic_event){.kind = NIC_LINE, .nic = n, .value = &(uint32_t){level}});
}

static void call_handlers(struct machine *m, int line)
{
    m->figures.interrupts++;
    for (int i = 0; i < m->handler_count; i++)
        if (m->handlers[i].line == line)
            m->handlers[i].isr(m->handlers[i].ctx);
}

static void deliver(struct machine *m)
{
    m->in_isr = true;
    for (int round = 0; m->lines_up & m->lines_attached; round++) {
        int line = __builtin_ctz(m->lines_up & m->lines_attached);
        if (round == STORM) {
            world_fail(
                m->world,
                "%s: interrupt storm: line %d is still up after its handlers were called %d times",
                m->name, line, STORM);
            m->storming = true;
            break;
        }
        call_handlers(m, line);
    }
    m->in_isr = false;
}

bool machine_interrupt_pending(const struct machine *m)
{
    return (m->lines_up & m->lines_attached) && !m->in_isr && !m->storming && !m->uninterruptible;
}

void machine_set_interruptible(struct machine *m, bool on)
{
    m->uninterruptible = !on;
}

void machine_interrupts(struct machine *m)
{
    if (machine_interrupt_pending(m))
        deliver(m);
}

void irq_step(struct machine *m)
{
    if (!machine_interrupt_pending(m))
        return;
    if (m->knobs.late_permille && random_below(&m->lateness, 1000) < m->knobs.late_permille)
        return;
    deliver(m);
}

static void attached_changed(struct machine *m)
{
    m->lines_attached = 0;
    for (int i = 0; i < m->handler_count; i++)
        m->lines_attached |= 1u << m->handlers[i].line;
}

int irq_attach(struct machine *m, int line, int (*isr)(void *), void *ctx)
{
    if (line < 0 || line >= MACHINE_LINES || m->handler_count == MACHINE_HANDLERS)
        return -1;
    m->handlers[m->handler_count++] = (struct irq_handler){line, isr, ctx};
    attached_changed(m);
    return 0;
}

void irq_detach(struct machine *m, int line, void *ctx)
{
    int kept = 0;
    for (int i = 0; i < m->handler_count; i++)
        if (m->handlers[i].line != line || m->handlers[i].ctx != ctx)
            m->handlers[kept++] = m->handlers[i];
    m->handler_count = kept;
    attached_changed(m);
}

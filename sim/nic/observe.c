/* Looking on at what passes between driver and device: one observer, and the device's own remarks.
 */
#include "sim/nic/machine_state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { REMARK_BYTES = 400 };

void machine_observe(struct machine *m, nic_observer *observer, void *ctx)
{
    m->observer = observer;
    m->observer_ctx = ctx;
}

void observe(struct machine *m, const struct nic_event *e)
{
    if (m->observer)
        m->observer(m->observer_ctx, e);
}

bool nic_observed(const struct nic *n)
{
    return n->machine->observer != NULL;
}

void nic_remark(struct nic *n, const char *format, ...)
{
    char text[REMARK_BYTES];
    va_list args;
    if (!nic_observed(n))
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    observe(n->machine, &(struct nic_event){.kind = NIC_REMARK, .nic = n, .text = text});
}

void nic_offered(struct nic *n, uint64_t address, uint32_t len)
{
    observe(n->machine,
            &(struct nic_event){.kind = NIC_OFFERED, .nic = n, .address = address, .len = len});
}

void nic_explain(struct nic *n, unsigned ways)
{
    if (!n->busmaster)
        nic_remark(n, "bus mastering is off (bit 2 of the PCI command register): the device "
                      "reaches no memory");
    if (!n->up)
        nic_remark(n, "the link is down");
    if (n->kind->explain)
        n->kind->explain(n, ways);
}

bool nic_line_is_up(const struct nic *n)
{
    return n->irq && !n->intx_off;
}

void nic_register_name(const struct nic *n, int bar, uint32_t offset, char text[NIC_REGISTER_NAME])
{
    const struct nic_register *r = bar < 0 ? NULL : n->kind->bar[bar].registers;
    text[0] = 0;
    for (; r && r->name; r++) {
        uint32_t stride = r->count > 1 ? r->stride : r->width, at = offset - r->at;
        if (offset < r->at || at / stride >= r->count || at % stride >= r->width)
            continue;
        if (r->count > 1)
            snprintf(text, NIC_REGISTER_NAME, "%s%" PRIu32, r->name, at / stride);
        else
            snprintf(text, NIC_REGISTER_NAME, "%s", r->name);
        return;
    }
}

void nic_place(struct nic *n, uint64_t address, char *out, size_t room)
{
    if (room)
        out[0] = 0;
    if (n->kind->place)
        n->kind->place(n, address, out, room);
}

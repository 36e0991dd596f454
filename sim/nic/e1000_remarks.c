/* What is worth telling of a driver of the 82540EM: how it moves the tails, and which registers
 * keep frames from moving. */
#include "sim/nic/e1000.h"

#include <stdio.h>

struct ring {
    const char *name, *kind;
    uint64_t base;
    uint32_t count, head, tail, done /* where in a descriptor DD is */;
    bool enabled;
};

static struct ring receive_ring(const struct e1000 *e)
{
    return (struct ring){"RD",
                         "receive",
                         (uint64_t)e->rdbah << 32 | (e->rdbal & ~15u),
                         e->rdlen / DESCRIPTOR_BYTES,
                         e->rdh,
                         e->rdt,
                         RXD_STATUS,
                         e->rctl & RCTL_EN};
}

static struct ring transmit_ring(const struct e1000 *e)
{
    return (struct ring){"TD",
                         "transmit",
                         (uint64_t)e->tdbah << 32 | (e->tdbal & ~15u),
                         e->tdlen / DESCRIPTOR_BYTES,
                         e->tdh,
                         e->tdt,
                         TXD_STATUS,
                         e->tctl & TCTL_EN};
}

static uint32_t ahead(const struct ring *r, uint32_t from, uint32_t to)
{
    return (to + r->count - from) % r->count;
}

/* RXD_STAT_DD and TXD_STAT_DD are the same bit. */
static void look_at_given(struct nic *n, const struct ring *r, uint32_t to)
{
    for (uint32_t i = r->tail; i != to; i = (i + 1) % r->count) {
        uint8_t status = 0;
        nic_peek(n, r->base + (uint64_t)i * DESCRIPTOR_BYTES + r->done, &status, 1);
        if (!(status & RXD_STAT_DD))
            continue;
        nic_remark(n,
                   "%s descriptor %u was given to the device with DD still set: the driver takes "
                   "it for done before it is; its status must be 0",
                   r->kind, i);
        return;
    }
}

void e1000_remark_tail(struct nic *n, uint32_t at, uint32_t value)
{
    const struct e1000 *e = nic_state(n);
    const struct ring r = at == E1000_RDT ? receive_ring(e) : transmit_ring(e);
    if (!r.count || value >= r.count || r.head >= r.count || r.tail >= r.count)
        return;
    uint32_t had = ahead(&r, r.head, r.tail), has = ahead(&r, r.head, value);
    if (r.enabled && has == 0 && value != r.tail)
        nic_remark(n,
                   "%sT was moved from %u to %u, where %sH is: equal means that the ring is empty, "
                   "so one descriptor must stay unused between them",
                   r.name, r.tail, value, r.name);
    else if (r.enabled && had && has < had && value != r.tail)
        nic_remark(n,
                   "%sT was moved from %u to %u, past %sH %u: descriptors that the device has not "
                   "done were used again; those from %sH to %sT are the device's",
                   r.name, r.tail, value, r.name, r.head, r.name, r.name);
    look_at_given(n, &r, value);
}

static void explain_receiving(struct nic *n)
{
    const struct e1000 *e = nic_state(n);
    const struct ring r = receive_ring(e);
    if (!(e->ctrl & CTRL_SLU))
        nic_remark(n, "CTRL.SLU is 0: the link stays down until it is set");
    if (!(e->rctl & RCTL_EN))
        nic_remark(n, "RCTL.EN is 0: the receiver is off");
    if (!(e->ra[1] & RAH_AV))
        nic_remark(n, "RAH0.AV is 0: the address in RAL0 and RAH0 matches nothing");
    if (r.count == 0)
        nic_remark(n, "RDLEN is %u: there is no receive ring", e->rdlen);
    else if (r.head == r.tail)
        nic_remark(n,
                   "RDT equals RDH (%u of %u): the device has no receive descriptor; RDT must be "
                   "moved past each one that is given back",
                   r.tail, r.count);
    else
        nic_remark(n, "RDH is %u, RDT %u of %u", r.head, r.tail, r.count);
}

static void explain_sending(struct nic *n)
{
    const struct e1000 *e = nic_state(n);
    const struct ring r = transmit_ring(e);
    if (!(e->ctrl & CTRL_SLU))
        nic_remark(n, "CTRL.SLU is 0: the link stays down until it is set");
    if (!(e->tctl & TCTL_EN))
        nic_remark(n, "TCTL.EN is 0: the transmitter is off");
    if (r.count == 0) {
        nic_remark(n, "TDLEN is %u: there is no transmit ring", e->tdlen);
        return;
    }
    uint32_t last = (r.head + r.count - 1) % r.count;
    uint8_t command = TXD_CMD_RS;
    nic_peek(n, r.base + (uint64_t)last * DESCRIPTOR_BYTES + TXD_CMD, &command, 1);
    if (e->packet.open)
        nic_remark(n,
                   "transmit descriptor %u was taken without EOP: the packet has not ended, and "
                   "the next descriptor goes on with it",
                   last);
    if (!(command & TXD_CMD_RS))
        nic_remark(n, "transmit descriptor %u has no RS: the device never writes DD into it", last);
    if (r.head == r.tail)
        nic_remark(n, "TDT equals TDH (%u of %u): the transmit ring is empty", r.tail, r.count);
    else
        nic_remark(n, "TDH is %u, TDT %u of %u", r.head, r.tail, r.count);
}

static void explain_interrupts(struct nic *n)
{
    const struct e1000 *e = nic_state(n);
    if (e->icr & e->ims)
        nic_remark(n, "ICR 0x%x is not acknowledged (IMS 0x%x): reading ICR does that", e->icr,
                   e->ims);
    else if (e->icr & (ICR_RXT0 | ICR_RXO | ICR_RXDMT0 | ICR_TXDW | ICR_LSC))
        nic_remark(n, "ICR has 0x%x, IMS enables 0x%x of it: no interrupt comes",
                   e->icr & (ICR_RXT0 | ICR_RXO | ICR_RXDMT0 | ICR_TXDW | ICR_LSC),
                   e->icr & e->ims);
}

void e1000_explain(struct nic *n, unsigned ways)
{
    if (ways & NIC_RECEIVING)
        explain_receiving(n);
    if (ways & NIC_SENDING)
        explain_sending(n);
    if (ways & NIC_INTERRUPTING)
        explain_interrupts(n);
}

static bool in_ring(const struct ring *r, uint64_t address, char *out, size_t room)
{
    if (address < r->base || address - r->base >= (uint64_t)r->count * DESCRIPTOR_BYTES)
        return false;
    snprintf(out, room, "%s descriptor %u", r->kind,
             (uint32_t)((address - r->base) / DESCRIPTOR_BYTES));
    return true;
}

void e1000_place(struct nic *n, uint64_t address, char *out, size_t room)
{
    const struct e1000 *e = nic_state(n);
    const struct ring receive = receive_ring(e), transmit = transmit_ring(e);
    if (!in_ring(&receive, address, out, room))
        in_ring(&transmit, address, out, room);
}

/* What is worth telling of a driver of the 82540EM: how it moves the tails, and which registers
 * keep frames from moving. */
#include "sim/nic/e1000.h"

#include <stdio.h>
#include <string.h>

enum { FRAME_MOST = 1522, DTYP_MASK = 0xf0 };

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
    if (r.enabled && at == E1000_TDT && value == r.tail && !had)
        nic_remark(n,
                   "TDT was written %u, as it was, and TDH is there: nothing was given; TDT is the "
                   "place behind the last descriptor that is",
                   value);
    look_at_given(n, &r, value);
}

/* --- why nothing moves --- */

static const struct {
    uint32_t bit;
    const char *name;
} causes[] = {
    {ICR_TXDW, "TXDW"},     {ICR_TXQE, "TXQE"}, {ICR_LSC, "LSC"},
    {ICR_RXDMT0, "RXDMT0"}, {ICR_RXO, "RXO"},   {ICR_RXT0, "RXT0"},
};

enum { CAUSES_TEXT = 64 };

static const char *causes_text(uint32_t bits, char out[CAUSES_TEXT])
{
    size_t len = 0;
    snprintf(out, CAUSES_TEXT, "none");
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
        if (bits & causes[i].bit)
            len += (size_t)snprintf(out + len, CAUSES_TEXT - len, "%s%s", len ? "|" : "",
                                    causes[i].name);
    return out;
}

static void peek(struct nic *n, const struct ring *r, uint32_t i, uint8_t d[DESCRIPTOR_BYTES])
{
    memset(d, 0, DESCRIPTOR_BYTES);
    nic_peek(n, r->base + (uint64_t)(i % r->count) * DESCRIPTOR_BYTES, d, DESCRIPTOR_BYTES);
}

/* Two descriptors of one buffer: what comes or goes by one is lost with the other. */
static void look_for_shared(struct nic *n, const struct ring *r)
{
    uint8_t a[DESCRIPTOR_BYTES], b[DESCRIPTOR_BYTES];
    if (r->count < 2)
        return;
    peek(n, r, r->head, a);
    peek(n, r, r->head + 1, b);
    if (e1000_get64(a) && e1000_get64(a) == e1000_get64(b))
        nic_remark(n,
                   "%s descriptors %u and %u have the same buffer, 0x%llx: each must have its own",
                   r->kind, r->head, (r->head + 1) % r->count, (unsigned long long)e1000_get64(a));
}

/* The descriptor that the device filled last, and what became of it. */
static void look_at_filled(struct nic *n, const struct ring *r)
{
    const struct e1000 *e = nic_state(n);
    uint32_t oldest = (r->head + r->count - 1) % r->count;
    uint8_t d[DESCRIPTOR_BYTES], before[DESCRIPTOR_BYTES];
    peek(n, r, oldest, d);
    uint32_t len = e1000_get16(d + RXD_LENGTH);
    if (!len)
        return;
    if (!(d[RXD_STATUS] & RXD_STAT_DD)) {
        nic_remark(n,
                   "receive descriptor %u was filled with %u octets and is the device's again: its "
                   "frame was handed up, or passed over; length (16 bits at 8), status (12) and "
                   "errors (13) say what lies there, the length without the check sequence where "
                   "RCTL.SECRC is 1 (it is %u)",
                   oldest, len, (e->rctl & RCTL_SECRC) != 0);
        return;
    }
    for (uint32_t k = 1; k < r->count; k++) {
        peek(n, r, r->head + r->count - 1 - k, before);
        if (!(before[RXD_STATUS] & RXD_STAT_DD))
            break;
        oldest = (r->head + r->count - 1 - k) % r->count;
    }
    peek(n, r, oldest, d);
    uint64_t at = r->base + (uint64_t)oldest * DESCRIPTOR_BYTES;
    if (d[RXD_STATUS] & RXD_STAT_EOP)
        nic_remark(n,
                   "receive descriptor %u, at 0x%llx, has DD and %u octets, and the driver has not "
                   "taken it: it is done with another descriptor, in another place, or does not "
                   "look",
                   oldest, (unsigned long long)at, e1000_get16(d + RXD_LENGTH));
}

static void explain_receiving(struct nic *n)
{
    const struct e1000 *e = nic_state(n);
    const struct ring r = receive_ring(e);
    if (!(e->ctrl & CTRL_SLU))
        nic_remark(n, "CTRL.SLU is 0: the link stays down until it is set");
    if (!(e->rctl & RCTL_EN))
        nic_remark(n, "RCTL.EN is 0: the receiver is off");
    if (e->rctl & RCTL_LBM)
        nic_remark(n, "RCTL.LBM is not 0: what is sent comes back, and does not leave");
    if (e->rctl & RCTL_UPE)
        nic_remark(n, "RCTL.UPE is 1: every frame is taken, whoever it is for");
    if (e1000_rx_buffer(e) < FRAME_MOST)
        nic_remark(
            n,
            "by RCTL.BSIZE and BSEX (RCTL 0x%x) a buffer has %u octets: a longer frame fills "
            "several, of which the last has EOP",
            e->rctl, e1000_rx_buffer(e));
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
    if (r.count) {
        look_for_shared(n, &r);
        look_at_filled(n, &r);
    }
}

/* The descriptor that the device took last. */
static void look_at_sent(struct nic *n, const struct ring *r)
{
    const struct e1000 *e = nic_state(n);
    uint32_t last = (r->head + r->count - 1) % r->count;
    uint8_t d[DESCRIPTOR_BYTES];
    peek(n, r, last, d);
    if (e->packet.open)
        nic_remark(n,
                   "transmit descriptor %u was taken without EOP: the packet has not ended, and "
                   "the next descriptor goes on with it",
                   last);
    if (d[TXD_CMD] & TXD_CMD_DEXT && !(d[TXD_CSO] & DTYP_MASK))
        nic_remark(n,
                   "transmit descriptor %u has DEXT, and DTYP 0: a context descriptor, which sends "
                   "nothing",
                   last);
    else if (e1000_get16(d + TXD_LENGTH) && !(d[TXD_CMD] & TXD_CMD_RS)) /* else it is unused */
        nic_remark(n, "transmit descriptor %u has no RS: the device never writes DD into it", last);
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
    if (e->rctl & RCTL_LBM)
        nic_remark(n, "RCTL.LBM is not 0: what is sent comes back, and does not leave");
    look_at_sent(n, &r);
    if (r.head == r.tail)
        nic_remark(n, "TDT equals TDH (%u of %u): the transmit ring is empty", r.tail, r.count);
    else
        nic_remark(n, "TDH is %u, TDT %u of %u", r.head, r.tail, r.count);
    look_for_shared(n, &r);
}

static void explain_interrupts(struct nic *n)
{
    const struct e1000 *e = nic_state(n);
    char shown[CAUSES_TEXT], enabled[CAUSES_TEXT];
    uint32_t known = ICR_RXT0 | ICR_RXO | ICR_RXDMT0 | ICR_TXDW | ICR_LSC;
    if (e->icr & e->ims)
        nic_remark(n, "ICR 0x%x (%s) is not acknowledged (IMS 0x%x): reading ICR does that", e->icr,
                   causes_text(e->icr & e->ims, shown), e->ims);
    else if (e->icr & known)
        nic_remark(n, "ICR has %s, IMS enables none of it (it is 0x%x, %s): no interrupt comes",
                   causes_text(e->icr & known, shown), e->ims, causes_text(e->ims, enabled));
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

/* What is worth telling of a driver of the RTL8139: where it moves CAPR, what it clears in ISR, and
 * which registers keep frames from moving. */
#include "sim/nic/rtl8139.h"

#include <stdio.h>
#include <string.h>

static const struct {
    uint16_t bit;
    const char *name;
} isr_bits[] = {
    {ISR_ROK, "ROK"},      {ISR_RER, "RER"},   {ISR_TOK, "TOK"},         {ISR_ROVW, "RXOVW"},
    {ISR_LINK, "LINKCHG"}, {ISR_FOVW, "FOVW"}, {ISR_TIMEOUT, "TIMEOUT"},
};

enum { BITS_TEXT = 64 };

static const char *bits_text(uint32_t bits, char out[BITS_TEXT])
{
    size_t len = 0;
    out[0] = 0;
    for (size_t i = 0; i < sizeof isr_bits / sizeof isr_bits[0]; i++)
        if (bits & isr_bits[i].bit)
            len += (size_t)snprintf(out + len, BITS_TEXT - len, "%s%s", len ? "|" : "",
                                    isr_bits[i].name);
    return out;
}

/* Where the packet behind the one at `at` begins. */
static uint32_t next_packet(struct nic *n, uint32_t at)
{
    const struct rtl8139 *r = nic_state(n);
    uint8_t head[RTL_PACKET_HEADER] = {0};
    nic_peek(n, (uint64_t)r->rbstart + at, head, sizeof head);
    uint32_t len = head[2] | (uint32_t)head[3] << 8;
    return (at + RTL_PACKET_HEADER + len + 3) / 4 * 4 % rtl8139_ring_bytes(r);
}

void rtl8139_remark_capr(struct nic *n, uint32_t value)
{
    const struct rtl8139 *r = nic_state(n);
    uint32_t size = rtl8139_ring_bytes(r), to = (value + RTL_RING_EXTRA) % size, at = r->rx_read;
    for (uint32_t packets = 0; packets <= size / 4; packets++) {
        if (at == to && packets == 0 && at != r->rx_write)
            nic_remark(n,
                       "CAPR was written 0x%x, where it was: the packet at 0x%x is not given back; "
                       "CAPR is the next packet's place less 16",
                       value, at);
        if (at == to)
            return;
        if (at == r->rx_write)
            break;
        at = next_packet(n, at);
    }
    nic_remark(n,
               "CAPR was written 0x%x: the chip reads on 16 behind it, at 0x%x, where no packet "
               "begins (packets lie from 0x%x to CBR 0x%x); CAPR is the next packet's place less "
               "16, as 16 bits",
               value, to, r->rx_read, r->rx_write);
}

void rtl8139_remark_isr(struct nic *n, uint32_t value)
{
    const struct rtl8139 *r = nic_state(n);
    char unseen[BITS_TEXT];
    uint32_t cleared = value & r->isr & ~(uint32_t)r->isr_seen;
    if (cleared)
        nic_remark(n,
                   "ISR was written 0x%x, which clears %s, that came after ISR was read: only the "
                   "causes that were read and are handled may be cleared",
                   value, bits_text(cleared, unseen));
}

static void explain_receiving(struct nic *n)
{
    const struct rtl8139 *r = nic_state(n);
    if (!(r->command & CR_RE))
        nic_remark(n, "CR.RE is 0: the receiver is off");
    if (!(r->rcr & (RCR_APM | RCR_AAP)))
        nic_remark(n, "RCR.APM is 0: frames to the station's own address are not taken");
    if (fifo_first(&r->fifo))
        nic_remark(n, "the receive ring has overflowed (ISR.RXOVW): what waits in the FIFO comes "
                      "into it when CAPR is written");
    if (r->rcr & RCR_AAP)
        nic_remark(n, "RCR.AAP is 1: every frame is taken, whoever it is for");
    if (r->last_length)
        nic_remark(n,
                   "the packet that came last has status 0x%x and length %u in its head (16 bits "
                   "each, little-endian), 4 of them the check sequence",
                   r->last_status, r->last_length);
    if (r->went_round)
        nic_remark(
            n,
            "the last %u octets of the packet that came last lie at the ring's beginning: at "
            "the end of its %u octets it went round%s",
            r->went_round, rtl8139_ring_bytes(r),
            r->rcr & RCR_WRAP ? ", for RCR.WRAP has no effect with RBLEN 3, 64 KiB"
                              : ", for RCR.WRAP is 0");
    nic_remark(n, "CAPR is 0x%x, CBR 0x%x; the ring has %u octets, by RCR.RBLEN %u",
               (r->rx_read - RTL_RING_EXTRA) & 0xffff, r->rx_write, rtl8139_ring_bytes(r),
               RCR_RBLEN(r->rcr));
}

static void explain_sending(struct nic *n)
{
    const struct rtl8139 *r = nic_state(n);
    if (!(r->command & CR_TE))
        nic_remark(n, "CR.TE is 0: the transmitter is off");
    if ((r->tcr & TCR_LOOPBACK) == TCR_LOOPBACK)
        nic_remark(n, "TCR.LBK is 3: what is sent comes back, and does not leave");
    nic_remark(n, "the chip waits for TSD%u, %s", r->slot,
               r->tsd[r->slot] & TSD_OWN ? "which the driver has (OWN is 1)"
                                         : "which it has and sends (OWN is 0)");
}

static void explain_interrupts(struct nic *n)
{
    const struct rtl8139 *r = nic_state(n);
    char text[BITS_TEXT];
    if (r->isr & r->imr)
        nic_remark(n, "ISR 0x%x (%s) is not acknowledged (IMR 0x%x): writing its bits does that",
                   r->isr, bits_text(r->isr & r->imr, text), r->imr);
    else if (r->isr)
        nic_remark(n, "ISR has %s, which IMR 0x%x does not enable: no interrupt comes",
                   bits_text(r->isr, text), r->imr);
}

void rtl8139_explain(struct nic *n, unsigned ways)
{
    if (ways & NIC_RECEIVING)
        explain_receiving(n);
    if (ways & NIC_SENDING)
        explain_sending(n);
    if (ways & NIC_INTERRUPTING)
        explain_interrupts(n);
}

void rtl8139_place(struct nic *n, uint64_t address, char *out, size_t room)
{
    const struct rtl8139 *r = nic_state(n);
    for (uint32_t k = 0; k < RTL_SLOTS && !out[0]; k++)
        if (address == r->tsad[k] && (address || !(r->rbstart || r->command & CR_RE)))
            snprintf(out, room, "TSAD%u", k);
    if (address == 0 && (!r->rbstart || !r->tsad[r->slot]))
        snprintf(out, room, "%s%s%s 0", r->rbstart ? "" : "RBSTART",
                 r->rbstart || r->tsad[r->slot] ? "" : " and ", r->tsad[r->slot] ? "" : "TSAD");
    else if (!out[0] && address >= r->rbstart && address - r->rbstart < rtl8139_ring_bytes(r))
        snprintf(out, room, "the ring at 0x%x", (uint32_t)(address - r->rbstart));
}

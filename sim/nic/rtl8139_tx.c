/*
 * The RTL8139's transmitter: four slots in registers, used strictly in turn. A write of TSD with
 * OWN clear hands its slot to the chip, which is through with it when the write returns, unless a
 * scenario says that packets take their time. The early threshold has no effect. QEMU 7.2 sends any
 * length that TSD can hold; here what the chip cannot do fails the run.
 */
#include "sim/nic/fcs.h"
#include "sim/nic/rtl8139.h"

#include <string.h>

enum { FRAME_MIN = 60, FCS_BYTES = 4 };

/* Bit n and bits 4, 8, 12 + n: OWN, TABT, TUN, TOK of slot n. */
uint16_t rtl8139_tsads(const struct rtl8139 *r)
{
    uint32_t summary = 0;
    for (uint32_t slot = 0; slot < RTL_SLOTS; slot++) {
        summary |= (r->tsd[slot] & TSD_OWN) ? 1u << slot : 0;
        summary |= (r->tsd[slot] & TSD_TOK) ? 1u << (12 + slot) : 0;
    }
    return (uint16_t)summary;
}

static void leave(struct nic *n, const uint8_t *frame, uint32_t len)
{
    const struct rtl8139 *r = nic_state(n);
    if ((r->tcr & TCR_LOOPBACK) == TCR_LOOPBACK)
        rtl8139_receive(n, frame, len, false);
    else
        nic_transmit_frame(n, frame, len);
}

/* TCR.CRC: the driver's last four bytes go out as the check sequence. */
static bool ends_in_fcs(struct nic *n, const uint8_t *frame, uint32_t len)
{
    if (len > FCS_BYTES) {
        uint32_t fcs = fcs_of(frame, len - FCS_BYTES);
        const uint8_t want[FCS_BYTES] = {(uint8_t)fcs, (uint8_t)(fcs >> 8), (uint8_t)(fcs >> 16),
                                         (uint8_t)(fcs >> 24)};
        if (memcmp(frame + len - FCS_BYTES, want, FCS_BYTES) == 0)
            return true;
    }
    nic_violation(
        n, "a packet of %u bytes is sent with TCR.CRC, and its last four are no check sequence",
        len);
    return false;
}

/*
 * Whether the silicon pads has been claimed both ways; drivers that ran on it pad in software and
 * say that it does not, and QEMU 7.2 does not. A runt is what every receiver drops, so sending one
 * is the driver's mistake.
 */
static void check_slot(struct nic *n, uint32_t slot, uint32_t len)
{
    const struct rtl8139 *r = nic_state(n);
    if (r->tsad[slot] & 3)
        nic_violation(n, "TSAD%u 0x%x is not a multiple of 4", slot, r->tsad[slot]);
    if (len > RTL_TX_MAX)
        nic_violation(n, "TSD%u sends %u bytes; the chip's limit is %u", slot, len,
                      (unsigned)RTL_TX_MAX);
    if (len > 0 && len < FRAME_MIN)
        nic_violation(n, "TSD%u sends %u bytes: the chip does not pad, a runt would leave", slot,
                      len);
}

static void send_slot(struct nic *n, uint32_t slot)
{
    struct rtl8139 *r = nic_state(n);
    uint32_t len = r->tsd[slot] & TSD_SIZE;
    uint8_t copy[TSD_SIZE + 1];
    check_slot(n, slot, len);
    if (len == 0)
        return;
    const uint8_t *frame = nic_dma_view(n, r->tsad[slot], len);
    if (!frame) {
        if (!nic_dma_read(n, r->tsad[slot], copy, len))
            return;
        frame = copy;
    }
    if (!(r->tcr & TCR_NO_CRC))
        leave(n, frame, len);
    else if (ends_in_fcs(n, frame, len))
        leave(n, frame, len - FCS_BYTES);
}

/* The slot that the driver fills next: behind those that the chip has and has not sent. */
static uint32_t next_free(const struct rtl8139 *r)
{
    uint32_t slot = r->slot;
    for (int n = 0; n < RTL_SLOTS && !(r->tsd[slot] & TSD_OWN); n++)
        slot = (slot + 1) % RTL_SLOTS;
    return slot;
}

static bool is_being_sent(const struct rtl8139 *r, uint32_t slot)
{
    return r->sent_ns != NEVER && !(r->tsd[slot] & TSD_OWN);
}

void rtl8139_write_tsad(struct nic *n, uint32_t slot, uint32_t value)
{
    struct rtl8139 *r = nic_state(n);
    if (is_being_sent(r, slot))
        nic_violation(n, "TSAD%u is written while the chip owns the slot", slot);
    r->tsad[slot] = value;
}

static void check_turn(struct nic *n, uint32_t slot)
{
    const struct rtl8139 *r = nic_state(n);
    if (is_being_sent(r, slot))
        nic_violation(n, "TSD%u is written while the chip owns the slot", slot);
    else if (slot != next_free(r))
        nic_violation(n, "TSD%u is handed over out of turn: the chip waits for slot %u", slot,
                      next_free(r));
}

/* The slot whose turn it is, if the chip has it. One slot for one write, as measured on QEMU 7.2:
 * what was handed over out of turn waits until somebody writes again. */
static void send_turn(struct nic *n)
{
    struct rtl8139 *r = nic_state(n);
    uint32_t turn = r->slot;
    if (r->tsd[turn] & TSD_OWN)
        return;
    send_slot(n, turn);
    r->tsd[turn] |= TSD_OWN | TSD_TOK;
    r->slot = (turn + 1) % RTL_SLOTS;
    rtl8139_cause(n, ISR_TOK);
}

static void begin(struct nic *n)
{
    struct rtl8139 *r = nic_state(n);
    if (!(r->tsd[r->slot] & TSD_OWN)) {
        r->sent_ns = nic_now(n) + nic_tx_delay(n);
        rtl8139_arm(n);
    }
}

void rtl8139_transmitted(struct nic *n)
{
    struct rtl8139 *r = nic_state(n);
    r->sent_ns = NEVER;
    if (!(r->command & CR_TE))
        return;
    send_turn(n);
    begin(n);
}

void rtl8139_write_tsd(struct nic *n, uint32_t slot, uint32_t value)
{
    struct rtl8139 *r = nic_state(n);
    if (!(r->command & CR_TE)) {
        nic_count_up(n, NIC_TX_DISABLED);
        return;
    }
    if (!(value & TSD_OWN))
        check_turn(n, slot);
    else
        nic_remark(
            n,
            "TSD%u was written 0x%x, with OWN (bit 13): writing it as 0 gives the slot to the "
            "chip, so nothing is sent",
            slot, value);
    r->tsd[slot] = value & (TSD_SIZE | TSD_OWN | TSD_ERTXTH);
    if (nic_tx_delay(n) == 0)
        send_turn(n);
    else if (r->sent_ns == NEVER)
        begin(n);
}

/*
 * The RTL8139's receiver: an address filter and a byte ring. Each packet lies in the ring behind a
 * header of status and length, ends in its FCS, and the next begins at the next multiple of four.
 *
 * A packet that does not fit waits in the FIFO (ROVW), those behind it with it; what finds no room
 * there is lost (FOVW) and counted: MPC is the number of packets that the FIFO's overflow cost, by
 * the data sheet as drivers quote it. The FIFO has 2 KiB, by the same; what a packet takes of it
 * besides its octets is not told, and nothing is counted for it. A write of CAPR makes room. QEMU
 * 7.2 keeps all of them, tries again at each write of CAPR, counts each failed try in MPC, and
 * never sets FOVW; nor does it set ROVW while that is masked.
 *
 * Left out: early receiving (RER, the threshold of RCR), and the PAUSE packets that the chip sends
 * when less than 3 KiB of its ring are free and flow control was negotiated (RTL8139C data sheet,
 * 9.9.1).
 */
#include "sim/nic/fcs.h"
#include "sim/nic/rtl8139.h"

#include <string.h>

enum { FRAME_MIN = 60, FCS_BYTES = 4, SMALLEST_RING = 8192 };

uint32_t rtl8139_ring_bytes(const struct rtl8139 *r)
{
    return (uint32_t)SMALLEST_RING << RCR_RBLEN(r->rcr);
}

/* --- address filter --- */

static bool hash_match(const struct rtl8139 *r, const uint8_t *dst)
{
    uint32_t bit = fcs_hash(dst) >> 26;
    return r->mar[bit / 8] >> (bit % 8) & 1;
}

/* The status bits of a packet that is taken, 0 when it is not. With AAP nothing says which filter
 * matched, as measured on QEMU 7.2. */
static uint32_t address_match(const struct rtl8139 *r, const uint8_t *dst)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    if (r->rcr & RCR_AAP)
        return RX_ROK;
    if (memcmp(dst, broadcast, 6) == 0)
        return (r->rcr & RCR_AB) ? RX_ROK | RX_BAR : 0;
    if (dst[0] & 1)
        return (r->rcr & RCR_AM) && hash_match(r, dst) ? RX_ROK | RX_MAR : 0;
    return (r->rcr & RCR_APM) && memcmp(dst, r->idr, 6) == 0 ? RX_ROK | RX_PAM : 0;
}

/* --- the ring --- */

static void put_le(uint8_t *p, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        p[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t align4(uint32_t n)
{
    return (n + 3) & ~3u;
}

/* Equal pointers mean an empty ring, so a packet may never fill it: as measured on QEMU 7.2, 120
 * packets of 60 bytes fit 8 KiB. */
static bool fits(const struct rtl8139 *r, uint32_t len)
{
    uint32_t size = rtl8139_ring_bytes(r);
    uint32_t available = (r->rx_read + size - r->rx_write) % size;
    return available == 0 || align4(RTL_PACKET_HEADER + len + FCS_BYTES) < available;
}

/* At the ring's end a packet runs on past it (WRAP), or goes on at the start; in the 64 KiB ring
 * always that. */
static void into_ring(struct nic *n, const uint8_t *packet, uint32_t bytes)
{
    struct rtl8139 *r = nic_state(n);
    uint32_t size = rtl8139_ring_bytes(r), first = bytes;
    bool runs_on = (r->rcr & RCR_WRAP) && RCR_RBLEN(r->rcr) != 3;
    if (!runs_on && first > size - r->rx_write)
        first = size - r->rx_write;
    r->went_round = bytes - first;
    r->last_status = (uint16_t)(packet[0] | packet[1] << 8);
    r->last_length = (uint16_t)(packet[2] | packet[3] << 8);
    nic_ring_write(n, (uint64_t)r->rbstart + r->rx_write, packet, first);
    if (first < bytes)
        nic_ring_write(n, r->rbstart, packet + first, bytes - first);
    r->rx_write = align4(r->rx_write + bytes) % size;
}

static void store(struct nic *n, const uint8_t *frame, uint32_t len, uint32_t status, bool bad_fcs)
{
    uint8_t packet[RTL_PACKET_HEADER + RTL_RX_MAX + FCS_BYTES];
    uint32_t fcs = fcs_of(frame, len) ^ (bad_fcs ? UINT32_MAX : 0);
    put_le(packet, status, 2);
    put_le(packet + 2, len + FCS_BYTES, 2);
    memcpy(packet + RTL_PACKET_HEADER, frame, len);
    put_le(packet + RTL_PACKET_HEADER + len, fcs, FCS_BYTES);
    into_ring(n, packet, RTL_PACKET_HEADER + len + FCS_BYTES);
}

/* --- a frame --- */

/* The octets of a packet and its FCS. */
static uint32_t fifo_octets(uint32_t len)
{
    return len + FCS_BYTES;
}

static void take(struct nic *n, const uint8_t *frame, uint32_t len, uint32_t status, bool bad_fcs)
{
    store(n, frame, len, status, bad_fcs);
    rtl8139_cause(n, bad_fcs ? ISR_RER : ISR_ROK);
}

/* ROVW tells of each packet once that stands first and finds the ring full. */
static void wait_in_fifo(struct nic *n, const uint8_t *frame, uint32_t len, uint32_t status,
                         bool bad_fcs)
{
    struct rtl8139 *r = nic_state(n);
    const struct fifo_packet head = {
        .len = len, .counted = fifo_octets(len), .note = {(uint16_t)status, bad_fcs}};
    bool first = !fifo_first(&r->fifo);
    if (r->fifo.used + head.counted > RTL_RX_FIFO) {
        r->missed = (r->missed + 1) & 0xffffff;
        nic_refuse(n, NIC_RX_OVERFLOW);
        rtl8139_cause(n, first ? ISR_ROVW | ISR_FOVW : ISR_FOVW);
        return;
    }
    fifo_put(n, &r->fifo, &head, frame);
    if (first)
        rtl8139_cause(n, ISR_ROVW);
}

void rtl8139_rx_drain(struct nic *n)
{
    struct rtl8139 *r = nic_state(n);
    const struct fifo_packet *first;
    bool moved = false;
    while ((first = fifo_first(&r->fifo)) != NULL) {
        if (!fits(r, first->len)) {
            rtl8139_cause(n, moved ? ISR_ROVW : 0);
            return;
        }
        take(n, first->bytes, first->len, first->note[0], first->note[1]);
        fifo_next(&r->fifo);
        moved = true;
    }
}

static void receive_padded(struct nic *n, const uint8_t *frame, uint32_t len, bool bad_fcs)
{
    struct rtl8139 *r = nic_state(n);
    uint32_t status = address_match(r, frame);
    if (status == 0) {
        nic_refuse(n, NIC_RX_FILTERED);
        return;
    }
    if (bad_fcs)
        r->receive_errors++;
    if (bad_fcs && !(r->rcr & RCR_AER)) {
        nic_refuse(n, NIC_RX_BAD_FCS);
        rtl8139_cause(n, ISR_RER);
        return;
    }
    if (len + FCS_BYTES > RTL_RX_MAX) {
        nic_refuse(n, NIC_RX_TOO_LONG);
        return;
    }
    status = bad_fcs ? (status & ~RX_ROK) | RX_CRC : status;
    if (fifo_first(&r->fifo) || !fits(r, len))
        wait_in_fifo(n, frame, len, status, bad_fcs);
    else
        take(n, frame, len, status, bad_fcs);
}

void rtl8139_receive(struct nic *n, const uint8_t *bytes, uint32_t len, bool bad_fcs)
{
    struct rtl8139 *r = nic_state(n);
    uint8_t padded[FRAME_MIN] = {0};
    if (!(r->command & CR_RE)) {
        nic_refuse(n, NIC_RX_DISABLED);
        return;
    }
    if (len < FRAME_MIN) { /* as a sender's MAC would have */
        memcpy(padded, bytes, len);
        bytes = padded;
        len = FRAME_MIN;
    }
    receive_padded(n, bytes, len, bad_fcs);
}

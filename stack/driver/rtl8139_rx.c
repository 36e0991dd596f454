/*
 * RTL8139 reception: the chip writes packets back to back into a byte ring, each behind a 4-byte
 * header; we copy them out. RCR.WRAP stays 0: a packet that meets the ring's end continues at its
 * start, so no length that the chip accepts can run past our memory.
 */
#include "stack/core/mem.h"
#include "stack/driver/rtl8139_private.h"

/* --- the ring's bytes change hands --- */

/*
 * In whole cache lines: a kernel whose memory is not coherent with DMA throws lines away, and half
 * a line cannot change hands. The ring is aligned to lines and a multiple of them.
 */
enum { LINE = 64 };
_Static_assert(RTL_RX_RING % LINE == 0, "the ring is made of whole lines");

struct lines {
    uint32_t at, n;   /* up to the ring's end */
    uint32_t wrapped; /* from its start */
};

static struct lines lines_of(uint32_t at, uint32_t n)
{
    uint32_t start = at & ~(uint32_t)(LINE - 1);
    uint32_t end = (at + n + LINE - 1) & ~(uint32_t)(LINE - 1);
    if (end <= RTL_RX_RING)
        return (struct lines){start, end - start, 0};
    return (struct lines){start, RTL_RX_RING - start, end - RTL_RX_RING};
}

static void take(struct rtl8139 *d, uint32_t at, uint32_t n)
{
    struct lines l = lines_of(at, n);
    bus_take(d->bus, d->ring + l.at, l.n, BUS_FROM_DEVICE);
    if (l.wrapped)
        bus_take(d->bus, d->ring, l.wrapped, BUS_FROM_DEVICE);
}

static void give(struct rtl8139 *d, uint32_t at, uint32_t n)
{
    struct lines l = lines_of(at, n);
    bus_give(d->bus, d->ring + l.at, l.n, BUS_FROM_DEVICE);
    if (l.wrapped)
        bus_give(d->bus, d->ring, l.wrapped, BUS_FROM_DEVICE);
}

void rtl8139_ring_copy(struct rtl8139 *d, uint32_t at, uint8_t *to, uint32_t n)
{
    uint32_t first = n < RTL_RX_RING - at ? n : RTL_RX_RING - at;
    take(d, at, n);
    memcpy(to, d->ring + at, first);
    memcpy(to + first, d->ring, n - first);
    give(d, at, n);
}

/* --- starting, resuming --- */

static void write_capr(struct rtl8139 *d)
{
    rtl_write16(d, RTL_CAPR, rtl_capr(d->rx_at));
}

/*
 * The pointers go back to 0 when RE is switched on, or when RCR is written (measured on QEMU 7.2).
 * Reading CBR while nothing is accepted yet is right for chips of either kind and has no race with
 * the first frame.
 */
void rtl8139_rx_start(struct rtl8139 *d)
{
    uint32_t accept = RTL_RCR_AAP | RTL_RCR_APM | RTL_RCR_AM | RTL_RCR_AB;
    d->rcr = d->rcr_wanted;
    rtl_write8(d, RTL_CR, RTL_CR_TE);
    rtl_write32(d, RTL_RBSTART, (uint32_t)d->ring_at);
    rtl_write8(d, RTL_CR, RTL_CR_TE | RTL_CR_RE);
    rtl_write32(d, RTL_RCR, d->rcr & ~accept);
    /* Where a packet begins is a multiple of four, whatever a broken chip says. */
    d->rx_at = rtl_read16(d, RTL_CBR) % RTL_RX_RING & ~(uint32_t)3;
    d->unfinished = 0;
    d->overflowed = false;
    write_capr(d);
    rtl_write32(d, RTL_RCR, d->rcr);
}

/* After an overflow the chip looks again at each write of CAPR, even of an unchanged one (measured
 * on QEMU 7.2). */
void rtl8139_rx_resume(struct rtl8139 *d)
{
    d->overflowed = false;
    write_capr(d);
    rtl_write16(d, RTL_ISR, RTL_ROVW | RTL_FOVW);
}

/* --- packets --- */

enum verdict { GOOD, SKIP, LATER, BROKEN };

/* Bytes that the chip has written and we have not read. */
static uint32_t written(const struct rtl8139 *d)
{
    return (rtl_read16(d, RTL_CBR) + RTL_RX_RING - d->rx_at) % RTL_RX_RING;
}

/*
 * The header is all that tells where the next packet starts: when it cannot be true the ring is
 * lost. A long frame is believed only as far as the chip's own write pointer bears it out.
 */
static enum verdict judge(const struct rtl8139 *d, uint16_t status, uint16_t length)
{
    if (length == RTL_RX_UNFINISHED)
        return d->unfinished < RTL_UNFINISHED_TRIES ? LATER : BROKEN;
    if (!(status & RTL_RX_ROK) || length < RTL_FRAME_HEADER + RTL_FCS)
        return BROKEN;
    if (length <= RTL_FRAME_MAX + RTL_FCS)
        return GOOD;
    return RTL_RX_HEADER + (uint32_t)length <= written(d) ? SKIP : BROKEN;
}

static enum verdict read_header(struct rtl8139 *d, uint16_t *length)
{
    uint8_t *header = d->ring + d->rx_at; /* 4-aligned as the ring's size is: never split */
    bus_fence(d->bus, BUS_OBSERVE);
    take(d, d->rx_at, RTL_RX_HEADER);
    uint16_t status = ring_load16(d->bus, header);
    *length = ring_load16(d->bus, header + 2);
    give(d, d->rx_at, RTL_RX_HEADER);
    return judge(d, status, *length);
}

/* The frame at rx_at without its FCS, in a netbuf; NULL (and counted) when the pool is dry. */
static struct netbuf *copy_out(struct rtl8139 *d, uint16_t length)
{
    uint32_t len = (uint32_t)length - RTL_FCS;
    struct netbuf *nb = netif_buffer(d->nif, len);
    if (!nb) {
        d->counter[RTL_RX_NO_BUFFER]++;
        return NULL;
    }
    rtl8139_ring_copy(d, (d->rx_at + RTL_RX_HEADER) % RTL_RX_RING, netbuf_data(nb), len);
    return nb;
}

static struct netbuf *harvest_one(struct rtl8139 *d, enum verdict verdict, uint16_t length)
{
    struct netbuf *nb = NULL;
    if (verdict == SKIP)
        d->counter[RTL_RX_OVERSIZE]++;
    else
        nb = copy_out(d, length);
    d->unfinished = 0;
    d->rx_at = rtl_next_packet(d->rx_at, length);
    write_capr(d);
    return nb;
}

int rtl8139_rx_harvest(struct rtl8139 *d, int64_t now_ns, int budget)
{
    int done = 0;
    while (d->running && done < budget && !(rtl_read8(d, RTL_CR) & RTL_CR_BUFE)) {
        uint16_t length;
        enum verdict verdict = read_header(d, &length);
        if (verdict == LATER) {
            d->unfinished++;
            break;
        }
        done++;
        if (verdict == BROKEN) {
            d->counter[RTL_RX_HEADER_BAD]++;
            rtl8139_rx_start(d);
            continue;
        }
        struct netbuf *nb = harvest_one(d, verdict, length);
        if (nb)
            netif_receive(d->nif, nb, now_ns); /* may send, and may stop this interface */
    }
    return done;
}

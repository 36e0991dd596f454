/*
 * E1000 transmission. The descriptor points at the netbuf's memory, which is the device's until DD.
 * Most devices are done at the doorbell or soon after, so the doorbell reaps behind itself and asks
 * for TXDW only while something is left in flight. Of a batch only the last frame rings it. A
 * packet that the device is to cut up lies in several pieces of one buffer. QEMU 7.2 sends an empty
 * segment behind a payload of whole segments (measured): an acknowledgement more for its receiver.
 */
#include "stack/core/bytes.h"
#include "stack/core/error.h"
#include "stack/core/mem.h"
#include "stack/core/panic.h"
#include "stack/driver/e1000_private.h"

enum { IPV4_SUM_AT = 10 }; /* the header checksum's place in it (RFC 791 3.1) */

static uint8_t *descriptor(const struct e1000 *d, uint32_t slot)
{
    return d->tx_ring + (size_t)slot * E1000_DESC_BYTES;
}

void e1000_tx_start(struct e1000 *d)
{
    STACK_ASSERT(d->tx_count == 0);
    d->tx_oldest = d->tx_next = 0;
    d->tx_unrung = false;
    d->tx_context = 0;
    e1000_write(d, E1000_TDBAL, (uint32_t)d->tx_ring_at);
    e1000_write(d, E1000_TDBAH, (uint32_t)(d->tx_ring_at >> 32));
    e1000_write(d, E1000_TDLEN, E1000_TX_RING * E1000_DESC_BYTES);
    e1000_write(d, E1000_TDH, 0);
    e1000_write(d, E1000_TDT, 0);
}

/*
 * Fills a short frame up with zeroes. TCTL.PSP would make the hardware do it, but QEMU sends such
 * frames as they are (measured), and what follows a frame in its buffer may be someone else's old
 * data. Of a packet that the device cuts up they would be payload: there it pads.
 */
static void pad(struct netbuf *nb)
{
    uint32_t len = netbuf_len(nb);
    if (len >= E1000_FRAME_MIN || nb->segment)
        return;
    STACK_ASSERT(nb->size >= E1000_FRAME_MIN);
    if (nb->size - nb->start < E1000_FRAME_MIN) {
        nb->sum_at -= nb->start;
        netbuf_move(nb, 0);
    }
    memset(netbuf_put(nb, E1000_FRAME_MIN - len), 0, E1000_FRAME_MIN - len);
}

/* --- descriptors --- */

#ifdef STACK_CHECK
/* The ring's used part is what lies between its two ends; contexts and pieces have their frame
 * behind them. */
static void check_ring(const struct e1000 *d)
{
    STACK_ASSERT(d->tx_count < E1000_TX_RING);
    STACK_ASSERT((d->tx_oldest + d->tx_count) % E1000_TX_RING == d->tx_next);
    for (uint32_t i = 0; i < E1000_TX_RING; i++) {
        const struct netbuf *nb = d->tx[(d->tx_oldest + i) % E1000_TX_RING];
        if (i >= d->tx_count)
            STACK_ASSERT(!nb);
        else
            STACK_ASSERT(nb ? nb->flags & NETBUF_AT_DRIVER : i + 1 < d->tx_count);
    }
}
#endif

static uint8_t *take_slot(struct e1000 *d, struct netbuf *nb)
{
    uint8_t *desc = descriptor(d, d->tx_next);
    d->tx[d->tx_next] = nb;
    d->tx_next = (d->tx_next + 1) % E1000_TX_RING;
    d->tx_count++;
    return desc;
}

/* Octets in front of each segment. */
static uint32_t header_of(const struct netbuf *nb)
{
    return nb->sum_at - nb->start + nb->segment_header;
}

/* A context's first 64 bits: where the sum starts and where it goes, from the frame's start; of
 * what is cut up, IP's as well. */
static uint64_t context_of(const struct netbuf *nb)
{
    uint64_t start = nb->sum_at - nb->start, ip = nb->net_at - nb->start;
    uint64_t sums = start << E1000_CONTEXT_TUCSS | (start + nb->sum_field) << E1000_CONTEXT_TUCSO;
    if (!nb->segment)
        return sums;
    return sums | ip | (ip + IPV4_SUM_AT) << E1000_CONTEXT_IPCSO |
           (start - 1) << E1000_CONTEXT_IPCSE;
}

/* The device keeps the last context: the packets of one flow need one. UDP's and TCP's fields lie
 * apart, so that the kind cannot differ where the offsets are the same. What is cut up has its
 * length there. */
static bool needs_context(const struct e1000 *d, const struct netbuf *nb)
{
    return (nb->flags & NETBUF_SUM_OWED) && (nb->segment || context_of(nb) != d->tx_context);
}

static void post_context(struct e1000 *d, const struct netbuf *nb)
{
    uint8_t *desc = take_slot(d, NULL);
    uint32_t last = 0, rest = E1000_TX_DEXT | (nb->flags & NETBUF_SUM_UDP ? 0 : E1000_TX_TCP);
    if (nb->segment) {
        last = header_of(nb) << E1000_CONTEXT_HDRLEN | (uint32_t)nb->segment << E1000_CONTEXT_MSS;
        rest |= (netbuf_len(nb) - header_of(nb)) | E1000_TX_IP | E1000_TX_TSE;
    }
    d->tx_context = context_of(nb);
    ring_store64(d->bus, desc + E1000_DESC_ADDRESS, d->tx_context);
    ring_store32(d->bus, desc + E1000_TX_STATUS, last);
    ring_store32(d->bus, desc + E1000_DESC_REST, rest);
}

/* `len` octets from `at` on; the packet ends with them: nb, else NULL. */
static void post_piece(struct e1000 *d, struct netbuf *nb, uint64_t at, uint32_t len,
                       uint32_t options, uint32_t rest)
{
    uint8_t *desc = take_slot(d, nb);
    ring_store64(d->bus, desc + E1000_DESC_ADDRESS, at);
    ring_store32(d->bus, desc + E1000_TX_STATUS, options);
    ring_store32(d->bus, desc + E1000_DESC_REST,
                 len | rest | E1000_TX_IFCS | (nb ? E1000_TX_EOP | E1000_TX_RS : 0));
}

/* What the device is to make of each segment's IP header: the sum is over a field of zeros. */
static uint32_t prepare_to_cut(struct e1000 *d, struct netbuf *nb)
{
    put16(nb->base + nb->net_at + IPV4_SUM_AT, 0);
    d->counter[E1000_TX_CUT]++;
    return E1000_TX_TSE;
}

static void post(struct e1000 *d, struct netbuf *nb)
{
    uint32_t len = netbuf_len(nb), rest = 0, options = 0;
    uint64_t at = netif_device_address(d->nif, nb);
    if (needs_context(d, nb))
        post_context(d, nb);
    if (nb->flags & NETBUF_SUM_OWED) {
        rest = E1000_TX_DEXT | E1000_TX_DATA;
        options = E1000_TX_TXSM;
        d->counter[E1000_TX_SUMMED] += netbuf_frames(nb);
    }
    if (nb->segment) {
        rest |= prepare_to_cut(d, nb);
        options |= E1000_TX_IXSM;
    }
    nb->flags |= NETBUF_AT_DRIVER;
    bus_give(d->bus, netbuf_data(nb), len, BUS_TO_DEVICE);
    for (; len > E1000_TX_PIECE; len -= E1000_TX_PIECE, at += E1000_TX_PIECE)
        post_piece(d, NULL, at, E1000_TX_PIECE, options, rest);
    post_piece(d, nb, at, len, options, rest);
    d->tx_unrung = true;
}

/* --- frames that are through --- */

/* Descriptors of the oldest frame: those before its last are a context and pieces. */
static uint32_t oldest_frame(const struct e1000 *d)
{
    uint32_t count = 1;
    STACK_ASSERT(d->tx_count > 0);
    while (!d->tx[(d->tx_oldest + count - 1) % E1000_TX_RING]) {
        STACK_ASSERT(count < d->tx_count);
        count++;
    }
    return count;
}

static uint32_t last_slot(const struct e1000 *d, uint32_t count)
{
    return (d->tx_oldest + count - 1) % E1000_TX_RING;
}

/* Unhooks the oldest frame; the device no longer touches it. */
static struct netbuf *take_oldest(struct e1000 *d)
{
    uint32_t count = oldest_frame(d), slot = last_slot(d, count);
    struct netbuf *nb = d->tx[slot];
    STACK_ASSERT(nb);
    d->tx[slot] = NULL;
    d->tx_count -= count;
    d->tx_oldest = (slot + 1) % E1000_TX_RING;
    bus_take(d->bus, netbuf_data(nb), netbuf_len(nb), BUS_TO_DEVICE);
    nb->flags &= (uint16_t)~NETBUF_AT_DRIVER;
    STACK_INVARIANT(check_ring(d));
    return nb;
}

void e1000_tx_reap(struct e1000 *d, int64_t now_ns)
{
    while (d->tx_count) {
        uint32_t slot = last_slot(d, oldest_frame(d));
        uint8_t status = ring_load8(d->bus, descriptor(d, slot) + E1000_TX_STATUS);
        if (!(status & E1000_TX_DD))
            return;
        bus_fence(d->bus, BUS_OBSERVE);
        bool failed = status & (E1000_TX_EC | E1000_TX_LC);
        if (failed)
            d->counter[E1000_TX_ERROR]++;
        d->tx_since_ns = now_ns;
        netif_sent(d->nif, take_oldest(d), failed ? -ERR_IO : 0);
    }
}

/* Something stays in flight: TXDW will end it, and poll must run once to arm the watchdog. */
static void expect_completion(struct e1000 *d)
{
    if (d->tx_interrupt)
        return;
    d->tx_interrupt = true;
    e1000_write(d, E1000_IMS, E1000_TXDW);
    netif_wake(d->nif);
}

void e1000_kick(void *state, int64_t now_ns)
{
    struct e1000 *d = state;
    if (!d->tx_unrung || !d->running)
        return;
    d->tx_unrung = false;
    bus_fence(d->bus, BUS_PUBLISH);
    e1000_write(d, E1000_TDT, d->tx_next);
    e1000_tx_reap(d, now_ns);
    if (d->tx_count)
        expect_completion(d);
}

/* --- sending --- */

/* TDT == TDH would mean empty, so that one descriptor stays free. */
static bool has_room(const struct e1000 *d, const struct netbuf *nb)
{
    uint32_t pieces = (netbuf_len(nb) + E1000_TX_PIECE - 1) / E1000_TX_PIECE;
    return d->tx_count + pieces + (needs_context(d, nb) ? 1 : 0) < E1000_TX_RING;
}

static bool is_fit(const struct netbuf *nb)
{
    uint32_t len = netbuf_len(nb);
    if (nb->segment)
        return header_of(nb) + nb->segment <= E1000_FRAME_MAX && len <= E1000_SEGMENT_BYTES;
    return len >= E1000_HEADER && len <= E1000_FRAME_MAX;
}

int e1000_send(void *state, struct netbuf *nb, int64_t now_ns)
{
    struct e1000 *d = state;
    if (!d->running)
        return -ERR_NETDOWN;
    if (!is_fit(nb))
        return -ERR_MSGSIZE;
    if (d->tx_count >= E1000_TX_RING / 2) {
        e1000_kick(d, now_ns);
        e1000_tx_reap(d, now_ns);
    }
    if (!has_room(d, nb)) {
        d->counter[E1000_TX_RING_FULL]++;
        return -ERR_NOBUFS;
    }
    pad(nb);
    if (d->tx_count == 0)
        d->tx_since_ns = now_ns;
    bool more = nb->flags & NETBUF_MORE;
    STACK_INVARIANT(check_ring(d));
    post(d, nb);
    STACK_INVARIANT(check_ring(d));
    if (!more)
        e1000_kick(d, now_ns);
    return 0;
}

void e1000_tx_take_all(struct e1000 *d, struct netbuf_queue *lost)
{
    while (d->tx_count)
        netbuf_enqueue(lost, take_oldest(d));
}

void e1000_tx_fail(struct e1000 *d, struct netbuf_queue *lost, int status)
{
    struct netbuf *nb;
    while ((nb = netbuf_dequeue(lost)) != NULL) {
        d->counter[E1000_TX_ERROR]++;
        netif_sent(d->nif, nb, status);
    }
}

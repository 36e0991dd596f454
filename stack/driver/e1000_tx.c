/*
 * E1000 transmission. The descriptor points at the netbuf's memory, which is the device's until DD.
 * Most devices are done at the doorbell or soon after, so the doorbell reaps behind itself and asks
 * for TXDW only while something is left in flight. Of a batch only the last frame rings it.
 */
#include "stack/core/error.h"
#include "stack/core/mem.h"
#include "stack/core/panic.h"
#include "stack/driver/e1000_private.h"

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
 * data.
 */
static void pad(struct netbuf *nb)
{
    uint32_t len = netbuf_len(nb);
    if (len >= E1000_FRAME_MIN)
        return;
    STACK_ASSERT(nb->size >= E1000_FRAME_MIN);
    if (nb->size - nb->start < E1000_FRAME_MIN) {
        memmove(nb->base, netbuf_data(nb), len);
        nb->sum_at -= nb->start;
        nb->start = 0;
    }
    nb->end = nb->start + E1000_FRAME_MIN;
    memset(netbuf_data(nb) + len, 0, E1000_FRAME_MIN - len);
}

/* --- descriptors --- */

#ifdef STACK_CHECK
/* The ring's used part is what lies between its two ends; each context has its frame behind it. */
static void check_ring(const struct e1000 *d)
{
    STACK_ASSERT(d->tx_count < E1000_TX_RING);
    STACK_ASSERT((d->tx_oldest + d->tx_count) % E1000_TX_RING == d->tx_next);
    for (uint32_t i = 0; i < E1000_TX_RING; i++) {
        const struct netbuf *nb = d->tx[(d->tx_oldest + i) % E1000_TX_RING];
        const struct netbuf *next = d->tx[(d->tx_oldest + i + 1) % E1000_TX_RING];
        if (i >= d->tx_count)
            STACK_ASSERT(!nb);
        else
            STACK_ASSERT(nb ? nb->flags & NETBUF_AT_DRIVER : next && i + 1 < d->tx_count);
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

/* A context's first 64 bits: where the sum starts and where it goes, from the frame's start. */
static uint64_t context_of(const struct netbuf *nb)
{
    uint64_t start = nb->sum_at - nb->start;
    return start << E1000_CONTEXT_TUCSS | (start + nb->sum_field) << E1000_CONTEXT_TUCSO;
}

/* The device keeps the last context: the packets of one flow need one. UDP's and TCP's fields lie
 * apart, so that the kind cannot differ where the offsets are the same. */
static bool needs_context(const struct e1000 *d, const struct netbuf *nb)
{
    return (nb->flags & NETBUF_SUM_OWED) && context_of(nb) != d->tx_context;
}

static void post_context(struct e1000 *d, const struct netbuf *nb)
{
    uint8_t *desc = take_slot(d, NULL);
    d->tx_context = context_of(nb);
    ring_store64(d->bus, desc + E1000_DESC_ADDRESS, d->tx_context);
    ring_store32(d->bus, desc + E1000_TX_STATUS, 0);
    ring_store32(d->bus, desc + E1000_DESC_REST,
                 E1000_TX_DEXT | (nb->flags & NETBUF_SUM_UDP ? 0 : E1000_TX_TCP));
}

static void post(struct e1000 *d, struct netbuf *nb)
{
    uint32_t len = netbuf_len(nb);
    bool owed = nb->flags & NETBUF_SUM_OWED;
    if (needs_context(d, nb))
        post_context(d, nb);
    uint8_t *desc = take_slot(d, nb);
    nb->flags |= NETBUF_AT_DRIVER;
    bus_give(d->bus, netbuf_data(nb), len, BUS_TO_DEVICE);
    ring_store64(d->bus, desc + E1000_DESC_ADDRESS, netif_device_address(d->nif, nb));
    ring_store32(d->bus, desc + E1000_TX_STATUS, owed ? E1000_TX_TXSM : 0);
    ring_store32(d->bus, desc + E1000_DESC_REST,
                 len | E1000_TX_EOP | E1000_TX_IFCS | E1000_TX_RS |
                     (owed ? E1000_TX_DEXT | E1000_TX_DATA : 0));
    d->counter[E1000_TX_SUMMED] += owed;
    d->tx_unrung = true;
}

/* --- frames that are through --- */

/* The oldest frame's descriptor: behind its context, when it has one. */
static uint32_t oldest_frame(const struct e1000 *d)
{
    STACK_ASSERT(d->tx_count > 0);
    if (d->tx[d->tx_oldest])
        return d->tx_oldest;
    STACK_ASSERT(d->tx_count > 1);
    return (d->tx_oldest + 1) % E1000_TX_RING;
}

/* Unhooks the oldest frame; the device no longer touches it. */
static struct netbuf *take_oldest(struct e1000 *d)
{
    uint32_t slot = oldest_frame(d);
    struct netbuf *nb = d->tx[slot];
    STACK_ASSERT(nb);
    d->tx[slot] = NULL;
    d->tx_count -= slot == d->tx_oldest ? 1 : 2;
    d->tx_oldest = (slot + 1) % E1000_TX_RING;
    bus_take(d->bus, netbuf_data(nb), netbuf_len(nb), BUS_TO_DEVICE);
    nb->flags &= (uint16_t)~NETBUF_AT_DRIVER;
    STACK_INVARIANT(check_ring(d));
    return nb;
}

void e1000_tx_reap(struct e1000 *d, int64_t now_ns)
{
    while (d->tx_count) {
        uint8_t status = ring_load8(d->bus, descriptor(d, oldest_frame(d)) + E1000_TX_STATUS);
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
    return d->tx_count + (needs_context(d, nb) ? 2 : 1) < E1000_TX_RING;
}

int e1000_send(void *state, struct netbuf *nb, int64_t now_ns)
{
    struct e1000 *d = state;
    if (!d->running)
        return -ERR_NETDOWN;
    if (netbuf_len(nb) < E1000_HEADER || netbuf_len(nb) > E1000_FRAME_MAX)
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

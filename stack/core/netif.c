/* The path of frames between drivers and the layers above. */
#include "stack/core/netif.h"
#include "stack/core/addr_class.h"
#include "stack/core/core.h"
#include "stack/core/route.h"

enum { FRAME_AT = 2 }; /* an Ethernet header of 14 behind it leaves the IP header 4-aligned */

struct netbuf *netif_buffer(struct netif *nif, uint32_t len)
{
    struct netbuf *nb = netbuf_alloc_received(nif->stack, FRAME_AT, len);
    if (nb)
        nb->nif = nif;
    return nb;
}

uint64_t netif_device_address(const struct netif *nif, const struct netbuf *nb)
{
    const struct netbuf_pool *pool = &nif->stack->pool[nb->size_class];
    STACK_ASSERT(nb->base >= pool->slab && nb->start <= nb->end && nb->end <= nb->size);
    return nif->pool_device[nb->size_class] + (uint64_t)(netbuf_data(nb) - pool->slab);
}

static bool may_offload(const struct netif *nif)
{
    return stack_knob(nif->stack, MODULE_CORE, CORE_KNOB_OFFLOAD) != 0;
}

uint32_t netif_cuts(const struct netif *nif)
{
    return nif->offload.sums_on_send && may_offload(nif) ? nif->offload.segments : 0;
}

struct netbuf *netif_packet(struct netif *nif, uint32_t headers, uint32_t len)
{
    return netbuf_alloc(nif->stack, nif->headroom + headers, len);
}

void netif_receive(struct netif *nif, struct netbuf *nb, int64_t now_ns)
{
    struct stack *s = nif->stack;
    nb->nif = nif;
    nb->flags = NETBUF_RX | (may_offload(nif) ? nb->flags & NETBUF_SUM_OK : 0);
    s->rx_number += s->rx_number == UINT32_MAX ? 2 : 1; /* 0 is no frame's */
    nb->rx_number = s->rx_number;
    s->rx_received++;
    nif->rx_frames++;
    nif->rx_bytes += netbuf_len(nb);
    if (!(nif->flags & NETIF_UP))
        stack_drop(s, nb, MODULE_CORE, CORE_DROP_RX_DOWN);
    else if (!nif->link)
        stack_drop(s, nb, MODULE_CORE, CORE_DROP_RX_NO_LINK_LAYER);
    else
        nif->link->input(s, nb, now_ns);
}

void netif_sent(struct netif *nif, struct netbuf *nb, int status)
{
    if (status < 0)
        nif->tx_errors++;
    nb->flags &= (uint16_t)~NETBUF_AT_DRIVER;
    netbuf_free(nif->stack, nb);
}

/* RFC 5227 2.1 wants the checks of a new network when the link comes up. One that merely flapped
 * (autonegotiation, a switch that starts a port anew) is none. */
void netif_judge_link(struct netif *nif, int64_t now_ns)
{
    const uint32_t up = NETIF_UP | NETIF_RUNNING;
    if ((nif->flags & up) != up)
        return;
    int64_t lost_ns = now_ns - nif->carrier_lost_ns;
    nif->new_link =
        nif->was_down || lost_ns >= stack_knob(nif->stack, MODULE_CORE, CORE_KNOB_CARRIER_LOSS);
    nif->was_down = false;
}

void netif_link(struct netif *nif, bool running, int64_t now_ns)
{
    if (running == ((nif->flags & NETIF_RUNNING) != 0))
        return;
    nif->flags ^= NETIF_RUNNING;
    if (running) {
        netif_judge_link(nif, now_ns);
    } else {
        nif->carrier_lost_ns = now_ns;
        netif_drop_waiting(nif);
    }
    stack_netif_event(nif->stack, nif, running ? NETIF_EVENT_CARRIER : NETIF_EVENT_NO_CARRIER,
                      now_ns);
}

void netif_announce(struct netif *nif, int64_t now_ns)
{
    stack_netif_event(nif->stack, nif, NETIF_EVENT_ANNOUNCE, now_ns);
}

void netif_wake(struct netif *nif)
{
    struct stack *s = nif->stack;
    __atomic_store_n(&s->woken, 1, __ATOMIC_RELEASE);
    if (s->port.wake)
        s->port.wake(s->port.self);
}

static int refuse_send(struct netif *nif, struct netbuf *nb, enum core_counter why, int error)
{
    nif->tx_errors++;
    stack_drop(nif->stack, nb, MODULE_CORE, why);
    return error;
}

void netif_kick(struct netif *nif, int64_t now_ns)
{
    if (nif->driver && nif->driver->kick)
        nif->driver->kick(nif->state, now_ns);
}

/* What a packet puts on the wire: of one that the device cuts, its headers with each segment. */
static uint32_t octets_of(const struct netbuf *nb, uint32_t frames)
{
    uint32_t headers = nb->segment ? nb->sum_at - nb->start + nb->segment_header : 0;
    return netbuf_len(nb) + (frames - 1) * headers;
}

static int offer(struct netif *nif, struct netbuf *nb, int64_t now_ns)
{
    uint32_t frames = netbuf_frames(nb), octets = octets_of(nb, frames);
    nb->flags |= NETBUF_AT_DRIVER;
    int error = nif->driver->send(nif->state, nb, now_ns);
    if (error < 0) {
        nb->flags &= (uint16_t)~NETBUF_AT_DRIVER;
        return error;
    }
    nif->tx_frames += frames;
    nif->tx_bytes += octets;
    return 0;
}

static bool is_full(int error)
{
    return error == -ERR_NOBUFS || error == -ERR_AGAIN || error == -ERR_BUSY;
}

#ifdef STACK_CHECK
/* What waits is this interface's, by its queue and within the bound, and only while it can be sent;
 * only loopback loops. */
static void check_queues(const struct netif *nif)
{
    bool sends = (nif->flags & NETIF_UP) && (nif->flags & NETIF_RUNNING);
    STACK_ASSERT(nif->queues <= NETIF_QUEUES && nif->headroom % 4 == 0);
    STACK_ASSERT(nif->loop.count == 0 || (nif->flags & NETIF_LOOPBACK));
    for (int q = 0; q < NETIF_QUEUES; q++) {
        STACK_ASSERT(nif->waiting[q].count == 0 || (sends && nif->driver));
        STACK_ASSERT(nif->waiting[q].count <= NETIF_TX_QUEUE);
        for (const struct netbuf *nb = nif->waiting[q].head; nb; nb = nb->next)
            STACK_ASSERT(nb->nif == nif && nb->queue == q &&
                         !(nb->flags & (NETBUF_RX | NETBUF_AT_DRIVER)));
    }
}
#endif

/*
 * A ring may be as short as the RTL8139's four slots, which a datagram in five fragments would
 * never pass. What does not fit waits behind it; a frame that comes while others wait goes behind
 * them, so that the order stays.
 */
static int send_to_driver(struct netif *nif, struct netbuf *nb, int64_t now_ns)
{
    nb->queue = nif->queues > 1 ? nb->queue % nif->queues : 0;
    struct netbuf_queue *waiting = &nif->waiting[nb->queue];
    int error = waiting->head ? -ERR_NOBUFS : offer(nif, nb, now_ns);
    if (error == 0)
        return 0;
    netif_kick(nif, now_ns); /* what this frame was to follow does not wait for it */
    if (!is_full(error))
        return refuse_send(nif, nb, CORE_DROP_TX_FAILED, error);
    if (waiting->count == NETIF_TX_QUEUE)
        return refuse_send(nif, nb, CORE_DROP_TX_RING_FULL, error);
    netbuf_enqueue(waiting, nb);
    STACK_INVARIANT(check_queues(nif));
    return 0;
}

static void flush(struct netif *nif, struct netbuf_queue *waiting, int64_t now_ns)
{
    struct netbuf *nb;
    while ((nb = netbuf_dequeue(waiting)) != NULL) {
        nb->flags |= NETBUF_MORE;
        int error = offer(nif, nb, now_ns);
        if (is_full(error)) {
            netbuf_put_back(waiting, nb);
            break;
        }
        if (error < 0)
            refuse_send(nif, nb, CORE_DROP_TX_FAILED, error);
    }
    netif_kick(nif, now_ns);
}

void netif_flush(struct netif *nif, int64_t now_ns)
{
    STACK_INVARIANT(check_queues(nif));
    int q = 0;
    do
        if (nif->waiting[q].head)
            flush(nif, &nif->waiting[q], now_ns);
    while (++q < nif->queues);
}

void netif_drop_waiting(struct netif *nif)
{
    bool up = nif->flags & NETIF_UP;
    struct netbuf *nb;
    for (int q = 0; q < NETIF_QUEUES; q++)
        while ((nb = netbuf_dequeue(&nif->waiting[q])) != NULL)
            refuse_send(nif, nb, up ? CORE_DROP_TX_NO_CARRIER : CORE_DROP_TX_DOWN, -ERR_NETDOWN);
}

/* Queued, never re-entered: stack_poll hands it up. */
static int loop(struct netif *nif, struct netbuf *nb)
{
    struct stack *s = nif->stack;
    if (nif->loop.count >= s->pool[NETBUF_FRAME].total / NETIF_LOOP_PART)
        return refuse_send(nif, nb, CORE_DROP_LOOP_FULL, -ERR_NOBUFS);
    nif->tx_frames++;
    nif->tx_bytes += netbuf_len(nb);
    netbuf_enqueue(&nif->loop, nb);
    if (s->port.wake)
        s->port.wake(s->port.self);
    return 0;
}

/* The longest frame of its kind; what is to be cut up may be longer where the device does that. */
static uint32_t longest(const struct netif *nif, const struct netbuf *nb)
{
    if (nb->segment)
        return netif_cuts(nif) ? nif->offload.segment_bytes : 0;
    return (uint32_t)nif->mtu + (nif->link ? nif->link->header_bytes : 0);
}

int netif_send(struct netif *nif, struct netbuf *nb, int64_t now_ns)
{
    STACK_ASSERT(!(nb->flags & NETBUF_RX));
    STACK_INVARIANT(check_queues(nif));
    nb->nif = nif;
    if (!(nif->flags & NETIF_UP))
        return refuse_send(nif, nb, CORE_DROP_TX_DOWN, -ERR_NETDOWN);
    if (!(nif->flags & NETIF_RUNNING))
        return refuse_send(nif, nb, CORE_DROP_TX_NO_CARRIER, -ERR_NETDOWN);
    if (netbuf_len(nb) > longest(nif, nb))
        return refuse_send(nif, nb, CORE_DROP_TX_TOO_LONG, -ERR_MSGSIZE);
    if (!nif->offload.sums_on_send || !may_offload(nif))
        netbuf_finish_sum(nb);
    return nif->flags & NETIF_LOOPBACK ? loop(nif, nb) : send_to_driver(nif, nb, now_ns);
}

/* On the destination's own net first; a link-local one last (RFC 3927 1.9). */
static int source_rank(const struct netif_address *a, const struct ip_addr *towards)
{
    if (addr_same_net(&a->addr, towards, a->prefix))
        return 3;
    return addr_is_link_local(&a->addr) ? 1 : 2;
}

const struct netif_address *netif_source(const struct netif *nif, const struct ip_addr *towards)
{
    const struct netif_address *best = NULL;
    int best_rank = 0;
    for (int i = 0; i < NETIF_ADDRESSES; i++) {
        const struct netif_address *a = &nif->address[i];
        if (a->addr.family != towards->family || a->tentative)
            continue;
        int rank = source_rank(a, towards);
        if (rank > best_rank) {
            best = a;
            best_rank = rank;
        }
    }
    return best;
}

#include "stack/socket/socket_inside.h"
#include "stack/core/mem.h"
#include "stack/wire/ipv4.h"

unsigned socket_queue_events(const struct stack *s, const struct socket *k)
{
    (void)s;
    unsigned events = SOCKET_WRITABLE;
    if (k->queue.count || k->shut_read)
        events |= SOCKET_READABLE;
    if (k->pending_error)
        events |= SOCKET_ERROR;
    if (k->shut_read && k->shut_write)
        events |= SOCKET_HANGUP;
    return events;
}

/*
 * Sockets that nobody reads hold netbufs that drivers need to receive into, and others to send: the
 * last quarter of a pool is for sockets that hold none. There may be more of those than netbufs:
 * once a sixteenth hold some, the reserve for reception and half as much for answers are nobody's.
 */
static bool pool_low(const struct stack *s, const struct socket_queue *q, const struct netbuf *nb)
{
    const struct netbuf_pool *pool = &s->pool[nb->size_class];
    const struct socket_state *t = s->state[MODULE_SOCKET];
    if (q->count)
        return pool->available < pool->total / 4;
    return t->holding >= pool->total / 16 && pool->available < pool->reserve + pool->reserve / 2;
}

/* Why nb cannot be queued, or -1. RFC 1122 4.1.3.1 leaves overflow open: the newest is lost, the
 * queue keeps its order. */
static int refusal(const struct stack *s, const struct socket *k, const struct netbuf *nb)
{
    const struct socket_queue *q = &k->queue;
    if (k->shut_read)
        return SOCKET_DROP_SHUT;
    if (q->count == s->config.limits.socket_datagrams)
        return SOCKET_DROP_QUEUE_FULL;
    if (q->count && q->bytes + netbuf_len(nb) > q->limit_bytes)
        return SOCKET_DROP_BUFFER_FULL;
    if (pool_low(s, q, nb))
        return SOCKET_DROP_POOL_LOW;
    return -1;
}

void socket_queue_put(struct stack *s, struct socket *k, struct netbuf *nb,
                      const struct ip_received *r, uint16_t from_port)
{
    STACK_INVARIANT(socket_check(s, k));
    struct socket_queue *q = &k->queue;
    int drop = refusal(s, k, nb);
    struct socket_datagram *d = drop < 0 ? pool_take(&socket_state(s)->datagrams) : NULL;
    if (!d) {
        stack_drop(s, nb, MODULE_SOCKET, drop < 0 ? SOCKET_DROP_POOL_LOW : (unsigned)drop);
        return;
    }
    unsigned before = k->ops->events(s, k);
    *d = (struct socket_datagram){
        .nb = nb,
        .from = {r->source, from_port},
        .destination = r->destination,
        .ttl = r->ttl,
        .tos = r->tos,
    };
    if (r->destination.family == ADDR_IPV4)
        d->options_len = (uint8_t)(r->header_len - IPV4_MIN_HDR_LEN);
    if (q->tail)
        q->tail->next = d;
    else
        q->head = d;
    q->tail = d;
    if (q->count++ == 0)
        socket_state(s)->holding++;
    q->bytes += netbuf_len(nb);
    STACK_INVARIANT(socket_check(s, k));
    socket_grew(s, k, before);
}

static struct netbuf *take(struct stack *s, struct socket_queue *q)
{
    struct socket_datagram *d = q->head;
    STACK_ASSERT(q->count > 0 && d);
    struct netbuf *nb = d->nb;
    STACK_ASSERT(nb && q->bytes >= netbuf_len(nb));
    q->head = d->next;
    if (!q->head)
        q->tail = NULL;
    if (--q->count == 0)
        socket_state(s)->holding--;
    q->bytes -= netbuf_len(nb);
    pool_give(&socket_state(s)->datagrams, d);
    return nb;
}

int socket_queue_receive(struct stack *s, struct socket *k, void *out, size_t room, int flags,
                         struct socket_address *from, int64_t now_ns)
{
    (void)now_ns;
    struct socket_queue *q = &k->queue;
    if (!q->count)
        return k->shut_read ? 0 : -ERR_AGAIN;
    const struct socket_datagram *d = q->head;
    uint32_t len = netbuf_len(d->nb), copied = room < len ? (uint32_t)room : len;
    if (copied)
        memcpy(out, netbuf_data(d->nb), copied);
    if (from)
        *from = d->from;
    if (!(flags & MSG_FLAG_PEEK))
        netbuf_free(s, take(s, q));
    STACK_INVARIANT(socket_check(s, k));
    return (int)(flags & MSG_FLAG_TRUNC ? len : copied);
}

void socket_queue_describe(const struct socket *k, struct socket_packet *out)
{
    const struct socket_datagram *d = k->queue.head;
    *out = (struct socket_packet){
        .destination = d->destination,
        .netif = d->nb->nif->index,
        .ttl = d->ttl,
        .tos = d->tos,
        .options_len = d->options_len,
    };
    /* The header is still in front of the payload. */
    if (d->options_len)
        memcpy(out->options, d->nb->base + d->nb->net_at + IPV4_MIN_HDR_LEN, d->options_len);
}

void socket_queue_drop_all(struct stack *s, struct socket *k)
{
    while (k->queue.count)
        stack_drop(s, take(s, &k->queue), MODULE_SOCKET, SOCKET_DROP_CLOSED);
}

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

/* Sockets that nobody reads hold netbufs that drivers need to receive into: the last quarter of a
 * pool is not theirs. */
static bool pool_low(const struct stack *s, const struct netbuf *nb)
{
    const struct netbuf_pool *pool = &s->pool[nb->size_class];
    return pool->available < pool->total / 4;
}

/* Why nb cannot be queued, or -1. RFC 1122 4.1.3.1 leaves overflow open: the newest is lost, the
 * queue keeps its order. */
static int refusal(const struct stack *s, const struct socket *k, const struct netbuf *nb)
{
    const struct socket_queue *q = &k->queue;
    if (k->shut_read)
        return SOCKET_DROP_SHUT;
    if (q->count == q->slots)
        return SOCKET_DROP_QUEUE_FULL;
    if (q->count && q->bytes + netbuf_len(nb) > q->limit_bytes)
        return SOCKET_DROP_BUFFER_FULL;
    if (q->count && pool_low(s, nb))
        return SOCKET_DROP_POOL_LOW;
    return -1;
}

void socket_queue_put(struct stack *s, struct socket *k, struct netbuf *nb,
                      const struct socket_address *from)
{
    struct socket_queue *q = &k->queue;
    int drop = refusal(s, k, nb);
    if (drop >= 0) {
        stack_drop(s, nb, MODULE_SOCKET, (unsigned)drop);
        return;
    }
    unsigned before = k->ops->events(s, k);
    uint32_t at = q->head + q->count;
    q->slot[at < q->slots ? at : at - q->slots] = (struct socket_datagram){nb, *from};
    q->count++;
    q->bytes += netbuf_len(nb);
    socket_grew(s, k, before);
}

static struct netbuf *take(struct socket_queue *q)
{
    STACK_ASSERT(q->count > 0);
    struct netbuf *nb = q->slot[q->head].nb;
    STACK_ASSERT(nb);
    q->slot[q->head].nb = NULL;
    q->head = q->head + 1 < q->slots ? q->head + 1 : 0;
    q->count--;
    q->bytes -= netbuf_len(nb);
    return nb;
}

int socket_queue_receive(struct stack *s, struct socket *k, void *out, size_t room, int flags,
                         struct socket_address *from, int64_t now_ns)
{
    (void)now_ns;
    struct socket_queue *q = &k->queue;
    if (!q->count)
        return k->shut_read ? 0 : -ERR_AGAIN;
    const struct socket_datagram *d = &q->slot[q->head];
    uint32_t len = netbuf_len(d->nb), copied = room < len ? (uint32_t)room : len;
    if (copied)
        memcpy(out, netbuf_data(d->nb), copied);
    if (from)
        *from = d->from;
    if (!(flags & MSG_FLAG_PEEK))
        netbuf_free(s, take(q));
    return (int)(flags & MSG_FLAG_TRUNC ? len : copied);
}

/* The header is still in front of the payload: it was checked when the packet came. */
int socket_queue_describe(const struct socket *k, struct socket_packet *out)
{
    const struct netbuf *nb = k->queue.slot[k->queue.head].nb;
    struct ipv4_hdr hdr;
    if (ipv4_parse(nb->base + nb->net_at, nb->end - nb->net_at, &hdr) != IPV4_SOUND)
        return -ERR_AFNOSUPPORT;
    *out = (struct socket_packet){
        .destination = addr_ipv4(hdr.dst),
        .netif = nb->nif->index,
        .ttl = hdr.ttl,
        .tos = hdr.tos,
        .options_len = hdr.options_len,
    };
    if (hdr.options_len)
        memcpy(out->options, hdr.options, hdr.options_len);
    return 0;
}

void socket_queue_drop_all(struct stack *s, struct socket *k)
{
    while (k->queue.count)
        stack_drop(s, take(&k->queue), MODULE_SOCKET, SOCKET_DROP_CLOSED);
}

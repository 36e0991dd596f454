#include "stack/core/netbuf.h"
#include "stack/core/module.h"

static bool allocation_fails(struct stack *s)
{
    return s->fail_allocation != 0 && --s->fail_allocation == 0;
}

static struct netbuf *take(struct stack *s, uint32_t headroom, uint32_t len, bool received)
{
    if (headroom > NETBUF_BIG_BYTES || len > NETBUF_BIG_BYTES - headroom)
        return NULL;
    enum netbuf_class size_class = headroom + len <= NETBUF_FRAME_BYTES ? NETBUF_FRAME : NETBUF_BIG;
    struct netbuf_pool *pool = &s->pool[size_class];
    struct netbuf *nb = pool->available > (received ? 0 : pool->reserve) ? pool->free : NULL;
    if (allocation_fails(s) || !nb) {
        pool->failed++;
        return NULL;
    }
    STACK_ASSERT(nb->flags == NETBUF_IS_FREE);
    pool->free = nb->next;
    if (--pool->available < pool->lowest)
        pool->lowest = pool->available;
    nb->next = NULL;
    nb->nif = NULL;
    nb->start = headroom;
    nb->end = headroom + len;
    nb->net_at = nb->transport_at = nb->rx_number = 0;
    nb->flags = nb->ethertype = 0;
    nb->queue = 0;
    return nb;
}

struct netbuf *netbuf_alloc(struct stack *s, uint32_t headroom, uint32_t len)
{
    return take(s, headroom, len, false);
}

struct netbuf *netbuf_alloc_received(struct stack *s, uint32_t headroom, uint32_t len)
{
    return take(s, headroom, len, true);
}

static void give_back(struct stack *s, struct netbuf *nb)
{
    STACK_ASSERT(!(nb->flags & (NETBUF_IS_FREE | NETBUF_AT_DRIVER)));
    struct netbuf_pool *pool = &s->pool[nb->size_class];
    nb->flags = NETBUF_IS_FREE;
    nb->next = pool->free;
    pool->free = nb;
    pool->available++;
}

void netbuf_free(struct stack *s, struct netbuf *nb)
{
    if (nb->flags & NETBUF_RX)
        stack_fate(s, nb->rx_number, NULL);
    give_back(s, nb);
}

void netbuf_drop(struct stack *s, struct netbuf *nb, uint64_t *counter, const char *reason)
{
    ++*counter;
    if (nb->flags & NETBUF_RX)
        stack_fate(s, nb->rx_number, reason);
    give_back(s, nb);
}

#include "stack/core/netbuf.h"
#include "stack/core/bytes.h"
#include "stack/core/checksum.h"
#include "stack/core/mem.h"
#include "stack/core/module.h"

static bool allocation_fails(struct stack *s)
{
    return s->fail_allocation != 0 && --s->fail_allocation == 0;
}

/* What is free lies in its own pool, marked so, and is as much as is counted. */
void netbuf_check(const struct netbuf_pool *pool)
{
    uint32_t free = 0;
    for (const struct netbuf *nb = pool->free; nb; nb = nb->next) {
        STACK_ASSERT(nb->flags == NETBUF_IS_FREE && &pool->slab[0] <= nb->base);
        STACK_ASSERT((size_t)(nb->base - pool->slab) < (size_t)pool->total * pool->stride);
        STACK_ASSERT(free++ < pool->available);
    }
    STACK_ASSERT(free == pool->available && free <= pool->total && pool->lowest <= free);
    STACK_ASSERT(pool->reserve <= pool->total);
}

/* A copy of the stack's memory that was put back has no poison of its own: each time anew. */
static void shut_but_for_packet(struct netbuf *nb)
{
    STACK_POISON(nb->base, nb->start);
    STACK_UNPOISON(netbuf_data(nb), netbuf_len(nb));
    STACK_POISON(nb->base + nb->end, nb->size - nb->end);
}

static struct netbuf *take(struct stack *s, uint32_t headroom, uint32_t len, bool received)
{
    if (headroom > NETBUF_BIG_BYTES || len > NETBUF_BIG_BYTES - headroom)
        return NULL;
    enum netbuf_class size_class = headroom + len <= NETBUF_FRAME_BYTES ? NETBUF_FRAME : NETBUF_BIG;
    struct netbuf_pool *pool = &s->pool[size_class];
    STACK_INVARIANT(netbuf_check(pool));
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
    nb->segment = 0;
    shut_but_for_packet(nb);
    STACK_INVARIANT(netbuf_check(pool));
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
    STACK_ASSERT(nb->size_class < NETBUF_CLASSES);
    struct netbuf_pool *pool = &s->pool[nb->size_class];
    nb->flags = NETBUF_IS_FREE;
    STACK_POISON(nb->base, nb->size);
    nb->next = pool->free;
    pool->free = nb;
    STACK_ASSERT(pool->available < pool->total);
    pool->available++;
    STACK_INVARIANT(netbuf_check(pool));
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

void netbuf_move(struct netbuf *nb, uint32_t start)
{
    uint32_t len = netbuf_len(nb);
    STACK_ASSERT(start <= nb->start);
    STACK_UNPOISON(nb->base + start, nb->end - start);
    memmove(nb->base + start, netbuf_data(nb), len);
    nb->start = start;
    nb->end = start + len;
    shut_but_for_packet(nb);
}

void netbuf_owe_sum(struct netbuf *nb, uint16_t field, uint16_t so_far, bool udp)
{
    STACK_ASSERT(field + 2u <= netbuf_len(nb));
    put16(netbuf_data(nb) + field, so_far);
    nb->sum_at = nb->start;
    nb->sum_field = field;
    nb->flags |= udp ? NETBUF_SUM_OWED | NETBUF_SUM_UDP : NETBUF_SUM_OWED;
}

void netbuf_cut(struct netbuf *nb, uint8_t header, uint16_t segment)
{
    STACK_ASSERT((nb->flags & NETBUF_SUM_OWED) && nb->sum_at == nb->start && segment > 0);
    STACK_ASSERT(netbuf_len(nb) > (uint32_t)header + segment);
    nb->segment_header = header;
    nb->segment = segment;
}

/* Padding behind the packet is zeros, which add nothing. */
void netbuf_finish_sum(struct netbuf *nb)
{
    if (!(nb->flags & NETBUF_SUM_OWED))
        return;
    STACK_ASSERT(!nb->segment); /* the sum of each part is the device's */
    STACK_ASSERT(nb->start <= nb->sum_at && nb->sum_at + nb->sum_field + 2 <= nb->end);
    uint8_t *at = nb->base + nb->sum_at;
    uint16_t sum = checksum_finish(checksum_sum(at, nb->end - nb->sum_at));
    put16(at + nb->sum_field, sum == 0 && (nb->flags & NETBUF_SUM_UDP) ? 0xffff : sum);
    nb->flags &= (uint16_t) ~(NETBUF_SUM_OWED | NETBUF_SUM_UDP);
}

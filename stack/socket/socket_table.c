/* The table of sockets: its memory, and which descriptors are free. */
#include "stack/core/mem.h"
#include "stack/core/size.h"
#include "stack/socket/socket_inside.h"

/* --- the heap of free descriptors --- */

static void swap(uint16_t *a, uint16_t *b)
{
    uint16_t other = *a;
    *a = *b;
    *b = other;
}

static void push_free(struct socket_state *t, uint32_t index)
{
    STACK_ASSERT(t->frees < t->sockets && index < t->sockets);
    uint32_t at = t->frees++;
    t->free[at] = (uint16_t)index;
    for (; at > 0 && t->free[at] < t->free[(at - 1) / 2]; at = (at - 1) / 2)
        swap(&t->free[at], &t->free[(at - 1) / 2]);
}

/* There is one. */
static uint32_t pop_free(struct socket_state *t)
{
    uint32_t lowest = t->free[0], at = 0;
    t->free[0] = t->free[--t->frees];
    for (;;) {
        uint32_t least = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2; child++)
            if (child < t->frees && t->free[child] < t->free[least])
                least = child;
        if (least == at)
            return lowest;
        swap(&t->free[at], &t->free[least]);
        at = least;
    }
}

/* --- invariants --- */

static void check_queue(const struct socket_queue *q)
{
    uint32_t count = 0, bytes = 0;
    const struct socket_datagram *last = NULL;
    for (const struct socket_datagram *d = q->head; d; d = d->next) {
        STACK_ASSERT(d->nb && !(d->nb->flags & (NETBUF_IS_FREE | NETBUF_AT_DRIVER)));
        count++;
        bytes += netbuf_len(d->nb);
        last = d;
    }
    STACK_ASSERT(count == q->count && bytes == q->bytes && last == q->tail);
}

void socket_check(const struct stack *s, const struct socket *k)
{
    const struct socket_state *t = s->state[MODULE_SOCKET];
    STACK_ASSERT(k->ops && k->pcb && k == &t->socket[k->index]);
    STACK_ASSERT(t->block[k->index] == k->pcb);
    STACK_ASSERT(k->pcb->local.family == k->family || addr_is_any(&k->pcb->local));
    STACK_ASSERT(k->queue.count <= s->config.limits.socket_datagrams);
    check_queue(&k->queue);
    for (const struct socket_membership *m = k->memberships; m; m = m->next)
        STACK_ASSERT(m->nif && m->nif->index < s->netifs && m->group.family == k->family);
}

/* Every socket is open or free; what their queues and memberships hold is what the pools miss. */
void socket_table_check(const struct stack *s)
{
    const struct socket_state *t = s->state[MODULE_SOCKET];
    uint32_t open = 0, queued = 0, holding = 0, memberships = 0;
    for (uint32_t i = 0; i < t->sockets; i++) {
        const struct socket *k = &t->socket[i];
        STACK_ASSERT(k->index == i);
        if (!k->ops)
            continue;
        open++;
        socket_check(s, k);
        queued += k->queue.count;
        holding += k->queue.count > 0;
        for (const struct socket_membership *m = k->memberships; m; m = m->next)
            memberships++;
    }
    STACK_ASSERT(open + t->frees == t->sockets);
    for (uint32_t i = 0; i < t->frees; i++)
        STACK_ASSERT(!t->socket[t->free[i]].ops && t->free[i] >= t->free[i ? (i - 1) / 2 : 0]);
    STACK_ASSERT(queued == t->datagrams.total - t->datagrams.available);
    STACK_ASSERT(holding == t->holding);
    STACK_ASSERT(memberships == t->memberships.total - t->memberships.available);
}

/* A table of thousands is looked through now and then. */
#ifdef STACK_CHECK
static void check(const struct stack *s)
{
    enum { SMALL = 64, EVERY = 64 };
    const struct socket_state *t = s->state[MODULE_SOCKET];
    if (t->sockets <= SMALL || t->frees % EVERY == 0)
        socket_table_check(s);
}
#endif

/* --- taking and giving back --- */

/* Clears a socket, all but its descriptor. */
static void reset(struct socket *k)
{
    *k = (struct socket){.index = k->index};
}

struct socket *socket_take(struct stack *s)
{
    struct socket_state *t = socket_state(s);
    STACK_INVARIANT(check(s));
    if (t->frees == 0)
        return NULL;
    struct socket *k = &t->socket[pop_free(t)];
    STACK_ASSERT(!k->ops && !k->pcb && !k->queue.count);
    return k;
}

void socket_give_back(struct stack *s, struct socket *k)
{
    struct socket_state *t = socket_state(s);
    STACK_ASSERT(!k->queue.count && !k->memberships);
    reset(k);
    t->block[k->index] = NULL;
    push_free(t, k->index);
    STACK_INVARIANT(check(s));
}

/* --- memory --- */

static uint32_t datagrams(const struct stack_limits *l)
{
    return (uint32_t)l->frames + l->big_buffers;
}

size_t socket_state_size(const struct stack_limits *l)
{
    size_t size = size_rounded(sizeof(struct socket_state), POOL_ALIGN);
    size = size_add(size, size_rounded(l->sockets * sizeof(struct socket), POOL_ALIGN));
    size = size_add(size, size_rounded(l->sockets * sizeof(struct ip_pcb *), POOL_ALIGN));
    size = size_add(size, size_rounded(l->sockets * sizeof(uint16_t), POOL_ALIGN));
    size = size_add(size, pool_bytes(datagrams(l), sizeof(struct socket_datagram)));
    return size_add(size, pool_bytes(l->memberships, sizeof(struct socket_membership)));
}

static void *carve(uint8_t **at, size_t size)
{
    void *here = *at;
    *at += size_rounded(size, POOL_ALIGN);
    return here;
}

void socket_table_init(struct stack *s, struct socket_state *t)
{
    const struct stack_limits *l = &s->config.limits;
    uint8_t *at = (uint8_t *)t;
    size_t record = sizeof(struct socket_datagram), membership = sizeof(struct socket_membership);
    carve(&at, sizeof *t);
    t->sockets = l->sockets;
    t->socket = carve(&at, l->sockets * sizeof(struct socket));
    t->block = carve(&at, l->sockets * sizeof(struct ip_pcb *));
    t->free = carve(&at, l->sockets * sizeof(uint16_t));
    pool_init(&t->datagrams, carve(&at, pool_bytes(datagrams(l), record)), datagrams(l), record);
    pool_init(&t->memberships, carve(&at, pool_bytes(l->memberships, membership)), l->memberships,
              membership);
    for (uint32_t i = 0; i < t->sockets; i++) {
        t->socket[i].index = (uint16_t)i;
        push_free(t, i);
    }
}

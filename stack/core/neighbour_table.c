/* The table of neighbours: by hash, bounded, and who gives way when it is full. */
#include "stack/core/addr_class.h"
#include "stack/core/mem.h"
#include "stack/core/neighbour_inside.h"
#include "stack/core/size.h"
#include "stack/core/text.h"

#define NONE UINT32_MAX

static const char *const state_names[] = {"free",  "incomplete", "reachable", "stale",
                                          "delay", "probe",      "permanent"};

struct neighbours *neighbours_of(struct stack *s)
{
    return s->module[MODULE_NEIGHBOUR] ? s->state[MODULE_NEIGHBOUR] : NULL;
}

static uint32_t *bucket_of(const struct neighbours *t, const struct ip_addr *a)
{
    uint32_t h = a->word[0] ^ a->word[1] ^ a->word[2] ^ a->word[3];
    h *= 0x9e3779b1u; /* 2^32 by the golden ratio: neighbours differ in their low bits */
    return &t->bucket[h >> 16 & (t->buckets - 1)];
}

/* In 32 bits: clang for riscv64 keeps the constant of a 64-bit division in writable data. */
static uint32_t index_of(const struct neighbours *t, const struct neighbour *e)
{
    return (uint32_t)((const uint8_t *)e - (const uint8_t *)t->entry) / (uint32_t)sizeof *e;
}

/* --- invariants --- */

#ifdef STACK_CHECK
static void check_waiting(const struct neighbour *e)
{
    uint32_t packets = 0, bytes = 0, datagrams = 0;
    for (const struct netbuf *nb = e->waiting.head; nb; nb = nb->next) {
        STACK_ASSERT(packets > 0 || !(nb->flags & NETBUF_CONTINUES));
        packets++;
        bytes += netbuf_len(nb);
        datagrams += !(nb->flags & NETBUF_CONTINUES);
    }
    STACK_ASSERT(packets == e->waiting.count && bytes == e->waiting_bytes);
    STACK_ASSERT(datagrams == e->waiting_datagrams);
    STACK_ASSERT(packets == 0 || e->state == NEIGHBOUR_INCOMPLETE);
}

static void check_entry(const struct neighbour *e)
{
    bool timer = e->timer.due_ns != INT64_MAX;
    check_waiting(e);
    STACK_ASSERT(e->nif && e->addr.family != ADDR_NONE && e->state <= NEIGHBOUR_PERMANENT);
    STACK_ASSERT(!timer || e->state == NEIGHBOUR_INCOMPLETE || e->state == NEIGHBOUR_DELAY ||
                 e->state == NEIGHBOUR_PROBE);
    STACK_ASSERT(timer || (e->state != NEIGHBOUR_INCOMPLETE && e->state != NEIGHBOUR_DELAY));
}

/* Each entry in use stands in its address's bucket, once; all others are free. */
void neighbours_check(const struct neighbours *t)
{
    uint32_t used = 0, unused = 0;
    for (uint32_t b = 0; b < t->buckets; b++)
        for (uint32_t i = t->bucket[b]; i != NONE; i = t->entry[i].next) {
            STACK_ASSERT(i < t->limit && t->entry[i].state != NEIGHBOUR_FREE);
            STACK_ASSERT(bucket_of(t, &t->entry[i].addr) == &t->bucket[b]);
            check_entry(&t->entry[i]);
            used++;
        }
    for (uint32_t i = t->free; i != NONE; i = t->entry[i].next) {
        STACK_ASSERT(t->entry[i].state == NEIGHBOUR_FREE && t->entry[i].waiting.count == 0);
        STACK_ASSERT(t->entry[i].timer.due_ns == INT64_MAX);
        unused++;
    }
    STACK_ASSERT(used + unused == t->limit);
}
#endif

/* --- entries --- */

struct neighbour *neighbour_find(struct neighbours *t, const struct netif *nif,
                                 const struct ip_addr *addr)
{
    for (uint32_t i = *bucket_of(t, addr); i != NONE; i = t->entry[i].next)
        if (t->entry[i].nif == nif && addr_equal_here(&t->entry[i].addr, addr))
            return &t->entry[i];
    return NULL;
}

void neighbour_move_to(struct stack *s, struct neighbour *e, enum neighbour_state state)
{
    if (e->state != state)
        stack_trace(s, TRACE_STATE, "neighbour.state", state);
    e->state = (uint8_t)state;
}

void neighbour_settle(struct stack *s, struct neighbour *e, int64_t now_ns)
{
    if (e->state == NEIGHBOUR_REACHABLE && now_ns >= e->stale_ns)
        neighbour_move_to(s, e, NEIGHBOUR_STALE);
}

/* A question that went out less than RetransTimer ago, which the next entry must know of. */
static bool must_be_kept(struct stack *s, const struct neighbour *e, int64_t now_ns,
                         struct neighbour_asked *out)
{
    struct neighbour_times times;
    const struct neighbour_resolver *r = neighbour_resolver(s, e->addr.family);
    if (!r || e->asked_ns == INT64_MIN)
        return false;
    r->times(s, &times);
    *out = (struct neighbour_asked){.addr = e->addr,
                                    .nif = e->nif,
                                    .asked_ns = e->asked_ns,
                                    .until_ns = e->asked_ns + times.retrans_ns};
    return now_ns < out->until_ns;
}

/* Frees the entry first: who is told of a packet may send to the same address again. */
void neighbour_forget(struct stack *s, struct neighbour *e, enum neighbour_counter why, int error,
                      int64_t now_ns)
{
    struct neighbours *t = neighbours_of(s);
    struct netbuf_queue waiting = e->waiting;
    neighbour_unsent *unsent = t->unsent[e->addr.family == ADDR_IPV4 ? 0 : 1];
    struct neighbour_asked asked;
    if (must_be_kept(s, e, now_ns, &asked))
        neighbour_memory_keep(&t->memory, &asked, now_ns);
    uint32_t *link = bucket_of(t, &e->addr);
    while (&t->entry[*link] != e)
        link = &t->entry[*link].next;
    *link = e->next;
    deadline_clear(s, &e->timer);
    e->waiting = (struct netbuf_queue){0};
    e->waiting_bytes = e->waiting_datagrams = 0;
    neighbour_move_to(s, e, NEIGHBOUR_FREE);
    e->next = t->free;
    t->free = index_of(t, e);
    STACK_INVARIANT(neighbours_check(t));
    for (struct netbuf *nb; (nb = netbuf_dequeue(&waiting)) != NULL;) {
        if (error && unsent)
            unsent(s, nb, error, now_ns);
        stack_drop(s, nb, MODULE_NEIGHBOUR, why);
    }
}

/* Who gives way first: those that nobody has answered for, the oldest first; then those that are no
 * longer known to be reachable, expire, or only ever spoke to us, the least used first. None that
 * is in use: a flood of spoofed requests must not push out the peers that we talk to. 0: stays. */
static unsigned expendable(const struct neighbour *e, int64_t now_ns)
{
    switch ((enum neighbour_state)e->state) {
    case NEIGHBOUR_INCOMPLETE:
        return 2;
    case NEIGHBOUR_STALE:
        return 1;
    case NEIGHBOUR_REACHABLE:
        return e->used_ns == INT64_MIN || now_ns >= e->stale_ns;
    case NEIGHBOUR_DELAY:
    case NEIGHBOUR_PROBE:
        return now_ns >= e->expiry_ns;
    case NEIGHBOUR_FREE:
    case NEIGHBOUR_PERMANENT:
        break;
    }
    return 0;
}

static bool goes_before(const struct neighbour *a, const struct neighbour *b, int64_t now_ns)
{
    unsigned of_a = expendable(a, now_ns), of_b = b ? expendable(b, now_ns) : 0;
    if (of_a != of_b || of_a == 0)
        return of_a > of_b;
    if (of_a == 1 && a->used_ns != b->used_ns)
        return a->used_ns < b->used_ns;
    if (of_a == 1 && a->stale_ns != b->stale_ns)
        return a->stale_ns < b->stale_ns;
    return a->born < b->born;
}

static void make_room(struct stack *s, struct neighbours *t, int64_t now_ns)
{
    struct neighbour *first = NULL;
    struct neighbour_asked asked;
    bool room = neighbour_memory_has_room(&t->memory, now_ns);
    for (uint32_t i = 0; i < t->limit; i++)
        if (goes_before(&t->entry[i], first, now_ns) &&
            (room || !must_be_kept(s, &t->entry[i], now_ns, &asked)))
            first = &t->entry[i];
    stack_count(s, MODULE_NEIGHBOUR, first ? NEIGHBOUR_EVICTED : NEIGHBOUR_TABLE_FULL);
    if (first)
        neighbour_forget(s, first, NEIGHBOUR_DROP_EVICTED, ERR_NOBUFS, now_ns);
}

struct neighbour *neighbour_enter(struct stack *s, struct netif *nif, const struct ip_addr *addr,
                                  enum neighbour_state state, int64_t now_ns)
{
    struct neighbours *t = neighbours_of(s);
    if (t->free == NONE)
        make_room(s, t, now_ns);
    uint32_t at = t->free, *bucket = bucket_of(t, addr);
    if (at == NONE) /* all in use, or who was told of an eviction took the place */
        return NULL;
    struct neighbour *e = &t->entry[at];
    t->free = e->next;
    e->addr = addr_on(nif, addr);
    e->nif = nif;
    e->born = t->born++;
    e->stale_ns = e->expiry_ns = e->used_ns = INT64_MIN;
    e->asked_ns = neighbour_memory_take(&t->memory, nif, &e->addr, now_ns);
    e->tries = 0;
    e->is_router = e->cut = false;
    memset(e->mac, 0, sizeof e->mac);
    e->next = *bucket;
    *bucket = at;
    neighbour_move_to(s, e, state);
    return e;
}

int neighbour_remove(struct netif *nif, const struct ip_addr *addr, int64_t now_ns)
{
    struct neighbours *t = neighbours_of(nif->stack);
    struct neighbour *e = t ? neighbour_find(t, nif, addr) : NULL;
    if (!e)
        return -ERR_NOENT;
    neighbour_forget(nif->stack, e, NEIGHBOUR_DROP_REMOVED, ERR_HOSTUNREACH, now_ns);
    return 0;
}

bool neighbour_at(struct stack *s, unsigned k, struct neighbour_info *out)
{
    const struct neighbours *t = neighbours_of(s);
    for (uint32_t i = 0; t && i < t->limit; i++) {
        const struct neighbour *e = &t->entry[i];
        if (e->state == NEIGHBOUR_FREE || k-- > 0)
            continue;
        *out = (struct neighbour_info){.addr = e->addr,
                                       .nif = e->nif,
                                       .resolved = e->state != NEIGHBOUR_INCOMPLETE,
                                       .permanent = e->state == NEIGHBOUR_PERMANENT,
                                       .is_router = e->is_router};
        memcpy(out->mac, e->mac, sizeof out->mac);
        return true;
    }
    return false;
}

/* --- the module --- */

static size_t entries_bytes(uint32_t limit)
{
    return sizeof(struct neighbours) + limit * sizeof(struct neighbour);
}

static size_t state_size(const struct stack_limits *l)
{
    return entries_bytes(l->neighbours) + l->neighbours * sizeof(struct neighbour_asked) +
           size_buckets(l->neighbours) * sizeof(uint32_t);
}

static int init(struct stack *s, void *state, int64_t now_ns)
{
    struct neighbours *t = state;
    uint32_t limit = s->config.limits.neighbours, queue = s->config.limits.neighbour_queue;
    (void)now_ns;
    s->knob[MODULE_NEIGHBOUR][NEIGHBOUR_QUEUE_DATAGRAMS] = queue ? queue : 1;
    t->limit = limit;
    t->buckets = size_buckets(limit);
    t->memory.place = (struct neighbour_asked *)(void *)((uint8_t *)state + entries_bytes(limit));
    t->memory.limit = limit;
    t->bucket = (uint32_t *)(void *)(t->memory.place + limit);
    t->free = limit ? 0 : NONE;
    for (uint32_t i = 0; i < t->buckets; i++)
        t->bucket[i] = NONE;
    for (uint32_t i = 0; i < limit; i++) {
        t->entry[i].next = i + 1 < limit ? i + 1 : NONE;
        deadline_init(&t->entry[i].timer, deadline_rank(MODULE_NEIGHBOUR, i), "neighbour.timer",
                      neighbour_timer);
    }
    return 0;
}

/* RFC 1122 2.3.2.1 (3): the link layer says that the link went away, and what was learnt on it may
 * not hold when it comes back. */
static void on_netif(struct stack *s, void *state, struct netif *nif, enum netif_event event,
                     int64_t now_ns)
{
    struct neighbours *t = state;
    if (event != NETIF_EVENT_DOWN && event != NETIF_EVENT_NO_CARRIER)
        return;
    for (uint32_t i = 0; i < t->limit; i++) {
        struct neighbour *e = &t->entry[i];
        if (e->state != NEIGHBOUR_FREE && e->state != NEIGHBOUR_PERMANENT && e->nif == nif)
            neighbour_forget(s, e, NEIGHBOUR_DROP_LINK_DOWN, ERR_NETDOWN, now_ns);
    }
}

int neighbour_describe(struct stack *s, const struct ip_addr *addr, char *out, size_t room)
{
    struct neighbours *t = neighbours_of(s);
    struct neighbour *e = NULL;
    for (uint32_t i = 0; t && i < s->netifs && !e; i++)
        e = neighbour_find(t, &s->netif[i], addr);
    if (!e)
        return -ERR_NOENT;
    struct text text = text_to(out, room);
    if (e->state != NEIGHBOUR_INCOMPLETE) {
        text_mac(&text, e->mac);
        text_char(&text, ' ');
    }
    bool ages = e->state != NEIGHBOUR_INCOMPLETE && e->state != NEIGHBOUR_PERMANENT;
    bool stale = e->state == NEIGHBOUR_REACHABLE && s->polled_ns >= e->stale_ns;
    text_string(&text, ages && s->polled_ns >= e->expiry_ns ? "expired"
                       : stale                              ? "stale"
                                                            : state_names[e->state]);
    if (e->is_router)
        text_string(&text, " router");
    return text_done(&text);
}

static bool busy(struct stack *s, void *state)
{
    struct neighbours *t = state;
    (void)s;
    for (uint32_t i = 0; i < t->limit; i++)
        if (t->entry[i].waiting.count > 0)
            return true;
    return false;
}

static const struct knob knobs[] = {
    /* initially stack_limits.neighbour_queue */
    [NEIGHBOUR_QUEUE_DATAGRAMS] = {"queue_datagrams", KNOB_NUMBER, 1, 1, 65535},
    /* the longest datagram in fragments of the smallest common MTU, and as much again */
    [NEIGHBOUR_QUEUE_BYTES] = {"queue_bytes", KNOB_NUMBER, 131072, 576, 16777216},
};

static const char *const counters[NEIGHBOUR_COUNTERS] = {
    [NEIGHBOUR_DROP_QUEUE_FULL] = "drop.queue_full",
    [NEIGHBOUR_DROP_UNANSWERED] = "drop.unanswered",
    [NEIGHBOUR_DROP_EVICTED] = "drop.evicted",
    [NEIGHBOUR_DROP_LINK_DOWN] = "drop.link_down",
    [NEIGHBOUR_DROP_TABLE_FULL] = "drop.table_full",
    [NEIGHBOUR_DROP_NO_RESOLVER] = "drop.no_resolver",
    [NEIGHBOUR_DROP_REMOVED] = "drop.removed",
    [NEIGHBOUR_EVICTED] = "evicted",
    [NEIGHBOUR_TABLE_FULL] = "table_full",
    [NEIGHBOUR_MOVED] = "moved",
};

const struct module neighbour_module = {
    .name = "neighbour",
    .id = MODULE_NEIGHBOUR,
    .state_size = state_size,
    .init = init,
    .netif = on_netif,
    .knobs = knobs,
    .knob_count = sizeof knobs / sizeof knobs[0],
    .counters = counters,
    .counter_count = NEIGHBOUR_COUNTERS,
    .busy = busy,
};

#include "stack/core/neighbour.h"
#include "stack/core/mem.h"
#include "stack/core/route.h"
#include "stack/core/text.h"

enum neighbour_counter {
    DROP_QUEUE_FULL,
    DROP_UNANSWERED,
    DROP_EVICTED,
    DROP_LINK_DOWN,
    DROP_TABLE_FULL,
    DROP_NO_RESOLVER,
    EVICTED,
    TABLE_FULL,
    MOVED,
    COUNTERS
};

enum { FAMILIES = 2, NONE = 0xffff };

struct neighbour {
    struct ip_addr addr;
    struct netif *nif;
    struct deadline retry;
    struct netbuf_queue waiting;
    int64_t confirmed_ns, used_ns, asked_ns; /* INT64_MIN: never */
    uint32_t tries;
    uint16_t next_in_bucket;
    uint8_t mac[NETIF_MAC_BYTES];
    uint8_t state;
};

struct neighbours {
    const struct neighbour_resolver *resolver[FAMILIES];
    neighbour_unsent *unsent[FAMILIES];
    uint32_t limit, buckets; /* buckets: a power of two, at least limit */
    uint16_t *bucket;
    struct neighbour entry[];
};

static int family_index(uint32_t family)
{
    return family == ADDR_IPV4 ? 0 : 1;
}

static struct neighbours *table_of(struct stack *s)
{
    return s->module[MODULE_NEIGHBOUR] ? s->state[MODULE_NEIGHBOUR] : NULL;
}

int neighbour_resolver_register(struct stack *s, const struct neighbour_resolver *r)
{
    struct neighbours *t = table_of(s);
    if (!t)
        return -ERR_OPNOTSUPP;
    if (t->resolver[family_index(r->family)])
        return -ERR_EXIST;
    t->resolver[family_index(r->family)] = r;
    return 0;
}

const struct neighbour_resolver *neighbour_resolver(struct stack *s, uint32_t family)
{
    struct neighbours *t = table_of(s);
    return t ? t->resolver[family_index(family)] : NULL;
}

int neighbour_on_unsent(struct stack *s, uint32_t family, neighbour_unsent *fn)
{
    struct neighbours *t = table_of(s);
    if (!t)
        return -ERR_OPNOTSUPP;
    t->unsent[family_index(family)] = fn;
    return 0;
}

/* --- the table --- */

static uint32_t bucket_of(const struct neighbours *t, const struct ip_addr *a)
{
    uint32_t h = a->word[0] ^ a->word[1] ^ a->word[2] ^ a->word[3];
    h *= 0x9e3779b1u; /* 2^32 by the golden ratio: neighbours differ in their low bits */
    return h >> 16 & (t->buckets - 1);
}

/* In 32 bits: clang for riscv64 keeps the constant of a 64-bit division in writable data. */
static uint16_t index_of(const struct neighbours *t, const struct neighbour *e)
{
    return (uint16_t)((uint32_t)((const uint8_t *)e - (const uint8_t *)t->entry) / sizeof *e);
}

static struct neighbour *find(struct neighbours *t, const struct netif *nif,
                              const struct ip_addr *addr)
{
    for (uint16_t i = t->bucket[bucket_of(t, addr)]; i != NONE; i = t->entry[i].next_in_bucket)
        if (t->entry[i].nif == nif && addr_equal(&t->entry[i].addr, addr))
            return &t->entry[i];
    return NULL;
}

static void unlink_entry(struct neighbours *t, struct neighbour *e)
{
    uint16_t *at = &t->bucket[bucket_of(t, &e->addr)];
    while (&t->entry[*at] != e)
        at = &t->entry[*at].next_in_bucket;
    *at = e->next_in_bucket;
}

static void move_to(struct stack *s, struct neighbour *e, enum neighbour_state state)
{
    if (e->state != state)
        stack_trace(s, TRACE_STATE, "neighbour.state", state);
    e->state = (uint8_t)state;
}

/* Frees the entry first: who is told of a packet may send to the same address again. */
static void forget(struct stack *s, struct neighbour *e, enum neighbour_counter why, int error,
                   int64_t now_ns)
{
    struct neighbours *t = table_of(s);
    struct netbuf_queue waiting = e->waiting;
    neighbour_unsent *unsent = t->unsent[family_index(e->addr.family)];
    unlink_entry(t, e);
    deadline_clear(s, &e->retry);
    e->waiting = (struct netbuf_queue){0};
    move_to(s, e, NEIGHBOUR_FREE);
    for (struct netbuf *nb; (nb = netbuf_dequeue(&waiting)) != NULL;) {
        if (error && unsent)
            unsent(s, nb, error, now_ns);
        stack_drop(s, nb, MODULE_NEIGHBOUR, why);
    }
}

/* Who was used longest ago goes; before them, those that only spoke to us: a flood of requests
 * cannot push out the peers in use. */
static struct neighbour *least_used(struct neighbours *t)
{
    struct neighbour *oldest = NULL;
    for (uint32_t i = 0; i < t->limit; i++) {
        struct neighbour *e = &t->entry[i];
        if (e->state == NEIGHBOUR_FREE || e->state == NEIGHBOUR_PERMANENT)
            continue;
        if (!oldest || e->used_ns < oldest->used_ns ||
            (e->used_ns == oldest->used_ns && e->confirmed_ns < oldest->confirmed_ns))
            oldest = e;
    }
    return oldest;
}

static struct neighbour *free_entry(struct stack *s, struct neighbours *t, int64_t now_ns)
{
    for (uint32_t i = 0; i < t->limit; i++)
        if (t->entry[i].state == NEIGHBOUR_FREE)
            return &t->entry[i];
    struct neighbour *e = least_used(t);
    stack_count(s, MODULE_NEIGHBOUR, e ? EVICTED : TABLE_FULL);
    if (e)
        forget(s, e, DROP_EVICTED, ERR_NOBUFS, now_ns);
    return e && e->state == NEIGHBOUR_FREE ? e : NULL;
}

/* A new entry in `state`; NULL when every place is taken by permanent ones. */
static struct neighbour *enter(struct stack *s, struct netif *nif, const struct ip_addr *addr,
                               enum neighbour_state state, int64_t now_ns)
{
    struct neighbours *t = table_of(s);
    struct neighbour *e = free_entry(s, t, now_ns);
    if (!e)
        return NULL;
    uint16_t *bucket = &t->bucket[bucket_of(t, addr)];
    e->addr = *addr;
    e->nif = nif;
    e->confirmed_ns = e->used_ns = e->asked_ns = INT64_MIN;
    e->tries = 0;
    memset(e->mac, 0, sizeof e->mac);
    e->next_in_bucket = *bucket;
    *bucket = index_of(t, e);
    move_to(s, e, state);
    return e;
}

/* --- resolving --- */

static const struct neighbour_resolver *resolver_of(struct stack *s, const struct neighbour *e)
{
    return neighbour_resolver(s, e->addr.family);
}

static void solicit(struct stack *s, struct neighbour *e, const uint8_t *to, int64_t now_ns)
{
    const struct neighbour_resolver *r = resolver_of(s, e);
    e->asked_ns = now_ns;
    r->solicit(s, e->nif, &e->addr, to, now_ns);
}

/* RFC 1122 2.3.2.1: not more than one request per second and destination, also when a refresh has
 * just gone unanswered. */
static int64_t may_ask_ns(struct stack *s, const struct neighbour *e, int64_t now_ns)
{
    const struct neighbour_resolver *r = resolver_of(s, e);
    if (e->asked_ns == INT64_MIN)
        return now_ns;
    int64_t next = e->asked_ns + stack_knob(s, r->module, r->knob_retry);
    return next > now_ns ? next : now_ns;
}

static void ask_everybody(struct stack *s, struct neighbour *e, int64_t now_ns)
{
    e->tries++;
    deadline_set(s, &e->retry,
                 now_ns + stack_knob(s, resolver_of(s, e)->module, resolver_of(s, e)->knob_retry));
    solicit(s, e, NULL, now_ns);
}

static void start_resolving(struct stack *s, struct neighbour *e, int64_t now_ns)
{
    move_to(s, e, NEIGHBOUR_INCOMPLETE);
    e->tries = 0;
    int64_t at = may_ask_ns(s, e, now_ns);
    if (at > now_ns)
        deadline_set(s, &e->retry, at);
    else
        ask_everybody(s, e, now_ns);
}

static void on_retry(struct stack *s, struct deadline *d, int64_t now_ns)
{
    struct neighbours *t = table_of(s);
    struct neighbour *e = &t->entry[deadline_index(d)];
    const struct neighbour_resolver *r = resolver_of(s, e);
    STACK_ASSERT(e->state == NEIGHBOUR_INCOMPLETE);
    if (e->tries < (uint32_t)stack_knob(s, r->module, r->knob_tries)) {
        ask_everybody(s, e, now_ns);
        return;
    }
    route_gateway_dead(e->nif, &e->addr, now_ns);
    forget(s, e, DROP_UNANSWERED, ERR_HOSTUNREACH, now_ns);
}

/* RFC 1122 2.3.2.2: the latest packets are worth more than the first, so that the oldest gives way.
 */
static void let_wait(struct stack *s, struct neighbour *e, struct netbuf *nb)
{
    uint32_t limit = s->config.limits.neighbour_queue;
    netbuf_enqueue(&e->waiting, nb);
    while (e->waiting.count > (limit ? limit : 1))
        stack_drop(s, netbuf_dequeue(&e->waiting), MODULE_NEIGHBOUR, DROP_QUEUE_FULL);
}

static int transmit(struct stack *s, struct netif *nif, const struct neighbour *e,
                    struct netbuf *nb, int64_t now_ns)
{
    return nif->link->output(s, nif, nb, resolver_of(s, e)->ethertype, e->mac, now_ns);
}

static void send_waiting(struct stack *s, struct neighbour *e, int64_t now_ns)
{
    struct netbuf_queue waiting = e->waiting;
    e->waiting = (struct netbuf_queue){0};
    for (struct netbuf *nb; (nb = netbuf_dequeue(&waiting)) != NULL;)
        transmit(s, e->nif, e, nb, now_ns);
}

/* How long the entry still serves; 0 or less: not any more. */
static int64_t time_left(struct stack *s, const struct neighbour *e, int64_t now_ns)
{
    const struct neighbour_resolver *r = resolver_of(s, e);
    return e->confirmed_ns + stack_knob(s, r->module, r->knob_expiry) - now_ns;
}

static void refresh_if_due(struct stack *s, struct neighbour *e, int64_t left_ns, int64_t now_ns)
{
    const struct neighbour_resolver *r = resolver_of(s, e);
    bool due = stack_knob(s, r->module, r->knob_refresh) &&
               left_ns <= stack_knob(s, r->module, r->knob_refresh_before);
    if (!due || may_ask_ns(s, e, now_ns) > now_ns)
        return;
    move_to(s, e, NEIGHBOUR_REFRESHING);
    solicit(s, e, e->mac, now_ns);
}

/* An entry that is not PERMANENT: send, or wait. */
static int use(struct stack *s, struct neighbour *e, struct netbuf *nb, int64_t now_ns)
{
    if (e->state != NEIGHBOUR_INCOMPLETE) {
        int64_t left = time_left(s, e, now_ns);
        if (left > 0) {
            int error = transmit(s, e->nif, e, nb, now_ns);
            if (e->state == NEIGHBOUR_REACHABLE)
                refresh_if_due(s, e, left, now_ns);
            return error;
        }
        let_wait(s, e, nb);
        start_resolving(s, e, now_ns);
        return 0;
    }
    let_wait(s, e, nb);
    return 0;
}

int neighbour_output(struct stack *s, struct netif *nif, const struct ip_addr *next_hop,
                     struct netbuf *nb, int64_t now_ns)
{
    struct neighbours *t = table_of(s);
    struct neighbour *e = t ? find(t, nif, next_hop) : NULL;
    if (!neighbour_resolver(s, next_hop->family) || !nif->link) {
        stack_drop(s, nb, MODULE_NEIGHBOUR, DROP_NO_RESOLVER);
        return -ERR_AFNOSUPPORT;
    }
    if (!e && !(nif->flags & NETIF_ARP)) {
        stack_drop(s, nb, MODULE_NEIGHBOUR, DROP_NO_RESOLVER);
        return -ERR_HOSTUNREACH;
    }
    if (!e) {
        e = enter(s, nif, next_hop, NEIGHBOUR_INCOMPLETE, now_ns);
        if (!e) {
            stack_drop(s, nb, MODULE_NEIGHBOUR, DROP_TABLE_FULL);
            return -ERR_NOBUFS;
        }
        let_wait(s, e, nb);
        e->used_ns = now_ns;
        start_resolving(s, e, now_ns);
        return 0;
    }
    e->used_ns = now_ns;
    return e->state == NEIGHBOUR_PERMANENT ? transmit(s, nif, e, nb, now_ns)
                                           : use(s, e, nb, now_ns);
}

bool neighbour_heard(struct netif *nif, const struct ip_addr *addr, const uint8_t mac[6],
                     bool create, int64_t now_ns)
{
    struct stack *s = nif->stack;
    struct neighbours *t = table_of(s);
    struct neighbour *e = t ? find(t, nif, addr) : NULL;
    bool known = e != NULL;
    if (!e && create && t)
        e = enter(s, nif, addr, NEIGHBOUR_REACHABLE, now_ns);
    if (!e || e->state == NEIGHBOUR_PERMANENT)
        return known;
    if (known && e->state != NEIGHBOUR_INCOMPLETE && memcmp(e->mac, mac, NETIF_MAC_BYTES) != 0)
        stack_count(s, MODULE_NEIGHBOUR, MOVED);
    memcpy(e->mac, mac, NETIF_MAC_BYTES);
    e->confirmed_ns = now_ns;
    deadline_clear(s, &e->retry);
    move_to(s, e, NEIGHBOUR_REACHABLE);
    route_gateway_alive(nif, addr);
    send_waiting(s, e, now_ns);
    return known;
}

void neighbour_doubt(struct netif *nif, const struct ip_addr *addr, int64_t now_ns)
{
    struct stack *s = nif->stack;
    struct neighbours *t = table_of(s);
    struct neighbour *e = t ? find(t, nif, addr) : NULL;
    if (!e || (e->state != NEIGHBOUR_REACHABLE && e->state != NEIGHBOUR_REFRESHING))
        return;
    const struct neighbour_resolver *r = resolver_of(s, e);
    e->confirmed_ns = now_ns - stack_knob(s, r->module, r->knob_expiry);
}

int neighbour_add(struct netif *nif, const struct ip_addr *addr, const uint8_t mac[6],
                  int64_t now_ns)
{
    struct stack *s = nif->stack;
    struct neighbours *t = table_of(s);
    if (!t || !neighbour_resolver(s, addr->family))
        return -ERR_AFNOSUPPORT;
    if (mac[0] & 1)
        return -ERR_INVAL;
    struct neighbour *e = find(t, nif, addr);
    if (!e)
        e = enter(s, nif, addr, NEIGHBOUR_PERMANENT, now_ns);
    if (!e)
        return -ERR_NOBUFS;
    deadline_clear(s, &e->retry);
    memcpy(e->mac, mac, NETIF_MAC_BYTES);
    e->confirmed_ns = now_ns;
    move_to(s, e, NEIGHBOUR_PERMANENT);
    send_waiting(s, e, now_ns);
    return 0;
}

/* --- the module --- */

static uint32_t buckets_for(uint32_t limit)
{
    uint32_t n = 1;
    while (n < limit)
        n *= 2;
    return n;
}

static uint32_t entries_bytes(uint32_t limit)
{
    return (uint32_t)(sizeof(struct neighbours) + limit * sizeof(struct neighbour));
}

static size_t state_size(const struct stack_limits *l)
{
    return entries_bytes(l->neighbours) + buckets_for(l->neighbours) * (uint32_t)sizeof(uint16_t);
}

static int init(struct stack *s, void *state, int64_t now_ns)
{
    struct neighbours *t = state;
    (void)now_ns;
    t->limit = s->config.limits.neighbours;
    t->buckets = buckets_for(t->limit);
    t->bucket = (uint16_t *)(void *)((uint8_t *)state + entries_bytes(t->limit));
    for (uint32_t i = 0; i < t->buckets; i++)
        t->bucket[i] = NONE;
    for (uint32_t i = 0; i < t->limit; i++)
        deadline_init(&t->entry[i].retry, deadline_rank(MODULE_NEIGHBOUR, i), "neighbour.retry",
                      on_retry);
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
            forget(s, e, DROP_LINK_DOWN, ERR_NETDOWN, now_ns);
    }
}

int neighbour_describe(struct stack *s, const struct ip_addr *addr, char *out, size_t room)
{
    static const char *const states[] = {"free", "incomplete", "reachable", "refreshing",
                                         "permanent"};
    struct neighbours *t = table_of(s);
    struct neighbour *e = NULL;
    for (uint32_t i = 0; t && i < s->netifs && !e; i++)
        e = find(t, &s->netif[i], addr);
    if (!e)
        return -ERR_NOENT;
    struct text text = text_to(out, room);
    if (e->state != NEIGHBOUR_INCOMPLETE) {
        text_mac(&text, e->mac);
        text_char(&text, ' ');
    }
    bool ages = e->state == NEIGHBOUR_REACHABLE || e->state == NEIGHBOUR_REFRESHING;
    text_string(&text, ages && time_left(s, e, s->polled_ns) <= 0 ? "expired" : states[e->state]);
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

static const char *const counters[COUNTERS] = {
    [DROP_QUEUE_FULL] = "drop.queue_full",
    [DROP_UNANSWERED] = "drop.unanswered",
    [DROP_EVICTED] = "drop.evicted",
    [DROP_LINK_DOWN] = "drop.link_down",
    [DROP_TABLE_FULL] = "drop.table_full",
    [DROP_NO_RESOLVER] = "drop.no_resolver",
    [EVICTED] = "evicted",
    [TABLE_FULL] = "table_full",
    [MOVED] = "moved",
};

const struct module neighbour_module = {
    .name = "neighbour",
    .id = MODULE_NEIGHBOUR,
    .state_size = state_size,
    .init = init,
    .netif = on_netif,
    .counters = counters,
    .counter_count = COUNTERS,
    .busy = busy,
};

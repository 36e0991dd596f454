/* The neighbours' machine: RFC 4861 7.2, 7.3, and RFC 1122 2.3.2 for ARP. */
#include "stack/core/mem.h"
#include "stack/core/neighbour_inside.h"
#include "stack/core/route.h"

static int family_index(uint32_t family)
{
    return family == ADDR_IPV4 ? 0 : 1;
}

int neighbour_resolver_register(struct stack *s, const struct neighbour_resolver *r)
{
    struct neighbours *t = neighbours_of(s);
    if (!t)
        return -ERR_OPNOTSUPP;
    if (t->resolver[family_index(r->family)])
        return -ERR_EXIST;
    t->resolver[family_index(r->family)] = r;
    return 0;
}

const struct neighbour_resolver *neighbour_resolver(struct stack *s, uint32_t family)
{
    struct neighbours *t = neighbours_of(s);
    return t ? t->resolver[family_index(family)] : NULL;
}

int neighbour_on_unsent(struct stack *s, uint32_t family, neighbour_unsent *fn)
{
    struct neighbours *t = neighbours_of(s);
    if (!t)
        return -ERR_OPNOTSUPP;
    t->unsent[family_index(family)] = fn;
    return 0;
}

static const struct neighbour_resolver *resolver_of(struct stack *s, const struct neighbour *e)
{
    return neighbour_resolver(s, e->addr.family);
}

static struct neighbour_times times_of(struct stack *s, const struct neighbour *e)
{
    struct neighbour_times times;
    resolver_of(s, e)->times(s, &times);
    return times;
}

/* An interface may have stopped resolving while the entry was there. */
static bool resolves(const struct netif *nif)
{
    return nif->flags & NETIF_ARP;
}

/* --- asking --- */

/* RFC 1122 2.3.2.1: not more than one request per second and destination, also when a probe has
 * just gone unanswered. */
static int64_t may_ask_ns(const struct neighbour *e, const struct neighbour_times *times,
                          int64_t now_ns)
{
    if (e->asked_ns == INT64_MIN)
        return now_ns;
    int64_t next = e->asked_ns + times->retrans_ns;
    return next > now_ns ? next : now_ns;
}

static void solicit(struct stack *s, struct neighbour *e, const uint8_t *to, int64_t now_ns)
{
    e->tries++;
    e->asked_ns = now_ns;
    if (resolves(e->nif))
        resolver_of(s, e)->solicit(s, e->nif, &e->addr, to, now_ns);
}

static void ask_everybody(struct stack *s, struct neighbour *e, int64_t now_ns)
{
    deadline_set(s, &e->timer, now_ns + times_of(s, e).retrans_ns);
    solicit(s, e, NULL, now_ns);
}

static void start_resolving(struct stack *s, struct neighbour *e, int64_t now_ns)
{
    struct neighbour_times times = times_of(s, e);
    neighbour_move_to(s, e, NEIGHBOUR_INCOMPLETE);
    e->tries = 0;
    int64_t at = may_ask_ns(e, &times, now_ns);
    if (at > now_ns)
        deadline_set(s, &e->timer, at);
    else
        ask_everybody(s, e, now_ns);
}

/* Asks the known address. With an expiry the last probe needs no timer: that is the end. */
static void probe(struct stack *s, struct neighbour *e, int64_t now_ns)
{
    struct neighbour_times times = times_of(s, e);
    if (e->tries + 1 < times.unicast_tries || times.expiry_ns == INT64_MAX)
        deadline_set(s, &e->timer, now_ns + times.retrans_ns);
    solicit(s, e, e->mac, now_ns);
}

/* A packet went to a neighbour of whom nobody knows whether it still hears. RFC 4861 7.3.3. */
static void first_use(struct stack *s, struct neighbour *e, int64_t now_ns)
{
    struct neighbour_times times = times_of(s, e);
    e->tries = 0;
    if (times.delay_ns > 0) {
        neighbour_move_to(s, e, NEIGHBOUR_DELAY);
        deadline_set(s, &e->timer, now_ns + times.delay_ns);
    } else if (times.unicast_tries > 0 && may_ask_ns(e, &times, now_ns) <= now_ns) {
        neighbour_move_to(s, e, NEIGHBOUR_PROBE);
        probe(s, e, now_ns);
    }
}

static void give_up(struct stack *s, struct neighbour *e, int64_t now_ns)
{
    route_gateway_dead(e->nif, &e->addr, now_ns);
    neighbour_forget(s, e, NEIGHBOUR_DROP_UNANSWERED, ERR_HOSTUNREACH, now_ns);
}

void neighbour_timer(struct stack *s, struct deadline *d, int64_t now_ns)
{
    struct neighbour *e = &neighbours_of(s)->entry[deadline_index(d)];
    struct neighbour_times times = times_of(s, e);
    switch ((enum neighbour_state)e->state) {
    case NEIGHBOUR_INCOMPLETE:
        if (e->tries < times.multicast_tries)
            ask_everybody(s, e, now_ns);
        else
            give_up(s, e, now_ns);
        return;
    case NEIGHBOUR_DELAY:
        neighbour_move_to(s, e, NEIGHBOUR_PROBE);
        probe(s, e, now_ns);
        return;
    case NEIGHBOUR_PROBE:
        if (e->tries < times.unicast_tries)
            probe(s, e, now_ns);
        else
            give_up(s, e, now_ns);
        return;
    case NEIGHBOUR_FREE:
    case NEIGHBOUR_REACHABLE:
    case NEIGHBOUR_STALE:
    case NEIGHBOUR_PERMANENT:
        break;
    }
    STACK_ASSERT(e->state == NEIGHBOUR_INCOMPLETE); /* no other state has a timer */
}

/* --- sending --- */

/* The datagram that came first, with all of its fragments. */
static void drop_oldest(struct stack *s, struct neighbour *e)
{
    do {
        struct netbuf *nb = netbuf_dequeue(&e->waiting);
        e->waiting_bytes -= netbuf_len(nb);
        stack_drop(s, nb, MODULE_NEIGHBOUR, NEIGHBOUR_DROP_QUEUE_FULL);
    } while (e->waiting.head && (e->waiting.head->flags & NETBUF_CONTINUES));
    e->waiting_datagrams--;
}

/* RFC 1122 2.3.2.2: the latest packets are worth more than the first, so that the oldest give way.
 * A datagram of which a part does not fit is worth nothing. */
static int let_wait(struct stack *s, struct neighbour *e, struct netbuf *nb)
{
    uint32_t datagrams = (uint32_t)stack_knob(s, MODULE_NEIGHBOUR, NEIGHBOUR_QUEUE_DATAGRAMS);
    uint32_t bytes = (uint32_t)stack_knob(s, MODULE_NEIGHBOUR, NEIGHBOUR_QUEUE_BYTES);
    if (!(nb->flags & NETBUF_CONTINUES)) {
        e->cut = false;
        e->waiting_datagrams++;
    } else if (e->cut || e->waiting_datagrams == 0) {
        stack_drop(s, nb, MODULE_NEIGHBOUR, NEIGHBOUR_DROP_QUEUE_FULL);
        return -ERR_NOBUFS;
    }
    nb->flags &= (uint16_t)~NETBUF_MORE; /* what follows it may be dropped meanwhile */
    netbuf_enqueue(&e->waiting, nb);
    e->waiting_bytes += netbuf_len(nb);
    while (e->waiting_datagrams > datagrams || e->waiting_bytes > bytes)
        drop_oldest(s, e);
    e->cut = e->waiting_datagrams == 0;
    return e->cut ? -ERR_NOBUFS : 0;
}

static int transmit(struct stack *s, const struct neighbour *e, struct netbuf *nb, int64_t now_ns)
{
    return e->nif->link->output(s, e->nif, nb, resolver_of(s, e)->ethertype, e->mac, now_ns);
}

static void send_waiting(struct stack *s, struct neighbour *e, int64_t now_ns)
{
    struct netbuf_queue waiting = e->waiting;
    e->waiting = (struct netbuf_queue){0};
    e->waiting_bytes = e->waiting_datagrams = 0;
    for (struct netbuf *nb; (nb = netbuf_dequeue(&waiting)) != NULL;)
        transmit(s, e, nb, now_ns);
}

/* Sends, or lets it wait. */
static int use(struct stack *s, struct neighbour *e, struct netbuf *nb, int64_t now_ns)
{
    if (e->state == NEIGHBOUR_INCOMPLETE)
        return let_wait(s, e, nb);
    if (now_ns < e->expiry_ns) {
        neighbour_settle(s, e, now_ns);
        int error = transmit(s, e, nb, now_ns);
        if (e->state == NEIGHBOUR_STALE)
            first_use(s, e, now_ns);
        return error;
    }
    deadline_clear(s, &e->timer);
    if (!resolves(e->nif)) {
        neighbour_forget(s, e, NEIGHBOUR_DROP_NO_RESOLVER, ERR_HOSTUNREACH, now_ns);
        stack_drop(s, nb, MODULE_NEIGHBOUR, NEIGHBOUR_DROP_NO_RESOLVER);
        return -ERR_HOSTUNREACH;
    }
    neighbour_move_to(s, e, NEIGHBOUR_INCOMPLETE);
    int error = let_wait(s, e, nb);
    start_resolving(s, e, now_ns);
    return error;
}

static int use_new(struct stack *s, struct netif *nif, const struct ip_addr *next_hop,
                   struct netbuf *nb, int64_t now_ns)
{
    struct neighbour *e = neighbour_enter(s, nif, next_hop, NEIGHBOUR_INCOMPLETE, now_ns);
    if (!e) {
        stack_drop(s, nb, MODULE_NEIGHBOUR, NEIGHBOUR_DROP_TABLE_FULL);
        return -ERR_NOBUFS;
    }
    int error = let_wait(s, e, nb);
    e->used_ns = now_ns;
    start_resolving(s, e, now_ns);
    return error;
}

static int output(struct stack *s, struct neighbours *t, struct netif *nif,
                  const struct ip_addr *next_hop, struct netbuf *nb, int64_t now_ns)
{
    struct neighbour *e = t ? neighbour_find(t, nif, next_hop) : NULL;
    if (!neighbour_resolver(s, next_hop->family) || !nif->link) {
        stack_drop(s, nb, MODULE_NEIGHBOUR, NEIGHBOUR_DROP_NO_RESOLVER);
        return -ERR_AFNOSUPPORT;
    }
    if (!e && !resolves(nif)) {
        stack_drop(s, nb, MODULE_NEIGHBOUR, NEIGHBOUR_DROP_NO_RESOLVER);
        return -ERR_HOSTUNREACH;
    }
    if (!e)
        return use_new(s, nif, next_hop, nb, now_ns);
    e->used_ns = now_ns;
    return e->state == NEIGHBOUR_PERMANENT ? transmit(s, e, nb, now_ns) : use(s, e, nb, now_ns);
}

int neighbour_output(struct stack *s, struct netif *nif, const struct ip_addr *next_hop,
                     struct netbuf *nb, int64_t now_ns)
{
    struct neighbours *t = neighbours_of(s);
    STACK_INVARIANT(t ? neighbours_check(t) : (void)0);
    int error = output(s, t, nif, next_hop, nb, now_ns);
    STACK_INVARIANT(t ? neighbours_check(t) : (void)0);
    return error;
}

bool neighbour_is_known(struct stack *s, const struct netif *nif, const struct ip_addr *next_hop,
                        int64_t now_ns)
{
    struct neighbours *t = neighbours_of(s);
    const struct neighbour *e = t ? neighbour_find(t, nif, next_hop) : NULL;
    if (!e || e->state == NEIGHBOUR_INCOMPLETE)
        return false;
    return e->state == NEIGHBOUR_PERMANENT || now_ns < e->expiry_ns;
}

/* --- hearing --- */

static void confirm(struct stack *s, struct neighbour *e, int64_t now_ns)
{
    struct neighbour_times times = times_of(s, e);
    bool expires = times.expiry_ns != INT64_MAX;
    e->stale_ns = now_ns + times.reachable_ns;
    e->expiry_ns = expires ? now_ns + times.expiry_ns : INT64_MAX;
    deadline_clear(s, &e->timer);
    neighbour_move_to(s, e, NEIGHBOUR_REACHABLE);
    route_gateway_alive(e->nif, &e->addr);
}

static void become_stale(struct stack *s, struct neighbour *e, int64_t now_ns)
{
    e->stale_ns = now_ns;
    if (e->expiry_ns == INT64_MIN)
        e->expiry_ns = INT64_MAX;
    deadline_clear(s, &e->timer);
    neighbour_move_to(s, e, NEIGHBOUR_STALE);
}

static void set_router(struct neighbour *e, bool is_router, int64_t now_ns)
{
    if (e->is_router && !is_router) /* RFC 4861 7.2.5: no default router any longer */
        route_gateway_dead(e->nif, &e->addr, now_ns);
    e->is_router = is_router;
}

/* RFC 4861 7.2.5 for an entry with an address: may the message change it? */
static bool takes(struct stack *s, struct neighbour *e, bool moves, unsigned flags, int64_t now_ns)
{
    if (!moves || (flags & NEIGHBOUR_OVERRIDE))
        return true;
    neighbour_settle(s, e, now_ns);
    if (e->state == NEIGHBOUR_REACHABLE)
        become_stale(s, e, now_ns);
    return false;
}

/* An entry that is not PERMANENT. */
static void hear(struct stack *s, struct neighbour *e, const uint8_t *mac, unsigned flags,
                 int64_t now_ns)
{
    bool first = e->state == NEIGHBOUR_INCOMPLETE;
    bool moves = mac && !first && memcmp(e->mac, mac, NETIF_MAC_BYTES) != 0;
    if ((first && !mac) || (!first && !takes(s, e, moves, flags, now_ns)))
        return;
    if (moves)
        stack_count(s, MODULE_NEIGHBOUR, NEIGHBOUR_MOVED);
    if (mac)
        memcpy(e->mac, mac, NETIF_MAC_BYTES);
    if (flags & NEIGHBOUR_SOLICITED)
        confirm(s, e, now_ns);
    else if (first || moves)
        become_stale(s, e, now_ns);
    set_router(e, flags & NEIGHBOUR_IS_ROUTER, now_ns);
    send_waiting(s, e, now_ns);
}

bool neighbour_heard(struct netif *nif, const struct ip_addr *addr, const uint8_t *mac,
                     unsigned flags, int64_t now_ns)
{
    struct stack *s = nif->stack;
    struct neighbours *t = neighbours_of(s);
    struct neighbour *e = t ? neighbour_find(t, nif, addr) : NULL;
    bool known = e != NULL;
    if (!e && mac && t && (flags & NEIGHBOUR_CREATE))
        e = neighbour_enter(s, nif, addr, NEIGHBOUR_INCOMPLETE, now_ns);
    if (e && e->state != NEIGHBOUR_PERMANENT)
        hear(s, e, mac, flags, now_ns);
    STACK_INVARIANT(t ? neighbours_check(t) : (void)0);
    return known;
}

static struct neighbour *known_address(struct netif *nif, const struct ip_addr *addr)
{
    struct neighbours *t = neighbours_of(nif->stack);
    struct neighbour *e = t ? neighbour_find(t, nif, addr) : NULL;
    bool known = e && e->state != NEIGHBOUR_INCOMPLETE && e->state != NEIGHBOUR_PERMANENT;
    return known ? e : NULL;
}

void neighbour_confirm(struct netif *nif, const struct ip_addr *addr, int64_t now_ns)
{
    struct neighbour *e = known_address(nif, addr);
    if (e)
        confirm(nif->stack, e, now_ns);
}

void neighbour_doubt(struct netif *nif, const struct ip_addr *addr, int64_t now_ns)
{
    struct neighbour *e = known_address(nif, addr);
    if (!e)
        return;
    become_stale(nif->stack, e, now_ns);
    if (e->expiry_ns != INT64_MAX)
        e->expiry_ns = now_ns;
}

int neighbour_add(struct netif *nif, const struct ip_addr *addr, const uint8_t mac[6],
                  int64_t now_ns)
{
    struct stack *s = nif->stack;
    struct neighbours *t = neighbours_of(s);
    if (!t || !neighbour_resolver(s, addr->family))
        return -ERR_AFNOSUPPORT;
    if (!netif_is_there(nif))
        return -ERR_NODEV;
    if (mac[0] & 1)
        return -ERR_INVAL;
    struct neighbour *e = neighbour_find(t, nif, addr);
    if (!e)
        e = neighbour_enter(s, nif, addr, NEIGHBOUR_PERMANENT, now_ns);
    if (!e)
        return -ERR_NOBUFS;
    deadline_clear(s, &e->timer);
    memcpy(e->mac, mac, NETIF_MAC_BYTES);
    neighbour_move_to(s, e, NEIGHBOUR_PERMANENT);
    send_waiting(s, e, now_ns);
    return 0;
}

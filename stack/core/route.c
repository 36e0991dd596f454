#include "stack/core/route_nets.h"
#include "stack/core/addr_class.h"
#include "stack/core/size.h"
#include "stack/core/text.h"

enum route_knob { KNOB_RETRY_DEAD, KNOB_REDIRECT_LIFETIME };
enum route_counter { REDIRECT_EVICTED, REDIRECT_EXPIRED, TABLE_FULL, GATEWAY_DEAD };

struct routes {
    struct deadline timer; /* at the earliest of dead_until_ns and expires_ns, or before it */
    uint32_t limit, order;
    uint32_t free;  /* those that were given back, by next */
    uint32_t fresh; /* from here on none was ever used */
    uint32_t dead;  /* routes with dead_until_ns */
    struct route_nets nets;
    struct route route[];
};

static struct routes *routes_of(struct stack *s)
{
    return s->module[MODULE_ROUTE] ? s->state[MODULE_ROUTE] : NULL;
}

/* In 32 bits: clang for riscv64 keeps the constant of a 64-bit division in writable data. */
static uint32_t index_of(const struct routes *t, const struct route *r)
{
    return (uint32_t)((const uint8_t *)r - (const uint8_t *)t->route) / (uint32_t)sizeof *r;
}

static bool is_dead(const struct route *r)
{
    return r->dead_until_ns != INT64_MIN;
}

/* --- invariants --- */

#ifdef STACK_CHECK
/* Every route in use stands among its net's, the oldest first, and nowhere else; every other one
 * is free; nothing outlives the timer. */
static void check(const struct routes *t)
{
    uint32_t used = 0, dead = 0, spare = 0;
    for (uint32_t i = 0; i < t->fresh; i++) {
        const struct route *r = &t->route[i];
        if (r->origin == ROUTE_FREE)
            continue;
        used++;
        dead += is_dead(r);
        STACK_ASSERT(!is_dead(r) || t->timer.due_ns <= r->dead_until_ns);
        STACK_ASSERT(t->timer.due_ns <= r->expires_ns);
        STACK_ASSERT((r->expires_ns == INT64_MAX) == (r->origin != ROUTE_REDIRECT));
    }
    for (uint32_t i = t->free; i != ROUTE_NONE; i = t->route[i].next)
        spare++;
    STACK_ASSERT(t->fresh <= t->limit && used + spare == t->fresh && dead == t->dead);
    route_nets_check(&t->nets, used);
}
#endif

/* --- the table --- */

static void set_dead(struct routes *t, struct route *r, int64_t until_ns)
{
    t->dead += (until_ns != INT64_MIN) - (uint32_t)is_dead(r);
    r->dead_until_ns = until_ns;
}

static void take_out(struct stack *s, struct routes *t, struct route *r)
{
    uint32_t own = index_of(t, r);
    route_nets_leave(&t->nets, own);
    set_dead(t, r, INT64_MIN);
    r->origin = ROUTE_FREE;
    r->next = t->free;
    t->free = own;
    stack_paths_moved(s);
}

/* Redirects are hints and give way, the oldest first; what was configured stays. */
static bool make_room(struct stack *s, struct routes *t)
{
    struct route *oldest = NULL;
    if (t->free != ROUTE_NONE || t->fresh < t->limit)
        return true;
    for (uint32_t i = 0; i < t->limit; i++) {
        struct route *r = &t->route[i];
        if (r->origin == ROUTE_REDIRECT && (!oldest || r->order < oldest->order))
            oldest = r;
    }
    stack_count(s, MODULE_ROUTE, oldest ? REDIRECT_EVICTED : TABLE_FULL);
    if (oldest)
        take_out(s, t, oldest);
    return oldest != NULL;
}

static int insert(struct stack *s, const struct route *wanted)
{
    struct routes *t = routes_of(s);
    if (!t)
        return -ERR_OPNOTSUPP;
    STACK_INVARIANT(check(t));
    if (!make_room(s, t))
        return -ERR_NOBUFS;
    uint32_t at = t->free;
    if (at != ROUTE_NONE)
        t->free = t->route[at].next;
    else
        at = t->fresh++;
    struct route *r = &t->route[at];
    *r = *wanted;
    addr_clear_host(&r->net, r->prefix);
    r->net.zone = 0; /* the interface says it; a gateway's goes with the packets */
    r->gateway = addr_on(r->nif, &r->gateway);
    r->dead_until_ns = INT64_MIN;
    r->order = t->order++;
    route_nets_enter(&t->nets, at);
    stack_paths_moved(s);
    STACK_INVARIANT(check(t));
    return 0;
}

/* --- lookup --- */

/* RFC 1122 3.3.1.4: the link layer's word that nobody is reached is heeded at once. */
static bool usable(const struct netif *nif)
{
    return (nif->flags & NETIF_UP) && (nif->flags & NETIF_RUNNING);
}

/* Of a net's routes the first with a living gateway, or else the first; NULL when none is usable.
 */
static const struct route *best_of(const struct routes *t, uint32_t first, const struct netif *nif,
                                   uint32_t zone, bool *down)
{
    const struct route *best = NULL;
    for (uint32_t i = first; i != ROUTE_NONE; i = t->route[i].next) {
        const struct route *r = &t->route[i];
        if ((nif && r->nif != nif) || (zone && r->nif->zone != zone))
            continue;
        if (!usable(r->nif))
            *down = true;
        else if (!is_dead(r))
            return r;
        else if (!best)
            best = r;
    }
    return best;
}

const struct route *route_lookup(struct stack *s, const struct ip_addr *destination,
                                 const struct netif *nif, bool *down)
{
    const struct routes *t = routes_of(s);
    const struct route *best = NULL;
    uint32_t first, at = 0;
    *down = false;
    while (t && !best && (first = route_nets_longest(&t->nets, destination, &at)) != ROUTE_NONE)
        best = best_of(t, first, nif, destination->zone, down);
    return best;
}

uint16_t route_number(struct stack *s, const struct route *r)
{
    return (uint16_t)(index_of(routes_of(s), r) + 1);
}

const struct ip_addr *route_gateway(const struct stack *s, uint16_t number)
{
    const struct routes *t = s->state[MODULE_ROUTE];
    STACK_ASSERT(number > 0 && number <= t->fresh);
    return &t->route[number - 1].gateway;
}

/* Both are on the route's own link. */
static bool same_gateway(const struct route *r, const struct ip_addr *gateway)
{
    return gateway ? addr_equal_here(&r->gateway, gateway) : r->gateway.family == ADDR_NONE;
}

/* --- configuring --- */

static struct route *find(struct routes *t, const struct ip_addr *net, unsigned prefix,
                          const struct ip_addr *gateway, const struct netif *nif)
{
    for (uint32_t i = route_nets_find(&t->nets, net, prefix); i != ROUTE_NONE;
         i = t->route[i].next) {
        struct route *r = &t->route[i];
        if (same_gateway(r, gateway) && (!nif || r->nif == nif))
            return r;
    }
    return NULL;
}

bool route_at(struct stack *s, unsigned k, struct route_info *out)
{
    const struct routes *t = routes_of(s);
    for (uint32_t i = 0; t && i < t->fresh; i++) {
        const struct route *r = &t->route[i];
        if (r->origin == ROUTE_FREE || k-- > 0)
            continue;
        *out = (struct route_info){.net = r->net,
                                   .gateway = r->gateway,
                                   .nif = r->nif,
                                   .prefix = r->prefix,
                                   .dynamic = r->origin != ROUTE_STATIC,
                                   .dead = is_dead(r)};
        return true;
    }
    return false;
}

static unsigned prefix_max(const struct ip_addr *a)
{
    return a->family == ADDR_IPV4 ? 32 : 128;
}

static const struct ip_addr on_link = {.family = ADDR_NONE};

static bool is_ours(const struct stack *s, const struct ip_addr *a)
{
    for (uint32_t i = 0; i < s->netifs; i++)
        for (int k = 0; k < NETIF_ADDRESSES; k++)
            if (addr_equal(&s->netif[i].address[k].addr, a))
                return true;
    return false;
}

/* A gateway is another host: not ourselves, nor a net or all of it (RFC 1122 3.2.1.3). */
static bool can_be_gateway(struct stack *s, const struct netif *nif, const struct ip_addr *a)
{
    if (addr_is_any(a) || addr_is_multicast(a) || (nif->flags & NETIF_LOOPBACK))
        return false;
    if (a->family == ADDR_IPV4)
        return ipv4_is_host(a->word[0]) && ipv4_roles(s, nif, a->word[0]) == 0;
    struct ip_addr on = addr_on(nif, a);
    return !is_ours(s, &on);
}

/* A hint that is confirmed stays, and a lease's route that the user adds is his. */
static bool gives_way(const struct route *r, enum route_origin to)
{
    return r->origin == ROUTE_REDIRECT || (r->origin == ROUTE_LEASE && to == ROUTE_STATIC);
}

static int add(struct stack *s, const struct ip_addr *net, unsigned prefix,
               const struct ip_addr *gateway, struct netif *nif, enum route_origin origin)
{
    struct routes *t = routes_of(s);
    if (!t)
        return -ERR_OPNOTSUPP;
    if (prefix > prefix_max(net) || (gateway && gateway->family != net->family))
        return -ERR_INVAL;
    if (!nif && gateway) {
        bool down;
        const struct route *way = route_lookup(s, gateway, NULL, &down);
        nif = way && way->gateway.family == ADDR_NONE ? way->nif : NULL;
        if (!nif)
            return -ERR_NETUNREACH;
    }
    if (!nif || !netif_is_there(nif))
        return -ERR_NODEV;
    if (gateway && !can_be_gateway(s, nif, gateway))
        return -ERR_INVAL;
    struct route *same = find(t, net, prefix, gateway, nif);
    if (same && !gives_way(same, origin))
        return -ERR_EXIST;
    if (same) {
        same->origin = (uint8_t)origin;
        same->expires_ns = INT64_MAX;
        return 0;
    }
    struct route r = {.net = *net,
                      .gateway = gateway ? *gateway : on_link,
                      .nif = nif,
                      .expires_ns = INT64_MAX,
                      .prefix = (uint8_t)prefix,
                      .origin = (uint8_t)origin};
    return insert(s, &r);
}

int route_add(struct stack *s, const struct ip_addr *net, unsigned prefix,
              const struct ip_addr *gateway, struct netif *nif)
{
    return add(s, net, prefix, gateway, nif, ROUTE_STATIC);
}

int route_lease_add(struct netif *nif, const struct ip_addr *net, unsigned prefix,
                    const struct ip_addr *gateway)
{
    return add(nif->stack, net, prefix, gateway, nif, ROUTE_LEASE);
}

void route_lease_remove(struct netif *nif)
{
    struct routes *t = routes_of(nif->stack);
    for (uint32_t i = 0; t && i < t->fresh; i++)
        if (t->route[i].origin == ROUTE_LEASE && t->route[i].nif == nif)
            take_out(nif->stack, t, &t->route[i]);
}

int route_remove(struct stack *s, const struct ip_addr *net, unsigned prefix,
                 const struct ip_addr *gateway, const struct netif *nif)
{
    struct routes *t = routes_of(s);
    struct route *r = t && prefix <= prefix_max(net) ? find(t, net, prefix, gateway, nif) : NULL;
    if (!r)
        return -ERR_NOENT;
    take_out(s, t, r);
    STACK_INVARIANT(check(t));
    return 0;
}

bool route_interface_has_room(struct netif *nif, const struct ip_addr *addr, unsigned prefix)
{
    struct routes *t = routes_of(nif->stack);
    if (!t || t->free != ROUTE_NONE || t->fresh < t->limit || find(t, addr, prefix, NULL, nif))
        return true;
    for (uint32_t i = 0; i < t->limit; i++)
        if (t->route[i].origin == ROUTE_REDIRECT)
            return true;
    return false;
}

int route_interface_add(struct netif *nif, const struct ip_addr *addr, unsigned prefix)
{
    struct routes *t = routes_of(nif->stack);
    if (t && find(t, addr, prefix, NULL, nif))
        return 0;
    struct route r = {.net = *addr,
                      .nif = nif,
                      .expires_ns = INT64_MAX,
                      .prefix = (uint8_t)prefix,
                      .origin = ROUTE_INTERFACE};
    return insert(nif->stack, &r);
}

void route_interface_remove(struct netif *nif, const struct ip_addr *addr, unsigned prefix)
{
    struct routes *t = routes_of(nif->stack);
    struct route *r = t ? find(t, addr, prefix, NULL, nif) : NULL;
    if (r && r->origin == ROUTE_INTERFACE)
        take_out(nif->stack, t, r);
}

/* --- what changes by itself --- */

/* One timer for all of them: it only ever becomes earlier, and looks again when it fires. */
static void wake_by(struct stack *s, struct routes *t, int64_t at_ns)
{
    if (at_ns < t->timer.due_ns)
        deadline_set(s, &t->timer, at_ns);
}

int route_redirect(struct stack *s, const struct ip_addr *host, const struct ip_addr *gateway,
                   struct netif *nif, int64_t now_ns)
{
    struct routes *t = routes_of(s);
    if (!t)
        return -ERR_OPNOTSUPP;
    for (uint32_t i = route_nets_find(&t->nets, host, prefix_max(host)); i != ROUTE_NONE;
         i = t->route[i].next)
        if (t->route[i].origin == ROUTE_REDIRECT) {
            take_out(s, t, &t->route[i]);
            break; /* there was one at most */
        }
    struct route r = {.net = *host,
                      .gateway = *gateway,
                      .nif = nif,
                      .expires_ns = now_ns + stack_knob(s, MODULE_ROUTE, KNOB_REDIRECT_LIFETIME),
                      .prefix = (uint8_t)prefix_max(host),
                      .origin = ROUTE_REDIRECT};
    wake_by(s, t, r.expires_ns);
    return insert(s, &r);
}

void route_gateway_dead(struct netif *nif, const struct ip_addr *gateway, int64_t now_ns)
{
    struct stack *s = nif->stack;
    struct routes *t = routes_of(s);
    if (!t)
        return;
    int64_t until_ns = now_ns + stack_knob(s, MODULE_ROUTE, KNOB_RETRY_DEAD);
    for (uint32_t i = 0; i < t->fresh; i++) {
        struct route *r = &t->route[i];
        if (r->origin == ROUTE_FREE || r->nif != nif || !addr_equal_here(&r->gateway, gateway))
            continue;
        stack_count(s, MODULE_ROUTE, GATEWAY_DEAD);
        stack_paths_moved(s);
        if (r->origin == ROUTE_REDIRECT) {
            take_out(s, t, r);
            continue;
        }
        wake_by(s, t, until_ns);
        set_dead(t, r, until_ns);
    }
    STACK_INVARIANT(check(t));
}

void route_gateway_alive(struct netif *nif, const struct ip_addr *gateway)
{
    struct routes *t = routes_of(nif->stack);
    for (uint32_t i = 0; t && t->dead > 0 && i < t->fresh; i++) {
        struct route *r = &t->route[i];
        if (r->origin == ROUTE_FREE || r->nif != nif || !is_dead(r) ||
            !addr_equal_here(&r->gateway, gateway))
            continue;
        set_dead(t, r, INT64_MIN);
        stack_paths_moved(nif->stack);
    }
}

/* Nobody asks a gateway that is not used, so its return is found by trying it (RFC 1122 3.3.1.4
 * forbids steady pinging). A redirect is a router's knowledge of its time: forgotten, it costs the
 * packet that brings the next one. */
static void on_timer(struct stack *s, struct deadline *d, int64_t now_ns)
{
    struct routes *t = routes_of(s);
    int64_t next_ns = INT64_MAX;
    for (uint32_t i = 0; i < t->fresh; i++) {
        struct route *r = &t->route[i];
        if (r->origin == ROUTE_FREE)
            continue;
        if (r->expires_ns <= now_ns) {
            stack_count(s, MODULE_ROUTE, REDIRECT_EXPIRED);
            take_out(s, t, r);
            continue;
        }
        if (is_dead(r) && r->dead_until_ns <= now_ns)
            set_dead(t, r, INT64_MIN);
        if (is_dead(r) && r->dead_until_ns < next_ns)
            next_ns = r->dead_until_ns;
        if (r->expires_ns < next_ns)
            next_ns = r->expires_ns;
    }
    stack_paths_moved(s);
    deadline_set(s, d, next_ns);
    STACK_INVARIANT(check(t));
}

/* --- the module --- */

static size_t nets_at(uint32_t limit)
{
    return sizeof(struct routes) + limit * sizeof(struct route);
}

static size_t state_size(const struct stack_limits *l)
{
    return size_add(nets_at(l->routes), route_nets_bytes(l->routes));
}

static int init(struct stack *s, void *state, int64_t now_ns)
{
    struct routes *t = state;
    (void)now_ns;
    t->limit = s->config.limits.routes;
    t->free = ROUTE_NONE;
    route_nets_init(&t->nets, t->route, t->limit, (uint8_t *)state + nets_at(t->limit));
    deadline_init(&t->timer, deadline_rank(MODULE_ROUTE, 0), "route.timer", on_timer);
    return 0;
}

/* What redirects taught about a link does not outlive it. */
static void on_netif(struct stack *s, void *state, struct netif *nif, enum netif_event event,
                     int64_t now_ns)
{
    struct routes *t = state;
    (void)now_ns;
    if (event != NETIF_EVENT_DOWN && event != NETIF_EVENT_NO_CARRIER)
        return;
    for (uint32_t i = 0; i < t->fresh; i++) {
        struct route *r = &t->route[i];
        if (r->origin == ROUTE_FREE || r->nif != nif)
            continue;
        set_dead(t, r, INT64_MIN);
        if (r->origin == ROUTE_REDIRECT)
            take_out(s, t, r);
    }
    STACK_INVARIANT(check(t));
}

static void describe(struct text *t, const struct route *r)
{
    static const char *const origins[] = {"free", "static", "interface", "redirect", "static"};
    text_addr(t, &r->net);
    text_char(t, '/');
    text_number(t, r->prefix);
    if (r->gateway.family != ADDR_NONE) {
        text_string(t, " via ");
        text_addr(t, &r->gateway);
    }
    text_string(t, " dev ");
    text_string(t, r->nif->name);
    text_char(t, ' ');
    text_string(t, origins[r->origin]);
    if (is_dead(r))
        text_string(t, " dead");
}

/* "to 10.0.3.4": the route that serves this destination. */
static int query(struct stack *s, void *state, const char *what, char *out, size_t room)
{
    uint32_t address;
    bool down;
    (void)state;
    const char *dest = text_after(what, "to ");
    if (!dest || !text_parse_ipv4(dest, &address))
        return -ERR_NOENT;
    struct ip_addr a = addr_ipv4(address);
    const struct route *r = route_lookup(s, &a, NULL, &down);
    if (!r)
        return -ERR_NOENT;
    struct text t = text_to(out, room);
    describe(&t, r);
    return text_done(&t);
}

static const struct knob knobs[] = {
    [KNOB_RETRY_DEAD] = {"retry_dead", KNOB_NS, 60000000000, 1000000000, 86400000000000},
    [KNOB_REDIRECT_LIFETIME] = {"redirect_lifetime", KNOB_NS, 600000000000, 1000000000,
                                86400000000000},
};

static const char *const counters[] = {
    [REDIRECT_EVICTED] = "redirect_evicted",
    [REDIRECT_EXPIRED] = "redirect_expired",
    [TABLE_FULL] = "table_full",
    [GATEWAY_DEAD] = "gateway_dead",
};

const struct module route_module = {
    .name = "route",
    .id = MODULE_ROUTE,
    .state_size = state_size,
    .init = init,
    .netif = on_netif,
    .knobs = knobs,
    .knob_count = sizeof knobs / sizeof knobs[0],
    .counters = counters,
    .counter_count = sizeof counters / sizeof counters[0],
    .query = query,
};

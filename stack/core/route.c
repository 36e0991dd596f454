#include "stack/core/route.h"
#include "stack/core/text.h"

enum route_knob { KNOB_RETRY_DEAD };
enum route_counter { REDIRECT_EVICTED, TABLE_FULL, GATEWAY_DEAD };

struct routes {
    struct deadline retry_dead;
    uint32_t limit, order;
    struct route route[];
};

bool route_same_net(const struct ip_addr *a, const struct ip_addr *b, unsigned prefix)
{
    if (a->family != b->family)
        return false;
    for (unsigned i = 0; i < 4 && prefix > 0; i++) {
        unsigned bits = prefix < 32 ? prefix : 32;
        if ((a->word[i] ^ b->word[i]) & ipv4_mask(bits))
            return false;
        prefix -= bits;
    }
    return true;
}

static struct routes *routes_of(struct stack *s)
{
    return s->module[MODULE_ROUTE] ? s->state[MODULE_ROUTE] : NULL;
}

/* The longer prefix; then a living gateway; then who came first. */
static bool better(const struct route *a, const struct route *b)
{
    if (!b || a->prefix != b->prefix)
        return !b || a->prefix > b->prefix;
    if (a->gateway_dead != b->gateway_dead)
        return !a->gateway_dead;
    return a->order < b->order;
}

/* RFC 1122 3.3.1.4: the link layer's word that nobody is reached is heeded at once. */
static bool usable(const struct netif *nif)
{
    return (nif->flags & NETIF_UP) && (nif->flags & NETIF_RUNNING);
}

const struct route *route_lookup(struct stack *s, const struct ip_addr *destination,
                                 const struct netif *nif, bool *down)
{
    struct routes *t = routes_of(s);
    const struct route *best = NULL;
    *down = false;
    for (uint32_t i = 0; t && i < t->limit; i++) {
        const struct route *r = &t->route[i];
        if (r->origin == ROUTE_FREE || (nif && r->nif != nif) ||
            !route_same_net(&r->net, destination, r->prefix))
            continue;
        if (!usable(r->nif))
            *down = true;
        else if (better(r, best))
            best = r;
    }
    return best;
}

static bool same_gateway(const struct route *r, const struct ip_addr *gateway)
{
    return gateway ? addr_equal(&r->gateway, gateway) : r->gateway.family == ADDR_NONE;
}

static struct route *find(struct routes *t, const struct ip_addr *net, unsigned prefix,
                          const struct ip_addr *gateway, const struct netif *nif)
{
    for (uint32_t i = 0; i < t->limit; i++) {
        struct route *r = &t->route[i];
        if (r->origin != ROUTE_FREE && r->prefix == prefix &&
            route_same_net(&r->net, net, prefix) && same_gateway(r, gateway) &&
            (!nif || r->nif == nif))
            return r;
    }
    return NULL;
}

/* Redirects are hints and give way, the oldest first; what was configured stays. */
static struct route *free_slot(struct stack *s, struct routes *t)
{
    struct route *oldest = NULL;
    for (uint32_t i = 0; i < t->limit; i++) {
        struct route *r = &t->route[i];
        if (r->origin == ROUTE_FREE)
            return r;
        if (r->origin == ROUTE_REDIRECT && (!oldest || r->order < oldest->order))
            oldest = r;
    }
    stack_count(s, MODULE_ROUTE, oldest ? REDIRECT_EVICTED : TABLE_FULL);
    return oldest;
}

static void clear_host_bits(struct ip_addr *a, unsigned prefix)
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned bits = prefix < 32 ? prefix : 32;
        a->word[i] &= ipv4_mask(bits);
        prefix -= bits;
    }
}

static int insert(struct stack *s, const struct route *wanted)
{
    struct routes *t = routes_of(s);
    if (!t)
        return -ERR_OPNOTSUPP;
    struct route *r = free_slot(s, t);
    if (!r)
        return -ERR_NOBUFS;
    *r = *wanted;
    clear_host_bits(&r->net, r->prefix);
    r->order = t->order++;
    return 0;
}

static unsigned prefix_max(const struct ip_addr *a)
{
    return a->family == ADDR_IPV4 ? 32 : 128;
}

static const struct ip_addr on_link = {.family = ADDR_NONE};

static bool ends_net(const struct netif_address *own, const struct ip_addr *a)
{
    uint32_t host = ~ipv4_mask(own->prefix);
    return a->family == ADDR_IPV4 && own->addr.family == ADDR_IPV4 && own->prefix < 31 &&
           route_same_net(&own->addr, a, own->prefix) &&
           ((a->word[0] & host) == 0 || (a->word[0] & host) == host);
}

/* A gateway is another host: not ourselves, nor a net or all of it (RFC 1122 3.2.1.3). */
static bool can_be_gateway(const struct stack *s, const struct netif *nif, const struct ip_addr *a)
{
    if (addr_is_any(a) || (nif->flags & NETIF_LOOPBACK) ||
        (a->family == ADDR_IPV4 && (a->word[0] >> 24 == 127 || a->word[0] >> 28 >= 0xe)))
        return false;
    for (uint32_t i = 0; i < s->netifs; i++)
        for (int k = 0; k < NETIF_ADDRESSES; k++) {
            const struct netif_address *own = &s->netif[i].address[k];
            if (addr_equal(&own->addr, a) || ends_net(own, a))
                return false;
        }
    return true;
}

int route_add(struct stack *s, const struct ip_addr *net, unsigned prefix,
              const struct ip_addr *gateway, struct netif *nif)
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
    if (!nif)
        return -ERR_NODEV;
    if (gateway && !can_be_gateway(s, nif, gateway))
        return -ERR_INVAL;
    struct route *same = find(t, net, prefix, gateway, nif);
    if (same && same->origin != ROUTE_REDIRECT)
        return -ERR_EXIST;
    if (same) { /* a hint that is confirmed stays */
        same->origin = ROUTE_STATIC;
        return 0;
    }
    struct route r = {.net = *net,
                      .gateway = gateway ? *gateway : on_link,
                      .nif = nif,
                      .prefix = (uint8_t)prefix,
                      .origin = ROUTE_STATIC};
    return insert(s, &r);
}

int route_remove(struct stack *s, const struct ip_addr *net, unsigned prefix,
                 const struct ip_addr *gateway)
{
    struct routes *t = routes_of(s);
    struct route *r = t && prefix <= prefix_max(net) ? find(t, net, prefix, gateway, NULL) : NULL;
    if (!r)
        return -ERR_NOENT;
    r->origin = ROUTE_FREE;
    return 0;
}

int route_redirect(struct stack *s, const struct ip_addr *host, const struct ip_addr *gateway,
                   struct netif *nif)
{
    struct routes *t = routes_of(s);
    for (uint32_t i = 0; t && i < t->limit; i++) {
        struct route *r = &t->route[i];
        if (r->origin == ROUTE_REDIRECT && addr_equal(&r->net, host))
            r->origin = ROUTE_FREE;
    }
    struct route r = {.net = *host,
                      .gateway = *gateway,
                      .nif = nif,
                      .prefix = (uint8_t)prefix_max(host),
                      .origin = ROUTE_REDIRECT};
    return insert(s, &r);
}

int route_interface_add(struct netif *nif, const struct ip_addr *addr, unsigned prefix)
{
    struct routes *t = routes_of(nif->stack);
    if (t && find(t, addr, prefix, NULL, nif))
        return 0;
    struct route r = {
        .net = *addr, .nif = nif, .prefix = (uint8_t)prefix, .origin = ROUTE_INTERFACE};
    return insert(nif->stack, &r);
}

void route_interface_remove(struct netif *nif, const struct ip_addr *addr, unsigned prefix)
{
    struct routes *t = routes_of(nif->stack);
    struct route *r = t ? find(t, addr, prefix, NULL, nif) : NULL;
    if (r && r->origin == ROUTE_INTERFACE)
        r->origin = ROUTE_FREE;
}

void route_gateway_dead(struct netif *nif, const struct ip_addr *gateway, int64_t now_ns)
{
    struct stack *s = nif->stack;
    struct routes *t = routes_of(s);
    for (uint32_t i = 0; t && i < t->limit; i++) {
        struct route *r = &t->route[i];
        if (r->origin == ROUTE_FREE || r->nif != nif || !addr_equal(&r->gateway, gateway))
            continue;
        stack_count(s, MODULE_ROUTE, GATEWAY_DEAD);
        if (r->origin == ROUTE_REDIRECT)
            r->origin = ROUTE_FREE;
        r->gateway_dead = true;
        deadline_set(s, &t->retry_dead, now_ns + stack_knob(s, MODULE_ROUTE, KNOB_RETRY_DEAD));
    }
}

void route_gateway_alive(struct netif *nif, const struct ip_addr *gateway)
{
    struct routes *t = routes_of(nif->stack);
    for (uint32_t i = 0; t && i < t->limit; i++)
        if (t->route[i].gateway_dead && t->route[i].nif == nif &&
            addr_equal(&t->route[i].gateway, gateway))
            t->route[i].gateway_dead = false;
}

/* Nobody asks a gateway that is not used, so its return is found by trying it (RFC 1122 3.3.1.4
 * forbids steady pinging). */
static void retry_dead(struct stack *s, struct deadline *d, int64_t now_ns)
{
    struct routes *t = routes_of(s);
    (void)d;
    (void)now_ns;
    for (uint32_t i = 0; i < t->limit; i++)
        t->route[i].gateway_dead = false;
}

static uint32_t state_size(const struct stack_limits *l)
{
    return (uint32_t)(sizeof(struct routes) + l->routes * sizeof(struct route));
}

static int init(struct stack *s, void *state, int64_t now_ns)
{
    struct routes *t = state;
    (void)now_ns;
    t->limit = s->config.limits.routes;
    deadline_init(&t->retry_dead, (uint32_t)MODULE_ROUTE << 16, "route.retry_dead", retry_dead);
    return 0;
}

/* What redirects taught about a link does not outlive it. */
static void on_netif(struct stack *s, void *state, struct netif *nif, enum netif_event event,
                     int64_t now_ns)
{
    struct routes *t = state;
    (void)s;
    (void)now_ns;
    if (event != NETIF_EVENT_DOWN && event != NETIF_EVENT_NO_CARRIER)
        return;
    for (uint32_t i = 0; i < t->limit; i++) {
        if (t->route[i].nif != nif)
            continue;
        t->route[i].gateway_dead = false;
        if (t->route[i].origin == ROUTE_REDIRECT)
            t->route[i].origin = ROUTE_FREE;
    }
}

static void describe(struct text *t, const struct route *r)
{
    static const char *const origins[] = {"free", "static", "interface", "redirect"};
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
    if (r->gateway_dead)
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
};

static const char *const counters[] = {
    [REDIRECT_EVICTED] = "redirect_evicted",
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

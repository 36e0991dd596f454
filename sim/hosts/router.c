/*
 * host router gw on lan ip 10.0.2.2/24 on wan ip 10.0.3.1/24 mtu 576
 *     route 10.9.0.0/16 via 10.0.3.9   gateway 10.0.3.254   unreachable 10.8.0.0/16   refuse
 * 13 10.7.0.0/16 hop 10.4.0.1 10.4.1.1 10.4.2.1   far 10.5.0.0/16   silent 2
 *
 * The table: longest prefix first, the router's own links before routes of the same length. What
 * lies behind `hop`s is made up here: each of them is a router with an address that answers, each
 * address in `far` is a host.
 */
#include "sim/hosts/router.h"
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <netinet/ip_icmp.h>
#include <stddef.h>
#include <string.h>

enum { MTU_LEAST = 68 };

static const struct attr_spec router_attrs[] = {
    PEER_IP_ATTRS,
    {"route", VALUE_LIST, "a network, with `via` and its next hop"},
    {"via", VALUE_IPV4, "the next hop of the route before it"},
    {"unreachable", VALUE_LIST, "networks to which no packet goes: host unreachable"},
    {"refuse", VALUE_LIST, "a code of destination unreachable and the networks that it is said of"},
    {"hop", VALUE_LIST, "addresses of routers behind this one, the nearest first"},
    {"hop-mtu", VALUE_LIST, "the MTU of the link behind each hop; 0: any"},
    {"hop-latency", VALUE_TIME, "the time that each hop takes, in each direction"},
    {"far", VALUE_LIST,
     "networks behind the last hop: their hosts answer ping and have closed UDP ports"},
    {"far-open", VALUE_LIST, "UDP ports that hosts far away echo"},
    {"far-dead", VALUE_NONE, "hosts far away say nothing"},
    {"silent", VALUE_LIST, "sends no ICMP; with numbers: those hops do not, 0 being this router"},
    {"proxy-arp", VALUE_NONE, "answers ARP for addresses that it has a route to"},
    {"no-redirect", VALUE_NONE, "sends no redirects"},
    {"no-mtu", VALUE_NONE, "fragmentation needed without the MTU, as before RFC 1191"},
    {"blackhole", VALUE_NONE, "says nothing about packets that are too long"},
    {"quote", VALUE_NUMBER, "bytes behind the IP header that errors quote (as many as fit in 576)"},
    {"drop-every", VALUE_NUMBER, "each so many-th packet is lost"},
    {"loss", VALUE_NUMBER, "packets lost in a million"},
    {"arp-timeout", VALUE_TIME, "a next hop that has not answered by then is unreachable (3s)"},
    {NULL, VALUE_NONE, NULL},
};

/* --- the table --- */

static bool holds(uint32_t net, int prefix, uint32_t address)
{
    return ((net ^ address) & peer_mask(prefix)) == 0;
}

/* Behind a route that leads to no link there is nothing. */
static struct router_hop hop_by(const struct router *r, const struct router_route *route)
{
    struct router_hop hop = {.code = route->code, .next_hop = route->via};
    hop.where = route->kind == ROUTE_FAR       ? WHERE_FAR
                : route->kind == ROUTE_REFUSED ? WHERE_REFUSED
                                               : WHERE_LINK;
    if (hop.where == WHERE_LINK)
        hop.port = peer_ip_port(&r->ip, route->via);
    return hop;
}

struct router_hop router_lookup(const struct router *r, uint32_t dst)
{
    struct router_hop best = {.where = WHERE_NOWHERE};
    int longest = -1;
    for (uint32_t p = 0; p < r->host->ports; p++) {
        const struct host_port *port = &r->host->port[p];
        if (!port->has_ipv4 || port->prefix <= longest || !holds(port->ipv4, port->prefix, dst))
            continue;
        best = (struct router_hop){WHERE_LINK, (int)p, dst, 0};
        longest = port->prefix;
    }
    for (uint32_t k = 0; k < r->routes; k++) {
        const struct router_route *route = &r->route[k];
        if (route->prefix <= longest || !holds(route->net, route->prefix, dst))
            continue;
        best = hop_by(r, route);
        longest = route->prefix;
    }
    if (longest < 0 && r->ip.gateway)
        best = hop_by(r, &(struct router_route){.via = r->ip.gateway});
    if (router_hop_of(r, dst))
        best.where = WHERE_FAR;
    return best;
}

/* For what peer_ip sends by itself: answers to pings of this router. */
static bool route_of(const struct peer_ip *ip, uint32_t dst, int *port, uint32_t *next_hop)
{
    const struct router *r = (const struct router *)ip; /* its first member */
    struct router_hop hop = router_lookup(r, dst);
    if (hop.where != WHERE_LINK)
        return false;
    *port = hop.port;
    *next_hop = hop.next_hop;
    return true;
}

/* Of two ways to the same network one would never be taken. */
static bool is_known(const struct router *r, const struct router_route *route)
{
    for (uint32_t k = 0; k < r->routes; k++)
        if (r->route[k].net == route->net && r->route[k].prefix == route->prefix)
            return true;
    for (uint32_t p = 0; p < r->host->ports; p++) {
        const struct host_port *port = &r->host->port[p];
        if (port->has_ipv4 && port->prefix == route->prefix &&
            holds(route->net, route->prefix, port->ipv4))
            return true;
    }
    return false;
}

static int add_route(struct router *r, struct router_route route, struct why *why)
{
    if (route.net & ~peer_mask(route.prefix)) {
        why_set(why, "%u.%u.%u.%u/%d is no network: behind the prefix stand zeros", route.net >> 24,
                route.net >> 16 & 255, route.net >> 8 & 255, route.net & 255, route.prefix);
        return -1;
    }
    if (is_known(r, &route)) {
        why_set(why, "there is a link or a route to %u.%u.%u.%u/%d already", route.net >> 24,
                route.net >> 16 & 255, route.net >> 8 & 255, route.net & 255, route.prefix);
        return -1;
    }
    if (r->routes == ROUTER_ROUTES) {
        why_set(why, "at most %d routes", ROUTER_ROUTES);
        return -1;
    }
    if (route.kind == ROUTE_VIA &&
        (peer_ip_port(&r->ip, route.via) < 0 || peer_ip_is_own(&r->ip, route.via))) {
        why_set(why, "the next hop %u.%u.%u.%u is no other host on this router's links",
                route.via >> 24, route.via >> 16 & 255, route.via >> 8 & 255, route.via & 255);
        return -1;
    }
    r->route[r->routes++] = route;
    return 0;
}

/* --- attributes --- */

static uint32_t items_of(const struct value *v)
{
    return v->kind == VALUE_LIST ? v->items : v->kind == VALUE_NONE ? 0 : 1;
}

static const struct value *item_of(const struct value *v, uint32_t k)
{
    return v->kind == VALUE_LIST ? &v->item[k] : v;
}

static bool network_of(const struct value *v, struct router_route *route)
{
    route->net = (uint32_t)v->number;
    route->prefix = v->kind == VALUE_PREFIX ? v->prefix : 32;
    return v->kind == VALUE_PREFIX || v->kind == VALUE_IPV4;
}

/* "route 10.9.0.0/16 via 10.0.3.9", or the next hop as a second value. */
static int read_routes(struct router *r, const struct attrs *a, struct why *why)
{
    const struct attribute *found;
    for (uint32_t i = 0; i < a->count; i++) {
        found = &a->attribute[i];
        if (strcmp(found->name, "route") != 0)
            continue;
        struct router_route route = {.kind = ROUTE_VIA};
        const struct value *v = &found->value;
        bool second = v->kind == VALUE_LIST && v->items == 2 && v->item[1].kind == VALUE_IPV4;
        bool via = i + 1 < a->count && strcmp(a->attribute[i + 1].name, "via") == 0;
        if (second == via || items_of(v) != (second ? 2u : 1u) ||
            !network_of(item_of(v, 0), &route))
            return attr_refuse(a, found, why, "a route reads: route 10.9.0.0/16 via 10.0.3.9");
        route.via = (uint32_t)(second ? v->item[1].number : a->attribute[i + 1].value.number);
        if (add_route(r, route, why) != 0)
            return attr_blame(a, found);
    }
    return 0;
}

static int read_networks(struct router *r, const struct attrs *a, const char *name,
                         struct router_route route, struct why *why)
{
    const struct attribute *found;
    for (uint32_t k = 0; (found = attr_find(a, name, k)) != NULL; k++)
        for (uint32_t i = 0; i < items_of(&found->value); i++) {
            const struct value *v = item_of(&found->value, i);
            if (route.kind == ROUTE_REFUSED && i == 0 && v->kind == VALUE_NUMBER &&
                v->number >= 0 && v->number <= NR_ICMP_UNREACH) {
                route.code = (uint8_t)v->number;
                continue;
            }
            if (!network_of(v, &route))
                return attr_refuse(a, found, why, "%s: networks stand here, such as 10.8.0.0/16",
                                   name);
            if (add_route(r, route, why) != 0)
                return attr_blame(a, found);
        }
    return 0;
}

static int read_numbers(const struct attrs *a, const char *name, uint16_t *out, uint32_t room,
                        uint32_t *count, struct why *why)
{
    const struct attribute *found = attr_find(a, name, 0);
    *count = 0;
    for (uint32_t i = 0; found && i < items_of(&found->value); i++) {
        const struct value *v = item_of(&found->value, i);
        if (v->kind != VALUE_NUMBER || v->number < 0 || v->number > 65535 || *count == room)
            return attr_refuse(a, found, why, "%s: at most %u numbers from 0 to 65535", name, room);
        out[(*count)++] = (uint16_t)v->number;
    }
    return 0;
}

/* RFC 791: every link carries 68 octets. */
static int check_hops(const struct router *r, const struct attrs *a, uint32_t mtus, struct why *why)
{
    for (uint32_t k = 1; k <= r->hops; k++) {
        bool known = peer_ip_is_own(&r->ip, r->hop[k]);
        for (uint32_t j = 1; j < k; j++)
            known = known || r->hop[j] == r->hop[k];
        if (known)
            return attr_refuse(a, attr_find(a, "hop", 0), why,
                               "each hop has an address of its own");
    }
    if (mtus > r->hops)
        return attr_refuse(a, attr_find(a, "hop-mtu", 0), why, "%u MTUs, there are %u hops", mtus,
                           r->hops);
    for (uint32_t k = 1; k <= mtus; k++)
        if (r->hop_mtu[k] && r->hop_mtu[k] < MTU_LEAST)
            return attr_refuse(a, attr_find(a, "hop-mtu", 0), why, "an MTU is %d at least, or 0",
                               MTU_LEAST);
    return 0;
}

static int read_hops(struct router *r, const struct attrs *a, struct why *why)
{
    uint16_t silent[ROUTER_HOPS + 1];
    uint32_t silents, mtus;
    if (attr_addresses(a, "hop", r->hop + 1, ROUTER_HOPS, &r->hops, why) != 0 ||
        read_numbers(a, "hop-mtu", r->hop_mtu + 1, ROUTER_HOPS, &mtus, why) != 0 ||
        check_hops(r, a, mtus, why) != 0 ||
        read_numbers(a, "silent", silent, ROUTER_HOPS + 1, &silents, why) != 0 ||
        read_numbers(a, "far-open", r->open, ROUTER_PORTS, &r->opens, why) != 0)
        return -1;
    r->hop_silent[0] = attr_flag(a, "silent") && silents == 0;
    for (uint32_t k = 0; k < silents; k++) {
        if (silent[k] > r->hops)
            return attr_refuse(a, attr_find(a, "silent", 0), why, "silent %u: there are %u hops",
                               silent[k], r->hops);
        r->hop_silent[silent[k]] = true;
    }
    return 0;
}

static int read_numbers_of(struct router *r, const struct attrs *a, struct why *why)
{
    int64_t quote = QUOTE_ALL, every = 0, loss = 0;
    r->arp_timeout_ns = INT64_C(3000000000);
    if (attr_range(a, "quote", 8, QUOTE_ALL, &quote, why) != 0 ||
        attr_range(a, "drop-every", 1, INT64_MAX, &every, why) != 0 ||
        attr_range(a, "loss", 0, 1000000, &loss, why) != 0 ||
        attr_duration(a, "hop-latency", &r->hop_latency_ns, why) != 0 ||
        attr_duration(a, "arp-timeout", &r->arp_timeout_ns, why) != 0)
        return -1;
    r->quote = (uint32_t)quote;
    r->drop_every = (uint64_t)every;
    r->loss_ppm = (uint32_t)loss;
    return 0;
}

static int read_tables(struct router *r, const struct attrs *a, struct why *why)
{
    const struct router_route far = {.kind = ROUTE_FAR},
                              closed = {.kind = ROUTE_REFUSED, .code = ICMP_HOST_UNREACH},
                              refused = {.kind = ROUTE_REFUSED, .code = ICMP_PKT_FILTERED};
    return read_routes(r, a, why) != 0 || read_hops(r, a, why) != 0 ||
                   read_networks(r, a, "unreachable", closed, why) != 0 ||
                   read_networks(r, a, "refuse", refused, why) != 0 ||
                   read_networks(r, a, "far", far, why) != 0
               ? -1
               : 0;
}

static int router_init(struct host *h, const struct attrs *a, struct why *why)
{
    struct router *r = h->state;
    r->host = h;
    r->proxy_arp = attr_flag(a, "proxy-arp");
    r->no_redirect = attr_flag(a, "no-redirect");
    r->no_mtu = attr_flag(a, "no-mtu");
    r->blackhole = attr_flag(a, "blackhole");
    r->far_dead = attr_flag(a, "far-dead");
    if (peer_ip_init(&r->ip, h, a, why) != 0)
        return -1;
    r->ip.route = route_of;
    return read_numbers_of(r, a, why) != 0 || read_tables(r, a, why) != 0 ? -1 : 0;
}

/* --- frames --- */

/* An address is answered for when packets to it would leave by another link (RFC 1027). */
static void proxy_arp(struct router *r, int port, const struct frame *f)
{
    const uint8_t *arp = f->bytes + ETH_HLEN;
    if (f->len < ETH_HLEN + sizeof(struct ether_arp) || f->flags & FRAME_BAD_FCS ||
        peer_get16(arp + offsetof(struct arphdr, ar_op)) != ARPOP_REQUEST)
        return;
    uint32_t sender = peer_get32(arp + offsetof(struct ether_arp, arp_spa)),
             target = peer_get32(arp + offsetof(struct ether_arp, arp_tpa));
    struct router_hop hop = router_lookup(r, target);
    bool elsewhere = hop.where == WHERE_FAR || (hop.where == WHERE_LINK && hop.port != port);
    if (sender != 0 && elsewhere && !peer_ip_is_own(&r->ip, target))
        /* In the target's name: NOLINTNEXTLINE(readability-suspicious-call-argument) */
        peer_send_arp(&r->ip, port, ARPOP_REPLY, target, arp + offsetof(struct ether_arp, arp_sha),
                      sender);
}

static const char *const counter_names[ROUTER_COUNTS] = {
    "forwarded",  "dropped", "expired", "unreachable", "too-big", "fragmented",  "fragments",
    "redirected", "errors",  "ignored", "overflow",    "held",    "reassembled", "timed-out",
};

/* For the ladder: what the counters say of a frame. */
static void note_fate(const struct router *r, const uint64_t before[ROUTER_COUNTS], uint64_t bad,
                      struct frame *f)
{
    static const enum router_count ends[] = {ROUTER_DROPPED, ROUTER_EXPIRED,    ROUTER_UNREACHABLE,
                                             ROUTER_TOO_BIG, ROUTER_IGNORED,    ROUTER_OVERFLOW,
                                             ROUTER_HELD,    ROUTER_REASSEMBLED};
    for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++)
        if (r->count[ends[k]] != before[ends[k]])
            frame_note(f, r->host->name, counter_names[ends[k]]);
    if (r->ip.bad != bad)
        frame_note(f, r->host->name, "bad");
}

static void router_frame(struct host *h, int port, struct frame *f, int64_t now_ns)
{
    struct router *r = h->state;
    struct peer_packet p;
    uint64_t before[ROUTER_COUNTS], bad = r->ip.bad;
    (void)now_ns;
    memcpy(before, r->count, sizeof before);
    if (r->proxy_arp && f->len >= ETH_HLEN && peer_get16(f->bytes + 2 * ETH_ALEN) == ETHERTYPE_ARP)
        proxy_arp(r, port, f);
    if (peer_ip_frame(&r->ip, port, f, &p) == PEER_NOT_OURS)
        router_forward(r, f, &p);
    note_fate(r, before, bad, f);
}

static void router_due(struct host *h, int64_t now_ns)
{
    router_arrivals(h->state, now_ns);
    router_give_up(h->state, now_ns);
    router_far_give_up(h->state, now_ns);
    router_arm(h->state);
}

/* --- questions and orders --- */

static int router_query(struct host *h, const char *what, struct value *out)
{
    const struct router *r = h->state;
    *out = (struct value){.kind = VALUE_NUMBER, .number = (int64_t)r->ip.bad};
    if (strcmp(what, "bad") == 0)
        return 0;
    for (int k = 0; k < ROUTER_COUNTS; k++)
        if (strcmp(counter_names[k], what) == 0) {
            out->number = (int64_t)r->count[k];
            return 0;
        }
    return -1;
}

static int call_route(struct router *r, const struct value *argument, uint32_t arguments,
                      struct why *why)
{
    struct router_route route = {.kind = ROUTE_VIA};
    if (arguments != 2 || !network_of(&argument[0], &route) || argument[1].kind != VALUE_IPV4) {
        why_set(why, "route(10.9.0.0/16, 10.0.3.9)");
        return -1;
    }
    route.via = (uint32_t)argument[1].number;
    return add_route(r, route, why);
}

static int call_unroute(struct router *r, const struct value *argument, uint32_t arguments,
                        struct why *why)
{
    struct router_route route = {.kind = ROUTE_VIA};
    for (uint32_t k = 0; arguments == 1 && network_of(&argument[0], &route) && k < r->routes; k++)
        if (r->route[k].net == route.net && r->route[k].prefix == route.prefix) {
            memmove(&r->route[k], &r->route[k + 1], (--r->routes - k) * sizeof r->route[0]);
            return 0;
        }
    why_set(why, "unroute(10.9.0.0/16): no such route");
    return -1;
}

/* mtu(PORT, BYTES): a port's, counted from 0 in the order of the script. */
static int call_mtu(struct router *r, const struct value *argument, uint32_t arguments,
                    struct why *why)
{
    if (arguments != 2 || argument[0].kind != VALUE_NUMBER || argument[1].kind != VALUE_NUMBER ||
        argument[0].number < 0 || argument[0].number >= r->host->ports || argument[1].number < 68 ||
        argument[1].number > 1500) {
        why_set(why, "mtu(PORT, BYTES): a port from 0 to %u, 68 to 1500 bytes", r->host->ports - 1);
        return -1;
    }
    r->host->port[argument[0].number].mtu = (uint16_t)argument[1].number;
    return 0;
}

static int router_call(struct host *h, const char *name, const struct value *argument,
                       uint32_t arguments, struct why *why)
{
    struct router *r = h->state;
    bool number = arguments == 1 && argument[0].kind == VALUE_NUMBER && argument[0].number >= 0;
    if (strcmp(name, "route") == 0)
        return call_route(r, argument, arguments, why);
    if (strcmp(name, "unroute") == 0)
        return call_unroute(r, argument, arguments, why);
    if (strcmp(name, "mtu") == 0)
        return call_mtu(r, argument, arguments, why);
    if (strcmp(name, "drop") == 0 && number) {
        r->drop_left = (uint64_t)argument[0].number;
    } else if (strcmp(name, "silent") == 0 && number) {
        r->hop_silent[0] = argument[0].number != 0;
    } else if (strcmp(name, "blackhole") == 0 && number) {
        r->blackhole = argument[0].number != 0;
    } else {
        why_set(why, "a router has drop(N), silent(0|1), blackhole(0|1), route(NET, GATEWAY), "
                     "unroute(NET), mtu(PORT, BYTES)");
        return -1;
    }
    return 0;
}

const struct host_kind router_kind = {
    .name = "router",
    .help = "forwards between its links, and stands for a path of routers with hosts at its end",
    .state_size = sizeof(struct router),
    .attrs = router_attrs,
    .init = router_init,
    .frame = router_frame,
    .due = router_due,
    .query = router_query,
    .call = router_call,
};

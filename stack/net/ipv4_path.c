/* Where a datagram goes: interface, next hop and source address (RFC 1122 3.3.1, 3.3.4.3). */
#include "stack/core/route.h"
#include "stack/net/ipv4.h"

/* For what needs no route: groups and the limited broadcast go out of the source's interface, or
 * else of the first that can now, and has carrier; of one without only when there is no other. */
static struct netif *first_broadcast(struct stack *s, uint32_t source)
{
    const uint32_t can = NETIF_UP | NETIF_BROADCAST;
    struct netif *first = NULL;
    for (uint32_t i = 0; i < s->netifs; i++) {
        struct netif *nif = &s->netif[i];
        bool running = nif->flags & NETIF_RUNNING;
        if (source && (nif->flags & NETIF_BROADCAST) && ipv4_roles(s, nif, source) & ADDR_OWN_HERE)
            return nif;
        if ((nif->flags & can) == can && (!first || (running && !(first->flags & NETIF_RUNNING))))
            first = nif;
    }
    return first;
}

/* Without an address of our own the source stays any: RFC 1122 3.2.1.3 allows that while a host
 * learns its address. */
static void choose_source(struct ip_path *path, uint32_t source, uint32_t towards)
{
    struct ip_addr next = addr_ipv4(towards);
    const struct netif_address *own = source ? NULL : netif_source(path->nif, &next);
    path->source = own ? own->addr : addr_ipv4(source);
}

static int to_ourselves(struct stack *s, uint32_t destination, uint32_t source,
                        struct ip_path *path)
{
    path->nif = &s->netif[0];
    path->loopback = true;
    path->source = addr_ipv4(source ? source : destination);
    path->next_hop = addr_ipv4(destination);
    path->mtu = path->nif->mtu;
    return 0;
}

/* RFC 1122 3.3.1.1: without a gateway. */
static int to_many(struct stack *s, uint32_t destination, uint32_t source, struct netif *nif,
                   struct ip_path *path)
{
    path->multicast = ipv4_is_multicast(destination);
    path->broadcast = !path->multicast;
    path->nif = nif ? nif : first_broadcast(s, source);
    if (!path->nif)
        return -ERR_NETUNREACH;
    if (!(path->nif->flags & NETIF_UP))
        return -ERR_NETDOWN;
    path->next_hop = addr_ipv4(destination);
    path->mtu = path->nif->mtu;
    choose_source(path, source, destination);
    return 0;
}

static int to_one(struct stack *s, uint32_t destination, uint32_t source, struct netif *nif,
                  struct ip_path *path)
{
    bool down;
    struct ip_addr to = addr_ipv4(destination);
    const struct route *r = route_lookup(s, &to, nif, &down);
    if (!r)
        return down ? -ERR_NETDOWN : -ERR_NETUNREACH;
    path->nif = r->nif;
    path->next_hop = to;
    /* RFC 3927 2.6.2: never to a router. */
    bool stays = ipv4_is_link_local(destination) || ipv4_is_link_local(source);
    if (r->gateway.family != ADDR_NONE && !stays) {
        path->next_hop = r->gateway;
        path->route = route_number(s, r);
    }
    choose_source(path, source, path->next_hop.word[0]);
    if (addr_is_any(&path->source))
        return -ERR_ADDRNOTAVAIL;
    path->mtu = path_mtu(s, &to, path->nif->mtu, &path->too_narrow);
    return 0;
}

int ipv4_path(struct stack *s, uint32_t destination, uint32_t source, struct netif *nif,
              struct ip_path *path)
{
    *path = (struct ip_path){0};
    if (source && !ipv4_is_local(s, source))
        return -ERR_ADDRNOTAVAIL;
    if (ipv4_is_local(s, destination))
        return to_ourselves(s, destination, source, path);
    if (ipv4_is_loopback(source)) /* RFC 1122 3.2.1.3 (g): never outside the host */
        return -ERR_ADDRNOTAVAIL;
    if (ipv4_is_multicast(destination) || destination == 0xffffffffu)
        return to_many(s, destination, source, nif, path);
    if (!ipv4_is_host(destination)) /* "this" net, and class E: nobody is there */
        return -ERR_NETUNREACH;
    bool zeros = stack_knob(s, MODULE_IPV4, IPV4_KNOB_BROADCAST_ZERO);
    struct netif *net = ipv4_broadcast_netif(s, destination, zeros, nif);
    return net ? to_many(s, destination, source, net, path)
               : to_one(s, destination, source, nif, path);
}

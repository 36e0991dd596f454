/* Where a datagram goes: interface, next hop and source address (RFC 1122 3.3.1, 3.3.4.3). */
#include "stack/core/route.h"
#include "stack/net/ipv4.h"

static bool is_link_local(uint32_t a)
{
    return a >> 16 == 0xa9fe;
}

/* The interface that has the address in use, or NULL. */
static struct netif *owner_of(struct stack *s, uint32_t a)
{
    for (uint32_t i = 0; i < s->netifs; i++)
        if (ipv4_is_own(&s->netif[i], a))
            return &s->netif[i];
    return NULL;
}

/* For what needs no route: groups and the limited broadcast go out of the source's interface, or
 * else of the first that can. */
static struct netif *first_broadcast(struct stack *s, uint32_t source)
{
    struct netif *owner = source ? owner_of(s, source) : NULL;
    if (owner && (owner->flags & NETIF_BROADCAST))
        return owner;
    for (uint32_t i = 0; i < s->netifs; i++)
        /* Counted, so they are there: NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
        if ((s->netif[i].flags & (NETIF_UP | NETIF_BROADCAST)) == (NETIF_UP | NETIF_BROADCAST))
            return &s->netif[i];
    return NULL;
}

/* The interface to one of whose nets the address is the broadcast. */
static struct netif *broadcast_net(struct stack *s, uint32_t a, struct netif *bound)
{
    for (uint32_t i = 0; i < s->netifs; i++) {
        struct netif *nif = &s->netif[i];
        if ((!bound || bound == nif) && (nif->flags & NETIF_UP) && a != 0 &&
            ipv4_is_broadcast(nif, a))
            return nif;
    }
    return NULL;
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
    path->next_hop = r->gateway.family == ADDR_NONE ? to : r->gateway;
    if (is_link_local(destination) || is_link_local(source))
        path->next_hop = to; /* RFC 3927 2.6.2: never to a router */
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
    if (source >> 24 == 127) /* RFC 1122 3.2.1.3 (g): never outside the host */
        return -ERR_ADDRNOTAVAIL;
    if (ipv4_is_multicast(destination) || destination == 0xffffffffu)
        return to_many(s, destination, source, nif, path);
    if (destination >> 24 == 0 ||
        destination >> 28 == 0xf) /* "this" net, and class E: nobody is there */
        return -ERR_NETUNREACH;
    struct netif *net = broadcast_net(s, destination, nif);
    return net ? to_many(s, destination, source, net, path)
               : to_one(s, destination, source, nif, path);
}

/* Groups that an interface has joined, of either family (RFC 1112 7.1, RFC 4291 2.7). */
#include "stack/core/addr_class.h"
#include "stack/core/bytes.h"
#include "stack/core/mem.h"
#include "stack/net/ip.h"

/* The interface is the zone: what the address says of it makes no other group. */
static struct ip_addr without_zone(const struct ip_addr *group)
{
    struct ip_addr a = *group;
    a.zone = 0;
    return a;
}

static struct netif_group *find(const struct netif *nif, const struct ip_addr *group)
{
    struct ip_addr key = without_zone(group);
    for (int i = 0; i < NETIF_GROUPS; i++)
        if (nif->group[i].refs && addr_equal(&nif->group[i].addr, &key))
            return (struct netif_group *)&nif->group[i];
    return NULL;
}

static struct netif_group *free_place(struct netif *nif)
{
    for (int i = 0; i < NETIF_GROUPS; i++)
        if (!nif->group[i].refs)
            return &nif->group[i];
    return NULL;
}

bool ip_has_joined(const struct netif *nif, const struct ip_addr *group)
{
    return find(nif, group) != NULL;
}

/* The low 23 bits behind 01-00-5e (RFC 1112 6.4), or the low 32 behind 33-33 (RFC 2464 7). */
void ip_group_mac(const struct ip_addr *group, uint8_t mac[NETIF_MAC_BYTES])
{
    if (group->family == ADDR_IPV6) {
        put16(mac, 0x3333);
        put32(mac + 2, group->word[3]);
    } else {
        put16(mac, 0x0100);
        put32(mac + 2, 0x5e000000u | (group->word[0] & 0x7fffff));
    }
}

#ifdef STACK_CHECK
static bool listens(const struct netif *nif, const struct ip_addr *group)
{
    uint8_t mac[NETIF_MAC_BYTES];
    ip_group_mac(group, mac);
    for (uint32_t i = 0; i < nif->multicasts; i++)
        if (memcmp(nif->multicast[i], mac, sizeof mac) == 0)
            return nif->multicast_refs[i] > 0;
    return nif->flags & NETIF_LOOPBACK;
}

/* Each group stands once, and the link brings what is sent to it. */
static void check_groups(const struct netif *nif)
{
    STACK_ASSERT(nif->multicasts <= NETIF_MULTICASTS);
    for (int i = 0; i < NETIF_GROUPS; i++) {
        const struct netif_group *g = &nif->group[i];
        if (!g->refs)
            continue;
        STACK_ASSERT(addr_is_multicast(&g->addr) && find(nif, &g->addr) == g);
        STACK_ASSERT(listens(nif, &g->addr));
    }
}
#endif

static int check(const struct stack *s, const struct netif *nif, const struct ip_addr *group)
{
    if (!ip_speaks(s, group->family))
        return -ERR_AFNOSUPPORT;
    if (!addr_is_multicast(group))
        return -ERR_INVAL;
    return (nif->flags & (NETIF_BROADCAST | NETIF_LOOPBACK)) ? 0 : -ERR_NODEV;
}

int ip_join(struct stack *s, struct netif *nif, const struct ip_addr *group, int64_t now_ns)
{
    (void)now_ns;
    uint8_t mac[NETIF_MAC_BYTES];
    int error = check(s, nif, group);
    if (error < 0)
        return error;
    STACK_INVARIANT(check_groups(nif));
    struct netif_group *g = find(nif, group);
    if (g) {
        g->refs++;
        return 0;
    }
    g = free_place(nif);
    if (!g)
        return -ERR_NOBUFS;
    ip_group_mac(group, mac);
    error = nif->flags & NETIF_LOOPBACK ? 0 : netif_join(nif, mac);
    if (error < 0)
        return error;
    *g = (struct netif_group){.addr = without_zone(group), .refs = 1};
    STACK_INVARIANT(check_groups(nif));
    return 0;
}

int ip_leave(struct stack *s, struct netif *nif, const struct ip_addr *group, int64_t now_ns)
{
    (void)now_ns;
    uint8_t mac[NETIF_MAC_BYTES];
    int error = check(s, nif, group);
    if (error < 0)
        return error;
    STACK_INVARIANT(check_groups(nif));
    struct netif_group *g = find(nif, group);
    if (!g)
        return -ERR_ADDRNOTAVAIL;
    if (--g->refs > 0)
        return 0;
    ip_group_mac(group, mac);
    return nif->flags & NETIF_LOOPBACK ? 0 : netif_leave(nif, mac);
}

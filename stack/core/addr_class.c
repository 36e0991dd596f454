#include "stack/core/addr_class.h"
#include "stack/core/module.h"

struct ip_addr addr_on(const struct netif *nif, const struct ip_addr *a)
{
    struct ip_addr on = *a;
    on.zone = addr_has_zone(a) ? nif->zone : 0;
    return on;
}

static bool has_broadcast(const struct netif *nif, const struct netif_address *a)
{
    return a->prefix < 31 && (nif->flags & NETIF_BROADCAST);
}

static struct own_address *append(struct own_address *o, struct netif *nif,
                                  const struct netif_address *a)
{
    bool net = has_broadcast(nif, a);
    uint32_t own = a->addr.word[0], mask = ipv4_mask(a->prefix);
    *o = (struct own_address){.addr = own,
                              .ones = net ? own | ~mask : own,
                              .zeros = net ? own & mask : own,
                              .nif = nif,
                              .tentative = a->tentative};
    return o + 1;
}

/* The table lists only what there is, so that a look at it costs what there is. */
static void refresh(struct stack *s)
{
    struct own_address *o = s->own;
    for (uint32_t i = 0; i < s->netifs; i++)
        for (int k = 0; k < NETIF_ADDRESSES; k++)
            if (s->netif[i].address[k].addr.family == ADDR_IPV4)
                o = append(o, &s->netif[i], &s->netif[i].address[k]);
    s->owns = (uint32_t)(o - s->own);
    s->own_generation = s->path_generation;
}

static inline void bring_up_to_date(struct stack *s)
{
    if (s->own_generation != s->path_generation)
        refresh(s);
}

static unsigned role_of(const struct own_address *o, const struct netif *nif, uint32_t a)
{
    bool here = o->nif == nif;
    if (o->tentative)
        return ADDR_CANDIDATE;
    if (a == o->addr)
        return ADDR_OWN | (here ? ADDR_OWN_HERE : 0);
    if (a == o->ones)
        return ADDR_BROADCAST | (here ? ADDR_BROADCAST_HERE : 0);
    return ADDR_ZEROS | (here ? ADDR_ZEROS_HERE : 0);
}

unsigned ipv4_roles(struct stack *s, const struct netif *nif, uint32_t a)
{
    unsigned roles = 0;
    bring_up_to_date(s);
    if (a == 0xffffffffu)
        return ADDR_BROADCAST | ADDR_BROADCAST_HERE;
    if (a == 0)
        return ADDR_ZEROS | ADDR_ZEROS_HERE;
    if (ipv4_is_loopback(a))
        roles = ADDR_OWN;
    for (uint32_t i = 0; i < s->owns; i++) {
        const struct own_address *o = &s->own[i];
        if (a == o->addr || a == o->ones || a == o->zeros)
            roles |= role_of(o, nif, a);
    }
    return roles;
}

struct netif *ipv4_broadcast_netif(struct stack *s, uint32_t a, bool zeros, struct netif *bound)
{
    bring_up_to_date(s);
    for (uint32_t i = 0; i < s->owns; i++) {
        const struct own_address *o = &s->own[i];
        bool is_broadcast =
            !o->tentative && a != o->addr && (a == o->ones || (zeros && a == o->zeros));
        if (is_broadcast && (!bound || bound == o->nif) && (o->nif->flags & NETIF_UP))
            return o->nif;
    }
    return NULL;
}

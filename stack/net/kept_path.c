/* The path of a control block's last packet: kept small, and unfolded for the next one. */
#include "stack/core/route.h"
#include "stack/net/ipv4.h"

enum kept_flag {
    KEPT_BROADCAST = 1,
    KEPT_MULTICAST = 2,
    KEPT_LOOPBACK = 4,
    KEPT_TOO_NARROW = 8,
    KEPT_ANY_SOURCE = 16, /* the stack's choice */
    KEPT_ANY_NIF = 32,
};

static const struct ip_addr *source_of(const struct stack *s, const struct ip_kept_path *k)
{
    return &s->netif[k->source_nif].address[k->source_slot].addr;
}

/* Is it what ip_path would find? `source` NULL: any. */
static bool serves(const struct stack *s, const struct ip_pcb *pcb,
                   const struct ip_addr *destination, const struct ip_addr *source)
{
    const struct ip_kept_path *k = &pcb->path;
    bool any_source = k->flags & KEPT_ANY_SOURCE, any_nif = k->flags & KEPT_ANY_NIF;
    return k->generation == s->path_generation && addr_equal(&pcb->remote, destination) &&
           any_source == !source && (any_source || addr_equal(source_of(s, k), source)) &&
           any_nif == !pcb->nif && (any_nif || k->nif == pcb->nif->index);
}

static void unfold(const struct stack *s, const struct ip_kept_path *k,
                   const struct ip_addr *destination, struct ip_path *path)
{
    *path = (struct ip_path){
        .nif = &s->netif[k->nif],
        .source = *source_of(s, k),
        .next_hop = k->route ? *route_gateway(s, k->route) : *destination,
        .mtu = k->mtu,
        .broadcast = k->flags & KEPT_BROADCAST,
        .multicast = k->flags & KEPT_MULTICAST,
        .loopback = k->flags & KEPT_LOOPBACK,
        .too_narrow = k->flags & KEPT_TOO_NARROW,
        .flow_known = true,
        .flow_protocol = k->flow_protocol,
        .flow_counter = k->flow_counter,
        .flow_start = k->flow_start,
        .route = k->route,
        .destination = *destination,
    };
}

static bool is_of(const struct netif *nif, const struct ip_addr *a, uint8_t *slot)
{
    for (unsigned i = 0; i < NETIF_ADDRESSES; i++)
        if (addr_equal(&nif->address[i].addr, a)) {
            *slot = (uint8_t)i;
            return true;
        }
    return false;
}

/* Where the path's source is an address of ours: as a rule, of the interface that it leaves by. */
static bool find_source(const struct stack *s, const struct ip_path *path, struct ip_kept_path *k)
{
    bool found = is_of(path->nif, &path->source, &k->source_slot);
    k->source_nif = (uint8_t)path->nif->index;
    for (uint32_t i = 0; i < s->netifs && i <= UINT8_MAX && !found; i++) {
        found = is_of(&s->netif[i], &path->source, &k->source_slot);
        k->source_nif = (uint8_t)i;
    }
    return found;
}

static uint8_t flags_of(const struct ip_path *path, bool any_source, bool any_nif)
{
    unsigned flags =
        (path->broadcast ? KEPT_BROADCAST : 0u) | (path->multicast ? KEPT_MULTICAST : 0u) |
        (path->loopback ? KEPT_LOOPBACK : 0u) | (path->too_narrow ? KEPT_TOO_NARROW : 0u) |
        (any_source ? KEPT_ANY_SOURCE : 0u) | (any_nif ? KEPT_ANY_NIF : 0u);
    return (uint8_t)flags;
}

/* A connected block's is its peer's. What cannot be told in numbers is asked for each time: a
 * source that is nobody's (DHCP before its lease, most of 127/8), a zone that only the interface
 * says, interfaces behind the 256th. */
static void keep(const struct stack *s, struct ip_pcb *pcb, const struct ip_addr *destination,
                 const struct ip_path *path, bool any_source)
{
    bool elsewhere = pcb->connected && !addr_equal(&pcb->remote, destination);
    bool zone_is_ours = addr_has_zone(destination) && destination->zone == 0;
    if (elsewhere || zone_is_ours)
        return;
    struct ip_kept_path k = {
        .generation = s->path_generation,
        .mtu = path->mtu,
        .route = path->route,
        .flow_start = path->flow_start,
        .flow_protocol = path->flow_protocol,
        .flow_counter = path->flow_counter,
        .nif = (uint8_t)path->nif->index,
        .flags = flags_of(path, any_source, !pcb->nif),
    };
    if (path->nif->index > UINT8_MAX || !find_source(s, path, &k))
        return;
    pcb->remote = *destination;
    pcb->path = k;
}

int ip_pcb_path(struct stack *s, struct ip_pcb *pcb, uint8_t protocol,
                const struct ip_addr *destination, const struct ip_addr *source,
                struct ip_path *path)
{
    if (source && addr_is_any(source))
        source = NULL;
    if (serves(s, pcb, destination, source)) {
        unfold(s, &pcb->path, destination, path);
        return 0;
    }
    int error = ip_path(s, destination, source, pcb->nif, path);
    if (error < 0)
        return error;
    ipv4_know_flow(s, path, protocol);
    keep(s, pcb, destination, path, !source);
    return 0;
}

uint16_t ip_pcb_mtu(struct stack *s, struct ip_pcb *pcb, uint8_t protocol, int *error)
{
    struct ip_path path;
    const struct ip_addr *source = addr_is_any(&pcb->local) ? NULL : &pcb->local;
    *error = 0;
    if (serves(s, pcb, &pcb->remote, source))
        return pcb->path.mtu;
    *error = ip_pcb_path(s, pcb, protocol, &pcb->remote, source, &path);
    return *error < 0 ? 0 : path.mtu;
}

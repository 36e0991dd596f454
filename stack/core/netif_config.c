/* Interfaces: making them, their addresses, flags and groups. */
#include "stack/core/addr_class.h"
#include "stack/core/core.h"
#include "stack/core/mem.h"
#include "stack/core/neighbour.h"
#include "stack/core/route.h"
#include "stack/core/text.h"

enum {
    MTU_MIN = 68,        /* RFC 791 3.2: every link carries this much */
    MTU_ETHERNET = 1500, /* RFC 894 */
    MTU_LOOPBACK = 65535,
};

struct netif *stack_netif(struct stack *s, const char *name)
{
    for (uint32_t i = 0; i < s->netifs; i++)
        if (netif_is_there(&s->netif[i]) && text_equal(name, s->netif[i].name))
            return &s->netif[i];
    return NULL;
}

struct netif *netif_of_zone(const struct stack *s, uint32_t zone)
{
    for (uint32_t i = 0; i < s->netifs; i++)
        if (netif_is_there(&s->netif[i]) && s->netif[i].zone == zone)
            return &s->netif[i];
    return NULL;
}

void netif_find_link_layer(struct netif *nif)
{
    struct stack *s = nif->stack;
    for (int i = 0; i < LINK_LAYERS; i++)
        if (s->link_layer[i] && s->link_layer[i]->hardware == nif->hardware)
            nif->link = s->link_layer[i];
    uint32_t in_front =
        (nif->link ? nif->link->header_bytes : 0u) + (nif->driver ? nif->driver->headroom : 0u);
    nif->headroom = (uint16_t)((in_front + 3) & ~3u);
}

/* The first, so that places stay dense. */
static uint32_t free_place(const struct stack *s)
{
    uint32_t i = 0;
    while (i < s->netifs && netif_is_there(&s->netif[i]))
        i++;
    return i;
}

/* Another than all of late. 0 is none, and one in use is its interface's. */
static uint16_t new_zone(struct stack *s)
{
    bool used;
    do {
        used = ++s->zones == 0;
        for (uint32_t i = 0; i < s->netifs; i++)
            used = used || s->netif[i].zone == s->zones;
    } while (used);
    return s->zones;
}

struct netif *netif_create(struct stack *s, const char *name)
{
    size_t len = 0;
    while (name[len])
        len++;
    uint32_t place = free_place(s);
    if (place == s->config.limits.netifs || len == 0 || len >= NETIF_NAME_BYTES ||
        stack_netif(s, name))
        return NULL;
    STACK_ASSERT(s->netif); /* the limit is not 0 */
    struct netif *nif = &s->netif[place];
    memset(nif, 0, sizeof *nif);
    memcpy(nif->name, name, len);
    nif->stack = s;
    nif->index = place;
    nif->zone = new_zone(s);
    if (place == s->netifs)
        s->netifs++;
    nif->driver_due_ns = INT64_MAX;
    nif->was_down = true;
    return nif;
}

void netif_destroy(struct netif *nif)
{
    struct stack *s = nif->stack;
    *nif = (struct netif){.stack = s, .index = nif->index, .driver_due_ns = INT64_MAX};
    while (s->netifs > 0 && !netif_is_there(&s->netif[s->netifs - 1]))
        s->netifs--;
    stack_paths_moved(s);
}

struct netif *netif_create_loopback(struct stack *s)
{
    struct netif *lo = netif_create(s, "lo");
    lo->hardware = NETIF_LOOP;
    lo->mtu = lo->mru = MTU_LOOPBACK;
    lo->flags = NETIF_UP | NETIF_RUNNING | NETIF_LOOPBACK;
    return lo;
}

static int tell_filter(struct netif *nif)
{
    const struct netif_driver *d = nif->driver;
    if (!d || !d->filter)
        return 0;
    return d->filter(nif->state, nif->flags, (const uint8_t(*)[NETIF_MAC_BYTES])nif->multicast,
                     (int)nif->multicasts);
}

int netif_up(struct netif *nif, int64_t now_ns)
{
    if (nif->flags & NETIF_UP)
        return 0;
    if (!netif_is_there(nif))
        return -ERR_NODEV;
    netif_find_link_layer(nif);
    nif->flags |= NETIF_UP;
    netif_judge_link(nif, now_ns);
    stack_netif_event(nif->stack, nif, NETIF_EVENT_UP, now_ns);
    return tell_filter(nif);
}

int netif_down(struct netif *nif, int64_t now_ns)
{
    if (!(nif->flags & NETIF_UP))
        return 0;
    nif->flags &= ~(uint32_t)NETIF_UP;
    nif->was_down = true;
    netif_drop_waiting(nif);
    stack_netif_event(nif->stack, nif, NETIF_EVENT_DOWN, now_ns);
    return 0;
}

int netif_set_flags(struct netif *nif, uint32_t set, uint32_t clear, int64_t now_ns)
{
    const uint32_t settable = NETIF_ARP | NETIF_BROADCAST | NETIF_POINT_TO_POINT |
                              NETIF_PROMISCUOUS | NETIF_ALL_MULTICAST;
    (void)now_ns;
    if (!netif_is_there(nif))
        return -ERR_NODEV;
    if ((set | clear) & ~settable)
        return -ERR_INVAL;
    nif->flags = (nif->flags | set) & ~clear;
    stack_paths_moved(nif->stack);
    return tell_filter(nif);
}

int netif_set_mtu(struct netif *nif, unsigned mtu)
{
    if (!netif_is_there(nif))
        return -ERR_NODEV;
    if (mtu < MTU_MIN || mtu > (nif->flags & NETIF_LOOPBACK ? MTU_LOOPBACK : MTU_ETHERNET))
        return -ERR_INVAL;
    nif->mtu = (uint16_t)mtu;
    stack_paths_moved(nif->stack);
    return 0;
}

static int find_multicast(const struct netif *nif, const uint8_t mac[6])
{
    for (uint32_t i = 0; i < nif->multicasts; i++)
        if (memcmp(nif->multicast[i], mac, NETIF_MAC_BYTES) == 0)
            return (int)i;
    return -1;
}

int netif_join(struct netif *nif, const uint8_t mac[6])
{
    int at = find_multicast(nif, mac);
    if (!netif_is_there(nif))
        return -ERR_NODEV;
    if (at >= 0) {
        nif->multicast_refs[at]++;
        return 0;
    }
    if (!(mac[0] & 1))
        return -ERR_INVAL;
    if (nif->multicasts == NETIF_MULTICASTS)
        return -ERR_NOBUFS;
    memcpy(nif->multicast[nif->multicasts], mac, NETIF_MAC_BYTES);
    nif->multicast_refs[nif->multicasts++] = 1;
    return tell_filter(nif);
}

int netif_leave(struct netif *nif, const uint8_t mac[6])
{
    int at = find_multicast(nif, mac);
    if (at < 0)
        return -ERR_ADDRNOTAVAIL;
    if (--nif->multicast_refs[at] > 0)
        return 0;
    nif->multicasts--;
    memmove(nif->multicast[at], nif->multicast[at + 1],
            (nif->multicasts - (uint32_t)at) * NETIF_MAC_BYTES);
    memmove(&nif->multicast_refs[at], &nif->multicast_refs[at + 1],
            (nif->multicasts - (uint32_t)at) * sizeof(uint16_t));
    return tell_filter(nif);
}

/* A host's address: not the network's number, no broadcast, no group, and 127 nowhere but inside
 * (RFC 1122 3.2.1.3; RFC 3021 for /31). */
static bool is_assignable(const struct netif *nif, const struct ip_addr *addr, unsigned prefix)
{
    if (addr->family == ADDR_IPV6)
        return prefix <= 128 && !addr_is_any(addr) && !addr_is_multicast(addr);
    uint32_t a = addr->word[0], host = a & ~ipv4_mask(prefix > 32 ? 32 : prefix);
    bool inside = ipv4_is_loopback(a) && (nif->flags & NETIF_LOOPBACK);
    if (addr->family != ADDR_IPV4 || prefix > 32 || !(ipv4_is_host(a) || inside))
        return false;
    return prefix >= 31 || (host != 0 && host != ~ipv4_mask(prefix));
}

int netif_add_address(struct netif *nif, const struct ip_addr *addr, unsigned prefix, bool check,
                      int64_t now_ns)
{
    if (!netif_is_there(nif))
        return -ERR_NODEV;
    if (!is_assignable(nif, addr, prefix))
        return -ERR_INVAL;
    int slot = -1;
    for (int i = NETIF_ADDRESSES - 1; i >= 0; i--) {
        if (addr_equal_here(&nif->address[i].addr, addr))
            return -ERR_EXIST;
        if (nif->address[i].addr.family == ADDR_NONE)
            slot = i;
    }
    if (slot < 0)
        return -ERR_NOBUFS;
    bool probes = check && (nif->flags & NETIF_ARP) && neighbour_resolver(nif->stack, addr->family);
    if (!route_interface_has_room(nif, addr, prefix))
        return -ERR_NOBUFS;
    nif->address[slot] = (struct netif_address){
        .addr = addr_on(nif, addr), .prefix = (uint8_t)prefix, .tentative = true};
    if (!probes)
        return netif_address_ready(nif, (unsigned)slot, now_ns);
    stack_netif_event(nif->stack, nif, NETIF_EVENT_ADDRESS, now_ns);
    return 0;
}

bool netif_address_has_room(struct netif *nif, unsigned slot)
{
    const struct netif_address *a = &nif->address[slot];
    return route_interface_has_room(nif, &a->addr, a->prefix);
}

int netif_address_ready(struct netif *nif, unsigned slot, int64_t now_ns)
{
    struct ip_addr addr = nif->address[slot].addr;
    nif->address[slot].tentative = false;
    int error = route_interface_add(nif, &addr, nif->address[slot].prefix);
    if (error < 0 && error != -ERR_OPNOTSUPP) { /* the room that there was is gone */
        netif_remove_address(nif, &addr, now_ns);
        return error;
    }
    stack_netif_event(nif->stack, nif, NETIF_EVENT_ADDRESS, now_ns);
    return 0;
}

/* Another address on the same net keeps the on-link route. */
static bool net_still_used(const struct netif *nif, const struct netif_address *gone)
{
    for (int i = 0; i < NETIF_ADDRESSES; i++) {
        const struct netif_address *a = &nif->address[i];
        if (a->addr.family == gone->addr.family && a->prefix == gone->prefix && !a->tentative &&
            addr_same_net(&a->addr, &gone->addr, a->prefix))
            return true;
    }
    return false;
}

static struct netif_address *find_address(struct netif *nif, const struct ip_addr *addr)
{
    for (int i = 0; i < NETIF_ADDRESSES; i++)
        if (nif->address[i].addr.family != ADDR_NONE &&
            addr_equal_here(&nif->address[i].addr, addr))
            return &nif->address[i];
    return NULL;
}

int netif_set_prefix(struct netif *nif, const struct ip_addr *addr, unsigned prefix, int64_t now_ns)
{
    struct netif_address *a = find_address(nif, addr);
    if (!a)
        return -ERR_ADDRNOTAVAIL;
    if (!is_assignable(nif, addr, prefix))
        return -ERR_INVAL;
    struct netif_address old = *a;
    if (prefix == old.prefix)
        return 0;
    a->prefix = (uint8_t)prefix;
    if (!net_still_used(nif, &old)) /* first, so that there is room for the other */
        route_interface_remove(nif, addr, old.prefix);
    int err = a->tentative ? 0 : route_interface_add(nif, addr, prefix);
    if (err < 0 && err != -ERR_OPNOTSUPP) {
        a->prefix = old.prefix;
        route_interface_add(nif, addr, old.prefix);
        return err;
    }
    stack_netif_event(nif->stack, nif, NETIF_EVENT_ADDRESS, now_ns);
    return 0;
}

int netif_remove_address(struct netif *nif, const struct ip_addr *addr, int64_t now_ns)
{
    for (int i = 0; i < NETIF_ADDRESSES; i++) {
        struct netif_address gone = nif->address[i];
        if (gone.addr.family == ADDR_NONE || !addr_equal_here(&gone.addr, addr))
            continue;
        memset(&nif->address[i], 0, sizeof nif->address[i]);
        if (!net_still_used(nif, &gone)) /* an address that is checked again still has its route */
            route_interface_remove(nif, &gone.addr, gone.prefix);
        stack_netif_event(nif->stack, nif, NETIF_EVENT_NO_ADDRESS, now_ns);
        return 0;
    }
    return -ERR_ADDRNOTAVAIL;
}

void netif_address_conflict(struct netif *nif, const struct ip_addr *addr, int64_t now_ns)
{
    nif->conflict = true;
    netif_remove_address(nif, addr, now_ns);
    nif->conflict = false;
}

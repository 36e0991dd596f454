/*
 * What an address is: by itself, and to this host. Every layer asks here, so that all mean the same
 * by a broadcast, a group or a link-local address.
 */
#ifndef STACK_CORE_ADDR_CLASS_H
#define STACK_CORE_ADDR_CLASS_H

#include "stack/core/addr.h"

struct netif;
struct stack;

/* 127/8: never outside the host (RFC 1122 3.2.1.3 (g)). */
static inline bool ipv4_is_loopback(uint32_t a)
{
    return a >> 24 == 127;
}

/* 0/8: this host on this net (RFC 1122 3.2.1.3 (a), (b)). */
static inline bool ipv4_is_this_net(uint32_t a)
{
    return a >> 24 == 0;
}

static inline bool ipv4_is_multicast(uint32_t a)
{
    return a >> 28 == 0xe;
}

/* 240/4, the limited broadcast included: nobody has such an address. */
static inline bool ipv4_is_class_e(uint32_t a)
{
    return a >> 28 == 0xf;
}

/* RFC 3927 2.1. */
static inline bool ipv4_is_link_local(uint32_t a)
{
    return a >> 16 == 0xa9fe;
}

/* What a host may have on some net: no group, no class E, not 0/8 or 127/8. */
static inline bool ipv4_is_host(uint32_t a)
{
    return !ipv4_is_this_net(a) && !ipv4_is_loopback(a) && a >> 28 < 0xe;
}

static inline bool addr_is_multicast(const struct ip_addr *a)
{
    return a->family == ADDR_IPV6 ? a->word[0] >> 24 == 0xff : ipv4_is_multicast(a->word[0]);
}

static inline bool addr_is_link_local(const struct ip_addr *a)
{
    return a->family == ADDR_IPV6 ? a->word[0] >> 22 == 0xfe80u >> 6
                                  : ipv4_is_link_local(a->word[0]);
}

/* RFC 4007 4: the same one may mean another host on another link. Groups of the interface's own and
 * of the link's scope (RFC 4291 2.7: 1 and 2) as well. */
static inline bool addr_has_zone(const struct ip_addr *a)
{
    if (a->family != ADDR_IPV6)
        return false;
    uint32_t scope = a->word[0] >> 16 & 0xf;
    return addr_is_link_local(a) || (a->word[0] >> 24 == 0xff && (scope == 1 || scope == 2));
}

/* What `a` means on nif: with its zone, where it has one. */
struct ip_addr addr_on(const struct netif *nif, const struct ip_addr *a);

/* What an IPv4 address is to this host, of its addresses that are in use: ..._HERE of the interface
 * that is asked about, the others of any. A net's broadcast is all ones (RFC 1122 3.3.6); its
 * number with zeros is the obsolete one. There is neither on a /31 or /32 (RFC 3021), nor on an
 * interface that has no broadcast. */
enum addr_role {
    ADDR_OWN_HERE = 1,
    ADDR_OWN = 2, /* 127/8 included */
    ADDR_BROADCAST_HERE = 4,
    ADDR_BROADCAST = 8,
    ADDR_ZEROS_HERE = 16,
    ADDR_ZEROS = 32,
    ADDR_CANDIDATE =
        64, /* an address of ours that is still probed (RFC 5227), or an end of its net */
};

unsigned ipv4_roles(struct stack *s, const struct netif *nif, uint32_t a);

/* The first interface that is up and to one of whose nets the address is the broadcast, with
 * `zeros` in either form; only `bound` when that is not NULL. NULL: none. */
struct netif *ipv4_broadcast_netif(struct stack *s, uint32_t a, bool zeros, struct netif *bound);

/* True for 255.255.255.255 and the broadcast addresses of this host's nets. */
static inline bool addr_is_broadcast(struct stack *s, const struct ip_addr *a)
{
    return a->family == ADDR_IPV4 && (ipv4_roles(s, (const struct netif *)0, a->word[0]) &
                                      (ADDR_BROADCAST | ADDR_BROADCAST_HERE)) != 0;
}

#endif

/* Addresses carry their family, so that routes, neighbours, sockets and transports are written
 * once. */
#ifndef STACK_CORE_ADDR_H
#define STACK_CORE_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum addr_family { ADDR_NONE = 0, ADDR_IPV4 = 4, ADDR_IPV6 = 6 };

/* Host order, most significant word first; an IPv4 address is word[0], the rest zero. */
struct ip_addr {
    uint32_t word[4];
    uint16_t family;
    uint16_t zone; /* RFC 4007 6: of a link-local IPv6 address, netif.zone; else 0 */
};

static inline struct ip_addr addr_ipv4(uint32_t host_order)
{
    return (struct ip_addr){.word = {host_order}, .family = ADDR_IPV4, .zone = 0};
}

static inline bool addr_equal(const struct ip_addr *a, const struct ip_addr *b)
{
    return a->word[0] == b->word[0] && a->word[1] == b->word[1] && a->word[2] == b->word[2] &&
           a->word[3] == b->word[3] && a->family == b->family && a->zone == b->zone;
}

/* The same one but for the zone, which the interface says where both are on one. */
static inline bool addr_equal_here(const struct ip_addr *a, const struct ip_addr *b)
{
    return a->word[0] == b->word[0] && a->word[1] == b->word[1] && a->word[2] == b->word[2] &&
           a->word[3] == b->word[3] && a->family == b->family;
}

static inline bool addr_is_any(const struct ip_addr *a)
{
    return (a->word[0] | a->word[1] | a->word[2] | a->word[3]) == 0;
}

/* The first `length` bits set: the mask of an IPv4 prefix. 0 <= length <= 32. */
static inline uint32_t ipv4_mask(unsigned length)
{
    return length == 0 ? 0 : 0xffffffffu << (32 - length);
}

/* The first `prefix` bits agree, and the family. */
static inline bool addr_same_net(const struct ip_addr *a, const struct ip_addr *b, unsigned prefix)
{
    if (a->family != b->family)
        return false;
    unsigned i = 0;
    for (; prefix >= 32; prefix -= 32, i++)
        if (a->word[i] != b->word[i])
            return false;
    return prefix == 0 || ((a->word[i] ^ b->word[i]) & ipv4_mask(prefix)) == 0;
}

/* Clears the bits behind the first `prefix`. */
static inline void addr_clear_host(struct ip_addr *a, unsigned prefix)
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned bits = prefix < 32 ? prefix : 32;
        a->word[i] &= ipv4_mask(bits);
        prefix -= bits;
    }
}

#ifdef __cplusplus
}
#endif

#endif

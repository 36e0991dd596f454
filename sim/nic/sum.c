/* The Internet checksum as NICs compute it (RFC 1071). */
#include "sim/nic/sum.h"

#include <stdbool.h>
#include <string.h>

enum { ETHERNET_HEADER = 14, IP_TCP = 6, IP_UDP = 17 };

uint32_t nic_be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

uint32_t nic_fold(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)sum;
}

static uint32_t swapped(uint32_t sum)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (sum << 8 & 0xff00) | sum >> 8;
#else
    return sum;
#endif
}

/* With the carry brought round. */
static uint64_t add_word(uint64_t sum, const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    sum += word;
    return sum + (sum < word);
}

/* In the host's byte order, four sums beside each other so that none waits for another's carry, and
 * swapped once at the end: the sum does not mind (RFC 1071, 2(B) and 2(C)). */
uint32_t nic_sum(const uint8_t *p, uint32_t len, uint32_t sum)
{
    uint64_t a = 0, b = 0, c = 0, d = 0;
    for (; len >= 32; p += 32, len -= 32) {
        a = add_word(a, p);
        b = add_word(b, p + 8);
        c = add_word(c, p + 16);
        d = add_word(d, p + 24);
    }
    for (; len >= 8; p += 8, len -= 8)
        a = add_word(a, p);
    uint64_t total = (uint64_t)swapped(nic_fold((uint64_t)nic_fold(a) + nic_fold(b) + nic_fold(c) +
                                                nic_fold(d))) +
                     sum;
    for (; len >= 2; p += 2, len -= 2)
        total += nic_be16(p);
    if (len)
        total += (uint32_t)*p << 8;
    return nic_fold(total);
}

const uint8_t *nic_ipv4_in(const uint8_t *p, uint32_t len, uint32_t *header, uint32_t *total)
{
    const uint8_t *ip = p + ETHERNET_HEADER;
    if (nic_be16(p + 12) != 0x0800 || ip[0] >> 4 != 4)
        return NULL;
    *header = (ip[0] & 15u) * 4;
    *total = nic_be16(ip + 2);
    bool whole = *header >= 20 && *header <= *total && *total <= len - ETHERNET_HEADER;
    return whole ? ip : NULL;
}

enum nic_sum_verdict nic_check_transport(const uint8_t *ip, uint32_t header, uint32_t total)
{
    uint32_t protocol = ip[9], length = total - header;
    bool fragment = nic_be16(ip + 6) & 0x3fff;
    uint32_t shortest = protocol == IP_TCP ? 20 : 8;
    if (fragment || (protocol != IP_TCP && protocol != IP_UDP) || length < shortest)
        return NIC_SUM_NONE;
    if (protocol == IP_UDP && nic_be16(ip + header + 6) == 0)
        return NIC_SUM_NONE; /* the sender made none */
    uint32_t sum = nic_sum(ip + 12, 8, protocol + length);
    return nic_sum(ip + header, length, sum) == 0xffff ? NIC_SUM_RIGHT : NIC_SUM_WRONG;
}

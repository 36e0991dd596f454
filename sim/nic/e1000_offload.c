/*
 * What the 82540EM computes on a packet: checksums out and in, and the headers of segments. It
 * knows offsets from the context descriptor, and on the receive side just enough of IPv4, TCP and
 * UDP to find their sums.
 */
#include "sim/nic/e1000.h"

#include <string.h>

enum { ETHERNET_HEADER = 14, IP_TCP = 6, IP_UDP = 17, TCP_FIN = 0x01, TCP_PSH = 0x08 };

static uint32_t be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static void put_be16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

static uint32_t be32(const uint8_t *p)
{
    return be16(p) << 16 | be16(p + 2);
}

static uint32_t fold(uint64_t sum)
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
uint32_t e1000_sum(const uint8_t *p, uint32_t len, uint32_t sum)
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
    uint64_t total = (uint64_t)swapped(fold((uint64_t)fold(a) + fold(b) + fold(c) + fold(d))) + sum;
    for (; len >= 2; p += 2, len -= 2)
        total += be16(p);
    if (len)
        total += (uint32_t)*p << 8;
    return fold(total);
}

/* --- transmit --- */

/* `end` 0 means to the packet's end, otherwise it is the last byte's offset. */
static bool insert_sum(struct nic *n, uint8_t *p, uint32_t len, uint32_t start, uint32_t at,
                       uint32_t end)
{
    uint32_t stop = end ? end + 1 : len;
    if (start >= stop || stop > len || at + 2 > len) {
        nic_violation(n, "checksum from %u to %u at %u in a packet of %u bytes", start, end, at,
                      len);
        return false;
    }
    put_be16(p + at, ~e1000_sum(p + start, stop - start, 0));
    return true;
}

/* In UDP a sum of 0 would say that there is none; 0xffff is the same number (RFC 768). */
static void never_zero(uint8_t *field)
{
    if (be16(field) == 0)
        put_be16(field, 0xffff);
}

bool e1000_insert_checksums(struct nic *n, uint8_t *p, uint32_t len)
{
    const struct e1000 *e = nic_state(n);
    const struct e1000_context *c = &e->context;
    if (e->packet.popts & TXD_POPTS_TXSM) {
        if (!insert_sum(n, p, len, c->tucss, c->tucso, c->tucse))
            return false;
        if (!(c->tucmd & TXC_TUCMD_TCP))
            never_zero(p + c->tucso);
    }
    return !(e->packet.popts & TXD_POPTS_IXSM) ||
           insert_sum(n, p, len, c->ipcss, c->ipcso, c->ipcse);
}

static void fix_ip(const struct e1000_context *c, uint8_t *p, uint32_t len, uint32_t index)
{
    uint8_t *ip = p + c->ipcss;
    if (c->tucmd & TXC_TUCMD_IP) {
        put_be16(ip + 2, len - c->ipcss);
        put_be16(ip + 4, be16(ip + 4) + index);
    } else {
        put_be16(ip + 4, len - c->ipcss - 40);
    }
}

/* The transport's field holds the pseudo header's sum without the length, which differs from
 * segment to segment. */
static void fix_transport(const struct e1000_context *c, uint8_t *p, uint32_t len, uint32_t offset,
                          bool last)
{
    uint8_t *transport = p + c->tucss;
    uint32_t length = len - c->tucss;
    if (c->tucmd & TXC_TUCMD_TCP) {
        uint32_t seq = be32(transport + 4) + offset;
        put_be16(transport + 4, seq >> 16);
        put_be16(transport + 6, seq);
        if (!last)
            transport[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
    } else {
        put_be16(transport + 4, length);
    }
    put_be16(p + c->tucso, fold(be16(p + c->tucso) + length));
}

bool e1000_fix_segment(struct nic *n, uint8_t *p, uint32_t len, uint32_t index, uint32_t offset,
                       bool last)
{
    const struct e1000_context *c = &((struct e1000 *)nic_state(n))->context;
    uint32_t transport_header = (c->tucmd & TXC_TUCMD_TCP) ? 20 : 8;
    if (c->ipcss + 20u > c->tucss || c->tucss + transport_header > c->hdrlen ||
        c->tucso + 2u > c->hdrlen) {
        nic_violation(n, "TSE with IPCSS %u, TUCSS %u, TUCSO %u in a header of %u bytes", c->ipcss,
                      c->tucss, c->tucso, c->hdrlen);
        return false;
    }
    fix_ip(c, p, len, index);
    fix_transport(c, p, len, offset, last);
    return true;
}

/* --- receive --- */

/* The IPv4 header behind an untagged Ethernet header, if it is whole; its length in *header, the
 * datagram's in *total. */
static const uint8_t *ipv4_in(const uint8_t *p, uint32_t len, uint32_t *header, uint32_t *total)
{
    const uint8_t *ip = p + ETHERNET_HEADER;
    if (be16(p + 12) != 0x0800 || ip[0] >> 4 != 4)
        return NULL;
    *header = (ip[0] & 15u) * 4;
    *total = be16(ip + 2);
    bool whole = *header >= 20 && *header <= *total && *total <= len - ETHERNET_HEADER;
    return whole ? ip : NULL;
}

static void check_transport(const uint8_t *ip, uint32_t header, uint32_t total, uint8_t *status,
                            uint8_t *errors)
{
    uint32_t protocol = ip[9], length = total - header;
    bool fragment = be16(ip + 6) & 0x3fff;
    uint32_t shortest = protocol == IP_TCP ? 20 : 8;
    if (fragment || (protocol != IP_TCP && protocol != IP_UDP) || length < shortest)
        return;
    if (protocol == IP_UDP && be16(ip + header + 6) == 0)
        return; /* the sender made none */
    *status |= RXD_STAT_TCPCS;
    uint32_t sum = e1000_sum(ip + 12, 8, protocol + length);
    if (e1000_sum(ip + header, length, sum) != 0xffff)
        *errors |= RXD_ERR_TCPE;
}

void e1000_check_received(const struct e1000 *e, const uint8_t *p, uint32_t len, uint8_t *status,
                          uint8_t *errors)
{
    uint32_t header, total;
    if (!(e->rxcsum & (RXCSUM_IPOFL | RXCSUM_TUOFL))) {
        *status |= RXD_STAT_IXSM;
        return;
    }
    const uint8_t *ip = ipv4_in(p, len, &header, &total);
    if (!ip) {
        *status |= RXD_STAT_IXSM;
        return;
    }
    if (e->rxcsum & RXCSUM_IPOFL) {
        *status |= RXD_STAT_IPCS;
        if (e1000_sum(ip, header, 0) != 0xffff)
            *errors |= RXD_ERR_IPE;
    }
    if (e->rxcsum & RXCSUM_TUOFL)
        check_transport(ip, header, total, status, errors);
}

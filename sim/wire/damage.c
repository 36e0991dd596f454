/*
 * Damage past the frame check sequence must be seen by a checksum above, or a run could fail with
 * nobody to blame. One byte changed within what an Internet checksum covers always moves it: the
 * change is +-d or +-256 d with 0 < d < 256, and neither is a multiple of 65535.
 */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>
#include "sim/wire/impair.h"

enum {
    IP4_HEADER = 20,
    IP6_HEADER = 40,
    UDP_HEADER = 8,
    UDP_LENGTH = 4,   /* its change would move the end of what is summed */
    UDP_CHECKSUM = 6, /* its change to zero would say "not summed" */
};

struct span {
    uint32_t from, to;
    uint32_t skip_from, skip_to; /* within it, but not to be touched */
};

static uint32_t be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static bool udp_span(const struct frame *f, struct span *s)
{
    if (s->to - s->from < UDP_HEADER || be16(f->bytes + s->from + UDP_CHECKSUM) == 0)
        return false;
    s->skip_from = s->from + UDP_LENGTH;
    s->skip_to = s->from + UDP_HEADER;
    return true;
}

static bool transport_span(const struct frame *f, unsigned protocol, bool first, struct span *s)
{
    if (s->from >= s->to)
        return false;
    switch (protocol) {
    case IPPROTO_TCP:
    case IPPROTO_ICMP:
    case IPPROTO_IGMP:
    case IPPROTO_ICMPV6:
        return true;
    case IPPROTO_UDP: /* of a later fragment, nobody here knows whether the datagram is summed */
        return first && udp_span(f, s);
    default:
        return false;
    }
}

static bool ip4_span(const struct frame *f, uint32_t at, struct span *s)
{
    if (f->len < at + IP4_HEADER)
        return false;
    const uint8_t *ip = f->bytes + at;
    uint32_t header = (ip[0] & 15u) * 4, total = be16(ip + 2);
    if (ip[0] >> 4 != 4 || header < IP4_HEADER || total < header || total > f->len - at)
        return false;
    *s = (struct span){at + header, at + total, 0, 0};
    return transport_span(f, ip[9], (be16(ip + 6) & 0x1fff) == 0, s);
}

static bool ip6_span(const struct frame *f, uint32_t at, struct span *s)
{
    if (f->len < at + IP6_HEADER)
        return false;
    const uint8_t *ip = f->bytes + at;
    uint32_t payload = be16(ip + 4);
    if (ip[0] >> 4 != 6 || payload > f->len - at - IP6_HEADER)
        return false;
    *s = (struct span){at + IP6_HEADER, at + IP6_HEADER + payload, 0, 0};
    return transport_span(f, ip[6], true, s);
}

static bool covered(const struct frame *f, struct span *s)
{
    uint32_t at = 2 * ETH_ALEN;
    if (f->len < ETH_HLEN)
        return false;
    if (be16(f->bytes + at) == ETHERTYPE_VLAN && f->len >= ETH_HLEN + 4)
        at += 4;
    uint32_t type = be16(f->bytes + at);
    if (type == ETHERTYPE_IP)
        return ip4_span(f, at + 2, s);
    return type == ETHERTYPE_IPV6 && ip6_span(f, at + 2, s);
}

bool damage_covered_byte(struct frame *f, struct random_stream *r)
{
    struct span s;
    /* The draws are made either way: what a frame holds does not move the damage of the next one.
     */
    uint64_t where = random_next(r);
    uint64_t change = 1 + random_below(r, 255);
    if (!covered(f, &s))
        return false;
    uint32_t skip = s.skip_to - s.skip_from;
    uint32_t at = s.from + (uint32_t)(where % (s.to - s.from - skip));
    if (skip && at >= s.skip_from)
        at += skip;
    f->bytes[at] = (uint8_t)(f->bytes[at] ^ change);
    return true;
}

void damage_bit(struct frame *f, uint32_t bit)
{
    f->bytes[bit / 8] = (uint8_t)(f->bytes[bit / 8] ^ 0x80u >> bit % 8);
}

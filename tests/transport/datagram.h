/* UDP datagrams for the tests of the transports, the sockets and the services: built and taken
 * apart by hand, never by stack/wire. */
#ifndef TESTS_TRANSPORT_DATAGRAM_H
#define TESTS_TRANSPORT_DATAGRAM_H

#include <criterion/criterion.h>
#include <string.h>
#include "tests/core/rig.h"

enum { DATAGRAM_BYTES = 1600 };

struct datagram {
    uint32_t src, dst; /* 0: the peer's, ours */
    uint16_t sport, dport;
    uint16_t length; /* 0: the right one */
    bool no_sum, bad_sum;
    const void *payload;
    uint32_t len;
    uint32_t extra; /* octets of the IP packet behind the datagram */
};

static inline uint16_t datagram_sum(uint32_t src, uint32_t dst, const uint8_t *udp, uint32_t len)
{
    uint8_t all[12 + DATAGRAM_BYTES];
    rig_put32(all, src);
    rig_put32(all + 4, dst);
    all[8] = 0;
    all[9] = 17;
    rig_put16(all + 10, len);
    memcpy(all + 12, udp, len);
    return rig_sum(all, 12 + len);
}

/* The frame; its length. A group or broadcast destination gets its link address. */
static inline uint32_t datagram_frame(uint8_t *out, const struct datagram *d)
{
    uint8_t udp[DATAGRAM_BYTES];
    uint32_t src = d->src ? d->src : RIG_PEER, dst = d->dst ? d->dst : RIG_ADDRESS;
    uint32_t len = 8 + d->len;
    memset(udp, 0, sizeof udp);
    rig_put16(udp, d->sport);
    rig_put16(udp + 2, d->dport);
    rig_put16(udp + 4, d->length ? d->length : len);
    if (d->len)
        memcpy(udp + 8, d->payload, d->len);
    uint16_t sum = datagram_sum(src, dst, udp, len);
    if (!d->no_sum)
        rig_put16(udp + 6, (sum ? sum : 0xffff) ^ (d->bad_sum ? 1 : 0));
    const struct rig_ip ip = {.src = src, .dst = dst, .proto = 17};
    uint32_t total = rig_ipv4(out, &ip, udp, len + d->extra);
    if ((dst & 0xff) == 0xff)
        memset(out, 0xff, 6);
    if (dst >> 28 == 0xe) {
        const uint8_t mac[6] = {1, 0, 0x5e, dst >> 16 & 0x7f, dst >> 8 & 0xff, dst & 0xff};
        memcpy(out, mac, 6);
    }
    return total;
}

static inline uint32_t datagram_receive(struct rig *r, const struct datagram *d)
{
    uint8_t frame[DATAGRAM_BYTES];
    return rig_receive(r, frame, datagram_frame(frame, d));
}

/* The nth frame that left, as a datagram; its checksum is verified. */
struct sent_datagram {
    uint32_t src, dst;
    unsigned sport, dport, sum, ttl, tos, frag;
    uint32_t len;
    const uint8_t *payload;
    int64_t at_ns;
};

static inline bool sent_is_udp(const struct rig_frame *f)
{
    return rig_get16(f->bytes + 12) == 0x0800 && f->bytes[14 + 9] == 17;
}

static inline struct sent_datagram sent_udp(struct rig *r, uint32_t n)
{
    cr_assert_lt(n, r->sent_count, "%u frames were sent, no frame %u", r->sent_count, n);
    const struct rig_frame *f = &r->sent[n];
    cr_assert(sent_is_udp(f), "frame %u is not UDP", n);
    const uint8_t *ip = f->bytes + 14, *udp = ip + (ip[0] & 15) * 4;
    struct sent_datagram d = {.src = rig_get32(ip + 12),
                              .dst = rig_get32(ip + 16),
                              .sport = rig_get16(udp),
                              .dport = rig_get16(udp + 2),
                              .sum = rig_get16(udp + 6),
                              .ttl = ip[8],
                              .tos = ip[1],
                              .frag = rig_get16(ip + 6),
                              .len = rig_get16(udp + 4) - 8,
                              .payload = udp + 8,
                              .at_ns = f->at_ns};
    if (d.sum)
        cr_assert(datagram_sum(d.src, d.dst, udp, d.len + 8) == 0, "frame %u: bad checksum", n);
    return d;
}

/* The last datagram that left. */
static inline struct sent_datagram last_udp(struct rig *r)
{
    cr_assert_gt(r->sent_count, 0, "nothing was sent");
    return sent_udp(r, r->sent_count - 1);
}

/* The peer's link address is known from the start, so that no ARP gets in between. */
static inline struct rig *datagram_rig(void)
{
    struct rig *rig = rig_full();
    struct ip_addr to = addr_ipv4(RIG_PEER);
    cr_assert_eq(neighbour_add(rig->nif, &to, rig_peer, 0), 0);
    return rig;
}

/* An ICMP error about the nth frame sent, from `reporter`. */
static inline void icmp_about(struct rig *r, uint32_t n, uint8_t type, uint8_t code,
                              uint32_t reporter)
{
    uint8_t frame[DATAGRAM_BYTES], icmp[8 + 28];
    memset(icmp, 0, sizeof icmp);
    icmp[0] = type;
    icmp[1] = code;
    memcpy(icmp + 8, r->sent[n].bytes + 14, 28);
    rig_put16(icmp + 2, rig_sum(icmp, sizeof icmp));
    const struct rig_ip ip = {.src = reporter, .proto = 1};
    rig_receive(r, frame, rig_ipv4(frame, &ip, icmp, sizeof icmp));
}

#endif

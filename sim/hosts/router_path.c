/*
 * A path of routers that are not there: `hop A B C` behind this one, hosts in `far` behind the
 * last. A packet to them is followed along the path by arithmetic, and what becomes of it comes
 * back as if it had gone there: from the address of whoever speaks, with the TTL that is left on
 * the way back, after the time that the way takes.
 */
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <string.h>
#include "sim/hosts/peer_reassembly.h"
#include "sim/hosts/router.h"

enum { IP_HEADER = 20, UDP_HEADER = sizeof(struct udphdr) };

uint32_t router_hop_of(const struct router *r, uint32_t address)
{
    for (uint32_t k = 1; k <= r->hops; k++)
        if (r->hop[k] == address)
            return k;
    return 0;
}

/* --- the way back --- */

static struct router_later *earliest(struct router *r)
{
    struct router_later *first = NULL;
    for (int k = 0; k < ROUTER_LATER; k++) {
        struct router_later *l = &r->later[k];
        if (l->packet && (!first || l->due_ns < first->due_ns ||
                          (l->due_ns == first->due_ns && l->order < first->order)))
            first = l;
    }
    return first;
}

void router_arrivals(struct router *r, int64_t now_ns)
{
    struct router_later *l;
    while ((l = earliest(r)) != NULL && l->due_ns <= now_ns) {
        uint8_t *packet = l->packet;
        l->packet = NULL;
        router_send(r, packet, l->len);
        world_release(r->host->world, packet, l->len);
    }
}

/* `distance` routers lie between whoever speaks and the first host: this one and those before it.
 */
static void send_back(struct router *r, const uint8_t *packet, uint32_t len, uint32_t distance)
{
    int64_t delay_ns = 2 * (int64_t)distance * r->hop_latency_ns;
    if (delay_ns <= 0) {
        router_send(r, packet, len);
        return;
    }
    for (int k = 0; k < ROUTER_LATER; k++) {
        struct router_later *l = &r->later[k];
        if (l->packet)
            continue;
        uint8_t *copy = world_alloc_raw(r->host->world, len, 16);
        memcpy(copy, packet, len);
        *l = (struct router_later){.due_ns = host_now(r->host) + delay_ns,
                                   .order = r->next_order++,
                                   .len = len,
                                   .packet = copy};
        router_arm(r);
        return;
    }
    r->count[ROUTER_OVERFLOW]++;
}

struct speaker {
    uint32_t address;
    uint32_t distance;
    uint8_t tos;
};

static void say(struct router *r, const struct speaker *who, const struct peer_packet *p,
                uint8_t protocol, uint8_t *packet, uint32_t len)
{
    const struct ip_fields header = {
        .src = who->address,
        .dst = p->src,
        .id = r->ip.next_id++,
        .tos = who->tos,
        .ttl = (uint8_t)(IPDEFTTL - who->distance),
        .protocol = protocol,
    };
    ip_header_write(packet, &header, len);
    send_back(r, packet, IP_HEADER + len, who->distance);
}

static void say_error(struct router *r, const struct speaker *who, const struct peer_packet *p,
                      uint8_t type, uint8_t code, uint32_t rest)
{
    uint8_t packet[IP_HEADER + ICMP_ERROR_MAX];
    if (!icmp_error_allowed(&r->ip, p))
        return;
    r->count[ROUTER_ERRORS]++;
    uint32_t len =
        icmp_error_write(packet + IP_HEADER, &(struct icmp_error){type, code, rest, r->quote}, p);
    say(r, who, p, IPPROTO_ICMP, packet, len);
}

/* --- at the end --- */

static void answer_ping(struct router *r, const struct speaker *who, const struct peer_packet *p)
{
    if (p->len < sizeof(struct icmphdr) || packet_sum(p->payload, p->len, 0) != 0) {
        r->ip.bad++;
        return;
    }
    if (p->payload[0] != ICMP_ECHO)
        return;
    uint32_t size = IP_HEADER + p->len;
    uint8_t *packet = world_alloc_raw(r->host->world, size, 16);
    uint8_t *icmp = packet + IP_HEADER;
    memcpy(icmp, p->payload, p->len);
    icmp[offsetof(struct icmphdr, type)] = ICMP_ECHOREPLY;
    peer_put16(icmp + offsetof(struct icmphdr, checksum), 0);
    peer_put16(icmp + offsetof(struct icmphdr, checksum), packet_sum(icmp, p->len, 0));
    say(r, who, p, IPPROTO_ICMP, packet, p->len);
    world_release(r->host->world, packet, size);
}

static bool is_open(const struct router *r, uint16_t port)
{
    for (uint32_t k = 0; k < r->opens; k++)
        if (r->open[k] == port)
            return true;
    return false;
}

static bool sound_datagram(const struct peer_packet *p)
{
    const uint8_t *udp = p->payload;
    uint32_t len = p->len < UDP_HEADER ? 0 : peer_get16(udp + offsetof(struct udphdr, uh_ulen));
    return len >= UDP_HEADER && len <= p->len &&
           (peer_get16(udp + offsetof(struct udphdr, uh_sum)) == 0 ||
            peer_udp_sum(p->src, p->dst, udp, len) == 0);
}

/* The sum of an answer with ports and addresses swapped is the request's. */
static void answer_datagram(struct router *r, const struct speaker *who,
                            const struct peer_packet *p)
{
    if (!sound_datagram(p)) {
        r->ip.bad++;
        return;
    }
    uint16_t dport = peer_get16(p->payload + offsetof(struct udphdr, uh_dport));
    if (!is_open(r, dport)) {
        say_error(r, who, p, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
        return;
    }
    uint32_t size = IP_HEADER + p->len;
    uint8_t *packet = world_alloc_raw(r->host->world, size, 16);
    uint8_t *udp = packet + IP_HEADER;
    memcpy(udp, p->payload, p->len);
    peer_put16(udp + offsetof(struct udphdr, uh_sport), dport);
    peer_put16(udp + offsetof(struct udphdr, uh_dport),
               peer_get16(p->payload + offsetof(struct udphdr, uh_sport)));
    say(r, who, p, IPPROTO_UDP, packet, p->len);
    world_release(r->host->world, packet, size);
}

/* RFC 1122 3.3.2: a host MUST put fragments together. */
static bool put_together(struct router *r, struct peer_packet *p)
{
    uint16_t field = peer_get16(p->packet + offsetof(struct iphdr, frag_off));
    if (!(field & (IP_MF | IP_OFFMASK)))
        return true;
    enum peer_fragment got = peer_reassemble(&r->ip, &r->far, p, field);
    r->count[ROUTER_HELD] += got == FRAGMENT_HELD;
    r->count[ROUTER_REASSEMBLED] += got == FRAGMENT_LAST;
    router_arm(r);
    return got == FRAGMENT_LAST;
}

static void arrive(struct router *r, const struct speaker *who, struct peer_packet p)
{
    if (!put_together(r, &p))
        return;
    switch (p.protocol) {
    case IPPROTO_ICMP:
        answer_ping(r, who, &p);
        break;
    case IPPROTO_UDP:
        answer_datagram(r, who, &p);
        break;
    default:
        say_error(r, who, &p, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
    }
}

static uint32_t distance_of(const struct router *r, uint32_t address)
{
    uint32_t target = router_hop_of(r, address);
    return target ? target : r->hops + 1;
}

/* RFC 1122 3.3.2: time exceeded, code 1, if fragment zero has come. */
void router_far_give_up(struct router *r, int64_t now_ns)
{
    struct peer_packet p;
    while (peer_reassembly_give_up(&r->far, now_ns, &p)) {
        r->count[ROUTER_TIMED_OUT]++;
        const struct speaker who = {p.dst, distance_of(r, p.dst), p.tos};
        if (p.packet)
            say_error(r, &who, &p, ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, 0);
    }
}

/* --- the way there --- */

static void expired(struct router *r, uint32_t at, const struct peer_packet *p)
{
    const struct speaker hop = {r->hop[at], at,
                                (uint8_t)(IPTOS_PREC_INTERNETCONTROL | IPTOS_TOS(p->tos))};
    r->count[ROUTER_EXPIRED]++;
    if (at == 0)
        router_error(r, p, &(struct icmp_error){ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0, r->quote});
    else if (!r->hop_silent[at])
        say_error(r, &hop, p, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
}

static void too_big(struct router *r, uint32_t at, const struct peer_packet *p)
{
    const struct speaker hop = {r->hop[at], at,
                                (uint8_t)(IPTOS_PREC_INTERNETCONTROL | IPTOS_TOS(p->tos))};
    r->count[ROUTER_TOO_BIG]++;
    if (!r->hop_silent[at] && !r->blackhole)
        say_error(r, &hop, p, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, r->no_mtu ? 0 : r->hop_mtu[at]);
}

/* The packet is at router `at` (0: this one) with TTL ttl - at; it goes on when that leaves
 * something. */
void router_path(struct router *r, const struct peer_packet *p)
{
    uint32_t target = router_hop_of(r, p->dst), last = distance_of(r, p->dst);
    bool may_not_split = peer_get16(p->packet + offsetof(struct iphdr, frag_off)) & IP_DF;
    for (uint32_t at = 0; at < last; at++) {
        if (p->ttl <= at + 1) {
            expired(r, at, p);
            return;
        }
        if (r->hop_mtu[at] && p->packet_len > r->hop_mtu[at] && may_not_split) {
            too_big(r, at, p);
            return;
        }
    }
    const struct speaker end = {p->dst, last, p->tos};
    r->count[ROUTER_FORWARDED]++;
    if (target ? !r->hop_silent[target] : !r->far_dead)
        arrive(r, &end, *p);
}

/* Sending packets on, as RFC 1812 says it is done: checks, TTL, redirects, fragments, and an error
 * where that fails. */
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stddef.h>
#include <string.h>
#include "sim/hosts/peer_reassembly.h"
#include "sim/hosts/router.h"
#include "sim/packet/fragment.h"

enum { IP_HEADER = 20 };

static uint16_t fragment_of(const uint8_t *packet)
{
    return peer_get16(packet + offsetof(struct iphdr, frag_off));
}

/* --- ICMP errors --- */

/* RFC 1812 4.3.2.5: the packet's own TOS, precedence 6. 4.3.2.4: an address of the link by which
 * the error leaves. */
void router_error(struct router *r, const struct peer_packet *p, const struct icmp_error *e)
{
    uint8_t packet[IP_HEADER + ICMP_ERROR_MAX];
    struct router_hop back = router_lookup(r, p->src);
    if (r->hop_silent[0] || back.where != WHERE_LINK || !icmp_error_allowed(&r->ip, p))
        return;
    uint32_t len = icmp_error_write(packet + IP_HEADER, e, p);
    const struct ip_fields header = {
        .src = r->host->port[back.port].ipv4,
        .dst = p->src,
        .id = r->ip.next_id++,
        .tos = (uint8_t)(IPTOS_PREC_INTERNETCONTROL | IPTOS_TOS(p->tos)),
        .ttl = IPDEFTTL,
        .protocol = IPPROTO_ICMP,
    };
    ip_header_write(packet, &header, len);
    r->count[ROUTER_ERRORS]++;
    router_send(r, packet, IP_HEADER + len);
}

static void unreachable(struct router *r, const struct peer_packet *p, uint8_t code, uint32_t rest)
{
    router_error(r, p, &(struct icmp_error){ICMP_DEST_UNREACH, code, rest, r->quote});
}

/* --- neighbours that do not answer --- */

static bool is_waiting(const struct router *r, int port, uint32_t next_hop)
{
    for (int k = 0; k < PEER_WAITING; k++)
        if (r->ip.waiting[k].frame && r->ip.waiting[k].port == port &&
            r->ip.waiting[k].next_hop == next_hop)
            return true;
    return false;
}

/* Remembers the packet, to say host unreachable if nobody answers. */
static void watch(struct router *r, struct frame *f, const struct peer_packet *p,
                  const struct router_hop *hop)
{
    if (!is_waiting(r, hop->port, hop->next_hop))
        return;
    for (int k = 0; k < ROUTER_UNRESOLVED; k++) {
        struct router_unresolved *u = &r->unresolved[k];
        if (u->frame)
            continue;
        *u = (struct router_unresolved){host_now(r->host) + r->arp_timeout_ns, frame_ref(f), *p,
                                        hop->port, hop->next_hop};
        router_arm(r);
        return;
    }
    r->count[ROUTER_OVERFLOW]++;
}

static void forget_waiting(struct router *r, int port, uint32_t next_hop)
{
    for (int k = 0; k < PEER_WAITING; k++) {
        struct peer_waiting *w = &r->ip.waiting[k];
        if (!w->frame || w->port != port || w->next_hop != next_hop)
            continue;
        frame_unref(w->frame);
        w->frame = NULL;
    }
}

static struct router_unresolved *first_unresolved(struct router *r)
{
    struct router_unresolved *first = NULL;
    for (int k = 0; k < ROUTER_UNRESOLVED; k++)
        if (r->unresolved[k].frame && (!first || r->unresolved[k].due_ns < first->due_ns))
            first = &r->unresolved[k];
    return first;
}

/* RFC 1812 5.2.7.1: a host that does not respond to ARP is unreachable. */
void router_give_up(struct router *r, int64_t now_ns)
{
    struct router_unresolved *u;
    while ((u = first_unresolved(r)) != NULL && u->due_ns <= now_ns) {
        struct router_unresolved gone = *u;
        u->frame = NULL;
        if (is_waiting(r, gone.port, gone.next_hop)) {
            bool last = true;
            for (int k = 0; k < ROUTER_UNRESOLVED; k++)
                last = last &&
                       !(r->unresolved[k].frame && r->unresolved[k].next_hop == gone.next_hop &&
                         r->unresolved[k].port == gone.port);
            if (last)
                forget_waiting(r, gone.port, gone.next_hop);
            r->count[ROUTER_UNREACHABLE]++;
            unreachable(r, &gone.packet, ICMP_HOST_UNREACH, 0);
        }
        frame_unref(gone.frame);
    }
}

void router_arm(struct router *r)
{
    const struct router_unresolved *u = first_unresolved(r);
    int64_t due = u ? u->due_ns : NEVER;
    for (int k = 0; k < ROUTER_LATER; k++)
        if (r->later[k].packet && r->later[k].due_ns < due)
            due = r->later[k].due_ns;
    int64_t far_ns = peer_reassembly_due(&r->far);
    due = far_ns < due ? far_ns : due;
    host_due(r->host, due);
}

/* --- fragments --- */

static void fragment(struct router *r, const struct router_hop *hop, const uint8_t *packet,
                     uint32_t len, uint32_t mtu)
{
    uint8_t one[FRAGMENT_MTU_MOST];
    struct packet_fragments f = {.datagram = packet, .len = len, .mtu = mtu};
    r->count[ROUTER_FRAGMENTED]++;
    for (uint32_t n; (n = packet_fragment_next(&f, one)) != 0;) {
        peer_send_packet(&r->ip, hop->port, hop->next_hop, one, n);
        r->count[ROUTER_FRAGMENTS]++;
    }
}

static void send_by(struct router *r, const struct router_hop *hop, const uint8_t *packet,
                    uint32_t len)
{
    uint32_t mtu = r->host->port[hop->port].mtu;
    if (len > mtu)
        fragment(r, hop, packet, len, mtu);
    else
        peer_send_packet(&r->ip, hop->port, hop->next_hop, packet, len);
}

void router_send(struct router *r, const uint8_t *packet, uint32_t len)
{
    struct router_hop hop = router_lookup(r, peer_get32(packet + offsetof(struct iphdr, daddr)));
    if (hop.where == WHERE_LINK)
        send_by(r, &hop, packet, len);
}

/* --- forwarding --- */

/* What a script asked to be lost: drop(N) first, then every nth, then by chance. */
static bool lost(struct router *r)
{
    r->candidates++;
    bool gone = r->drop_every && r->candidates % r->drop_every == 0;
    if (r->drop_left) {
        r->drop_left--;
        gone = true;
    }
    if (r->loss_ppm && random_below(&r->host->random, 1000000) < r->loss_ppm)
        gone = true;
    r->count[ROUTER_DROPPED] += gone;
    return gone;
}

/* RFC 1812 5.3.4 to 5.3.7: broadcasts, groups and addresses that are nobody's are not forwarded. */
static bool is_martian(const struct router *r, const struct peer_packet *p)
{
    uint8_t to = (uint8_t)(p->dst >> 24), from = (uint8_t)(p->src >> 24);
    bool directed = false;
    for (uint32_t k = 0; k < r->host->ports; k++)
        directed = directed || peer_ip_is_broadcast(&r->ip, (int)k, p->dst);
    return p->to_mac[0] & 1 || directed || to == 0 || to == IN_LOOPBACKNET || to >= 224 ||
           from == 0 || from == IN_LOOPBACKNET || from >= 224;
}

static bool has_source_route(const struct peer_packet *p)
{
    uint32_t header = (uint32_t)(p->packet[0] & 15) * 4;
    for (uint32_t at = IP_HEADER; at + 1 < header && p->packet[at] != IPOPT_EOL;) {
        uint8_t option = p->packet[at];
        if (option == IPOPT_LSRR || option == IPOPT_SSRR)
            return true;
        uint32_t size = option == IPOPT_NOP ? 1 : p->packet[at + 1];
        if (size == 0)
            return false;
        at += size;
    }
    return false;
}

/* RFC 1812 5.2.7.2: out by the link it came in, to a next hop on the sender's network; for the host
 * alone (code 1). */
static void redirect(struct router *r, const struct peer_packet *p, const struct router_hop *hop)
{
    const struct host_port *port = &r->host->port[hop->port];
    bool sender_here = ((p->src ^ port->ipv4) & peer_mask(port->prefix)) == 0;
    if (r->no_redirect || hop->port != p->port || !sender_here || has_source_route(p))
        return;
    r->count[ROUTER_REDIRECTED]++;
    router_error(r, p,
                 &(struct icmp_error){ICMP_REDIRECT, ICMP_REDIR_HOST, hop->next_hop, r->quote});
}

/* RFC 1624 equation 3: HC' = ~(~HC + ~m + m'), m being the word that holds TTL and protocol. */
static void decrement_ttl(uint8_t *packet)
{
    uint8_t *word = packet + offsetof(struct iphdr, ttl),
            *check = packet + offsetof(struct iphdr, check);
    uint32_t before = peer_get16(word);
    word[0]--;
    uint32_t sum = (~(uint32_t)peer_get16(check) & 0xffff) + (~before & 0xffff) + peer_get16(word);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    peer_put16(check, ~sum & 0xffff);
}

static void pass_on(struct router *r, struct frame *f, const struct peer_packet *p,
                    const struct router_hop *hop)
{
    uint32_t mtu = r->host->port[hop->port].mtu;
    if (p->ttl <= 1) {
        r->count[ROUTER_EXPIRED]++;
        router_error(r, p, &(struct icmp_error){ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0, r->quote});
        return;
    }
    redirect(r, p, hop);
    if (p->packet_len > mtu && fragment_of(p->packet) & IP_DF) {
        r->count[ROUTER_TOO_BIG]++;
        if (!r->blackhole)
            unreachable(r, p, ICMP_FRAG_NEEDED,
                        r->no_mtu ? 0 : mtu); /* RFC 1191 4: the MTU in the low word */
        return;
    }
    uint8_t *packet = world_alloc_raw(r->host->world, p->packet_len, 16);
    memcpy(packet, p->packet, p->packet_len);
    decrement_ttl(packet);
    r->count[ROUTER_FORWARDED]++;
    send_by(r, hop, packet, p->packet_len);
    world_release(r->host->world, packet, p->packet_len);
    watch(r, f, p, hop);
}

void router_forward(struct router *r, struct frame *f, const struct peer_packet *p)
{
    if (is_martian(r, p)) {
        r->count[ROUTER_IGNORED]++;
        return;
    }
    if (lost(r))
        return;
    struct router_hop hop = router_lookup(r, p->dst);
    switch (hop.where) {
    case WHERE_LINK:
        pass_on(r, f, p, &hop);
        break;
    case WHERE_FAR:
        router_path(r, p);
        break;
    case WHERE_NOWHERE:
    case WHERE_REFUSED:
        r->count[ROUTER_UNREACHABLE]++;
        unreachable(r, p, hop.where == WHERE_REFUSED ? hop.code : ICMP_NET_UNREACH, 0);
        break;
    }
}

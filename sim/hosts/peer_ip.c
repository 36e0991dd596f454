/* ARP, IPv4, ICMP echo and UDP of the scripted peers: what comes in and what goes out. */
#include "sim/hosts/peer_ip.h"
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <string.h>
#include "sim/hosts/peer_reassembly.h"

#define AT(type, member) offsetof(struct type, member)

enum {
    IP_HEADER = sizeof(struct iphdr),
    UDP_HEADER = sizeof(struct udphdr),
    ARP_LEN = sizeof(struct ether_arp),
    SHORTEST_FRAME = ETH_ZLEN,
};

static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

uint32_t peer_mask(int prefix)
{
    return prefix <= 0 ? 0 : prefix >= 32 ? PEER_BROADCAST : PEER_BROADCAST << (32 - prefix);
}

/* --- addresses --- */

static bool on_link(const struct host_port *p, uint32_t address)
{
    return p->has_ipv4 && ((address ^ p->ipv4) & peer_mask(p->prefix)) == 0;
}

int peer_ip_port(const struct peer_ip *ip, uint32_t address)
{
    for (uint32_t p = 0; p < ip->host->ports; p++)
        if (on_link(&ip->host->port[p], address))
            return (int)p;
    return -1;
}

bool peer_ip_is_own(const struct peer_ip *ip, uint32_t address)
{
    for (uint32_t p = 0; p < ip->host->ports; p++)
        if (ip->host->port[p].has_ipv4 && ip->host->port[p].ipv4 == address)
            return true;
    for (uint32_t k = 0; k < ip->aliases; k++)
        if (ip->alias[k] == address)
            return true;
    return false;
}

bool peer_ip_is_broadcast(const struct peer_ip *ip, int port, uint32_t address)
{
    const struct host_port *p = &ip->host->port[port];
    return address == PEER_BROADCAST || (p->prefix < 31 && on_link(p, address) &&
                                         (address | peer_mask(p->prefix)) == PEER_BROADCAST);
}

/* --- attributes --- */

static const struct attribute *blame_address(const struct attrs *a, uint32_t address)
{
    const struct attribute *found;
    for (uint32_t k = 0; (found = attr_find(a, "ip", k)) != NULL; k++)
        if ((uint32_t)found->value.number == address)
            return found;
    return NULL;
}

/* Of networks that overlap, nobody knows by which link a packet leaves. */
static int check_ports(const struct host *h, const struct attrs *a, struct why *why)
{
    for (uint32_t p = 0; p < h->ports; p++) {
        const struct host_port *port = &h->port[p];
        if (port->has_ipv4 && !address_of_one_in(port->ipv4, port->prefix))
            return attr_refuse(a, blame_address(a, port->ipv4), why,
                               "ip wants the address of one host in its network, such as "
                               "10.0.2.2/24");
        for (uint32_t q = 0; q < p; q++) {
            int shorter = port->prefix < h->port[q].prefix ? port->prefix : h->port[q].prefix;
            if (port->has_ipv4 && h->port[q].has_ipv4 &&
                ((port->ipv4 ^ h->port[q].ipv4) & peer_mask(shorter)) == 0)
                return attr_refuse(a, blame_address(a, port->ipv4), why,
                                   "the networks of two links overlap");
        }
    }
    return 0;
}

static int read_gateway(struct peer_ip *ip, const struct attrs *a, struct why *why)
{
    uint32_t count;
    const struct attribute *found = attr_find(a, "gateway", 0);
    if (attr_addresses(a, "gateway", &ip->gateway, 1, &count, why) != 0)
        return -1;
    if (found && (peer_ip_port(ip, ip->gateway) < 0 || peer_ip_is_own(ip, ip->gateway)))
        return attr_refuse(a, found, why, "the gateway is not another host on one of its links");
    return 0;
}

int peer_ip_init(struct peer_ip *ip, struct host *h, const struct attrs *a, struct why *why)
{
    ip->host = h;
    ip->no_ping = attr_flag(a, "no-ping");
    ip->next_id = 1;
    return check_ports(h, a, why) != 0 ||
                   attr_addresses(a, "alias", ip->alias, PEER_ALIASES, &ip->aliases, why) != 0 ||
                   read_gateway(ip, a, why) != 0
               ? -1
               : 0;
}

/* --- neighbours --- */

static struct peer_neighbour *find_neighbour(struct peer_ip *ip, int port, uint32_t address)
{
    for (int k = 0; k < PEER_NEIGHBOURS; k++)
        if (ip->neighbour[k].ipv4 == address && ip->neighbour[k].port == port)
            return &ip->neighbour[k];
    return NULL;
}

static void send_waiting(struct peer_ip *ip, const struct peer_neighbour *n)
{
    for (int k = 0; k < PEER_WAITING; k++) {
        struct peer_waiting *w = &ip->waiting[k];
        if (!w->frame || w->next_hop != n->ipv4 || w->port != n->port)
            continue;
        memcpy(w->frame->bytes, n->mac, ETH_ALEN);
        host_send(ip->host, n->port, w->frame);
        w->frame = NULL;
    }
}

/* A sender off the link is behind a router: its frame's source is the router's, and nothing is
 * learned. */
static void learn(struct peer_ip *ip, int port, uint32_t address, const uint8_t mac[6])
{
    if (address == 0 || address == PEER_BROADCAST || mac[0] & 1 || peer_ip_is_own(ip, address))
        return;
    if ((ip->gateway || ip->route) && !on_link(&ip->host->port[port], address))
        return;
    struct peer_neighbour *n = find_neighbour(ip, port, address);
    if (!n)
        n = find_neighbour(ip, 0, 0);
    if (!n)
        n = &ip->neighbour[ip->next_neighbour++ % PEER_NEIGHBOURS];
    n->ipv4 = address;
    n->port = port;
    memcpy(n->mac, mac, ETH_ALEN);
    send_waiting(ip, n);
}

static struct frame *ethernet(struct peer_ip *ip, int port, const uint8_t *to, uint16_t type,
                              uint32_t payload_len)
{
    uint32_t len = ETH_HLEN + payload_len;
    struct frame *f = host_frame(ip->host, len < SHORTEST_FRAME ? SHORTEST_FRAME : len);
    if (to)
        memcpy(f->bytes, to, ETH_ALEN);
    memcpy(f->bytes + ETH_ALEN, ip->host->port[port].mac, ETH_ALEN);
    peer_put16(f->bytes + 2 * ETH_ALEN, type);
    return f;
}

void peer_send_arp(struct peer_ip *ip, int port, uint16_t op, uint32_t sender,
                   const uint8_t *target_mac, uint32_t target)
{
    struct frame *f =
        ethernet(ip, port, target_mac ? target_mac : everybody, ETHERTYPE_ARP, ARP_LEN);
    uint8_t *arp = f->bytes + ETH_HLEN;
    peer_put16(arp + AT(arphdr, ar_hrd), ARPHRD_ETHER);
    peer_put16(arp + AT(arphdr, ar_pro), ETHERTYPE_IP);
    arp[AT(arphdr, ar_hln)] = ETH_ALEN;
    arp[AT(arphdr, ar_pln)] = 4;
    peer_put16(arp + AT(arphdr, ar_op), op);
    memcpy(arp + AT(ether_arp, arp_sha), ip->host->port[port].mac, ETH_ALEN);
    peer_put32(arp + AT(ether_arp, arp_spa), sender);
    if (target_mac)
        memcpy(arp + AT(ether_arp, arp_tha), target_mac, ETH_ALEN);
    peer_put32(arp + AT(ether_arp, arp_tpa), target);
    host_send(ip->host, port, f);
}

/* RFC 826: learn the sender, then answer a request for an address of ours. A probe (sender 0.0.0.0)
 * is answered, too. */
static void receive_arp(struct peer_ip *ip, int port, const uint8_t *arp, uint32_t len)
{
    if (len < ARP_LEN || peer_get16(arp + AT(arphdr, ar_hrd)) != ARPHRD_ETHER ||
        peer_get16(arp + AT(arphdr, ar_pro)) != ETHERTYPE_IP ||
        arp[AT(arphdr, ar_hln)] != ETH_ALEN || arp[AT(arphdr, ar_pln)] != 4) {
        ip->bad++;
        return;
    }
    const uint8_t *sha = arp + AT(ether_arp, arp_sha);
    uint32_t spa = peer_get32(arp + AT(ether_arp, arp_spa)),
             tpa = peer_get32(arp + AT(ether_arp, arp_tpa));
    bool wanted = peer_ip_is_own(ip, tpa);
    if (wanted || find_neighbour(ip, port, spa))
        learn(ip, port, spa, sha);
    if (wanted && peer_get16(arp + AT(arphdr, ar_op)) == ARPOP_REQUEST)
        peer_send_arp(ip, port, ARPOP_REPLY, tpa, sha, spa);
}

/* --- sending --- */

static void wait_for(struct peer_ip *ip, int port, uint32_t next_hop, struct frame *f)
{
    for (int k = 0; k < PEER_WAITING; k++)
        if (!ip->waiting[k].frame) {
            ip->waiting[k] = (struct peer_waiting){f, next_hop, port};
            peer_send_arp(ip, port, ARPOP_REQUEST, ip->host->port[port].ipv4, NULL, next_hop);
            return;
        }
    ip->unresolved++;
    frame_unref(f);
}

static void send_frame(struct peer_ip *ip, int port, uint32_t next_hop, const uint8_t *to_mac,
                       struct frame *f)
{
    const struct peer_neighbour *n = to_mac ? NULL : find_neighbour(ip, port, next_hop);
    if (!to_mac && peer_ip_is_broadcast(ip, port, next_hop))
        to_mac = everybody;
    if (n)
        to_mac = n->mac;
    if (!to_mac) {
        wait_for(ip, port, next_hop, f);
        return;
    }
    memcpy(f->bytes, to_mac, ETH_ALEN);
    host_send(ip->host, port, f);
}

void peer_send_packet(struct peer_ip *ip, int port, uint32_t next_hop, const uint8_t *packet,
                      uint32_t len)
{
    struct frame *f = ethernet(ip, port, NULL, ETHERTYPE_IP, len);
    memcpy(f->bytes + ETH_HLEN, packet, len);
    send_frame(ip, port, next_hop, NULL, f);
}

struct outgoing {
    int port;
    uint32_t src, dst, next_hop;
    const uint8_t *to_mac;
    uint8_t protocol;
    uint16_t id;
};

/* Port, next hop and source for a destination. */
static struct outgoing route(const struct peer_ip *ip, int port, uint32_t src, uint32_t dst)
{
    if (port < 0)
        port = peer_ip_port(ip, dst);
    if (port < 0 && ip->gateway)
        port = peer_ip_port(ip, ip->gateway);
    if (port < 0)
        port = 0;
    const struct host_port *p = &ip->host->port[port];
    uint32_t hop;
    if (ip->route && dst != PEER_BROADCAST && ip->route(ip, dst, &port, &hop))
        return (struct outgoing){.port = port,
                                 .src = src ? src : ip->host->port[port].ipv4,
                                 .dst = dst,
                                 .next_hop = hop};
    bool direct = !ip->gateway || dst == PEER_BROADCAST || on_link(p, dst);
    return (struct outgoing){.port = port,
                             .src = src ? src : p->ipv4,
                             .dst = dst,
                             .next_hop = direct ? dst : ip->gateway};
}

static void send_fragment(struct peer_ip *ip, const struct outgoing *o, const uint8_t *body,
                          uint32_t at, uint32_t len, bool more)
{
    struct frame *f = ethernet(ip, o->port, NULL, ETHERTYPE_IP, IP_HEADER + len);
    uint8_t *h = f->bytes + ETH_HLEN;
    h[0] = 0x45; /* version 4, five words */
    peer_put16(h + AT(iphdr, tot_len), IP_HEADER + len);
    peer_put16(h + AT(iphdr, id), o->id);
    peer_put16(h + AT(iphdr, frag_off), at / 8 | (more ? IP_MF : 0u));
    h[AT(iphdr, ttl)] = IPDEFTTL;
    h[AT(iphdr, protocol)] = o->protocol;
    peer_put32(h + AT(iphdr, saddr), o->src);
    peer_put32(h + AT(iphdr, daddr), o->dst);
    peer_put16(h + AT(iphdr, check), packet_sum(h, IP_HEADER, 0));
    memcpy(h + IP_HEADER, body + at, len);
    send_frame(ip, o->port, o->next_hop, o->to_mac, f);
}

static void send_ip(struct peer_ip *ip, struct outgoing *o, const uint8_t *body, uint32_t len)
{
    uint32_t room = ip->host->port[o->port].mtu - (uint32_t)IP_HEADER;
    uint32_t step = len <= room ? len : room & ~7u, at = 0;
    o->id = ip->next_id++;
    for (; len - at > step; at += step)
        send_fragment(ip, o, body, at, step, true);
    send_fragment(ip, o, body, at, len - at, false);
}

void peer_send_ip(struct peer_ip *ip, int port, uint8_t protocol, uint32_t src, uint32_t dst,
                  const uint8_t *body, uint32_t len)
{
    struct outgoing o = route(ip, port, src, dst);
    o.protocol = protocol;
    send_ip(ip, &o, body, len);
}

/* A sum of 0 goes out as ones. */
uint16_t peer_udp_sum(uint32_t src, uint32_t dst, const uint8_t *udp, uint32_t len)
{
    uint32_t pseudo =
        (src >> 16) + (src & 0xffff) + (dst >> 16) + (dst & 0xffff) + IPPROTO_UDP + len;
    return packet_sum(udp, len, pseudo);
}

void peer_send_udp(struct peer_ip *ip, int port, const struct peer_datagram *d)
{
    struct outgoing o = route(ip, port, d->src, d->dst);
    uint32_t len = UDP_HEADER + d->len;
    uint8_t *udp = host_alloc(ip->host, len);
    o.protocol = IPPROTO_UDP;
    o.to_mac = d->to_mac;
    peer_put16(udp + AT(udphdr, uh_sport), d->sport);
    peer_put16(udp + AT(udphdr, uh_dport), d->dport);
    peer_put16(udp + AT(udphdr, uh_ulen), len);
    if (d->len)
        memcpy(udp + UDP_HEADER, d->payload, d->len);
    uint16_t sum = peer_udp_sum(o.src, o.dst, udp, len);
    peer_put16(udp + AT(udphdr, uh_sum), sum ? sum : 0xffff);
    send_ip(ip, &o, udp, len);
    world_release(ip->host->world, udp, len);
}

void peer_send_icmp(struct peer_ip *ip, int port, uint32_t src, uint32_t dst,
                    const uint8_t *message, uint32_t len)
{
    struct outgoing o = route(ip, port, src, dst);
    uint8_t *icmp = host_alloc(ip->host, len);
    o.protocol = IPPROTO_ICMP;
    memcpy(icmp, message, len);
    peer_put16(icmp + AT(icmphdr, checksum), 0);
    peer_put16(icmp + AT(icmphdr, checksum), packet_sum(icmp, len, 0));
    send_ip(ip, &o, icmp, len);
    world_release(ip->host->world, icmp, len);
}

void peer_send_unreachable(struct peer_ip *ip, const struct peer_packet *p, uint8_t code)
{
    enum { QUOTED = 60 + 8 }; /* the longest header, and eight octets */
    uint8_t message[sizeof(struct icmphdr) + QUOTED] = {ICMP_DEST_UNREACH, code};
    uint32_t quoted = (uint32_t)(p->packet[0] & 15) * 4 + 8;
    if (quoted > p->packet_len)
        quoted = p->packet_len;
    memcpy(message + sizeof(struct icmphdr), p->packet, quoted);
    peer_send_icmp(ip, p->port, peer_ip_is_own(ip, p->dst) ? p->dst : 0, p->src, message,
                   (uint32_t)sizeof(struct icmphdr) + quoted);
}

/* --- receiving --- */

static enum peer_event bad(struct peer_ip *ip)
{
    ip->bad++;
    return PEER_NOTHING;
}

static enum peer_event receive_udp(struct peer_ip *ip, struct peer_packet *p)
{
    const uint8_t *udp = p->payload;
    if (p->len < UDP_HEADER)
        return bad(ip);
    uint32_t len = peer_get16(udp + AT(udphdr, uh_ulen));
    if (len < UDP_HEADER || len > p->len)
        return bad(ip);
    if (peer_get16(udp + AT(udphdr, uh_sum)) != 0 && peer_udp_sum(p->src, p->dst, udp, len) != 0)
        return bad(ip);
    p->sport = peer_get16(udp + AT(udphdr, uh_sport));
    p->dport = peer_get16(udp + AT(udphdr, uh_dport));
    p->payload = udp + UDP_HEADER;
    p->len = len - UDP_HEADER;
    return PEER_UDP;
}

/* RFC 1122 3.2.2.6: the reply's source is the request's destination, its data the request's.
 * Broadcast pings are not answered. */
static enum peer_event receive_icmp(struct peer_ip *ip, struct peer_packet *p)
{
    if (p->len < sizeof(struct icmphdr) || packet_sum(p->payload, p->len, 0) != 0)
        return bad(ip);
    if (p->payload[AT(icmphdr, type)] != ICMP_ECHO || p->payload[AT(icmphdr, code)] != 0)
        return PEER_ICMP;
    if (ip->no_ping || !peer_ip_is_own(ip, p->dst))
        return PEER_NOTHING;
    uint8_t *reply = host_alloc(ip->host, p->len);
    memcpy(reply, p->payload, p->len);
    reply[AT(icmphdr, type)] = ICMP_ECHOREPLY;
    peer_send_icmp(ip, p->port, p->dst, p->src, reply, p->len);
    world_release(ip->host->world, reply, p->len);
    return PEER_NOTHING;
}

static bool parse_header(struct peer_packet *p, const uint8_t *h, uint32_t len)
{
    if (len < IP_HEADER || h[0] >> 4 != IPVERSION)
        return false;
    uint32_t header_len = (uint32_t)(h[0] & 15) * 4;
    uint32_t total = peer_get16(h + AT(iphdr, tot_len));
    if (header_len < IP_HEADER || total < header_len || total > len ||
        packet_sum(h, header_len, 0) != 0)
        return false;
    p->packet = h;
    p->packet_len = total;
    p->payload = h + header_len;
    p->len = total - header_len;
    p->src = peer_get32(h + AT(iphdr, saddr));
    p->dst = peer_get32(h + AT(iphdr, daddr));
    p->protocol = h[AT(iphdr, protocol)];
    p->ttl = h[AT(iphdr, ttl)];
    p->tos = h[AT(iphdr, tos)];
    return true;
}

static enum peer_event receive_ip(struct peer_ip *ip, struct peer_packet *p, const uint8_t *h,
                                  uint32_t len)
{
    if (!parse_header(p, h, len))
        return bad(ip);
    learn(ip, p->port, p->src, p->from_mac);
    if (!peer_ip_is_own(ip, p->dst) && !peer_ip_is_broadcast(ip, p->port, p->dst))
        return PEER_NOT_OURS;
    uint16_t fragment = peer_get16(h + AT(iphdr, frag_off));
    if (fragment & (IP_MF | IP_OFFMASK) &&
        peer_reassemble(ip, &ip->fragments, p, fragment) != FRAGMENT_LAST)
        return PEER_NOTHING;
    switch (p->protocol) {
    case IPPROTO_UDP:
        return receive_udp(ip, p);
    case IPPROTO_ICMP:
        return receive_icmp(ip, p);
    default:
        return PEER_OTHER;
    }
}

/* A station takes frames for its own address and for groups, and none with a wrong check sequence.
 */
enum peer_event peer_ip_frame(struct peer_ip *ip, int port, const struct frame *f,
                              struct peer_packet *p)
{
    const uint8_t *bytes = f->bytes;
    if (f->len < ETH_HLEN || f->flags & FRAME_BAD_FCS)
        return bad(ip);
    if (!(bytes[0] & 1) && memcmp(bytes, ip->host->port[port].mac, ETH_ALEN) != 0)
        return PEER_NOTHING;
    memset(p, 0, sizeof *p);
    p->port = port;
    p->to_mac = bytes;
    p->from_mac = bytes + ETH_ALEN;
    uint16_t type = peer_get16(bytes + 2 * ETH_ALEN);
    if (type == ETHERTYPE_IP)
        return receive_ip(ip, p, bytes + ETH_HLEN, f->len - ETH_HLEN);
    if (type == ETHERTYPE_ARP)
        receive_arp(ip, port, bytes + ETH_HLEN, f->len - ETH_HLEN);
    return PEER_NOTHING;
}

/* ICMP errors: when they may be sent, and what they hold. */
#include "sim/hosts/router_icmp.h"
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stddef.h>
#include <string.h>

enum { ICMP_HEADER = 8, IP_HEADER = 20 };

/* RFC 1122 3.2.2: destination unreachable, source quench, redirect, time exceeded, parameter
 * problem. */
static bool is_error(uint8_t type)
{
    return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
           type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

static bool single_host(uint32_t address)
{
    uint8_t first = (uint8_t)(address >> 24);
    return first != 0 && first != IN_LOOPBACKNET && first < 224;
}

bool icmp_error_allowed(const struct peer_ip *ip, const struct peer_packet *p)
{
    uint32_t header = (uint32_t)(p->packet[0] & 15) * 4;
    uint16_t fragment = peer_get16(p->packet + offsetof(struct iphdr, frag_off));
    if (p->to_mac[0] & 1 || !single_host(p->dst) || !single_host(p->src) || fragment & IP_OFFMASK)
        return false;
    if (peer_ip_is_broadcast(ip, p->port, p->dst) || peer_ip_is_broadcast(ip, p->port, p->src))
        return false;
    return p->protocol != IPPROTO_ICMP || (p->packet_len > header && !is_error(p->packet[header]));
}

uint32_t icmp_error_write(uint8_t out[ICMP_ERROR_MAX], const struct icmp_error *e,
                          const struct peer_packet *p)
{
    uint32_t header = (uint32_t)(p->packet[0] & 15) * 4;
    uint32_t quoted = p->packet_len - header;
    if (quoted > e->quote)
        quoted = e->quote;
    if (header + quoted > ICMP_ERROR_MAX - ICMP_HEADER)
        quoted = ICMP_ERROR_MAX - ICMP_HEADER - header;
    uint32_t len = ICMP_HEADER + header + quoted;
    out[0] = e->type;
    out[1] = e->code;
    peer_put16(out + 2, 0);
    peer_put32(out + 4, e->rest);
    memcpy(out + ICMP_HEADER, p->packet, header + quoted);
    peer_put16(out + 2, packet_sum(out, len, 0));
    return len;
}

void ip_header_write(uint8_t out[20], const struct ip_fields *f, uint32_t len)
{
    memset(out, 0, IP_HEADER);
    out[0] = 0x45; /* version 4, five words */
    out[offsetof(struct iphdr, tos)] = f->tos;
    peer_put16(out + offsetof(struct iphdr, tot_len), IP_HEADER + len);
    peer_put16(out + offsetof(struct iphdr, id), f->id);
    out[offsetof(struct iphdr, ttl)] = f->ttl;
    out[offsetof(struct iphdr, protocol)] = f->protocol;
    peer_put32(out + offsetof(struct iphdr, saddr), f->src);
    peer_put32(out + offsetof(struct iphdr, daddr), f->dst);
    peer_put16(out + offsetof(struct iphdr, check), packet_sum(out, IP_HEADER, 0));
}

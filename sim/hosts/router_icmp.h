/* ICMP errors about a packet: for routers and for hosts that have no such port. */
#ifndef SIM_HOSTS_ROUTER_ICMP_H
#define SIM_HOSTS_ROUTER_ICMP_H

#include "sim/hosts/peer_ip.h"

/* RFC 1812 4.3.2.3: as much of the original as fits into a datagram of 576 bytes. */
enum { ICMP_ERROR_MAX = 576 - 20, QUOTE_ALL = 0xffff };

struct icmp_error {
    uint8_t type, code;
    uint32_t rest;  /* the second word: next-hop MTU, gateway */
    uint32_t quote; /* bytes behind the quoted IP header, at most; QUOTE_ALL */
};

/* RFC 1122 3.2.2: never about an error, a broadcast, a fragment but the first, or a source that is
 * no single host. */
bool icmp_error_allowed(const struct peer_ip *ip, const struct peer_packet *p);
/* The message with its sum; returns its length, at most ICMP_ERROR_MAX. */
uint32_t icmp_error_write(uint8_t out[ICMP_ERROR_MAX], const struct icmp_error *e,
                          const struct peer_packet *p);

/* A bare IPv4 header before `len` bytes, which follow it already. */
struct ip_fields {
    uint32_t src, dst;
    uint16_t id;
    uint8_t tos, ttl, protocol;
};
void ip_header_write(uint8_t out[20], const struct ip_fields *f, uint32_t len);

#endif

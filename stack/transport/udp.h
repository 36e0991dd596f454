/*
 * UDP (RFC 768, RFC 1122 4.1) as an interface for services and the socket layer: a control block bound to (address, port), datagrams up by callback. Lookup prefers the
 * most specific match: connected, then bound to the address, then wildcard.
 */
#ifndef STACK_TRANSPORT_UDP_H
#define STACK_TRANSPORT_UDP_H

#include "stack/net/ip.h"

struct udp_pcb {
    struct udp_pcb *next;
    struct ip_addr local, remote;  /* any: wildcard, not connected */
    uint16_t local_port, remote_port;
    struct netif *nif;             /* only by this interface, or NULL */
    uint8_t ttl, tos;              /* ttl 0: the knob */
    uint8_t ip_flags;              /* of enum ip_send_flag */
    uint8_t multicast_ttl;
    bool no_checksum, reuse, multicast_loop, accept_any_destination; /* the last: DHCP, before there is an address */
    /* Takes nb, whose cursor is at the payload. from_port and r->source tell the sender. */
    void (*receive)(struct udp_pcb *pcb, struct stack *s, struct netbuf *nb, const struct ip_received *r, uint16_t from_port, int64_t now_ns);
    /* An ICMP error for what this pcb sent. May be NULL. */
    void (*error)(struct udp_pcb *pcb, struct stack *s, const struct ip_error *e);
    void *owner;
};

/* Enters a pcb (caller's memory, zeroed and filled). local_port 0: an unguessable ephemeral one (49152-65535, RFC 6056). -ERR_ADDRINUSE, -ERR_ADDRNOTAVAIL. */
int udp_bind(struct stack *s, struct udp_pcb *pcb);
int udp_connect(struct stack *s, struct udp_pcb *pcb, const struct ip_addr *remote, uint16_t port);
void udp_unbind(struct stack *s, struct udp_pcb *pcb);

/* One datagram. `to` NULL when connected. Copies. Returns 0 or a negated stack_error. */
int udp_send(struct stack *s, struct udp_pcb *pcb, const void *bytes, uint32_t len, const struct ip_addr *to, uint16_t port, int64_t now_ns);

extern const struct module udp_module;

#endif

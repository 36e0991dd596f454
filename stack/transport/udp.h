/*
 * UDP (RFC 768, RFC 1122 4.1) as an interface for services and the socket layer: a control block
 * bound to (address, port), datagrams up by callback. Lookup prefers the most specific match:
 * connected, then bound to the address, then wildcard; among equals the one that was bound last.
 *
 * Of a datagram with bytes behind its length (RFC 768 leaves them open) the bytes behind are
 * ignored.
 */
#ifndef STACK_TRANSPORT_UDP_H
#define STACK_TRANSPORT_UDP_H

#include "stack/transport/demux.h"

#ifdef __cplusplus
extern "C" {
#endif

struct udp_pcb {
    struct port_pcb end;
    void *owner;
    /* Takes nb, whose cursor is at the payload. from_port and r->source tell the sender. */
    void (*receive)(struct udp_pcb *pcb, struct stack *s, struct netbuf *nb,
                    const struct ip_received *r, uint16_t from_port, int64_t now_ns);
    /* An error for what this pcb sent. May be NULL. */
    void (*error)(struct udp_pcb *pcb, struct stack *s, const struct ip_error *e, int64_t now_ns);
    uint8_t options[40]; /* end.options_len of them */
};

enum { UDP_MAX_PAYLOAD4 = 65535 - 20 - 8, UDP_MAX_PAYLOAD6 = 65535 - 8 };

/* One of limits.udp_pcbs, zeroed, for who has no memory of his own for it; NULL: all are lent, or
 * there is no UDP (-ERR_PROTONOSUPPORT of udp_bind and udp_connect).
 * udp_free unbinds it first. */
struct udp_pcb *udp_new(struct stack *s);
void udp_free(struct stack *s, struct udp_pcb *pcb);

/*
 * Enters a pcb (udp_new's or the caller's memory, zeroed and filled). local_port 0: an unguessable
 * ephemeral one (49152-65535, RFC 6056). -ERR_ADDRINUSE: the port is taken for an overlapping
 * address and interface, and not both sides set `reuse`. -ERR_ADDRNOTAVAIL: the address is neither
 * ours, nor a broadcast or multicast address to receive on. -ERR_INVAL: bound already.
 */
int udp_bind(struct stack *s, struct udp_pcb *pcb);
/* Only datagrams from (remote, port) come in from now on; sets `local` to the address that goes
 * there, binds to an ephemeral port when not bound. `remote` NULL dissolves the association,
 * `local` stays. -ERR_ACCES: broadcast without IP_BROADCAST_OK; ip_path's errors. */
int udp_connect(struct stack *s, struct udp_pcb *pcb, const struct ip_addr *remote, uint16_t port);
/* The address that it is bound to, `any` for all: what was connected stays so. */
void udp_set_local(struct stack *s, struct udp_pcb *pcb, const struct ip_addr *local);
/* Takes the pcb out; local_port is 0 again. Nothing happens when it was not in. */
void udp_unbind(struct stack *s, struct udp_pcb *pcb);

/* One datagram. `to` NULL when connected. Copies. Binds to an ephemeral port when not bound.
 * Returns 0 or a negated stack_error: -ERR_DESTADDRREQ, -ERR_INVAL (port 0), -ERR_MSGSIZE,
 * -ERR_ACCES, -ERR_NOBUFS, ip_path's and ip_output's. */
int udp_send(struct stack *s, struct udp_pcb *pcb, const void *bytes, uint32_t len,
             const struct ip_addr *to, uint16_t port, int64_t now_ns);

/* The answer to a datagram: to its sender, from the address that was asked (RFC 1122 4.1.3.5).
 * udp_send's results. */
int udp_answer(struct stack *s, struct udp_pcb *pcb, const struct ip_received *r,
               uint16_t from_port, const void *bytes, uint32_t len, int64_t now_ns);

extern const struct module udp_module;

#ifdef __cplusplus
}
#endif

#endif

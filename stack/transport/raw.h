/*
 * Raw IP: packets by protocol number, as they came, IP header first. A packet's own protocol gets
 * it as well. Echo, timestamp and address mask requests are ICMP's own business and do not come
 * here.
 */
#ifndef STACK_TRANSPORT_RAW_H
#define STACK_TRANSPORT_RAW_H

#include "stack/net/ip.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RAW_PROTOCOL_ANY = 255 }; /* IPPROTO_RAW: sends whole packets, receives none */

struct raw_pcb {
    struct ip_pcb ip; /* IP_HEADER_INCLUDED in ip_flags: what is sent begins with an IP header */
    struct raw_pcb *next, **link; /* among those of its protocol; link NULL: not bound */
    uint8_t protocol;
    /* Takes nb, a copy, whose cursor is at the IP header (r->header_len bytes). */
    void (*receive)(struct raw_pcb *pcb, struct stack *s, struct netbuf *nb,
                    const struct ip_received *r, int64_t now_ns);
    /* An error for a packet of this protocol that went to `remote`, or anywhere while not
     * connected. May be NULL. */
    void (*error)(struct raw_pcb *pcb, struct stack *s, const struct ip_error *e, int64_t now_ns);
    void *owner;
};

/* One of limits.raw_pcbs, zeroed, for who has no memory of his own for it; NULL: all are lent.
 * raw_free unbinds it first. */
struct raw_pcb *raw_new(struct stack *s);
void raw_free(struct stack *s, struct raw_pcb *pcb);

/* Enters a pcb (raw_new's or the caller's memory, zeroed and filled). -ERR_ADDRNOTAVAIL, -ERR_INVAL
 * when it is in already. */
int raw_bind(struct stack *s, struct raw_pcb *pcb);
void raw_unbind(struct stack *s, struct raw_pcb *pcb);

/* One packet: the bytes behind the IP header, or with IP_HEADER_INCLUDED all of it. `to` NULL: to
 * `remote`, connected. Copies. 0 or a negated stack_error. */
int raw_send(struct stack *s, struct raw_pcb *pcb, const void *bytes, uint32_t len,
             const struct ip_addr *to, int64_t now_ns);

extern const struct module raw_module;

#ifdef __cplusplus
}
#endif

#endif

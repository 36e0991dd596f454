/* What the files of UDP share. */
#ifndef STACK_TRANSPORT_UDP_INSIDE_H
#define STACK_TRANSPORT_UDP_INSIDE_H

#include "stack/core/addr_class.h"
#include "stack/core/pool.h"
#include "stack/transport/udp.h"

struct udp_state {
    struct demux demux;
    struct pool pcbs;
};

enum udp_knob { UDP_KNOB_PORT_FIRST, UDP_KNOB_PORT_LAST, UDP_KNOB_REQUIRE_CHECKSUM };

enum udp_counter {
    UDP_IN,
    UDP_OUT,
    UDP_NO_CHECKSUM,
    UDP_ERROR_IN,
    UDP_DROP_SHORT,
    UDP_DROP_LENGTH_SMALL,
    UDP_DROP_LENGTH_LARGE,
    UDP_DROP_CHECKSUM,
    UDP_DROP_CHECKSUM_MISSING,
    UDP_DROP_PORT_ZERO,
    UDP_DROP_NO_PORT,
    UDP_DROP_NO_PORT_MULTI,
    UDP_DROP_NO_BUFFER,
    UDP_DROP_ERROR_SHORT,
    UDP_DROP_ERROR_UNMATCHED,
    UDP_COUNTERS
};

static inline struct udp_state *udp_state(struct stack *s)
{
    return s->state[MODULE_UDP];
}

/* Every block begins with its end. */
static inline struct udp_pcb *udp_pcb_of(struct port_pcb *end)
{
    return (struct udp_pcb *)(void *)end;
}

/* The address that it is bound to send from; NULL: the stack's choice, as for one that listens on a
 * group or a broadcast address (RFC 1122 4.1.3.6). */
static inline const struct ip_addr *udp_source_wish(const struct udp_pcb *pcb)
{
    return addr_is_any(&pcb->end.ip.local) || pcb->end.to_many ? NULL : &pcb->end.ip.local;
}

static inline bool udp_is_to_many(struct stack *s, const struct ip_addr *a)
{
    return addr_is_multicast(a) || addr_is_broadcast(s, a);
}

/* Where datagrams to `to` go first: there, or the first hop of the route among the options
 * (RFC 1122 4.1.3.2). */
static inline struct ip_addr udp_first_hop(const struct udp_pcb *pcb, const struct ip_addr *to)
{
    return pcb->end.options_len ? ip_first_hop(pcb->options, pcb->end.options_len, to) : *to;
}

void udp_input(struct stack *s, struct netbuf *nb, const struct ip_received *r, int64_t now_ns);
void udp_input_error(struct stack *s, const struct ip_error *e, int64_t now_ns);
/* Has a connected pcb sent the packet that e is about? */
bool udp_sent(struct stack *s, const struct ip_error *e);

#endif

/* How long an answer is waited for: the retransmission timeout and the user timeout. */
#include "stack/transport/tcp/inside.h"

struct rtt_limits tcp_rtt_limits(const struct stack *s)
{
    struct rtt_limits l = rtt_limits_rfc();
    l.initial_ns = tcp_knob(s, TCP_KNOB_RTO_INITIAL);
    l.min_ns = tcp_knob(s, TCP_KNOB_RTO_MIN);
    l.max_ns = tcp_knob(s, TCP_KNOB_RTO_MAX);
    return l;
}

int64_t tcp_rto_ns(const struct stack *s, const struct tcp_pcb *pcb)
{
    const struct rtt_limits l = tcp_rtt_limits(s);
    return rtt_rto(&pcb->rtt, &l);
}

int64_t tcp_patience_ns(const struct stack *s, const struct tcp_pcb *pcb)
{
    bool handshake = pcb->state == TCP_SYN_SENT || pcb->state == TCP_SYN_RECEIVED;
    return tcp_knob(s, handshake ? TCP_KNOB_R2_SYN : TCP_KNOB_R2);
}

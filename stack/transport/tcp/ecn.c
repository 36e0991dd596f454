/* Explicit congestion notification (RFC 3168): agreed on by the SYNs, echoed until CWR answers. */
#include "stack/transport/tcp/inside.h"

enum { ECN_MASK = 3, ECT_0 = 2, CE = 3 }; /* of the TOS octet: 5 */
enum { ECN_OFF, ECN_ON, ECN_PASSIVE };    /* of the knob: 2 answers and does not ask */

static bool asks(const struct stack *s, const struct tcp_pcb *pcb)
{
    return tcp_knob(s, TCP_KNOB_ECN) == ECN_ON &&
           pcb->retransmits <= tcp_knob(s, TCP_KNOB_ECN_RETRIES);
}

/* 6.1.1: ECE and CWR in a SYN, ECE in the answer. 6.1.1.1: a SYN that was not answered is sent
 * again without them. */
uint8_t tcp_ecn_syn_flags(const struct stack *s, const struct tcp_pcb *pcb, bool answer)
{
    if (answer)
        return pcb->ecn ? TCP_FLAG_ECE : 0;
    return asks(s, pcb) ? TCP_FLAG_ECE | TCP_FLAG_CWR : 0;
}

void tcp_ecn_learn(const struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    const uint8_t both = TCP_FLAG_ECE | TCP_FLAG_CWR;
    if (g->hdr.flags & TCP_FLAG_ACK)
        pcb->ecn = asks(s, pcb) && (g->hdr.flags & both) == TCP_FLAG_ECE;
    else if (pcb->passive)
        pcb->ecn = tcp_knob(s, TCP_KNOB_ECN) != ECN_OFF && (g->hdr.flags & both) == both;
    else /* SYNs crossed: who sent one that does not ask sends nothing that is ECT */
        pcb->ecn = asks(s, pcb) && (g->hdr.flags & both) == both;
}

/* 6.1.3: CWR ends the echo, unless its own packet was marked. Pure acknowledgements are not marked.
 */
void tcp_ecn_input(struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    if (!pcb->ecn)
        return;
    if (g->hdr.flags & TCP_FLAG_CWR)
        pcb->ecn_echo = false;
    if (g->hdr_text_len > 0 && (g->ip->tos & ECN_MASK) == CE)
        pcb->ecn_echo = true;
}

/* 6.1.2, 6.1.5: new data says CWR once; retransmissions, pure acknowledgements (6.1.4) and probes
 * (6.1.6) are not ECN-capable. */
uint8_t tcp_ecn_flags(struct tcp_pcb *pcb, const struct tcp_plan *plan)
{
    uint8_t flags = 0;
    if (!pcb->ecn || (plan->flags & (TCP_FLAG_SYN | TCP_FLAG_RST)))
        return 0;
    if (pcb->ecn_echo)
        flags |= TCP_FLAG_ECE;
    if (plan->fresh && pcb->sender && pcb->sender->recovery.cwr) {
        flags |= TCP_FLAG_CWR;
        pcb->sender->recovery.cwr = false;
    }
    return flags;
}

uint8_t tcp_ecn_tos(const struct tcp_pcb *pcb, const struct tcp_plan *plan)
{
    uint8_t tos = pcb->end.ip.tos & (uint8_t)~ECN_MASK;
    return pcb->ecn && plan->fresh && plan->len > 0 ? tos | ECT_0 : tos;
}

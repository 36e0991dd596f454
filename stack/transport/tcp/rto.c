/* The retransmission timeout (RFC 6298). */
#include "stack/core/div.h"
#include "stack/transport/tcp/inside.h"

enum { MOST_DOUBLINGS = 16 };

static uint32_t knob_us(const struct stack *s, enum tcp_knob k)
{
    return (uint32_t)div_s64(tcp_knob(s, k), 1000);
}

static uint32_t microseconds(int64_t ns)
{
    if (ns < 0)
        return 0;
    return ns <= UINT32_MAX ? (uint32_t)ns / 1000 : (uint32_t)div_s64(ns, 1000);
}

void tcp_rtt_sample(struct stack *s, struct tcp_pcb *pcb, int64_t rtt_ns)
{
    uint32_t r = microseconds(rtt_ns);
    if (pcb->srtt_us == 0) { /* 2.2 */
        pcb->srtt_us = r ? r : 1;
        pcb->rttvar_us = r / 2;
    } else { /* 2.3, with alpha 1/8 and beta 1/4 */
        uint32_t off = r > pcb->srtt_us ? r - pcb->srtt_us : pcb->srtt_us - r;
        pcb->rttvar_us += off / 4 - pcb->rttvar_us / 4;
        pcb->srtt_us += r / 8 - pcb->srtt_us / 8;
    }
    uint32_t least = knob_us(s, TCP_KNOB_RTO_MIN), most = knob_us(s, TCP_KNOB_RTO_MAX);
    uint32_t rto = pcb->srtt_us + 4 * pcb->rttvar_us;
    rto = rto < least ? least : rto;       /* 2.4 */
    pcb->rto_us = rto > most ? most : rto; /* 2.5 */
    pcb->backoff = 0;
}

int64_t tcp_rto_ns(const struct stack *s, const struct tcp_pcb *pcb)
{
    unsigned doublings = pcb->backoff < MOST_DOUBLINGS ? pcb->backoff : MOST_DOUBLINGS;
    int64_t rto = (int64_t)pcb->rto_us * 1000 << doublings;
    int64_t most = tcp_knob(s, TCP_KNOB_RTO_MAX);
    return rto < most ? rto : most;
}

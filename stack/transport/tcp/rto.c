/* How long an answer is waited for, by the stack's knobs: the retransmission timeout (RFC 6298) and
 * the user timeout. Without a sender the block has microseconds of the first, and counts the
 * doublings of the handshake as `retransmits`. */
#include "stack/core/div.h"
#include "stack/transport/tcp/inside.h"

static struct rtt_limits limits(const struct stack *s)
{
    struct rtt_limits l = rtt_limits_rfc();
    l.initial_ns = tcp_knob(s, TCP_KNOB_RTO_INITIAL);
    l.min_ns = tcp_knob(s, TCP_KNOB_RTO_MIN);
    l.max_ns = tcp_knob(s, TCP_KNOB_RTO_MAX);
    l.granularity_ns = tcp_knob(s, TCP_KNOB_RTO_GRANULARITY);
    return l;
}

static uint32_t microseconds(int64_t ns)
{
    int64_t us = div_s64(ns, 1000);
    return us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

struct rtt tcp_rtt_remembered(const struct stack *s, const struct tcp_pcb *pcb)
{
    const struct rtt_limits l = limits(s);
    struct rtt r;
    rtt_init(&r, &l);
    if (pcb->srtt_us)
        rtt_restore(&r, &l, pcb->srtt_us * INT64_C(1000), pcb->rttvar_us * INT64_C(1000));
    else if (pcb->syn_lost)
        rtt_after_lost_syn(&r, &l); /* 5.7 */
    return r;
}

void tcp_rtt_remember(struct tcp_pcb *pcb, const struct rtt *r)
{
    pcb->srtt_us = microseconds(r->srtt_ns);
    pcb->rttvar_us = microseconds(r->rttvar_ns);
}

/* 3 (Karn): of a SYN that was sent once. */
void tcp_rtt_sample_syn(const struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    const struct rtt_limits l = limits(s);
    pcb->syn_lost = pcb->retransmits > 0;
    bool blind = pcb->passive && !pcb->timestamps && !tcp_knob(s, TCP_KNOB_RTO_FROM_SYN_ACK);
    if (pcb->syn_lost || pcb->syn_ns == TCP_NEVER || blind)
        return;
    struct rtt r;
    rtt_init(&r, &l);
    rtt_sample(&r, &l, now_ns - pcb->syn_ns);
    tcp_rtt_remember(pcb, &r);
}

void tcp_rtt_sample(const struct stack *s, struct tcp_sender *x, int64_t rtt_ns)
{
    const struct rtt_limits l = limits(s);
    rtt_sample(&x->rtt, &l, rtt_ns);
}

/* RFC 4015 3.4. */
void tcp_rtt_adapt(const struct stack *s, struct tcp_sender *x, int64_t rtt_ns)
{
    const struct rtt_limits l = limits(s);
    rtt_adapt_to_delay(&x->rtt, &l, x->rtt.srtt_ns, x->rtt.rttvar_ns, rtt_ns);
}

void tcp_rto_expired(const struct stack *s, struct tcp_pcb *pcb)
{
    const struct rtt_limits l = limits(s);
    if (pcb->sender)
        rtt_expired(&pcb->sender->rtt, &l);
}

/* With what the knob adds to a timeout that a sample or a loss has set, within the upper bound. */
static int64_t with_slop(const struct stack *s, const struct rtt *r, const struct rtt_limits *l)
{
    int64_t slop_ns = r->srtt_ns || r->backoff ? tcp_knob(s, TCP_KNOB_REXMIT_SLOP) : 0;
    int64_t rto_ns = rtt_rto(r, l) + slop_ns;
    return slop_ns && rto_ns > l->max_ns ? l->max_ns : rto_ns;
}

int64_t tcp_rto_ns(const struct stack *s, const struct tcp_pcb *pcb)
{
    const struct rtt_limits l = limits(s);
    if (pcb->sender)
        return with_slop(s, &pcb->sender->rtt, &l);
    struct rtt r = tcp_rtt_remembered(s, pcb);
    r.backoff = pcb->retransmits;
    if (pcb->state == TCP_SYN_SENT) {
        uint8_t flat = (uint8_t)tcp_knob(s, TCP_KNOB_SYN_LINEAR);
        r.backoff = pcb->retransmits > flat ? (uint8_t)(pcb->retransmits - flat) : 0;
    }
    return with_slop(s, &r, &l);
}

/* With the knob four times SRTT and eight RTTVAR, doubled each time, within two bounds; by the
 * initial timeout when there is no sample. */
int64_t tcp_persist_ns(const struct stack *s, const struct tcp_pcb *pcb)
{
    int64_t least = tcp_knob(s, TCP_KNOB_PERSIST_MIN), most = tcp_knob(s, TCP_KNOB_PERSIST_MAX);
    if (least == 0)
        return pcb->snd_wnd == 0 ? tcp_rto_ns(s, pcb) : tcp_knob(s, TCP_KNOB_SWS_OVERRIDE);
    struct rtt r = pcb->sender ? pcb->sender->rtt : tcp_rtt_remembered(s, pcb);
    int64_t ns =
        r.srtt_ns ? 4 * r.srtt_ns + 8 * r.rttvar_ns : 2 * tcp_knob(s, TCP_KNOB_RTO_INITIAL);
    for (unsigned k = 0; k < r.backoff && ns < most; k++)
        ns *= 2;
    ns += tcp_knob(s, TCP_KNOB_REXMIT_SLOP);
    ns = ns < least ? least : ns;
    return ns < most ? ns : most;
}

unsigned tcp_syn_count(const struct stack *s, const struct tcp_pcb *pcb)
{
    int64_t rto_ns = tcp_knob(s, TCP_KNOB_RTO_INITIAL), most_ns = tcp_knob(s, TCP_KNOB_RTO_MAX);
    int64_t last_ns = tcp_knob(s, TCP_KNOB_R2_SYN);
    unsigned count = 0;
    if (pcb->wishes && pcb->wishes->syn_count)
        return pcb->wishes->syn_count;
    for (int64_t at_ns = rto_ns; at_ns < last_ns && count < UINT8_MAX; at_ns += rto_ns, count++)
        rto_ns = 2 * rto_ns < most_ns ? 2 * rto_ns : most_ns;
    return count;
}

int64_t tcp_patience_ns(const struct stack *s, const struct tcp_pcb *pcb)
{
    if (pcb->wishes && pcb->wishes->user_timeout_ms)
        return pcb->wishes->user_timeout_ms * INT64_C(1000000);
    bool handshake = pcb->state == TCP_SYN_SENT || pcb->state == TCP_SYN_RECEIVED;
    if (handshake && pcb->wishes && pcb->wishes->syn_count) /* its end is a number of tries */
        return (pcb->wishes->syn_count + 1) * tcp_knob(s, TCP_KNOB_RTO_MAX);
    return tcp_knob(s, handshake ? TCP_KNOB_R2_SYN : TCP_KNOB_R2);
}

int64_t tcp_give_up_at_ns(const struct stack *s, const struct tcp_pcb *pcb, int64_t now_ns)
{
    bool later = pcb->wishes && pcb->wishes->user_timeout_ms && pcb->syn_acked &&
                 pcb->retransmits == 0 && tcp_knob(s, TCP_KNOB_USER_TIMEOUT_AGAIN);
    return later ? TCP_NEVER : now_ns + tcp_patience_ns(s, pcb);
}

/*
 * What acknowledgements mean for what is sent (RFC 9293 3.10.7.4, fifth step; RFC 5681 3.1;
 * RFC 6298 5), and what a retransmission timeout does. Congestion control stands here as its two
 * first algorithms; loss recovery will take their place.
 */
#include "stack/transport/tcp/inside.h"

bool tcp_fin_acknowledged(const struct tcp_pcb *pcb)
{
    return pcb->fin_queued && pcb->snd_una == pcb->snd_end + 1;
}

/* --- congestion control: slow start and congestion avoidance (RFC 5681 3.1) --- */

void tcp_congestion_start(struct stack *s, struct tcp_pcb *pcb)
{
    enum { FULL = 1460 };
    uint32_t mss = tcp_send_mss(s, pcb), n = (uint32_t)tcp_knob(s, TCP_KNOB_INITIAL_WINDOW);
    /* RFC 6928 2: min(10*MSS, max(2*MSS, 14600)). */
    uint32_t most = n * FULL > 2 * mss ? n * FULL : 2 * mss;
    pcb->cwnd = n * mss < most ? n * mss : most;
    if (pcb->retransmits > 0) /* RFC 5681 3.1: the SYN or SYN-ACK was lost */
        pcb->cwnd = mss;
    pcb->ssthresh = UINT32_MAX;
}

uint32_t tcp_congestion_room(const struct tcp_pcb *pcb)
{
    /* What is deemed lost is not in flight. */
    uint32_t flight = pcb->snd_nxt - pcb->snd_una - (pcb->resend_end - pcb->resend);
    return pcb->cwnd > flight ? pcb->cwnd - flight : 0;
}

static void grow(struct stack *s, struct tcp_pcb *pcb, uint32_t acked)
{
    uint32_t mss = tcp_send_mss(s, pcb);
    uint32_t step = pcb->cwnd < pcb->ssthresh ? (acked < mss ? acked : mss)
                                              : (uint32_t)((uint64_t)mss * mss >> 10) /
                                                    (pcb->cwnd >> 10 ? pcb->cwnd >> 10 : 1);
    if (pcb->cwnd < UINT32_MAX / 2)
        pcb->cwnd += step ? step : 1;
}

static void collapse(struct stack *s, struct tcp_pcb *pcb)
{
    uint32_t mss = tcp_send_mss(s, pcb), flight = pcb->snd_nxt - pcb->snd_una;
    if (pcb->retransmits == 1) /* equation (4), once for a segment */
        pcb->ssthresh = flight / 2 > 2 * mss ? flight / 2 : 2 * mss;
    pcb->cwnd = mss;
}

/* --- an acknowledgement --- */

static void measure(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                    int64_t now_ns)
{
    const struct rtt_limits limits = tcp_rtt_limits(s);
    if (pcb->timing && seq_upto(pcb->timed, g->ack)) {
        pcb->timing = false;
        rtt_sample(&pcb->rtt, &limits, now_ns - pcb->timed_ns);
    } else if (pcb->timestamps && g->options.has_timestamps && g->options.ts_ecr) {
        uint32_t ms = tcp_timestamp(s, pcb, now_ns) - g->options.ts_ecr;
        if (ms < UINT32_MAX / 2)
            rtt_sample(&pcb->rtt, &limits, (int64_t)ms * 1000000);
    }
}

/* Octets of text that the acknowledgement is for; SYN and FIN are none. */
static void drop_acknowledged(struct stack *s, struct tcp_pcb *pcb)
{
    uint32_t text = seq_earlier(pcb->snd_una, pcb->snd_end);
    tcp_stream_drop(&tcp_of(s)->chunks, &pcb->out, text, pcb->snd_end);
}

/* RFC 6298 5.2 and 5.3; and the user timeout begins anew with each step forward. */
static void restart_timer(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    bool outstanding = pcb->snd_una != pcb->snd_nxt;
    pcb->retransmits = 0;
    pcb->probing = false;
    pcb->rexmt_ns = outstanding ? now_ns + tcp_rto_ns(s, pcb) : TCP_NEVER;
    pcb->give_up_ns = outstanding ? now_ns + tcp_patience_ns(s, pcb) : TCP_NEVER;
}

static void advance(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                    int64_t now_ns)
{
    uint32_t acked = g->ack - pcb->snd_una;
    bool syn = pcb->snd_una == pcb->iss;
    measure(s, pcb, g, now_ns);
    pcb->snd_una = g->ack;
    pcb->resend = seq_later(pcb->resend, g->ack);
    pcb->resend_end = seq_later(pcb->resend_end, g->ack);
    pcb->duplicates = 0;
    pcb->soft_error = 0;
    if (pcb->urgent && seq_upto(pcb->snd_up, g->ack))
        pcb->urgent = false;
    drop_acknowledged(s, pcb);
    if (!syn)
        grow(s, pcb, acked);
    restart_timer(s, pcb, now_ns);
}

/* The window is that of the newest segment (SND.WL1, SND.WL2). */
static void update_window(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                          int64_t now_ns)
{
    bool newer = seq_before(pcb->snd_wl1, g->seq) ||
                 (pcb->snd_wl1 == g->seq && seq_upto(pcb->snd_wl2, g->ack));
    if (!newer)
        return;
    bool opened = pcb->snd_wnd == 0 && g->wnd > 0;
    pcb->snd_wnd = g->wnd;
    pcb->snd_wl1 = g->seq;
    pcb->snd_wl2 = g->ack;
    if (pcb->max_wnd < g->wnd)
        pcb->max_wnd = g->wnd;
    if (opened && pcb->probing) { /* the probe's octet was refused, perhaps */
        pcb->resend = pcb->snd_una;
        pcb->resend_end = pcb->snd_nxt;
        rtt_answered(&pcb->rtt);
        restart_timer(s, pcb, now_ns);
        pcb->rexmt_ns = TCP_NEVER;
    }
}

void tcp_acknowledged(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                      int64_t now_ns)
{
    if (seq_after(g->ack, pcb->snd_una))
        advance(s, pcb, g, now_ns);
    /* MUST-37: a peer that goes on acknowledging probes may keep its window closed for ever. */
    else if (pcb->probing && g->ack == pcb->snd_una)
        pcb->give_up_ns = now_ns + tcp_patience_ns(s, pcb);
    if (seq_upto(pcb->snd_una, g->ack))
        update_window(s, pcb, g, now_ns);
}

/* --- a timeout --- */

/* RFC 6298 5.4 to 5.6: all that is in flight is deemed lost, its first segment is sent again. */
static void resend_all(struct stack *s, struct tcp_pcb *pcb)
{
    collapse(s, pcb);
    pcb->resend = pcb->snd_una;
    pcb->resend_end = pcb->snd_nxt;
}

void tcp_retransmission_due(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    /* A window that shrank to nothing is probed, too (RFC 9293 3.8.6, SHLD-17, MUST-35). */
    if (pcb->probing || (pcb->snd_wnd == 0 && pcb->snd_una != pcb->iss)) {
        tcp_send_probe(s, pcb, now_ns);
        return;
    }
    if (pcb->snd_una == pcb->snd_nxt)
        return;
    if (pcb->retransmits < UINT8_MAX)
        pcb->retransmits++;
    const struct rtt_limits limits = tcp_rtt_limits(s);
    rtt_expired(&pcb->rtt, &limits);
    pcb->timing = false; /* 3: Karn */
    if (pcb->snd_una == pcb->iss) {
        tcp_count(s, TCP_OUT_RESENT);
        tcp_send_syn(s, pcb, now_ns);
        return;
    }
    resend_all(s, pcb);
    pcb->rexmt_ns = now_ns + tcp_rto_ns(s, pcb);
}

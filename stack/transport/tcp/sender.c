/*
 * What a connection that sends needs beside its control block, out of a pool: there are fewer of
 * them than connections. One whose data is all acknowledged keeps it until another needs it; what
 * is left then are the two windows in the block.
 */
#include "stack/transport/tcp/inside.h"

/* --- what profiles set --- */

static void refresh(struct stack *s)
{
    struct tcp *t = tcp_of(s);
    t->congestion = congestion_config_rfc();
    t->congestion.initial_segments = (uint8_t)tcp_knob(s, TCP_KNOB_INITIAL_WINDOW);
    t->congestion.abc_limit = (uint8_t)tcp_knob(s, TCP_KNOB_ABC_LIMIT);
    t->congestion.slow_start_after_idle = tcp_knob(s, TCP_KNOB_SLOW_START_AFTER_IDLE) != 0;
    t->congestion.validate = tcp_knob(s, TCP_KNOB_CWND_VALIDATION) != 0;
    t->congestion.by_segments = tcp_knob(s, TCP_KNOB_CWND_SEGMENTS) != 0;
    t->congestion.hystart = (uint8_t)tcp_knob(s, TCP_KNOB_HYSTART);
    t->recovery = recovery_config_rfc();
    t->recovery.max_ack_delay_ns = tcp_knob(s, TCP_KNOB_PROBE_ACK_DELAY);
    t->recovery.dup_threshold = (uint8_t)tcp_knob(s, TCP_KNOB_REORDERING);
    t->recovery.rack = tcp_knob(s, TCP_KNOB_RACK) != 0;
    t->recovery.probe = tcp_knob(s, TCP_KNOB_TAIL_LOSS_PROBE) != 0;
    t->recovery.forward = tcp_knob(s, TCP_KNOB_FRTO) != 0;
    t->recovery.forward_at_once = tcp_knob(s, TCP_KNOB_FRTO) == 2;
}

static const struct tcp_congestion_ops *algorithm(const struct tcp_pcb *pcb,
                                                  const struct congestion_config *config)
{
    return pcb->reno ? &reno_ops : config->by_segments ? &cubic_segments_ops : &cubic_ops;
}

/* --- at rest --- */

static void wake(struct tcp *t, struct tcp_sender *x)
{
    if (!x->link)
        return;
    *x->link = x->next;
    *(x->next ? &x->next->link : &t->rest_end) = x->link;
    x->link = NULL;
    x->next = NULL;
}

void tcp_sender_rest(struct stack *s, struct tcp_pcb *pcb)
{
    struct tcp *t = tcp_of(s);
    struct tcp_sender *x = pcb->sender;
    if (!x || x->link)
        return;
    x->next = NULL;
    x->link = t->rest_end;
    *t->rest_end = x;
    t->rest_end = &x->next;
}

void tcp_sender_forget(struct stack *s, struct tcp_pcb *pcb)
{
    struct tcp *t = tcp_of(s);
    struct tcp_sender *x = pcb->sender;
    if (!x)
        return;
    wake(t, x);
    recovery_end(&x->recovery, &t->sent);
    pcb->cwnd = x->recovery.congestion.cwnd;
    pcb->ssthresh = x->recovery.congestion.ssthresh;
    tcp_rtt_remember(pcb, &x->rtt);
    pcb->sender = NULL;
    pool_give(&t->senders, x);
}

static struct tcp_sender *take(struct stack *s)
{
    struct tcp *t = tcp_of(s);
    struct tcp_sender *x = pool_take(&t->senders);
    if (x || !t->rest)
        return x;
    tcp_sender_forget(s, t->rest->pcb);
    return pool_take(&t->senders);
}

/* The windows that the block remembers, after a pause in any case. */
static void begin(struct stack *s, struct tcp_pcb *pcb, struct tcp_sender *x)
{
    struct tcp *t = tcp_of(s);
    uint32_t mss = tcp_send_mss(s, pcb);
    refresh(s);
    recovery_init(&x->recovery, &t->recovery, algorithm(pcb, &t->congestion), &t->congestion,
                  pcb->snd_nxt, mss, pcb->sack, false);
    x->rtt = tcp_rtt_remembered(s, pcb);
    struct tcp_congestion *c = &x->recovery.congestion;
    if (pcb->cwnd) { /* of segments that may have been smaller */
        uint32_t most = t->congestion.slow_start_after_idle ? c->cwnd : pcb->cwnd;
        c->cwnd = congestion_most(congestion_least(pcb->cwnd, most), mss);
    }
    if (pcb->ssthresh) {
        c->ssthresh = pcb->ssthresh;
        c->first_slow_start = pcb->ssthresh == CONGESTION_NO_SSTHRESH;
    }
}

struct tcp_recovery *tcp_sender_take(struct stack *s, struct tcp_pcb *pcb)
{
    struct tcp *t = tcp_of(s);
    struct tcp_sender *x = pcb->sender;
    if (x) {
        wake(t, x);
        return &x->recovery;
    }
    x = take(s);
    if (!x)
        return NULL;
    x->pcb = pcb;
    x->sent_ns = TCP_NEVER;
    x->done = (struct tcp_sent_tally){0};
    x->busy_ns = x->limited_ns = x->short_ns = x->since_ns = 0;
    x->busy = x->limited = x->is_short = false;
    pcb->sender = x;
    begin(s, pcb, x);
    return &x->recovery;
}

void tcp_sender_choose(struct tcp_pcb *pcb, bool reno)
{
    pcb->reno = reno;
    struct tcp_congestion *c = pcb->sender ? &pcb->sender->recovery.congestion : NULL;
    if (c && c->ops != algorithm(pcb, c->config))
        congestion_choose(c, algorithm(pcb, c->config));
}

/* RFC 5681 3.1: one segment after a SYN that was lost; else the initial window, when it begins. RFC
 * 6928 2 recommends that a single loss does not count, which the knob has. */
void tcp_congestion_start(struct stack *s, struct tcp_pcb *pcb)
{
    bool lost = pcb->syn_lost && pcb->retransmits >= tcp_knob(s, TCP_KNOB_SYN_LOSSES);
    pcb->cwnd = lost ? tcp_send_mss(s, pcb) : 0;
    pcb->ssthresh = 0;
}

/* Control blocks: where they come from, their states, and how they end. */
#include "stack/transport/tcp/inside.h"

/* --- states --- */

void tcp_enter(struct stack *s, struct tcp_pcb *pcb, enum tcp_state state)
{
    struct tcp *t = tcp_of(s);
    STACK_ASSERT(t->count[pcb->state] > 0);
    t->count[pcb->state]--;
    t->count[state]++;
    stack_trace(s, TRACE_STATE, "tcp.state", pcb->state * 16 + state);
    pcb->state = (uint8_t)state;
}

static bool is_over(const struct tcp_pcb *pcb)
{
    return pcb->state == TCP_CLOSED;
}

static void take_from_orphans(struct tcp *t, struct tcp_pcb *pcb)
{
    tcp_queue_take_out(&t->orphans, pcb);
    t->orphan_count--;
}

/* The knob: who is accepted after a reset hears of it. */
static bool is_accepted_all_the_same(const struct stack *s, const struct tcp_pcb *pcb, int error)
{
    bool done = pcb->state > TCP_SYN_RECEIVED || pcb->early;
    return pcb->unaccepted && done && error && tcp_knob(s, TCP_KNOB_LINUX_CALLS);
}

static void leave_queue(struct stack *s, struct tcp_pcb *pcb, int error)
{
    if (is_accepted_all_the_same(s, pcb, error))
        return;
    if (pcb->unaccepted && pcb->state > TCP_SYN_RECEIVED && tcp_has_bsd_calls(s) &&
        pcb->parent->listener.aborted < UINT16_MAX)
        pcb->parent->listener.aborted++;
    if (pcb->unaccepted)
        tcp_listener_forget(pcb);
    else if (pcb->link && pcb->state == TCP_TIME_WAIT)
        tcp_queue_take_out(&tcp_of(s)->time_wait, pcb);
    else if (pcb->link)
        take_from_orphans(tcp_of(s), pcb);
}

/* What came in order before the end is still the user's to read, unless the end is an error: then
 * RFC 9293 3.10.7.4 has all queues flushed. */
static void drop_streams(struct stack *s, struct tcp_pcb *pcb, int error)
{
    struct tcp_chunks *p = &tcp_of(s)->chunks;
    tcp_sender_forget(s, pcb);
    tcp_stream_clear(p, &pcb->out);
    pcb->snd_end = pcb->snd_una = pcb->snd_nxt;
    pcb->syn_acked = true;
    tcp_forget_ahead(s, pcb);
    tcp_stream_cut_ahead(s, pcb);
    bool reads_on = tcp_knob(s, TCP_KNOB_LINUX_CALLS) || tcp_has_bsd_calls(s);
    if (pcb->unaccepted || (pcb->user && (!error || reads_on)))
        return;
    tcp_stream_clear(p, &pcb->in);
    pcb->rcv_user = pcb->rcv_nxt - pcb->fin_received;
}

void tcp_end(struct stack *s, struct tcp_pcb *pcb, int error)
{
    STACK_ASSERT(pcb->held > 0 && !is_over(pcb));
    leave_queue(s, pcb, error);
    tcp_fastopen_settled(s, pcb, pcb->user && error == ERR_CONNRESET);
    demux_leave(&tcp_of(s)->demux, &pcb->end);
    tcp_timers_stop(pcb);
    if (pcb->state == TCP_LISTEN)
        pcb->listener = (struct tcp_listener){0}; /* its streams are empty */
    else
        drop_streams(s, pcb, error);
    pcb->end.open = false;
    pcb->failed = pcb->state == TCP_SYN_SENT && error;
    pcb->error = (uint8_t)error;
    pcb->ended = true;
    tcp_enter(s, pcb, TCP_CLOSED);
}

/* RFC 9293 leaves a connection in FIN-WAIT-2 for as long as its peer likes; one that no user waits
 * for ends after a while, which RFC 1122 4.2.2.20 (f) tolerates. */
void tcp_orphan_timer(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    int64_t stays_s = pcb->wishes ? pcb->wishes->fin_wait_2_s : 0;
    if (pcb->state != TCP_FIN_WAIT_2 || pcb->user || pcb->unaccepted)
        return;
    int64_t stays_ns = stays_s ? stays_s * 1000000000 : tcp_knob(s, TCP_KNOB_FIN_WAIT_2);
    int64_t least_ns = stays_s < 0 ? 0 : 7 * tcp_rto_ns(s, pcb) / 2; /* a FIN may come twice */
    pcb->idle_ns = now_ns + (stays_ns > least_ns ? stays_ns : least_ns);
}

/* A peer that keeps its window closed, and answers the probes, has its connection for as long as it
 * likes (RFC 9293 3.8.6.1, MUST-37); but when nobody waits for it any more, a host may run short of
 * them (RFC 6429 3). */
void tcp_orphaned(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    struct tcp *t = tcp_of(s);
    if (is_over(pcb) || pcb->link)
        return;
    tcp_queue_put(&t->orphans, pcb);
    struct tcp_pcb *oldest = t->orphans.first;
    if (++t->orphan_count <= tcp_knob(s, TCP_KNOB_ORPHANS))
        return;
    tcp_count(s, TCP_ORPHAN_SPARED);
    tcp_hold(oldest);
    tcp_end(s, oldest, 0);
    tcp_send_rst(s, oldest, now_ns);
    tcp_leave(s, oldest, now_ns);
}

void tcp_enter_fin_wait_2(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    tcp_enter(s, pcb, TCP_FIN_WAIT_2);
    tcp_orphan_timer(s, pcb, now_ns);
}

void tcp_enter_time_wait(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    tcp_timers_stop(pcb);
    tcp_enter(s, pcb, TCP_TIME_WAIT);
    pcb->idle_ns = now_ns + 2 * tcp_knob(s, TCP_KNOB_MSL);
    STACK_ASSERT(!pcb->unaccepted);
    if (pcb->link)
        take_from_orphans(tcp_of(s), pcb);
    tcp_queue_put(&tcp_of(s)->time_wait, pcb);
}

uint32_t tcp_end_time_wait(struct stack *s, int64_t now_ns)
{
    uint32_t ended = 0;
    for (struct tcp_pcb *pcb; (pcb = tcp_of(s)->time_wait.first) != NULL; ended++) {
        tcp_hold(pcb);
        tcp_end(s, pcb, 0);
        tcp_leave(s, pcb, now_ns);
    }
    return ended;
}

/* --- blocks --- */

static void give_back(struct stack *s, struct tcp_pcb *pcb)
{
    struct tcp *t = tcp_of(s);
    STACK_ASSERT(is_over(pcb) && !pcb->user && !demux_is_in(&pcb->end) && !pcb->link);
    deadline_clear(s, &pcb->deadline);
    tcp_stream_clear(&t->chunks, &pcb->in);
    tcp_forget_wishes(s, pcb);
    t->count[TCP_CLOSED]--;
    pool_give(&t->pcbs, pcb);
}

/* The one that came first, and can go. */
static struct tcp_pcb *first_of(const struct tcp_queue *q)
{
    return q->first && !q->first->user && !q->first->held ? q->first : NULL;
}

/* When there is no block left, the connection that is in TIME-WAIT longest gives way, as RFC 9293
 * 3.6.1 does not forbid and every host under load must; then the one that its user let go first,
 * whose peer hears of it when it sends. */
static bool spare_one(struct stack *s)
{
    struct tcp_pcb *oldest = first_of(&tcp_of(s)->time_wait);
    bool waits = oldest != NULL;
    if (!oldest && !(oldest = first_of(&tcp_of(s)->orphans)))
        return false;
    tcp_count(s, waits ? TCP_TIME_WAIT_SPARED : TCP_ORPHAN_SPARED);
    tcp_hold(oldest);
    tcp_end(s, oldest, 0);
    oldest->held--;
    give_back(s, oldest);
    return true;
}

struct tcp_pcb *tcp_take(struct stack *s)
{
    struct tcp *t = tcp_of(s);
    struct tcp_pcb *pcb = pool_take(&t->pcbs);
    if (!pcb && spare_one(s))
        pcb = pool_take(&t->pcbs);
    if (!pcb)
        return NULL;
    t->count[TCP_CLOSED]++;
    pcb->snd_buffer = (uint32_t)tcp_knob(s, TCP_KNOB_SNDBUF);
    pcb->rcv_buffer = (uint32_t)tcp_knob(s, TCP_KNOB_RCVBUF);
    pcb->keep_alive = tcp_knob(s, TCP_KNOB_KEEP_ALWAYS) != 0;
    pcb->reno = tcp_knob(s, TCP_KNOB_CONGESTION_CONTROL) == 0;
    tcp_timers_init(s, pcb);
    return pcb;
}

struct tcp_pcb *tcp_new(struct stack *s)
{
    struct tcp_pcb *pcb = tcp_of(s) ? tcp_take(s) : NULL;
    if (pcb)
        pcb->user = true;
    return pcb;
}

static void tell_user(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    unsigned events = tcp_events(s, pcb), grown = events & ~(unsigned)pcb->told;
    pcb->told = (uint8_t)events;
    if (grown && pcb->user && pcb->ready)
        pcb->ready(pcb, s, grown, now_ns);
    pcb->told &= (uint8_t)tcp_events(s, pcb); /* what `ready` has used up grows again */
}

void tcp_leave(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    STACK_ASSERT(pcb->held > 0);
    if (!is_over(pcb) && pcb->state != TCP_LISTEN)
        tcp_output(s, pcb, now_ns);
    if (pcb->held == 1)
        tell_user(s, pcb, now_ns);
    STACK_INVARIANT(tcp_check(s, pcb));
    if (--pcb->held > 0)
        return;
    if (!is_over(pcb))
        tcp_timers_arm(s, pcb);
    else if (!pcb->user && !pcb->unaccepted)
        give_back(s, pcb);
}

/* --- a connection's beginning --- */

void tcp_start_sending(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    pcb->iss = tcp_first_sequence(s, pcb, now_ns);
    pcb->ts_offset = tcp_first_timestamp(s, pcb);
    pcb->snd_una = pcb->iss;
    pcb->syn_acked = false;
    pcb->snd_nxt = pcb->iss + 1;
    pcb->snd_end = pcb->iss + 1;
    pcb->snd_up = pcb->iss;
    pcb->srtt_us = pcb->rttvar_us = 0;
    pcb->syn_lost = false;
    pcb->tally = (struct tcp_tally){0};
    pcb->snd_small = pcb->iss;
    pcb->give_up_ns = now_ns + tcp_patience_ns(s, pcb);
}

void tcp_start_receiving(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    pcb->irs = g->hdr.seq;
    pcb->rcv_nxt = pcb->rcv_user = pcb->rcv_adv = pcb->last_ack = pcb->rcv_up = g->hdr.seq + 1;
    if (pcb->wishes)
        pcb->wishes->told = (struct tcp_told){0};
    tcp_learn_options(s, pcb, &g->options);
    tcp_ecn_learn(s, pcb, g);
    pcb->snd_wnd = pcb->max_wnd = g->hdr.window; /* of a SYN it is never scaled (RFC 7323 2.2) */
    pcb->snd_wl1 = g->hdr.seq;
    pcb->snd_wl2 = g->hdr.ack;
}

void tcp_establish(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    tcp_enter(s, pcb, pcb->fin_queued ? TCP_FIN_WAIT_1 : TCP_ESTABLISHED);
    tcp_rtt_sample_syn(s, pcb, now_ns);
    if (pcb->passive)
        tcp_round_buffers(s, pcb);
    pcb->dsack = (struct seq_range){0};
    tcp_congestion_start(s, pcb);
    if (pcb->passive) { /* the SYN came to the listener, and its answer was not a connection's */
        pcb->tally.segments_out = 0;
        pcb->tally.segments_in++;
    }
    tcp_keep_heard(s, pcb, now_ns);
    if (pcb->early)
        tcp_fastopen_settled(s, pcb, false);
    else if (pcb->unaccepted)
        tcp_listener_child_done(s, pcb, now_ns);
}

/* --- invariants --- */

void tcp_check(const struct stack *s, const struct tcp_pcb *pcb)
{
    const struct tcp *t = s->state[MODULE_TCP];
    STACK_ASSERT(pcb->state < TCP_STATES && t->count[pcb->state] > 0);
    STACK_ASSERT(!(pcb->user && pcb->unaccepted));
    if (pcb->state == TCP_LISTEN || pcb->state == TCP_CLOSED)
        return;
    STACK_ASSERT(demux_is_in(&pcb->end) && pcb->end.remote_port && !pcb->end.open);
    STACK_ASSERT(seq_upto(pcb->snd_una, pcb->snd_nxt));
    STACK_ASSERT(seq_upto(pcb->snd_nxt, pcb->snd_end + pcb->fin_queued));
    if (pcb->sender)
        scoreboard_check(&pcb->sender->recovery.board);
    ranges_check(&pcb->ahead);
    STACK_ASSERT(seq_upto(pcb->rcv_user, pcb->rcv_nxt) &&
                 (pcb->state == TCP_SYN_SENT || seq_upto(pcb->rcv_nxt, pcb->rcv_adv + 1)));
    bool orphan = !pcb->user && !pcb->unaccepted;
    STACK_ASSERT((pcb->link != NULL) == (pcb->unaccepted || pcb->state == TCP_TIME_WAIT || orphan));
    tcp_stream_check(&pcb->out);
    tcp_stream_check(&pcb->in);
}

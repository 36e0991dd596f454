/* STATUS (RFC 9293 3.10.6): what a connection tells of itself. */
#include "stack/core/div.h"
#include "stack/transport/tcp/inside.h"

static uint8_t recovery_of(const struct tcp_recovery *r)
{
    switch ((enum recovery_state)r->state) {
    case RECOVERY_OPEN:
        return r->duplicates || r->board.sacked ? TCP_RECOVERY_DISORDER : TCP_RECOVERY_OPEN;
    case RECOVERY_REDUCED:
        return TCP_RECOVERY_REDUCED;
    case RECOVERY_FAST:
        return TCP_RECOVERY_FAST;
    case RECOVERY_TIMEOUT:
        break;
    }
    return TCP_RECOVERY_TIMEOUT;
}

/* Segments, as the records count them. */
static void count_flight(const struct scoreboard *b, struct tcp_status *out)
{
    for (const struct sent_segment *x = b->first; x; x = x->next) {
        out->unacked += x->segments;
        if (x->state == SENT_SACKED)
            out->sacked += x->segments;
        else if (x->state == SENT_LOST)
            out->lost += x->segments;
        else if (x->again)
            out->retransmitted += x->segments;
    }
}

/* Without SACK a segment has arrived for each duplicate. */
static void count_duplicates(const struct tcp_recovery *r, struct tcp_status *out)
{
    if (!r->sack)
        out->sacked = r->duplicates_octets / r->congestion.mss;
}

void tcp_note_busy(struct tcp_sender *x, bool busy, bool limited, bool is_short, int64_t now_ns)
{
    if (x->busy)
        x->busy_ns += now_ns - x->since_ns;
    if (x->limited)
        x->limited_ns += now_ns - x->since_ns;
    if (x->is_short)
        x->short_ns += now_ns - x->since_ns;
    x->since_ns = now_ns;
    x->busy = busy;
    x->limited = limited;
    x->is_short = is_short;
}

static void sender_status(const struct tcp_pcb *pcb, struct tcp_status *out)
{
    const struct tcp_sender *x = pcb->sender;
    const struct tcp_recovery *r = &x->recovery;
    out->recovery = recovery_of(r);
    out->backoff = x->rtt.backoff;
    out->cwnd = r->congestion.cwnd;
    out->ssthresh = r->congestion.ssthresh;
    out->srtt_ns = x->rtt.srtt_ns;
    out->rttvar_ns = x->rtt.rttvar_ns;
    out->sent = x->done;
    out->busy_ns = x->busy_ns;
    out->window_limited_ns = x->limited_ns;
    out->buffer_limited_ns = x->short_ns;
    if (r->rack.any)
        out->min_rtt_ns = rack_min_rtt(&r->rack);
    out->reorderings = r->rack.reorderings;
    if (r->rack.reach > out->reordering)
        out->reordering = r->rack.reach;
    count_flight(&r->board, out);
    count_duplicates(r, out);
}

static void remembered_status(struct stack *s, const struct tcp_pcb *pcb, struct tcp_status *out)
{
    const struct rtt r = tcp_rtt_remembered(s, pcb);
    out->cwnd = pcb->cwnd;
    out->ssthresh = pcb->ssthresh ? pcb->ssthresh : CONGESTION_NO_SSTHRESH;
    if (!out->cwnd && out->snd_mss) {
        const struct congestion_config config = {.initial_segments =
                                                     (uint8_t)tcp_knob(s, TCP_KNOB_INITIAL_WINDOW)};
        out->cwnd = congestion_initial_window(&config, out->snd_mss);
    }
    out->srtt_ns = r.srtt_ns;
    out->rttvar_ns = r.rttvar_ns;
}

static void path_status(struct stack *s, const struct tcp_pcb *pcb, struct tcp_status *out)
{
    struct ip_path path;
    if (ip_path(s, &pcb->end.ip.remote, &pcb->end.ip.local, pcb->end.ip.nif, &path) < 0)
        return;
    struct tcp_options o = {0};
    tcp_syn_options(s, pcb, &path, true, &o);
    out->path_mtu = path.mtu;
    out->advertised_mss = o.mss;
}

uint32_t tcp_now_ms(struct stack *s, int64_t now_ns)
{
    return tcp_clock_ms(s, now_ns);
}

void tcp_status_until(struct tcp_pcb *pcb, int64_t now_ns)
{
    if (pcb->state > TCP_LISTEN && pcb->sender)
        tcp_note_busy(pcb->sender, pcb->sender->busy, pcb->sender->limited, pcb->sender->is_short,
                      now_ns);
}

void tcp_status(struct stack *s, struct tcp_pcb *pcb, struct tcp_status *out)
{
    *out = (struct tcp_status){.ssthresh = UINT32_MAX};
    if (pcb->state <= TCP_LISTEN)
        return;
    path_status(s, pcb, out);
    if (pcb->state > TCP_SYN_SENT) {
        out->snd_mss = (uint16_t)tcp_send_mss(s, pcb);
        out->rcv_wnd = tcp_receive_window(s, pcb);
    }
    out->reordering = (uint32_t)tcp_knob(s, TCP_KNOB_REORDERING);
    out->delayed_ack_ns = tcp_knob(s, TCP_KNOB_QUICK_ACKS) ? pcb->ato_ms * INT64_C(1000000)
                                                           : tcp_knob(s, TCP_KNOB_DELAYED_ACK);
    out->rto_ns = tcp_rto_ns(s, pcb);
    if (pcb->sender)
        sender_status(pcb, out);
    else
        remembered_status(s, pcb, out);
    if (out->ssthresh == CONGESTION_NO_SSTHRESH)
        out->ssthresh = UINT32_MAX;
}

/* RFC 6093 3.1: the urgent pointer points behind the last octet of urgent data. */
bool tcp_at_mark(const struct tcp_pcb *pcb)
{
    return pcb->state > TCP_SYN_SENT && pcb->rcv_up == pcb->rcv_user + 1 && pcb->urgent_in;
}

void tcp_choose_congestion(struct tcp_pcb *pcb, bool reno)
{
    tcp_sender_choose(pcb, reno);
}

bool tcp_uses_reno(const struct tcp_pcb *pcb)
{
    return pcb->reno;
}

int64_t tcp_fin_wait_2_s(const struct stack *s)
{
    return div_s64(tcp_knob(s, TCP_KNOB_FIN_WAIT_2), 1000000000);
}

bool tcp_has_bsd_calls(const struct stack *s)
{
    return tcp_knob(s, TCP_KNOB_BSD_CALLS) != 0;
}

/* BSD tells what the peer's option and the path allow, whatever options of ours go along. */
uint32_t tcp_max_segment(struct stack *s, struct tcp_pcb *pcb)
{
    bool stamped = tcp_has_bsd_calls(s) && pcb->timestamps;
    if (pcb->state > TCP_SYN_SENT)
        return tcp_send_mss(s, pcb) + (stamped ? TCP_TIMESTAMPS_AND_NOPS : 0u);
    return pcb->user_mss ? pcb->user_mss : (uint32_t)tcp_knob(s, TCP_KNOB_MSS_DEFAULT);
}

bool tcp_doubles_buffers(const struct stack *s)
{
    return tcp_knob(s, TCP_KNOB_BUFFERS_DOUBLED) != 0;
}

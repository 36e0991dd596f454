/* The states behind the handshake's first half (RFC 9293 3.10.7.4), step by step in its order. */
#include "stack/transport/tcp/inside.h"

/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, when the segment is done with. */
static tcp_step acknowledge_and_drop(struct tcp_pcb *pcb, enum tcp_counter why)
{
    pcb->ack_now = true;
    return (tcp_step)why;
}

/* RFC 5961 7: so many challenges in about four seconds. Each connection counts its own, so that
 * nobody can tell from one of his what happens on another's. */
static bool may_challenge(struct stack *s, struct tcp_pcb *pcb)
{
    int64_t most = tcp_knob(s, TCP_KNOB_CHALLENGES);
    uint16_t period = (uint16_t)(tcp_of(s)->clock_ms >> 12);
    if (period != pcb->challenged) {
        pcb->challenged = period;
        pcb->challenges = 0;
    }
    if (most && pcb->challenges >= most)
        return false;
    if (pcb->challenges < UINT8_MAX)
        pcb->challenges++;
    return true;
}

/* The knob: one who answers in kind would have both go on for ever. */
static bool was_answered(struct stack *s, struct tcp_pcb *pcb)
{
    int64_t since_ms = tcp_of(s)->clock_ms - pcb->invalid_ms;
    if (pcb->was_invalid && since_ms * 1000000 < tcp_knob(s, TCP_KNOB_INVALID_RATE))
        return true;
    pcb->was_invalid = true;
    pcb->invalid_ms = tcp_of(s)->clock_ms;
    return false;
}

/* What lies outside the window, or is too old. Text that comes again is answered each time. */
static tcp_step answer_outside(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                               enum tcp_counter why)
{
    bool text = tcp_seg_len(g) > 0 && !(g->flags & TCP_FLAG_SYN);
    return !text && was_answered(s, pcb) ? (tcp_step)why : acknowledge_and_drop(pcb, why);
}

/* RFC 5961: the same, to somebody who may be forging. */
tcp_step tcp_challenge(struct stack *s, struct tcp_pcb *pcb, enum tcp_counter why, int64_t now_ns)
{
    if (!was_answered(s, pcb) && may_challenge(s, pcb))
        tcp_send_bare_ack(s, pcb, now_ns);
    return (tcp_step)why;
}

/* --- first, check sequence number --- */

/* Behind the last octet that is taken: what was offered, or with the knob whatever the buffer has
 * room for, though it was not offered; as BSD does, but where a cache of SYNs has its say first. */
static uint32_t accept_edge(const struct stack *s, const struct tcp_pcb *pcb)
{
    uint32_t held = tcp_unread(pcb); /* a FIN takes no room */
    uint32_t room = held < pcb->rcv_buffer ? pcb->rcv_buffer - held : 0;
    bool half = pcb->state == TCP_SYN_RECEIVED && pcb->passive && !tcp_is_cached(s, pcb);
    if (half || pcb->deaf || !tcp_knob(s, TCP_KNOB_ACCEPT_BUFFER))
        return pcb->rcv_adv;
    return seq_later(pcb->rcv_adv, pcb->rcv_nxt + room);
}

/* Table 6. */
bool tcp_segment_acceptable(const struct stack *s, const struct tcp_pcb *pcb,
                            const struct tcp_segment *g)
{
    uint32_t edge = accept_edge(s, pcb);
    uint32_t wnd = seq_after(edge, pcb->rcv_nxt) ? edge - pcb->rcv_nxt : 0;
    bool bsd = tcp_knob(s, TCP_KNOB_BSD_INPUT) != 0, rst = (g->flags & TCP_FLAG_RST) != 0;
    uint32_t len = bsd ? tcp_bsd_len(g) : tcp_seg_len(g);
    if (len == 0 && !rst && bsd) /* the edge, too */
        return seq_within(g->seq, pcb->rcv_nxt, wnd + 1);
    if (len == 0)
        return wnd == 0 ? g->seq == pcb->rcv_nxt : seq_within(g->seq, pcb->rcv_nxt, wnd);
    return wnd > 0 && (seq_within(g->seq, pcb->rcv_nxt, wnd) ||
                       seq_within(g->seq + len - 1, pcb->rcv_nxt, wnd));
}

/* What lies before RCV.NXT: text, then FIN. A SYN there stays: RFC 5961 4.2 has it answered
 * irrespective of its sequence number. */
static void trim_left(const struct tcp_pcb *pcb, struct tcp_segment *g)
{
    if (!seq_before(g->seq, pcb->rcv_nxt) || (g->flags & TCP_FLAG_SYN))
        return;
    uint32_t old = pcb->rcv_nxt - g->seq;
    uint32_t text = old < g->text_len ? old : g->text_len;
    g->seq += text;
    g->text += text;
    g->text_len -= text;
    if (old > text) {
        g->flags &= (uint8_t)~TCP_FLAG_FIN;
        g->seq = pcb->rcv_nxt;
    }
    g->trimmed = true; /* it was sent again: our acknowledgement was lost, perhaps */
}

static void trim_right(const struct stack *s, const struct tcp_pcb *pcb, struct tcp_segment *g)
{
    bool bsd = tcp_knob(s, TCP_KNOB_BSD_INPUT) != 0;
    uint32_t end = g->seq + (bsd ? tcp_bsd_len(g) : tcp_seg_len(g)), edge = accept_edge(s, pcb);
    if (!seq_after(end, edge))
        return;
    uint32_t beyond = end - edge;
    if (g->flags & TCP_FLAG_FIN && !bsd)
        beyond--;
    g->flags &= (uint8_t)~TCP_FLAG_FIN;
    g->text_len -= beyond < g->text_len ? beyond : g->text_len;
    g->trimmed = g->trimmed || !bsd;
}

/* With a window of zero no text is taken, but what else a segment at its edge says. */
static bool only_text_is_refused(const struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    return pcb->rcv_adv == pcb->rcv_nxt && g->seq == pcb->rcv_nxt && !(g->flags & TCP_FLAG_SYN);
}

/* Both SYNs crossed, and the answer to ours says its peer's SYN once more (figure 8). */
static bool is_answer_of_crossed_syn(const struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    const uint8_t both = TCP_FLAG_SYN | TCP_FLAG_ACK;
    return pcb->state == TCP_SYN_RECEIVED && !pcb->passive && (g->flags & both) == both &&
           g->seq == pcb->irs;
}

/* The SYN-ACK was lost: the peer's SYN comes again, and the SYN-ACK is what acknowledges it. */
static bool is_syn_again(const struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    return pcb->state == TCP_SYN_RECEIVED && (g->flags & TCP_FLAG_SYN) &&
           !(g->flags & (TCP_FLAG_ACK | TCP_FLAG_RST)) && g->seq == pcb->irs;
}

/* The peer has not heard our last ACK and sends its FIN again: 2 MSL begin anew. */
static void restart_time_wait(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                              int64_t now_ns)
{
    bool fin_again = (g->flags & TCP_FLAG_FIN) && g->seq + tcp_seg_len(g) == pcb->rcv_nxt;
    if (pcb->state == TCP_TIME_WAIT && fin_again)
        pcb->idle_ns = now_ns + 2 * tcp_knob(s, TCP_KNOB_MSL);
}

/* By the knob a SYN is judged before its timestamp and number are: RFC 5961 4.2 answers it all the
 * same. */
static bool challenges_syn(const struct stack *s, const struct tcp_segment *g)
{
    return tcp_knob(s, TCP_KNOB_BSD_INPUT) && g->flags & TCP_FLAG_SYN;
}

/* RFC 7323 5.3 R1, in front of the test of the sequence number. */
static tcp_step check_timestamp(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g,
                                int64_t now_ns)
{
    if (tcp_may_reopen(s, pcb, g, now_ns)) {
        tcp_end(s, pcb, 0);
        return TCP_STEP_AGAIN;
    }
    if (tcp_lacks_timestamp(s, pcb, g))
        return TCP_DROP_NO_TIMESTAMP;
    bool over = pcb->state == TCP_TIME_WAIT && tcp_knob(s, TCP_KNOB_BSD_TIME_WAIT);
    if (!tcp_timestamp_is_old(s, pcb, g) || challenges_syn(s, g) || over)
        return TCP_STEP_NEXT;
    if (g->text_len == 0 && tcp_knob(s, TCP_KNOB_BSD_INPUT))
        return TCP_DROP_PAWS;
    return answer_outside(s, pcb, g, TCP_DROP_PAWS);
}

static tcp_step check_sequence(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g,
                               int64_t now_ns)
{
    if (pcb->state == TCP_TIME_WAIT && tcp_knob(s, TCP_KNOB_BSD_TIME_WAIT)) {
        restart_time_wait(s, pcb, g, now_ns);
        return tcp_time_wait_of_bsd(s, pcb, g, now_ns);
    }
    if (is_answer_of_crossed_syn(pcb, g)) {
        g->flags &= (uint8_t)~TCP_FLAG_SYN;
        g->seq++;
        g->trimmed = tcp_knob(s, TCP_KNOB_BSD_INPUT) != 0; /* and wants to be acknowledged */
    } else if (is_syn_again(pcb, g)) {
        tcp_send_syn(s, pcb, now_ns);
        return TCP_DROP_SEQUENCE;
    }
    tcp_note_duplicate(s, pcb, g);
    tcp_told_twice(s, pcb, g);
    if (tcp_knob(s, TCP_KNOB_BSD_INPUT)) {
        if (tcp_is_of_no_open(pcb, g)) {
            tcp_answer_rst(s, g, now_ns);
            return TCP_DROP_SEQUENCE;
        }
        tcp_cut_old(pcb, g);
        if (tcp_is_text_after_close(pcb, g))
            return tcp_refuse_after_close(s, pcb, g, now_ns);
    }
    if (!tcp_segment_acceptable(s, pcb, g) && !only_text_is_refused(pcb, g)) {
        if (g->flags & TCP_FLAG_RST)
            return TCP_DROP_SEQUENCE;
        restart_time_wait(s, pcb, g, now_ns);
        if (challenges_syn(s, g))
            return tcp_challenge(s, pcb, TCP_DROP_SYN_IN_CONNECTION, now_ns);
        return answer_outside(s, pcb, g, TCP_DROP_SEQUENCE);
    }
    tcp_note_timestamp(s, pcb, g);
    tcp_keep_heard(s, pcb, now_ns);
    trim_left(pcb, g);
    trim_right(s, pcb, g);
    tcp_ecn_input(pcb, g);
    return TCP_STEP_NEXT;
}

/* --- second, check the RST bit --- */

static void reset(struct stack *s, struct tcp_pcb *pcb)
{
    tcp_count(s, TCP_ENDED_RESET);
    switch ((enum tcp_state)pcb->state) {
    case TCP_SYN_RECEIVED: /* of a passive OPEN: back to LISTEN, where the listener still is */
        tcp_end(s, pcb, pcb->early ? ERR_CONNRESET : pcb->passive ? 0 : ERR_CONNREFUSED);
        break;
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSE_WAIT:
        tcp_end(s, pcb, ERR_CONNRESET);
        break;
    case TCP_CLOSING:
    case TCP_LAST_ACK:
        tcp_end(s, pcb, tcp_knob(s, TCP_KNOB_LATE_RESET_TOLD) ? ERR_CONNRESET : 0);
        break;
    case TCP_TIME_WAIT:
        tcp_end(s, pcb, 0);
        break;
    case TCP_CLOSED:
    case TCP_LISTEN:
    case TCP_SYN_SENT:
    case TCP_STATES:
        STACK_ASSERT(false); /* not a synchronized state */
    }
}

/* RFC 5961 3.2, as 3.10.7.4 quotes it. */
static tcp_step check_reset(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g,
                            int64_t now_ns)
{
    if (!(g->flags & TCP_FLAG_RST))
        return TCP_STEP_NEXT;
    if (pcb->state == TCP_TIME_WAIT && tcp_knob(s, TCP_KNOB_RFC1337)) /* RFC 1337 3 (F1) */
        return TCP_DROP_RST_IN_TIME_WAIT;
    if (g->hdr.seq != pcb->rcv_nxt && !tcp_knob(s, TCP_KNOB_INSECURE_RST))
        return tcp_challenge(s, pcb, TCP_DROP_RST_CHALLENGED, now_ns);
    reset(s, pcb);
    return TCP_DROP_RESET;
}

/* --- fourth, check the SYN bit --- */

static tcp_step check_syn(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g,
                          int64_t now_ns)
{
    if (!(g->flags & TCP_FLAG_SYN))
        return TCP_STEP_NEXT;
    if (pcb->state == TCP_SYN_RECEIVED && pcb->passive) { /* back to LISTEN */
        tcp_end(s, pcb, 0);
        return TCP_DROP_SYN_IN_CONNECTION;
    }
    uint32_t wnd = accept_edge(s, pcb) - pcb->rcv_nxt;
    bool handshake = (g->flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == (TCP_FLAG_SYN | TCP_FLAG_ACK);
    bool insecure = tcp_knob(s, TCP_KNOB_INSECURE_SYN) && pcb->state != TCP_TIME_WAIT &&
                    seq_within(g->hdr.seq, pcb->rcv_nxt, wnd);
    if (!insecure || handshake)
        return tcp_challenge(s, pcb, TCP_DROP_SYN_IN_CONNECTION, now_ns); /* RFC 5961 4.2 */
    tcp_answer_rst_at(s, g, pcb->snd_nxt, pcb->rcv_nxt, now_ns);          /* RFC 793's way */
    reset(s, pcb);
    return TCP_DROP_SYN_IN_CONNECTION;
}

/* --- fifth, check the ACK field --- */

/* The SYN-ACK was lost twice, and with it most likely what the user had sent behind it. */
static void early_text_is_lost(struct tcp_pcb *pcb, const struct tcp_segment *g, int64_t now_ns)
{
    bool lost = pcb->early && pcb->retransmits > 1 && g->ack == pcb->iss + 1;
    if (lost && pcb->sender && pcb->snd_nxt != g->ack)
        recovery_timed_out(&pcb->sender->recovery, g->ack, pcb->snd_nxt, now_ns,
                           pcb->sender->rtt.srtt_ns);
}

static tcp_step ack_of_syn(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                           int64_t now_ns)
{
    if (!seq_after(g->ack, pcb->snd_una) || !seq_upto(g->ack, pcb->snd_nxt)) {
        tcp_answer_rst(s, g, now_ns);
        return TCP_DROP_SYN_RECEIVED_ACK;
    }
    if (pcb->unaccepted && !pcb->early && !tcp_listener_has_room(s, pcb->parent))
        return TCP_DROP_BACKLOG_FULL; /* our SYN-ACK will ask again */
    if (!pcb->passive)
        tcp_count(s, TCP_OPENED_ACTIVE);
    early_text_is_lost(pcb, g, now_ns);
    tcp_establish(s, pcb, now_ns);
    pcb->snd_wnd = g->wnd;
    pcb->snd_wl1 = g->seq;
    pcb->snd_wl2 = g->ack;
    return TCP_STEP_NEXT;
}

/* RFC 5961 5.2: ((SND.UNA - MAX.SND.WND) =< SEG.ACK =< SND.NXT). */
static bool ack_in_range(const struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    return seq_upto(g->ack, pcb->snd_nxt) && seq_upto(pcb->snd_una - pcb->max_wnd, g->ack);
}

static tcp_step check_ack(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g,
                          int64_t now_ns)
{
    if (!(g->flags & TCP_FLAG_ACK)) {
        pcb->ack_now = g->trimmed && tcp_knob(s, TCP_KNOB_BSD_INPUT);
        return TCP_DROP_NO_ACK;
    }
    g->wnd <<= pcb->snd_wscale;
    if (pcb->state == TCP_SYN_RECEIVED) {
        tcp_step step = ack_of_syn(s, pcb, g, now_ns);
        if (step != TCP_STEP_NEXT)
            return step;
    }
    if (seq_after(g->ack, pcb->snd_nxt) && tcp_knob(s, TCP_KNOB_BSD_INPUT))
        return acknowledge_and_drop(pcb, TCP_DROP_ACK_RANGE); /* with all that it may tell */
    if (!ack_in_range(pcb, g))
        return tcp_challenge(s, pcb, TCP_DROP_ACK_RANGE, now_ns);
    tcp_learn_route(s, pcb, g);
    /* Not before: what this step drops is answered by it alone. BSD tells what is new in it alone
     * when its peer does not hear of what came twice. */
    bool waits = tcp_knob(s, TCP_KNOB_BSD_INPUT) && !pcb->sack && g->text_len > 0;
    if (g->trimmed && !waits)
        pcb->ack_now = true;
    tcp_acknowledged(s, pcb, g, now_ns);
    if (!tcp_fin_acknowledged(pcb))
        return TCP_STEP_NEXT;
    switch ((enum tcp_state)pcb->state) {
    case TCP_FIN_WAIT_1:
        tcp_enter_fin_wait_2(s, pcb, now_ns);
        break;
    case TCP_CLOSING:
        tcp_enter_time_wait(s, pcb, now_ns);
        break;
    case TCP_LAST_ACK:
        tcp_end(s, pcb, 0);
        return TCP_COUNTERS;
    case TCP_CLOSED:
    case TCP_LISTEN:
    case TCP_SYN_SENT:
    case TCP_SYN_RECEIVED:
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSE_WAIT:
    case TCP_TIME_WAIT:
    case TCP_STATES:
        break;
    }
    return TCP_STEP_NEXT;
}

/* Third, security, is not among what this host has. */
tcp_step tcp_input_synchronized(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g,
                                int64_t now_ns)
{
    tcp_step step = TCP_STEP_NEXT;
    if (tcp_is_cached(s, pcb))
        step = tcp_input_cached(s, pcb, g, now_ns);
    if (step == TCP_STEP_NEXT)
        step = check_timestamp(s, pcb, g, now_ns);
    if (step == TCP_STEP_NEXT)
        step = check_sequence(s, pcb, g, now_ns);
    if (step == TCP_STEP_NEXT)
        step = check_reset(s, pcb, g, now_ns);
    if (step == TCP_STEP_NEXT)
        step = check_syn(s, pcb, g, now_ns);
    if (step == TCP_STEP_NEXT)
        step = check_ack(s, pcb, g, now_ns);
    return step == TCP_STEP_NEXT ? tcp_input_from_urgent(s, pcb, g, now_ns) : step;
}

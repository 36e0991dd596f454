/* What a segment brings (RFC 9293 3.10.7.4): urgent pointer, text and FIN, and when it is
 * acknowledged (3.8.6.3). */
#include "stack/transport/tcp/inside.h"

/* The peer may still be sending: no FIN has come. */
static bool takes_text(const struct tcp_pcb *pcb)
{
    switch ((enum tcp_state)pcb->state) {
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
        return true;
    case TCP_CLOSED:
    case TCP_LISTEN:
    case TCP_SYN_SENT:
    case TCP_SYN_RECEIVED:
    case TCP_CLOSE_WAIT:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
    case TCP_TIME_WAIT:
    case TCP_STATES:
        break;
    }
    return false;
}

/* --- sixth, check the URG bit --- */

static void check_urgent(struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    if (!(g->flags & TCP_FLAG_URG) || !takes_text(pcb))
        return;
    uint32_t up = g->hdr.seq + g->hdr.urgent;
    if (seq_after(up, pcb->rcv_up)) { /* MUST-32: each step ahead is told */
        pcb->rcv_up = up;
        pcb->told &= (uint8_t)~TCP_EVENT_URGENT;
    }
    if (seq_after(pcb->rcv_up, pcb->rcv_user))
        pcb->urgent_in = true;
}

/* --- seventh, process the segment text --- */

/* What waited behind it follows, a FIN among it too. */
static void fill_gap(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g)
{
    bool fin = false;
    if (!tcp_absorb_ahead(s, pcb, &fin))
        return;
    pcb->ack_now = true;
    if (pcb->deaf)
        pcb->rcv_user = pcb->rcv_nxt;
    if (!fin)
        return;
    pcb->fin_ahead = false;
    g->flags |= TCP_FLAG_FIN;
    g->seq = pcb->rcv_nxt - g->text_len; /* where it would have stood */
}

/* Octets that the user waits for go before those that came ahead of their turn. */
static uint32_t keep(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g)
{
    struct tcp_chunks *p = &tcp_of(s)->chunks;
    uint32_t taken = tcp_stream_put(p, &pcb->in, g->seq, g->text, g->text_len, TCP_CLAIM_MORE);
    if (taken == g->text_len || !pcb->ahead.first)
        return taken;
    tcp_forget_ahead(s, pcb);
    tcp_stream_cut(p, &pcb->in, pcb->rcv_user, g->seq + taken);
    tcp_count(s, TCP_AHEAD_GAVE_WAY);
    return taken + tcp_stream_put(p, &pcb->in, g->seq + taken, g->text + taken, g->text_len - taken,
                                  TCP_CLAIM_MORE);
}

static tcp_step take_in_order(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g,
                              int64_t now_ns)
{
    uint32_t taken = g->text_len;
    tcp_soon_heard(s, pcb, g);
    if (pcb->deaf)
        pcb->rcv_user = pcb->rcv_nxt + taken;
    else
        taken = keep(s, pcb, g);
    pcb->rcv_nxt += taken;
    pcb->rcv_adv = seq_later(pcb->rcv_adv, pcb->rcv_nxt); /* of a SYN-ACK: no window was told yet */
    if (taken == g->text_len) {
        if (!(g->flags & TCP_FLAG_FIN)) /* take_fin lets go of what stands behind it */
            fill_gap(s, pcb, g);
        if (!(g->flags & TCP_FLAG_FIN))
            tcp_soon(s, pcb, now_ns);
        return TCP_STEP_NEXT;
    }
    /* No chunk: what was not taken is not acknowledged, and comes again. */
    g->flags &= (uint8_t)~TCP_FLAG_FIN;
    pcb->ack_now = true;
    return TCP_DROP_NO_CHUNK;
}

/* RFC 9293 3.6.1, SHLD-3: nobody will ever read it, and its sender hears so. */
tcp_step tcp_refuse_after_close(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                                int64_t now_ns)
{
    tcp_answer_rst(s, g, now_ns);
    tcp_end(s, pcb, pcb->user ? ERR_CONNRESET : 0);
    return TCP_DROP_TEXT_TOO_LATE;
}

/* Nothing stands behind a FIN, which may have come ahead of its turn: what a peer sends there, or
 * another FIN elsewhere, is passed over. */
static void end_at_fin(const struct tcp_pcb *pcb, struct tcp_segment *g)
{
    if (!pcb->fin_ahead)
        return;
    uint32_t fin = ranges_end(&pcb->ahead) - 1, end = g->seq + g->text_len;
    if (end != fin)
        g->flags &= (uint8_t)~TCP_FLAG_FIN;
    if (seq_after(end, fin))
        g->text_len = seq_before(g->seq, fin) ? fin - g->seq : 0;
}

tcp_step tcp_input_text(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g, int64_t now_ns)
{
    if (g->text_len == 0)
        return TCP_STEP_NEXT;
    end_at_fin(pcb, g);
    if (g->text_len == 0) {
        pcb->ack_now = true;
        return TCP_DROP_AHEAD;
    }
    if (!takes_text(pcb)) {
        pcb->ack_now = pcb->ack_now || !tcp_knob(s, TCP_KNOB_BSD_INPUT);
        return TCP_DROP_TEXT_TOO_LATE;
    }
    bool nobody = !pcb->user && !pcb->unaccepted;
    if (nobody || (pcb->shut_read && !pcb->deaf && pcb->fin_queued))
        return tcp_refuse_after_close(s, pcb, g, now_ns);
    uint32_t nxt = pcb->rcv_nxt;
    bool plain = g->seq == nxt && !pcb->ahead.first && !g->trimmed;
    tcp_step step = g->seq == nxt ? take_in_order(s, pcb, g, now_ns) : tcp_take_ahead(s, pcb, g);
    if (plain)
        tcp_told_next(pcb);
    else
        tcp_told_came(s, pcb, g, nxt);
    return step;
}

/* --- eighth, check the FIN bit --- */

static void take_fin(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    if (pcb->ahead.first) { /* a peer that sent text behind its FIN */
        tcp_forget_ahead(s, pcb);
        tcp_stream_cut_ahead(s, pcb);
    }
    pcb->rcv_nxt++;
    pcb->rcv_adv = seq_later(pcb->rcv_adv, pcb->rcv_nxt);
    pcb->fin_received = true;
    switch ((enum tcp_state)pcb->state) {
    case TCP_SYN_RECEIVED:
    case TCP_ESTABLISHED:
        tcp_enter(s, pcb, TCP_CLOSE_WAIT);
        break;
    case TCP_FIN_WAIT_1: /* our FIN is not acknowledged: else the fifth step had left it */
        tcp_enter(s, pcb, TCP_CLOSING);
        break;
    case TCP_FIN_WAIT_2:
        tcp_enter_time_wait(s, pcb, now_ns);
        break;
    case TCP_CLOSED:
    case TCP_LISTEN:
    case TCP_SYN_SENT:
    case TCP_CLOSE_WAIT:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
    case TCP_TIME_WAIT:
    case TCP_STATES:
        STACK_ASSERT(false); /* a second FIN lies outside the window */
    }
    tcp_soon_fin(s, pcb, now_ns);
}

static tcp_step check_fin(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                          int64_t now_ns)
{
    if (!(g->flags & TCP_FLAG_FIN))
        return TCP_COUNTERS;
    /* A second FIN, or one before text that came already: its peer contradicts itself. */
    if (pcb->fin_received || seq_before(g->seq + g->text_len, pcb->rcv_nxt)) {
        pcb->ack_now = pcb->ack_now || !tcp_knob(s, TCP_KNOB_BSD_INPUT);
        return TCP_DROP_AHEAD;
    }
    if (g->seq + g->text_len != pcb->rcv_nxt) {
        tcp_told_came(s, pcb, g, pcb->rcv_nxt);
        return tcp_take_ahead(s, pcb, g);
    }
    take_fin(s, pcb, now_ns);
    return TCP_COUNTERS;
}

tcp_step tcp_input_from_urgent(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g,
                               int64_t now_ns)
{
    check_urgent(pcb, g);
    tcp_step step = tcp_input_text(s, pcb, g, now_ns);
    return step == TCP_STEP_NEXT ? check_fin(s, pcb, g, now_ns) : step;
}

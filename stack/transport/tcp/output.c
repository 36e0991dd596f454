/*
 * What may be sent now: the window (RFC 9293 3.8.6), congestion control's bound, Nagle's algorithm
 * (3.7.4) and the avoidance of silly windows (3.8.6.2.1), in one function that decides. How a
 * segment looks is segment.c's.
 */
#include "stack/transport/tcp/inside.h"

static bool may_send_text(const struct tcp_pcb *pcb)
{
    switch ((enum tcp_state)pcb->state) {
    case TCP_ESTABLISHED:
    case TCP_CLOSE_WAIT:
    case TCP_FIN_WAIT_1:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
        return true;
    case TCP_CLOSED:
    case TCP_LISTEN:
    case TCP_SYN_SENT:
    case TCP_SYN_RECEIVED:
    case TCP_FIN_WAIT_2:
    case TCP_TIME_WAIT:
    case TCP_STATES:
        break;
    }
    return false;
}

static bool fin_sent(const struct tcp_pcb *pcb)
{
    return pcb->fin_queued && pcb->snd_nxt == pcb->snd_end + 1;
}

static bool in_flight(const struct tcp_pcb *pcb)
{
    return pcb->snd_nxt != pcb->snd_una;
}

/* Octets from `seq` to the right edge of the peer's window. */
static uint32_t window_left(const struct tcp_pcb *pcb, uint32_t seq)
{
    uint32_t edge = pcb->snd_una + pcb->snd_wnd;
    return seq_after(edge, seq) ? edge - seq : 0;
}

/* What could be sent from `from` on. */
struct offer {
    uint32_t from;
    uint32_t waiting; /* octets of text from there: D of 3.8.6.2.1, and what is sent once more */
    uint32_t room;    /* U, and within congestion control's bound */
    uint32_t window;  /* U */
    uint32_t mss;
    bool again; /* it begins with what was sent before */
};

/* What is sent once more goes first, and on into what is new. */
static struct offer offer_of(struct stack *s, struct tcp_pcb *pcb)
{
    struct offer o = {.again = pcb->resend != pcb->resend_end, .mss = tcp_send_mss(s, pcb)};
    o.from = o.again ? pcb->resend : pcb->snd_nxt;
    uint32_t until = o.again && pcb->resend_end != pcb->snd_nxt ? pcb->resend_end : pcb->snd_end;
    o.waiting = seq_after(until, pcb->snd_end) ? pcb->snd_end - o.from
                : seq_after(until, o.from)     ? until - o.from
                                               : 0;
    uint32_t congestion = tcp_congestion_room(pcb);
    o.window = window_left(pcb, o.from);
    o.room = o.window < congestion ? o.window : congestion;
    return o;
}

/* 3.8.6.2.1 (1) to (3) with 3.7.4. "PUSHed" is what the user does not hold back. */
static bool worth_sending(const struct tcp_pcb *pcb, const struct offer *o, uint32_t len, bool fin)
{
    bool pushed = !pcb->cork && !pcb->more;
    bool nagle = in_flight(pcb) && !pcb->no_delay;
    if (len == o->mss || o->again || fin)
        return true;
    if (pcb->urgent && seq_after(pcb->snd_up, pcb->snd_nxt))
        return true;
    if (!pushed || nagle)
        return false;
    if (len == o->waiting)
        return true;
    return o->room == o->window && len >= (pcb->max_wnd + 1) / 2;
}

/* The next segment with text or FIN; false: none may be sent now. `forced`: whatever the user and
 * the window's size say (3.8.6.2.1 (4)). */
static bool plan_next(struct stack *s, struct tcp_pcb *pcb, bool forced, struct tcp_plan *plan)
{
    if (!may_send_text(pcb) || (fin_sent(pcb) && pcb->resend == pcb->resend_end))
        return false;
    struct offer o = offer_of(s, pcb);
    uint32_t len = o.waiting < o.room ? o.waiting : o.room;
    len = len < o.mss ? len : o.mss;
    /* FIN takes an octet of the window as text does. */
    bool fin = pcb->fin_queued && o.from + len == pcb->snd_end && o.room > len;
    if ((len == 0 && !fin) || !(forced || worth_sending(pcb, &o, len, fin)))
        return false;
    *plan = (struct tcp_plan){.seq = o.from, .len = len, .flags = TCP_FLAG_ACK};
    if (fin)
        plan->flags |= TCP_FLAG_FIN;
    if (len > 0 && o.from + len == pcb->snd_end) /* MUST-60 */
        plan->flags |= TCP_FLAG_PSH;
    return true;
}

/* A segment's acknowledgement is waited for: RFC 6298 5.1, and 3 of it (Karn) for what is new. */
static void note_flight(struct stack *s, struct tcp_pcb *pcb, const struct tcp_plan *plan,
                        int64_t now_ns)
{
    uint32_t end = plan->seq + plan->len + ((plan->flags & TCP_FLAG_FIN) != 0);
    bool fresh = plan->seq == pcb->snd_nxt;
    if (!fresh)
        tcp_count(s, TCP_OUT_RESENT);
    if (seq_before(pcb->resend, end))
        pcb->resend = seq_earlier(end, pcb->resend_end);
    if (seq_after(end, pcb->snd_nxt)) {
        pcb->snd_nxt = end;
        if (pcb->resend == pcb->resend_end)
            pcb->resend = pcb->resend_end = end;
    }
    if (fresh && !pcb->timing) {
        pcb->timing = true;
        pcb->timed = end;
        pcb->timed_ns = now_ns;
    }
    pcb->probing = false;
    if (pcb->rexmt_ns == TCP_NEVER)
        pcb->rexmt_ns = now_ns + tcp_rto_ns(s, pcb);
    if (pcb->give_up_ns == TCP_NEVER)
        pcb->give_up_ns = now_ns + tcp_patience_ns(s, pcb);
}

/* Text waits and nothing is under way that would bring an acknowledgement: the window is probed
 * when it is closed (3.8.6.1), or after a while used as small as it is (3.8.6.2.1 (4)). */
static void wait_for_window(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    bool waits = may_send_text(pcb) && !in_flight(pcb) &&
                 (pcb->snd_nxt != pcb->snd_end || (pcb->fin_queued && !fin_sent(pcb)));
    if (!waits || pcb->rexmt_ns != TCP_NEVER)
        return;
    bool closed = pcb->snd_wnd == 0;
    pcb->probing = true;
    pcb->rexmt_ns = now_ns + (closed ? tcp_rto_ns(s, pcb) : tcp_knob(s, TCP_KNOB_SWS_OVERRIDE));
    if (closed && pcb->give_up_ns == TCP_NEVER)
        pcb->give_up_ns = now_ns + tcp_patience_ns(s, pcb);
}

static void send_all(struct stack *s, struct tcp_pcb *pcb, bool forced, int64_t now_ns)
{
    struct tcp_plan plan;
    while (plan_next(s, pcb, forced, &plan)) {
        /* What could not be sent is lost, as on the wire: the timeout has it sent again. */
        int err = tcp_transmit(s, pcb, &plan, now_ns);
        note_flight(s, pcb, &plan, now_ns);
        forced = false;
        if (err < 0)
            break;
    }
}

static void output(struct stack *s, struct tcp_pcb *pcb, bool forced, int64_t now_ns)
{
    if (pcb->sending)
        return;
    pcb->sending = true;
    send_all(s, pcb, forced, now_ns);
    if (pcb->ack_now)
        tcp_send_ack(s, pcb, now_ns);
    wait_for_window(s, pcb, now_ns);
    pcb->sending = false;
}

void tcp_output(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    output(s, pcb, false, now_ns);
}

void tcp_send_syn(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    struct tcp_plan plan = {.seq = pcb->iss, .flags = TCP_FLAG_SYN};
    if (pcb->state != TCP_SYN_SENT)
        plan.flags |= TCP_FLAG_ACK;
    tcp_transmit(s, pcb, &plan, now_ns);
    if (pcb->retransmits == 0) {
        pcb->timing = true;
        pcb->timed = pcb->iss + 1;
        pcb->timed_ns = now_ns;
    }
    pcb->rexmt_ns = now_ns + tcp_rto_ns(s, pcb);
}

/* The octet counts as sent, since a peer whose window opens meanwhile takes it. */
static void probe_closed(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    struct tcp_plan plan = {.seq = pcb->snd_una, .flags = TCP_FLAG_ACK};
    if (pcb->snd_una != pcb->snd_end)
        plan.len = 1;
    if (plan.seq + plan.len == pcb->snd_end)
        plan.flags |= plan.len ? TCP_FLAG_PSH : TCP_FLAG_FIN;
    tcp_transmit(s, pcb, &plan, now_ns);
    if (!in_flight(pcb)) {
        pcb->snd_nxt++;
        pcb->resend = pcb->resend_end = pcb->snd_nxt;
    }
}

void tcp_send_probe(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    if (pcb->snd_wnd != 0) {
        pcb->probing = false;
        output(s, pcb, true, now_ns);
        return;
    }
    probe_closed(s, pcb, now_ns);
    const struct rtt_limits limits = tcp_rtt_limits(s);
    rtt_expired(&pcb->rtt, &limits);
    pcb->probing = true;
    pcb->rexmt_ns = now_ns + tcp_rto_ns(s, pcb);
}

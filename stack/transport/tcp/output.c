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
    case TCP_SYN_RECEIVED:
        return pcb->early; /* RFC 7413 4.2.2 (4) */
    case TCP_CLOSED:
    case TCP_LISTEN:
    case TCP_SYN_SENT:
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
    return pcb->snd_nxt != tcp_text_una(pcb);
}

/* Octets from `seq` to the right edge of the peer's window. */
static uint32_t window_left(const struct tcp_pcb *pcb, uint32_t seq)
{
    uint32_t edge = tcp_text_una(pcb) + pcb->snd_wnd;
    return seq_after(edge, seq) ? edge - seq : 0;
}

/* The same for what was within the window when it was sent: RFC 7323 2.4 has it go again although
 * rounding drew the edge back, by less than the unit of its scale. */
static uint32_t window_left_again(const struct tcp_pcb *pcb, uint32_t seq)
{
    uint32_t edge = tcp_text_una(pcb) + pcb->snd_wnd + ((uint32_t)1 << pcb->snd_wscale) - 1;
    return pcb->snd_wnd && seq_after(edge, seq) ? edge - seq : 0;
}

/* Why more is sent than the rules below would let out, for one segment. */
enum urge {
    URGE_NONE,
    URGE_SMALL_WINDOW, /* 3.8.6.2.1 (4): it stayed as small as it is */
    URGE_LOSS_PROBE    /* RFC 8985 7.3: whatever cwnd says, and Nagle */
};

/* What could be sent from `from` on. */
struct offer {
    uint32_t from;
    uint32_t waiting; /* octets of text from there: D of 3.8.6.2.1, or of the segment sent again */
    uint32_t window;  /* U */
    uint32_t congestion; /* what cwnd leaves */
    uint32_t mss;
    bool again;  /* it was sent before */
    bool record; /* a record ends there, before all that waits */
    bool fin;    /* FIN follows what waits */
};

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static struct offer offer_new(const struct tcp_pcb *pcb, uint32_t mss)
{
    struct offer o = {.from = pcb->snd_nxt, .mss = mss, .fin = pcb->fin_queued && !fin_sent(pcb)};
    uint32_t record = tcp_record_left(pcb, o.from);
    o.waiting = seq_after(pcb->snd_end, o.from) ? pcb->snd_end - o.from : 0;
    if (record < o.waiting) {
        o.waiting = record;
        o.record = true;
        o.fin = false;
    }
    o.window = window_left(pcb, o.from);
    return o;
}

/* What is lost goes first. With nothing else in flight a segment may go whatever cwnd leaves, and
 * so does what a timeout sends again itself: what came after it may still count as in flight. */
static bool offer_again(struct stack *s, struct tcp_pcb *pcb, struct offer *o)
{
    struct seq_range at;
    struct tcp_recovery *r = &pcb->sender->recovery;
    bool fresh = (o->waiting > 0 || o->fin) && o->window > 0;
    uint32_t left = window_left_again(pcb, tcp_text_una(pcb));
    if (r->board.lost == 0 || left == 0 ||
        !recovery_next(r, &tcp_of(s)->sent, pcb->snd_nxt, fresh, least(o->mss, left), &at))
        return false;
    *o = (struct offer){.from = at.left,
                        .waiting = seq_earlier(at.right, pcb->snd_end) - at.left,
                        .window = window_left_again(pcb, at.left),
                        .congestion = o->congestion,
                        .mss = o->mss,
                        .again = true,
                        .fin = seq_after(at.right, pcb->snd_end)};
    if (recovery_owes_earliest(r) || recovery_in_flight(r, tcp_text_una(pcb), pcb->snd_nxt) == 0)
        o->congestion = o->mss;
    return true;
}

/* Without a sender, or a record for one segment more, nothing goes now. */
static bool make_offer(struct stack *s, struct tcp_pcb *pcb, enum urge urge, struct offer *o)
{
    uint32_t mss = tcp_send_mss(s, pcb);
    *o = offer_new(pcb, mss - tcp_sack_len_with_text(s, pcb));
    if (!in_flight(pcb) && o->waiting == 0 && !o->fin)
        return false;
    struct tcp_recovery *r = tcp_sender_take(s, pcb);
    if (!r)
        return false;
    if (r->congestion.mss != mss)
        congestion_set_mss(&r->congestion, mss);
    o->congestion = recovery_room(r, tcp_text_una(pcb), pcb->snd_nxt);
    if (urge == URGE_LOSS_PROBE)
        o->congestion = mss;
    else if (offer_again(s, pcb, o))
        return true;
    return scoreboard_has_room(&r->board, &tcp_of(s)->sent);
}

/* 3.7.4; the knob: as long as a segment that was less than a full one is on its way, as Minshall
 * has it. */
static bool nagle_holds(const struct stack *s, const struct tcp_pcb *pcb)
{
    if (pcb->no_delay || pcb->burst || !in_flight(pcb))
        return false;
    return !tcp_knob(s, TCP_KNOB_NAGLE_SMALL) ||
           (seq_after(pcb->snd_small, pcb->snd_una) && seq_upto(pcb->snd_small, pcb->snd_nxt));
}

/* 3.8.6.2.1 (1) to (3) with 3.7.4. "PUSHed" is what the user does not hold back. */
static bool worth_sending(const struct stack *s, const struct tcp_pcb *pcb, const struct offer *o,
                          uint32_t len, bool fin)
{
    bool pushed = !pcb->cork && !pcb->more;
    if (len == o->mss || fin)
        return true;
    bool all_urgent = tcp_knob(s, TCP_KNOB_NAGLE_SMALL); /* Linux: until it is acknowledged */
    if (pcb->urgent && (all_urgent || seq_after(pcb->snd_up, pcb->snd_nxt)))
        return true;
    if (len == o->waiting && o->record) /* what follows cannot join it: nothing is gained */
        return true;
    if (!pushed || nagle_holds(s, pcb))
        return false;
    if (len == o->waiting)
        return true;
    return o->window <= o->congestion && len >= (pcb->max_wnd + 1) / 2;
}

/* cwnd is what holds the sender back: RFC 7661 4.5.3. */
static void note_limit(struct tcp_pcb *pcb, const struct offer *o)
{
    uint32_t would = least(least(o->waiting, o->window), o->mss);
    pcb->sender->recovery.cwnd_limited = would > 0 && o->congestion < would;
}

/* What goes out at one time. */
struct burst {
    int64_t now_ns;
    enum urge urge;
    bool sent;     /* something */
    bool held;     /* for more of cwnd */
    bool window;   /* it is the peer's that stops the rest */
    bool many;     /* the unit has had a segment already */
    uint32_t left; /* octets of the unit (unit.c) that are to go */
};

static struct tcp_unit_offer unit_offer(const struct stack *s, const struct tcp_pcb *pcb,
                                        const struct offer *o)
{
    return (struct tcp_unit_offer){.waiting = o->waiting,
                                   .window = o->window,
                                   .congestion = o->congestion,
                                   .mss = o->mss,
                                   .holds_rest = pcb->cork || pcb->more || nagle_holds(s, pcb),
                                   .fin = o->fin};
}

static bool waits_for_more(const struct stack *s, const struct tcp_pcb *pcb, const struct offer *o,
                           struct burst *b)
{
    if (!tcp_knob(s, TCP_KNOB_PUSH_BURSTS) || o->again || b->urge != URGE_NONE || b->left > 0)
        return false;
    struct tcp_unit_offer u = unit_offer(s, pcb, o);
    if (!tcp_unit_waits(pcb, &u, b->now_ns))
        return false;
    b->held = o->congestion < o->window;
    return true;
}

/* The knob: does this segment end a unit of several? */
static bool ends_unit(const struct stack *s, const struct tcp_pcb *pcb, const struct offer *o,
                      uint32_t room, struct burst *b, struct tcp_plan *plan)
{
    if (!tcp_knob(s, TCP_KNOB_PUSH_BURSTS) || b->urge == URGE_LOSS_PROBE)
        return false;
    if (o->again) {
        plan->unit_goes_on =
            room - plan->len >= o->mss && scoreboard_lost_goes_on(&pcb->sender->recovery.board);
    } else {
        if (b->left == 0) {
            struct tcp_unit_offer u = unit_offer(s, pcb, o);
            b->left = tcp_unit(pcb, &u);
            b->many = false;
        }
        b->left -= least(b->left, plan->len);
        plan->unit_goes_on = b->left > 0;
    }
    bool ends = b->many && !plan->unit_goes_on;
    b->many = plan->unit_goes_on;
    return ends;
}

/* The next segment with text or FIN; false: none may be sent now. */
static bool plan_next(struct stack *s, struct tcp_pcb *pcb, struct burst *b, struct tcp_plan *plan)
{
    struct offer o;
    if (!may_send_text(pcb) || !make_offer(s, pcb, b->urge, &o))
        return false;
    if (pcb->ecn_waits && !o.again)
        return false;
    note_limit(pcb, &o);
    b->window = !o.again && o.window < least(o.waiting, o.mss) && o.window <= o.congestion;
    uint32_t room = least(o.window, o.congestion), len = least(least(o.waiting, room), o.mss);
    /* FIN takes an octet of the window as text does; by the knob none, and goes with the last. */
    bool bsd = tcp_knob(s, TCP_KNOB_BSD_INPUT) != 0;
    bool fin = o.fin && len == o.waiting && (room > len || bsd);
    if (len == 0 && !fin)
        return false;
    bool worth = b->urge != URGE_NONE || b->left > 0 || worth_sending(s, pcb, &o, len, fin);
    if (o.again ? len < o.waiting : !worth || waits_for_more(s, pcb, &o, b))
        return false;
    *plan = (struct tcp_plan){.seq = o.from, .len = len, .flags = TCP_FLAG_ACK, .fresh = !o.again};
    if (fin)
        plan->flags |= TCP_FLAG_FIN;
    /* MUST-60; the knob: Linux's MSG_MORE is a SEND without PUSH (MAY-15) */
    bool unpushed = pcb->more && b->urge == URGE_NONE && tcp_knob(s, TCP_KNOB_PUSH_BURSTS);
    bool last = o.from + len == pcb->snd_end || len == tcp_record_left(pcb, o.from);
    if (len > 0 && (ends_unit(s, pcb, &o, room, b, plan) || (last && !unpushed)))
        plan->flags |= TCP_FLAG_PSH;
    return true;
}

/* RFC 5681 4.1: what is sent after a pause. */
static void resume(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    struct tcp_sender *x = pcb->sender;
    if (!in_flight(pcb) && x->sent_ns != TCP_NEVER && now_ns > x->sent_ns)
        congestion_resumed(&x->recovery.congestion, now_ns, now_ns - x->sent_ns,
                           tcp_rto_ns(s, pcb));
    x->sent_ns = now_ns;
}

/* A segment's acknowledgement is waited for (RFC 6298 5.1). There is a record for it. */
static void note_flight(struct stack *s, struct tcp_pcb *pcb, const struct tcp_plan *plan,
                        int64_t now_ns)
{
    uint32_t end = plan->seq + plan->len + ((plan->flags & TCP_FLAG_FIN) != 0);
    struct tcp_recovery *r = &pcb->sender->recovery;
    if (plan->fresh) {
        recovery_sent(r, &tcp_of(s)->sent, plan->seq, end, now_ns);
        if (plan->len && plan->len == tcp_record_left(pcb, plan->seq))
            scoreboard_ends_record(&r->board);
        if (plan->unit_goes_on)
            scoreboard_goes_on(&r->board);
        if (plan->len && plan->len < tcp_send_mss(s, pcb) - tcp_sack_len_with_text(s, pcb))
            pcb->snd_small = end;
        pcb->snd_nxt = end;
    } else {
        tcp_count(s, TCP_OUT_RESENT);
        pcb->tally.again++;
        pcb->sender->done.octets_again += plan->len;
        recovery_sent_again(r, plan->seq, end, now_ns, tcp_timestamp(s, pcb, now_ns));
    }
    bool anew = plan->seq == pcb->snd_una && !plan->fresh && tcp_knob(s, TCP_KNOB_RTO_ANEW);
    tcp_arm_retransmission(s, pcb, anew, now_ns);
    if (pcb->give_up_ns == TCP_NEVER)
        pcb->give_up_ns = tcp_give_up_at_ns(s, pcb, now_ns);
}

/* What could not be sent is lost, as on the wire: the timeout has it sent again. `train`: what goes
 * with it or before it. */
static int send_planned(struct stack *s, struct tcp_pcb *pcb, struct tcp_train *train,
                        const struct tcp_plan *plan, int64_t now_ns)
{
    int err = 0;
    if (plan->fresh) {
        resume(s, pcb, now_ns);
        tcp_soon_answered(s, pcb, now_ns);
    }
    if (!tcp_train_takes(s, pcb, train, plan, now_ns)) {
        if ((err = tcp_train_leaves(s, pcb, train, now_ns)) < 0)
            return err;
        if (!tcp_train_takes(s, pcb, train, plan, now_ns))
            err = tcp_transmit(s, pcb, plan, now_ns);
    }
    note_flight(s, pcb, plan, now_ns);
    return err;
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
    pcb->rexmt_ns = now_ns + tcp_persist_ns(s, pcb);
    if (closed && pcb->give_up_ns == TCP_NEVER)
        pcb->give_up_ns = now_ns + tcp_patience_ns(s, pcb);
}

/* All that there was is sent, and cwnd is not what holds: the user's buffer does. */
static bool buffer_holds(struct tcp_pcb *pcb, const struct burst *b)
{
    uint32_t held = pcb->snd_end - tcp_text_una(pcb);
    if (pcb->snd_buffer - least(held, pcb->snd_buffer) >= pcb->snd_buffer / 3)
        pcb->no_room = false;
    bool begins = b->sent && pcb->snd_nxt == pcb->snd_end && !pcb->sender->recovery.cwnd_filled;
    return pcb->no_room && (pcb->sender->is_short || begins);
}

static void send_all(struct stack *s, struct tcp_pcb *pcb, enum urge urge, int64_t now_ns)
{
    struct tcp_plan plan;
    struct tcp_train train = {.count = 0};
    struct burst b = {.now_ns = now_ns, .urge = urge};
    while (plan_next(s, pcb, &b, &plan)) {
        if (send_planned(s, pcb, &train, &plan, now_ns) < 0 || urge == URGE_LOSS_PROBE)
            break;
        b.sent = b.sent || plan.fresh;
        b.urge = URGE_NONE;
    }
    tcp_train_leaves(s, pcb, &train, now_ns);
    if (pcb->sender && (b.sent || b.held))
        recovery_used(&pcb->sender->recovery, tcp_text_una(pcb), pcb->snd_nxt, b.held);
    if (pcb->sender)
        tcp_note_busy(pcb->sender, in_flight(pcb) || pcb->snd_nxt != pcb->snd_end, b.window,
                      buffer_holds(pcb, &b), now_ns);
}

static void output(struct stack *s, struct tcp_pcb *pcb, enum urge urge, int64_t now_ns)
{
    if (pcb->sending)
        return;
    pcb->sending = true;
    pcb->burst = !in_flight(pcb) && tcp_knob(s, TCP_KNOB_NAGLE_BURST);
    send_all(s, pcb, urge, now_ns);
    if (pcb->ack_now)
        tcp_send_ack(s, pcb, now_ns);
    wait_for_window(s, pcb, now_ns);
    if (!in_flight(pcb))
        tcp_sender_rest(s, pcb);
    pcb->sending = false;
}

void tcp_output(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    output(s, pcb, URGE_NONE, now_ns);
}

void tcp_output_held(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    output(s, pcb, URGE_SMALL_WINDOW, now_ns);
}

void tcp_send_syn(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    struct tcp_plan plan = {.seq = pcb->iss, .flags = TCP_FLAG_SYN};
    bool answer = pcb->state != TCP_SYN_SENT;
    if (answer)
        plan.flags |= TCP_FLAG_ACK;
    else if (pcb->retransmits == 0 && pcb->snd_nxt != pcb->iss + 1) { /* once: RFC 7413 4.2.1 */
        plan.len = pcb->snd_nxt - pcb->iss - 1;
        tcp_count(s, TCP_OUT_SYN_DATA);
    }
    bool tired = pcb->retransmits > tcp_knob(s, TCP_KNOB_ECN_RETRIES);
    if (tired && tcp_is_cached(s, pcb)) /* someone on the path may mind it */
        pcb->ecn = false;
    plan.flags |= tcp_ecn_syn_flags(s, pcb, answer);
    tcp_transmit(s, pcb, &plan, now_ns);
    if (pcb->retransmits == 0)
        pcb->syn_ns = now_ns;
    pcb->rexmt_ns = now_ns + tcp_rto_ns(s, pcb);
}

/* The octet counts as sent, since a peer whose window opens meanwhile takes it. */
static void probe_closed(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    if (tcp_knob(s, TCP_KNOB_PROBE_EMPTY) && !in_flight(pcb)) {
        struct tcp_plan empty = {.seq = pcb->snd_una - 1, .flags = TCP_FLAG_ACK};
        if (tcp_sender_take(s, pcb))
            tcp_transmit(s, pcb, &empty, now_ns);
        return;
    }
    struct tcp_recovery *r = tcp_sender_take(s, pcb);
    if (!r || !scoreboard_has_room(&r->board, &tcp_of(s)->sent))
        return;
    struct tcp_plan plan = {.seq = pcb->snd_una, .flags = TCP_FLAG_ACK};
    if (pcb->snd_una != pcb->snd_end)
        plan.len = 1;
    if (plan.seq + plan.len == pcb->snd_end)
        plan.flags |= plan.len ? TCP_FLAG_PSH : TCP_FLAG_FIN;
    tcp_transmit(s, pcb, &plan, now_ns);
    if (in_flight(pcb))
        return;
    recovery_sent(r, &tcp_of(s)->sent, pcb->snd_nxt, pcb->snd_nxt + 1, now_ns);
    pcb->snd_nxt++;
}

void tcp_send_probe(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    if (pcb->snd_wnd != 0) {
        pcb->probing = false;
        output(s, pcb, URGE_SMALL_WINDOW, now_ns);
        return;
    }
    probe_closed(s, pcb, now_ns);
    tcp_rto_expired(s, pcb);
    pcb->probing = true;
    pcb->rexmt_ns = now_ns + tcp_persist_ns(s, pcb);
}

void tcp_send_loss_probe(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    struct seq_range at;
    uint32_t nxt = pcb->snd_nxt, most = tcp_send_mss(s, pcb) - tcp_sack_len_with_text(s, pcb);
    struct tcp_recovery *r = &pcb->sender->recovery;
    output(s, pcb, URGE_LOSS_PROBE, now_ns);
    if (pcb->snd_nxt != nxt || !recovery_probe_again(r, &tcp_of(s)->sent, most, &at))
        return;
    struct tcp_train none = {.count = 0};
    struct tcp_plan plan = {.seq = at.left, .len = seq_earlier(at.right, pcb->snd_end) - at.left};
    plan.flags = TCP_FLAG_ACK | (at.right == pcb->snd_end ? TCP_FLAG_PSH : 0) |
                 (seq_after(at.right, pcb->snd_end) ? TCP_FLAG_FIN : 0);
    send_planned(s, pcb, &none, &plan, now_ns);
}

/* Resets, and what follows them: RFC 9293 (3.5.2, 3.10.7), 5961, 1337. */
#include "sim/monitor/flow.h"

#define TIME_WAIT_LEAST_NS                                                                         \
    (2 * SECOND_NS) /* whatever a host takes for two lifetimes of a segment */
#define GRACE_NS SECOND_NS

static uint32_t recents(const struct tcp_end *e)
{
    return e->segments < RECENT_SEGMENTS ? e->segments : RECENT_SEGMENTS;
}

/* As the answer to a segment that came: SEG.ACK without ACK, else 0 and ACK of all of it. */
static bool answers(const struct segment *s, const struct tcp_end *o)
{
    for (uint32_t k = 0; k < recents(o); k++) {
        bool acked = o->recent[k].flags & TCP_ACK;
        if (acked && s->seq == o->recent[k].ack)
            return true;
        if (!acked && s->seq == 0 && s->flags & TCP_ACK && s->ack == o->recent[k].end)
            return true;
    }
    return false;
}

/* Of its own accord: at SND.NXT, or anywhere in what is not acknowledged. */
static bool of_own(const struct segment *s, const struct tcp_end *e, const struct tcp_end *o)
{
    uint32_t una = o->acks_any ? o->ack : e->isn;
    return e->seen && !is_after(una, s->seq) && !is_after(s->seq, e->nxt);
}

/* Of what the other side sent long before, as far away: any number that it acknowledged. */
static bool of_before(const struct segment *s, const struct tcp_end *e)
{
    return e->seen && e->syn && !is_after(e->isn, s->seq) && !is_after(s->seq, e->nxt);
}

static void number(struct monitor *m, const struct tcp_view *v)
{
    const struct tcp_end *o = v->to;
    if (!o->segments && !v->from->seen)
        return;
    if (v->from->seen && !v->flow->start)
        return;
    bool may = answers(v->s, o) || of_own(v->s, v->from, o) ||
               (!(m->known & NEEDS_ORDER) && of_before(v->s, v->from));
    HOLDS(m, may, tcp_reset_number,
          "RST with number %u, which is neither SND.NXT nor what a segment asked for", v->s->seq);
}

static void to_reset(struct monitor *m, const struct tcp_view *v)
{
    const struct tcp_end *o = v->to;
    uint32_t last = (o->segments - 1) % RECENT_SEGMENTS;
    if (o->segments && !v->from->seen)
        HOLDS(m, waited_for_neighbour(m) || !(o->recent[last].flags & TCP_RST), tcp_reset_answered,
              "RST in answer to a RST");
}

/* Who closed first answers a FIN that comes again (TIME-WAIT); who reset the connection before has
 * given it up, and knows of none. */
static void time_wait(struct monitor *m, const struct tcp_view *v)
{
    const struct tcp_end *e = v->from, *o = v->to;
    bool waits = !o->resets && !e->reset && e->first && e->fin && o->fin &&
                 is_after(e->ack, o->fin_at) && is_after(o->ack, e->fin_at);
    uint32_t last = (o->segments - 1) % RECENT_SEGMENTS;
    if (waits && m->frame->time_ns - o->fin_ns < TIME_WAIT_LEAST_NS && o->segments &&
        (o->recent[last].flags & (TCP_FIN | TCP_SYN)) == TCP_FIN)
        broken(m, MONITOR_tcp_time_wait, "RST in TIME-WAIT");
}

void see_tcp_resets(struct monitor *m, const struct tcp_view *v)
{
    const struct tcp_end *e = v->from;
    if (v->s->flags & TCP_RST) {
        number(m, v);
        to_reset(m, v);
        time_wait(m, v);
        return;
    }
    if (v->s->flags & TCP_SYN)
        return;
    HOLDS_LATER(m, v->later && m->frame->time_ns - e->left_ns > GRACE_NS, !e->reset,
                tcp_after_own_reset, "a segment of a connection that it reset");
    if (e->dead)
        HOLDS(m, m->frame->time_ns - e->dead_ns < GRACE_NS, tcp_after_reset,
              "a segment of a connection that was reset %lld ms ago",
              (long long)((m->frame->time_ns - e->dead_ns) / MILLISECOND_NS));
}

/* An ACK that a handshake cannot use is answered in LISTEN and SYN-RECEIVED, and a listener that
 * keeps nothing (SYN cookies) answers as one: neither ends what the SYN began (3.10.7.2, 3.10.7.4).
 */
static bool may_go_on(const struct tcp_view *v)
{
    return !(v->s->flags & TCP_ACK) && v->from->ack == v->to->isn + 1 && answers(v->s, v->to);
}

void see_tcp_note_reset(struct monitor *m, const struct tcp_view *v)
{
    struct tcp_end *e = v->from, *o = v->to;
    if (!(v->s->flags & TCP_RST))
        return;
    if (!v->flow
             ->open) { /* SYN-RECEIVED outlives an answer to a wrong acknowledgement (3.10.7.4) */
        v->flow->refused |= !may_go_on(v);
        v->flow->perhaps_reset |= may_go_on(v);
        return;
    }
    if (v->s->seq == e->nxt && !may_go_on(v))
        e->reset = true;
    v->flow->perhaps_reset |= o->acks_any && v->s->seq == o->ack;
    bool all = v->s->seq == o->got || (e->fin && o->ack == e->fin_at + 1);
    if (o->acks_any && v->s->seq == o->ack && all && !(e->fin && o->fin) && !o->dead) {
        o->dead = true;
        o->dead_ns = m->frame->time_ns;
    }
}

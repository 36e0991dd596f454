/* What is acknowledged and offered, and what came: RFC 9293 (3.4, 3.8.6), 2018, 2883. */
#include "sim/monitor/flow.h"

/* --- ranges of what came --- */

static bool lies_in(const struct range *r, const struct range *in)
{
    return !is_after(in->from, r->from) && !is_after(r->to, in->to);
}

static bool touches(const struct range *r, const struct range *other)
{
    return !is_after(other->from, r->to) && !is_after(r->from, other->to);
}

static void forget_range(struct tcp_end *e, uint32_t k)
{
    e->ahead[k] = e->ahead[--e->aheads];
}

/* Takes in what came ahead and is without a gap now. */
static void close_gap(struct tcp_end *e)
{
    for (uint32_t k = 0; k < e->aheads;) {
        if (is_after(e->ahead[k].from, e->got)) {
            k++;
            continue;
        }
        if (is_after(e->ahead[k].to, e->got))
            e->got = e->ahead[k].to;
        forget_range(e, k);
        k = 0;
    }
}

/* With no room for another range, the last one grows over the gap: more may have come than did. */
static void keep_ahead(struct tcp_end *e, struct range r)
{
    for (uint32_t k = 0; k < e->aheads;) {
        if (!touches(&e->ahead[k], &r) && !(e->aheads == AHEAD && k == AHEAD - 1)) {
            k++;
            continue;
        }
        r.from = is_after(r.from, e->ahead[k].from) ? e->ahead[k].from : r.from;
        r.to = is_after(e->ahead[k].to, r.to) ? e->ahead[k].to : r.to;
        forget_range(e, k);
        k = 0;
    }
    e->ahead[e->aheads++] = r;
}

static bool came(const struct tcp_end *e, const struct range *r)
{
    if (!is_after(r->to, e->got))
        return true;
    for (uint32_t k = 0; k < e->aheads; k++)
        if (lies_in(r, &e->ahead[k]))
            return true;
    return false;
}

static void note_twice(struct tcp_end *e, const struct range *r)
{
    bool again = is_after(e->got, r->from);
    for (uint32_t k = 0; k < e->aheads; k++)
        again |= is_after(r->to, e->ahead[k].from) && is_after(e->ahead[k].to, r->from);
    if (again)
        e->twice[e->twices++ % AHEAD] = *r;
}

/* --- SACK --- */

static bool came_twice(const struct tcp_end *e, const struct range *r)
{
    for (uint32_t k = 0; k < AHEAD && k < e->twices; k++)
        if (is_after(r->to, e->twice[k].from) && is_after(e->twice[k].to, r->from))
            return true;
    return e->twices > AHEAD;
}

/* The first block may be a D-SACK: below the acknowledgement, or within the second. */
static bool is_duplicate(const struct segment *s, uint32_t k)
{
    return k == 0 && (!is_after(s->sack[0].to, s->ack) ||
                      (s->sacks > 1 && lies_in(&s->sack[0], &s->sack[1])));
}

/* All has come, and the stream has ended: Linux says so before it forgets its blocks. */
static bool ends(const struct tcp_view *v)
{
    const struct tcp_end *to = v->to;
    return to->fin && v->s->ack == to->fin_at + 1 && is_after(v->s->ack, v->from->ack);
}

static void sacks(struct monitor *m, const struct tcp_view *v)
{
    const struct segment *s = v->s;
    for (uint32_t k = 0; k < s->sacks; k++) {
        const struct range *r = &s->sack[k];
        if (!HOLDS(m, is_after(r->to, r->from), tcp_sack_form, "a block from %u to %u", r->from,
                   r->to) ||
            !v->flow->start)
            continue;
        if (is_duplicate(s, k)) {
            HOLDS(m, came_twice(v->from, r), tcp_dsack, "%u to %u did not come twice", r->from,
                  r->to);
            continue;
        }
        if (ends(v))
            continue;
        HOLDS(m, is_after(r->from, s->ack), tcp_sack_below,
              "a block from %u, all up to %u is acknowledged", r->from, s->ack);
        if (!came(v->from, r) && m->frame->way == MONITOR_UNKNOWN && !is_after(r->to, v->to->nxt)) {
            missing(m, v->flow);
            return;
        }
        HOLDS(m, came(v->from, r), tcp_sack_unseen, "a block of %u to %u, which did not come",
              r->from, r->to);
    }
}

/* --- acknowledgements --- */

/* Behind all that was captured: what the other side sends next tells whether it had sent that. */
static void doubt(struct monitor *m, const struct tcp_view *v)
{
    struct tcp_flow *f = v->flow;
    if (!m->judged || f->doubt.of)
        return;
    f->doubt.of = v->to;
    f->doubt.ack = v->s->ack;
    f->doubt.at_ns = m->frame->time_ns;
    f->doubt.sure =
        m->known & NEEDS_ORDER || (v->from->edged && is_after(v->s->ack, v->from->edge));
    doubted(m, &f->doubt.f, MONITOR_tcp_ack_unseen, "%u is acknowledged, what came ends at %u",
            v->s->ack, v->from->got);
}

static void beyond(struct monitor *m, const struct tcp_view *v)
{
    const struct segment *s = v->s;
    if (!v->flow->start || !is_after(s->ack, v->from->got))
        return;
    if (m->frame->way != MONITOR_UNKNOWN) {
        broken(m, MONITOR_tcp_ack_unseen, "%u is acknowledged, what came ends at %u", s->ack,
               v->from->got);
        return;
    }
    if (is_after(s->ack, v->to->nxt)) {
        doubt(m, v);
        return;
    }
    missing(m, v->flow);
    v->from->got = s->ack;
    close_gap(v->from);
}

#define LATE_NS                                                                                    \
    (20 * MILLISECOND_NS) /* two frames that pass one point are captured so far apart              \
                           */

/* The sender of what was acknowledged too early speaks: where it stands. */
static void settle_ack(struct monitor *m, const struct tcp_view *v)
{
    struct tcp_flow *f = v->flow;
    if (f->doubt.of != v->from || v->s->flags & TCP_RST || is_after(v->from->nxt, v->s->seq))
        return;
    bool early = is_after(f->doubt.ack, v->s->seq) && v->s->seq == v->from->nxt;
    if (early && !f->doubt.sure && m->frame->time_ns - f->doubt.at_ns < LATE_NS)
        return; /* it may have been sent before, and captured behind */
    if (early) {
        f->doubt.f.lacks &= ~(unsigned)NEEDS_COMPLETE; /* nothing is missing before its place */
        m->config.found(m->config.self, &f->doubt.f);
    } else {
        missing(m, f);
        if (is_after(f->doubt.ack, v->to->got))
            v->to->got = f->doubt.ack;
    }
    f->doubt.of = NULL;
}

/* Who was sent too much acknowledges: whether it took what was beyond. */
static void settle_window(struct monitor *m, const struct tcp_view *v)
{
    struct doubt *d = &v->flow->window_doubt;
    if (d->of != v->from)
        return;
    d->of = NULL;
    if (!is_after(v->s->ack, d->ack)) {
        tell_finding(m, &d->f);
        return;
    }
    missing(m, v->flow);
}

static void offer(struct monitor *m, const struct tcp_view *v)
{
    const struct segment *s = v->s;
    struct tcp_end *e = v->from;
    bool scaled = e->offers & v->to->offers & 1u << OPTION_SCALE && !(s->flags & TCP_SYN);
    uint32_t scale = scaled ? e->scale : 0, edge = s->ack + (s->win << scale);
    if ((e->once | v->to->once) & 1u << OPTION_SCALE)
        return;
    if (!v->flow->start || (v->to->seen && v->to->nxt - s->ack > 1u << 30))
        return; /* nobody believes who acknowledges what was not sent */
    if (e->edged && !is_after(e->ack, s->ack))
        HOLDS_LATER(m, v->later, !is_after(e->last_edge, edge + (1u << scale) - 1),
                    tcp_window_shrunk, "the window ends at %u, it ended at %u", edge, e->last_edge);
    e->last_edge = edge;
    if (!e->edged || is_after(edge, e->edge))
        e->edge = edge;
    e->edged = true;
}

/* What a block tells of for the first time may be followed by as much, unacknowledged as it is. */
static void count_sacked(const struct segment *s, struct tcp_end *of)
{
    for (uint32_t k = 0; k < s->sacks; k++) {
        uint32_t from = is_after(of->sack_top, s->ack) ? of->sack_top : s->ack;
        if (!is_after(s->sack[k].to, from) || is_after(s->sack[k].to, of->nxt))
            continue;
        of->sacked += s->sack[k].to - from;
        of->sack_top = s->sack[k].to;
    }
}

static void count(const struct tcp_view *v)
{
    struct tcp_end *by = v->from, *of = v->to;
    uint32_t ack = v->s->ack;
    if (is_after(ack, of->nxt))
        return; /* of nothing that was sent: no sender believes it */
    count_sacked(v->s, of);
    if (by->acks_any && !is_after(ack, by->ack)) {
        of->duplicates += ack == by->ack && v->s->len == 0;
        return;
    }
    of->acked += by->acks_any ? ack - by->ack : 0;
    of->advances++;
    by->ack = ack;
    by->acks_any = true;
}

void see_tcp_acknowledged(struct monitor *m, const struct tcp_view *v)
{
    const struct segment *s = v->s;
    struct tcp_end *e = v->from;
    settle_ack(m, v);
    if (!(s->flags & TCP_ACK) || s->flags & TCP_RST)
        return;
    if (s->flags & TCP_SYN && v->to->syn)
        HOLDS(m, is_after(s->ack, v->to->isn) && !is_after(s->ack, v->to->nxt), tcp_synack,
              "%u is acknowledged, the SYN had %u", s->ack, v->to->isn);
    else
        beyond(m, v);
    if (e->acks_any)
        HOLDS_LATER(m, v->later, !is_after(e->ack, s->ack), tcp_ack_back,
                    "%u is acknowledged, after %u", s->ack, e->ack);
    sacks(m, v);
    settle_window(m, v);
    offer(m, v);
    count(v);
}

/* --- what comes to the other end --- */

static void owe(struct monitor *m, struct tcp_end *e, bool advanced, bool old)
{
    if (e->owes && old)
        e->owed_ns = m->frame->time_ns; /* sent again: the first may not have come */
    if (!advanced || e->owes || (e->edged && is_after(e->got, e->last_edge)))
        return;
    e->owes = true;
    e->owed_ns = m->frame->time_ns;
    e->owed_to = e->got;
}

void see_tcp_arrived(struct monitor *m, const struct tcp_view *v)
{
    const struct segment *s = v->s;
    struct tcp_end *e = v->to;
    struct range r = {s->seq, s->end};
    if (s->flags & (TCP_RST | TCP_SYN) || r.from == r.to || !v->flow->start)
        return;
    note_twice(e, &r);
    uint32_t before = e->got;
    if (is_after(r.from, e->got))
        keep_ahead(e, r);
    else if (is_after(r.to, e->got))
        e->got = r.to;
    close_gap(e);
    owe(m, e, e->got != before, is_after(before, r.from));
}

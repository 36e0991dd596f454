/* What the SYNs agreed on: RFC 7323, 2018, 3168. */
#include "sim/monitor/flow.h"

enum { CE = 3 };

static bool has(uint32_t kinds, uint32_t kind)
{
    return kinds >> kind & 1;
}

static bool agreed(const struct tcp_view *v, uint32_t kind)
{
    return has(v->from->offers, kind) && has(v->to->offers, kind);
}

static bool perhaps(const struct tcp_view *v, uint32_t kind)
{
    return has(v->from->offers | v->from->once, kind) && has(v->to->offers | v->to->once, kind);
}

static void answered(struct monitor *m, const struct tcp_view *v)
{
    static const uint32_t kinds[] = {OPTION_SCALE, OPTION_SACK_PERMITTED, OPTION_TS};
    static const enum monitor_rule rules[] = {MONITOR_tcp_scale_answered, MONITOR_tcp_sack_answered,
                                              MONITOR_tcp_ts_answered};
    uint32_t both = TCP_SYN | TCP_ACK;
    if ((v->s->flags & both) != both || !v->to->syn)
        return;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        if (has(v->s->kinds, kinds[k]) && !has(v->to->offers | v->to->once, kinds[k]))
            broken(m, rules[k], "option %u in answer to a SYN without it", kinds[k]);
}

/* --- timestamps --- */

enum { STAMP_AND_NOPS = 12 };
#define LEAP (UINT32_C(1) << 30) /* in what order further apart ones came, no number tells */

static void echoes(struct monitor *m, const struct tcp_view *v)
{
    const struct tcp_end *to = v->to;
    uint32_t echo = v->s->tsecr;
    if (!(v->s->flags & TCP_ACK) || v->s->flags & TCP_RST || !v->flow->start || to->leapt)
        return;
    if (!to->stamped) {
        HOLDS(m, echo == 0, tcp_tsecr, "TSecr %u, no timestamp came", echo);
        return;
    }
    if (is_after(echo, to->tsval) && to->unstamped)
        return; /* of a segment that should have had it */
    if (is_after(echo, to->tsval) && m->frame->way == MONITOR_UNKNOWN && m->judged) {
        struct doubt *d = &v->flow->echo_doubt;
        if (d->of)
            return;
        *d = (struct doubt){.of = to, .ack = echo};
        doubted(m, &d->f, MONITOR_tcp_tsecr, "TSecr %u, those that came are %u to %u", echo,
                to->first_tsval, to->tsval);
        return;
    }
    HOLDS(m, !is_after(echo, to->tsval) && !is_after(to->first_tsval, echo), tcp_tsecr,
          "TSecr %u, those that came are %u to %u", echo, to->first_tsval, to->tsval);
}

/* Who was echoed too early speaks: whether its clock had come so far. */
static void settle_echo(struct monitor *m, const struct tcp_view *v)
{
    struct doubt *d = &v->flow->echo_doubt;
    if (d->of != v->from)
        return;
    d->of = NULL;
    if (is_after(d->ack, v->s->tsval)) {
        tell_finding(m, &d->f);
        return;
    }
    missing(m, v->flow);
}

/* Older than what was sent a second ago, or first of all: nothing is so late. */
static bool is_ancient(const struct tcp_end *e, uint32_t tsval)
{
    return is_after(e->tsval_before, tsval);
}

static void timestamps(struct monitor *m, const struct tcp_view *v)
{
    struct tcp_end *from = v->from;
    int64_t now = m->frame->time_ns;
    bool there = has(v->s->kinds, OPTION_TS), syn = v->s->flags & TCP_SYN;
    bool reset = v->s->flags & TCP_RST;
    if (from->syn && v->to->syn && !syn && !reset) {
        bool no_room = v->to->mss <= STAMP_AND_NOPS; /* MUST-16: options count */
        HOLDS(m, there || !agreed(v, OPTION_TS) || no_room, tcp_ts_missing,
              "no timestamp, both SYNs had one");
        HOLDS(m, !there || perhaps(v, OPTION_TS), tcp_ts_uninvited,
              "a timestamp, not both SYNs had one");
        from->unstamped |= !there && agreed(v, OPTION_TS);
    }
    if (!there || reset)
        return;
    settle_echo(m, v);
    if (from->stamped)
        HOLDS_LATER(m, v->later || is_ancient(from, v->s->tsval),
                    !is_after(from->tsval, v->s->tsval), tcp_tsval_back, "TSval %u after %u",
                    v->s->tsval, from->tsval);
    echoes(m, v);
    uint32_t leap = v->s->tsval - from->tsval;
    from->leapt |= from->stamped && leap + LEAP > 2 * LEAP;
    if (!from->stamped || is_after(from->first_tsval, v->s->tsval))
        from->first_tsval = v->s->tsval;
    if (!from->stamped || is_after(v->s->tsval, from->tsval))
        from->tsval = v->s->tsval;
    if (!from->stamped || now - from->then_ns > SECOND_NS) {
        from->tsval_before = from->stamped ? from->tsval_then : from->first_tsval;
        from->tsval_then = from->tsval;
        from->then_ns = now;
    }
    from->stamped = true;
}

/* --- ECN --- */

/* Where SYNs crossed both may have asked. */
static bool negotiated(const struct tcp_view *v)
{
    uint32_t both = TCP_ECE | TCP_CWR;
    return (v->from->ecn == both && v->to->ecn == TCP_ECE) ||
           (v->to->ecn == both && v->from->ecn == TCP_ECE) ||
           (v->from->ecn == both && v->to->ecn == both && v->from->opens && v->to->opens);
}

static void syn_ecn(struct monitor *m, const struct tcp_view *v)
{
    bool answers = v->s->flags & TCP_ACK;
    bool sets_up = (v->s->flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR);
    HOLDS(m, !v->s->ecn || sets_up, tcp_ecn_syn, "ECT on a SYN");
    if (answers && v->to->syn)
        HOLDS(m,
              !(v->s->flags & TCP_ECE) || v->to->ecn == (TCP_ECE | TCP_CWR) ||
                  v->s->flags & TCP_CWR,
              tcp_ecn_answer, "ECE in answer to a SYN that does not set up ECN");
}

/* Feedback of RFC 9768 uses the same bits otherwise. */
static void ecn(struct monitor *m, const struct tcp_view *v)
{
    struct tcp_end *from = v->from, *to = v->to;
    bool alone = v->s->len == 0 && !(v->s->flags & (TCP_SYN | TCP_FIN | TCP_RST));
    to->heard_ce |= v->s->ecn == CE;
    if (v->flow->accurate)
        return;
    if (v->s->flags & TCP_SYN) {
        syn_ecn(m, v);
        return;
    }
    if (v->s->flags & TCP_RST || !v->flow->start || !from->syn || !to->syn)
        return;
    HOLDS(m, !v->s->ecn || negotiated(v), tcp_ecn_uninvited, "ECT, and ECN was not agreed on");
    HOLDS(m, !v->s->ecn || !alone || !negotiated(v), tcp_ecn_ack, "ECT on an ACK without data");
    if (negotiated(v))
        HOLDS(m, !(v->s->flags & TCP_ECE) || from->heard_ce, tcp_ecn_echo, "ECE, and no CE came");
}

void see_tcp_options(struct monitor *m, const struct tcp_view *v)
{
    if (!v->s->blind && !v->flow->blind) {
        answered(m, v);
        timestamps(m, v);
    }
    ecn(m, v);
    if (v->s->sacks && v->to->syn)
        HOLDS(m, has(v->to->offers | v->to->once, OPTION_SACK_PERMITTED), tcp_sack_uninvited,
              "SACK blocks for a peer that did not permit them");
}

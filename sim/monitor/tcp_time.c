/* Timers, and how much may be in flight: RFC 6298, 8961, 5681, 6928, 9293 (3.8). */
#include "sim/monitor/flow.h"

enum { INITIAL_SEGMENTS = 10, LINEAR_TRIES = 6 };
#define ACK_MOST_NS (500 * MILLISECOND_NS)
#define SLACK_NS    (50 * MILLISECOND_NS)
#define RTO_MOST_NS                                                                                \
    (55 * SECOND_NS) /* from a minute on a timer may have its most: RFC 6298 2.5                   \
                      */
#define POLL_NS (20 * MILLISECOND_NS)

static int64_t ms(int64_t ns)
{
    return ns / MILLISECOND_NS;
}

/* The same again, and nothing came in between: its timer fired. Of SYN-ACKs as many are answers as
 * SYNs came: they may have waited for the neighbour's address together. */
static bool fired(const struct tcp_view *v)
{
    const struct tcp_end *e = v->from;
    if (v->s->flags & TCP_SYN && v->s->flags & TCP_ACK && e->syns < v->to->syns)
        return false;
    bool takes_room = v->s->end != v->s->seq;
    return takes_room && e->agains && e->again_seq == v->s->seq &&
           e->again_came == v->to->segments && !is_after(v->s->end, e->nxt);
}

/* Of a capture: a gap is that of several tries when some were lost before it, in the sender's own
 * queue; the next is longer than their sum all the same. */
static bool grows(const struct monitor *m, int64_t gap, int64_t before)
{
    return gap >= before + before / (m->frame->way == MONITOR_UNKNOWN ? 12 : 2);
}

/* The first try again of data may be a probe (RFC 8985) or a loss that acknowledgements told of:
 * what is compared are the gaps behind it. A SYN has no such thing; Linux, by a setting, sends the
 * first of them a second apart, which is no less than the first timer. */
static void back_off(struct monitor *m, const struct tcp_view *v)
{
    const struct tcp_end *e = v->from;
    int64_t gap = m->frame->time_ns - e->again_ns;
    bool syn = v->s->flags & TCP_SYN;
    if (m->other_timers)
        return;
    if (syn && e->agains == 1 && !e->again_waited)
        HOLDS(m, gap >= SECOND_NS - SLACK_NS, tcp_syn_timer,
              "the SYN again after %lld ms, the first RTO is 1 s", (long long)ms(gap));
    bool linear = syn && e->agains < LINEAR_TRIES && gap >= SECOND_NS - SLACK_NS;
    if (e->agains >= (syn ? 2 : 3) && gap < RTO_MOST_NS && !linear)
        HOLDS_LATER(m, e->again_flat, grows(m, gap, e->again_gap_ns), tcp_backoff,
                    "try %u after %lld ms, the one before came after %lld ms", e->agains + 1,
                    (long long)ms(gap), (long long)ms(e->again_gap_ns));
}

static bool probes(const struct tcp_view *v)
{
    const struct tcp_end *to = v->to;
    bool shut = to->edged && to->acks_any && to->last_edge == to->ack;
    return shut && v->s->len <= 1 && !(v->s->flags & (TCP_SYN | TCP_FIN)) &&
           (v->s->len == 1 || v->s->seq + 1 == to->ack);
}

static void probe(struct monitor *m, const struct tcp_view *v)
{
    struct tcp_end *e = v->from;
    int64_t now = m->frame->time_ns, gap = now - e->probe_ns;
    if (!probes(v)) {
        e->probes = v->s->len ? 0 : e->probes;
        return;
    }
    if (e->probes > 1 && gap < RTO_MOST_NS)
        e->probes_flat = gap < e->probe_gap_ns + e->probe_gap_ns / 4 ? e->probes_flat + 1 : 0;
    HOLDS(m, e->probes_flat < 3, tcp_probe_backoff,
          "probe %u after %lld ms: three gaps have not grown", e->probes + 1, (long long)ms(gap));
    e->probe_gap_ns = gap;
    e->probe_ns = now;
    e->probes++;
}

/* The most that slow start allows from the largest initial window on, whatever the algorithm: every
 * acknowledgement adds what it covers, or one segment, and so does what arrived out of order, which
 * is in flight no more, too: duplicates and blocks count twice. Limited transmit has two more. */
static void flight(struct monitor *m, const struct tcp_view *v)
{
    const struct tcp_end *e = v->from, *to = v->to;
    uint64_t mss = to->mss ? to->mss : 1; /* of 0 no host can make a segment */
    mss = mss < e->largest ? e->largest : mss;
    uint64_t out_of_order = 2 * (e->duplicates * mss + e->sacked);
    if (!v->flow->open || !v->s->len || !is_after(v->s->end, e->nxt) || !to->acks_any)
        return;
    uint64_t grown = e->acked > e->advances * mss ? e->acked : e->advances * mss;
    uint64_t most = (INITIAL_SEGMENTS + 2) * mss + grown + out_of_order;
    uint32_t in_flight = v->s->end - to->ack;
    if (is_after(to->ack, v->s->end))
        return; /* what was not sent was acknowledged, which counts for nothing */
    /* Who counts segments and not octets: all that were sent but those that are in flight, as few
     * as they can be. */
    bool counted =
        2 * (uint64_t)in_flight <= (INITIAL_SEGMENTS + 2 + e->pieces) * mss + out_of_order;
    HOLDS(m, in_flight <= most || counted, tcp_flight,
          "%u octets in flight, no congestion window is above %llu", in_flight,
          (unsigned long long)most);
}

/* An acknowledgement of what came waits half a second at most, and for one full segment more. */
static void acknowledges(struct monitor *m, const struct tcp_view *v)
{
    struct tcp_end *e = v->from;
    int64_t late = m->frame->time_ns - e->owed_ns;
    if (!(v->s->flags & TCP_ACK) || v->s->flags & TCP_RST)
        return;
    if (e->owes && !is_after(e->owed_to, v->s->ack)) {
        bool held = m->resolved_ns > e->left_ns || waited_for_neighbour(m);
        HOLDS(m, held || m->other_timers || late <= ACK_MOST_NS + SLACK_NS, tcp_ack_delay,
              "acknowledged after %lld ms", (long long)ms(late));
        e->owes = is_after(e->got, v->s->ack);
        e->owed_ns = m->frame->time_ns;
        e->owed_to = e->got;
    }
    if (e->fulls > 2)
        HOLDS(m, m->frame->time_ns - e->full_ns < POLL_NS, tcp_ack_second,
              "%u full segments came since the last acknowledgement", e->fulls);
    e->fulls = 0;
}

void see_tcp_timed(struct monitor *m, const struct tcp_view *v)
{
    if (v->s->flags & TCP_RST)
        return;
    if (fired(v) && !waited_for_neighbour(m))
        back_off(m, v);
    probe(m, v);
    flight(m, v);
    acknowledges(m, v);
}

/* --- what is remembered --- */

static void note_pieces(const struct tcp_view *v)
{
    struct tcp_end *e = v->from;
    uint32_t mss = v->to->mss ? v->to->mss : 1, full = mss > 60 ? mss - 40 : mss;
    if (v->s->len && is_after(v->s->end, e->nxt))
        e->pieces += v->s->merged || v->s->partial ? (v->s->len + full - 1) / full : 1;
}

static void note_again(struct monitor *m, const struct tcp_view *v)
{
    struct tcp_end *e = v->from;
    int64_t now = m->frame->time_ns;
    if (v->s->end == v->s->seq)
        return;
    if (fired(v) && !waited_for_neighbour(m)) {
        e->again_flat = e->agains > 1 && !grows(m, now - e->again_ns, e->again_gap_ns);
        e->again_gap_ns = now - e->again_ns;
        e->agains++;
    } else {
        e->agains = 1;
        e->again_flat = false;
        e->again_waited = waited_for_neighbour(m);
        e->again_seq = v->s->seq;
        e->again_came = v->to->segments;
    }
    e->again_ns = now;
}

/* Full segments that come at one instant are looked at together. */
static void note_full(struct monitor *m, const struct tcp_view *v)
{
    struct tcp_end *e = v->to;
    int64_t now = m->frame->time_ns;
    if (v->s->len > v->from->largest)
        v->from->largest = v->s->len;
    if (v->s->len < MSS_DEFAULT || v->s->len < v->from->largest || v->s->merged || v->s->partial)
        return;
    if (e->fulls < 2)
        e->full_ns = now; /* of the second */
    e->fulls++;
}

void see_tcp_note_time(struct monitor *m, const struct tcp_view *v)
{
    if (v->s->flags & TCP_RST)
        return;
    note_again(m, v);
    note_pieces(v);
    note_full(m, v);
}

/* What every algorithm shares: the initial window, the table of names, and the calls by the table.
 */
#include "stack/transport/tcp/congestion.h"
#include "stack/core/mem.h"
#include "stack/core/panic.h"

struct congestion_config congestion_config_rfc(void)
{
    return (struct congestion_config){.initial_segments = 10,
                                      .abc_limit = 1,
                                      .slow_start_after_idle = true,
                                      .validate = true,
                                      .hystart = HYSTART_PLUS_PLUS};
}

static bool same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

const struct tcp_congestion_ops *congestion_by_name(const char *name)
{
    if (same(name, reno_ops.name))
        return &reno_ops;
    if (same(name, cubic_ops.name))
        return &cubic_ops;
    return NULL;
}

/* RFC 5681 3.1: four, three or two segments, the larger the fewer. */
static uint32_t window_of_5681(uint32_t mss)
{
    return mss > 2190 ? 2 * mss : mss > 1095 ? 3 * mss : 4 * mss;
}

/* RFC 6928 2: IW = min (10*MSS, max (2*MSS, 14600)), 14600 being ten segments of 1460. */
uint32_t congestion_initial_window(const struct congestion_config *config, uint32_t mss)
{
    uint32_t segments = config->initial_segments;
    if (segments == 0)
        return window_of_5681(mss);
    return congestion_least(segments * mss, congestion_most(2 * mss, segments * 1460));
}

static void check(const struct tcp_congestion *c)
{
    STACK_ASSERT(c->mss > 0 && c->cwnd >= c->mss && c->cwnd <= CONGESTION_NO_SSTHRESH);
    STACK_ASSERT(c->ssthresh <= CONGESTION_NO_SSTHRESH);
}

void congestion_init(struct tcp_congestion *c, const struct tcp_congestion_ops *ops,
                     const struct congestion_config *config, uint32_t mss, bool syn_lost)
{
    *c = (struct tcp_congestion){
        .config = config, .mss = mss, .ssthresh = CONGESTION_NO_SSTHRESH, .first_slow_start = true};
    /* RFC 5681 3.1: if the SYN or SYN-ACK was lost, the window after the handshake MUST be one
     * segment. */
    c->cwnd = syn_lost ? mss : congestion_initial_window(config, mss);
    congestion_choose(c, ops);
}

void congestion_choose(struct tcp_congestion *c, const struct tcp_congestion_ops *ops)
{
    c->ops = ops;
    memset(&c->segments, 0, sizeof c->segments);
    memset(&c->cubic, 0, sizeof c->cubic);
    ops->init(c);
    check(c);
}

/* As many segments of another size. */
static uint32_t segments_of(uint32_t window, uint32_t mss, uint32_t other)
{
    uint32_t segments = window / mss;
    return segments > CONGESTION_NO_SSTHRESH / other ? CONGESTION_NO_SSTHRESH : segments * other;
}

void congestion_set_mss(struct tcp_congestion *c, uint32_t mss)
{
    if (c->config->by_segments) {
        c->cwnd = segments_of(c->cwnd, c->mss, mss);
        if (c->ssthresh != CONGESTION_NO_SSTHRESH)
            c->ssthresh = segments_of(c->ssthresh, c->mss, mss);
    }
    c->mss = mss;
    c->cwnd = congestion_most(c->cwnd, mss);
}

/* What is more than one segment ends at ssthresh. */
void congestion_slow_start_step(struct tcp_congestion *c, uint32_t octets, uint32_t limit)
{
    uint32_t grown = congestion_least(octets, limit * c->mss);
    if (grown > c->mss)
        grown = congestion_most(c->mss, congestion_least(grown, c->ssthresh - c->cwnd));
    c->cwnd = congestion_add(c->cwnd, grown);
}

void congestion_measured(struct tcp_congestion *c, const struct tcp_acked *a)
{
    if (c->ops->measured)
        c->ops->measured(c, a);
}

/* RFC 7661 4.4: what was validated grows by the standard's methods, the rest only when cwnd is what
 * holds the sender back. */
void congestion_acked(struct tcp_congestion *c, const struct tcp_acked *a)
{
    bool grows = a->cwnd_limited;
    if (c->config->validate) {
        validation_acked(c, a);
        grows = grows || validation_is_validated(c);
    }
    if (grows)
        c->ops->acked(c, a);
    else if (c->ops->paused)
        c->ops->paused(c, a->now_ns);
    check(c);
}

static void whole_segments(struct tcp_congestion *c)
{
    if (c->config->by_segments && c->ssthresh != CONGESTION_NO_SSTHRESH)
        c->ssthresh -= c->ssthresh % c->mss;
}

void congestion_congested(struct tcp_congestion *c, uint32_t flight, enum congestion_event event)
{
    if (c->config->validate)
        flight = validation_lost(c, flight);
    c->ops->congested(c, flight, event);
    whole_segments(c);
    c->first_slow_start = false;
    check(c);
}

void congestion_timed_out(struct tcp_congestion *c, uint32_t flight, bool again)
{
    if (c->config->validate)
        flight = validation_lost(c, flight);
    c->validation.in_doubt = 0; /* RFC 7661 4.4: "resumes using the standard TCP RTO mechanism" */
    c->ops->timed_out(c, flight, again);
    whole_segments(c);
    c->cwnd = c->mss; /* RFC 5681 3.1: the loss window */
    c->after_timeout = true;
    c->first_slow_start = false;
    check(c);
}

/* RFC 7661 4.4.1: after a loss in the non-validated phase cwnd = (Max(pipeACK,LossFlightSize) -
 * R)/2, at least one segment, and ssthresh follows it. */
void congestion_recovered(struct tcp_congestion *c, uint32_t resent)
{
    uint32_t doubtful = c->validation.in_doubt;
    if (doubtful) {
        doubtful = doubtful > resent ? doubtful - resent : 0;
        c->ssthresh = congestion_least(c->ssthresh, congestion_most(doubtful / 2, c->mss));
        c->validation.in_doubt = 0;
    }
    c->cwnd = congestion_most(c->ssthresh, c->mss);
    check(c);
}

/* RFC 5681 4.1: after more than an RTO without sending, cwnd SHOULD be at most RW = min(IW,cwnd).
 */
void congestion_resumed(struct tcp_congestion *c, int64_t now_ns, int64_t idle_ns, int64_t rto_ns)
{
    if (c->config->validate)
        validation_resumed(c, now_ns);
    if (c->config->slow_start_after_idle && idle_ns > rto_ns)
        c->cwnd = congestion_least(c->cwnd, congestion_initial_window(c->config, c->mss));
    if (c->ops->paused)
        c->ops->paused(c, now_ns);
    if (c->ops->resumed)
        c->ops->resumed(c, now_ns, idle_ns);
    check(c);
}

void congestion_save(const struct tcp_congestion *c, struct congestion_saved *to)
{
    *to = (struct congestion_saved){.cwnd = c->cwnd,
                                    .ssthresh = c->ssthresh,
                                    .first_slow_start = c->first_slow_start,
                                    .cubic = c->cubic};
}

/* RFC 9438 4.9.2: only when cwnd is below what it was; what grew beyond it stays as it is. */
void congestion_undo(struct tcp_congestion *c, const struct congestion_saved *from)
{
    c->after_timeout = false;
    c->validation.in_doubt = 0;
    if (c->cwnd >= from->cwnd)
        return;
    c->cwnd = congestion_most(from->cwnd, c->mss);
    c->ssthresh = from->ssthresh;
    c->first_slow_start = from->first_slow_start;
    if (c->ops != &cubic_segments_ops)
        c->cubic = from->cubic;
    check(c);
}

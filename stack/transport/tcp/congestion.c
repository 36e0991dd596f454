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
}

void congestion_init(struct tcp_congestion *c, const struct tcp_congestion_ops *ops,
                     const struct congestion_config *config, uint32_t mss, bool syn_lost)
{
    *c = (struct tcp_congestion){.config = config, .mss = mss, .ssthresh = CONGESTION_NO_SSTHRESH};
    /* RFC 5681 3.1: "if the SYN or SYN/ACK is lost, the initial window ... MUST be set to one
     * segment". */
    c->cwnd = syn_lost ? mss : congestion_initial_window(config, mss);
    congestion_choose(c, ops);
    check(c);
}

void congestion_choose(struct tcp_congestion *c, const struct tcp_congestion_ops *ops)
{
    c->ops = ops;
    memset(&c->cubic, 0, sizeof c->cubic);
    ops->init(c);
}

void congestion_set_mss(struct tcp_congestion *c, uint32_t mss)
{
    c->mss = mss;
    c->cwnd = congestion_most(c->cwnd, mss);
}

void congestion_acked(struct tcp_congestion *c, const struct tcp_acked *a)
{
    if (a->cwnd_limited)
        c->ops->acked(c, a);
    check(c);
}

void congestion_congested(struct tcp_congestion *c, uint32_t flight, int64_t now_ns, bool ecn)
{
    c->hystart_done = true;
    c->ops->congested(c, flight, now_ns, ecn);
}

void congestion_timed_out(struct tcp_congestion *c, uint32_t flight, int64_t now_ns, bool again)
{
    c->after_timeout = true;
    c->ops->timed_out(c, flight, now_ns, again);
    check(c);
}

void congestion_recovered(struct tcp_congestion *c, int64_t now_ns)
{
    c->ops->recovered(c, now_ns);
    check(c);
}

/* RFC 5681 4.1: after an idle time of more than the RTO cwnd SHOULD be at most RW = min(IW,cwnd).
 */
void congestion_resumed(struct tcp_congestion *c, int64_t now_ns, int64_t idle_ns, int64_t rto_ns)
{
    if (c->config->slow_start_after_idle && idle_ns > rto_ns)
        c->cwnd = congestion_least(c->cwnd, congestion_initial_window(c->config, c->mss));
    if (c->ops->resumed)
        c->ops->resumed(c, now_ns, idle_ns);
    check(c);
}

void congestion_save(const struct tcp_congestion *c, struct congestion_saved *to)
{
    *to = (struct congestion_saved){.cwnd = c->cwnd, .ssthresh = c->ssthresh, .cubic = c->cubic};
}

/* RFC 4015 3.2 (resume): what was taken away is given back, and nothing that was gained since is
 * lost. */
void congestion_undo(struct tcp_congestion *c, const struct congestion_saved *from)
{
    c->cwnd = congestion_most(c->cwnd, from->cwnd);
    c->ssthresh = congestion_most(c->ssthresh, from->ssthresh);
    c->cubic = from->cubic;
    c->after_timeout = false;
    check(c);
}

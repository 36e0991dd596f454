/*
 * How the first slow start ends before it loses anything: HyStart++ (RFC 9406), which watches the
 * smallest round trip of each round and goes on more slowly before it believes what it saw; or the
 * delay test of the hybrid slow start that came before it (RFC 9438 4.10), which believes it at
 * once.
 */
#include "stack/core/div.h"
#include "stack/transport/tcp/congestion.h"
#include "stack/transport/tcp/sequence.h"

/* RFC 9406 4.3. */
enum {
    MIN_RTT_THRESH_US = 4000,
    MAX_RTT_THRESH_US = 16000,
    MIN_RTT_DIVISOR = 8,
    N_RTT_SAMPLE = 8,
    CSS_GROWTH_DIVISOR = 4,
    CSS_ROUNDS = 5,
    L_NOT_PACED = 8
};
enum { CLASSIC_LOW_WINDOW = 16 }; /* segments, below which the older test is not tried */

/* 4.2, at the start of each round. */
static void start_round(struct hystart_state *h, uint32_t snd_nxt, bool plus_plus)
{
    if (!h->started)
        h->last_min_us = h->this_min_us = HYSTART_INFINITE;
    else if (plus_plus)
        h->last_min_us = h->this_min_us;
    else /* the smallest ever seen is what the older test compares with */
        h->last_min_us = congestion_least(h->last_min_us, h->this_min_us);
    h->this_min_us = HYSTART_INFINITE;
    h->samples = 0;
    h->round_end = snd_nxt;
    h->started = true;
}

static void take_sample(struct hystart_state *h, int64_t rtt_ns)
{
    if (rtt_ns <= 0)
        return;
    int64_t us = div_s64(rtt_ns, 1000);
    uint32_t rtt = us < HYSTART_INFINITE ? (uint32_t)us : HYSTART_INFINITE - 1;
    h->this_min_us = congestion_least(h->this_min_us, rtt);
    if (h->samples < N_RTT_SAMPLE)
        h->samples++;
}

/* RttThresh = max(MIN_RTT_THRESH, min(lastRoundMinRTT / MIN_RTT_DIVISOR, MAX_RTT_THRESH)) */
static bool delay_grew(const struct hystart_state *h)
{
    if (h->samples < N_RTT_SAMPLE || h->this_min_us == HYSTART_INFINITE ||
        h->last_min_us == HYSTART_INFINITE)
        return false;
    uint32_t threshold = congestion_most(
        MIN_RTT_THRESH_US, congestion_least(h->last_min_us / MIN_RTT_DIVISOR, MAX_RTT_THRESH_US));
    return h->this_min_us >= h->last_min_us + threshold;
}

/* cwnd = cwnd + (min(N, L * SMSS) / CSS_GROWTH_DIVISOR); what is left over counts next time. */
static void grow(struct tcp_congestion *c, uint32_t octets)
{
    struct hystart_state *h = &c->hystart;
    if (!h->css) {
        congestion_slow_start_step(c, octets, L_NOT_PACED);
        return;
    }
    h->credit += congestion_least(octets, L_NOT_PACED * c->mss);
    c->cwnd = congestion_add(c->cwnd, h->credit / CSS_GROWTH_DIVISOR);
    h->credit %= CSS_GROWTH_DIVISOR;
}

static void watch(struct hystart_state *h)
{
    if (h->css) {
        if (h->samples >= N_RTT_SAMPLE && h->this_min_us < h->baseline_us)
            h->css = false; /* the delay went away: it was none of ours */
    } else if (delay_grew(h)) {
        h->css = true;
        h->css_rounds = 0;
        h->baseline_us = h->this_min_us;
    }
}

static bool plus_plus(struct tcp_congestion *c, const struct tcp_acked *a)
{
    struct hystart_state *h = &c->hystart;
    grow(c, a->octets);
    take_sample(h, a->rtt_ns);
    watch(h);
    if (seq_before(a->snd_una, h->round_end))
        return false;
    /* "that partial round counts towards the limit" */
    bool over = h->css && ++h->css_rounds >= CSS_ROUNDS;
    start_round(h, a->snd_nxt, true);
    return over;
}

static bool classic(struct tcp_congestion *c, const struct tcp_acked *a)
{
    struct hystart_state *h = &c->hystart;
    congestion_slow_start_step(c, a->octets, c->config->abc_limit);
    if (h->samples < N_RTT_SAMPLE)
        take_sample(h, a->rtt_ns);
    bool over = c->cwnd >= CLASSIC_LOW_WINDOW * c->mss && delay_grew(h);
    if (!seq_before(a->snd_una, h->round_end))
        start_round(h, a->snd_nxt, false);
    return over;
}

bool hystart_acked(struct tcp_congestion *c, const struct tcp_acked *a)
{
    bool newer = c->config->hystart == HYSTART_PLUS_PLUS;
    if (!c->hystart.started)
        start_round(&c->hystart, a->snd_nxt, newer);
    bool over = newer ? plus_plus(c, a) : classic(c, a);
    if (over)
        c->ssthresh = c->cwnd;
    return over;
}

/*
 * CUBIC as Linux counts it, for the knob that counts windows in segments: its clock ticks 1,024
 * times a second, cwnd grows by one for so many segments acknowledged, and that number is computed
 * when a window or a 32nd of a second is over. RFC 9438 has the same curve in real numbers. The
 * first slow start ends by the hybrid slow start of before HyStart++, with both of its tests.
 *
 * Facts: net/ipv4/tcp_cubic.c, tcp_cong_avoid_ai.
 */
#include "stack/core/div.h"
#include "stack/core/mem.h"
#include "stack/transport/tcp/congestion.h"
#include "stack/transport/tcp/sequence.h"

enum {
    SCALE = 1024,
    BETA = 717,           /* of SCALE */
    C_TENTHS = 410,       /* C of SCALE, ten times */
    FRIENDLY_EIGHTHS = 15 /* cwnd takes 15/8 of itself acknowledged for one more, as Reno's would */
};
enum { LEAST_COUNT = 2, UNKNOWN_COUNT = 20, IDLE_FACTOR = 100, UPDATE_MS = 1000 / 32 };
/* Of the hybrid slow start, in segments, samples and microseconds. */
enum { LOW_WINDOW = 16, SAMPLES = 8, LEAST_GAIN = 4000, MOST_GAIN = 16000, TRAIN_GAP = 2000 };
enum { UNIT_OCTETS = 65536 };
/* Of the older test only the half that looks at delay, or at trains of acknowledgements. */
enum { HYSTART_BY_DELAY = HYSTART_CLASSIC + 1, HYSTART_BY_TRAIN };

static int64_t us_of(int64_t ns)
{
    return div_s64(ns, 1000);
}

static int64_t ms_of(int64_t ns)
{
    return div_s64(ns, 1000000);
}

static void init(struct tcp_congestion *c)
{
    c->segments = (struct segments_state){0};
}

/* --- the first slow start's end --- */

static void start_round(struct segments_state *q, const struct tcp_acked *a)
{
    q->round_ns = q->train_ns = a->now_ns;
    q->round_end = a->snd_nxt;
    q->round_min_us = UINT32_MAX;
    q->samples = 0;
    q->in_round = true;
}

/* How long the device may take over four of the largest units; at most a millisecond. */
static int64_t unit_delay_us(const struct tcp_congestion *c, int64_t srtt_ns)
{
    int64_t us = us_of(srtt_ns);
    uint64_t rate = div_u64((uint64_t)c->cwnd * 2 * 1000000, us > 0 ? (uint64_t)us : 1, NULL);
    uint64_t delay = rate ? div_u64(UINT64_C(4) * UNIT_OCTETS * 1000000, rate, NULL) : 0;
    return delay < 1000 ? (int64_t)delay : 1000;
}

/* Acknowledgements that follow each other closely for half of the least round trip. */
static bool train_is_long(struct tcp_congestion *c, const struct tcp_acked *a)
{
    struct segments_state *q = &c->segments;
    if (us_of(a->now_ns - q->train_ns) > TRAIN_GAP)
        return false;
    q->train_ns = a->now_ns;
    return us_of(a->now_ns - q->round_ns) > (q->least_us + unit_delay_us(c, a->srtt_ns)) / 2;
}

static bool delay_grew(struct segments_state *q, uint32_t rtt_us)
{
    uint32_t gain = congestion_most(LEAST_GAIN, congestion_least(q->least_us / 8, MOST_GAIN));
    q->round_min_us = congestion_least(q->round_min_us, rtt_us);
    if (q->samples < SAMPLES) {
        q->samples++;
        return false;
    }
    return q->round_min_us > q->least_us + gain;
}

static void watch(struct tcp_congestion *c, const struct tcp_acked *a, uint32_t rtt_us)
{
    struct segments_state *q = &c->segments;
    if (!q->in_round || seq_after(a->snd_una, q->round_end))
        start_round(q, a);
    if (c->cwnd < LOW_WINDOW * c->mss)
        return;
    uint32_t how = c->config->hystart;
    bool train = how != HYSTART_BY_DELAY && train_is_long(c, a);
    bool delay = how != HYSTART_BY_TRAIN && delay_grew(q, rtt_us);
    if (!train && !delay)
        return;
    q->found = true;
    c->ssthresh = c->cwnd;
}

/* Each round trip that was measured, whether cwnd may grow or not. In the first second of an epoch
 * what recovery left behind is not trusted. */
static void measured(struct tcp_congestion *c, const struct tcp_acked *a)
{
    struct segments_state *q = &c->segments;
    if (a->rtt_ns <= 0 || (q->in_epoch && ms_of(a->now_ns - q->epoch_ns) < 1000))
        return;
    int64_t us = us_of(a->rtt_ns);
    uint32_t rtt_us = us < 1 ? 1 : us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
    q->least_us = q->least_us ? congestion_least(q->least_us, rtt_us) : rtt_us;
    if (!q->found && congestion_slow_start(c) && c->config->hystart != HYSTART_OFF)
        watch(c, a, rtt_us);
}

/* --- congestion avoidance --- */

/* The largest k with k^3 <= n, by bits. */
static uint32_t cube_root(uint64_t n)
{
    uint32_t root = 0;
    for (int bit = 20; bit >= 0; bit--) {
        uint64_t next = root | (uint32_t)1 << bit;
        if (next * next * next <= n)
            root = (uint32_t)next;
    }
    return root;
}

static void start_epoch(struct segments_state *q, uint32_t cwnd, uint32_t acked, int64_t now_ns)
{
    q->in_epoch = true;
    q->epoch_ns = now_ns;
    q->acked = acked;
    q->friendly = cwnd;
    q->k = 0;
    q->origin = congestion_most(q->last_most, cwnd);
    if (q->last_most > cwnd)
        q->k = cube_root(div_u64(UINT64_C(1) << 40, C_TENTHS, NULL) * (q->last_most - cwnd));
}

/* W_cubic a round trip from now, in segments. */
static uint32_t target(const struct segments_state *q, int64_t now_ns)
{
    int64_t t_ms = ms_of(now_ns) - ms_of(q->epoch_ns) + div_s64(q->least_us + 999, 1000);
    uint64_t t = div_u64((uint64_t)t_ms * SCALE, 1000, NULL), most = UINT64_C(1) << 17;
    uint64_t far = t < q->k ? q->k - t : t - q->k;
    far = far < most ? far : most;
    uint32_t delta = (uint32_t)(C_TENTHS * far * far * far >> 40);
    if (t >= q->k)
        return q->origin + delta;
    return q->origin > delta ? q->origin - delta : 0;
}

/* As a Reno with CUBIC's beta would have grown. */
static void be_friendly(struct segments_state *q, uint32_t cwnd)
{
    uint32_t for_one = cwnd * FRIENDLY_EIGHTHS / 8;
    for (; q->acked > for_one; q->acked -= for_one)
        q->friendly++;
    if (q->friendly > cwnd)
        q->count = congestion_least(q->count, cwnd / (q->friendly - cwnd));
}

/* How many segments acknowledged are one more of cwnd. */
static void update(struct segments_state *q, uint32_t cwnd, uint32_t acked, int64_t now_ns)
{
    q->acked += acked;
    int64_t since_ms = ms_of(now_ns) - ms_of(q->updated_ns);
    if (q->last_cwnd == cwnd && since_ms <= UPDATE_MS)
        return;
    if (!q->in_epoch || since_ms != 0) {
        q->last_cwnd = cwnd;
        q->updated_ns = now_ns;
        if (!q->in_epoch)
            start_epoch(q, cwnd, acked, now_ns);
        uint32_t aim = target(q, now_ns);
        q->count = aim > cwnd ? cwnd / (aim - cwnd) : IDLE_FACTOR * cwnd;
        if (q->last_most == 0)
            q->count = congestion_least(q->count, UNKNOWN_COUNT);
    }
    be_friendly(q, cwnd);
    q->count = congestion_most(q->count, LEAST_COUNT);
}

static uint32_t grown(struct segments_state *q, uint32_t acked)
{
    uint32_t more = 0;
    if (q->credit >= q->count) {
        q->credit = 0;
        more = 1;
    }
    q->credit += acked;
    more += q->credit / q->count;
    q->credit %= q->count;
    return more;
}

static void acked(struct tcp_congestion *c, const struct tcp_acked *a)
{
    uint32_t octets = a->octets;
    if (congestion_slow_start(c)) {
        uint32_t taken = congestion_least(octets, c->ssthresh - c->cwnd);
        c->cwnd = congestion_add(c->cwnd, taken);
        octets -= taken;
        if (octets < c->mss)
            return;
    }
    c->after_timeout = c->first_slow_start = false;
    uint32_t cwnd = c->cwnd / c->mss, segments = octets / c->mss;
    update(&c->segments, cwnd, segments, a->now_ns);
    c->cwnd = congestion_add(c->cwnd, grown(&c->segments, segments) * c->mss);
}

/* --- what goes wrong --- */

static void give_way(struct tcp_congestion *c)
{
    struct segments_state *q = &c->segments;
    uint32_t cwnd = c->cwnd / c->mss;
    q->in_epoch = false;
    q->credit = 0;
    q->last_most = cwnd < q->last_most ? cwnd * (SCALE + BETA) / (2 * SCALE) : cwnd;
}

static uint32_t reduced(const struct tcp_congestion *c)
{
    return congestion_most(c->cwnd / c->mss * BETA / SCALE, 2) * c->mss;
}

static void congested(struct tcp_congestion *c, uint32_t flight, enum congestion_event event)
{
    (void)flight;
    give_way(c);
    c->ssthresh = reduced(c);
    if (event == CONGESTION_ECN)
        c->cwnd = congestion_least(c->ssthresh, c->cwnd);
}

static void timed_out(struct tcp_congestion *c, uint32_t flight, bool again)
{
    (void)flight;
    if (!again)
        c->ssthresh = reduced(c);
    init(c);
}

/* The time between is none of the curve's. */
static void resumed(struct tcp_congestion *c, int64_t now_ns, int64_t idle_ns)
{
    struct segments_state *q = &c->segments;
    if (!q->in_epoch)
        return;
    q->epoch_ns += idle_ns;
    if (q->epoch_ns > now_ns)
        q->epoch_ns = now_ns;
}

const struct tcp_congestion_ops cubic_segments_ops = {.name = "cubic",
                                                      .init = init,
                                                      .acked = acked,
                                                      .measured = measured,
                                                      .congested = congested,
                                                      .timed_out = timed_out,
                                                      .resumed = resumed};

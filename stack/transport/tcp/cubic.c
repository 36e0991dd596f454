/*
 * CUBIC (RFC 9438) in integers: windows in octets, time in milliseconds. C is 0.4, beta_cubic 0.7,
 * alpha_cubic 3 * (1 - 0.7) / (1 + 0.7) = 9/17.
 */
#include "stack/core/div.h"
#include "stack/core/mem.h"
#include "stack/core/panic.h"
#include "stack/transport/tcp/congestion.h"

enum { BETA_TENTHS = 7, C_TENTHS = 4, ALPHA_NUMERATOR = 9, ALPHA_DENOMINATOR = 17 };
enum { MS_MOST = 1 << 18 }; /* 262 s from W_max: a cubic window is beyond all bounds there */

static void init(struct tcp_congestion *c)
{
    (void)c;
}

/* C * d^3 in octets, d in milliseconds: 0.4 * SMSS * d^3 / 10^9. */
static uint32_t cubed(uint32_t d_ms, uint32_t mss)
{
    uint64_t milli = div_u64((uint64_t)d_ms * d_ms * d_ms, 1000, NULL);
    uint64_t octets = div_u64(milli * mss * C_TENTHS, 10 * 1000000ULL, NULL);
    return octets > CONGESTION_NO_SSTHRESH ? CONGESTION_NO_SSTHRESH : (uint32_t)octets;
}

/* Figure 1: W_cubic(t) = C * (t - K)^3 + W_max */
uint32_t cubic_window(uint32_t w_max, uint32_t k_ms, int64_t t_ms, uint32_t mss)
{
    int64_t d = t_ms - k_ms;
    uint64_t far = d < 0 ? (uint64_t)-d : (uint64_t)d;
    uint32_t distance = cubed(far < MS_MOST ? (uint32_t)far : MS_MOST, mss);
    if (d >= 0)
        return congestion_add(w_max, distance);
    return w_max > distance ? w_max - distance : 0;
}

/* The largest k with k^3 <= n, bit by bit; n < 2^63. */
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

/* Figure 2: K = cbrt((W_max - cwnd_epoch) / C); 1/C is 2.5 s^3, which are 2.5 * 10^9 ms^3. */
uint32_t cubic_k_ms(uint32_t missing, uint32_t mss)
{
    return cube_root(div_u64(missing * 2500000000ULL, mss, NULL));
}

/* A stage of congestion avoidance begins. 4.8, 4.10: after a timeout, or a slow start that ended
 * without loss, W_max is where it begins, and K is 0. */
static void start_epoch(struct tcp_congestion *c, int64_t now_ns)
{
    struct cubic_state *q = &c->cubic;
    q->in_epoch = true;
    q->epoch_ns = q->last_ns = now_ns;
    q->w_est = c->cwnd;
    q->credit = q->est_credit = 0;
    if (q->w_max == 0 || q->w_max < c->cwnd)
        q->w_max = c->cwnd;
    q->k_ms = q->w_max > c->cwnd ? cubic_k_ms(q->w_max - c->cwnd, c->mss) : 0;
}

/* Figure 4: W_est += alpha_cubic * segments_acked / cwnd; alpha_cubic is 1 from cwnd_prior on. */
static void estimate_reno(struct tcp_congestion *c, uint32_t octets)
{
    struct cubic_state *q = &c->cubic;
    uint32_t alpha = q->w_est < q->cwnd_prior ? ALPHA_NUMERATOR : ALPHA_DENOMINATOR;
    q->est_credit += (uint64_t)octets * c->mss * alpha;
    uint64_t grown = div_u64(q->est_credit, (uint64_t)c->cwnd * ALPHA_DENOMINATOR, &q->est_credit);
    q->w_est = congestion_add(q->w_est, grown > c->cwnd ? c->cwnd : (uint32_t)grown);
}

/* 4.2: target = W_cubic(t + RTT) within [cwnd, 1.5 * cwnd]; 4.4, 4.5: cwnd += (target - cwnd) /
 * cwnd segments for each acknowledgement. */
static void approach(struct tcp_congestion *c, int64_t t_ms, int64_t rtt_ms)
{
    struct cubic_state *q = &c->cubic;
    uint32_t target = congestion_least(cubic_window(q->w_max, q->k_ms, t_ms + rtt_ms, c->mss),
                                       congestion_add(c->cwnd, c->cwnd / 2));
    if (target <= c->cwnd)
        return;
    q->credit += (uint64_t)(target - c->cwnd) * c->mss;
    c->cwnd = congestion_add(c->cwnd, (uint32_t)div_u64(q->credit, c->cwnd, &q->credit));
}

/* 4.3: in the Reno-friendly region cwnd is W_est, which never takes back what cwnd has. */
static void avoid(struct tcp_congestion *c, const struct tcp_acked *a)
{
    struct cubic_state *q = &c->cubic;
    if (!q->in_epoch)
        start_epoch(c, a->now_ns);
    q->last_ns = a->now_ns;
    int64_t t_ms = div_s64(a->now_ns - q->epoch_ns, 1000000);
    estimate_reno(c, a->octets);
    if (cubic_window(q->w_max, q->k_ms, t_ms, c->mss) < q->w_est)
        c->cwnd = congestion_most(c->cwnd, q->w_est);
    else
        approach(c, t_ms, div_s64(a->srtt_ns, 1000000));
}

/* What the first slow start kept lies where the rest's state is to be. */
static void leave_first_slow_start(struct tcp_congestion *c)
{
    memset(&c->cubic, 0, sizeof c->cubic);
    c->cubic.cwnd_prior = c->cwnd; /* 4.10 */
    c->first_slow_start = false;
}

static void slow_start(struct tcp_congestion *c, const struct tcp_acked *a)
{
    if (c->first_slow_start && c->config->hystart != HYSTART_OFF) {
        if (hystart_acked(c, a))
            leave_first_slow_start(c);
        return;
    }
    congestion_slow_start_step(c, a->octets, congestion_abc_limit(c));
    c->cubic.in_epoch = false;
}

static void acked(struct tcp_congestion *c, const struct tcp_acked *a)
{
    if (congestion_slow_start(c)) {
        slow_start(c, a);
        return;
    }
    if (c->first_slow_start)
        leave_first_slow_start(c);
    c->after_timeout = false;
    avoid(c, a);
}

/* 4.7: a flow that did not reach its last W_max gives way further: W_max = cwnd * (1 + beta) / 2.
 */
static void converge(struct tcp_congestion *c)
{
    struct cubic_state *q = &c->cubic;
    if (c->first_slow_start)
        leave_first_slow_start(c);
    q->w_max = c->cwnd < q->w_max ? (uint32_t)div_u64((uint64_t)c->cwnd * 17, 20, NULL) : c->cwnd;
    q->cwnd_prior = c->cwnd;
    q->in_epoch = false;
}

/* Figure 5: ssthresh = flight_size * beta_cubic */
static uint32_t reduced(uint32_t flight)
{
    return (uint32_t)div_u64((uint64_t)flight * BETA_TENTHS, 10, NULL);
}

static void congested(struct tcp_congestion *c, uint32_t flight, enum congestion_event event)
{
    converge(c);
    uint32_t ssthresh = reduced(flight);
    if (event == CONGESTION_ECN) /* "reduction on ECE, cwnd >= 1 SMSS" */
        c->cwnd = congestion_most(congestion_least(ssthresh, c->cwnd), c->mss);
    c->ssthresh = congestion_most(ssthresh, 2 * c->mss);
}

/* 4.8. */
static void timed_out(struct tcp_congestion *c, uint32_t flight, bool again)
{
    converge(c);
    if (!again)
        c->ssthresh = congestion_most(reduced(flight), 2 * c->mss);
    c->cubic.w_max = 0;
}

/* 4.2: t "MUST NOT include periods during which cwnd has not been updated". */
static void paused(struct tcp_congestion *c, int64_t now_ns)
{
    struct cubic_state *q = &c->cubic;
    if (c->first_slow_start || !q->in_epoch)
        return;
    q->epoch_ns += now_ns - q->last_ns;
    q->last_ns = now_ns;
}

const struct tcp_congestion_ops cubic_ops = {.name = "cubic",
                                             .init = init,
                                             .acked = acked,
                                             .congested = congested,
                                             .timed_out = timed_out,
                                             .paused = paused};

/* RFC 9438 and RFC 9406 against a straightforward computation of their formulas. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "stack/transport/tcp/congestion.h"

enum { MSS = 1000 };
#define MS     1000000LL
#define SECOND 1000000000LL

static struct congestion_config config;
static struct tcp_congestion c;
static struct tcp_acked ack;

static void start(void)
{
    config = congestion_config_rfc();
    config.validate = false;
    congestion_init(&c, &cubic_ops, &config, MSS, false);
    ack = (struct tcp_acked){.now_ns = SECOND, .srtt_ns = 100 * MS, .cwnd_limited = true};
}

TestSuite(tcp_cubic, .init = start);
TestSuite(tcp_hystart, .init = start);

static double cubed(double x)
{
    return x * x * x;
}

static double root_of_cube(double x)
{
    double low = 0, high = x < 1 ? 1 : x;
    for (int i = 0; i < 200; i++) {
        double middle = (low + high) / 2;
        *(cubed(middle) < x ? &low : &high) = middle;
    }
    return low;
}

static double distance(double a, double b)
{
    return a < b ? b - a : a - b;
}

/* K = cbrt((W_max - cwnd_epoch)/0.4): 100 segments reduced by 0.7 miss 30, K = cbrt(75) = 4.2172 s.
 */
Test(tcp_cubic, k)
{
    cr_assert_eq(cubic_k_ms(30 * MSS, MSS), 4217);
    cr_assert_eq(cubic_k_ms(0, MSS), 0);
    for (uint32_t missing = 1; missing < 3000000; missing = missing * 3 + 1) {
        double k = root_of_cube((double)missing / MSS / 0.4) * 1000;
        cr_assert_lt(distance(k, cubic_k_ms(missing, MSS)), 1.01, "%u octets", missing);
    }
}

/* W_cubic(t) = 0.4 * (t - K)^3 + W_max, exactly: the numerators over 10^10 are whole numbers. */
Test(tcp_cubic, w)
{
    const uint32_t mss[] = {536, 1460, 8960}, w_max = 3000000, k = 4217;
    for (unsigned i = 0; i < 3; i++)
        for (int64_t t = 0; t <= 20000; t += 137) {
            int64_t d = t - k;
            int64_t exact = (int64_t)w_max * 10000000000 + d * d * d * mss[i] * 4;
            int64_t got = (int64_t)cubic_window(w_max, k, t, mss[i]) * 10000000000;
            int64_t off = exact - got;

            cr_assert(llabs(off) <= 10000000000, "t = %d ms: more than one octet off", (int)t);
        }
    cr_assert_eq(cubic_window(3000, 600000, 0, MSS), 0);
    cr_assert_eq(cubic_window(3000, 0, 600000, MSS), (uint32_t)CONGESTION_NO_SSTHRESH);
}

/* The formulas of 4.2 to 4.5 in segments and seconds, as they stand. */
struct model {
    double cwnd, w_max, k, w_est, prior;
};

static void model_ack(struct model *m, double t, double rtt)
{
    double alpha = m->w_est >= m->prior ? 1 : 3 * (1 - 0.7) / (1 + 0.7);
    m->w_est += alpha / m->cwnd;
    double w = 0.4 * cubed(t - m->k) + m->w_max;
    double target = 0.4 * cubed(t + rtt - m->k) + m->w_max;
    target = target < m->cwnd ? m->cwnd : target > 1.5 * m->cwnd ? 1.5 * m->cwnd : target;
    if (w < m->w_est)
        m->cwnd = m->w_est > m->cwnd ? m->w_est : m->cwnd;
    else
        m->cwnd += (target - m->cwnd) / m->cwnd;
}

/* A loss at 100 segments and `seconds` of congestion avoidance with this round trip; cwnd is what
 * the model says all the time, to a hundredth of it. */
static void avoid_beside_model(double rtt, double seconds)
{
    c.cwnd = 100 * MSS;
    congestion_congested(&c, 100 * MSS, CONGESTION_LOSS);
    congestion_recovered(&c, 0);
    cr_assert_eq(c.cwnd, 70 * MSS);
    struct model m = {70, 100, root_of_cube(30 / 0.4), 70, 100};
    double t = 0;
    ack.srtt_ns = (int64_t)(rtt * 1e9);
    ack.octets = MSS;
    int64_t began = ack.now_ns;
    while (t < seconds) {
        congestion_acked(&c, &ack);
        model_ack(&m, t, rtt);
        cr_assert_lt(distance(c.cwnd / 1000., m.cwnd), m.cwnd / 100, "t = %f: %u and %f", t, c.cwnd,
                     m.cwnd);
        ack.now_ns += (int64_t)(rtt / m.cwnd * 1e9);
        t = (double)(ack.now_ns - began) / 1e9;
    }
}

/* Concave to W_max, flat there, convex beyond. */
Test(tcp_cubic, grows_by_the_cubic_function)
{
    avoid_beside_model(0.1, 12);
}

/* With a short round trip W_est is ahead: the Reno-friendly region. */
Test(tcp_cubic, grows_by_renos_estimate)
{
    avoid_beside_model(0.005, 3);
    cr_assert_gt(c.cwnd, 250 * MSS, "0.53 and then 1 segment in each of 600 round trips");
}

/* 4.6, 4.7: beta 0.7; the second loss, below W_max, lowers it to cwnd * (1 + 0.7) / 2. */
Test(tcp_cubic, reduces_and_converges)
{
    c.cwnd = 100 * MSS;
    congestion_congested(&c, 90 * MSS, CONGESTION_LOSS);
    cr_assert_eq(c.ssthresh, 63 * MSS);
    cr_assert_eq(c.cubic.w_max, 100 * MSS);
    congestion_recovered(&c, 0);
    congestion_congested(&c, 60 * MSS, CONGESTION_LOSS);
    cr_assert_eq(c.cubic.w_max, 53550);
    cr_assert_eq(c.ssthresh, 42 * MSS);
    congestion_congested(&c, MSS, CONGESTION_LOSS);
    cr_assert_eq(c.ssthresh, 2 * MSS);
}

/* Figure 5: an echo may take cwnd to one segment, never ssthresh below two. */
Test(tcp_cubic, echo_of_congestion)
{
    c.cwnd = 2 * MSS;
    congestion_congested(&c, 2 * MSS, CONGESTION_ECN);
    cr_assert_eq(c.cwnd, 1400);
    congestion_congested(&c, 1400, CONGESTION_ECN);
    cr_assert_eq(c.cwnd, MSS);
    cr_assert_eq(c.ssthresh, 2 * MSS);
}

/* 4.8: one segment, ssthresh by beta; then K is 0 and W_max where congestion avoidance begins. */
Test(tcp_cubic, timeout)
{
    c.cwnd = 20 * MSS;
    congestion_timed_out(&c, 20 * MSS, false);
    cr_assert_eq(c.cwnd, MSS);
    cr_assert_eq(c.ssthresh, 14 * MSS);
    ack.octets = MSS;
    for (int i = 0; i < 14; i++)
        congestion_acked(&c, &ack);
    cr_assert_eq(c.cubic.w_max, 14 * MSS);
    cr_assert_eq(c.cubic.k_ms, 0);
}

/* RFC 3465 2.3: L is 1 in the slow start that a timeout began, and abc_limit in one behind it. */
Test(tcp_cubic, slow_start_after_that_of_a_timeout)
{
    config.abc_limit = 2;
    c.cwnd = 10 * MSS;
    congestion_timed_out(&c, 10 * MSS, false);
    ack.octets = 2 * MSS;
    for (int i = 0; i < 6; i++)
        congestion_acked(&c, &ack);
    cr_assert_eq(c.ssthresh, 7 * MSS);
    cr_assert_eq(c.cwnd, c.ssthresh, "a segment for each of six");
    congestion_acked(&c, &ack); /* congestion avoidance */
    c.cwnd = 2 * MSS;
    congestion_acked(&c, &ack);
    cr_assert_eq(c.cwnd, 4 * MSS);
}

/* 4.2: t does not run while the application holds back. Two connections, one of which pauses. */
Test(tcp_cubic, time_stands_still_in_a_pause)
{
    struct tcp_congestion other;
    c.cwnd = 100 * MSS;
    congestion_congested(&c, 100 * MSS, CONGESTION_LOSS);
    congestion_recovered(&c, 0);
    ack.octets = MSS;
    congestion_acked(&c, &ack);
    other = c;
    struct tcp_acked later = ack;
    config.slow_start_after_idle = false;
    congestion_resumed(&other, later.now_ns + 60 * SECOND, 60 * SECOND, SECOND);
    later.now_ns += 61 * SECOND;
    ack.now_ns += SECOND;
    congestion_acked(&c, &ack);
    congestion_acked(&other, &later);
    cr_assert_eq(other.cwnd, c.cwnd);
    ack.now_ns += 60 * SECOND;
    congestion_acked(&c, &ack);
    cr_assert_gt(c.cwnd, other.cwnd, "it does run otherwise");
}

/* 4.2: where W_cubic(t + RTT) is below cwnd, the target is cwnd: it stays. */
Test(tcp_cubic, never_shrinks_towards_the_target)
{
    c.cwnd = 100 * MSS;
    congestion_congested(&c, 100 * MSS, CONGESTION_LOSS);
    congestion_recovered(&c, 0);
    ack.octets = MSS;
    congestion_acked(&c, &ack);
    c.cwnd = 150 * MSS;
    ack.now_ns += SECOND;
    congestion_acked(&c, &ack);
    cr_assert_eq(c.cwnd, 150 * MSS);
}

/* 4.9.2: all that a spurious loss changed comes back. */
Test(tcp_cubic, undo)
{
    c.cwnd = 100 * MSS;
    congestion_congested(&c, 100 * MSS, CONGESTION_LOSS);
    congestion_recovered(&c, 0);
    ack.octets = MSS;
    for (int i = 0; i < 100; i++, ack.now_ns += 10 * MS)
        congestion_acked(&c, &ack);
    struct tcp_congestion before = c;
    struct congestion_saved saved;
    congestion_save(&c, &saved);
    congestion_congested(&c, c.cwnd, CONGESTION_LOSS);
    congestion_recovered(&c, 0);
    congestion_undo(&c, &saved);
    congestion_acked(&c, &ack);
    congestion_acked(&before, &ack);
    cr_assert_eq(c.cwnd, before.cwnd);
    cr_assert_eq(c.cubic.epoch_ns, before.cubic.epoch_ns);
    cr_assert_eq(c.cubic.w_max, before.cubic.w_max);
}

/* --- RFC 9406 --- */

/* A round of eight acknowledgements of one segment, each with this round trip. */
static void round_of(int64_t rtt_ms)
{
    uint32_t end = ack.snd_una + 8 * MSS;
    for (int i = 0; i < 8; i++) {
        ack.octets = MSS;
        ack.snd_una += MSS;
        ack.snd_nxt = ack.snd_una == end ? end + 8 * MSS : end;
        ack.rtt_ns = rtt_ms * MS;
        congestion_acked(&c, &ack);
    }
}

/* 4.2: RttThresh of 100 ms is max(4, min(12.5, 16)) = 12.5 ms. One ms below, slow start goes on. */
Test(tcp_hystart, goes_on_below_the_threshold)
{
    round_of(100);
    round_of(112);
    cr_assert(!c.hystart.css);
    cr_assert_eq(c.cwnd, 26 * MSS);
}

/* 113 ms is beyond it: the eighth sample enters conservative slow start, which grows by a quarter,
 * for five rounds of which the rest of this one is the first; then ssthresh = cwnd. */
Test(tcp_hystart, ends_after_five_rounds_of_delay)
{
    round_of(100);
    round_of(113);
    cr_assert(c.hystart.css);
    cr_assert_eq(c.cwnd, 26 * MSS);
    for (int i = 0; i < 3; i++)
        round_of(113);
    cr_assert_eq(c.cwnd, 32 * MSS, "24 segments in quarters");
    cr_assert_eq(c.ssthresh, (uint32_t)CONGESTION_NO_SSTHRESH);
    round_of(113);
    cr_assert_eq(c.cwnd, 34 * MSS);
    cr_assert_eq(c.ssthresh, 34 * MSS);
    cr_assert_eq(c.cubic.cwnd_prior, 34 * MSS, "RFC 9438 4.10");
}

/* A delay that goes away was spurious: slow start resumes, HyStart++ with it. */
Test(tcp_hystart, resumes_when_the_delay_goes)
{
    round_of(100);
    round_of(120);
    round_of(110);
    cr_assert(!c.hystart.css);
    uint32_t cwnd = c.cwnd;
    round_of(110);
    cr_assert_eq(c.cwnd, cwnd + 8 * MSS);
    round_of(130);
    cr_assert(c.hystart.css);
}

/* The bounds of the threshold: 4 ms for 8 ms, 16 ms for 800 ms. */
Test(tcp_hystart, threshold_has_bounds)
{
    round_of(8);
    round_of(11);
    cr_assert(!c.hystart.css);
    round_of(15);
    cr_assert(c.hystart.css);
    start();
    round_of(800);
    round_of(815);
    cr_assert(!c.hystart.css);
    round_of(831);
    cr_assert(c.hystart.css);
}

/* Fewer than eight samples prove nothing. L is 8 without pacing. */
Test(tcp_hystart, wants_eight_samples)
{
    round_of(100);
    uint32_t end = ack.snd_nxt;
    for (int i = 0; i < 7; i++) {
        ack.octets = MSS;
        ack.snd_una += MSS;
        ack.snd_nxt = end;
        ack.rtt_ns = 500 * MS;
        congestion_acked(&c, &ack);
    }
    cr_assert(!c.hystart.css);
    uint32_t cwnd = c.cwnd;
    ack.octets = 20 * MSS;
    ack.rtt_ns = 0;
    congestion_acked(&c, &ack);
    cr_assert_eq(c.cwnd, cwnd + 8 * MSS);
}

/* Loss ends it for good: a later slow start is the standard's. */
Test(tcp_hystart, is_for_the_first_slow_start)
{
    round_of(100);
    congestion_timed_out(&c, 40 * MSS, false);
    cr_assert_eq(c.ssthresh, 28 * MSS);
    round_of(100);
    cr_assert_eq(c.cwnd, 9 * MSS);
    round_of(400);
    cr_assert_eq(c.cwnd, 17 * MSS);
}

/* The older test believes at once, from 16 segments on, and compares with the smallest ever. */
Test(tcp_hystart, classic)
{
    config.hystart = HYSTART_CLASSIC;
    round_of(100);
    round_of(110);
    round_of(111);
    cr_assert_eq(c.ssthresh, (uint32_t)CONGESTION_NO_SSTHRESH);
    cr_assert_eq(c.cwnd, 34 * MSS);
    round_of(113);
    cr_assert_eq(c.ssthresh, 42 * MSS);
}

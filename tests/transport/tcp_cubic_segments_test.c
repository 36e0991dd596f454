/* CUBIC as Linux counts it, against the formulas of its tcp_cubic.c written down once more: in
 * whole segments, milliseconds and 1/1024 s; and its hybrid slow start. */
#include <criterion/criterion.h>
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
    config.by_segments = true;
    config.abc_limit = 255;
    config.hystart = HYSTART_CLASSIC;
    congestion_init(&c, &cubic_segments_ops, &config, MSS, false);
    ack = (struct tcp_acked){.now_ns = 100 * SECOND, .srtt_ns = 100 * MS, .cwnd_limited = true};
}

TestSuite(tcp_cubic_segments, .init = start);

/* So many segments, `rtt` after they were sent. */
static uint32_t acked(uint32_t segments, int64_t rtt_ns)
{
    ack.octets = segments * MSS;
    ack.rtt_ns = rtt_ns;
    ack.snd_una += segments * MSS;
    ack.snd_nxt = ack.snd_una + c.cwnd;
    congestion_measured(&c, &ack);
    congestion_acked(&c, &ack);
    return c.cwnd / MSS;
}

/* A window of so many segments loses one; recovery is over at once. */
static void lose_at(uint32_t segments)
{
    c.cwnd = segments * MSS;
    congestion_congested(&c, c.cwnd, CONGESTION_LOSS);
    congestion_recovered(&c, 0);
}

static void series(const uint8_t *expected, unsigned count, uint32_t segments)
{
    for (unsigned i = 0; i < count; i++, ack.now_ns += 50 * MS)
        cr_assert_eq(acked(segments, 100 * MS), expected[i], "after %u ms: %u, not %u", 50 * i,
                     c.cwnd / MSS, expected[i]);
}

Test(tcp_cubic_segments, beta)
{
    const uint32_t at[][2] = {{10, 7}, {100, 70}, {3, 2}, {2, 2}, {1, 2}, {15, 10}};
    for (unsigned i = 0; i < sizeof at / sizeof at[0]; i++) {
        c.cwnd = at[i][0] * MSS;
        congestion_congested(&c, c.cwnd, CONGESTION_LOSS);
        cr_assert_eq(c.ssthresh, at[i][1] * MSS);
    }
}

/* Fast convergence: who did not reach the last W_max gives way further, by (1024 + 717) / 2048. */
Test(tcp_cubic_segments, fast_convergence)
{
    lose_at(100);
    cr_assert_eq(c.segments.last_most, 100);
    lose_at(90);
    cr_assert_eq(c.segments.last_most, 76);
    lose_at(80);
    cr_assert_eq(c.segments.last_most, 80);
}

/* K = cbrt(2^40 / 410 * 3), the target a round trip ahead; 15/8 of cwnd for one more of Reno's. */
Test(tcp_cubic_segments, grows_from_seven)
{
    static const uint8_t expected[] = {7,  8,  8,  9,  9,  9,  9,  9,  9,  9,  10, 10, 10, 10,
                                       10, 10, 11, 11, 11, 11, 11, 12, 12, 12, 12, 12, 12, 13,
                                       13, 13, 13, 13, 13, 14, 14, 14, 14, 14, 14, 15};
    lose_at(10);
    acked(0, 100 * MS); /* the least round trip is known */
    series(expected, sizeof expected, 4);
    cr_assert_eq(c.segments.k, 2003);
}

Test(tcp_cubic_segments, grows_from_seventy)
{
    static const uint8_t expected[] = {71, 73, 74, 74, 75, 76, 77, 78, 79, 80, 81, 81, 82, 83, 84,
                                       84, 85, 86, 86, 87, 87, 88, 89, 89, 90, 90, 91, 91, 92, 92,
                                       92, 93, 93, 94, 94, 95, 95, 95, 96, 96, 96, 97, 97, 97, 98,
                                       98, 98, 98, 98, 99, 99, 99, 99, 99, 99, 99, 100};
    lose_at(100);
    acked(0, 100 * MS);
    series(expected, sizeof expected, 35);
}

/* No W_max: at least one for twenty. */
Test(tcp_cubic_segments, grows_after_slow_start)
{
    static const uint8_t expected[] = {20, 21, 21, 22, 22, 23, 23, 24, 24, 25};
    c.cwnd = c.ssthresh = 20 * MSS;
    series(expected, sizeof expected, 10);
}

/* Nothing was sent for a second: the curve goes on where it stood. */
Test(tcp_cubic_segments, a_pause_is_none_of_it)
{
    lose_at(100);
    acked(0, 100 * MS);
    acked(35, 100 * MS);
    int64_t before_ns = c.segments.epoch_ns;
    ack.now_ns += 2 * SECOND;
    config.slow_start_after_idle = false;
    congestion_resumed(&c, ack.now_ns, SECOND, 300 * MS);
    cr_assert_eq(c.segments.epoch_ns, before_ns + SECOND);
    congestion_resumed(&c, ack.now_ns, 5 * SECOND, 300 * MS);
    cr_assert_eq(c.segments.epoch_ns, ack.now_ns);
}

Test(tcp_cubic_segments, a_timeout_forgets)
{
    lose_at(100);
    acked(35, 100 * MS);
    congestion_timed_out(&c, c.cwnd, false);
    cr_assert_eq(c.ssthresh, 49 * MSS);
    cr_assert_eq(c.cwnd, MSS);
    cr_assert_eq(c.segments.last_most, 0);
    cr_assert(!c.segments.in_epoch);
    congestion_timed_out(&c, c.cwnd, true);
    cr_assert_eq(c.ssthresh, 49 * MSS, "the same loss does not count again");
}

/* Slow start ends at ssthresh, and what is left over counts for what follows. */
Test(tcp_cubic_segments, slow_start_ends)
{
    c.cwnd = 10 * MSS;
    c.ssthresh = 12 * MSS;
    cr_assert_eq(acked(2, 0), 12);
    c.cwnd = 10 * MSS;
    cr_assert_eq(acked(7, 0), 12);
    cr_assert_eq(c.segments.acked, 5);
}

/* --- the hybrid slow start --- */

/* So many acknowledgements of a segment each, `gap` apart, with that round trip. */
static void round_of(unsigned count, int64_t rtt_ns, int64_t gap_ns)
{
    for (unsigned i = 0; i < count && congestion_slow_start(&c); i++, ack.now_ns += gap_ns)
        acked(1, rtt_ns);
}

/* The ninth sample of a round says whether all of it is slower than ever by an eighth, at least 4
 * ms and at most 16. */
Test(tcp_cubic_segments, delay_ends_slow_start)
{
    c.cwnd = 20 * MSS;
    round_of(30, 100 * MS, 3 * MS);
    cr_assert(congestion_slow_start(&c));
    ack.snd_una += 1000 * MSS; /* another round */
    round_of(8, 112 * MS + 501000, 3 * MS);
    cr_assert(congestion_slow_start(&c), "eight samples");
    round_of(1, 112 * MS + 501000, 3 * MS);
    cr_assert(!congestion_slow_start(&c));
    cr_assert(c.segments.found);
}

Test(tcp_cubic_segments, delay_has_bounds)
{
    const struct {
        int64_t least_ns, rtt_ns;
        bool ends;
    } at[] = {{100 * MS, 112 * MS + 500000, false},
              {100 * MS, 112 * MS + 501000, true},
              {8 * MS, 12 * MS, false},
              {8 * MS, 12 * MS + 1000, true},
              {200 * MS, 216 * MS, false},
              {200 * MS, 216 * MS + 1000, true}};
    for (unsigned i = 0; i < sizeof at / sizeof at[0]; i++) {
        start();
        c.cwnd = 20 * MSS;
        round_of(1, at[i].least_ns, 3 * MS);
        ack.snd_una += 1000 * MSS;
        round_of(9, at[i].rtt_ns, 3 * MS);
        cr_assert_eq(!congestion_slow_start(&c), at[i].ends, "case %u", i);
    }
}

/* Below sixteen segments nothing is looked for. */
Test(tcp_cubic_segments, small_windows_grow_on)
{
    c.cwnd = 2 * MSS;
    round_of(1, 100 * MS, 3 * MS);
    ack.snd_una += 1000 * MSS;
    round_of(12, 200 * MS, 3 * MS);
    cr_assert(congestion_slow_start(&c));
    cr_assert_eq(c.segments.samples, 0);
}

/* A train of acknowledgements, none more than 2 ms behind the one before, that lasts for more than
 * half of the least round trip and what four units take; a gap ends it for this round. */
Test(tcp_cubic_segments, train_ends_slow_start)
{
    c.cwnd = 100 * MSS;
    ack.srtt_ns = 100 * MS;
    round_of(1, 100 * MS, 2 * MS);
    ack.snd_una += 1000 * MSS;
    round_of(26, 100 * MS, 2 * MS);
    cr_assert(congestion_slow_start(&c), "50 ms, of 50.5");
    round_of(1, 100 * MS, 2 * MS);
    cr_assert(!congestion_slow_start(&c));
}

Test(tcp_cubic_segments, train_ends_with_a_gap)
{
    c.cwnd = 100 * MSS;
    round_of(1, 100 * MS, 2 * MS);
    ack.snd_una += 1000 * MSS;
    round_of(10, 100 * MS, 2 * MS);
    ack.now_ns += 1 * MS; /* 3 ms */
    round_of(40, 100 * MS, 2 * MS);
    cr_assert(congestion_slow_start(&c));
}

/* The knob, and what recovery left behind: the first second of an epoch measures nothing. */
Test(tcp_cubic_segments, nothing_is_measured)
{
    config.hystart = HYSTART_OFF;
    c.cwnd = 20 * MSS;
    round_of(1, 100 * MS, 3 * MS);
    ack.snd_una += 1000 * MSS;
    round_of(20, 200 * MS, 3 * MS);
    cr_assert(congestion_slow_start(&c));
    lose_at(100);
    acked(35, 100 * MS);
    ack.now_ns += 999 * MS;
    acked(0, 50 * MS);
    cr_assert_eq(c.segments.least_us, 100000);
    ack.now_ns += 1 * MS;
    acked(0, 50 * MS);
    cr_assert_eq(c.segments.least_us, 50000);
}

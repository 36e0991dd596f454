/* RFC 6298 by its numbers. */
#include <criterion/criterion.h>
#include "stack/transport/tcp/rtt.h"

#define MS 1000000LL

static struct rtt_limits limits;
static struct rtt r;

static void start(void)
{
    limits = rtt_limits_rfc();
    limits.min_ns = 0; /* or the minimum of 1 s hides all the rest */
    rtt_init(&r, &limits);
}

TestSuite(tcp_rtt, .init = start);

/* (2.1): 1 s before there is a measurement. */
Test(tcp_rtt, begins_with_a_second)
{
    cr_assert_eq(rtt_rto(&r, &limits), 1000 * MS);
}

/* (2.2): SRTT = R, RTTVAR = R/2, RTO = SRTT + max(G, K*RTTVAR) = 3 R. */
Test(tcp_rtt, first_measurement)
{
    rtt_sample(&r, &limits, 100 * MS);
    cr_assert_eq(r.srtt_ns, 100 * MS);
    cr_assert_eq(r.rttvar_ns, 50 * MS);
    cr_assert_eq(rtt_rto(&r, &limits), 300 * MS);
}

/* (2.3): RTTVAR = 3/4 * 50 + 1/4 * |100-180| = 57.5, by the SRTT from before; SRTT = 7/8 * 100 +
 * 1/8
 * * 180 = 110; RTO = 110 + 4 * 57.5 = 340. Then one below: RTTVAR = 3/4 * 57.5 + 1/4 * |110-30| =
 * 63.125, SRTT = 7/8 * 110 + 1/8 * 30 = 100. */
Test(tcp_rtt, further_measurements)
{
    rtt_sample(&r, &limits, 100 * MS);
    rtt_sample(&r, &limits, 180 * MS);
    cr_assert_eq(r.rttvar_ns, 57500000);
    cr_assert_eq(r.srtt_ns, 110 * MS);
    cr_assert_eq(rtt_rto(&r, &limits), 340 * MS);
    rtt_sample(&r, &limits, 30 * MS);
    cr_assert_eq(r.rttvar_ns, 63125000);
    cr_assert_eq(r.srtt_ns, 100 * MS);
}

/* The variance dies out, G does not: RTO = SRTT + G. */
Test(tcp_rtt, granularity_stays)
{
    for (int i = 0; i < 200; i++)
        rtt_sample(&r, &limits, 100 * MS);
    cr_assert_eq(r.srtt_ns, 100 * MS);
    cr_assert_eq(rtt_rto(&r, &limits), 101 * MS);
    rtt_sample(&r, &limits, 0);
    cr_assert_gt(r.srtt_ns, 0);
}

/* (2.4) and (2.5). */
Test(tcp_rtt, has_a_minimum_and_a_maximum)
{
    limits = rtt_limits_rfc();
    rtt_sample(&r, &limits, 10 * MS);
    cr_assert_eq(rtt_rto(&r, &limits), 1000 * MS);
    rtt_init(&r, &limits);
    rtt_sample(&r, &limits, 50000 * MS);
    cr_assert_eq(rtt_rto(&r, &limits), 60000 * MS);
}

/* (5.5): doubled each time, up to the maximum; a measurement collapses it. */
Test(tcp_rtt, backs_off)
{
    rtt_sample(&r, &limits, 100 * MS);
    const int64_t want[] = {600, 1200, 2400, 4800, 9600, 19200, 38400, 60000, 60000, 60000};
    for (unsigned i = 0; i < sizeof want / sizeof *want; i++) {
        rtt_expired(&r, &limits);
        cr_assert_eq(rtt_rto(&r, &limits), want[i] * MS, "after %u timeouts", i + 1);
    }
    rtt_sample(&r, &limits, 100 * MS);
    cr_assert_eq(rtt_rto(&r, &limits), (100 + 4 * 37) * MS + 2 * MS, "RTTVAR 37.5");
    rtt_expired(&r, &limits);
    rtt_answered(&r);
    cr_assert_eq(rtt_rto(&r, &limits), 250 * MS);
}

/* (5.7): data begins with 3 s when the SYN was lost and nothing could be measured. */
Test(tcp_rtt, after_a_lost_syn)
{
    rtt_expired(&r, &limits);
    cr_assert_eq(rtt_rto(&r, &limits), 2000 * MS);
    rtt_after_lost_syn(&r, &limits);
    cr_assert_eq(rtt_rto(&r, &limits), 3000 * MS);
}

/* RFC 7323 appendix G: with two expected samples alpha' = 1/16 and beta' = 1/8. RTTVAR = 7/8 * 50 +
 * 1/8 * 80 = 53.75; SRTT = 15/16 * 100 + 1/16 * 180 = 105. */
Test(tcp_rtt, one_of_two_samples)
{
    rtt_sample_one_of(&r, &limits, 100 * MS, 2);
    rtt_sample_one_of(&r, &limits, 180 * MS, 2);
    cr_assert_eq(r.rttvar_ns, 53750000);
    cr_assert_eq(r.srtt_ns, 105 * MS);
}

/* RFC 4015 3.4: SRTT = max(before, measured), RTTVAR = max(before, measured/2). */
Test(tcp_rtt, adapts_to_a_spurious_timeout)
{
    rtt_sample(&r, &limits, 100 * MS);
    rtt_expired(&r, &limits);
    rtt_adapt_to_delay(&r, &limits, 100 * MS, 50 * MS, 800 * MS);
    cr_assert_eq(rtt_rto(&r, &limits), (800 + 4 * 400) * MS);
    rtt_adapt_to_delay(&r, &limits, 100 * MS, 50 * MS, 60 * MS);
    cr_assert_eq(rtt_rto(&r, &limits), 300 * MS);
}

/* RFC 5681, 6928 and 7661 by their formulas, in segments of 1000 octets. */
#include <criterion/criterion.h>
#include "stack/transport/tcp/congestion.h"

enum { MSS = 1000 };
#define SECOND 1000000000LL

static struct congestion_config config;
static struct tcp_congestion c;
static struct tcp_acked ack;

static void start(void)
{
    config = congestion_config_rfc();
    config.validate = false;
    congestion_init(&c, &reno_ops, &config, MSS, false);
    ack = (struct tcp_acked){.srtt_ns = SECOND / 10, .cwnd_limited = true};
}

TestSuite(tcp_reno, .init = start);
TestSuite(tcp_validation, .init = start);

static void acked(uint32_t octets)
{
    ack.octets = octets;
    ack.snd_una += octets;
    ack.snd_nxt = ack.snd_una + c.cwnd;
    congestion_acked(&c, &ack);
}

/* RFC 6928 2: min(10*MSS, max(2*MSS, 14600)). RFC 5681 3.1: 2, 3 or 4 segments. */
Test(tcp_reno, initial_window)
{
    cr_assert_eq(congestion_initial_window(&config, 536), 5360);
    cr_assert_eq(congestion_initial_window(&config, 1460), 14600);
    cr_assert_eq(congestion_initial_window(&config, 4000), 14600);
    cr_assert_eq(congestion_initial_window(&config, 8960), 17920);
    config.initial_segments = 0;
    cr_assert_eq(congestion_initial_window(&config, 1095), 4380);
    cr_assert_eq(congestion_initial_window(&config, 1096), 3288);
    cr_assert_eq(congestion_initial_window(&config, 2190), 6570);
    cr_assert_eq(congestion_initial_window(&config, 2191), 4382);
    congestion_init(&c, &reno_ops, &config, MSS, true);
    cr_assert_eq(c.cwnd, MSS, "a lost SYN leaves one segment");
}

/* 3.1 (2): min(N, SMSS) an acknowledgement, whatever it acknowledges. */
Test(tcp_reno, slow_start)
{
    acked(MSS);
    cr_assert_eq(c.cwnd, 11 * MSS);
    acked(300);
    cr_assert_eq(c.cwnd, 11300);
    acked(2 * MSS);
    cr_assert_eq(c.cwnd, 12300);
    config.abc_limit = 2;
    acked(2 * MSS);
    cr_assert_eq(c.cwnd, 14300, "RFC 3465 2.3");
}

/* Congestion avoidance: one segment when cwnd octets were acknowledged. */
Test(tcp_reno, congestion_avoidance)
{
    c.ssthresh = c.cwnd;
    for (int i = 0; i < 9; i++)
        acked(MSS);
    cr_assert_eq(c.cwnd, 10 * MSS);
    acked(MSS);
    cr_assert_eq(c.cwnd, 11 * MSS);
    for (int i = 0; i < 11; i++)
        acked(MSS);
    cr_assert_eq(c.cwnd, 12 * MSS);
}

/* What was counted beyond cwnd counts for the next segment. */
Test(tcp_reno, congestion_avoidance_keeps_what_is_over)
{
    c.ssthresh = c.cwnd;
    acked(19 * MSS);
    cr_assert_eq(c.cwnd, 11 * MSS);
    acked(2 * MSS);
    cr_assert_eq(c.cwnd, 12 * MSS, "9 and 2 are 11");
}

/* Nothing grows that the application does not use. */
Test(tcp_reno, unused_window_does_not_grow)
{
    ack.cwnd_limited = false;
    acked(MSS);
    cr_assert_eq(c.cwnd, 10 * MSS);
}

/* (4): ssthresh = max(FlightSize / 2, 2*SMSS), and cwnd follows at the end of recovery. */
Test(tcp_reno, loss)
{
    congestion_congested(&c, 9 * MSS, CONGESTION_LOSS);
    cr_assert_eq(c.ssthresh, 4500);
    congestion_recovered(&c, MSS);
    cr_assert_eq(c.cwnd, 4500);
    congestion_congested(&c, 2 * MSS, CONGESTION_LOSS);
    cr_assert_eq(c.ssthresh, 2 * MSS);
}

/* RFC 3168 6.1.2: an echo halves the window, down to one segment. */
Test(tcp_reno, echo_of_congestion)
{
    congestion_congested(&c, 10 * MSS, CONGESTION_ECN);
    cr_assert_eq(c.cwnd, 5 * MSS);
    for (int i = 0; i < 4; i++)
        congestion_congested(&c, c.cwnd, CONGESTION_ECN);
    cr_assert_eq(c.cwnd, MSS);
    cr_assert_eq(c.ssthresh, 2 * MSS);
}

/* A timeout: LW is one segment; ssthresh only moves the first time. Slow start counts one segment
 * an acknowledgement then, whatever abc_limit says. */
Test(tcp_reno, timeout)
{
    config.abc_limit = 2;
    congestion_timed_out(&c, 10 * MSS, false);
    cr_assert_eq(c.cwnd, MSS);
    cr_assert_eq(c.ssthresh, 5 * MSS);
    congestion_timed_out(&c, MSS, true);
    cr_assert_eq(c.ssthresh, 5 * MSS);
    acked(2 * MSS);
    cr_assert_eq(c.cwnd, 2 * MSS);
    acked(2 * MSS);
    acked(2 * MSS);
    acked(2 * MSS);
    cr_assert_eq(c.cwnd, 5 * MSS, "slow start ends at ssthresh");
    acked(5 * MSS);
    cr_assert_eq(c.cwnd, 6 * MSS, "congestion avoidance follows");
}

/* RFC 4015 3.2: what a spurious timeout took is given back. */
Test(tcp_reno, undo)
{
    struct congestion_saved saved;
    acked(MSS);
    congestion_save(&c, &saved);
    congestion_timed_out(&c, 11 * MSS, false);
    congestion_undo(&c, &saved);
    cr_assert_eq(c.cwnd, 11 * MSS);
    cr_assert_eq(c.ssthresh, CONGESTION_NO_SSTHRESH);
    acked(MSS);
    cr_assert_eq(c.cwnd, 12 * MSS);
}

/* RFC 9438 4.9.2: a window that grew beyond what it was is left alone. */
Test(tcp_reno, undo_long_after)
{
    struct congestion_saved saved;
    congestion_save(&c, &saved);
    congestion_congested(&c, 10 * MSS, CONGESTION_LOSS);
    c.cwnd = 10 * MSS;
    congestion_undo(&c, &saved);
    cr_assert_eq(c.ssthresh, 5 * MSS);
}

/* 4.1: idle for more than an RTO, cwnd is at most RW = min(IW, cwnd). */
Test(tcp_reno, restart_after_idle)
{
    c.cwnd = 30 * MSS;
    congestion_resumed(&c, 10 * SECOND, SECOND, SECOND);
    cr_assert_eq(c.cwnd, 30 * MSS);
    congestion_resumed(&c, 10 * SECOND, SECOND + 1, SECOND);
    cr_assert_eq(c.cwnd, 10 * MSS);
    c.cwnd = 4 * MSS;
    congestion_resumed(&c, 10 * SECOND, 5 * SECOND, SECOND);
    cr_assert_eq(c.cwnd, 4 * MSS);
    c.cwnd = 30 * MSS;
    config.slow_start_after_idle = false;
    congestion_resumed(&c, 10 * SECOND, 5 * SECOND, SECOND);
    cr_assert_eq(c.cwnd, 30 * MSS);
}

/* No window passes 2^31. */
Test(tcp_reno, stays_below_the_bound)
{
    c.cwnd = CONGESTION_NO_SSTHRESH - 10;
    acked(MSS);
    cr_assert_eq(c.cwnd, (uint32_t)CONGESTION_NO_SSTHRESH);
    acked(MSS);
    cr_assert_eq(c.cwnd, (uint32_t)CONGESTION_NO_SSTHRESH);
}

Test(tcp_reno, by_name)
{
    cr_assert_eq(congestion_by_name("reno"), &reno_ops);
    cr_assert_eq(congestion_by_name("cubic"), &cubic_ops);
    cr_assert_null(congestion_by_name("ren"));
    cr_assert_null(congestion_by_name("renos"));
}

/* One round trip in which so many octets are acknowledged, `apart` after the one before. */
static void round_of(uint32_t octets, int64_t apart)
{
    ack.now_ns += apart;
    ack.snd_nxt = ack.snd_una + octets;
    for (; octets > 0; octets -= MSS) {
        ack.octets = MSS;
        ack.snd_una += MSS;
        congestion_acked(&c, &ack);
    }
}

static void validated_rounds(void)
{
    config.validate = true;
    ack.cwnd_limited = false;
    ack.now_ns = SECOND;
}

/* RFC 7661 4.3: pipeACK below half of cwnd: not validated, and cwnd keeps its size. The first round
 * has no sample before it: pipeACK is undefined, and the standard's methods hold. */
Test(tcp_validation, half_of_the_window)
{
    validated_rounds();
    round_of(2 * MSS, SECOND / 10);
    cr_assert_eq(c.cwnd, 11 * MSS, "undefined until the second acknowledgement made a sample");
    cr_assert_eq(validation_pipe_ack(&c.validation), 2 * MSS);
    round_of(3 * MSS, SECOND / 10);
    cr_assert_eq(c.cwnd, 11 * MSS);
    ack.cwnd_limited = true;
    round_of(2 * MSS, SECOND / 10);
    cr_assert_eq(c.cwnd, 13 * MSS, "a full window grows all the same");
    ack.cwnd_limited = false;
    round_of(7 * MSS, SECOND / 10);
    cr_assert_eq(c.cwnd, 14 * MSS, "with its last acknowledgement 7 of 13 were used");
}

/* The sampling period is max(3*RTT, 1 s): what is older does not count. */
Test(tcp_validation, samples_age)
{
    validated_rounds();
    round_of(8 * MSS, 0);
    round_of(MSS, SECOND / 2);
    cr_assert_eq(validation_pipe_ack(&c.validation), 8 * MSS);
    round_of(MSS, SECOND / 2);
    cr_assert_eq(validation_pipe_ack(&c.validation), MSS);
    round_of(8 * MSS, SECOND);
    round_of(MSS, 10 * SECOND);
    cr_assert_eq(validation_pipe_ack(&c.validation), MSS);
}

/* 4.4.1: cwnd = max(pipeACK, LossFlightSize)/2 when loss is found, (that - R)/2 at the end. */
Test(tcp_validation, loss_in_the_non_validated_phase)
{
    validated_rounds();
    round_of(4 * MSS, SECOND / 10);
    c.cwnd = 40 * MSS;
    congestion_congested(&c, 2 * MSS, CONGESTION_LOSS);
    cr_assert_eq(c.ssthresh, 2 * MSS);
    congestion_recovered(&c, MSS);
    cr_assert_eq(c.cwnd, 1500);
    cr_assert_eq(validation_pipe_ack(&c.validation), UINT32_MAX, "undefined again");
}

/* In the validated phase it is RFC 5681's. */
Test(tcp_validation, loss_in_the_validated_phase)
{
    validated_rounds();
    round_of(8 * MSS, SECOND / 10);
    c.cwnd = 10 * MSS;
    congestion_congested(&c, 8 * MSS, CONGESTION_LOSS);
    congestion_recovered(&c, MSS);
    cr_assert_eq(c.cwnd, 4 * MSS);
}

/* 4.4.3: five minutes of it: ssthresh = max(ssthresh, 3*cwnd/4), cwnd = max(cwnd/2, IW). */
Test(tcp_validation, five_minutes)
{
    validated_rounds();
    config.slow_start_after_idle = false;
    round_of(2 * MSS, SECOND / 10);
    c.cwnd = 40 * MSS;
    c.ssthresh = 8 * MSS;
    int64_t began = ack.now_ns;
    congestion_resumed(&c, began + 300 * SECOND - 1, SECOND, SECOND);
    cr_assert_eq(c.cwnd, 40 * MSS);
    congestion_resumed(&c, began + 300 * SECOND, SECOND, SECOND);
    cr_assert_eq(c.cwnd, 20 * MSS);
    cr_assert_eq(c.ssthresh, 30 * MSS);
    congestion_resumed(&c, began + 600 * SECOND, SECOND, SECOND);
    cr_assert_eq(c.cwnd, 10 * MSS);
    congestion_resumed(&c, began + 900 * SECOND, SECOND, SECOND);
    cr_assert_eq(c.cwnd, 10 * MSS, "never below IW");
}

/* A loss ends the phase: five minutes begin anew with what is not validated next. */
Test(tcp_validation, five_minutes_after_a_loss)
{
    validated_rounds();
    config.slow_start_after_idle = false;
    round_of(2 * MSS, SECOND / 10);
    c.cwnd = 40 * MSS;
    c.ssthresh = 8 * MSS;
    congestion_resumed(&c, ack.now_ns, 0, SECOND);
    congestion_congested(&c, 2 * MSS, CONGESTION_LOSS);
    congestion_recovered(&c, 0);
    c.cwnd = 40 * MSS;
    ack.now_ns += 200 * SECOND;
    round_of(MSS, 0); /* one acknowledgement is a round trip and a sample */
    int64_t began = ack.now_ns;
    congestion_resumed(&c, began + 300 * SECOND - 1, SECOND, SECOND);
    cr_assert_eq(c.cwnd, 40 * MSS);
    congestion_resumed(&c, began + 300 * SECOND, SECOND, SECOND);
    cr_assert_eq(c.cwnd, 20 * MSS);
}

/* An embedder's time may be 0 at any instant: it is no mark for a phase that has not begun. */
Test(tcp_validation, five_minutes_from_instant_zero)
{
    validated_rounds();
    config.slow_start_after_idle = false;
    ack.now_ns = -10 * SECOND;
    round_of(2 * MSS, SECOND / 10);
    c.cwnd = 40 * MSS;
    c.ssthresh = 8 * MSS;
    c.validation.doubted = false;
    congestion_resumed(&c, 0, SECOND, SECOND);
    congestion_resumed(&c, 300 * SECOND - 1, SECOND, SECOND);
    cr_assert_eq(c.cwnd, 40 * MSS);
    congestion_resumed(&c, 300 * SECOND, SECOND, SECOND);
    cr_assert_eq(c.cwnd, 20 * MSS);
}

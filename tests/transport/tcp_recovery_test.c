/* Recovery with a receiver and a link: what is sent again and when. Segments have 1000 octets, the
 * round trip is 100 ms. */
#include "tests/transport/recovery_rig.h"

/* Which first transmissions are dropped: bit n is the n-th segment's. */
static uint64_t lost_once, lost_twice, acks_lost;

static bool by_mask(struct flow *f, const struct event *e)
{
    (void)f;
    if (e->is_ack)
        return false;
    uint64_t bit = (uint64_t)1 << (e->left / MSS & 63);
    if (!e->again)
        return lost_once & bit;
    bool drops = lost_twice & bit;
    lost_twice &= ~bit;
    return drops;
}

static struct flow *losing(bool sack, uint32_t segments, uint64_t once, uint64_t twice)
{
    struct flow *f = flow_open(sack, 0, segments * MSS);
    lost_once = once;
    lost_twice = twice;
    acks_lost = 0;
    f->drop = by_mask;
    return f;
}

/* RFC 5681 3.2, RFC 3042: two new segments for the first two duplicates, the lost one for the
 * third; no timeout, and ssthresh is half of what was in flight. */
Test(tcp_recovery, fast_retransmit_with_sack)
{
    struct flow *f = losing(true, 30, 1, 0);
    flow_run(f, 2000 * MS);
    cr_assert_eq(f->timeouts, 0);
    cr_assert_eq(f->resent, 1);
    cr_assert_eq(f->log_left[10], 10 * MSS);
    cr_assert_eq(f->log_left[11], 11 * MSS);
    cr_assert_eq(f->log_left[12], 0, "the third duplicate");
    flow_close(f);
}

Test(tcp_recovery, fast_retransmit_without_sack)
{
    struct flow *f = losing(false, 30, 1, 0);
    flow_run(f, 2000 * MS);
    cr_assert_eq(f->timeouts, 0);
    cr_assert_eq(f->resent, 1);
    cr_assert_eq(f->log_left[12], 0);
    flow_close(f);
}

/* RFC 6582 3.2 (3): each partial acknowledgement brings the next hole, one a round trip. */
Test(tcp_recovery, newreno_takes_a_hole_a_round_trip)
{
    struct flow *f = losing(false, 30, 0x15, 0);
    flow_run(f, 3000 * MS);
    cr_assert_eq(f->timeouts, 0);
    cr_assert_eq(f->resent, 3);
    flow_close(f);
}

/* With SACK all of them go in one. */
Test(tcp_recovery, sack_takes_all_holes_at_once)
{
    struct flow *f = losing(true, 30, 0x15, 0);
    flow_run(f, 2000 * MS);
    cr_assert_eq(f->timeouts, 0);
    cr_assert_eq(f->resent, 3);
    cr_assert_lt(f->now_ns, 700 * MS);
    flow_close(f);
}

/* RFC 6675 instead of RACK. */
Test(tcp_recovery, by_rfc_6675)
{
    struct flow *f = losing(true, 30, 0x15, 0);
    f->config.rack = false;
    flow_run(f, 2000 * MS);
    cr_assert_eq(f->timeouts, 0);
    cr_assert_eq(f->resent, 3);
    flow_close(f);
}

/* RFC 6675 5 (1): three segments are three, however small. */
Test(tcp_recovery, small_segments_by_rfc_6675)
{
    struct flow *f = flow_open(true, 0, 400);
    f->config.rack = false;
    for (uint32_t at = 0; at < 400; at += 100)
        recovery_sent(&f->r, &f->records, at, at + 100, 0);
    struct seq_range sack = {100, 300};
    struct recovery_ack a = {.now_ns = 100 * MS,
                             .srtt_ns = 100 * MS,
                             .snd_nxt = 400,
                             .mss = MSS,
                             .duplicate = true,
                             .sack = &sack,
                             .sacks = 1};
    struct recovery_result out;
    recovery_acked(&f->r, &f->records, &a, &out);
    cr_assert_eq(f->r.board.lost, 0);
    sack.right = 400;
    recovery_acked(&f->r, &f->records, &a, &out);
    cr_assert_eq(f->r.board.lost, 100);
    flow_close(f);
}

/* RFC 8985 3.4, 9.1 (2): a lost retransmission needs no timeout, and is congestion once more. */
Test(tcp_recovery, lost_retransmission)
{
    struct flow *f = losing(true, 30, 1, 1);
    flow_run(f, 3000 * MS);
    cr_assert_eq(f->timeouts, 0);
    cr_assert_eq(f->resent, 2);
    cr_assert_lt(f->r.congestion.ssthresh, 5 * MSS, "lowered twice");
    flow_close(f);
}

/* RFC 8985 7: the tail is probed after 2*SRTT and not waited for until a timeout; a single loss
 * that the probe repairs is still answered when the next data shows it. */
Test(tcp_recovery, tail_loss_is_probed)
{
    struct flow *f = losing(true, 14, 0x3000, 0);
    flow_run(f, 3000 * MS);
    cr_assert_eq(f->probes, 1);
    cr_assert_eq(f->timeouts, 0);
    cr_assert_eq(f->resent, 2);
    flow_close(f);
}

/* A probe takes new data when there is some (7.3), whatever cwnd says. */
Test(tcp_recovery, a_probe_takes_new_data)
{
    struct flow *f = losing(true, 30, 0x3ff, 0);
    f->rtt.srtt_ns = 100 * MS;
    flow_run(f, 9000 * MS);
    cr_assert_eq(f->log_left[10], 10 * MSS);
    cr_assert_eq(f->probes, 1);
    cr_assert_eq(f->timeouts, 0);
    flow_close(f);
}

/* RFC 6298 5.4, RFC 5681 3.1: the first segment goes again, alone, with cwnd at one segment. */
Test(tcp_recovery, timeout)
{
    struct flow *f = losing(false, 30, 0x3ff, 0);
    flow_output(f);
    while (f->timeouts == 0)
        flow_step(f);
    cr_assert_eq(f->now_ns, 1000 * MS);
    cr_assert_eq(f->r.congestion.cwnd, MSS);
    cr_assert_eq(f->r.congestion.ssthresh, 5 * MSS);
    cr_assert_eq(f->sent, 11);
    cr_assert_eq(f->log_left[10], 0);
    flow_run(f, 9000 * MS);
    cr_assert_eq(f->timeouts, 1);
    cr_assert_eq(f->resent, 10);
    flow_close(f);
}

/* From the second flight on the path stands still for a second. */
static int64_t one_delay(struct flow *f)
{
    const int64_t from = 100 * MS, to = 1100 * MS;
    return f->now_ns >= from && f->now_ns < to ? to - f->now_ns : 0;
}

static struct flow *delayed(bool sack, bool timestamps)
{
    struct flow *f = flow_open(sack, 0, 400 * MSS);
    f->config.probe = false;
    f->timestamps = timestamps;
    f->jitter = one_delay;
    return f;
}

/* RFC 5682: the acknowledgements of a delayed flight come after the timeout: nothing more is sent
 * again than its first segment, and the window is given back. */
Test(tcp_recovery, forward_rto)
{
    struct flow *f = delayed(false, false);
    flow_output(f);
    while (f->timeouts == 0)
        flow_step(f);
    uint32_t cwnd = f->r.saved.cwnd;
    while (f->r.state == RECOVERY_TIMEOUT)
        flow_step(f);
    cr_assert_geq(f->r.congestion.cwnd, cwnd);
    f->jitter = NULL;
    flow_run(f, 20000 * MS);
    cr_assert_leq(f->resent, f->timeouts);
    flow_close(f);
}

/* RFC 3522: with timestamps the first acknowledgement says it; RFC 4015 has the RTO learn. */
Test(tcp_recovery, eifel)
{
    struct flow *f = delayed(true, true);
    flow_output(f);
    while (f->timeouts == 0)
        flow_step(f);
    while (f->r.state == RECOVERY_TIMEOUT)
        flow_step(f);
    cr_assert_eq(f->r.forward_step, 0);
    cr_assert_eq(f->una, 11 * MSS, "by the first acknowledgement after it");
    f->jitter = NULL;
    flow_run(f, 20000 * MS);
    cr_assert_leq(f->resent, f->timeouts);
    flow_close(f);
}

/* RFC 2883 5.2, RFC 9438 4.9: reordering is taken for loss; the D-SACK gives the window back. */
static int64_t first_late(struct flow *f)
{
    return f->orders == 1 ? 20 * MS : 0;
}

Test(tcp_recovery, undone_by_dsack)
{
    struct flow *f = flow_open(true, 0, 60 * MSS);
    f->jitter = first_late;
    flow_run(f, 3000 * MS);
    cr_assert_eq(f->resent, 1);
    cr_assert_eq(f->timeouts, 0);
    cr_assert_eq(f->r.congestion.ssthresh, (uint32_t)CONGESTION_NO_SSTHRESH);
    cr_assert_geq(f->r.rack.reo_wnd_mult, 2);
    flow_close(f);
}

/* RFC 3708 1: a D-SACK of what was not sent again is a duplicate of the network's. It gives nothing
 * back; one of what was sent again does. */
Test(tcp_recovery, not_undone_by_a_duplicate_of_the_network)
{
    struct flow *f = losing(true, 30, 1, 0);
    flow_output(f);
    while (f->resent == 0 && flow_step(f))
        ;
    cr_assert_eq(f->resent, 1);
    struct seq_range sack[] = {{4 * MSS, 5 * MSS}, {MSS, 5 * MSS}};
    struct recovery_ack a = {.now_ns = f->now_ns,
                             .srtt_ns = 100 * MS,
                             .snd_una = f->una,
                             .ack = f->una,
                             .snd_nxt = f->nxt,
                             .mss = MSS,
                             .duplicate = true,
                             .sack = sack,
                             .sacks = 2};
    struct recovery_result out;
    recovery_acked(&f->r, &f->records, &a, &out);
    cr_assert_eq(f->r.state, RECOVERY_FAST);
    cr_assert_lt(f->r.congestion.ssthresh, (uint32_t)CONGESTION_NO_SSTHRESH);
    const struct seq_range again = {0, MSS};
    a.sack = &again;
    a.ack = 5 * MSS;
    a.sacks = 1;
    recovery_acked(&f->r, &f->records, &a, &out);
    cr_assert_eq(f->r.congestion.ssthresh, (uint32_t)CONGESTION_NO_SSTHRESH);
    f->una = a.ack;
    flow_close(f);
}

/* An acknowledgement of what a flow has in flight, which is then what it has left. */
static struct recovery_result acknowledge(struct flow *f, struct recovery_ack a)
{
    struct recovery_result out;
    a.now_ns = f->now_ns;
    a.srtt_ns = 100 * MS;
    a.snd_una = f->una;
    a.snd_nxt = f->nxt;
    a.mss = MSS;
    recovery_acked(&f->r, &f->records, &a, &out);
    f->una = a.ack;
    scoreboard_check(&f->r.board);
    return out;
}

/* The first segments are found lost by the SACK of the three behind, and the first goes again. */
static void lose_first(struct flow *f, uint32_t holes)
{
    struct seq_range at, sack = {f->una + holes * MSS, f->una + (holes + 3) * MSS};
    f->now_ns += 100 * MS;
    acknowledge(f,
                (struct recovery_ack){.ack = f->una, .duplicate = true, .sack = &sack, .sacks = 1});
    cr_assert_eq(f->r.state, RECOVERY_FAST);
    cr_assert(recovery_next(&f->r, &f->records, f->nxt, false, MSS, &at));
    recovery_sent_again(&f->r, at.left, at.right, f->now_ns, flow_ts(f));
}

static void send_more(struct flow *f, uint32_t segments)
{
    for (uint32_t i = 0; i < segments; i++)
        flow_send_new(f, MSS);
}

/* RFC 4015 3.2 (0): what is given back is of this loss; what went again for an earlier one, which
 * was lost indeed and told so, does not stand in its way. */
static void undone_after_a_true_loss(struct recovery_ack told)
{
    struct flow *f = flow_open(true, 0, 400 * MSS);
    struct seq_range at;
    send_more(f, 13);
    lose_first(f, RECOVERY_UNDO + 1);
    while (recovery_next(&f->r, &f->records, f->nxt, false, MSS, &at))
        recovery_sent_again(&f->r, at.left, at.right, f->now_ns, flow_ts(f));
    f->now_ns += 100 * MS;
    acknowledge(f, (struct recovery_ack){.ack = f->nxt, .has_echo_ts = true, .ts_ecr = 101});
    cr_assert_eq(f->r.state, RECOVERY_OPEN);
    uint32_t ssthresh = f->r.congestion.ssthresh;
    send_more(f, 5);
    lose_first(f, 1);
    cr_assert_lt(f->r.congestion.ssthresh, ssthresh);
    struct seq_range again = {f->una, f->una + MSS};
    told.ack = f->nxt;
    told.sack = &again;
    acknowledge(f, told);
    cr_assert_eq(f->r.congestion.ssthresh, ssthresh);
    flow_close(f);
}

Test(tcp_recovery, undone_by_dsack_after_a_true_loss)
{
    undone_after_a_true_loss((struct recovery_ack){.sacks = 1});
}

Test(tcp_recovery, undone_by_eifel_after_a_true_loss)
{
    undone_after_a_true_loss((struct recovery_ack){.has_echo_ts = true, .ts_ecr = 201});
}

/* What an undo takes for arrived late is not found lost again at once: two segments are late, and
 * the first one's arrival says so before the second went again. */
Test(tcp_recovery, undo_is_not_undone)
{
    struct flow *f = flow_open(true, 0, 400 * MSS);
    f->now_ns = 50 * MS;
    send_more(f, 10);
    lose_first(f, 2);
    cr_assert_gt(f->r.board.lost, 0);
    acknowledge(
        f, (struct recovery_ack){.ack = MSS, .has_echo_ts = true, .ts_now = 160, .ts_ecr = 51});
    cr_assert_eq(f->r.state, RECOVERY_OPEN);
    cr_assert_eq(f->r.board.lost, 0);
    flow_close(f);
}

/* RFC 3522 3.2: the retransmission that begins the recovery is timed, and the first answer to it is
 * looked at; of a later hole an old echo tells nothing. */
Test(tcp_recovery, eifel_looks_once)
{
    struct flow *f = flow_open(false, 0, 400 * MSS);
    struct seq_range at;
    send_more(f, 10);
    f->now_ns = 100 * MS;
    for (int i = 0; i < 3; i++)
        acknowledge(f, (struct recovery_ack){.ack = 0, .duplicate = true});
    for (uint32_t hole = 0; hole < 2; hole++) {
        cr_assert(recovery_next(&f->r, &f->records, f->nxt, false, MSS, &at));
        cr_assert_eq(at.left, hole * 4 * MSS);
        recovery_sent_again(&f->r, at.left, at.right, f->now_ns, flow_ts(f));
        f->now_ns += 100 * MS;
        acknowledge(f, (struct recovery_ack){.ack = (hole + 1) * 4 * MSS,
                                             .has_echo_ts = true,
                                             .ts_now = flow_ts(f),
                                             .ts_ecr = hole ? 1 : 101});
        cr_assert_eq(f->r.state, RECOVERY_FAST);
    }
    flow_close(f);
}

/* RFC 5681 4.3: a retransmission that was lost, too, is congestion for certain: a D-SACK gives
 * nothing back. */
Test(tcp_recovery, not_undone_after_a_lost_retransmission)
{
    struct flow *f = flow_open(true, 0, 400 * MSS);
    struct seq_range at;
    send_more(f, 10);
    lose_first(f, 1);
    send_more(f, 1);
    f->now_ns += 100 * MS;
    struct seq_range sack = {MSS, 11 * MSS};
    acknowledge(f, (struct recovery_ack){.ack = 0, .duplicate = true, .sack = &sack, .sacks = 1});
    cr_assert(recovery_next(&f->r, &f->records, f->nxt, false, MSS, &at));
    recovery_sent_again(&f->r, at.left, at.right, f->now_ns, flow_ts(f));
    uint32_t ssthresh = f->r.congestion.ssthresh;
    f->now_ns += 100 * MS;
    struct seq_range twice[] = {{0, MSS}, {0, MSS}};
    acknowledge(f, (struct recovery_ack){.ack = MSS, .sack = twice, .sacks = 1});
    acknowledge(f, (struct recovery_ack){.ack = f->nxt, .sack = twice, .sacks = 1});
    cr_assert_eq(f->r.congestion.ssthresh, ssthresh);
    flow_close(f);
}

/* RFC 8985 7.4.2 beside an echo of the same round trip: the window was reduced already. */
Test(tcp_recovery, a_probe_repairs_beside_an_echo)
{
    struct flow *f = flow_open(true, 0, 400 * MSS);
    struct seq_range at;
    send_more(f, 3);
    f->now_ns = 300 * MS;
    cr_assert(recovery_probe_due(&f->r));
    cr_assert(recovery_probe_again(&f->r, &f->records, MSS, &at));
    recovery_sent_again(&f->r, at.left, at.right, f->now_ns, flow_ts(f));
    recovery_probe_sent(&f->r, f->nxt);
    send_more(f, 2);
    f->now_ns = 400 * MS;
    cr_assert(acknowledge(f, (struct recovery_ack){.ack = MSS, .echo = true}).reduced);
    uint32_t cwnd = f->r.congestion.cwnd;
    cr_assert_not(acknowledge(f, (struct recovery_ack){.ack = 4 * MSS}).reduced);
    cr_assert_eq(f->r.congestion.cwnd, cwnd);
    flow_close(f);
}

/* RFC 3168 6.1.2: an echo reduces once in a round trip, and CWR answers. */
Test(tcp_recovery, echo_of_congestion)
{
    struct flow *f = flow_open(true, 0, 40 * MSS);
    flow_output(f);
    struct recovery_ack a = {.now_ns = 100 * MS,
                             .srtt_ns = 100 * MS,
                             .snd_una = 0,
                             .ack = MSS,
                             .snd_nxt = f->nxt,
                             .mss = MSS,
                             .echo = true};
    struct recovery_result out;
    recovery_acked(&f->r, &f->records, &a, &out);
    cr_assert(out.reduced && f->r.cwr);
    uint32_t cwnd = f->r.congestion.cwnd;
    cr_assert_eq(cwnd, 5 * MSS);
    a.snd_una = a.ack;
    a.ack += MSS;
    recovery_acked(&f->r, &f->records, &a, &out);
    cr_assert(!out.reduced);
    cr_assert_eq(f->r.congestion.cwnd, cwnd);
    a.snd_una = a.ack;
    a.ack = f->nxt;
    a.echo = false;
    recovery_acked(&f->r, &f->records, &a, &out);
    cr_assert_eq(f->r.state, RECOVERY_OPEN);
    f->una = f->nxt;
    flow_close(f);
}

/* A loss in the round trip of an echo is repaired, and takes nothing more from the window. */
Test(tcp_recovery, loss_beside_an_echo)
{
    struct flow *f = flow_open(true, 0, 40 * MSS);
    flow_output(f);
    struct seq_range sack = {2 * MSS, 5 * MSS};
    struct recovery_ack a = {.now_ns = 100 * MS,
                             .srtt_ns = 100 * MS,
                             .snd_una = 0,
                             .ack = MSS,
                             .snd_nxt = f->nxt,
                             .mss = MSS,
                             .echo = true};
    struct recovery_result out;
    recovery_acked(&f->r, &f->records, &a, &out);
    a.snd_una = a.ack;
    a.echo = false;
    a.duplicate = true;
    a.sack = &sack;
    a.sacks = 1;
    recovery_acked(&f->r, &f->records, &a, &out);
    cr_assert_eq(f->r.state, RECOVERY_FAST);
    cr_assert(!out.reduced);
    cr_assert_eq(f->r.congestion.ssthresh, 5 * MSS);
    flow_close(f);
}

/* RFC 2018 8: an acknowledgement that stops at what was SACKed: its receiver has it no more. */
Test(tcp_recovery, reneging)
{
    struct flow *f = flow_open(true, 0, 10 * MSS);
    flow_output(f);
    struct seq_range sack = {2 * MSS, 5 * MSS};
    struct recovery_ack a = {.now_ns = 100 * MS,
                             .srtt_ns = 100 * MS,
                             .snd_una = 0,
                             .ack = MSS,
                             .snd_nxt = f->nxt,
                             .mss = MSS,
                             .sack = &sack,
                             .sacks = 1};
    struct recovery_result out;
    recovery_acked(&f->r, &f->records, &a, &out);
    cr_assert_eq(f->r.board.sacked, 3 * MSS);
    a.snd_una = MSS;
    a.ack = 2 * MSS;
    a.sacks = 0;
    recovery_acked(&f->r, &f->records, &a, &out);
    cr_assert_eq(f->r.board.sacked, 0);
    cr_assert_eq(f->r.board.lost, 3 * MSS);
    flow_close(f);
}

/* SACK blocks of a liar: beyond SND.NXT, empty, of old. Nothing happens. */
Test(tcp_recovery, blocks_of_a_liar)
{
    struct flow *f = flow_open(true, 0xfffff000u, 10 * MSS);
    flow_output(f);
    const struct seq_range sack[] = {{f->nxt, f->nxt + MSS},
                                     {f->una + 500, f->una + 500},
                                     {f->una + 2000, f->una + 1000},
                                     {f->una - 9000, f->una - 8000}};
    struct recovery_ack a = {.now_ns = 100 * MS,
                             .srtt_ns = 100 * MS,
                             .snd_una = f->una,
                             .ack = f->una,
                             .snd_nxt = f->nxt,
                             .mss = MSS,
                             .duplicate = true,
                             .sack = sack,
                             .sacks = 4};
    struct recovery_result out;
    recovery_acked(&f->r, &f->records, &a, &out);
    cr_assert_eq(f->r.board.sacked, 0);
    cr_assert_eq(f->r.board.lost, 0);
    flow_close(f);
}

/* --- losses at random --- */

static uint32_t loss_per_mille;

static bool at_random(struct flow *f, const struct event *e)
{
    (void)e;
    return flow_draw(f, 1000) < loss_per_mille;
}

static int64_t up_to_ten_ms(struct flow *f)
{
    return flow_draw(f, 10000) * 1000LL;
}

struct kind {
    bool sack, rack, timestamps, jitter, cubic;
};

static void transfer(struct kind k, uint32_t per_mille, uint32_t seed, uint32_t segments,
                     uint32_t *timeouts)
{
    struct flow *f = flow_open(k.sack, 0xfff80000u, segments * MSS);
    f->config.rack = k.rack;
    f->timestamps = k.timestamps;
    if (k.cubic)
        congestion_choose(&f->r.congestion, &cubic_ops);
    loss_per_mille = per_mille;
    f->drop = at_random;
    f->jitter = k.jitter ? up_to_ten_ms : NULL;
    f->seed = seed;
    flow_run(f, 100000000 * MS);
    *timeouts += f->timeouts;
    flow_close(f);
}

/* Every kind of sender comes to the end at any rate of loss, data and acknowledgements alike. */
Test(tcp_recovery, ends_whatever_is_lost, .timeout = 120)
{
    const struct kind kinds[] = {
        {true, true, false, false, true}, {true, true, true, true, true},
        {true, true, false, true, false}, {true, false, false, false, false},
        {true, false, true, true, true},  {false, true, false, false, false},
        {false, true, true, true, true}};
    uint32_t timeouts = 0;
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (uint32_t seed = 1; seed <= 12; seed++) {
            transfer(kinds[i], 10, seed, 600, &timeouts);
            transfer(kinds[i], 100, seed, 200, &timeouts);
            transfer(kinds[i], 400, seed, 40, &timeouts);
        }
}

/* At 1 % SACK with RACK hardly ever needs a timeout. */
Test(tcp_recovery, one_percent_needs_no_timeouts, .timeout = 60)
{
    uint32_t timeouts = 0;
    for (uint32_t seed = 1; seed <= 10; seed++)
        transfer((struct kind){true, true, false, false, true}, 10, seed, 2000, &timeouts);
    cr_assert_leq(timeouts, 2, "%u timeouts in 20,000 segments", timeouts);
}

/* stack/transport/tcp/soon.c with the knob quick_acks: Linux's delayed acknowledgements (its
 * net/ipv4/tcp_input.c tcp_event_data_recv, tcp_measure_rcv_mss, tcp_output.c
 * tcp_send_delayed_ack). Times are in milliseconds; the kernel's TCP_ATO_MIN is 40. */
#include "tests/transport/segment.h"

enum { QUICK = 2, SMALL_LEN = 100 };
#define MS INT64_C(1000000)

static struct talk t;
static int conn;
static uint32_t seq; /* what the peer says next */

static void close_it(void)
{
    talk_close(&t);
}

/* Connected, the answer to the SYN after `rtt_ms`. */
static void open_after(int64_t rtt_ms)
{
    static const uint8_t mss[] = {2, 4, 0x05, 0xb4};
    t = talk_open();
    cr_assert_eq(stack_knob_set(t.r->s, "tcp.quick_acks", QUICK), 0);
    conn = begin_connect(&t);
    EXPECT(&t, S, 0, 0, 0);
    wait_ns(&t, rtt_ms * MS);
    arrives(&t, (struct segment){.flags = S | A, .ack = 1, .options = mss, .options_len = 4});
    EXPECT(&t, A, 1, 1, 0);
    seq = 1;
}

static void open_it(void)
{
    open_after(0);
}

static void hears(unsigned flags, uint32_t len)
{
    arrives(&t, (struct segment){.flags = A | flags, .seq = seq, .ack = 1, .fill = len});
    seq += len;
}

/* Some of what is there, or all of it. */
static void reads(size_t most)
{
    static uint8_t into[1 << 16];
    cr_assert_gt(socket_receive(t.r->s, conn, into, most, 0, NULL, t.r->now_ns), 0);
}

/* All that came is acknowledged after so long, and not before. */
static void acknowledged_after(int64_t ms)
{
    if (ms > 0) {
        wait_ns(&t, ms * MS - 1);
        NOTHING(&t);
        wait_ns(&t, 1);
    }
    EXPECT(&t, A, 1, seq, 0);
    NOTHING(&t);
}

/* The first are acknowledged at once; from then on the delay is the least. */
static void use_up_the_quick_ones(void)
{
    for (int i = 0; i < QUICK; i++) {
        hears(P, SMALL_LEN);
        acknowledged_after(0);
        wait_ns(&t, 100 * MS);
    }
}

/* The timer's acknowledgement doubles the delay. */
static void delay_becomes(int64_t ms)
{
    for (int64_t delay = 40; delay < ms; delay *= 2) {
        hears(P, SMALL_LEN);
        acknowledged_after(delay);
        wait_ns(&t, 400 * MS);
    }
}

TestSuite(tcp_soon, .init = open_it, .fini = close_it);

Test(tcp_soon, doubles_up_to_a_fifth_of_a_second)
{
    use_up_the_quick_ones();
    delay_becomes(320);
    hears(P, SMALL_LEN);
    acknowledged_after(200);
}

/* Two within 20 ms: half of the delay, and 20. */
Test(tcp_soon, a_fast_peer_shortens_it)
{
    use_up_the_quick_ones();
    delay_becomes(160);
    hears(P, SMALL_LEN);
    wait_ns(&t, 15 * MS);
    hears(P, SMALL_LEN);
    acknowledged_after(160 / 2 + 20);
}

/* Above that: half of it, and the gap. */
Test(tcp_soon, a_slower_peer_gives_its_pace)
{
    use_up_the_quick_ones();
    delay_becomes(160);
    hears(P, SMALL_LEN);
    wait_ns(&t, 21 * MS);
    hears(P, SMALL_LEN);
    acknowledged_after(160 / 2 + 21);
}

/* A gap as long as the delay leaves it. */
Test(tcp_soon, a_gap_of_the_delay_leaves_it)
{
    use_up_the_quick_ones();
    delay_becomes(80);
    hears(P, SMALL_LEN);
    acknowledged_after(80); /* 160 now */
    wait_ns(&t, 80 * MS);
    hears(P, SMALL_LEN);
    acknowledged_after(160);
}

/* What would be due within a quarter of the new delay is said at once. */
Test(tcp_soon, what_is_nearly_due_is_said)
{
    use_up_the_quick_ones();
    hears(P, SMALL_LEN);
    wait_ns(&t, 31 * MS); /* 20 + 31 = 51, of which a quarter reaches beyond 40 */
    hears(P, SMALL_LEN);
    acknowledged_after(0);
}

Test(tcp_soon, what_is_not_nearly_due_keeps_its_time)
{
    use_up_the_quick_ones();
    hears(P, SMALL_LEN);
    wait_ns(&t, 25 * MS); /* 20 + 25 = 45: 25 + 11 is before 40 */
    hears(P, SMALL_LEN);
    acknowledged_after(15);
}

/* After a silence longer than the RTO the peer is in slow start again. */
Test(tcp_soon, a_long_silence_makes_it_quick)
{
    use_up_the_quick_ones();
    wait_ns(&t, 800 * MS); /* 900 since it spoke */
    hears(P, SMALL_LEN);
    acknowledged_after(40);
    wait_ns(&t, 1000 * MS);
    hears(P, SMALL_LEN);
    acknowledged_after(0);
}

/* So does what it sends again: our acknowledgement was lost. */
Test(tcp_soon, a_loss_makes_it_quick)
{
    use_up_the_quick_ones();
    arrives(&t, (struct segment){.flags = A | P, .seq = 1, .ack = 1, .fill = SMALL_LEN});
    acknowledged_after(0);
    for (int i = 0; i < QUICK; i++) {
        wait_ns(&t, 100 * MS);
        hears(P, SMALL_LEN);
        acknowledged_after(0);
    }
    wait_ns(&t, 100 * MS);
    hears(P, SMALL_LEN);
    acknowledged_after(40);
}

/* Longer than the round trip it is not, but for the 40. */
TestSuite(tcp_soon_far, .fini = close_it);

Test(tcp_soon_far, the_round_trip_is_enough)
{
    open_after(60);
    use_up_the_quick_ones();
    hears(P, SMALL_LEN);
    acknowledged_after(40);
    wait_ns(&t, 200 * MS);
    hears(P, SMALL_LEN);
    acknowledged_after(60);
}

Test(tcp_soon_far, a_short_round_trip_is_40_ms)
{
    open_after(10);
    use_up_the_quick_ones();
    hears(P, SMALL_LEN);
    acknowledged_after(40);
    wait_ns(&t, 200 * MS);
    hears(P, SMALL_LEN);
    acknowledged_after(40);
}

/* --- what a full segment is --- */

/* More than one of the largest that came. */
Test(tcp_soon, the_second_full_one_is_acknowledged)
{
    use_up_the_quick_ones();
    hears(0, 1000);
    reads(1000);
    NOTHING(&t);
    hears(0, 1000);
    reads(1000);
    acknowledged_after(0);
}

/* Less than the largest, but twice the same and not pushed: the peer's segments have become
 * smaller. */
Test(tcp_soon, two_of_a_length_are_full_ones)
{
    use_up_the_quick_ones();
    hears(0, 1000);
    acknowledged_after(40);
    for (int i = 0; i < 2; i++) {
        NOTHING(&t);
        hears(0, 300);
        reads(1);
    }
    acknowledged_after(0);
}

Test(tcp_soon, two_that_are_pushed_are_not)
{
    use_up_the_quick_ones();
    hears(0, 1000);
    hears(P, 300);
    acknowledged_after(10 + 30);
    wait_ns(&t, 100 * MS);
    hears(P, 300);
    hears(P, 300);
    NOTHING(&t);
}

/* With another between them they are not twice in a row. */
Test(tcp_soon, two_with_a_full_one_between_are_not)
{
    use_up_the_quick_ones();
    hears(0, 1000);
    acknowledged_after(40);
    wait_ns(&t, 100 * MS);
    hears(0, 300);
    hears(0, 1000);
    reads(1);
    acknowledged_after(0);
    wait_ns(&t, 100 * MS);
    hears(0, 300);
    hears(P, 60);
    reads(1);
    NOTHING(&t);
}

/* Below 68 octets they are what an application writes. */
Test(tcp_soon, small_ones_are_no_full_ones)
{
    use_up_the_quick_ones();
    for (int i = 0; i < 3; i++)
        hears(0, 60);
    NOTHING(&t);
    acknowledged_after(40);
}

/* --- what answers --- */

/* Who answers with data takes the acknowledgement along from then on, till the timer says one. */
Test(tcp_soon, an_answer_takes_it_along)
{
    hears(P, SMALL_LEN);
    acknowledged_after(0);
    cr_assert_eq(send_octets(&t, conn, 10), 10);
    EXPECT(&t, A | P, 1, seq, 10);
    arrives(&t, (struct segment){.flags = A | P, .seq = seq, .ack = 11, .fill = SMALL_LEN});
    seq += SMALL_LEN;
    NOTHING(&t);
    wait_ns(&t, 40 * MS);
    EXPECT(&t, A, 11, seq, 0);
    wait_ns(&t, 100 * MS);
    arrives(&t, (struct segment){.flags = A | P, .seq = seq, .ack = 11, .fill = SMALL_LEN});
    seq += SMALL_LEN;
    NOTHING(&t);
    wait_ns(&t, 40 * MS); /* which has not doubled */
    EXPECT(&t, A, 11, seq, 0);
}

/* TCP_QUICKACK 0 delays; 1 says what has been read at once. */
Test(tcp_soon, the_option_turns_it)
{
    cr_assert_eq(socket_set(t.r->s, conn, TCP_OPT_QUICKACK, 0, t.r->now_ns), 0);
    hears(P, SMALL_LEN);
    reads(SMALL_LEN);
    NOTHING(&t);
    cr_assert_eq(socket_set(t.r->s, conn, TCP_OPT_QUICKACK, 1, t.r->now_ns), 0);
    acknowledged_after(0);
    cr_assert_eq(socket_set(t.r->s, conn, TCP_OPT_QUICKACK, 1, t.r->now_ns), 0);
    NOTHING(&t);
}

/* A FIN's acknowledgement waits for what is left to say; in the other order it does not. */
Test(tcp_soon, the_end_waits)
{
    hears(P, SMALL_LEN);
    acknowledged_after(0);
    arrives(&t, (struct segment){.flags = A | F, .seq = seq, .ack = 1});
    seq++;
    acknowledged_after(40);
}

Test(tcp_soon, the_second_end_does_not_wait)
{
    socket_shutdown(t.r->s, conn, SOCKET_SHUT_WRITE, t.r->now_ns);
    EXPECT(&t, A | F, 1, seq, 0);
    arrives(&t, (struct segment){.flags = A, .seq = seq, .ack = 2});
    arrives(&t, (struct segment){.flags = A | F, .seq = seq, .ack = 2});
    EXPECT(&t, A, 2, seq + 1, 0);
}

/* Windows and when what is small is sent: RFC 9293 3.7.4, 3.8.6. */
#include <stdio.h>
#include "stack/core/neighbour.h"
#include "tests/transport/segment.h"

static struct talk t;

static void open_talk(void)
{
    t = talk_open();
}

static void close_talk(void)
{
    talk_close(&t);
}

TestSuite(tcp_window, .init = open_talk, .fini = close_talk);

static void acks(uint32_t ack, uint16_t window)
{
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = ack, .window = window});
}

static void acks_and_closes(uint32_t ack)
{
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = ack, .closed = true});
}

/* 3.7.4: while something is not acknowledged, what fills no segment waits. */
Test(tcp_window, nagle)
{
    int fd = connected(&t, 0);
    send_text(&t, fd, "a");
    EXPECT(&t, P | A, 1, 1, 1);
    send_text(&t, fd, "b");
    send_text(&t, fd, "c");
    NOTHING(&t);
    acks(2, 0);
    EXPECT(&t, P | A, 2, 1, 2);
    send_octets(&t, fd, 1460);
    EXPECT(&t, A | P, 4, 1, 1460);
    send_text(&t, fd, "d");
    NOTHING(&t);
    cr_assert_eq(socket_set(t.r->s, fd, TCP_OPT_NODELAY, 1, t.r->now_ns), 0);
    EXPECT(&t, P | A, 1464, 1, 1);
    send_text(&t, fd, "e");
    EXPECT(&t, P | A, 1465, 1, 1);
}

/* The knob: only behind a small segment that is not acknowledged does another wait (Minshall). */
Test(tcp_window, nagle_of_small_segments)
{
    stack_knob_set(t.r->s, "tcp.nagle_small", 1);
    int fd = connected(&t, 0);
    send_octets(&t, fd, 1460);
    EXPECT(&t, A | P, 1, 1, 1460);
    send_octets(&t, fd, 100);
    EXPECT(&t, A | P, 1461, 1, 100);
    send_octets(&t, fd, 50);
    NOTHING(&t);
    acks(1461, 0); /* the full one */
    NOTHING(&t);
    acks(1561, 0);
    EXPECT(&t, A | P, 1561, 1, 50);
    send_octets(&t, fd, 1410);
    NOTHING(&t);
    send_octets(&t, fd, 50);
    EXPECT(&t, A | P, 1611, 1, 1460);
}

/* The knob: half of the largest window, of a tiny one the whole. */
Test(tcp_window, half_of_the_window)
{
    stack_knob_set(t.r->s, "tcp.half_window", 1);
    int fd = connected(&t, 0);
    acks(1, 65535);
    int64_t mss = 0;
    cr_assert_eq(socket_get(t.r->s, fd, TCP_OPT_MAXSEG, &mss), 0);
    cr_assert_eq(mss, 1460);
}

/* A FIN takes what waits along: nothing more could fill the segment. */
Test(tcp_window, nagle_ends_with_the_stream)
{
    int fd = connected(&t, 0);
    send_text(&t, fd, "a");
    EXPECT(&t, P | A, 1, 1, 1);
    send_text(&t, fd, "b");
    NOTHING(&t);
    socket_close(t.r->s, fd, 0);
    EXPECT(&t, F | P | A, 2, 1, 1);
}

Test(tcp_window, cork_holds_what_is_not_full)
{
    int fd = connected(&t, 0);
    cr_assert_eq(socket_set(t.r->s, fd, TCP_OPT_CORK, 1, 0), 0);
    send_octets(&t, fd, 2000);
    EXPECT(&t, A, 1, 1, 1460);
    NOTHING(&t);
    cr_assert_eq(socket_set(t.r->s, fd, TCP_OPT_NODELAY, 1, 0), 0);
    NOTHING(&t);
    cr_assert_eq(socket_set(t.r->s, fd, TCP_OPT_CORK, 0, 0), 0);
    EXPECT(&t, P | A, 1461, 1, 540);
}

/* 3.8.6.2.1: neither a full segment nor half of the largest window: it waits, at most 0.5 s here.
 */
Test(tcp_window, a_silly_window_is_not_filled_at_once)
{
    int fd = connected(&t, 4000);
    send_octets(&t, fd, 8000);
    EXPECT(&t, A, 1, 1, 1460);
    EXPECT(&t, A, 1461, 1, 1460);
    NOTHING(&t);
    acks(2921, 1000);
    NOTHING(&t);
    wait_ns(&t, RIG_SECOND / 2 - 1);
    NOTHING(&t);
    wait_ns(&t, 1);
    EXPECT(&t, A, 2921, 1, 1000);
    acks(3921, 2000);
    EXPECT(&t, A, 3921, 1, 1460);
}

/* 3.8.6.1: the first probe after RTO, then at intervals that double; as long as they are answered
 * the connection stays (MUST-36, MUST-37). */
Test(tcp_window, a_closed_window_is_probed)
{
    static const int at[] = {1, 3, 7, 15, 31, 63, 123, 183, 243, 303, 363, 423};
    int fd = connected(&t, 100);
    send_octets(&t, fd, 150);
    EXPECT(&t, A, 1, 1, 100);
    acks_and_closes(101);
    NOTHING(&t);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        wait_ns(&t, at[i] * RIG_SECOND - t.r->now_ns);
        struct sent g = next(&t);
        cr_assert_eq(g.at_ns, at[i] * RIG_SECOND);
        cr_assert_eq(g.seq, 101);
        cr_assert_eq(g.len, 1);
        cr_assert_eq(g.text[0], pattern(100));
        NOTHING(&t);
        acks_and_closes(101);
    }
    STATE(&t, "ESTABLISHED");
    acks(101, 1000);
    EXPECT(&t, P | A, 101, 1, 50);
    acks(151, 1000);
    wait_ns(&t, 100 * RIG_SECOND);
    NOTHING(&t);
}

/* The probe's octet was taken, since the window had opened. */
Test(tcp_window, a_probe_is_taken)
{
    int fd = connected(&t, 100);
    send_octets(&t, fd, 150);
    EXPECT(&t, A, 1, 1, 100);
    acks_and_closes(101);
    wait_ns(&t, RIG_SECOND);
    EXPECT(&t, A, 101, 1, 1);
    acks(102, 1000);
    EXPECT(&t, P | A, 102, 1, 49);
}

Test(tcp_window, probes_without_an_answer_end)
{
    int64_t error;
    int fd = connected(&t, 100);
    send_octets(&t, fd, 150);
    acks_and_closes(101);
    wait_ns(&t, 310 * RIG_SECOND);
    STATE(&t, "CLOSED");
    cr_assert_eq(socket_get(t.r->s, fd, SO_OPT_ERROR, &error), 0);
    cr_assert_eq(error, ERR_TIMEDOUT);
}

/* 3.10.7.4: an old segment says nothing of the window. */
Test(tcp_window, an_old_segment_does_not_move_the_window)
{
    int fd = connected(&t, 100);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 1, .window = 200, .fill = 10});
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 1, .window = 50});
    EXPECT(&t, A, 1, 11, 0);
    send_octets(&t, fd, 300);
    struct sent g = next(&t);
    cr_assert_eq(g.len, 200);
}

/* --- receiving --- */

/* 3.8.6.3: one segment after a while, of two the second at once. */
Test(tcp_window, acknowledgements_are_delayed)
{
    connected(&t, 0);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 1, .fill = 100});
    wait_ns(&t, RIG_SECOND / 5 - 1);
    NOTHING(&t);
    wait_ns(&t, 1);
    EXPECT(&t, A, 1, 101, 0);
    arrives(&t, (struct segment){.flags = A, .seq = 101, .ack = 1, .fill = 100});
    NOTHING(&t);
    arrives(&t, (struct segment){.flags = A, .seq = 201, .ack = 1, .fill = 100});
    EXPECT(&t, A, 1, 301, 0);
    wait_ns(&t, RIG_SECOND);
    NOTHING(&t);
}

Test(tcp_window, quick_acknowledgement)
{
    int fd = connected(&t, 0);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 1, .fill = 100});
    NOTHING(&t);
    cr_assert_eq(socket_set(t.r->s, fd, TCP_OPT_QUICKACK, 1, t.r->now_ns), 0);
    EXPECT(&t, A, 1, 101, 0);
}

/* 3.8.6.2.2: the window closes by what comes, and opens again by a segment at a time. */
Test(tcp_window, the_window_that_we_tell)
{
    static char got[4000];
    int fd = stream_socket(&t);
    struct socket_address to = {addr_ipv4(RIG_PEER), t.peer_port};
    static const uint8_t mss[] = {2, 4, 0x05, 0xb4};
    cr_assert_eq(socket_set(t.r->s, fd, SO_OPT_RCVBUF, 4000, 0), 0);
    cr_assert_eq(socket_connect(t.r->s, fd, &to, 0), -ERR_INPROGRESS);
    cr_assert_eq(next(&t).window, 4000);
    arrives(&t, (struct segment){.flags = S | A, .ack = 1, .options = mss, .options_len = 4});
    cr_assert_eq(next(&t).window, 4000);
    for (uint32_t i = 0; i < 4; i++)
        arrives(&t, (struct segment){.flags = A, .seq = 1 + i * 1000, .ack = 1, .fill = 1000});
    cr_assert_eq(next(&t).window, 2000);
    cr_assert_eq(next(&t).window, 0);
    /* Beyond it nothing is taken, but what else the segment says. */
    arrives(&t, (struct segment){.flags = A, .seq = 4001, .ack = 1, .fill = 1});
    EXPECT(&t, A, 1, 4001, 0);
    cr_assert_eq(receive_text(&t, fd, got, 1000), 1000);
    NOTHING(&t);
    cr_assert_eq(receive_text(&t, fd, got, 1000), 1000);
    struct sent g = next(&t);
    cr_assert_eq(g.window, 2000);
    cr_assert_eq(receive_text(&t, fd, got, 4000), 2000);
    cr_assert_eq(next(&t).window, 4000);
    NOTHING(&t);
}

/* RFC 7323 2: the shift is told with the SYN, and both must. */
Test(tcp_window, scaled)
{
    static const uint8_t scale[] = {1, 3, 3, 7};
    stack_knob_set(t.r->s, "tcp.window_scaling", 1);
    stack_knob_set(t.r->s, "tcp.rcvbuf", 1 << 20);
    int fd = begin_connect(&t);
    struct sent g = next(&t);
    cr_assert_not_null(option(&g, 3));
    cr_assert_eq(option(&g, 3)[2], 5); /* 2^20 >> 5 fits into 16 bits */
    cr_assert_eq(g.window, 65535);
    arrives(&t, (struct segment){
                    .flags = S | A, .ack = 1, .window = 100, .options = scale, .options_len = 4});
    cr_assert_eq(next(&t).window, 1 << 15);
    send_octets(&t, fd, 200);
    EXPECT(&t, A, 1, 1, 100); /* of a SYN it is not scaled */
    acks(101, 2);
    EXPECT(&t, P | A, 101, 1, 100);
    acks(201, 2);
    send_octets(&t, fd, 1000);
    EXPECT(&t, A, 201, 1, 256);
}

/* --- urgent data (3.8.5, RFC 6093) --- */

Test(tcp_window, urgent_data_both_ways)
{
    char got[8];
    int64_t mark;
    int fd = connected(&t, 0);
    cr_assert_eq(socket_send(t.r->s, fd, "abc", 3, MSG_FLAG_OOB, NULL, 0), 3);
    struct sent g = next(&t);
    cr_assert_eq(g.flags, (unsigned)(U | P | A));
    cr_assert_eq(g.urgent, 3); /* behind the last octet: SND.UP is SND.NXT then */
    arrives(&t, (struct segment){
                    .flags = U | A, .seq = 1, .ack = 4, .urgent = 2, .text = "xyz", .len = 3});
    cr_assert(socket_events(t.r->s, fd) & SOCKET_URGENT);
    cr_assert_eq(receive_text(&t, fd, got, 1), 1);
    cr_assert_eq(socket_get(t.r->s, fd, TCP_OPT_AT_MARK, &mark), 0);
    cr_assert_eq(mark, 1);
    cr_assert_eq(receive_text(&t, fd, got, 1), 1);
    cr_assert_eq(got[0], 'y');
    cr_assert(!(socket_events(t.r->s, fd) & SOCKET_URGENT));
    cr_assert_eq(receive_text(&t, fd, got, 8), 1);
}

/* SND.WL1: of two segments that were overtaken, the one with the later sequence number counts. */
Test(tcp_window, an_overtaken_segment_does_not_move_the_window)
{
    int fd = connected(&t, 1000);
    arrives(&t, (struct segment){.flags = A, .seq = 11, .ack = 1, .window = 8000});
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 1, .window = 200});
    send_octets(&t, fd, 1400);
    EXPECT(&t, P | A, 1, 1, 1400);
}

/* RFC 9293 3.8.6.3: text that leaves takes the acknowledgement along, and none follows. */
Test(tcp_window, text_takes_the_acknowledgement_along)
{
    int fd = connected(&t, 0);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 1, .fill = 100});
    wait_ns(&t, RIG_SECOND / 10);
    send_text(&t, fd, "abc");
    EXPECT(&t, P | A, 1, 101, 3);
    wait_ns(&t, RIG_SECOND / 2);
    NOTHING(&t);
}

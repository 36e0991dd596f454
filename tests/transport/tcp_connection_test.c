/* Opening, sending, closing: RFC 9293 3.5, 3.6, 3.10. */
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

TestSuite(tcp_connection, .init = open_talk, .fini = close_talk);

/* --- opening --- */

Test(tcp_connection, active_open_then_octets_both_ways)
{
    char got[16];
    int fd = connected(&t, 0);
    STATE(&t, "ESTABLISHED");
    cr_assert_eq(send_text(&t, fd, "hello"), 5);
    struct sent g = next(&t);
    cr_assert_eq(g.flags, P | A);
    cr_assert_eq(g.len, 5);
    cr_assert_arr_eq(g.text, "hello", 5);
    arrives(&t, (struct segment){.flags = P | A, .seq = 1, .ack = 6, .text = "world", .len = 5});
    cr_assert_eq(receive_text(&t, fd, got, sizeof got), 5);
    cr_assert_str_eq(got, "world");
    cr_assert_eq(receive_text(&t, fd, got, sizeof got), -ERR_AGAIN);
    wait_ns(&t, RIG_SECOND / 2);
    EXPECT(&t, A, 6, 6, 0);
    NOTHING(&t);
}

Test(tcp_connection, passive_open_is_accepted_after_the_third_segment)
{
    struct socket_address from;
    int listener = listening(&t, 4);
    arrives(&t, (struct segment){.flags = S});
    EXPECT(&t, S | A, 0, 1, 0);
    STATE(&t, "SYN-RECEIVED");
    cr_assert_eq(socket_accept(t.r->s, listener, &from, 0), -ERR_AGAIN);
    cr_assert_eq(socket_events(t.r->s, listener), 0);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 1});
    STATE(&t, "ESTABLISHED");
    cr_assert_eq(socket_events(t.r->s, listener), SOCKET_READABLE);
    int fd = socket_accept(t.r->s, listener, &from, 0);
    cr_assert_eq(fd, 4);
    cr_assert_eq(from.port, PEER_PORT);
    cr_assert_eq(from.addr.word[0], RIG_PEER);
    NOTHING(&t);
}

/* Figure 8 of RFC 9293: both SYNs cross. */
Test(tcp_connection, simultaneous_open)
{
    int fd = begin_connect(&t);
    EXPECT(&t, S, 0, 0, 0);
    arrives(&t, (struct segment){.flags = S});
    EXPECT(&t, S | A, 0, 1, 0);
    STATE(&t, "SYN-RECEIVED");
    arrives(&t, (struct segment){.flags = S | A, .ack = 1});
    STATE(&t, "ESTABLISHED");
    cr_assert_eq(socket_events(t.r->s, fd), SOCKET_WRITABLE);
    NOTHING(&t);
}

Test(tcp_connection, refused_by_a_reset)
{
    int fd = begin_connect(&t);
    EXPECT(&t, S, 0, 0, 0);
    arrives(&t, (struct segment){.flags = R | A, .ack = 1});
    STATE(&t, "CLOSED");
    cr_assert(socket_events(t.r->s, fd) & SOCKET_ERROR);
    cr_assert_eq(send_text(&t, fd, "x"), -ERR_CONNREFUSED);
    NOTHING(&t);
}

/* RFC 6298 2.1 and 5.5: 1, 2, 4, ... s; RFC 9293 MUST-23: for 3 minutes. */
Test(tcp_connection, a_syn_is_sent_again_until_r2)
{
    int fd = begin_connect(&t);
    static const int at[] = {0, 1, 3, 7, 15, 31, 63, 123};
    wait_ns(&t, 200 * RIG_SECOND);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        struct sent g = next(&t);
        cr_assert_eq(g.flags, S);
        cr_assert_eq(g.at_ns, at[i] * RIG_SECOND);
    }
    NOTHING(&t);
    int64_t error;
    cr_assert_eq(socket_get(t.r->s, fd, SO_OPT_ERROR, &error), 0);
    cr_assert_eq(error, ERR_TIMEDOUT);
}

/* RFC 9293 3.10.7.1. */
Test(tcp_connection, nobody_listens)
{
    arrives(&t, (struct segment){.flags = S, .seq = 7, .text = "ab", .len = 2});
    EXPECT(&t, R | A, 0, 10, 0);
    arrives(&t, (struct segment){.flags = A, .seq = 7, .ack = 1234});
    EXPECT(&t, R, 1234, 0, 0);
    arrives(&t, (struct segment){.flags = R, .seq = 7});
    arrives(&t, (struct segment){.flags = R | A, .seq = 7, .ack = 1});
    arrives(&t, (struct segment){.flags = S, .bad_sum = true});
    NOTHING(&t);
    cr_assert_eq(rig_counter(t.r, "tcp.drop.checksum"), 1);
    cr_assert_eq(rig_counter(t.r, "tcp.drop.no_port"), 4);
}

/* 3.10.7.2. */
Test(tcp_connection, what_a_listener_answers)
{
    listening(&t, 1);
    arrives(&t, (struct segment){.flags = R});
    NOTHING(&t);
    arrives(&t, (struct segment){.flags = S | A, .ack = 55});
    EXPECT(&t, R, 55, 0, 0);
    arrives(&t, (struct segment){.flags = F});
    arrives(&t, (struct segment){.flags = 0, .text = "x", .len = 1});
    NOTHING(&t);
}

/* --- closing --- */

Test(tcp_connection, we_close_first)
{
    int fd = connected(&t, 0);
    socket_close(t.r->s, fd, 0);
    EXPECT(&t, F | A, 1, 1, 0);
    STATE(&t, "FIN-WAIT-1");
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 2});
    STATE(&t, "FIN-WAIT-2");
    arrives(&t, (struct segment){.flags = F | A, .seq = 1, .ack = 2});
    EXPECT(&t, A, 2, 2, 0);
    STATE(&t, "TIME-WAIT");
    wait_ns(&t, 239 * RIG_SECOND);
    STATE(&t, "TIME-WAIT");
    arrives(&t, (struct segment){.flags = F | A, .seq = 1, .ack = 2});
    EXPECT(&t, A, 2, 2, 0);
    wait_ns(&t, 239 * RIG_SECOND);
    STATE(&t, "TIME-WAIT"); /* two MSL from the FIN that came again */
    wait_ns(&t, 2 * RIG_SECOND);
    STATE(&t, "CLOSED");
    NOTHING(&t);
}

Test(tcp_connection, the_peer_closes_first)
{
    char got[4];
    int fd = accepted(&t);
    arrives(&t, (struct segment){.flags = F | P | A, .seq = 1, .ack = 1, .text = "ab", .len = 2});
    EXPECT(&t, A, 1, 4, 0);
    STATE(&t, "CLOSE-WAIT");
    cr_assert_eq(receive_text(&t, fd, got, sizeof got), 2);
    cr_assert_eq(receive_text(&t, fd, got, sizeof got), 0);
    cr_assert_eq(send_text(&t, fd, "cd"), 2);
    EXPECT(&t, P | A, 1, 4, 2);
    socket_close(t.r->s, fd, 0);
    EXPECT(&t, F | A, 3, 4, 0);
    STATE(&t, "LAST-ACK");
    arrives(&t, (struct segment){.flags = A, .seq = 4, .ack = 4});
    STATE(&t, "CLOSED");
    NOTHING(&t);
}

Test(tcp_connection, both_close_at_once)
{
    int fd = connected(&t, 0);
    socket_close(t.r->s, fd, 0);
    EXPECT(&t, F | A, 1, 1, 0);
    arrives(&t, (struct segment){.flags = F | A, .seq = 1, .ack = 1});
    EXPECT(&t, A, 2, 2, 0);
    STATE(&t, "CLOSING");
    arrives(&t, (struct segment){.flags = A, .seq = 2, .ack = 2});
    STATE(&t, "TIME-WAIT");
    NOTHING(&t);
}

/* RFC 9293 3.6: the other direction goes on. */
Test(tcp_connection, half_close)
{
    char got[4];
    int fd = connected(&t, 0);
    cr_assert_eq(socket_shutdown(t.r->s, fd, SOCKET_SHUT_WRITE, 0), 0);
    EXPECT(&t, F | A, 1, 1, 0);
    cr_assert_eq(send_text(&t, fd, "x"), -ERR_PIPE);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 2});
    arrives(&t, (struct segment){.flags = P | A, .seq = 1, .ack = 2, .text = "ab", .len = 2});
    cr_assert_eq(receive_text(&t, fd, got, sizeof got), 2);
    arrives(&t, (struct segment){.flags = F | A, .seq = 3, .ack = 2});
    EXPECT(&t, A, 2, 4, 0);
    cr_assert_eq(receive_text(&t, fd, got, sizeof got), 0);
    STATE(&t, "TIME-WAIT");
}

/* RFC 9293 3.6.1, SHLD-3. */
Test(tcp_connection, close_with_unread_octets_resets)
{
    int fd = accepted(&t);
    arrives(&t, (struct segment){.flags = P | A, .seq = 1, .ack = 1, .text = "ab", .len = 2});
    socket_close(t.r->s, fd, 0);
    EXPECT(&t, R | A, 1, 3, 0);
    STATE(&t, "CLOSED");
    NOTHING(&t);
}

Test(tcp_connection, octets_after_close_reset)
{
    int fd = accepted(&t);
    socket_close(t.r->s, fd, 0);
    EXPECT(&t, F | A, 1, 1, 0);
    arrives(&t, (struct segment){.flags = P | A, .seq = 1, .ack = 2, .text = "ab", .len = 2});
    EXPECT(&t, R, 2, 0, 0);
    STATE(&t, "CLOSED");
}

/* 3.10.4: CLOSE in SYN-SENT deletes the record. */
Test(tcp_connection, close_in_syn_sent)
{
    int fd = begin_connect(&t);
    EXPECT(&t, S, 0, 0, 0);
    socket_close(t.r->s, fd, 0);
    arrives(&t, (struct segment){.flags = S | A, .ack = 1});
    EXPECT(&t, R, 1, 0, 0);
}

/* RFC 5961 3.2. */
Test(tcp_connection, only_a_reset_at_rcv_nxt_resets)
{
    char got[4];
    int fd = accepted(&t);
    arrives(&t, (struct segment){.flags = R, .seq = 2});
    EXPECT(&t, A, 1, 1, 0);
    arrives(&t, (struct segment){.flags = R, .seq = 0});
    arrives(&t, (struct segment){.flags = R, .seq = 70000});
    NOTHING(&t);
    arrives(&t, (struct segment){.flags = R, .seq = 1});
    NOTHING(&t);
    cr_assert_eq(receive_text(&t, fd, got, sizeof got), -ERR_CONNRESET);
    cr_assert_eq(receive_text(&t, fd, got, sizeof got), 0);
    cr_assert_eq(send_text(&t, fd, "x"), -ERR_PIPE);
}

/* RFC 5961 4.2: a SYN in a connection is challenged, wherever it is. */
Test(tcp_connection, a_syn_in_a_connection)
{
    accepted(&t);
    arrives(&t, (struct segment){.flags = S, .seq = 1});
    EXPECT(&t, A, 1, 1, 0);
    arrives(&t, (struct segment){.flags = S, .seq = 100000});
    EXPECT(&t, A, 1, 1, 0);
    STATE(&t, "ESTABLISHED");
}

/* --- sending again --- */

/* RFC 6298 5.4 to 5.6. */
Test(tcp_connection, octets_are_sent_again)
{
    int fd = connected(&t, 0);
    cr_assert_eq(send_text(&t, fd, "hello"), 5);
    EXPECT(&t, P | A, 1, 1, 5);
    wait_ns(&t, 3500000000);
    struct sent g = next(&t);
    cr_assert_eq(g.at_ns, RIG_SECOND);
    cr_assert_arr_eq(g.text, "hello", 5);
    g = next(&t);
    cr_assert_eq(g.at_ns, 3 * RIG_SECOND);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 6});
    wait_ns(&t, 100 * RIG_SECOND);
    NOTHING(&t);
}

/* A FIN is sent again like an octet, with what precedes it. */
Test(tcp_connection, a_fin_is_sent_again)
{
    int fd = connected(&t, 0);
    cr_assert_eq(send_text(&t, fd, "hello"), 5);
    EXPECT(&t, P | A, 1, 1, 5);
    socket_close(t.r->s, fd, 0);
    EXPECT(&t, F | A, 6, 1, 0);
    wait_ns(&t, RIG_SECOND);
    EXPECT(&t, F | P | A, 1, 1, 5);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 6});
    wait_ns(&t, 4 * RIG_SECOND);
    EXPECT(&t, F | A, 6, 1, 0);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 7});
    STATE(&t, "FIN-WAIT-2");
}

/* RFC 9293 3.8.3: R2. */
Test(tcp_connection, a_silent_peer_is_given_up)
{
    int64_t error;
    int fd = connected(&t, 0);
    send_text(&t, fd, "hello");
    wait_ns(&t, 301 * RIG_SECOND);
    STATE(&t, "CLOSED");
    cr_assert_eq(socket_get(t.r->s, fd, SO_OPT_ERROR, &error), 0);
    cr_assert_eq(error, ERR_TIMEDOUT);
}

/* --- the backlog --- */

Test(tcp_connection, a_full_backlog_drops_syns)
{
    int listener = listening(&t, 1);
    arrives(&t, (struct segment){.flags = S});
    EXPECT(&t, S | A, 0, 1, 0);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 1});
    arrives(&t, (struct segment){.flags = S, .from_port = 5001});
    NOTHING(&t);
    cr_assert_eq(rig_counter(t.r, "tcp.drop.backlog_full"), 1);
    cr_assert_geq(socket_accept(t.r->s, listener, NULL, 0), 3);
    arrives(&t, (struct segment){.flags = S, .from_port = 5001});
    cr_assert_eq(next(&t).flags, S | A);
}

/* What nobody will accept is aborted with its listener. */
Test(tcp_connection, a_listener_closes_with_its_children)
{
    int listener = listening(&t, 2);
    arrives(&t, (struct segment){.flags = S});
    EXPECT(&t, S | A, 0, 1, 0);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 1});
    socket_close(t.r->s, listener, 0);
    EXPECT(&t, R | A, 1, 1, 0);
    STATE(&t, "CLOSED");
}

/* Peers that say nothing, options of a socket, and what a connection tells: RFC 9293 3.8.3, 3.8.4,
 * 3.9.1. */
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

TestSuite(tcp_keep, .init = open_talk, .fini = close_talk);

static void set(int fd, enum socket_option o, int64_t value)
{
    cr_assert_eq(socket_set(t.r->s, fd, o, value, t.r->now_ns), 0);
}

static int64_t get(int fd, enum socket_option o)
{
    int64_t value = -77;
    cr_assert_eq(socket_get(t.r->s, fd, o, &value), 0);
    return value;
}

/* MUST-25 to MUST-28: off at first; two hours; one probe without an answer is no death. */
Test(tcp_keep, probes_after_two_hours)
{
    int fd = connected(&t, 0);
    wait_ns(&t, 10000 * RIG_SECOND);
    NOTHING(&t);
    set(fd, SO_OPT_KEEPALIVE, 1);
    wait_ns(&t, 7200 * RIG_SECOND - 1);
    NOTHING(&t);
    wait_ns(&t, 1);
    EXPECT(&t, A, 0, 1, 0); /* SND.NXT-1 */
    wait_ns(&t, 75 * RIG_SECOND);
    EXPECT(&t, A, 0, 1, 0);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 1});
    wait_ns(&t, 7200 * RIG_SECOND - 1);
    NOTHING(&t);
}

Test(tcp_keep, a_dead_peer)
{
    int fd = connected(&t, 0);
    set(fd, TCP_OPT_KEEPIDLE, 10);
    set(fd, TCP_OPT_KEEPINTVL, 5);
    set(fd, TCP_OPT_KEEPCNT, 2);
    set(fd, SO_OPT_KEEPALIVE, 1);
    cr_assert_eq(get(fd, TCP_OPT_KEEPIDLE), 10);
    cr_assert_eq(get(fd, TCP_OPT_KEEPINTVL), 5);
    cr_assert_eq(get(fd, TCP_OPT_KEEPCNT), 2);
    wait_ns(&t, 24 * RIG_SECOND);
    EXPECT(&t, A, 0, 1, 0);
    EXPECT(&t, A, 0, 1, 0);
    wait_ns(&t, RIG_SECOND);
    EXPECT(&t, R | A, 1, 1, 0);
    cr_assert_eq(get(fd, SO_OPT_ERROR), ERR_TIMEDOUT);
}

/* 3.8.3, and what the user asked for. */
Test(tcp_keep, user_timeout)
{
    int fd = connected(&t, 0);
    set(fd, TCP_OPT_USER_TIMEOUT, 5000);
    send_text(&t, fd, "abc");
    wait_ns(&t, 5 * RIG_SECOND - 1);
    STATE(&t, "ESTABLISHED");
    wait_ns(&t, 1);
    STATE(&t, "CLOSED");
    cr_assert_eq(get(fd, SO_OPT_ERROR), ERR_TIMEDOUT);
}

/* 3.10.5. */
Test(tcp_keep, linger_zero_resets)
{
    int fd = connected(&t, 0);
    cr_assert_eq(get(fd, SO_OPT_LINGER), -1);
    set(fd, SO_OPT_LINGER, 0);
    send_text(&t, fd, "abc");
    EXPECT(&t, P | A, 1, 1, 3);
    socket_close(t.r->s, fd, 0);
    EXPECT(&t, R | A, 4, 1, 0);
    STATE(&t, "CLOSED");
}

/* What nobody waits for ends in FIN-WAIT-2 after a while; what somebody does, does not. */
Test(tcp_keep, orphans_in_fin_wait_2)
{
    int fd = connected(&t, 0);
    socket_shutdown(t.r->s, fd, SOCKET_SHUT_WRITE, 0);
    EXPECT(&t, F | A, 1, 1, 0);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 2});
    wait_ns(&t, 1000 * RIG_SECOND);
    STATE(&t, "FIN-WAIT-2");
    socket_close(t.r->s, fd, t.r->now_ns);
    wait_ns(&t, 60 * RIG_SECOND - 1);
    STATE(&t, "FIN-WAIT-2");
    wait_ns(&t, 1);
    STATE(&t, "CLOSED");
    NOTHING(&t);
}

/* TCP_SYNCNT: so often again, each time after twice as long. */
Test(tcp_keep, syn_count)
{
    int fd = stream_socket(&t);
    struct socket_address to = {addr_ipv4(RIG_PEER), PEER_PORT};
    cr_assert_eq(get(fd, TCP_OPT_SYNCNT), 7, "r2_syn of 180 s");
    set(fd, TCP_OPT_SYNCNT, 2);
    cr_assert_eq(get(fd, TCP_OPT_SYNCNT), 2);
    cr_assert_eq(socket_set(t.r->s, fd, TCP_OPT_SYNCNT, 0, 0), -ERR_INVAL);
    cr_assert_eq(socket_set(t.r->s, fd, TCP_OPT_SYNCNT, 128, 0), -ERR_INVAL);
    cr_assert_eq(socket_connect(t.r->s, fd, &to, 0), -ERR_INPROGRESS);
    wait_ns(&t, 7 * RIG_SECOND - 1);
    cr_assert_eq(get(fd, SO_OPT_ERROR), 0);
    cr_assert_eq(rig_counter(t.r, "tcp.out.resent"), 2);
    wait_ns(&t, 1);
    cr_assert_eq(rig_counter(t.r, "tcp.out.resent"), 2);
    cr_assert_eq(get(fd, SO_OPT_ERROR), ERR_TIMEDOUT);
}

/* TCP_LINGER2: FIN-WAIT-2's time after close, no less than three and a half timeouts. */
Test(tcp_keep, orphans_by_their_own_time)
{
    int fd = connected(&t, 0);
    cr_assert_eq(get(fd, TCP_OPT_LINGER2), 60);
    set(fd, TCP_OPT_LINGER2, 10);
    cr_assert_eq(get(fd, TCP_OPT_LINGER2), 10);
    set(fd, TCP_OPT_LINGER2, 121);
    cr_assert_eq(get(fd, TCP_OPT_LINGER2), 120);
    set(fd, TCP_OPT_LINGER2, -5);
    cr_assert_eq(get(fd, TCP_OPT_LINGER2), -1);
    set(fd, TCP_OPT_LINGER2, 10);
    socket_close(t.r->s, fd, t.r->now_ns);
    EXPECT(&t, F | A, 1, 1, 0);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 2});
    wait_ns(&t, 10 * RIG_SECOND - 1);
    STATE(&t, "FIN-WAIT-2");
    wait_ns(&t, 1);
    STATE(&t, "CLOSED");
}

/* The knob: what is invalid and has no text is answered once in a while; text each time. */
Test(tcp_keep, invalid_answers_have_a_rate)
{
    stack_knob_set(t.r->s, "tcp.invalid_rate", RIG_SECOND / 2);
    connected(&t, 0);
    arrives(&t, (struct segment){.flags = A, .seq = 100000, .ack = 1});
    EXPECT(&t, A, 1, 1, 0);
    arrives(&t, (struct segment){.flags = A, .seq = 100000, .ack = 1});
    arrives(&t, (struct segment){.flags = S, .seq = 5, .ack = 0});
    NOTHING(&t);
    arrives(&t, (struct segment){.flags = A, .seq = 100000, .ack = 1, .text = "abc", .len = 3});
    EXPECT(&t, A, 1, 1, 0);
    wait_ns(&t, RIG_SECOND / 2);
    arrives(&t, (struct segment){.flags = A, .seq = 100000, .ack = 1});
    EXPECT(&t, A, 1, 1, 0);
}

Test(tcp_keep, options_read_back)
{
    int fd = stream_socket(&t);
    set(fd, SO_OPT_SNDBUF, 5000);
    set(fd, SO_OPT_RCVBUF, 6000);
    set(fd, TCP_OPT_MAXSEG, 1000);
    set(fd, TCP_OPT_NOTSENT_LOWAT, 700);
    set(fd, SO_OPT_REUSEADDR, 1);
    cr_assert_eq(get(fd, SO_OPT_SNDBUF), 5000);
    cr_assert_eq(get(fd, SO_OPT_RCVBUF), 6000);
    cr_assert_eq(get(fd, TCP_OPT_MAXSEG), 1000);
    cr_assert_eq(get(fd, TCP_OPT_NOTSENT_LOWAT), 700);
    cr_assert_eq(get(fd, SO_OPT_REUSEADDR), 1);
    cr_assert_eq(get(fd, TCP_OPT_CONGESTION), SOCKET_CC_CUBIC);
    set(fd, TCP_OPT_CONGESTION, SOCKET_CC_RENO);
    cr_assert_eq(get(fd, TCP_OPT_CONGESTION), SOCKET_CC_RENO);
    cr_assert_eq(socket_set(t.r->s, fd, TCP_OPT_KEEPIDLE, 0, 0), -ERR_INVAL);
    cr_assert_eq(socket_set(t.r->s, fd, TCP_OPT_MAXSEG, 10, 0), -ERR_INVAL);
    cr_assert_eq(socket_set(t.r->s, fd, TCP_OPT_CONGESTION, 9, 0), -ERR_NOENT);
}

/* The buffer's bound, and when there is room again. */
Test(tcp_keep, the_send_buffer)
{
    int fd = connected(&t, 100);
    set(fd, SO_OPT_SNDBUF, 5000);
    cr_assert_eq(send_octets(&t, fd, 6000), 5000);
    cr_assert_eq(send_octets(&t, fd, 1), -ERR_AGAIN);
    cr_assert(!(socket_events(t.r->s, fd) & SOCKET_WRITABLE));
    cr_assert_eq(get(fd, TCP_OPT_OUTQ), 5000);
    cr_assert_eq(get(fd, TCP_OPT_OUTQNSD), 4900);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 101, .window = 100});
    cr_assert(socket_events(t.r->s, fd) & SOCKET_WRITABLE);
    cr_assert_eq(send_octets(&t, fd, 6000), 100);
    t.seen = t.r->sent_count;
}

/* STATUS (3.10.6). */
Test(tcp_keep, what_a_connection_tells)
{
    struct socket_tcp_info i;
    int fd = connected(&t, 1000);
    cr_assert_eq(socket_tcp_info(t.r->s, fd, &i, 0), 0);
    cr_assert_eq(i.state, SOCKET_TCP_ESTABLISHED);
    cr_assert_eq(i.recovery, SOCKET_TCP_OPEN);
    cr_assert_eq(i.snd_mss, 1460);
    cr_assert_eq(i.advertised_mss, 1460);
    cr_assert_eq(i.path_mtu, 1500);
    cr_assert_eq(i.snd_wnd, 1000);
    cr_assert_eq(i.rcv_wnd, 65535);
    cr_assert_eq(i.cwnd, 14600);
    cr_assert_eq(i.ssthresh, UINT32_MAX);
    cr_assert_eq(i.rto_ns, RIG_SECOND);
    send_octets(&t, fd, 1500);
    cr_assert_eq(socket_tcp_info(t.r->s, fd, &i, 0), 0);
    cr_assert_eq(i.unacked_octets, 1000);
    cr_assert_eq(i.unacked, 1);
    cr_assert_eq(i.unsent_octets, 500);
    cr_assert_eq(i.snd_nxt - i.snd_una, 1000);
    int udp = socket_open(t.r->s, ADDR_IPV4, SOCKET_DGRAM, 0);
    cr_assert_eq(socket_tcp_info(t.r->s, udp, &i, 0), -ERR_OPNOTSUPP);
    t.seen = t.r->sent_count;
}

/* --- calls at their edges --- */

Test(tcp_keep, calls_that_come_at_the_wrong_time)
{
    char got[4];
    struct socket_address to = {addr_ipv4(RIG_PEER), PEER_PORT}, none = {addr_ipv4(RIG_PEER), 0};
    struct socket_address many = {addr_ipv4(0xe0000001), 80}, all = {addr_ipv4(0x0a0002ff), 80};
    int fd = stream_socket(&t);
    cr_assert_eq(send_text(&t, fd, "x"), -ERR_NOTCONN);
    cr_assert_eq(receive_text(&t, fd, got, 4), -ERR_NOTCONN);
    cr_assert_eq(socket_shutdown(t.r->s, fd, SOCKET_SHUT_WRITE, 0), -ERR_NOTCONN);
    cr_assert_eq(socket_accept(t.r->s, fd, NULL, 0), -ERR_INVAL);
    cr_assert_eq(socket_connect(t.r->s, fd, &none, 0), -ERR_ADDRNOTAVAIL);
    cr_assert_eq(socket_connect(t.r->s, fd, &many, 0), -ERR_NETUNREACH); /* MUST-46 */
    cr_assert_eq(socket_connect(t.r->s, fd, &all, 0), -ERR_NETUNREACH);
    NOTHING(&t);
    cr_assert_eq(socket_connect(t.r->s, fd, &to, 0), -ERR_INPROGRESS);
    cr_assert_eq(socket_connect(t.r->s, fd, &to, 0), -ERR_ALREADY);
    cr_assert_eq(receive_text(&t, fd, got, 4), -ERR_AGAIN);
    EXPECT(&t, S, 0, 0, 0);
    cr_assert_eq(send_text(&t, fd, "early"), 5); /* 3.10.2: queued until ESTABLISHED */
    NOTHING(&t);
    arrives(&t, (struct segment){.flags = S | A, .ack = 1});
    EXPECT(&t, P | A, 1, 1, 5);
    cr_assert_eq(socket_connect(t.r->s, fd, &to, 0), -ERR_ISCONN);
    cr_assert_eq(socket_send(t.r->s, fd, "", 0, 0, NULL, 0), 0);
    NOTHING(&t);
}

/* PEEK leaves what it shows, TRUNC throws away. */
Test(tcp_keep, peek_and_discard)
{
    char got[8] = "";
    int fd = connected(&t, 0);
    arrives(&t, (struct segment){.flags = P | A, .seq = 1, .ack = 1, .text = "abcdef", .len = 6});
    cr_assert_eq(socket_receive(t.r->s, fd, got, 3, MSG_FLAG_PEEK, NULL, 0), 3);
    cr_assert_arr_eq(got, "abc", 3);
    cr_assert_eq(get(fd, TCP_OPT_INQ), 6);
    cr_assert_eq(socket_receive(t.r->s, fd, NULL, 2, MSG_FLAG_TRUNC, NULL, 0), 2);
    cr_assert_eq(socket_receive(t.r->s, fd, got, 8, 0, NULL, 0), 4);
    cr_assert_arr_eq(got, "cdef", 4);
}

/* RFC 9293 3.9.1: one port, one listener; another one when it is closed. */
Test(tcp_keep, two_listeners)
{
    struct socket_address at = {addr_ipv4(0), OUR_PORT};
    int first = listening(&t, 1), second = stream_socket(&t);
    cr_assert_eq(socket_bind(t.r->s, second, &at), -ERR_ADDRINUSE);
    set(second, SO_OPT_REUSEADDR, 1);
    cr_assert_eq(socket_bind(t.r->s, second, &at), 0); /* as long as they do not both listen */
    cr_assert_eq(socket_listen(t.r->s, second, 5, 0), -ERR_ADDRINUSE);
    cr_assert_eq(get(first, SO_OPT_ACCEPTCONN), 1);
    cr_assert_eq(get(second, SO_OPT_ACCEPTCONN), 0);
    socket_close(t.r->s, first, 0);
    cr_assert_eq(socket_listen(t.r->s, second, 5, 0), 0);
}

/* MUST-20: at R1 IP hears that the next hop may be dead, and asks for it again. */
Test(tcp_keep, r1_advises_ip)
{
    struct ip_addr peer = addr_ipv4(RIG_PEER);
    uint8_t reply[60];
    int fd = connected(&t, 0);
    neighbour_remove(t.r->nif, &peer, t.r->now_ns);
    send_text(&t, fd, "abc");
    uint32_t len = rig_arp(reply, rig_mac, 2, rig_peer, RIG_PEER, rig_mac, RIG_ADDRESS);
    rig_receive(t.r, reply, len);
    EXPECT(&t, P | A, 1, 1, 3);
    t.r->sent_count = t.seen = 0;
    uint32_t arps = 0;
    for (int i = 0; i < 3; i++) {
        wait_ns(&t, ((int64_t)1 << i) * RIG_SECOND);
        for (; t.seen < t.r->sent_count; t.seen++)
            arps += rig_get16(t.r->sent[t.seen].bytes + 12) == 0x0806;
        cr_assert_eq(arps, i < 2 ? 0 : 1, "%u requests after %d", arps, i);
    }
}

/* 3.8.3: asked for while it runs. */
Test(tcp_keep, user_timeout_of_a_syn)
{
    int fd = begin_connect(&t);
    EXPECT(&t, S, 0, 0, 0);
    set(fd, TCP_OPT_USER_TIMEOUT, 2500);
    wait_ns(&t, 3 * RIG_SECOND);
    EXPECT(&t, S, 0, 0, 0);
    NOTHING(&t);
    cr_assert_eq(get(fd, SO_OPT_ERROR), ERR_TIMEDOUT);
}

/* 3.10.1: an active OPEN to nobody. */
Test(tcp_keep, connect_to_the_unspecified_address)
{
    struct socket_address to = {addr_ipv4(0), 80};
    cr_assert_eq(socket_connect(t.r->s, stream_socket(&t), &to, 0), -ERR_ADDRNOTAVAIL);
    NOTHING(&t);
}

/* An answer makes up for the probes before it. */
Test(tcp_keep, an_answer_counts_anew)
{
    int fd = connected(&t, 0);
    set(fd, TCP_OPT_KEEPIDLE, 10);
    set(fd, TCP_OPT_KEEPINTVL, 5);
    set(fd, TCP_OPT_KEEPCNT, 2);
    set(fd, SO_OPT_KEEPALIVE, 1);
    wait_ns(&t, 16 * RIG_SECOND);
    EXPECT(&t, A, 0, 1, 0);
    EXPECT(&t, A, 0, 1, 0);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 1});
    wait_ns(&t, 19 * RIG_SECOND);
    EXPECT(&t, A, 0, 1, 0);
    EXPECT(&t, A, 0, 1, 0);
    NOTHING(&t);
    STATE(&t, "ESTABLISHED");
    wait_ns(&t, RIG_SECOND);
    EXPECT(&t, R | A, 1, 1, 0);
}

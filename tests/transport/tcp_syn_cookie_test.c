/* RFC 4987: SYNs that a full listener answers by cookies. */
#include <stdio.h>
#include "stack/core/neighbour.h"
#include "tests/transport/segment.h"

static struct talk t, second;
static int listener;

/* Room for one half-open connection, which is taken; `second` is who comes next. */
static void open_full(void)
{
    t = talk_open();
    stack_knob_set(t.r->s, "tcp.syn_backlog", 1);
    stack_knob_set(t.r->s, "tcp.window_scaling", 1);
    stack_knob_set(t.r->s, "tcp.sack", 1);
    stack_knob_set(t.r->s, "tcp.rcvbuf", 200000);
    listener = listening(&t, 4);
    arrives(&t, (struct segment){.flags = S});
    EXPECT(&t, S | A, 0, 1, 0);
    second = t;
    second.peer_port = PEER_PORT + 1;
    second.learnt = false;
}

static void close_full(void)
{
    t.seen = second.seen;
    talk_close(&t);
}

TestSuite(tcp_syn_cookie, .init = open_full, .fini = close_full);

static const uint8_t syn_options[] = {2, 4, 0x04, 0x4c, 1, 3, 3, 7, 4, 2, 8, 10,
                                      0, 0, 0,    9,    0, 0, 0, 0, 1, 1, 0, 0};

static int accepted_second(void)
{
    int fd = socket_accept(t.r->s, listener, NULL, t.r->now_ns);
    cr_assert_geq(fd, 3, "%d", fd);
    return fd;
}

/* Nothing is kept of the SYN, and the third segment opens the connection all the same: scale 7 and
 * SACK are agreed on; an MSS of 1100 becomes 1024. */
Test(tcp_syn_cookie, opens_without_timestamps)
{
    arrives(&second, (struct segment){.flags = S, .options = syn_options, .options_len = 12});
    struct sent g = next(&second);
    cr_assert_eq(g.flags, S | A);
    cr_assert(option(&g, 2) && option(&g, 3) && option(&g, 4) && !option(&g, 8));
    cr_assert_str_eq(state_of(&second), "CLOSED");
    cr_assert_eq(rig_counter(t.r, "tcp.out.cookie"), 1);
    arrives(&second, (struct segment){.flags = A, .seq = 1, .ack = 1});
    STATE(&second, "ESTABLISHED");
    cr_assert_eq(rig_counter(t.r, "tcp.opened.cookie"), 1);
    int fd = accepted_second();
    cr_assert_eq(send_octets(&second, fd, 2000), 2000);
    EXPECT(&second, A, 1, 1, 1024);
    struct socket_tcp_info info;
    cr_assert_eq(socket_tcp_info(t.r->s, fd, &info, t.r->now_ns), 0);
    cr_assert(info.sack && !info.timestamps && info.window_scaling && info.snd_wscale == 7);
}

/* With them all is: scale 7, SACK, timestamps; and the octets that came with the third segment. */
Test(tcp_syn_cookie, opens_with_timestamps)
{
    uint8_t ack_options[12] = {1, 1, 8, 10, 0, 0, 0, 10};
    char got[8];
    stack_knob_set(t.r->s, "tcp.timestamps", 1);
    wait_ns(&t, RIG_SECOND / 10);
    arrives(&second, (struct segment){.flags = S, .options = syn_options, .options_len = 24});
    struct sent g = next(&second);
    cr_assert(option(&g, 3) && option(&g, 4) && option(&g, 8));
    rig_put32(ack_options + 8, second.ts_val);
    arrives(&second, (struct segment){.flags = A,
                                      .seq = 1,
                                      .ack = 1,
                                      .options = ack_options,
                                      .options_len = 12,
                                      .window = 100,
                                      .text = "hi",
                                      .len = 2});
    STATE(&second, "ESTABLISHED");
    int fd = accepted_second();
    cr_assert_eq(receive_text(&second, fd, got, sizeof got), 2);
    struct socket_tcp_info info;
    cr_assert_eq(socket_tcp_info(t.r->s, fd, &info, t.r->now_ns), 0);
    cr_assert(info.sack && info.timestamps && info.window_scaling);
    cr_assert_eq(info.snd_wscale, 7);
    cr_assert_eq(info.snd_wnd, 100 << 7);
    second.seen = t.r->sent_count;
}

/* What is no cookie gets the reset that LISTEN has for an ACK; after two minutes a cookie is none.
 */
Test(tcp_syn_cookie, others_are_reset)
{
    arrives(&second, (struct segment){.flags = S});
    next(&second);
    arrives(&second, (struct segment){.flags = A, .seq = 1, .ack = 2});
    EXPECT(&second, R, 2, 0, 0);
    arrives(&second, (struct segment){.flags = A, .seq = 2, .ack = 1});
    EXPECT(&second, R, 1, 0, 0);
    wait_ns(&t, 120 * RIG_SECOND);
    second.seen = t.r->sent_count;
    arrives(&second, (struct segment){.flags = A, .seq = 1, .ack = 1});
    EXPECT(&second, R, 1, 0, 0);
    cr_assert_eq(rig_counter(t.r, "tcp.opened.cookie"), 0);
}

/* tcp.syn_cookies 0: the SYN is dropped and counted. */
Test(tcp_syn_cookie, can_be_off)
{
    stack_knob_set(t.r->s, "tcp.syn_cookies", 0);
    arrives(&second, (struct segment){.flags = S});
    NOTHING(&second);
    cr_assert_eq(rig_counter(t.r, "tcp.drop.syn_backlog_full"), 1);
}

/* tcp.syn_cookies_only: no SYN is kept, however much room there is. */
Test(tcp_syn_cookie, can_be_all)
{
    stack_knob_set(t.r->s, "tcp.syn_backlog", 10);
    stack_knob_set(t.r->s, "tcp.syn_cookies_only", 1);
    arrives(&second, (struct segment){.flags = S});
    cr_assert_eq(next(&second).flags, S | A);
    cr_assert_str_eq(state_of(&second), "CLOSED");
    cr_assert_eq(rig_counter(t.r, "tcp.out.cookie"), 1);
}

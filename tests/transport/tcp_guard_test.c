/* What is old or forged: RFC 5961, RFC 7323 5, RFC 6191, RFC 1337, RFC 5927. */
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

TestSuite(tcp_guard, .init = open_talk, .fini = close_talk);

struct stamp {
    uint8_t octets[12];
};

static struct stamp stamp(uint32_t val, uint32_t ecr)
{
    struct stamp x = {{1, 1, 8, 10}};
    rig_put32(x.octets + 4, val);
    rig_put32(x.octets + 8, ecr);
    return x;
}

static uint32_t echoed(const struct sent *g)
{
    cr_assert_not_null(option(g, 8));
    return rig_get32(option(g, 8) + 6);
}

static void stamped(unsigned flags, uint32_t seq, uint32_t ack, uint32_t len, uint32_t val)
{
    struct stamp x = stamp(val, t.ts_val);
    arrives(&t, (struct segment){.flags = flags,
                                 .seq = seq,
                                 .ack = ack,
                                 .fill = len,
                                 .options = x.octets,
                                 .options_len = 12});
}

/* A connection with timestamps; the peer's clock says 1000. */
static int stamped_connection(void)
{
    stack_knob_set(t.r->s, "tcp.timestamps", 1);
    int fd = begin_connect(&t);
    struct sent g = next(&t);
    cr_assert_eq(g.flags, S);
    cr_assert_eq(echoed(&g), 0); /* RFC 7323 3.2 */
    stamped(S | A, 0, 1, 0, 1000);
    g = next(&t);
    cr_assert_eq(echoed(&g), 1000);
    return fd;
}

/* RFC 7323 5.3, R1 and R3. */
Test(tcp_guard, an_old_timestamp_is_refused)
{
    stamped_connection();
    stamped(A, 1, 1, 10, 1010);
    stamped(A, 11, 1, 10, 1020);
    struct sent g = next(&t);
    cr_assert_eq(g.ack, 21);
    cr_assert_eq(echoed(&g), 1010); /* the first that is not acknowledged (4.3) */
    stamped(A, 21, 1, 10, 1009);
    g = next(&t);
    cr_assert_eq(g.ack, 21);
    cr_assert_eq(rig_counter(t.r, "tcp.drop.paws"), 1);
    stamped(R, 21, 0, 0, 1); /* a RST is no such thing */
    STATE(&t, "CLOSED");
}

/* 5.5: after 24 days TS.Recent is not valid any more. */
Test(tcp_guard, a_timestamp_ages)
{
    stamped_connection();
    wait_ns(&t, 23 * 86400 * RIG_SECOND);
    stamped(A, 1, 1, 10, 999);
    cr_assert_eq(rig_counter(t.r, "tcp.drop.paws"), 1);
    EXPECT(&t, A, 1, 1, 0);
    wait_ns(&t, 2 * 86400 * RIG_SECOND);
    stamped(A, 1, 1, 10, 999);
    wait_ns(&t, RIG_SECOND);
    EXPECT(&t, A, 1, 11, 0);
}

/* 3.2. */
Test(tcp_guard, a_segment_without_its_timestamp)
{
    stamped_connection();
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 1, .fill = 10});
    wait_ns(&t, RIG_SECOND);
    NOTHING(&t);
    cr_assert_eq(rig_counter(t.r, "tcp.drop.no_timestamp"), 1);
}

/* RFC 5961 5.2. */
Test(tcp_guard, an_acknowledgement_out_of_range)
{
    connected(&t, 1000);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 2, .fill = 5});
    EXPECT(&t, A, 1, 1, 0);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 0u - 1000, .fill = 5});
    EXPECT(&t, A, 1, 1, 0);
    arrives(&t, (struct segment){.flags = A, .seq = 1, .ack = 1u - 1000, .fill = 5});
    wait_ns(&t, RIG_SECOND);
    EXPECT(&t, A, 1, 6, 0);
}

/* RFC 5961 7, for each connection by itself. */
Test(tcp_guard, challenges_have_a_bound)
{
    connected(&t, 0);
    for (int i = 0; i < 30; i++)
        arrives(&t, (struct segment){.flags = R, .seq = 2});
    for (int i = 0; i < 10; i++)
        EXPECT(&t, A, 1, 1, 0);
    NOTHING(&t);
    wait_ns(&t, 5 * RIG_SECOND);
    arrives(&t, (struct segment){.flags = S, .seq = 2});
    EXPECT(&t, A, 1, 1, 0);
}

/* --- TIME-WAIT --- */

static void into_time_wait(void)
{
    int fd = accepted(&t);
    socket_close(t.r->s, fd, t.r->now_ns);
    EXPECT(&t, F | A, 1, 1, 0);
    arrives(&t, (struct segment){.flags = F | A, .seq = 1, .ack = 2});
    EXPECT(&t, A, 2, 2, 0);
    STATE(&t, "TIME-WAIT");
}

/* RFC 9293 3.6.1 MAY-2: with a sequence number behind all that was used. */
Test(tcp_guard, a_new_syn_ends_time_wait)
{
    into_time_wait();
    wait_ns(&t, RIG_SECOND);
    listening(&t, 1);
    arrives(&t, (struct segment){.flags = S, .seq = 1}); /* no newer than RCV.NXT */
    EXPECT(&t, A, 2, 2, 0);
    STATE(&t, "TIME-WAIT");
    arrives(&t, (struct segment){.flags = S, .seq = 3});
    struct sent g = next(&t);
    cr_assert_eq(g.flags, (unsigned)(S | A));
    cr_assert_gt(g.seq, 2u);
    cr_assert_lt(g.seq, 1u << 30);
    cr_assert_eq(g.ack, 4);
    STATE(&t, "SYN-RECEIVED");
}

/* RFC 1337: a RST ends TIME-WAIT, unless the knob says that it does not. */
Test(tcp_guard, a_reset_in_time_wait)
{
    into_time_wait();
    stack_knob_set(t.r->s, "tcp.rfc1337", 1);
    arrives(&t, (struct segment){.flags = R, .seq = 2});
    STATE(&t, "TIME-WAIT");
    stack_knob_set(t.r->s, "tcp.rfc1337", 0);
    arrives(&t, (struct segment){.flags = R, .seq = 2});
    STATE(&t, "CLOSED");
    NOTHING(&t);
}

/* --- ICMP --- */

/* About the nth frame sent, with another sequence number where `seq` is not 0. */
static void icmp(uint32_t n, uint8_t type, uint8_t code, uint16_t mtu, uint32_t seq)
{
    uint8_t frame[SEGMENT_BYTES], message[8 + 28] = {type, code};
    rig_put16(message + 6, mtu);
    memcpy(message + 8, t.r->sent[n].bytes + 14, 28);
    if (seq)
        rig_put32(message + 8 + 24, t.our_iss + seq);
    rig_put16(message + 2, rig_sum(message, sizeof message));
    const struct rig_ip ip = {.src = 0x0a000201, .proto = 1};
    rig_receive(t.r, frame, rig_ipv4(frame, &ip, message, sizeof message));
}

/* RFC 9293 3.9.2.2: hard in SYN-SENT, remembered later. */
Test(tcp_guard, port_unreachable)
{
    int64_t error;
    int fd = begin_connect(&t);
    EXPECT(&t, S, 0, 0, 0);
    icmp(t.r->sent_count - 1, 3, 3, 0, 0);
    STATE(&t, "CLOSED");
    cr_assert_eq(socket_get(t.r->s, fd, SO_OPT_ERROR, &error), 0);
    cr_assert_eq(error, ERR_CONNREFUSED);
}

Test(tcp_guard, soft_errors_are_told_at_the_end)
{
    int64_t error;
    int fd = begin_connect(&t);
    EXPECT(&t, S, 0, 0, 0);
    icmp(t.r->sent_count - 1, 3, 1, 0, 0);
    STATE(&t, "SYN-SENT");
    wait_ns(&t, 181 * RIG_SECOND);
    cr_assert_eq(socket_get(t.r->s, fd, SO_OPT_ERROR, &error), 0);
    cr_assert_eq(error, ERR_HOSTUNREACH);
    t.seen = t.r->sent_count;
}

Test(tcp_guard, hard_errors_are_soft_in_a_connection)
{
    int fd = connected(&t, 0);
    send_text(&t, fd, "abc");
    EXPECT(&t, P | A, 1, 1, 3);
    icmp(t.r->sent_count - 1, 3, 3, 0, 0);
    STATE(&t, "ESTABLISHED");
    icmp(t.r->sent_count - 1, 3, 3, 0, 50); /* never sent */
    cr_assert_eq(rig_counter(t.r, "tcp.drop.error_sequence"), 1);
}

/* RFC 1191 6.4, RFC 5927 7: believed about what is under way, and what was too long goes again. */
Test(tcp_guard, fragmentation_needed)
{
    int fd = connected(&t, 0);
    send_octets(&t, fd, 1460);
    EXPECT(&t, P | A, 1, 1, 1460);
    icmp(t.r->sent_count - 1, 3, 4, 600, 5000); /* not under way: nothing changes */
    NOTHING(&t);
    icmp(t.r->sent_count - 1, 3, 4, 600, 0);
    EXPECT(&t, A, 1, 1, 560);
    EXPECT(&t, A, 561, 1, 560);
    EXPECT(&t, P | A, 1121, 1, 340);
}

/* RFC 6633. */
Test(tcp_guard, source_quench_is_ignored)
{
    int fd = connected(&t, 0);
    send_octets(&t, fd, 3000);
    uint32_t sent = t.r->sent_count;
    icmp(sent - 1, 4, 0, 0, 0);
    STATE(&t, "ESTABLISHED");
    cr_assert_eq(t.r->sent_count, sent);
}

/* RFC 9293 3.9.2.2, MUST-47: who asks for it hears of them at once, and the connection lives. */
Test(tcp_guard, soft_errors_are_told_to_who_asks)
{
    int64_t error;
    int fd = connected(&t, 0);
    cr_assert_eq(socket_set(t.r->s, fd, IP_OPT_RECVERR, 1, 0), 0);
    send_text(&t, fd, "abc");
    EXPECT(&t, P | A, 1, 1, 3);
    icmp(t.r->sent_count - 1, 3, 1, 0, 0);
    cr_assert(socket_events(t.r->s, fd) & SOCKET_ERROR);
    cr_assert_eq(socket_get(t.r->s, fd, SO_OPT_ERROR, &error), 0);
    cr_assert_eq(error, ERR_HOSTUNREACH);
    STATE(&t, "ESTABLISHED");
    cr_assert_eq(socket_events(t.r->s, fd), SOCKET_WRITABLE);
}

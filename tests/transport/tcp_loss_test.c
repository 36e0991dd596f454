/* Loss, reordering and congestion on whole connections: by hand against one stack, and between two
 * stacks. */
#include <stdio.h>
#include "stack/core/neighbour.h"
#include "stack/socket/socket_inside.h"
#include "stack/transport/tcp/inside.h"
#include "tests/transport/segment.h"
#include "tests/transport/pair.h"

static struct talk t;

static void open_talk(void)
{
    t = talk_open();
    stack_knob_set(t.r->s, "tcp.sack", 1);
}

static void close_talk(void)
{
    talk_close(&t);
}

TestSuite(tcp_loss, .init = open_talk, .fini = close_talk);

/* A peer with MSS 1000 and SACK, 100 ms away; its window is 65535. */
static int connected_with_sack(void)
{
    static const uint8_t options[] = {2, 4, 0x03, 0xe8, 1, 1, 4, 2};
    int fd = begin_connect(&t);
    EXPECT(&t, S, 0, 0, 0);
    wait_ns(&t, RIG_SECOND / 10);
    arrives(&t, (struct segment){.flags = S | A, .ack = 1, .options = options, .options_len = 8});
    EXPECT(&t, A, 1, 1, 0);
    return fd;
}

static uint32_t block(const struct sent *g, unsigned i, unsigned side)
{
    const uint8_t *o = option(g, 5);
    cr_assert(o && o[1] >= 2 + 8 * (i + 1), "no block %u", i);
    return rig_get32(o + 2 + 8 * i + 4 * side) - t.peer_iss;
}

static void expect_blocks(uint32_t ack, unsigned count, const uint32_t *edges)
{
    struct sent g = next(&t);
    cr_assert_eq(g.ack, ack, "ack %u", g.ack);
    const uint8_t *o = option(&g, 5);
    cr_assert_eq(o ? (o[1] - 2) / 8 : 0, count);
    for (unsigned i = 0; i < 2 * count; i++)
        cr_assert_eq(block(&g, i / 2, i % 2), edges[i], "edge %u is %u", i,
                     block(&g, i / 2, i % 2));
}

#define BLOCKS(ack, count, ...) expect_blocks(ack, count, (const uint32_t[]){__VA_ARGS__, 0})

static void text(uint32_t seq, uint32_t len)
{
    arrives(&t, (struct segment){.flags = A, .seq = seq, .ack = 1, .fill = len});
}

static void read_pattern(int fd, uint32_t from, uint32_t len)
{
    static uint8_t got[8192];
    cr_assert_eq(socket_receive(t.r->s, fd, got, sizeof got, 0, NULL, t.r->now_ns), (int)len);
    for (uint32_t i = 0; i < len; i++)
        cr_assert_eq(got[i], pattern(from + i), "octet %u", from + i);
}

/* RFC 2018 4: the latest first; RFC 5681 4.2: at once; and what filled the gap is read in one. */
/* 4 GiB later SND.UNA is ISS again: what is lost then is text, and no SYN. So much takes too long
 * to send, so that the number is put there. */
Test(tcp_loss, acknowledged_up_to_iss)
{
    int fd = connected_with_sack();
    const struct socket_state *sockets = t.r->s->state[MODULE_SOCKET];
    struct tcp_pcb *pcb = (struct tcp_pcb *)(void *)sockets->socket[fd - SOCKET_FIRST].pcb;
    pcb->iss = pcb->snd_una;
    cr_assert_eq(send_octets(&t, fd, 900), 900);
    EXPECT(&t, A | P, 1, 1, 900);
    wait_ns(&t, 3 * RIG_SECOND);
    EXPECT(&t, A | P, 1, 1, 900); /* the tail's probe, or the timeout */
}

Test(tcp_loss, out_of_order_is_kept_and_told)
{
    int fd = connected_with_sack();
    text(101, 100);
    BLOCKS(1, 1, 101, 201);
    text(301, 100);
    BLOCKS(1, 2, 301, 401, 101, 201);
    text(201, 100);
    BLOCKS(1, 1, 101, 401);
    text(1, 100);
    BLOCKS(401, 0, 0);
    read_pattern(fd, 0, 400);
    NOTHING(&t);
}

/* RFC 2883 4.1.1, 4.1.3. */
Test(tcp_loss, duplicates_are_told)
{
    int fd = connected_with_sack();
    text(1, 100);
    wait_ns(&t, RIG_SECOND);
    BLOCKS(101, 0, 0);
    text(1, 100);
    BLOCKS(101, 1, 1, 101);
    text(301, 100);
    BLOCKS(101, 1, 301, 401);
    text(301, 50);
    BLOCKS(101, 2, 301, 351, 301, 401);
    text(101, 200);
    BLOCKS(401, 0, 0);
    read_pattern(fd, 0, 400);
}

/* Without SACK permitted nothing is told, and the octets are kept all the same. */
Test(tcp_loss, out_of_order_without_sack)
{
    int fd = connected(&t, 0);
    text(101, 100);
    BLOCKS(1, 0, 0);
    text(101, 100);
    BLOCKS(1, 0, 0);
    text(1, 100);
    BLOCKS(201, 0, 0);
    read_pattern(fd, 0, 200);
}

/* A FIN ahead of its turn is an octet of its own (RFC 9293 3.4): it is told, and counts when what
 * precedes it has come. */
Test(tcp_loss, fin_out_of_order)
{
    uint8_t none;
    int fd = connected_with_sack();
    arrives(&t, (struct segment){.flags = F | A, .seq = 101, .ack = 1, .fill = 100});
    BLOCKS(1, 1, 101, 202);
    STATE(&t, "ESTABLISHED");
    text(1, 100);
    BLOCKS(202, 0, 0);
    STATE(&t, "CLOSE-WAIT");
    read_pattern(fd, 0, 200);
    cr_assert_eq(socket_receive(t.r->s, fd, &none, 1, 0, NULL, t.r->now_ns), 0);
}

/* What the user reads meanwhile does not take away what waits ahead. */
Test(tcp_loss, reading_leaves_what_is_ahead)
{
    int fd = connected_with_sack();
    text(1, 100);
    text(201, 100);
    read_pattern(fd, 0, 100);
    text(101, 100);
    read_pattern(fd, 100, 200);
    text(301, 100);
    read_pattern(fd, 300, 100);
    t.seen = t.r->sent_count;
}

/* --- sending --- */

static void acks(uint32_t ack, uint32_t left, uint32_t right)
{
    uint8_t o[12] = {1, 1, 5, 10};
    rig_put32(o + 4, t.our_iss + left);
    rig_put32(o + 8, t.our_iss + right);
    arrives(
        &t,
        (struct segment){
            .flags = A, .seq = 1, .ack = ack, .options = o, .options_len = left != right ? 12 : 0});
}

/* RFC 6928 2; RFC 3042, RFC 5681 3.2: new segments for the first two, the lost one for the third.
 */
Test(tcp_loss, fast_retransmit)
{
    int fd = connected_with_sack();
    cr_assert_eq(send_octets(&t, fd, 20000), 20000);
    for (uint32_t i = 0; i < 10; i++)
        EXPECT(&t, A, 1 + 1000 * i, 1, 1000);
    NOTHING(&t);
    wait_ns(&t, RIG_SECOND / 10);
    acks(1, 1001, 2001);
    EXPECT(&t, A, 10001, 1, 1000);
    acks(1, 1001, 3001);
    EXPECT(&t, A, 11001, 1, 1000);
    acks(1, 1001, 4001);
    EXPECT(&t, A, 1, 1, 1000);
    NOTHING(&t);
    cr_assert_eq(rig_counter(t.r, "tcp.out.resent"), 1);
    acks(12001, 0, 0);
    cr_assert_eq(rig_counter(t.r, "tcp.out.resent"), 1);
    t.seen = t.r->sent_count;
}

/* The same without SACK, by three duplicates. */
Test(tcp_loss, fast_retransmit_without_sack)
{
    int fd = connected(&t, 0);
    cr_assert_eq(send_octets(&t, fd, 30000), 30000);
    for (uint32_t i = 0; i < 10; i++)
        EXPECT(&t, A, 1 + 1460 * i, 1, 1460);
    for (uint32_t i = 0; i < 2; i++) {
        acks(1, 0, 0);
        EXPECT(&t, A, 14601 + 1460 * i, 1, 1460);
    }
    acks(1, 0, 0);
    EXPECT(&t, A, 1, 1, 1460);
    NOTHING(&t);
    t.seen = t.r->sent_count;
}

/* RFC 8985 7.2, 7.3: the last segment goes again after 2*SRTT and what an acknowledgement may be
 * delayed; when it has told nothing, the RTO follows. */
Test(tcp_loss, tail_loss_probe)
{
    int fd = connected_with_sack();
    cr_assert_eq(send_octets(&t, fd, 3000), 3000);
    for (uint32_t i = 0; i < 3; i++)
        next(&t);
    wait_ns(&t, RIG_SECOND / 10);
    acks(1001, 0, 0);
    int64_t from = t.r->now_ns;
    wait_ns(&t, RIG_SECOND);
    struct sent g = next(&t);
    cr_assert_eq(g.seq, 2001);
    cr_assert_eq(g.at_ns - from, 200000000, "2 * 100 ms");
    cr_assert_eq(rig_counter(t.r, "tcp.out.loss_probe"), 1);
    wait_ns(&t, RIG_SECOND);
    g = next(&t);
    cr_assert_eq(g.seq, 1001);
    cr_assert_eq(g.at_ns - from, 1200000000, "the RTO begins at the probe");
    t.seen = t.r->sent_count;
}

/* RFC 4821 7.7: what never gets through although nothing is said goes in smaller pieces after R1.
 */
Test(tcp_loss, black_hole)
{
    int fd = connected(&t, 0);
    cr_assert_eq(send_octets(&t, fd, 1460), 1460);
    for (int i = 0; i < 3; i++) {
        EXPECT(&t, A | P, 1, 1, 1460);
        wait_ns(&t, (1 << i) * RIG_SECOND);
    }
    EXPECT(&t, A, 1, 1, 984);
    cr_assert_eq(rig_counter(t.r, "tcp.black_hole"), 1);
    acks(985, 0, 0);
    EXPECT(&t, A | P, 985, 1, 476);
    acks(1461, 0, 0);
    cr_assert_eq(send_octets(&t, fd, 1460), 1460);
    EXPECT(&t, A, 1461, 1, 984);
    t.seen = t.r->sent_count;
}

/* Small segments get lost for other reasons. */
Test(tcp_loss, no_black_hole_for_small_segments)
{
    int fd = connected(&t, 0);
    cr_assert_eq(send_octets(&t, fd, 900), 900);
    for (int i = 0; i < 4; i++) {
        EXPECT(&t, A | P, 1, 1, 900);
        wait_ns(&t, (1 << i) * RIG_SECOND);
    }
    cr_assert_eq(rig_counter(t.r, "tcp.black_hole"), 0);
    t.seen = t.r->sent_count;
}

/* A fin that was lost goes again by itself. */
Test(tcp_loss, a_lost_fin)
{
    int fd = connected_with_sack();
    cr_assert_eq(send_octets(&t, fd, 100), 100);
    EXPECT(&t, A | P, 1, 1, 100);
    wait_ns(&t, RIG_SECOND / 100);
    acks(101, 0, 0);
    socket_close(t.r->s, fd, t.r->now_ns);
    EXPECT(&t, A | F, 101, 1, 0);
    wait_ns(&t, 3 * RIG_SECOND);
    EXPECT(&t, A | F, 101, 1, 0);
    acks(102, 0, 0);
    STATE(&t, "FIN-WAIT-2");
    arrives(&t, (struct segment){.flags = F | A, .seq = 1, .ack = 102});
    t.seen = t.r->sent_count;
}

/* --- two stacks --- */

static void loses(uint32_t per_mille, int64_t jitter_ns, int sack, int reno, uint32_t seed)
{
    struct pair *p = pair_open();
    stack_knob_set(p->end[0]->s, "tcp.sack", sack);
    stack_knob_set(p->end[0]->s, "tcp.congestion_control", !reno);
    p->loss_per_mille = per_mille;
    p->jitter_ns = jitter_ns;
    p->seed = seed;
    pair_connect(p);
    pair_transfer(p, 1500000, 3000 * RIG_SECOND);
    cr_assert_lt(p->longest_gap_ns, (per_mille > 50 ? 200 : 6) * RIG_SECOND,
                 "seed %u: a stall of %d ms", seed, (int)(p->longest_gap_ns / 1000000));
    pair_end(p);
    pair_close(p);
}

/* 1 % of all frames: every octet arrives, in its order, and nothing stalls. */
Test(tcp_pair, one_percent_of_loss, .timeout = 60)
{
    for (uint32_t seed = 1; seed <= 4; seed++) {
        loses(10, 0, 1, 0, seed);
        loses(10, 0, 1, 1, seed);
        loses(10, 0, 0, 1, seed);
    }
}

Test(tcp_pair, loss_and_reordering, .timeout = 60)
{
    for (uint32_t seed = 1; seed <= 4; seed++) {
        loses(20, RIG_SECOND / 200, 1, 0, seed);
        loses(0, RIG_SECOND / 50, 1, 0, seed);
        loses(0, RIG_SECOND / 50, 0, 0, seed);
    }
}

Test(tcp_pair, ten_percent_of_loss, .timeout = 60)
{
    loses(100, 0, 1, 0, 5);
    loses(100, 0, 0, 0, 6);
}

/* RFC 3168: agreed on, marked, echoed, answered; nothing is sent again for it. */
Test(tcp_pair, congestion_is_echoed, .timeout = 60)
{
    struct pair *p = pair_open();
    stack_knob_set(p->end[0]->s, "tcp.ecn", 1);
    p->mark_per_mille = 20;
    pair_connect(p);
    pair_transfer(p, 1500000, 3000 * RIG_SECOND);
    cr_assert_gt(p->marked, 10);
    cr_assert_eq(rig_counter(p->end[0], "tcp.out.resent"), 0);
    pair_end(p);
    pair_close(p);
}

/* Without its being asked for, nothing is marked; nor when the other side has it off. */
Test(tcp_pair, ecn_wants_both_sides)
{
    for (int i = 0; i < 2; i++) {
        struct pair *p = pair_open();
        stack_knob_set(p->end[i]->s, "tcp.ecn", i == 0 ? 2 : 0);
        stack_knob_set(p->end[!i]->s, "tcp.ecn", i == 0 ? 2 : 1);
        p->mark_per_mille = 1000;
        pair_connect(p);
        pair_transfer(p, 20000, 100 * RIG_SECOND);
        cr_assert_eq(p->marked, 0);
        pair_end(p);
        pair_close(p);
    }
}

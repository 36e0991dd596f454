/* The scoreboard against a map of single octets, and RACK by the steps of RFC 8985 6.2. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "stack/transport/tcp/scoreboard.h"

#define MS 1000000LL

static struct pool pool;
static struct scoreboard b;
static struct rack rack;
static struct delivery d;
static void *memory;

static void open_board(uint32_t records)
{
    cr_assert_eq(posix_memalign(&memory, POOL_ALIGN, pool_bytes(64, sizeof(struct sent_segment))),
                 0);
    pool_init(&pool, memory, records, sizeof(struct sent_segment));
    b = (struct scoreboard){0};
    rack_init(&rack);
    d = (struct delivery){.rack = &rack};
}

static void close_board(void)
{
    scoreboard_clear(&b, &pool);
    cr_assert_eq(pool.available, pool.total, "every record was given back");
    free(memory);
}

static struct sent_segment *at(uint32_t left)
{
    struct sent_segment *s = b.first;
    while (s && !(seq_upto(s->at.left, left) && seq_before(left, s->at.right)))
        s = s->next;
    return s;
}

static void told(int64_t now_ns)
{
    d = (struct delivery){.rack = &rack, .now_ns = now_ns};
}

/* --- the model --- */

enum { SPACE = 400 };
enum mark { NOT_SENT, FLIES, SACKED, LOST };

static uint8_t map[SPACE];
static uint32_t base, una, nxt, seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static uint32_t marks(enum mark m)
{
    uint32_t n = 0;
    for (uint32_t i = una; i < nxt; i++)
        n += map[i] == m;
    return n;
}

static void agree(void)
{
    static const uint8_t as[] = {FLIES, SACKED, LOST};
    scoreboard_check(&b);
    cr_assert_eq(b.sacked, marks(SACKED));
    cr_assert_eq(b.lost, marks(LOST));
    for (uint32_t i = una; i < nxt; i++) {
        const struct sent_segment *s = at(base + i);
        cr_assert(s && as[s->state] == map[i], "octet %u", i);
    }
}

static void send_some(int64_t now_ns)
{
    uint32_t n = 1 + draw(20);
    n = nxt + n > SPACE ? SPACE - nxt : n;
    if (n == 0 || !scoreboard_has_room(&b, &pool))
        return;
    cr_assert(scoreboard_sent(&b, &pool, base + nxt, base + nxt + n, now_ns));
    memset(map + nxt, FLIES, n);
    nxt += n;
}

/* Every octet is delivered once. */
static void acknowledge(int64_t now_ns)
{
    uint32_t to = una + draw(nxt - una + 1), fresh = 0;
    for (uint32_t i = una; i < to; i++)
        fresh += map[i] != SACKED;
    told(now_ns);
    scoreboard_acked(&b, &pool, base + to, &d);
    cr_assert(d.octets == fresh && d.acked == fresh);
    una = to;
}

static void sack(int64_t now_ns)
{
    uint32_t from = una + draw(nxt - una), to = from + 1 + draw(nxt - from), fresh = 0;
    for (uint32_t i = from; i < to; i++)
        fresh += map[i] != SACKED;
    told(now_ns);
    scoreboard_sacked(&b, &pool, base + from, base + to, &d);
    cr_assert(d.octets == fresh && d.sacked == fresh);
    memset(map + from, SACKED, to - from);
}

static void lose_one(void)
{
    struct sent_segment *s = at(base + una + draw(nxt - una));
    if (s->state != SENT_IN_FLIGHT)
        return;
    memset(map + (s->at.left - base), LOST, s->at.right - s->at.left);
    scoreboard_lose(&b, s);
}

static void send_again(int64_t now_ns)
{
    uint32_t first = una, most = 1 + draw(30);
    struct sent_segment *s = scoreboard_next_lost(&b, &pool, most);
    while (first < nxt && map[first] != LOST)
        first++;
    cr_assert_eq(s != NULL, first < nxt);
    if (!s)
        return;
    cr_assert_eq(s->at.left, base + first, "the first goes first");
    cr_assert_leq(s->at.right - s->at.left, most);
    memset(map + first, FLIES, s->at.right - s->at.left);
    scoreboard_sent_again(&b, s, now_ns);
}

static void swap_all(enum mark from, enum mark to)
{
    for (uint32_t i = una; i < nxt; i++)
        map[i] = (uint8_t)(map[i] == from ? to : map[i]);
}

static void step(int64_t now_ns)
{
    uint32_t what = draw(24);
    if (what < 8 || nxt == una)
        send_some(now_ns);
    else if (what < 10)
        acknowledge(now_ns);
    else if (what < 15)
        sack(now_ns);
    else if (what < 18)
        lose_one();
    else if (what < 22)
        send_again(now_ns);
    else if (what == 22)
        scoreboard_lose_all(&b), swap_all(FLIES, LOST);
    else
        scoreboard_unlose_all(&b), swap_all(LOST, FLIES);
}

/* All that the board says is what a map of octets says, across the wrap too. */
Test(tcp_scoreboard, is_what_a_map_says)
{
    const uint32_t bases[] = {0, 0xffffff00u, 0x7fffff40u};
    for (unsigned i = 0; i < 3; i++)
        for (uint32_t run = 1; run <= 20; run++) {
            open_board(64);
            base = bases[i];
            seed = run;
            una = nxt = 0;
            memset(map, NOT_SENT, SPACE);
            for (int n = 0; n < 300; n++) {
                step(n / 3 * MS);
                agree();
            }
            close_board();
        }
}

/* Without records one segment can be sent all the same, and grows with what follows it. */
Test(tcp_scoreboard, without_records)
{
    open_board(0);
    cr_assert(scoreboard_sent(&b, &pool, 0, 10, 0));
    cr_assert(scoreboard_has_room(&b, &pool));
    cr_assert(scoreboard_sent(&b, &pool, 10, 30, MS));
    cr_assert_eq(b.first->segments, 2);
    cr_assert_eq(b.first->sent_ns, MS);
    told(2 * MS);
    scoreboard_sacked(&b, &pool, 10, 30, &d);
    cr_assert_eq(b.sacked, 0, "it cannot be cut: the block is passed over");
    scoreboard_lose(&b, b.first);
    cr_assert(!scoreboard_has_room(&b, &pool));
    cr_assert(!scoreboard_sent(&b, &pool, 30, 40, MS));
    scoreboard_acked(&b, &pool, 30, &d);
    cr_assert(scoreboard_sent(&b, &pool, 30, 40, MS));
    close_board();
}

/* The parts of a segment were sent when it was, and each of them counts as one. */
Test(tcp_scoreboard, parts_of_a_segment)
{
    open_board(64);
    scoreboard_sent(&b, &pool, 0, 100, 10 * MS);
    told(110 * MS);
    scoreboard_sacked(&b, &pool, 40, 60, &d);
    cr_assert_eq(d.rtt_ns, 100 * MS);
    cr_assert_eq(b.sacked_segments, 1);
    told(130 * MS);
    scoreboard_acked(&b, &pool, 100, &d);
    cr_assert_eq(d.rtt_ns, 120 * MS);
    cr_assert_eq(d.octets, 80);
    close_board();
}

/* What follows the end of a record is sent again by itself, however it is cut. */
Test(tcp_scoreboard, records_are_not_joined)
{
    open_board(64);
    scoreboard_sent(&b, &pool, 0, 40, 0);
    scoreboard_sent(&b, &pool, 40, 70, 0);
    scoreboard_ends_record(&b);
    scoreboard_sent(&b, &pool, 70, 100, 0);
    scoreboard_lose_all(&b);
    struct sent_segment *s = scoreboard_next_lost(&b, &pool, 50);
    cr_assert(s->at.left == 0 && s->at.right == 40, "70 octets are too many for one");
    s = scoreboard_next_lost(&b, &pool, 100);
    cr_assert(s->at.left == 0 && s->at.right == 70, "they are joined up to the end");
    s = scoreboard_next_lost(&b, &pool, 60);
    cr_assert(s->at.left == 0 && s->at.right == 60);
    scoreboard_sent_again(&b, s, MS);
    s = scoreboard_next_lost(&b, &pool, 100);
    cr_assert(s->at.left == 60 && s->at.right == 70, "what was cut off ends there still");
    close_board();
}

/* --- RACK --- */

/* Segments of ten octets, one each `apart`. */
static void flight(int count, int64_t apart)
{
    open_board(64);
    for (int i = 0; i < count; i++)
        scoreboard_sent(&b, &pool, (uint32_t)(10 * i), (uint32_t)(10 * i + 10), i * apart);
}

static int64_t detect(int64_t now_ns, bool enough, bool *again)
{
    struct rack_context c = {.srtt_ns = 100 * MS, .enough_sacked = enough};
    return rack_detect(&rack, &b, &c, now_ns, again);
}

/* RFC 8985 9.1 (1): P1 of three is lost; the SACK of P2 shows it once min_RTT/4 has passed. */
Test(tcp_rack, waits_for_reordering)
{
    bool again;
    flight(3, 10 * MS);
    told(110 * MS);
    scoreboard_sacked(&b, &pool, 10, 20, &d);
    /* 0 + 100 + 25 ms - 110 ms */
    cr_assert_eq(detect(110 * MS, false, &again), 15 * MS);
    cr_assert_eq(b.lost, 0);
    cr_assert_eq(detect(125 * MS, false, &again), 0);
    cr_assert_eq(at(0)->state, SENT_LOST);
    cr_assert_eq(at(20)->state, SENT_IN_FLIGHT, "P3 was sent after P2");
    cr_assert(!again);
    close_board();
}

/* Step 4: three SACKed segments, no reordering seen: no wait. */
Test(tcp_rack, does_not_wait_with_enough_sacked)
{
    bool again;
    flight(5, 0);
    told(100 * MS);
    scoreboard_sacked(&b, &pool, 10, 40, &d);
    cr_assert_eq(detect(100 * MS, true, &again), 0);
    cr_assert_eq(at(0)->state, SENT_LOST);
    cr_assert_eq(at(40)->state, SENT_IN_FLIGHT, "of one instant, but behind what arrived");
    close_board();
}

/* Step 3: what is delivered late, and was sent once, shows reordering; then DupThresh does not
 * count. */
Test(tcp_rack, sees_reordering)
{
    bool again;
    flight(6, 0);
    told(100 * MS);
    scoreboard_sacked(&b, &pool, 20, 30, &d);
    cr_assert(!rack.reordering_seen);
    told(101 * MS);
    scoreboard_sacked(&b, &pool, 10, 20, &d);
    cr_assert(rack.reordering_seen);
    scoreboard_sacked(&b, &pool, 30, 40, &d);
    cr_assert_gt(detect(101 * MS, true, &again), 0);
    cr_assert_eq(b.lost, 0);
    close_board();
}

/* 9.1 (2): a retransmission that was lost is found by one that was sent after it. */
Test(tcp_rack, finds_a_lost_retransmission)
{
    bool again;
    flight(4, 0);
    scoreboard_lose(&b, at(0));
    scoreboard_lose(&b, at(10));
    scoreboard_sent_again(&b, at(0), 100 * MS);
    scoreboard_sent_again(&b, at(10), 110 * MS);
    told(210 * MS);
    scoreboard_sacked(&b, &pool, 10, 20, &d);
    cr_assert_eq(detect(210 * MS, true, &again), 0);
    cr_assert(again);
    cr_assert_eq(at(0)->state, SENT_LOST);
    close_board();
}

/* Step 2: a retransmission that arrives sooner than any round trip, or whose echo is older than it,
 * is the original's arrival and says nothing of time. */
Test(tcp_rack, is_not_misled_by_the_original)
{
    flight(3, 0);
    told(100 * MS);
    scoreboard_acked(&b, &pool, 10, &d);
    cr_assert_eq(rack_min_rtt(&rack), 100 * MS);
    scoreboard_sent_again(&b, at(10), 200 * MS);
    told(250 * MS);
    scoreboard_acked(&b, &pool, 20, &d);
    cr_assert_eq(rack.xmit_ns, 0, "50 ms are below min_RTT");
    scoreboard_sent_again(&b, at(20), 300 * MS);
    told(450 * MS);
    d.has_echo = true;
    d.echo_age_ms = 152;
    scoreboard_acked(&b, &pool, 30, &d);
    cr_assert_eq(rack.xmit_ns, 0, "the echo is 2 ms older than the retransmission");
    close_board();
    flight(1, 0);
    scoreboard_sent_again(&b, at(0), 300 * MS);
    told(450 * MS);
    d.has_echo = true;
    d.echo_age_ms = 151;
    scoreboard_acked(&b, &pool, 10, &d);
    cr_assert_eq(rack.xmit_ns, 300 * MS, "a millisecond is the clocks' own");
    close_board();
}

/* Of a segment that was sent once an older echo says only that its acknowledgement was delayed. */
Test(tcp_rack, believes_what_was_sent_once)
{
    flight(2, 50 * MS);
    told(150 * MS);
    d.has_echo = true;
    d.echo_age_ms = 150;
    scoreboard_acked(&b, &pool, 20, &d);
    cr_assert_eq(rack.xmit_ns, 50 * MS);
    cr_assert_eq(rack.rtt_ns, 100 * MS);
    close_board();
}

/* Step 4: (N+1) * min_RTT/4 after N round trips with a D-SACK, at most SRTT, for 16 recoveries. */
Test(tcp_rack, widens_by_dsack)
{
    struct rack_context c = {.srtt_ns = 90 * MS};
    flight(1, 0);
    told(100 * MS);
    scoreboard_acked(&b, &pool, 10, &d);
    cr_assert_eq(rack_reo_wnd(&rack, &c), 25 * MS);
    rack_dsack(&rack, 10, 50);
    rack_dsack(&rack, 20, 60);
    cr_assert_eq(rack_reo_wnd(&rack, &c), 50 * MS, "once a round trip");
    rack_dsack(&rack, 50, 90);
    cr_assert_eq(rack_reo_wnd(&rack, &c), 75 * MS);
    rack_dsack(&rack, 90, 99);
    cr_assert_eq(rack_reo_wnd(&rack, &c), 90 * MS, "SRTT");
    for (int i = 0; i < 15; i++)
        rack_recovered(&rack);
    cr_assert_eq(rack_reo_wnd(&rack, &c), 90 * MS);
    rack_recovered(&rack);
    cr_assert_eq(rack_reo_wnd(&rack, &c), 25 * MS);
    close_board();
}

/* 6.3: at a timeout the first is lost; the others when their time has passed. */
Test(tcp_rack, at_a_timeout)
{
    struct rack_context c = {.srtt_ns = 100 * MS};
    flight(3, 500 * MS);
    rack.rtt_ns = 100 * MS;
    rack_timed_out(&rack, &b, &c, 1000 * MS);
    cr_assert(at(0)->state == SENT_LOST && at(10)->state == SENT_LOST);
    cr_assert_eq(at(20)->state, SENT_IN_FLIGHT, "sent just now");
    close_board();
}

/* RFC 6675 4: more than (DupThresh - 1) * SMSS SACKed above. */
Test(tcp_scoreboard, lost_by_rfc_6675)
{
    flight(8, 0);
    told(100 * MS);
    scoreboard_sacked(&b, &pool, 20, 30, &d);
    scoreboard_sacked(&b, &pool, 40, 50, &d);
    scoreboard_lose_by_sack(&b, 21);
    cr_assert_eq(b.lost, 0, "two segments are not more than two");
    scoreboard_sacked(&b, &pool, 60, 70, &d);
    scoreboard_lose_by_sack(&b, 21);
    cr_assert_eq(b.lost, 20, "30 octets above the first two segments, 20 above the fourth");
    cr_assert_eq(at(30)->state, SENT_IN_FLIGHT);
    close_board();
}

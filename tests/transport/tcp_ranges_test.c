/* Ranges of sequence space against a map of single octets, and the tables of RFC 2018 and 2883. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "stack/transport/tcp/ranges.h"

enum { POOL = 40 };

static struct pool pool;
static struct ranges r;
static void *memory;

static void open_ranges(void)
{
    cr_assert_eq(posix_memalign(&memory, POOL_ALIGN, pool_bytes(POOL, sizeof(struct range))), 0);
    pool_init(&pool, memory, POOL, sizeof(struct range));
    ranges_init(&r, POOL);
}

static void close_ranges(void)
{
    ranges_clear(&r, &pool);
    cr_assert_eq(pool.available, POOL, "every range was given back");
    free(memory);
}

TestSuite(tcp_ranges, .init = open_ranges, .fini = close_ranges);

/* --- the model: one octet, one mark --- */

enum { SPACE = 300 };

static uint8_t map[SPACE];
static uint32_t base;

static uint32_t draw(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

static unsigned runs(void)
{
    unsigned n = 0;
    for (int i = 0; i < SPACE; i++)
        n += map[i] && (i == 0 || !map[i - 1]);
    return n;
}

static uint32_t marked(uint32_t from, uint32_t to)
{
    uint32_t n = 0;
    for (uint32_t i = from; i < to; i++)
        n += map[i];
    return n;
}

static void agree(void)
{
    ranges_check(&r);
    cr_assert_eq(r.count, runs());
    cr_assert_eq(pool.available, POOL - r.count);
    for (uint32_t i = 0; i < SPACE; i++)
        cr_assert_eq(ranges_hold(&r, base + i), map[i], "octet %u", i);
}

static void add(uint32_t from, uint32_t to)
{
    uint32_t before = marked(from, to);
    uint8_t old[SPACE];
    memcpy(old, map, SPACE);
    memset(map + from, 1, to - from);
    bool fits = runs() <= r.limit;
    if (!fits)
        memcpy(map, old, SPACE);
    enum ranges_added want = !fits                ? RANGES_REFUSED
                             : before == 0        ? RANGES_NEW
                             : before < to - from ? RANGES_PARTLY
                                                  : RANGES_KNOWN;
    cr_assert_eq(ranges_add(&r, &pool, base + from, base + to), want);
}

static void ask(uint32_t from, uint32_t to)
{
    cr_assert_eq(ranges_octets(&r, base + from, base + to), marked(from, to));
    struct seq_range hole, dup;
    uint32_t left = from, right;
    while (left < to && map[left])
        left++;
    for (right = left; right < to && !map[right];)
        right++;
    cr_assert_eq(ranges_hole(&r, base + from, base + to, &hole), left < to);
    if (left < to)
        cr_assert(hole.left == base + left && hole.right == base + right);
    for (left = from; left < to && !map[left];)
        left++;
    for (right = left; right < to && map[right];)
        right++;
    cr_assert_eq(ranges_duplicate(&r, base + from, base + from, base + to, &dup), left < to);
    if (left < to)
        cr_assert(dup.left == base + left && dup.right == base + right);
}

static void cut(bool before, uint32_t edge)
{
    if (before) {
        memset(map, 0, edge);
        ranges_cut_before(&r, &pool, base + edge);
    } else {
        memset(map + edge, 0, SPACE - edge);
        ranges_cut_after(&r, &pool, base + edge);
    }
}

static void live(uint32_t seed, uint16_t limit)
{
    ranges_clear(&r, &pool);
    ranges_init(&r, limit);
    memset(map, 0, SPACE);
    for (int i = 0; i < 400; i++) {
        uint32_t from = draw(&seed, SPACE - 1), to = from + 1 + draw(&seed, 12);
        to = to > SPACE ? SPACE : to;
        uint32_t what = draw(&seed, 16);
        if (what == 0)
            cut(true, from / 2);
        else if (what == 1)
            cut(false, SPACE - from / 2);
        else
            add(from, to);
        ask(from / 2, to);
        agree();
    }
}

/* What is held is what a map of octets says, wherever the space lies, also across the wrap; nothing
 * is refused but what needs a range too many. */
Test(tcp_ranges, are_what_a_map_says)
{
    const uint32_t at[] = {0, 0xffffff80u, 0x7fffff80u, 0x12345678u};
    for (unsigned i = 0; i < sizeof at / sizeof *at; i++)
        for (uint32_t seed = 1; seed <= 12; seed++) {
            base = at[i];
            live(seed, seed % 3 == 0 ? 5 : POOL);
        }
}

/* The limit is the pool's too. */
Test(tcp_ranges, an_empty_pool_refuses)
{
    for (uint32_t i = 0; i < POOL; i++)
        cr_assert_eq(ranges_add(&r, &pool, 10 * i, 10 * i + 5), RANGES_NEW);
    r.limit = POOL + 1;
    cr_assert_eq(ranges_add(&r, &pool, 10 * POOL, 10 * POOL + 5), RANGES_REFUSED);
    cr_assert_eq(ranges_add(&r, &pool, 5, 10), RANGES_NEW, "what joins two needs none");
    cr_assert_eq(r.count, POOL - 1);
    cr_assert_eq(ranges_end(&r), 10 * POOL - 5);
}

/* --- blocks, as RFC 2018 and RFC 2883 list them --- */

static uint32_t rcv_nxt;
static struct seq_range block[4];
static unsigned blocks;

/* A segment arrives: what a receiver would answer. */
static void arrive(uint32_t left, uint32_t right)
{
    struct seq_range dup;
    bool again = ranges_duplicate(&r, rcv_nxt, left, right, &dup);
    if (seq_after(right, rcv_nxt))
        ranges_add(&r, &pool, seq_later(left, rcv_nxt), right);
    const struct range *at = ranges_at(&r, rcv_nxt);
    if (at)
        rcv_nxt = at->at.right;
    ranges_cut_before(&r, &pool, rcv_nxt);
    blocks = again ? ranges_recent_dsack(&r, &dup, block, 4) : ranges_recent(&r, block, 4);
}

static void answers(uint32_t ack, unsigned count, const uint32_t *edges)
{
    cr_assert_eq(rcv_nxt, ack);
    cr_assert_eq(blocks, count);
    for (unsigned i = 0; i < count; i++)
        cr_assert(block[i].left == edges[2 * i] && block[i].right == edges[2 * i + 1],
                  "block %u is %u-%u", i, block[i].left, block[i].right);
}

#define ANSWERS(ack, count, ...) answers(ack, count, (const uint32_t[]){__VA_ARGS__, 0})

/* RFC 2018 4, case 2: each arrival behind one hole makes one block longer. */
Test(tcp_ranges, rfc2018_case_2)
{
    rcv_nxt = 5000;
    for (uint32_t at = 5500; at < 9000; at += 500) {
        arrive(at, at + 500);
        ANSWERS(5000, 1, 5500, at + 500);
    }
}

/* Case 3 and what follows it in the RFC: "the first block always reports the segment that triggered
 * the ACK", then the one that was reported before it. */
Test(tcp_ranges, rfc2018_case_3)
{
    rcv_nxt = 5000;
    arrive(5000, 5500);
    ANSWERS(5500, 0, 0);
    arrive(6000, 6500);
    ANSWERS(5500, 1, 6000, 6500);
    arrive(7000, 7500);
    ANSWERS(5500, 2, 7000, 7500, 6000, 6500);
    arrive(8000, 8500);
    ANSWERS(5500, 3, 8000, 8500, 7000, 7500, 6000, 6500);
    arrive(6500, 7000);
    ANSWERS(5500, 2, 6000, 7500, 8000, 8500);
    arrive(5500, 6000);
    ANSWERS(7500, 1, 8000, 8500);
}

/* RFC 2883 4.1.1 and 4.1.2. */
Test(tcp_ranges, rfc2883_a_segment_twice)
{
    rcv_nxt = 3000;
    arrive(3000, 3500);
    arrive(3500, 4000);
    arrive(3000, 3500);
    ANSWERS(4000, 1, 3000, 3500);
    arrive(4500, 5000);
    ANSWERS(4000, 1, 4500, 5000);
    arrive(3000, 3500);
    ANSWERS(4000, 2, 3000, 3500, 4500, 5000);
}

/* 4.1.3: the range around the duplicate is the second block. */
Test(tcp_ranges, rfc2883_out_of_order_twice)
{
    rcv_nxt = 4000;
    arrive(4500, 5000);
    arrive(5000, 5500);
    ANSWERS(4000, 1, 4500, 5500);
    arrive(5000, 5500);
    ANSWERS(4000, 2, 5000, 5500, 4500, 5500);
}

/* 4.2.1: only what was there already. */
Test(tcp_ranges, rfc2883_one_part_twice)
{
    rcv_nxt = 1000;
    arrive(2000, 2500);
    arrive(1000, 1500);
    ANSWERS(1500, 1, 2000, 2500);
    arrive(1000, 2000);
    ANSWERS(2500, 1, 1000, 1500);
}

/* 4.2.2: two parts below the acknowledgement; the first is told. */
Test(tcp_ranges, rfc2883_two_parts_twice)
{
    rcv_nxt = 1000;
    arrive(3000, 3500);
    arrive(1000, 1500);
    arrive(2000, 2500);
    ANSWERS(1500, 2, 2000, 2500, 3000, 3500);
    arrive(1000, 2500);
    ANSWERS(2500, 2, 1000, 1500, 3000, 3500);
}

/* 4.2.3: two parts above it; the first is told, and the range that they make. */
Test(tcp_ranges, rfc2883_two_parts_above_twice)
{
    rcv_nxt = 1000;
    arrive(3500, 4000);
    arrive(1500, 2000);
    ANSWERS(1000, 2, 1500, 2000, 3500, 4000);
    arrive(2500, 3000);
    ANSWERS(1000, 3, 2500, 3000, 1500, 2000, 3500, 4000);
    arrive(1500, 3000);
    ANSWERS(1000, 3, 1500, 2000, 1500, 3000, 3500, 4000);
}

/* A cut option has room for fewer: the latest stay. */
Test(tcp_ranges, room_for_fewer)
{
    rcv_nxt = 0;
    for (uint32_t i = 1; i <= 6; i++)
        arrive(100 * i, 100 * i + 50);
    ANSWERS(0, 4, 600, 650, 500, 550, 400, 450, 300, 350);
    struct seq_range dup = {100, 150};
    cr_assert_eq(ranges_recent_dsack(&r, &dup, block, 3), 3);
    cr_assert(block[0].left == 100 && block[1].left == 100 && block[2].left == 600);
    cr_assert_eq(ranges_recent_dsack(&r, &dup, block, 0), 0);
}

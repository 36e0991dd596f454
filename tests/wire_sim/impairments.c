/* Random impairments: their rates, their streams, and what damage may do. */
#include <criterion/criterion.h>
#include "sim/wire/impair.h"
#include "tests/wire_sim/lan.h"

static const char *run(const struct link_config *config, uint64_t seed, int frames)
{
    struct lan *lan = lan_new(config, seed, 2);
    for (int i = 0; i < frames; i++) {
        lan_send(lan, 0, 60, 'a' + i % 26);
        lan_run(lan, world_now(lan->world) + 1000);
    }
    lan_run(lan, NEVER);
    return lan_tags(lan);
}

/* 10 % of 2000: 200, give or take five standard deviations of 13.4. */
Test(link_random, loss_has_its_rate)
{
    size_t arrived = strlen(run(&(struct link_config){.name = "lan", .loss_ppm = 100000}, 1, 2000));
    cr_assert(arrived > 1800 - 67 && arrived < 1800 + 67, "%zu", arrived);
}

Test(link_random, a_run_repeats_and_a_seed_differs)
{
    struct link_config config = {
        .name = "lan", .loss_ppm = 500000, .jitter_ns = 3000, .dup_ppm = 100000};
    char first[256];
    strcpy(first, run(&config, 1, 100));
    cr_assert_str_eq(run(&config, 1, 100), first);
    cr_assert_str_neq(run(&config, 2, 100), first);
}

/* Duplication and corruption on top do not change which frames are lost. */
Test(link_random, each_kind_draws_from_its_own_stream)
{
    struct link_config config = {.name = "lan", .loss_ppm = 300000};
    char alone[256], other[256];
    strcpy(alone, run(&config, 1, 26));
    config.corrupt_ppm = config.fcs_ppm = 500000;
    config.jitter_ns = 900;
    config.burst_enter_ppm = 1;
    config.burst_leave_ppm = 1000000;
    cr_assert_str_eq(run(&config, 1, 26), alone);
    memcpy(config.name, "wan", 4);
    strcpy(other, run(&config, 1, 26));
    cr_assert_str_neq(other, alone, "another link has streams of its own");
}

Test(link_random, certain_and_impossible)
{
    cr_assert_str_eq(run(&(struct link_config){.name = "lan", .loss_ppm = 1000000}, 1, 26), "");
    cr_assert_str_eq(run(&(struct link_config){.name = "lan", .dup_ppm = 1000000}, 1, 3), "aabbcc");
}

/* Enter with certainty, leave with certainty: every other frame is lost, the first one among them.
 */
Test(link_random, a_burst_loses_all_until_it_is_left)
{
    struct link_config config = {
        .name = "lan", .burst_enter_ppm = 1000000, .burst_leave_ppm = 1000000};
    cr_assert_str_eq(run(&config, 1, 6), "bdf");
    config.burst_leave_ppm = 0;
    cr_assert_str_eq(run(&config, 1, 6), "");
}

/* Losses come in runs whose mean length is 1/leave: 10 here, over some hundred runs. */
Test(link_random, burst_lengths)
{
    struct link_config config = {
        .name = "lan", .burst_enter_ppm = 50000, .burst_leave_ppm = 100000};
    struct lan *lan = lan_new(&config, 1, 2);
    int lost = 0, runs = 0;
    bool in_run = false;
    for (int i = 0; i < 20000; i++) {
        uint64_t before = link_count(lan->link, LINK_LOST);
        lan_send(lan, 0, 60, 'a');
        lan_run(lan, world_now(lan->world) + 1);
        bool gone = link_count(lan->link, LINK_LOST) > before;
        lost += gone;
        runs += gone && !in_run;
        in_run = gone;
    }
    cr_assert(runs > 500 && lost > 8 * runs && lost < 12 * runs, "%d in %d runs", lost, runs);
}

/* Jitter is uniform in 0..jitter; it reorders. */
Test(link_random, jitter_stays_within_its_bound)
{
    struct lan *lan =
        lan_new(&(struct link_config){.name = "lan", .latency_ns = 100, .jitter_ns = 50}, 1, 2);
    int64_t least = NEVER, most = 0;
    for (int i = 0; i < 2000; i++)
        lan_send(lan, 0, 60, i);
    lan_run(lan, NEVER);
    for (int i = 0; i < lan->arrivals; i++) {
        least = lan->arrival[i].time_ns < least ? lan->arrival[i].time_ns : least;
        most = lan->arrival[i].time_ns > most ? lan->arrival[i].time_ns : most;
    }
    cr_assert_eq(lan->arrivals, 2000);
    cr_assert_eq(least, 100);
    cr_assert_eq(most, 150);
}

Test(link_random, reordering_holds_frames_back)
{
    struct link_config config = {.name = "lan", .reorder_ppm = 1000000, .reorder_ns = 70};
    struct lan *lan = lan_new(&config, 1, 2);
    lan_send(lan, 0, 60, 'a');
    lan_run(lan, 10);
    config.reorder_ppm = 0;
    link_configure(lan->link, &config);
    lan_send(lan, 0, 60, 'b');
    lan_run(lan, NEVER);
    cr_assert_str_eq(lan_tags(lan), "ba");
    cr_assert_eq(lan->arrival[1].time_ns, 70);
    cr_assert_eq(link_count(lan->link, LINK_REORDERED), 1);
}

Test(link_random, truncation_keeps_the_ethernet_header)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan", .truncate_ppm = 1000000}, 1, 2);
    for (int i = 0; i < 500; i++)
        lan_send(lan, 0, 60, 'a');
    lan_run(lan, NEVER);
    cr_assert_eq(lan->arrivals, 500);
    for (int i = 0; i < 500; i++)
        cr_assert(lan->arrival[i].len >= 14 && lan->arrival[i].len < 60);
}

Test(link_random, broken_fcs_is_flagged_and_one_bit_differs)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan", .fcs_ppm = 1000000}, 1, 2);
    for (int i = 0; i < 100; i++)
        lan_send(lan, 0, 60, 0);
    lan_run(lan, NEVER);
    for (int i = 0; i < 100; i++) {
        int bits = 0;
        for (int b = 0; b < 60; b++)
            bits += __builtin_popcount(lan->arrival[i].bytes[b]);
        cr_assert_eq(bits, 1);
        cr_assert_eq(lan->arrival[i].flags, FRAME_BAD_FCS);
    }
    cr_assert_eq(link_count(lan->link, LINK_CORRUPTED), 100);
}

/* --- damage past the check sequence --- */

/* RFC 1071, section 1: the one's complement sum of 16-bit words. */
static unsigned ones_sum(const uint8_t *p, uint32_t len, unsigned sum)
{
    for (uint32_t i = 0; i < len; i++)
        sum += i % 2 ? p[i] : (unsigned)p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

enum { IP = 14, L4 = 34, DATA = 11 };

static struct frame *udp_frame(struct world *w, uint8_t fragment_offset, bool summed)
{
    struct frame *f = frame_new(w, 60); /* 14 + 20 + 8 + 11 = 53, then padding */
    uint8_t *p = f->bytes;
    p[12] = 0x08;
    p[IP] = 0x45;
    p[IP + 3] = 20 + 8 + DATA;
    p[IP + 7] = fragment_offset;
    p[IP + 8] = 64;
    p[IP + 9] = 17;
    memcpy(p + IP + 12, "\x0a\x00\x02\x0f\x0a\x00\x02\x02", 8);
    p[L4 + 1] = 7;
    p[L4 + 3] = 7;
    p[L4 + 5] = 8 + DATA;
    memcpy(p + L4 + 8, "hello world", DATA);
    unsigned sum = ~ones_sum(p + L4, 8 + DATA, ones_sum(p + IP + 12, 8, 17 + 8 + DATA)) & 0xffff;
    if (summed) {
        p[L4 + 6] = (uint8_t)(sum >> 8);
        p[L4 + 7] = (uint8_t)sum;
    }
    return f;
}

/* Whatever byte is hit, the sum over pseudo-header, header and data is no longer 0xffff; and all
 * else is as it was. */
Test(link_random, damage_is_seen_by_the_udp_checksum)
{
    struct world *w = world_new(16u << 20, 1);
    struct random_stream r;
    bool hit[60] = {false};
    random_init(&r, 1, "damage");
    for (int i = 0; i < 2000; i++) {
        struct frame *good = udp_frame(w, 0, true), *bad = udp_frame(w, 0, true);
        unsigned pseudo = ones_sum(bad->bytes + IP + 12, 8, 17 + 8 + DATA);
        cr_assert_eq(ones_sum(good->bytes + L4, 8 + DATA, pseudo), 0xffff);
        cr_assert(damage_covered_byte(bad, &r));
        cr_assert_neq(ones_sum(bad->bytes + L4, 8 + DATA, pseudo), 0xffff);
        int changed = 0;
        for (unsigned k = 0; k < 60; k++)
            if (bad->bytes[k] != good->bytes[k]) {
                hit[k] = true;
                changed++;
            }
        cr_assert_eq(changed, 1);
        frame_unref(good);
        frame_unref(bad);
    }
    for (int k = 0; k < 60; k++) {
        bool may = k >= L4 && k < L4 + 8 + DATA && !(k >= L4 + 4 && k < L4 + 8);
        cr_assert_eq(hit[k], may, "byte %d", k);
    }
    world_free(w);
}

/* A datagram without a checksum, a later fragment of one, an ARP packet: nothing above would see
 * it. */
Test(link_random, where_no_checksum_sees_it_the_fcs_does)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan", .corrupt_ppm = 1000000}, 1, 2);
    struct frame *frame[4] = {udp_frame(lan->world, 0, false), udp_frame(lan->world, 5, true),
                              frame_new(lan->world, 60), udp_frame(lan->world, 0, true)};
    frame[2]->bytes[12] = 0x08;
    frame[2]->bytes[13] = 0x06;
    for (int i = 0; i < 4; i++)
        link_send(lan->link, 0, frame[i]);
    lan_run(lan, NEVER);
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(lan->arrival[i].flags, i < 3 ? FRAME_BAD_FCS : 0, "frame %d", i);
        cr_assert_eq(memcmp(lan->arrival[i].bytes, frame[i]->bytes, 60) == 0, i < 3);
    }
}

/* Lengths that lie are not followed. */
Test(link_random, lying_lengths_are_not_followed)
{
    struct world *w = world_new(16u << 20, 1);
    struct random_stream r;
    random_init(&r, 1, "damage");
    for (uint32_t len = 0; len < 60; len++) {
        struct frame *f = frame_new(w, len), *g = udp_frame(w, 0, true);
        memcpy(f->bytes, g->bytes, len);
        if (len < 14 + 39)
            cr_assert_not(damage_covered_byte(f, &r), "length %u", len);
        frame_unref(f);
        g->bytes[IP] = (uint8_t)(0x40 | (len & 15));
        g->bytes[IP + 3] = (uint8_t)(len * 5);
        damage_covered_byte(g, &r);
        frame_unref(g);
    }
    world_free(w);
}

Test(link_random, tcp_over_ipv6_is_covered)
{
    struct world *w = world_new(16u << 20, 1);
    struct random_stream r;
    random_init(&r, 1, "damage");
    for (int i = 0; i < 200; i++) {
        struct frame *f = frame_new(w, 14 + 40 + 20);
        f->bytes[12] = 0x86;
        f->bytes[13] = 0xdd;
        f->bytes[IP] = 0x60;
        f->bytes[IP + 5] = 20;
        f->bytes[IP + 6] = 6;
        struct frame *before = frame_copy(w, f->bytes, f->len);
        cr_assert(damage_covered_byte(f, &r));
        cr_assert_arr_eq(f->bytes, before->bytes, 54);
        frame_unref(f);
        frame_unref(before);
    }
    world_free(w);
}

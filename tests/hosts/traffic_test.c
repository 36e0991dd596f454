/* Long streams and many connections between two whole stacks, by programs that make calls. */
#include <criterion/criterion.h>
#include <stdio.h>
#include "sim/hosts/traffic.h"

#define SECOND INT64_C(1000000000)

enum { SEGMENT = 1448, ROUND_TRIP_MS = 20, RTT_NS = ROUND_TRIP_MS * 1000000 };

static const struct sut *stack_named(const char *name)
{
    struct why why = {{0}};
    const struct sut *s = sut_load(name, &why);
    cr_assert(s, "%s", why.text);
    return s;
}

static struct traffic *open_traffic(struct traffic_config config, const char *client,
                                    const char *server)
{
    struct why why = {{0}};
    const char *const name[2] = {client, server};
    config.seed = 1;
    for (int side = 0; side < 2; side++) {
        config.sut[side] = stack_named(name[side]);
        config.nic[side] = config.sut[side]->flags & SUT_BUS ? nic_kind_by_name("e1000") : NULL;
    }
    struct traffic *t = traffic_new(&config, &why);
    cr_assert(t, "%s", why.text);
    return t;
}

static void play_until(struct traffic *t, int64_t until_ns)
{
    struct why why = {{0}};
    cr_assert_eq(traffic_run(t, until_ns, &why), 0, "%s", why.text);
}

static void close_traffic(struct traffic *t)
{
    struct why why = {{0}};
    cr_assert_eq(traffic_free(t, &why), 0, "%s", why.text);
}

/* Everything that a path does to a stream: 1.2 % of its segments do not arrive. */
static const struct link_config rough = {.name = "lan",
                                         .latency_ns = RTT_NS / 2,
                                         .loss_ppm = 10000,
                                         .dup_ppm = 10000,
                                         .reorder_ppm = 10000,
                                         .reorder_ns = 2000000,
                                         .fcs_ppm = 1000,
                                         .corrupt_ppm = 1000};

static void expect_whole(struct traffic *t, uint64_t octets)
{
    const struct traffic_result *r = traffic_result(t);
    cr_assert(!r->error, "%s: %ld", r->error, (long)r->errno_of_it);
    cr_assert(traffic_done(t), "%lu of %lu octets", (unsigned long)r->received,
              (unsigned long)octets);
    cr_assert_eq(r->sent, octets);
    cr_assert_eq(r->received, octets);
    cr_assert_eq(r->wrong, 0);
    cr_assert(r->hash[0].a == r->hash[1].a && r->hash[0].b == r->hash[1].b);
}

/*
 * RFC 9438 5.1: with p = 0.012 the average window is the Reno-friendly one, sqrt(alpha * (1 + beta)
 * / (2 * (1 - beta) * p)) = 11.2 segments, alpha 9/17 and beta 0.7. Not much less, and not much
 * more either: what duplicates and reordering tell is no reason to give a window back.
 */
Test(traffic, a_stream_survives_all_that_a_path_does)
{
    enum { OCTETS = 20000000, EXPECTED_TENTHS = 112 };
    struct traffic *t = open_traffic((struct traffic_config){.link = rough,
                                                             .connections = 1,
                                                             .at_once = 100,
                                                             .buffer = 1 << 20,
                                                             .octets = OCTETS,
                                                             .verify = true},
                                     "stack", "stack");
    play_until(t, 4 * SECOND); /* slow start is over */
    uint64_t from = traffic_result(t)->received;
    play_until(t, 1000 * SECOND);
    expect_whole(t, OCTETS);
    const struct traffic_result *r = traffic_result(t);
    uint64_t tenths = (r->received - from) * 10 / SEGMENT * (uint64_t)RTT_NS /
                      (uint64_t)(r->last_ns - 4 * SECOND);
    cr_assert_geq(tenths, EXPECTED_TENTHS * 7 / 10);
    cr_assert_leq(tenths, EXPECTED_TENTHS * 14 / 10);
    cr_assert_leq(r->longest_gap_ns, 4 * SECOND);
    close_traffic(t);
}

#ifdef HAVE_LWIP
Test(traffic, a_stream_to_lwip)
{
    enum { OCTETS = 2000000 };
    struct traffic *t = open_traffic(
        (struct traffic_config){.link = rough, .connections = 1, .octets = OCTETS, .verify = true},
        "stack", "lwip");
    play_until(t, 10000 * SECOND);
    expect_whole(t, OCTETS);
    close_traffic(t);
}

Test(traffic, a_stream_from_lwip)
{
    enum { OCTETS = 2000000 };
    struct traffic *t = open_traffic(
        (struct traffic_config){.link = rough, .connections = 1, .octets = OCTETS, .verify = true},
        "lwip", "stack");
    play_until(t, 10000 * SECOND);
    expect_whole(t, OCTETS);
    close_traffic(t);
}
#endif

/* --- many connections --- */

/* Their send buffers want more chunks than there are: whoever was given less than it has room for
 * is told when its own octets are acknowledged, and nobody waits for ever. */
Test(traffic, a_dry_pool_stops_nobody)
{
    enum { CONNECTIONS = 100, OCTETS = 200000 };
    struct traffic *t = open_traffic((struct traffic_config){.link = {.name = "lan",
                                                                      .latency_ns = 10000000,
                                                                      .rate_bps = 100000000,
                                                                      .queue_frames = 200},
                                                             .connections = CONNECTIONS,
                                                             .octets = OCTETS,
                                                             .verify = true},
                                     "stack", "stack");
    play_until(t, 60 * SECOND);
    const struct traffic_result *r = traffic_result(t);
    cr_assert(!r->error, "%s: %ld", r->error, (long)r->errno_of_it);
    cr_assert(traffic_done(t), "%u closed", r->closed);
    cr_assert_eq(r->received, (uint64_t)CONNECTIONS * OCTETS);
    cr_assert_eq(r->wrong, 0);
    close_traffic(t);
}

static void expect_nothing_left(struct traffic *t)
{
    static const char *const states[] = {"CLOSED",     "SYN-SENT",   "SYN-RECEIVED", "ESTABLISHED",
                                         "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",   "CLOSING",
                                         "LAST-ACK",   "TIME-WAIT"};
    char what[48];
    for (int side = 0; side < 2; side++) {
        cr_assert_eq(traffic_query(t, side, "tcp.chunks"), 0);
        for (size_t k = 0; k < sizeof states / sizeof states[0]; k++) {
            snprintf(what, sizeof what, "tcp.count %s", states[k]);
            cr_assert_eq(traffic_query(t, side, what), 0, "%s", states[k]);
        }
    }
    cr_assert_eq(traffic_query(t, 0, "tcp.count LISTEN"), 0);
    cr_assert_eq(traffic_query(t, 1, "tcp.count LISTEN"), 1);
}

/* All are open at one time, each carries octets, all are closed, TIME-WAIT passes. */
static void ten_thousand(struct traffic *t)
{
    enum { CONNECTIONS = 10000, OCTETS = 100 };
    int64_t from_ns = world_now(traffic_world(t));
    play_until(t, from_ns + 10 * SECOND);
    cr_assert_eq(traffic_query(t, 0, "tcp.count ESTABLISHED"), CONNECTIONS);
    cr_assert_eq(traffic_query(t, 1, "tcp.count ESTABLISHED"), CONNECTIONS);
    traffic_go(t);
    play_until(t, from_ns + 20 * SECOND);
    const struct traffic_result *r = traffic_result(t);
    cr_assert(!r->error, "%s: %ld", r->error, (long)r->errno_of_it);
    cr_assert(traffic_done(t), "%u closed, %u failed, %u served", r->closed, r->failed, r->served);
    cr_assert_eq(r->received, (uint64_t)CONNECTIONS * OCTETS);
    cr_assert_eq(r->wrong, 0);
    cr_assert_eq(traffic_query(t, 0, "tcp.count TIME-WAIT"), CONNECTIONS);
    play_until(t, from_ns + 260 * SECOND + 1); /* 2 MSL, RFC 9293 3.4.2 */
    expect_nothing_left(t);
}

Test(traffic, ten_thousand_connections_leave_nothing)
{
    struct traffic *t = open_traffic(
        (struct traffic_config){
            .link = {.name = "lan", .latency_ns = 1000000, .rate_bps = 1000000000},
            .connections = 10000,
            .octets = 100,
            .call_octets = 100,
            .verify = true,
            .hold = true},
        "stack", "stack");
    ten_thousand(t);
    traffic_again(t);
    ten_thousand(t); /* what the world keeps for frames on their way has its size */
    size_t used = world_bytes_used(traffic_world(t));
    traffic_again(t);
    ten_thousand(t);
    cr_assert_eq(world_bytes_used(traffic_world(t)), used);
    close_traffic(t);
}

/* --- the fast path --- */

static struct fingerprint wire_of_stream(int fast)
{
    enum { OCTETS = 3000000 };
    struct traffic *t = open_traffic(
        (struct traffic_config){.link = rough, .connections = 3, .octets = OCTETS, .verify = true},
        "stack", "stack");
    for (int side = 0; side < 2; side++)
        cr_assert_eq(traffic_set(t, side, "tcp.fast_path", fast), 0);
    play_until(t, 1000 * SECOND);
    cr_assert(traffic_done(t) && traffic_result(t)->wrong == 0);
    struct fingerprint print = *link_print_times(traffic_link(t));
    close_traffic(t);
    return print;
}

/* Every frame and every time is the same, whether segments take each step or not. */
Test(traffic, the_fast_path_shows_nowhere)
{
    struct fingerprint with = wire_of_stream(1), without = wire_of_stream(0);
    cr_assert(with.a == without.a && with.b == without.b);
}

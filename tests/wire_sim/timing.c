/* When a frame arrives: serialisation, latency, queueing. */
#include <criterion/criterion.h>
#include "tests/wire_sim/lan.h"

static int64_t one_frame(uint64_t rate_bps, int64_t latency_ns, uint32_t len)
{
    struct lan *lan = lan_new(
        &(struct link_config){.name = "lan", .rate_bps = rate_bps, .latency_ns = latency_ns}, 1, 2);
    lan_send(lan, 0, len, 'a');
    lan_run(lan, NEVER);
    cr_assert_eq(lan->arrivals, 1);
    cr_assert_eq(lan->arrival[0].port, 1);
    int64_t at = lan->arrival[0].time_ns;
    world_free(lan->world);
    return at;
}

/* 60 bytes without FCS are 84 byte times on the wire: 672 bits. */
Test(link_timing, sixty_bytes_take_672_bit_times)
{
    cr_assert_eq(one_frame(10000000, 0, 60), 67200);
    cr_assert_eq(one_frame(100000000, 0, 60), 6720);
    cr_assert_eq(one_frame(1000000000, 0, 60), 672);
}

/* 1514 bytes without FCS are 1538 byte times: 12304 bits. */
Test(link_timing, a_full_frame_takes_12304_bit_times)
{
    cr_assert_eq(one_frame(10000000, 0, 1514), 1230400);
    cr_assert_eq(one_frame(100000000, 0, 1514), 123040);
    cr_assert_eq(one_frame(1000000000, 0, 1514), 12304);
}

Test(link_timing, short_frames_are_padded_on_the_wire)
{
    cr_assert_eq(one_frame(1000000000, 0, 14), 672);
    cr_assert_eq(one_frame(1000000000, 0, 61), 680);
}

Test(link_timing, latency_is_added)
{
    cr_assert_eq(one_frame(1000000000, 1000000, 60), 1000672);
    cr_assert_eq(one_frame(0, 1000000, 60), 1000000);
    cr_assert_eq(one_frame(0, 0, 60), 0);
}

/* 672 bits at 9 Mbit/s are 74666 2/3 ns: arrivals are rounded up, three frames end at exactly
 * 224000. */
Test(link_timing, rates_do_not_drift)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan", .rate_bps = 9000000}, 1, 2);
    for (int i = 0; i < 3000; i++)
        lan_send(lan, 0, 60, 'a');
    lan_run(lan, NEVER);
    cr_assert_eq(lan->arrival[0].time_ns, 74667);
    cr_assert_eq(lan->arrival[1].time_ns, 149334);
    cr_assert_eq(lan->arrival[2].time_ns, 224000);
    cr_assert_eq(lan->arrival[2999].time_ns, 224000000);
    world_free(lan->world);
}

/* Back to back on one port, at once on two: full duplex. */
Test(link_timing, each_port_has_its_own_transmitter)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan", .rate_bps = 1000000000}, 1, 2);
    lan_send(lan, 0, 60, 'a');
    lan_send(lan, 0, 60, 'b');
    lan_send(lan, 1, 60, 'c');
    lan_run(lan, NEVER);
    cr_assert_str_eq(lan_tags(lan), "acb");
    cr_assert_eq(lan->arrival[0].time_ns, 672);
    cr_assert_eq(lan->arrival[1].time_ns, 672);
    cr_assert_eq(lan->arrival[1].port, 0);
    cr_assert_eq(lan->arrival[2].time_ns, 1344);
    world_free(lan->world);
}

/* One domain: a frame leaves by all ports but its own, in the order of the ports. */
Test(link_timing, a_frame_reaches_all_other_ports)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan"}, 1, 3);
    lan_send(lan, 1, 60, 'a');
    lan_run(lan, NEVER);
    cr_assert_eq(lan->arrivals, 2);
    cr_assert_eq(lan->arrival[0].port, 0);
    cr_assert_eq(lan->arrival[1].port, 2);
    world_free(lan->world);
}

/* Frames that arrive at one instant arrive in the order in which they entered. */
Test(link_timing, ties_keep_the_order_of_entry)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan", .latency_ns = 5}, 1, 2);
    for (int i = 0; i < 26; i++)
        lan_send(lan, 0, 60, 'a' + i);
    lan_run(lan, NEVER);
    cr_assert_str_eq(lan_tags(lan), "abcdefghijklmnopqrstuvwxyz");
    cr_assert_eq(world_events(lan->world), 26, "one frame, one event");
    world_free(lan->world);
}

/* One is being sent, two wait, the fourth finds no room; when the first has left there is room
 * again. */
Test(link_timing, a_full_queue_drops_the_newest)
{
    struct lan *lan = lan_new(
        &(struct link_config){.name = "lan", .rate_bps = 1000000000, .queue_frames = 2}, 1, 2);
    for (int i = 0; i < 5; i++)
        lan_send(lan, 0, 60, 'a' + i);
    lan_send(lan, 1, 60, 'x'); /* the other port's queue is its own */
    cr_assert_eq(link_count(lan->link, LINK_QUEUE_FULL), 2);
    lan_run(lan, 671);
    lan_send(lan, 0, 60, 'f');
    cr_assert_eq(link_count(lan->link, LINK_QUEUE_FULL), 3);
    lan_run(lan, 672); /* b begins */
    lan_send(lan, 0, 60, 'g');
    lan_run(lan, NEVER);
    cr_assert_str_eq(lan_tags(lan), "axbcg");
    cr_assert_eq(lan->arrival[4].time_ns, 4 * 672);
    cr_assert_eq(link_count(lan->link, LINK_SENT), 8);
    world_free(lan->world);
}

Test(link_timing, zero_queue_frames_is_unbounded)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan", .rate_bps = 1000000}, 1, 2);
    for (int i = 0; i < 1000; i++)
        lan_send(lan, 0, 60, 'a');
    lan_run(lan, NEVER);
    cr_assert_eq(lan->arrivals, 1000);
    cr_assert_eq(lan->arrival[999].time_ns, 672000 * INT64_C(1000));
    world_free(lan->world);
}

/* MTU 1500: 1514 bytes pass, 1515 do not; with an IEEE 802.1Q tag 1518 do. */
Test(link_timing, frames_above_the_mtu_are_lost)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan", .mtu = 1500}, 1, 2);
    lan_send(lan, 0, 1514, 'a');
    lan_send(lan, 0, 1515, 'b');
    struct frame *f = frame_new(lan->world, 1518);
    f->bytes[12] = 0x81;
    f->bytes[1517] = 't';
    link_send(lan->link, 0, f);
    frame_unref(f);
    lan_run(lan, NEVER);
    cr_assert_str_eq(lan_tags(lan), "at");
    cr_assert_eq(link_count(lan->link, LINK_TOO_LONG), 1);
    world_free(lan->world);
}

/* A slower rate holds for what is sent after the change. */
Test(link_timing, the_rate_can_change)
{
    struct link_config config = {.name = "lan", .rate_bps = 1000000000};
    struct lan *lan = lan_new(&config, 1, 2);
    lan_send(lan, 0, 60, 'a');
    config.rate_bps = 100000000;
    link_configure(lan->link, &config);
    lan_send(lan, 0, 60, 'b');
    lan_run(lan, NEVER);
    cr_assert_eq(lan->arrival[0].time_ns, 672);
    cr_assert_eq(lan->arrival[1].time_ns, 672 + 6720);
    world_free(lan->world);
}

Test(link_timing, a_link_has_any_number_of_ports)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan"}, 1, 1000);
    cr_assert_eq(link_attach(lan->link, "one more", lan_deliver, NULL, lan), 1000);
    lan_send(lan, 1000, 60, 'a');
    lan_run(lan, NEVER);
    cr_assert_eq(lan->arrivals, 1000);
    world_free(lan->world);
}

Test(link_timing, events_have_names)
{
    for (int e = 0; e < LINK_EVENTS; e++)
        cr_assert_eq(link_event_by_name(link_event_name((enum link_event)e)), e);
    cr_assert_eq(link_event_by_name("sent"), LINK_SENT);
    cr_assert_eq(link_event_by_name("lots"), -1);
}

struct prints {
    struct fingerprint w, t;
};

static struct prints prints_of(int64_t start_ns, int first, int second)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan", .latency_ns = 5}, 1, 2);
    lan_run(lan, start_ns);
    lan_send(lan, 0, 60, first);
    lan_send(lan, 0, 60, second);
    lan_run(lan, NEVER);
    struct prints p = {*link_print_bytes(lan->link), *link_print_times(lan->link)};
    world_free(lan->world);
    return p;
}

static bool equal(struct fingerprint x, struct fingerprint y)
{
    return x.a == y.a && x.b == y.b;
}

/* W follows bytes and order, T the times as well. */
Test(link_timing, w_and_t_prints)
{
    struct prints ab = prints_of(0, 'a', 'b'), again = prints_of(0, 'a', 'b');
    struct prints later = prints_of(1, 'a', 'b'), ba = prints_of(0, 'b', 'a');
    cr_assert(equal(ab.w, again.w) && equal(ab.t, again.t));
    cr_assert(equal(ab.w, later.w) && !equal(ab.t, later.t));
    cr_assert(!equal(ab.w, ba.w) && !equal(ab.t, ba.t));
}

/* Traceroute against routers by hand. */
#include "stack/service/traceroute.h"
#include "tests/service/service.h"

static struct traceroute_result route;

static void route_done(void *ctx, struct stack *st, int got, const void *data, int64_t now_ns)
{
    (void)ctx;
    (void)st;
    note(got, now_ns);
    route = *(const struct traceroute_result *)data;
}

TestSuite(traceroute, .init = open_rig, .fini = close_rig);

/* TTL 1 answered by a router, 2 by nobody, 3 by the destination. */
Test(traceroute, two_routers_and_the_end)
{
    struct traceroute_options o;
    struct ip_addr to = addr_ipv4(0xc0000201), any = addr_ipv4(0), gateway = addr_ipv4(RIG_PEER);
    cr_assert_eq(route_add(s, &any, 0, &gateway, r->nif), 0);
    traceroute_defaults(&o, &to);
    o.probes = 2;
    o.timeout_ns = SECOND;
    cr_assert_eq(traceroute_start(s, &o, route_done, NULL, 0), 0);
    cr_assert_eq(traceroute_start(s, &o, route_done, NULL, 0), -ERR_BUSY);
    cr_assert_eq(last_udp(r).ttl, 1);
    cr_assert_eq(last_udp(r).dport, 33434);
    r->now_ns = 7;
    icmp_about(r, 0, 11, 0, RIG_PEER);
    cr_assert_eq(r->sent_count, 2);
    cr_assert_eq(last_udp(r).ttl, 2);
    cr_assert_eq(last_udp(r).dport, 33435);
    icmp_about(r, 0, 11, 0, RIG_PEER);
    cr_assert_eq(rig_counter(r, "traceroute.drop.late"), 1);
    rig_run(r, 2 * SECOND + 7);
    cr_assert_eq(r->sent_count, 4);
    cr_assert_eq(sent_udp(r, 2).ttl, 2);
    cr_assert_eq(sent_udp(r, 3).ttl, 3);
    r->now_ns += 9;
    icmp_about(r, 3, 3, 3, 0xc0000201);
    cr_assert_eq(calls, 1);
    cr_assert_eq(result, 3);
    cr_assert(route.reached);
    cr_assert_eq(route.hops, 3);
    cr_assert_eq(route.hop[0].addr.word[0], RIG_PEER);
    cr_assert_eq(route.hop[0].rtt_ns, 7);
    cr_assert(addr_is_any(&route.hop[1].addr));
    cr_assert_eq(route.hop[2].addr.word[0], 0xc0000201);
    cr_assert_eq(route.hop[2].rtt_ns, 9);
}

Test(traceroute, ends_without_an_answer_or_a_route)
{
    struct traceroute_options o;
    struct ip_addr to = addr_ipv4(RIG_PEER), nowhere = addr_ipv4(0xc0000201);
    traceroute_defaults(&o, &to);
    o.max_hops = 2;
    cr_assert_eq(traceroute_start(s, &o, route_done, NULL, 0), 0);
    rig_run(r, 60 * SECOND);
    cr_assert_eq(result, -ERR_TIMEDOUT);
    cr_assert_eq(r->sent_count, 6);
    traceroute_defaults(&o, &nowhere);
    cr_assert_eq(traceroute_start(s, &o, route_done, NULL, r->now_ns), 0);
    rig_run(r, r->now_ns);
    cr_assert_eq(calls, 2);
    cr_assert_eq(result, -ERR_NETUNREACH);
}

static int start_with(struct traceroute_options o)
{
    int err = traceroute_start(s, &o, route_done, NULL, r->now_ns);
    if (err == 0) {
        rig_run(r, r->now_ns + 1000 * SECOND);
        cr_assert_eq(result, -ERR_TIMEDOUT);
    }
    return err;
}

/* Each value by itself: none may be 0, there are at most 30 hops, and the last probe's port is at
 * most 65535. */
Test(traceroute, options_that_cannot_be)
{
    struct traceroute_options o, usual;
    struct ip_addr to = addr_ipv4(RIG_PEER), other = {.family = ADDR_IPV6};
    traceroute_defaults(&o, &other);
    cr_assert_eq(start_with(o), -ERR_AFNOSUPPORT);
    traceroute_defaults(&usual, &to);
    usual.max_hops = 2;
    usual.probes = 1;
    o = usual;
    o.max_hops = 0;
    cr_assert_eq(start_with(o), -ERR_INVAL);
    o.max_hops = TRACEROUTE_HOPS + 1;
    cr_assert_eq(start_with(o), -ERR_INVAL);
    o = usual;
    o.probes = 0;
    cr_assert_eq(start_with(o), -ERR_INVAL);
    o = usual;
    o.timeout_ns = 0;
    cr_assert_eq(start_with(o), -ERR_INVAL);
    o = usual;
    o.port = 0;
    cr_assert_eq(start_with(o), -ERR_INVAL);
    o.port = 65534;
    cr_assert_eq(start_with(o), -ERR_INVAL);
    cr_assert_eq(r->sent_count, 0);
}

Test(traceroute, options_at_their_bounds)
{
    struct traceroute_options o;
    struct ip_addr to = addr_ipv4(RIG_PEER);
    traceroute_defaults(&o, &to);
    o.probes = 1;
    o.timeout_ns = 1;
    o.max_hops = TRACEROUTE_HOPS;
    cr_assert_eq(start_with(o), 0);
    cr_assert_eq(r->sent_count, TRACEROUTE_HOPS);
    o.max_hops = 2;
    o.port = 65533;
    cr_assert_eq(start_with(o), 0);
    cr_assert_eq(last_udp(r).dport, 65534);
}

/* Somebody listens on the probe's port: an answer from there, and from nobody else, is the end. */
Test(traceroute, the_port_is_open)
{
    struct traceroute_options o;
    struct ip_addr to = addr_ipv4(RIG_PEER);
    traceroute_defaults(&o, &to);
    cr_assert_eq(traceroute_start(s, &o, route_done, NULL, 0), 0);
    struct sent_datagram probe = last_udp(r);
    struct datagram answer = {.src = 0x0a000203,
                              .sport = (uint16_t)probe.dport,
                              .dport = (uint16_t)probe.sport,
                              .payload = "?",
                              .len = 1};
    datagram_receive(r, &answer);
    answer.src = RIG_PEER;
    answer.sport++;
    datagram_receive(r, &answer);
    cr_assert_eq(calls, 0);
    answer.sport--;
    r->now_ns = 5;
    datagram_receive(r, &answer);
    cr_assert_eq(calls, 1);
    cr_assert_eq(result, 1);
    cr_assert(route.reached);
    cr_assert_eq(route.hops, 1);
    cr_assert_eq(route.hop[0].addr.word[0], RIG_PEER);
    cr_assert_eq(route.hop[0].rtt_ns, 5);
    cr_assert_eq(rig_counter(r, "traceroute.in"), 1);
}

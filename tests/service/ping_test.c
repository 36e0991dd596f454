/* Ping against echo replies by hand. */
#include "stack/service/ping.h"
#include "tests/service/service.h"

static struct ping_result ping;

static void ping_done(void *ctx, struct stack *st, int got, const void *data, int64_t now_ns)
{
    (void)ctx;
    (void)st;
    note(got, now_ns);
    ping = *(const struct ping_result *)data;
}

/* Answers the nth frame, an echo request, with `change` added to the octet `at` of the ICMP
 * message. */
static void echo_reply(uint32_t n, uint32_t at, uint8_t change, bool sum)
{
    uint8_t icmp[DATAGRAM_BYTES], frame[DATAGRAM_BYTES];
    const uint8_t *ip = r->sent[n].bytes + 14;
    uint32_t len = rig_get16(ip + 2) - 20;
    cr_assert_eq(ip[20], 8, "not an echo request");
    cr_assert_eq(rig_sum(ip + 20, len), 0, "bad ICMP checksum");
    memcpy(icmp, ip + 20, len);
    icmp[0] = 0;
    icmp[2] = icmp[3] = 0;
    icmp[at] = (uint8_t)(icmp[at] + change);
    rig_put16(icmp + 2, rig_sum(icmp, len) ^ (sum ? 0 : 1));
    const struct rig_ip answer_ip = {.proto = 1};
    rig_receive(r, frame, rig_ipv4(frame, &answer_ip, icmp, len));
}

static void start_ping(uint32_t count)
{
    struct ping_options o;
    struct ip_addr to = addr_ipv4(RIG_PEER);
    ping_defaults(&o, &to);
    o.count = count;
    cr_assert_eq(ping_start(s, &o, ping_done, NULL, r->now_ns), 0);
}

TestSuite(ping, .init = open_rig, .fini = close_rig);

/* One a second; min, max, total; a duplicate, a corrupt one and a stranger are told apart. */
Test(ping, statistics)
{
    start_ping(3);
    r->now_ns = SECOND / 100;
    echo_reply(0, 0, 0, true);
    echo_reply(0, 0, 0, true);
    rig_run(r, SECOND);
    cr_assert_eq(r->sent_count, 2);
    cr_assert_eq(r->sent[1].at_ns, SECOND);
    echo_reply(1, 20, 1, true);
    cr_assert_eq(rig_counter(r, "ping.in"), 3);
    echo_reply(1, 4, 1, true);
    cr_assert_eq(rig_counter(r, "ping.drop.id"), 1);
    echo_reply(1, 7, 9, true);
    cr_assert_eq(rig_counter(r, "ping.drop.seq"), 1);
    echo_reply(1, 20, 0, false);
    cr_assert_eq(rig_counter(r, "ping.drop.checksum"), 1);
    rig_run(r, 2 * SECOND);
    r->now_ns += SECOND / 50;
    echo_reply(2, 0, 0, true);
    cr_assert_eq(calls, 0, "the second is still out");
    rig_run(r, 10 * SECOND);
    cr_assert_eq(calls, 1);
    cr_assert_eq(result, 2);
    cr_assert_eq(ended_ns, 3 * SECOND);
    cr_assert_eq(ping.sent, 3);
    cr_assert_eq(ping.duplicates, 1);
    cr_assert_eq(ping.corrupt, 1);
    cr_assert_eq(ping.min_ns, SECOND / 100);
    cr_assert_eq(ping.max_ns, SECOND / 50);
    cr_assert_eq(ping.total_ns, SECOND / 100 + SECOND / 50);
}

/* It ends with the last answer, not with its patience. */
Test(ping, all_answered)
{
    start_ping(1);
    r->now_ns = 5;
    echo_reply(0, 0, 0, true);
    cr_assert_eq(calls, 1);
    cr_assert_eq(result, 1);
    cr_assert_eq(ended_ns, 5);
}

Test(ping, icmp_error)
{
    start_ping(1);
    icmp_about(r, 0, 3, 1, RIG_PEER);
    cr_assert_eq(calls, 1);
    cr_assert_eq(result, 0);
    cr_assert_eq(ping.errors, 1);
    cr_assert_eq(ping.last_error, ERR_HOSTUNREACH);
}

/* The rig's limit is 2; what cannot be sent is an error, not a wait. */
Test(ping, limits)
{
    struct ping_options o;
    struct ip_addr to = addr_ipv4(RIG_PEER), nowhere = addr_ipv4(0xc0000201);
    start_ping(1);
    start_ping(1);
    cr_assert_neq(rig_get16(r->sent[0].bytes + 38), rig_get16(r->sent[1].bytes + 38),
                  "one id for two");
    ping_defaults(&o, &to);
    cr_assert_eq(ping_start(s, &o, ping_done, NULL, 0), -ERR_NOBUFS);
    rig_run(r, SECOND);
    cr_assert_eq(calls, 2);
    o.to = nowhere;
    cr_assert_eq(ping_start(s, &o, ping_done, NULL, r->now_ns), 0);
    rig_run(r, r->now_ns);
    cr_assert_eq(calls, 3);
    cr_assert_eq(ping.last_error, ERR_NETUNREACH);
    o.size = 65508;
    cr_assert_eq(ping_start(s, &o, ping_done, NULL, 0), -ERR_MSGSIZE);
}

/* What cannot be is refused before anything is sent, each value by itself. */
Test(ping, options_that_cannot_be)
{
    struct ping_options o;
    struct ip_addr to = addr_ipv4(RIG_PEER), other = {.family = ADDR_IPV6};
    ping_defaults(&o, &other);
    cr_assert_eq(ping_start(s, &o, ping_done, NULL, 0), -ERR_AFNOSUPPORT);
    ping_defaults(&o, &to);
    o.count = 0;
    cr_assert_eq(ping_start(s, &o, ping_done, NULL, 0), -ERR_INVAL);
    ping_defaults(&o, &to);
    o.interval_ns = -1;
    cr_assert_eq(ping_start(s, &o, ping_done, NULL, 0), -ERR_INVAL);
    ping_defaults(&o, &to);
    o.timeout_ns = -1;
    cr_assert_eq(ping_start(s, &o, ping_done, NULL, 0), -ERR_INVAL);
    cr_assert_eq(r->sent_count, 0);
    cr_assert_eq(calls, 0);
}

/* The largest payload is 65507 octets; patience for nothing ends at once, with what was sent. */
Test(ping, options_at_their_bounds)
{
    struct ping_options o;
    struct ip_addr to = addr_ipv4(RIG_PEER);
    ping_defaults(&o, &to);
    o.size = 65507;
    o.interval_ns = o.timeout_ns = 0;
    cr_assert_eq(ping_start(s, &o, ping_done, NULL, 0), 0);
    rig_run(r, 0);
    cr_assert_eq(calls, 1);
    cr_assert_eq(ping.sent, 1);
    cr_assert_eq(ping.received, 0);
}

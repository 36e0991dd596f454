/* The neighbours' machine with NDP's times and flags, RFC 4861 7.2.5 and 7.3; ARP's is tested in
 * tests/link/arp_test.c. */
#include "stack/core/neighbour.h"
#include <criterion/criterion.h>
#include <string.h>
#include "stack/core/route.h"
#include "tests/core/rig.h"

static const uint8_t one[6] = {2, 0, 0, 0, 0, 1}, two[6] = {2, 0, 0, 0, 0, 2};
static const struct ip_addr host = {.family = ADDR_IPV6, .word = {0xfe800000, 0, 0, 1}, .zone = 2};

static uint32_t asked_all, asked_one; /* how often */

static void times(const struct stack *s, struct neighbour_times *t)
{
    (void)s;
    *t = (struct neighbour_times){.reachable_ns = 30 * RIG_SECOND,
                                  .expiry_ns = INT64_MAX,
                                  .delay_ns = 5 * RIG_SECOND,
                                  .retrans_ns = RIG_SECOND,
                                  .multicast_tries = 3,
                                  .unicast_tries = 3};
}

static void solicit(struct stack *s, struct netif *nif, const struct ip_addr *addr,
                    const uint8_t *to, int64_t now_ns)
{
    (void)s;
    (void)nif;
    (void)now_ns;
    cr_assert(addr_equal(addr, &host));
    asked_all += to == NULL;
    asked_one += to != NULL;
}

static const struct neighbour_resolver ndp = {
    .family = ADDR_IPV6, .ethertype = 0x86dd, .times = times, .solicit = solicit};

static struct rig *open_ndp(void)
{
    struct rig *r = rig_full();
    asked_all = asked_one = 0;
    cr_assert_eq(neighbour_resolver_register(r->s, &ndp), 0);
    return r;
}

static int send_to_host(struct rig *r)
{
    struct netbuf *nb = netbuf_alloc(r->s, 66, 46);
    memset(netbuf_data(nb), 0, 46);
    int error = neighbour_output(r->s, r->nif, &host, nb, r->now_ns);
    rig_run(r, r->now_ns);
    return error;
}

static void expect(struct rig *r, const char *state)
{
    char out[64];
    rig_run(r, r->now_ns);
    cr_assert(neighbour_describe(r->s, &host, out, sizeof out) > 0, "%s", state);
    cr_assert_str_eq(out, state);
}

static void expect_sent_to(struct rig *r, const uint8_t *mac)
{
    uint32_t before = r->sent_count;
    cr_assert_eq(send_to_host(r), 0);
    cr_assert_eq(r->sent_count, before + 1);
    cr_assert_arr_eq(r->sent[before].bytes, mac, 6);
}

static void hear(struct rig *r, const uint8_t *mac, unsigned flags)
{
    neighbour_heard(r->nif, &host, mac, flags, r->now_ns);
}

/* RFC4861-7.3.3-1, RFC4861-7.3.3-3. */
Test(neighbour, stale_is_probed_after_a_delay_and_then_gone)
{
    struct rig *r = open_ndp();
    cr_assert_eq(send_to_host(r), 0);
    cr_assert_eq(asked_all, 1);
    hear(r, one, NEIGHBOUR_SOLICITED | NEIGHBOUR_OVERRIDE);
    cr_assert_eq(r->sent_count, 1);
    rig_run(r, 30 * RIG_SECOND - 1);
    expect(r, "02:00:00:00:00:01 reachable");
    rig_run(r, 3600 * RIG_SECOND);
    expect(r, "02:00:00:00:00:01 stale");
    cr_assert_eq(asked_one, 0, "nobody is asked without traffic");
    expect_sent_to(r, one);
    expect(r, "02:00:00:00:00:01 delay");
    rig_run(r, 3605 * RIG_SECOND - 1);
    cr_assert_eq(asked_one, 0);
    rig_run(r, 3605 * RIG_SECOND);
    cr_assert_eq(asked_one, 1);
    expect(r, "02:00:00:00:00:01 probe");
    expect_sent_to(r, one);
    rig_run(r, 3607 * RIG_SECOND);
    cr_assert_eq(asked_one, 3);
    rig_run(r, 3608 * RIG_SECOND - 1);
    expect(r, "02:00:00:00:00:01 probe");
    rig_run(r, 3608 * RIG_SECOND);
    char out[64];
    cr_assert_eq(neighbour_describe(r->s, &host, out, sizeof out), -ERR_NOENT);
    cr_assert_eq(asked_one, 3);
    cr_assert_eq(asked_all, 1);
    rig_close(r);
}

/* RFC4861-7.2.5-2, RFC4861-7.2.5-3. */
Test(neighbour, incomplete_takes_an_address_as_it_comes)
{
    struct rig *r = open_ndp();
    send_to_host(r);
    hear(r, NULL, NEIGHBOUR_SOLICITED);
    expect(r, "incomplete");
    hear(r, one, 0);
    expect(r, "02:00:00:00:00:01 stale");
    cr_assert_eq(r->sent_count, 1);
    hear(r, NULL, NEIGHBOUR_SOLICITED | NEIGHBOUR_IS_ROUTER);
    expect(r, "02:00:00:00:00:01 reachable router");
    rig_close(r);
}

/* RFC4861-7.2.5-4, RFC4861-7.2.5-5. */
Test(neighbour, another_address_needs_the_override_flag)
{
    struct rig *r = open_ndp();
    hear(r, one, NEIGHBOUR_SOLICITED);
    cr_assert_eq(rig_counter(r, "neighbour.moved"), 0);
    char out[64];
    cr_assert_eq(neighbour_describe(r->s, &host, out, sizeof out), -ERR_NOENT, "7.2.5-1");
    hear(r, one, NEIGHBOUR_CREATE | NEIGHBOUR_SOLICITED);
    hear(r, two, NEIGHBOUR_SOLICITED);
    expect(r, "02:00:00:00:00:01 stale");
    hear(r, two, NEIGHBOUR_SOLICITED);
    expect(r, "02:00:00:00:00:01 stale");
    hear(r, two, NEIGHBOUR_OVERRIDE);
    expect(r, "02:00:00:00:00:02 stale");
    hear(r, two, NEIGHBOUR_OVERRIDE | NEIGHBOUR_SOLICITED);
    expect(r, "02:00:00:00:00:02 reachable");
    hear(r, two, NEIGHBOUR_OVERRIDE);
    expect(r, "02:00:00:00:00:02 reachable");
    hear(r, one, NEIGHBOUR_OVERRIDE);
    expect(r, "02:00:00:00:00:01 stale");
    cr_assert_eq(rig_counter(r, "neighbour.moved"), 2);
    rig_close(r);
}

/* RFC4861-7.3.1-1: a connection that moves on ends DELAY and PROBE; one that does not starts them.
 */
Test(neighbour, transports_vouch_and_doubt)
{
    struct rig *r = open_ndp();
    hear(r, one, NEIGHBOUR_CREATE | NEIGHBOUR_SOLICITED);
    neighbour_doubt(r->nif, &host, 0);
    expect(r, "02:00:00:00:00:01 stale");
    expect_sent_to(r, one);
    rig_run(r, 5 * RIG_SECOND);
    expect(r, "02:00:00:00:00:01 probe");
    neighbour_confirm(r->nif, &host, 5 * RIG_SECOND);
    expect(r, "02:00:00:00:00:01 reachable");
    rig_run(r, 35 * RIG_SECOND - 1);
    cr_assert_eq(asked_one, 1);
    expect(r, "02:00:00:00:00:01 reachable");
    rig_close(r);
}

/* RFC 1122 2.3.2.1 (4): with ARP the advice takes the entry out of use. */
Test(neighbour, doubt_ends_what_arp_learnt)
{
    struct rig *r = rig_full();
    struct ip_addr peer = addr_ipv4(RIG_PEER);
    char out[64];
    neighbour_heard(r->nif, &peer, one, NEIGHBOUR_CREATE | NEIGHBOUR_SOLICITED, 0);
    neighbour_doubt(r->nif, &peer, 0);
    rig_run(r, 0);
    cr_assert(neighbour_describe(r->s, &peer, out, sizeof out) > 0);
    cr_assert_str_eq(out, "02:00:00:00:00:01 expired");
    rig_close(r);
}

/* RFC4861-7.2.5-6: who says that it is no router any longer is not sent to as one. */
Test(neighbour, no_router_any_longer)
{
    struct rig *r = open_ndp();
    struct ip_addr net = {.family = ADDR_IPV6}, far = {.family = ADDR_IPV6, .word = {0x20010db8}};
    struct ip_addr second = {.family = ADDR_IPV6, .word = {0xfe800000, 0, 0, 2}, .zone = 2};
    bool down;
    cr_assert_eq(route_add(r->s, &net, 0, &host, r->nif), 0);
    cr_assert_eq(route_add(r->s, &net, 0, &second, r->nif), 0);
    hear(r, one, NEIGHBOUR_CREATE | NEIGHBOUR_SOLICITED | NEIGHBOUR_IS_ROUTER);
    cr_assert(addr_equal(&route_lookup(r->s, &far, NULL, &down)->gateway, &host));
    hear(r, one, NEIGHBOUR_SOLICITED);
    cr_assert(addr_equal(&route_lookup(r->s, &far, NULL, &down)->gateway, &second));
    rig_close(r);
}

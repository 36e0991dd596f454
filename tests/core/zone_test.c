/* RFC 4007: a link-local address of IPv6 means a host of one link, and lookups by it stay there. */
#include <criterion/criterion.h>
#include <string.h>
#include "stack/core/addr_class.h"
#include "stack/core/neighbour_inside.h"
#include "stack/core/route.h"
#include "stack/net/ip.h"
#include "tests/core/rig.h"

static struct rig *r;
static struct stack *s;
static struct netif *one, *two;

static int running(void *d, struct netif *nif, const struct device *device, int64_t now_ns)
{
    (void)d, (void)device;
    netif_link(nif, true, now_ns);
    return 0;
}

static int refuse(void *d, struct netbuf *nb, int64_t now_ns)
{
    (void)d, (void)nb, (void)now_ns;
    return -ERR_IO;
}

static void open_rig(void)
{
    static const struct netif_driver driver = {
        .name = "second", .state_size = 8, .probe = running, .send = refuse};
    r = rig_full();
    s = r->s;
    one = r->nif;
    two = stack_attach(s, "eth1", &driver, NULL, 0);
    cr_assert_eq(netif_up(two, 0), 0);
}

static void close_rig(void)
{
    rig_close(r);
}

TestSuite(zone, .init = open_rig, .fini = close_rig);

static struct ip_addr six(uint32_t first, uint32_t last)
{
    return (struct ip_addr){.family = ADDR_IPV6, .word = {first, 0, 0, last}};
}

/* RFC 4007 4, RFC 4291 2.7: link-local, and groups of the interface's and the link's scope. */
Test(zone, who_has_one)
{
    static const struct {
        uint32_t first;
        bool has;
    } cases[] = {{0xfe800000, true},  {0xfebf0000, true},  {0xfec00000, false}, {0x20010db8, false},
                 {0xff010000, true},  {0xff020000, true},  {0xff120000, true},  {0xff050000, false},
                 {0xff0e0000, false}, {0xfd000000, false}, {0, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ip_addr a = six(cases[i].first, 1), on = addr_on(two, &a);
        cr_assert_eq(addr_has_zone(&a), cases[i].has, "%x", cases[i].first);
        cr_assert_eq(on.zone, cases[i].has ? two->zone : 0);
    }
    struct ip_addr four = addr_ipv4(0xa9fe0001), on = addr_on(two, &four);
    cr_assert_eq(on.zone, 0, "IPv4's link-local addresses are told apart by routes");
}

/* 6: the zone that is named, or that of the interface; never a guess. */
Test(zone, resolved_or_refused)
{
    struct netif *nif = NULL;
    struct ip_addr a = six(0xfe800000, 1);
    cr_assert_eq(ip_resolve_zone(s, &a, &nif), -ERR_INVAL, "which link?");
    nif = two;
    cr_assert_eq(ip_resolve_zone(s, &a, &nif), 0);
    cr_assert_eq(a.zone, two->zone);
    nif = NULL;
    cr_assert_eq(ip_resolve_zone(s, &a, &nif), 0);
    cr_assert_eq(nif, two);
    nif = one;
    cr_assert_eq(ip_resolve_zone(s, &a, &nif), -ERR_NODEV);
    cr_assert_eq(stack_detach(two, 0), 0);
    nif = NULL;
    cr_assert_eq(ip_resolve_zone(s, &a, &nif), -ERR_NODEV, "the zone went with its interface");
    a = six(0x20010db8, 1);
    a.zone = 7;
    cr_assert_eq(ip_resolve_zone(s, &a, &nif), 0);
    cr_assert_eq(a.zone, 0);
}

/* Every link has fe80::/10; the destination's zone says whose route it is. */
Test(zone, routes_stay_in_it)
{
    bool down;
    struct ip_addr net = six(0xfe800000, 0), to = six(0xfe800000, 9), far = six(0x20010db8, 9);
    cr_assert_eq(route_add(s, &net, 10, NULL, one), 0);
    cr_assert_eq(route_add(s, &net, 10, NULL, two), 0);
    to.zone = two->zone;
    const struct route *found = route_lookup(s, &to, NULL, &down);
    cr_assert(found && found->nif == two);
    to.zone = one->zone;
    found = route_lookup(s, &to, NULL, &down);
    cr_assert(found && found->nif == one);
    to.zone = (uint16_t)(one->zone + two->zone + 1);
    cr_assert_null(route_lookup(s, &to, NULL, &down));
    /* A gateway is on its route's link, whether that was written or not. */
    struct ip_addr gateway = six(0xfe800000, 1), any = six(0, 0), named = addr_on(two, &gateway);
    cr_assert_eq(route_add(s, &any, 0, &gateway, two), 0);
    found = route_lookup(s, &far, NULL, &down);
    cr_assert(found && addr_equal(&found->gateway, &named));
    cr_assert_eq(route_add(s, &any, 0, &named, two), -ERR_EXIST);
    cr_assert_eq(route_remove(s, &any, 0, &gateway, two), 0);
    to.zone = two->zone;
    cr_assert_eq(route_add(s, &to, 128, NULL, two), 0);
    to.zone = 0;
    cr_assert_eq(route_remove(s, &to, 128, NULL, two), 0);
}

/* Two links may have a host of the same link-local address each; on one link there is one,
 * whether its zone is written or not. */
Test(zone, neighbours_stay_in_it)
{
    struct neighbours *t = neighbours_of(s);
    struct ip_addr a = six(0xfe800000, 5), on = addr_on(two, &a);
    struct neighbour *here = neighbour_enter(s, one, &a, NEIGHBOUR_STALE, 0);
    struct neighbour *there = neighbour_enter(s, two, &on, NEIGHBOUR_STALE, 0);
    cr_assert_eq(neighbour_find(t, one, &a), here);
    cr_assert_eq(neighbour_find(t, two, &a), there);
    cr_assert_eq(neighbour_find(t, two, &on), there);
    cr_assert_eq(here->addr.zone, one->zone);
}

/* An interface's own link-local address has its zone, so that a packet's ends can be compared. */
Test(zone, own_addresses_have_it)
{
    struct ip_addr a = six(0xfe800000, 7);
    cr_assert_eq(netif_add_address(one, &a, 64, false, 0), 0);
    cr_assert_eq(one->address[1].addr.zone, one->zone);
    cr_assert_eq(netif_add_address(one, &a, 64, false, 0), -ERR_EXIST);
    cr_assert_eq(netif_add_address(two, &a, 64, false, 0), 0, "another link's");
    cr_assert_eq(route_add(s, &(struct ip_addr){.family = ADDR_IPV6}, 0, &a, one), -ERR_INVAL,
                 "ourselves");
    cr_assert_eq(netif_remove_address(one, &a, 0), 0);
    cr_assert_eq(route_add(s, &(struct ip_addr){.family = ADDR_IPV6}, 0, &a, one), 0,
                 "ours on another link");
}

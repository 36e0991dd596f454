#include <criterion/criterion.h>
#include <string.h>
#include "stack/net/ip.h"
#include "tests/core/rig.h"

static struct rig *r;

static void open_rig(void)
{
    r = rig_full();
}

static void close_rig(void)
{
    rig_close(r);
}

TestSuite(groups, .init = open_rig, .fini = close_rig);

/* RFC 1112 6.4: the low 23 bits behind 01-00-5e. RFC 2464 7: the low 32 behind 33-33. */
Test(groups, each_family_has_its_link_layer_groups)
{
    static const uint8_t four[] = {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03};
    static const uint8_t six[] = {0x33, 0x33, 0xff, 0x00, 0x02, 0x03};
    struct ip_addr a = addr_ipv4(0xef810203);
    struct ip_addr solicited = {.family = ADDR_IPV6, .word = {0xff020000, 0, 1, 0xff000203}};
    uint8_t mac[6];
    ip_group_mac(&a, mac);
    cr_assert_arr_eq(mac, four, 6);
    ip_group_mac(&solicited, mac);
    cr_assert_arr_eq(mac, six, 6);
}

/* Two groups that share a link-layer group keep it until both are left. */
Test(groups, joins_are_counted)
{
    struct ip_addr a = addr_ipv4(0xe0010203), b = addr_ipv4(0xe1010203);
    uint32_t before = r->nif->multicasts;
    cr_assert_eq(ip_join(r->s, r->nif, &a, 0), 0);
    cr_assert_eq(ip_join(r->s, r->nif, &a, 0), 0);
    cr_assert_eq(ip_join(r->s, r->nif, &b, 0), 0);
    cr_assert_eq(r->nif->multicasts, before + 1);
    cr_assert_eq(ip_leave(r->s, r->nif, &a, 0), 0);
    cr_assert(ip_has_joined(r->nif, &a));
    cr_assert_eq(ip_leave(r->s, r->nif, &a, 0), 0);
    cr_assert(!ip_has_joined(r->nif, &a) && ip_has_joined(r->nif, &b));
    cr_assert_eq(r->nif->multicasts, before + 1);
    cr_assert_eq(ip_leave(r->s, r->nif, &b, 0), 0);
    cr_assert_eq(r->nif->multicasts, before);
    cr_assert_eq(ip_leave(r->s, r->nif, &b, 0), -ERR_ADDRNOTAVAIL);
}

/* RFC 4007 6: the interface is the zone, whether the address says so or not. */
Test(groups, zone_makes_no_other_group)
{
    struct ip_addr a = addr_ipv4(0xe0010203), same = a;
    same.zone = r->nif->zone;
    cr_assert_eq(ip_join(r->s, r->nif, &same, 0), 0);
    cr_assert(ip_has_joined(r->nif, &a));
    cr_assert_eq(ip_leave(r->s, r->nif, &a, 0), 0);
}

/* All places taken, no group, and a family that nobody speaks. */
Test(groups, refusals)
{
    struct ip_addr one = addr_ipv4(RIG_PEER);
    struct ip_addr other = {.family = ADDR_IPV6 + 1, .word = {0xe0000001}};
    cr_assert_eq(ip_join(r->s, r->nif, &one, 0), -ERR_INVAL);
    cr_assert_eq(ip_join(r->s, r->nif, &other, 0), -ERR_AFNOSUPPORT);
    for (uint32_t i = 1; i < NETIF_GROUPS; i++) { /* 224.0.0.1 is there */
        struct ip_addr a = addr_ipv4(0xe0020000 + i);
        cr_assert_eq(ip_join(r->s, r->nif, &a, 0), 0);
    }
    struct ip_addr last = addr_ipv4(0xe0030000);
    cr_assert_eq(ip_join(r->s, r->nif, &last, 0), -ERR_NOBUFS);
}

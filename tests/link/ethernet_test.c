#include <criterion/criterion.h>
#include <string.h>
#include "stack/net/ip.h"
#include "tests/core/rig.h"

static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static void expect(struct rig *r, const uint8_t *f, uint32_t len, const char *reason)
{
    cr_assert_str_eq(r->fate[rig_receive(r, f, len)].reason, reason);
    cr_assert_eq(r->sent_count, 0, "%s: answered", reason);
}

/* An ARP request for us that is answered when nothing is wrong with its frame. */
static void request(uint8_t *f)
{
    memset(f, 0, 2000);
    rig_arp(f, everybody, 1, rig_peer, RIG_PEER, NULL, RIG_ADDRESS);
}

Test(ethernet, every_refusal_has_its_name)
{
    struct rig *r = rig_full();
    uint8_t f[2000];
    request(f);
    expect(r, f, 0, "ethernet.drop.short");
    expect(r, f, 13, "ethernet.drop.short");
    f[6] |= 1;
    expect(r, f, 60, "ethernet.drop.source_group");
    request(f);
    memcpy(f + 6, rig_mac, 6);
    expect(r, f, 60, "ethernet.drop.source_own");
    request(f);
    memcpy(f, (const uint8_t[]){0x52, 0x54, 0, 0x12, 0x34, 0x57}, 6);
    expect(r, f, 60, "ethernet.drop.not_ours");
    netif_set_flags(r->nif, NETIF_PROMISCUOUS, 0, 0);
    expect(r, f, 60, "ethernet.drop.not_ours");
    memcpy(f, (const uint8_t[]){0x01, 0x80, 0xc2, 0, 0, 1}, 6); /* PAUSE */
    expect(r, f, 60, "ethernet.drop.group_not_joined");
    static const struct {
        uint16_t type;
        const char *reason;
    } types[] = {
        {0x88cc, "ethernet.drop.unknown_type"},
        {0xffff, "ethernet.drop.unknown_type"},
        {0x1000, "ethernet.drop.unknown_type"}, /* trailers */
        {0x8100, "ethernet.drop.tagged"},
        {0x88a8, "ethernet.drop.tagged"},
        {1501, "ethernet.drop.undefined_type"},
        {1535, "ethernet.drop.undefined_type"},
        {46, "ethernet.drop.llc"},
        {47, "ethernet.drop.length_beyond_frame"},
        {2, "ethernet.drop.length_below_llc"},
    };
    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++) {
        request(f);
        rig_put16(f + 12, types[i].type);
        expect(r, f, 60, types[i].reason);
    }
    request(f);
    rig_put16(f + 12, 0x0800);
    expect(r, f, 1515, "ethernet.drop.too_long");
    rig_close(r);
}

/* RFC 1122 2.3.3: RFC 1042's encapsulation SHOULD be understood; the answer is RFC 894's. */
Test(ethernet, snap_understood_and_answered_plainly)
{
    struct rig *r = rig_full();
    uint8_t f[2000], plain[2000];
    request(plain);
    memcpy(f, plain, 12);
    rig_put16(f + 12, 8 + 28);
    memcpy(f + 14, (const uint8_t[]){0xaa, 0xaa, 3, 0, 0, 0, 8, 6}, 8);
    memcpy(f + 22, plain + 14, 38);
    rig_receive(r, f, 60);
    cr_assert_eq(r->sent_count, 1);
    cr_assert_eq(rig_get16(r->sent[0].bytes + 12), 0x0806);
    rig_close(r);
}

/* RFC 1112 7.2: a group whose address collides in 23 bits is dropped by IP; joins are counted. */
Test(ethernet, groups_joined_and_left)
{
    struct rig *r = rig_full();
    uint8_t f[2000];
    struct ip_addr group = addr_ipv4(0xef010203), unicast = addr_ipv4(RIG_PEER);
    struct rig_ip ip = {.proto = 253, .dst = 0xef010203},
                  colliding = {.proto = 253, .dst = 0xe0810203};
    uint32_t n = rig_ipv4(f, &ip, "x", 1);
    memcpy(f, (const uint8_t[]){0x01, 0, 0x5e, 1, 2, 3}, 6);
    expect(r, f, n, "ethernet.drop.group_not_joined");
    cr_assert_eq(ip_join(r->s, r->nif, &unicast, 0), -ERR_INVAL);
    cr_assert_eq(ip_join(r->s, r->nif, &group, 0), 0);
    cr_assert_eq(ip_join(r->s, r->nif, &group, 0), 0);
    cr_assert_eq(ip_leave(r->s, r->nif, &group, 0), 0);
    expect(r, f, n, "ipv4.drop.no_protocol");
    n = rig_ipv4(f, &colliding, "x", 1);
    memcpy(f, (const uint8_t[]){0x01, 0, 0x5e, 1, 2, 3}, 6);
    expect(r, f, n, "ipv4.drop.group_not_joined");
    cr_assert_eq(ip_leave(r->s, r->nif, &group, 0), 0);
    cr_assert_eq(ip_leave(r->s, r->nif, &group, 0), -ERR_ADDRNOTAVAIL);
    expect(r, f, n, "ethernet.drop.group_not_joined");
    rig_close(r);
}

/* A link that is down or without carrier takes and gives nothing, and says so. */
Test(netif, down_or_without_carrier)
{
    struct rig *r = rig_full();
    uint8_t f[2000];
    request(f);
    netif_link(r->nif, false, 0);
    rig_receive(r, f, 60);
    cr_assert_eq(rig_counter(r, "core.drop.tx_no_carrier"), 1);
    netif_link(r->nif, true, 0);
    netif_down(r->nif, 0);
    expect(r, f, 60, "core.drop.rx_down");
    netif_up(r->nif, 0);
    r->send_error = -ERR_IO;
    rig_receive(r, f, 60);
    cr_assert_eq(rig_counter(r, "core.drop.tx_failed"), 1);
    cr_assert_eq(rig_counter(r, "eth0.tx_errors"), 2);
    rig_close(r);
}

/* What the driver has no room for waits and goes in order; without a link it waits no longer. */
Test(netif, no_room_in_the_driver)
{
    struct rig *r = rig_full();
    uint8_t f[2000];
    request(f);
    r->send_error = -ERR_NOBUFS;
    rig_receive(r, f, 60);
    r->send_error = 0;
    rig_receive(r, f, 60);
    cr_assert_eq(r->nif->waiting[0].count, 2, "behind what waits already");
    cr_assert_eq(r->sent_count, 0);
    netif_flush(r->nif, 0);
    cr_assert_eq(r->sent_count, 2);
    cr_assert_eq(rig_counter(r, "eth0.tx_frames"), 2);
    r->send_error = -ERR_NOBUFS;
    rig_receive(r, f, 60);
    netif_link(r->nif, false, 0);
    cr_assert_eq(rig_counter(r, "core.drop.tx_no_carrier"), 1);
    netif_link(r->nif, true, 0);
    rig_receive(r, f, 60);
    netif_down(r->nif, 0);
    cr_assert_eq(rig_counter(r, "core.drop.tx_down"), 1);
    cr_assert_eq(r->nif->waiting[0].count, 0);
    rig_close(r);
}

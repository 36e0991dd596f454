#include <criterion/criterion.h>
#include <string.h>
#include "stack/net/ip.h"
#include "tests/core/rig.h"

enum { ETHERNET = 14, PROTOCOL = 2 };

/* The rig's interface, as a driver of a link with one peer makes it. */
static struct rig *open_link(void)
{
    struct rig *r = rig_full();
    netif_down(r->nif, 0);
    r->nif->hardware = NETIF_PPP;
    netif_set_flags(r->nif, NETIF_POINT_TO_POINT, NETIF_ARP | NETIF_BROADCAST, 0);
    netif_up(r->nif, 0);
    cr_assert_eq(r->nif->link->hardware, NETIF_PPP);
    return r;
}

/* An echo request from the peer behind a protocol field; returns its length. */
static uint32_t echo_request(uint8_t *f, unsigned protocol)
{
    static const uint8_t echo[] = {8, 0, 0xf7, 0xfd, 0, 1, 0, 1};
    struct rig_ip ip = {.src = RIG_PEER, .dst = RIG_ADDRESS, .ttl = 64, .proto = 1};
    uint8_t frame[128];
    uint32_t len = rig_ipv4(frame, &ip, echo, sizeof echo) - ETHERNET;
    rig_put16(f, protocol);
    memcpy(f + PROTOCOL, frame + ETHERNET, len);
    return PROTOCOL + len;
}

/* RFC 1661 2, RFC 1332 2: the packet behind 0x0021, no address, no padding, and nobody is asked for
 * one. */
Test(point_to_point, datagrams_go_behind_their_protocol)
{
    struct rig *r = open_link();
    uint8_t f[128];
    rig_receive(r, f, echo_request(f, 0x0021));
    cr_assert_eq(r->sent_count, 1);
    cr_assert_eq(r->sent[0].len, PROTOCOL + 28);
    cr_assert_eq(rig_get16(r->sent[0].bytes), 0x0021);
    cr_assert_eq(r->sent[0].bytes[PROTOCOL], 0x45);
    cr_assert_eq(rig_get32(r->sent[0].bytes + PROTOCOL + 16), RIG_PEER);
    cr_assert_eq(r->sent[0].bytes[PROTOCOL + 20], 0, "an echo reply");
    cr_assert_eq(rig_counter(r, "arp.requests_sent"), 0);
    rig_close(r);
}

Test(point_to_point, every_refusal_has_its_name)
{
    static const struct {
        unsigned protocol;
        uint32_t len;
        const char *reason;
    } cases[] = {
        {0x0021, 0, "point_to_point.drop.short"},
        {0x0021, 1, "point_to_point.drop.short"},
        {0x0021, 2, "ipv4.drop.short"},
        {0x0057, 30, "point_to_point.drop.unknown_protocol"}, /* IPv6: not there */
        {0xc021, 30, "point_to_point.drop.unknown_protocol"}, /* LCP is the driver's */
        {0x0000, 30, "point_to_point.drop.unknown_protocol"},
        {0x0800, 30, "point_to_point.drop.unknown_protocol"},
    };
    struct rig *r = open_link();
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t f[128];
        echo_request(f, cases[i].protocol);
        cr_assert_str_eq(r->fate[rig_receive(r, f, cases[i].len)].reason, cases[i].reason);
    }
    cr_assert_eq(r->sent_count, 0);
    rig_close(r);
}

#include <criterion/criterion.h>
#include <string.h>
#include "tests/hosts/peer_rig.h"

#define SERVER "host dhcp-server srv ip 10.0.2.2/24 pool 10.0.2.15"

static const uint8_t server_mac[6] = {0x52, 0x55, 0x0a, 0, 2, 2};

/* RFC 826's packet, by hand: hardware 1, protocol 0800, lengths 6 and 4. */
static void arp(uint8_t f[60], uint32_t op, uint32_t spa, uint32_t tpa)
{
    static const uint8_t head[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0x00, 0x12,
                                   0x34, 0x56, 0x08, 0x06, 0,    1,    8,    0,    6,    4};
    memset(f, 0, 60);
    memcpy(f, head, sizeof head);
    put16(f + 20, op);
    memcpy(f + 22, rig_client, 6);
    put32(f + 28, spa);
    put32(f + 38, tpa);
}

Test(peer_ip, arp_request_is_answered)
{
    struct peer_rig *r = peer_rig_open(SERVER);
    uint8_t f[60], expected[60] = {0};
    arp(f, 1, RIG_CLIENT, RIG_SERVER);
    cr_assert_eq(peer_rig_give(r, f, 60), 1);
    memcpy(expected, f, 60);
    memcpy(expected, rig_client, 6);
    memcpy(expected + 6, server_mac, 6);
    expected[21] = 2;
    memcpy(expected + 22, server_mac, 6);
    put32(expected + 28, RIG_SERVER);
    memcpy(expected + 32, rig_client, 6);
    put32(expected + 38, RIG_CLIENT);
    cr_assert_eq(r->seen[0].len, 60);
    cr_assert_arr_eq(r->seen[0].bytes, expected, 60);
    arp(f, 1, RIG_CLIENT, RIG_SERVER + 1);
    cr_assert_eq(peer_rig_give(r, f, 60), 0);
    arp(f, 1, RIG_CLIENT, RIG_SERVER);
    f[15] = 6;
    cr_assert_eq(peer_rig_give(r, f, 60), 0, "hardware type 6");
    peer_rig_close(r);
}

static uint32_t ping(uint8_t f[98], uint32_t dst)
{
    memset(f, 0, 98);
    memcpy(f, server_mac, 6);
    memcpy(f + 6, rig_client, 6);
    put16(f + 12, 0x0800);
    f[14] = 0x45;
    put16(f + 16, 84);
    f[22] = 64;
    f[23] = 1;
    put32(f + 26, RIG_CLIENT);
    put32(f + 30, dst);
    put16(f + 24, sum16(f + 14, 20, 0));
    f[34] = 8;
    put16(f + 38, 0x1234);
    put16(f + 40, 1);
    for (int i = 42; i < 98; i++)
        f[i] = (uint8_t)i;
    put16(f + 36, sum16(f + 34, 64, 0));
    return 98;
}

/* RFC 792: the addresses swapped, type 0, identifier, sequence number and data as they came. */
Test(peer_ip, echo_request_is_answered)
{
    struct peer_rig *r = peer_rig_open(SERVER);
    uint8_t f[98];
    cr_assert_eq(peer_rig_give(r, f, ping(f, RIG_SERVER)), 1);
    const uint8_t *a = r->seen[0].bytes;
    cr_assert_eq(r->seen[0].len, 98);
    cr_assert_arr_eq(a, rig_client, 6);
    cr_assert_eq(get32(a + 26), RIG_SERVER);
    cr_assert_eq(get32(a + 30), RIG_CLIENT);
    cr_assert_eq(sum16(a + 14, 20, 0), 0);
    cr_assert_eq(a[34], 0);
    cr_assert_eq(sum16(a + 34, 64, 0), 0);
    cr_assert_arr_eq(a + 38, f + 38, 60);
    ping(f, RIG_SERVER);
    f[97] ^= 1;
    cr_assert_eq(peer_rig_give(r, f, 98), 0, "a wrong ICMP sum");
    ping(f, RIG_SERVER);
    f[24] ^= 1;
    cr_assert_eq(peer_rig_give(r, f, 98), 0, "a wrong IP sum");
    cr_assert_eq(peer_rig_give(r, f, ping(f, RIG_SERVER + 7)), 0, "another's address");
    peer_rig_close(r);
    r = peer_rig_open(SERVER " no-ping");
    cr_assert_eq(peer_rig_give(r, f, ping(f, RIG_SERVER)), 0);
    peer_rig_close(r);
}

/* Cut in two, second part first: the answer is the answer to the whole. */
Test(peer_ip, fragments_are_put_together)
{
    struct peer_rig *r = peer_rig_open(SERVER);
    uint8_t whole[98], part[98];
    ping(whole, RIG_SERVER);
    memcpy(part, whole, 34);
    memcpy(part + 34, whole + 34 + 40, 24);
    put16(part + 16, 20 + 24);
    put16(part + 20, 5); /* 40 octets */
    put16(part + 24, 0);
    put16(part + 24, sum16(part + 14, 20, 0));
    cr_assert_eq(peer_rig_give(r, part, 34 + 24), 0);
    memcpy(part, whole, 34 + 40);
    put16(part + 16, 20 + 40);
    put16(part + 20, 0x2000);
    put16(part + 24, 0);
    put16(part + 24, sum16(part + 14, 20, 0));
    cr_assert_eq(peer_rig_give(r, part, 34 + 40), 1);
    cr_assert_eq(r->seen[0].len, 98);
    cr_assert_arr_eq(r->seen[0].bytes + 38, whole + 38, 60);
    peer_rig_close(r);
}

/* Whatever the bytes, nothing is read past them (ASan sees it) and nothing is answered. */
Test(peer_ip, cut_frames_are_survived)
{
    struct peer_rig *r = peer_rig_open(SERVER);
    uint8_t f[98];
    ping(f, RIG_SERVER);
    for (uint32_t len = 0; len < 98; len++)
        cr_assert_eq(peer_rig_give(r, f, len), 0, "%u octets", len);
    arp(f, 1, RIG_CLIENT, RIG_SERVER);
    for (uint32_t len = 0; len < 42; len++)
        cr_assert_eq(peer_rig_give(r, f, len), 0, "%u octets", len);
    peer_rig_close(r);
}

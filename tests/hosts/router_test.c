/* The router with one arm on the test's link: what it forwards there, and what it says instead. */
#include <criterion/criterion.h>
#include <string.h>
#include "tests/hosts/peer_rig.h"

static const uint8_t router_mac[6] = {0x52, 0x55, 0x0a, 0, 2, 2}, next_mac[6] = {2, 0, 0, 0, 0, 9};

enum { NEXT = 0x0a000209, BEYOND = 0x0a090001, DF = 0x4000, MF = 0x2000 };

#define GATEWAY "host router srv ip 10.0.2.2/24 "

/* A packet of `len` bytes from the client to dst, protocol 253, behind an Ethernet header;
 * `options` bytes of header behind the 20. */
static uint32_t packet(uint8_t *f, uint32_t dst, uint32_t ttl, uint32_t fragment,
                       const uint8_t *options, uint32_t option_len, uint32_t len)
{
    memset(f, 0, 14 + len);
    memcpy(f, router_mac, 6);
    memcpy(f + 6, rig_client, 6);
    put16(f + 12, 0x0800);
    f[14] = (uint8_t)(0x45 + option_len / 4);
    put16(f + 16, len);
    put16(f + 18, 0x1234);
    put16(f + 20, fragment);
    f[22] = (uint8_t)ttl;
    f[23] = 253;
    put32(f + 26, RIG_CLIENT);
    put32(f + 30, dst);
    if (option_len)
        memcpy(f + 34, options, option_len);
    for (uint32_t k = 20 + option_len; k < len; k++)
        f[14 + k] = (uint8_t)k;
    put16(f + 24, sum16(f + 14, 20 + option_len, 0));
    return 14 + len;
}

/* 10.0.2.9 answers ARP. */
static void introduce(struct peer_rig *r)
{
    uint8_t f[60] = {0};
    memcpy(f, router_mac, 6);
    memcpy(f + 6, next_mac, 6);
    memcpy(f + 12, (const uint8_t[]){8, 6, 0, 1, 8, 0, 6, 4, 0, 1}, 10);
    memcpy(f + 22, next_mac, 6);
    put32(f + 28, NEXT);
    put32(f + 38, RIG_SERVER);
    cr_assert_eq(peer_rig_give(r, f, 60), 1);
    r->frames = 0;
}

/* An ICMP error of the router's about the packet in f: RFC 792's header, RFC 1812's precedence and
 * length. */
static void expect_error(const struct peer_rig *r, int k, uint32_t type, uint32_t code,
                         uint32_t rest, const uint8_t *f, uint32_t len)
{
    const uint8_t *b = r->seen[k].bytes;
    uint32_t quoted = len - 14 > 548 ? 548 : len - 14;
    cr_assert_lt(k, r->frames);
    cr_assert_arr_eq(b, rig_client, 6);
    cr_assert_eq(b[15], 0xc0, "precedence 6");
    cr_assert_eq(get16(b + 16), 28 + quoted);
    cr_assert_eq(b[23], 1);
    cr_assert_eq(sum16(b + 14, 20, 0), 0);
    cr_assert_eq(get32(b + 26), RIG_SERVER);
    cr_assert_eq(get32(b + 30), RIG_CLIENT);
    cr_assert_eq(b[34], type);
    cr_assert_eq(b[35], code);
    cr_assert_eq(sum16(b + 34, 8 + quoted, 0), 0);
    cr_assert_eq(get32(b + 38), rest);
    cr_assert_arr_eq(b + 42, f + 14, quoted);
}

Test(router, packet_leaves_with_one_ttl_less)
{
    struct peer_rig *r = peer_rig_open(GATEWAY "no-redirect, route 10.9.0.0/16 via 10.0.2.9");
    uint8_t f[200];
    introduce(r);
    for (uint32_t ttl = 2; ttl < 256; ttl++) {
        uint32_t len = packet(f, BEYOND, ttl, 0, NULL, 0, 60);
        r->frames = 0;
        cr_assert_eq(peer_rig_give(r, f, len), 1);
        const uint8_t *b = r->seen[0].bytes;
        cr_assert_arr_eq(b, next_mac, 6);
        cr_assert_arr_eq(b + 6, router_mac, 6);
        cr_assert_eq(b[22], ttl - 1);
        cr_assert_eq(sum16(b + 14, 20, 0), 0, "ttl %u", ttl);
        cr_assert_arr_eq(b + 34, f + 34, 40);
    }
    peer_rig_close(r);
}

Test(router, last_ttl_is_time_exceeded)
{
    struct peer_rig *r = peer_rig_open(GATEWAY "route 10.9.0.0/16 via 10.0.2.9");
    uint8_t f[1600];
    introduce(r);
    uint32_t len = packet(f, BEYOND, 1, 0, NULL, 0, 1500);
    cr_assert_eq(peer_rig_give(r, f, len), 1);
    expect_error(r, 0, 11, 0, 0, f, len);
    cr_assert_eq(peer_rig_number(r, "expired"), 1);
    peer_rig_close(r);
}

Test(router, longest_prefix_wins)
{
    struct peer_rig *r = peer_rig_open(GATEWAY "no-redirect, gateway 10.0.2.15 route 10.0.0.0/8 "
                                               "via 10.0.2.15 route 10.9.0.0/24 via 10.0.2.9 "
                                               "refuse 13 10.9.0.128/25");
    uint8_t f[100];
    introduce(r);
    uint32_t len = packet(f, BEYOND, 9, 0, NULL, 0, 40);
    peer_rig_give(r, f, len);
    cr_assert_arr_eq(r->seen[0].bytes, next_mac, 6);
    len = packet(f, 0x0a080001, 9, 0, NULL, 0, 40);
    peer_rig_give(r, f, len);
    cr_assert_arr_eq(r->seen[1].bytes, rig_client, 6);
    len = packet(f, 0x0a090081, 9, 0, NULL, 0, 40);
    peer_rig_give(r, f, len);
    expect_error(r, 2, 3, 13, 0, f, len);
    peer_rig_close(r);
}

Test(router, no_route_is_net_unreachable)
{
    struct peer_rig *r = peer_rig_open(GATEWAY);
    uint8_t f[100];
    uint32_t len = packet(f, BEYOND, 9, 0, NULL, 0, 40);
    cr_assert_eq(peer_rig_give(r, f, len), 1);
    expect_error(r, 0, 3, 0, 0, f, len);
    peer_rig_close(r);
}

Test(router, silent_neighbour_is_host_unreachable)
{
    struct peer_rig *r = peer_rig_open(GATEWAY "no-redirect, route 10.9.0.0/16 via 10.0.2.9");
    uint8_t f[100];
    uint32_t len = packet(f, BEYOND, 9, 0, NULL, 0, 40);
    cr_assert_eq(peer_rig_give(r, f, len), 1, "an ARP request");
    peer_rig_run(r, 2998000000);
    cr_assert_eq(r->frames, 1);
    peer_rig_run(r, 2000000);
    cr_assert_eq(r->frames, 2);
    cr_assert_eq(r->seen[1].time_ns, 3000000000);
    expect_error(r, 1, 3, 1, 0, f, len);
    introduce(r);
    cr_assert_eq(r->frames, 0, "the packet is gone");
    peer_rig_close(r);
}

Test(router, same_link_is_redirected)
{
    struct peer_rig *r = peer_rig_open(GATEWAY "route 10.9.0.0/16 via 10.0.2.9");
    uint8_t f[100];
    introduce(r);
    uint32_t len = packet(f, BEYOND, 9, 0, NULL, 0, 40);
    cr_assert_eq(peer_rig_give(r, f, len), 2);
    expect_error(r, 0, 5, 1, NEXT, f, len);
    cr_assert_arr_eq(r->seen[1].bytes, next_mac, 6);
    const uint8_t lsrr[4] = {131, 3, 4, 0};
    len = packet(f, BEYOND, 9, 0, lsrr, 4, 44);
    cr_assert_eq(peer_rig_give(r, f, len), 1, "a source route is not redirected");
    peer_rig_close(r);
}

Test(router, df_and_too_long_is_fragmentation_needed)
{
    struct peer_rig *r = peer_rig_open(GATEWAY "no-redirect, route 10.9.0.0/16 via 10.0.2.9");
    uint8_t f[1600];
    introduce(r);
    cr_assert_eq(peer_rig_call(r, "mtu(0, 576)"), 0);
    uint32_t len = packet(f, BEYOND, 9, DF, NULL, 0, 577);
    cr_assert_eq(peer_rig_give(r, f, len), 1);
    expect_error(r, 0, 3, 4, 576, f, len);
    len = packet(f, BEYOND, 9, DF, NULL, 0, 576);
    cr_assert_eq(peer_rig_give(r, f, len), 1);
    cr_assert_arr_eq(r->seen[1].bytes, next_mac, 6);
    cr_assert_eq(peer_rig_call(r, "blackhole(1)"), 0);
    len = packet(f, BEYOND, 9, DF, NULL, 0, 577);
    cr_assert_eq(peer_rig_give(r, f, len), 0);
    peer_rig_close(r);
}

/* RFC 791's example of fragments, with one option that is copied and one that is not. */
Test(router, fragments_hold_every_byte)
{
    struct peer_rig *r = peer_rig_open(GATEWAY "no-redirect, route 10.9.0.0/16 via 10.0.2.9");
    const uint8_t options[12] = {0x07, 7, 4,    0,    0, 0, 0,
                                 0x88, 4, 0x12, 0x34, 0}; /* record route; stream identifier */
    uint8_t f[1600], whole[1600] = {0};
    introduce(r);
    cr_assert_eq(peer_rig_call(r, "mtu(0, 280)"), 0);
    uint32_t len = packet(f, BEYOND, 9, 0, options, 12, 700);
    cr_assert_eq(peer_rig_give(r, f, len), 3);
    uint32_t at = 0;
    for (int k = 0; k < 3; k++) {
        const uint8_t *b = r->seen[k].bytes;
        uint32_t header = (b[14] & 15u) * 4, total = get16(b + 16), field = get16(b + 20);
        cr_assert_eq(header, k ? 24 : 32);
        cr_assert_leq(total, 280);
        cr_assert_eq(sum16(b + 14, header, 0), 0);
        cr_assert_eq(get16(b + 18), 0x1234);
        cr_assert_eq((field & 0x1fff) * 8, at);
        cr_assert_eq((field & MF) != 0, k < 2);
        if (k)
            cr_assert_arr_eq(b + 34, options + 7, 4, "only the copied option");
        memcpy(whole + at, b + 14 + header, total - header);
        at += total - header;
    }
    cr_assert_eq(at, 668);
    cr_assert_arr_eq(whole, f + 46, 668);
    cr_assert_eq(peer_rig_number(r, "fragments"), 3);
    peer_rig_close(r);
}

Test(router, fragment_of_a_fragment_keeps_its_place)
{
    struct peer_rig *r = peer_rig_open(GATEWAY "no-redirect, route 10.9.0.0/16 via 10.0.2.9");
    uint8_t f[1600];
    introduce(r);
    peer_rig_call(r, "mtu(0, 100)");
    uint32_t len = packet(f, BEYOND, 9, MF | 10, NULL, 0, 116);
    cr_assert_eq(peer_rig_give(r, f, len), 2);
    cr_assert_eq(get16(r->seen[0].bytes + 20), MF | 10);
    cr_assert_eq(get16(r->seen[1].bytes + 20), MF | 20);
    peer_rig_close(r);
}

Test(router, errors_about_what_forbids_them_are_not_sent)
{
    struct peer_rig *r = peer_rig_open(GATEWAY);
    uint8_t f[200];
    uint32_t len = packet(f, BEYOND, 9, 1, NULL, 0, 60);
    cr_assert_eq(peer_rig_give(r, f, len), 0, "a fragment but the first");
    len = packet(f, BEYOND, 9, 0, NULL, 0, 60);
    memset(f, 0xff, 6);
    cr_assert_eq(peer_rig_give(r, f, len), 0, "a broadcast frame");
    len = packet(f, 0xe0000005, 9, 0, NULL, 0, 60);
    cr_assert_eq(peer_rig_give(r, f, len), 0, "a group");
    len = packet(f, BEYOND, 9, 0, NULL, 0, 60);
    put32(f + 26, 0);
    put16(f + 24, 0);
    put16(f + 24, sum16(f + 14, 20, 0));
    cr_assert_eq(peer_rig_give(r, f, len), 0, "from nobody");
    for (uint32_t type = 0; type < 20; type++) {
        bool error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
        len = packet(f, BEYOND, 9, 0, NULL, 0, 60);
        f[23] = 1;
        f[34] = (uint8_t)type;
        put16(f + 24, 0);
        put16(f + 24, sum16(f + 14, 20, 0));
        cr_assert_eq(peer_rig_give(r, f, len), error ? 0 : 1, "ICMP type %u", type);
        r->frames = 0;
    }
    peer_rig_close(r);
}

/* Four routers and a host: which of them speaks follows from the TTL; on the way back it is one
 * less for each router passed. */
Test(router, path_answers_by_ttl)
{
    struct peer_rig *r =
        peer_rig_open(GATEWAY "hop 10.4.0.1 10.4.1.1 10.4.2.1 far 10.5.0.0/16 silent 2");
    const uint32_t speaker[] = {0x0a000202, 0x0a040001, 0, 0x0a040201, 0x0a050009};
    const uint32_t type[] = {11, 11, 0, 11, 3};
    uint8_t f[100];
    for (uint32_t ttl = 1; ttl <= 5; ttl++) {
        uint32_t len = packet(f, 0x0a050009, ttl, 0, NULL, 0, 48);
        r->frames = 0;
        cr_assert_eq(peer_rig_give(r, f, len), speaker[ttl - 1] != 0, "ttl %u", ttl);
        if (!r->frames)
            continue;
        const uint8_t *b = r->seen[0].bytes;
        cr_assert_eq(get32(b + 26), speaker[ttl - 1]);
        cr_assert_eq(b[22], 64 - (ttl - 1), "ttl %u came back with %u", ttl, b[22]);
        cr_assert_eq(b[34], type[ttl - 1]);
        cr_assert_eq(sum16(b + 14, 20, 0), 0);
        cr_assert_arr_eq(b + 42, f + 14, 28);
    }
    peer_rig_close(r);
}

Test(router, loses_as_told)
{
    struct peer_rig *r = peer_rig_open(GATEWAY "drop-every 3 hop 10.4.0.1 far 10.5.0.0/16");
    uint8_t f[100];
    uint32_t len = packet(f, 0x0a050009, 9, 0, NULL, 0, 48);
    for (int k = 1; k <= 9; k++) {
        r->frames = 0;
        cr_assert_eq(peer_rig_give(r, f, len), k % 3 != 0);
    }
    cr_assert_eq(peer_rig_call(r, "drop(2)"), 0);
    for (int k = 10; k <= 13; k++) {
        r->frames = 0;
        cr_assert_eq(peer_rig_give(r, f, len), k == 13);
    }
    cr_assert_eq(peer_rig_number(r, "dropped"), 6);
    peer_rig_close(r);
}

Test(router, wrong_attributes_get_a_sentence)
{
    static const char *const lines[] = {
        GATEWAY "route 10.9.0.0/16",     GATEWAY "route 10.9.0.0/16 via 10.7.0.1",
        GATEWAY "gateway 10.7.0.1",      GATEWAY "far 12",
        GATEWAY "hop 10.4.0.1 silent 2", GATEWAY "refuse 16 10.9.0.0/16",
        GATEWAY "far-open 70000",
    };
    for (size_t k = 0; k < sizeof lines / sizeof lines[0]; k++) {
        struct why why = {{0}};
        cr_assert_null(peer_rig_try(lines[k], &why), "%s", lines[k]);
        cr_assert(why.text[0]);
    }
}

/* --- the path behind it, and what goes wrong on it --- */

#define PATH GATEWAY "hop 10.4.0.1 10.4.0.2 far 10.5.0.0/16 "

enum { FAR = 0x0a050009 };

/* The error came from this router of the path. */
static void expect_from(const struct peer_rig *r, uint32_t who, uint32_t type, uint32_t code,
                        uint32_t rest)
{
    const uint8_t *b = r->seen[0].bytes;
    cr_assert_eq(r->frames, 1);
    cr_assert_eq(get32(b + 26), who);
    cr_assert_eq(b[34], type);
    cr_assert_eq(b[35], code);
    cr_assert_eq(get32(b + 38), rest);
}

/* RFC 1191 4: the router whose next link is too small says how large it is. */
Test(router, mtu_behind_a_hop)
{
    struct peer_rig *r = peer_rig_open(PATH "hop-mtu 0 576");
    uint8_t f[1000];
    peer_rig_give(r, f, packet(f, FAR, 64, DF, NULL, 0, 577));
    expect_from(r, 0x0a040002, 3, 4, 576);
    r->frames = 0;
    peer_rig_give(r, f, packet(f, FAR, 64, DF, NULL, 0, 576));
    expect_from(r, FAR, 3, 2, 0); /* the host at the end has no protocol 253 */
    peer_rig_close(r);
}

/* One part of a datagram of 48 octets to closed port 9 of a far host: the first 32 octets, or the
 * rest. */
static int give_part(struct peer_rig *r, uint32_t dst, bool first)
{
    uint8_t f[14 + 20 + 32] = {0};
    uint32_t len = first ? 32 : 16;
    packet(f, dst, 64, first ? MF : 4, NULL, 0, 20 + len);
    f[23] = 17;
    memset(f + 34, 0, len);
    if (first) {
        put16(f + 34, 4000);
        put16(f + 36, 9);
        put16(f + 38, 48);
    }
    put16(f + 24, 0);
    put16(f + 24, sum16(f + 14, 20, 0));
    return peer_rig_give(r, f, 34 + len);
}

/* RFC 1122 3.3.2: datagrams whose fragments come mixed are put together, each by its host; the
 * error quotes the whole (3.2.2: of a fragment other than the first none is sent). */
Test(router, far_hosts_reassemble)
{
    struct peer_rig *r = peer_rig_open(PATH);
    for (uint32_t k = 0; k < 4; k++)
        cr_assert_eq(give_part(r, 0x0a050001 + k, k % 2), 0);
    for (uint32_t k = 0; k < 4; k++)
        cr_assert_eq(give_part(r, 0x0a050001 + k, k % 2 == 0), 1);
    for (uint32_t k = 0; k < 4; k++) {
        const uint8_t *b = r->seen[k].bytes;
        cr_assert_eq(get32(b + 26), 0x0a050001 + k);
        cr_assert(b[34] == 3 && b[35] == 3, "port unreachable");
        cr_assert_eq(get16(b + 42 + 2), 68, "the quoted datagram is whole");
        cr_assert_eq(get16(b + 42 + 6), 0);
        cr_assert_eq(sum16(b + 42, 20, 0), 0);
    }
    cr_assert_eq(peer_rig_number(r, "held"), 4);
    cr_assert_eq(peer_rig_number(r, "reassembled"), 4);
    peer_rig_close(r);
}

/* A fifth packet takes the place of the first; one whose fragment zero came is told of, after a
 * minute. */
Test(router, far_hosts_give_up)
{
    struct peer_rig *r = peer_rig_open(PATH);
    for (uint32_t k = 0; k < 5; k++)
        cr_assert_eq(give_part(r, 0x0a050001 + k, k < 4), 0);
    cr_assert_eq(give_part(r, 0x0a050001, false), 0, "the first is forgotten");
    peer_rig_run(r, INT64_C(59000000000));
    cr_assert_eq(r->frames, 0);
    peer_rig_run(r, INT64_C(2000000000));
    cr_assert_eq(r->frames, 2, "3 and 4; 2 was forgotten, of 1 and 5 the rest came alone");
    for (int k = 0; k < 2; k++)
        cr_assert(r->seen[k].bytes[34] == 11 && r->seen[k].bytes[35] == 1);
    cr_assert_eq(peer_rig_number(r, "timed-out"), 4);
    peer_rig_close(r);
}

Test(router, far_hosts_dead)
{
    struct peer_rig *r = peer_rig_open(PATH "far-dead");
    uint8_t f[100];
    cr_assert_eq(peer_rig_give(r, f, packet(f, FAR, 64, 0, NULL, 0, 60)), 0);
    cr_assert_eq(peer_rig_give(r, f, packet(f, FAR, 2, 0, NULL, 0, 60)), 1,
                 "the routers before it live");
    expect_from(r, 0x0a040001, 11, 0, 0);
    peer_rig_close(r);
}

Test(router, quote_as_short_as_told)
{
    struct peer_rig *r = peer_rig_open(GATEWAY "quote 8, route 10.9.0.0/16 via 10.0.2.9");
    uint8_t f[100];
    peer_rig_give(r, f, packet(f, BEYOND, 1, 0, NULL, 0, 60));
    expect_from(r, RIG_SERVER, 11, 0, 0);
    cr_assert_eq(get16(r->seen[0].bytes + 16), 20 + 8 + 20 + 8);
    peer_rig_close(r);
}

Test(router, loses_what_it_is_told_to)
{
    struct peer_rig *r = peer_rig_open(GATEWAY "loss 1000000, route 10.9.0.0/16 via 10.0.2.9");
    uint8_t f[100];
    introduce(r);
    for (int k = 0; k < 20; k++)
        cr_assert_eq(peer_rig_give(r, f, packet(f, BEYOND, 64, 0, NULL, 0, 60)), 0);
    peer_rig_close(r);
}

/* RFC 1812 5.2.7.2: host unreachable, when it has not answered for so long. */
Test(router, next_hop_that_does_not_answer_arp)
{
    struct peer_rig *r =
        peer_rig_open(GATEWAY "no-redirect, arp-timeout 500ms, route 10.9.0.0/16 via 10.0.2.9");
    uint8_t f[100];
    uint32_t len = packet(f, BEYOND, 64, 0, NULL, 0, 60);
    peer_rig_give(r, f, len);
    peer_rig_run(r, INT64_C(498) * 1000 * 1000);
    for (int k = 0; k < r->frames; k++)
        cr_assert_eq(get16(r->seen[k].bytes + 12), 0x0806, "it only asks, for now");
    r->frames = 0;
    peer_rig_run(r, INT64_C(2) * 1000 * 1000);
    expect_error(r, 0, 3, 1, 0, f, len);
    peer_rig_close(r);
}

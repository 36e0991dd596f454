/* The DHCP server's answers, byte by byte against RFC 2131 and 2132, and each of its lies. */
#include <criterion/criterion.h>
#include <string.h>
#include "tests/hosts/peer_rig.h"

#define SERVER    "host dhcp-server srv ip 10.0.2.2/24 pool 10.0.2.15 10.0.2.16 "
#define EVERYBODY 0xffffffffu
#define LONG      "0123456789012345678901234567890123456789012345678901234567890123"

enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM, XID = 0x12345678 };

struct from_client {
    uint8_t type;
    uint16_t flags;
    uint32_t ciaddr, requested, server, giaddr;
    const uint8_t *mac;
    bool unicast;
};

static uint32_t put_address(uint8_t *p, uint8_t code, uint32_t address)
{
    if (!address)
        return 0;
    p[0] = code;
    p[1] = 4;
    put32(p + 2, address);
    return 6;
}

static int say(struct peer_rig *r, const struct from_client *c)
{
    static const uint8_t head[8] = {1,        1, 6, 0, XID >> 24, XID >> 16 & 255, XID >> 8 & 255,
                                    XID & 255};
    uint8_t m[300] = {0};
    uint32_t at = 240;
    memcpy(m, head, 8);
    put16(m + 10, c->flags);
    put32(m + 12, c->ciaddr);
    put32(m + 24, c->giaddr);
    memcpy(m + 28, c->mac ? c->mac : rig_client, 6);
    put32(m + 236, 0x63825363);
    m[at++] = 53;
    m[at++] = 1;
    m[at++] = c->type;
    at += put_address(m + at, 50, c->requested);
    at += put_address(m + at, 54, c->server);
    m[at] = 255;
    return peer_rig_udp(r, c->ciaddr, c->unicast ? RIG_SERVER : EVERYBODY, 68, 67, m, sizeof m);
}

static int discover(struct peer_rig *r)
{
    return say(r, &(struct from_client){.type = DISCOVER});
}

static int request(struct peer_rig *r, uint32_t address)
{
    return say(r,
               &(struct from_client){.type = REQUEST, .requested = address, .server = RIG_SERVER});
}

/* --- the last frame --- */

static const uint8_t *last(const struct peer_rig *r, uint32_t *len)
{
    return peer_rig_payload(r, r->frames - 1, len);
}

static const uint8_t *find(const uint8_t *p, uint32_t at, uint32_t len, uint8_t code)
{
    while (at + 1 < len && p[at] != 255) {
        if (p[at] == code)
            return p + at;
        at += p[at] ? 2u + p[at + 1] : 1;
    }
    return NULL;
}

static const uint8_t *option(const struct peer_rig *r, uint8_t code)
{
    uint32_t len;
    const uint8_t *p = last(r, &len);
    return find(p, 240, len, code);
}

static uint8_t type_of(const struct peer_rig *r)
{
    const uint8_t *o = option(r, 53);
    return o && o[1] == 1 ? o[2] : 0;
}

static uint32_t yiaddr(const struct peer_rig *r)
{
    uint32_t len;
    return get32(last(r, &len) + 16);
}

/* RFC 2131 figure 1 and table 3, RFC 2132 3.3, 3.5, 3.8, 3.17, 9.2, 9.6, 9.7, 9.11. */
Test(peer_dhcp, offer_is_what_the_rfc_draws)
{
    struct peer_rig *r = peer_rig_open(
        SERVER "lease 1h t1 600 router 10.0.2.2 10.0.2.3 dns 10.0.2.4 domain \"a.test\"");
    static const uint8_t options[] = {
        0x63, 0x82, 0x53, 0x63, 53,   1,  2, 54,  4,   10,   0,    2,   2,   51,
        4,    0,    0,    0x0e, 0x10, 58, 4, 0,   0,   0x02, 0x58, 1,   4,   255,
        255,  255,  0,    3,    8,    10, 0, 2,   2,   10,   0,    2,   3,   6,
        4,    10,   0,    2,    4,    15, 6, 'a', '.', 't',  'e',  's', 't', 255,
    };
    uint8_t expected[300] = {2, 1, 6, 0, 0x12, 0x34, 0x56, 0x78};
    uint32_t len;
    put32(expected + 16, RIG_CLIENT);
    memcpy(expected + 28, rig_client, 6);
    memcpy(expected + 236, options, sizeof options);
    cr_assert_eq(discover(r), 1);
    const uint8_t *p = last(r, &len);
    cr_assert_eq(len, 300);
    cr_assert_arr_eq(p, expected, 300);
    const uint8_t *f = r->seen[0].bytes;
    cr_assert_arr_eq(f, rig_client, 6);
    cr_assert_eq(get32(f + 26), RIG_SERVER);
    cr_assert_eq(get32(f + 30), RIG_CLIENT);
    cr_assert_eq(get16(f + 34), 67);
    cr_assert_eq(get16(f + 36), 68);
    peer_rig_close(r);
}

/* Figure 1: siaddr is the server of the next step of a boot, file its file. */
Test(peer_dhcp, a_boot_is_in_siaddr_and_file)
{
    struct peer_rig *r = peer_rig_open(SERVER "next-server 10.0.2.5 boot-file \"a.img\"");
    uint32_t len;
    cr_assert_eq(discover(r), 1);
    const uint8_t *p = last(r, &len);
    cr_assert_eq(get32(p + 20), 0x0a000205);
    cr_assert_str_eq((const char *)p + 108, "a.img");
    cr_assert_eq(request(r, RIG_CLIENT), 1);
    p = last(r, &len);
    cr_assert_eq(get32(p + 20), 0x0a000205);
    cr_assert_str_eq((const char *)p + 108, "a.img");
    peer_rig_close(r);
}

/* 4.1: the flag asks for a broadcast; with giaddr the answer goes to the relay's port 67. */
Test(peer_dhcp, replies_go_where_the_flags_say)
{
    struct peer_rig *r = peer_rig_open(SERVER);
    cr_assert_eq(say(r, &(struct from_client){.type = DISCOVER, .flags = 0x8000}), 1);
    const uint8_t *f = r->seen[0].bytes;
    cr_assert_eq(get32(f + 30), EVERYBODY);
    cr_assert(f[0] == 0xff && f[5] == 0xff);
    cr_assert_eq(get16(f + 42 + 10), 0x8000);
    cr_assert_eq(say(r, &(struct from_client){.type = DISCOVER, .giaddr = 0x0a000263}), 1);
    cr_assert_eq(get16(r->seen[1].bytes + 12), 0x0806, "the relay is asked for");
    peer_rig_close(r);
}

Test(peer_dhcp, request_is_acknowledged_and_remembered)
{
    struct peer_rig *r = peer_rig_open(SERVER "lease 1h");
    discover(r);
    cr_assert(peer_rig_says(r, "binding 10.0.2.15", "offered"));
    cr_assert_eq(request(r, RIG_CLIENT), 1);
    cr_assert_eq(type_of(r), ACK);
    cr_assert_eq(yiaddr(r), RIG_CLIENT);
    cr_assert_eq(peer_rig_number(r, "leases"), 1);
    cr_assert_eq(peer_rig_number(r, "acks"), 1);
    cr_assert(peer_rig_says(r, "last-state", "selecting"));
    cr_assert(peer_rig_says(r, "binding 10.0.2.15", "leased"));
    static const uint8_t second[6] = {2, 0, 0, 0, 0, 2}, third[6] = {2, 0, 0, 0, 0, 3};
    say(r, &(struct from_client){.type = DISCOVER, .mac = second});
    cr_assert_eq(yiaddr(r), RIG_CLIENT + 1, "another client, another address");
    cr_assert_eq(say(r, &(struct from_client){.type = DISCOVER, .mac = third}), 0,
                 "the pool is empty");
    peer_rig_run(r, INT64_C(3600000000000));
    cr_assert(peer_rig_says(r, "binding 10.0.2.15", "expired"));
    cr_assert_eq(peer_rig_number(r, "leases"), 0);
    discover(r);
    cr_assert_eq(yiaddr(r), RIG_CLIENT, "its previous address");
    cr_assert_eq(peer_rig_number(r, "violations"), 0);
    peer_rig_close(r);
}

/* 4.3.2: a wrong address is refused by broadcast, with nothing in it but type and server. */
Test(peer_dhcp, wrong_request_is_refused)
{
    struct peer_rig *r = peer_rig_open(SERVER);
    discover(r);
    cr_assert_eq(request(r, RIG_CLIENT + 40), 1);
    static const uint8_t options[] = {53, 1, 6, 54, 4, 10, 0, 2, 2, 255};
    uint32_t len;
    const uint8_t *p = last(r, &len);
    cr_assert_arr_eq(p + 240, options, sizeof options);
    cr_assert_eq(get32(p + 12), 0);
    cr_assert_eq(get32(p + 16), 0);
    cr_assert_eq(get32(r->seen[1].bytes + 30), EVERYBODY);
    peer_rig_close(r);
}

Test(peer_dhcp, request_for_another_server_frees_the_offer)
{
    struct peer_rig *r = peer_rig_open(SERVER);
    discover(r);
    cr_assert_eq(
        say(r,
            &(struct from_client){.type = REQUEST, .requested = 0x0a000220, .server = 0x0a000263}),
        0);
    cr_assert(peer_rig_says(r, "binding 10.0.2.15", "free"));
    peer_rig_close(r);
}

/* 4.3.2, INIT-REBOOT: silence without a record, NAK for the wrong network or address, else ACK. */
Test(peer_dhcp, init_reboot)
{
    struct peer_rig *r = peer_rig_open(SERVER);
    struct from_client c = {.type = REQUEST, .requested = RIG_CLIENT};
    cr_assert_eq(say(r, &c), 0, "no record");
    cr_assert(peer_rig_says(r, "last-state", "init-reboot"));
    c.requested = 0xc0a80105;
    cr_assert_eq(say(r, &c), 1);
    cr_assert_eq(type_of(r), NAK, "wrong network");
    discover(r);
    request(r, RIG_CLIENT);
    c.requested = RIG_CLIENT + 1;
    say(r, &c);
    cr_assert_eq(type_of(r), NAK, "another address");
    c.requested = RIG_CLIENT;
    say(r, &c);
    cr_assert_eq(type_of(r), ACK);
    peer_rig_close(r);
}

/* 4.3.2, RENEWING by unicast and REBINDING by broadcast: ciaddr says which; the ACK goes to it and
 * repeats it. */
Test(peer_dhcp, renewing_and_rebinding)
{
    struct peer_rig *r = peer_rig_open(SERVER);
    struct from_client renew = {.type = REQUEST, .ciaddr = RIG_CLIENT, .unicast = true};
    struct from_client rebind = {.type = REQUEST, .ciaddr = RIG_CLIENT};
    cr_assert_eq(say(r, &rebind), 0, "REBINDING, no record");
    cr_assert_eq(say(r, &renew), 1);
    cr_assert_eq(type_of(r), NAK, "RENEWING, no record");
    discover(r);
    request(r, RIG_CLIENT);
    uint32_t len;
    cr_assert_eq(say(r, &renew), 1);
    cr_assert_eq(type_of(r), ACK);
    cr_assert_eq(get32(last(r, &len) + 12), RIG_CLIENT);
    cr_assert(peer_rig_says(r, "last-state", "renewing"));
    cr_assert_eq(say(r, &rebind), 1);
    cr_assert_eq(type_of(r), ACK);
    cr_assert(peer_rig_says(r, "last-state", "rebinding"));
    cr_assert_eq(peer_rig_number(r, "violations"), 0);
    peer_rig_close(r);
}

Test(peer_dhcp, decline_release_inform)
{
    struct peer_rig *r = peer_rig_open(SERVER);
    discover(r);
    request(r, RIG_CLIENT);
    cr_assert_eq(
        say(r,
            &(struct from_client){.type = DECLINE, .requested = RIG_CLIENT, .server = RIG_SERVER}),
        0);
    cr_assert(peer_rig_says(r, "binding 10.0.2.15", "declined"));
    discover(r);
    cr_assert_eq(yiaddr(r), RIG_CLIENT + 1, "the declined address is not offered again");
    request(r, RIG_CLIENT + 1);
    cr_assert_eq(say(r, &(struct from_client){.type = RELEASE,
                                              .ciaddr = RIG_CLIENT + 1,
                                              .server = RIG_SERVER,
                                              .unicast = true}),
                 0);
    cr_assert(peer_rig_says(r, "binding 10.0.2.16", "released"));
    cr_assert_eq(say(r, &(struct from_client){.type = INFORM, .ciaddr = 0x0a000232}), 1);
    cr_assert_eq(type_of(r), ACK);
    cr_assert_eq(yiaddr(r), 0);
    cr_assert_null(option(r, 51), "4.3.5: no lease time");
    cr_assert_not_null(option(r, 1));
    cr_assert_eq(peer_rig_number(r, "declines") + peer_rig_number(r, "releases") +
                     peer_rig_number(r, "informs"),
                 3);
    cr_assert_eq(peer_rig_number(r, "violations"), 0);
    peer_rig_close(r);
}

Test(peer_dhcp, reservations_and_options_of_the_script)
{
    struct peer_rig *r =
        peer_rig_open(SERVER "reserve 52:54:00:12:34:56 10.0.2.77 option 121 "
                             "\"\\x18\\x0a\\x01\\x02\\x0a\\0\\x02\\x01\" option 1 \"\\xff\\0\"");
    static const uint8_t routes[] = {121, 8, 0x18, 10, 1, 2, 10, 0, 2, 1}, mask[] = {1, 2, 0xff, 0};
    discover(r);
    cr_assert_eq(yiaddr(r), 0x0a00024d);
    cr_assert_arr_eq(option(r, 121), routes, sizeof routes);
    cr_assert_arr_eq(option(r, 1), mask, sizeof mask);
    peer_rig_close(r);
}

Test(peer_dhcp, violations_are_counted)
{
    struct peer_rig *r = peer_rig_open(SERVER);
    say(r, &(struct from_client){.type = DISCOVER, .server = RIG_SERVER});
    cr_assert(peer_rig_says(r, "last-violation", "DISCOVER with a server identifier"));
    say(r, &(struct from_client){.type = REQUEST, .server = RIG_SERVER});
    cr_assert(peer_rig_says(r, "last-violation",
                            "a SELECTING client's REQUEST without requested address"));
    cr_assert_eq(peer_rig_number(r, "violations"), 2);
    uint8_t junk[300] = {1, 1, 6};
    cr_assert_eq(peer_rig_udp(r, 0, EVERYBODY, 68, 67, junk, 300), 0);
    cr_assert(peer_rig_says(r, "last-ignored", "no magic cookie"));
    cr_assert_eq(peer_rig_udp(r, 0, EVERYBODY, 68, 67, junk, 100), 0);
    cr_assert(peer_rig_says(r, "last-ignored", "shorter than its fixed part"));
    peer_rig_close(r);
}

Test(peer_dhcp, calls)
{
    struct peer_rig *r = peer_rig_open(SERVER);
    discover(r);
    request(r, RIG_CLIENT);
    int before = r->frames;
    cr_assert_eq(peer_rig_call(r, "again()"), 0);
    cr_assert_eq(r->frames, before + 1);
    cr_assert_eq(type_of(r), ACK);
    cr_assert_eq(peer_rig_call(r, "send(\"ack\", \"10.0.2.99\")"), 0);
    cr_assert_eq(yiaddr(r), 0x0a000263);
    cr_assert_eq(peer_rig_call(r, "forget(\"10.0.2.15\")"), 0);
    cr_assert(peer_rig_says(r, "binding 10.0.2.15", "free"));
    cr_assert_eq(peer_rig_call(r, "take(\"10.0.2.15\")"), 0);
    discover(r);
    cr_assert_eq(yiaddr(r), RIG_CLIENT + 1);
    cr_assert_eq(peer_rig_call(r, "lease(7)"), 0);
    discover(r);
    cr_assert_eq(get32(option(r, 51) + 2), 7);
    cr_assert_eq(peer_rig_call(r, "silent(1, \"discover\")"), 0);
    cr_assert_eq(discover(r), 0);
    cr_assert_eq(discover(r), 1);
    cr_assert_eq(peer_rig_call(r, "silent()"), 0);
    cr_assert_eq(discover(r), 0);
    cr_assert_eq(peer_rig_call(r, "silent(0)"), 0);
    cr_assert_eq(discover(r), 1);
    cr_assert_eq(peer_rig_call(r, "nonsense()"), -1);
    cr_assert_eq(peer_rig_call(r, "silent(\"banana\")"), -1);
    peer_rig_close(r);
}

Test(peer_dhcp, wrong_attributes_are_refused)
{
    static const char *const wrong[][2] = {
        {"host dhcp-server srv pool 10.0.2.15",
         "a DHCP server needs an address of its own: ip 10.0.2.2/24"},
        {SERVER "reserve 10.0.2.3",
         "reserve wants a MAC and an address: reserve 52:54:00:12:34:56 10.0.2.15"},
        {SERVER "wrong-xid 10.0.2.3", "wrong-xid: what does 10.0.2.3 mean? how often (a number) "
                                      "and the kind of message (a string) may stand there"},
        {SERVER "boot-file \"" LONG LONG "\"", "boot-file has at most 127 octets"},
    };
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        struct why why = {{0}};
        cr_assert_null(peer_rig_try(wrong[k][0], &why));
        cr_assert_str_eq(why.text, wrong[k][1]);
    }
}

/* --- lies --- */

struct lie {
    const char *attribute;
    uint32_t at, len; /* where the OFFER differs from the honest one: payload octets */
    uint8_t bytes[16];
    uint32_t whole; /* the message's length; 0: 300 */
};

/* An honest OFFER: cookie at 236, 53 at 240, 54 at 243, 51 at 249, mask at 255, END at 261. */
Test(peer_dhcp, each_lie_does_what_it_says)
{
    static const struct lie lies[] = {
        {"wrong-op", 0, 1, {1}, 0},
        {"htype 7", 1, 1, {7}, 0},
        {"hlen 16", 2, 1, {16}, 0},
        {"wrong-xid", 4, 4, {0x12, 0x34, 0x56, 0x79}, 0},
        {"wrong-chaddr", 28, 6, {0x52, 0x54, 0, 0x12, 0x34, 0x57}, 0},
        {"yiaddr 255.255.255.255", 16, 4, {255, 255, 255, 255}, 0},
        {"yiaddr 10.0.2.2 1 \"offer\"", 16, 4, {10, 0, 2, 2}, 0},
        {"type 13", 240, 3, {53, 1, 13}, 0},
        {"no-type", 240, 2, {54, 4}, 0},
        {"wrong-server-id", 243, 6, {54, 4, 10, 0, 2, 3}, 0},
        {"no-server-id", 243, 2, {51, 4}, 0},
        {"short-server-id", 243, 7, {54, 3, 10, 0, 2, 51, 4}, 0},
        {"no-lease", 249, 2, {1, 4}, 0},
        {"zero-lease", 249, 6, {51, 4, 0, 0, 0, 0}, 0},
        {"short-lease", 249, 5, {51, 2, 0, 0, 1}, 0},
        {"t1-after-t2", 261, 13, {58, 4, 0, 0, 0x0a, 0x8c, 59, 4, 0, 0, 0x07, 0x08, 255}, 0},
        {"t2-after-lease", 261, 7, {59, 4, 0, 0, 0x1c, 0x20, 255}, 0},
        {"wrong-client-id", 261, 10, {61, 7, 1, 2, 0, 0, 0, 0, 0x77, 255}, 0},
        {"no-cookie", 236, 3, {53, 1, 2}, 0},
        {"wrong-cookie", 236, 4, {0x63, 0x82, 0x53, 0x62}, 0},
        {"no-end", 255, 6, {1, 4, 255, 255, 255, 0}, 261},
        {"option-past-end", 261, 5, {15, 200, 'e', 'n', 'd'}, 266},
        {"option-cut", 261, 1, {15}, 262},
        {"overload 1", 108, 7, {1, 4, 255, 255, 255, 0, 255}, 0},
        {"overload 1", 255, 4, {52, 1, 1, 255}, 0},
        {"overload 2", 44, 7, {1, 4, 255, 255, 255, 0, 255}, 0},
        {"overload 3", 108, 7, {1, 4, 255, 255, 255, 0, 255}, 0},
        {"overload 3", 44, 1, {255}, 0},
        {"overload 4", 261, 4, {52, 1, 4, 255}, 0},
        {"split 54", 243, 8, {54, 2, 10, 0, 54, 2, 2, 2}, 0},
        {"length 241", 240, 1, {53}, 241},
        {"length 548", 299, 2, {0, 0}, 548},
    };
    for (size_t k = 0; k < sizeof lies / sizeof lies[0]; k++) {
        char line[256];
        uint32_t len;
        snprintf(line, sizeof line, SERVER "%s", lies[k].attribute);
        struct peer_rig *r = peer_rig_open(line);
        cr_assert_eq(discover(r), 1, "%s", line);
        const uint8_t *p = last(r, &len);
        cr_assert_eq(len, lies[k].whole ? lies[k].whole : 300, "%s: %u octets", line, len);
        cr_assert_arr_eq(p + lies[k].at, lies[k].bytes, lies[k].len, "%s", line);
        peer_rig_close(r);
    }
}

Test(peer_dhcp, lies_about_delivery)
{
    struct peer_rig *r = peer_rig_open(SERVER "duplicate 2 1 delay 3s 1");
    cr_assert_eq(discover(r), 0);
    peer_rig_run(r, INT64_C(3000000000));
    cr_assert_eq(r->frames, 3);
    cr_assert_eq(r->seen[0].time_ns, INT64_C(3000000000));
    cr_assert_eq(peer_rig_number(r, "offers"), 3);
    peer_rig_close(r);
    r = peer_rig_open(SERVER "to-port 69 from-port 1067 from 10.0.2.99 broadcast 1");
    discover(r);
    const uint8_t *f = r->seen[0].bytes;
    cr_assert_eq(get32(f + 26), 0x0a000263);
    cr_assert_eq(get32(f + 30), EVERYBODY);
    cr_assert_eq(get16(f + 34), 1067);
    cr_assert_eq(get16(f + 36), 69);
    discover(r);
    cr_assert_eq(get32(r->seen[1].bytes + 30), RIG_CLIENT);
    peer_rig_close(r);
    r = peer_rig_open(SERVER "unicast 1");
    say(r, &(struct from_client){.type = DISCOVER, .flags = 0x8000});
    cr_assert_eq(get32(r->seen[0].bytes + 30), RIG_CLIENT);
    peer_rig_close(r);
}

Test(peer_dhcp, lies_about_the_exchange)
{
    struct peer_rig *r = peer_rig_open(SERVER "nak 1 silent 1 \"request\"");
    discover(r);
    cr_assert_eq(request(r, RIG_CLIENT), 0);
    cr_assert_eq(request(r, RIG_CLIENT), 1);
    cr_assert_eq(type_of(r), NAK);
    request(r, RIG_CLIENT);
    cr_assert_eq(type_of(r), ACK);
    peer_rig_close(r);
    r = peer_rig_open(SERVER "rapid-ack 1 no-server-id \"ack\"");
    discover(r);
    cr_assert_eq(type_of(r), ACK);
    cr_assert_null(option(r, 54));
    discover(r);
    cr_assert_eq(type_of(r), OFFER);
    cr_assert_not_null(option(r, 54), "only in the ACK");
    peer_rig_close(r);
}

/* RFC 2132 5.1: two octets. */
Test(peer_dhcp, mtu_option)
{
    struct peer_rig *r = peer_rig_open(SERVER "mtu-option 576");
    cr_assert_eq(discover(r), 1);
    const uint8_t *o = option(r, 26);
    cr_assert_not_null(o);
    cr_assert(o[1] == 2 && get16(o + 2) == 576);
    peer_rig_close(r);
}

/* RFC 6842 3: what the client sent comes back; RFC 2131 table 3 had forbidden it, which is what a
 * server does unless told. */
Test(peer_dhcp, client_id_comes_back)
{
    static const uint8_t head[8] = {1, 1, 6, 0, 1, 2, 3, 4},
                         options[] = {53, 1, DISCOVER, 61, 3, 0, 'm', 'e', 255};
    uint8_t m[300] = {0};
    memcpy(m, head, 8);
    memcpy(m + 28, rig_client, 6);
    put32(m + 236, 0x63825363);
    memcpy(m + 240, options, sizeof options);
    for (int echo = 0; echo < 2; echo++) {
        struct peer_rig *r = peer_rig_open(echo ? SERVER "echo-client-id" : SERVER);
        cr_assert_eq(peer_rig_udp(r, 0, EVERYBODY, 68, 67, m, sizeof m), 1);
        const uint8_t *o = option(r, 61);
        cr_assert_eq(o != NULL, echo);
        cr_assert(!o || memcmp(o, options + 3, 5) == 0);
        peer_rig_close(r);
    }
}

/* RFC 3046 2.2: the whole of option 82 comes back in all replies, as the last option, to the relay.
 */
Test(peer_dhcp, relay_agent_information_comes_back)
{
    static const uint8_t head[8] = {1, 1, 6, 0, 1, 2, 3, 4},
                         information[] = {82, 9, 1, 3, 'l', 'a', 'n', 2, 2, 0, 0xff},
                         replies[] = {OFFER, NAK};
    static const uint8_t asked[] = {DISCOVER, REQUEST};
    for (int k = 0; k < 2; k++) {
        struct peer_rig *r = peer_rig_open(SERVER "authoritative, domain \"example.test\"");
        uint8_t m[300] = {0};
        uint32_t at = 240, len;
        memcpy(m, head, 8);
        put32(m + 24, RIG_CLIENT); /* giaddr: the client stands for the relay */
        memcpy(m + 28, rig_client, 6);
        put32(m + 236, 0x63825363);
        memcpy(m + at, (uint8_t[]){53, 1, asked[k]}, 3);
        at += 3 + put_address(m + at + 3, 50, k ? 0x0a00021f : 0);
        memcpy(m + at, information, sizeof information);
        m[at + sizeof information] = 255;
        peer_rig_udp(r, RIG_CLIENT, RIG_SERVER, 67, 67, m, sizeof m);
        cr_assert_eq(r->frames, 1);
        cr_assert_eq(type_of(r), replies[k]);
        const uint8_t *o = option(r, 82), *p = last(r, &len);
        cr_assert_not_null(o);
        cr_assert_arr_eq(o, information, sizeof information);
        cr_assert_eq(o[sizeof information], 255, "the last option");
        cr_assert_eq(get32(p + 24), RIG_CLIENT);
        peer_rig_close(r);
    }
}

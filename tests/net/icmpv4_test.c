#include <criterion/criterion.h>
#include <string.h>
#include "stack/core/neighbour.h"
#include "stack/net/ip.h"
#include "stack/transport/raw.h"
#include "tests/core/rig.h"

enum { IP_AT = 14, ICMP_AT = 34 };

static struct rig *open_with_peer(void)
{
    struct rig *r = rig_full();
    struct ip_addr peer = addr_ipv4(RIG_PEER), gateway = addr_ipv4(RIG_PEER + 1),
                   any = addr_ipv4(0);
    const uint8_t gateway_mac[6] = {2, 0, 0, 0, 0, 1};
    cr_assert_eq(neighbour_add(r->nif, &peer, rig_peer, 0), 0);
    cr_assert_eq(neighbour_add(r->nif, &gateway, gateway_mac, 0), 0);
    cr_assert_eq(route_add(r->s, &any, 0, &gateway, NULL), 0);
    return r;
}

/* An ICMP message whose first word is type and code; `body` follows the checksum. */
static uint32_t message(uint8_t *out, uint8_t type, uint8_t code, const void *body, uint32_t len)
{
    memset(out, 0, 4);
    out[0] = type;
    out[1] = code;
    memcpy(out + 4, body, len);
    rig_put16(out + 2, rig_sum(out, len + 4));
    return len + 4;
}

static uint32_t echo(uint8_t *frame, const struct rig_ip *ip, uint32_t data_len)
{
    static uint8_t body[2000], icmp[2004];
    for (uint32_t i = 0; i < data_len + 4; i++)
        body[i] = (uint8_t)(i * 7 + 1);
    uint32_t len = message(icmp, 8, 0, body, data_len + 4);
    return rig_ipv4(frame, ip, icmp, len);
}

/* RFC 1122 3.2.2.6: same identifier, sequence and data, from the address that was asked, with the
 * TOS of the request. */
Test(icmpv4, echo_answered_with_all_data)
{
    struct rig *r = open_with_peer();
    const uint32_t sizes[] = {0, 1, 56, 1472};
    uint8_t f[1600];
    for (unsigned i = 0; i < 4; i++) {
        struct rig_ip ip = {.proto = 1, .tos = 0x10, .id = 7, .ttl = 1};
        rig_receive(r, f, echo(f, &ip, sizes[i]));
        cr_assert_eq(r->sent_count, i + 1);
        const uint8_t *out = r->sent[i].bytes;
        uint32_t len = 8 + sizes[i];
        cr_assert_arr_eq(out, rig_peer, 6);
        cr_assert_eq(rig_get16(out + IP_AT + 2), 20 + len);
        cr_assert_eq(out[IP_AT + 1], 0x10);
        cr_assert_eq(out[IP_AT + 8], 64);
        cr_assert_eq(rig_get32(out + IP_AT + 12), RIG_ADDRESS);
        cr_assert_eq(rig_get32(out + IP_AT + 16), RIG_PEER);
        cr_assert_eq(rig_sum(out + IP_AT, 20), 0);
        cr_assert_eq(rig_sum(out + ICMP_AT, len), 0);
        cr_assert_eq(out[ICMP_AT], 0);
        cr_assert_arr_eq(out + ICMP_AT + 4, f + ICMP_AT + 4, len - 4);
    }
    rig_close(r);
}

Test(icmpv4, echo_to_many_or_in_a_broadcast_frame_is_silent)
{
    struct rig *r = open_with_peer();
    uint8_t f[1600];
    struct rig_ip ip = {.proto = 1, .dst = 0x0a0002ff};
    uint32_t n = echo(f, &ip, 8);
    memset(f, 0xff, 6);
    cr_assert_str_eq(r->fate[rig_receive(r, f, n)].reason, "icmpv4.drop.echo_broadcast");
    struct rig_ip unicast = {.proto = 1};
    n = echo(f, &unicast, 8);
    memset(f, 0xff, 6);
    cr_assert_str_eq(r->fate[rig_receive(r, f, n)].reason, "ipv4.drop.link_broadcast");
    cr_assert_eq(r->sent_count, 0);
    rig_close(r);
}

/* RFC 1122 3.2.2.1; RFC 1812 4.3.2.3: the header as it came and as much as fits 576 octets. */
Test(icmpv4, protocol_unknown_reported_once_within_576)
{
    struct rig *r = open_with_peer();
    uint8_t f[1600], payload[1000];
    memset(payload, 0x5a, sizeof payload);
    struct rig_ip ip = {.proto = 253, .tos = 0x10, .id = 0x1234, .ttl = 9};
    rig_receive(r, f, rig_ipv4(f, &ip, payload, sizeof payload));
    cr_assert_eq(r->sent_count, 1);
    const uint8_t *out = r->sent[0].bytes;
    cr_assert_eq(rig_get16(out + IP_AT + 2), 576);
    cr_assert_eq(out[IP_AT + 1], 0);
    cr_assert_eq(out[ICMP_AT], 3);
    cr_assert_eq(out[ICMP_AT + 1], 2);
    cr_assert_arr_eq(out + ICMP_AT + 8, f + IP_AT, 576 - 28);
    cr_assert_eq(rig_sum(out + ICMP_AT, 556), 0);
    rig_close(r);
}

/* RFC 1122 3.2.2: what never gets an error. */
Test(icmpv4, errors_are_not_sent_about)
{
    struct rig *r = open_with_peer();
    uint8_t f[1600], payload[64] = {3};
    static const struct rig_ip silent[] = {
        {.proto = 253, .dst = 0x0a0002ff},  /* broadcast */
        {.proto = 253, .dst = 0xe0000001},  /* 224.0.0.1, which is joined */
        {.proto = 253, .src = 0xe0000005},  /* from a group */
        {.proto = 253, .src = 0x0a0002ff},  /* from a broadcast address */
        {.proto = 253, .src = 0x7f000001},  /* from loopback */
        {.proto = 253, .src = 0xf0000001},  /* from class E */
        {.proto = 253, .src = 0x00010203},  /* from nowhere */
        {.proto = 253, .src = RIG_ADDRESS}, /* from ourselves */
    };
    static const char *const reasons[] = {
        "ipv4.drop.no_protocol",      "ipv4.drop.no_protocol",     "ipv4.drop.source_multicast",
        "ipv4.drop.source_broadcast", "ipv4.drop.source_loopback", "ipv4.drop.source_class_e",
        "ipv4.drop.source_zero",      "ipv4.drop.source_own",
    };
    for (unsigned i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        uint32_t n = rig_ipv4(f, &silent[i], payload, sizeof payload);
        if (silent[i].dst == 0xe0000001)
            memcpy(f, (const uint8_t[]){1, 0, 0x5e, 0, 0, 1}, 6);
        cr_assert_str_eq(r->fate[rig_receive(r, f, n)].reason, reasons[i]);
    }
    cr_assert_eq(r->sent_count, 0);
    rig_close(r);
}

Test(icmpv4, errors_are_rate_limited_and_echo_is_not)
{
    struct rig *r = open_with_peer();
    uint8_t f[1600];
    struct rig_ip ip = {.proto = 253};
    stack_knob_set(r->s, "icmpv4.error_burst", 5);
    for (int i = 0; i < 30; i++)
        rig_receive(r, f, rig_ipv4(f, &ip, "x", 1));
    cr_assert_eq(r->sent_count, 5);
    rig_run(r, 41000000); /* two intervals of 20 ms */
    for (int i = 0; i < 30; i++)
        rig_receive(r, f, rig_ipv4(f, &ip, "x", 1));
    cr_assert_eq(r->sent_count, 7);
    struct rig_ip ping = {.proto = 1};
    rig_receive(r, f, echo(f, &ping, 8));
    cr_assert_eq(r->sent_count, 8);
    rig_close(r);
}

/* RFC 1122 3.2.2.6: record route goes on with our address, a loose source route comes back
 * reversed. */
Test(icmpv4, echo_options_reflected)
{
    struct rig *r = open_with_peer();
    uint8_t f[1600];
    const uint8_t rr[12] = {7, 11, 8, 1, 2, 3, 4, 0, 0, 0, 0, 0};
    struct rig_ip ip = {.proto = 1, .options = rr, .options_len = sizeof rr};
    rig_receive(r, f, echo(f, &ip, 8));
    const uint8_t expected[12] = {7, 11, 12, 1, 2, 3, 4, 10, 0, 2, 15, 0};
    cr_assert_eq(r->sent_count, 1);
    cr_assert_arr_eq(r->sent[0].bytes + ICMP_AT, expected, 12);
    /* S recorded itself first, then three hops: back through the third, the second and the first to
     * S, which stands there once */
    const uint8_t lsrr[20] = {131, 19, 20, 10, 0, 2, 2, 9, 9, 9, 1, 9, 9, 9, 2, 9, 9, 9, 3, 0};
    ip = (struct rig_ip){.proto = 1, .options = lsrr, .options_len = sizeof lsrr};
    rig_receive(r, f, echo(f, &ip, 8));
    const uint8_t back[16] = {131, 15, 4, 9, 9, 9, 2, 9, 9, 9, 1, 10, 0, 2, 2, 0};
    cr_assert_eq(r->sent_count, 2);
    cr_assert_eq(rig_get32(r->sent[1].bytes + IP_AT + 16), 0x09090903);
    cr_assert_arr_eq(r->sent[1].bytes + ICMP_AT, back, 16);
    rig_close(r);
}

/* RFC 792: the pointer is the octet that is wrong. RFC 1122 3.3.5: a route that goes on is refused
 * with code 5. */
Test(icmpv4, bad_options_reported)
{
    struct rig *r = open_with_peer();
    uint8_t f[1600];
    static const uint8_t zero_length[4] = {0x99, 0, 0, 0}, onward[8] = {131, 7, 4, 9, 9, 9, 9, 0},
                         unknown[4] = {0x99, 4, 0, 0};
    struct rig_ip ip = {.proto = 1, .options = zero_length, .options_len = 4};
    cr_assert_str_eq(r->fate[rig_receive(r, f, echo(f, &ip, 8))].reason, "ipv4.drop.bad_option");
    cr_assert_eq(r->sent[0].bytes[ICMP_AT], 12);
    cr_assert_eq(r->sent[0].bytes[ICMP_AT + 4], 21);
    ip = (struct rig_ip){.proto = 1, .options = onward, .options_len = 8};
    cr_assert_str_eq(r->fate[rig_receive(r, f, echo(f, &ip, 8))].reason, "ipv4.drop.source_routed");
    cr_assert_eq(r->sent[1].bytes[ICMP_AT], 3);
    cr_assert_eq(r->sent[1].bytes[ICMP_AT + 1], 5);
    ip = (struct rig_ip){.proto = 1, .options = unknown, .options_len = 4};
    rig_receive(r, f, echo(f, &ip, 8));
    cr_assert_eq(r->sent[2].bytes[ICMP_AT], 0);
    rig_close(r);
}

/* A packet of ours as an error quotes it: header and 8 octets. */
static void quote(uint8_t out[28], uint32_t src, uint32_t dst, uint16_t flags, uint16_t total)
{
    memset(out, 0, 28);
    out[0] = 0x45;
    rig_put16(out + 2, total);
    rig_put16(out + 6, flags);
    out[8] = 64;
    out[9] = 253; /* RFC 3692: for experiments */
    rig_put32(out + 12, src);
    rig_put32(out + 16, dst);
}

static void report(struct rig *r, uint8_t type, uint8_t code, uint32_t second_word, uint32_t from,
                   const uint8_t q[28])
{
    uint8_t f[1600], body[32], icmp[40];
    rig_put32(body, second_word);
    memcpy(body + 4, q, 28);
    struct rig_ip ip = {.proto = 1, .src = from};
    rig_receive(r, f, rig_ipv4(f, &ip, icmp, message(icmp, type, code, body, 32)));
}

static uint16_t mtu_to(struct rig *r, uint32_t to)
{
    struct ip_path path;
    struct ip_addr a = addr_ipv4(to);
    cr_assert_eq(ip_path(r->s, &a, NULL, NULL, &path), 0);
    return path.mtu;
}

/* Sends what quote() quotes. */
static void send_quoted(struct rig *r, struct raw_pcb *sender, uint32_t to)
{
    static const uint8_t zeros[8];
    struct ip_addr a = addr_ipv4(to);
    *sender = (struct raw_pcb){.protocol = 253, .ip.ip_flags = IP_DONT_FRAGMENT};
    cr_assert_eq(raw_bind(r->s, sender), 0);
    cr_assert_eq(raw_send(r->s, sender, zeros, sizeof zeros, &a, 0), 0);
}

enum { DF = 0x4000 };

/* RFC 1191 3, 5, 6.3: down to what the router says, by plateaus when it does not; never up, never
 * below the floor; forgotten after 10 minutes. */
Test(icmpv4, path_mtu_learnt_and_aged)
{
    struct rig *r = open_with_peer();
    struct raw_pcb sender;
    uint8_t q[28];
    const uint32_t far = 0xc0000201, other = 0xc0000202;
    quote(q, RIG_ADDRESS, far, DF, 1500);
    report(r, 3, 4, 1400, RIG_PEER + 1, q);
    cr_assert_eq(mtu_to(r, far), 1500, "nobody here sent it");
    send_quoted(r, &sender, far);
    report(r, 3, 4, 1400, RIG_PEER + 1, q);
    cr_assert_eq(mtu_to(r, far), 1400);
    cr_assert_eq(mtu_to(r, other), 1500);
    report(r, 3, 4, 9000, RIG_PEER + 1, q);
    cr_assert_eq(mtu_to(r, far), 1400);
    quote(q, RIG_ADDRESS, far, DF, 1400);
    report(r, 3, 4, 0, RIG_PEER + 1, q);
    cr_assert_eq(mtu_to(r, far), 1006);
    report(r, 3, 4, 20, RIG_PEER + 1, q);
    cr_assert_eq(mtu_to(r, far), 552);
    quote(q, RIG_ADDRESS, other, 0, 1500);
    report(r, 3, 4, 1000, RIG_PEER + 1, q);
    cr_assert_eq(mtu_to(r, other), 1500);
    quote(q, RIG_ADDRESS + 1, other, DF, 1500);
    report(r, 3, 4, 1000, RIG_PEER + 1, q);
    cr_assert_eq(mtu_to(r, other), 1500);
    rig_run(r, 599 * RIG_SECOND);
    cr_assert_eq(mtu_to(r, far), 552);
    rig_run(r, 600 * RIG_SECOND);
    cr_assert_eq(mtu_to(r, far), 1500);
    rig_close(r);
}

static uint32_t next_hop_to(struct rig *r, uint32_t to)
{
    struct ip_path path;
    struct ip_addr a = addr_ipv4(to);
    cr_assert_eq(ip_path(r->s, &a, NULL, NULL, &path), 0);
    return path.next_hop.word[0];
}

/* RFC 1122 3.2.2.2: only from the first hop in use, only to a gateway on the same net; and only for
 * the host (3.3.1.2). */
Test(icmpv4, redirect_taken_from_the_first_hop_only)
{
    struct rig *r = open_with_peer();
    uint8_t q[28];
    struct raw_pcb sender;
    const uint32_t far = 0xc0000201, better = 0x0a000209;
    quote(q, RIG_ADDRESS, far, 0, 100);
    report(r, 5, 1, better, RIG_PEER + 1, q);
    cr_assert_eq(rig_counter(r, "icmpv4.drop.redirect_not_sent"), 1);
    send_quoted(r, &sender, far);
    report(r, 5, 1, better, RIG_PEER, q);
    cr_assert_eq(rig_counter(r, "icmpv4.drop.redirect_not_first_hop"), 1);
    report(r, 5, 1, 0x0b000001, RIG_PEER + 1, q);
    cr_assert_eq(rig_counter(r, "icmpv4.drop.redirect_gateway"), 1);
    report(r, 5, 1, RIG_ADDRESS, RIG_PEER + 1, q);
    cr_assert_eq(rig_counter(r, "icmpv4.drop.redirect_gateway"), 2);
    cr_assert_eq(next_hop_to(r, far), RIG_PEER + 1);
    report(r, 5, 0, better, RIG_PEER + 1, q);
    cr_assert_eq(next_hop_to(r, far), better);
    cr_assert_eq(next_hop_to(r, far + 1), RIG_PEER + 1);
    rig_close(r);
}

Test(icmpv4, quotes_that_are_not_ours_do_nothing)
{
    struct rig *r = open_with_peer();
    uint8_t q[28], f[1600], icmp[16];
    quote(q, RIG_ADDRESS + 1, RIG_PEER, 0, 100);
    report(r, 3, 3, 0, RIG_PEER, q);
    cr_assert_eq(rig_counter(r, "icmpv4.drop.quote_not_ours"), 1);
    quote(q, RIG_ADDRESS, RIG_PEER, 1, 100);
    report(r, 3, 3, 0, RIG_PEER, q);
    cr_assert_eq(rig_counter(r, "icmpv4.drop.quote_fragment"), 1);
    quote(q, RIG_ADDRESS, RIG_PEER, 0, 100);
    q[0] = 0x4f;
    report(r, 3, 3, 0, RIG_PEER, q);
    cr_assert_eq(rig_counter(r, "icmpv4.drop.quote_malformed"), 1);
    struct rig_ip ip = {.proto = 1};
    rig_receive(r, f, rig_ipv4(f, &ip, icmp, message(icmp, 3, 3, "abcd", 4)));
    cr_assert_eq(rig_counter(r, "icmpv4.drop.no_quote"), 1);
    static const struct {
        uint8_t type;
        const char *reason;
    } deprecated[] = {{4, "icmpv4.drop.no_quote"},          {15, "icmpv4.drop.information"},
                      {1, "icmpv4.drop.unknown_type"},      {30, "icmpv4.drop.unknown_type"},
                      {10, "icmpv4.drop.router_discovery"}, {0, "icmpv4.drop.reply_unwanted"}};
    for (unsigned i = 0; i < sizeof deprecated / sizeof deprecated[0]; i++) {
        uint32_t n = rig_ipv4(f, &ip, icmp, message(icmp, deprecated[i].type, 0, "abcdefgh", 8));
        cr_assert_str_eq(r->fate[rig_receive(r, f, n)].reason, deprecated[i].reason);
    }
    cr_assert_eq(r->sent_count, 0);
    rig_close(r);
}

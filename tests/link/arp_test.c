#include <criterion/criterion.h>
#include <string.h>
#include "stack/core/neighbour.h"
#include "stack/wire/arp.h"
#include "tests/core/rig.h"

static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t other[6] = {0x02, 0, 0, 0, 0, 0x77};

/* RFC 826, Packet Reception: the fields swapped, own addresses in, sent to the requester. */
Test(arp, request_known_answered)
{
    struct rig *r = rig_full();
    uint8_t f[64];
    uint32_t n = rig_arp(f, everybody, 1, rig_peer, RIG_PEER, NULL, RIG_ADDRESS);
    uint32_t number = rig_receive(r, f, n);
    cr_assert_eq(r->sent_count, 1);
    uint8_t expected[64];
    rig_arp(expected, rig_peer, 2, rig_mac, RIG_ADDRESS, rig_peer, RIG_PEER);
    cr_assert_eq(r->sent[0].len, 60);
    cr_assert_arr_eq(r->sent[0].bytes, expected, 60);
    cr_assert_eq(r->fate[number].fate, FATE_CONSUMED);
    rig_close(r);
}

static void expect_dropped(struct rig *r, const uint8_t *f, uint32_t n, const char *reason)
{
    uint32_t sent = r->sent_count, number = rig_receive(r, f, n);
    cr_assert_eq(r->sent_count, sent, "%s: answered", reason);
    cr_assert_str_eq(r->fate[number].reason, reason);
    cr_assert_eq(rig_counter(r, reason), 1);
}

Test(arp, every_refusal_has_its_name)
{
    struct rig *r = rig_full();
    uint8_t f[64];
    char out[64];
    static const struct {
        unsigned at, len;
        uint8_t value;
        const char *reason;
    } spoilt[] = {
        {15, 60, 6, "arp.drop.hardware_type"},     {18, 60, 8, "arp.drop.hardware_length"},
        {16, 60, 9, "arp.drop.protocol_type"},     {19, 60, 16, "arp.drop.protocol_length"},
        {15, 14 + 20, 1, "arp.drop.cut_short"},    {15, 14 + 7, 1, "arp.drop.short"},
        {21, 60, 0, "arp.drop.reserved_op"},       {22, 60, 0x53, "arp.drop.sender_hardware"},
        {28, 60, 224, "arp.drop.sender_protocol"},
    };
    for (unsigned i = 0; i < sizeof spoilt / sizeof spoilt[0]; i++) {
        rig_arp(f, everybody, 1, rig_peer, RIG_PEER, NULL, RIG_ADDRESS);
        f[spoilt[i].at] = spoilt[i].value;
        expect_dropped(r, f, spoilt[i].len, spoilt[i].reason);
        struct ip_addr peer = addr_ipv4(RIG_PEER);
        cr_assert_eq(neighbour_describe(r->s, &peer, out, sizeof out), -ERR_NOENT);
    }
    rig_arp(f, everybody, 1, rig_peer, RIG_PEER, NULL, RIG_ADDRESS + 1);
    expect_dropped(r, f, 60, "arp.drop.not_for_us");
    rig_arp(f, rig_mac, 2, rig_peer, RIG_PEER, rig_mac, RIG_ADDRESS);
    expect_dropped(r, f, 60, "arp.drop.unsolicited");
    rig_arp(f, rig_mac, 3, rig_peer, RIG_PEER, rig_mac, RIG_ADDRESS);
    expect_dropped(r, f, 60, "arp.drop.unknown_op");
    rig_close(r);
}

static void send_to_peer(struct rig *r, uint32_t to, uint8_t mark)
{
    struct netbuf *nb = netbuf_alloc(r->s, 66, 46);
    memset(netbuf_data(nb), mark, 46);
    struct ip_addr a = addr_ipv4(to);
    neighbour_output(r->s, r->nif, &a, nb, r->now_ns);
}

static bool is_request(const struct rig_frame *f, const uint8_t to[6], uint32_t target)
{
    return memcmp(f->bytes, to, 6) == 0 && f->bytes[13] == 6 && f->bytes[21] == 1 &&
           rig_get32(f->bytes + 38) == target && rig_get32(f->bytes + 28) == RIG_ADDRESS;
}

/* RFC 1122 2.3.2.1: a request a second, three of them; then the packet is given up. 2.3.2.2: the
 * last packets wait. */
Test(arp, resolution_silent_gives_up)
{
    struct rig *r = rig_full();
    for (uint8_t i = 0; i < 5; i++)
        send_to_peer(r, RIG_PEER, i);
    cr_assert_eq(rig_counter(r, "neighbour.drop.queue_full"), 2);
    rig_run(r, 10 * RIG_SECOND);
    cr_assert_eq(r->sent_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert(is_request(&r->sent[i], everybody, RIG_PEER));
        cr_assert_eq(r->sent[i].at_ns, (int64_t)i * RIG_SECOND);
    }
    cr_assert_eq(rig_counter(r, "neighbour.drop.unanswered"), 3);
    rig_close(r);
}

Test(arp, resolution_answered_sends_the_last_packets_in_order)
{
    struct rig *r = rig_full();
    uint8_t f[64];
    for (uint8_t i = 0; i < 5; i++)
        send_to_peer(r, RIG_PEER, i);
    rig_run(r, 1000000);
    rig_receive(r, f, rig_arp(f, rig_mac, 2, rig_peer, RIG_PEER, rig_mac, RIG_ADDRESS));
    cr_assert_eq(r->sent_count, 4);
    for (unsigned i = 1; i < 4; i++) {
        cr_assert_arr_eq(r->sent[i].bytes, rig_peer, 6);
        cr_assert_eq(r->sent[i].bytes[14], i + 1);
    }
    rig_close(r);
}

/* The entry serves 60 s less a nanosecond; in the last 5 of them one unicast request goes out. */
Test(arp, entry_ages_refresh_then_expiry)
{
    struct rig *r = rig_full();
    uint8_t f[64];
    rig_receive(r, f, rig_arp(f, everybody, 1, rig_peer, RIG_PEER, NULL, RIG_ADDRESS));
    rig_run(r, 55 * RIG_SECOND - 1);
    send_to_peer(r, RIG_PEER, 1);
    cr_assert_eq(r->sent_count, 2);
    rig_run(r, 55 * RIG_SECOND);
    send_to_peer(r, RIG_PEER, 2);
    send_to_peer(r, RIG_PEER, 3);
    cr_assert_eq(r->sent_count, 5);
    cr_assert(is_request(&r->sent[3], rig_peer, RIG_PEER));
    rig_run(r, 60 * RIG_SECOND - 1);
    send_to_peer(r, RIG_PEER, 4);
    cr_assert_eq(r->sent_count, 6);
    rig_run(r, 60 * RIG_SECOND);
    send_to_peer(r, RIG_PEER, 5);
    cr_assert_eq(r->sent_count, 7);
    cr_assert(is_request(&r->sent[6], everybody, RIG_PEER));
    rig_close(r);
}

/* RFC 5227 2.1.1, 2.3: three probes, 1 to 2 s apart, then two announcements 2 s apart; in between
 * the address is no one's. */
Test(arp, address_checked_probes_and_announcements)
{
    struct rig *r = rig_open(NULL, NULL, false);
    struct ip_addr a = addr_ipv4(RIG_ADDRESS);
    cr_assert_eq(netif_add_address(r->nif, &a, 24, true, 0), 0);
    rig_run(r, 30 * RIG_SECOND);
    cr_assert_eq(r->sent_count, 5);
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_eq(rig_get32(r->sent[i].bytes + 28), i < 3 ? 0 : RIG_ADDRESS);
        cr_assert_eq(rig_get32(r->sent[i].bytes + 38), RIG_ADDRESS);
    }
    cr_assert(r->sent[0].at_ns <= RIG_SECOND);
    for (unsigned i = 1; i < 3; i++) {
        int64_t gap = r->sent[i].at_ns - r->sent[i - 1].at_ns;
        cr_assert(gap >= RIG_SECOND && gap <= 2 * RIG_SECOND);
    }
    cr_assert_eq(r->sent[3].at_ns - r->sent[2].at_ns, 2 * RIG_SECOND);
    cr_assert_eq(r->sent[4].at_ns - r->sent[3].at_ns, 2 * RIG_SECOND);
    rig_close(r);
}

Test(arp, address_probed_by_another_is_given_up)
{
    struct rig *r = rig_open(NULL, NULL, false);
    struct ip_addr a = addr_ipv4(RIG_ADDRESS);
    uint8_t f[64];
    netif_add_address(r->nif, &a, 24, true, 0);
    rig_run(r, RIG_SECOND);
    rig_receive(r, f, rig_arp(f, everybody, 1, other, 0, NULL, RIG_ADDRESS));
    cr_assert_eq(r->nif->address[0].addr.family, ADDR_NONE);
    cr_assert_eq(rig_counter(r, "arp.conflicts"), 1);
    rig_close(r);
}

/* RFC 5227 2.4 (b): one defence, and none within ten seconds of it. */
Test(arp, address_in_use_defended_once)
{
    struct rig *r = rig_full();
    uint8_t f[64];
    uint32_t n = rig_arp(f, everybody, 1, other, RIG_ADDRESS, NULL, RIG_ADDRESS);
    rig_receive(r, f, n);
    cr_assert_eq(r->sent_count, 1);
    cr_assert(is_request(&r->sent[0], everybody, RIG_ADDRESS));
    rig_run(r, 10 * RIG_SECOND);
    rig_receive(r, f, n);
    cr_assert_eq(r->sent_count, 2);
    rig_run(r, 15 * RIG_SECOND);
    rig_receive(r, f, n);
    cr_assert_eq(r->sent_count, 2);
    cr_assert_eq(r->nif->address[0].addr.family, ADDR_NONE);
    rig_close(r);
}

/* Who only spoke to us gives way to a flood before those we speak to; permanent entries never do.
 */
Test(arp, flood_evicts_strangers_only)
{
    struct rig *r = rig_full();
    uint8_t f[64], mac[6] = {2, 0, 0, 0, 0, 9};
    char out[64];
    struct ip_addr peer = addr_ipv4(RIG_PEER), fixed = addr_ipv4(RIG_PEER + 1);
    neighbour_add(r->nif, &fixed, mac, 0);
    rig_receive(r, f, rig_arp(f, everybody, 1, rig_peer, RIG_PEER, NULL, RIG_ADDRESS));
    send_to_peer(r, RIG_PEER, 1);
    for (uint8_t i = 0; i < 100; i++) {
        mac[4] = i;
        rig_receive(r, f, rig_arp(f, everybody, 1, mac, 0x0a000240u + i, NULL, RIG_ADDRESS));
    }
    cr_assert(neighbour_describe(r->s, &peer, out, sizeof out) > 0);
    cr_assert_str_eq(out, "52:55:0a:00:02:02 reachable");
    cr_assert(neighbour_describe(r->s, &fixed, out, sizeof out) > 0);
    cr_assert_str_eq(out, "02:00:00:00:00:09 permanent");
    rig_receive(r, f, rig_arp(f, everybody, 1, other, RIG_PEER + 1, NULL, RIG_ADDRESS));
    neighbour_describe(r->s, &fixed, out, sizeof out);
    cr_assert_str_eq(out, "02:00:00:00:00:09 permanent");
    rig_close(r);
}

/* A knob that is lowered below what was sent already ends the sending. */
Test(arp, fewer_probes_and_announcements_from_now_on)
{
    struct rig *r = rig_open(NULL, NULL, false);
    struct ip_addr a = addr_ipv4(RIG_ADDRESS);
    stack_knob_set(r->s, "arp.probe_wait", 0);
    stack_knob_set(r->s, "arp.announce_num", 5);
    cr_assert_eq(netif_add_address(r->nif, &a, 24, true, 0), 0);
    while (rig_counter(r, "arp.probes_sent") < 2)
        rig_run(r, r->now_ns + RIG_SECOND / 10);
    stack_knob_set(r->s, "arp.probe_num", 1);
    rig_run(r, r->now_ns + 2 * RIG_SECOND);
    cr_assert_eq(rig_counter(r, "arp.probes_sent"), 2);
    cr_assert_not(r->nif->address[0].tentative);
    while (rig_counter(r, "arp.announcements_sent") < 3)
        rig_run(r, r->now_ns + RIG_SECOND / 10);
    stack_knob_set(r->s, "arp.announce_num", 1);
    rig_run(r, 60 * RIG_SECOND);
    cr_assert_eq(rig_counter(r, "arp.announcements_sent"), 3);
    rig_close(r);
}

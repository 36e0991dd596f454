/* Reassembly against an oracle that knows nothing but which octets came: a byte set. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "stack/core/neighbour.h"
#include "stack/net/ip.h"
#include "stack/net/reassembly.h"
#include "tests/core/rig.h"

enum { IP_AT = 14, MF = 0x2000, PROTO = 200, MOST = 4096 };

/* A protocol that remembers what it got. */
static struct {
    unsigned count;
    uint32_t len;
    uint8_t bytes[65536];
} got;

static void take(struct stack *s, struct netbuf *nb, const struct ip_received *r, int64_t now_ns)
{
    (void)r;
    (void)now_ns;
    got.count++;
    got.len = netbuf_len(nb);
    memcpy(got.bytes, netbuf_data(nb), got.len);
    netbuf_free(s, nb);
}

static const struct ip_protocol listener = {.number = PROTO, .module = MODULE_CORE, .input = take};

static struct rig *open_listening(void)
{
    struct rig *r = rig_full();
    struct ip_addr peer = addr_ipv4(RIG_PEER);
    neighbour_add(r->nif, &peer, rig_peer, 0);
    cr_assert_eq(ip_register(r->s, &listener), 0);
    got.count = 0;
    return r;
}

static uint32_t fragment(struct rig *r, uint16_t id, uint32_t at, uint32_t len, bool more,
                         const uint8_t *data)
{
    uint8_t f[RIG_FRAME_BYTES];
    struct rig_ip ip = {.proto = PROTO, .id = id, .frag = (uint16_t)((more ? MF : 0) | at / 8)};
    return rig_receive(r, f, rig_ipv4(f, &ip, data + at, len));
}

static void fill(uint8_t *data, uint32_t len, uint32_t seed)
{
    for (uint32_t i = 0; i < len; i++)
        data[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
}

/* RFC 815 2: four pieces, each twice, in all 24 orders: one delivery each. */
Test(reassembly, any_order_delivers_once)
{
    struct rig *r = open_listening();
    uint8_t data[100];
    static const uint32_t at[] = {0, 24, 48, 72, 100};
    fill(data, sizeof data, 1);
    uint16_t id = 0;
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 4; b++)
            for (int c = 0; c < 4; c++) {
                int d = 6 - a - b - c, order[4] = {a, b, c, d};
                if (a == b || a == c || b == c || d < 0 || d > 3)
                    continue;
                got.count = 0;
                id++;
                for (int i = 0; i < 4; i++)
                    for (int twice = 0; twice < (i < 3 ? 2 : 1); twice++)
                        fragment(r, id, at[order[i]], at[order[i] + 1] - at[order[i]], order[i] < 3,
                                 data);
                cr_assert_eq(got.count, 1);
                cr_assert_eq(got.len, sizeof data);
                cr_assert_arr_eq(got.bytes, data, sizeof data);
            }
    cr_assert_eq(id, 24);
    rig_close(r);
}

/* Consistent random pieces, overlapping as they like: delivered exactly when every octet and the
 * end have come, whatever the policy. */
static void play_consistent(struct rig *r, uint16_t id, int policy)
{
    static uint8_t data[MOST];
    static bool have[MOST];
    uint32_t total = 1 + (uint32_t)rand() % MOST;
    bool end_seen = false;
    fill(data, total, id);
    memset(have, 0, sizeof have);
    stack_knob_set(r->s, "reassembly.overlap", policy);
    got.count = 0;
    for (int n = 0; n < 250 && got.count == 0; n++) {
        uint32_t at = (uint32_t)rand() % total & ~7u, len = 8 * (1 + (uint32_t)rand() % 60);
        bool more = at + len < total;
        if (!more)
            len = total - at;
        if (!more && at == 0)
            continue; /* a whole datagram is no fragment */
        fragment(r, id, at, len, more, data);
        for (uint32_t i = at; i < at + len; i++)
            have[i] = true;
        end_seen |= !more;
        uint32_t octets = 0;
        for (uint32_t i = 0; i < total; i++)
            octets += have[i];
        cr_assert_eq(got.count, end_seen && octets == total, "id %u, fragment %d: %u of %u octets",
                     id, n, octets, total);
    }
    if (got.count) {
        cr_assert_eq(got.len, total);
        cr_assert_arr_eq(got.bytes, data, total);
    }
}

Test(reassembly, consistent_random_fragments_match_the_byte_set)
{
    struct rig *r = open_listening();
    srand(11);
    for (int i = 0; i < 60; i++) {
        play_consistent(r, (uint16_t)(i + 1), i % 3);
        rig_run(r, r->now_ns + 61 * RIG_SECOND); /* what stayed open is forgotten */
        r->sent_count = 0;
        if (r->s->rx_number > RIG_FATES - 600)
            break;
    }
    rig_close(r);
}

/* Octets that differ: discarded whole, or the first stay, or the last win, as the knob says. */
Test(reassembly, inconsistent_overlap_follows_the_knob)
{
    uint8_t one[24], two[24];
    memset(one, 1, sizeof one);
    memset(two, 2, sizeof two);
    for (int policy = 0; policy <= 2; policy++) {
        struct rig *r = open_listening();
        stack_knob_set(r->s, "reassembly.overlap", policy);
        fragment(r, 1, 8, 8, true, one);
        fragment(r, 1, 0, 16, true, two);
        fragment(r, 1, 16, 8, false, one);
        cr_assert_eq(got.count, policy != 0);
        if (policy != 0)
            cr_assert_eq(got.bytes[8], policy);
        else
            cr_assert_eq(rig_counter(r, "reassembly.drop.overlap"), 2);
        rig_run(r, 61 * RIG_SECOND);
        rig_close(r);
    }
}

Test(reassembly, impossible_fragments_have_their_names)
{
    struct rig *r = open_listening();
    static uint8_t data[67100];
    cr_assert_str_eq(r->fate[fragment(r, 1, 0, 13, true, data)].reason,
                     "reassembly.drop.length_not_8");
    cr_assert_str_eq(r->fate[fragment(r, 2, 0, 0, true, data)].reason, "reassembly.drop.empty");
    cr_assert_str_eq(r->fate[fragment(r, 3, 65528, 1480, false, data)].reason,
                     "reassembly.drop.too_long"); /* the ping of death */
    fragment(r, 4, 8, 8, false, data);
    cr_assert_str_eq(r->fate[fragment(r, 4, 16, 8, true, data)].reason,
                     "reassembly.drop.beyond_end");
    /* RFC 815: an end in front of octets that came before it */
    fragment(r, 5, 16, 8, true, data);
    cr_assert_str_eq(r->fate[fragment(r, 5, 8, 8, false, data)].reason,
                     "reassembly.drop.beyond_end");
    cr_assert_eq(got.count, 0);
    rig_run(r, 61 * RIG_SECOND);
    rig_close(r);
}

/* RFC 1122 3.3.2: after 60 s, time exceeded code 1 with fragment 0, silence without; a late piece
 * does not join what is gone. */
Test(reassembly, timeout_reported_with_fragment_zero_only)
{
    struct rig *r = open_listening();
    uint8_t data[64];
    fill(data, sizeof data, 3);
    uint32_t first = fragment(r, 1, 0, 32, true, data);
    fragment(r, 2, 32, 32, false, data);
    rig_run(r, 60 * RIG_SECOND - 1);
    cr_assert_eq(r->sent_count, 0);
    cr_assert_eq(r->fate[first].told, 0);
    rig_run(r, 60 * RIG_SECOND);
    cr_assert_eq(r->sent_count, 1);
    const uint8_t *out = r->sent[0].bytes;
    cr_assert_eq(out[34], 11);
    cr_assert_eq(out[35], 1);
    cr_assert_eq(rig_get16(out + 42 + 4), 1);
    cr_assert_eq(rig_get16(out + 42 + 6), MF);
    cr_assert_eq(rig_get16(out + IP_AT + 2), 28 + 20 + 32);
    cr_assert_arr_eq(out + 62, data, 32);
    cr_assert_str_eq(r->fate[first].reason, "reassembly.drop.timeout");
    fragment(r, 1, 32, 32, false, data);
    cr_assert_eq(got.count, 0);
    rig_run(r, 130 * RIG_SECOND);
    rig_close(r);
}

/* A flood of first fragments is bounded; the rest of the stack is served. */
Test(reassembly, flood_evicts_the_oldest)
{
    struct rig *r = open_listening();
    uint8_t data[64] = {0};
    for (uint16_t id = 1; id <= 200; id++)
        fragment(r, id, 0, 32, true, data);
    cr_assert_eq(rig_counter(r, "reassembly.drop.evicted") +
                     rig_counter(r, "reassembly.drop.per_source"),
                 197);
    fragment(r, 200, 32, 32, false, data);
    cr_assert_eq(got.count, 1);
    fragment(r, 1, 32, 32, false, data);
    cr_assert_eq(got.count, 1);
    rig_run(r, 61 * RIG_SECOND);
    rig_close(r);
}

/* The largest datagram there is: 65535 octets with its header. */
Test(reassembly, largest_datagram)
{
    struct rig *r = open_listening();
    static uint8_t data[65535];
    fill(data, sizeof data, 9);
    const uint32_t total = 65515;
    for (uint32_t at = 0; at < total; at += 1480)
        fragment(r, 1, at, total - at < 1480 ? total - at : 1480, at + 1480 < total, data);
    cr_assert_eq(got.count, 1);
    cr_assert_eq(got.len, total);
    cr_assert_arr_eq(got.bytes, data, total);
    rig_close(r);
}

/* --- another family: IPv6's addresses and identifications of 32 bits --- */

static uint32_t wholes, whole_len;
static uint8_t whole_first;

static void whole6(struct stack *s, struct netbuf *nb, bool congestion, int64_t now_ns)
{
    (void)congestion, (void)now_ns;
    wholes++;
    whole_len = netbuf_len(nb);
    whole_first = netbuf_data(nb)[0];
    netbuf_free(s, nb);
}

static const struct reassembly_family family6 = {.longest = 40 + 65535, .whole = whole6};

static void part6(struct rig *r, uint32_t host, uint32_t id, uint32_t offset, uint32_t len,
                  bool more)
{
    struct netbuf *nb = netif_buffer(r->nif, 40 + len);
    cr_assert_not_null(nb);
    memset(netbuf_data(nb), (int)host, 40 + len);
    struct ip_fragment f = {
        .family = &family6,
        .source = {.family = ADDR_IPV6, .word = {0xfe800000, 0, 0, host}, .zone = 1},
        .destination = {.family = ADDR_IPV6, .word = {0xfe800000, 0, 0, 99}, .zone = 1},
        .id = id,
        .more = more,
        .offset = offset,
        .header = netbuf_data(nb),
        .header_len = 40,
        .data = netbuf_data(nb) + 40,
        .len = len,
    };
    reassembly_input(r->s, nb, &f, r->now_ns);
}

/* Two hosts whose addresses differ in the last word, and two identifications that differ above bit
 * 15, are four datagrams; each has its own header, and 65,535 octets behind it fit. */
Test(reassembly, serves_the_other_family)
{
    struct rig *r = rig_full();
    wholes = 0;
    part6(r, 1, 0x10007, 0, 64, true);
    part6(r, 2, 0x10007, 64, 10, false);
    part6(r, 1, 0x20007, 64, 10, false);
    cr_assert_eq(wholes, 0);
    part6(r, 1, 0x10007, 64, 20, false);
    cr_assert(wholes == 1 && whole_len == 40 + 84 && whole_first == 1);
    part6(r, 2, 0x10007, 0, 64, true);
    cr_assert(wholes == 2 && whole_len == 40 + 74 && whole_first == 2);
    uint32_t at = 0;
    for (; at + 1024 < 65535; at += 1024)
        part6(r, 3, 1, at, 1024, true);
    part6(r, 3, 1, at, 65535 - at, false);
    cr_assert(wholes == 3 && whole_len == 40 + 65535);
    cr_assert_eq(rig_counter(r, "reassembly.drop.too_long"), 0);
    part6(r, 4, 1, 65528, 8, false);
    cr_assert_eq(rig_counter(r, "reassembly.drop.too_long"), 1);
    netif_down(r->nif, r->now_ns);
    rig_close(r);
}

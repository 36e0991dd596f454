#include <criterion/criterion.h>
#include <string.h>
#include "tests/core/rig.h"

enum { IP_AT = 14 };

static void expect(struct rig *r, uint8_t *f, uint32_t len, const char *reason)
{
    cr_assert_str_eq(r->fate[rig_receive(r, f, len)].reason, reason);
    cr_assert_eq(r->sent_count, 0, "%s: answered", reason);
}

static void sum(uint8_t *f, uint32_t header)
{
    rig_put16(f + IP_AT + 10, 0);
    rig_put16(f + IP_AT + 10, rig_sum(f + IP_AT, header));
}

/* RFC 1122 3.2.1.1, 3.2.1.2, RFC 791 3.1: silently, each under its own name. */
Test(ipv4_input, header_refusals_have_their_names)
{
    struct rig *r = rig_full();
    uint8_t f[200], payload[40] = {0};
    struct rig_ip ip = {.proto = 253};
    static const struct {
        unsigned at;
        uint8_t value;
        const char *reason;
    } spoilt[] = {
        {0, 0x55, "ipv4.drop.version"},
        {0, 0x05, "ipv4.drop.version"},
        {0, 0x44, "ipv4.drop.ihl"},
        {0, 0x40, "ipv4.drop.ihl"},
        {0, 0x4f, "ipv4.drop.length_below_header"}, /* IHL 60, total length 40 */
        {3, 10, "ipv4.drop.length_below_header"},
        {2, 1, "ipv4.drop.length_beyond_frame"},
    };
    for (unsigned i = 0; i < sizeof spoilt / sizeof spoilt[0]; i++) {
        uint32_t n = rig_ipv4(f, &ip, payload, 40);
        rig_put16(f + IP_AT + 2, 40);
        f[IP_AT + spoilt[i].at] = spoilt[i].value;
        sum(f, 20);
        expect(r, f, n, spoilt[i].reason);
    }
    uint32_t n = rig_ipv4(f, &ip, payload, 40);
    f[IP_AT + 10] ^= 1;
    expect(r, f, n, "ipv4.drop.checksum");
    rig_ipv4(f, &ip, payload, 40);
    expect(r, f, IP_AT + 19, "ipv4.drop.short");
    f[IP_AT] = 0x4f;
    expect(r, f, IP_AT + 40, "ipv4.drop.header_beyond_frame");
    rig_close(r);
}

/* RFC 1122 3.2.1.3: not ours, without a word; nothing is forwarded. RFC 2131 4.1: but UDP while
 * there is no address. */
Test(ipv4_input, destinations)
{
    struct rig *r = rig_full();
    uint8_t f[200];
    static const struct {
        uint32_t dst;
        const char *reason;
    } elsewhere[] = {
        {0x08080808, "ipv4.drop.not_ours"},
        {RIG_ADDRESS + 1, "ipv4.drop.not_ours"},
        {0x7f000001, "ipv4.drop.destination_loopback"},
        {0xf0000001, "ipv4.drop.not_ours"},
    };
    for (unsigned i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        struct rig_ip ip = {.proto = 17, .dst = elsewhere[i].dst};
        expect(r, f, rig_ipv4(f, &ip, "12345678", 8), elsewhere[i].reason);
    }
    rig_close(r);
    r = rig_open(NULL, NULL, false);
    struct rig_ip offer = {.proto = 17, .dst = RIG_ADDRESS},
                  other = {.proto = 6, .dst = RIG_ADDRESS};
    expect(r, f, rig_ipv4(f, &offer, "12345678", 8), "ipv4.drop.not_ours");
    r->nif->configuring = true; /* somebody asks for an address: RFC 2131 4.1 */
    rig_receive(r, f, rig_ipv4(f, &offer, "12345678", 8));
    cr_assert_eq(rig_counter(r, "ipv4.delivered"), 1);
    expect(r, f, rig_ipv4(f, &other, "12345678", 8), "ipv4.drop.not_ours");
    rig_close(r);
}

/* RFC 791 3.1: what follows the total length is the link's, whatever stands in it. */
Test(ipv4_input, padding_is_no_payload)
{
    struct rig *r = rig_full();
    uint8_t f[200], ping[8] = {8, 0, 0xf7, 0xff};
    struct rig_ip ip = {.proto = 1};
    uint32_t n = rig_ipv4(f, &ip, ping, sizeof ping);
    memset(f + IP_AT + 28, 0xee, n - IP_AT - 28);
    rig_receive(r, f, n);
    cr_assert_eq(rig_counter(r, "icmpv4.echoes_answered"), 1);
    rig_close(r);
}

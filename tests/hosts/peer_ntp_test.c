/* The time server's reply against RFC 5905's figure 8, and each of its lies. */
#include <criterion/criterion.h>
#include <string.h>
#include "tests/hosts/peer_rig.h"

#define SERVER "host ntp-server srv ip 10.0.2.2/24 "

static int ask(struct peer_rig *r)
{
    uint8_t m[48] = {0x23, 0, 6}; /* LI 0, version 4, mode 3; poll 6 */
    static const uint8_t transmit[8] = {0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8};
    memcpy(m + 40, transmit, 8);
    return peer_rig_udp(r, RIG_CLIENT, RIG_SERVER, 40000, 123, m, 48);
}

/* 2026-01-01T00:00:00Z is 1767225600 s from 1970, so 1767225600 + 2208988800 = 0xed003780 from 1900
 * (RFC 5905 figure 4). */
Test(peer_ntp, reply_is_what_the_rfc_draws)
{
    static const uint8_t expected[48] = {
        0x24, 1,    6,    0xec, 0,    0, 0, 0, 0,    0,    0,    0,    'G',  'P',  'S',  0,
        0xed, 0x00, 0x37, 0x7a, 0x80, 0, 0, 0, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8,
        0xed, 0x00, 0x37, 0x8a, 0x80, 0, 0, 0, 0xed, 0x00, 0x37, 0x8a, 0x80, 0,    0,    0,
    };
    struct peer_rig *r = peer_rig_open(SERVER "time \"2026-01-01T00:00:00Z\"");
    uint32_t len;
    peer_rig_run(r, INT64_C(10500000000));
    cr_assert_eq(ask(r), 1);
    const uint8_t *p = peer_rig_payload(r, 0, &len);
    cr_assert_eq(len, 48);
    cr_assert_arr_eq(p, expected, 48);
    const uint8_t *f = r->seen[0].bytes;
    cr_assert_eq(get32(f + 30), RIG_CLIENT);
    cr_assert_eq(get16(f + 34), 123);
    cr_assert_eq(get16(f + 36), 40000);
    cr_assert_eq(peer_rig_number(r, "last-port"), 40000);
    cr_assert_eq(peer_rig_number(r, "queries"), 1);
    peer_rig_close(r);
}

/* The 32 bits of seconds wrap at 2036-02-07T06:28:16Z. Leap years: 2000 is one, 2100 is none. */
Test(peer_ntp, dates)
{
    static const struct {
        const char *date;
        uint32_t seconds;
    } dates[] = {
        {"time \"1970-01-01\"", 0x83aa7e80},
        {"time \"2000-02-29T12:00:00Z\"", 951825600u + 2208988800u},
        {"time \"2036-02-07T06:28:15Z\"", 0xffffffff},
        {"time \"2036-02-07T06:28:16Z\"", 0},
        {"time \"2100-03-01 00:00:00\"", (uint32_t)(INT64_C(4107542400) + INT64_C(2208988800))},
        {"time 1000000000", 1000000000u + 2208988800u},
    };
    for (size_t k = 0; k < sizeof dates / sizeof dates[0]; k++) {
        char line[128];
        uint32_t len;
        snprintf(line, sizeof line, SERVER "%s", dates[k].date);
        struct peer_rig *r = peer_rig_open(line);
        ask(r);
        cr_assert_eq(get32(peer_rig_payload(r, 0, &len) + 32), dates[k].seconds, "%s", line);
        peer_rig_close(r);
    }
    struct why why = {{0}};
    cr_assert_null(peer_rig_try(SERVER "time \"2026-13-01\"", &why));
    cr_assert_str_eq(
        why.text,
        "time is a date from 1970 to 2255, \"2026-01-01T00:00:00Z\", or seconds since 1970");
}

Test(peer_ntp, each_lie_does_what_it_says)
{
    static const struct {
        const char *attribute;
        uint32_t at, len;
        uint8_t bytes[16];
    } lies[] = {
        {"kiss \"DENY\"", 0, 2, {0xe4, 0}},
        {"kiss \"DENY\"", 12, 4, {'D', 'E', 'N', 'Y'}},
        {"unsynchronised", 0, 2, {0xe4, 16}},
        {"mode 5", 0, 1, {0x25}},
        {"version 3", 0, 1, {0x1c}},
        {"leap 1", 0, 1, {0x64}},
        {"stratum 2", 1, 1, {2}},
        {"root-delay 1500ms", 4, 4, {0, 1, 0x80, 0}},
        {"root-dispersion 17", 8, 4, {0, 17, 0, 0}},
        {"wrong-origin", 24, 8, {0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe9}},
        {"zero-origin", 24, 8, {0}},
        {"zero-receive", 32, 8, {0}},
        {"zero-transmit", 40, 8, {0}},
        {"offset 10", 32, 4, {0xed, 0x00, 0x37, 0x8a}},
        {"offset 10", 40, 4, {0xed, 0x00, 0x37, 0x8a}},
        {"behind 500ms", 40, 8, {0xed, 0x00, 0x37, 0x7f, 0x80, 0, 0, 0}},
        {"version 1", 0, 1, {0x0c}},
    };
    for (size_t k = 0; k < sizeof lies / sizeof lies[0]; k++) {
        char line[128];
        uint32_t len;
        snprintf(line, sizeof line, SERVER "%s", lies[k].attribute);
        struct peer_rig *r = peer_rig_open(line);
        cr_assert_eq(ask(r), 1);
        const uint8_t *p = peer_rig_payload(r, 0, &len);
        cr_assert_eq(len, 48);
        cr_assert_arr_eq(p + lies[k].at, lies[k].bytes, lies[k].len, "%s", line);
        peer_rig_close(r);
    }
}

/* T3 - T2 is the processing, and the reply leaves at T3; `late` comes on top and is in no
 * timestamp. */
Test(peer_ntp, processing_and_path)
{
    struct peer_rig *r = peer_rig_open(SERVER "delay 2s late 1s");
    uint32_t len;
    cr_assert_eq(ask(r), 0);
    peer_rig_run(r, INT64_C(3000000000));
    cr_assert_eq(r->frames, 1);
    cr_assert_eq(r->seen[0].time_ns, INT64_C(3000000000));
    const uint8_t *p = peer_rig_payload(r, 0, &len);
    cr_assert_eq(get32(p + 40) - get32(p + 32), 2);
    peer_rig_close(r);
}

Test(peer_ntp, refusals_and_sizes)
{
    struct peer_rig *r = peer_rig_open(SERVER "silent 1 unreachable 1 digest");
    uint32_t len;
    cr_assert_eq(ask(r), 0);
    cr_assert_eq(ask(r), 1);
    const uint8_t *f = r->seen[0].bytes;
    cr_assert_eq(f[23], 1);
    cr_assert_eq(f[34], 3);
    cr_assert_eq(f[35], 1, "the argument is the code");
    cr_assert_eq(sum16(f + 34, 8 + 28, 0), 0);
    cr_assert_eq(get16(f + 42 + 20 + 2), 123, "the datagram's header is quoted");
    cr_assert_eq(peer_rig_call(r, "unreachable(0)"), 0);
    cr_assert_eq(peer_rig_call(r, "again()"), -1, "there was no reply yet");
    peer_rig_close(r);
    r = peer_rig_open(SERVER "digest");
    ask(r);
    peer_rig_payload(r, 0, &len);
    cr_assert_eq(len, 68);
    peer_rig_close(r);
    r = peer_rig_open(SERVER "length 47");
    ask(r);
    peer_rig_payload(r, 0, &len);
    cr_assert_eq(len, 47);
    peer_rig_close(r);
}

/* RFC 5905 7.3: for stratum 1 four characters, zero padded. */
Test(peer_ntp, reference)
{
    struct peer_rig *r = peer_rig_open(SERVER "reference \"PT\"");
    uint32_t len;
    cr_assert_eq(ask(r), 1);
    cr_assert_arr_eq(peer_rig_payload(r, 0, &len) + 12, "PT\0\0", 4);
    peer_rig_close(r);
}

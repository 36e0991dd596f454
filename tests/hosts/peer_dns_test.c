/* The resolver's answers against RFC 1035's figures, and each of its lies. */
#include <criterion/criterion.h>
#include <string.h>
#include "sim/hosts/host.h"
#include "tests/hosts/peer_rig.h"

#define SERVER                                                                                     \
    "host dns-resolver srv ip 10.0.2.2/24 zone \"www.example.test A 10.0.2.80\" "                  \
    "\"www.example.test 60 A 10.0.2.81\" "                                                         \
    "\"ftp.example.test CNAME www.example.test\" \"example.test SOA ns.example.test "              \
    "root.example.test 1 2 3 4 5\" "

enum { ID = 0x4d5e, QUESTION = 12 + 18 + 4 };

/* "www.example.test" -> labels; returns the length. */
static uint32_t put_name(uint8_t *p, const char *name)
{
    uint32_t at = 0;
    while (*name) {
        size_t len = strcspn(name, ".");
        p[at++] = (uint8_t)len;
        memcpy(p + at, name, len);
        at += (uint32_t)len;
        name += len + (name[len] == '.');
    }
    p[at++] = 0;
    return at;
}

static int ask(struct peer_rig *r, const char *name, uint32_t type)
{
    uint8_t m[512] = {ID >> 8, ID & 255, 1, 0, 0, 1};
    uint32_t at = 12 + put_name(m + 12, name);
    put16(m + at, type);
    put16(m + at + 2, 1);
    return peer_rig_udp(r, RIG_CLIENT, RIG_SERVER, 5353, 53, m, at + 4);
}

static const uint8_t *answer(const struct peer_rig *r, uint32_t *len)
{
    return peer_rig_payload(r, r->frames - 1, len);
}

static bool known(void)
{
    return host_kind_by_name("dns-resolver") != NULL;
}

/* RFC 1035 4.1: header, question as it came, two records that point at it. */
Test(peer_dns, answer_is_what_the_rfc_draws)
{
    if (!known())
        cr_skip("built without ldns");
    static const uint8_t expected[] = {
        0x4d, 0x5e, 0x81, 0x80, 0,   1,   0,   2, 0,    0,    0,   0,   3,  'w', 'w', 'w', 7,
        'e',  'x',  'a',  'm',  'p', 'l', 'e', 4, 't',  'e',  's', 't', 0,  0,   1,   0,   1,
        0xc0, 12,   0,    1,    0,   1,   0,   0, 0x0e, 0x10, 0,   4,   10, 0,   2,   80,  0xc0,
        12,   0,    1,    0,    1,   0,   0,   0, 60,   0,    4,   10,  0,  2,   81,
    };
    struct peer_rig *r = peer_rig_open(SERVER);
    uint32_t len;
    cr_assert_eq(ask(r, "www.example.test", 1), 1);
    const uint8_t *p = answer(r, &len);
    cr_assert_eq(len, sizeof expected);
    cr_assert_arr_eq(p, expected, sizeof expected);
    cr_assert_eq(get16(r->seen[0].bytes + 34), 53);
    cr_assert_eq(get16(r->seen[0].bytes + 36), 5353);
    cr_assert_eq(peer_rig_number(r, "last-id"), ID);
    cr_assert_eq(peer_rig_number(r, "last-port"), 5353);
    cr_assert_eq(peer_rig_number(r, "last-rd"), 1);
    cr_assert(peer_rig_says(r, "last-name", "www.example.test"));
    peer_rig_close(r);
}

/* RFC 1034 4.3.2: the alias and what it names. RFC 2308: no data and no such name carry the SOA. */
Test(peer_dns, alias_no_data_no_name)
{
    if (!known())
        cr_skip("built without ldns");
    struct peer_rig *r = peer_rig_open(SERVER);
    uint32_t len;
    ask(r, "FTP.example.test", 1);
    const uint8_t *p = answer(r, &len);
    cr_assert_eq(get16(p + 6), 3);
    cr_assert_eq(get16(p + QUESTION + 2), 5);
    cr_assert(p[13] == 'F' && p[14] == 'T', "the question comes back in its own letters");
    ask(r, "www.example.test", 28);
    p = answer(r, &len);
    cr_assert_eq(p[3] & 15, 0);
    cr_assert_eq(get16(p + 6), 0);
    cr_assert_eq(get16(p + 8), 1);
    ask(r, "nix.example.test", 1);
    p = answer(r, &len);
    cr_assert_eq(p[3] & 15, 3);
    cr_assert_eq(get16(p + 8), 1);
    ask(r, "nix.test", 1);
    p = answer(r, &len);
    cr_assert_eq(p[3] & 15, 3);
    cr_assert_eq(len, 12 + 10 + 4);
    peer_rig_close(r);
}

Test(peer_dns, bad_queries)
{
    if (!known())
        cr_skip("built without ldns");
    struct peer_rig *r = peer_rig_open(SERVER);
    uint8_t m[64] = {ID >> 8, ID & 255, 1, 0, 0, 1};
    uint32_t len;
    cr_assert_eq(peer_rig_udp(r, RIG_CLIENT, RIG_SERVER, 5353, 53, m, 12), 1, "a question short");
    cr_assert_eq(answer(r, &len)[3], 1);
    cr_assert_eq(len, 12);
    m[2] = 0x81;
    cr_assert_eq(peer_rig_udp(r, RIG_CLIENT, RIG_SERVER, 5353, 53, m, 30), 0,
                 "an answer is not answered");
    cr_assert_eq(peer_rig_udp(r, RIG_CLIENT, RIG_SERVER, 5353, 53, m, 11), 0);
    m[2] = 0x10;
    cr_assert_eq(peer_rig_udp(r, RIG_CLIENT, RIG_SERVER, 5353, 53, m, 12 + 5), 1);
    cr_assert_eq(answer(r, &len)[3], 4, "STATUS is not implemented");
    peer_rig_close(r);
}

/* RFC 1035 4.2.1: not above 512 octets; TC says that something was left out. */
Test(peer_dns, long_answers_are_truncated)
{
    if (!known())
        cr_skip("built without ldns");
    struct peer_rig *r = peer_rig_open(SERVER);
    char call[64];
    uint32_t len;
    for (int k = 0; k < 40; k++) {
        snprintf(call, sizeof call, "zone(\"big.test A 10.0.3.%d\")", k);
        cr_assert_eq(peer_rig_call(r, call), 0);
    }
    ask(r, "big.test", 1);
    const uint8_t *p = answer(r, &len);
    cr_assert_eq(p[2], 0x83);
    cr_assert_eq(get16(p + 6), 0);
    cr_assert_eq(len, 12 + 10 + 4);
    cr_assert_eq(peer_rig_call(r, "drop(\"big.test\")"), 0);
    ask(r, "big.test", 1);
    cr_assert_eq(answer(r, &len)[3] & 15, 3);
    peer_rig_close(r);
}

/* 34 is where the first record begins, 36 its type, 46 its data. */
Test(peer_dns, each_lie_does_what_it_says)
{
    static const struct {
        const char *attribute;
        uint32_t at, len;
        uint8_t bytes[24];
        uint32_t whole; /* 0: 66 */
    } lies[] = {
        {"empty", 2, 10, {0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, 34},
        {"nxdomain", 2, 10, {0x81, 0x83, 0, 1, 0, 0, 0, 0, 0, 0}, 34},
        {"servfail", 3, 1, {0x82}, 34},
        {"refuse", 3, 1, {0x85}, 34},
        {"rcode 9", 3, 1, {0x89}, 34},
        {"truncate", 2, 10, {0x83, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, 34},
        {"ttl 0", 40, 4, {0, 0, 0, 0}, 0},
        {"ttl 7", 56, 4, {0, 0, 0, 7}, 0},
        {"wrong-name", 34, 14, {5, 'o', 't', 'h', 'e', 'r', 4, 't', 'e', 's', 't', 0, 0, 1}, 60},
        {"wrong-class", 38, 2, {0, 3}, 0},
        {"rdlength 16", 34, 16, {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 16, 10, 66, 66, 66}, 50},
        {"counts 100", 6, 2, {0, 102}, 0},
        {"counts 1", 6, 2, {0, 3}, 0},
        {"pointer-self", 34, 4, {0xc0, 34, 0, 1}, 50},
        {"pointer-loop", 34, 4, {1, 'a', 0xc0, 52}, 70},
        {"pointer-loop", 52, 4, {1, 'b', 0xc0, 34}, 70},
        {"pointer-forward", 34, 4, {0xc0, 50, 0, 1}, 68},
        {"pointer-past-end", 34, 2, {0xff, 0xff}, 50},
        {"pointer-header", 34, 2, {0xc0, 0}, 50},
        {"pointer-cut", 34, 1, {0xc0}, 35},
        {"label-reserved", 34, 2, {64, 'a'}, 34 + 66 + 14},
        {"label-past-end", 34, 4, {63, 'a', 'b', 'c'}, 38},
        {"name-too-long", 34, 1, {63}, 34 + 256 + 14},
        {"cname-loop", 34, 14, {0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 12}, 48},
        {"no-qr", 2, 1, {0x01}, 0},
        {"opcode 2", 2, 1, {0x91}, 0},
        {"no-question", 4, 8, {0, 0, 0, 0, 0, 0, 0, 0}, 12},
        {"wrong-question", 12, 4, {3, 'x', 'w', 'w'}, 0},
        {"wrong-question-type", 30, 4, {0, 0, 0, 1}, 0},
        {"upper-case", 12, 8, {3, 'W', 'W', 'W', 7, 'E', 'X', 'A'}, 0},
        {"wrong-id", 0, 2, {0x4d, 0x5f}, 0},
        {"length 20", 0, 2, {0x4d, 0x5e}, 20},
    };
    if (!known())
        cr_skip("built without ldns");
    for (size_t k = 0; k < sizeof lies / sizeof lies[0]; k++) {
        char line[512];
        uint32_t len;
        snprintf(line, sizeof line, SERVER "%s 1 \"a\"", lies[k].attribute);
        struct peer_rig *r = peer_rig_open(line);
        cr_assert_eq(ask(r, "www.example.test", 1), 1);
        const uint8_t *p = answer(r, &len);
        cr_assert_eq(len, lies[k].whole ? lies[k].whole : 66, "%s: %u octets", line, len);
        cr_assert_arr_eq(p + lies[k].at, lies[k].bytes, lies[k].len, "%s", line);
        peer_rig_close(r);
    }
}

Test(peer_dns, raw_answers)
{
    if (!known())
        cr_skip("built without ldns");
    struct peer_rig *r = peer_rig_open(
        SERVER "raw \"www.example.test\" \"\\x85\\x00\\0\\1\\0\\1\\0\\0\\0\\0\" \"\\xc0\\x0c\"");
    uint32_t len;
    static const uint8_t head[12] = {0x4d, 0x5e, 0x85, 0, 0, 1, 0, 1};
    ask(r, "www.example.test", 1);
    const uint8_t *p = answer(r, &len);
    cr_assert_eq(len, QUESTION + 2);
    cr_assert_arr_eq(p, head, 12);
    cr_assert_eq(p[13], 'w');
    cr_assert_eq(get16(p + QUESTION), 0xc00c);
    peer_rig_close(r);
}

Test(peer_dns, silence_delay_and_the_log)
{
    if (!known())
        cr_skip("built without ldns");
    struct peer_rig *r = peer_rig_open(SERVER "silent 1 \"aaaa\" delay 1s 1");
    cr_assert_eq(ask(r, "www.example.test", 28), 0);
    cr_assert_eq(ask(r, "www.example.test", 1), 0);
    peer_rig_run(r, INT64_C(1000000000));
    cr_assert_eq(r->frames, 1);
    cr_assert_eq(ask(r, "www.example.test", 28), 1);
    cr_assert_eq(peer_rig_number(r, "queries"), 3);
    cr_assert_eq(peer_rig_number(r, "distinct-ids"), 1);
    cr_assert_eq(peer_rig_call(r, "from(\"10.0.2.99\")"), 0);
    ask(r, "www.example.test", 1);
    cr_assert_eq(get32(r->seen[r->frames - 1].bytes + 26), 0x0a000263);
    cr_assert_eq(peer_rig_call(r, "from(\"10.0.2\")"), -1);
    peer_rig_close(r);
    struct why why = {{0}};
    cr_assert_null(
        peer_rig_try("host dns-resolver srv ip 10.0.2.2/24 zone \"www.example.test B 1\"", &why));
    cr_assert_eq(strncmp(why.text, "\"www.example.test B 1\": ", 24), 0, "%s", why.text);
}

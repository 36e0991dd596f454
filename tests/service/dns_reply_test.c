/* What a resolver believes: RFC 1035 7.3, RFC 5452 9.1, RFC 9267, RFC 2308. Messages are written as
 * hex. */
#include <stdio.h>
#include "tests/wire/packet.h"
#include "stack/service/dns_inside.h"

enum { ID = 0x1234 };

#define HEAD "1234 8180 0001" /* id, QR RD RA, one question */
#define QUESTION                                                                                   \
    "01 61 07 6578616d706c65 00 0001 0001" /* a.example A IN; the name at 12, its tail at 14 */
#define A_RECORD(ttl) "c00c 0001 0001" ttl "0004 c0000205" /* 192.0.2.5 */
#define SOA(ttl, minimum)                                                                          \
    "c00e 0006 0001" ttl "0018 c00c c00c 00000001 00000002 00000003 00000004" minimum

static struct dns_question question(const char *name, uint16_t type)
{
    struct dns_question q = {.type = type, .class = DNS_CLASS_IN};
    cr_assert_eq(dns_name_from_text(name, &q.name), DNS_SOUND);
    return q;
}

static enum dns_verdict judge(const char *hex, struct dns_answer *a)
{
    struct dns_question q = question("a.example", DNS_A);
    struct packet p = packet(hex);
    return dns_reply_read(p.bytes, p.len, ID, &q, DNS_CHAIN, a);
}

Test(dns_reply, address)
{
    struct dns_answer a;
    cr_assert_eq(judge(HEAD "0001 0000 0000" QUESTION A_RECORD("00000e10"), &a), DNS_ANSWERED);
    cr_assert_eq(a.result.count, 1);
    cr_assert_eq(a.result.addr[0].word[0], 0xc0000205);
    cr_assert_eq(a.result.ttl_s, 3600);
    cr_assert_str_eq(a.result.name, "a.example");
}

/* RFC1035-2.3.3-1: names compare without regard to case; RFC5625-4.4.1-1. */
Test(dns_reply, question_in_other_case)
{
    struct dns_answer a;
    cr_assert_eq(
        judge(HEAD "0001 0000 0000 01 41 07 4578414d706c65 00 0001 0001" A_RECORD("00000e10"), &a),
        DNS_ANSWERED);
}

/* Each is no answer to our question, and leaves the wait as it is: RFC5452-9.1-2. */
Test(dns_reply, not_an_answer_to_our_question)
{
    static const struct {
        const char *hex;
        enum dns_counter drop;
    } cases[] = {
        {"", DNS_DROP_MALFORMED},
        {"1234 8180 0001 0001 0000", DNS_DROP_MALFORMED},
        {"1235 8180 0001 0001 0000 0000" QUESTION A_RECORD("00000e10"), DNS_DROP_ID},
        {"1234 0100 0001 0000 0000 0000" QUESTION, DNS_DROP_NOT_REPLY},
        {"1234 a980 0001 0001 0000 0000" QUESTION A_RECORD("00000e10"), DNS_DROP_OPCODE},
        {"1234 8180 0000 0001 0000 0000" A_RECORD("00000e10"), DNS_DROP_QUESTION},
        {"1234 8180 0002 0001 0000 0000" QUESTION QUESTION A_RECORD("00000e10"), DNS_DROP_QUESTION},
        {HEAD "0001 0000 0000 01 62 07 6578616d706c65 00 0001 0001" A_RECORD("00000e10"),
         DNS_DROP_QUESTION},
        {HEAD "0001 0000 0000 01 61 07 6578616d706c65 00 001c 0001" A_RECORD("00000e10"),
         DNS_DROP_QUESTION},
        {HEAD "0001 0000 0000 01 61 07 6578616d706c65 00 0001 0003" A_RECORD("00000e10"),
         DNS_DROP_QUESTION},
        /* RFC1035-7.3-3: good records in front of a bad one are worth nothing. */
        {HEAD "0002 0000 0000" QUESTION A_RECORD("00000e10"), DNS_DROP_MALFORMED},
        {HEAD "0002 0000 0000" QUESTION A_RECORD("00000e10") "c00c 0001 0001 00000e10 ffff 01",
         DNS_DROP_MALFORMED},
        {HEAD
         "0001 0000 0001" QUESTION A_RECORD("00000e10") "c0ff 0001 0001 00000e10 0004 01020304",
         DNS_DROP_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dns_answer a;
        cr_assert_eq(judge(cases[i].hex, &a), DNS_IGNORED, "case %zu", i);
        cr_assert_eq(a.drop, cases[i].drop, "case %zu: %d", i, (int)a.drop);
    }
}

/* RFC2181-5.2-1, RFC2181-8-1: the lowest TTL of a set holds; one with the top bit set is 0. */
Test(dns_reply, ttl)
{
    struct dns_answer a;
    judge(HEAD "0002 0000 0000" QUESTION A_RECORD("00000e10") A_RECORD("0000000a"), &a);
    cr_assert_eq(a.result.count, 2);
    cr_assert_eq(a.result.ttl_s, 10);
    judge(HEAD "0001 0000 0000" QUESTION A_RECORD("80000001"), &a);
    cr_assert_eq(a.result.ttl_s, 0);
}

/* RFC1034-3.6.2: an alias and its address, the records in either order. The alias b.example stands
 * at 39. */
Test(dns_reply, alias_and_its_address)
{
#define ALIAS "c00c 0005 0001 00000064 0004 01 62 c00e"
    struct dns_answer a;
    cr_assert_eq(
        judge(HEAD "0002 0000 0000" QUESTION ALIAS "c027 0001 0001 00000032 0004 c0000206", &a),
        DNS_ANSWERED);
    cr_assert_eq(a.result.addr[0].word[0], 0xc0000206);
    cr_assert_eq(a.result.ttl_s, 50);
    cr_assert_str_eq(a.result.name, "b.example");
    cr_assert_eq(judge(HEAD "0002 0000 0000" QUESTION
                            "01 62 c00e 0001 0001 00000032 0004 c0000206" ALIAS,
                       &a),
                 DNS_ANSWERED);
    cr_assert_eq(a.result.count, 1);
}

/* RFC1034-3.6.2-2: the reply ends with an alias. */
Test(dns_reply, alias_alone)
{
    struct dns_answer a;
    cr_assert_eq(judge(HEAD "0001 0000 0000" QUESTION ALIAS, &a), DNS_ELSEWHERE);
    struct dns_question b = question("b.example", DNS_A);
    cr_assert(dns_name_equal(&a.target, &b.name));
    cr_assert_eq(a.chain, 1);
    cr_assert_eq(a.result.ttl_s, 100);
}

/* RFC1034-3.6.2-1: a -> b -> a. */
Test(dns_reply, alias_loop)
{
    struct dns_answer a;
    cr_assert_eq(
        judge(HEAD "0002 0000 0000" QUESTION ALIAS "c027 0005 0001 00000064 0002 c00c", &a),
        DNS_LOOP);
}

/* RFC5452-6-1, RFC2181-5.4.1-1: an address of another name, and one in the additional section, are
 * nothing to us. */
Test(dns_reply, strangers)
{
    struct dns_answer a;
    cr_assert_eq(
        judge(HEAD "0001 0000 0000" QUESTION "01 62 c00e 0001 0001 00000032 0004 c0000206", &a),
        DNS_NO_DATA);
    cr_assert_eq(judge(HEAD "0000 0000 0001" QUESTION A_RECORD("00000e10"), &a), DNS_NO_DATA);
}

/* RFC1035-4.1.3-3: class CH. RFC1035-4.1.3-1: an A record of three octets spoils the message (RFC
 * 9267 5). */
Test(dns_reply, other_class_and_wrong_length)
{
    struct dns_answer a;
    cr_assert_eq(judge(HEAD "0001 0000 0000" QUESTION "c00c 0001 0003 00000e10 0004 c0000205", &a),
                 DNS_NO_DATA);
    cr_assert_eq(judge(HEAD "0001 0000 0000" QUESTION "c00c 0001 0001 00000e10 0003 c00002", &a),
                 DNS_IGNORED);
}

/* RFC2308-2.1-1, 3-1, 5-1: the SOA's TTL or MINIMUM, the lesser; without a SOA nothing may be
 * remembered. */
Test(dns_reply, no_such_name)
{
    struct dns_answer a;
    cr_assert_eq(judge("1234 8183 0001 0000 0001 0000" QUESTION SOA("0000003c", "0000001e"), &a),
                 DNS_NO_NAME);
    cr_assert_eq(a.negative_s, 30);
    judge("1234 8183 0001 0000 0001 0000" QUESTION SOA("00000014", "0000001e"), &a);
    cr_assert_eq(a.negative_s, 20);
    cr_assert_eq(judge("1234 8183 0001 0000 0000 0000" QUESTION, &a), DNS_NO_NAME);
    cr_assert_eq(a.negative_s, 0);
    cr_assert_eq(judge(HEAD "0000 0001 0000" QUESTION SOA("0000003c", "0000001e"), &a),
                 DNS_NO_DATA);
    cr_assert_eq(a.negative_s, 30);
}

/* RFC1035-4.1.1-5, -6, -8, -9. */
Test(dns_reply, errors_referral_truncation)
{
    static const char *const codes[] = {"8181", "8182", "8184", "8185", "8189", "818f"};
    struct dns_answer a;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char hex[256];
        snprintf(hex, sizeof hex, "1234 %s 0001 0000 0000 0000" QUESTION, codes[i]);
        cr_assert_eq(judge(hex, &a), DNS_SERVER_ERROR, "%s", codes[i]);
        cr_assert_eq(a.result.rcode, strtoul(codes[i], NULL, 16) & 15);
    }
    cr_assert_eq(
        judge("1234 8100 0001 0000 0001 0000" QUESTION "c00e 0002 0001 00000e10 0002 c00c", &a),
        DNS_SERVER_ERROR);
    cr_assert_eq(judge("1234 8380 0001 0001 0000 0000" QUESTION A_RECORD("00000e10"), &a),
                 DNS_TRUNCATED);
    cr_assert_eq(a.result.count, 0);
    /* A truncated message may end in the middle of a record. */
    cr_assert_eq(judge("1234 8380 0001 0002 0000 0000" QUESTION A_RECORD("00000e10") "c00c 00", &a),
                 DNS_TRUNCATED);
}

Test(dns_reply, reverse)
{
    struct dns_answer a;
    struct dns_question q = question("5.2.0.192.in-addr.arpa", DNS_PTR);
    struct packet p = packet(
        HEAD "0001 0000 0000 0135 0132 0130 03313932 07696e2d61646472 0461727061 00 000c 0001"
             "c00c 000c 0001 00000e10 000b 01 61 07 6578616d706c65 00");
    cr_assert_eq(dns_reply_read(p.bytes, p.len, ID, &q, DNS_CHAIN, &a), DNS_ANSWERED);
    cr_assert_str_eq(a.result.name, "a.example");
}

/* No octet behind the message is read, and none crashes: every prefix of a message that has
 * everything. */
Test(dns_reply, every_prefix)
{
    struct packet whole =
        packet(HEAD "0002 0001 0001" QUESTION ALIAS "c027 0001 0001 00000032 0004 c0000206" SOA(
            "0000003c", "0000001e") "c00c 0001 0001 00000e10 0004 c0000205");
    struct dns_question q = question("a.example", DNS_A);
    for (size_t len = 0; len < whole.len; len++) {
        struct packet p = packet_prefix(whole, len);
        struct dns_answer a;
        cr_assert_eq(dns_reply_read(p.bytes, p.len, ID, &q, DNS_CHAIN, &a), DNS_IGNORED,
                     "%zu octets", len);
    }
}

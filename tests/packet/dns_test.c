#include "sim/packet/layers/dns_name.h"
#include "tests/packet/rig.h"

TestSuite(packet_dns, .init = rig_up, .fini = rig_down);

enum { DNS = 42 };

/* RFC 1035, section 4.1.4: F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA at 64, the root at 92. */
Test(packet_dns, names_of_rfc_1035)
{
    uint8_t message[96] = {0};
    memcpy(message + 20, "\1F\3ISI\4ARPA", 12);
    memcpy(message + 40, "\3FOO\xc0\x14", 6);
    memcpy(message + 64, "\xc0\x1a", 2);
    const struct {
        uint32_t at;
        const char *name;
        uint32_t behind;
    } table[] = {
        {20, "F.ISI.ARPA", 32},
        {40, "FOO.F.ISI.ARPA", 46},
        {64, "ARPA", 66},
        {92, "", 93},
    };
    for (size_t i = 0; i < 4; i++) {
        char text[DNS_NAME_TEXT];
        uint32_t at = table[i].at;
        bool compressed = false;
        cr_assert_eq(dns_name_text(message, 96, &at, text, &compressed),
                     (int)strlen(table[i].name));
        cr_assert_str_eq(text, table[i].name);
        cr_assert_eq(at, table[i].behind);
    }
}

Test(packet_dns, names_that_are_none)
{
    const struct {
        const char *octets;
        uint32_t len;
    } table[] = {
        {"\xc0\x00", 2}, {"\1a\xc0\x00", 4}, {"\3ab", 3}, {"\1a", 2},
        {"\x40x", 2},    {"\xc0", 1},        {"", 0},     {"\xc0\x05", 2},
    };
    char text[DNS_NAME_TEXT];
    bool compressed;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint32_t at = 0;
        cr_assert_eq(
            dns_name_text((const uint8_t *)table[i].octets, table[i].len, &at, text, &compressed),
            -1, "%d", (int)i);
    }
    uint8_t wire[DNS_NAME_OCTETS];
    cr_assert_eq(dns_name_octets((const uint8_t *)"a..b", 4, wire), -1);
    cr_assert_eq(dns_name_octets((const uint8_t *)".", 1, wire), 1);
    char label[80];
    memset(label, 'a', sizeof label);
    cr_assert_eq(dns_name_octets((const uint8_t *)label, 63, wire), 65);
    cr_assert_eq(dns_name_octets((const uint8_t *)label, 64, wire), -1);
    cr_assert_eq(dns_name_octets((const uint8_t *)"a\\.b\\000", 8, wire), 6);
    cr_assert_arr_eq(wire, "\4a.b\0", 6);
}

/* Section 4.1: header, question; section 4.1.3: a record; 4.1.4: the name at 12 is pointed to. */
Test(packet_dns, response)
{
    cr_assert_gt(build("< udp 53 > 1024 dns response id 7 rd ra aa www.example.com/A answer "
                       "www.example.com A 60 10.0.2.2"),
                 0);
    cr_assert(has_at(
        DNS, "0007 8580 0001 0001 0000 0000 03 777777 07 6578616d706c65 03 636f6d 00 0001 0001"));
    cr_assert(has_at(DNS + 33, "c00c 0001 0001 0000003c 0004 0a000202"));
    cr_assert(matches(
        "> dns response aa rd ra no tc id 7 \"www.example.com\"/A answer * A ?ttl ?a ancount 1"));
    cr_assert_eq(variable("ttl"), 60);
    cr_assert_eq(variable("a"), 0x0a000202);
    cr_assert(differs("> dns response answer www.example.com A 61 10.0.2.2", "dns.answer",
                      "\"www.example.com\" A 61 10.0.2.2", "\"www.example.com\" A 60 10.0.2.2"));
    cr_assert(differs("> dns response answer * A * * answer * A * 1.2.3.4", "dns.answer 2",
                      "* A * 1.2.3.4", "no such record"));
    cr_assert(differs("> dns query", "dns.qr", "query", "response"));
    cr_assert(differs("> dns www.example.com/AAAA", "dns.question", "\"www.example.com\"/AAAA",
                      "\"www.example.com\"/A"));
}

Test(packet_dns, response_answers_the_query)
{
    cr_assert_gt(build("< udp 5000 > 53 dns query id 0xabcd rd www.example.com/A"), 0);
    cr_assert(has_at(DNS, "abcd 0100 0001 0000 0000 0000"));
    answer_it();
    cr_assert_gt(build("< dns response nxdomain authority example.com NS 1h ns.example.com"), 0);
    cr_assert(has_at(34, "0035 1388"));
    cr_assert(has_at(DNS, "abcd 8003 0001 0000 0001 0000 03 777777 07 6578616d706c65 03 636f6d 00 "
                          "0001 0001 c010 0002 0001"));
    cr_assert_gt(build("< dns response qdcount 0"), 0);
    cr_assert_eq(rig.len, DNS + 12);
}

/* The records of RFC 1035, section 3.3, RFC 3596 and RFC 2782. */
Test(packet_dns, data_by_type)
{
    static const struct {
        const char *line, *data;
    } table[] = {
        {"AAAA 0 ::1", "001c 0001 00000000 0010 00000000000000000000000000000001"},
        {"MX 1 10 b.c", "000f 0001 00000001 0007 000a 0162 0163 00"},
        {"CNAME 1 c", "0005 0001 00000001 0003 0163 00"},
        {"PTR 1 .", "000c 0001 00000001 0001 00"},
        {"TXT 1 \"hi\"", "0010 0001 00000001 0003 02 6869"},
        {"SRV 1 2 3 4 c", "0021 0001 00000001 0009 0002 0003 0004 0163 00"},
        {"SOA 1 b c 1 2 3 4 5",
         "0006 0001 00000001 001a 016200 016300 00000001 00000002 00000003 00000004 00000005"},
        {"type99 1 x", NULL},
        {"99 1 hex 0102", "0063 0001 00000001 0002 0102"},
        {"A 1 hex 0102", "0001 0001 00000001 0002 0102"},
    };
    char text[128];
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        snprintf(text, sizeof text, "< udp 53 > 9 dns response plain answer a %s", table[i].line);
        if (!table[i].data) {
            cr_assert_neq(*complaint(text), 0);
            continue;
        }
        cr_assert_gt(build(text), 0, "%s: %s", text, rig.why);
        cr_assert(has_at(DNS + 12, "016100"));
        cr_assert(has_at(DNS + 15, table[i].data), "%s", text);
        cr_assert(comes_back(text), "%s", text);
        text[0] = '>';
        cr_assert(matches(text), "%s", text);
        cr_assert(prints(text, NULL));
    }
}

Test(packet_dns, lines_come_back)
{
    cr_assert(comes_back("< udp 53 > 9 dns response id 1 a.b/A answer a.b A 1 1.2.3.4 answer a.b A "
                         "1 1.2.3.5 additional \"\" class 4096 OPT 0 \"\""));
    cr_assert(comes_back("< udp 53 > 9 dns response id 1 a.b/A answer hex c00c A 1 1.2.3.4"));
    cr_assert(comes_back("< udp 53 > 9 dns response id 1 a.b/A answer hex c0ff A 1 1.2.3.4"));
    cr_assert(comes_back("< udp 53 > 9 dns response id 1 ancount 9 a.b/A answer a.b A 1 1.2.3.4"));
    cr_assert(comes_back("< udp 53 > 9 dns query status id 1 qdcount 2 question hex 0102"));
    cr_assert(comes_back("< udp 53 > 9 dns query z cd rcode 15 id 1"));
    cr_assert(prints("> dns query id ?x rd www.example.com/A",
                     "dns query id ?x rd \"www.example.com\"/A"));
    cr_assert(
        prints("> dns response answer * A [1..60] ?addr", "dns response answer * A [1..60] ?addr"));
    cr_assert(prints("> dns question a class CH TXT", NULL));
    cr_assert(prints("< dns response answer hex c00c A 60 1.2.3.4 plain", NULL));
}

Test(packet_dns, complaints)
{
    cr_assert_str_eq(complaint("< dns query \"a..b\"/A"),
                     "13: \"a..b\" is no domain name: labels of 1 to 63 octets, 255 in all");
    cr_assert_str_eq(complaint("< dns query a/B"),
                     "15: type B: a number or one of its words belongs here");
}

/* RFC 5905, figure 8: li 0, vn 4, mode 3 is 23; org stands at 24, rec at 32, xmt at 40. */
Test(packet_dns, ntp)
{
    cr_assert_gt(build("< udp 123 > 123 ntp client xmt 0xe4b2a3c400000001"), 0);
    cr_assert(has_at(42, "23 00 00 00"));
    cr_assert(has_at(42 + 40, "e4b2a3c400000001"));
    cr_assert_eq(rig.len, 42 + 48);
    cr_assert(matches("> ntp client vn 4 xmt ?t"));
    answer_it();
    cr_assert_gt(build("< ntp server li 3 stratum 1 refid 0x47505300 rec 5 xmt 6"), 0);
    cr_assert(has_at(42, "e4 01"));
    cr_assert(has_at(42 + 12, "47505300"));
    cr_assert(has_at(42 + 24, "e4b2a3c400000001 0000000000000005 0000000000000006"));
    cr_assert(matches("> ntp server org $t li 3"));
    cr_assert(comes_back("< ntp mode 6 data \"trailing\""));
}

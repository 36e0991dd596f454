#include "tests/wire/packet.h"
#include "stack/wire/dns.h"

/* id abcd, a response, recursion desired and available; then the four counts */
#define RESPONSE(counts) "abcd 8180 " counts
#define EXAMPLE_ORG      "07 6578616d706c65 03 6f7267 00"

/* example.org A? with one answer, its name a pointer to the question's: 192.0.2.1, TTL 60 */
#define ANSWER                                                                                     \
    RESPONSE("0001 0001 0000 0000")                                                                \
    EXAMPLE_ORG "0001 0001 c00c 0001 0001 0000003c 0004 c0000201"

static struct dns_name name_of(const char *text)
{
    struct dns_name name;
    ASSERT_ACCEPTED(dns_name_from_text(text, &name, &why));
    return name;
}

static void assert_name(const struct dns_name *name, const char *text)
{
    char buf[DNS_MAX_TEXT];
    cr_assert_eq(dns_name_to_text(name, buf, sizeof buf), strlen(text));
    cr_assert_str_eq(buf, text);
}

/* Every flag alone is the bit that the RFCs draw. */
Test(wire_dns, reads_and_writes_each_flag)
{
    static const char *messages[] = {
        "0001 8000 0000 0000 0000 0000", "0001 7800 0000 0000 0000 0000",
        "0001 0400 0000 0000 0000 0000", "0001 0200 0000 0000 0000 0000",
        "0001 0100 0000 0000 0000 0000", "0001 0080 0000 0000 0000 0000",
        "0001 0040 0000 0000 0000 0000", "0001 0020 0000 0000 0000 0000",
        "0001 0010 0000 0000 0000 0000", "0001 000f 0000 0000 0000 0000",
    };
    for (unsigned i = 0; i < 10; i++) {
        struct packet p = packet(messages[i]);
        struct dns_hdr h;
        uint8_t buf[12];
        ASSERT_ACCEPTED(dns_parse(p.bytes, p.len, &h, &why));
        const bool flags[] = {h.qr, h.opcode == 15, h.aa, h.tc,         h.rd, h.ra,
                              h.z,  h.ad,           h.cd, h.rcode == 15};
        for (unsigned k = 0; k < 10; k++)
            cr_assert_eq(flags[k], k == i, "flag %u of message %u", k, i);
        ASSERT_BYTES(buf, dns_emit(&h, buf, sizeof buf), p);
    }
}

Test(wire_dns, reads_and_writes_ids_and_counts)
{
    struct packet p = packet("abcd 8180 0001 0203 0405 0607");
    struct dns_hdr h;
    uint8_t buf[12];
    ASSERT_ACCEPTED(dns_parse(p.bytes, p.len, &h, &why));
    cr_assert(h.id == 0xabcd && h.qdcount == 1 && h.ancount == 0x203);
    cr_assert(h.nscount == 0x405 && h.arcount == 0x607);
    cr_assert_eq(dns_emit(&h, buf, 11), 0);
    ASSERT_BYTES(buf, dns_emit(&h, buf, sizeof buf), p);
}

Test(wire_dns, refuses_11_octets)
{
    struct packet p = packet("abcd 8180 0001 0001 0000 00");
    struct dns_hdr h;
    ASSERT_REFUSED("dns: shorter than 12 octets", dns_parse(p.bytes, p.len, &h, &why));
}

/* id 1234, RD, one question: example.org A IN */
Test(wire_dns, writes_a_query)
{
    struct dns_question q = {name_of("example.org"), DNS_TYPE_A, DNS_CLASS_IN};
    uint8_t buf[29];
    cr_assert_eq(dns_query_emit(0x1234, true, &q, buf, 28), 0);
    cr_assert_eq(dns_query_emit(0x1234, true, &q, buf, 11), 0);
    ASSERT_BYTES(buf, dns_query_emit(0x1234, true, &q, buf, sizeof buf),
                 packet("1234 0100 0001 0000 0000 0000" EXAMPLE_ORG "0001 0001"));
    ASSERT_ACCEPTED(dns_check(buf, sizeof buf, &why));
}

/* RFC 6891 6.1.2: root, type 41, the size as class, TTL and RDLENGTH 0; and it is counted. */
Test(wire_dns, adds_an_opt_record)
{
    struct dns_question q = {name_of("example.org"), DNS_TYPE_A, DNS_CLASS_IN};
    uint8_t buf[40];
    size_t len = dns_query_emit(0x1234, true, &q, buf, sizeof buf);
    cr_assert_eq(dns_opt_emit(1232, buf, len, sizeof buf - 1), 0);
    ASSERT_BYTES(
        buf, dns_opt_emit(1232, buf, len, sizeof buf),
        packet("1234 0100 0001 0000 0000 0001" EXAMPLE_ORG "0001 0001 00 0029 04d0 00000000 0000"));
    ASSERT_ACCEPTED(dns_check(buf, sizeof buf, &why));
}

Test(wire_dns, reads_a_question_and_an_answer)
{
    struct packet p = packet(ANSWER);
    struct dns_question q;
    struct dns_rr rr;
    uint32_t addr = 0;
    size_t at = 12;
    ASSERT_ACCEPTED(dns_question_parse(p.bytes, p.len, &at, &q, &why));
    assert_name(&q.name, "example.org");
    cr_assert(q.type == DNS_TYPE_A && q.class == DNS_CLASS_IN && at == 29);
    ASSERT_ACCEPTED(dns_rr_parse(p.bytes, p.len, &at, &rr, &why));
    assert_name(&rr.name, "example.org");
    cr_assert(rr.type == DNS_TYPE_A && rr.class == DNS_CLASS_IN && rr.ttl == 60);
    cr_assert(rr.rdlength == 4 && rr.rdata == 41 && at == p.len);
    ASSERT_ACCEPTED(dns_rr_a(p.bytes, p.len, &rr, &addr, &why));
    cr_assert_eq(addr, 0xc0000201);
    ASSERT_ACCEPTED(dns_check(p.bytes, p.len, &why));
}

/* Octets behind the last counted record do no harm. */
Test(wire_dns, accepts_octets_behind_the_last_record)
{
    struct packet p = packet(ANSWER "ffff");
    ASSERT_ACCEPTED(dns_check(p.bytes, p.len, &why));
}

/* RFC 9267 section 6: a count is not to be believed. */
Test(wire_dns, refuses_fewer_questions_than_counted)
{
    struct packet p = packet(RESPONSE("0002 0000 0000 0000") EXAMPLE_ORG "0001 0001");
    ASSERT_REFUSED("dns: fewer questions than QDCOUNT", dns_check(p.bytes, p.len, &why));
}

Test(wire_dns, refuses_fewer_records_than_counted)
{
    struct packet p = packet(ANSWER);
    cr_assert_gt(p.len, 12);
    for (size_t count = 7; count <= 11; count += 2) {
        struct packet more = packet_of(p.bytes, p.len);
        more.bytes[count] = (uint8_t)(more.bytes[count] + 1);
        ASSERT_REFUSED("dns: fewer records than the header counts",
                       dns_check(more.bytes, more.len, &why));
    }
    p.bytes[6] = 0xff;
    ASSERT_REFUSED("dns: fewer records than the header counts", dns_check(p.bytes, p.len, &why));
}

/* No prefix of a good message is good, and none is read past its end. */
Test(wire_dns, refuses_every_prefix)
{
    struct packet p = packet(ANSWER);
    const char *why;
    for (size_t len = 0; len < p.len; len++) {
        struct packet cut = packet_prefix(p, len);
        cr_assert_not(dns_check(cut.bytes, cut.len, &why), "%zu octets", len);
    }
}

Test(wire_dns, refuses_a_question_cut_short)
{
    struct packet p = packet(RESPONSE("0001 0000 0000 0000") EXAMPLE_ORG "0001 00");
    ASSERT_REFUSED("dns question: cut short", dns_check(p.bytes, p.len, &why));
}

Test(wire_dns, refuses_a_record_cut_short)
{
    struct packet p = packet(RESPONSE("0000 0001 0000 0000") "00 0001 0001 0000003c 00");
    ASSERT_REFUSED("dns record: cut short", dns_check(p.bytes, p.len, &why));
}

/* RFC 9267 section 5. */
Test(wire_dns, refuses_rdata_beyond_the_message)
{
    struct packet p = packet(RESPONSE("0000 0001 0000 0000") "00 0001 0001 0000003c 0004 c00002");
    ASSERT_REFUSED("dns record: RDLENGTH beyond the message", dns_check(p.bytes, p.len, &why));
}

static bool name_at(const char *hex, size_t at, struct dns_name *name, size_t *end,
                    const char **why)
{
    struct packet p = packet(hex);
    *end = at;
    return dns_name_parse(p.bytes, p.len, end, name, why);
}

#define HEADER "000000000000000000000000" /* 12 octets in front of every name */

#define ASSERT_BAD_NAME(hex, start, reason)                                                        \
    do {                                                                                           \
        struct dns_name bad;                                                                       \
        size_t bad_end;                                                                            \
        ASSERT_REFUSED(reason, name_at(hex, start, &bad, &bad_end, &why));                         \
        cr_assert_eq(bad_end, (size_t)(start), "the offset moved");                                \
        ASSERT_REFUSED(reason, name_at(hex, start, NULL, &bad_end, &why));                         \
    } while (0)

/* RFC 1035 4.1.4: F.ISI.ARPA at 20, FOO and a pointer at 40, ARPA by pointer at 64, root at 92. */
Test(wire_dns_name, reads_the_figure_of_rfc_1035)
{
    uint8_t message[93] = {0};
    struct packet first = packet("0146 03495349 0441525041 00");
    memcpy(message + 20, first.bytes, first.len);
    memcpy(message + 40,
           "\x03"
           "FOO\xc0\x14",
           6);
    memcpy(message + 64, "\xc0\x1a", 2);
    const struct {
        size_t at, end;
        const char *text;
    } names[] = {
        {20, 32, "F.ISI.ARPA"}, {40, 46, "FOO.F.ISI.ARPA"}, {64, 66, "ARPA"}, {92, 93, "."}};
    struct packet p = packet_of(message, sizeof message);
    for (size_t i = 0; i < 4; i++) {
        struct dns_name name;
        size_t at = names[i].at;
        ASSERT_ACCEPTED(dns_name_parse(p.bytes, p.len, &at, &name, &why));
        cr_assert_eq(at, names[i].end);
        assert_name(&name, names[i].text);
        at = names[i].at;
        ASSERT_ACCEPTED(dns_name_parse(p.bytes, p.len, &at, NULL, &why));
        cr_assert_eq(at, names[i].end);
    }
}

/* A pointer to labels that end in a pointer: a at 12, b and a pointer at 15, c and a pointer at 19.
 */
Test(wire_dns_name, follows_pointers_from_run_to_run)
{
    struct dns_name name;
    size_t end;
    ASSERT_ACCEPTED(name_at(HEADER "0161 00 0162 c00c 0163 c00f", 19, &name, &end, &why));
    assert_name(&name, "c.b.a");
    cr_assert_eq(end, 23);
}

/* 14 bits of offset: labels at 0x123, the pointer behind them. */
Test(wire_dns_name, follows_a_pointer_beyond_255)
{
    uint8_t message[0x128] = {[0x123] = 1, [0x124] = 'a', [0x126] = 0xc1, [0x127] = 0x23};
    struct packet p = packet_of(message, sizeof message);
    struct dns_name name;
    size_t at = 0x126;
    ASSERT_ACCEPTED(dns_name_parse(p.bytes, p.len, &at, &name, &why));
    assert_name(&name, "a");
}

/* RFC 9267 section 2, first figure: a pointer to itself. */
Test(wire_dns_name, refuses_a_pointer_to_itself)
{
    ASSERT_BAD_NAME(HEADER "c00c", 12, "dns name: pointer does not go backwards");
}

/* RFC 9267 section 2, second figure: "test" and a pointer back to it. */
Test(wire_dns_name, refuses_a_pointer_to_its_own_labels)
{
    ASSERT_BAD_NAME(HEADER "0474657374 c00c", 12, "dns name: pointer does not go backwards");
}

Test(wire_dns_name, refuses_a_forward_pointer)
{
    ASSERT_BAD_NAME(HEADER "c00e 0161 00", 12, "dns name: pointer does not go backwards");
    ASSERT_BAD_NAME(HEADER "ffff", 12, "dns name: pointer does not go backwards");
}

/* Two names that point at each other: a at 12 would go on at 16, and b at 16 at 12. */
Test(wire_dns_name, refuses_pointers_to_one_another)
{
    ASSERT_BAD_NAME(HEADER "0161 c010 0162 c00c", 16, "dns name: pointer does not go backwards");
}

Test(wire_dns_name, refuses_a_pointer_to_a_pointer)
{
    ASSERT_BAD_NAME(HEADER "0161 00 c00c c00f", 17, "dns name: pointer to a pointer");
}

Test(wire_dns_name, refuses_a_pointer_to_the_root)
{
    ASSERT_BAD_NAME(HEADER "00 c00c", 13, "dns name: pointer to the root");
}

Test(wire_dns_name, refuses_a_pointer_into_the_header)
{
    ASSERT_BAD_NAME("000000000000000000000061 c00b", 12, "dns name: pointer into the header");
    ASSERT_BAD_NAME("016100000000000000000000 c000", 12, "dns name: pointer into the header");
}

Test(wire_dns_name, refuses_a_pointer_cut_short)
{
    ASSERT_BAD_NAME(HEADER "0161 c0", 12, "dns name: pointer cut short");
}

/* RFC 1035 4.1.4: "The 10 and 01 combinations are reserved for future use." */
Test(wire_dns_name, refuses_labels_of_reserved_types)
{
    ASSERT_BAD_NAME(HEADER "40 00", 12, "dns name: label of type 01 or 10");
    ASSERT_BAD_NAME(HEADER "80 00", 12, "dns name: label of type 01 or 10");
    ASSERT_BAD_NAME(HEADER "4130 00", 12, "dns name: label of type 01 or 10");
}

Test(wire_dns_name, refuses_a_label_beyond_the_message)
{
    ASSERT_BAD_NAME(HEADER "0361 62", 12, "dns name: label beyond the message");
}

/* RFC 9267 section 4: the zero octet must be there. */
Test(wire_dns_name, refuses_a_name_without_an_end)
{
    ASSERT_BAD_NAME(HEADER "0161", 12, "dns name: no end within the message");
    ASSERT_BAD_NAME(HEADER, 12, "dns name: no end within the message");
    ASSERT_BAD_NAME(HEADER, 99, "dns name: no end within the message");
}

/* Labels of 63, 63, 63 and `last` octets behind the header, then the root. */
static struct packet long_name(uint8_t last)
{
    uint8_t message[400] = {0};
    size_t at = 12;
    const uint8_t sizes[] = {63, 63, 63, last};
    for (int i = 0; i < 4; i++) {
        message[at] = sizes[i];
        memset(message + at + 1, 'a', sizes[i]);
        at += 1u + sizes[i];
    }
    return packet_of(message, at + 1);
}

/* 3 * 64 + 62 + 1 = 255 octets are a name, 256 are not (RFC 1035 2.3.4). */
Test(wire_dns_name, of_255_octets_is_read_and_of_256_refused)
{
    struct packet good = long_name(61), bad = long_name(62);
    struct dns_name name;
    size_t at = 12;
    ASSERT_ACCEPTED(dns_name_parse(good.bytes, good.len, &at, &name, &why));
    cr_assert(name.len == 255 && at == good.len);
    at = 12;
    ASSERT_REFUSED("dns name: longer than 255 octets",
                   dns_name_parse(bad.bytes, bad.len, &at, &name, &why));
}

/* A pointer makes a name of 256 octets out of pieces that are each shorter. */
Test(wire_dns_name, too_long_by_its_pointer_is_refused)
{
    struct packet p = long_name(61);
    uint8_t message[300];
    memcpy(message, p.bytes, p.len);
    memcpy(message + p.len, "\x00\xc0\x0c", 3); /* an empty name, and a pointer to the long one */
    struct packet alone = packet_of(message, p.len + 3);
    struct dns_name name;
    size_t at = p.len + 1;
    ASSERT_ACCEPTED(dns_name_parse(alone.bytes, alone.len, &at, &name, &why));
    cr_assert_eq(name.len, 255);
    memcpy(message + p.len, "\x01x\xc0\x0c", 4);
    struct packet longer = packet_of(message, p.len + 4);
    at = p.len;
    ASSERT_REFUSED("dns name: longer than 255 octets",
                   dns_name_parse(longer.bytes, longer.len, &at, &name, &why));
}

Test(wire_dns_name, is_equal_without_regard_to_case)
{
    struct dns_name a = name_of("WWW.Example.ORG"), b = name_of("www.eXAMPLE.org");
    struct dns_name c = name_of("www.example.com"), d = name_of("ww.wexample.org");
    cr_assert(dns_name_equal(&a, &b));
    cr_assert_not(dns_name_equal(&a, &c));
    cr_assert_not(dns_name_equal(&a, &d), "labels differ in length");
    struct dns_name longer = name_of("www.example.org.x");
    cr_assert_not(dns_name_equal(&a, &longer) || dns_name_equal(&longer, &a));
    struct dns_name at = name_of("@"), backquote = name_of("`");
    struct dns_name bracket = name_of("["), brace = name_of("{");
    cr_assert_not(dns_name_equal(&at, &backquote), "0x40 and 0x60 are no letters");
    cr_assert_not(dns_name_equal(&bracket, &brace), "0x5b and 0x7b are no letters");
}

/* RFC9267-4-2: a NUL in a label does not end the comparison. */
Test(wire_dns_name, with_a_nul_inside_is_compared_to_its_end)
{
    struct dns_name a = name_of("a\\000b.org"), b = name_of("a\\000c.org");
    cr_assert_not(dns_name_equal(&a, &b));
    assert_name(&a, "a\\000b.org");
}

Test(wire_dns_name, is_made_from_text)
{
    struct dns_name name = name_of("example.org"), dotted = name_of("example.org.");
    struct dns_name root = name_of(".");
    uint8_t buf[255];
    ASSERT_BYTES(buf, dns_name_emit(&name, buf, 13), packet(EXAMPLE_ORG));
    ASSERT_BYTES(buf, dns_name_emit(&dotted, buf, 13), packet(EXAMPLE_ORG));
    ASSERT_BYTES(buf, dns_name_emit(&root, buf, 1), packet("00"));
    cr_assert_eq(dns_name_emit(&name, buf, 12), 0);
}

/* RFC 1035 5.1: \. and \\ and \DDD */
Test(wire_dns_name, is_escaped_in_text)
{
    struct dns_name name = name_of("a\\.b.c\\\\d.\\255\\120");
    uint8_t buf[32];
    ASSERT_BYTES(buf, dns_name_emit(&name, buf, sizeof buf),
                 packet("03 612e62 03 635c64 02 ff78 00"));
    assert_name(&name, "a\\.b.c\\\\d.\\255x");
    struct dns_name space = name_of("a b~!");
    assert_name(&space, "a\\032b~!");
}

/* The longest text: 250 octets of \255, three dots. */
Test(wire_dns_name, fits_the_longest_text)
{
    struct packet p = long_name(61);
    struct dns_name name;
    char buf[DNS_MAX_TEXT];
    size_t at = 12;
    for (size_t i = 12; i < p.len; i++)
        if (p.bytes[i] == 'a')
            p.bytes[i] = 0xff;
    ASSERT_ACCEPTED(dns_name_parse(p.bytes, p.len, &at, &name, &why));
    cr_assert_eq(dns_name_to_text(&name, buf, sizeof buf), 1003);
    cr_assert_eq(dns_name_to_text(&name, buf, sizeof buf - 1), 0);
    struct dns_name again;
    ASSERT_ACCEPTED(
        (dns_name_to_text(&name, buf, sizeof buf), dns_name_from_text(buf, &again, &why)));
    cr_assert(dns_name_equal(&name, &again));
}

static bool from_text(const char *text, const char **why)
{
    struct dns_name name;
    return dns_name_from_text(text, &name, why);
}

Test(wire_dns_name, of_no_text_is_refused)
{
    ASSERT_REFUSED("dns name: no text", from_text("", &why));
}

Test(wire_dns_name, with_an_empty_label_is_refused)
{
    ASSERT_REFUSED("dns name: empty label", from_text("a..b", &why));
    ASSERT_REFUSED("dns name: empty label", from_text(".a", &why));
    ASSERT_REFUSED("dns name: empty label", from_text("..", &why));
    ASSERT_REFUSED("dns name: empty label", from_text("a..", &why));
}

#define X10     "xxxxxxxxxx"
#define X10_HEX "00000000000000000000"
#define X60     X10 X10 X10 X10 X10 X10

Test(wire_dns_name, with_a_label_of_64_octets_is_refused)
{
    ASSERT_ACCEPTED(from_text(X60 "xxx.org", &why));
    ASSERT_REFUSED("dns name: label longer than 63 octets", from_text(X60 "xxxx.org", &why));
}

Test(wire_dns_name, with_text_above_255_octets_is_refused)
{
    ASSERT_ACCEPTED(from_text(X60 "xxx." X60 "xxx." X60 "xxx." X60 "x", &why));
    ASSERT_REFUSED("dns name: longer than 255 octets",
                   from_text(X60 "xxx." X60 "xxx." X60 "xxx." X60 "xx", &why));
    ASSERT_REFUSED("dns name: longer than 255 octets",
                   from_text(X60 "xxx." X60 "xxx." X60 "xxx." X60 ".x", &why));
}

Test(wire_dns_name, with_a_backslash_at_the_end_is_refused)
{
    ASSERT_REFUSED("dns name: backslash at the end", from_text("a\\", &why));
}

Test(wire_dns_name, with_two_digits_behind_a_backslash_is_refused)
{
    const char *reason = "dns name: backslash with fewer than 3 digits";
    ASSERT_REFUSED(reason, from_text("a\\12", &why));
    ASSERT_REFUSED(reason, from_text("a\\1", &why));
    ASSERT_REFUSED(reason, from_text("a\\12x", &why));
}

Test(wire_dns_name, with_256_behind_a_backslash_is_refused)
{
    ASSERT_REFUSED("dns name: backslash with a number above 255", from_text("a\\256", &why));
}

/* A message of one record of the root, class IN, with this type, RDLENGTH and RDATA (at 23). */
#define RECORD(type_rdlength_rdata) RESPONSE("0000 0001 0000 0000") "00" type_rdlength_rdata
#define IN_TTL                      "0001 0000003c"

static struct dns_rr record(struct packet p)
{
    struct dns_rr rr;
    size_t at = 12;
    ASSERT_ACCEPTED(dns_rr_parse(p.bytes, p.len, &at, &rr, &why));
    cr_assert_eq(at, p.len);
    return rr;
}

#define ASSERT_BAD_RECORD(hex, reason)                                                             \
    do {                                                                                           \
        struct packet bad = packet(hex);                                                           \
        ASSERT_REFUSED(reason, dns_check(bad.bytes, bad.len, &why));                               \
    } while (0)

Test(wire_dns_rdata, aaaa_is_read)
{
    struct packet p = packet(RECORD("001c" IN_TTL "0010 20010db8 00000000 00000000 00000001"));
    struct dns_rr rr = record(p);
    uint8_t addr[16];
    ASSERT_ACCEPTED(dns_rr_aaaa(p.bytes, p.len, &rr, addr, &why));
    ASSERT_BYTES(addr, 16, packet("20010db8 00000000 00000000 00000001"));
}

/* NS, CNAME and PTR: example.org */
Test(wire_dns_rdata, names_are_read)
{
    const char *records[] = {RECORD("0002" IN_TTL "000d" EXAMPLE_ORG),
                             RECORD("0005" IN_TTL "000d" EXAMPLE_ORG),
                             RECORD("000c" IN_TTL "000d" EXAMPLE_ORG)};
    for (int i = 0; i < 3; i++) {
        struct packet p = packet(records[i]);
        struct dns_rr rr = record(p);
        struct dns_name name;
        ASSERT_ACCEPTED(dns_rr_name(p.bytes, p.len, &rr, &name, &why));
        assert_name(&name, "example.org");
    }
}

/* mx 10 mail, its name compressed against the question's */
Test(wire_dns_rdata, mx_is_read)
{
    struct packet p = packet(RESPONSE("0001 0001 0000 0000") EXAMPLE_ORG
                             "000f 0001 c00c 000f" IN_TTL "0009 000a 046d61696c c00c");
    struct dns_rr rr;
    struct dns_name exchange;
    uint16_t preference = 0;
    size_t at = 29;
    ASSERT_ACCEPTED(dns_rr_parse(p.bytes, p.len, &at, &rr, &why));
    ASSERT_ACCEPTED(dns_rr_mx(p.bytes, p.len, &rr, &preference, &exchange, &why));
    cr_assert_eq(preference, 10);
    assert_name(&exchange, "mail.example.org");
}

/* soa a b 1 2 3 4 5 */
Test(wire_dns_rdata, soa_is_read)
{
    struct packet p = packet(RECORD("0006" IN_TTL "001a 016100 016200 00000001 00000002 00000003 "
                                    "00000004 00000005"));
    struct dns_rr rr = record(p);
    struct dns_soa soa;
    ASSERT_ACCEPTED(dns_rr_soa(p.bytes, p.len, &rr, &soa, &why));
    assert_name(&soa.mname, "a");
    assert_name(&soa.rname, "b");
    cr_assert(soa.serial == 1 && soa.refresh == 2 && soa.retry == 3);
    cr_assert(soa.expire == 4 && soa.minimum == 5);
}

/* txt "ab" "" "c" */
Test(wire_dns_rdata, txt_is_read_string_by_string)
{
    struct packet p = packet(RECORD("0010" IN_TTL "0006 026162 00 0163"));
    struct dns_rr rr = record(p);
    const char *expected[] = {"ab", "", "c"}, *why = NULL;
    const uint8_t *text;
    uint8_t len;
    size_t at = rr.rdata;
    for (int i = 0; i < 3; i++) {
        cr_assert(dns_rr_txt(p.bytes, p.len, &rr, &at, &text, &len, &why));
        cr_assert_eq(len, strlen(expected[i]));
        cr_assert_arr_eq(text, expected[i], len);
    }
    cr_assert_not(dns_rr_txt(p.bytes, p.len, &rr, &at, &text, &len, &why));
    cr_assert_null(why);
}

Test(wire_dns_rdata, a_of_3_or_5_octets_is_refused)
{
    ASSERT_BAD_RECORD(RECORD("0001" IN_TTL "0003 c00002"), "dns A: RDLENGTH is not 4");
    ASSERT_BAD_RECORD(RECORD("0001" IN_TTL "0005 c000020100"), "dns A: RDLENGTH is not 4");
}

/* In class CH an A record is something else (RFC 1035 3.4.1 is of class IN): left to the caller. */
Test(wire_dns_rdata, a_of_another_class_is_not_looked_at)
{
    struct packet p = packet(RECORD("0001 0003 0000003c 0003 016100"));
    ASSERT_ACCEPTED(dns_check(p.bytes, p.len, &why));
}

Test(wire_dns_rdata, aaaa_of_4_octets_is_refused)
{
    ASSERT_BAD_RECORD(RECORD("001c" IN_TTL "0004 c0000201"), "dns AAAA: RDLENGTH is not 16");
}

Test(wire_dns_rdata, name_that_does_not_fill_it_is_refused)
{
    const char *reason = "dns NS, CNAME or PTR: name and RDLENGTH disagree";
    ASSERT_BAD_RECORD(RECORD("0005" IN_TTL "0004 016100 00"), reason);
    ASSERT_BAD_RECORD(RECORD("0005" IN_TTL "0002 016100"), reason);
}

/* mx 0 . says that there is no mail: three octets are enough. */
Test(wire_dns_rdata, mx_of_3_octets_is_read)
{
    struct packet p = packet(RECORD("000f" IN_TTL "0003 0000 00"));
    record(p);
}

/* A name that is no name (label type 01) is refused wherever it stands. */
Test(wire_dns_rdata, malformed_names_are_refused)
{
    const char *reason = "dns name: label of type 01 or 10";
    ASSERT_BAD_RECORD(RESPONSE("0001 0000 0000 0000") "40 0001 0001", reason);
    ASSERT_BAD_RECORD(RESPONSE("0000 0001 0000 0000") "40 0001" IN_TTL "0000", reason);
    ASSERT_BAD_RECORD(RECORD("0002" IN_TTL "0001 40"), reason);
    ASSERT_BAD_RECORD(RECORD("000f" IN_TTL "0003 000a 40"), reason);
    ASSERT_BAD_RECORD(RECORD("0006" IN_TTL "0016 40 00" X10_HEX X10_HEX), reason);
    ASSERT_BAD_RECORD(RECORD("0006" IN_TTL "0016 00 40" X10_HEX X10_HEX), reason);
}

Test(wire_dns_rdata, of_an_unknown_type_beyond_the_message_is_refused)
{
    ASSERT_BAD_RECORD(RECORD("0063" IN_TTL "0005 01020304"),
                      "dns record: RDLENGTH beyond the message");
}

Test(wire_dns_rdata, mx_of_2_octets_is_refused)
{
    ASSERT_BAD_RECORD(RECORD("000f" IN_TTL "0002 000a 00"), "dns MX: RDLENGTH below 3");
}

Test(wire_dns_rdata, mx_with_octets_to_spare_is_refused)
{
    ASSERT_BAD_RECORD(RECORD("000f" IN_TTL "0006 000a 016100 00"),
                      "dns MX: exchange and RDLENGTH disagree");
}

Test(wire_dns_rdata, soa_without_its_minimum_is_refused)
{
    const char *reason = "dns SOA: fields and RDLENGTH disagree";
    ASSERT_BAD_RECORD(RECORD("0006" IN_TTL "0012 00 00 00000001 00000002 00000003 00000004"),
                      reason);
    ASSERT_BAD_RECORD(RECORD("0006" IN_TTL "0001 00 00"), reason);
}

Test(wire_dns_rdata, txt_without_a_string_is_refused)
{
    ASSERT_BAD_RECORD(RECORD("0010" IN_TTL "0000"), "dns TXT: no string");
}

Test(wire_dns_rdata, txt_with_a_string_too_long_is_refused)
{
    ASSERT_BAD_RECORD(RECORD("0010" IN_TTL "0003 036162 63"), "dns TXT: string beyond RDATA");
}

Test(wire_dns_rdata, of_another_type_is_refused)
{
    struct packet p = packet(RECORD("0063" IN_TTL "0004 c0000201"));
    struct dns_rr rr = record(p);
    const char *reason = "dns record: not of the type that is read";
    const uint8_t *text;
    uint8_t addr[16], len;
    uint32_t addr4;
    uint16_t preference;
    struct dns_name name;
    struct dns_soa soa;
    size_t at = rr.rdata;
    ASSERT_REFUSED(reason, dns_rr_a(p.bytes, p.len, &rr, &addr4, &why));
    ASSERT_REFUSED(reason, dns_rr_aaaa(p.bytes, p.len, &rr, addr, &why));
    ASSERT_REFUSED(reason, dns_rr_name(p.bytes, p.len, &rr, &name, &why));
    ASSERT_REFUSED(reason, dns_rr_mx(p.bytes, p.len, &rr, &preference, &name, &why));
    ASSERT_REFUSED(reason, dns_rr_soa(p.bytes, p.len, &rr, &soa, &why));
    ASSERT_REFUSED(reason, dns_rr_txt(p.bytes, p.len, &rr, &at, &text, &len, &why));
}

/* A record that was not made by dns_rr_parse does not lead outside the message. */
Test(wire_dns_rdata, beyond_the_message_is_refused)
{
    struct packet p = packet(ANSWER);
    struct dns_rr rr = {.type = DNS_TYPE_A, .rdlength = 4, .rdata = p.len - 3};
    uint32_t addr;
    ASSERT_REFUSED("dns record: RDLENGTH beyond the message",
                   dns_rr_a(p.bytes, p.len, &rr, &addr, &why));
    rr.rdata = p.len + 1;
    ASSERT_REFUSED("dns record: RDLENGTH beyond the message",
                   dns_rr_a(p.bytes, p.len, &rr, &addr, &why));
}

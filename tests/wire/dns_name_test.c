#include "tests/wire/dns_messages.h"

static enum dns_fault name_at(const char *hex, size_t at, struct dns_name *name, size_t *end)
{
    struct packet p = packet(hex);
    *end = at;
    return dns_name_parse(p.bytes, p.len, end, name);
}

#define HEADER "000000000000000000000000" /* 12 octets in front of every name */

#define ASSERT_BAD_NAME(hex, start, reason)                                                        \
    do {                                                                                           \
        struct dns_name bad;                                                                       \
        size_t bad_end;                                                                            \
        ASSERT_REFUSED(reason, name_at(hex, start, &bad, &bad_end));                               \
        cr_assert_eq(bad_end, (size_t)(start), "the offset moved");                                \
        ASSERT_REFUSED(reason, name_at(hex, start, NULL, &bad_end));                               \
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
        ASSERT_ACCEPTED(dns_name_parse(p.bytes, p.len, &at, &name));
        cr_assert_eq(at, names[i].end);
        assert_name(&name, names[i].text);
        at = names[i].at;
        ASSERT_ACCEPTED(dns_name_parse(p.bytes, p.len, &at, NULL));
        cr_assert_eq(at, names[i].end);
    }
}

/* A pointer to labels that end in a pointer: a at 12, b and a pointer at 15, c and a pointer at 19.
 */
Test(wire_dns_name, follows_pointers_from_run_to_run)
{
    struct dns_name name;
    size_t end;
    ASSERT_ACCEPTED(name_at(HEADER "0161 00 0162 c00c 0163 c00f", 19, &name, &end));
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
    ASSERT_ACCEPTED(dns_name_parse(p.bytes, p.len, &at, &name));
    assert_name(&name, "a");
}

/* RFC 9267 section 2, first figure: a pointer to itself. */
Test(wire_dns_name, refuses_a_pointer_to_itself)
{
    ASSERT_BAD_NAME(HEADER "c00c", 12, DNS_POINTER_FORWARDS);
}

/* RFC 9267 section 2, second figure: "test" and a pointer back to it. */
Test(wire_dns_name, refuses_a_pointer_to_its_own_labels)
{
    ASSERT_BAD_NAME(HEADER "0474657374 c00c", 12, DNS_POINTER_FORWARDS);
}

Test(wire_dns_name, refuses_a_forward_pointer)
{
    ASSERT_BAD_NAME(HEADER "c00e 0161 00", 12, DNS_POINTER_FORWARDS);
    ASSERT_BAD_NAME(HEADER "ffff", 12, DNS_POINTER_FORWARDS);
}

/* Two names that point at each other: a at 12 would go on at 16, and b at 16 at 12. */
Test(wire_dns_name, refuses_pointers_to_one_another)
{
    ASSERT_BAD_NAME(HEADER "0161 c010 0162 c00c", 16, DNS_POINTER_FORWARDS);
}

Test(wire_dns_name, refuses_a_pointer_to_a_pointer)
{
    ASSERT_BAD_NAME(HEADER "0161 00 c00c c00f", 17, DNS_POINTER_TO_POINTER);
}

Test(wire_dns_name, refuses_a_pointer_to_the_root)
{
    ASSERT_BAD_NAME(HEADER "00 c00c", 13, DNS_POINTER_TO_ROOT);
}

Test(wire_dns_name, refuses_a_pointer_into_the_header)
{
    ASSERT_BAD_NAME("000000000000000000000061 c00b", 12, DNS_POINTER_INTO_HEADER);
    ASSERT_BAD_NAME("016100000000000000000000 c000", 12, DNS_POINTER_INTO_HEADER);
}

Test(wire_dns_name, refuses_a_pointer_cut_short)
{
    ASSERT_BAD_NAME(HEADER "0161 c0", 12, DNS_POINTER_SHORT);
}

/* RFC 1035 4.1.4: "The 10 and 01 combinations are reserved for future use." */
Test(wire_dns_name, refuses_labels_of_reserved_types)
{
    ASSERT_BAD_NAME(HEADER "40 00", 12, DNS_LABEL_TYPE_UNKNOWN);
    ASSERT_BAD_NAME(HEADER "80 00", 12, DNS_LABEL_TYPE_UNKNOWN);
    ASSERT_BAD_NAME(HEADER "4130 00", 12, DNS_LABEL_TYPE_UNKNOWN);
}

Test(wire_dns_name, refuses_a_label_beyond_the_message)
{
    ASSERT_BAD_NAME(HEADER "0361 62", 12, DNS_LABEL_BEYOND);
}

/* RFC 9267 section 4: the zero octet must be there. */
Test(wire_dns_name, refuses_a_name_without_an_end)
{
    ASSERT_BAD_NAME(HEADER "0161", 12, DNS_NAME_NO_END);
    ASSERT_BAD_NAME(HEADER, 12, DNS_NAME_NO_END);
    ASSERT_BAD_NAME(HEADER, 99, DNS_NAME_NO_END);
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
    ASSERT_ACCEPTED(dns_name_parse(good.bytes, good.len, &at, &name));
    cr_assert(name.len == 255 && at == good.len);
    at = 12;
    ASSERT_REFUSED(DNS_NAME_TOO_LONG, dns_name_parse(bad.bytes, bad.len, &at, &name));
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
    ASSERT_ACCEPTED(dns_name_parse(alone.bytes, alone.len, &at, &name));
    cr_assert_eq(name.len, 255);
    memcpy(message + p.len, "\x01x\xc0\x0c", 4);
    struct packet longer = packet_of(message, p.len + 4);
    at = p.len;
    ASSERT_REFUSED(DNS_NAME_TOO_LONG, dns_name_parse(longer.bytes, longer.len, &at, &name));
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
    ASSERT_ACCEPTED(dns_name_parse(p.bytes, p.len, &at, &name));
    cr_assert_eq(dns_name_to_text(&name, buf, sizeof buf), 1003);
    cr_assert_eq(dns_name_to_text(&name, buf, sizeof buf - 1), 0);
    struct dns_name again;
    ASSERT_ACCEPTED((dns_name_to_text(&name, buf, sizeof buf), dns_name_from_text(buf, &again)));
    cr_assert(dns_name_equal(&name, &again));
}

static enum dns_fault from_text(const char *text)
{
    struct dns_name name;
    return dns_name_from_text(text, &name);
}

Test(wire_dns_name, of_no_text_is_refused)
{
    ASSERT_REFUSED(DNS_TEXT_EMPTY, from_text(""));
}

Test(wire_dns_name, with_an_empty_label_is_refused)
{
    ASSERT_REFUSED(DNS_TEXT_LABEL_EMPTY, from_text("a..b"));
    ASSERT_REFUSED(DNS_TEXT_LABEL_EMPTY, from_text(".a"));
    ASSERT_REFUSED(DNS_TEXT_LABEL_EMPTY, from_text(".."));
    ASSERT_REFUSED(DNS_TEXT_LABEL_EMPTY, from_text("a.."));
}

#define X10 "xxxxxxxxxx"
#define X60 X10 X10 X10 X10 X10 X10

Test(wire_dns_name, with_a_label_of_64_octets_is_refused)
{
    ASSERT_ACCEPTED(from_text(X60 "xxx.org"));
    ASSERT_REFUSED(DNS_TEXT_LABEL_TOO_LONG, from_text(X60 "xxxx.org"));
}

Test(wire_dns_name, with_text_above_255_octets_is_refused)
{
    ASSERT_ACCEPTED(from_text(X60 "xxx." X60 "xxx." X60 "xxx." X60 "x"));
    ASSERT_REFUSED(DNS_NAME_TOO_LONG, from_text(X60 "xxx." X60 "xxx." X60 "xxx." X60 "xx"));
    ASSERT_REFUSED(DNS_NAME_TOO_LONG, from_text(X60 "xxx." X60 "xxx." X60 "xxx." X60 ".x"));
}

Test(wire_dns_name, with_a_backslash_at_the_end_is_refused)
{
    ASSERT_REFUSED(DNS_TEXT_BACKSLASH_END, from_text("a\\"));
}

Test(wire_dns_name, with_two_digits_behind_a_backslash_is_refused)
{
    const int reason = DNS_TEXT_BACKSLASH_DIGITS;
    ASSERT_REFUSED(reason, from_text("a\\12"));
    ASSERT_REFUSED(reason, from_text("a\\1"));
    ASSERT_REFUSED(reason, from_text("a\\12x"));
}

Test(wire_dns_name, with_256_behind_a_backslash_is_refused)
{
    ASSERT_REFUSED(DNS_TEXT_BACKSLASH_RANGE, from_text("a\\256"));
}

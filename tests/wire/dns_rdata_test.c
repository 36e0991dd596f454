#include "tests/wire/dns_messages.h"

/* A message of one record of the root, class IN, with this type, RDLENGTH and RDATA (at 23). */
#define RECORD(type_rdlength_rdata) RESPONSE("0000 0001 0000 0000") "00" type_rdlength_rdata
#define IN_TTL                      "0001 0000003c"
#define TEN_OCTETS                  "00000000000000000000"

static struct dns_rr record(struct packet p)
{
    struct dns_rr rr;
    size_t at = 12;
    ASSERT_ACCEPTED(dns_rr_parse(p.bytes, p.len, &at, &rr));
    cr_assert_eq(at, p.len);
    return rr;
}

#define ASSERT_BAD_RECORD(hex, reason)                                                             \
    do {                                                                                           \
        struct packet bad = packet(hex);                                                           \
        ASSERT_REFUSED(reason, dns_check(bad.bytes, bad.len));                                     \
    } while (0)

Test(wire_dns_rdata, aaaa_is_read)
{
    struct packet p = packet(RECORD("001c" IN_TTL "0010 20010db8 00000000 00000000 00000001"));
    struct dns_rr rr = record(p);
    uint8_t addr[16];
    ASSERT_ACCEPTED(dns_rr_aaaa(p.bytes, p.len, &rr, addr));
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
        ASSERT_ACCEPTED(dns_rr_name(p.bytes, p.len, &rr, &name));
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
    ASSERT_ACCEPTED(dns_rr_parse(p.bytes, p.len, &at, &rr));
    ASSERT_ACCEPTED(dns_rr_mx(p.bytes, p.len, &rr, &preference, &exchange));
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
    ASSERT_ACCEPTED(dns_rr_soa(p.bytes, p.len, &rr, &soa));
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
    const char *expected[] = {"ab", "", "c"};
    const uint8_t *text;
    uint8_t len;
    size_t at = rr.rdata;
    for (int i = 0; i < 3; i++) {
        ASSERT_ACCEPTED(dns_rr_txt(p.bytes, p.len, &rr, &at, &text, &len));
        cr_assert_eq(len, strlen(expected[i]));
        cr_assert_arr_eq(text, expected[i], len);
    }
    ASSERT_ACCEPTED(dns_rr_txt(p.bytes, p.len, &rr, &at, &text, &len));
    cr_assert_null(text);
}

Test(wire_dns_rdata, a_of_3_or_5_octets_is_refused)
{
    ASSERT_BAD_RECORD(RECORD("0001" IN_TTL "0003 c00002"), DNS_A_LENGTH);
    ASSERT_BAD_RECORD(RECORD("0001" IN_TTL "0005 c000020100"), DNS_A_LENGTH);
}

/* In class CH an A record is something else (RFC 1035 3.4.1 is of class IN): left to the caller. */
Test(wire_dns_rdata, a_of_another_class_is_not_looked_at)
{
    struct packet p = packet(RECORD("0001 0003 0000003c 0003 016100"));
    ASSERT_ACCEPTED(dns_check(p.bytes, p.len));
}

Test(wire_dns_rdata, aaaa_of_4_octets_is_refused)
{
    ASSERT_BAD_RECORD(RECORD("001c" IN_TTL "0004 c0000201"), DNS_AAAA_LENGTH);
}

Test(wire_dns_rdata, name_that_does_not_fill_it_is_refused)
{
    const int reason = DNS_RDATA_NAME_LENGTH;
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
    const int reason = DNS_LABEL_TYPE_UNKNOWN;
    ASSERT_BAD_RECORD(RESPONSE("0001 0000 0000 0000") "40 0001 0001", reason);
    ASSERT_BAD_RECORD(RESPONSE("0000 0001 0000 0000") "40 0001" IN_TTL "0000", reason);
    ASSERT_BAD_RECORD(RECORD("0002" IN_TTL "0001 40"), reason);
    ASSERT_BAD_RECORD(RECORD("000f" IN_TTL "0003 000a 40"), reason);
    ASSERT_BAD_RECORD(RECORD("0006" IN_TTL "0016 40 00" TEN_OCTETS TEN_OCTETS), reason);
    ASSERT_BAD_RECORD(RECORD("0006" IN_TTL "0016 00 40" TEN_OCTETS TEN_OCTETS), reason);
}

Test(wire_dns_rdata, of_an_unknown_type_beyond_the_message_is_refused)
{
    ASSERT_BAD_RECORD(RECORD("0063" IN_TTL "0005 01020304"), DNS_RDLENGTH_BEYOND);
}

Test(wire_dns_rdata, mx_of_2_octets_is_refused)
{
    ASSERT_BAD_RECORD(RECORD("000f" IN_TTL "0002 000a 00"), DNS_MX_SHORT);
}

Test(wire_dns_rdata, mx_with_octets_to_spare_is_refused)
{
    ASSERT_BAD_RECORD(RECORD("000f" IN_TTL "0006 000a 016100 00"), DNS_MX_LENGTH);
}

Test(wire_dns_rdata, soa_without_its_minimum_is_refused)
{
    const int reason = DNS_SOA_LENGTH;
    ASSERT_BAD_RECORD(RECORD("0006" IN_TTL "0012 00 00 00000001 00000002 00000003 00000004"),
                      reason);
    ASSERT_BAD_RECORD(RECORD("0006" IN_TTL "0001 00 00"), reason);
}

Test(wire_dns_rdata, txt_without_a_string_is_refused)
{
    ASSERT_BAD_RECORD(RECORD("0010" IN_TTL "0000"), DNS_TXT_EMPTY);
}

Test(wire_dns_rdata, txt_with_a_string_too_long_is_refused)
{
    ASSERT_BAD_RECORD(RECORD("0010" IN_TTL "0003 036162 63"), DNS_TXT_BEYOND);
}

Test(wire_dns_rdata, of_another_type_is_refused)
{
    struct packet p = packet(RECORD("0063" IN_TTL "0004 c0000201"));
    struct dns_rr rr = record(p);
    const int reason = DNS_RECORD_OTHER_TYPE;
    const uint8_t *text;
    uint8_t addr[16], len;
    uint32_t addr4;
    uint16_t preference;
    struct dns_name name;
    struct dns_soa soa;
    size_t at = rr.rdata;
    ASSERT_REFUSED(reason, dns_rr_a(p.bytes, p.len, &rr, &addr4));
    ASSERT_REFUSED(reason, dns_rr_aaaa(p.bytes, p.len, &rr, addr));
    ASSERT_REFUSED(reason, dns_rr_name(p.bytes, p.len, &rr, &name));
    ASSERT_REFUSED(reason, dns_rr_mx(p.bytes, p.len, &rr, &preference, &name));
    ASSERT_REFUSED(reason, dns_rr_soa(p.bytes, p.len, &rr, &soa));
    ASSERT_REFUSED(reason, dns_rr_txt(p.bytes, p.len, &rr, &at, &text, &len));
}

/* A record that was not made by dns_rr_parse does not lead outside the message. */
Test(wire_dns_rdata, beyond_the_message_is_refused)
{
    struct packet p = packet(ANSWER);
    struct dns_rr rr = {.type = DNS_TYPE_A, .rdlength = 4, .rdata = p.len - 3};
    uint32_t addr;
    ASSERT_REFUSED(DNS_RDLENGTH_BEYOND, dns_rr_a(p.bytes, p.len, &rr, &addr));
    rr.rdata = p.len + 1;
    ASSERT_REFUSED(DNS_RDLENGTH_BEYOND, dns_rr_a(p.bytes, p.len, &rr, &addr));
}

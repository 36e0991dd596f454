#include "tests/wire/packet.h"
#include "stack/wire/icmpv4.h"

/* A UDP datagram of 29 octets, 10.0.2.15:7 > 10.0.2.2:7 data "a", as errors quote it. */
#define QUOTED_IP  "45 00 001d 0001 0000 40 11 0000 0a00020f 0a000202"
#define QUOTED_UDP "0007 0007 0009 86bd"

static struct icmpv4_hdr parsed(const char *hex)
{
    struct packet p = packet(hex);
    struct icmpv4_hdr h;
    ASSERT_ACCEPTED(icmpv4_parse(p.bytes, p.len, &h));
    return h;
}

/* Parse, emit: the header's bytes again. */
static void assert_round_trip(const char *hex)
{
    struct packet p = packet(hex);
    struct icmpv4_hdr h;
    uint8_t buf[20];
    ASSERT_ACCEPTED(icmpv4_parse(p.bytes, p.len, &h));
    cr_assert_eq(icmpv4_emit(&h, buf, h.hdr_len - 1u), 0);
    ASSERT_BYTES(buf, icmpv4_emit(&h, buf, sizeof buf), packet_prefix(p, h.hdr_len));
}

/* icmp echo request id 0x1234 seq 1; 0800 + 1234 + 0001 is 1a35, ~1a35 is e5ca. */
Test(wire_icmpv4, reads_and_writes_an_echo_request)
{
    struct icmpv4_hdr h = parsed("08 00 e5ca 1234 0001");
    cr_assert(h.type == ICMPV4_ECHO && h.code == 0 && h.checksum == 0xe5ca);
    cr_assert(h.id == 0x1234 && h.seq == 1 && h.hdr_len == 8);
    assert_round_trip("08 00 e5ca 1234 0001");
}

Test(wire_icmpv4, reads_and_writes_an_echo_reply)
{
    struct icmpv4_hdr h = parsed("00 00 edca 1234 0001 61");
    cr_assert(h.type == ICMPV4_ECHO_REPLY && h.id == 0x1234 && h.seq == 1);
    assert_round_trip("00 00 edca 1234 0001 61");
}

/* With the octet "a" behind it: 6100 more is 7b35, ~7b35 is 84ca. */
Test(wire_icmpv4, sums_the_whole_message)
{
    struct packet p = packet("08 00 0000 1234 0001 61");
    icmpv4_checksum_set(p.bytes, p.len);
    ASSERT_BYTES(p.bytes, p.len, packet("08 00 84ca 1234 0001 61"));
    cr_assert(icmpv4_checksum_ok(p.bytes, p.len));
    p.bytes[8] ^= 1;
    cr_assert_not(icmpv4_checksum_ok(p.bytes, p.len));
}

/* unreachable, fragmentation needed, next-hop MTU 1280 (RFC 1191) */
Test(wire_icmpv4, reads_the_mtu_of_fragmentation_needed)
{
    const char *message = "03 04 0000 00 00 0500" QUOTED_IP QUOTED_UDP;
    struct icmpv4_hdr h = parsed(message);
    cr_assert(h.type == ICMPV4_UNREACHABLE && h.code == ICMPV4_FRAGMENTATION_NEEDED);
    cr_assert_eq(h.mtu, 1280);
    assert_round_trip(message);
}

/* In any other code the two octets are unused, and so ignored. */
Test(wire_icmpv4, ignores_the_mtu_of_port_unreachable)
{
    struct icmpv4_hdr h = parsed("03 03 0000 00 00 0500" QUOTED_IP QUOTED_UDP);
    cr_assert(h.code == ICMPV4_PORT_UNREACHABLE && h.mtu == 0);
    assert_round_trip("03 03 0000 00 00 0000" QUOTED_IP QUOTED_UDP);
}

/* redirect for the host, to 10.0.2.3 */
Test(wire_icmpv4, reads_the_gateway_of_a_redirect)
{
    const char *message = "05 01 0000 0a000203" QUOTED_IP QUOTED_UDP;
    struct icmpv4_hdr h = parsed(message);
    cr_assert(h.type == ICMPV4_REDIRECT && h.code == ICMPV4_REDIRECT_HOST);
    cr_assert_eq(h.gateway, 0x0a000203);
    assert_round_trip(message);
}

/* parameter problem at octet 21; an old-style message, length 0 */
Test(wire_icmpv4, reads_the_pointer_of_a_parameter_problem)
{
    const char *message = "0c 00 0000 15 00 0000" QUOTED_IP QUOTED_UDP;
    struct icmpv4_hdr h = parsed(message);
    cr_assert(h.type == ICMPV4_PARAMETER_PROBLEM && h.pointer == 21 && h.quote_words == 0);
    assert_round_trip(message);
}

/* time exceeded in transit, RFC 4884 length 32 words */
Test(wire_icmpv4, reads_the_length_attribute_of_time_exceeded)
{
    const char *message = "0b 00 0000 00 20 0000" QUOTED_IP QUOTED_UDP;
    struct icmpv4_hdr h = parsed(message);
    cr_assert(h.type == ICMPV4_TIME_EXCEEDED && h.quote_words == 32);
    assert_round_trip(message);
}

Test(wire_icmpv4, reads_a_source_quench)
{
    cr_assert_eq(parsed("04 00 0000 00000000" QUOTED_IP QUOTED_UDP).type, ICMPV4_SOURCE_QUENCH);
    assert_round_trip("04 00 0000 00000000" QUOTED_IP QUOTED_UDP);
}

/* timestamp id 1 seq 2: 01:00:00 UT, 01:00:01, 01:00:02 in milliseconds since midnight */
Test(wire_icmpv4, reads_and_writes_a_timestamp_reply)
{
    const char *message = "0e 00 0000 0001 0002 0036ee80 0036f268 0036f650";
    struct icmpv4_hdr h = parsed(message);
    cr_assert(h.type == ICMPV4_TIMESTAMP_REPLY && h.id == 1 && h.seq == 2 && h.hdr_len == 20);
    cr_assert(h.originate == 3600000 && h.receive == 3601000 && h.transmit == 3602000);
    assert_round_trip(message);
    assert_round_trip("0d 00 0000 0001 0002 0036ee80 00000000 00000000");
}

/* address mask reply 255.255.255.0 */
Test(wire_icmpv4, reads_and_writes_an_address_mask_reply)
{
    const char *message = "12 00 0000 0001 0002 ffffff00";
    struct icmpv4_hdr h = parsed(message);
    cr_assert(h.type == ICMPV4_ADDRESS_MASK_REPLY && h.mask == 0xffffff00 && h.hdr_len == 12);
    assert_round_trip(message);
    assert_round_trip("11 00 0000 0001 0002 00000000");
}

Test(wire_icmpv4, reads_and_writes_information_messages)
{
    cr_assert_eq(parsed("0f 00 0000 0001 0002").type, ICMPV4_INFORMATION);
    assert_round_trip("0f 00 0000 0001 0002");
    assert_round_trip("10 00 0000 0001 0002");
}

/* router advertisement: one address of 2 words, 1800 s: 10.0.2.2 preference 0 */
Test(wire_icmpv4, reads_and_writes_router_discovery)
{
    const char *message = "09 00 0000 01 02 0708 0a000202 00000000";
    struct icmpv4_hdr h = parsed(message);
    cr_assert(h.type == ICMPV4_ROUTER_ADVERTISEMENT && h.addr_count == 1 && h.addr_words == 2);
    cr_assert_eq(h.lifetime_s, 1800);
    assert_round_trip(message);
    assert_round_trip("0a 00 0000 00000000");
}

Test(wire_icmpv4, refuses_7_octets)
{
    struct packet p = packet("08 00 e5ca 1234 00");
    struct icmpv4_hdr h;
    ASSERT_REFUSED(ICMPV4_SHORT, icmpv4_parse(p.bytes, p.len, &h));
}

/* RFC1122-3.2.2-1: types 1, 2, 7, 200, 255; nor are they written. */
Test(wire_icmpv4, refuses_unknown_types)
{
    const uint8_t unknown[] = {1, 2, 6, 7, 19, 30, 200, 255};
    for (size_t i = 0; i < sizeof unknown; i++) {
        struct packet p = packet("00 00 0000 00000000 0000000000000000");
        struct icmpv4_hdr h = {.type = unknown[i]};
        p.bytes[0] = unknown[i];
        ASSERT_REFUSED(ICMPV4_TYPE_UNKNOWN, icmpv4_parse(p.bytes, p.len, &h));
        cr_assert_eq(icmpv4_emit(&h, p.bytes, p.len), 0);
    }
}

Test(wire_icmpv4, refuses_a_timestamp_of_19_octets)
{
    struct packet p = packet("0d 00 0000 0001 0002 0036ee80 00000000 000000");
    struct icmpv4_hdr h;
    ASSERT_REFUSED(ICMPV4_TIMESTAMP_SHORT, icmpv4_parse(p.bytes, p.len, &h));
}

Test(wire_icmpv4, refuses_an_address_mask_of_11_octets)
{
    struct packet p = packet("11 00 0000 0001 0002 000000");
    struct icmpv4_hdr h;
    ASSERT_REFUSED(ICMPV4_MASK_SHORT, icmpv4_parse(p.bytes, p.len, &h));
}

Test(wire_icmpv4, refuses_router_advertisement_entries_of_1_word)
{
    struct packet p = packet("09 00 0000 01 01 0708 0a000202");
    struct icmpv4_hdr h;
    ASSERT_REFUSED(ICMPV4_ADVERTISEMENT_WORDS, icmpv4_parse(p.bytes, p.len, &h));
}

Test(wire_icmpv4, refuses_a_router_advertisement_without_its_second_address)
{
    struct packet p = packet("09 00 0000 02 02 0708 0a000202 00000000");
    struct icmpv4_hdr h;
    ASSERT_REFUSED(ICMPV4_ADVERTISEMENT_SHORT, icmpv4_parse(p.bytes, p.len, &h));
}

Test(wire_icmpv4, refuses_errors_of_27_octets)
{
    const char *messages[] = {"03 03 0000 00000000" QUOTED_IP, "04 00 0000 00000000" QUOTED_IP,
                              "05 01 0000 0a000203" QUOTED_IP, "0b 00 0000 00000000" QUOTED_IP,
                              "0c 00 0000 00000000" QUOTED_IP};
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        struct packet p = packet_prefix(packet(messages[i]), 27);
        struct icmpv4_hdr h;
        ASSERT_REFUSED(ICMPV4_ERROR_SHORT, icmpv4_parse(p.bytes, p.len, &h));
    }
}

/* RFC 1122 3.2.2 lists which messages are errors. */
Test(wire_icmpv4, tells_errors_from_queries)
{
    const uint8_t errors[] = {3, 4, 5, 11, 12};
    for (unsigned type = 0; type < 256; type++)
        cr_assert_eq(icmpv4_is_error((uint8_t)type), memchr(errors, (int)type, 5) != NULL);
}

/* The datagram had 9 octets of payload; the error holds 8 of them. */
Test(wire_icmpv4, reads_a_quote_of_8_octets)
{
    struct packet p = packet("03 03 0000 00000000" QUOTED_IP QUOTED_UDP);
    struct ipv4_hdr quoted;
    size_t held = 0;
    ASSERT_ACCEPTED(icmpv4_parse_quote(p.bytes, p.len, &quoted, &held));
    cr_assert(quoted.src == 0x0a00020f && quoted.dst == 0x0a000202 && quoted.total_len == 29);
    cr_assert_eq(held, 8);
}

/* A quoted datagram that had but 4 octets of payload is quoted in full. */
Test(wire_icmpv4, reads_a_whole_quote_of_4_octets)
{
    struct packet p = packet("03 02 0000 00000000"
                             "45 00 0018 0001 0000 40 fd 0000 0a00020f 0a000202 01020304");
    struct ipv4_hdr quoted;
    size_t held = 0;
    ASSERT_ACCEPTED(icmpv4_parse_quote(p.bytes, p.len, &quoted, &held));
    cr_assert_eq(held, 4);
}

/* Octets behind the quoted datagram's total length are not its payload. */
Test(wire_icmpv4, ends_a_quote_at_its_total_length)
{
    struct packet p = packet("03 03 0000 00000000" QUOTED_IP QUOTED_UDP "61 ffffff");
    struct ipv4_hdr quoted;
    size_t held = 0;
    ASSERT_ACCEPTED(icmpv4_parse_quote(p.bytes, p.len, &quoted, &held));
    cr_assert_eq(held, 9);
}

/* RFC1122-3.2.2-12: four of nine octets cannot be told apart by ports and length. */
Test(wire_icmpv4, refuses_a_quote_of_7_octets)
{
    struct packet p = packet("03 03 0000 00000000" QUOTED_IP "0007 0007 0009 86");
    struct ipv4_hdr quoted;
    size_t held;
    ASSERT_REFUSED(ICMPV4_QUOTE_SHORT, icmpv4_parse_quote(p.bytes, p.len, &quoted, &held));
}

/* RFC1122-3.2.2-13: an IHL of 15 in a quote of 28 octets. */
Test(wire_icmpv4, refuses_a_quoted_header_beyond_the_message)
{
    struct packet p = packet("03 03 0000 00000000"
                             "4f 00 0060 0001 0000 40 11 0000 0a00020f 0a000202" QUOTED_UDP);
    struct ipv4_hdr quoted;
    size_t held;
    ASSERT_REFUSED(ICMPV4_QUOTE_HEADER, icmpv4_parse_quote(p.bytes, p.len, &quoted, &held));
}

Test(wire_icmpv4, refuses_to_find_a_quote_in_an_echo)
{
    struct packet p = packet("08 00 0000 00000000" QUOTED_IP QUOTED_UDP);
    struct ipv4_hdr quoted;
    size_t held;
    ASSERT_REFUSED(ICMPV4_NOT_QUOTING, icmpv4_parse_quote(p.bytes, p.len, &quoted, &held));
}

/* RFC 4884: length 32 words ends the quote at 128 octets; the extension behind it is not quoted. */
Test(wire_icmpv4, ends_a_quote_before_its_extensions)
{
    uint8_t message[8 + 128 + 8] = {11, 0, 0, 0, 0, 32, 0, 0};
    struct packet ip = packet("45 00 05dc 0001 0000 40 11 0000 0a00020f 0a000202");
    memcpy(message + 8, ip.bytes, ip.len);
    message[8 + 128] = 0x20; /* the extension header's version 2 */
    struct packet p = packet_of(message, sizeof message);
    struct ipv4_hdr quoted;
    size_t held = 0;
    ASSERT_ACCEPTED(icmpv4_parse_quote(p.bytes, p.len, &quoted, &held));
    cr_assert_eq(held, 108);
    p.bytes[5] = 31; /* below 128 octets: noise of an old sender, the message is the quote */
    ASSERT_ACCEPTED(icmpv4_parse_quote(p.bytes, p.len, &quoted, &held));
    cr_assert_eq(held, 116);
}

#include "tests/wire/packet.h"
#include "stack/wire/udp.h"

enum { SRC = 0x0a00020f, DST = 0x0a000202 }; /* 10.0.2.15, 10.0.2.2 */

/*
 * 10.0.2.15 > 10.0.2.2 udp 7 > 7 data "a". The sum by hand: pseudo header 0a00 + 020f + 0a00 + 0202
 * + 0011 + 0009 = 182b, header 0007 + 0007 + 0009 makes 1842, data 6100 makes 7942; ~7942 is 86bd.
 */
#define ECHO_A "0007 0007 0009 86bd 61"

Test(wire_udp, reads_a_datagram)
{
    struct packet p = packet(ECHO_A);
    struct udp_hdr h;
    ASSERT_ACCEPTED(udp_parse(p.bytes, p.len, &h));
    cr_assert_eq(h.src_port, 7);
    cr_assert_eq(h.dst_port, 7);
    cr_assert_eq(h.length, 9);
    cr_assert_eq(h.checksum, 0x86bd);
}

/* RFC768-format-3: octets behind the length belong to IP, not to the datagram. */
Test(wire_udp, accepts_octets_behind_its_length)
{
    struct packet p = packet(ECHO_A "ffff");
    struct udp_hdr h;
    ASSERT_ACCEPTED(udp_parse(p.bytes, p.len, &h));
    cr_assert_eq(h.length, 9);
}

Test(wire_udp, writes_a_datagram_and_its_checksum)
{
    const struct udp_hdr h = {.src_port = 7, .dst_port = 7, .length = 9};
    uint8_t buf[9];
    cr_assert_eq(udp_emit(&h, buf, 7), 0);
    cr_assert_eq(udp_emit(&h, buf, 8), 8);
    buf[8] = 'a';
    uint16_t field = udp_checksum4(SRC, DST, buf, 9);
    buf[UDP_CHECKSUM] = (uint8_t)(field >> 8);
    buf[UDP_CHECKSUM + 1] = (uint8_t)field;
    ASSERT_BYTES(buf, 9, packet(ECHO_A));
}

Test(wire_udp, refuses_7_octets)
{
    struct packet p = packet_prefix(packet(ECHO_A), 7);
    struct udp_hdr h;
    ASSERT_REFUSED(UDP_SHORT, udp_parse(p.bytes, p.len, &h));
}

Test(wire_udp, refuses_a_length_of_7)
{
    struct packet p = packet("0007 0007 0007 0000 61");
    struct udp_hdr h;
    ASSERT_REFUSED(UDP_LENGTH_BELOW_HEADER, udp_parse(p.bytes, p.len, &h));
}

Test(wire_udp, refuses_a_length_beyond_the_payload)
{
    struct packet p = packet("0007 0007 000a 0000 61");
    struct udp_hdr h;
    ASSERT_REFUSED(UDP_LENGTH_BEYOND, udp_parse(p.bytes, p.len, &h));
}

Test(wire_udp, verifies_the_checksum)
{
    struct packet p = packet(ECHO_A);
    cr_assert(udp_checksum4_ok(SRC, DST, p.bytes, 9));
    cr_assert_not(udp_checksum4_ok(SRC + 1, DST, p.bytes, 9), "another source");
    p.bytes[8] = 'b';
    cr_assert_not(udp_checksum4_ok(SRC, DST, p.bytes, 9), "other data");
}

/*
 * Data e7bb makes the sum ffff: 0a00 + 020f + 0a00 + 0202 + 0011 + 000a + 0007 + 0007 + 000a is
 * 1844, and ffff - 1844 is e7bb. The computed 0 goes out as ffff, and verifies.
 */
Test(wire_udp, sends_a_checksum_of_zero_as_ones)
{
    struct packet p = packet("0007 0007 000a 0000 e7bb");
    cr_assert_eq(udp_checksum4(SRC, DST, p.bytes, 10), 0xffff);
    p.bytes[UDP_CHECKSUM] = p.bytes[UDP_CHECKSUM + 1] = 0xff;
    cr_assert(udp_checksum4_ok(SRC, DST, p.bytes, 10));
}

/* RFC 768: a field of 0 means no checksum over IPv4; RFC 8200 8.1: over IPv6 it is wrong. */
Test(wire_udp, takes_a_checksum_field_of_zero_for_none_over_ipv4_only)
{
    const uint8_t src[16] = {0xfe, 0x80, [15] = 1}, dst[16] = {0xfe, 0x80, [15] = 2};
    struct packet p = packet("0007 0007 000a 0000 beef");
    cr_assert(udp_checksum4_ok(SRC, DST, p.bytes, 10));
    cr_assert_not(udp_checksum6_ok(src, dst, p.bytes, 10));
}

/*
 * fe80::1 > fe80::2 udp 7 > 7 data "a": fe80 + 0001 + fe80 + 0002 + 0009 + 0011 is 1fd1d, which
 * folds to fd1e; header 0017 makes fd35, data 6100 makes 15e35, folds to 5e36; ~5e36 is a1c9.
 */
Test(wire_udp, sums_with_the_ipv6_pseudo_header)
{
    const uint8_t src[16] = {0xfe, 0x80, [15] = 1}, dst[16] = {0xfe, 0x80, [15] = 2};
    struct packet p = packet("0007 0007 0009 0000 61");
    cr_assert_eq(udp_checksum6(src, dst, p.bytes, 9), 0xa1c9);
    p.bytes[UDP_CHECKSUM] = 0xa1;
    p.bytes[UDP_CHECKSUM + 1] = 0xc9;
    cr_assert(udp_checksum6_ok(src, dst, p.bytes, 9));
    p.bytes[8]++;
    cr_assert_not(udp_checksum6_ok(src, dst, p.bytes, 9));
}

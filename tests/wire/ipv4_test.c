#include "tests/wire/packet.h"
#include "stack/wire/ipv4.h"

/* 192.168.0.1 > 192.168.0.199, UDP, 115 octets, DF, TTL 64, checksum b861; without its payload */
#define DF_HEADER "45 00 0073 0000 4000 40 11 b861 c0a80001 c0a800c7"

Test(wire_ipv4, reads_a_header)
{
    struct packet p = packet(DF_HEADER);
    struct ipv4_hdr h;
    ASSERT_ACCEPTED(ipv4_parse_quoted(p.bytes, p.len, &h));
    cr_assert_eq(h.hdr_len, 20);
    cr_assert_eq(h.tos, 0);
    cr_assert_eq(h.total_len, 115);
    cr_assert_eq(h.id, 0);
    cr_assert(h.df && !h.mf && !h.reserved);
    cr_assert_eq(h.frag_off, 0);
    cr_assert_eq(h.ttl, 64);
    cr_assert_eq(h.proto, IP_PROTO_UDP);
    cr_assert_eq(h.checksum, 0xb861);
    cr_assert_eq(h.src, 0xc0a80001);
    cr_assert_eq(h.dst, 0xc0a800c7);
    cr_assert_eq(h.options_len, 0);
    cr_assert_null(h.options);
}

/* Each flag alone, and the last offset: 8191 units of 8 octets. */
Test(wire_ipv4, reads_flags_and_fragment_offset)
{
    struct ipv4_hdr h;
    struct packet reserved = packet("45 00 0014 0000 8000 40 11 0000 c0a80001 c0a800c7");
    struct packet mf = packet("45 08 0014 1234 2001 40 11 0000 c0a80001 c0a800c7");
    struct packet last = packet("45 00 0014 0000 1fff 40 11 0000 c0a80001 c0a800c7");
    ASSERT_ACCEPTED(ipv4_parse(reserved.bytes, reserved.len, &h));
    cr_assert(h.reserved && !h.df && !h.mf && h.frag_off == 0);
    ASSERT_ACCEPTED(ipv4_parse(mf.bytes, mf.len, &h));
    cr_assert(!h.reserved && !h.df && h.mf && h.frag_off == 8);
    cr_assert(h.id == 0x1234 && h.tos == 8);
    ASSERT_ACCEPTED(ipv4_parse(last.bytes, last.len, &h));
    cr_assert(!h.reserved && !h.df && !h.mf && h.frag_off == 65528);
}

Test(wire_ipv4, writes_a_header_and_its_checksum)
{
    const struct ipv4_hdr h = {.total_len = 115,
                               .df = true,
                               .ttl = 64,
                               .proto = IP_PROTO_UDP,
                               .src = 0xc0a80001,
                               .dst = 0xc0a800c7};
    uint8_t buf[20];
    cr_assert_eq(ipv4_emit(&h, buf, 19), 0);
    size_t len = ipv4_emit(&h, buf, sizeof buf);
    ipv4_checksum_set(buf, len);
    ASSERT_BYTES(buf, len, packet(DF_HEADER));
}

/* Every field's bits reach the sum, with options and without. */
Test(wire_ipv4, sums_what_it_writes)
{
    const uint8_t options[] = {7, 3, 4, 0};
    uint32_t seed = 1;
    for (int i = 0; i < 2000; i++) {
        uint32_t word[4];
        for (int k = 0; k < 4; k++)
            word[k] = seed = i < 1000 ? seed * 1664525u + 1013904223u : 0xffffffffu;
        struct ipv4_hdr h = {.tos = (uint8_t)(word[0] >> 24),
                             .total_len = (uint16_t)(word[0] >> 8),
                             .id = (uint16_t)(word[1] >> 16),
                             .df = word[1] >> 8 & 1,
                             .mf = word[1] >> 9 & 1,
                             .frag_off = (uint16_t)(word[2] >> 16 & 0xfff8),
                             .ttl = (uint8_t)(word[2] >> 8),
                             .proto = (uint8_t)(word[3] >> 24),
                             .src = word[2] ^ word[0],
                             .dst = word[3] ^ word[1],
                             .options_len = i % 4 ? 0 : 4,
                             .options = options};
        uint8_t buf[24];
        size_t len = ipv4_emit_summed(&h, buf, sizeof buf);
        cr_assert_eq(len, i % 4 ? 20 : 24);
        cr_assert(ipv4_checksum_ok(buf, len), "header %d", i);
    }
}

Test(wire_ipv4, verifies_the_checksum)
{
    struct packet p = packet(DF_HEADER);
    cr_assert(ipv4_checksum_ok(p.bytes, p.len));
    for (size_t i = 0; i < p.len; i++) {
        p.bytes[i] ^= 0x10;
        cr_assert_not(ipv4_checksum_ok(p.bytes, p.len), "octet %zu", i);
        p.bytes[i] ^= 0x10;
    }
}

/* 3 octets of options take a header of 24, the last octet zero (RFC 791, Padding). */
Test(wire_ipv4, pads_options_with_zeros_to_32_bits)
{
    const uint8_t options[] = {1, 1, 1};
    const struct ipv4_hdr h = {.total_len = 24,
                               .ttl = 1,
                               .proto = IP_PROTO_ICMP,
                               .src = 0x0a00020f,
                               .dst = 0x0a000202,
                               .options_len = 3,
                               .options = options};
    uint8_t buf[25];
    memset(buf, 0xee, sizeof buf);
    cr_assert_eq(ipv4_emit(&h, buf, 23), 0);
    ASSERT_BYTES(buf, ipv4_emit(&h, buf, sizeof buf),
                 packet("46 00 0018 0000 0000 01 01 0000 0a00020f 0a000202 01010100"));
    cr_assert_eq(buf[24], 0xee, "wrote behind the header");
}

Test(wire_ipv4, writes_40_octets_of_options_and_no_more)
{
    uint8_t options[41] = {0}, buf[64];
    struct ipv4_hdr h = {.options_len = 40, .options = options};
    cr_assert_eq(ipv4_emit(&h, buf, sizeof buf), 60);
    h.options_len = 41;
    cr_assert_eq(ipv4_emit(&h, buf, sizeof buf), 0);
}

Test(wire_ipv4, refuses_19_octets)
{
    struct packet p = packet_prefix(packet(DF_HEADER), 19);
    struct ipv4_hdr h;
    ASSERT_REFUSED(IPV4_SHORT, ipv4_parse(p.bytes, p.len, &h));
    ASSERT_REFUSED(IPV4_SHORT, ipv4_parse(p.bytes, 0, &h));
}

Test(wire_ipv4, refuses_version_6)
{
    struct packet p = packet("65 00 0014 0000 0000 40 11 0000 c0a80001 c0a800c7");
    struct ipv4_hdr h;
    ASSERT_REFUSED(IPV4_VERSION_NOT_4, ipv4_parse(p.bytes, p.len, &h));
}

Test(wire_ipv4, refuses_an_ihl_of_4)
{
    struct packet p = packet("44 00 0014 0000 0000 40 11 0000 c0a80001 c0a800c7");
    struct ipv4_hdr h;
    ASSERT_REFUSED(IPV4_IHL_BELOW_5, ipv4_parse(p.bytes, p.len, &h));
}

Test(wire_ipv4, refuses_an_ihl_beyond_the_packet)
{
    struct packet p = packet("46 00 0018 0000 0000 40 11 0000 c0a80001 c0a800c7 010101");
    struct ipv4_hdr h;
    ASSERT_REFUSED(IPV4_HEADER_BEYOND, ipv4_parse(p.bytes, p.len, &h));
}

Test(wire_ipv4, refuses_a_total_length_below_the_header)
{
    struct packet p = packet("46 00 0017 0000 0000 40 11 0000 c0a80001 c0a800c7 01010101");
    struct ipv4_hdr h;
    ASSERT_REFUSED(IPV4_LENGTH_BELOW_HEADER, ipv4_parse(p.bytes, p.len, &h));
}

/* Padding behind the total length is the link's; a packet one octet short is nobody's. */
Test(wire_ipv4, refuses_a_total_length_beyond_the_packet)
{
    struct packet padded = packet("45 00 0015 0000 0000 40 11 0000 c0a80001 c0a800c7 aa 0000");
    struct packet cut = packet("45 00 0015 0000 0000 40 11 0000 c0a80001 c0a800c7");
    struct ipv4_hdr h;
    ASSERT_ACCEPTED(ipv4_parse(padded.bytes, padded.len, &h));
    ASSERT_REFUSED(IPV4_LENGTH_BEYOND, ipv4_parse(cut.bytes, cut.len, &h));
}

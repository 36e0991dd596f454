#include "tests/wire/packet.h"
#include "stack/wire/tcp.h"

/* 40000 > 80 S 0x11223344:0x11223344(0) win 65535 <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7> */
#define SYN_HEADER  "9c40 0050 11223344 00000000 a0 02 ffff 0000 0000"
#define SYN_OPTIONS "020405b4 0402 080a 00000001 00000000 01 030307"

Test(wire_tcp, reads_a_header)
{
    struct packet p = packet(SYN_HEADER SYN_OPTIONS "aa");
    struct tcp_hdr h;
    ASSERT_ACCEPTED(tcp_parse(p.bytes, p.len, &h));
    cr_assert(h.src_port == 40000 && h.dst_port == 80);
    cr_assert(h.seq == 0x11223344 && h.ack == 0);
    cr_assert(h.hdr_len == 40 && h.options_len == 20 && h.options == p.bytes + 20);
    cr_assert(h.flags == TCP_FLAG_SYN && h.reserved == 0);
    cr_assert(h.window == 65535 && h.checksum == 0 && h.urgent == 0);
}

/* Every flag and every field in its place: offset 5, reserved 1010, flags CWR to FIN alternating.
 */
Test(wire_tcp, reads_each_field_from_its_place)
{
    struct packet p = packet("0102 0304 05060708 090a0b0c 5a a5 0d0e 0f10 1112");
    struct tcp_hdr h;
    ASSERT_ACCEPTED(tcp_parse(p.bytes, p.len, &h));
    cr_assert(h.src_port == 0x0102 && h.dst_port == 0x0304);
    cr_assert(h.seq == 0x05060708 && h.ack == 0x090a0b0c);
    cr_assert(h.reserved == 0xa);
    cr_assert_eq(h.flags, TCP_FLAG_CWR | TCP_FLAG_URG | TCP_FLAG_RST | TCP_FLAG_FIN);
    cr_assert(h.window == 0x0d0e && h.checksum == 0x0f10 && h.urgent == 0x1112);
    cr_assert(h.hdr_len == 20 && h.options_len == 0 && h.options == NULL);
    uint8_t buf[20];
    ASSERT_BYTES(buf, tcp_emit(&h, buf, sizeof buf), p);
    cr_assert_eq(tcp_emit(&h, buf, 19), 0);
}

/* Options are written behind the header, padded with End of Option List (RFC 9293: MUST-69). */
Test(wire_tcp, pads_options_with_zeros_to_32_bits)
{
    const uint8_t wscale[] = {3, 3, 7};
    const struct tcp_hdr h = {.flags = TCP_FLAG_ACK, .options = wscale, .options_len = 3};
    uint8_t buf[25];
    memset(buf, 0xee, sizeof buf);
    cr_assert_eq(tcp_emit(&h, buf, 23), 0);
    ASSERT_BYTES(buf, tcp_emit(&h, buf, sizeof buf),
                 packet("0000 0000 00000000 00000000 60 10 0000 0000 0000 03030700"));
    cr_assert_eq(buf[24], 0xee, "wrote behind the header");
}

Test(wire_tcp, writes_40_octets_of_options_and_no_more)
{
    uint8_t options[41] = {0}, buf[64];
    struct tcp_hdr h = {.options_len = 40, .options = options};
    cr_assert_eq(tcp_emit(&h, buf, sizeof buf), 60);
    h.options_len = 41;
    cr_assert_eq(tcp_emit(&h, buf, sizeof buf), 0);
}

Test(wire_tcp, refuses_19_octets)
{
    struct packet p = packet_prefix(packet(SYN_HEADER), 19);
    struct tcp_hdr h;
    ASSERT_REFUSED(TCP_SHORT, tcp_parse(p.bytes, p.len, &h));
}

/* Every data offset against a segment of 20 and of 60 octets. */
Test(wire_tcp, refuses_data_offsets_that_do_not_fit)
{
    struct packet bare = packet(SYN_HEADER), full = packet_of((uint8_t[60]){0}, 60);
    struct tcp_hdr h;
    for (unsigned offset = 0; offset < 16; offset++) {
        bare.bytes[12] = full.bytes[12] = (uint8_t)(offset << 4);
        if (offset < 5) {
            ASSERT_REFUSED(TCP_OFFSET_BELOW_5, tcp_parse(full.bytes, full.len, &h));
            ASSERT_REFUSED(TCP_OFFSET_BELOW_5, tcp_parse(bare.bytes, bare.len, &h));
        } else {
            ASSERT_ACCEPTED(tcp_parse(full.bytes, full.len, &h));
            if (offset > 5)
                ASSERT_REFUSED(TCP_OFFSET_BEYOND, tcp_parse(bare.bytes, bare.len, &h));
        }
    }
}

/*
 * 10.0.2.15:7 > 10.0.2.2:7 . 1:2(1) ack 1 win 1 data "a". By hand: pseudo header 0a00 + 020f + 0a00
 * + 0202 + 0006 + 0015 = 182c; header 0007 + 0007 + 0001 + 0001 + 5010 + 0001 = 5021, makes 684d;
 * data 6100 makes c94d; ~c94d is 36b2.
 */
Test(wire_tcp, sums_with_the_ipv4_pseudo_header)
{
    struct packet p = packet("0007 0007 00000001 00000001 50 10 0001 0000 0000 61");
    cr_assert_eq(tcp_checksum4(0x0a00020f, 0x0a000202, p.bytes, 21), 0x36b2);
    p.bytes[16] = 0x36;
    p.bytes[17] = 0xb2;
    cr_assert(tcp_checksum4_ok(0x0a00020f, 0x0a000202, p.bytes, 21));
    cr_assert_not(tcp_checksum4_ok(0x0a000210, 0x0a000202, p.bytes, 21));
}

/* fe80::1 > fe80::2: fe80 + 1 + fe80 + 2 + 0006 + 0015 folds to fd1f; 5021 and
 * 6100 more is 1ae40, folds to ae41; ~ae41 is 51be. */
Test(wire_tcp, sums_with_the_ipv6_pseudo_header)
{
    const uint8_t src[16] = {0xfe, 0x80, [15] = 1}, dst[16] = {0xfe, 0x80, [15] = 2};
    struct packet p = packet("0007 0007 00000001 00000001 50 10 0001 0000 0000 61");
    cr_assert_eq(tcp_checksum6(src, dst, p.bytes, 21), 0x51be);
    p.bytes[16] = 0x51;
    p.bytes[17] = 0xbe;
    cr_assert(tcp_checksum6_ok(src, dst, p.bytes, 21));
    p.bytes[20]++;
    cr_assert_not(tcp_checksum6_ok(src, dst, p.bytes, 21));
}

static enum tcp_option_fault options_of(const char *hex, struct tcp_options *out)
{
    struct packet p = packet(hex);
    return tcp_options_parse(p.bytes, p.len, out);
}

#define ASSERT_BAD_OPTIONS(hex, reason)                                                            \
    do {                                                                                           \
        struct tcp_options o;                                                                      \
        ASSERT_REFUSED(reason, options_of(hex, &o));                                               \
    } while (0)

Test(wire_tcp_options, none_are_none)
{
    struct tcp_options o;
    ASSERT_ACCEPTED(tcp_options_parse(NULL, 0, &o));
    cr_assert(!o.has_mss && !o.has_wscale && !o.sack_permitted && !o.has_timestamps);
    cr_assert_eq(o.sack_count, 0);
}

Test(wire_tcp_options, of_a_syn_are_read)
{
    struct tcp_options o;
    ASSERT_ACCEPTED(options_of(SYN_OPTIONS, &o));
    cr_assert(o.has_mss && o.mss == 1460);
    cr_assert(o.sack_permitted);
    cr_assert(o.has_timestamps && o.ts_val == 1 && o.ts_ecr == 0);
    cr_assert(o.has_wscale && o.wscale == 7);
}

/* <sack 1:3 5:7>, 4-octet values at any alignment */
Test(wire_tcp_options, sack_blocks_are_read)
{
    struct tcp_options o;
    ASSERT_ACCEPTED(options_of("05 12 00000001 00000003 00000005 00000007", &o));
    cr_assert_eq(o.sack_count, 2);
    cr_assert(o.sack[0].left == 1 && o.sack[0].right == 3);
    cr_assert(o.sack[1].left == 5 && o.sack[1].right == 7);
}

/* MUST-6: an option that is not implemented (kind 34, 4 octets) is stepped over. */
Test(wire_tcp_options, unknown_ones_are_stepped_over)
{
    struct tcp_options o;
    ASSERT_ACCEPTED(options_of("2204abcd 020405b4", &o));
    cr_assert(o.has_mss && o.mss == 1460);
}

Test(wire_tcp_options, behind_end_are_padding)
{
    struct tcp_options o;
    ASSERT_ACCEPTED(options_of("00 02 00 ff", &o));
    cr_assert_not(o.has_mss);
}

Test(wire_tcp_options, the_last_of_two_counts)
{
    struct tcp_options o;
    ASSERT_ACCEPTED(options_of("02040200 020405b4", &o));
    cr_assert_eq(o.mss, 1460);
}

Test(wire_tcp_options, without_a_length_octet_are_refused)
{
    ASSERT_BAD_OPTIONS("010102", TCP_OPTION_NO_LENGTH);
    ASSERT_BAD_OPTIONS("010122", TCP_OPTION_NO_LENGTH);
}

/* MUST-7: an illegal option length, such as zero. */
Test(wire_tcp_options, of_length_0_and_1_are_refused)
{
    ASSERT_BAD_OPTIONS("22000000", TCP_OPTION_LENGTH_BELOW_2);
    ASSERT_BAD_OPTIONS("02010000", TCP_OPTION_LENGTH_BELOW_2);
}

Test(wire_tcp_options, longer_than_the_header_are_refused)
{
    ASSERT_BAD_OPTIONS("22050000", TCP_OPTION_LENGTH_BEYOND);
    ASSERT_BAD_OPTIONS("020405", TCP_OPTION_LENGTH_BEYOND);
}

Test(wire_tcp_options, mss_of_another_length_is_refused)
{
    ASSERT_BAD_OPTIONS("0203050101", TCP_OPTION_MSS_LENGTH);
    ASSERT_BAD_OPTIONS("0205050101", TCP_OPTION_MSS_LENGTH);
}

Test(wire_tcp_options, window_scale_of_another_length_is_refused)
{
    ASSERT_BAD_OPTIONS("03020101", TCP_OPTION_WINDOW_SCALE_LENGTH);
    ASSERT_BAD_OPTIONS("03040101", TCP_OPTION_WINDOW_SCALE_LENGTH);
}

Test(wire_tcp_options, sack_permitted_of_another_length_is_refused)
{
    ASSERT_BAD_OPTIONS("04030101", TCP_OPTION_SACK_PERMITTED_LENGTH);
}

Test(wire_tcp_options, sack_without_a_block_is_refused)
{
    ASSERT_BAD_OPTIONS("05020101", TCP_OPTION_SACK_EMPTY);
}

Test(wire_tcp_options, sack_with_part_of_a_block_is_refused)
{
    ASSERT_BAD_OPTIONS("0509 00000001 000003", TCP_OPTION_SACK_LENGTH);
    ASSERT_BAD_OPTIONS("050b 00000001 00000003 05", TCP_OPTION_SACK_LENGTH);
}

/* 40 octets cannot hold five blocks, but the parser does not depend on its caller for that. */
Test(wire_tcp_options, sack_with_5_blocks_is_refused)
{
    uint8_t options[42] = {5, 42};
    struct tcp_options o;
    struct packet p = packet_of(options, sizeof options);
    ASSERT_REFUSED(TCP_OPTION_SACK_BLOCKS, tcp_options_parse(p.bytes, p.len, &o));
}

Test(wire_tcp_options, timestamps_of_another_length_are_refused)
{
    ASSERT_BAD_OPTIONS("0809 00000001 000000", TCP_OPTION_TIMESTAMPS_LENGTH);
    ASSERT_BAD_OPTIONS("080b 00000001 00000000 00", TCP_OPTION_TIMESTAMPS_LENGTH);
}

Test(wire_tcp_options, of_a_syn_are_written)
{
    const struct tcp_options o = {.has_mss = true,
                                  .mss = 1460,
                                  .sack_permitted = true,
                                  .has_timestamps = true,
                                  .ts_val = 1,
                                  .has_wscale = true,
                                  .wscale = 7};
    uint8_t buf[40];
    ASSERT_BYTES(buf, tcp_options_emit(&o, buf, sizeof buf), packet(SYN_OPTIONS));
    cr_assert_eq(tcp_options_emit(&o, buf, 19), 0);
}

/* <mss 1460,nop,nop,sackOK,nop,wscale 7> */
Test(wire_tcp_options, of_a_syn_without_timestamps_are_written)
{
    const struct tcp_options o = {
        .has_mss = true, .mss = 1460, .sack_permitted = true, .has_wscale = true, .wscale = 7};
    uint8_t buf[40];
    ASSERT_BYTES(buf, tcp_options_emit(&o, buf, sizeof buf), packet("020405b4 01010402 01030307"));
}

/* RFC 7323 appendix A: <nop,nop,TS val 1 ecr 2>; three SACK blocks still fit beside it. */
Test(wire_tcp_options, of_a_data_segment_are_written)
{
    struct tcp_options o = {
        .has_timestamps = true, .ts_val = 1, .ts_ecr = 2, .sack_count = 1, .sack = {{0x10, 0x20}}};
    uint8_t buf[40];
    ASSERT_BYTES(buf, tcp_options_emit(&o, buf, sizeof buf),
                 packet("0101080a 00000001 00000002 0101050a 00000010 00000020"));
    o.sack_count = 3;
    cr_assert_eq(tcp_options_emit(&o, buf, sizeof buf), 40);
    o.sack_count = 4;
    cr_assert_eq(tcp_options_emit(&o, buf, sizeof buf), 0);
}

/* RFC 7413 4.1.1: kind 34, or 254 with its identifier; NOPs behind it. */
Test(wire_tcp_options, of_fast_open_are_written_and_read)
{
    uint8_t buf[40];
    struct tcp_options o = {.has_fastopen = true, .fastopen_len = 4, .fastopen = {1, 2, 3, 4}}, in;
    ASSERT_BYTES(buf, tcp_options_emit(&o, buf, sizeof buf), packet("22060102 03040101"));
    cr_assert_eq(tcp_options_parse(buf, 8, &in), TCP_OPTION_SOUND);
    cr_assert(in.has_fastopen && !in.fastopen_experimental && in.fastopen_len == 4);
    cr_assert_eq(memcmp(in.fastopen, o.fastopen, 4), 0);
    o.fastopen_experimental = true;
    ASSERT_BYTES(buf, tcp_options_emit(&o, buf, sizeof buf), packet("fe08f989 01020304"));
    cr_assert_eq(tcp_options_parse(buf, 8, &in), TCP_OPTION_SOUND);
    cr_assert(in.has_fastopen && in.fastopen_experimental && in.fastopen_len == 4);
    o.fastopen_len = 0;
    ASSERT_BYTES(buf, tcp_options_emit(&o, buf, sizeof buf), packet("fe04f989"));
}

/* A cookie of 2, 5 or 18 octets is none, and the option is as if it were not there. */
Test(wire_tcp_options, of_fast_open_with_a_wrong_length_are_ignored)
{
    struct tcp_options in;
    uint8_t buf[20] = {34};
    const uint8_t wrong[] = {4, 7, 20};
    for (unsigned i = 0; i < sizeof wrong; i++) {
        buf[1] = wrong[i];
        cr_assert_eq(tcp_options_parse(buf, sizeof buf, &in), TCP_OPTION_SOUND);
        cr_assert(!in.has_fastopen);
    }
}

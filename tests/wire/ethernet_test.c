#include "tests/wire/packet.h"
#include "stack/wire/ethernet.h"

/* 52:55:0a:00:02:02 > 52:54:00:12:34:56, type IPv4, one octet of payload */
#define IPV4_FRAME "525400123456 52550a000202 0800 45"

Test(wire_ethernet, reads_an_ethernet_ii_header)
{
    struct packet p = packet(IPV4_FRAME);
    struct ethernet_hdr h;
    ASSERT_ACCEPTED(ethernet_parse(p.bytes, p.len, &h));
    cr_assert_arr_eq(h.dst, "\x52\x54\x00\x12\x34\x56", 6);
    cr_assert_arr_eq(h.src, "\x52\x55\x0a\x00\x02\x02", 6);
    cr_assert_eq(h.type, ETHERNET_TYPE_IPV4);
    cr_assert_eq(h.kind, ETHERNET_KIND_II);
    cr_assert_eq(h.hdr_len, 14);
    cr_assert_eq(h.end, 15);
}

Test(wire_ethernet, writes_an_ethernet_ii_header)
{
    const struct ethernet_hdr h = {.dst = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                                   .src = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56},
                                   .type = ETHERNET_TYPE_ARP};
    uint8_t buf[14];
    cr_assert_eq(ethernet_emit(&h, buf, 13), 0);
    /* 52:54:00:12:34:56 > ff:ff:ff:ff:ff:ff, type ARP */
    ASSERT_BYTES(buf, ethernet_emit(&h, buf, 14), packet("ffffffffffff 525400123456 0806"));
}

Test(wire_ethernet, refuses_13_octets)
{
    struct packet p = packet_prefix(packet(IPV4_FRAME), 13);
    struct ethernet_hdr h;
    ASSERT_REFUSED(ETHERNET_SHORT, ethernet_parse(p.bytes, p.len, &h));
}

/* 1500 is a length and 1536 is a type; from 1501 to 1535 the field is neither (IEEE 802.3 3.2.6).
 */
Test(wire_ethernet, refuses_a_field_between_length_and_type)
{
    struct ethernet_hdr h;
    struct packet low = packet("525400123456 52550a000202 05dd 45");
    struct packet high = packet("525400123456 52550a000202 05ff 45");
    struct packet type = packet("525400123456 52550a000202 0600 45");
    const int reason = ETHERNET_TYPE_UNDEFINED;
    ASSERT_REFUSED(reason, ethernet_parse(low.bytes, low.len, &h));
    ASSERT_REFUSED(reason, ethernet_parse(high.bytes, high.len, &h));
    ASSERT_ACCEPTED(ethernet_parse(type.bytes, type.len, &h));
    cr_assert_eq(h.kind, ETHERNET_KIND_II);
}

/* 802.1Q: priority 5, VLAN 100 (tci a064), inside IPv4 */
#define TAGGED_FRAME "525400123456 52550a000202 8100 a064 0800 45"

Test(wire_ethernet, recognises_a_vlan_tag)
{
    struct packet p = packet(TAGGED_FRAME);
    struct ethernet_hdr h;
    ASSERT_ACCEPTED(ethernet_parse(p.bytes, p.len, &h));
    cr_assert_eq(h.kind, ETHERNET_KIND_TAGGED);
    cr_assert_eq(h.tci, 0xa064);
    cr_assert_eq(h.inner_type, ETHERNET_TYPE_IPV4);
    cr_assert_eq(h.hdr_len, 18);
    uint8_t buf[18];
    ASSERT_BYTES(buf, ethernet_emit(&h, buf, sizeof buf), packet_prefix(p, 18));
    cr_assert_eq(ethernet_emit(&h, buf, 17), 0);
}

/* The 18 octets of a tagged header are enough, were there no payload at all. */
Test(wire_ethernet, accepts_a_tag_at_the_very_end)
{
    struct packet p = packet_prefix(packet(TAGGED_FRAME), 18);
    struct ethernet_hdr h;
    ASSERT_ACCEPTED(ethernet_parse(p.bytes, p.len, &h));
}

/* 802.1ad: the second tag is an inner type like any other. */
Test(wire_ethernet, recognises_a_double_tag_by_its_first)
{
    struct packet p = packet("525400123456 52550a000202 88a8 0001 8100 0002 0800");
    struct ethernet_hdr h;
    ASSERT_ACCEPTED(ethernet_parse(p.bytes, p.len, &h));
    cr_assert_eq(h.kind, ETHERNET_KIND_TAGGED);
    cr_assert_eq(h.inner_type, ETHERNET_TYPE_VLAN);
}

Test(wire_ethernet, refuses_a_tag_cut_short)
{
    struct packet p = packet_prefix(packet(TAGGED_FRAME), 17);
    struct ethernet_hdr h;
    ASSERT_REFUSED(ETHERNET_TAG_SHORT, ethernet_parse(p.bytes, p.len, &h));
}

/* A spanning tree frame: length 3, LLC 42 42 03, then padding that does not belong to it */
Test(wire_ethernet, recognises_llc_and_where_it_ends)
{
    struct packet p = packet("0180c2000000 52550a000202 0003 424203 0000");
    struct ethernet_hdr h;
    ASSERT_ACCEPTED(ethernet_parse(p.bytes, p.len, &h));
    cr_assert_eq(h.kind, ETHERNET_KIND_LLC);
    cr_assert_eq(h.type, 3);
    cr_assert_eq(h.hdr_len, 14);
    cr_assert_eq(h.end, 17);
}

/* A field of 1500 is the largest length, in the largest frame. */
Test(wire_ethernet, takes_1500_for_a_length)
{
    uint8_t frame[1514] = {[12] = 0x05, [13] = 0xdc, [14] = 0x42, [15] = 0x42, [16] = 3};
    struct packet p = packet_of(frame, sizeof frame);
    struct ethernet_hdr h;
    ASSERT_ACCEPTED(ethernet_parse(p.bytes, p.len, &h));
    cr_assert(h.kind == ETHERNET_KIND_LLC && h.end == 1514);
}

/* RFC 1042: aa-aa-03-00-00-00, type IPv4; length 9 is the 8 octets of SNAP and one of payload */
#define SNAP_FRAME "525400123456 52550a000202 0009 aaaa03000000 0800 45"

Test(wire_ethernet, recognises_snap)
{
    struct packet p = packet(SNAP_FRAME);
    struct ethernet_hdr h;
    ASSERT_ACCEPTED(ethernet_parse(p.bytes, p.len, &h));
    cr_assert_eq(h.kind, ETHERNET_KIND_SNAP);
    cr_assert_eq(h.inner_type, ETHERNET_TYPE_IPV4);
    cr_assert_eq(h.hdr_len, 22);
    cr_assert_eq(h.end, 23);
    uint8_t buf[22];
    ASSERT_BYTES(buf, ethernet_emit(&h, buf, sizeof buf), packet_prefix(p, 22));
    cr_assert_eq(ethernet_emit(&h, buf, 21), 0);
}

/* Another organization's code (00-00-0c) is not RFC 1042; nor is a SNAP header of 7 octets. */
Test(wire_ethernet, takes_foreign_or_short_snap_for_plain_llc)
{
    struct packet foreign = packet("525400123456 52550a000202 0009 aaaa0300000c 2000 01");
    struct packet cut = packet("525400123456 52550a000202 0007 aaaa03000000 0800");
    struct ethernet_hdr h;
    ASSERT_ACCEPTED(ethernet_parse(foreign.bytes, foreign.len, &h));
    cr_assert_eq(h.kind, ETHERNET_KIND_LLC);
    ASSERT_ACCEPTED(ethernet_parse(cut.bytes, cut.len, &h));
    cr_assert_eq(h.kind, ETHERNET_KIND_LLC);
}

Test(wire_ethernet, refuses_an_llc_length_beyond_the_frame)
{
    struct packet p = packet("525400123456 52550a000202 0004 424203");
    struct ethernet_hdr h;
    ASSERT_REFUSED(ETHERNET_LENGTH_BEYOND, ethernet_parse(p.bytes, p.len, &h));
}

Test(wire_ethernet, refuses_an_llc_length_below_3)
{
    struct packet p = packet("525400123456 52550a000202 0002 424203");
    struct ethernet_hdr h;
    ASSERT_REFUSED(ETHERNET_LENGTH_BELOW_LLC, ethernet_parse(p.bytes, p.len, &h));
}

Test(wire_ethernet, tells_group_and_broadcast_addresses)
{
    cr_assert(ethernet_is_group((const uint8_t[6]){0x01, 0x00, 0x5e, 0, 0, 1}));
    cr_assert_not(ethernet_is_group((const uint8_t[6]){0x52, 0x54, 0, 0xff, 0xff, 0xff}));
    cr_assert(ethernet_is_broadcast((const uint8_t[6]){0xff, 0xff, 0xff, 0xff, 0xff, 0xff}));
    cr_assert_not(ethernet_is_broadcast((const uint8_t[6]){0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}));
}

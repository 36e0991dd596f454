#include "tests/wire/packet.h"
#include "stack/wire/arp.h"

/* arp request who-has 10.0.2.2 tell 10.0.2.15 (52:54:00:12:34:56) */
#define REQUEST "0001 0800 06 04 0001 525400123456 0a00020f 000000000000 0a000202"

Test(wire_arp, reads_a_request)
{
    struct packet p = packet(REQUEST);
    struct arp_hdr h;
    ASSERT_ACCEPTED(arp_parse(p.bytes, p.len, &h));
    cr_assert_eq(h.op, ARP_REQUEST);
    cr_assert_arr_eq(h.sha, "\x52\x54\x00\x12\x34\x56", 6);
    cr_assert_eq(h.spa, 0x0a00020f);
    cr_assert_arr_eq(h.tha, "\0\0\0\0\0\0", 6);
    cr_assert_eq(h.tpa, 0x0a000202);
}

/* arp reply 10.0.2.2 is-at 52:55:0a:00:02:02, to 10.0.2.15 */
Test(wire_arp, writes_a_reply)
{
    const struct arp_hdr h = {.op = ARP_REPLY,
                              .sha = {0x52, 0x55, 0x0a, 0x00, 0x02, 0x02},
                              .spa = 0x0a000202,
                              .tha = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56},
                              .tpa = 0x0a00020f};
    uint8_t buf[28];
    cr_assert_eq(arp_emit(&h, buf, 27), 0);
    ASSERT_BYTES(buf, arp_emit(&h, buf, 28),
                 packet("0001 0800 06 04 0002 52550a000202 0a000202 525400123456 0a00020f"));
}

/* RFC 826-packet-reception-14: a 60-octet frame leaves 18 octets of anything behind the 28. */
Test(wire_arp, ignores_padding)
{
    struct packet p = packet(REQUEST "deadbeefdeadbeefdeadbeefdeadbeefdead");
    struct arp_hdr h;
    ASSERT_ACCEPTED(arp_parse(p.bytes, p.len, &h));
}

/* RFC 826 looks at the operation last: an unknown one is the caller's to ignore. */
Test(wire_arp, accepts_any_operation)
{
    struct packet p = packet("0001 0800 06 04 0009 525400123456 0a00020f 000000000000 0a000202");
    struct arp_hdr h;
    ASSERT_ACCEPTED(arp_parse(p.bytes, p.len, &h));
    cr_assert_eq(h.op, 9);
}

Test(wire_arp, refuses_7_octets)
{
    struct packet p = packet_prefix(packet(REQUEST), 7);
    struct arp_hdr h;
    ASSERT_REFUSED(ARP_SHORT, arp_parse(p.bytes, p.len, &h));
}

/* Hardware type 6: IEEE 802 */
Test(wire_arp, refuses_another_hardware_type)
{
    struct packet p = packet("0006 0800 06 04 0001 525400123456 0a00020f 000000000000 0a000202");
    struct arp_hdr h;
    ASSERT_REFUSED(ARP_HARDWARE_UNKNOWN, arp_parse(p.bytes, p.len, &h));
}

Test(wire_arp, refuses_another_hardware_address_length)
{
    struct packet p = packet("0001 0800 08 04 0001 5254001234560000 0a00020f 0000000000000000"
                             "0a000202");
    struct arp_hdr h;
    ASSERT_REFUSED(ARP_HARDWARE_LENGTH, arp_parse(p.bytes, p.len, &h));
}

/* Protocol type 86dd: IPv6 */
Test(wire_arp, refuses_another_protocol_type)
{
    struct packet p = packet("0001 86dd 06 04 0001 525400123456 0a00020f 000000000000 0a000202");
    struct arp_hdr h;
    ASSERT_REFUSED(ARP_PROTOCOL_UNKNOWN, arp_parse(p.bytes, p.len, &h));
}

Test(wire_arp, refuses_another_protocol_address_length)
{
    struct packet p = packet("0001 0800 06 10 0001 525400123456 0a00020f 000000000000 0a000202");
    struct arp_hdr h;
    ASSERT_REFUSED(ARP_PROTOCOL_LENGTH, arp_parse(p.bytes, p.len, &h));
}

Test(wire_arp, refuses_every_length_from_8_to_27)
{
    struct arp_hdr h;
    for (size_t len = 8; len < 28; len++) {
        struct packet p = packet_prefix(packet(REQUEST), len);
        ASSERT_REFUSED(ARP_ADDRESSES_SHORT, arp_parse(p.bytes, p.len, &h));
    }
}

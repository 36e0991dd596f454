#include "tests/packet/rig.h"

TestSuite(packet_link, .init = rig_up, .fini = rig_down);

/* RFC 826, "Packet format": hrd 1, pro 0800, hln 6, pln 4, op 1, sha, spa, tha, tpa. */
#define REQUEST                                                                                    \
    "ffffffffffff 52550a00020f 0806 0001 0800 06 04 0001 52550a00020f 0a00020f 000000000000 "      \
    "0a000202"
#define REPLY                                                                                      \
    "52550a00020f 52550a000202 0806 0001 0800 06 04 0002 52550a000202 0a000202 52550a00020f "      \
    "0a00020f"

Test(packet_link, request_is_expected)
{
    octets(REQUEST);
    cr_assert(matches("> arp"));
    cr_assert(matches("> arp request who-has 10.0.2.2 tell 10.0.2.15"));
    cr_assert(matches("> eth ff:ff:ff:ff:ff:ff arp request who-has peer tell eth0 sha eth0"));
    cr_assert(matches("> eth eth0 > * type arp arp op 1 spa 10.0.2.15 sha 52:55:0a:00:02:0f tpa "
                      "[10.0.2.1..10.0.2.3] htype 1 hlen 6"));
}

Test(packet_link, request_differs)
{
    octets(REQUEST);
    cr_assert(differs("> arp request who-has 10.0.2.3", "arp.tpa", "10.0.2.3", "10.0.2.2"));
    cr_assert(differs("> arp request tell peer", "arp.spa", "peer = 10.0.2.2", "10.0.2.15"));
    cr_assert(differs("> arp reply", "arp.op", "reply", "request"));
    cr_assert(differs("> eth 52:55:0a:00:02:02 arp", "eth.dst", "52:55:0a:00:02:02",
                      "ff:ff:ff:ff:ff:ff"));
    cr_assert(differs("> udp", "layers", "udp", "eth arp"));
    cr_assert(differs("> arp plen [5..9]", "arp.plen", "[5..9]", "4"));
}

/* RFC826-packet-reception: the reply swaps the pairs and fills in its own hardware address. */
Test(packet_link, reply_answers_the_request)
{
    octets(REQUEST);
    answer_it();
    cr_assert_gt(build("< arp reply"), 0);
    cr_assert(is_frame(REPLY));
    cr_assert_gt(build("< arp reply 10.0.2.2 is-at peer"), 0);
    cr_assert(is_frame(REPLY));
    cr_assert_gt(build("< arp reply 10.0.2.9 is-at 02:00:00:00:00:09 htype 6"), 0);
    cr_assert(has_at(12, "0806 0006 0800 06 04 0002 020000000009 0a000209 52550a00020f 0a00020f"));
}

Test(packet_link, reply_answers_nothing)
{
    cr_assert_gt(build("< arp reply 10.0.2.2 is-at peer"), 0);
    cr_assert(is_frame(REPLY));
}

/* A request goes to everybody; a probe (RFC 5227) has sender address zero; eth with one address
 * names the destination. */
Test(packet_link, request_is_injected)
{
    cr_assert_gt(build("< arp request who-has eth0"), 0);
    cr_assert(is_frame("ffffffffffff 52550a000202 0806 0001 0800 06 04 0001 52550a000202 0a000202 "
                       "000000000000 0a00020f"));
    cr_assert_gt(build("< arp request who-has 10.0.2.15 tell 0.0.0.0"), 0);
    cr_assert(has_at(28, "00000000 000000000000 0a00020f"));
    cr_assert_gt(build("< eth 02:00:00:00:00:01 arp request"), 0);
    cr_assert(has_at(0, "020000000001 52550a000202"));
    cr_assert_gt(build("< eth peer > eth0 type 0x1234 data hex 00"), 0);
    cr_assert(is_frame("52550a00020f 52550a000202 1234 00"));
}

Test(packet_link, text)
{
    octets(REQUEST);
    cr_assert_str_eq(text_of(0), "arp request who-has 10.0.2.2 tell 10.0.2.15");
    octets(REPLY);
    cr_assert_str_eq(text_of(0), "arp reply 10.0.2.2 is-at 52:55:0a:00:02:02");
    cr_assert_str_eq(
        text_of(1),
        "eth 52:55:0a:00:02:02 > 52:55:0a:00:02:0f arp reply 10.0.2.2 is-at 52:55:0a:00:02:02 "
        "tpa 10.0.2.15 tha 52:55:0a:00:02:0f");
    octets("52550a00020f 52550a000202 1234 616263");
    cr_assert_str_eq(text_of(0),
                     "eth 52:55:0a:00:02:02 > 52:55:0a:00:02:0f type 0x1234 data \"abc\"");
    octets("0011");
    cr_assert_str_eq(text_of(0), "hex 0011");
    rig.len = 0;
    cr_assert_str_eq(text_of(1), "hex 00 cut 0");
}

Test(packet_link, lines_come_back)
{
    cr_assert(comes_back("< arp request who-has 10.0.2.15 pad 60"));
    cr_assert(comes_back("< arp op 9 who-has 10.0.2.15 hlen 8 ptype 0x86dd"));
    cr_assert(comes_back("< arp reply pad 60 trailer hex 0102"));
    cr_assert(comes_back("< vlan 7 priority 3 dei arp reply"));
    cr_assert(prints("> arp request tell 10.0.2.15 who-has 10.0.2.2",
                     "arp request who-has 10.0.2.2 tell 10.0.2.15"));
    cr_assert(prints("> arp reply ?a is-at ?m", "arp reply ?a is-at ?m"));
    cr_assert(prints("> eth peer", "eth peer"));
    cr_assert(prints("> eth * > peer type [1..0x700]", "eth * > peer type [0x1..0x700]"));
    cr_assert(prints("< hex 00 11 22", "hex 001122"));
    cr_assert(prints("< hex 00 11 22 cut 2", "hex 001122 cut 2"));
}

/* CVE-2003-0001: what fills a short frame must be zeros. */
Test(packet_link, padding_leaks)
{
    octets(REQUEST "0000 0000000000000000 0000000000000000");
    cr_assert(matches("> arp request"));
    octets(REQUEST "0000 0000000000000000 0000000000000001");
    cr_assert(differs("> arp request", "eth.padding", "zeros behind octet 42", "0x01 at octet 59"));
    octets(REQUEST "0000 0000000000000000 0000000000000000 00");
    cr_assert(differs("> arp request", "eth.padding", "none: the frame is long enough",
                      "19 octets behind the packet in a frame of 61"));
    octets(REQUEST);
    cr_assert(differs("> arp request pad 60", "eth.padding", "a frame of 60 octets", "42"));
}

Test(packet_link, cut_and_pad)
{
    cr_assert_eq(build("< arp request cut 20"), 20);
    cr_assert_eq(build("< arp request pad 60"), 60);
    cr_assert(has_at(42, "0000 0000000000000000 0000000000000000"));
    cr_assert_eq(build("< arp request trailer \"xy\""), 44);
    cr_assert(has_at(42, "7879"));
    octets(REQUEST);
    rig.len = 30;
    cr_assert(!matches("> arp"));
    cr_assert(!matches("> eth"), "a header that cannot be read is a difference");
}

Test(packet_link, complaints)
{
    cr_assert_str_eq(complaint("> arp reqest"),
                     "7: arp has nothing called reqest; request is near");
    cr_assert_str_eq(complaint("> apr request"),
                     "3: a packet line has nothing called apr; arp is near");
    cr_assert_str_eq(complaint("> arp who-has 7"),
                     "15: tpa 7: an IPv4 address or a host's name belongs here");
    cr_assert_str_eq(
        complaint("< arp tpa ?x"),
        "11: tpa ?x: an injected packet needs a value here; ?x is for an expected one");
    cr_assert_str_eq(complaint("> arp op 65536"), "10: op 65536 is out of range: 0..65535");
    cr_assert_str_eq(complaint("> arp op 1 op 2"), "12: op is written twice");
    cr_assert_str_eq(complaint("> arp hlen [7..3]"),
                     "12: the range is empty: its first end is the larger");
    cr_assert_str_eq(complaint("> arp bad foo"),
                     "11: bad foo: a layer's field belongs here, as in bad udp.sum");
    cr_assert_str_eq(complaint("> arp cut 3"),
                     "7: cut shortens an injected frame; this line expects one");
    cr_assert_str_eq(complaint("> "), "1: a packet belongs behind the arrow");
}

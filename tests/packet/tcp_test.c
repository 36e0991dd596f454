#include "tests/packet/rig.h"

TestSuite(packet_tcp, .init = rig_up, .fini = rig_down);

enum { TCP = 34 };

/*
 * RFC 9293, section 3.1. By hand: pseudo header 0a00 + 0202 + 0a00 + 020f + 0006 + 0018 = 182f;
 * 0005 + 0006 + 6002 + ffff + 0204 + 05b4 = 167c4, with 182f 17ff3, 7ff4; complement 800b.
 */
Test(packet_tcp, syn)
{
    cr_assert_gt(build("< 5 > 6 S 0:0(0) win 65535 <mss 1460>"), 0);
    cr_assert(has_at(TCP, "0005 0006 00000000 00000000 6002 ffff 800b 0000 020405b4"));
    cr_assert(matches("> S 0:0(0) win 65535 <mss 1460>"));
    cr_assert(matches("> S 0:0(0) <...>"));
    cr_assert(matches("> tcp 5 > 6 mss ?m"));
    cr_assert_eq(variable("m"), 1460);
    cr_assert(differs("> S 0:0(0)", "tcp.options", "<>", "<mss 1460>"));
    cr_assert(differs("> S 0:0(0) <mss 1461>", "tcp.options", "<mss 1461>", "<mss 1460>"));
    cr_assert(differs("> S 0:0(0) <mss 1460,nop>", "tcp.options", "<mss 1460,nop>", "<mss 1460>"));
    cr_assert(differs("> S. 0:0(0) <...>", "tcp.flags", "S.", "S"));
    cr_assert(differs("> tcp win 5", "tcp.win", "5", "65535"));
    cr_assert_gt(build("< 5 > 6 S 0:0(0) win 65535 <mss 1460> bad tcp.sum"), 0);
    cr_assert(differs("> tcp", "tcp.sum", "0x800b", "0x800c"));
    cr_assert(matches("> tcp bad tcp.sum"));
}

Test(packet_tcp, flags)
{
    static const struct {
        const char *word, *octets;
    } table[] = {
        {"S", "5002"},  {"S.", "5012"}, {".", "5010"},  {"P.", "5018"}, {"FP.", "5019"},
        {"F.", "5011"}, {"R", "5004"},  {"R.", "5014"}, {"-", "5000"},  {"SEW", "50c2"},
        {"U", "5020"},  {".P", "5018"}, {"A.", "5110"}, {"5.", "5150"},
    };
    char text[64];
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        snprintf(text, sizeof text, "< 5 > 6 %s 1:1(0)", table[i].word);
        cr_assert_gt(build(text), 0);
        cr_assert(has_at(TCP + 12, table[i].octets), "%s", text);
        cr_assert(prints(text, NULL));
    }
    cr_assert_gt(build("< tcp 5 > 6 flags SF seq 3"), 0);
    cr_assert(has_at(TCP + 4, "00000003 00000000 5003"));
}

/* kind, length, value: RFC 9293 section 3.2, RFC 7323, RFC 2018. */
Test(packet_tcp, options)
{
    cr_assert_gt(build("< 5 > 6 S 0:0(0) <mss 536,nop,wscale 7,sackOK,TS val 1 ecr 2,eol>"), 0);
    cr_assert(has_at(TCP + 12, "b0"));
    cr_assert(has_at(TCP + 20, "02040218 01 030307 0402 080a0000000100000002 00 000000"));
    cr_assert(matches("> S 0:0(0) <mss 536,nop,wscale 7,sackOK,TS val ?v ecr 2,eol>"));
    cr_assert_eq(variable("v"), 1);
    cr_assert_gt(build("< 5 > 6 . 1:1(0) <nop,nop,sack 1:3 5:7>"), 0);
    cr_assert(has_at(TCP + 20, "0101 0512 00000001 00000003 00000005 00000007"));
    cr_assert_gt(build("< 5 > 6 . 1:1(0) <FO 12ab34cd,nop,nop,opt 200 010203,nop>"), 0);
    cr_assert(has_at(TCP + 20, "220612ab34cd 0101 c805010203 01"));
    cr_assert_gt(build("< 5 > 6 . 1:1(0) <FOEXP 1234>"), 0);
    cr_assert(has_at(TCP + 20, "fe06f9891234"));
    cr_assert_eq(build("< 5 > 6 . 1:1(0) <sack 1:3 5:7 5:7 5:7,TS val 1 ecr 1>"), -1);
    cr_assert_str_eq(rig.why, "tcp: options of 44 octets: 40 fit");
}

/* Numbers count from each side's ISN; those written with ! do not. */
Test(packet_tcp, numbers_are_relative)
{
    rig.context.source_isn = 0xfffffff0;
    rig.context.destination_isn = 1000;
    rig.context.have_source_isn = rig.context.have_destination_isn = true;
    cr_assert_gt(build("< 5 > 6 . 17:17(0) ack 5 <nop,nop,sack 10:20>"), 0);
    cr_assert(has_at(TCP + 4, "00000001 000003ed"));
    cr_assert(has_at(TCP + 24, "000003f2 000003fc"));
    cr_assert(matches("> . 17:17(0) ack ?a <nop,nop,sack 10:20>"));
    cr_assert_eq(variable("a"), 5);
    cr_assert(matches("> . 1:1(0)! ack 1005 <nop,nop,sack 1010:1020>"));
    cr_assert(differs("> . 16:16(0) ack 5 <...>", "tcp.seq", "16", "17"));
    cr_assert(differs("> . 17:17(0) ack [1..4] <...>", "tcp.ack", "[1..4]", "5"));
    rig.context.have_source_isn = false;
    cr_assert(matches("> . 0:0(0) ack 5 <...>"), "an ISN that is not known yet is whatever it is");
}

Test(packet_tcp, payload)
{
    cr_assert_gt(build("< 5 > 6 P. 1001:1011(10) ack 1"), 0);
    cr_assert_eq(rig.len, TCP + 20 + 10);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(rig.frame[TCP + 20 + i], packet_pattern(1000 + (uint64_t)i));
    cr_assert(matches("> P. 1001:1011(10) ack 1"));
    cr_assert(matches("> P. 1001:1011(10) ack 1 data pattern 10 at 1000"));
    cr_assert(differs("> P. 1001:1012(11) ack 1", "tcp.payload", "11", "10"));
    cr_assert_gt(build("< 5 > 6 P. 1:4(3) ack 1 data \"abc\""), 0);
    cr_assert(has_at(TCP + 20, "616263"));
    cr_assert(matches("> tcp data \"abc\""));
}

Test(packet_tcp, information_of_ip)
{
    cr_assert_gt(build("< [ect0] 5 > 6 . 1:1(0)"), 0);
    cr_assert(has_at(15, "02"));
    cr_assert(matches("> [ect01] . 1:1(0)"));
    cr_assert(!matches("> [ce] . 1:1(0)"));
    cr_assert(!matches("> [noecn] . 1:1(0)"));
    cr_assert_gt(build("< (tos 0x10, ttl 3) 7 > 8 S 0:0(0)"), 0);
    cr_assert(has_at(15, "10"));
    cr_assert(has_at(22, "03"));
    cr_assert(matches("> (ttl 3) S 0:0(0)"));
}

Test(packet_tcp, lines_come_back)
{
    cr_assert(
        comes_back("< 5 > 6 S 0:0(0) win 65535 <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7>"));
    cr_assert(
        comes_back("< 5 > 6 P. 1:1001(1000) ack 1 win 10 urg 7 <nop,nop,TS val 100 ecr 200>"));
    cr_assert(comes_back("< 5 > 6 . 4294967295:2(3) ack 4294967295 reserved 5"));
    cr_assert(comes_back("< 5 > 6 R 0:0(0) <eol> bad tcp.sum"));
    cr_assert(comes_back("< 5 > 6 S 0:0(0) <opt 77 01,nop> off 7"));
    cr_assert(prints("> S. 0:0(0) ack 1 <...>", "tcp S. 0:0(0) ack 1 <...>"));
    cr_assert(prints("> . 1:1(0) ack 1 win 65535 <nop,nop,sack 1:3 5:7>", NULL));
    cr_assert(prints("> 5 > ?p F. 1:1(0)! ack *", NULL));
    cr_assert(prints("> tcp ?p > 80 flags S mss [1..1460] no wscale", NULL));
    build("< 5 > 6 P. 1:1001(1000) ack 1 win 10");
    cr_assert_str_eq(text_of(0), "ip 10.0.2.2 > 10.0.2.15 tcp 5 > 6 P. 1:1001(1000)! ack 1 win 10");
}

/* Numbers from variables, open ones, and flags of which one is free. */
Test(packet_tcp, numbers_may_be_open)
{
    struct packet_context *c = &rig.context;
    c->have_source_isn = c->have_destination_isn = true;
    c->source_isn = 100;
    set_variable("w", 5);
    set_variable("n", 3);
    cr_assert_gt(build("< 5 > 6 P. $w+1:9($n) ack 1"), 0);
    cr_assert(has_at(TCP + 4, "0000006a"));
    cr_assert_eq(rig.len, TCP + 20 + 3);
    cr_assert(matches("> P. $w+1:9($n) ack 1"));
    cr_assert(matches("> P. ?s:?e(?l) ack 1"));
    cr_assert_eq(variable("s"), 6);
    cr_assert_eq(variable("e"), 9);
    cr_assert_eq(variable("l"), 3);
    cr_assert(matches("> P. ...(3) ack 1"));
    cr_assert(matches("> P. *:9(3) ack 1"));
    cr_assert(differs("> P. *:8(3) ack 1", "tcp.end", "8", "9"));
    cr_assert(differs("> P. 6:$w(3) ack 1", "tcp.end", "$w = 5", "9"));
    cr_assert(matches("> P_. 6:9(3) ack 1"));
    cr_assert(matches("> FP_. 6:9(3) ack 1") == false);
    cr_assert(matches("> F_P_.S_ 6:9(3) ack 1"));
    cr_assert(prints("> P. $w+1:9($n) ack 1", NULL));
    cr_assert(prints("> P. ?s:?e(?l)! ack 1", NULL));
    cr_assert(prints("> S. ...(0) ack 4", "tcp S. ...(0) ack 4"));
    cr_assert(prints("> F_P_. 1:1(0)", "tcp F_P_. 1:1(0)"));
    cr_assert_str_eq(complaint("< P_. 1:1(0)"), "3: P_.: an injected segment has each flag or not");
    cr_assert_str_eq(complaint("> . 1:?e 5"),
                     "5: a segment is written SEQ:END(LEN), as in 1:1001(1000)");
}

/* A list that is open at one end, an option bound, and lists that are malformed. */
Test(packet_tcp, option_lists_may_be_open)
{
    build("< 5 > 6 . 1:1(0) ack 1 <nop,nop,TS val 7 ecr 9,nop,nop,sack 1:2>");
    cr_assert(matches("> . 1:1(0) ack 1 <..., TS val ?t ecr 9, ...>"));
    cr_assert_eq(variable("t"), 7);
    cr_assert(matches("> . 1:1(0) ack 1 <..., sack 1:2>"));
    cr_assert(matches("> . 1:1(0) ack 1 <nop, ..., sack 1:2, ...>"));
    cr_assert(!matches("> . 1:1(0) ack 1 <..., TS val 7 ecr 9>"));
    cr_assert(!matches("> . 1:1(0) ack 1 <TS val 7 ecr 9, ...>"));
    cr_assert(!matches("> . 1:1(0) ack 1 <..., sack 1:2, TS val 7 ecr 9, ...>"));
    cr_assert(
        prints("> . 1:1(0) <...,TS val ?t ecr 9,...>", "tcp . 1:1(0) <...,TS val ?t ecr 9,...>"));
    cr_assert_gt(build("< 5 > 6 S 0:0(0) <mss 1460,opt 3 len 9 07,raw 0801>"), 0);
    cr_assert(has_at(TCP + 20, "020405b4 030907 0801 000000"));
    cr_assert(prints("< 5 > 6 S 0:0(0) <mss 1460,opt 3 len 9 07>",
                     "tcp 5 > 6 S 0:0(0) <mss 1460,raw 030907>"));
    cr_assert_str_eq(complaint("> S 0:0(0) <raw 0801>"),
                     "13: raw octets among options are for an injected packet");
    cr_assert_str_eq(complaint("< S 0:0(0) <opt 3 len 256 00>"),
                     "23: opt 3 len 256: a length octet from 0 to 255 belongs here");
    cr_assert_str_eq(complaint("< S 0:0(0) <FO TFO_COOKIE>"), "");
}

Test(packet_tcp, complaints)
{
    cr_assert_str_eq(complaint("> . 1:3(5)"), "7: 3: the end is SEQ + LEN = 6");
    cr_assert_str_eq(complaint("> . 1:3"),
                     "5: a segment is written SEQ:END(LEN), as in 1:1001(1000)");
    cr_assert_str_eq(
        complaint("> S 0:0(0) <msss 5>"),
        "13: msss: an option belongs here: mss, wscale, sackOK, TS, sack, nop, eol, md5, FO, opt");
    cr_assert_str_eq(complaint("> S 0:0(0) <mss 5"), "18: : a comma or > belongs between options");
    cr_assert_str_eq(complaint("> S 0:0(0) <TS 5 ecr 3>"),
                     "16: timestamps are written TS val A ecr B");
    cr_assert_eq(build("< S 0:0(0)"), -1);
    cr_assert_str_eq(rig.why, "tcp: no port is known: write tcp A > B");
}

/* What an injected line only counts is the pattern by its place in the stream, whose first octet
 * follows the SYN. */
Test(packet_tcp, open_payload_has_its_place)
{
    rig.context.source_isn = 0xfffffff0;
    rig.context.have_source_isn = true;
    rig.context.source_first = 0xfffffff1;
    cr_assert_gt(build("< 5 > 6 P. 101:111(10) ack 1"), 0);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(rig.frame[TCP + 20 + i], packet_pattern(100 + (uint64_t)i));
    cr_assert_gt(build("< 5 > 6 S 4294967280:4294967290(10)"), 0);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(rig.frame[TCP + 20 + i], packet_pattern((uint64_t)i),
                     "data on a SYN is first");
}

/* A line's payload may come in several segments of one size: FIN and PSH are on the last. */
Test(packet_tcp, payload_in_several_segments)
{
    struct packet_context *c = &rig.context;
    build("< 5 > 6 . 1:11(10) ack 1");
    cr_assert(!matches("> . 1:31(30) ack 1"), "in one, unless it may");
    c->joins = c->have_source_isn = c->have_destination_isn = true;
    cr_assert(matches("> FP. 1:31(30) ack 1"));
    cr_assert(differs("> FP. 1:31(30) ack 2", "tcp.ack", "2", "1"));
    c->joined = c->joined_unit = 10;
    cr_assert(differs("> FP. 1:31(30) ack 1", "tcp.seq", "1", "4294967287"));
    build("< 5 > 6 . 11:21(10) ack 1");
    cr_assert(matches("> FP. 1:31(30) ack 1"));
    c->joined = 20;
    build("< 5 > 6 . 21:31(10) ack 1");
    cr_assert(differs("> FP. 1:31(30) ack 1", "tcp.flags", "FP.", "."));
    build("< 5 > 6 FP. 21:31(10) ack 1");
    cr_assert(matches("> FP. 1:31(30) ack 1"));
    build("< 5 > 6 FP. 21:32(11) ack 1");
    cr_assert(differs("> FP. 1:31(30) ack 1", "tcp.payload", "10, as in the segment before", "11"));
    c->joined_unit = 0;
    cr_assert(differs("> FP. 1:31(30) ack 1", "tcp.payload", "30", "31"));
}

/* The host's timestamps are written as a line likes; what it sent for them answers. */
static bool eight_less(const void *stamps, uint32_t written, uint32_t *wire)
{
    (void)stamps;
    *wire = written - 8;
    return true;
}

Test(packet_tcp, timestamps_stand_for_others)
{
    build("< 5 > 6 . 1:1(0) ack 1 <nop,nop,TS val 92 ecr 5>");
    rig.context.stamp = eight_less;
    cr_assert(matches("> . 1:1(0) ack 1 <nop,nop,TS val 100 ecr 5>"));
    cr_assert(!matches("> . 1:1(0) ack 1 <nop,nop,TS val 101 ecr 5>"));
    rig.context.stamps_are_free = true;
    cr_assert(matches("> . 1:1(0) ack 1 <nop,nop,TS val 101 ecr 5>"));
    cr_assert(matches("> . 1:1(0) ack 1 <nop,nop,TS val ?t ecr 5>"));
    cr_assert_eq(variable("t"), 92, "a variable holds what is on the wire");
    cr_assert_gt(build("< 5 > 6 . 1:1(0) ack 1 <nop,nop,TS val 5 ecr 100>"), 0);
    cr_assert(has_at(TCP + 20, "0101 080a 00000005 0000005c"));
}

/* packetdrill's errors: the quoted segment went from the host under test, whose ISN its number
 * counts from. */
Test(packet_tcp, errors_quote_segments)
{
    rig.context.source_port = 8080;
    rig.context.destination_port = 40000;
    rig.context.destination_isn = 1000;
    rig.context.have_destination_isn = true;
    cr_assert_gt(build("< icmp unreachable frag_needed mtu 1200 [1:1461(1460)]"), 0);
    cr_assert(has_at(34, "0304"));
    cr_assert(
        has_at(38, "0000 04b0 4500 05dc 0000 4000 4006 1d0c 0a00020f 0a000202 9c40 1f90 000003e9"));
    cr_assert_eq(rig.len, 70);
    int len = rig.len;
    uint8_t first[70];
    memcpy(first, rig.frame, sizeof first);
    cr_assert_eq(build("< [1:1461(1460)] icmp unreachable frag_needed mtu 1200"), len);
    cr_assert_arr_eq(rig.frame, first, sizeof first);
    cr_assert_gt(build("< icmp unreachable port_unreachable [udp (8)]"), 0);
    cr_assert(has_at(42, "4500 0024 0000 0000 4011 62b9 0a00020f 0a000202 9c40 1f90 0010 0000"));
    cr_assert(prints("< icmp unreachable frag_needed mtu 1200 [1:1461(1460)]",
                     "icmp unreachable frag-needed mtu 1200 [1:1461(1460)]"));
    cr_assert(prints("< icmp unreachable host [80 > 5000 1:101(100)]",
                     "icmp unreachable host [80 > 5000 1:101(100)]"));
    cr_assert_str_eq(complaint("< icmp unreachable [80 > 70000 1:2(1)]"),
                     "20: the ports of what an error quotes are 1 to 65535");
    cr_assert_str_eq(complaint("> icmp unreachable [1:2 (1)"),
                     "28: what an error quotes ends with ]");
    cr_assert_str_eq(complaint("< icmp unreachable [1:2(1)] [1:2(1)]"),
                     "29: what an error quotes is written twice");
}

Test(packet_tcp, quoted_segments_are_compared)
{
    build("< icmp unreachable frag_needed mtu 1200 [1:1461(1460)]");
    cr_assert(matches("> icmp unreachable frag_needed [1:1461(1460)]"));
    cr_assert(differs("> icmp unreachable frag_needed [2:1462(1460)]", "icmp.echoed",
                      "[2:1462(1460)]", "[1:1461(1460)]"));
    cr_assert(differs("> icmp unreachable frag_needed [1:1460(1459)]", "icmp.echoed",
                      "[1:1460(1459)]", "[1:1461(1460)]"));
    build("< icmp unreachable frag_needed mtu 1200 [80 > 5000 1:1461(1460)]");
    cr_assert(matches("> icmp unreachable frag_needed [80 > 5000 1:1461(1460)]"));
    cr_assert(matches("> icmp unreachable frag_needed [1:1461(1460)]"));
    cr_assert(differs("> icmp unreachable frag_needed [80 > 5001 1:1461(1460)]", "icmp.echoed",
                      "[80 > 5001 1:1461(1460)]", "[80 > 5000 1:1461(1460)]"));
    cr_assert(differs("> icmp unreachable frag_needed [udp (8)]", "icmp.echoed", "[udp (8)]",
                      "[1:1461(1460)]"));
    build("< icmp echo_request id 3 raw (100)");
    cr_assert(matches("> icmp echo_request raw (100) id 3"));
    cr_assert(differs("> icmp echo_request raw (99)", "icmp.echoed", "[raw (99)]", "[raw (100)]"));
    build("< icmp unreachable port");
    cr_assert_not(matches("> icmp unreachable port [udp (8)]"));
}

/* Lines that nothing here plays say why, and are kept as they were written. */
Test(packet_tcp, what_is_not_played_says_why)
{
    static const struct {
        const char *line, *why;
    } unplayed[] = {
        {"< . 1:1(0) ack 1 win 5 /udp(9899 > 1234)", "TCP in UDP is not played"},
        {"< ip 1.1.1.1 > 2.2.2.2 gre flags 0x2000, key 1: . 1:1(0)", "GRE is not played"},
        {"< gre: mpls (label 1, tc 0, [S], ttl 3): . 1:1(0)", "GRE is not played"},
        {"> mpls (label 1) (label 2, [S]): . 1:1(0)", "MPLS is not played"},
        {"> S 0:0(0) <md5 valid,mss 5>", "a valid MD5 signature needs a key"},
        {"> 8. 1:1(0)", "an accurate ECN number above 7 is in no header"},
        {"< ip6 ::1 > ::2 icmp packet_too_big mtu 1280 [1:1(0)]",
         "the datagram that an ICMPv6 error quotes is not built"},
    };
    for (size_t k = 0; k < sizeof unplayed / sizeof unplayed[0]; k++) {
        struct packet_spec *p = line(unplayed[k].line);
        cr_assert_str_eq(packet_unplayed(p), unplayed[k].why);
        cr_assert(prints(unplayed[k].line, unplayed[k].line + 2));
    }
    cr_assert_null(packet_unplayed(line("< 7. 1:1(0)")));
    cr_assert_str_eq(complaint("< mpls (label x): . 1:1(0)"), "15: label needs a number behind it");
    cr_assert_str_eq(complaint("< mpls (lable 1): . 1:1(0)"),
                     "9: lable: label N, tc N, [S] and ttl N belong into mpls's brackets");
    cr_assert_str_eq(complaint("< S 0:0(0)/udp(1 2)"),
                     "16: encapsulation in UDP is written /udp(9899 > 1234)");
}

#include "tests/packet/rig.h"

TestSuite(packet_dhcp, .init = rig_up, .fini = rig_down);

/* RFC 2131, figure 1 and table 1: the fixed part starts at 42 in the frame, the options (behind the
 * cookie) at 282. */
enum { DHCP = 42, OPTIONS = 282 };

Test(packet_dhcp, discover)
{
    cr_assert_gt(build("< dhcp discover xid 0x12345678 secs 3 broadcast params "
                       "subnet-mask,router,6 client-id 52:55:0a:00:02:02 "
                       "hostname abc max-size 1500 opt 77 hex 0102"),
                 0);
    cr_assert(has_at(0, "ffffffffffff 52550a000202 0800 45"));
    cr_assert(has_at(26, "00000000 ffffffff 0044 0043"),
              "a client without an address sends from 0 to everybody");
    cr_assert(has_at(DHCP, "01 01 06 00 12345678 0003 8000 00000000 00000000 00000000 00000000 "
                           "52550a000202 00000000000000000000"));
    cr_assert(has_at(DHCP + 236, "63825363"));
    cr_assert(
        has_at(OPTIONS, "350101 3703010306 3d0701 52550a000202 0c03616263 390205dc 4d020102 ff"));
    cr_assert_eq(rig.len, OPTIONS + 3 + 5 + 9 + 5 + 4 + 4 + 1);
}

/* RFC 2131, table 3: xid, flags, giaddr and chaddr are the client's; section 4.1: where the reply
 * goes. */
Test(packet_dhcp, offer_answers_the_discover)
{
    build("< dhcp discover xid 0x12345678 chaddr 02:00:00:00:00:07");
    answer_it();
    cr_assert_gt(
        build("< dhcp offer yiaddr 10.0.2.15 lease 60s server peer router 10.0.2.2,10.0.2.3"), 0);
    cr_assert(has_at(26, "0a000202 0a00020f 0043 0044"));
    cr_assert(has_at(0, "52550a00020f"));
    cr_assert(has_at(
        DHCP, "02 01 06 00 12345678 0000 0000 00000000 0a00020f 00000000 00000000 020000000007"));
    cr_assert(has_at(OPTIONS, "350102 33040000003c 36040a000202 03080a0002020a000203 ff"));
    build("< dhcp discover xid 9 broadcast giaddr 10.0.2.77");
    answer_it();
    build("< dhcp ack yiaddr 10.0.2.15");
    cr_assert(has_at(30, "0a00024d"), "a relay gets it");
    cr_assert(has_at(DHCP + 10, "8000"));
    cr_assert(has_at(DHCP + 24, "0a00024d"));
    build("< dhcp discover broadcast");
    answer_it();
    build("< dhcp ack yiaddr 10.0.2.15");
    cr_assert(has_at(0, "ffffffffffff"));
    cr_assert(has_at(30, "ffffffff"));
    build("< dhcp nak");
    cr_assert(has_at(30, "ffffffff"));
    build("< dhcp request ciaddr 10.0.2.2");
    cr_assert(has_at(26, "0a000202"), "a client that renews has an address");
}

Test(packet_dhcp, matches_and_differs)
{
    build("< dhcp discover xid 0x55 requested 10.0.2.9 lease infinite params 1,3,6 hostname "
          "\"abc\" opt 99 \"z\"");
    cr_assert(matches("> dhcp discover"));
    cr_assert(matches("> dhcp discover xid ?x requested ?r lease infinite params "
                      "subnet-mask,router,dns hostname ?h opt 99 ?z"));
    cr_assert_eq(variable("x"), 0x55);
    cr_assert_eq(variable("r"), 0x0a000209);
    cr_assert(
        matches("> dhcp xid $x requested $r hostname * no server no opt 3 ciaddr 0.0.0.0 op 1"));
    cr_assert(matches("> udp 68 > 67 dhcp discover lease [1..0xffffffff]"));
    cr_assert(differs("> dhcp request", "dhcp.type", "request", "discover"));
    cr_assert(differs("> dhcp requested 10.0.2.8", "dhcp.requested", "10.0.2.8", "10.0.2.9"));
    cr_assert(differs("> dhcp server *", "dhcp.server", "the option", "no such option"));
    cr_assert(differs("> dhcp no hostname", "dhcp.hostname", "no such option", "\"abc\""));
    cr_assert(differs("> dhcp no opt 99", "dhcp.opt 99", "no such option", "\"z\""));
    cr_assert(differs("> dhcp params 1,3", "dhcp.params", "subnet-mask,router",
                      "subnet-mask,router,dns"));
    cr_assert(differs("> dhcp lease 60s", "dhcp.lease", "60", "infinite"));
    cr_assert(differs("> dhcp no broadcast xid [1..2]", "dhcp.xid", "[0x1..0x2]", "0x55"));
    build("< dhcp discover opt 50 hex 0a0002");
    cr_assert(differs("> dhcp requested 10.0.2.8", "dhcp.requested", "10.0.2.8", "hex 0a0002"));
}

Test(packet_dhcp, odd_messages)
{
    build("< dhcp discover no end");
    cr_assert_eq(rig.len, OPTIONS + 3);
    build("< dhcp discover size 300");
    cr_assert_eq(rig.len, DHCP + 300);
    cr_assert(matches("> dhcp discover size 300"));
    cr_assert(differs("> dhcp discover size 301", "dhcp.size", "301", "300"));
    build("< dhcp discover fill end fill");
    cr_assert(has_at(OPTIONS, "350101 00 ff 00"));
    build("< dhcp discover cookie 0 htype 6 hlen 16 hops 3 flags 0x8001 sname \"x\" file hex 41ff");
    cr_assert(has_at(DHCP, "01 06 10 03"));
    cr_assert(has_at(DHCP + 10, "8001"));
    cr_assert(has_at(DHCP + 44, "7800"));
    cr_assert(has_at(DHCP + 108, "41ff00"));
    cr_assert(has_at(DHCP + 236, "00000000"));
    cr_assert(matches("> dhcp sname x file hex 41ff mbz 1"));
    build("< dhcp ack opt 51 60 opt 3 10.0.2.2");
    cr_assert(has_at(OPTIONS, "350105 33040000003c 03040a000202 ff"));
    octets("ffffffffffff 52550a000202 0800 4500 0024 0000 0000 4011 6e9d 0a000202 ffffffff 0044 "
           "0043 0010 0000 6162636465666768");
    cr_assert(!matches("> dhcp"));
    cr_assert_str_eq(rig.verdict.difference[0].actual,
                     "eth ip udp data (dhcp: shorter than its fixed part of 240 octets)");
}

Test(packet_dhcp, lines_come_back)
{
    cr_assert(comes_back("< dhcp discover xid 1"));
    cr_assert(comes_back("< dhcp ack xid 5 yiaddr 10.0.2.15 lease infinite t1 30s t2 40 router "
                         "10.0.2.2,10.0.2.3 dns 10.0.2.3 size 300"));
    cr_assert(comes_back("< dhcp ack opt 53 hex 0102 opt 50 hex 01 no end"));
    cr_assert(comes_back("< dhcp hostname \"x\" type 3 fill"));
    cr_assert(comes_back("< dhcp nak message \"no\" bad udp.sum bad dhcp.op"));
    cr_assert(prints("> dhcp offer xid $x yiaddr 10.0.2.15 lease [1..100] no router server ?s opt "
                     "99 * no opt 12",
                     NULL));
    cr_assert(prints("> dhcp discover xid ?x secs [0..3]", "dhcp discover xid ?x secs [0..3]"));
    build("< dhcp ack xid 5 yiaddr 10.0.2.15 lease 1h server 10.0.2.2 size 300");
    cr_assert_str_eq(
        text_of(0),
        "ip 10.0.2.2 > 10.0.2.15 dhcp ack xid 0x5 yiaddr 10.0.2.15 lease 3600 server 10.0.2.2");
}

Test(packet_dhcp, complaints)
{
    cr_assert_str_eq(complaint("> dhcp discovr"),
                     "8: dhcp has nothing called discovr; discover is near");
    cr_assert_str_eq(complaint("> dhcp opt 300 *"),
                     "12: opt 300: an option's code from 1 to 254 belongs here");
    cr_assert_str_eq(complaint("> dhcp lease 1.5"),
                     "14: lease 1.5: a number or one of its words belongs here");
    cr_assert_str_eq(complaint("> dhcp no xid"),
                     "11: no xid: `no` stands before a flag or an option of the layer");
    cr_assert_str_eq(complaint("> dhcp overload 256"), "17: overload 256 is out of range: 0..255");
}

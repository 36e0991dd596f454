#include "tests/packet/rig.h"

TestSuite(packet_ip, .init = rig_up, .fini = rig_down);

#define ETH_IN  "52550a00020f 52550a000202 0800 "
#define ETH_OUT "52550a000202 52550a00020f 0800 "

/*
 * A header whose sum is worked out in many textbooks: 4500 + 0073 + 0000 + 4000 + 4011 + c0a8 +
 * 0001 + c0a8 + 00c7 = 2479c, 479c + 2 = 479e, its complement b861.
 */
Test(packet_ip, header_sum)
{
    cr_assert_eq(build("< ip 192.168.0.1 > 192.168.0.199 df proto udp data zero 95"), 14 + 115);
    cr_assert(has_at(14, "4500 0073 0000 4000 4011 b861 c0a80001 c0a800c7"));
}

Test(packet_ip, every_field_has_its_place)
{
    cr_assert_gt(build("< ip 1.2.3.4 > 5.6.7.8 tos 0xab id 0x1234 rf df mf off 0x18 ttl 9 proto "
                       "200 len 77 sum 0xbeef data \"x\""),
                 0);
    cr_assert(has_at(14, "45ab 004d 1234 e003 09c8 beef 01020304 05060708 78"));
    cr_assert_gt(build("< ip version 5 ihl 6 dscp 46 ecn ce data \"x\""), 0);
    cr_assert(has_at(14, "56bb"));
}

/* RFC 791, section 3.1, "Padding": options end on a word. */
Test(packet_ip, options_are_padded)
{
    cr_assert_gt(build("< ip options hex 940400 udp 1 > 2"), 0);
    cr_assert(has_at(14, "4600 0020"));
    cr_assert(has_at(34, "94040000 0001 0002"));
    cr_assert(matches("> ip options hex 940400"));
    cr_assert(differs("> ip options hex 940401", "ip.options", "hex 940401 (3 octets)",
                      "hex 94040000 (4 octets)"));
    cr_assert_eq(build("< ip options zero 44 udp 1 > 2"), -1);
    cr_assert_str_eq(rig.why, "options: a value is needed to build a packet");
    cr_assert_eq(build("< ip options hex "
                       "010101010101010101010101010101010101010101010101010101010101010101010101010"
                       "1010101 udp 1 > 2"),
                 -1);
    cr_assert_str_eq(rig.why, "ip: options of 41 octets: 40 fit");
}

/*
 * RFC 768: 10.0.2.2:7 > 10.0.2.15:1024, "a". Pseudo header 0a00 + 0202 + 0a00 + 020f + 0011 + 0009
 * = 182b; header 0007 + 0400 + 0009 makes 1c3b; data 6100 makes 7d3b; complement 82c4.
 */
#define UDP_A ETH_IN "4500 001d 0000 0000 4011 62c0 0a000202 0a00020f 0007 0400 0009 82c4 61"

Test(packet_ip, udp_datagram)
{
    cr_assert_gt(build("< udp 7 > 1024 data \"a\""), 0);
    cr_assert(is_frame(UDP_A));
    cr_assert(matches("> ip peer > eth0 udp * > 1024 data \"a\""));
    cr_assert(matches("> udp 7 > [1000..2000] (1)"));
    cr_assert(matches("> ip ttl 64 proto udp len 29 sum 0x62c0"));
    cr_assert_str_eq(text_of(0), "ip 10.0.2.2 > 10.0.2.15 udp 7 > 1024 data \"a\"");
}

Test(packet_ip, udp_differs)
{
    octets(UDP_A);
    cr_assert(differs("> udp 7 > 1025", "udp.dport", "1025", "1024"));
    cr_assert(differs("> udp 7 > 1024 data \"b\"", "data", "\"b\"", "\"a\""));
    cr_assert(differs("> udp data \"ab\"", "data", "\"ab\" (2 octets)", "\"a\" (1 octets)"));
    cr_assert(differs("> ip eth0 > eth0", "ip.src", "eth0 = 10.0.2.15", "10.0.2.2"));
    cr_assert(differs("> ip ttl [1..63]", "ip.ttl", "[1..63]", "64"));
    cr_assert(differs("> icmp", "layers", "icmp", "eth ip udp data"));
    cr_assert(differs("> tcp", "layers", "tcp", "eth ip udp data"));
}

Test(packet_ip, ports_answer)
{
    octets(UDP_A);
    answer_it();
    cr_assert_gt(build("< udp data \"b\""), 0);
    cr_assert(has_at(34, "0400 0007 0009"));
    rig.context.answered = NULL;
    cr_assert_eq(build("< udp data \"b\""), -1);
    cr_assert_str_eq(rig.why, "udp: no port is known: write udp A > B");
    rig.context.source_port = 5;
    rig.context.destination_port = 6;
    cr_assert_gt(build("< udp data \"b\""), 0);
    cr_assert(has_at(34, "0005 0006 0009"));
}

/* Every spoil is found, alone: the sums above it are right. */
Test(packet_ip, spoils)
{
    cr_assert_gt(build("< udp 7 > 9 data \"abc\" bad udp.sum"), 0);
    cr_assert(matches("> udp bad udp.sum"));
    cr_assert(!matches("> udp"));
    cr_assert_eq(rig.verdict.differences, 1);
    cr_assert_str_eq(rig.verdict.difference[0].field, "udp.sum");
    cr_assert_str_eq(rig.verdict.difference[0].clause, "RFC768-checksum-1");
    cr_assert_gt(build("< udp 7 > 9 data \"abc\" bad sum"), 0);
    cr_assert(matches("> udp bad udp.sum"));
    cr_assert_gt(build("< ip bad ip.sum udp 7 > 9 data \"abc\""), 0);
    cr_assert(matches("> udp bad ip.sum"));
    cr_assert_gt(build("< udp 7 > 9 data \"abc\" bad udp.len"), 0);
    cr_assert(has_at(34, "0007 0009 010b"));
    cr_assert(matches("> udp bad udp.len"));
    cr_assert_gt(build("< udp 7 > 9 data \"abc\" bad ip.len"), 0);
    cr_assert(has_at(16, "011f"));
    cr_assert(matches("> udp bad ip.len"));
    cr_assert_gt(build("< udp 7 > 9 data \"abc\" bad ip.version"), 0);
    cr_assert(has_at(14, "55"));
    cr_assert(!matches("> eth"));
    cr_assert_gt(build("< udp 7 > 9 data \"abc\" bad ip.ihl"), 0);
    cr_assert(has_at(14, "44"));
    cr_assert_gt(build("< icmp echo-request data \"abc\" bad icmp.sum"), 0);
    cr_assert(matches("> icmp bad icmp.sum"));
    cr_assert_gt(build("< udp 7 > 9 data \"abc\""), 0);
    cr_assert(differs("> udp bad udp.sum", "udp.sum", "anything but 0x2355", "0x2355"));
}

/* RFC 768: a sum of zero is sent as ones; zero means none was computed, which the host under test
 * must not send unsaid. */
Test(packet_ip, udp_sum_zero)
{
    cr_assert_gt(build("< udp 7 > 9 data hex dcba0000"), 0);
    uint8_t sum[2] = {rig.frame[40], rig.frame[41]};
    char text[128];
    snprintf(text, sizeof text, "< udp 7 > 9 data hex dcba%02x%02x", sum[0], sum[1]);
    cr_assert_gt(build(text), 0);
    cr_assert(has_at(40, "ffff"), "the sum of these is zero");
    cr_assert_gt(build("< udp 7 > 9 sum 0 data \"a\""), 0);
    cr_assert(has_at(40, "0000"));
    cr_assert(!matches("> udp"));
    cr_assert(matches("> udp sum 0"));
    cr_assert(matches("> udp sum *"));
}

Test(packet_ip, lengths_that_lie_are_kept)
{
    cr_assert_gt(build("< udp 7 > 9 len 9 data \"abc\""), 0);
    cr_assert(has_at(38, "0009"));
    cr_assert(differs("> udp 7 > 9", "udp.len", "11", "9"));
    cr_assert_gt(build("< ip len 24 udp 7 > 9 data \"abc\""), 0);
    cr_assert(has_at(16, "0018"));
    cr_assert(comes_back("< udp 7 > 9 len 9 data \"abc\""));
    cr_assert(comes_back("< udp 7 > 9 len 3 data \"abc\""));
    cr_assert(comes_back("< udp 7 > 9 len 900 data \"abc\" bad ip.sum"));
}

Test(packet_ip, payloads)
{
    cr_assert_eq(build("< udp 7 > 9 data pattern 65507"), 14 + 65535);
    cr_assert(matches("> udp data pattern 65507"));
    rig.frame[42 + 40000] ^= 1;
    char expected[64], actual[64];
    snprintf(expected, sizeof expected, "octet 40000 of 65507 is 0x%02x", packet_pattern(40000));
    snprintf(actual, sizeof actual, "0x%02x (65507 octets)", packet_pattern(40000) ^ 1);
    cr_assert(differs("> udp data pattern 65507 bad udp.sum", "data", expected, actual));
    cr_assert_eq(build("< udp 7 > 9 data pattern 65508"), -1);
    cr_assert_str_eq(rig.why, "len: 65536 does not fit");
    cr_assert_eq(build("< udp 7 > 9 (5)"), 47);
    cr_assert(matches("> udp data pattern 5"));
    cr_assert_eq(build("< udp 7 > 9 data pattern 5 at 3"), 47);
    cr_assert(matches("> udp data pattern 5 at 3"));
    cr_assert(!matches("> udp data pattern 5"));
    cr_assert(!matches("> udp (6)"));
    cr_assert(matches("> udp data *"));
    cr_assert_eq(build("< udp 7 > 9 data zero 17"), 59);
    cr_assert(matches("> udp data zero 17"));
    cr_assert(!matches("> udp data zero 16"));
}

Test(packet_ip, variables)
{
    octets(UDP_A);
    cr_assert(matches("> ip id ?i udp ?p > ?q data ?d"));
    cr_assert_eq(variable("p"), 7);
    cr_assert_eq(variable("q"), 1024);
    cr_assert(matches("> udp $p > $q"));
    cr_assert(matches("> udp $q-1017 > $p+1017"));
    cr_assert(matches("> data $d"));
    cr_assert(differs("> udp $q > *", "udp.sport", "$q = 1024", "7"));
    cr_assert(differs("> udp $p+1 > *", "udp.sport", "$p+1 = 8", "7"));
    cr_assert(!matches("> udp $nobody > *"));
    int before = rig.variables;
    cr_assert(!matches("> udp ?r > 9"));
    cr_assert_eq(rig.variables, before, "nothing is bound by a line that does not match");
    cr_assert(!matches("> udp ?s > ?s"), "one variable, two values");
    cr_assert_gt(build("< udp $q > $p+1 data $d"), 0);
    cr_assert(has_at(34, "0400 0008 0009"));
    cr_assert_eq(build("< udp $nobody > 1"), -1);
    cr_assert_str_eq(rig.why, "$nobody has no value yet");
}

/* RFC 791: 48 octets of UDP in three fragments; the sum is that of the whole. */
Test(packet_ip, fragments)
{
    cr_assert_gt(build("< ip id 7 udp 1 > 2 data pattern 40"), 0);
    uint8_t whole[48];
    memcpy(whole, rig.frame + 34, 48);
    cr_assert_eq(build("< ip id 7 frag 0 16 udp 1 > 2 data pattern 40"), 50);
    cr_assert(has_at(14, "4500 0024 0007 2000 4011"));
    cr_assert_arr_eq(rig.frame + 34, whole, 16);
    cr_assert_eq(build("< ip id 7 frag 16 16 udp 1 > 2 data pattern 40"), 50);
    cr_assert(has_at(20, "2002"));
    cr_assert_arr_eq(rig.frame + 34, whole + 16, 16);
    cr_assert(matches("> ip mf off 16 proto udp"));
    cr_assert_eq(build("< ip id 7 frag 32 16 udp 1 > 2 data pattern 40"), 50);
    cr_assert(has_at(20, "0004"));
    cr_assert(matches("> ip no mf off 32 proto udp data (16)"));
    cr_assert_eq(build("< ip id 7 frag 48 16 udp 1 > 2 data pattern 40"), -1);
    cr_assert_str_eq(rig.why, "frag 48 16: the datagram carries 48 octets");
    cr_assert_eq(build("< ip id 7 off 8 mf proto udp data \"abcdefgh\""), 42);
    cr_assert(has_at(18, "0007 2001 4011"));
    cr_assert(comes_back("< ip id 7 frag 16 16 udp 1 > 2 data pattern 40"));
    cr_assert_str_eq(complaint("< ip off 9"), "10: off 9: a multiple of 8 belongs here");
    cr_assert_str_eq(complaint("< ip frag 9 1"),
                     "11: a fragment starts at a multiple of 8 octets, 9 is none");
}

/* An expected part is the part of the datagram that the line spells out. */
Test(packet_ip, expected_fragments)
{
    build("< ip id 7 frag 16 16 udp 1 > 2 data pattern 40");
    cr_assert(matches("> ip id ?i frag 16 16 udp 1 > 2 data pattern 40"));
    cr_assert(!matches("> ip frag 16 16 udp 1 > 2 data pattern 40 at 1"));
    cr_assert(differs("> ip frag 16 8 udp 1 > 2 data pattern 40", "ip.frag", "8", "16"));
    cr_assert(!matches("> ip frag 24 16 udp 1 > 2 data pattern 40"));
    cr_assert(differs("> ip frag 16 16 udp 1 > 2 data ?d", "ip.frag",
                      "a datagram that can be built",
                      "bytes: a value is needed to build a packet"));
    build("< ip id 7 frag 32 16 udp 1 > 2 data pattern 40");
    cr_assert(matches("> ip frag 32 16 udp 1 > 2 data pattern 40"));
    cr_assert(differs("> ip frag 32 16 udp 1 > 2 data pattern 48", "ip.mf", "1", "0"));
    build("< ip id 7 frag 0 16 udp 1 > 2 data pattern 40");
    cr_assert(matches("> ip frag 0 16 udp 1 > 2 data pattern 40"), "the sum is that of the whole");
    cr_assert(!matches("> ip frag 0 16 udp 1 > 3 data pattern 40"));
    set_variable("off", 0);
    cr_assert(matches("> ip frag $off 16 udp 1 > 2 data pattern 40"));
}

/* RFC 792: 0800 + 0007 + 0001 + 6865 + 6c6c + 6f00 = 14bd9 -> 4bda; complement b425. */
#define ECHO                                                                                       \
    ETH_OUT "4500 0021 0000 0000 4001 62cc 0a00020f 0a000202 0800 b425 0007 0001 68656c6c6f"

Test(packet_ip, echo)
{
    octets(ECHO);
    cr_assert(matches("> icmp echo-request id 7 seq 1 data \"hello\""));
    cr_assert(differs("> icmp echo-request seq 2", "icmp.seq", "2", "1"));
    cr_assert(differs("> icmp echo-reply", "icmp.type", "echo-reply", "echo-request"));
    answer_it();
    cr_assert_gt(build("< icmp echo-reply"), 0);
    cr_assert(is_frame(
        ETH_IN "4500 0021 0000 0000 4001 62cc 0a000202 0a00020f 0000 bc25 0007 0001 68656c6c6f"));
    cr_assert_gt(build("< icmp echo-reply seq 2 data \"x\""), 0);
    cr_assert(has_at(38, "0007 0002 78"));
    cr_assert_gt(build("< icmp echo-request"), 0);
    cr_assert(has_at(34, "0800 f7ff 0000 0000"), "a request answers nothing");
}

/* RFC1122-3.2.2-2: header and at least eight octets, as they came. */
Test(packet_ip, errors_quote)
{
    octets(UDP_A);
    uint8_t quoted[29];
    memcpy(quoted, rig.frame + 14, 29);
    answer_it();
    cr_assert_eq(build("< icmp unreachable port"), 14 + 20 + 8 + 28);
    cr_assert_arr_eq(rig.frame + 42, quoted, 28);
    cr_assert(has_at(34, "0303"));
    cr_assert(matches("> icmp unreachable port quotes"));
    cr_assert(matches("> icmp unreachable port quotes 8"));
    cr_assert(differs("> icmp unreachable port quotes 9", "icmp.quotes",
                      "29 octets of the datagram", "28 octets"));
    cr_assert_eq(build("< icmp unreachable port quotes 100"), 14 + 20 + 8 + 29);
    cr_assert(matches("> icmp unreachable port quotes"));
    cr_assert_eq(build("< icmp unreachable port quotes 4"), 14 + 20 + 8 + 24);
    cr_assert(differs("> icmp unreachable port quotes", "icmp.quotes",
                      "28 or more octets of the datagram", "24 octets"));
    cr_assert_gt(build("< icmp unreachable frag-needed mtu 576 quote ip eth0 > peer id 3 udp 5 > 6 "
                       "data \"x\""),
                 0);
    cr_assert(has_at(34, "0304"));
    cr_assert(has_at(38, "0000 0240 4500"));
    cr_assert(
        matches("> icmp unreachable frag-needed mtu 576 quote ip eth0 > peer id 3 udp 5 > 6"));
    cr_assert(differs("> icmp unreachable quote ip id 4", "ip.id", "4", "3"));
    cr_assert(!matches("> udp 5 > 6"), "a quoted datagram was not sent");
}

Test(packet_ip, icmp_words)
{
    static const struct {
        const char *line, *head;
    } table[] = {
        {"unreachable net", "0300"},
        {"unreachable host", "0301"},
        {"unreachable protocol", "0302"},
        {"unreachable port", "0303"},
        {"unreachable frag-needed", "0304"},
        {"unreachable source-route", "0305"},
        {"source-quench", "0400"},
        {"redirect net", "0500"},
        {"redirect host", "0501"},
        {"time-exceeded ttl", "0b00"},
        {"time-exceeded reassembly", "0b01"},
        {"parameter-problem", "0c00"},
        {"parameter-problem missing-option", "0c01"},
        {"timestamp-request", "0d00"},
        {"timestamp-reply", "0e00"},
        {"mask-request", "1100"},
        {"mask-reply", "1200"},
        {"type 200 code 3", "c803"},
        {"unreachable code 99", "0363"},
    };
    char text[64];
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        snprintf(text, sizeof text, "< icmp %s", table[i].line);
        cr_assert_gt(build(text), 0, "%s", text);
        cr_assert(has_at(34, table[i].head), "%s", text);
        cr_assert(prints(text, text + 2));
    }
    cr_assert_gt(build("< icmp redirect host gateway 10.0.2.3"), 0);
    cr_assert(has_at(38, "0a000203"));
    cr_assert_gt(build("< icmp parameter-problem pointer 20"), 0);
    cr_assert(has_at(38, "14000000"));
    cr_assert_str_eq(complaint("< icmp echo-request mtu 4"), "21: this icmp has no mtu");
    cr_assert_str_eq(complaint("< icmp echo-request port"), "21: port does not belong here");
}

Test(packet_ip, lines_come_back)
{
    cr_assert(comes_back("< udp 7 > 9 data \"a\\n\\\"b\\\\\""));
    cr_assert(comes_back("< udp 7 > 9"));
    cr_assert(comes_back("< udp 7 > 9 data hex 00ff pad 60"));
    cr_assert(comes_back("< udp 7 > 9 data pattern 1472"));
    cr_assert(comes_back("< udp 7 > 9 data zero 1472 bad udp.sum"));
    cr_assert(prints("> udp 7 > 9 data pattern $n+1", NULL));
    cr_assert(prints("> udp 7 > 9 ($n-1)", "udp 7 > 9 data ($n-1)"));
    cr_assert(comes_back("< ip tos 3 id 9 df ttl 1 options hex 94040000 udp 7 > 9 data \"x\" bad "
                         "ip.sum bad udp.sum"));
    cr_assert(comes_back("< icmp unreachable port quote ip eth0 > peer udp 5 > 6 data \"xyz\""));
    cr_assert(comes_back("< icmp unreachable port unused 7 quote udp 5 > 6 len 99"));
    cr_assert(comes_back("< icmp type 77 rest 0x12345678 data \"xyz\" bad icmp.sum"));
    cr_assert(comes_back("< ip proto 99 data \"xyz\""));
    cr_assert(comes_back("< ip ip 1.2.3.4 > 5.6.7.8 udp 1 > 2 data \"in a tunnel\""));
    cr_assert(prints("> ip A > $b ttl [1..2] no df udp * > ?q len 9",
                     "ip A > $b ttl [1..2] no df udp * > ?q len 9"));
    cr_assert(prints("> icmp unreachable port quotes 8 bad icmp.sum", NULL));
    cr_assert(prints("< ip id 7 frag 8 16 udp 1 > 2 data pattern 40 at 7", NULL));
    cr_assert(prints("> [ect0] udp 1 > 2", "ip ecn ect0 udp 1 > 2"));
    cr_assert(
        prints("> ip eth0 > peer udp * > 7 data \"a\"", "ip eth0 > peer udp * > 7 data \"a\""));
}

/* Nothing is verified inside fragments but IP's header. */
Test(packet_ip, damage_is_said)
{
    build("< udp 7 > 9 data \"abc\" bad udp.sum");
    cr_assert_str_eq(text_of(0), "ip 10.0.2.2 > 10.0.2.15 udp 7 > 9 data \"abc\" bad udp.sum");
    build("< ip frag 0 16 udp 7 > 9 data pattern 40 bad ip.sum");
    const char *text = text_of(0);
    cr_assert(strstr(text, "ip 10.0.2.2 > 10.0.2.15 mf proto udp data hex 0007000900"), "%s", text);
    cr_assert(!strcmp(text + strlen(text) - 11, " bad ip.sum"), "%s", text);
}

Test(packet_ip, no_address)
{
    struct packet_spec *p = line("< udp 1 > 2");
    struct why why = {0};
    rig.context.source.has_ipv4 = false;
    cr_assert_eq(packet_build(p, &rig.context, rig.frame, sizeof rig.frame, &why), -1);
    cr_assert_str_eq(why.text, "ip: the source of this line has no IPv4 address: write ip A > B");
    cr_assert_eq(build("< ip nobody > peer udp 1 > 2"), -1);
    cr_assert_str_eq(rig.why, "no host or interface is called nobody");
}

/* RFC 8200, section 8.1: the pseudo header of a datagram between ::1 and ::2, by hand: 1 + 2 + 11 +
 * 9, 1 + 2 + 9, 7800 -> 7829. */
Test(packet_ip, ip6)
{
    cr_assert_gt(build("< ip6 ::1 > ::2 udp 1 > 2 data \"x\""), 0);
    cr_assert(has_at(12, "86dd 60000000 0009 11 40"));
    cr_assert(has_at(54, "0001 0002 0009 87d6 78"));
    cr_assert(matches("> ip6 ::1 > ::2 udp 1 > 2 data \"x\""));
    cr_assert(!matches("> ip6 ::1 > ::3 udp 1 > 2 data \"x\""));
    cr_assert(
        comes_back("< ip6 fe80::1 > ff02::1 hlim 255 icmp6 neighbor-solicitation data zero 16"));
    cr_assert(
        comes_back("< ip6 fe80::1 > 1:2:3:4:5:6:7:8 flow 0x12345 class 7 udp 1 > 2 bad udp.sum"));
}

/* Formats, dumps, comparisons, fields by name, redirection, predicates. */
#include "sim/language/lexer.h"
#include "tests/packet/rig.h"

#include <stdlib.h>

TestSuite(packet_tools, .init = rig_up, .fini = rig_down);

static const char *format(const char *text)
{
    static char reason[1200];
    struct word *words;
    struct diagnostic d = {0};
    int n = words_of(rig.pool, "test", text, &words, &d);
    reason[0] = 0;
    if (layer_set_format(rig.set, words, (size_t)n, &d) < 0)
        snprintf(reason, sizeof reason, "%d: %s", d.place.column, d.text);
    return reason;
}

Test(packet_tools, format_of_a_script)
{
    cr_assert_str_eq(format("rpc on udp 5555 { kind: u8 = 3, a: bits:4 b: bits:4 = 2; who: ipv4 "
                            "mac: mac tag: bytes[3] = \"ab\" id: u64 rest: bytes }"),
                     "");
    cr_assert_gt(build("< rpc a 1 who peer mac eth0 id 0x0102030405060708 rest \"xyz\""), 0);
    cr_assert(has_at(34, "15b3 15b3"));
    cr_assert(has_at(42, "03 12 0a000202 52550a00020f 616200 0102030405060708 78797a"));
    cr_assert(matches("> rpc kind 3 a ?a b [1..3] who ?w mac eth0 tag \"ab\" rest \"xyz\""));
    cr_assert_eq(variable("a"), 1);
    cr_assert(matches("> udp * > 5555 rpc"));
    cr_assert(differs("> rpc kind 4", "rpc.kind", "4", "3"));
    cr_assert(comes_back("< rpc kind 7 a 1 rest pattern 100"));
    cr_assert(prints("> rpc kind 3 a ?a rest \"xyz\"", "rpc kind 3 a ?a rest \"xyz\""));
    cr_assert_str_eq(format("frob on ip 200 { x: u16 flags: flag y: bits:7 }"), "");
    cr_assert_gt(build("< frob x 0x1234 flags y 3 data \"behind\""), 0);
    cr_assert(has_at(23, "c8"));
    cr_assert(has_at(34, "1234 83 626568696e64"));
    cr_assert_str_eq(format("beacon on eth 0x88b6 { x: u8 }"), "");
    cr_assert_gt(build("< beacon x 1"), 0);
    cr_assert(has_at(12, "88b6 01"));
    char *printed = layer_set_print(rig.set);
    cr_assert_str_eq(printed, "format rpc on udp 5555 { kind: u8 = 3 a: bits:4 b: bits:4 = 2 who: "
                              "ipv4 mac: mac tag: bytes[3] = hex 616200 id: u64 "
                              "rest: bytes }\nformat frob on ip 200 { x: u16 flags: flag y: bits:7 "
                              "}\nformat beacon on eth 34998 { x: u8 }\n");
    free(printed);
}

Test(packet_tools, format_complaints)
{
    cr_assert_str_eq(format("udp on udp 5 { x: u8 }"), "1: there is a layer called udp");
    cr_assert_str_eq(
        format("x on dhcp 5 { x: u8 }"),
        "6: dhcp: a layer that carries others belongs here: eth, vlan, ip, ip6 or udp");
    cr_assert_str_eq(format("x on ip 256 { x: u8 }"),
                     "9: 256: the ethertype, protocol or port (0..255) belongs here");
    cr_assert_str_eq(format("x on ip 5 { x: bits:3 }"),
                     "1: the fields of x fill 3 bits: whole octets are needed");
    cr_assert_str_eq(format("x on ip 5 { x: u9 }"),
                     "16: u9: a type belongs here: u8, u16, u32, u64, bits:N, flag, ipv4, ipv6, "
                     "mac, bytes, bytes[N], text, text[N]");
    cr_assert_str_eq(format("x on ip 5 { x: bytes y: u8 }"),
                     "22: x takes the rest: no field may stand behind it");
    cr_assert_str_eq(format("x on ip 5 { x: u8 x: u8 }"), "19: x stands here twice");
    cr_assert_str_eq(format("x on ip 5 { x: u8 = 300 }"), "21: x 300 is out of range: 0..255");
    cr_assert_str_eq(format("x on ip 5 { x: bits:4 y: mac }"), "23: y does not start on an octet");
    cr_assert_neq(*format("x on ip 5 { x: u8"), 0);
    cr_assert_neq(*format("x on ip 5 { }"), 0);
    cr_assert_neq(*format("x"), 0);
}

static bool field(const char *name, struct value *v)
{
    memset(v, 0, sizeof *v);
    return packet_field(rig.set, rig.frame, (uint32_t)rig.len, name, v);
}

Test(packet_tools, fields_by_name)
{
    struct value v;
    build("< ip id 77 icmp unreachable port quote ip eth0 > peer id 9 udp 5 > 6 data \"x\"");
    cr_assert(field("ip.id", &v) && v.number == 77);
    cr_assert(field("quote.ip.id", &v) && v.number == 9);
    cr_assert(field("quote.udp.dport", &v) && v.number == 6);
    cr_assert(field("icmp.code", &v) && v.number == 3);
    cr_assert(field("frame.len", &v) && v.number == rig.len);
    cr_assert(!field("udp.dport", &v));
    cr_assert(!field("icmp.nothing", &v));
    cr_assert(!field("nothing", &v));
    build("< dhcp ack lease 60 hostname abc");
    cr_assert(field("dhcp.lease", &v) && v.number == 60);
    cr_assert(field("dhcp.hostname", &v) && v.len == 3 && !memcmp(v.bytes, "abc", 3));
    cr_assert(!field("dhcp.server", &v));
    build("< udp 1 > 2 data \"abc\"");
    cr_assert(field("data", &v) && v.len == 3);
    build("< 1 > 2 S 5:5(0) <mss 99>");
    cr_assert(field("tcp.mss", &v) && v.number == 99);
    cr_assert(field("tcp.seq", &v) && v.number == 5);
}

static const char *compared(const char *expected, const char *actual)
{
    static uint8_t first[65550];
    static char text[512];
    int len = build(expected);
    memcpy(first, rig.frame, (size_t)len);
    build(actual);
    packet_compare(rig.set, first, (uint32_t)len, rig.frame, (uint32_t)rig.len, text, sizeof text);
    return text;
}

Test(packet_tools, first_difference)
{
    cr_assert_str_eq(compared("< udp 1 > 2", "< udp 1 > 2"), "");
    cr_assert_str_eq(compared("< ip ttl 64 udp 1 > 2", "< ip ttl 63 udp 1 > 2"),
                     "ip.ttl: expected 64, actual 63 (byte 22)");
    cr_assert_str_eq(compared("< udp 1 > 2 data \"abc\"", "< udp 1 > 2 sum 0 data \"abc\""),
                     "udp.sum: expected 0x2362, actual 0x0 (byte 40)");
    cr_assert_str_eq(compared("< udp 1 > 2 sum 5 data \"abc\"", "< udp 1 > 2 sum 5 data \"abd\""),
                     "data: octet 2: expected 0x63, actual 0x64 (byte 44)");
    cr_assert_str_eq(compared("< udp 1 > 2", "< icmp echo-request"),
                     "ip.proto: expected udp, actual icmp (byte 23)");
    cr_assert_str_eq(compared("< eth type 5 data \"x\"", "< arp request"),
                     "eth.dst: expected 52:55:0a:00:02:0f, actual ff:ff:ff:ff:ff:ff (byte 0)");
    cr_assert_str_eq(
        compared("< udp 67 > 68 sum 5 dhcp ack lease 60", "< udp 67 > 68 sum 5 dhcp ack lease 61"),
        "dhcp: expected lease 60, actual lease 61");
    cr_assert_str_eq(compared("< arp request pad 60", "< arp request pad 50"),
                     "length: expected 60, actual 50");
}

Test(packet_tools, dump_says_everything)
{
    char text[4096];
    build("< udp 7 > 9 data \"abc\" bad udp.sum pad 60");
    packet_dump(rig.set, rig.frame, (uint32_t)rig.len, text, sizeof text);
    cr_assert(strstr(text, "frame of 60 octets\neth.dst 52:55:0a:00:02:0f\n"), "%s", text);
    cr_assert(strstr(text, "ip.ttl 64\n"), "%s", text);
    cr_assert(strstr(text, "udp.sum 0x2356 (bad: 0x2355 would be right)\n"), "%s", text);
    cr_assert(strstr(text, "data.bytes \"abc\"\n"), "%s", text);
    build("< dhcp ack lease 60 opt 99 hex 01");
    packet_dump(rig.set, rig.frame, (uint32_t)rig.len, text, sizeof text);
    cr_assert(strstr(text, "dhcp lease 60\ndhcp opt 99 hex 01\n"), "%s", text);
}

/* Texts that do not fit are cut, and the length that was wanted is told. */
Test(packet_tools, text_that_does_not_fit)
{
    char text[9];
    build("< udp 7 > 9 data \"abc\"");
    int wanted = packet_text(rig.set, rig.frame, (uint32_t)rig.len, 0, text, sizeof text);
    cr_assert_str_eq(text, "ip 10.0.");
    cr_assert_eq(wanted, (int)strlen(text_of(0)));
    cr_assert_eq(packet_text(rig.set, rig.frame, (uint32_t)rig.len, 0, NULL, 0), wanted);
}

Test(packet_tools, redirection)
{
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
    build("< udp 7 > 9 data \"abc\"");
    cr_assert(packet_redirect(rig.frame, (uint32_t)rig.len, mac, 0x0a000909));
    cr_assert(matches("> eth 02:00:00:00:00:09 ip peer > 10.0.9.9 udp 7 > 9 data \"abc\""));
    build("< 7 > 9 P. 1:4(3) data \"abc\"");
    cr_assert(packet_redirect(rig.frame, (uint32_t)rig.len, mac, 0x0a000909));
    cr_assert(matches("> ip peer > 10.0.9.9 tcp 7 > 9 data \"abc\""));
    build("< udp 7 > 9 sum 0 data \"abc\"");
    cr_assert(packet_redirect(rig.frame, (uint32_t)rig.len, mac, 0x0a000909));
    cr_assert(matches("> ip peer > 10.0.9.9 udp sum 0"));
    build("< arp request");
    cr_assert(packet_redirect(rig.frame, (uint32_t)rig.len, mac, 0x0a000909));
    cr_assert(matches("> eth ff:ff:ff:ff:ff:ff arp request who-has 10.0.9.9"));
    build("< ip6 ::1 > ::2 udp 1 > 2");
    cr_assert(!packet_redirect(rig.frame, (uint32_t)rig.len, mac, 1));
    cr_assert(!packet_redirect(rig.frame, 3, mac, 1));
}

static bool agrees(const char *text)
{
    return packet_matches(line(text), &rig.context, rig.frame, (uint32_t)rig.len);
}

static bool alike(const char *text)
{
    return packet_alike(line(text), &rig.context, rig.frame, (uint32_t)rig.len);
}

/* A predicate compares what is written; a likeness only what tells kinds apart. Neither verifies or
 * binds. */
Test(packet_tools, predicates)
{
    build("< udp 7 > 9 data \"abc\" bad udp.sum");
    cr_assert(agrees("> udp"));
    cr_assert(agrees("> udp 7 > ?p data $nobody"));
    cr_assert_eq(rig.variables, 0);
    cr_assert(!agrees("> udp data \"abd\""));
    cr_assert(!agrees("> udp 8 > 9"));
    cr_assert(!agrees("> tcp"));
    cr_assert(alike("> ip ttl 3 udp 7 > 9 data \"abd\""));
    cr_assert(!alike("> udp 8 > 9"));
    build("< arp request");
    cr_assert(alike("> arp request who-has 1.2.3.4"));
    cr_assert(!alike("> arp reply"));
    build("< dhcp discover");
    cr_assert(alike("> dhcp discover xid 5 hostname x"));
    cr_assert(!alike("> dhcp request"));
    set_variable("p", 68);
    cr_assert(agrees("> udp $p > *"));
    cr_assert(!agrees("> udp $p+1 > *"));
}

/* Whatever the bytes: nothing is read beyond them (under the address sanitiser), and every text
 * comes back. */
Test(packet_tools, any_prefix_of_any_frame)
{
    static const char *const lines[] = {
        "< arp request",
        "< udp 1 > 2 data \"abc\"",
        "< icmp unreachable port quote udp 5 > 6 data \"xyz\"",
        "< dhcp ack lease 60 router 1.2.3.4 size 300",
        "< 5 > 6 S 0:0(0) <mss 1460,sackOK,TS val 1 ecr 2>",
        "< udp 53 > 9 dns response a.b/A answer a.b MX 1 10 c.b",
        "< ntp server",
        "< ip6 ::1 > ::2 tcp 5 > 6 S 0:0(0)",
        "< vlan 3 udp 1 > 2",
        "< ip options hex 94040000 udp 1 > 2",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        int whole = build(lines[i]);
        for (int len = 0; len <= whole; len++) {
            build(lines[i]);
            uint8_t *exact = malloc((size_t)len + !len);
            memcpy(exact, rig.frame, (size_t)len);
            char text[4096], again[4097] = "<";
            packet_text(rig.set, exact, (uint32_t)len, 0, text, sizeof text);
            packet_dump(rig.set, exact, (uint32_t)len, text, sizeof text);
            packet_text(rig.set, exact, (uint32_t)len, 1, again + 1, sizeof again - 1);
            cr_assert_eq(build(again), len, "%s: %s", again, rig.why);
            cr_assert_arr_eq(rig.frame, exact, (size_t)len);
            packet_redirect(exact, (uint32_t)len, exact, 1);
            free(exact);
        }
    }
}

Test(packet_tools, help_is_the_table)
{
    char text[8192];
    cr_assert_gt(packet_help(rig.set, NULL, text, sizeof text), 0);
    cr_assert(strstr(text, "arp\nip\n"), "%s", text);
    cr_assert_gt(packet_help(NULL, "udp", text, sizeof text), 0);
    cr_assert_str_eq(text, "udp sport > dport   (on ip unless the line says otherwise)\n"
                           "  sport             16 bits; also from\n"
                           "  dport             16 bits; also to\n"
                           "  len               16 bits; always verified\n"
                           "  sum               16 bits; always verified\n");
    packet_help(NULL, "arp", text, sizeof text);
    cr_assert(
        strstr(text, "  op                16 bits; else request; a word alone: request reply\n"),
        "%s", text);
    cr_assert_eq(packet_help(NULL, "nothing", text, sizeof text), 0);
}

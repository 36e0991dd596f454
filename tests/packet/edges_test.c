/* Edges: what is one octet short, one too many, or the other of two. */
#include <stdlib.h>

#include "sim/packet/layers/dns_name.h"
#include "tests/packet/rig.h"

TestSuite(packet_edges, .init = rig_up, .fini = rig_down);

static bool equal(const char *a, const char *b)
{
    const struct packet_spec *first = line(a);
    return packet_spec_equal(first, line(b));
}

/* Lines that differ in one thing are not the same line. */
Test(packet_edges, lines_that_differ)
{
    static const char *const lines[] = {
        "> udp 1 > 2",
        "< udp 1 > 2",
        "> udp 1 > 3",
        "> udp * > 2",
        "> udp ?a > 2",
        "> udp ?b > 2",
        "> udp $a > 2",
        "> udp $a+1 > 2",
        "> udp [1..2] > 2",
        "> udp [1..3] > 2",
        "> udp 1 > 2 bad udp.sum",
        "> udp 1 > 2 bad udp.len",
        "> udp 1 > 2 bad ip.sum",
        "> udp 1 > 2 bad udp.sum bad ip.sum",
        "> udp 1 > 2 bad udp.sum bad ip.len",
        "> udp 1 > 2 pad 60",
        "> udp 1 > 2 pad 61",
        "< udp 1 > 2 cut 5",
        "> udp 1 > 2 trailer \"a\"",
        "> udp 1 > 2 trailer \"b\"",
        "> ip udp 1 > 2",
        "> ip a > b udp 1 > 2",
        "> ip a > c udp 1 > 2",
        "> udp 1 > 2 data \"a\"",
        "> udp 1 > 2 data \"b\"",
        "> udp 1 > 2 data (1)",
        "> udp 1 > 2 data pattern 1",
        "> udp 1 > 2 data pattern 1 at 1",
        "> udp 1 > 2 data zero 1",
        "> dhcp no opt 9",
        "> dhcp opt 9 *",
        "> dhcp no opt 8",
        "> dhcp router 1.1.1.1",
        "> dhcp router 1.1.1.1,2.2.2.2",
        "> dhcp router *",
        "> S 0:0(0)",
        "> S 0:0(0)!",
        "> S 0:0(0) <...>",
        "> S 0:0(0) <nop>",
        "> tcp flags S seq 0",
        "> icmp unreachable port",
        "> icmp unreachable port ip",
        "> icmp unreachable port quote ip",
        "> icmp unreachable port quotes",
        "> icmp unreachable port quotes 8",
        "> eth 02:00:00:00:00:01",
        "> eth 02:00:00:00:00:02",
        "> dns a/A",
        "> dns b/A",
        "> dns a/NS",
    };
    size_t n = sizeof lines / sizeof lines[0];
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            cr_assert_eq(equal(lines[i], lines[k]), i == k, "%s and %s", lines[i], lines[k]);
}

/* RFC 1035, section 3.1: 255 octets are a name, 256 are none. */
Test(packet_edges, longest_name)
{
    char text[300] = "";
    uint8_t wire[DNS_NAME_OCTETS], message[300];
    char back[DNS_NAME_TEXT];
    bool compressed = false;
    for (int i = 0; i < 3; i++)
        strcat(text, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.");
    strcat(text, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
    cr_assert_eq(dns_name_octets((const uint8_t *)text, (uint32_t)strlen(text), wire), 255);
    uint32_t at = 0;
    cr_assert_eq(dns_name_text(wire, 255, &at, back, &compressed), (int)strlen(text));
    cr_assert_str_eq(back, text);
    cr_assert_eq(at, 255);
    at = 0;
    cr_assert_eq(dns_name_text(wire, 254, &at, back, &compressed), -1, "its root is missing");
    strcat(text, "b");
    cr_assert_eq(dns_name_octets((const uint8_t *)text, (uint32_t)strlen(text), wire), -1);
    memset(message, 0, sizeof message);
    for (uint32_t i = 0; i < 256; i += 2)
        message[i] = 1, message[i + 1] = 'x';
    at = 0;
    cr_assert_eq(dns_name_text(message, 300, &at, back, &compressed), -1,
                 "128 labels of one octet are 257");
}

/* A header that just fits is read; one octet less is data. */
Test(packet_edges, shortest_headers)
{
    static const struct {
        const char *line;
        int header;
        const char *layer;
    } table[] = {
        {"< ip proto 253 data \"\"", 34, "ip"},
        {"< icmp echo-request", 42, "icmp"},
        {"< udp 1 > 2", 42, "udp"},
        {"< 1 > 2 S 0:0(0)", 54, "tcp"},
        {"< ntp client", 90, "ntp"},
        {"< udp 53 > 9 dns query", 54, "dns"},
        {"< ip6 ::1 > ::2 data \"\"", 54, "ip6"},
        {"< ip6 ::1 > ::2 icmp6 echo-request", 62, "icmp6"},
        {"< arp", 42, "arp"},
        {"< vlan 1 data \"\"", 18, "vlan"},
        {"< eth data \"\"", 14, "eth"},
        {"< dhcp discover", 282, "dhcp"},
    };
    char text[128], last[16];
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        cr_assert_geq(build(table[i].line), table[i].header, "%s: %s", table[i].line, rig.why);
        snprintf(text, sizeof text, "> %s", table[i].layer);
        rig.len = table[i].header;
        cr_assert(packet_matches(line(text), &rig.context, rig.frame, (uint32_t)rig.len), "%s",
                  text);
        rig.len--;
        cr_assert(!packet_matches(line(text), &rig.context, rig.frame, (uint32_t)rig.len), "%s",
                  text);
        snprintf(last, sizeof last, "%s: s", table[i].layer);
        packet_match(line(text), &rig.context, rig.frame, (uint32_t)rig.len, &rig.verdict);
        cr_assert(strstr(rig.verdict.difference[0].actual, last), "%s: %s", last,
                  rig.verdict.difference[0].actual);
    }
}

Test(packet_edges, headers_that_lie)
{
    build("< ip ihl 4 udp 1 > 2");
    cr_assert(differs("> ip", "layers", "ip", "eth data (ip: IHL is below 5)"));
    build("< ip ihl 15 udp 1 > 2");
    cr_assert(
        differs("> ip", "layers", "ip", "eth data (ip: the header runs over the frame's end)"));
    build("< ip version 6 udp 1 > 2");
    cr_assert(differs("> ip", "layers", "ip", "eth data (ip: the version is not 4)"));
    build("< ip6 ::1 > ::2 version 5");
    cr_assert(differs("> ip6", "layers", "ip6", "eth data (ip6: the version is not 6)"));
    build("< 1 > 2 S 0:0(0) off 4");
    cr_assert(differs("> tcp", "layers", "tcp", "eth ip data (tcp: the data offset is below 5)"));
    build("< 1 > 2 S 0:0(0) off 6");
    cr_assert(differs("> tcp", "layers", "tcp",
                      "eth ip data (tcp: the data offset runs over the segment's end)"));
    build("< ip6 ::1 > ::2 len 9 udp 1 > 2");
    cr_assert(differs("> ip6", "ip6.len", "8", "9"));
}

/* An option that runs over the end is what there is of it; one whose length is short does not hold
 * its value. */
Test(packet_edges, options_that_lie)
{
    build("< dhcp discover opt 99 \"abcd\" no end");
    rig.frame[282 + 4] = 5;
    cr_assert(!packet_matches(line("> dhcp opt 99 \"abcde\""), &rig.context, rig.frame,
                              (uint32_t)rig.len));
    build("< dhcp discover opt 51 \"\" opt 3 \"abc\"");
    cr_assert(differs("> dhcp lease [0..0xffffffff]", "dhcp.lease", "[0..infinite]", "\"\""));
    cr_assert(differs("> dhcp router *,*", "dhcp.router", "*,*", "\"abc\""));
    build("< dhcp discover router 1.1.1.1,2.2.2.2");
    cr_assert(differs("> dhcp router 1.1.1.1", "dhcp.router", "1.1.1.1", "1.1.1.1,2.2.2.2"));
    cr_assert(
        differs("> dhcp router 1.1.1.1,*,*", "dhcp.router", "1.1.1.1,*,*", "1.1.1.1,2.2.2.2"));
    build("< dhcp discover opt 99 \"a\" opt 99 \"b\"");
    cr_assert(matches("> dhcp opt 99 \"a\" opt 99 \"b\""));
    cr_assert(!matches("> dhcp opt 99 \"a\" opt 99 \"a\""));
    build("< 1 > 2 S 0:0(0) <mss 5,nop,wscale 3>");
    cr_assert(!matches("> S 0:0(0) <mss 5,wscale 3,nop>"));
    cr_assert(!matches("> S 0:0(0) <mss 5,nop>"));
    cr_assert(!matches("> S 0:0(0) <mss 5,nop,wscale 3,sackOK>"));
    cr_assert(matches("> tcp wscale 3 mss * no sackOK"));
}

/* One length beyond each limit, and the limit. */
Test(packet_edges, limits_of_words)
{
    static const struct {
        const char *good, *bad;
    } table[] = {
        {"< ip ttl 255", "< ip ttl 256"},
        {"< udp 65535 > 1", "< udp 65536 > 1"},
        {"< ip ecn 3", "< ip ecn 4"},
        {"< ip off 65528", "< ip off 65536"},
        {"< dhcp opt 254 \"\"", "< dhcp opt 255 \"\""},
        {"< dhcp opt 1 \"\"", "< dhcp opt 0 \"\""},
        {"< dhcp no opt 255", "< dhcp no opt 256"},
        {"< data zero 65535", "< data zero 65536"},
        {"< arp cut 65550", "< arp cut 65551"},
        {"< ip frag 65528 65535 udp", "< ip frag 65536 1 udp"},
        {"< ip frag 0 65535 udp", "< ip frag 0 65536 udp"},
        {"< icmp unreachable quotes 65535", "< icmp unreachable quotes 65536"},
        {"< dhcp sname \"0123456789012345678901234567890123456789012345678901234567890123\"",
         "< dhcp sname \"01234567890123456789012345678901234567890123456789012345678901234\""},
        {"< . 0:65495(65495)", "< . 0:65496(65496)"},
        {"< S 0:0(0) <opt 255 00>", "< S 0:0(0) <opt 256 00>"},
        {"< S 0:0(0) <opt 2 00>", "< S 0:0(0) <opt 1 00>"},
        {"< icmp unreachable [udp (65495)]", "< icmp unreachable [udp (65496)]"},
        {"> ip ttl [3..3]", "> ip ttl [3..2]"},
        {"< dns a\\.b/A", NULL},
        {"< ip src 1.1.1.1", "< ip src *.1"},
        {"< icmp echo-reply", "< icmp echo-reply port"},
        {"< icmp redirect host", "< icmp redirect ttl"},
        {"< ntp vn 7", "< ntp vn 8"},
        {"< S 0:0(0) <sack 1:2 3:4>", "< S 0:0(0) <sack 1:2 3>"},
        {"< S 0:0(0) <FO 1234>", "< S 0:0(0) <FO 123>"},
        {"< dhcp no opt 5", "< dhcp no opt \"x\""},
        {"< icmp unreachable [1:3(2)]", "< icmp unreachable [1:3]"},
        {"< dhcp no router", "< dhcp no xid"},
        {"< ip no df", "< ip no ttl"},
        {"< udp 1 > 2 trailer hex 00", "< udp 1 > 2 trailer zero 5"},
        {"> udp ?p > 2", "< udp ?p > 2"},
        {"> udp [1..2] > 2", "< udp [1..2] > 2"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].bad) {
            cr_assert_str_eq(complaint(table[i].good), "", "%s", table[i].good);
            cr_assert_neq(*complaint(table[i].bad), 0, "%s", table[i].bad);
        }
    }
    char many[256] = "> arp";
    for (int i = 0; i < 8; i++)
        strcat(many, " bad arp.op");
    cr_assert_str_eq(complaint(many), "");
    strcat(many, " bad arp.op");
    cr_assert_neq(*complaint(many), 0);
    strcpy(many, "> eth");
    for (int i = 0; i < 11; i++)
        strcat(many, " ip");
    cr_assert_str_eq(complaint(many), "");
    strcat(many, " ip");
    cr_assert_neq(*complaint(many), 0);
}

/* A spoil is for the outermost layer of its name: what an error quotes stays right. */
Test(packet_edges, spoils_spare_quotations)
{
    build("< icmp unreachable port quote ip eth0 > peer udp 5 > 6");
    uint8_t quoted[28];
    memcpy(quoted, rig.frame + 42, 28);
    build("< icmp unreachable port quote ip eth0 > peer udp 5 > 6 bad ip.sum");
    cr_assert_arr_eq(rig.frame + 42, quoted, 28);
    cr_assert(matches("> icmp bad ip.sum"));
    build("< icmp unreachable port quote ip eth0 > peer udp 5 > 6 bad udp.sum");
    cr_assert_arr_neq(rig.frame + 42, quoted, 28);
    cr_assert(matches("> icmp"));
}

/* What a line does not reach for is left alone: who sends, who answers whom. */
Test(packet_edges, addresses_that_are_missing)
{
    struct why why = {0};
    struct packet_spec *p = line("< ip6 ::1 > ::2 udp 1 > 2");
    cr_assert_gt(packet_build(p, &rig.context, rig.frame, sizeof rig.frame, &why), 0);
    cr_assert_eq(build("< ip6 udp 1 > 2"), -1);
    cr_assert_str_eq(rig.why, "ip6: the source of this line has no IPv6 address: write ip6 A > B");
    p = line("< arp reply");
    rig.context.destination.has_ipv4 = rig.context.destination.has_mac =
        rig.context.source.has_mac = false;
    rig.len = packet_build(p, &rig.context, rig.frame, sizeof rig.frame, &why);
    cr_assert(has_at(0, "ffffffffffff 000000000000"));
    cr_assert(has_at(22, "000000000000 0a000202 000000000000 00000000"));
    cr_assert_eq(packet_build(p, &rig.context, rig.frame, 41, &why), -1);
    cr_assert_str_eq(why.text, "the packet is longer than 41 octets");
    why.text[0] = 0;
    cr_assert_eq(packet_build(p, &rig.context, rig.frame, 42, &why), 42);
}

/* IPv6 is implied where neither end has anything else. */
Test(packet_edges, ip6_is_implied)
{
    struct why why = {0};
    struct packet_spec *p = line("< udp 1 > 2");
    rig.context.source.has_ipv4 = rig.context.destination.has_ipv4 = false;
    rig.context.source.has_ipv6 = rig.context.destination.has_ipv6 = true;
    rig.context.source.ipv6[15] = 7;
    rig.len = packet_build(p, &rig.context, rig.frame, sizeof rig.frame, &why);
    cr_assert(has_at(12, "86dd 60000000 0008 11 40 00000000000000000000000000000007 00"));
}

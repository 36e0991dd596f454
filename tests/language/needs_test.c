/* What a script asks of the host under test is read from its lines. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "sim/language/needs.h"

#define HEAD "sut eth0 ip 10.0.2.15/24\nhost raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2\n"

static struct script *script_of(const char *lines)
{
    char text[2048];
    struct diagnostic d;
    int len = snprintf(text, sizeof text, HEAD "%s", lines);
    struct script *s = script_parse("t.pkt", text, (size_t)len, NULL, &d);
    cr_assert(s != NULL, "%s", lines);
    return s;
}

/* The names of what it needs, each with a blank behind it. */
static void expect_kinds(const char *lines, const char *wanted)
{
    char got[512] = "";
    struct script_needs n;
    struct script *s = script_of(lines);
    script_needs(s, &n);
    for (int k = 0; needs[k].name; k++)
        if (n.kinds & 1u << k) {
            strcat(got, needs[k].name);
            strcat(got, " ");
        }
    cr_expect_str_eq(got, wanted, "%s: %s", lines, got);
    script_free(s);
}

Test(needs, kinds_are_read_from_packets)
{
    expect_kinds("0 < arp request who-has 10.0.2.15 tell 10.0.2.2\n+0 > arp reply\n", "arp ");
    expect_kinds("0 < arp request who-has 10.0.2.9 tell 10.0.2.15\n", "conflict-defence ");
    expect_kinds("0 > arp request who-has 10.0.2.2\n", "arp-requests ");
    expect_kinds("0 > arp request who-has 10.0.2.15 tell 0.0.0.0\n", "probing ");
    expect_kinds("0 < icmp echo-request id 7 seq 1\n+0 > icmp echo-reply\n", "ip ping ");
    expect_kinds("0 > ip no mf off 0 icmp echo-reply\n", "ip ping ");
    expect_kinds("0 < ip options hex 01010101 icmp echo-request id 7 seq 1\n", "ip options ");
    expect_kinds("0 < ip 10.0.2.2 > 224.0.0.1 icmp echo-request id 7 seq 1\n", "groups ip ");
    expect_kinds("0 < udp 5 > 6\n+0 > icmp unreachable port quotes\n", "icmp-errors ip udp ");
    expect_kinds("0 < tcp 5 > 6 S 0:0(0) win 10\n", "ip tcp ");
    expect_kinds("0 < icmp timestamp-request id 7 seq 1\n", "ip timestamp ");
}

#define PART "0 < ip id 1 frag 0 8 icmp echo-request id 7 seq 1 data pattern 8\n"

/* Only who is to answer parts has to put them together. */
Test(needs, fragments_are_needed_by_what_leaves_behind_them)
{
    expect_kinds(PART, "ip ");
    expect_kinds("0 < ip mf icmp echo-request id 7 seq 1 data pattern 8\n", "ip ");
    expect_kinds(PART "+0 > icmp echo-reply\n", "fragments ip ping ");
    expect_kinds(PART "+0 < icmp echo-request id 7 seq 1\n+0 > icmp echo-reply\n", "ip ping ");
    expect_kinds("0 > ip mf off 0 icmp echo-reply\n", "fragments ip ping ");
}

/* What a peer sends and hears is not the host's. */
Test(needs, peers_lines_are_not_the_hosts)
{
    expect_kinds("0 @peer > arp reply\n", "");
}

Test(needs, kinds_are_read_from_set_up)
{
    expect_kinds("0 udp_echo() = 0\n", "udp udp-echo ");
    expect_kinds("0 dhcp_start(\"eth0\") = 0\n", "dhcp ");
    expect_kinds("0 ifconfig(\"eth0\", 10.0.2.16/24) = 0\n", "second-address ");
    expect_kinds("0 assert counter(\"icmpv4.refused.rate\") == 1\n", "error-limits ");
}

static bool nothing_is_usual(const char *knob, int64_t *value)
{
    *value = 64;
    return strcmp(knob, "ipv4.ttl") == 0;
}

static bool frames_only(const char *lines)
{
    struct script_needs n;
    struct script *s = script_of(lines);
    script_needs(s, &n);
    bool only = needs_frames_only(s, &n, nothing_is_usual);
    script_free(s);
    return only;
}

Test(needs, frames_only_has_no_call_but_set_up)
{
    cr_expect(frames_only("0 < udp 5 > 6\n"));
    cr_expect(
        frames_only("0 neighbour(\"eth0\", 10.0.2.2, 52:55:0a:00:02:02) = 0\n+0 < udp 5 > 6\n"));
    cr_expect(frames_only("0 udp_echo() = 0\n+0 < udp 5 > 7\n"));
    cr_expect_not(frames_only("0 < udp 5 > 7\n+0 udp_echo() = 0\n"));
    cr_expect_not(frames_only("0 udp_echo(4000) = 0\n"));
    cr_expect_not(frames_only("0 ping(10.0.2.2) = 1\n"));
    cr_expect_not(frames_only("repeat 2 {\n  +0 ping(10.0.2.2) = 1\n}\n"));
}

Test(needs, a_knob_at_its_default_asks_for_nothing)
{
    cr_expect(frames_only("set ipv4.ttl 64\n0 < udp 5 > 6\n"));
    cr_expect_not(frames_only("set ipv4.ttl 65\n0 < udp 5 > 6\n"));
    cr_expect_not(frames_only("set arp.expiry 60s\n0 < udp 5 > 6\n"));
}

Test(needs, interfaces_and_gateways_are_more_than_frames)
{
    cr_expect_not(frames_only("sut eth1 ip 10.0.3.15/24\n0 < udp 5 > 6\n"));
}

Test(needs, a_list_names_what_is_lacked)
{
    char name[64];
    struct script *s = script_of(PART "+0 > icmp echo-reply\n");
    cr_expect(needs_lacked(s, "options, fragments", name));
    cr_expect_str_eq(name, "fragments");
    cr_expect_not(needs_lacked(s, "options fragment", name));
    cr_expect_not(needs_lacked(s, "", name));
    cr_expect_not(needs_lacked(s, NULL, name));
    script_free(s);
    cr_expect(needs_unknown("options,fragment", name) != NULL);
    cr_expect_str_eq(name, "fragment");
    cr_expect(needs_unknown("options,fragments", name) == NULL);
}

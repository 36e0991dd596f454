/*
 * Whatever value the compiler takes for a field, of any layer, the printer has a form that it takes
 * again and that means the same: every field with every kind of value, hostile ones among them,
 * alone and with something behind it.
 */
#include <stdio.h>
#include <stdlib.h>
#include "sim/language/lexer.h"
#include "sim/packet/spec.h"
#include "tests/packet/rig.h"

enum { TEXT = 1024, PART = 400 };

static const char *const values[] = {
    /* numbers, times, flags */
    "0",
    "1",
    "2",
    "7",
    "15",
    "255",
    "256",
    "1460",
    "65535",
    "65536",
    "4294967295",
    "4294967296",
    "0xff",
    "0x8000",
    "-1",
    "60s",
    "1ms",
    "5ms",
    /* addresses and hosts */
    "10.0.2.15",
    "255.255.255.255",
    "0.0.0.0",
    "ff:ff:ff:ff:ff:ff",
    "52:54:00:12:34:56",
    "00:00:00:00:00:00",
    "fe80::1",
    "::",
    "::1",
    "1:2:3:4:5:6:7:8",
    "1::2:0:0:3",
    "0:0:1::",
    "eth0",
    "peer",
    "hex",
    "zero",
    "data",
    "request",
    "no",
    "bad",
    "on",
    "x-y",
    /* octets */
    "\"\"",
    "\"a\"",
    "\"a b\"",
    "\"quote \\\" back \\\\ slash\"",
    "\"line\\n\\r\\t\"",
    "\"\\x00\"",
    "\"\\xff\\xfe\"",
    "\"\\x7f\"",
    "\"nul\\x00in\"",
    "\"hex\"",
    "\"$x ?y\"",
    "\"// no comment\"",
    "\"a.b.c\"",
    "\"a..b\"",
    "\".\"",
    "\"a.\"",
    "\"10.0.2.2\"",
    "\"5\"",
    "\"\xc3\xa4\"",
    "\"5.2.\xe9.192\"",
    "hex 00",
    "hex 61 62",
    "hex ff fe fd",
    "hex 05 61",
    "pattern 0",
    "pattern 5",
    "pattern 5 at 3",
    "pattern $n",
    "zero 4",
    "zero 0",
    "(5)",
    "($n)",
    "($n+1)",
    "(0)",
    /* variables and ranges */
    "?x",
    "$x",
    "$x+1",
    "$x-2",
    "*",
    "[1..5]",
    "[0..65535]",
    "[10.0.2.1..10.0.2.9]",
    "[1..1]",
    /* lists */
    "1,2,3",
    "10.0.2.3,10.0.2.4",
    "10.0.2.0/24 via 10.0.2.2",
    "1:2",
    "1:2 3:4",
    "1000:2000",
    "5 \"a\"",
    "5 hex 01 02",
    "1 2 3",
    "val 1 ecr 2",
};

/* What stands behind the value, so that the printed form must end where the written one does. */
static const char *const behind[] = {"",       " bad sum",   " pad 60",
                                     " no df", " hex 01 02", " data \"z\""};

static struct packet_spec *try(char arrow, const char *text)
{
    struct diagnostic d = {0};
    struct word *words;
    int n = words_of(rig.pool, "test", text, &words, &d);
    return n < 0 ? NULL : packet_compile(rig.set, rig.pool, arrow, words, (size_t)n, &d);
}

static unsigned taken;

/* Counts what is refused; fails on what cannot be read back. */
static void check(char arrow, const char *text)
{
    const struct packet_spec *p = try(arrow, text);
    if (!p)
        return;
    taken++;
    char *printed = packet_print(p);
    const struct packet_spec *again = try(arrow, printed);
    cr_expect(again, "%c %s\nis printed so that it does not parse\n%c %s", arrow, text, arrow,
              printed);
    cr_expect(!again || packet_spec_equal(p, again), "%c %s\nis printed as another line\n%c %s",
              arrow, text, arrow, printed);
    free(printed);
}

/* Some hundred lines share a pool. */
static void check_line(const char *head, const char *field, const char *value, const char *tail)
{
    static unsigned lines;
    char text[TEXT];
    if (lines++ % 200 == 0) {
        if (rig.pool)
            rig_down();
        rig_up();
    }
    snprintf(text, sizeof text, "%s %s %s%s", head, field, value, tail);
    check('<', text);
    check('>', text);
}

/* Each value alone and with one thing behind it, another one at the next field: fields of a kind
   share their printer, and each kind meets all of them. */
static void check_field(const char *head, const char *name)
{
    static size_t turn;
    turn++;
    for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
        check_line(head, name, values[v], "");
        check_line(head, name, values[v],
                   behind[1 + (v + turn) % (sizeof behind / sizeof behind[0] - 1)]);
    }
    for (size_t b = 0; b < sizeof behind / sizeof behind[0]; b++) {
        check_line(head, name, "", behind[b]);
        check_line(head, "no", name, behind[b]);
    }
}

static const struct layer *const layers[] = {
    &layer_eth, &layer_vlan, &layer_arp,  &layer_ip,  &layer_ip6, &layer_icmp, &layer_icmp6,
    &layer_udp, &layer_tcp,  &layer_dhcp, &layer_dns, &layer_ntp, &layer_data};
/* With the words that open what else the layer has. */
static const struct {
    const struct layer *layer;
    const char *text;
} heads[] = {
    {&layer_icmp, "icmp echo-request"},
    {&layer_icmp, "icmp unreachable port"},
    {&layer_icmp, "icmp unreachable frag-needed"},
    {&layer_icmp, "icmp redirect host"},
    {&layer_icmp, "icmp parameter-problem"},
    {&layer_icmp, "icmp time-exceeded ttl"},
    {&layer_icmp6, "icmp6 echo-request"},
    {&layer_arp, "arp request"},
    {&layer_arp, "arp reply"},
    {&layer_dns, "dns query"},
    {&layer_dns, "dns response"},
    {&layer_dhcp, "dhcp offer"},
    {&layer_tcp, "tcp flags S"},
    {&layer_tcp, "S 0:0(0)"},
    {&layer_tcp, "S. 0:0(0) ack 1 <mss 1460>"},
    {&layer_tcp, "P. 1:6(5) ack 1 win 9 <...>"},
    {&layer_tcp, "[ect0] . 1:1(0)! ack 1"},
    {&layer_ip, "ip 10.0.2.2 > 10.0.2.15"},
    {&layer_ip, "ip 10.0.2.2 > 10.0.2.15 icmp unreachable port quote ip"},
    {&layer_udp, "icmp unreachable port quote ip 10.0.2.2 > 10.0.2.15 udp 5 > 7"},
};

Test(print_fields, behind_the_words_of_a_layer)
{
    for (size_t h = 0; h < sizeof heads / sizeof heads[0]; h++)
        for (uint32_t f = 0; f < heads[h].layer->fields; f++)
            check_field(heads[h].text, heads[h].layer->field[f].name);
}

/* The list of a segment's options: each with each value, alone and among others. */
Test(print_fields, segment_options)
{
    static const char *const options[] = {"mss",
                                          "wscale",
                                          "sackOK",
                                          "nop",
                                          "eol",
                                          "sack",
                                          "TS val 1 ecr",
                                          "TS",
                                          "FO",
                                          "FOEXP",
                                          "md5",
                                          "AccECN",
                                          "AccECN e0b 5 ceb 3 e1b",
                                          "opt 5",
                                          "opt 30",
                                          "opt 256",
                                          "opt"};
    for (size_t n = 0; n < sizeof options / sizeof options[0]; n++)
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            char list[PART];
            snprintf(list, sizeof list, "<%s %s>", options[n], values[v]);
            check_line("S 0:0(0) win 5", "", list, "");
            snprintf(list, sizeof list, "<nop,%s %s,mss 5>", options[n], values[v]);
            check_line("S 0:0(0) win 5", "", list, " bad sum");
            check_line("tcp 5 > 7 flags S", "", list, "");
        }
}

/* One value alone, two with `>`. */
Test(print_fields, position)
{
    for (size_t k = 0; k < sizeof layers / sizeof layers[0]; k++)
        for (size_t a = 0; a < sizeof values / sizeof values[0]; a++) {
            check_line(layers[k]->name, "", values[a], "");
            check_line(layers[k]->name, "", values[a], " hex 01 02");
            for (size_t b = 0; b < sizeof values / sizeof values[0]; b += 3) {
                char pair[128];
                snprintf(pair, sizeof pair, "%s > %s", values[a], values[b]);
                check_line(layers[k]->name, "", pair, "");
            }
        }
}

/* --- DNS: records --- */

static const char *const names[] = {"\"www.example.test\"",
                                    "\"5.2.\xe9.192.in-addr.arpa\"",
                                    "\"\\x00\\xff\"",
                                    "\"a b\"",
                                    "\"\\\"\"",
                                    "\"\\\\\"",
                                    "\".\"",
                                    ".",
                                    "\"\"",
                                    "www.example.test",
                                    "x",
                                    "10.0.2.2",
                                    "hex 01 61 00",
                                    "hex c0 0c",
                                    "?n",
                                    "$n",
                                    "$n+1",
                                    "*",
                                    "\"hex\"",
                                    "hex",
                                    "class",
                                    "A",
                                    "question",
                                    "\"trailing.\"",
                                    "eth0"};
static const char *const types[] = {
    "A",          "PTR",          "TXT",        "MX",    "SOA", "SRV",  "AAAA", "OPT",
    "ANY",        "65280",        "0",          "?t",    "$t",  "$t+1", "*",    "class CH A",
    "class ?c A", "class 255 MX", "class IN A", "[1..5]"};
static const char *const data[] = {"",
                                   "10.0.2.80",
                                   "fe80::1",
                                   "\"text\"",
                                   "\"\\xff\\x00\"",
                                   "\"\"",
                                   "hex 01 02",
                                   "hex",
                                   "pattern 5",
                                   "zero 3",
                                   "(4)",
                                   "10 mail.test",
                                   "10 \"\xe9\"",
                                   "10 hex 01 61 00",
                                   "?d",
                                   "$d",
                                   "*",
                                   "a.test b.test 1 2 3 4 5",
                                   "\"\xe9\" hex 00 1 2 3 4 5",
                                   "1 2 3 \"\xff.test\"",
                                   "1 2 3 .",
                                   "b.test",
                                   "\"\xff\"",
                                   "hex c0 0c"};

Test(print_fields, questions)
{
    static const char *const ends[] = {"", " rd", " x/A", " answer x A 60 10.0.2.3", " hex 01"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
            for (size_t e = 0; e < sizeof ends / sizeof ends[0]; e++) {
                char text[PART];
                snprintf(text, sizeof text, "%s/%s", names[n], types[t]);
                check_line("dns query", "", text, ends[e]);
                snprintf(text, sizeof text, "%s %s", names[n], types[t]);
                check_line("dns query", "question", text, ends[e]);
                check_line("dns query", "question", names[n], ends[e]);
            }
}

/* Each name with each type and each data; what else a record has and what ends it take turns, so
   that any two of them meet. */
Test(print_fields, records)
{
    static const char *const ends[] = {"", " additional y TXT 0 \"z\"", " tc", " pad 60"};
    static const char *const ttls[] = {"60", "1h", "?s", "$s", "*", "[1..5]", "4294967295"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
            for (size_t d = 0; d < sizeof data / sizeof data[0]; d++) {
                size_t e = (n + t + d) % (sizeof ends / sizeof ends[0]);
                char text[PART];
                snprintf(text, sizeof text, "%s %s %s %s", names[n], types[t],
                         ttls[(n + 2 * t + 3 * d) % (sizeof ttls / sizeof ttls[0])], data[d]);
                check_line("dns response", (n + t) % 2 ? "authority" : "answer", text, ends[e]);
            }
}

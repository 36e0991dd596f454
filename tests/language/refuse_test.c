/* Each error: its place, what is wrong, what would be right. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/language/help.h"

static const struct {
    const char *text, *says;
} error[] = {
    {"hots raw peer\n0 f() = 0\n",
     "t.pkt:1:1: unknown word `hots` at a line's start: did you mean `host`?"},
    {"covers A\nhots raw peer\n0 f() = 0\n",
     "t.pkt:2:1: unknown word `hots` at a line's start: did you mean `host`?"},
    {"host raw\n0 f() = 0\n", "t.pkt:1:9: the line ends too early, expected a name; a line of this "
                              "kind reads: host KIND NAME [ATTRIBUTE VALUE]..."},
    {"sut eth0 ip 10.0.2.300/24\n0 f() = 0\n",
     "t.pkt:1:13: `10.0.2.300/24` is no number, time or address: an IPv4 address is four numbers "
     "up to 255"},
    {"0 socket(..., 3 = 3\n0 f() = 0\n", "t.pkt:1:9: this `(` is never closed: `)` is missing"},
    {"0 socket(...) = \n0 f() = 0\n",
     "t.pkt:1:16: the line ends too early; a line of this kind reads: TIME [@HOST] NAME(ARGUMENTS) "
     "[= RESULT [ERRNO] [(NOTE)]]"},
    {"socket(...) = 3\n", "t.pkt:1:1: an event starts with a time: write `+0 socket(...)`"},
    {"0 f() = 3\nsocket(...) = 3\n",
     "t.pkt:2:1: an event starts with a time: write `+0 socket(...)`"},
    {"< S 0:0(0)\n", "t.pkt:1:1: a packet line starts with a time: write `+0 < ...`"},
    {"0 >\n",
     "t.pkt:1:3: no packet stands behind `>`: write its layers, or TCP flags and sequence numbers"},
    {"1sec f() = 0\n",
     "t.pkt:1:2: unknown unit of time `sec`: there are ns, us, ms, s, min, h and d"},
    {"1.5ss f() = 0\n", "t.pkt:1:4: unknown unit of time `ss`: did you mean `ns`?"},
    {"+1~2 f() = 0\n",
     "t.pkt:1:4: the start has a + and the end has none: write both with it, or neither"},
    {"0~5 < arp\n",
     "t.pkt:1:1: only a packet that is awaited has a range for its time: write when this happens"},
    {"0 > dhcp xid ?x\n+0 > dhcp xid ?x\n",
     "t.pkt:2:15: ?x is bound already: $x uses it, another value needs another name"},
    {"all {\n0 > udp ?p > 7\n0 > udp $p > 8\n}\n",
     "t.pkt:3:9: $p is bound in this all { }, whose lines come in any order: none may use what "
     "another binds"},
    {"2~1 f() = 0\n", "t.pkt:1:3: the range ends before it starts"},
    {"0 link lan lsoe frame 2\n", "t.pkt:1:12: unknown fault `lsoe`: did you mean `lose`?"},
    {"link lan\n0 link lna lose frame 2\n", "t.pkt:2:8: unknown link `lna`: did you mean `lan`?"},
    {"0 link lan flip frame 2\n",
     "t.pkt:1:12: flip needs the number of the bit: link lan flip 100"},
    {"0 link lan lose fram 2\n", "t.pkt:1:17: unknown word `fram`: did you mean `frame`?"},
    {"0 @srv > arp\n", "t.pkt:1:4: unknown host `srv`: declare it with a host or sut line"},
    {"host raw srv\n0 @svr > arp\n", "t.pkt:2:4: unknown host `svr`: did you mean `srv`?"},
    {"0 > udp id $xid\n", "t.pkt:1:9: udp has nothing called id; ip is near"},
    {"0 > udp id ?xid\n0 > udp id $xdi\n", "t.pkt:1:9: udp has nothing called id; ip is near"},
    {"param a = 1\nparam a = 2\n0 f()\n",
     "t.pkt:2:7: parameter `a` stands already on line 1: give it all its values there"},
    {"param a = 1..200000\n0 f()\n",
     "t.pkt:1:7: the parameters make more than 100000 cases: give them fewer values"},
    {"all {\n0 f()\n", "t.pkt:1:1: this block is never closed: `}` is missing"},
    {"}\n0 f()\n", "t.pkt:1:1: `}` without all {, one { or repeat N { before it"},
    {"all { }\n0 f()\n", "t.pkt:1:1: this block is empty: put an event into it"},
    {"repeat {\n0 f()\n}\n",
     "t.pkt:1:8: unexpected `{`, expected a number; a line of this kind "
     "reads: repeat COUNT [?NAME] { LINES } or repeat LEAST..MOST [?NAME] { LINES }"},
    {"if {\n0 f()\n}\n",
     "t.pkt:1:4: unexpected `{`; a line of this kind reads: if EXPRESSION { LINES }"},
    {"if 1 == 1 {\n0 f()\n", "t.pkt:1:1: this block is never closed: `}` is missing"},
    {"if $x {\n0 f()\n}\n",
     "t.pkt:1:4: unbound variable `x`: a ?name in a packet or a call before it binds, or a param "
     "line"},
    {"repeat 3 {\nhost raw x\n0 f()\n}\n",
     "t.pkt:2:1: a host line stands inside a block: declarations stand outside of all { } and "
     "repeat N { }"},
    {"0 asert x == 1\n", "t.pkt:1:3: unknown word `asert`: did you mean `assert`?"},
    {"0 assert x ==\n",
     "t.pkt:1:14: the line ends too early; a line of this kind reads: TIME assert EXPRESSION"},
    {"0 assert (x == 1\n1 f()\n", "t.pkt:1:10: this `(` is never closed: `)` is missing"},
    {"0 f(\"abc) = 1\n", "t.pkt:1:5: this string is never closed: a second \" is missing"},
    {"0 f(\"a\\q\") = 1\n", "t.pkt:1:7: unknown escape `\\q` in a string: there are \\n \\r \\t "
                            "\\\\ \\\" \\xHH and \\OOO"},
    {"/* never\n0 f()\n", "t.pkt:1:1: this comment is never closed: `*/` is missing"},
    {"`never\n0 f()\n", "t.pkt:1:1: this command is never closed: a second ` is missing"},
    {"0 %{ assert\n", "t.pkt:1:3: this code block is never closed: `}%` is missing"},
    {"host raw peer mac 52:55:0a:00:02\n0 f()\n",
     "t.pkt:1:19: `52:55:0a:00:02` is neither a MAC address (six pairs of hexadecimal digits) nor "
     "an IPv6 address"},
    {"include nothere.pkt\n0 f()\n", "t.pkt:1:9: an include line reads: include \"FILE\""},
    {"end 5 sec\n0 f()\n", "t.pkt:1:7: unexpected `sec`, expected the line's end or because; a "
                           "line of this kind reads: end TIME [because \"REASON\"]"},
    {"golden print\n0 f()\n", "t.pkt:1:8: unknown word `print`: the line reads golden fingerprint"},
    {"expert 0 tcp.x\n0 f()\n", "t.pkt:1:8: frame 0: a capture's frames are numbered from 1"},
    {"host raw a\nhost raw a\n0 f()\n",
     "t.pkt:2:10: the name `a` stands already on line 1: choose another"},
    {"0 f(\302\247) = 1\n",
     "t.pkt:1:5: unexpected byte 0xc2: outside strings and comments a script is plain ASCII text"},
    {"#ifdef FreeBSD\n0 f()\n", "t.pkt:1:1: this #ifdef is never closed: #endif is missing"},
    {"#endif\n0 f()\n", "t.pkt:1:1: #endif without #ifdef before it"},
    {"one {\n0 f()\n}\n",
     "t.pkt:2:1: an alternative begins with a > line, which tells whether it is "
     "the one"},
    {"repeat 1..3 {\n0 f()\n}\n", "t.pkt:2:1: a counted block begins with a > line, which tells "
                                  "whether it goes on"},
    {"repeat 3..2 {\n0 > udp\n}\n", "t.pkt:1:11: repeat 3..2: the range ends before it starts"},
    {"0 maybe < udp\n", "t.pkt:1:1: maybe: only a packet that is awaited may stay away"},
    {"0 let x = 1\n0 let x = 2\n",
     "t.pkt:2:7: ?x is bound already: $x uses it, another value needs another name"},
    {"0~1 let x = 1\n", "t.pkt:1:1: only a packet that is awaited has a range for its time: write "
                        "when this happens"},
    {"`a`\n0 f()\n`b`\n1 f()\n",
     "t.pkt:3:1: a command between events needs a time: write +0 before it"},
    {"param x 1\n0 f()\n", "t.pkt:1:9: unexpected `1`, expected `=`; a line of this kind reads: "
                           "param NAME = VALUE[, VALUE]... or FIRST..LAST"},
    {"param n = e1000 rtl\n0 f()\n",
     "t.pkt:1:17: unexpected `rtl`, expected the line's end or `,`; a line of this kind reads: "
     "param NAME = VALUE[, VALUE]... or FIRST..LAST"},
    {"set a\n0 f()\n", "t.pkt:1:6: the line ends too early; a line of this kind reads: set KNOB "
                       "VALUE [KNOB VALUE]..."},
    {"link lan latency 1ms on\n0 f()\n", "t.pkt:1:24: the line ends too early, expected a name; a "
                                         "line of this kind reads: link NAME [ATTRIBUTE VALUE]..."},
    {"0 f() = 1 2\n", "t.pkt:1:11: unexpected `2`; a line of this kind reads: TIME [@HOST] "
                      "NAME(ARGUMENTS) [= RESULT [ERRNO] [(NOTE)]]"},
    {"0 f() 3\n", "t.pkt:1:7: unexpected `3`, expected the line's end or `=`; a line of this kind "
                  "reads: TIME [@HOST] NAME(ARGUMENTS) [= RESULT [ERRNO] [(NOTE)]]"},
    {"0\n", "t.pkt:1:2: the line ends too early; a line of this kind reads: TIME [@HOST] "
            "NAME(ARGUMENTS) [= RESULT [ERRNO] [(NOTE)]]"},
    {"host raw p from $x\n0 f()\n",
     "t.pkt:1:17: unknown parameter `x`: a declaration can use only what a param line names"},
    {"0 link lan down frame 3\n", "t.pkt:1:17: unexpected `frame`: down is done to the whole link"},
    {"0 link lan delay\n", "t.pkt:1:12: delay needs a time: link lan delay 5ms"},
    {"0 link lan delay 5ms frame 0\n", "t.pkt:1:28: frame 0: it takes a number, counting from 1"},
    {"99999999999999999999 f()\n", "t.pkt:1:1: the time `99999999999999999999` is no whole number "
                                   "of nanoseconds below 292 years"},
    {"golden fingerprint\n\t0 f()\t= $x\n", "t.pkt:2:10: unbound variable `x`: a ?name in a packet "
                                            "or a call before it binds, or a param line"},
};

Test(refuse, says_where_and_why)
{
    for (size_t i = 0; i < sizeof error / sizeof error[0]; i++) {
        char line[512];
        snprintf(line, sizeof line, "%s\n", error[i].says);
        refused(error[i].text, line);
    }
}

Test(refuse, shows_the_line_with_a_caret)
{
    refused("0 f()\n\t0 g()\t= $x\n", "t.pkt:2:10: unbound variable `x`: a ?name in a packet or a "
                                      "call before it binds, or a param line\n"
                                      "    \t0 g()\t= $x\n"
                                      "    \t     \t  ^~\n");
    refused("0 f(\"\xc3\xa4\") = 1 2\n",
            "t.pkt:1:14: unexpected `2`; a line of this kind reads: TIME [@HOST] NAME(ARGUMENTS) "
            "[= RESULT [ERRNO] "
            "[(NOTE)]]\n    0 f(\"\xc3\xa4\") = 1 2\n                 ^\n");
}

Test(refuse, a_long_line_is_shown_around_the_caret)
{
    char text[3000];
    memset(text, ' ', 2000);
    strcpy(text + 2000, "0 f() = 1 2\n");
    refused(text, "t.pkt:1:2011: unexpected `2`; a line of this kind");
    struct diagnostic d;
    char out[2048];
    cr_assert_null(script_parse("t.pkt", text, strlen(text), NULL, &d));
    cr_assert_lt(diagnostic_text(&d, NULL, out, sizeof out), 600);
}

Test(refuse, what_is_too_deep_or_too_long)
{
    struct diagnostic d;
    size_t n = 0;
    char *text = malloc(40 * 8 + 64);
    for (int i = 0; i < 40; i++)
        n += (size_t)sprintf(text + n, "all {\n");
    sprintf(text + n, "0 f()\n");
    refused(text, "t.pkt:33:1: blocks nest too deep: at most 32\n");
    free(text);
    refused("0 f((((((((((((((((((((((((((((((((((1)\n",
            "t.pkt:1:36: brackets nest too deep: at most 32\n");
    refused("repeat 1000 {\nrepeat 1001 {\n0 f()\n}\n}\n",
            "t.pkt:1:1: this block plays more than 1000000 events: repeat it less often\n");
    refused("param a = 1..1000\nparam b = 1..1000\n0 f()\n",
            "t.pkt:2:7: the parameters make more than 100000 cases: give them fewer values\n");
    text = malloc(17u << 20);
    memset(text, ' ', 17u << 20);
    cr_assert_null(script_parse("t.pkt", text, 17u << 20, NULL, &d));
    cr_assert_str_eq(d.text, "the script is longer than 16 MiB");
    free(text);
}

Test(refuse, expressions_that_are_too_deep)
{
    char text[4000];
    struct diagnostic d;
    strcpy(text, "0 assert a");
    for (int i = 0; i < 100; i++)
        strcat(text, " + a");
    strcat(text, "\n");
    cr_assert_null(script_parse("t.pkt", text, strlen(text), NULL, &d));
    cr_assert_str_eq(d.text, "this expression nests too deep: at most 64 levels");
    strcpy(text, "0 assert ");
    for (int i = 0; i < 3000; i++)
        strcat(text, "!");
    strcat(text, "a\n");
    cr_assert_null(script_parse("t.pkt", text, strlen(text), NULL, &d));
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    cr_assert_not_null(f);
    fputs(text, f);
    fclose(f);
}

Test(include, stands_in_place_and_knows_its_own_lines)
{
    char folder[] = "/tmp/wiredrill-include-XXXXXX", path[64], inner[64], out[1024];
    struct diagnostic d;
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.pkt", folder);
    snprintf(inner, sizeof inner, "%s/b.pkt", folder);
    write_file(path, "// Outer.\ninclude \"b.pkt\"\n0 f()\n");
    write_file(inner, "// Inner.\nhost raw peer ip 10.0.0.1\n");
    struct script *s = script_load(path, NULL, &d);
    cr_assert_not_null(s, "%s", d.text);
    cr_assert_str_eq(s->summary, "Outer.");
    cr_assert_eq(s->hosts, 1);
    cr_assert_str_eq(s->host[0].place.file, inner);
    script_free(s);
    write_file(inner, "\nhost raw peer ip\n\tx = z\n");
    cr_assert_null(script_load(path, NULL, &d));
    diagnostic_text(&d, NULL, out, sizeof out);
    cr_assert_not_null(strstr(out, "b.pkt:3:4: "), "%s", out);
    cr_assert_not_null(strstr(out, "\n    \tx = z\n"), "%s", out);
    write_file(inner, "include \"a.pkt\"\n");
    cr_assert_null(script_load(path, NULL, &d));
    diagnostic_text(&d, NULL, out, sizeof out);
    cr_assert_not_null(strstr(out, "b.pkt:1:9: "), "%s", out);
    cr_assert_not_null(strstr(out, "includes itself: files cannot include each other in a circle"),
                       "%s", out);
    unlink(path);
    unlink(inner);
    cr_assert_null(script_load(path, NULL, &d));
    cr_assert_str_eq(d.text, "cannot read the script: No such file or directory");
    rmdir(folder);
}

/* What a script prints parses to the same script, in every construct of both dialects. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/language/help.h"

/* Prints, parses and compares; returns what was printed, which is printed again the same. */
static char *round_trip(const char *text)
{
    struct script *s = parsed(text);
    char *printed = script_print(s);
    struct script *again = parsed(printed);
    char *twice = script_print(again);
    cr_assert(script_equal(s, again), "this differs after printing:\n%s\nprinted:\n%s", text,
              printed);
    cr_assert_str_eq(printed, twice);
    script_free(s);
    script_free(again);
    free(twice);
    return printed;
}

static void prints(const char *text, const char *expected)
{
    char *printed = round_trip(text);
    cr_assert_str_eq(printed, expected);
    free(printed);
}

static const char *const corpus[] = {
    /* ours */
    ("sut eth0 ip 10.0.2.15/24\nhost raw peer ip 10.0.2.2\nignore > arp until 5s\nignore @eth0 > "
     "udp\n0 let x = 1 + 2\n"
     "0~1 maybe > arp request\n0~1 maybe @eth0 > arp\n"
     "one {\n0 > P. 1:101(100) ack 1\n0 > F. 101:101(0) ack 1\n} or {\n0 > FP. 1:101(100) ack 1\n} "
     "or {\n0 > R ?a:1(0)\n0 f($a)\n}\n"
     "repeat 2..5 ?i {\n0~1 > udp data *\n0 f($i)\n}\nrepeat 0.. {\n0~1 > icmp\n}\n"
     "repeat 3 ?k {\n0 f($k)\n}\n"
     "if $x + 1 > 2 and not $a == 3 {\n0 f()\nif $x {\n0 > udp\n}\n}\n"
     "+0 f() = 1..9\n+0 f() = {1, 3}\n+0 f() = -1 EAGAIN|EINTR\n+0 f() = -1 !EPIPE (note)\n"),
    ("// A server answers.\n// More about it.\ncovers MUST-1 RFC826-1\nset arp.expiry 60s "
     "arp.refresh off\nset tcp.rmem 4096 87380 6291456\n"
     "param nic = e1000, rtl8139\nparam seed = 1..20\nparam mode = 3, 4, 5, 9, -1, on, \"x y\", "
     "10ms\n"
     "link lan latency 1ms rate 10Mbit loss 5%\nlink wan\n"
     "host dhcp-server srv ip 10.0.2.2/24 pool 10.0.2.15..10.0.2.20 silent, mtu 1500 on lan\nhost "
     "raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2 fe80::2\n"
     "sut eth0 ip 10.0.2.15/24 nic $nic on lan\nsut eth1 on wan\nignore @eth0 > arp\nignore < arp "
     "request\nexpert 3 tcp.checksum on lan\n"
     "expert 4 ip.ttl\ngolden fingerprint\nend 3min because \"it says \\\"so\\\"\"\n0 f()\n"),
    ("0 f()\n// why\n// because\n+1ms g()\n/* a block\n * comment */\n* h()\n1~2 > arp\n+1~+2 "
     "> arp\n+5s quiet\n1~+2 > arp\n+0...0.2 l()\n1...3 m()\n"),
    "all {\n+0 f()\nrepeat 3 {\n// inside\n+0 g() = ?x\n}\n}\n+0 h($x)\n",
    ("sut eth0 ip 10.0.2.15/24\nhost raw srv ip 10.0.2.2\n"
     "0 link lan lose frame 2\n+0 link lan dup every 3 limit 2\n+0 link lan flip 13 mask "
     "0x8000000000000001\n+0 link lan delay 5 from srv\n"
     "+0 link lan truncate 40 match > arp\n+0 link lan fcs match @srv < udp\n+0 link lan lose "
     "match arp request\n+0 link lan down\n+0 link lan up\n"
     "+0 link lan set loss 10% latency 1ms\n+0 link lan partition\n+0 link lan heal\n+0 set "
     "arp.expiry 5s ip.ttl 3\n"),
    ("0 assert a == 1 && b != 2 || !c\n+0 assert not a == 1 and (b or c)\n+0 assert 1 < x <= 3 != "
     "y\n+0 assert (1 < x) < 2\n"
     "+0 assert a + 1 * 2 - -3 == ((4)) & 5 | 6 << 2 >> 1\n+0 assert counter(\"lan.lost\") > 0 and "
     "ifaddr(\"eth0\") == 10.0.2.15/24\n"
     "+0 assert -(-x) % 3 / 2 == 1 and f() and g(1, 2 == 3, h(4))\n+0 assert t == 5ms and m == "
     "52:55:0a:00:02:02 and s == hex 00ff and a6 == fe80::1\n"),
    ("sut eth0 ip 10.0.2.15/24\nhost raw peer ip 10.0.2.2\n0 @peer listen(7) = 0\n+0 > eth "
     "ff:ff:ff:ff:ff:ff arp request who-has 10.0.2.2 tell 10.0.2.15\n"
     "+1ms < arp reply 10.0.2.2 is-at peer\n+0 > ip eth0 > peer udp ?p > 7 data \"a\\n\\x00\"\n+0 "
     "< udp 7 > $p data \"b\" bad udp.sum\n"
     "+0 @peer > udp\n+0 < hex 00 11 22\n 33 44\n"),
    ("sut eth0 ip 10.0.2.15/24\nhost stack a ip 10.0.2.3/24, set arp.expiry 60s set arp.refresh 0\n"
     "host ./mine.so b\nhost ../x-y/2.so c ip 10.0.2.4\nhost \"a b/\\\"c\\\".so\" d\n"
     "0 @a socket(1) = 3\n"),
    "param k = stack, \"./a.so\"\nhost $k a ip 10.0.2.3\nsut eth0\n0 f()\n",
    "format echo on udp 7 {\n  op: u8\n  id: u16\n}\n0 f()\n",
    ("0 f(..., -1, 0x10, A|B|3, [1, [2]], {a=1, b={c=...}, 5}, htons(7), \"s\", ?x, $x, *, hex "
     "00ff, fe80::1, 60s) = [?y] EBAD (a note, with (parts))\n"),
    /* packetdrill */
    ("--ip_version=ipv4\n--tolerance_usecs=10000 --foo=\"a b\" --flag "
     "--non_fatal=packet,syscall\n`./defaults.sh\nsysctl -q x=3\n`\n"
     "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], "
     "4) = 0\n+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n"
     "+0 < S 0:0(0) win 32792 <mss 1000,sackOK,nop,nop,nop,wscale 7>\n+0 > S. 0:0(0) ack 1 <mss "
     "1460,nop,nop,sackOK,nop,wscale 8>\n"
     "+.01 < . 1:1(0) ack 1 win 257\n+0 accept(3, ..., ...) = 4\n+0 write(4, ..., 1000) = 1000\n+0 "
     "> P. 1:1001(1000) ack 1\n"
     "+.1 < . 1:1(0) ack 1001 win 257 <nop,nop,sack 2001:3001 4001:5001>\n+0 `tc qdisc show`\n+0 "
     "close(4) = 0\n+0 > F. 1001:1001(0) ack 1 <...>\n`cleanup`\n"),
    ("0.000 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n0.0...0.2 connect(3, ..., ...) = -1 "
     "EINPROGRESS (Operation now in progress)\n"
     "*  > S 0:0(0) <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7>\n0.1 < S. 0:0(0) ack 1 win "
     "5792 <mss 1460,nop,wscale 2,nop,nop,sackOK>\n"
     "0.2 < [ect0] . 1:1(0) ack 1 win 257\n+0 < [ce] EAP. 1:1001(1000) ack 1 win 264\n+0~+.2 > . "
     "1:1(0) ack 1001\n"),
    ("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 recvmsg(4, {msg_name(...)=...,\n   "
     "msg_iov(2)=[{...,0}, {..., 7}],\n   msg_flags=MSG_ERRQUEUE,\n   "
     "msg_control=[\n     {cmsg_level=CMSG_LEVEL_IP,\n      cmsg_type=CMSG_TYPE_RECVERR,\n      "
     "cmsg_data={ee_errno=0}}\n   ]}, MSG_ERRQUEUE) = 0\n"
     "+0 poll([{fd=4, events=POLLIN, revents=POLLIN}], 1, 0) = 1\n+0 epoll_ctl(6, EPOLL_CTL_ADD, "
     "4, {events=EPOLLIN, fd=4}) = 0\n"
     "+0 connect(3, {sa_family = AF_INET, sin_port = htons(8080), sin_addr = "
     "inet_addr(\"192.0.2.1\")}, ...) = -1 ECONNREFUSED (Connection refused)\n"
     "+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0\n"),
    ("0 f()\n+0 %{ assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd }%\n+0 %{\nassert tcpi_unacked == 1 "
     "and not tcpi_lost\nassert (tcpi_options & 3) != 0, 'x'\n}%\n"
     "+0 %{ import sys }%\n%{ assert 1 <= tcpi_x < 3 }%\n"),
};
enum { SCRIPTS = sizeof corpus / sizeof corpus[0] };

Test(print, parses_to_the_same)
{
    for (size_t i = 0; i < SCRIPTS; i++)
        free(round_trip(corpus[i]));
}

/* A line each, behind one event: a file of lines that start with # or nothing between them. */
Test(print, every_line_of_packetdrill)
{
    FILE *f = fopen("tests/language/packetdrill.lines", "r");
    char line[1024], text[1100];
    int lines = 0;
    cr_assert_not_null(f, "the tests run in the project's root");
    for (; fgets(line, sizeof line, f); lines++) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        snprintf(text, sizeof text, "0 f()\n%s", line);
        free(round_trip(text));
    }
    fclose(f);
    cr_assert_gt(lines, 300);
}

static struct script *replaced(const char *text, char from, const char *to)
{
    char out[1024];
    size_t n = 0;
    for (; *text; text++)
        n += (size_t)snprintf(out + n, sizeof out - n, *text == from ? "%s" : "%.1s",
                              *text == from ? to : text);
    return parsed(out);
}

/* The same script with other line ends, with tabs, without a newline at its end. */
Test(print, white_space_is_free)
{
    static const char text[] = "--tolerance_usecs=1000\n`sysctl`\n0 socket(..., SOCK_STREAM) = 3\n"
                               "+0 < S 0:0(0) win 5 <mss 1460,nop>\n+0 > S. 0:0(0) ack 1 <...>\n"
                               "+.1 %{assert(a)}%\n/*remark*/ +0 close(3) = 0\n`end`\n";
    struct script *s = parsed(text);
    struct script *other[] = {replaced(text, '\n', "\r\n"), replaced(text, ' ', "\t"),
                              replaced(text, ' ', "  "), replaced(text, '\n', " \n\n")};
    for (size_t k = 0; k < sizeof other / sizeof other[0]; k++) {
        cr_assert(script_equal(s, other[k]), "%zu:\n%s", k, script_print(other[k]));
        script_free(other[k]);
    }
    script_free(s);
    char cut[sizeof text];
    memcpy(cut, text, sizeof text);
    cut[sizeof text - 2] = 0; /* without the last newline */
    s = parsed(cut);
    cr_assert_str_eq(s->cleanup_shell, "end");
    script_free(s);
}

Test(print, canonical_text)
{
    prints("// What.\nparam n = 1, 2, 3, 5\nhost raw p silent, ip 10.0.0.1\n"
           "0.5 f( 1,2 )=3 // gone\n// kept\n+.001 link lan lose frame 2\n+0 assert (a) && ((b == "
           "1) && c)\n",
           "// What.\nparam  n = 1..3, 5\nhost   raw p silent, ip 10.0.0.1\n"
           "500ms  f(1, 2) = 3\n// kept\n+1ms   link lan lose frame 2\n+0     assert a && (b == 1 "
           "&& c)\n");
}

Test(print, expressions)
{
    struct script *s = parsed("0 assert not a < b < c or -x == 1 | 2 and y\n");
    char *text = expr_print(s->step[0].u.expr);
    cr_assert_str_eq(text, "not a < b < c || -x == 1 | 2 && y");
    free(text);
    script_free(s);
}

/* Scripts that are not the same are told apart. */
Test(equal, sees_each_difference)
{
    static const char *const pair[][2] = {
        {"0 f()\n", "1 f()\n"},
        {"0 f()\n", "+0 f()\n"},
        {"0 f(1)\n", "0 f(2)\n"},
        {"0 f() = 1\n", "0 f() = 2\n"},
        {"0 f() = -1 EA\n", "0 f() = -1 EB\n"},
        {"0 assert a == 1\n", "0 assert a != 1\n"},
        {"0 assert a && b\n", "0 assert b && a\n"},
        {"0 link lan lose frame 1\n", "0 link lan lose frame 2\n"},
        {"0 link lan lose\n", "0 link lan dup\n"},
        {"set a 1\n0 f()\n", "set a 2\n0 f()\n"},
        {"end 1\n0 f()\n", "end 2\n0 f()\n"},
        {"// a\n0 f()\n", "// b\n0 f()\n"},
        {"all {\n0 f()\n}\n", "repeat 1 {\n0 f()\n}\n"},
        {"if 1 {\n0 f()\n}\n", "if 2 {\n0 f()\n}\n"},
        {"if 1 {\n0 f()\n}\n", "repeat 1 {\n0 f()\n}\n"},
        {"repeat 2 {\n0 f()\n}\n", "repeat 3 {\n0 f()\n}\n"},
        {"0 `a`\n", "0 `b`\n"},
        {"0 > udp 1 > 2\n", "0 > udp 1 > 3\n"},
        {"0 > udp 1 > 2\n", "0 < udp 1 > 2\n"},
        {"host raw a\n0 f()\n", "host raw a silent\n0 f()\n"},
        {"param a = 1\n0 f()\n", "param a = 2\n0 f()\n"},
        {"1~2 > arp\n", "1 > arp\n"},
        {"1~2 > arp\n", "1~+1 > arp\n"},
        {"0 f(1)\n", "0 f(1, 1)\n"},
        {"0 assert f(1)\n", "0 assert f(1, 1)\n"},
        {"0 assert f(1)\n", "0 assert f(2)\n"},
        {"0 f() = 1 (a)\n", "0 f() = 1 (b)\n"},
        {"0 f()\n", "0 f()\n+0 f()\n"},
        {"covers A\n0 f()\n", "covers B\n0 f()\n"},
        {"--a=1\n0 f()\n", "--a=2\n0 f()\n"},
        {"link a\n0 f()\n", "link b\n0 f()\n"},
        {"sut a mtu 1\n0 f()\n", "sut a mtu 2\n0 f()\n"},
        {"host raw a\n0 f()\n", "host echo a\n0 f()\n"},
        {"ignore > arp\n0 f()\n", "ignore > udp\n0 f()\n"},
        {"ignore > arp\n0 f()\n", "ignore < arp\n0 f()\n"},
        {"expert 1 a.b\n0 f()\n", "expert 2 a.b\n0 f()\n"},
        {"expert 1 a.b\n0 f()\n", "expert 1 a.c\n0 f()\n"},
        {"outcome 1 a\n0 f()\n", "outcome 1 b\n0 f()\n"},
        {"outcome 1 a\n0 f()\n", "outcome 2 a\n0 f()\n"},
        {"param a = 1\n0 f()\n", "param b = 1\n0 f()\n"},
        {"param a = 1\n0 f()\n", "param a = 1, 2\n0 f()\n"},
        {"golden fingerprint\n0 f()\n", "0 f()\n"},
        {"`a`\n0 f()\n", "`b`\n0 f()\n"},
        {"0 f()\n`a`\n", "0 f()\n`b`\n"},
        {"0 %{ assert a }%\n", "0 %{ assert b }%\n"},
        {"0 set a 1\n", "0 set a 2\n"},
        {"0 link lan lose match > arp\n", "0 link lan lose match > udp\n"},
        {"0 link lan set loss 1%\n", "0 link lan set loss 2%\n"},
        {"all {\n0 f()\n}\n", "all {\n0 g()\n}\n"},
        {"0 < gre: . 1:1(0)\n", "0 < gre: . 1:2(1)\n"},
        {"0 < gre: . 1:1(0)\n", "0 > gre: . 1:1(0)\n"},
        {"format x on udp 7 {\na: u8\n}\n0 f()\n", "format x on udp 7 {\na: u16\n}\n0 f()\n"},
    };
    for (size_t i = 0; i < sizeof pair / sizeof pair[0]; i++) {
        struct script *a = parsed(pair[i][0]), *b = parsed(pair[i][1]);
        cr_assert_not(script_equal(a, b), "%s and %s", pair[i][0], pair[i][1]);
        script_free(a);
        script_free(b);
    }
}

static char *repeated(const char *before, const char *part, int times, const char *behind)
{
    static char text[4096];
    size_t n = (size_t)snprintf(text, sizeof text, "%s", before);
    for (int k = 0; k < times; k++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s", part);
    snprintf(text + n, sizeof text - n, "%s", behind);
    return text;
}

/* Brackets nest 32 deep at most: what has none, however long it is, gets none. */
Test(print, long_expressions_nest_no_deeper)
{
    static const char *const part[] = {"-",    "!",    "not ",  "a - ",  "a << ", "a % ",
                                       "a & ", "a | ", "x && ", "x || ", "x == ", "f(1) < "};
    for (size_t k = 0; k < sizeof part / sizeof part[0]; k++)
        free(round_trip(repeated("0 assert ", part[k], 60, "b\n")));
    prints("0 assert a - (b - c) - (d + e) * -(f * g) % h\n",
           "0      assert a - (b - c) - (d + e) * -(f * g) % h\n");
    prints("0 assert !(a == b) && not (c or d) && (x == y) == !z\n",
           "0      assert not a == b && !(c || d) && (x == y) == !z\n");
    prints("0 assert (a || b) && (c && d) || (e || f)\n",
           "0      assert (a || b) && (c && d) || (e || f)\n");
}

/* Text to words: the rules of token.h, and its examples. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "sim/language/lexer.h"
#include "tests/language/help.h"

/* "NAME:S. NUMBER:0 :" as token.h writes lists: PUNCT bare. */
static void words_are(const char *text, const char *expected)
{
    static const char *const kind[] = {"NAME", "NUMBER", "TIME", "STRING", "IPV4", "PREFIX",
                                       "IPV6", "MAC",    "BIND", "USE",    "HEX"};
    struct pool *pool = pool_new();
    struct diagnostic d = {0};
    struct word *w;
    char out[1024] = "";
    size_t n = 0;
    int count = words_of(pool, "t.pkt", text, &w, &d);
    cr_assert_geq(count, 0, "%s: %s", text, d.text);
    for (int i = 0; i < count; i++)
        n += (size_t)(w[i].kind == WORD_PUNCT
                          ? snprintf(out + n, sizeof out - n, "%s%s", i ? " " : "", w[i].text)
                          : snprintf(out + n, sizeof out - n, "%s%s:%s", i ? " " : "",
                                     kind[w[i].kind], w[i].text));
    cr_assert_str_eq(out, expected, "%s:\n%s\nexpected\n%s", text, out, expected);
    pool_free(pool);
}

Test(words, a_tcp_line)
{
    words_are("S. 0:0(0) ack 1 win 65535 <mss 1460,nop,wscale 7>",
              "NAME:S. NUMBER:0 : NUMBER:0 ( NUMBER:0 ) NAME:ack NUMBER:1 NAME:win NUMBER:65535 < "
              "NAME:mss NUMBER:1460 , NAME:nop , "
              "NAME:wscale NUMBER:7 >");
    words_are(". 1:1(0) ack 1 <...>",
              ". NUMBER:1 : NUMBER:1 ( NUMBER:0 ) NAME:ack NUMBER:1 < ... >");
    words_are("[ect0] - 1:11(10)!", "[ NAME:ect0 ] - NUMBER:1 : NUMBER:11 ( NUMBER:10 ) !");
    words_are("(tos 0x10, ttl 3) 7 > 8 S",
              "( NAME:tos NUMBER:0x10 , NAME:ttl NUMBER:3 ) NUMBER:7 > NUMBER:8 NAME:S");
}

Test(words, flags_in_any_order)
{
    words_are(".5 8. 5P. .P .PE S.P SEWA. F5.",
              "TIME:.5 NAME:8. NAME:5P. NAME:.P NAME:.PE NAME:S.P NAME:SEWA. NAME:F5.");
}

Test(words, names)
{
    words_are("who-has tcp.sum www.example.com RFC1122-2.3.2.1-1 a..b x... sequence#",
              "NAME:who-has NAME:tcp.sum NAME:www.example.com NAME:RFC1122-2.3.2.1-1 NAME:a .. "
              "NAME:b NAME:x ... NAME:sequence#");
    words_are("12ab 1234 1d 10Mbit 5% 1.5%",
              "NAME:12ab NUMBER:1234 TIME:1d NAME:10Mbit NAME:5% NAME:1.5%");
}

Test(words, numbers_and_ranges)
{
    words_are("1..20 0...0.200 0x1F 99999999999999999999 -1",
              "NUMBER:1 .. NUMBER:20 NUMBER:0 ... TIME:0.200 NUMBER:0x1F "
              "NAME:99999999999999999999 - NUMBER:1");
    words_are("+0~+10 60.000999999s .2ms", "+ NUMBER:0 ~ + NUMBER:10 TIME:60.000999999s TIME:.2ms");
}

Test(words, addresses)
{
    words_are("10.0.2.2 10.0.2.15/24 52:55:0a:00:02:02 fe80::1 ::1/128 ::ffff:10.0.2.2 ::",
              "IPV4:10.0.2.2 PREFIX:10.0.2.15/24 MAC:52:55:0a:00:02:02 IPV6:fe80::1 PREFIX:::1/128 "
              "IPV6:::ffff:10.0.2.2 IPV6:::");
    words_are("ipv6 2::2222 > 1::1: gre: 10.0.0.1: 1::: x",
              "NAME:ipv6 IPV6:2::2222 > IPV6:1::1 : NAME:gre : IPV4:10.0.0.1 : IPV6:1:: : NAME:x");
    words_are("10.0.2.1..10.0.2.9", "IPV4:10.0.2.1 .. IPV4:10.0.2.9");
}

Test(words, the_values_of_addresses)
{
    struct pool *pool = pool_new();
    struct diagnostic d = {0};
    struct word *w;
    cr_assert_eq(words_of(pool, "t",
                          "10.0.2.15/24 2001:db8::ff00:42:8329 52:55:0a:00:02:02 ::10.1.2.3", &w,
                          &d),
                 4);
    cr_assert_eq(w[0].number, 0x0a00020f);
    cr_assert_eq(w[0].prefix, 24);
    cr_assert_arr_eq(w[1].bytes, "\x20\x01\x0d\xb8\0\0\0\0\0\0\xff\0\0\x42\x83\x29", 16);
    cr_assert_arr_eq(w[2].bytes, "\x52\x55\x0a\0\x02\x02", 6);
    cr_assert_arr_eq(w[3].bytes, "\0\0\0\0\0\0\0\0\0\0\0\0\x0a\x01\x02\x03", 16);
    pool_free(pool);
}

Test(words, strings_have_escapes)
{
    struct pool *pool = pool_new();
    struct diagnostic d = {0};
    struct word *w;
    cr_assert_eq(words_of(pool, "t", "\"a\\n\\x41\\101\\\"\\0\"", &w, &d), 1);
    cr_assert_eq(w->len, 6);
    cr_assert_arr_eq(w->bytes, "a\nAA\"\0", 6);
    pool_free(pool);
}

Test(words, bytes_behind_hex)
{
    words_are("hex 00 11 2233 bad eth.type", "NAME:hex HEX:00112233 NAME:bad NAME:eth.type");
    words_are("hex 00\n 11 22 // more\n33\nx", "NAME:hex HEX:00112233 NAME:x");
    words_are("hex 00\n10 > udp", "NAME:hex HEX:00 NUMBER:10 > NAME:udp");
    words_are("hex FFee xyz", "NAME:hex HEX:ffee NAME:xyz");
}

Test(words, comments_are_gone)
{
    words_are("a /* b\n * c */ d // e\n# f\ng", "NAME:a NAME:d NAME:g");
    words_are("http://x", "NAME:http :");
}

Test(words, variables)
{
    struct pool *pool = pool_new();
    struct diagnostic d = {0};
    struct word *w;
    cr_assert_eq(words_of(pool, "t", "?xid $xid ?x_1", &w, &d), 3);
    cr_assert_eq(w[0].kind, WORD_BIND);
    cr_assert_str_eq(w[0].text, "xid");
    cr_assert_eq(w[1].kind, WORD_USE);
    cr_assert_eq(w[1].place.column, 6);
    cr_assert_eq(w[1].place.length, 4);
    pool_free(pool);
}

Test(words, columns_count_characters)
{
    struct pool *pool = pool_new();
    struct diagnostic d = {0};
    struct word *w;
    cr_assert_eq(words_of(pool, "t", "\"\xc3\xa4\xe2\x82\xac\" x\n\ty", &w, &d), 3);
    cr_assert_eq(w[1].place.column, 6);
    cr_assert_eq(w[2].place.line, 2);
    cr_assert_eq(w[2].place.column, 2);
    pool_free(pool);
}

/* Exact times, and the nearest word. */
#include <criterion/criterion.h>
#include <string.h>

#include "sim/base/time.h"
#include "sim/language/lexer.h"

static void is(const char *text, int64_t ns, const char *printed)
{
    const char *unit;
    char out[40];
    int64_t got;
    cr_assert(time_parse(text, &got, &unit), "%s is no time", text);
    cr_assert_eq(got, ns, "%s: %lld", text, (long long)got);
    time_print(ns, out, sizeof out);
    cr_assert_str_eq(out, printed);
    cr_assert(time_parse(out, &got, &unit) && got == ns, "%s does not read back", out);
}

Test(time, units_and_decimals)
{
    is("0", 0, "0s");
    is("5.", 5000000000, "5s");
    is(".5", 500000000, "500ms");
    is("60.000999999s", 60000999999, "60.000999999s");
    is("0.1", 100000000, "100ms");
    is("1.5us", 1500, "1500ns");
    is("2min", 120000000000, "120s");
    is("1.5h", 5400000000000, "5400s");
    is("1d", 86400000000000, "86400s");
    is("0.25d", 21600000000000, "21600s");
    is("1.000", 1000000000, "1s");
    is("9223372036.854775807", INT64_MAX, "9223372036.854775807s");
    is("0.10000000000000", 100000000, "100ms");
}

Test(time, what_is_none)
{
    static const char *const bad[] = {
        "",      ".", "s", "0.0000000001", "1.5ns", "9223372036.854775808", "9999999999999",
        "1.2.3", NULL};
    const char *unit;
    int64_t ns;
    for (const char *const *b = bad; *b; b++)
        cr_assert_not(time_parse(*b, &ns, &unit), "%s was taken", *b);
    cr_assert_not(time_parse("60sec", &ns, &unit));
    cr_assert_str_eq(unit, "sec");
}

Test(nearest, slips)
{
    static const char *const words[] = {"host", "link", "assert", "repeat", "ignore",
                                        "ns",   "us",   "ms",     NULL};
    cr_assert_str_eq(nearest_word("hots", words), "host");
    cr_assert_str_eq(nearest_word("HOST", words), "host");
    cr_assert_str_eq(nearest_word("asert", words), "assert");
    cr_assert_str_eq(nearest_word("repaet", words), "repeat");
    cr_assert_str_eq(nearest_word("usec", (const char *const[]){"ms", "us", NULL}), "us");
    cr_assert_null(nearest_word("xyzzy", words));
    cr_assert_null(nearest_word("abc", (const char *const[]){"all", NULL}));
    cr_assert_null(nearest_word("", words));
    cr_assert_null(nearest_word("a_word_that_is_much_longer_than_any_that_is_known", words));
}

Test(value, texts)
{
    static const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    static const uint8_t zero_run[16] = {0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 5};
    char out[64];
    cr_assert_eq(
        value_text(&(struct value){.kind = VALUE_IPV6, .bytes = v6, .len = 16}, out, sizeof out),
        11);
    cr_assert_str_eq(out, "2001:db8::1");
    value_text(&(struct value){.kind = VALUE_IPV6, .bytes = zero_run, .len = 16}, out, sizeof out);
    cr_assert_str_eq(out, "1:0:2::3:4:5"); /* RFC 5952, 4.2.3: the longest run */
    value_text(&(struct value){.kind = VALUE_PREFIX, .number = 0x0a00020f, .prefix = 24}, out,
               sizeof out);
    cr_assert_str_eq(out, "10.0.2.15/24");
    value_text(
        &(struct value){.kind = VALUE_BYTES, .bytes = (const uint8_t *)"a\"\n\x01", .len = 4}, out,
        sizeof out);
    cr_assert_str_eq(out, "\"a\\\"\\n\\x01\"");
    cr_assert_eq(value_text(&(struct value){.kind = VALUE_NAME, .text = "SOCK_DGRAM"}, out, 5), 10);
    cr_assert_str_eq(out, "SOCK");
}

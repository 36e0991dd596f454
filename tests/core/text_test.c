/* Text into bounded buffers, and out of it. */
#include <criterion/criterion.h>
#include <string.h>
#include "stack/core/text.h"
#include "stack/stack.h"

/* What does not fit is counted and not written; the NUL is always there. */
Test(text, room_for_the_text_and_its_nul)
{
    for (size_t room = 0; room <= 5; room++) {
        char out[8];
        memset(out, '#', sizeof out);
        struct text t = text_to(out, room);
        text_string(&t, "abcd");
        cr_assert_eq(t.len, 4);
        cr_assert_eq(text_done(&t), room > 4 ? 4 : -ERR_MSGSIZE, "room for %zu", room);
        for (size_t k = 0; k + 1 < room; k++)
            cr_assert_eq(out[k], "abcd"[k]);
        if (room > 0)
            cr_assert_eq(out[room - 1], '\0');
        for (size_t k = room; k < sizeof out; k++)
            cr_assert_eq(out[k], '#', "octet %zu of a room of %zu", k, room);
    }
}

static const char *number(int64_t value)
{
    static char out[32];
    struct text t = text_to(out, sizeof out);
    text_number(&t, value);
    return out;
}

Test(text, numbers_from_end_to_end)
{
    cr_assert_str_eq(number(0), "0");
    cr_assert_str_eq(number(9), "9");
    cr_assert_str_eq(number(10), "10");
    cr_assert_str_eq(number(-1), "-1");
    cr_assert_str_eq(number(INT64_MAX), "9223372036854775807");
    cr_assert_str_eq(number(INT64_MIN), "-9223372036854775808");
}

Test(text, addresses_of_both_families_and_links)
{
    char out[64];
    const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0xf4, 0x0a};
    struct ip_addr four = addr_ipv4(0x0a00020f), six = {.family = ADDR_IPV6};
    six.word[0] = 0x20010db8;
    six.word[1] = 0x0a0b0c0d;
    six.word[3] = 0x00018000;
    struct text t = text_to(out, sizeof out);
    text_addr(&t, &four);
    cr_assert_str_eq(out, "10.0.2.15");
    t = text_to(out, sizeof out);
    text_addr(&t, &six);
    cr_assert_str_eq(out, "2001:0db8:0a0b:0c0d:0000:0000:0001:8000");
    cr_assert_eq(text_done(&t), 39);
    t = text_to(out, sizeof out);
    text_mac(&t, mac);
    cr_assert_str_eq(out, "52:54:00:12:f4:0a");
}

Test(text, an_address_is_four_octets_and_nothing_else)
{
    static const char *const wrong[] = {"",           "10",         "10.0.2",      "10.0.2.",
                                        "10.0.2.256", "10.0.2.15x", "10.0.2.1500", "10..2.15",
                                        "a.0.2.15",   "10,0,2,15",  "256.0.2.15",  ".0.2.15"};
    static const char *const right[] = {"10.0.2.255", "10.0.2.255/24", "10.0.2.255 up"};
    uint32_t a;
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
        cr_assert_null(text_parse_ipv4(wrong[k], &a), "%s", wrong[k]);
    for (size_t k = 0; k < sizeof right / sizeof *right; k++) {
        cr_assert_eq(text_parse_ipv4(right[k], &a), right[k] + 10, "%s", right[k]);
        cr_assert_eq(a, 0x0a0002ff);
    }
    cr_assert_not_null(text_parse_ipv4("000.009.255.100", &a));
    cr_assert_eq(a, 0x0009ff64);
}

Test(text, beginnings)
{
    cr_assert_str_eq(text_after("to 10.0.2.2", "to "), "10.0.2.2");
    cr_assert_str_eq(text_after("to", "to"), "");
    cr_assert_null(text_after("t", "to"));
    cr_assert_null(text_after("at", "to"));
    cr_assert(text_equal("eth0", "eth0"));
    cr_assert_not(text_equal("eth01", "eth0"));
    cr_assert_not(text_equal("eth", "eth0"));
}

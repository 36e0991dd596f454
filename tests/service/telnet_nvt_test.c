/* The telnet server's machine of octets: RFC 854, 855, 857, 858. */
#include <criterion/criterion.h>
#include <string.h>
#include "stack/service/telnet_nvt.h"

static struct telnet_nvt n;
static char said[TELNET_ANSWER * 16];

/* What it says to these octets. */
static const char *take(const char *octets, size_t len)
{
    struct text out = text_to(said, sizeof said);
    for (size_t k = 0; k < len; k++)
        telnet_nvt_take(&n, (uint8_t)octets[k], &out);
    return said;
}
#define TAKE(literal) take(literal, sizeof literal - 1)

static void begin(void)
{
    struct text out = text_to(said, sizeof said);
    telnet_nvt_begin(&n, &out);
}

TestSuite(telnet_nvt, .init = begin);

Test(telnet_nvt, offers_echo_and_no_go_ahead)
{
    cr_assert_eq(memcmp(said, "\xff\xfb\x01\xff\xfb\x03", 6), 0);
    const char *end = said + strlen(said) - 4;
    cr_assert_str_eq(end, "> \xff\xf9", "RFC 858: a go-ahead, as long as none is suppressed");
}

Test(telnet_nvt, agreed_options_are_not_answered_again)
{
    cr_assert_str_eq(TAKE("\xff\xfd\x01\xff\xfd\x03"), "", "DO answers our WILL");
    cr_assert_str_eq(TAKE("\xff\xfd\x01\xff\xfd\x03"), "", "what is so needs no answer");
    cr_assert_str_eq(TAKE("\xff\xfe\x01"), "\xff\xfc\x01", "a demand to stop is always met");
    cr_assert_str_eq(TAKE("\xff\xfe\x01"), "");
    cr_assert_str_eq(TAKE("\xff\xfd\x01"), "\xff\xfb\x01");
    cr_assert_str_eq(TAKE("\xff\xfb\x03"), "\xff\xfd\x03");
    cr_assert_str_eq(TAKE("\xff\xfb\x03"), "");
    cr_assert_str_eq(TAKE("\xff\xfc\x03"), "\xff\xfe\x03");
}

Test(telnet_nvt, refused_offers_are_not_answered)
{
    cr_assert_str_eq(TAKE("\xff\xfe\x01\xff\xfe\x03"), "");
    cr_assert_str_eq(TAKE("a\r\n"), "You said: a\r\n> \xff\xf9", "no echo, and a go-ahead");
}

Test(telnet_nvt, unknown_options_are_refused)
{
    cr_assert_str_eq(TAKE("\xff\xfd\x18"), "\xff\xfc\x18");
    cr_assert_str_eq(TAKE("\xff\xfb\x1f"), "\xff\xfe\x1f");
    cr_assert_str_eq(TAKE("\xff\xfe\x18\xff\xfc\x1f"), "", "off it is");
    cr_assert_str_eq(TAKE("\xff\xfa\x18quit\r\n\xff\xff\xff\xf0"), "",
                     "what lies within is passed over");
    cr_assert_not(n.over);
}

Test(telnet_nvt, echoes_edits_and_answers_lines)
{
    TAKE("\xff\xfd\x01\xff\xfd\x03");
    cr_assert_str_eq(TAKE("ab\x7f"), "ab\b \b");
    cr_assert_str_eq(TAKE("c\r"), "c\r\nYou said: ac\r\n> ");
    cr_assert_eq(take("\0", 1)[0], '\0', "CR NUL is one end of a line");
    cr_assert_str_eq(TAKE("d\r\n"), "d\r\nYou said: d\r\n> ");
    cr_assert_str_eq(TAKE("e\n"), "e\r\nYou said: e\r\n> ");
    cr_assert_str_eq(TAKE("xyz\xff\xf7\xff\xf8"), "xyz\b \b\b \b\b \b", "EC, EL");
    cr_assert_str_eq(TAKE("\xff\xf6"), "\r\n[yes]\r\n", "AYT");
    cr_assert_str_eq(TAKE("\xff\xf1\xff\xf3\xff\xf9\xff\xef"), "",
                     "NOP, BRK, GA, and what nobody knows");
    cr_assert_str_eq(TAKE("\x01\x80\xff\xff"), "", "no graphics of the NVT's");
}

Test(telnet_nvt, synch_throws_data_away_up_to_its_mark)
{
    n.synch = true;
    cr_assert_str_eq(TAKE("lost\r\n\xff\xfd\x18"), "\xff\xfc\x18", "commands count");
    cr_assert_str_eq(TAKE("\xff\xf2"), "");
    cr_assert_not(n.synch);
    TAKE("q");
    cr_assert_eq(n.line_len, 1);
}

Test(telnet_nvt, a_line_has_its_bound_and_quit_ends_it)
{
    TAKE("\xff\xfe\x01\xff\xfd\x03");
    for (int k = 0; k < 3 * TELNET_LINE; k++)
        TAKE("x");
    cr_assert_eq(n.line_len, TELNET_LINE);
    cr_assert_leq(strlen(TAKE("\r\n")), TELNET_ANSWER);
    cr_assert_leq(strlen(TAKE("help\r\n")), TELNET_ANSWER);
    cr_assert_str_eq(TAKE("quit\r\n"), "Bye.\r\n");
    cr_assert(n.over);
}

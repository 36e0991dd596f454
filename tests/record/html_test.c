/* Whatever the octets are, an HTML page holds them as text. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "sim/record/html.h"

static void expect_html(const char *octets, size_t len, const char *wanted)
{
    char *got = NULL;
    size_t got_len;
    FILE *out = open_memstream(&got, &got_len);
    html_octets(out, octets, len);
    fclose(out);
    cr_expect_str_eq(got, wanted, "%s", got);
    free(got);
}

Test(html, what_markup_is_made_of_is_escaped)
{
    expect_html("<b a=\"1\" c='2'>&amp;", 20, "&lt;b a=&#34;1&#34; c=&#39;2&#39;&gt;&amp;amp;");
}

Test(html, octets_that_are_no_text_are_replaced)
{
    expect_html("a\xff\x01z", 4, "a&#xfffd;&#xfffd;z");
    expect_html("\xc3\xa9", 2, "\xc3\xa9");
    expect_html("\xc3\xa9", 1, "&#xfffd;"); /* cut in its middle */
}

Test(html, lines_stay_and_no_more_is_written_than_asked)
{
    expect_html("a\n\tb", 4, "a\n\tb");
    expect_html("abcdef", 3, "abc");
    expect_html("", 0, "");
}

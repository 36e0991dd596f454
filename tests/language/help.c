#include "tests/language/help.h"

#include <criterion/criterion.h>
#include <string.h>

struct script *parsed(const char *text)
{
    struct diagnostic d;
    char out[2048];
    struct script *s = script_parse("t.pkt", text, strlen(text), NULL, &d);
    if (!s) {
        diagnostic_text(&d, text, out, sizeof out);
        cr_assert_fail("%s", out);
    }
    return s;
}

void refused(const char *text, const char *expected)
{
    struct diagnostic d;
    char out[2048];
    struct script *s = script_parse("t.pkt", text, strlen(text), NULL, &d);
    cr_assert_null(s, "this was accepted:\n%s", text);
    diagnostic_text(&d, NULL, out, sizeof out);
    size_t n = strlen(expected);
    cr_assert(strncmp(out, expected, n) == 0, "expected:\n%s\nactual:\n%s", expected, out);
}

/* The examples of docs/language.md are scripts, and print to themselves. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/language/help.h"

static char *page(const char *path)
{
    FILE *f = fopen(path, "rb");
    cr_assert_not_null(f, "%s: the tests run in the project's root", path);
    char *text = calloc(1, 1 << 16);
    cr_assert_lt(fread(text, 1, (1 << 16) - 1, f), (1 << 16) - 1);
    fclose(f);
    return text;
}

Test(docs, examples_are_scripts)
{
    char *text = page("docs/language.md");
    int examples = 0;
    for (char *at = strstr(text, "\n```\n"); at; at = strstr(at, "\n```\n")) {
        char *from = at + 5, *end = strstr(from, "\n```\n");
        cr_assert_not_null(end, "an example that is never closed");
        at = end + 5;
        end[1] = 0;
        struct script *s = parsed(from);
        char *printed = script_print(s);
        struct script *again = parsed(printed);
        cr_assert(script_equal(s, again), "%s", printed);
        script_free(s);
        script_free(again);
        free(printed);
        examples++;
    }
    cr_assert_geq(examples, 4);
    free(text);
}

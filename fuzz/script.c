/* Any bytes as a script: refused with a sentence and a place, or printed to a text that parses to
 * the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/language/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Noreturn void stop(const char *what, const char *printed, const struct diagnostic *d)
{
    char text[2048];
    diagnostic_text(d, NULL, text, sizeof text);
    fprintf(stderr, "%s\n%s\n%s\n", what, printed, d->text[0] ? text : "");
    __builtin_trap();
}

static void check_refusal(const struct diagnostic *d)
{
    char text[2048];
    if (!d->text[0] || d->place.line < 1 || d->place.column < 1)
        stop("refused without a sentence or a place", "", d);
    diagnostic_text(d, NULL, text, sizeof text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const define[] = {"FreeBSD", "COOKIE=0123abcd", NULL};
    struct diagnostic d;
    struct script *s = script_parse("fuzz.pkt", (const char *)data, size, define, &d);
    if (!s) {
        check_refusal(&d);
        return 0;
    }
    char *printed = script_print(s);
    struct script *again = script_parse("fuzz.pkt", printed, strlen(printed), NULL, &d);
    if (!again)
        stop("what was printed does not parse", printed, &d);
    if (!script_equal(s, again))
        stop("what was printed parses to something else", printed, &d);
    free(printed);
    script_free(again);
    script_free(s);
    return 0;
}

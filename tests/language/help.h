/* Scripts from text, for the tests of the language. */
#ifndef TESTS_SCRIPT_HELP_H
#define TESTS_SCRIPT_HELP_H

#include "sim/language/script.h"

/* The script of a text, or a failed test that shows the error. */
struct script *parsed(const char *text);
/* The text must be refused with exactly this (t.pkt is the file): the sentence's line, then, when
 * it has more lines, those too. */
void refused(const char *text, const char *expected);

#endif

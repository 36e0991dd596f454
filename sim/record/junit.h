/* Results as JUnit XML: what CI systems read. */
#ifndef SIM_RECORD_JUNIT_H
#define SIM_RECORD_JUNIT_H

#include <stdint.h>

struct junit;
/* What is told is kept until junit_close writes it, so that a file is whole or the one that was
 * there before. NULL: no memory. */
struct junit *junit_open(const char *path);
/* kind NULL: passed; "failure", "skipped", "error", with a text whose first line is its message. A
 * NULL junit hears nothing. */
void junit_case(struct junit *j, const char *script, const char *name, const char *kind,
                const char *text, int64_t wall_ns);
/* 0, or -1 and errno: it could not be written, or there is none. */
int junit_close(struct junit *j);

#endif

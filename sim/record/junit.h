/* reports/junit.xml: what CI systems read. */
#ifndef SIM_RECORD_JUNIT_H
#define SIM_RECORD_JUNIT_H

#include <stdint.h>
#include <stdio.h>

struct junit;
/* NULL when the file cannot be written (reports are a convenience: no error). */
struct junit *junit_open(const char *path, uint32_t cases);
void junit_case(struct junit *j, const char *name,
                const char *kind /* NULL: passed; "failure", "skipped", "error" */,
                const char *text, int64_t wall_ns);
void junit_close(struct junit *j);

#endif

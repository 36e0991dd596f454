/* Exact times as text. */
#ifndef SIM_BASE_TIME_H
#define SIM_BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

/* Exact times. "1.5", "60s", ".2ms", "5." to ns; false when it is none or does not fit. *unit: NULL
 * or what stands where a unit should. */
bool time_parse(const char *text, int64_t *ns, const char **unit);
/* The shortest exact form: 60s, 2.999s, 1ms, 0s. Returns the length wanted. */
int time_print(int64_t ns, char *out, int room);
extern const char *const time_units[];

#endif

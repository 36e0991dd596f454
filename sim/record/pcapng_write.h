/* Captures as pcapng, with a comment at each frame: the script's line, the fault, what became of
 * it. */
#ifndef SIM_RECORD_PCAPNG_WRITE_H
#define SIM_RECORD_PCAPNG_WRITE_H

#include "sim/record/recording.h"

/* All links of a recording, an interface each, in malloc'ed memory. `rule` is said of the frames of
 * that time which no line took; NULL: of none. NULL: no memory. */
uint8_t *pcapng_of(const struct recording *r, const char *script, const char *rule, int64_t at_ns,
                   size_t *len);

#endif

/* --profile rfc|linux|freebsd: a system's conventions as knobs of the stack, set before the
 * script's own. */
#ifndef SIM_TOPOLOGY_PROFILE_H
#define SIM_TOPOLOGY_PROFILE_H

#include <stdint.h>

/* Whose names and units scripts are written in. */
enum system { SYSTEM_NONE, SYSTEM_LINUX, SYSTEM_FREEBSD };

enum system profile_system(const char *name);

/* The words that its scripts find defined, as for -D; ends with NULL. */
const char *const *profile_words(const char *name);

struct profile_knob {
    const char *name;
    int64_t value;
};

/* The knobs of a profile, ending with a NULL name; NULL: no such profile. "rfc" is the stack's own
 * defaults. */
const struct profile_knob *profile_knobs(const char *name);

#endif

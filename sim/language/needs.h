/* What a script asks of the host under test, found by reading it: calls, knobs, interfaces, and
 * kinds of packets. A stack that has nothing but frames can do without all but the last. */
#ifndef SIM_LANGUAGE_NEEDS_H
#define SIM_LANGUAGE_NEEDS_H

#include "sim/language/script.h"

/* A kind of packet, or of service, that a stack may lack. */
struct need {
    const char *name, *help;
};
extern const struct need needs[]; /* ends with a NULL name */

struct script_needs {
    uint32_t kinds;    /* a bit for each of `needs` */
    const char **call; /* names of calls that no set-up explains, each once; in the script's pool */
    uint32_t calls;
    const char **knob; /* that are set */
    uint32_t knobs;
    uint32_t interfaces;
    bool gateway; /* it gives a gateway or a name server */
    bool nic;     /* its NIC takes its time */
};

/* Set-up: calls before anything is on the wire that say what the host is (an address, a neighbour,
 * that it asks for a lease, or has an echo service) and that a host may be without being told. */
bool needs_is_setup(const struct step *step);
void script_needs(const struct script *s, struct script_needs *out);
/* A knob that is set to a number that is not its default; NULL: none is known to be. */
const char *needs_knob(const struct script *s,
                       bool (*knob_default)(const char *knob, int64_t *value));
/* Nothing but frames: no calls, one interface; each knob is as `is_default` says. */
bool needs_frames_only(const struct script *s, const struct script_needs *n,
                       bool (*knob_default)(const char *knob, int64_t *value));
/* The first kind that the script needs and the list ("fragments options"; commas will do, too) has:
 * true, and its name. */
bool needs_lacked(const struct script *s, const char *list, char name[64]);
/* A word of a list that is no kind; NULL: all are. */
const char *needs_unknown(const char *list, char word[64]);

#endif

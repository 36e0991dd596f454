/* Lines that are read but not played. */
#ifndef SIM_PACKET_UNPLAYED_H
#define SIM_PACKET_UNPLAYED_H

#include "sim/packet/spec.h"

/* The line that is being compiled is not played, for that reason; the first reason stays.
 * Returns 1.
 */
int unplayed(struct compiler *c, const char *why);
/* Likewise: the word has a meaning only where the profile or -D gives it one. */
int undefined_word(struct compiler *c, const struct word *w);
/* Encapsulation at the cursor: 1 taken, 0 none, -1 wrong. */
int unplayed_parse(struct compiler *c);

#endif

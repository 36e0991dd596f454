/* Whoever stands in for neighbours that a stack cannot be told of: it answers the stack's questions
 * for them. */
#ifndef SIM_PLAY_STAND_IN_H
#define SIM_PLAY_STAND_IN_H

#include "sim/play/run.h"

/* For `neighbour(ifname, address, mac)` where the stack has no such call. */
void stand_in_for(struct run *r, const struct value *argv);
/* A frame of the host under test: true when it asks for one of them. It is answered at the same
 * instant, and no line need speak of either frame. */
bool stand_in_takes(struct run *r, uint32_t link, int port, const struct frame *f);
/* A frame is its answer. */
bool stand_in_sends(const struct run *r);

#endif

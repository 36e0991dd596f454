/* What the files of a cable share. */
#ifndef SIM_CLI_CABLE_INSIDE_H
#define SIM_CLI_CABLE_INSIDE_H

#include "sim/cli/cable.h"

enum { LENGTH = 4 };

/* Buffers of a socket. */
int cable_room(struct cable *c, struct why *why);
/* A frame waits, behind its length; there is room. */
void cable_put(struct cable *c, const uint8_t *bytes, uint32_t len);

size_t dgram_take(struct cable *c, uint8_t *bytes);
size_t stream_take(struct cable *c, uint8_t *bytes);
/* What becomes of the first frame that waits. */
enum sent { SENT_LATER, SENT_GONE, SENT_LOST, SENT_NOBODY };
enum sent dgram_send(struct cable *c, const uint8_t *frame, uint32_t len);
enum sent stream_send(struct cable *c, const uint8_t *frame, uint32_t len);
uint32_t cable_length(const uint8_t *in);

#endif

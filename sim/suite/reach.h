/*
 * What no run reaches is untested: the named drops of the stack and its drivers, the faults of
 * links, the moves of TCP's state machine (RFC 9293, figure 5), and for each rule of the monitor a
 * frame that it was asked of. Runs note what they reached, in memory that workers share.
 */
#ifndef SIM_SUITE_REACH_H
#define SIM_SUITE_REACH_H

#include "sim/play/run.h"

struct reach;
struct reach *reach_new(void); /* before the workers are there */
void reach_free(struct reach *r);
/* In a worker: what happens from now on is noted. */
void reach_begin(struct reach *r);
/* After a run has ended, before it is taken apart; what its script says of links, too. */
void reach_note(struct reach *reach, const struct run *r);
/* Of everything, in one order: "drop arp.drop.short", "fault lose", "link loss", "tcp LISTEN >
 * CLOSED", "rule tcp.gap". */
void reach_each(const struct reach *r, void (*each)(void *ctx, const char *name, bool reached),
                void *ctx);

#endif

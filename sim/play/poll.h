/*
 * Calls that are about descriptors and not of the stack: poll, epoll_*, dup. Readiness is what the
 * stack's events(fd) says, in poll()'s bits. A call that waits is looked at again whenever
 * something happened.
 */
#ifndef SIM_PLAY_POLL_H
#define SIM_PLAY_POLL_H

#include "sim/base/value.h"

struct run;
struct pending_call;

/* SUT_UNKNOWN: the call is none of these. SUT_PENDING: poll_look ends it. `out` is the call's. */
int64_t poll_call(struct run *r, struct pending_call *p, struct value *out);
/* Ends those that wait for what is there now. */
void poll_look(struct run *r, int64_t now_ns);
/* When one of them gives up, or something happens next; NEVER: none waits. */
int64_t poll_next(struct run *r);

#endif

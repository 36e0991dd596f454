/*
 * Files and pipes, which are the interpreter's own: what a script opens reads as octets of no
 * meaning, and what is spliced from a stream into a pipe is kept until it is spliced on. To a stack
 * such a call is a send or a recv (made.c).
 */
#ifndef SIM_PLAY_PIPE_H
#define SIM_PLAY_PIPE_H

#include "sim/hosts/sut.h"

struct run;
struct pending_call;
struct made_call;
struct descriptor;

/* open, pipe, and a splice that touches no stream. SUT_UNKNOWN: the call is none of these, or for
 * the stack. */
int64_t pipe_call(struct run *r, struct pending_call *p);
/* The stream that sendfile or splice is about, NULL: none; *sends: it is written to. */
struct descriptor *pipe_stream(const struct pending_call *p, bool *sends);
/* As a send or a recv of that stream. */
void pipe_make(struct pending_call *p, struct made_call *out);
/* What it moved: so many octets, those that a recv gave. */
void pipe_moved(struct run *r, const struct pending_call *p, int64_t result,
                const struct value *octets);

#endif

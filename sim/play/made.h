/*
 * A call as a stack is given it. Scripts write some in forms that stacks need not
 * know: what is written or read by pieces (writev, sendmsg), descriptors by their own numbers,
 * octets that are left open.
 */
#ifndef SIM_PLAY_MADE_H
#define SIM_PLAY_MADE_H

#include "sim/hosts/sut.h"

struct run;
struct pending_call;

struct made_call {
    const char *name;
    struct value argv[SUT_ARGUMENTS];
    int argc;
    const char *unplayed; /* what no stack is asked for; NULL: nothing */
};

/* Memory is the call's. */
void made_prepare(struct run *r, struct pending_call *p, struct made_call *out);
/* What it gave back, for the script's own arguments; what was read and written is counted. */
void made_finish(struct run *r, struct pending_call *p, int64_t result, const struct value *given,
                 struct value *out);

#endif

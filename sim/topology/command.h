/*
 * Commands in backticks, read but never run. Nearly all of them set sysctls; some count connections
 * in a state, or drop them. What none of this is makes the script skipped.
 */
#ifndef SIM_TOPOLOGY_COMMAND_H
#define SIM_TOPOLOGY_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include "sim/base/why.h"

enum command_kind {
    COMMAND_NOTHING, /* it changes nothing here */
    COMMAND_SET,     /* name = value */
    COMMAND_COUNT,   /* exactly `count` connections are in the state `name` */
    COMMAND_DROP,    /* connections in the state `name` are dropped */
};

enum { COMMAND_TEXT = 256 };

struct command {
    enum command_kind kind;
    char name[COMMAND_TEXT], value[COMMAND_TEXT];
    int64_t count;
};

/* Each of the commands in the text, in order. -1 and why: what one of them is is not known, or
 * `each` gave -1. */
int command_each(const char *text, int (*each)(void *ctx, const struct command *c, struct why *why),
                 void *ctx, struct why *why);

#endif

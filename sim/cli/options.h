/* The table of options, for those who parse and list them. */
#ifndef SIM_CLI_OPTIONS_H
#define SIM_CLI_OPTIONS_H

#include "sim/cli/cli.h"

struct option {
    const char *name;
    const char *value; /* what it wants, for its line of help; "[=F]": with = or not at all; NULL */
    const char *help;
    int (*take)(struct options *o, const char *value); /* NULL where there is no value */
};
extern const struct option options_table[]; /* ends with a NULL name */
enum { OPTIONS_MOST = 96 };

/* -DNAME, whose value is in the same word. */
int take_define(struct options *o, const char *value);

#endif

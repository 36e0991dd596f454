/* What a sweep did not reach, and why that may be; what shards of one say together. */
#ifndef SIM_CLI_SWEEP_REACH_H
#define SIM_CLI_SWEEP_REACH_H

#include "sim/cli/cli.h"

struct unreached {
    char **name; /* "drop arp.drop.short" */
    uint32_t count;
};

void unreached_add(struct unreached *u, const char *name);
void unreached_free(struct unreached *u);
/* As a JSON array, on standard output. */
void unreached_json(const struct unreached *u);
/* Lists on standard error what a file of rows NAME <tab> REASON does not explain, and rows that are
 * no longer needed; file NULL: nothing is explained. True when there is neither; a sweep that has
 * not had `every` case is not blamed. */
bool unreached_explained(const struct unreached *u, const char *file, bool every);

/* The totals of o's files, which shards of one sweep wrote, as one line. */
int sweep_join(const struct options *o);

#endif

/* The failures of a run, grouped by what their verdicts say, and its skips by what is missing. */
#ifndef SIM_CLI_CAUSES_H
#define SIM_CLI_CAUSES_H

#include <stdio.h>

struct causes;
struct causes *causes_new(void);
/* A case failed with that report; its name stays where it is. */
void causes_add(struct causes *c, const char *name, const char *report);
/* A case was skipped, for that reason. */
void causes_add_skip(struct causes *c, const char *name, const char *reason);
/* A line for each cause, the most frequent first, with how many cases it has and the first of them;
 * nothing where there are fewer than two. */
void causes_print(struct causes *c, const char *heading, FILE *out);
void causes_free(struct causes *c);

#endif

/* The failures of a run, grouped by what their verdicts say. */
#ifndef SIM_CLI_CAUSES_H
#define SIM_CLI_CAUSES_H

#include <stdio.h>

struct causes;
struct causes *causes_new(void);
/* A case failed with that report; its name stays where it is. */
void causes_add(struct causes *c, const char *name, const char *report);
/* A line for each cause, the most frequent first, with how many failures it has and the first case;
 * nothing where fewer than two failed. */
void causes_print(struct causes *c, FILE *out);
void causes_free(struct causes *c);

#endif

/* What the files of `wiredrill review` share. */
#ifndef SIM_CLI_REVIEW_H
#define SIM_CLI_REVIEW_H

#include "sim/cli/cli.h"

/* Captures that were rejected: as long as a case makes the same, nobody is asked again. */
struct rejected;
struct rejected *rejected_load(void);
bool rejected_holds(const struct rejected *r, const char *argument, const struct fingerprint *t);
void rejected_add(struct rejected *r, const char *argument, const struct fingerprint *t);
/* Its captures stand no more: they were accepted, or are the golden's. */
void rejected_forget(struct rejected *r, const char *argument);
void rejected_save(const struct rejected *r);
void rejected_free(struct rejected *r);

/* Files among the goldens of these paths' folders that belong to no case of the suite, a line each;
 * how many. */
uint32_t review_orphans(const struct suite *suite, const struct options *o, FILE *out);

#endif

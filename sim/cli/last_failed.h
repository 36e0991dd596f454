/*
 * Which cases failed when they last ran, for `run --lf`: kept in reports/failed.tsv where there is
 * a folder reports, elsewhere in the user's cache, for each folder that runs are started in, and
 * told apart by the stack or driver under test and the profile. A case that runs and does not fail
 * is forgotten; one that does not run is not.
 */
#ifndef SIM_CLI_LAST_FAILED_H
#define SIM_CLI_LAST_FAILED_H

#include "sim/suite/case.h"

struct last_failed;
struct last_failed *last_failed_load(const struct options *o);
void last_failed_free(struct last_failed *l);

/* The scripts that hold one, each once; *count of them. */
const char *const *last_failed_scripts(const struct last_failed *l, int *count);
/* Keeps the cases that failed. */
void last_failed_choose(const struct last_failed *l, struct suite *suite);

/* argument: of the case, or the path of a script that was refused; nic NULL: it has none. */
void last_failed_note(struct last_failed *l, const char *argument, const char *nic, bool failed);
/* What cannot be written is not remembered: the run is none the worse for it. */
void last_failed_save(const struct last_failed *l);

#endif

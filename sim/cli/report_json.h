/* A run that `run --json` wrote down, for `report`: its options, and how each case ended. */
#ifndef SIM_CLI_REPORT_JSON_H
#define SIM_CLI_REPORT_JSON_H

#include "sim/suite/case.h"

struct written_run;
/* NULL, and *why: the file is none. */
struct written_run *written_run_load(const char *path, struct why *why);
void written_run_free(struct written_run *w);

/* The words of its options, and the scripts of its cases behind them: an argument list. */
char **written_run_words(const struct written_run *w, int *count);
/* Memory that lives as long as it. */
void *written_run_room(const struct written_run *w, size_t size);
/* Keeps its cases. */
void written_run_choose(const struct written_run *w, struct suite *suite);
/* How the case ended there: "passed", "failed", "skipped", "error". */
const char *written_run_status(const struct written_run *w, const struct suite_case *c);

#endif

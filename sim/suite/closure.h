/* Closure of faults: see closure.c. */
#ifndef SIM_SUITE_CLOSURE_H
#define SIM_SUITE_CLOSURE_H

#include "sim/suite/case.h"

/* Plays the case with each frame disturbed in turn, with `pairs` two at a time as well; out's
 * status and report say the first fault that it does not survive. */
void closure_run(const struct run_case *kase, const struct run_options *options, bool pairs,
                 struct result *out);
/* When each top-level step ran undisturbed; malloc'ed. */
int64_t *closure_call_times(const struct run_case *kase, const struct run_options *options);

#endif

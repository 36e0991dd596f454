/* A case beside its golden (case_golden.c). */
#ifndef SIM_SUITE_CASE_GOLDEN_H
#define SIM_SUITE_CASE_GOLDEN_H

#include "sim/record/golden.h"
#include "sim/suite/case.h"

/* The golden of a case that is being played; NULL: it has none, or it is about to be written. */
struct case_golden {
    struct golden_subject subject;
    struct golden *golden;
    char versions[512];
};

/* Before the run: what enters a link is compared from now on. */
void case_golden_follow(struct run *r, const struct suite_case *c, const struct options *o,
                        struct case_golden *g);
/* After it: a capture that differs fails what passes by its lines; with --bless it is written. */
void case_golden_judge(struct run *r, const struct suite_case *c, const struct options *o,
                       const struct case_golden *g, struct outcome *out);

#endif

/*
 * The conformance report: for each requirement of the catalogue which scenarios cover it, what came
 * of them, what makes one of them fail (a planted bug or a wire mutant), and the verdict.
 */
#ifndef SIM_SUITE_CONFORMANCE_H
#define SIM_SUITE_CONFORMANCE_H

#include <stdio.h>
#include "sim/suite/case.h"

enum conformance_verdict {
    CONFORMANCE_PROVEN, /* a scenario passes, and there is something that makes it fail */
    CONFORMANCE_PASSED, /* a scenario passes; nothing is known that makes it fail */
    CONFORMANCE_FAILED,
    CONFORMANCE_WAIVED,
    CONFORMANCE_SKIPPED, /* each scenario was skipped: this stack lacks what they ask for */
    CONFORMANCE_NO_SCENARIO,
    CONFORMANCE_VERDICTS
};

struct conformance;
/* The requirements of the catalogue and of what was added to it, and the scripts of `suite`, which
 * must outlive the report. */
struct conformance *conformance_new(const struct suite *suite);
void conformance_free(struct conformance *c);

/* Reads a file of breakers: "ID <tab> BREAKER <tab> WHERE" and, where it tells, "<tab> LAYERS":
 * then it counts for requirements of those layers alone, "<" for any (tools/breakers.py). -1, and
 * *why: it cannot be read, or a line is none. */
int conformance_breakers(struct conformance *c, const char *path, struct why *why);

/* Reads waivers beside those of conformance/waivers.tsv: "ID <tab> REASON". -1, and *why. */
int conformance_waivers(struct conformance *c, const char *path, struct why *why);

/* What came of case k. */
void conformance_case(struct conformance *c, uint32_t k, enum run_status status);

/* When all cases are told: settles the verdicts. Tells `out` what is wrong with the waivers - an id
 * that is none, one that a scenario shows - and returns how many are. */
uint32_t conformance_settle(struct conformance *c, FILE *out);
/* How many requirements have the verdict. */
uint32_t conformance_count(const struct conformance *c, enum conformance_verdict verdict);

/* Each requirement with its scenarios and breaker, for people. */
void conformance_print(const struct conformance *c, FILE *out);
/* Totals: by catalogue and level, by standard and level. */
void conformance_print_totals(const struct conformance *c, FILE *out);
/* A row a requirement: id, level, standard, section, scope, verdict, scenarios, breaker, what it
 * requires or why it is waived. */
void conformance_print_tsv(const struct conformance *c, FILE *out);

#endif

/* What the report's reckoning (conformance.c) and its printing (conformance_print.c) share. */
#ifndef SIM_SUITE_CONFORMANCE_INSIDE_H
#define SIM_SUITE_CONFORMANCE_INSIDE_H

#include "sim/judge/clause.h"
#include "sim/suite/conformance.h"

/* What came of the cases of a script. */
struct script_tally {
    uint32_t passed, failed, skipped;
};

struct claim {
    struct clause clause;
    uint32_t order;   /* in the catalogue */
    uint32_t *script; /* of the suite, that cover it */
    uint32_t scripts, breakers;
    const char *breaker, *where; /* the first; NULL: none is known */
    const char *reason;          /* of its waiver, reason_len bytes; NULL: it has none */
    int reason_len;
    enum conformance_verdict verdict;
};

struct conformance {
    const struct suite *suite;
    struct pool *pool;
    struct claim *claim; /* in the catalogue's order */
    struct claim **by_id;
    uint32_t claims;
    struct script_tally *tally; /* by script of the suite */
    const char **stray;         /* waivers of no requirement */
    uint32_t strays;
};

/* "proven", "no scenario", ... */
extern const char *const conformance_words[CONFORMANCE_VERDICTS];

#endif

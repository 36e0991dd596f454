/* The catalogue of requirements (conformance/ *.tsv), built into the program so that a verdict can
 * quote the clause. */
#ifndef SIM_JUDGE_CLAUSE_H
#define SIM_JUDGE_CLAUSE_H

#include <stdbool.h>

enum { CLAUSE_FIELD = 64 };

struct clause {
    char id[CLAUSE_FIELD], level[16], rfc[16], section[CLAUSE_FIELD], scope[16];
    const char *text; /* not terminated: text_len bytes of the requirement */
    int text_len;
};

bool clause_find(const char *id, struct clause *out);
/* Calls `each` for every row, in the order of the files. */
void clause_each(void (*each)(void *ctx, const struct clause *c), void *ctx);

#endif

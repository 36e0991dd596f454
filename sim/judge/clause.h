/* The catalogue of requirements (conformance/ *.tsv), built into the program so that a verdict can
 * quote the clause, and what a user adds to it. */
#ifndef SIM_JUDGE_CLAUSE_H
#define SIM_JUDGE_CLAUSE_H

#include <stdbool.h>

struct why;

enum { CLAUSE_FIELD = 64 };

struct clause {
    char id[CLAUSE_FIELD], level[16], rfc[16], section[CLAUSE_FIELD], scope[16];
    const char *text; /* not terminated: text_len bytes of the requirement */
    int text_len;
    const char *file; /* of conformance/ without .tsv, or a user's path */
    bool own;         /* a user's */
};

bool clause_find(const char *id, struct clause *out);
/* Calls `each` for every row, in the order of the files. */
void clause_each(void (*each)(void *ctx, const struct clause *c), void *ctx);

/* Adds a user's file of rows: id, level, rfc, section, scope, requirement, and what else he likes,
 * a tab between two. -1, and *why with file, line and column: it cannot be read, or a row is none.
 * It stays as long as the program. */
int clause_add_file(const char *path, struct why *why);

/* conformance/waivers.tsv: for each requirement that no scenario can show, id and reason. Calls
 * `each` for every row; `reason` is not terminated. */
void clause_each_waiver(void (*each)(void *ctx, const char *id, const char *reason, int len),
                        void *ctx);

#endif

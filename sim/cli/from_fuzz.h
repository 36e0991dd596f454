/* What the files of `wiredrill from-fuzz` share. */
#ifndef SIM_CLI_FROM_FUZZ_H
#define SIM_CLI_FROM_FUZZ_H

#include "sim/cli/cli.h"
#include "sim/fuzz/plan.h"

/* A find: a plan (tcp), octets that a parser was given, or a text. */
enum find_kind { FIND_PLAN, FIND_OCTETS, FIND_TEXT };

struct find_target {
    const char *name; /* of fuzz/NAME.c */
    enum find_kind kind;
};
/* By the name that is given, or by the folder that the file lies in; NULL: none of them. */
const struct find_target *find_target_of(const char *given, const char *path);
void find_targets_print(FILE *out);

struct find {
    const struct find_target *target;
    struct plan plan;
    uint8_t *octets; /* of the other kinds */
    size_t len;
    uint32_t wrap; /* of FIND_OCTETS: which */
};

/* The script in which a stack gets the octets, which it may change; the first way has number 0;
 * NULL: there is none of that number. */
typedef void find_wrap(FILE *out, uint8_t *octets, size_t len);
find_wrap *find_wrap_of(const char *target, uint32_t number);

/* The script that a find is; malloc'ed. A plan is walked for it in a process of its own, which says
 * what it saw that was wrong; "": nothing, or it died. */
enum { FIND_SENTENCE = 256 };
char *find_script(const struct find *f, char sentence[FIND_SENTENCE]);

/* What became of a script that was played: how it failed, in words that another run of the same
 * failure has as well; "": it passed. */
struct find_judge {
    const struct options *options;
    char path[64]; /* where scripts are put to be played */
    uint32_t played;
};
struct find_failure {
    char signature[2 * FIND_SENTENCE];
    char *report; /* malloc'ed; NULL: none */
};
bool find_judge_open(struct find_judge *j, const struct options *o);
void find_judge_close(struct find_judge *j);
/* Walks it and plays its script, which is malloc'ed; NULL: no memory. */
char *find_judge(struct find_judge *j, const struct find *f, struct find_failure *out);

/* The least find that fails as `signature` says, tried until the time is over. */
void find_shrink(struct find_judge *j, struct find *f, const char *signature, int64_t until_ns);
int64_t find_clock_ns(void);

#endif

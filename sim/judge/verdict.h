/* The verdict of a run: what went wrong, worded with its place, its clauses, its time and the
 * command that repeats it. The first failure stays. */
#ifndef SIM_JUDGE_VERDICT_H
#define SIM_JUDGE_VERDICT_H

#include <stdbool.h>
#include <stdint.h>
#include "sim/base/place.h"
#include "sim/world/world.h"

enum { VERDICT_ROOM = 12288 };

enum run_status {
    RUN_PASSED,
    RUN_FAILED,
    RUN_SKIPPED,
    RUN_ERROR /* the script or an option is wrong: exit status 2 */
};

struct verdict {
    enum run_status status;
    bool relaxed; /* some line held only because it was not judged exactly */
    bool over;    /* decided, or everything was played */
    char *report; /* why it failed or was skipped; of VERDICT_ROOM octets, no part of the world */
    uint32_t report_len;
    struct place at;
    int64_t at_ns;
    /* What it is worded with; all outlive it. */
    struct world *world;            /* stopped by a failure */
    const char *path;               /* of the script */
    const char *name;               /* of the case */
    const char *repeat;             /* the command that repeats it; NULL: not known */
    const char *const *requirement; /* ids of what the script covers */
    uint32_t requirements;
};

/* place->file NULL: the script's; place->line 0: it is no line's fault. */
__attribute__((format(printf, 4, 5))) void
verdict_fail(struct verdict *v, const struct place *place, int64_t at_ns, const char *format, ...);
__attribute__((format(printf, 2, 3))) void verdict_skip(struct verdict *v, const char *format, ...);
/* A script or an option that is wrong: fails, with the status of an error. */
__attribute__((format(printf, 4, 5))) void
verdict_error(struct verdict *v, const struct place *place, int64_t at_ns, const char *format, ...);

#endif

/*
 * Loss closure: a script that states an outcome is played again with its first frame lost, then its second, and so on through every frame of the
 * undisturbed run, on every link; calls are made at the times at which they were made then, and the outcome alone is judged.
 */
#include "sim/cli/closure.h"
#include <stdlib.h>
#include <string.h>

static struct run *undisturbed(const struct run_case *kase, const struct run_options *options, struct why *why)
{
    struct run *r = run_new(kase, options, why);
    if (r)
        run_play(r, NEVER);
    return r;
}

/* What one loss led to; the report names the loss, and the command that repeats it. */
static bool survives(const struct run_case *kase, struct run_options *options, const char *repeat, struct result *out)
{
    struct why why = {{0}};
    char lost[4096];
    snprintf(lost, sizeof lost, "%s --lose %d:%llu", repeat, options->lose_link, (unsigned long long)options->lose_frame);
    options->repeat = lost;
    struct run *r = run_new(kase, options, &why);
    if (!r)
        return false;
    run_play(r, NEVER);
    run_finish(r);
    bool held = r->status == RUN_PASSED;
    if (!held) {
        out->outcome.status = r->status;
        out->report = strdup(r->report);
    }
    run_free(r);
    return held;
}

void closure_run(const struct run_case *kase, const struct run_options *options, struct result *out)
{
    struct run_options losing = *options;
    struct why why = {{0}};
    uint64_t frames[RUN_LINKS] = {0};
    if (kase->script->outcomes == 0)
        return;
    struct run *r = undisturbed(kase, options, &why);
    if (!r)
        return;
    uint32_t links = r->links;
    for (uint32_t l = 0; l < links; l++)
        frames[l] = r->link[l].capture->count;
    int64_t *times = calloc(kase->script->steps + 1, sizeof *times);
    memcpy(times, r->call_time, kase->script->steps * sizeof *times);
    run_free(r);
    losing.by_outcome = true;
    losing.call_time = times;
    for (uint32_t l = 0; l < links && out->outcome.status == RUN_PASSED; l++) {
        losing.lose_link = (int)l;
        /* frame 0: none is lost, and the outcome must hold all the same */
        for (losing.lose_frame = l == 0 ? 0 : 1; losing.lose_frame <= frames[l]; losing.lose_frame++) {
            out->outcome.closure_runs += losing.lose_frame > 0;
            if (!survives(kase, &losing, options->repeat, out))
                break;
        }
    }
    free(times);
}

/* A single loss, named on the command line: the undisturbed run comes first, for the times of its calls. */
int64_t *closure_call_times(const struct run_case *kase, const struct run_options *options)
{
    struct why why = {{0}};
    struct run_options calm = *options;
    calm.lose_frame = 0;
    calm.by_outcome = false;
    struct run *r = undisturbed(kase, &calm, &why);
    int64_t *times = calloc(kase->script->steps + 1, sizeof *times);
    if (r && times)
        memcpy(times, r->call_time, kase->script->steps * sizeof *times);
    if (r)
        run_free(r);
    return times;
}

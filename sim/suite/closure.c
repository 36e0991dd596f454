/*
 * Loss closure: a script that states an outcome is played again with its first frame lost, then its
 * second, and so on through every frame on every link; calls are made at the times at which they
 * were made in the undisturbed run, and the outcome alone is judged. With no frame lost it must
 * hold too, and that run tells how many frames there are, since it plays no line inside of repeat {
 * } and all { }.
 */
#include "sim/suite/closure.h"
#include <stdlib.h>
#include <string.h>
#include "sim/record/ladder.h"

static struct run *undisturbed(const struct run_case *kase, const struct run_options *options,
                               struct why *why)
{
    struct run *r = run_new(kase, options, why);
    if (r)
        run_play(r, NEVER);
    return r;
}

/* What one loss led to; the report names the loss, and the command that repeats it. frames: where
 * the number of each link's frames goes; NULL: nowhere. */
static bool survives(const struct run_case *kase, const struct run_options *options,
                     const char *repeat, uint64_t *frames, struct result *out)
{
    struct why why = {{0}};
    char lost[4096];
    struct run_options with = *options;
    if (options->lose_frame)
        snprintf(lost, sizeof lost, "%s --lose %d:%llu", repeat, options->lose_link,
                 (unsigned long long)options->lose_frame);
    else
        snprintf(lost, sizeof lost, "%s --closure", repeat);
    with.repeat = lost;
    struct run *r = run_new(kase, &with, &why);
    if (!r) {
        out->outcome.status = RUN_ERROR;
        out->report = strdup(why.text);
        return false;
    }
    run_play(r, NEVER);
    run_finish(r);
    for (uint32_t l = 0; frames && l < r->topology.recording.links; l++)
        frames[l] = r->topology.recording.link[l].capture->count;
    bool held = r->verdict.status == RUN_PASSED;
    if (!held) {
        out->outcome.status = r->verdict.status;
        out->report = strdup(r->verdict.report);
        free(out->ladder);
        out->ladder = ladder_text(&r->topology.recording);
    }
    run_free(r);
    return held;
}

void closure_run(const struct run_case *kase, const struct run_options *options, struct result *out)
{
    struct run_options losing = *options;
    struct why why = {{0}};
    uint32_t links = kase->script->links ? kase->script->links : 1;
    if (kase->script->outcomes == 0)
        return;
    struct run *r = undisturbed(kase, options, &why);
    if (!r) {
        out->outcome.status = RUN_ERROR;
        out->report = strdup(why.text);
        return;
    }
    int64_t *times = calloc(kase->script->steps + 1, sizeof *times);
    uint64_t *frames = calloc(links, sizeof *frames);
    memcpy(times, r->call_time, kase->script->steps * sizeof *times);
    run_free(r);
    losing.by_outcome = true;
    losing.call_time = times;
    losing.lose_link = 0;
    losing.lose_frame = 0;
    bool held = survives(kase, &losing, options->repeat, frames, out);
    for (uint32_t l = 0; held && l < links; l++) {
        losing.lose_link = (int)l;
        for (losing.lose_frame = 1; held && losing.lose_frame <= frames[l]; losing.lose_frame++) {
            out->outcome.closure_runs++;
            held = survives(kase, &losing, options->repeat, NULL, out);
        }
    }
    free(frames);
    free(times);
}

/* A single loss, named on the command line: the undisturbed run comes first, for the times of its
 * calls. */
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

/*
 * Closure of faults: a script that states an outcome is played again with its first frame lost,
 * then doubled, delayed past the next, corrupted past the check sequence; then with its second, and
 * so on through every frame on every link; calls are made at the times at which they were made in
 * the undisturbed run, and the outcome alone is judged. Undisturbed it must hold too, and that run
 * tells how many frames there are, since it plays no line inside of repeat { } and all { }.
 */
#include "sim/suite/closure.h"
#include <stdlib.h>
#include <string.h>
#include "sim/record/ladder.h"

/* Of pairs: the second of two faults is of a frame at most so far behind the first. */
enum { PAIR_WITHIN = 12, REPEAT_ROOM = 4096 };

struct closing {
    const struct run_case *kase;
    struct run_options options; /* with fault[] */
    const char *repeat;         /* of the case */
    struct frame_fault fault[FRAME_FAULTS];
    uint32_t links;
    uint32_t *frames;  /* of each link, and when each entered */
    int64_t **time_ns; /* -1: not known */
    struct result *out;
};

static struct run *undisturbed(const struct run_case *kase, const struct run_options *options,
                               struct why *why)
{
    struct run *r = run_new(kase, options, why);
    if (r)
        run_play(r, NEVER);
    return r;
}

static char *repeat_of(const struct closing *c)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    fputs(c->repeat, f);
    for (uint32_t k = 0; k < c->options.faults; k++)
        case_fault(f, &c->fault[k]);
    if (!c->options.faults)
        fputs(" --closure", f);
    fclose(f);
    return text;
}

static void note_frames(struct closing *c, const struct run *r)
{
    const struct recording *rec = &r->topology.recording;
    for (uint32_t l = 0; l < c->links && l < rec->links; l++) {
        const struct capture *seen = rec->link[l].capture;
        c->frames[l] = seen->count;
        c->time_ns[l] = calloc(seen->count + 1, sizeof **c->time_ns);
        for (uint32_t k = 0; c->time_ns[l] && k < seen->count; k++) {
            const struct capture_record *record = capture_at(seen, k);
            c->time_ns[l][k] = record ? record->time_ns : -1;
        }
    }
}

/* What the faults led to; the report names them, and the command that repeats them. */
static bool survives(struct closing *c, bool note)
{
    struct why why = {{0}};
    char *repeat = repeat_of(c);
    c->options.repeat = repeat;
    struct run *r = run_new(c->kase, &c->options, &why);
    bool held = false;
    if (!r) {
        c->out->outcome.status = RUN_ERROR;
        c->out->report = strdup(why.text);
        free(repeat);
        return false;
    }
    run_play(r, NEVER);
    run_finish(r);
    if (note)
        note_frames(c, r);
    held = r->verdict.status == RUN_PASSED;
    if (!held) {
        c->out->outcome.status = r->verdict.status;
        c->out->report = strdup(r->verdict.report);
        free(c->out->ladder);
        c->out->ladder = ladder_text(&r->topology.recording);
    }
    run_free(r);
    free(repeat);
    return held;
}

/* Just past the next frame of the link; false: there is none, or it is not known when. */
static bool delay_past_next(const struct closing *c, struct frame_fault *f)
{
    const int64_t *time_ns = c->time_ns[f->link];
    if (f->frame >= c->frames[f->link] || time_ns[f->frame - 1] < 0)
        return false;
    f->delay_ns = time_ns[f->frame] - time_ns[f->frame - 1] + 1;
    return true;
}

static const enum fault_kind kinds[] = {FAULT_LOSE, FAULT_DUP, FAULT_DELAY, FAULT_CORRUPT};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* The kth of the faults that are tried gets each of its kinds in turn, then those behind it. */
static bool try_fault(struct closing *c, uint32_t k, int link, uint64_t frame, uint32_t most)
{
    bool held = true;
    for (int kind = 0; held && kind < KINDS; kind++) {
        c->fault[k] = (struct frame_fault){.kind = kinds[kind], .link = link, .frame = frame};
        if (kinds[kind] == FAULT_DELAY && !delay_past_next(c, &c->fault[k]))
            continue;
        c->options.faults = k + 1;
        c->out->outcome.closure_runs++;
        held = survives(c, false);
        for (uint64_t next = frame + 1;
             held && k + 1 < most && next <= frame + PAIR_WITHIN && next <= c->frames[link]; next++)
            held = try_fault(c, k + 1, link, next, most);
    }
    return held;
}

void closure_run(const struct run_case *kase, const struct run_options *options, bool pairs,
                 struct result *out)
{
    struct closing c = {.kase = kase,
                        .options = *options,
                        .repeat = options->repeat,
                        .links = kase->script->links ? kase->script->links : 1,
                        .out = out};
    if (kase->script->outcomes == 0)
        return;
    int64_t *times = closure_call_times(kase, options);
    c.frames = calloc(c.links, sizeof *c.frames);
    c.time_ns = calloc(c.links, sizeof *c.time_ns);
    c.options.by_outcome = true;
    c.options.call_time = times;
    c.options.fault = c.fault;
    c.options.faults = 0;
    bool held = times && c.frames && c.time_ns && survives(&c, true);
    for (uint32_t l = 0; held && l < c.links; l++)
        for (uint64_t frame = 1; held && frame <= c.frames[l]; frame++)
            held = try_fault(&c, 0, (int)l, frame, pairs ? 2 : 1);
    for (uint32_t l = 0; c.time_ns && l < c.links; l++)
        free(c.time_ns[l]);
    free(c.time_ns);
    free(c.frames);
    free(times);
}

/* The undisturbed run comes first, for the times of its calls. */
int64_t *closure_call_times(const struct run_case *kase, const struct run_options *options)
{
    struct why why = {{0}};
    struct run_options calm = *options;
    calm.faults = 0;
    calm.by_outcome = false;
    struct run *r = undisturbed(kase, &calm, &why);
    int64_t *times = calloc(kase->script->steps + 1, sizeof *times);
    if (r && times)
        memcpy(times, r->call_time, kase->script->steps * sizeof *times);
    if (r)
        run_free(r);
    return times;
}

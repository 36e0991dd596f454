/* A run: its world built before time 0, played, judged, taken apart at the end. */
#include <stdlib.h>
#include <string.h>
#include "sim/play/engine.h"
#include "sim/play/watch.h"

enum { ARENA_BYTES = 1 << 30 };

/* The frames that were to be disturbed must have come. */
static void judge_loss(struct run *r)
{
    static const struct place nowhere = {NULL, 1, 1, 0};
    const struct run_options *o = r->options;
    const struct recording *rec = &r->topology.recording;
    for (uint32_t k = 0; k < o->faults && r->verdict.status == RUN_PASSED; k++) {
        const struct frame_fault *f = &o->fault[k];
        uint32_t frames = f->link < (int)rec->links ? rec->link[f->link].capture->count : 0;
        if (frames < f->frame && k == 0) /* a first fault may leave no frame for a second */
            verdict_fail(&r->verdict, &nowhere, world_now(r->world),
                         "frame %llu of link %d was never %s: %u came",
                         (unsigned long long)f->frame, f->link,
                         f->kind == FAULT_LOSE ? "lost" : "disturbed", frames);
    }
}

static void told_fate(void *ctx, uint32_t frame, enum sut_fate fate, const char *reason)
{
    struct run *r = ctx;
    if (r->options->fate)
        r->options->fate(r->options->fate_ctx, frame, fate, reason);
    else if (fate == SUT_FATE_DROPPED || fate == SUT_FATE_FILTERED)
        frames_note(r, reason);
}

static void heard_knob(void *ctx, const char *knob, int64_t value)
{
    hear_knob(ctx, knob, value);
    watch_knob(ctx, knob, value);
}

static int build(struct run *r, struct why *why)
{
    const struct run_options *o = r->options;
    const struct topology_plan plan = {.script = r->script,
                                       .value = r->kase->value,
                                       .nic = r->kase->nic,
                                       .board = o->board,
                                       .sut = o->sut,
                                       .load = o->load,
                                       .profile = o->profile,
                                       .set = o->set,
                                       .sets = o->sets,
                                       .knob_default = o->knob_default,
                                       .fill = o->fill,
                                       .share_permille = o->system == SYSTEM_FREEBSD ? 50 : 125,
                                       .watch_fates = o->watch_fates,
                                       .notes = o->notes,
                                       .notes_of = o->notes ? o->notes_of : 0,
                                       .fault = o->fault,
                                       .faults = o->faults,
                                       .listener = {r, call_ended, told_fate, watch_came},
                                       .watch = frames_watch,
                                       .heard = heard_knob,
                                       .ready = introduce_all,
                                       .watch_ctx = r};
    if (topology_build(&r->topology, r->world, &plan, why) != 0)
        return -1;
    if (r->script->packetdrill && !r->topology.skipped)
        judge_given(&r->judge, judge_port_of(&r->judge, 0, r->topology.sut->port[0].number),
                    r->topology.tool.local, r->topology.tool.prefix);
    if (r->topology.skipped)
        verdict_skip(&r->verdict, "%s", r->topology.skip.text);
    return 0;
}

/* The line being played, for what no line is to blame for: it is near. */
static struct place here(const struct run *r)
{
    const struct frame_of_steps *top = r->depths ? &r->depth[r->depths - 1] : NULL;
    if (!top || !top->count)
        return r->last ? r->last->place : (struct place){r->script->path, 1, 1, 0};
    return top->step[top->at < top->count ? top->at : top->count - 1].place;
}

#define STOPPED "\n  differs   run: expected to go on, actual stopped"

/* The process ends here, the verdict is told first. */
static void last_words(struct world *w, const char *why)
{
    struct run *r = world_root(w);
    if (!r->options->last_words)
        return;
    struct place place = here(r);
    verdict_fail(&r->verdict, &place, world_now(w), "%s" STOPPED, why);
    r->options->last_words(r->options->last_words_ctx, r);
}

static void begin_verdict(struct run *r)
{
    const char **id = world_alloc(r->world, (r->script->covers + 1) * sizeof *id, 16);
    for (uint32_t c = 0; c < r->script->covers; c++)
        id[c] = r->script->cover[c].id;
    r->verdict = (struct verdict){.world = r->world,
                                  .path = r->script->path,
                                  .name = r->kase->name,
                                  .report = calloc(1, VERDICT_ROOM),
                                  .repeat = r->options->repeat,
                                  .requirement = id,
                                  .requirements = r->script->covers};
}

struct run *run_new(const struct run_case *kase, const struct run_options *options, struct why *why)
{
    struct world *w = world_new(ARENA_BYTES, options->seed);
    if (!w) {
        why_set(why, "no memory for a world");
        return NULL;
    }
    struct run *r = world_alloc(w, sizeof *r, 64);
    world_set_root(w, r);
    r->world = w;
    r->kase = kase;
    r->script = kase->script;
    r->options = options;
    r->by_outcome = options->by_outcome || kase->script->by_outcome;
    begin_verdict(r);
    if (!r->verdict.report) {
        why_set(why, "no memory for a verdict");
        world_free(w);
        return NULL;
    }
    world_on_fail_hard(w, last_words);
    r->call_time = world_alloc(w, (kase->script->steps + 1) * sizeof *r->call_time, 16);
    r->owner.fire = r->by_outcome ? outcome_fire : engine_fire;
    r->owner.name = "the script";
    world_own(w, &r->owner, RANK_SCRIPT);
    if (build(r, why) != 0) {
        run_free(r);
        return NULL;
    }
    r->descriptors = world_alloc(w, r->topology.hosts * sizeof *r->descriptors, 16);
    for (uint32_t h = 0; h < r->topology.hosts; h++)
        r->descriptors[h].host = r->topology.host[h];
    r->topology.scratch.first = NULL; /* declarations keep what they evaluated */
    engine_start(r);
    return r;
}

void run_again(struct run *r, const struct script *script)
{
    r->script = script;
    r->verdict.report[0] = 0;
    engine_start(r);
}

static struct run *volatile playing;
static volatile uint64_t played_before; /* of runs that do not play now, and one for each call */

static uint64_t progress_of(const struct run *r)
{
    return world_events(r->world) + r->played;
}

uint64_t run_progress(void)
{
    const struct run *r = playing;
    return played_before + (r ? progress_of(r) : 0);
}

void run_die(const char *why)
{
    struct run *r = playing;
    if (r)
        last_words(r->world, why);
}

void run_play(struct run *r, int64_t until_ns)
{
    struct why why = {{0}};
    if (r->verdict.over)
        return;
    uint64_t so_far = progress_of(r);
    playing = r;
    int stopped = world_run(r->world, until_ns, &why);
    played_before = played_before + 1 + progress_of(r) - so_far;
    playing = NULL;
    if (r->verdict.over)
        return;
    struct place place = here(r);
    if (stopped)
        verdict_fail(&r->verdict, &place, world_now(r->world), "%s" STOPPED, why.text);
    else if (until_ns == NEVER)
        verdict_fail(&r->verdict, &place, world_now(r->world),
                     "the world went idle before the script ended");
}

static bool links_bend(const struct run *r)
{
    const struct recording *rec = &r->topology.recording;
    bool bent = false;
    for (uint32_t l = 0; l < rec->links; l++)
        bent |= link_count(rec->link[l].link, LINK_CORRUPTED) > 0 ||
                link_count(rec->link[l].link, LINK_TRUNCATED) > 0;
    return bent;
}

/* A peer that counts what breaks its protocol's rules has counted nothing, unless the script asks
 * for it by itself. */
static void judge_violations(struct run *r)
{
    static const struct place nowhere = {NULL, 0, 0, 0};
    if (r->by_outcome && links_bend(r))
        return; /* what the link bent is not the host's fault */
    for (uint32_t k = 0; k < r->topology.hosts && !r->asked_violations; k++) {
        struct host *h = r->topology.host[k];
        struct value count, last = {0};
        if (r->verdict.status != RUN_PASSED || !h->kind->query ||
            h->kind->query(h, "violations", &count) != 0 || count.number == 0)
            continue;
        if (h->kind->query(h, "last-violation", &last) != 0)
            last.bytes = NULL;
        verdict_fail(&r->verdict, &nowhere, world_now(r->world),
                     "%s counted %lld violation%s of its protocol%s%s", h->name,
                     (long long)count.number, count.number == 1 ? "" : "s",
                     last.bytes ? ", the last: " : "", last.bytes ? (const char *)last.bytes : "");
    }
}

/* A fault that never applied is a script that does not test what it says. */
static void judge_faults(struct run *r)
{
    for (uint32_t f = 0; f < r->faults && r->verdict.status == RUN_PASSED; f++) {
        const struct place place = {r->script->path, r->fault[f]->line, 1, 1};
        if (r->fault[f]->applied == 0)
            verdict_fail(&r->verdict, &place, world_now(r->world),
                         "this fault never applied: it has seen %llu frames",
                         (unsigned long long)r->fault[f]->seen);
    }
}

void run_finish(struct run *r)
{
    judge_loss(r);
    if (!r->by_outcome) {
        judge_faults(r);
        judge_finish(&r->judge);
    }
    judge_violations(r);
    watch_finish(r);
}

static void stop_hosts(struct run *r)
{
    if (!r->closed)
        topology_stop(&r->topology);
    r->closed = true;
}

void run_close(struct run *r)
{
    struct place whole = {r->script->path, 1, 1, 1};
    struct why why = {{0}};
    stop_hosts(r);
    if (r->verdict.status == RUN_PASSED && world_failed(r->world, &why))
        verdict_fail(&r->verdict, &whole, world_now(r->world),
                     "%s\n  differs   end: expected nothing left, actual something", why.text);
}

void run_abandon(struct run *r)
{
    r->closed = true;
}

void run_free(struct run *r)
{
    stop_hosts(r);
    free(r->verdict.report);
    world_free(r->world);
}

void run_fingerprints(const struct run *r, struct fingerprint *w, struct fingerprint *t,
                      struct fingerprint *s)
{
    recording_fingerprints(&r->topology.recording, w, t);
    fingerprint_init(s);
    fingerprint_join(s, t);
    fingerprint_join(s, world_state_print(r->world));
}

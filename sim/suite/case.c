/* One case, run in this process: played, judged, compared with its golden, told. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "sim/language/needs.h"
#include "sim/hosts/cwnd_trace.h"
#include "sim/suite/insight.h"
#include "sim/hosts/sut_plugin.h"
#include "sim/suite/case.h"
#include "sim/suite/case_captures.h"
#include "sim/suite/case_golden.h"
#include "sim/suite/closure.h"
#include "sim/suite/starve.h"
#include "sim/suite/wire_mutants.h"
#include "sim/record/ladder.h"
#include "sim/record/picture.h"
#include "sim/topology/profile.h"

enum { TEXT_ROOM = 16384, MIDDLE = 2 };

static int64_t wall_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t); /* for the report alone: nothing in the world can see it */
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct run_options run_options_of(const struct suite_case *c, const struct options *o,
                                         unsigned want, const char *repeat)
{
    struct run_options r = {.sut = o->stack,
                            .board = o->board,
                            .load = o->load,
                            .knob_default = o->knob_default,
                            .seed = c->seed && !o->seed_given ? c->seed : o->seed,
                            .fill = (uint8_t)o->fill,
                            .set = o->set,
                            .sets = o->sets,
                            .monitored = !o->no_monitor,
                            .strict = o->strict,
                            .judge_rfc = o->judge && strcmp(o->judge, "rfc") == 0,
                            .judge_exact = o->judge && strcmp(o->judge, "exact") == 0,
                            .watch_fates = (want & WANT_FATES) != 0,
                            .repeat = repeat};
    r.profile = o->profile ? profile_knobs(o->profile) : NULL;
    r.system = o->profile ? profile_system(o->profile) : SYSTEM_NONE;
    r.fault = o->fault;
    r.faults = o->faults;
    r.by_outcome = o->faults != 0;
    return r;
}

static int64_t middle_of(const struct run *r)
{
    return world_now(r->world) / MIDDLE;
}

/* Plays to the middle, saves, plays to the end, goes back, and plays to the end again. */
static void check_snapshot(const struct run_case *kase, const struct run_options *options,
                           int64_t middle_ns, struct result *out)
{
    struct why why = {{0}};
    struct run *r = run_new(kase, options, &why);
    struct image *image = NULL;
    if (r)
        run_play(r, middle_ns);
    if (r && r->verdict.status == RUN_SKIPPED)
        why_set(&why, "%s", r->verdict.report);
    else if (r)
        image = world_save(r->world, &why);
    if (!image) { /* nothing was compared: no pass */
        out->outcome.status = RUN_SKIPPED;
        out->report = strdup(why.text);
        if (r)
            run_free(r);
        return;
    }
    struct fingerprint w, t, s;
    for (int round = 0; round < 2; round++) {
        run_play(r, NEVER);
        run_fingerprints(r, &w, &t, &s);
        bool same = memcmp(&w, &out->outcome.w, sizeof w) == 0 &&
                    memcmp(&t, &out->outcome.t, sizeof t) == 0 &&
                    memcmp(&s, &out->outcome.s, sizeof s) == 0;
        if (!same && out->outcome.status == RUN_PASSED) {
            out->outcome.status = RUN_FAILED;
            if (asprintf(&out->report,
                         "%s:1:1: %s at its middle, the run ended with other fingerprints\n  "
                         "repeat    %s\n",
                         kase->script->path, round ? "restored" : "stopped", options->repeat) < 0)
                out->report = NULL;
        }
        if (round == 0)
            world_restore(r->world, image);
    }
    image_free(image);
    run_free(r);
}

/* --trace cwnd: told to memory while the case runs, so that a case that cannot be played leaves no
 * file. */
struct tracing {
    FILE *file;
    char *text;
    size_t len;
    struct cwnd_trace *trace;
};

static void begin_tracing(struct tracing *t, const struct options *o, struct run_options *r)
{
    *t = (struct tracing){0};
    t->file = o->cwnd ? open_memstream(&t->text, &t->len) : NULL;
    t->trace = t->file ? cwnd_trace_new(t->file) : NULL;
    r->cwnd = t->trace;
}

static void end_tracing(struct tracing *t, const struct options *o, struct run *r)
{
    struct why why = {{0}};
    if (!t->file)
        return;
    fclose(t->file);
    cwnd_trace_free(t->trace);
    if (r && file_write(o->cwnd, (const uint8_t *)t->text, t->len, &why) != 0)
        case_not_written(r, "--trace cwnd", why.text);
    free(t->text);
    t->file = NULL;
}

/* --trace nic, or the last stretch of it where the driver is somebody else's. */
enum { TRACE_MOST = 200000, TRACE_LAST = 80 };

static struct recorded_notes *notes_for(const struct options *o)
{
    if (o->notes_of)
        return recorded_notes_new(TRACE_MOST);
    bool others = o->stack->flags & SUT_OTHERS_DRIVER ||
                  (o->stack->flags & SUT_BUS && !(o->stack->flags & SUT_INSIDE));
    return others ? recorded_notes_new(TRACE_LAST) : NULL;
}

/* Unasked it is told where a packet did not come; with why the NIC moves nothing. */
static void end_notes(struct run *r)
{
    struct recording *rec = &r->topology.recording;
    if (!rec->notes || r->verdict.status != RUN_FAILED)
        return;
    if (strstr(r->verdict.report, "no packet came"))
        sut_host_explain(r->topology.sut);
    else if (rec->notes->most == TRACE_LAST)
        rec->notes = NULL;
}

static char *picture_of(const struct run *r)
{
    const struct verdict *v = &r->verdict;
    const struct host *h = r->topology.sut;
    bool here = !v->at.file || strcmp(v->at.file, r->script->path) == 0;
    struct picture p = {.recording = &r->topology.recording,
                        .script = r->script->text,
                        .report = v->status == RUN_PASSED ? NULL : v->report,
                        .line = v->status == RUN_PASSED || !here ? 0 : v->at.line,
                        .at_ns = v->at_ns};
    for (uint32_t k = 0; k < h->ports && k < PICTURE_INTERFACES; k++)
        p.under_test[p.interfaces++] = h->port[k].name;
    return picture_text(&p);
}

static void collect(struct run *r, struct result *out, unsigned want)
{
    struct outcome *o = &out->outcome;
    o->status = r->verdict.status;
    o->relaxed = r->verdict.relaxed;
    o->frames = r->judge.frames;
    o->events = world_events(r->world);
    o->virtual_ns = world_now(r->world);
    if (r->verdict.status != RUN_PASSED)
        out->report = strdup(r->verdict.report);
    end_notes(r);
    bool told = (want & WANT_LADDER) || r->verdict.status == RUN_FAILED;
    if (told && want & WANT_PICTURE)
        out->ladder = picture_of(r);
    else if (told)
        out->ladder = ladder_text(&r->topology.recording);
}

struct dying {
    struct result *out;
    unsigned want;
    const struct last_words *last;
};

static void die(void *ctx, struct run *r)
{
    const struct dying *d = ctx;
    run_fingerprints(r, &d->out->outcome.w, &d->out->outcome.t, &d->out->outcome.s);
    collect(r, d->out, d->want);
    d->out->outcome.last = true;
    d->last->hear(d->last->ctx, d->out);
}

/* Worlds with foreign code are not made by the thousand: what it keeps outlives them. */
static bool has_foreign(const struct topology *t)
{
    for (uint32_t k = 0; k < t->hosts; k++) {
        const struct host *h = t->host[k];
        bool once = h->kind->flags & HOST_STACK && sut_host_sut(h) &&
                    sut_host_sut(h)->flags & SUT_SINGLETON;
        if (h->kind->flags & HOST_FOREIGN || (once && h != t->sut))
            return true;
    }
    return false;
}

/* All that its hosts have lies in the world, which can be let go as it is. */
static bool is_whole(const struct topology *t, const struct options *o)
{
    for (uint32_t k = 0; k < t->hosts; k++) {
        const struct host *h = t->host[k];
        if (h->kind->flags & HOST_STACK && !(sut_host_sut(h)->flags & SUT_SAVES))
            return false;
    }
    return !o->board && !has_foreign(t);
}

/* What the stack says that it does not have, or the command line says of it, is not asked for. */
static bool is_lacking(const struct suite_case *c, const struct options *o, struct result *out)
{
    char lacked[64];
    int len = 0;
    const char *knob =
        o->stack->flags & SUT_NO_KNOBS ? needs_knob(c->run.script, o->knob_default) : NULL;
    if (needs_lacked(c->run.script, o->stack->lacks, lacked) ||
        needs_lacked(c->run.script, o->lacks, lacked))
        len = asprintf(&out->report, "%s lacks %s", o->stack->name, lacked);
    else if (knob)
        len = asprintf(&out->report, "the stack %s has no knobs, the script sets %s",
                       o->stack->name, knob);
    else
        return false;
    out->outcome.status = RUN_SKIPPED;
    if (len < 0)
        out->report = NULL;
    return true;
}

/* A case being played, and what is asked of it. */
struct playing {
    const struct suite_case *kase;
    const struct options *o;
    struct run_options options;
    struct tracing tracing;
    struct dying dying;
    int64_t started_ns, middle_ns; /* of wall time; of virtual time, for a snapshot */
    bool foreign;
};

static void refuse(const struct suite_case *c, const struct why *why, struct result *out)
{
    char text[TEXT_ROOM];
    diagnostic_caret(c->run.script, why->text, text, sizeof text);
    out->outcome.status = RUN_ERROR;
    out->outcome.refused = true;
    out->report = strdup(text);
}

/* What is broken need not survive being taken apart. */
static void end_run(struct playing *p, struct run *r)
{
    struct result *out = p->dying.out;
    bool broken = r->verdict.status == RUN_FAILED;
    if (broken && !is_whole(&r->topology, p->o)) {
        out->outcome.wall_ns = wall_ns() - p->started_ns;
        die(&p->dying, r);
    }
    run_fingerprints(r, &out->outcome.w, &out->outcome.t, &out->outcome.s);
    if (broken)
        run_abandon(r);
    else
        run_close(r);
    collect(r, out, p->dying.want);
    run_free(r);
}

static void play(struct playing *p, struct run *r)
{
    struct result *out = p->dying.out;
    struct case_golden golden;
    case_golden_follow(r, p->kase, p->o, &golden);
    if ((p->dying.want & WANT_LADDER) || p->o->pcap || p->o->bless)
        recording_keep_all(&r->topology.recording);
    run_play(r, NEVER);
    run_finish(r);
    out->outcome.refused = r->verdict.status == RUN_ERROR;
    case_golden_judge(r, p->kase, p->o, &golden, &out->outcome);
    if (p->o->pcap)
        case_captures_write(r, p->kase, p->o->pcap);
    p->options.cwnd = NULL;
    end_tracing(&p->tracing, p->o, r);
    p->middle_ns = middle_of(r);
    p->foreign = has_foreign(&r->topology);
    end_run(p, r);
    golden_close(golden.golden);
}

/* What is asked of a case that passed, by playing it again and again. */
static void play_again(struct playing *p)
{
    const struct options *o = p->o;
    const struct run_case *kase = &p->kase->run;
    struct result *out = p->dying.out;
    p->options.notes = NULL; /* nothing is told of that */
    if (o->snapshot && out->outcome.status == RUN_PASSED)
        check_snapshot(kase, &p->options, p->middle_ns, out);
    if (o->closure && out->outcome.status == RUN_PASSED)
        closure_run(kase, &p->options, o->pairs, out);
    if (o->fail_alloc && out->outcome.status == RUN_PASSED && !p->foreign)
        starve_run(kase, &p->options, o->fail_alloc == ALLOC_ALL ? 0 : o->fail_alloc, out);
    if (o->wire_mutants && out->outcome.status == RUN_PASSED && !p->foreign)
        out->report = wire_mutants_run(kase, &p->options, &out->outcome.mutant_runs);
}

void case_run(const struct suite *suite, uint32_t k, const struct options *o, unsigned want,
              const struct last_words *last, struct result *out)
{
    const struct suite_case *c = &suite->kase[k];
    struct why why = {{0}};
    memset(out, 0, sizeof *out);
    out->outcome.index = k;
    if (is_lacking(c, o, out))
        return;
    char *repeat = case_repeat(suite, k, o);
    struct playing p = {.kase = c,
                        .o = o,
                        .options = run_options_of(c, o, want, repeat),
                        .dying = {out, want, last},
                        .started_ns = wall_ns()};
    p.options.last_words = die;
    p.options.last_words_ctx = &p.dying;
    int64_t *times = o->faults ? closure_call_times(&c->run, &p.options) : NULL;
    p.options.call_time = times;
    begin_tracing(&p.tracing, o, &p.options);
    struct recorded_notes *notes = p.options.notes = notes_for(o);
    p.options.notes_of = o->notes_of ? o->notes_of : NOTE_NIC;
    if (insight)
        insight->wrap(o->wrap);
    struct run *r = run_new(&c->run, &p.options, &why);
    if (r) {
        play(&p, r);
        play_again(&p);
    } else {
        refuse(c, &why, out);
    }
    out->outcome.last = !sut_statics_all_fresh();
    out->outcome.statics = sut_statics_found_changed();
    out->outcome.wall_ns = wall_ns() - p.started_ns;
    end_tracing(&p.tracing, o, NULL);
    recorded_notes_free(notes);
    free(times);
    free(repeat);
}

/* One case, run in this process: played, judged, compared with its golden, told. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "sim/language/needs.h"
#include "sim/hosts/cwnd_trace.h"
#include "sim/suite/insight.h"
#include "sim/hosts/sut_plugin.h"
#include "sim/suite/case.h"
#include "sim/suite/closure.h"
#include "sim/suite/starve.h"
#include "sim/suite/wire_mutants.h"
#include "sim/record/golden.h"
#include "sim/record/ladder.h"
#include "sim/record/pcapng_write.h"
#include "sim/record/picture.h"
#include "sim/topology/profile.h"

enum { TEXT_ROOM = 16384, MIDDLE = 2 };

static int64_t wall_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t); /* for the report alone: nothing in the world can see it */
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void case_word(FILE *f, const char *before, const char *word)
{
    fputs(before, f);
    if (*word &&
        word[strspn(word,
                    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%")] ==
            0) {
        fputs(word, f);
        return;
    }
    fputc('\'', f);
    for (; *word; word++)
        fprintf(f, *word == '\'' ? "'\\''" : "%c", *word);
    fputc('\'', f);
}

void case_fault(FILE *f, const struct frame_fault *fault)
{
    static const char *const names[FAULT_KINDS] = {[FAULT_LOSE] = "lose",
                                                   [FAULT_DUP] = "dup",
                                                   [FAULT_DELAY] = "delay",
                                                   [FAULT_CORRUPT] = "corrupt"};
    unsigned long long frame = fault->frame;
    if (fault->kind == FAULT_LOSE)
        fprintf(f, " --lose %d:%llu", fault->link, frame);
    else
        fprintf(f, " --disturb %s:%d:%llu", names[fault->kind], fault->link, frame);
    if (fault->kind == FAULT_DELAY)
        fprintf(f, ":%lld", (long long)fault->delay_ns);
}

char *case_repeat(const struct suite *suite, uint32_t k, const struct options *o)
{
    const struct suite_case *c = &suite->kase[k];
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    case_word(f, "", program_invocation_name); /* as it was called: it can be called so again */
    fputs(" run", f);
    if (o->stack->flags & SUT_BUS)
        fprintf(f, " --nic %s", c->run.nic->name);
    if (o->bus)
        case_word(f, " --bus ", o->bus);
    if (o->sut)
        case_word(f, " --sut ", o->sut);
    if (o->driver)
        case_word(f, " --driver ", o->driver);
    if (o->profile)
        fprintf(f, " --profile %s", o->profile);
    if (o->judge)
        fprintf(f, " --judge %s", o->judge);
    for (int n = 0; n < o->catalogues; n++)
        case_word(f, " --catalogue ", o->catalogue[n]);
    for (int d = 0; d < o->defines; d++)
        case_word(f, " -D ", o->define[d]);
    if (o->fill)
        fprintf(f, " --fill %llu", (unsigned long long)o->fill);
    if (o->snapshot)
        fputs(" --snapshot", f);
    if (o->strict)
        fputs(" --strict", f);
    if (o->no_monitor)
        fputs(" --no-monitor", f);
    if (o->wrap)
        fputs(" --wrap", f);
    if (o->no_golden)
        fputs(" --no-golden", f);
    if (o->seed_given)
        fprintf(f, " --seed %llu", (unsigned long long)o->seed);
    for (uint32_t s = 0; s < o->sets; s++) {
        char value[64];
        value_text(&o->set[s].value, value, sizeof value);
        fprintf(f, " --set %s=%s", o->set[s].name, value);
    }
    for (uint32_t n = 0; n < o->faults; n++)
        case_fault(f, &o->fault[n]);
    case_word(f, " ", c->argument);
    fclose(f);
    return text;
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

/* A golden is for our stack, at the script's own seed, options and profile; any other run is judged
 * by its lines alone. */
static bool golden_applies(const struct suite_case *c, const struct options *o)
{
    return c->golden && !o->no_golden && !o->wrap && !o->wire_mutants && !o->sut && !o->driver &&
           !o->seed_given && !o->sets && !o->faults && !o->defines &&
           (!o->profile || strcmp(o->profile, "rfc") == 0);
}

/* "slirp 4.7.0\n" for each kind of host that has a version; "" when there is none. */
static void versions_here(const struct topology *t, char *out, size_t room)
{
    size_t len = 0;
    out[0] = 0;
    for (uint32_t h = 0; h < t->hosts && len < room; h++) {
        const struct host_kind *kind = t->host[h]->kind;
        const char *version = kind->version ? kind->version(t->host[h]) : NULL;
        if (version)
            len += (size_t)snprintf(out + len, room - len, "%s %s\n", kind->name, version);
    }
}

/* The golden of a case that is being played; NULL: it has none, or it is about to be written. */
struct compared {
    struct golden_subject subject;
    struct golden *golden;
    char versions[512];
};

static void follow_golden(struct run *r, const struct suite_case *c, const struct options *o,
                          struct compared *g)
{
    g->golden = NULL;
    g->subject =
        (struct golden_subject){&r->topology.recording, r->script->golden_fingerprint, g->versions};
    versions_here(&r->topology, g->versions, sizeof g->versions);
    if (golden_applies(c, o) && !o->bless)
        g->golden = golden_open(&g->subject, c->golden);
}

static const struct place whole = {NULL, 1, 1, 0};

static void bless(struct run *r, const struct suite_case *c, const struct compared *g,
                  struct outcome *out)
{
    struct why why = {{0}};
    out->golden = GOLDEN_WRITTEN;
    if (golden_write(&g->subject, c->golden, &why) != 0)
        verdict_fail(&r->verdict, &whole, world_now(r->world), "%s", why.text);
}

static void check_golden(struct run *r, const struct compared *g, bool strict, struct outcome *out)
{
    char text[TEXT_ROOM / 2];
    enum golden_result got = golden_compare(g->golden, text, sizeof text);
    if (got == GOLDEN_OTHER_VERSION) {
        r->verdict.over = false;
        verdict_skip(&r->verdict, "%s", text);
        return;
    }
    out->golden = got == GOLDEN_SAME     ? GOLDEN_HELD
                  : got == GOLDEN_ABSENT ? GOLDEN_MISSING
                                         : GOLDEN_BROKEN;
    if (got == GOLDEN_SAME || (got == GOLDEN_ABSENT && !strict))
        return;
    verdict_fail(&r->verdict, &whole, world_now(r->world),
                 "every line passes, but the capture is not the golden\n  golden    %s", text);
    if (got == GOLDEN_UNREADABLE)
        r->verdict.status = RUN_ERROR;
}

static void judge_golden(struct run *r, const struct suite_case *c, const struct options *o,
                         const struct compared *g, struct outcome *out)
{
    if (r->verdict.status != RUN_PASSED)
        return;
    if (golden_applies(c, o) && o->bless)
        bless(r, c, g, out);
    else if (g->golden)
        check_golden(r, g, o->strict, out);
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

/* F.pcapng: all links in one file, with what is known of each frame. */
static bool is_pcapng(const char *path)
{
    size_t len = strlen(path);
    return len > 7 && strcmp(path + len - 7, ".pcapng") == 0;
}

static void write_pcapng(struct run *r, const char *path)
{
    struct why why = {{0}};
    size_t len;
    const struct verdict *v = &r->verdict;
    char rule[256] = "";
    if (v->status == RUN_FAILED)
        snprintf(rule, sizeof rule, "%.*s%s%s", (int)strcspn(v->report, "\n"), v->report,
                 v->requirements ? "; " : "", v->requirements ? v->requirement[0] : "");
    uint8_t *bytes =
        pcapng_of(&r->topology.recording, r->script->path, rule[0] ? rule : NULL, v->at_ns, &len);
    if (!bytes || file_write(path, bytes, len, &why) != 0) {
        verdict_fail(&r->verdict, &whole, world_now(r->world), "--pcap: %s",
                     bytes ? why.text : "no memory for the capture");
        r->verdict.status = RUN_ERROR;
    }
    free(bytes);
}

/* In a folder a file for each case: its name, with strokes and blanks out of the way. */
static void pcap_name(const struct suite_case *c, const char *path, char *out, size_t room)
{
    struct stat st;
    size_t len = strlen(path);
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        snprintf(out, room, "%s", path);
        return;
    }
    snprintf(out, room, "%s%s%s.pcap", path, path[len - 1] == '/' ? "" : "/", c->run.name);
    for (char *at = out + len + (path[len - 1] != '/'); *at; at++)
        if (*at == '/' || *at == ' ')
            *at = '_';
}

static void write_pcap(struct run *r, const char *path)
{
    struct why why = {{0}};
    for (uint32_t l = 0; l < r->topology.recording.links; l++) {
        char name[4096];
        size_t len, stem = strlen(path);
        stem -= stem > 5 && strcmp(path + stem - 5, ".pcap") == 0 ? 5 : 0;
        if (r->topology.recording.links == 1)
            snprintf(name, sizeof name, "%s", path);
        else
            snprintf(name, sizeof name, "%.*s@link=%s.pcap", (int)stem, path,
                     r->topology.recording.link[l].name);
        uint8_t *bytes = capture_pcap(r->topology.recording.link[l].capture, &len);
        if (!bytes || file_write(name, bytes, len, &why) != 0) {
            verdict_fail(&r->verdict, &whole, world_now(r->world), "--pcap: %s",
                         bytes ? why.text : "no memory for the capture");
            r->verdict.status = RUN_ERROR;
        }
        free(bytes);
    }
}

static void write_captures(struct run *r, const struct suite_case *c, const char *path)
{
    char name[4096];
    pcap_name(c, path, name, sizeof name);
    if (is_pcapng(name))
        write_pcapng(r, name);
    else
        write_pcap(r, name);
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
    if (r && file_write(o->cwnd, (const uint8_t *)t->text, t->len, &why) != 0) {
        verdict_fail(&r->verdict, &whole, world_now(r->world), "--trace cwnd: %s", why.text);
        r->verdict.status = RUN_ERROR;
    }
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
    struct compared golden;
    follow_golden(r, p->kase, p->o, &golden);
    if ((p->dying.want & WANT_LADDER) || p->o->pcap || p->o->bless)
        recording_keep_all(&r->topology.recording);
    run_play(r, NEVER);
    run_finish(r);
    out->outcome.refused = r->verdict.status == RUN_ERROR;
    judge_golden(r, p->kase, p->o, &golden, &out->outcome);
    if (p->o->pcap)
        write_captures(r, p->kase, p->o->pcap);
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
    out->outcome.spoilt = sut_statics_found_changed();
    out->outcome.last = sut_any_spent(); /* what has static variables gets a process a case */
    out->outcome.wall_ns = wall_ns() - p.started_ns;
    end_tracing(&p.tracing, o, NULL);
    recorded_notes_free(notes);
    free(times);
    free(repeat);
}

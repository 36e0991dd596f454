#include "sim/suite/sweep.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "sim/base/pool.h"
#include "sim/suite/reach.h"

/* --- tasks --- */

static bool is_mine(const struct options *o, uint64_t group)
{
    return !o->shards || group % o->shards == o->shard - 1;
}

void sweep_begin(struct sweep *s, const struct suite *suite, const struct options *o)
{
    uint64_t first = o->seeds_first / SWARM_GROUP, last = o->seeds_last / SWARM_GROUP;
    *s = (struct sweep){.suite = suite, .options = o};
    s->task = calloc((size_t)(last - first + 1), sizeof *s->task);
    if (!s->task)
        abort();
    for (uint64_t g = first; g <= last; g++) {
        uint64_t from = g * SWARM_GROUP, to = from + SWARM_GROUP - 1;
        if (is_mine(o, g))
            s->task[s->tasks++] = (struct sweep_task){from < o->seeds_first ? o->seeds_first : from,
                                                      to > o->seeds_last ? o->seeds_last : to};
    }
    s->reach = reach_new();
    s->at = mmap(NULL, (s->tasks + 1) * sizeof *s->at, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s->at == MAP_FAILED)
        abort();
}

void sweep_end(struct sweep *s)
{
    munmap(s->at, (s->tasks + 1) * sizeof *s->at);
    reach_free(s->reach);
    free(s->task);
}

char *sweep_repeat(const struct sweep *s, uint64_t seed)
{
    const struct options *o = s->options;
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    case_word(f, "", program_invocation_name);
    fprintf(f, " sweep --seeds %" PRIu64, seed);
    if (o->nic)
        fprintf(f, " --nic %s", o->nic);
    if (o->no_monitor)
        fputs(" --no-monitor", f);
    for (int d = 0; d < o->defines; d++)
        case_word(f, " -D ", o->define[d]);
    for (int p = 0; p < o->paths; p++)
        case_word(f, " ", o->path[p]);
    fclose(f);
    return text;
}

/* --- a group --- */

static void begin_world(struct prepared *p)
{
    struct why why = {{0}};
    p->run = run_new(&p->actions.kase, &p->options, &why);
    if (!p->run)
        return;
    p->image = world_save(p->run->world, &why);
}

static void end_world(struct prepared *p)
{
    if (p->image)
        image_free(p->image);
    if (p->run)
        run_free(p->run);
    p->image = NULL;
    p->run = NULL;
}

/* Played once without a fault: it must hold, and says when frames go. */
static const char *try_calm(struct prepared *p)
{
    begin_world(p);
    if (!p->run || !p->image)
        return "its world cannot be saved";
    p->calm = (struct swarm){.single = true}; /* every outcome is asked */
    swarm_compile(&p->actions, p->pool, &p->calm);
    run_again(p->run, &p->calm.script);
    run_play(p->run, NEVER);
    run_finish(p->run);
    actions_note_frames(&p->actions, p->run);
    if (p->run->verdict.status == RUN_PASSED)
        run_close(p->run);
    if (p->run->verdict.status == RUN_PASSED)
        return NULL;
    const char *report = p->run->verdict.report;
    return pool_text(p->pool, report, strlen(report));
}

static void make_small(struct actions *a)
{
    struct script *s = &a->script;
    if (!s->suts)
        return;
    struct declaration *sut = pool_alloc(a->pool, s->suts * sizeof *sut);
    memcpy(sut, s->sut, s->suts * sizeof *sut);
    for (uint32_t k = 0; k < sut->attributes; k++)
        if (strcmp(sut->attribute[k].name, "small") == 0 ||
            strcmp(sut->attribute[k].name, "sockets") == 0)
            return;
    struct attribute *all = pool_alloc(a->pool, (sut->attributes + 1) * sizeof *all);
    all[0] = (struct attribute){.name = "small", .place = sut->place};
    memcpy(all + 1, sut->attribute, sut->attributes * sizeof *all);
    sut->attribute = all;
    sut->attributes++;
    s->sut = sut;
}

/* The script's own word on a knob stands. */
static void add_knobs(struct actions *a, const struct swarm_config *c)
{
    struct script *s = &a->script;
    struct setting *set = pool_alloc(a->pool, (s->sets + c->sets + 1) * sizeof *set);
    uint32_t own = s->sets, sets = own;
    if (own)
        memcpy(set, s->set, own * sizeof *set);
    for (uint32_t k = 0; k < c->sets; k++) {
        bool said = false;
        for (uint32_t o = 0; o < own; o++)
            said |= strcmp(set[o].name, c->set[k].name) == 0;
        if (said)
            continue;
        set[sets] = c->set[k];
        set[sets++].place = (struct place){s->path, 1, 1, 0};
    }
    s->set = set;
    s->sets = sets;
}

/* Of the case as it is. */
static void note_reach(void *ctx, const struct run *r)
{
    reach_note(ctx, r);
}

void sweep_prepare(const struct sweep *s, uint64_t group, struct prepared *p)
{
    const struct options *o = s->options;
    *p = (struct prepared){.pool = pool_new()};
    swarm_configure(group, s->suite->cases, &p->config);
    const struct suite_case *c = &s->suite->kase[p->config.kase];
    snprintf(p->label, sizeof p->label, "%s", c->run.name);
    p->options = (struct run_options){.sut = o->stack,
                                      .load = o->load,
                                      .seed = c->seed ? c->seed : 1,
                                      .monitored = !o->no_monitor};
    reach_begin(s->reach);
    p->options.ended = s->reach ? note_reach : NULL;
    p->options.ended_ctx = s->reach;
    actions_record(&c->run, &p->options, p->config.world_seed, &p->actions);
    p->outside = p->actions.outside;
    if (p->outside)
        return;
    p->options.seed = p->config.world_seed;
    const struct script plain = p->actions.script;
    add_knobs(&p->actions, &p->config);
    if (p->config.small)
        make_small(&p->actions);
    if (!try_calm(p))
        return;
    end_world(p); /* the configuration is not for this case: it is played as it is */
    p->config.sets = 0;
    p->config.small = false;
    p->actions.script = plain;
    p->outside = try_calm(p);
}

void sweep_release(struct prepared *p)
{
    end_world(p);
    actions_free(&p->actions);
    pool_free(p->pool);
}

/* --- a seed --- */

struct at_work {
    const struct sweep *sweep;
    struct prepared *prepared;
    struct swarm swarm;
    const struct last_words *last;
    struct result *out;
    FILE *rows;
    uint64_t seed;
};

static void print_escaped(FILE *f, const char *text)
{
    for (; text && *text; text++)
        fputc(*text == '\n' ? '\v' : *text == '\t' ? ' ' : *text, f);
}

/* A call that the stack does not know any more, of a socket that is not there, is no failure. */
static bool is_bad(const struct run *r)
{
    return r->verdict.status == RUN_FAILED || r->verdict.status == RUN_ERROR;
}

static void print_row(struct at_work *w, const struct run *r, const char *status)
{
    const char *between = "";
    fprintf(w->rows, "%" PRIu64 "\t%s\t%s\t", w->seed, status, w->prepared->label);
    for (int k = 0; k < SWARM_KINDS; k++)
        if (w->swarm.kinds >> k & 1) {
            fprintf(w->rows, "%s%s", between, swarm_kind_name((enum swarm_kind)k));
            between = ",";
        }
    fprintf(w->rows, "\t%u\t%" PRId64 "\t%" PRIu64 "\t%" PRId64 "\t", w->swarm.strikes,
            w->swarm.calm_ns, r->judge.frames, world_now(r->world));
    if (is_bad(r))
        print_escaped(w->rows, r->verdict.report);
    fputc('\n', w->rows);
    fflush(w->rows);
    w->out->outcome.runs++;
    w->out->outcome.failures += is_bad(r);
}

static void die(void *ctx, struct run *r)
{
    struct at_work *w = ctx;
    print_row(w, r, "failed");
    fclose(w->rows);
    w->out->outcome.last = true;
    w->last->hear(w->last->ctx, w->out);
}

/* A failed run's world is left as it is: what is broken may crash while it is taken apart. */
static void run_seed(struct at_work *w)
{
    struct prepared *p = w->prepared;
    struct pool *pool = pool_new();
    reach_begin(w->sweep->reach);
    swarm_draw(w->seed, &p->actions, pool, &w->swarm);
    world_restore(p->run->world, p->image);
    run_again(p->run, &w->swarm.script);
    run_play(p->run, NEVER);
    run_finish(p->run);
    bool passed = p->run->verdict.status == RUN_PASSED;
    if (passed && w->sweep->reach)
        reach_note(w->sweep->reach, p->run);
    if (passed)
        run_close(p->run);
    print_row(w, p->run, is_bad(p->run) ? "failed" : "passed");
    if (is_bad(p->run))
        begin_world(p);
    pool_free(pool);
}

static void leave_out(struct at_work *w, const struct sweep_task *t)
{
    fprintf(w->rows, "%" PRIu64 "\tleft out\t%s\t\t%" PRIu64 "\t0\t0\t0\t", t->first,
            w->prepared->label, t->last - t->first + 1);
    print_escaped(w->rows, w->prepared->outside);
    fputc('\n', w->rows);
    w->out->outcome.left_out = (uint32_t)(t->last - t->first + 1);
}

static void run_task(void *ctx, uint32_t k, const struct last_words *last, struct result *out)
{
    const struct sweep *s = ctx;
    const struct sweep_task *t = &s->task[k];
    struct prepared p;
    size_t len = 0;
    struct at_work w = {.sweep = s, .prepared = &p, .last = last, .out = out, .seed = t->first};
    *out = (struct result){.outcome = {.index = k}};
    w.rows = open_memstream(&out->report, &len);
    if (!w.rows)
        abort();
    sweep_prepare(s, t->first / SWARM_GROUP, &p);
    p.options.last_words = die;
    p.options.last_words_ctx = &w;
    if (p.outside)
        leave_out(&w, t);
    for (w.seed = t->first; !p.outside && w.seed <= t->last; w.seed++) {
        s->at[k] = w.seed;
        run_seed(&w);
    }
    fclose(w.rows);
    sweep_release(&p);
}

static char *repeat_task(void *ctx, uint32_t k)
{
    const struct sweep *s = ctx;
    return sweep_repeat(s, s->at[k] ? s->at[k] : s->task[k].first);
}

static const char *path_of_task(void *ctx, uint32_t k)
{
    const struct sweep *s = ctx;
    struct swarm_config c;
    swarm_configure(s->task[k].first / SWARM_GROUP, s->suite->cases, &c);
    return s->suite->kase[c.kase].run.script->path;
}

enum workers_end sweep_run(struct sweep *s, bool (*done)(void *ctx, uint32_t k, struct result *r),
                           void *ctx)
{
    const struct work work = {.count = s->tasks,
                              .jobs = s->options->jobs,
                              .patience = s->options->patience,
                              .run = run_task,
                              .repeat = repeat_task,
                              .path = path_of_task,
                              .ctx = s};
    return workers_do(&work, done, ctx);
}

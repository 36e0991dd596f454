#include "sim/suite/actions.h"
#include <stdlib.h>
#include <string.h>
#include "sim/base/pool.h"
#include "sim/hosts/sut_host.h"

struct recorder {
    struct actions *a;
    struct step *step;
    uint32_t steps;
    const struct step **all; /* of the case's script, in their order, whatever they stand in */
    const char *counter;     /* the turn that was noted last */
    uint32_t turn;
    uint32_t count, told; /* told: of those, the `>` lines before it stand in `step` */
};

static struct step *add(struct recorder *rec, const struct step *step)
{
    rec->step = pool_grow(rec->a->pool, rec->step, rec->steps, sizeof *rec->step);
    rec->step[rec->steps] = *step;
    rec->step[rec->steps].comment = NULL;
    return &rec->step[rec->steps++];
}

/* --- `>` lines --- */

static void number_steps(struct recorder *rec, const struct step *step, uint32_t steps)
{
    for (uint32_t k = 0; k < steps; k++) {
        rec->all = pool_grow(rec->a->pool, rec->all, rec->count, sizeof *rec->all);
        rec->all[rec->count++] = &step[k];
        if (step_is_block(&step[k]))
            number_steps(rec, step[k].u.block.step, step[k].u.block.steps);
    }
}

/* The `>` lines that stand before this step, or all of them, and were not told yet: what they bind
 * is known to those behind them. */
static void add_lines_before(struct recorder *rec, const struct step *step)
{
    uint32_t until = 0;
    while (until < rec->count && rec->all[until] != step)
        until++;
    for (; rec->told < until; rec->told++) {
        const struct step *line = rec->all[rec->told];
        if (line->kind == STEP_PACKET && line->u.packet.direction == '>')
            add(rec, line)->when = (struct when){.kind = WHEN_ANY};
    }
}

/* --- actions --- */

static bool is_kept(const struct step *step)
{
    switch (step->kind) {
    case STEP_PACKET:
    case STEP_CALL:
    case STEP_FAULT:
    case STEP_LINK:
    case STEP_SET:
    case STEP_LET:
        return true;
    default:
        return false;
    }
}

static struct when at(int64_t now_ns)
{
    return (struct when){.kind = WHEN_ABSOLUTE, .from_ns = now_ns, .to_ns = now_ns};
}

/* The turn of a repeat that binds one: a variable of its own from then on. */
static void note_turn(struct recorder *rec, const struct run *r, const struct step *step,
                      int64_t now_ns)
{
    for (int d = 1; d < r->depths; d++) {
        const struct frame_of_steps *f = &r->depth[d];
        if (!f->counter || (rec->counter == f->counter && rec->turn == f->turn))
            continue;
        rec->counter = f->counter;
        rec->turn = f->turn;
        struct expr *turn = pool_alloc(rec->a->pool, sizeof *turn);
        *turn = (struct expr){.kind = EXPR_VALUE,
                              .depth = 1,
                              .value = {.kind = VALUE_NUMBER, .number = f->turn},
                              .place = step->place};
        struct step let = {.kind = STEP_LET, .when = at(now_ns), .place = step->place};
        let.u.let.name = f->counter;
        let.u.let.expr = turn;
        add(rec, &let);
    }
}

static void acts(void *ctx, struct run *r, const struct step *step, int64_t now_ns)
{
    struct recorder *rec = ctx;
    if (!is_kept(step))
        return;
    add_lines_before(rec, step);
    note_turn(rec, r, step, now_ns);
    add(rec, step)->when = at(now_ns);
    rec->a->last_ns = now_ns;
}

/* --- the script --- */

void actions_parameter(struct script *s, struct pool *pool, const char *name, struct value value)
{
    struct value *only = pool_alloc(pool, sizeof *only);
    *only = value;
    for (uint32_t p = 0; p < s->parameters; p++)
        if (strcmp(s->parameter[p].name, name) == 0) {
            s->parameter[p].value = only;
            return;
        }
    s->parameter = pool_grow(pool, s->parameter, s->parameters, sizeof *s->parameter);
    s->parameter[s->parameters++] =
        (struct parameter){.name = name, .value = only, .values = 1, .place = {s->path, 1, 1, 0}};
}

static void own_parameters(struct actions *a, const struct run_case *kase, uint64_t seed)
{
    struct script *s = &a->script;
    const struct parameter *all = s->parameter;
    uint32_t count = s->parameters;
    s->parameter = NULL;
    s->parameters = 0;
    for (uint32_t p = 0; p < count; p++) {
        s->parameter = pool_grow(a->pool, s->parameter, s->parameters, sizeof *s->parameter);
        s->parameter[p] = all[p];
        s->parameter[p].value = pool_alloc(a->pool, sizeof(struct value));
        *s->parameter[p].value = *kase->value[p];
        s->parameter[p].values = 1;
        s->parameters++;
    }
    if (kase->nic)
        actions_parameter(s, a->pool, "nic",
                          (struct value){.kind = VALUE_NAME, .text = kase->nic->name});
    actions_parameter(s, a->pool, "seed",
                      (struct value){.kind = VALUE_NUMBER, .number = (int64_t)seed});
    const struct value **value = pool_alloc(a->pool, (s->parameters + 1) * sizeof *value);
    for (uint32_t p = 0; p < s->parameters; p++)
        value[p] = s->parameter[p].value;
    a->kase.value = value;
}

static const char *outside_of(const struct run *r, const struct script *s)
{
    if (r->verdict.status == RUN_SKIPPED)
        return "it is skipped";
    if (r->verdict.status != RUN_PASSED)
        return "it does not pass as it is";
    if (s->packetdrill)
        return "it has no topology";
    for (uint32_t k = 0; k < r->topology.hosts; k++) {
        const struct host *h = r->topology.host[k];
        const struct sut *sut = h->kind->flags & HOST_STACK ? sut_host_sut(h) : NULL;
        if (h->kind->flags & HOST_FOREIGN || (sut && sut->flags & SUT_SINGLETON))
            return "a host in it keeps state of its own";
    }
    return NULL;
}

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

void actions_note_frames(struct actions *a, const struct run *r)
{
    const struct recording *rec = &r->topology.recording;
    a->frames = 0;
    a->frame_ns = NULL;
    for (uint32_t l = 0; l < rec->links; l++)
        for (uint32_t k = 0; k < rec->link[l].capture->count; k++) {
            const struct capture_record *c = capture_at(rec->link[l].capture, k);
            if (!c)
                continue;
            a->frame_ns = pool_grow(a->pool, a->frame_ns, a->frames, sizeof *a->frame_ns);
            a->frame_ns[a->frames++] = c->time_ns;
        }
    if (a->frames)
        qsort(a->frame_ns, a->frames, sizeof *a->frame_ns, by_time);
}

static void note_links(struct actions *a, const struct run *r)
{
    const struct recording *rec = &r->topology.recording;
    a->links = rec->links;
    a->link = pool_alloc(a->pool, (rec->links + 1) * sizeof *a->link);
    for (uint32_t l = 0; l < rec->links; l++)
        a->link[l] = pool_text(a->pool, rec->link[l].name, strlen(rec->link[l].name));
}

void actions_record(const struct run_case *kase, const struct run_options *options, uint64_t seed,
                    struct actions *a)
{
    struct why why = {{0}};
    struct recorder rec = {.a = a};
    struct run_options with = *options;
    *a = (struct actions){.kase = *kase, .script = *kase->script, .pool = pool_new()};
    with.acts = acts;
    with.acts_ctx = &rec;
    number_steps(&rec, kase->script->step, kase->script->steps);
    struct run *r = run_new(kase, &with, &why);
    if (!r) {
        a->outside = "it is refused";
        return;
    }
    run_play(r, NEVER);
    run_finish(r);
    a->outside = outside_of(r, kase->script);
    actions_note_frames(a, r);
    note_links(a, r);
    if (options->ended)
        options->ended(options->ended_ctx, r);
    if (!a->outside)
        run_free(r);
    add_lines_before(&rec, NULL);
    a->script.step = rec.step;
    a->script.steps = rec.steps;
    a->script.by_outcome = true;
    a->script.golden_fingerprint = false;
    a->script.cover = NULL;
    a->script.covers = 0;
    a->script.experts = 0;
    a->script.init_shell = a->script.cleanup_shell = NULL;
    own_parameters(a, kase, seed);
    a->kase.script = &a->script;
}

void actions_free(struct actions *a)
{
    pool_free(a->pool);
}

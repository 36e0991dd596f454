/*
 * The engine of closure, sweeps and scripts that say `judge outcome`. Packets are not judged: the
 * script's calls, settings and faults are made at the times at which they were made in the
 * undisturbed run, and each `outcome T EXPR` is judged at T. Injected packets are played as well,
 * at their times.
 */
#include "sim/hosts/sut_host.h"
#include "sim/play/engine.h"

#define ONCE_NS       INT64_C(500000000)
#define LOOK_AGAIN_NS INT64_C(10000000)

static bool is_action(const struct step *step)
{
    if (step->kind == STEP_PACKET)
        return step->u.packet.direction == '<';
    return step->kind == STEP_LET || step->kind == STEP_CALL || step->kind == STEP_FAULT ||
           step->kind == STEP_LINK || step->kind == STEP_SET;
}

static int64_t step_time(const struct run *r, uint32_t k)
{
    const struct when *w = &r->script->step[k].when;
    if (!r->options->by_outcome || r->options->live) /* the script's own time */
        return w->kind == WHEN_RELATIVE ? run_later(r->last_event_ns, w->from_ns) : w->from_ns;
    return r->options->call_time ? r->options->call_time[k] : 0;
}

/* In real time a relative line waits for the calls before it, for nobody knows when they return;
 * and an assertion waits until it holds. */
static bool is_held(const struct run *r, const struct step *step)
{
    return r->options->live && step->when.kind == WHEN_RELATIVE && r->calls.open > 0;
}

static bool waits(const struct run *r, const struct step *step)
{
    return r->options->live && step->when.kind == WHEN_RELATIVE && step->kind == STEP_ASSERT;
}

static bool holds(struct run *r, const struct step *step)
{
    struct value v;
    struct why why = {{0}};
    return eval_expr(r, step->u.expr, &v, &why) == 0 && eval_truth(&v, &why) == 0 && eval_true(&v);
}

/* Steps run in order; r->depth[0].at is the next one. */
static int64_t next_action(struct run *r, int64_t now_ns)
{
    struct frame_of_steps *top = &r->depth[0];
    for (; top->at < top->count; top->at++) {
        const struct step *step = &top->step[top->at];
        if (!is_action(step) && !waits(r, step))
            continue;
        if (is_held(r, step))
            return NEVER;
        int64_t due = step_time(r, top->at), busy = sut_host_busy_ns(r->topology.sut);
        if (due > now_ns)
            return due;
        if (busy != NEVER && (step->kind == STEP_CALL || step->kind == STEP_SET))
            return busy > now_ns ? busy : now_ns + 1;
        if (waits(r, step) && !holds(r, step))
            return now_ns + LOOK_AGAIN_NS;
        r->last_event_ns = now_ns;
        r->played++;
        r->last = step;
        engine_act(r, step, now_ns);
        if (r->verdict.over)
            return NEVER;
    }
    return NEVER;
}

static int64_t next_outcome(struct run *r, int64_t now_ns)
{
    while (r->outcomes_judged < r->script->outcomes && !r->verdict.over) {
        const struct outcome_declaration *o = &r->script->outcome[r->outcomes_judged];
        int64_t by_ns = engine_outcome_ns(r, o);
        if (by_ns > now_ns)
            return by_ns;
        r->outcomes_judged++;
        engine_check(r, &o->place, o->expr, now_ns);
    }
    return NEVER;
}

/* When a live run is over that has `once`: all is done, and what was closed has said so. */
static int64_t all_done(const struct run *r)
{
    const struct frame_of_steps *top = &r->depth[0];
    bool done = r->options->once && top->at == top->count && r->calls.open == 0;
    return done ? run_later(r->last_event_ns, ONCE_NS) : NEVER;
}

/* The script's end comes even to who waits. */
static int64_t live_due(const struct run *r, int64_t due_ns, int64_t now_ns)
{
    int64_t end_ns = r->script->end_ns;
    if (due_ns == NEVER)
        due_ns = all_done(r);
    if (end_ns <= now_ns || due_ns <= now_ns)
        return NEVER;
    return due_ns < end_ns ? due_ns : end_ns;
}

void outcome_fire(struct owner *o, int64_t now_ns)
{
    struct run *r = (struct run *)o;
    if (r->verdict.over)
        return;
    scratch_release(r->world, &r->topology.scratch);
    uint32_t open = r->calls.open;
    call_settle(r);
    if (r->options->live && r->calls.open < open)
        r->last_event_ns = now_ns;
    int64_t action = next_action(r, now_ns);
    int64_t outcome = next_outcome(r, now_ns);
    int64_t due = action < outcome ? action : outcome;
    if (r->options->live)
        due = live_due(r, due, now_ns);
    else if (due == NEVER && r->script->end_ns > now_ns)
        due = r->script->end_ns;
    if (due == NEVER && world_next(r->world) <= now_ns)
        due = now_ns; /* the instant is played to its end */
    if (due != NEVER && !r->verdict.over) {
        world_due(r->world, &r->owner, due);
        return;
    }
    r->verdict.over = true;
    world_stop(r->world);
}

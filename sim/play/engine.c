/*
 * The engine plays steps. It is the last owner of every instant (RANK_SCRIPT), so that it sees what
 * all hosts did: a line that expects a packet fails when its time is over and nothing else is due
 * at that time.
 */
#include <stdlib.h>
#include <string.h>
#include "sim/hosts/sut_host.h"
#include "sim/play/engine.h"
#include "sim/play/poll.h"

/* How long after the script's last line a call may still be open; a stack whose timers never stop
 * would keep the world going for ever. */
#define CALL_PATIENCE_NS (INT64_C(86400) * 1000000000)

/* Of a conjunction, the part that does not hold. */
static const struct expr *failing_part(struct run *r, const struct expr *e)
{
    struct value left;
    struct why why = {{0}};
    while (e->kind == EXPR_BINARY && e->op == OP_AND)
        e = eval_expr(r, e->left, &left, &why) == 0 && eval_true(&left) ? e->right : e->left;
    return e;
}

static void fail_check(struct run *r, const struct place *place, const struct expr *e,
                       int64_t now_ns)
{
    const struct expr *part = failing_part(r, e);
    struct value left, right;
    struct why why = {{0}};
    bool compared = part->kind == EXPR_BINARY && part->op <= OP_GE &&
                    eval_expr(r, part->left, &left, &why) == 0 &&
                    eval_expr(r, part->right, &right, &why) == 0;
    char *whole = expr_print(e), *field = expr_print(compared ? part->left : part);
    char wanted[128] = "true", actual[128] = "false";
    if (compared) {
        value_text(&left, actual, sizeof actual);
        value_text(&right, wanted, sizeof wanted);
    }
    verdict_fail(&r->verdict, place, now_ns,
                 "this does not hold\n  expected  %s\n  differs   %s: expected %s%s%s, actual %s",
                 whole, field, compared ? expr_sign(part->op) : "", compared ? " " : "", wanted,
                 actual);
    free(whole);
    free(field);
}

void engine_check(struct run *r, const struct place *place, const struct expr *e, int64_t now_ns)
{
    struct value v;
    struct why why = {{0}};
    r->asked_in_vain = false;
    int error = eval_expr(r, e, &v, &why);
    if (r->asked_in_vain || r->verdict.over)
        return;
    if (error)
        verdict_fail(&r->verdict, &e->place, now_ns,
                     "%s\n  differs   value: expected one, actual none", why.text);
    else if (eval_truth(&v, &why) != 0)
        verdict_fail(&r->verdict, &e->place, now_ns,
                     "%s\n  differs   value: expected true or false, actual neither", why.text);
    else if (!eval_true(&v))
        fail_check(r, place, e, now_ns);
}

static void name_value(struct run *r, const struct place *place, const char *name,
                       const struct expr *e, int64_t now_ns)
{
    struct value v;
    struct why why = {{0}};
    if (eval_expr(r, e, &v, &why) == 0)
        scope_bind(&r->topology, name, &v);
    else if (!r->verdict.over && !r->by_outcome)
        verdict_fail(&r->verdict, place, now_ns, "%s\n  differs   value: expected one, actual none",
                     why.text);
}

static void code_step(struct run *r, const struct step *step, int64_t now_ns)
{
    if (step->u.code.unsupported) {
        verdict_skip(&r->verdict, "%s:%d: code block: %s", r->script->path, step->place.line,
                     step->u.code.unsupported);
        return;
    }
    for (uint32_t e = 0; e < step->u.code.statements && !r->verdict.over; e++) {
        const struct code_statement *s = &step->u.code.statement[e];
        if (s->name)
            name_value(r, &step->place, s->name, s->expr, now_ns);
        else
            engine_check(r, &step->place, s->expr, now_ns);
    }
}

static void set_step(struct run *r, const struct step *step, int64_t now_ns)
{
    struct value argv[2] = {{.kind = VALUE_NAME, .text = step->u.setting.name}},
                 out[SUT_ARGUMENTS] = {{0}};
    struct why why = {{0}};
    int evaluated = eval_value(&r->topology, &step->u.setting.value, &argv[1], &why);
    topology_knob_value(&argv[1]);
    hear_knob(r, step->u.setting.name, argv[1].number);
    int64_t got = evaluated == 0 ? sut_host_call(r->topology.sut, 0, "set", argv, 2, out) : -1;
    if (got == SUT_UNKNOWN &&
        topology_is_default(&r->topology, step->u.setting.name, argv[1].number))
        return;
    if (got == SUT_UNKNOWN)
        verdict_skip(&r->verdict, "%s:%d: %s has no knobs", r->script->path, step->place.line,
                     sut_host_sut(r->topology.sut)->name);
    else if (got < 0)
        verdict_fail(&r->verdict, &step->place, now_ns, "set %s: %s", step->u.setting.name,
                     why.text[0] ? why.text : "no such knob, or the value is out of its range");
}

static void bind_turn(struct run *r, const struct frame_of_steps *top)
{
    const struct value turn = {.kind = VALUE_NUMBER, .number = top->turn};
    if (top->counter)
        scope_bind(&r->topology, top->counter, &turn);
}

static void let_step(struct run *r, const struct step *step, int64_t now_ns)
{
    name_value(r, &step->place, step->u.let.name, step->u.let.expr, now_ns);
}

static void push_block(struct run *r, const struct step *step)
{
    if (r->depths == RUN_DEPTH) {
        verdict_fail(&r->verdict, &step->place, world_now(r->world),
                     "blocks are nested more than %d deep", RUN_DEPTH);
        return;
    }
    bool repeats = step->kind == STEP_REPEAT;
    struct frame_of_steps *top = &r->depth[r->depths++];
    *top = (struct frame_of_steps){.step = step->u.block.step,
                                   .count = step->u.block.steps,
                                   .left = repeats ? step->u.block.times : 1,
                                   .turn = 1,
                                   .least = repeats ? step->u.block.least : 1,
                                   .counter = repeats ? step->u.block.counter : NULL,
                                   .any_order = step->kind == STEP_ALL};
    bind_turn(r, top);
}

struct bounds engine_bounds_of(const struct when *w, int64_t base_ns)
{
    struct bounds b = {w->from_ns, w->range ? w->to_ns : w->from_ns};
    if (w->kind == WHEN_ANY)
        return (struct bounds){base_ns, NEVER};
    if (w->range && w->to_relative)
        b.to_ns = w->kind == WHEN_RELATIVE ? w->to_ns : run_later(w->from_ns, w->to_ns);
    if (w->kind == WHEN_RELATIVE) {
        b.from_ns = run_later(base_ns, b.from_ns);
        b.to_ns = run_later(base_ns, b.to_ns);
    }
    return b;
}

int64_t engine_outcome_ns(const struct run *r, const struct outcome_declaration *o)
{
    return o->after ? run_later(r->disturbed_ns, o->by_ns) : o->by_ns;
}

enum progress engine_wait_until(struct run *r, int64_t until_ns)
{
    world_due(r->world, &r->owner, until_ns);
    return WAITING;
}

void engine_act(struct run *r, const struct step *step, int64_t now_ns)
{
    if (r->options->acts)
        r->options->acts(r->options->acts_ctx, r, step, now_ns);
    if (step->kind == STEP_FAULT || step->kind == STEP_LINK) {
        r->disturbed_ns = now_ns;
        r->judge.disturbed = r->by_outcome;
    }
    switch (step->kind) {
    case STEP_PACKET:
        inject_line(r, step, now_ns);
        break;
    case STEP_CALL:
        call_start(r, step, now_ns);
        break;
    case STEP_ASSERT:
        engine_check(r, &step->place, step->u.expr, now_ns);
        break;
    case STEP_FAULT:
        fault_add(r, step, now_ns);
        break;
    case STEP_LINK:
        fault_set_link(r, step, now_ns);
        break;
    case STEP_SHELL:
        shell_play(r, step, now_ns);
        break;
    case STEP_CODE:
        code_step(r, step, now_ns);
        break;
    case STEP_SET:
        set_step(r, step, now_ns);
        break;
    case STEP_LET:
        let_step(r, step, now_ns);
        break;
    case STEP_ONE:
    case STEP_EITHER:
    case STEP_QUIET: /* what came before it, no line took: perform() has looked */
    case STEP_ALL:
    case STEP_REPEAT:
    case STEP_IF:
        break;
    }
}

/* A packet out of the host under test that no line has taken so far. In packetdrill's scripts the
 * next `>` line takes it, whatever was played meanwhile: that tool reads the wire only there, and
 * what is left at the end it never sees. Scripts of ours say of each when it comes. */
static bool unexpected(struct run *r, const struct place *place, int64_t before_ns)
{
    if (r->script->packetdrill && !r->options->strict)
        return false;
    return judge_unexpected(&r->judge, place, before_ns);
}

/* Has the time of a line passed? packetdrill's may be late by its tolerance. */
static bool is_over(const struct run *r, int64_t from_ns, int64_t now_ns)
{
    int64_t last_ns = from_ns < r->last_event_ns ? r->last_event_ns : now_ns;
    return from_ns < last_ns && last_ns - from_ns > frames_tolerance(r, 0);
}

/* Anything but an expected packet happens at its time. A range means its beginning. */
static enum progress perform(struct run *r, const struct step *step, int64_t now_ns)
{
    struct bounds b = engine_bounds_of(&step->when, r->last_event_ns);
    if (is_over(r, b.from_ns, now_ns)) {
        char at[32], now[32];
        verdict_fail(&r->verdict, &step->place, now_ns, "this line's time, %s, is over: it is %s",
                     time_text(b.from_ns, at), time_text(now_ns, now));
        return WAITING;
    }
    if (now_ns < b.from_ns) /* what came before is unexpected whatever comes later */
        return unexpected(r, &step->place, b.from_ns) ? WAITING : engine_wait_until(r, b.from_ns);
    if (r->injected && world_next(r->world) <= now_ns)
        return engine_wait_until(r, now_ns); /* what was injected at this instant arrives before the
                                                next line sees its effect */
    if (unexpected(r, &step->place, now_ns))
        return WAITING;
    r->injected = step->kind == STEP_PACKET || step->kind == STEP_FAULT; /* a frame, a carrier */
    r->last_event_ns = now_ns;
    r->played++;
    r->last = step;
    if (r->depths == 1)
        r->call_time[step - r->script->step] = now_ns;
    engine_act(r, step, now_ns);
    return r->verdict.over ? WAITING : ADVANCED;
}

/* Leaves blocks that are done; false at the end of the script. */
static bool current_step(struct run *r, const struct step **step)
{
    while (r->depths > 0) {
        struct frame_of_steps *top = &r->depth[r->depths - 1];
        if (top->at < top->count || (top->any_order && top->left)) {
            *step = top->any_order ? NULL : &top->step[top->at];
            return true;
        }
        if (top->left > 1) {
            top->left--;
            top->at = 0;
            top->turn++;
            bind_turn(r, top);
            continue;
        }
        r->depths--;
    }
    return false;
}

/* How long a run goes on past its last line: long enough for a retry that nobody expects. */
#define LOOK_NS (INT64_C(10) * 1000000000)

/* When a run is over that has played its last line: at `end`, else a while later; packetdrill's
 * scripts end at their last line, as that tool's do. */
static int64_t horizon(const struct run *r, bool open_calls)
{
    if (r->script->end_ns >= 0)
        return r->script->end_ns;
    int64_t more = open_calls ? CALL_PATIENCE_NS : r->script->packetdrill ? 0 : LOOK_NS;
    return run_later(r->last_event_ns, more);
}

/* An `end` that cuts the look beyond the last line short says why, where scripts are asked to. */
static bool ends_early(struct run *r, int64_t now_ns)
{
    char at[TIME_TEXT_BYTES], least[TIME_TEXT_BYTES];
    int64_t look = run_later(r->last_event_ns, LOOK_NS);
    if (!r->options->strict || r->script->end_ns < 0 || r->script->end_ns >= look ||
        r->script->end_because || r->script->packetdrill)
        return false;
    verdict_error(
        &r->verdict, &r->script->end_place, now_ns,
        "the last line is over at %s; an end before %s says why: end TIME because \"...\"",
        time_text(r->last_event_ns, at), time_text(look, least));
    return true;
}

/* Outcomes hold in an undisturbed run, too: at their time, when its instant is played to its end,
 * or at the end of a run that is shorter (until_ns NEVER: all that are left). */
static void judge_outcomes(struct run *r, int64_t until_ns)
{
    int64_t now_ns = world_now(r->world);
    while (r->outcomes_judged < r->script->outcomes && !r->verdict.over) {
        const struct outcome_declaration *o = &r->script->outcome[r->outcomes_judged];
        if (engine_outcome_ns(r, o) > until_ns || world_next(r->world) <= now_ns)
            break;
        r->outcomes_judged++;
        engine_check(r, &o->place, o->expr, now_ns);
    }
}

/* The script is through: the instant is played to its end, then time goes on to the horizon, unless
 * nothing is due any more. What leaves the host under test until then is unexpected. */
static void at_the_end(struct run *r, int64_t now_ns, bool open_calls)
{
    struct place place = {.file = r->script->path, .line = 1, .column = 1};
    int64_t until_ns = horizon(r, open_calls);
    if (r->script->steps)
        place.line = r->script->step[r->script->steps - 1].place.line;
    if (unexpected(r, &place, NEVER))
        return;
    bool idle = world_next(r->world) == NEVER && r->script->end_ns < 0;
    if (world_next(r->world) <= now_ns || (until_ns > now_ns && !idle)) {
        engine_wait_until(r,
                          until_ns > now_ns && world_next(r->world) > now_ns ? until_ns : now_ns);
        return;
    }
    if (ends_early(r, now_ns))
        return;
    judge_outcomes(r, NEVER);
    if (r->verdict.over)
        return;
    call_abandon(r, now_ns);
    r->verdict.over = true;
    world_stop(r->world);
}

static enum progress choose(struct run *r, struct frame_of_steps *top, const struct step *one,
                            int64_t now_ns)
{
    uint32_t which = 0;
    if (frames_choose(r, one->u.block.step, one->u.block.steps, now_ns, &which) == WAITING)
        return WAITING;
    top->at++;
    push_block(r, &one->u.block.step[which]);
    return r->verdict.over ? WAITING : ADVANCED;
}

/* At the instant at which it is come to; no time passes. */
static enum progress decide(struct run *r, struct frame_of_steps *top, const struct step *step,
                            int64_t now_ns)
{
    struct value v;
    struct why why = {{0}};
    top->at++;
    if (eval_expr(r, step->u.block.condition, &v, &why) != 0 || eval_truth(&v, &why) != 0) {
        if (!r->verdict.over)
            verdict_fail(&r->verdict, &step->place, now_ns,
                         "%s\n  differs   value: expected true or false, actual neither", why.text);
        return WAITING;
    }
    if (eval_true(&v))
        push_block(r, step);
    return r->verdict.over ? WAITING : ADVANCED;
}

static enum progress play(struct run *r, const struct step *step, int64_t now_ns)
{
    struct frame_of_steps *top = &r->depth[r->depths - 1];
    bool absent;
    if (!step) {
        if (frames_expect(r, top->step, top->count, false, now_ns, &absent) == WAITING)
            return WAITING;
        top->left = 0;
        top->at = top->count;
        return ADVANCED;
    }
    if (step->kind == STEP_ALL || step->kind == STEP_REPEAT) {
        top->at++;
        push_block(r, step);
        return r->verdict.over ? WAITING : ADVANCED;
    }
    if (step->kind == STEP_IF)
        return decide(r, top, step, now_ns);
    if (step->kind == STEP_ONE)
        return choose(r, top, step, now_ns);
    if (step->kind != STEP_PACKET || step->u.packet.direction != '>') {
        enum progress p = perform(r, step, now_ns);
        top->at += p == ADVANCED;
        return p;
    }
    bool over = top->at == 0 && top->turn > top->least;
    if (frames_expect(r, step, 1, over, now_ns, &absent) == WAITING)
        return WAITING;
    top->at = absent && over ? top->count : top->at + 1;
    top->left = absent && over ? 1 : top->left;
    return ADVANCED;
}

/* Sooner than the steps ask for: calls that end at a time, and outcomes. */
static void wake_sooner(struct run *r, int64_t now_ns)
{
    int64_t due_ns = r->owner.due_ns;
    int64_t ends_ns = pending_next_end(&r->calls, now_ns), polls_ns = poll_next(r);
    due_ns = ends_ns < due_ns ? ends_ns : due_ns;
    due_ns = polls_ns < due_ns ? polls_ns : due_ns;
    if (r->outcomes_judged < r->script->outcomes) {
        int64_t by_ns = engine_outcome_ns(r, &r->script->outcome[r->outcomes_judged]);
        int64_t at_ns = by_ns > now_ns ? by_ns : now_ns;
        due_ns = at_ns < due_ns ? at_ns : due_ns;
    }
    if (due_ns < r->owner.due_ns)
        world_due(r->world, &r->owner, due_ns);
}

void engine_fire(struct owner *o, int64_t now_ns)
{
    struct run *r = (struct run *)o;
    const struct step *step;
    if (r->verdict.over)
        return;
    scratch_release(r->world, &r->topology.scratch);
    poll_look(r, now_ns);
    bool open_calls = call_settle(r);
    while (!r->verdict.over && current_step(r, &step)) {
        if (play(r, step, now_ns) == WAITING)
            break;
        open_calls = call_settle(r);
    }
    call_overdue(r, now_ns);
    if (r->verdict.over)
        return;
    judge_outcomes(r, now_ns);
    if (!r->verdict.over && !current_step(r, &step))
        at_the_end(r, now_ns, open_calls);
    if (!r->verdict.over)
        wake_sooner(r, now_ns);
}

void engine_start(struct run *r)
{
    r->depth[0] = (struct frame_of_steps){
        .step = r->script->step, .count = r->script->steps, .left = 1, .turn = 1, .least = 1};
    r->depths = 1;
    world_due(r->world, &r->owner, 0);
}

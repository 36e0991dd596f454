/*
 * The engine plays steps. It is the last owner of every instant (RANK_SCRIPT), so that it sees what
 * all hosts did: a line that expects a packet fails when its time is over and nothing else is due
 * at that time.
 */
#include <stdlib.h>
#include <string.h>
#include "sim/hosts/sut_host.h"
#include "sim/play/engine.h"

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
    run_fail(r, place, now_ns,
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
    if (r->asked_in_vain)
        return;
    if (error)
        run_fail(r, &e->place, now_ns, "%s\n  differs   value: expected one, actual none",
                 why.text);
    else if (!eval_true(&v))
        fail_check(r, place, e, now_ns);
}

/* A shell command of packetdrill's sets sysctls; what no knob stands for makes the script skipped,
 * with the command as the reason. */
static void shell_step(struct run *r, const struct step *step)
{
    run_skip(r, "%s:%d: no knob stands for the shell command `%s`", r->script->path,
             step->place.line, step->u.code.text);
}

static void code_step(struct run *r, const struct step *step, int64_t now_ns)
{
    if (step->u.code.unsupported) {
        run_skip(r, "%s:%d: code block: %s", r->script->path, step->place.line,
                 step->u.code.unsupported);
        return;
    }
    for (uint32_t e = 0; e < step->u.code.exprs && !r->finished; e++)
        engine_check(r, &step->place, step->u.code.expr[e], now_ns);
}

static void set_step(struct run *r, const struct step *step, int64_t now_ns)
{
    struct value argv[2] = {{.kind = VALUE_NAME, .text = step->u.setting.name}},
                 out[SUT_ARGUMENTS] = {{0}};
    struct why why = {{0}};
    int evaluated = eval_value(r, &step->u.setting.value, &argv[1], &why);
    run_knob_value(&argv[1]);
    int64_t got = evaluated == 0 ? sut_host_call(r->sut, 0, "set", argv, 2, out) : -1;
    if (got == SUT_UNKNOWN)
        run_skip(r, "%s:%d: %s has no knobs", r->script->path, step->place.line,
                 sut_host_sut(r->sut)->name);
    else if (got < 0)
        run_fail(r, &step->place, now_ns, "set %s: %s", step->u.setting.name,
                 why.text[0] ? why.text : "no such knob, or the value is out of its range");
}

static void push_block(struct run *r, const struct step *step)
{
    if (r->depths == RUN_DEPTH) {
        run_fail(r, &step->place, world_now(r->world), "blocks are nested more than %d deep",
                 RUN_DEPTH);
        return;
    }
    r->depth[r->depths++] =
        (struct frame_of_steps){.step = step->u.block.step,
                                .count = step->u.block.steps,
                                .left = step->kind == STEP_REPEAT ? step->u.block.times : 1,
                                .any_order = step->kind == STEP_ALL};
}

/* Frames of the stack's that came before this step's time and that no line took. */
static bool unexpected_before(struct run *r, const struct step *step, int64_t time_ns)
{
    const struct seen *s = engine_next_seen(r, r->sut);
    if (!s || s->time_ns >= time_ns)
        return false;
    engine_fail_unexpected(r, &step->place, s);
    return true;
}

void engine_act(struct run *r, const struct step *step, int64_t now_ns)
{
    switch (step->kind) {
    case STEP_PACKET:
        engine_inject(r, step, now_ns);
        break;
    case STEP_CALL:
        call_start(r, step, now_ns);
        break;
    case STEP_ASSERT:
        engine_check(r, &step->place, step->u.expr, now_ns);
        break;
    case STEP_FAULT:
        engine_add_fault(r, step, now_ns);
        break;
    case STEP_LINK:
        engine_set_link(r, step, now_ns);
        break;
    case STEP_SHELL:
        shell_step(r, step);
        break;
    case STEP_CODE:
        code_step(r, step, now_ns);
        break;
    case STEP_SET:
        set_step(r, step, now_ns);
        break;
    case STEP_ALL:
    case STEP_REPEAT:
        break;
    }
}

/* Anything but an expected packet happens at its time. A range means its beginning. */
static enum progress perform(struct run *r, const struct step *step, int64_t now_ns)
{
    struct bounds b = engine_bounds_of(&step->when, r->last_event_ns);
    if (b.from_ns < r->last_event_ns || b.from_ns < now_ns) {
        char at[32], now[32];
        run_fail(r, &step->place, now_ns, "this line's time, %s, is over: it is %s",
                 time_text(b.from_ns, at), time_text(now_ns, now));
        return WAITING;
    }
    if (now_ns < b.from_ns)
        return engine_wait_until(r, b.from_ns);
    if (r->injected && world_next(r->world) <= now_ns)
        return engine_wait_until(r, now_ns); /* what was injected at this instant arrives before the
                                                next line sees its effect */
    if (unexpected_before(r, step, now_ns))
        return WAITING;
    r->injected = step->kind == STEP_PACKET || step->kind == STEP_FAULT; /* a frame, a carrier */
    r->last_event_ns = now_ns;
    if (r->depths == 1)
        r->call_time[step - r->script->step] = now_ns;
    engine_act(r, step, now_ns);
    return r->finished ? WAITING : ADVANCED;
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
            continue;
        }
        r->depths--;
    }
    return false;
}

/* The script is through: the instant is played to its end, or time goes on to `end`, or until the
 * open calls have ended. */
static void at_the_end(struct run *r, int64_t now_ns, bool open_calls)
{
    const struct seen *s = engine_next_seen(r, r->sut);
    static const struct place nowhere;
    if (s) {
        struct place place = nowhere;
        place.file = r->script->path;
        place.line = r->script->steps ? r->script->step[r->script->steps - 1].place.line : 1;
        place.column = 1;
        engine_fail_unexpected(r, &place, s);
        return;
    }
    if (r->script->end_ns > now_ns) {
        engine_wait_until(r, r->script->end_ns);
        return;
    }
    if (world_next(r->world) <= now_ns) {
        engine_wait_until(r, now_ns);
        return;
    }
    if (open_calls && r->script->end_ns < 0 && world_next(r->world) != NEVER &&
        now_ns - r->last_event_ns < CALL_PATIENCE_NS) {
        engine_wait_until(r, r->last_event_ns + CALL_PATIENCE_NS); /* call_ended wakes us sooner */
        return;
    }
    call_abandon(r, now_ns);
    r->finished = true;
    world_stop(r->world);
}

static enum progress play(struct run *r, const struct step *step, int64_t now_ns)
{
    struct frame_of_steps *top = &r->depth[r->depths - 1];
    if (!step) {
        if (engine_expect_any(r, top, now_ns) == WAITING)
            return WAITING;
        top->left = 0;
        top->at = top->count;
        return ADVANCED;
    }
    if (step->kind == STEP_ALL || step->kind == STEP_REPEAT) {
        top->at++;
        push_block(r, step);
        return r->finished ? WAITING : ADVANCED;
    }
    bool expected = step->kind == STEP_PACKET && step->u.packet.direction == '>';
    enum progress p = expected ? engine_expect(r, step, now_ns) : perform(r, step, now_ns);
    if (p == ADVANCED)
        top->at++;
    return p;
}

void engine_fire(struct owner *o, int64_t now_ns)
{
    struct run *r = (struct run *)o;
    const struct step *step;
    if (r->finished)
        return;
    bool open_calls = call_settle(r);
    while (!r->finished && current_step(r, &step)) {
        if (play(r, step, now_ns) == WAITING)
            break;
        open_calls = call_settle(r);
    }
    call_overdue(r, now_ns);
    if (r->finished)
        return;
    for (int p = 0; p < RUN_PENDING; p++)
        if (r->pending[p].token && r->pending[p].ends_ns >= now_ns &&
            r->pending[p].ends_ns < r->owner.due_ns)
            world_due(r->world, &r->owner, r->pending[p].ends_ns);
    if (!current_step(r, &step))
        at_the_end(r, now_ns, open_calls);
}

void engine_start(struct run *r)
{
    r->depth[0] =
        (struct frame_of_steps){.step = r->script->step, .count = r->script->steps, .left = 1};
    r->depths = 1;
    for (uint32_t s = 0; s < r->script->steps; s++)
        if (r->script->step[s].kind == STEP_PACKET && r->script->step[s].u.packet.at)
            r->want_peer_frames = true;
    world_due(r->world, &r->owner, 0);
}

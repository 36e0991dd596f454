/* Calls: arguments evaluated, made, and judged when they end - at once, or at the time that the
 * script says. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include "sim/hosts/sut_host.h"
#include "sim/language/needs.h"
#include "sim/language/symbols.h"
#include "sim/play/engine.h"
#include "sim/play/made.h"
#include "sim/play/poll.h"
#include "sim/play/stand_in.h"

enum { STACK_NAME_ROOM = 128 };

/* What `...` stands for. Elsewhere an argument that is left out stays so. */
static void fill_default(struct run *r, const char *name, int index, struct value *v)
{
    if (v->kind != VALUE_NONE)
        return;
    if (strcmp(name, "socket") == 0 && index == 0)
        *v = (struct value){.kind = VALUE_NUMBER, .number = AF_INET};
    else if (r->script->packetdrill)
        topology_packetdrill_default(&r->topology, name, index, v);
    else if (strcmp(name, "bind") == 0 && index == 1)
        *v = (struct value){.kind = VALUE_ENDPOINT};
}

static bool makes_descriptor(const char *name)
{
    return strcmp(name, "socket") == 0 || strcmp(name, "accept") == 0 ||
           strcmp(name, "accept4") == 0;
}

static int evaluate_arguments(struct run *r, const struct call_step *call, struct value *argv,
                              struct why *why)
{
    for (uint32_t a = 0; a < call->arguments; a++) {
        if (eval_value(&r->topology, &call->argument[a], &argv[a], why) != 0)
            return -1;
        fill_default(r, call->name, (int)a, &argv[a]);
    }
    return 0;
}

/* The first word in a value that stands for nothing here; NULL: none. */
static const char *unknown_word(struct topology *t, const struct value *v)
{
    int64_t number;
    int port;
    const char *word = NULL;
    if (v->kind == VALUE_NAME)
        return symbol_number(v->text, &number) || topology_host(t, v->text, &port) ? NULL : v->text;
    for (uint32_t k = 0; k < v->items && !word; k++)
        word = unknown_word(t, &v->item[k]);
    return word;
}

/* A packetdrill script may have words of another system's. The name of an option is the stack's to
 * know. */
static bool has_unknown_word(struct run *r, const struct step *step)
{
    const struct call_step *call = &step->u.call;
    const char *word = NULL, *name = call->name;
    bool option = strcmp(name, "setsockopt") == 0 || strcmp(name, "getsockopt") == 0;
    uint32_t named = option ? 2 : strcmp(name, "ioctl") == 0 ? 1 : UINT32_MAX;
    for (uint32_t a = 0; a < call->arguments && !word; a++)
        if (a != named)
            word = unknown_word(&r->topology, &call->argument[a]);
    if (!word || !r->script->packetdrill)
        return false;
    verdict_skip(&r->verdict, "%s:%d: %s: there is no word %s here", r->script->path,
                 step->place.line, name, word);
    return true;
}

/* The script's number for a descriptor that came to be is the one that it expects. */
static bool name_descriptor(struct run *r, struct descriptors *on, const struct call_step *call,
                            const struct value *argv, int64_t result)
{
    const struct value *wanted = &call->result;
    bool numbered = wanted->kind == VALUE_NUMBER && wanted->number >= 0;
    if (!makes_descriptor(call->name) || result < 0)
        return false;
    struct descriptor *d = descriptor_make(r, on, numbered ? wanted->number : result, result);
    if (d)
        d->stream = strcmp(call->name, "socket") != 0 || (argv[1].number & 0xf) == SOCK_STREAM;
    return numbered && d;
}

/* "EAGAIN", one of "EAGAIN|EINTR", any but "!EAGAIN". */
static bool error_agrees(const char *wanted, int64_t result)
{
    bool but = *wanted == '!';
    char name[64];
    if (result >= 0)
        return false;
    for (const char *at = wanted + but; *at;) {
        size_t n = strcspn(at, "|");
        snprintf(name, sizeof name, "%.*s", (int)n, at);
        if (errno_number(name) == -result)
            return !but;
        at += n + (at[n] == '|');
    }
    return but;
}

/* 5..7, {1, 3}: true when the script writes its result so; *known: the result is among them. */
static bool is_one_of(const struct value *wanted, int64_t shown, bool *known)
{
    *known = false;
    if (wanted->kind == VALUE_CALL && strcmp(wanted->text, "..") == 0) {
        *known = shown >= wanted->item[0].number && shown <= wanted->item[1].number;
        return true;
    }
    if (wanted->kind != VALUE_STRUCT)
        return false;
    for (uint32_t k = 0; k < wanted->items; k++)
        *known =
            *known || (wanted->item[k].kind == VALUE_NUMBER && wanted->item[k].number == shown);
    return true;
}

static void fail_result(struct run *r, const struct step *step, int64_t result, int64_t now_ns)
{
    const struct value *wanted = &step->u.call.result;
    char text[128];
    value_text(wanted, text, sizeof text);
    if (wanted->kind == VALUE_CALL)
        snprintf(text, sizeof text, "%lld..%lld", (long long)wanted->item[0].number,
                 (long long)wanted->item[1].number);
    verdict_fail(&r->verdict, &step->place, now_ns,
                 "%s(...) returned another result\n  differs   result: expected %s, actual "
                 "%lld%s%s",
                 step->u.call.name, text, (long long)(result < 0 ? -1 : result),
                 result < 0 ? " " : "", result < 0 ? errno_name((int)-result) : "");
}

/* FreeBSD's O_NONBLOCK is 4, where a script writes the number. */
static int64_t flags_as_written(const struct run *r, const struct call_step *call,
                                const struct value *argv, int64_t result)
{
    enum { OURS = 04000, BSDS = 4 };
    bool told = r->options->system == SYSTEM_FREEBSD && strcmp(call->name, "fcntl") == 0 &&
                call->arguments > 1 && argv[1].number == F_GETFL && result >= 0;
    bool bsd = call->result.kind == VALUE_NUMBER && call->result.number & BSDS;
    return told && bsd && result & OURS ? (result & ~OURS) | BSDS : result;
}

static void judge_result(struct run *r, struct descriptors *on, const struct step *step,
                         const struct value *argv, int64_t result, int64_t now_ns)
{
    const struct call_step *call = &step->u.call;
    const struct value *wanted = &call->result;
    int64_t shown = result < 0 ? -1 : flags_as_written(r, call, argv, result);
    bool known;
    if (name_descriptor(r, on, call, argv, result))
        return;
    if (is_one_of(wanted, shown, &known)) {
        if (!known)
            fail_result(r, step, result, now_ns);
    } else if (wanted->kind != VALUE_NONE) {
        struct why why = {{0}};
        struct value want, got = {.kind = VALUE_NUMBER, .number = shown};
        if (eval_value(&r->topology, wanted, &want, &why) != 0) {
            verdict_fail(&r->verdict, &step->place, now_ns, "%s: %s", call->name, why.text);
            return;
        }
        if (!eval_match(r, &want, &got)) {
            char text[128];
            value_text(&want, text, sizeof text);
            verdict_fail(
                &r->verdict, &step->place, now_ns,
                "%s(...) returned another result\n  differs   result: expected %s%s%s, actual "
                "%lld%s%s",
                call->name, text, call->error ? " " : "", call->error ? call->error : "",
                (long long)shown, result < 0 ? " " : "",
                result < 0 ? errno_name((int)-result) : "");
            return;
        }
    }
    if (!r->verdict.over && call->error && !error_agrees(call->error, result))
        verdict_fail(&r->verdict, &step->place, now_ns,
                     "%s(...) failed otherwise\n  differs   error: expected %s, actual %s",
                     call->name, call->error, result < 0 ? errno_name((int)-result) : "none");
}

/* What a call wrote through its arguments must be what the script says there. */
/* accept(3, NULL, NULL): nobody asks. */
static bool is_null(const struct value *v)
{
    return v->kind == VALUE_NUMBER && v->number == 0;
}

static void judge_outputs(struct run *r, const struct step *step, const struct value *argv,
                          const struct value *out, int64_t now_ns)
{
    const struct call_step *call = &step->u.call;
    for (uint32_t a = 0; a < call->arguments && !r->verdict.over; a++) {
        bool unasked = is_null(&argv[a]) && out[a].kind != VALUE_NUMBER;
        if (out[a].kind == VALUE_NONE || unasked || eval_match(r, &argv[a], &out[a]))
            continue;
        char wanted[512], got[512];
        value_text(&argv[a], wanted, sizeof wanted);
        value_text(&out[a], got, sizeof got);
        verdict_fail(&r->verdict, &step->place, now_ns,
                     "%s(...) gave another value\n  differs   argument %u: expected %s, actual %s",
                     call->name, a + 1, wanted, got);
    }
}

/* Judged by its outcome a call may end as it will; what it binds is known from then on. */
static void bind_results(struct run *r, struct descriptors *on, const struct step *step,
                         const struct value *argv, int64_t result, const struct value *out)
{
    const struct call_step *call = &step->u.call;
    const struct value got = {.kind = VALUE_NUMBER, .number = result < 0 ? -1 : result};
    name_descriptor(r, on, call, argv, result);
    if (call->result.kind == VALUE_BIND)
        eval_match(r, &call->result, &got);
    for (uint32_t a = 0; a < call->arguments && result >= 0; a++)
        if (out[a].kind != VALUE_NONE)
            eval_match(r, &argv[a], &out[a]);
}

/* The stack's name; a peer's own before it. */
static const char *stack_name(const struct host *h, char out[static STACK_NAME_ROOM])
{
    const char *stack = sut_host_sut(h)->name;
    bool peer = !(h->kind->flags & HOST_UNDER_TEST);
    snprintf(out, STACK_NAME_ROOM, "%s%s%s%s", peer ? h->name : "", peer ? " (" : "", stack,
             peer ? ")" : "");
    return out;
}

/* A stack that cannot be told may be so by itself: it asks for a lease when it comes up, it has its
 * echo service; what it lacks it says. For a neighbour somebody answers. */
static bool needs_setup(struct run *r, const struct host *h, const struct step *step)
{
    struct value argv[SUT_ARGUMENTS];
    struct why why = {{0}};
    const char *name = step->u.call.name;
    bool first = recording_frames(&r->topology.recording) == 0;
    if (h != r->topology.sut || !needs_is_setup(step) || strcmp(name, "ifconfig") == 0)
        return false;
    if (strcmp(name, "neighbour") != 0)
        return first;
    if (evaluate_arguments(r, &step->u.call, argv, &why) != 0)
        return false;
    stand_in_for(r, argv);
    return true;
}

static void call_unknown(struct run *r, const struct host *h, const struct step *step,
                         int64_t now_ns)
{
    char who[STACK_NAME_ROOM];
    const char *name = step->u.call.name, *nearest = call_nearest(name);
    if (needs_setup(r, h, step))
        return;
    if (nearest && strcmp(nearest, name) != 0) {
        verdict_fail(&r->verdict, &step->place, now_ns, "unknown call `%s`: did you mean `%s`?",
                     name, nearest);
        r->verdict.status = RUN_ERROR;
        return;
    }
    verdict_skip(&r->verdict, "%s:%d: %s has no %s", r->script->path, step->place.line,
                 stack_name(h, who), name);
}

/* What the stack would need for a socket that it has not; NULL: it has it, or it is something else
 * that is not there. */
static const char *missing_protocol(const struct call_step *call, const struct value *argv,
                                    int64_t result)
{
    bool unwanted = result == -EAFNOSUPPORT && !call->error;
    if (strcmp(call->name, "socket") != 0 || (result != SUT_UNKNOWN && !unwanted))
        return NULL;
    if (argv[0].number == AF_INET6)
        return "IPv6";
    return (argv[1].number & 0xf) == SOCK_STREAM ? "TCP" : NULL;
}

/* An option that the stack does not know, where the script expects that it does. */
static bool lacks_option(struct run *r, const struct host *h, const struct step *step,
                         int64_t result)
{
    char who[STACK_NAME_ROOM];
    const struct call_step *call = &step->u.call;
    bool option = strcmp(call->name, "setsockopt") == 0 || strcmp(call->name, "getsockopt") == 0;
    bool request = strcmp(call->name, "ioctl") == 0;
    if ((!option && !request) || result != -ENOPROTOOPT || call->error || call->arguments < 3 ||
        !r->script->packetdrill)
        return false;
    const struct value *name = &call->argument[request ? 1 : 2];
    verdict_skip(&r->verdict, "%s:%d: the stack %s has no option %s", r->script->path,
                 step->place.line, stack_name(h, who),
                 name->kind == VALUE_NAME ? name->text : "of that number");
    return true;
}

static void judge(struct run *r, struct descriptors *on, const struct step *step,
                  const struct value *argv, int64_t result, const struct value *out, int64_t now_ns)
{
    char who[STACK_NAME_ROOM];
    const struct host *h = on->host;
    const char *protocol = missing_protocol(&step->u.call, argv, result);
    if (protocol) {
        verdict_skip(&r->verdict, "%s:%d: %s is not in the stack %s", r->script->path,
                     step->place.line, protocol, stack_name(h, who));
        return;
    }
    if (result == SUT_UNKNOWN) {
        call_unknown(r, h, step, now_ns);
        return;
    }
    if (lacks_option(r, h, step, result))
        return;
    if (r->by_outcome && !r->options->live) {
        bind_results(r, on, step, argv, result, out);
        return;
    }
    judge_result(r, on, step, argv, result, now_ns);
    if (!r->verdict.over && result >= 0)
        judge_outputs(r, step, argv, out, now_ns);
}

/* A call on a peer: `@srv forget(...)`. */
static void call_peer(struct run *r, const struct step *step, struct host *h,
                      const struct value *argv, int64_t now_ns)
{
    struct why why = {{0}};
    const struct call_step *call = &step->u.call;
    if (!h->kind->call || h->kind->call(h, call->name, argv, call->arguments, &why) != 0)
        verdict_fail(&r->verdict, &step->place, now_ns, "%s has no call %s%s%s", h->name,
                     call->name, why.text[0] ? ": " : "", why.text);
    else
        judge_result(r, &r->descriptors[h->index], step, argv, 0, now_ns);
}

static int64_t ends_at(const struct run *r, const struct step *step)
{
    const struct when *w = &step->when;
    if (!w->blocks)
        return -1;
    return w->kind == WHEN_RELATIVE ? run_later(r->last_event_ns - w->from_ns, w->ends_ns)
                                    : w->ends_ns;
}

/* Closed while another of the script's descriptors stands for the same: the stack is not told. */
static bool closes_a_copy(const struct descriptors *on, const struct call_step *call,
                          const struct descriptor *d)
{
    return strcmp(call->name, "close") == 0 && d &&
           (descriptor_is_own(d) || descriptor_sharers(on, d->to) > 1);
}

/* By the engine itself, or by the stack. */
static int64_t ask(struct run *r, struct pending_call *p, struct value *out)
{
    const struct call_step *call = &p->step->u.call;
    struct made_call made;
    int64_t own = poll_call(r, p, out);
    if (own != SUT_UNKNOWN)
        return own;
    if (closes_a_copy(p->on, call, descriptor_of(p->on, &p->argument[0])))
        return 0;
    made_prepare(r, p, &made);
    if (made.unplayed) {
        verdict_skip(&r->verdict, "%s:%d: %s: %s are not played", r->script->path,
                     p->step->place.line, call->name, made.unplayed);
        return 0;
    }
    p->made = true;
    return sut_host_call(p->on->host, p->token, made.name, made.argv, made.argc, out);
}

/* What the call changed of the script's descriptors. */
static void note_descriptor(const struct pending_call *p, int64_t result)
{
    const char *name = p->step->u.call.name;
    struct descriptor *d = descriptor_of(p->on, &p->argument[0]);
    if (!d || result < 0)
        return;
    if (strcmp(name, "close") == 0)
        d->to = -1;
    else if (strcmp(name, "listen") == 0)
        d->listens = true;
}

static void end_call(struct run *r, struct pending_call *p, int64_t result,
                     const struct value *given, int64_t now_ns)
{
    struct value out[SUT_ARGUMENTS];
    if (p->made)
        made_finish(r, p, result, given, out);
    else
        memcpy(out, given, sizeof out);
    note_descriptor(p, result);
    if (!r->verdict.over)
        judge(r, p->on, p->step, p->argument, result, out, now_ns);
}

/* Made, and judged when it ends at once; else it stays open. */
static void make_call(struct run *r, struct pending_call *p, int64_t now_ns)
{
    const struct call_step *call = &p->step->u.call;
    struct value out[SUT_ARGUMENTS] = {{0}};
    int64_t result = ask(r, p, out);
    if (p->done && result != SUT_PENDING)
        verdict_fail(&r->verdict, &p->step->place, now_ns,
                     "%s(...) ended by done() and returned all the same: a call that done() ends "
                     "returns SUT_PENDING",
                     call->name);
    if (p->done || result == SUT_PENDING)
        return; /* call_settle judges */
    if (p->ends_ns - p->slack_ns > now_ns && result != SUT_UNKNOWN && !r->verdict.over) {
        char ended[32], wanted[32];
        verdict_fail(&r->verdict, &p->step->place, now_ns,
                     "%s(...) returned at once\n  differs   time: expected %s, actual %s",
                     call->name, time_text(p->ends_ns, wanted), time_text(now_ns, ended));
    } else {
        end_call(r, p, result, out, now_ns);
    }
    pending_close(r->world, &r->calls, p);
}

void call_start(struct run *r, const struct step *step, int64_t now_ns)
{
    const struct call_step *call = &step->u.call;
    struct topology *t = &r->topology;
    struct why why = {{0}};
    if (has_unknown_word(r, step))
        return;
    struct value *argv = scratch_alloc(r->world, &t->scratch, SUT_ARGUMENTS * sizeof *argv);
    if (call->arguments > SUT_ARGUMENTS || evaluate_arguments(r, call, argv, &why) != 0) {
        if (r->by_outcome && !r->options->live)
            return; /* what it is to be made with never came */
        verdict_fail(&r->verdict, &step->place, now_ns, "%s: %s", call->name,
                     why.text[0] ? why.text : "too many arguments");
        return;
    }
    int port;
    struct host *h = call->on ? topology_host(t, call->on, &port) : t->sut;
    if (!(h->kind->flags & HOST_STACK)) {
        t->scratch.first = NULL; /* a peer may keep what it is given */
        call_peer(r, step, h, argv, now_ns);
        return;
    }
    if (call_surplus(r, step, now_ns))
        return;
    if (h == t->sut)
        hear_call(r, call->name, argv, call->arguments);
    else
        hear_peer(r, h, call->name, argv);
    int64_t ends_ns = ends_at(r, step), tolerance_ns = 0;
    if (ends_ns >= 0)
        tolerance_ns = frames_tolerance(r, ends_ns - r->last_event_ns);
    struct pending_call *p =
        pending_open(r->world, &r->calls, ends_ns < 0 ? -1 : run_later(ends_ns, tolerance_ns));
    p->slack_ns = 2 * tolerance_ns;
    p->on = &r->descriptors[h->index];
    p->step = step;
    p->argument = argv;
    p->memory = t->scratch;
    t->scratch.first = NULL;
    make_call(r, p, now_ns);
}

void call_ended(void *ctx, struct host *from, uint64_t token, int64_t result,
                const struct value *out, int outs)
{
    struct run *r = ctx;
    struct pending_call *p = pending_find(&r->calls, token);
    if (p && p->on->host == from) {
        p->result = result;
        p->done_ns = world_now(r->world);
        p->out = scratch_alloc(r->world, &p->memory, SUT_ARGUMENTS * sizeof *p->out);
        for (int o = 0; o < outs && o < SUT_ARGUMENTS; o++)
            p->out[o] = value_in_scratch(&r->topology, &p->memory, &out[o]);
        pending_done(&r->calls, p);
        world_due(r->world, &r->owner, p->done_ns);
        return;
    }
    if (!r->verdict.over)
        verdict_fail(&r->verdict, &(struct place){0}, world_now(r->world),
                     "the stack %s ended a call that is not open (token %llu): a call ends once",
                     sut_host_sut(from)->name, (unsigned long long)token);
}

/* A call without an end written may take any time; with one it must end then, in packetdrill's
 * scripts within that tool's tolerance. */
static void settle(struct run *r, struct pending_call *p)
{
    char ended[32], wanted[32];
    bool in_time = p->done_ns <= p->ends_ns && p->done_ns >= p->ends_ns - p->slack_ns;
    if (p->ends_ns >= 0 && !in_time && !r->by_outcome)
        verdict_fail(&r->verdict, &p->step->place, p->done_ns,
                     "%s(...) returned too %s\n  differs   time: expected %s, actual %s",
                     p->step->u.call.name, p->done_ns < p->ends_ns ? "early" : "late",
                     time_text(p->ends_ns, wanted), time_text(p->done_ns, ended));
    else
        end_call(r, p, p->result, p->out, p->done_ns);
    pending_close(r->world, &r->calls, p);
}

bool call_settle(struct run *r)
{
    for (struct pending_call *p; !r->verdict.over && (p = pending_take_done(&r->calls)) != NULL;)
        settle(r, p);
    return r->calls.open > 0;
}

void call_overdue(struct run *r, int64_t now_ns)
{
    char wanted[32];
    const struct pending_call *p = r->calls.first;
    if (r->by_outcome || world_next(r->world) <= now_ns)
        return;
    for (; p && p->ends_ns <= now_ns && !r->verdict.over; p = p->later)
        if (!p->done)
            verdict_fail(&r->verdict, &p->step->place, now_ns,
                         "%s(...) has not returned\n  differs   time: expected %s, actual none",
                         p->step->u.call.name, time_text(p->ends_ns, wanted));
}

/* Nothing will end the calls that are open now: the script said what they return. */
void call_abandon(struct run *r, int64_t now_ns)
{
    const struct pending_calls *c = &r->calls;
    for (uint32_t k = 0; k < c->slots && !r->verdict.over && !r->by_outcome; k++) {
        const struct pending_call *p = c->slot[k];
        if (p->token && p->step->u.call.result.kind != VALUE_NONE)
            verdict_fail(&r->verdict, &p->step->place, now_ns,
                         "%s(...) has not returned by the end of the script", p->step->u.call.name);
    }
}

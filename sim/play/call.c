/* Calls: arguments evaluated, made, and judged when they end - at once, or at the time that the
 * script says. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include "sim/hosts/sut_host.h"
#include "sim/language/symbols.h"
#include "sim/play/engine.h"

enum { DESCRIPTORS = 1 << 20, FIRST_DESCRIPTORS = 16 };

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

/* The script numbers descriptors as it likes; what the stack called them is remembered when they
 * are made. */
static bool takes_descriptor(const char *name)
{
    static const char *const calls[] = {
        "bind",       "connect",  "send",  "sendto",      "write",       "recv",
        "recvfrom",   "read",     "close", "getsockname", "getpeername", "setsockopt",
        "getsockopt", "shutdown", "fcntl", "listen",      "accept",      "events"};
    for (size_t c = 0; c < sizeof calls / sizeof calls[0]; c++)
        if (strcmp(calls[c], name) == 0)
            return true;
    return false;
}

static bool makes_descriptor(const char *name)
{
    return strcmp(name, "socket") == 0 || strcmp(name, "accept") == 0;
}

static int evaluate_arguments(struct run *r, const struct call_step *call, struct value *argv,
                              struct why *why)
{
    for (uint32_t a = 0; a < call->arguments; a++) {
        if (eval_value(&r->topology, &call->argument[a], &argv[a], why) != 0)
            return -1;
        fill_default(r, call->name, (int)a, &argv[a]);
    }
    int64_t fd = argv[0].number;
    if (takes_descriptor(call->name) && argv[0].kind == VALUE_NUMBER && fd >= 0 && fd < r->fds &&
        r->fd_map[fd] >= 0)
        argv[0].number = r->fd_map[fd];
    return 0;
}

static void map_descriptor(struct run *r, uint32_t fd, int64_t to)
{
    if (fd >= r->fds) {
        uint32_t room = r->fds ? r->fds : FIRST_DESCRIPTORS;
        while (room <= fd)
            room *= 2;
        int64_t *map = world_alloc(r->world, room * sizeof *map, 16);
        for (uint32_t k = 0; k < room; k++)
            map[k] = k < r->fds ? r->fd_map[k] : -1;
        world_release(r->world, r->fd_map, r->fds * sizeof *map);
        r->fd_map = map;
        r->fds = room;
    }
    r->fd_map[fd] = to;
}

static void judge_result(struct run *r, const struct step *step, int64_t result, int64_t now_ns)
{
    const struct call_step *call = &step->u.call;
    const struct value *wanted = &call->result;
    int64_t shown = result < 0 ? -1 : result;
    if (makes_descriptor(call->name) && result >= 0 && wanted->kind == VALUE_NUMBER &&
        wanted->number >= 0 && wanted->number < DESCRIPTORS) {
        map_descriptor(r, (uint32_t)wanted->number, result);
        return;
    }
    if (wanted->kind != VALUE_NONE) {
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
    if (call->error && errno_number(call->error) != -result)
        verdict_fail(&r->verdict, &step->place, now_ns,
                     "%s(...) failed otherwise\n  differs   error: expected %s, actual %s",
                     call->name, call->error, result < 0 ? errno_name((int)-result) : "none");
}

/* What a call wrote through its arguments must be what the script says there. */
static void judge_outputs(struct run *r, const struct step *step, const struct value *argv,
                          const struct value *out, int64_t now_ns)
{
    const struct call_step *call = &step->u.call;
    for (uint32_t a = 0; a < call->arguments && !r->verdict.over; a++) {
        if (out[a].kind == VALUE_NONE || eval_match(r, &argv[a], &out[a]))
            continue;
        char wanted[512], got[512];
        value_text(&argv[a], wanted, sizeof wanted);
        value_text(&out[a], got, sizeof got);
        verdict_fail(&r->verdict, &step->place, now_ns,
                     "%s(...) gave another value\n  differs   argument %u: expected %s, actual %s",
                     call->name, a + 1, wanted, got);
    }
}

/* What the language's scripts call; a name that is near one of them and that no stack has is a
 * typo, not a stack that lacks a call. */
static const struct {
    const char *name;
    uint32_t most; /* arguments */
} known_calls[] = {
    {"socket", 3},        {"bind", 3},
    {"listen", 2},        {"accept", 3},
    {"accept4", 4},       {"connect", 3},
    {"read", 3},          {"readv", 3},
    {"write", 3},         {"writev", 3},
    {"recv", 4},          {"recvfrom", 6},
    {"recvmsg", 3},       {"send", 4},
    {"sendto", 6},        {"sendmsg", 3},
    {"close", 1},         {"shutdown", 2},
    {"getsockopt", 5},    {"setsockopt", 5},
    {"getsockname", 3},   {"getpeername", 3},
    {"fcntl", 3},         {"ioctl", 3},
    {"poll", 3},          {"epoll_create", 1},
    {"epoll_create1", 1}, {"epoll_ctl", 4},
    {"epoll_wait", 4},    {"sendfile", 4},
    {"splice", 6},        {"pipe", 1},
    {"open", 3},          {"usleep", 1},
    {"events", 2},        {"peek_header", 5},
    {"busy", 1},          {"ifconfig", 3},
    {"ifdelete", 2},      {"ifup", 1},
    {"ifdown", 1},        {"ifflags", 3},
    {"ifmtu", 8},         {"route", 3},
    {"unroute", 3},       {"neighbour", 3},
    {"join", 2},          {"leave", 2},
    {"set", 2},           {"fail_allocation", 1},
    {"dhcp_start", 2},    {"dhcp_option", 3},
    {"dhcp_lease", 1},    {"dhcp_release", 1},
    {"dhcp_stop", 1},     {"dhcp_inform", 1},
    {"nameserver", 4},    {"resolve", 4},
    {"reverse", 2},       {"dns_flush", 0},
    {"ping", 5},          {"traceroute", 4},
    {"sntp", 4},          {"udp_echo", 1},
    {"udp_echo_stop", 0},
};
enum { KNOWN_CALLS = sizeof known_calls / sizeof known_calls[0] };

static const char *nearest_call(const char *name)
{
    const char *names[KNOWN_CALLS + 1] = {NULL};
    for (int k = 0; k < KNOWN_CALLS; k++)
        names[k] = known_calls[k].name;
    return nearest_word(name, names);
}

/* More arguments than a call of that name has are looked at by nobody. */
static bool has_surplus(struct run *r, const struct step *step, int64_t now_ns)
{
    const struct call_step *call = &step->u.call;
    for (int k = 0; k < KNOWN_CALLS; k++) {
        if (strcmp(known_calls[k].name, call->name) != 0 || call->arguments <= known_calls[k].most)
            continue;
        verdict_error(&r->verdict, &step->place, now_ns,
                      "%s takes %u argument%s at most, %u are written", call->name,
                      known_calls[k].most, known_calls[k].most == 1 ? "" : "s", call->arguments);
        return true;
    }
    return false;
}

static void call_unknown(struct run *r, const struct step *step, int64_t now_ns)
{
    const char *name = step->u.call.name, *nearest = nearest_call(name);
    if (nearest && strcmp(nearest, name) != 0) {
        verdict_fail(&r->verdict, &step->place, now_ns, "unknown call `%s`: did you mean `%s`?",
                     name, nearest);
        r->verdict.status = RUN_ERROR;
        return;
    }
    verdict_skip(&r->verdict, "%s:%d: %s has no %s", r->script->path, step->place.line,
                 sut_host_sut(r->topology.sut)->name, name);
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

static void judge(struct run *r, const struct step *step, const struct value *argv, int64_t result,
                  const struct value *out, int64_t now_ns)
{
    const char *protocol = missing_protocol(&step->u.call, argv, result);
    if (protocol) {
        verdict_skip(&r->verdict, "%s:%d: %s is not in the stack %s", r->script->path,
                     step->place.line, protocol, sut_host_sut(r->topology.sut)->name);
        return;
    }
    if (result == SUT_UNKNOWN) {
        call_unknown(r, step, now_ns);
        return;
    }
    if (r->options->by_outcome)
        return;
    judge_result(r, step, result, now_ns);
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
        judge_result(r, step, 0, now_ns);
}

static int64_t ends_at(const struct run *r, const struct step *step)
{
    const struct when *w = &step->when;
    if (!w->blocks)
        return -1;
    return w->kind == WHEN_RELATIVE ? run_later(r->last_event_ns - w->from_ns, w->ends_ns)
                                    : w->ends_ns;
}

/*
 * send(3, ..., 1000, 0): bytes that a script leaves open follow the pattern of their position. Our
 * own stack knows that and writes them from the stream's position; a plug-in is given them, for
 * each call from 0.
 */
static const struct value *with_payload(struct run *r, struct pending_call *p)
{
    const struct call_step *call = &p->step->u.call;
    const struct value *argv = p->argument;
    bool sends = strcmp(call->name, "send") == 0 || strcmp(call->name, "sendto") == 0 ||
                 strcmp(call->name, "write") == 0;
    if (sut_host_sut(r->topology.sut)->flags & SUT_PATTERN || !sends || call->arguments < 3 ||
        argv[2].kind != VALUE_NUMBER || argv[2].number < 0 || argv[2].number > FRAME_MAX)
        return argv;
    uint32_t written = argv[1].kind == VALUE_BYTES ? argv[1].len : 0,
             len = (uint32_t)argv[2].number;
    uint8_t *bytes = scratch_alloc(r->world, &p->memory, (size_t)len + 1);
    struct value *own = scratch_alloc(r->world, &p->memory, SUT_ARGUMENTS * sizeof *own);
    if (written > len)
        written = len;
    if (written)
        memcpy(bytes, argv[1].bytes, written);
    packet_pattern_fill(bytes + written, len - written, written);
    memcpy(own, argv, SUT_ARGUMENTS * sizeof *own);
    own[1] = (struct value){.kind = VALUE_BYTES, .bytes = bytes, .len = len};
    return own;
}

/* Made, and judged when it ends at once; else it stays open. */
static void make_call(struct run *r, struct pending_call *p, int64_t now_ns)
{
    const struct call_step *call = &p->step->u.call;
    struct value out[SUT_ARGUMENTS] = {{0}};
    int64_t result = sut_host_call(r->topology.sut, p->token, call->name, with_payload(r, p),
                                   (int)call->arguments, out);
    if (p->done && result != SUT_PENDING)
        verdict_fail(&r->verdict, &p->step->place, now_ns,
                     "%s(...) ended by done() and returned all the same: a call that done() ends "
                     "returns SUT_PENDING",
                     call->name);
    if (p->done || result == SUT_PENDING)
        return; /* call_settle judges */
    if (p->ends_ns > now_ns && result != SUT_UNKNOWN) {
        char ended[32], wanted[32];
        verdict_fail(&r->verdict, &p->step->place, now_ns,
                     "%s(...) returned at once\n  differs   time: expected %s, actual %s",
                     call->name, time_text(p->ends_ns, wanted), time_text(now_ns, ended));
    } else {
        judge(r, p->step, p->argument, result, out, now_ns);
    }
    pending_close(r->world, &r->calls, p);
}

void call_start(struct run *r, const struct step *step, int64_t now_ns)
{
    const struct call_step *call = &step->u.call;
    struct topology *t = &r->topology;
    struct why why = {{0}};
    struct value *argv = scratch_alloc(r->world, &t->scratch, SUT_ARGUMENTS * sizeof *argv);
    if (call->arguments > SUT_ARGUMENTS || evaluate_arguments(r, call, argv, &why) != 0) {
        verdict_fail(&r->verdict, &step->place, now_ns, "%s: %s", call->name,
                     why.text[0] ? why.text : "too many arguments");
        return;
    }
    int port;
    struct host *h = call->on ? topology_host(t, call->on, &port) : t->sut;
    if (h != t->sut) {
        t->scratch.first = NULL; /* a peer may keep what it is given */
        call_peer(r, step, h, argv, now_ns);
        return;
    }
    if (has_surplus(r, step, now_ns))
        return;
    frames_hear(r, call->name, argv, call->arguments);
    struct pending_call *p = pending_open(r->world, &r->calls, ends_at(r, step));
    p->step = step;
    p->argument = argv;
    p->memory = t->scratch;
    t->scratch.first = NULL;
    make_call(r, p, now_ns);
}

void call_ended(void *ctx, uint64_t token, int64_t result, const struct value *out, int outs)
{
    struct run *r = ctx;
    struct pending_call *p = pending_find(&r->calls, token);
    if (p) {
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
                     sut_host_sut(r->topology.sut)->name, (unsigned long long)token);
}

/* A call without an end written may take any time; with one it must end exactly then. */
static void settle(struct run *r, struct pending_call *p)
{
    char ended[32], wanted[32];
    if (p->ends_ns >= 0 && p->done_ns != p->ends_ns && !r->options->by_outcome)
        verdict_fail(&r->verdict, &p->step->place, p->done_ns,
                     "%s(...) returned too %s\n  differs   time: expected %s, actual %s",
                     p->step->u.call.name, p->done_ns < p->ends_ns ? "early" : "late",
                     time_text(p->ends_ns, wanted), time_text(p->done_ns, ended));
    else
        judge(r, p->step, p->argument, p->result, p->out, p->done_ns);
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
    if (r->options->by_outcome || world_next(r->world) <= now_ns)
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
    for (uint32_t k = 0; k < c->slots && !r->verdict.over && !r->options->by_outcome; k++) {
        const struct pending_call *p = c->slot[k];
        if (p->token && p->step->u.call.result.kind != VALUE_NONE)
            verdict_fail(&r->verdict, &p->step->place, now_ns,
                         "%s(...) has not returned by the end of the script", p->step->u.call.name);
    }
}

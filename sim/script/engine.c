/*
 * The engine plays steps. It is the last owner of every instant (RANK_SCRIPT), so that it sees what all hosts did: a line that
 * expects a packet fails when its time is over and nothing else is due at that time.
 */
#include <stdlib.h>
#include <string.h>
#include "sim/hosts/sut_host.h"
#include "sim/script/run.h"

enum { PACKET_ROOM = 65600, TEXT_ROOM = 2048 };

/* --- frames that hosts send --- */

static void remember(struct run *r, struct host *h, int port, struct frame *f, uint32_t record, int64_t now_ns)
{
    if (r->seens == r->seen_room) {
        uint32_t room = r->seen_room ? r->seen_room * 2 : 64;
        struct seen *grown = world_alloc(r->world, room * sizeof *grown, 16);
        if (r->seens)
            memcpy(grown, r->seen, r->seens * sizeof *grown);
        if (r->seen_room)
            world_release(r->world, r->seen, r->seen_room * sizeof *grown);
        r->seen = grown;
        r->seen_room = room;
    }
    r->seen[r->seens++] = (struct seen){frame_ref(f), now_ns, h, port, record, false};
    world_due(r->world, &r->owner, now_ns);
}

static struct host *sender_of(struct run *r, const struct run_link *l, int number, int *port)
{
    for (uint32_t h = 0; h < r->hosts; h++)
        for (uint32_t p = 0; p < r->host[h]->ports; p++)
            if (r->host[h]->port[p].link == l->link && r->host[h]->port[p].number == number) {
                *port = (int)p;
                return r->host[h];
            }
    return NULL;
}

static void fill_context(struct run *r, struct packet_context *c);

/* `ignore @eth0 > arp`: a frame of that kind needs no line. */
static bool is_ignored(struct run *r, struct host *h, int port, const struct frame *f)
{
    struct packet_context c;
    fill_context(r, &c);
    bool ignored = false;
    for (uint32_t i = 0; i < r->script->ignores; i++) {
        const struct ignore *ig = &r->script->ignore[i];
        int at_port = 0;
        struct host *at = ig->at ? run_host(r, ig->at, &at_port) : r->sut;
        if (at != h || (ig->at && at_port != port) || !packet_matches(ig->packet, &c, f->bytes, f->len))
            continue;
        r->ignored[i]++;
        ignored = true;
    }
    return ignored;
}

static void keep_frame(struct frame **last, struct frame *f)
{
    if (*last)
        frame_unref(*last);
    *last = frame_ref(f);
}

void engine_frame_seen(struct run *r, struct run_link *l, int number, struct frame *f, int64_t now_ns)
{
    int port = 0;
    struct host *h = sender_of(r, l, number, &port);
    r->frames++;
    keep_frame(h == r->sut ? &r->last_out : &r->last_in, f);
    if (!h || (h->kind->flags & HOST_RAW) || r->options->by_outcome || (h != r->sut && !r->want_peer_frames))
        return;
    if (!is_ignored(r, h, port, f))
        remember(r, h, port, f, l->capture->count - 1, now_ns);
}

/* The oldest frame of the host that no line has taken, not older than from_ns for peers (their frames need no line). */
static struct seen *next_seen(struct run *r, const struct host *h)
{
    while (r->seen_first < r->seens && r->seen[r->seen_first].taken)
        r->seen_first++;
    if (r->seen_first == r->seens)
        r->seen_first = r->seens = 0;
    for (uint32_t s = r->seen_first; s < r->seens; s++)
        if (!r->seen[s].taken && r->seen[s].host == h)
            return &r->seen[s];
    return NULL;
}

static void take(struct run *r, struct seen *s)
{
    (void)r;
    s->taken = true;
    frame_unref(s->frame);
}

/* The record says which line spoke for the frame. */
static void mark(struct run *r, const struct seen *s, const struct step *step)
{
    struct run_link *l = run_link_of(r, s->host->port[s->port].link);
    l->capture->record[s->record].script_line = step->place.line;
}

/* --- contexts for lines --- */

static bool context_lookup(void *self, const char *name, struct value *out)
{
    const struct value *v = run_lookup(self, name);
    if (v)
        *out = *v;
    return v != NULL;
}

static void context_bind(void *self, const char *name, const struct value *value)
{
    run_bind(self, name, value);
}

static bool context_host(void *self, const char *name, struct packet_addresses *out)
{
    int port;
    struct host *h = run_host(self, name, &port);
    return h && run_host_addresses(self, h, port, out);
}

static void fill_context(struct run *r, struct packet_context *c)
{
    memset(c, 0, sizeof *c);
    c->self = r;
    c->lookup = context_lookup;
    c->bind = context_bind;
    c->host = context_host;
    if (r->last_out) {
        c->answered = r->last_out->bytes;
        c->answered_len = r->last_out->len;
    }
}

/* Where a `<` line enters the link: the first raw host there, else a port of the script's own. */
static struct host *raw_host_on(struct run *r, const struct link *l, int *port)
{
    for (uint32_t h = 1; h < r->hosts; h++)
        for (uint32_t p = 0; p < r->host[h]->ports; p++)
            if ((r->host[h]->kind->flags & HOST_RAW) && r->host[h]->port[p].link == l) {
                *port = (int)p;
                return r->host[h];
            }
    return NULL;
}

static void script_port_frame(void *ctx, int port, struct frame *f, int64_t now_ns)
{
    (void)ctx, (void)port, (void)f, (void)now_ns;
}

static void inject(struct run *r, const struct step *step, int64_t now_ns)
{
    int port = 0, raw_port = 0;
    struct host *h = step->u.packet.at ? run_host(r, step->u.packet.at, &port) : r->sut;
    struct run_link *l = run_link_of(r, h->port[port].link);
    struct host *raw = raw_host_on(r, l->link, &raw_port);
    struct packet_context c;
    struct why why = {{0}};
    fill_context(r, &c);
    run_host_addresses(r, h, port, &c.destination);
    if (raw)
        run_host_addresses(r, raw, raw_port, &c.source);
    else if (l->script_port < 0)
        l->script_port = link_attach(l->link, "script", script_port_frame, NULL, r);
    uint8_t *bytes = world_alloc(r->world, PACKET_ROOM, 16);
    int len = packet_build(step->u.packet.packet, &c, bytes, PACKET_ROOM, &why);
    if (len < 0) {
        run_fail(r, &step->place, now_ns, "this packet cannot be built: %s", why.text);
    } else {
        struct frame *f = frame_copy(r->world, bytes, (uint32_t)len);
        uint32_t entered = l->capture->count;
        link_send(l->link, raw ? raw->port[raw_port].number : l->script_port, f);
        if (l->capture->count > entered)
            l->capture->record[entered].script_line = step->place.line;
        frame_unref(f);
    }
    world_release(r->world, bytes, PACKET_ROOM);
}

/* --- expected packets --- */

struct bounds {
    int64_t from_ns, to_ns;
};

static struct bounds bounds_of(const struct when *w, int64_t base_ns)
{
    struct bounds b = {w->from_ns, w->range ? w->to_ns : w->from_ns};
    if (w->kind == WHEN_ANY)
        return (struct bounds){base_ns, NEVER};
    if (w->range && w->to_relative)
        b.to_ns = w->kind == WHEN_RELATIVE ? w->to_ns : w->from_ns + w->to_ns;
    if (w->kind == WHEN_RELATIVE) {
        b.from_ns += base_ns;
        b.to_ns += base_ns;
    }
    return b;
}

static void fail_packet(struct run *r, const struct step *step, const struct seen *s, const struct packet_verdict *v)
{
    char *expected = packet_print(step->u.packet.packet);
    char text[TEXT_ROOM], differs[TEXT_ROOM];
    int len = 0;
    packet_text(r->script->layers, s->frame->bytes, s->frame->len, 1, text, sizeof text);
    differs[0] = 0;
    for (uint32_t d = 0; d < v->differences && d < PACKET_DIFFERENCES && len < (int)sizeof differs; d++)
        len += snprintf(differs + len, sizeof differs - (size_t)len, "\n  differs   %s: expected %s, actual %s%s%s", v->difference[d].field,
                        v->difference[d].expected, v->difference[d].actual, v->difference[d].clause ? ", " : "",
                        v->difference[d].clause ? v->difference[d].clause : "");
    run_fail(r, &step->place, s->time_ns, "the packet out of %s differs from the line\n  expected  > %s\n  actual    > %s%s", s->host->port[s->port].name,
             expected, text, differs);
    free(expected);
}

static void fail_time(struct run *r, const struct step *step, const struct seen *s, const struct bounds *b)
{
    char at[32], from[32], to[32], text[TEXT_ROOM];
    packet_text(r->script->layers, s->frame->bytes, s->frame->len, 0, text, sizeof text);
    bool range = b->from_ns != b->to_ns;
    run_fail(r, &step->place, s->time_ns, "the packet came %s: at %s, expected %s%s%s%s\n  actual    > %s",
             s->time_ns < b->from_ns ? "too early" : "too late", time_text(s->time_ns, at), range ? "between " : "at ", time_text(b->from_ns, from),
             range ? " and " : "", range ? time_text(b->to_ns, to) : "", text);
}

static void fail_missing(struct run *r, const struct step *step, const struct bounds *b, int64_t now_ns)
{
    char *expected = packet_print(step->u.packet.packet);
    char to[32];
    run_fail(r, &step->place, now_ns, "no packet came by %s\n  expected  > %s", time_text(b->to_ns, to), expected);
    free(expected);
}

static void fail_unexpected(struct run *r, const struct place *place, const struct seen *s)
{
    char text[TEXT_ROOM];
    packet_text(r->script->layers, s->frame->bytes, s->frame->len, 1, text, sizeof text);
    run_fail(r, place, s->time_ns, "no line expects this packet out of %s\n  actual    > %s", s->host->port[s->port].name, text);
}

static void judge_frame(struct run *r, const struct step *step, const struct seen *s, struct packet_verdict *v)
{
    struct packet_context c;
    fill_context(r, &c);
    if (s->host == r->sut) { /* what it answers came from the others */
        c.answered = r->last_in ? r->last_in->bytes : NULL;
        c.answered_len = r->last_in ? r->last_in->len : 0;
    }
    run_host_addresses(r, s->host, s->port, &c.source);
    packet_match(step->u.packet.packet, &c, s->frame->bytes, s->frame->len, v);
}

/* A peer's frames need no line: those that are not of the line's kind are passed over. */
static struct seen *seen_for(struct run *r, const struct step *step, struct host *h, int64_t from_ns)
{
    struct seen *s;
    while ((s = next_seen(r, h)) != NULL && h != r->sut) {
        struct packet_context c;
        fill_context(r, &c);
        if (s->time_ns >= from_ns && packet_matches(step->u.packet.packet, &c, s->frame->bytes, s->frame->len))
            break;
        take(r, s);
    }
    return s;
}

enum progress { WAITING, ADVANCED };

static enum progress wait_until(struct run *r, int64_t until_ns)
{
    world_due(r->world, &r->owner, until_ns);
    return WAITING;
}

static enum progress expect(struct run *r, const struct step *step, int64_t now_ns)
{
    int port = 0;
    struct host *h = step->u.packet.at ? run_host(r, step->u.packet.at, &port) : r->sut;
    struct bounds b = bounds_of(&step->when, r->last_event_ns);
    struct seen *s = seen_for(r, step, h, b.from_ns);
    struct packet_verdict v;
    if (!s) {
        if (now_ns < b.to_ns)
            return wait_until(r, b.to_ns);
        if (world_next(r->world) <= now_ns)
            return wait_until(r, now_ns);
        fail_missing(r, step, &b, now_ns);
        return WAITING;
    }
    judge_frame(r, step, s, &v);
    if (!v.matches || (step->u.packet.at && s->port != port)) {
        fail_packet(r, step, s, &v);
        return WAITING;
    }
    if (s->time_ns < b.from_ns || s->time_ns > b.to_ns) {
        fail_time(r, step, s, &b);
        return WAITING;
    }
    r->last_event_ns = s->time_ns;
    mark(r, s, step);
    take(r, s);
    return ADVANCED;
}

/* all { }: each line once, in any order. Times count from the event before the block. */
static enum progress expect_any(struct run *r, struct frame_of_steps *block, int64_t now_ns)
{
    int64_t latest = 0;
    for (;;) {
        uint32_t missing = block->count;
        int64_t deadline = 0;
        struct seen *s = next_seen(r, r->sut);
        struct packet_verdict v = {0}, nearest = {0};
        const struct step *found = NULL, *near = NULL;
        for (uint32_t k = 0; k < block->count; k++) {
            const struct step *step = &block->step[k];
            if (block->done >> k & 1)
                continue;
            struct bounds b = bounds_of(&step->when, r->last_event_ns);
            missing = missing == block->count ? k : missing;
            deadline = b.to_ns > deadline ? b.to_ns : deadline;
            if (!s || found)
                continue;
            judge_frame(r, step, s, &v);
            if (v.matches && s->time_ns >= b.from_ns && s->time_ns <= b.to_ns) {
                found = step;
                block->done |= 1ull << k;
            } else if (!near || v.differences < nearest.differences) {
                near = step;
                nearest = v;
            }
        }
        if (found) {
            mark(r, s, found);
            latest = s->time_ns > latest ? s->time_ns : latest;
            take(r, s);
            continue;
        }
        if (missing == block->count) {
            r->last_event_ns = latest > r->last_event_ns ? latest : r->last_event_ns;
            return ADVANCED;
        }
        if (s) {
            fail_packet(r, near, s, &nearest);
            return WAITING;
        }
        if (now_ns < deadline)
            return wait_until(r, deadline);
        if (world_next(r->world) <= now_ns)
            return wait_until(r, now_ns);
        struct bounds over = {deadline, deadline};
        fail_missing(r, &block->step[missing], &over, now_ns);
        return WAITING;
    }
}

/* --- faults --- */

static const char *const fault_verbs[FAULT_KINDS + 1] = {"lose", "dup", "flip", "fcs", "delay", "truncate", "down", "up", "partition", "heal", NULL};

struct fault_predicate {
    const struct packet_spec *packet;
    struct run *run;
};

static bool fault_matches(const void *ctx, const uint8_t *bytes, uint32_t len)
{
    const struct fault_predicate *p = ctx;
    struct packet_context c;
    fill_context(p->run, &c);
    return packet_matches(p->packet, &c, bytes, len);
}

static void keep_fault(struct run *r, struct link_fault *added)
{
    if (r->faults == r->fault_room) {
        uint32_t room = r->fault_room ? r->fault_room * 2 : 8;
        struct link_fault **grown = world_alloc(r->world, room * sizeof *grown, 16);
        if (r->faults)
            memcpy(grown, r->fault, r->faults * sizeof *grown);
        r->fault = grown;
        r->fault_room = room;
    }
    r->fault[r->faults++] = added;
}

static void add_fault(struct run *r, const struct step *step, int64_t now_ns)
{
    const struct fault_step *f = &step->u.fault;
    struct run_link *l = run_link_by_name(r, f->link);
    struct link_fault fault = {.frame = f->frame, .every = f->every, .mask = f->mask, .limit = f->limit, .from_port = -1, .line = step->place.line};
    int kind = 0, port = 0;
    while (fault_verbs[kind] && strcmp(fault_verbs[kind], f->verb) != 0)
        kind++;
    if (!l || !fault_verbs[kind]) {
        run_fail(r, &step->place, now_ns, l ? "no fault \"%s\"" : "no link \"%s\"", l ? f->verb : f->link);
        return;
    }
    fault.kind = (enum fault_kind)kind;
    struct value amount = {0};
    struct why why = {{0}};
    if (eval_value(r, &f->amount, &amount, &why) != 0) {
        run_fail(r, &step->place, now_ns, "%s", why.text);
        return;
    }
    fault.bit = kind == FAULT_FLIP ? (uint32_t)amount.number : 0;
    fault.delay_ns = kind == FAULT_DELAY ? amount.number : 0;
    fault.length = kind == FAULT_TRUNCATE ? (uint32_t)amount.number : 0;
    struct host *from = f->from ? run_host(r, f->from, &port) : NULL;
    for (uint32_t p = 0; from && p < from->ports; p++)
        if (from->port[p].link == l->link)
            fault.from_port = from->port[p].number;
    if (f->match) {
        struct fault_predicate *predicate = world_alloc(r->world, sizeof *predicate, 16);
        *predicate = (struct fault_predicate){f->match, r};
        fault.match = fault_matches;
        fault.ctx = predicate;
    }
    keep_fault(r, link_add_fault(l->link, &fault));
}

/* --- the other steps --- */

void engine_check(struct run *r, const struct place *place, const struct expr *e, int64_t now_ns)
{
    struct value v, left, right;
    struct why why = {{0}};
    if (eval_expr(r, e, &v, &why) != 0) {
        run_fail(r, &e->place, now_ns, "%s", why.text);
        return;
    }
    if (eval_true(&v))
        return;
    char *text = expr_print(e);
    char actual[256] = "";
    if (e->kind == EXPR_BINARY && e->op <= OP_GE && eval_expr(r, e->left, &left, &why) == 0 && eval_expr(r, e->right, &right, &why) == 0) {
        int len = snprintf(actual, sizeof actual, "\n  actual    ");
        len += value_text(&left, actual + len, (int)sizeof actual - len);
        if (len < (int)sizeof actual - 20) {
            len += snprintf(actual + len, sizeof actual - (size_t)len, " against ");
            value_text(&right, actual + len, (int)sizeof actual - len);
        }
    }
    run_fail(r, place, now_ns, "this does not hold\n  expected  %s%s", text, actual);
    free(text);
}

/* A shell command of packetdrill's sets sysctls; what no knob stands for makes the script skipped, with the command as the reason. */
static void shell_step(struct run *r, const struct step *step)
{
    run_skip(r, "%s:%d: no knob stands for the shell command `%s`", r->script->path, step->place.line, step->u.code.text);
}

static void code_step(struct run *r, const struct step *step, int64_t now_ns)
{
    if (step->u.code.unsupported) {
        run_skip(r, "%s:%d: code block: %s", r->script->path, step->place.line, step->u.code.unsupported);
        return;
    }
    for (uint32_t e = 0; e < step->u.code.exprs && !r->finished; e++)
        engine_check(r, &step->place, step->u.code.expr[e], now_ns);
}

static void set_step(struct run *r, const struct step *step, int64_t now_ns)
{
    struct value argv[2] = {{.kind = VALUE_NAME, .text = step->u.setting.name}}, out[SUT_ARGUMENTS] = {{0}};
    struct why why = {{0}};
    if (eval_value(r, &step->u.setting.value, &argv[1], &why) != 0 || sut_host_call(r->sut, 0, "set", argv, 2, out) < 0)
        run_fail(r, &step->place, now_ns, "set %s: %s", step->u.setting.name, why.text[0] ? why.text : "no such knob, or the value is out of its range");
}

static void push_block(struct run *r, const struct step *step)
{
    if (r->depths == RUN_DEPTH) {
        run_fail(r, &step->place, world_now(r->world), "blocks are nested more than %d deep", RUN_DEPTH);
        return;
    }
    r->depth[r->depths++] = (struct frame_of_steps){.step = step->u.block.step, .count = step->u.block.steps,
                                                    .left = step->kind == STEP_REPEAT ? step->u.block.times : 1,
                                                    .any_order = step->kind == STEP_ALL};
}

/* Frames of the stack's that came before this step's time and that no line took. */
static bool unexpected_before(struct run *r, const struct step *step, int64_t time_ns)
{
    const struct seen *s = next_seen(r, r->sut);
    if (!s || s->time_ns >= time_ns)
        return false;
    fail_unexpected(r, &step->place, s);
    return true;
}

void engine_act(struct run *r, const struct step *step, int64_t now_ns)
{
    switch (step->kind) {
    case STEP_PACKET: inject(r, step, now_ns); break;
    case STEP_CALL: call_start(r, step, now_ns); break;
    case STEP_ASSERT: engine_check(r, &step->place, step->u.expr, now_ns); break;
    case STEP_FAULT:
    case STEP_LINK: add_fault(r, step, now_ns); break;
    case STEP_SHELL: shell_step(r, step); break;
    case STEP_CODE: code_step(r, step, now_ns); break;
    case STEP_SET: set_step(r, step, now_ns); break;
    case STEP_ALL:
    case STEP_REPEAT: break;
    }
}

/* Anything but an expected packet happens at its time. A range means its beginning. */
static enum progress perform(struct run *r, const struct step *step, int64_t now_ns)
{
    struct bounds b = bounds_of(&step->when, r->last_event_ns);
    if (b.from_ns < r->last_event_ns || b.from_ns < now_ns) {
        char at[32], now[32];
        run_fail(r, &step->place, now_ns, "this line's time, %s, is over: it is %s", time_text(b.from_ns, at), time_text(now_ns, now));
        return WAITING;
    }
    if (now_ns < b.from_ns)
        return wait_until(r, b.from_ns);
    if (r->injected && world_next(r->world) <= now_ns)
        return wait_until(r, now_ns); /* what was injected at this instant arrives before the next line sees its effect */
    if (unexpected_before(r, step, now_ns))
        return WAITING;
    r->injected = step->kind == STEP_PACKET;
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

/* The script is through: the instant is played to its end, or time goes on to `end`, or until the open calls have ended. */
static void at_the_end(struct run *r, int64_t now_ns, bool open_calls)
{
    const struct seen *s = next_seen(r, r->sut);
    static const struct place nowhere;
    if (s) {
        struct place place = nowhere;
        place.file = r->script->path;
        place.line = r->script->steps ? r->script->step[r->script->steps - 1].place.line : 1;
        place.column = 1;
        fail_unexpected(r, &place, s);
        return;
    }
    if (r->script->end_ns > now_ns) {
        wait_until(r, r->script->end_ns);
        return;
    }
    if (world_next(r->world) <= now_ns) {
        wait_until(r, now_ns);
        return;
    }
    if (open_calls && r->script->end_ns < 0 && world_next(r->world) != NEVER)
        return; /* call_ended wakes us */
    r->finished = true;
    world_stop(r->world);
}

static enum progress play(struct run *r, const struct step *step, int64_t now_ns)
{
    struct frame_of_steps *top = &r->depth[r->depths - 1];
    if (!step) {
        if (expect_any(r, top, now_ns) == WAITING)
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
    enum progress p = expected ? expect(r, step, now_ns) : perform(r, step, now_ns);
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
    bool open_calls = call_settle(r, now_ns);
    while (!r->finished && current_step(r, &step)) {
        if (play(r, step, now_ns) == WAITING)
            break;
        open_calls = call_settle(r, now_ns);
    }
    if (r->finished)
        return;
    for (int p = 0; p < RUN_PENDING; p++)
        if (r->pending[p].token && r->pending[p].ends_ns >= now_ns && r->pending[p].ends_ns < r->owner.due_ns)
            world_due(r->world, &r->owner, r->pending[p].ends_ns);
    if (!current_step(r, &step))
        at_the_end(r, now_ns, open_calls);
}

void engine_start(struct run *r)
{
    r->depth[0] = (struct frame_of_steps){.step = r->script->step, .count = r->script->steps, .left = 1};
    r->depths = 1;
    for (uint32_t s = 0; s < r->script->steps; s++)
        if (r->script->step[s].kind == STEP_PACKET && r->script->step[s].u.packet.at)
            r->want_peer_frames = true;
    world_due(r->world, &r->owner, 0);
}

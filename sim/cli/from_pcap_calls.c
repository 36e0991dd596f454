/*
 * Calls, faults and knobs of a script beside the frames of a capture. A script with packet lines is
 * played, and what it does is noted with its time and with how many frames there were before; of
 * one without, the times say where its lines belong.
 */
#include "sim/cli/from_pcap.h"
#include <stdlib.h>
#include <string.h>
#include "sim/suite/suite.h"

static const uint8_t usual_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

struct noting {
    struct conversion *c;
    const struct script *script;
    struct action *action;
    size_t actions, room;
    const char **bound; /* names that calls which are kept bind */
    size_t bounds;
};

/* --- values without what only packet lines bind --- */

static bool is_bound(const struct noting *n, const char *name)
{
    for (uint32_t k = 0; k < n->script->parameters; k++)
        if (strcmp(n->script->parameter[k].name, name) == 0)
            return true;
    for (size_t k = 0; k < n->bounds; k++)
        if (strcmp(n->bound[k], name) == 0)
            return true;
    return false;
}

/* Variables of packet lines and of turns become what they are now. */
static struct value settled(const struct noting *n, const struct run *r, const struct value *v)
{
    struct value out = *v;
    if (v->kind == VALUE_USE && !is_bound(n, v->text)) {
        const struct value *known = scope_lookup(&r->topology, v->text);
        out = known ? *known : (struct value){.kind = VALUE_NONE};
        out.field = v->field;
    }
    if (v->items) {
        out.item = pool_alloc(n->c->pool, v->items * sizeof *out.item);
        for (uint32_t k = 0; k < v->items; k++)
            out.item[k] = settled(n, r, &v->item[k]);
    }
    return out;
}

static struct step settled_call(struct noting *n, const struct run *r, const struct step *step)
{
    struct step s = *step;
    struct call_step *call = &s.u.call;
    call->argument = pool_alloc(n->c->pool, (call->arguments + 1) * sizeof *call->argument);
    for (uint32_t k = 0; k < call->arguments; k++)
        call->argument[k] = settled(n, r, &step->u.call.argument[k]);
    if (call->result.kind == VALUE_BIND && !is_bound(n, call->result.text)) {
        n->bound = realloc(n->bound, (n->bounds + 1) * sizeof *n->bound);
        n->bound[n->bounds++] = call->result.text;
    } else {
        call->result = settled(n, r, &call->result);
    }
    return s;
}

/* --- lines --- */

/* The step alone, as a script prints it, at that time. */
static char *line_of(const struct noting *n, struct step *step, int64_t at_ns)
{
    struct when *w = &step->when;
    int64_t ends_ns = w->kind == WHEN_RELATIVE ? at_ns - w->from_ns + w->ends_ns : w->ends_ns;
    bool blocks = w->blocks;
    *w = (struct when){.kind = WHEN_ABSOLUTE, .from_ns = at_ns, .to_ns = at_ns};
    w->blocks = blocks;
    w->ends_ns = ends_ns;
    step->comment = NULL;
    const struct script alone = {.step = step,
                                 .steps = 1,
                                 .end_ns = -1,
                                 .packetdrill = n->script->packetdrill,
                                 .layers = n->c->layers};
    return script_print(&alone);
}

static void note(struct noting *n, struct step *step, int64_t at_ns, size_t before)
{
    if (n->actions == n->room) {
        n->room = n->room ? n->room * 2 : 64;
        n->action = realloc(n->action, n->room * sizeof *n->action);
    }
    n->action[n->actions++] = (struct action){at_ns, before, line_of(n, step, at_ns)};
}

/* A call of a host that is only injected from here is none. */
static bool is_kept(const struct script *s, const struct step *step)
{
    if (step->kind == STEP_FAULT || step->kind == STEP_LINK || step->kind == STEP_SET ||
        step->kind == STEP_SHELL)
        return true;
    if (step->kind != STEP_CALL)
        return false;
    for (uint32_t k = 0; step->u.call.on && k < s->hosts; k++)
        if (strcmp(s->host[k].name, step->u.call.on) == 0)
            return false;
    return true;
}

static void acts(void *ctx, struct run *r, const struct step *step, int64_t now_ns)
{
    struct noting *n = ctx;
    if (!is_kept(n->script, step))
        return;
    struct step copy = step->kind == STEP_CALL ? settled_call(n, r, step) : *step;
    note(n, &copy, now_ns, (size_t)recording_frames(&r->topology.recording));
}

/* --- declarations --- */

/* Whatever stood on the link is moved by lines now: of its attributes those of its port stay. */
static void make_raw(struct conversion *c, const struct script *from, struct script *s)
{
    static const char *const kept[] = {"mac", "ip", "mtu", "on"};
    s->host = pool_alloc(c->pool, (from->hosts + 1) * sizeof *s->host);
    for (uint32_t h = 0; h < from->hosts; h++) {
        struct declaration *d = &s->host[h];
        *d = from->host[h];
        d->kind = "raw";
        d->attributes = 0;
        d->attribute = pool_alloc(c->pool, (from->host[h].attributes + 1) * sizeof *d->attribute);
        for (uint32_t a = 0; a < from->host[h].attributes; a++)
            for (size_t k = 0; k < sizeof kept / sizeof kept[0]; k++)
                if (strcmp(from->host[h].attribute[a].name, kept[k]) == 0)
                    d->attribute[d->attributes++] = from->host[h].attribute[a];
    }
}

static void print_declarations(struct conversion *c, const struct run_case *kase, int64_t end_ns)
{
    struct script s = *kase->script;
    char summary[1024];
    snprintf(summary, sizeof summary, "What %s holds, with the calls of %s.", c->path, s.path);
    s.summary = summary;
    s.covers = s.ignores = s.outcomes = s.steps = 0;
    s.golden_fingerprint = false;
    s.layers = c->layers;
    s.end_ns = end_ns;
    s.end_because = "the capture's run ended there";
    s.parameter = pool_alloc(c->pool, (s.parameters + 1) * sizeof *s.parameter);
    for (uint32_t p = 0; p < s.parameters; p++) {
        s.parameter[p] = kase->script->parameter[p];
        s.parameter[p].value = pool_alloc(c->pool, sizeof *s.parameter[p].value);
        *s.parameter[p].value = *kase->value[p];
        s.parameter[p].values = 1;
    }
    make_raw(c, kase->script, &s);
    char *text = script_print(&s);
    text_add(&c->out, "%s", text ? text : "");
    free(text);
}

/* --- a script that is played --- */

/* Only whoever plays it knows when things happen: packet lines, blocks, peers that answer. */
static bool must_be_played(const struct script *s)
{
    for (uint32_t k = 0; k < s->steps; k++)
        if (s->step[k].kind == STEP_PACKET || step_is_block(&s->step[k]))
            return true;
    for (uint32_t k = 0; k < s->hosts; k++)
        if (strcmp(s->host[k].kind, "raw") != 0)
            return true;
    return false;
}

/* A peer may echo what the host sent: by its port it is told apart. */
static void learn_senders(struct noting *n, const struct run *r)
{
    struct conversion *c = n->c;
    const struct capture *seen = r->topology.recording.link[0].capture;
    const struct host *sut = r->topology.sut;
    if (seen->count != c->file.count)
        return;
    c->sent = pool_alloc(c->pool, c->file.count * sizeof *c->sent);
    for (uint32_t k = 0; k < seen->count; k++) {
        c->sent[k] = false;
        for (uint32_t p = 0; p < sut->ports; p++)
            c->sent[k] |= capture_at(seen, k)->port == sut->port[p].number;
    }
}

static int play_script(struct noting *n, const struct suite_case *kase, const struct options *o,
                       int64_t *end_ns)
{
    struct why why = {{0}};
    const struct run_options options = {.sut = o->stack,
                                        .load = o->load,
                                        .seed = kase->seed ? kase->seed : 1,
                                        .acts = acts,
                                        .acts_ctx = n};
    struct run *r = run_new(&kase->run, &options, &why);
    if (!r)
        return usage_error("%s", why.text);
    recording_keep_all(&r->topology.recording);
    run_play(r, NEVER);
    run_finish(r);
    int status = 0;
    if (r->topology.recording.links != 1)
        status = usage_error("--calls: %s has %u links, and a capture is of one", o->calls,
                             r->topology.recording.links);
    else if (r->verdict.status != RUN_PASSED)
        status =
            usage_error("--calls: when it makes its calls is known of a script that passes, or "
                        "of one without packet lines: %s",
                        r->verdict.report);
    if (!o->host) {
        memcpy(n->c->host.mac, r->topology.sut->port[0].mac, 6);
        learn_senders(n, r);
    }
    if (n->script->end_ns < 0)
        *end_ns = world_now(r->world) + 1; /* a call may return at the last instant */
    else
        *end_ns = n->script->end_ns;
    run_free(r);
    return status;
}

/* --- a script without: its times say it --- */

static size_t frame_from(const struct conversion *c, int64_t at_ns)
{
    size_t f = 0;
    while (f < c->file.count && captured_time(c, f) < at_ns)
        f++;
    return f;
}

static int read_times(struct noting *n)
{
    int64_t last_ns = 0;
    for (uint32_t k = 0; k < n->script->steps; k++) {
        struct step copy = n->script->step[k];
        const struct when *w = &copy.when;
        if (w->kind == WHEN_ABSOLUTE)
            last_ns = w->from_ns;
        else if (w->kind == WHEN_RELATIVE)
            last_ns += w->from_ns;
        if (is_kept(n->script, &copy))
            note(n, &copy, last_ns, frame_from(n->c, last_ns));
    }
    return 0;
}

/* --- together --- */

static int convert_case(struct noting *n, const struct suite_case *kase, const struct options *o)
{
    struct conversion *c = n->c;
    int64_t end_ns = captured_time(c, c->file.count - 1);
    n->script = kase->run.script;
    memcpy(c->host.mac, o->host ? c->host.mac : usual_mac, 6);
    int status = must_be_played(n->script) ? play_script(n, kase, o, &end_ns) : read_times(n);
    if (status == 0 && !o->host)
        captured_flows(c);
    if (status != 0)
        return -1;
    print_declarations(c, &kase->run, end_ns);
    print_timeline(c, n->action, n->actions);
    n->actions = 0;
    return 0;
}

int convert_with_calls(struct conversion *c, const struct options *o)
{
    struct why why = {{0}};
    struct noting n = {.c = c};
    struct suite *suite = suite_load(
        &o->calls, 1,
        &(struct suite_options){o->nic ? o->nic : "e1000", o->stack, o->defined, false}, &why);
    int status = -1;
    if (!suite)
        return usage_error("--calls: %s", why.text);
    if (suite->refusals)
        tell_refused(suite);
    else if (suite->cases != 1)
        usage_error("--calls: %s has %u cases: name the one that the capture is of, %s@NAME=VALUE",
                    o->calls, suite->cases, o->calls);
    else
        status = convert_case(&n, &suite->kase[0], o);
    for (size_t k = 0; k < n.actions; k++)
        free(n.action[k].text);
    free(n.action);
    free(n.bound);
    suite_free(suite);
    return status;
}

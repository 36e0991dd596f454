/* Introduces to the judge, before a run: every port, who answers for names, what the script
   ignores and observes. */
#include <string.h>
#include "sim/play/engine.h"
#include "sim/play/watch.h"

static bool name_lookup(void *self, const char *name, struct value *out)
{
    struct run *r = self;
    const struct value *v = scope_lookup(&r->topology, name);
    if (v)
        *out = *v;
    return v != NULL;
}

static void name_bind(void *self, const char *name, const struct value *value)
{
    struct run *r = self;
    scope_bind(&r->topology, name, value);
}

struct judge_port *run_port(const struct run *r, const struct host *h, int port)
{
    const struct host_port *p = &h->port[port];
    return judge_port_of(&r->judge, link_number(p->link), p->number);
}

static bool name_host(void *self, const char *name, struct packet_addresses *out)
{
    struct run *r = self;
    int port;
    struct host *h = topology_host(&r->topology, name, &port);
    if (!h || h->ports == 0)
        return false;
    judge_addresses(run_port(r, h, port), out);
    return true;
}

static void mark_record(void *self, const struct seen *s, const struct expectation *line)
{
    struct run *r = self;
    const struct bend_hooks *bend = r->options->bend;
    r->taken_ns[0] = r->taken_ns[1];
    r->taken_ns[1] = s->time_ns;
    uint32_t link = judge_link_of(&r->judge, s->from);
    struct capture_record *at = capture_at(r->topology.recording.link[link].capture, s->record);
    if (at)
        at->script_line = line->place.line;
    if (bend && bend->taken && s->sent)
        bend->taken(bend->ctx, s->sent, line->place.line, line->to_ns);
}

static void introduce_host(struct run *r, const struct host *h)
{
    enum station station = h == r->topology.sut          ? STATION_UNDER_TEST
                           : (h->kind->flags & HOST_RAW) ? STATION_SCRIPT
                                                         : STATION_PEER;
    for (uint32_t p = 0; p < h->ports; p++) {
        const struct host_port *port = &h->port[p];
        struct judge_port seen = {.name = port->name,
                                  .number = port->number,
                                  .station = station,
                                  .host = h,
                                  .has_ipv4 = port->has_ipv4,
                                  .ipv4 = port->ipv4,
                                  .prefix = port->prefix};
        memcpy(seen.mac, port->mac, sizeof seen.mac);
        judge_add_port(&r->judge, link_number(port->link), &seen);
    }
}

static void introduce_ignores(struct run *r)
{
    const struct script *s = r->script;
    r->judge.ignore = world_alloc(r->world, (s->ignores + 1) * sizeof *r->judge.ignore, 16);
    r->judge.ignores = s->ignores;
    for (uint32_t i = 0; i < s->ignores; i++) {
        int port = 0;
        const struct ignore *ig = &s->ignore[i];
        struct host *at = ig->at ? topology_host(&r->topology, ig->at, &port) : NULL;
        r->judge.ignore[i] = (struct judge_ignore){.packet = ig->packet,
                                                   .at = at ? run_port(r, at, port) : NULL,
                                                   .place = ig->place,
                                                   .until_ns = ig->until_ns};
    }
}

/* In a run without lines of its own a frame may be what some `>` line says of frames of its kind.
 */
static void collect_excuses(struct run *r, const struct step *step, uint32_t steps)
{
    struct judge *j = &r->judge;
    for (uint32_t s = 0; s < steps; s++) {
        if (step_is_block(&step[s]))
            collect_excuses(r, step[s].u.block.step, step[s].u.block.steps);
        if (step[s].kind != STEP_PACKET || step[s].u.packet.direction != '>')
            continue;
        if (j->excuses == j->excuse_room)
            j->excuse = world_grow(r->world, j->excuse, &j->excuse_room, sizeof *j->excuse);
        j->excuse[j->excuses++] = step[s].u.packet.packet;
    }
}

/* Of peers, the frames of those are kept that some `>` line observes. */
static void watch_observed(struct run *r, const struct step *step, uint32_t steps)
{
    for (uint32_t s = 0; s < steps; s++) {
        if (step_is_block(&step[s]))
            watch_observed(r, step[s].u.block.step, step[s].u.block.steps);
        if (step[s].kind != STEP_PACKET || !step[s].u.packet.at ||
            step[s].u.packet.direction != '>')
            continue;
        int port;
        const struct host *h = topology_host(&r->topology, step[s].u.packet.at, &port);
        for (uint32_t p = 0; h != r->topology.sut && p < h->ports; p++)
            judge_watch(&r->judge, run_port(r, h, (int)p), run_port(r, h, 0));
    }
}

void introduce_all(void *run)
{
    struct run *r = run;
    struct judge *j = &r->judge;
    judge_init(j, r->world, r->topology.recording.links);
    watch_begin(r);
    j->verdict = &r->verdict;
    j->layers = r->script->layers;
    j->names = (struct judge_names){r, name_lookup, name_bind, name_host};
    j->player = &r->owner;
    j->mark = mark_record;
    j->calls_heard = true;
    j->unlined = r->by_outcome;
    for (uint32_t k = 0; k < r->options->faults; k++)
        j->disturbed |= r->options->fault[k].kind != FAULT_LOSE;
    j->relaxed = r->options->judge_rfc || (r->script->packetdrill && !r->options->judge_exact &&
                                           r->options->system == SYSTEM_NONE);
    j->script_space = j->any_size = r->script->packetdrill;
    j->stamps_are_free = r->script->packetdrill && !r->topology.tool.tick_ns;
    for (uint32_t h = 0; h < r->topology.hosts; h++)
        introduce_host(r, r->topology.host[h]);
    introduce_ignores(r);
    if (j->unlined)
        collect_excuses(r, r->script->step, r->script->steps);
    hear_declarations(r);
    bend_begin(r);
    j->conventions = r->options->sut->flags & SUT_INSIDE;
    for (uint32_t k = 0; k < r->script->sets; k++)
        if (r->script->set[k].value.kind == VALUE_NUMBER ||
            r->script->set[k].value.kind == VALUE_TIME)
            hear_knob(r, r->script->set[k].name, r->script->set[k].value.number);
    watch_observed(r, r->script->step, r->script->steps);
}

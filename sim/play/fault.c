/* Faults of links, as lines ask for them. */
#include <stdlib.h>
#include <string.h>
#include "sim/hosts/sut_host.h"
#include "sim/play/engine.h"
#include "sim/play/watch.h"

static const char *const fault_verbs[FAULT_KINDS + 1] = {
    "lose", "dup",       "flip", "fcs",     "delay", "truncate", "down",
    "up",   "partition", "heal", "corrupt", "calm",  NULL};

struct fault_predicate {
    const struct packet_spec *packet;
    struct run *run;
};

static struct link *link_named(const struct run *r, const char *name)
{
    int k = topology_link(&r->topology, name);
    return k < 0 ? NULL : r->topology.recording.link[k].link;
}

static bool fault_matches(const void *ctx, const uint8_t *bytes, uint32_t len)
{
    const struct fault_predicate *p = ctx;
    struct packet_context c;
    judge_context(&p->run->judge, &c);
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

void fault_add(struct run *r, const struct step *step, int64_t now_ns)
{
    const struct fault_step *f = &step->u.fault;
    struct link *l = link_named(r, f->link);
    struct link_fault fault = {.frame = f->frame,
                               .every = f->every,
                               .mask = f->mask,
                               .limit = f->limit,
                               .from_port = -1,
                               .line = step->place.line};
    int kind = 0, port = 0;
    while (fault_verbs[kind] && strcmp(fault_verbs[kind], f->verb) != 0)
        kind++;
    if (!l || !fault_verbs[kind]) {
        verdict_fail(&r->verdict, &step->place, now_ns, l ? "no fault \"%s\"" : "no link \"%s\"",
                     l ? f->verb : f->link);
        return;
    }
    fault.kind = (enum fault_kind)kind;
    struct value amount = {0};
    struct why why = {{0}};
    if (eval_value(&r->topology, &f->amount, &amount, &why) != 0) {
        verdict_fail(&r->verdict, &step->place, now_ns, "%s", why.text);
        return;
    }
    fault.bit = kind == FAULT_FLIP ? (uint32_t)amount.number : 0;
    fault.delay_ns = kind == FAULT_DELAY ? amount.number : 0;
    fault.length = kind == FAULT_TRUNCATE ? (uint32_t)amount.number : 0;
    struct host *from = f->from ? topology_host(&r->topology, f->from, &port) : NULL;
    for (uint32_t p = 0; from && p < from->ports; p++)
        if (from->port[p].link == l)
            fault.from_port = from->port[p].number;
    if (f->match) {
        struct fault_predicate *predicate = world_alloc(r->world, sizeof *predicate, 16);
        *predicate = (struct fault_predicate){f->match, r};
        fault.match = fault_matches;
        fault.ctx = predicate;
    }
    keep_fault(r, link_add_fault(l, &fault));
    if (kind == FAULT_DOWN && r->by_outcome)
        watch_losses(r); /* what a host sends meanwhile stays in its NIC */
}

void fault_set_link(struct run *r, const struct step *step, int64_t now_ns)
{
    const struct fault_step *f = &step->u.fault;
    struct link *l = link_named(r, f->link);
    struct why why = {{0}};
    if (!l) {
        verdict_fail(&r->verdict, &step->place, now_ns, "no link \"%s\"", f->link);
        return;
    }
    struct link_config config = *link_config(l);
    if (topology_configure_link(&r->topology, &config, f->attribute, f->attributes, &why) != 0)
        verdict_fail(&r->verdict, &step->place, now_ns, "%s", why.text);
    else
        link_configure(l, &config);
}

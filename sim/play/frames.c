/* Frames pass before the judge; `>` lines are what it expects of them. */
#include <string.h>
#include "sim/hosts/cwnd_trace.h"
#include "sim/play/engine.h"
#include "sim/play/stand_in.h"
#include "sim/play/watch.h"

/* The port's host, if the frame is one that it sent. */
static void trace_frame(struct run *r, uint32_t link, int port, const struct frame *f,
                        int64_t now_ns)
{
    for (uint32_t k = 0; k < r->topology.hosts; k++) {
        struct host *h = r->topology.host[k];
        for (uint32_t p = 0; p < h->ports; p++)
            if (link_number(h->port[p].link) == link && h->port[p].number == port)
                cwnd_trace_frame(r->options->cwnd, h, f->bytes, f->len, now_ns);
    }
}

void frames_watch(void *ctx, uint32_t link, int port, struct frame *f, enum link_event event,
                  uint32_t record, int64_t now_ns)
{
    struct run *r = ctx;
    if (!r->judge.links)
        return; /* a host that comes up while the others are still being built */
    if (f->flags & FRAME_PIECE) {
        if (f != r->last_piece)
            return;
        f = r->whole;
    }
    bool stood_in = stand_in_sends(r) || stand_in_takes(r, link, port, f);
    if (!r->options->live && !stood_in)
        judge_frame(&r->judge, link, port, f, event, record, now_ns);
    if (r->options->cwnd)
        trace_frame(r, link, port, f, now_ns);
    watch_sent(r, judge_port_of(&r->judge, link, port), f, record, now_ns);
}

void frames_note(struct run *r, const char *reason)
{
    struct frame *f = sut_host_current(r->topology.sut);
    if (f) /* the text is the teller's for the length of the call */
        frame_note(f, NULL, names_text(r->world, &r->reasons, reason));
}

/* How long a line without a time waits: a stack whose timers never stop would keep the world going
 * for ever. */
#define LINE_PATIENCE_NS (INT64_C(86400) * 1000000000)

/* Times are exact; packetdrill's scripts get that tool's tolerance: so many microseconds, or a
 * share of the interval. */
int64_t frames_tolerance(const struct run *r, int64_t interval_ns)
{
    const struct packetdrill *tool = &r->topology.tool;
    if (!r->script->packetdrill)
        return 0;
    int64_t share = interval_ns > 0 ? interval_ns / 1000 * tool->share_permille : 0;
    return share > tool->tolerance_ns ? share : tool->tolerance_ns;
}

static struct bounds tolerated(const struct run *r, struct bounds b)
{
    if (b.to_ns == NEVER)
        return b;
    int64_t tolerance = frames_tolerance(r, b.from_ns - r->last_event_ns);
    return (struct bounds){b.from_ns - tolerance, run_later(b.to_ns, tolerance)};
}

static void expect_line(struct run *r, const struct step *step, uint32_t steps,
                        struct expectation *out)
{
    int port = 0;
    struct host *h =
        step->u.packet.at ? topology_host(&r->topology, step->u.packet.at, &port) : r->topology.sut;
    struct bounds b = tolerated(r, engine_bounds_of(&step->when, r->last_event_ns));
    bool any_time = b.to_ns == NEVER;
    if (any_time && r->script->packetdrill)
        b.from_ns = 0; /* what came before the last event, too */
    if (any_time)      /* `*`: until the end, or for a day */
        b.to_ns = r->script->end_ns >= 0 ? r->script->end_ns
                                         : run_later(r->last_event_ns, LINE_PATIENCE_NS);
    *out = (struct expectation){.packet = step->u.packet.packet,
                                .at = run_port(r, h, port),
                                .place = step->place,
                                .from_ns = b.from_ns,
                                .to_ns = b.to_ns,
                                .optional = steps == 1 && step->u.packet.optional,
                                .joins = steps == 1 && !r->topology.tool.strict_segments,
                                .any_time = any_time};
}

enum progress frames_choose(struct run *r, const struct step *either, uint32_t alternatives,
                            int64_t now_ns, uint32_t *which)
{
    int64_t at_ns = 0;
    if (!r->expecting) {
        r->expecting = judge_block(&r->judge, alternatives);
        for (uint32_t k = 0; k < alternatives; k++)
            expect_line(r, either[k].u.block.step, 1, &r->expecting->line[k]);
    }
    switch (judge_choose(&r->judge, r->expecting, now_ns, &at_ns, which)) {
    case JUDGED_WAITS:
        return engine_wait_until(r, at_ns);
    case JUDGED_DONE:
        r->expecting = NULL;
        return ADVANCED;
    case JUDGED_FAILED:
    case JUDGED_ABSENT:
        break;
    }
    return WAITING;
}

enum progress frames_expect(struct run *r, const struct step *step, uint32_t steps, bool optional,
                            int64_t now_ns, bool *absent)
{
    int64_t at_ns = 0;
    *absent = false;
    if (!r->expecting) {
        r->expecting = judge_block(&r->judge, steps);
        for (uint32_t k = 0; k < steps; k++)
            expect_line(r, &step[k], steps, &r->expecting->line[k]);
        r->expecting->line[0].optional |= optional;
    }
    int64_t to_ns = r->expecting->line[0].to_ns;
    switch (judge_expect(&r->judge, r->expecting, now_ns, &at_ns)) {
    case JUDGED_WAITS:
        return engine_wait_until(r, at_ns);
    case JUDGED_DONE:
        r->expecting = NULL;
        r->last_event_ns = at_ns > r->last_event_ns ? at_ns : r->last_event_ns;
        return ADVANCED;
    case JUDGED_ABSENT: /* waited for to its end, that is when it was */
        r->expecting = NULL;
        r->last_event_ns = now_ns >= to_ns && to_ns > r->last_event_ns ? to_ns : r->last_event_ns;
        *absent = true;
        return ADVANCED;
    case JUDGED_FAILED:
        break;
    }
    return WAITING;
}

/* `>` lines: the packet, its time, and the words for what is wrong with either. */
#include <stdlib.h>
#include <string.h>
#include "sim/hosts/sut_host.h"
#include "sim/play/engine.h"

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

static void fail_packet(struct run *r, const struct step *step, const struct seen *s,
                        const struct packet_verdict *v)
{
    char *expected = packet_print(step->u.packet.packet);
    char text[TEXT_ROOM], differs[TEXT_ROOM];
    int len = 0;
    packet_text(r->script->layers, s->frame->bytes, s->frame->len, 1, text, sizeof text);
    differs[0] = 0;
    for (uint32_t d = 0; d < v->differences && d < PACKET_DIFFERENCES && len < (int)sizeof differs;
         d++)
        len += snprintf(differs + len, sizeof differs - (size_t)len,
                        "\n  differs   %s: expected %s, actual %s%s%s", v->difference[d].field,
                        v->difference[d].expected, v->difference[d].actual,
                        v->difference[d].clause ? ", " : "",
                        v->difference[d].clause ? v->difference[d].clause : "");
    run_fail(r, &step->place, s->time_ns,
             "the packet out of %s differs from the line\n  expected  > %s\n  actual    > %s%s",
             s->host->port[s->port].name, expected, text, differs);
    free(expected);
}

static void fail_time(struct run *r, const struct step *step, const struct seen *s,
                      const struct bounds *b)
{
    char at[32], from[32], to[32], text[TEXT_ROOM];
    packet_text(r->script->layers, s->frame->bytes, s->frame->len, 0, text, sizeof text);
    bool range = b->from_ns != b->to_ns;
    run_fail(
        r, &step->place, s->time_ns,
        "the packet came too %s\n  actual    > %s\n  differs   time: expected %s%s%s%s, actual %s",
        s->time_ns < b->from_ns ? "early" : "late", text, range ? "between " : "",
        time_text(b->from_ns, from), range ? " and " : "", range ? time_text(b->to_ns, to) : "",
        time_text(s->time_ns, at));
}

static void fail_missing(struct run *r, const struct step *step, const struct bounds *b,
                         int64_t now_ns)
{
    char *expected = packet_print(step->u.packet.packet);
    char to[32];
    run_fail(
        r, &step->place, now_ns,
        "no packet came by %s\n  expected  > %s\n  differs   packet: expected one, actual none",
        time_text(b->to_ns, to), expected);
    free(expected);
}

void engine_fail_unexpected(struct run *r, const struct place *place, const struct seen *s)
{
    char text[TEXT_ROOM];
    packet_text(r->script->layers, s->frame->bytes, s->frame->len, 1, text, sizeof text);
    run_fail(r, place, s->time_ns,
             "no line expects this packet out of %s\n  actual    > %s\n  differs   packet: "
             "expected none, actual one",
             s->host->port[s->port].name, text);
}

static void judge_frame(struct run *r, const struct step *step, const struct seen *s,
                        struct packet_verdict *v)
{
    struct packet_context c;
    engine_fill_context(r, &c);
    if (s->host == r->sut) { /* what it answers came from the others */
        c.answered = r->last_in ? r->last_in->bytes : NULL;
        c.answered_len = r->last_in ? r->last_in->len : 0;
    }
    run_host_addresses(r, s->host, s->port, &c.source);
    packet_match(step->u.packet.packet, &c, s->frame->bytes, s->frame->len, v);
}

/* A peer's frames need no line: those that are not of the line's kind are passed over. */
static struct seen *seen_for(struct run *r, const struct step *step, struct host *h,
                             int64_t from_ns)
{
    struct seen *s;
    while ((s = engine_next_seen(r, h)) != NULL && h != r->sut) {
        struct packet_context c;
        engine_fill_context(r, &c);
        if (s->time_ns >= from_ns &&
            packet_matches(step->u.packet.packet, &c, s->frame->bytes, s->frame->len))
            break;
        engine_take(r, s);
    }
    return s;
}

enum progress engine_wait_until(struct run *r, int64_t until_ns)
{
    world_due(r->world, &r->owner, until_ns);
    return WAITING;
}

/* Times are exact; packetdrill's scripts get that tool's tolerance: so many microseconds, or an
 * eighth of the interval. */
static struct bounds tolerated(const struct run *r, struct bounds b)
{
    if (!r->script->packetdrill || b.to_ns == NEVER)
        return b;
    int64_t share = (b.from_ns - r->last_event_ns) / 8;
    int64_t tolerance = share > r->tool.tolerance_ns ? share : r->tool.tolerance_ns;
    return (struct bounds){b.from_ns - tolerance, run_later(b.to_ns, tolerance)};
}

enum progress engine_expect(struct run *r, const struct step *step, int64_t now_ns)
{
    int port = 0;
    struct host *h = step->u.packet.at ? run_host(r, step->u.packet.at, &port) : r->sut;
    struct bounds b = tolerated(r, engine_bounds_of(&step->when, r->last_event_ns));
    struct seen *s = seen_for(r, step, h, b.from_ns);
    struct packet_verdict v;
    if (!s) {
        if (now_ns < b.to_ns)
            return engine_wait_until(r, b.to_ns);
        if (world_next(r->world) <= now_ns)
            return engine_wait_until(r, now_ns);
        fail_missing(r, step, &b, now_ns);
        return WAITING;
    }
    judge_frame(r, step, s, &v);
    if (!v.matches || (step->u.packet.at && h == r->sut && s->port != port)) {
        fail_packet(r, step, s, &v);
        return WAITING;
    }
    if (s->time_ns < b.from_ns || s->time_ns > b.to_ns) {
        fail_time(r, step, s, &b);
        return WAITING;
    }
    r->last_event_ns = s->time_ns;
    engine_mark(r, s, step);
    engine_take(r, s);
    return ADVANCED;
}

/* all { }: each line once, in any order. Times count from the event before the block. */
enum progress engine_expect_any(struct run *r, struct frame_of_steps *block, int64_t now_ns)
{
    int64_t latest = 0;
    for (;;) {
        uint32_t missing = block->count;
        int64_t deadline = 0;
        struct seen *s = engine_next_seen(r, r->sut);
        struct packet_verdict v = {0}, nearest = {0};
        const struct step *found = NULL, *near = NULL;
        for (uint32_t k = 0; k < block->count; k++) {
            const struct step *step = &block->step[k];
            if (block->done >> k & 1)
                continue;
            struct bounds b = engine_bounds_of(&step->when, r->last_event_ns);
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
            engine_mark(r, s, found);
            latest = s->time_ns > latest ? s->time_ns : latest;
            engine_take(r, s);
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
            return engine_wait_until(r, deadline);
        if (world_next(r->world) <= now_ns)
            return engine_wait_until(r, now_ns);
        struct bounds over = {deadline, deadline};
        fail_missing(r, &block->step[missing], &over, now_ns);
        return WAITING;
    }
}

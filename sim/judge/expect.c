/*
 * The acceptor: frames that came, given to the lines that expect them. One line is a block of one.
 * In a block of several each frame belongs to one line and each line has one frame; a frame that
 * several lines would take goes to any, and moves to another line when a later frame needs its
 * place (an augmenting path in the graph of frames and lines: Kuhn's algorithm), so that the block
 * passes whenever an assignment exists. Variables are bound when all lines have their frames.
 */
#include "sim/judge/private.h"
#include <string.h>

/* A frame that some line of the block took, and all lines that could. */
struct expect_frame {
    struct seen *seen;
    uint32_t *fit;
    uint32_t fits, line; /* the line whose it is */
};

struct expect_block *judge_block(struct judge *j, uint32_t lines)
{
    struct expect_block *b = world_alloc(j->world, sizeof *b, 16);
    b->line = world_alloc(j->world, lines * sizeof *b->line, 16);
    b->frame_of = world_alloc(j->world, lines * sizeof *b->frame_of, 16);
    b->reached_by = world_alloc(j->world, lines * sizeof *b->reached_by, 16);
    b->fit = world_alloc(j->world, lines * sizeof *b->fit, 16);
    b->lines = lines;
    for (uint32_t k = 0; k < lines; k++)
        b->frame_of[k] = -1;
    return b;
}

static void no_bind(void *self, const char *name, const struct value *value)
{
    (void)self, (void)name, (void)value;
}

static void context_of(const struct judge *j, const struct seen *s, struct packet_context *c)
{
    judge_context(j, c);
    judge_addresses(s->from, &c->source);
    if (s->answered) {
        c->answered = s->answered->bytes;
        c->answered_len = s->answered->len;
    }
    flow_context(j, &s->base, s->from->station == STATION_UNDER_TEST, c);
}

/* What differs is told as of the exact comparison, unless nothing does of this one. */
static void compare_relaxed(const struct expectation *e, const struct seen *s,
                            struct packet_context *c, struct packet_verdict *v)
{
    struct packet_verdict relaxed;
    c->relaxed = true;
    packet_match(e->packet, c, s->frame->bytes, s->frame->len, &relaxed);
    if (relaxed.matches)
        *v = relaxed;
    v->relaxed = relaxed.matches;
}

static void compare(struct judge *j, const struct expectation *e, const struct seen *s, bool bind,
                    struct packet_verdict *v)
{
    struct packet_context c;
    context_of(j, s, &c);
    c.joins = e->joins;
    c.joined = e->joined;
    c.joined_unit = j->any_size ? 0 : e->joined_unit;
    if (!bind)
        c.bind = no_bind;
    packet_match(e->packet, &c, s->frame->bytes, s->frame->len, v);
    if (!v->matches && j->relaxed)
        compare_relaxed(e, s, &c, v);
    if (!v->matches)
        custom_match(j, e->packet, &c, s, v);
    breaches_add(j, s->breach, s->breaches, e->packet, v);
}

/* An interface under test is meant by itself, a peer by any of its ports. */
bool expect_leaves_by(const struct expectation *e, const struct seen *s)
{
    return e->at == s->from || (s->from->station == STATION_PEER && e->at->host == s->from->host);
}

static bool in_time(const struct expectation *e, const struct seen *s)
{
    return s->time_ns >= e->from_ns && s->time_ns <= e->to_ns;
}

/* A peer's frames need no line: those that are not of a line's kind are passed over. */
static bool passed_over(struct judge *j, const struct expect_block *b, const struct seen *s)
{
    struct packet_context c;
    if (s->from->station == STATION_UNDER_TEST)
        return false;
    context_of(j, s, &c);
    for (uint32_t k = 0; k < b->lines; k++)
        if (expect_leaves_by(&b->line[k], s) && s->time_ns >= b->line[k].from_ns &&
            packet_matches(b->line[k].packet, &c, s->frame->bytes, s->frame->len))
            return false;
    return true;
}

/* Which lines the frame fits, into b->fit; and of those that it does not, the nearest and why. */
static uint32_t fits(struct judge *j, struct expect_block *b, const struct seen *s, uint32_t *near,
                     struct packet_verdict *why)
{
    uint32_t count = 0, fewest = UINT32_MAX;
    for (uint32_t k = 0; k < b->lines; k++) {
        struct packet_verdict v;
        const struct expectation *e = &b->line[k];
        compare(j, e, s, false, &v);
        uint32_t differences = v.differences + !expect_leaves_by(e, s) + !in_time(e, s) + !!v.part;
        if (differences == 0) {
            b->fit[count++] = k;
        } else if (b->frame_of[k] < 0 && differences < fewest) {
            fewest = differences;
            *near = k;
            *why = v;
        }
    }
    return count;
}

/* From an open line back to the frame that is new: each frame on the way moves one line on. */
static void move_along(struct expect_block *b, uint32_t line, uint32_t last)
{
    for (;;) {
        uint32_t f = (uint32_t)b->reached_by[line], left = b->frame[f].line;
        b->frame_of[line] = (int32_t)f;
        b->frame[f].line = line;
        if (f == last)
            return;
        line = left;
    }
}

/* Finds a line for the newest frame, breadth first through the lines of frames that could move. */
static bool place_frame(struct judge *j, struct expect_block *b)
{
    uint32_t newest = b->frames - 1, head = 0, tail = 0;
    uint32_t *queue = world_alloc(j->world, (b->lines + 1) * sizeof *queue, 4);
    bool placed = false;
    for (uint32_t k = 0; k < b->lines; k++)
        b->reached_by[k] = -1;
    queue[tail++] = newest;
    while (head < tail && !placed) {
        const struct expect_frame *x = &b->frame[queue[head++]];
        for (uint32_t i = 0; i < x->fits && !placed; i++) {
            uint32_t k = x->fit[i];
            if (b->reached_by[k] >= 0)
                continue;
            b->reached_by[k] = (int32_t)(x - b->frame);
            if (b->frame_of[k] >= 0)
                queue[tail++] = (uint32_t)b->frame_of[k];
            else
                placed = true, move_along(b, k, newest);
        }
    }
    world_release(j->world, queue, (b->lines + 1) * sizeof *queue);
    return placed;
}

/* The frame is the block's, if there is a line for it. */
static bool take(struct judge *j, struct expect_block *b, struct seen *s, uint32_t count)
{
    if (count == 0)
        return false;
    if (b->frames == b->room)
        b->frame = world_grow(j->world, b->frame, &b->room, sizeof *b->frame);
    uint32_t *fit = world_alloc(j->world, count * sizeof *fit, 4);
    memcpy(fit, b->fit, count * sizeof *fit);
    b->frame[b->frames++] = (struct expect_frame){.seen = s, .fit = fit, .fits = count};
    if (!place_frame(j, b)) {
        b->frames--;
        return false;
    }
    seen_take(j, s);
    return true;
}

static void fail_frame(struct judge *j, const struct expect_block *b, const struct seen *s,
                       uint32_t near, const struct packet_verdict *why)
{
    const struct expectation *e = &b->line[near];
    if (why->matches && expect_leaves_by(e, s))
        say_time(j, e, s);
    else
        say_differs(j, e, s, why);
}

/* The first line that has no frame; b->lines: all have theirs. */
static uint32_t first_open(const struct expect_block *b)
{
    uint32_t k = 0;
    while (k < b->lines && b->frame_of[k] >= 0)
        k++;
    return k;
}

/* The frame is the line's. */
static void take_over(struct judge *j, struct expect_block *b, const struct expectation *line,
                      struct seen *s)
{
    if (j->mark)
        j->mark(j->names.self, s, line);
    if (s->base.flow)
        flow_learn(j, s->base.flow, line->packet, s->frame->bytes, s->frame->len);
    b->last_ns = s->time_ns > b->last_ns ? s->time_ns : b->last_ns;
    seen_free(j, s);
}

/* The line's payload comes in several segments, and this is not the last: only of a line that
 * stands alone. */
static bool take_part(struct judge *j, struct expect_block *b, struct seen *s)
{
    struct packet_verdict v;
    struct expectation *e = &b->line[0];
    if (b->lines > 1)
        return false;
    compare(j, e, s, false, &v);
    if (!v.matches || !v.part || !expect_leaves_by(e, s) || !in_time(e, s))
        return false;
    seen_take(j, s);
    j->verdict->relaxed = j->verdict->relaxed || v.relaxed;
    e->joined += v.part;
    e->joined_unit = v.part;
    take_over(j, b, e, s);
    return true;
}

/* All lines have their frames: what they bind is bound, in the order of the script. */
static void settle(struct judge *j, struct expect_block *b)
{
    for (uint32_t k = 0; k < b->lines; k++) {
        struct seen *s = b->frame[b->frame_of[k]].seen;
        struct packet_verdict v;
        compare(j, &b->line[k], s, true, &v);
        j->verdict->relaxed = j->verdict->relaxed || v.relaxed;
        take_over(j, b, &b->line[k], s);
    }
}

/* What a block is made of goes back to the arena. */
static void release(struct judge *j, struct expect_block *b)
{
    for (uint32_t f = 0; f < b->frames; f++)
        world_release(j->world, b->frame[f].fit, b->frame[f].fits * sizeof *b->frame[f].fit);
    if (b->room)
        world_release(j->world, b->frame, b->room * sizeof *b->frame);
    world_release(j->world, b->line, b->lines * sizeof *b->line);
    world_release(j->world, b->frame_of, b->lines * sizeof *b->frame_of);
    world_release(j->world, b->reached_by, b->lines * sizeof *b->reached_by);
    world_release(j->world, b->fit, b->lines * sizeof *b->fit);
    world_release(j->world, b, sizeof *b);
}

static enum judged wait_or_fail(struct judge *j, const struct expect_block *b, int64_t now_ns,
                                int64_t *until_ns)
{
    int64_t latest = 0;
    for (uint32_t k = 0; k < b->lines; k++)
        latest = b->line[k].to_ns > latest ? b->line[k].to_ns : latest;
    *until_ns = latest;
    if (now_ns < latest)
        return JUDGED_WAITS;
    *until_ns = now_ns;
    if (world_next(j->world) <= now_ns)
        return JUDGED_WAITS;
    say_missing(j, &b->line[first_open(b)], now_ns);
    return JUDGED_FAILED;
}

/* None came for an optional line: its time is over, or the next frame is another line's. */
static bool stays_away(struct judge *j, const struct expect_block *b, const struct seen *s,
                       int64_t now_ns)
{
    struct packet_verdict v;
    const struct expectation *e = &b->line[0];
    if (!e->optional || e->joined)
        return false;
    if (!s)
        return now_ns >= e->to_ns && world_next(j->world) > now_ns;
    compare(j, e, s, false, &v);
    return !v.matches || !expect_leaves_by(e, s) || !in_time(e, s);
}

enum judged judge_choose(struct judge *j, struct expect_block *b, int64_t now_ns, int64_t *at_ns,
                         uint32_t *which)
{
    struct packet_verdict why = {0};
    uint32_t near = 0, fewest = UINT32_MAX;
    const struct seen *s = seen_next(j, b);
    if (!s)
        return wait_or_fail(j, b, now_ns, at_ns);
    for (uint32_t k = 0; k < b->lines; k++) {
        struct packet_verdict v;
        compare(j, &b->line[k], s, false, &v);
        uint32_t differences =
            v.differences + !expect_leaves_by(&b->line[k], s) + !in_time(&b->line[k], s);
        if (differences == 0) {
            *which = k;
            release(j, b);
            return JUDGED_DONE;
        }
        if (differences < fewest) {
            fewest = differences;
            near = k;
            why = v;
        }
    }
    fail_frame(j, b, s, near, &why);
    return JUDGED_FAILED;
}

enum judged judge_expect(struct judge *j, struct expect_block *b, int64_t now_ns, int64_t *at_ns)
{
    while (first_open(b) < b->lines) {
        struct seen *s = seen_next(j, b);
        struct packet_verdict why = {0};
        uint32_t near = first_open(b);
        if (stays_away(j, b, s, now_ns)) {
            release(j, b);
            return JUDGED_ABSENT;
        }
        if (!s)
            return wait_or_fail(j, b, now_ns, at_ns);
        if (passed_over(j, b, s)) {
            seen_take(j, s);
            seen_free(j, s);
            continue;
        }
        if (take_part(j, b, s))
            continue;
        if (!take(j, b, s, fits(j, b, s, &near, &why))) {
            if (seen_passed_over(j, s))
                continue;
            fail_frame(j, b, s, near, &why);
            return JUDGED_FAILED;
        }
    }
    settle(j, b);
    *at_ns = b->last_ns;
    release(j, b);
    return JUDGED_DONE;
}

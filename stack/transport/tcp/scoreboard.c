#include "stack/transport/tcp/scoreboard.h"
#include "stack/core/panic.h"

static uint32_t octets_of(const struct sent_segment *s)
{
    return s->at.right - s->at.left;
}

void scoreboard_check(const struct scoreboard *b)
{
    uint32_t sacked = 0, lost = 0, in_flight = 0, timed = 0;
    uint32_t all = 0, segments = 0, lost_segments = 0;
    const struct sent_segment *before = NULL;
    for (const struct sent_segment *s = b->first; s; before = s, s = s->next) {
        STACK_ASSERT(seq_before(s->at.left, s->at.right));
        STACK_ASSERT(!before || before->at.right == s->at.left);
        STACK_ASSERT(!before || before->state != SENT_SACKED || s->state != SENT_SACKED);
        sacked += s->state == SENT_SACKED ? octets_of(s) : 0;
        lost += s->state == SENT_LOST ? octets_of(s) : 0;
        all += s->segments;
        segments += s->state == SENT_SACKED ? s->segments : 0;
        lost_segments += s->state == SENT_LOST ? s->segments : 0;
        in_flight += s->state == SENT_IN_FLIGHT;
    }
    STACK_ASSERT(before == b->last && sacked == b->sacked && lost == b->lost);
    STACK_ASSERT(all == b->segments && segments == b->sacked_segments);
    STACK_ASSERT(lost_segments == b->lost_segments);
    for (const struct sent_segment *s = b->earliest; s; s = s->later, timed++) {
        STACK_ASSERT(s->state == SENT_IN_FLIGHT && (s->later || s == b->latest));
        STACK_ASSERT(!s->later || seq_upto(s->order, s->later->order));
    }
    STACK_ASSERT(timed == in_flight);
}

/* --- records --- */

static struct sent_segment *take(struct scoreboard *b, struct pool *pool)
{
    if (!b->own_used && pool->available == 0) {
        b->own_used = true;
        b->own = (struct sent_segment){.borrowed = true};
        return &b->own;
    }
    return pool_take(pool);
}

static void give(struct scoreboard *b, struct pool *pool, struct sent_segment *s)
{
    if (s->borrowed)
        b->own_used = false;
    else
        pool_give(pool, s);
}

bool scoreboard_has_room(const struct scoreboard *b, const struct pool *pool)
{
    return pool->available > 0 || !b->own_used || (b->last && b->last->state == SENT_IN_FLIGHT);
}

/* --- the order of time --- */

static void time_out_of(struct scoreboard *b, struct sent_segment *s)
{
    *(s->earlier ? &s->earlier->later : &b->earliest) = s->later;
    *(s->later ? &s->later->earlier : &b->latest) = s->earlier;
    s->earlier = s->later = NULL;
}

static void time_behind(struct scoreboard *b, struct sent_segment *s, struct sent_segment *before)
{
    s->earlier = before;
    s->later = before ? before->later : b->earliest;
    *(s->earlier ? &s->earlier->later : &b->earliest) = s;
    *(s->later ? &s->later->earlier : &b->latest) = s;
}

/* Where it belongs: at the end, almost always. */
static void time_into(struct scoreboard *b, struct sent_segment *s)
{
    struct sent_segment *before = b->latest;
    while (before && seq_after(before->order, s->order))
        before = before->earlier;
    time_behind(b, s, before);
}

/* --- states --- */

/* What a record adds to the counts of its state, and to the order of time. */
static void leave_state(struct scoreboard *b, struct sent_segment *s)
{
    if (s->state == SENT_IN_FLIGHT) {
        time_out_of(b, s);
    } else if (s->state == SENT_LOST) {
        b->lost -= octets_of(s);
        b->lost_segments -= s->segments;
    } else {
        b->sacked -= octets_of(s);
        b->sacked_segments -= s->segments;
    }
}

static void enter_state(struct scoreboard *b, struct sent_segment *s, enum sent_state state)
{
    s->state = (uint8_t)state;
    if (state == SENT_IN_FLIGHT) {
        time_into(b, s);
    } else if (state == SENT_LOST) {
        b->lost += octets_of(s);
        b->lost_segments += s->segments;
    } else {
        b->sacked += octets_of(s);
        b->sacked_segments += s->segments;
    }
}

static void become(struct scoreboard *b, struct sent_segment *s, enum sent_state state)
{
    leave_state(b, s);
    enter_state(b, s, state);
}

void scoreboard_lose(struct scoreboard *b, struct sent_segment *s)
{
    STACK_ASSERT(s->state == SENT_IN_FLIGHT);
    become(b, s, SENT_LOST);
}

static void all_become(struct scoreboard *b, enum sent_state from, enum sent_state to)
{
    for (struct sent_segment *s = b->first; s; s = s->next)
        if (s->state == from)
            become(b, s, to);
    STACK_INVARIANT(scoreboard_check(b));
}

void scoreboard_lose_all(struct scoreboard *b)
{
    all_become(b, SENT_IN_FLIGHT, SENT_LOST);
}

void scoreboard_unlose_all(struct scoreboard *b)
{
    all_become(b, SENT_LOST, SENT_IN_FLIGHT);
}

void scoreboard_renege(struct scoreboard *b)
{
    all_become(b, SENT_SACKED, SENT_LOST);
}

/* --- sending --- */

static bool grow_last(struct scoreboard *b, uint32_t right, int64_t now_ns)
{
    struct sent_segment *s = b->last;
    if (!s || s->state != SENT_IN_FLIGHT)
        return false;
    leave_state(b, s);
    s->at.right = right;
    s->sent_ns = now_ns;
    s->order = b->orders++;
    b->segments -= s->segments;
    s->segments = (uint16_t)(s->segments < UINT16_MAX ? s->segments + 1 : UINT16_MAX);
    b->segments += s->segments;
    enter_state(b, s, SENT_IN_FLIGHT);
    return true;
}

bool scoreboard_sent(struct scoreboard *b, struct pool *pool, uint32_t left, uint32_t right,
                     int64_t now_ns)
{
    STACK_ASSERT(!b->last || b->last->at.right == left);
    struct sent_segment *s = take(b, pool);
    if (!s)
        return grow_last(b, right, now_ns);
    s->at = (struct seq_range){left, right};
    s->sent_ns = now_ns;
    s->order = b->orders++;
    s->segments = 1;
    s->goes_on = false;
    b->segments++;
    *(b->last ? &b->last->next : &b->first) = s;
    b->last = s;
    time_into(b, s);
    STACK_INVARIANT(scoreboard_check(b));
    return true;
}

void scoreboard_ends_record(struct scoreboard *b)
{
    if (b->last)
        b->last->ends = true;
}

void scoreboard_goes_on(struct scoreboard *b)
{
    if (b->last)
        b->last->goes_on = true;
}

bool scoreboard_lost_goes_on(const struct scoreboard *b)
{
    const struct sent_segment *s = b->first;
    while (s && s->state != SENT_LOST)
        s = s->next;
    return s && s->goes_on && s->next && s->next->state == SENT_LOST;
}

void scoreboard_sent_again(struct scoreboard *b, struct sent_segment *s, int64_t now_ns)
{
    leave_state(b, s);
    s->sent_ns = now_ns;
    s->order = b->orders++;
    s->again = true;
    b->segments -= s->segments - 1u;
    s->segments = 1;
    enter_state(b, s, SENT_IN_FLIGHT);
    STACK_INVARIANT(scoreboard_check(b));
}

/* --- cutting and joining --- */

/* Two records in place of one, which differ in nothing but their octets. False: no record. */
static bool cut(struct scoreboard *b, struct pool *pool, struct sent_segment *s, uint32_t at)
{
    STACK_ASSERT(seq_before(s->at.left, at) && seq_before(at, s->at.right));
    struct sent_segment *right = take(b, pool);
    if (!right)
        return false;
    right->at = (struct seq_range){at, s->at.right};
    right->sent_ns = s->sent_ns;
    right->order = s->order; /* the same instant: it stands behind */
    right->segments = 1;
    b->segments++;
    if (s->state == SENT_LOST)
        b->lost_segments++;
    right->state = s->state;
    right->again = s->again;
    right->ends = s->ends;
    right->goes_on = s->goes_on;
    s->ends = false;
    s->goes_on = true;
    right->next = s->next;
    s->next = right;
    s->at.right = at;
    if (b->last == s)
        b->last = right;
    if (s->state == SENT_IN_FLIGHT)
        time_behind(b, right, s);
    return true;
}

/* The next one's octets become its own. Both are in one state. */
static void join_next(struct scoreboard *b, struct pool *pool, struct sent_segment *s)
{
    struct sent_segment *gone = s->next;
    STACK_ASSERT(gone->state == s->state && s->state != SENT_IN_FLIGHT);
    s->at.right = gone->at.right;
    s->again = s->again || gone->again;
    s->ends = gone->ends;
    s->goes_on = gone->goes_on;
    uint32_t segments = (uint32_t)s->segments + gone->segments;
    if (segments > UINT16_MAX) {
        b->segments -= segments - UINT16_MAX;
        *(s->state == SENT_SACKED ? &b->sacked_segments : &b->lost_segments) -=
            segments - UINT16_MAX;
        segments = UINT16_MAX;
    }
    s->segments = (uint16_t)segments;
    s->next = gone->next;
    if (b->last == gone)
        b->last = s;
    give(b, pool, gone);
}

struct sent_segment *scoreboard_next_lost(struct scoreboard *b, struct pool *pool, uint32_t most)
{
    if (b->lost == 0)
        return NULL;
    struct sent_segment *s = b->first;
    while (s->state != SENT_LOST)
        s = s->next;
    while (!s->ends && s->next && s->next->state == SENT_LOST &&
           s->next->at.right - s->at.left <= most)
        join_next(b, pool, s);
    if (octets_of(s) > most)
        cut(b, pool, s, s->at.left + most);
    STACK_INVARIANT(scoreboard_check(b));
    return s;
}

struct sent_segment *scoreboard_tail(struct scoreboard *b, struct pool *pool, uint32_t most)
{
    struct sent_segment *s = b->last;
    if (!s || s->state == SENT_SACKED)
        return NULL;
    if (octets_of(s) > most)
        cut(b, pool, s, s->at.right - most);
    return b->last;
}

/* --- acknowledgements --- */

/* It arrived: what that says of time and order. */
static void deliver(const struct sent_segment *s, struct delivery *d)
{
    struct rack_segment segment = {.start = s->at.left,
                                   .end = s->at.right,
                                   .order = s->order,
                                   .sent_ns = s->sent_ns,
                                   .again = s->again};
    struct rack_echo echo = {d->has_echo, d->echo_age_ms};
    rack_delivered(d->rack, &segment, &echo, d->now_ns);
    if (s->again) {
        d->again = true;
        return;
    }
    d->once = d->once || seq_upto(s->at.right, d->recover);
    int64_t rtt_ns = d->now_ns - s->sent_ns;
    if (d->rtt_ns == 0 || rtt_ns < d->rtt_ns)
        d->rtt_ns = rtt_ns > 0 ? rtt_ns : 1;
}

static void drop_first(struct scoreboard *b, struct pool *pool)
{
    struct sent_segment *s = b->first;
    leave_state(b, s);
    b->segments -= s->segments;
    b->first = s->next;
    if (!b->first)
        b->last = NULL;
    give(b, pool, s);
}

/* The octets of a record up to `to` are acknowledged; those that were SACKed count no more. */
static void count_acked(const struct sent_segment *s, uint32_t to, struct delivery *d)
{
    if (s->state == SENT_SACKED)
        return;
    d->octets += to - s->at.left;
    d->acked += to - s->at.left;
}

void scoreboard_acked(struct scoreboard *b, struct pool *pool, uint32_t ack, struct delivery *d)
{
    while (b->first && seq_upto(b->first->at.right, ack)) {
        count_acked(b->first, b->first->at.right, d);
        d->segments += b->first->state == SENT_SACKED ? 0 : b->first->segments;
        if (b->first->state != SENT_SACKED)
            deliver(b->first, d);
        drop_first(b, pool);
    }
    struct sent_segment *s = b->first;
    if (s && seq_before(s->at.left, ack)) {
        count_acked(s, ack, d);
        if (s->state == SENT_LOST)
            b->lost -= ack - s->at.left;
        else if (s->state == SENT_SACKED)
            b->sacked -= ack - s->at.left;
        s->at.left = ack;
    }
    STACK_INVARIANT(scoreboard_check(b));
}

/* Cuts what only partly lies in the block; without a record for that it stays as it is. */
static bool fit(struct scoreboard *b, struct pool *pool, struct sent_segment **s, uint32_t left,
                uint32_t right)
{
    if (seq_before((*s)->at.left, left)) {
        if (!cut(b, pool, *s, left))
            return false;
        *s = (*s)->next;
    }
    return !seq_after((*s)->at.right, right) || cut(b, pool, *s, right);
}

static void arrive_by_sack(struct scoreboard *b, struct sent_segment *s, struct delivery *d)
{
    d->octets += octets_of(s);
    d->sacked += octets_of(s);
    d->segments += s->segments;
    deliver(s, d);
    become(b, s, SENT_SACKED);
}

void scoreboard_sacked(struct scoreboard *b, struct pool *pool, uint32_t left, uint32_t right,
                       struct delivery *d)
{
    struct sent_segment *before = NULL, *s = b->first;
    for (; s && seq_upto(s->at.right, left); s = s->next)
        before = s;
    for (; s && seq_before(s->at.left, right); before = s, s = s->next) {
        if (s->state != SENT_SACKED) {
            struct sent_segment *whole = s;
            if (!fit(b, pool, &s, left, right))
                continue;
            before = s != whole ? whole : before;
            arrive_by_sack(b, s, d);
        }
        if (before && before->state == SENT_SACKED) {
            join_next(b, pool, before);
            s = before;
        }
    }
    if (before && before->state == SENT_SACKED && s && s->state == SENT_SACKED)
        join_next(b, pool, before);
    STACK_INVARIANT(scoreboard_check(b));
}

void scoreboard_clear(struct scoreboard *b, struct pool *pool)
{
    while (b->first)
        drop_first(b, pool);
}

/* --- RFC 6675 --- */

/* From the left on, what is SACKed above grows less. A segment that was sent again is not judged a
 * second time: the SACKs above it are of before. */
void scoreboard_lose_by_sack(struct scoreboard *b, uint32_t octets)
{
    uint32_t above = b->sacked;
    for (struct sent_segment *s = b->first; s && above >= octets; s = s->next) {
        if (s->state == SENT_SACKED)
            above -= octets_of(s);
        else if (s->state == SENT_IN_FLIGHT && !s->again)
            scoreboard_lose(b, s);
    }
    STACK_INVARIANT(scoreboard_check(b));
}

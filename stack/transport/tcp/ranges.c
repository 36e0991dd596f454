#include "stack/transport/tcp/ranges.h"
#include "stack/core/panic.h"

void ranges_init(struct ranges *r, uint16_t limit)
{
    *r = (struct ranges){.limit = limit};
}

void ranges_check(const struct ranges *r)
{
    unsigned count = 0;
    for (const struct range *at = r->first; at; at = at->next, count++) {
        STACK_ASSERT(seq_before(at->at.left, at->at.right));
        STACK_ASSERT(!at->next || seq_before(at->at.right, at->next->at.left));
    }
    STACK_ASSERT(count == r->count && count <= r->limit);
}

static void drop(struct ranges *r, struct pool *pool, struct range **link)
{
    struct range *gone = *link;
    *link = gone->next;
    r->count--;
    pool_give(pool, gone);
}

/* Who points to the first range that reaches `seq` or beyond: one that ends at seq touches it. */
static struct range **reaching(struct ranges *r, uint32_t seq)
{
    struct range **link = &r->first;
    while (*link && seq_before((*link)->at.right, seq))
        link = &(*link)->next;
    return link;
}

static bool insert(struct ranges *r, struct pool *pool, struct range **link, struct seq_range at)
{
    struct range *fresh = r->count < r->limit ? pool_take(pool) : NULL;
    if (!fresh)
        return false;
    *fresh = (struct range){.next = *link, .at = at, .touched = ++r->touches};
    *link = fresh;
    r->count++;
    return true;
}

/* Takes in [left, right), which touches it, and then each following range that it now meets. */
static void widen(struct ranges *r, struct pool *pool, struct range *into, struct seq_range by)
{
    into->at.left = seq_earlier(into->at.left, by.left);
    into->at.right = seq_later(into->at.right, by.right);
    while (into->next && seq_upto(into->next->at.left, into->at.right)) {
        into->at.right = seq_later(into->at.right, into->next->at.right);
        drop(r, pool, &into->next);
    }
    into->touched = ++r->touches;
}

enum ranges_added ranges_add(struct ranges *r, struct pool *pool, uint32_t left, uint32_t right)
{
    STACK_ASSERT(seq_before(left, right));
    STACK_INVARIANT(ranges_check(r));
    struct seq_range by = {left, right};
    uint32_t held = ranges_octets(r, left, right);
    struct range **link = reaching(r, left);
    if (!*link || seq_before(right, (*link)->at.left)) {
        if (!insert(r, pool, link, by))
            return RANGES_REFUSED;
    } else {
        widen(r, pool, *link, by);
    }
    STACK_INVARIANT(ranges_check(r));
    return held == 0 ? RANGES_NEW : held == right - left ? RANGES_KNOWN : RANGES_PARTLY;
}

void ranges_cut_before(struct ranges *r, struct pool *pool, uint32_t edge)
{
    while (r->first && seq_upto(r->first->at.right, edge))
        drop(r, pool, &r->first);
    if (r->first)
        r->first->at.left = seq_later(r->first->at.left, edge);
    STACK_INVARIANT(ranges_check(r));
}

void ranges_cut_after(struct ranges *r, struct pool *pool, uint32_t edge)
{
    struct range **link = &r->first;
    while (*link && seq_before((*link)->at.left, edge)) {
        (*link)->at.right = seq_earlier((*link)->at.right, edge);
        link = &(*link)->next;
    }
    while (*link)
        drop(r, pool, link);
    STACK_INVARIANT(ranges_check(r));
}

void ranges_clear(struct ranges *r, struct pool *pool)
{
    while (r->first)
        drop(r, pool, &r->first);
}

const struct range *ranges_from(const struct ranges *r, uint32_t seq)
{
    const struct range *at = r->first;
    while (at && seq_upto(at->at.right, seq))
        at = at->next;
    return at;
}

const struct range *ranges_at(const struct ranges *r, uint32_t seq)
{
    const struct range *at = ranges_from(r, seq);
    return at && seq_upto(at->at.left, seq) ? at : NULL;
}

uint32_t ranges_octets(const struct ranges *r, uint32_t left, uint32_t right)
{
    uint32_t held = 0;
    const struct range *at = ranges_from(r, left);
    for (; at && seq_before(at->at.left, right); at = at->next)
        held += seq_earlier(at->at.right, right) - seq_later(at->at.left, left);
    return held;
}

bool ranges_hole(const struct ranges *r, uint32_t left, uint32_t right, struct seq_range *hole)
{
    const struct range *at = ranges_from(r, left);
    if (at && seq_upto(at->at.left, left)) {
        left = at->at.right;
        at = at->next;
    }
    if (!seq_before(left, right))
        return false;
    *hole = (struct seq_range){left, at ? seq_earlier(at->at.left, right) : right};
    return true;
}

uint32_t ranges_end(const struct ranges *r)
{
    STACK_ASSERT(r->first);
    const struct range *at = r->first;
    while (at->next)
        at = at->next;
    return at->at.right;
}

static bool later_touched(const struct range *a, const struct range *b)
{
    return (int32_t)(a->touched - b->touched) > 0;
}

/* The latest touched of those that were touched before `than`; NULL: of all. */
static const struct range *latest_before(const struct ranges *r, const struct range *than)
{
    const struct range *best = NULL;
    for (const struct range *at = r->first; at; at = at->next)
        if ((!than || later_touched(than, at)) && (!best || later_touched(at, best)))
            best = at;
    return best;
}

unsigned ranges_recent(const struct ranges *r, struct seq_range *out, unsigned room)
{
    unsigned n = 0;
    const struct range *at = NULL;
    while (n < room && (at = latest_before(r, at)))
        out[n++] = at->at;
    return n;
}

bool ranges_duplicate(const struct ranges *r, uint32_t rcv_nxt, uint32_t left, uint32_t right,
                      struct seq_range *duplicate)
{
    if (seq_before(left, rcv_nxt)) {
        *duplicate = (struct seq_range){left, seq_earlier(right, rcv_nxt)};
        return seq_before(left, right);
    }
    const struct range *at = ranges_from(r, left);
    if (!at || !seq_before(at->at.left, right))
        return false;
    *duplicate = (struct seq_range){seq_later(at->at.left, left), seq_earlier(at->at.right, right)};
    return true;
}

unsigned ranges_recent_dsack(const struct ranges *r, const struct seq_range *duplicate,
                             struct seq_range *out, unsigned room)
{
    if (room == 0)
        return 0;
    unsigned n = 0;
    out[n++] = *duplicate;
    const struct range *around = ranges_at(r, duplicate->left);
    if (around && n < room)
        out[n++] = around->at;
    const struct range *at = NULL;
    while (n < room && (at = latest_before(r, at)))
        if (at != around)
            out[n++] = at->at;
    return n;
}

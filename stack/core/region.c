/* The region's memory: carved from the front, and what interfaces that went away have given back.
 */
#include "stack/core/core.h"
#include "stack/core/mem.h"
#include "stack/core/size.h"

/* All that is lent is a multiple of this, so that a piece that is given back has room for its span.
 */
enum { UNIT = 64 };

static uint8_t *frontier(const struct stack *s)
{
    return (uint8_t *)s->region + s->region_used;
}

void *region_carve(struct stack *s, size_t size, size_t align)
{
    uintptr_t base = (uintptr_t)s->region;
    uintptr_t at = (base + s->region_used + align - 1) & ~(uintptr_t)(align - 1);
    size_t used = (size_t)(at - base);
    if (used > s->region_size || size > s->region_size - used)
        return NULL;
    s->region_used = used + size;
    return (uint8_t *)s->region + used;
}

void *stack_carve(struct stack *s, size_t size, size_t align)
{
    void *p = region_carve(s, size, align);
    if (p)
        memset(p, 0, size);
    return p;
}

#ifdef STACK_CHECK
/* By address, apart from each other and from what was never lent: else they would be one. */
static void check(const struct stack *s)
{
    const uint8_t *end = s->region;
    for (const struct region_span *f = s->spans; f; f = f->next) {
        STACK_ASSERT((const uint8_t *)f > end && f->size > 0 && f->size % UNIT == 0);
        end = (const uint8_t *)f + f->size;
    }
    STACK_ASSERT(!s->spans || end < frontier(s));
}
#endif

/* Joined with the span that ends where it begins, and with the one that begins where it ends; at
 * the frontier it is as if it had never been lent. */
void region_give(struct stack *s, void *piece, size_t size)
{
    struct region_span *before = NULL, *f = piece;
    size = size_rounded(size, UNIT);
    if (!piece || size == 0)
        return;
    STACK_ASSERT((uint8_t *)piece >= (uint8_t *)s->region &&
                 (uint8_t *)piece + size <= frontier(s));
    struct region_span *after = s->spans;
    for (; after && after < f; after = after->next)
        before = after;
    *f = (struct region_span){.next = after, .size = size};
    if (after && (uint8_t *)f + f->size == (uint8_t *)after)
        *f = (struct region_span){.next = after->next, .size = f->size + after->size};
    if (before && (uint8_t *)before + before->size == (uint8_t *)f) {
        before->size += f->size;
        before->next = f->next;
        f = before;
    } else {
        *(before ? &before->next : &s->spans) = f;
    }
    if ((uint8_t *)f + f->size == frontier(s)) {
        struct region_span **link = &s->spans;
        while (*link != f)
            link = &(*link)->next;
        *link = NULL;
        s->region_used = (size_t)((uint8_t *)f - (uint8_t *)s->region);
    }
    STACK_INVARIANT(check(s));
}

/* Cuts `size` bytes out of a span, from `skip` bytes in; what is left on both sides goes back. */
static void *cut(struct stack *s, struct region_span **link, size_t skip, size_t size)
{
    struct region_span *f = *link;
    uint8_t *piece = (uint8_t *)f + skip;
    size_t behind = f->size - skip - size;
    *link = f->next;
    if (skip)
        region_give(s, f, skip);
    if (behind)
        region_give(s, piece + size, behind);
    return piece;
}

void *region_take(struct stack *s, size_t size, size_t align)
{
    STACK_ASSERT(align >= UNIT);
    size = size_rounded(size, UNIT);
    for (struct region_span **link = &s->spans; *link; link = &(*link)->next) {
        uintptr_t at = (uintptr_t)*link;
        size_t skip = (size_t)(-at & (align - 1));
        if ((*link)->size >= skip && (*link)->size - skip >= size)
            return memset(cut(s, link, skip, size), 0, size);
    }
    uint8_t *old = (uint8_t *)s->region + size_rounded(s->region_used, UNIT);
    void *piece = stack_carve(s, size, align);
    if (piece)
        region_give(s, old, (size_t)((uint8_t *)piece - old));
    return piece;
}

#include "stack/core/pool.h"
#include "stack/core/mem.h"
#include "stack/core/panic.h"
#include "stack/core/size.h"

enum { SMALL_ALIGN = 16 };

/* What is used often lies in as few lines of the cache as can be. */
static size_t stride_of(size_t size)
{
    return size_rounded(size, size < POOL_ALIGN ? SMALL_ALIGN : POOL_ALIGN);
}

size_t pool_bytes(uint32_t total, size_t size)
{
    return size_rounded(size_array(total, stride_of(size)), POOL_ALIGN);
}

void pool_init(struct pool *p, void *memory, uint32_t total, size_t size)
{
    STACK_ASSERT(size >= sizeof(void *) && (uintptr_t)memory % POOL_ALIGN == 0);
    *p = (struct pool){.slab = memory, .stride = stride_of(size), .total = total};
    for (uint32_t i = total; i-- > 0;) /* so that the first comes first */
        pool_give(p, p->slab + i * p->stride);
    p->lowest = p->available;
}

static bool is_ours(const struct pool *p, const void *thing)
{
    size_t at = (size_t)((const uint8_t *)thing - p->slab);
    return (const uint8_t *)thing >= p->slab && at < p->total * p->stride;
}

/* A pool of thousands is walked now and then, the more seldom the longer it is. */
#ifdef STACK_CHECK
static void check(const struct pool *p)
{
    enum { SMALL = 64, LARGE = 1024 };
    if (p->total <= SMALL || p->available % (p->total <= LARGE ? SMALL : LARGE) == 0)
        pool_check(p);
}
#endif

void pool_check(const struct pool *p)
{
    uint32_t free = 0;
    for (const void *thing = p->free; thing; thing = *(void *const *)thing) {
        STACK_ASSERT(is_ours(p, thing));
        STACK_ASSERT((size_t)((const uint8_t *)thing - p->slab) % p->stride == 0);
        STACK_ASSERT(free++ < p->available); /* given back twice, it would go round */
    }
    STACK_ASSERT(free == p->available && free <= p->total);
}

void *pool_take(struct pool *p)
{
    STACK_INVARIANT(check(p));
    void *thing = p->free;
    if (!thing) {
        p->failed++;
        return NULL;
    }
    STACK_ASSERT(p->available > 0 && is_ours(p, thing));
    p->free = *(void **)thing;
    if (--p->available < p->lowest)
        p->lowest = p->available;
    memset(thing, 0, p->stride);
    STACK_INVARIANT(check(p));
    return thing;
}

void pool_give(struct pool *p, void *thing)
{
    STACK_ASSERT(is_ours(p, thing) && p->available < p->total);
    *(void **)thing = p->free;
    p->free = thing;
    p->available++;
    STACK_INVARIANT(check(p));
}

#include "sim/world/arena.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include "sim/base/poison.h"

/*
 * Under AddressSanitizer a freed block is poisoned, so that a frame used after its last reference
 * is found although the memory never left the process. The lists run through the freed blocks
 * themselves, so the few functions that walk them are not instrumented.
 */

struct size_class {
    unsigned index;
    size_t size;
};

/*
 * Multiples of 16 up to 128; above that four sizes to each doubling, so that at most a quarter is
 * wasted, and from 32 KiB on sixteen: what is large is copied with every snapshot.
 */
enum { SMALL_LOG = 7, LARGE_LOG = 15, FIRST_MIDDLE = 8, FIRST_LARGE = FIRST_MIDDLE + 4 * 8 };

static struct size_class size_class(size_t size)
{
    if (size <= 1u << SMALL_LOG) {
        size_t units = size ? (size + 15) / 16 : 1;
        return (struct size_class){(unsigned)units - 1, units * 16};
    }
    unsigned log = 63 - (unsigned)__builtin_clzll(size - 1);
    bool large = log >= LARGE_LOG;
    unsigned shift = large ? log - 4 : log - 2;
    size_t steps = ((size - 1) >> shift) + 1; /* 5..8, 17..32 */
    unsigned index = large ? FIRST_LARGE + (log - LARGE_LOG) * 16 + (unsigned)steps - 17
                           : FIRST_MIDDLE + (log - SMALL_LOG) * 4 + (unsigned)steps - 5;
    return (struct size_class){index, steps << shift};
}

static size_t size_of_class(unsigned index)
{
    if (index < FIRST_MIDDLE)
        return (index + 1) * (size_t)16;
    if (index < FIRST_LARGE)
        return (size_t)((index - FIRST_MIDDLE) % 4 + 5)
               << ((index - FIRST_MIDDLE) / 4 + SMALL_LOG - 2);
    return (size_t)((index - FIRST_LARGE) % 16 + 17)
           << ((index - FIRST_LARGE) / 16 + LARGE_LOG - 4);
}

static uint8_t *base(const struct arena *a)
{
    return (uint8_t *)(uintptr_t)a;
}

UNCHECKED static void *next_free(void *block)
{
    return *(void **)block;
}

UNCHECKED static void set_next_free(void *block, void *next)
{
    *(void **)block = next;
}

/* A large run gives its memory back; what small ones leave is worth keeping. */
enum { SPARE_MOST = 32 << 20 };
static struct arena *spare;

static struct arena *map(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static void unmap(struct arena *a, size_t reserved, size_t high_water)
{
    UNPOISON(a, high_water); /* the next mapping at this address starts clean */
    munmap(a, reserved);
}

static struct arena *take_spare(size_t bytes, size_t header)
{
    struct arena *a = spare;
    if (!a)
        return NULL;
    UNPOISON(a, sizeof *a);
    size_t high_water = a->high_water, populated = a->populated;
    if (a->reserved != bytes) {
        POISON(a, sizeof *a);
        return NULL;
    }
    spare = NULL;
    UNPOISON(a, high_water);
    memset(a, 0, header);
    a->high_water = high_water;
    a->populated = populated;
    return a;
}

struct arena *arena_new(size_t bytes, size_t header)
{
    bytes = (bytes + ARENA_ALIGN_MAX - 1) & ~(size_t)(ARENA_ALIGN_MAX - 1);
    header = (header + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (bytes < header)
        return NULL;
    struct arena *a = take_spare(bytes, header);
    if (!a)
        a = map(bytes);
    if (!a)
        return NULL;
    a->reserved = bytes;
    a->used = header;
    if (a->high_water < header)
        a->high_water = header;
    return a;
}

void arena_delete(struct arena *a)
{
    if (a->high_water > SPARE_MOST) {
        unmap(a, a->reserved, a->high_water);
        return;
    }
    if (spare) {
        UNPOISON(spare, sizeof *spare);
        unmap(spare, spare->reserved, spare->high_water);
    }
    spare = a;
    POISON(a, a->high_water); /* a pointer into a world that is gone is found */
}

/*
 * Asks for pages ahead in one call: taken one fault at a time, they cost a multiple. A large block
 * is left to itself, it may never be touched. A kernel that does not know the advice (before 5.14)
 * faults, no more.
 */
static void populate(struct arena *a, size_t block)
{
#ifdef MADV_POPULATE_WRITE
    enum { LEAST = 64 << 10, MOST = 2 << 20, PAGE = ARENA_ALIGN_MAX };
    if (a->used <= a->populated)
        return;
    size_t from = (a->used - block) & ~(size_t)(PAGE - 1);
    if (from < a->populated)
        from = a->populated;
    if (block >= MOST) {
        a->populated = a->used & ~(size_t)(PAGE - 1);
        return;
    }
    size_t ahead = a->used / 4 & ~(size_t)(PAGE - 1);
    ahead = ahead < LEAST ? LEAST : ahead > MOST ? MOST : ahead;
    size_t to = ((a->used + PAGE - 1) & ~(size_t)(PAGE - 1)) + ahead;
    if (to > a->reserved)
        to = a->reserved;
    madvise(base(a) + from, to - from, MADV_POPULATE_WRITE);
    a->populated = to;
#else
    (void)a;
    (void)block;
#endif
}

/* Fresh memory from the end comes zeroed from the system. What an earlier world wrote, or this one
 * before a restore, is cleared here: to hand the pages of a large block back with MADV_DONTNEED was
 * tried and costs more, in faults, than it saves. */
static void *bump(struct arena *a, size_t size, size_t align)
{
    size_t at = (a->used + align - 1) & ~(align - 1);
    if (at > a->reserved || size > a->reserved - at)
        return NULL;
    a->used = at + size;
    populate(a, size);
    if (at < a->high_water)
        memset(base(a) + at, 0, (a->used < a->high_water ? a->used : a->high_water) - at);
    if (a->used > a->high_water)
        a->high_water = a->used;
    return base(a) + at;
}

static void *take(struct arena *a, size_t size, size_t align, bool clear)
{
    assert(align <= ARENA_ALIGN_MAX && (align & (align - 1)) == 0);
    if (align < ARENA_ALIGN)
        align = ARENA_ALIGN;
    if (size > a->reserved)
        return NULL;
    struct size_class class = size_class(size);
    void *block = a->free_list[class.index];
    /* Only the head is looked at: a wider search would cost more than the memory it saves. */
    if (!block || ((size_t)((uint8_t *)block - base(a)) & (align - 1)))
        return bump(a, class.size, align);
    a->free_list[class.index] = next_free(block);
    UNPOISON(block, class.size);
    if (clear)
        memset(block, 0, class.size);
    return block;
}

void *arena_alloc(struct arena *a, size_t size, size_t align)
{
    return take(a, size, align, true);
}

void *arena_raw(struct arena *a, size_t size, size_t align)
{
    return take(a, size, align, false);
}

void arena_release(struct arena *a, void *p, size_t size)
{
    struct size_class class = size_class(size);
    assert((uint8_t *)p > base(a) && (uint8_t *)p + class.size <= base(a) + a->used);
    set_next_free(p, a->free_list[class.index]);
    a->free_list[class.index] = p;
    POISON(p, class.size);
}

#ifdef POISONS
/* By words and through volatile, or the compiler calls memcpy, which refuses poisoned bytes. */
UNCHECKED void arena_save(const struct arena *a, void *copy)
{
    const volatile uint64_t *from = (const volatile uint64_t *)a;
    uint64_t *to = copy;
    for (size_t i = 0; i < a->used / sizeof *to; i++)
        to[i] = from[i];
}
#else
void arena_save(const struct arena *a, void *copy)
{
    memcpy(copy, a, a->used);
}
#endif

/* What is free is poisoned again; what others poisoned, they poison again in their restore hooks.
 */
static void poison_free(struct arena *a)
{
#ifdef POISONS
    for (unsigned i = 0; i < ARENA_CLASSES; i++)
        for (void *block = a->free_list[i]; block; block = next_free(block))
            POISON(block, size_of_class(i));
#else
    (void)a;
    (void)size_of_class;
#endif
}

void arena_restore(struct arena *a, const void *copy, size_t used)
{
    size_t high_water = a->high_water, populated = a->populated;
    UNPOISON(a, a->used); /* above it nothing was ever poisoned, or is no more */
    memcpy(a, copy, used);
    a->high_water = high_water;
    a->populated = populated;
    poison_free(a);
}

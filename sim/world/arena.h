/*
 * One region of memory, reserved at once and committed as it is touched. Its header lies at its own
 * start, so a copy of the first `used` bytes is a copy of everything. Freed blocks wait in lists by
 * size class, last in first out: what an allocation returns depends on nothing but the calls before
 * it.
 */
#ifndef SIM_WORLD_ARENA_H
#define SIM_WORLD_ARENA_H

#include <stddef.h>
#include <stdint.h>

enum { ARENA_CLASSES = 376, ARENA_ALIGN = 16, ARENA_ALIGN_MAX = 4096 };

struct arena {
    size_t reserved, used;
    /* Of the host's pages, not of the run, so a restore leaves them: */
    size_t high_water; /* all above is still zero */
    size_t populated;  /* the kernel has been asked for the pages below */
    void *free_list[ARENA_CLASSES];
};

/* One deleted arena is kept for the next of its size: its pages are there already, and a page costs
 * more than most events. `header` bytes at the start are the caller's, struct arena first among
 * them. NULL when memory is short. */
struct arena *arena_new(size_t bytes, size_t header);
void arena_delete(struct arena *a);
/* NULL when the arena is full. arena_raw leaves what an earlier owner wrote. */
void *arena_alloc(struct arena *a, size_t size, size_t align);
void *arena_raw(struct arena *a, size_t size, size_t align);
void arena_release(struct arena *a, void *p, size_t size);
/* The first `used` bytes, to and from a copy. */
void arena_save(const struct arena *a, void *copy);
void arena_restore(struct arena *a, const void *copy, size_t used);

#endif

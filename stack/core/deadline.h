/*
 * Deadlines: one intrusive heap in each stack. A poll costs what is due, not what exists. Of two
 * deadlines due at the same time the one with the lower rank fires first; re-arming never changes
 * that order.
 */
#ifndef STACK_CORE_DEADLINE_H
#define STACK_CORE_DEADLINE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct stack;

struct deadline {
    int64_t due_ns;                          /* INT64_MAX: not set */
    uint64_t rank;                           /* deadline_rank */
    struct deadline *child, *sibling, *back; /* a pairing heap: no table, so no bound to state */
    void (*fire)(struct stack *s, struct deadline *d,
                 int64_t now_ns); /* d is already out of the heap */
    const char *name;             /* for traces: "arp.retry" */
};

enum { DEADLINE_INDEX_BITS = 32 };

/* Of the module's deadline `index`. A module with several for each of its many things counts
 * through them: index = thing * kinds + kind. */
static inline uint64_t deadline_rank(unsigned module, uint32_t index)
{
    return (uint64_t)module << DEADLINE_INDEX_BITS | index;
}

static inline uint32_t deadline_index(const struct deadline *d)
{
    return (uint32_t)d->rank;
}

/* Before the first use. `name` is a literal. */
void deadline_init(struct deadline *d, uint64_t rank, const char *name,
                   void (*fire)(struct stack *s, struct deadline *d, int64_t now_ns));
/* Sets or moves. */
void deadline_set(struct stack *s, struct deadline *d, int64_t due_ns);
/* Takes it out; nothing happens when it was not set. */
void deadline_clear(struct stack *s, struct deadline *d);
/* Fires what is due at or before now_ns; returns the next due time or INT64_MAX. */
int64_t deadline_run(struct stack *s, int64_t now_ns);
/* Behind d in a walk over all that are set, in no order, which begins with stack.deadlines; NULL:
 * that was the last. */
const struct deadline *deadline_next(const struct deadline *d);
/* STACK_CHECK: asserts the heap's order and its links; costs what is set. */
void deadline_check(const struct stack *s);

#ifdef __cplusplus
}
#endif

#endif

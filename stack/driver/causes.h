/*
 * What interrupt handlers tell poll. Each side writes a word of its own, so that loads and stores
 * are enough: read-modify-write atomics are a library call on some processors (gcc's outline
 * atomics of aarch64). A cause waits while its bits in the two words differ.
 *
 * The handler leaves alone what it sees waiting. Should poll be taking that cause at the same
 * moment, nothing is lost: poll looks at the device after it took, and the fences order that look
 * behind whatever made the handler run.
 */
#ifndef STACK_DRIVER_CAUSES_H
#define STACK_DRIVER_CAUSES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct causes {
    uint32_t posted; /* written by the handler alone */
    uint32_t taken;  /* written by poll alone */
};

/* The handler's side; handlers do not nest. `bits`: causes that the device reported. */
static inline void causes_post(struct causes *c, uint32_t bits)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    uint32_t posted = __atomic_load_n(&c->posted, __ATOMIC_RELAXED);
    uint32_t waiting = posted ^ __atomic_load_n(&c->taken, __ATOMIC_RELAXED);
    __atomic_store_n(&c->posted, posted ^ (bits & ~waiting), __ATOMIC_RELEASE);
}

/* Poll's side: the causes that wait, which wait no more. */
static inline uint32_t causes_take(struct causes *c)
{
    uint32_t posted = __atomic_load_n(&c->posted, __ATOMIC_ACQUIRE);
    uint32_t waiting = posted ^ __atomic_load_n(&c->taken, __ATOMIC_RELAXED);
    __atomic_store_n(&c->taken, posted, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return waiting;
}

/* Poll's side: whether any cause waits. */
static inline int causes_wait(const struct causes *c)
{
    return __atomic_load_n(&c->posted, __ATOMIC_ACQUIRE) !=
           __atomic_load_n(&c->taken, __ATOMIC_RELAXED);
}

#ifdef __cplusplus
}
#endif

#endif

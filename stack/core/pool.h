/*
 * Things of one size, as many as a limit says, lent out and taken back: control blocks and the
 * records of queues. They may outlive whoever asked for them.
 */
#ifndef STACK_CORE_POOL_H
#define STACK_CORE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { POOL_ALIGN = 64 }; /* a cache's line of most machines */

struct pool {
    void *free; /* each free thing begins with the address of the next */
    uint8_t *slab;
    size_t stride;
    uint32_t total, available, lowest;
    uint64_t failed; /* asked for when there was none */
};

/* Memory for `total` things of `size` bytes. A multiple of POOL_ALIGN. */
size_t pool_bytes(uint32_t total, size_t size);
/* `memory` is of pool_bytes, POOL_ALIGN-aligned. */
void pool_init(struct pool *p, void *memory, uint32_t total, size_t size);
/* A thing of zeros, or NULL. */
void *pool_take(struct pool *p);
void pool_give(struct pool *p, void *thing);
/* STACK_CHECK: asserts that what is free is the pool's own, once each, and as much as it counts. */
void pool_check(const struct pool *p);

#ifdef __cplusplus
}
#endif

#endif

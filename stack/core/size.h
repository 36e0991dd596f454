/* Sums of sizes that say SIZE_MAX, and go on saying it, where the true sum would not fit; and how
 * large a hash table is. */
#ifndef STACK_CORE_SIZE_H
#define STACK_CORE_SIZE_H

#include <stddef.h>
#include <stdint.h>

static inline size_t size_add(size_t a, size_t b)
{
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

static inline size_t size_array(size_t count, size_t each)
{
    return each && count > SIZE_MAX / each ? SIZE_MAX : count * each;
}

/* Up to a multiple of `unit`, a power of two. */
static inline size_t size_rounded(size_t size, size_t unit)
{
    return size > SIZE_MAX - (unit - 1) ? SIZE_MAX : (size + unit - 1) & ~(unit - 1);
}

/* A table of `entries` has the power of two from there as its buckets, 2^31 at most. */
static inline uint32_t size_buckets(uint32_t entries)
{
    uint32_t buckets = 1;
    while (buckets < entries && buckets < 1u << 31)
        buckets *= 2;
    return buckets;
}

#endif

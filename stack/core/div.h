/*
 * 64-bit division without the compiler's runtime: on i386 `/` on 64 bits calls __udivdi3, which a
 * kernel does not have. There by shift and subtract; where registers have 64 bits, by the
 * processor's own instruction.
 */
#ifndef STACK_CORE_DIV_H
#define STACK_CORE_DIV_H

#include <stdint.h>
#include "stack/core/panic.h"

/* numerator / denominator, with the remainder in *rest when rest is not NULL. denominator > 0. */
static inline uint64_t div_u64_by_bits(uint64_t numerator, uint64_t denominator, uint64_t *rest)
{
    STACK_ASSERT(denominator != 0);
    uint64_t quotient = 0, remainder = 0;
    for (int bit = 63; bit >= 0; bit--) {
        uint64_t carry = remainder >> 63;
        remainder = remainder << 1 | (numerator >> bit & 1);
        if (carry || remainder >= denominator) {
            remainder -= denominator;
            quotient |= (uint64_t)1 << bit;
        }
    }
    if (rest)
        *rest = remainder;
    return quotient;
}

static inline uint64_t div_u64(uint64_t numerator, uint64_t denominator, uint64_t *rest)
{
#if UINTPTR_MAX > 0xffffffffu
    STACK_ASSERT(denominator != 0);
    if (rest)
        *rest = numerator % denominator;
    return numerator / denominator;
#else
    return div_u64_by_bits(numerator, denominator, rest);
#endif
}

/* Signed numerator, positive denominator; rounds towards zero as C does. */
static inline int64_t div_s64(int64_t numerator, int64_t denominator)
{
    STACK_ASSERT(denominator > 0);
    uint64_t magnitude = numerator < 0 ? 0 - (uint64_t)numerator : (uint64_t)numerator;
    uint64_t quotient = div_u64(magnitude, (uint64_t)denominator, (uint64_t *)0);
    return numerator < 0 ? (int64_t)(0 - quotient) : (int64_t)quotient;
}

#endif

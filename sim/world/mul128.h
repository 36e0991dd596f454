/* 64 by 64 into 128 bits, for hosts with and without a 128-bit type. */
#ifndef SIM_WORLD_MUL128_H
#define SIM_WORLD_MUL128_H

#include <stdint.h>

static inline uint64_t mul128(uint64_t x, uint64_t y, uint64_t *high)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)x * y;
    *high = (uint64_t)(product >> 64);
    return (uint64_t)product;
#else
    uint64_t x0 = x & UINT32_MAX, x1 = x >> 32;
    uint64_t y0 = y & UINT32_MAX, y1 = y >> 32;
    uint64_t low = x0 * y0;
    uint64_t middle = x1 * y0 + (low >> 32);
    uint64_t other = x0 * y1 + (middle & UINT32_MAX);
    *high = x1 * y1 + (middle >> 32) + (other >> 32);
    return other << 32 | (low & UINT32_MAX);
#endif
}

#endif

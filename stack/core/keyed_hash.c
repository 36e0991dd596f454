#include "stack/core/keyed_hash.h"

static uint64_t load64(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static uint64_t turn(uint64_t v, int bits)
{
    return v << bits | v >> (64 - bits);
}

static void rounds(uint64_t v[4], int n)
{
    while (n-- > 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = turn(v[1], 13) ^ v[0];
        v[3] = turn(v[3], 16) ^ v[2];
        v[0] = turn(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = turn(v[1], 17) ^ v[2];
        v[3] = turn(v[3], 21) ^ v[0];
        v[2] = turn(v[2], 32);
    }
}

static void absorb(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    rounds(v, 2);
    v[0] ^= word;
}

/* A constant out of the compiler's sight: clang for riscv64 keeps those that it sees in writable
 * data. */
static uint64_t constant(uint32_t high, uint32_t low)
{
    __asm__("" : "+r"(high));
    return (uint64_t)high << 32 | low;
}

uint64_t keyed_hash(const uint8_t key[KEYED_HASH_KEY_BYTES], const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    uint64_t k0 = load64(key, 8), k1 = load64(key + 8, 8);
    uint64_t v[4] = {
        k0 ^ constant(0x736f6d65u, 0x70736575u), k1 ^ constant(0x646f7261u, 0x6e646f6du),
        k0 ^ constant(0x6c796765u, 0x6e657261u), k1 ^ constant(0x74656462u, 0x79746573u)};
    size_t whole = len & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8)
        absorb(v, load64(p + i, 8));
    absorb(v, (uint64_t)(len & 0xff) << 56 | load64(p + whole, len - whole));
    v[2] ^= 0xff;
    rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

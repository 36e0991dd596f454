/*
 * xoshiro256** by Blackman and Vigna (public domain algorithm), seeded by splitmix64 as its authors
 * advise. A stream's seed is the run's seed and its own name, so adding a stream moves no other.
 */
#include "sim/world/mul128.h"
#include "sim/world/world.h"

#include <assert.h>

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* FNV-1a, 64 bits. */
static uint64_t name_hash(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 0x100000001b3u;
    return hash;
}

void random_init(struct random_stream *r, uint64_t seed, const char *name)
{
    /* The seed goes through splitmix64 first: seeds 1 and 2 and names that differ in a bit must not
     * meet. */
    uint64_t state = seed;
    state = splitmix64(&state) ^ name_hash(name);
    for (int i = 0; i < 4; i++)
        r->state[i] = splitmix64(&state);
}

static uint64_t rotl(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

uint64_t random_next(struct random_stream *r)
{
    uint64_t *s = r->state;
    uint64_t result = rotl(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

void random_bytes(struct random_stream *r, void *out, size_t len)
{
    uint8_t *to = out;
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++) {
        if (i % 8 == 0)
            word = random_next(r);
        to[i] = (uint8_t)(word >> (i % 8 * 8));
    }
}

/* The high half of draw * bound is uniform once the 2^64 mod bound lowest low halves are drawn
 * again (Lemire, 2019). */
uint64_t random_below(struct random_stream *r, uint64_t bound)
{
    assert(bound > 0);
    uint64_t high;
    uint64_t low = mul128(random_next(r), bound, &high);
    if (low < bound) {
        uint64_t reject = (0 - bound) % bound;
        while (low < reject)
            low = mul128(random_next(r), bound, &high);
    }
    return high;
}

/*
 * Four lanes, each multiplying 8 bytes at a time into itself and folding the 128-bit product: a
 * changed bit moves about half of its lane, high bits reach low ones and back. Lanes keep the
 * multiplier busy; they are joined at the end of each call, with the length, so that no two ways of
 * cutting the same bytes agree. It is no defence against somebody who looks for collisions, and
 * need not be.
 */
#include "sim/world/fingerprint.h"
#include "sim/world/mul128.h"

#include <string.h>

/* Digits of pi, as good as any: odd, with about half their bits set. */
static const uint64_t key[4] = {0x243f6a8885a308d3u, 0x13198a2e03707345u, 0xa4093822299f31d1u,
                                0x082efa98ec4e6c89u};

static uint64_t fold(uint64_t x, uint64_t y)
{
    uint64_t high;
    uint64_t low = mul128(x, y, &high);
    return low ^ high;
}

static uint64_t word_le(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static uint64_t rotl(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

/* b alone is a bijection of its old value and of each of x and y: no single difference is ever
 * lost. */
static void absorb(struct fingerprint *f, uint64_t x, uint64_t y)
{
    uint64_t a = fold(f->a ^ x ^ key[0], key[1] ^ rotl(y, 32));
    f->b = rotl((f->b ^ x) * key[2], 29) + rotl(f->a, 7);
    f->b = rotl((f->b ^ y) * key[3], 31);
    f->a = a ^ rotl(f->b, 17);
}

void fingerprint_init(struct fingerprint *f)
{
    f->a = key[2];
    f->b = key[3];
}

void fingerprint_bytes(struct fingerprint *f, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    uint64_t lane[4] = {key[3], key[2], key[1], key[0]};
    size_t left = len;
    for (; left >= 32; left -= 32, p += 32) {
        lane[0] = fold(lane[0] ^ word_le(p), key[0]);
        lane[1] = fold(lane[1] ^ word_le(p + 8), key[1]);
        lane[2] = fold(lane[2] ^ word_le(p + 16), key[2]);
        lane[3] = fold(lane[3] ^ word_le(p + 24), key[3]);
    }
    for (int i = 0; left; i++) {
        uint8_t last[8] = {0};
        size_t n = left < 8 ? left : 8;
        memcpy(last, p, n);
        lane[i] = fold(lane[i] ^ word_le(last), key[i]);
        p += n;
        left -= n;
    }
    absorb(f, lane[0] + rotl(lane[1], 23), lane[1] ^ (uint64_t)len);
    absorb(f, lane[2] + rotl(lane[3], 23), lane[3]);
}

void fingerprint_u64(struct fingerprint *f, uint64_t value)
{
    absorb(f, value, 8);
}

void fingerprint_join(struct fingerprint *f, const struct fingerprint *other)
{
    absorb(f, other->a, other->b);
}

void fingerprint_text(const struct fingerprint *f, char out[33])
{
    static const char digit[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        out[15 - i] = digit[f->a >> (4 * i) & 15];
        out[31 - i] = digit[f->b >> (4 * i) & 15];
    }
    out[32] = '\0';
}

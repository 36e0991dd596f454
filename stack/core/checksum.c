/*
 * The sum is made in the machine's own byte order, eight octets at a time, and turned round once at
 * the end: one's complement addition does not care (RFC 1071 section 2, byte order independence,
 * parallel summation). Since 2^16 is 1 modulo 65535, a wide sum folds into 16 bits without loss.
 *
 * Loads and stores are fixed-size copies, which compilers turn into single instructions whatever
 * the alignment. They are spelt as builtins because freestanding code gets calls otherwise.
 */
#include "stack/core/checksum.h"
#include "stack/core/bytes.h"

static inline uint64_t load64(const uint8_t *p)
{
    uint64_t v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

static inline uint32_t load32(const uint8_t *p)
{
    uint32_t v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

static inline uint16_t load16(const uint8_t *p)
{
    uint16_t v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

/* With the carry brought round; never 0 unless both are. Spelt so, compilers take two instructions
 * for it, however many stand in a row. */
static inline uint64_t add64(uint64_t a, uint64_t b)
{
    uint64_t sum;
    unsigned carry = __builtin_add_overflow(a, b, &sum);
    return sum + carry;
}

/* To 16 bits, and from the machine's byte order to a number whose high byte came first. */
static inline uint16_t fold(uint64_t sum)
{
    sum = (sum & 0xffffffffu) + (sum >> 32);
    sum = (sum & 0xffffffffu) + (sum >> 32);
    sum = (sum & 0xffffu) + (sum >> 16);
    sum = (sum & 0xffffu) + (sum >> 16);
    uint16_t native = (uint16_t)sum;
    uint8_t bytes[2];
    __builtin_memcpy(bytes, &native, sizeof bytes);
    return get16(bytes);
}

/* The 0 to 7 octets that are left over. */
static inline uint64_t sum_tail(uint64_t sum, const uint8_t *p, size_t len)
{
    if (len & 4) {
        sum = add64(sum, load32(p));
        p += 4;
    }
    if (len & 2) {
        sum = add64(sum, load16(p));
        p += 2;
    }
    if (len & 1) {
        const uint8_t padded[2] = {*p, 0};
        sum = add64(sum, load16(padded));
    }
    return sum;
}

/*
 * Four sums side by side: an addition waits for its own carry, not for that of the three others.
 * Measured on x86-64, 1,456 octets in cache: 19 GB/s with two sums, 33 with four.
 */
struct lanes {
    uint64_t a, b, c, d;
};

static inline uint64_t gather(struct lanes l)
{
    return add64(add64(l.a, l.b), add64(l.c, l.d));
}

static inline void sum32(struct lanes *l, const uint8_t *p)
{
    l->a = add64(l->a, load64(p));
    l->b = add64(l->b, load64(p + 8));
    l->c = add64(l->c, load64(p + 16));
    l->d = add64(l->d, load64(p + 24));
}

uint16_t checksum_sum(const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    struct lanes l = {0, 0, 0, 0};
    for (; len >= 128; p += 128, len -= 128) {
        sum32(&l, p);
        sum32(&l, p + 32);
        sum32(&l, p + 64);
        sum32(&l, p + 96);
    }
    for (; len >= 32; p += 32, len -= 32)
        sum32(&l, p);
    for (; len >= 8; p += 8, len -= 8)
        l.a = add64(l.a, load64(p));
    return fold(sum_tail(gather(l), p, len));
}

/* Five words of 32 bits cannot overflow 64: nothing is carried. */
uint16_t checksum_sum20(const void *bytes)
{
    const uint8_t *p = bytes;
    return fold((uint64_t)load32(p) + load32(p + 4) + load32(p + 8) + load32(p + 12) +
                load32(p + 16));
}

static inline uint64_t copy64(uint8_t *to, const uint8_t *from)
{
    uint64_t v = load64(from);
    __builtin_memcpy(to, &v, sizeof v);
    return v;
}

uint16_t checksum_copy(void *restrict to, const void *restrict from, size_t len)
{
    const uint8_t *p = from;
    uint8_t *q = to;
    struct lanes l = {0, 0, 0, 0};
    for (; len >= 32; p += 32, q += 32, len -= 32) {
        l.a = add64(l.a, copy64(q, p));
        l.b = add64(l.b, copy64(q + 8, p + 8));
        l.c = add64(l.c, copy64(q + 16, p + 16));
        l.d = add64(l.d, copy64(q + 24, p + 24));
    }
    for (; len >= 8; p += 8, q += 8, len -= 8)
        l.a = add64(l.a, copy64(q, p));
    for (size_t i = 0; i < len; i++)
        q[i] = p[i];
    return fold(sum_tail(gather(l), p, len));
}

uint16_t checksum_pseudo4(uint32_t src, uint32_t dst, uint8_t proto, uint16_t len)
{
    uint64_t sum = (uint64_t)src + dst + proto + len;
    sum = (sum & 0xffffu) + (sum >> 16);
    sum = (sum & 0xffffu) + (sum >> 16);
    return (uint16_t)((sum & 0xffffu) + (sum >> 16));
}

uint16_t checksum_pseudo6(const uint8_t src[16], const uint8_t dst[16], uint8_t next_header,
                          uint32_t len)
{
    uint16_t sum = checksum_add(checksum_sum(src, 16), checksum_sum(dst, 16));
    return checksum_add(checksum_add32(sum, len), next_header);
}

/* Random streams and fingerprints. */
#include <criterion/criterion.h>
#include <string.h>
#include "sim/world/mul128.h"
#include "sim/world/world.h"

/* xoshiro256** from state {1, 2, 3, 4}: the values that its authors' reference code gives. */
Test(random, xoshiro256_star_star_reference_values)
{
    struct random_stream r = {{1, 2, 3, 4}};
    const uint64_t expected[] = {11520u, 0u, 1509978240u, 1215971899390074240u};
    for (int i = 0; i < 4; i++)
        cr_assert_eq(random_next(&r), expected[i]);
}

Test(random, a_stream_repeats)
{
    struct random_stream a, b;
    random_init(&a, 5, "loss");
    random_init(&b, 5, "loss");
    for (int i = 0; i < 100; i++)
        cr_assert_eq(random_next(&a), random_next(&b));
}

/* Drawing from one stream moves no other; other names and other seeds are other streams. */
Test(random, streams_are_independent)
{
    struct random_stream a, b, c, d;
    random_init(&a, 5, "loss");
    random_init(&b, 5, "dup");
    random_init(&c, 6, "loss");
    random_init(&d, 5, "loss");
    for (int i = 0; i < 17; i++)
        random_next(&b);
    for (int i = 0; i < 100; i++) {
        uint64_t x = random_next(&a);
        cr_assert_neq(x, random_next(&b));
        cr_assert_neq(x, random_next(&c));
        cr_assert_eq(x, random_next(&d));
    }
}

Test(random, bytes_are_the_words_little_endian)
{
    struct random_stream a, b;
    uint8_t bytes[11];
    random_init(&a, 1, "x");
    random_init(&b, 1, "x");
    random_bytes(&a, bytes, sizeof bytes);
    const uint64_t word[2] = {random_next(&b), random_next(&b)};
    for (unsigned i = 0; i < sizeof bytes; i++)
        cr_assert_eq(bytes[i], (uint8_t)(word[i / 8] >> (i % 8 * 8)));
    cr_assert_eq(random_next(&a), random_next(&b));
}

/* 60000 draws of six: each face 10000 times, give or take five standard deviations
 * (sqrt(60000*5/36) = 91). */
Test(random, below_is_uniform)
{
    struct random_stream r;
    int face[6] = {0};
    random_init(&r, 1, "dice");
    for (int i = 0; i < 60000; i++)
        face[random_below(&r, 6)]++;
    for (int i = 0; i < 6; i++)
        cr_assert(face[i] > 10000 - 456 && face[i] < 10000 + 456, "face %d: %d", i, face[i]);
}

Test(random, below_stays_below)
{
    struct random_stream r;
    random_init(&r, 1, "x");
    for (int i = 0; i < 1000; i++) {
        cr_assert_eq(random_below(&r, 1), 0);
        cr_assert(random_below(&r, UINT64_MAX) < UINT64_MAX);
        cr_assert(random_below(&r, (UINT64_C(1) << 63) + 1) <= UINT64_C(1) << 63);
    }
}

/* (2^64-1)^2 = 2^128 - 2^65 + 1. */
Test(random, the_128_bit_product_is_exact)
{
    uint64_t high, low = mul128(UINT64_MAX, UINT64_MAX, &high);
    cr_assert(low == 1 && high == UINT64_MAX - 1);
    low = mul128(UINT64_C(0x100000000), UINT64_C(0x100000000), &high);
    cr_assert(low == 0 && high == 1);
}

static struct fingerprint print_of(const void *bytes, size_t len)
{
    struct fingerprint f;
    fingerprint_init(&f);
    fingerprint_bytes(&f, bytes, len);
    return f;
}

static bool same(const struct fingerprint *x, const struct fingerprint *y)
{
    return x->a == y->a && x->b == y->b;
}

static unsigned distance(const struct fingerprint *x, const struct fingerprint *y)
{
    return (unsigned)(__builtin_popcountll(x->a ^ y->a) + __builtin_popcountll(x->b ^ y->b));
}

/* Every single flipped bit, at every length up to 200 bytes, moves both halves, and on average half
 * of all bits. */
Test(fingerprint, one_flipped_bit_moves_it)
{
    uint8_t bytes[200];
    unsigned long long total = 0, flips = 0;
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    for (size_t len = 1; len <= sizeof bytes; len++) {
        struct fingerprint plain = print_of(bytes, len);
        for (size_t bit = 0; bit < len * 8; bit++) {
            bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ 1u << bit % 8);
            struct fingerprint flipped = print_of(bytes, len);
            bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ 1u << bit % 8);
            cr_assert(plain.a != flipped.a && plain.b != flipped.b, "length %zu bit %zu", len, bit);
            total += distance(&plain, &flipped);
            flips++;
        }
    }
    cr_assert(total / flips >= 60 && total / flips <= 68, "%llu bits move", total / flips);
}

/* Two flipped bits do not cancel, whichever they are (all pairs of 64 bytes). */
Test(fingerprint, two_flipped_bits_do_not_cancel)
{
    uint8_t bytes[64] = {0};
    struct fingerprint plain = print_of(bytes, sizeof bytes);
    for (unsigned i = 0; i < 512; i++)
        for (unsigned j = i + 1; j < 512; j++) {
            bytes[i / 8] = (uint8_t)(bytes[i / 8] ^ 1u << i % 8);
            bytes[j / 8] = (uint8_t)(bytes[j / 8] ^ 1u << j % 8);
            struct fingerprint flipped = print_of(bytes, sizeof bytes);
            cr_assert_not(same(&plain, &flipped), "bits %u and %u", i, j);
            bytes[i / 8] = bytes[j / 8] = 0;
        }
}

Test(fingerprint, lengths_and_cuts_differ)
{
    const uint8_t zero[64] = {0};
    struct fingerprint cut;
    for (size_t len = 0; len < sizeof zero; len++) {
        struct fingerprint a = print_of(zero, len), b = print_of(zero, len + 1);
        cr_assert_not(same(&a, &b), "%zu zeroes and one more", len);
    }
    fingerprint_init(&cut);
    fingerprint_bytes(&cut, zero, 32);
    fingerprint_bytes(&cut, zero, 32);
    struct fingerprint whole = print_of(zero, 64);
    cr_assert_not(same(&cut, &whole));
}

Test(fingerprint, order_matters)
{
    struct fingerprint x, y, p = print_of("p", 1), q = print_of("q", 1);
    fingerprint_init(&x);
    fingerprint_init(&y);
    fingerprint_join(&x, &p);
    fingerprint_join(&x, &q);
    fingerprint_join(&y, &q);
    fingerprint_join(&y, &p);
    cr_assert_not(same(&x, &y));
}

/* The same bytes at any address. */
Test(fingerprint, alignment_does_not_matter)
{
    char text[80];
    struct fingerprint first = print_of("0123456789abcdef0123456789abcdef0123456789", 42);
    for (int i = 0; i < 16; i++) {
        memcpy(text + i, "0123456789abcdef0123456789abcdef0123456789", 42);
        struct fingerprint moved = print_of(text + i, 42);
        cr_assert(same(&first, &moved));
    }
}

/* Fixed for good: goldens of large scenarios hold these digits, on every host. */
Test(fingerprint, text_is_32_digits)
{
    struct fingerprint f = {0x0123456789abcdefu, 0xfedcba9876543210u};
    char text[33];
    fingerprint_text(&f, text);
    cr_assert_str_eq(text, "0123456789abcdeffedcba9876543210");
}

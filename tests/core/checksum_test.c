/* stack/core/checksum against the worked examples of RFC 1071 and 1624, and a plain sum of words.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "stack/core/checksum.h"

/* The definition, one word at a time: RFC 1071 section 1, nothing clever. */
static uint16_t reference(const uint8_t *bytes, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
        if (sum > 0xffff)
            sum -= 0xffff;
    }
    return (uint16_t)sum;
}

/* Octets that differ from one another, from a fixed recurrence; many are 0xff so that carries
 * ripple. */
static void fill(uint8_t *bytes, size_t len, uint32_t seed)
{
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1103515245u + 12345u;
        bytes[i] = seed >> 29 == 0 ? 0xff : (uint8_t)(seed >> 16);
    }
}

/* RFC 1071 section 3: the octets 00 01 f2 03 f4 f5 f6 f7 add up to ddf2. */
Test(checksum, sums_the_example_of_rfc_1071)
{
    const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    cr_assert_eq(checksum_sum(bytes, sizeof bytes), 0xddf2);
    cr_assert_eq(checksum_finish(0xddf2), 0x220d);
}

/* RFC 1071 section 3, "odd": 00 01 f2 | 03 f4 f5 f6 f7, the second piece at an odd offset. */
Test(checksum, joins_the_pieces_of_rfc_1071_at_an_odd_offset)
{
    const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    uint16_t head = checksum_sum(bytes, 3), tail = checksum_sum(bytes + 3, 5);
    cr_assert_eq(head, 0xf201);
    cr_assert_eq(tail, 0xf0eb);
    cr_assert_eq(checksum_join(head, 3, tail), 0xddf2);
}

/* A lone last octet is the high half of a word (RFC 1071 section 1). */
Test(checksum, pads_an_odd_octet_with_a_zero_behind_it)
{
    const uint8_t byte = 0xab;
    cr_assert_eq(checksum_sum(&byte, 1), 0xab00);
}

Test(checksum, of_nothing_and_of_zeros_is_zero)
{
    const uint8_t zeros[300] = {0};
    cr_assert_eq(checksum_sum(zeros, 0), 0);
    for (size_t len = 1; len <= sizeof zeros; len++)
        cr_assert_eq(checksum_sum(zeros, len), 0);
}

/* Data that adds up to nothing gives the other zero, 0xffff: only zeros give 0. */
Test(checksum, of_data_that_cancels_is_ffff)
{
    const uint8_t one_and_its_complement[] = {0x12, 0x34, 0xed, 0xcb};
    uint8_t ones[300];
    memset(ones, 0xff, sizeof ones);
    cr_assert_eq(checksum_sum(one_and_its_complement, 4), 0xffff);
    for (size_t len = 2; len <= sizeof ones; len += 2)
        cr_assert_eq(checksum_sum(ones, len), 0xffff);
}

/* Every length 0 to 300 at every alignment 0 to 7, in memory of exactly that length. */
Test(checksum, equals_the_reference_at_every_length_and_alignment)
{
    for (size_t align = 0; align < 8; align++)
        for (size_t len = 0; len <= 300; len++) {
            uint8_t *memory = malloc(align + len + 1);
            uint8_t *bytes = memory + 1 + align - 1;
            fill(bytes, len, (uint32_t)(align * 1000 + len));
            cr_assert_eq(checksum_sum(bytes, len), reference(bytes, len),
                         "length %zu, alignment %zu", len, align);
            free(memory);
        }
}

/* A copy sums what it copies, at every pair of alignments, and touches nothing around it. */
Test(checksum, copies_and_sums_at_every_alignment)
{
    uint8_t from[400], to[400];
    for (size_t a = 0; a < 8; a++)
        for (size_t b = 0; b < 8; b++)
            for (size_t len = 0; len <= 300; len++) {
                fill(from, sizeof from, (uint32_t)len);
                memset(to, 0x5a, sizeof to);
                cr_assert_eq(checksum_copy(to + 8 + b, from + a, len), reference(from + a, len));
                cr_assert_arr_eq(to + 8 + b, from + a, len);
                cr_assert(to[8 + b - 1] == 0x5a && to[8 + b + len] == 0x5a, "wrote outside");
            }
}

/* However data is split in two, the joined sums are the sum of all. */
Test(checksum, joins_at_every_split)
{
    uint8_t bytes[300];
    for (size_t len = 0; len <= sizeof bytes; len++) {
        fill(bytes, len, (uint32_t)len + 7);
        for (size_t cut = 0; cut <= len; cut++) {
            uint16_t head = checksum_sum(bytes, cut), tail = checksum_sum(bytes + cut, len - cut);
            cr_assert_eq(checksum_join(head, cut, tail), reference(bytes, len));
        }
    }
}

/* The longest datagrams: carries beyond 32 bits are not lost. */
Test(checksum, sums_64_kib_of_ones)
{
    static uint8_t ones[65535];
    memset(ones, 0xff, sizeof ones);
    cr_assert_eq(checksum_sum(ones, 65534), 0xffff);
    cr_assert_eq(checksum_sum(ones, 65535), reference(ones, 65535));
}

/* RFC 1624 section 4: dd2f with 5555 changed to 3285 becomes 0000; RFC 1141 would say ffff. */
Test(checksum, updates_the_example_of_rfc_1624_to_zero)
{
    cr_assert_eq(checksum_update16(0xdd2f, 0x5555, 0x3285), 0x0000);
}

/* An update equals a new computation, for every content of the changed word. */
Test(checksum, updates_a_word_to_each_value)
{
    uint8_t bytes[6] = {0x12, 0x34, 0x55, 0x55, 0x80, 0x01};
    uint16_t before = checksum_finish(reference(bytes, sizeof bytes));
    for (unsigned v = 0; v <= 0xffff; v++) {
        bytes[2] = (uint8_t)(v >> 8);
        bytes[3] = (uint8_t)v;
        cr_assert_eq(checksum_update16(before, 0x5555, (uint16_t)v),
                     checksum_finish(reference(bytes, sizeof bytes)));
    }
}

/* 10.0.2.15 becomes 192.168.0.1 in a pseudo header, as a translator would do it. */
Test(checksum, updates_a_long_word)
{
    uint16_t before = checksum_finish(checksum_pseudo4(0x0a00020f, 0x0a000202, 17, 9));
    uint16_t after = checksum_finish(checksum_pseudo4(0xc0a80001, 0x0a000202, 17, 9));
    cr_assert_eq(checksum_update32(before, 0x0a00020f, 0xc0a80001), after);
}

/* 0a00 + 020f + 0a00 + 0202 + 0011 + 0009 = 182b. */
Test(checksum, sums_the_ipv4_pseudo_header)
{
    cr_assert_eq(checksum_pseudo4(0x0a00020f, 0x0a000202, 17, 9), 0x182b);
}

/* The same octets written out, with every carry that there can be. */
Test(checksum, sums_ipv4_pseudo_headers_like_the_reference)
{
    static const uint32_t words[] = {0, 1, 0xffff, 0x10000, 0x0000fffe, 0xffff0000, 0xffffffff};
    for (size_t a = 0; a < sizeof words / sizeof *words; a++)
        for (size_t b = 0; b < sizeof words / sizeof *words; b++) {
            const uint8_t header[12] = {(uint8_t)(words[a] >> 24),
                                        (uint8_t)(words[a] >> 16),
                                        (uint8_t)(words[a] >> 8),
                                        (uint8_t)words[a],
                                        (uint8_t)(words[b] >> 24),
                                        (uint8_t)(words[b] >> 16),
                                        (uint8_t)(words[b] >> 8),
                                        (uint8_t)words[b],
                                        0,
                                        255,
                                        0xff,
                                        0xff};
            cr_assert_eq(checksum_pseudo4(words[a], words[b], 255, 0xffff),
                         reference(header, sizeof header), "%08x %08x", words[a], words[b]);
        }
}

/* A header's 20 octets, at every alignment, carries included. */
Test(checksum, sums_twenty_octets_like_the_reference)
{
    uint8_t bytes[8 + 20];
    for (uint32_t seed = 0; seed < 1000; seed++)
        for (size_t align = 0; align < 8; align++) {
            fill(bytes, sizeof bytes, seed);
            cr_assert_eq(checksum_sum20(bytes + align), reference(bytes + align, 20));
        }
    memset(bytes, 0xff, sizeof bytes);
    cr_assert_eq(checksum_sum20(bytes), 0xffff);
    memset(bytes, 0, sizeof bytes);
    cr_assert_eq(checksum_sum20(bytes), 0);
}

/* fe80::1 to ff02::1, 0x12345 octets of next header 58: fe80 + 1 + ff02 + 1 + 1 +
 * 2345 + 3a is 2106 with the carries brought round. */
Test(checksum, sums_the_ipv6_pseudo_header)
{
    const uint8_t src[16] = {0xfe, 0x80, [15] = 1}, dst[16] = {0xff, 0x02, [15] = 1};
    cr_assert_eq(checksum_pseudo6(src, dst, 58, 0x12345), 0x2106);
}

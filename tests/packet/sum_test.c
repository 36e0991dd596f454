#include "tests/packet/rig.h"

/* RFC 1071, section 3, its example: 0001 f203 f4f5 f6f7 add up to ddf2; the field is the
 * complement. */
Test(packet_sum, rfc_1071_example)
{
    const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    cr_assert_eq(packet_sum(bytes, 8, 0), 0xffff & ~0xddf2);
}

/* An odd octet is the high half of a word whose low half is zero. */
Test(packet_sum, odd_length_is_padded_behind)
{
    const uint8_t bytes[] = {0x12, 0x34, 0x56};
    cr_assert_eq(packet_sum(bytes, 3, 0), 0xffff & ~(0x1234 + 0x5600));
}

/* ffff + ffff carries: 1fffe becomes ffff; its complement is 0. */
Test(packet_sum, carries_come_round)
{
    const uint8_t bytes[] = {0xff, 0xff, 0xff, 0xff};
    cr_assert_eq(packet_sum(bytes, 4, 0), 0);
    cr_assert_eq(packet_sum(bytes, 0, 0x1ffff), 0xffff & ~1);
    cr_assert_eq(packet_sum(bytes, 0, 0), 0xffff);
}

/* 65535 octets of ff: 32767 words of ffff and ff00. */
Test(packet_sum, long_input_does_not_overflow)
{
    static uint8_t bytes[65535];
    memset(bytes, 0xff, sizeof bytes);
    cr_assert_eq(packet_sum(bytes, sizeof bytes, 0), 0x00ff);
}

/* A payload that is shifted by a segment, a page or one octet must not look right. */
Test(packet_pattern, no_shift_looks_like_the_pattern)
{
    const uint64_t shifts[] = {1, 2, 4, 16, 256, 536, 1024, 1448, 1460, 1472, 4096, 8192, 65536};
    for (size_t s = 0; s < sizeof shifts / sizeof shifts[0]; s++) {
        int same = 0;
        for (uint64_t i = 0; i < 4096; i++)
            same += packet_pattern(i) == packet_pattern(i + shifts[s]);
        cr_assert_lt(same, 64, "shift %d: %d of 4096 octets are the same", (int)shifts[s], same);
    }
}

/* Made and compared by blocks, the octets are those of the definition, wherever a block ends. */
Test(packet_pattern, stretches_are_the_pattern)
{
    const uint64_t from[] = {0, 1, 4095, 4096, 4097, 262143, UINT32_MAX, UINT64_C(1) << 40};
    const uint32_t lens[] = {0, 1, 7, 8, 1460, 4096, 9000};
    static uint8_t made[9000];
    for (size_t f = 0; f < sizeof from / sizeof from[0]; f++)
        for (size_t l = 0; l < sizeof lens / sizeof lens[0]; l++) {
            uint32_t len = lens[l];
            packet_pattern_fill(made, len, from[f]);
            for (uint32_t i = 0; i < len; i++)
                cr_assert_eq(made[i], packet_pattern(from[f] + i));
            cr_assert_eq(packet_pattern_run(made, len, from[f]), len);
            for (uint32_t bent = 0; bent < len; bent += 1 + bent / 3) {
                made[bent] ^= 1;
                cr_assert_eq(packet_pattern_run(made, len, from[f]), bent);
                made[bent] ^= 1;
            }
        }
}

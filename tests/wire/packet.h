/*
 * Packets for the tests of stack/wire: written as hex, held in memory of exactly their length, so
 * that AddressSanitizer sees a read of one octet too many.
 */
#ifndef TESTS_WIRE_PACKET_H
#define TESTS_WIRE_PACKET_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "tests/runner/criterion.h"

struct packet {
    uint8_t *bytes;
    size_t len;
};

static inline struct packet packet_of(const void *bytes, size_t len)
{
    uint8_t *copy = test_memory(len);
    if (len)
        memcpy(copy, bytes, len);
    return (struct packet){copy, len};
}

static inline int packet_nibble(char c)
{
    const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Hex digits in pairs; whatever is not a hex digit separates. */
static inline struct packet packet(const char *hex)
{
    uint8_t bytes[4096];
    size_t len = 0;
    for (; *hex; hex++) {
        int high = packet_nibble(hex[0]);
        if (high < 0)
            continue;
        int low = packet_nibble(hex[1]);
        cr_assert(low >= 0 && len < sizeof bytes, "bad hex at \"%s\"", hex);
        bytes[len++] = (uint8_t)(high << 4 | low);
        hex++;
    }
    return packet_of(bytes, len);
}

static inline struct packet packet_prefix(struct packet p, size_t len)
{
    return packet_of(p.bytes, len);
}

#define ASSERT_BYTES(actual, actual_len, expected)                                                 \
    do {                                                                                           \
        struct packet want = (expected);                                                           \
        cr_assert_eq((size_t)(actual_len), want.len, "%zu octets", (size_t)(actual_len));          \
        cr_assert_arr_eq((actual), want.bytes, want.len);                                          \
    } while (0)

/* The parser finds exactly this fault; 0 is none. */
#define ASSERT_REFUSED(fault, call)                                                                \
    do {                                                                                           \
        int found = (int)(call);                                                                   \
        cr_assert_eq(found, (int)(fault), "fault %d, not %d", found, (int)(fault));                \
    } while (0)

#define ASSERT_ACCEPTED(call) ASSERT_REFUSED(0, call)

#endif

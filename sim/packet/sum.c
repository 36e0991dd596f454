/* The reference checksum and the payload that scripts leave open. */
#include <string.h>
#include "sim/base/source_route.h"
#include "sim/packet/layer.h"

uint16_t packet_sum(const uint8_t *bytes, size_t len, uint32_t initial)
{
    uint64_t sum = initial;
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += get16(bytes + i);
    if (len % 2)
        sum += (uint32_t)bytes[len - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/*
 * Neighbours differ, and so do positions that lie 256, 1460 or 65536 apart: a payload shifted by a
 * segment or a ring's length does not look right. The steps are a multiply and two shifts (a mixing
 * function of the usual kind). Of neighbours the products differ by STEP, so that a word of eight
 * octets takes one multiply an octet.
 */
#define STEP UINT64_C(0x9e3779b97f4a7c15)

static uint64_t mixed(uint64_t x)
{
    return (x ^ x >> 29) * UINT64_C(0xbf58476d1ce4e5b9) >> 56;
}

uint8_t packet_pattern(uint64_t position)
{
    return (uint8_t)mixed((position + 1) * STEP);
}

/* Eight octets, the first in the lowest bits. */
static uint64_t pattern_word(uint64_t position)
{
    uint64_t x = (position + 1) * STEP;
    return mixed(x) | mixed(x + STEP) << 8 | mixed(x + 2 * STEP) << 16 | mixed(x + 3 * STEP) << 24 |
           mixed(x + 4 * STEP) << 32 | mixed(x + 5 * STEP) << 40 | mixed(x + 6 * STEP) << 48 |
           mixed(x + 7 * STEP) << 56;
}

/*
 * What was made is kept, for whoever sends, receives or judges the same stretch of a stream soon
 * after: then it is made once and copied or compared as memory. A place in the cache is only ever
 * filled with what belongs there, so no result depends on what came before.
 */
enum { BLOCK = 4096, BLOCKS = 64 };
static struct block {
    uint64_t number; /* from 1; 0: empty */
    uint8_t octet[BLOCK];
} cache[BLOCKS];

static const uint8_t *block_of(uint64_t position)
{
    uint64_t number = position / BLOCK + 1, first = position / BLOCK * BLOCK;
    struct block *b = &cache[number % BLOCKS];
    if (b->number == number)
        return b->octet;
    for (uint32_t at = 0; at < BLOCK; at += 8) {
        uint64_t word = pattern_word(first + at);
        for (int k = 0; k < 8; k++, word >>= 8)
            b->octet[at + (uint32_t)k] = (uint8_t)word;
    }
    b->number = number;
    return b->octet;
}

/* The pattern from `position` on, as far as one block of it goes. */
static const uint8_t *stretch(uint64_t position, uint32_t *len)
{
    uint32_t at = (uint32_t)(position % BLOCK);
    *len = *len < BLOCK - at ? *len : BLOCK - at;
    return block_of(position) + at;
}

void packet_pattern_fill(uint8_t *out, uint32_t len, uint64_t position)
{
    for (uint32_t at = 0, n; at < len; at += n) {
        n = len - at;
        const uint8_t *from = stretch(position + at, &n);
        memcpy(out + at, from, n);
    }
}

uint32_t packet_pattern_run(const uint8_t *bytes, uint32_t len, uint64_t position)
{
    uint32_t at = 0;
    for (uint32_t n; at < len; at += n) {
        n = len - at;
        const uint8_t *want = stretch(position + at, &n);
        if (memcmp(bytes + at, want, n) != 0)
            break;
    }
    while (at < len && bytes[at] == packet_pattern(position + at))
        at++;
    return at;
}

uint32_t pseudo_sum(const struct shape *s, int i, uint32_t protocol, uint32_t length)
{
    if (i < 1)
        return 0;
    const struct view *lower = &s->view[i - 1];
    const uint8_t *h = s->bytes + lower->at;
    uint32_t sum = 0;
    uint32_t from = 0, to = 0;
    if (lower->layer == &layer_ip) {
        uint32_t header = (h[0] & 15u) * 4, room = s->len - lower->at;
        const uint8_t *end = source_route_end(h, header < room ? header : room);
        from = 12, to = 16;
        sum = get16(end) + (uint32_t)get16(end + 2);
    } else if (lower->layer == &layer_ip6)
        from = 8, to = 40;
    else
        return 0;
    for (uint32_t k = from; k < to; k += 2)
        sum += get16(h + k);
    return sum + protocol + (length >> 16) + (length & 0xffff);
}

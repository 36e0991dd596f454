/* The reference checksum and the payload that scripts leave open. */
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
 * function of the usual kind).
 */
uint8_t packet_pattern(uint64_t position)
{
    uint64_t x = (position + 1) * UINT64_C(0x9e3779b97f4a7c15);
    x ^= x >> 29;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    return (uint8_t)(x >> 56);
}

uint32_t pseudo_sum(const struct shape *s, int i, uint32_t protocol, uint32_t length)
{
    if (i < 1)
        return 0;
    const struct view *lower = &s->view[i - 1];
    const uint8_t *h = s->bytes + lower->at;
    uint32_t sum = 0;
    uint32_t from = 0, to = 0;
    if (lower->layer == &layer_ip)
        from = 12, to = 20;
    else if (lower->layer == &layer_ip6)
        from = 8, to = 40;
    else
        return 0;
    for (uint32_t k = from; k < to; k += 2)
        sum += get16(h + k);
    return sum + protocol + (length >> 16) + (length & 0xffff);
}

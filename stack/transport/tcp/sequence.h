/*
 * Sequence numbers (RFC 9293 3.4): 32 bits that wrap, compared by the sign of their difference.
 * What is compared is never 2^31 or more apart: windows are below 2^30 (RFC 7323 2.3).
 */
#ifndef STACK_TRANSPORT_TCP_SEQUENCE_H
#define STACK_TRANSPORT_TCP_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

static inline bool seq_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static inline bool seq_after(uint32_t a, uint32_t b)
{
    return seq_before(b, a);
}

/* a <= b, in the standard's words: SND.UNA =< SEG.ACK. */
static inline bool seq_upto(uint32_t a, uint32_t b)
{
    return !seq_before(b, a);
}

/* left =< a < left + length */
static inline bool seq_within(uint32_t a, uint32_t left, uint32_t length)
{
    return a - left < length;
}

static inline uint32_t seq_earlier(uint32_t a, uint32_t b)
{
    return seq_before(a, b) ? a : b;
}

static inline uint32_t seq_later(uint32_t a, uint32_t b)
{
    return seq_before(a, b) ? b : a;
}

#endif

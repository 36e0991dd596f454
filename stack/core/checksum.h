/*
 * The Internet checksum: RFC 1071 (the sum), RFC 1624 (updating it in place).
 *
 * A sum is the 16-bit one's complement sum of the big-endian words of some bytes, as a host-order
 * number, not yet complemented. It is 0 only when every byte summed was 0; any other data that adds
 * up to nothing gives 0xffff (the other zero of one's complement), on every machine alike.
 *
 * To transmit: store checksum_finish(sum of everything with the field at 0).
 * To verify:   the sum of everything, the field included, is CHECKSUM_OK.
 */
#ifndef STACK_CORE_CHECKSUM_H
#define STACK_CORE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#define CHECKSUM_OK 0xffffu

/* Sum of len bytes at any alignment; an odd last byte counts as the high half of a word. */
uint16_t checksum_sum(const void *bytes, size_t len);

/* The sum of 20 bytes, an IPv4 header's as it almost always is. */
uint16_t checksum_sum20(const void *bytes);

/* Copies len bytes (the areas do not overlap) and returns their sum: one pass over the memory. */
uint16_t checksum_copy(void *restrict to, const void *restrict from, size_t len);

/* One's complement addition of two sums, or of a sum and a 16-bit word in host order. */
static inline uint16_t checksum_add(uint16_t a, uint16_t b)
{
    uint32_t sum = (uint32_t)a + b;
    return (uint16_t)(sum + (sum >> 16));
}

/* Adds a 32-bit word in host order that starts at an even offset. */
static inline uint16_t checksum_add32(uint16_t sum, uint32_t word)
{
    return checksum_add(checksum_add(sum, (uint16_t)(word >> 16)), (uint16_t)word);
}

/*
 * Sum of two adjacent pieces from the sum of each. A piece that starts at an odd offset has each of
 * its bytes in the other half of a word, which swaps the halves of its sum (RFC 1071 section 2
 * (B)).
 */
static inline uint16_t checksum_join(uint16_t head, size_t head_len, uint16_t tail)
{
    if (head_len & 1)
        tail = (uint16_t)(tail << 8 | tail >> 8);
    return checksum_add(head, tail);
}

/* What goes into the checksum field. UDP's exception for 0 is udp_checksum_finish. */
static inline uint16_t checksum_finish(uint16_t sum)
{
    return (uint16_t)~sum;
}

/*
 * The new content of a checksum field after one word that it covers changed from `before` to
 * `after`: RFC 1624 equation 3, HC' = ~(~HC + ~m + m'), which unlike RFC 1141's never turns a
 * right 0x0000 into 0xffff. The word starts at an even offset from where the sum starts.
 */
static inline uint16_t checksum_update16(uint16_t field, uint16_t before, uint16_t after)
{
    uint16_t sum = checksum_add((uint16_t)~field, (uint16_t)~before);
    return (uint16_t)~checksum_add(sum, after);
}

static inline uint16_t checksum_update32(uint16_t field, uint32_t before, uint32_t after)
{
    field = checksum_update16(field, (uint16_t)(before >> 16), (uint16_t)(after >> 16));
    return checksum_update16(field, (uint16_t)before, (uint16_t)after);
}

/*
 * Sum of the pseudo header that UDP, TCP and (over IPv6) ICMPv6 prepend: RFC 768, RFC 9293 3.1;
 * RFC 8200 8.1. `len` is the length of transport header and payload. It is also what hardware that
 * sums the rest wants to find in the checksum field.
 */
uint16_t checksum_pseudo4(uint32_t src, uint32_t dst, uint8_t proto, uint16_t len);
uint16_t checksum_pseudo6(const uint8_t src[16], const uint8_t dst[16], uint8_t next_header,
                          uint32_t len);

#endif

#include "stack/transport/tcp/isn.h"
#include "stack/core/bytes.h"
#include "stack/core/div.h"

enum { PURPOSE_ISN = 1, PURPOSE_TIMESTAMP = 2 };
enum { ISN_TICK_NS = 4000 }; /* RFC 9293 3.4.1: "roughly every 4 microseconds" */

/* Byte by byte: the hash is the same on either byte order, and no padding gets in. */
static uint8_t *put_addr(uint8_t *at, const struct ip_addr *a)
{
    *at++ = (uint8_t)a->family;
    for (unsigned i = 0; i < 4; i++, at += 4)
        put32(at, a->word[i]);
    return at;
}

uint64_t hash_of_ends(const uint8_t key[KEYED_HASH_KEY_BYTES], const struct tcp_ends *ends,
                      uint8_t purpose, uint32_t more)
{
    uint8_t input[1 + 2 * 17 + 2 * 2 + 4], *at = input;
    *at++ = purpose;
    at = put_addr(at, &ends->local);
    at = put_addr(at, &ends->remote);
    put16(at, ends->local_port);
    put16(at + 2, ends->remote_port);
    put32(at + 4, more);
    return keyed_hash(key, input, sizeof input);
}

uint32_t isn_of_ends(const uint8_t key[KEYED_HASH_KEY_BYTES], const struct tcp_ends *ends,
                     int64_t now_ns)
{
    uint32_t m = (uint32_t)div_u64((uint64_t)now_ns, ISN_TICK_NS, NULL);
    return m + (uint32_t)hash_of_ends(key, ends, PURPOSE_ISN, 0);
}

uint32_t timestamp_offset_of_ends(const uint8_t key[KEYED_HASH_KEY_BYTES],
                                  const struct tcp_ends *ends)
{
    return (uint32_t)hash_of_ends(key, ends, PURPOSE_TIMESTAMP, 0);
}

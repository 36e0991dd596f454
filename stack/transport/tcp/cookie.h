/*
 * SYN cookies (RFC 4987 3.6): a listener without room for another half-open connection keeps
 * nothing of a SYN; its ISS is all that it needs to know again when the third ACK comes.
 */
#ifndef STACK_TRANSPORT_TCP_COOKIE_H
#define STACK_TRANSPORT_TCP_COOKIE_H

#include <stdbool.h>
#include "stack/transport/tcp/isn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a cookie, and a timestamp, remember of the SYN's options. */
struct cookie_options {
    bool wscale, sack, ecn;
    uint8_t shift; /* 0..14, with wscale */
};

/* The ISS of the answer to a SYN with SEG.SEQ `irs`. Of the peer's MSS the largest of eight sizes
 * that is not above it is kept; of its options all but ECN. */
uint32_t cookie_make(const uint8_t key[KEYED_HASH_KEY_BYTES], const struct tcp_ends *ends,
                     uint32_t irs, uint16_t mss, const struct cookie_options *o, int64_t now_ns);
/* Is `iss` (SEG.ACK - 1) one that was made for these numbers, one to two minutes ago at most? */
bool cookie_check(const uint8_t key[KEYED_HASH_KEY_BYTES], const struct tcp_ends *ends,
                  uint32_t irs, uint32_t iss, int64_t now_ns, uint16_t *mss,
                  struct cookie_options *o);

/* TSval of the answer: the clock, whose lowest six bits say the options; never ahead of `ts`. */
uint32_t cookie_timestamp(uint32_t ts, const struct cookie_options *o);
/* From the TSecr of the third ACK, less the connection's offset. */
struct cookie_options cookie_options_of(uint32_t ts);

#ifdef __cplusplus
}
#endif

#endif

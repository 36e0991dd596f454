/*
 * One direction's octets: a chain of chunks out of one pool that all connections share, each of
 * which holds the octets of one stretch of sequence space that begins at a multiple of its size.
 * So an octet has one place, whatever came before it: a chain may have gaps, and what came ahead of
 * its turn stays where it is when the gap closes. An idle connection holds no chunk.
 *
 * Which octets are there is for the owner to know; the chain knows which chunks.
 */
#ifndef STACK_TRANSPORT_TCP_STREAM_H
#define STACK_TRANSPORT_TCP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TCP_CHUNK_BYTES = 2048 }; /* a power of two, so that the grid survives the wrap */

struct tcp_chunk {
    struct tcp_chunk *next; /* the last one's is the first */
    struct tcp_chunk *near; /* of the last one: the chunk used last, or NULL */
    uint32_t at;            /* sequence number of its first octet's place */
    uint8_t bytes[TCP_CHUNK_BYTES];
};

struct tcp_stream {
    struct tcp_chunk *last; /* NULL: there is none */
};

struct tcp_chunks {
    struct tcp_chunk *free;
    uint8_t *fresh; /* of which none was lent yet: memory is touched when it is needed */
    uint32_t untouched, total, available, lowest;
    uint64_t failed;
};

/* How many chunks must be left for others. */
enum tcp_claim {
    TCP_CLAIM_FIRST, /* none: without it this direction would stand still */
    TCP_CLAIM_MORE,  /* an eighth, which is for who has nothing yet */
    TCP_CLAIM_AHEAD  /* a quarter: what came ahead of its turn can come again */
};

size_t tcp_chunks_bytes(uint32_t total);
void tcp_chunks_init(struct tcp_chunks *p, void *memory, uint32_t total);

/* Puts octets into their places; the number of them, from the first, for which there were chunks.
 * All that is in the chain lies within 2^31 of `seq`. */
uint32_t tcp_stream_put(struct tcp_chunks *p, struct tcp_stream *t, uint32_t seq,
                        const uint8_t *bytes, uint32_t len, enum tcp_claim claim);
/* Copies octets out, which are there. */
void tcp_stream_get(struct tcp_stream *t, uint32_t seq, uint8_t *out, uint32_t len);
/* The same, with their sum (stack/core/checksum.h). */
uint16_t tcp_stream_get_sum(struct tcp_stream *t, uint32_t seq, uint8_t *out, uint32_t len);
/* Gives back the chunks that hold nothing from `begin` on; all of them when that is `end`. */
void tcp_stream_drop(struct tcp_chunks *p, struct tcp_stream *t, uint32_t begin, uint32_t end);
/* Gives back those that hold nothing before `end`. */
void tcp_stream_cut(struct tcp_chunks *p, struct tcp_stream *t, uint32_t begin, uint32_t end);
void tcp_stream_clear(struct tcp_chunks *p, struct tcp_stream *t);
uint32_t tcp_stream_chunks(const struct tcp_stream *t);
/* STACK_CHECK: asserts that the chunks are in order, on the grid, and a ring. */
void tcp_stream_check(const struct tcp_stream *t);

#ifdef __cplusplus
}
#endif

#endif

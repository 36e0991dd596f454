/* What a connection's four numbers choose under a key of the stack's own: where its sequence
 * numbers begin, and its timestamps. */
#ifndef STACK_TRANSPORT_TCP_ISN_H
#define STACK_TRANSPORT_TCP_ISN_H

#include "stack/core/addr.h"
#include "stack/core/keyed_hash.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tcp_ends {
    struct ip_addr local, remote;
    uint16_t local_port, remote_port;
};

/* RFC 9293 3.4.1, RFC 6528 3: ISN = M + F(localip, localport, remoteip, remoteport, secretkey). M
 * ticks every 4 us. The key is RANDOM_ISN_KEY's, drawn once. */
uint32_t isn_of_ends(const uint8_t key[KEYED_HASH_KEY_BYTES], const struct tcp_ends *ends,
                     int64_t now_ns);
/* RFC 7323 5.4: what is added to the timestamp clock on this connection. The same for each
 * connection of these four numbers, so that their timestamps grow from one to the next (RFC 6191).
 */
uint32_t timestamp_offset_of_ends(const uint8_t key[KEYED_HASH_KEY_BYTES],
                                  const struct tcp_ends *ends);
/* A hash of the four numbers and `more`, for other uses; `purpose` keeps them apart. */
uint64_t hash_of_ends(const uint8_t key[KEYED_HASH_KEY_BYTES], const struct tcp_ends *ends,
                      uint8_t purpose, uint32_t more);

#ifdef __cplusplus
}
#endif

#endif

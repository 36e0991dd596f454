/*
 * An IPv4 datagram in fragments, by RFC 791's procedure.
 */
#ifndef SIM_PACKET_FRAGMENT_H
#define SIM_PACKET_FRAGMENT_H

#include <stdbool.h>
#include <stdint.h>

enum { FRAGMENT_MTU_MOST = 1500 };

struct packet_fragments {
    const uint8_t *datagram; /* its header first, which is whole; may be a fragment itself */
    uint32_t len;
    uint32_t mtu; /* 68 to FRAGMENT_MTU_MOST */
    uint32_t at;  /* octets of the body that went */
};

static inline bool packet_fragments_gone(const struct packet_fragments *f)
{
    return f->at >= f->len - (f->datagram[0] & 15u) * 4;
}

/* The next one, with its sum; its length, or 0: all have gone. */
uint32_t packet_fragment_next(struct packet_fragments *f, uint8_t out[FRAGMENT_MTU_MOST]);

#endif

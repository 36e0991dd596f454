/*
 * The packets that a NIC's receiver holds until there is room for them in guest memory. Its memory
 * comes from the world's arena when the first packet has to wait, which few do.
 */
#ifndef SIM_NIC_FIFO_H
#define SIM_NIC_FIFO_H

#include <stdbool.h>
#include <stdint.h>

struct nic;

/* A packet that waits, and what its model needs to know of it. */
struct fifo_packet {
    uint32_t len;     /* of bytes */
    uint32_t counted; /* what it takes of the chip's FIFO */
    uint16_t note[4];
    uint8_t bytes[];
};

struct fifo {
    uint8_t *room; /* NULL: nothing waited yet */
    uint32_t start, end;
    uint32_t used; /* the sum of `counted` */
};

enum { FIFO_MOST = 64 << 10, FIFO_SHORTEST = 56 };

/* Behind the others, in a FIFO of FIFO_MOST octets at most, which the caller has looked at; `len`
 * is FIFO_SHORTEST or more and not above `counted`. The bytes are copied. */
void fifo_put(struct nic *n, struct fifo *f, const struct fifo_packet *head, const uint8_t *bytes);
/* NULL: none waits. Valid until the next fifo_put. */
const struct fifo_packet *fifo_first(const struct fifo *f);
/* The first is through. */
void fifo_next(struct fifo *f);
void fifo_clear(struct fifo *f);

#endif

/*
 * Memory with one end: pieces of the world's arena that are given back together, when what they
 * were for (a call, a line) is over. In the arena like everything, so a restored world has the
 * pieces that it had.
 */
#ifndef SIM_WORLD_SCRATCH_H
#define SIM_WORLD_SCRATCH_H

#include "sim/world/world.h"

/* Zeroed, it holds nothing. */
struct scratch {
    struct scratch_piece *first;
};

/* Zeroed, 16-aligned. */
void *scratch_alloc(struct world *w, struct scratch *s, size_t size);
void scratch_release(struct world *w, struct scratch *s);

#endif

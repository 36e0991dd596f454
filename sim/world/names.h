/*
 * Things by name: a hash table in the world's arena that grows with what is in it, so that finding
 * one costs the same among two and among a thousand.
 */
#ifndef SIM_WORLD_NAMES_H
#define SIM_WORLD_NAMES_H

#include "sim/world/world.h"

struct name_slot {
    const char *name; /* NULL: free */
    void *thing;
};

/* Zeroed, it is empty. */
struct names {
    struct name_slot *slot;
    uint32_t count, room; /* room is a power of two */
};

/* `name` outlives the table. Of one name the first stays. */
void names_put(struct world *w, struct names *n, const char *name, void *thing);
/* NULL: there is none of that name. */
void *names_find(const struct names *n, const char *name);
/* The table's one copy of a text, its name and its thing. */
const char *names_text(struct world *w, struct names *n, const char *text);

#endif

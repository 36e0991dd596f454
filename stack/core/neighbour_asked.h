/*
 * Whom a forgotten entry has just asked for. RFC 1122 2.3.2.1 wants not more than one request per
 * second and destination, whatever became of the entry meanwhile: who pushes entries out with
 * forged packets must not have the same question asked again and again.
 */
#ifndef STACK_CORE_NEIGHBOUR_ASKED_H
#define STACK_CORE_NEIGHBOUR_ASKED_H

#include "stack/core/addr.h"

struct netif;

struct neighbour_asked {
    struct ip_addr addr;
    const struct netif *nif; /* NULL: the place is free */
    int64_t asked_ns;
    int64_t until_ns; /* from then on it may be asked for again */
};

/* Bounded: `limit` places at `place`, all zero at first. */
struct neighbour_memory {
    struct neighbour_asked *place;
    uint32_t limit;
};

/* Has it a place for one more? */
bool neighbour_memory_has_room(const struct neighbour_memory *m, int64_t now_ns);

/* Keeps `asked`; with every place taken, in the stead of the one that would be free first. */
void neighbour_memory_keep(struct neighbour_memory *m, const struct neighbour_asked *asked,
                           int64_t now_ns);

/* When `addr` was asked for last, and its place is free again; INT64_MIN: nothing is known. */
int64_t neighbour_memory_take(struct neighbour_memory *m, const struct netif *nif,
                              const struct ip_addr *addr, int64_t now_ns);

#endif

/*
 * Which nets have routes: a hash table by net and length of prefix, and a list of the lengths that
 * there are. A lookup tries the lengths from the longest; what it costs is how many lengths there
 * are to try, not how many nets - a host has a handful, IPv4 at most 33. The routes are the table's
 * entries themselves, so that a lookup reads a bucket and the route that it finds.
 */
#ifndef STACK_CORE_ROUTE_NETS_H
#define STACK_CORE_ROUTE_NETS_H

#include <stddef.h>
#include "stack/core/route.h"

#define ROUTE_NONE UINT32_MAX

/* `nets` nets of one family have this prefix. */
struct route_length {
    uint8_t family, prefix;
    uint16_t nets;
};

struct route_nets {
    struct route *route;
    uint32_t *bucket; /* the first of a net's routes, by index; others by route.next_net */
    uint32_t buckets; /* a power of two */
    struct route_length *length; /* the longest first; both families' */
    uint32_t lengths;
};

/* Memory that route_nets_init wants for `limit` routes. */
size_t route_nets_bytes(uint32_t limit);
void route_nets_init(struct route_nets *n, struct route *route, uint32_t limit, void *memory);

/* The first route of the net that the first `prefix` bits of `a` are, or ROUTE_NONE; the others of
 * it follow by route.next. */
uint32_t route_nets_find(const struct route_nets *n, const struct ip_addr *a, unsigned prefix);
/* The same of the net by the next shorter prefix that holds `a`: *at, 0 for the longest, counts
 * through n->length. ROUTE_NONE: there is no other. */
uint32_t route_nets_longest(const struct route_nets *n, const struct ip_addr *a, uint32_t *at);

/* Puts a route behind the others of its net, or takes it out. */
void route_nets_enter(struct route_nets *n, uint32_t index);
void route_nets_leave(struct route_nets *n, uint32_t index);

/* STACK_CHECK: asserts that `used` routes stand in the table, in order, and the lengths are theirs.
 */
void route_nets_check(const struct route_nets *n, uint32_t used);

#endif

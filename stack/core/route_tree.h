/*
 * Nets in a binary tree by their first bits, one a family: a lookup passes the nets that hold the
 * destination, the shortest prefix first, and nothing else. A node is a net with routes, or a fork
 * that has two children; so N nets need at most 2 N - 1 nodes, and no step is deeper than the
 * address is long.
 */
#ifndef STACK_CORE_ROUTE_TREE_H
#define STACK_CORE_ROUTE_TREE_H

#include <stddef.h>
#include "stack/core/addr.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ROUTE_NONE UINT32_MAX

struct route_node {
    struct ip_addr net; /* its bits behind the prefix are 0 */
    uint32_t child[2];  /* by the first bit behind the prefix; a free node's next is child[0] */
    uint32_t first;     /* of the net's routes; ROUTE_NONE: only a fork */
    uint8_t prefix;
};

struct route_tree {
    uint32_t root[2]; /* IPv4, IPv6 */
    uint32_t free;
    struct route_node *node;
};

/* Nodes that hold any `nets` nets. */
static inline uint32_t route_tree_nodes(uint32_t nets)
{
    return 2 * nets;
}

void route_tree_init(struct route_tree *t, struct route_node *node, uint32_t nodes);

/* The outermost node that may hold the address, or ROUTE_NONE; and the next one inside it. */
uint32_t route_tree_outermost(const struct route_tree *t, const struct ip_addr *a);
uint32_t route_tree_inner(const struct route_tree *t, uint32_t at, const struct ip_addr *a);

/* The net's own node, or NULL. */
struct route_node *route_tree_find(const struct route_tree *t, const struct ip_addr *net,
                                   unsigned prefix);
/* The same, entered when it is not there. There is always a free node (route_tree_nodes). */
struct route_node *route_tree_enter(struct route_tree *t, const struct ip_addr *net,
                                    unsigned prefix);
/* A net without routes any more: takes out its node, and the fork that it leaves with one child. */
void route_tree_remove(struct route_tree *t, const struct ip_addr *net, unsigned prefix);

#ifdef __cplusplus
}
#endif

#endif

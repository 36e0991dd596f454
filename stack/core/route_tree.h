/*
 * Nets in a binary tree by their first bits, one a family. A node is a net with routes, or a fork
 * that has two children; so N nets need at most 2 N - 1 nodes, and no step is deeper than the
 * address is long. A lookup goes down by single bits of the destination, which passes every net
 * that holds it, and compares on the way back, the longest prefix first: what it reads on the way
 * is small and lies together.
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
    uint32_t child[2]; /* by the first bit behind the prefix; a free node's next is child[0] */
    uint32_t up;       /* ROUTE_NONE: the root */
    uint32_t first;    /* of the net's routes; ROUTE_NONE: only a fork */
    uint32_t prefix;
};

struct route_tree {
    uint32_t root[2]; /* IPv4, IPv6 */
    uint32_t free;
    struct route_node *node;
    struct ip_addr *net; /* of each node; its bits behind the prefix are 0 */
};

/* Nodes that hold any `nets` nets. */
static inline uint32_t route_tree_nodes(uint32_t nets)
{
    return 2 * nets;
}

void route_tree_init(struct route_tree *t, struct route_node *node, struct ip_addr *net,
                     uint32_t nodes);

/* The node with routes that holds the address by the longest prefix, or ROUTE_NONE; and the next
 * one that holds it, by a shorter one. */
uint32_t route_tree_longest(const struct route_tree *t, const struct ip_addr *a);
uint32_t route_tree_shorter(const struct route_tree *t, uint32_t at, const struct ip_addr *a);

/* The net's own node, or NULL. */
struct route_node *route_tree_find(struct route_tree *t, const struct ip_addr *net,
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

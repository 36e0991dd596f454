#include "stack/core/route_tree.h"
#include "stack/core/panic.h"

static uint32_t family_root(const struct ip_addr *a)
{
    return a->family == ADDR_IPV4 ? 0 : 1;
}

static unsigned width(const struct ip_addr *a)
{
    return a->family == ADDR_IPV4 ? 32 : 128;
}

static unsigned bit(const struct ip_addr *a, unsigned at)
{
    return a->word[at / 32] >> (31 - at % 32) & 1;
}

/* How many of the first `most` bits agree. */
static unsigned common_bits(const struct ip_addr *a, const struct ip_addr *b, unsigned most)
{
    unsigned n = 0;
    while (n + 32 <= most && a->word[n / 32] == b->word[n / 32])
        n += 32;
    while (n < most && bit(a, n) == bit(b, n))
        n++;
    return n;
}

void route_tree_init(struct route_tree *t, struct route_node *node, uint32_t nodes)
{
    t->root[0] = t->root[1] = ROUTE_NONE;
    t->node = node;
    t->free = nodes ? 0 : ROUTE_NONE;
    for (uint32_t i = 0; i < nodes; i++)
        node[i].child[0] = i + 1 < nodes ? i + 1 : ROUTE_NONE;
}

static uint32_t holds(const struct route_tree *t, uint32_t at, const struct ip_addr *a)
{
    return at != ROUTE_NONE && addr_same_net(&t->node[at].net, a, t->node[at].prefix) ? at
                                                                                      : ROUTE_NONE;
}

uint32_t route_tree_outermost(const struct route_tree *t, const struct ip_addr *a)
{
    return holds(t, t->root[family_root(a)], a);
}

uint32_t route_tree_inner(const struct route_tree *t, uint32_t at, const struct ip_addr *a)
{
    const struct route_node *n = &t->node[at];
    return n->prefix == width(a) ? ROUTE_NONE : holds(t, n->child[bit(a, n->prefix)], a);
}

struct route_node *route_tree_find(const struct route_tree *t, const struct ip_addr *net,
                                   unsigned prefix)
{
    uint32_t at = route_tree_outermost(t, net);
    while (at != ROUTE_NONE && t->node[at].prefix < prefix)
        at = route_tree_inner(t, at, net);
    return at != ROUTE_NONE && t->node[at].prefix == prefix ? &t->node[at] : NULL;
}

static uint32_t new_node(struct route_tree *t, const struct ip_addr *net, unsigned prefix)
{
    uint32_t at = t->free;
    STACK_ASSERT(at != ROUTE_NONE);
    t->free = t->node[at].child[0];
    t->node[at] = (struct route_node){.net = *net,
                                      .child = {ROUTE_NONE, ROUTE_NONE},
                                      .first = ROUTE_NONE,
                                      .prefix = (uint8_t)prefix};
    addr_clear_host(&t->node[at].net, prefix);
    return at;
}

static void free_node(struct route_tree *t, uint32_t at)
{
    t->node[at].child[0] = t->free;
    t->free = at;
}

struct route_node *route_tree_enter(struct route_tree *t, const struct ip_addr *net,
                                    unsigned prefix)
{
    uint32_t *link = &t->root[family_root(net)];
    unsigned same = 0;
    while (*link != ROUTE_NONE) {
        struct route_node *n = &t->node[*link];
        same = common_bits(&n->net, net, n->prefix < prefix ? n->prefix : prefix);
        if (same < n->prefix)
            break;
        if (n->prefix == prefix)
            return n;
        link = &n->child[bit(net, n->prefix)];
    }
    uint32_t beside = *link, own = new_node(t, net, prefix), top = own;
    if (beside != ROUTE_NONE) { /* it is inside the net, or parts from it behind `same` bits */
        top = same == prefix ? own : new_node(t, net, same);
        t->node[top].child[bit(&t->node[beside].net, same)] = beside;
        if (top != own)
            t->node[top].child[bit(net, same)] = own;
    }
    *link = top;
    return &t->node[own];
}

/* What has no routes and not two children is no longer needed. */
static void drop_if_idle(struct route_tree *t, uint32_t *link)
{
    const struct route_node *n = &t->node[*link];
    if (n->first != ROUTE_NONE || (n->child[0] != ROUTE_NONE && n->child[1] != ROUTE_NONE))
        return;
    uint32_t gone = *link;
    *link = n->child[n->child[0] == ROUTE_NONE];
    free_node(t, gone);
}

void route_tree_remove(struct route_tree *t, const struct ip_addr *net, unsigned prefix)
{
    uint32_t *link = &t->root[family_root(net)], *above = NULL;
    while (t->node[*link].prefix != prefix) {
        above = link;
        link = &t->node[*link].child[bit(net, t->node[*link].prefix)];
        STACK_ASSERT(*link != ROUTE_NONE);
    }
    drop_if_idle(t, link);
    if (above)
        drop_if_idle(t, above);
}

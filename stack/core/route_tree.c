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

void route_tree_init(struct route_tree *t, struct route_node *node, struct ip_addr *net,
                     uint32_t nodes)
{
    t->root[0] = t->root[1] = ROUTE_NONE;
    t->node = node;
    t->net = net;
    t->free = nodes ? 0 : ROUTE_NONE;
    for (uint32_t i = 0; i < nodes; i++)
        node[i].child[0] = i + 1 < nodes ? i + 1 : ROUTE_NONE;
}

/* From `at` on upwards. */
static uint32_t holder(const struct route_tree *t, uint32_t at, const struct ip_addr *a)
{
    while (at != ROUTE_NONE &&
           (t->node[at].first == ROUTE_NONE || !addr_same_net(&t->net[at], a, t->node[at].prefix)))
        at = t->node[at].up;
    return at;
}

uint32_t route_tree_longest(const struct route_tree *t, const struct ip_addr *a)
{
    uint32_t next = t->root[family_root(a)], at = ROUTE_NONE, bits = width(a);
    while (next != ROUTE_NONE) {
        at = next;
        uint32_t prefix = t->node[at].prefix;
        next = prefix < bits ? t->node[at].child[bit(a, prefix)] : ROUTE_NONE;
    }
    return holder(t, at, a);
}

uint32_t route_tree_shorter(const struct route_tree *t, uint32_t at, const struct ip_addr *a)
{
    return holder(t, t->node[at].up, a);
}

/* Where it is linked, or would be: `same` of its first bits are those of what stands there. */
static uint32_t *place_of(struct route_tree *t, const struct ip_addr *net, unsigned prefix,
                          uint32_t *up, unsigned *same)
{
    uint32_t *link = &t->root[family_root(net)];
    *up = ROUTE_NONE;
    *same = 0;
    while (*link != ROUTE_NONE) {
        struct route_node *n = &t->node[*link];
        *same = common_bits(&t->net[*link], net, n->prefix < prefix ? n->prefix : prefix);
        if (*same < n->prefix || n->prefix == prefix)
            break;
        *up = *link;
        link = &n->child[bit(net, n->prefix)];
    }
    return link;
}

static bool is_net(const struct route_tree *t, uint32_t at, unsigned prefix, unsigned same)
{
    return at != ROUTE_NONE && t->node[at].prefix == prefix && same == prefix;
}

struct route_node *route_tree_find(struct route_tree *t, const struct ip_addr *net, unsigned prefix)
{
    uint32_t up;
    unsigned same;
    uint32_t at = *place_of(t, net, prefix, &up, &same);
    return is_net(t, at, prefix, same) ? &t->node[at] : NULL;
}

static uint32_t new_node(struct route_tree *t, const struct ip_addr *net, unsigned prefix,
                         uint32_t up)
{
    uint32_t at = t->free;
    STACK_ASSERT(at != ROUTE_NONE);
    t->free = t->node[at].child[0];
    t->node[at] = (struct route_node){
        .child = {ROUTE_NONE, ROUTE_NONE}, .up = up, .first = ROUTE_NONE, .prefix = prefix};
    t->net[at] = *net;
    addr_clear_host(&t->net[at], prefix);
    return at;
}

static void hang(struct route_tree *t, uint32_t under, uint32_t at)
{
    t->node[under].child[bit(&t->net[at], t->node[under].prefix)] = at;
    t->node[at].up = under;
}

struct route_node *route_tree_enter(struct route_tree *t, const struct ip_addr *net,
                                    unsigned prefix)
{
    uint32_t up;
    unsigned same;
    uint32_t *link = place_of(t, net, prefix, &up, &same), beside = *link;
    if (is_net(t, beside, prefix, same))
        return &t->node[beside];
    uint32_t own = new_node(t, net, prefix, up), top = own;
    if (beside != ROUTE_NONE) { /* it is inside the net, or parts from it behind `same` bits */
        top = same == prefix ? own : new_node(t, net, same, up);
        hang(t, top, beside);
        if (top != own)
            hang(t, top, own);
    }
    *link = top;
    return &t->node[own];
}

static uint32_t *link_to(struct route_tree *t, uint32_t at, const struct ip_addr *net)
{
    uint32_t up = t->node[at].up;
    if (up == ROUTE_NONE)
        return &t->root[family_root(net)];
    return &t->node[up].child[t->node[up].child[1] == at];
}

/* What has no routes and not two children is no longer needed. */
static void drop_if_idle(struct route_tree *t, uint32_t at, const struct ip_addr *net)
{
    struct route_node *n = &t->node[at];
    if (n->first != ROUTE_NONE || (n->child[0] != ROUTE_NONE && n->child[1] != ROUTE_NONE))
        return;
    uint32_t child = n->child[n->child[0] == ROUTE_NONE];
    *link_to(t, at, net) = child;
    if (child != ROUTE_NONE)
        t->node[child].up = n->up;
    n->child[0] = t->free;
    t->free = at;
}

void route_tree_remove(struct route_tree *t, const struct ip_addr *net, unsigned prefix)
{
    struct route_node *n = route_tree_find(t, net, prefix);
    STACK_ASSERT(n);
    uint32_t up = n->up;
    drop_if_idle(t, (uint32_t)(n - t->node), net);
    if (up != ROUTE_NONE)
        drop_if_idle(t, up, net);
}

#include "stack/core/route_nets.h"
#include "stack/core/panic.h"
#include "stack/core/size.h"

size_t route_nets_bytes(uint32_t limit)
{
    return size_add(size_array(size_buckets(limit), sizeof(uint32_t)),
                    size_array(limit, sizeof(struct route_length)));
}

void route_nets_init(struct route_nets *n, struct route *route, uint32_t limit, void *memory)
{
    *n = (struct route_nets){.route = route, .bucket = memory, .buckets = size_buckets(limit)};
    n->length = (struct route_length *)(void *)(n->bucket + n->buckets);
    for (uint32_t i = 0; i < n->buckets; i++)
        n->bucket[i] = ROUTE_NONE;
}

static struct ip_addr net_of(const struct ip_addr *a, unsigned prefix)
{
    if (a->family == ADDR_IPV4)
        return addr_ipv4(a->word[0] & ipv4_mask(prefix));
    struct ip_addr net = *a;
    addr_clear_host(&net, prefix);
    net.zone = 0; /* the interface says it */
    return net;
}

/* Nets differ in bits of the middle: the product carries them to the top. */
static uint32_t *bucket_of(const struct route_nets *n, const struct ip_addr *net, unsigned prefix)
{
    uint32_t h = net->word[0] ^ net->word[1] ^ net->word[2] ^ net->word[3] ^ prefix;
    h *= 0x9e3779b1u; /* 2^32 by the golden ratio */
    return &n->bucket[h >> 16 & (n->buckets - 1)];
}

static bool is_of_net(const struct route *r, const struct ip_addr *net, unsigned prefix)
{
    return r->prefix == prefix && addr_equal(&r->net, net);
}

static uint32_t find(const struct route_nets *n, const struct ip_addr *net, unsigned prefix)
{
    uint32_t i = *bucket_of(n, net, prefix);
    while (i != ROUTE_NONE && !is_of_net(&n->route[i], net, prefix))
        i = n->route[i].next_net;
    return i;
}

uint32_t route_nets_find(const struct route_nets *n, const struct ip_addr *a, unsigned prefix)
{
    struct ip_addr net = net_of(a, prefix);
    return find(n, &net, prefix);
}

uint32_t route_nets_longest(const struct route_nets *n, const struct ip_addr *a, uint32_t *at)
{
    while (*at < n->lengths) {
        const struct route_length *l = &n->length[(*at)++];
        uint32_t first = l->family == a->family ? route_nets_find(n, a, l->prefix) : ROUTE_NONE;
        if (first != ROUTE_NONE)
            return first;
    }
    return ROUTE_NONE;
}

/* --- the lengths that there are --- */

/* Where the length stands, or would. */
static uint32_t place_of(const struct route_nets *n, const struct route *r)
{
    uint32_t i = 0;
    while (i < n->lengths &&
           (n->length[i].prefix > r->prefix ||
            (n->length[i].prefix == r->prefix && n->length[i].family > r->net.family)))
        i++;
    return i;
}

static bool is_length(const struct route_nets *n, uint32_t i, const struct route *r)
{
    return i < n->lengths && n->length[i].prefix == r->prefix &&
           n->length[i].family == r->net.family;
}

static void count_net(struct route_nets *n, const struct route *r)
{
    uint32_t at = place_of(n, r);
    if (!is_length(n, at, r)) {
        for (uint32_t i = n->lengths++; i > at; i--)
            n->length[i] = n->length[i - 1];
        n->length[at] = (struct route_length){(uint8_t)r->net.family, r->prefix, 0};
    }
    n->length[at].nets++;
}

static void forget_net(struct route_nets *n, const struct route *r)
{
    uint32_t at = place_of(n, r);
    STACK_ASSERT(is_length(n, at, r) && n->length[at].nets > 0);
    if (--n->length[at].nets > 0)
        return;
    n->lengths--;
    for (uint32_t i = at; i < n->lengths; i++)
        n->length[i] = n->length[i + 1];
}

/* --- entering and leaving --- */

void route_nets_enter(struct route_nets *n, uint32_t index)
{
    struct route *r = &n->route[index];
    uint32_t at = find(n, &r->net, r->prefix);
    r->next = r->next_net = ROUTE_NONE;
    if (at == ROUTE_NONE) {
        uint32_t *bucket = bucket_of(n, &r->net, r->prefix);
        r->next_net = *bucket;
        *bucket = index;
        count_net(n, r);
        return;
    }
    while (n->route[at].next != ROUTE_NONE)
        at = n->route[at].next;
    n->route[at].next = index;
}

/* Its net's first: the second takes its place, or the net is gone. */
static void replace(struct route_nets *n, uint32_t index)
{
    struct route *r = &n->route[index];
    uint32_t *link = bucket_of(n, &r->net, r->prefix);
    while (*link != index)
        link = &n->route[*link].next_net;
    *link = r->next_net;
    if (r->next == ROUTE_NONE) {
        forget_net(n, r);
        return;
    }
    n->route[r->next].next_net = r->next_net;
    *link = r->next;
}

void route_nets_leave(struct route_nets *n, uint32_t index)
{
    struct route *r = &n->route[index];
    uint32_t at = find(n, &r->net, r->prefix);
    STACK_ASSERT(at != ROUTE_NONE);
    if (at == index) {
        replace(n, index);
        return;
    }
    while (n->route[at].next != index)
        at = n->route[at].next;
    n->route[at].next = r->next;
}

/* --- invariants --- */

static uint32_t check_net(const struct route_nets *n, uint32_t first)
{
    const struct route *of = &n->route[first];
    uint32_t routes = 0, order = 0;
    for (uint32_t i = first; i != ROUTE_NONE; i = n->route[i].next) {
        const struct route *r = &n->route[i];
        STACK_ASSERT(r->origin != ROUTE_FREE && is_of_net(r, &of->net, of->prefix));
        STACK_ASSERT(routes == 0 || r->order > order);
        order = r->order;
        routes++;
    }
    STACK_ASSERT(is_length(n, place_of(n, of), of));
    return routes;
}

void route_nets_check(const struct route_nets *n, uint32_t used)
{
    uint32_t routes = 0, nets = 0;
    for (uint32_t b = 0; b < n->buckets; b++)
        for (uint32_t i = n->bucket[b]; i != ROUTE_NONE; i = n->route[i].next_net) {
            STACK_ASSERT(bucket_of(n, &n->route[i].net, n->route[i].prefix) == &n->bucket[b]);
            routes += check_net(n, i);
            nets++;
        }
    STACK_ASSERT(routes == used);
    for (uint32_t i = 0; i < n->lengths; i++) {
        STACK_ASSERT(i == 0 || n->length[i - 1].prefix >= n->length[i].prefix);
        nets -= n->length[i].nets;
    }
    STACK_ASSERT(nets == 0);
}

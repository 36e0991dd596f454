/* The table of nets against a naive one: all routes are walked for each address. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "stack/core/route_nets.h"

enum { ROUTES = 60, STEPS = 20000 };

static struct route route[ROUTES];
static struct route_nets nets;
static uint32_t used, order;

/* Few bits that differ, so that nets hold one another, and half of each family. */
static struct ip_addr random_address(void)
{
    struct ip_addr a = {.family = rand() % 2 ? ADDR_IPV6 : ADDR_IPV4};
    for (int i = 0; i < (a.family == ADDR_IPV6 ? 4 : 1); i++)
        a.word[i] =
            (uint32_t)(rand() & 3) << 30 | (uint32_t)(rand() & 1) << 16 | (uint32_t)(rand() & 1);
    return a;
}

static void enter(struct route *r)
{
    struct ip_addr a = random_address();
    unsigned prefix = (unsigned)rand() % (a.family == ADDR_IPV6 ? 129 : 33);
    addr_clear_host(&a, prefix);
    order++;
    *r =
        (struct route){.net = a, .prefix = (uint8_t)prefix, .origin = ROUTE_STATIC, .order = order};
    route_nets_enter(&nets, (uint32_t)(r - route));
    used++;
}

static void leave(struct route *r)
{
    route_nets_leave(&nets, (uint32_t)(r - route));
    r->origin = ROUTE_FREE;
    used--;
}

/* Of the routes with a prefix below `below` the longest that holds a; of one net the first. */
static const struct route *naive(const struct ip_addr *a, int below)
{
    const struct route *best = NULL;
    for (const struct route *r = route; r < route + ROUTES; r++)
        if (r->origin != ROUTE_FREE && r->prefix < below && addr_same_net(&r->net, a, r->prefix) &&
            (!best || r->prefix > best->prefix ||
             (r->prefix == best->prefix && r->order < best->order)))
            best = r;
    return best;
}

/* Every net that holds the address comes, the longest prefix first. */
static void compare(const struct ip_addr *a)
{
    uint32_t at = 0;
    int below = 129;
    for (;;) {
        const struct route *expected = naive(a, below);
        uint32_t first = route_nets_longest(&nets, a, &at);
        cr_assert_eq(first, expected ? (uint32_t)(expected - route) : ROUTE_NONE);
        if (!expected)
            return;
        cr_assert_eq(route_nets_find(&nets, a, expected->prefix), first);
        below = expected->prefix;
    }
}

Test(route_nets, finds_what_a_walk_over_all_routes_finds)
{
    void *memory = calloc(1, route_nets_bytes(ROUTES));
    srand(1);
    route_nets_init(&nets, route, ROUTES, memory);
    for (int step = 0; step < STEPS; step++) {
        struct route *r = &route[rand() % ROUTES];
        if (r->origin == ROUTE_FREE)
            enter(r);
        else
            leave(r);
        struct ip_addr a = random_address();
        compare(&a);
        if (step % 16 == 0)
            route_nets_check(&nets, used);
    }
    for (struct route *r = route; r < route + ROUTES; r++)
        if (r->origin != ROUTE_FREE)
            leave(r);
    cr_assert_eq(nets.lengths, 0);
    route_nets_check(&nets, 0);
    free(memory);
}

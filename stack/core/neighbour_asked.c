/* The questions that outlive their entry. */
#include "stack/core/neighbour_asked.h"
#include <stddef.h>

static bool is_free(const struct neighbour_asked *p, int64_t now_ns)
{
    return !p->nif || now_ns >= p->until_ns;
}

/* NULL when there is no place at all. */
static struct neighbour_asked *place_for_one(const struct neighbour_memory *m, int64_t now_ns)
{
    struct neighbour_asked *first = NULL;
    for (uint32_t i = 0; i < m->limit; i++) {
        if (is_free(&m->place[i], now_ns))
            return &m->place[i];
        if (!first || m->place[i].until_ns < first->until_ns)
            first = &m->place[i];
    }
    return first;
}

bool neighbour_memory_has_room(const struct neighbour_memory *m, int64_t now_ns)
{
    const struct neighbour_asked *place = place_for_one(m, now_ns);
    return place && is_free(place, now_ns);
}

void neighbour_memory_keep(struct neighbour_memory *m, const struct neighbour_asked *asked,
                           int64_t now_ns)
{
    struct neighbour_asked *place = place_for_one(m, now_ns);
    if (place && now_ns < asked->until_ns)
        *place = *asked;
}

int64_t neighbour_memory_take(struct neighbour_memory *m, const struct netif *nif,
                              const struct ip_addr *addr, int64_t now_ns)
{
    for (uint32_t i = 0; i < m->limit; i++) {
        struct neighbour_asked *p = &m->place[i];
        if (is_free(p, now_ns) || p->nif != nif || !addr_equal(&p->addr, addr))
            continue;
        p->nif = NULL;
        return p->asked_ns;
    }
    return INT64_MIN;
}

/*
 * Who is asked. Each source keeps the servers that it named: the user, and by interface what a
 * lease brought. So a lease's servers go with it, and nobody else's do. The source that spoke last
 * is asked first.
 */
#include "stack/core/mem.h"
#include "stack/service/dns_inside.h"

int dns_servers_find(const struct dns_servers *d, const struct ip_addr *server)
{
    for (uint32_t i = 0; i < d->count; i++)
        if (addr_equal(&d->list[i], server))
            return (int)i;
    return -1;
}

static bool names_these(const struct dns_source *source, const struct ip_addr *server,
                        uint32_t servers)
{
    if (source->servers != servers)
        return false;
    for (uint32_t i = 0; i < servers; i++)
        if (!addr_equal(&source->server[i], &server[i]))
            return false;
    return true;
}

/* The source that spoke last before `before`, or NULL. */
static const struct dns_source *latest(const struct dns_servers *d, uint32_t before)
{
    const struct dns_source *found = NULL;
    for (uint32_t i = 0; i < d->sources; i++) {
        const struct dns_source *source = &d->source[i];
        if (source->servers && source->order < before && (!found || source->order > found->order))
            found = source;
    }
    return found;
}

static void make_list(const struct dns_servers *d, struct dns_servers *out)
{
    const struct dns_source *source = NULL;
    out->count = 0;
    while ((source = latest(d, source ? source->order : UINT32_MAX)) != NULL)
        for (uint32_t i = 0; i < source->servers && out->count < DNS_SERVERS; i++)
            if (dns_servers_find(out, &source->server[i]) < 0)
                out->list[out->count++] = source->server[i];
}

static bool same_list(const struct dns_servers *a, const struct dns_servers *b)
{
    bool same = a->count == b->count;
    for (uint32_t i = 0; same && i < a->count; i++)
        same = addr_equal(&a->list[i], &b->list[i]);
    return same;
}

bool dns_servers_name(struct dns_servers *d, uint32_t source, const struct ip_addr *server,
                      uint32_t servers)
{
    struct dns_source *from = &d->source[source];
    struct dns_servers old = *d;
    STACK_ASSERT(source < d->sources && servers <= DNS_SERVERS);
    if (names_these(from, server, servers))
        return false;
    for (uint32_t i = 0; i < servers; i++)
        from->server[i] = server[i];
    from->servers = servers;
    from->order = d->order++;
    make_list(d, d);
    return !same_list(d, &old);
}

void dns_servers_check(const struct dns_servers *d)
{
    struct dns_servers made = *d;
    make_list(d, &made);
    STACK_ASSERT(same_list(d, &made));
    for (uint32_t i = 0; i < d->sources; i++)
        STACK_ASSERT(d->source[i].servers <= DNS_SERVERS && d->source[i].order <= d->order);
}

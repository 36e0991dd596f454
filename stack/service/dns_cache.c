#include "stack/service/dns_inside.h"
#include "stack/core/div.h"
#include "stack/core/mem.h"

bool dns_name_below(const struct dns_name *name, const struct dns_name *parent)
{
    struct dns_name tail;
    for (unsigned at = 0; at < name->len && name->len - at >= parent->len;
         at += 1u + name->wire[at]) {
        tail.len = (uint8_t)(name->len - at);
        memcpy(tail.wire, name->wire + at, tail.len);
        if (dns_name_equal(&tail, parent))
            return true;
    }
    return false;
}

/* RFC 8020: below a name that does not exist there is nothing either. */
static bool answers(const struct dns_entry *e, const struct dns_name *name, uint16_t type)
{
    if (e->type == DNS_ANY_TYPE)
        return dns_name_below(name, &e->name);
    return e->type == type && dns_name_equal(&e->name, name);
}

const struct dns_entry *dns_cache_find(const struct dns_cache *c, const struct dns_name *name,
                                       uint16_t type, int64_t now_ns)
{
    for (uint32_t i = 0; i < c->entries; i++)
        if (c->entry[i].used && c->entry[i].expires_ns > now_ns &&
            answers(&c->entry[i], name, type))
            return &c->entry[i];
    return NULL;
}

/* The place of an older entry for the same, else a free or expired one, else what would expire
 * first. */
static struct dns_entry *place(struct dns_cache *c, const struct dns_name *name, uint16_t type)
{
    struct dns_entry *soonest = NULL;
    for (uint32_t i = 0; i < c->entries; i++) {
        struct dns_entry *e = &c->entry[i];
        if (e->used && e->type == type && dns_name_equal(&e->name, name))
            return e;
        if (!soonest || (soonest->used && (!e->used || e->expires_ns < soonest->expires_ns)))
            soonest = e;
    }
    return soonest;
}

void dns_cache_put(struct dns_cache *c, const struct dns_name *name, uint16_t type, int result,
                   const struct dns_result *data, uint32_t ttl_s, int64_t now_ns)
{
    if (ttl_s == 0 || c->entries == 0)
        return;
    *place(c, name, type) = (struct dns_entry){
        .used = true,
        .expires_ns = now_ns + (int64_t)ttl_s * 1000000000,
        .result = result,
        .type = type,
        .name = *name,
        .data = *data,
    };
}

uint32_t dns_cache_left(const struct dns_entry *e, int64_t now_ns)
{
    return (uint32_t)div_u64((uint64_t)(e->expires_ns - now_ns), 1000000000, NULL);
}

void dns_cache_clear(struct dns_cache *c)
{
    for (uint32_t i = 0; i < c->entries; i++)
        c->entry[i].used = false;
}

void dns_cache_forget_failures(struct dns_cache *c)
{
    for (uint32_t i = 0; i < c->entries; i++)
        if (c->entry[i].result == -ERR_IO || c->entry[i].result == -ERR_TIMEDOUT)
            c->entry[i].used = false;
}

static void check_entry(const struct dns_entry *e)
{
    STACK_ASSERT(e->name.len > 0);
    switch (e->result) {
    case 0:
        STACK_ASSERT(e->type != DNS_ANY_TYPE && e->data.count > 0 && e->data.count <= DNS_RESULTS);
        break;
    case -ERR_NOENT:
        break;
    default:
        STACK_ASSERT(e->type != DNS_ANY_TYPE);
        STACK_ASSERT(e->result == -ERR_IO || e->result == -ERR_TIMEDOUT);
        break;
    }
}

void dns_cache_check(const struct dns_cache *c)
{
    for (uint32_t i = 0; i < c->entries; i++) {
        const struct dns_entry *e = &c->entry[i];
        if (!e->used)
            continue;
        check_entry(e);
        for (uint32_t k = 0; k < i; k++)
            STACK_ASSERT(!c->entry[k].used || c->entry[k].type != e->type ||
                         !dns_name_equal(&c->entry[k].name, &e->name));
    }
}

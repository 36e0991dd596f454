#include "sim/monitor/table.h"
#include <string.h>
#include "sim/monitor/inside.h"

enum { BUCKETS_FIRST = 16 };

static uint32_t bucket_of(const struct table *t, uint64_t high, uint64_t low)
{
    uint64_t x = high * UINT64_C(0x9e3779b97f4a7c15) ^ low;
    x = (x ^ x >> 31) * UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(x >> 32 ^ x >> 17) & (t->buckets - 1);
}

static bool grow(struct monitor *m, struct table *t)
{
    uint32_t buckets = t->buckets ? t->buckets * 2 : BUCKETS_FIRST;
    struct node **bucket = monitor_alloc(m, buckets * sizeof(struct node *));
    if (!bucket)
        return t->buckets > 0;
    struct node **old = t->bucket;
    uint32_t olds = t->buckets;
    t->bucket = bucket;
    t->buckets = buckets;
    for (uint32_t b = 0; b < olds; b++)
        for (struct node *n = old[b], *next; n; n = next) {
            struct node **place = &bucket[bucket_of(t, n->key[0], n->key[1])];
            next = n->chain;
            n->chain = *place;
            *place = n;
        }
    if (olds)
        monitor_release(m, old, olds * sizeof(struct node *));
    return true;
}

static void unlink_age(struct table *t, struct node *n)
{
    *(n->older ? &n->older->newer : &t->oldest) = n->newer;
    *(n->newer ? &n->newer->older : &t->newest) = n->older;
}

static void link_newest(struct table *t, struct node *n)
{
    n->older = t->newest;
    n->newer = NULL;
    *(t->newest ? &t->newest->newer : &t->oldest) = n;
    t->newest = n;
}

/* The oldest record, zeroed, out of the table. */
static struct node *make_room(struct monitor *m, struct table *t)
{
    struct node *n = t->oldest, **place = &t->bucket[bucket_of(t, n->key[0], n->key[1])];
    if (t->forget)
        t->forget(m, n);
    while (*place != n)
        place = &(*place)->chain;
    *place = n->chain;
    unlink_age(t, n);
    t->count--;
    t->forgotten++;
    memset(n, 0, t->size);
    return n;
}

static struct node *add(struct monitor *m, struct table *t, uint64_t high, uint64_t low)
{
    if (t->count >= t->buckets && !grow(m, t))
        return NULL;
    struct node *n = t->count < t->most ? monitor_alloc(m, t->size) : NULL;
    if (!n && t->count)
        n = make_room(m, t);
    if (!n)
        return NULL;
    n->key[0] = high;
    n->key[1] = low;
    struct node **place = &t->bucket[bucket_of(t, high, low)];
    n->chain = *place;
    *place = n;
    link_newest(t, n);
    t->count++;
    return n;
}

struct node *table_find(struct monitor *m, struct table *t, uint64_t high, uint64_t low, bool make,
                        bool *made)
{
    struct node *n = t->buckets ? t->bucket[bucket_of(t, high, low)] : NULL;
    while (n && (n->key[0] != high || n->key[1] != low))
        n = n->chain;
    if (made)
        *made = !n && make;
    if (!n)
        return make ? add(m, t, high, low) : NULL;
    if (n != t->newest) {
        unlink_age(t, n);
        link_newest(t, n);
    }
    return n;
}

void table_free(struct monitor *m, struct table *t)
{
    for (struct node *n = t->oldest, *next; n; n = next) {
        next = n->newer;
        if (t->forget)
            t->forget(m, n);
        monitor_release(m, n, t->size);
    }
    if (t->buckets)
        monitor_release(m, t->bucket, t->buckets * sizeof(struct node *));
    memset(t, 0, sizeof *t);
}

/* Records found by a key, as many as a bound says: who was looked for longest ago makes room. */
#ifndef SIM_MONITOR_TABLE_H
#define SIM_MONITOR_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct monitor;

/* First in every record. */
struct node {
    uint64_t key[2];
    struct node *chain, *older, *newer;
};

struct table {
    struct node **bucket;
    uint32_t buckets, count, most;
    size_t size; /* of a record */
    struct node *oldest, *newest;
    void (*forget)(struct monitor *m, struct node *n); /* before a record goes; NULL: nothing */
    uint64_t forgotten;
};

/* The record of the key; NULL: there is none and none is to be made, or no memory. One that is made
 * is zero but for its key. */
struct node *table_find(struct monitor *m, struct table *t, uint64_t high, uint64_t low, bool make,
                        bool *made);
void table_free(struct monitor *m, struct table *t);

#endif

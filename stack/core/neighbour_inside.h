/* What the files of the neighbour cache share. */
#ifndef STACK_CORE_NEIGHBOUR_INSIDE_H
#define STACK_CORE_NEIGHBOUR_INSIDE_H

#include "stack/core/neighbour.h"
#include "stack/core/neighbour_asked.h"

enum neighbour_counter {
    NEIGHBOUR_DROP_QUEUE_FULL,
    NEIGHBOUR_DROP_UNANSWERED,
    NEIGHBOUR_DROP_EVICTED,
    NEIGHBOUR_DROP_LINK_DOWN,
    NEIGHBOUR_DROP_TABLE_FULL,
    NEIGHBOUR_DROP_NO_RESOLVER,
    NEIGHBOUR_DROP_REMOVED,
    NEIGHBOUR_EVICTED,
    NEIGHBOUR_TABLE_FULL,
    NEIGHBOUR_MOVED,
    NEIGHBOUR_COUNTERS
};

enum neighbour_knob { NEIGHBOUR_QUEUE_DATAGRAMS, NEIGHBOUR_QUEUE_BYTES };

enum { NEIGHBOUR_FAMILIES = 2 };

struct neighbour {
    struct ip_addr addr;
    struct netif *nif;
    struct netbuf_queue waiting; /* in INCOMPLETE */
    uint32_t waiting_bytes, waiting_datagrams;
    bool cut; /* the last datagram that came to wait did not fit: its rest is refused */
    uint8_t mac[NETIF_MAC_BYTES];
    uint8_t state;
    bool is_router;
    uint32_t tries;
    uint32_t next;             /* in its bucket, or among the free */
    uint64_t born;             /* in what order they were entered */
    int64_t stale_ns;          /* from then on it is not REACHABLE */
    int64_t expiry_ns;         /* from then on it does not serve */
    int64_t used_ns, asked_ns; /* INT64_MIN: never */
    struct deadline timer;
};

struct neighbours {
    const struct neighbour_resolver *resolver[NEIGHBOUR_FAMILIES];
    neighbour_unsent *unsent[NEIGHBOUR_FAMILIES];
    uint32_t limit, buckets; /* buckets: a power of two, at least limit */
    uint32_t free;           /* by next */
    uint32_t *bucket;
    uint64_t born;
    struct neighbour_memory memory; /* of entries that are gone; limit places */
    struct neighbour entry[];
};

/* NULL when the module is not there. */
struct neighbours *neighbours_of(struct stack *s);

struct neighbour *neighbour_find(struct neighbours *t, const struct netif *nif,
                                 const struct ip_addr *addr);

/* A new entry in `state`, about which nothing is known but when it was asked for; NULL when every
 * place is taken by one in use, or by one that must not be forgotten yet. */
struct neighbour *neighbour_enter(struct stack *s, struct netif *nif, const struct ip_addr *addr,
                                  enum neighbour_state state, int64_t now_ns);

/* Ends the entry: what waits for it is dropped and told as `error`. */
void neighbour_forget(struct stack *s, struct neighbour *e, enum neighbour_counter why, int error,
                      int64_t now_ns);

void neighbour_move_to(struct stack *s, struct neighbour *e, enum neighbour_state state);

/* REACHABLE ends by time alone; call it before the state is looked at. */
void neighbour_settle(struct stack *s, struct neighbour *e, int64_t now_ns);

/* STACK_CHECK: what must hold between any two calls. */
void neighbours_check(const struct neighbours *t);

/* The machine's timer. */
void neighbour_timer(struct stack *s, struct deadline *d, int64_t now_ns);

#endif

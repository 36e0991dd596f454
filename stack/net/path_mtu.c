/*
 * Path MTU discovery (RFC 1191): what routers say about packets of ours with DF that were too long.
 * An estimate lives for path_mtu.age and is forgotten then, so that a wider path is found again
 * (6.3).
 */
#include "stack/core/size.h"
#include "stack/core/text.h"
#include "stack/net/ipv4.h"
#include "stack/net/net.h"

#define MINUTES (60 * INT64_C(1000000000))

enum path_mtu_knob { KNOB_ENABLED, KNOB_MINIMUM, KNOB_AGE };
enum path_mtu_counter { LEARNT, CLAMPED, PLATEAU, NOT_SMALLER, EVICTED, AGED, OFF, COUNTERS };

enum { LOWEST = 68 }; /* RFC 791 3.2: no link is narrower */

/* RFC 1191 7, table 7-1. */
static const uint16_t plateaus[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68};

#define NONE UINT16_MAX

struct estimate {
    struct ip_addr destination; /* of family ADDR_NONE: free */
    int64_t until_ns;
    uint16_t mtu;
    uint16_t next; /* in its bucket */
    bool gave_up;  /* a router claimed less than path_mtu.minimum */
};

struct estimates {
    struct deadline ageing; /* at the earliest until_ns, or before it */
    uint32_t limit, used;
    uint32_t buckets; /* a power of two, at least limit */
    uint16_t *bucket;
    struct estimate entry[];
};

static struct estimates *table_of(struct stack *s)
{
    return s->module[MODULE_PATH_MTU] ? s->state[MODULE_PATH_MTU] : NULL;
}

static uint16_t *bucket_of(const struct estimates *t, const struct ip_addr *a)
{
    uint32_t h = a->word[0] ^ a->word[1] ^ a->word[2] ^ a->word[3] ^ a->zone;
    h *= 0x9e3779b1u; /* 2^32 by the golden ratio */
    return &t->bucket[h >> 16 & (t->buckets - 1)];
}

#ifdef STACK_CHECK
/* Each estimate in use stands in its destination's bucket, once, and the timer is not behind it. */
static void check(const struct estimates *t)
{
    uint32_t in_buckets = 0, used = 0;
    for (uint32_t b = 0; b < t->buckets; b++)
        for (uint16_t i = t->bucket[b]; i != NONE; i = t->entry[i].next) {
            const struct estimate *e = &t->entry[i];
            STACK_ASSERT(i < t->limit && bucket_of(t, &e->destination) == &t->bucket[b]);
            STACK_ASSERT(e->destination.family != ADDR_NONE && e->mtu >= LOWEST);
            STACK_ASSERT(t->ageing.due_ns <= e->until_ns);
            in_buckets++;
        }
    for (uint32_t i = 0; i < t->limit; i++)
        used += t->entry[i].destination.family != ADDR_NONE;
    STACK_ASSERT(used == t->used && in_buckets == used);
}
#endif

static struct estimate *find(const struct estimates *t, const struct ip_addr *destination)
{
    if (t->used == 0)
        return NULL;
    for (uint16_t i = *bucket_of(t, destination); i != NONE; i = t->entry[i].next)
        if (addr_equal(&t->entry[i].destination, destination))
            return (struct estimate *)&t->entry[i];
    return NULL;
}

uint16_t path_mtu(struct stack *s, const struct ip_addr *destination, uint16_t link_mtu,
                  bool *gave_up)
{
    const struct estimates *t = table_of(s);
    const struct estimate *e = t ? find(t, destination) : NULL;
    *gave_up = e && e->gave_up;
    return e && e->mtu < link_mtu ? e->mtu : link_mtu;
}

static void forget(struct stack *s, struct estimates *t, struct estimate *e)
{
    uint16_t *link = bucket_of(t, &e->destination);
    while (&t->entry[*link] != e)
        link = &t->entry[*link].next;
    *link = e->next;
    e->destination.family = ADDR_NONE;
    t->used--;
    stack_paths_moved(s);
}

static void age(struct stack *s, struct deadline *d, int64_t now_ns)
{
    struct estimates *t = s->state[MODULE_PATH_MTU];
    int64_t earliest = INT64_MAX;
    for (uint32_t i = 0; i < t->limit && t->used > 0; i++) {
        struct estimate *e = &t->entry[i];
        if (e->destination.family == ADDR_NONE)
            continue;
        if (e->until_ns <= now_ns) {
            forget(s, t, e);
            stack_count(s, MODULE_PATH_MTU, AGED);
        } else if (e->until_ns < earliest) {
            earliest = e->until_ns;
        }
    }
    deadline_set(s, d, earliest);
    STACK_INVARIANT(check(t));
}

/* A free place, or that of the one with the least time left. NULL: the table has none. */
static struct estimate *place(struct stack *s, struct estimates *t)
{
    struct estimate *oldest = NULL;
    for (uint32_t i = 0; i < t->limit; i++) {
        struct estimate *e = &t->entry[i];
        if (e->destination.family == ADDR_NONE)
            return e;
        if (!oldest || e->until_ns < oldest->until_ns)
            oldest = e;
    }
    if (oldest) {
        stack_count(s, MODULE_PATH_MTU, EVICTED);
        forget(s, t, oldest);
    }
    return oldest;
}

static struct estimate *enter(struct stack *s, struct estimates *t,
                              const struct ip_addr *destination)
{
    struct estimate *e = place(s, t);
    if (!e)
        return NULL;
    uint16_t *link = bucket_of(t, destination);
    *e = (struct estimate){.destination = *destination, .until_ns = INT64_MIN, .next = *link};
    *link = (uint16_t)(e - t->entry);
    t->used++;
    return e;
}

static void keep_until(struct stack *s, struct estimates *t, struct estimate *e, int64_t until_ns)
{
    if (e->until_ns < until_ns)
        e->until_ns = until_ns;
    if (e->until_ns < t->ageing.due_ns)
        deadline_set(s, &t->ageing, e->until_ns);
}

/* RFC 1191 5: an old router says nothing; the path is one step narrower than what did not pass. */
static uint16_t next_plateau(uint16_t length)
{
    for (unsigned i = 0; i < sizeof plateaus / sizeof plateaus[0]; i++)
        if (plateaus[i] < length)
            return plateaus[i];
    return LOWEST;
}

/* The floor is the knob's, and nothing that a message says goes below it: not the MTU, which a
 * forger chooses, and not the length that it quotes, which he chooses as well. */
static void learn(struct stack *s, struct estimates *t, const struct ip_addr *destination,
                  uint16_t mtu, int64_t now_ns)
{
    uint16_t minimum = (uint16_t)stack_knob(s, MODULE_PATH_MTU, KNOB_MINIMUM);
    struct estimate *e = find(t, destination);
    e = e ? e : enter(s, t, destination);
    if (!e)
        return;
    e->gave_up = mtu < minimum;
    e->mtu = mtu < minimum ? minimum : mtu;
    if (e->gave_up)
        stack_count(s, MODULE_PATH_MTU, CLAMPED);
    stack_count(s, MODULE_PATH_MTU, LEARNT);
    keep_until(s, t, e, now_ns + stack_knob(s, MODULE_PATH_MTU, KNOB_AGE));
    stack_paths_moved(s);
}

bool path_mtu_learn(struct stack *s, const struct ip_addr *destination, uint16_t length,
                    uint16_t mtu, int64_t now_ns)
{
    struct estimates *t = table_of(s);
    if (!t || !stack_knob(s, MODULE_PATH_MTU, KNOB_ENABLED)) {
        if (t)
            stack_count(s, MODULE_PATH_MTU, OFF);
        return false;
    }
    STACK_INVARIANT(check(t));
    struct estimate *known = find(t, destination);
    if (mtu == 0) {
        mtu = next_plateau(length);
        stack_count(s, MODULE_PATH_MTU, PLATEAU);
    }
    /* RFC 1191 3: never an increase; and what would have let the packet through did not stop it. */
    if (mtu >= length || (known && mtu >= known->mtu)) {
        stack_count(s, MODULE_PATH_MTU, NOT_SMALLER);
        /* RFC 1191 3: larger packets are not tried less than 5 minutes after any such message, be
         * it one that lowers nothing. */
        if (known && mtu < length)
            keep_until(s, t, known, now_ns + 5 * MINUTES);
        return false;
    }
    learn(s, t, destination, mtu, now_ns);
    STACK_INVARIANT(check(t));
    return true;
}

static size_t entries_bytes(uint32_t limit)
{
    return sizeof(struct estimates) + limit * sizeof(struct estimate);
}

static size_t state_size(const struct stack_limits *l)
{
    return entries_bytes(l->path_mtus) + size_buckets(l->path_mtus) * sizeof(uint16_t);
}

static int init(struct stack *s, void *state, int64_t now_ns)
{
    struct estimates *t = state;
    (void)now_ns;
    t->limit = s->config.limits.path_mtus;
    t->buckets = size_buckets(t->limit);
    t->bucket = (uint16_t *)(void *)((uint8_t *)state + entries_bytes(t->limit));
    for (uint32_t i = 0; i < t->buckets; i++)
        t->bucket[i] = NONE;
    deadline_init(&t->ageing, deadline_rank(MODULE_PATH_MTU, 0), "path_mtu.age", age);
    return 0;
}

/* "to 10.0.3.4": what was learnt of the path. */
static int query(struct stack *s, void *state, const char *what, char *out, size_t room)
{
    uint32_t address;
    (void)s;
    const char *dest = text_after(what, "to ");
    if (!dest || !text_parse_ipv4(dest, &address))
        return -ERR_NOENT;
    struct ip_addr to = addr_ipv4(address);
    const struct estimate *e = find(state, &to);
    if (!e)
        return -ERR_NOENT;
    struct text t = text_to(out, room);
    text_number(&t, e->mtu);
    return text_done(&t);
}

static const struct knob knobs[] = {
    [KNOB_ENABLED] = {"enabled", KNOB_BOOL, 1, 0, 1},
    /* RFC 1191 allows 68; a forged one of those makes a flood of tiny packets, and no path in use
       is below 552. */
    [KNOB_MINIMUM] = {"minimum", KNOB_NUMBER, 552, LOWEST, 1500},
    [KNOB_AGE] = {"age", KNOB_NS, 10 * MINUTES, 5 * MINUTES,
                  24 * 60 * MINUTES}, /* RFC 1191 6.3; not within 5 minutes: 3 */
};

static const char *const counters[COUNTERS] = {
    [LEARNT] = "learnt",   [CLAMPED] = "clamped",
    [PLATEAU] = "plateau", [NOT_SMALLER] = "not_smaller",
    [EVICTED] = "evicted", [AGED] = "aged",
    [OFF] = "off",
};

const struct module path_mtu_module = {
    .name = "path_mtu",
    .id = MODULE_PATH_MTU,
    .state_size = state_size,
    .init = init,
    .knobs = knobs,
    .knob_count = sizeof knobs / sizeof knobs[0],
    .counters = counters,
    .counter_count = COUNTERS,
    .query = query,
};

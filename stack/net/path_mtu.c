/*
 * Path MTU discovery (RFC 1191): what routers say about packets of ours with DF that were too long.
 * An estimate lives for path_mtu.age and is forgotten then, so that a wider path is found again
 * (6.3).
 */
#include "stack/core/text.h"
#include "stack/net/ipv4.h"
#include "stack/net/net.h"

#define MINUTES (60 * INT64_C(1000000000))

enum path_mtu_knob { KNOB_ENABLED, KNOB_MINIMUM, KNOB_AGE };
enum path_mtu_counter { LEARNT, CLAMPED, PLATEAU, NOT_SMALLER, EVICTED, AGED, OFF, COUNTERS };

enum { LOWEST = 68 }; /* RFC 791 3.2: no link is narrower */

/* RFC 1191 7, table 7-1. */
static const uint16_t plateaus[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68};

struct estimate {
    uint32_t destination; /* 0: free */
    uint16_t mtu;
    bool gave_up; /* a router claimed less than path_mtu.minimum */
    int64_t until_ns;
};

struct estimates {
    struct deadline ageing; /* at the earliest until_ns */
    uint32_t limit;
    struct estimate entry[];
};

static struct estimate *find(struct stack *s, uint32_t destination)
{
    struct estimates *t = s->module[MODULE_PATH_MTU] ? s->state[MODULE_PATH_MTU] : NULL;
    for (uint32_t i = 0; t && destination && i < t->limit; i++)
        if (t->entry[i].destination == destination)
            return &t->entry[i];
    return NULL;
}

uint16_t path_mtu(struct stack *s, uint32_t destination, uint16_t link_mtu)
{
    const struct estimate *e = find(s, destination);
    return e && e->mtu < link_mtu ? e->mtu : link_mtu;
}

bool path_mtu_gives_up(struct stack *s, uint32_t destination)
{
    const struct estimate *e = find(s, destination);
    return e && e->gave_up;
}

static void set_ageing(struct stack *s, struct estimates *t)
{
    int64_t earliest = INT64_MAX;
    for (uint32_t i = 0; i < t->limit; i++)
        if (t->entry[i].destination && t->entry[i].until_ns < earliest)
            earliest = t->entry[i].until_ns;
    deadline_set(s, &t->ageing, earliest);
}

static void age(struct stack *s, struct deadline *d, int64_t now_ns)
{
    struct estimates *t = s->state[MODULE_PATH_MTU];
    (void)d;
    for (uint32_t i = 0; i < t->limit; i++)
        if (t->entry[i].destination && t->entry[i].until_ns <= now_ns) {
            t->entry[i].destination = 0;
            stack_count(s, MODULE_PATH_MTU, AGED);
        }
    set_ageing(s, t);
}

/* The one with the least time left gives way. */
static struct estimate *place_for(struct stack *s, struct estimates *t, uint32_t destination)
{
    struct estimate *e = find(s, destination);
    for (uint32_t i = 0; !e && i < t->limit; i++)
        if (t->entry[i].destination == 0)
            e = &t->entry[i];
    if (e || t->limit == 0)
        return e;
    e = &t->entry[0];
    for (uint32_t i = 1; i < t->limit; i++)
        if (t->entry[i].until_ns < e->until_ns)
            e = &t->entry[i];
    stack_count(s, MODULE_PATH_MTU, EVICTED);
    return e;
}

/* RFC 1191 5: an old router says nothing; the path is one step narrower than what did not pass. */
static uint16_t next_plateau(uint16_t length)
{
    for (unsigned i = 0; i < sizeof plateaus / sizeof plateaus[0]; i++)
        if (plateaus[i] < length)
            return plateaus[i];
    return LOWEST;
}

/* RFC 1191 3: larger packets are not tried less than 5 minutes after any such message, be it one
 * that lowers nothing. */
static void no_increase_before(struct stack *s, struct estimates *t, struct estimate *e,
                               int64_t at_ns)
{
    if (e->until_ns < at_ns)
        e->until_ns = at_ns;
    set_ageing(s, t);
}

uint16_t path_mtu_learn(struct stack *s, uint32_t destination, uint16_t length, uint16_t mtu,
                        int64_t now_ns)
{
    struct estimates *t = s->module[MODULE_PATH_MTU] ? s->state[MODULE_PATH_MTU] : NULL;
    if (!t || !stack_knob(s, MODULE_PATH_MTU, KNOB_ENABLED)) {
        if (t)
            stack_count(s, MODULE_PATH_MTU, OFF);
        return 0;
    }
    struct estimate *known = find(s, destination);
    if (mtu == 0) {
        mtu = next_plateau(length);
        stack_count(s, MODULE_PATH_MTU, PLATEAU);
    }
    /* RFC 1191 3: never an increase; and what would have let the packet through did not stop it. */
    if (mtu >= length || (known && mtu >= known->mtu)) {
        stack_count(s, MODULE_PATH_MTU, NOT_SMALLER);
        if (known && mtu < length)
            no_increase_before(s, t, known, now_ns + 5 * MINUTES);
        return 0;
    }
    uint16_t minimum = (uint16_t)stack_knob(s, MODULE_PATH_MTU, KNOB_MINIMUM);
    bool below = mtu < minimum;
    if (below) {
        mtu = minimum < length ? minimum : length;
        stack_count(s, MODULE_PATH_MTU, CLAMPED);
    }
    struct estimate *e = place_for(s, t, destination);
    if (!e)
        return 0;
    *e = (struct estimate){destination, mtu, below,
                           now_ns + stack_knob(s, MODULE_PATH_MTU, KNOB_AGE)};
    stack_count(s, MODULE_PATH_MTU, LEARNT);
    set_ageing(s, t);
    return mtu;
}

static size_t state_size(const struct stack_limits *l)
{
    return sizeof(struct estimates) + l->path_mtus * sizeof(struct estimate);
}

static int init(struct stack *s, void *state, int64_t now_ns)
{
    struct estimates *t = state;
    (void)now_ns;
    t->limit = s->config.limits.path_mtus;
    deadline_init(&t->ageing, deadline_rank(MODULE_PATH_MTU, 0), "path_mtu.age", age);
    return 0;
}

/* "to 10.0.3.4": what was learnt of the path. */
static int query(struct stack *s, void *state, const char *what, char *out, size_t room)
{
    uint32_t address;
    (void)state;
    const char *dest = text_after(what, "to ");
    const struct estimate *e = dest && text_parse_ipv4(dest, &address) ? find(s, address) : NULL;
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

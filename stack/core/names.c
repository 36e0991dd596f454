/* Knobs, counters and queries by their full names. */
#include "stack/core/core.h"
#include "stack/core/mem.h"
#include "stack/core/text.h"

/* The module whose name and a dot begin `name`; *rest is what follows. */
static const struct module *module_named(const struct stack *s, const char *name, const char **rest)
{
    for (unsigned m = 0; m < MODULES; m++) {
        const char *after = s->module[m] ? text_after(name, s->module[m]->name) : NULL;
        if (after && *after == '.') {
            *rest = after + 1;
            return s->module[m];
        }
    }
    return NULL;
}

static int64_t *knob_named(const struct stack *s, const char *name, const struct knob **knob)
{
    const char *rest;
    const struct module *m = module_named(s, name, &rest);
    for (uint32_t i = 0; m && i < m->knob_count; i++)
        if (text_equal(rest, m->knobs[i].name)) {
            *knob = &m->knobs[i];
            return &s->knob[m->id][i];
        }
    return NULL;
}

int stack_knob_set(struct stack *s, const char *name, int64_t value)
{
    const struct knob *knob;
    int64_t *at = knob_named(s, name, &knob);
    if (!at)
        return -ERR_NOENT;
    if (value < knob->min || value > knob->max)
        return -ERR_INVAL;
    *at = value;
    stack_paths_moved(s);
    return 0;
}

int stack_knob_get(const struct stack *s, const char *name, int64_t *value)
{
    const struct knob *knob;
    int64_t *at = knob_named(s, name, &knob);
    if (!at)
        return -ERR_NOENT;
    *value = *at;
    return 0;
}

static const uint64_t *name_it(const uint64_t *counter, char *name, const char *first,
                               const char *second)
{
    struct text t = text_to(name, 64);
    text_string(&t, first);
    text_char(&t, '.');
    text_string(&t, second);
    return counter;
}

/* What the core counts in struct stack itself. */
static const uint64_t *own_counter(const struct stack *s, unsigned k, char *name)
{
    switch (k) {
    case 0:
        return name_it(&s->rx_received, name, "core", "rx_received");
    case 1:
        return name_it(&s->rx_consumed, name, "core", "rx_consumed");
    case 2:
        return name_it(&s->rx_dropped, name, "core", "rx_dropped");
    case 3:
        return name_it(&s->pool[NETBUF_FRAME].failed, name, "core", "frames_failed");
    case 4:
        return name_it(&s->pool[NETBUF_BIG].failed, name, "core", "big_buffers_failed");
    default:
        return NULL;
    }
}

enum { OWN_COUNTERS = 5, NETIF_COUNTERS = 5 };

static unsigned driver_counters(const struct netif *nif)
{
    unsigned n = 0;
    while (nif->driver && nif->driver->counters && nif->driver->counters[n])
        n++;
    return n;
}

static const uint64_t *netif_counter(const struct netif *nif, unsigned k, char *name)
{
    static const char *const names[NETIF_COUNTERS] = {"rx_frames", "rx_bytes", "tx_frames",
                                                      "tx_bytes", "tx_errors"};
    const uint64_t *own[NETIF_COUNTERS] = {&nif->rx_frames, &nif->rx_bytes, &nif->tx_frames,
                                           &nif->tx_bytes, &nif->tx_errors};
    unsigned drivers = driver_counters(nif);
    if (k >= drivers)
        return name_it(own[k - drivers], name, nif->name, names[k - drivers]);
    const uint8_t *state = nif->state;
    const void *counters = state + nif->driver->counter_at;
    return name_it((const uint64_t *)counters + k, name, nif->name, nif->driver->counters[k]);
}

/* A walk over the counters starts with what the devices count by themselves. */
static void ask_drivers(const struct stack *s)
{
    for (uint32_t i = 0; i < s->netifs; i++)
        if (s->netif[i].driver && s->netif[i].driver->statistics)
            s->netif[i].driver->statistics(s->netif[i].state);
}

const uint64_t *stack_counter_at(const struct stack *s, unsigned k, char *name)
{
    if (k == 0)
        ask_drivers(s);
    if (k < OWN_COUNTERS)
        return own_counter(s, k, name);
    k -= OWN_COUNTERS;
    for (unsigned m = 0; m < MODULES; m++) {
        if (!s->module[m])
            continue;
        if (k < s->module[m]->counter_count)
            return name_it(&s->count[m][k], name, s->module[m]->name, s->module[m]->counters[k]);
        k -= s->module[m]->counter_count;
    }
    for (uint32_t i = 0; i < s->netifs; i++) {
        bool there = netif_is_there(&s->netif[i]);
        unsigned n = there ? driver_counters(&s->netif[i]) + NETIF_COUNTERS : 0;
        if (k < n)
            return netif_counter(&s->netif[i], k, name);
        k -= n;
    }
    return NULL;
}

int stack_counter(const struct stack *s, const char *name, uint64_t *value)
{
    char each[64];
    const uint64_t *counter;
    for (unsigned k = 0; (counter = stack_counter_at(s, k, each)) != NULL; k++)
        if (text_equal(each, name)) {
            *value = *counter;
            return 0;
        }
    return -ERR_NOENT;
}

int stack_query(struct stack *s, const char *what, char *out, size_t room)
{
    const char *rest;
    const struct module *m = module_named(s, what, &rest);
    if (!m || !m->query)
        return -ERR_NOENT;
    return m->query(s, s->state[m->id], rest, out, room);
}

static int query_pool(const struct netbuf_pool *pool, struct text *t)
{
    text_number(t, pool->available);
    text_string(t, " of ");
    text_number(t, pool->total);
    text_string(t, " free, lowest ");
    text_number(t, pool->lowest);
    return text_done(t);
}

static int query_addresses(const struct netif *nif, struct text *t)
{
    for (int i = 0; i < NETIF_ADDRESSES; i++) {
        const struct netif_address *a = &nif->address[i];
        if (a->addr.family == ADDR_NONE)
            continue;
        if (t->len > 0)
            text_char(t, ' ');
        text_addr(t, &a->addr);
        text_char(t, '/');
        text_number(t, a->prefix);
        if (a->tentative)
            text_string(t, " tentative");
    }
    return text_done(t);
}

/* "pool frames", "pool big", "addresses eth0" */
int core_query(struct stack *s, void *state, const char *what, char *out, size_t room)
{
    (void)state;
    struct text t = text_to(out, room);
    if (text_equal(what, "pool frames"))
        return query_pool(&s->pool[NETBUF_FRAME], &t);
    if (text_equal(what, "pool big"))
        return query_pool(&s->pool[NETBUF_BIG], &t);
    const char *name = text_after(what, "addresses ");
    const struct netif *nif = name ? stack_netif(s, name) : NULL;
    return nif ? query_addresses(nif, &t) : -ERR_NOENT;
}

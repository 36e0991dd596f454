/* Building a stack in its region, and driving it. */
#include "stack/core/core.h"
#include "stack/core/mem.h"
#include "stack/core/size.h"

enum {
    REGION_ALIGN = 64,
    RING_ALIGN = 256,      /* what a driver's ring may lose to alignment */
    ROUNDS_PER_POLL = 256, /* then the embedder gets control back, though there is more to do */
    FRAMES_PER_DRIVER_POLL = 64,
};

const char *const core_counters[CORE_COUNTERS] = {
    [CORE_DROP_RX_DOWN] = "drop.rx_down",
    [CORE_DROP_RX_NO_LINK_LAYER] = "drop.rx_no_link_layer",
    [CORE_DROP_TX_DOWN] = "drop.tx_down",
    [CORE_DROP_TX_NO_CARRIER] = "drop.tx_no_carrier",
    [CORE_DROP_TX_TOO_LONG] = "drop.tx_too_long",
    [CORE_DROP_TX_RING_FULL] = "drop.tx_ring_full",
    [CORE_DROP_TX_FAILED] = "drop.tx_failed",
    [CORE_DROP_LOOP_FULL] = "drop.loop_full",
    [CORE_DROP_STOPPED] = "drop.stopped",
};

static const struct knob core_knobs[CORE_KNOBS] = {
    [CORE_KNOB_CARRIER_LOSS] = {"carrier_loss", KNOB_NS, 1000000000, 0, 3600000000000},
    [CORE_KNOB_OFFLOAD] = {"offload", KNOB_BOOL, 1, 0, 1},
    /* of a device that may spread a frame over several: octets of each */
    [CORE_KNOB_RECEIVE_BUFFER] = {"receive_buffer", KNOB_NUMBER, 1518, 64, 1518},
};

const struct module core_module = {
    .name = "core",
    .id = MODULE_CORE,
    .knobs = core_knobs,
    .knob_count = CORE_KNOBS,
    .counters = core_counters,
    .counter_count = CORE_COUNTERS,
    .query = core_query,
};

static size_t rounded(size_t size)
{
    return size_rounded(size, REGION_ALIGN);
}

static size_t state_size(const struct module *m, const struct stack_limits *l)
{
    return m->state_size ? m->state_size(l) : 0;
}

static size_t module_bytes(const struct module *m, const struct stack_limits *l)
{
    return size_add(rounded(state_size(m, l)), rounded(m->knob_count * sizeof(int64_t)) +
                                                   rounded(m->counter_count * sizeof(uint64_t)));
}

static size_t pool_bytes(uint32_t count, uint32_t stride)
{
    return size_add(rounded(count * sizeof(struct netbuf)), size_array(count, rounded(stride)));
}

/* And one for all that are gone. */
static size_t netif_bytes(const struct stack_limits *l)
{
    return (l->netifs + (size_t)1) * sizeof(struct netif);
}

/* What addr_class.c lists. */
static size_t own_bytes(const struct stack_limits *l)
{
    return (size_t)l->netifs * NETIF_ADDRESSES * sizeof(struct own_address);
}

size_t stack_size(const struct stack_config *config)
{
    const struct stack_limits *l = &config->limits;
    size_t size = rounded(sizeof(struct stack)) + rounded(netif_bytes(l)) + rounded(own_bytes(l));
    size = size_add(size, pool_bytes(l->frames, NETBUF_FRAME_BYTES));
    size = size_add(size, pool_bytes(l->big_buffers, NETBUF_BIG_BYTES));
    size = size_add(size, module_bytes(&core_module, l));
    for (const struct module *const *m = config->modules; m && *m; m++)
        size = size_add(size, module_bytes(*m, l));
    size = size_add(size, rounded(l->driver_bytes));
    size = size_add(size, (size_t)l->netifs * RING_ALIGN);
    return size == SIZE_MAX ? 0 : size;
}

/* The slabs are not zeroed: whoever sends a byte has written it. */
static bool carve_pool(struct stack *s, enum netbuf_class size_class, uint32_t count,
                       uint32_t bytes)
{
    struct netbuf_pool *pool = &s->pool[size_class];
    pool->stride = (uint32_t)rounded(bytes);
    struct netbuf *nb = stack_carve(s, count * sizeof *nb, REGION_ALIGN);
    pool->slab = region_carve(s, (size_t)count * pool->stride, REGION_ALIGN);
    if (!nb || !pool->slab)
        return false;
    for (uint32_t i = count; i-- > 0;) { /* so that the first comes first */
        nb[i].base = pool->slab + (size_t)i * pool->stride;
        nb[i].size = bytes;
        nb[i].size_class = (uint8_t)size_class;
        nb[i].flags = NETBUF_IS_FREE;
        STACK_POISON(nb[i].base, bytes);
        nb[i].next = pool->free;
        pool->free = &nb[i];
    }
    pool->total = pool->available = pool->lowest = count;
    pool->reserve = count / NETBUF_RESERVE_PART;
    return true;
}

static bool carve_module(struct stack *s, const struct module *m)
{
    if ((unsigned)m->id >= MODULES || s->module[m->id])
        return false;
    s->state[m->id] = stack_carve(s, state_size(m, &s->config.limits), REGION_ALIGN);
    s->knob[m->id] = stack_carve(s, m->knob_count * sizeof(int64_t), REGION_ALIGN);
    s->count[m->id] = stack_carve(s, m->counter_count * sizeof(uint64_t), REGION_ALIGN);
    STACK_ASSERT(s->state[m->id] && s->knob[m->id] && s->count[m->id]); /* stack_size said so */
    for (uint32_t i = 0; i < m->knob_count; i++)
        s->knob[m->id][i] = m->knobs[i].initial;
    s->module[m->id] = m;
    return true;
}

static struct stack *refuse(struct stack_refusal *why, enum stack_refused reason,
                            const struct module *m, int error)
{
    if (why)
        *why = (struct stack_refusal){reason, m ? m->name : NULL, error};
    return NULL;
}

/* The first module that refuses, with its error, or NULL. */
static const struct module *start_modules(struct stack *s, int64_t now_ns, int *error)
{
    *error = 0;
    for (const struct module *const *m = s->config.modules; m && *m; m++)
        if (!carve_module(s, *m))
            return *m;
    netif_create_loopback(s);
    s->polled_ns = now_ns;
    for (const struct module *const *m = s->config.modules; m && *m; m++) {
        *error = (*m)->init ? (*m)->init(s, s->state[(*m)->id], now_ns) : 0;
        if (*error < 0)
            return *m;
        s->ready |= 1u << (*m)->id;
    }
    return NULL;
}

/* A region of zeros, but for the pools' slabs; stack_size has counted all that is carved here. */
static struct stack *lay_out(void *region, size_t size, const struct stack_config *config,
                             const struct port *port)
{
    const struct stack_limits *l = &config->limits;
    struct stack *s = region;
    STACK_UNPOISON(region, size); /* it may have been a stack's before */
    memset(s, 0, sizeof *s);
    s->config = *config;
    s->port = *port;
    s->region = region;
    s->region_size = size;
    s->told_ns = INT64_MIN;
    s->region_used = rounded(sizeof *s);
    s->path_generation = 1;
    s->netif = stack_carve(s, netif_bytes(l), REGION_ALIGN);
    s->own = stack_carve(s, own_bytes(l), REGION_ALIGN);
    bool fits = carve_pool(s, NETBUF_FRAME, l->frames, NETBUF_FRAME_BYTES) &&
                carve_pool(s, NETBUF_BIG, l->big_buffers, NETBUF_BIG_BYTES) &&
                carve_module(s, &core_module);
    STACK_ASSERT(s->netif && s->own && fits);
    s->gone = &s->netif[l->netifs];
    *s->gone = (struct netif){.stack = s, .index = l->netifs, .driver_due_ns = INT64_MAX};
    return s;
}

struct stack *stack_init(void *region, size_t size, const struct stack_config *config,
                         const struct port *port, int64_t now_ns, struct stack_refusal *why)
{
    size_t wanted = stack_size(config);
    if (wanted == 0 || config->limits.netifs == 0)
        return refuse(why, STACK_REFUSED_LIMITS, NULL, 0);
    if ((uintptr_t)region % REGION_ALIGN)
        return refuse(why, STACK_REFUSED_REGION, NULL, 0);
    if (size < wanted)
        return refuse(why, STACK_REFUSED_SIZE, NULL, 0);
    if (!port->random)
        return refuse(why, STACK_REFUSED_PORT, NULL, 0);
    int error;
    struct stack *s = lay_out(region, size, config, port);
    const struct module *refused = start_modules(s, now_ns, &error);
    return refused ? refuse(why, STACK_REFUSED_MODULE, refused, error) : s;
}

/* Cleared before the drivers look, so that an interrupt in between is seen now or brings them back.
 */
static bool take_wakeup(struct stack *s)
{
    if (!__atomic_load_n(&s->woken, __ATOMIC_ACQUIRE))
        return false;
    /* An exchange would be a library call on some processors. */
    __atomic_store_n(&s->woken, 0, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return true;
}

static void poll_drivers(struct stack *s, int64_t now_ns)
{
    bool woken = take_wakeup(s);
    for (uint32_t i = 0; i < s->netifs; i++) {
        struct netif *nif = &s->netif[i];
        if (!nif->driver || !nif->driver->poll || (!woken && nif->driver_due_ns > now_ns))
            continue;
        nif->driver_due_ns = nif->driver->poll(nif->state, now_ns, FRAMES_PER_DRIVER_POLL);
        netif_flush(nif, now_ns);
    }
}

/* What is sent meanwhile waits for the next round: loopback never re-enters. */
static void drain_loopback(struct stack *s, int64_t now_ns)
{
    struct netif *lo = &s->netif[0];
    for (uint32_t n = lo->loop.count; n > 0; n--) {
        struct netbuf *nb = netbuf_dequeue(&lo->loop);
        if (lo->link)
            lo->link->input(s, nb, now_ns);
        else
            stack_drop(s, nb, MODULE_CORE, CORE_DROP_RX_NO_LINK_LAYER);
    }
}

static int64_t drivers_due(const struct stack *s)
{
    int64_t due = INT64_MAX;
    for (uint32_t i = 0; i < s->netifs; i++)
        if (s->netif[i].driver_due_ns < due)
            due = s->netif[i].driver_due_ns;
    return due;
}

static int64_t poll_until_idle(struct stack *s, int64_t now_ns)
{
    for (int round = 0; round < ROUNDS_PER_POLL; round++) {
        poll_drivers(s, now_ns);
        drain_loopback(s, now_ns);
        int64_t due = deadline_run(s, now_ns), drivers = drivers_due(s);
        if (drivers < due)
            due = drivers;
        if (due > now_ns && s->netif[0].loop.count == 0 &&
            !__atomic_load_n(&s->woken, __ATOMIC_ACQUIRE))
            return due;
    }
    return now_ns;
}

int64_t stack_poll(struct stack *s, int64_t now_ns)
{
    s->polled_ns = now_ns;
    s->told_ns = INT64_MIN;
    return s->told_ns = poll_until_idle(s, now_ns);
}

void stack_stop(struct stack *s, int64_t now_ns)
{
    for (uint32_t i = 0; i < s->netifs; i++) {
        struct netif *nif = &s->netif[i];
        netif_down(nif, now_ns);
        if (nif->driver && nif->driver->stop)
            nif->driver->stop(nif->state, now_ns);
        nif->driver_due_ns = INT64_MAX;
        for (struct netbuf *nb; (nb = netbuf_dequeue(&nif->loop)) != NULL;)
            stack_drop(s, nb, MODULE_CORE, CORE_DROP_STOPPED);
    }
}

void stack_netif_event(struct stack *s, struct netif *nif, enum netif_event event, int64_t now_ns)
{
    stack_paths_moved(s);
    for (unsigned m = 0; m < MODULES; m++)
        if (s->ready >> m & 1 && s->module[m]->netif)
            s->module[m]->netif(s, s->state[m], nif, event, now_ns);
    stack_paths_moved(s); /* modules may have changed addresses' standing */
}

/* Our own stack behind the plug: memory, time, randomness and queries. Its calls are in
 * stack_sut_*.c. */
#include "sim/hosts/stack_sut_inside.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim/hosts/stack_sut_reach.h"
#include "sim/hosts/stack_sut_wrap.h"
#include "stack/socket/socket.h"
#include "stack/core/module.h"
#include "sim/nic/machine.h"
#include "stack/driver/device.h"
#include "stack/driver/pci.h"

/* A case costs what its memory costs to clear: two NICs' rings and some to spare are enough here.
 */
enum {
    STACK_POLL_ROUNDS = 10000,
    FRAMES = 160,
    BIG_BUFFERS = 6,
    CHUNKS_A_SOCKET = 33, /* a send buffer of 64 KiB, wherever it begins */
    MOST_CHUNKS = 16384,
    PLUGIN_DRIVER_BYTES = 2 << 20,
    SMALL_FRAMES = 38, /* a ring of 32 for receiving, and a few on their way */
    FEW_FRAMES = 16,   /* where the ring holds octets, not buffers: the RTL8139's */
    SERVICE_WAITERS = 16,
    FIRST_SCRATCH = 2048,
    MEMORY_ALIGN = 256, /* of a driver's state and ring, at most */
};

/* For exchanges of single packets, one after the other. */
static const struct stack_limits small_limits = {
    .frames = SMALL_FRAMES,
    .netifs = 2,
    .routes = 8,
    .neighbours = 8,
    .neighbour_queue = 4,
    .sockets = 8,
    .udp_pcbs = 8,
    .raw_pcbs = 4,
    .tcp_pcbs = 2,
    .tcp_chunks = 2,
    .memberships = 4,
    .socket_datagrams = 8,
    .reassemblies = 2,
    .path_mtus = 4,
    .dns_cache = 3,
    .dns_queries = 2,
    .pings = 2,
};

static int64_t now_of(struct stack_sut *u)
{
    return u->env->now(u->env->self);
}

/* --- the stack's port --- */

static void port_random(void *self, enum random_purpose purpose, void *out, size_t len)
{
    struct stack_sut *u = self;
    u->env->random(u->env->self, (int)purpose, out, len);
}

static void ask_for_poll(struct stack_sut *u, int64_t due_ns)
{
    if (due_ns >= u->due_ns)
        return;
    u->due_ns = due_ns;
    u->env->due(u->env->self, due_ns);
}

static void port_wake(void *self)
{
    struct stack_sut *u = self;
    u->woken = true;
    ask_for_poll(u, now_of(u));
}

static void port_due(void *self, int64_t due_ns)
{
    ask_for_poll(self, due_ns);
}

static void port_ready(void *self, int fd, unsigned events)
{
    (void)events;
    stack_socket_ready(self, fd);
}

static void port_fate(void *self, uint32_t frame, enum frame_fate fate, const char *reason)
{
    struct stack_sut *u = self;
    u->env->fate(u->env->self, frame, fate == FATE_CONSUMED, reason);
}

static void port_trace(void *self, enum trace_kind kind, const char *what, int64_t value)
{
    struct stack_sut *u = self;
    if (kind == TRACE_STATE && strcmp(what, "tcp.state") == 0)
        stack_reach_moved(value);
    u->env->trace(u->env->self, what, (int64_t)((uint64_t)value * 4 + kind));
}

/* --- the plug --- */

/* virtio_net drives the device whichever way it is reached. */
static bool drives(const char *driver, const char *nic)
{
    static const char virtio[] = "virtio";
    bool both = strncmp(driver, virtio, sizeof virtio - 1) == 0 &&
                strncmp(nic, virtio, sizeof virtio - 1) == 0;
    return both || strcmp(driver, nic) == 0;
}

/* The state and ring of the NIC's driver, once for each interface. */
static uint32_t driver_bytes(const struct sut_needs *needs,
                             const struct netif_driver *const *drivers)
{
    uint32_t most = 0, own = 0;
    for (; *drivers; drivers++) {
        uint32_t bytes = (*drivers)->state_size + (*drivers)->ring_bytes + 2 * MEMORY_ALIGN;
        if (needs->nic && drives((*drivers)->name, needs->nic))
            own = bytes;
        most = bytes > most ? bytes : most;
    }
    return (own ? own : most) * (uint32_t)needs->ports;
}

/* Connections and what they hold grow with the sockets, once those are more than the default: each
 * may fill its send buffer, up to a bound. */
static void size_for_sockets(struct stack_limits *l, uint32_t sockets)
{
    uint32_t chunks =
        sockets * CHUNKS_A_SOCKET < MOST_CHUNKS ? sockets * CHUNKS_A_SOCKET : MOST_CHUNKS;
    l->sockets = l->udp_pcbs = (uint16_t)sockets;
    if (sockets <= l->tcp_pcbs)
        return;
    l->tcp_pcbs = (uint16_t)sockets;
    if (chunks > l->tcp_chunks)
        l->tcp_chunks = (uint16_t)chunks;
}

static struct stack_config config_for(const struct sut_needs *needs,
                                      const struct netif_driver *const *drivers)
{
    struct stack_config c = stack_full_config;
    struct stack_limits *l = &c.limits;
    if (needs->small)
        *l = small_limits;
    c.drivers = drivers ? drivers : c.drivers;
    l->driver_bytes = drivers ? PLUGIN_DRIVER_BYTES : driver_bytes(needs, c.drivers);
    if (!needs->small) {
        l->frames = FRAMES;
        l->big_buffers = BIG_BUFFERS;
    } else if (needs->nic && strcmp(needs->nic, "rtl8139") == 0) {
        l->frames = FEW_FRAMES;
    }
    if (l->netifs < needs->ports + 1)
        l->netifs = (uint16_t)(needs->ports + 1);
    if (needs->sockets)
        size_for_sockets(l, needs->sockets);
    return c;
}

uint8_t *stack_scratch(struct stack_sut *u, size_t size)
{
    if (size > u->scratch_room) {
        u->scratch = u->env->memory(u->env->self, STACK_SCRATCH, NULL);
        u->scratch_room = u->scratch ? STACK_SCRATCH : 0;
    }
    return u->scratch;
}

/* Descriptors, and as many waiters as there can be receives and requests, behind the rest. */
static struct stack_sut *open_sut(const struct sut_env *env, const struct stack_config *config)
{
    uint32_t sockets = config->limits.sockets, waiters = sockets + SERVICE_WAITERS;
    struct stack_sut *u =
        env->memory(env->self,
                    sizeof *u + FIRST_SCRATCH + sockets * sizeof(struct stack_descriptor) +
                        waiters * sizeof(struct stack_waiter),
                    NULL);
    if (!u)
        return NULL;
    u->env = stack_wrap_env(env, &u->shifted);
    u->config = *config;
    u->descriptor = (struct stack_descriptor *)(void *)(u + 1);
    struct stack_waiter *waiter = (struct stack_waiter *)(void *)(u->descriptor + sockets);
    for (uint32_t w = waiters; w-- > 0;) {
        waiter[w].sut = u;
        stack_wait_free(&waiter[w]);
    }
    u->scratch = (uint8_t *)(waiter + waiters);
    u->scratch_room = FIRST_SCRATCH;
    return u;
}

void *stack_sut_open_config(const struct sut_env *env, const struct stack_config *config)
{
    struct stack_sut *u = open_sut(env, config);
    if (!u)
        return NULL;
    size_t size = stack_size(&u->config);
    void *region = env->memory(env->self, size, NULL);
    if (!region)
        return NULL;
    if (env->fill)
        memset(region, env->fill, size);
    u->due_ns = INT64_MIN;
    struct port port = {
        .self = u,
        .random = port_random,
        .wake = port_wake,
        .due = port_due,
        .ready = port_ready,
        .fate = port_fate,
        .trace = port_trace,
    };
    u->stack = stack_init(region, size, &u->config, &port, now_of(u), NULL);
    return u->stack ? u : NULL;
}

void *stack_sut_open_with(const struct sut_env *env, const struct netif_driver *const *drivers)
{
    const struct stack_config config = config_for(&env->needs, drivers);
    return stack_sut_open_config(env, &config);
}

static void *stack_sut_open(const struct sut_env *env)
{
    return stack_sut_open_with(env, NULL);
}

/* A board's table: where memory-mapped devices lie, if there are any. */
static void probe_table(struct stack_sut *u)
{
    struct device table[MACHINE_NICS];
    for (int k = 0; k < MACHINE_NICS; k++)
        table[k] = (struct device){
            .bus = u->bus,
            .kind = DEVICE_TABLE,
            .compatible = "virtio,mmio",
            .window = {{.space = BUS_MEM,
                        .base = machine_mmio_base(k),
                        .size = MACHINE_MMIO_BYTES}},
            .interrupt = {machine_mmio_interrupt(k)},
            .interrupts = 1,
        };
    stack_probe_table(u->stack, table, MACHINE_NICS, now_of(u));
}

/* The k-th function that a driver matches is the k-th interface: NICs are plugged in the order of
 * the script. */
static int stack_sut_attach(void *s, int port, const char *ifname, const uint8_t mac[6], int mtu,
                            const struct bus *b)
{
    struct stack_sut *u = s;
    (void)mac; /* the driver reads it from the device */
    if (port == 0) {
        u->bus = b;
        /* No firmware ran: ranges of a PC's chip sets that nothing else claims. */
        struct pci_host host = {
            .io_next = 0xc000, .io_end = 0x10000, .mem_next = 0xfeb00000, .mem_end = 0xfec00000};
        stack_probe_pci(u->stack, b, &host, now_of(u));
        probe_table(u);
    }
    char probed[NETIF_NAME_BYTES];
    snprintf(probed, sizeof probed, "eth%d", port);
    struct netif *nif = stack_netif(u->stack, probed);
    if (!nif)
        return -ERR_NODEV;
    memset(nif->name, 0, sizeof nif->name);
    memcpy(nif->name, ifname, strnlen(ifname, sizeof nif->name - 1));
    nif->mtu = (uint16_t)mtu;
    return netif_up(nif, now_of(u));
}

void stack_sut_poll(void *s)
{
    struct stack_sut *u = s;
    int64_t due;
    int rounds = 0;
    u->due_ns = INT64_MIN;
    do {
        u->woken = false;
        due = stack_poll(u->stack, now_of(u));
    } while ((u->woken || due <= now_of(u)) && ++rounds < STACK_POLL_ROUNDS);
    stack_notice_look(u);
    u->due_ns = due;
    u->env->due(u->env->self, due);
}

int64_t stack_sut_call(void *s, uint64_t token, const char *name, const struct value *argv,
                       int argc, struct value *out)
{
    static const struct stack_call_entry *const tables[] = {stack_config_calls, stack_stream_calls,
                                                            stack_socket_calls, stack_service_calls,
                                                            stack_http_calls};
    int64_t result = SUT_UNKNOWN;
    for (size_t t = 0; t < sizeof tables / sizeof tables[0] && result == SUT_UNKNOWN; t++)
        for (const struct stack_call_entry *e = tables[t]; e->name && result == SUT_UNKNOWN; e++)
            if (strcmp(e->name, name) == 0)
                result = argc < e->least ? -ERR_INVAL : e->call(s, token, argv, argc, out);
    stack_notice_look(s);
    return result;
}

/* Stopped, with no socket open, a stack has all its buffers back and has told of every frame. */
static void look_for_leaks(struct stack_sut *u)
{
    const struct stack *s = u->stack;
    char sentence[128];
    for (int c = 0; c < NETBUF_CLASSES; c++) {
        if (s->pool[c].available == s->pool[c].total)
            continue;
        snprintf(sentence, sizeof sentence, "of %u buffers of class %d %u are back at the end",
                 s->pool[c].total, c, s->pool[c].available);
        u->env->fail(u->env->self, sentence);
    }
    if (s->rx_received != s->rx_consumed + s->rx_dropped) {
        snprintf(sentence, sizeof sentence,
                 "%llu frames came in, %llu were consumed and %llu dropped at the end",
                 (unsigned long long)s->rx_received, (unsigned long long)s->rx_consumed,
                 (unsigned long long)s->rx_dropped);
        u->env->fail(u->env->self, sentence);
    }
}

void stack_sut_close(void *s)
{
    struct stack_sut *u = s;
    stack_reach_stopping(u->stack);
    for (int k = 0; k < u->config.limits.sockets; k++)
        socket_close(u->stack, SOCKET_FIRST + k, now_of(u));
    stack_stop(u->stack, now_of(u));
    stack_reach_stopped(u->stack);
    look_for_leaks(u);
}

/* --- queries --- */

static int query_counter(struct stack_sut *u, const char *name, struct value *out)
{
    uint64_t n;
    if (stack_counter(u->stack, name, &n) != 0)
        return -1;
    *out = (struct value){.kind = VALUE_NUMBER, .number = (int64_t)n};
    return 0;
}

static int query_knob(struct stack_sut *u, const char *name, struct value *out)
{
    *out = (struct value){.kind = VALUE_NUMBER};
    return stack_knob_get(u->stack, name, &out->number) == 0 ? 0 : -1;
}

/* The first address that may be used; none is VALUE_NONE. */
static int query_ifaddr(struct stack_sut *u, const char *ifname, struct value *out)
{
    const struct netif *nif = stack_netif(u->stack, ifname);
    if (!nif)
        return -1;
    *out = (struct value){.kind = VALUE_NONE};
    for (int a = 0; a < NETIF_ADDRESSES; a++) {
        const struct netif_address *n = &nif->address[a];
        if (n->addr.family != ADDR_IPV4 || n->tentative)
            continue;
        *out = (struct value){.kind = VALUE_PREFIX, .number = n->addr.word[0], .prefix = n->prefix};
        break;
    }
    return 0;
}

static int query_received(struct stack_sut *u, const char *name, struct value *out)
{
    (void)name;
    *out = (struct value){.kind = VALUE_NUMBER, .number = (int64_t)u->stack->rx_received};
    return 0;
}

/* Which of a driver's counters of lost frames moved since it was last asked; the others are noted
 * as well. */
static const char *driver_drop(struct stack_sut *u, const struct netif *nif, uint32_t *slot)
{
    const struct netif_driver *driver = nif->driver;
    const char *found = NULL;
    if (driver->statistics)
        driver->statistics(nif->state);
    const uint64_t *count =
        (const uint64_t *)(const void *)((const uint8_t *)nif->state + driver->counter_at);
    for (unsigned k = 0; driver->counters && driver->counters[k] && *slot < STACK_DRIVER_COUNTERS;
         k++) {
        if (strncmp(driver->counters[k], "rx_", 3) != 0)
            continue;
        if (count[k] != u->driver_count[*slot] && !found)
            found = driver->counters[k];
        u->driver_count[(*slot)++] = count[k];
    }
    return found;
}

/* What became of a frame that never reached the stack: asked before and after each frame that is
 * watched, so names are not compared. */
static int query_driver_drop(struct stack_sut *u, const char *unused, struct value *out)
{
    const char *found = NULL;
    uint32_t slot = 0;
    (void)unused;
    for (uint32_t i = 0; i < u->stack->netifs; i++) {
        const struct netif *nif = &u->stack->netif[i];
        const char *name = nif->driver ? driver_drop(u, nif, &slot) : NULL;
        found = found ? found : name;
    }
    if (!found)
        return -1;
    snprintf((char *)u->scratch, 64, "driver.%s", found);
    *out = (struct value){
        .kind = VALUE_BYTES, .bytes = u->scratch, .len = (uint32_t)strlen((char *)u->scratch)};
    return 0;
}

/* What a module says is text; text that is a number, an address or an address with a prefix becomes
 * one. */
static void value_of_text(const char *text, struct value *out)
{
    unsigned a, b, c, d, p;
    int used = 0;
    char *end;
    if (sscanf(text, "%3u.%3u.%3u.%3u/%2u%n", &a, &b, &c, &d, &p, &used) == 5 && !text[used]) {
        *out = (struct value){.kind = VALUE_PREFIX,
                              .number = (int64_t)(a << 24 | b << 16 | c << 8 | d),
                              .prefix = (int)p};
    } else if (sscanf(text, "%3u.%3u.%3u.%3u%n", &a, &b, &c, &d, &used) == 4 && !text[used]) {
        *out =
            (struct value){.kind = VALUE_IPV4, .number = (int64_t)(a << 24 | b << 16 | c << 8 | d)};
    } else if (text[0] && (strtoll(text, &end, 10), !*end)) {
        *out = (struct value){.kind = VALUE_NUMBER, .number = strtoll(text, NULL, 10)};
    } else {
        *out = (struct value){
            .kind = VALUE_BYTES, .bytes = (const uint8_t *)text, .len = (uint32_t)strlen(text)};
    }
}

static int query_module(struct stack_sut *u, const char *what, struct value *out)
{
    int len = stack_query(u->stack, what, (char *)u->scratch, u->scratch_room);
    if (len < 0)
        return -1;
    value_of_text((const char *)u->scratch, out);
    return 0;
}

int stack_sut_query(void *s, const char *what, struct value *out)
{
    static const struct {
        const char *prefix;
        int (*query)(struct stack_sut *u, const char *rest, struct value *out);
    } queries[] = {
        {"counter ", query_counter},        {"knob ", query_knob},
        {"ifaddr ", query_ifaddr},          {"rx_received", query_received},
        {"driver_drop", query_driver_drop},
    };
    for (size_t q = 0; q < sizeof queries / sizeof queries[0]; q++) {
        size_t len = strlen(queries[q].prefix);
        if (strncmp(what, queries[q].prefix, len) == 0)
            return queries[q].query(s, what + len, out);
    }
    return query_module(s, what, out);
}

const struct sut stack_sut = {
    .abi = SUT_ABI,
    .flags = SUT_BUS | SUT_SAVES | SUT_PATTERN | SUT_INSIDE | SUT_TELLS,
    .name = "stack",
    .version = "wiredrill",
    .open = stack_sut_open,
    .attach = stack_sut_attach,
    .poll = stack_sut_poll,
    .call = stack_sut_call,
    .query = stack_sut_query,
    .close = stack_sut_close,
};

static const struct knob *knob_named(const char *knob)
{
    for (int m = 0; stack_full_config.modules[m]; m++) {
        const struct module *module = stack_full_config.modules[m];
        size_t len = strlen(module->name);
        for (uint32_t k = 0; k < module->knob_count; k++)
            if (strncmp(knob, module->name, len) == 0 && knob[len] == '.' &&
                strcmp(knob + len + 1, module->knobs[k].name) == 0)
                return &module->knobs[k];
    }
    return NULL;
}

bool stack_sut_knob_is_time(const char *knob)
{
    const struct knob *k = knob_named(knob);
    return k && k->unit == KNOB_NS;
}

bool stack_sut_knob_default(const char *knob, int64_t *value)
{
    const struct knob *k = knob_named(knob);
    if (k)
        *value = k->initial;
    return k != NULL;
}

void stack_sut_print_knobs(FILE *out)
{
    static const char *const units[] = {"", "0 or 1", "ns"};
    for (int m = 0; stack_full_config.modules[m]; m++) {
        const struct module *module = stack_full_config.modules[m];
        for (uint32_t k = 0; k < module->knob_count; k++) {
            char name[96];
            snprintf(name, sizeof name, "%s.%s", module->name, module->knobs[k].name);
            fprintf(out, "  %-32s %" PRId64 " %s, from %" PRId64 " to %" PRId64 "\n", name,
                    module->knobs[k].initial, units[module->knobs[k].unit], module->knobs[k].min,
                    module->knobs[k].max);
        }
    }
}

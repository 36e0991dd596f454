/*
 * The inside of a stack: a table of modules (protocols, the socket layer, services), each with
 * state, knobs and counters of its own. Which modules there are is the embedder's const table; one
 * that is left out is absent, not a crash.
 */
#ifndef STACK_CORE_MODULE_H
#define STACK_CORE_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "stack/core/deadline.h"
#include "stack/core/netbuf.h"
#include "stack/core/netif.h"
#include "stack/core/panic.h"
#include "stack/port.h"
#include "stack/stack.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where a module's state stands in stack.state; also the high half of its deadlines' ranks. */
enum module_id {
    MODULE_CORE,
    MODULE_LOOPBACK,
    MODULE_ETHERNET,
    MODULE_POINT_TO_POINT,
    MODULE_NEIGHBOUR,
    MODULE_ARP,
    MODULE_ROUTE,
    MODULE_IPV4,
    MODULE_REASSEMBLY,
    MODULE_PATH_MTU,
    MODULE_ICMPV4,
    MODULE_UDP,
    MODULE_RAW,
    MODULE_TCP,
    MODULE_SOCKET,
    MODULE_DHCP,
    MODULE_DNS,
    MODULE_SNTP,
    MODULE_PING,
    MODULE_TRACEROUTE,
    MODULE_ECHO,
    MODULE_HTTP,
    MODULE_HTTP_SERVER,
    MODULE_LINE_SERVER,
    MODULES
};

enum knob_unit { KNOB_NUMBER, KNOB_BOOL, KNOB_NS };

struct knob {
    const char *name; /* "expiry": the module's name and a dot go in front */
    enum knob_unit unit;
    int64_t initial, min, max;
};

/* ADDRESS: an address came (perhaps tentative, RFC 5227) or stopped being tentative; NO_ADDRESS:
 * one went, also by a conflict. GONE: the device goes away, and its place may be another's next:
 * who keeps something by interface forgets it. Then its addresses go. ANNOUNCE: the machine may
 * stand elsewhere than before, which its neighbours are to be told. */
enum netif_event {
    NETIF_EVENT_UP,
    NETIF_EVENT_DOWN,
    NETIF_EVENT_CARRIER,
    NETIF_EVENT_NO_CARRIER,
    NETIF_EVENT_ADDRESS,
    NETIF_EVENT_NO_ADDRESS,
    NETIF_EVENT_GONE,
    NETIF_EVENT_ANNOUNCE
};

struct module {
    const char *name; /* "arp" */
    enum module_id id;
    /* Zeroed, 16-aligned; SIZE_MAX: more than can be. NULL: none. */
    size_t (*state_size)(const struct stack_limits *l);
    int (*init)(struct stack *s, void *state,
                int64_t now_ns); /* 0 or a negated stack_error; may be NULL */
    void (*netif)(struct stack *s, void *state, struct netif *nif, enum netif_event event,
                  int64_t now_ns); /* may be NULL */
    const struct knob *knobs;      /* read with stack_knob_get(s, id, index) */
    uint32_t knob_count;
    const char *const *counters; /* "drop.short": in full "arp.drop.short" */
    uint32_t counter_count;
    /* State by name ("entry 10.0.2.2"), for assertions and kernels' shells: text into out, or
     * -ERR_NOENT. May be NULL. */
    int (*query)(struct stack *s, void *state, const char *what, char *out, size_t room);
    /* True while sockets or packets refer to the module, so that it cannot be unregistered. May be
     * NULL; its timers are seen anyway. */
    bool (*busy)(struct stack *s, void *state);
};

/* A kind of link, by enum netif_hardware. */
struct link_layer {
    uint16_t hardware;
    enum module_id module;
    uint16_t header_bytes;
    /* Takes nb, a whole frame. */
    void (*input)(struct stack *s, struct netbuf *nb, int64_t now_ns);
    /* Takes nb: pushes the header, sends. `to` NULL: to everybody; not looked at where there is one
     * peer. 0 or a negated stack_error. */
    int (*output)(struct stack *s, struct netif *nif, struct netbuf *nb, uint16_t ethertype,
                  const uint8_t *to, int64_t now_ns);
};

/* A receiver of frames by ethertype. The netbuf's cursor is behind the link header. */
struct link_protocol {
    uint16_t ethertype;
    enum module_id module;
    void (*input)(struct stack *s, struct netbuf *nb, const uint8_t source[6], int64_t now_ns);
};

enum { LINK_PROTOCOLS = 8, LINK_LAYERS = 4, IP_PROTOCOLS = 16 };

struct netbuf_pool {
    struct netbuf *free;
    uint8_t *slab;
    uint32_t stride;
    uint32_t total, available, lowest;
    uint32_t reserve; /* the last so many are reception's */
    uint64_t failed;  /* allocations refused */
};

struct ip_protocol;
struct ip_raw;
struct ip_icmp; /* stack/net/ip.h */

/* A free piece of the region, in itself. */
struct region_span {
    struct region_span *next; /* by address */
    size_t size;
};

/* An IPv4 address of ours, and the ends of its net: both the address itself where there are none.
 */
struct own_address {
    uint32_t addr, ones, zeros;
    bool tentative;
    struct netif *nif;
};

struct stack {
    struct stack_config config;
    struct port port;
    void *region;
    size_t region_size, region_used;
    struct region_span *spans; /* given back, below region_used */
    void *state[MODULES];
    const struct module *module[MODULES];
    int64_t *knob[MODULES];
    uint64_t *count[MODULES];
    struct netif *netif; /* config.limits.netifs of them */
    uint32_t netifs;     /* places ever used, from the front; [0] is lo; a nameless one is free */
    struct netif *gone;  /* stands for every interface that was detached: down for ever */
    uint16_t zones;      /* the last one given */
    struct netbuf_pool pool[NETBUF_CLASSES];
    struct deadline *deadlines; /* the heap's root */
    /* When the port will poll at the latest, as stack_poll or port.due told it last; INT64_MIN:
     * it need not be told, since it polls now or has not polled yet. */
    int64_t told_ns;
    struct link_protocol link_protocol[LINK_PROTOCOLS];
    const struct link_layer *link_layer[LINK_LAYERS];
    const struct ip_protocol *ip_protocol[IP_PROTOCOLS];
    const struct ip_raw *ip_raw;      /* of all families; NULL: there are no raw sockets */
    const struct ip_icmp *ip_icmp[2]; /* IPv4's, IPv6's */
    uint32_t ready;                   /* bit m: module m is initialised and gets events */
    /* Counts what may change a path: routes, addresses, interfaces, path MTUs. Never 0. */
    uint32_t path_generation;
    struct own_address *own; /* for addr_class.c, as of own_generation; `owns` of them */
    uint32_t owns, own_generation;
    int64_t polled_ns;  /* stack_poll's last now: the age of what a query shows */
    uint32_t rx_number; /* of the last received frame */
    uint64_t rx_received, rx_consumed, rx_dropped; /* held = received - consumed - dropped */
    uint32_t woken;                                /* atomic: stack_poll is due at once */
    uint64_t fail_allocation; /* tests: the nth netbuf_alloc from now fails; 0: none */
};

/* STACK_CHECK: asserts what a pool's fields must agree on; costs what is free. */
void netbuf_check(const struct netbuf_pool *pool);

/* Memory for a driver from the region, zeroed, `align` a power of two from 64; NULL when there is
 * none. What is given back serves the next, whatever its size: neighbours are joined. */
void *region_take(struct stack *s, size_t size, size_t align);
void region_give(struct stack *s, void *piece, size_t size); /* nothing for NULL */

static inline int64_t stack_knob(const struct stack *s, enum module_id m, unsigned index)
{
    return s->knob[m][index];
}

static inline void stack_count(struct stack *s, enum module_id m, unsigned index)
{
    s->count[m][index]++;
}

static inline void stack_count_many(struct stack *s, enum module_id m, unsigned index, uint32_t n)
{
    s->count[m][index] += n;
}

/* What is remembered of paths (ip_pcb_path) is asked again. */
static inline void stack_paths_moved(struct stack *s)
{
    if (++s->path_generation == 0)
        s->path_generation = 1;
}

/* Drops nb under the module's counter `index`, whose name is told as the frame's fate. */
void stack_drop(struct stack *s, struct netbuf *nb, enum module_id m, unsigned index);

/* The end of received frame `number`, for who took NETBUF_RX off its netbuf to tell it later
 * (reassembly). `reason` NULL: consumed. */
void stack_fate(struct stack *s, uint32_t number, const char *reason);
/* The full name of a module's counter, in `name` of 64 bytes. */
const char *stack_counter_name(const struct stack *s, enum module_id m, unsigned index, char *name);

void stack_random(struct stack *s, enum random_purpose purpose, void *out, size_t len);
uint32_t stack_random32(struct stack *s, enum random_purpose purpose);
/* Uniform in 0 .. bound - 1; bound > 0. */
uint32_t stack_random_below(struct stack *s, enum random_purpose purpose, uint32_t bound);
/* Tells the port's trace, when it has one, that a state machine moved: what = "dhcp.state", value =
 * the new state. */
void stack_trace(struct stack *s, enum trace_kind kind, const char *what, int64_t value);
void stack_netif_event(struct stack *s, struct netif *nif, enum netif_event event, int64_t now_ns);

/* Fills in a free place. NULL when the name or the table says no. */
struct netif *netif_create(struct stack *s, const char *name);
/* Gives the place back. */
void netif_destroy(struct netif *nif);
/* Gives it the link layer of its hardware, when one is registered. */
void netif_find_link_layer(struct netif *nif);

/* Registries. 0, -ERR_EXIST when the number is taken, -ERR_NOBUFS when the table is full. */
int link_register(struct stack *s, const struct link_protocol *p);
/* 0, -ERR_NOENT, or -ERR_BUSY while sockets, timers or packets still refer to it. */
int link_unregister(struct stack *s, uint16_t ethertype);
const struct link_protocol *link_protocol(const struct stack *s,
                                          uint16_t ethertype); /* NULL: not registered */
int link_layer_register(struct stack *s, const struct link_layer *layer);
/* True while a deadline of the module is set, or its `busy` says so. */
bool module_busy(struct stack *s, enum module_id m);

extern const struct module core_module; /* always there: not in the embedder's table */

#ifdef __cplusplus
}
#endif

#endif

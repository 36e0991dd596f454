/*
 * Wiredrill's TCP/IP stack, as an embedder sees it. Freestanding: it needs memcpy, memmove, memset,
 * memcmp and a `struct port`.
 *
 * Locking: a stack is single-threaded. Every call but netif_wake (and a driver's isr) comes from
 * one context at a time; an interrupt handler calls only the driver's isr. See docs/porting.md.
 */
#ifndef STACK_STACK_H
#define STACK_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "stack/core/addr.h"
#include "stack/core/error.h"
#include "stack/core/netif.h"
#include "stack/port.h"

#ifdef __cplusplus
extern "C" {
#endif

struct stack;
struct module;
struct bus;
struct device;
struct pci_host;

/* Every queue and table has its bound here; stack_size follows from them. */
struct stack_limits {
    uint16_t frames;      /* netbufs of NETBUF_FRAME_BYTES */
    uint16_t big_buffers; /* netbufs of NETBUF_BIG_BYTES */
    uint16_t netifs;      /* loopback included */
    uint16_t routes;
    uint16_t neighbours;
    uint16_t neighbour_queue; /* packets that wait for one neighbour */
    uint16_t sockets;
    uint16_t udp_pcbs, raw_pcbs; /* of sockets; services bring their own */
    uint16_t tcp_pcbs;           /* connections in every state, TIME-WAIT included, and listeners */
    uint16_t tcp_chunks;         /* of 2 KiB, for what all of them send and receive */
    uint16_t memberships;        /* of all sockets in multicast groups */
    uint16_t socket_datagrams;   /* that wait in one socket */
    uint16_t reassemblies;       /* datagrams in reassembly at a time */
    uint16_t path_mtus;          /* destinations with a learnt path MTU */
    uint16_t dns_cache;
    uint16_t dns_queries;
    uint16_t pings;
    uint16_t http_connections; /* of the client, at work or kept */
    uint16_t http_sessions;    /* of the server at a time; more wait to be accepted */
    uint16_t line_sessions;    /* the same of TCP echo and telnet together */
    uint32_t driver_bytes;     /* for drivers' states and rings */
};

struct stack_config {
    struct stack_limits limits;
    const struct module *const *modules;       /* NULL-terminated, lower layers first */
    const struct netif_driver *const *drivers; /* NULL-terminated; NULL: none */
};

/* All modules and drivers of this tree with middling limits (stack/full.c). */
extern const struct stack_config stack_full_config;

/* Bytes of memory, 64-aligned, that stack_init wants; 0: the limits ask for more than a size_t
 * says. */
size_t stack_size(const struct stack_config *config);

enum stack_refused {
    STACK_REFUSED_LIMITS, /* no interface, or more memory than a size_t says */
    STACK_REFUSED_REGION, /* not 64-aligned */
    STACK_REFUSED_SIZE,   /* the region is smaller than stack_size says */
    STACK_REFUSED_PORT,   /* without port.random */
    STACK_REFUSED_MODULE, /* `module` stands twice in the table, or its init says `error` */
};

struct stack_refusal {
    enum stack_refused reason;
    const char *module; /* its name; else NULL */
    int error;          /* a negated stack_error, 0 when the module was not asked */
};

/* Builds a stack in `region`, which must be reachable by the devices if a driver is used, and which
 * the caller keeps. Loopback is up when it returns. NULL, and the reason in *why (which may be
 * NULL), when it cannot be. */
struct stack *stack_init(void *region, size_t size, const struct stack_config *config,
                         const struct port *port, int64_t now_ns, struct stack_refusal *why);

/* Does what is due; returns when to call again at the latest (INT64_MAX: when woken). */
int64_t stack_poll(struct stack *s, int64_t now_ns);

/* Stops interfaces, takes buffers back. The region may be reused afterwards. */
void stack_stop(struct stack *s, int64_t now_ns);

/* --- interfaces --- */

/* Walks the PCI bus and attaches every function that a driver of the config matches; `host`
 * (stack/driver/pci.h) says what firmware has not done, NULL: nothing. Returns how many interfaces
 * came (eth0, eth1, ...). */
int stack_probe_pci(struct stack *s, const struct bus *b, struct pci_host *host, int64_t now_ns);
/* The same for `count` devices of a table, as a board has them: a place where none answers is
 * passed over. */
int stack_probe_table(struct stack *s, const struct device *table, int count, int64_t now_ns);
/*
 * A new interface; NULL when there is no room for it, the name is taken, or the driver refuses.
 * `name` NULL: the next of eth0, eth1, ... `driver` NULL: the first of the config's that matches.
 * `device` (stack/driver/device.h) is what a kernel's own PCI code or device tree found, and only
 * looked at meanwhile; NULL for an interface that the embedder drives itself.
 */
struct netif *stack_attach(struct stack *s, const char *name, const struct netif_driver *driver,
                           const struct device *device, int64_t now_ns);
/*
 * The device goes away: the interface goes down; its DHCP client stops without a word, and the name
 * servers that came by it are forgotten; it loses its addresses, routes, neighbours and groups; its
 * driver stops and forgets the device. 0, or -ERR_INVAL for loopback, -ERR_NODEV when it is
 * detached already. Not from within a callback.
 *
 * Its name, its place (limits.netifs) and its driver's memory serve the next stack_attach. The
 * stack keeps no pointer to it: sockets that were bound to it stay bound to what is gone, send
 * nothing (-ERR_NETDOWN) and hear nothing, until they are bound anew. The embedder forgets his
 * `nif` as after a free(): until the next attach it is refused (-ERR_NODEV), after that it may be
 * another interface. Who must keep one and cannot be told compares nif->zone, which comes
 * again after 65,535 interfaces at the earliest, with what it was.
 */
int stack_detach(struct netif *nif, int64_t now_ns);
struct netif *stack_netif(struct stack *s, const char *name);
int netif_up(struct netif *nif, int64_t now_ns);
int netif_down(struct netif *nif, int64_t now_ns);
/* Adds an address and its on-link route. With `check`, RFC 5227 probes come first and the address
 * is tentative. */
int netif_add_address(struct netif *nif, const struct ip_addr *addr, unsigned prefix, bool check,
                      int64_t now_ns);
int netif_remove_address(struct netif *nif, const struct ip_addr *addr, int64_t now_ns);
/* Another mask for an address that is there and stays, with its on-link route: 0, -ERR_INVAL (the
 * net's own number or its broadcast, then), -ERR_ADDRNOTAVAIL, or the route table's error; on an
 * error all is as it was. */
int netif_set_prefix(struct netif *nif, const struct ip_addr *addr, unsigned prefix,
                     int64_t now_ns);
int netif_set_flags(struct netif *nif, uint32_t set, uint32_t clear, int64_t now_ns);
/* IP packets of up to `mtu` bytes, 68 (RFC 791 3.2) to 1500, or 65535 on loopback. */
int netif_set_mtu(struct netif *nif, unsigned mtu);
/* Link-layer groups; joins are counted. */
int netif_join(struct netif *nif, const uint8_t mac[6]);
int netif_leave(struct netif *nif, const uint8_t mac[6]);

/* --- routes: longest prefix match; `gateway` NULL for on-link --- */
int route_add(struct stack *s, const struct ip_addr *net, unsigned prefix,
              const struct ip_addr *gateway, struct netif *nif);
/* `nif` NULL: the first such route, whatever its interface. */
int route_remove(struct stack *s, const struct ip_addr *net, unsigned prefix,
                 const struct ip_addr *gateway, const struct netif *nif);

/* What a route says; enough to remove it again. */
struct route_info {
    struct ip_addr net, gateway; /* gateway of family ADDR_NONE: on-link */
    struct netif *nif;
    unsigned prefix;
    bool dynamic; /* an address's, a lease's or a redirect's: it goes with what brought it */
    bool dead;    /* its gateway does not answer */
};
/* The kth route, in no order that means anything; false behind the last. A walk starts anew after
 * the table has changed. */
bool route_at(struct stack *s, unsigned k, struct route_info *out);

/* A permanent neighbour entry. */
int neighbour_add(struct netif *nif, const struct ip_addr *addr, const uint8_t mac[6],
                  int64_t now_ns);
/* Removes an entry, permanent or not; what waits for it is dropped. 0 or -ERR_NOENT. */
int neighbour_remove(struct netif *nif, const struct ip_addr *addr, int64_t now_ns);

struct neighbour_info {
    struct ip_addr addr;
    struct netif *nif;
    uint8_t mac[6];
    bool resolved; /* else `mac` says nothing yet */
    bool permanent, is_router;
};
/* As route_at. */
bool neighbour_at(struct stack *s, unsigned k, struct neighbour_info *out);

/* --- knobs and counters, by full name: "arp.expiry", "arp.drop.short" --- */
int stack_knob_set(struct stack *s, const char *name, int64_t value);
int stack_knob_get(const struct stack *s, const char *name, int64_t *value);
/* The kth counter (drivers' come last, as "eth0.rx_overrun"); NULL behind the last. `name` needs 64
 * bytes. */
const uint64_t *stack_counter_at(const struct stack *s, unsigned k, char *name);
int stack_counter(const struct stack *s, const char *name, uint64_t *value);
/* A module's state as text: stack_query(s, "arp.entry 10.0.2.2", ...). Length, or a negated
 * stack_error. */
int stack_query(struct stack *s, const char *what, char *out, size_t room);

#ifdef __cplusplus
}
#endif

#endif

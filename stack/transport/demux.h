/*
 * Whose is a packet, by addresses and ports: one demultiplexer for every transport that has ports,
 * a table of its own for each of them. It knows
 * - flows: control blocks that are connected, by (local, remote, both ports), hashed with a key, so
 *   that nobody who picks addresses and ports can make them meet in one bucket;
 * - open ends: blocks that take from anybody what comes to their port - a bound UDP block, a TCP
 *   listener - by the local port alone, which no peer chooses.
 * A flow is found before an open end, an end with an address or interface of its own before one
 * without; among equals the one that was bound last. What is found costs the same whether there is
 * one block or ten thousand.
 *
 * A block's keys (its addresses and ports, and whether it is open) change only by the functions
 * below while it is in; the rest is its transport's.
 */
#ifndef STACK_TRANSPORT_DEMUX_H
#define STACK_TRANSPORT_DEMUX_H

#include "stack/core/keyed_hash.h"
#include "stack/net/ip.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the control block of a transport with ports begins with: two lines of most machines' caches,
 * of which the first has the addresses. */
struct port_pcb {
    struct ip_pcb ip;
    uint16_t local_port, remote_port; /* remote_port 0: not connected */
    bool open : 1;                    /* takes what comes from anybody; of TCP, one that listens */
    bool reuse : 1;                   /* shares its port with others that say the same */
    bool any_destination : 1; /* takes what is for no address of ours: DHCP, before there is one */
    bool to_many : 1; /* ip.local is a group's or a broadcast address: it sends from another one */
    bool loose : 1;   /* the table's: counted in demux.loose */
    bool no_checksum : 1, multicast_loop : 1;
    bool from_any : 1; /* sends from 0.0.0.0 whatever addresses the interface has: DHCP, as above */
    uint8_t options_len; /* IP options of what it sends (RFC 1122 4.1.3.2, 4.2.3.8), at most 40 */
    uint32_t serial;     /* counts binds: of equals the highest is found */
    uint32_t walk;       /* the walk that has seen it */
    /* The table's. By local port, and by flow when connected; a link is who points here. */
    struct port_pcb *port_next, **port_link, *flow_next;
};

struct demux_bucket {
    struct port_pcb *unconnected, *connected;
};

struct demux {
    struct demux_bucket *bucket; /* by local port */
    struct port_pcb **flow;      /* by flow: twice as many, so that few meet */
    uint32_t buckets;            /* a power of two */
    uint8_t *holders;            /* of each port, counted to three: demux.c */
    struct port_pcb end;         /* of every list by port, so that one without blocks is no case */
    uint32_t entered, connected;
    /* Connected blocks whose own address is not that of their packets (any, or to_many): a flow is
     * not found by it, so that while there are any, connected ones are looked through by port. */
    uint32_t loose;
    uint32_t serials, walks;
    struct port_pcb *next; /* of the walk that is on; &end: of none */
    uint8_t key[KEYED_HASH_KEY_BYTES];
};

/* A packet's ends, as seen from here: local is ours. */
struct demux_key {
    struct ip_addr local, remote;
    uint16_t local_port, remote_port;
    const struct netif *nif;      /* that it came by; NULL: not asked */
    bool foreign;                 /* `local` is no address of ours */
    struct port_pcb *const *flow; /* demux_aim's; NULL: not aimed */
};

/* Memory that `demux_init` wants for about `blocks` of them. */
size_t demux_bytes(uint32_t blocks);
/* `memory` zeroed. Draws the key. */
void demux_init(struct stack *s, struct demux *t, void *memory, uint32_t blocks);

/* Enters a block that is not in, whose local_port is set; or takes it out (nothing happens when it
 * was not in). */
void demux_enter(struct demux *t, struct port_pcb *p);
void demux_leave(struct demux *t, struct port_pcb *p);
static inline bool demux_is_in(const struct port_pcb *p)
{
    return p->port_link != NULL;
}

/* The block's new own address and, with a remote port other than 0, its peer: connected. In or not
 * in the table. */
void demux_set_ends(struct demux *t, struct port_pcb *p, struct ip_addr local,
                    struct ip_addr remote, uint16_t remote_port);

/* The interface is gone (NETIF_EVENT_GONE): blocks bound to it are bound to s->gone. */
void demux_netif_gone(struct stack *s, struct demux *t, const struct netif *nif);

/* Optional, before one of the next two: works out where they will look, and has the cache fetch it
 * while the caller does something else. The table does not change in between. */
void demux_aim(const struct demux *t, struct demux_key *k);
/* Who gets a packet for one host. NULL: nobody. */
struct port_pcb *demux_receiver(const struct demux *t, const struct demux_key *k);
/* Who sent what an error quotes: local and remote are the quoted source and destination. */
struct port_pcb *demux_sender(const struct demux *t, const struct demux_key *k);

/* Everybody who gets a packet for many, one after the other: NULL ends it. A block may be unbound,
 * bound or connected between two steps. One walk at a time. */
struct port_pcb *demux_first(struct demux *t, const struct demux_key *k);
struct port_pcb *demux_next(struct demux *t, const struct demux_key *k);

/* May p not have this port: would one packet match it and another block? `share`: it may, where the
 * other says reuse. */
bool demux_port_taken(const struct demux *t, const struct port_pcb *p, uint16_t port, bool share);

/* An unguessable free port in first..last, never a shared one (RFC 6056); 0: there is none. In
 * ports.c. */
uint16_t ephemeral_port(struct stack *s, const struct demux *t, const struct port_pcb *p,
                        uint32_t first, uint32_t last);

/* STACK_CHECK: asserts what the fields above must agree on; costs the whole table. */
void demux_check(const struct demux *t);

#ifdef __cplusplus
}
#endif

#endif

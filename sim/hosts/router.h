/*
 * A router, in four files: router.c reads its attributes and keeps its table, router_forward.c
 * sends packets on, router_path.c stands for further routers and hosts behind it, router_icmp.c
 * writes the errors. It shares nothing with stack/.
 */
#ifndef SIM_HOSTS_ROUTER_H
#define SIM_HOSTS_ROUTER_H

#include "sim/hosts/peer_ip.h"
#include "sim/hosts/router_icmp.h"

enum {
    ROUTER_ROUTES = 32,
    ROUTER_HOPS = 30,
    ROUTER_LATER = 128,
    ROUTER_UNRESOLVED = PEER_WAITING,
    ROUTER_PORTS = 16,
    ROUTER_PACKET = 65535,
};

enum router_count {
    ROUTER_FORWARDED,
    ROUTER_DROPPED,     /* as told: drop-every, loss, drop() */
    ROUTER_EXPIRED,     /* TTL */
    ROUTER_UNREACHABLE, /* no route, refused, or no neighbour answered */
    ROUTER_TOO_BIG,     /* DF and longer than the MTU */
    ROUTER_FRAGMENTED,  /* packets */
    ROUTER_FRAGMENTS,   /* that they became */
    ROUTER_REDIRECTED,
    ROUTER_ERRORS,      /* ICMP errors sent */
    ROUTER_IGNORED,     /* broadcasts, groups and martians: never forwarded */
    ROUTER_OVERFLOW,    /* a table here was full */
    ROUTER_HELD,        /* fragments that hosts behind this router keep for the rest */
    ROUTER_REASSEMBLED, /* packets that they put together */
    ROUTER_TIMED_OUT,   /* packets whose rest did not come */
    ROUTER_COUNTS
};

enum router_route_kind { ROUTE_VIA, ROUTE_REFUSED, ROUTE_FAR };

struct router_route {
    enum router_route_kind kind;
    uint32_t net;
    int prefix;
    uint32_t via; /* ROUTE_VIA */
    uint8_t code; /* ROUTE_REFUSED: of destination unreachable */
};

/* A packet that leaves later, because it comes from far away. */
struct router_later {
    int64_t due_ns;
    uint64_t order;
    uint32_t len;
    uint8_t *packet; /* NULL: free */
};

/* A packet whose next hop has been asked for. */
struct router_unresolved {
    int64_t due_ns;
    struct frame *frame; /* NULL: free */
    struct peer_packet packet;
    int port;
    uint32_t next_hop;
};

struct router {
    struct peer_ip ip;
    struct host *host;
    struct router_route route[ROUTER_ROUTES];
    uint32_t routes;
    /* From 1 on: the addresses of routers behind this one, the nearest first, and the MTU of the
     * link that leads on from each; 0: as large as it likes. */
    uint32_t hop[ROUTER_HOPS + 1];
    uint16_t hop_mtu[ROUTER_HOPS + 1];
    bool hop_silent[ROUTER_HOPS + 1]; /* [0]: this router */
    uint32_t hops;
    int64_t hop_latency_ns, arp_timeout_ns;
    uint16_t open[ROUTER_PORTS]; /* UDP ports that far hosts echo */
    uint32_t opens;
    uint32_t quote;
    bool proxy_arp, no_redirect, no_mtu, blackhole, far_dead;
    uint64_t drop_every, drop_left, candidates;
    uint32_t loss_ppm;
    struct router_later later[ROUTER_LATER];
    uint64_t next_order;
    struct peer_fragments far; /* of all hosts behind this router */
    struct router_unresolved unresolved[ROUTER_UNRESOLVED];
    uint64_t count[ROUTER_COUNTS];
};

/* What the table says about a destination. */
enum router_where { WHERE_NOWHERE, WHERE_LINK, WHERE_REFUSED, WHERE_FAR };
struct router_hop {
    enum router_where where;
    int port;
    uint32_t next_hop;
    uint8_t code;
};
struct router_hop router_lookup(const struct router *r, uint32_t dst);

/* A packet for another host came in frame f. */
void router_forward(struct router *r, struct frame *f, const struct peer_packet *p);
/* A packet of this router's own, or of those behind it: in fragments when it is longer than the
 * link allows. */
void router_send(struct router *r, const uint8_t *packet, uint32_t len);
/* An ICMP error of this router's own. */
void router_error(struct router *r, const struct peer_packet *p, const struct icmp_error *e);
/* Neighbours that never answered. */
void router_give_up(struct router *r, int64_t now_ns);
void router_arm(struct router *r);

/* A packet for a host behind this router. */
void router_path(struct router *r, const struct peer_packet *p);
/* Sends what has come from far away. */
void router_arrivals(struct router *r, int64_t now_ns);
/* Hosts far away give up on packets whose rest did not come. */
void router_far_give_up(struct router *r, int64_t now_ns);
uint32_t router_hop_of(const struct router *r, uint32_t address); /* 0: none */

#endif

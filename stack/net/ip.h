/*
 * IP as the transports see it, for both families: ask below for a path and a buffer, fill it, pass
 * it down; receive through the registry by protocol number.
 */
#ifndef STACK_NET_IP_H
#define STACK_NET_IP_H

#include <stdbool.h>
#include <stdint.h>
#include "stack/core/module.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How a destination is reached, found before a packet is built. */
struct ip_path {
    struct netif *nif;
    struct ip_addr source;   /* the address to send from (may be any: DHCP before its lease) */
    struct ip_addr next_hop; /* the neighbour; equals the destination when on-link */
    uint16_t mtu;            /* of the path, learnt ones included */
    bool broadcast, multicast, loopback;
    bool too_narrow; /* for path_mtu.minimum: without DF, so that routers may cut */
    /* IPv4: which counter of identifications is that of flow_protocol's packets from `source`, and
     * where it starts. */
    bool flow_known;
    uint8_t flow_protocol, flow_counter;
    uint16_t flow_start;
    uint16_t route; /* route_number of the route whose gateway is next_hop; 0: on the link */
    struct ip_addr destination; /* with its zone */
};

/*
 * A path as a control block keeps it: only what stands nowhere else, in 16 octets, so that each of
 * a server's thousands of blocks costs the cache two lines a datagram. It leads to the block's
 * `remote`. What it names by number stands still while the generation does.
 */
struct ip_kept_path {
    uint32_t generation; /* stack.path_generation when it was found; 0: there is none */
    uint16_t mtu;
    uint16_t route; /* as in ip_path */
    uint16_t flow_start;
    uint8_t flow_protocol, flow_counter;
    uint8_t nif;
    uint8_t source_nif, source_slot; /* where the source is an address */
    uint8_t flags;                   /* kept_path.c's */
};

enum ip_send_flag {
    IP_DONT_FRAGMENT = 1,
    IP_BROADCAST_OK = 4,    /* the socket has SO_BROADCAST */
    IP_HEADER_INCLUDED = 8, /* raw sockets: the packet begins with its own IP header */
    IP_MULTICAST_LOOP = 16  /* we hear it ourselves where we have joined the group */
};

struct ip_send {
    struct ip_addr source, destination;
    uint8_t protocol, ttl, tos; /* ttl 0: the knob ipv4.ttl */
    uint8_t flags;
    uint8_t options_len;
    const uint8_t *options; /* IPv4's, padded to 4 by ip_output; read before that returns */
};

/* Of a datagram that may be longer than the path's MTU. */
enum ip_fragmenting {
    IP_MAY_FRAGMENT,     /* without DF: whoever must may cut it */
    IP_WHOLE_IF_IT_FITS, /* DF on what fits, so that a narrower path is heard of (RFC 1191) */
    IP_WHOLE_OR_NOT      /* always DF; what does not fit is -ERR_MSGSIZE */
};

/* What the control blocks of all transports begin with, so that a socket need not know which one it
 * has. */
struct ip_pcb {
    struct ip_addr local;     /* any: wildcard */
    struct ip_addr remote;    /* the peer when connected; else where the last packet went */
    struct netif *nif;        /* only by this interface, or NULL */
    uint8_t ttl, tos;         /* ttl 0: the knob */
    uint8_t ip_flags;         /* of enum ip_send_flag */
    uint8_t multicast_ttl;    /* 0: 1 */
    uint8_t fragmenting;      /* of enum ip_fragmenting */
    bool connected;           /* `remote` stays */
    bool has_sent;            /* to `remote`, since it was connected */
    struct ip_kept_path path; /* ip_pcb_path's: to `remote` */
};

/* Connects a block, or with NULL dissolves that: `remote` changes here only, since the path that is
 * kept leads there. */
static inline void ip_pcb_connect(struct ip_pcb *pcb, const struct ip_addr *remote)
{
    const struct ip_addr nobody = {.word = {0}, .family = ADDR_NONE, .zone = 0};
    pcb->remote = remote ? *remote : nobody;
    pcb->connected = remote != NULL;
    pcb->path.generation = 0;
}

/* What a received packet's header said; the netbuf's cursor is behind it. */
struct ip_received {
    struct netif *nif;
    struct ip_addr source, destination;
    uint8_t protocol, ttl, tos;
    uint8_t header_len;        /* IPv4: with options; the header is at base + net_at */
    bool broadcast, multicast; /* destination at the IP layer */
    bool local;                /* it is an address of this host, in use */
};

/* What an error says, in either family's words (RFC 792, RFC 4443 3). */
enum ip_error_kind {
    IP_ERROR_UNREACHABLE, /* no way to the host, or its neighbour did not answer */
    IP_ERROR_TOO_LONG,    /* for the path, and not to be cut */
    IP_ERROR_EXPIRED,     /* TTL or hop limit, or reassembly's patience */
    IP_ERROR_REFUSED,     /* by the end itself: no such port or protocol */
    IP_ERROR_ADMIN,       /* somebody does not want it to pass */
    IP_ERROR_PARAMETER    /* a field of its headers makes no sense to who reports it */
};

/* An error about a packet that we sent. `quoted` is what came back of it, from behind its IP
 * header. */
struct ip_error {
    enum ip_error_kind kind;
    int error;          /* a stack_error: ERR_CONNREFUSED, ERR_HOSTUNREACH, ERR_MSGSIZE, ... */
    bool hard;          /* RFC 1122 4.2.3.9: TCP must abort */
    uint8_t type, code; /* of the ICMP message, in its family's numbers: for people to read */
    uint8_t protocol;   /* of the packet that we sent */
    uint16_t mtu; /* for ERR_MSGSIZE: the path's from now on; 0: the report was not believed */
    struct ip_addr source, destination; /* of the packet that we sent: source is ours */
    struct ip_addr reporter;
    bool sent_lately;  /* IP remembers such a packet (stack/net/sent.h), or it never left us */
    bool sent_with_df; /* and one with DF */
    const uint8_t *quoted;
    uint32_t quoted_len;
};

struct ip_protocol {
    uint8_t number;
    enum module_id module;
    /* Takes nb: netbuf_free when consumed, stack_drop otherwise. */
    void (*input)(struct stack *s, struct netbuf *nb, const struct ip_received *r, int64_t now_ns);
    /* May be NULL. It runs inside the arrival of the error, or inside a call that sends. */
    void (*error)(struct stack *s, const struct ip_error *e, int64_t now_ns);
    /* What raw sockets are not shown, since a program that saw it might answer a second time.
     * `nb` as for ip_raw.input. NULL: nothing. */
    bool (*keeps)(const struct netbuf *nb, const struct ip_received *r);
    /* Has a connection of yours sent the packet that e is about (RFC 5927 4)? Asked before a report
     * changes a path, when IP does not remember the packet itself. NULL: raw sockets are asked. */
    bool (*sent)(struct stack *s, const struct ip_error *e);
    /* What `sent` says decides alone: it knows more than the ports, which anybody may guess. */
    bool sent_decides;
};

/* Is there a module of the family? */
bool ip_speaks(const struct stack *s, uint32_t family);

int ip_register(struct stack *s, const struct ip_protocol *p);
const struct ip_protocol *ip_protocol(struct stack *s, uint8_t number); /* NULL: not registered */
int ip_unregister(struct stack *s, uint8_t number); /* -ERR_BUSY while referred to */

/*
 * Raw sockets see whole packets for this host, after reassembly and before the packet's own
 * protocol, which gets it as well. nb stays IP's, its cursor behind the IP header and net_at at it:
 * who wants it copies. True when somebody took it, which spares the sender a protocol unreachable.
 * `error` hears of every ICMP error about a packet that we sent, after the protocol's own.
 */
struct ip_raw {
    bool (*input)(struct stack *s, const struct netbuf *nb, const struct ip_received *r,
                  int64_t now_ns);
    void (*error)(struct stack *s, const struct ip_error *e, int64_t now_ns);
    bool (*sent)(struct stack *s, const struct ip_error *e); /* as a protocol's */
};
void ip_set_raw(struct stack *s, const struct ip_raw *raw);

/* Gives an address its zone (RFC 4007 6): the one that it names, which is *nif's from now on, or
 * that of *nif. -ERR_INVAL: it needs one and there is none; -ERR_NODEV: no such zone, or another
 * than the interface's. Any other address has none afterwards. */
int ip_resolve_zone(const struct stack *s, struct ip_addr *a, struct netif **nif);

/* Finds interface, source and next hop. `source` may be NULL or any; `nif` NULL unless bound to an
 * interface. 0, -ERR_NETUNREACH (no route), -ERR_NETDOWN, -ERR_ADDRNOTAVAIL. */
int ip_path(struct stack *s, const struct ip_addr *destination, const struct ip_addr *source,
            struct netif *nif, struct ip_path *path);

/* By pcb->fragmenting, IP_DONT_FRAGMENT in *flags or not for `len` bytes behind a header with
 * options_len octets of options. 0, or -ERR_MSGSIZE: they do not fit and must not be cut. */
int ip_choose_fragmenting(const struct ip_pcb *pcb, const struct ip_path *path,
                          uint32_t options_len, uint32_t len, uint8_t *flags);

/* The same for a control block's packets of `protocol`. The block keeps the path to `remote`, and
 * is not asked for it again while nothing has moved - a route, an address, an interface, a path
 * MTU, a gateway - and the same is asked for. In kept_path.c. */
int ip_pcb_path(struct stack *s, struct ip_pcb *pcb, uint8_t protocol,
                const struct ip_addr *destination, const struct ip_addr *source,
                struct ip_path *path);

/* The MTU of the same path, of what is kept when that still holds; 0: there is no path, and *error
 * says why. */
uint16_t ip_pcb_mtu(struct stack *s, struct ip_pcb *pcb, uint8_t protocol, int *error);

/* --- options of a control block's packets, in source_route.c --- */

enum { IP_OPTIONS_MAX = 40 };

/* What an application gives: 0, or -ERR_INVAL: malformed, or a route on whose way it is already. A
 * source route is written with all its hops, the first one too, and without the destination. */
int ip_check_options(const uint8_t *options, size_t len);
/* Where packets with those options go: the first hop of a route, else the destination. */
struct ip_addr ip_first_hop(const uint8_t *options, uint8_t len, const struct ip_addr *destination);
/* The options as they stand in such a packet; out has room for len octets. */
void ip_route_options(const uint8_t *options, uint8_t len, const struct ip_addr *destination,
                      uint8_t *out);
/* The way back of a received packet that came by a source route to its end, as an application would
 * give it, into out[IP_OPTIONS_MAX]: its length; 0: it came by none. */
uint8_t ip_return_route(const struct netbuf *nb, const struct ip_received *r, uint8_t *out);

/* Octets of transport header and payload in one datagram, at most. */
uint32_t ip_longest_payload(uint32_t family, uint32_t options_len);

/* A buffer for `len` bytes of transport header and payload with headroom for IP (with options_len)
 * and link headers; NULL when the pool is dry or len exceeds ip_longest_payload. */
struct netbuf *ip_buffer(struct stack *s, const struct ip_path *path, uint32_t options_len,
                         uint32_t len);

/* Into how many segments of `segment` octets behind `header` of its own the path's device cuts one
 * packet of TCP by itself (netbuf_cut); 1: into none. Only where the packet would leave at once:
 * what waits for its neighbour is counted by the packet. */
uint32_t ip_segments(struct stack *s, const struct ip_path *path, uint32_t header, uint32_t segment,
                     int64_t now_ns);

/* Takes nb: builds the header, fragments when needed and allowed, sends. The transport's checksum
 * is already in place. 0 or a negated stack_error (-ERR_MSGSIZE: too long with DF, -ERR_ACCES:
 * broadcast without permission, -ERR_HOSTDOWN...). */
int ip_output(struct stack *s, const struct ip_path *path, struct netbuf *nb,
              const struct ip_send *how, int64_t now_ns);

/*
 * A family's ICMP, which registers itself here since IP lies below it. `error` is about a received
 * packet, in the family's numbers, with its refusals (RFC 1122 3.2.2, RFC 4443 2.4) and a rate
 * limit; nb stays the caller's, its net_at is valid.
 */
struct ip_icmp {
    void (*error)(struct stack *s, const struct netbuf *nb, uint8_t type, uint8_t code,
                  uint32_t extra, int64_t now_ns);
    void (*port_unreachable)(struct stack *s, const struct netbuf *nb, int64_t now_ns);
};
void ip_set_icmp(struct stack *s, enum addr_family family, const struct ip_icmp *icmp);
/* For the family's own files; nothing happens without its ICMP. */
void ip_icmp_error(struct stack *s, enum addr_family family, const struct netbuf *nb, uint8_t type,
                   uint8_t code, uint32_t extra, int64_t now_ns);
/* Nobody listens on the port that nb, a received datagram, was sent to: tells its sender, in the
 * words of its family (RFC 1122 3.2.2.1, RFC 4443 3.1). nb as above. */
void ip_port_unreachable(struct stack *s, const struct netbuf *nb, const struct ip_received *r,
                         int64_t now_ns);

/* Joins a group on an interface, or leaves it; joins are counted. 0, -ERR_INVAL (no group),
 * -ERR_NODEV (interface without multicast), -ERR_NOBUFS, -ERR_ADDRNOTAVAIL (not joined). */
int ip_join(struct stack *s, struct netif *nif, const struct ip_addr *group, int64_t now_ns);
int ip_leave(struct stack *s, struct netif *nif, const struct ip_addr *group, int64_t now_ns);
bool ip_has_joined(const struct netif *nif, const struct ip_addr *group);
/* The link-layer group that carries packets to a group (RFC 1112 6.4, RFC 2464 7). */
void ip_group_mac(const struct ip_addr *group, uint8_t mac[NETIF_MAC_BYTES]);

/* True when `a` is an address of this host (on any interface, loopback's 127/8 included); tentative
 * ones are not. */
bool ip_is_local(struct stack *s, const struct ip_addr *a);

/* A packet could not be sent after all (neighbour did not answer): told to the transport as an
 * ip_error. nb stays the caller's. */
void ip_unsent(struct stack *s, const struct netbuf *nb, int error, int64_t now_ns);

#ifdef __cplusplus
}
#endif

#endif

/*
 * The small IPv4 endpoint that scripted peers share: ARP, ping, UDP and ICMP with checksums made
 * and verified. It is no stack: it has no timers, queues at most PEER_WAITING packets while a
 * neighbour is being asked for, and takes what it needs to know about a neighbour from the frames
 * it receives. It shares nothing with stack/.
 *
 * A kind keeps a struct peer_ip in its state, calls peer_ip_init in its init and peer_ip_frame for
 * each frame; what concerns the kind comes back as an event. See docs/peer-host.md.
 */
#ifndef SIM_HOSTS_PEER_IP_H
#define SIM_HOSTS_PEER_IP_H

#include <stdbool.h>
#include <stdint.h>
#include "sim/hosts/host.h"

enum {
    PEER_NEIGHBOURS = 64,
    PEER_WAITING = 16,
    PEER_ALIASES = 8,
    PEER_DELAYED = 32,
    PEER_REASSEMBLIES = 4
};

#define PEER_BROADCAST 0xffffffffu

struct peer_neighbour {
    uint32_t ipv4; /* 0: free */
    int port;
    uint8_t mac[6];
};

/* A frame that waits until its destination is known. */
struct peer_waiting {
    struct frame *frame; /* NULL: free */
    uint32_t next_hop;
    int port;
};

/* A datagram to send. */
struct peer_datagram {
    uint32_t src; /* 0: the port's address */
    uint32_t dst;
    uint16_t sport, dport;
    const void *payload;
    uint32_t len;
    const uint8_t *to_mac; /* NULL: whoever ARP says */
};

/* A datagram that is sent later. */
struct peer_delayed {
    int64_t due_ns;
    uint64_t order;
    int port;
    struct peer_datagram datagram; /* payload NULL: free; its bytes and to_mac are copies */
    uint8_t to_mac[6];
};

/* Packets that come in fragments; each is made when its first fragment comes. */
struct peer_fragments {
    struct peer_reassembly *slot[PEER_REASSEMBLIES];
};

struct peer_ip {
    struct host *host;
    bool no_ping; /* as attribute "no-ping" */
    /* A router's table: port and next hop for a destination. NULL: the gateway alone. */
    bool (*route)(const struct peer_ip *ip, uint32_t dst, int *port, uint32_t *next_hop);
    uint32_t gateway; /* for destinations off the link; 0: everything is on the link */
    uint32_t alias[PEER_ALIASES];
    /* Further addresses, on any port: answered for in ARP, accepted as destination. */
    uint32_t aliases;
    uint16_t next_id; /* IP identification of the next packet */
    struct peer_neighbour neighbour[PEER_NEIGHBOURS];
    uint32_t next_neighbour; /* the one to forget when the table is full */
    struct peer_waiting waiting[PEER_WAITING];
    struct peer_delayed delayed[PEER_DELAYED];
    uint64_t next_order;
    struct peer_fragments fragments;
    uint64_t bad;        /* frames refused for what is in them */
    uint64_t unresolved; /* packets lost because too many waited for ARP, or to be sent later */
};

enum peer_event {
    PEER_NOTHING,  /* dealt with here, or of no concern */
    PEER_UDP,      /* a datagram for this host */
    PEER_ICMP,     /* an ICMP message for this host that was not answered here */
    PEER_OTHER,    /* a packet of another protocol for this host */
    PEER_NOT_OURS, /* a sound packet for another host: what a router forwards */
};

/* A packet that came. All pointers lead into the frame, or into the reassembly buffer until the
 * next frame. */
struct peer_packet {
    int port;
    const uint8_t *to_mac, *from_mac;
    uint32_t src, dst; /* host order */
    uint8_t protocol, ttl, tos;
    const uint8_t *packet; /* from the IPv4 header on */
    uint32_t packet_len;
    const uint8_t *payload; /* PEER_UDP: behind the UDP header; else behind the IPv4 header */
    uint32_t len;
    uint16_t sport, dport; /* PEER_UDP */
};

/* The attributes that every kind with a struct peer_ip takes; goes into its attrs. */
#define PEER_IP_ATTRS                                                                              \
    {"gateway", VALUE_IPV4,                                                                        \
     "where packets for other networks go; without it everything is on the link"},                 \
        {"no-ping", VALUE_NONE, "does not answer echo requests"},                                  \
    {                                                                                              \
        "alias", VALUE_LIST, "further addresses of its own"                                        \
    }

/* -1 with a sentence when ports, gateway or aliases make no sense. */
int peer_ip_init(struct peer_ip *ip, struct host *h, const struct attrs *a, struct why *why);

/* A frame came: ARP requests and pings for this host are answered, neighbours learned. *p is filled
 * for all but PEER_NOTHING. */
enum peer_event peer_ip_frame(struct peer_ip *ip, int port, const struct frame *f,
                              struct peer_packet *p);

/* port -1: the port on whose link dst is. */
void peer_send_udp(struct peer_ip *ip, int port, const struct peer_datagram *d);
/* The same, delay_ns from now: copied, sent by peer_ip_due. The kind's host_due is used for it, so
 * such a kind has no other deadline. */
void peer_send_udp_later(struct peer_ip *ip, int port, const struct peer_datagram *d,
                         int64_t delay_ns);
/* Sends what is due; a kind that delays calls it from its `due`. */
void peer_ip_due(struct peer_ip *ip, int64_t now_ns);
/* An ICMP message (type, code, sum, rest); the sum is filled in. src 0: the port's address. */
void peer_send_icmp(struct peer_ip *ip, int port, uint32_t src, uint32_t dst,
                    const uint8_t *message, uint32_t len);
/* A packet of any protocol, whose sum is the caller's; in fragments when it is longer than the
 * port's MTU. */
void peer_send_ip(struct peer_ip *ip, int port, uint8_t protocol, uint32_t src, uint32_t dst,
                  const uint8_t *body, uint32_t len);
/* ICMP destination unreachable about a packet that came (RFC 792: its header and eight octets). */
void peer_send_unreachable(struct peer_ip *ip, const struct peer_packet *p, uint8_t code);
/* A finished IPv4 packet to a neighbour, resolved when it is unknown. Longer than the port's MTU:
 * the caller's business. */
void peer_send_packet(struct peer_ip *ip, int port, uint32_t next_hop, const uint8_t *packet,
                      uint32_t len);
/* target_mac NULL: to everybody, as requests are. */
void peer_send_arp(struct peer_ip *ip, int port, uint16_t op, uint32_t sender,
                   const uint8_t *target_mac, uint32_t target);

/* The port on whose link the address is, -1 when on none. */
int peer_ip_port(const struct peer_ip *ip, uint32_t address);
/* One of this host's own unicast addresses, broadcasts not among them. */
bool peer_ip_is_own(const struct peer_ip *ip, uint32_t address);
bool peer_ip_is_broadcast(const struct peer_ip *ip, int port, uint32_t address);
uint32_t peer_mask(int prefix);
/* RFC 768: over addresses, protocol, length and the datagram from its header on; 0 when that holds
 * the right sum. */
uint16_t peer_udp_sum(uint32_t src, uint32_t dst, const uint8_t *udp, uint32_t len);

static inline uint16_t peer_get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t peer_get32(const uint8_t *p)
{
    return (uint32_t)peer_get16(p) << 16 | peer_get16(p + 2);
}

static inline void peer_put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void peer_put32(uint8_t *p, uint32_t v)
{
    peer_put16(p, v >> 16);
    peer_put16(p + 2, v & 0xffff);
}

#endif

/* What the files of IPv4 share. */
#ifndef STACK_NET_IPV4_H
#define STACK_NET_IPV4_H

#include "stack/core/addr_class.h"
#include "stack/core/keyed_hash.h"
#include "stack/net/ip.h"
#include "stack/net/path_mtu.h"
#include "stack/net/sent.h"
#include "stack/wire/ipv4.h"

enum ipv4_knob {
    IPV4_KNOB_TTL,
    IPV4_KNOB_MULTICAST_TTL,
    IPV4_KNOB_STRONG_HOST,
    IPV4_KNOB_SOURCE_ROUTE,
    IPV4_KNOB_BROADCAST_ZERO,
    IPV4_KNOBS
};

enum ipv4_counter {
    /* The parser's reasons, in its order. */
    IPV4_DROP_SHORT,
    IPV4_DROP_VERSION,
    IPV4_DROP_IHL,
    IPV4_DROP_HEADER_BEYOND,
    IPV4_DROP_LENGTH_BELOW_HEADER,
    IPV4_DROP_LENGTH_BEYOND,
    IPV4_DROP_CHECKSUM,
    IPV4_DROP_LINK_BROADCAST,
    IPV4_DROP_LINK_MULTICAST,
    IPV4_DROP_SOURCE_MULTICAST,
    IPV4_DROP_SOURCE_CLASS_E,
    IPV4_DROP_SOURCE_LOOPBACK,
    IPV4_DROP_SOURCE_ZERO,
    IPV4_DROP_SOURCE_BROADCAST,
    IPV4_DROP_SOURCE_OWN,
    IPV4_DROP_DESTINATION_LOOPBACK,
    IPV4_DROP_GROUP_NOT_JOINED,
    IPV4_DROP_NOT_OURS,
    IPV4_DROP_WRONG_INTERFACE,
    IPV4_DROP_BAD_OPTION,
    IPV4_DROP_SOURCE_ROUTED,
    IPV4_DROP_SOURCE_ROUTE_OFF,
    IPV4_DROP_NO_REASSEMBLY,
    IPV4_DROP_NO_PROTOCOL,
    /* Sending. */
    IPV4_DROP_BROADCAST_REFUSED,
    IPV4_DROP_TOO_LONG,
    IPV4_DROP_DONT_FRAGMENT,
    IPV4_DROP_FRAGMENT_NO_BUFFER,
    IPV4_DROP_NO_HEADROOM,
    IPV4_DROP_BAD_OWN_HEADER,
    IPV4_DROP_NO_LINK_LAYER,
    IPV4_RECEIVED,
    IPV4_DELIVERED,
    IPV4_SENT,
    IPV4_FRAGMENTED,
    IPV4_FRAGMENTS_SENT,
    IPV4_COUNTERS
};

enum { IPV4_ID_COUNTERS = 256 };

struct ipv4 {
    uint8_t id_key[KEYED_HASH_KEY_BYTES];
    uint16_t id[IPV4_ID_COUNTERS];
    struct sent_packets sent;
};

static inline struct ipv4 *ipv4_of(struct stack *s)
{
    return s->state[MODULE_IPV4];
}

/* Which of ipv4_roles' bits are a broadcast's: the obsolete form with zeros as well, which hosts
 * SHOULD recognise on receipt (RFC 1122 3.3.6). */
static inline unsigned ipv4_broadcast_roles(const struct stack *s, bool here)
{
    bool zeros = stack_knob(s, MODULE_IPV4, IPV4_KNOB_BROADCAST_ZERO);
    if (here)
        return zeros ? ADDR_BROADCAST_HERE | ADDR_ZEROS_HERE : ADDR_BROADCAST_HERE;
    return zeros ? ADDR_BROADCAST | ADDR_ZEROS : ADDR_BROADCAST;
}

/* Limited, or directed to one of the interface's nets. */
static inline bool ipv4_is_broadcast(const struct netif *nif, uint32_t a)
{
    return ipv4_roles(nif->stack, nif, a) & ipv4_broadcast_roles(nif->stack, true);
}

/* To any of our nets: the address is no host's, whichever interface it is seen on. */
static inline bool ipv4_is_any_broadcast(struct stack *s, uint32_t a)
{
    return ipv4_roles(s, NULL, a) & ipv4_broadcast_roles(s, false);
}

/* Of any interface and in use, or in 127/8. */
static inline bool ipv4_is_local(struct stack *s, uint32_t a)
{
    return ipv4_roles(s, NULL, a) & ADDR_OWN;
}

void ipv4_drop(struct stack *s, struct netbuf *nb, enum ipv4_counter why);

/* ipv4_path.c */
int ipv4_path(struct stack *s, uint32_t destination, uint32_t source, struct netif *nif,
              struct ip_path *path);

/* ipv4_input.c: receives from the link; and from reassembly, whose datagrams are whole. */
void ipv4_input(struct stack *s, struct netbuf *nb, const uint8_t source[6], int64_t now_ns);
void ipv4_deliver(struct stack *s, struct netbuf *nb, const struct ipv4_hdr *hdr, int64_t now_ns);
/* source_route.c: where a packet of ours is to go by the route among its options, or by its
 * destination. */
struct ip_addr ipv4_route_end(const struct ipv4_hdr *hdr);

/* Tells protocol and raw sockets of an error about a packet that we sent. */
void ipv4_deliver_error(struct stack *s, const struct ip_error *e, int64_t now_ns);

/* ipv4_reassembly.c: takes nb, a fragment whose header is at net_at. */
void ipv4_reassemble(struct stack *s, struct netbuf *nb, const struct ipv4_hdr *hdr,
                     int64_t now_ns);

/* ipv4_output.c */
/* Hashes the path's flow once, for all packets of `protocol` that go by it. */
void ipv4_know_flow(struct stack *s, struct ip_path *path, uint8_t protocol);
int ipv4_output(struct stack *s, const struct ip_path *path, struct netbuf *nb,
                const struct ip_send *how, int64_t now_ns);

/* ipv4_option_walk.c: what a host does with the options of a packet for it (RFC 1122 3.2.1.8).
 * False when it dropped nb. */
bool ipv4_take_options(struct stack *s, struct netbuf *nb, const struct ipv4_hdr *hdr,
                       int64_t now_ns);
/* The options of a reply (RFC 1122 3.2.2.6): routes and stamps continued by `own`, a source route
 * reversed. Returns their length and the first hop in *towards. */
uint32_t ipv4_reply_options(const struct ipv4_hdr *hdr, uint32_t own, int64_t now_ns,
                            uint8_t options[IPV4_MAX_OPTIONS_LEN], uint32_t *towards);

/* Milliseconds for timestamps, with the bit that says that they do not count from midnight UT (RFC
 * 791 3.1): a stack knows no UT. */
uint32_t ipv4_timestamp(int64_t now_ns);

#endif

/* What arp.c and arp_conflict.c share. */
#ifndef STACK_LINK_ARP_PRIVATE_H
#define STACK_LINK_ARP_PRIVATE_H

#include "stack/core/module.h"
#include "stack/wire/arp.h"

enum arp_knob {
    ARP_EXPIRY,
    ARP_REFRESH,
    ARP_REFRESH_BEFORE,
    ARP_RETRY,
    ARP_TRIES,
    ARP_CHECK_SOURCE,
    ARP_ACCEPT_FOREIGN,
    ARP_ACCEPT_UNSOLICITED,
    /* RFC 5227 1.1 */
    ARP_PROBE_WAIT,
    ARP_PROBE_NUM,
    ARP_PROBE_MIN,
    ARP_PROBE_MAX,
    ARP_ANNOUNCE_WAIT,
    ARP_ANNOUNCE_NUM,
    ARP_ANNOUNCE_INTERVAL,
    ARP_MAX_CONFLICTS,
    ARP_RATE_LIMIT_INTERVAL,
    ARP_DEFEND_INTERVAL,
    ARP_DEFEND,
    ARP_RECHECK,
    ARP_RECHECK_IN_USE,
    ARP_KNOBS
};

/* The knob arp.defend: RFC 5227 2.4's three reactions to a conflict. */
enum arp_defend { ARP_GIVE_UP, ARP_DEFEND_ONCE, ARP_DEFEND_ALWAYS };

enum arp_counter {
    ARP_DROP_SHORT,
    ARP_DROP_HARDWARE_TYPE,
    ARP_DROP_HARDWARE_LENGTH,
    ARP_DROP_PROTOCOL_TYPE,
    ARP_DROP_PROTOCOL_LENGTH,
    ARP_DROP_CUT_SHORT,
    ARP_DROP_RESERVED_OP,
    ARP_DROP_OFF,
    ARP_DROP_SENDER_HARDWARE,
    ARP_DROP_SENDER_OWN,
    ARP_DROP_SENDER_SPOOFED,
    ARP_DROP_SENDER_PROTOCOL,
    ARP_DROP_SENDER_FOREIGN,
    ARP_DROP_CONFLICT,
    ARP_DROP_NOT_FOR_US,
    ARP_DROP_UNSOLICITED,
    ARP_DROP_UNKNOWN_OP,
    ARP_REQUESTS_SENT,
    ARP_REPLIES_SENT,
    ARP_PROBES_SENT,
    ARP_ANNOUNCEMENTS_SENT,
    ARP_CONFLICTS,
    ARP_GIVEN_UP,
    ARP_NO_BUFFER,
    ARP_NO_SOURCE,
    ARP_COUNTERS
};

/* One address slot's conflict detection (RFC 5227). */
enum acd_state { ACD_IDLE, ACD_WAITING, ACD_PROBING, ACD_ANNOUNCING, ACD_DONE };

struct acd {
    struct deadline timer;
    struct ip_addr addr; /* what the slot held when it was last looked at */
    int64_t conflict_ns; /* the last conflict that was defended; INT64_MIN: none */
    uint32_t sent;       /* probes, or announcements, of the current state */
    int64_t sent_ns;     /* the last of them; INT64_MIN: none of this address */
    int64_t start_ns;    /* when this attempt may begin */
    uint8_t state;
    bool checked; /* the address came with a check */
};

struct acd_netif {
    uint32_t conflicts; /* since the link came up */
    int64_t started_ns; /* the last attempt; INT64_MIN: none */
};

struct arp {
    uint32_t netifs;
    struct acd_netif *per_netif;
    struct acd *slot; /* NETIF_ADDRESSES for each interface */
};

/* Sends one ARP packet; `to` NULL: to everybody. */
void arp_send(struct stack *s, struct netif *nif, const struct arp_hdr *hdr, const uint8_t *to,
              int64_t now_ns);

size_t acd_state_size(const struct stack_limits *l);
void acd_init(struct stack *s, struct arp *a);
/* An address came or went, or the link did. */
void acd_on_netif(struct stack *s, struct arp *a, struct netif *nif, enum netif_event event,
                  int64_t now_ns);
/* True when the packet is another host's claim to one of our addresses or candidates; it has been
 * reacted to. */
bool acd_conflict(struct stack *s, struct netif *nif, const struct arp_hdr *hdr, int64_t now_ns);

#endif

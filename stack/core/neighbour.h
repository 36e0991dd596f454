/*
 * The neighbour cache, for every family: which link address serves a next hop, and which packets
 * wait to learn it. The machine is RFC 4861's (7.3.2); a resolver (ARP, later NDP) asks on the
 * link, tells what it heard, and says how long things hold.
 *
 *              use                  answer
 *     (none) ------> INCOMPLETE ------------> REACHABLE <------------------------+
 *        ^             |    ^                   |    ^                           | answer
 *        |  no answer  |    |    reachable time |    | answer, or a transport's  |
 *        +-------------+    |                   v    | word                      |
 *        |                  |    use          STALE -+--------------+            |
 *        |                  +-- after the       ^                   | use        |
 *        |                       expiry         | another address   v            |
 *        |                                      +-----------------DELAY -----> PROBE
 *        |                                                     nobody vouched    |
 *        +-----------------------------------------------------------------------+
 *                                                                    no answer
 *
 * In all but INCOMPLETE packets go on to the known address. A probe asks that address, INCOMPLETE
 * asks everybody. With an expiry (ARP: RFC 1122 2.3.2.1) an entry that nobody confirmed serves up
 * to it and not a moment longer, and a probe without answer changes nothing; without one (NDP) it
 * ends the entry. PERMANENT entries come from neighbour_add only and are never changed by what is
 * heard.
 */
#ifndef STACK_CORE_NEIGHBOUR_H
#define STACK_CORE_NEIGHBOUR_H

#include "stack/core/module.h"

#ifdef __cplusplus
extern "C" {
#endif

enum neighbour_state {
    NEIGHBOUR_FREE,
    NEIGHBOUR_INCOMPLETE,
    NEIGHBOUR_REACHABLE,
    NEIGHBOUR_STALE,
    NEIGHBOUR_DELAY,
    NEIGHBOUR_PROBE,
    NEIGHBOUR_PERMANENT
};

/* How long things hold; RFC 4861 10's names where it has one. */
struct neighbour_times {
    int64_t reachable_ns; /* ReachableTime */
    int64_t expiry_ns;    /* after a confirmation; INT64_MAX: none */
    int64_t delay_ns;     /* DELAY_FIRST_PROBE_TIME; 0: STALE's first use probes */
    int64_t retrans_ns;   /* RetransTimer: between two questions for one address */
    uint32_t multicast_tries, unicast_tries; /* MAX_MULTICAST_SOLICIT, MAX_UNICAST_SOLICIT */
};

struct neighbour_resolver {
    uint32_t family;
    uint16_t ethertype; /* of the packets that wait */
    void (*times)(const struct stack *s, struct neighbour_times *t);
    /* Asks for `addr`; `to` is the link address to ask, NULL for everybody. */
    void (*solicit)(struct stack *s, struct netif *nif, const struct ip_addr *addr,
                    const uint8_t *to, int64_t now_ns);
};

int neighbour_resolver_register(struct stack *s, const struct neighbour_resolver *r);
/* NULL when the family has none. */
const struct neighbour_resolver *neighbour_resolver(struct stack *s, uint32_t family);

/* Who is told of a packet that could not be sent, before it is dropped. One a family. */
typedef void neighbour_unsent(struct stack *s, const struct netbuf *nb, int error, int64_t now_ns);
int neighbour_on_unsent(struct stack *s, uint32_t family, neighbour_unsent *fn);

/* Takes nb, a packet without link header: sends it to next_hop now, or keeps it until the address
 * is known. What waits is whole datagrams, of which the oldest give way: neighbour.queue_datagrams
 * and neighbour.queue_bytes a neighbour; NETBUF_CONTINUES says which packets are one. 0 or a
 * negated stack_error: -ERR_NOBUFS, the datagram that nb belongs to does not fit. */
int neighbour_output(struct stack *s, struct netif *nif, const struct ip_addr *next_hop,
                     struct netbuf *nb, int64_t now_ns);

/* Would neighbour_output send now? */
bool neighbour_is_known(struct stack *s, const struct netif *nif, const struct ip_addr *next_hop,
                        int64_t now_ns);

/* What was heard of a neighbour, with RFC 4861 4.4's flags. A request of ARP is as good as an
 * answer to one (RFC 826 merges both). */
enum neighbour_heard_flag {
    NEIGHBOUR_CREATE = 1,    /* enter who is not known */
    NEIGHBOUR_SOLICITED = 2, /* it confirms that the neighbour hears us */
    NEIGHBOUR_OVERRIDE = 4,  /* another link address takes the known one's place */
    NEIGHBOUR_IS_ROUTER = 8,
};

/* `mac` may be NULL when the message names none. Returns whether the neighbour was known: RFC 826's
 * merge flag. */
bool neighbour_heard(struct netif *nif, const struct ip_addr *addr, const uint8_t *mac,
                     unsigned flags, int64_t now_ns);

/* A transport's connection moves on by this neighbour (RFC 4861 7.3.1): that is as good as an
 * answer. */
void neighbour_confirm(struct netif *nif, const struct ip_addr *addr, int64_t now_ns);
/* A transport gets no answer by this neighbour (RFC 1122 2.3.2.1 (4)): the next packet asks for its
 * address again. */
void neighbour_doubt(struct netif *nif, const struct ip_addr *addr, int64_t now_ns);

/* As text: "52:55:0a:00:02:02 reachable". -ERR_NOENT when there is none. */
int neighbour_describe(struct stack *s, const struct ip_addr *addr, char *out, size_t room);

extern const struct module neighbour_module;

#ifdef __cplusplus
}
#endif

#endif

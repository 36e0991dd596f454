/*
 * The neighbour cache, for every family: which link address serves a next hop, and which packets
 * wait to learn it. A resolver (ARP, later NDP) asks on the link and tells what it heard.
 *
 *                 use                      answer
 *     (none) ------------> INCOMPLETE ----------------> REACHABLE <-----------+
 *        ^                  |     ^                      |     |              | answer
 *        +------------------+     |   use at or after    |     | use shortly  |
 *          no answer: the         +--- the expiry -------+     | before it    |
 *          waiting are told       |                            v              |
 *                                 +---------------------- REFRESHING ---------+
 *
 * A refresh is one request to the known address; packets go on meanwhile (RFC 1122 2.3.2.1 (2)).
 * PERMANENT entries come from neighbour_add only and are never changed by what is heard.
 */
#ifndef STACK_CORE_NEIGHBOUR_H
#define STACK_CORE_NEIGHBOUR_H

#include "stack/core/module.h"

enum neighbour_state {
    NEIGHBOUR_FREE,
    NEIGHBOUR_INCOMPLETE,
    NEIGHBOUR_REACHABLE,
    NEIGHBOUR_REFRESHING,
    NEIGHBOUR_PERMANENT
};

/* How a family's addresses are resolved; the knobs are indices into those of `module`. */
struct neighbour_resolver {
    uint32_t family;
    enum module_id module;
    uint16_t ethertype;          /* of the packets that wait */
    uint8_t knob_expiry;         /* an entry serves this long after it was confirmed */
    uint8_t knob_refresh;        /* bool: ask shortly before that */
    uint8_t knob_refresh_before; /* how shortly */
    uint8_t knob_retry;          /* between two requests for one address, RFC 1122 2.3.2.1 */
    uint8_t knob_tries;          /* requests before it gives up */
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
 * is known. 0 or a negated stack_error. */
int neighbour_output(struct stack *s, struct netif *nif, const struct ip_addr *next_hop,
                     struct netbuf *nb, int64_t now_ns);

/* The resolver heard that `addr` is at `mac`. An unknown one is entered only with `create`. Returns
 * whether it was known: RFC 826's merge flag. */
bool neighbour_heard(struct netif *nif, const struct ip_addr *addr, const uint8_t mac[6],
                     bool create, int64_t now_ns);

/* A transport gets no answer by this neighbour (RFC 1122 2.3.2.1 (4)): the next packet asks for its
 * address again. */
void neighbour_doubt(struct netif *nif, const struct ip_addr *addr, int64_t now_ns);

/* As text: "52:55:0a:00:02:02 reachable". -ERR_NOENT when there is none. */
int neighbour_describe(struct stack *s, const struct ip_addr *addr, char *out, size_t room);

extern const struct module neighbour_module;

#endif

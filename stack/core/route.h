/*
 * The routing table: longest prefix match; of several gateways for one net, the first added that is
 * not thought dead (RFC 1122 3.3.1.2, 3.3.1.5). Bounded by stack_limits.routes.
 */
#ifndef STACK_CORE_ROUTE_H
#define STACK_CORE_ROUTE_H

#include "stack/core/module.h"

#ifdef __cplusplus
extern "C" {
#endif

enum route_origin { ROUTE_FREE, ROUTE_STATIC, ROUTE_INTERFACE, ROUTE_REDIRECT, ROUTE_LEASE };

/* What a lookup reads comes first. */
struct route {
    struct ip_addr net; /* its bits behind the prefix are 0 */
    uint8_t prefix, origin;
    uint32_t next_net; /* in its bucket, of a net's first route: route_nets.h */
    uint32_t next;     /* of the same net, the next in the order of adding */
    uint32_t order;    /* when it was added */
    struct netif *nif;
    int64_t dead_until_ns;  /* the gateway did not answer; INT64_MIN: nothing known against it */
    struct ip_addr gateway; /* of family ADDR_NONE: on-link */
    int64_t expires_ns;     /* INT64_MAX: stays */
};

/* The route to `destination`, by `nif` when that is not NULL, and into its zone when it has one;
 * NULL when there is none. *down tells that there would be one if an interface were up. */
const struct route *route_lookup(struct stack *s, const struct ip_addr *destination,
                                 const struct netif *nif, bool *down);

/* A route's number, from 1, and its gateway by that: both hold until stack.path_generation moves.
 */
uint16_t route_number(struct stack *s, const struct route *r);
const struct ip_addr *route_gateway(const struct stack *s, uint16_t number);

/* A redirect: one host by another gateway, for the knob route.redirect_lifetime. The oldest such
 * route gives way when the table is full. 0 or -ERR_NOBUFS. */
int route_redirect(struct stack *s, const struct ip_addr *host, const struct ip_addr *gateway,
                   struct netif *nif, int64_t now_ns);

/* A route that a lease of the interface's brings: route_add's results. One that the user has stays
 * his; one that he adds while the lease has it becomes his. */
int route_lease_add(struct netif *nif, const struct ip_addr *net, unsigned prefix,
                    const struct ip_addr *gateway);
/* All of them, by this interface. */
void route_lease_remove(struct netif *nif);

/* The on-link route that comes with an address: 0, -ERR_NOBUFS, or -ERR_OPNOTSUPP without a table.
 * has_room: it would be the first. */
bool route_interface_has_room(struct netif *nif, const struct ip_addr *addr, unsigned prefix);
int route_interface_add(struct netif *nif, const struct ip_addr *addr, unsigned prefix);
void route_interface_remove(struct netif *nif, const struct ip_addr *addr, unsigned prefix);

/* A gateway did not answer, or answered (RFC 1122 3.3.1.4): others are preferred until it does, or
 * until the knob route.retry_dead. */
void route_gateway_dead(struct netif *nif, const struct ip_addr *gateway, int64_t now_ns);
void route_gateway_alive(struct netif *nif, const struct ip_addr *gateway);

extern const struct module route_module;

#ifdef __cplusplus
}
#endif

#endif

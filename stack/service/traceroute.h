/* Traceroute: UDP to rising ports with rising TTLs; time exceeded names each hop, port unreachable
 * the end. */
#ifndef STACK_SERVICE_TRACEROUTE_H
#define STACK_SERVICE_TRACEROUTE_H

#include "stack/service/service.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TRACEROUTE_HOPS = 30 };

struct traceroute_hop {
    struct ip_addr addr; /* any: no answer */
    int64_t rtt_ns;
    uint8_t type, code; /* the ICMP answer's */
};

struct traceroute_result {
    struct traceroute_hop hop[TRACEROUTE_HOPS];
    uint32_t hops;
    bool reached;
};

struct traceroute_options {
    struct ip_addr to;
    uint8_t max_hops, probes; /* tries at each TTL before it counts as silent */
    int64_t timeout_ns;
    uint16_t port; /* the first destination port: 33434 */
};

void traceroute_defaults(struct traceroute_options *o, const struct ip_addr *to);
/* done's result is the number of hops when reached, else a negated stack_error. One at a time. */
int traceroute_start(struct stack *s, const struct traceroute_options *o, service_done *done,
                     void *ctx, int64_t now_ns);

extern const struct module traceroute_module;

#ifdef __cplusplus
}
#endif

#endif

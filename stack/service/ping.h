/* Echo requests with statistics (RFC 792, RFC 1122 3.2.2.6). */
#ifndef STACK_SERVICE_PING_H
#define STACK_SERVICE_PING_H

#include "stack/service/service.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ping_options {
    struct ip_addr to;
    uint32_t count, size; /* echoes; payload bytes (56) */
    int64_t interval_ns, timeout_ns;
    uint8_t ttl; /* 0: the knob */
    bool dont_fragment;
};

struct ping_result {
    uint32_t sent, received, duplicates, errors, corrupt;
    int64_t min_ns, max_ns, total_ns;
    int last_error; /* from an ICMP error */
};

/* Defaults: 1 echo of 56 bytes, one second apart, one second's patience. done's result is the
 * number received. */
void ping_defaults(struct ping_options *o, const struct ip_addr *to);
int ping_start(struct stack *s, const struct ping_options *o, service_done *done, void *ctx,
               int64_t now_ns);

extern const struct module ping_module;

#ifdef __cplusplus
}
#endif

#endif

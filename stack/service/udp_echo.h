/* The UDP echo service (RFC 862): answers datagrams on port 7, never to a broadcast or multicast
 * destination and never to port 7 itself. */
#ifndef STACK_SERVICE_UDP_ECHO_H
#define STACK_SERVICE_UDP_ECHO_H

#include "stack/service/service.h"

#ifdef __cplusplus
extern "C" {
#endif

int udp_echo_start(struct stack *s, uint16_t port, int64_t now_ns);
int udp_echo_stop(struct stack *s, int64_t now_ns);

extern const struct module udp_echo_module;

#ifdef __cplusplus
}
#endif

#endif

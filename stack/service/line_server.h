/*
 * Two services over TCP for a person at a terminal: echo (RFC 862), which sends back what comes,
 * and a telnet server (RFC 854), which answers lines. They share limits.line_sessions sessions;
 * more connections wait to be accepted.
 */
#ifndef STACK_SERVICE_LINE_SERVER_H
#define STACK_SERVICE_LINE_SERVER_H

#include "stack/service/service.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TCP_ECHO_PORT = 7, TELNET_PORT = 23 };
enum line_service { LINE_ECHO, LINE_TELNET, LINE_SERVICES };

/* Serves on every address. `port` 0: the service's own. 0, -ERR_PROTONOSUPPORT, -ERR_BUSY (it is
 * served already), -ERR_NOBUFS (limits.line_sessions is 0, or TCP has no block), and tcp_listen's.
 */
int line_serve(struct stack *s, enum line_service service, uint16_t port, int64_t now_ns);
/* It is served no more; who is being served is cut off. 0, or -ERR_NOENT. */
int line_serve_stop(struct stack *s, enum line_service service, int64_t now_ns);

extern const struct module line_server_module;

#ifdef __cplusplus
}
#endif

#endif

/*
 * HTTP/1.1 server of static content (RFC 9110, 9112): GET and HEAD of a table of pages. Requests on
 * a connection are answered in their order, the connection is kept as its client wants, and closed
 * in stages (RFC 9112 9.6). What cannot be read gets its status and the end of the connection.
 */
#ifndef STACK_SERVICE_HTTP_SERVER_H
#define STACK_SERVICE_HTTP_SERVER_H

#include "stack/service/http_reader.h"
#include "stack/service/service.h"

#ifdef __cplusplus
extern "C" {
#endif

struct http_page {
    const char *path; /* decoded: "/a b" is asked for as /a%20b */
    const char *type; /* Content-Type */
    const void *body;
    uint32_t len;
};

/* Serves the pages, which live until http_serve_stop, on every address. `port` 0: 80. 0,
 * -ERR_PROTONOSUPPORT, -ERR_BUSY (it serves already), -ERR_NOBUFS (limits.http_sessions is 0, or
 * TCP has no block), and tcp_listen's. */
int http_serve(struct stack *s, uint16_t port, const struct http_page *pages, uint32_t count,
               int64_t now_ns);
/* Nobody is served any more; those who are being served are cut off. 0, or -ERR_NOENT. */
int http_serve_stop(struct stack *s, int64_t now_ns);

extern const struct module http_server_module;

#ifdef __cplusplus
}
#endif

#endif

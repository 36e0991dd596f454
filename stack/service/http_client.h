/*
 * HTTP/1.1 client (RFC 9110, 9112): GET, HEAD and POST over a few connections, which are kept for
 * the next request to the same server. Heads of answers are bounded by http.head; bodies are handed
 * on as they come, and none is too long.
 *
 * A redirection is not followed: the request ends with -ERR_OPNOTSUPP, and the result says where it
 * points to. Nothing is sent twice but GET and HEAD, once, when a connection that was kept turns
 * out to be closed (RFC 9112 9.3.1).
 */
#ifndef STACK_SERVICE_HTTP_CLIENT_H
#define STACK_SERVICE_HTTP_CLIENT_H

#include "stack/service/http_reader.h"
#include "stack/service/service.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { HTTP_HOST = 64 };

/* A piece of the body; `octets` live only for the call. */
typedef void http_body(void *ctx, struct stack *s, const uint8_t *octets, uint32_t len,
                       int64_t now_ns);

struct http_request {
    struct ip_addr server;
    uint16_t port; /* 0: 80 */
    enum http_method method;
    const char *host; /* as the user wrote it, without the port; NULL: the address */
    const char *path; /* with its query; NULL: "/" */
    /* Of a POST: lives until `done` is called. */
    const void *body;
    uint32_t body_len;
    const char *type;    /* Content-Type of it; NULL: none */
    bool close;          /* the connection is not kept */
    http_body *received; /* NULL: the body is thrown away */
};

struct http_result {
    uint16_t status;
    uint64_t body;               /* octets that came */
    const char *location, *type; /* "" when the answer has none */
    enum http_fault fault;       /* of -ERR_PROTO and -ERR_MSGSIZE */
};

/*
 * `done` gets 0 and a struct http_result when a whole answer came, whatever its status; with the
 * result's status: -ERR_OPNOTSUPP (a redirection), -ERR_PROTO (no HTTP/1.1), -ERR_MSGSIZE (a head
 * above http.head), -ERR_IO (the connection ended in the answer); and without: -ERR_TIMEDOUT
 * (http.timeout without an octet), -ERR_CONNREFUSED, -ERR_CONNRESET or another of TCP's.
 * Returned: 0, -ERR_INVAL (a host or path that cannot be sent, or is too long), -ERR_NOBUFS
 * (limits.http_connections are at work, or TCP has no block), -ERR_PROTONOSUPPORT, and
 * tcp_connect's.
 */
int http_request(struct stack *s, const struct http_request *q, service_done *done, void *ctx,
                 int64_t now_ns);
/* Aborts the request of that ctx, whose `done` is not called: 0, or -ERR_NOENT. */
int http_cancel(struct stack *s, void *ctx, int64_t now_ns);

extern const struct module http_client_module;

#ifdef __cplusplus
}
#endif

#endif

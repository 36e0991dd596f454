/*
 * An HTTP/1.1 client that a script moves: `@cli get("http://10.0.2.15/")`. A request goes on the
 * connection that is open to that server and idle, else on a new one; answers are read strictly.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim/hosts/http_message.h"
#include "sim/hosts/tcp_end.h"

enum { HTTP_PORT = 80, HTTP_REQUEST_HEAD = 2048 };

struct http_client {
    struct tcp_end end; /* first */
    bool close, http10, no_host;
    const char *field;
    uint64_t requests, answers, bad, lost, body_octets, body_pattern;
    struct http_message last; /* the last answer that was whole, or was none */
};

struct http_exchange {
    struct http_message answer;
    uint32_t server;
    uint16_t port;
    bool waiting; /* for an answer */
    uint32_t head_len, head_at;
    char head[HTTP_REQUEST_HEAD];
    const uint8_t *body; /* NULL: the pattern */
    uint64_t body_len, body_at;
};

static struct http_client *client_of(struct host *h)
{
    return h->state;
}

/* --- attributes --- */

static const struct attr_spec client_attrs[] = {
    {"close", VALUE_NONE, "asks for the end of the connection with each request"},
    {"http10", VALUE_NONE, "speaks HTTP/1.0"},
    {"no-host", VALUE_NONE, "sends no Host"},
    {"field", VALUE_BYTES, "a field more in each request: \"A: b\""},
    TCP_END_ATTRS,
    TCP_END_LIES(TCP_END_LIE_ATTR){NULL, VALUE_NONE, NULL},
};

static void client_progress(struct tcp_connection *c);
static void client_ended(struct tcp_connection *c, enum tcp_end_how how);

static const struct tcp_app client_app = {
    .state_size = sizeof(struct http_exchange), .progress = client_progress, .ended = client_ended};

static int client_init(struct host *h, const struct attrs *a, struct why *why)
{
    struct http_client *s = client_of(h);
    s->close = attr_flag(a, "close");
    s->http10 = attr_flag(a, "http10");
    s->no_host = attr_flag(a, "no-host");
    s->field = attr_text(a, "field", NULL);
    if (tcp_end_init(&s->end, h, &client_app, HTTP_PORT, a, why) != 0)
        return -1;
    s->end.listeners = 0; /* port is where it connects to */
    return 0;
}

/* --- an exchange --- */

static void write_request(struct tcp_connection *c, struct http_exchange *x)
{
    uint32_t room;
    while ((room = tcp_connection_room(c)) > 0) {
        if (x->head_at < x->head_len) {
            x->head_at += tcp_connection_write(c, x->head + x->head_at, x->head_len - x->head_at);
        } else if (x->body_at < x->body_len) {
            uint8_t made[2048];
            uint64_t left = x->body_len - x->body_at;
            uint32_t len = left < room ? (uint32_t)left : room;
            len = len < sizeof made ? len : (uint32_t)sizeof made;
            if (!x->body)
                packet_pattern_fill(made, len, x->body_at);
            x->body_at += tcp_connection_write(c, x->body ? x->body + x->body_at : made, len);
        } else {
            return;
        }
    }
}

static void answer_came(struct http_client *s, struct tcp_connection *c, struct http_exchange *x)
{
    struct http_message *m = &x->answer;
    bool interim = !m->fault && m->status / 100 == 1, bodyless = m->bodyless, close = m->close;
    s->last = *m;
    if (m->fault) {
        s->bad++;
        tcp_end_violation(&s->end, m->fault);
    } else if (!interim) {
        s->answers++;
        s->body_octets += m->body;
        s->body_pattern += m->pattern;
    }
    http_message_begin(m, false);
    m->bodyless = bodyless;
    if (interim)
        return;
    x->waiting = false;
    if (s->last.fault) /* nobody knows where the next message would begin */
        tcp_connection_abort(c);
    else if (close || s->close)
        tcp_connection_close(c);
}

/* RFC 9112 9.2: what comes without having been asked for is no answer. */
static void read_answer(struct http_client *s, struct tcp_connection *c, struct http_exchange *x)
{
    uint8_t octets[512];
    uint32_t len;
    while (tcp_connection_is_open(c) && (len = tcp_connection_peek(c, octets, sizeof octets)) > 0) {
        if (!x->waiting) {
            tcp_end_violation(&s->end, "octets that answer nothing (RFC 9112 9.2)");
            tcp_connection_abort(c);
            return;
        }
        tcp_connection_read(c, octets, http_message_take(&x->answer, octets, len));
        if (x->answer.phase >= HTTP_DONE)
            answer_came(s, c, x);
    }
    if (!tcp_connection_at_end(c))
        return;
    bool begun = x->answer.phase != HTTP_HEAD || x->answer.head_len > 0;
    if (x->waiting && begun) { /* a server may close at any time (RFC 9112 9.5): else it is lost */
        http_message_end(&x->answer);
        answer_came(s, c, x);
    }
    tcp_connection_close(c);
}

static void client_progress(struct tcp_connection *c)
{
    struct http_exchange *x = tcp_connection_app(c);
    write_request(c, x);
    read_answer(client_of(tcp_connection_host(c)), c, x);
}

static void client_ended(struct tcp_connection *c, enum tcp_end_how how)
{
    struct http_exchange *x = tcp_connection_app(c);
    (void)how;
    if (x->waiting)
        client_of(tcp_connection_host(c))->lost++;
}

/* --- calls --- */

struct url {
    uint32_t address;
    uint16_t port;
    const char *authority, *path;
    int authority_len;
};

/* http://10.0.2.15[:PORT][/PATH] */
static bool read_url(struct url *u, const char *text, uint16_t port)
{
    char host[16];
    struct in_addr address;
    if (strncmp(text, "http://", 7) != 0)
        return false;
    u->authority = text + 7;
    size_t len = strspn(u->authority, "0123456789.");
    const char *at = u->authority + len;
    u->port = port;
    if (*at == ':') {
        char *end;
        unsigned long number = strtoul(at + 1, &end, 10);
        at = end;
        u->port = number > 0 && number < 65536 ? (uint16_t)number : 0;
    }
    if (len >= sizeof host || (*at != '/' && *at != '\0') || u->port == 0)
        return false;
    memcpy(host, u->authority, len);
    host[len] = '\0';
    u->authority_len = (int)(at - u->authority);
    u->path = *at ? at : "/";
    if (inet_pton(AF_INET, host, &address) != 1)
        return false;
    u->address = ntohl(address.s_addr);
    return true;
}

static struct tcp_connection *connection_to(struct http_client *s, const struct url *u)
{
    struct tcp_connection *c;
    for (uint32_t k = 0; (c = tcp_end_connection(&s->end, k)) != NULL; k++) {
        struct http_exchange *x = tcp_connection_app(c);
        if (x->server == u->address && x->port == u->port && !x->waiting &&
            tcp_connection_is_open(c) && tcp_connection_room(c))
            return c;
    }
    c = tcp_end_connect(&s->end, u->address, u->port);
    if (!c)
        return NULL;
    struct http_exchange *x = tcp_connection_app(c);
    x->server = u->address;
    x->port = u->port;
    return c;
}

/* The head with a length when there may be a body (RFC 9110 8.6). False: too long. */
static bool make_head(const struct http_client *s, struct http_exchange *x, const char *method,
                      const struct url *u)
{
    char host[64] = "", length[48] = "";
    if (!s->no_host)
        snprintf(host, sizeof host, "Host: %.*s\r\n", u->authority_len, u->authority);
    if (strcmp(method, "POST") == 0)
        snprintf(length, sizeof length, "Content-Length: %" PRIu64 "\r\n", x->body_len);
    int len = snprintf(x->head, sizeof x->head, "%s %s HTTP/1.%d\r\n%s%s%s%s%s\r\n", method,
                       u->path, s->http10 ? 0 : 1, host, length,
                       s->close && !s->http10 ? "Connection: close\r\n" : "",
                       s->field ? s->field : "", s->field ? "\r\n" : "");
    x->head_len = (uint32_t)len;
    x->head_at = 0;
    return len < (int)sizeof x->head;
}

static void begin(struct http_client *s, struct tcp_connection *c, struct http_exchange *x,
                  bool bodyless)
{
    http_message_begin(&x->answer, false);
    x->answer.bodyless = bodyless;
    x->body_at = 0;
    x->waiting = true;
    s->requests++;
    if (tcp_connection_is_open(c))
        client_progress(c);
}

/* get(URL), head(URL), post(URL, TEXT or LENGTH), ask(URL, OCTETS): these octets are the request.
 */
static int call_method(struct http_client *s, const char *name, const struct value *argument,
                       uint32_t arguments, struct why *why)
{
    bool post = strcmp(name, "post") == 0, ask = strcmp(name, "ask") == 0;
    struct url u;
    bool body = arguments == 2 &&
                (argument[1].kind == VALUE_BYTES || (post && argument[1].kind == VALUE_NUMBER));
    if (arguments != (post || ask ? 2 : 1) || argument[0].kind != VALUE_BYTES ||
        !read_url(&u, (const char *)argument[0].bytes, s->end.listening[0]) ||
        ((post || ask) && !body)) {
        why_set(why, "%s(\"http://10.0.2.15/\"%s)", name,
                post  ? ", TEXT or LENGTH"
                : ask ? ", OCTETS"
                      : "");
        return -1;
    }
    struct tcp_connection *c = connection_to(s, &u);
    if (!c) {
        why_set(why, "there are too many connections already");
        return -1;
    }
    struct http_exchange *x = tcp_connection_app(c);
    const struct value *v = body ? &argument[1] : NULL;
    x->body = v && v->kind == VALUE_BYTES ? v->bytes : NULL;
    x->body_len = !v ? 0 : v->kind == VALUE_BYTES ? v->len : (uint64_t)v->number;
    if (ask) {
        x->head_len = 0;
    } else if (!make_head(s, x, post ? "POST" : strcmp(name, "head") == 0 ? "HEAD" : "GET", &u)) {
        why_set(why, "%s: the request is too long", name);
        return -1;
    }
    begin(s, c, x, strcmp(name, "head") == 0);
    return 0;
}

static int client_call(struct host *h, const char *name, const struct value *argument,
                       uint32_t arguments, struct why *why)
{
    static const char *const methods[] = {"get", "head", "post", "ask"};
    for (size_t k = 0; k < sizeof methods / sizeof methods[0]; k++)
        if (strcmp(methods[k], name) == 0) {
            int got = call_method(client_of(h), name, argument, arguments, why);
            tcp_end_settle(&client_of(h)->end);
            return got;
        }
    return tcp_end_call(h, name, argument, arguments, why);
}

/* --- what a script can ask --- */

static int answer_text(const void *text, size_t len, struct value *out)
{
    *out = (struct value){.kind = VALUE_BYTES, .bytes = text, .len = (uint32_t)len};
    return 0;
}

static int client_query(struct host *h, const char *what, struct value *out)
{
    const struct http_client *s = client_of(h);
    uint32_t len = 0;
    const struct host_number known[] = {
        {"requests", (int64_t)s->requests},
        {"answers", (int64_t)s->answers},
        {"bad-answers", (int64_t)s->bad},
        {"lost", (int64_t)s->lost},
        {"status", s->last.status},
        {"body-octets", (int64_t)s->body_octets},
        {"body-pattern", (int64_t)s->body_pattern},
        {NULL, 0},
    };
    if (strcmp(what, "body") == 0)
        return answer_text(s->last.sample, s->last.sample_len, out);
    if (strcmp(what, "answer-head") == 0)
        return answer_text(s->last.head, s->last.head_len, out);
    if (strncmp(what, "field ", 6) == 0) {
        const char *value = http_message_field(&s->last, what + 6, 0, &len);
        return answer_text(value ? value : "", value ? len : 0, out);
    }
    return host_answer(known, what, out) == 0 ? 0 : tcp_end_query(h, what, out);
}

const struct host_kind http_client_kind = {
    .name = "http-client",
    .help = "asks HTTP/1.1 servers when a script tells it to",
    .state_size = sizeof(struct http_client),
    .attrs = client_attrs,
    .init = client_init,
    .frame = tcp_end_frame,
    .due = tcp_end_due,
    .query = client_query,
    .call = client_call,
};

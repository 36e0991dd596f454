/* Answers of the HTTP server: RFC 9110 and 9112, and the lies about them. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "sim/hosts/http_server.h"

#define LIE_SPEC(id, name, argument, help) PEER_LIE_SPEC(name, NULL, argument),
static const struct peer_lie_spec specs[] = {HTTP_LIES(LIE_SPEC)};
static const char *const kinds[] = {"get", "head", "post", "other", NULL};

struct peer_lies http_server_lies(struct http_server *s)
{
    return (struct peer_lies){specs, HTTP_LIES_COUNT, kinds, s->lie};
}

bool http_server_lies_now(struct http_server *s, enum http_lie lie, enum http_method kind)
{
    return peer_lie_now(&s->lie[lie], kind);
}

/* --- the head --- */

static void put(struct host *h, struct http_answer *a, const void *octets, uint32_t len)
{
    while (a->head_len + len > a->head_room)
        a->head = world_grow(h->world, a->head, &a->head_room, 1);
    memcpy(a->head + a->head_len, octets, len);
    a->head_len += len;
}

__attribute__((format(printf, 3, 4))) static void line(struct host *h, struct http_answer *a,
                                                       const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    put(h, a, text, len < (int)sizeof text ? (uint32_t)len : (uint32_t)sizeof text - 1);
    put(h, a, "\r\n", 2);
}

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {{200, "OK"},        {301, "Moved Permanently"},  {400, "Bad Request"},
                   {404, "Not Found"}, {405, "Method Not Allowed"}, {501, "Not Implemented"}};
    for (size_t k = 0; k < sizeof reasons / sizeof reasons[0]; k++)
        if (reasons[k].status == status)
            return reasons[k].reason;
    return "Status";
}

static const char *type_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    if (dot && strcmp(dot, ".html") == 0)
        return "text/html";
    return dot && strcmp(dot, ".txt") == 0 ? "text/plain" : "application/octet-stream";
}

static bool lies(struct http_server *s, enum http_lie lie, const struct http_answer *a)
{
    return http_server_lies_now(s, lie, a->kind);
}

static void put_lengths(struct host *h, struct http_server *s, struct http_answer *a)
{
    bool none = lies(s, HTTP_LIE_NO_LENGTH, a);
    uint64_t len = a->body_len;
    if (lies(s, HTTP_LIE_WRONG_LENGTH, a))
        len = (uint64_t)s->lie[HTTP_LIE_WRONG_LENGTH].number;
    if (lies(s, HTTP_LIE_CHUNKED, a))
        a->chunk = (uint32_t)s->lie[HTTP_LIE_CHUNKED].number;
    if (a->chunk)
        line(h, a, "Transfer-Encoding: chunked");
    bool both = lies(s, HTTP_LIE_BOTH, a);
    if (lies(s, HTTP_LIE_LENGTH_TEXT, a))
        line(h, a, "Content-Length: %s", (const char *)s->lie[HTTP_LIE_LENGTH_TEXT].bytes);
    else if ((!a->chunk && !none) || both)
        line(h, a, "Content-Length: %" PRIu64, len);
    if (lies(s, HTTP_LIE_TWO_LENGTHS, a))
        line(h, a, "Content-Length: %" PRIu64, len + 1);
    a->close = a->close || (none && !a->chunk);
}

/* Fields that the attributes and lies want. */
static void put_more(struct host *h, struct http_server *s, struct http_answer *a)
{
    if (lies(s, HTTP_LIE_FIELD, a))
        line(h, a, "%s", (const char *)s->lie[HTTP_LIE_FIELD].bytes);
    if (lies(s, HTTP_LIE_GIANT, a)) {
        put(h, a, "X-Giant: ", 9);
        for (int64_t k = s->lie[HTTP_LIE_GIANT].number; k > 0; k--)
            put(h, a, "x", 1);
        put(h, a, "\r\n", 2);
    }
    if (lies(s, HTTP_LIE_MANY, a))
        for (int64_t k = 0; k < s->lie[HTTP_LIE_MANY].number; k++)
            line(h, a, "X-%" PRId64 ": x", k);
}

/* RFC 9112 2.2 has lines end in CR LF. */
static void drop_returns(struct http_answer *a)
{
    uint32_t to = 0;
    for (uint32_t k = 0; k < a->head_len; k++)
        if (a->head[k] != '\r')
            a->head[to++] = a->head[k];
    a->head_len = to;
}

static void put_head(struct host *h, struct http_server *s, struct http_answer *a, int status,
                     const struct http_page *page)
{
    const char *version =
        lies(s, HTTP_LIE_VERSION, a) ? (const char *)s->lie[HTTP_LIE_VERSION].bytes : "HTTP/1.1";
    if (lies(s, HTTP_LIE_STATUS, a))
        status = (int)s->lie[HTTP_LIE_STATUS].number;
    if (lies(s, HTTP_LIE_CONTINUE, a))
        for (int64_t k = 0; k < s->lie[HTTP_LIE_CONTINUE].number; k++)
            put(h, a, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    line(h, a, "%s %d %s", version, status, reason_of(status));
    if (page && page->location)
        line(h, a, "Location: %s", page->location);
    if (page && !page->location)
        line(h, a, "Content-Type: %s", type_of(page->path));
    if (status == 405 || status == 501)
        line(h, a, "Allow: GET, HEAD, POST");
    put_lengths(h, s, a);
    if (a->close)
        line(h, a, "Connection: close");
    put_more(h, s, a);
    put(h, a, "\r\n", 2);
    if (lies(s, HTTP_LIE_BARE_LF, a))
        drop_returns(a);
    s->last_status = status;
}

/* --- what is answered --- */

static enum http_method method_of(const struct http_message *m)
{
    if (strcmp(m->method, "GET") == 0)
        return HTTP_GET;
    if (strcmp(m->method, "HEAD") == 0)
        return HTTP_HEAD_METHOD;
    return strcmp(m->method, "POST") == 0 ? HTTP_POST : HTTP_OTHER;
}

static const struct http_page *page_of(const struct http_server *s, const char *target)
{
    for (uint32_t k = 0; k < s->pages; k++)
        if (strcmp(s->page[k].path, target) == 0)
            return &s->page[k];
    return NULL;
}

static void set_body(struct http_answer *a, const void *body, uint64_t len)
{
    a->body = body;
    a->body_len = len;
}

/* A POST is answered with what came, as far as it was kept. */
static int find_page(const struct http_server *s, struct http_answer *a,
                     const struct http_message *m, const struct http_page **page)
{
    static const char missing[] = "there is no such page\n", bad[] = "that was no request\n";
    *page = NULL;
    if (m->fault) {
        set_body(a, bad, sizeof bad - 1);
        return 400;
    }
    if (a->kind == HTTP_OTHER)
        return 501;
    if (a->kind == HTTP_POST) {
        set_body(a, m->sample, m->sample_len);
        return 200;
    }
    *page = page_of(s, m->target);
    if (!*page) {
        set_body(a, missing, sizeof missing - 1);
        return 404;
    }
    set_body(a, (*page)->body, (*page)->len);
    return (*page)->location ? 301 : 200;
}

static void set_times(struct host *h, struct http_server *s, struct http_answer *a)
{
    a->cut = a->reset = -1;
    if (lies(s, HTTP_LIE_CUT, a))
        a->cut = s->lie[HTTP_LIE_CUT].number;
    if (lies(s, HTTP_LIE_RESET_AFTER, a))
        a->reset = s->lie[HTTP_LIE_RESET_AFTER].number;
    a->slow_ns = lies(s, HTTP_LIE_SLOW, a) ? s->lie[HTTP_LIE_SLOW].number : 0;
    a->begins_ns = host_now(h) + (lies(s, HTTP_LIE_LATE, a) ? s->lie[HTTP_LIE_LATE].number : 0);
    a->again = lies(s, HTTP_LIE_TWICE, a);
}

void http_answer_make(struct http_server *s, struct http_answer *a, const struct http_message *m)
{
    struct host *h = s->end.ip.host;
    const struct http_page *page;
    memset(a, 0, sizeof *a);
    a->kind = method_of(m);
    a->close = (m->close || s->close || m->fault) && !lies(s, HTTP_LIE_NOT_CLOSED, a);
    set_times(h, s, a);
    if (lies(s, HTTP_LIE_RAW, a)) {
        put(h, a, s->lie[HTTP_LIE_RAW].bytes, s->lie[HTTP_LIE_RAW].len);
        return;
    }
    int status = find_page(s, a, m, &page);
    put_head(h, s, a, status, page);
    if (a->kind == HTTP_HEAD_METHOD && !m->fault)
        a->body_len = a->chunk = 0;
}

void http_answer_release(struct host *h, struct http_answer *a)
{
    if (a->head)
        world_release(h->world, a->head, a->head_room);
    memset(a, 0, sizeof *a);
}

/* --- writing it --- */

/* So many octets may be written of the answer now. */
static uint32_t may_write(const struct tcp_connection *c, const struct http_answer *a)
{
    int64_t end = a->cut >= 0 ? a->cut : a->reset;
    uint32_t room = tcp_connection_room(c);
    if (end >= 0 && (int64_t)(a->written + room) > end)
        room = (uint32_t)(end - (int64_t)a->written);
    return room;
}

static void write_some(struct tcp_connection *c, struct http_answer *a, const void *octets,
                       uint32_t len)
{
    tcp_connection_write(c, octets, len);
    a->written += len;
}

static void write_head(struct tcp_connection *c, struct http_answer *a, uint32_t most)
{
    uint32_t len = a->head_len - a->head_at;
    len = len < most ? len : most;
    write_some(c, a, a->head + a->head_at, len);
    a->head_at += len;
}

/* The next line of the chunked coding becomes the head. */
static void next_chunk(struct http_server *s, struct http_answer *a)
{
    struct host *h = s->end.ip.host;
    uint64_t left = a->body_len - a->body_at;
    a->chunk_left = left < a->chunk ? left : a->chunk;
    a->head_len = a->head_at = 0;
    if (a->body_at)
        put(h, a, "\r\n", 2);
    const char *extension =
        lies(s, HTTP_LIE_EXTENSION, a) ? (const char *)s->lie[HTTP_LIE_EXTENSION].bytes : "";
    if (lies(s, HTTP_LIE_BAD_CHUNK, a))
        line(h, a, "%s", (const char *)s->lie[HTTP_LIE_BAD_CHUNK].bytes);
    else
        line(h, a, "%" PRIx64 "%s", a->chunk_left, extension);
    if (left)
        return;
    a->last_chunk = true;
    if (lies(s, HTTP_LIE_TRAILER, a))
        line(h, a, "%s", (const char *)s->lie[HTTP_LIE_TRAILER].bytes);
    put(h, a, "\r\n", 2);
}

static void write_body(struct tcp_connection *c, struct http_answer *a, uint32_t most)
{
    uint8_t made[2048];
    uint64_t left = a->chunk ? a->chunk_left : a->body_len - a->body_at;
    uint32_t len = left < most ? (uint32_t)left : most;
    if (!a->body) {
        len = len < sizeof made ? len : (uint32_t)sizeof made;
        packet_pattern_fill(made, len, a->body_at);
    }
    write_some(c, a, a->body ? a->body + a->body_at : made, len);
    a->body_at += len;
    a->chunk_left -= a->chunk ? len : 0;
}

/* Of a slow head an octet at a time. True: the next one has its time. */
static bool write_slowly(struct tcp_connection *c, struct http_answer *a, int64_t now_ns)
{
    if (!a->slow_ns || a->head_at == a->head_len || a->body_at)
        return false;
    write_head(c, a, 1);
    a->begins_ns = now_ns + a->slow_ns;
    tcp_connection_wake(c, a->begins_ns);
    return true;
}

bool http_answer_write(struct http_server *s, struct tcp_connection *c, struct http_answer *a)
{
    int64_t now_ns = host_now(s->end.ip.host);
    if (now_ns < a->begins_ns) {
        tcp_connection_wake(c, a->begins_ns);
        return false;
    }
    for (uint32_t most; (most = may_write(c, a)) > 0;) {
        if (write_slowly(c, a, now_ns))
            return false;
        if (a->head_at < a->head_len)
            write_head(c, a, most);
        else if (a->chunk && !a->chunk_left && !a->last_chunk)
            next_chunk(s, a);
        else if (a->chunk ? a->chunk_left : a->body_at < a->body_len)
            write_body(c, a, most);
        else
            return true;
    }
    return (a->cut >= 0 && (int64_t)a->written >= a->cut) ||
           (a->reset >= 0 && (int64_t)a->written >= a->reset);
}

/*
 * An HTTP/1.1 server of static pages (RFC 9110, 9112): GET and HEAD of what its attributes name,
 * POST answered with what was posted. It keeps a connection unless it is told not to, answers
 * requests in their order, and minds what a client may not send.
 */
#include "sim/hosts/http_server.h"
#include <string.h>

enum { HTTP_PORT = 80 };

struct http_connection {
    struct http_message request;
    struct http_answer answer;
    bool begun, answering, closing;
};

/* --- attributes --- */

static const struct attr_spec http_attrs[] = {
    {"page", VALUE_LIST, "path and content: \"/\" \"<html>...\"; as often as written"},
    {"made", VALUE_LIST, "path and length: a page of that many octets of the pattern"},
    {"redirect", VALUE_LIST, "path and location: answered with 301"},
    {"close", VALUE_NONE, "closes after each answer"},
    TCP_END_ATTRS,
    HTTP_LIES(HTTP_LIE_ATTR) TCP_END_LIES(TCP_END_LIE_ATTR){NULL, VALUE_NONE, NULL},
};

static struct http_server *server_of(struct host *h)
{
    return h->state;
}

static int add_page(struct http_server *s, const struct attrs *a, const struct attribute *found,
                    struct why *why)
{
    const struct value *v = found->value.item;
    bool made = strcmp(found->name, "made") == 0;
    bool shaped = found->value.kind == VALUE_LIST && found->value.items == 2 &&
                  v[0].kind == VALUE_BYTES && v[0].len && v[0].bytes[0] == '/' &&
                  v[1].kind == (made ? VALUE_NUMBER : VALUE_BYTES);
    if (!shaped || (made && (v[1].number < 0 || v[1].number > INT64_C(1) << 40)))
        return attr_refuse(a, found, why, "%s wants a path and %s, such as \"/\" %s", found->name,
                           made ? "a length" : "text", made ? "100000" : "\"text\"");
    if (s->pages == HTTP_PAGES)
        return attr_refuse(a, found, why, "at most %d pages", HTTP_PAGES);
    struct http_page *page = &s->page[s->pages++];
    page->path = (const char *)v[0].bytes;
    if (strcmp(found->name, "redirect") == 0) {
        page->location = (const char *)v[1].bytes;
        page->body = v[1].bytes;
    } else {
        page->body = made ? NULL : v[1].bytes;
        page->len = made ? (uint64_t)v[1].number : v[1].len;
    }
    return 0;
}

static void http_progress(struct tcp_connection *c);
static void http_ended(struct tcp_connection *c, enum tcp_end_how how);

static const struct tcp_app http_app = {
    .state_size = sizeof(struct http_connection), .progress = http_progress, .ended = http_ended};

static int http_init(struct host *h, const struct attrs *a, struct why *why)
{
    static const char *const pages[] = {"page", "made", "redirect"};
    struct http_server *s = server_of(h);
    struct peer_lies lies = http_server_lies(s);
    const struct attribute *found;
    s->close = attr_flag(a, "close");
    for (size_t p = 0; p < sizeof pages / sizeof pages[0]; p++)
        for (uint32_t k = 0; (found = attr_find(a, pages[p], k)) != NULL; k++)
            if (add_page(s, a, found, why) != 0)
                return -1;
    return tcp_end_init(&s->end, h, &http_app, HTTP_PORT, a, why) != 0
               ? -1
               : peer_lies_init(&lies, a, why);
}

/* --- requests --- */

/* The answer of a request that came whole, or was none. */
static void request_came(struct http_server *s, struct http_connection *k)
{
    struct http_message *m = &k->request;
    bool post = strcmp(m->method, "POST") == 0;
    s->last = *m;
    if (m->fault) {
        s->bad++;
        tcp_end_violation(&s->end, m->fault);
    } else {
        s->requests++;
        s->body_octets += m->body;
        s->body_pattern += m->pattern;
    }
    if (http_server_lies_now(s, HTTP_LIE_SILENT, post ? HTTP_POST : HTTP_GET)) {
        http_message_begin(m, true);
        k->closing = m->fault != NULL;
        return;
    }
    http_answer_make(s, &k->answer, m);
    k->answering = true;
}

static void read_request(struct tcp_connection *c, struct http_connection *k)
{
    struct http_server *s = server_of(tcp_connection_host(c));
    uint8_t octet[512];
    while (!k->answering && !k->closing && tcp_connection_unread(c)) {
        uint32_t len = tcp_connection_peek(c, octet, sizeof octet);
        tcp_connection_read(c, octet, http_message_take(&k->request, octet, len));
        if (k->request.phase >= HTTP_DONE)
            request_came(s, k);
    }
    if (!k->answering && tcp_connection_at_end(c) && k->request.head_len) {
        http_message_end(&k->request);
        request_came(s, k);
    }
}

/* The answer has been written, as far as it was to be. */
static void answered(struct tcp_connection *c, struct http_connection *k)
{
    struct http_server *s = server_of(tcp_connection_host(c));
    struct http_answer *a = &k->answer;
    bool cut = a->cut >= 0, reset = a->reset >= 0, close = a->close;
    if (a->again && !a->chunk && !cut && !reset) {
        a->again--;
        a->head_at = 0;
        a->body_at = 0;
        return;
    }
    k->answering = false;
    s->answers++;
    http_answer_release(s->end.ip.host, a);
    http_message_begin(&k->request, true);
    if (reset)
        tcp_connection_abort(c);
    k->closing = k->closing || cut || reset || close;
}

static void http_progress(struct tcp_connection *c)
{
    struct http_server *s = server_of(tcp_connection_host(c));
    struct http_connection *k = tcp_connection_app(c);
    if (!k->begun)
        http_message_begin(&k->request, true);
    k->begun = true;
    for (;;) {
        read_request(c, k);
        if (!k->answering || !http_answer_write(s, c, &k->answer))
            break;
        answered(c, k);
    }
    if (k->closing || (tcp_connection_at_end(c) && !k->answering))
        tcp_connection_close(c);
}

static void http_ended(struct tcp_connection *c, enum tcp_end_how how)
{
    struct http_connection *k = tcp_connection_app(c);
    (void)how;
    http_answer_release(tcp_connection_host(c), &k->answer);
}

/* --- what a script can ask and tell --- */

static int answer_text(const void *text, size_t len, struct value *out)
{
    *out = (struct value){.kind = VALUE_BYTES, .bytes = text, .len = (uint32_t)len};
    return 0;
}

/* "field User-Agent": of the last request. */
static int query_field(const struct http_server *s, const char *name, struct value *out)
{
    uint32_t len = 0;
    const char *value = http_message_field(&s->last, name, 0, &len);
    return answer_text(value ? value : "", value ? len : 0, out);
}

static int http_query(struct host *h, const char *what, struct value *out)
{
    const struct http_server *s = server_of(h);
    const struct host_number known[] = {
        {"requests", (int64_t)s->requests},
        {"answers", (int64_t)s->answers},
        {"bad-requests", (int64_t)s->bad},
        {"body-octets", (int64_t)s->body_octets},
        {"body-pattern", (int64_t)s->body_pattern},
        {"last-status", s->last_status},
        {NULL, 0},
    };
    if (strncmp(what, "field ", 6) == 0)
        return query_field(s, what + 6, out);
    if (strcmp(what, "last-method") == 0)
        return answer_text(s->last.method, strlen(s->last.method), out);
    if (strcmp(what, "last-target") == 0)
        return answer_text(s->last.target, strlen(s->last.target), out);
    if (strcmp(what, "last-head") == 0)
        return answer_text(s->last.head, s->last.head_len, out);
    if (strcmp(what, "last-body") == 0)
        return answer_text(s->last.sample, s->last.sample_len, out);
    return host_answer(known, what, out) == 0 ? 0 : tcp_end_query(h, what, out);
}

static int http_call(struct host *h, const char *name, const struct value *argument,
                     uint32_t arguments, struct why *why)
{
    struct peer_lies lies = http_server_lies(server_of(h));
    int got = peer_lies_call(&lies, name, argument, arguments, why);
    return got == 0 ? tcp_end_call(h, name, argument, arguments, why) : got == 1 ? 0 : -1;
}

const struct host_kind http_server_kind = {
    .name = "http-server",
    .help = "serves static pages over HTTP/1.1 (RFC 9112), and lies when told to",
    .state_size = sizeof(struct http_server),
    .attrs = http_attrs,
    .init = http_init,
    .frame = tcp_end_frame,
    .due = tcp_end_due,
    .query = http_query,
    .call = http_call,
};

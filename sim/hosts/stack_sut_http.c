/*
 * HTTP as calls that a script makes: http_get(SERVER, TARGET, BODY [, OCTETS [, PATTERN]]),
 * http_head(SERVER, TARGET), http_post(SERVER, TARGET, TEXT, BODY) answer with the status. SERVER
 * is an address, or a sockaddr; TARGET a path, or http://HOST/PATH, whose name goes into Host. Of a
 * redirection, which fails with EOPNOTSUPP, BODY is where it points to. PATTERN: how many octets of
 * the body are the pattern's, from its first on. http_serve(PORT, PATH, TEXT [, PATH, TEXT]...)
 * serves pages; a number in place of a text makes one of so many octets of the pattern.
 */
#include <string.h>
#include "sim/hosts/stack_sut.h"
#include "sim/packet/packet.h"
#include "stack/service/http_client.h"
#include "stack/service/http_server.h"

enum { KEPT = 65536, PAGES = 8 /* that are waited for at a time */, PAGE_MOST = 1 << 27 };

/* What comes back to a call that waits. */
struct stack_page {
    struct stack_waiter *waiter; /* NULL: free */
    uint32_t len;
    uint64_t octets_seen, pattern;
    int argument; /* which one is the body */
    uint8_t octets[KEPT];
};

static int64_t now_of(struct stack_sut *u)
{
    return u->env->now(u->env->self);
}

static struct stack_page *free_page(struct stack_sut *u)
{
    if (!u->page)
        u->page = u->env->memory(u->env->self, PAGES * sizeof *u->page, NULL);
    for (int k = 0; u->page && k < PAGES; k++) {
        struct stack_page *p = &u->page[k];
        if (p->waiter)
            continue;
        p->len = 0;
        p->octets_seen = p->pattern = 0;
        return p;
    }
    return NULL;
}

static void body_came(void *ctx, struct stack *s, const uint8_t *octets, uint32_t len,
                      int64_t now_ns)
{
    struct stack_page *p = ctx;
    uint32_t room = KEPT - p->len;
    (void)s, (void)now_ns;
    if (p->pattern == p->octets_seen)
        p->pattern += packet_pattern_run(octets, len, p->octets_seen);
    p->octets_seen += len;
    len = len < room ? len : room;
    memcpy(p->octets + p->len, octets, len);
    p->len += len;
}

static void answered(void *ctx, struct stack *s, int result, const void *data, int64_t now_ns)
{
    struct stack_page *p = ctx;
    struct stack_waiter *w = p->waiter;
    const struct http_result *r = data;
    struct value *out = w->sut->out;
    (void)s, (void)now_ns;
    memset(out, 0, sizeof w->sut->out);
    if (result == -ERR_OPNOTSUPP) {
        p->len = (uint32_t)strnlen(r->location, KEPT);
        memcpy(p->octets, r->location, p->len);
    }
    if (result >= 0 || result == -ERR_OPNOTSUPP)
        out[p->argument] = (struct value){.kind = VALUE_BYTES, .bytes = p->octets, .len = p->len};
    if (result >= 0) {
        out[p->argument + 1] = (struct value){.kind = VALUE_NUMBER, .number = (int64_t)r->body};
        out[p->argument + 2] = (struct value){.kind = VALUE_NUMBER, .number = (int64_t)p->pattern};
    }
    p->waiter = NULL;
    stack_wait_done(w, result < 0 ? result : r->status, out, STACK_OUTS);
}

/* Splits http://HOST[:PORT]/PATH; `host` has room for HTTP_HOST. False: too long. */
static bool split_target(struct http_request *q, const char *target, char *host)
{
    static const char scheme[] = "http://";
    q->path = target;
    if (strncmp(target, scheme, sizeof scheme - 1) != 0)
        return true;
    target += sizeof scheme - 1;
    size_t len = strcspn(target, ":/");
    if (len >= HTTP_HOST)
        return false;
    memcpy(host, target, len);
    host[len] = '\0';
    q->host = host;
    q->path = strchr(target, '/') ? strchr(target, '/') : "/";
    return true;
}

static int64_t ask(struct stack_sut *u, uint64_t token, const struct value *argv,
                   struct http_request *q, int body_argument)
{
    char host[HTTP_HOST];
    if (argv[0].kind == VALUE_ENDPOINT) {
        const struct socket_address to = stack_argument_endpoint(&argv[0]);
        q->server = to.addr;
        q->port = to.port;
    } else if (!stack_argument_address(&argv[0], &q->server)) {
        return -ERR_INVAL;
    }
    if (!split_target(q, stack_argument_text(&argv[1]), host))
        return -ERR_INVAL;
    struct stack_page *p = free_page(u);
    struct stack_waiter *w = p ? stack_wait(u, token) : NULL;
    if (!w)
        return -ERR_NOBUFS;
    p->waiter = w;
    p->argument = body_argument;
    q->received = body_came;
    int got = http_request(u->stack, q, answered, p, now_of(u));
    if (got == 0)
        return SUT_PENDING;
    p->waiter = NULL;
    stack_wait_free(w);
    return got;
}

static int64_t call_http_get(struct stack_sut *u, uint64_t token, const struct value *argv,
                             int argc, struct value *out)
{
    (void)argc, (void)out;
    return ask(u, token, argv, &(struct http_request){.method = HTTP_GET}, 2);
}

static int64_t call_http_head(struct stack_sut *u, uint64_t token, const struct value *argv,
                              int argc, struct value *out)
{
    (void)argc, (void)out;
    return ask(u, token, argv, &(struct http_request){.method = HTTP_HEAD}, 2);
}

static int64_t call_http_post(struct stack_sut *u, uint64_t token, const struct value *argv,
                              int argc, struct value *out)
{
    (void)argc, (void)out;
    if (argv[2].kind != VALUE_BYTES)
        return -ERR_INVAL;
    struct http_request q = {
        .method = HTTP_POST, .body = argv[2].bytes, .body_len = argv[2].len, .type = "text/plain"};
    return ask(u, token, argv, &q, 3);
}

static const char *type_of(const char *path)
{
    size_t len = strlen(path);
    return len > 4 && strcmp(path + len - 4, ".txt") == 0 ? "text/plain" : "text/html";
}

/* A call's arguments go with it. */
static void *copied(struct stack_sut *u, const void *bytes, size_t len)
{
    char *copy = u->env->memory(u->env->self, len + 1, NULL);
    if (copy && bytes)
        memcpy(copy, bytes, len);
    return copy;
}

static bool make_page(struct stack_sut *u, struct http_page *page, const struct value *path,
                      const struct value *text)
{
    bool made = text->kind == VALUE_NUMBER;
    uint32_t len = made ? (uint32_t)text->number : text->len;
    if (path->kind != VALUE_BYTES || (!made && text->kind != VALUE_BYTES) || len > PAGE_MOST)
        return false;
    uint8_t *body = copied(u, made ? NULL : text->bytes, len);
    const char *name = copied(u, path->bytes, path->len);
    if (!body || !name)
        return false;
    if (made)
        packet_pattern_fill(body, len, 0);
    *page = (struct http_page){.path = name, .type = type_of(name), .body = body, .len = len};
    return true;
}

static int64_t call_http_serve(struct stack_sut *u, uint64_t token, const struct value *argv,
                               int argc, struct value *out)
{
    uint32_t count = (uint32_t)(argc - 1) / 2;
    (void)token, (void)out;
    struct http_page *pages = copied(u, NULL, count * sizeof *pages);
    if (!pages || argv[0].kind != VALUE_NUMBER || argv[0].number < 0 || argv[0].number > 65535)
        return -ERR_INVAL;
    for (uint32_t k = 0; k < count; k++)
        if (!make_page(u, &pages[k], &argv[1 + 2 * k], &argv[2 + 2 * k]))
            return -ERR_INVAL;
    return http_serve(u->stack, (uint16_t)argv[0].number, pages, count, now_of(u));
}

static int64_t call_http_serve_stop(struct stack_sut *u, uint64_t token, const struct value *argv,
                                    int argc, struct value *out)
{
    (void)token, (void)argv, (void)argc, (void)out;
    return http_serve_stop(u->stack, now_of(u));
}

const struct stack_call_entry stack_http_calls[] = {
    {"http_serve", call_http_serve, 1}, {"http_serve_stop", call_http_serve_stop, 0},
    {"http_get", call_http_get, 2},     {"http_head", call_http_head, 2},
    {"http_post", call_http_post, 3},   {NULL, NULL, 0},
};

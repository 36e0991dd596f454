#include "stack/service/http_client.h"
#include "stack/core/mem.h"
#include "stack/core/module.h"
#include "stack/core/size.h"
#include "stack/core/text.h"
#include "stack/transport/tcp/tcp.h"

#define SECOND_NS INT64_C(1000000000)
enum { HEAD_BYTES = HTTP_TEXT + HTTP_HOST + 256 };

enum http_knob { HTTP_KNOB_TIMEOUT, HTTP_KNOB_IDLE, HTTP_KNOB_HEAD };

enum http_counter {
    HTTP_REQUESTS,
    HTTP_REUSED,
    HTTP_RETRIED,
    HTTP_ANSWERS,
    HTTP_INTERIM,
    HTTP_REFUSED_REDIRECTION,
    HTTP_REFUSED_ANSWER,
    HTTP_DROP_UNASKED,
    HTTP_COUNTERS
};

/* A connection: being asked, or kept for the next request. */
struct exchange {
    struct tcp_pcb *pcb; /* NULL: free */
    struct deadline timer;
    struct ip_addr server;
    uint16_t port;
    bool busy;  /* a request is out; else it is idle */
    bool kept;  /* it served before */
    bool heard; /* an octet of the answer came */
    bool last;  /* we asked for its end */
    uint8_t method;
    const uint8_t *body;
    uint32_t body_len, body_at;
    uint16_t head_len, head_at;
    uint64_t came;
    http_body *received;
    service_done *done;
    void *ctx;
    struct http_reader reader;
    char head[HEAD_BYTES];
};

struct http_state {
    uint32_t count;
    struct exchange exchange[]; /* limits.http_connections of them */
};

static struct http_state *http_state(struct stack *s)
{
    return s->state[MODULE_HTTP];
}

static int64_t knob(struct stack *s, enum http_knob k)
{
    return stack_knob(s, MODULE_HTTP, k);
}

/* --- ends --- */

static void drop_connection(struct stack *s, struct exchange *x, bool abort, int64_t now_ns)
{
    deadline_clear(s, &x->timer);
    struct tcp_pcb *pcb = x->pcb;
    x->pcb = NULL;
    x->busy = false;
    pcb->ready = NULL;
    tcp_release(s, pcb, abort, now_ns);
}

/* `done` may begin another request, even on this connection: nothing of x is used after it. */
static void finish(struct stack *s, struct exchange *x, int result, bool keep, int64_t now_ns)
{
    const struct http_head head = x->reader.head;
    const struct http_result told = {.status = head.status,
                                     .body = x->came,
                                     .location = head.text,
                                     .type = head.type,
                                     .fault = (enum http_fault)x->reader.fault};
    service_done *done = x->done;
    void *ctx = x->ctx;
    x->busy = false;
    x->kept = true;
    if (keep)
        deadline_set(s, &x->timer, now_ns + knob(s, HTTP_KNOB_IDLE));
    else
        drop_connection(s, x, result != 0 && result != -ERR_OPNOTSUPP, now_ns);
    if (done)
        done(ctx, s, result, &told, now_ns);
}

static int open_connection(struct stack *s, struct exchange *x, int64_t now_ns);

/* RFC 9112 9.3.1: a connection that was kept may have been closed before the request got there. */
static bool try_again(struct stack *s, struct exchange *x, int64_t now_ns)
{
    if (!x->kept || x->heard || x->method == HTTP_POST)
        return false;
    drop_connection(s, x, true, now_ns);
    x->busy = true;
    x->head_at = 0;
    stack_count(s, MODULE_HTTP, HTTP_RETRIED);
    return open_connection(s, x, now_ns) == 0;
}

static void fail(struct stack *s, struct exchange *x, int result, int64_t now_ns)
{
    if (!x->busy) {
        drop_connection(s, x, false, now_ns); /* an idle one went: nobody asks */
        return;
    }
    if (try_again(s, x, now_ns))
        return;
    if (x->pcb) {
        finish(s, x, result, false, now_ns);
        return;
    }
    x->busy = false; /* there was nothing to try with */
    if (x->done)
        x->done(x->ctx, s, result, &(struct http_result){.location = "", .type = ""}, now_ns);
}

/* --- the answer --- */

static int result_of_fault(enum http_fault fault)
{
    if (fault == HTTP_INCOMPLETE)
        return -ERR_IO;
    return fault == HTTP_HEAD_TOO_LONG ? -ERR_MSGSIZE : -ERR_PROTO;
}

/* RFC 9110 15.4; 304 is none. */
static bool is_redirection(const struct http_head *h)
{
    return h->status / 100 == 3 && h->status != 304 && h->text[0];
}

static void read_next(struct stack *s, struct exchange *x)
{
    http_reader_begin(&x->reader, false, (uint32_t)knob(s, HTTP_KNOB_HEAD));
    x->reader.bodyless = x->method == HTTP_HEAD;
}

/* False: the request has ended, and x is not to be touched. */
static bool message_over(struct stack *s, struct exchange *x, int64_t now_ns)
{
    const struct http_head *h = &x->reader.head;
    if (x->reader.phase == HTTP_FAULTY) {
        stack_count(s, MODULE_HTTP, HTTP_REFUSED_ANSWER);
        finish(s, x, result_of_fault((enum http_fault)x->reader.fault), false, now_ns);
        return false;
    }
    if (h->status < 200 && h->status != 101) { /* RFC 9110 15.2; 101 was not asked for */
        stack_count(s, MODULE_HTTP, HTTP_INTERIM);
        read_next(s, x);
        return true;
    }
    /* Readable: the end of the stream is there, or what nobody asked for. */
    bool keep = !x->last && http_head_keeps(h) && x->body_at == x->body_len &&
                !(tcp_events(s, x->pcb) & (TCP_EVENT_READABLE | TCP_EVENT_HANGUP));
    stack_count(s, MODULE_HTTP, HTTP_ANSWERS);
    if (is_redirection(h))
        stack_count(s, MODULE_HTTP, HTTP_REFUSED_REDIRECTION);
    finish(s, x, is_redirection(h) ? -ERR_OPNOTSUPP : 0, keep, now_ns);
    return false;
}

/* Octets of the answer. False: the request has ended, or was cancelled by its user. */
static bool take(struct stack *s, struct exchange *x, const uint8_t *octets, uint32_t len,
                 int64_t now_ns)
{
    const struct tcp_pcb *pcb = x->pcb;
    const uint8_t *body;
    uint32_t body_len;
    for (uint32_t at = 0; at < len;) {
        x->heard = true;
        at += http_reader_take(&x->reader, octets + at, len - at, &body, &body_len);
        x->came += body_len;
        if (body_len && x->received)
            x->received(x->ctx, s, body, body_len, now_ns);
        if (x->pcb != pcb || !x->busy)
            return false;
        if (x->reader.phase < HTTP_COMPLETE)
            continue;
        /* RFC 9112 9.2: nothing else was asked for, so the connection is of no use any more. */
        x->last = x->last || (at < len && x->reader.head.status >= 200);
        if (!message_over(s, x, now_ns))
            return false;
    }
    return true;
}

static void stream_ended(struct stack *s, struct exchange *x, int64_t now_ns)
{
    bool before = !x->heard;
    http_reader_end(&x->reader);
    if (before)
        fail(s, x, -ERR_CONNRESET, now_ns);
    else
        message_over(s, x, now_ns);
}

static void receive(struct stack *s, struct exchange *x, int64_t now_ns)
{
    uint8_t octets[512];
    for (;;) {
        int got = tcp_receive(s, x->pcb, octets, sizeof octets, 0, now_ns);
        if (got == -ERR_AGAIN)
            return;
        if (!x->busy) { /* the end, or what nobody asked for */
            if (got > 0)
                stack_count(s, MODULE_HTTP, HTTP_DROP_UNASKED);
            drop_connection(s, x, got > 0, now_ns);
            return;
        }
        if (got <= 0) {
            stream_ended(s, x, now_ns);
            return;
        }
        deadline_set(s, &x->timer, now_ns + knob(s, HTTP_KNOB_TIMEOUT));
        if (!take(s, x, octets, (uint32_t)got, now_ns))
            return;
    }
}

/* --- the request --- */

/* 0, or why it does not go on; -ERR_AGAIN: there is no room now. */
static int send_some(struct stack *s, struct exchange *x, int64_t now_ns)
{
    bool head = x->head_at < x->head_len;
    const void *from = head ? (const void *)(x->head + x->head_at) : x->body + x->body_at;
    uint32_t len = head ? (uint32_t)(x->head_len - x->head_at) : x->body_len - x->body_at;
    int sent = tcp_send(s, x->pcb, from, len, head && x->body_len ? TCP_SEND_MORE : 0, now_ns);
    if (sent <= 0)
        return sent;
    if (head)
        x->head_at = (uint16_t)(x->head_at + sent);
    else
        x->body_at += (uint32_t)sent;
    return 0;
}

static void send_request(struct stack *s, struct exchange *x, int64_t now_ns)
{
    int err = 0;
    while (err == 0 && (x->head_at < x->head_len || x->body_at < x->body_len))
        err = send_some(s, x, now_ns);
    /* A server may answer and close without having read all (RFC 9112 9.6): its answer counts. */
    if (err == -ERR_PIPE)
        x->head_at = x->head_len;
}

static void ready(struct tcp_pcb *pcb, struct stack *s, unsigned events, int64_t now_ns)
{
    struct exchange *x = pcb->owner;
    if (events & TCP_EVENT_ERROR) {
        int error = tcp_take_error(pcb);
        if (error) {
            fail(s, x, -error, now_ns);
            return;
        }
    }
    if (x->busy && events & TCP_EVENT_WRITABLE)
        send_request(s, x, now_ns);
    if (x->pcb == pcb && events & (TCP_EVENT_READABLE | TCP_EVENT_HANGUP))
        receive(s, x, now_ns);
}

static void timer_fired(struct stack *s, struct deadline *d, int64_t now_ns)
{
    struct exchange *x = &http_state(s)->exchange[deadline_index(d)];
    if (x->busy)
        finish(s, x, -ERR_TIMEDOUT, false, now_ns);
    else
        drop_connection(s, x, false, now_ns);
}

/* A SYN that nobody answers is TCP's to give up; the timeout is of http.timeout all the same. */
static int open_connection(struct stack *s, struct exchange *x, int64_t now_ns)
{
    x->pcb = tcp_new(s);
    if (!x->pcb)
        return -ERR_NOBUFS;
    x->pcb->owner = x;
    x->pcb->ready = ready;
    x->kept = x->heard = false;
    int err = tcp_connect(s, x->pcb, &x->server, x->port, now_ns);
    if (err < 0) {
        x->pcb->ready = NULL;
        tcp_release(s, x->pcb, true, now_ns);
        x->pcb = NULL;
        return err;
    }
    deadline_set(s, &x->timer, now_ns + knob(s, HTTP_KNOB_TIMEOUT));
    send_request(s, x, now_ns);
    return 0;
}

/* No octet of it can end a line or a word. */
static bool may_be_sent(const char *text, uint32_t most)
{
    uint32_t len = 0;
    for (; text[len]; len++)
        if ((uint8_t)text[len] <= ' ' || text[len] == 0x7f)
            return false;
    return len > 0 && len < most;
}

/* RFC 9112 3.2: Host is what the user wrote, with a port that is not 80. */
static void put_host(struct text *t, const struct http_request *q)
{
    text_string(t, "\r\nHost: ");
    if (q->host)
        text_string(t, q->host);
    else
        text_addr(t, &q->server);
    if (q->port && q->port != HTTP_PORT) {
        text_char(t, ':');
        text_number(t, q->port);
    }
}

static int make_head(struct exchange *x, const struct http_request *q)
{
    static const char *const methods[] = {"GET ", "HEAD ", "POST "};
    const char *path = q->path ? q->path : "/";
    if (q->method >= HTTP_OTHER || !may_be_sent(path, HTTP_TEXT) || path[0] != '/' ||
        (q->host && !may_be_sent(q->host, HTTP_HOST)) ||
        (q->type && !may_be_sent(q->type, HTTP_TYPE)))
        return -ERR_INVAL;
    struct text t = text_to(x->head, sizeof x->head);
    text_string(&t, methods[q->method]);
    text_string(&t, path);
    text_string(&t, " HTTP/1.1");
    put_host(&t, q);
    if (q->method == HTTP_POST) { /* RFC 9110 8.6: also of nothing */
        text_string(&t, "\r\nContent-Length: ");
        text_number(&t, q->body_len);
    }
    if (q->type) {
        text_string(&t, "\r\nContent-Type: ");
        text_string(&t, q->type);
    }
    text_string(&t, q->close ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n");
    x->head_len = (uint16_t)t.len;
    x->head_at = 0;
    return text_done(&t) < 0 ? -ERR_INVAL : 0;
}

/* An idle connection to that server, or a free place, or the idle one whose end is next. */
static struct exchange *find_exchange(struct http_state *t, const struct http_request *q,
                                      uint16_t port)
{
    struct exchange *found = NULL;
    for (uint32_t i = 0; i < t->count; i++) {
        struct exchange *x = &t->exchange[i];
        if (x->busy)
            continue;
        if (x->pcb && x->port == port && addr_equal(&x->server, &q->server))
            return x;
        if (!found || (found->pcb && (!x->pcb || x->timer.due_ns < found->timer.due_ns)))
            found = x;
    }
    return found;
}

static void take_request(struct exchange *x, const struct http_request *q, service_done *done,
                         void *ctx)
{
    x->method = (uint8_t)q->method;
    x->body = q->method == HTTP_POST ? q->body : NULL;
    x->body_len = x->body ? q->body_len : 0;
    x->body_at = 0;
    x->came = 0;
    x->last = q->close;
    x->heard = false;
    x->received = q->received;
    x->done = done;
    x->ctx = ctx;
    x->busy = true;
}

int http_request(struct stack *s, const struct http_request *q, service_done *done, void *ctx,
                 int64_t now_ns)
{
    struct http_state *t = http_state(s);
    uint16_t port = q->port ? q->port : HTTP_PORT;
    if (!t || !s->state[MODULE_TCP])
        return -ERR_PROTONOSUPPORT;
    struct exchange *x = find_exchange(t, q, port);
    if (!x)
        return -ERR_NOBUFS;
    bool same = x->pcb && x->port == port && addr_equal(&x->server, &q->server);
    int err = make_head(x, q);
    if (err < 0)
        return err;
    if (x->pcb && !same)
        drop_connection(s, x, false, now_ns);
    x->server = q->server;
    x->port = port;
    take_request(x, q, done, ctx);
    read_next(s, x);
    stack_count(s, MODULE_HTTP, HTTP_REQUESTS);
    if (same) {
        stack_count(s, MODULE_HTTP, HTTP_REUSED);
        deadline_set(s, &x->timer, now_ns + knob(s, HTTP_KNOB_TIMEOUT));
        send_request(s, x, now_ns);
        return 0;
    }
    err = open_connection(s, x, now_ns);
    x->busy = err == 0;
    return err;
}

int http_cancel(struct stack *s, void *ctx, int64_t now_ns)
{
    struct http_state *t = http_state(s);
    for (uint32_t i = 0; t && i < t->count; i++)
        if (t->exchange[i].busy && t->exchange[i].ctx == ctx) {
            drop_connection(s, &t->exchange[i], true, now_ns);
            return 0;
        }
    return -ERR_NOENT;
}

/* --- the module --- */

static size_t state_size(const struct stack_limits *l)
{
    return size_add(sizeof(struct http_state),
                    size_array(l->http_connections, sizeof(struct exchange)));
}

static int init(struct stack *s, void *state, int64_t now_ns)
{
    struct http_state *t = state;
    (void)now_ns;
    t->count = s->config.limits.http_connections;
    for (uint32_t i = 0; i < t->count; i++)
        deadline_init(&t->exchange[i].timer, deadline_rank(MODULE_HTTP, i), "http.timeout",
                      timer_fired);
    return 0;
}

static const struct knob knobs[] = {
    [HTTP_KNOB_TIMEOUT] = {"timeout", KNOB_NS, 30 * SECOND_NS, SECOND_NS, 3600 * SECOND_NS},
    [HTTP_KNOB_IDLE] = {"idle", KNOB_NS, 15 * SECOND_NS, 0, 3600 * SECOND_NS},
    [HTTP_KNOB_HEAD] = {"head", KNOB_NUMBER, 8192, 64, 1 << 20},
};

static const char *const counters[] = {
    [HTTP_REQUESTS] = "requests",
    [HTTP_REUSED] = "reused",
    [HTTP_RETRIED] = "retried",
    [HTTP_ANSWERS] = "answers",
    [HTTP_INTERIM] = "interim",
    [HTTP_REFUSED_REDIRECTION] = "refused.redirection",
    [HTTP_REFUSED_ANSWER] = "refused.answer",
    [HTTP_DROP_UNASKED] = "drop.unasked",
};

const struct module http_client_module = {
    .name = "http",
    .id = MODULE_HTTP,
    .state_size = state_size,
    .init = init,
    .knobs = knobs,
    .knob_count = sizeof knobs / sizeof *knobs,
    .counters = counters,
    .counter_count = sizeof counters / sizeof *counters,
};

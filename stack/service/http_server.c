#include "stack/service/http_server.h"
#include "stack/core/mem.h"
#include "stack/core/module.h"
#include "stack/core/size.h"
#include "stack/core/text.h"
#include "stack/transport/tcp/tcp.h"

#define SECOND_NS INT64_C(1000000000)
enum { HEAD_BYTES = 256 + HTTP_TYPE, LINGER_S = 2 };

enum server_knob { SERVER_KNOB_IDLE, SERVER_KNOB_HEAD };

enum server_counter {
    SERVER_SESSIONS,
    SERVER_REQUESTS,
    SERVER_REFUSED,
    SERVER_TIMEOUTS,
    SERVER_COUNTERS
};

/* What a connection is at. */
enum stage { READING, ANSWERING, LINGERING };

struct session {
    struct tcp_pcb *pcb; /* NULL: free */
    struct deadline timer;
    uint8_t stage;
    bool last; /* the connection ends with this answer */
    const uint8_t *body;
    uint32_t body_len, body_at;
    uint16_t head_len, head_at;
    struct http_reader reader;
    char head[HEAD_BYTES];
};

struct server_state {
    struct tcp_pcb *listener; /* NULL: nothing is served */
    const struct http_page *pages;
    uint32_t count;
    uint32_t sessions;
    struct session session[]; /* limits.http_sessions of them */
};

static struct server_state *server_state(struct stack *s)
{
    return s->state[MODULE_HTTP_SERVER];
}

static void drop_session(struct stack *s, struct session *c, bool abort, int64_t now_ns)
{
    struct tcp_pcb *pcb = c->pcb;
    deadline_clear(s, &c->timer);
    c->pcb = NULL;
    pcb->ready = NULL;
    tcp_release(s, pcb, abort, now_ns);
}

/* --- pages --- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next octet of a path, decoded (RFC 9110 4.2.3, RFC 3986 2.1): -1 at its end, where a query
 * begins, too; -2: that is no coding. */
static int next_octet(const char **at)
{
    char c = **at;
    if (c == '\0' || c == '?' || c == '#')
        return -1;
    ++*at;
    if (c != '%')
        return (uint8_t)c;
    int high = hex_digit((*at)[0]), low = high < 0 ? -1 : hex_digit((*at)[1]);
    if (low < 0 || (high == 0 && low == 0))
        return -2;
    *at += 2;
    return high << 4 | low;
}

static bool is_path(const char *target, const char *path)
{
    for (;; path++) {
        int octet = next_octet(&target);
        if (octet != (*path ? (uint8_t)*path : -1))
            return false;
        if (!*path)
            return true;
    }
}

static bool is_coded_right(const char *target)
{
    int octet;
    while ((octet = next_octet(&target)) >= 0)
        ;
    return octet == -1;
}

static const struct http_page *find_page(const struct server_state *t, const char *target)
{
    for (uint32_t k = 0; k < t->count; k++)
        if (is_path(target, t->pages[k].path))
            return &t->pages[k];
    return NULL;
}

/* --- answers --- */

static const char *reason_of(unsigned status)
{
    static const struct {
        uint16_t status;
        const char *reason;
    } known[] = {
        {200, "OK"},
        {400, "Bad Request"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {414, "URI Too Long"},
        {431, "Request Header Fields Too Large"},
        {501, "Not Implemented"},
        {505, "HTTP Version Not Supported"},
    };
    for (uint32_t k = 0; k < sizeof known / sizeof known[0]; k++)
        if (known[k].status == status)
            return known[k].reason;
    return "";
}

static void begin_answer(struct session *c, unsigned status, const struct http_page *page)
{
    const struct http_head *h = &c->reader.head;
    struct text t = text_to(c->head, sizeof c->head);
    text_string(&t, "HTTP/1.1 ");
    text_number(&t, status);
    text_char(&t, ' ');
    text_string(&t, reason_of(status));
    if (page) {
        text_string(&t, "\r\nContent-Type: ");
        text_string(&t, page->type);
    }
    if (status == 405)
        text_string(&t, "\r\nAllow: GET, HEAD");
    text_string(&t, "\r\nContent-Length: ");
    text_number(&t, page ? page->len : 0);
    if (c->last)
        text_string(&t, "\r\nConnection: close");
    else if (h->minor == 0) /* RFC 9112 9.3: a client of 1.0 asked for it, and is told */
        text_string(&t, "\r\nConnection: keep-alive");
    text_string(&t, "\r\n\r\n");
    bool body = page && h->method == HTTP_GET;
    c->head_len = (uint16_t)(t.len < sizeof c->head ? t.len : sizeof c->head - 1);
    c->head_at = 0;
    c->body = body ? page->body : NULL;
    c->body_len = body ? page->len : 0;
    c->body_at = 0;
    c->stage = ANSWERING;
}

static unsigned status_of_fault(enum http_fault fault)
{
    switch (fault) {
    case HTTP_BAD_VERSION:
        return 505;
    case HTTP_UNKNOWN_CODING:
        return 501; /* RFC 9112 6.1 */
    case HTTP_TARGET_TOO_LONG:
        return 414;
    case HTTP_HEAD_TOO_LONG:
        return 431;
    case HTTP_SOUND:
    case HTTP_BAD_LINE:
    case HTTP_BAD_HOST:
    case HTTP_BAD_LENGTH:
    case HTTP_BAD_CODING:
    case HTTP_BAD_CHUNK:
    case HTTP_INCOMPLETE:
    case HTTP_FAULTS:
        break;
    }
    return 400;
}

static void refuse(struct stack *s, struct session *c, unsigned status)
{
    stack_count(s, MODULE_HTTP_SERVER, SERVER_REFUSED);
    c->last = true;
    begin_answer(c, status, NULL);
}

/* A whole request, or the head of one whose body waits to be asked for (RFC 9110 10.1.1: the final
 * answer will do, and nobody reads on). */
static void answer(struct stack *s, struct session *c)
{
    const struct http_head *h = &c->reader.head;
    const struct http_page *page = find_page(server_state(s), h->text);
    stack_count(s, MODULE_HTTP_SERVER, SERVER_REQUESTS);
    c->last = !http_head_keeps(h) || c->reader.phase != HTTP_COMPLETE;
    if (!is_coded_right(h->text))
        refuse(s, c, 400);
    else if (h->method == HTTP_OTHER)
        begin_answer(c, 501, NULL);
    else if (h->method == HTTP_POST)
        begin_answer(c, page ? 405 : 404, NULL);
    else
        begin_answer(c, page ? 200 : 404, page);
}

/* --- a connection --- */

static void read_next(struct stack *s, struct session *c, int64_t now_ns)
{
    http_reader_begin(&c->reader, true,
                      (uint32_t)stack_knob(s, MODULE_HTTP_SERVER, SERVER_KNOB_HEAD));
    c->stage = READING;
    deadline_set(s, &c->timer, now_ns + stack_knob(s, MODULE_HTTP_SERVER, SERVER_KNOB_IDLE));
}

static void take(struct stack *s, struct session *c, uint32_t most, const uint8_t *octets,
                 int64_t now_ns)
{
    const uint8_t *body;
    uint32_t body_len;
    uint32_t took = http_reader_take(&c->reader, octets, most, &body, &body_len);
    tcp_receive(s, c->pcb, NULL, took, TCP_RECEIVE_DISCARD, now_ns);
    if (c->reader.phase == HTTP_FAULTY)
        refuse(s, c, status_of_fault((enum http_fault)c->reader.fault));
    else if (c->reader.phase == HTTP_COMPLETE ||
             (http_reader_has_head(&c->reader) && c->reader.head.expects))
        answer(s, c);
}

/* RFC 9112 8: what ends in a request is none, unless nothing of one came. */
static void stream_ended(struct stack *s, struct session *c, int got, int64_t now_ns)
{
    bool begun = c->reader.phase != HTTP_IN_START || c->reader.line_len;
    if (got < 0 || !begun) {
        drop_session(s, c, got < 0, now_ns);
        return;
    }
    http_reader_end(&c->reader);
    refuse(s, c, 400);
}

/* Octets stay where they are until they belong to the request that is being read: pipelined ones
 * wait (RFC 9112 9.3.2). False: there is nothing more to do now. */
static bool read_some(struct stack *s, struct session *c, int64_t now_ns)
{
    uint8_t octets[256];
    bool lingering = c->stage == LINGERING;
    int got =
        tcp_receive(s, c->pcb, octets, sizeof octets, lingering ? 0 : TCP_RECEIVE_PEEK, now_ns);
    if (got == -ERR_AGAIN)
        return false;
    if (got <= 0 && lingering)
        drop_session(s, c, got < 0, now_ns);
    else if (got <= 0)
        stream_ended(s, c, got, now_ns);
    else if (!lingering)
        take(s, c, (uint32_t)got, octets, now_ns);
    return c->pcb != NULL;
}

/* RFC 9112 9.6: our direction first; what still comes is read, lest a reset destroy the answer. */
static void linger(struct stack *s, struct session *c, int64_t now_ns)
{
    c->stage = LINGERING;
    deadline_set(s, &c->timer, now_ns + LINGER_S * SECOND_NS);
    tcp_finish(s, c->pcb, now_ns);
}

/* False: there is no room for more of the answer now. */
static bool write_some(struct stack *s, struct session *c, int64_t now_ns)
{
    bool head = c->head_at < c->head_len;
    if (!head && c->body_at == c->body_len) {
        if (c->last)
            linger(s, c, now_ns);
        else
            read_next(s, c, now_ns);
        return true;
    }
    const void *from = head ? (const void *)(c->head + c->head_at) : c->body + c->body_at;
    uint32_t len = head ? (uint32_t)(c->head_len - c->head_at) : c->body_len - c->body_at;
    int sent = tcp_send(s, c->pcb, from, len, head && c->body_len ? TCP_SEND_MORE : 0, now_ns);
    if (sent == -ERR_AGAIN || sent == -ERR_NOBUFS)
        return false;
    if (sent < 0) {
        drop_session(s, c, true, now_ns);
        return false;
    }
    if (head)
        c->head_at = (uint16_t)(c->head_at + sent);
    else
        c->body_at += (uint32_t)sent;
    deadline_set(s, &c->timer, now_ns + stack_knob(s, MODULE_HTTP_SERVER, SERVER_KNOB_IDLE));
    return true;
}

static void advance(struct stack *s, struct session *c, int64_t now_ns)
{
    bool more = true;
    while (more && c->pcb)
        more = c->stage == ANSWERING ? write_some(s, c, now_ns) : read_some(s, c, now_ns);
}

static void accept_more(struct stack *s, int64_t now_ns);

/* A session that ended makes room for who waits. */
static void ready(struct tcp_pcb *pcb, struct stack *s, unsigned events, int64_t now_ns)
{
    struct session *c = pcb->owner;
    if (events & TCP_EVENT_ERROR && tcp_take_error(pcb)) {
        drop_session(s, c, false, now_ns);
    } else {
        advance(s, c, now_ns);
    }
    accept_more(s, now_ns);
}

/* A request that does not get on is answered with 408 (RFC 9110 15.5.9); an idle connection ends.
 */
static void timer_fired(struct stack *s, struct deadline *d, int64_t now_ns)
{
    struct session *c = &server_state(s)->session[deadline_index(d)];
    bool begun = c->reader.phase != HTTP_IN_START || c->reader.line_len;
    if (c->stage != READING || !begun) {
        drop_session(s, c, c->stage == ANSWERING, now_ns);
    } else {
        stack_count(s, MODULE_HTTP_SERVER, SERVER_TIMEOUTS);
        refuse(s, c, 408);
        advance(s, c, now_ns);
    }
    accept_more(s, now_ns);
}

/* --- connections that come --- */

static struct session *free_session(struct server_state *t)
{
    for (uint32_t i = 0; i < t->sessions; i++)
        if (!t->session[i].pcb)
            return &t->session[i];
    return NULL;
}

static void accept_more(struct stack *s, int64_t now_ns)
{
    struct server_state *t = server_state(s);
    struct session *c;
    while (t->listener && (c = free_session(t)) != NULL) {
        struct tcp_pcb *pcb = tcp_accept(s, t->listener);
        if (!pcb)
            return;
        c->pcb = pcb;
        pcb->owner = c;
        pcb->ready = ready;
        stack_count(s, MODULE_HTTP_SERVER, SERVER_SESSIONS);
        read_next(s, c, now_ns);
        advance(s, c, now_ns);
    }
}

static void came(struct tcp_pcb *pcb, struct stack *s, unsigned events, int64_t now_ns)
{
    (void)pcb, (void)events;
    accept_more(s, now_ns);
}

int http_serve(struct stack *s, uint16_t port, const struct http_page *pages, uint32_t count,
               int64_t now_ns)
{
    struct server_state *t = server_state(s);
    (void)now_ns;
    if (!t || !s->state[MODULE_TCP])
        return -ERR_PROTONOSUPPORT;
    if (t->listener)
        return -ERR_BUSY;
    if (!t->sessions)
        return -ERR_NOBUFS;
    struct tcp_pcb *pcb = tcp_new(s);
    if (!pcb)
        return -ERR_NOBUFS;
    pcb->end.local_port = port ? port : HTTP_PORT;
    pcb->ready = came;
    int err = tcp_listen(s, pcb, (int)t->sessions);
    if (err < 0) {
        pcb->ready = NULL;
        tcp_release(s, pcb, true, now_ns);
        return err;
    }
    t->listener = pcb;
    t->pages = pages;
    t->count = count;
    return 0;
}

int http_serve_stop(struct stack *s, int64_t now_ns)
{
    struct server_state *t = server_state(s);
    if (!t || !t->listener)
        return -ERR_NOENT;
    struct tcp_pcb *listener = t->listener;
    t->listener = NULL;
    listener->ready = NULL;
    tcp_release(s, listener, true, now_ns);
    for (uint32_t i = 0; i < t->sessions; i++)
        if (t->session[i].pcb)
            drop_session(s, &t->session[i], true, now_ns);
    return 0;
}

/* --- the module --- */

static size_t state_size(const struct stack_limits *l)
{
    return size_add(sizeof(struct server_state),
                    size_array(l->http_sessions, sizeof(struct session)));
}

static int init(struct stack *s, void *state, int64_t now_ns)
{
    struct server_state *t = state;
    (void)now_ns;
    t->sessions = s->config.limits.http_sessions;
    for (uint32_t i = 0; i < t->sessions; i++)
        deadline_init(&t->session[i].timer, deadline_rank(MODULE_HTTP_SERVER, i),
                      "http_server.idle", timer_fired);
    return 0;
}

static const struct knob knobs[] = {
    [SERVER_KNOB_IDLE] = {"idle", KNOB_NS, 15 * SECOND_NS, SECOND_NS, 3600 * SECOND_NS},
    [SERVER_KNOB_HEAD] = {"head", KNOB_NUMBER, 16384, 64, 1 << 20},
};

static const char *const counters[] = {
    [SERVER_SESSIONS] = "sessions",
    [SERVER_REQUESTS] = "requests",
    [SERVER_REFUSED] = "refused",
    [SERVER_TIMEOUTS] = "timeouts",
};

const struct module http_server_module = {
    .name = "http_server",
    .id = MODULE_HTTP_SERVER,
    .state_size = state_size,
    .init = init,
    .knobs = knobs,
    .knob_count = sizeof knobs / sizeof *knobs,
    .counters = counters,
    .counter_count = sizeof counters / sizeof *counters,
};

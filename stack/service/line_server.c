#include "stack/service/line_server.h"
#include "stack/core/mem.h"
#include "stack/core/module.h"
#include "stack/core/size.h"
#include "stack/service/telnet_nvt.h"
#include "stack/transport/tcp/tcp.h"

#define SECOND_NS INT64_C(1000000000)
enum { PIECE = 8, ECHO_PIECE = 256, OUT_BYTES = PIECE * TELNET_ANSWER + 1 };

enum line_knob { LINE_KNOB_IDLE };
enum line_counter { LINE_SESSIONS, LINE_LINES, LINE_TIMEOUTS, LINE_COUNTERS };

struct session {
    struct tcp_pcb *pcb; /* NULL: free */
    struct deadline timer;
    uint8_t service;
    struct telnet_nvt nvt;
    uint16_t out_len, out_at; /* what is said, and how much of it TCP has */
    char out[OUT_BYTES];
};

struct server_state {
    struct tcp_pcb *listener[LINE_SERVICES]; /* NULL: it is not served */
    uint32_t sessions;
    struct session session[]; /* limits.line_sessions of them */
};

static struct server_state *server_state(struct stack *s)
{
    return s->state[MODULE_LINE_SERVER];
}

static void drop_session(struct stack *s, struct session *c, bool abort, int64_t now_ns)
{
    struct tcp_pcb *pcb = c->pcb;
    deadline_clear(s, &c->timer);
    c->pcb = NULL;
    pcb->ready = NULL;
    tcp_release(s, pcb, abort, now_ns);
}

static void rest(struct stack *s, struct session *c, int64_t now_ns)
{
    deadline_set(s, &c->timer, now_ns + stack_knob(s, MODULE_LINE_SERVER, LINE_KNOB_IDLE));
}

/* What a call of TCP has to say; false: there is nothing to do now, or nobody to do it for. */
static bool goes_on(struct stack *s, struct session *c, int got, int64_t now_ns)
{
    if (got > 0)
        return true;
    if (got != -ERR_AGAIN && got != -ERR_NOBUFS)
        drop_session(s, c, got < 0, now_ns); /* 0: the other side has closed */
    return false;
}

/* Octets wait in TCP's buffer until there is room to send them: the windows pace both sides. */
static bool echo_some(struct stack *s, struct session *c, int64_t now_ns)
{
    uint8_t octets[ECHO_PIECE];
    int got = tcp_receive(s, c->pcb, octets, sizeof octets, TCP_RECEIVE_PEEK, now_ns);
    if (!goes_on(s, c, got, now_ns))
        return false;
    int sent = tcp_send(s, c->pcb, octets, (uint32_t)got, 0, now_ns);
    if (!goes_on(s, c, sent, now_ns))
        return false;
    tcp_receive(s, c->pcb, NULL, (uint32_t)sent, TCP_RECEIVE_DISCARD, now_ns);
    rest(s, c, now_ns);
    return true;
}

static bool say_some(struct stack *s, struct session *c, int64_t now_ns)
{
    int sent =
        tcp_send(s, c->pcb, c->out + c->out_at, (uint32_t)(c->out_len - c->out_at), 0, now_ns);
    if (!goes_on(s, c, sent, now_ns))
        return false;
    c->out_at = (uint16_t)(c->out_at + sent);
    return true;
}

/* Few octets at a time: all that they are answered has room. */
static bool hear_some(struct stack *s, struct session *c, int64_t now_ns)
{
    uint8_t octets[PIECE];
    uint32_t lines = c->nvt.lines;
    struct text out = text_to(c->out, sizeof c->out);
    c->nvt.synch = tcp_events(s, c->pcb) & TCP_EVENT_URGENT;
    int got = tcp_receive(s, c->pcb, octets, sizeof octets, 0, now_ns);
    if (!goes_on(s, c, got, now_ns))
        return false;
    for (int k = 0; k < got && !c->nvt.over; k++)
        telnet_nvt_take(&c->nvt, octets[k], &out);
    STACK_ASSERT(text_done(&out) >= 0);
    c->out_len = (uint16_t)out.len;
    c->out_at = 0;
    stack_count_many(s, MODULE_LINE_SERVER, LINE_LINES, c->nvt.lines - lines);
    rest(s, c, now_ns);
    return true;
}

static bool talk_some(struct stack *s, struct session *c, int64_t now_ns)
{
    if (c->out_at < c->out_len)
        return say_some(s, c, now_ns);
    if (!c->nvt.over)
        return hear_some(s, c, now_ns);
    drop_session(s, c, false, now_ns);
    return false;
}

static void advance(struct stack *s, struct session *c, int64_t now_ns)
{
    bool more = true;
    while (more && c->pcb)
        more = c->service == LINE_ECHO ? echo_some(s, c, now_ns) : talk_some(s, c, now_ns);
}

static void accept_all(struct stack *s, int64_t now_ns);

static void ready(struct tcp_pcb *pcb, struct stack *s, unsigned events, int64_t now_ns)
{
    struct session *c = pcb->owner;
    if (events & TCP_EVENT_ERROR && tcp_take_error(pcb))
        drop_session(s, c, false, now_ns);
    else
        advance(s, c, now_ns);
    accept_all(s, now_ns);
}

/* Who says nothing for long makes room. */
static void timer_fired(struct stack *s, struct deadline *d, int64_t now_ns)
{
    stack_count(s, MODULE_LINE_SERVER, LINE_TIMEOUTS);
    drop_session(s, &server_state(s)->session[deadline_index(d)], false, now_ns);
    accept_all(s, now_ns);
}

/* --- connections that come --- */

static struct session *free_session(struct server_state *t)
{
    for (uint32_t i = 0; i < t->sessions; i++)
        if (!t->session[i].pcb)
            return &t->session[i];
    return NULL;
}

static void begin(struct stack *s, struct session *c, enum line_service service, int64_t now_ns)
{
    struct text out = text_to(c->out, sizeof c->out);
    stack_count(s, MODULE_LINE_SERVER, LINE_SESSIONS);
    c->service = (uint8_t)service;
    if (service == LINE_TELNET)
        telnet_nvt_begin(&c->nvt, &out);
    c->out_len = (uint16_t)out.len;
    c->out_at = 0;
    rest(s, c, now_ns);
    advance(s, c, now_ns);
}

static void accept_some(struct stack *s, enum line_service service, int64_t now_ns)
{
    struct server_state *t = server_state(s);
    struct session *c;
    while (t->listener[service] && (c = free_session(t)) != NULL) {
        struct tcp_pcb *pcb = tcp_accept(s, t->listener[service]);
        if (!pcb)
            return;
        c->pcb = pcb;
        pcb->owner = c;
        pcb->ready = ready;
        begin(s, c, service, now_ns);
    }
}

static void accept_all(struct stack *s, int64_t now_ns)
{
    for (int k = 0; k < LINE_SERVICES; k++)
        accept_some(s, (enum line_service)k, now_ns);
}

static void came(struct tcp_pcb *pcb, struct stack *s, unsigned events, int64_t now_ns)
{
    (void)pcb, (void)events;
    accept_all(s, now_ns);
}

int line_serve(struct stack *s, enum line_service service, uint16_t port, int64_t now_ns)
{
    static const uint16_t own[] = {[LINE_ECHO] = TCP_ECHO_PORT, [LINE_TELNET] = TELNET_PORT};
    struct server_state *t = server_state(s);
    if (!t || !s->state[MODULE_TCP])
        return -ERR_PROTONOSUPPORT;
    if (t->listener[service])
        return -ERR_BUSY;
    if (!t->sessions)
        return -ERR_NOBUFS;
    struct tcp_pcb *pcb = tcp_new(s);
    if (!pcb)
        return -ERR_NOBUFS;
    pcb->end.local_port = port ? port : own[service];
    pcb->ready = came;
    int err = tcp_listen(s, pcb, (int)t->sessions);
    if (err < 0) {
        pcb->ready = NULL;
        tcp_release(s, pcb, true, now_ns);
        return err;
    }
    t->listener[service] = pcb;
    return 0;
}

int line_serve_stop(struct stack *s, enum line_service service, int64_t now_ns)
{
    struct server_state *t = server_state(s);
    if (!t || !t->listener[service])
        return -ERR_NOENT;
    struct tcp_pcb *listener = t->listener[service];
    t->listener[service] = NULL;
    listener->ready = NULL;
    tcp_release(s, listener, true, now_ns);
    for (uint32_t i = 0; i < t->sessions; i++)
        if (t->session[i].pcb && t->session[i].service == service)
            drop_session(s, &t->session[i], true, now_ns);
    return 0;
}

/* --- the module --- */

static size_t state_size(const struct stack_limits *l)
{
    return size_add(sizeof(struct server_state),
                    size_array(l->line_sessions, sizeof(struct session)));
}

static int init(struct stack *s, void *state, int64_t now_ns)
{
    struct server_state *t = state;
    (void)now_ns;
    t->sessions = s->config.limits.line_sessions;
    for (uint32_t i = 0; i < t->sessions; i++)
        deadline_init(&t->session[i].timer, deadline_rank(MODULE_LINE_SERVER, i),
                      "line_server.idle", timer_fired);
    return 0;
}

static const struct knob knobs[] = {
    [LINE_KNOB_IDLE] = {"idle", KNOB_NS, 300 * SECOND_NS, SECOND_NS, 86400 * SECOND_NS},
};

static const char *const counters[] = {
    [LINE_SESSIONS] = "sessions",
    [LINE_LINES] = "lines",
    [LINE_TIMEOUTS] = "timeouts",
};

const struct module line_server_module = {
    .name = "line_server",
    .id = MODULE_LINE_SERVER,
    .state_size = state_size,
    .init = init,
    .knobs = knobs,
    .knob_count = sizeof knobs / sizeof *knobs,
    .counters = counters,
    .counter_count = sizeof counters / sizeof *counters,
};

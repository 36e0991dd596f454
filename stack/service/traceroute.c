#include "stack/service/traceroute.h"
#include "stack/core/bytes.h"
#include "stack/core/mem.h"
#include "stack/core/module.h"
#include "stack/transport/udp.h"
#include "stack/wire/udp.h"

enum { FIRST_PORT = 33434, PAYLOAD = 32, DEFAULT_PROBES = 3 };

enum trace_counter { TRACE_OUT, TRACE_IN, TRACE_LATE, TRACE_UNSENT, TRACE_COUNTERS };

struct trace {
    bool running;
    struct udp_pcb pcb;
    struct deadline timer;
    struct traceroute_options options;
    struct traceroute_result result;
    uint32_t probes; /* all sent so far: the port tells which one an answer quotes */
    uint8_t ttl, tries;
    int64_t sent_ns;
    int verdict; /* of the end that the timer will tell: `done` is not called from inside a packet
                  */
    bool over;
    service_done *done;
    void *ctx;
};

static struct trace *trace(struct stack *s)
{
    return s->state[MODULE_TRACEROUTE];
}

static void finish(struct stack *s, struct trace *t, int64_t now_ns)
{
    udp_unbind(s, &t->pcb);
    t->running = false;
    struct traceroute_result told = t->result;
    if (t->done)
        t->done(t->ctx, s, t->verdict, &told, now_ns);
}

static void end(struct stack *s, struct trace *t, int verdict, int64_t now_ns)
{
    t->over = true;
    t->verdict = verdict;
    deadline_set(s, &t->timer, now_ns);
}

static uint16_t probe_port(const struct trace *t)
{
    return (uint16_t)(t->options.port + t->probes - 1);
}

static void send_probe(struct stack *s, struct trace *t, int64_t now_ns)
{
    uint8_t payload[PAYLOAD];
    memset(payload, 0, sizeof payload);
    t->probes++;
    t->tries++;
    t->sent_ns = now_ns;
    t->pcb.end.ip.ttl = t->ttl;
    deadline_set(s, &t->timer, now_ns + t->options.timeout_ns);
    int err = udp_send(s, &t->pcb, payload, sizeof payload, &t->options.to, probe_port(t), now_ns);
    if (err >= 0) {
        stack_count(s, MODULE_TRACEROUTE, TRACE_OUT);
        return;
    }
    stack_count(s, MODULE_TRACEROUTE, TRACE_UNSENT);
    if (err != -ERR_NOBUFS) /* a dry pool is like a lost probe */
        end(s, t, err, now_ns);
}

/* The hop is known, or all its probes were for nothing. */
static void next_hop(struct stack *s, struct trace *t, int64_t now_ns)
{
    t->result.hops = t->ttl;
    if (t->ttl >= t->options.max_hops) {
        end(s, t, -ERR_TIMEDOUT, now_ns);
        return;
    }
    t->ttl++;
    t->tries = 0;
    send_probe(s, t, now_ns);
}

static void timer_fired(struct stack *s, struct deadline *d, int64_t now_ns)
{
    struct trace *t = trace(s);
    bool known = !addr_is_any(&t->result.hop[t->ttl - 1].addr);
    (void)d;
    if (t->over)
        finish(s, t, now_ns);
    else if (known || t->tries >= t->options.probes)
        next_hop(s, t, now_ns);
    else
        send_probe(s, t, now_ns);
}

/* An answer to the current probe. The timer acts on it, in the same poll: the next probe must not
 * leave from inside the answer. */
static void note_hop(struct stack *s, struct trace *t, const struct ip_addr *from, uint8_t type,
                     uint8_t code, int64_t now_ns)
{
    stack_count(s, MODULE_TRACEROUTE, TRACE_IN);
    t->result.hop[t->ttl - 1] = (struct traceroute_hop){
        .addr = *from, .type = type, .code = code, .rtt_ns = now_ns - t->sent_ns};
    deadline_set(s, &t->timer, now_ns);
}

static void error(struct udp_pcb *pcb, struct stack *s, const struct ip_error *e, int64_t now_ns)
{
    struct trace *t = pcb->owner;
    bool current = e->quoted_len >= UDP_HDR_LEN &&
                   get16(e->quoted + UDP_DST_PORT) == probe_port(t) &&
                   addr_equal(&e->destination, &t->options.to);
    if (!current || t->over || !addr_is_any(&t->result.hop[t->ttl - 1].addr)) {
        stack_count(s, MODULE_TRACEROUTE, TRACE_LATE);
        return;
    }
    note_hop(s, t, &e->reporter, e->type, e->code, now_ns);
    if (e->kind == IP_ERROR_EXPIRED)
        return;
    t->result.hops = t->ttl;
    /* The port's refusal, and not the protocol's. */
    t->result.reached = e->error == ERR_CONNREFUSED && addr_equal(&e->reporter, &t->options.to);
    end(s, t, t->result.reached ? t->ttl : -e->error, now_ns);
}

/* Somebody listens on the probe's port after all. */
static void answered(struct udp_pcb *pcb, struct stack *s, struct netbuf *nb,
                     const struct ip_received *r, uint16_t from_port, int64_t now_ns)
{
    struct trace *t = pcb->owner;
    netbuf_free(s, nb);
    if (t->over || from_port != probe_port(t) || !addr_equal(&r->source, &t->options.to))
        return;
    note_hop(s, t, &r->source, 0, 0, now_ns);
    t->result.hops = t->ttl;
    t->result.reached = true;
    end(s, t, t->ttl, now_ns);
}

void traceroute_defaults(struct traceroute_options *o, const struct ip_addr *to)
{
    *o = (struct traceroute_options){.to = *to,
                                     .max_hops = TRACEROUTE_HOPS,
                                     .probes = DEFAULT_PROBES,
                                     .timeout_ns = 3000000000,
                                     .port = FIRST_PORT};
}

int traceroute_start(struct stack *s, const struct traceroute_options *o, service_done *done,
                     void *ctx, int64_t now_ns)
{
    struct trace *t = trace(s);
    if (!t || !s->state[MODULE_UDP])
        return -ERR_PROTONOSUPPORT;
    if (t->running)
        return -ERR_BUSY;
    if (o->to.family != ADDR_IPV4)
        return -ERR_AFNOSUPPORT;
    if (o->max_hops == 0 || o->max_hops > TRACEROUTE_HOPS || o->probes == 0 || o->timeout_ns <= 0 ||
        o->port == 0 || o->port + o->max_hops * o->probes > 65535)
        return -ERR_INVAL;
    memset(t, 0, sizeof *t);
    t->options = *o;
    t->done = done;
    t->ctx = ctx;
    t->ttl = 1;
    t->pcb = (struct udp_pcb){.receive = answered, .error = error, .owner = t};
    int err = udp_bind(s, &t->pcb);
    if (err < 0)
        return err;
    t->running = true;
    deadline_init(&t->timer, deadline_rank(MODULE_TRACEROUTE, 0), "traceroute.next", timer_fired);
    send_probe(s, t, now_ns);
    return 0;
}

static size_t trace_state_size(const struct stack_limits *l)
{
    (void)l;
    return sizeof(struct trace);
}

static const char *const counters[] = {
    [TRACE_OUT] = "out",
    [TRACE_IN] = "in",
    [TRACE_LATE] = "drop.late",
    [TRACE_UNSENT] = "unsent",
};

const struct module traceroute_module = {
    .name = "traceroute",
    .id = MODULE_TRACEROUTE,
    .state_size = trace_state_size,
    .counters = counters,
    .counter_count = sizeof counters / sizeof *counters,
};

#include "stack/service/ping.h"
#include "stack/core/module.h"
#include "stack/transport/raw.h"
#include "stack/wire/icmpv4.h"

enum { WINDOW = 32, SECOND_NS = 1000000000, MAX_SIZE = 65535 - 20 - ICMPV4_HDR_LEN };

enum ping_counter {
    PING_OUT,
    PING_IN,
    PING_DROP_TYPE,
    PING_DROP_MALFORMED,
    PING_DROP_CHECKSUM,
    PING_DROP_ID,
    PING_DROP_SOURCE,
    PING_DROP_SEQ,
    PING_UNSENT,
    PING_COUNTERS
};

enum echo_fate { ECHO_NONE, ECHO_WAITING, ECHO_ANSWERED, ECHO_FAILED };

struct echo {
    int64_t sent_ns;
    uint16_t seq;
    uint8_t fate;
};

struct ping {
    struct deadline timer;
    bool used;
    uint16_t id;
    uint32_t next; /* echoes sent so far; the next one's number */
    uint32_t waiting;
    struct echo echo[WINDOW]; /* the last ones, by number */
    struct ping_options options;
    struct ping_result result;
    service_done *done;
    void *ctx;
};

struct ping_state {
    struct raw_pcb pcb; /* one for all; in use while a ping runs */
    uint32_t running;
    uint32_t pings;
    struct ping ping[]; /* limits.pings of them */
};

static struct ping_state *ping_state(struct stack *s)
{
    return s->state[MODULE_PING];
}

/* Differs from echo to echo and from byte to byte, so that a reply with another's bytes, or shifted
 * ones, is seen. */
static uint8_t pattern(uint16_t seq, uint32_t at)
{
    return (uint8_t)(at + (at >> 8) + (uint32_t)seq * 7);
}

static void finish(struct stack *s, struct ping_state *t, struct ping *p, int result,
                   int64_t now_ns)
{
    deadline_clear(s, &p->timer);
    p->used = false;
    if (--t->running == 0)
        raw_unbind(s, &t->pcb);
    struct ping_result told = p->result;
    if (p->done)
        p->done(p->ctx, s, result, &told, now_ns);
}

/* --- sending --- */

static void fill(struct netbuf *nb, const struct ping *p, uint16_t seq)
{
    uint8_t *at = netbuf_data(nb);
    struct icmpv4_hdr hdr = {.type = ICMPV4_ECHO, .id = p->id, .seq = seq};
    icmpv4_emit(&hdr, at, netbuf_len(nb));
    for (uint32_t i = 0; i < p->options.size; i++)
        at[ICMPV4_HDR_LEN + i] = pattern(seq, i);
    icmpv4_checksum_set(at, netbuf_len(nb));
}

static int send_echo(struct stack *s, const struct ping *p, uint16_t seq, int64_t now_ns)
{
    struct ip_path path;
    int err = ip_path(s, &p->options.to, NULL, NULL, &path);
    if (err < 0)
        return err;
    struct netbuf *nb = ip_buffer(s, &path, 0, ICMPV4_HDR_LEN + p->options.size);
    if (!nb)
        return -ERR_NOBUFS;
    fill(nb, p, seq);
    struct ip_send how = {
        .source = path.source,
        .destination = p->options.to,
        .protocol = IP_PROTO_ICMP,
        .ttl = p->options.ttl,
        .flags = p->options.dont_fragment ? IP_DONT_FRAGMENT : 0,
    };
    return ip_output(s, &path, nb, &how, now_ns);
}

static void send_next(struct stack *s, struct ping *p, int64_t now_ns)
{
    uint16_t seq = (uint16_t)p->next;
    struct echo *e = &p->echo[p->next % WINDOW];
    if (e->fate == ECHO_WAITING)
        p->waiting--; /* lost: its place is needed */
    *e = (struct echo){now_ns, seq, ECHO_WAITING};
    p->next++;
    p->waiting++;
    int err = send_echo(s, p, seq, now_ns);
    if (err >= 0) {
        p->result.sent++;
        stack_count(s, MODULE_PING, PING_OUT);
        return;
    }
    stack_count(s, MODULE_PING, PING_UNSENT);
    p->result.errors++;
    p->result.last_error = -err;
    if (e->fate == ECHO_WAITING) { /* an error that came meanwhile may have been first */
        e->fate = ECHO_FAILED;
        p->waiting--;
    }
}

/* When there is something to do next: the next echo, or the end of the last one's patience. */
static int64_t next_due(const struct ping *p)
{
    const struct echo *last = &p->echo[(p->next - 1) % WINDOW];
    bool more = p->next < p->options.count;
    return last->sent_ns + (more ? p->options.interval_ns : p->options.timeout_ns);
}

static void advance(struct stack *s, struct ping *p, int64_t now_ns)
{
    struct ping_state *t = ping_state(s);
    bool all_sent = p->next >= p->options.count;
    if (all_sent && (!p->waiting || now_ns >= next_due(p)))
        finish(s, t, p, (int)p->result.received, now_ns);
    else
        deadline_set(s, &p->timer, next_due(p));
}

static void timer_fired(struct stack *s, struct deadline *d, int64_t now_ns)
{
    struct ping_state *t = ping_state(s);
    struct ping *p = &t->ping[deadline_index(d)];
    if (p->next < p->options.count)
        send_next(s, p, now_ns);
    advance(s, p, now_ns);
}

/* --- receiving --- */

static struct ping *ping_by_id(struct ping_state *t, uint16_t id)
{
    for (uint32_t i = 0; i < t->pings; i++)
        if (t->ping[i].used && t->ping[i].id == id)
            return &t->ping[i];
    return NULL;
}

static struct echo *echo_by_seq(struct ping *p, uint16_t seq)
{
    for (int i = 0; i < WINDOW; i++)
        if (p->echo[i].fate != ECHO_NONE && p->echo[i].seq == seq)
            return &p->echo[i];
    return NULL;
}

static bool payload_ok(const struct ping *p, const uint8_t *payload, uint32_t len, uint16_t seq)
{
    if (len != p->options.size)
        return false;
    for (uint32_t i = 0; i < len; i++)
        if (payload[i] != pattern(seq, i))
            return false;
    return true;
}

static void count_rtt(struct ping_result *r, int64_t rtt_ns)
{
    if (!r->received || rtt_ns < r->min_ns)
        r->min_ns = rtt_ns;
    if (!r->received || rtt_ns > r->max_ns)
        r->max_ns = rtt_ns;
    r->total_ns += rtt_ns;
    r->received++;
}

/* Which echo a reply answers, or NULL with the reason. */
static struct echo *match(struct stack *s, const uint8_t *bytes, uint32_t len,
                          const struct ip_received *r, struct ping **ping, enum ping_counter *drop)
{
    struct icmpv4_hdr hdr;
    *drop = PING_DROP_MALFORMED;
    if (icmpv4_parse(bytes, len, &hdr) != ICMPV4_SOUND)
        return NULL;
    *drop = PING_DROP_TYPE;
    if (hdr.type != ICMPV4_ECHO_REPLY)
        return NULL;
    *drop = PING_DROP_CHECKSUM;
    if (!icmpv4_checksum_ok(bytes, len))
        return NULL;
    *drop = PING_DROP_ID;
    *ping = ping_by_id(ping_state(s), hdr.id);
    if (!*ping)
        return NULL;
    /* Who was asked as one of many answers from an address of its own. */
    struct ip_path path;
    *drop = PING_DROP_SOURCE;
    if (!addr_equal(&r->source, &(*ping)->options.to) &&
        (ip_path(s, &(*ping)->options.to, NULL, NULL, &path) < 0 ||
         !(path.broadcast || path.multicast)))
        return NULL;
    *drop = PING_DROP_SEQ;
    return echo_by_seq(*ping, hdr.seq);
}

static void reply(struct raw_pcb *pcb, struct stack *s, struct netbuf *nb,
                  const struct ip_received *r, int64_t now_ns)
{
    struct ping *p;
    enum ping_counter drop;
    (void)pcb;
    netbuf_pull(nb, r->header_len);
    const uint8_t *bytes = netbuf_data(nb);
    uint32_t len = netbuf_len(nb);
    struct echo *e = match(s, bytes, len, r, &p, &drop);
    if (!e) {
        stack_drop(s, nb, MODULE_PING, drop);
        return;
    }
    stack_count(s, MODULE_PING, PING_IN);
    if (!payload_ok(p, bytes + ICMPV4_HDR_LEN, len - ICMPV4_HDR_LEN, e->seq))
        p->result.corrupt++;
    else if (e->fate == ECHO_ANSWERED)
        p->result.duplicates++;
    else {
        p->waiting -= e->fate == ECHO_WAITING;
        e->fate = ECHO_ANSWERED;
        count_rtt(&p->result, now_ns - e->sent_ns);
    }
    netbuf_free(s, nb);
    if (!p->waiting && p->next >= p->options.count)
        deadline_set(s, &p->timer, now_ns); /* ends in the timer: `done` may start another ping */
}

static void failed(struct raw_pcb *pcb, struct stack *s, const struct ip_error *error,
                   int64_t now_ns)
{
    struct icmpv4_hdr hdr;
    (void)pcb;
    if (icmpv4_parse(error->quoted, error->quoted_len, &hdr) != ICMPV4_SOUND ||
        hdr.type != ICMPV4_ECHO)
        return;
    struct ping *p = ping_by_id(ping_state(s), hdr.id);
    struct echo *e =
        p && addr_equal(&error->destination, &p->options.to) ? echo_by_seq(p, hdr.seq) : NULL;
    if (!e || e->fate != ECHO_WAITING)
        return;
    e->fate = ECHO_FAILED;
    p->waiting--;
    p->result.errors++;
    p->result.last_error = error->error;
    if (!p->waiting && p->next >= p->options.count)
        deadline_set(s, &p->timer, now_ns); /* as above */
}

/* --- starting --- */

void ping_defaults(struct ping_options *o, const struct ip_addr *to)
{
    *o = (struct ping_options){
        .to = *to, .count = 1, .size = 56, .interval_ns = SECOND_NS, .timeout_ns = SECOND_NS};
}

static int check(const struct ping_options *o)
{
    if (o->to.family != ADDR_IPV4)
        return -ERR_AFNOSUPPORT;
    if (o->size > MAX_SIZE)
        return -ERR_MSGSIZE;
    return o->count == 0 || o->interval_ns < 0 || o->timeout_ns < 0 ? -ERR_INVAL : 0;
}

static uint16_t unused_id(struct stack *s)
{
    uint16_t id;
    do
        id = (uint16_t)stack_random32(s, RANDOM_PING_ID);
    while (ping_by_id(ping_state(s), id));
    return id;
}

int ping_start(struct stack *s, const struct ping_options *o, service_done *done, void *ctx,
               int64_t now_ns)
{
    struct ping_state *t = ping_state(s);
    if (!t || !s->state[MODULE_RAW])
        return -ERR_PROTONOSUPPORT;
    int err = check(o);
    if (err < 0)
        return err;
    uint32_t i = 0;
    while (i < t->pings && t->ping[i].used)
        i++;
    if (i == t->pings)
        return -ERR_NOBUFS;
    if (t->running == 0) {
        t->pcb = (struct raw_pcb){.protocol = IP_PROTO_ICMP, .receive = reply, .error = failed};
        err = raw_bind(s, &t->pcb);
        if (err < 0)
            return err;
    }
    t->running++;
    struct ping *p = &t->ping[i];
    uint16_t id = unused_id(s);
    *p = (struct ping){.used = true, .id = id, .options = *o, .done = done, .ctx = ctx};
    deadline_init(&p->timer, deadline_rank(MODULE_PING, i), "ping.next", timer_fired);
    send_next(s, p, now_ns);
    deadline_set(s, &p->timer, p->waiting || p->next < o->count ? next_due(p) : now_ns);
    return 0;
}

static size_t ping_state_size(const struct stack_limits *l)
{
    return sizeof(struct ping_state) + l->pings * sizeof(struct ping);
}

static int ping_init(struct stack *s, void *state, int64_t now_ns)
{
    (void)now_ns;
    ((struct ping_state *)state)->pings = s->config.limits.pings;
    return 0;
}

static const char *const counters[] = {
    [PING_OUT] = "out",
    [PING_IN] = "in",
    [PING_DROP_TYPE] = "drop.type",
    [PING_DROP_MALFORMED] = "drop.malformed",
    [PING_DROP_CHECKSUM] = "drop.checksum",
    [PING_DROP_ID] = "drop.id",
    [PING_DROP_SOURCE] = "drop.source",
    [PING_DROP_SEQ] = "drop.seq",
    [PING_UNSENT] = "unsent",
};

const struct module ping_module = {
    .name = "ping",
    .id = MODULE_PING,
    .state_size = ping_state_size,
    .init = ping_init,
    .counters = counters,
    .counter_count = sizeof counters / sizeof *counters,
};

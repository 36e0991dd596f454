#include "stack/service/sntp.h"
#include "stack/core/bytes.h"
#include "stack/core/div.h"
#include "stack/core/mem.h"
#include "stack/core/module.h"
#include "stack/transport/udp.h"
#include "stack/wire/ntp.h"

enum { SECOND_NS = 1000000000 };

enum sntp_knob { SNTP_KNOB_INTERVAL, SNTP_KNOB_MAX_INTERVAL, SNTP_KNOB_TRIES };

enum sntp_counter {
    SNTP_OUT,
    SNTP_IN,
    SNTP_UNSENT,
    SNTP_KISS_DENY,
    SNTP_KISS_RATE,
    SNTP_KISS_UNKNOWN,
    SNTP_DROP_SHORT,
    SNTP_DROP_ORIGIN,
    SNTP_DROP_MODE,
    SNTP_DROP_VERSION,
    SNTP_DROP_UNSYNCHRONIZED,
    SNTP_DROP_STRATUM,
    SNTP_DROP_TRANSMIT_ZERO,
    SNTP_DROP_DISTANCE,
    SNTP_DROP_KISS_UNKNOWN,
    SNTP_COUNTERS
};

#define NEVER (INT64_MIN / 2) /* an interval behind it is long ago */

/* How a server wants to be treated; outlives queries. */
struct sntp_server {
    struct ip_addr addr; /* family ADDR_NONE: free */
    int64_t asked_ns;    /* the last request that left; NEVER: none */
    int64_t interval_ns; /* from asked_ns to the next request */
    int64_t least_ns;    /* what an answer brings it back to: doubles with every RATE */
    bool denied;
};

struct sntp_query {
    bool used;
    struct udp_pcb pcb;
    struct deadline timer;
    struct sntp_server *server;
    uint64_t nonce; /* sent as the transmit timestamp; 0: no request is out */
    int64_t sent_ns;
    int64_t tries_left;
    service_done *done;
    void *ctx;
};

struct sntp_state {
    struct sntp_server server[SNTP_SERVERS];
    struct sntp_query query[SNTP_QUERIES];
};

static struct sntp_state *sntp_state(struct stack *s)
{
    return s->state[MODULE_SNTP];
}

static void finish(struct stack *s, struct sntp_query *q, int result, const struct sntp_time *time,
                   int64_t now_ns)
{
    deadline_clear(s, &q->timer);
    udp_unbind(s, &q->pcb);
    q->used = false;
    if (q->done)
        q->done(q->ctx, s, result, time, now_ns);
}

/* --- pace --- */

/* RFC 4330 section 10: exponential backoff when the server does not respond, or says that it is
 * asked too often. */
static void back_off(struct stack *s, int64_t *interval_ns)
{
    int64_t most = stack_knob(s, MODULE_SNTP, SNTP_KNOB_MAX_INTERVAL);
    *interval_ns = *interval_ns > most / 2 ? most : *interval_ns * 2;
}

static struct sntp_server *known_server(struct sntp_state *t, const struct ip_addr *addr)
{
    for (int i = 0; i < SNTP_SERVERS; i++)
        if (addr_equal(&t->server[i].addr, addr))
            return &t->server[i];
    return NULL;
}

static bool in_use(const struct sntp_state *t, const struct sntp_server *v)
{
    for (int i = 0; i < SNTP_QUERIES; i++)
        if (t->query[i].used && t->query[i].server == v)
            return true;
    return false;
}

/* There are more places than queries, so one is always free to take; the one asked longest ago,
 * those that refused us last. */
static struct sntp_server *new_server(struct stack *s, const struct ip_addr *addr)
{
    struct sntp_state *t = sntp_state(s);
    struct sntp_server *oldest = NULL;
    for (int i = 0; i < SNTP_SERVERS; i++) {
        struct sntp_server *v = &t->server[i];
        if (in_use(t, v))
            continue;
        if (v->addr.family == ADDR_NONE) {
            oldest = v;
            break;
        }
        if (!oldest || v->denied < oldest->denied ||
            (v->denied == oldest->denied && v->asked_ns < oldest->asked_ns))
            oldest = v;
    }
    STACK_ASSERT(oldest);
    int64_t interval_ns = stack_knob(s, MODULE_SNTP, SNTP_KNOB_INTERVAL);
    *oldest = (struct sntp_server){
        .addr = *addr, .asked_ns = NEVER, .interval_ns = interval_ns, .least_ns = interval_ns};
    return oldest;
}

/* --- requests --- */

static void send_request(struct stack *s, struct sntp_query *q, int64_t now_ns)
{
    uint8_t message[NTP_HDR_LEN];
    /* The transmit timestamp comes back as the origin: a nonce says nothing about our clock and
     * cannot be guessed (RFC 5905 8). */
    do {
        uint8_t octets[8];
        stack_random(s, RANDOM_NTP, octets, sizeof octets);
        q->nonce = get64(octets);
    } while (q->nonce == 0);
    struct ntp_hdr hdr = {
        .version = NTP_VERSION, .mode = NTP_MODE_CLIENT, .transmit_time = q->nonce};
    ntp_emit(&hdr, message, sizeof message);
    q->sent_ns = now_ns;
    q->tries_left--;
    int err = udp_send(s, &q->pcb, message, sizeof message, NULL, 0, now_ns);
    stack_count(s, MODULE_SNTP, err < 0 ? SNTP_UNSENT : SNTP_OUT);
    if (err < 0)
        q->nonce = 0; /* nobody was asked, and nobody is asked too often */
    else
        q->server->asked_ns = now_ns;
    deadline_set(s, &q->timer, now_ns + q->server->interval_ns);
}

static void timer_fired(struct stack *s, struct deadline *d, int64_t now_ns)
{
    struct sntp_query *q = &sntp_state(s)->query[deadline_index(d)];
    if (q->nonce)
        back_off(s, &q->server->interval_ns); /* the last request was for nothing */
    if (q->tries_left > 0)
        send_request(s, q, now_ns);
    else
        finish(s, q, -ERR_TIMEDOUT, NULL, now_ns);
}

/* --- replies --- */

/* A kiss of death (RFC 5905 7.4), whose times mean nothing. */
static void kissed(struct stack *s, struct sntp_query *q, const struct ntp_hdr *h, int64_t now_ns)
{
    const uint32_t deny = 0x44454e59, rstr = 0x52535452, rate = 0x52415445; /* the codes' letters */
    q->nonce = 0; /* this request has its answer */
    if (h->reference_id == deny || h->reference_id == rstr) {
        stack_count(s, MODULE_SNTP, SNTP_KISS_DENY);
        q->server->denied = true;
        finish(s, q, -ERR_ACCES, NULL, now_ns);
        return;
    }
    stack_count(s, MODULE_SNTP, h->reference_id == rate ? SNTP_KISS_RATE : SNTP_KISS_UNKNOWN);
    if (h->reference_id == rate)
        back_off(s, &q->server->least_ns);
    /* RFC 4330 section 8: with no other server to go to, any kiss code is a reason to back off; we
     * ask again, later. */
    back_off(s, &q->server->interval_ns);
    deadline_set(s, &q->timer, q->sent_ns + q->server->interval_ns);
}

/* Why a reply is not used, in the order of RFC 4330 section 5's list; -1: it is. */
static int refusal(const struct sntp_query *q, const struct ntp_hdr *h)
{
    const uint32_t max_dispersion = 16u
                                    << 16; /* RFC 5905 7.2: MAXDISP, 16 s in NTP's short format */
    if (q->nonce == 0 || h->origin_time != q->nonce)
        return SNTP_DROP_ORIGIN;
    if (h->mode != NTP_MODE_SERVER)
        return SNTP_DROP_MODE;
    if (h->stratum == 0 && h->reference_id >> 24 == 'X')
        return SNTP_DROP_KISS_UNKNOWN; /* RFC 5905 7.4: experiments, to be ignored */
    if (h->stratum == 0)
        return -1; /* a kiss of death, unsynchronized as it may be */
    if (h->leap == NTP_LEAP_UNSYNCHRONIZED)
        return SNTP_DROP_UNSYNCHRONIZED;
    if (h->stratum > 15)
        return SNTP_DROP_STRATUM;
    if (h->transmit_time == 0)
        return SNTP_DROP_TRANSMIT_ZERO;
    /* RFC 5905's packet sanity: root distance below MAXDISP. */
    if (h->root_dispersion >= max_dispersion ||
        h->root_delay / 2 + h->root_dispersion >= max_dispersion)
        return SNTP_DROP_DISTANCE;
    return -1;
}

/* (a + b) / 2, which cannot overflow: halves are added, and what was left of both makes one more.
 */
static int64_t half_sum(int64_t a, int64_t b)
{
    return a / 2 + b / 2 + (a % 2 + b % 2) / 2;
}

/* RFC 5905 8: T1 and T4 are ours, T2 and T3 the server's. */
static struct sntp_time reckon(const struct sntp_query *q, const struct ntp_hdr *h, int64_t t4)
{
    int64_t t1 = q->sent_ns;
    int64_t t3 = ntp_to_unix_ns(h->transmit_time);
    int64_t t2 = h->receive_time ? ntp_to_unix_ns(h->receive_time) : t3;
    int64_t offset = half_sum(t2 - t1, t3 - t4);
    int64_t delay = (t4 - t1) - (t3 - t2);
    int64_t now = t4 + offset;
    uint64_t rest = 0;
    /* Before 1970 only when the server says so; the floor keeps unix_ns positive. */
    uint64_t seconds = now >= 0 ? div_u64((uint64_t)now, SECOND_NS, &rest) : 0;
    int64_t unix_s = (int64_t)seconds;
    if (now < 0) {
        seconds = div_u64((uint64_t)-now, SECOND_NS, &rest);
        unix_s = -(int64_t)seconds - (rest ? 1 : 0);
        rest = rest ? SECOND_NS - rest : 0;
    }
    return (struct sntp_time){
        .unix_s = unix_s,
        .unix_ns = (uint32_t)rest,
        .offset_ns = offset,
        .delay_ns = delay > 0 ? delay : 0,
        .stratum = h->stratum,
        .leap = h->leap,
    };
}

/* The counter of what the parser refused, -1 when it did not. */
static int malformed(enum ntp_fault fault)
{
    switch (fault) {
    case NTP_SHORT:
        return SNTP_DROP_SHORT;
    case NTP_VERSION_UNKNOWN:
        return SNTP_DROP_VERSION;
    case NTP_SOUND:
    case NTP_FAULTS:
        break;
    }
    return -1;
}

static void receive(struct udp_pcb *pcb, struct stack *s, struct netbuf *nb,
                    const struct ip_received *r, uint16_t from_port, int64_t now_ns)
{
    struct sntp_query *q = pcb->owner;
    struct ntp_hdr hdr;
    (void)r;
    (void)from_port; /* the pcb is connected */
    int drop = malformed(ntp_parse(netbuf_data(nb), netbuf_len(nb), &hdr));
    if (drop < 0)
        drop = refusal(q, &hdr);
    if (drop >= 0) {
        stack_drop(s, nb, MODULE_SNTP, (unsigned)drop);
        return;
    }
    netbuf_free(s, nb);
    stack_count(s, MODULE_SNTP, SNTP_IN);
    if (hdr.stratum == 0) {
        kissed(s, q, &hdr, now_ns);
        return;
    }
    q->server->interval_ns = q->server->least_ns;
    struct sntp_time time = reckon(q, &hdr, now_ns);
    finish(s, q, 0, &time, now_ns);
}

/* Nobody there. Soft errors may pass: the timer goes on. */
static void error(struct udp_pcb *pcb, struct stack *s, const struct ip_error *e, int64_t now_ns)
{
    struct sntp_query *q = pcb->owner;
    if (!e->hard || !q->nonce)
        return;
    back_off(s, &q->server->interval_ns);
    finish(s, q, -e->error, NULL, now_ns);
}

int sntp_query(struct stack *s, const struct ip_addr *server, service_done *done, void *ctx,
               int64_t now_ns)
{
    struct sntp_state *t = sntp_state(s);
    if (!t || !s->state[MODULE_UDP])
        return -ERR_PROTONOSUPPORT;
    struct sntp_server *v = known_server(t, server);
    if (v && v->denied)
        return -ERR_ACCES;
    if (v && in_use(t, v))
        return -ERR_BUSY;
    uint32_t i = 0;
    while (i < SNTP_QUERIES && t->query[i].used)
        i++;
    if (i == SNTP_QUERIES)
        return -ERR_NOBUFS;
    struct sntp_query *q = &t->query[i];
    *q = (struct sntp_query){
        .pcb = {.receive = receive, .error = error, .owner = q}, .done = done, .ctx = ctx};
    int err = udp_connect(s, &q->pcb, server, NTP_PORT);
    if (err < 0)
        return err;
    bool known = v != NULL;
    q->server = known ? v : new_server(s, server);
    q->tries_left = stack_knob(s, MODULE_SNTP, SNTP_KNOB_TRIES);
    q->used = true;
    deadline_init(&q->timer, deadline_rank(MODULE_SNTP, i), "sntp.next", timer_fired);
    int64_t allowed_ns = known ? q->server->asked_ns + q->server->interval_ns : now_ns;
    if (allowed_ns <= now_ns)
        send_request(s, q, now_ns);
    else
        deadline_set(s, &q->timer, allowed_ns);
    return 0;
}

static size_t sntp_state_size(const struct stack_limits *l)
{
    (void)l;
    return sizeof(struct sntp_state);
}

static const struct knob knobs[] = {
    /* RFC 4330 section 10: never less than 15 s. RFC 5905 7.2: MINPOLL 2^4 s, MAXPOLL 2^17 s. */
    [SNTP_KNOB_INTERVAL] = {"interval", KNOB_NS, 16 * (int64_t)SECOND_NS, 15 * (int64_t)SECOND_NS,
                            131072 * (int64_t)SECOND_NS},
    [SNTP_KNOB_MAX_INTERVAL] = {"max_interval", KNOB_NS, 131072 * (int64_t)SECOND_NS,
                                15 * (int64_t)SECOND_NS, 131072 * (int64_t)SECOND_NS},
    [SNTP_KNOB_TRIES] = {"tries", KNOB_NUMBER, 4, 1, 100},
};

static const char *const counters[] = {
    [SNTP_OUT] = "out",
    [SNTP_IN] = "in",
    [SNTP_UNSENT] = "unsent",
    [SNTP_KISS_DENY] = "kiss.deny",
    [SNTP_KISS_RATE] = "kiss.rate",
    [SNTP_KISS_UNKNOWN] = "kiss.unknown",
    [SNTP_DROP_SHORT] = "drop.short",
    [SNTP_DROP_ORIGIN] = "drop.origin",
    [SNTP_DROP_MODE] = "drop.mode",
    [SNTP_DROP_VERSION] = "drop.version",
    [SNTP_DROP_UNSYNCHRONIZED] = "drop.unsynchronized",
    [SNTP_DROP_STRATUM] = "drop.stratum",
    [SNTP_DROP_TRANSMIT_ZERO] = "drop.transmit_zero",
    [SNTP_DROP_DISTANCE] = "drop.distance",
    [SNTP_DROP_KISS_UNKNOWN] = "drop.kiss_unknown",
};

const struct module sntp_module = {
    .name = "sntp",
    .id = MODULE_SNTP,
    .state_size = sntp_state_size,
    .knobs = knobs,
    .knob_count = sizeof knobs / sizeof *knobs,
    .counters = counters,
    .counter_count = sizeof counters / sizeof *counters,
};

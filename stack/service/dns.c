#include "stack/service/dns_inside.h"
#include "stack/core/mem.h"
#include "stack/core/text.h"

enum { SECOND_NS = 1000000000 };
#define DNS_MAX_WAIT_NS                                                                            \
    (300 *                                                                                         \
     (int64_t)SECOND_NS) /* RFC 1123 6.1.3.3 (5): an upper bound, above two segment lifetimes */

static struct dns_state *dns_state(struct stack *s)
{
    return s->state[MODULE_DNS];
}

#ifdef STACK_CHECK
/* Who leads asks, and has a time; who does not waits for one that leads, about the same. */
static void check_query(const struct dns_state *t, const struct dns_query *q)
{
    const struct dns_query *leader = q->leader;
    if (!leader) /* its end is being told */
        return;
    STACK_ASSERT(leader->used && leader->leader == leader);
    STACK_ASSERT(dns_name_equal(&leader->asked, &q->asked));
    if (leader != q)
        return;
    STACK_ASSERT(q->timer.due_ns != INT64_MAX && q->chain <= DNS_CHAIN);
    STACK_ASSERT((q->failed | q->plain) >> t->servers.count == 0);
    for (const struct dns_query *other = t->query; other < q; other++)
        STACK_ASSERT(!other->used || other->leader != other ||
                     other->question.type != q->question.type ||
                     !dns_name_equal(&other->asked, &q->asked));
}

static void check(struct stack *s)
{
    const struct dns_state *t = dns_state(s);
    for (uint32_t i = 0; i < t->queries; i++)
        if (t->query[i].used)
            check_query(t, &t->query[i]);
    dns_servers_check(&t->servers);
    dns_cache_check(&t->cache);
}
#endif

/* --- the end of a lookup --- */

/* Tells everyone who waits for q. A callback may start another lookup, even in a place that is free
 * now; it does not belong to q. */
static void finish(struct stack *s, struct dns_query *q, int result, const struct dns_result *data,
                   int64_t now_ns)
{
    struct dns_state *t = dns_state(s);
    struct dns_result told = *data;
    deadline_clear(s, &q->timer);
    udp_unbind(s, &q->pcb);
    for (uint32_t i = 0; i < t->queries; i++)
        if (t->query[i].used && t->query[i].leader == q)
            t->query[i].leader = NULL; /* done for, to be told */
    for (uint32_t i = 0; i < t->queries; i++) {
        struct dns_query *w = &t->query[i];
        if (!w->used || w->leader)
            continue;
        w->used = false;
        if (w->done)
            w->done(w->ctx, s, result, &told, now_ns);
    }
}

static uint32_t capped(struct stack *s, enum dns_knob knob, uint32_t seconds)
{
    int64_t most = stack_knob(s, MODULE_DNS, knob);
    return seconds > most ? (uint32_t)most : seconds;
}

/* A failure is remembered for about a minute, lest an application that asks again at once becomes a
 * load (RFC 1123 6.1.3.3 (3)). */
static void fail(struct stack *s, struct dns_query *q, int result, int64_t now_ns)
{
    struct dns_result data;
    memset(&data, 0, sizeof data);
    data.rcode = q->rcode;
    data.truncated = result == -ERR_MSGSIZE;
    uint32_t ttl_s = result == -ERR_IO || result == -ERR_TIMEDOUT
                         ? (uint32_t)stack_knob(s, MODULE_DNS, DNS_KNOB_FAILURE_TTL)
                         : 0;
    dns_cache_put(&dns_state(s)->cache, &q->asked, q->question.type, result, &data, ttl_s, now_ns);
    finish(s, q, result, &data, now_ns);
}

static void absent(struct stack *s, struct dns_query *q, bool no_name, const struct dns_answer *a,
                   int64_t now_ns)
{
    struct dns_cache *cache = &dns_state(s)->cache;
    struct dns_result data;
    memset(&data, 0, sizeof data);
    data.rcode = a->result.rcode;
    uint32_t ttl_s = capped(s, DNS_KNOB_MAX_NEGATIVE_TTL, a->negative_s);
    uint16_t type = no_name ? DNS_ANY_TYPE : q->question.type;
    dns_cache_put(cache, &a->target, type, -ERR_NOENT, &data, ttl_s, now_ns);
    if (!dns_name_equal(&a->target, &q->asked)) {
        /* The aliases that led here may go earlier. */
        uint32_t lowest = q->ttl_s < ttl_s ? q->ttl_s : ttl_s;
        dns_cache_put(cache, &q->asked, q->question.type, -ERR_NOENT, &data, lowest, now_ns);
    }
    finish(s, q, -ERR_NOENT, &data, now_ns);
}

/* Where an alias led to a name that had to be asked for, that is an answer of its own. */
static void succeed(struct stack *s, struct dns_query *q, struct dns_result *data, int64_t now_ns)
{
    struct dns_cache *cache = &dns_state(s)->cache;
    data->ttl_s = capped(s, DNS_KNOB_MAX_TTL, data->ttl_s);
    if (!dns_name_equal(&q->question.name, &q->asked))
        dns_cache_put(cache, &q->question.name, q->question.type, 0, data, data->ttl_s, now_ns);
    if (q->ttl_s < data->ttl_s)
        data->ttl_s = q->ttl_s;
    dns_cache_put(cache, &q->asked, q->question.type, 0, data, data->ttl_s, now_ns);
    finish(s, q, 0, data, now_ns);
}

/* --- asking --- */

static void receive(struct udp_pcb *pcb, struct stack *s, struct netbuf *nb,
                    const struct ip_received *r, uint16_t from_port, int64_t now_ns);
static void error(struct udp_pcb *pcb, struct stack *s, const struct ip_error *e, int64_t now_ns);

/* RFC 5452 9.2: a new id and a new port for every question that leaves. */
static int open_port(struct stack *s, struct dns_query *q)
{
    udp_unbind(s, &q->pcb);
    q->pcb = (struct udp_pcb){.receive = receive, .error = error, .owner = q};
    q->id = (uint16_t)stack_random32(s, RANDOM_DNS_ID);
    return udp_connect(s, &q->pcb, &q->server, DNS_PORT);
}

/* Each round has twice the last one's patience. */
static int64_t patience(struct stack *s, const struct dns_query *q)
{
    int64_t wait = stack_knob(s, MODULE_DNS, DNS_KNOB_TIMEOUT);
    for (uint32_t i = 0; i < q->round && wait < DNS_MAX_WAIT_NS; i++)
        wait *= 2;
    return wait < DNS_MAX_WAIT_NS ? wait : DNS_MAX_WAIT_NS;
}

/* The bit of the server being asked; none when it is no longer in the list. */
static uint32_t server_bit(struct stack *s, const struct dns_query *q)
{
    int at = dns_servers_find(&dns_state(s)->servers, &q->server);
    return at < 0 ? 0 : 1u << at;
}

static bool with_opt(struct stack *s, const struct dns_query *q)
{
    return stack_knob(s, MODULE_DNS, DNS_KNOB_EDNS) && !(q->plain & server_bit(s, q));
}

/* RFC 6891 6.2.5: where nothing came back fragments may be what gets lost, so each round asks for
 * less: what is configured, what fits a frame of Ethernet, the least. */
static uint16_t reply_size(struct stack *s, const struct dns_query *q)
{
    enum { ONE_FRAME = 1280 };
    int64_t size = stack_knob(s, MODULE_DNS, DNS_KNOB_EDNS);
    int64_t most = q->round == 0 ? size : q->round == 1 ? ONE_FRAME : DNS_MAX_UDP;
    size = size < most ? size : most;
    return (uint16_t)(size < DNS_MAX_UDP ? DNS_MAX_UDP : size);
}

static size_t write_question(struct stack *s, const struct dns_query *q, uint8_t *out, size_t room)
{
    size_t len = dns_query_emit(q->id, true, &q->question, out, room);
    return with_opt(s, q) ? dns_opt_emit(reply_size(s, q), out, len, room) : len;
}

static void ask(struct stack *s, struct dns_query *q, int64_t now_ns)
{
    uint8_t message[DNS_MAX_UDP];
    int err = open_port(s, q);
    size_t len = write_question(s, q, message, sizeof message);
    if (err >= 0)
        err = udp_send(s, &q->pcb, message, (uint32_t)len, NULL, 0, now_ns);
    stack_count(s, MODULE_DNS, err < 0 ? DNS_UNSENT : DNS_OUT);
    deadline_set(s, &q->timer,
                 now_ns + patience(s, q)); /* what could not be sent is like what got lost */
}

/* The next server that has not failed, in this round or the next; RFC 1035 4.2.1: others before the
 * same again. */
static void ask_next(struct stack *s, struct dns_query *q, int64_t now_ns)
{
    const struct dns_servers *d = &dns_state(s)->servers;
    int64_t rounds = stack_knob(s, MODULE_DNS, DNS_KNOB_RETRIES) + 1;
    for (uint32_t i = 0; i < d->count; i++) {
        if (q->next >= d->count) {
            q->next = 0;
            q->round++;
        }
        if ((int64_t)q->round >= rounds)
            break;
        uint32_t at = q->next++;
        if (q->failed >> at & 1)
            continue;
        q->server = d->list[at];
        ask(s, q, now_ns);
        return;
    }
    bool all_failed = q->failed == (1u << d->count) - 1;
    if (d->count == 0)
        fail(s, q, -ERR_NETUNREACH, now_ns); /* they went while it ran */
    else
        fail(s, q, q->rcode || all_failed ? -ERR_IO : -ERR_TIMEDOUT, now_ns);
}

static void ask_first(struct stack *s, struct dns_query *q, int64_t now_ns)
{
    q->next = q->round = q->failed = 0;
    q->rcode = 0;
    ask_next(s, q, now_ns);
}

static void timer_fired(struct stack *s, struct deadline *d, int64_t now_ns)
{
    ask_next(s, &dns_state(s)->query[deadline_index(d)], now_ns);
    STACK_INVARIANT(check(s));
}

/* Is the error perhaps about the OPT record only (RFC 6891 6.1.3, 6.2.2, 7)? */
static bool refused_opt(struct stack *s, const struct dns_query *q)
{
    return with_opt(s, q) &&
           (q->rcode == DNS_FORMERR || q->rcode == DNS_NOTIMP || q->rcode == DNS_BADVERS);
}

static void server_failed(struct stack *s, struct dns_query *q, int64_t now_ns)
{
    uint32_t bit = server_bit(s, q);
    if (bit && refused_opt(s, q)) {
        q->plain |= bit;
        ask(s, q, now_ns);
        return;
    }
    q->failed |= bit;
    ask_next(s, q, now_ns);
}

/* Nobody there (RFC 1122 4.1.3.3): the next server is asked at once. */
static void error(struct udp_pcb *pcb, struct stack *s, const struct ip_error *e, int64_t now_ns)
{
    struct dns_query *q = pcb->owner;
    if (!e->hard)
        return;
    q->failed |= server_bit(s, q);
    ask_next(s, q, now_ns);
}

/* --- answers --- */

/* The alias that led here is remembered like any other lookup, for no longer than its target. */
static void answer_from_cache(struct stack *s, struct dns_query *q, const struct dns_entry *e,
                              int64_t now_ns)
{
    struct dns_entry target = *e; /* its place may be taken for the alias */
    uint32_t left_s = dns_cache_left(e, now_ns), ttl_s = q->ttl_s < left_s ? q->ttl_s : left_s;
    target.data.ttl_s = target.result == 0 ? ttl_s : 0;
    dns_cache_put(&dns_state(s)->cache, &q->asked, q->question.type, target.result, &target.data,
                  ttl_s, now_ns);
    finish(s, q, target.result, &target.data, now_ns);
}

/* RFC 1034 3.6.2: the server knew the alias, not what it stands for. */
static void move_on(struct stack *s, struct dns_query *q, const struct dns_answer *a,
                    int64_t now_ns)
{
    q->chain += a->chain;
    if (a->result.ttl_s < q->ttl_s)
        q->ttl_s = a->result.ttl_s;
    q->question.name = a->target;
    const struct dns_entry *e =
        dns_cache_find(&dns_state(s)->cache, &q->question.name, q->question.type, now_ns);
    if (e)
        answer_from_cache(s, q, e, now_ns);
    else
        ask_first(s, q, now_ns);
}

static void act_on(struct stack *s, struct dns_query *q, enum dns_verdict verdict,
                   struct dns_answer *a, int64_t now_ns)
{
    q->rcode = a->result.rcode;
    switch (verdict) {
    case DNS_ANSWERED:
        succeed(s, q, &a->result, now_ns);
        break;
    case DNS_ELSEWHERE:
        move_on(s, q, a, now_ns);
        break;
    case DNS_NO_NAME:
    case DNS_NO_DATA:
        if (a->result.ttl_s < q->ttl_s)
            q->ttl_s = a->result.ttl_s;
        absent(s, q, verdict == DNS_NO_NAME, a, now_ns);
        break;
    case DNS_TRUNCATED:
        fail(s, q, -ERR_MSGSIZE, now_ns);
        break;
    case DNS_SERVER_ERROR:
        if (!q->rcode)
            q->rcode =
                DNS_SERVFAIL; /* a referral: of no use to a stub, which is what that code says */
        server_failed(s, q, now_ns);
        break;
    case DNS_LOOP:
        q->rcode = DNS_SERVFAIL;
        fail(s, q, -ERR_IO, now_ns);
        break;
    case DNS_IGNORED:
        STACK_PANIC(__FILE__, __LINE__, "dropped before");
        break;
    }
}

static void receive(struct udp_pcb *pcb, struct stack *s, struct netbuf *nb,
                    const struct ip_received *r, uint16_t from_port, int64_t now_ns)
{
    struct dns_query *q = pcb->owner;
    struct dns_answer a;
    (void)r;
    (void)from_port; /* the pcb is connected */
    enum dns_verdict verdict = dns_reply_read(netbuf_data(nb), netbuf_len(nb), q->id, &q->question,
                                              DNS_CHAIN - q->chain, &a);
    if (verdict == DNS_IGNORED) {
        stack_drop(s, nb, MODULE_DNS, a.drop); /* the wait goes on: RFC 5452 9.1 */
        return;
    }
    netbuf_free(s, nb);
    stack_count(s, MODULE_DNS, DNS_IN);
    STACK_INVARIANT(check(s));
    act_on(s, q, verdict, &a, now_ns);
    STACK_INVARIANT(check(s));
}

/* --- lookups --- */

static void tell(struct stack *s, service_done *done, void *ctx, int result,
                 const struct dns_result *data, int64_t now_ns)
{
    struct dns_result told;
    memset(&told, 0, sizeof told);
    if (data)
        told = *data;
    if (done)
        done(ctx, s, result, &told, now_ns);
}

static struct dns_query *free_query(struct dns_state *t)
{
    for (uint32_t i = 0; i < t->queries; i++)
        if (!t->query[i].used)
            return &t->query[i];
    return NULL;
}

static struct dns_query *leader_for(struct dns_state *t, const struct dns_name *name, uint16_t type)
{
    for (uint32_t i = 0; i < t->queries; i++) {
        struct dns_query *q = &t->query[i];
        if (q->used && q->leader == q && q->question.type == type &&
            dns_name_equal(&q->asked, name))
            return q;
    }
    return NULL;
}

static int look_up(struct stack *s, const struct dns_name *name, uint16_t type, service_done *done,
                   void *ctx, int64_t now_ns)
{
    struct dns_state *t = dns_state(s);
    const struct dns_entry *e = dns_cache_find(&t->cache, name, type, now_ns);
    if (e) {
        struct dns_result data = e->data;
        data.ttl_s = e->result == 0 ? dns_cache_left(e, now_ns) : 0;
        stack_count(s, MODULE_DNS, DNS_COUNT_HITS);
        tell(s, done, ctx, e->result, &data, now_ns);
        return 0;
    }
    if (t->servers.count == 0)
        return -ERR_NETUNREACH;
    struct dns_query *q = free_query(t), *leader = leader_for(t, name, type);
    if (!q)
        return -ERR_NOBUFS;
    memset(q, 0, sizeof *q);
    q->used = true;
    q->leader = leader ? leader : q;
    q->asked = *name;
    q->done = done;
    q->ctx = ctx;
    if (leader) {
        stack_count(s, MODULE_DNS, DNS_COUNT_SHARED);
        return 0;
    }
    q->question = (struct dns_question){*name, type, DNS_CLASS_IN};
    q->ttl_s = UINT32_MAX;
    deadline_init(&q->timer, deadline_rank(MODULE_DNS, (uint32_t)(q - t->query)), "dns.timeout",
                  timer_fired);
    ask_first(s, q, now_ns);
    STACK_INVARIANT(check(s));
    return 0;
}

int dns_resolve(struct stack *s, const char *name, enum dns_query_type type, service_done *done,
                void *ctx, int64_t now_ns)
{
    struct dns_name wire;
    struct dns_result data;
    if (!dns_state(s) || !s->state[MODULE_UDP])
        return -ERR_PROTONOSUPPORT;
    stack_count(s, MODULE_DNS, DNS_COUNT_LOOKUPS);
    bool literal = dns_literal(name, (uint16_t)type, &data);
    if (!literal && dns_name_from_text(name, &wire) != DNS_SOUND) {
        tell(s, done, ctx, -ERR_INVAL, NULL, now_ns);
        return 0;
    }
    if (literal || dns_special(&wire, (uint16_t)type, &data)) {
        tell(s, done, ctx, data.count ? 0 : -ERR_NOENT, &data, now_ns);
        return 0;
    }
    return look_up(s, &wire, (uint16_t)type, done, ctx, now_ns);
}

int dns_reverse(struct stack *s, const struct ip_addr *addr, service_done *done, void *ctx,
                int64_t now_ns)
{
    char name[80];
    struct text t = text_to(name, sizeof name);
    dns_reverse_text(addr, &t);
    return dns_resolve(s, name, DNS_PTR, done, ctx, now_ns);
}

int dns_cancel(struct stack *s, void *ctx)
{
    struct dns_state *t = dns_state(s);
    int found = -ERR_NOENT;
    for (uint32_t i = 0; t && i < t->queries; i++) {
        struct dns_query *q = &t->query[i];
        if (!q->used || q->ctx != ctx || !q->done)
            continue;
        found = 0;
        q->done = NULL; /* its answer still goes into the cache, and to those who share it */
    }
    return found;
}

/* Others are asked from now on. What failed were those before, also of lookups that run: these go
 * through the new list from its front, once the question that is out has had its time. */
static void servers_changed(struct dns_state *t)
{
    for (uint32_t i = 0; i < t->queries; i++)
        t->query[i].next = t->query[i].round = t->query[i].failed = t->query[i].plain =
            t->query[i].rcode = 0;
    dns_cache_forget_failures(&t->cache);
}

int dns_set_servers(struct stack *s, const struct ip_addr *servers, unsigned count)
{
    struct dns_state *t = dns_state(s);
    if (!t)
        return -ERR_PROTONOSUPPORT;
    if (count > DNS_SERVERS)
        return -ERR_INVAL;
    if (dns_servers_name(&t->servers, 0, servers, count))
        servers_changed(t);
    STACK_INVARIANT(check(s));
    return 0;
}

static void set_servers_of(struct stack *s, const struct netif *nif, const struct ip_addr *servers,
                           unsigned count)
{
    struct dns_state *t = dns_state(s);
    if (dns_servers_name(&t->servers, 1 + nif->index, servers, count))
        servers_changed(t);
    STACK_INVARIANT(check(s));
}

void dns_flush(struct stack *s)
{
    if (dns_state(s))
        dns_cache_clear(&dns_state(s)->cache);
}

/* --- the module --- */

/* "server 0": 10.0.2.3 */
static int dns_query(struct stack *s, void *state, const char *what, char *out, size_t room)
{
    struct dns_state *t = state;
    (void)s;
    const char *rest = text_after(what, "server ");
    if (!rest || rest[0] < '0' || rest[0] > '9' || rest[1] ||
        (uint32_t)(rest[0] - '0') >= t->servers.count)
        return -ERR_NOENT;
    struct text answer = text_to(out, room);
    text_addr(&answer, &t->servers.list[rest[0] - '0']);
    return text_done(&answer);
}

static uint32_t rounded(size_t n)
{
    return (uint32_t)(n + 15) & ~15u;
}

static size_t dns_state_size(const struct stack_limits *l)
{
    return rounded(sizeof(struct dns_state)) +
           rounded((1u + l->netifs) * sizeof(struct dns_source)) +
           rounded(l->dns_queries * sizeof(struct dns_query)) +
           rounded(l->dns_cache * sizeof(struct dns_entry));
}

static int dns_init(struct stack *s, void *state, int64_t now_ns)
{
    (void)now_ns;
    struct dns_state *t = state;
    uint8_t *at = (uint8_t *)state + rounded(sizeof *t);
    t->service.set_servers = set_servers_of;
    t->servers.sources = 1u + s->config.limits.netifs;
    t->servers.source = (struct dns_source *)(void *)at;
    at += rounded(t->servers.sources * sizeof(struct dns_source));
    t->queries = s->config.limits.dns_queries;
    t->query = (struct dns_query *)(void *)at;
    t->cache.entries = s->config.limits.dns_cache;
    t->cache.entry =
        (struct dns_entry *)(void *)(at + rounded(t->queries * sizeof(struct dns_query)));
    return 0;
}

static void on_netif(struct stack *s, void *state, struct netif *nif, enum netif_event event,
                     int64_t now_ns)
{
    (void)state, (void)now_ns;
    if (event == NETIF_EVENT_GONE)
        set_servers_of(s, nif, NULL, 0);
}

static const struct knob knobs[] = {
    [DNS_KNOB_TIMEOUT] = {"timeout", KNOB_NS, 5 * (int64_t)SECOND_NS, SECOND_NS,
                          60 * (int64_t)SECOND_NS}, /* RFC 1123 6.1.3.3 (5) */
    [DNS_KNOB_RETRIES] = {"retries", KNOB_NUMBER, 2, 0, 10},
    [DNS_KNOB_MAX_TTL] = {"max_ttl", KNOB_NUMBER, 604800, 0, 604800}, /* a week: RFC 1035 7.3 */
    [DNS_KNOB_MAX_NEGATIVE_TTL] = {"max_negative_ttl", KNOB_NUMBER, 10800, 0,
                                   86400}, /* three hours: RFC 2308 5 */
    [DNS_KNOB_FAILURE_TTL] = {"failure_ttl", KNOB_NUMBER, 60, 0,
                              300}, /* at most five minutes: RFC 2308 7.1 */
    [DNS_KNOB_EDNS] = {"edns", KNOB_NUMBER, 0, 0, 4096},
};

static const char *const counters[] = {
    [DNS_COUNT_LOOKUPS] = "lookups",
    [DNS_COUNT_HITS] = "hits",
    [DNS_COUNT_SHARED] = "shared",
    [DNS_OUT] = "out",
    [DNS_IN] = "in",
    [DNS_UNSENT] = "unsent",
    [DNS_DROP_MALFORMED] = "drop.malformed",
    [DNS_DROP_NOT_REPLY] = "drop.not_reply",
    [DNS_DROP_OPCODE] = "drop.opcode",
    [DNS_DROP_ID] = "drop.id",
    [DNS_DROP_QUESTION] = "drop.question",
};

const struct module dns_module = {
    .name = "dns",
    .id = MODULE_DNS,
    .state_size = dns_state_size,
    .init = dns_init,
    .netif = on_netif,
    .knobs = knobs,
    .knob_count = sizeof knobs / sizeof *knobs,
    .counters = counters,
    .counter_count = sizeof counters / sizeof *counters,
    .query = dns_query,
};

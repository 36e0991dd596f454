#include "sim/fuzz/walk_inside.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "sim/base/octets.h"
#include "sim/base/poison.h"
#include "sim/packet/packet.h"

enum { ETHERNET = 14, INSTANT = 2000, CONNECTIONS = 8, REMEMBERED = 1 << 17, LONG_TEXT = 400 };

struct walk_memory {
    struct walk_memory *next;
    size_t size;
};

/* --- memory: one piece, so that a copy of it is all there is --- */

void *walk_alloc(struct walk *w, size_t size)
{
    size = (size + 63) & ~(size_t)63;
    for (struct walk_memory **at = &w->given_back; *at; at = &(*at)->next)
        if ((*at)->size == size) {
            void *again = *at;
            *at = (*at)->next;
            memset(again, 0, size);
            return again;
        }
    if (size > WALK_ARENA - w->used)
        return NULL;
    void *p = (uint8_t *)w + w->used;
    w->used += size;
    memset(p, 0, size);
    return p;
}

static void release(void *self, void *memory, size_t size)
{
    struct walk *w = self;
    struct walk_memory *m = memory;
    m->size = (size + 63) & ~(size_t)63;
    m->next = w->given_back;
    w->given_back = m;
}

static void *alloc(void *self, size_t size)
{
    return walk_alloc(self, size);
}

/* --- failures and cells --- */

void walk_fail(struct walk *w, const char *format, ...)
{
    char text[LONG_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (w->of->out)
        fflush(w->of->out);
    w->of->config.failed(w->of->config.ctx, text);
    abort();
}

static void found(void *self, const struct monitor_finding *f)
{
    const struct walk *w = self;
    const struct monitor_row *row = &monitor_row[f->rule];
    if (w->unsure || f->rule == MONITOR_tcp_isn_constant)
        return; /* the knob tcp.isn asks for the latter */
    /* Two connections have one ISN by the knob, which looks like one SYN sent again. */
    if (w->reborn && (w->vanished || f->rule == MONITOR_tcp_reset_number))
        return;
    if (row->level == MONITOR_MUST && !f->lacks)
        walk_fail(self, "frame %" PRIu64 " breaks %s (%s): %s", f->number, row->name, row->clause,
                  f->words);
}

static void count(uint8_t *cell)
{
    if (*cell < UINT8_MAX)
        ++*cell;
}

void walk_cell(struct walk *w, unsigned event, unsigned edge)
{
    w->event = (uint8_t)event;
    if (w->of->config.cell && w->state < WALK_STATES)
        count(&w->of->config.cell[(w->state * WALK_EVENTS + event) * WALK_EDGES + edge]);
}

/* --- what the stack may ask of its surroundings --- */

static int64_t env_now(void *self)
{
    return ((struct walk *)self)->now_ns;
}

static void env_due(void *self, int64_t due_ns)
{
    ((struct walk *)self)->due_ns = due_ns;
}

static void env_done(void *self, uint64_t token, int64_t result, const struct value *out, int outs)
{
    (void)self, (void)token, (void)result, (void)out, (void)outs;
}

static void env_random(void *self, int purpose, void *out, size_t len)
{
    random_bytes(&((struct walk *)self)->purpose[purpose & (WALK_PURPOSES - 1)], out, len);
}

static int64_t env_wait(void *self, int64_t until_ns)
{
    (void)until_ns;
    walk_fail(self, "the stack waits where it must not");
}

static void *env_memory(void *self, size_t size, uint64_t *device_address)
{
    (void)device_address;
    return walk_alloc(self, size);
}

static void env_fate(void *self, uint32_t frame, bool consumed, const char *reason)
{
    (void)self, (void)frame, (void)consumed, (void)reason;
}

static void env_fail(void *self, const char *sentence)
{
    walk_fail(self, "%s", sentence);
}

/* The stack says its connections' states (stack/port.h's TRACE_STATE is kind 0). */
static void env_trace(void *self, const char *what, int64_t value)
{
    struct walk *w = self;
    if ((value & 3) != 0 || strcmp(what, "tcp.state") != 0)
        return;
    unsigned to = (unsigned)(value / 4) & 15, from = (unsigned)(value / 64);
    walk_model_moved(w, from, to);
    if (to < WALK_STATES && w->of->config.cell)
        count(&w->of->config.cell[WALK_CELLS + (w->state * WALK_STATES + to) * 8 + (w->fill & 7)]);
    if (to < WALK_STATES)
        w->state = (uint8_t)to;
}

/* --- frames --- */

static void see(struct walk *w, const uint8_t *frame, uint32_t len, enum monitor_way way)
{
    const struct monitor_frame f = {.number = ++w->frames,
                                    .time_ns = w->now_ns,
                                    .bytes = frame,
                                    .len = len,
                                    .wire_len = len,
                                    .link = MONITOR_ETHERNET,
                                    .way = way,
                                    .own = way == MONITOR_LEAVES ? walk_sut_mac : NULL};
    monitor_frame(w->monitor, &f);
}

/* A SYN of the stack's begins the count anew. */
static void learn_options(struct walk_end *e, const uint8_t *o, uint32_t len, bool syn)
{
    for (uint32_t at = 0; at < len && o[at] != 0; at += o[at] == 1 ? 1 : o[at + 1]) {
        if (o[at] != 1 && (at + 1 >= len || o[at + 1] < 2 || at + o[at + 1] > len))
            return;
        if (syn && o[at] == 3)
            e->shift = o[at + 2];
        if (o[at] != 8)
            continue;
        e->stamp = octets_get(o + at + 2, 4);
        e->stamps = true;
    }
}

static void owe(struct walk *w, const struct walk_answer *a)
{
    if (w->answering && w->answers < sizeof w->answer / sizeof w->answer[0])
        w->answer[w->answers++] = *a;
}

static void check_text(struct walk *w, uint32_t seq, const uint8_t *text, uint32_t len)
{
    uint32_t same = packet_pattern_run(text, len, seq - 1);
    if (same == len)
        return;
    FILE *out = walk_line(w);
    if (out)
        fprintf(out, "> . %" PRIu32 ":%" PRIu32 "(%" PRIu32 ") ack %" PRIu32 "\n", seq, seq + len,
                len, w->end.told);
    walk_fail(w, "octet %" PRIu32 " of the stream left as another than the user gave", seq + same);
}

static void learn(struct walk *w, const uint8_t *t, uint32_t len, bool lost)
{
    uint16_t sport = (uint16_t)octets_get(t, 2), dport = (uint16_t)octets_get(t + 2, 2);
    uint8_t flags = t[13];
    uint32_t header = (t[12] >> 4) * 4u, text = len - header, seq = octets_get(t + 4, 4),
             length = text + !!(flags & SYN) + !!(flags & FIN);
    struct walk_end *e = &w->end;
    bool other = sport != e->sut_port || dport != e->peer_port;
    w->sent++;
    if (other && !(flags & SYN)) { /* an answer to a bent port, or an older connection */
        w->model.answers++;
        w->model.answer_flags |= flags;
        owe(w, &(struct walk_answer){sport, dport, flags, seq, seq + length, octets_get(t + 8, 4)});
        return;
    }
    if (other)
        *e = (struct walk_end){.sut_port = sport, .peer_port = dport};
    bool again = !w->model.fresh && e->known && (int32_t)(seq + length - e->irs - e->top) <= 0;
    if (flags & SYN && (!e->known || e->irs != seq || !(flags & ACK) || w->model.fresh)) {
        again = !w->model.fresh && e->known && e->irs == seq;
        *e = (struct walk_end){.sut_port = sport, .peer_port = dport, .irs = seq, .known = true};
        w->model.fresh = false;
    }
    learn_options(e, t + 20, header - 20, flags & SYN);
    uint32_t at = seq - e->irs;
    if (e->known && text && !(flags & SYN))
        check_text(w, at, t + header, text);
    if (flags & RST) {
        e->reset = true;
    } else if (e->known && (int32_t)(at + length - e->top) > 0) {
        e->top = at + length;
    }
    if (e->known && !lost && (int32_t)(at - e->got) <= 0 && (int32_t)(at + length - e->got) > 0)
        e->got = at + length;
    if (flags & ACK && !(flags & RST)) {
        e->told = octets_get(t + 8, 4) - walk_isn(w);
        e->fin_taken |= e->fin_sent && e->told == e->fin_end;
        e->edge = e->told + ((uint32_t)octets_get(t + 14, 2) << (flags & SYN ? 0 : e->shift));
    }
    walk_model_sent(w, flags, at, length, again);
    if (!lost)
        owe(w, &(struct walk_answer){sport, dport, flags, seq, seq + length, octets_get(t + 8, 4)});
}

static void tell_sent(struct walk *w, const uint8_t *t, uint32_t len)
{
    uint32_t header = (t[12] >> 4) * 4u;
    const int64_t n[] = {w->now_ns, t[13], octets_get(t + 4, 4), octets_get(t + 8, 4),
                         len - header};
    w->of->config.told(w->of->config.ctx, "segment", n, 5);
}

static void env_transmit(void *self, int port, const void *frame, size_t len)
{
    struct walk *w = self;
    uint8_t padded[WALK_FRAME];
    const uint8_t *f = frame;
    if (port != 0 || len > 1514 || len < ETHERNET)
        walk_fail(w, "a frame of %zu octets left by interface %d", len, port);
    if (w->mute)
        return;
    if (len < 60) {
        memset(padded, 0, 60);
        memcpy(padded, frame, len);
        f = padded;
        len = 60;
    }
    see(w, f, (uint32_t)len, MONITOR_LEAVES);
    bool lost = w->lose > 0;
    w->lose -= lost;
    uint32_t total = octets_get(f + 16, 2), ip = (f[14] & 15) * 4u;
    if (octets_get(f + 12, 2) != 0x0800 || f[23] != 6 || total + ETHERNET > len || ip + 20 > total)
        return;
    learn(w, f + ETHERNET + ip, total - ip, lost);
    if (w->of->config.told)
        tell_sent(w, f + ETHERNET + ip, total - ip);
}

void walk_deliver(struct walk *w, const uint8_t *frame, uint32_t len)
{
    see(w, frame, len, MONITOR_COMES);
    w->sut->input(w->instance, 0, frame, len);
    walk_poll(w);
}

/* --- time --- */

void walk_poll(struct walk *w)
{
    for (int round = 0;; round++) {
        w->sut->poll(w->instance);
        if (w->due_ns > w->now_ns)
            return;
        if (round == INSTANT)
            walk_fail(w, "after %d polls at one instant the stack still has work", INSTANT);
    }
}

void walk_pass(struct walk *w, int64_t to_ns)
{
    w->gap_ns += to_ns - w->now_ns;
    w->now_ns = to_ns;
    if (w->of->config.clock) {
        w->of->config.clock[0] = w->now_ns;
        w->of->config.clock[1] = w->gap_ns;
    }
}

void walk_until(struct walk *w, int64_t until_ns)
{
    w->fill = WALK_TIME;
    while (w->due_ns <= until_ns) {
        walk_model_time(w, w->due_ns);
        walk_pass(w, w->due_ns);
        walk_poll(w);
    }
    walk_model_time(w, until_ns);
    walk_pass(w, until_ns);
    walk_model_time(w, until_ns);
    w->fill = 0;
}

FILE *walk_line(struct walk *w)
{
    FILE *out = w->of->out;
    if (!out)
        return NULL;
    if (w->gap_ns == 0)
        fputs("+0     ", out);
    else if (w->gap_ns % 1000000000 == 0)
        fprintf(out, "+%" PRId64 "s    ", w->gap_ns / 1000000000);
    else if (w->gap_ns % 1000000 == 0)
        fprintf(out, "+%" PRId64 "ms ", w->gap_ns / 1000000);
    else
        fprintf(out, "+%" PRId64 "ns ", w->gap_ns);
    w->gap_ns = 0;
    walk_pass(w, w->now_ns);
    return out;
}

/* --- the world --- */

static void configure(struct walk *w)
{
    static const struct {
        const char *knob;
        int64_t number[VARIANTS];
    } knobs[] = {{"tcp.isn", {4294966000, 2147483000}},
                 {"tcp.rcvbuf", {4000, 16000}},
                 {"tcp.sndbuf", {8000, 8000}},
                 {"tcp.timestamps", {0, 1}},
                 {"tcp.sack", {0, 1}},
                 {"tcp.window_scaling", {0, 1}}};
    struct value out[SUT_ARGUMENTS], argv[3];
    for (size_t k = 0; k < sizeof knobs / sizeof knobs[0]; k++) {
        argv[0] = (struct value){.kind = VALUE_BYTES,
                                 .bytes = (const uint8_t *)knobs[k].knob,
                                 .len = (uint32_t)strlen(knobs[k].knob)};
        argv[1] = (struct value){.kind = VALUE_NUMBER, .number = knobs[k].number[w->variant]};
        walk_call(w, "set", argv, 2, out);
    }
    if (w->begin == BEGIN_COOKIES) {
        argv[0] = (struct value){
            .kind = VALUE_BYTES, .bytes = (const uint8_t *)"tcp.syn_cookies_only", .len = 20};
        argv[1] = (struct value){.kind = VALUE_NUMBER, .number = 1};
        walk_call(w, "set", argv, 2, out);
    }
    argv[0] = (struct value){.kind = VALUE_BYTES, .bytes = (const uint8_t *)"eth0", .len = 4};
    argv[1] = (struct value){.kind = VALUE_PREFIX, .number = WALK_SUT_IP, .prefix = 24};
    walk_call(w, "ifconfig", argv, 2, out);
    argv[1] = (struct value){.kind = VALUE_IPV4, .number = WALK_PEER_IP};
    argv[2] = (struct value){.kind = VALUE_MAC, .bytes = walk_peer_mac, .len = 6};
    walk_call(w, "neighbour", argv, 3, out);
    if (w->of->out)
        fprintf(w->of->out,
                "set    tcp.isn %" PRIu32 " tcp.rcvbuf %d tcp.sndbuf 8000%s%s\n"
                "sut    eth0 ip 10.0.2.15/24\n"
                "host   raw peer mac 52:55:0a:00:02:02 ip 10.0.2.2\n",
                walk_isn(w), w->variant ? 16000 : 4000,
                w->variant ? "" : " tcp.timestamps 0 tcp.window_scaling 0 tcp.sack 0",
                w->begin == BEGIN_COOKIES ? " tcp.syn_cookies_only 1" : "");
}

struct walk *walk_open(struct walks *of)
{
    struct walk *w = (struct walk *)(void *)of->arena;
    UNPOISON(w, WALK_ARENA);
    memset(w, 0, sizeof *w);
    w->of = of;
    w->sut = of->config.sut;
    w->used = (sizeof *w + 63) & ~(size_t)63;
    w->due_ns = NEVER;
    w->main = w->listener = w->model.fd = -1;
    w->end.peer_port = 5000;
    for (int k = 0; k < WALK_PURPOSES; k++) {
        char name[32];
        snprintf(name, sizeof name, "sut purpose %d", k);
        random_init(&w->purpose[k], 1, name);
    }
    w->env = (struct sut_env){.self = w,
                              .transmit = env_transmit,
                              .due = env_due,
                              .done = env_done,
                              .random = env_random,
                              .now = env_now,
                              .wait = env_wait,
                              .memory = env_memory,
                              .fate = env_fate,
                              .trace = env_trace,
                              .fail = env_fail,
                              .needs = {.ports = 1, .small = true}};
    const struct monitor_config config = {.self = w,
                                          .alloc = alloc,
                                          .release = release,
                                          .found = found,
                                          .known = NEEDS_COMPLETE | NEEDS_PORT | NEEDS_ORDER |
                                                   NEEDS_UNMERGED,
                                          .most = CONNECTIONS,
                                          .octets_most = REMEMBERED};
    w->monitor = monitor_new(&config);
    w->instance = w->monitor ? w->sut->open(&w->env) : NULL;
    if (!w->instance || w->sut->attach(w->instance, 0, "eth0", walk_sut_mac, 1500, NULL) != 0)
        return NULL;
    return w;
}

static struct walk *begin(struct walks *of, uint8_t where, uint8_t variant)
{
    struct walk *w = walk_open(of);
    if (!w)
        return NULL;
    w->begin = where;
    w->variant = variant;
    configure(w);
    walk_poll(w);
    walk_play_begin(w);
    return w;
}

static struct walks *room(const struct walk_config *config)
{
    struct walks *of = calloc(1, sizeof *of);
    if (!of)
        return NULL;
    of->config = *config;
    of->arena = aligned_alloc(4096, WALK_ARENA);
    if (!of->arena) {
        free(of);
        return NULL;
    }
    memset(of->arena, 0, WALK_ARENA);
    return of;
}

/* A copy of all that there is. */
static bool keep(struct walks *of, uint8_t where, uint8_t variant)
{
    struct walk *w = begin(of, where, variant);
    if (!w)
        return false;
    uint8_t *bytes = malloc(w->used);
    if (!bytes)
        return false;
    UNPOISON(w, w->used);
    memcpy(bytes, w, w->used);
    of->image[where][variant].bytes = bytes;
    of->image[where][variant].used = w->used;
    return true;
}

struct walks *walks_new(const struct walk_config *config)
{
    return room(config);
}

void walks_free(struct walks *of)
{
    for (int b = 0; b < BEGINS; b++)
        for (int v = 0; v < VARIANTS; v++)
            free(of->image[b][v].bytes);
    free(of->arena);
    free(of);
}

/* --- a run --- */

static void play_time(struct walk *w, const struct plan_step *s)
{
    static const int64_t ms[PLAN_TIMES] = {1,    10,   40,    100,   200,    500,    1000,
                                           3000, 7000, 20000, 60000, 130000, 900000, 7300000};
    walk_cell(w, 80 + s->a, s->b);
    walk_peer_lives(w, (enum plan_peer)s->b, w->now_ns + ms[s->a] * 1000000);
}

static void play_shortage(struct walk *w, const struct plan_step *s)
{
    struct value out[SUT_ARGUMENTS], argv = {.kind = VALUE_NUMBER, .number = 1 + s->a};
    FILE *line = walk_line(w);
    w->unsure = true; /* what there was no buffer for is not on the wire */
    if (line)
        fprintf(line, "fail_allocation(%d)\n", 1 + s->a);
    walk_call(w, "fail_allocation", &argv, 1, out);
}

static void play_step(struct walk *w, const struct plan_step *s)
{
    w->fill = (uint8_t)(s->kind + 2);
    switch ((enum plan_kind)s->kind) {
    case PLAN_SEGMENT:
        walk_play_segment(w, s);
        break;
    case PLAN_CALL:
        walk_play_call(w, s);
        break;
    case PLAN_TIME:
        play_time(w, s);
        break;
    case PLAN_BEND:
        if (s->c && w->bends < 2)
            w->bend[w->bends++] = s->c;
        break;
    case PLAN_ICMP:
        walk_play_error(w, s);
        break;
    case PLAN_LOSS:
        w->lose = 1u + s->a;
        break;
    case PLAN_SHORTAGE:
        play_shortage(w, s);
        break;
    case PLAN_KINDS:
        break;
    }
}

static void play(struct walk *w, const struct plan *p)
{
    for (uint32_t k = 0; k < p->steps; k++)
        play_step(w, &p->step[k]);
    if (w->of->config.lively)
        walk_heal(w);
    monitor_finish(w->monitor);
    walk_take_apart(w);
}

void walk_run(struct walks *of, const struct plan *p)
{
    struct walk *w = (struct walk *)(void *)of->arena;
    if (!of->image[p->begin][p->variant].bytes && !keep(of, p->begin, p->variant))
        abort(); /* no memory, or the stack does not open */
    UNPOISON(w, WALK_ARENA);
    memcpy(of->arena, of->image[p->begin][p->variant].bytes, of->image[p->begin][p->variant].used);
    play(w, p);
}

void walk_print(const struct walk_config *config, const struct plan *p, FILE *out)
{
    struct walks *of = room(config);
    if (!of)
        return;
    of->out = out;
    struct walk *w = begin(of, p->begin, p->variant);
    if (w)
        play(w, p);
    walks_free(of);
}

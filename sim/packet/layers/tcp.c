/* TCP (RFC 9293, section 3.1): the header, sums, frames. Its lines are in tcp_line.c. */
#include <netinet/in.h>
#include <string.h>
#include "sim/packet/layers/icmp.h"
#include "sim/packet/layers/tcp.h"

const struct option_style segment_options = {.whole = true, .pad = TCP_NOP, .end = TCP_EOL};

static bool tcp_off(const struct shape *s, int i, uint64_t *out)
{
    *out = (s->view[i].body - s->view[i].at) / 4;
    return true;
}

static bool tcp_sum(const struct shape *s, int i, uint64_t *out)
{
    const struct view *v = &s->view[i];
    const uint8_t *h = s->bytes + v->at;
    uint32_t len = v->end - v->at;
    *out = packet_sum(h, len, pseudo_sum(s, i, IPPROTO_TCP, len) + (0xffffu & ~get16(h + 16)));
    return true;
}

static bool tcp_open(struct shape *s, struct view *v, uint32_t limit, const struct layer **next,
                     const char **problem)
{
    (void)next;
    *problem = "tcp: shorter than its header of 20 octets";
    if (limit - v->at < TCP_HEADER)
        return false;
    uint32_t header = (s->bytes[v->at + 12] >> 4) * 4u;
    *problem = "tcp: the data offset is below 5";
    if (header < TCP_HEADER)
        return false;
    *problem = "tcp: the data offset runs over the segment's end";
    if (header > limit - v->at)
        return false;
    v->body = v->at + header;
    v->end = limit;
    return true;
}

static bool port(struct builder *b, bool source, struct value *out)
{
    uint32_t known = source ? b->context->source_port : b->context->destination_port;
    int a = build_answered(b, &layer_tcp);
    if (!known && a >= 0)
        known = (uint32_t)shape_number(&b->answered, a, source ? "dport" : "sport");
    *out = (struct value){.kind = VALUE_NUMBER, .number = known};
    if (!known)
        why_set(b->why, "tcp: no port is known: write tcp A > B");
    return known;
}

static bool tcp_sport(struct builder *b, int i, struct value *out)
{
    (void)i;
    return port(b, true, out);
}

static bool tcp_dport(struct builder *b, int i, struct value *out)
{
    (void)i;
    return port(b, false, out);
}

static bool says_syn(const struct layer_spec *l)
{
    const struct clause *flags = clause_named(l, "flags");
    return flags && flags->match->kind == MATCH_VALUE && flags->match->value.number & TCP_SYN;
}

bool segment_base(const struct packet_context *c, const struct layer_spec *l, const struct field *f,
                  bool injected, uint32_t *base)
{
    *base = 0;
    if (!l || l->absolute || !(f->flags & (FIELD_SEQ | FIELD_ACK)))
        return true;
    bool own = f->flags & FIELD_SEQ;
    if (own && injected && says_syn(l))
        return true; /* it is the ISN */
    if (!own && !injected && says_syn(l) && c->whole_syns)
        return true;
    *base = own ? c->source_isn : c->destination_isn;
    return own ? c->have_source_isn : c->have_destination_isn;
}

static bool emit_octets(struct builder *b, int i, const struct clause *cl)
{
    struct value v;
    if (!build_resolve(b, i, cl->field, cl->match, &v))
        return false;
    uint8_t *at = build_append(b, i, v.len);
    if (at && v.len)
        memcpy(at, v.bytes, v.len);
    return at != NULL;
}

/* How many octets the line counts: a number, or a variable's; -1: it may not. */
static int64_t counted(struct builder *b, int i, const struct layer_spec *l)
{
    const struct clause *len = clause_named(l, "payload");
    struct value v;
    if (!len || len->match->kind == MATCH_ANY)
        return 0;
    if (!build_resolve(b, i, len->field, len->match, &v))
        return -1;
    if (v.number >= 0 && v.number <= 65495)
        return v.number;
    why_set(b->why, "tcp: a segment carries 0 to 65495 octets, not %lld", (long long)v.number);
    return -1;
}

/* A segment may begin before the stream does: its octets from there on are the stream's. */
static uint64_t place_in_stream(uint32_t at)
{
    return at > UINT32_MAX - UINT16_MAX ? (uint64_t)(int32_t)at : at;
}

/* Options, their padding, and the payload that the line only counts. */
static bool tcp_emit(struct builder *b, int i)
{
    const struct layer_spec *l = b->part[i];
    const struct view *v = &b->shape.view[i];
    for (uint32_t k = 0; l && k < l->clauses; k++) {
        const struct clause *cl = &l->clause[k];
        if (!(cl->field->flags & FIELD_OPTION) || cl->absent || cl->code == TCP_ANY_OPTIONS)
            continue;
        if (cl->code == TCP_RAW_OCTETS ? !emit_octets(b, i, cl)
                                       : !option_emit(b, i, &segment_options, cl))
            return false;
    }
    uint32_t header = v->body - v->at;
    if (!build_append(b, i, (4 - header % 4) % 4))
        return false;
    if (v->body - v->at > 60) {
        why_set(b->why, "tcp: options of %u octets: 40 fit", header - TCP_HEADER);
        return false;
    }
    int64_t n = l ? counted(b, i, l) : 0;
    if (n <= 0 || l != &b->spec->layer[b->spec->layers - 1])
        return n >= 0;
    uint32_t at = (uint32_t)shape_number(&b->shape, i, "seq"),
             first = b->context->source_first ? b->context->source_first : 1;
    return build_pattern(b, (uint32_t)n, says_syn(l) ? 0 : place_in_stream(at - first));
}

static void differs(struct matcher *m, int i, const char *expected)
{
    char actual[128];
    struct printer p = {.out = actual, .room = sizeof actual};
    segment_print_options(&p, m->shape, i);
    match_differs(m, &layer_tcp, "options", NULL, expected, actual);
}

/* The option of the clause, at once or, where any may stand before it, further on. */
static bool next_agrees(struct matcher *m, const struct clause *cl, bool any, uint32_t *at,
                        uint32_t end, struct option_view *o)
{
    do {
        if (!option_next(m->shape, &segment_options, at, end, o))
            return false;
        if (o->code == cl->code && option_agrees(m, o, cl))
            return true;
    } while (any && o->code != TCP_EOL);
    return false;
}

static bool pads(uint32_t code)
{
    return code == TCP_NOP || code == TCP_EOL;
}

/* In any order, however padded: each that is written is there, and no other is. */
static bool same_set(struct matcher *m, int i, const struct layer_spec *l)
{
    const struct view *v = &m->shape->view[i];
    uint32_t at = v->at + TCP_HEADER, have = 0, want = 0;
    struct option_view o;
    bool any = false;
    while (option_next(m->shape, &segment_options, &at, v->body, &o) && o.code != TCP_EOL)
        have += !pads(o.code);
    for (uint32_t k = 0; k < l->clauses; k++) {
        const struct clause *cl = &l->clause[k];
        if (!(cl->field->flags & FIELD_OPTION) || pads(cl->code))
            continue;
        any = any || cl->code == TCP_ANY_OPTIONS;
        at = v->at + TCP_HEADER;
        if (cl->code == TCP_ANY_OPTIONS)
            continue;
        want++;
        if (!next_agrees(m, cl, true, &at, v->body, &o))
            return false;
    }
    return any || have == want;
}

/* "<...>" leaves them free; else kind by kind, as written, NOPs included. */
static void match_options(struct matcher *m, int i, const struct layer_spec *l)
{
    const struct shape *s = m->shape;
    const struct view *v = &s->view[i];
    uint32_t at = v->at + TCP_HEADER;
    struct option_view o;
    char expected[128] = "<>";
    struct printer p = {.out = expected, .room = sizeof expected};
    segment_print_list(&p, l);
    bool any = false;
    if (m->context->relaxed) {
        if (!same_set(m, i, l))
            differs(m, i, expected);
        return;
    }
    for (uint32_t k = 0; k < l->clauses; k++) {
        const struct clause *cl = &l->clause[k];
        if (!(cl->field->flags & FIELD_OPTION))
            continue;
        if (cl->code == TCP_ANY_OPTIONS) {
            any = true;
            continue;
        }
        if (!next_agrees(m, cl, any, &at, v->body, &o)) {
            differs(m, i, expected);
            return;
        }
        any = false;
        if (o.code == TCP_EOL)
            break;
    }
    for (; !any && at < v->body; at++)
        if (s->bytes[at] != TCP_EOL) {
            differs(m, i, expected);
            return;
        }
}

/* The octets that are still to come of the payload that the line counts; UINT32_MAX: it counts
 * none. */
static uint32_t still_to_come(const struct matcher *m, const struct layer_spec *l)
{
    const struct clause *len = clause_named(l, "payload");
    if (!len || !len->matches || len->match->kind != MATCH_VALUE)
        return UINT32_MAX;
    return (uint32_t)len->match->value.number - m->context->joined;
}

/* A segment that carries fewer octets than the line counts may be one of several. */
static void tcp_begin(struct matcher *m, int i, const struct layer_spec *l)
{
    const struct view *v = &m->shape->view[i];
    uint32_t have = v->end - v->body, left = still_to_come(m, l);
    m->part =
        m->context->joins && !v->quoted && left != UINT32_MAX && have && have < left ? have : 0;
}

/* Of several segments, FIN and PSH belong to the last. */
static void tcp_adjust(const struct matcher *m, const struct clause *cl, struct value *have)
{
    bool flags = cl->field->flags & FIELD_KEY && !strcmp(cl->field->name, "flags");
    if (cl->field->flags & FIELD_SEQ)
        have->number = (uint32_t)(have->number - m->context->joined);
    bool open_window = m->context->relaxed && !strcmp(cl->field->name, "win") && have->number;
    if (open_window && cl->match->kind == MATCH_VALUE && cl->match->value.number)
        have->number = cl->match->value.number;
    if (!flags || cl->match->kind != MATCH_VALUE)
        return;
    int64_t free =
        cl->match->upper | (m->part ? TCP_LAST : 0) | (m->context->relaxed ? TCP_PSH : 0);
    have->number = (have->number & ~free) | (cl->match->value.number & free);
}

/* All but the last have the same size, and the last no more. */
static bool whole_size(const struct matcher *m, uint32_t have)
{
    uint32_t unit = m->context->joined_unit;
    return !unit || have == unit || (!m->part && have < unit);
}

static void match_count(struct matcher *m, int i, const struct clause *cl, struct value *have)
{
    char expected[64], actual[64];
    uint32_t n = (uint32_t)have->number;
    if (!whole_size(m, n)) {
        snprintf(expected, sizeof expected, "%u, as in the segment before",
                 m->context->joined_unit);
        snprintf(actual, sizeof actual, "%u", n);
        match_differs(m, &layer_tcp, "payload", NULL, expected, actual);
    } else if (!m->part) {
        have->number += m->context->joined;
        match_clause(m, i, cl, have);
    }
}

static void match_end(struct matcher *m, int i, const struct clause *cl, struct value *have)
{
    have->number = (uint32_t)(shape_number(m->shape, i, "seq") + (uint64_t)have->number);
    if (!m->part)
        match_clause(m, i, cl, have);
}

static void tcp_match(struct matcher *m, int i, const struct clause *cl)
{
    const struct view *v = &m->shape->view[i];
    const struct layer_spec *l = layer_of(m->spec, cl);
    struct value have = {.kind = VALUE_NUMBER, .number = v->end - v->body};
    const char *name = cl->field->name;
    if (!strcmp(name, "payload"))
        match_count(m, i, cl, &have);
    else if (!strcmp(name, "end"))
        match_end(m, i, cl, &have);
    else if (!strcmp(name, "options") && cl->match->kind != MATCH_ANY)
        match_options(m, i, l);
    else if (cl->field->flags & FIELD_OPTION && !clause_named(l, "options"))
        option_match(m, i, &segment_options, v->at + TCP_HEADER, v->body, cl);
}

/* A number that a clause of the layer writes; 0: none. */
static uint32_t stated_number(const struct packet_context *c, const struct layer_spec *l,
                              const char *field)
{
    const struct clause *cl = clause_named(l, field);
    struct packet_addresses a;
    struct value v;
    if (!cl || !cl->matches)
        return 0;
    const struct match *m = cl->match;
    if (m->kind == MATCH_VALUE)
        return (uint32_t)m->value.number;
    if (m->kind == MATCH_USE && c->lookup && c->lookup(c->self, m->name, &v))
        return (uint32_t)(v.number + m->addend);
    if (m->kind == MATCH_HOST && c->host && c->host(c->self, m->name, &a) && a.has_ipv4)
        return a.ipv4;
    return 0;
}

void packet_ends(const struct packet_spec *p, const struct packet_context *c,
                 struct packet_ends *out)
{
    *out = (struct packet_ends){0};
    for (uint32_t k = 0; k < p->layers && !p->layer[k].quoted; k++) {
        const struct layer_spec *l = &p->layer[k];
        if (l->layer == &layer_ip) {
            out->source = stated_number(c, l, "src");
            out->destination = stated_number(c, l, "dst");
        } else if (l->layer == &layer_tcp) {
            out->source_port = (uint16_t)stated_number(c, l, "sport");
            out->destination_port = (uint16_t)stated_number(c, l, "dport");
        } else if (l->layer == &layer_icmp) { /* what it quotes went the other way */
            echoed_ports(p, &out->destination_port, &out->source_port);
        }
    }
}

bool packet_stamp(const struct packet_spec *p, const uint8_t *bytes, uint32_t len,
                  uint32_t *written, uint32_t *wire)
{
    struct shape s;
    struct option_view o;
    const struct clause *cl = NULL;
    for (uint32_t k = 0; k < p->layers && !cl; k++)
        if (p->layer[k].layer == &layer_tcp && !p->layer[k].quoted)
            cl = clause_named(&p->layer[k], "TS");
    if (!cl || !cl->matches || cl->match->kind != MATCH_VALUE)
        return false;
    shape_frame(&s, p->set, bytes, len);
    int i = shape_find(&s, &layer_tcp, 0);
    if (i < 0 ||
        !option_find(&s, &segment_options, s.view[i].at + TCP_HEADER, s.view[i].body,
                     TCP_TIMESTAMPS, &o) ||
        o.end - o.value != 8)
        return false;
    *written = (uint32_t)cl->match->value.number;
    *wire = get32(bytes + o.value);
    return true;
}

static void describe_number(struct describer *d, const char *name, uint64_t n)
{
    describe_clause(d, field_named(&layer_tcp, name),
                    &(struct value){.kind = VALUE_NUMBER, .number = (int64_t)n});
}

/* Numbers as they are: nothing is known of the connection. */
static void tcp_describe(struct describer *d, int i)
{
    const struct shape *s = d->shape;
    const struct view *v = &s->view[i];
    struct option_view o;
    d->layer->bare = d->layer->absolute = true;
    uint32_t flags = (uint32_t)shape_number(s, i, "flags"), at = v->at + TCP_HEADER, n = 0;
    describe_number(d, "flags", flags);
    describe_number(d, "seq", shape_number(s, i, "seq"));
    describe_number(d, "payload", v->end - v->body);
    uint64_t ack = shape_number(s, i, "ack"), urg = shape_number(s, i, "urg");
    if (ack || flags & TCP_ACK)
        describe_number(d, "ack", ack);
    describe_number(d, "win", shape_number(s, i, "win"));
    if (urg)
        describe_number(d, "urg", urg);
    bool ended = false;
    for (; !ended && option_next(s, &segment_options, &at, v->body, &o); n++) {
        option_describe(d, &o, field_coded(&layer_tcp, o.code), field_named(&layer_tcp, "opt"));
        ended = o.code == TCP_EOL;
    }
    describe_number(d, "options", n);
}

#define OPTION(number, word, kind, size, more)                                                     \
    {                                                                                              \
        .name = word, .type = kind, .code = number, .bits = size, .flags = FIELD_OPTION | (more)   \
    }

static const struct field fields[] = {
    {.name = "sport",
     .type = FIELD_UINT,
     .bit = 0,
     .bits = 16,
     .flags = FIELD_KEY,
     .answer = tcp_sport},
    {.name = "dport",
     .type = FIELD_UINT,
     .bit = 16,
     .bits = 16,
     .flags = FIELD_KEY,
     .answer = tcp_dport},
    {.name = "flags",
     .type = FIELD_UINT,
     .bit = 103,
     .bits = 9,
     .flags = FIELD_KEY | FIELD_MINE,
     .say = segment_say_flags},
    {.name = "seq", .type = FIELD_UINT, .bit = 32, .bits = 32, .flags = FIELD_SEQ | FIELD_MINE},
    {.name = "end",
     .type = FIELD_UINT,
     .bits = 32,
     .code = 255,
     .flags = FIELD_ELSEWHERE | FIELD_SEQ},
    {.name = "payload", .type = FIELD_UINT, .bits = 32, .code = 256, .flags = FIELD_ELSEWHERE},
    {.name = "ack", .type = FIELD_UINT, .bit = 64, .bits = 32, .flags = FIELD_ACK | FIELD_MINE},
    {.name = "win", .type = FIELD_UINT, .bit = 112, .bits = 16, .flags = FIELD_MINE},
    {.name = "urg", .type = FIELD_UINT, .bit = 144, .bits = 16, .flags = FIELD_MINE},
    {.name = "reserved", .type = FIELD_UINT, .bit = 100, .bits = 3},
    {.name = "off",
     .type = FIELD_UINT,
     .bit = 96,
     .bits = 4,
     .derive = tcp_off,
     .flags = FIELD_LENGTH},
    {.name = "sum",
     .type = FIELD_UINT,
     .bit = 128,
     .bits = 16,
     .derive = tcp_sum,
     .flags = FIELD_SUM | FIELD_HEX,
     .clause = "MUST-2"},
    {.name = "options", .type = FIELD_OWN},
    OPTION(TCP_EOL, "eol", FIELD_EMPTY, 0, 0),
    OPTION(TCP_NOP, "nop", FIELD_EMPTY, 0, 0),
    OPTION(2, "mss", FIELD_UINT, 16, 0),
    OPTION(3, "wscale", FIELD_UINT, 8, 0),
    OPTION(4, "sackOK", FIELD_EMPTY, 0, 0),
    OPTION(5, "sack", FIELD_UINT, 32, FIELD_LIST | FIELD_ACK),
    OPTION(TCP_TIMESTAMPS, "TS", FIELD_UINT, 32, FIELD_LIST | FIELD_STAMP),
    OPTION(258, "opt", FIELD_BYTES, 0, 0),
    OPTION(TCP_ANY_OPTIONS, "any", FIELD_EMPTY, 0, 0),
};

const struct layer layer_tcp = {
    .name = "tcp",
    .below = "ip",
    .field = fields,
    .fields = COUNT(fields),
    .fixed = TCP_HEADER,
    .first = "sport",
    .second = "dport",
    .open = tcp_open,
    .parse = segment_parse,
    .print = segment_print,
    .emit = tcp_emit,
    .describe = tcp_describe,
    .begin = tcp_begin,
    .adjust = tcp_adjust,
    .match = tcp_match,
    .close = segment_close,
};

/* Frames against lines. */
#include <string.h>
#include "sim/packet/spec.h"

void match_differs(struct matcher *m, const struct layer *l, const char *field, const char *clause,
                   const char *expected, const char *actual)
{
    m->differs = true;
    struct packet_verdict *v = m->verdict;
    if (!v || v->differences == PACKET_DIFFERENCES)
        return;
    struct packet_difference *d = &v->difference[v->differences++];
    snprintf(d->field, sizeof d->field, "%s%s%s", l ? l->name : "", l ? "." : "", field);
    snprintf(d->expected, sizeof d->expected, "%s", expected);
    snprintf(d->actual, sizeof d->actual, "%s", actual);
    d->clause = clause;
}

static bool same(const struct value *a, const struct value *b)
{
    bool number = a->kind == VALUE_NUMBER || a->kind == VALUE_IPV4 || a->kind == VALUE_TIME;
    bool other = b->kind == VALUE_NUMBER || b->kind == VALUE_IPV4 || b->kind == VALUE_TIME;
    if (number || other)
        return number == other && a->number == b->number;
    return a->len == b->len && (!a->len || !memcmp(a->bytes, b->bytes, a->len));
}

static bool find(struct matcher *m, const char *name, struct value *out)
{
    for (uint32_t i = 0; i < m->binds; i++)
        if (!strcmp(m->bind[i].name, name)) {
            *out = m->bind[i].value;
            return true;
        }
    return m->context->lookup && m->context->lookup(m->context->self, name, out);
}

static bool note(struct matcher *m, const char *name, const struct value *have)
{
    for (uint32_t i = 0; i < m->binds; i++)
        if (!strcmp(m->bind[i].name, name))
            return same(&m->bind[i].value, have);
    if (m->binds == MATCH_BINDS)
        return true;
    m->bind[m->binds].name = name;
    m->bind[m->binds++].value = *have;
    return true;
}

/* What is stated of a padded place may be shorter than it: zeros fill up. */
static bool same_bytes(const struct field *f, const struct value *want, const struct value *have)
{
    if (same(want, have))
        return true;
    if (!(f->flags & FIELD_PADDED) || want->kind != VALUE_BYTES || have->kind != VALUE_BYTES ||
        want->len > have->len)
        return false;
    for (uint32_t i = 0; i < have->len; i++)
        if (have->bytes[i] != (i < want->len ? want->bytes[i] : 0))
            return false;
    return true;
}

static bool is_made(struct matcher *m, const struct match *want, const struct value *have)
{
    struct value octets = want->value;
    if (want->name && !find(m, want->name, &octets))
        return m->lenient;
    if (have->kind != VALUE_BYTES || have->len != (uint64_t)(octets.number + want->addend))
        return false;
    if (want->kind == MATCH_PATTERN)
        return packet_pattern_run(have->bytes, have->len, (uint64_t)want->upper) == have->len;
    for (uint32_t i = 0; want->kind != MATCH_LENGTH && i < have->len; i++)
        if (have->bytes[i])
            return false;
    return true;
}

bool match_value(struct matcher *m, const struct field *f, const struct match *want,
                 const struct value *have)
{
    struct value v;
    struct packet_addresses a;
    switch (want->kind) {
    case MATCH_VALUE:
        return same_bytes(f, &want->value, have);
    case MATCH_ANY:
        return true;
    case MATCH_BIND:
        return note(m, want->name, have);
    case MATCH_USE:
        if (!find(m, want->name, &v))
            return m->lenient;
        v.number = (v.number + want->addend) &
                   (f->bits && f->bits < 64 && want->addend ? (INT64_C(1) << f->bits) - 1 : -1);
        return same_bytes(f, &v, have);
    case MATCH_RANGE:
        return (uint64_t)have->number >= (uint64_t)want->value.number &&
               (uint64_t)have->number <= (uint64_t)want->upper;
    case MATCH_HOST:
        if (!m->context->host || !m->context->host(m->context->self, want->name, &a))
            return false;
        if (have->kind == VALUE_IPV4)
            return a.has_ipv4 && a.ipv4 == (uint32_t)have->number;
        if (have->kind == VALUE_MAC)
            return a.has_mac && !memcmp(a.mac, have->bytes, 6);
        return have->kind == VALUE_IPV6 && a.has_ipv6 && !memcmp(a.ipv6, have->bytes, 16);
    case MATCH_PATTERN:
    case MATCH_ZERO:
    case MATCH_LENGTH:
        return is_made(m, want, have);
    }
    return false;
}

/* "$x = 7", "10.0.2.2 (peer)": the expectation and what it stands for now. */
static void expectation(struct matcher *m, const struct field *f, const struct match *want,
                        int64_t given, char *out, size_t room)
{
    struct printer p = {.out = out, .room = room};
    struct packet_addresses a;
    struct value v;
    print_match(&p, f, want, given);
    if (want->kind == MATCH_USE) {
        if (find(m, want->name, &v)) {
            v.number += want->addend;
            print(&p, " = ");
            print_value(&p, f, &v, given);
        } else
            print(&p, ", which has no value yet");
    }
    if (want->kind != MATCH_HOST)
        return;
    if (!m->context->host || !m->context->host(m->context->self, want->name, &a)) {
        print(&p, ", which no host is called");
        return;
    }
    v = (struct value){.kind = VALUE_IPV4,
                       .number = a.ipv4,
                       .bytes = f->type == FIELD_MAC ? a.mac : a.ipv6,
                       .len = f->type == FIELD_MAC ? 6 : 16};
    print(&p, " = ");
    print_value(&p, f, &v, given);
}

static int64_t given_of(const struct shape *s, int i, const struct field *f)
{
    return f->given ? (int64_t)shape_number(s, i, f->given) : -1;
}

/* The first octet that is not as expected, for long payloads. */
static bool first_octet(const struct match *want, const struct value *have, char *expected,
                        char *actual, size_t room)
{
    if (have->kind != VALUE_BYTES || want->name ||
        (want->kind != MATCH_VALUE && want->kind != MATCH_PATTERN && want->kind != MATCH_ZERO))
        return false;
    uint32_t len = want->kind == MATCH_VALUE ? want->value.len : (uint32_t)want->value.number;
    if (len != have->len) {
        snprintf(actual + strlen(actual), room - strlen(actual), " (%u octets)", have->len);
        snprintf(expected + strlen(expected), room - strlen(expected), " (%u octets)", len);
    }
    for (uint32_t i = 0; i < len && i < have->len; i++) {
        uint8_t w = want->kind == MATCH_VALUE  ? want->value.bytes[i]
                    : want->kind == MATCH_ZERO ? 0
                                               : packet_pattern((uint64_t)want->upper + i);
        if (w == have->bytes[i])
            continue;
        if (len > 24 || have->len > 24) {
            snprintf(expected, room, "octet %u of %u is 0x%02x", i, len, w);
            snprintf(actual, room, "0x%02x (%u octets)", have->bytes[i], have->len);
        }
        return true;
    }
    return true;
}

/* A timestamp of the host's: as the line would write it. */
static bool match_stamp(const struct matcher *m, const struct match *want, struct value *have)
{
    const struct packet_context *c = m->context;
    uint32_t wire, written = (uint32_t)want->value.number;
    if (!c->stamp)
        return true;
    if (c->stamps_are_free || !c->stamp(c->stamps, written, &wire))
        return false;
    have->number = (uint32_t)(have->number - wire + written);
    return true;
}

bool match_relative(const struct matcher *m, const struct clause *cl, const struct match *want,
                    struct value *have)
{
    uint32_t base;
    if (cl->field->flags & FIELD_STAMP && want == cl->match && want->kind == MATCH_VALUE)
        return match_stamp(m, want, have);
    if (!(cl->field->flags & (FIELD_SEQ | FIELD_ACK)))
        return true;
    if (segment_base(m->context, layer_of(m->spec, cl), cl->field, m->spec->direction == '<',
                     &base))
        have->number = (uint32_t)((uint64_t)have->number - base);
    else if (want->kind == MATCH_VALUE || want->kind == MATCH_RANGE)
        return false;
    return true;
}

void match_clause(struct matcher *m, int i, const struct clause *cl, const struct value *value)
{
    struct value copy = *value, *have = &copy;
    if (!match_relative(m, cl, cl->match, have) || match_value(m, cl->field, cl->match, have))
        return;
    char expected[128], actual[128];
    int64_t given = given_of(m->shape, i, cl->field);
    expectation(m, cl->field, cl->match, given, expected, sizeof expected);
    struct printer p = {.out = actual, .room = sizeof actual};
    print_value(&p, cl->field, have, given);
    first_octet(cl->match, have, expected, actual, sizeof expected);
    match_differs(m, m->shape->view[i].layer, cl->field->name, cl->field->clause, expected, actual);
}

static void match_layer(struct matcher *m, int i, const struct layer_spec *l)
{
    if (l->layer->begin)
        l->layer->begin(m, i, l);
    for (uint32_t k = 0; k < l->clauses; k++) {
        const struct clause *cl = &l->clause[k];
        struct value have;
        if (m->keys && !(cl->field->flags & FIELD_KEY))
            continue;
        if (cl->field->type == FIELD_OWN || cl->field->flags & (FIELD_OPTION | FIELD_ELSEWHERE)) {
            if (l->layer->match)
                l->layer->match(m, i, cl);
        } else if (shape_field(m->shape, i, cl->field, &have)) {
            if (l->layer->adjust)
                l->layer->adjust(m, cl, &have);
            match_clause(m, i, cl, &have);
        } else
            match_differs(m, l->layer, cl->field->name, cl->field->clause, "is there",
                          "this packet has none");
    }
}

/* "data": whatever lies behind the layer before it, be it known or not. */
static void match_data(struct matcher *m, int before, const struct layer_spec *l)
{
    const struct shape *s = m->shape;
    struct value have = {.kind = VALUE_BYTES, .bytes = s->bytes, .len = s->len};
    if (before < 0)
        before = s->views - 1 - (s->views && s->view[s->views - 1].layer == &layer_data);
    if (before >= 0 && l->layer != &layer_raw) {
        have.bytes = s->bytes + s->view[before].body;
        have.len = s->view[before].end - s->view[before].body;
    }
    const struct clause *cl = clause_named(l, "bytes");
    if (!cl || m->keys || match_value(m, cl->field, cl->match, &have))
        return;
    char expected[128], actual[128];
    expectation(m, cl->field, cl->match, -1, expected, sizeof expected);
    struct printer p = {.out = actual, .room = sizeof actual};
    print_value(&p, cl->field, &have, -1);
    first_octet(cl->match, &have, expected, actual, sizeof expected);
    match_differs(m, NULL, l->layer->name, NULL, expected, actual);
}

static void layer_missing(struct matcher *m, const struct layer *l)
{
    const struct shape *s = m->shape;
    char actual[128] = "";
    for (int i = 0; i < s->views; i++) {
        size_t n = strlen(actual);
        snprintf(actual + n, sizeof actual - n, "%s%s", i ? " " : "", s->view[i].layer->name);
    }
    if (s->problem) {
        size_t n = strlen(actual);
        snprintf(actual + n, sizeof actual - n, " (%s)", s->problem);
    }
    match_differs(m, NULL, "layers", NULL, l->name, actual);
}

/* The line's layers lie in the frame in this order; the first may lie anywhere outside quotations.
 * False: the frame is of another kind. */
static bool match_layers(struct matcher *m)
{
    int at = -1;
    for (uint32_t k = 0; k < m->spec->layers; k++) {
        const struct layer_spec *l = &m->spec->layer[k];
        if (l->layer == &layer_data || l->layer == &layer_raw) {
            match_data(m, at, l);
            continue;
        }
        int found = shape_find(m->shape, l->layer, at + 1);
        bool wrong_side = found >= 0 && at < 0 && m->shape->view[found].quoted;
        if (found < 0 || wrong_side || (l->quoted && !m->shape->view[found].quoted)) {
            layer_missing(m, l->layer);
            return false;
        }
        at = found;
        match_layer(m, at, l);
        /* A part's upper layers are compared by their octets. */
        if (l->layer == &layer_ip && clause_named(l, "frag"))
            break;
    }
    return true;
}

static bool spoiled(const struct packet_spec *p, const struct layer *l, const struct field *f)
{
    for (uint32_t i = 0; i < p->spoils; i++)
        if (p->spoil[i].layer == l && p->spoil[i].field == f)
            return true;
    return false;
}

/* A line that states the field, even as *, answers for it. */
static bool is_stated(const struct packet_spec *p, const struct layer *l, const struct field *f)
{
    for (uint32_t i = 0; i < p->layers; i++)
        if (p->layer[i].layer == l && !p->layer[i].quoted && clause_of(&p->layer[i], f))
            return true;
    return false;
}

static bool verifiable(const struct shape *s, int i, const struct field *f)
{
    const struct view *v = &s->view[i];
    if (!f->derive || !(f->flags & (FIELD_LENGTH | FIELD_SUM)) || v->quoted)
        return false;
    return !v->partial || v->layer == &layer_ip;
}

static void verify_field(struct matcher *m, int i, const struct field *f)
{
    const struct shape *s = m->shape;
    const struct layer *l = s->view[i].layer;
    struct value have, want = {.kind = VALUE_NUMBER};
    uint64_t n;
    if (!verifiable(s, i, f) || !shape_field(s, i, f, &have) || !f->derive(s, i, &n))
        return;
    want.number = (int64_t)n;
    char expected[128], actual[128];
    struct printer e = {.out = expected, .room = sizeof expected},
                   a = {.out = actual, .room = sizeof actual};
    bool bad = spoiled(m->spec, l, f);
    if (bad != same(&have, &want) || (!bad && is_stated(m->spec, l, f)))
        return;
    print(&e, "%s", bad ? "anything but " : "");
    print_value(&e, f, &want, -1);
    print_value(&a, f, &have, -1);
    match_differs(m, l, f->name, f->clause, expected, actual);
}

/*
 * Zeros up to Ethernet's 60 octets may follow a packet, nothing else: an octet of an older packet
 * there leaks memory (CVE-2003-0001).
 */
static void verify_padding(struct matcher *m)
{
    const struct shape *s = m->shape;
    if (s->views < 2 || s->view[1].layer == &layer_data || s->view[1].layer == &layer_vlan)
        return;
    uint32_t end = s->view[1].end, len = s->len;
    char expected[64], actual[64];
    const struct packet_spec *p = m->spec;
    uint32_t whole = p->pad > (int64_t)end ? (uint32_t)p->pad : end;
    if (p->trailer) {
        if (len < p->trailer_len || len - p->trailer_len != whole ||
            memcmp(s->bytes + len - p->trailer_len, p->trailer, p->trailer_len) != 0)
            match_differs(m, &layer_eth, "trailer", NULL, "the octets written", "others");
        return;
    }
    if (len > 60 && len != end && len != whole) {
        snprintf(actual, sizeof actual, "%u octets behind the packet in a frame of %u", len - end,
                 len);
        match_differs(m, &layer_eth, "padding", "RFC894-frame-format-2",
                      "none: the frame is long enough", actual);
        return;
    }
    for (uint32_t i = end; i < len; i++)
        if (s->bytes[i]) {
            snprintf(expected, sizeof expected, "zeros behind octet %u", end);
            snprintf(actual, sizeof actual, "0x%02x at octet %u", s->bytes[i], i);
            match_differs(m, &layer_eth, "padding", "RFC894-frame-format-2", expected, actual);
            return;
        }
    if (p->pad >= 0 && len != whole) {
        snprintf(expected, sizeof expected, "a frame of %u octets", whole);
        snprintf(actual, sizeof actual, "%u", len);
        match_differs(m, &layer_eth, "padding", "RFC894-frame-format-2", expected, actual);
    }
}

static void verify(struct matcher *m)
{
    for (int i = 0; i < m->shape->views; i++)
        for (uint32_t k = 0; k < m->shape->view[i].layer->fields; k++)
            verify_field(m, i, &m->shape->view[i].layer->field[k]);
    verify_padding(m);
    if (m->shape->problem && !m->differs && !m->spec->spoils)
        match_differs(m, NULL, m->shape->problem_layer, NULL, "a header that can be read",
                      m->shape->problem);
}

void packet_match(const struct packet_spec *p, const struct packet_context *c, const uint8_t *bytes,
                  uint32_t len, struct packet_verdict *v)
{
    memset(v, 0, sizeof *v);
    struct shape s;
    shape_frame(&s, p->set, bytes, len);
    struct matcher m = {.spec = p, .context = c, .verdict = v, .shape = &s};
    bool raw = p->layers && p->layer[0].layer == &layer_raw;
    if (match_layers(&m) && !raw)
        verify(&m);
    v->matches = !m.differs;
    v->part = m.part;
    for (uint32_t i = 0; v->matches && c->bind && i < m.binds; i++)
        c->bind(c->self, m.bind[i].name, &m.bind[i].value);
}

static bool agrees(const struct packet_spec *p, const struct packet_context *c,
                   const uint8_t *bytes, uint32_t len, bool keys)
{
    struct shape s;
    shape_frame(&s, p->set, bytes, len);
    struct matcher m = {.spec = p, .context = c, .shape = &s, .lenient = true, .keys = keys};
    return match_layers(&m) && !m.differs;
}

bool packet_matches(const struct packet_spec *p, const struct packet_context *c,
                    const uint8_t *bytes, uint32_t len)
{
    return agrees(p, c, bytes, len, false);
}

bool packet_alike(const struct packet_spec *p, const struct packet_context *c, const uint8_t *bytes,
                  uint32_t len)
{
    return agrees(p, c, bytes, len, true);
}

void packet_verify(const struct layer_set *set, const struct packet_spec *p, const uint8_t *bytes,
                   uint32_t len, struct packet_verdict *v)
{
    const struct packet_spec bare = {.cut = -1, .pad = -1};
    struct shape s;
    memset(v, 0, sizeof *v);
    shape_frame(&s, set, bytes, len);
    struct matcher m = {.spec = p ? p : &bare, .verdict = v, .shape = &s};
    verify(&m);
    v->matches = !m.differs;
}

bool packet_constant(const struct packet_spec *p, const char *field, int64_t *number)
{
    size_t len = strcspn(field, ".");
    for (uint32_t i = 0; i < p->layers && !p->layer[i].quoted; i++) {
        const struct layer_spec *l = &p->layer[i];
        bool named = strlen(l->layer->name) == len && !memcmp(l->layer->name, field, len);
        const struct clause *cl = named ? clause_named(l, field + len + 1) : NULL;
        bool flag = cl && cl->field->type == FIELD_FLAG;
        if (!cl || (!flag && (!cl->matches || cl->match->kind != MATCH_VALUE)))
            continue;
        *number = cl->matches ? cl->match->value.number : !cl->absent;
        return true;
    }
    return false;
}

bool packet_states(const struct packet_spec *p, const char *field)
{
    const char *dot = strchr(field, '.');
    size_t len = dot ? (size_t)(dot - field) : strlen(field);
    bool quote = !strcmp(field, "quote");
    for (uint32_t i = 0; i < p->layers; i++) {
        const struct layer_spec *l = &p->layer[i];
        if (quote && (l->quoted || clause_named(l, "quotes")))
            return true;
        bool named = strlen(l->layer->name) == len && !memcmp(l->layer->name, field, len);
        const struct clause *cl = named && dot ? clause_named(l, dot + 1) : NULL;
        bool counted = named && !dot && l->clauses && l->clause[0].matches &&
                       l->clause[0].match->kind == MATCH_LENGTH; /* so many octets, whatever */
        if (l->layer == &layer_raw || (named && !l->quoted && !counted && (!dot || cl)))
            return true;
        if (l->quoted)
            return false; /* what follows is the quotation's */
    }
    return false;
}

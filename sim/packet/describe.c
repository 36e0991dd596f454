/*
 * A frame as a line that builds it. At detail 1 the line is complete: what build would fill in
 * differently, in a context that knows nothing, is written. At detail 0 it says what a reader looks
 * for.
 */
#include <string.h>
#include "sim/packet/spec.h"

enum { SHORT_PAYLOAD = 48, MADE_PAYLOAD = 16 };

struct clause *describe_clause(struct describer *d, const struct field *f, const struct value *v)
{
    struct layer_spec *l = d->layer;
    struct match *m = pool_alloc(d->pool, sizeof *m);
    m->value = *v;
    l->clause = pool_grow(d->pool, l->clause, l->clauses, sizeof *l->clause);
    struct clause *cl = &l->clause[l->clauses++];
    *cl = (struct clause){.field = f, .code = f->code, .match = m, .matches = 1};
    return cl;
}

static bool all_zero(const uint8_t *b, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        if (b[i])
            return false;
    return true;
}

static void describe_payload(struct describer *d, const struct field *f, const struct value *v)
{
    struct clause *cl = describe_clause(d, f, v);
    enum match_kind kind = MATCH_VALUE;
    if (v->len >= MADE_PAYLOAD && packet_pattern_run(v->bytes, v->len, 0) == v->len)
        kind = MATCH_PATTERN;
    else if (v->len >= MADE_PAYLOAD && all_zero(v->bytes, v->len))
        kind = MATCH_ZERO;
    else if (!d->detail && v->len > SHORT_PAYLOAD)
        kind = MATCH_LENGTH;
    if (kind == MATCH_VALUE)
        return;
    cl->match->kind = kind;
    cl->match->value = (struct value){.kind = VALUE_NUMBER, .number = v->len};
}

static void describe_spoil(struct describer *d, int i, const struct field *f)
{
    const struct view *v = &d->shape->view[i];
    if (v->quoted || (v->partial && v->layer != &layer_ip) || d->spec->spoils == SPEC_SPOILS)
        return;
    if (!(f->flags & (FIELD_LENGTH | FIELD_SUM)) || shape_find(d->shape, v->layer, 0) != i)
        return;
    d->spec->spoil[d->spec->spoils++] = (struct spoil){.layer = v->layer, .field = f};
}

/* Whether the field is worth a word. */
static bool telling(struct describer *d, int i, const struct field *f, const struct value *v)
{
    const struct layer *l = d->shape->view[i].layer;
    uint64_t n;
    int64_t given = f->given ? (int64_t)shape_number(d->shape, i, f->given) : -1;
    if (f->flags & FIELD_HEAD)
        return (uint64_t)v->number != f->preset ||
               (f->flags & FIELD_KEY && symbol_valued(f, (uint64_t)v->number, given));
    if (l->first && (f == field_named(l, l->first) || f == field_named(l, l->second)))
        return true;
    if (f->derive) {
        if (!f->derive(d->shape, i, &n) || n == (uint64_t)v->number)
            return false;
        describe_spoil(d, i, f);
        return d->detail || !(f->flags & (FIELD_LENGTH | FIELD_SUM));
    }
    if (!d->detail && f->flags & FIELD_QUIET)
        return false;
    if (!d->detail && l->dull && l->dull(d->shape, i, f))
        return false;
    if (f->answer)
        return d->detail || !(f->flags & FIELD_QUIET);
    if (v->kind == VALUE_NUMBER || v->kind == VALUE_IPV4)
        return (uint64_t)v->number != f->preset;
    if (f->preset_octets)
        return v->len != f->bits / 8 || memcmp(v->bytes, f->preset_octets, v->len) != 0;
    return !all_zero(v->bytes, v->len);
}

static void describe_layer(struct describer *d, int i)
{
    const struct layer *l = d->shape->view[i].layer;
    for (uint32_t k = 0; k < l->fields; k++) {
        const struct field *f = &l->field[k];
        struct value v;
        if (f->flags & (FIELD_PART | FIELD_MINE) || !shape_field(d->shape, i, f, &v))
            continue;
        if (f->flags & FIELD_REST)
            describe_payload(d, f, &v);
        else if (telling(d, i, f, &v))
            describe_clause(d, f, &v);
    }
    if (l->describe)
        l->describe(d, i);
}

/* At detail 0 what the layer above implies is left out. */
static bool shown(const struct describer *d, int i)
{
    const struct shape *s = d->shape;
    bool counted = i && s->view[i - 1].layer == &layer_tcp; /* its line says how many octets */
    if (d->detail || i + 1 >= s->views)
        return d->detail || !counted;
    const struct layer *l = s->view[i].layer, *upper = s->view[i + 1].layer;
    if (l == &layer_eth)
        return upper == &layer_data;
    return l != &layer_udp || upper == &layer_data;
}

static void describe_rest(struct describer *d)
{
    const struct shape *s = d->shape;
    uint32_t end = s->views > 1 ? s->view[1].end : s->len;
    if (end == s->len || !d->detail)
        return;
    if (all_zero(s->bytes + end, s->len - end)) {
        d->spec->pad = s->len;
        return;
    }
    d->spec->trailer = s->bytes + end;
    d->spec->trailer_len = s->len - end;
}

static struct packet_spec *whole_frame(const struct layer_set *set, struct pool *pool,
                                       const struct shape *s)
{
    struct packet_spec *p = pool_alloc(pool, sizeof *p);
    *p = (struct packet_spec){
        .set = (struct layer_set *)(uintptr_t)set, .direction = '<', .cut = -1, .pad = -1};
    struct describer d = {.pool = pool, .shape = s, .spec = p, .layer = &p->layer[p->layers++]};
    static const uint8_t zero;
    d.layer->layer = &layer_raw;
    if (!s->len) /* a line needs an octet, and may cut it off */
        p->cut = 0;
    describe_clause(&d, field_named(&layer_raw, "bytes"),
                    &(struct value){.kind = VALUE_BYTES,
                                    .bytes = s->len ? s->bytes : &zero,
                                    .len = s->len ? s->len : 1});
    return p;
}

static bool builds(const struct packet_spec *p, struct pool *pool, const struct shape *s)
{
    struct packet_context nothing = {0};
    struct why why = {0};
    uint8_t *out = pool_alloc(pool, s->len + 1);
    int len = packet_build(p, &nothing, out, s->len + 1, &why);
    return len >= 0 && (uint32_t)len == s->len && (!len || !memcmp(out, s->bytes, s->len));
}

struct packet_spec *describe_frame(const struct layer_set *set, struct pool *pool,
                                   const struct shape *s, int detail)
{
    struct packet_spec *p = pool_alloc(pool, sizeof *p);
    *p = (struct packet_spec){
        .set = (struct layer_set *)(uintptr_t)set, .direction = '<', .cut = -1, .pad = -1};
    struct describer d = {.pool = pool, .shape = s, .spec = p, .detail = detail};
    bool quoted = false;
    for (int i = 0; i < s->views && p->layers < SPEC_LAYERS; i++) {
        if (!shown(&d, i))
            continue;
        d.layer = &p->layer[p->layers++];
        d.layer->layer = s->view[i].layer;
        d.layer->quoted = s->view[i].quoted && !quoted && s->view[i].layer != &layer_data;
        quoted = quoted || d.layer->quoted;
        describe_layer(&d, i);
    }
    describe_rest(&d);
    spec_order(p);
    bool nothing = s->views == 0 || s->view[0].layer == &layer_data;
    return nothing || (detail && !builds(p, pool, s)) ? whole_frame(p->set, pool, s) : p;
}

/* Options of type, length and value: DHCP's, TCP's. A clause stands for one option; its matches for
 * the values inside it. */
#include <string.h>
#include "sim/packet/layers/options.h"

static uint32_t width(const struct field *f)
{
    switch (f->type) {
    case FIELD_IPV4:
        return 4;
    case FIELD_MAC:
        return 6;
    case FIELD_IPV6:
        return 16;
    default:
        return f->bits / 8;
    }
}

/* `second`: of timestamps, the one that the destination sent. */
static bool append_value(struct builder *b, int i, const struct field *f, const struct match *m,
                         bool second)
{
    struct value v;
    uint32_t w = width(f);
    if (m->kind == MATCH_ANY)
        return true;
    if (!w || m->kind > MATCH_RANGE)
        return build_payload(b, i, f, m);
    if (!build_resolve(b, i, f, m, &v))
        return false;
    const struct packet_context *c = b->context;
    if (f->flags & FIELD_STAMP && second && m->kind == MATCH_VALUE && c->stamp) {
        uint32_t wire;
        if (c->stamp(c->stamps, (uint32_t)v.number, &wire))
            v.number = wire;
    }
    uint8_t *at = build_append(b, i, w);
    const struct field place = {.name = f->name, .type = f->type, .bits = w * 8, .scale = f->scale};
    return at && field_store(&place, at, w, &v, b->why);
}

bool option_emit(struct builder *b, int i, const struct option_style *style,
                 const struct clause *cl)
{
    struct view *v = &b->shape.view[i];
    uint32_t at = v->body;
    bool single = (int)cl->code == style->pad || (int)cl->code == style->end;
    uint8_t *head = build_append(b, i, single ? 1 : 2);
    if (!head)
        return false;
    head[0] = (uint8_t)cl->code;
    for (uint32_t k = 0; k < cl->matches && !single; k++)
        if (!append_value(b, i, cl->field, &cl->match[k], k == 1))
            return false;
    uint32_t len = v->body - at - (style->whole ? 0 : 2);
    if (!single && len > 255) {
        why_set(b->why, "%s: an option holds at most 255 octets", cl->field->name);
        return false;
    }
    if (!single)
        head[1] = (uint8_t)len;
    return true;
}

bool option_find(const struct shape *s, const struct option_style *style, uint32_t at, uint32_t end,
                 uint32_t code, struct option_view *o)
{
    while (option_next(s, style, &at, end, o)) {
        if (o->code == code)
            return true;
        if ((int)o->code == style->end)
            break;
    }
    return false;
}

static bool value_at(const struct shape *s, const struct field *f, const struct option_view *o,
                     uint32_t k, struct value *out)
{
    uint32_t w = width(f), len = o->end - o->value;
    if (!w)
        return k == 0 && field_value(f, s->bytes + o->value, len, out);
    return (k + 1) * w <= len && field_value(f, s->bytes + o->value + k * w, w, out);
}

/* How many values the option holds; 0: it does not hold what its field says. */
uint32_t option_values(const struct field *f, const struct option_view *o)
{
    uint32_t w = width(f), len = o->end - o->value;
    if (o->broken || f->type == FIELD_EMPTY)
        return 0;
    if (!w)
        return 1;
    return len % w || !len || (len > w && !(f->flags & FIELD_LIST)) ? 0 : len / w;
}

static bool fits(const struct field *f, const struct option_view *o)
{
    return f->type == FIELD_EMPTY ? o->value == o->end : option_values(f, o) > 0;
}

static void octets(const struct shape *s, const struct option_view *o, char *out, size_t room)
{
    struct printer p = {.out = out, .room = room};
    print_bytes(&p, s->bytes + o->value, o->end - o->value);
}

static void differs(struct matcher *m, int i, const struct clause *cl, const struct option_view *o)
{
    char expected[128] = "", actual[128] = "";
    struct printer e = {.out = expected, .room = sizeof expected},
                   a = {.out = actual, .room = sizeof actual};
    for (uint32_t k = 0; k < cl->matches; k++) {
        print(&e, k ? "," : "");
        print_match(&e, cl->field, &cl->match[k], -1);
    }
    struct value v;
    uint32_t n = option_values(cl->field, o);
    for (uint32_t k = 0; k < n && value_at(m->shape, cl->field, o, k, &v); k++) {
        print(&a, k ? "," : "");
        print_value(&a, cl->field, &v, -1);
    }
    if (!n)
        octets(m->shape, o, actual, sizeof actual);
    match_differs(m, m->shape->view[i].layer, cl->field->name, cl->field->clause, expected, actual);
}

bool option_agrees(struct matcher *m, const struct option_view *o, const struct clause *cl)
{
    if (cl->field->type == FIELD_EMPTY || (cl->matches == 1 && cl->match->kind == MATCH_ANY))
        return true;
    struct value v;
    bool same = option_values(cl->field, o) == cl->matches;
    for (uint32_t k = 0; same && k < cl->matches; k++)
        same = value_at(m->shape, cl->field, o, k, &v) &&
               (!match_relative(m, cl, &cl->match[k], &v) ||
                match_value(m, cl->field, &cl->match[k], &v));
    return same;
}

void option_match(struct matcher *m, int i, const struct option_style *style, uint32_t at,
                  uint32_t end, const struct clause *cl)
{
    struct option_view o;
    const struct layer *l = m->shape->view[i].layer;
    char actual[128], name[64];
    snprintf(name, sizeof name, "opt %u", cl->code);
    if (strcmp(cl->field->name, "opt") != 0)
        snprintf(name, sizeof name, "%s", cl->field->name);
    /* The line's second clause of a code is for the frame's second option. */
    uint32_t nth = 0;
    const struct layer_spec *line = layer_of(m->spec, cl);
    for (const struct clause *k = line ? line->clause : cl; k < cl; k++)
        nth += k->code == cl->code && k->field->flags & FIELD_OPTION && !k->absent;
    bool there = option_find(m->shape, style, at, end, cl->code, &o);
    for (; there && nth && !cl->absent; nth--)
        there = option_find(m->shape, style, o.end, end, cl->code, &o);
    if (there && cl->absent)
        octets(m->shape, &o, actual, sizeof actual);
    if (there == cl->absent) {
        match_differs(m, l, name, cl->field->clause, cl->absent ? "no such option" : "the option",
                      there ? actual : "no such option");
        return;
    }
    if (there && !option_agrees(m, &o, cl))
        differs(m, i, cl, &o);
}

void option_describe(struct describer *d, const struct option_view *o, const struct field *f,
                     const struct field *unknown)
{
    const struct shape *s = d->shape;
    struct value v = {0};
    if (!f || !fits(f, o)) {
        v = (struct value){
            .kind = VALUE_BYTES, .bytes = s->bytes + o->value, .len = o->end - o->value};
        describe_clause(d, unknown, &v)->code = o->code;
        return;
    }
    struct clause *cl = describe_clause(d, f, &v);
    uint32_t n = option_values(f, o);
    cl->matches = n;
    if (n)
        cl->match = pool_alloc(d->pool, n * sizeof *cl->match);
    for (uint32_t k = 0; k < n; k++)
        value_at(s, f, o, k, &cl->match[k].value);
}

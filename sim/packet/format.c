/* A script's own layers: "format NAME on LAYER NUMBER { FIELD: TYPE = VALUE ... }". */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "sim/packet/spec.h"
#include "sim/base/diagnostic.h"

enum { FORMAT_FIELDS = 64, FORMAT_OCTETS = 1024 };

struct format {
    struct layer layer;
    const struct layer *lower;
    uint32_t number;
};

/* The fixed part has been laid down; a rest stands behind it. */
static bool format_emit(struct builder *b, int i)
{
    const struct layer *l = b->shape.view[i].layer;
    const struct field *rest =
        l->fields && l->field[l->fields - 1].flags & FIELD_REST ? &l->field[l->fields - 1] : NULL;
    const struct clause *cl = rest ? clause_of(b->part[i], rest) : NULL;
    return !cl || build_payload(b, i, rest, cl->match);
}

static bool format_open(struct shape *s, struct view *v, uint32_t limit, const struct layer **next,
                        const char **problem)
{
    const struct layer *l = v->layer;
    (void)s, (void)next;
    if (limit - v->at < l->fixed) {
        *problem = "the script's format is longer than what is there";
        return false;
    }
    bool rest = l->fields && l->field[l->fields - 1].flags & FIELD_REST;
    v->body = rest ? limit : v->at + l->fixed;
    v->end = limit;
    return true;
}

static const struct {
    const char *word;
    enum field_type type;
    uint32_t bits;
} types[] = {
    {"u8", FIELD_UINT, 8},     {"u16", FIELD_UINT, 16}, {"u32", FIELD_UINT, 32},
    {"u64", FIELD_UINT, 64},   {"flag", FIELD_FLAG, 1}, {"ipv4", FIELD_IPV4, 32},
    {"ipv6", FIELD_IPV6, 128}, {"mac", FIELD_MAC, 48},  {"bits", FIELD_UINT, 0},
    {"bytes", FIELD_BYTES, 0}, {"text", FIELD_TEXT, 0},
};

/* ":4" or "[6]" behind bits, bytes and text. */
static int compile_size(struct compiler *c, struct field *f)
{
    const struct word *w = peek(c, 0);
    bool bracket = take(c, "[");
    if (!bracket && (f->type != FIELD_UINT || !take(c, ":"))) {
        if (f->type == FIELD_UINT)
            return wrong(c, w, "bits needs its width: bits:4");
        f->flags |= FIELD_REST;
        return 0;
    }
    const struct word *n = peek(c, 0);
    int64_t most = f->type == FIELD_UINT ? 64 : FORMAT_OCTETS;
    if (n->kind != WORD_NUMBER || n->number < 1 || n->number > most)
        return wrong(c, n, "%s: a size from 1 to %lld belongs here", n->text, (long long)most);
    f->bits = (uint32_t)n->number * (f->type == FIELD_UINT ? 1 : 8);
    f->flags |= f->type == FIELD_UINT ? 0u : (uint32_t)FIELD_PADDED;
    c->at++;
    if (bracket && !take(c, "]"))
        return wrong(c, peek(c, 0), "a ] belongs here");
    return 0;
}

static int compile_type(struct compiler *c, struct field *f)
{
    const struct word *w = peek(c, 0);
    for (size_t k = 0; k < COUNT(types); k++) {
        if (!word_is(w, types[k].word))
            continue;
        f->type = types[k].type;
        f->bits = types[k].bits;
        c->at++;
        return f->bits ? 0 : compile_size(c, f);
    }
    return wrong(c, w,
                 "%s: a type belongs here: u8, u16, u32, u64, bits:N, flag, ipv4, ipv6, mac, "
                 "bytes, bytes[N], text, text[N]",
                 w->text);
}

static int compile_preset(struct compiler *c, struct field *f)
{
    struct match m = {0};
    const struct word *w = peek(c, 0);
    if (compile_match(c, f, &m) < 0)
        return -1;
    if (m.kind != MATCH_VALUE || f->flags & FIELD_REST)
        return wrong(c, w, "%s = %s: a constant value of a field of fixed size belongs here",
                     f->name, w->text);
    if (m.value.kind == VALUE_NUMBER || m.value.kind == VALUE_IPV4) {
        f->preset = (uint64_t)m.value.number;
        return 0;
    }
    uint8_t *octets = pool_alloc(c->pool, f->bits / 8);
    if (m.value.len)
        memcpy(octets, m.value.bytes, m.value.len);
    f->preset_octets = octets;
    return 0;
}

static int compile_field(struct compiler *c, struct layer *l, struct field *field)
{
    const struct word *w = peek(c, 0);
    struct field *f = &field[l->fields];
    if (l->fields == FORMAT_FIELDS)
        return wrong(c, w, "a format has at most %d fields", FORMAT_FIELDS);
    if (l->fields && f[-1].flags & FIELD_REST)
        return wrong(c, w, "%s takes the rest: no field may stand behind it", f[-1].name);
    if (w->kind != WORD_NAME || field_named(l, w->text))
        return wrong(
            c, w, w->kind == WORD_NAME ? "%s stands here twice" : "%s: a field's name belongs here",
            w->text);
    uint32_t bit = l->fields ? f[-1].bit + f[-1].bits : 0;
    *f = (struct field){.name = w->text, .bit = bit};
    c->at++;
    if (!take(c, ":"))
        return wrong(c, peek(c, 0), "a : and a type belong behind %s", f->name);
    if (compile_type(c, f) < 0)
        return -1;
    if (bit % 8 && f->type != FIELD_UINT && f->type != FIELD_FLAG)
        return wrong(c, w, "%s does not start on an octet", f->name);
    if (bit + f->bits > FORMAT_OCTETS * 8)
        return wrong(c, w, "a format has at most %d octets", FORMAT_OCTETS);
    if (take(c, "=") && compile_preset(c, f) < 0)
        return -1;
    l->fields++;
    (void)(take(c, ",") || take(c, ";"));
    return 0;
}

static int compile_head(struct compiler *c, struct format *f)
{
    const struct word *name = peek(c, 0), *lower = peek(c, 2), *number = peek(c, 3);
    if (name->kind != WORD_NAME || !word_is(peek(c, 1), "on"))
        return wrong(c, name, "a format starts: format NAME on LAYER NUMBER { ... }");
    if (layer_named(c->set, name->text))
        return wrong(c, name, "there is a layer called %s", name->text);
    f->lower = lower->kind == WORD_NAME ? layer_named(c->set, lower->text) : NULL;
    bool carries = f->lower == &layer_eth || f->lower == &layer_vlan || f->lower == &layer_ip ||
                   f->lower == &layer_ip6 || f->lower == &layer_udp;
    if (!carries)
        return wrong(c, lower,
                     "%s: a layer that carries others belongs here: eth, vlan, ip, ip6 or udp",
                     lower->text);
    int64_t most = f->lower == &layer_ip || f->lower == &layer_ip6 ? 255 : 65535;
    if (number->kind != WORD_NUMBER || number->number < 0 || number->number > most)
        return wrong(c, number, "%s: the ethertype, protocol or port (0..%lld) belongs here",
                     number->text, (long long)most);
    f->number = (uint32_t)number->number;
    f->layer.name = name->text;
    f->layer.below = f->lower->name;
    c->at = 4;
    return take(c, "{") ? 0 : wrong(c, peek(c, 0), "a { belongs here");
}

static void add(struct layer_set *set, struct format *f)
{
    assert(f->lower);
    set->layer = pool_grow(set->pool, set->layer, set->layers, sizeof(struct layer *));
    set->layer[set->layers++] = &f->layer;
    set->binding = pool_grow(set->pool, set->binding, set->bindings, sizeof *set->binding);
    set->binding[set->bindings++] =
        (struct binding){.lower = f->lower->name, .number = f->number, .upper = &f->layer};
    set->format = pool_grow(set->pool, set->format, set->formats, sizeof(struct format *));
    set->format[set->formats++] = f;
}

int layer_set_format(struct layer_set *set, const struct word *words, size_t count,
                     struct diagnostic *d)
{
    struct packet_spec nothing = {.set = set, .direction = '<'};
    struct compiler c = {
        .set = set, .pool = set->pool, .word = words, .words = count, .d = d, .spec = &nothing};
    struct format *f = pool_alloc(set->pool, sizeof *f);
    struct field *field = pool_alloc(set->pool, FORMAT_FIELDS * sizeof *field);
    f->layer.field = field;
    if (compile_head(&c, f) < 0)
        return -1;
    while (!take(&c, "}"))
        if (compile_field(&c, &f->layer, field) < 0)
            return -1;
    if (c.at < count)
        return wrong(&c, peek(&c, 0), "%s: nothing belongs behind the format's }",
                     peek(&c, 0)->text);
    const struct field *last = f->layer.fields ? &field[f->layer.fields - 1] : NULL;
    uint32_t bits = last ? last->bit + last->bits : 0;
    if (!last || bits % 8)
        return wrong(&c, words,
                     last ? "the fields of %s fill %u bits: whole octets are needed"
                          : "%s has no fields",
                     f->layer.name, bits);
    f->layer.fixed = bits / 8;
    f->layer.emit = format_emit;
    f->layer.open = format_open;
    add(set, f);
    return 0;
}

static void print_type(struct printer *p, const struct field *f)
{
    const char *word = "bits";
    for (size_t k = 0; k < COUNT(types); k++)
        if (types[k].type == f->type &&
            (types[k].bits == f->bits || (!types[k].bits && f->type != FIELD_UINT)))
            word = types[k].word;
    print(p, "%s", word);
    if (!strcmp(word, "bits"))
        print(p, ":%u", f->bits);
    else if (f->bits && (f->type == FIELD_BYTES || f->type == FIELD_TEXT))
        print(p, "[%u]", f->bits / 8);
}

char *layer_set_print(const struct layer_set *set)
{
    struct printer p = {.grow = true};
    print(&p, "%s", "");
    for (uint32_t i = 0; i < set->formats; i++) {
        const struct format *f = set->format[i];
        print(&p, "format %s on %s %u {", f->layer.name, f->lower->name, f->number);
        for (uint32_t k = 0; k < f->layer.fields; k++) {
            const struct field *y = &f->layer.field[k];
            struct value v = {.kind = VALUE_NUMBER,
                              .number = (int64_t)y->preset,
                              .bytes = y->preset_octets,
                              .len = y->bits / 8};
            print(&p, " %s: ", y->name);
            print_type(&p, y);
            if (!y->preset && !y->preset_octets)
                continue;
            print(&p, " = ");
            print_value(&p, y, &v, -1);
        }
        print(&p, " }\n");
    }
    return p.out;
}

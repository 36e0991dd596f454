/* Lines as script text. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "sim/base/text.h"
#include "sim/packet/spec.h"

void print(struct printer *p, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (p->grow && p->len + (size_t)n + 1 > p->room) {
        size_t room = (p->len + (size_t)n + 1) * 2;
        char *out = realloc(p->out, room);
        if (!out)
            abort();
        p->out = out;
        p->room = room;
    }
    if (p->len < p->room)
        vsnprintf(p->out + p->len, p->room - p->len, format, again);
    va_end(again);
    p->len += (size_t)n;
}

static bool is_text(const uint8_t *bytes, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        if ((bytes[i] < 0x20 || bytes[i] > 0x7e) && bytes[i] != '\n' && bytes[i] != '\r' &&
            bytes[i] != '\t')
            return false;
    return true;
}

static void print_hex(struct printer *p, const uint8_t *bytes, uint32_t len)
{
    print(p, len ? "hex " : "hex");
    for (uint32_t i = 0; i < len; i++)
        print(p, "%02x", bytes[i]);
}

void print_quoted(struct printer *p, const uint8_t *bytes, uint32_t len)
{
    struct text t = {.grows = true};
    text_quoted(&t, bytes, len);
    print(p, "%s", t.bytes);
    free(t.bytes);
}

void print_bytes(struct printer *p, const uint8_t *bytes, uint32_t len)
{
    if (is_text(bytes, len))
        print_quoted(p, bytes, len);
    else
        print_hex(p, bytes, len);
}

static void print_ipv6(struct printer *p, const uint8_t *a)
{
    int best = -1, longest = 1;
    for (int i = 0; i < 8; i++) {
        int n = 0;
        while (i + n < 8 && !get16(a + 2 * (i + n)))
            n++;
        if (n > longest)
            best = i, longest = n;
    }
    for (int i = 0; i < 8; i++) {
        if (i == best) {
            print(p, "::");
            i += longest - 1;
            continue;
        }
        print(p, i && i != best + longest ? ":%x" : "%x", get16(a + 2 * i));
    }
}

static void print_mac(struct printer *p, const uint8_t *a)
{
    print(p, "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5]);
}

void print_value(struct printer *p, const struct field *f, const struct value *v, int64_t given)
{
    const struct symbol *s =
        v->kind == VALUE_NUMBER ? symbol_valued(f, (uint64_t)v->number, given) : NULL;
    uint64_t n = (uint64_t)v->number;
    switch (f->type) {
    case FIELD_UINT:
    case FIELD_FLAG:
        if (f->say)
            f->say(p, n);
        else if (s)
            print(p, "%s", s->word);
        else
            print(p, f->flags & FIELD_HEX ? "0x%llx" : "%llu", (unsigned long long)n);
        break;
    case FIELD_IPV4:
        print(p, "%u.%u.%u.%u", (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
              (uint8_t)n);
        break;
    case FIELD_MAC:
        if (v->len == 6)
            print_mac(p, v->bytes);
        break;
    case FIELD_IPV6:
        if (v->len == 16)
            print_ipv6(p, v->bytes);
        break;
    case FIELD_TEXT:
    case FIELD_BYTES:
    case FIELD_OWN:
        print_bytes(p, v->bytes, v->len);
        break;
    case FIELD_EMPTY:
        break;
    }
}

static void print_use(struct printer *p, const struct match *m)
{
    print(p, "$%s", m->name);
    if (m->addend)
        print(p, "%+lld", (long long)m->addend);
}

/* How many octets. */
static void print_octets(struct printer *p, const struct match *m)
{
    if (m->name)
        print_use(p, m);
    else
        print(p, "%lld", (long long)m->value.number);
}

/* Of a range: a field's own text stands for one value alone. */
static void print_end(struct printer *p, const struct field *f, const struct value *v,
                      int64_t given)
{
    if (f->say)
        print(p, "0x%llx", (unsigned long long)v->number);
    else
        print_value(p, f, v, given);
}

void print_match(struct printer *p, const struct field *f, const struct match *m, int64_t given)
{
    struct value upper = {.kind = m->value.kind, .number = m->upper};
    switch (m->kind) {
    case MATCH_VALUE:
        print_value(p, f, &m->value, given);
        break;
    case MATCH_HOST:
        print(p, "%s", m->name);
        break;
    case MATCH_BIND:
        print(p, "?%s", m->name);
        break;
    case MATCH_USE:
        print_use(p, m);
        break;
    case MATCH_ANY:
        print(p, "*");
        break;
    case MATCH_RANGE:
        print(p, "[");
        print_end(p, f, &m->value, given);
        print(p, "..");
        print_end(p, f, &upper, given);
        print(p, "]");
        break;
    case MATCH_PATTERN:
        print(p, "pattern ");
        print_octets(p, m);
        if (m->upper)
            print(p, " at %lld", (long long)m->upper);
        break;
    case MATCH_ZERO:
        print(p, "zero ");
        print_octets(p, m);
        break;
    case MATCH_LENGTH:
        print(p, "(");
        print_octets(p, m);
        print(p, ")");
        break;
    }
}

static int64_t given_in(const struct layer_spec *l, const struct field *f)
{
    const struct clause *g = f->given ? clause_named(l, f->given) : NULL;
    return g && g->matches && g->match->kind == MATCH_VALUE ? g->match->value.number : -1;
}

void print_clause(struct printer *p, const struct layer_spec *l, const struct clause *cl)
{
    const struct field *f = cl->field;
    int64_t given = given_in(l, f);
    if (l->layer->print && l->layer->print(p, l, cl))
        return;
    bool value = cl->matches && cl->match->kind == MATCH_VALUE;
    bool zero = value && f->type == FIELD_FLAG && !cl->match->value.number;
    if (cl->absent || zero) {
        print(p, " no %s", f->name);
        return;
    }
    bool symbol = value && f->flags & FIELD_HEAD && clause_of(l, f) == cl &&
                  symbol_valued(f, (uint64_t)cl->match->value.number, given);
    print(p, symbol ? " " : " %s", f->name);
    if (f->type == FIELD_FLAG && value)
        return;
    for (uint32_t i = 0; i < cl->matches; i++) {
        print(p, i ? "," : symbol ? "" : " ");
        print_match(p, f, &cl->match[i], given);
    }
}

/* What stands behind the name without one of its own: both of a pair, or what stands for the layer
 * alone. The clauses that are said. */
static void print_position(struct printer *p, const struct layer_spec *l,
                           const struct clause *said[2])
{
    const struct layer *y = l->layer;
    const struct field *first = y->first ? field_named(y, y->first) : NULL,
                       *second = first ? field_named(y, y->second) : NULL;
    const struct field *single = y->single ? field_named(y, y->single) : NULL;
    said[0] = first ? clause_of(l, first) : NULL;
    said[1] = first ? clause_of(l, second) : single ? clause_of(l, single) : NULL;
    bool pair = said[0] && said[1], alone = !said[0] && said[1] && single == said[1]->field;
    if (!pair && !alone) {
        said[0] = said[1] = NULL;
        return;
    }
    print(p, " ");
    if (pair) {
        print_match(p, first, said[0]->match, -1);
        print(p, " > ");
    }
    print_match(p, said[1]->field, said[1]->match, -1);
}

static void print_layer(struct printer *p, const struct layer_spec *l)
{
    const struct clause *said[2] = {NULL, NULL};
    if (l->layer == &layer_raw && l->clauses && l->clause->match->kind == MATCH_VALUE) {
        print_hex(p, l->clause->match->value.bytes, l->clause->match->value.len);
        return;
    }
    print(p, "%s%s", l->quoted ? "quote " : "", l->layer->name);
    uint32_t k = 0;
    for (; k < l->clauses && l->clause[k].field->flags & FIELD_HEAD; k++)
        print_clause(p, l, &l->clause[k]);
    print_position(p, l, said);
    for (; k < l->clauses; k++)
        if (&l->clause[k] != said[0] && &l->clause[k] != said[1])
            print_clause(p, l, &l->clause[k]);
}

void print_spec(struct printer *p, const struct packet_spec *spec)
{
    size_t start = p->len;
    if (spec->unplayed) {
        print(p, "%s", spec->written);
        return;
    }
    for (uint32_t i = 0; i < spec->layers; i++) {
        print(p, i ? " " : "");
        print_layer(p, &spec->layer[i]);
    }
    if (spec->pad >= 0)
        print(p, " pad %lld", (long long)spec->pad);
    if (spec->trailer) {
        print(p, " trailer ");
        print_hex(p, spec->trailer, spec->trailer_len);
    }
    if (spec->cut >= 0)
        print(p, " cut %lld", (long long)spec->cut);
    for (uint32_t i = 0; i < spec->spoils; i++)
        print(p, "%sbad %s.%s", p->len > start ? " " : "", spec->spoil[i].layer->name,
              spec->spoil[i].field->name);
}

char *packet_print(const struct packet_spec *spec)
{
    struct printer p = {.grow = true};
    print(&p, "%s", "");
    print_spec(&p, spec);
    return p.out;
}

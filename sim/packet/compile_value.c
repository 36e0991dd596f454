/* What stands for a field's value: a value of its type, ?x, $x, *, a range, a host's name. */
#include <string.h>
#include "sim/packet/spec.h"

static bool is_address(const struct field *f)
{
    return f->type == FIELD_IPV4 || f->type == FIELD_MAC || f->type == FIELD_IPV6;
}

/* A name that means something else at this place. */
static bool is_known(const struct compiler *c, const char *text)
{
    static const char *const words[] = {"bad",    "cut",  "pad",     "trailer", "no", "quote",
                                        "quotes", "frag", "request", "reply",   "hex"};
    for (size_t i = 0; i < COUNT(words); i++)
        if (!strcmp(words[i], text))
            return true;
    if (layer_named(c->set, text))
        return true;
    return c->layer && field_named(c->layer->layer, text);
}

bool match_starts(const struct compiler *c, const struct field *f)
{
    const struct word *w = peek(c, 0);
    switch (w->kind) {
    case WORD_BIND:
    case WORD_USE:
        return true;
    case WORD_PUNCT:
        if (!strcmp(w->text, "("))
            return f->type == FIELD_BYTES &&
                   (peek(c, 1)->kind == WORD_NUMBER || peek(c, 1)->kind == WORD_USE);
        return !strcmp(w->text, "*") || (!strcmp(w->text, "[") && peek(c, 1)->kind != WORD_NAME);
    case WORD_NUMBER:
        return f->type == FIELD_UINT ||
               (f->type == FIELD_FLAG && (w->number == 0 || w->number == 1));
    case WORD_IPV4:
        return f->type == FIELD_IPV4;
    case WORD_MAC:
        return f->type == FIELD_MAC;
    case WORD_IPV6:
        return f->type == FIELD_IPV6;
    case WORD_STRING:
    case WORD_HEX:
        return f->type == FIELD_BYTES || f->type == FIELD_TEXT;
    case WORD_NAME:
        if (f->type == FIELD_BYTES)
            return word_is(w, "hex") || word_is(w, "pattern") || word_is(w, "zero");
        return is_address(f) && (word_is(peek(c, 1), ">") || !is_known(c, w->text));
    default:
        return false;
    }
}

static uint64_t limit(const struct field *f)
{
    uint64_t scale = f->scale ? f->scale : 1;
    return f->bits == 0 || f->bits >= 64 ? UINT64_MAX : ((UINT64_C(1) << f->bits) - 1) * scale;
}

static int compile_number(struct compiler *c, const struct field *f, int64_t *out)
{
    const struct word *w = peek(c, 0);
    bool minus = take(c, "-");
    if (minus)
        w = peek(c, 0);
    int64_t type = -1;
    const struct clause *g = f->given ? clause_named(c->layer, f->given) : NULL;
    if (g && g->matches && g->match->kind == MATCH_VALUE)
        type = g->match->value.number;
    const struct symbol *s = w->kind == WORD_NAME ? symbol_worded(f, w->text, type) : NULL;
    uint64_t v = 0;
    if (s)
        v = s->value;
    else if (w->kind == WORD_NUMBER)
        v = (uint64_t)w->number;
    else if (w->kind == WORD_TIME && f->flags & FIELD_SECONDS && w->number % 1000000000 == 0)
        v = (uint64_t)(w->number / 1000000000);
    else
        return wrong(c, w, "%s %s: a number%s belongs here", f->name, w->text,
                     f->symbol ? " or one of its words" : "");
    if (minus)
        v = (0 - v) & limit(f);
    if (v > limit(f))
        return wrong(c, w, "%s %s is out of range: 0..%llu", f->name, w->text,
                     (unsigned long long)limit(f));
    if (f->scale && v % f->scale)
        return wrong(c, w, "%s %s: a multiple of %u belongs here", f->name, w->text, f->scale);
    *out = (int64_t)v;
    c->at++;
    return 0;
}

static int compile_use(struct compiler *c, struct match *m)
{
    m->name = peek(c, 0)->text;
    c->at++;
    bool plus = word_is(peek(c, 0), "+");
    if ((!plus && !word_is(peek(c, 0), "-")) || peek(c, 1)->kind != WORD_NUMBER)
        return 0;
    m->addend = plus ? peek(c, 1)->number : -peek(c, 1)->number;
    c->at += 2;
    return 0;
}

/* How many octets: a number, or the variable that holds it. */
static int compile_octets(struct compiler *c, struct match *m)
{
    const struct word *n = peek(c, 0);
    m->value = (struct value){.kind = VALUE_NUMBER};
    if (n->kind == WORD_USE)
        return compile_use(c, m);
    if (n->kind != WORD_NUMBER || n->number < 0 || n->number > 65535)
        return wrong(c, n, "%s: a number of octets from 0 to 65535 belongs here", n->text);
    m->value.number = n->number;
    c->at++;
    return 0;
}

/* Octets: "text", hex, pattern N, zero N, (N). */
static int compile_bytes(struct compiler *c, const struct field *f, struct match *m)
{
    const struct word *w = peek(c, 0);
    if (word_is(w, "hex") && peek(c, 1)->kind == WORD_HEX)
        w = peek(c, 1), c->at++;
    else if (word_is(w, "hex")) {
        m->value = (struct value){.kind = VALUE_BYTES, .bytes = (const uint8_t *)""};
        c->at++;
        return 0;
    }
    if (w->kind == WORD_STRING || w->kind == WORD_HEX) {
        m->value = (struct value){.kind = VALUE_BYTES, .bytes = w->bytes, .len = w->len};
        c->at++;
        return f->bits && w->len > f->bits / 8
                   ? wrong(c, w, "%s has room for %u octets, these are %u", f->name, f->bits / 8,
                           w->len)
                   : 0;
    }
    if (w->kind == WORD_NAME && f->type == FIELD_TEXT) {
        m->value = (struct value){.kind = VALUE_BYTES,
                                  .bytes = (const uint8_t *)w->text,
                                  .len = (uint32_t)strlen(w->text)};
        c->at++;
        return 0;
    }
    bool round = take(c, "(");
    if (!round && !word_is(w, "pattern") && !word_is(w, "zero"))
        return wrong(c, w,
                     "%s %s: octets belong here: \"text\", hex 00 01, pattern N, zero N or (N)",
                     f->name, w->text);
    m->kind = round ? MATCH_LENGTH : word_is(w, "pattern") ? MATCH_PATTERN : MATCH_ZERO;
    c->at += !round;
    if (compile_octets(c, m) < 0)
        return -1;
    if (round && !take(c, ")"))
        return wrong(c, peek(c, 0), "a ) belongs here");
    if (m->kind == MATCH_PATTERN && word_is(peek(c, 0), "at") && peek(c, 1)->kind == WORD_NUMBER) {
        m->upper = peek(c, 1)->number;
        c->at += 2;
    }
    return 0;
}

static int compile_address(struct compiler *c, const struct field *f, struct match *m)
{
    const struct word *w = peek(c, 0);
    const char *what = f->type == FIELD_MAC    ? "a MAC address"
                       : f->type == FIELD_IPV4 ? "an IPv4 address"
                                               : "an IPv6 address";
    if (w->kind == WORD_IPV4 && f->type == FIELD_IPV4)
        m->value = (struct value){.kind = VALUE_IPV4, .number = w->number};
    else if (w->kind == WORD_MAC && f->type == FIELD_MAC)
        m->value = (struct value){.kind = VALUE_MAC, .bytes = w->bytes, .len = 6};
    else if (w->kind == WORD_IPV6 && f->type == FIELD_IPV6)
        m->value = (struct value){.kind = VALUE_IPV6, .bytes = w->bytes, .len = 16};
    else if (w->kind == WORD_NAME && is_known(c, w->text))
        return wrong(c, w, "%s %s: the word means something else in a packet; no host has its name",
                     f->name, w->text);
    else if (w->kind == WORD_NAME) {
        struct packet_spec *p = c->spec;
        m->kind = MATCH_HOST;
        m->name = w->text;
        if (p) { /* a format's default stands in no line */
            p->host = pool_grow(c->pool, p->host, p->hosts, sizeof *p->host);
            p->host[p->hosts++] = w;
        }
    } else
        return wrong(c, w, "%s %s: %s or a host's name belongs here", f->name, w->text, what);
    c->at++;
    return 0;
}

static int compile_range(struct compiler *c, const struct field *f, struct match *m)
{
    const struct word *start = peek(c, 0);
    c->at++;
    m->kind = MATCH_RANGE;
    m->value.kind = VALUE_NUMBER;
    if (f->type != FIELD_UINT && f->type != FIELD_IPV4)
        return wrong(c, start, "%s is no number: a range does not fit it", f->name);
    if (f->type == FIELD_IPV4) {
        const struct word *a = peek(c, 0), *b = peek(c, 2);
        if (a->kind != WORD_IPV4 || b->kind != WORD_IPV4)
            return wrong(c, a, "a range of addresses is written [A..B]");
        m->value = (struct value){.kind = VALUE_IPV4, .number = a->number};
        m->upper = b->number;
        c->at += 3;
    } else {
        if (compile_number(c, f, &m->value.number) < 0)
            return -1;
        if (!take(c, ".."))
            return wrong(c, peek(c, 0), "a range is written [A..B]");
        if (compile_number(c, f, &m->upper) < 0)
            return -1;
    }
    if (!take(c, "]"))
        return wrong(c, peek(c, 0), "a range is written [A..B]");
    if ((uint64_t)m->value.number > (uint64_t)m->upper)
        return wrong(c, start, "the range is empty: its first end is the larger");
    return 0;
}

int compile_match(struct compiler *c, const struct field *f, struct match *m)
{
    const struct word *w = peek(c, 0);
    bool injected = c->spec->direction == '<';
    if (w->kind == WORD_USE) {
        m->kind = MATCH_USE;
        return compile_use(c, m);
    }
    if (w->kind == WORD_BIND || word_is(w, "[")) {
        if (injected)
            return wrong(c, w,
                         "%s%s%s: an injected packet needs a value here; %s is for an expected one",
                         f->name, w->kind == WORD_BIND ? " ?" : " ", w->text,
                         w->kind == WORD_BIND ? "?x" : "a range");
        if (w->kind != WORD_BIND)
            return compile_range(c, f, m);
        m->kind = MATCH_BIND;
        m->name = w->text;
        c->at++;
        return 0;
    }
    if (take(c, "*")) {
        m->kind = MATCH_ANY;
        return 0;
    }
    if (is_address(f))
        return compile_address(c, f, m);
    if (f->type == FIELD_UINT || f->type == FIELD_FLAG) {
        m->value.kind = VALUE_NUMBER;
        return compile_number(c, f, &m->value.number);
    }
    return compile_bytes(c, f, m);
}

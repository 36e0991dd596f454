/* Packet lines: words to layers and clauses. The words of a line are those of the tables in
 * layers_*.c; nothing here knows a protocol. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim/packet/layers/icmp.h"
#include "sim/packet/unplayed.h"
#include "sim/base/diagnostic.h"

const struct word *peek(const struct compiler *c, size_t ahead)
{
    static const struct word end = {.kind = WORD_END, .text = ""};
    return c->at + ahead < c->words ? &c->word[c->at + ahead] : &end;
}

/* NAME and PUNCT alone: a string "bad" is no keyword. */
bool word_is(const struct word *w, const char *text)
{
    return (w->kind == WORD_NAME || w->kind == WORD_PUNCT) && !strcmp(w->text, text);
}

bool take(struct compiler *c, const char *text)
{
    if (!word_is(peek(c, 0), text))
        return false;
    c->at++;
    return true;
}

int wrong(struct compiler *c, const struct word *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(c->d->text, sizeof c->d->text, format, args);
    va_end(args);
    c->d->place = w->place;
    if (w->kind == WORD_END && c->words) {
        c->d->place = c->word[c->words - 1].place;
        c->d->place.column += c->d->place.length;
        c->d->place.length = 1;
    }
    return -1;
}

struct clause *clause_add(struct compiler *c, const struct field *f, struct match *match,
                          uint32_t matches)
{
    struct layer_spec *l = c->layer;
    l->clause = pool_grow(c->pool, l->clause, l->clauses, sizeof *l->clause);
    struct clause *cl = &l->clause[l->clauses++];
    *cl = (struct clause){.field = f,
                          .code = f->code,
                          .match = match,
                          .matches = matches,
                          .place = peek(c, 0)->place};
    return cl;
}

const struct clause *clause_of(const struct layer_spec *l, const struct field *f)
{
    for (uint32_t i = 0; l && i < l->clauses; i++)
        if (l->clause[i].field == f)
            return &l->clause[i];
    return NULL;
}

const struct clause *clause_named(const struct layer_spec *l, const char *name)
{
    for (uint32_t i = 0; l && i < l->clauses; i++)
        if (!strcmp(l->clause[i].field->name, name))
            return &l->clause[i];
    return NULL;
}

const struct layer_spec *layer_of(const struct packet_spec *p, const struct clause *cl)
{
    for (uint32_t i = 0; i < p->layers; i++) {
        const struct layer_spec *l = &p->layer[i];
        if (l->clauses && cl >= l->clause && cl < l->clause + l->clauses)
            return l;
    }
    return NULL;
}

const char *nearest_known(const struct compiler *c, const char *typo)
{
    const char *names[512];
    size_t n = 0;
    const struct layer *l = c->layer ? c->layer->layer : NULL;
    for (uint32_t i = 0; l && i < l->fields && n < 400; i++) {
        names[n++] = l->field[i].name;
        for (const struct symbol *s = l->field[i].symbol;
             l->field[i].flags & FIELD_HEAD && s && s->word && n < 400; s++)
            names[n++] = s->word;
    }
    for (uint32_t i = 0; i < c->set->layers && n < 510; i++)
        names[n++] = c->set->layer[i]->name;
    names[n] = NULL;
    return nearest_word(typo, names);
}

/* The value of the field that tells which symbols hold; -1: not a constant. */
static int64_t given(const struct layer_spec *l, const struct field *f)
{
    const struct clause *cl = f->given ? clause_named(l, f->given) : NULL;
    return cl && cl->matches && cl->match->kind == MATCH_VALUE &&
                   cl->match->value.kind == VALUE_NUMBER
               ? cl->match->value.number
               : -1;
}

/* The value of the layer's first field, a constant; -1: it is none. */
static int64_t first_value(const struct layer_spec *l)
{
    const struct layer *y = l->layer;
    return y->fields ? given(l, &(struct field){.given = y->field[0].name}) : -1;
}

static int refuse_field(struct compiler *c, const struct field *f, struct place place)
{
    const struct word w = {.kind = WORD_NAME, .text = f->name, .place = place};
    return wrong(c, &w, "this %s has no %s", c->layer->layer->name, f->name);
}

/* After the layer's last word: what the first field decides may stand before it. */
static int layer_close(struct compiler *c)
{
    const struct layer_spec *l = c->layer;
    int64_t type = l ? first_value(l) : -1;
    for (uint32_t i = 0; type >= 0 && i < l->clauses; i++)
        if (l->clause[i].field->only && !only_has(l->clause[i].field->only, type))
            return refuse_field(c, l->clause[i].field, l->clause[i].place);
    return l && l->layer->close ? l->layer->close(c) : 0;
}

int layer_open(struct compiler *c, const struct layer *layer)
{
    struct packet_spec *p = c->spec;
    if (layer_close(c) < 0)
        return -1;
    if (p->layers == SPEC_LAYERS)
        return wrong(c, peek(c, 0), "a line has at most %d layers", SPEC_LAYERS);
    c->layer = &p->layer[p->layers++];
    c->layer->layer = layer;
    return 0;
}

/* Values that stand right behind the layer's name: "A > B", or one alone. */
static int compile_position(struct compiler *c)
{
    const struct layer *l = c->layer->layer;
    const struct field *first = l->first ? field_named(l, l->first) : NULL;
    const struct field *single = l->single ? field_named(l, l->single) : NULL;
    const struct word *start = peek(c, 0);
    if (!(first ? match_starts(c, first) : single && match_starts(c, single)))
        return 0;
    struct match *m = pool_alloc(c->pool, sizeof *m);
    if (compile_match(c, first ? first : single, m) < 0)
        return -1;
    if (first && take(c, ">")) {
        struct match *n = pool_alloc(c->pool, sizeof *n);
        const struct field *second = field_named(l, l->second);
        if (compile_match(c, second, n) < 0)
            return -1;
        clause_add(c, first, m, 1);
        clause_add(c, second, n, 1);
        take(c, ":");
        return 0;
    }
    if (!single)
        return wrong(c, start, "%s %s: what would be right is %s %s > %s", l->name, start->text,
                     l->name, l->first, l->second);
    clause_add(c, single, m, 1);
    return 0;
}

/* A FIELD of the layer that is being written: its name, then what its type wants. */
int compile_clause(struct compiler *c, const struct field *f)
{
    const struct word *name = peek(c, 0);
    c->at++;
    if (!(f->flags & FIELD_OPTION) && clause_of(c->layer, f))
        return wrong(c, name, "%s is written twice", name->text);
    int64_t type = first_value(c->layer);
    if (f->only && type >= 0 && !only_has(f->only, type))
        return refuse_field(c, f, name->place);
    struct match *m = pool_alloc(c->pool, sizeof *m);
    if (f->type == FIELD_EMPTY || (f->type == FIELD_FLAG && !match_starts(c, f))) {
        m->value =
            (struct value){.kind = f->type == FIELD_FLAG ? VALUE_NUMBER : VALUE_NONE, .number = 1};
        return clause_add(c, f, m, f->type == FIELD_FLAG) ? 1 : -1;
    }
    uint32_t n = 0;
    do {
        m = pool_grow(c->pool, m, n, sizeof *m);
        memset(&m[n], 0, sizeof *m);
        if (compile_match(c, f, &m[n++]) < 0)
            return -1;
    } while (f->flags & FIELD_LIST && take(c, ","));
    struct clause *cl = clause_add(c, f, m, n);
    cl->place = name->place;
    return 1;
}

/* "no router", "no df". */
static int compile_absence(struct compiler *c)
{
    const struct word *w = peek(c, 1);
    const struct field *f =
        c->layer && w->kind == WORD_NAME ? field_named(c->layer->layer, w->text) : NULL;
    if (!f || !(f->flags & FIELD_OPTION || f->type == FIELD_FLAG))
        return wrong(c, w, "no %s: `no` stands before a flag or an option of the layer", w->text);
    c->at++;
    struct match *m = pool_alloc(c->pool, sizeof *m);
    m->value.kind = VALUE_NUMBER;
    struct clause *cl = clause_add(c, f, m, 1);
    cl->absent = f->flags & FIELD_OPTION;
    if (cl->absent && word_is(w, "opt")) {
        const struct word *n = peek(c, 1);
        if (n->kind != WORD_NUMBER || n->number < 0 || n->number > 255)
            return wrong(c, n, "no opt %s: a code from 0 to 255 belongs here", n->text);
        cl->code = (uint32_t)n->number;
        c->at++;
    }
    c->at++;
    return 1;
}

static int compile_in_layer(struct compiler *c)
{
    const struct word *w = peek(c, 0);
    const struct layer *l = c->layer->layer;
    int own = l->parse ? l->parse(c) : 0;
    if (own)
        return own;
    if (w->kind != WORD_NAME)
        return 0;
    for (uint32_t i = 0; i < l->fields; i++) {
        const struct field *f = &l->field[i];
        const struct symbol *s = f->flags & FIELD_HEAD && !clause_of(c->layer, f)
                                     ? symbol_worded(f, w->text, given(c->layer, f))
                                     : NULL;
        if (!s)
            continue;
        struct match *m = pool_alloc(c->pool, sizeof *m);
        m->value = (struct value){.kind = VALUE_NUMBER, .number = s->value};
        clause_add(c, f, m, 1);
        c->at++;
        return 1;
    }
    const struct field *f = field_named(l, w->text);
    if (!f || f->type == FIELD_OWN)
        return 0;
    return compile_clause(c, f);
}

/* "bad udp.sum", or "bad sum" of the layer that is being written. */
static int compile_bad(struct compiler *c)
{
    const struct word *w = peek(c, 0);
    const char *dot = strchr(w->text, '.');
    const struct layer *l = c->layer ? c->layer->layer : NULL;
    const char *name = w->text;
    if (dot) {
        l = layer_named(c->set, pool_text(c->pool, w->text, (size_t)(dot - w->text)));
        name = dot + 1;
    }
    for (uint32_t k = c->spec->layers; !dot && k-- > 0 && !(l && field_named(l, name));)
        l = c->spec->layer[k].layer;
    const struct field *f = l && w->kind == WORD_NAME ? field_named(l, name) : NULL;
    if (!f || f->flags & FIELD_OPTION || f->bits == 0)
        return wrong(c, w, "bad %s: a layer's field belongs here, as in bad udp.sum", w->text);
    if (c->spec->spoils == SPEC_SPOILS)
        return wrong(c, w, "at most %d fields of a line may be bad", SPEC_SPOILS);
    c->spec->spoil[c->spec->spoils++] = (struct spoil){.layer = l, .field = f};
    c->at++;
    return 1;
}

static int compile_length(struct compiler *c, const char *what, int64_t *out)
{
    const struct word *w = peek(c, 0);
    if (w->kind != WORD_NUMBER || w->number < 0 || w->number > 65550)
        return wrong(c, w, "%s %s: a number of octets from 0 to 65550 belongs here", what, w->text);
    *out = w->number;
    c->at++;
    return 1;
}

/* What belongs to the line and to no layer. 0: nothing of the kind. */
static int compile_line_word(struct compiler *c)
{
    struct packet_spec *p = c->spec;
    const struct word *w = peek(c, 0);
    if (take(c, "bad"))
        return compile_bad(c);
    if (take(c, "cut"))
        return p->direction == '>'
                   ? wrong(c, w, "cut shortens an injected frame; this line expects one")
                   : compile_length(c, "cut", &p->cut);
    if (take(c, "pad"))
        return compile_length(c, "pad", &p->pad);
    if (word_is(w, "no"))
        return compile_absence(c);
    if (!take(c, "trailer"))
        return 0;
    struct match m = {0};
    const struct field *bytes = field_named(&layer_data, "bytes");
    if (compile_match(c, bytes, &m) < 0)
        return -1;
    if (m.kind != MATCH_VALUE)
        return wrong(c, w, "trailer needs octets: trailer hex 00 01");
    p->trailer = m.value.bytes;
    p->trailer_len = m.value.len;
    return 1;
}

static bool has_symbol(const struct layer *l, const char *word)
{
    return symbol_worded(field_named(l, "type"), word, -1) ||
           symbol_worded(field_named(l, "code"), word, -1);
}

/* packetdrill writes icmp for both: over IPv6, or with a word that only ICMPv6 has. */
static bool means_icmp6(const struct compiler *c)
{
    if (c->layer)
        return c->layer->layer == &layer_ip6;
    for (size_t k = 1; k <= 2 && peek(c, k)->kind == WORD_NAME; k++)
        if (has_symbol(&layer_icmp6, peek(c, k)->text) &&
            !has_symbol(&layer_icmp, peek(c, k)->text))
            return true;
    return false;
}

/* A new layer: by its name, or hex. */
static int compile_layer(struct compiler *c)
{
    const struct word *w = peek(c, 0);
    bool quoted = take(c, "quote");
    const struct word *name = peek(c, 0);
    const struct layer *l = name->kind == WORD_NAME ? layer_named(c->set, name->text) : NULL;
    if (name->kind == WORD_HEX)
        l = &layer_raw;
    if (l == &layer_icmp && means_icmp6(c))
        l = &layer_icmp6;
    bool segment = !l && !quoted && segment_starts(c);
    if (segment)
        l = &layer_tcp;
    bool length = c->layer && word_is(name, "(") &&
                  (peek(c, 1)->kind == WORD_USE ||
                   (peek(c, 1)->kind == WORD_NUMBER && word_is(peek(c, 2), ")")));
    if (length)
        l = &layer_data;
    if (!l && quoted)
        return wrong(
            c, name,
            "quote %s: the quoted packet's first layer belongs here: quote ip A > B udp 5 > 7",
            name->text);
    if (!l)
        return 0;
    if (quoted && (!c->layer || c->layer->layer != &layer_icmp))
        return wrong(c, w, "quote stands behind an ICMP error");
    if (l == &layer_raw && c->layer)
        l = &layer_data;
    else if (!length && !segment && name->kind == WORD_NAME && l != &layer_raw)
        c->at++;
    if (layer_open(c, l) < 0)
        return -1;
    c->layer->quoted = quoted;
    if (compile_position(c) < 0)
        return -1;
    if ((l == &layer_raw || l == &layer_data) && !c->layer->clauses)
        return wrong(c, peek(c, 0),
                     "%s needs octets: \"text\", hex 00 01, pattern N, zero N or (N)", name->text);
    return 1;
}

static bool opens_info(const struct compiler *c)
{
    bool open = word_is(peek(c, 0), "[") || word_is(peek(c, 0), "(");
    return open && peek(c, 1)->kind == WORD_NAME && !echoed_starts(c);
}

/* IPv6's own words make it IPv6's header. */
static const struct layer *info_layer(const struct compiler *c)
{
    static const char *const words[] = {"class", "hlim", "flowlabel"};
    for (size_t k = 0; peek(c, k)->kind != WORD_END && !word_is(peek(c, k), ":"); k++)
        for (size_t w = 0; w < COUNT(words); w++)
            if (word_is(peek(c, k), words[w]))
                return &layer_ip6;
    return &layer_ip;
}

/* ect0, ect01, tos 0x10, ttl 3 */
static int compile_info_item(struct compiler *c)
{
    const struct word *w = peek(c, 0);
    const struct layer *ip = c->layer->layer;
    const struct field *ecn = field_named(ip, "ecn"), *f = field_named(ip, w->text);
    struct match *m = pool_alloc(c->pool, sizeof *m);
    bool either = word_is(w, "ect01"), symbol = symbol_worded(ecn, w->text, -1);
    if ((either || symbol) && clause_of(c->layer, ecn))
        return wrong(c, w, "%s: the ECN bits are written twice", w->text);
    if (either) {
        c->at++;
        *m = (struct match){
            .kind = MATCH_RANGE, .value = {.kind = VALUE_NUMBER, .number = 1}, .upper = 2};
        return clause_add(c, ecn, m, 1) ? 1 : -1;
    }
    if (symbol)
        return compile_match(c, ecn, m) < 0 || !clause_add(c, ecn, m, 1) ? -1 : 1;
    if (w->kind != WORD_NAME || !f || f->type == FIELD_OWN)
        return wrong(c, w,
                     "%s: ect0, ect1, ect01, ce, noecn, tos N, ttl N, hlim N, class N or "
                     "flowlabel N belongs here",
                     w->text);
    return compile_clause(c, f);
}

/* packetdrill's words before a packet: [ect0], (tos 0x10, ttl 3). They are fields of IP. */
static int compile_info(struct compiler *c)
{
    if (echoed_starts(c) && (!c->layer || c->layer->layer == &layer_ip)) {
        if (layer_open(c, &layer_icmp) < 0 || echoed_parse(c) < 0)
            return -1;
        return take(c, "icmp")
                   ? 1
                   : wrong(c, peek(c, 0), "icmp belongs behind the segment that it quotes");
    }
    bool behind_ip = c->layer && (c->layer->layer == &layer_ip || c->layer->layer == &layer_ip6);
    if (!opens_info(c) || (c->layer && !behind_ip))
        return 0;
    if (!behind_ip && layer_open(c, info_layer(c)) < 0)
        return -1;
    while (opens_info(c)) {
        const char *close = take(c, "[") ? "]" : (c->at++, ")");
        while (!take(c, close)) {
            if (compile_info_item(c) < 0)
                return -1;
            (void)take(c, ",");
        }
    }
    return 1;
}

static int unknown(struct compiler *c)
{
    const struct word *w = peek(c, 0);
    const char *near = w->kind == WORD_NAME ? nearest_known(c, w->text) : NULL;
    if (near && !strcmp(near, w->text))
        return wrong(c, w, "%s does not belong here", w->text);
    const char *where = c->layer ? c->layer->layer->name : "a packet line";
    if (near)
        return wrong(c, w, "%s has nothing called %s; %s is near", where, w->text, near);
    if (!c->layer)
        return wrong(c, w,
                     "%s: a layer's name belongs here (eth, arp, ip, icmp, udp, tcp, dhcp, dns, "
                     "ntp, data, hex) or TCP flags",
                     w->text);
    return wrong(c, w, "%s has nothing called %s", where, w->text);
}

/* Head fields, then the pair, then what stands at fixed places in the table's order; options stay
 * as written. */
static int rank(const struct layer *l, const struct field *f)
{
    int at = (int)(f - l->field);
    if (f->flags & FIELD_HEAD)
        return at;
    if (l->first && (f == field_named(l, l->first) || f == field_named(l, l->second)))
        return 1000 + at;
    return f->flags & FIELD_OPTION || f->type == FIELD_OWN ? 3000 : 2000 + at;
}

static void order(struct layer_spec *l)
{
    for (uint32_t i = 1; i < l->clauses; i++)
        for (uint32_t k = i;
             k > 0 && rank(l->layer, l->clause[k - 1].field) > rank(l->layer, l->clause[k].field);
             k--) {
            struct clause swap = l->clause[k];
            l->clause[k] = l->clause[k - 1];
            l->clause[k - 1] = swap;
        }
}

void spec_order(struct packet_spec *p)
{
    for (uint32_t i = 0; i < p->layers; i++)
        order(&p->layer[i]);
}

struct packet_spec *packet_compile(struct layer_set *set, struct pool *pool, char direction,
                                   const struct word *words, size_t count, struct diagnostic *d)
{
    struct packet_spec *p = pool_alloc(pool, sizeof *p);
    *p = (struct packet_spec){.set = set, .direction = direction, .cut = -1, .pad = -1};
    struct compiler c = {
        .set = set, .pool = pool, .word = words, .words = count, .d = d, .spec = p};
    if (!count) {
        d->text[0] = 0;
        wrong(&c, peek(&c, 0), "a packet belongs behind the arrow");
        return NULL;
    }
    while (c.at < c.words) {
        int done = compile_line_word(&c);
        if (!done)
            done = unplayed_parse(&c);
        if (!done)
            done = compile_info(&c);
        if (!done && c.layer)
            done = compile_in_layer(&c);
        if (!done)
            done = compile_layer(&c);
        if (!done)
            done = unknown(&c);
        if (done < 0)
            return NULL;
    }
    if (layer_close(&c) < 0)
        return NULL;
    spec_order(p);
    return p;
}

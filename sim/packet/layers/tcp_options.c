/*
 * TCP's options, as packetdrill writes them: <mss 1460,nop,TS val 1 ecr 2>, in order. Three dots
 * alone leave the list open; among others they stand for any options, or none. What is malformed is
 * written as such: `opt KIND len N DIGITS` has a length octet of its own, `raw DIGITS` is octets
 * that are no option.
 */
#include <ctype.h>
#include <string.h>
#include "sim/packet/layers/tcp.h"
#include "sim/packet/unplayed.h"
#include "sim/base/diagnostic.h"

static const struct field *named(const char *name)
{
    return field_named(&layer_tcp, name);
}

static struct match *number(struct compiler *c, int64_t n)
{
    struct match *m = pool_alloc(c->pool, sizeof *m);
    m->value = (struct value){.kind = VALUE_NUMBER, .number = n};
    return m;
}

/* A word that -D gives a meaning to, where digits belong. */
static bool is_undefined(const struct word *w)
{
    const char *t = w->text;
    bool digits = t[strspn(t, "0123456789abcdefABCDEF")] == 0;
    return w->kind == WORD_NAME && !digits &&
           t[strspn(t, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == 0;
}

/* Option data that is hexadecimal digits, whatever the words look like; or a variable. */
static int parse_digits(struct compiler *c, uint32_t kind, const uint8_t *prefix,
                        uint32_t prefix_len)
{
    struct match *m = pool_alloc(c->pool, sizeof *m);
    uint8_t *octets = pool_alloc(c->pool, 64);
    uint32_t n = prefix_len * 2;
    if (prefix_len)
        memcpy(octets, prefix, prefix_len);
    const struct word *w = peek(c, 0);
    if (w->kind == WORD_BIND || w->kind == WORD_USE) {
        if (compile_match(c, named("opt"), m) < 0)
            return -1;
        clause_add(c, named("opt"), m, 1)->code = kind;
        return 0;
    }
    if (is_undefined(w)) {
        c->at++;
        undefined_word(c, w);
    }
    (void)take(c, "hex");
    for (; c->at < c->words && !word_is(peek(c, 0), ",") && !word_is(peek(c, 0), ">"); c->at++) {
        for (const char *t = peek(c, 0)->text; *t; t++) {
            if (isspace((unsigned char)*t))
                continue;
            if (!isxdigit((unsigned char)*t) || n == 80)
                return wrong(c, peek(c, 0), "%s: up to 40 octets of hexadecimal digits belong here",
                             peek(c, 0)->text);
            uint8_t digit = (uint8_t)(isdigit((unsigned char)*t) ? *t - '0' : (*t | 32) - 'a' + 10);
            octets[n / 2] = (uint8_t)(octets[n / 2] << 4 | digit);
            n++;
        }
    }
    if (n % 2)
        return wrong(c, peek(c, 0), "option %u: hexadecimal digits come in pairs", kind);
    m->value = (struct value){.kind = VALUE_BYTES, .bytes = octets, .len = n / 2};
    clause_add(c, named("opt"), m, 1)->code = kind;
    return 0;
}

static int parse_timestamps(struct compiler *c)
{
    const struct field *f = named("TS");
    struct match *m = pool_alloc(c->pool, 2 * sizeof *m);
    if (!take(c, "val") || compile_match(c, f, &m[0]) < 0 || !take(c, "ecr"))
        return wrong(c, peek(c, 0), "timestamps are written TS val A ecr B");
    if (compile_match(c, f, &m[1]) < 0)
        return -1;
    return clause_add(c, f, m, 2) ? 0 : -1;
}

/* "sack 1:1001 2001:3001" */
static int parse_sack(struct compiler *c)
{
    const struct field *f = named("sack");
    struct match *m = NULL;
    uint32_t n = 0;
    while (c->at < c->words && !word_is(peek(c, 0), ",") && !word_is(peek(c, 0), ">") && n < 8) {
        for (int k = 0; k < 2; k++) {
            m = pool_grow(c->pool, m, n, sizeof *m);
            memset(&m[n], 0, sizeof *m);
            if (compile_match(c, f, &m[n++]) < 0)
                return -1;
            if (!k && !take(c, ":"))
                return wrong(c, peek(c, 0), "a block is written START:END");
        }
    }
    return clause_add(c, f, m, n) ? 0 : -1;
}

/* Counters of three octets each (AccECN): the first one's name tells the order. */
static int parse_accecn(struct compiler *c)
{
    struct match *m = pool_alloc(c->pool, sizeof *m);
    uint8_t *octets = pool_alloc(c->pool, 9);
    bool first = word_is(peek(c, 0), "e1b");
    uint32_t n = 0;
    while (n < 9 && (word_is(peek(c, 0), "e0b") || word_is(peek(c, 0), "ceb") ||
                     word_is(peek(c, 0), "e1b"))) {
        const struct word *w = peek(c, 1);
        if (w->kind != WORD_NUMBER || w->number < 0 || w->number > 0xffffff)
            return wrong(c, w, "%s: a counter from 0 to 0xffffff belongs here", w->text);
        bits_put(octets, n * 8, 24, (uint64_t)w->number);
        n += 3;
        c->at += 2;
    }
    m->value = (struct value){.kind = VALUE_BYTES, .bytes = octets, .len = n};
    clause_add(c, named("opt"), m, 1)->code = first ? 174 : 172;
    return 0;
}

/* opt KIND [len N] DIGITS */
static int parse_any(struct compiler *c)
{
    const struct word *n = peek(c, 0), *len = peek(c, 2);
    if (n->kind != WORD_NUMBER || n->number < 2 || n->number > 255)
        return wrong(c, n, "opt %s: a kind from 2 to 255 belongs here", n->text);
    c->at++;
    if (!take(c, "len"))
        return parse_digits(c, (uint32_t)n->number, NULL, 0);
    if (len->kind != WORD_NUMBER || len->number < 0 || len->number > 255)
        return wrong(c, len, "opt %s len %s: a length octet from 0 to 255 belongs here", n->text,
                     len->text);
    if (c->spec->direction != '<')
        return wrong(c, len, "a length octet that is written is for an injected packet");
    const uint8_t head[2] = {(uint8_t)n->number, (uint8_t)len->number};
    c->at++;
    return parse_digits(c, TCP_RAW_OCTETS, head, 2);
}

static int parse_option(struct compiler *c)
{
    static const uint8_t magic[2] = {0xf9, 0x89}; /* RFC 6994 shared use; Fast Open's number */
    const struct word *w = peek(c, 0);
    if (take(c, "TS"))
        return parse_timestamps(c);
    if (take(c, "sack"))
        return parse_sack(c);
    if (take(c, "FO"))
        return parse_digits(c, 34, NULL, 0);
    if (take(c, "FOEXP"))
        return parse_digits(c, 254, magic, 2);
    if (take(c, "md5"))
        return take(c, "valid") ? unplayed(c, "a valid MD5 signature needs a key")
                                : parse_digits(c, 19, NULL, 0);
    if (take(c, "AccECN"))
        return parse_accecn(c);
    if (take(c, "opt"))
        return parse_any(c);
    if (word_is(w, "raw") && !word_is(peek(c, 1), ",")) {
        if (c->spec->direction != '<')
            return wrong(c, w, "raw octets among options are for an injected packet");
        c->at++;
        return parse_digits(c, TCP_RAW_OCTETS, NULL, 0);
    }
    if (take(c, "...")) {
        clause_add(c, named("any"), number(c, 0), 1);
        return 0;
    }
    const struct field *f = w->kind == WORD_NAME ? field_named(&layer_tcp, w->text) : NULL;
    if (!f || !(f->flags & FIELD_OPTION))
        return wrong(
            c, w,
            "%s: an option belongs here: mss, wscale, sackOK, TS, sack, nop, eol, md5, FO, opt",
            w->text);
    return compile_clause(c, f) < 0 ? -1 : 0;
}

int segment_parse_options(struct compiler *c)
{
    if (clause_of(c->layer, named("options")))
        return wrong(c, peek(c, 0), "a segment has one list of options");
    struct match *m = number(c, 0);
    if (word_is(peek(c, 0), "...") && word_is(peek(c, 1), ">")) {
        m->kind = MATCH_ANY;
        c->at += 2;
        return clause_add(c, named("options"), m, 1) ? 1 : -1;
    }
    while (!take(c, ">")) {
        if (parse_option(c) < 0)
            return -1;
        m->value.number++;
        if (!take(c, ",") && !word_is(peek(c, 0), ">"))
            return wrong(c, peek(c, 0), "%s: a comma or > belongs between options",
                         peek(c, 0)->text);
    }
    return clause_add(c, named("options"), m, 1) ? 1 : -1;
}

static void print_digits(struct printer *p, const struct clause *cl)
{
    if (cl->code == TCP_RAW_OCTETS)
        print(p, "raw ");
    else
        print(p, "opt %u ", cl->code);
    if (cl->match->kind != MATCH_VALUE)
        print_match(p, cl->field, cl->match, -1);
    for (uint32_t k = 0; k < cl->match->value.len; k++)
        print(p, "%02x", cl->match->value.bytes[k]);
}

static void print_option(struct printer *p, const struct clause *cl)
{
    static const char *const timestamps[] = {"TS val ", " ecr "}, *const edges[] = {" ", ":"};
    const struct field *f = cl->field;
    bool stamps = f == named("TS"), sack = f == named("sack");
    if (f == named("opt")) {
        print_digits(p, cl);
        return;
    }
    if (f == named("any")) {
        print(p, "...");
        return;
    }
    if (!stamps)
        print(p, "%s", f->name);
    for (uint32_t k = 0; k < cl->matches; k++) {
        print(p, "%s", stamps && k < 2 ? timestamps[k] : sack ? edges[k % 2] : " ");
        print_match(p, f, &cl->match[k], -1);
    }
}

void segment_print_list(struct printer *p, const struct layer_spec *l)
{
    print(p, "<");
    for (uint32_t k = 0, n = 0; k < l->clauses; k++)
        if (l->clause[k].field->flags & FIELD_OPTION) {
            print(p, n ? "," : "");
            n++;
            print_option(p, &l->clause[k]);
        }
    print(p, ">");
}

void segment_print_options(struct printer *p, const struct shape *s, int i)
{
    struct pool *pool = pool_new();
    struct packet_spec nothing = {.direction = '<'};
    struct layer_spec l = {.layer = &layer_tcp};
    struct describer d = {.pool = pool, .shape = s, .spec = &nothing, .layer = &l, .detail = 1};
    layer_tcp.describe(&d, i);
    segment_print_list(p, &l);
    pool_free(pool);
}

/* A segment in packetdrill's form that writes no list has none. Beside a list no option stands
 * alone: it would be compared with nothing. */
int segment_close(struct compiler *c)
{
    const struct layer_spec *l = c->layer;
    const struct clause *list = clause_named(l, "options"), *alone = NULL;
    int64_t options = 0;
    if (!list && !l->bare)
        return 0;
    for (uint32_t k = 0; k < l->clauses; k++)
        if (l->clause[k].field->flags & FIELD_OPTION) {
            options++;
            alone = &l->clause[k];
        }
    if (!c->spec->unplayed &&
        options != (list && list->match->kind == MATCH_VALUE ? list->match->value.number : 0)) {
        const struct word w = {
            .kind = WORD_NAME, .text = alone->field->name, .place = alone->place};
        return wrong(c, &w, "%s: the options of a segment stand in one list, <...>", w.text);
    }
    if (!list)
        clause_add(c, named("options"), number(c, 0), 1);
    return 0;
}

/*
 * TCP's lines, as packetdrill writes them: FLAGS SEQ:END(LEN) ack N win N urg N <OPTIONS>, with `!`
 * behind (LEN) for numbers that do not count from the ISN. Flags are letters in any order: S F R P
 * U E W, `.` for ACK, `-` for none; A or a digit for accurate ECN, of which the header holds 0
 * to 7.
 */
#include <ctype.h>
#include <string.h>
#include "sim/packet/layers/tcp.h"
#include "sim/packet/unplayed.h"
#include "sim/base/diagnostic.h"

static const struct {
    char letter;
    uint32_t bit;
} letters[] = {
    {'A', 0x100}, {'W', 0x80}, {'E', 0x40}, {'U', 0x20},    {'F', 0x01},
    {'S', 0x02},  {'R', 0x04}, {'P', 0x08}, {'.', TCP_ACK},
};

static const struct field *named(const char *name)
{
    return field_named(&layer_tcp, name);
}

static bool read_flags(const char *text, uint32_t *flags)
{
    *flags = 0;
    if (!strcmp(text, "-"))
        return true;
    for (const char *t = text; *t; t++) {
        uint32_t bit = 0;
        if (isdigit((unsigned char)*t))
            bit = (uint32_t)(*t - '0') % 8 << 6;
        for (size_t k = 0; k < COUNT(letters); k++)
            if (letters[k].letter == *t)
                bit = letters[k].bit;
        if (!bit && !isdigit((unsigned char)*t))
            return false;
        *flags |= bit;
    }
    return *text;
}

/* FLAGS, a number, a colon: nothing else starts so. */
bool segment_starts(const struct compiler *c)
{
    uint32_t flags;
    const struct word *w = peek(c, 0);
    size_t seq = 1;
    if (word_is(peek(c, 1), ">")) {
        w = peek(c, 3);
        seq = 4;
    }
    bool colon = word_is(peek(c, seq + 1), ":") ||
                 (peek(c, seq)->kind == WORD_USE && word_is(peek(c, seq + 1), "+"));
    return colon && w->kind != WORD_STRING && w->kind != WORD_USE && w->kind != WORD_BIND &&
           read_flags(w->text, &flags);
}

static struct match *number(struct compiler *c, int64_t n)
{
    struct match *m = pool_alloc(c->pool, sizeof *m);
    m->value = (struct value){.kind = VALUE_NUMBER, .number = n};
    return m;
}

static int parse_segment(struct compiler *c, uint32_t flags)
{
    const struct word *start = peek(c, 0);
    struct match *seq = pool_alloc(c->pool, sizeof *seq);
    if (clause_of(c->layer, named("flags")))
        return wrong(c, start, "a segment's flags are written twice");
    clause_add(c, named("flags"), number(c, flags), 1);
    c->at++;
    if (strpbrk(start->text, "89"))
        unplayed(c, "an accurate ECN number above 7 is in no header");
    const struct word *first = peek(c, 0);
    if (compile_match(c, named("seq"), seq) < 0)
        return -1;
    const struct word *end = peek(c, 1), *len = peek(c, 3);
    if (!take(c, ":") || end->kind != WORD_NUMBER || !word_is(peek(c, 1), "(") ||
        len->kind != WORD_NUMBER || !word_is(peek(c, 3), ")"))
        return wrong(c, first, "a segment is written SEQ:END(LEN), as in 1:1001(1000)");
    if (len->number < 0 || len->number > 65495)
        return wrong(c, len, "%s: a segment carries 0..65495 octets", len->text);
    if (seq->kind == MATCH_VALUE &&
        (uint32_t)(end->number - seq->value.number) != (uint32_t)len->number)
        return wrong(c, end, "%s: the end is SEQ + LEN = %lld", end->text,
                     (long long)((seq->value.number + len->number) & 0xffffffff));
    c->at += 4;
    c->layer->bare = true;
    c->layer->absolute = take(c, "!");
    clause_add(c, named("seq"), seq, 1);
    clause_add(c, named("payload"), number(c, len->number), 1);
    return 1;
}

/* Option data that is hexadecimal digits, whatever the words look like. */
static int parse_digits(struct compiler *c, uint32_t kind, const uint8_t *prefix,
                        uint32_t prefix_len)
{
    struct match *m = pool_alloc(c->pool, sizeof *m);
    uint8_t *octets = pool_alloc(c->pool, 64);
    uint32_t n = prefix_len * 2;
    if (prefix_len)
        memcpy(octets, prefix, prefix_len);
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
    if (take(c, "opt")) {
        const struct word *n = peek(c, 0);
        if (n->kind != WORD_NUMBER || n->number < 2 || n->number > 255)
            return wrong(c, n, "opt %s: a kind from 2 to 255 belongs here", n->text);
        c->at++;
        return parse_digits(c, (uint32_t)n->number, NULL, 0);
    }
    const struct field *f = w->kind == WORD_NAME ? field_named(&layer_tcp, w->text) : NULL;
    if (!f || !(f->flags & FIELD_OPTION))
        return wrong(
            c, w,
            "%s: an option belongs here: mss, wscale, sackOK, TS, sack, nop, eol, md5, FO, opt",
            w->text);
    return compile_clause(c, f) < 0 ? -1 : 0;
}

static int parse_options(struct compiler *c)
{
    if (clause_of(c->layer, named("options")))
        return wrong(c, peek(c, 0), "a segment has one list of options");
    struct match *m = number(c, 0);
    if (take(c, "...")) {
        m->kind = MATCH_ANY;
        if (!take(c, ">"))
            return wrong(c, peek(c, 0), "options that are not checked are written <...>");
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

int segment_parse(struct compiler *c)
{
    uint32_t flags;
    const struct word *w = peek(c, 0);
    if (!word_is(peek(c, 1), ">") && segment_starts(c) && read_flags(w->text, &flags))
        return parse_segment(c, flags);
    const struct word *value = peek(c, 1);
    if (word_is(w, "flags") && (value->kind == WORD_NAME || value->kind == WORD_PUNCT) &&
        read_flags(value->text, &flags)) {
        if (clause_of(c->layer, named("flags")))
            return wrong(c, w, "a segment's flags are written twice");
        clause_add(c, named("flags"), number(c, flags), 1);
        c->at += 2;
        return 1;
    }
    if (take(c, "<"))
        return parse_options(c);
    return 0;
}

void segment_say_flags(struct printer *p, uint64_t flags)
{
    static const char order[] = "FSRP.UEWA";
    char text[16] = "";
    size_t n = 0;
    for (const char *t = order; *t; t++)
        for (size_t k = 0; k < COUNT(letters); k++)
            if (letters[k].letter == *t && flags & letters[k].bit)
                text[n++] = *t;
    print(p, "%s", n ? text : "-");
}

static void print_digits(struct printer *p, const struct clause *cl)
{
    print(p, "opt %u ", cl->code);
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

/* "S. 0:0(0)": flags, numbers and length are one. */
static void print_segment(struct printer *p, const struct layer_spec *l, const struct clause *flags)
{
    const struct clause *seq = clause_named(l, "seq"), *len = clause_named(l, "payload");
    int64_t n = len ? len->match->value.number : 0;
    print(p, " ");
    segment_say_flags(p, (uint64_t)flags->match->value.number);
    print(p, " ");
    print_match(p, seq->field, seq->match, -1);
    int64_t end = seq->match->kind == MATCH_VALUE ? (seq->match->value.number + n) & 0xffffffff : n;
    print(p, ":%lld(%lld)%s", (long long)end, (long long)n, l->absolute ? "!" : "");
}

bool segment_print(struct printer *p, const struct layer_spec *l, const struct clause *cl)
{
    const char *name = cl->field->name;
    const struct clause *options = clause_named(l, "options");
    bool value = cl->matches && cl->match->kind == MATCH_VALUE;
    if (!strcmp(name, "flags") && l->bare)
        print_segment(p, l, cl);
    else if (!strcmp(name, "flags") && value) {
        print(p, " flags ");
        segment_say_flags(p, (uint64_t)cl->match->value.number);
    } else if (cl == options && cl->match->kind == MATCH_ANY)
        print(p, " <...>");
    else if (cl == options && (cl->match->value.number || !l->bare)) {
        print(p, " ");
        segment_print_list(p, l);
    } else
        return cl == options || (options && cl->field->flags & FIELD_OPTION) ||
               (l->bare && (!strcmp(name, "seq") || !strcmp(name, "payload")));
    return true;
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

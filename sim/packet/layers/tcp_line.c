/*
 * TCP's lines, as packetdrill writes them: FLAGS SEQ:END(LEN) ack N win N urg N <OPTIONS>, with `!`
 * behind (LEN) for numbers that do not count from the ISN. Flags are letters in any order: S F R P
 * U E W, `.` for ACK, `-` for none; A or a digit for accurate ECN, of which the header holds 0
 * to 7; `_` behind one leaves it free. Each number may be a variable, and three dots stand for SEQ
 * and END.
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

enum { MOST_OF_A_SEGMENT = 65495, MOST_OCTETS = 1 << 24 /* in several */ };

static const struct field *named(const char *name)
{
    return field_named(&layer_tcp, name);
}

/* Letters, each of which `_` behind it makes free. */
static bool read_flags(const char *text, uint32_t *flags, uint32_t *free)
{
    *flags = *free = 0;
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
        *(t[1] == '_' ? free : flags) |= bit;
        t += t[1] == '_';
    }
    return *text;
}

static bool is_flags(const struct word *w)
{
    uint32_t flags, free;
    return w->kind != WORD_STRING && w->kind != WORD_USE && w->kind != WORD_BIND &&
           read_flags(w->text, &flags, &free);
}

/* The number of words of a sequence number at `at`: $x+1 is three. 0: there is none. */
static size_t number_words(const struct compiler *c, size_t at)
{
    const struct word *w = peek(c, at);
    if (w->kind == WORD_USE)
        return (word_is(peek(c, at + 1), "+") || word_is(peek(c, at + 1), "-")) &&
                       peek(c, at + 2)->kind == WORD_NUMBER
                   ? 3
                   : 1;
    return w->kind == WORD_NUMBER || w->kind == WORD_BIND || word_is(w, "*");
}

/* FLAGS, a number, a colon: nothing else starts so. Nor do FLAGS ...(LEN). */
bool segment_starts(const struct compiler *c)
{
    size_t at = word_is(peek(c, 1), ">") ? 3 : 0;
    size_t n = number_words(c, at + 1);
    bool open = word_is(peek(c, at + 1), "...") && word_is(peek(c, at + 2), "(");
    bool colon = n && word_is(peek(c, at + 1 + n), ":");
    return (open || colon) && is_flags(peek(c, at));
}

static struct match *number(struct compiler *c, int64_t n)
{
    struct match *m = pool_alloc(c->pool, sizeof *m);
    m->value = (struct value){.kind = VALUE_NUMBER, .number = n};
    return m;
}

static int misshapen(struct compiler *c, const struct word *at)
{
    return wrong(c, at, "a segment is written SEQ:END(LEN), as in 1:1001(1000)");
}

/* ":END" behind a number. */
static int parse_end(struct compiler *c, const struct word *first, struct match *end)
{
    if (!take(c, ":") || !number_words(c, 0))
        return misshapen(c, first);
    return compile_match(c, named("end"), end);
}

static int parse_length(struct compiler *c, const struct word *first, struct match *len)
{
    if (!take(c, "(") || !number_words(c, 0))
        return misshapen(c, first);
    const struct word *w = peek(c, 0);
    int most = c->spec->direction == '<' ? MOST_OF_A_SEGMENT : MOST_OCTETS;
    if (w->kind == WORD_NUMBER && (w->number < 0 || w->number > most))
        return wrong(c, w, "%s: a segment carries 0..%d octets", w->text, most);
    if (w->kind == WORD_NUMBER) {
        len->value = (struct value){.kind = VALUE_NUMBER, .number = w->number};
        c->at++;
    } else if (compile_match(c, named("payload"), len) < 0) {
        return -1;
    }
    return take(c, ")") ? 0 : misshapen(c, first);
}

/* What follows from the other two is checked and not kept. */
static int keep_end(struct compiler *c, const struct word *at, const struct match *seq,
                    struct match *end, const struct match *len)
{
    bool known = seq->kind == MATCH_VALUE && len->kind == MATCH_VALUE && end->kind == MATCH_VALUE;
    uint32_t sum = (uint32_t)(seq->value.number + len->value.number);
    if (known && (uint32_t)end->value.number != sum)
        return wrong(c, at, "%s: the end is SEQ + LEN = %u", at->text, sum);
    if (!known)
        clause_add(c, named("end"), end, 1);
    return 0;
}

static int parse_numbers(struct compiler *c)
{
    const struct word *first = peek(c, 0), *at;
    struct match *seq = pool_alloc(c->pool, 3 * sizeof *seq), *end = seq + 1, *len = seq + 2;
    bool open = take(c, "...");
    if (open)
        seq->kind = MATCH_ANY;
    else if (compile_match(c, named("seq"), seq) < 0)
        return -1;
    at = peek(c, 1);
    if (!open && parse_end(c, first, end) < 0)
        return -1;
    if (parse_length(c, first, len) < 0)
        return -1;
    clause_add(c, named("seq"), seq, 1);
    if (!open && keep_end(c, at, seq, end, len) < 0)
        return -1;
    clause_add(c, named("payload"), len, 1);
    return 0;
}

static int add_flags(struct compiler *c, const struct word *w)
{
    uint32_t flags, free;
    struct match *m = number(c, 0);
    if (clause_of(c->layer, named("flags")))
        return wrong(c, w, "a segment's flags are written twice");
    (void)read_flags(w->text, &flags, &free);
    if (free && c->spec->direction == '<')
        return wrong(c, w, "%s: an injected segment has each flag or not", w->text);
    m->value.number = flags;
    m->upper = free;
    clause_add(c, named("flags"), m, 1);
    return 0;
}

static int parse_segment(struct compiler *c)
{
    const struct word *start = peek(c, 0);
    if (add_flags(c, start) < 0)
        return -1;
    c->at++;
    if (strpbrk(start->text, "89"))
        unplayed(c, "an accurate ECN number above 7 is in no header");
    c->layer->bare = true;
    if (parse_numbers(c) < 0)
        return -1;
    c->layer->absolute = take(c, "!");
    return 1;
}

int segment_parse(struct compiler *c)
{
    const struct word *w = peek(c, 0), *value = peek(c, 1);
    if (!word_is(value, ">") && segment_starts(c) && is_flags(w))
        return parse_segment(c);
    if (word_is(w, "flags") && (value->kind == WORD_NAME || value->kind == WORD_PUNCT) &&
        is_flags(value)) {
        c->at++;
        if (add_flags(c, value) < 0)
            return -1;
        c->at++;
        return 1;
    }
    if (take(c, "<"))
        return segment_parse_options(c);
    return 0;
}

static size_t say_letter(char *text, size_t n, size_t k, uint64_t flags, uint64_t free)
{
    if (flags & letters[k].bit)
        text[n++] = letters[k].letter;
    if (free & letters[k].bit) {
        text[n++] = letters[k].letter;
        text[n++] = '_';
    }
    return n;
}

static void say_flags(struct printer *p, uint64_t flags, uint64_t free)
{
    static const char order[] = "FSRP.UEWA";
    char text[24] = "";
    size_t n = 0;
    for (const char *t = order; *t; t++)
        for (size_t k = 0; k < COUNT(letters); k++)
            if (letters[k].letter == *t)
                n = say_letter(text, n, k, flags, free);
    print(p, "%s", n ? text : "-");
}

void segment_say_flags(struct printer *p, uint64_t flags)
{
    say_flags(p, flags, 0);
}

/* END follows from SEQ and LEN. */
static bool follows(const struct layer_spec *l)
{
    const struct clause *seq = clause_named(l, "seq"), *len = clause_named(l, "payload");
    return seq && len && seq->match->kind == MATCH_VALUE && len->match->kind == MATCH_VALUE;
}

/* "S. 0:0(0)": flags, numbers and length are one. */
static void print_segment(struct printer *p, const struct layer_spec *l, const struct clause *flags)
{
    const struct clause *seq = clause_named(l, "seq"), *len = clause_named(l, "payload"),
                        *end = clause_named(l, "end");
    print(p, " ");
    say_flags(p, (uint64_t)flags->match->value.number, (uint64_t)flags->match->upper);
    print(p, " ");
    if (seq->match->kind == MATCH_ANY && !end) {
        print(p, "...");
    } else {
        print_match(p, seq->field, seq->match, -1);
        print(p, ":");
        if (end && !follows(l))
            print_match(p, end->field, end->match, -1);
        else
            print(p, "%lld",
                  (long long)((seq->match->value.number + len->match->value.number) & 0xffffffff));
    }
    print(p, "(");
    print_match(p, len->field, len->match, -1);
    print(p, ")%s", l->absolute ? "!" : "");
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
        say_flags(p, (uint64_t)cl->match->value.number, (uint64_t)cl->match->upper);
    } else if (cl == options && cl->match->kind == MATCH_ANY)
        print(p, " <...>");
    else if (cl == options && (cl->match->value.number || !l->bare)) {
        print(p, " ");
        segment_print_list(p, l);
    } else
        return cl == options || (options && cl->field->flags & FIELD_OPTION) ||
               (l->bare && (!strcmp(name, "seq") || !strcmp(name, "payload") ||
                            (!strcmp(name, "end") && !follows(l))));
    return true;
}

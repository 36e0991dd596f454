/*
 * What packetdrill's lines can say and nothing here plays: GRE and MPLS headers, TCP in UDP, a
 * segment whose MD5 signature is to be valid. Such a line is read and checked like any other and
 * kept as it was written; its script is skipped, with the reason.
 */
#include <string.h>
#include "sim/packet/unplayed.h"

static size_t source_text(const struct word *w, bool first, char *out)
{
    char *to = out;
    if (w->spaced && !first)
        *to++ = ' ';
    if (w->kind == WORD_BIND || w->kind == WORD_USE)
        *to++ = w->kind == WORD_BIND ? '?' : '$';
    size_t n = strlen(w->text);
    memcpy(to, w->text, n);
    return (size_t)(to - out) + n;
}

/* The whole line; `hex` and the octets behind it are two words of the same text. */
static const char *line_text(struct compiler *c)
{
    size_t room = 1, n = 0;
    for (size_t k = 0; k < c->words; k++)
        room += strlen(c->word[k].text) + 2;
    char *text = pool_alloc(c->pool, room);
    for (size_t k = 0; k < c->words; k++)
        n += source_text(&c->word[k], k == 0, text + n);
    text[n] = 0;
    return text;
}

int unplayed(struct compiler *c, const char *why)
{
    if (!c->spec->unplayed) {
        c->spec->unplayed = why;
        c->spec->written = line_text(c);
    }
    return 1;
}

int undefined_word(struct compiler *c, const struct word *w)
{
    char text[128];
    int n = snprintf(text, sizeof text, "no profile and no -D says what %s is", w->text);
    return unplayed(c, pool_text(c->pool, text, n < 127 ? (size_t)n : 127));
}

/* NAME NUMBER of a row of names, with commas or blanks between them. */
static int header_fields(struct compiler *c, const char *const *names)
{
    for (;;) {
        size_t k = 0;
        while (names[k] && !word_is(peek(c, 0), names[k]))
            k++;
        if (!names[k])
            return 1;
        if (peek(c, 1)->kind != WORD_NUMBER)
            return wrong(c, peek(c, 1), "%s needs a number behind it", names[k]);
        c->at += 2;
        (void)take(c, ",");
    }
}

/* gre [flags 0x2000, key 1, ...]: */
static int gre(struct compiler *c)
{
    static const char *const names[] = {"flags", "sum", "off", "key", "sequence#", "seq", NULL};
    if (header_fields(c, names) < 0)
        return -1;
    (void)take(c, ":");
    return unplayed(c, "GRE is not played");
}

/* mpls (label 1, tc 0, ttl 64) (label 2, tc 0, [S], ttl 64): */
static int mpls(struct compiler *c)
{
    static const char *const names[] = {"label", "tc", "ttl", NULL};
    if (!word_is(peek(c, 0), "("))
        return wrong(c, peek(c, 0), "mpls is written mpls (label 1, tc 0, [S], ttl 64):");
    while (take(c, "(")) {
        while (!take(c, ")")) {
            const struct word *start = peek(c, 0);
            if (header_fields(c, names) < 0)
                return -1;
            if (take(c, "[") && (!take(c, "S") || !take(c, "]")))
                return wrong(c, peek(c, 0), "the bottom of mpls's stack is written [S]");
            (void)take(c, ",");
            if (peek(c, 0) == start && !word_is(start, ")"))
                return wrong(c, start,
                             "%s: label N, tc N, [S] and ttl N belong into mpls's brackets",
                             start->text);
        }
        (void)take(c, ",");
    }
    (void)take(c, ":");
    return unplayed(c, "MPLS is not played");
}

/* "/udp(9899 > 1234)" behind a packet. */
static int in_udp(struct compiler *c)
{
    c->at += 3;
    bool pair = peek(c, 0)->kind == WORD_NUMBER && word_is(peek(c, 1), ">") &&
                peek(c, 2)->kind == WORD_NUMBER && word_is(peek(c, 3), ")");
    if (!pair)
        return wrong(c, peek(c, 0), "encapsulation in UDP is written /udp(9899 > 1234)");
    c->at += 4;
    return unplayed(c, "TCP in UDP is not played");
}

int unplayed_parse(struct compiler *c)
{
    if (take(c, "gre"))
        return gre(c);
    if (take(c, "mpls"))
        return mpls(c);
    bool encapsulated =
        word_is(peek(c, 0), "/") && word_is(peek(c, 1), "udp") && word_is(peek(c, 2), "(");
    return encapsulated ? in_udp(c) : 0;
}

/* Failures by cause: those whose verdicts differ in the same field, and name the same requirement
 * first, are told in one line. */
#include "sim/cli/causes.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CAUSE_TEXT = 200, SHOWN = 40 };

struct cause {
    char text[CAUSE_TEXT];
    const char *first; /* case */
    uint32_t count, order;
};

struct causes {
    struct cause *cause;
    uint32_t causes, room, failures;
};

struct causes *causes_new(void)
{
    struct causes *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    return c;
}

void causes_free(struct causes *c)
{
    free(c->cause);
    free(c);
}

/* The word behind a heading of a verdict, up to its colon: "ip.ttl" of "  differs   ip.ttl:
 * expected 64"; the first sentence where there is no such heading. */
static int word_behind(const char *report, const char *heading, const char **word)
{
    const char *at = strstr(report, heading);
    *word = at ? at + strlen(heading) : "";
    return at ? (int)strcspn(*word, ":\n") : 0;
}

static void text_of(const char *report, char out[CAUSE_TEXT])
{
    const char *field, *id, *sentence = strstr(report, ": ");
    int field_len = word_behind(report, "\n  differs   ", &field);
    int id_len = word_behind(report, "\n  requires  ", &id);
    /* A run that stopped is told by what stopped it. */
    if (field_len == 0 || strncmp(field, "run:", 4) == 0) {
        field = sentence ? sentence + 2 : report;
        field_len = (int)strcspn(field, "\n");
    }
    snprintf(out, CAUSE_TEXT, "%.*s%s%.*s", field_len, field, id_len ? ", " : "", id_len, id);
}

static void add(struct causes *c, const char *name, const char text[CAUSE_TEXT])
{
    uint32_t k = 0;
    c->failures++;
    while (k < c->causes && strcmp(c->cause[k].text, text) != 0)
        k++;
    if (k == c->room) {
        c->room = c->room ? c->room * 2 : 64;
        c->cause = realloc(c->cause, c->room * sizeof *c->cause);
        if (!c->cause)
            abort();
    }
    if (k == c->causes) {
        c->cause[c->causes++] = (struct cause){.first = name, .order = k};
        memcpy(c->cause[k].text, text, CAUSE_TEXT);
    }
    c->cause[k].count++;
}

void causes_add(struct causes *c, const char *name, const char *report)
{
    char text[CAUSE_TEXT];
    text_of(report ? report : "", text);
    add(c, name, text);
}

/* The reason without its place: "x.pkt:7: mine has no neighbour". */
void causes_add_skip(struct causes *c, const char *name, const char *reason)
{
    char text[CAUSE_TEXT];
    const char *place = reason ? strstr(reason, ".pkt:") : NULL;
    const char *from = place ? strstr(place, ": ") : NULL;
    from = from ? from + 2 : reason ? reason : "";
    snprintf(text, sizeof text, "%.*s", (int)strcspn(from, "\n"), from);
    add(c, name, text);
}

static int by_count(const void *a, const void *b)
{
    const struct cause *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
                                : (x->order > y->order) - (x->order < y->order);
}

void causes_print(struct causes *c, const char *heading, FILE *out)
{
    if (c->failures < 2)
        return;
    qsort(c->cause, c->causes, sizeof *c->cause, by_count);
    fprintf(out, "\n%s:\n", heading);
    for (uint32_t k = 0; k < c->causes && k < SHOWN; k++)
        fprintf(out, "%5u  %-48s %s\n", c->cause[k].count, c->cause[k].text, c->cause[k].first);
    if (c->causes > SHOWN)
        fprintf(out, "       and %u causes more\n", c->causes - SHOWN);
}

/* What wire mutants came to, over all cases: by field, by line, and what nobody noticed. */
#include <stdlib.h>
#include <string.h>
#include "sim/suite/wire_mutants.h"

enum { FIELD_NAME = 96, FIELDS = 2048 };

struct field_row {
    char name[FIELD_NAME];
    uint64_t mutants, caught;
};

/* A `<` line, over all cases and turns. */
struct line_row {
    const struct script *script;
    int line;
    bool effect, inert;
};

struct wire_tally {
    struct field_row field[FIELDS];
    uint32_t fields;
    struct line_row *line;
    uint32_t lines, line_room;
    FILE *survivors, *breakers; /* breakers NULL: nobody asked for them */
    char *text;
    size_t len;
    uint64_t mutants, caught;
};

struct wire_tally *wire_tally_new(FILE *breakers)
{
    struct wire_tally *t = calloc(1, sizeof *t);
    if (!t || !(t->survivors = open_memstream(&t->text, &t->len)))
        abort();
    t->breakers = breakers;
    return t;
}

void wire_tally_free(struct wire_tally *t)
{
    fclose(t->survivors);
    free(t->text);
    free(t->line);
    free(t);
}

static void count_field(struct wire_tally *t, const char *name, bool caught)
{
    uint32_t k = 0;
    while (k < t->fields && strcmp(t->field[k].name, name) != 0)
        k++;
    if (k == FIELDS)
        return;
    if (k == t->fields)
        snprintf(t->field[t->fields++].name, FIELD_NAME, "%s", name);
    t->field[k].mutants++;
    t->field[k].caught += caught;
    t->mutants++;
    t->caught += caught;
}

static void count_line(struct wire_tally *t, const struct script *s, int line, bool effect,
                       bool inert)
{
    uint32_t k = t->lines;
    while (k > 0 && t->line[k - 1].script == s && t->line[k - 1].line != line)
        k--;
    if (k == 0 || t->line[k - 1].script != s) {
        if (t->lines == t->line_room) {
            t->line_room = t->line_room ? t->line_room * 2 : 256;
            t->line = realloc(t->line, t->line_room * sizeof *t->line);
            if (!t->line)
                abort();
        }
        t->line[t->lines++] = (struct line_row){.script = s, .line = line};
        k = t->lines;
    }
    t->line[k - 1].effect = t->line[k - 1].effect || effect;
    t->line[k - 1].inert = inert;
}

/* A line for each requirement that the verdict named. */
static void tell_breakers(const struct wire_tally *t, const struct run_case *kase,
                          const char *layers, int line, const char *mutant)
{
    const struct script *s = kase->script;
    for (uint32_t v = 0; t->breakers && v < s->covers; v++)
        fprintf(t->breakers, "%s\twire %s\t%s:%d:1\t%s\n", s->cover[v].id, mutant, kase->name, line,
                layers);
}

void wire_tally_add(struct wire_tally *t, const struct run_case *kase, const char *rows)
{
    for (const char *row = rows, *end; row && (end = strchr(row, '\n')); row = end + 1) {
        char field[FIELD_NAME], layers[FIELD_NAME * 2], kind = *row;
        int line, flag;
        unsigned number;
        if (kind == 'f' && sscanf(row, "f\t%95[^\t]\t%d", field, &flag) == 2)
            count_field(t, field, flag);
        else if (kind == 's' && sscanf(row, "s\t%d\t%u\t%95[^\n]", &line, &number, field) == 3)
            fprintf(t->survivors, "survived  %s:%d frame %u: %s\n", kase->name, line, number,
                    field);
        else if (kind == 'l' && sscanf(row, "l\t%d\t%d", &line, &flag) == 2)
            count_line(t, kase->script, line, flag, end[-1] != '\t');
        else if (kind == 'b' &&
                 sscanf(row, "b\t%191[^\t]\t%d\t%95[^\n]", layers, &line, field) == 3)
            tell_breakers(t, kase, layers, line, field);
    }
}

static int by_survivors(const void *a, const void *b)
{
    const struct field_row *x = a, *y = b;
    uint64_t p = x->mutants - x->caught, q = y->mutants - y->caught;
    return p != q ? (p < q) - (p > q) : strcmp(x->name, y->name);
}

uint32_t wire_tally_print(const struct wire_tally *t, FILE *out)
{
    struct field_row *sorted = malloc((t->fields + 1) * sizeof *sorted);
    uint32_t idle = 0, inert = 0;
    fflush(t->survivors);
    fputs(t->text ? t->text : "", out);
    for (uint32_t k = 0; k < t->lines; k++) {
        const struct line_row *l = &t->line[k];
        inert += !l->effect && l->inert;
        idle += !l->effect && !l->inert;
        if (l->effect && l->inert)
            fprintf(out, "inert?    %s:%d says that it is inert, and has an effect\n",
                    l->script->path, l->line);
        if (!l->effect && !l->inert)
            fprintf(out, "no effect %s:%d\n", l->script->path, l->line);
    }
    if (sorted)
        memcpy(sorted, t->field, t->fields * sizeof *sorted);
    if (sorted)
        qsort(sorted, t->fields, sizeof *sorted, by_survivors);
    fprintf(out, "%-28s %9s %9s %9s\n", "field", "mutants", "caught", "survived");
    for (uint32_t k = 0; sorted && k < t->fields; k++)
        fprintf(out, "%-28s %9llu %9llu %9llu\n", sorted[k].name,
                (unsigned long long)sorted[k].mutants, (unsigned long long)sorted[k].caught,
                (unsigned long long)(sorted[k].mutants - sorted[k].caught));
    free(sorted);
    uint64_t share = t->mutants ? t->caught * 10000 / t->mutants : 0;
    fprintf(
        out,
        "wire mutants: %llu of %llu caught, %llu.%02llu %%; %u `<` lines: %u without effect, %u "
        "of them say why\n",
        (unsigned long long)t->caught, (unsigned long long)t->mutants,
        (unsigned long long)(share / 100), (unsigned long long)(share % 100), t->lines,
        idle + inert, inert);
    return idle;
}

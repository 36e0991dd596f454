/* The conformance report, for people and as a table. */
#include <string.h>
#include "sim/base/pool.h"
#include "sim/suite/conformance_inside.h"

static const char *script_path(const struct conformance *c, const struct claim *claim, uint32_t k)
{
    return c->suite->script[claim->script[k]]->path;
}

/* --- each requirement --- */

static void print_claim(const struct conformance *c, const struct claim *claim, FILE *out)
{
    const struct clause *k = &claim->clause;
    fprintf(out, "%s  %s  %s %s  %s: %s\n    %.*s\n", k->id, k->level, k->rfc, k->section, k->scope,
            conformance_words[claim->verdict], k->text_len, k->text);
    for (uint32_t s = 0; s < claim->scripts; s++)
        fprintf(out, "%s%s%s", s ? ", " : "    covered by ", script_path(c, claim, s),
                s + 1 == claim->scripts ? "\n" : "");
    if (claim->breaker)
        fprintf(out, "    broken by %s (%s)\n", claim->breaker, claim->where);
    if (claim->verdict == CONFORMANCE_WAIVED)
        fprintf(out, "    waived: %.*s\n", claim->reason_len, claim->reason);
}

void conformance_print(const struct conformance *c, FILE *out)
{
    for (uint32_t k = 0; k < c->claims; k++)
        print_claim(c, &c->claim[k], out);
    fputc('\n', out);
}

void conformance_print_tsv(const struct conformance *c, FILE *out)
{
    fputs("id\tlevel\trfc\tsection\tscope\tverdict\tscenarios\tbreaker\trequirement\n", out);
    for (uint32_t n = 0; n < c->claims; n++) {
        const struct claim *claim = &c->claim[n];
        const struct clause *k = &claim->clause;
        bool waived = claim->verdict == CONFORMANCE_WAIVED;
        fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t", k->id, k->level, k->rfc, k->section, k->scope,
                conformance_words[claim->verdict]);
        for (uint32_t s = 0; s < claim->scripts; s++)
            fprintf(out, "%s%s", s ? " " : "", script_path(c, claim, s));
        fprintf(out, "%s\t%s\t%.*s\n", claim->scripts ? "" : "-",
                claim->breaker ? claim->breaker : "-", waived ? claim->reason_len : k->text_len,
                waived ? claim->reason : k->text);
    }
}

/* --- totals --- */

enum { LEVELS = 3 };
static const char *const level_name[LEVELS] = {"MUST", "SHOULD", "MAY"};

struct total {
    const char *key;
    uint32_t count[LEVELS][CONFORMANCE_VERDICTS];
};

/* A prohibition counts beside its command. */
static int level_of(const struct clause *k)
{
    return k->level[0] == 'S' ? 1 : strcmp(k->level, "MAY") == 0 ? 2 : 0;
}

static const char *catalogue_of(const struct clause *k)
{
    return k->file;
}

static const char *standard_of(const struct clause *k)
{
    return k->rfc;
}

static void print_level(const char *key, const char *level, const uint32_t *count, FILE *out)
{
    uint32_t rows = 0;
    for (int v = 0; v < CONFORMANCE_VERDICTS; v++)
        rows += count[v];
    if (rows == 0)
        return;
    fprintf(out, "%-14s %-8s %6u", key, level, rows);
    for (int v = 0; v < CONFORMANCE_VERDICTS; v++)
        fprintf(out, " %*u", (int)strlen(conformance_words[v]) + 2, count[v]);
    fputc('\n', out);
}

static void print_by(const struct conformance *c, const char *what,
                     const char *(*key)(const struct clause *), FILE *out)
{
    struct pool *pool = pool_new();
    struct total *total = NULL;
    uint32_t totals = 0;
    for (uint32_t n = 0; n < c->claims; n++) {
        const struct claim *claim = &c->claim[n];
        uint32_t t = 0;
        while (t < totals && strcmp(total[t].key, key(&claim->clause)) != 0)
            t++;
        if (t == totals) {
            total = pool_grow(pool, total, totals, sizeof *total);
            total[totals++] = (struct total){.key = key(&claim->clause)};
        }
        total[t].count[level_of(&claim->clause)][claim->verdict]++;
    }
    fprintf(out, "%-14s %-8s %6s", what, "level", "rows");
    for (int v = 0; v < CONFORMANCE_VERDICTS; v++)
        fprintf(out, "   %s", conformance_words[v]);
    fputc('\n', out);
    for (uint32_t t = 0; t < totals; t++)
        for (int l = 0; l < LEVELS; l++)
            print_level(total[t].key, level_name[l], total[t].count[l], out);
    fputc('\n', out);
    pool_free(pool);
}

void conformance_print_totals(const struct conformance *c, FILE *out)
{
    print_by(c, "catalogue", catalogue_of, out);
    print_by(c, "standard", standard_of, out);
    fprintf(out, "%u requirements", c->claims);
    for (int v = 0; v < CONFORMANCE_VERDICTS; v++)
        fprintf(out, ", %u %s", conformance_count(c, (enum conformance_verdict)v),
                conformance_words[v]);
    fputc('\n', out);
}

#include "sim/cli/last_failed.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim/cli/kept.h"

struct row {
    const char *text; /* "stack <tab> e1000 <tab> x.pkt@n=2" */
    bool ran;
};

struct last_failed {
    struct pool *pool;
    char path[4096], begins[1024]; /* of rows of this stack, or driver */
    struct row *row;               /* as they were, sorted */
    const char **failed;           /* in this run */
    size_t rows, faileds;
    bool changed;
};

/* --- rows --- */

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->text, ((const struct row *)b)->text);
}

static void read_rows(struct last_failed *l)
{
    char *text = NULL;
    size_t room = 0;
    FILE *file = l->path[0] ? fopen(l->path, "r") : NULL;
    if (!file)
        return;
    for (ssize_t len; (len = getline(&text, &room, file)) > 0;) {
        text[strcspn(text, "\n")] = 0;
        if (text[0] == '#' || !strchr(text, '\t'))
            continue;
        l->row = pool_grow(l->pool, l->row, l->rows, sizeof *l->row);
        l->row[l->rows++] = (struct row){pool_text(l->pool, text, strlen(text)), false};
    }
    free(text);
    fclose(file);
    if (l->rows)
        qsort(l->row, l->rows, sizeof *l->row, by_text);
}

struct last_failed *last_failed_load(const struct options *o)
{
    struct pool *pool = pool_new();
    struct last_failed *l = pool_alloc(pool, sizeof *l);
    l->pool = pool;
    kept_path("failed", l->path, sizeof l->path);
    snprintf(l->begins, sizeof l->begins, "%s%s%s\t",
             o->driver ? o->driver
             : o->sut  ? o->sut
                       : "stack",
             o->profile ? " " : "", o->profile ? o->profile : "");
    read_rows(l);
    return l;
}

void last_failed_free(struct last_failed *l)
{
    if (l)
        pool_free(l->pool);
}

static const char *row_text(const struct last_failed *l, const char *argument, const char *nic,
                            char *text, size_t room)
{
    snprintf(text, room, "%s%s\t%s", l->begins, nic ? nic : "-", argument);
    return text;
}

static struct row *row_of(const struct last_failed *l, const char *text)
{
    return l->rows ? bsearch(&(struct row){text, false}, l->row, l->rows, sizeof *l->row, by_text)
                   : NULL;
}

/* The row of its script, which was refused. */
static struct row *whole_of(const struct last_failed *l, const char *argument)
{
    char text[8192], path[4096];
    const char *label = strstr(argument, ".pkt@");
    snprintf(path, sizeof path, "%.*s", label ? (int)(label - argument) + 4 : (int)strlen(argument),
             argument);
    return row_of(l, row_text(l, path, NULL, text, sizeof text));
}

/* --- for a run of those --- */

static bool is_among(const char *const *list, int count, const char *text, size_t len)
{
    for (int k = count; k > 0; k--)
        if (strlen(list[k - 1]) == len && strncmp(list[k - 1], text, len) == 0)
            return true;
    return false;
}

const char *const *last_failed_scripts(const struct last_failed *l, int *count)
{
    const char **list = NULL;
    *count = 0;
    for (size_t k = 0; k < l->rows; k++) {
        const char *text = l->row[k].text;
        if (strncmp(text, l->begins, strlen(l->begins)) != 0)
            continue;
        const char *argument = strrchr(text, '\t') + 1, *label = strstr(argument, ".pkt@");
        size_t len = label ? (size_t)(label - argument) + 4 : strlen(argument);
        if (is_among(list, *count, argument, len))
            continue;
        list = pool_grow(l->pool, list, (size_t)*count, sizeof *list);
        list[(*count)++] = pool_text(l->pool, argument, len);
    }
    return list;
}

void last_failed_choose(const struct last_failed *l, struct suite *suite)
{
    uint32_t kept = 0;
    char text[8192];
    for (uint32_t k = 0; k < suite->cases; k++) {
        const struct suite_case *c = &suite->kase[k];
        const char *nic = c->run.nic->name;
        bool itself = row_of(l, row_text(l, c->argument, nic, text, sizeof text)) != NULL;
        if (itself || (whole_of(l, c->argument) && !c->run.nic->when_named))
            suite->kase[kept++] = *c;
    }
    suite->cases = kept;
}

/* --- what is new --- */

void last_failed_note(struct last_failed *l, const char *argument, const char *nic, bool failed)
{
    char text[8192];
    if (!l)
        return;
    struct row *before = row_of(l, row_text(l, argument, nic, text, sizeof text));
    l->changed |= failed != (before != NULL);
    if (before)
        before->ran = true;
    struct row *whole = whole_of(l, argument);
    l->changed |= whole && whole != before;
    if (whole)
        whole->ran = true;
    if (!failed)
        return;
    l->failed = pool_grow(l->pool, l->failed, l->faileds, sizeof *l->failed);
    l->failed[l->faileds++] = pool_text(l->pool, text, strlen(text));
}

void last_failed_save(const struct last_failed *l)
{
    char *text = NULL;
    size_t len;
    if (!l || !l->changed || !l->path[0])
        return;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return;
    fputs("# Stack or driver, NIC and case of what failed last; wiredrill run --lf reads it.\n",
          out);
    for (size_t k = 0; k < l->rows; k++)
        if (!l->row[k].ran)
            fprintf(out, "%s\n", l->row[k].text);
    for (size_t k = 0; k < l->faileds; k++)
        fprintf(out, "%s\n", l->failed[k]);
    fclose(out);
    kept_write(l->path, text, len);
    free(text);
}

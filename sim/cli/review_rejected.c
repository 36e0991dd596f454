#include <stdlib.h>
#include <string.h>
#include "sim/cli/kept.h"
#include "sim/cli/review.h"

struct row {
    const char *argument;
    char t[33]; /* of the capture: bytes and times */
    bool gone;
};

struct rejected {
    struct pool *pool;
    char path[4096];
    struct row *row;
    size_t rows;
};

static void add(struct rejected *r, const char *argument, const char t[33])
{
    r->row = pool_grow(r->pool, r->row, r->rows, sizeof *r->row);
    struct row *row = &r->row[r->rows++];
    *row = (struct row){.argument = pool_text(r->pool, argument, strlen(argument))};
    snprintf(row->t, sizeof row->t, "%s", t);
}

struct rejected *rejected_load(void)
{
    struct pool *pool = pool_new();
    struct rejected *r = pool_alloc(pool, sizeof *r);
    char *text = NULL;
    size_t room = 0;
    r->pool = pool;
    kept_path("rejected", r->path, sizeof r->path);
    FILE *file = r->path[0] ? fopen(r->path, "r") : NULL;
    while (file && getline(&text, &room, file) > 0) {
        char *tab = strchr(text, '\t');
        text[strcspn(text, "\n")] = 0;
        if (text[0] == '#' || !tab || strlen(tab + 1) != 32)
            continue;
        *tab = 0;
        add(r, text, tab + 1);
    }
    free(text);
    if (file)
        fclose(file);
    return r;
}

bool rejected_holds(const struct rejected *r, const char *argument, const struct fingerprint *t)
{
    char text[33];
    fingerprint_text(t, text);
    for (size_t k = 0; k < r->rows; k++)
        if (strcmp(r->row[k].argument, argument) == 0 && strcmp(r->row[k].t, text) == 0)
            return !r->row[k].gone;
    return false;
}

void rejected_forget(struct rejected *r, const char *argument)
{
    for (size_t k = 0; k < r->rows; k++)
        r->row[k].gone |= strcmp(r->row[k].argument, argument) == 0;
}

void rejected_add(struct rejected *r, const char *argument, const struct fingerprint *t)
{
    char text[33];
    fingerprint_text(t, text);
    rejected_forget(r, argument);
    add(r, argument, text);
}

void rejected_save(const struct rejected *r)
{
    char *text = NULL;
    size_t len;
    FILE *out = r->path[0] && r->rows ? open_memstream(&text, &len) : NULL;
    if (!out)
        return;
    fputs("# Captures that `wiredrill review` rejected: case, fingerprint T.\n", out);
    for (size_t k = 0; k < r->rows; k++)
        if (!r->row[k].gone)
            fprintf(out, "%s\t%s\n", r->row[k].argument, r->row[k].t);
    fclose(out);
    kept_write(r->path, text, len);
    free(text);
}

void rejected_free(struct rejected *r)
{
    pool_free(r->pool);
}

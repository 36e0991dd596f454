#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "sim/base/pool.h"
#include "sim/suite/conformance_inside.h"

const char *const conformance_words[CONFORMANCE_VERDICTS] = {
    [CONFORMANCE_PROVEN] = "proven",   [CONFORMANCE_PASSED] = "passed",
    [CONFORMANCE_FAILED] = "FAILED",   [CONFORMANCE_WAIVED] = "waived",
    [CONFORMANCE_SKIPPED] = "skipped", [CONFORMANCE_NO_SCENARIO] = "no scenario",
};

/* --- the catalogue --- */

static void add_claim(void *ctx, const struct clause *clause)
{
    struct conformance *c = ctx;
    c->claim = pool_grow(c->pool, c->claim, c->claims, sizeof *c->claim);
    c->claim[c->claims] = (struct claim){.clause = *clause, .order = c->claims};
    c->claims++;
}

static int by_id(const void *a, const void *b)
{
    const struct claim *const *x = a, *const *y = b;
    return strcmp((*x)->clause.id, (*y)->clause.id);
}

static struct claim *find(const struct conformance *c, const char *id)
{
    uint32_t low = 0, high = c->claims;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(id, c->by_id[middle]->clause.id);
        if (order == 0)
            return c->by_id[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static void add_waiver(void *ctx, const char *id, const char *reason, int len)
{
    struct conformance *c = ctx;
    struct claim *claim = find(c, id);
    if (claim) {
        claim->reason = reason;
        claim->reason_len = len;
        return;
    }
    c->stray = pool_grow(c->pool, c->stray, c->strays, sizeof *c->stray);
    c->stray[c->strays++] = pool_text(c->pool, id, strlen(id));
}

static void add_script(struct conformance *c, uint32_t number)
{
    const struct script *s = c->suite->script[number];
    for (uint32_t v = 0; v < s->covers; v++) {
        struct claim *claim = find(c, s->cover[v].id);
        if (!claim || (claim->scripts && claim->script[claim->scripts - 1] == number))
            continue; /* a script that says it twice covers it once */
        claim->script = pool_grow(c->pool, claim->script, claim->scripts, sizeof *claim->script);
        claim->script[claim->scripts++] = number;
    }
}

struct conformance *conformance_new(const struct suite *suite)
{
    struct pool *pool = pool_new();
    struct conformance *c = pool_alloc(pool, sizeof *c);
    *c = (struct conformance){.suite = suite, .pool = pool};
    clause_each(add_claim, c);
    c->by_id = pool_alloc(pool, (c->claims + 1) * sizeof(struct claim *));
    for (uint32_t k = 0; k < c->claims; k++)
        c->by_id[k] = &c->claim[k];
    qsort(c->by_id, c->claims, sizeof *c->by_id, by_id);
    clause_each_waiver(add_waiver, c);
    c->tally = pool_alloc(pool, (suite->scripts + 1) * sizeof *c->tally);
    memset(c->tally, 0, (suite->scripts + 1) * sizeof *c->tally);
    for (uint32_t s = 0; s < suite->scripts; s++)
        add_script(c, s);
    return c;
}

void conformance_free(struct conformance *c)
{
    pool_free(c->pool);
}

/* --- breakers --- */

/* The layers that a file of the catalogue is about, where they are not called as it is. */
static bool is_about(const struct clause *c, const char *layers)
{
    const char *names = strcmp(c->file, "ethernet") == 0 ? "eth,vlan,snap,llc" : c->file;
    if (c->own || strcmp(layers, "<") == 0)
        return true;
    for (const char *l = layers; *l; l += strcspn(l, ","), l += *l == ',') {
        size_t len = strcspn(l, ",");
        for (const char *n = names; *n; n += strcspn(n, ","), n += *n == ',')
            if (strcspn(n, ",") == len && strncmp(l, n, len) == 0)
                return true;
    }
    return false;
}

enum { FIELDS = 4 };

/* Cuts a line at its tabs; 0: it says nothing. */
static int cut(char *line, char *field[FIELDS])
{
    int fields = 0;
    line[strcspn(line, "\r\n")] = 0;
    if (!line[0] || line[0] == '#')
        return 0;
    for (char *at = line; at && fields < FIELDS; fields++) {
        field[fields] = at;
        at = strchr(at, '\t');
        if (at)
            *at++ = 0;
    }
    return fields;
}

static bool read_breaker(struct conformance *c, char *line)
{
    char *field[FIELDS] = {NULL};
    int fields = cut(line, field);
    if (fields == 0)
        return true;
    struct claim *claim = fields >= 3 ? find(c, field[0]) : NULL;
    if (claim && (fields < 4 || is_about(&claim->clause, field[3])) && claim->breakers++ == 0) {
        claim->breaker = pool_text(c->pool, field[1], strlen(field[1]));
        claim->where = pool_text(c->pool, field[2], strlen(field[2]));
    }
    return fields >= 3;
}

static bool read_waiver(struct conformance *c, char *line)
{
    char *field[FIELDS] = {NULL};
    int fields = cut(line, field);
    if (fields == 2)
        add_waiver(c, field[0], pool_text(c->pool, field[1], strlen(field[1])),
                   (int)strlen(field[1]));
    return fields == 0 || fields == 2;
}

/* Each line of a file. */
static int read_file(struct conformance *c, const char *path,
                     bool (*read_line)(struct conformance *c, char *line), const char *expected,
                     struct why *why)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    bool sound = file != NULL;
    if (!file)
        why_set(why, "%s: %s", path, strerror(errno));
    for (int line = 1; sound && getline(&text, &room, file) >= 0; line++) {
        sound = read_line(c, text);
        if (!sound)
            why_set(why, "%s:%d:1: expected %s", path, line, expected);
    }
    if (sound && ferror(file)) {
        why_set(why, "%s: %s", path, strerror(errno));
        sound = false;
    }
    free(text);
    if (file)
        fclose(file);
    return sound ? 0 : -1;
}

int conformance_breakers(struct conformance *c, const char *path, struct why *why)
{
    return read_file(c, path, read_breaker, "ID, a tab, what breaks it, a tab, and where", why);
}

int conformance_waivers(struct conformance *c, const char *path, struct why *why)
{
    return read_file(c, path, read_waiver, "ID, a tab, and the reason", why);
}

/* --- verdicts --- */

void conformance_case(struct conformance *c, uint32_t k, enum run_status status)
{
    const struct script *s = c->suite->kase[k].run.script;
    for (uint32_t n = 0; n < c->suite->scripts; n++) {
        struct script_tally *t = &c->tally[n];
        if (c->suite->script[n] != s)
            continue;
        t->passed += status == RUN_PASSED;
        t->skipped += status == RUN_SKIPPED;
        t->failed += status == RUN_FAILED || status == RUN_ERROR;
    }
}

static enum conformance_verdict verdict_of(const struct conformance *c, const struct claim *claim)
{
    uint32_t passed = 0, failed = 0, skipped = 0;
    for (uint32_t k = 0; k < claim->scripts; k++) {
        const struct script_tally *t = &c->tally[claim->script[k]];
        passed += t->passed;
        failed += t->failed;
        skipped += t->skipped;
    }
    if (failed)
        return CONFORMANCE_FAILED;
    if (passed)
        return claim->breaker ? CONFORMANCE_PROVEN : CONFORMANCE_PASSED;
    if (claim->reason)
        return CONFORMANCE_WAIVED;
    return skipped ? CONFORMANCE_SKIPPED : CONFORMANCE_NO_SCENARIO;
}

uint32_t conformance_settle(struct conformance *c, FILE *out)
{
    uint32_t wrong = c->strays;
    for (uint32_t k = 0; k < c->strays; k++)
        fprintf(out, "a waiver: the catalogue has no requirement %s\n", c->stray[k]);
    for (uint32_t k = 0; k < c->claims; k++) {
        struct claim *claim = &c->claim[k];
        claim->verdict = verdict_of(c, claim);
        bool shown = claim->verdict == CONFORMANCE_PROVEN || claim->verdict == CONFORMANCE_PASSED;
        if (!claim->reason || !shown)
            continue;
        fprintf(out, "a waiver: %s is waived, and %s shows it: the row is to go\n",
                claim->clause.id, c->suite->script[claim->script[0]]->path);
        wrong++;
    }
    return wrong;
}

uint32_t conformance_count(const struct conformance *c, enum conformance_verdict verdict)
{
    uint32_t count = 0;
    for (uint32_t k = 0; k < c->claims; k++)
        count += c->claim[k].verdict == verdict;
    return count;
}

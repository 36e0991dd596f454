#include "sim/cli/report_json.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim/base/pool.h"

struct written_case {
    const char *name, *status;
};

struct written_run {
    struct pool *pool;
    char **word;
    struct written_case *kase; /* sorted by name */
    size_t words, options, cases;
};

/* --- lines, as sim/cli/json.c writes them --- */

static unsigned hex4(const char *at)
{
    char digits[5] = "";
    memcpy(digits, at, strnlen(at, 4));
    return (unsigned)strtoul(digits, NULL, 16);
}

/* The string whose opening quote is at `at`; *end behind its closing one. NULL: it is none. */
static char *string_at(struct pool *pool, const char *at, const char **end)
{
    if (*at++ != '"')
        return NULL;
    char *text = pool_alloc(pool, strlen(at) + 1), *out = text;
    for (; *at && *at != '"'; at++) {
        if (*at != '\\') {
            *out++ = *at;
            continue;
        }
        at++;
        if (*at == 'u' && strnlen(at, 5) == 5) {
            *out++ = (char)hex4(at + 1);
            at += 4;
        } else if (*at) {
            *out++ = *at == 'n' ? '\n' : *at;
        }
    }
    *end = at + (*at == '"');
    return *at == '"' ? text : NULL;
}

static char *member(struct pool *pool, const char *line, const char *name)
{
    char key[32];
    const char *end;
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(line, key);
    return at ? string_at(pool, at + strlen(key), &end) : NULL;
}

static void add_word(struct written_run *w, char *word)
{
    w->word = pool_grow(w->pool, w->word, w->words, sizeof *w->word);
    w->word[w->words++] = word;
}

static bool read_options(struct written_run *w, const char *line)
{
    static const char begins[] = "{\"run\":{\"options\":[";
    if (strncmp(line, begins, sizeof begins - 1) != 0)
        return false;
    const char *at = line + sizeof begins - 1;
    for (char *word; *at == '"' && (word = string_at(w->pool, at, &at)) != NULL; at += *at == ',')
        add_word(w, word);
    w->options = w->words;
    return *at == ']';
}

/* Cases of one script stand together: its path is a word once. */
static bool read_case(struct written_run *w, const char *line)
{
    struct written_case c = {member(w->pool, line, "case"), member(w->pool, line, "status")};
    char *script = member(w->pool, line, "script");
    if (!c.name || !c.status)
        return false;
    w->kase = pool_grow(w->pool, w->kase, w->cases, sizeof *w->kase);
    w->kase[w->cases++] = c;
    if (!script)
        script = pool_text(w->pool, c.name, strlen(c.name)); /* it was refused */
    char *label = strstr(script, ".pkt@");
    if (label)
        label[4] = 0;
    if (w->words == w->options || strcmp(w->word[w->words - 1], script) != 0)
        add_word(w, script);
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct written_case *)a)->name, ((const struct written_case *)b)->name);
}

static bool read_line(struct written_run *w, const char *line, int number)
{
    if (number == 1)
        return read_options(w, line);
    return strncmp(line, "{\"totals\":", 10) == 0 || read_case(w, line);
}

struct written_run *written_run_load(const char *path, struct why *why)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    int line = 1;
    bool sound = true;
    if (!file) {
        why_set(why, "%s: %s", path, strerror(errno));
        return NULL;
    }
    struct pool *pool = pool_new();
    struct written_run *w = pool_alloc(pool, sizeof *w);
    w->pool = pool;
    for (; sound && getline(&text, &room, file) > 0; line += sound)
        sound = read_line(w, text, line);
    free(text);
    fclose(file);
    if (sound && w->cases) {
        qsort(w->kase, w->cases, sizeof *w->kase, by_name);
        return w;
    }
    why_set(why, "%s:%d:1: this is no line of what `wiredrill run --json` writes", path, line);
    pool_free(pool);
    return NULL;
}

void written_run_free(struct written_run *w)
{
    if (w)
        pool_free(w->pool);
}

char **written_run_words(const struct written_run *w, int *count)
{
    *count = (int)w->words;
    return w->word;
}

void *written_run_room(const struct written_run *w, size_t size)
{
    return pool_alloc(w->pool, size);
}

static const struct written_case *case_of(const struct written_run *w, const struct suite_case *c)
{
    return bsearch(&(struct written_case){c->run.name, NULL}, w->kase, w->cases, sizeof *w->kase,
                   by_name);
}

void written_run_choose(const struct written_run *w, struct suite *suite)
{
    uint32_t kept = 0;
    for (uint32_t k = 0; k < suite->cases; k++)
        if (case_of(w, &suite->kase[k]))
            suite->kase[kept++] = suite->kase[k];
    suite->cases = kept;
}

const char *written_run_status(const struct written_run *w, const struct suite_case *c)
{
    const struct written_case *found = case_of(w, c);
    return found ? found->status : "";
}

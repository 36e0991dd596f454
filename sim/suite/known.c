#include "sim/suite/known.h"
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include "sim/base/pool.h"
#include "sim/judge/clause.h"

struct known {
    const char *path;
    struct pool *pool;
    struct known_entry *entry;
    uint32_t entries;
};

/* --- the file --- */

static void add_entry(struct known *k, int line, const char *word, size_t len, const char *reason)
{
    struct clause clause;
    k->entry = pool_grow(k->pool, k->entry, k->entries, sizeof *k->entry);
    const char *copy = pool_text(k->pool, word, len);
    k->entry[k->entries++] = (struct known_entry){
        .line = line, .word = copy, .reason = reason, .is_id = clause_find(copy, &clause)};
}

/* The reason, its tabs as ": ". */
static const char *reason_of(struct known *k, const char *text)
{
    char *reason = pool_alloc(k->pool, 2 * strlen(text) + 1), *out = reason;
    for (; *text; text++) {
        *out++ = *text == '\t' ? ':' : *text;
        if (*text == '\t')
            *out++ = ' ';
    }
    return reason;
}

static bool read_line(struct known *k, char *text, int line, struct why *why)
{
    text[strcspn(text, "\r\n")] = 0;
    if (!text[0] || text[0] == '#')
        return true;
    char *tab = strchr(text, '\t');
    if (!tab || !tab[1] || text[strspn(text, " \t")] == 0 || text[0] == '\t') {
        why_set(why, "%s:%d:1: expected WHICH, a tab, and the reason", k->path, line);
        return false;
    }
    const char *reason = reason_of(k, tab + 1);
    for (const char *word = text; word < tab;) {
        size_t len = strcspn(word, " \t");
        if (len)
            add_entry(k, line, word, len, reason);
        word += len + strspn(word + len, " ");
    }
    return true;
}

struct known *known_load(const char *path, struct why *why)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    if (!file) {
        why_set(why, "%s: %s", path, strerror(errno));
        return NULL;
    }
    struct pool *pool = pool_new();
    struct known *k = pool_alloc(pool, sizeof *k);
    *k = (struct known){.path = path, .pool = pool};
    bool sound = true;
    for (int line = 1; sound && getline(&text, &room, file) >= 0; line++)
        sound = read_line(k, text, line, why);
    if (sound && ferror(file)) {
        why_set(why, "%s: %s", path, strerror(errno));
        sound = false;
    }
    free(text);
    fclose(file);
    if (sound)
        return k;
    pool_free(pool);
    return NULL;
}

void known_free(struct known *k)
{
    if (k)
        pool_free(k->pool);
}

/* --- cases --- */

/* The pattern fits the whole name, or what follows a folder of it. */
static bool fits(const char *pattern, const char *name)
{
    for (const char *part = name; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL)
        if (fnmatch(pattern, part, 0) == 0)
            return true;
    return false;
}

static bool covers(const struct script *s, const char *id)
{
    for (uint32_t v = 0; v < s->covers; v++)
        if (strcmp(s->cover[v].id, id) == 0)
            return true;
    return false;
}

/* A case by its name comes before one by its requirement. */
const struct known_entry *known_judge(struct known *k, const struct suite_case *c, bool failed)
{
    const struct known_entry *found = NULL;
    for (uint32_t e = 0; e < k->entries; e++) {
        struct known_entry *entry = &k->entry[e];
        if (!(entry->is_id ? covers(c->run.script, entry->word) : fits(entry->word, c->argument)))
            continue;
        entry->named++;
        entry->failed += failed;
        bool speaks = failed || !entry->is_id;
        if (speaks && (!found || (found->is_id && !entry->is_id)))
            found = entry;
    }
    return found;
}

uint32_t known_finish(const struct known *k, FILE *out)
{
    uint32_t idle = 0, unnamed = 0;
    for (uint32_t e = 0; e < k->entries; e++) {
        const struct known_entry *entry = &k->entry[e];
        unnamed += entry->named == 0;
        if (entry->named == 0 || entry->failed || !entry->is_id)
            continue;
        fprintf(out, "%s:%d: nothing fails of %s any more: %s\n", k->path, entry->line, entry->word,
                entry->reason);
        idle++;
    }
    if (unnamed)
        fprintf(out, "%u entries of %s name no case of this run\n", unnamed, k->path);
    return idle;
}

/* Which cases: by what they need, by requirement, folder and words. */
#include <stdlib.h>
#include <string.h>
#include "sim/cli/cli.h"
#include "sim/language/needs.h"

/* The list has the word. */
static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; *at;) {
        at += strspn(at, ", ");
        size_t n = strcspn(at, ", ");
        if (n == len && strncmp(at, word, n) == 0)
            return true;
        at += n;
    }
    return false;
}

static bool needs_no_more(const struct script *s, const struct options *o)
{
    struct script_needs n;
    script_needs(s, &n);
    uint32_t others = 0;
    for (uint32_t k = 0; k < n.calls; k++)
        others += !has_word(o->needs, n.call[k]);
    n.calls = 0;
    return others == 0 && needs_frames_only(s, &n, o->knob_default);
}

static bool covers(const struct script *s, const char *id)
{
    for (uint32_t k = 0; k < s->covers; k++)
        if (strcmp(s->cover[k].id, id) == 0)
            return true;
    return false;
}

/* A folder of that name stands in the path: whole, between strokes. */
static bool lies_in(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    for (const char *at = path; (at = strstr(at, folder)) != NULL; at++)
        if ((at == path || at[-1] == '/') && at[len] == '/')
            return true;
    return false;
}

/* Every word stands in the case's name, or in what its script says it shows. */
static bool has_words(const struct suite_case *c, const char *words)
{
    const char *summary = c->run.script->summary ? c->run.script->summary : "";
    char word[128];
    for (const char *at = words; *at; at += strcspn(at, " ")) {
        at += strspn(at, " ");
        size_t len = strcspn(at, " ");
        if (len >= sizeof word)
            return false;
        memcpy(word, at, len);
        word[len] = 0;
        if (!strcasestr(c->run.name, word) && !strcasestr(summary, word))
            return false;
    }
    return true;
}

static bool is_chosen(const struct suite_case *c, const struct options *o)
{
    const struct script *s = c->run.script;
    char lacked[64];
    return (!o->requirement || covers(s, o->requirement)) &&
           (!o->folder || lies_in(s->path, o->folder)) && (!o->words || has_words(c, o->words)) &&
           (!o->needs || (needs_no_more(s, o) && !needs_lacked(s, o->lacks, lacked)));
}

bool choose_cases(struct suite *suite, const struct options *o)
{
    uint32_t kept = 0;
    if (!o->requirement && !o->folder && !o->words && !o->needs)
        return false;
    for (uint32_t k = 0; k < suite->cases; k++)
        if (is_chosen(&suite->kase[k], o))
            suite->kase[kept++] = suite->kase[k];
    suite->cases = kept;
    return true;
}

void print_needs(FILE *out, const struct script *s, const struct options *o)
{
    struct script_needs n;
    const char *between = "";
    script_needs(s, &n);
    if (needs_frames_only(s, &n, o->knob_default)) {
        fputs("frames", out);
        between = ", ";
    }
    for (uint32_t k = 0; k < n.calls; k++, between = ", ")
        fprintf(out, "%s%s", between, n.call[k]);
    for (uint32_t k = 0; k < n.knobs; k++, between = ", ")
        fprintf(out, "%sset %s", between, n.knob[k]);
    if (n.interfaces > 1) {
        fprintf(out, "%s%u interfaces", between, n.interfaces);
        between = ", ";
    }
    for (int k = 0; needs[k].name; k++)
        if (n.kinds & 1u << k) {
            fprintf(out, "%s%s", between, needs[k].name);
            between = ", ";
        }
}

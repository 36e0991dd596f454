#include "sim/suite/suite.h"
#include "sim/judge/clause.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CASES_MAX = 100000, NICS_MAX = 8, TREE_DEPTH = 32, LABEL_ROOM = 512 };

/* --- finding scripts --- */

struct found {
    const char *path, *label; /* label: of the only case that is wanted; NULL: all */
};

struct paths {
    struct found *found;
    uint32_t count;
};

static void add_path(struct pool *pool, struct paths *p, const char *path, size_t len,
                     const char *label)
{
    p->found = pool_grow(pool, p->found, p->count, sizeof *p->found);
    p->found[p->count++] = (struct found){pool_text(pool, path, len), label};
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* never the locale's order */
}

static bool is_script(const char *name)
{
    size_t len = strlen(name);
    return len > 4 && strcmp(name + len - 4, ".pkt") == 0;
}

static int walk(struct pool *pool, const char *folder, int depth, struct paths *out,
                struct why *why)
{
    struct dirent **entry;
    int count = depth < TREE_DEPTH ? scandir(folder, &entry, NULL, by_name) : -1;
    if (count < 0) {
        why_set(why, "%s: %s", folder,
                depth < TREE_DEPTH ? strerror(errno) : "folders are nested too deep");
        return -1;
    }
    int result = 0;
    for (int e = 0; e < count; e++) {
        char path[4096];
        struct stat st;
        bool fits = snprintf(path, sizeof path, "%s%s%s", folder,
                             folder[strlen(folder) - 1] == '/' ? "" : "/",
                             entry[e]->d_name) < (int)sizeof path;
        if (result == 0 && entry[e]->d_name[0] != '.' && fits && stat(path, &st) == 0) {
            if (S_ISDIR(st.st_mode))
                result = walk(pool, path, depth + 1, out, why);
            else if (is_script(entry[e]->d_name))
                add_path(pool, out, path, strlen(path), NULL);
        }
        free(entry[e]);
    }
    free(entry);
    return result;
}

/* What is not here may have come with the program: `scenarios/arp` of an installed one. */
static const char *installed(struct pool *pool, const char *path)
{
    char full[4096];
    struct stat st;
    ssize_t len = readlink("/proc/self/exe", full, sizeof full - 1);
    full[len > 0 ? len : 0] = 0;
    for (int up = 0; up < 2 && strrchr(full, '/'); up++) /* the program's name, and bin */
        *strrchr(full, '/') = 0;
    size_t at = strlen(full);
    const char *label = strstr(path, ".pkt@");
    int stem = label ? (int)(label - path) + 4 : (int)strlen(path);
    if (strncmp(path, "scenarios", 9) != 0 || (path[9] && path[9] != '/'))
        return path;
    snprintf(full + at, sizeof full - at, "/share/wiredrill/%.*s", stem, path);
    if (stat(full, &st) != 0)
        return path;
    snprintf(full + at, sizeof full - at, "/share/wiredrill/%s", path);
    return pool_text(pool, full, strlen(full));
}

static int find_scripts(struct pool *pool, const char *path, struct paths *out, struct why *why)
{
    struct stat st;
    if (stat(path, &st) != 0)
        path = installed(pool, path);
    uint32_t before = out->count;
    const char *label = strstr(path, ".pkt@");
    if (stat(path, &st) != 0 && label) {
        add_path(pool, out, path, (size_t)(label - path) + 4, label + 4);
        return 0;
    }
    if (stat(path, &st) != 0) {
        why_set(why, "%s: %s", path, strerror(errno));
        return -1;
    }
    if (!S_ISDIR(st.st_mode)) {
        add_path(pool, out, path, strlen(path), NULL);
        return 0;
    }
    if (walk(pool, path, 0, out, why) != 0)
        return -1;
    if (out->count == before) {
        why_set(why, "%s: no script (*.pkt) in this folder or below it", path);
        return -1;
    }
    return 0;
}

/* --- cases --- */

/* The part of a path behind its last folder named scenarios; NULL when there is none. */
static const char *below_scenarios(const char *path)
{
    const char *found = NULL;
    for (const char *p = path; (p = strstr(p, "scenarios/")) != NULL; p++)
        if (p == path || p[-1] == '/')
            found = p;
    return found;
}

static void append(char *label, const char *text)
{
    size_t len = strlen(label);
    snprintf(label + len, LABEL_ROOM - len, "%s", text);
}

/* Octets that are no text get a file's name in hexadecimal. */
static bool octets_label(const struct value *v, char *text, size_t room)
{
    bool plain = v->kind != VALUE_BYTES || (size_t)v->len * 2 >= room;
    for (uint32_t i = 0; !plain && i < v->len; i++)
        if (v->bytes[i] < ' ' || v->bytes[i] > '~') {
            for (uint32_t k = 0; k < v->len; k++)
                snprintf(text + 2 * (size_t)k, 3, "%02x", v->bytes[k]);
            return true;
        }
    return false;
}

/* "@edge=2@mode=slow": the values that tell cases of one script apart. The NIC is not one: all NICs
 * share a golden. */
static void parameter_label(const struct script *s, const struct value *const *value, char *label)
{
    label[0] = 0;
    for (uint32_t p = 0; p < s->parameters; p++) {
        char text[128];
        if (strcmp(s->parameter[p].name, "nic") == 0)
            continue;
        if (!octets_label(value[p], text, sizeof text))
            value_text(value[p], text, sizeof text);
        for (char *c = text; *c; c++)
            if (*c == '/' || *c == '"' || *c == ' ')
                *c = '_';
        append(label, "@");
        append(label, s->parameter[p].name);
        append(label, "=");
        append(label, text);
    }
}

static const char *golden_path(struct pool *pool, const struct script *s, const char *label)
{
    char path[4096];
    const char *below = below_scenarios(s->path);
    if (!below)
        return NULL;
    int stem = (int)strlen(below + 10) - (is_script(below) ? 4 : 0);
    int len = snprintf(path, sizeof path, "%.*sgolden-pcaps/%.*s%s", (int)(below - s->path),
                       s->path, stem, below + 10, label);
    return pool_text(pool, path, (size_t)len);
}

/* The parameter's values are checked where they stand. */
static const struct nic_kind *nic_of_parameter(const struct script *s, uint32_t p,
                                               const struct value *v, struct why *why)
{
    const struct nic_kind *nic = v->kind == VALUE_NAME ? nic_kind_by_name(v->text) : NULL;
    char text[64];
    value_text(v, text, sizeof text);
    if (!nic)
        why_set(why,
                "%s:%d:%d: the parameter nic has the value %s: there is no such NIC; `wiredrill "
                "list` names them",
                s->parameter[p].place.file, s->parameter[p].place.line,
                s->parameter[p].place.column, text);
    return nic;
}

static int add_case(struct suite *suite, const struct script *s, const uint32_t *pick,
                    const struct nic_kind *nic, bool show_nic, const char *only, struct why *why)
{
    char label[LABEL_ROOM], name[4096];
    const struct value **value = pool_alloc(suite->pool, (s->parameters + 1) * sizeof *value);
    for (uint32_t p = 0; p < s->parameters; p++)
        value[p] = &s->parameter[p].value[pick[p]];
    parameter_label(s, value, label);
    if (only && strcmp(only, label) != 0)
        return 0;
    if (suite->cases == CASES_MAX) {
        why_set(why, "%s: more than %d cases", s->path, CASES_MAX);
        return -1;
    }
    suite->kase = pool_grow(suite->pool, suite->kase, suite->cases, sizeof *suite->kase);
    struct suite_case *c = &suite->kase[suite->cases++];
    memset(c, 0, sizeof *c);
    for (uint32_t p = 0; p < s->parameters; p++) {
        if (strcmp(s->parameter[p].name, "seed") == 0 && value[p]->kind == VALUE_NUMBER)
            c->seed = (uint64_t)value[p]->number;
        if (strcmp(s->parameter[p].name, "nic") == 0 &&
            !(nic = nic_of_parameter(s, p, value[p], why)))
            return -1;
    }
    int len = snprintf(name, sizeof name, "%s%s", s->path, label);
    c->argument = pool_text(suite->pool, name, (size_t)len);
    len = snprintf(name, sizeof name, "%s%s%s", c->argument, show_nic ? " on " : "",
                   show_nic ? nic->name : "");
    c->run = (struct run_case){s, value, nic, pool_text(suite->pool, name, (size_t)len)};
    c->golden = s->golden_none ? NULL : golden_path(suite->pool, s, label);
    return 0;
}

static bool has_parameter(const struct script *s, const char *name)
{
    for (uint32_t p = 0; p < s->parameters; p++)
        if (strcmp(s->parameter[p].name, name) == 0)
            return true;
    return false;
}

/* A script that names a NIC for its interfaces runs on no other. */
static const char *named_nic(const struct script *s)
{
    for (uint32_t i = 0; i < s->suts; i++)
        for (uint32_t a = 0; a < s->sut[i].attributes; a++)
            if (strcmp(s->sut[i].attribute[a].name, "nic") == 0 &&
                s->sut[i].attribute[a].value.kind == VALUE_NAME)
                return s->sut[i].attribute[a].value.text;
    return NULL;
}

static bool nic_wanted(const struct nic_kind *nic, const struct suite_options *o, const char *named)
{
    if (o->nic && strcmp(o->nic, nic->name) != 0)
        return false;
    if (named)
        return strcmp(named, nic->name) == 0;
    return o->nic || o->every_nic || !nic->when_named;
}

static int expand(struct suite *suite, const struct script *s, const struct suite_options *o,
                  const char *only, struct why *why)
{
    const struct nic_kind *nic[NICS_MAX];
    uint32_t nics = 0, *pick = pool_alloc(suite->pool, (s->parameters + 1) * sizeof *pick);
    bool bus = o->sut->flags & SUT_BUS, plain = !bus || has_parameter(s, "nic");
    const char *named = named_nic(s);
    bool unknown = named && !nic_kind_by_name(named); /* the run says so, once */
    if (unknown)
        nic[nics++] = nic_kinds[0];
    for (int k = 0; nic_kinds[k] && nics < NICS_MAX && !unknown; k++) {
        if (nic_wanted(nic_kinds[k], o, named) && !(plain && nics > 0))
            nic[nics++] = nic_kinds[k];
    }
    for (;;) {
        for (uint32_t n = 0; n < nics; n++)
            if (add_case(suite, s, pick, nic[n], bus && !unknown, only, why) != 0)
                return -1;
        uint32_t p = s->parameters;
        while (p > 0 && ++pick[p - 1] == s->parameter[p - 1].values)
            pick[--p] = 0;
        if (p == 0)
            return 0;
    }
}

enum { CLAUSES_MAX = 4096 };

struct clause_names {
    const char **name;
    int count;
    struct pool *pool;
};

static void collect_name(void *ctx, const struct clause *c)
{
    struct clause_names *names = ctx;
    if (names->count < CLAUSES_MAX)
        names->name[names->count++] = pool_text(names->pool, c->id, strlen(c->id));
}

/* A requirement that the catalogue does not have is a typo: a verdict could not quote it. */
static int check_covers(struct suite *suite, const struct script *s, struct why *why)
{
    for (uint32_t k = 0; k < s->covers; k++) {
        struct clause found;
        const struct cover *c = &s->cover[k];
        if (clause_find(c->id, &found))
            continue;
        struct clause_names names = {pool_alloc(suite->pool, (CLAUSES_MAX + 1) * sizeof(char *)), 0,
                                     suite->pool};
        clause_each(collect_name, &names);
        const char *nearest = nearest_word(c->id, names.name);
        struct why plain = {{0}};
        char text[WHY_BYTES];
        why_set(&plain, "%s:%d:%d: the catalogue (conformance/) has no requirement %s%s%s%s",
                s->path, c->place.line, c->place.column, c->id, nearest ? "; did you mean " : "",
                nearest ? nearest : "", nearest ? "?" : "");
        diagnostic_caret(s, plain.text, text, sizeof text);
        why_set(why, "%s", text);
        return -1;
    }
    return 0;
}

/* 0, or -1 with the reason; cases that the script has then are none of the suite's. */
static int load_script(struct suite *suite, const struct found *found,
                       const struct suite_options *o, struct why *why)
{
    struct diagnostic d;
    struct script *s = script_load(found->path, o->define, &d);
    uint32_t before = suite->cases;
    if (!s) {
        char text[WHY_BYTES];
        diagnostic_text(&d, NULL, text, sizeof text);
        why_set(why, "%s", text);
        return -1;
    }
    suite->script = pool_grow(suite->pool, suite->script, suite->scripts, sizeof *suite->script);
    suite->script[suite->scripts++] = s;
    if (check_covers(suite, s, why) != 0 || expand(suite, s, o, found->label, why) != 0)
        return -1;
    if (found->label && suite->cases == before)
        why_set(why, "%s: no combination of its parameters is %s", found->path, found->label);
    return found->label && suite->cases == before ? -1 : 0;
}

static void load_or_refuse(struct suite *suite, const struct found *found,
                           const struct suite_options *o)
{
    struct why why = {{0}};
    uint32_t before = suite->cases;
    if (load_script(suite, found, o, &why) == 0)
        return;
    suite->cases = before;
    suite->refused =
        pool_grow(suite->pool, suite->refused, suite->refusals, sizeof *suite->refused);
    suite->refused[suite->refusals++] =
        (struct refused_script){found->path, pool_text(suite->pool, why.text, strlen(why.text))};
}

struct suite *suite_load(const char *const *path, int paths, const struct suite_options *options,
                         struct why *why)
{
    struct pool *pool = pool_new();
    struct suite *suite = pool_alloc(pool, sizeof *suite);
    struct paths found = {NULL, 0};
    suite->pool = pool;
    int result = 0;
    for (int p = 0; p < paths && result == 0; p++)
        result = find_scripts(pool, path[p], &found, why);
    for (uint32_t f = 0; f < found.count && result == 0; f++)
        load_or_refuse(suite, &found.found[f], options);
    if (result == 0)
        return suite;
    suite_free(suite);
    return NULL;
}

void suite_free(struct suite *s)
{
    for (uint32_t k = 0; k < s->scripts; k++)
        script_free(s->script[k]);
    pool_free(s->pool);
}

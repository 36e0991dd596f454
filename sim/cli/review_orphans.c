#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "sim/cli/review.h"

enum { DEPTH = 32, PATH_ROOM = 4096 };

struct stems {
    const char **stem; /* goldens of cases, without extension, sorted */
    size_t count;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has(const struct stems *s, const char *stem)
{
    return s->count && bsearch(&stem, s->stem, s->count, sizeof *s->stem, by_text);
}

/* NAME.pcap, NAME.fingerprint, NAME.versions, NAME@link=LINK.pcap */
static bool belongs(const struct stems *s, const char *path)
{
    char stem[PATH_ROOM];
    snprintf(stem, sizeof stem, "%s", path);
    char *dot = strrchr(stem, '.');
    if (dot)
        *dot = 0;
    if (has(s, stem))
        return true;
    for (char *link, *at = stem; (link = strstr(at, "@link=")) != NULL; at = link + 1)
        if (!strstr(link + 1, "@link=")) {
            *link = 0;
            return has(s, stem);
        }
    return false;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static uint32_t walk(const struct stems *s, const char *folder, int depth, FILE *out)
{
    struct dirent **entry;
    uint32_t orphans = 0;
    int count = depth < DEPTH ? scandir(folder, &entry, NULL, by_name) : -1;
    for (int e = 0; e < count; e++) {
        char path[PATH_ROOM];
        struct stat st;
        bool fits =
            snprintf(path, sizeof path, "%s/%s", folder, entry[e]->d_name) < (int)sizeof path;
        if (fits && entry[e]->d_name[0] != '.' && stat(path, &st) == 0) {
            if (S_ISDIR(st.st_mode)) {
                orphans += walk(s, path, depth + 1, out);
            } else if (!belongs(s, path)) {
                fprintf(out, "no scenario  %s\n", path);
                orphans++;
            }
        }
        free(entry[e]);
    }
    if (count >= 0)
        free(entry);
    return orphans;
}

/* Where the goldens of a folder of scenarios lie; false: it is none. */
static bool goldens_of(const char *path, char out[PATH_ROOM])
{
    const char *found = NULL;
    struct stat st;
    for (const char *p = path; (p = strstr(p, "scenarios")) != NULL; p++)
        if ((p == path || p[-1] == '/') && (!p[9] || p[9] == '/'))
            found = p;
    if (!found || stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return false;
    int len = snprintf(out, PATH_ROOM, "%.*sgolden-pcaps%s", (int)(found - path), path, found + 9);
    while (len > 1 && len < PATH_ROOM && out[len - 1] == '/')
        out[--len] = 0;
    return true;
}

uint32_t review_orphans(const struct suite *suite, const struct options *o, FILE *out)
{
    struct stems s = {calloc(suite->cases + 1, sizeof *s.stem), 0};
    uint32_t orphans = 0;
    for (uint32_t k = 0; k < suite->cases; k++)
        if (suite->kase[k].golden)
            s.stem[s.count++] = suite->kase[k].golden;
    qsort(s.stem, s.count, sizeof *s.stem, by_text);
    for (int p = 0; p < o->paths; p++) {
        char folder[PATH_ROOM];
        if (goldens_of(o->path[p], folder))
            orphans += walk(&s, folder, 0, out);
    }
    free(s.stem);
    return orphans;
}

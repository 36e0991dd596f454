#include "sim/cli/kept.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sim/record/capture.h"

static uint64_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

void kept_path(const char *what, char *path, size_t room)
{
    struct stat st;
    char folder[4096];
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    bool own = cache && *cache;
    int len = 0;
    if (stat("reports", &st) == 0 && S_ISDIR(st.st_mode))
        len = snprintf(path, room, "reports/%s.tsv", what);
    else if ((own || (home && *home)) && getcwd(folder, sizeof folder))
        len = snprintf(path, room, "%s%s/wiredrill/%s-%016llx.tsv", own ? cache : home,
                       own ? "" : "/.cache", what, (unsigned long long)hash_of(folder));
    if (len <= 0 || (size_t)len >= room)
        path[0] = 0;
}

static void make_folders(const char *path)
{
    char part[4096];
    for (const char *end = path; (end = strchr(end + 1, '/')) != NULL;) {
        snprintf(part, sizeof part, "%.*s", (int)(end - path), path);
        mkdir(part, 0700);
    }
}

void kept_write(const char *path, const char *text, size_t len)
{
    struct why why = {{0}};
    make_folders(path);
    file_write(path, text, len, &why);
}

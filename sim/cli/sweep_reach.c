#include "sim/cli/sweep_reach.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "sim/cli/json.h"
#include "sim/record/json.h"

enum { LINE_ROOM = 1 << 17, NAME_ROOM = 128 };

void unreached_add(struct unreached *u, const char *name)
{
    char **grown = realloc(u->name, (u->count + 1) * sizeof *grown);
    if (!grown)
        abort();
    u->name = grown;
    u->name[u->count++] = strdup(name);
}

void unreached_free(struct unreached *u)
{
    for (uint32_t k = 0; k < u->count; k++)
        free(u->name[k]);
    free(u->name);
    *u = (struct unreached){NULL, 0};
}

void unreached_json(const struct unreached *u)
{
    putchar('[');
    for (uint32_t k = 0; k < u->count; k++) {
        fputs(k ? ", " : "", stdout);
        json_string(stdout, u->name[k]);
    }
    putchar(']');
}

static bool has(const struct unreached *u, const char *name)
{
    for (uint32_t k = 0; k < u->count; k++)
        if (strcmp(u->name[k], name) == 0)
            return true;
    return false;
}

/* Rows of the file; false after saying that it cannot be read. */
static bool read_rows(const char *file, struct unreached *rows)
{
    char line[4096];
    FILE *f = fopen(file, "r");
    if (!f)
        return !usage_error("--waivers: %s: %s", file, strerror(errno));
    while (fgets(line, sizeof line, f)) {
        char *tab = strchr(line, '\t');
        if (line[0] == '#' || line[0] == '\n')
            continue;
        if (!tab || tab[1] == '\n') {
            usage_error("--waivers: %s: a row is NAME, a tab, and the reason: %s", file, line);
            fclose(f);
            return false;
        }
        *tab = 0;
        unreached_add(rows, line);
    }
    fclose(f);
    return true;
}

bool unreached_explained(const struct unreached *u, const char *file, bool every)
{
    struct unreached rows = {NULL, 0};
    uint32_t unexplained = 0, needless = 0;
    if (file && !read_rows(file, &rows))
        return false;
    for (uint32_t k = 0; k < u->count; k++)
        if (!has(&rows, u->name[k]) && unexplained++ < (every ? UINT32_MAX : 0))
            fprintf(stderr, "not reached: %s\n", u->name[k]);
    for (uint32_t k = 0; every && k < rows.count; k++)
        if (!has(u, rows.name[k]) && ++needless)
            fprintf(stderr, "%s: reached, its row can go: %s\n", file, rows.name[k]);
    fprintf(stderr, "%u not reached, %u of them explained%s\n", u->count, u->count - unexplained,
            every ? "" : "; not every case was had, so that is no failure");
    unreached_free(&rows);
    return !every || (!unexplained && !needless);
}

/* --- shards --- */

struct joined {
    uint64_t first, last, shards, runs, failed, left_out, not_run, frames, virtual_ns;
    bool complete, begun, *seen; /* shards, by number */
    struct unreached unreached;
};

static bool number_of(const char *line, const char *key, uint64_t *out)
{
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\": ", key);
    const char *at = strstr(line, quoted);
    *out = at ? strtoull(at + strlen(quoted), NULL, 10) : 0;
    return at != NULL;
}

/* What all shards missed. */
static void meet(struct joined *j, const char *list)
{
    struct unreached both = {NULL, 0};
    char name[NAME_ROOM];
    int used = 0;
    for (const char *p = list; sscanf(p, " %*[[, ]\"%127[^\"]\"%n", name, &used) == 1; p += used)
        if (!j->begun || has(&j->unreached, name))
            unreached_add(&both, name);
    unreached_free(&j->unreached);
    j->unreached = both;
}

static int add_shard(struct joined *j, const char *file, const char *line)
{
    uint64_t first, last, shard, shards, runs, failed, left_out, not_run, frames, virtual_ns;
    const char *list = strstr(line, "\"unreached\": ");
    if (!number_of(line, "first", &first) || !number_of(line, "last", &last) ||
        !number_of(line, "shard", &shard) || !number_of(line, "shards", &shards) ||
        !number_of(line, "runs", &runs) || !number_of(line, "failed", &failed) ||
        !number_of(line, "left_out", &left_out) || !number_of(line, "not_run", &not_run) ||
        !number_of(line, "frames", &frames) || !number_of(line, "virtual_ns", &virtual_ns) ||
        !list || shard < 1 || shard > shards || shards > UINT32_MAX)
        return usage_error("--join: %s: its last line is not that of a sweep", file);
    if (j->begun && (first != j->first || last != j->last || shards != j->shards))
        return usage_error("--join: %s is of another sweep: seeds %" PRIu64 "..%" PRIu64
                           " in %" PRIu64 " shards",
                           file, first, last, shards);
    if (!j->begun)
        j->seen = calloc(shards + 1, sizeof *j->seen);
    if (!j->seen || j->seen[shard])
        return usage_error("--join: %s: shard %" PRIu64 " is there twice", file, shard);
    j->seen[shard] = true;
    j->complete = (!j->begun || j->complete) && strstr(line, "\"complete\": true");
    meet(j, list + strlen("\"unreached\": "));
    j->begun = true;
    j->first = first, j->last = last, j->shards = shards;
    j->runs += runs, j->failed += failed, j->left_out += left_out, j->not_run += not_run;
    j->frames += frames, j->virtual_ns += virtual_ns;
    return 0;
}

/* Failures are passed on; the last line has the totals. */
static int read_shard(struct joined *j, const char *file)
{
    char *line = malloc(LINE_ROOM);
    FILE *f = fopen(file, "r");
    int status = line && f ? 0 : usage_error("--join: %s: %s", file, strerror(errno));
    bool totals = false;
    while (status == 0 && fgets(line, LINE_ROOM, f)) {
        totals = strncmp(line, "{\"sweep\": ", 10) == 0;
        if (totals)
            status = add_shard(j, file, line);
        else if (strstr(line, "\"status\": \"failed\""))
            fputs(line, stdout);
    }
    if (status == 0 && !totals)
        status = usage_error("--join: %s has no totals: its shard did not end", file);
    if (f)
        fclose(f);
    free(line);
    return status;
}

int sweep_join(const struct options *o)
{
    struct joined j = {.begun = false};
    int status = o->paths ? 0 : usage_error("--join: which files?");
    for (int p = 0; p < o->paths && status == 0; p++)
        status = read_shard(&j, o->path[p]);
    uint64_t missing = 0;
    for (uint64_t s = 1; status == 0 && s <= j.shards; s++)
        missing += !j.seen[s];
    if (status == 0) {
        bool whole = j.complete && missing == 0;
        printf("{\"sweep\": {\"first\": %" PRIu64 ", \"last\": %" PRIu64
               ", \"shard\": 1, \"shards\": 1, \"complete\": %s, \"runs\": %" PRIu64
               ", \"failed\": %" PRIu64 ", \"left_out\": %" PRIu64 ", \"not_run\": %" PRIu64
               ", \"frames\": %" PRIu64 ", \"virtual_ns\": %" PRIu64 ", \"unreached\": ",
               j.first, j.last, whole ? "true" : "false", j.runs, j.failed, j.left_out, j.not_run,
               j.frames, j.virtual_ns);
        unreached_json(&j.unreached);
        printf("}}\n");
        fflush(stdout);
        fprintf(stderr,
                "%" PRIu64 " runs, %" PRIu64 " failed, %" PRIu64 " of %" PRIu64 " shards missing\n",
                j.runs, j.failed, missing, j.shards);
        bool explained = unreached_explained(&j.unreached, o->waivers, whole && o->waivers);
        status = j.failed || j.not_run || !whole || !explained ? EXIT_FAILED_CASE : EXIT_PASSED;
    }
    unreached_free(&j.unreached);
    free(j.seen);
    return status;
}

/* Results as lines of JSON. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "sim/cli/cli.h"
#include "sim/cli/json.h"
#include "sim/record/capture.h"
#include "sim/record/json.h"

/* --- where to --- */

struct json_lines {
    FILE *out;
    const char *path; /* NULL: out is the standard output */
    char *bytes;
    size_t len;
};

struct json_lines *json_open(const char *path)
{
    struct json_lines *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    j->path = path;
    j->out = path ? open_memstream(&j->bytes, &j->len) : stdout;
    if (j->out)
        return j;
    free(j);
    return NULL;
}

int json_close(struct json_lines *j, struct why *why)
{
    int result = 0;
    if (!j)
        return 0;
    if (j->path && fclose(j->out) != 0) {
        why_set(why, "%s: no memory", j->path);
        result = -1;
    } else if (j->path) {
        result = file_write(j->path, j->bytes, j->len, why);
    }
    free(j->bytes);
    free(j);
    return result;
}

FILE *json_out(struct json_lines *j)
{
    return j->out;
}

/* --- what --- */

void json_run(struct json_lines *j, const struct options *o)
{
    if (!j)
        return;
    fputs("{\"run\":{\"options\":[", j->out);
    for (int k = 0; k < o->givens; k++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", strlen(o->given[k].name) > 1 ? "--" : "-",
                 o->given[k].name);
        fputs(k ? "," : "", j->out);
        json_string(j->out, name);
        if (!o->given[k].value)
            continue;
        fputs(",", j->out);
        json_string(j->out, o->given[k].value);
    }
    fputs("]}}\n", j->out);
}

static void print_fingerprints(FILE *out, const struct outcome *o)
{
    const struct fingerprint *const of[] = {&o->w, &o->t, &o->s};
    for (int k = 0; k < 3; k++) {
        char text[33];
        fingerprint_text(of[k], text);
        fprintf(out, ",\"%c\":\"%s\"", "WTS"[k], text);
    }
}

void json_case(struct json_lines *j, const struct suite_case *c, const struct result *r)
{
    static const char *const words[] = {"passed", "failed", "skipped", "error"};
    if (!j)
        return;
    fputs("{\"case\":", j->out);
    json_string(j->out, c->run.name);
    fputs(r->outcome.relaxed ? ",\"relaxed\":true" : "", j->out);
    fprintf(j->out, ",\"status\":\"%s\"", words[r->outcome.status]);
    if (c->argument) {
        fputs(",\"script\":", j->out);
        json_string(j->out, c->argument);
    }
    if (c->run.nic)
        fprintf(j->out, ",\"nic\":\"%s\"", c->run.nic->name);
    fprintf(j->out, ",\"frames\":%" PRIu64 ",\"virtual_ns\":%" PRId64 ",\"wall_ns\":%" PRId64,
            r->outcome.frames, r->outcome.virtual_ns, r->outcome.wall_ns);
    print_fingerprints(j->out, &r->outcome);
    if (r->report && r->report[0]) {
        fputs(",\"report\":", j->out);
        json_string(j->out, r->report);
    }
    fputs("}\n", j->out);
}

void json_totals(struct json_lines *j, uint32_t passed, uint32_t failed, uint32_t skipped,
                 bool complete)
{
    if (j)
        fprintf(j->out,
                "{\"totals\":{\"passed\":%u,\"failed\":%u,\"skipped\":%u,\"complete\":%s}}\n",
                passed, failed, skipped, complete ? "true" : "false");
}

#include "sim/record/junit.h"
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim/base/text.h"

struct junit {
    char *path, *cases; /* the elements of those that were told */
    size_t len;
    FILE *out; /* to them */
    uint32_t tests, failures, errors, skipped;
    int64_t wall_ns;
};

static void dispose(struct junit *j)
{
    if (j->out)
        fclose(j->out);
    free(j->cases);
    free(j->path);
    free(j);
}

struct junit *junit_open(const char *path)
{
    struct junit *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    j->path = strdup(path);
    j->out = open_memstream(&j->cases, &j->len);
    if (j->path && j->out)
        return j;
    dispose(j);
    return NULL;
}

/* Of len octets; an octet that XML cannot have becomes a question mark. */
static void escaped(FILE *f, const char *text, size_t octets, bool attribute)
{
    const char *end = text + octets;
    for (int len; text < end && *text; text += len ? len : 1) {
        len = text_character(text);
        unsigned char c = (unsigned char)*text;
        if (c == '<')
            fputs("&lt;", f);
        else if (c == '>')
            fputs("&gt;", f);
        else if (c == '&')
            fputs("&amp;", f);
        else if (c == '"' || (attribute && (c == '\n' || c == '\t')))
            fprintf(f, "&#%d;", c); /* white space in an attribute would become blanks */
        else if ((c < 32 && c != '\n' && c != '\t') || len == 0)
            fputc('?', f);
        else
            fwrite(text, 1, (size_t)len, f);
    }
}

static void seconds(FILE *f, int64_t ns)
{
    fprintf(f, " time=\"%" PRId64 ".%06" PRId64 "\"", ns / 1000000000, ns / 1000 % 1000000);
}

static void count(struct junit *j, const char *kind, int64_t wall_ns)
{
    j->tests++;
    j->wall_ns += wall_ns;
    j->failures += kind && strcmp(kind, "failure") == 0;
    j->errors += kind && strcmp(kind, "error") == 0;
    j->skipped += kind && strcmp(kind, "skipped") == 0;
}

/* The script without its ending is the class: "scenarios/arp/probe". */
void junit_case(struct junit *j, const char *script, const char *name, const char *kind,
                const char *text, int64_t wall_ns)
{
    if (!j)
        return;
    size_t stem = strlen(script);
    stem -= stem > 4 && strcmp(script + stem - 4, ".pkt") == 0 ? 4 : 0;
    count(j, kind, wall_ns);
    fputs("  <testcase classname=\"", j->out);
    escaped(j->out, script, stem, true);
    fputs("\" name=\"", j->out);
    escaped(j->out, name, strlen(name), true);
    fputs("\" file=\"", j->out);
    escaped(j->out, script, strlen(script), true);
    fputc('"', j->out);
    seconds(j->out, wall_ns);
    if (!kind) {
        fputs("/>\n", j->out);
        return;
    }
    text = text ? text : "";
    fprintf(j->out, "><%s message=\"", kind);
    escaped(j->out, text, strcspn(text, "\n"), true);
    fputs("\">", j->out);
    escaped(j->out, text, strlen(text), false);
    fprintf(j->out, "</%s></testcase>\n", kind);
}

static void print(const struct junit *j, FILE *f)
{
    fprintf(
        f,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"wiredrill\" "
        "tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\"",
        j->tests, j->failures, j->errors, j->skipped);
    seconds(f, j->wall_ns);
    fprintf(f, ">\n%s</testsuite>\n</testsuites>\n", j->cases);
}

static int write_beside(const struct junit *j, const char *temporary)
{
    FILE *f = fopen(temporary, "w");
    if (!f)
        return -1;
    print(j, f);
    bool whole = !ferror(f);
    if (fclose(f) == 0 && whole && rename(temporary, j->path) == 0)
        return 0;
    int error = errno;
    remove(temporary);
    errno = error;
    return -1;
}

int junit_close(struct junit *j)
{
    char *temporary = NULL;
    int result = -1;
    if (!j)
        return -1;
    if (fflush(j->out) == 0 && !ferror(j->out) && asprintf(&temporary, "%s.part", j->path) >= 0)
        result = write_beside(j, temporary);
    int error = errno;
    free(temporary);
    dispose(j);
    errno = error;
    return result;
}

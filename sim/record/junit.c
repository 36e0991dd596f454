#include "sim/record/junit.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "sim/base/text.h"

struct junit {
    FILE *file;
    char *temporary, *path;
};

struct junit *junit_open(const char *path, uint32_t cases)
{
    struct junit *j = calloc(1, sizeof *j);
    if (!j || asprintf(&j->temporary, "%s.part", path) < 0 || !(j->path = strdup(path)) ||
        !(j->file = fopen(j->temporary, "w"))) {
        if (j)
            free(j->path);
        free(j);
        return NULL;
    }
    fprintf(
        j->file,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"wiredrill\" tests=\"%u\">\n",
        cases);
    return j;
}

static void escaped(FILE *f, const char *text)
{
    for (int len; *text; text += len ? len : 1) {
        len = text_character(text);
        unsigned char c = (unsigned char)*text;
        if (c == '<')
            fputs("&lt;", f);
        else if (c == '&')
            fputs("&amp;", f);
        else if (c == '"' || c == '\n' ||
                 c == '\t') /* white space in an attribute would become blanks */
            fprintf(f, "&#%d;", c);
        else if (c < 32 || len == 0)
            fputc('?', f);
        else
            fwrite(text, 1, (size_t)len, f);
    }
}

void junit_case(struct junit *j, const char *name, const char *kind, const char *text,
                int64_t wall_ns)
{
    if (!j)
        return;
    fputs("  <testcase classname=\"wiredrill\" name=\"", j->file);
    escaped(j->file, name);
    fprintf(j->file, "\" time=\"%" PRId64 ".%06" PRId64 "\"", wall_ns / 1000000000,
            wall_ns / 1000 % 1000000);
    if (!kind) {
        fputs("/>\n", j->file);
        return;
    }
    fprintf(j->file, "><%s message=\"", kind);
    escaped(j->file, text ? text : "");
    fprintf(j->file, "\"/></testcase>\n");
}

void junit_close(struct junit *j)
{
    if (!j)
        return;
    fputs("</testsuite>\n", j->file);
    if (fclose(j->file) != 0 || rename(j->temporary, j->path) != 0)
        remove(j->temporary);
    free(j->temporary);
    free(j->path);
    free(j);
}

/* Errors with their place, the source line and a caret. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/diagnostic.h"

static size_t sequence(const char *text, size_t len)
{
    unsigned char c = (unsigned char)text[0];
    size_t want = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf8 ? 4 : 1;
    for (size_t i = 1; i < want; i++)
        if (i >= len || ((unsigned char)text[i] & 0xc0) != 0x80)
            return 1;
    return want;
}

int text_columns(const char *text, size_t len)
{
    int n = 0;
    for (size_t i = 0; i < len; n++)
        i += sequence(text + i, len - i);
    return n;
}

bool diagnose(struct diagnostic *d, const struct place *place, const char *format, ...)
{
    if (!d || d->text[0])
        return false;
    d->place = *place;
    va_list args;
    va_start(args, format);
    vsnprintf(d->text, sizeof d->text, format, args);
    va_end(args);
    return false;
}

/* Line `number` of the source, from 1; its length without the line's end. */
static const char *line_of(const char *source, size_t size, int number, size_t *len)
{
    const char *from = source, *end = source + size;
    for (int n = 1; n < number; n++) {
        const char *next = memchr(from, '\n', (size_t)(end - from));
        if (!next)
            return NULL;
        from = next + 1;
    }
    const char *stop = memchr(from, '\n', (size_t)(end - from));
    if (!stop)
        stop = end;
    if (stop > from && stop[-1] == '\r')
        stop--;
    *len = (size_t)(stop - from);
    return from;
}

/* A window of a long line that holds the column: skips whole characters. */
static void keep_line(struct diagnostic *d, const char *line, size_t len)
{
    enum { BEFORE = 100 };
    size_t at = 0;
    int skip = d->place.column > BEFORE + 1 ? d->place.column - BEFORE - 1 : 0;
    for (int n = 0; n < skip && at < len; n++)
        at += sequence(line + at, len - at);
    d->skipped = skip;
    size_t n = 0;
    while (at < len) {
        size_t step = sequence(line + at, len - at);
        if (n + step >= sizeof d->line)
            break;
        memcpy(d->line + n, line + at, step);
        n += step;
        at += step;
    }
    d->line[n] = 0;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)d->line[i] < ' ' && d->line[i] != '\t')
            d->line[i] = '?';
}

void diagnostic_keep(struct diagnostic *d, const char *main_file, const char *source, size_t len)
{
    size_t n = 0;
    const char *line = source ? line_of(source, len, d->place.line, &n) : NULL;
    if (line)
        keep_line(d, line, n);
    if (d->place.file && main_file && strcmp(d->place.file, main_file) == 0) {
        d->place.file = main_file;
    } else if (d->place.file) {
        snprintf(d->file, sizeof d->file, "%s", d->place.file);
        d->place.file = d->file;
    }
}

/* Blanks up to the column, tabs kept, so that the caret stands right whatever a tab's width. */
static void indent_like(const char *line, int columns, char *out, size_t room)
{
    size_t at = 0, n = 0, len = strlen(line);
    for (int c = 0; c < columns && n + 1 < room; c++) {
        bool tab = at < len && line[at] == '\t';
        out[n++] = tab ? '\t' : ' ';
        if (at < len)
            at += sequence(line + at, len - at);
    }
    out[n] = 0;
}

int diagnostic_text(const struct diagnostic *d, const char *source, char *out, int room)
{
    struct diagnostic kept = *d;
    if (!kept.line[0] && source)
        diagnostic_keep(&kept, kept.place.file, source, strlen(source));
    size_t room_bytes = room > 0 ? (size_t)room : 0;
    const char *file = d->place.file ? d->place.file : "script";
    if (!kept.line[0])
        return snprintf(out, room_bytes, "%s:%d:%d: %s\n", file, d->place.line, d->place.column,
                        d->text);
    char blanks[sizeof kept.line], marks[64];
    int column = d->place.column - 1 - kept.skipped;
    indent_like(kept.line, column, blanks, sizeof blanks);
    int left = text_columns(kept.line, strlen(kept.line)) - column;
    int more = d->place.length > left ? left - 1 : d->place.length - 1;
    size_t tail = more < 0 ? 0 : more < (int)sizeof marks ? (size_t)more : sizeof marks - 1;
    memset(marks, '~', tail);
    marks[tail] = 0;
    return snprintf(out, room_bytes, "%s:%d:%d: %s\n    %s\n    %s^%s\n", file, d->place.line,
                    d->place.column, d->text, kept.line, blanks, marks);
}

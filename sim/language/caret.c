/* The source line and the caret of an error that was found when the script was already read. */
#include <stdio.h>
#include <string.h>

#include "sim/language/script.h"

/* The word at the place, up to a blank or what ends one. */
static int word_length(const struct diagnostic *d)
{
    size_t at = 0, len = strlen(d->line);
    while (at < len && text_columns(d->line, at) < d->place.column - 1 - d->skipped)
        at++;
    size_t word = strcspn(d->line + at, " \t,;(){}[]=");
    return word ? text_columns(d->line + at, word) : 1;
}

int diagnostic_caret(const struct script *s, const char *why, char *out, int room)
{
    struct diagnostic d = {.place = {.file = s->path, .length = 1}};
    size_t file = strlen(s->path);
    int used = 0;
    bool placed = strncmp(why, s->path, file) == 0 &&
                  sscanf(why + file, ":%d:%d: %n", &d.place.line, &d.place.column, &used) == 2 &&
                  used;
    if (!placed)
        return snprintf(out, (size_t)room, "%s", why);
    snprintf(d.text, sizeof d.text, "%s", why + file + used);
    diagnostic_keep(&d, s->path, s->text, strlen(s->text));
    d.place.length = word_length(&d);
    return diagnostic_text(&d, s->text, out, room);
}

/* Errors with their place, the source line and a caret. */
#ifndef SIM_BASE_DIAGNOSTIC_H
#define SIM_BASE_DIAGNOSTIC_H

#include <stdbool.h>
#include <stddef.h>
#include "sim/base/place.h"

/* An error: "file:line:column: what is wrong, what would be right" and the line with a caret under
 * the column. */
struct diagnostic {
    struct place place;
    char text[1024]; /* what is wrong, what would be right; "" when nothing is */
    char line[256];  /* the source line, or a window of a long one that starts `skipped` characters
                        in; "" when not known */
    int skipped;
    char file[256]; /* place.file points here when the error is in an included file */
};
/* Formats the diagnostic with its source line (its own copy, else from source, which may be NULL)
 * and caret; returns the length. */
int diagnostic_text(const struct diagnostic *d, const char *source, char *out, int room);

/* Notes the first error; false always, to be returned. */
__attribute__((format(printf, 3, 4))) bool diagnose(struct diagnostic *d, const struct place *place,
                                                    const char *format, ...);
/* Keeps the source line in *d and moves its file's name there, since both may be gone when it is
 * read. */
void diagnostic_keep(struct diagnostic *d, const char *main_file, const char *source, size_t len);

/* Columns are characters: the number of UTF-8 sequences, bytes outside of one counting each. */
int text_columns(const char *text, size_t len);

/* The nearest of `names` (NULL-terminated) to a typo, or NULL when none is near. */
const char *nearest_word(const char *typo, const char *const *names);

#endif

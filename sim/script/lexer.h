/* From text to words. The rules stand in token.h. */
#ifndef SIM_SCRIPT_LEXER_H
#define SIM_SCRIPT_LEXER_H

#include "sim/script/script.h"

/* Limits of one script, all included files together. */
enum {
    SCRIPT_BYTES = 16 * 1024 * 1024,
    SCRIPT_WORDS = 1024 * 1024,
    SCRIPT_NESTING = 32,
    SCRIPT_NAMES = 10000, /* variables; hosts and interfaces; links; included files; parameters, a
                             tenth of it */
};

/* A comment on lines of its own. */
struct comment {
    const char *text; /* lines separated by \n, without the comment's marks */
    size_t before;    /* the word that follows */
    int line, last_line;
};

struct words {
    struct word *word;
    size_t count; /* the last is WORD_END */
    struct comment *comment;
    size_t comments;
};

/* What one text is read with, and into. */
struct lexing {
    struct pool *pool;
    const char *file;
    const char *const *define;
    struct diagnostic *d;
    bool code;        /* the rules of %{ }% */
    int line, column; /* where the text starts */
    size_t *budget;   /* words left */
    struct words out;
};

bool lex_text(struct lexing *l, const char *text, size_t len);

/* The lexer's helpers (words.c): each fills w from its text and says false with a diagnostic. */
bool word_numeric(struct lexing *l, struct word *w);
bool word_colons(struct lexing *l, struct word *w);
bool word_string(struct lexing *l, struct word *w);

/* Notes the first error; false always, to be returned. */
__attribute__((format(printf, 3, 4))) bool diagnose(struct diagnostic *d, const struct place *place,
                                                    const char *format, ...);
/* Keeps the source line in *d and moves its file's name there, since both may be gone when it is
 * read. */
void diagnostic_keep(struct diagnostic *d, const char *main_file, const char *source, size_t len);

/* Columns are characters: the number of UTF-8 sequences, bytes outside of one counting each. */
int text_columns(const char *text, size_t len);

/* Exact times. "1.5", "60s", ".2ms", "5." to ns; false when it is none or does not fit. *unit: NULL
 * or what stands where a unit should. */
bool time_parse(const char *text, int64_t *ns, const char **unit);
/* The shortest exact form: 60s, 2.999s, 1ms, 0s. Returns the length wanted. */
int time_print(int64_t ns, char *out, int room);
extern const char *const time_units[];

#endif

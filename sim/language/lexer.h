/* From text to words. The rules stand in sim/base/word.h. */
#ifndef SIM_LANGUAGE_LEXER_H
#define SIM_LANGUAGE_LEXER_H

#include "sim/language/script.h"

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

/* Is it that sign? */
bool sign_is(const struct word *w, const char *sign);
/* A number, a time, or what was meant as one (60sec). */
bool word_like_time(const struct word *w);

/* The lexer's version for those who have only text: the words of one packet line's tail, as
 * script_parse would hand them on. Returns the number of words, or -1 and *d. For tests and tools.
 */
int words_of(struct pool *pool, const char *file, const char *text, struct word **words,
             struct diagnostic *d);

#endif

/* One parse: words, the logical lines that they make, and what the grammar builds from them. */
#ifndef SIM_LANGUAGE_PARSE_H
#define SIM_LANGUAGE_PARSE_H

#include "sim/language/lexer.h"

/* What a logical line is, from its first words. */
enum line_kind {
    LINE_OPTION,
    LINE_SHELL,
    LINE_COVERS,
    LINE_END,
    LINE_SET,
    LINE_PARAM,
    LINE_LINK,
    LINE_HOST,
    LINE_SUT,
    LINE_FORMAT,
    LINE_IGNORE,
    LINE_EXPERT,
    LINE_GOLDEN,
    LINE_JUDGE,
    LINE_OUTCOME,
    LINE_INCLUDE,
    LINE_ALL,
    LINE_REPEAT,
    LINE_ONE,
    LINE_IF,
    LINE_CLOSE,
    LINE_PACKET, /* an event, by what stands behind its time */
    LINE_CALL,
    LINE_ASSERT,
    LINE_QUIET,
    LINE_FAULT,
    LINE_SET_EVENT,
    LINE_LET,
    LINE_SHELL_EVENT,
    LINE_CODE,
    LINE_KINDS
};

struct line {
    enum line_kind kind;
    const struct word *word;
    size_t words;
    size_t action; /* the word behind the time */
    size_t packet; /* the arrow, or the first word of a packet without one; NO_PACKET */
    const char *comment;
};
#define NO_PACKET SIZE_MAX

struct source {
    const char *file, *text;
    size_t len;
};

/* A name that a step binds or uses, in the order of the script; resolved when all is read. */
enum mention_kind {
    MENTION_BIND,
    MENTION_USE,
    MENTION_USE_EARLY,
    MENTION_USE_ANY,
    MENTION_HOST,
    MENTION_LINK
};
struct mention {
    enum mention_kind kind;
    const char *name;
    struct place place;
    uint32_t all, repeat; /* the all { } and the repeat { } that it stands in; 0: none */
};

/* The steps of the script, or of an all { } or repeat N { } that is open. */
struct block {
    struct step *step;
    uint32_t steps;
    struct step head; /* of all and repeat */
    uint64_t weight;  /* steps played, repetitions counted */
    uint32_t serial;  /* of all and repeat, from 1 */
};

enum { SCRIPT_WEIGHT = 1000000, SCRIPT_CASES = 100000 };

struct parse {
    struct pool *pool;
    struct script *script;
    struct diagnostic *d;
    const char *const *define;
    size_t budget;
    size_t bytes; /* of all files */
    struct line *line;
    size_t lines;
    struct source source[SCRIPT_NESTING]; /* the files being read, the innermost last */
    int sources;
    struct source *read; /* all files, for the carets */
    size_t reads;
    /* the token stream */
    size_t line_at, word_at;
    const struct word *at; /* the last word handed to the grammar */
    const struct line *in; /* and its line */
    bool arrow;            /* it was a packet's arrow: the packet follows */
    int depth;             /* of brackets, in the line */
    size_t result_at;      /* the word behind a call's = ; 0: none yet */
    /* a code block's words instead of lines */
    const struct word *code;
    /* what is being built */
    struct block block[SCRIPT_NESTING + 1];
    int blocks; /* the open one; 0: the script itself */
    struct code_statement *statement;
    uint32_t statements;
    struct mention *mention;
    size_t mentions;
    uint32_t block_serial, in_all; /* blocks so far; the open all { }, 0: none */
    const struct word *cleanup;    /* the last command without a time */
    struct declaration *declared;  /* whose attributes come now; NULL: the last step's link set */
};

/* lines.c: splits a file's words into lines, includes spliced in. */
bool lines_split(struct parse *p, const struct words *w);
/* load.c: reads the words and lines of a text; of a file that `include` names. */
bool parse_text(struct parse *p, const char *file, const char *text, size_t len);
bool parse_include(struct parse *p, const struct word *name);
/* code.c: the asserts of a block. */
void code_parse(struct parse *p, const struct word *code, struct step *step);
/* check.c: names that are used are there. */
bool check_script(struct parse *p);
void mention(struct parse *p, enum mention_kind kind, const char *name, const struct place *place);
void mention_words(struct parse *p, const struct word *word, size_t count, enum mention_kind use);

#endif

/*
 * The language's own words, each with what it means where it stands; anywhere else it is a name
 * like any other. And the kinds of lines: what each is called, and how it reads. Whoever wants to
 * know what a word does begins here; a packet's words are those of its layers (sim/packet/layers).
 */
#ifndef SIM_LANGUAGE_KEYWORD_H
#define SIM_LANGUAGE_KEYWORD_H

#include "sim/language/parse.h"

enum keyword_at {
    AT_LINE,       /* the first word of a line without a time */
    AT_ACTION,     /* the first behind an event's time */
    AT_PACKET,     /* the first of a packet's line, before its arrow */
    AT_CLOSE,      /* behind a block's closing brace */
    AT_ATTRIBUTE,  /* among the attributes of a declaration */
    AT_VERB,       /* behind the link's name, in an event */
    AT_FAULT,      /* among a fault's amounts and options */
    AT_EXPRESSION, /* between the parts of one */
    AT_STATEMENT,  /* the first of one in %{ }% */
};

struct keyword {
    const char *word;
    enum keyword_at at;
    int token;           /* the grammar's; 0: the grammar never sees it */
    enum line_kind line; /* AT_LINE, AT_ACTION: what line it makes */
    bool callable;       /* with a bracket right behind it, it is a call's name */
};

/* NULL: there it is none. */
const struct keyword *keyword_of(enum keyword_at at, const struct word *w);
/* The keyword that was meant, for sentences; NULL: none is near. */
const char *keyword_nearest(enum keyword_at at, const char *text);

bool line_is_event(enum line_kind kind);
/* How a line of that kind reads: "host KIND NAME [ATTRIBUTE VALUE]...". */
const char *line_form(enum line_kind kind);
/* "host", "packet": for sentences. */
const char *line_title(enum line_kind kind);

#endif

/*
 * Tokens of a script, and where each stands. The grammar handles declarations, times, calls and expressions; what a packet line says
 * is a run of tokens that sim/packet compiles against its table of layers.
 */
#ifndef SIM_SCRIPT_TOKEN_H
#define SIM_SCRIPT_TOKEN_H

#include <stdint.h>

/* Where something stands in a script, for errors and reports. Columns count from 1, in characters. */
struct place {
    const char *file;
    int line, column, length;
};

enum word_kind {
    WORD_NAME,     /* identifiers with inner '-', '.': who-has, TCP flags S. and P., sackOK, 10:20 stays separate tokens */
    WORD_NUMBER,   /* decimal or 0x: number */
    WORD_TIME,     /* a number with a unit, 60s: number in ns */
    WORD_STRING,   /* "...", escapes resolved: bytes, len */
    WORD_IPV4,     /* 10.0.2.2: number */
    WORD_PREFIX,   /* 10.0.2.15/24: number, prefix */
    WORD_IPV6,     /* bytes, 16 */
    WORD_MAC,      /* 52:55:0a:00:02:02: bytes, 6 */
    WORD_BIND,     /* ?x: text without the sigil */
    WORD_USE,      /* $x */
    WORD_HEX,      /* behind the word hex: digits as bytes */
    WORD_PUNCT,    /* one of > < = ( ) [ ] { } , : . .. ... * / | & + - ! and so on: text */
};

struct word {
    enum word_kind kind;
    const char *text;        /* as written, NUL-terminated */
    int64_t number;
    int prefix;
    const uint8_t *bytes;
    uint32_t len;
    struct place place;
};

#endif

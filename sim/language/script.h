/*
 * A script, parsed: declarations and steps. Immutable after the parse; everything hangs in one pool
 * that script_free releases. Fuzzers' bytes, captures and sweeps make the same structures;
 * script_print writes them back, and parse(print(s)) == s.
 */
#ifndef SIM_LANGUAGE_SCRIPT_H
#define SIM_LANGUAGE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sim/base/attribute.h"
#include "sim/base/diagnostic.h"
#include "sim/base/value.h"
#include "sim/base/word.h"
#include "sim/packet/packet.h"

struct declaration {
    const char *kind; /* host: "dhcp-server", or "$x", a parameter; link: NULL; sut: NULL */
    const char *name; /* "srv", "lan", "eth0" */
    struct attribute *attribute;
    uint32_t attributes;
    struct place place;
};

struct parameter {
    const char *name;
    struct value *value; /* ranges 1..20 are spelled out */
    uint32_t values;
    struct place place;
};

struct setting {
    const char *name;
    struct value value;
    struct place place;
}; /* set KNOB VALUE; --name=value */
struct cover {
    const char *id;
    struct place place;
};
struct expert {
    uint32_t frame;
    const char *field;
    const char *link;
    struct place place;
}; /* link NULL: the only one */
/* outcome T EXPR: what must hold at T whatever single frame was lost on the way; closure of faults
 * judges by these alone. outcome +T EXPR: T after all that disturbed the links, whatever it was. */
struct outcome_declaration {
    int64_t by_ns;
    bool after; /* that long after the last line that disturbed a link; without: after 0 */
    struct expr *expr;
    struct place place;
};
struct ignore {
    const char *at;
    char direction;   /* the packet is compiled as for `>` */
    int64_t until_ns; /* no longer than that; -1: to the end */
    struct packet_spec *packet;
    struct place place;
};

/* Expressions of assert and of %{ }% blocks. */
enum expr_kind { EXPR_VALUE, EXPR_CALL, EXPR_NOT, EXPR_NEGATE, EXPR_BINARY };
enum expr_op {
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_AND,
    OP_OR,
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_MOD,
    OP_BITAND,
    OP_BITOR,
    OP_SHL,
    OP_SHR
};
enum { EXPR_DEPTH = 64 };
struct expr {
    enum expr_kind kind;
    int depth; /* levels below and this one: at most EXPR_DEPTH */
    enum expr_op op;
    struct value value; /* EXPR_VALUE; EXPR_CALL: text is the function's name; a bare name
                           (tcpi_snd_cwnd) is a VALUE_NAME */
    struct expr *left, *right;
    struct expr **argument; /* EXPR_CALL */
    uint32_t arguments;
    struct place place;
};

/* When a step happens. Times in ns. */
enum when_kind { WHEN_ABSOLUTE, WHEN_RELATIVE, WHEN_ANY };
struct when {
    enum when_kind kind;
    int64_t from_ns, to_ns; /* equal unless a range was written (0~+10); relative ones count from
                               the last event's time */
    bool range,
        to_relative; /* to_relative: `to` was written with a +: in 1~+2 to_ns counts from from_ns */
    bool blocks;     /* "+0...0.200 connect(...)": ends_ns is given, */
    int64_t ends_ns; /* with the base of `kind` */
};

/* NAME = expr, or with NULL: assert expr. */
struct code_statement {
    const char *name;
    struct expr *expr;
};

enum step_kind {
    STEP_PACKET,
    STEP_CALL,
    STEP_ASSERT,
    STEP_QUIET, /* nothing left the host under test before its time that no line took */
    STEP_FAULT,
    STEP_LINK,
    STEP_SHELL,
    STEP_CODE,
    STEP_ALL,
    STEP_REPEAT,
    STEP_IF,     /* played when its condition holds */
    STEP_ONE,    /* one of several: its steps are of the next kind */
    STEP_EITHER, /* lines that one { } may stand for; the first is a `>` line */
    STEP_LET,
    STEP_SET
};

/* A call: name(args) = result [ERRNO] [(note)] */
struct call_step {
    const char *name;
    struct value *argument;
    uint32_t arguments;
    struct value result; /* VALUE_NONE: not checked; VALUE_BIND binds */
    const char
        *error; /* "ECONNREFUSED", "EAGAIN|EINTR" (one of them), "!EAGAIN" (any but it); or NULL */
    const char *note;
    const char *on; /* @host name(...) or NULL: the first sut */
};

/* link NAME lose frame 2 | down | delay 5ms every 3 | match <packet> ... */
struct fault_step {
    const char *link;
    const char *verb;    /* "lose", "dup", "flip", "fcs", "delay", "truncate", "down", "up",
                            "partition", "heal", "corrupt", "calm", "set" */
    struct value amount; /* flip's bit, delay's time, truncate's length */
    uint64_t frame, every, mask, limit;
    const char *from; /* only frames that this host sends; or NULL */
    struct packet_spec
        *match;           /* compiled as for `>` whatever the arrow, since it is only compared */
    char match_direction; /* '<', '>', or 0 when neither was written */
    const char *match_at; /* match @srv > ...: or NULL */
    struct attribute *attribute; /* "set": the link's attributes anew */
    uint32_t attributes;
};

struct step {
    enum step_kind kind;
    struct when when;
    struct place place;
    union {
        struct {
            const char *at; /* @srv or NULL */
            char direction; /* '<' or '>' */
            struct packet_spec *packet;
            bool optional;     /* maybe: no packet need come */
            const char *inert; /* inert because "...": nothing depends on it; or NULL */
        } packet;
        struct call_step call;
        struct fault_step fault;
        struct expr *expr; /* assert; for %{ }%: the list below */
        struct {
            const char *text;
            struct code_statement *statement;
            uint32_t statements;
            const char *unsupported;
        } code; /* shell: text alone */
        struct {
            struct step *step;
            uint32_t steps;
            uint32_t times, least;  /* at most, at least */
            const char *counter;    /* repeat N ?i: bound to the turn, from 1; or NULL */
            struct expr *condition; /* of if */
        } block;                    /* all { }, repeat N { }, one { }, if { } */
        struct {
            const char *name;
            struct expr *expr;
        } let;
        struct setting setting;
    } u;
    /* The // comment on lines of their own right before it, for printing; or NULL. */
    const char *comment;
};

/* It holds other steps. */
static inline bool step_is_block(const struct step *s)
{
    return s->kind == STEP_ALL || s->kind == STEP_REPEAT || s->kind == STEP_ONE ||
           s->kind == STEP_EITHER || s->kind == STEP_IF;
}

struct script {
    const char *path;
    const char *summary; /* the first comment line's text: what must hold */
    bool packetdrill;    /* no topology lines: the tool's defaults apply */
    struct cover *cover;
    uint32_t covers;
    struct parameter *parameter;
    uint32_t parameters;
    struct setting *option;
    uint32_t options; /* --ip_version=ipv4 */
    struct setting *set;
    uint32_t sets;
    struct declaration *link;
    uint32_t links;
    struct declaration *host;
    uint32_t hosts;
    struct declaration *sut;
    uint32_t suts;
    struct ignore *ignore;
    uint32_t ignores;
    struct expert *expert;
    uint32_t experts;
    struct outcome_declaration *outcome;
    uint32_t outcomes;
    struct step *step;
    uint32_t steps;
    const char *init_shell; /* the command in backticks before the events; or NULL */
    const char *cleanup_shell;
    int64_t end_ns; /* "end T": -1 when not given */
    struct place end_place;
    const char *end_because;  /* why so early; or NULL */
    bool golden_fingerprint;  /* "golden fingerprint" */
    bool by_outcome;          /* "judge outcome": lines are played at their times, outcomes alone
                                 are judged */
    bool golden_none;         /* never: reserved */
    struct layer_set *layers; /* built-in layers and this script's formats */
    const char *text;         /* the whole file, for carets */
    struct pool *pool;
};

/* "FILE:LINE:COLUMN: ..." that was found later, as a diagnostic when the place is in the script;
 * else as it is. */
int diagnostic_caret(const struct script *s, const char *why, char *out, int room);

/* Parses a file or text; NULL and *d on error. `define` are -D NAME=value pairs, NULL-terminated,
 * or NULL. */
struct script *script_load(const char *path, const char *const *define, struct diagnostic *d);
struct script *script_parse(const char *path, const char *text, size_t len,
                            const char *const *define, struct diagnostic *d);
void script_free(struct script *s);
/* The same script, wherever its words stand: declarations, steps, comments. */
bool script_equal(const struct script *a, const struct script *b);
bool expr_equal(const struct expr *a, const struct expr *b);
/* As a script: malloc'ed text. Included files stand in place of their include lines. */
char *script_print(const struct script *s);
char *expr_print(const struct expr *e);
/* "==", "&&", ... */
const char *expr_sign(enum expr_op op);

#endif

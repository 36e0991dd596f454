/* What the grammar's rules make. A function that returns bool says false with a diagnostic. */
#ifndef SIM_LANGUAGE_BUILD_H
#define SIM_LANGUAGE_BUILD_H

#include "sim/language/parse.h"

struct packet_words {
    const struct word *word; /* behind the arrow */
    size_t count;
};

struct packet_part {
    const char *at; /* @srv or NULL */
    char direction; /* 0: no arrow was written */
    struct packet_words words;
    struct place place;
};

struct values {
    struct value *value;
    uint32_t values;
};

struct exprs {
    struct expr **expr;
    uint32_t exprs;
};

struct stamp {
    int64_t ns;
    bool relative;
    struct place place;
};

/* Declarations */
bool build_option(struct parse *p, const struct word *name, const struct word *value);
bool build_shell(struct parse *p, const struct word *shell);
void build_cover(struct parse *p, const struct word *id);
/* because, why: NULL when no reason is given. */
bool build_end(struct parse *p, const struct word *time, const struct word *because,
               const struct word *why);
void build_setting(struct parse *p, const struct word *knob, struct value value);
bool build_param(struct parse *p, const struct word *name);
bool param_add(struct parse *p, struct value value);
bool param_range(struct parse *p, struct value first, struct value last);
/* What: LINE_LINK, LINE_HOST or LINE_SUT. */
bool build_declaration(struct parse *p, enum line_kind what, const struct word *kind,
                       const struct word *name);
void attribute_add(struct parse *p, const struct word *name, struct value value);
void attribute_on(struct parse *p, const struct word *link);
bool build_format(struct parse *p, struct packet_words words);
bool build_ignore(struct parse *p, struct packet_part packet);
bool build_expert(struct parse *p, const struct word *frame, const struct word *field,
                  const struct word *link);
bool build_golden(struct parse *p, const struct word *what);
bool build_judge(struct parse *p, const struct word *what);
bool build_outcome(struct parse *p, const struct word *time, bool after, struct expr *expr);

/* Events */
/* times: of repeat; NULL: all */
bool block_all(struct parse *p);
/* `most` NULL: as often as it fits; `counter` NULL: no variable holds the turn. */
bool block_if(struct parse *p, struct expr *condition);
bool block_repeat(struct parse *p, const struct word *least, const struct word *most,
                  const struct word *counter);
/* one { and its first alternative; the next. */
bool block_one(struct parse *p);
bool block_either(struct parse *p);
bool block_close(struct parse *p);
bool stamp_of(struct parse *p, const struct word *word, bool relative, struct stamp *out);
struct when when_at(struct stamp from);
bool when_range(struct parse *p, struct stamp from, struct stamp to, struct when *out);
bool when_blocks(struct parse *p, struct stamp from, struct stamp to, struct when *out);
void event_begin(struct parse *p, struct when when);
struct step *step_last(struct parse *p);
/* The names of hosts in a line; packet may be NULL. */
void mention_hosts(struct parse *p, const struct packet_spec *packet);
bool packet_of(struct parse *p, const struct word *at, const struct word *arrow,
               struct packet_words words, struct packet_part *out);
bool build_packet(struct parse *p, struct packet_part packet);
bool build_call(struct parse *p, const struct word *name, struct values arguments);
void call_on(struct parse *p, const struct word *host);
void call_result(struct parse *p, const struct value *result, const char *error,
                 const struct word *note);
/* "EAGAIN|EINTR", "!EAGAIN" */
const char *error_text(struct parse *p, const char *before, const char *sign,
                       const struct word *name);
bool packet_optional(struct parse *p);
bool build_let(struct parse *p, const struct word *name, struct expr *expr);
bool build_assert(struct parse *p, struct expr *expr);
bool build_quiet(struct parse *p);
void build_code(struct parse *p, const struct word *code);
void build_command(struct parse *p, const struct word *shell);
bool fault_begin(struct parse *p, const struct word *link, const struct word *verb);
bool fault_set(struct parse *p, const struct word *link);
bool fault_amount(struct parse *p, const struct word *word);
bool fault_option(struct parse *p, const struct word *name, const struct word *value);
bool fault_match(struct parse *p, struct packet_part packet);
bool fault_end(struct parse *p);
extern const char *const fault_verbs[];
extern const char *const fault_options[];

/* Values */
struct value value_of(const struct word *w);
/* ?x and $x are noted, to be resolved. */
struct value value_used(struct parse *p, const struct word *w);
struct value value_negative(const struct word *w);
struct value value_call(const struct word *name, struct values arguments);
/* &name, as C writes where a result goes. */
struct value value_address(struct parse *p, const struct word *name);
struct value value_list(enum value_kind kind, struct values items);
struct value value_range(struct parse *p, struct value a, struct value b);
struct value value_field(const struct word *name, const struct values *count, struct value value);
struct values values_start(struct parse *p, struct value first);
struct values values_add(struct parse *p, struct values list, struct value next);
struct values values_join(struct parse *p, struct value first, struct values rest);
/* One value as itself, several as a list. */
struct value values_one(struct parse *p, struct values list);

/* Expressions */
struct expr *expr_word(struct parse *p, const struct word *w);
struct expr *expr_binary(struct parse *p, enum expr_op op, struct expr *left, struct expr *right);
struct expr *expr_unary(struct parse *p, enum expr_kind kind, struct expr *of);
struct expr *expr_call(struct parse *p, const struct word *name, struct exprs arguments);
/* a < b, or chain < b, which is (chain) && (the chain's last < b). */
struct expr *expr_compare(struct parse *p, struct expr *chain, struct expr *left, enum expr_op op,
                          struct expr *right);
struct exprs exprs_add(struct parse *p, struct exprs list, struct expr *next);
/* A statement of %{ }%: NAME = e, or an assert when there is no name. */
void code_add(struct parse *p, const struct word *name, struct expr *e);
/* NAME += e. */
bool code_add_to(struct parse *p, const struct word *name, struct expr *e);
/* print(...), which tells nobody anything; other calls are refused. */
bool code_print(struct parse *p, const struct word *name);

/* stream.c */
void syntax_error(struct parse *p, bool end, const char *const *expected, int n);

#endif

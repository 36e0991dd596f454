/* A packet line, compiled; and the tools that layers use while lines are compiled, built, matched
 * and printed. */
#ifndef SIM_PACKET_SPEC_H
#define SIM_PACKET_SPEC_H

#include "sim/packet/layer.h"
#include "sim/base/why.h"

enum match_kind {
    MATCH_VALUE,
    MATCH_HOST, /* a host's name: its address */
    MATCH_BIND,
    MATCH_USE, /* $name + addend */
    MATCH_ANY,
    MATCH_RANGE,   /* value.number .. upper */
    MATCH_PATTERN, /* value.number octets of the pattern, from position `upper` */
    MATCH_ZERO,    /* value.number zeros */
    MATCH_LENGTH,  /* value.number octets, whatever they are; the pattern when built */
};

struct match {
    enum match_kind kind;
    struct value value;
    int64_t upper;
    const char *name;
    int64_t addend;
};

struct clause {
    const struct field *field;
    uint32_t code; /* options that have no field of their own */
    bool absent;   /* "no router" */
    struct match *match;
    uint32_t matches;
    struct place place;
};

struct layer_spec {
    const struct layer *layer;
    bool quoted;   /* the first layer of a quotation: "quote ip ..." */
    bool bare;     /* TCP in packetdrill's form */
    bool absolute; /* its numbers do not count from the ISN */
    struct clause *clause;
    uint32_t clauses;
};

struct spoil {
    const struct layer *layer;
    const struct field *field;
};

enum { SPEC_LAYERS = 12, SPEC_SPOILS = 8 };

struct packet_spec {
    struct layer_set *set;
    char direction;
    uint32_t layers;
    struct layer_spec layer[SPEC_LAYERS];
    uint32_t spoils;
    struct spoil spoil[SPEC_SPOILS];
    int64_t cut, pad;       /* -1: not given */
    const uint8_t *trailer; /* octets behind the packet; NULL: none */
    uint32_t trailer_len;
    /* Why no run plays the line, which `written` then holds; NULL: it is played. */
    const char *unplayed, *written;
    const struct word **host; /* the words that name hosts */
    uint32_t hosts;
};

/* compile.c */
struct compiler {
    struct layer_set *set;
    struct pool *pool;
    const struct word *word;
    size_t words, at;
    struct diagnostic *d;
    struct packet_spec *spec;
    struct layer_spec *layer; /* the one being written; NULL before the first */
};

/* Never NULL: past the end a word of kind WORD_END. */
const struct word *peek(const struct compiler *c, size_t ahead);
bool word_is(const struct word *w, const char *text);
bool take(struct compiler *c, const char *text);
__attribute__((format(printf, 3, 4))) int wrong(struct compiler *c, const struct word *w,
                                                const char *format, ...); /* -1 */
struct clause *clause_add(struct compiler *c, const struct field *f, struct match *match,
                          uint32_t matches);
const struct clause *clause_of(const struct layer_spec *l, const struct field *f);
const struct clause *clause_named(const struct layer_spec *l, const char *name);
/* The layer of the line that the clause stands in. */
const struct layer_spec *layer_of(const struct packet_spec *p, const struct clause *cl);
bool segment_starts(const struct compiler *c);
/* What the numbers of a field count from, in a `<` line or another; false: not known. */
bool segment_base(const struct packet_context *c, const struct layer_spec *l, const struct field *f,
                  bool injected, uint32_t *base);
int layer_open(struct compiler *c, const struct layer *layer);
/* One value for a field at the cursor; -1 and the diagnostic. */
int compile_match(struct compiler *c, const struct field *f, struct match *m);
bool match_starts(const struct compiler *c, const struct field *f);
int compile_clause(struct compiler *c, const struct field *f);
void spec_order(struct packet_spec *p);
/* For suggestions. */
const char *nearest_known(const struct compiler *c, const char *typo);

/* build.c */
struct builder {
    const struct packet_spec *spec;
    const struct packet_context *context;
    struct shape shape;                          /* over out */
    struct shape answered;                       /* views 0: none */
    const struct layer_spec *part[SHAPE_LAYERS]; /* what the line says about each view */
    uint8_t *out;
    uint32_t room;
    const struct field *kept; /* put by hand: not derived again */
    uint8_t scratch[16];      /* an answer's bytes */
    struct why *why;
};

bool build_resolve(struct builder *b, int i, const struct field *f, const struct match *m,
                   struct value *out);
/* Appends to the layer under construction (the last view): its body and end move; NULL and why when
 * full. */
uint8_t *build_append(struct builder *b, int i, uint32_t len);
/* The payload that a match stands for, at the end of view i. */
bool build_payload(struct builder *b, int i, const struct field *f, const struct match *m);
bool build_pattern(struct builder *b, uint32_t len, uint64_t position);
/* Octets behind the last layer, as a view of their own. */
bool build_data(struct builder *b, const uint8_t *bytes, uint32_t len);
bool field_store(const struct field *f, uint8_t *at, uint32_t len, const struct value *v,
                 struct why *why);
/* Where a DHCP message goes that is not sent to an address the line writes (RFC 2131, section 4.1).
 */
uint32_t dhcp_destination(const struct builder *b, int i);
bool dhcp_source_unknown(const struct builder *b, int i);
int build_answered(
    const struct builder *b,
    const struct layer *layer); /* the view of that layer in the answered frame, -1: none */

/* match.c */
enum { MATCH_BINDS = 32 };
struct matcher {
    const struct packet_spec *spec;
    const struct packet_context *context;
    struct packet_verdict *verdict;
    const struct shape *shape;
    struct {
        const char *name;
        struct value value;
    } bind[MATCH_BINDS];
    uint32_t binds;
    uint32_t part; /* see struct packet_verdict */
    bool lenient;  /* packet_matches: unbound $x agrees, nothing is verified */
    bool keys;     /* key fields only */
    bool differs;
};

/* True when the value agrees; ?x is noted. */
bool match_value(struct matcher *m, const struct field *f, const struct match *want,
                 const struct value *have);
void match_differs(struct matcher *m, const struct layer *l, const char *field, const char *clause,
                   const char *expected, const char *actual);
/* The value as the line counts it; false: not known, so whatever it is agrees. */
bool match_relative(const struct matcher *m, const struct clause *cl, const struct match *want,
                    struct value *have);
void match_clause(struct matcher *m, int i, const struct clause *cl, const struct value *value);

/* print.c */
struct printer {
    char *out;
    size_t len, room;
    bool grow; /* malloc'ed; else cut at room */
};
__attribute__((format(printf, 2, 3))) void print(struct printer *p, const char *format, ...);
/* As a string, whatever the octets are; and as a string or hexadecimal. */
void print_quoted(struct printer *p, const uint8_t *bytes, uint32_t len);
void print_bytes(struct printer *p, const uint8_t *bytes, uint32_t len);
void print_value(struct printer *p, const struct field *f, const struct value *v, int64_t given);
void print_match(struct printer *p, const struct field *f, const struct match *m, int64_t given);
void print_clause(struct printer *p, const struct layer_spec *l, const struct clause *cl);
void print_spec(struct printer *p, const struct packet_spec *spec);

/* describe.c: a frame as a line */
struct describer {
    struct pool *pool;
    const struct shape *shape;
    struct packet_spec *spec;
    struct layer_spec *layer;
    int detail;
};
struct packet_spec *describe_frame(const struct layer_set *set, struct pool *pool,
                                   const struct shape *s, int detail);
struct clause *describe_clause(struct describer *d, const struct field *f, const struct value *v);

#endif

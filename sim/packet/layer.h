/*
 * Layers and their fields as data, and a frame seen through them. Inside sim/packet only.
 *
 * A field stands at a fixed place of its layer's header, or is an option with a code, or belongs to
 * the layer's own functions. What a field is when a line does not write it comes from three places:
 * `derive` computes it from the rest of the frame (lengths, sums, the next layer's number),
 * `answer` from the ends of the line and the frame that is answered, `preset` is a constant.
 */
#ifndef SIM_PACKET_LAYER_H
#define SIM_PACKET_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sim/packet/packet.h"

enum field_type {
    FIELD_UINT, /* up to 64 bits, big-endian */
    FIELD_FLAG, /* one bit; its bare name sets it */
    FIELD_IPV4,
    FIELD_MAC,
    FIELD_IPV6,
    FIELD_TEXT, /* bytes that are mostly text, padded with zeros where the place is fixed */
    FIELD_BYTES,
    FIELD_EMPTY, /* an option without a value */
    FIELD_OWN,   /* the layer's own functions read, write and print it */
};

enum field_flag {
    FIELD_KEY = 1,       /* tells one kind of packet from another */
    FIELD_LENGTH = 2,    /* verified against the frame, always */
    FIELD_SUM = 4,       /* likewise, computed last */
    FIELD_HEX = 8,       /* printed in hexadecimal */
    FIELD_SECONDS = 16,  /* a time (60s) may be written for it */
    FIELD_LIST = 32,     /* several values, separated by commas */
    FIELD_OPTION = 64,   /* at no fixed place: `code` finds it */
    FIELD_HEAD = 128,    /* its symbol stands alone, right behind the layer's name: "arp request" */
    FIELD_REST = 256,    /* the layer's body, to its end */
    FIELD_QUIET = 512,   /* not worth a word at detail 0 */
    FIELD_PART = 1024,   /* names bits that another field covers */
    FIELD_PADDED = 2048, /* zeros behind what is stated are right */
    FIELD_MINE = 8192,   /* the layer describes it itself */
    FIELD_SEQ = 16384,   /* a sequence number of the source: counts from its ISN */
    FIELD_ACK = 32768,   /* of the destination */
    FIELD_ELSEWHERE = 65536, /* no place of its own: the layer compares it */
    FIELD_STAMP = 131072,    /* timestamps: the first the source's, the second the destination's */
    FIELD_HEADER = 4096,     /* from its place to the header's end */
};

/* A word for a number; `when` restricts it to one value of the field `given` (ICMP's codes by
 * type), -1: always. */
struct symbol {
    const char *word;
    uint32_t value;
    int64_t when;
};

struct shape;
struct builder;
struct compiler;
struct layer_spec;
struct clause;
struct printer;
struct describer;
struct matcher;

struct field {
    const char *name;
    const char *alias; /* other names, separated by blanks; or NULL */
    enum field_type type;
    uint32_t bit, bits; /* from the layer's start; options: bits of one value, 0: any length */
    uint32_t flags;
    uint32_t code;  /* options */
    uint32_t scale; /* one unit in the frame is so many in the script; 0: 1 */
    uint64_t preset;
    const uint8_t *preset_octets; /* of types that are no numbers; NULL: zeros */
    const struct symbol *symbol;  /* ends with a NULL word */
    const char *given;            /* the field that tells which symbols hold */
    uint64_t only; /* present only where the layer's first field has one of these values: a bit
                      each; 0: always */
    bool (*derive)(const struct shape *s, int i, uint64_t *out);
    bool (*answer)(struct builder *b, int i, struct value *out);
    void (*say)(struct printer *p, uint64_t value); /* own text for the number */
    const char *clause;                             /* the requirement that fixes the field */
};

/* A layer as it lies in a frame: at <= body <= end <= the frame's length. */
struct view {
    const struct layer *layer;
    uint32_t at, body, end;
    bool quoted;  /* inside an ICMP error */
    bool partial; /* a fragment or a cut: sums above cannot be checked */
};

enum { SHAPE_LAYERS = 14 };

struct shape {
    const struct layer_set *set;
    const uint8_t *bytes;
    uint32_t len;
    int views;
    struct view view[SHAPE_LAYERS];
    const char *problem_layer; /* a header that could not be read, and why; NULL: none */
    const char *problem;
};

struct layer {
    const char *name;
    const char *below; /* the layer that a line implies; NULL: none */
    const struct field *field;
    uint32_t fields;
    uint32_t fixed;             /* octets of the header's fixed part */
    const char *first, *second; /* fields written "first > second" behind the name; NULL: none */
    const char *single;         /* the field that one value without `>` stands for */
    /* Finds body and end inside [at, limit) and says which layer follows; false with the reason:
     * not this layer. */
    bool (*open)(struct shape *s, struct view *v, uint32_t limit, const struct layer **next,
                 const char **problem);
    /* Own syntax at the cursor: 1 taken, 0 not mine, -1 wrong. */
    int (*parse)(struct compiler *c);
    /* After the last word of the layer. */
    int (*close)(struct compiler *c);
    /* Own text instead of the generic; returns false to leave it to that. */
    bool (*print)(struct printer *p, const struct layer_spec *l, const struct clause *cl);
    /* The part behind the fixed header: returns its new end, 0 on error. */
    bool (*emit)(struct builder *b, int i);
    /* Clauses for what lies behind the fixed header. */
    void (*describe)(struct describer *d, int i);
    /* At detail 0 the field tells nothing that is not said or expected anyway. */
    bool (*dull)(const struct shape *s, int i, const struct field *f);
    /* The port that the side has by the service's own rule; false: none. */
    bool (*port)(const struct shape *s, int i, bool source, uint32_t *port);
    /* Before a frame's layer is compared with a line's. */
    void (*begin)(struct matcher *m, int i, const struct layer_spec *l);
    /* The value of a field as the line means it. */
    void (*adjust)(const struct matcher *m, const struct clause *cl, struct value *have);
    /* Compares a clause of type FIELD_OWN or FIELD_OPTION. */
    void (*match)(struct matcher *m, int i, const struct clause *cl);
};

/* Which layer a number means: an ethertype, a protocol, a port. */
struct binding {
    const char *lower;
    uint32_t number;
    const struct layer *upper;
};

struct layer_set {
    struct pool *pool;
    const struct layer **layer;
    uint32_t layers;
    struct binding *binding;
    uint32_t bindings;
    struct format **format; /* in the order of the script */
    uint32_t formats;
};

extern const struct layer layer_eth, layer_vlan, layer_arp, layer_ip, layer_ip6, layer_icmp,
    layer_icmp6, layer_udp, layer_tcp, layer_dhcp, layer_dns, layer_ntp, layer_data, layer_raw;

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct layer *layer_named(const struct layer_set *set, const char *name);
const struct layer *layer_bound(const struct layer_set *set, const struct layer *lower,
                                uint32_t number);
/* The number that puts `upper` on `lower`: the first binding; false: none. */
bool layer_number(const struct layer_set *set, const struct layer *lower, const struct layer *upper,
                  uint32_t *number);
const struct layer_set *layer_set_builtin(void);
const struct field *field_named(const struct layer *layer, const char *name);
const struct field *field_coded(const struct layer *layer, uint32_t code);
const struct symbol *symbol_worded(const struct field *f, const char *word, int64_t given);
const struct symbol *symbol_valued(const struct field *f, uint64_t value, int64_t given);

/* Bytes. */
uint64_t bits_get(const uint8_t *bytes, uint32_t bit, uint32_t bits);
void bits_put(uint8_t *bytes, uint32_t bit, uint32_t bits, uint64_t value);
static inline uint32_t get16(const uint8_t *b)
{
    return (uint32_t)b[0] << 8 | b[1];
}
static inline uint32_t get32(const uint8_t *b)
{
    return get16(b) << 16 | get16(b + 2);
}
static inline void put16(uint8_t *b, uint32_t v)
{
    b[0] = (uint8_t)(v >> 8);
    b[1] = (uint8_t)v;
}
static inline void put32(uint8_t *b, uint32_t v)
{
    put16(b, v >> 16);
    put16(b + 2, v);
}

/* A frame's layers; never fails: what cannot be read is `data`. */
void shape_frame(struct shape *s, const struct layer_set *set, const uint8_t *bytes, uint32_t len);
int shape_find(const struct shape *s, const struct layer *layer, int from);
/* A field at a fixed place; false when the frame has not so many bytes. Bytes point into the frame.
 */
bool shape_field(const struct shape *s, int i, const struct field *f, struct value *out);
/* Whether the field is there at all, given the layer's first field. */
bool only_has(uint64_t only, int64_t value);
bool shape_has(const struct shape *s, int i, const struct field *f);
uint64_t shape_number(const struct shape *s, int i, const char *name);
/* What shape_field's bytes mean as a value. */
bool field_value(const struct field *f, const uint8_t *bytes, uint32_t len, struct value *out);

/* Options: type, length, value. */
struct option_style {
    bool whole;   /* the length counts type and length too */
    int pad, end; /* codes of one octet; -1: none */
};
struct option_view {
    uint32_t at, value, end; /* value..end lies inside the area */
    uint32_t code;
    bool broken; /* runs over the area's end: value..end is what there is */
};
/* The next option at *at; false at the end. */
bool option_next(const struct shape *s, const struct option_style *style, uint32_t *at,
                 uint32_t end, struct option_view *o);

/* The sum over a pseudo header for the transport at view i; the lower layer is view i-1. */
uint32_t pseudo_sum(const struct shape *s, int i, uint32_t protocol, uint32_t length);

#endif

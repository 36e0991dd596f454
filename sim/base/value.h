/* Values that variables, fields, arguments, attributes and queries have. */
#ifndef SIM_BASE_VALUE_H
#define SIM_BASE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

enum value_kind {
    VALUE_NONE, /* nothing; as an argument: "..." (not given) */
    VALUE_NUMBER,
    VALUE_TIME,     /* ns */
    VALUE_IPV4,     /* number, host order */
    VALUE_PREFIX,   /* number, prefix */
    VALUE_IPV6,     /* bytes, 16 */
    VALUE_MAC,      /* bytes, 6 */
    VALUE_BYTES,    /* a string's or hex's bytes: bytes, len */
    VALUE_NAME,     /* a symbol (SOCK_DGRAM, e1000): text */
    VALUE_LIST,     /* [a, b]: item, items */
    VALUE_STRUCT,   /* {name = v, ...}: item, items; each item has `field` */
    VALUE_CALL,     /* htons(7), inet_addr("..."), counter("x"): text is the function, items its
                       arguments */
    VALUE_OR,       /* a | b of numbers and symbols */
    VALUE_USE,      /* $x, resolved when it is evaluated: text */
    VALUE_BIND,     /* ?x: text */
    VALUE_ANY,      /* * */
    VALUE_ENDPOINT, /* an evaluated sockaddr: number is the IPv4 address, prefix the port */
};

struct value {
    enum value_kind kind;
    int64_t number;
    int prefix;
    const char *text;
    const uint8_t *bytes; /* not owned: script's, arena's or literal */
    uint32_t len;
    const char *field; /* in a struct */
    struct value *item;
    uint32_t items;
};

bool value_equal(const struct value *a, const struct value *b);
/* As a script writes it: 10.0.2.15/24, "text", 60s. Returns the length that was wanted. */
int value_text(const struct value *v, char *out, int room);

#endif

/* Text into a bounded buffer, for queries and names; no printf is at hand. */
#ifndef STACK_CORE_TEXT_H
#define STACK_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "stack/core/addr.h"

struct text {
    char *out;
    size_t room, len; /* len counts what did not fit, too */
};

/* Always ends in a NUL when room > 0. */
struct text text_to(char *out, size_t room);
void text_char(struct text *t, char c);
void text_string(struct text *t, const char *s);
void text_number(struct text *t, int64_t value);
void text_hex8(struct text *t, uint8_t value);
void text_mac(struct text *t, const uint8_t mac[6]); /* 52:54:00:12:34:56 */
void text_addr(struct text *t, const struct ip_addr *a);
/* The length, or -ERR_MSGSIZE when it did not fit. */
int text_done(const struct text *t);

/* Reads "10.0.2.15" up to a NUL, blank or slash; returns what follows, or NULL. */
const char *text_parse_ipv4(const char *s, uint32_t *address);
/* What follows `prefix` in s, or NULL. */
const char *text_after(const char *s, const char *prefix);
bool text_equal(const char *a, const char *b);

#endif

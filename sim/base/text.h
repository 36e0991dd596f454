/* Text that is written piece by piece. */
#ifndef SIM_BASE_TEXT_H
#define SIM_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Grows when `grows`; else what does not fit is counted and dropped. */
struct text {
    char *bytes;
    size_t len, room;
    bool grows;
};

__attribute__((format(printf, 2, 3))) void text_add(struct text *t, const char *format, ...);
void text_bytes(struct text *t, const char *bytes, size_t len);

/* The octets of the character at `text` when it is one that XML and JSON may hold as it stands (RFC
 * 3629); 0: it is none. */
int text_character(const char *text);

struct value;
void text_value(struct text *t, const struct value *v);
/* A string with its quotes and escapes. */
void text_quoted(struct text *t, const void *bytes, size_t len);
void text_ipv6(struct text *t, const unsigned char address[16]);

#endif

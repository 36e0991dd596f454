/* Names of constants that scripts write as C programs do: Linux's numbers, on any machine. */
#ifndef SIM_LANGUAGE_SYMBOLS_H
#define SIM_LANGUAGE_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

/* SOCK_DGRAM, IP_TTL, POLLIN: false when there is no such symbol. */
bool symbol_number(const char *name, int64_t *out);
/* An errno's number, 0 when unknown; and the name of a number. */
int errno_number(const char *name);
const char *errno_name(int number);

#endif

/* What another program says. */
#ifndef SIM_BASE_ASK_H
#define SIM_BASE_ASK_H

#include <stdbool.h>
#include <stddef.h>

/* Runs argv (NULL-terminated, found by PATH), and takes up to room - 1 octets of its standard
 * output as a text; what it complains of is not heard. False: it is not here, or says nothing. */
bool ask_program(char *const argv[], char *out, size_t room);

#endif

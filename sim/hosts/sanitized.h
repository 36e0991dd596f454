/* Plug-ins that were built with AddressSanitizer. Its runtime must be in a process from its start.
 */
#ifndef SIM_HOSTS_SANITIZED_H
#define SIM_HOSTS_SANITIZED_H

#include <stdbool.h>
#include "sim/base/why.h"

/* Does the shared object import the sanitizer? False, too, of a file that cannot be read. */
bool is_sanitized(const char *path);

/* This is the process that the user started: it may begin anew. */
void sanitized_begin(void);
/* Sees to it that the runtime of a sanitized object is here: begins the program anew with it (and
 * then does not return), where that is possible. -1 and why: it is not. */
int sanitized_prepare(const char *path, struct why *why);

#endif

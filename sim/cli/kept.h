/* What runs remember for later ones: in reports/ where there is such a folder, elsewhere in the
 * user's cache, for each folder in which runs are started. */
#ifndef SIM_CLI_KEPT_H
#define SIM_CLI_KEPT_H

#include <stddef.h>

/* The file for `what`; "" when there is nowhere. */
void kept_path(const char *what, char *path, size_t room);
/* Writes it, and the folders it lies in. What cannot be written is not remembered. */
void kept_write(const char *path, const char *text, size_t len);

#endif

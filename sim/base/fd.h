/* All of some bytes through a file descriptor, however the kernel cuts them. */
#ifndef SIM_BASE_FD_H
#define SIM_BASE_FD_H

#include <stdbool.h>
#include <stddef.h>

/* False, with errno, when not all could be written. */
bool fd_write_all(int fd, const void *bytes, size_t len);

/* False when an error (errno) or the end came first. */
bool fd_read_all(int fd, void *bytes, size_t len);

#endif

/* A TAP device: Ethernet frames, to and from the kernel. */
#ifndef SIM_CLI_TAP_H
#define SIM_CLI_TAP_H

#include <stdint.h>
#include "sim/base/why.h"

/* A descriptor that does not block; -1 with the reason and what is missing. */
int tap_open(const char *name, struct why *why);

#endif

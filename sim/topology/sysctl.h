/*
 * Sysctls of other systems, as scripts set them, and what they are here: a knob of the stack, or
 * something that cannot change what is seen on this wire. One table, each row with its reason.
 */
#ifndef SIM_TOPOLOGY_SYSCTL_H
#define SIM_TOPOLOGY_SYSCTL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "sim/base/why.h"

/* Sets a knob: 0, -ENOENT (there is none of that name), or another negated errno. */
typedef int64_t sysctl_set(void *ctx, const char *knob, int64_t value);

/* 0, or -1 with the reason why the script is skipped. `name` and `value` are as they were written;
 * /proc/sys/net/ipv4/x is net.ipv4.x. */
int sysctl_apply(const char *name, const char *value, sysctl_set *set, void *ctx, struct why *why);
/* The table, for readers. */
void sysctl_print(FILE *out);
/* The nth knob that the table names, from 0; NULL: there are no more. */
const char *sysctl_knob(unsigned n);

#endif

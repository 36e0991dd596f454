/* A user's driver under our stack; see driver_plugin.c. */
#ifndef SIM_HOSTS_DRIVER_PLUGIN_H
#define SIM_HOSTS_DRIVER_PLUGIN_H

#include "sim/hosts/sut.h"
#include "sim/nic/machine.h"
#include "sim/base/why.h"

/* Our stack over the driver in this file, and the NIC model that it drives; NULL: *why says in one
 * sentence what is wrong. */
const struct sut *driver_plugin(const char *path, const struct nic_kind **nic, struct why *why);

#endif

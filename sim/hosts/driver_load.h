/* A user's driver, loaded: a shared object that was written against
 * examples/driver/wiredrill_driver.h, of any version. */
#ifndef SIM_HOSTS_DRIVER_LOAD_H
#define SIM_HOSTS_DRIVER_LOAD_H

#include "examples/driver/wiredrill_driver.h"
#include "sim/base/why.h"
#include "sim/hosts/plugin_object.h"
#include "sim/nic/machine.h"

struct driver_object {
    struct wiredrill_driver driver; /* what its version lacks is NULL; abi says which it is */
    const struct wiredrill_machine **machine_at; /* the driver's variable, to set before a call */
    const struct nic_kind *nic;                  /* the model that it drives */
    struct plugin_object *loaded;
};

/* 0, or -1 and in one sentence what is wrong. The object stays loaded. */
int driver_load(const char *path, struct driver_object *out, struct why *why);
/* Loads it anew (plugin_renew): its variables are as at first. False: they are as they were. */
bool driver_load_again(struct driver_object *o);

#endif

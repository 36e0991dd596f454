/* Loading a user's driver. Of an older version's structure only what it had is read. */
#include "sim/hosts/driver_load.h"

#include <stddef.h>
#include <string.h>
#include "sim/hosts/plugin_object.h"

enum { OLDEST = 1 };

static const struct nic_kind *model_of(const struct wiredrill_driver *d)
{
    if (d->vendor == WIREDRILL_MMIO)
        return d->device == 2   ? nic_kind_by_name("virtio-mmio")
               : d->device == 1 ? nic_kind_by_name("virtio-mmio-legacy")
                                : NULL;
    for (int k = 0; nic_kinds[k]; k++)
        if (nic_kinds[k]->vendor_id == d->vendor && nic_kinds[k]->device_id == d->device)
            return nic_kinds[k];
    return NULL;
}

static int check(const struct driver_object *o, const char *path, struct why *why)
{
    const struct wiredrill_driver *d = &o->driver;
    const char *missing = !d->name        ? "name"
                          : !d->attach    ? "attach"
                          : !d->send      ? "send"
                          : !d->interrupt ? "interrupt"
                                          : NULL;
    if (missing)
        why_set(why, "%s: wiredrill_driver.%s is not set, it must be", path, missing);
    else if (!o->nic)
        why_set(why,
                "%s drives PCI device %04x:%04x, of which there is no model; `wiredrill list` "
                "names those there are",
                path, d->vendor, d->device);
    return missing || !o->nic ? -1 : 0;
}

static int read_object(struct driver_object *out, const char *path, struct why *why)
{
    static const char what[] = "a WIREDRILL_DRIVER(...), see examples/driver";
    const struct wiredrill_driver *d = plugin_find(out->loaded, "wiredrill_driver", what, why);
    out->machine_at = d ? plugin_find(out->loaded, "wiredrill_machine", what, why) : NULL;
    if (!out->machine_at)
        return -1;
    if (d->abi < OLDEST || d->abi > WIREDRILL_DRIVER_ABI) {
        why_set(why,
                "%s was built for version %u of wiredrill_driver.h, this program knows versions "
                "%u to %u: build it again",
                path, d->abi, (unsigned)OLDEST, WIREDRILL_DRIVER_ABI);
        return -1;
    }
    memset(&out->driver, 0, sizeof out->driver);
    memcpy(&out->driver, d,
           d->abi == 1 ? offsetof(struct wiredrill_driver, poll) : sizeof out->driver);
    return 0;
}

int driver_load(const char *path, struct driver_object *out, struct why *why)
{
    memset(out, 0, sizeof *out);
    out->loaded = plugin_open(path, why);
    if (!out->loaded || read_object(out, path, why) != 0)
        return -1;
    out->nic = model_of(&out->driver);
    return check(out, path, why);
}

bool driver_load_again(struct driver_object *o)
{
    struct why why = {{0}};
    bool renewed = plugin_renew(o->loaded);
    return read_object(o, "", &why) == 0 && renewed;
}

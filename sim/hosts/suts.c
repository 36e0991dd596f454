/* The stacks under test by name: ours is built in, lwIP and users' are shared objects. */
#include <string.h>
#include "sim/hosts/sut.h"
#include "sim/hosts/sut_plugin.h"

extern const struct sut stack_sut;

const struct sut *sut_load(const char *name, struct why *why)
{
    if (strcmp(name, stack_sut.name) == 0)
        return &stack_sut;
#ifdef HAVE_LWIP
    if (strcmp(name, "lwip") == 0)
        return sut_plugin_beside("wiredrill-lwip.so", why);
#endif
    if (strchr(name, '/') || (strlen(name) > 3 && strcmp(name + strlen(name) - 3, ".so") == 0))
        return sut_plugin(name, why);
    why_set(why, "no stack \"%s\"; `wiredrill list` names those built in, or give a FILE.so", name);
    return NULL;
}

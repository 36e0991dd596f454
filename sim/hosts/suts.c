/* The stacks by name: ours is built in, lwIP and users' are shared objects. */
#include <stdlib.h>
#include <string.h>
#include "sim/hosts/plugin_object.h"
#include "sim/hosts/sut.h"
#include "sim/hosts/sut_plugin.h"

extern const struct sut stack_sut;

/* A stack that several hosts of a world name, or many cases, is loaded once: what it is known by
 * stays the same. */
struct loaded {
    struct loaded *next;
    const struct sut *sut;
    char path[];
};
static struct loaded *all_loaded;

static const struct sut *plugin_once(const char *path, struct why *why)
{
    char *real = realpath(path, NULL);
    const char *key = real ? real : path;
    for (const struct loaded *l = all_loaded; l; l = l->next)
        if (strcmp(l->path, key) == 0) {
            free(real);
            return l->sut;
        }
    const struct sut *sut = sut_plugin(path, why);
    size_t len = strlen(key) + 1;
    struct loaded *l = sut ? plugin_memory(sizeof *l + len) : NULL;
    if (l) {
        memcpy(l->path, key, len);
        l->sut = sut;
        l->next = all_loaded;
        all_loaded = l;
    }
    free(real);
    return sut;
}

#ifdef HAVE_LWIP
static const struct sut *lwip_once(struct why *why)
{
    static const struct sut *lwip;
    lwip = lwip ? lwip : sut_plugin_beside("wiredrill-lwip.so", why);
    return lwip;
}
#endif

const struct sut *sut_load(const char *name, struct why *why)
{
    if (strcmp(name, stack_sut.name) == 0)
        return &stack_sut;
#ifdef HAVE_LWIP
    if (strcmp(name, "lwip") == 0)
        return lwip_once(why);
#endif
    if (sut_is_file(name))
        return plugin_once(name, why);
    why_set(why, "no stack \"%s\"; `wiredrill list` names those built in, or give a FILE.so", name);
    return NULL;
}

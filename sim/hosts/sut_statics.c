/*
 * Does a plug-in keep state in static variables without saying so (SUT_SINGLETON)? Its second case
 * would start where the first one ended, and what it does would depend on the order of cases. Its
 * writable segments are copied when it is loaded and compared before each case.
 */
#include "sim/hosts/sut_plugin.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

enum { SEGMENTS = 4 };

static struct {
    const struct sut *sut;
    struct {
        const uint8_t *now;
        uint8_t *loaded;
        size_t size;
    } segment[SEGMENTS];
    int segments;
} plugin; /* a process has one stack under test */

static int copy_segments(struct dl_phdr_info *info, size_t size, void *ctx)
{
    const struct link_map *object = ctx;
    (void)size;
    if (info->dlpi_addr != object->l_addr)
        return 0;
    for (int k = 0; k < info->dlpi_phnum && plugin.segments < SEGMENTS; k++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[k];
        if (p->p_type != PT_LOAD || !(p->p_flags & PF_W))
            continue;
        const uint8_t *at = (const uint8_t *)object->l_addr + p->p_vaddr;
        uint8_t *copy = plugin_memory(p->p_memsz);
        if (!copy)
            continue;
        memcpy(copy, at, p->p_memsz);
        plugin.segment[plugin.segments].now = at;
        plugin.segment[plugin.segments].loaded = copy;
        plugin.segment[plugin.segments++].size = p->p_memsz;
    }
    return 1;
}

void sut_statics_watch(const struct sut *sut)
{
    Dl_info found;
    struct link_map *object = NULL;
    plugin.sut = sut;
    plugin.segments = 0;
    if (dladdr1(sut, &found, (void **)&object, RTLD_DL_LINKMAP) != 0 && object)
        dl_iterate_phdr(copy_segments, object);
}

bool sut_statics_changed(const char *name)
{
    if (!plugin.sut || strcmp(plugin.sut->name, name) != 0)
        return false;
    for (int k = 0; k < plugin.segments; k++)
        if (memcmp(plugin.segment[k].now, plugin.segment[k].loaded, plugin.segment[k].size) != 0)
            return true;
    return false;
}

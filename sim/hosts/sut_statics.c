/*
 * Stacks that keep state in static variables. One that says so (SUT_SINGLETON) is opened once in a
 * process. Does a plug-in do it without saying so? Its second case would start where the first one
 * ended, and what it does would depend on the order of cases. Its writable segments are copied when
 * it is loaded and compared before each opening.
 */
#include "sim/hosts/sut_plugin.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

enum { SEGMENTS = 4 };

struct watched {
    struct watched *next;
    const struct sut *known;
    struct {
        const uint8_t *now;
        uint8_t *loaded;
        size_t size;
    } segment[SEGMENTS];
    int segments;
};

struct spent {
    struct spent *next;
    const struct sut *sut;
};

/* Of the process: what was loaded stays. */
static struct watched *all_watched;
static struct spent *all_spent;
static bool found_changed;

struct copying {
    const struct link_map *object;
    struct watched *into;
};

static int copy_segments(struct dl_phdr_info *info, size_t size, void *ctx)
{
    const struct copying *c = ctx;
    struct watched *w = c->into;
    (void)size;
    if (info->dlpi_addr != c->object->l_addr)
        return 0;
    for (int k = 0; k < info->dlpi_phnum && w->segments < SEGMENTS; k++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[k];
        if (p->p_type != PT_LOAD || !(p->p_flags & PF_W))
            continue;
        const uint8_t *at = (const uint8_t *)c->object->l_addr + p->p_vaddr;
        uint8_t *copy = plugin_memory(p->p_memsz);
        if (!copy)
            continue;
        memcpy(copy, at, p->p_memsz);
        w->segment[w->segments].now = at;
        w->segment[w->segments].loaded = copy;
        w->segment[w->segments++].size = p->p_memsz;
    }
    return 1;
}

void sut_statics_watch(const struct sut *sut, const struct sut *known)
{
    Dl_info found;
    struct link_map *object = NULL;
    struct watched *w = plugin_memory(sizeof *w);
    if (!w)
        return;
    w->known = known;
    w->next = all_watched;
    all_watched = w;
    if (dladdr1(sut, &found, (void **)&object, RTLD_DL_LINKMAP) != 0 && object)
        dl_iterate_phdr(copy_segments, &(struct copying){object, w});
}

bool sut_statics_changed(const struct sut *known)
{
    for (const struct watched *w = all_watched; w; w = w->next)
        for (int k = 0; w->known == known && k < w->segments; k++)
            if (memcmp(w->segment[k].now, w->segment[k].loaded, w->segment[k].size) != 0)
                return found_changed = true;
    return false;
}

bool sut_statics_found_changed(void)
{
    return found_changed;
}

void sut_spend(const struct sut *sut)
{
    struct spent *s = sut_spent(sut) ? NULL : plugin_memory(sizeof *s);
    if (!s)
        return;
    s->sut = sut;
    s->next = all_spent;
    all_spent = s;
}

bool sut_spent(const struct sut *sut)
{
    for (const struct spent *s = all_spent; s; s = s->next)
        if (s->sut == sut)
            return true;
    return false;
}

bool sut_any_spent(void)
{
    return all_spent != NULL;
}

/*
 * Stacks that keep state in static variables. One that says so (SUT_SINGLETON) is loaded anew
 * before it is opened another time, as far as it can be. Does a plug-in do it without saying so?
 * Its second case would start where the first one ended, and what it does would depend on the order
 * of cases. Its writable segments are copied when it is loaded and compared before each opening.
 */
#include "sim/hosts/sut_plugin.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include "sim/hosts/plugin_object.h"

enum { SEGMENTS = 4 };

struct segment {
    const uint8_t *now;
    uint8_t *loaded; /* a copy */
    size_t size, room;
};

struct known {
    struct known *next;
    const struct sut *sut;
    bool (*again)(void *ctx);
    void *ctx;
    struct segment segment[SEGMENTS];
    int segments;
    unsigned instances;
    bool used; /* since it was loaded */
};

/* Of the process: what was loaded stays. */
static struct known *all;
static bool found_changed;

static struct known *known_as(const struct sut *sut)
{
    struct known *k = all;
    while (k && k->sut != sut)
        k = k->next;
    return k;
}

void sut_statics_know(const struct sut *sut, bool (*again)(void *ctx), void *ctx)
{
    struct known *k = plugin_memory(sizeof *k);
    if (!k)
        return;
    *k = (struct known){.next = all, .sut = sut, .again = again, .ctx = ctx};
    all = k;
}

struct copying {
    const struct link_map *object;
    struct known *into;
};

static void copy_segment(struct segment *s, const uint8_t *now, size_t size)
{
    if (size > s->room) {
        s->loaded = plugin_memory(size);
        s->room = s->loaded ? size : 0;
    }
    s->now = now;
    s->size = size <= s->room ? size : 0;
    memcpy(s->loaded, now, s->size);
}

static int copy_segments(struct dl_phdr_info *info, size_t size, void *ctx)
{
    const struct copying *c = ctx;
    struct known *k = c->into;
    (void)size;
    if (info->dlpi_addr != c->object->l_addr)
        return 0;
    for (int p = 0; p < info->dlpi_phnum && k->segments < SEGMENTS; p++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[p];
        if (h->p_type == PT_LOAD && h->p_flags & PF_W)
            copy_segment(&k->segment[k->segments++],
                         (const uint8_t *)c->object->l_addr + h->p_vaddr, h->p_memsz);
    }
    return 1;
}

void sut_statics_watch(const struct sut *sut, const void *symbol)
{
    struct known *k = known_as(sut);
    Dl_info found;
    struct link_map *object = NULL;
    if (!k || dladdr1(symbol, &found, (void **)&object, RTLD_DL_LINKMAP) == 0 || !object)
        return;
    k->segments = 0;
    dl_iterate_phdr(copy_segments, &(struct copying){object, k});
}

static bool has_changed(const struct known *k)
{
    for (int s = 0; s < k->segments; s++)
        if (memcmp(k->segment[s].now, k->segment[s].loaded, k->segment[s].size) != 0)
            return true;
    return false;
}

static bool is_fresh(struct known *k)
{
    bool singleton = k->sut->flags & SUT_SINGLETON, changed = !singleton && has_changed(k);
    found_changed |= changed;
    if (singleton ? !k->used : !changed)
        return true;
    if (k->instances || !k->again(k->ctx))
        return false;
    k->used = false;
    return true;
}

bool sut_statics_fresh(const struct sut *sut)
{
    struct known *k = known_as(sut);
    return !k || is_fresh(k);
}

void sut_statics_use(const struct sut *sut)
{
    struct known *k = known_as(sut);
    if (!k)
        return;
    k->used = true;
    k->instances++;
}

void sut_statics_leave(const struct sut *sut)
{
    struct known *k = known_as(sut);
    if (k && k->instances)
        k->instances--;
}

bool sut_statics_found_changed(void)
{
    return found_changed;
}

bool sut_statics_all_fresh(void)
{
    bool fresh = true;
    for (struct known *k = all; k; k = k->next)
        fresh &= is_fresh(k);
    return fresh;
}

#include "sim/world/names.h"

#include <string.h>

enum { FIRST_ROOM = 8 };

/* FNV-1a. */
static uint32_t hash(const char *name)
{
    uint32_t h = 2166136261u;
    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * 16777619u;
    return h ^ h >> 16;
}

/* Where the name is, or would be. */
static struct name_slot *slot_of(const struct names *n, const char *name)
{
    uint32_t at = hash(name);
    while (n->slot[at & (n->room - 1)].name && strcmp(n->slot[at & (n->room - 1)].name, name) != 0)
        at++;
    return &n->slot[at & (n->room - 1)];
}

static void grow(struct world *w, struct names *n)
{
    struct names was = *n;
    n->room = n->room ? n->room * 2 : FIRST_ROOM;
    n->slot = world_alloc(w, n->room * sizeof *n->slot, 16);
    for (uint32_t k = 0; k < was.room; k++)
        if (was.slot[k].name)
            *slot_of(n, was.slot[k].name) = was.slot[k];
    world_release(w, was.slot, was.room * sizeof *was.slot);
}

void names_put(struct world *w, struct names *n, const char *name, void *thing)
{
    if (n->count >= n->room / 2)
        grow(w, n);
    struct name_slot *s = slot_of(n, name);
    if (s->name)
        return;
    *s = (struct name_slot){name, thing};
    n->count++;
}

void *names_find(const struct names *n, const char *name)
{
    return n->room ? slot_of(n, name)->thing : NULL;
}

const char *names_text(struct world *w, struct names *n, const char *text)
{
    char *copy = names_find(n, text);
    if (copy)
        return copy;
    copy = (char *)(uintptr_t)world_text(w, text);
    names_put(w, n, copy, copy);
    return copy;
}

#include "sim/world/scratch.h"

struct scratch_piece {
    struct scratch_piece *next;
    size_t size; /* all of it */
    _Alignas(16) unsigned char bytes[];
};

void *scratch_alloc(struct world *w, struct scratch *s, size_t size)
{
    struct scratch_piece *p = world_alloc(w, sizeof *p + size, 16);
    p->next = s->first;
    p->size = sizeof *p + size;
    s->first = p;
    return p->bytes;
}

void scratch_release(struct world *w, struct scratch *s)
{
    for (struct scratch_piece *p = s->first, *next; p; p = next) {
        next = p->next;
        world_release(w, p, p->size);
    }
    s->first = NULL;
}

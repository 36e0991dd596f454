#include "sim/play/pending.h"

enum { SLOT_BITS = 24 };

static struct pending_call *fresh(struct world *w, struct pending_calls *c)
{
    struct pending_call *p = c->free;
    if (p) {
        c->free = p->next;
        return p;
    }
    if (c->slots == c->room)
        c->slot = world_grow(w, c->slot, &c->room, sizeof(struct pending_call *));
    p = world_alloc(w, sizeof *p, 16);
    p->slot = c->slots;
    return c->slot[c->slots++] = p;
}

/* Behind those that end as early; most are entered in the order of their times. */
static void enter(struct pending_calls *c, struct pending_call *p)
{
    struct pending_call *before = c->last;
    while (before && before->ends_ns > p->ends_ns)
        before = before->sooner;
    p->sooner = before;
    p->later = before ? before->later : c->first;
    *(p->later ? &p->later->sooner : &c->last) = p;
    *(before ? &before->later : &c->first) = p;
}

static void leave(struct pending_calls *c, struct pending_call *p)
{
    *(p->later ? &p->later->sooner : &c->last) = p->sooner;
    *(p->sooner ? &p->sooner->later : &c->first) = p->later;
}

struct pending_call *pending_open(struct world *w, struct pending_calls *c, int64_t ends_ns)
{
    struct pending_call *p = fresh(w, c);
    *p = (struct pending_call){
        .slot = p->slot, .token = ++c->serial << SLOT_BITS | p->slot, .ends_ns = ends_ns};
    c->open++;
    if (ends_ns >= 0)
        enter(c, p);
    return p;
}

struct pending_call *pending_find(const struct pending_calls *c, uint64_t token)
{
    uint64_t slot = token & ((UINT64_C(1) << SLOT_BITS) - 1);
    struct pending_call *p = slot < c->slots ? c->slot[slot] : NULL;
    return p && p->token == token && !p->done ? p : NULL;
}

void pending_done(struct pending_calls *c, struct pending_call *p)
{
    p->done = true;
    p->next = NULL;
    *(c->done ? &c->last_done->next : &c->done) = p;
    c->last_done = p;
}

struct pending_call *pending_take_done(struct pending_calls *c)
{
    struct pending_call *p = c->done;
    if (p)
        c->done = p->next;
    return p;
}

void pending_close(struct world *w, struct pending_calls *c, struct pending_call *p)
{
    if (p->ends_ns >= 0)
        leave(c, p);
    scratch_release(w, &p->memory);
    p->token = 0;
    p->next = c->free;
    c->free = p;
    c->open--;
}

int64_t pending_next_end(const struct pending_calls *c, int64_t now_ns)
{
    const struct pending_call *p = c->first;
    while (p && p->ends_ns < now_ns)
        p = p->later;
    return p ? p->ends_ns : NEVER;
}

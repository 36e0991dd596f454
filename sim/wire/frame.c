#include "sim/wire/frame.h"

#include <assert.h>
#include <string.h>

static struct frame *begin(struct world *w, struct frame *f, uint32_t len)
{
    f->world = w;
    f->refs = 1;
    f->len = len;
    f->flags = 0;
    f->teller = f->note = NULL;
    return f;
}

static size_t size_of(struct world *w, uint32_t len)
{
    if (len > FRAME_MAX)
        world_fail_hard(w, "a frame of %u bytes: the most is %d", len, FRAME_MAX);
    return sizeof(struct frame) + len;
}

struct frame *frame_new(struct world *w, uint32_t len)
{
    return begin(w, world_alloc(w, size_of(w, len), _Alignof(struct frame)), len);
}

struct frame *frame_copy(struct world *w, const void *bytes, uint32_t len)
{
    struct frame *f = begin(w, world_alloc_raw(w, size_of(w, len), _Alignof(struct frame)), len);
    if (len)
        memcpy(f->bytes, bytes, len);
    return f;
}

struct frame *frame_ref(struct frame *f)
{
    assert(f->refs > 0);
    f->refs++;
    return f;
}

void frame_note(struct frame *f, const char *teller, const char *note)
{
    f->teller = teller;
    f->note = note;
}

void frame_unref(struct frame *f)
{
    if (!f)
        return;
    assert(f->refs > 0);
    if (--f->refs == 0)
        world_release(f->world, f, sizeof *f + f->len);
}

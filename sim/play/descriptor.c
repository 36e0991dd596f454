#include "sim/play/descriptor.h"
#include "sim/hosts/sut_host.h"
#include "sim/play/engine.h"

enum { MOST = 1 << 20, FIRST = 16 };

struct descriptor *descriptor_of(const struct descriptors *t, const struct value *fd)
{
    if (fd->kind != VALUE_NUMBER || fd->number < 0 || fd->number >= t->room ||
        t->at[fd->number].to < 0)
        return NULL;
    return &t->at[fd->number];
}

static void grow(struct run *r, struct descriptors *t, uint32_t least)
{
    uint32_t room = t->room ? t->room : FIRST;
    while (room <= least)
        room *= 2;
    struct descriptor *at = world_alloc(r->world, room * sizeof *at, 16);
    for (uint32_t k = 0; k < room; k++)
        at[k] = k < t->room ? t->at[k] : (struct descriptor){.to = -1};
    world_release(r->world, t->at, t->room * sizeof *at);
    t->at = at;
    t->room = room;
}

struct descriptor *descriptor_make(struct run *r, struct descriptors *t, int64_t fd, int64_t to)
{
    if (fd < 0 || fd >= MOST)
        return NULL;
    if ((uint32_t)fd >= t->room)
        grow(r, t, (uint32_t)fd);
    t->at[fd] = (struct descriptor){.to = to, .made = ++t->made};
    return &t->at[fd];
}

bool descriptor_is_own(const struct descriptor *d)
{
    return d->epoll || d->pipe || d->file;
}

uint32_t descriptor_sharers(const struct descriptors *t, int64_t to)
{
    uint32_t count = 0;
    for (uint32_t k = 0; k < t->room; k++)
        count += t->at[k].to == to && !descriptor_is_own(&t->at[k]);
    return count;
}

static bool name_of(const struct descriptors *t, const struct descriptor *d, const char *call,
                    struct value *out)
{
    struct value argv[3] = {{.kind = VALUE_NUMBER, .number = d->to}}, got[SUT_ARGUMENTS] = {{0}};
    if (sut_host_call(t->host, 0, call, argv, 3, got) < 0 || got[1].kind != VALUE_ENDPOINT)
        return false;
    *out = got[1];
    return true;
}

struct flow *descriptor_flow(struct run *r, const struct descriptors *t, struct descriptor *d)
{
    struct value host, peer;
    if (!d->stream || d->listens || t->host != r->topology.sut)
        return NULL;
    if (!d->flow && name_of(t, d, "getsockname", &host) && name_of(t, d, "getpeername", &peer)) {
        d->flow = flow_find(&r->judge, (uint32_t)host.number, (uint16_t)host.prefix,
                            (uint32_t)peer.number, (uint16_t)peer.prefix);
        flow_hold(d->flow);
    }
    return d->flow;
}

struct descriptor *descriptor_newest_stream(const struct descriptors *t)
{
    struct descriptor *best = NULL;
    for (uint32_t k = 0; k < t->room; k++) {
        struct descriptor *d = &t->at[k];
        if (d->to < 0 || !d->stream)
            continue;
        if (!best || (best->listens && !d->listens) ||
            (best->listens == d->listens && d->made > best->made))
            best = d;
    }
    return best;
}

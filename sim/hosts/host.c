/* What all kinds of host share: sending, deadlines, random numbers, attributes. */
#include "sim/hosts/host.h"
#include <string.h>

struct host_port *host_add_port(struct host *h)
{
    if (h->ports == h->port_room) {
        uint32_t room = h->port_room ? h->port_room * 2 : 1;
        struct host_port *port = world_alloc(h->world, room * sizeof *port, 16);
        if (h->ports)
            memcpy(port, h->port, h->ports * sizeof *port);
        world_release(h->world, h->port, h->port_room * sizeof *port);
        h->port = port;
        h->port_room = room;
    }
    struct host_port *p = &h->port[h->ports++];
    *p = (struct host_port){.host = h};
    return p;
}

struct frame *host_frame(struct host *h, uint32_t len)
{
    return frame_new(h->world, len);
}

void host_send(struct host *h, int port, struct frame *f)
{
    const struct host_port *p = &h->port[port];
    link_send(p->link, p->number, f);
    frame_unref(f);
}

void host_due(struct host *h, int64_t due_ns)
{
    world_due(h->world, &h->owner, due_ns);
}

int64_t host_now(const struct host *h)
{
    return world_now(h->world);
}

uint64_t host_random(struct host *h)
{
    return random_next(&h->random);
}

void *host_alloc(struct host *h, size_t size)
{
    return world_alloc(h->world, size, 16);
}

int host_answer(const struct host_number *known, const char *what, struct value *out)
{
    for (; known->name; known++)
        if (strcmp(known->name, what) == 0) {
            *out = (struct value){.kind = VALUE_NUMBER, .number = known->number};
            return 0;
        }
    return -1;
}

const struct host_kind *host_kind_by_name(const char *name)
{
    for (int k = 0; host_kinds[k]; k++)
        if (strcmp(host_kinds[k]->name, name) == 0)
            return host_kinds[k];
    return NULL;
}

const struct attribute *attr_find(const struct attrs *a, const char *name, uint32_t k)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (strcmp(a->attribute[i].name, name) == 0 && k-- == 0)
            return &a->attribute[i];
    return NULL;
}

bool attr_flag(const struct attrs *a, const char *name)
{
    return attr_find(a, name, 0) != NULL;
}

int64_t attr_number(const struct attrs *a, const char *name, int64_t otherwise)
{
    const struct attribute *found = attr_find(a, name, 0);
    return found ? found->value.number : otherwise;
}

const char *attr_text(const struct attrs *a, const char *name, const char *otherwise)
{
    const struct attribute *found = attr_find(a, name, 0);
    if (!found)
        return otherwise;
    if (found->value.kind == VALUE_BYTES)
        return (const char *)found->value.bytes; /* strings of a script end with a NUL */
    return found->value.text ? found->value.text : otherwise;
}

/* Packets that wait in a NIC: see fifo.h. They lie behind each other, moved to the front when the
 * end is reached. */
#include "sim/nic/fifo.h"

#include <assert.h>
#include <string.h>

#include "sim/nic/machine.h"

enum { ALIGNMENT = 8, HEAD = sizeof(struct fifo_packet) };
/* Of short packets the heads count most. */
enum { ROOM = FIFO_MOST + FIFO_MOST / FIFO_SHORTEST * (HEAD + ALIGNMENT) };

static uint32_t octets(const struct fifo_packet *p)
{
    return (HEAD + p->len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void fifo_put(struct nic *n, struct fifo *f, const struct fifo_packet *head, const uint8_t *bytes)
{
    assert(head->len >= FIFO_SHORTEST && head->len <= head->counted);
    assert(f->used + head->counted <= FIFO_MOST);
    if (!f->room)
        f->room = nic_memory(n, ROOM);
    if (f->end + octets(head) > ROOM) {
        memmove(f->room, f->room + f->start, f->end - f->start);
        f->end -= f->start;
        f->start = 0;
    }
    assert(f->end + octets(head) <= ROOM);
    memcpy(f->room + f->end, head, HEAD);
    memcpy(f->room + f->end + HEAD, bytes, head->len);
    f->end += octets(head);
    f->used += head->counted;
}

const struct fifo_packet *fifo_first(const struct fifo *f)
{
    return f->start < f->end ? (const struct fifo_packet *)(const void *)(f->room + f->start)
                             : NULL;
}

void fifo_next(struct fifo *f)
{
    const struct fifo_packet *first = fifo_first(f);
    f->used -= first->counted;
    f->start += octets(first);
    if (f->start == f->end)
        f->start = f->end = 0;
}

void fifo_clear(struct fifo *f)
{
    f->start = f->end = f->used = 0;
}

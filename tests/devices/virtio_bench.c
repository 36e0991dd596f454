/* A virtio-net device on the bench: see virtio_bench.h. */
#include "tests/devices/virtio_bench.h"

#include <string.h>

enum { PAGE = 4096, QUEUE_ROOM = 0x10000, LEGACY_HEADER = 10, HEADER = 12 };
enum { ANSWER_AT = 0x800, DESC_OCTETS = 16, USED_OCTETS = 8 };

const struct virtio_way *way_of(const struct probe *p)
{
    const struct virtio_way *way = virtio_ways;
    while (way->nic && strcmp(way->nic, p->side->nic->name) != 0)
        way++;
    return way;
}

uint32_t header_octets(const struct probe *p)
{
    return p->side->own[OWN_ACCEPTED] & (F_VERSION_1 | F_MRG_RXBUF) ? HEADER : LEGACY_HEADER;
}

/* --- where queues lie --- */

/* The first page of guest memory, by offset. */
static uint32_t table_at(const struct probe *p, uint32_t queue)
{
    return (uint32_t)(-p->side->ram_at & (PAGE - 1)) + QUEUE_ROOM * queue;
}

static uint32_t size_of(struct probe *p, uint32_t queue)
{
    return way_of(p)->queue_size(p, queue);
}

uint32_t avail_at(struct probe *p, uint32_t queue)
{
    return table_at(p, queue) + DESC_OCTETS * size_of(p, queue);
}

/* 2.7.2: a legacy device's lies behind the available ring, at the next page; there it is for all.
 */
uint32_t used_at(struct probe *p, uint32_t queue)
{
    uint32_t size = size_of(p, queue), at = DESC_OCTETS * size + 6 + 2 * size;
    return table_at(p, queue) + (at + PAGE - 1) / PAGE * PAGE;
}

/* --- setting up (3.1.1) --- */

void negotiate(struct probe *p, uint64_t features)
{
    const struct virtio_way *way = way_of(p);
    features |= F_MAC | F_STATUS | (way->legacy ? 0 : F_VERSION_1);
    way->set_status(p, 0);
    way->status(p);
    way->set_status(p, ACKNOWLEDGE);
    way->set_status(p, ACKNOWLEDGE | DRIVER);
    way->accept(p, features);
    p->side->own[OWN_ACCEPTED] = features;
    if (!way->legacy) {
        way->set_status(p, ACKNOWLEDGE | DRIVER | FEATURES_OK);
        way->status(p);
    }
}

void start_queue(struct probe *p, uint32_t queue)
{
    uint64_t at = p->side->ram_at;
    way_of(p)->start_queue(p, queue, at + table_at(p, queue), at + avail_at(p, queue),
                           at + used_at(p, queue));
}

void begin(struct probe *p, uint64_t features)
{
    const struct virtio_way *way = way_of(p);
    negotiate(p, features);
    for (uint32_t queue = RX; queue < QUEUES; queue++)
        if (queue != CONTROL || (features & F_CTRL_VQ))
            start_queue(p, queue);
    way->set_status(p, ACKNOWLEDGE | DRIVER | DRIVER_OK | (way->legacy ? 0 : FEATURES_OK));
}

/* --- buffers --- */

void descriptor(struct probe *p, uint32_t queue, uint32_t index, uint32_t buffer, uint32_t len,
                uint32_t flags, uint32_t next)
{
    struct side *s = p->side;
    uint32_t at = table_at(p, queue) + DESC_OCTETS * index;
    side_put(s, at, s->ram_at + buffer, 8);
    side_put(s, at + 8, len, 4);
    side_put(s, at + 12, flags, 2);
    side_put(s, at + 14, next, 2);
}

void chain(struct probe *p, uint32_t queue, uint32_t head, uint32_t buffer, uint32_t len,
           uint32_t flags)
{
    uint32_t header = header_octets(p);
    descriptor(p, queue, head, buffer, header, flags | DESC_NEXT, head + APART);
    descriptor(p, queue, head + APART, buffer + header, len - header, flags, 0);
}

void offer(struct probe *p, uint32_t queue, uint32_t head)
{
    uint32_t at = avail_at(p, queue), index = (uint32_t)side_get(p->side, at + 2, 2);
    side_put(p->side, at + 4 + 2 * (index % size_of(p, queue)), head, 2);
    side_put(p->side, at + 2, index + 1, 2);
}

void ring(struct probe *p, uint32_t queue)
{
    way_of(p)->notify(p, queue);
    side_settle(p->side);
}

uint32_t used_index(struct probe *p, uint32_t queue)
{
    return (uint32_t)side_get(p->side, used_at(p, queue) + 2, 2);
}

uint32_t used_head(struct probe *p, uint32_t queue, uint32_t entry)
{
    return (uint32_t)side_get(p->side, used_at(p, queue) + 4 + USED_OCTETS * entry, 4);
}

uint32_t used_length(struct probe *p, uint32_t queue, uint32_t entry)
{
    return (uint32_t)side_get(p->side, used_at(p, queue) + 8 + USED_OCTETS * entry, 4);
}

void buffers(struct probe *p, uint32_t count, uint32_t len)
{
    for (uint32_t k = 0; k < count; k++) {
        chain(p, RX, k, BUFFERS + STEP * k, header_octets(p) + len, DESC_WRITE);
        offer(p, RX, k);
    }
    ring(p, RX);
}

uint32_t packet(struct probe *p, uint32_t len, uint8_t salt)
{
    uint32_t header = header_octets(p);
    memset(p->side->ram + BUFFERS, 0, header);
    side_make(p->side->ram + BUFFERS + header, side_broadcast, len, salt);
    return header + len;
}

/* 5.1.6.5: class and command, data, the answer; three descriptors, or two. */
uint32_t command(struct probe *p, uint32_t class, uint32_t number, const uint8_t *data,
                 uint32_t len)
{
    struct side *s = p->side;
    side_put(s, COMMANDS, class, 1);
    side_put(s, COMMANDS + 1, number, 1);
    memcpy(s->ram + COMMANDS + 2, data, len);
    side_put(s, COMMANDS + ANSWER_AT, 0xff, 1);
    descriptor(p, CONTROL, 0, COMMANDS, 2, DESC_NEXT, len ? 1 : 2);
    descriptor(p, CONTROL, 1, COMMANDS + 2, len, DESC_NEXT, 2);
    descriptor(p, CONTROL, 2, COMMANDS + ANSWER_AT, 1, DESC_WRITE, 0);
    offer(p, CONTROL, 0);
    ring(p, CONTROL);
    return (uint32_t)side_get(s, COMMANDS + ANSWER_AT, 1);
}

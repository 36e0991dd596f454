#include "stack/driver/virtqueue.h"
#include "stack/core/panic.h"

enum { DESC_BYTES = 16, DESC_LENGTH = 8, DESC_FLAGS = 12, DESC_NEXT_AT = 14 };
enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4 };
enum { RING_FLAGS = 0, RING_IDX = 2, RING_AT = 4, USED_BYTES = 8 };
enum { AVAIL_NO_INTERRUPT = 1, USED_NO_NOTIFY = 1 };

static size_t used_at(uint16_t size, uint32_t align)
{
    size_t end = (size_t)DESC_BYTES * size + 6 + 2 * (size_t)size;
    return (end + align - 1) & ~(size_t)(align - 1);
}

size_t virtqueue_bytes(uint16_t size, uint32_t align)
{
    size_t used = 6 + (size_t)USED_BYTES * size;
    return used_at(size, align) + ((used + align - 1) & ~(size_t)(align - 1));
}

static uint8_t *descriptor(const struct virtqueue *q, uint32_t i)
{
    return q->desc + (size_t)DESC_BYTES * i;
}

/* Where the driver says how far the device may go without an interrupt, and the device how far the
 * driver without a notification: behind the rings. */
static uint8_t *used_event(const struct virtqueue *q)
{
    return q->avail + RING_AT + 2 * (size_t)q->size;
}

static uint8_t *avail_event(const struct virtqueue *q)
{
    return q->used + RING_AT + (size_t)USED_BYTES * q->size;
}

#ifdef STACK_CHECK
/* No access of the driver's: at each of those the device may act. */
static uint16_t peek16(const void *p)
{
    return BUS_LE16(*(const uint16_t *)p);
}

/* Every descriptor is free or part of one chain that the device has; what it has is what was
 * offered and has not come back. */
static void check(const struct virtqueue *q)
{
    uint32_t chained = 0, chains = 0, at = q->free;
    for (uint32_t i = 0; i < q->frees; i++) {
        STACK_ASSERT(at < q->size && !q->owner[at]);
        at = peek16(descriptor(q, at) + DESC_NEXT_AT);
    }
    for (uint32_t i = 0; i < q->size; i++) {
        if (!q->owner[i])
            continue;
        chains++;
        for (at = i, chained++; peek16(descriptor(q, at) + DESC_FLAGS) & DESC_NEXT;
             at = peek16(descriptor(q, at) + DESC_NEXT_AT))
            STACK_ASSERT(chained++ < q->size);
    }
    STACK_ASSERT(chained + q->frees == q->size);
    STACK_ASSERT(chains == (uint16_t)(q->added - q->taken));
    STACK_ASSERT((uint16_t)(q->added - q->published) <= chains);
}
#endif

void virtqueue_init(struct virtqueue *q, const struct bus *bus, void *memory, uint16_t size,
                    uint32_t align, bool event_idx)
{
    STACK_ASSERT(size > 0 && size <= VIRTQUEUE_MOST && (size & (size - 1)) == 0);
    *q = (struct virtqueue){
        .bus = bus, .desc = memory, .size = size, .frees = size, .event_idx = event_idx};
    q->avail = q->desc + (size_t)DESC_BYTES * size;
    q->used = q->desc + used_at(size, align);
    for (uint32_t i = 0; i < size; i++)
        ring_store16(bus, descriptor(q, i) + DESC_NEXT_AT, (uint16_t)(i + 1));
    STACK_INVARIANT(check(q));
}

void virtqueue_use_tables(struct virtqueue *q, void *memory, uint64_t at, uint16_t tables)
{
    q->tables = tables;
    q->table = memory;
    q->table_at = at;
}

static void describe(const struct virtqueue *q, uint8_t *d, uint64_t at, uint32_t len,
                     uint32_t flags)
{
    ring_store64(q->bus, d, at);
    ring_store32(q->bus, d + DESC_LENGTH, len);
    ring_store16(q->bus, d + DESC_FLAGS, (uint16_t)flags);
}

static uint32_t flags_of(unsigned part, unsigned parts, unsigned read)
{
    return (part + 1 < parts ? (uint32_t)DESC_NEXT : 0) | (part < read ? 0 : (uint32_t)DESC_WRITE);
}

/* 2.7.5.3: one descriptor that leads to the head's table, where the parts follow each other.
 * Returns the next free descriptor. */
static uint16_t add_table(struct virtqueue *q, uint16_t head, const struct virtqueue_part *part,
                          unsigned parts, unsigned read)
{
    uint8_t *table = q->table + (size_t)VIRTQUEUE_TABLE_BYTES * head;
    for (unsigned i = 0; i < parts; i++) {
        uint8_t *d = table + (size_t)DESC_BYTES * i;
        describe(q, d, part[i].at, part[i].len, flags_of(i, parts, read));
        ring_store16(q->bus, d + DESC_NEXT_AT, (uint16_t)(i + 1 < parts ? i + 1 : 0));
    }
    describe(q, descriptor(q, head), q->table_at + (uint64_t)VIRTQUEUE_TABLE_BYTES * head,
             DESC_BYTES * parts, DESC_INDIRECT);
    return ring_load16(q->bus, descriptor(q, head) + DESC_NEXT_AT);
}

static uint16_t add_chain(struct virtqueue *q, uint16_t head, const struct virtqueue_part *part,
                          unsigned parts, unsigned read)
{
    uint16_t at = head;
    for (unsigned i = 0; i < parts; i++) {
        uint8_t *d = descriptor(q, at);
        describe(q, d, part[i].at, part[i].len, flags_of(i, parts, read));
        at = ring_load16(q->bus, d + DESC_NEXT_AT);
    }
    return at;
}

bool virtqueue_add(struct virtqueue *q, const struct virtqueue_part *part, unsigned parts,
                   unsigned read, void *owner)
{
    STACK_ASSERT(parts > 0 && read <= parts && owner);
    bool table = q->table && q->free < q->tables && parts > 1 && parts <= VIRTQUEUE_TABLE;
    unsigned descriptors = table ? 1 : parts;
    if (descriptors > q->frees || q->broken)
        return false;
    STACK_INVARIANT(check(q));
    uint16_t head = q->free;
    q->free = table ? add_table(q, head, part, parts, read) : add_chain(q, head, part, parts, read);
    q->frees = (uint16_t)(q->frees - descriptors);
    q->owner[head] = owner;
    ring_store16(q->bus, q->avail + RING_AT + 2 * (size_t)(q->added % q->size), head);
    q->added++;
    STACK_INVARIANT(check(q));
    return true;
}

/* "Supplying Buffers to The Device": the ring's entries and what they lead to come before the index
 * that vouches for them. */
void virtqueue_publish(struct virtqueue *q)
{
    if (q->published == q->added)
        return;
    bus_fence(q->bus, BUS_PUBLISH);
    q->published = q->added;
    ring_store16(q->bus, q->avail + RING_IDX, q->published);
}

/* "Available Buffer Notification Suppression". The device looks at the index after it has said that
 * it wants to know, and we at what it said after we wrote the index: one of the two sees the other.
 */
bool virtqueue_wants_notification(struct virtqueue *q)
{
    uint16_t before = q->asked, now = q->published;
    bus_fence(q->bus, BUS_FULL);
    q->asked = now;
    if (now == before)
        return false;
    if (!q->event_idx)
        return !(ring_load16(q->bus, q->used + RING_FLAGS) & USED_NO_NOTIFY);
    uint16_t event = ring_load16(q->bus, avail_event(q));
    return (uint16_t)(now - event - 1) < (uint16_t)(now - before);
}

static bool has_used(const struct virtqueue *q)
{
    return ring_load16(q->bus, q->used + RING_IDX) != q->taken;
}

/* Its descriptors are free, in front of the others, in their order. */
static void *release(struct virtqueue *q, uint32_t head)
{
    void *owner = q->owner[head];
    uint32_t last = head;
    uint16_t parts = 1;
    for (; ring_load16(q->bus, descriptor(q, last) + DESC_FLAGS) & DESC_NEXT; parts++)
        last = ring_load16(q->bus, descriptor(q, last) + DESC_NEXT_AT);
    ring_store16(q->bus, descriptor(q, last) + DESC_NEXT_AT, q->free);
    q->free = (uint16_t)head;
    q->frees = (uint16_t)(q->frees + parts);
    q->owner[head] = NULL;
    q->taken++;
    return owner;
}

/* A device that names a buffer which it does not have, or more of them than it has, is believed
 * nothing any more: the driver resets it. */
void *virtqueue_take(struct virtqueue *q, uint32_t *written)
{
    uint16_t ready = (uint16_t)(ring_load16(q->bus, q->used + RING_IDX) - q->taken);
    if (q->broken || ready == 0)
        return NULL;
    bus_fence(q->bus, BUS_OBSERVE);
    uint8_t *entry = q->used + RING_AT + USED_BYTES * (size_t)(q->taken % q->size);
    uint32_t id = ring_load32(q->bus, entry);
    if (ready > (uint16_t)(q->published - q->taken) || id >= q->size || !q->owner[id]) {
        q->broken = true;
        return NULL;
    }
    *written = ring_load32(q->bus, entry + 4);
    void *owner = release(q, id);
    STACK_INVARIANT(check(q));
    return owner;
}

/* "Used Buffer Notification Suppression". With an event index flags stay 0, and an index that was
 * passed already is far away. */
void virtqueue_quiet(struct virtqueue *q)
{
    if (q->event_idx)
        ring_store16(q->bus, used_event(q), (uint16_t)(q->taken - 1));
    else
        ring_store16(q->bus, q->avail + RING_FLAGS, AVAIL_NO_INTERRUPT);
}

bool virtqueue_listen(struct virtqueue *q)
{
    if (q->event_idx)
        ring_store16(q->bus, used_event(q), q->taken);
    else
        ring_store16(q->bus, q->avail + RING_FLAGS, 0);
    bus_fence(q->bus, BUS_FULL);
    return has_used(q);
}

void *virtqueue_take_back(struct virtqueue *q)
{
    for (uint32_t i = 0; i < q->size; i++)
        if (q->owner[i])
            return release(q, i);
    return NULL;
}

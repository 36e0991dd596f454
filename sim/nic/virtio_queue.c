/*
 * Split virtqueues, the device's side (virtio 1.2, 2.7): what a driver offers is followed through
 * descriptors and indirect tables, and refused in a sentence where it is not as it must be.
 */
#include "sim/nic/virtio.h"

enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4, DESC_OCTETS = 16 };
enum { RING_FLAGS = 0, RING_IDX = 2, RING_AT = 4, USED_OCTETS = 8 };
enum { NO_INTERRUPT = 1, NO_NOTIFY = 1, SIZE_MOST = 32768 };

static const char *const names[] = {"receive queue", "transmit queue", "control queue"};

static struct virtio_queue *queue_of(struct nic *n, int i)
{
    return &((struct virtio *)nic_state(n))->queue[i];
}

/* --- setting up (4.1.4.3, 4.2.3.2) --- */

uint32_t vnic_queue_most(const struct nic *n, uint32_t i)
{
    uint32_t wish = nic_options(n)->queue;
    if (i >= VIRTIO_QUEUES || (i == QUEUE_CONTROL && !(vnic_offered(n) & F_CTRL_VQ)))
        return 0;
    uint32_t most = vnic_kind_of(n)->queue_most[i];
    return wish && wish < most ? wish : most;
}

uint32_t vnic_queue_size(const struct nic *n, uint32_t i)
{
    const struct virtio *v = nic_state_of(n);
    uint32_t most = vnic_queue_most(n, i);
    return most && v->queue[i].size ? v->queue[i].size : most;
}

struct virtio_queue *vnic_selected(struct nic *n)
{
    struct virtio *v = nic_state(n);
    return vnic_queue_most(n, v->select) ? &v->queue[v->select] : NULL;
}

/* NULL, and the run fails, when the selected queue is not there to be set up. */
static struct virtio_queue *to_set_up(struct nic *n, const char *what)
{
    struct virtio *v = nic_state(n);
    struct virtio_queue *q = vnic_selected(n);
    if (!q)
        vnic_fault(n, "%s of queue %u is written, which does not exist", what, v->select);
    else if (q->ready)
        vnic_fault(n, "%s of the %s is written while the queue is live", what, names[v->select]);
    return q && !q->ready ? q : NULL;
}

void vnic_set_queue_size(struct nic *n, uint32_t size)
{
    const struct virtio *v = nic_state(n);
    struct virtio_queue *q = to_set_up(n, "the size");
    if (!q)
        return;
    if (size == 0 || (size & (size - 1)) || size > vnic_queue_most(n, v->select))
        vnic_fault(n, "the %s is to have %u descriptors: a power of two up to %u is right",
                   names[v->select], size, vnic_queue_most(n, v->select));
    else
        q->size = (uint16_t)size;
}

void vnic_write_address(struct nic *n, unsigned part, bool high, uint32_t value)
{
    static const char *const what[] = {"the descriptor table's address",
                                       "the available ring's address", "the used ring's address"};
    struct virtio_queue *q = to_set_up(n, what[part]);
    if (!q)
        return;
    uint64_t *const places[] = {&q->desc, &q->avail, &q->used}, *at = places[part];
    *at = high ? (*at & UINT32_MAX) | (uint64_t)value << 32 : (*at & ~(uint64_t)UINT32_MAX) | value;
}

/* 2.7.1: 16, 2 and 4. */
static bool aligned(struct nic *n, const struct virtio_queue *q, const char *name)
{
    const char *what = q->desc % 16   ? "descriptor table"
                       : q->avail % 2 ? "available ring"
                       : q->used % 4  ? "used ring"
                                      : NULL;
    if (what)
        vnic_fault(n, "the %s's %s lies at 0x%llx, which is not aligned", name, what,
                   (unsigned long long)(q->desc % 16   ? q->desc
                                        : q->avail % 2 ? q->avail
                                                       : q->used));
    return !what;
}

/* 4.1.4.3.2: all other fields come first, and a queue is not switched off. */
void vnic_enable_queue(struct nic *n, uint32_t value)
{
    struct virtio *v = nic_state(n);
    if (value == 0) {
        vnic_fault(n, "a queue is disabled, which only a reset does");
        return;
    }
    struct virtio_queue *q = to_set_up(n, "enable");
    if (!q || !aligned(n, q, names[v->select]))
        return;
    if (!(v->status & STATUS_FEATURES_OK)) {
        vnic_fault(n, "the %s is enabled before FEATURES_OK", names[v->select]);
        return;
    }
    if (v->status & STATUS_DRIVER_OK) { /* 3.1.1, steps 7 and 8 */
        vnic_fault(n, "the %s is enabled behind DRIVER_OK: queues are set up before it",
                   names[v->select]);
        return;
    }
    q->size = (uint16_t)vnic_queue_size(n, v->select);
    q->ready = true;
}

/* 2.7.2 */
void vnic_place_queue(struct nic *n, uint64_t at, uint64_t align)
{
    struct virtio *v = nic_state(n);
    struct virtio_queue *q = vnic_selected(n);
    if (q && at == 0) { /* given back */
        *q = (struct virtio_queue){.size = q->size};
        return;
    }
    q = to_set_up(n, "the address");
    if (!q)
        return;
    uint64_t size = vnic_queue_size(n, v->select);
    q->size = (uint16_t)size;
    q->desc = at;
    q->avail = at + DESC_OCTETS * size;
    q->used = (q->avail + 6 + 2 * size + align - 1) / align * align;
    q->ready = true;
}

/* --- what the driver offers (2.7.6) --- */

static bool ring_word(struct nic *n, uint64_t at, uint32_t *value)
{
    uint8_t raw[2];
    if (!nic_ring_read(n, at, raw, 2)) {
        vnic_break(n);
        return false;
    }
    *value = vnic_le(raw, 2);
    return true;
}

uint32_t vnic_offered_buffers(struct nic *n, int queue)
{
    struct virtio_queue *q = queue_of(n, queue);
    uint32_t idx;
    if (!q->ready || !vnic_lives(n) || !ring_word(n, q->avail + RING_IDX, &idx))
        return 0;
    uint32_t ahead = (uint16_t)(idx - q->taken);
    const struct virtio *v = nic_state(n);
    if (ahead <= q->size)
        return queue == QUEUE_RX && v->heeds ? (uint16_t)(v->told - q->taken) : ahead;
    vnic_fault(n,
               "the available index of the %s moved by %u with a queue of %u: avail.idx counts on "
               "to 65535, only the place in ring[] goes round",
               names[queue], ahead, q->size);
    return 0;
}

/* A chain, or an indirect table, as it is walked. */
struct walk {
    struct nic *n;
    const char *name;
    uint64_t table;
    uint32_t entries, steps; /* of the table; and what has been walked of the chain */
    uint32_t most;           /* the queue's size: the longest chain there may be */
    bool indirect;
};

struct descriptor {
    uint64_t at;
    uint32_t len, flags, next;
};

static bool read_descriptor(const struct walk *w, uint32_t i, struct descriptor *d)
{
    uint8_t raw[DESC_OCTETS];
    if (!nic_ring_read(w->n, w->table + (uint64_t)DESC_OCTETS * i, raw, sizeof raw)) {
        vnic_break(w->n);
        return false;
    }
    d->at = vnic_le(raw, 4) | (uint64_t)vnic_le(raw + 4, 4) << 32;
    d->len = vnic_le(raw + 8, 4);
    d->flags = vnic_le(raw + 12, 2);
    d->next = vnic_le(raw + 14, 2);
    return true;
}

/* 2.7.4.2: what the device reads comes before what it writes. */
static bool add_part(const struct walk *w, struct virtio_chain *c, const struct descriptor *d)
{
    bool writable = d->flags & DESC_WRITE;
    if (!writable && c->writable) {
        vnic_fault(w->n, "in a chain of the %s what the device reads comes behind what it writes",
                   w->name);
        return false;
    }
    if (c->parts == CHAIN_PARTS) {
        vnic_fault(w->n, "a chain of the %s has more than %d descriptors", w->name, CHAIN_PARTS);
        return false;
    }
    c->part[c->parts++] = (struct virtio_part){d->at, d->len, writable};
    nic_offered(w->n, d->at, d->len);
    *(writable ? &c->writable : &c->readable) += d->len;
    return true;
}

/* 2.7.5.3.1 */
static const char *table_fault(const struct walk *w, const struct descriptor *d)
{
    if (!vnic_has(w->n, F_INDIRECT))
        return "a descriptor is indirect, which was not negotiated";
    if (w->indirect)
        return "an indirect table leads to another, or to itself";
    if (d->flags & DESC_NEXT)
        return "a descriptor is indirect and has a next";
    if (d->len == 0 || d->len % DESC_OCTETS)
        return "an indirect table's length is no multiple of 16";
    return NULL;
}

static bool step_into(struct walk *w, const struct descriptor *d, uint32_t *next)
{
    const char *wrong = table_fault(w, d);
    if (wrong) {
        vnic_fault(w->n, "%s: %s", w->name, wrong);
        return false;
    }
    w->table = d->at;
    w->entries = d->len / DESC_OCTETS;
    w->indirect = true;
    *next = 0;
    return true;
}

/* 2.7.5.2: loops are forbidden; 2.7.5.3.1: and chains that are longer than the queue. */
static bool within(const struct walk *w, uint32_t i)
{
    if (i >= w->entries)
        vnic_fault(w->n, "a chain of the %s leads to descriptor %u of %u", w->name, i, w->entries);
    else if (w->steps > w->most)
        vnic_fault(w->n, "a chain of the %s goes round, or is longer than the queue's %u", w->name,
                   w->most);
    return i < w->entries && w->steps <= w->most;
}

static bool follow(struct walk *w, uint32_t head, struct virtio_chain *c)
{
    struct descriptor d;
    for (uint32_t i = head;; i = d.next) {
        w->steps++;
        if (!within(w, i) || !read_descriptor(w, i, &d))
            return false;
        if (d.flags & DESC_INDIRECT) {
            w->steps--;
            if (!step_into(w, &d, &d.next))
                return false;
            continue;
        }
        if (!add_part(w, c, &d))
            return false;
        if (!(d.flags & DESC_NEXT))
            return true;
    }
}

/* Which place of the available ring comes next: a device may use buffers in any order (2.7). */
static uint16_t next_offered(struct nic *n, int queue, uint32_t offered)
{
    const struct virtio *v = nic_state(n);
    uint16_t at = v->queue[queue].taken;
    if (queue != QUEUE_RX || !v->crosses || (v->accepted & F_MRG_RXBUF))
        return at;
    return (uint16_t)(v->crossed ? at - 1 : offered > 1 ? at + 1 : at);
}

/* With EVENT_IDX it has to ask for the next notification (2.7.10.1). */
void vnic_note_told(struct nic *n)
{
    struct virtio *v = nic_state(n);
    const struct virtio_queue *q = &v->queue[QUEUE_RX];
    uint8_t idx[2] = {0};
    nic_peek(n, q->avail + RING_IDX, idx, sizeof idx);
    v->told = (uint16_t)vnic_le(idx, 2);
    if (v->heeds && vnic_has(n, F_EVENT_IDX))
        nic_ring_write(n, q->used + RING_AT + (uint64_t)USED_OCTETS * q->size, idx, 2);
}

bool vnic_peek(struct nic *n, int queue, struct virtio_chain *c)
{
    struct virtio_queue *q = queue_of(n, queue);
    uint32_t head, offered = vnic_offered_buffers(n, queue);
    if (offered == 0 ||
        !ring_word(n, q->avail + RING_AT + 2u * (next_offered(n, queue, offered) % q->size), &head))
        return false;
    ((struct virtio *)nic_state(n))->crossing = next_offered(n, queue, offered) != q->taken;
    struct walk w = {
        .n = n, .name = names[queue], .table = q->desc, .entries = q->size, .most = q->size};
    c->head = (uint16_t)head;
    c->parts = 0;
    c->readable = c->writable = 0;
    return follow(&w, head, c);
}

void vnic_take(struct nic *n, int queue)
{
    struct virtio *v = nic_state(n);
    v->queue[queue].taken++;
    if (queue == QUEUE_RX)
        v->crossed = v->crossing && !v->crossed;
}

/* --- what the device is done with (2.7.8) --- */

bool vnic_lies(struct nic *n, enum virtio_lie lie)
{
    struct virtio *v = nic_state(n);
    if (v->lie != lie)
        return false;
    v->lie = LIE_NONE;
    return true;
}

static uint32_t used_id(struct nic *n, int queue, uint16_t head)
{
    if (vnic_lies(n, LIE_BEYOND))
        return UINT32_MAX;
    if (queue == QUEUE_TX && vnic_lies(n, LIE_FREE))
        return (head + 1u) % queue_of(n, queue)->size;
    return head;
}

void vnic_fill_used(struct nic *n, int queue, uint16_t head, uint32_t written, uint16_t ahead)
{
    struct virtio_queue *q = queue_of(n, queue);
    uint8_t entry[USED_OCTETS];
    uint16_t at = (uint16_t)(q->given + ahead);
    vnic_put_le(entry, 4, used_id(n, queue, head));
    vnic_put_le(entry + 4, 4, written);
    nic_ring_write(n, q->used + RING_AT + (uint64_t)USED_OCTETS * (at % q->size), entry,
                   sizeof entry);
}

/* 2.7.14: the index vouches for entries. The slot of the next one to come still holds one that is
 * as old as the ring is long. */
static void note_load(struct nic *n, struct virtio_queue *q, uint64_t at, const char *name)
{
    if (at == RING_IDX) {
        q->known = q->given;
        return;
    }
    if (q->size == 1 || at < RING_AT || (at - RING_AT) / USED_OCTETS >= q->size)
        return;
    uint64_t slot = (at - RING_AT) / USED_OCTETS;
    if (q->loaded != q->known && slot == q->loaded % q->size)
        q->loaded++;
    else if (q->loaded == q->known && slot == q->loaded % q->size)
        vnic_fault(
            n, "entry %u of the %s's used ring is loaded before the index says that it is there",
            (unsigned)slot, name);
}

void vnic_loaded(struct nic *n, uint64_t address)
{
    struct virtio *v = nic_state(n);
    for (int i = 0; i < VIRTIO_QUEUES; i++) {
        struct virtio_queue *q = &v->queue[i];
        if (q->ready && address >= q->used &&
            address - q->used < RING_AT + USED_OCTETS * (uint64_t)q->size)
            note_load(n, q, address - q->used, names[i]);
    }
}

/* 2.7.7.2: whether the driver wants to hear that the index went from `before` to given. */
static bool wants_interrupt(struct nic *n, const struct virtio_queue *q, const char *name)
{
    uint32_t flags, event;
    if (!ring_word(n, q->avail + RING_FLAGS, &flags))
        return false;
    if (!vnic_has(n, F_EVENT_IDX)) {
        if (flags > 1)
            vnic_fault(n, "the flags of the %s's available ring are 0x%x, not 0 or 1", name, flags);
        return !(flags & NO_INTERRUPT);
    }
    if (flags)
        vnic_fault(n, "the flags of the %s's available ring are 0x%x, not 0, with EVENT_IDX", name,
                   flags);
    if (!ring_word(n, q->avail + RING_AT + 2u * q->size, &event))
        return false;
    return (uint16_t)(q->given - event - 1) < (uint16_t)(q->given - q->signalled);
}

/* The index vouches for the entries: one record, so that a driver which loads an entry before the
 * index is found out. */
void vnic_give(struct nic *n, int queue, uint16_t count)
{
    struct virtio_queue *q = queue_of(n, queue);
    uint8_t idx[2];
    q->given = (uint16_t)(q->given + count);
    vnic_put_le(idx, 2, vnic_lies(n, LIE_MANY) ? q->given + q->size : q->given);
    nic_ring_join(n);
    nic_ring_write(n, q->used + RING_IDX, idx, 2);
    bool wanted = wants_interrupt(n, q, names[queue]);
    q->signalled = q->given;
    if (wanted)
        vnic_cause(n, ISR_QUEUE);
}

/* 2.7.10: with EVENT_IDX flags stay 0, and an index that was passed already is far away. */
void vnic_want_notification(struct nic *n, int queue, bool on)
{
    struct virtio_queue *q = queue_of(n, queue);
    uint8_t word[2];
    if (!q->ready || !vnic_lives(n))
        return;
    bool events = vnic_has(n, F_EVENT_IDX);
    uint32_t event = (uint16_t)(on ? q->taken : q->taken - 1);
    vnic_put_le(word, 2, events ? event : on ? 0 : NO_NOTIFY);
    nic_ring_write(n, events ? q->used + RING_AT + (uint64_t)USED_OCTETS * q->size : q->used, word,
                   2);
}

/* --- a buffer's octets --- */

/* Reads or writes `len` octets from `at` on, of the parts that are writable or not. */
static bool move(struct nic *n, const struct virtio_chain *c, bool write, uint32_t at, void *bytes,
                 uint32_t len)
{
    uint8_t *p = bytes;
    for (uint32_t i = 0; i < c->parts && len; i++) {
        const struct virtio_part *part = &c->part[i];
        if (part->writable != write)
            continue;
        if (at >= part->len) {
            at -= part->len;
            continue;
        }
        uint32_t some = part->len - at < len ? part->len - at : len;
        bool good = write ? nic_dma_write(n, part->at + at, p, some)
                          : nic_dma_read(n, part->at + at, p, some);
        if (!good) {
            vnic_break(n);
            return false;
        }
        p += some;
        len -= some;
        at = 0;
    }
    return len == 0;
}

bool vnic_gather(struct nic *n, const struct virtio_chain *c, uint32_t from, void *to, uint32_t len)
{
    return move(n, c, false, from, to, len);
}

bool vnic_scatter(struct nic *n, const struct virtio_chain *c, uint32_t at, const void *from,
                  uint32_t len)
{
    return move(n, c, true, at, (void *)(uintptr_t)from, len);
}

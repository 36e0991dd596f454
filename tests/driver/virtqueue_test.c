/*
 * The driver's side of a virtqueue, against a device written by hand from virtio 1.2's text. The
 * bus notes every access and fence, since what is wrong with a queue is mostly its order.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include "stack/driver/virtqueue.h"

enum { SIZE = 8, LOG = 4096, AVAIL = 16 * SIZE };

static _Alignas(4096) uint8_t memory[2 * 4096];
static struct virtqueue q;
static uint8_t *used;

struct note {
    const uint8_t *at; /* NULL: a fence */
    int store, fence;
};
static struct note notes[LOG];
static int noted;

static void touch(void *self, void *p, int width, int is_store)
{
    (void)self, (void)width;
    cr_assert_lt(noted, LOG);
    notes[noted++] = (struct note){.at = p, .store = is_store};
}

static void fence(void *self, enum bus_fence_kind kind)
{
    (void)self;
    notes[noted++] = (struct note){.fence = (int)kind};
}

static const struct bus_ops ops = {.touch = touch, .fence = fence};
static const struct bus bus = {&ops, NULL};

static unsigned get(const uint8_t *p, int octets)
{
    unsigned v = 0;
    for (int i = octets - 1; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

static void put(uint8_t *p, int octets, unsigned v)
{
    for (int i = 0; i < octets; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static void open_queue(uint32_t align, bool event_idx)
{
    memset(memory, 0, sizeof memory);
    virtqueue_init(&q, &bus, memory, SIZE, align, event_idx);
    used = memory + (align == 4096 ? 4096 : 160); /* 128 + 22, up to a multiple of 16 */
    noted = 0;
}

/* --- the device --- */

static unsigned offered(void)
{
    return get(memory + AVAIL + 2, 2);
}

static unsigned head_of(unsigned i)
{
    return get(memory + AVAIL + 4 + 2 * (i % SIZE), 2);
}

static void give_back(unsigned id, unsigned written)
{
    unsigned idx = get(used + 2, 2);
    put(used + 4 + 8 * (idx % SIZE), 4, id);
    put(used + 8 + 8 * (idx % SIZE), 4, written);
    put(used + 2, 2, idx + 1);
}

static char owners[64];

static void add(unsigned n)
{
    const struct virtqueue_part part = {.at = 0x1000 + n, .len = 100 + n};
    cr_assert(virtqueue_add(&q, &part, 1, 1, &owners[n]));
}

/* --- */

/* "Legacy Interfaces: A Note on Virtqueue Layout", by its formula for 256: 4096 + 518 and 2054, up
 * to pages each. */
Test(virtqueue, sizes)
{
    cr_assert_eq(virtqueue_bytes(256, 4096), 8192 + 4096);
    cr_assert_eq(virtqueue_bytes(8, 4096), 2 * 4096);
    cr_assert_eq(virtqueue_bytes(8, 16), 160 + 80);
}

/* A chain: what the device reads before what it writes, NEXT on all but the last. */
Test(virtqueue, chain_is_laid_out)
{
    open_queue(4096, false);
    const struct virtqueue_part part[] = {
        {UINT64_C(0x123456789a), 10}, {0x2000, 1500}, {0x3000, 1}};
    cr_assert(virtqueue_add(&q, part, 3, 2, &owners[0]));
    cr_assert_eq(offered(), 0, "not the device's before it is published");
    virtqueue_publish(&q);
    cr_assert_eq(offered(), 1);
    const uint8_t *d = memory + 16 * head_of(0);
    cr_assert_eq(get(d, 4), 0x3456789a);
    cr_assert_eq(get(d + 4, 4), 0x12);
    cr_assert_eq(get(d + 8, 4), 10);
    cr_assert_eq(get(d + 12, 2), 1);
    d = memory + 16 * get(d + 14, 2);
    cr_assert_eq(get(d, 4), 0x2000);
    cr_assert_eq(get(d + 12, 2), 1);
    d = memory + 16 * get(d + 14, 2);
    cr_assert_eq(get(d, 4), 0x3000);
    cr_assert_eq(get(d + 12, 2), 2);
}

/* As many descriptors as there are; a chain that finds too few takes none. */
Test(virtqueue, full)
{
    open_queue(16, false);
    const struct virtqueue_part part[3] = {{1, 1}, {2, 2}, {3, 3}};
    for (unsigned i = 0; i < 2; i++)
        cr_assert(virtqueue_add(&q, part, 3, 0, &owners[i]));
    cr_assert(!virtqueue_add(&q, part, 3, 0, &owners[2]));
    cr_assert(virtqueue_add(&q, part, 2, 0, &owners[2]));
    cr_assert(!virtqueue_add(&q, part, 1, 0, &owners[3]));
    virtqueue_publish(&q);
    uint32_t written;
    give_back(head_of(1), 7);
    cr_assert_eq(virtqueue_take(&q, &written), &owners[1]);
    cr_assert_eq(written, 7);
    cr_assert(virtqueue_add(&q, part, 3, 0, &owners[3]));
}

/* The device may be done in any order, and indices wrap at 65536, not at the size. */
Test(virtqueue, out_of_order_and_round)
{
    for (int mode = 0; mode < 2; mode++) {
        open_queue(16, mode);
        uint32_t written, random = 1;
        bool held[SIZE] = {false};
        for (uint32_t i = 0; i < 70000; i++) {
            noted = 0;
            unsigned n = i % 40;
            const struct virtqueue_part part = {n, n};
            if (virtqueue_add(&q, &part, 1, 1, &owners[n])) {
                virtqueue_publish(&q);
                unsigned head = head_of(offered() - 1);
                cr_assert_eq(get(memory + 16 * head, 4), n);
                cr_assert(!held[head], "offered twice");
                held[head] = true;
            }
            random = random * 1664525u + 1013904223u;
            unsigned id = random >> 16 & (SIZE - 1);
            if (!held[id])
                continue;
            unsigned whose = get(memory + 16 * id, 4);
            held[id] = false;
            give_back(id, i);
            cr_assert_eq(virtqueue_take(&q, &written), &owners[whose]);
            cr_assert_eq(written, i);
        }
        cr_assert(!q.broken);
        cr_assert_null(virtqueue_take(&q, &written));
    }
}

static int find(const uint8_t *at, int store, int from)
{
    for (int i = from; i < noted; i++)
        if (notes[i].at == at && notes[i].store == store)
            return i;
    return -1;
}

static bool fenced(int from, int to, int kind)
{
    for (int i = from; i < to; i++)
        if (!notes[i].at && notes[i].fence == kind)
            return true;
    return false;
}

/* "Supplying Buffers to The Device": entry, barrier, index; then a full barrier before the device
 * is asked whether it wants to know. */
Test(virtqueue, index_comes_last)
{
    for (int mode = 0; mode < 2; mode++) {
        open_queue(16, mode);
        add(0);
        virtqueue_publish(&q);
        cr_assert(virtqueue_wants_notification(&q));
        int entry = find(memory + AVAIL + 4, 1, 0), index = find(memory + AVAIL + 2, 1, 0);
        int asked = find(mode ? used + 4 + 8 * SIZE : used, 0, 0);
        int desc = find(memory + 12, 1, 0);
        cr_assert(desc >= 0 && entry >= 0 && index > entry && asked > index);
        cr_assert(fenced(entry > desc ? entry : desc, index, BUS_PUBLISH));
        cr_assert(fenced(index, asked, BUS_FULL));
    }
}

/* "Receiving Used Buffers": the entry is looked at behind the index that vouches for it; and one
 * that comes while interrupts are asked for is not slept over. */
Test(virtqueue, used_entry_comes_behind_its_index)
{
    uint32_t written;
    for (int mode = 0; mode < 2; mode++) {
        open_queue(16, mode);
        add(0);
        virtqueue_publish(&q);
        give_back(head_of(0), 0);
        noted = 0;
        cr_assert_eq(virtqueue_take(&q, &written), &owners[0]);
        int index = find(used + 2, 0, 0), entry = find(used + 4, 0, 0);
        cr_assert(index >= 0 && entry > index && fenced(index, entry, BUS_OBSERVE));
        noted = 0;
        cr_assert(!virtqueue_listen(&q));
        int says = find(memory + AVAIL + (mode ? 4 + 2 * SIZE : 0), 1, 0);
        int looks = find(used + 2, 0, 0);
        cr_assert(says >= 0 && looks > says && fenced(says, looks, BUS_FULL));
        add(1);
        virtqueue_publish(&q);
        give_back(head_of(1), 0);
        cr_assert(virtqueue_listen(&q));
    }
}

/* Flags: NO_NOTIFY is heeded, NO_INTERRUPT said and taken back. */
Test(virtqueue, suppression_by_flags)
{
    open_queue(16, false);
    put(used, 2, 1);
    add(0);
    virtqueue_publish(&q);
    cr_assert(!virtqueue_wants_notification(&q));
    put(used, 2, 0);
    cr_assert(!virtqueue_wants_notification(&q), "nothing new");
    add(1);
    virtqueue_publish(&q);
    cr_assert(virtqueue_wants_notification(&q));
    virtqueue_quiet(&q);
    cr_assert_eq(get(memory + AVAIL, 2), 1);
    virtqueue_listen(&q);
    cr_assert_eq(get(memory + AVAIL, 2), 0);
}

/* Event indices: a notification exactly when the event's entry is among those published since;
 * flags stay 0. */
Test(virtqueue, suppression_by_event_index)
{
    for (unsigned event = 0; event < SIZE; event++) {
        open_queue(16, true);
        put(used + 4 + 8 * SIZE, 2, event);
        for (unsigned i = 0; i < 6; i += 2) {
            add(i);
            add(i + 1);
            virtqueue_publish(&q);
            cr_assert_eq(virtqueue_wants_notification(&q), event == i || event == i + 1,
                         "event %u, %u and %u published", event, i, i + 1);
        }
        virtqueue_listen(&q);
        cr_assert_eq(get(memory + AVAIL + 4 + 2 * SIZE, 2), 0);
        virtqueue_quiet(&q);
        cr_assert_eq(get(memory + AVAIL + 4 + 2 * SIZE, 2), 0xffff);
        cr_assert_eq(get(memory + AVAIL, 2), 0);
    }
}

/* A device that gives back what it does not have is believed nothing any more. */
Test(virtqueue, lies_break_it)
{
    static const struct {
        unsigned id, idx;
    } lies[] = {{SIZE, 1}, {0xffffffff, 1}, {3, 1}, {0, 3}, {0, 0xffff}};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        uint32_t written;
        open_queue(16, false);
        add(0);
        add(1);
        virtqueue_publish(&q);
        put(used + 4, 4, lies[i].id);
        put(used + 2, 2, lies[i].idx);
        cr_assert_null(virtqueue_take(&q, &written), "lie %zu", i);
        cr_assert(q.broken);
        const struct virtqueue_part part = {0, 0};
        cr_assert(!virtqueue_add(&q, &part, 1, 1, &owners[2]));
        /* Reset: what it had comes back, each once. */
        void *a = virtqueue_take_back(&q), *b = virtqueue_take_back(&q);
        cr_assert((a == &owners[0] && b == &owners[1]) || (a == &owners[1] && b == &owners[0]));
        cr_assert_null(virtqueue_take_back(&q));
    }
}

/* What was added but not published is nothing that the device can be done with. */
Test(virtqueue, unpublished_is_not_the_devices)
{
    uint32_t written;
    open_queue(16, false);
    add(0);
    give_back(0, 0);
    cr_assert_null(virtqueue_take(&q, &written));
    cr_assert(q.broken);
}

/* STACK_CHECK: descriptors that are neither free nor the device's stop the next buffer. */
Test(virtqueue, lost_descriptor_panics, .signal = SIGILL)
{
    open_queue(16, false);
    add(0);
    q.owner[0] = NULL;
    add(1);
}

/*
 * The order in which driver and device see each other's accesses to rings. Both sides' rules are
 * bus.h's:
 *  - A store may still sit in a store buffer; each read by the device tosses a coin for it.
 * BUS_PUBLISH orders: what was stored before it shows no later than what is stored after it, and
 * than the next write of a register. Only BUS_FULL makes it show at once, so that a driver may go
 * on to ask what the device has stored meanwhile.
 *  - A processor may load ahead. When the device wrote a descriptor in one piece, a driver that
 * loads its status and then, without BUS_OBSERVE, its length may have loaded the length first. That
 * is not played but refused, so that the mistake is found each time.
 */
#include "sim/nic/machine_state.h"

#include <string.h>

static bool overlap(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    return (uintptr_t)a < (uintptr_t)b + b_len && (uintptr_t)b < (uintptr_t)a + a_len;
}

void memory_fence(struct machine *m, enum bus_fence_kind kind)
{
    if (kind == BUS_PUBLISH)
        m->store_epoch++;
    else
        m->record_count = 0;
    if (kind == BUS_FULL)
        m->pending_count = 0;
}

/* The stores of epochs before `epoch` are seen by everybody. */
static void show_before(struct machine *m, uint32_t epoch)
{
    int kept = 0;
    for (int i = 0; i < m->pending_count; i++)
        if (m->pending[i].epoch >= epoch)
            m->pending[kept++] = m->pending[i];
    m->pending_count = kept;
}

void order_register_write(struct machine *m)
{
    if (m->pending_count)
        show_before(m, m->store_epoch);
}

/* --- stores of the driver --- */

void memory_store(struct machine *m, void *p, int width)
{
    if (!memory_holds(m, p, (size_t)width)) {
        world_fail(m->world, "%s: a ring store of %d bytes outside guest memory", m->name, width);
        return;
    }
    if (!m->knobs.reorder)
        return;
    if (m->pending_count == MACHINE_PENDING) { /* a store buffer is finite: the oldest drains */
        m->pending_count--;
        memmove(m->pending, m->pending + 1, (size_t)m->pending_count * sizeof *m->pending);
    }
    struct pending_store *s = &m->pending[m->pending_count++];
    s->p = p;
    s->width = (uint8_t)width;
    s->epoch = m->store_epoch;
    memcpy(s->old, p, (size_t)width);
}

/* Stores to one place, and those of two epochs, are seen in their order: behind a hidden one no
 * later one shows. */
static bool behind_hidden(const struct machine *m, int index)
{
    const struct pending_store *s = &m->pending[index];
    for (int i = 0; i < index; i++) {
        const struct pending_store *other = &m->pending[i];
        if (other->hidden &&
            (other->epoch < s->epoch || overlap(other->p, other->width, s->p, s->width)))
            return true;
    }
    return false;
}

static void forget_pending(struct machine *m, const uint8_t *p, uint32_t len, bool visible_only)
{
    int kept = 0;
    for (int i = 0; i < m->pending_count; i++) {
        struct pending_store *s = &m->pending[i];
        if (!overlap(p, len, s->p, s->width) || (visible_only && s->hidden))
            m->pending[kept++] = *s;
    }
    m->pending_count = kept;
}

/* Puts the old bytes of a hidden store into the device's copy. */
static void hide(const struct pending_store *s, const uint8_t *p, uint8_t *copy, uint32_t len)
{
    for (uint8_t i = 0; i < s->width; i++) {
        uintptr_t at = (uintptr_t)s->p + i;
        if (at >= (uintptr_t)p && at - (uintptr_t)p < len)
            copy[at - (uintptr_t)p] = s->old[i];
    }
}

/* Newest first, so that of several hidden stores to one byte the oldest's old value stays. What the
 * device has seen once it sees from then on. */
static void apply_visibility(struct machine *m, const uint8_t *p, uint8_t *copy, uint32_t len)
{
    uint32_t seen = 0;
    for (int i = 0; i < m->pending_count; i++) {
        struct pending_store *s = &m->pending[i];
        bool asked = overlap(p, len, s->p, s->width);
        s->hidden = asked && (behind_hidden(m, i) || (random_next(&m->visibility) & 1));
        if (asked && !s->hidden)
            seen = s->epoch; /* they stand in their order */
    }
    for (int i = m->pending_count; i-- > 0;)
        if (m->pending[i].hidden)
            hide(&m->pending[i], p, copy, len);
    forget_pending(m, p, len, true);
    show_before(m, seen);
}

void order_device_read(struct machine *m, const uint8_t *p, uint8_t *copy, uint32_t len)
{
    if (m->pending_count)
        apply_visibility(m, p, copy, len);
}

/* --- writes of the device --- */

void nic_ring_join(struct nic *n)
{
    n->machine->join_next = true;
}

void nic_vouches(struct nic *n)
{
    memory_fence(n->machine, BUS_OBSERVE);
}

static void add_record(struct machine *m, const uint8_t *p, uint32_t len)
{
    if (m->record_count == MACHINE_RECORDS) {
        m->record_count--;
        memmove(m->records, m->records + 1, (size_t)m->record_count * sizeof *m->records);
    }
    if (!m->join_next)
        m->record_group++;
    m->join_next = false;
    m->records[m->record_count++] =
        (struct ring_record){.p = p, .len = len, .group = m->record_group};
}

/* The device's bytes are in memory for good: no hidden store comes back over them. */
void order_device_write(struct machine *m, const uint8_t *p, uint32_t len)
{
    if (m->pending_count)
        forget_pending(m, p, len, false);
    if (m->knobs.reorder)
        add_record(m, p, len);
}

/* Another load, of other bytes, from the same record since the last fence; the same bytes may be
 * loaded again. */
static bool loaded_before(const struct machine *m, const struct ring_record *r, const uint8_t *p,
                          int width)
{
    for (int i = 0; i < m->record_count; i++) {
        const struct ring_record *other = &m->records[i];
        if (other->group == r->group && other->loaded &&
            (other->loaded != p || other->loaded_width != width))
            return true;
    }
    return false;
}

void memory_load(struct machine *m, const void *p, int width)
{
    for (int i = m->record_count; i-- > 0;) {
        struct ring_record *r = &m->records[i];
        if (!overlap(r->p, r->len, p, (size_t)width))
            continue;
        if (loaded_before(m, r, p, width))
            world_fail(m->world,
                       "%s: a ring load of %d bytes without BUS_OBSERVE behind another of what the "
                       "device wrote with it",
                       m->name, width);
        r->loaded = p;
        r->loaded_width = (uint8_t)width;
        return; /* the newest write to these bytes is what is loaded */
    }
}

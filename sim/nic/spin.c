/*
 * A driver that waits for a register which never changes. No virtual time passes while a driver
 * runs, so the loop would never end: ten million accesses within one event end the run, and the
 * last thousand of them tell what it waits for. (Many events at one instant are the world's own
 * bound, and no fault of a driver that returns from each.)
 */
#include "sim/nic/machine_state.h"

#include <inttypes.h>
#include <stdio.h>

enum { EVENT_ACCESSES = 10000000, WATCHED = 1000 };

static void say_register(const struct machine *m, const struct access *a, char *out, size_t room)
{
    const struct claim *c = machine_claim(m, a->space, a->address);
    const char *space = a->space == BUS_IO ? "I/O" : "memory";
    char name[NIC_REGISTER_NAME];
    if (!c) {
        snprintf(out, room, "%s 0x%" PRIx64 ", where nothing is", space, a->address);
        return;
    }
    uint32_t off = (uint32_t)(a->address - c->base);
    nic_register_name(c->nic, c->bar, off, name);
    snprintf(out, room, "%s of %s, %s offset 0x%" PRIx32, name[0] ? name : "a register",
             c->nic->name, space, off);
}

static void say_access(struct machine *m, const struct access *a, char *out, size_t room)
{
    static const char *const verb[] = {"read", "write", "load", "store"};
    int len = snprintf(out, room, "%" PRIu32 " %s ", a->times, verb[a->kind]);
    out += len;
    room -= (size_t)len;
    if (a->kind == ACCESS_LOAD || a->kind == ACCESS_STORE)
        snprintf(out, room, "a ring at guest address 0x%" PRIx64,
                 memory_address(m, (const void *)(uintptr_t)a->address));
    else if (a->space == BUS_CONFIG)
        snprintf(out, room, "configuration space at 0x%" PRIx64, a->address);
    else
        say_register(m, a, out, room);
}

static void fail(struct machine *m)
{
    enum { ONE = 160 };
    char what[MACHINE_WATCHED * (ONE + 2)] = "";
    int len = 0;
    for (int i = 0; i < m->watched_count; i++) {
        char one[ONE];
        say_access(m, &m->watched[i], one, sizeof one);
        len += snprintf(what + len, sizeof what - (size_t)len, "%s%s", i ? ", " : "", one);
    }
    world_fail_hard(m->world,
                    "%s: the driver of %s waits in a loop for what never comes: ten million "
                    "accesses within one event, of the last thousand %s%s",
                    m->name, m->driver, what, m->watched_count == MACHINE_WATCHED ? ", ..." : "");
}

static bool same(const struct access *a, const struct access *b)
{
    return a->kind == b->kind && a->space == b->space && a->address == b->address;
}

static void watch(struct machine *m, const struct access *a)
{
    int i = 0;
    while (i < m->watched_count && !same(&m->watched[i], a))
        i++;
    if (i == MACHINE_WATCHED)
        return;
    if (i == m->watched_count) {
        m->watched[i] = *a;
        m->watched[i].times = 0;
        m->watched_count++;
    }
    m->watched[i].times++;
}

void spin_count(struct machine *m, const struct access *a)
{
    uint64_t event = world_events(m->world);
    if (event != m->event) {
        m->event = event;
        m->at_instant = 0;
        m->watched_count = 0;
    }
    if (++m->at_instant > EVENT_ACCESSES - WATCHED)
        watch(m, a);
    if (m->at_instant == EVENT_ACCESSES)
        fail(m);
}

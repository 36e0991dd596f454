/*
 * Devices that act of their own accord. A device may read an available ring at any time, and take
 * its time over a notification: so a driver that lets an index show before what it vouches for, or
 * goes to sleep without a last look, is found out. Only where the machine orders stores as it
 * likes: a driver that knows no ring accesses would never be told.
 */
#include "sim/nic/machine_state.h"

enum { LOOKS_IN = 8, DAWDLES_IN = 4 };

static bool one_in(struct machine *m, uint32_t n)
{
    return (random_next(&m->visibility) & (n - 1)) == 0;
}

static bool acts(const struct machine *m)
{
    return m->knobs.reorder && m->knobs.unasked;
}

void unasked_step(struct machine *m)
{
    if (!acts(m))
        return;
    for (int i = 0; i < m->nic_count; i++)
        if (m->nics[i]->kind->look && (m->pending_count || m->nics[i]->dawdling) &&
            one_in(m, LOOKS_IN)) {
            m->nics[i]->dawdling = false;
            m->nics[i]->kind->look(m->nics[i]);
        }
}

void unasked_loaded(struct machine *m, const void *p)
{
    for (int i = 0; i < m->nic_count && acts(m); i++)
        if (m->nics[i]->kind->loaded)
            m->nics[i]->kind->loaded(m->nics[i], memory_address(m, p));
}

bool nic_dawdles(struct nic *n)
{
    n->dawdling = !n->dawdling && acts(n->machine) && one_in(n->machine, DAWDLES_IN);
    return n->dawdling;
}

void machine_settle(struct machine *m)
{
    for (int i = 0; i < m->nic_count; i++)
        if (m->nics[i]->dawdling) {
            m->nics[i]->dawdling = false;
            m->nics[i]->kind->look(m->nics[i]);
        }
}

/* Our own models as a board: see board.h. */
#include "sim/nic/board.h"

#include <string.h>

#include "sim/nic/machine_state.h"

struct sim_board {
    struct board board; /* first */
    struct machine *machine;
    struct nic *nic[MACHINE_NICS];
};

static struct sim_board *of(struct board *b)
{
    return (struct sim_board *)b;
}

static struct board *sim_open(struct world *w, const struct board_plan *plan, struct why *why)
{
    struct sim_board *s = world_alloc(w, sizeof *s, _Alignof(struct sim_board));
    (void)why;
    s->board.kind = &board_sim;
    s->machine = machine_new(w, plan->name);
    machine_set_knobs(s->machine, &plan->knobs);
    machine_set_attendant(s->machine, plan->attend, plan->attend_ctx);
    machine_set_driver(s->machine, plan->driver);
    machine_observe(s->machine, plan->looks_on, plan->looks_on_ctx);
    for (uint32_t p = 0; p < plan->ports; p++) {
        const struct board_port *port = &plan->port[p];
        s->nic[p] = machine_add_nic(s->machine, plan->nic, port->mac, port->transmit, port->ctx);
        nic_set_tx_delay(s->nic[p], port->tx_delay_ns);
        nic_set_options(s->nic[p], &port->options);
        nic_carrier(s->nic[p], port->up);
    }
    return &s->board;
}

static const struct bus *sim_bus(struct board *b)
{
    return machine_bus(of(b)->machine);
}

static void *sim_memory(struct board *b, size_t size, uint64_t *device_address)
{
    struct machine *m = of(b)->machine;
    void *p = world_alloc(m->world, size, 64);
    *device_address = machine_add_memory(m, p, size);
    return p;
}

static bool sim_receive(struct board *b, int port, const uint8_t *bytes, uint32_t len, bool bad_fcs,
                        const char **reason)
{
    return nic_receive(of(b)->nic[port], bytes, len, bad_fcs, reason);
}

static void sim_carrier(struct board *b, int port, bool up)
{
    nic_carrier(of(b)->nic[port], up);
}

static void sim_interrupts(struct board *b)
{
    machine_settle(of(b)->machine);
    machine_interrupts(of(b)->machine);
}

static bool sim_pending(struct board *b)
{
    machine_settle(of(b)->machine);
    return machine_interrupt_pending(of(b)->machine);
}

static void sim_interruptible(struct board *b, bool on)
{
    machine_set_interruptible(of(b)->machine, on);
}

static int sim_count(struct board *b, int port, const char *counter, uint64_t *value)
{
    bool known = false;
    *value = nic_count(of(b)->nic[port], counter, &known);
    return known ? 0 : -1;
}

static bool sim_line(const struct board *b, int line)
{
    return ((const struct sim_board *)b)->machine->lines_up >> line & 1;
}

const struct board_kind board_sim = {
    .name = "sim",
    .models = true,
    .open = sim_open,
    .bus = sim_bus,
    .memory = sim_memory,
    .receive = sim_receive,
    .carrier = sim_carrier,
    .interrupts = sim_interrupts,
    .pending = sim_pending,
    .interruptible = sim_interruptible,
    .count = sim_count,
    .line = sim_line,
};

struct nic *board_nic(struct board *b, int port)
{
    return of(b)->nic[port];
}

struct machine *board_machine(struct board *b)
{
    return of(b)->machine;
}

const struct board_kind *board_kind_by_name(const char *name)
{
    return strcmp(name, board_sim.name) == 0    ? &board_sim
           : strcmp(name, board_qemu.name) == 0 ? &board_qemu
                                                : NULL;
}

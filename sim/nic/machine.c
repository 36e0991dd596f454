#include "sim/nic/machine.h"
#include "sim/nic/machine_state.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

extern const struct nic_kind e1000_kind, rtl8139_kind, virtio_pci_kind, virtio_legacy_kind,
    virtio_mmio_kind, virtio_mmio_legacy_kind;
const struct nic_kind *const nic_kinds[] = {&e1000_kind,
                                            &rtl8139_kind,
                                            &virtio_pci_kind,
                                            &virtio_legacy_kind,
                                            &virtio_mmio_kind,
                                            &virtio_mmio_legacy_kind,
                                            NULL};

const char *const nic_counters[] = {
    "rx_frames",   "rx_filtered",  "rx_no_descriptor", "rx_disabled", "rx_bad_fcs",
    "rx_too_long", "rx_link_down", "rx_overflow",      "tx_frames",   "tx_link_down",
    "tx_disabled", "interrupts",   "resets",           NULL,
};

const struct machine_knobs machine_knobs_default = {
    .late_permille = 250, .reorder = true, .ownership = true, .unasked = true};

const struct nic_kind *nic_kind_by_name(const char *name)
{
    for (const struct nic_kind *const *kind = nic_kinds; *kind; kind++)
        if (strcmp((*kind)->name, name) == 0)
            return *kind;
    return NULL;
}

/* --- the bus that drivers see --- */

/* A range beyond 64 KiB of ports, 4 GiB of memory or 256 bytes of configuration space is nowhere.
 */
static int map_window(void *self, struct bus_window *w)
{
    struct machine *m = self;
    w->cookie = NULL;
    if (w->size == 0)
        return -1;
    if (w->space == BUS_CONFIG)
        return w->size <= CONFIG_BYTES ? 0 : -1;
    return config_assigned(m, w->space, w->base, w->size) ? 0 : -1;
}

/* False, and the run fails, for an access that no processor would make in one piece. */
static bool well_formed(struct machine *m, const struct bus_window *w, uint32_t off, int width,
                        const char *what)
{
    bool good = (width == 1 || width == 2 || width == 4) && (off & ((uint32_t)width - 1)) == 0 &&
                off < w->size && (uint32_t)width <= w->size - off;
    if (!good)
        world_fail(m->world, "%s: the driver %s %d bytes at offset 0x%x of a window of 0x%x bytes",
                   m->name, what, width, off, w->size);
    return good;
}

const struct claim *machine_claim(const struct machine *m, enum bus_space space, uint64_t address)
{
    for (int i = 0; i < m->claim_count; i++) {
        const struct claim *c = &m->claims[i];
        if (c->space == space && address >= c->base && address - c->base < c->size)
            return c;
    }
    return NULL;
}

static uint32_t all_ones(int width)
{
    return width == 4 ? UINT32_MAX : (1u << 8 * width) - 1;
}

static void count(struct machine *m, enum access_kind kind, const struct bus_window *w,
                  uint32_t off)
{
    spin_count(m, &(struct access){.kind = kind, .space = w->space, .address = w->base + off});
}

/* Configuration space is told of as nobody's register, with bar -1. */
static void observe_register(struct machine *m, enum nic_event_kind kind,
                             const struct bus_window *w, uint32_t off, int width, uint32_t *value)
{
    if (!m->observer)
        return;
    const struct claim *c =
        w->space == BUS_CONFIG ? NULL : machine_claim(m, w->space, w->base + off);
    observe(m, &(struct nic_event){.kind = kind,
                                   .nic = c ? c->nic : NULL,
                                   .bar = c ? c->bar : -1,
                                   .width = width,
                                   .offset = c ? (uint32_t)(w->base + off - c->base) : off,
                                   .value = value});
}

static void about_to(struct machine *m, const struct bus_window *w, uint32_t off, int width)
{
    observe_register(m, NIC_ACCESS, w, off, width, NULL);
}

static uint32_t bus_read_register(void *self, const struct bus_window *w, uint32_t off, int width)
{
    struct machine *m = self;
    uint32_t value = all_ones(width);
    about_to(m, w, off, width);
    m->figures.reads++;
    count(m, ACCESS_READ, w, off);
    if (!well_formed(m, w, off, width, "reads"))
        return value;
    if (w->space == BUS_CONFIG) {
        value &= config_read(m, w->base, off, width);
    } else {
        const struct claim *c = machine_claim(m, w->space, w->base + off);
        if (c)
            value &= c->nic->kind->read(c->nic, c->bar, (uint32_t)(w->base + off - c->base), width);
    }
    observe_register(m, NIC_READ, w, off, width, &value);
    irq_step(m);
    return value;
}

static void bus_write_register(void *self, const struct bus_window *w, uint32_t off, int width,
                               uint32_t value)
{
    struct machine *m = self;
    about_to(m, w, off, width);
    m->figures.writes++;
    count(m, ACCESS_WRITE, w, off);
    if (!well_formed(m, w, off, width, "writes"))
        return;
    order_register_write(m);
    value &= all_ones(width);
    observe_register(m, NIC_WRITE, w, off, width, &value);
    if (w->space == BUS_CONFIG) {
        config_write(m, w->base, off, width, value);
    } else {
        const struct claim *c = machine_claim(m, w->space, w->base + off);
        if (c)
            c->nic->kind->write(c->nic, c->bar, (uint32_t)(w->base + off - c->base), width, value);
    }
    irq_step(m);
}

static int map_memory(void *self, void *p, size_t size, uint64_t limit, uint64_t *address)
{
    return memory_map(self, p, size, limit, address);
}

static void bus_fence_seen(void *self, enum bus_fence_kind kind)
{
    unasked_step(self);
    memory_fence(self, kind);
}

/* The interrupt comes before the access, so that what the handler stores is older than what the
 * driver stores. */
static void bus_touch(void *self, void *p, int width, int is_store)
{
    struct machine *m = self;
    m->figures.ring_accesses++;
    spin_count(m, &(struct access){.kind = is_store ? ACCESS_STORE : ACCESS_LOAD,
                                   .address = (uintptr_t)p});
    unasked_step(m);
    irq_step(m);
    if (is_store) {
        memory_store(m, p, width);
        return;
    }
    unasked_loaded(m, p);
    memory_load(m, p, width);
}

static void bus_give_payload(void *self, void *p, size_t size, enum bus_direction direction)
{
    memory_give(self, p, size, direction);
}

static void bus_take_payload(void *self, void *p, size_t size, enum bus_direction direction)
{
    memory_take(self, p, size, direction);
}

static int attach_handler(void *self, int line, int (*isr)(void *), void *ctx)
{
    return irq_attach(self, line, isr, ctx);
}

static void detach_handler(void *self, int line, void *ctx)
{
    irq_detach(self, line, ctx);
}

static const struct bus_ops machine_bus_ops = {
    .map = map_window,
    .read = bus_read_register,
    .write = bus_write_register,
    .dma_map = map_memory,
    .fence = bus_fence_seen,
    .touch = bus_touch,
    .give = bus_give_payload,
    .take = bus_take_payload,
    .irq_attach = attach_handler,
    .irq_detach = detach_handler,
};

/* --- building a machine --- */

struct machine *machine_new(struct world *w, const char *name)
{
    struct machine *m = world_alloc(w, sizeof *m, _Alignof(struct machine));
    char stream[64];
    m->world = w;
    m->name = world_text(w, name);
    m->driver = "the stack";
    m->bus = (struct bus){&machine_bus_ops, m};
    m->knobs = machine_knobs_default;
    snprintf(stream, sizeof stream, "%s.store-visibility", name);
    random_init(&m->visibility, world_seed(w), stream);
    snprintf(stream, sizeof stream, "%s.interrupt-lateness", name);
    random_init(&m->lateness, world_seed(w), stream);
    memory_init(m);
    return m;
}

const struct bus *machine_bus(struct machine *m)
{
    return &m->bus;
}

void machine_set_knobs(struct machine *m, const struct machine_knobs *knobs)
{
    m->knobs = *knobs;
    m->pending_count = m->record_count = 0;
}

void machine_set_attendant(struct machine *m, void (*attend)(void *ctx), void *ctx)
{
    m->attend = attend;
    m->attend_ctx = ctx;
}

void machine_set_driver(struct machine *m, const char *name)
{
    m->driver = name;
}

const struct machine_figures *machine_figures(const struct machine *m)
{
    return &m->figures;
}

uint64_t machine_accesses(const struct machine *m)
{
    return m->figures.reads + m->figures.writes;
}

/* A NIC's own timer: nobody else looks at the lines then. */
static void nic_fire(struct owner *o, int64_t now_ns)
{
    struct nic *n = (struct nic *)o;
    struct machine *m = n->machine;
    if (n->kind->due)
        n->kind->due(n, now_ns);
    machine_settle(m);
    if (m->attend)
        m->attend(m->attend_ctx);
    else
        machine_interrupts(m);
}

/* SeaBIOS's routing of a PC's four interrupt wires, so that the fifth NIC shares a line with the
 * first. */
static uint8_t line_of_slot(int slot)
{
    static const uint8_t lines[] = {11, 10, 9, 5};
    return lines[(slot - FIRST_NIC_SLOT) % 4];
}

/* As QEMU's microvm has its slots (measured), below what PCI hosts hand out. */
uint64_t machine_mmio_base(int k)
{
    return 0xfea00000 + (uint64_t)k * MACHINE_MMIO_BYTES;
}

int machine_mmio_interrupt(int k)
{
    return line_of_slot(FIRST_NIC_SLOT + k);
}

static void nic_names(struct nic *n)
{
    struct world *w = n->machine->world;
    const char *kind = n->kind->name;
    char text[128];
    int counters = 0;
    while (n->kind->counters[counters])
        counters++;
    n->counts = world_alloc(w, (size_t)counters * sizeof *n->counts, _Alignof(uint64_t));
    n->reasons = world_alloc(w, (size_t)counters * sizeof *n->reasons, _Alignof(const char *));
    for (int i = 0; i < counters; i++) {
        snprintf(text, sizeof text, "%s.%s", kind, n->kind->counters[i]);
        n->reasons[i] = world_text(w, text);
    }
    snprintf(text, sizeof text, "%s.%s", n->machine->name, kind);
    n->name = n->owner.name = world_text(w, text);
}

struct nic *machine_add_nic(struct machine *m, const struct nic_kind *kind, const uint8_t mac[6],
                            nic_transmit *transmit, void *ctx)
{
    if (m->nic_count == MACHINE_NICS)
        return NULL;
    struct nic *n = world_alloc(m->world, sizeof *n, _Alignof(struct nic));
    n->machine = m;
    n->kind = kind;
    n->slot = (uint8_t)(FIRST_NIC_SLOT + m->nic_count);
    n->line = line_of_slot(n->slot);
    memcpy(n->mac, mac, sizeof n->mac);
    n->up = true;
    n->transmit = transmit;
    n->transmit_ctx = ctx;
    n->owner.fire = nic_fire;
    n->state = world_alloc(m->world, kind->state_size, 16);
    nic_names(n);
    world_own(m->world, &n->owner, RANK_NIC);
    m->nics[m->nic_count++] = n;
    config_power_on(n);
    kind->reset(n);
    return n;
}

/* --- frames --- */

bool nic_receive(struct nic *n, const uint8_t *bytes, uint32_t len, bool bad_fcs,
                 const char **reason)
{
    n->refused = -1;
    if (!n->up)
        nic_refuse(n, NIC_RX_LINK_DOWN);
    else
        n->kind->receive(n, bytes, len, bad_fcs);
    if (n->refused < 0)
        nic_count_up(n, NIC_RX_FRAMES);
    else if (reason)
        *reason = n->reasons[n->refused];
    return n->refused < 0;
}

void nic_refuse(struct nic *n, int counter)
{
    n->refused = counter;
    nic_count_up(n, counter);
}

/* The doorbell has rung and the frame is gone at this instant; on a link that is down, for good. */
void nic_transmit_frame(struct nic *n, const uint8_t *bytes, uint32_t len)
{
    if (!n->up) {
        nic_count_up(n, NIC_TX_LINK_DOWN);
        return;
    }
    nic_count_up(n, NIC_TX_FRAMES);
    n->transmit(n->transmit_ctx, bytes, len);
}

void nic_carrier(struct nic *n, bool up)
{
    if (n->up == up)
        return;
    n->up = up;
    nic_state_event(n, "carrier", up);
    if (n->kind->carrier)
        n->kind->carrier(n, up);
}

/* --- small things for models and hosts --- */

uint64_t nic_count(const struct nic *n, const char *counter, bool *known)
{
    for (int i = 0; n->kind->counters[i]; i++)
        if (strcmp(n->kind->counters[i], counter) == 0) {
            if (known)
                *known = true;
            return n->counts[i];
        }
    if (known)
        *known = false;
    return 0;
}

const struct nic_kind *nic_kind_of(const struct nic *n)
{
    return n->kind;
}

void *nic_state(struct nic *n)
{
    return n->state;
}

const void *nic_state_of(const struct nic *n)
{
    return n->state;
}

void *nic_memory(struct nic *n, size_t size)
{
    return world_alloc(n->machine->world, size, 16);
}

void nic_set_options(struct nic *n, const struct nic_options *options)
{
    n->options = *options;
}

const struct nic_options *nic_options(const struct nic *n)
{
    return &n->options;
}

bool nic_event(struct nic *n, const char *what)
{
    return n->kind->event && n->kind->event(n, what);
}

const uint8_t *nic_mac(const struct nic *n)
{
    return n->mac;
}

bool nic_is_up(const struct nic *n)
{
    return n->up;
}

void nic_count_up(struct nic *n, int counter)
{
    n->counts[counter]++;
}

void nic_due(struct nic *n, int64_t due_ns)
{
    world_due(n->machine->world, &n->owner, due_ns);
}

void nic_set_tx_delay(struct nic *n, int64_t delay_ns)
{
    n->tx_delay_ns = delay_ns;
}

int64_t nic_tx_delay(const struct nic *n)
{
    return n->tx_delay_ns;
}

int64_t nic_now(const struct nic *n)
{
    return world_now(n->machine->world);
}

void nic_state_event(struct nic *n, const char *what, int64_t value)
{
    world_state_event(n->machine->world, n->owner.id, what, value);
}

void nic_violation(struct nic *n, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    world_fail(n->machine->world, "%s: %s", n->name, text);
}

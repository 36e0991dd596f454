/*
 * A NIC that lies, under each of our drivers: a model whose registers and descriptors say what the
 * octets want. Whatever it says, the driver stays within its buffers, comes to rest, and gives all
 * that it held back when it is stopped.
 */
#include <stdlib.h>
#include "fuzz/wire_fuzz.h"
#include "sim/nic/machine.h"
#include "sim/world/world.h"
#include "stack/core/module.h"
#include "stack/driver/device.h"
#include "stack/driver/e1000.h"
#include "stack/driver/rtl8139.h"
#include "stack/driver/virtio_net.h"

enum {
    ARENA = 16 << 20,
    REGION = 1 << 20,
    KINDS = 6,
    STEPS_MOST = 64,
    ROUNDS = 2000,
    ACCESSES = 200000, /* of registers, in one step */
    FRAME_MOST = 1600,
    MOST_UP = 2048 /* octets that a frame may have when it comes up */
};

static const char *const kinds[KINDS] = {"e1000",         "rtl8139",     "virtio",
                                         "virtio-legacy", "virtio-mmio", "virtio-mmio-legacy"};
static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

/* Lies in the world's arena. */
struct bench {
    struct world *world;
    struct machine *machine;
    struct nic *nic;
    struct stack *stack;
    struct netif *nif;
    int64_t now_ns;
};

/* The octets that say what it lies, and those that say what happens. */
static const uint8_t *lie;
static size_t lies;
static uint32_t accesses;
static bool honest;
static struct bench *benches[KINDS];
static struct image *images[KINDS];

/* --- lies --- */

static uint8_t next_lie(void)
{
    if (honest || lies == 0)
        return 0;
    lies--;
    return *lie++;
}

/* Of sixteen octets thirteen are the truth. */
static uint32_t lied(uint32_t truth)
{
    uint8_t how = next_lie();
    switch (how & 15) {
    case 1:
        return truth ^ 1u << (how >> 4) ^ (uint32_t)(how & 0x80 ? 1u << 16 : 0);
    case 2:
        return (uint32_t)next_lie() << (how >> 4 & 3) * 8;
    case 3:
        return how & 0x10 ? UINT32_MAX : 0;
    default:
        return truth;
    }
}

/* The octets are the device's, which the driver must not touch: they may be poisoned. */
__attribute__((no_sanitize("address"))) static void lie_in_ring(const struct nic_event *e)
{
    uint8_t how = next_lie();
    volatile uint8_t *bytes = e->bytes;
    if ((how & 15) > 3 || (how & 15) == 0 || e->len == 0)
        return;
    uint32_t at = (how >> 4) % e->len;
    if ((how & 15) == 1)
        bytes[at] = bytes[at] ^ next_lie();
    else if ((how & 15) == 2)
        bytes[at] = next_lie();
    for (uint32_t k = 0; (how & 15) == 3 && k < e->len; k++)
        bytes[k] = how;
}

static void looks_on(void *ctx, const struct nic_event *e)
{
    (void)ctx;
    if (e->kind == NIC_ACCESS)
        CHECK(++accesses < ACCESSES); /* no call waits without a bound */
    else if (e->kind == NIC_READ)
        *e->value = lied(*e->value);
    else if (e->kind == NIC_RING_WRITE)
        lie_in_ring(e);
}

/* --- the stack: nothing but a driver --- */

static void input(struct stack *s, struct netbuf *nb, int64_t now_ns)
{
    static uint8_t copy[MOST_UP];
    (void)now_ns;
    CHECK(netbuf_len(nb) <= MOST_UP);
    memcpy(copy, netbuf_data(nb), netbuf_len(nb));
    netbuf_free(s, nb);
}

static const struct link_layer keeper = {
    .hardware = NETIF_ETHERNET, .module = MODULE_ETHERNET, .header_bytes = 14, .input = input};

static int init(struct stack *s, void *state, int64_t now_ns)
{
    (void)state, (void)now_ns;
    return link_layer_register(s, &keeper);
}

static const struct module keeping = {.name = "keeper", .id = MODULE_ETHERNET, .init = init};
static const struct module *const modules[] = {&keeping, NULL};
static const struct netif_driver *const drivers[] = {&e1000_driver, &rtl8139_driver,
                                                     &virtio_net_driver, NULL};
static const struct stack_config config = {
    .limits = {.frames = 96, .big_buffers = 5, .netifs = 2, .driver_bytes = 65536},
    .modules = modules,
    .drivers = drivers,
};

static void no_random(void *self, enum random_purpose purpose, void *out, size_t len)
{
    (void)self, (void)purpose;
    memset(out, 0x5a, len);
}

static void transmitted(void *ctx, const uint8_t *bytes, uint32_t len)
{
    (void)ctx, (void)bytes;
    CHECK(len <= FRAME_MOST);
}

static int first(void *ctx, const struct pci_function *f)
{
    struct device seen = {.kind = DEVICE_PCI, .pci = *f};
    for (int k = 0; drivers[k]; k++)
        if (drivers[k]->match(&seen)) {
            *(struct pci_function *)ctx = *f;
            return 1;
        }
    return 0;
}

static int line_11(void *ctx, const struct pci_function *f)
{
    (void)ctx, (void)f;
    return 11;
}

static struct netif *from_table(struct bench *b, const struct bus *bus)
{
    const struct device table = {
        .bus = bus,
        .kind = DEVICE_TABLE,
        .compatible = "virtio,mmio",
        .window = {{.space = BUS_MEM, .base = machine_mmio_base(0), .size = MACHINE_MMIO_BYTES}},
        .interrupt = {machine_mmio_interrupt(0)},
        .interrupts = 1};
    return stack_probe_table(b->stack, &table, 1, b->now_ns) == 1 ? stack_netif(b->stack, "eth0")
                                                                  : NULL;
}

static void attach(struct bench *b)
{
    const struct bus *bus = machine_bus(b->machine);
    struct pci_function function;
    struct device device;
    struct pci_host host = {.io_next = 0xc000,
                            .io_end = 0x10000,
                            .mem_next = 0xfe000000,
                            .mem_end = 0xff000000,
                            .interrupt = line_11};
    b->nif = NULL;
    if (pci_enumerate(bus, first, &function) == 0)
        b->nif = from_table(b, bus);
    else if (pci_setup(bus, &function, &host, &device) == 0)
        b->nif = stack_attach(b->stack, NULL, NULL, &device, b->now_ns);
    if (b->nif)
        netif_up(b->nif, b->now_ns);
}

static struct bench *bench_of(unsigned which)
{
    static const struct port port = {.random = no_random};
    if (benches[which])
        return benches[which];
    struct world *w = world_new(ARENA, 1);
    CHECK(w);
    struct bench *b = world_alloc(w, sizeof *b, 64);
    uint8_t *region = world_alloc(w, REGION, 4096);
    *b = (struct bench){.world = w, .machine = machine_new(w, "dut")};
    CHECK(stack_size(&config) <= REGION && machine_add_memory(b->machine, region, REGION));
    b->nic = machine_add_nic(b->machine, nic_kind_by_name(kinds[which]), mac, transmitted, NULL);
    b->stack = stack_init(region, REGION, &config, &port, 0, NULL);
    /* Who is told that a frame is done takes its buffer back, whoever still has it. */
    machine_set_knobs(b->machine, &(struct machine_knobs){.late_permille = 250, .reorder = true});
    machine_observe(b->machine, looks_on, NULL);
    images[which] = world_save(w, NULL);
    CHECK(images[which]);
    return benches[which] = b;
}

/* --- what happens --- */

static void poll_until_idle(struct bench *b)
{
    for (int round = 0;; round++) {
        machine_interrupts(b->machine);
        if (stack_poll(b->stack, b->now_ns) > b->now_ns)
            return;
        CHECK(round < ROUNDS);
    }
}

static void send(struct bench *b, uint32_t len)
{
    struct netbuf *nb = b->nif ? netbuf_alloc(b->stack, 66, len) : NULL;
    if (!nb)
        return;
    memset(netbuf_data(nb), 0x33, len);
    if (netif_send(b->nif, nb, b->now_ns) < 0 && !(b->nif->flags & NETIF_RUNNING))
        return; /* it was let go of */
}

static void come(struct bench *b, uint32_t len)
{
    uint8_t frame[FRAME_MOST];
    const char *reason;
    memset(frame, 0x44, len);
    memcpy(frame, mac, sizeof mac);
    nic_receive(b->nic, frame, len, false, &reason);
}

static void detach(struct bench *b)
{
    if (b->nif)
        stack_detach(b->nif, b->now_ns);
    b->nif = NULL;
}

static void step(struct bench *b, uint8_t what, uint8_t how)
{
    static const uint32_t lengths[8] = {60, 14, 64, 590, 1514, 1500, 1000, 61};
    static const int64_t times_ms[8] = {1, 10, 100, 1000, 4999, 5000, 10000, 60000};
    switch (what & 7) {
    case 0:
    case 1:
        for (int k = 0; k <= how >> 3; k++)
            send(b, lengths[how & 7]);
        break;
    case 2:
    case 3:
        for (int k = 0; k <= how >> 3; k++)
            come(b, lengths[how & 7]);
        break;
    case 4:
        b->now_ns += times_ms[how & 7] * 1000000;
        break;
    case 5:
        nic_carrier(b->nic, how & 1);
        break;
    case 6:
        if (b->nif && how & 1)
            detach(b);
        else if (!b->nif)
            attach(b);
        break;
    default:
        if (b->nif && b->nif->driver->filter)
            b->nif->driver->filter(b->nif->state, how, &b->nif->mac, how >> 7);
        break;
    }
    poll_until_idle(b);
}

/* All buffers are back, whatever was said. */
static void end(struct bench *b)
{
    accesses = 0;
    detach(b);
    stack_stop(b->stack, b->now_ns);
    for (int c = 0; c < NETBUF_CLASSES; c++)
        CHECK(b->stack->pool[c].available == b->stack->pool[c].total);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    unsigned which = data[0] % KINDS;
    struct bench *b = bench_of(which);
    size_t steps = size / 4 < STEPS_MOST ? size / 4 : STEPS_MOST;
    honest = data[1] & 1; /* while it is attached: then the driver surely has it */
    lie = data + 2 + 2 * steps;
    lies = size - 2 - 2 * steps <= size ? size - 2 - 2 * steps : 0;
    if (2 + 2 * steps > size)
        lies = steps = 0;
    accesses = 0;
    attach(b);
    poll_until_idle(b);
    honest = false;
    for (size_t k = 0; k < steps; k++) {
        accesses = 0;
        step(b, data[2 + 2 * k], data[3 + 2 * k]);
    }
    honest = data[1] & 2;
    end(b);
    world_restore(b->world, images[which]);
    return 0;
}

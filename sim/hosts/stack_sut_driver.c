/*
 * Our own drivers, each presented as a user's driver would be: a struct netif_driver over a struct
 * bus, made into a struct wiredrill_driver over a struct wiredrill_machine. The stack around it has
 * no protocols: what the driver receives is handed up, what it is given goes to it as it is.
 */
#include "sim/hosts/stack_sut_driver.h"

#include <string.h>
#include "stack/core/module.h"
#include "stack/driver/device.h"
#include "stack/stack.h"

enum { FRAMES = 200, REGION_ALIGN = 4096, NETWORK_CLASS = 2, BUDGET = 256, ROUNDS = 4 };

/* One device at a time. */
static struct ours {
    struct wiredrill_device *dev;
    const struct netif_driver *driver;
    const struct nic_kind *nic;
    struct stack *stack;
    struct netif *nif;
    uint8_t *region;
    uint64_t region_at;
    size_t region_bytes;
    struct bus bus;
    int (*isr)(void *ctx);
    void *isr_ctx;
    unsigned inside; /* of calls */
    bool woken, link_known, link_up, handed_up;
} ours;

static const struct wiredrill_machine *machine;

static int64_t now(void)
{
    return machine->now_ns(machine->self);
}

/* --- a struct bus --- */

static uint32_t read_register(void *self, const struct bus_window *w, uint32_t off, int width)
{
    (void)self;
    if (w->space == BUS_CONFIG)
        return machine->config_read(machine->self, (int)off, width);
    if (w->space == BUS_IO)
        return machine->in(machine->self, (uint16_t)(w->base + off), width);
    return machine->read(machine->self, w->base + off, width);
}

static void write_register(void *self, const struct bus_window *w, uint32_t off, int width,
                           uint32_t value)
{
    (void)self;
    if (w->space == BUS_CONFIG)
        machine->config_write(machine->self, (int)off, width, value);
    else if (w->space == BUS_IO)
        machine->out(machine->self, (uint16_t)(w->base + off), width, value);
    else
        machine->write(machine->self, w->base + off, width, value);
}

static int dma_map(void *self, void *p, size_t size, uint64_t limit, uint64_t *at)
{
    const struct ours *o = self;
    size_t offset = (size_t)((uint8_t *)p - o->region);
    if ((uint8_t *)p < o->region || offset > o->region_bytes || size > o->region_bytes - offset)
        return -1;
    *at = o->region_at + offset;
    return *at + size - 1 <= limit ? 0 : -1;
}

static void fence(void *self, enum bus_fence_kind kind)
{
    (void)self, (void)kind;
}

static int irq_attach(void *self, int interrupt, int (*isr)(void *ctx), void *ctx)
{
    struct ours *o = self;
    (void)interrupt;
    o->isr = isr;
    o->isr_ctx = ctx;
    return 0;
}

static void irq_detach(void *self, int interrupt, void *ctx)
{
    (void)interrupt, (void)ctx;
    ((struct ours *)self)->isr = NULL;
}

static const struct bus_ops bus_ops = {
    .read = read_register,
    .write = write_register,
    .dma_map = dma_map,
    .fence = fence,
    .irq_attach = irq_attach,
    .irq_detach = irq_detach,
};

/* --- a stack without protocols --- */

static void hand_up(struct stack *s, struct netbuf *nb, int64_t now_ns)
{
    (void)now_ns;
    ours.handed_up = true;
    machine->receive(machine->self, netbuf_data(nb), netbuf_len(nb));
    netbuf_free(s, nb);
}

static const struct link_layer handing_up = {
    .hardware = NETIF_ETHERNET, .module = MODULE_CORE, .input = hand_up};

/* The same numbers each time: no driver of ours draws any. */
static void port_random(void *self, enum random_purpose purpose, void *out, size_t len)
{
    (void)self, (void)purpose;
    memset(out, 0x55, len);
}

static void port_wake(void *self)
{
    ((struct ours *)self)->woken = true;
}

static struct stack_config config_of(const struct netif_driver *const *drivers)
{
    return (struct stack_config){
        .limits = {.frames = FRAMES,
                   .netifs = 2,
                   .driver_bytes = drivers[0]->state_size + drivers[0]->ring_bytes + 4096},
        .drivers = drivers,
    };
}

/* --- calls: what an interrupt left to do is done when the outermost ends --- */

static void tell_link(struct ours *o)
{
    bool up = o->nif->flags & NETIF_RUNNING;
    if (o->link_known && up == o->link_up)
        return;
    o->link_known = true;
    o->link_up = up;
    machine->link(machine->self, up);
}

static void work(struct ours *o)
{
    int rounds = 0;
    int64_t due;
    do {
        o->woken = false;
        due = o->driver->poll(o->nif->state, now(), BUDGET);
    } while ((o->woken || due <= now()) && ++rounds < ROUNDS);
    tell_link(o);
}

static void begin(struct ours *o)
{
    o->inside++;
}

static void end(struct ours *o)
{
    if (--o->inside == 0 && o->woken && o->nif)
        work(o);
}

static int start(struct ours *o, const struct wiredrill_device *dev)
{
    const struct netif_driver *const drivers[] = {o->driver, NULL};
    const struct stack_config config = config_of(drivers);
    const struct port port = {.self = o, .random = port_random, .wake = port_wake};
    o->bus = (struct bus){&bus_ops, o};
    struct device device = {
        .bus = &o->bus,
        .kind = o->nic->mmio ? DEVICE_TABLE : DEVICE_PCI,
        .compatible = "virtio,mmio",
        .pci = {.vendor_id = dev->vendor, .device_id = dev->device, .class_code = NETWORK_CLASS},
        .interrupt = {dev->irq},
        .interrupts = 1};
    for (int b = 0; b < PCI_BARS; b++)
        device.window[b] = (struct bus_window){.space = dev->bar[b].is_io ? BUS_IO : BUS_MEM,
                                               .base = dev->bar[b].base,
                                               .size = dev->bar[b].size};
    o->stack = stack_init(o->region, o->region_bytes, &config, &port, now(), NULL);
    if (!o->stack || link_layer_register(o->stack, &handing_up) != 0)
        return -1;
    o->nif = stack_attach(o->stack, "eth0", o->driver, &device, now());
    return o->nif && netif_up(o->nif, now()) == 0 ? 0 : -1;
}

/* --- a struct wiredrill_driver --- */

static int attach(struct wiredrill_device *dev, uint8_t mac[6])
{
    const struct netif_driver *const drivers[] = {ours.driver, NULL};
    const struct stack_config config = config_of(drivers);
    if (!ours.nic->mmio) /* as pci_setup has it */
        machine->config_write(machine->self, 4, 2, machine->config_read(machine->self, 4, 2) | 4);
    ours.dev = dev;
    ours.region_bytes = stack_size(&config);
    if (!ours.region)
        ours.region =
            machine->dma_alloc(machine->self, ours.region_bytes, REGION_ALIGN, &ours.region_at);
    if (!ours.region)
        return -1;
    memset(ours.region, 0, ours.region_bytes);
    begin(&ours);
    int status = start(&ours, dev);
    if (status != 0)
        ours.nif = NULL;
    end(&ours);
    if (status != 0)
        return -1;
    memcpy(mac, ours.nif->mac, 6);
    work(&ours);
    return 0;
}

static int send(struct wiredrill_device *dev, const void *frame, size_t len)
{
    (void)dev;
    if (len > (size_t)ours.nif->mtu + 14)
        return -1;
    begin(&ours);
    struct netbuf *nb = netbuf_alloc(ours.stack, 64, (uint32_t)len);
    int status = nb ? 0 : -1;
    if (nb) {
        memcpy(netbuf_data(nb), frame, len);
        nb->nif = ours.nif;
        status = ours.driver->send(ours.nif->state, nb, now());
        if (status != 0)
            netbuf_free(ours.stack, nb);
    }
    end(&ours);
    return status == 0 ? 0 : -1;
}

static int interrupt(struct wiredrill_device *dev)
{
    (void)dev;
    begin(&ours);
    int mine = ours.isr ? ours.isr(ours.isr_ctx) : 0;
    end(&ours);
    return mine;
}

static int poll(struct wiredrill_device *dev)
{
    (void)dev;
    ours.handed_up = false;
    work(&ours);
    return ours.handed_up;
}

static void filter(struct wiredrill_device *dev, int promiscuous, int all_groups,
                   const uint8_t (*group)[6], int groups)
{
    unsigned flags =
        (promiscuous ? NETIF_PROMISCUOUS : 0u) | (all_groups ? NETIF_ALL_MULTICAST : 0u);
    (void)dev;
    begin(&ours);
    ours.driver->filter(ours.nif->state, flags, group, groups);
    end(&ours);
}

static void detach(struct wiredrill_device *dev)
{
    (void)dev;
    stack_detach(ours.nif, now());
    ours.nif = NULL;
}

const struct wiredrill_driver *stack_sut_driver(const struct nic_kind *nic,
                                                const struct wiredrill_machine ***machine_at,
                                                size_t *dma_bytes)
{
    static struct wiredrill_driver driver;
    const struct netif_driver *const *d = stack_full_config.drivers;
    const char *name = nic->virtio ? "virtio_net" : nic->name; /* one for all its transports */
    while (*d && strcmp((*d)->name, name) != 0)
        d++;
    if (!*d)
        return NULL;
    const struct netif_driver *const drivers[] = {*d, NULL};
    const struct stack_config config = config_of(drivers);
    ours.driver = *d;
    ours.nic = nic;
    driver = (struct wiredrill_driver){.abi = WIREDRILL_DRIVER_ABI,
                                       .flags = WIREDRILL_INTERRUPTIBLE,
                                       .name = "the driver in stack/",
                                       .vendor = nic->vendor_id,
                                       .device = nic->device_id,
                                       .attach = attach,
                                       .send = send,
                                       .interrupt = interrupt,
                                       .filter = filter,
                                       .detach = detach,
                                       .poll = poll};
    *machine_at = &machine;
    *dma_bytes = stack_size(&config) + REGION_ALIGN;
    return &driver;
}

/*
 * A user's driver, written against examples/driver/wiredrill_driver.h, made into a struct
 * netif_driver. The driver is a shared object with static state of its own, so each case runs in a
 * process of its own and its world cannot be saved.
 *
 * Its interrupt handler does the work, as in a small kernel, where a struct netif_driver's only
 * takes note: frames that it hands up wait in a queue until the stack polls.
 */
#include "sim/hosts/driver_plugin.h"

#include <string.h>
#include "examples/driver/wiredrill_driver.h"
#include "sim/hosts/host.h"
#include "sim/hosts/stack_sut.h"
#include "sim/hosts/sut_host.h"
#include "sim/hosts/sut_plugin.h"
#include "stack/core/error.h"
#include "stack/core/module.h"
#include "stack/core/netif.h"
#include "stack/driver/device.h"

enum { DMA_BYTES = 256 * 1024, RECEIVED = 256, NETWORK_CLASS = 2 };

struct plugin {
    struct sut sut; /* first */
    struct netif_driver driver;
    const struct netif_driver *drivers[2];
    const struct wiredrill_driver *user;
    const struct wiredrill_machine **machine_at; /* the driver's variable */
    char name[80];
};

/* One device that the driver has: a struct netif_driver's state. */
struct plugged {
    const struct plugin *plugin;
    struct netif *nif;
    const struct bus *bus;
    struct pci_function function;
    int interrupt;
    struct wiredrill_device device;
    struct wiredrill_machine machine;
    struct bus_window window[PCI_BARS];
    uint64_t dma_at;
    size_t dma_used;
    bool attached;
    struct netbuf_queue received;
};

static const struct plugin *plugin_of(const struct netif *nif)
{
    return (const struct plugin *)(const void *)((const char *)nif->driver -
                                                 offsetof(struct plugin, driver));
}

static struct host *host_of(const struct plugged *d)
{
    const struct stack_sut *u = d->nif->stack->port.self;
    return u->env->self;
}

/* Before each call of the driver. */
static const struct wiredrill_driver *user(struct plugged *d)
{
    *d->plugin->machine_at = &d->machine;
    return d->plugin->user;
}

/* --- what the driver asks of us --- */

/* What lies in no BAR goes to the bus all the same, where nothing answers: a loop over it is
 * counted there. */
static struct bus_window window_at(struct plugged *d, enum bus_space space, uint64_t at, int width)
{
    for (int b = 0; b < PCI_BARS; b++) {
        const struct bus_window *w = &d->window[b];
        if (w->size && w->space == space && at >= w->base &&
            at + (uint64_t)width <= w->base + w->size)
            return *w;
    }
    world_fail(host_of(d)->world,
               "the driver %s touches %s 0x%llx, which lies in none of its device's BARs",
               d->plugin->user->name, space == BUS_IO ? "port" : "address", (unsigned long long)at);
    return (struct bus_window){.space = space, .base = at, .size = (uint32_t)width};
}

static uint32_t read_at(struct plugged *d, enum bus_space space, uint64_t at, int width)
{
    const struct bus_window w = window_at(d, space, at, width);
    return bus_read(d->bus, &w, (uint32_t)(at - w.base), width);
}

static void write_at(struct plugged *d, enum bus_space space, uint64_t at, int width,
                     uint32_t value)
{
    const struct bus_window w = window_at(d, space, at, width);
    bus_write(d->bus, &w, (uint32_t)(at - w.base), width, value);
}

static uint32_t port_in(void *self, uint16_t port, int width)
{
    return read_at(self, BUS_IO, port, width);
}

static void port_out(void *self, uint16_t port, int width, uint32_t value)
{
    write_at(self, BUS_IO, port, width, value);
}

static uint32_t memory_read(void *self, uint64_t address, int width)
{
    return read_at(self, BUS_MEM, address, width);
}

static void memory_write(void *self, uint64_t address, int width, uint32_t value)
{
    write_at(self, BUS_MEM, address, width, value);
}

static uint32_t config_read(void *self, int offset, int width)
{
    struct plugged *d = self;
    return pci_read(d->bus, &d->function, (uint32_t)offset, width);
}

static void config_write(void *self, int offset, int width, uint32_t value)
{
    struct plugged *d = self;
    pci_write(d->bus, &d->function, (uint32_t)offset, width, value);
}

static void *dma_alloc(void *self, size_t size, size_t align, uint64_t *device_address)
{
    struct plugged *d = self;
    if (align == 0 || align & (align - 1) || align > 4096 || size > DMA_BYTES)
        return NULL;
    uint64_t at = (d->dma_at + d->dma_used + align - 1) &
                  ~(uint64_t)(align - 1); /* the device sees the alignment */
    if (at + size > d->dma_at + DMA_BYTES)
        return NULL;
    d->dma_used = (size_t)(at + size - d->dma_at);
    *device_address = at;
    return (uint8_t *)d->nif->ring + (at - d->dma_at);
}

static void receive(void *self, const void *frame, size_t len)
{
    struct plugged *d = self;
    struct netbuf *nb =
        len <= 1518 && d->received.count < RECEIVED ? netif_buffer(d->nif, (uint32_t)len) : NULL;
    if (!nb)
        return; /* as on a kernel without memory: lost */
    memcpy(netbuf_data(nb), frame, len);
    netbuf_enqueue(&d->received, nb);
    netif_wake(d->nif);
}

static void tell_link(void *self, int up)
{
    struct plugged *d = self;
    netif_link(d->nif, up != 0, host_now(host_of(d)));
}

static int64_t now_ns(void *self)
{
    return sut_host_now(host_of(self));
}

/* --- a struct netif_driver --- */

/* probe compares the identities: match is not told which driver it speaks for. */
static bool match(const struct device *device)
{
    return device->kind == DEVICE_PCI && device->pci.class_code == NETWORK_CLASS;
}

static int isr(void *state)
{
    struct plugged *d = state;
    int mine = user(d)->interrupt(&d->device);
    if (mine)
        netif_wake(d->nif);
    return mine;
}

static int map_bars(struct plugged *d, const struct device *device)
{
    for (unsigned b = 0; b < PCI_BARS; b++) {
        const struct bus_window *bar = &device->window[b];
        if (!bar->size)
            continue;
        if (device_map(device, b, 0, &d->window[b]) != 0)
            return -ERR_NODEV;
        d->device.bar[b] = (struct wiredrill_bar){bar->space == BUS_IO, bar->base, bar->size};
    }
    return 0;
}

static int probe(void *state, struct netif *nif, const struct device *device, int64_t now)
{
    struct plugged *d = state;
    const struct pci_function *f = &device->pci;
    (void)now;
    d->plugin = plugin_of(nif);
    d->nif = nif;
    d->bus = device->bus;
    d->function = *f;
    d->interrupt = device->interrupt[0];
    if (f->vendor_id != d->plugin->user->vendor || f->device_id != d->plugin->user->device)
        return -ERR_NODEV;
    d->device = (struct wiredrill_device){
        .vendor = f->vendor_id, .device = f->device_id, .irq = (uint8_t)d->interrupt};
    d->machine = (struct wiredrill_machine){
        d,         port_in, port_out,  memory_read, memory_write, config_read, config_write,
        dma_alloc, receive, tell_link, now_ns};
    if (map_bars(d, device) != 0)
        return -ERR_NODEV;
    if (bus_dma_map(d->bus, nif->ring, DMA_BYTES, UINT32_MAX, &d->dma_at) != 0)
        return -ERR_NOMEM;
    if (user(d)->attach(&d->device, nif->mac) != 0)
        return -ERR_IO;
    d->attached = true;
    return device_irq_attach(device, 0, isr, d) == 0 ? 0 : -ERR_IO;
}

static int64_t poll(void *state, int64_t now, int budget)
{
    struct plugged *d = state;
    struct netbuf *nb;
    while (budget-- > 0 && (nb = netbuf_dequeue(&d->received)) != NULL)
        netif_receive(d->nif, nb, now);
    return d->received.head ? now : INT64_MAX;
}

static int send(void *state, struct netbuf *nb, int64_t now)
{
    struct plugged *d = state;
    (void)now;
    if (!d->attached)
        return -ERR_NETDOWN;
    if (user(d)->send(&d->device, netbuf_data(nb), netbuf_len(nb)) != 0)
        return -ERR_NOBUFS; /* the stack tries again after the next interrupt */
    netif_sent(d->nif, nb, 0);
    return 0;
}

static int filter(void *state, unsigned flags, const uint8_t (*mac)[NETIF_MAC_BYTES], int count)
{
    struct plugged *d = state;
    const struct wiredrill_driver *u = user(d);
    if (u->filter && d->attached)
        u->filter(&d->device, (flags & NETIF_PROMISCUOUS) != 0, (flags & NETIF_ALL_MULTICAST) != 0,
                  mac, count);
    return 0;
}

static void stop(void *state, int64_t now)
{
    struct plugged *d = state;
    const struct wiredrill_driver *u = user(d);
    struct netbuf *nb;
    (void)now;
    if (!d->attached)
        return;
    d->attached = false;
    if (u->detach)
        u->detach(&d->device);
    bus_irq_detach(d->bus, d->interrupt, d);
    while ((nb = netbuf_dequeue(&d->received)) != NULL)
        netbuf_free(d->nif->stack, nb);
}

static const struct netif_driver adaptor = {
    .state_size = sizeof(struct plugged),
    .ring_bytes = DMA_BYTES,
    .match = match,
    .probe = probe,
    .poll = poll,
    .send = send,
    .filter = filter,
    .stop = stop,
};

/* --- loading --- */

static void *open_with_driver(const struct sut_env *env)
{
    const struct plugin *p = (const struct plugin *)(const void *)sut_host_sut(env->self);
    return stack_sut_open_with(env, p->drivers);
}

static int check(const struct wiredrill_driver *u, const char *path, const struct nic_kind **nic,
                 struct why *why)
{
    const char *missing = !u->name        ? "name"
                          : !u->attach    ? "attach"
                          : !u->send      ? "send"
                          : !u->interrupt ? "interrupt"
                                          : NULL;
    *nic = NULL;
    for (int k = 0; nic_kinds[k]; k++)
        if (nic_kinds[k]->vendor_id == u->vendor && nic_kinds[k]->device_id == u->device)
            *nic = nic_kinds[k];
    if (u->abi != WIREDRILL_DRIVER_ABI)
        why_set(why,
                "%s was built for version %u of wiredrill_driver.h, this program has version %u: "
                "build it again",
                path, u->abi, WIREDRILL_DRIVER_ABI);
    else if (missing)
        why_set(why, "%s: wiredrill_driver.%s is not set, it must be", path, missing);
    else if (!*nic)
        why_set(why,
                "%s drives PCI device %04x:%04x, of which there is no model; `wiredrill list` "
                "names those there are",
                path, u->vendor, u->device);
    return missing || !*nic || u->abi != WIREDRILL_DRIVER_ABI ? -1 : 0;
}

const struct sut *driver_plugin(const char *path, const struct nic_kind **nic, struct why *why)
{
    static const char what[] = "a WIREDRILL_DRIVER(...), see examples/driver";
    const struct wiredrill_driver *u = plugin_symbol(path, "wiredrill_driver", what, why);
    void *machine_at = u ? plugin_symbol(path, "wiredrill_machine", what, why) : NULL;
    if (!machine_at || check(u, path, nic, why) != 0)
        return NULL;
    struct plugin *p = plugin_memory(sizeof *p);
    if (!p) {
        why_set(why, "no memory for %s", path);
        return NULL;
    }
    p->user = u;
    p->machine_at = machine_at;
    p->driver = adaptor;
    p->driver.name = u->name;
    p->drivers[0] = &p->driver;
    p->sut = stack_sut;
    snprintf(p->name, sizeof p->name, "%s over %s", stack_sut.name, u->name);
    p->sut.name = p->name;
    p->sut.flags = (stack_sut.flags & ~(unsigned)SUT_SAVES) | SUT_SINGLETON | SUT_PLAIN_DMA;
    if (!(u->flags & WIREDRILL_INTERRUPTIBLE))
        p->sut.flags |= SUT_LATE_IRQ;
    p->sut.nic = (*nic)->name;
    p->sut.open = open_with_driver;
    return &p->sut;
}

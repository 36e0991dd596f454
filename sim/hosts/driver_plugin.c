/*
 * A user's driver, written against examples/driver/wiredrill_driver.h, made into a struct
 * netif_driver. The driver is a shared object with static state of its own, so it is loaded anew
 * for each case and its world cannot be saved.
 *
 * Its interrupt handler does the work, as in a small kernel, where a struct netif_driver's only
 * takes note: frames that it hands up wait in a queue until the stack polls.
 */
#include "sim/hosts/driver_plugin.h"

#include <string.h>
#include "sim/hosts/driver_board.h"
#include "sim/hosts/driver_load.h"
#include "sim/hosts/host.h"
#include "sim/hosts/plugin_object.h"
#include "sim/hosts/stack_sut.h"
#include "sim/hosts/sut_host.h"
#include "sim/hosts/sut_plugin.h"
#include "stack/core/error.h"
#include "stack/core/module.h"
#include "stack/core/netif.h"
#include "stack/driver/device.h"

enum { RECEIVED = 256, NETWORK_CLASS = 2 };

struct plugin {
    struct sut sut; /* first */
    struct netif_driver driver;
    const struct netif_driver *drivers[2];
    struct driver_object object;
    char name[80];
};

/* One device that the driver has: a struct netif_driver's state. */
struct plugged {
    struct driver_board board; /* first */
    const struct plugin *plugin;
    struct netif *nif;
    const struct bus *bus;
    int interrupt;
    struct wiredrill_device device;
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
    *d->plugin->object.machine_at = &d->board.machine;
    return &d->plugin->object.driver;
}

/* --- what the driver asks of us, besides its board --- */

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
    return device->kind == DEVICE_TABLE || device->pci.class_code == NETWORK_CLASS;
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
        if (device_map(device, b, 0, &d->board.window[b]) != 0)
            return -ERR_NODEV;
        d->device.bar[b] = (struct wiredrill_bar){bar->space == BUS_IO, bar->base, bar->size};
    }
    return 0;
}

/* The one that the plug-in drives. Of a table's device the identity stands in its registers
 * (virtio 1.2, 4.2.2): MagicValue, Version, DeviceID. */
static bool is_ours(const struct wiredrill_driver *d, const struct device *device)
{
    enum { MAGIC = 0x74726976, VERSION_AT = 4, ID_AT = 8, NETWORK = 1 };
    const struct pci_function *f = &device->pci;
    struct bus_window w;
    if (device->kind == DEVICE_PCI)
        return f->vendor_id == d->vendor && f->device_id == d->device && d->vendor;
    return d->vendor == WIREDRILL_MMIO && device_map(device, 0, 0, &w) == 0 &&
           bus_read(device->bus, &w, 0, 4) == MAGIC &&
           bus_read(device->bus, &w, VERSION_AT, 4) == d->device &&
           bus_read(device->bus, &w, ID_AT, 4) == NETWORK;
}

static int probe(void *state, struct netif *nif, const struct device *device, int64_t now)
{
    struct plugged *d = state;
    const struct pci_function *f = &device->pci;
    (void)now;
    d->plugin = plugin_of(nif);
    d->nif = nif;
    d->bus = device->bus;
    d->interrupt = device->interrupt[0];
    if (!is_ours(&d->plugin->object.driver, device))
        return -ERR_NODEV;
    d->device = (struct wiredrill_device){.vendor = d->plugin->object.driver.vendor,
                                          .device = d->plugin->object.driver.device,
                                          .irq = (uint8_t)d->interrupt};
    d->board = (struct driver_board){
        .machine = {.receive = receive, .link = tell_link, .now_ns = now_ns},
        .world = host_of(d)->world,
        .bus = d->bus,
        .driver = d->plugin->object.driver.name,
        .function = (uint64_t)f->bus << 16 | (uint64_t)f->device << 11 | (uint64_t)f->function << 8,
        .dma = nif->ring,
        .dma_room = DRIVER_DMA_BYTES,
    };
    driver_board_fill(&d->board);
    if (map_bars(d, device) != 0)
        return -ERR_NODEV;
    if (bus_dma_map(d->bus, nif->ring, DRIVER_DMA_BYTES, UINT32_MAX, &d->board.dma_at) != 0)
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
    .ring_bytes = DRIVER_DMA_BYTES,
    .match = match,
    .probe = probe,
    .poll = poll,
    .send = send,
    .filter = filter,
    .stop = stop,
};

/* --- loading --- */

/* What a script may ask of a driver of ours alone. */
static int64_t call(void *s, uint64_t token, const char *name, const struct value *argv, int argc,
                    struct value *out)
{
    return strcmp(name, "own_driver") == 0 ? SUT_UNKNOWN
                                           : stack_sut.call(s, token, name, argv, argc, out);
}

static void *open_with_driver(const struct sut_env *env)
{
    const struct plugin *p = (const struct plugin *)(const void *)sut_host_sut(env->self);
    return stack_sut_open_with(env, p->drivers);
}

static bool load_again(void *ctx)
{
    return driver_load_again(&((struct plugin *)ctx)->object);
}

const struct sut *driver_plugin(const char *path, const struct nic_kind **nic, struct why *why)
{
    struct driver_object object;
    if (driver_load(path, &object, why) != 0)
        return NULL;
    struct plugin *p = plugin_memory(sizeof *p);
    if (!p) {
        why_set(why, "no memory for %s", path);
        return NULL;
    }
    p->object = object;
    p->driver = adaptor;
    p->driver.name = plugin_text(object.driver.name);
    p->drivers[0] = &p->driver;
    p->sut = stack_sut;
    snprintf(p->name, sizeof p->name, "%s over %s", stack_sut.name, object.driver.name);
    p->sut.name = p->name;
    p->sut.flags = (stack_sut.flags & ~(unsigned)SUT_SAVES) | SUT_SINGLETON | SUT_PLAIN_DMA |
                   SUT_OTHERS_DRIVER;
    if (!(object.driver.flags & WIREDRILL_INTERRUPTIBLE))
        p->sut.flags |= SUT_LATE_IRQ;
    *nic = object.nic;
    p->sut.nic = object.nic->name;
    p->sut.open = open_with_driver;
    p->sut.call = call;
    sut_statics_know(&p->sut, load_again, p);
    return &p->sut;
}

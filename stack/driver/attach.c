/* Devices and drivers, brought together: an interface for each. */
#include "stack/core/module.h"
#include "stack/core/text.h"
#include "stack/driver/device.h"

enum {
    MTU_ETHERNET = 1500, /* RFC 894 */
    STATE_ALIGN = 64,
    RING_ALIGN = 256,
};

/* The pools lie in the region; the device must reach all of each in one piece. */
static int map_pools(struct netif *nif)
{
    uint64_t limit = nif->driver->dma_limit ? nif->driver->dma_limit : UINT64_MAX;
    for (int c = 0; nif->bus && c < NETBUF_CLASSES; c++) {
        struct netbuf_pool *pool = &nif->stack->pool[c];
        size_t size = (size_t)pool->total * pool->stride;
        if (size > 0 && bus_dma_map(nif->bus, pool->slab, size, limit, &nif->pool_device[c]) < 0)
            return -ERR_IO;
    }
    return 0;
}

static int start_driver(struct netif *nif, const struct device *device, int64_t now_ns)
{
    const struct netif_driver *d = nif->driver;
    nif->state = region_take(nif->stack, d->state_size, STATE_ALIGN);
    nif->ring = region_take(nif->stack, d->ring_bytes, RING_ALIGN);
    if (!nif->state || !nif->ring)
        return -ERR_NOMEM;
    int error = map_pools(nif);
    if (error < 0)
        return error;
    return d->probe ? d->probe(nif->state, nif, device, now_ns) : 0;
}

/* The driver has let go of the device. */
static void destroy(struct netif *nif)
{
    const struct netif_driver *d = nif->driver;
    region_give(nif->stack, nif->state, d->state_size);
    region_give(nif->stack, nif->ring, d->ring_bytes);
    netif_destroy(nif);
}

static const struct netif_driver *driver_for(const struct stack *s, const struct device *device)
{
    for (const struct netif_driver *const *d = s->config.drivers; device && d && *d; d++)
        if ((*d)->match && (*d)->match(device))
            return *d;
    return NULL;
}

/* The first free name of eth0, eth1, ... */
static bool free_name(struct stack *s, char name[NETIF_NAME_BYTES])
{
    for (int i = 0; i < 1000; i++) {
        struct text t = text_to(name, NETIF_NAME_BYTES);
        text_string(&t, "eth");
        text_number(&t, i);
        if (!stack_netif(s, name))
            return true;
    }
    return false;
}

struct netif *stack_attach(struct stack *s, const char *name, const struct netif_driver *driver,
                           const struct device *device, int64_t now_ns)
{
    char own[NETIF_NAME_BYTES];
    if (!driver)
        driver = driver_for(s, device);
    if (!driver || !driver->send || (!name && !free_name(s, own)))
        return NULL;
    struct netif *nif = netif_create(s, name ? name : own);
    if (!nif)
        return NULL;
    nif->driver = driver;
    nif->bus = device ? device->bus : NULL;
    nif->hardware = NETIF_ETHERNET;
    nif->mtu = nif->mru = MTU_ETHERNET;
    nif->flags = NETIF_BROADCAST | NETIF_ARP;
    nif->driver_due_ns = driver->poll ? now_ns : INT64_MAX;
    if (start_driver(nif, device, now_ns) < 0) {
        destroy(nif);
        return NULL;
    }
    netif_find_link_layer(nif);
    return nif;
}

static void remove_routes(struct netif *nif)
{
    struct route_info r;
    for (unsigned k = 0; route_at(nif->stack, k, &r);) {
        const struct ip_addr *gateway = r.gateway.family == ADDR_NONE ? NULL : &r.gateway;
        bool gone = r.nif == nif && route_remove(nif->stack, &r.net, r.prefix, gateway, nif) == 0;
        k = gone ? 0 : k + 1;
    }
}

static void remove_neighbours(struct netif *nif, int64_t now_ns)
{
    struct neighbour_info n;
    for (unsigned k = 0; neighbour_at(nif->stack, k, &n);) {
        bool gone = n.nif == nif && neighbour_remove(nif, &n.addr, now_ns) == 0;
        k = gone ? 0 : k + 1;
    }
}

int stack_detach(struct netif *nif, int64_t now_ns)
{
    const struct netif_driver *driver = nif->driver;
    if (nif->flags & NETIF_LOOPBACK)
        return -ERR_INVAL;
    if (!driver)
        return -ERR_NODEV;
    netif_down(nif, now_ns);
    netif_link(nif, false, now_ns);
    stack_netif_event(nif->stack, nif, NETIF_EVENT_GONE, now_ns);
    for (int i = 0; i < NETIF_ADDRESSES; i++) {
        struct ip_addr a = nif->address[i].addr;
        if (a.family != ADDR_NONE)
            netif_remove_address(nif, &a, now_ns);
    }
    remove_routes(nif);
    remove_neighbours(nif, now_ns);
    if (driver->stop)
        driver->stop(nif->state, now_ns);
    destroy(nif);
    return 0;
}

/* --- a table of devices --- */

int stack_probe_table(struct stack *s, const struct device *table, int count, int64_t now_ns)
{
    int attached = 0;
    for (int i = 0; i < count; i++) {
        const struct netif_driver *driver = driver_for(s, &table[i]);
        struct bus_window w;
        if (driver && device_map(&table[i], 0, 0, &w) == 0 &&
            stack_attach(s, NULL, driver, &table[i], now_ns))
            attached++;
    }
    return attached;
}

/* --- a walk over the PCI bus --- */

struct probe {
    struct stack *s;
    const struct bus *b;
    struct pci_host *host;
    int64_t now_ns;
    int attached;
};

/* Nothing is set up for a function that no driver wants. */
static int found(void *ctx, const struct pci_function *f)
{
    struct probe *p = ctx;
    struct device device = {.bus = p->b, .kind = DEVICE_PCI, .pci = *f};
    const struct netif_driver *driver = driver_for(p->s, &device);
    if (driver && pci_setup(p->b, f, p->host, &device) == 0 &&
        stack_attach(p->s, NULL, driver, &device, p->now_ns))
        p->attached++;
    return 0;
}

int stack_probe_pci(struct stack *s, const struct bus *b, struct pci_host *host, int64_t now_ns)
{
    struct pci_host nothing = {0};
    struct probe p = {.s = s, .b = b, .host = host ? host : &nothing, .now_ns = now_ns};
    pci_enumerate(b, found, &p);
    return p.attached;
}

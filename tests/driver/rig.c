#include "tests/driver/rig.h"

#include <criterion/criterion.h>
#include <string.h>

#include "sim/nic/machine.h"
#include "stack/driver/e1000.h"
#include "stack/driver/device.h"
#include "stack/driver/rtl8139.h"
#include "stack/driver/virtio_net.h"

struct nicrig_log nicrig_received;
bool nicrig_hold;
static struct netbuf_queue held;

void nicrig_log_add(struct nicrig_log *log, const void *bytes, uint32_t len)
{
    cr_assert(log->count < NICRIG_KEPT && len <= NICRIG_FRAME);
    struct nicrig_frame *f = &log->frame[log->count++];
    f->len = len;
    memcpy(f->bytes, bytes, len);
}

static void input(struct stack *s, struct netbuf *nb, int64_t now_ns)
{
    (void)now_ns;
    nicrig_log_add(&nicrig_received, netbuf_data(nb), netbuf_len(nb));
    if (nicrig_hold)
        netbuf_enqueue(&held, nb);
    else
        netbuf_free(s, nb);
}

void nicrig_release(struct stack *s)
{
    for (struct netbuf *nb; (nb = netbuf_dequeue(&held)) != NULL;)
        netbuf_free(s, nb);
}

static const struct link_layer keeper = {
    .hardware = NETIF_ETHERNET, .module = MODULE_ETHERNET, .header_bytes = 14, .input = input};

static int init(struct stack *s, void *state, int64_t now_ns)
{
    (void)state, (void)now_ns;
    return link_layer_register(s, &keeper);
}

static const struct module nicrig_module = {.name = "rig", .id = MODULE_ETHERNET, .init = init};
static const struct module *const modules[] = {&nicrig_module, NULL};
static const struct netif_driver *const drivers[] = {&e1000_driver, &rtl8139_driver,
                                                     &virtio_net_driver, NULL};
static const struct stack_config config = {
    .limits = {.frames = NICRIG_POOL, .big_buffers = 5, .netifs = 2, .driver_bytes = 65536},
    .modules = modules,
    .drivers = drivers,
};

static void no_random(void *self, enum random_purpose purpose, void *out, size_t len)
{
    (void)self, (void)purpose;
    memset(out, 0x5a, len);
}

struct stack *nicrig_stack(void *region)
{
    static const struct port port = {.random = no_random};
    memset(region, 0xcc, NICRIG_REGION);
    memset(&nicrig_received, 0, sizeof nicrig_received);
    memset(&held, 0, sizeof held);
    nicrig_hold = false;
    cr_assert_leq(stack_size(&config), (size_t)NICRIG_REGION);
    struct stack *s = stack_init(region, NICRIG_REGION, &config, &port, 0, NULL);
    cr_assert_not_null(s);
    return s;
}

/* As a kernel with PCI code of its own does it: what it found and set up, it attaches. */
static int first(void *ctx, const struct pci_function *f)
{
    struct device seen = {.kind = DEVICE_PCI, .pci = *f};
    for (int i = 0; drivers[i]; i++)
        if (drivers[i]->match(&seen)) {
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

/* As a board has it: the place is known, whether a device is there is not. */
static struct netif *from_table(struct stack *s, const struct bus *b)
{
    const struct device table[] = {
        {.bus = b,
         .kind = DEVICE_TABLE,
         .compatible = "virtio,mmio",
         .window = {{.space = BUS_MEM, .base = machine_mmio_base(1), .size = MACHINE_MMIO_BYTES}}},
        {.bus = b,
         .kind = DEVICE_TABLE,
         .compatible = "virtio,mmio",
         .window = {{.space = BUS_MEM, .base = machine_mmio_base(0), .size = MACHINE_MMIO_BYTES}},
         .interrupt = {machine_mmio_interrupt(0)},
         .interrupts = 1},
    };
    return stack_probe_table(s, table, 2, 0) == 1 ? stack_netif(s, "eth0") : NULL;
}

struct netif *nicrig_probe(struct stack *s, const struct bus *b)
{
    struct pci_function function;
    struct device device;
    struct pci_host host = {.io_next = 0xc000,
                            .io_end = 0x10000,
                            .mem_next = 0xfe000000,
                            .mem_end = 0xff000000,
                            .interrupt = line_11};
    struct netif *nif = NULL;
    if (pci_enumerate(b, first, &function) == 0)
        nif = from_table(s, b);
    else if (pci_setup(b, &function, &host, &device) == 0)
        nif = stack_attach(s, NULL, NULL, &device, 0);
    if (!nif)
        return NULL;
    cr_assert_eq(netif_up(nif, 0), 0);
    stack_poll(s, 0);
    return nif;
}

void nicrig_fill(uint8_t *to, uint32_t len, uint8_t seed)
{
    for (uint32_t i = 0; i < len; i++)
        to[i] = (uint8_t)(seed + i + i / 251);
}

int nicrig_send(struct netif *nif, uint32_t len, uint8_t seed, int64_t now_ns)
{
    /* 66, 65, 64 or 63 bytes in: on and off the boundary that a device may want */
    struct netbuf *nb = netbuf_alloc(nif->stack, 66 - seed % 4u, len);
    cr_assert_not_null(nb);
    nicrig_fill(netbuf_data(nb), len, seed);
    return netif_send(nif, nb, now_ns);
}

uint64_t nicrig_counter(struct stack *s, const char *name)
{
    uint64_t value = 0;
    cr_assert_eq(stack_counter(s, name, &value), 0, "there is no counter %s", name);
    return value;
}

uint32_t nicrig_free_frames(const struct stack *s)
{
    return s->pool[NETBUF_FRAME].available;
}

#include "stack/driver/pci.h"
#include "stack/driver/device.h"

#include <stdbool.h>

/* Configuration header, PCI Local Bus 3.0. */
enum {
    PCI_VENDOR = 0x00,
    PCI_DEVICE = 0x02,
    PCI_COMMAND = 0x04,
    PCI_REVISION = 0x08,
    PCI_SUBCLASS = 0x0a,
    PCI_CLASS = 0x0b,
    PCI_HEADER = 0x0e,
    PCI_BAR0 = 0x10,
    PCI_SECONDARY = 0x19, /* header type 1 */
    PCI_SUBSYSTEM_VENDOR = 0x2c,
    PCI_SUBSYSTEM = 0x2e,
    PCI_LINE = 0x3c,
    PCI_PIN = 0x3d,
};

enum { COMMAND_IO = 1, COMMAND_MEM = 2, COMMAND_MASTER = 4, COMMAND_INTX_OFF = 0x400 };
enum { HEADER_MULTI = 0x80, HEADER_TYPE = 0x7f, HEADER_DEVICE = 0, HEADER_BRIDGE = 1 };
enum { BAR_IS_IO = 1, BAR_TYPE = 6, BAR_TYPE_32 = 0, BAR_TYPE_1M = 2, BAR_TYPE_64 = 4 };
enum { DEVICES = 32, FUNCTIONS = 8, BUSES = 256, CONFIG_BYTES = 256 };

static struct bus_window config_window(unsigned bus, unsigned device, unsigned function)
{
    return (struct bus_window){
        .space = BUS_CONFIG,
        .base = (uint64_t)bus << 16 | device << 11 | function << 8,
        .size = CONFIG_BYTES,
    };
}

uint32_t pci_read(const struct bus *b, const struct pci_function *f, uint32_t off, int width)
{
    struct bus_window w = config_window(f->bus, f->device, f->function);
    return bus_map(b, &w) ? UINT32_MAX : bus_read(b, &w, off, width);
}

void pci_write(const struct bus *b, const struct pci_function *f, uint32_t off, int width,
               uint32_t v)
{
    struct bus_window w = config_window(f->bus, f->device, f->function);
    if (bus_map(b, &w) == 0)
        bus_write(b, &w, off, width, v);
}

/* --- finding functions --- */

/* Fills `f` from the header; false when no function answers (the bus floats high). */
static bool identify(const struct bus *b, unsigned bus, unsigned device, unsigned function,
                     struct pci_function *f)
{
    struct bus_window w = config_window(bus, device, function);
    if (bus_map(b, &w))
        return false;
    uint32_t vendor = bus_read(b, &w, PCI_VENDOR, 2) & 0xffff;
    if (vendor == 0xffff || vendor == 0)
        return false;
    *f = (struct pci_function){
        .bus = (uint8_t)bus,
        .device = (uint8_t)device,
        .function = (uint8_t)function,
        .vendor_id = (uint16_t)vendor,
        .device_id = (uint16_t)bus_read(b, &w, PCI_DEVICE, 2),
        .revision = (uint8_t)bus_read(b, &w, PCI_REVISION, 1),
        .subclass = (uint8_t)bus_read(b, &w, PCI_SUBCLASS, 1),
        .class_code = (uint8_t)bus_read(b, &w, PCI_CLASS, 1),
        .header_type = (uint8_t)bus_read(b, &w, PCI_HEADER, 1),
        .irq_line = (uint8_t)bus_read(b, &w, PCI_LINE, 1),
        .irq_pin = (uint8_t)bus_read(b, &w, PCI_PIN, 1),
    };
    if ((f->header_type & HEADER_TYPE) == HEADER_DEVICE) {
        f->subsystem_vendor = (uint16_t)bus_read(b, &w, PCI_SUBSYSTEM_VENDOR, 2);
        f->subsystem_device = (uint16_t)bus_read(b, &w, PCI_SUBSYSTEM, 2);
    }
    return true;
}

struct walk {
    const struct bus *b;
    int (*found)(void *ctx, const struct pci_function *f);
    void *ctx;
    uint32_t wanted[BUSES / 32]; /* buses reached so far */
};

static bool bus_wanted(const struct walk *w, unsigned bus)
{
    return w->wanted[bus / 32] >> (bus % 32) & 1;
}

/*
 * Firmware numbers a bridge's secondary bus above the bridge's own, so walking the buses upwards
 * meets each once and a bridge that claims otherwise (0: never configured) cannot send the walk in
 * circles.
 */
static void note_bridge(struct walk *w, const struct pci_function *f)
{
    if ((f->header_type & HEADER_TYPE) != HEADER_BRIDGE)
        return;
    unsigned secondary = pci_read(w->b, f, PCI_SECONDARY, 1) & 0xff;
    if (secondary > f->bus)
        w->wanted[secondary / 32] |= (uint32_t)1 << (secondary % 32);
}

static int walk_device(struct walk *w, unsigned bus, unsigned device)
{
    unsigned functions = 1;
    for (unsigned function = 0; function < functions; function++) {
        struct pci_function f;
        if (!identify(w->b, bus, device, function, &f))
            continue;
        if (function == 0 && (f.header_type & HEADER_MULTI))
            functions = FUNCTIONS;
        note_bridge(w, &f);
        int verdict = w->found(w->ctx, &f);
        if (verdict)
            return verdict;
    }
    return 0;
}

int pci_enumerate(const struct bus *b, int (*found)(void *ctx, const struct pci_function *f),
                  void *ctx)
{
    struct walk w = {.b = b, .found = found, .ctx = ctx, .wanted = {1}};
    for (unsigned bus = 0; bus < BUSES; bus++) {
        if (!bus_wanted(&w, bus))
            continue;
        for (unsigned device = 0; device < DEVICES; device++) {
            int verdict = walk_device(&w, bus, device);
            if (verdict)
                return verdict;
        }
    }
    return 0;
}

/* --- base address registers --- */

/* Writes all ones and looks which address bits stuck, then puts the old value back. */
static uint32_t bar_mask(const struct bus *b, const struct pci_function *f, uint32_t off,
                         uint32_t old)
{
    pci_write(b, f, off, 4, UINT32_MAX);
    uint32_t mask = pci_read(b, f, off, 4);
    pci_write(b, f, off, 4, old);
    return mask;
}

/* The size that a mask of address bits stands for: its lowest bit; all bits above must be one. */
static uint32_t size_of(uint32_t mask)
{
    uint32_t size = mask & (0 - mask);
    return mask == 0 - size ? size : 0;
}

static int size_io(struct bus_window *bar, uint32_t low, uint32_t mask)
{
    mask &= ~(uint32_t)3;
    if (mask >> 16 == 0)
        mask |= 0xffff0000; /* may be wired to 0: I/O space has 16 bits on a PC */
    bar->space = BUS_IO;
    bar->base = low & ~(uint32_t)3;
    bar->size = size_of(mask);
    return bar->size && bar->size <= 0x10000 ? 0 : -1;
}

static int size_mem(struct bus_window *bar, uint32_t low, uint32_t mask)
{
    bar->space = BUS_MEM;
    bar->base = low & ~(uint32_t)15;
    bar->size = size_of(mask & ~(uint32_t)15);
    return bar->size ? 0 : -1;
}

/* The upper half of a 64-bit BAR; ranges of 4 GiB and more are refused, no NIC has them. */
static int size_mem_high(const struct bus *b, const struct pci_function *f, uint32_t off,
                         struct bus_window *bar)
{
    uint32_t high = pci_read(b, f, off, 4);
    if (bar_mask(b, f, off, high) != UINT32_MAX)
        return -1;
    bar->base |= (uint64_t)high << 32;
    return 0;
}

/* Registers that BAR `i` takes up (1, or 2 for a 64-bit one), or -1 when it is malformed. */
static int size_bar(const struct bus *b, const struct pci_function *f, int i, int bars,
                    struct bus_window *bar)
{
    uint32_t off = PCI_BAR0 + 4 * (uint32_t)i;
    uint32_t low = pci_read(b, f, off, 4);
    uint32_t mask = bar_mask(b, f, off, low);
    if (mask == 0 || mask == BAR_IS_IO)
        return 1; /* not implemented */
    if (mask & BAR_IS_IO)
        return size_io(bar, low, mask) ? -1 : 1;
    if (size_mem(bar, low, mask))
        return -1;
    switch (mask & BAR_TYPE) {
    case BAR_TYPE_32:
    case BAR_TYPE_1M: /* "below 1 MiB" of PCI 2.1: its decoder has 32 bits all the same */
        return 1;
    case BAR_TYPE_64:
        return i + 1 < bars && size_mem_high(b, f, off + 4, bar) == 0 ? 2 : -1;
    default:
        return -1;
    }
}

/* Naturally aligned: a BAR decodes only the address bits above its size. 0, or -1 without room. */
static int place(struct bus_window *bar, struct pci_host *host)
{
    uint64_t *next = bar->space == BUS_IO ? &host->io_next : &host->mem_next;
    uint64_t end = bar->space == BUS_IO ? host->io_end : host->mem_end;
    uint64_t base = (*next + bar->size - 1) & ~((uint64_t)bar->size - 1);
    if (base < *next || base > end || bar->size > end - base || base == 0)
        return -1;
    bar->base = base;
    *next = base + bar->size;
    return 0;
}

/* 0 in a register means that nobody has assigned it (PCI Local Bus 3.0, 6.2.5.1). */
static int assign_bars(const struct bus *b, const struct pci_function *f, struct pci_host *host,
                       int bars, struct bus_window *window)
{
    int taken;
    for (int i = 0; i < bars; i += taken) {
        struct bus_window *bar = &window[i];
        taken = size_bar(b, f, i, bars, bar);
        if (taken < 0)
            return -1;
        if (bar->size == 0 || bar->base != 0)
            continue;
        if (place(bar, host))
            return -1;
        uint32_t off = PCI_BAR0 + 4 * (uint32_t)i;
        pci_write(b, f, off, 4, (uint32_t)bar->base);
        if (taken == 2)
            pci_write(b, f, off + 4, 4, (uint32_t)(bar->base >> 32));
    }
    return 0;
}

static int bars_of(const struct pci_function *f)
{
    switch (f->header_type & HEADER_TYPE) {
    case HEADER_DEVICE:
        return PCI_BARS;
    case HEADER_BRIDGE:
        return 2;
    default:
        return 0;
    }
}

/* A line register of 0xff says that there is none or that nobody knows (6.2.4), and 0 that nobody
 * wrote it: a PC's interrupt 0 is its timer's. */
static void find_interrupt(const struct pci_function *f, const struct pci_host *host,
                           struct device *out)
{
    bool unknown = f->irq_line == 0 || f->irq_line == 0xff;
    int number = host->interrupt ? host->interrupt(host->ctx, f) : unknown ? -1 : f->irq_line;
    out->interrupts = number >= 0;
    out->interrupt[0] = number;
}

int pci_setup(const struct bus *b, const struct pci_function *f, struct pci_host *host,
              struct device *out)
{
    uint32_t command = pci_read(b, f, PCI_COMMAND, 2) & 0xffff;
    uint32_t decode = COMMAND_IO | COMMAND_MEM;
    *out = (struct device){.bus = b, .kind = DEVICE_PCI, .pci = *f};
    /* While a BAR holds all ones the device must not decode: it would answer for someone else's
     * range. */
    pci_write(b, f, PCI_COMMAND, 2, command & ~decode);
    if (assign_bars(b, f, host, bars_of(f), out->window)) {
        pci_write(b, f, PCI_COMMAND, 2, command);
        return -1;
    }
    find_interrupt(f, host, out);
    command |= decode | COMMAND_MASTER;
    pci_write(b, f, PCI_COMMAND, 2, command & ~(uint32_t)COMMAND_INTX_OFF);
    return 0;
}

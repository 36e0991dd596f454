/*
 * A device as its driver finds it, whoever found it: stack_probe_pci, a kernel's own PCI code, or a
 * table of base addresses as a device tree gives them.
 */
#ifndef STACK_DRIVER_DEVICE_H
#define STACK_DRIVER_DEVICE_H

#include <stdint.h>
#include "stack/driver/bus.h"
#include "stack/driver/pci.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { DEVICE_WINDOWS = PCI_BARS, DEVICE_INTERRUPTS = 8 };

enum device_kind {
    DEVICE_PCI,   /* known by `pci`; window[i] is base address register i */
    DEVICE_TABLE, /* known by `compatible`; window[i] is the table's i-th */
};

struct device {
    const struct bus *bus;
    enum device_kind kind;
    struct pci_function pci; /* DEVICE_PCI; pci_read reaches its configuration space */
    const char *compatible;  /* DEVICE_TABLE: "virtio,mmio"; the caller's */
    struct bus_window window[DEVICE_WINDOWS]; /* size 0: not there */
    /* The kernel's numbers, for irq_attach: the pin's, or one for each message (MSI-X) that the
     * kernel has set up, in the device's order. A driver with fewer uses attaches the first. */
    int interrupt[DEVICE_INTERRUPTS];
    uint32_t interrupts;
};

/* Makes window `i` accessible through *w. 0, or -1 when it is not there or below `size` bytes. */
static inline int device_map(const struct device *d, unsigned i, uint32_t size,
                             struct bus_window *w)
{
    *w = d->window[i];
    return w->size == 0 || w->size < size ? -1 : bus_map(d->bus, w);
}

/* The handler for interrupt `i`. 0, or -1 when the device has no such, or the kernel refuses. */
static inline int device_irq_attach(const struct device *d, unsigned i, int (*isr)(void *ctx),
                                    void *ctx)
{
    return i < d->interrupts ? bus_irq_attach(d->bus, d->interrupt[i], isr, ctx) : -1;
}

#ifdef __cplusplus
}
#endif

#endif

/*
 * PCI: finding functions on a bus, sizing and assigning their base address registers, switching bus
 * mastering on.
 */
#ifndef STACK_DRIVER_PCI_H
#define STACK_DRIVER_PCI_H

#include <stdint.h>
#include "stack/driver/bus.h"

enum { PCI_BARS = 6 };

struct pci_bar {
    enum bus_space space; /* BUS_IO or BUS_MEM */
    uint64_t base;        /* assigned address; 0 when the BAR is not there */
    uint32_t size;
};

struct pci_function {
    uint8_t bus, device, function;
    uint16_t vendor_id, device_id, subsystem_vendor, subsystem_device;
    uint8_t revision, class_code, subclass, header_type;
    uint8_t irq_line, irq_pin;
    struct pci_bar bar[PCI_BARS];
};

/* Where BARs that firmware left at 0 are placed; `next_*` move as they are handed out. */
struct pci_space {
    uint64_t next_io, next_mem;
    uint8_t irq_line; /* written to functions whose line register is 0 or 0xff */
};

/* Walks every bus, device and function (bridges included); calls `found` for each; stops when it
 * returns non-zero. Returns that value, or 0. */
int pci_enumerate(const struct bus *b, int (*found)(void *ctx, const struct pci_function *f),
                  void *ctx);

/* One access to the configuration space of `f`; reads of nothing give all ones. */
uint32_t pci_read(const struct bus *b, const struct pci_function *f, uint32_t off, int width);
void pci_write(const struct bus *b, const struct pci_function *f, uint32_t off, int width,
               uint32_t v);

/* Sizes the BARs of `f`, assigns those that are 0 from `space`, turns on I/O, memory and bus
 * mastering, clears the interrupt disable bit. 0, or -1 when a BAR is malformed. */
int pci_setup(const struct bus *b, struct pci_function *f, struct pci_space *space);

#endif

/*
 * PCI: finding functions on a bus, sizing and assigning their base address registers, switching bus
 * mastering on.
 */
#ifndef STACK_DRIVER_PCI_H
#define STACK_DRIVER_PCI_H

#include <stdint.h>
#include "stack/driver/bus.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PCI_BARS = 6 };

struct pci_function {
    uint8_t bus, device, function;
    uint16_t vendor_id, device_id, subsystem_vendor, subsystem_device;
    uint8_t revision, class_code, subclass, header_type;
    uint8_t irq_line; /* as firmware wrote it: 0 and 0xff say nothing */
    uint8_t irq_pin;  /* 1 to 4: INTA to INTD; 0: none */
};

/* What only the kernel knows of its PCI bus. All zero: firmware has done everything. */
struct pci_host {
    /* Ranges for base address registers that firmware left at 0, which move up as they are handed
     * out; a function that finds no room is refused. */
    uint64_t io_next, io_end, mem_next, mem_end;
    /* The kernel's number of the interrupt that the function's pin raises, negative when it has
     * none. NULL: the line register's. */
    int (*interrupt)(void *ctx, const struct pci_function *f);
    void *ctx;
};

struct device;

/* Walks every bus, device and function (bridges included); calls `found` for each; stops when it
 * returns non-zero. Returns that value, or 0. */
int pci_enumerate(const struct bus *b, int (*found)(void *ctx, const struct pci_function *f),
                  void *ctx);

/* One access to the configuration space of `f`; reads of nothing give all ones. */
uint32_t pci_read(const struct bus *b, const struct pci_function *f, uint32_t off, int width);
void pci_write(const struct bus *b, const struct pci_function *f, uint32_t off, int width,
               uint32_t v);

/* Makes a device of the function: sizes its base address registers, assigns those that are 0 from
 * `host`, turns on I/O, memory and bus mastering, clears the interrupt disable bit, and fills in
 * *out. 0, or -1 when a register is malformed or finds no room. */
int pci_setup(const struct bus *b, const struct pci_function *f, struct pci_host *host,
              struct device *out);

#ifdef __cplusplus
}
#endif

#endif

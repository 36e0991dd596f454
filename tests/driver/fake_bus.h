/*
 * A bus for the drivers' unit tests, as dumb as can be: PCI functions whose base address registers
 * are wired to sizes, and one block of registers with hooks. The device models of sim/nic are not
 * used here.
 */
#ifndef TESTS_DRIVER_FAKE_BUS_H
#define TESTS_DRIVER_FAKE_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/driver/bus.h"

enum { FAKE_FUNCTIONS = 8, FAKE_REGISTERS = 0x20000 };

struct fake_function {
    unsigned bus, device, function;
    uint8_t config[256];
    uint32_t bar_writable[6]; /* address bits that are not wired */
    bool sized_while_decoding;
};

struct fake_bus {
    struct bus bus;
    struct fake_function function[FAKE_FUNCTIONS];
    int functions;
    uint8_t reg[FAKE_REGISTERS];
    void (*after_write)(struct fake_bus *f, uint32_t off, int width, uint32_t value);
    void (*before_read)(struct fake_bus *f, uint32_t off, int width);
    int accesses;
    /* ownership: the number of bytes given and not yet taken */
    int64_t given;
    int publishes;
    int (*isr)(void *ctx); /* the last that was attached */
    void *isr_ctx;
};

void fake_bus_init(struct fake_bus *f);
struct fake_function *fake_function_add(struct fake_bus *f, unsigned bus, unsigned device,
                                        unsigned function, uint16_t vendor, uint16_t id);
void fake_put32(uint8_t *at, uint32_t value);
uint32_t fake_get32(const uint8_t *at);

#endif

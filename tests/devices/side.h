/*
 * A device on the bench, ours or QEMU's: one NIC behind a board (sim/nic/board.h), a piece of guest
 * memory, and the hands of a driver that does exactly what a check says. What both sides show is
 * compared by whoever holds two of them.
 */
#ifndef TESTS_DEVICES_SIDE_H
#define TESTS_DEVICES_SIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/nic/board.h"

enum { SIDE_RAM = 512 << 10, SIDE_FRAMES = 512, SIDE_FRAME_BYTES = 17000, SIDE_LINE = 11 };
#define SIDE_MMIO 0xfeb00000u
#define SIDE_IO   0xc000u

extern const uint8_t side_mac[6], side_peer[6], side_broadcast[6];

struct side_frame {
    uint32_t len;
    uint8_t bytes[SIDE_FRAME_BYTES];
};

struct side {
    const struct board_kind *kind;
    const struct nic_kind *nic;
    struct world *world;
    struct board *board;
    const struct bus *bus;
    struct bus_window config, mem, io; /* the first base address of each space; size 0: none */
    uint8_t *ram;
    uint64_t ram_at;
    struct side_frame *sent;
    uint32_t sents;    /* frames that left it */
    uint64_t accesses; /* of registers, so far */
    uint64_t own[8];   /* what the driver's hands remember of it; 0 at first */
};

/* After power-on, with base addresses assigned and everything enabled but nothing else touched.
 * False, and why. */
bool side_open(struct side *s, const struct board_kind *kind, const char *nic, struct why *why);
void side_close(struct side *s);

/* Registers in memory space, or, of a device without it, of ports; `width` 1, 2 or 4. */
uint32_t side_read(struct side *s, uint32_t off, int width);
void side_write(struct side *s, uint32_t off, int width, uint32_t value);
/* In configuration space. */
uint32_t side_config(struct side *s, uint32_t off, int width);
void side_configure(struct side *s, uint32_t off, int width, uint32_t value);

/* Guest memory by offset; numbers are little-endian. */
void side_put(struct side *s, uint32_t at, uint64_t value, int width);
uint64_t side_get(const struct side *s, uint32_t at, int width);

/* A frame from the wire, then everything that it sets off. */
void side_receive(struct side *s, const uint8_t *bytes, uint32_t len);
/* A frame to `dst` from side_peer; octet i of what follows is i + i / 256 + salt. Returns len. */
uint32_t side_make(uint8_t *frame, const uint8_t dst[6], uint32_t len, uint8_t salt);
void side_receive_to(struct side *s, const uint8_t dst[6], uint32_t len);
void side_carrier(struct side *s, bool up);
/* Lets the device do what it still has to. */
void side_settle(struct side *s);
/* Time passes, on our side; QEMU's clock runs ahead by itself while nobody touches it. */
void side_wait(struct side *s, int64_t ns);
/* The interrupt line, once nothing more happens. */
bool side_line(struct side *s);
/* What our model says that the driver did wrong; NULL: nothing, or it is QEMU. */
const char *side_violation(const struct side *s, struct why *why);

#endif

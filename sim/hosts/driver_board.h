/* The board that a driver of examples/driver/wiredrill_driver.h finds its device on: registers,
 * configuration space and DMA memory, over a `struct bus`. */
#ifndef SIM_HOSTS_DRIVER_BOARD_H
#define SIM_HOSTS_DRIVER_BOARD_H

#include "examples/driver/wiredrill_driver.h"
#include "sim/nic/machine.h"
#include "sim/world/world.h"

enum { DRIVER_DMA_BYTES = 1024 * 1024, DRIVER_PIECES = 1536, DRIVER_BARS = 6 };

/* What one wd_dma_alloc gave. */
struct driver_piece {
    uint64_t at;
    size_t size;
};

struct driver_board {
    struct wiredrill_machine machine; /* what the driver sees; its self is the board */
    struct world *world;
    const struct bus *bus;
    const char *driver;
    uint64_t function; /* the device's PCI address */
    struct bus_window window[DRIVER_BARS];
    uint8_t *dma; /* dma_room bytes, at dma_at for the device */
    uint64_t dma_at;
    size_t dma_room, dma_used;
    struct driver_piece piece[DRIVER_PIECES];
    uint32_t pieces;
};

/* Sets the board's part of `machine`; the owner sets the rest before: world, bus, driver, function,
 * windows and memory, and receive, link and now_ns, which get the board as well. */
void driver_board_fill(struct driver_board *b);
/* The piece in which a device's address lies; NULL: in none. */
const struct driver_piece *driver_board_piece(const struct driver_board *b, uint64_t address);

#endif

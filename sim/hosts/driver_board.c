/* What a driver asks of its board: registers, configuration space, DMA memory. */
#include "sim/hosts/driver_board.h"

/* What lies in no BAR goes to the bus all the same, where nothing answers: a loop over it is
 * counted there. */
static struct bus_window window_at(struct driver_board *b, enum bus_space space, uint64_t at,
                                   int width)
{
    for (int k = 0; k < DRIVER_BARS; k++) {
        const struct bus_window *w = &b->window[k];
        if (w->size && w->space == space && at >= w->base &&
            at + (uint64_t)width <= w->base + w->size)
            return *w;
    }
    world_fail(b->world, "the driver %s touches %s 0x%llx, which lies in none of its device's BARs",
               b->driver, space == BUS_IO ? "port" : "address", (unsigned long long)at);
    return (struct bus_window){.space = space, .base = at, .size = (uint32_t)width};
}

static uint32_t read_at(struct driver_board *b, enum bus_space space, uint64_t at, int width)
{
    const struct bus_window w = window_at(b, space, at, width);
    return bus_read(b->bus, &w, (uint32_t)(at - w.base), width);
}

static void write_at(struct driver_board *b, enum bus_space space, uint64_t at, int width,
                     uint32_t value)
{
    const struct bus_window w = window_at(b, space, at, width);
    bus_write(b->bus, &w, (uint32_t)(at - w.base), width, value);
}

static uint32_t port_in(void *self, uint16_t port, int width)
{
    return read_at(self, BUS_IO, port, width);
}

static void port_out(void *self, uint16_t port, int width, uint32_t value)
{
    write_at(self, BUS_IO, port, width, value);
}

static uint32_t memory_read(void *self, uint64_t address, int width)
{
    return read_at(self, BUS_MEM, address, width);
}

static void memory_write(void *self, uint64_t address, int width, uint32_t value)
{
    write_at(self, BUS_MEM, address, width, value);
}

static struct bus_window configuration(const struct driver_board *b)
{
    return (struct bus_window){.space = BUS_CONFIG, .base = b->function, .size = 256};
}

static uint32_t config_read(void *self, int offset, int width)
{
    struct driver_board *b = self;
    const struct bus_window w = configuration(b);
    return bus_read(b->bus, &w, (uint32_t)offset, width);
}

static void config_write(void *self, int offset, int width, uint32_t value)
{
    struct driver_board *b = self;
    const struct bus_window w = configuration(b);
    bus_write(b->bus, &w, (uint32_t)offset, width, value);
}

/* The device sees the alignment. */
static void *dma_alloc(void *self, size_t size, size_t align, uint64_t *device_address)
{
    struct driver_board *b = self;
    if (align == 0 || align & (align - 1) || align > 4096 || size > b->dma_room)
        return NULL;
    uint64_t at = (b->dma_at + b->dma_used + align - 1) & ~(uint64_t)(align - 1);
    if (at + size > b->dma_at + b->dma_room)
        return NULL;
    if (b->pieces < DRIVER_PIECES)
        b->piece[b->pieces++] = (struct driver_piece){at, size};
    b->dma_used = (size_t)(at + size - b->dma_at);
    *device_address = at;
    return b->dma + (at - b->dma_at);
}

void driver_board_fill(struct driver_board *b)
{
    struct wiredrill_machine *m = &b->machine;
    m->self = b;
    m->in = port_in;
    m->out = port_out;
    m->read = memory_read;
    m->write = memory_write;
    m->config_read = config_read;
    m->config_write = config_write;
    m->dma_alloc = dma_alloc;
}

const struct driver_piece *driver_board_piece(const struct driver_board *b, uint64_t address)
{
    for (uint32_t k = 0; k < b->pieces; k++)
        if (address >= b->piece[k].at && address - b->piece[k].at < b->piece[k].size)
            return &b->piece[k];
    return NULL;
}

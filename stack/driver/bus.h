/*
 * The one way in which a driver touches hardware: configuration space, port I/O, memory-mapped I/O,
 * DMA memory, fences and interrupts. A kernel, QEMU's qtest socket and the simulation each supply a
 * `struct bus`; the driver is the same over all of them.
 *
 * Three rules that a driver keeps and the simulation enforces:
 *  - Descriptors, rings and indices in shared memory go through ring_load* and ring_store*:
 * little-endian, one access each. In the simulation each is a point where the device may act or
 * interrupt.
 *  - Stores between two fences may become visible to the device in any order, also after a later
 * register write: bus_fence(BUS_PUBLISH) comes before the doorbell, bus_fence(BUS_OBSERVE) between
 * the load of a descriptor's status and the loads of what that status vouches for. Neither orders a
 * store before a later load: a driver that stores an index and then asks the ring whether the
 * device still needs a doorbell has bus_fence(BUS_FULL) in between.
 *  - Payload memory changes hands: after bus_give the device owns it and the driver does not touch
 * it until bus_take. Under ASan the simulation poisons what the device owns.
 */
#ifndef STACK_DRIVER_BUS_H
#define STACK_DRIVER_BUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum bus_space { BUS_CONFIG, BUS_IO, BUS_MEM };
enum bus_fence_kind { BUS_PUBLISH, BUS_OBSERVE, BUS_FULL };
enum bus_direction { BUS_TO_DEVICE, BUS_FROM_DEVICE };

/* A range of registers. For BUS_CONFIG `base` is the PCI address (bus << 16 | device << 11 |
 * function << 8). */
struct bus_window {
    enum bus_space space;
    uint64_t base;
    uint32_t size;
    void *cookie; /* the bus's own, set by map */
};

/* What may be NULL says so. */
struct bus_ops {
    /* Make `w` accessible; 0, or -1 when there is nothing there. NULL: windows come accessible. */
    int (*map)(void *self, struct bus_window *w);
    /* `off` within the window, `width` 1, 2 or 4 bytes. Reads of nothing give all ones. */
    uint32_t (*read)(void *self, const struct bus_window *w, uint32_t off, int width);
    void (*write)(void *self, const struct bus_window *w, uint32_t off, int width, uint32_t value);
    /* The device's address of memory that the stack's region holds. 0, or -1 when the device cannot
     * reach all of it in one piece below `limit` (the highest address it can form). */
    int (*dma_map)(void *self, void *p, size_t size, uint64_t limit, uint64_t *device_address);
    void (*fence)(void *self, enum bus_fence_kind kind);
    /* Called before each ring access; NULL on real buses. */
    void (*touch)(void *self, void *p, int width, int is_store);
    /* Payload goes to the device and comes back (cache maintenance in a kernel); either may be
     * NULL. */
    void (*give)(void *self, void *p, size_t size, enum bus_direction direction);
    void (*take)(void *self, void *p, size_t size, enum bus_direction direction);
    /* `interrupt` is the kernel's number. `isr` returns 1 when the interrupt was its device's; a
     * pin's is level-triggered and may be shared; handlers do not nest. NULL: there are none, and
     * the kernel calls netif_wake as often as it wants its devices looked at. */
    int (*irq_attach)(void *self, int interrupt, int (*isr)(void *ctx), void *ctx);
    void (*irq_detach)(void *self, int interrupt, void *ctx);
};

struct bus {
    const struct bus_ops *ops;
    void *self;
};

static inline uint32_t bus_read(const struct bus *b, const struct bus_window *w, uint32_t off,
                                int width)
{
    return b->ops->read(b->self, w, off, width);
}

static inline void bus_write(const struct bus *b, const struct bus_window *w, uint32_t off,
                             int width, uint32_t value)
{
    b->ops->write(b->self, w, off, width, value);
}

static inline int bus_map(const struct bus *b, struct bus_window *w)
{
    return b->ops->map ? b->ops->map(b->self, w) : 0;
}

static inline int bus_dma_map(const struct bus *b, void *p, size_t size, uint64_t limit,
                              uint64_t *device_address)
{
    return b->ops->dma_map(b->self, p, size, limit, device_address);
}

static inline int bus_irq_attach(const struct bus *b, int interrupt, int (*isr)(void *ctx),
                                 void *ctx)
{
    return b->ops->irq_attach ? b->ops->irq_attach(b->self, interrupt, isr, ctx) : 0;
}

static inline void bus_irq_detach(const struct bus *b, int interrupt, void *ctx)
{
    if (b->ops->irq_detach)
        b->ops->irq_detach(b->self, interrupt, ctx);
}

static inline void bus_fence(const struct bus *b, enum bus_fence_kind kind)
{
    b->ops->fence(b->self, kind);
}

static inline void bus_give(const struct bus *b, void *p, size_t size, enum bus_direction direction)
{
    if (b->ops->give)
        b->ops->give(b->self, p, size, direction);
}

static inline void bus_take(const struct bus *b, void *p, size_t size, enum bus_direction direction)
{
    if (b->ops->take)
        b->ops->take(b->self, p, size, direction);
}

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BUS_LE16(v) __builtin_bswap16(v)
#define BUS_LE32(v) __builtin_bswap32(v)
#define BUS_LE64(v) __builtin_bswap64(v)
#else
#define BUS_LE8(v)  (v)
#define BUS_LE16(v) (v)
#define BUS_LE32(v) (v)
#define BUS_LE64(v) (v)
#endif
#ifndef BUS_LE8
#define BUS_LE8(v) (v)
#endif

#define BUS_RING_ACCESS(bits)                                                                      \
    static inline uint##bits##_t ring_load##bits(const struct bus *b, void *p)                     \
    {                                                                                              \
        if (b->ops->touch)                                                                         \
            b->ops->touch(b->self, p, (bits) / 8, 0);                                              \
        return BUS_LE##bits(*(volatile uint##bits##_t *)p);                                        \
    }                                                                                              \
    static inline void ring_store##bits(const struct bus *b, void *p, uint##bits##_t value)        \
    {                                                                                              \
        if (b->ops->touch)                                                                         \
            b->ops->touch(b->self, p, (bits) / 8, 1);                                              \
        *(volatile uint##bits##_t *)p = BUS_LE##bits(value);                                       \
    }

BUS_RING_ACCESS(8)
BUS_RING_ACCESS(16)
BUS_RING_ACCESS(32)
BUS_RING_ACCESS(64)

#ifdef __cplusplus
}
#endif

#endif

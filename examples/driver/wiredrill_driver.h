/*
 * What a driver needs to run under Wiredrill: port I/O, memory-mapped I/O, configuration space, DMA
 * memory, an interrupt, a way to hand frames up. Copy this file beside your driver; it depends on
 * nothing but the C library's fixed-width types.
 *
 *     cc -shared -fPIC -I examples/driver -o mine.so mine.c
 *     wiredrill driver ./mine.so
 *     wiredrill run --driver ./mine.so scenarios
 *
 * Your driver ends in one WIREDRILL_DRIVER(...) and has these functions, of which the first three
 * must be there:
 *
 *     attach     the device was found, its BARs are assigned. Reset it, write its MAC into mac[],
 *                set its rings up, switch it on. Bus mastering may be off (bit 2 of the PCI command
 *                register, at offset 4), and a boot ROM may have left the device running. 0, or -1:
 *                it will not work.
 *     send       a frame, Ethernet header first, at least 14 bytes, without FCS. Copy it: the
 *                memory is not yours when you return. Pad it to 60 bytes, with zeros, if the device
 *                does not. 0, or -1 when there is no room: it is tried again after the next
 *                interrupt.
 *     interrupt  the line is up. 1 when it was your device's and you acknowledged it, 0 when not.
 *                Call wd_receive for each frame, wd_link when the carrier changed.
 *     filter     take every frame (promiscuous), every group's, or those of these groups.
 *     detach     stop the device: no DMA after you return.
 *     poll       no interrupt came for a while: look whether there is something to do, and do it.
 *                1 when there was, 0 when not.
 *     reset      it hangs, or so it seems: reset the device and set it up anew, filter included.
 *                What was in its rings may be lost. 0, or -1: it will not work any more.
 *     counters   what went through since attach.
 *
 * One thread calls all of them. The interrupt comes between the other calls, as if they ran with
 * interrupts off; with WIREDRILL_INTERRUPTIBLE in flags it comes wherever your driver touches a
 * register, as on a machine with interrupts on. A call that waits for the device has to give up at
 * some time: a bit may never come.
 */
#ifndef WIREDRILL_DRIVER_H
#define WIREDRILL_DRIVER_H

#include <stddef.h>
#include <stdint.h>

/* Version 1 had neither poll, reset nor counters; a driver that was built for it still loads. */
#define WIREDRILL_DRIVER_ABI 2u

enum wiredrill_driver_flag { WIREDRILL_INTERRUPTIBLE = 1 };

/* A vendor: the device is no PCI function, its registers lie at bar[0]: virtio-mmio. The device is
 * what Version reads: 2, or 1 for legacy. */
enum { WIREDRILL_MMIO = 0 };

struct wiredrill_bar {
    int is_io;     /* base is a port; else it is an address for wd_map */
    uint64_t base; /* 0: not there */
    uint32_t size;
};

struct wiredrill_device {
    uint16_t vendor, device;
    uint8_t irq;
    struct wiredrill_bar bar[6];
    void *driver_data; /* yours */
};

/* What the machine gives; use the functions below. */
struct wiredrill_machine {
    void *self;
    uint32_t (*in)(void *self, uint16_t port, int width);
    void (*out)(void *self, uint16_t port, int width, uint32_t value);
    uint32_t (*read)(void *self, uint64_t address, int width);
    void (*write)(void *self, uint64_t address, int width, uint32_t value);
    uint32_t (*config_read)(void *self, int offset, int width);
    void (*config_write)(void *self, int offset, int width, uint32_t value);
    void *(*dma_alloc)(void *self, size_t size, size_t align, uint64_t *device_address);
    void (*receive)(void *self, const void *frame, size_t len);
    void (*link)(void *self, int up);
    int64_t (*now_ns)(void *self);
};

/* Whole frames; an error is a frame that came broken, dropped one for which there was no room. */
struct wiredrill_counters {
    uint64_t rx_frames, rx_errors, rx_dropped, tx_frames, tx_errors;
};

struct wiredrill_driver {
    uint32_t abi, flags;
    const char *name;
    uint16_t vendor, device; /* the PCI function that it drives, or WIREDRILL_MMIO */
    int (*attach)(struct wiredrill_device *dev, uint8_t mac[6]);
    int (*send)(struct wiredrill_device *dev, const void *frame, size_t len);
    int (*interrupt)(struct wiredrill_device *dev);
    void (*filter)(struct wiredrill_device *dev, int promiscuous, int all_groups,
                   const uint8_t (*group)[6], int groups);
    void (*detach)(struct wiredrill_device *dev);
    /* Since version 2. */
    int (*poll)(struct wiredrill_device *dev);
    int (*reset)(struct wiredrill_device *dev);
    void (*counters)(struct wiredrill_device *dev, struct wiredrill_counters *out);
};

/* The machine whose device your function was called for; set before each call. */
extern const struct wiredrill_machine *wiredrill_machine;
extern const struct wiredrill_driver wiredrill_driver;

/* Once, at the end of the driver: WIREDRILL_DRIVER(.name = "rtl8139", .vendor = 0x10ec, ...). */
#define WIREDRILL_DRIVER(...)                                                                      \
    const struct wiredrill_machine *wiredrill_machine;                                             \
    const struct wiredrill_driver wiredrill_driver = {.abi = WIREDRILL_DRIVER_ABI, __VA_ARGS__}

/* --- port I/O: outl(port, value); with WIREDRILL_LINUX_ORDER outl(value, port) --- */

#define WIREDRILL_PORT(letter, type, width)                                                        \
    static inline type in##letter(uint16_t port)                                                   \
    {                                                                                              \
        return (type)wiredrill_machine->in(wiredrill_machine->self, port, width);                  \
    }                                                                                              \
    static inline void wiredrill_out##letter(uint16_t port, type value)                            \
    {                                                                                              \
        wiredrill_machine->out(wiredrill_machine->self, port, width, value);                       \
    }
WIREDRILL_PORT(b, uint8_t, 1)
WIREDRILL_PORT(w, uint16_t, 2)
WIREDRILL_PORT(l, uint32_t, 4)

#ifdef WIREDRILL_LINUX_ORDER
#define outb(value, port) wiredrill_outb((uint16_t)(port), (uint8_t)(value))
#define outw(value, port) wiredrill_outw((uint16_t)(port), (uint16_t)(value))
#define outl(value, port) wiredrill_outl((uint16_t)(port), (uint32_t)(value))
#else
#define outb(port, value) wiredrill_outb((uint16_t)(port), (uint8_t)(value))
#define outw(port, value) wiredrill_outw((uint16_t)(port), (uint16_t)(value))
#define outl(port, value) wiredrill_outl((uint16_t)(port), (uint32_t)(value))
#endif

/* --- memory-mapped I/O: writel(value, address). The pointer is for these functions only, not to be
 * followed. --- */

static inline volatile void *wd_map(const struct wiredrill_bar *bar)
{
    return (volatile void *)(uintptr_t)bar->base;
}

#define WIREDRILL_MMIO(letter, type, width)                                                        \
    static inline type read##letter(const volatile void *address)                                  \
    {                                                                                              \
        return (type)wiredrill_machine->read(wiredrill_machine->self, (uintptr_t)address, width);  \
    }                                                                                              \
    static inline void write##letter(type value, volatile void *address)                           \
    {                                                                                              \
        wiredrill_machine->write(wiredrill_machine->self, (uintptr_t)address, width, value);       \
    }
WIREDRILL_MMIO(b, uint8_t, 1)
WIREDRILL_MMIO(w, uint16_t, 2)
WIREDRILL_MMIO(l, uint32_t, 4)

/* --- the rest --- */

static inline uint32_t wd_config_read(int offset, int width)
{
    return wiredrill_machine->config_read(wiredrill_machine->self, offset, width);
}

static inline void wd_config_write(int offset, int width, uint32_t value)
{
    wiredrill_machine->config_write(wiredrill_machine->self, offset, width, value);
}

/* Memory that the device reaches, zeroed, in one piece, below 4 GiB; for attach only. align: a
 * power of two up to 4096. NULL when there is no more (1 MiB a device). */
static inline void *wd_dma_alloc(size_t size, size_t align, uint64_t *device_address)
{
    return wiredrill_machine->dma_alloc(wiredrill_machine->self, size, align, device_address);
}

/* A frame came, Ethernet header first, without FCS. It is copied. */
static inline void wd_receive(const void *frame, size_t len)
{
    wiredrill_machine->receive(wiredrill_machine->self, frame, len);
}

static inline void wd_link(int up)
{
    wiredrill_machine->link(wiredrill_machine->self, up);
}

static inline int64_t wd_now_ns(void)
{
    return wiredrill_machine->now_ns(wiredrill_machine->self);
}

/* Devices here are as fast as they can be: reset and EEPROM take no time. */
static inline void wd_delay_us(uint32_t us)
{
    (void)us;
}

#endif

/*
 * A virtio device as its driver sees it, whichever way it is reached: legacy or modern PCI, memory-
 * mapped registers of version 1 or 2. What differs between them is one small table of functions;
 * status, features and configuration space are handled once (virtio 1.2, 2 and 3).
 */
#ifndef STACK_DRIVER_VIRTIO_H
#define STACK_DRIVER_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>
#include "stack/driver/device.h"
#include "stack/driver/virtqueue.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 2.1 Device Status Field */
enum virtio_status {
    VIRTIO_ACKNOWLEDGE = 1,
    VIRTIO_DRIVER = 2,
    VIRTIO_DRIVER_OK = 4,
    VIRTIO_FEATURES_OK = 8,
    VIRTIO_NEEDS_RESET = 64,
    VIRTIO_FAILED = 128
};

/* 4.1.4.5, 4.2.2: why it interrupts */
enum virtio_interrupt { VIRTIO_ISR_QUEUE = 1, VIRTIO_ISR_CONFIG = 2 };

/* 6 Reserved Feature Bits */
#define VIRTIO_F_ANY_LAYOUT    ((uint64_t)1 << 27) /* legacy: framing is the driver's choice */
#define VIRTIO_F_INDIRECT_DESC ((uint64_t)1 << 28)
#define VIRTIO_F_EVENT_IDX     ((uint64_t)1 << 29)
#define VIRTIO_F_VERSION_1     ((uint64_t)1 << 32)

enum {
    VIRTIO_QUEUES = 3,
    VIRTIO_PCI_VENDOR = 0x1af4,
    VIRTIO_PCI_TRANSITIONAL = 0x1000, /* and what kind of device by the subsystem */
    VIRTIO_PCI_MODERN = 0x1040,       /* plus the kind of device (4.1.2) */
};

struct virtio_device;

struct virtio_transport {
    const char *name;
    bool legacy;          /* no FEATURES_OK, no VERSION_1, queues by page number */
    bool chooses_size;    /* a queue may be smaller than the device's most */
    uint32_t queue_align; /* of the used ring and, where legacy, of the queue */
    uint64_t (*features)(const struct virtio_device *v);
    void (*accept)(const struct virtio_device *v, uint64_t features);
    uint32_t (*status)(const struct virtio_device *v);
    void (*set_status)(const struct virtio_device *v, uint32_t status);
    /* The most descriptors that queue `i` can have; 0: there is no such queue. */
    uint32_t (*queue_most)(const struct virtio_device *v, unsigned i);
    /* Hands the queue, which lies at `at` for the device, over. 0, or -1 when the device cannot
     * reach it. */
    int (*start_queue)(struct virtio_device *v, unsigned i, const struct virtqueue *q, uint64_t at);
    void (*notify)(const struct virtio_device *v, unsigned i);
    /* Why it interrupts (enum virtio_interrupt), acknowledged by the asking; 0: it does not. */
    uint32_t (*interrupts)(const struct virtio_device *v);
    uint32_t (*generation)(const struct virtio_device *v);
};

struct virtio_device {
    const struct bus *bus;
    const struct virtio_transport *transport;
    struct bus_window regs, notify, isr; /* only modern PCI has the last two */
    struct bus_window config;            /* the device's own configuration space */
    uint32_t config_at;                  /* where that begins in it */
    uint32_t notify_multiplier, notify_at[VIRTIO_QUEUES];
    uint64_t features; /* what was negotiated */
};

/* Is it a virtio device of that kind (5, "Device Types") that a transport here reaches? For
 * DEVICE_TABLE the device itself has to be asked: virtio_open says. */
bool virtio_match(const struct device *device, uint16_t kind);
/* Finds the registers. 0, or -1: it is none of that kind, or its windows are too small. */
int virtio_open(struct virtio_device *v, const struct device *device, uint16_t kind);

/* Resets the device and waits for it (2.4.2). -1: it does not come back. */
int virtio_reset(struct virtio_device *v);
void virtio_add_status(const struct virtio_device *v, uint32_t bits);
/*
 * From reset to FEATURES_OK (3.1.1, 1 to 6): of what the device offers, `wish` is accepted.
 * -1: it refused, or lacks one of `need`. VERSION_1 goes without saying where the transport has it.
 */
int virtio_negotiate(struct virtio_device *v, uint64_t wish, uint64_t need);

static inline bool virtio_has(const struct virtio_device *v, uint64_t feature)
{
    return v->features & feature;
}

/* A field of the configuration space, `width` 1, 2 or 4 octets. */
uint32_t virtio_config(const struct virtio_device *v, uint32_t off, int width);
/* Octets that belong together: read anew while the device changes them (2.5.1). */
void virtio_config_octets(const struct virtio_device *v, uint32_t off, uint8_t *out, uint32_t len);

/* --- the transports, each in a file of its name --- */
extern const struct virtio_transport virtio_pci_legacy, virtio_pci, virtio_mmio_legacy, virtio_mmio;
/* Each fills in *v for a device of theirs: 0, or -1 when it is none. */
int virtio_pci_legacy_open(struct virtio_device *v, const struct device *device);
int virtio_pci_open(struct virtio_device *v, const struct device *device);
int virtio_mmio_open(struct virtio_device *v, const struct device *device, uint16_t kind);

static inline uint32_t virtio_read(const struct virtio_device *v, uint32_t reg, int width)
{
    return bus_read(v->bus, &v->regs, reg, width);
}

static inline void virtio_write(const struct virtio_device *v, uint32_t reg, int width,
                                uint32_t value)
{
    bus_write(v->bus, &v->regs, reg, width, value);
}

#ifdef __cplusplus
}
#endif

#endif

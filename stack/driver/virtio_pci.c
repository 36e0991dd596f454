/*
 * virtio over PCI (virtio 1.2, 4.1.4): vendor capabilities say where in which BAR the structures
 * lie. Interrupts come by the pin; MSI-X stays off.
 */
#include "stack/driver/virtio.h"

enum { PCI_STATUS = 0x06, PCI_CAPABILITIES = 0x34, HAS_CAPABILITIES = 0x10, VENDOR_SPECIFIC = 9 };
enum { FIRST_CAPABILITY = 0x40, MOST_CAPABILITIES = 48 };
/* struct virtio_pci_cap */
enum { CAP_NEXT = 1, CAP_LENGTH = 2, CAP_TYPE = 3, CAP_BAR = 4, CAP_OFFSET = 8, CAP_SIZE = 12 };
enum { CAP_MULTIPLIER = 16, CAP_BYTES = 16, NOTIFY_CAP_BYTES = 20 };
enum { COMMON = 1, NOTIFY = 2, ISR = 3, DEVICE_CONFIG = 4 };

/* 4.1.4.3 struct virtio_pci_common_cfg */
enum {
    DEVICE_FEATURE_SELECT = 0,
    DEVICE_FEATURE = 4,
    DRIVER_FEATURE_SELECT = 8,
    DRIVER_FEATURE = 12,
    DEVICE_STATUS = 20,
    CONFIG_GENERATION = 21,
    QUEUE_SELECT = 22,
    QUEUE_SIZE = 24,
    QUEUE_ENABLE = 28,
    QUEUE_NOTIFY_OFF = 30,
    QUEUE_DESC = 32,
    QUEUE_DRIVER = 40,
    QUEUE_DEVICE = 48,
    COMMON_BYTES = 56
};
enum { CONFIG_LEAST = 8, NOT_THERE = 0xff };

static uint64_t features(const struct virtio_device *v)
{
    virtio_write(v, DEVICE_FEATURE_SELECT, 4, 1);
    uint64_t high = virtio_read(v, DEVICE_FEATURE, 4);
    virtio_write(v, DEVICE_FEATURE_SELECT, 4, 0);
    return high << 32 | virtio_read(v, DEVICE_FEATURE, 4);
}

static void accept(const struct virtio_device *v, uint64_t wanted)
{
    for (uint32_t half = 0; half < 2; half++) {
        virtio_write(v, DRIVER_FEATURE_SELECT, 4, half);
        virtio_write(v, DRIVER_FEATURE, 4, (uint32_t)(wanted >> 32 * half));
    }
}

static uint32_t status(const struct virtio_device *v)
{
    return virtio_read(v, DEVICE_STATUS, 1);
}

static void set_status(const struct virtio_device *v, uint32_t value)
{
    virtio_write(v, DEVICE_STATUS, 1, value);
}

static uint32_t queue_most(const struct virtio_device *v, unsigned i)
{
    virtio_write(v, QUEUE_SELECT, 2, i);
    return virtio_read(v, QUEUE_SIZE, 2);
}

/* 4.1.3.1: 64-bit fields are written in halves. */
static void write_address(const struct virtio_device *v, uint32_t reg, uint64_t at)
{
    virtio_write(v, reg, 4, (uint32_t)at);
    virtio_write(v, reg + 4, 4, (uint32_t)(at >> 32));
}

static int start_queue(struct virtio_device *v, unsigned i, const struct virtqueue *q, uint64_t at)
{
    virtio_write(v, QUEUE_SELECT, 2, i);
    uint64_t off = (uint64_t)virtio_read(v, QUEUE_NOTIFY_OFF, 2) * v->notify_multiplier;
    if (v->notify.size < 2 || off > v->notify.size - 2)
        return -1;
    v->notify_at[i] = (uint32_t)off;
    virtio_write(v, QUEUE_SIZE, 2, q->size);
    write_address(v, QUEUE_DESC, at);
    write_address(v, QUEUE_DRIVER, at + (uint64_t)(q->avail - q->desc));
    write_address(v, QUEUE_DEVICE, at + (uint64_t)(q->used - q->desc));
    virtio_write(v, QUEUE_ENABLE, 2, 1);
    return 0;
}

static void notify(const struct virtio_device *v, unsigned i)
{
    bus_write(v->bus, &v->notify, v->notify_at[i], 2, i);
}

static uint32_t interrupts(const struct virtio_device *v)
{
    uint32_t isr = bus_read(v->bus, &v->isr, 0, 1);
    return isr == NOT_THERE ? 0 : isr;
}

static uint32_t generation(const struct virtio_device *v)
{
    return virtio_read(v, CONFIG_GENERATION, 1);
}

const struct virtio_transport virtio_pci = {
    .name = "PCI",
    .chooses_size = true,
    .queue_align = VIRTQUEUE_ALIGN,
    .features = features,
    .accept = accept,
    .status = status,
    .set_status = set_status,
    .queue_most = queue_most,
    .start_queue = start_queue,
    .notify = notify,
    .interrupts = interrupts,
    .generation = generation,
};

/* --- capabilities --- */

static uint32_t cap_read(const struct device *d, uint32_t cap, uint32_t off, int width)
{
    return pci_read(d->bus, &d->pci, cap + off, width);
}

/* What the capability describes, when it lies in a BAR that is there. */
static int map_structure(const struct device *d, uint32_t cap, uint32_t least,
                         struct bus_window *out)
{
    uint32_t bar = cap_read(d, cap, CAP_BAR, 1);
    uint32_t at = cap_read(d, cap, CAP_OFFSET, 4), size = cap_read(d, cap, CAP_SIZE, 4);
    if (bar >= DEVICE_WINDOWS || size < least)
        return -1;
    *out = d->window[bar];
    if (out->size < size || at > out->size - size || at % 4 != 0)
        return -1;
    out->base += at;
    out->size = size;
    return bus_map(d->bus, out);
}

/* 4.1.4.1: of several of one type the first that can be used is; what is of no known type is passed
 * over. */
static void take_capability(struct virtio_device *v, const struct device *d, uint32_t cap)
{
    uint32_t length = cap_read(d, cap, CAP_LENGTH, 1);
    struct bus_window w = {0};
    if (length < CAP_BYTES)
        return;
    switch (cap_read(d, cap, CAP_TYPE, 1)) {
    case COMMON:
        if (!v->regs.size && map_structure(d, cap, COMMON_BYTES, &w) == 0)
            v->regs = w;
        break;
    case NOTIFY:
        if (length < NOTIFY_CAP_BYTES || v->notify.size || map_structure(d, cap, 2, &w))
            break;
        v->notify = w;
        v->notify_multiplier = cap_read(d, cap, CAP_MULTIPLIER, 4);
        break;
    case ISR:
        if (!v->isr.size && map_structure(d, cap, 1, &w) == 0)
            v->isr = w;
        break;
    case DEVICE_CONFIG:
        if (!v->config.size && map_structure(d, cap, CONFIG_LEAST, &w) == 0)
            v->config = w;
        break;
    default:
        break;
    }
}

/* A list that leads back into itself ends when there can be no more. */
int virtio_pci_open(struct virtio_device *v, const struct device *device)
{
    v->regs = v->notify = v->isr = v->config = (struct bus_window){0};
    if (!(pci_read(device->bus, &device->pci, PCI_STATUS, 2) & HAS_CAPABILITIES))
        return -1;
    uint32_t cap = pci_read(device->bus, &device->pci, PCI_CAPABILITIES, 1) & 0xfc;
    for (int k = 0; k < MOST_CAPABILITIES && cap >= FIRST_CAPABILITY && cap <= 0xf0; k++) {
        if (cap_read(device, cap, 0, 1) == VENDOR_SPECIFIC)
            take_capability(v, device, cap);
        cap = cap_read(device, cap, CAP_NEXT, 1) & 0xfc;
    }
    if (!v->regs.size || !v->notify.size || !v->isr.size || !v->config.size)
        return -1;
    v->transport = &virtio_pci;
    v->config_at = 0;
    return 0;
}

/*
 * virtio over PCI as it was before version 1 (virtio 1.2, 4.1.4.10): ports in BAR 0, queues by page
 * number and of the device's size. Registers and rings have the guest's byte order, which is taken
 * to be little-endian here.
 */
#include "stack/driver/virtio.h"

enum {
    DEVICE_FEATURES = 0,
    DRIVER_FEATURES = 4,
    QUEUE_ADDRESS = 8, /* in pages */
    QUEUE_SIZE = 12,
    QUEUE_SELECT = 14,
    QUEUE_NOTIFY = 16,
    DEVICE_STATUS = 18,
    ISR_STATUS = 19, /* reading it clears it */
    CONFIG = 20,     /* without MSI-X */
    REGISTER_BYTES = 28
};
enum { PAGE_SHIFT = 12, ADDRESS_BITS = 32 + PAGE_SHIFT, NOT_THERE = 0xff };

static uint64_t features(const struct virtio_device *v)
{
    return virtio_read(v, DEVICE_FEATURES, 4);
}

static void accept(const struct virtio_device *v, uint64_t wanted)
{
    virtio_write(v, DRIVER_FEATURES, 4, (uint32_t)wanted);
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

static int start_queue(struct virtio_device *v, unsigned i, const struct virtqueue *q, uint64_t at)
{
    (void)q;
    if (at >> ADDRESS_BITS != 0)
        return -1;
    virtio_write(v, QUEUE_SELECT, 2, i);
    virtio_write(v, QUEUE_ADDRESS, 4, (uint32_t)(at >> PAGE_SHIFT));
    return 0;
}

static void notify(const struct virtio_device *v, unsigned i)
{
    virtio_write(v, QUEUE_NOTIFY, 2, i);
}

static uint32_t interrupts(const struct virtio_device *v)
{
    uint32_t isr = virtio_read(v, ISR_STATUS, 1);
    return isr == NOT_THERE ? 0 : isr;
}

/* 2.5.3: there is none; what changes is one field. */
static uint32_t generation(const struct virtio_device *v)
{
    (void)v;
    return 0;
}

const struct virtio_transport virtio_pci_legacy = {
    .name = "legacy PCI",
    .legacy = true,
    .queue_align = VIRTQUEUE_LEGACY_ALIGN,
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

int virtio_pci_legacy_open(struct virtio_device *v, const struct device *device)
{
    if (device->window[0].space != BUS_IO || device_map(device, 0, REGISTER_BYTES, &v->regs))
        return -1;
    v->transport = &virtio_pci_legacy;
    v->config = v->regs;
    v->config_at = CONFIG;
    return 0;
}

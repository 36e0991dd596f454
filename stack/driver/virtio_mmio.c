/*
 * virtio over memory-mapped registers (virtio 1.2, 4.2): version 2, and version 1, which is legacy
 * (4.2.4). The device is found by who knows its base address: a table, a device tree.
 */
#include "stack/driver/virtio.h"

enum {
    MAGIC = 0x000,
    VERSION = 0x004,
    DEVICE_ID = 0x008,
    DEVICE_FEATURES = 0x010,
    DEVICE_FEATURES_SELECT = 0x014,
    DRIVER_FEATURES = 0x020,
    DRIVER_FEATURES_SELECT = 0x024,
    GUEST_PAGE_SIZE = 0x028, /* version 1 */
    QUEUE_SELECT = 0x030,
    QUEUE_NUM_MAX = 0x034,
    QUEUE_NUM = 0x038,
    QUEUE_ALIGN = 0x03c, /* version 1 */
    QUEUE_PFN = 0x040,   /* version 1 */
    QUEUE_READY = 0x044,
    QUEUE_NOTIFY = 0x050,
    INTERRUPT_STATUS = 0x060,
    INTERRUPT_ACK = 0x064,
    STATUS = 0x070,
    QUEUE_DESC = 0x080,
    QUEUE_DRIVER = 0x090,
    QUEUE_DEVICE = 0x0a0,
    CONFIG_GENERATION = 0x0fc,
    CONFIG = 0x100,
    REGISTER_BYTES = CONFIG + 8
};
enum { MAGIC_VALUE = 0x74726976 /* "virt" */, PAGE = VIRTQUEUE_LEGACY_ALIGN };

static uint64_t features(const struct virtio_device *v)
{
    virtio_write(v, DEVICE_FEATURES_SELECT, 4, 1);
    uint64_t high = virtio_read(v, DEVICE_FEATURES, 4);
    virtio_write(v, DEVICE_FEATURES_SELECT, 4, 0);
    return high << 32 | virtio_read(v, DEVICE_FEATURES, 4);
}

static void accept(const struct virtio_device *v, uint64_t wanted)
{
    for (uint32_t half = 0; half < 2; half++) {
        virtio_write(v, DRIVER_FEATURES_SELECT, 4, half);
        virtio_write(v, DRIVER_FEATURES, 4, (uint32_t)(wanted >> 32 * half));
    }
}

/* 4.2.4: version 1 is told the page size before the queues. */
static void accept_legacy(const struct virtio_device *v, uint64_t wanted)
{
    accept(v, wanted);
    virtio_write(v, GUEST_PAGE_SIZE, 4, PAGE);
}

static uint32_t status(const struct virtio_device *v)
{
    return virtio_read(v, STATUS, 4) & 0xff;
}

static void set_status(const struct virtio_device *v, uint32_t value)
{
    virtio_write(v, STATUS, 4, value);
}

static uint32_t queue_most(const struct virtio_device *v, unsigned i)
{
    virtio_write(v, QUEUE_SELECT, 4, i);
    return virtio_read(v, QUEUE_NUM_MAX, 4);
}

static void write_address(const struct virtio_device *v, uint32_t reg, uint64_t at)
{
    virtio_write(v, reg, 4, (uint32_t)at);
    virtio_write(v, reg + 4, 4, (uint32_t)(at >> 32));
}

static int start_queue(struct virtio_device *v, unsigned i, const struct virtqueue *q, uint64_t at)
{
    virtio_write(v, QUEUE_SELECT, 4, i);
    virtio_write(v, QUEUE_NUM, 4, q->size);
    write_address(v, QUEUE_DESC, at);
    write_address(v, QUEUE_DRIVER, at + (uint64_t)(q->avail - q->desc));
    write_address(v, QUEUE_DEVICE, at + (uint64_t)(q->used - q->desc));
    virtio_write(v, QUEUE_READY, 4, 1);
    return 0;
}

static int start_queue_legacy(struct virtio_device *v, unsigned i, const struct virtqueue *q,
                              uint64_t at)
{
    if (at / PAGE > UINT32_MAX)
        return -1;
    virtio_write(v, QUEUE_SELECT, 4, i);
    virtio_write(v, QUEUE_NUM, 4, q->size);
    virtio_write(v, QUEUE_ALIGN, 4, PAGE);
    virtio_write(v, QUEUE_PFN, 4, (uint32_t)(at / PAGE));
    return 0;
}

static void notify(const struct virtio_device *v, unsigned i)
{
    virtio_write(v, QUEUE_NOTIFY, 4, i);
}

static uint32_t interrupts(const struct virtio_device *v)
{
    uint32_t causes = virtio_read(v, INTERRUPT_STATUS, 4);
    if (causes == UINT32_MAX)
        return 0;
    if (causes)
        virtio_write(v, INTERRUPT_ACK, 4, causes);
    return causes;
}

static uint32_t generation(const struct virtio_device *v)
{
    return virtio_read(v, CONFIG_GENERATION, 4);
}

static uint32_t no_generation(const struct virtio_device *v)
{
    (void)v;
    return 0;
}

const struct virtio_transport virtio_mmio = {
    .name = "MMIO",
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

const struct virtio_transport virtio_mmio_legacy = {
    .name = "legacy MMIO",
    .legacy = true,
    .chooses_size = true,
    .queue_align = PAGE,
    .features = features,
    .accept = accept_legacy,
    .status = status,
    .set_status = set_status,
    .queue_most = queue_most,
    .start_queue = start_queue_legacy,
    .notify = notify,
    .interrupts = interrupts,
    .generation = no_generation,
};

/* 4.2.2.2: a device whose magic value or version is another is left alone, and one whose id is 0 is
 * a place without a device. */
int virtio_mmio_open(struct virtio_device *v, const struct device *device, uint16_t kind)
{
    if (device->window[0].space != BUS_MEM || device_map(device, 0, REGISTER_BYTES, &v->regs))
        return -1;
    if (virtio_read(v, MAGIC, 4) != MAGIC_VALUE)
        return -1;
    uint32_t version = virtio_read(v, VERSION, 4);
    if (version != 1 && version != 2)
        return -1;
    if (virtio_read(v, DEVICE_ID, 4) != kind)
        return -1;
    v->transport = version == 1 ? &virtio_mmio_legacy : &virtio_mmio;
    v->config = v->regs;
    v->config_at = CONFIG;
    return 0;
}

/*
 * virtio-net over the legacy PCI interface (virtio 1.2, 4.1.4.10): ports in BAR 0, queues of the
 * device's size by page number. What a device of those days offers: no event indices, no mergeable
 * buffers, framing as it always was.
 */
#include "sim/nic/virtio.h"

enum {
    DEVICE_FEATURES = 0,
    DRIVER_FEATURES = 4,
    QUEUE_ADDRESS = 8,
    QUEUE_SIZE = 12,
    QUEUE_SELECT = 14,
    QUEUE_NOTIFY = 16,
    DEVICE_STATUS = 18,
    ISR_STATUS = 19,
    CONFIG = 20,
    REGISTERS = 32,
    PAGE = 4096
};

static const struct nic_register registers[] = {
    {DEVICE_FEATURES, 4, 0, 1, "device features"},
    {DRIVER_FEATURES, 4, 0, 1, "driver features"},
    {QUEUE_ADDRESS, 4, 0, 1, "queue address"},
    {QUEUE_SIZE, 2, 0, 1, "queue size"},
    {QUEUE_SELECT, 2, 0, 1, "queue select"},
    {QUEUE_NOTIFY, 2, 0, 1, "queue notify"},
    {DEVICE_STATUS, 1, 0, 1, "device status"},
    {ISR_STATUS, 1, 0, 1, "ISR status"},
    {CONFIG + CONFIG_MAC, 1, 1, 6, "MAC"},
    {CONFIG + CONFIG_STATUS, 2, 0, 1, "link status"},
    {0, 0, 0, 0, NULL},
};

static uint32_t legacy_read(struct nic *n, int bar, uint32_t off, int width)
{
    struct virtio *v = nic_state(n);
    const struct virtio_queue *q = vnic_selected(n);
    (void)bar;
    if (off >= CONFIG)
        return vnic_config(n, off - CONFIG, width);
    switch (off) {
    case DEVICE_FEATURES:
    case DRIVER_FEATURES:
        return vnic_read_features(n, off == DRIVER_FEATURES);
    case QUEUE_ADDRESS:
        return q && q->ready ? (uint32_t)(q->desc / PAGE) : 0;
    case QUEUE_SIZE:
        return vnic_queue_most(n, v->select);
    case QUEUE_SELECT:
        return v->select;
    case DEVICE_STATUS:
        return vnic_status(n);
    case ISR_STATUS:
        return vnic_read_isr(n);
    default:
        return 0;
    }
}

static void legacy_write(struct nic *n, int bar, uint32_t off, int width, uint32_t value)
{
    struct virtio *v = nic_state(n);
    (void)bar, (void)width;
    switch (off) {
    case DRIVER_FEATURES:
        vnic_accept(n, value);
        break;
    case QUEUE_ADDRESS:
        vnic_place_queue(n, (uint64_t)value * PAGE, PAGE);
        break;
    case QUEUE_SELECT:
        v->select = (uint16_t)value;
        break;
    case QUEUE_NOTIFY:
        vnic_notified(n, value);
        break;
    case DEVICE_STATUS:
        vnic_set_status(n, value);
        break;
    default:
        vnic_fault(n, "port 0x%x is written, which is the device's", off);
    }
}

static const struct virtio_kind kind = {
    .legacy = true,
    .offers = F_MAC | F_STATUS | F_CTRL_VQ | F_CTRL_RX | F_ANNOUNCE | F_INDIRECT,
    .queue_most = {64, 64, 16},
};

extern const struct nic_kind virtio_legacy_kind;
const struct nic_kind virtio_legacy_kind = {
    .name = "virtio-legacy",
    .virtio = &kind,
    .when_named = true,
    .vendor_id = VIRTIO_VENDOR,
    .device_id = 0x1000,
    .subsystem_vendor = VIRTIO_VENDOR,
    .subsystem_device = VIRTIO_NETWORK,
    .state_size = sizeof(struct virtio),
    .bar = {{BUS_IO, REGISTERS, registers}},
    .reset = vnic_reset,
    .read = legacy_read,
    .write = legacy_write,
    .receive = vnic_receive,
    .carrier = vnic_carrier,
    .due = vnic_due,
    .look = vnic_look,
    .loaded = vnic_loaded,
    .event = vnic_event,
    .explain = vnic_explain,
    .place = vnic_place,
    .counters = nic_counters,
};

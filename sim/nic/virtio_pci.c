/*
 * virtio-net over PCI (virtio 1.2, 4.1): capabilities in configuration space lead to the common
 * configuration, the ISR status, the device's configuration and the notification area, all in BAR 4
 * as QEMU 7.2 has them (measured). Each field is read and written whole (4.1.3.1).
 */
#include "sim/nic/virtio.h"

enum { BAR = 4, PAGE = 0x1000, COMMON_AT = 0, ISR_AT = 0x1000, DEVICE_AT = 0x2000 };
enum { NOTIFY_AT = 0x3000, BAR_BYTES = 0x4000, MULTIPLIER = 4, COMMON_BYTES = 56 };

/* struct virtio_pci_common_cfg */
enum {
    DEVICE_FEATURE_SELECT = 0,
    DEVICE_FEATURE = 4,
    DRIVER_FEATURE_SELECT = 8,
    DRIVER_FEATURE = 12,
    MSIX_CONFIG = 16,
    NUM_QUEUES = 18,
    DEVICE_STATUS = 20,
    CONFIG_GENERATION = 21,
    QUEUE_SELECT = 22,
    QUEUE_SIZE = 24,
    QUEUE_MSIX = 26,
    QUEUE_ENABLE = 28,
    QUEUE_NOTIFY_OFF = 30,
    QUEUE_DESC = 32,
    QUEUE_DRIVER = 40,
    QUEUE_DEVICE = 48
};
enum { NO_VECTOR = 0xffff };

static const struct nic_register registers[] = {
    {DEVICE_FEATURE_SELECT, 4, 0, 1, "device_feature_select"},
    {DEVICE_FEATURE, 4, 0, 1, "device_feature"},
    {DRIVER_FEATURE_SELECT, 4, 0, 1, "driver_feature_select"},
    {DRIVER_FEATURE, 4, 0, 1, "driver_feature"},
    {MSIX_CONFIG, 2, 0, 1, "config_msix_vector"},
    {NUM_QUEUES, 2, 0, 1, "num_queues"},
    {DEVICE_STATUS, 1, 0, 1, "device_status"},
    {CONFIG_GENERATION, 1, 0, 1, "config_generation"},
    {QUEUE_SELECT, 2, 0, 1, "queue_select"},
    {QUEUE_SIZE, 2, 0, 1, "queue_size"},
    {QUEUE_MSIX, 2, 0, 1, "queue_msix_vector"},
    {QUEUE_ENABLE, 2, 0, 1, "queue_enable"},
    {QUEUE_NOTIFY_OFF, 2, 0, 1, "queue_notify_off"},
    {QUEUE_DESC, 4, 4, 2, "queue_desc"},
    {QUEUE_DRIVER, 4, 4, 2, "queue_driver"},
    {QUEUE_DEVICE, 4, 4, 2, "queue_device"},
    {ISR_AT, 1, 0, 1, "ISR status"},
    {DEVICE_AT + CONFIG_MAC, 1, 1, 6, "mac"},
    {DEVICE_AT + CONFIG_STATUS, 2, 0, 1, "status"},
    {NOTIFY_AT, 2, MULTIPLIER, VIRTIO_QUEUES, "notify"},
    {0, 0, 0, 0, NULL},
};

/* --- capabilities (4.1.4) --- */

enum { PCI_STATUS = 0x06, HAS_CAPABILITIES = 0x10, PCI_CAPABILITIES = 0x34, FIRST = 0x40 };
enum { CAP_COMMON = 1, CAP_NOTIFY = 2, CAP_ISR = 3, CAP_DEVICE = 4, CAP_VENDOR = 9 };

static uint32_t put_capability(uint8_t *space, uint32_t at, uint8_t type, uint32_t offset,
                               uint32_t length)
{
    uint32_t octets = type == CAP_NOTIFY ? 20 : 16;
    space[at] = CAP_VENDOR;
    space[at + 1] = (uint8_t)(at + octets);
    space[at + 2] = (uint8_t)octets;
    space[at + 3] = type;
    space[at + 4] = BAR;
    vnic_put_le(space + at + 8, 4, offset);
    vnic_put_le(space + at + 12, 4, length);
    if (type == CAP_NOTIFY)
        vnic_put_le(space + at + 16, 4, MULTIPLIER);
    return at + octets;
}

static void configure(const struct nic *n, uint8_t *space)
{
    (void)n;
    space[PCI_STATUS] |= HAS_CAPABILITIES;
    space[PCI_CAPABILITIES] = FIRST;
    uint32_t at = put_capability(space, FIRST, CAP_DEVICE, DEVICE_AT, PAGE);
    at = put_capability(space, at, CAP_NOTIFY, NOTIFY_AT, PAGE);
    at = put_capability(space, at, CAP_COMMON, COMMON_AT, COMMON_BYTES);
    uint32_t last = at;
    put_capability(space, at, CAP_ISR, ISR_AT, PAGE);
    space[last + 1] = 0;
}

/* --- registers --- */

/* 4.1.3.1: the width of the field that lies there; 0: none does. */
static uint32_t field_width(uint32_t off)
{
    for (const struct nic_register *r = registers; r->name; r++)
        if (off >= r->at && off < r->at + r->width + (r->count - 1u) * r->stride)
            return r->width;
    return 0;
}

static bool natural(struct nic *n, uint32_t off, int width, const char *verb)
{
    uint32_t right = field_width(off);
    bool config = off >= DEVICE_AT && off < DEVICE_AT + PAGE;
    if (right == 0 || (uint32_t)width == right || (config && (uint32_t)width < right))
        return true;
    vnic_fault(n, "a field at 0x%x is %s by %d octets, it has %u", off, verb, width, right);
    return false;
}

static uint32_t read_queue(struct nic *n, uint32_t off)
{
    const struct virtio *v = nic_state(n);
    const struct virtio_queue *q = vnic_selected(n);
    const uint64_t at[] = {q ? q->desc : 0, q ? q->avail : 0, q ? q->used : 0};
    switch (off) {
    case QUEUE_SIZE:
        return vnic_queue_size(n, v->select);
    case QUEUE_ENABLE:
        return q && q->ready;
    case QUEUE_NOTIFY_OFF:
        return q ? v->select : 0;
    default:
        return (uint32_t)(at[(off - QUEUE_DESC) / 8] >> (off & 4 ? 32 : 0));
    }
}

static uint32_t read_common(struct nic *n, uint32_t off)
{
    const struct virtio *v = nic_state(n);
    switch (off) {
    case DEVICE_FEATURE_SELECT:
    case DRIVER_FEATURE_SELECT:
        return v->feature_select[off == DRIVER_FEATURE_SELECT];
    case DEVICE_FEATURE:
    case DRIVER_FEATURE:
        return vnic_read_features(n, off == DRIVER_FEATURE);
    case MSIX_CONFIG:
    case QUEUE_MSIX:
        return NO_VECTOR;
    case NUM_QUEUES:
        return (vnic_offered(n) & F_CTRL_VQ) ? VIRTIO_QUEUES : VIRTIO_QUEUES - 1;
    case DEVICE_STATUS:
        return vnic_status(n);
    case CONFIG_GENERATION:
        return v->generation;
    case QUEUE_SELECT:
        return v->select;
    default:
        return off < COMMON_BYTES ? read_queue(n, off) : 0;
    }
}

static uint32_t vnic_pci_read(struct nic *n, int bar, uint32_t off, int width)
{
    (void)bar;
    if (!natural(n, off, width, "read"))
        return 0;
    if (off < ISR_AT)
        return read_common(n, off);
    if (off < DEVICE_AT)
        return off == ISR_AT ? vnic_read_isr(n) : 0;
    return off < NOTIFY_AT ? vnic_config(n, off - DEVICE_AT, width) : 0;
}

static void write_common(struct nic *n, uint32_t off, uint32_t value)
{
    struct virtio *v = nic_state(n);
    switch (off) {
    case DEVICE_FEATURE_SELECT:
    case DRIVER_FEATURE_SELECT:
        v->feature_select[off == DRIVER_FEATURE_SELECT] = value;
        break;
    case DRIVER_FEATURE:
        vnic_accept(n, value);
        break;
    case DEVICE_STATUS:
        vnic_set_status(n, value);
        break;
    case QUEUE_SELECT:
        v->select = (uint16_t)value;
        break;
    case QUEUE_SIZE:
        vnic_set_queue_size(n, value);
        break;
    case QUEUE_ENABLE:
        vnic_enable_queue(n, value);
        break;
    case MSIX_CONFIG:
    case QUEUE_MSIX:
        break;
    default:
        if (off >= QUEUE_DESC && off < COMMON_BYTES)
            vnic_write_address(n, (off - QUEUE_DESC) / 8, off & 4, value);
        else
            vnic_fault(n, "a field at 0x%x is written, which is the device's", off);
    }
}

/* 4.1.4.4: the place is the queue's, and so is the number. */
static void write_notify(struct nic *n, uint32_t off, uint32_t value)
{
    if (off % MULTIPLIER || off / MULTIPLIER != value)
        vnic_fault(n, "queue %u is notified at offset 0x%x, its place is 0x%x", value, off,
                   value * MULTIPLIER);
    else
        vnic_notified(n, value);
}

static void vnic_pci_write(struct nic *n, int bar, uint32_t off, int width, uint32_t value)
{
    (void)bar;
    if (!natural(n, off, width, "written"))
        return;
    if (off < ISR_AT)
        write_common(n, off, value);
    else if (off >= NOTIFY_AT)
        write_notify(n, off - NOTIFY_AT, value);
    else if (off >= DEVICE_AT)
        vnic_fault(n, "the configuration space is written at 0x%x: nothing there is the driver's",
                   off - DEVICE_AT);
}

static const struct virtio_kind kind = {
    .reads_status = true,
    .offers = F_CSUM | F_GUEST_CSUM | F_MAC | F_HOST_TSO4 | F_MRG_RXBUF | F_STATUS | F_CTRL_VQ |
              F_CTRL_RX | F_ANNOUNCE | F_INDIRECT | F_EVENT_IDX | F_VERSION_1,
    .queue_most = {256, 256, 64},
};

extern const struct nic_kind virtio_pci_kind;
const struct nic_kind virtio_pci_kind = {
    .name = "virtio",
    .virtio = &kind,
    .vendor_id = VIRTIO_VENDOR,
    .device_id = 0x1040 + VIRTIO_NETWORK,
    .revision = 1,
    .state_size = sizeof(struct virtio),
    .bar = {[BAR] = {BUS_MEM, BAR_BYTES, registers}},
    .configure = configure,
    .reset = vnic_reset,
    .read = vnic_pci_read,
    .write = vnic_pci_write,
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

/*
 * virtio-net over memory-mapped registers (virtio 1.2, 4.2), version 2, and version 1, which is
 * legacy (4.2.4). The device is no PCI function: it lies at an address that a table names.
 */
#include "sim/nic/virtio.h"

enum {
    MAGIC = 0x000,
    VERSION = 0x004,
    DEVICE_ID = 0x008,
    VENDOR_ID = 0x00c,
    DEVICE_FEATURES = 0x010,
    DEVICE_FEATURES_SELECT = 0x014,
    DRIVER_FEATURES = 0x020,
    DRIVER_FEATURES_SELECT = 0x024,
    GUEST_PAGE_SIZE = 0x028,
    QUEUE_SELECT = 0x030,
    QUEUE_NUM_MAX = 0x034,
    QUEUE_NUM = 0x038,
    QUEUE_ALIGN = 0x03c,
    QUEUE_PFN = 0x040,
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
    REGISTERS = 0x200
};
enum { MAGIC_VALUE = 0x74726976, VENDOR = 0x554d4551 /* as QEMU's */ };

static const struct nic_register registers[] = {
    {MAGIC, 4, 0, 1, "MagicValue"},
    {VERSION, 4, 0, 1, "Version"},
    {DEVICE_ID, 4, 0, 1, "DeviceID"},
    {VENDOR_ID, 4, 0, 1, "VendorID"},
    {DEVICE_FEATURES, 4, 0, 1, "DeviceFeatures"},
    {DEVICE_FEATURES_SELECT, 4, 0, 1, "DeviceFeaturesSel"},
    {DRIVER_FEATURES, 4, 0, 1, "DriverFeatures"},
    {DRIVER_FEATURES_SELECT, 4, 0, 1, "DriverFeaturesSel"},
    {GUEST_PAGE_SIZE, 4, 0, 1, "GuestPageSize"},
    {QUEUE_SELECT, 4, 0, 1, "QueueSel"},
    {QUEUE_NUM_MAX, 4, 0, 1, "QueueNumMax"},
    {QUEUE_NUM, 4, 0, 1, "QueueNum"},
    {QUEUE_ALIGN, 4, 0, 1, "QueueAlign"},
    {QUEUE_PFN, 4, 0, 1, "QueuePFN"},
    {QUEUE_READY, 4, 0, 1, "QueueReady"},
    {QUEUE_NOTIFY, 4, 0, 1, "QueueNotify"},
    {INTERRUPT_STATUS, 4, 0, 1, "InterruptStatus"},
    {INTERRUPT_ACK, 4, 0, 1, "InterruptACK"},
    {STATUS, 4, 0, 1, "Status"},
    {QUEUE_DESC, 4, 4, 2, "QueueDesc"},
    {QUEUE_DRIVER, 4, 4, 2, "QueueDriver"},
    {QUEUE_DEVICE, 4, 4, 2, "QueueDevice"},
    {CONFIG_GENERATION, 4, 0, 1, "ConfigGeneration"},
    {CONFIG + CONFIG_MAC, 1, 1, 6, "mac"},
    {CONFIG + CONFIG_STATUS, 2, 0, 1, "status"},
    {0, 0, 0, 0, NULL},
};

static bool is_legacy(const struct nic *n)
{
    return vnic_kind_of(n)->legacy;
}

/* 4.2.2.2: 32 bits, but for the configuration space. */
static bool is_word(struct nic *n, uint32_t off, int width, const char *verb)
{
    if (width != 4)
        vnic_fault(n, "a register at 0x%x is %s by %d octets, it has 4", off, verb, width);
    return width == 4;
}

static uint32_t read_identity(const struct nic *n, uint32_t off)
{
    switch (off) {
    case MAGIC:
        return MAGIC_VALUE;
    case VERSION:
        return is_legacy(n) ? 1 : 2;
    case DEVICE_ID:
        return VIRTIO_NETWORK;
    default:
        return VENDOR;
    }
}

static uint32_t read_queue(struct nic *n, uint32_t off)
{
    const struct virtio *v = nic_state(n);
    const struct virtio_queue *q = vnic_selected(n);
    bool ready = q && q->ready;
    switch (off) {
    case QUEUE_NUM_MAX:
        return vnic_queue_most(n, v->select);
    case QUEUE_PFN:
        return is_legacy(n) && ready ? (uint32_t)(q->desc / v->page_size) : 0;
    default:
        return !is_legacy(n) && ready;
    }
}

static uint32_t mmio_read(struct nic *n, int bar, uint32_t off, int width)
{
    struct virtio *v = nic_state(n);
    (void)bar;
    if (off >= CONFIG)
        return vnic_config(n, off - CONFIG, width);
    if (!is_word(n, off, width, "read"))
        return 0;
    switch (off) {
    case MAGIC:
    case VERSION:
    case DEVICE_ID:
    case VENDOR_ID:
        return read_identity(n, off);
    case DEVICE_FEATURES:
        return vnic_read_features(n, 0);
    case QUEUE_NUM_MAX:
    case QUEUE_PFN:
    case QUEUE_READY:
        return read_queue(n, off);
    case INTERRUPT_STATUS:
        return v->isr;
    case STATUS:
        return vnic_status(n);
    case CONFIG_GENERATION:
        return is_legacy(n) ? 0 : v->generation;
    default:
        return 0;
    }
}

/* 4.2.4 */
static void write_page(struct nic *n, uint32_t value)
{
    struct virtio *v = nic_state(n);
    const struct virtio_queue *q = vnic_selected(n);
    if (v->page_size == 0)
        vnic_fault(n, "QueuePFN is written before GuestPageSize");
    else if (value && q && v->queue_align == 0)
        vnic_fault(n, "QueuePFN is written before QueueAlign");
    else
        vnic_place_queue(n, (uint64_t)value * v->page_size, v->queue_align);
}

static void acknowledge(struct nic *n, uint32_t value)
{
    struct virtio *v = nic_state(n);
    v->isr &= (uint8_t)~value;
    nic_raise(n, v->isr != 0);
}

/* A power of two: what addresses are counted in, and aligned to. */
static void take_power(struct nic *n, uint32_t *field, uint32_t value, const char *name)
{
    if (value == 0 || (value & (value - 1)))
        vnic_fault(n, "%s is %u, not a power of two", name, value);
    else
        *field = value;
}

static bool write_old(struct nic *n, uint32_t off, uint32_t value)
{
    struct virtio *v = nic_state(n);
    switch (off) {
    case GUEST_PAGE_SIZE:
        take_power(n, &v->page_size, value, "GuestPageSize");
        return true;
    case QUEUE_ALIGN:
        take_power(n, &v->queue_align, value, "QueueAlign");
        return true;
    case QUEUE_PFN:
        write_page(n, value);
        return true;
    default:
        return false;
    }
}

static bool write_new(struct nic *n, uint32_t off, uint32_t value)
{
    if (off == QUEUE_READY)
        vnic_enable_queue(n, value);
    else if (off >= QUEUE_DESC && off < QUEUE_DEVICE + 8 && off % 16 < 8)
        vnic_write_address(n, (off - QUEUE_DESC) / 16, off & 4, value);
    else
        return false;
    return true;
}

static bool write_shared(struct nic *n, uint32_t off, uint32_t value)
{
    struct virtio *v = nic_state(n);
    switch (off) {
    case DEVICE_FEATURES_SELECT:
    case DRIVER_FEATURES_SELECT:
        v->feature_select[off == DRIVER_FEATURES_SELECT] = value;
        return true;
    case DRIVER_FEATURES:
        vnic_accept(n, value);
        return true;
    case QUEUE_SELECT:
        v->select = (uint16_t)value;
        return true;
    case QUEUE_NUM:
        vnic_set_queue_size(n, value);
        return true;
    case QUEUE_NOTIFY:
        vnic_notified(n, value);
        return true;
    case INTERRUPT_ACK:
        acknowledge(n, value);
        return true;
    case STATUS:
        vnic_set_status(n, value);
        return true;
    default:
        return false;
    }
}

static void mmio_write(struct nic *n, int bar, uint32_t off, int width, uint32_t value)
{
    (void)bar;
    if (off >= CONFIG) {
        vnic_fault(n, "the configuration space is written at 0x%x: nothing there is the driver's",
                   off - CONFIG);
        return;
    }
    if (!is_word(n, off, width, "written") || write_shared(n, off, value))
        return;
    if (!(is_legacy(n) ? write_old(n, off, value) : write_new(n, off, value)))
        vnic_fault(n,
                   "a register at 0x%x is written, which version %d does not have for the driver",
                   off, is_legacy(n) ? 1 : 2);
}

#define VIRTIO_MMIO_KIND(title, which)                                                             \
    {                                                                                              \
        .name = title, .virtio = which, .when_named = true, .mmio = true,                          \
        .state_size = sizeof(struct virtio), .bar = {{BUS_MEM, REGISTERS, registers}},             \
        .reset = vnic_reset, .read = mmio_read, .write = mmio_write, .receive = vnic_receive,      \
        .carrier = vnic_carrier, .due = vnic_due, .look = vnic_look, .event = vnic_event,          \
        .loaded = vnic_loaded, .explain = vnic_explain, .place = vnic_place,                       \
        .counters = nic_counters,                                                                  \
    }

/* The four devices differ in what they offer, so that each way of a driver is gone. */
static const struct virtio_kind modern = {
    .offers =
        F_CSUM | F_GUEST_CSUM | F_MAC | F_STATUS | F_CTRL_VQ | F_CTRL_RX | F_ANNOUNCE | F_VERSION_1,
    .queue_most = {1024, 1024, 1024},
};

static const struct virtio_kind legacy = {
    .legacy = true,
    .offers = F_MAC | F_MRG_RXBUF | F_STATUS | F_CTRL_VQ | F_CTRL_RX | F_ANNOUNCE | F_ANY_LAYOUT |
              F_INDIRECT | F_EVENT_IDX,
    .queue_most = {1024, 1024, 1024},
};

extern const struct nic_kind virtio_mmio_kind, virtio_mmio_legacy_kind;
const struct nic_kind virtio_mmio_kind = VIRTIO_MMIO_KIND("virtio-mmio", &modern);
const struct nic_kind virtio_mmio_legacy_kind = VIRTIO_MMIO_KIND("virtio-mmio-legacy", &legacy);

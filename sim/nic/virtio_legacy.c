/*
 * virtio-net behind the legacy PCI interface, from virtio 1.2's text ("Legacy Interface" notes of
 * "Virtio Over PCI Bus", "Split Virtqueues", "Network Device"): two queues, MAC and link status,
 * no event indices, no mergeable buffers. What a driver must not do fails the run.
 */
#include "sim/nic/machine.h"

#include <string.h>

enum {
    DEVICE_FEATURES = 0,
    DRIVER_FEATURES = 4,
    QUEUE_ADDRESS = 8,
    QUEUE_SIZE = 12,
    QUEUE_SELECT = 14,
    QUEUE_NOTIFY = 16,
    DEVICE_STATUS = 18,
    ISR_STATUS = 19,
    CONFIG_MAC = 20,
    CONFIG_STATUS = 26,
    REGISTERS = 32
};

enum { RX, TX, QUEUES, SIZE = 64, PAGE = 4096 };
enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4, NO_INTERRUPT = 1 };
enum { HEADER = 10, FRAME_MIN = 14, FRAME_PADDED = 60, FRAME_MAX = 1518, PARTS = 8 };
enum { DRIVER_OK = 4, FEATURES = 1 << 5 | 1 << 16 };

struct virtqueue_model {
    uint32_t page;
    uint16_t taken, used;
};

struct virtio {
    uint32_t accepted;
    uint8_t status, isr;
    uint16_t select;
    struct virtqueue_model queue[QUEUES];
    bool sending; /* a frame is being sent that takes its time */
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
    {CONFIG_MAC, 1, 1, 6, "MAC"},
    {CONFIG_STATUS, 2, 0, 1, "link status"},
    {0, 0, 0, 0, NULL},
};

static uint32_t le(const uint8_t *p, int octets)
{
    uint32_t v = 0;
    for (int i = octets - 1; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

static void put_le(uint8_t *p, int octets, uint32_t v)
{
    for (int i = 0; i < octets; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static void cause(struct nic *n, uint8_t bits)
{
    struct virtio *v = nic_state(n);
    v->isr |= bits;
    nic_raise(n, v->isr != 0);
}

/* --- queues: descriptors, then the available ring, and the used ring on the next page --- */

static uint64_t desc_at(const struct virtqueue_model *q)
{
    return (uint64_t)q->page * PAGE;
}

static uint64_t avail_at(const struct virtqueue_model *q)
{
    return desc_at(q) + 16 * SIZE;
}

static uint64_t used_at(const struct virtqueue_model *q)
{
    return (avail_at(q) + 6 + 2 * SIZE + PAGE - 1) / PAGE * PAGE;
}

struct part {
    uint64_t at;
    uint32_t len;
    bool writable;
};

struct buffer {
    uint16_t head;
    int parts;
    struct part part[PARTS];
};

static bool read_part(struct nic *n, const struct virtqueue_model *q, uint32_t i, struct part *out,
                      uint32_t *next)
{
    uint8_t d[16];
    if (!nic_ring_read(n, desc_at(q) + 16 * (uint64_t)i, d, sizeof d))
        return false;
    uint32_t flags = le(d + 12, 2);
    *out = (struct part){le(d, 4) | (uint64_t)le(d + 4, 4) << 32, le(d + 8, 4), flags & DESC_WRITE};
    if (flags & DESC_INDIRECT)
        nic_violation(n, "descriptor %u is indirect, which was not negotiated", i);
    *next = flags & DESC_NEXT ? le(d + 14, 2) : SIZE;
    return true;
}

/* The next buffer that the driver has offered; it stays offered until it is taken. */
static bool next_buffer(struct nic *n, const struct virtqueue_model *q, struct buffer *b)
{
    uint8_t raw[2];
    if (q->page == 0 || !nic_ring_read(n, avail_at(q) + 2, raw, 2) || le(raw, 2) == q->taken)
        return false;
    if ((uint16_t)(le(raw, 2) - q->taken) > SIZE)
        nic_violation(n, "the available index is %u beyond what the device has taken",
                      (uint16_t)(le(raw, 2) - q->taken));
    if (!nic_ring_read(n, avail_at(q) + 4 + 2 * (q->taken % SIZE), raw, 2))
        return false;
    *b = (struct buffer){.head = (uint16_t)le(raw, 2)};
    uint32_t i = b->head;
    do {
        if (i >= SIZE || b->parts == PARTS) {
            nic_violation(n, "a chain leads to descriptor %u, or round", i);
            return false;
        }
        if (!read_part(n, q, i, &b->part[b->parts++], &i))
            return false;
    } while (i != SIZE);
    return true;
}

static void give_back(struct nic *n, int queue, const struct buffer *b, uint32_t written)
{
    struct virtio *v = nic_state(n);
    struct virtqueue_model *q = &v->queue[queue];
    uint8_t entry[8], idx[2], flags[2] = {0};
    put_le(entry, 4, b->head);
    put_le(entry + 4, 4, written);
    nic_ring_write(n, used_at(q) + 4 + 8 * (uint64_t)(q->used % SIZE), entry, sizeof entry);
    q->taken++;
    put_le(idx, 2, ++q->used);
    nic_ring_write(n, used_at(q) + 2, idx, 2);
    if (nic_ring_read(n, avail_at(q), flags, 2) && !(le(flags, 2) & NO_INTERRUPT))
        cause(n, 1);
}

/* --- frames --- */

/* "Legacy Interface: Framing Requirements": the header alone in the first descriptor. */
static bool is_framed(struct nic *n, const struct buffer *b, bool writable)
{
    bool right = b->parts == 2 && b->part[0].len == HEADER;
    for (int i = 0; i < b->parts; i++)
        right = right && b->part[i].writable == writable;
    if (!right)
        nic_violation(n, "a buffer is not a header of %d octets and one descriptor of data",
                      HEADER);
    return right;
}

/* As with the other NICs a frame that is scripted without padding has it: the segment is an
 * Ethernet. (QEMU's, whose peers are programs, brings short frames as they are.) */
static void virtio_receive(struct nic *n, const uint8_t *bytes, uint32_t len, bool bad_fcs)
{
    static const uint8_t header[HEADER];
    struct virtio *v = nic_state(n);
    struct buffer b;
    uint8_t padded[FRAME_PADDED] = {0};
    if (len < FRAME_PADDED) {
        memcpy(padded, bytes, len);
        bytes = padded;
        len = FRAME_PADDED;
    }
    if (bad_fcs)
        nic_refuse(n, NIC_RX_BAD_FCS);
    else if (!(v->status & DRIVER_OK))
        nic_refuse(n, NIC_RX_DISABLED);
    else if (len > FRAME_MAX)
        nic_refuse(n, NIC_RX_TOO_LONG);
    else if (!next_buffer(n, &v->queue[RX], &b))
        nic_refuse(n, NIC_RX_NO_DESCRIPTOR);
    else if (is_framed(n, &b, true) && len <= b.part[1].len &&
             nic_dma_write(n, b.part[0].at, header, HEADER) &&
             nic_dma_write(n, b.part[1].at, bytes, len))
        give_back(n, RX, &b, HEADER + len);
    else
        nic_refuse(n, NIC_RX_TOO_LONG);
}

static bool transmit_next(struct nic *n)
{
    struct virtio *v = nic_state(n);
    struct buffer b;
    uint8_t header[HEADER], frame[FRAME_MAX];
    if (!(v->status & DRIVER_OK) || !next_buffer(n, &v->queue[TX], &b) || !is_framed(n, &b, false))
        return false;
    if (b.part[1].len < FRAME_MIN || b.part[1].len > FRAME_MAX) {
        nic_violation(n, "a frame of %u octets is sent", b.part[1].len);
        return false;
    }
    if (!nic_dma_read(n, b.part[0].at, header, HEADER) ||
        !nic_dma_read(n, b.part[1].at, frame, b.part[1].len))
        return false;
    for (int i = 0; i < HEADER; i++)
        if (header[i])
            nic_violation(n, "octet %d of the header is 0x%x; no offload was negotiated", i,
                          header[i]);
    nic_transmit_frame(n, frame, b.part[1].len);
    give_back(n, TX, &b, 0);
    return true;
}

static void begin_sending(struct nic *n)
{
    struct virtio *v = nic_state(n);
    struct buffer b;
    if (nic_tx_delay(n) == 0) {
        while (transmit_next(n))
            ;
        return;
    }
    if (!v->sending && next_buffer(n, &v->queue[TX], &b)) {
        v->sending = true;
        nic_due(n, nic_now(n) + nic_tx_delay(n));
    }
}

static void virtio_due(struct nic *n, int64_t now_ns)
{
    struct virtio *v = nic_state(n);
    (void)now_ns;
    nic_due(n, INT64_MAX);
    v->sending = false;
    transmit_next(n);
    begin_sending(n);
}

/* --- registers --- */

static void virtio_reset(struct nic *n)
{
    memset(nic_state(n), 0, sizeof(struct virtio));
    nic_due(n, INT64_MAX);
    nic_raise(n, false);
    nic_count_up(n, NIC_RESETS);
}

static void virtio_carrier(struct nic *n, bool up)
{
    (void)up;
    cause(n, 3);
}

static uint32_t virtio_read(struct nic *n, int bar, uint32_t off, int width)
{
    struct virtio *v = nic_state(n);
    (void)bar;
    if (off >= CONFIG_MAC && off < CONFIG_MAC + 6 && width == 1)
        return nic_mac(n)[off - CONFIG_MAC];
    uint32_t isr = v->isr;
    switch (off) {
    case DEVICE_FEATURES:
        return FEATURES;
    case DRIVER_FEATURES:
        return v->accepted;
    case QUEUE_ADDRESS:
        return v->select < QUEUES ? v->queue[v->select].page : 0;
    case QUEUE_SIZE:
        return v->select < QUEUES ? SIZE : 0;
    case QUEUE_SELECT:
        return v->select;
    case DEVICE_STATUS:
        return v->status;
    case ISR_STATUS:
        v->isr = 0;
        nic_raise(n, false);
        return isr;
    case CONFIG_STATUS:
        return nic_is_up(n);
    default:
        return 0;
    }
}

static void virtio_write(struct nic *n, int bar, uint32_t off, int width, uint32_t value)
{
    struct virtio *v = nic_state(n);
    (void)bar, (void)width;
    switch (off) {
    case DRIVER_FEATURES:
        if (value & ~(uint32_t)FEATURES)
            nic_violation(n, "features 0x%x are accepted that were not offered",
                          value & ~(uint32_t)FEATURES);
        v->accepted = value & FEATURES;
        break;
    case QUEUE_ADDRESS:
        if (v->select < QUEUES)
            v->queue[v->select] = (struct virtqueue_model){.page = value};
        break;
    case QUEUE_SELECT:
        v->select = (uint16_t)value;
        break;
    case QUEUE_NOTIFY:
        if (!(v->status & DRIVER_OK))
            nic_violation(n, "queue %u is notified before DRIVER_OK", value);
        if (value == TX)
            begin_sending(n);
        break;
    case DEVICE_STATUS:
        if (value == 0)
            virtio_reset(n);
        else if ((value & DRIVER_OK) && (value & 3) != 3)
            nic_violation(n, "DRIVER_OK without ACKNOWLEDGE and DRIVER");
        else
            v->status = (uint8_t)value;
        break;
    default:
        break;
    }
}

extern const struct nic_kind virtio_legacy_kind;
const struct nic_kind virtio_legacy_kind = {
    .name = "virtio-legacy",
    .vendor_id = 0x1af4,
    .device_id = 0x1000,
    .subsystem_vendor = 0x1af4,
    .subsystem_device = 1, /* a network device */
    .state_size = sizeof(struct virtio),
    .bar = {{BUS_IO, REGISTERS, registers}},
    .reset = virtio_reset,
    .read = virtio_read,
    .write = virtio_write,
    .receive = virtio_receive,
    .carrier = virtio_carrier,
    .due = virtio_due,
    .counters = nic_counters,
};

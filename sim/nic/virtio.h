/*
 * The parts of the virtio-net model, from virtio 1.2's text, which the comments cite by section.
 * The device - status, features, queues, what a network device does - knows nothing of how its
 * registers are reached: virtio_pci.c, virtio_legacy.c and virtio_mmio.c are that. What a driver
 * MUST NOT do fails the run, in a sentence.
 *
 * Left out: packed rings, MSI-X, queue reset, the capability for access by configuration space
 * (4.1.4.9), multiqueue, VLAN filters and tags, RSS, GUEST_TSO and other offloads than those below.
 */
#ifndef SIM_NIC_VIRTIO_H
#define SIM_NIC_VIRTIO_H

#include "sim/nic/machine.h"

enum {
    VIRTIO_VENDOR = 0x1af4,
    VIRTIO_NETWORK = 1, /* 5, "Device Types" */
};

/* 2.1 */
enum {
    STATUS_ACKNOWLEDGE = 1,
    STATUS_DRIVER = 2,
    STATUS_DRIVER_OK = 4,
    STATUS_FEATURES_OK = 8,
    STATUS_NEEDS_RESET = 64,
    STATUS_FAILED = 128
};

/* 4.1.4.5 */
enum { ISR_QUEUE = 1, ISR_CONFIG = 2 };

/* 5.1.3, 6 */
#define F_CSUM       (UINT64_C(1) << 0)
#define F_GUEST_CSUM (UINT64_C(1) << 1)
#define F_MAC        (UINT64_C(1) << 5)
#define F_HOST_TSO4  (UINT64_C(1) << 11)
#define F_MRG_RXBUF  (UINT64_C(1) << 15)
#define F_STATUS     (UINT64_C(1) << 16)
#define F_CTRL_VQ    (UINT64_C(1) << 17)
#define F_CTRL_RX    (UINT64_C(1) << 18)
#define F_ANNOUNCE   (UINT64_C(1) << 21)
#define F_ANY_LAYOUT (UINT64_C(1) << 27)
#define F_INDIRECT   (UINT64_C(1) << 28)
#define F_EVENT_IDX  (UINT64_C(1) << 29)
#define F_VERSION_1  (UINT64_C(1) << 32)

enum { QUEUE_RX, QUEUE_TX, QUEUE_CONTROL, VIRTIO_QUEUES };
/* 5.1.4: MAC, status */
enum { CONFIG_MAC = 0, CONFIG_STATUS = 6, CONFIG_OCTETS = 8 };
enum { HEADER_LEGACY = 10, HEADER_MODERN = 12 };
enum { CHAIN_PARTS = 64, FRAME_ROOM = 65536 + 64, FILTER_MACS = 64 };

struct virtio_queue {
    bool ready;
    uint16_t size; /* 0: the device's own */
    uint64_t desc, avail, used;
    uint16_t taken;     /* buffers taken from the available ring */
    uint16_t given;     /* the used ring's index */
    uint16_t known;     /* that index as the driver last loaded it */
    uint16_t loaded;    /* entries of the used ring that the driver has loaded */
    uint16_t signalled; /* that index when the driver could last have been interrupted */
};

/* What no device may do, and a driver survives. */
enum virtio_lie {
    LIE_NONE,
    LIE_BEYOND, /* a used id beyond the queue */
    LIE_FREE,   /* of the transmit queue: one that was not offered */
    LIE_MANY,   /* the used index counts more than was offered */
    LIE_SUM     /* a sum is vouched for that nobody asked for */
};

struct virtio {
    uint64_t accepted;
    uint32_t feature_select[2]; /* device's, driver's */
    uint8_t status, isr, generation;
    bool status_unread; /* since it was reset, or FEATURES_OK was written */
    bool broken;        /* the driver's fault: nothing works until it is reset */
    uint16_t select;
    uint32_t page_size, queue_align; /* MMIO version 1 */
    struct virtio_queue queue[VIRTIO_QUEUES];
    bool sending; /* a frame is being sent that takes its time */
    /* 5.1.6.5.1, 5.1.6.5.2 */
    bool promiscuous, all_groups;
    uint32_t macs;
    uint8_t mac[FILTER_MACS][6];
    bool announcing;
    uint16_t told;          /* avail.idx of the receive queue when it was notified last */
    bool heeds;             /* it looks there only then */
    bool crosses;           /* of two receive buffers it uses the second first; */
    bool crossing, crossed; /* it is about to, and has done so */
    uint32_t unrest;        /* see nic_options */
    uint32_t long_used;     /* octets that the next used length is too long by */
    enum virtio_lie lie;    /* the next one */
    uint8_t received[HEADER_MODERN + 1518], segment[1518]; /* scratch */
};

/* What one transport's device is like. */
struct virtio_kind {
    bool legacy;       /* no FEATURES_OK, no VERSION_1; one piece of memory a queue */
    bool reads_status; /* 4.1.4.3.2: a reset is over when the status reads 0 */
    uint64_t offers;
    uint16_t queue_most[VIRTIO_QUEUES];
};

/* A piece of a buffer, in the order of its chain. */
struct virtio_part {
    uint64_t at;
    uint32_t len;
    bool writable;
};

struct virtio_chain {
    uint16_t head;
    uint32_t parts;
    uint64_t readable, writable; /* octets of each */
    struct virtio_part part[CHAIN_PARTS];
};

/* --- the device (virtio_device.c) --- */
const struct virtio_kind *vnic_kind_of(const struct nic *n);
uint64_t vnic_offered(const struct nic *n);
bool vnic_has(const struct nic *n, uint64_t feature);
/* DRIVER_OK, and nothing broken. */
bool vnic_lives(const struct nic *n);
void vnic_reset(struct nic *n);
void vnic_set_status(struct nic *n, uint32_t status);
uint32_t vnic_status(struct nic *n);
/* 32 features at a time, by feature_select. */
uint32_t vnic_read_features(struct nic *n, int driver);
void vnic_accept(struct nic *n, uint32_t features);
uint32_t vnic_config(struct nic *n, uint32_t off, int width);
void vnic_cause(struct nic *n, uint32_t bits);
/* PCI's: reading it acknowledges. */
uint32_t vnic_read_isr(struct nic *n);
/* The configuration space has changed (3.2.1): its generation moves, and the driver hears of it. */
void vnic_config_changed(struct nic *n);
/* The device can not go on (2.1.2). */
void vnic_needs_reset(struct nic *n);
/* The driver did what it must not; the device stands still until it is reset. */
#define vnic_fault(n, ...)                                                                         \
    do {                                                                                           \
        vnic_break(n);                                                                             \
        nic_violation(n, __VA_ARGS__);                                                             \
    } while (0)
void vnic_break(struct nic *n);

/* --- queues (virtio_queue.c) --- */
/* What queue `i` has at most, 0: there is no such queue. */
uint32_t vnic_queue_most(const struct nic *n, uint32_t i);
uint32_t vnic_queue_size(const struct nic *n, uint32_t i);
/* The selected queue, NULL: there is none. */
struct virtio_queue *vnic_selected(struct nic *n);
void vnic_set_queue_size(struct nic *n, uint32_t size);
/* Half of the selected queue's address: 0 of its descriptors, 1 of what is available, 2 of what was
 * used. */
void vnic_write_address(struct nic *n, unsigned part, bool high, uint32_t value);
void vnic_enable_queue(struct nic *n, uint32_t value);
/* Legacy: all parts from `at` on, 0: none. */
void vnic_place_queue(struct nic *n, uint64_t at, uint64_t align);
/* The next buffer that the driver has offered; it stays offered until it is taken. False: none, or
 * it is not as it must be. */
bool vnic_peek(struct nic *n, int queue, struct virtio_chain *c);
/* The driver loads from that address, of a used ring perhaps. */
void vnic_loaded(struct nic *n, uint64_t address);
/* How many are offered. */
uint32_t vnic_offered_buffers(struct nic *n, int queue);
void vnic_take(struct nic *n, int queue);
/* The device looks what the driver offers to be received into. */
void vnic_note_told(struct nic *n);
/* True when that lie is asked for, which it is no longer then. */
bool vnic_lies(struct nic *n, enum virtio_lie lie);
/* Puts the entry `ahead` of the used index; vnic_give moves the index over `count` of them. */
void vnic_fill_used(struct nic *n, int queue, uint16_t head, uint32_t written, uint16_t ahead);
void vnic_give(struct nic *n, int queue, uint16_t count);
/* Whether the driver is to tell of what it offers. */
void vnic_want_notification(struct nic *n, int queue, bool on);
/* Octets of the chain, of its readable or writable part; false: the run has failed. */
bool vnic_gather(struct nic *n, const struct virtio_chain *c, uint32_t from, void *to,
                 uint32_t len);
bool vnic_scatter(struct nic *n, const struct virtio_chain *c, uint32_t at, const void *from,
                  uint32_t len);

/* --- a network device (virtio_net.c) --- */
void vnic_receive(struct nic *n, const uint8_t *bytes, uint32_t len, bool bad_fcs);
void vnic_carrier(struct nic *n, bool up);
void vnic_due(struct nic *n, int64_t now_ns);
void vnic_look(struct nic *n);
void vnic_notified(struct nic *n, uint32_t queue);
bool vnic_event(struct nic *n, const char *what);
uint32_t vnic_header_bytes(const struct nic *n);
/* virtio_remarks.c */
void vnic_explain(struct nic *n, unsigned ways);
void vnic_place(struct nic *n, uint64_t address, char *out, size_t room);
/* The control queue (virtio_control.c). */
void vnic_run_control(struct nic *n);
bool vnic_wants_frame(const struct nic *n, const uint8_t *dst);
/* virtio_offload.c: what the header asks to be done with the packet, and sends it. */
void vnic_send_packet(struct nic *n, const uint8_t *header, uint8_t *packet, uint32_t len);
/* The header of a received frame: whether its sum was verified. */
uint8_t vnic_received_flags(struct nic *n, const uint8_t *bytes, uint32_t len);

static inline uint32_t vnic_le(const uint8_t *p, int octets)
{
    uint32_t v = 0;
    for (int i = octets - 1; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

static inline void vnic_put_le(uint8_t *p, int octets, uint32_t v)
{
    for (int i = 0; i < octets; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

#endif

/*
 * A virtio-net device of any transport on the bench, and a driver's hands for it: registers by what
 * they mean, split queues (virtio 1.2, 2.7) in guest memory, and the start of a network device.
 */
#ifndef TESTS_DEVICES_VIRTIO_BENCH_H
#define TESTS_DEVICES_VIRTIO_BENCH_H

#include "tests/devices/check.h"

enum {
    ACKNOWLEDGE = 1,
    DRIVER = 2,
    DRIVER_OK = 4,
    FEATURES_OK = 8,
    NEEDS_RESET = 64,
    FAILED = 128
};
enum { RX, TX, CONTROL, QUEUES };
enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4 };
enum { CONFIG_MAC = 0, CONFIG_LINK = 6 };
enum { BUFFERS = 0x40000, STEP = 0x1000, TABLES = 0x38000, COMMANDS = 0x3c000 };
/* A chain's second descriptor stands so far behind its first. */
enum { APART = 32 };
/* In side.own: feature words; and the places of a PCI device's structures. */
enum { OWN_ACCEPTED, OWN_COMMON, OWN_NOTIFY, OWN_ISR, OWN_CONFIG, OWN_MULTIPLIER };
/* The fuzzer's: packets sent, receive buffers taken back. */
enum { OWN_SENT = OWN_MULTIPLIER + 1, OWN_TAKEN };

#define F_MAC       (UINT64_C(1) << 5)
#define F_MRG_RXBUF (UINT64_C(1) << 15)
#define F_STATUS    (UINT64_C(1) << 16)
#define F_CTRL_VQ   (UINT64_C(1) << 17)
#define F_CTRL_RX   (UINT64_C(1) << 18)
#define F_ANNOUNCE  (UINT64_C(1) << 21)
#define F_INDIRECT  (UINT64_C(1) << 28)
#define F_EVENT_IDX (UINT64_C(1) << 29)
#define F_VERSION_1 (UINT64_C(1) << 32)

/* How registers are reached. */
struct virtio_way {
    const char *nic;
    bool legacy, pci;
    uint64_t (*offered)(struct probe *p);
    void (*accept)(struct probe *p, uint64_t features);
    uint32_t (*status)(struct probe *p);
    void (*set_status)(struct probe *p, uint32_t status);
    uint32_t (*queue_most)(struct probe *p, uint32_t queue);
    /* Its descriptors as they are, or as they are to be. */
    uint32_t (*queue_size)(struct probe *p, uint32_t queue);
    void (*start_queue)(struct probe *p, uint32_t queue, uint64_t desc, uint64_t avail,
                        uint64_t used);
    bool (*queue_live)(struct probe *p, uint32_t queue);
    void (*notify)(struct probe *p, uint32_t queue);
    uint32_t (*isr)(struct probe *p); /* and acknowledges it */
    uint32_t (*config)(struct probe *p, uint32_t off, int width);
};

extern const struct virtio_way virtio_ways[]; /* ended by a NULL name */
const struct virtio_way *way_of(const struct probe *p);
/* A field of the transport's own registers (for modern PCI of the common configuration). */
uint32_t field_get(struct probe *p, uint32_t at, int width);
void field_put(struct probe *p, uint32_t at, int width, uint32_t value);

/* Octets of the header in front of a frame, by what was accepted. */
uint32_t header_octets(const struct probe *p);
/* Reset, status and features up to where queues are set up. */
void negotiate(struct probe *p, uint64_t features);
void start_queue(struct probe *p, uint32_t queue);
/* Everything, to DRIVER_OK. MAC and STATUS go without saying. */
void begin(struct probe *p, uint64_t features);

uint32_t avail_at(struct probe *p, uint32_t queue);
uint32_t used_at(struct probe *p, uint32_t queue);
void descriptor(struct probe *p, uint32_t queue, uint32_t index, uint32_t buffer, uint32_t len,
                uint32_t flags, uint32_t next);
/* The header in a descriptor of its own (a legacy device wants it so, 5.1.6.6), the rest in a
 * second. */
void chain(struct probe *p, uint32_t queue, uint32_t head, uint32_t buffer, uint32_t len,
           uint32_t flags);
void offer(struct probe *p, uint32_t queue, uint32_t head);
/* Notifies, and waits. */
void ring(struct probe *p, uint32_t queue);
uint32_t used_index(struct probe *p, uint32_t queue);
uint32_t used_head(struct probe *p, uint32_t queue, uint32_t entry);
uint32_t used_length(struct probe *p, uint32_t queue, uint32_t entry);
/* Receive buffers 0 to count - 1, of `len` octets after the header. */
void buffers(struct probe *p, uint32_t count, uint32_t len);
/* A header of zeros and a frame behind it, at BUFFERS. Returns the octets of both. */
uint32_t packet(struct probe *p, uint32_t len, uint8_t salt);
/* A command and its answer: 0 is VIRTIO_NET_OK, 1 VIRTIO_NET_ERR; 0xff: none came. */
uint32_t command(struct probe *p, uint32_t class, uint32_t command, const uint8_t *data,
                 uint32_t len);

#endif

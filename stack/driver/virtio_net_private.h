/* What the files of the virtio-net driver share. */
#ifndef STACK_DRIVER_VIRTIO_NET_PRIVATE_H
#define STACK_DRIVER_VIRTIO_NET_PRIVATE_H

#include "stack/core/netif.h"
#include "stack/driver/causes.h"
#include "stack/driver/virtio.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 5.1.2: without multiqueue the third is the control queue. */
enum { VIRTIO_NET_RX, VIRTIO_NET_TX, VIRTIO_NET_CONTROL };

/* 5.1.3 */
#define VIRTIO_NET_F_CSUM       ((uint64_t)1 << 0)
#define VIRTIO_NET_F_GUEST_CSUM ((uint64_t)1 << 1)
#define VIRTIO_NET_F_MAC        ((uint64_t)1 << 5)
#define VIRTIO_NET_F_HOST_TSO4  ((uint64_t)1 << 11)
#define VIRTIO_NET_F_MRG_RXBUF  ((uint64_t)1 << 15)
#define VIRTIO_NET_F_STATUS     ((uint64_t)1 << 16)
#define VIRTIO_NET_F_CTRL_VQ    ((uint64_t)1 << 17)
#define VIRTIO_NET_F_CTRL_RX    ((uint64_t)1 << 18)
#define VIRTIO_NET_F_ANNOUNCE   ((uint64_t)1 << 21)

/* 5.1.4 struct virtio_net_config */
enum { VIRTIO_NET_MAC = 0, VIRTIO_NET_STATUS = 6 };
enum { VIRTIO_NET_LINK_UP = 1, VIRTIO_NET_ANNOUNCE = 2 };

/* 5.1.6 struct virtio_net_hdr; the last field is there with VERSION_1 or MRG_RXBUF only. */
enum {
    VIRTIO_NET_HDR_FLAGS = 0,
    VIRTIO_NET_HDR_GSO_TYPE = 1,
    VIRTIO_NET_HDR_LEN = 2,
    VIRTIO_NET_HDR_GSO_SIZE = 4,
    VIRTIO_NET_HDR_CSUM_START = 6,
    VIRTIO_NET_HDR_CSUM_OFFSET = 8,
    VIRTIO_NET_HDR_BUFFERS = 10,
    VIRTIO_NET_HDR_LEGACY = 10, /* octets without it */
    VIRTIO_NET_HDR = 12,
};
enum { VIRTIO_NET_NEEDS_CSUM = 1, VIRTIO_NET_DATA_VALID = 2, VIRTIO_NET_GSO_TCPV4 = 1 };

enum {
    VIRTIO_NET_FRAME_HEADER = 14,
    VIRTIO_NET_FRAME_MIN = 60,
    VIRTIO_NET_FRAME_ROOM = 1514 + 4,
    VIRTIO_NET_SEGMENT_BYTES = 65535 + VIRTIO_NET_FRAME_HEADER,
    VIRTIO_NET_SEGMENTS = 64, /* in one packet, at most: as the E1000's */
    VIRTIO_NET_RX_BUFFERS = 32,
    VIRTIO_NET_RESETS = 16, /* in a row, without a frame in between */
};

/* The rings: what we wish, and what a legacy device may insist on. */
enum {
    VIRTIO_NET_RX_WISH = 64,
    VIRTIO_NET_TX_WISH = 32,
    VIRTIO_NET_CONTROL_WISH = 16,
    VIRTIO_NET_QUEUE_BYTES = 3 * VIRTQUEUE_LEGACY_ALIGN, /* of VIRTQUEUE_MOST: two pages and one */
    VIRTIO_NET_TABLES = 32, /* as many buffers as a queue ever has at the device */
    VIRTIO_NET_TABLES_BYTES = VIRTIO_NET_TABLES * VIRTQUEUE_TABLE_BYTES,
};

/* Commands on the control queue, each with a place of its own. */
enum virtio_net_command {
    VIRTIO_NET_PROMISCUOUS,
    VIRTIO_NET_ALL_GROUPS,
    VIRTIO_NET_GROUPS,
    VIRTIO_NET_ANNOUNCED,
    VIRTIO_NET_COMMANDS
};
enum { VIRTIO_NET_COMMAND_BYTES = 64, VIRTIO_NET_COMMAND_STRIDE = 128 };

enum {
    VIRTIO_NET_RING_BYTES = VIRTQUEUE_LEGACY_ALIGN + VIRTIO_QUEUES * VIRTIO_NET_QUEUE_BYTES +
                            VIRTIO_QUEUES * VIRTIO_NET_TABLES_BYTES +
                            VIRTIO_NET_COMMANDS * VIRTIO_NET_COMMAND_STRIDE,
};

enum virtio_net_counter {
    VIRTIO_NET_RX_NO_BUFFER,
    VIRTIO_NET_RX_LENGTH_BAD,
    VIRTIO_NET_RX_MERGED,
    VIRTIO_NET_RX_SUMMED,
    VIRTIO_NET_TX_RING_FULL,
    VIRTIO_NET_TX_ERROR,
    VIRTIO_NET_TX_SUMMED,
    VIRTIO_NET_TX_CUT,
    VIRTIO_NET_LINK_CHANGE,
    VIRTIO_NET_ANNOUNCES,
    VIRTIO_NET_CONTROL_REFUSED,
    VIRTIO_NET_QUEUE_BROKEN,
    VIRTIO_NET_DEVICE_RESET,
    VIRTIO_NET_COUNTERS
};

struct virtio_net {
    struct netif *nif;
    const struct bus *bus;
    struct virtio_device v;
    struct causes causes; /* of interrupts, not yet acted on */
    int interrupt;
    bool running, link;
    bool one_piece;        /* header and frame may share a descriptor */
    bool tx_unrung;        /* published, or added, and the device not told */
    uint32_t header_bytes; /* 10 or 12 */
    uint32_t rx_bytes;     /* of each receive buffer, header included */
    uint32_t resets;       /* since the last frame */
    uint8_t *memory;       /* the ring memory from its first page boundary on */
    uint64_t memory_at;
    struct virtqueue queue[VIRTIO_QUEUES];
    struct netbuf *rx[VIRTIO_NET_RX_BUFFERS];
    /* control queue */
    uint8_t *command;
    uint64_t command_at;
    bool control; /* there is one that holds a command */
    bool wanted[VIRTIO_NET_COMMANDS], in_flight[VIRTIO_NET_COMMANDS];
    unsigned filter_flags;
    uint32_t groups;
    uint8_t group[NETIF_MULTICASTS][NETIF_MAC_BYTES];
    uint64_t counter[VIRTIO_NET_COUNTERS];
};

/* Tells the device of what was added to the queue, unless it does not want to know. */
void virtio_net_notify(struct virtio_net *d, unsigned queue);

/* --- virtio_net_rx.c --- */
/* Offers as many buffers as the queue takes. False: not even one. */
bool virtio_net_rx_fill(struct virtio_net *d);
int virtio_net_rx_harvest(struct virtio_net *d, int64_t now_ns, int budget);
/* The device is reset: all its buffers go back to the pool. */
void virtio_net_rx_free(struct virtio_net *d);

/* --- virtio_net_tx.c --- */
int virtio_net_send(void *state, struct netbuf *nb, int64_t now_ns);
void virtio_net_kick(void *state, int64_t now_ns);
void virtio_net_tx_reap(struct virtio_net *d);
/* The device is reset: the frames that it still had. */
void virtio_net_tx_take_all(struct virtio_net *d, struct netbuf_queue *lost);

/* --- virtio_net_control.c --- */
/* Brings the device's receive filter up to date with filter_flags and groups. */
void virtio_net_send_filter(struct virtio_net *d);
void virtio_net_send_announced(struct virtio_net *d);
/* Takes back commands that are through, and sends those that waited for it. */
void virtio_net_control_reap(struct virtio_net *d);
bool virtio_net_control_waits(const struct virtio_net *d);
/* The device is reset: no command is under way any more. */
void virtio_net_control_take_all(struct virtio_net *d);

#ifdef __cplusplus
}
#endif

#endif

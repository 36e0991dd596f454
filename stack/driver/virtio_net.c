#include "stack/driver/virtio_net.h"
#include "stack/core/error.h"
#include "stack/core/mem.h"
#include "stack/core/panic.h"
#include "stack/driver/causes.h"
#include "stack/driver/device.h"
#include "stack/driver/virtqueue.h"

/* "Virtio Over PCI Bus", "Legacy Interfaces: A Note on PCI Device Layout": I/O in BAR 0. */
enum {
    DEVICE_FEATURES = 0,
    DRIVER_FEATURES = 4,
    QUEUE_ADDRESS = 8, /* in pages */
    QUEUE_SIZE = 12,
    QUEUE_SELECT = 14,
    QUEUE_NOTIFY = 16,
    DEVICE_STATUS = 18,
    ISR_STATUS = 19, /* reading it clears it */
    CONFIG_MAC = 20, /* without MSI-X */
    CONFIG_STATUS = 26,
    REGISTER_BYTES = 28
};

enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FAILED = 128 };
enum { ISR_QUEUE = 1, ISR_CONFIG = 2 };
enum { LINK_UP = 1 };
/* VIRTIO_NET_F_MAC, VIRTIO_NET_F_STATUS */
#define FEATURE_MAC    ((uint32_t)1 << 5)
#define FEATURE_STATUS ((uint32_t)1 << 16)

enum { RX, TX, QUEUES };
enum {
    VENDOR = 0x1af4,
    NET_TRANSITIONAL = 0x1000,
    HEADER_BYTES = 10, /* struct virtio_net_hdr without num_buffers: all zero */
    FRAME_HEADER = 14,
    FRAME_MIN = 60,
    FRAME_ROOM = 1514 + 4,
    RX_BUFFERS = 32,
    HEADER_STRIDE = 64, /* so that no two share what a bus gives in one piece */
    PAGE = VIRTQUEUE_LEGACY_ALIGN,
    QUEUE_BYTES = 3 * PAGE, /* of VIRTQUEUE_MOST: two pages and one */
    RING_BYTES = PAGE + QUEUES * QUEUE_BYTES + RX_BUFFERS * HEADER_STRIDE,
};

enum counter {
    RX_NO_BUFFER,
    RX_LENGTH_BAD,
    TX_RING_FULL,
    TX_ERROR,
    LINK_CHANGE,
    QUEUE_BROKEN,
    COUNTERS
};

static const char *const counter_names[] = {
    [RX_NO_BUFFER] = "rx_no_buffer",
    [RX_LENGTH_BAD] = "rx_length_bad",
    [TX_RING_FULL] = "tx_ring_full",
    [TX_ERROR] = "tx_error",
    [LINK_CHANGE] = "link_change",
    [QUEUE_BROKEN] = "queue_broken",
    [COUNTERS] = NULL,
};

struct virtio_net {
    struct netif *nif;
    const struct bus *bus;
    struct bus_window regs;
    struct causes causes; /* ISR status not yet acted on */
    int interrupt;
    bool running, link, has_status;
    uint8_t *header; /* of each receive buffer, HEADER_STRIDE apart */
    uint64_t header_at;
    struct virtqueue queue[QUEUES];
    struct netbuf *rx[RX_BUFFERS];
    uint64_t counter[COUNTERS];
};

static uint32_t read(const struct virtio_net *d, uint32_t reg, int width)
{
    return bus_read(d->bus, &d->regs, reg, width);
}

static void write(const struct virtio_net *d, uint32_t reg, int width, uint32_t value)
{
    bus_write(d->bus, &d->regs, reg, width, value);
}

static void set_status(const struct virtio_net *d, uint32_t bits)
{
    write(d, DEVICE_STATUS, 1, bits ? read(d, DEVICE_STATUS, 1) | bits : 0);
}

static void notify(struct virtio_net *d, int queue)
{
    virtqueue_publish(&d->queue[queue]);
    if (virtqueue_wants_notification(&d->queue[queue]))
        write(d, QUEUE_NOTIFY, 2, (uint32_t)queue);
}

/* --- reception: a header of ours and a frame buffer each --- */

/* Slot i's owner: its place in d->rx. */
static bool offer(struct virtio_net *d, uint32_t i)
{
    struct netbuf *nb = d->rx[i] ? d->rx[i] : netif_buffer(d->nif, FRAME_ROOM);
    if (!nb) {
        d->counter[RX_NO_BUFFER]++;
        return false;
    }
    d->rx[i] = nb;
    const struct virtqueue_part header = {d->header_at + (uint64_t)i * HEADER_STRIDE, HEADER_BYTES};
    const struct virtqueue_part frame = {netif_device_address(d->nif, nb), FRAME_ROOM};
    const struct virtqueue_part part[] = {header, frame};
    bus_give(d->bus, d->header + (size_t)i * HEADER_STRIDE, HEADER_BYTES, BUS_FROM_DEVICE);
    bus_give(d->bus, netbuf_data(nb), FRAME_ROOM, BUS_FROM_DEVICE);
    bool fits = virtqueue_add(&d->queue[RX], part, 2, 0, &d->rx[i]);
    STACK_ASSERT(fits); /* no more buffers than pairs of descriptors */
    return true;
}

static struct netbuf *take_slot(struct virtio_net *d, struct netbuf **slot)
{
    struct netbuf *nb = *slot;
    size_t i = (size_t)(slot - d->rx);
    bus_take(d->bus, d->header + i * HEADER_STRIDE, HEADER_BYTES, BUS_FROM_DEVICE);
    bus_take(d->bus, netbuf_data(nb), FRAME_ROOM, BUS_FROM_DEVICE);
    return nb;
}

/* A frame goes up when another buffer takes its place; else the slot keeps its own. */
static void arrived(struct virtio_net *d, struct netbuf **slot, uint32_t written, int64_t now_ns)
{
    struct netbuf *nb = take_slot(d, slot);
    struct netbuf *fresh = netif_buffer(d->nif, FRAME_ROOM);
    bool sound = written > HEADER_BYTES && written <= HEADER_BYTES + FRAME_ROOM;
    d->counter[RX_LENGTH_BAD] += !sound;
    d->counter[RX_NO_BUFFER] += !fresh;
    if (!sound || !fresh) {
        if (fresh)
            netbuf_free(d->nif->stack, fresh);
        offer(d, (uint32_t)(slot - d->rx));
        return;
    }
    *slot = fresh;
    offer(d, (uint32_t)(slot - d->rx));
    netbuf_trim(nb, written - HEADER_BYTES);
    netif_receive(d->nif, nb, now_ns);
}

static int harvest(struct virtio_net *d, int64_t now_ns, int budget)
{
    int frames = 0;
    uint32_t written;
    struct netbuf **slot;
    while (frames < budget && d->running && (slot = virtqueue_take(&d->queue[RX], &written))) {
        arrived(d, slot, written, now_ns);
        frames++;
    }
    if (frames > 0 && d->running)
        notify(d, RX);
    return frames;
}

/* --- transmission --- */

static struct netbuf *untransmit(struct virtio_net *d, struct netbuf *nb)
{
    bus_take(d->bus, netbuf_data(nb) - HEADER_BYTES, HEADER_BYTES + netbuf_len(nb), BUS_TO_DEVICE);
    return nb;
}

static void reap(struct virtio_net *d)
{
    uint32_t written;
    struct netbuf *nb;
    while ((nb = virtqueue_take(&d->queue[TX], &written)) != NULL)
        netif_sent(d->nif, untransmit(d, nb), 0);
}

/* Devices do not pad, and all drivers' frames are the same. Where the buffer ends too soon the
 * frame moves to its front, behind the header's place. */
static void pad(struct netbuf *nb)
{
    uint32_t len = netbuf_len(nb);
    if (len >= FRAME_MIN)
        return;
    if (nb->size - nb->start < FRAME_MIN) {
        memmove(nb->base + HEADER_BYTES, netbuf_data(nb), len);
        nb->start = HEADER_BYTES;
    }
    nb->end = nb->start + FRAME_MIN;
    memset(netbuf_data(nb) + len, 0, FRAME_MIN - len);
}

/* "Legacy Interface: Framing Requirements": the header has a descriptor of its own. */
static int virtio_send(void *state, struct netbuf *nb, int64_t now_ns)
{
    struct virtio_net *d = state;
    struct virtqueue *q = &d->queue[TX];
    (void)now_ns;
    if (!d->running)
        return -ERR_NETDOWN;
    if (netbuf_len(nb) < FRAME_HEADER || netbuf_len(nb) > FRAME_ROOM)
        return -ERR_MSGSIZE;
    reap(d);
    pad(nb);
    uint32_t len = netbuf_len(nb);
    STACK_ASSERT(nb->start >= HEADER_BYTES); /* virtio_net_driver.headroom */
    memset(netbuf_data(nb) - HEADER_BYTES, 0, HEADER_BYTES);
    uint64_t at = netif_device_address(d->nif, nb);
    const struct virtqueue_part part[] = {{at - HEADER_BYTES, HEADER_BYTES}, {at, len}};
    if (!virtqueue_add(q, part, 2, 2, nb)) {
        d->counter[TX_RING_FULL]++;
        virtqueue_listen(q);
        return -ERR_NOBUFS;
    }
    bus_give(d->bus, netbuf_data(nb) - HEADER_BYTES, HEADER_BYTES + len, BUS_TO_DEVICE);
    notify(d, TX);
    reap(d);
    if (q->frees < q->size) /* something is in flight: its end is to be heard of */
        virtqueue_listen(q);
    else
        virtqueue_quiet(q);
    return 0;
}

/* --- probe and stop --- */

static bool virtio_match(const struct device *device)
{
    return device->kind == DEVICE_PCI && device->pci.vendor_id == VENDOR &&
           device->pci.device_id == NET_TRANSITIONAL;
}

static int on_interrupt(void *ctx)
{
    struct virtio_net *d = ctx;
    uint32_t isr = read(d, ISR_STATUS, 1);
    if (isr == 0 || isr == 0xff)
        return 0;
    virtqueue_quiet(&d->queue[RX]); /* until poll has looked */
    causes_post(&d->causes, isr);
    netif_wake(d->nif);
    return 1;
}

/* Of the device's size, which a legacy driver cannot change. */
static int set_queue(struct virtio_net *d, int i, uint8_t *memory, uint64_t at)
{
    write(d, QUEUE_SELECT, 2, (uint32_t)i);
    uint32_t size = read(d, QUEUE_SIZE, 2);
    if (size < 2 || size > VIRTQUEUE_MOST || (size & (size - 1)) != 0 || at >> 44 != 0)
        return -ERR_NODEV;
    virtqueue_init(&d->queue[i], d->bus, memory, (uint16_t)size, PAGE, false);
    write(d, QUEUE_ADDRESS, 4, (uint32_t)(at / PAGE));
    return 0;
}

static int set_queues(struct virtio_net *d)
{
    uint64_t at;
    if (bus_dma_map(d->bus, d->nif->ring, RING_BYTES, ((uint64_t)1 << 44) - 1, &at))
        return -ERR_NOMEM;
    uint32_t skip = (uint32_t)(-at & (PAGE - 1));
    uint8_t *memory = (uint8_t *)d->nif->ring + skip;
    memset(memory, 0, QUEUES * QUEUE_BYTES);
    at += skip;
    for (int i = 0; i < QUEUES; i++) {
        int err = set_queue(d, i, memory + i * QUEUE_BYTES, at + (uint64_t)i * QUEUE_BYTES);
        if (err < 0)
            return err;
    }
    d->header = memory + QUEUES * QUEUE_BYTES;
    d->header_at = at + QUEUES * QUEUE_BYTES;
    return 0;
}

static bool fill(struct virtio_net *d)
{
    uint32_t most = d->queue[RX].size / 2u;
    for (uint32_t i = 0; i < RX_BUFFERS && i < most; i++)
        if (!offer(d, i))
            return i > 0;
    return true;
}

static void take_all(struct virtio_net *d, struct netbuf_queue *lost)
{
    struct netbuf **slot, *nb;
    while ((slot = virtqueue_take_back(&d->queue[RX])) != NULL) {
        netbuf_free(d->nif->stack, take_slot(d, slot));
        *slot = NULL;
    }
    while ((nb = virtqueue_take_back(&d->queue[TX])) != NULL)
        netbuf_enqueue(lost, untransmit(d, nb));
}

static void note_link(struct virtio_net *d, int64_t now_ns)
{
    bool up = !d->has_status || (read(d, CONFIG_STATUS, 2) & LINK_UP);
    if (up == d->link)
        return;
    d->link = up;
    d->counter[LINK_CHANGE]++;
    netif_link(d->nif, up, now_ns);
}

static void halt(struct virtio_net *d, struct netbuf_queue *lost)
{
    d->running = false;
    set_status(d, 0);
    bus_irq_detach(d->bus, d->interrupt, d);
    take_all(d, lost);
}

/* "Device Initialization", in its order. */
static int bring_up(struct virtio_net *d, const struct device *device)
{
    set_status(d, 0);
    set_status(d, ACKNOWLEDGE);
    set_status(d, DRIVER);
    uint32_t features = read(d, DEVICE_FEATURES, 4) & (FEATURE_MAC | FEATURE_STATUS);
    write(d, DRIVER_FEATURES, 4, features);
    d->has_status = features & FEATURE_STATUS;
    if (!(features &
          FEATURE_MAC)) /* a device without one leaves it to the driver; none is made up */
        return -ERR_NODEV;
    for (uint32_t i = 0; i < NETIF_MAC_BYTES; i++)
        d->nif->mac[i] = (uint8_t)read(d, CONFIG_MAC + i, 1);
    int err = set_queues(d);
    if (err < 0)
        return err;
    if (device_irq_attach(device, 0, on_interrupt, d))
        return -ERR_IO;
    if (!fill(d)) {
        bus_irq_detach(d->bus, d->interrupt, d);
        return -ERR_NOMEM;
    }
    virtqueue_quiet(&d->queue[TX]);
    set_status(d, DRIVER_OK);
    d->running = true;
    notify(d, RX);
    return 0;
}

static int virtio_probe(void *state, struct netif *nif, const struct device *device, int64_t now_ns)
{
    struct virtio_net *d = state;
    d->nif = nif;
    d->bus = device->bus;
    d->interrupt = device->interrupt[0];
    if (device->window[0].space != BUS_IO || device_map(device, 0, REGISTER_BYTES, &d->regs))
        return -ERR_NODEV;
    int err = bring_up(d, device);
    if (err < 0) {
        set_status(d, FAILED);
        return err;
    }
    note_link(d, now_ns);
    return 0;
}

static void fail_all(struct virtio_net *d, struct netbuf_queue *lost)
{
    struct netbuf *nb;
    while ((nb = netbuf_dequeue(lost)) != NULL) {
        d->counter[TX_ERROR]++;
        netif_sent(d->nif, nb, -ERR_NETDOWN);
    }
}

static void virtio_stop(void *state, int64_t now_ns)
{
    struct virtio_net *d = state;
    struct netbuf_queue lost = {0};
    (void)now_ns;
    if (!d->running)
        return;
    halt(d, &lost);
    fail_all(d, &lost);
}

/* --- at work --- */

/* A device that lies about its queues is stopped, and the link is gone with it. */
static void give_up(struct virtio_net *d, int64_t now_ns)
{
    struct netbuf_queue lost = {0};
    d->counter[QUEUE_BROKEN]++;
    halt(d, &lost);
    netif_link(d->nif, false, now_ns);
    fail_all(d, &lost);
}

static int64_t virtio_poll(void *state, int64_t now_ns, int budget)
{
    struct virtio_net *d = state;
    if (!d->running)
        return INT64_MAX;
    if (causes_take(&d->causes) & ISR_CONFIG)
        note_link(d, now_ns);
    int harvested = harvest(d, now_ns, budget);
    if (!d->running) /* a frame that went up made the stack stop us */
        return INT64_MAX;
    reap(d);
    if (d->queue[RX].broken || d->queue[TX].broken) {
        give_up(d, now_ns);
        return INT64_MAX;
    }
    bool more = harvested == budget || virtqueue_listen(&d->queue[RX]);
    if (d->queue[TX].frees < d->queue[TX].size)
        more = virtqueue_listen(&d->queue[TX]) || more;
    return more || causes_wait(&d->causes) ? now_ns : INT64_MAX;
}

const struct netif_driver virtio_net_driver = {
    .name = "virtio_net",
    .state_size = sizeof(struct virtio_net),
    .ring_bytes = RING_BYTES,
    .headroom = HEADER_BYTES,
    .match = virtio_match,
    .probe = virtio_probe,
    .poll = virtio_poll,
    .send = virtio_send,
    .stop = virtio_stop,
    .counters = counter_names,
    .counter_at = offsetof(struct virtio_net, counter),
};

/*
 * virtio-net (virtio 1.2, 5.1): finding it, bringing it up, interrupts, link, filters, recovery.
 * The transport is virtio.h's; queues are virtqueue.h's.
 */
#include "stack/driver/virtio_net.h"
#include "stack/core/core.h"
#include "stack/core/error.h"
#include "stack/core/mem.h"
#include "stack/core/panic.h"
#include "stack/driver/virtio_net_private.h"

enum { NETWORK_DEVICE = 1 /* 5, "Device Types" */, PAGE = VIRTQUEUE_LEGACY_ALIGN };
enum { CONTROL_LEAST = 3 /* descriptors of the longest command */ };

static const char *const counter_names[VIRTIO_NET_COUNTERS + 1] = {
    [VIRTIO_NET_RX_NO_BUFFER] = "rx_no_buffer",
    [VIRTIO_NET_RX_LENGTH_BAD] = "rx_length_bad",
    [VIRTIO_NET_RX_MERGED] = "rx_merged",
    [VIRTIO_NET_RX_SUMMED] = "rx_summed",
    [VIRTIO_NET_TX_RING_FULL] = "tx_ring_full",
    [VIRTIO_NET_TX_ERROR] = "tx_error",
    [VIRTIO_NET_TX_SUMMED] = "tx_summed",
    [VIRTIO_NET_TX_CUT] = "tx_cut",
    [VIRTIO_NET_LINK_CHANGE] = "link_change",
    [VIRTIO_NET_ANNOUNCES] = "announces",
    [VIRTIO_NET_CONTROL_REFUSED] = "control_refused",
    [VIRTIO_NET_QUEUE_BROKEN] = "queue_broken",
    [VIRTIO_NET_DEVICE_RESET] = "device_reset",
};

static const uint64_t wished =
    VIRTIO_NET_F_CSUM | VIRTIO_NET_F_GUEST_CSUM | VIRTIO_NET_F_MAC | VIRTIO_NET_F_HOST_TSO4 |
    VIRTIO_NET_F_MRG_RXBUF | VIRTIO_NET_F_STATUS | VIRTIO_NET_F_CTRL_VQ | VIRTIO_NET_F_CTRL_RX |
    VIRTIO_NET_F_ANNOUNCE | VIRTIO_F_ANY_LAYOUT | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX;

static bool virtio_net_match(const struct device *device)
{
    return virtio_match(device, NETWORK_DEVICE);
}

void virtio_net_notify(struct virtio_net *d, unsigned queue)
{
    virtqueue_publish(&d->queue[queue]);
    if (virtqueue_wants_notification(&d->queue[queue]))
        d->v.transport->notify(&d->v, queue);
}

/* Reading the cause acknowledges it. Reception is quiet until poll has looked. */
static int on_interrupt(void *ctx)
{
    struct virtio_net *d = ctx;
    uint32_t causes = d->v.transport->interrupts(&d->v);
    if (causes == 0)
        return 0;
    if (d->running)
        virtqueue_quiet(&d->queue[VIRTIO_NET_RX]);
    causes_post(&d->causes, causes);
    netif_wake(d->nif);
    return 1;
}

/* --- queues --- */

/* 4.1.5.1.3, 4.2.3.2: no larger than the device's, a power of two; a legacy PCI device's is as it
 * is. 0: it cannot be used. */
static uint32_t queue_size(const struct virtio_net *d, unsigned i)
{
    static const uint16_t wish[VIRTIO_QUEUES] = {VIRTIO_NET_RX_WISH, VIRTIO_NET_TX_WISH,
                                                 VIRTIO_NET_CONTROL_WISH};
    uint32_t most = d->v.transport->queue_most(&d->v, i);
    uint32_t size = wish[i];
    if (!d->v.transport->chooses_size)
        return most <= VIRTQUEUE_MOST && (most & (most - 1)) == 0 ? most : 0;
    while (size > most)
        size /= 2;
    return size;
}

static void take_memory(struct virtio_net *d, unsigned i, uint8_t **memory, uint64_t *at)
{
    *memory = d->memory + (size_t)i * VIRTIO_NET_QUEUE_BYTES;
    *at = d->memory_at + (uint64_t)i * VIRTIO_NET_QUEUE_BYTES;
    memset(*memory, 0, VIRTIO_NET_QUEUE_BYTES);
}

static void use_tables(struct virtio_net *d, unsigned i)
{
    size_t skip = VIRTIO_QUEUES * (size_t)VIRTIO_NET_QUEUE_BYTES + i * VIRTIO_NET_TABLES_BYTES;
    if (virtio_has(&d->v, VIRTIO_F_INDIRECT_DESC))
        virtqueue_use_tables(&d->queue[i], d->memory + skip, d->memory_at + skip,
                             VIRTIO_NET_TABLES);
}

static int set_queue(struct virtio_net *d, unsigned i)
{
    uint8_t *memory;
    uint64_t at;
    uint32_t size = queue_size(d, i);
    if (size == 0)
        return -ERR_NODEV;
    take_memory(d, i, &memory, &at);
    virtqueue_init(&d->queue[i], d->bus, memory, (uint16_t)size, d->v.transport->queue_align,
                   virtio_has(&d->v, VIRTIO_F_EVENT_IDX));
    use_tables(d, i);
    return d->v.transport->start_queue(&d->v, i, &d->queue[i], at) ? -ERR_NODEV : 0;
}

/* 2.7.5.3.1: no chain is longer than the queue, a table's neither. */
static int set_queues(struct virtio_net *d)
{
    unsigned least = d->one_piece ? 1 : 2;
    for (unsigned i = 0; i <= VIRTIO_NET_TX; i++) {
        int err = set_queue(d, i);
        if (err < 0)
            return err;
        if (d->queue[i].size < least)
            return -ERR_NODEV;
    }
    d->control = virtio_has(&d->v, VIRTIO_NET_F_CTRL_VQ) && set_queue(d, VIRTIO_NET_CONTROL) == 0;
    const struct virtqueue *q = &d->queue[VIRTIO_NET_CONTROL];
    d->control = d->control && q->size >= CONTROL_LEAST;
    return 0;
}

/* The first page boundary of the ring memory. */
static int map_memory(struct virtio_net *d)
{
    uint64_t at;
    if (bus_dma_map(d->bus, d->nif->ring, VIRTIO_NET_RING_BYTES, UINT64_MAX, &at))
        return -ERR_NOMEM;
    size_t skip = (size_t)(-at & (PAGE - 1));
    size_t commands =
        VIRTIO_QUEUES * ((size_t)VIRTIO_NET_QUEUE_BYTES + (size_t)VIRTIO_NET_TABLES_BYTES);
    d->memory = (uint8_t *)d->nif->ring + skip;
    d->memory_at = at + skip;
    d->command = d->memory + commands;
    d->command_at = d->memory_at + commands;
    return 0;
}

/* --- up and down --- */

/* What follows from what was negotiated. A device that refuses all we wish for is asked for the
 * least that we can do with. A device without MAC leaves it to the driver; none is made up here. */
static int negotiate(struct virtio_net *d)
{
    if (virtio_negotiate(&d->v, wished, VIRTIO_NET_F_MAC) &&
        virtio_negotiate(&d->v, VIRTIO_NET_F_MAC, VIRTIO_NET_F_MAC))
        return -ERR_NODEV;
    bool merges = virtio_has(&d->v, VIRTIO_NET_F_MRG_RXBUF);
    bool modern = virtio_has(&d->v, VIRTIO_F_VERSION_1);
    d->header_bytes = modern || merges ? VIRTIO_NET_HDR : VIRTIO_NET_HDR_LEGACY;
    d->one_piece = modern || merges || virtio_has(&d->v, VIRTIO_F_ANY_LAYOUT);
    d->rx_bytes = d->header_bytes + VIRTIO_NET_FRAME_ROOM;
    if (merges)
        d->rx_bytes = d->header_bytes +
                      (uint32_t)stack_knob(d->nif->stack, MODULE_CORE, CORE_KNOB_RECEIVE_BUFFER);
    return 0;
}

static void set_offloads(struct virtio_net *d)
{
    bool sums = virtio_has(&d->v, VIRTIO_NET_F_CSUM);
    bool cuts = sums && virtio_has(&d->v, VIRTIO_NET_F_HOST_TSO4);
    d->nif->offload = (struct netif_offload){
        .sums_on_send = sums,
        .sums_on_receive = virtio_has(&d->v, VIRTIO_NET_F_GUEST_CSUM),
        .segments = cuts ? VIRTIO_NET_SEGMENTS : 0,
        .segment_bytes = cuts ? VIRTIO_NET_SEGMENT_BYTES : 0,
    };
}

/* 3.1.1, in its order; the buffers are offered before DRIVER_OK, and the device is told after. */
static int bring_up(struct virtio_net *d)
{
    int err = negotiate(d);
    if (err < 0)
        return err;
    virtio_config_octets(&d->v, VIRTIO_NET_MAC, d->nif->mac, NETIF_MAC_BYTES);
    err = set_queues(d);
    if (err == 0 && !virtio_net_rx_fill(d))
        err = -ERR_NOMEM;
    if (err < 0)
        return err;
    set_offloads(d);
    virtqueue_quiet(&d->queue[VIRTIO_NET_TX]);
    if (d->control)
        virtqueue_quiet(&d->queue[VIRTIO_NET_CONTROL]);
    virtio_add_status(&d->v, VIRTIO_DRIVER_OK);
    d->running = true;
    d->tx_unrung = false;
    virtio_net_notify(d, VIRTIO_NET_RX);
    virtio_net_send_filter(d);
    return 0;
}

static void take_down(struct virtio_net *d, struct netbuf_queue *lost)
{
    d->running = false;
    virtio_reset(&d->v);
    virtio_net_rx_free(d);
    virtio_net_tx_take_all(d, lost);
    virtio_net_control_take_all(d);
}

static void fail_all(struct virtio_net *d, struct netbuf_queue *lost, int status)
{
    struct netbuf *nb;
    while ((nb = netbuf_dequeue(lost)) != NULL) {
        d->counter[VIRTIO_NET_TX_ERROR]++;
        netif_sent(d->nif, nb, status);
    }
}

/* 5.1.4.2: without STATUS the link is taken to be up; else it is told of by an interrupt. */
static uint32_t read_status(const struct virtio_net *d)
{
    if (!virtio_has(&d->v, VIRTIO_NET_F_STATUS))
        return VIRTIO_NET_LINK_UP;
    return virtio_config(&d->v, VIRTIO_NET_STATUS, 2);
}

static void note_link(struct virtio_net *d, uint32_t status, int64_t now_ns)
{
    bool up = status & VIRTIO_NET_LINK_UP;
    if (up == d->link)
        return;
    d->link = up;
    d->counter[VIRTIO_NET_LINK_CHANGE]++;
    netif_link(d->nif, up, now_ns);
}

static int virtio_net_probe(void *state, struct netif *nif, const struct device *device,
                            int64_t now_ns)
{
    struct virtio_net *d = state;
    d->nif = nif;
    d->bus = device->bus;
    d->interrupt = device->interrupt[0];
    if (virtio_open(&d->v, device, NETWORK_DEVICE))
        return -ERR_NODEV;
    int err = map_memory(d);
    if (err == 0 && device_irq_attach(device, 0, on_interrupt, d))
        err = -ERR_IO;
    if (err < 0)
        return err;
    err = bring_up(d);
    if (err < 0) {
        virtio_add_status(&d->v, VIRTIO_FAILED);
        bus_irq_detach(d->bus, d->interrupt, d);
        return err;
    }
    note_link(d, read_status(d), now_ns);
    return 0;
}

static void virtio_net_stop(void *state, int64_t now_ns)
{
    struct virtio_net *d = state;
    struct netbuf_queue lost = {0};
    (void)now_ns;
    if (!d->running)
        return;
    take_down(d, &lost);
    bus_irq_detach(d->bus, d->interrupt, d);
    fail_all(d, &lost, -ERR_NETDOWN);
}

/* --- at work --- */

/*
 * 2.1.2, DEVICE_NEEDS_RESET: what the device has is lost, and it is brought up anew. So is one that
 * gives back what it never had. One that does so time and again, without a frame in between, is
 * left alone, and the link is gone with it.
 */
static void recover(struct virtio_net *d, int64_t now_ns)
{
    struct netbuf_queue lost = {0};
    d->counter[VIRTIO_NET_DEVICE_RESET]++;
    take_down(d, &lost);
    if (++d->resets > VIRTIO_NET_RESETS || bring_up(d) < 0) {
        virtio_add_status(&d->v, VIRTIO_FAILED);
        bus_irq_detach(d->bus, d->interrupt, d);
        note_link(d, 0, now_ns);
    } else {
        note_link(d, read_status(d), now_ns);
        netif_wake(d->nif);
    }
    fail_all(d, &lost, -ERR_IO);
}

/* 5.1.6.5.4: the wish is met first and acknowledged then. */
static void announce(struct virtio_net *d, int64_t now_ns)
{
    d->counter[VIRTIO_NET_ANNOUNCES]++;
    netif_announce(d->nif, now_ns);
    virtio_net_send_announced(d);
}

static void config_changed(struct virtio_net *d, int64_t now_ns)
{
    uint32_t status = read_status(d);
    note_link(d, status, now_ns);
    if (d->running && (status & VIRTIO_NET_ANNOUNCE) && virtio_has(&d->v, VIRTIO_NET_F_ANNOUNCE))
        announce(d, now_ns);
}

static bool is_broken(struct virtio_net *d, uint32_t causes)
{
    for (unsigned i = 0; i < VIRTIO_QUEUES; i++)
        if (d->queue[i].broken && (i != VIRTIO_NET_CONTROL || d->control)) {
            d->counter[VIRTIO_NET_QUEUE_BROKEN]++;
            return true;
        }
    return (causes & VIRTIO_ISR_CONFIG) && (d->v.transport->status(&d->v) & VIRTIO_NEEDS_RESET);
}

/* Asks for interrupts. True: something came meanwhile, for which there is perhaps none. */
static bool listen(struct virtio_net *d)
{
    bool more = virtqueue_listen(&d->queue[VIRTIO_NET_RX]);
    struct virtqueue *tx = &d->queue[VIRTIO_NET_TX];
    if (tx->frees < tx->size)
        more = virtqueue_listen(tx) || more;
    if (d->control && virtio_net_control_waits(d))
        more = virtqueue_listen(&d->queue[VIRTIO_NET_CONTROL]) || more;
    return more;
}

static int64_t virtio_net_poll(void *state, int64_t now_ns, int budget)
{
    struct virtio_net *d = state;
    if (!d->running)
        return INT64_MAX;
    uint32_t causes = causes_take(&d->causes);
    int harvested = virtio_net_rx_harvest(d, now_ns, budget);
    if (!d->running) /* a frame that went up made the stack stop us */
        return INT64_MAX;
    virtio_net_tx_reap(d);
    virtio_net_control_reap(d);
    if (is_broken(d, causes))
        recover(d, now_ns);
    else if (causes & VIRTIO_ISR_CONFIG)
        config_changed(d, now_ns);
    if (!d->running)
        return INT64_MAX;
    bool more = harvested == budget || listen(d);
    return more || causes_wait(&d->causes) ? now_ns : INT64_MAX;
}

static int virtio_net_filter(void *state, unsigned flags, const uint8_t (*mac)[NETIF_MAC_BYTES],
                             int count)
{
    struct virtio_net *d = state;
    d->filter_flags = flags;
    d->groups = 0;
    for (int i = 0; i < count && i < NETIF_MULTICASTS; i++)
        memcpy(d->group[d->groups++], mac[i], NETIF_MAC_BYTES);
    virtio_net_send_filter(d);
    return 0;
}

const struct netif_driver virtio_net_driver = {
    .name = "virtio_net",
    .state_size = sizeof(struct virtio_net),
    .ring_bytes = VIRTIO_NET_RING_BYTES,
    .headroom = VIRTIO_NET_HDR,
    .match = virtio_net_match,
    .probe = virtio_net_probe,
    .poll = virtio_net_poll,
    .send = virtio_net_send,
    .kick = virtio_net_kick,
    .filter = virtio_net_filter,
    .stop = virtio_net_stop,
    .counters = counter_names,
    .counter_at = offsetof(struct virtio_net, counter),
};

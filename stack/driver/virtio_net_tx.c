/*
 * Transmission: the device's header lies in front of the frame in the netbuf's memory, which is the
 * device's until it is used. Most devices are done at the doorbell, so that reaps behind itself;
 * an interrupt is asked for only while something is left in flight. Of a batch only the last frame
 * rings it.
 */
#include "stack/core/bytes.h"
#include "stack/core/error.h"
#include "stack/core/mem.h"
#include "stack/core/panic.h"
#include "stack/driver/virtio_net_private.h"

static struct netbuf *untransmit(struct virtio_net *d, struct netbuf *nb)
{
    bus_take(d->bus, netbuf_data(nb) - d->header_bytes, d->header_bytes + netbuf_len(nb),
             BUS_TO_DEVICE);
    nb->flags &= (uint16_t)~NETBUF_AT_DRIVER;
    return nb;
}

void virtio_net_tx_reap(struct virtio_net *d)
{
    uint32_t written;
    struct netbuf *nb;
    while ((nb = virtqueue_take(&d->queue[VIRTIO_NET_TX], &written)) != NULL) {
        d->resets = 0;
        netif_sent(d->nif, untransmit(d, nb), 0);
    }
}

void virtio_net_tx_take_all(struct virtio_net *d, struct netbuf_queue *lost)
{
    struct netbuf *nb;
    while ((nb = virtqueue_take_back(&d->queue[VIRTIO_NET_TX])) != NULL)
        netbuf_enqueue(lost, untransmit(d, nb));
}

/* Devices do not pad, and all drivers' frames are the same; of a packet that the device cuts up the
 * padding would be payload. Where the buffer ends too soon the
 * frame moves to its front, behind the header's place. */
static void pad(struct netbuf *nb)
{
    uint32_t len = netbuf_len(nb);
    if (len >= VIRTIO_NET_FRAME_MIN || nb->segment)
        return;
    if (nb->size - nb->start < VIRTIO_NET_FRAME_MIN) {
        nb->sum_at += VIRTIO_NET_HDR - nb->start;
        netbuf_move(nb, VIRTIO_NET_HDR);
    }
    memset(netbuf_put(nb, VIRTIO_NET_FRAME_MIN - len), 0, VIRTIO_NET_FRAME_MIN - len);
}

static void put_le16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

/* Octets in front of each segment that is cut. */
static uint32_t segment_header(const struct netbuf *nb)
{
    return nb->sum_at - nb->start + nb->segment_header;
}

/* 5.1.6.2: the field holds the sum of the pseudo header, whose length netbuf_cut leaves out: here
 * it is the whole packet's. */
static void add_length(const struct netbuf *nb)
{
    uint8_t *field = nb->base + nb->sum_at + nb->sum_field;
    uint32_t sum = get16(field) + (nb->end - nb->sum_at);
    put16(field, (uint16_t)((sum & 0xffff) + (sum >> 16)));
}

/* 5.1.6.2.1: what is left to the device: the sum, and cutting the packet up. */
static void write_header(struct virtio_net *d, struct netbuf *nb)
{
    uint8_t *header = netbuf_front(nb, d->header_bytes);
    memset(header, 0, d->header_bytes);
    if (!(nb->flags & NETBUF_SUM_OWED))
        return;
    header[VIRTIO_NET_HDR_FLAGS] = VIRTIO_NET_NEEDS_CSUM;
    put_le16(header + VIRTIO_NET_HDR_CSUM_START, nb->sum_at - nb->start);
    put_le16(header + VIRTIO_NET_HDR_CSUM_OFFSET, nb->sum_field);
    d->counter[VIRTIO_NET_TX_SUMMED] += netbuf_frames(nb);
    if (!nb->segment)
        return;
    header[VIRTIO_NET_HDR_GSO_TYPE] = VIRTIO_NET_GSO_TCPV4;
    put_le16(header + VIRTIO_NET_HDR_LEN, segment_header(nb));
    put_le16(header + VIRTIO_NET_HDR_GSO_SIZE, nb->segment);
    add_length(nb);
    d->counter[VIRTIO_NET_TX_CUT]++;
}

/* 5.1.6.6: without ANY_LAYOUT a legacy device finds the header in a descriptor of its own. */
static bool post(struct virtio_net *d, struct netbuf *nb)
{
    struct virtqueue *q = &d->queue[VIRTIO_NET_TX];
    if ((uint16_t)(q->added - q->taken) >= VIRTIO_NET_TX_WISH)
        return false; /* a longer ring than was wished for holds no more of the stack's buffers */
    uint32_t header = d->header_bytes, len = netbuf_len(nb);
    uint64_t at = netif_device_address(d->nif, nb) - header;
    const struct virtqueue_part whole = {at, header + len};
    const struct virtqueue_part parts[] = {{at, header}, {at + header, len}};
    if (!(d->one_piece ? virtqueue_add(q, &whole, 1, 1, nb) : virtqueue_add(q, parts, 2, 2, nb)))
        return false;
    nb->flags |= NETBUF_AT_DRIVER;
    write_header(d, nb);
    bus_give(d->bus, netbuf_data(nb) - header, header + len, BUS_TO_DEVICE);
    d->tx_unrung = true;
    return true;
}

/* Something is in flight: its end is to be heard of. What ended while that was asked for has no
 * interrupt. */
static void expect_completion(struct virtio_net *d)
{
    struct virtqueue *q = &d->queue[VIRTIO_NET_TX];
    do
        virtio_net_tx_reap(d);
    while (q->frees < q->size && !q->broken && virtqueue_listen(q));
    if (q->frees == q->size)
        virtqueue_quiet(q);
}

void virtio_net_kick(void *state, int64_t now_ns)
{
    struct virtio_net *d = state;
    (void)now_ns;
    if (!d->tx_unrung || !d->running)
        return;
    d->tx_unrung = false;
    virtio_net_notify(d, VIRTIO_NET_TX);
    expect_completion(d);
}

static bool is_fit(const struct netbuf *nb)
{
    uint32_t len = netbuf_len(nb);
    if (nb->segment)
        return segment_header(nb) + nb->segment <= VIRTIO_NET_FRAME_ROOM &&
               len <= VIRTIO_NET_SEGMENT_BYTES;
    return len >= VIRTIO_NET_FRAME_HEADER && len <= VIRTIO_NET_FRAME_ROOM;
}

/* The ring is full: the device is told of what it does not know yet. What it does not take at once
 * ends in an interrupt, or has ended while that was asked for. */
static bool post_late(struct virtio_net *d, struct netbuf *nb, int64_t now_ns)
{
    virtio_net_kick(d, now_ns);
    if (post(d, nb))
        return true;
    if (!virtqueue_listen(&d->queue[VIRTIO_NET_TX]))
        return false;
    virtio_net_tx_reap(d);
    return post(d, nb);
}

int virtio_net_send(void *state, struct netbuf *nb, int64_t now_ns)
{
    struct virtio_net *d = state;
    if (!d->running)
        return -ERR_NETDOWN;
    if (!is_fit(nb))
        return -ERR_MSGSIZE;
    bool more = nb->flags & NETBUF_MORE;
    STACK_ASSERT(nb->start >= VIRTIO_NET_HDR); /* virtio_net_driver.headroom */
    virtio_net_tx_reap(d);
    pad(nb);
    if (!post(d, nb) && !post_late(d, nb, now_ns)) {
        d->counter[VIRTIO_NET_TX_RING_FULL]++;
        return -ERR_NOBUFS;
    }
    if (!more)
        virtio_net_kick(d, now_ns);
    return 0;
}

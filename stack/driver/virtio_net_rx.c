/*
 * Reception: each buffer is a netbuf's memory, the device's header in front of the frame. Of a
 * frame that is spread over several buffers (MRG_RXBUF) the first takes up the rest. When the pool
 * is dry the frame is dropped and its buffers go back: the ring never shrinks.
 */
#include "stack/core/bytes.h"
#include "stack/core/mem.h"
#include "stack/core/panic.h"
#include "stack/driver/virtio_net_private.h"

/* The place of the longest header, so that IP's is 4-aligned with it. */
enum { HEADER_ROOM = VIRTIO_NET_HDR };

static struct netbuf *fresh_buffer(struct virtio_net *d)
{
    struct netbuf *nb = netif_buffer(d->nif, HEADER_ROOM + VIRTIO_NET_FRAME_ROOM);
    if (nb)
        netbuf_pull(nb, HEADER_ROOM);
    else
        d->counter[VIRTIO_NET_RX_NO_BUFFER]++;
    return nb;
}

static uint8_t *header_of(const struct virtio_net *d, const struct netbuf *nb)
{
    return netbuf_data(nb) - d->header_bytes;
}

/* 2.7.4.3, 5.1.6.6: where framing was not left open, the header has a descriptor of its own. */
static void offer(struct virtio_net *d, struct netbuf **slot)
{
    struct netbuf *nb = *slot;
    uint32_t header = d->header_bytes;
    uint64_t at = netif_device_address(d->nif, nb) - header;
    const struct virtqueue_part whole = {at, d->rx_bytes};
    const struct virtqueue_part parts[] = {{at, header}, {at + header, d->rx_bytes - header}};
    nb->flags |= NETBUF_AT_DRIVER;
    bus_give(d->bus, header_of(d, nb), d->rx_bytes, BUS_FROM_DEVICE);
    bool fits = d->one_piece ? virtqueue_add(&d->queue[VIRTIO_NET_RX], &whole, 1, 0, slot)
                             : virtqueue_add(&d->queue[VIRTIO_NET_RX], parts, 2, 0, slot);
    STACK_ASSERT(fits); /* no more buffers than there are descriptors for */
}

static struct netbuf *take_slot(struct virtio_net *d, struct netbuf **slot)
{
    struct netbuf *nb = *slot;
    bus_take(d->bus, header_of(d, nb), d->rx_bytes, BUS_FROM_DEVICE);
    nb->flags &= (uint16_t)~NETBUF_AT_DRIVER;
    return nb;
}

bool virtio_net_rx_fill(struct virtio_net *d)
{
    const struct virtqueue *q = &d->queue[VIRTIO_NET_RX];
    uint32_t most = d->one_piece || q->table ? q->size : q->size / 2u;
    for (uint32_t i = 0; i < VIRTIO_NET_RX_BUFFERS && i < most; i++) {
        d->rx[i] = fresh_buffer(d);
        if (!d->rx[i])
            return i > 0;
        offer(d, &d->rx[i]);
    }
    return true;
}

void virtio_net_rx_free(struct virtio_net *d)
{
    struct netbuf **slot;
    while ((slot = virtqueue_take_back(&d->queue[VIRTIO_NET_RX])) != NULL) {
        netbuf_free(d->nif->stack, take_slot(d, slot));
        *slot = NULL;
    }
}

/* --- frames --- */

/* How many buffers the frame fills. Only with MRG_RXBUF: the field is not written without it, also
 * where it is there (measured on QEMU 7.2). */
static uint32_t buffers_of(const struct virtio_net *d, const struct netbuf *nb)
{
    if (!virtio_has(&d->v, VIRTIO_NET_F_MRG_RXBUF))
        return 1;
    const uint8_t *field = header_of(d, nb) + VIRTIO_NET_HDR_BUFFERS;
    return field[0] | (uint32_t)field[1] << 8;
}

/* 5.1.6.4.1: the device has used all buffers of a frame by the time that it tells of the first;
 * each but the last is full. `*len` is the frame's length so far; what goes beyond the room is
 * passed over, and the frame is too long. */
static bool append(struct virtio_net *d, struct netbuf *nb, uint32_t *len)
{
    uint32_t written;
    struct netbuf **slot = virtqueue_take(&d->queue[VIRTIO_NET_RX], &written);
    if (!slot) {
        d->queue[VIRTIO_NET_RX].broken = true;
        return false;
    }
    struct netbuf *more = take_slot(d, slot);
    written = written <= d->rx_bytes ? written : d->rx_bytes;
    if (*len <= VIRTIO_NET_FRAME_ROOM && written <= VIRTIO_NET_FRAME_ROOM - *len)
        memcpy(netbuf_data(nb) + *len, header_of(d, more), written);
    *len += written;
    offer(d, slot);
    return true;
}

/* What lies behind the first buffer's part. The frame's length, 0: there is no good frame. */
static uint32_t gather(struct virtio_net *d, struct netbuf *nb, uint32_t written)
{
    uint32_t len = written > d->header_bytes ? written - d->header_bytes : 0;
    uint32_t buffers = written >= d->header_bytes ? buffers_of(d, nb) : 1;
    d->counter[VIRTIO_NET_RX_MERGED] += buffers > 1;
    if (buffers == 0)
        d->queue[VIRTIO_NET_RX].broken = true;
    for (uint32_t k = 1; k < buffers; k++)
        if (!append(d, nb, &len))
            return 0;
    return len;
}

/* 5.1.6.4.2: DATA_VALID says that the sum was verified, NEEDS_CSUM that it never left memory. */
static void note_sum(struct virtio_net *d, struct netbuf *nb)
{
    uint8_t flags = header_of(d, nb)[VIRTIO_NET_HDR_FLAGS];
    if (virtio_has(&d->v, VIRTIO_NET_F_GUEST_CSUM) &&
        (flags & (VIRTIO_NET_DATA_VALID | VIRTIO_NET_NEEDS_CSUM))) {
        nb->flags |= NETBUF_SUM_OK;
        d->counter[VIRTIO_NET_RX_SUMMED]++;
    }
}

/* A frame goes up when another buffer takes its place; else the slot keeps its own. */
static void arrived(struct virtio_net *d, struct netbuf **slot, uint32_t written, int64_t now_ns)
{
    struct netbuf *nb = take_slot(d, slot);
    uint32_t len = written <= d->rx_bytes ? gather(d, nb, written) : 0;
    bool sound = len >= VIRTIO_NET_FRAME_HEADER && len <= VIRTIO_NET_FRAME_ROOM;
    struct netbuf *fresh = sound ? fresh_buffer(d) : NULL;
    d->counter[VIRTIO_NET_RX_LENGTH_BAD] += !sound;
    if (fresh)
        *slot = fresh;
    if (d->queue[VIRTIO_NET_RX].broken) { /* what is taken off has no way back */
        netbuf_free(d->nif->stack, *slot);
        *slot = NULL;
    } else {
        offer(d, slot);
    }
    if (!fresh)
        return;
    note_sum(d, nb);
    netbuf_trim(nb, len);
    d->resets = 0;
    netif_receive(d->nif, nb, now_ns);
}

int virtio_net_rx_harvest(struct virtio_net *d, int64_t now_ns, int budget)
{
    int frames = 0;
    uint32_t written;
    struct netbuf **slot;
    while (frames < budget && d->running &&
           (slot = virtqueue_take(&d->queue[VIRTIO_NET_RX], &written)) != NULL) {
        arrived(d, slot, written, now_ns);
        frames++;
    }
    if (frames > 0 && d->running)
        virtio_net_notify(d, VIRTIO_NET_RX);
    return frames;
}

/*
 * E1000 reception. Every descriptor points at a netbuf's memory; a harvested buffer goes up and a
 * fresh one takes its place. When the pool is dry the frame is dropped and its buffer goes back:
 * the ring never shrinks, so reception can always resume.
 */
#include "stack/driver/e1000_private.h"

static uint8_t *descriptor(const struct e1000 *d, uint32_t slot)
{
    return d->rx_ring + (size_t)slot * E1000_DESC_BYTES;
}

/*
 * Hands slot's buffer to the device. The second half is zeroed each time: QEMU 7.2 ORs its
 * write-back into what it finds there (measured), so an old DD or EOP bit would vouch for the next
 * frame.
 */
static void post(struct e1000 *d, uint32_t slot)
{
    struct netbuf *nb = d->rx[slot];
    uint8_t *desc = descriptor(d, slot);
    nb->flags |= NETBUF_AT_DRIVER;
    bus_give(d->bus, netbuf_data(nb), E1000_RX_ROOM, BUS_FROM_DEVICE);
    ring_store64(d->bus, desc + E1000_DESC_ADDRESS, netif_device_address(d->nif, nb));
    ring_store64(d->bus, desc + E1000_DESC_REST, 0);
}

static void unpost(struct e1000 *d, struct netbuf *nb)
{
    bus_take(d->bus, netbuf_data(nb), E1000_RX_ROOM, BUS_FROM_DEVICE);
    nb->flags &= (uint16_t)~NETBUF_AT_DRIVER;
}

/* RDH == RDT means that the device has nothing free, so one descriptor always stays behind the
 * device's back. */
static void publish(struct e1000 *d)
{
    bus_fence(d->bus, BUS_PUBLISH);
    e1000_write(d, E1000_RDT, (d->rx_next + E1000_RX_RING - 1) % E1000_RX_RING);
}

bool e1000_rx_fill(struct e1000 *d)
{
    for (uint32_t slot = 0; slot < E1000_RX_RING; slot++) {
        d->rx[slot] = netif_buffer(d->nif, E1000_RX_ROOM);
        if (!d->rx[slot])
            return false;
    }
    return true;
}

void e1000_rx_start(struct e1000 *d)
{
    for (uint32_t slot = 0; slot < E1000_RX_RING; slot++) {
        if (d->rx[slot]->flags & NETBUF_AT_DRIVER) /* a restart */
            unpost(d, d->rx[slot]);
        post(d, slot);
    }
    d->rx_next = 0;
    d->rx_skipping = false;
    e1000_write(d, E1000_RDBAL, (uint32_t)d->rx_ring_at);
    e1000_write(d, E1000_RDBAH, (uint32_t)(d->rx_ring_at >> 32));
    e1000_write(d, E1000_RDLEN, E1000_RX_RING * E1000_DESC_BYTES);
    /* Not left to the reset: CTRL.RST keeps them on QEMU 7.2 (measured). */
    e1000_write(d, E1000_RDH, 0);
    publish(d);
}

void e1000_rx_free(struct e1000 *d)
{
    for (uint32_t slot = 0; slot < E1000_RX_RING; slot++) {
        struct netbuf *nb = d->rx[slot];
        d->rx[slot] = NULL;
        if (!nb)
            continue;
        if (nb->flags & NETBUF_AT_DRIVER)
            unpost(d, nb);
        netbuf_free(d->nif->stack, nb);
    }
}

/* Whether slot's bytes are one good frame; counts why not. With RCTL.LPE off a frame always fits
 * one buffer. */
static bool acceptable(struct e1000 *d, uint8_t status, uint8_t errors, uint16_t length)
{
    bool last = status & E1000_RX_EOP, skipping = d->rx_skipping;
    d->rx_skipping = !last;
    if (!last && !skipping)
        d->counter[E1000_RX_FRAGMENT]++;
    if (!last || skipping)
        return false;
    if (errors & E1000_RX_BAD) {
        d->counter[E1000_RX_ERROR]++;
        return false;
    }
    if (length < E1000_HEADER || length > E1000_RX_ROOM) {
        d->counter[E1000_RX_LENGTH_BAD]++;
        return false;
    }
    return true;
}

/* Swaps slot's buffer for a fresh one; NULL (and counted) when there is none. */
static struct netbuf *exchange(struct e1000 *d, uint32_t slot)
{
    struct netbuf *old = d->rx[slot];
    struct netbuf *fresh = netif_buffer(d->nif, E1000_RX_ROOM);
    if (!fresh) {
        d->counter[E1000_RX_NO_BUFFER]++;
        return NULL;
    }
    d->rx[slot] = fresh;
    return old;
}

/* The descriptor at rx_next is done: puts it back in service and returns its frame, or NULL when
 * there is none. */
static struct netbuf *harvest_one(struct e1000 *d, uint8_t status)
{
    uint32_t slot = d->rx_next;
    uint8_t *desc = descriptor(d, slot);
    bus_fence(d->bus, BUS_OBSERVE);
    uint16_t length = ring_load16(d->bus, desc + E1000_RX_LENGTH);
    uint8_t errors = ring_load8(d->bus, desc + E1000_RX_ERRORS);
    unpost(d, d->rx[slot]);
    struct netbuf *nb = acceptable(d, status, errors, length) ? exchange(d, slot) : NULL;
    if (nb)
        netbuf_trim(nb, length);
    /* A sum that the device calls wrong is left to the stack, which counts it. */
    if (nb && (status & E1000_RX_TCPCS) && !(status & E1000_RX_IXSM) && !(errors & E1000_RX_TCPE)) {
        nb->flags |= NETBUF_SUM_OK;
        d->counter[E1000_RX_SUMMED]++;
    }
    post(d, slot);
    d->rx_next = (slot + 1) % E1000_RX_RING;
    return nb;
}

int e1000_rx_harvest(struct e1000 *d, int64_t now_ns, int budget)
{
    int done = 0, unpublished = 0;
    while (d->running && done < budget) {
        uint8_t status = ring_load8(d->bus, descriptor(d, d->rx_next) + E1000_RX_STATUS);
        if (!(status & E1000_RX_DD))
            break;
        struct netbuf *nb = harvest_one(d, status);
        done++;
        if (++unpublished == E1000_RX_PUBLISH) {
            publish(d);
            unpublished = 0;
        }
        if (nb)
            netif_receive(d->nif, nb, now_ns); /* may send, and may stop this interface */
    }
    if (unpublished && d->running)
        publish(d);
    return done;
}

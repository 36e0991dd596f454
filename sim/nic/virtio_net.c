/*
 * The network device on its queues (virtio 1.2, 5.1.6). Transmission is over when the doorbell's
 * write returns, unless a scenario says that frames take their time.
 *
 * As with the other NICs a frame that is scripted without padding has it: the segment is an
 * Ethernet. (QEMU's, whose peers are programs, brings short frames as they are.) A frame without a
 * buffer is lost; QEMU holds it back.
 */
#include "sim/nic/virtio.h"

#include <string.h>

enum { FRAME_MIN = 14, FRAME_PADDED = 60, FRAME_MAX = 1518 };
enum { BUFFERS_AT = 10, LIE = 1500 };

uint32_t vnic_header_bytes(const struct nic *n)
{
    return vnic_has(n, F_VERSION_1 | F_MRG_RXBUF) ? HEADER_MODERN : HEADER_LEGACY;
}

/* 5.1.6.6, 2.7.4.3: a legacy driver that has not said otherwise gives the header a descriptor of
 * its own. */
static bool is_framed(struct nic *n, const struct virtio_chain *c)
{
    uint32_t header = vnic_header_bytes(n);
    if (vnic_has(n, F_VERSION_1 | F_ANY_LAYOUT | F_MRG_RXBUF))
        return true;
    if (c->parts == 2 && c->part[0].len == header)
        return true;
    vnic_fault(n, "a buffer is not a header of %u octets and one descriptor of data", header);
    return false;
}

/* --- reception --- */

static bool rx_buffer(struct nic *n, struct virtio_chain *c)
{
    if (!vnic_peek(n, QUEUE_RX, c) || !is_framed(n, c))
        return false;
    if (c->readable)
        vnic_fault(n, "a receive buffer has parts that the device may only read");
    else if (c->writable < vnic_header_bytes(n)) /* 5.1.6.3.1 */
        vnic_fault(n, "a receive buffer of %llu octets does not hold the header of %u",
                   (unsigned long long)c->writable, vnic_header_bytes(n));
    return vnic_lives(n);
}

/* How many buffers the packet takes, 0: there are not enough. Those that are looked at are taken
 * off the ring. */
static uint16_t spread(struct nic *n, const uint8_t *packet, uint32_t len,
                       struct virtio_chain *first)
{
    struct virtio *v = nic_state(n);
    struct virtio_queue *q = &v->queue[QUEUE_RX];
    struct virtio_chain c;
    uint16_t before = q->taken, used = 0;
    uint32_t done = 0;
    while (done < len && rx_buffer(n, &c)) {
        uint32_t some = len - done < c.writable ? len - done : (uint32_t)c.writable;
        if (used == 0)
            *first = c;
        if (!vnic_scatter(n, &c, 0, packet + done, some))
            return 0;
        vnic_fill_used(n, QUEUE_RX, c.head, some + v->long_used, used);
        v->long_used = 0;
        vnic_take(n, QUEUE_RX);
        used++;
        done += some;
        if (!vnic_has(n, F_MRG_RXBUF))
            break;
    }
    if (done == len)
        return used;
    q->taken = before;
    return 0;
}

/* 5.1.6.4.1: num_buffers is 1 without MRG_RXBUF; QEMU 7.2 does not write it then (measured). All
 * buffers of a packet become used together. */
static bool deliver(struct nic *n, const uint8_t *bytes, uint32_t len)
{
    uint8_t *packet = ((struct virtio *)nic_state(n))->received;
    struct virtio_chain first;
    uint8_t count[2];
    uint32_t header = vnic_header_bytes(n);
    memset(packet, 0, header);
    packet[0] = vnic_received_flags(n, bytes, len);
    memcpy(packet + header, bytes, len);
    uint16_t used = spread(n, packet, header + len, &first);
    if (used == 0)
        return false;
    vnic_put_le(count, 2, used);
    if (header == HEADER_MODERN && !vnic_scatter(n, &first, BUFFERS_AT, count, 2))
        return false;
    vnic_give(n, QUEUE_RX, used);
    return true;
}

void vnic_receive(struct nic *n, const uint8_t *bytes, uint32_t len, bool bad_fcs)
{
    uint8_t padded[FRAME_PADDED] = {0};
    if (len < FRAME_PADDED) {
        memcpy(padded, bytes, len);
        bytes = padded;
        len = FRAME_PADDED;
    }
    if (bad_fcs)
        nic_refuse(n, NIC_RX_BAD_FCS);
    else if (!vnic_lives(n))
        nic_refuse(n, NIC_RX_DISABLED);
    else if (len > FRAME_MAX)
        nic_refuse(n, NIC_RX_TOO_LONG);
    else if (!vnic_wants_frame(n, bytes))
        nic_refuse(n, NIC_RX_FILTERED);
    else if (vnic_offered_buffers(n, QUEUE_RX) == 0)
        nic_refuse(n, NIC_RX_NO_DESCRIPTOR);
    else if (!deliver(n, bytes, len))
        nic_refuse(n, vnic_has(n, F_MRG_RXBUF) ? NIC_RX_NO_DESCRIPTOR : NIC_RX_TOO_LONG);
}

/* --- transmission --- */

/* 5.1.6.2 */
static bool tx_buffer(struct nic *n, struct virtio_chain *c)
{
    if (!vnic_peek(n, QUEUE_TX, c) || !is_framed(n, c))
        return false;
    uint32_t header = vnic_header_bytes(n);
    if (c->writable)
        vnic_fault(n,
                   "a buffer to be sent has parts that the device may write (WRITE): in the "
                   "transmit queue, which is queue %d, none has; those to be received go into "
                   "queue %d",
                   QUEUE_TX, QUEUE_RX);
    else if (c->readable < header + FRAME_MIN)
        vnic_fault(n,
                   "a buffer to be sent has %llu octets: a header of %u and a frame of %d are "
                   "the least",
                   (unsigned long long)c->readable, header, FRAME_MIN);
    else if (c->readable > header + FRAME_ROOM)
        vnic_fault(n, "a packet of %llu octets is sent", (unsigned long long)c->readable - header);
    return vnic_lives(n);
}

static bool transmit_next(struct nic *n)
{
    static uint8_t packet[FRAME_ROOM]; /* of no use behind this call: not every world's own */
    struct virtio_chain c;
    uint8_t header[HEADER_MODERN] = {0};
    if (!tx_buffer(n, &c))
        return false;
    uint32_t skip = vnic_header_bytes(n), len = (uint32_t)c.readable - skip;
    if (!vnic_gather(n, &c, 0, header, skip) || !vnic_gather(n, &c, skip, packet, len))
        return false;
    vnic_send_packet(n, header, packet, len);
    vnic_take(n, QUEUE_TX);
    vnic_fill_used(n, QUEUE_TX, c.head, 0, 0);
    vnic_give(n, QUEUE_TX, 1);
    return true;
}

/* 2.7.10.2: notifications are asked for anew before the ring is looked at for the last time. */
static void send_all(struct nic *n)
{
    do {
        vnic_want_notification(n, QUEUE_TX, false);
        while (transmit_next(n))
            ;
        vnic_want_notification(n, QUEUE_TX, true);
    } while (vnic_lives(n) && vnic_offered_buffers(n, QUEUE_TX));
}

static void begin_sending(struct nic *n)
{
    struct virtio *v = nic_state(n);
    if (nic_tx_delay(n) == 0) {
        send_all(n);
        return;
    }
    if (v->sending)
        return;
    vnic_want_notification(n, QUEUE_TX, true);
    if (vnic_offered_buffers(n, QUEUE_TX) == 0)
        return;
    vnic_want_notification(n, QUEUE_TX, false);
    v->sending = true;
    nic_due(n, nic_now(n) + nic_tx_delay(n));
}

void vnic_due(struct nic *n, int64_t now_ns)
{
    struct virtio *v = nic_state(n);
    (void)now_ns;
    nic_due(n, INT64_MAX);
    v->sending = false;
    transmit_next(n);
    begin_sending(n);
}

/* --- at the driver's call, and the wire's --- */

void vnic_notified(struct nic *n, uint32_t queue)
{
    struct virtio *v = nic_state(n);
    if (v->broken || (v->status & STATUS_NEEDS_RESET))
        return;
    if (!(v->status & STATUS_DRIVER_OK)) /* 3.1.1 */
        vnic_fault(n, "queue %u is notified before DRIVER_OK", queue);
    else if (vnic_queue_most(n, queue) == 0 || !v->queue[queue].ready)
        vnic_fault(n, "queue %u is notified, which is not set up", queue);
    else if (queue == QUEUE_TX && nic_tx_delay(n) == 0 && nic_dawdles(n))
        ; /* vnic_look will */
    else if (queue == QUEUE_TX)
        begin_sending(n);
    else if (queue == QUEUE_CONTROL)
        vnic_run_control(n);
    else
        vnic_note_told(n);
}

/* 2.7.13: what is in the available ring is the device's, told of or not. */
void vnic_look(struct nic *n)
{
    const struct virtio *v = nic_state(n);
    if (!vnic_lives(n))
        return;
    if (v->queue[QUEUE_TX].ready && vnic_offered_buffers(n, QUEUE_TX))
        begin_sending(n);
    if (v->queue[QUEUE_CONTROL].ready && vnic_offered_buffers(n, QUEUE_CONTROL))
        vnic_run_control(n);
}

/* 5.1.4: STATUS is in the configuration space. */
void vnic_carrier(struct nic *n, bool up)
{
    (void)up;
    if (vnic_has(n, F_STATUS))
        vnic_config_changed(n);
}

static enum virtio_lie lie_named(const char *what)
{
    static const char *const names[] = {[LIE_BEYOND] = "used_beyond_queue",
                                        [LIE_FREE] = "used_not_offered",
                                        [LIE_MANY] = "used_too_many",
                                        [LIE_SUM] = "sum_vouched_unasked"};
    for (int i = LIE_BEYOND; i <= LIE_SUM; i++)
        if (strcmp(what, names[i]) == 0)
            return (enum virtio_lie)i;
    return LIE_NONE;
}

/* What a scenario makes happen to the device. */
bool vnic_event(struct nic *n, const char *what)
{
    struct virtio *v = nic_state(n);
    if (lie_named(what) != LIE_NONE)
        v->lie = lie_named(what);
    else if (strcmp(what, "needs_reset") == 0)
        vnic_needs_reset(n);
    else if (strcmp(what, "config_change") == 0)
        vnic_config_changed(n);
    else if (strcmp(what, "long_used") == 0)
        v->long_used = LIE; /* no device may (2.7.8.2) */
    else if (strcmp(what, "spurious_interrupt") == 0)
        vnic_cause(n, ISR_QUEUE);
    else if (strcmp(what, "heeds_notifications") == 0) {
        v->heeds = true;
        vnic_note_told(n);
    } else if (strcmp(what, "uses_out_of_order") == 0)
        v->crosses = true;
    else if (strcmp(what, "announce") == 0) {
        v->announcing = vnic_has(n, F_ANNOUNCE);
        if (v->announcing)
            vnic_config_changed(n);
    } else {
        return false;
    }
    return true;
}

/* What is worth telling of a virtio driver: how far its rings have come, and what keeps the device
 * from going on. */
#include "sim/nic/virtio.h"

#include <stdio.h>

enum { DESC_OCTETS = 16, IDX_AT = 2, RING_AT = 4, USED_OCTETS = 8, NO_INTERRUPT = 1 };
enum { DESC_NEXT = 1, FRAME_MOST = 1514 };

static const char *const names[] = {"receive", "transmit", "control"};

static uint32_t word_at(struct nic *n, uint64_t at)
{
    uint8_t raw[2] = {0};
    nic_peek(n, at, raw, sizeof raw);
    return vnic_le(raw, 2);
}

static void explain_status(struct nic *n)
{
    const struct virtio *v = nic_state(n);
    if (v->broken)
        nic_remark(n, "the device stands still for what the driver did, until it is reset");
    else if (v->status & STATUS_NEEDS_RESET)
        nic_remark(n, "device_status has DEVICE_NEEDS_RESET: nothing works until a reset");
    else if (!vnic_kind_of(n)->legacy && v->status && !(v->accepted & F_VERSION_1))
        nic_remark(n,
                   "VERSION_1 is not among the features that the driver accepted: the device works "
                   "with no driver that does not take it (bit 32: bit 0 of the second word)");
    else if (!vnic_kind_of(n)->legacy && !(v->status & STATUS_FEATURES_OK))
        nic_remark(n, "device_status is 0x%x, without FEATURES_OK: the features were not agreed to",
                   v->status);
    else if (!(v->status & STATUS_DRIVER_OK))
        nic_remark(n, "device_status is 0x%x, without DRIVER_OK: the device does not work yet",
                   v->status);
}

/* What the driver offers next is too short for a frame of 1514 octets. */
static void look_at_offered(struct nic *n, const struct virtio_queue *q)
{
    uint8_t d[DESC_OCTETS] = {0};
    uint32_t head = word_at(n, q->avail + RING_AT + 2u * (q->taken % q->size));
    uint32_t most = vnic_header_bytes(n) + FRAME_MOST;
    if (head >= q->size || !nic_peek(n, q->desc + (uint64_t)DESC_OCTETS * head, d, sizeof d))
        return;
    if (!(vnic_le(d + 12, 2) & DESC_NEXT) && vnic_le(d + 8, 4) < most)
        nic_remark(n,
                   "the next buffer of the receive queue, descriptor %u, has %u octets: %u are the "
                   "least, the header's %u and a frame's %d",
                   head, vnic_le(d + 8, 4), most, vnic_header_bytes(n), FRAME_MOST);
}

/* What was given back last, and where. */
static void look_at_used(struct nic *n, const struct virtio_queue *q)
{
    uint8_t entry[USED_OCTETS] = {0};
    uint32_t last = (uint16_t)(q->given - 1) % q->size;
    if (!q->given)
        return;
    nic_peek(n, q->used + RING_AT + (uint64_t)USED_OCTETS * last, entry, sizeof entry);
    nic_remark(n,
               "used.idx is %u, the last entry is used.ring[%u]: id %u, length %u, %u of it header",
               q->given, last, vnic_le(entry, 4), vnic_le(entry + 4, 4), vnic_header_bytes(n));
}

static void explain_queue(struct nic *n, int i)
{
    const struct virtio *v = nic_state(n);
    const struct virtio_queue *q = &v->queue[i];
    if (!q->ready) {
        nic_remark(n, "the %s queue is not enabled", names[i]);
        return;
    }
    uint64_t index_at = q->avail + IDX_AT;
    uint32_t idx = word_at(n, index_at);
    if (idx != q->taken && i == QUEUE_TX && !v->sending)
        nic_remark(n,
                   "avail.idx of the transmit queue is %u and the device has taken %u: it looks "
                   "when it is notified, and no notification came since (the queue's notify "
                   "register)",
                   idx, q->taken);
    else if (idx == q->taken && i == QUEUE_RX)
        nic_remark(
            n,
            "avail.idx of the receive queue, at 0x%llx (queue_driver), is %u, as many as the "
            "device has taken: it has no buffer; each that came back by the used ring must "
            "be offered again",
            (unsigned long long)index_at, idx);
    else
        nic_remark(n, "avail.idx of the %s queue is %u, the device has taken %u and used %u of %u",
                   names[i], idx, q->taken, q->given, q->size);
    if (i == QUEUE_RX && idx != q->taken)
        look_at_offered(n, q);
    if (i == QUEUE_RX)
        look_at_used(n, q);
}

static void explain_interrupts(struct nic *n)
{
    const struct virtio *v = nic_state(n);
    const struct virtio_queue *q = &v->queue[QUEUE_RX];
    if (v->isr)
        nic_remark(n, "ISR status 0x%x (%s) is not acknowledged: reading it does that", v->isr,
                   v->isr & ISR_CONFIG ? "configuration" : "used buffers");
    if (!q->ready)
        return;
    if (vnic_has(n, F_EVENT_IDX))
        nic_remark(n,
                   "used_event of the receive queue is %u, its used.idx %u: an interrupt comes "
                   "when the index passes it",
                   word_at(n, q->avail + RING_AT + 2u * q->size), q->given);
    else if (word_at(n, q->avail) & NO_INTERRUPT)
        nic_remark(n, "avail.flags of the receive queue has NO_INTERRUPT: the device does not tell "
                      "of frames");
}

void vnic_explain(struct nic *n, unsigned ways)
{
    explain_status(n);
    if (ways & NIC_RECEIVING)
        explain_queue(n, QUEUE_RX);
    if (ways & NIC_SENDING)
        explain_queue(n, QUEUE_TX);
    if (ways & NIC_INTERRUPTING)
        explain_interrupts(n);
}

/* Entry `address` of a part that begins at `at`; false: it is not in it. */
static bool in_part(uint64_t address, uint64_t at, uint32_t octets, uint32_t count, uint32_t *entry)
{
    if (!at || address < at || address - at >= (uint64_t)octets * count)
        return false;
    *entry = (uint32_t)((address - at) / octets);
    return true;
}

void vnic_place(struct nic *n, uint64_t address, char *out, size_t room)
{
    const struct virtio *v = nic_state(n);
    for (int i = 0; i < VIRTIO_QUEUES; i++) {
        const struct virtio_queue *q = &v->queue[i];
        uint32_t k;
        if (!q->ready)
            continue;
        if (in_part(address, q->desc, DESC_OCTETS, q->size, &k))
            snprintf(out, room, "%s descriptor %u", names[i], k);
        else if (in_part(address, q->avail, RING_AT, 1, &k))
            snprintf(out, room, "%s avail.%s", names[i], address & 2 ? "idx" : "flags");
        else if (in_part(address, q->avail + RING_AT, 2, q->size + 1u, &k))
            snprintf(out, room, k == q->size ? "%s used_event" : "%s avail.ring[%u]", names[i], k);
        else if (in_part(address, q->used, RING_AT, 1, &k))
            snprintf(out, room, "%s used.%s", names[i], address & 2 ? "idx" : "flags");
        else if (in_part(address, q->used + RING_AT, USED_OCTETS, q->size, &k))
            snprintf(out, room, "%s used.ring[%u]", names[i], k);
        else if (in_part(address, q->used + RING_AT + (uint64_t)USED_OCTETS * q->size, 2, 1, &k))
            snprintf(out, room, "%s avail_event, which EVENT_IDX adds", names[i]);
        else
            continue;
        return;
    }
}

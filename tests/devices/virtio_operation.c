/* The fuzzer's operations on a virtio-net device of any transport: see operation.h. */
#include <string.h>

#include "tests/devices/operation.h"
#include "tests/devices/virtio_bench.h"

enum { RX_BUFFERS = 32, TX_BUFFERS = 16, MERGED_OCTETS = 600, OCTETS = 2000, KEPT_ENTRIES = 16 };
enum { NUM_BUFFERS = 10, CLASS_RX = 0, MACS = 6 };

bool is_virtio(const char *nic)
{
    const struct virtio_way *way = virtio_ways;
    while (way->nic && strcmp(way->nic, nic) != 0)
        way++;
    return way->nic;
}

/* --- what a driver does --- */

static bool merges(const struct probe *p)
{
    return p->side->own[OWN_ACCEPTED] & F_MRG_RXBUF;
}

/* Each buffer keeps its place and its descriptors. */
static void offer_buffer(struct probe *p, uint32_t k)
{
    uint32_t len = merges(p) ? MERGED_OCTETS : header_octets(p) + OCTETS;
    memset(p->side->ram + BUFFERS + STEP * k, 0, len);
    if (merges(p))
        descriptor(p, RX, k, BUFFERS + STEP * k, len, DESC_WRITE, 0);
    else
        chain(p, RX, k, BUFFERS + STEP * k, len, DESC_WRITE);
    offer(p, RX, k);
}

/* Ours of these two offer merged buffers; QEMU's all do. */
static bool may_merge(const struct probe *p)
{
    const char *nic = p->side->nic->name;
    return strcmp(nic, "virtio") == 0 || strcmp(nic, "virtio-mmio-legacy") == 0;
}

/* a: bit 0 merged buffers. */
static void set_up(struct probe *p, uint32_t how)
{
    uint64_t features = F_CTRL_VQ | F_CTRL_RX;
    memset(p->side->ram, 0, BUFFERS);
    if ((how & 1) && may_merge(p))
        features |= F_MRG_RXBUF;
    way_of(p)->offered(p); /* which word is selected no reset says */
    begin(p, features);
    p->side->own[OWN_SENT] = p->side->own[OWN_TAKEN] = 0;
    for (uint32_t k = 0; k < RX_BUFFERS; k++)
        offer_buffer(p, k);
    ring(p, RX);
}

static void refill(struct probe *p)
{
    uint32_t size = way_of(p)->queue_size(p, RX), end = used_index(p, RX);
    uint32_t at = (uint32_t)p->side->own[OWN_TAKEN];
    for (; at != end; at = (at + 1) & 0xffff)
        offer_buffer(p, used_head(p, RX, at % size) % RX_BUFFERS);
    p->side->own[OWN_TAKEN] = at;
    ring(p, RX);
}

/* b: bit 0 no interrupt wanted; bit 1 another descriptor in the frame. */
static void send(struct probe *p, const struct operation *op)
{
    struct side *s = p->side;
    uint32_t k = (uint32_t)(s->own[OWN_SENT]++ % TX_BUFFERS), header = header_octets(p);
    uint32_t at = TABLES + 0x800;
    memset(s->ram + at, 0, header);
    side_make(s->ram + at + header, side_broadcast, op->a, (uint8_t)op->c);
    side_put(s, avail_at(p, TX), op->b & 1, 2);
    chain(p, TX, k, at, header + op->a, 0);
    if ((op->b & 2) && !way_of(p)->legacy) {
        descriptor(p, TX, k + APART, at + header, op->a / 2, DESC_NEXT, k + TX_BUFFERS);
        descriptor(p, TX, k + TX_BUFFERS, at + header + op->a / 2, op->a - op->a / 2, 0, 0);
    }
    offer(p, TX, k);
    ring(p, TX);
}

/* c: a receive mode on or off; or how many addresses and groups a table has. */
static uint32_t say(struct probe *p, const struct operation *op)
{
    static const uint8_t address[MACS] = {0x52, 0x54, 0x00, 0x99, 0x88, 0x76},
                         group[MACS] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};
    uint8_t data[8 + 2 * MACS] = {(uint8_t)(op->c & 1)};
    uint32_t len = 4;
    if (op->a == CLASS_RX)
        return command(p, op->a, op->b, data, 1);
    memcpy(data + len, address, MACS);
    len += op->c & 1 ? (uint32_t)MACS : 0;
    memset(data + len, 0, 4);
    data[len] = (uint8_t)(op->c >> 1 & 1);
    memcpy(data + len + 4, group, MACS);
    len += 4 + (op->c >> 1 & 1 ? (uint32_t)MACS : 0);
    return command(p, op->a, 0, data, len);
}

static uint32_t read_at(struct probe *p, uint32_t at, int width)
{
    if (at == VIRTIO_ISR_AT)
        return way_of(p)->isr(p);
    if (at >= VIRTIO_CONFIG_AT)
        return way_of(p)->config(p, at - VIRTIO_CONFIG_AT, width);
    return field_get(p, at, width);
}

void virtio_do(struct side *s, const struct operation *op, struct shown *shown)
{
    static uint8_t frame[SIDE_FRAME_BYTES];
    static const uint8_t other[6] = {0x52, 0x54, 0x00, 0x99, 0x88, 0x76},
                         group[6] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};
    const uint8_t *const to[] = {side_mac, other, side_broadcast, group};
    struct probe p = {.side = s};
    switch (op->kind) {
    case OP_READ:
        shown->value = read_at(&p, op->a, (int)op->b);
        break;
    case OP_WRITE:
        field_put(&p, op->a, (int)op->b, op->c);
        break;
    case OP_SET_UP:
        set_up(&p, op->a);
        break;
    case OP_RECEIVE:
        side_receive(s, frame, side_make(frame, to[op->b & 3], op->a, (uint8_t)op->c));
        break;
    case OP_SEND:
        send(&p, op);
        break;
    case OP_REFILL:
        refill(&p);
        break;
    case OP_CARRIER:
        side_carrier(s, op->a);
        break;
    case OP_COMMAND:
        shown->value = say(&p, op);
        break;
    }
}

/* The last entries of a used ring, by index: queues of the two sides may differ in length. */
static uint64_t hash_used(struct probe *p, uint32_t queue, uint64_t h)
{
    uint32_t size = way_of(p)->queue_size(p, queue), end = used_index(p, queue);
    uint32_t many = end < KEPT_ENTRIES ? end : KEPT_ENTRIES;
    const uint8_t index[] = {(uint8_t)end, (uint8_t)(end >> 8)};
    h = hash_more(h, index, sizeof index);
    for (uint32_t k = end - many; k != end; k++)
        h = hash_more(h, p->side->ram + used_at(p, queue) + 4 + 8 * (k % size), 8);
    return h;
}

/* num_buffers without MRG_RXBUF is a row of the table: left out of what is compared. */
void virtio_memory(struct side *s, struct shown *shown)
{
    struct probe p = {.side = s};
    uint64_t h = hash_used(&p, RX, hash_used(&p, TX, HASH_OF_NOTHING));
    for (uint32_t k = 0; k < RX_BUFFERS; k++) {
        const uint8_t *b = s->ram + BUFFERS + STEP * k;
        h = hash_more(h, b, NUM_BUFFERS);
        h = merges(&p) ? hash_more(h, b + NUM_BUFFERS, 2) : h;
        h = hash_more(h, b + header_octets(&p), OCTETS - 12);
    }
    shown->memory = h;
}

/* --- registers --- */

/* Not those that hold what the two sides offer, or where guest memory lies. */
static const struct target legacy[] = {{4, 4, 0},
                                       {14, 2, 3},
                                       {18, 1, 0},
                                       {VIRTIO_ISR_AT, 1, 0},
                                       {VIRTIO_CONFIG_AT, 1, 0},
                                       {VIRTIO_CONFIG_AT + 5, 1, 0},
                                       {VIRTIO_CONFIG_AT + 6, 2, 0}},
                           modern[] = {{0, 4, 1},
                                       {8, 4, 1},
                                       {12, 4, 0},
                                       {16, 2, 0},
                                       {18, 2, 0},
                                       {20, 1, 0},
                                       {22, 2, 3},
                                       {24, 2, 0},
                                       {28, 2, 0},
                                       {VIRTIO_ISR_AT, 1, 0},
                                       {VIRTIO_CONFIG_AT, 1, 0},
                                       {VIRTIO_CONFIG_AT + 5, 1, 0},
                                       {VIRTIO_CONFIG_AT + 6, 2, 0}},
                           mapped[] = {{0, 4, 0},
                                       {4, 4, 0},
                                       {8, 4, 0},
                                       {12, 4, 0},
                                       {0x14, 4, 1},
                                       {0x24, 4, 1},
                                       {0x30, 4, 2},
                                       {0x34, 4, 0},
                                       {0x44, 4, 0},
                                       {0x60, 4, 0},
                                       {0x70, 4, 0},
                                       {VIRTIO_ISR_AT, 1, 0},
                                       {VIRTIO_CONFIG_AT, 1, 0},
                                       {VIRTIO_CONFIG_AT + 5, 1, 0},
                                       {VIRTIO_CONFIG_AT + 6, 2, 0}};

#define COUNT(list) (uint32_t)(sizeof(list) / sizeof(list)[0])

const struct target *virtio_targets(const char *nic, uint32_t *count)
{
    if (strcmp(nic, "virtio-legacy") == 0) {
        *count = COUNT(legacy);
        return legacy;
    }
    *count = strcmp(nic, "virtio") == 0 ? COUNT(modern) : COUNT(mapped);
    return strcmp(nic, "virtio") == 0 ? modern : mapped;
}

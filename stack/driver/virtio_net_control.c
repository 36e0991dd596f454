/*
 * The control queue (virtio 1.2, 5.1.6.5): which frames the device is to take, and that an
 * announcement was made. Nobody waits for a command: what changes while one is under way follows.
 */
#include "stack/core/mem.h"
#include "stack/core/panic.h"
#include "stack/driver/virtio_net_private.h"

enum { CLASS_RX = 0, RX_PROMISC = 0, RX_ALLMULTI = 1 };
enum { CLASS_MAC = 1, MAC_TABLE_SET = 0 };
enum { CLASS_ANNOUNCE = 3, ANNOUNCE_ACK = 0 };
enum { HEAD_BYTES = 2, COUNT_BYTES = 4, ACK_AT = VIRTIO_NET_COMMAND_BYTES, ACK_OK = 0 };

static const struct {
    uint8_t class, command;
} commands[VIRTIO_NET_COMMANDS] = {
    [VIRTIO_NET_PROMISCUOUS] = {CLASS_RX, RX_PROMISC},
    [VIRTIO_NET_ALL_GROUPS] = {CLASS_RX, RX_ALLMULTI},
    [VIRTIO_NET_GROUPS] = {CLASS_MAC, MAC_TABLE_SET},
    [VIRTIO_NET_ANNOUNCED] = {CLASS_ANNOUNCE, ANNOUNCE_ACK},
};

static uint8_t *place(const struct virtio_net *d, enum virtio_net_command c)
{
    return d->command + (size_t)c * VIRTIO_NET_COMMAND_STRIDE;
}

/* Class and command, the data that stands behind them already, and an octet for the answer. False:
 * there is no room for it now. */
static bool send_command(struct virtio_net *d, enum virtio_net_command c, uint32_t data)
{
    uint8_t *p = place(d, c);
    uint64_t at = d->command_at + (uint64_t)c * VIRTIO_NET_COMMAND_STRIDE;
    const struct virtqueue_part part[] = {
        {at, HEAD_BYTES}, {at + HEAD_BYTES, data}, {at + ACK_AT, 1}};
    const struct virtqueue_part bare[] = {part[0], part[2]};
    struct virtqueue *q = &d->queue[VIRTIO_NET_CONTROL];
    if (!(data ? virtqueue_add(q, part, 3, 2, p) : virtqueue_add(q, bare, 2, 1, p)))
        return false;
    p[0] = commands[c].class;
    p[1] = commands[c].command;
    p[ACK_AT] = 0xff;
    d->in_flight[c] = true;
    bus_give(d->bus, p, VIRTIO_NET_COMMAND_BYTES, BUS_TO_DEVICE);
    bus_give(d->bus, p + ACK_AT, 1, BUS_FROM_DEVICE);
    return true;
}

static void took_back(struct virtio_net *d, uint8_t *p)
{
    size_t c = (size_t)(p - d->command) / VIRTIO_NET_COMMAND_STRIDE;
    STACK_ASSERT(c < VIRTIO_NET_COMMANDS && d->in_flight[c]);
    bus_take(d->bus, p, VIRTIO_NET_COMMAND_BYTES, BUS_TO_DEVICE);
    bus_take(d->bus, p + ACK_AT, 1, BUS_FROM_DEVICE);
    d->in_flight[c] = false;
}

bool virtio_net_control_waits(const struct virtio_net *d)
{
    for (int c = 0; c < VIRTIO_NET_COMMANDS; c++)
        if (d->in_flight[c])
            return true;
    return false;
}

/* 5.1.6.5.2: two tables, each its number of entries in front; we have one address. */
static uint32_t put_groups(const struct virtio_net *d, uint8_t *to)
{
    memset(to, 0, 2 * (size_t)COUNT_BYTES);
    to[COUNT_BYTES] = (uint8_t)d->groups;
    memcpy(to + 2 * (size_t)COUNT_BYTES, d->group, d->groups * NETIF_MAC_BYTES);
    return 2 * COUNT_BYTES + d->groups * NETIF_MAC_BYTES;
}

_Static_assert(HEAD_BYTES + 2 * COUNT_BYTES + NETIF_MULTICASTS * NETIF_MAC_BYTES <=
                   VIRTIO_NET_COMMAND_BYTES,
               "the longest command");

/* The command's data, as things stand now. Returns its octets. */
static uint32_t put_data(const struct virtio_net *d, enum virtio_net_command c, uint8_t *to)
{
    bool everyone = d->filter_flags & NETIF_PROMISCUOUS;
    switch (c) {
    case VIRTIO_NET_PROMISCUOUS:
        *to = everyone;
        return 1;
    case VIRTIO_NET_ALL_GROUPS:
        *to = everyone || (d->filter_flags & NETIF_ALL_MULTICAST);
        return 1;
    case VIRTIO_NET_GROUPS:
        return put_groups(d, to);
    case VIRTIO_NET_ANNOUNCED:
    case VIRTIO_NET_COMMANDS:
        break;
    }
    return 0;
}

static bool send_wanted(struct virtio_net *d, enum virtio_net_command c)
{
    if (!d->wanted[c] || d->in_flight[c])
        return false;
    d->wanted[c] = !send_command(d, c, put_data(d, c, place(d, c) + HEAD_BYTES));
    return !d->wanted[c];
}

/* In their order; what finds no room, or is under way with older data, follows later. */
static void pump(struct virtio_net *d)
{
    bool sent = false;
    for (int c = 0; c < VIRTIO_NET_COMMANDS; c++)
        sent = send_wanted(d, (enum virtio_net_command)c) || sent;
    if (sent)
        virtio_net_notify(d, VIRTIO_NET_CONTROL);
}

/* True: some were. */
static bool take_answers(struct virtio_net *d)
{
    uint32_t written;
    uint8_t *p;
    bool any = false;
    while ((p = virtqueue_take(&d->queue[VIRTIO_NET_CONTROL], &written)) != NULL) {
        took_back(d, p);
        d->counter[VIRTIO_NET_CONTROL_REFUSED] += written < 1 || p[ACK_AT] != ACK_OK;
        any = true;
    }
    return any;
}

/* Answers are heard of while there are any to come; one that came meanwhile has no interrupt. */
void virtio_net_control_reap(struct virtio_net *d)
{
    struct virtqueue *q = &d->queue[VIRTIO_NET_CONTROL];
    if (!d->control)
        return;
    do {
        do
            pump(d);
        while (take_answers(d));
    } while (virtio_net_control_waits(d) && !q->broken && virtqueue_listen(q));
    if (!virtio_net_control_waits(d))
        virtqueue_quiet(q);
}

void virtio_net_send_filter(struct virtio_net *d)
{
    if (!d->running || !d->control || !virtio_has(&d->v, VIRTIO_NET_F_CTRL_RX))
        return;
    d->wanted[VIRTIO_NET_PROMISCUOUS] = true;
    d->wanted[VIRTIO_NET_ALL_GROUPS] = true;
    d->wanted[VIRTIO_NET_GROUPS] = true;
    virtio_net_control_reap(d);
}

/* 5.1.6.5.4: the device's wish is cleared when it hears that it was met. */
void virtio_net_send_announced(struct virtio_net *d)
{
    if (!d->control)
        return;
    d->wanted[VIRTIO_NET_ANNOUNCED] = true;
    virtio_net_control_reap(d);
}

void virtio_net_control_take_all(struct virtio_net *d)
{
    uint8_t *p;
    while (d->control && (p = virtqueue_take_back(&d->queue[VIRTIO_NET_CONTROL])) != NULL)
        took_back(d, p);
    memset(d->wanted, 0, sizeof d->wanted);
}

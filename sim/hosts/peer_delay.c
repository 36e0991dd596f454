/* Datagrams that a peer sends later than it could. */
#include "sim/hosts/peer_ip.h"
#include <string.h>

/* The earliest; of several at one instant the one that was put in first. */
static struct peer_delayed *earliest(struct peer_ip *ip)
{
    struct peer_delayed *first = NULL;
    for (int k = 0; k < PEER_DELAYED; k++) {
        struct peer_delayed *d = &ip->delayed[k];
        if (!d->datagram.payload)
            continue;
        if (!first || d->due_ns < first->due_ns ||
            (d->due_ns == first->due_ns && d->order < first->order))
            first = d;
    }
    return first;
}

static struct peer_delayed *free_slot(struct peer_ip *ip)
{
    for (int k = 0; k < PEER_DELAYED; k++)
        if (!ip->delayed[k].datagram.payload)
            return &ip->delayed[k];
    return NULL;
}

void peer_send_udp_later(struct peer_ip *ip, int port, const struct peer_datagram *d,
                         int64_t delay_ns)
{
    if (delay_ns <= 0) {
        peer_send_udp(ip, port, d);
        return;
    }
    struct peer_delayed *slot = free_slot(ip);
    if (!slot) {
        ip->unresolved++;
        return;
    }
    uint8_t *copy = host_alloc(ip->host, (size_t)d->len + 1);
    memcpy(copy, d->payload, d->len);
    *slot = (struct peer_delayed){host_now(ip->host) + delay_ns, ip->next_order++, port, *d, {0}};
    slot->datagram.payload = copy;
    if (d->to_mac) {
        memcpy(slot->to_mac, d->to_mac, sizeof slot->to_mac);
        slot->datagram.to_mac = slot->to_mac;
    }
    host_due(ip->host, earliest(ip)->due_ns);
}

void peer_ip_due(struct peer_ip *ip, int64_t now_ns)
{
    struct peer_delayed *d;
    while ((d = earliest(ip)) != NULL && d->due_ns <= now_ns) {
        void *copy = (void *)(uintptr_t)d->datagram.payload;
        peer_send_udp(ip, d->port, &d->datagram);
        d->datagram.payload = NULL;
        world_release(ip->host->world, copy, (size_t)d->datagram.len + 1);
    }
    host_due(ip->host, d ? d->due_ns : NEVER);
}

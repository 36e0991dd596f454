#include "stack/socket/socket_inside.h"
#include "stack/wire/ipv4.h"

static void receive_packet(struct raw_pcb *pcb, struct stack *s, struct netbuf *nb,
                           const struct ip_received *r, int64_t now_ns)
{
    (void)now_ns;
    struct socket_address from = {r->source, 0};
    socket_queue_put(s, pcb->owner, nb, &from);
}

static void hear_error(struct raw_pcb *pcb, struct stack *s, const struct ip_error *e)
{
    struct socket *k = pcb->owner;
    if (k->report_errors || (k->connected && e->hard))
        socket_fail(s, k, e->error);
}

/* A raw socket hears its protocol from the start; bind and connect only narrow it. */
static int raw_open(struct stack *s, struct socket *k)
{
    struct raw_pcb *pcb = &k->pcb.raw;
    pcb->local.family = (uint32_t)k->family;
    pcb->protocol = k->protocol;
    pcb->multicast_ttl = 1;
    pcb->ip_flags = k->protocol == RAW_PROTOCOL_ANY ? IP_HEADER_INCLUDED : 0;
    pcb->receive = receive_packet;
    pcb->error = hear_error;
    pcb->owner = k;
    return raw_bind(s, pcb);
}

static int raw_socket_bind(struct stack *s, struct socket *k, const struct socket_address *local)
{
    if (!addr_is_any(&local->addr) && !ip_is_local(s, &local->addr))
        return -ERR_ADDRNOTAVAIL;
    k->pcb.raw.local = local->addr;
    k->address_chosen = !addr_is_any(&local->addr);
    return 0;
}

static int raw_socket_connect(struct stack *s, struct socket *k, const struct socket_address *peer,
                              int64_t now_ns)
{
    (void)now_ns;
    struct raw_pcb *pcb = &k->pcb.raw;
    if (!peer) {
        pcb->remote = (struct ip_addr){0};
        if (!k->address_chosen)
            pcb->local = (struct ip_addr){.family = (uint32_t)k->family};
        k->connected = k->shut_read = k->shut_write = false;
        return 0;
    }
    struct ip_addr any = {.family = (uint32_t)k->family}, to = socket_destination(&peer->addr);
    struct ip_path path;
    int err = ip_path(s, &to, k->address_chosen ? &pcb->local : &any, pcb->nif, &path);
    if (err < 0)
        return err;
    if (path.broadcast && !(pcb->ip_flags & IP_BROADCAST_OK))
        return -ERR_ACCES;
    if (!k->address_chosen)
        pcb->local = path.source;
    pcb->remote = to;
    k->connected = true;
    return 0;
}

static int raw_socket_send(struct stack *s, struct socket *k, const void *bytes, size_t len,
                           int flags, const struct socket_address *to, int64_t now_ns)
{
    (void)flags;
    struct raw_pcb *pcb = &k->pcb.raw;
    if (!to && !k->connected)
        return -ERR_DESTADDRREQ;
    if (len > 65535)
        return -ERR_MSGSIZE;
    struct ip_addr where = to ? socket_destination(&to->addr) : pcb->remote;
    struct ip_path path;
    bool whole = pcb->ip_flags & IP_HEADER_INCLUDED;
    if (ip_path(s, &where, &pcb->local, pcb->nif, &path) >= 0 && !whole) {
        bool df = socket_dont_fragment(s, k, (uint32_t)len, path.mtu);
        if (df && len + IPV4_MIN_HDR_LEN > path.mtu)
            return -ERR_MSGSIZE;
        socket_set_flag(&pcb->ip_flags, IP_DONT_FRAGMENT, df);
    }
    int err = raw_send(s, pcb, bytes, (uint32_t)len, &where, now_ns);
    return err < 0 ? err : (int)len;
}

static void raw_socket_close(struct stack *s, struct socket *k, int64_t now_ns)
{
    (void)now_ns;
    raw_unbind(s, &k->pcb.raw);
}

static void raw_socket_name(struct stack *s, const struct socket *k, struct socket_address *out)
{
    (void)s;
    *out = (struct socket_address){k->pcb.raw.local,
                                   k->protocol}; /* the protocol as the port: so does Linux */
}

static int raw_socket_peer(struct stack *s, const struct socket *k, struct socket_address *out)
{
    (void)s;
    if (!k->connected)
        return -ERR_NOTCONN;
    *out = (struct socket_address){k->pcb.raw.remote, 0};
    return 0;
}

static int raw_socket_set(struct stack *s, struct socket *k, enum socket_option option,
                          int64_t value)
{
    struct raw_pcb *pcb = &k->pcb.raw;
    switch (option) {
    case SO_OPT_BROADCAST:
        return socket_set_flag(&pcb->ip_flags, IP_BROADCAST_OK, value);
    case SO_OPT_REUSEADDR:
        return 0; /* nothing is exclusive here */
    case IP_OPT_TTL:
        return socket_set_ttl(&pcb->ttl, value);
    case IP_OPT_TOS:
        pcb->tos = (uint8_t)value;
        return 0;
    case IP_OPT_MULTICAST_TTL:
        return socket_set_ttl(&pcb->multicast_ttl, value);
    case IP_OPT_HDRINCL:
        return socket_set_flag(&pcb->ip_flags, IP_HEADER_INCLUDED, value);
    case IP_OPT_ADD_MEMBERSHIP:
        return socket_join(s, k, pcb->nif, (uint32_t)value);
    case IP_OPT_DROP_MEMBERSHIP:
        return socket_leave(s, k, pcb->nif, (uint32_t)value);
    default:
        return -ERR_NOPROTOOPT;
    }
}

static int raw_socket_get(struct stack *s, struct socket *k, enum socket_option option,
                          int64_t *value)
{
    const struct raw_pcb *pcb = &k->pcb.raw;
    switch (option) {
    case SO_OPT_BROADCAST:
        *value = (pcb->ip_flags & IP_BROADCAST_OK) != 0;
        return 0;
    case SO_OPT_BINDTODEVICE:
        *value = pcb->nif ? (int64_t)pcb->nif->index : -1;
        return 0;
    case IP_OPT_TTL:
        return socket_get_ttl(s, pcb->ttl, value);
    case IP_OPT_TOS:
        *value = pcb->tos;
        return 0;
    case IP_OPT_MULTICAST_TTL:
        *value = pcb->multicast_ttl ? pcb->multicast_ttl : 1;
        return 0;
    case IP_OPT_HDRINCL:
        *value = (pcb->ip_flags & IP_HEADER_INCLUDED) != 0;
        return 0;
    default:
        return -ERR_NOPROTOOPT;
    }
}

static int raw_bind_device(struct stack *s, struct socket *k, struct netif *nif)
{
    (void)s;
    k->pcb.raw.nif = nif;
    return 0;
}

const struct socket_ops socket_raw_ops = {
    .open = raw_open,
    .bind = raw_socket_bind,
    .connect = raw_socket_connect,
    .send = raw_socket_send,
    .receive = socket_queue_receive,
    .close = raw_socket_close,
    .name = raw_socket_name,
    .peer = raw_socket_peer,
    .set = raw_socket_set,
    .get = raw_socket_get,
    .bind_device = raw_bind_device,
    .shutdown = socket_shutdown_queue,
    .events = socket_queue_events,
};

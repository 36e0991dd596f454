#include "stack/socket/socket_inside.h"

static struct raw_pcb *raw_of(const struct socket *k)
{
    return (struct raw_pcb *)(void *)k->pcb;
}

static void receive_packet(struct raw_pcb *pcb, struct stack *s, struct netbuf *nb,
                           const struct ip_received *r, int64_t now_ns)
{
    (void)now_ns;
    socket_queue_put(s, pcb->owner, nb, r, 0);
}

static void hear_error(struct raw_pcb *pcb, struct stack *s, const struct ip_error *e,
                       int64_t now_ns)
{
    (void)now_ns;
    struct socket *k = pcb->owner;
    if (k->report_errors || (k->connected && e->hard))
        socket_fail(s, k, e->error);
}

/* A raw socket hears its protocol from the start; bind and connect only narrow it. */
static int raw_open(struct stack *s, struct socket *k)
{
    struct raw_pcb *pcb = raw_new(s);
    if (!pcb)
        return -ERR_NOBUFS;
    k->pcb = &pcb->ip;
    pcb->ip.local.family = k->family;
    pcb->protocol = k->protocol;
    pcb->ip.multicast_ttl = 1;
    pcb->ip.ip_flags = k->protocol == RAW_PROTOCOL_ANY ? IP_HEADER_INCLUDED : 0;
    pcb->receive = receive_packet;
    pcb->error = hear_error;
    pcb->owner = k;
    return raw_bind(s, pcb);
}

static int raw_socket_bind(struct stack *s, struct socket *k, const struct socket_address *local)
{
    if (!addr_is_any(&local->addr) && !ip_is_local(s, &local->addr))
        return -ERR_ADDRNOTAVAIL;
    k->pcb->local = local->addr;
    k->address_chosen = !addr_is_any(&local->addr);
    return 0;
}

static int raw_socket_connect(struct stack *s, struct socket *k, const struct socket_address *peer,
                              int64_t now_ns)
{
    (void)now_ns;
    struct raw_pcb *pcb = raw_of(k);
    if (!peer) {
        socket_dissolve(k);
        ip_pcb_connect(&pcb->ip, NULL);
        if (!k->address_chosen)
            pcb->ip.local = (struct ip_addr){.family = k->family};
        return 0;
    }
    struct ip_addr any = {.family = k->family}, to = socket_destination(&peer->addr);
    struct ip_path path;
    int err = ip_path(s, &to, k->address_chosen ? &pcb->ip.local : &any, pcb->ip.nif, &path);
    if (err < 0)
        return err;
    if (path.broadcast && !(pcb->ip.ip_flags & IP_BROADCAST_OK))
        return -ERR_ACCES;
    if (!k->address_chosen)
        pcb->ip.local = path.source;
    ip_pcb_connect(&pcb->ip, &to);
    pcb->ip.has_sent = false;
    k->connected = true;
    return 0;
}

static int raw_socket_send(struct stack *s, struct socket *k, const void *bytes, size_t len,
                           int flags, const struct socket_address *to, int64_t now_ns)
{
    (void)flags;
    struct raw_pcb *pcb = raw_of(k);
    if (!to && !k->connected)
        return -ERR_DESTADDRREQ;
    if (len > 65535)
        return -ERR_MSGSIZE;
    struct ip_addr where = to ? socket_destination(&to->addr) : pcb->ip.remote;
    bool whole = pcb->ip.ip_flags & IP_HEADER_INCLUDED; /* DF is the caller's, too */
    if (!whole)
        socket_choose_fragmenting(s, k);
    int err = raw_send(s, pcb, bytes, (uint32_t)len, &where, now_ns);
    return err < 0 ? err : (int)len;
}

static void raw_socket_close(struct stack *s, struct socket *k, int64_t now_ns)
{
    (void)now_ns;
    raw_free(s, raw_of(k));
}

static void raw_socket_name(struct stack *s, const struct socket *k, struct socket_address *out)
{
    (void)s;
    *out = (struct socket_address){k->pcb->local,
                                   k->protocol}; /* the protocol as the port: so does Linux */
}

static int raw_socket_peer(struct stack *s, const struct socket *k, struct socket_address *out)
{
    (void)s;
    if (!k->connected)
        return -ERR_NOTCONN;
    *out = (struct socket_address){k->pcb->remote, 0};
    return 0;
}

static int raw_socket_set(struct stack *s, struct socket *k, enum socket_option option,
                          int64_t value, int64_t now_ns)
{
    (void)now_ns;
    (void)s;
    if (option == SO_OPT_REUSEADDR)
        return 0; /* nothing is exclusive here */
    if (option == IP_OPT_HDRINCL)
        return socket_set_flag(&k->pcb->ip_flags, IP_HEADER_INCLUDED, value);
    return -ERR_NOPROTOOPT;
}

static int raw_socket_get(struct stack *s, struct socket *k, enum socket_option option,
                          int64_t *value)
{
    (void)s;
    if (option != IP_OPT_HDRINCL)
        return -ERR_NOPROTOOPT;
    *value = (k->pcb->ip_flags & IP_HEADER_INCLUDED) != 0;
    return 0;
}

static bool serves(int protocol)
{
    return protocol > 0 && protocol <= RAW_PROTOCOL_ANY;
}

const struct socket_ops socket_raw_ops = {
    .module = MODULE_RAW,
    .type = SOCKET_RAW,
    .serves = serves,
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
    .shutdown = socket_shutdown_queue,
    .events = socket_queue_events,
};

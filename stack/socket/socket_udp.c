#include "stack/socket/socket_inside.h"
#include "stack/core/mem.h"
#include "stack/wire/ipproto.h"
#include "stack/wire/udp.h"

static struct udp_pcb *udp_of(const struct socket *k)
{
    return (struct udp_pcb *)(void *)k->pcb;
}

static void receive_datagram(struct udp_pcb *pcb, struct stack *s, struct netbuf *nb,
                             const struct ip_received *r, uint16_t from_port, int64_t now_ns)
{
    (void)now_ns;
    socket_queue_put(s, pcb->owner, nb, r, from_port);
}

/* RFC 1122 4.1.3.3 wants errors passed up; a socket that cannot tell which of its datagrams failed
 * hears only when it asks to. */
static void hear_error(struct udp_pcb *pcb, struct stack *s, const struct ip_error *e,
                       int64_t now_ns)
{
    (void)now_ns;
    struct socket *k = pcb->owner;
    bool too_big = e->kind == IP_ERROR_TOO_LONG;
    if (too_big &&
        (k->mtu_discover == 0 || e->mtu == 0)) /* nobody asked, or IP did not believe it */
        return;
    if (k->report_errors || (k->connected && (e->hard || too_big)))
        socket_fail(s, k, e->error);
}

static int udp_open(struct stack *s, struct socket *k)
{
    struct udp_pcb *pcb = udp_new(s);
    if (!pcb)
        return -ERR_NOBUFS;
    pcb->end.ip.local.family = k->family;
    pcb->end.ip.multicast_ttl = 1;
    pcb->end.multicast_loop = true;
    pcb->receive = receive_datagram;
    pcb->error = hear_error;
    pcb->owner = k;
    k->pcb = &pcb->end.ip;
    return 0;
}

static int udp_socket_bind(struct stack *s, struct socket *k, const struct socket_address *local)
{
    struct udp_pcb *pcb = udp_of(k);
    if (pcb->end.local_port)
        return -ERR_INVAL;
    pcb->end.ip.local = local->addr;
    pcb->end.local_port = local->port;
    int err = udp_bind(s, pcb);
    if (err < 0) {
        pcb->end.ip.local = (struct ip_addr){.family = k->family};
        pcb->end.local_port = 0;
        return err;
    }
    k->address_chosen = !addr_is_any(&local->addr);
    k->port_chosen = local->port != 0;
    return 0;
}

/* What bind named stays, what connect chose goes. */
static void forget_address(struct stack *s, struct socket *k)
{
    struct ip_addr any = {.family = k->family};
    if (!k->address_chosen)
        udp_set_local(s, udp_of(k), &any);
}

static int udp_socket_connect(struct stack *s, struct socket *k, const struct socket_address *peer,
                              int64_t now_ns)
{
    (void)now_ns;
    struct udp_pcb *pcb = udp_of(k);
    if (!peer) {
        socket_dissolve(k);
        udp_connect(s, pcb, NULL, 0);
        forget_address(s, k);
        if (!k->port_chosen)
            udp_unbind(s, pcb);
        return 0;
    }
    if (!peer->port)
        return -ERR_INVAL;
    struct ip_addr before = pcb->end.ip.local, to = socket_destination(&peer->addr);
    forget_address(s, k);
    int err = udp_connect(s, pcb, &to, peer->port);
    if (err < 0) {
        udp_set_local(s, pcb, &before);
        return err;
    }
    k->connected = true;
    return 0;
}

static int udp_socket_send(struct stack *s, struct socket *k, const void *bytes, size_t len,
                           int flags, const struct socket_address *to, int64_t now_ns)
{
    (void)flags;
    struct udp_pcb *pcb = udp_of(k);
    if (!to && !k->connected)
        return -ERR_DESTADDRREQ;
    if (len > UDP_MAX_PAYLOAD4)
        return -ERR_MSGSIZE;
    struct ip_addr where = to ? socket_destination(&to->addr) : pcb->end.ip.remote;
    uint16_t port = to ? to->port : pcb->end.remote_port;
    socket_choose_fragmenting(s, k);
    int err = udp_send(s, pcb, bytes, (uint32_t)len, &where, port, now_ns);
    return err < 0 ? err : (int)len;
}

static void udp_socket_close(struct stack *s, struct socket *k, int64_t now_ns)
{
    (void)now_ns;
    udp_free(s, udp_of(k));
}

static void udp_socket_name(struct stack *s, const struct socket *k, struct socket_address *out)
{
    (void)s;
    *out = (struct socket_address){k->pcb->local, udp_of(k)->end.local_port};
}

static int udp_socket_peer(struct stack *s, const struct socket *k, struct socket_address *out)
{
    (void)s;
    if (!k->connected)
        return -ERR_NOTCONN;
    *out = (struct socket_address){k->pcb->remote, udp_of(k)->end.remote_port};
    return 0;
}

static int udp_socket_set(struct stack *s, struct socket *k, enum socket_option option,
                          int64_t value, int64_t now_ns)
{
    (void)now_ns;
    struct udp_pcb *pcb = udp_of(k);
    (void)s;
    switch (option) {
    case SO_OPT_REUSEADDR:
        pcb->end.reuse = value != 0;
        return 0;
    case IP_OPT_MULTICAST_LOOP:
        pcb->end.multicast_loop = value != 0;
        return 0;
    case UDP_OPT_NO_CHECKSUM:
        pcb->end.no_checksum = value != 0;
        return 0;
    default:
        return -ERR_NOPROTOOPT;
    }
}

static int udp_set_ip_options(struct stack *s, struct socket *k, const uint8_t *options, size_t len)
{
    struct udp_pcb *pcb = udp_of(k);
    (void)s;
    if (k->family != ADDR_IPV4)
        return -ERR_NOPROTOOPT;
    int err = ip_check_options(options, len);
    if (err < 0)
        return err;
    memset(pcb->options, 0, sizeof pcb->options);
    if (len)
        memcpy(pcb->options, options, len);
    pcb->end.options_len = (uint8_t)len;
    return 0;
}

static int path_mtu(struct stack *s, const struct socket *k, int64_t *value)
{
    const struct udp_pcb *pcb = udp_of(k);
    if (!k->connected)
        return -ERR_NOTCONN;
    struct ip_path path;
    int err = ip_path(s, &pcb->end.ip.remote, &pcb->end.ip.local, pcb->end.ip.nif, &path);
    *value = err < 0 ? 0 : path.mtu;
    return err;
}

static int udp_socket_get(struct stack *s, struct socket *k, enum socket_option option,
                          int64_t *value)
{
    const struct udp_pcb *pcb = udp_of(k);
    switch (option) {
    case SO_OPT_REUSEADDR:
        *value = pcb->end.reuse;
        return 0;
    case IP_OPT_MULTICAST_LOOP:
        *value = pcb->end.multicast_loop;
        return 0;
    case UDP_OPT_NO_CHECKSUM:
        *value = pcb->end.no_checksum;
        return 0;
    case IP_OPT_MTU:
        return path_mtu(s, k, value);
    default:
        return -ERR_NOPROTOOPT;
    }
}

static bool serves(int protocol)
{
    return protocol == 0 || protocol == IP_PROTO_UDP;
}

const struct socket_ops socket_udp_ops = {
    .module = MODULE_UDP,
    .type = SOCKET_DGRAM,
    .serves = serves,
    .open = udp_open,
    .bind = udp_socket_bind,
    .connect = udp_socket_connect,
    .send = udp_socket_send,
    .receive = socket_queue_receive,
    .close = udp_socket_close,
    .name = udp_socket_name,
    .peer = udp_socket_peer,
    .set = udp_socket_set,
    .get = udp_socket_get,
    .set_ip_options = udp_set_ip_options,
    .shutdown = socket_shutdown_queue,
    .events = socket_queue_events,
};

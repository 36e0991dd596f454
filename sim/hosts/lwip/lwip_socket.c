/* BSD calls over lwIP's UDP and raw control blocks. ICMP errors do not reach them: lwIP's raw API
 * does not pass them on. */
#include "sim/hosts/lwip/lwip_sut.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum { LONGEST = 65535 };

static struct lwip_socket *socket_of(struct lwip_sut *u, const struct value *v)
{
    if (v->kind != VALUE_NUMBER || v->number < 0 || v->number >= LWIP_SOCKETS ||
        !u->socket[v->number].owner || u->socket[v->number].stream.there)
        return NULL;
    return &u->socket[v->number];
}

/* --- receiving --- */

static void fill(struct lwip_sut *u, struct lwip_socket *s, uint32_t room, struct value *out,
                 int64_t *result)
{
    struct lwip_datagram d = s->queue[s->first];
    uint32_t len = d.bytes->tot_len < room ? d.bytes->tot_len : room;
    s->first = (s->first + 1) % LWIP_QUEUE;
    s->queued--;
    pbuf_copy_partial(d.bytes, u->bytes, (u16_t)len, 0);
    pbuf_free(d.bytes);
    u->bytes[len] = 0;
    out[1] = (struct value){.kind = VALUE_BYTES, .bytes = u->bytes, .len = len};
    out[4] = (struct value){.kind = VALUE_ENDPOINT, .number = d.from, .prefix = d.port};
    *result = len;
}

static void queue(struct lwip_socket *s, struct pbuf *p, const ip_addr_t *from, uint16_t port)
{
    if (s->queued == LWIP_QUEUE) {
        pbuf_free(p);
        return;
    }
    s->queue[(s->first + s->queued++) % LWIP_QUEUE] =
        (struct lwip_datagram){p, lwip_ntohl(ip_addr_get_ip4_u32(from)), port};
    struct lwip_wait wait = s->wait[0];
    if (!wait.token)
        return;
    int64_t result;
    memmove(s->wait, s->wait + 1, sizeof s->wait - sizeof s->wait[0]);
    s->wait[LWIP_WAITS - 1].token = 0;
    memset(s->owner->out, 0, sizeof s->owner->out);
    fill(s->owner, s, wait.room, s->owner->out, &result);
    lwip_done(s->owner, wait.token, result, s->owner->out);
}

static void udp_came(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
                     u16_t port)
{
    (void)pcb;
    queue(arg, p, from, port);
}

/* A raw socket gets a copy, IP header first; the packet goes on to whoever else wants it. */
static u8_t raw_came(void *arg, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *from)
{
    (void)pcb;
    struct pbuf *copy = pbuf_clone(PBUF_RAW, PBUF_RAM, p);
    if (copy)
        queue(arg, copy, from, 0);
    return 0;
}

static int64_t call_receive(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                            struct value *out)
{
    struct lwip_socket *s = socket_of(u, &argv[0]);
    int64_t result = 0;
    int64_t flags = argc > 3 ? argv[3].number : 0;
    if (!s)
        return -EBADF;
    if (argv[2].kind != VALUE_NUMBER || argv[2].number < 0 || argv[2].number >= LWIP_BYTES)
        return -EINVAL;
    if (flags & ~(int64_t)MSG_DONTWAIT)
        return SUT_UNKNOWN;
    if (s->queued) {
        fill(u, s, (uint32_t)argv[2].number, out, &result);
        return result;
    }
    if (s->nonblocking || flags & MSG_DONTWAIT)
        return -EAGAIN;
    for (int k = 0; k < LWIP_WAITS; k++) {
        if (s->wait[k].token)
            continue;
        s->wait[k] = (struct lwip_wait){token, (uint32_t)argv[2].number};
        return SUT_PENDING;
    }
    return -ENOBUFS;
}

/* --- sending --- */

/* lwIP says "no route" of an interface that is down as well; BSD tells the two apart. */
static int64_t unsent(const struct lwip_sut *u, err_t e)
{
    bool up = false;
    for (int p = 0; p < u->ports; p++)
        up = up || (netif_is_up(&u->netif[p]) && netif_is_link_up(&u->netif[p]));
    return e == ERR_RTE && !up ? -ENETDOWN : lwip_error(e);
}

static int64_t send_bytes(struct lwip_socket *s, const struct value *bytes, const struct value *to)
{
    ip_addr_t address;
    bool given = to && to->kind == VALUE_ENDPOINT;
    if (bytes->kind != VALUE_BYTES)
        return -EINVAL;
    if (bytes->len > LONGEST - (s->udp ? IP_HLEN + UDP_HLEN : IP_HLEN))
        return -EMSGSIZE;
    if (!given && !s->connected)
        return -EDESTADDRREQ;
    struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)bytes->len, PBUF_RAM);
    if (!p)
        return -ENOBUFS;
    pbuf_take(p, bytes->bytes, (u16_t)bytes->len);
    err_t e;
    if (given)
        lwip_address(to, &address);
    if (s->udp)
        e = given ? udp_sendto(s->udp, p, &address, (u16_t)to->prefix) : udp_send(s->udp, p);
    else
        e = given ? raw_sendto(s->raw, p, &address) : raw_send(s->raw, p);
    pbuf_free(p);
    return e == ERR_OK ? (int64_t)bytes->len : unsent(s->owner, e);
}

static int64_t call_send(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                         struct value *out)
{
    (void)token, (void)argc, (void)out;
    struct lwip_socket *s = socket_of(u, &argv[0]);
    return s ? send_bytes(s, &argv[1], NULL) : -EBADF;
}

static int64_t call_sendto(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                           struct value *out)
{
    (void)token, (void)argc, (void)out;
    struct lwip_socket *s = socket_of(u, &argv[0]);
    return s ? send_bytes(s, &argv[1], &argv[4]) : -EBADF;
}

/* --- sockets --- */

/* BSD's protocol 255 sends whole packets and hears nothing. */
static void prepare_raw(struct lwip_socket *s)
{
    if (s->raw->protocol == IPPROTO_RAW)
        raw_setflags(s->raw, RAW_FLAGS_HDRINCL);
    else
        raw_recv(s->raw, raw_came, s);
}

static int64_t call_socket(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                           struct value *out)
{
    (void)token, (void)argc, (void)out;
    int type = (int)argv[1].number & 0xf, fd = 0;
    if (type == SOCK_STREAM || argv[0].number != AF_INET)
        return SUT_UNKNOWN;
    while (fd < LWIP_SOCKETS && u->socket[fd].owner)
        fd++;
    if (fd == LWIP_SOCKETS)
        return -EMFILE;
    struct lwip_socket *s = &u->socket[fd];
    *s = (struct lwip_socket){.owner = u, .nonblocking = argv[1].number & SOCK_NONBLOCK};
    if (type == SOCK_DGRAM && (s->udp = udp_new()))
        udp_recv(s->udp, udp_came, s);
    else if (type == SOCK_RAW && (s->raw = raw_new((u8_t)argv[2].number)))
        prepare_raw(s);
    if (s->udp || s->raw)
        return fd;
    s->owner = NULL;
    return -ENOBUFS;
}

static int64_t call_bind(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                         struct value *out)
{
    (void)token, (void)argc, (void)out;
    struct lwip_socket *s = socket_of(u, &argv[0]);
    ip_addr_t address;
    if (!s)
        return -EBADF;
    if (!lwip_address(&argv[1], &address))
        return -EINVAL;
    return lwip_error(s->udp ? udp_bind(s->udp, &address, (u16_t)argv[1].prefix)
                             : raw_bind(s->raw, &address));
}

static int64_t call_connect(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                            struct value *out)
{
    (void)token, (void)argc, (void)out;
    struct lwip_socket *s = socket_of(u, &argv[0]);
    ip_addr_t address;
    if (!s)
        return -EBADF;
    if (!lwip_address(&argv[1], &address))
        return -EINVAL;
    err_t e = s->udp ? udp_connect(s->udp, &address, (u16_t)argv[1].prefix)
                     : raw_connect(s->raw, &address);
    s->connected = e == ERR_OK;
    return lwip_error(e);
}

static void close_socket(struct lwip_socket *s)
{
    for (; s->queued; s->queued--, s->first = (s->first + 1) % LWIP_QUEUE)
        pbuf_free(s->queue[s->first].bytes);
    if (s->udp)
        udp_remove(s->udp);
    if (s->raw)
        raw_remove(s->raw);
    s->owner = NULL;
}

static int64_t call_close(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                          struct value *out)
{
    (void)token, (void)argc, (void)out;
    struct lwip_socket *s = socket_of(u, &argv[0]);
    if (!s)
        return -EBADF;
    close_socket(s);
    return 0;
}

void lwip_sockets_close(struct lwip_sut *u)
{
    for (int fd = 0; fd < LWIP_SOCKETS; fd++)
        if (u->socket[fd].owner && u->socket[fd].stream.there)
            lwip_stream_close(u, &u->socket[fd].stream);
        else if (u->socket[fd].owner)
            close_socket(&u->socket[fd]);
}

static int64_t call_getsockname(struct lwip_sut *u, uint64_t token, const struct value *argv,
                                int argc, struct value *out)
{
    (void)token, (void)argc;
    struct lwip_socket *s = socket_of(u, &argv[0]);
    if (!s)
        return -EBADF;
    const ip_addr_t *local = s->udp ? &s->udp->local_ip : &s->raw->local_ip;
    out[1] = (struct value){.kind = VALUE_ENDPOINT,
                            .number = lwip_ntohl(ip_addr_get_ip4_u32(local)),
                            .prefix = s->udp ? s->udp->local_port : 0};
    return 0;
}

static int64_t call_setsockopt(struct lwip_sut *u, uint64_t token, const struct value *argv,
                               int argc, struct value *out)
{
    (void)token, (void)argc, (void)out;
    struct lwip_socket *s = socket_of(u, &argv[0]);
    if (!s)
        return -EBADF;
    const struct value *v =
        argv[3].kind == VALUE_LIST && argv[3].items == 1 ? &argv[3].item[0] : &argv[3];
    struct ip_pcb *pcb = s->udp ? (struct ip_pcb *)s->udp : (struct ip_pcb *)s->raw;
    if (argv[1].number == IPPROTO_IP && argv[2].number == IP_TTL && v->number >= 1 &&
        v->number <= 255) {
        pcb->ttl = (u8_t)v->number;
    } else if (argv[1].number == IPPROTO_IP && argv[2].number == IP_TOS) {
        pcb->tos = (u8_t)v->number;
    } else if (argv[1].number == IPPROTO_IP && argv[2].number == IP_MULTICAST_TTL) {
        *(s->udp ? &s->udp->mcast_ttl : &s->raw->mcast_ttl) = (u8_t)v->number;
    } else if (argv[1].number == SOL_SOCKET && argv[2].number == SO_BROADCAST) {
        pcb->so_options =
            (u8_t)(v->number ? pcb->so_options | SOF_BROADCAST : pcb->so_options & ~SOF_BROADCAST);
    } else if (argv[1].number == SOL_SOCKET && argv[2].number == SO_REUSEADDR) {
        pcb->so_options =
            (u8_t)(v->number ? pcb->so_options | SOF_REUSEADDR : pcb->so_options & ~SOF_REUSEADDR);
    } else {
        return SUT_UNKNOWN;
    }
    return 0;
}

const struct lwip_call_entry lwip_socket_calls[] = {
    {"socket", call_socket, 3},
    {"bind", call_bind, 2},
    {"connect", call_connect, 2},
    {"send", call_send, 3},
    {"write", call_send, 3},
    {"sendto", call_sendto, 5},
    {"recv", call_receive, 3},
    {"read", call_receive, 3},
    {"recvfrom", call_receive, 3},
    {"close", call_close, 1},
    {"getsockname", call_getsockname, 2},
    {"setsockopt", call_setsockopt, 4},
    {NULL, NULL, 0},
};

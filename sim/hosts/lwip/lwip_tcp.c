/* BSD calls over lwIP's TCP control blocks, by its raw API: what cannot end at once waits here for
 * lwIP's callbacks. */
#include "sim/hosts/lwip/lwip_sut.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <lwip/tcp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

struct lwip_stream *lwip_stream_of(struct lwip_sut *u, const struct value *v)
{
    if (v->kind != VALUE_NUMBER || v->number < 0 || v->number >= LWIP_SOCKETS ||
        !u->socket[v->number].owner || !u->socket[v->number].stream.there)
        return NULL;
    return &u->socket[v->number].stream;
}

static struct lwip_socket *socket_of(struct lwip_sut *u, const struct lwip_stream *s)
{
    return &u->socket[s->fd];
}

static void finish(struct lwip_sut *u, struct lwip_stream_wait *w, int64_t result)
{
    uint64_t token = w->token;
    w->token = 0;
    lwip_done(u, token, result, u->out);
}

/* --- receiving --- */

int64_t lwip_stream_error(struct lwip_stream *s)
{
    int error = s->error;
    s->error = 0;
    return -error;
}

/* -EAGAIN: nothing is there yet. */
static int64_t receive_now(struct lwip_sut *u, struct lwip_stream *s, uint32_t room, bool peek,
                           struct value *out)
{
    if (!s->came && s->error)
        return lwip_stream_error(s);
    if (!s->came && (s->ended || s->deaf))
        return 0;
    if (!s->came)
        return s->connected ? -EAGAIN : s->connecting ? -EAGAIN : -ENOTCONN;
    uint16_t len = (uint16_t)(s->came->tot_len < room ? s->came->tot_len : room);
    pbuf_copy_partial(s->came, u->bytes, len, 0);
    u->bytes[len] = 0;
    out[1] = (struct value){.kind = VALUE_BYTES, .bytes = u->bytes, .len = len};
    if (peek)
        return len;
    s->came = pbuf_free_header(s->came, len);
    if (s->pcb)
        tcp_recved(s->pcb, len);
    return len;
}

static void wake_reader(struct lwip_sut *u, struct lwip_stream *s)
{
    struct lwip_stream_wait *w = &s->reading;
    if (!w->token)
        return;
    memset(u->out, 0, sizeof u->out);
    int64_t got = receive_now(u, s, w->room, w->peek, u->out);
    if (got != -EAGAIN)
        finish(u, w, got);
}

static err_t data_came(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    struct lwip_stream *s = arg;
    (void)err;
    if (!s) {
        if (p)
            tcp_recved(pcb, p->tot_len), pbuf_free(p);
        return ERR_OK;
    }
    if (!p)
        s->ended = true;
    else if (s->came)
        pbuf_cat(s->came, p);
    else
        s->came = p;
    wake_reader(s->owner, s);
    return ERR_OK;
}

/* --- sending --- */

/* As many as lwIP takes now. */
static uint32_t write_some(struct lwip_stream *s, const uint8_t *bytes, uint32_t len)
{
    uint32_t sent = 0;
    while (s->pcb && sent < len && tcp_sndbuf(s->pcb) > 0) {
        uint32_t part = len - sent, room = tcp_sndbuf(s->pcb);
        part = part < room ? part : room;
        part = part < 0xffff ? part : 0xffff;
        if (tcp_write(s->pcb, bytes + sent, (u16_t)part, TCP_WRITE_FLAG_COPY) != ERR_OK)
            break;
        sent += part;
    }
    if (s->pcb)
        tcp_output(s->pcb);
    return sent;
}

static void wake_writer(struct lwip_sut *u, struct lwip_stream *s)
{
    struct lwip_stream_wait *w = &s->writing;
    if (!w->token)
        return;
    memset(u->out, 0, sizeof u->out);
    if (s->error) {
        finish(u, w, w->done ? (int64_t)w->done : lwip_stream_error(s));
        return;
    }
    w->done += write_some(s, w->bytes + w->done, w->room - w->done);
    if (w->done == w->room)
        finish(u, w, w->done);
}

static err_t was_acknowledged(void *arg, struct tcp_pcb *pcb, u16_t len)
{
    struct lwip_stream *s = arg;
    (void)pcb, (void)len;
    if (s)
        wake_writer(s->owner, s);
    return ERR_OK;
}

/* --- connections --- */

static void failed(void *arg, err_t err)
{
    struct lwip_stream *s = arg;
    if (!s)
        return;
    s->pcb = NULL; /* lwIP has freed it */
    s->error = err == ERR_RST && s->connecting ? ECONNREFUSED
               : err == ERR_RST                ? ECONNRESET
               : err == ERR_ABRT               ? ETIMEDOUT
                                               : EPIPE;
    bool connecting = s->connecting;
    s->connected = s->connecting = false;
    if (connecting && s->writing.token) {
        memset(s->owner->out, 0, sizeof s->owner->out);
        finish(s->owner, &s->writing, lwip_stream_error(s));
        return;
    }
    wake_writer(s->owner, s);
    wake_reader(s->owner, s);
}

static err_t was_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct lwip_stream *s = arg;
    (void)pcb, (void)err;
    if (!s)
        return ERR_OK;
    s->connected = true;
    s->connecting = false;
    if (s->writing.token) {
        memset(s->owner->out, 0, sizeof s->owner->out);
        finish(s->owner, &s->writing, 0);
    }
    return ERR_OK;
}

static void attach(struct lwip_stream *s, struct tcp_pcb *pcb)
{
    s->pcb = pcb;
    tcp_arg(pcb, s);
    tcp_recv(pcb, data_came);
    tcp_sent(pcb, was_acknowledged);
    tcp_err(pcb, failed);
}

static struct lwip_stream *new_stream(struct lwip_sut *u)
{
    int fd = 0;
    while (fd < LWIP_SOCKETS && u->socket[fd].owner)
        fd++;
    if (fd == LWIP_SOCKETS)
        return NULL;
    u->socket[fd] = (struct lwip_socket){
        .owner = u, .stream = {.there = true, .owner = u, .fd = fd, .backlog = 1}};
    return &u->socket[fd].stream;
}

static struct value endpoint(const ip_addr_t *a, uint16_t port)
{
    return (struct value){
        .kind = VALUE_ENDPOINT, .number = lwip_ntohl(ip_addr_get_ip4_u32(a)), .prefix = port};
}

static int64_t accept_now(struct lwip_sut *u, struct lwip_stream *s, struct value *out)
{
    if (!s->queued)
        return -EAGAIN;
    int fd = s->queue[0];
    struct lwip_stream *taken = &u->socket[fd].stream;
    memmove(s->queue, s->queue + 1, --s->queued * sizeof s->queue[0]);
    if (taken->pcb)
        out[1] = endpoint(&taken->pcb->remote_ip, taken->pcb->remote_port);
    socket_of(u, taken)->nonblocking =
        s->reading.token ? s->reading.nonblocking : s->next_nonblocking;
    return fd;
}

static err_t connection_came(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct lwip_stream *s = arg;
    if (err != ERR_OK || !pcb || !s)
        return ERR_VAL;
    struct lwip_stream *fresh = s->queued < s->backlog ? new_stream(s->owner) : NULL;
    if (!fresh) {
        tcp_abort(pcb);
        return ERR_ABRT;
    }
    attach(fresh, pcb);
    fresh->connected = true;
    s->queue[s->queued++] = fresh->fd;
    if (s->reading.token) {
        memset(s->owner->out, 0, sizeof s->owner->out);
        int64_t fd = accept_now(s->owner, s, s->owner->out);
        finish(s->owner, &s->reading, fd);
    }
    return ERR_OK;
}

/* --- calls --- */

static int64_t call_socket(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                           struct value *out)
{
    (void)token, (void)argc, (void)out;
    if ((argv[1].number & 0xf) != SOCK_STREAM || argv[0].number != AF_INET)
        return SUT_UNKNOWN;
    struct lwip_stream *s = new_stream(u);
    struct tcp_pcb *pcb = s ? tcp_new_ip_type(IPADDR_TYPE_V4) : NULL;
    if (!pcb) {
        if (s)
            socket_of(u, s)->owner = NULL;
        return s ? -ENOBUFS : -EMFILE;
    }
    attach(s, pcb);
    socket_of(u, s)->nonblocking = argv[1].number & SOCK_NONBLOCK;
    return s->fd;
}

static int64_t call_bind(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                         struct value *out)
{
    (void)token, (void)argc, (void)out;
    struct lwip_stream *s = lwip_stream_of(u, &argv[0]);
    ip_addr_t address;
    if (!s)
        return SUT_UNKNOWN;
    if (!s->pcb || !lwip_address(&argv[1], &address))
        return -EINVAL;
    return lwip_error(tcp_bind(s->pcb, &address, (u16_t)argv[1].prefix));
}

static int64_t call_listen(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                           struct value *out)
{
    (void)token, (void)out;
    struct lwip_stream *s = lwip_stream_of(u, &argv[0]);
    int64_t backlog = argc > 1 ? argv[1].number : 1;
    if (!s)
        return SUT_UNKNOWN;
    if (!s->pcb || s->connected || s->connecting)
        return -EINVAL;
    s->backlog = backlog < 1 ? 1 : backlog > LWIP_BACKLOG ? LWIP_BACKLOG : (uint32_t)backlog;
    if (s->listening)
        return 0;
    struct tcp_pcb *listening = tcp_listen_with_backlog(s->pcb, (u8_t)s->backlog);
    if (!listening)
        return -ENOBUFS;
    s->pcb = listening;
    s->listening = true;
    tcp_arg(listening, s);
    tcp_accept(listening, connection_came);
    return 0;
}

static int64_t call_accept(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                           struct value *out)
{
    struct lwip_stream *s = lwip_stream_of(u, &argv[0]);
    if (!s)
        return SUT_UNKNOWN;
    if (!s->listening)
        return -EINVAL;
    bool nonblocking = argc > 3 && argv[3].number & SOCK_NONBLOCK;
    s->next_nonblocking = nonblocking;
    int64_t fd = accept_now(u, s, out);
    if (fd != -EAGAIN || socket_of(u, s)->nonblocking)
        return fd;
    if (s->reading.token)
        return -ENOBUFS;
    s->reading = (struct lwip_stream_wait){.token = token, .nonblocking = nonblocking};
    return SUT_PENDING;
}

static int64_t call_connect(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                            struct value *out)
{
    (void)argc, (void)out;
    struct lwip_stream *s = lwip_stream_of(u, &argv[0]);
    ip_addr_t address;
    if (!s)
        return SUT_UNKNOWN;
    if (s->error)
        return lwip_stream_error(s);
    if (s->connecting)
        return -EALREADY;
    if (s->connected)
        return -EISCONN;
    if (s->listening)
        return -EOPNOTSUPP;
    if (!s->pcb || !lwip_address(&argv[1], &address))
        return -EINVAL;
    err_t e = tcp_connect(s->pcb, &address, (u16_t)argv[1].prefix, was_connected);
    if (e != ERR_OK)
        return lwip_error(e);
    s->connecting = true;
    if (socket_of(u, s)->nonblocking)
        return -EINPROGRESS;
    s->writing = (struct lwip_stream_wait){.token = token};
    return SUT_PENDING;
}

static int64_t call_send(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                         struct value *out)
{
    (void)out;
    struct lwip_stream *s = lwip_stream_of(u, &argv[0]);
    int64_t flags = argc > 3 && argv[3].kind == VALUE_NUMBER ? argv[3].number : 0;
    if (!s)
        return SUT_UNKNOWN;
    if (flags & ~(int64_t)(MSG_DONTWAIT | MSG_NOSIGNAL))
        return SUT_UNKNOWN;
    if (s->error)
        return lwip_stream_error(s);
    if (s->shut || !s->connected)
        return s->connecting ? -EAGAIN : -EPIPE;
    if (argv[1].kind != VALUE_BYTES)
        return -EINVAL;
    uint32_t sent = write_some(s, argv[1].bytes, argv[1].len);
    if (sent == argv[1].len)
        return sent;
    if (socket_of(u, s)->nonblocking || flags & MSG_DONTWAIT)
        return sent ? (int64_t)sent : -EAGAIN;
    if (s->writing.token)
        return -ENOBUFS;
    s->writing = (struct lwip_stream_wait){
        .token = token, .bytes = argv[1].bytes, .room = argv[1].len, .done = sent};
    return SUT_PENDING;
}

static int64_t call_receive(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                            struct value *out)
{
    struct lwip_stream *s = lwip_stream_of(u, &argv[0]);
    int64_t flags = argc > 3 && argv[3].kind == VALUE_NUMBER ? argv[3].number : 0;
    if (!s)
        return SUT_UNKNOWN;
    if (argv[2].kind != VALUE_NUMBER || argv[2].number < 0 || argv[2].number >= LWIP_BYTES)
        return -EINVAL;
    if (flags & ~(int64_t)(MSG_DONTWAIT | MSG_PEEK))
        return SUT_UNKNOWN;
    int64_t got = receive_now(u, s, (uint32_t)argv[2].number, flags & MSG_PEEK, out);
    if (got != -EAGAIN || socket_of(u, s)->nonblocking || flags & MSG_DONTWAIT)
        return got;
    if (s->reading.token)
        return -ENOBUFS;
    s->reading = (struct lwip_stream_wait){
        .token = token, .room = (uint32_t)argv[2].number, .peek = flags & MSG_PEEK};
    return SUT_PENDING;
}

static int64_t call_shutdown(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                             struct value *out)
{
    (void)token, (void)argc, (void)out;
    struct lwip_stream *s = lwip_stream_of(u, &argv[0]);
    if (!s)
        return SUT_UNKNOWN;
    if (!s->connected || !s->pcb)
        return -ENOTCONN;
    bool writing = argv[1].number != SHUT_RD, reading = argv[1].number != SHUT_WR;
    s->shut = s->shut || writing;
    s->deaf = s->deaf || reading;
    err_t e = tcp_shutdown(s->pcb, reading && !writing, writing);
    if (reading)
        wake_reader(u, s);
    return lwip_error(e);
}

/* What lwIP keeps of it afterwards has no socket. */
static void let_go(struct lwip_stream *s)
{
    if (s->listening) {
        tcp_accept(s->pcb, NULL);
    } else {
        tcp_recv(s->pcb, NULL);
        tcp_sent(s->pcb, NULL);
        tcp_err(s->pcb, NULL);
    }
    tcp_arg(s->pcb, NULL);
}

void lwip_stream_close(struct lwip_sut *u, struct lwip_stream *s)
{
    for (uint32_t k = 0; k < s->queued; k++)
        lwip_stream_close(u, &u->socket[s->queue[k]].stream);
    struct tcp_pcb *pcb = s->pcb;
    if (pcb) {
        let_go(s);
        if (s->abort)
            tcp_abort(pcb);
        else if (tcp_close(pcb) != ERR_OK)
            tcp_abort(pcb);
    }
    if (s->came)
        pbuf_free(s->came);
    socket_of(u, s)->owner = NULL;
}

static int64_t call_close(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                          struct value *out)
{
    (void)token, (void)argc, (void)out;
    struct lwip_stream *s = lwip_stream_of(u, &argv[0]);
    if (!s)
        return SUT_UNKNOWN;
    lwip_stream_close(u, s);
    return 0;
}

static int64_t call_getsockname(struct lwip_sut *u, uint64_t token, const struct value *argv,
                                int argc, struct value *out)
{
    (void)token, (void)argc;
    struct lwip_stream *s = lwip_stream_of(u, &argv[0]);
    if (!s)
        return SUT_UNKNOWN;
    if (!s->pcb)
        return -EINVAL;
    out[1] = endpoint(&s->pcb->local_ip, s->pcb->local_port);
    return 0;
}

static int64_t call_getpeername(struct lwip_sut *u, uint64_t token, const struct value *argv,
                                int argc, struct value *out)
{
    (void)token, (void)argc;
    struct lwip_stream *s = lwip_stream_of(u, &argv[0]);
    if (!s)
        return SUT_UNKNOWN;
    if (!s->pcb || !s->connected)
        return -ENOTCONN;
    out[1] = endpoint(&s->pcb->remote_ip, s->pcb->remote_port);
    return 0;
}

/* --- readiness --- */

static int64_t call_events(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                           struct value *out)
{
    (void)token, (void)argc, (void)out;
    struct lwip_stream *s = lwip_stream_of(u, &argv[0]);
    if (!s)
        return SUT_UNKNOWN;
    int64_t events = 0;
    if (s->queued || s->came || s->ended || s->deaf || s->error)
        events |= POLLIN;
    if (s->connected && s->pcb && tcp_sndbuf(s->pcb) > 0)
        events |= POLLOUT;
    if (s->error)
        events |= POLLERR | POLLOUT | POLLHUP;
    if (s->ended && s->shut)
        events |= POLLHUP;
    return events;
}

const struct lwip_call_entry lwip_tcp_calls[] = {
    {"socket", call_socket, 3},
    {"bind", call_bind, 2},
    {"listen", call_listen, 2},
    {"accept", call_accept, 1},
    {"accept4", call_accept, 1},
    {"connect", call_connect, 2},
    {"send", call_send, 3},
    {"write", call_send, 3},
    {"sendto", call_send, 3},
    {"recv", call_receive, 3},
    {"read", call_receive, 3},
    {"recvfrom", call_receive, 3},
    {"shutdown", call_shutdown, 2},
    {"close", call_close, 1},
    {"getsockname", call_getsockname, 2},
    {"getpeername", call_getpeername, 2},
    {"events", call_events, 1},
    {NULL, NULL, 0},
};

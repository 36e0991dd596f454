#include "stack/socket/socket_tcp_inside.h"
#include "stack/core/mem.h"
#include "stack/wire/ipproto.h"

#define SAME(a, b) ((int)(a) == (int)(b))
_Static_assert(SAME(TCP_EVENT_READABLE, SOCKET_READABLE) && SAME(TCP_EVENT_URGENT, SOCKET_URGENT) &&
                   SAME(TCP_EVENT_WRITABLE, SOCKET_WRITABLE) &&
                   SAME(TCP_EVENT_ERROR, SOCKET_ERROR) && SAME(TCP_EVENT_HANGUP, SOCKET_HANGUP) &&
                   SAME(TCP_EVENT_PEER_CLOSED, SOCKET_PEER_CLOSED),
               "readiness is told in the same words");
_Static_assert(SAME(TCP_RECOVERY_DISORDER, SOCKET_TCP_DISORDER) &&
                   SAME(TCP_RECOVERY_TIMEOUT, SOCKET_TCP_LOSS),
               "and so is recovery");
_Static_assert(SAME(TCP_TIME_WAIT, SOCKET_TCP_TIME_WAIT) && SAME(TCP_CLOSED, SOCKET_TCP_CLOSED),
               "states have the same numbers");

static struct tcp_pcb *tcp_of(const struct socket *k)
{
    return (struct tcp_pcb *)(void *)k->pcb;
}

static unsigned tcp_socket_events(const struct stack *s, const struct socket *k)
{
    return tcp_events(s, tcp_of(k)) | (k->pending_error ? SOCKET_ERROR : 0);
}

static bool tcp_has_left(const struct stack *s, const struct socket *k)
{
    return tcp_reads_on(s, tcp_of(k));
}

/* An error waits in the socket, as every kind's does. */
static void grew(struct tcp_pcb *pcb, struct stack *s, unsigned events, int64_t now_ns)
{
    struct socket *k = pcb->owner;
    (void)now_ns;
    int error = tcp_take_error(pcb);
    if (error)
        k->pending_error = (uint8_t)error;
    if (s->port.ready)
        s->port.ready(s->port.self, socket_fd(k), events);
}

static void adopt(struct socket *k, struct tcp_pcb *pcb)
{
    pcb->owner = k;
    pcb->ready = grew;
    k->pcb = &pcb->end.ip;
}

static int tcp_open(struct stack *s, struct socket *k)
{
    struct tcp_pcb *pcb = tcp_new(s);
    if (!pcb)
        return -ERR_NOBUFS;
    pcb->end.ip.local.family = k->family;
    adopt(k, pcb);
    return 0;
}

static int tcp_socket_bind(struct stack *s, struct socket *k, const struct socket_address *local)
{
    struct tcp_pcb *pcb = tcp_of(k);
    if (demux_is_in(&pcb->end) || pcb->state != TCP_CLOSED)
        return -ERR_INVAL;
    pcb->end.ip.local = local->addr;
    pcb->end.local_port = local->port;
    int err = tcp_bind(s, pcb);
    if (err < 0) {
        pcb->end.ip.local = (struct ip_addr){.family = k->family};
        pcb->end.local_port = 0;
    }
    return err;
}

static int tcp_socket_connect(struct stack *s, struct socket *k, const struct socket_address *peer,
                              int64_t now_ns)
{
    struct tcp_pcb *pcb = tcp_of(k);
    int err = socket_take_error(k), failed = tcp_take_failure(s, pcb);
    err = err ? err : failed;
    if (peer && tcp_has_bsd_calls(s)) /* it is forgotten */
        err = 0;
    if (err == 0 && !peer)
        return -ERR_AFNOSUPPORT;
    if (err == 0 && pcb->wishes && pcb->wishes->deferred_port)
        return -ERR_ISCONN;
    if (err == 0 && pcb->state == TCP_CLOSED && pcb->fastopen_connect) {
        if (tcp_fastopen_defers(s, pcb, &peer->addr, peer->port, now_ns))
            return 0;
        err = tcp_fastopen(s, pcb, &peer->addr, peer->port, "", 0, now_ns);
    } else if (err == 0) {
        err = tcp_connect(s, pcb, &peer->addr, peer->port, now_ns);
    }
    return err == 0 ? -ERR_INPROGRESS : err;
}

/* A connect with octets: MSG_FLAG_FASTOPEN's, or the first of a connect that waits for them. */
static int send_first(struct stack *s, struct tcp_pcb *pcb, const void *bytes, uint32_t len,
                      const struct socket_address *to, int64_t now_ns)
{
    struct socket_address peer = {0};
    struct tcp_wishes *w = pcb->wishes;
    if (to)
        peer = *to;
    else if (w && w->deferred_port)
        peer = (struct socket_address){w->deferred, w->deferred_port};
    if (!peer.port)
        return -ERR_NOTCONN;
    int got = tcp_fastopen(s, pcb, &peer.addr, peer.port, bytes, len, now_ns);
    if (w)
        w->deferred_port = 0;
    return got == 0 ? -ERR_INPROGRESS : got;
}

static int tcp_socket_listen(struct stack *s, struct socket *k, int backlog, int64_t now_ns)
{
    (void)now_ns;
    return tcp_listen(s, tcp_of(k), backlog);
}

static int tcp_socket_accept(struct stack *s, struct socket *k, struct socket *child,
                             struct socket_address *from, int64_t now_ns)
{
    (void)now_ns;
    if (tcp_of(k)->state != TCP_LISTEN)
        return -ERR_INVAL;
    struct tcp_pcb *pcb = tcp_accept(s, tcp_of(k));
    if (!pcb)
        return tcp_accept_aborted(tcp_of(k)) ? -ERR_CONNABORTED : -ERR_AGAIN;
    adopt(child, pcb);
    child->pending_error = (uint8_t)tcp_take_error(pcb);
    *from = (struct socket_address){pcb->end.ip.remote, pcb->end.remote_port};
    return 0;
}

static int tcp_socket_send(struct stack *s, struct socket *k, const void *bytes, size_t len,
                           int flags, const struct socket_address *to, int64_t now_ns)
{
    unsigned how = (flags & MSG_FLAG_MORE ? TCP_SEND_MORE : 0u) |
                   (flags & MSG_FLAG_EOR ? TCP_SEND_RECORD : 0u) |
                   (flags & MSG_FLAG_OOB ? TCP_SEND_URGENT : 0u);
    struct tcp_pcb *pcb = tcp_of(k);
    uint32_t octets = len > INT32_MAX ? INT32_MAX : (uint32_t)len;
    bool deferred = pcb->state == TCP_CLOSED && pcb->wishes && pcb->wishes->deferred_port;
    int failed = flags & MSG_FLAG_FASTOPEN ? tcp_take_failure(s, pcb) : 0;
    if (failed)
        return failed;
    if (flags & MSG_FLAG_FASTOPEN || deferred)
        return send_first(s, pcb, bytes, octets, to, now_ns);
    /* Otherwise `to` is ignored, as by Linux: RFC 9293 has no such thing. */
    return tcp_send(s, pcb, bytes, octets, how, now_ns);
}

static int tcp_socket_receive(struct stack *s, struct socket *k, void *out, size_t room, int flags,
                              struct socket_address *from, int64_t now_ns)
{
    struct tcp_pcb *pcb = tcp_of(k);
    unsigned how = (flags & MSG_FLAG_PEEK ? TCP_RECEIVE_PEEK : 0u) |
                   (flags & MSG_FLAG_TRUNC ? TCP_RECEIVE_DISCARD : 0u);
    if (flags & MSG_FLAG_OOB) /* RFC 6093 4: urgent data stays in the stream */
        return -ERR_INVAL;
    int got = tcp_receive(s, pcb, out, room > INT32_MAX ? INT32_MAX : (uint32_t)room, how, now_ns);
    if (got > 0 && from)
        *from = (struct socket_address){pcb->end.ip.remote, pcb->end.remote_port};
    return got;
}

static void tcp_socket_close(struct stack *s, struct socket *k, int64_t now_ns)
{
    const struct tcp_wishes *w = tcp_of(k)->wishes;
    tcp_release(s, tcp_of(k), w && w->linger_s == 0, now_ns);
}

static void tcp_socket_name(struct stack *s, const struct socket *k, struct socket_address *out)
{
    (void)s;
    *out = (struct socket_address){k->pcb->local, tcp_of(k)->end.local_port};
}

static bool has_peer(const struct tcp_pcb *pcb)
{
    return pcb->state > TCP_SYN_SENT;
}

static int tcp_socket_peer(struct stack *s, const struct socket *k, struct socket_address *out)
{
    (void)s;
    if (!has_peer(tcp_of(k)))
        return -ERR_NOTCONN;
    *out = (struct socket_address){k->pcb->remote, tcp_of(k)->end.remote_port};
    return 0;
}

static int tcp_socket_shutdown(struct stack *s, struct socket *k, int how, int64_t now_ns)
{
    struct tcp_pcb *pcb = tcp_of(k);
    if (pcb->state <= TCP_LISTEN || (pcb->state == TCP_TIME_WAIT && tcp_has_bsd_calls(s)))
        return -ERR_NOTCONN;
    if (how != SOCKET_SHUT_WRITE)
        tcp_deafen(s, pcb, now_ns);
    return how != SOCKET_SHUT_READ ? tcp_finish(s, pcb, now_ns) : 0;
}

/* By the knob what came before a reset is read first, and who sends hears that nobody listens. */
static bool error_waits(const struct stack *s, const struct socket *k, bool sends)
{
    const struct tcp_pcb *pcb = tcp_of(k);
    if (!tcp_has_bsd_calls(s) || pcb->state != TCP_CLOSED)
        return false;
    return sends || tcp_unread(pcb) > 0;
}

static bool serves(int protocol)
{
    return protocol == 0 || protocol == IP_PROTO_TCP;
}

static int tcp_set_fastopen_key(struct stack *s, struct socket *k, const uint8_t key[16])
{
    struct tcp_wishes *w = tcp_wish(s, tcp_of(k));
    if (!w)
        return -ERR_NOBUFS;
    memcpy(w->fastopen_key, key, sizeof w->fastopen_key);
    w->has_fastopen_key = true;
    return 0;
}

static int tcp_set_ip_options(struct stack *s, struct socket *k, const uint8_t *options, size_t len)
{
    if (k->family != ADDR_IPV4)
        return -ERR_NOPROTOOPT;
    return tcp_set_options(s, tcp_of(k), options, len);
}

const struct socket_ops socket_tcp_ops = {
    .module = MODULE_TCP,
    .type = SOCKET_STREAM,
    .serves = serves,
    .open = tcp_open,
    .bind = tcp_socket_bind,
    .connect = tcp_socket_connect,
    .listen = tcp_socket_listen,
    .accept = tcp_socket_accept,
    .send = tcp_socket_send,
    .receive = tcp_socket_receive,
    .close = tcp_socket_close,
    .name = tcp_socket_name,
    .peer = tcp_socket_peer,
    .set = socket_tcp_set,
    .get = socket_tcp_get,
    .shutdown = tcp_socket_shutdown,
    .has_left = tcp_has_left,
    .events = tcp_socket_events,
    .error_waits = error_waits,
    .tcp_info = socket_tcp_tell,
    .set_fastopen_key = tcp_set_fastopen_key,
    .set_ip_options = tcp_set_ip_options,
};

uint32_t socket_end_time_wait(struct stack *s, int64_t now_ns)
{
    return tcp_end_time_wait(s, now_ns);
}

/* BSD calls over the stack's sockets: blocking ones wait here, by token, until the socket is ready.
 */
#include "sim/hosts/stack_sut.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include "sim/base/numbers.h"
#include "sim/packet/packet.h"
#include "stack/socket/socket.h"

static int64_t now_of(struct stack_sut *u)
{
    return u->env->now(u->env->self);
}

struct stack_descriptor *stack_descriptor_of(struct stack_sut *u, int fd)
{
    uint32_t at = (uint32_t)fd - SOCKET_FIRST; /* of -1 and 0 it is beyond all */
    return at < u->config.limits.sockets ? &u->descriptor[at] : NULL;
}

struct stack_waiter *stack_wait(struct stack_sut *u, uint64_t token)
{
    struct stack_waiter *w = u->free_waiter;
    if (!w)
        return NULL;
    u->free_waiter = w->next;
    *w = (struct stack_waiter){
        .token = token, .fd = -1, .sut = u, .held = w->held, .held_room = w->held_room};
    return w;
}

struct stack_waiter *stack_wait_on(struct stack_sut *u, uint64_t token, int fd)
{
    struct stack_waiter *w = stack_wait(u, token), **at = &stack_descriptor_of(u, fd)->first;
    if (!w)
        return NULL;
    w->fd = fd;
    while (*at)
        at = &(*at)->next;
    return *at = w;
}

void stack_wait_free(struct stack_waiter *w)
{
    struct stack_descriptor *d = w->token ? stack_descriptor_of(w->sut, w->fd) : NULL;
    for (struct stack_waiter **at = d ? &d->first : NULL; at && *at; at = &(*at)->next)
        if (*at == w) {
            *at = w->next;
            break;
        }
    w->token = 0;
    if (w->own)
        return;
    w->next = w->sut->free_waiter;
    w->sut->free_waiter = w;
}

void stack_wait_done(struct stack_waiter *w, int64_t result, const struct value *out, int outs)
{
    uint64_t token = w->token;
    stack_wait_free(w);
    w->sut->env->done(w->sut->env->self, token, result, out, outs);
}

static int64_t call_socket(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                           struct value *out)
{
    (void)token, (void)argc, (void)out;
    int type = (int)argv[1].number & 0xf;
    if (argv[0].kind == VALUE_NUMBER && argv[0].number != AF_INET)
        return -ERR_AFNOSUPPORT;
    int fd = socket_open(u->stack, ADDR_IPV4,
                         type == SOCK_RAW     ? SOCKET_RAW
                         : type == SOCK_DGRAM ? SOCKET_DGRAM
                                              : SOCKET_STREAM,
                         (int)argv[2].number);
    if (type == SOCK_STREAM && (fd == -ERR_PROTONOSUPPORT || fd == -ERR_AFNOSUPPORT))
        return SUT_UNKNOWN; /* TCP was left out of the stack */
    if (fd < 0)
        return fd;
    struct stack_descriptor *d = stack_descriptor_of(u, fd);
    d->nonblocking = ((int)argv[1].number & SOCK_NONBLOCK) != 0;
    d->stream = type == SOCK_STREAM;
    return fd;
}

struct socket_address stack_argument_endpoint(const struct value *v)
{
    struct socket_address a = {0};
    if (v->kind == VALUE_ENDPOINT) {
        a.addr = addr_ipv4((uint32_t)v->number);
        a.port = (uint16_t)v->prefix;
    }
    return a;
}

struct value stack_endpoint_value(const struct socket_address *a)
{
    return (struct value){.kind = VALUE_ENDPOINT, .number = a->addr.word[0], .prefix = a->port};
}

/* A script that leaves the address out binds to any address and an ephemeral port. */
static int64_t call_bind(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                         struct value *out)
{
    (void)token, (void)argc, (void)out;
    struct socket_address a = stack_argument_endpoint(&argv[1]);
    a.addr.family = ADDR_IPV4;
    return socket_bind(u->stack, (int)argv[0].number, &a);
}

static int64_t call_connect(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                            struct value *out)
{
    (void)token, (void)argc, (void)out;
    struct socket_address a = stack_argument_endpoint(&argv[1]);
    return socket_connect(u->stack, (int)argv[0].number, &a, now_of(u));
}

static int64_t send_bytes(struct stack_sut *u, const struct value *argv, int flags,
                          const struct socket_address *to)
{
    int64_t len = argv[2].kind == VALUE_NUMBER ? argv[2].number : (int64_t)argv[1].len;
    if (argv[1].kind == VALUE_NUMBER && len > 0)
        return -EFAULT; /* NULL, or another address that is none */
    if (len < 0 || len > STACK_SCRATCH)
        return -ERR_MSGSIZE;
    /* Bytes that the script leaves open follow the pattern of their position. */
    uint32_t written = argv[1].kind == VALUE_BYTES ? argv[1].len : 0;
    uint8_t *bytes = stack_scratch(u, (size_t)len);
    if (!bytes)
        return -ERR_NOMEM;
    if (written > len)
        written = (uint32_t)len;
    if (written)
        memcpy(bytes, argv[1].bytes, written);
    packet_pattern_fill(bytes + written, (uint32_t)len - written, written);
    return socket_send(u->stack, (int)argv[0].number, bytes, (size_t)len, flags, to, now_of(u));
}

static int64_t call_send(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                         struct value *out)
{
    (void)token, (void)out;
    return send_bytes(u, argv, argc > 3 ? (int)argv[3].number : 0, NULL);
}

static int64_t call_sendto(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                           struct value *out)
{
    (void)token, (void)out;
    struct socket_address to =
        argc > 4 ? stack_argument_endpoint(&argv[4]) : (struct socket_address){0};
    bool given = argc > 4 && argv[4].kind == VALUE_ENDPOINT;
    return send_bytes(u, argv, (int)argv[3].number, given ? &to : NULL);
}

/* out[1] is what was read, out[4] whence it came. */
static int64_t receive_now(struct stack_sut *u, int fd, uint32_t room, int flags, struct value *out)
{
    struct socket_address from = {0};
    if (!stack_scratch(u, (size_t)room + 1))
        return -ERR_NOMEM;
    int got = socket_receive(u->stack, fd, u->scratch, room, flags, &from, now_of(u));
    if (got >= 0) {
        uint32_t copied = (uint32_t)got < room ? (uint32_t)got : room;
        u->scratch[copied] = 0;
        out[1] = (struct value){.kind = VALUE_BYTES, .bytes = u->scratch, .len = copied};
        out[4] = stack_endpoint_value(&from);
    }
    return got;
}

static int64_t receive_again(struct stack_waiter *w, struct value *out)
{
    return receive_now(w->sut, w->fd, w->room, w->flags, out);
}

static int64_t call_receive(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                            struct value *out)
{
    int fd = (int)argv[0].number, flags = argc > 3 ? (int)argv[3].number : 0;
    if (argv[2].kind != VALUE_NUMBER || argv[2].number < 0 || argv[2].number >= STACK_SCRATCH)
        return -ERR_INVAL;
    uint32_t room = (uint32_t)argv[2].number;
    int64_t got = receive_now(u, fd, room, flags, out);
    const struct stack_descriptor *d = stack_descriptor_of(u, fd);
    if (got != -ERR_AGAIN || (flags & MSG_FLAG_DONTWAIT) || !d || d->nonblocking)
        return got;
    struct stack_waiter *w = stack_wait_on(u, token, fd);
    if (!w)
        return -ERR_NOMEM;
    w->room = room;
    w->flags = flags;
    w->attempt = receive_again;
    return SUT_PENDING;
}

void stack_socket_ready(struct stack_sut *u, int fd)
{
    const struct stack_descriptor *d = stack_descriptor_of(u, fd);
    for (struct stack_waiter *w = d ? d->first : NULL, *next; w; w = next) {
        next = w->next;
        memset(u->out, 0, sizeof u->out);
        int64_t got = w->attempt(w, u->out);
        if (got != -ERR_AGAIN)
            stack_wait_done(w, got, u->out, STACK_OUTS);
    }
}

static int64_t call_close(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                          struct value *out)
{
    (void)token, (void)argc, (void)out;
    stack_notice_close(u, (int)argv[0].number);
    return socket_close(u->stack, (int)argv[0].number, now_of(u));
}

static int64_t call_getsockname(struct stack_sut *u, uint64_t token, const struct value *argv,
                                int argc, struct value *out)
{
    (void)token, (void)argc;
    struct socket_address a = {0};
    int got = socket_name(u->stack, (int)argv[0].number, &a);
    if (got >= 0)
        out[1] = stack_endpoint_value(&a);
    return got;
}

static int64_t call_getpeername(struct stack_sut *u, uint64_t token, const struct value *argv,
                                int argc, struct value *out)
{
    (void)token, (void)argc;
    struct socket_address a = {0};
    int got = socket_peer(u->stack, (int)argv[0].number, &a);
    if (got >= 0)
        out[1] = stack_endpoint_value(&a);
    return got;
}

/* Linux's numbers, as the script's symbols have them, to the stack's own. */
static const struct {
    int level, name;
    enum socket_option option;
} socket_options[] = {
    {SOL_SOCKET, SO_BROADCAST, SO_OPT_BROADCAST},
    {SOL_SOCKET, SO_REUSEADDR, SO_OPT_REUSEADDR},
    {SOL_SOCKET, SO_ERROR, SO_OPT_ERROR},
    {SOL_SOCKET, SO_RCVBUF, SO_OPT_RCVBUF},
    {SOL_SOCKET, SO_TYPE, SO_OPT_TYPE},
    {SOL_SOCKET, SO_NO_CHECK, UDP_OPT_NO_CHECKSUM},
    {IPPROTO_IP, IP_TTL, IP_OPT_TTL},
    {IPPROTO_IP, IP_TOS, IP_OPT_TOS},
    {IPPROTO_IP, IP_MTU_DISCOVER, IP_OPT_MTU_DISCOVER},
    {IPPROTO_IP, IP_HDRINCL, IP_OPT_HDRINCL},
    {IPPROTO_IP, IP_RECVERR, IP_OPT_RECVERR},
    {IPPROTO_IP, IP_MULTICAST_TTL, IP_OPT_MULTICAST_TTL},
    {IPPROTO_IP, IP_MULTICAST_LOOP, IP_OPT_MULTICAST_LOOP},
    {IPPROTO_IP, IP_ADD_MEMBERSHIP, IP_OPT_ADD_MEMBERSHIP},
    {IPPROTO_IP, IP_DROP_MEMBERSHIP, IP_OPT_DROP_MEMBERSHIP},
    {IPPROTO_IP, IP_MTU, IP_OPT_MTU},
    {SOL_SOCKET, SO_SNDBUF, SO_OPT_SNDBUF},
    {SOL_SOCKET, SO_KEEPALIVE, SO_OPT_KEEPALIVE},
    {SOL_SOCKET, SO_OOBINLINE, SO_OPT_OOBINLINE},
    {SOL_SOCKET, SO_ACCEPTCONN, SO_OPT_ACCEPTCONN},
    {IPPROTO_TCP, TCP_NODELAY, TCP_OPT_NODELAY},
    {IPPROTO_TCP, TCP_MAXSEG, TCP_OPT_MAXSEG},
    {IPPROTO_TCP, TCP_CORK, TCP_OPT_CORK},
    {IPPROTO_TCP, NUMBER_TCP_NOPUSH, TCP_OPT_CORK},
    {IPPROTO_TCP, TCP_KEEPIDLE, TCP_OPT_KEEPIDLE},
    {IPPROTO_TCP, TCP_KEEPINTVL, TCP_OPT_KEEPINTVL},
    {IPPROTO_TCP, TCP_KEEPCNT, TCP_OPT_KEEPCNT},
    {IPPROTO_TCP, TCP_SYNCNT, TCP_OPT_SYNCNT},
    {IPPROTO_TCP, TCP_LINGER2, TCP_OPT_LINGER2},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, TCP_OPT_USER_TIMEOUT},
    {IPPROTO_TCP, TCP_QUICKACK, TCP_OPT_QUICKACK},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT, TCP_OPT_NOTSENT_LOWAT},
    {IPPROTO_TCP, NUMBER_TCP_NOOPT, TCP_OPT_NO_OPTIONS},
    {IPPROTO_TCP, TCP_FASTOPEN, TCP_OPT_FASTOPEN},
    {IPPROTO_TCP, TCP_FASTOPEN_CONNECT, TCP_OPT_FASTOPEN_CONNECT},
    {IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, TCP_OPT_FASTOPEN_NO_COOKIE},
};

static int option_of(const struct value *level, const struct value *name)
{
    for (size_t o = 0; o < sizeof socket_options / sizeof socket_options[0]; o++)
        if (socket_options[o].level == level->number && socket_options[o].name == name->number)
            return (int)socket_options[o].option;
    return -1;
}

/* A value comes as 5 or as [5]. */
static const struct value *inner(const struct value *v)
{
    return v->kind == VALUE_LIST && v->items == 1 ? &v->item[0] : v;
}

static int64_t call_setsockopt(struct stack_sut *u, uint64_t token, const struct value *argv,
                               int argc, struct value *out)
{
    (void)token, (void)out;
    int fd = (int)argv[0].number;
    if (argv[1].number == SOL_SOCKET && argv[2].number == SO_BINDTODEVICE)
        return socket_bind_device(u->stack, fd, stack_argument_text(&argv[3]));
    if (argv[1].number == IPPROTO_IP && argv[2].number == IP_OPTIONS)
        return argv[3].kind == VALUE_BYTES
                   ? socket_set_ip_options(u->stack, fd, argv[3].bytes, argv[3].len)
                   : -ERR_INVAL;
    int64_t got = stack_stream_set(u, fd, argv);
    if (got != SUT_UNKNOWN)
        return got;
    int option = option_of(&argv[1], &argv[2]);
    if (option >= 0 && argc > 4 && argv[4].kind == VALUE_NUMBER && argv[4].number < 4)
        return -ERR_INVAL; /* an int has four octets */
    return option < 0 ? -ERR_NOPROTOOPT
                      : socket_set(u->stack, fd, (enum socket_option)option,
                                   inner(&argv[3])->number, now_of(u));
}

static int64_t call_getsockopt(struct stack_sut *u, uint64_t token, const struct value *argv,
                               int argc, struct value *out)
{
    (void)token, (void)argc;
    int64_t told = stack_stream_get(u, (int)argv[0].number, argv, out);
    if (told != SUT_UNKNOWN)
        return told;
    int option = option_of(&argv[1], &argv[2]);
    int64_t value = 0;
    if (option < 0)
        return -ERR_NOPROTOOPT;
    int got = socket_get(u->stack, (int)argv[0].number, (enum socket_option)option, &value);
    if (got >= 0) {
        u->list[0] = (struct value){.kind = VALUE_NUMBER, .number = value};
        out[3] = argv[3].kind == VALUE_LIST
                     ? (struct value){.kind = VALUE_LIST, .item = u->list, .items = 1}
                     : u->list[0];
    }
    return got;
}

static int64_t call_shutdown(struct stack_sut *u, uint64_t token, const struct value *argv,
                             int argc, struct value *out)
{
    (void)token, (void)argc, (void)out;
    return socket_shutdown(u->stack, (int)argv[0].number, (int)argv[1].number, now_of(u));
}

/* fcntl(fd, F_GETFL), fcntl(fd, F_SETFL, O_RDWR|O_NONBLOCK) */
static int64_t call_fcntl(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                          struct value *out)
{
    enum { GETFL = 3, SETFL = 4, RDWR = 2, NONBLOCK = 04000 };
    (void)token, (void)out;
    int fd = (int)argv[0].number;
    struct socket_address a;
    struct stack_descriptor *d = stack_descriptor_of(u, fd);
    if (!d || socket_name(u->stack, fd, &a) == -ERR_BADF)
        return -ERR_BADF;
    if (argv[1].number == GETFL)
        return RDWR | (d->nonblocking ? NONBLOCK : 0);
    if (argv[1].number != SETFL || argc < 3)
        return -ERR_INVAL;
    d->nonblocking = (argv[2].number & NONBLOCK) != 0;
    return 0;
}

/* events(fd): the readiness that poll() would report, without its structures; with a second
 * argument also whether the peer has closed. */
static int64_t call_events(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                           struct value *out)
{
    (void)token, (void)out;
    unsigned events = socket_events(u->stack, (int)argv[0].number);
    if (stack_notice_waits(u, (int)argv[0].number))
        events |= SOCKET_ERROR;
    bool all = argc > 1 && argv[1].number;
    return (int64_t)(all ? events : events & ~(unsigned)SOCKET_PEER_CLOSED);
}

/* peek_header(fd, DESTINATION, TTL, TOS, OPTIONS): what the IP header of the next datagram says. */
static int64_t call_peek_header(struct stack_sut *u, uint64_t token, const struct value *argv,
                                int argc, struct value *out)
{
    (void)token, (void)argc;
    struct socket_packet p;
    int got = socket_peek_packet(u->stack, (int)argv[0].number, &p);
    if (got < 0)
        return got;
    memcpy(u->scratch, p.options, p.options_len);
    out[1] = (struct value){.kind = VALUE_IPV4, .number = p.destination.word[0]};
    out[2] = (struct value){.kind = VALUE_NUMBER, .number = p.ttl};
    out[3] = (struct value){.kind = VALUE_NUMBER, .number = p.tos};
    out[4] = (struct value){.kind = VALUE_BYTES, .bytes = u->scratch, .len = p.options_len};
    return 0;
}

const struct stack_call_entry stack_socket_calls[] = {
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
    {"getpeername", call_getpeername, 2},
    {"setsockopt", call_setsockopt, 4},
    {"getsockopt", call_getsockopt, 4},
    {"shutdown", call_shutdown, 2},
    {"fcntl", call_fcntl, 2},
    {"events", call_events, 1},
    {"peek_header", call_peek_header, 5},
    {NULL, NULL, 0},
};

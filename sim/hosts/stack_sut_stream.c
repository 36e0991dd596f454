/* BSD calls over the stack's stream sockets. Those that block wait as waiters of their descriptor,
 * and are tried again whenever the socket says that something changed. A call on a socket that is
 * no stream is SUT_UNKNOWN here. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/sockios.h>
#include "sim/base/numbers.h"
#include "sim/hosts/stack_sut.h"
#include "stack/socket/socket.h"

enum { INFO_FIELDS = 64 };
/* Flags that are not the stack's to know. */
enum { ASIDE = MSG_NOSIGNAL | MSG_ZEROCOPY };

static int64_t now_of(const struct stack_sut *u)
{
    return u->env->now(u->env->self);
}

static struct stack_descriptor *stream_of(struct stack_sut *u, const struct value *fd)
{
    struct stack_descriptor *d =
        fd->kind == VALUE_NUMBER ? stack_descriptor_of(u, (int)fd->number) : NULL;
    return d && d->stream ? d : NULL;
}

/* Blocks, unless the descriptor does not, or a flag says so. */
static int64_t wait_for(struct stack_sut *u, uint64_t token, int fd, stack_attempt *attempt,
                        struct stack_waiter **out)
{
    struct stack_waiter *w = stack_wait_on(u, token, fd);
    if (!w)
        return -ERR_NOMEM;
    w->attempt = attempt;
    *out = w;
    return SUT_PENDING;
}

/* --- connections --- */

static int64_t call_listen(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                           struct value *out)
{
    (void)token, (void)out;
    return socket_listen(u->stack, (int)argv[0].number, argc > 1 ? (int)argv[1].number : 1,
                         now_of(u));
}

/* out[1] is whose connection it is. */
static int64_t accept_now(struct stack_sut *u, int fd, bool nonblocking, struct value *out)
{
    struct socket_address from;
    int got = socket_accept(u->stack, fd, &from, now_of(u));
    if (got < 0)
        return got;
    struct stack_descriptor *d = stack_descriptor_of(u, got);
    *d = (struct stack_descriptor){.nonblocking = nonblocking, .stream = true};
    out[1] = stack_endpoint_value(&from);
    return got;
}

static int64_t accept_again(struct stack_waiter *w, struct value *out)
{
    return accept_now(w->sut, w->fd, w->flags & SOCK_NONBLOCK, out);
}

static int64_t call_accept(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                           struct value *out)
{
    int fd = (int)argv[0].number,
        flags = argc > 3 && argv[3].kind == VALUE_NUMBER ? (int)argv[3].number : 0;
    const struct stack_descriptor *d = stream_of(u, &argv[0]);
    struct stack_waiter *w;
    int64_t got = accept_now(u, fd, flags & SOCK_NONBLOCK, out);
    if (got != -ERR_AGAIN || !d || d->nonblocking)
        return got;
    got = wait_for(u, token, fd, accept_again, &w);
    if (got == SUT_PENDING)
        w->flags = flags;
    return got;
}

static int64_t connect_again(struct stack_waiter *w, struct value *out)
{
    unsigned events = socket_events(w->sut->stack, w->fd);
    (void)out;
    if (events & SOCKET_ERROR) /* connect says what it is */
        return socket_connect(w->sut->stack, w->fd, &(struct socket_address){0}, now_of(w->sut));
    return events & SOCKET_WRITABLE ? 0 : -ERR_AGAIN;
}

static int64_t call_connect(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                            struct value *out)
{
    (void)argc, (void)out;
    const struct stack_descriptor *d = stream_of(u, &argv[0]);
    struct socket_address to = stack_argument_endpoint(&argv[1]);
    struct stack_waiter *w;
    if (!d)
        return SUT_UNKNOWN;
    int64_t got = socket_connect(u->stack, (int)argv[0].number, &to, now_of(u));
    return got != -ERR_INPROGRESS || d->nonblocking
               ? got
               : wait_for(u, token, (int)argv[0].number, connect_again, &w);
}

/* --- octets --- */

/* A connect to it waits for its first octets. */
static bool is_deferred(struct stack_sut *u, int fd)
{
    struct socket_tcp_info i;
    int64_t defers = 0;
    return socket_get(u->stack, fd, TCP_OPT_FASTOPEN_CONNECT, &defers) >= 0 && defers &&
           socket_tcp_info(u->stack, fd, &i, now_of(u)) >= 0 && i.state == SOCKET_TCP_CLOSED;
}

/* The last octets wait for the FIN that follows them. */
static int64_t hand_over(struct stack_sut *u, int fd, const uint8_t *bytes, uint32_t len, int flags,
                         const struct socket_address *to)
{
    bool ends = (flags & NUMBER_MSG_EOF) != 0;
    int how = (flags & ~(ASIDE | NUMBER_MSG_EOF)) | (ends ? MSG_FLAG_MORE : 0);
    int64_t got = socket_send(u->stack, fd, bytes, len, how, to, now_of(u));
    if (ends && got == len)
        socket_shutdown(u->stack, fd, SOCKET_SHUT_WRITE, now_of(u));
    return got;
}

/* What has room; a blocking send goes on until all had. */
static int64_t send_again(struct stack_waiter *w, struct value *out)
{
    (void)out;
    int64_t got = hand_over(w->sut, w->fd, w->bytes + w->done, w->room - w->done, w->flags, NULL);
    if (got < 0)
        return got != -ERR_AGAIN && w->done ? (int64_t)w->done : got;
    w->done += (uint32_t)got;
    if (w->done < w->room)
        return -ERR_AGAIN;
    stack_notice_sent(w->sut, w->fd, w->flags, w->done);
    return w->done;
}

/* A connect that took octets along: over when the connection is there, and all were sent. */
static int64_t first_again(struct stack_waiter *w, struct value *out)
{
    int64_t got = connect_again(w, out);
    if (got < 0)
        return got;
    return w->done == w->room ? (int64_t)w->done : send_again(w, out);
}

static int64_t send_stream(struct stack_sut *u, uint64_t token, const struct value *argv, int flags,
                           const struct socket_address *to)
{
    const struct stack_descriptor *d = stream_of(u, &argv[0]);
    int fd = (int)argv[0].number;
    struct stack_waiter *w;
    if (!d)
        return SUT_UNKNOWN;
    if (argv[1].kind == VALUE_NUMBER && argv[2].number > 0)
        return -EFAULT; /* NULL, or another address that is none */
    if (argv[1].kind != VALUE_BYTES && (argv[1].kind != VALUE_NONE || argv[2].number))
        return -ERR_INVAL;
    const uint8_t *bytes = argv[1].bytes ? argv[1].bytes : (const uint8_t *)"";
    uint32_t len = argv[2].kind == VALUE_NUMBER && argv[2].number < argv[1].len
                       ? (uint32_t)argv[2].number
                       : argv[1].len;
    bool closed = flags & MSG_FLAG_FASTOPEN || is_deferred(u, fd);
    int64_t got = hand_over(u, fd, bytes, len, flags, to);
    bool opens = closed && (got >= 0 || got == -ERR_INPROGRESS);
    bool rest = got == -ERR_AGAIN || (got >= 0 && got < len) || opens;
    if (!rest || d->nonblocking || flags & MSG_FLAG_DONTWAIT) {
        stack_notice_sent(u, fd, flags, got);
        return got;
    }
    int64_t waits = wait_for(u, token, fd, opens ? first_again : send_again, &w);
    if (waits == SUT_PENDING) {
        w->bytes = bytes;
        w->room = len;
        w->done = got > 0 ? (uint32_t)got : 0;
        w->flags = flags & ~MSG_FLAG_FASTOPEN;
        if (opens) /* what waits brings the acknowledgement of the SYN-ACK along */
            socket_set(u->stack, fd, TCP_OPT_QUICKACK, 0, now_of(u));
    }
    return waits;
}

static int64_t call_send(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                         struct value *out)
{
    (void)out;
    return send_stream(u, token, argv,
                       argc > 3 && argv[3].kind == VALUE_NUMBER ? (int)argv[3].number : 0, NULL);
}

static int64_t call_sendto(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                           struct value *out)
{
    (void)out;
    bool given = argc > 4 && argv[4].kind == VALUE_ENDPOINT;
    struct socket_address to =
        given ? stack_argument_endpoint(&argv[4]) : (struct socket_address){0};
    return send_stream(u, token, argv,
                       argc > 3 && argv[3].kind == VALUE_NUMBER ? (int)argv[3].number : 0,
                       given ? &to : NULL);
}

/* What is only looked at waits until there is as much as it has room for, or no more comes. */
static bool is_short(struct stack_sut *u, int fd, uint32_t room, int flags)
{
    int64_t there = 0;
    if (!(flags & MSG_FLAG_WAITALL) || !(flags & MSG_FLAG_PEEK) ||
        socket_get(u->stack, fd, TCP_OPT_INQ, &there) < 0)
        return false;
    return there < room &&
           !(socket_events(u->stack, fd) & (SOCKET_ERROR | SOCKET_HANGUP | SOCKET_PEER_CLOSED));
}

/* [{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=N}]: what is left to read; Linux counts a
 * FIN as one more. */
static struct value unread(struct stack_sut *u, int fd)
{
    int64_t there = 0;
    socket_get(u->stack, fd, TCP_OPT_INQ, &there);
    there += (socket_events(u->stack, fd) & SOCKET_PEER_CLOSED) != 0;
    u->list[1] = (struct value){.kind = VALUE_NUMBER, .field = "cmsg_level", .number = SOL_TCP};
    u->list[2] = (struct value){.kind = VALUE_NUMBER, .field = "cmsg_type", .number = TCP_INQ};
    u->list[3] = (struct value){.kind = VALUE_NUMBER, .field = "cmsg_data", .number = there};
    u->list[0] = (struct value){.kind = VALUE_STRUCT, .item = u->list + 1, .items = 3};
    return (struct value){.kind = VALUE_LIST, .item = u->list, .items = 1};
}

static int64_t receive_now(struct stack_sut *u, int fd, uint32_t room, int flags, struct value *out)
{
    struct socket_address from = {0};
    if (!stack_scratch(u, (size_t)room + 1))
        return -ERR_NOMEM;
    if (is_short(u, fd, room, flags))
        return -ERR_AGAIN;
    int got =
        socket_receive(u->stack, fd, u->scratch, room, flags & ~MSG_FLAG_WAITALL, &from, now_of(u));
    if (got < 0 || flags & MSG_FLAG_TRUNC)
        return got;
    uint32_t copied = (uint32_t)got < room ? (uint32_t)got : room;
    u->scratch[copied] = 0;
    out[1] = (struct value){.kind = VALUE_BYTES, .bytes = u->scratch, .len = copied};
    if (stack_descriptor_of(u, fd)->tells_unread)
        out[6] = unread(u, fd);
    return got;
}

static int64_t receive_again(struct stack_waiter *w, struct value *out)
{
    return receive_now(w->sut, w->fd, w->room, w->flags, out);
}

/* MSG_WAITALL reads what comes, so that there is room for more, until it has all or no more comes.
 */
static int64_t receive_more(struct stack_waiter *w, struct value *out)
{
    struct socket_address from = {0};
    int got = 0;
    for (; w->done < w->room; w->done += (uint32_t)got) {
        got = socket_receive(w->sut->stack, w->fd, w->held + w->done, w->room - w->done,
                             w->flags & ~MSG_FLAG_WAITALL, &from, now_of(w->sut));
        if (got == -ERR_AGAIN)
            return got;
        if (got <= 0)
            break;
    }
    if (!(w->flags & MSG_FLAG_TRUNC))
        out[1] = (struct value){.kind = VALUE_BYTES, .bytes = w->held, .len = w->done};
    if (stack_descriptor_of(w->sut, w->fd)->tells_unread)
        out[6] = unread(w->sut, w->fd);
    return w->done ? (int64_t)w->done : got;
}

static int64_t receive_all(struct stack_sut *u, uint64_t token, int fd, uint32_t room, int flags,
                           struct value *out)
{
    struct stack_waiter *w;
    int64_t got = wait_for(u, token, fd, receive_more, &w);
    if (got != SUT_PENDING)
        return got;
    if (room > w->held_room) {
        w->held = u->env->memory(u->env->self, room, NULL);
        w->held_room = w->held ? room : 0;
    }
    w->room = room;
    w->done = 0;
    w->flags = flags;
    got = w->held || !room ? receive_more(w, out) : -ERR_NOMEM;
    if (got == -ERR_AGAIN)
        return SUT_PENDING;
    stack_wait_free(w);
    return got;
}

static int64_t call_receive(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                            struct value *out)
{
    const struct stack_descriptor *d = stream_of(u, &argv[0]);
    int fd = (int)argv[0].number,
        flags = argc > 3 && argv[3].kind == VALUE_NUMBER ? (int)argv[3].number : 0;
    struct stack_waiter *w;
    if (!d)
        return SUT_UNKNOWN;
    if (argv[2].kind != VALUE_NUMBER || argv[2].number < 0)
        return -ERR_INVAL;
    uint32_t room =
        argv[2].number < STACK_SCRATCH - 1 ? (uint32_t)argv[2].number : STACK_SCRATCH - 2;
    if (flags & MSG_ERRQUEUE)
        return stack_notice_take(u, fd, room, out);
    bool waits = !d->nonblocking && !(flags & MSG_FLAG_DONTWAIT);
    if (!waits)
        flags &= ~MSG_FLAG_WAITALL;
    if (flags & MSG_FLAG_WAITALL && !(flags & (MSG_FLAG_PEEK | MSG_FLAG_OOB)))
        return receive_all(u, token, fd, room, flags, out);
    int64_t got = receive_now(u, fd, room, flags, out);
    if (got != -ERR_AGAIN || !waits)
        return got;
    got = wait_for(u, token, fd, receive_again, &w);
    if (got == SUT_PENDING) {
        w->room = room;
        w->flags = flags;
    }
    return got;
}

/* A value comes as 5 or as [5]. */
static const struct value *inner(const struct value *v)
{
    return v->kind == VALUE_LIST && v->items == 1 ? &v->item[0] : v;
}

static int64_t call_ioctl(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                          struct value *out)
{
    static const struct {
        int64_t request;
        enum socket_option option;
    } table[] = {{SIOCINQ, TCP_OPT_INQ},
                 {SIOCOUTQ, TCP_OPT_OUTQ},
                 {0x894b, TCP_OPT_OUTQNSD},
                 {SIOCATMARK, TCP_OPT_AT_MARK}};
    (void)token, (void)argc;
    int64_t value = 0;
    if (!stream_of(u, &argv[0]))
        return SUT_UNKNOWN;
    if (argv[1].number == FIONBIO) {
        stack_descriptor_of(u, (int)argv[0].number)->nonblocking = inner(&argv[2])->number != 0;
        return 0;
    }
    for (size_t k = 0; k < sizeof table / sizeof table[0]; k++) {
        if (table[k].request != argv[1].number)
            continue;
        int got = socket_get(u->stack, (int)argv[0].number, table[k].option, &value);
        if (got < 0)
            return got;
        u->list[0] = (struct value){.kind = VALUE_NUMBER, .number = value};
        out[2] = (struct value){.kind = VALUE_LIST, .item = u->list, .items = 1};
        return 0;
    }
    return -ERR_INVAL;
}

/* --- options --- */

static const char *const congestion_names[] = {
    [SOCKET_CC_RENO] = "reno", [SOCKET_CC_CUBIC] = "cubic"};
enum { CONGESTIONS = sizeof congestion_names / sizeof congestion_names[0] };

static const struct value *part(const struct value *v, const char *name, const char *other,
                                uint32_t at)
{
    for (uint32_t k = 0; k < v->items; k++)
        if (v->item[k].field &&
            (strcmp(v->item[k].field, name) == 0 || strcmp(v->item[k].field, other) == 0))
            return &v->item[k];
    return at < v->items && !v->item[at].field ? &v->item[at] : NULL;
}

/* {onoff=1, linger=5} */
static int64_t set_linger(struct stack_sut *u, int fd, const struct value *v)
{
    if (v->kind == VALUE_LIST && v->items == 1 && v->item[0].items)
        v = &v->item[0];
    const struct value *on = part(v, "onoff", "l_onoff", 0),
                       *for_s = part(v, "linger", "l_linger", 1);
    if (!on || !for_s)
        return -ERR_INVAL;
    return socket_set(u->stack, fd, SO_OPT_LINGER, on->number ? for_s->number : -1, now_of(u));
}

static int64_t set_congestion(struct stack_sut *u, int fd, const struct value *v)
{
    const char *name = stack_argument_text(v);
    if (strcmp(name, "newreno") == 0) /* BSD's name for it */
        name = congestion_names[SOCKET_CC_RENO];
    for (int k = 0; k < CONGESTIONS; k++)
        if (strcmp(congestion_names[k], name) == 0)
            return socket_set(u->stack, fd, TCP_OPT_CONGESTION, k, now_of(u));
    return -ERR_NOENT;
}

/* Sixteen octets; what is shorter or longer is none. */
static int64_t set_fastopen_key(struct stack_sut *u, int fd, const struct value *v)
{
    if (v->kind != VALUE_BYTES || v->len != 16)
        return -ERR_INVAL;
    return socket_set_fastopen_key(u->stack, fd, v->bytes);
}

static int64_t set_unread(struct stack_sut *u, int fd, int64_t value)
{
    if (value != 0 && value != 1)
        return -ERR_INVAL;
    stack_descriptor_of(u, fd)->tells_unread = value != 0;
    return 0;
}

/* What a system does beside TCP: a log, a queue or a processor of its own, or which of its TCPs it
 * takes, of which we are the plain one. */
static int64_t set_aside(int64_t level, int64_t name, const struct value *v)
{
    static const int64_t nothing[] = {SO_DEBUG, SO_PRIORITY, SO_MARK, SO_BUSY_POLL,
                                      SO_INCOMING_CPU};
    for (size_t k = 0; k < sizeof nothing / sizeof nothing[0]; k++)
        if (level == SOL_SOCKET && name == nothing[k])
            return 0;
    if (level != IPPROTO_TCP)
        return SUT_UNKNOWN;
    if (name == NUMBER_TCP_LOG)
        return 0;
    if (name != NUMBER_TCP_FUNCTION_BLK)
        return SUT_UNKNOWN;
    if (v->kind == VALUE_LIST && v->items == 1 && v->item[0].items)
        v = &v->item[0];
    const struct value *set = part(v, "function_set_name", "name", 0);
    return set && strcmp(stack_argument_text(set), "freebsd") == 0 ? 0 : -ERR_NOPROTOOPT;
}

int64_t stack_stream_set(struct stack_sut *u, int fd, const struct value *argv)
{
    int64_t level = argv[1].number, name = argv[2].number;
    if (level == SOL_SOCKET && name == SO_LINGER)
        return set_linger(u, fd, &argv[3]);
    if (level == IPPROTO_TCP && name == TCP_CONGESTION)
        return set_congestion(u, fd, &argv[3]);
    if (level == IPPROTO_TCP && name == TCP_FASTOPEN_KEY)
        return set_fastopen_key(u, fd, inner(&argv[3]));
    if (level == IPPROTO_TCP && name == TCP_INQ && stream_of(u, &argv[0]))
        return set_unread(u, fd, inner(&argv[3])->number);
    if (level == IPPROTO_TCP &&
        name == NUMBER_TCP_KEEPINIT) /* seconds; of the connection's start */
        return socket_set(u->stack, fd, TCP_OPT_USER_TIMEOUT, inner(&argv[3])->number * 1000,
                          now_of(u));
    int64_t got = level == SOL_SOCKET ? stack_notice_set(u, fd, &argv[2], inner(&argv[3])->number)
                                      : SUT_UNKNOWN;
    return got != SUT_UNKNOWN ? got : set_aside(level, name, &argv[3]);
}

static int64_t get_linger(struct stack_sut *u, int fd, struct value *out)
{
    int64_t v = 0;
    int got = socket_get(u->stack, fd, SO_OPT_LINGER, &v);
    u->list[0] = (struct value){.kind = VALUE_NUMBER, .number = v >= 0, .field = "onoff"};
    u->list[1] = (struct value){.kind = VALUE_NUMBER, .number = v >= 0 ? v : 0, .field = "linger"};
    *out = (struct value){.kind = VALUE_STRUCT, .item = u->list, .items = 2};
    return got;
}

static int64_t get_congestion(struct stack_sut *u, int fd, struct value *out)
{
    int64_t v = 0;
    int got = socket_get(u->stack, fd, TCP_OPT_CONGESTION, &v);
    if (got < 0 || v < 0 || v >= CONGESTIONS)
        return got < 0 ? got : -ERR_INVAL;
    *out = (struct value){.kind = VALUE_BYTES,
                          .bytes = (const uint8_t *)congestion_names[v],
                          .len = (uint32_t)strlen(congestion_names[v])};
    return 0;
}

/* Under the names of struct socket_tcp_info. */
#define INFO(name)                                                                                 \
    {                                                                                              \
#name, offsetof(struct socket_tcp_info, name), sizeof((struct socket_tcp_info){0}.name)    \
    }
static const struct info_field {
    const char *name;
    size_t at, size;
} info_field[] = {
    INFO(state),
    INFO(recovery),
    INFO(retransmits),
    INFO(probes),
    INFO(backoff),
    INFO(timestamps),
    INFO(sack),
    INFO(window_scaling),
    INFO(ecn),
    INFO(fastopen),
    INFO(snd_wscale),
    INFO(rcv_wscale),
    INFO(snd_mss),
    INFO(rcv_mss),
    INFO(advertised_mss),
    INFO(path_mtu),
    INFO(snd_wnd),
    INFO(rcv_wnd),
    INFO(cwnd),
    INFO(ssthresh),
    INFO(unacked_octets),
    INFO(unsent_octets),
    INFO(unread_octets),
    INFO(unacked),
    INFO(sacked),
    INFO(lost),
    INFO(retransmitted),
    INFO(total_retransmitted),
    INFO(timeouts),
    INFO(dsacks),
    INFO(delivered),
    INFO(delivered_ce),
    INFO(segments_out),
    INFO(segments_in),
    INFO(texts_out),
    INFO(texts_in),
    INFO(ahead),
    INFO(octets_acked),
    INFO(octets_received),
    INFO(octets_out),
    INFO(octets_again),
    INFO(since_sent_ms),
    INFO(since_received_ms),
    INFO(since_acked_ms),
    INFO(busy_ns),
    INFO(window_limited_ns),
    INFO(buffer_limited_ns),
    INFO(reordering),
    INFO(reorderings),
    INFO(iss),
    INFO(irs),
    INFO(snd_una),
    INFO(snd_nxt),
    INFO(rcv_nxt),
    INFO(rto_ns),
    INFO(srtt_ns),
    INFO(rttvar_ns),
    INFO(min_rtt_ns),
    INFO(delayed_ack_ns),
};
enum { FIELDS = sizeof info_field / sizeof info_field[0] };
_Static_assert((int)FIELDS <= (int)INFO_FIELDS, "they fit");

/* A duration has eight octets, of the others none has a sign. */
static int64_t info_number(const struct socket_tcp_info *i, const struct info_field *f)
{
    const uint8_t *at = (const uint8_t *)i + f->at;
    uint16_t two;
    uint32_t four;
    int64_t eight;
    switch (f->size) {
    case 1:
        return *at;
    case 2:
        memcpy(&two, at, sizeof two);
        return two;
    case 4:
        memcpy(&four, at, sizeof four);
        return four;
    default:
        memcpy(&eight, at, sizeof eight);
        return eight;
    }
}

/* What the stack knows of the connection, each under its own name, in octets and nanoseconds; units
 * and names of tcp_info are the script's system's (sim/play/tcp_info.c). */
static int64_t get_info(struct stack_sut *u, int fd, struct value *out)
{
    struct socket_tcp_info i;
    int got = socket_tcp_info(u->stack, fd, &i, now_of(u));
    if (got < 0)
        return got;
    for (uint32_t k = 0; k < FIELDS; k++)
        u->list[k] = (struct value){.kind = VALUE_NUMBER,
                                    .number = info_number(&i, &info_field[k]),
                                    .field = info_field[k].name};
    *out = (struct value){.kind = VALUE_STRUCT, .item = u->list, .items = FIELDS};
    return 0;
}

int64_t stack_stream_get(struct stack_sut *u, int fd, const struct value *argv, struct value *out)
{
    int64_t level = argv[1].number, name = argv[2].number;
    if (level == SOL_SOCKET && name == SO_LINGER)
        return get_linger(u, fd, &out[3]);
    if (level == IPPROTO_TCP && name == TCP_CONGESTION)
        return get_congestion(u, fd, &out[3]);
    if (level == IPPROTO_TCP && name == TCP_INFO)
        return get_info(u, fd, &out[3]);
    return SUT_UNKNOWN;
}

const struct stack_call_entry stack_stream_calls[] = {
    {"listen", call_listen, 1},    {"accept", call_accept, 1}, {"accept4", call_accept, 1},
    {"connect", call_connect, 2},  {"send", call_send, 3},     {"write", call_send, 3},
    {"sendto", call_sendto, 3},    {"recv", call_receive, 3},  {"read", call_receive, 3},
    {"recvfrom", call_receive, 3}, {"ioctl", call_ioctl, 3},   {NULL, NULL, 0},
};

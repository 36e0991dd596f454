/* Calls of the user, and the lines that say the same. */
#include "sim/fuzz/walk_inside.h"
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/sockios.h>
#include "sim/packet/packet.h"

enum { LONGEST = 20000, OCTETS = 70000 };

static struct value number(int64_t n)
{
    return (struct value){.kind = VALUE_NUMBER, .number = n};
}

int64_t walk_call(struct walk *w, const char *name, const struct value *argv, int argc,
                  struct value *out)
{
    memset(out, 0, SUT_ARGUMENTS * sizeof *out);
    int64_t got = w->sut->call(w->instance, 1, name, argv, argc, out);
    if (got == SUT_PENDING)
        walk_fail(w, "%s of a descriptor that does not block waits", name);
    if (w->of->config.told) {
        const int64_t told[] = {w->now_ns,
                                argc && argv[0].kind == VALUE_NUMBER ? argv[0].number : -1, got};
        w->of->config.told(w->of->config.ctx, name, told, 3);
    }
    return got;
}

static bool is_fd(int64_t fd)
{
    return fd >= 0 && fd < WALK_FDS;
}

/* The result of a call, behind its line: what is not known to differ from run to run. */
static int64_t done(struct walk *w, FILE *line, int64_t got)
{
    if (line && got >= 0)
        fprintf(line, " = %" PRId64, got);
    if (line)
        fputs("\n", line);
    if (line)
        fflush(line);
    walk_poll(w);
    return got;
}

int walk_socket(struct walk *w)
{
    struct value out[SUT_ARGUMENTS],
        argv[] = {{.kind = VALUE_NONE}, number(SOCK_STREAM | SOCK_NONBLOCK), number(IPPROTO_TCP)};
    FILE *line = walk_line(w);
    if (line)
        fputs("socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP)", line);
    int64_t fd = done(w, line, walk_call(w, "socket", argv, 3, out));
    if (!is_fd(fd))
        return -1;
    memset(&w->fd[fd], 0, sizeof w->fd[fd]);
    w->fd[fd].open = true;
    return (int)fd;
}

int walk_connect(struct walk *w)
{
    struct value out[SUT_ARGUMENTS],
        argv[] = {number(w->main), {.kind = VALUE_ENDPOINT, .number = WALK_PEER_IP, .prefix = 80}};
    FILE *line = walk_line(w);
    if (line)
        fprintf(line,
                "connect(%d, {sa_family=AF_INET, sin_port=htons(80), "
                "sin_addr=inet_addr(\"10.0.2.2\")}, ...)",
                w->main);
    int64_t got = walk_call(w, "connect", argv, 2, out);
    w->model.reset_due = false; /* it may have told of it */
    if (got == -EINPROGRESS) {  /* another connection: its streams begin */
        w->fd[w->main].read_at = w->fd[w->main].write_at = 0;
        w->fd[w->main].shut_write = false;
        w->model.fd = w->main;
    }
    return (int)done(w, line, got);
}

int walk_listen(struct walk *w)
{
    struct value out[SUT_ARGUMENTS];
    int fd = walk_socket(w);
    if (fd < 0)
        return -1;
    struct value argv[] = {number(fd), {.kind = VALUE_ENDPOINT, .prefix = 80}};
    FILE *line = walk_line(w);
    if (line)
        fprintf(line,
                "bind(%d, {sa_family=AF_INET, sin_port=htons(80), "
                "sin_addr=inet_addr(\"0.0.0.0\")}, ...)",
                fd);
    done(w, line, walk_call(w, "bind", argv, 2, out));
    line = walk_line(w);
    if (line)
        fprintf(line, "listen(%d, 2)", fd);
    argv[1] = number(2);
    int64_t got = done(w, line, walk_call(w, "listen", argv, 2, out));
    w->fd[fd].listens = got == 0;
    return fd;
}

int walk_accept(struct walk *w)
{
    struct value out[SUT_ARGUMENTS],
        argv[] = {
            number(w->listener), {.kind = VALUE_NONE}, {.kind = VALUE_NONE}, number(SOCK_NONBLOCK)};
    if (w->listener < 0)
        return -1;
    FILE *line = w->healing ? NULL : walk_line(w);
    if (line)
        fprintf(line, "accept4(%d, ..., ..., SOCK_NONBLOCK)", w->listener);
    int64_t fd = walk_call(w, "accept4", argv, 4, out);
    if (w->healing && fd >= 0 && (line = walk_line(w)) != NULL)
        fprintf(line, "accept4(%d, ..., ..., SOCK_NONBLOCK)", w->listener);
    if (!w->healing || fd >= 0)
        done(w, line, fd);
    if (!is_fd(fd))
        return -1;
    memset(&w->fd[fd], 0, sizeof w->fd[fd]);
    w->fd[fd].open = true;
    if (w->model.live == 1 && w->model.fd < 0)
        w->model.fd = (int)fd;
    return (int)fd;
}

static const char *flag_text(int flags)
{
    return flags & MSG_OOB    ? "MSG_DONTWAIT|MSG_OOB"
           : flags & MSG_MORE ? "MSG_DONTWAIT|MSG_MORE"
           : flags & MSG_PEEK ? "MSG_DONTWAIT|MSG_PEEK"
                              : "MSG_DONTWAIT";
}

int64_t walk_send(struct walk *w, int fd, uint32_t len, int flags)
{
    uint8_t octets[LONGEST];
    struct value out[SUT_ARGUMENTS];
    packet_pattern_fill(octets, len, w->fd[fd].write_at);
    struct value argv[] = {number(fd),
                           {.kind = VALUE_BYTES, .bytes = octets, .len = len},
                           number(len),
                           number(flags | MSG_DONTWAIT)};
    FILE *line = walk_line(w);
    if (line)
        fprintf(line, "send(%d, ..., %" PRIu32 ", %s)", fd, len, flag_text(flags));
    int64_t got = walk_call(w, "send", argv, 4, out);
    w->model.held_back |= flags & MSG_MORE;
    if (got > (int64_t)len)
        walk_fail(w, "send took %" PRId64 " of %" PRIu32 " octets", got, len);
    if (got > 0)
        w->fd[fd].write_at += (uint32_t)got;
    done(w, line, got);
    walk_model_wrote(w, fd, got, len);
    return got;
}

static void check_read(struct walk *w, int fd, int64_t got, uint32_t room,
                       const struct value *bytes)
{
    if (got > (int64_t)room || (got > 0 && (bytes->kind != VALUE_BYTES || bytes->len < got)))
        walk_fail(w, "recv gave %" PRId64 " octets, %" PRIu32 " were asked for", got, room);
    if (got <= 0 || w->odd)
        return;
    uint32_t same = packet_pattern_run(bytes->bytes, (uint32_t)got, w->fd[fd].read_at);
    if (same < got)
        walk_fail(w, "octet %" PRIu32 " of what was read is not what the peer sent",
                  w->fd[fd].read_at + same + 1);
}

/* Octets that a read would give. */
static bool has_unread(struct walk *w, int fd)
{
    struct value out[SUT_ARGUMENTS],
        argv[] = {number(fd), {.kind = VALUE_NONE}, number(1), number(MSG_PEEK | MSG_DONTWAIT)};
    return !w->fd[fd].listens && walk_call(w, "recv", argv, 4, out) > 0;
}

/* In the end it is only told of when there was something. */
int64_t walk_receive(struct walk *w, int fd, uint32_t len, int flags)
{
    struct value out[SUT_ARGUMENTS],
        argv[] = {number(fd), {.kind = VALUE_NONE}, number(len), number(flags | MSG_DONTWAIT)};
    if (len == 0)
        w->fd[fd].unread = has_unread(w, fd);
    FILE *line = w->healing ? NULL : walk_line(w);
    if (line)
        fprintf(line, "recv(%d, ..., %" PRIu32 ", %s)", fd, len, flag_text(flags));
    if (line)
        fflush(line);
    int64_t got = walk_call(w, "recv", argv, 4, out);
    if (w->healing && got != -EAGAIN && (line = walk_line(w)) != NULL)
        fprintf(line, "recv(%d, ..., %" PRIu32 ", %s)", fd, len, flag_text(flags));
    if (line && got >= 0)
        fprintf(line, " = %" PRId64 "\n", got);
    else if (line)
        fputs("\n", line);
    if (line)
        fflush(line);
    check_read(w, fd, got, len, &out[1]);
    walk_model_read(w, fd, got, len, flags);
    if (got > 0 && !(flags & MSG_PEEK))
        w->fd[fd].read_at += (uint32_t)got;
    walk_poll(w);
    return got;
}

int64_t walk_shutdown(struct walk *w, int fd, int how)
{
    static const char *const names[] = {"SHUT_RD", "SHUT_WR", "SHUT_RDWR"};
    struct value out[SUT_ARGUMENTS], argv[] = {number(fd), number(how)};
    FILE *line = walk_line(w);
    if (line)
        fprintf(line, "shutdown(%d, %s)", fd, names[how]);
    int64_t got = walk_call(w, "shutdown", argv, 2, out);
    w->fd[fd].shut_write |= got == 0 && how != SHUT_RD;
    w->model.deaf |= got == 0 && how != SHUT_WR;
    return done(w, line, got);
}

void walk_close(struct walk *w, int fd)
{
    struct value out[SUT_ARGUMENTS], argv[] = {number(fd)};
    bool unread = has_unread(w, fd);
    unsigned was = w->model.state;
    walk_model_call(w);
    FILE *line = walk_line(w);
    if (line)
        fprintf(line, "close(%d)", fd);
    if (line)
        fflush(line);
    w->fd[fd].open = false;
    w->main = w->main == fd ? -1 : w->main;
    w->listener = w->listener == fd ? -1 : w->listener;
    done(w, line, walk_call(w, "close", argv, 1, out));
    walk_model_closed(w, fd, unread, was);
}

/* --- calls of a plan --- */

static const struct {
    int level, name;
    int64_t value;
    const char *text; /* of level, name and value, in a script */
    bool bounds;      /* how long the connection waits */
} options[16] = {
    {IPPROTO_TCP, TCP_NODELAY, 1, "IPPROTO_TCP, TCP_NODELAY, [1]", false},
    {IPPROTO_TCP, TCP_NODELAY, 0, "IPPROTO_TCP, TCP_NODELAY, [0]", false},
    {IPPROTO_TCP, TCP_CORK, 1, "IPPROTO_TCP, TCP_CORK, [1]", false},
    {IPPROTO_TCP, TCP_CORK, 0, "IPPROTO_TCP, TCP_CORK, [0]", false},
    {SOL_SOCKET, SO_KEEPALIVE, 1, "SOL_SOCKET, SO_KEEPALIVE, [1]", true},
    {SOL_SOCKET, SO_RCVBUF, 1, "SOL_SOCKET, SO_RCVBUF, [1]", false},
    {SOL_SOCKET, SO_RCVBUF, 8000, "SOL_SOCKET, SO_RCVBUF, [8000]", false},
    {SOL_SOCKET, SO_SNDBUF, 1, "SOL_SOCKET, SO_SNDBUF, [1]", false},
    {SOL_SOCKET, SO_SNDBUF, 8000, "SOL_SOCKET, SO_SNDBUF, [8000]", false},
    {IPPROTO_TCP, TCP_QUICKACK, 1, "IPPROTO_TCP, TCP_QUICKACK, [1]", false},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, 5000, "IPPROTO_TCP, TCP_USER_TIMEOUT, [5000]", true},
    {IPPROTO_TCP, TCP_MAXSEG, 100, "IPPROTO_TCP, TCP_MAXSEG, [100]", false},
    {IPPROTO_TCP, TCP_KEEPIDLE, 5, "IPPROTO_TCP, TCP_KEEPIDLE, [5]", true},
    {IPPROTO_IP, IP_RECVERR, 1, "IPPROTO_IP, IP_RECVERR, [1]", false},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT, 100, "IPPROTO_TCP, TCP_NOTSENT_LOWAT, [100]", false},
    {IPPROTO_TCP, TCP_KEEPINTVL, 1, "IPPROTO_TCP, TCP_KEEPINTVL, [1]", true},
};

static void set_option(struct walk *w, int fd, unsigned which)
{
    struct value out[SUT_ARGUMENTS],
        argv[] = {number(fd), number(options[which].level), number(options[which].name),
                  number(options[which].value), number(4)};
    FILE *line = walk_line(w);
    if (line)
        fprintf(line, "setsockopt(%d, %s, 4)", fd, options[which].text);
    w->model.held_back |= options[which].name == TCP_CORK && options[which].value;
    w->model.bounded |= options[which].bounds;
    done(w, line, walk_call(w, "setsockopt", argv, 5, out));
}

/* Closing resets from now on. */
static void set_linger(struct walk *w, int fd)
{
    struct value out[SUT_ARGUMENTS], part[2] = {number(1), number(0)};
    part[0].field = "onoff";
    part[1].field = "linger";
    struct value argv[] = {number(fd),
                           number(SOL_SOCKET),
                           number(SO_LINGER),
                           {.kind = VALUE_STRUCT, .item = part, .items = 2},
                           number(8)};
    FILE *line = walk_line(w);
    if (line)
        fprintf(line, "setsockopt(%d, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8)", fd);
    done(w, line, walk_call(w, "setsockopt", argv, 5, out));
}

/* What SIOCINQ says is what a receive would give. */
static void ask_unread(struct walk *w, int fd)
{
    int64_t there = walk_receive(w, fd, LONGEST, MSG_PEEK);
    struct value out[SUT_ARGUMENTS], argv[] = {number(fd), number(SIOCINQ), {.kind = VALUE_LIST}};
    FILE *line = walk_line(w);
    if (line)
        fprintf(line, "ioctl(%d, SIOCINQ, [%" PRId64 "])", fd, there > 0 ? there : 0);
    int64_t got = done(w, line, walk_call(w, "ioctl", argv, 3, out));
    if (got == 0 && there >= 0 && out[2].items == 1 && out[2].item[0].number != there)
        walk_fail(w, "SIOCINQ says %" PRId64 ", %" PRId64 " octets can be read",
                  out[2].item[0].number, there);
}

static void ask_error(struct walk *w, int fd)
{
    struct value out[SUT_ARGUMENTS], argv[] = {number(fd),
                                               number(SOL_SOCKET),
                                               number(SO_ERROR),
                                               {.kind = VALUE_LIST},
                                               {.kind = VALUE_LIST}};
    FILE *line = walk_line(w);
    if (line)
        fprintf(line, "getsockopt(%d, SOL_SOCKET, SO_ERROR, ..., ...)", fd);
    w->model.reset_due = false;
    done(w, line, walk_call(w, "getsockopt", argv, 5, out));
}

static void connect_anew(struct walk *w)
{
    if (w->main < 0)
        w->main = walk_socket(w);
    if (w->main >= 0)
        walk_connect(w);
}

static void listen_anew(struct walk *w)
{
    if (w->listener < 0)
        w->listener = walk_listen(w);
}

static void accept_next(struct walk *w)
{
    int fd = walk_accept(w);
    if (fd >= 0 && w->main < 0)
        w->main = fd;
}

static const char *const call_name[PLAN_CALLS] = {
    "send",          "recv",           "shutdown WR",  "close",       "shutdown RD",
    "shutdown RDWR", "accept",         "connect",      "listen",      "setsockopt",
    "send OOB",      "recv PEEK",      "send MORE",    "SO_LINGER 0", "SIOCINQ",
    "SO_ERROR",      "close listener", "listen on it", "send much",   "recv all"};

void walk_play_call(struct walk *w, const struct plan_step *s)
{
    static const uint32_t sizes[16] = {1,    10, 100, 1000, 536,  1460, 3000, 0,
                                       8000, 2,  999, 1001, 5000, 4000, 7,    LONGEST};
    uint32_t len = sizes[s->b & 15];
    int fd = w->main;
    walk_cell(w, 32 + s->a, 0);
    if (s->a >= 6 && s->a <= 8) {
        s->a == 6 ? accept_next(w) : s->a == 7 ? connect_anew(w) : listen_anew(w);
        return;
    }
    if (s->a == 16 && w->listener >= 0)
        walk_close(w, w->listener);
    if (fd < 0 || s->a == 16)
        return;
    switch (s->a) {
    case 0:
    case 10:
    case 12:
    case 18:
        walk_send(w, fd, s->a == 18 ? 6000 : len, s->a == 10 ? MSG_OOB : s->a == 12 ? MSG_MORE : 0);
        break;
    case 1:
    case 11:
    case 19:
        walk_receive(w, fd, s->a == 19 ? LONGEST : len, s->a == 11 ? MSG_PEEK : 0);
        break;
    case 2:
    case 4:
    case 5:
        walk_shutdown(w, fd, s->a == 2 ? SHUT_WR : s->a == 4 ? SHUT_RD : SHUT_RDWR);
        break;
    case 3:
        walk_close(w, fd);
        break;
    case 9:
        set_option(w, fd, s->b & 15);
        break;
    case 13:
        set_linger(w, fd);
        break;
    case 14:
        ask_unread(w, fd);
        break;
    case 15:
        ask_error(w, fd);
        break;
    default: {
        struct value out[SUT_ARGUMENTS], argv[] = {number(fd), number(1)};
        FILE *line = walk_line(w);
        if (line)
            fprintf(line, "listen(%d, 1)", fd);
        done(w, line, walk_call(w, "listen", argv, 2, out));
        break;
    }
    }
}

/* --- names of cells --- */

const char *walk_state_name(unsigned state)
{
    static const char *const names[WALK_STATES] = {
        "CLOSED",     "LISTEN",     "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
        "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",  "LAST-ACK",     "TIME-WAIT"};
    return state < WALK_STATES ? names[state] : "";
}

const char *walk_event_name(unsigned event)
{
    static const char *const segments[PLAN_SEGMENTS] = {"ACK",
                                                        "text",
                                                        "FIN",
                                                        "text and FIN",
                                                        "SYN",
                                                        "SYN-ACK",
                                                        "RST",
                                                        "RST-ACK",
                                                        "old text",
                                                        "text ahead",
                                                        "old ACK",
                                                        "ACK with SACK",
                                                        "urgent",
                                                        "text without ACK",
                                                        "part of it acked",
                                                        "all of it acked",
                                                        "text behind the last",
                                                        "a hole of one",
                                                        "half of the last",
                                                        "text before the last"};
    static const char *const errors[PLAN_ERRORS] = {
        "icmp host",     "icmp net",     "icmp port",      "icmp protocol",
        "icmp mtu 1000", "icmp mtu 500", "icmp mtu 0",     "icmp mtu 68",
        "icmp ttl",      "icmp quench",  "icmp parameter", "icmp filtered"};
    static const char *const times[PLAN_TIMES] = {"1ms",   "10ms", "40ms",  "100ms", "200ms",
                                                  "500ms", "1s",   "3s",    "7s",    "20s",
                                                  "1min",  "130s", "15min", "2h"};
    if (event < 16)
        return segments[event];
    if (event >= WALK_MORE_SEGMENTS && event < 32)
        return segments[event - WALK_MORE_SEGMENTS + 16];
    if (event >= 16 && event < 16 + PLAN_ERRORS)
        return errors[event - 16];
    if (event >= 32 && event < 32 + PLAN_CALLS)
        return call_name[event - 32];
    return event >= 80 && event < 80 + PLAN_TIMES ? times[event - 80] : NULL;
}

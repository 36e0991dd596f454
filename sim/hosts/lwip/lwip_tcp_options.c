/* What can be set and asked of lwIP's TCP control blocks by BSD calls. */
#include "sim/hosts/lwip/lwip_sut.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <lwip/tcp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static const struct value *inner(const struct value *v)
{
    return v->kind == VALUE_LIST && v->items == 1 ? &v->item[0] : v;
}

static int64_t set_flag(struct lwip_stream *s, u8_t flag, bool on)
{
    s->pcb->so_options = (u8_t)(on ? s->pcb->so_options | flag : s->pcb->so_options & ~flag);
    return 0;
}

static int64_t set_linger(struct lwip_stream *s, const struct value *v)
{
    int64_t on = 0, seconds = 0;
    for (uint32_t k = 0; v->kind == VALUE_STRUCT && k < v->items; k++) {
        if (v->item[k].field && strcmp(v->item[k].field, "onoff") == 0)
            on = v->item[k].number;
        if (v->item[k].field && strcmp(v->item[k].field, "linger") == 0)
            seconds = v->item[k].number;
    }
    if (on && seconds)
        return SUT_UNKNOWN; /* lwIP's raw API does not linger */
    s->abort = on;
    return 0;
}

static int64_t set_tcp(struct lwip_stream *s, int64_t name, int64_t v)
{
    switch (name) {
    case TCP_NODELAY:
        if (v)
            tcp_nagle_disable(s->pcb);
        else
            tcp_nagle_enable(s->pcb);
        return 0;
    case TCP_KEEPIDLE:
        s->pcb->keep_idle = (u32_t)v * 1000;
        return 0;
    case TCP_KEEPINTVL:
        s->pcb->keep_intvl = (u32_t)v * 1000;
        return 0;
    case TCP_KEEPCNT:
        s->pcb->keep_cnt = (u32_t)v;
        return 0;
    default:
        return SUT_UNKNOWN;
    }
}

static int64_t call_setsockopt(struct lwip_sut *u, uint64_t token, const struct value *argv,
                               int argc, struct value *out)
{
    (void)token, (void)argc, (void)out;
    struct lwip_stream *s = lwip_stream_of(u, &argv[0]);
    int64_t level = argv[1].number, name = argv[2].number, v = inner(&argv[3])->number;
    if (!s)
        return SUT_UNKNOWN;
    if (!s->pcb)
        return -EINVAL;
    if (level == SOL_SOCKET && name == SO_LINGER)
        return set_linger(s, inner(&argv[3]));
    if (level == SOL_SOCKET && name == SO_REUSEADDR)
        return set_flag(s, SOF_REUSEADDR, v);
    if (level == SOL_SOCKET && name == SO_KEEPALIVE)
        return set_flag(s, SOF_KEEPALIVE, v);
    if (level == IPPROTO_IP && name == IP_TTL && v >= 1 && v <= 255)
        return s->pcb->ttl = (u8_t)v, 0;
    if (level == IPPROTO_IP && name == IP_TOS)
        return s->pcb->tos = (u8_t)v, 0;
    return level == IPPROTO_TCP && !s->listening ? set_tcp(s, name, v) : SUT_UNKNOWN;
}

static int64_t call_getsockopt(struct lwip_sut *u, uint64_t token, const struct value *argv,
                               int argc, struct value *out)
{
    (void)token, (void)argc;
    struct lwip_stream *s = lwip_stream_of(u, &argv[0]);
    if (!s)
        return SUT_UNKNOWN;
    int64_t v;
    if (argv[1].number == SOL_SOCKET && argv[2].number == SO_ERROR)
        v = -lwip_stream_error(s);
    else if (argv[1].number == IPPROTO_TCP && argv[2].number == TCP_NODELAY && s->pcb)
        v = tcp_nagle_disabled(s->pcb) != 0;
    else if (argv[1].number == SOL_SOCKET && argv[2].number == SO_KEEPALIVE && s->pcb)
        v = (s->pcb->so_options & SOF_KEEPALIVE) != 0;
    else
        return SUT_UNKNOWN;
    u->item = (struct value){.kind = VALUE_NUMBER, .number = v};
    out[3] = (struct value){.kind = VALUE_LIST, .item = &u->item, .items = 1};
    return 0;
}

static int64_t call_fcntl(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                          struct value *out)
{
    (void)token, (void)out;
    struct lwip_stream *s = lwip_stream_of(u, &argv[0]);
    if (!s)
        return SUT_UNKNOWN;
    if (argv[1].number == F_GETFL)
        return O_RDWR | (u->socket[s->fd].nonblocking ? O_NONBLOCK : 0);
    if (argv[1].number != F_SETFL || argc < 3)
        return -EINVAL;
    u->socket[s->fd].nonblocking = argv[2].number & O_NONBLOCK;
    return 0;
}

/* The octets that can be read, or are not acknowledged yet. */
static int64_t call_ioctl(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                          struct value *out)
{
    (void)token, (void)argc;
    struct lwip_stream *s = lwip_stream_of(u, &argv[0]);
    int64_t v;
    if (!s)
        return SUT_UNKNOWN;
    if (argv[1].number == SIOCINQ)
        v = s->came ? s->came->tot_len : 0;
    else if (argv[1].number == SIOCOUTQ)
        v = s->pcb ? TCP_SND_BUF - tcp_sndbuf(s->pcb) : 0;
    else
        return SUT_UNKNOWN;
    u->item = (struct value){.kind = VALUE_NUMBER, .number = v};
    out[2] = (struct value){.kind = VALUE_LIST, .item = &u->item, .items = 1};
    return 0;
}

const struct lwip_call_entry lwip_tcp_option_calls[] = {
    {"setsockopt", call_setsockopt, 4},
    {"getsockopt", call_getsockopt, 4},
    {"fcntl", call_fcntl, 2},
    {"ioctl", call_ioctl, 3},
    {NULL, NULL, 0},
};

/* What a stream may be asked for, and what it tells of itself. */
#include "stack/socket/socket_tcp_inside.h"
#include "stack/wire/ipproto.h"

enum { LEAST_BUFFER = 256, MOST_BUFFER = 1 << 30, MOST_SECONDS = 32767, MOST_COUNT = 127 };
enum { MOST_FIN_WAIT_2 = 120 };

static struct tcp_pcb *tcp_of(const struct socket *k)
{
    return (struct tcp_pcb *)(void *)k->pcb;
}

/* --- setting --- */

/* Linux takes twice what is asked, for what it spends beside the octets, and tells twice what a
 * reader's window is; of what is asked at most net.core.rmem_max and wmem_max. */
enum { LINUX_MOST = 212992, LINUX_LEAST_SEND = 4608, LINUX_LEAST_RECEIVE = 2304 };

static int64_t doubled(int64_t value, int64_t least)
{
    value = value > LINUX_MOST ? LINUX_MOST : value;
    return 2 * value < least ? least : 2 * value;
}

static int set_buffer(uint32_t *buffer, int64_t value)
{
    if (value < 0)
        return -ERR_INVAL;
    *buffer = value < LEAST_BUFFER  ? LEAST_BUFFER
              : value > MOST_BUFFER ? MOST_BUFFER
                                    : (uint32_t)value;
    return 0;
}

static int set_mss(struct stack *s, struct tcp_pcb *pcb, int64_t value)
{
    enum { LEAST = 88, MOST = 32767 }; /* Linux's bounds */
    enum { BSD_LEAST = 216 - 40 /* net.inet.tcp.minmss with headers */ };
    if (tcp_has_bsd_calls(s) && (value < BSD_LEAST || value > tcp_max_segment(s, pcb)))
        return -ERR_INVAL;
    if (value != 0 && (value < LEAST || value > MOST))
        return -ERR_INVAL;
    pcb->user_mss = (uint16_t)value;
    return 0;
}

/* RFC 7413 5.1: how many may be early. A client that asks, as BSD's do, asks by its connect. */
static int set_fastopen(struct stack *s, struct tcp_pcb *pcb, int64_t value)
{
    if (value < 0 || (pcb->state != TCP_CLOSED && pcb->state != TCP_LISTEN))
        return -ERR_INVAL;
    if (!value && !pcb->wishes)
        return 0;
    struct tcp_wishes *w = tcp_wish(s, pcb);
    if (!w)
        return -ERR_NOBUFS;
    w->fastopen_limit = (uint16_t)(value > UINT16_MAX ? UINT16_MAX : value);
    return 0;
}

static int set_seconds(struct stack *s, struct tcp_pcb *pcb, enum socket_option option,
                       int64_t value, int64_t now_ns)
{
    struct tcp_wishes *w = tcp_wish(s, pcb);
    bool counts = option == TCP_OPT_KEEPCNT || option == TCP_OPT_SYNCNT;
    int64_t most = counts ? MOST_COUNT : MOST_SECONDS;
    if (value < 1 || value > most)
        return -ERR_INVAL;
    if (!w)
        return -ERR_NOBUFS;
    if (option == TCP_OPT_KEEPIDLE)
        w->keep_idle_s = (uint16_t)value;
    else if (option == TCP_OPT_KEEPINTVL)
        w->keep_interval_s = (uint16_t)value;
    else if (option == TCP_OPT_SYNCNT)
        w->syn_count = (uint8_t)value;
    else
        w->keep_count = (uint8_t)value;
    tcp_keep_changed(s, pcb, now_ns);
    return 0;
}

/* Linux: a longer time than its most is that one. */
static int set_fin_wait_2(struct stack *s, struct tcp_pcb *pcb, int64_t value)
{
    if (!value && !pcb->wishes)
        return 0;
    struct tcp_wishes *w = tcp_wish(s, pcb);
    if (!w)
        return -ERR_NOBUFS;
    w->fin_wait_2_s = (int16_t)(value < 0 ? -1 : value > MOST_FIN_WAIT_2 ? MOST_FIN_WAIT_2 : value);
    return 0;
}

/* Options of which 0, or for SO_LINGER -1, says what would be without the record. */
static int set_wish(struct stack *s, struct tcp_pcb *pcb, enum socket_option option, int64_t value,
                    int64_t now_ns)
{
    int64_t least = option == SO_OPT_LINGER ? -1 : 0;
    int64_t most = option == SO_OPT_LINGER ? MOST_SECONDS : INT32_MAX;
    if (value < least)
        return -ERR_INVAL;
    value = value > most ? most : value;
    if (value == least && !pcb->wishes)
        return 0;
    struct tcp_wishes *w = tcp_wish(s, pcb);
    if (!w)
        return -ERR_NOBUFS;
    if (option == SO_OPT_LINGER)
        w->linger_s = (int16_t)value;
    else if (option == TCP_OPT_USER_TIMEOUT)
        w->user_timeout_ms = (uint32_t)value;
    else
        w->unsent_low = (uint32_t)value;
    if (option == TCP_OPT_USER_TIMEOUT)
        tcp_timeout_changed(s, pcb, now_ns);
    return 0;
}

int socket_tcp_set(struct stack *s, struct socket *k, enum socket_option option, int64_t value,
                   int64_t now_ns)
{
    struct tcp_pcb *pcb = tcp_of(k);
    switch (option) {
    case SO_OPT_REUSEADDR:
        pcb->end.reuse = value != 0;
        return 0;
    case IP_OPT_RECVERR:
        pcb->tells_soft = value != 0;
        return 0;
    case SO_OPT_SNDBUF:
        return set_buffer(&pcb->snd_buffer,
                          tcp_doubles_buffers(s) ? doubled(value, LINUX_LEAST_SEND) : value);
    case SO_OPT_RCVBUF:
        return set_buffer(&pcb->rcv_buffer,
                          tcp_doubles_buffers(s) ? doubled(value, LINUX_LEAST_RECEIVE) / 2 : value);
    case SO_OPT_KEEPALIVE:
        pcb->keep_alive = value != 0;
        tcp_keep_changed(s, pcb, now_ns);
        return 0;
    case SO_OPT_LINGER:
    case TCP_OPT_USER_TIMEOUT:
    case TCP_OPT_NOTSENT_LOWAT:
        return set_wish(s, pcb, option, value, now_ns);
    case TCP_OPT_KEEPIDLE:
    case TCP_OPT_KEEPINTVL:
    case TCP_OPT_KEEPCNT:
    case TCP_OPT_SYNCNT:
        return set_seconds(s, pcb, option, value, now_ns);
    case TCP_OPT_LINGER2:
        return set_fin_wait_2(s, pcb, value);
    case TCP_OPT_MAXSEG:
        return set_mss(s, pcb, value);
    case TCP_OPT_NO_OPTIONS:
        pcb->no_options = value != 0;
        return 0;
    case TCP_OPT_FASTOPEN:
        return set_fastopen(s, pcb, value);
    case TCP_OPT_FASTOPEN_CONNECT:
        if (pcb->state != TCP_CLOSED || value < 0 || value > 1)
            return -ERR_INVAL;
        pcb->fastopen_connect = value != 0;
        return 0;
    case TCP_OPT_FASTOPEN_NO_COOKIE:
        if (pcb->state > TCP_LISTEN || value < 0 || value > 1)
            return -ERR_INVAL;
        pcb->fastopen_bare = value != 0;
        return 0;
    case TCP_OPT_NODELAY:
        pcb->no_delay = value != 0;
        tcp_push(s, pcb, pcb->no_delay, now_ns);
        return 0;
    case TCP_OPT_CORK:
        pcb->cork = value != 0;
        tcp_push(s, pcb, false, now_ns);
        return 0;
    case TCP_OPT_QUICKACK:
        tcp_set_quick_ack(s, pcb, value != 0, now_ns);
        return 0;
    case TCP_OPT_CONGESTION:
        if (value != SOCKET_CC_RENO && value != SOCKET_CC_CUBIC)
            return -ERR_NOENT;
        tcp_choose_congestion(pcb, value == SOCKET_CC_RENO);
        return 0;
    default:
        return -ERR_NOPROTOOPT;
    }
}

/* --- getting --- */

static int get_wish(const struct stack *s, const struct tcp_pcb *pcb, enum socket_option option,
                    int64_t *value)
{
    const struct tcp_wishes none = {.linger_s = -1}, *w = pcb->wishes ? pcb->wishes : &none;
    switch (option) {
    case SO_OPT_LINGER:
        *value = w->linger_s;
        return 0;
    case TCP_OPT_USER_TIMEOUT:
        *value = w->user_timeout_ms;
        return 0;
    case TCP_OPT_NOTSENT_LOWAT:
        *value = w->unsent_low;
        return 0;
    case TCP_OPT_KEEPIDLE:
        *value = div_s64(tcp_keep_idle_ns(s, pcb), 1000000000);
        return 0;
    case TCP_OPT_KEEPINTVL:
        *value = div_s64(tcp_keep_interval_ns(s, pcb), 1000000000);
        return 0;
    case TCP_OPT_KEEPCNT:
        *value = tcp_keep_count(s, pcb);
        return 0;
    case TCP_OPT_SYNCNT:
        *value = tcp_syn_count(s, pcb);
        return 0;
    case TCP_OPT_LINGER2:
        *value = w->fin_wait_2_s ? w->fin_wait_2_s : tcp_fin_wait_2_s(s);
        return 0;
    default:
        return -ERR_NOPROTOOPT;
    }
}

static int get_path_mtu(struct stack *s, const struct tcp_pcb *pcb, int64_t *value)
{
    struct ip_path path;
    if (pcb->state <= TCP_LISTEN)
        return -ERR_NOTCONN;
    int err = ip_path(s, &pcb->end.ip.remote, &pcb->end.ip.local, pcb->end.ip.nif, &path);
    *value = err < 0 ? 0 : path.mtu;
    return err;
}

/* SIOCINQ and its kin: of a listener there is none. */
static int get_queue(const struct tcp_pcb *pcb, enum socket_option option, int64_t *value)
{
    if (pcb->state == TCP_LISTEN)
        return -ERR_INVAL;
    switch (option) {
    case TCP_OPT_INQ:
        *value = tcp_unread(pcb);
        return 0;
    case TCP_OPT_OUTQ:
        *value = tcp_unacked(pcb);
        return 0;
    case TCP_OPT_OUTQNSD:
        *value = tcp_unsent(pcb);
        return 0;
    case TCP_OPT_AT_MARK:
        *value = tcp_at_mark(pcb);
        return 0;
    default:
        return -ERR_NOPROTOOPT;
    }
}

/* BSD tells a flag as the bit that it keeps: of so_options, or of t_flags. */
static int64_t bsd_bit(enum socket_option option)
{
    static const struct {
        enum socket_option option;
        int64_t bit;
    } bits[] = {{SO_OPT_ACCEPTCONN, 0x2},  {SO_OPT_REUSEADDR, 0x4}, {SO_OPT_KEEPALIVE, 0x8},
                {SO_OPT_OOBINLINE, 0x100}, {TCP_OPT_NODELAY, 0x4},  {TCP_OPT_NO_OPTIONS, 0x8},
                {TCP_OPT_CORK, 0x1000}};
    for (unsigned i = 0; i < sizeof bits / sizeof bits[0]; i++)
        if (bits[i].option == option)
            return bits[i].bit;
    return 1;
}

static int get_flag(const struct tcp_pcb *pcb, enum socket_option option, int64_t *value)
{
    switch (option) {
    case SO_OPT_REUSEADDR:
        *value = pcb->end.reuse;
        return 0;
    case SO_OPT_KEEPALIVE:
        *value = pcb->keep_alive;
        return 0;
    case SO_OPT_OOBINLINE:
        *value = 1;
        return 0;
    case SO_OPT_ACCEPTCONN:
        *value = pcb->state == TCP_LISTEN;
        return 0;
    case TCP_OPT_NODELAY:
        *value = pcb->no_delay;
        return 0;
    case TCP_OPT_NO_OPTIONS:
        *value = pcb->no_options;
        return 0;
    case TCP_OPT_FASTOPEN:
        *value = pcb->wishes ? pcb->wishes->fastopen_limit : 0;
        return 0;
    case TCP_OPT_FASTOPEN_CONNECT:
        *value = pcb->fastopen_connect;
        return 0;
    case TCP_OPT_FASTOPEN_NO_COOKIE:
        *value = pcb->fastopen_bare;
        return 0;
    case TCP_OPT_CORK:
        *value = pcb->cork;
        return 0;
    case TCP_OPT_QUICKACK:
        *value = !pcb->answers;
        return 0;
    case TCP_OPT_CONGESTION:
        *value = tcp_uses_reno(pcb) ? SOCKET_CC_RENO : SOCKET_CC_CUBIC;
        return 0;
    default:
        return -ERR_NOPROTOOPT;
    }
}

int socket_tcp_get(struct stack *s, struct socket *k, enum socket_option option, int64_t *value)
{
    struct tcp_pcb *pcb = tcp_of(k);
    switch (option) {
    case SO_OPT_SNDBUF:
        *value = pcb->snd_buffer;
        return 0;
    case SO_OPT_RCVBUF:
        *value = tcp_doubles_buffers(s) ? 2 * (int64_t)pcb->rcv_buffer : pcb->rcv_buffer;
        return 0;
    case TCP_OPT_MAXSEG:
        *value = tcp_max_segment(s, pcb);
        return 0;
    case IP_OPT_MTU:
        return get_path_mtu(s, pcb, value);
    case SO_OPT_LINGER:
    case TCP_OPT_USER_TIMEOUT:
    case TCP_OPT_NOTSENT_LOWAT:
    case TCP_OPT_KEEPIDLE:
    case TCP_OPT_KEEPINTVL:
    case TCP_OPT_KEEPCNT:
    case TCP_OPT_SYNCNT:
    case TCP_OPT_LINGER2:
        return get_wish(s, pcb, option, value);
    case TCP_OPT_INQ:
    case TCP_OPT_OUTQ:
    case TCP_OPT_OUTQNSD:
    case TCP_OPT_AT_MARK:
        return get_queue(pcb, option, value);
    default: {
        int err = get_flag(pcb, option, value);
        if (err == 0 && *value == 1 && tcp_has_bsd_calls(s))
            *value = bsd_bit(option);
        return err;
    }
    }
}

/* --- STATUS --- */

int socket_tcp_tell(struct stack *s, const struct socket *k, struct socket_tcp_info *out,
                    int64_t now_ns)
{
    struct tcp_pcb *pcb = tcp_of(k);
    struct tcp_status t;
    uint32_t now = tcp_now_ms(s, now_ns);
    tcp_status_until(pcb, now_ns);
    tcp_status(s, pcb, &t);
    *out = (struct socket_tcp_info){
        .state = pcb->state,
        .recovery = t.recovery,
        .retransmits = pcb->retransmits,
        .probes = pcb->keep_probes,
        .backoff = t.backoff,
        .timestamps = pcb->timestamps,
        .sack = pcb->sack,
        .window_scaling = pcb->wscale,
        .ecn = pcb->ecn,
        .fastopen = pcb->syn_data,
        .snd_wscale = pcb->snd_wscale,
        .rcv_wscale = pcb->rcv_wscale,
        .snd_mss = t.snd_mss,
        .rcv_mss = pcb->rcv_mss,
        .advertised_mss = t.advertised_mss,
        .path_mtu = t.path_mtu,
        .snd_wnd = pcb->snd_wnd,
        .rcv_wnd = t.rcv_wnd,
        .cwnd = t.cwnd,
        .ssthresh = t.ssthresh,
        .unacked_octets = pcb->snd_nxt - pcb->snd_una,
        .unsent_octets = tcp_unsent(pcb),
        .unread_octets = tcp_unread(pcb),
        .unacked = t.unacked,
        .sacked = t.sacked,
        .lost = t.lost,
        .retransmitted = t.retransmitted,
        .total_retransmitted = pcb->tally.again,
        .timeouts = t.sent.timeouts,
        .dsacks = t.sent.dsacks,
        .delivered = pcb->tally.delivered,
        .delivered_ce = t.sent.delivered_ce,
        .segments_out = pcb->tally.segments_out,
        .segments_in = pcb->tally.segments_in,
        .texts_out = t.sent.texts,
        .texts_in = pcb->tally.texts_in,
        .ahead = pcb->tally.ahead,
        .octets_acked = pcb->snd_una - pcb->iss - (pcb->passive && pcb->syn_acked),
        .octets_received =
            pcb->state > TCP_SYN_SENT ? pcb->rcv_nxt - pcb->irs - 1 - pcb->fin_received : 0,
        .octets_out = t.sent.octets,
        .octets_again = t.sent.octets_again,
        .since_sent_ms = now - t.sent.sent_ms,
        .since_received_ms = now - pcb->heard_ms,
        .since_acked_ms = now - pcb->tally.ack_ms,
        .busy_ns = t.busy_ns,
        .window_limited_ns = t.window_limited_ns,
        .buffer_limited_ns = t.buffer_limited_ns,
        .reordering = t.reordering,
        .reorderings = t.reorderings,
        .iss = pcb->iss,
        .irs = pcb->irs,
        .snd_una = pcb->snd_una,
        .snd_nxt = pcb->snd_nxt,
        .rcv_nxt = pcb->rcv_nxt,
        .rto_ns = t.rto_ns,
        .srtt_ns = t.srtt_ns,
        .rttvar_ns = t.rttvar_ns,
        .min_rtt_ns = t.min_rtt_ns,
        .delayed_ack_ns = t.delayed_ack_ns,
    };
    return 0;
}

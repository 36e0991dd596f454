/* How a segment of a connection is built (RFC 9293 3.1, 3.7.1, 3.8.6.2.2). */
#include "stack/core/checksum.h"
#include "stack/transport/tcp/inside.h"
#include "stack/wire/ipproto.h"

enum { FIXED_HEADERS = 40, IPV4_HEADER = 20 };

/* One with a source route begins elsewhere, and is found anew each time. */
static int path_of(struct stack *s, struct tcp_pcb *pcb, struct ip_path *path)
{
    struct ip_pcb *ip = &pcb->end.ip;
    int err;
    if (!pcb->end.options_len) {
        err = ip_pcb_path(s, ip, IP_PROTO_TCP, &ip->remote, &ip->local, path);
    } else {
        struct ip_addr first = tcp_first_hop(pcb, &ip->remote);
        err = ip_path(s, &first, &ip->local, ip->nif, path);
        if (err == 0 && (path->broadcast || path->multicast))
            err = -ERR_NETUNREACH;
    }
    if (err < 0)
        pcb->soft_error = (uint8_t)-err;
    return err;
}

static uint32_t ip_options_len(const struct tcp_pcb *pcb)
{
    return (pcb->end.options_len + 3u) & ~3u;
}

/* --- sizes --- */

/* 0: there is no path. */
static uint32_t path_mtu_of(struct stack *s, struct tcp_pcb *pcb)
{
    int err;
    struct ip_path path;
    if (pcb->end.options_len)
        return path_of(s, pcb, &path) < 0 ? 0 : path.mtu;
    uint32_t mtu = ip_pcb_mtu(s, &pcb->end.ip, IP_PROTO_TCP, &err);
    if (err < 0)
        pcb->soft_error = (uint8_t)-err;
    return err < 0 ? 0 : mtu;
}

/* The knob: of tiny windows the whole, and no less than the least packet of IPv4 has. */
static uint32_t half_window(const struct tcp_pcb *pcb, uint32_t options, uint32_t mss)
{
    enum { LEAST = 48 };
    uint32_t most = pcb->max_wnd > TCP_DEFAULT_MSS ? pcb->max_wnd / 2 : pcb->max_wnd;
    if (most == 0 || mss <= most)
        return mss;
    uint32_t least = LEAST > options ? LEAST - options : 1;
    return most > least ? most : least;
}

/* Eff.snd.MSS = min(SendMSS + 20, MMS_S) - TCPhdrsize - IPoptionsize, with MMS_S of the path's MTU
 * (MUST-16). */
uint32_t tcp_send_mss(struct stack *s, struct tcp_pcb *pcb)
{
    uint32_t mss = pcb->peer_mss, mtu = path_mtu_of(s, pcb);
    if (mtu) {
        uint32_t by_path = mtu > FIXED_HEADERS ? mtu - FIXED_HEADERS : 1;
        mss = by_path < mss ? by_path : mss;
    }
    if (pcb->user_mss && pcb->user_mss < mss)
        mss = pcb->user_mss;
    uint32_t options = ip_options_len(pcb) + (pcb->timestamps ? TCP_TIMESTAMPS_AND_NOPS : 0u);
    mss = mss > options ? mss - options : 1;
    return tcp_knob(s, TCP_KNOB_HALF_WINDOW) ? half_window(pcb, options, mss) : mss;
}

/* Where no text would fit beside them, the blocks stay with acknowledgements that have none. */
uint32_t tcp_sack_len_with_text(struct stack *s, struct tcp_pcb *pcb)
{
    uint32_t sack = tcp_sack_len(pcb);
    return sack && sack < tcp_send_mss(s, pcb) ? sack : 0;
}

uint32_t tcp_packet_len(const struct tcp_pcb *pcb, uint32_t text)
{
    return FIXED_HEADERS + ip_options_len(pcb) + (pcb->timestamps ? TCP_TIMESTAMPS_AND_NOPS : 0u) +
           text;
}

uint32_t tcp_segments_at_once(struct stack *s, struct tcp_pcb *pcb, uint32_t text, int64_t now_ns)
{
    struct ip_path path;
    if (pcb->end.options_len || path_of(s, pcb, &path) < 0)
        return 1;
    uint32_t header = tcp_packet_len(pcb, 0) - IPV4_HEADER + tcp_sack_len_with_text(s, pcb);
    return ip_segments(s, &path, header, text, now_ns);
}

/*
 * The window as it would be told now. Its right edge moves only by a full segment or half the
 * buffer at a time (RFC 9293 3.8.6.2.2: silly windows) and never back (SHLD-14). What does not fit
 * into 16 bits after scaling is not told.
 */
uint32_t tcp_receive_window(const struct stack *s, const struct tcp_pcb *pcb)
{
    uint32_t held = pcb->rcv_nxt - pcb->rcv_user, told = pcb->rcv_adv - pcb->rcv_nxt;
    if (seq_before(pcb->rcv_adv, pcb->rcv_nxt))
        told = 0;
    uint32_t room = held < pcb->rcv_buffer ? pcb->rcv_buffer - held : 0;
    if (pcb->deaf && tcp_has_bsd_calls(s)) /* the buffer is given back */
        room = 0;
    uint32_t most = (uint32_t)UINT16_MAX << pcb->rcv_wscale;
    uint32_t step = pcb->rcv_buffer / 2;
    if (pcb->peer_mss && pcb->peer_mss < step)
        step = pcb->peer_mss;
    if (tcp_knob(s, TCP_KNOB_WHOLE_WINDOW))
        step = room < pcb->peer_mss && room < pcb->rcv_buffer / 4 ? room + 1 : 1;
    room = room < most ? room : most;
    if (room < told + step)
        return told;
    return room;
}

/* Of a SYN it is not scaled (RFC 7323 2.2), nor what a cache of SYNs answers. */
static uint8_t window_shift(const struct stack *s, const struct tcp_pcb *pcb, uint8_t flags)
{
    return flags & TCP_FLAG_SYN || tcp_is_cached(s, pcb) ? 0 : pcb->rcv_wscale;
}

static uint16_t bare_window(const struct tcp_pcb *pcb, uint8_t shift)
{
    uint32_t held = tcp_unread(pcb), most = (uint32_t)UINT16_MAX << shift;
    uint32_t room = held < pcb->rcv_buffer ? pcb->rcv_buffer - held : 0;
    room = pcb->deaf ? 0 : room;
    return (uint16_t)((room < most ? room : most) >> shift);
}

/* As it stands in the header. Rounding down must not take
 * back what was told. */
static uint16_t window_field(const struct stack *s, const struct tcp_pcb *pcb,
                             const struct tcp_plan *plan)
{
    uint32_t window = tcp_receive_window(s, pcb);
    uint8_t shift = window_shift(s, pcb, plan->flags);
    bool bsd = tcp_knob(s, TCP_KNOB_BSD_INPUT) != 0;
    if (bsd && plan->flags & TCP_FLAG_RST)
        return 0;
    if (bsd && plan->bare)
        return bare_window(pcb, shift);
    uint32_t unit = (uint32_t)1 << shift, field = window >> shift;
    if (bsd || seq_before(pcb->rcv_nxt + (field << shift), pcb->rcv_adv))
        field = (window + unit - 1) >> shift;
    return (uint16_t)(field > UINT16_MAX ? UINT16_MAX : field);
}

/* --- building --- */

static uint8_t options_of(struct stack *s, struct tcp_pcb *pcb, const struct tcp_plan *plan,
                          const struct ip_path *path, uint8_t raw[TCP_MAX_OPTIONS_LEN],
                          int64_t now_ns)
{
    struct tcp_options o = {0};
    bool syn = plan->flags & TCP_FLAG_SYN;
    if (syn)
        tcp_syn_options(s, pcb, path, plan->flags & TCP_FLAG_ACK, &o);
    else
        o.has_timestamps = pcb->timestamps;
    if (o.has_timestamps) {
        o.ts_val = tcp_timestamp(s, pcb, now_ns);
        o.ts_ecr = plan->flags & TCP_FLAG_ACK ? pcb->ts_recent : 0;
    }
    bool bare = plan->bare && tcp_knob(s, TCP_KNOB_BSD_INPUT);
    bool fits = plan->len == 0 || tcp_sack_len_with_text(s, pcb) > 0;
    if (pcb->state > TCP_SYN_RECEIVED && !(plan->flags & TCP_FLAG_RST) && fits && !bare)
        tcp_sack_option(pcb, &o);
    return (uint8_t)tcp_options_emit(&o, raw, TCP_MAX_OPTIONS_LEN);
}

/* A device that cuts the packet up adds each segment's length to the sum. */
static void fill(struct netbuf *nb, struct tcp_pcb *pcb, const struct tcp_hdr *hdr,
                 const struct tcp_plan *plan, const struct ip_path *path)
{
    uint8_t *at = netbuf_data(nb);
    size_t header = tcp_emit(hdr, at, netbuf_len(nb));
    STACK_ASSERT(header + plan->len == netbuf_len(nb));
    uint32_t first = plan->seq + ((plan->flags & TCP_FLAG_SYN) != 0); /* of the text */
    if (plan->len)
        tcp_stream_get(&pcb->out, first, at + header, plan->len);
    uint16_t length = plan->segment ? 0 : (uint16_t)netbuf_len(nb);
    uint16_t pseudo =
        checksum_pseudo4(path->source.word[0], pcb->end.ip.remote.word[0], IP_PROTO_TCP, length);
    netbuf_owe_sum(nb, TCP_CHECKSUM, pseudo, false);
    if (plan->segment)
        netbuf_cut(nb, (uint8_t)header, plan->segment);
}

/* What the peer has been told by a segment that left. */
static void note_sent(const struct stack *s, struct tcp_pcb *pcb, const struct tcp_hdr *hdr)
{
    if (!(hdr->flags & TCP_FLAG_ACK))
        return;
    uint8_t shift = window_shift(s, pcb, hdr->flags);
    pcb->rcv_adv = seq_later(pcb->rcv_adv, pcb->rcv_nxt + ((uint32_t)hdr->window << shift));
    tcp_soon_said(pcb);
    pcb->last_ack = pcb->rcv_nxt;
    pcb->ack_now = false;
    pcb->ack_ns = TCP_NEVER;
    if (pcb->state > TCP_SYN_RECEIVED)
        pcb->dsack = (struct seq_range){0};
    tcp_told_left(pcb);
}

static void note_tally(struct stack *s, struct tcp_pcb *pcb, const struct tcp_plan *plan,
                       uint32_t segments, int64_t now_ns)
{
    pcb->tally.segments_out += segments;
    if (plan->len == 0 || !pcb->sender)
        return;
    struct tcp_sent_tally *t = &pcb->sender->done;
    t->texts += segments;
    t->octets += plan->len;
    t->sent_ms = tcp_clock_ms(s, now_ns);
}

static struct ip_send ip_of(const struct stack *s, const struct tcp_pcb *pcb,
                            const struct tcp_plan *plan, const struct ip_path *path,
                            uint8_t options[IP_OPTIONS_MAX])
{
    uint8_t len = pcb->end.options_len;
    if (len)
        ip_route_options(pcb->wishes->ip_options, len, &pcb->end.ip.remote, options);
    bool df = tcp_knob(s, TCP_KNOB_PATH_MTU_DISCOVERY) != 0;
    return (struct ip_send){
        .source = path->source,
        .destination = tcp_first_hop(pcb, &pcb->end.ip.remote),
        .options = options,
        .options_len = len,
        .protocol = IP_PROTO_TCP,
        .ttl = pcb->end.ip.ttl,
        .tos = tcp_ecn_tos(pcb, plan),
        .flags = df ? IP_DONT_FRAGMENT : 0,
    };
}

int tcp_transmit(struct stack *s, struct tcp_pcb *pcb, const struct tcp_plan *plan, int64_t now_ns)
{
    struct ip_path path;
    uint8_t raw[TCP_MAX_OPTIONS_LEN], ip_options[IP_OPTIONS_MAX];
    int err = path_of(s, pcb, &path);
    if (err < 0)
        return err;
    struct tcp_hdr hdr = {
        .src_port = pcb->end.local_port,
        .dst_port = pcb->end.remote_port,
        .seq = plan->seq,
        .ack = plan->flags & TCP_FLAG_ACK ? pcb->rcv_nxt : 0,
        .flags = plan->flags,
        .options_len = options_of(s, pcb, plan, &path, raw, now_ns),
        .options = raw,
    };
    hdr.window = window_field(s, pcb, plan);
    hdr.flags |= tcp_ecn_flags(pcb, plan);
    if (pcb->urgent && seq_after(pcb->snd_up, plan->seq) && !(plan->flags & TCP_FLAG_SYN)) {
        uint32_t ahead = pcb->snd_up - plan->seq;
        hdr.flags |= TCP_FLAG_URG;
        hdr.urgent = (uint16_t)(ahead > UINT16_MAX ? UINT16_MAX : ahead);
    }
    uint32_t len = TCP_MIN_HDR_LEN + (uint32_t)hdr.options_len + plan->len;
    struct netbuf *nb = ip_buffer(s, &path, pcb->end.options_len, len);
    if (!nb) {
        tcp_count(s, TCP_NO_BUFFER_OUT);
        return -ERR_NOBUFS;
    }
    fill(nb, pcb, &hdr, plan, &path);
    struct ip_send how = ip_of(s, pcb, plan, &path, ip_options);
    note_sent(s, pcb, &hdr);
    stack_count_many(s, MODULE_TCP, TCP_OUT, netbuf_frames(nb));
    note_tally(s, pcb, plan, netbuf_frames(nb), now_ns);
    pcb->end.ip.has_sent = true;
    return ip_output(s, &path, nb, &how, now_ns);
}

/* BSD says its FIN with each acknowledgement until it is acknowledged itself. */
static bool says_fin_again(const struct stack *s, const struct tcp_pcb *pcb)
{
    return tcp_knob(s, TCP_KNOB_BSD_INPUT) && pcb->state > TCP_SYN_RECEIVED && pcb->fin_queued &&
           pcb->snd_nxt == pcb->snd_end + 1 && pcb->snd_una != pcb->snd_nxt;
}

static void send_ack(struct stack *s, struct tcp_pcb *pcb, bool bare, int64_t now_ns)
{
    struct tcp_plan plan = {.seq = pcb->snd_nxt, .flags = TCP_FLAG_ACK, .bare = bare};
    if (!bare && says_fin_again(s, pcb)) {
        plan.seq = pcb->snd_end;
        plan.flags |= TCP_FLAG_FIN;
    }
    tcp_transmit(s, pcb, &plan, now_ns);
    /* One that could not be sent is not tried again: the peer asks by sending again. */
    pcb->ack_now = false;
    pcb->ack_ns = TCP_NEVER;
}

void tcp_send_ack(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    send_ack(s, pcb, false, now_ns);
}

void tcp_send_bare_ack(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    send_ack(s, pcb, true, now_ns);
}

void tcp_send_rst(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    struct tcp_plan plan = {.seq = pcb->snd_nxt, .flags = TCP_FLAG_RST | TCP_FLAG_ACK};
    tcp_count(s, TCP_OUT_RST);
    tcp_transmit(s, pcb, &plan, now_ns);
}

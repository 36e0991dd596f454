/* What a user asks of a connection (RFC 9293 3.10.1 to 3.10.5). */
#include "stack/core/addr_class.h"
#include "stack/transport/tcp/inside.h"
#include "stack/wire/ipproto.h"

/* --- opening --- */

int tcp_bind(struct stack *s, struct tcp_pcb *pcb)
{
    struct demux *t = &tcp_of(s)->demux;
    struct port_pcb *end = &pcb->end;
    if (demux_is_in(end))
        return -ERR_INVAL;
    /* Of a connection that is over the peer is still there. */
    demux_set_ends(t, end, end->ip.local, (struct ip_addr){.family = end->ip.local.family}, 0);
    if (!addr_is_any(&end->ip.local) && !ip_is_local(s, &end->ip.local))
        return -ERR_ADDRNOTAVAIL;
    if (!end->local_port)
        end->local_port = ephemeral_port(s, t, end, (uint32_t)tcp_knob(s, TCP_KNOB_PORT_FIRST),
                                         (uint32_t)tcp_knob(s, TCP_KNOB_PORT_LAST));
    else if (demux_port_taken(t, end, end->local_port, end->reuse))
        return -ERR_ADDRINUSE;
    if (!end->local_port)
        return -ERR_ADDRINUSE;
    demux_enter(t, end);
    return 0;
}

static int may_open(const struct stack *s, const struct tcp_pcb *pcb)
{
    switch ((enum tcp_state)pcb->state) {
    case TCP_CLOSED:
        return pcb->ended && tcp_has_bsd_calls(s) ? -ERR_CONNREFUSED : 0;
    case TCP_SYN_SENT:
    case TCP_SYN_RECEIVED:
        return -ERR_ALREADY;
    case TCP_LISTEN:
        return -ERR_OPNOTSUPP;
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSE_WAIT:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
    case TCP_TIME_WAIT:
    case TCP_STATES:
        break;
    }
    return -ERR_ISCONN;
}

/* Somebody has these four numbers already. */
static bool flow_taken(struct stack *s, const struct tcp_pcb *pcb, const struct ip_addr *local,
                       const struct ip_addr *remote, uint16_t port, int64_t now_ns)
{
    const struct demux_key k = {
        .local = *local, .remote = *remote, .local_port = pcb->end.local_port, .remote_port = port};
    struct port_pcb *other = demux_sender(&tcp_of(s)->demux, &k);
    return other && other != &pcb->end && other->remote_port &&
           !tcp_takes_over(s, tcp_pcb_of(other), now_ns);
}

/* The block's ends, and its place in the table. */
static int take_ends(struct stack *s, struct tcp_pcb *pcb, const struct ip_addr *remote,
                     uint16_t port, int64_t now_ns)
{
    struct port_pcb *end = &pcb->end;
    struct ip_path path;
    if (addr_is_any(remote)) /* 3.10.1 */
        return -ERR_ADDRNOTAVAIL;
    if (pcb->ended && !demux_is_in(end)) { /* nothing is left of what it was bound to */
        end->ip.local = (struct ip_addr){.family = remote->family};
        end->local_port = 0;
    }
    const struct ip_addr *from = addr_is_any(&end->ip.local) ? NULL : &end->ip.local;
    struct ip_addr first = tcp_first_hop(pcb, remote);
    int err = ip_path(s, &first, from, end->ip.nif, &path);
    if (err < 0)
        return err;
    if (path.broadcast || path.multicast) /* 3.9.2.3, MUST-46 */
        return -ERR_NETUNREACH;
    if (!demux_is_in(end) && (err = tcp_bind(s, pcb)) < 0)
        return err;
    if (flow_taken(s, pcb, &path.source, remote, port, now_ns))
        return -ERR_ADDRINUSE;
    demux_set_ends(&tcp_of(s)->demux, end, path.source, *remote, port);
    return 0;
}

/* What an earlier connection of this block has left. */
static void forget_last(struct stack *s, struct tcp_pcb *pcb)
{
    tcp_stream_clear(&tcp_of(s)->chunks, &pcb->in);
    pcb->rcv_nxt = pcb->rcv_user = pcb->rcv_adv = 0;
    pcb->ended = pcb->fin_queued = pcb->fin_received = pcb->shut_read = pcb->deaf = pcb->passive =
        false;
    pcb->urgent = pcb->urgent_in = pcb->more = pcb->ack_now = pcb->starved = false;
    pcb->timestamps = pcb->sack = pcb->wscale = pcb->ecn = pcb->ecn_echo = pcb->ecn_waits = false;
    pcb->fastopen_asks = pcb->fastopen_tells = pcb->fastopen_old = pcb->syn_data = false;
    pcb->snd_wscale = pcb->rcv_wscale = 0;
    pcb->snd_wnd = pcb->max_wnd = 0;
    pcb->peer_mss = pcb->rcv_mss = pcb->quick_acks = 0;
    pcb->was_invalid = false;
    pcb->answers = pcb->pushed = pcb->pushed_twice = false;
    pcb->ato_ms = pcb->last_len = 0;
    pcb->retransmits = pcb->error = pcb->soft_error = 0;
}

/* The ends are known. */
static void begin_open(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    forget_last(s, pcb);
    tcp_enter(s, pcb, TCP_SYN_SENT);
    tcp_start_sending(s, pcb, now_ns);
    pcb->rcv_wscale = tcp_window_shift(s, pcb->rcv_buffer);
}

static int prepare_open(struct stack *s, struct tcp_pcb *pcb, const struct ip_addr *remote,
                        uint16_t port, int64_t now_ns)
{
    int err = may_open(s, pcb);
    if (err == 0)
        err = port ? take_ends(s, pcb, remote, port, now_ns) : -ERR_ADDRNOTAVAIL;
    return err;
}

int tcp_connect(struct stack *s, struct tcp_pcb *pcb, const struct ip_addr *remote, uint16_t port,
                int64_t now_ns)
{
    int err = prepare_open(s, pcb, remote, port, now_ns);
    if (err < 0)
        return err;
    tcp_hold(pcb);
    begin_open(s, pcb, now_ns);
    tcp_send_syn(s, pcb, now_ns);
    tcp_leave(s, pcb, now_ns);
    return 0;
}

int tcp_fastopen(struct stack *s, struct tcp_pcb *pcb, const struct ip_addr *remote, uint16_t port,
                 const void *bytes, uint32_t len, int64_t now_ns)
{
    if (!tcp_knob(s, TCP_KNOB_FASTOPEN_CLIENT))
        return -ERR_OPNOTSUPP;
    int err = prepare_open(s, pcb, remote, port, now_ns);
    if (err < 0)
        return err;
    tcp_hold(pcb);
    begin_open(s, pcb, now_ns);
    pcb->fastopen_asks = true;
    uint32_t room = tcp_fastopen_room(s, pcb, now_ns);
    uint32_t taken = len < room ? len : room;
    taken =
        tcp_stream_put(&tcp_of(s)->chunks, &pcb->out, pcb->snd_end, bytes, taken, TCP_CLAIM_MORE);
    pcb->snd_end += taken;
    pcb->snd_nxt += taken;
    tcp_send_syn(s, pcb, now_ns);
    tcp_leave(s, pcb, now_ns);
    return (int)taken;
}

static bool another_listens(struct stack *s, const struct tcp_pcb *pcb)
{
    const struct demux_key k = {
        .local = pcb->end.ip.local, .local_port = pcb->end.local_port, .nif = pcb->end.ip.nif};
    const struct port_pcb *other = demux_receiver(&tcp_of(s)->demux, &k);
    return other && other != &pcb->end;
}

int tcp_listen(struct stack *s, struct tcp_pcb *pcb, int backlog)
{
    enum { MOST = 4096 };
    struct tcp_listener *l = &pcb->listener;
    int err = 0;
    if (pcb->state != TCP_CLOSED && pcb->state != TCP_LISTEN)
        return -ERR_INVAL; /* POSIX: already connected */
    if (pcb->state == TCP_CLOSED && pcb->ended && tcp_has_bsd_calls(s))
        return -ERR_INVAL; /* or was */
    if (!demux_is_in(&pcb->end) && (err = tcp_bind(s, pcb)) < 0)
        return err;
    if (pcb->state == TCP_CLOSED) {
        if (another_listens(s, pcb))
            return -ERR_ADDRINUSE;
        forget_last(s, pcb);
        *l = (struct tcp_listener){0};
        tcp_queue_init(&l->half);
        tcp_queue_init(&l->done);
        pcb->end.open = true;
        tcp_enter(s, pcb, TCP_LISTEN);
    }
    l->backlog = (uint16_t)(backlog < 1 ? 1 : backlog > MOST ? MOST : backlog);
    return 0;
}

/* --- SEND --- */

/* The knob: POSIX has 3.10.2's queue wait for the connection, or for nothing. */
static int may_send_early(const struct tcp_pcb *pcb)
{
    bool opens = pcb->state == TCP_SYN_SENT || pcb->state == TCP_SYN_RECEIVED;
    if (opens && !pcb->early && !pcb->fin_queued)
        return -ERR_AGAIN;
    return pcb->state <= TCP_LISTEN ? -ERR_PIPE : 0;
}

/* 0, or why nothing can be sent. */
static int may_send(const struct stack *s, const struct tcp_pcb *pcb)
{
    int err = tcp_knob(s, TCP_KNOB_LINUX_CALLS) ? may_send_early(pcb) : 0;
    if (err < 0)
        return err;
    switch ((enum tcp_state)pcb->state) {
    case TCP_SYN_SENT: /* queued until ESTABLISHED, but by BSD */
    case TCP_SYN_RECEIVED:
        if (!pcb->fin_queued && !pcb->early && tcp_has_bsd_calls(s))
            return -ERR_NOTCONN;
        return pcb->fin_queued ? -ERR_PIPE : 0;
    case TCP_ESTABLISHED:
    case TCP_CLOSE_WAIT:
        return pcb->fin_queued ? -ERR_PIPE : 0;
    case TCP_CLOSED:
        return pcb->ended ? -ERR_PIPE : -ERR_NOTCONN;
    case TCP_LISTEN:
        return -ERR_NOTCONN;
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
    case TCP_TIME_WAIT:
    case TCP_STATES:
        break;
    }
    return -ERR_PIPE;
}

/* The first octet of text that is not acknowledged. */
static uint32_t first_unacked(const struct tcp_pcb *pcb)
{
    return seq_earlier(tcp_text_una(pcb), pcb->snd_end);
}

static uint32_t send_room(const struct tcp_pcb *pcb)
{
    uint32_t held = pcb->snd_end - first_unacked(pcb);
    return held < pcb->snd_buffer ? pcb->snd_buffer - held : 0;
}

/* TCP_NOTSENT_LOWAT, or the knob: while as much waits unsent, no more is taken. */
static bool too_much_unsent(const struct stack *s, const struct tcp_pcb *pcb)
{
    uint32_t low = pcb->wishes ? pcb->wishes->unsent_low : 0;
    int64_t most = low ? low : tcp_knob(s, TCP_KNOB_NOTSENT_LOWAT);
    return tcp_unsent(pcb) >= most;
}

int tcp_send(struct stack *s, struct tcp_pcb *pcb, const void *bytes, uint32_t len, unsigned flags,
             int64_t now_ns)
{
    int err = may_send(s, pcb);
    uint32_t room = send_room(pcb);
    if (err < 0 || len == 0)
        return err;
    pcb->no_room = len > room;
    if (room == 0 || too_much_unsent(s, pcb))
        return -ERR_AGAIN;
    tcp_hold(pcb);
    uint32_t wanted = len < room ? len : room;
    uint32_t taken =
        tcp_stream_put(&tcp_of(s)->chunks, &pcb->out, pcb->snd_end, bytes, wanted, TCP_CLAIM_MORE);
    pcb->snd_end += taken;
    /* The pool is dry: there is room again when what this connection holds is acknowledged. */
    pcb->starved = taken < wanted && pcb->snd_end != first_unacked(pcb);
    pcb->more = (flags & TCP_SEND_MORE) != 0;
    if ((flags & TCP_SEND_RECORD) && taken == len)
        tcp_record_ends(s, pcb);
    if ((flags & TCP_SEND_URGENT) && taken == len) {
        pcb->urgent = true;
        pcb->snd_up = pcb->snd_end;
    }
    tcp_leave(s, pcb, now_ns);
    return taken ? (int)taken : pcb->starved ? -ERR_AGAIN : -ERR_NOBUFS;
}

/* --- RECEIVE --- */

uint32_t tcp_unread(const struct tcp_pcb *pcb)
{
    return pcb->rcv_nxt - pcb->fin_received - pcb->rcv_user;
}

/* A connect waits for its first octets. */
static bool is_deferred(const struct tcp_pcb *pcb)
{
    return pcb->state == TCP_CLOSED && pcb->wishes && pcb->wishes->deferred_port;
}

static int nothing_to_read(const struct tcp_pcb *pcb)
{
    if (is_deferred(pcb))
        return -ERR_AGAIN;
    if (pcb->state == TCP_LISTEN || (pcb->state == TCP_CLOSED && !pcb->ended))
        return -ERR_NOTCONN;
    return pcb->fin_received || pcb->shut_read || pcb->ended ? 0 : -ERR_AGAIN;
}

/* BSD's measure: two segments that are also a quarter of the buffer, or half of it; the window
 * comes along with an acknowledgement that waits. */
static bool bsd_tells(const struct tcp_pcb *pcb, uint32_t told, uint32_t gain)
{
    uint32_t buffer = pcb->rcv_buffer, mss = pcb->peer_mss;
    if (pcb->ack_ns != TCP_NEVER)
        return false;
    bool much = gain >= buffer / 4 || told + gain <= buffer / 8 || buffer <= 8 * mss;
    return (gain >= 2 * mss && much) || gain >= buffer / 2;
}

/* RFC 9293 3.8.6.2.2: the peer hears of more room when it is worth a segment of it. */
static void tell_window(const struct stack *s, struct tcp_pcb *pcb)
{
    uint32_t told = seq_after(pcb->rcv_adv, pcb->rcv_nxt) ? pcb->rcv_adv - pcb->rcv_nxt : 0;
    uint32_t gain = tcp_receive_window(s, pcb) - told;
    uint32_t worth = 2u * pcb->peer_mss;
    if (tcp_knob(s, TCP_KNOB_WHOLE_WINDOW)) {
        pcb->ack_now = pcb->ack_now || bsd_tells(pcb, told, gain);
        return;
    }
    if (tcp_knob(s, TCP_KNOB_TELL_DOUBLED))
        worth = tcp_told_window(pcb) - (pcb->rcv_nxt - pcb->last_ack);
    else if (worth > pcb->rcv_buffer / 2 || told < pcb->peer_mss)
        worth = 1;
    if (gain >= worth && gain > 0)
        pcb->ack_now = true;
}

int tcp_receive(struct stack *s, struct tcp_pcb *pcb, void *out, uint32_t room, unsigned flags,
                int64_t now_ns)
{
    uint32_t unread = pcb->state == TCP_LISTEN ? 0 : tcp_unread(pcb);
    uint32_t n = unread < room ? unread : room;
    if (unread == 0)
        return nothing_to_read(pcb);
    if (!(flags & TCP_RECEIVE_DISCARD))
        tcp_stream_get(&pcb->in, pcb->rcv_user, out, n);
    if (flags & TCP_RECEIVE_PEEK)
        return (int)n;
    tcp_hold(pcb);
    pcb->rcv_user += n;
    if (seq_upto(pcb->rcv_up, pcb->rcv_user))
        pcb->urgent_in = false;
    tcp_stream_drop(&tcp_of(s)->chunks, &pcb->in, pcb->rcv_user, tcp_in_end(pcb));
    if (pcb->state != TCP_CLOSED && !pcb->fin_received) {
        tcp_soon_read(s, pcb);
        tell_window(s, pcb);
    }
    tcp_leave(s, pcb, now_ns);
    return (int)n;
}

/* --- CLOSE and ABORT --- */

static void queue_fin(struct stack *s, struct tcp_pcb *pcb, enum tcp_state next)
{
    pcb->fin_queued = true;
    pcb->cork = pcb->more = false;
    tcp_enter(s, pcb, next);
}

/* 3.10.4. */
static int finish(struct stack *s, struct tcp_pcb *pcb)
{
    switch ((enum tcp_state)pcb->state) {
    case TCP_CLOSED:
    case TCP_LISTEN:
        return -ERR_NOTCONN;
    case TCP_SYN_SENT:
        if (tcp_has_bsd_calls(s))
            pcb->fin_queued = true;
        else
            tcp_end(s, pcb, 0);
        return 0;
    case TCP_SYN_RECEIVED: /* FIN-WAIT-1 is entered when the handshake is over */
        pcb->fin_queued = true;
        return 0;
    case TCP_ESTABLISHED:
        queue_fin(s, pcb, TCP_FIN_WAIT_1);
        return 0;
    case TCP_CLOSE_WAIT:
        queue_fin(s, pcb, TCP_LAST_ACK);
        return 0;
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
    case TCP_TIME_WAIT:
    case TCP_STATES:
        break;
    }
    return 0;
}

int tcp_finish(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    tcp_hold(pcb);
    int err = finish(s, pcb);
    tcp_leave(s, pcb, now_ns);
    return err;
}

static void throw_away(struct stack *s, struct tcp_pcb *pcb)
{
    pcb->rcv_user = pcb->rcv_nxt - pcb->fin_received;
    tcp_stream_drop(&tcp_of(s)->chunks, &pcb->in, pcb->rcv_user, tcp_in_end(pcb));
}

void tcp_deafen(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    tcp_hold(pcb);
    pcb->shut_read = true;
    if (!tcp_knob(s, TCP_KNOB_SHUT_KEEPS)) {
        pcb->deaf = true;
        throw_away(s, pcb);
    }
    tcp_leave(s, pcb, now_ns);
}

/* 3.10.5: RST where the peer may still wait for something. */
static void abort_connection(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns)
{
    bool ended = pcb->fin_received && pcb->fin_queued; /* CLOSING, LAST-ACK, TIME-WAIT */
    bool tell =
        ended ? tcp_unread(pcb) > 0 && pcb->state != TCP_TIME_WAIT : pcb->state != TCP_SYN_SENT;
    struct tcp_plan rst = {.seq = pcb->snd_nxt, .flags = TCP_FLAG_RST | TCP_FLAG_ACK};
    tcp_end(s, pcb, 0);
    if (!tell)
        return;
    tcp_count(s, TCP_OUT_RST);
    tcp_transmit(s, pcb, &rst, now_ns);
}

static bool tells_of_unread(const struct stack *s, const struct tcp_pcb *pcb)
{
    return tcp_unread(pcb) > 0 && pcb->state != TCP_TIME_WAIT && !tcp_has_bsd_calls(s);
}

static void let_go(struct stack *s, struct tcp_pcb *pcb, bool abort, int64_t now_ns)
{
    switch ((enum tcp_state)pcb->state) {
    case TCP_CLOSED:
        demux_leave(&tcp_of(s)->demux, &pcb->end);
        return;
    case TCP_LISTEN:
        tcp_listener_close(s, pcb, now_ns);
        tcp_end(s, pcb, 0);
        return;
    case TCP_SYN_SENT:
        tcp_end(s, pcb, 0);
        return;
    case TCP_SYN_RECEIVED:
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSE_WAIT:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
    case TCP_TIME_WAIT:
        if (pcb->state == TCP_SYN_RECEIVED && !pcb->early && tcp_has_bsd_calls(s)) {
            tcp_end(s, pcb, 0);
            return;
        }
        /* 3.6.1, SHLD-3: that octets were lost is told by a reset. */
        if (abort || tells_of_unread(s, pcb)) {
            abort_connection(s, pcb, now_ns);
            return;
        }
        finish(s, pcb);
        throw_away(s, pcb);
        tcp_orphan_timer(s, pcb, now_ns);
        return;
    case TCP_STATES:
        break;
    }
    STACK_ASSERT(false); /* no such state */
}

void tcp_release(struct stack *s, struct tcp_pcb *pcb, bool abort, int64_t now_ns)
{
    STACK_ASSERT(pcb->user);
    tcp_hold(pcb);
    pcb->user = false;
    pcb->owner = NULL;
    pcb->ready = NULL;
    let_go(s, pcb, abort, now_ns);
    tcp_orphaned(s, pcb, now_ns);
    tcp_leave(s, pcb, now_ns);
}

void tcp_push(struct stack *s, struct tcp_pcb *pcb, bool held, int64_t now_ns)
{
    if (pcb->state <= TCP_LISTEN)
        return;
    tcp_hold(pcb);
    if (held && pcb->state > TCP_SYN_RECEIVED && tcp_knob(s, TCP_KNOB_NAGLE_SMALL))
        tcp_output_held(s, pcb, now_ns);
    tcp_leave(s, pcb, now_ns);
}

/* --- STATUS --- */

int tcp_take_error(struct tcp_pcb *pcb)
{
    int error = pcb->error;
    pcb->error = 0;
    return error;
}

int tcp_take_failure(const struct stack *s, struct tcp_pcb *pcb)
{
    bool failed = pcb->failed && pcb->state == TCP_CLOSED && tcp_knob(s, TCP_KNOB_LINUX_CALLS);
    pcb->failed = false;
    return failed ? -ERR_CONNABORTED : 0;
}

bool tcp_reads_on(const struct stack *s, const struct tcp_pcb *pcb)
{
    return tcp_knob(s, TCP_KNOB_LINUX_CALLS) && pcb->ended && tcp_unread(pcb) > 0;
}

uint32_t tcp_unacked(const struct tcp_pcb *pcb)
{
    return pcb->snd_end - first_unacked(pcb);
}

uint32_t tcp_unsent(const struct tcp_pcb *pcb)
{
    return seq_after(pcb->snd_end, pcb->snd_nxt) ? pcb->snd_end - pcb->snd_nxt : 0;
}

static unsigned read_events(const struct tcp_pcb *pcb)
{
    unsigned events = 0;
    if (tcp_unread(pcb) > 0 || pcb->fin_received || pcb->shut_read)
        events |= TCP_EVENT_READABLE;
    if (pcb->urgent_in)
        events |= TCP_EVENT_URGENT;
    if (pcb->fin_received)
        events |= TCP_EVENT_PEER_CLOSED;
    return events;
}

static unsigned connected_events(const struct stack *s, const struct tcp_pcb *pcb)
{
    unsigned events = read_events(pcb) | (pcb->error ? TCP_EVENT_ERROR : 0u);
    bool room = send_room(pcb) > 0 && !pcb->starved && !too_much_unsent(s, pcb);
    if (room || pcb->fin_queued)
        events |= TCP_EVENT_WRITABLE;
    if (pcb->fin_queued && (pcb->fin_received || pcb->shut_read))
        events |= TCP_EVENT_HANGUP;
    return events;
}

unsigned tcp_events(const struct stack *s, const struct tcp_pcb *pcb)
{
    switch ((enum tcp_state)pcb->state) {
    case TCP_LISTEN:
        return pcb->listener.done.first || pcb->listener.aborted ? TCP_EVENT_READABLE : 0;
    case TCP_SYN_SENT:
        return 0;
    case TCP_SYN_RECEIVED:
        return pcb->early ? connected_events(s, pcb) : 0;
    case TCP_CLOSED: /* nothing that is tried now would wait */
        if (is_deferred(pcb))
            return TCP_EVENT_WRITABLE;
        return TCP_EVENT_WRITABLE | TCP_EVENT_HANGUP | (pcb->error ? TCP_EVENT_ERROR : 0) |
               (pcb->ended ? TCP_EVENT_READABLE | TCP_EVENT_PEER_CLOSED : 0);
    case TCP_ESTABLISHED:
    case TCP_FIN_WAIT_1:
    case TCP_FIN_WAIT_2:
    case TCP_CLOSE_WAIT:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
    case TCP_TIME_WAIT:
    case TCP_STATES:
        break;
    }
    return connected_events(s, pcb);
}

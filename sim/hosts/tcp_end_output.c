/* What a TCP end sends, and when: RFC 9293 3.8 and 3.10. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include "sim/hosts/tcp_end_inside.h"

#define RTO_MOST (INT64_C(60) * 1000000000)

static struct host *host_of(const struct tcp_connection *c)
{
    return c->end->ip.host;
}

/* --- options --- */

struct writer {
    uint8_t *to;
    uint32_t len;
};

static void put8(struct writer *w, uint32_t v)
{
    w->to[w->len++] = (uint8_t)v;
}

static void put32(struct writer *w, uint32_t v)
{
    peer_put32(w->to + w->len, v);
    w->len += 4;
}

/* Each group is a multiple of four octets: RFC 7323 appendix A. */
static void put_timestamps(const struct tcp_connection *c, struct writer *w, bool with_permitted)
{
    put8(w, with_permitted ? TCPOPT_SACK_PERMITTED : TCPOPT_NOP);
    put8(w, with_permitted ? 2 : TCPOPT_NOP);
    put8(w, TCPOPT_TIMESTAMP);
    put8(w, 10);
    put32(w, tcp_end_clock(c->end));
    put32(w, c->heard.has_timestamps ? c->ts_recent : 0);
}

/* A SYN offers what the attributes say, a SYN-ACK of that what the SYN offered. */
static uint32_t syn_options(const struct tcp_connection *c, uint8_t *out)
{
    const struct tcp_end_config *config = &c->end->config;
    bool answer = c->state == END_SYN_RECEIVED;
    bool sack = config->sack && (!answer || c->heard.sack_permitted);
    bool stamps = config->timestamps && (!answer || c->heard.has_timestamps);
    struct writer w = {out, 0};
    if (config->mss) {
        put8(&w, TCPOPT_MAXSEG);
        put8(&w, 4);
        put8(&w, (uint32_t)config->mss >> 8);
        put8(&w, (uint32_t)config->mss);
    }
    if (stamps) {
        put_timestamps(c, &w, sack);
    } else if (sack) {
        put8(&w, TCPOPT_NOP);
        put8(&w, TCPOPT_NOP);
        put8(&w, TCPOPT_SACK_PERMITTED);
        put8(&w, 2);
    }
    if (config->scale && (!answer || c->heard.has_scale)) {
        put8(&w, TCPOPT_NOP);
        put8(&w, TCPOPT_WINDOW);
        put8(&w, 3);
        put8(&w, (uint32_t)config->wscale);
    }
    return w.len;
}

/* RFC 2018 4: the range that changed last first, as many as there is room for. */
static uint32_t later_options(const struct tcp_connection *c, uint8_t *out)
{
    struct writer w = {out, 0};
    if (c->stamped)
        put_timestamps(c, &w, false);
    uint32_t room = (END_OPTIONS - w.len - 4) / 8;
    uint32_t blocks = !c->selective ? 0 : c->ranges < room ? c->ranges : room;
    if (blocks) {
        put8(&w, TCPOPT_NOP);
        put8(&w, TCPOPT_NOP);
        put8(&w, TCPOPT_SACK);
        put8(&w, 2 + 8 * blocks);
    }
    for (uint32_t k = 0; k < blocks; k++) {
        put32(&w, c->range[k].from);
        put32(&w, c->range[k].to);
    }
    return w.len;
}

/* --- the window --- */

/*
 * What is offered is never taken back, and moves on only by a worthwhile step (RFC 9293 3.8.6.2.2).
 * A scaled window is rounded up so that its edge does not retreat, but not for ever: a program that
 * reads nothing must see it close.
 */
static uint32_t edge_now(const struct tcp_connection *c)
{
    uint32_t window = (uint32_t)c->end->config.window, edge = c->rcv_nxt + tcp_end_free(c);
    uint32_t step = c->said.has_mss && c->said.mss < window / 2 ? c->said.mss : window / 2;
    if (seq_before(edge, c->rcv_edge) || edge - c->rcv_edge < step)
        edge = c->rcv_edge;
    return seq_later(edge, c->rcv_nxt);
}

static uint16_t window_field(const struct tcp_connection *c, bool syn)
{
    uint32_t wanted = edge_now(c) - c->rcv_nxt;
    uint32_t scale = c->scaled && !syn ? c->said.scale % 15 : 0, unit = 1u << scale;
    uint32_t field = (wanted + unit - 1) >> scale;
    uint32_t most = c->rcv_read + (uint32_t)c->end->config.window + unit;
    if (seq_before(most, c->rcv_nxt + (field << scale)))
        field = wanted >> scale;
    return (uint16_t)(field < 65535 ? field : 65535);
}

/* --- segments --- */

static struct tcp_made blank(const struct tcp_connection *c, uint32_t seq, uint8_t flags)
{
    bool syn = flags & END_FLAG_SYN;
    struct tcp_made m = {.segment = {.src = c->local,
                                     .dst = c->remote,
                                     .sport = c->local_port,
                                     .dport = c->remote_port,
                                     .seq = seq,
                                     .ack = flags & END_FLAG_ACK ? c->rcv_nxt : 0,
                                     .flags = flags,
                                     .window = window_field(c, syn)}};
    m.segment.options_len = syn ? syn_options(c, m.options) : later_options(c, m.options);
    return m;
}

static void sent_ack(struct tcp_connection *c)
{
    c->ack_due = false;
    c->unacked = 0;
    tcp_end_timer(c, END_ACKNOWLEDGE, NEVER);
}

static void send_syn(struct tcp_connection *c)
{
    bool answer = c->state == END_SYN_RECEIVED;
    struct tcp_made m = blank(c, c->iss, (uint8_t)(END_FLAG_SYN | (answer ? END_FLAG_ACK : 0)));
    c->syn_due = false;
    c->snd_nxt = c->iss + 1;
    tcp_end_transmit(c, &m);
}

static void send_ack(struct tcp_connection *c)
{
    struct tcp_made m = blank(c, c->snd_nxt, END_FLAG_ACK);
    sent_ack(c);
    tcp_end_transmit(c, &m);
}

/* The octets [seq, seq + len), with the FIN when they are the last and it has been asked for. PSH
 * where nothing more is waiting (RFC 9293 3.9.1.2). */
static void send_octets(struct tcp_connection *c, uint32_t seq, uint32_t len, bool fin)
{
    uint32_t flags = END_FLAG_ACK | (fin ? END_FLAG_FIN : 0u);
    if (len && seq + len == c->snd_end)
        flags |= END_FLAG_PSH;
    struct tcp_made m = blank(c, seq, (uint8_t)flags);
    if (c->has_urgent && seq_before(seq, c->snd_up)) {
        m.segment.flags |= END_FLAG_URG;
        m.segment.urgent = (uint16_t)(c->snd_up - seq < 65535 ? c->snd_up - seq : 65535);
    }
    if (len) {
        m.payload = world_alloc_raw(host_of(c)->world, len, 16);
        m.segment.len = len;
        tcp_ring_get(&c->sent, seq, m.payload, len);
    }
    sent_ack(c);
    tcp_end_transmit(c, &m);
}

/* --- what may be sent now --- */

static uint32_t segment_room(const struct tcp_connection *c)
{
    uint8_t scratch[END_OPTIONS];
    uint32_t options = later_options(c, scratch);
    return c->snd_mss > options ? c->snd_mss - options : 1;
}

static uint32_t window_left(const struct tcp_connection *c, uint32_t beyond)
{
    uint32_t edge = c->snd_una + c->snd_wnd + beyond;
    return seq_before(c->snd_nxt, edge) ? edge - c->snd_nxt : 0;
}

/* As much as the window leaves, and the lie about it where the window ends. */
static uint32_t usable(struct tcp_connection *c, bool *lied)
{
    uint32_t left = window_left(c, 0);
    *lied = c->snd_end - c->snd_nxt > left && left < segment_room(c) &&
            tcp_end_lies_now(c->end, TCP_END_LIE_PAST_WINDOW, END_DATA);
    if (*lied)
        left = window_left(c, (uint32_t)c->end->lie[TCP_END_LIE_PAST_WINDOW].number);
    return left;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* RFC 9293 3.8.6.2.1: a full segment; or all there is, and with Nagle's rule nothing under way; or
 * half of the largest window; or the timer has run out. */
static uint32_t octets_now(struct tcp_connection *c)
{
    bool lied;
    uint32_t waiting = c->snd_end - c->snd_nxt, may = usable(c, &lied), room = segment_room(c);
    const struct peer_lie *split = &c->end->lie[TCP_END_LIE_SPLIT];
    if (!waiting)
        return 0;
    if (c->forced && may == 0)
        return 1; /* 3.8.6.1: a probe */
    uint32_t len = least(least(waiting, may), room);
    bool idle = c->snd_una == c->snd_nxt;
    bool worth = len == room || (len == waiting && (idle || !c->end->config.nagle)) ||
                 len >= c->snd_wnd_most / 2 || lied;
    if (!len || !(worth || c->forced))
        return 0;
    if (split->number > 0 && len > split->number &&
        tcp_end_lies_now(c->end, TCP_END_LIE_SPLIT, END_DATA))
        len = (uint32_t)split->number;
    return len;
}

/* The lie that holds octets back; a timer ends it. */
static bool held_back(struct tcp_connection *c)
{
    if (c->snd_end == c->snd_nxt || c->merged)
        return false;
    if (c->due_ns[END_MERGE] != NEVER)
        return true;
    if (!tcp_end_lies_now(c->end, TCP_END_LIE_MERGE, END_DATA))
        return false;
    tcp_end_timer(c, END_MERGE, host_now(host_of(c)) + c->end->lie[TCP_END_LIE_MERGE].number);
    return true;
}

static bool fin_waits(const struct tcp_connection *c)
{
    return c->closing && !c->fin_sent;
}

static void fin_goes(struct tcp_connection *c)
{
    c->fin_sent = true;
    c->snd_nxt++;
    tcp_end_set_state(c, c->state == END_CLOSE_WAIT ? END_LAST_ACK : END_FIN_WAIT_1);
}

static bool may_send(const struct tcp_connection *c)
{
    return c->state == END_ESTABLISHED || c->state == END_CLOSE_WAIT;
}

static void send_waiting(struct tcp_connection *c)
{
    uint32_t len;
    while (may_send(c) && (len = octets_now(c)) > 0) {
        uint32_t seq = c->snd_nxt;
        bool probe = c->forced && c->snd_wnd == 0;
        bool fin = fin_waits(c) && seq + len == c->snd_end && window_left(c, 0) > len;
        c->snd_nxt += len;
        c->end->count.probes += probe;
        if (fin)
            fin_goes(c);
        send_octets(c, seq, len, fin);
        c->forced = false;
    }
    if (may_send(c) && fin_waits(c) && c->snd_nxt == c->snd_end &&
        (window_left(c, 0) || c->forced)) {
        fin_goes(c);
        send_octets(c, c->snd_nxt - 1, 0, true);
    }
    c->forced = false;
}

/* RFC 9293 3.8.6.2.2: a window that has opened is told when it is worth it. */
static bool window_opened(const struct tcp_connection *c)
{
    return may_send(c) && !c->fin_taken && seq_before(c->rcv_edge, edge_now(c));
}

/* The timer runs while something is under way, or waits for a window. */
static void set_timer(struct tcp_connection *c)
{
    bool opening = c->state == END_SYN_SENT || c->state == END_SYN_RECEIVED;
    bool blocked =
        may_send(c) && c->due_ns[END_MERGE] == NEVER && (c->snd_end != c->snd_nxt || fin_waits(c));
    bool wanted = c->state != END_CLOSED && c->state != END_TIME_WAIT &&
                  (opening || blocked || c->snd_una != c->snd_nxt);
    if (!wanted)
        tcp_end_timer(c, END_RETRANSMIT, NEVER);
    else if (c->due_ns[END_RETRANSMIT] == NEVER)
        tcp_end_timer(c, END_RETRANSMIT, host_now(host_of(c)) + c->rto_ns);
}

void tcp_end_output(struct tcp_connection *c)
{
    if (c->state == END_CLOSED)
        return;
    if (c->syn_due)
        send_syn(c);
    if (!held_back(c))
        send_waiting(c);
    c->merged = false;
    tcp_end_flush(c);
    if (c->state != END_SYN_SENT && c->state != END_SYN_RECEIVED &&
        (c->ack_due || window_opened(c)))
        send_ack(c);
    set_timer(c);
}

/* --- timers --- */

/* The first segment that is not acknowledged; of a closed window one octet. */
void tcp_end_retransmit(struct tcp_connection *c)
{
    uint32_t under_way = (c->fin_sent ? c->snd_end : c->snd_nxt) - c->snd_una;
    uint32_t window = c->snd_wnd ? c->snd_wnd : 1;
    if (c->fin_sent && seq_before(c->snd_end, c->snd_una))
        under_way = 0;
    uint32_t len = least(least(under_way, window), segment_room(c));
    c->end->count.retransmissions++;
    send_octets(c, c->snd_una, len, c->fin_sent && c->snd_una + len == c->snd_end);
}

static void retransmission_timer(struct tcp_connection *c)
{
    bool opening = c->state == END_SYN_SENT || c->state == END_SYN_RECEIVED;
    c->rto_ns = c->rto_ns * 2 < RTO_MOST ? c->rto_ns * 2 : RTO_MOST;
    if (!opening && c->snd_una == c->snd_nxt) {
        c->forced = true;
        return;
    }
    if (c->retries++ == (uint32_t)c->end->config.retries) {
        tcp_end_over(c, END_TIMED_OUT);
        return;
    }
    c->recover = c->snd_nxt;
    c->duplicates = 0;
    if (opening) {
        c->syn_due = true;
        c->end->count.retransmissions++;
    } else {
        tcp_end_retransmit(c);
    }
}

void tcp_end_fired(struct tcp_connection *c, enum tcp_end_timer timer)
{
    switch (timer) {
    case END_RETRANSMIT:
        retransmission_timer(c);
        break;
    case END_ACKNOWLEDGE:
        c->ack_due = true;
        break;
    case END_MERGE:
        c->merged = true;
        break;
    case END_WAIT:
        tcp_end_over(c, END_DONE);
        break;
    case END_WAKE:
    case END_TIMERS:
        break;
    }
}

/* --- resets --- */

/* RFC 9293 3.10.7.1: with a number that the other side takes. */
void tcp_end_refuse(struct tcp_end *end, const struct tcp_segment *s)
{
    if (s->flags & END_FLAG_RST)
        return;
    bool ack = s->flags & END_FLAG_ACK;
    struct tcp_connection nobody = {.end = end, .due_ns = {NEVER, NEVER, NEVER, NEVER, NEVER}};
    struct tcp_made m = {.segment = {.src = s->dst,
                                     .dst = s->src,
                                     .sport = s->dport,
                                     .dport = s->sport,
                                     .seq = ack ? s->ack : 0,
                                     .ack = ack ? 0 : s->seq + tcp_segment_len(s),
                                     .flags = END_FLAG_RST}};
    if (!ack)
        m.segment.flags |= END_FLAG_ACK;
    tcp_end_transmit(&nobody, &m);
}

void tcp_end_send_reset(struct tcp_connection *c, uint32_t offset)
{
    struct tcp_made m = blank(c, c->snd_nxt + offset, END_FLAG_RST | END_FLAG_ACK);
    m.segment.options_len = 0;
    tcp_end_transmit(c, &m);
}

/* Segments that come in, in the order of RFC 9293 3.10.7. */
#include <string.h>
#include "sim/hosts/tcp_end_inside.h"

/* --- which connection --- */

static struct tcp_connection *find(const struct tcp_end *end, const struct tcp_segment *s)
{
    struct tcp_connection *c = end->bucket[(s->src ^ s->sport ^ s->dport) % END_BUCKETS];
    for (; c; c = c->next_in_bucket)
        if (c->state != END_CLOSED && c->remote == s->src && c->local == s->dst &&
            c->remote_port == s->sport && c->local_port == s->dport)
            return c;
    return NULL;
}

static bool listens(const struct tcp_end *end, uint16_t port)
{
    for (uint32_t k = 0; k < end->listeners; k++)
        if (end->listening[k] == port)
            return true;
    return false;
}

/* --- both SYNs --- */

static void hear_syn(struct tcp_connection *c, const struct tcp_segment *s)
{
    uint32_t most = c->end->ip.host->port[0].mtu - 40u;
    uint32_t mss = s->options.has_mss ? s->options.mss : END_MSS_DEFAULT;
    tcp_end_check_syn(c, s);
    c->heard = s->options;
    c->irs = s->seq;
    c->rcv_nxt = c->rcv_read = c->rcv_high = c->rcv_edge = c->rcv_acked = s->seq + 1;
    c->snd_mss = mss < 1 ? 1 : mss < most ? mss : most;
    c->ts_recent = c->ts_last_new = s->options.tsval;
    c->seq_last_new = c->rcv_nxt;
    tcp_end_agree(c);
}

/* 3.10.7.2. Data of a SYN is left for the other side to send again. */
static void in_listen(struct tcp_end *end, const struct tcp_segment *s)
{
    if (s->flags & END_FLAG_RST)
        return;
    if (s->flags & END_FLAG_ACK || !(s->flags & END_FLAG_SYN)) {
        tcp_end_refuse(end, s);
        return;
    }
    struct tcp_connection *c = tcp_end_new(end, s);
    if (!c) {
        end->count.full++;
        return;
    }
    c->passive = true;
    hear_syn(c, s);
    tcp_end_set_state(c, END_SYN_RECEIVED);
    c->syn_due = true;
}

/* When a closed window opens, the octet that probed it goes again with what is behind it. */
static void take_window(struct tcp_connection *c, const struct tcp_segment *s)
{
    bool was_closed = c->snd_wnd == 0 && s->window && s->ack == c->snd_una && !c->fin_sent;
    c->snd_wnd = s->window;
    if (c->scaled && !(s->flags & END_FLAG_SYN))
        c->snd_wnd <<= c->heard.scale > 14 ? 14 : c->heard.scale;
    c->snd_wnd_most = c->snd_wnd > c->snd_wnd_most ? c->snd_wnd : c->snd_wnd_most;
    c->snd_wl1 = s->seq;
    c->snd_wl2 = s->ack;
    if (was_closed && seq_before(c->iss, c->snd_una))
        c->snd_nxt = c->snd_una;
}

static void acknowledged(struct tcp_connection *c, uint32_t ack);

static void establish(struct tcp_connection *c)
{
    c->end->count.opened++;
    tcp_end_set_state(c, END_ESTABLISHED);
}

/* 3.10.7.3 */
static void in_syn_sent(struct tcp_connection *c, const struct tcp_segment *s)
{
    bool ack = s->flags & END_FLAG_ACK, good = ack && s->ack == c->iss + 1;
    if (ack && !good) {
        if (s->flags & END_FLAG_SYN)
            tcp_end_violation(c->end, "a SYN-ACK of what was never sent (RFC 9293 3.10.7.3)");
        tcp_end_refuse(c->end, s);
        return;
    }
    if (s->flags & END_FLAG_RST) {
        if (good)
            tcp_end_over(c, END_REFUSED);
        return;
    }
    if (!(s->flags & END_FLAG_SYN))
        return;
    hear_syn(c, s);
    if (!good) { /* both sides open at once: 3.5 */
        tcp_end_set_state(c, END_SYN_RECEIVED);
        c->syn_due = true;
        return;
    }
    acknowledged(c, s->ack);
    take_window(c, s);
    establish(c);
    c->ack_due = true;
}

/* --- acknowledgements --- */

/* The FIN has the number behind the last octet. */
static void fin_acknowledged(struct tcp_connection *c)
{
    switch (c->state) {
    case END_FIN_WAIT_1:
        tcp_end_set_state(c, END_FIN_WAIT_2);
        break;
    case END_CLOSING:
        tcp_end_set_state(c, END_TIME_WAIT);
        break;
    case END_LAST_ACK:
        tcp_end_over(c, END_DONE);
        break;
    default:
        break;
    }
}

static void acknowledged(struct tcp_connection *c, uint32_t ack)
{
    uint32_t first = seq_later(c->snd_una, c->iss + 1), last = seq_earlier(ack, c->snd_end);
    if (seq_before(first, last))
        c->end->count.octets_out += last - first;
    c->snd_una = ack;
    c->retries = c->duplicates = 0;
    c->rto_ns = c->end->config.rto_ns;
    tcp_end_timer(c, END_RETRANSMIT, NEVER);
    if (c->fin_sent && ack == c->snd_end + 1)
        fin_acknowledged(c);
    else if (seq_before(ack, c->recover) && ack != c->snd_nxt)
        tcp_end_retransmit(c);
}

/* RFC 5681 2: nothing new, while something is under way; at the third the segment is lost. */
static void repeated(struct tcp_connection *c, const struct tcp_segment *s)
{
    uint32_t window = (uint32_t)s->window << (c->scaled ? c->heard.scale % 15 : 0);
    if (tcp_segment_len(s) || c->snd_una == c->snd_nxt || window != c->snd_wnd)
        return;
    if (c->snd_wnd == 0)
        c->retries = 0; /* 3.8.6.1: while probes are acknowledged the connection stays */
    if (++c->duplicates != 3 || seq_before(c->snd_una, c->recover))
        return;
    c->recover = c->snd_nxt;
    tcp_end_retransmit(c);
}

/* 3.10.7.4, fifth. False: the segment is not looked at any further. */
static bool take_ack(struct tcp_connection *c, const struct tcp_segment *s)
{
    if (c->state == END_SYN_RECEIVED) {
        if (!seq_before(c->snd_una, s->ack) || seq_before(c->snd_nxt, s->ack)) {
            tcp_end_refuse(c->end, s);
            return false;
        }
        take_window(c, s);
        establish(c);
    }
    if (seq_before(c->snd_nxt, s->ack)) {
        c->ack_due = true;
        return false;
    }
    if (seq_before(c->snd_una, s->ack))
        acknowledged(c, s->ack);
    else if (s->ack == c->snd_una)
        repeated(c, s);
    bool newer =
        seq_before(c->snd_wl1, s->seq) || (c->snd_wl1 == s->seq && !seq_before(s->ack, c->snd_wl2));
    if (!seq_before(s->ack, c->snd_una) && newer)
        take_window(c, s);
    return c->state != END_CLOSED;
}

/* --- octets and the end of them --- */

static void take_octets(struct tcp_connection *c, const struct tcp_segment *s)
{
    uint32_t before = c->rcv_nxt;
    bool opened =
        c->state == END_ESTABLISHED || c->state == END_FIN_WAIT_1 || c->state == END_FIN_WAIT_2;
    if (!s->len)
        return;
    if (opened)
        tcp_end_reassemble(c, s);
    bool in_order = s->seq == before && c->ranges == 0;
    if (++c->unacked >= 2 || !in_order || c->end->config.ack_delay_ns == 0)
        c->ack_due = true;
    else
        tcp_end_timer(c, END_ACKNOWLEDGE, host_now(c->end->ip.host) + c->end->config.ack_delay_ns);
}

static void take_fin(struct tcp_connection *c, const struct tcp_segment *s)
{
    uint32_t at = s->seq + s->len;
    if (s->flags & END_FLAG_FIN && !c->fin_seen && !seq_before(at, c->rcv_nxt) &&
        !seq_before(c->rcv_edge, at)) {
        c->fin_seen = true;
        c->fin_seq = at;
        c->ack_due = true;
    }
    if (!c->fin_seen || c->fin_taken || c->rcv_nxt != c->fin_seq)
        return;
    c->fin_taken = true;
    c->rcv_nxt++;
    c->ack_due = true;
    if (c->state == END_ESTABLISHED)
        tcp_end_set_state(c, END_CLOSE_WAIT);
    else if (c->state == END_FIN_WAIT_1)
        tcp_end_set_state(c, END_CLOSING);
    else if (c->state == END_FIN_WAIT_2)
        tcp_end_set_state(c, END_TIME_WAIT);
}

/* --- 3.10.7.4 --- */

/* First: its table of four cases; and a bare segment at the very edge, whose sender has filled the
 * window, tells of acknowledgements and the window, too. */
static bool acceptable(const struct tcp_connection *c, const struct tcp_segment *s)
{
    uint32_t len = tcp_segment_len(s), last = s->seq + (len ? len - 1 : 0);
    bool first_in = !seq_before(s->seq, c->rcv_nxt) && seq_before(s->seq, c->rcv_edge);
    bool last_in = !seq_before(last, c->rcv_nxt) && seq_before(last, c->rcv_edge);
    if (len == 0)
        return first_in || s->seq == c->rcv_nxt || s->seq == c->rcv_edge;
    return c->rcv_nxt != c->rcv_edge && (first_in || last_in);
}

/* RFC 7323 5.3. True: older than what came, only acknowledged. */
static bool is_old(struct tcp_connection *c, const struct tcp_segment *s)
{
    if (!c->stamped || !s->options.has_timestamps || s->flags & END_FLAG_RST)
        return false;
    if (seq_before(s->options.tsval, c->ts_recent))
        return true;
    if (!seq_before(c->rcv_acked, s->seq))
        c->ts_recent = s->options.tsval;
    return false;
}

/* Second, and RFC 5961 3.2: only the very next number resets; others in the window are asked. */
static void take_reset(struct tcp_connection *c, const struct tcp_segment *s)
{
    if (s->seq == c->rcv_nxt)
        tcp_end_over(c, c->state == END_SYN_RECEIVED ? END_REFUSED : END_RESET);
    else
        c->ack_due = true;
}

/* Fourth. True: done with. A SYN that comes again is answered again; of two that cross, the
 * SYN-ACK is. */
static bool take_syn(struct tcp_connection *c, const struct tcp_segment *s)
{
    if (!(s->flags & END_FLAG_SYN) || s->flags & END_FLAG_RST)
        return false;
    bool mine = c->state == END_SYN_RECEIVED && s->seq == c->irs;
    if (mine && s->flags & END_FLAG_ACK)
        return !take_ack(c, s) || true;
    if (mine && c->passive)
        c->syn_due = true;
    else
        c->ack_due = true;
    return true;
}

static void in_synchronised(struct tcp_connection *c, const struct tcp_segment *s)
{
    if (take_syn(c, s))
        return;
    tcp_end_check(c, s);
    if (is_old(c, s) || !acceptable(c, s)) {
        c->ack_due = c->ack_due || !(s->flags & END_FLAG_RST);
        c->end->count.twice += s->len && seq_before(s->seq, c->rcv_nxt);
        if (c->state == END_TIME_WAIT && s->flags & END_FLAG_FIN)
            tcp_end_set_state(c, END_TIME_WAIT);
        return;
    }
    if (s->flags & END_FLAG_RST) {
        take_reset(c, s);
        return;
    }
    if (!(s->flags & END_FLAG_ACK) || !take_ack(c, s))
        return;
    take_octets(c, s);
    take_fin(c, s);
}

/* --- segments --- */

/* A sum that a link of this host may have spoiled is not held against anybody. */
static bool link_spoils(const struct tcp_end *end)
{
    const struct host *h = end->ip.host;
    for (uint32_t p = 0; p < h->ports; p++)
        if (link_count(h->port[p].link, LINK_CORRUPTED) ||
            link_count(h->port[p].link, LINK_TRUNCATED))
            return true;
    return false;
}

static void unsound(struct tcp_end *end, enum tcp_end_sound why)
{
    static const char *const words[] = {
        [SEGMENT_SHORT] = "a segment shorter than a header (RFC 9293 3.1)",
        [SEGMENT_OFFSET] = "a data offset that the segment lacks (RFC 9293 3.1)",
        [SEGMENT_SUM] = "a wrong checksum (RFC 9293 3.1)",
    };
    end->count.bad++;
    if (!link_spoils(end))
        tcp_end_violation(end, words[why]);
}

static void dispatch(struct tcp_end *end, struct tcp_connection *c, const struct tcp_segment *s)
{
    if (tcp_end_lies_now(end, TCP_END_LIE_RESET, tcp_segment_kind(s))) {
        tcp_end_refuse(end, s);
        if (c)
            tcp_end_over(c, END_RESET);
    } else if (c && c->state == END_SYN_SENT) {
        in_syn_sent(c, s);
    } else if (c) {
        in_synchronised(c, s);
    } else if (listens(end, s->dport)) {
        in_listen(end, s);
    } else {
        tcp_end_refuse(end, s);
    }
}

/* RFC 9293 3.10.7.4 (MUST-57): what was sent to a group or to everybody is no TCP. */
void tcp_end_input(struct tcp_end *end, const struct peer_packet *p)
{
    struct tcp_segment s;
    end->count.segments_in++;
    enum tcp_end_sound sound = tcp_segment_read(&s, p);
    if (sound != SEGMENT_SOUND) {
        unsound(end, sound);
        return;
    }
    if (!peer_ip_is_own(&end->ip, s.dst) ||
        tcp_end_lies_now(end, TCP_END_LIE_DEAF, tcp_segment_kind(&s)))
        return;
    struct tcp_connection *c = find(end, &s);
    bool again = s.flags & END_FLAG_SYN && !(s.flags & (END_FLAG_ACK | END_FLAG_RST));
    if (c && c->state == END_TIME_WAIT && again && seq_before(c->rcv_nxt, s.seq)) {
        tcp_end_over(c, END_DONE); /* 3.10.7.4: a new one may take its place */
        c = NULL;
    }
    if (c)
        tcp_end_touch(c);
    dispatch(end, c, &s);
}

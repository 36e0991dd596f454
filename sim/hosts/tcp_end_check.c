/*
 * What a segment may not be, whatever the network did to those before and behind it: each finding
 * is the other side's fault. A lost, doubled, late or reordered segment explains none of them, for
 * each is judged by the most that this side ever offered, claimed to have sent, or received.
 */
#include <string.h>
#include "sim/hosts/tcp_end_inside.h"

/* RFC 9293 3.7.1 (MUST-5): without the option, 536. */
static uint32_t said_mss(const struct tcp_connection *c)
{
    return c->said.has_mss ? c->said.mss : END_MSS_DEFAULT;
}

/* The sender takes the options that it sends from the data (RFC 6691 2). */
static const char *check_size(const struct tcp_connection *c, const struct tcp_segment *s)
{
    return s->len && s->len + s->options_len > said_mss(c)
               ? "a segment is longer than the MSS allows (RFC 9293 3.7.1)"
               : NULL;
}

/* RFC 9293 3.8.6.1: a closed window is probed with an octet behind its edge. */
static const char *check_window(const struct tcp_connection *c, const struct tcp_segment *s)
{
    uint32_t end = s->seq + s->len;
    bool probe = s->len == 1 && s->seq == c->rcv_edge;
    return s->len && seq_before(c->rcv_edge, end) && !probe
               ? "octets beyond the window that was offered (RFC 9293 3.8.6)"
               : NULL;
}

/* RFC 9293 3.6: after the FIN nothing, and the FIN stays where it is. */
static const char *check_end(const struct tcp_connection *c, const struct tcp_segment *s)
{
    if (!c->fin_seen)
        return s->flags & END_FLAG_FIN && seq_before(s->seq + s->len, c->rcv_high)
                   ? "a FIN before octets that came already (RFC 9293 3.6)"
                   : NULL;
    if (s->len && seq_before(c->fin_seq, s->seq + s->len))
        return "octets behind the FIN (RFC 9293 3.6)";
    return s->flags & END_FLAG_FIN && s->seq + s->len != c->fin_seq
               ? "a second FIN at another place (RFC 9293 3.6)"
               : NULL;
}

/* RFC 9293 3.4: SEG.ACK =< SND.NXT, of all that was ever claimed. */
static const char *check_ack(const struct tcp_connection *c, const struct tcp_segment *s)
{
    if (!(s->flags & END_FLAG_ACK))
        return s->flags & END_FLAG_SYN ? NULL : "a segment without ACK (RFC 9293 3.1)";
    return seq_before(c->snd_claimed, s->ack)
               ? "an acknowledgement of what was never sent (RFC 9293 3.10.7.4)"
               : NULL;
}

static bool same_octets(const struct tcp_connection *c, const struct tcp_segment *s,
                        struct tcp_range r)
{
    uint32_t from = seq_later(s->seq, r.from), to = seq_earlier(s->seq + s->len, r.to);
    return !seq_before(from, to) ||
           tcp_ring_equal(&c->came, from, s->payload + (from - s->seq), to - from);
}

/* RFC 9293 3.8.4: a keep-alive may bring one octet of garbage from before RCV.NXT. */
static const char *check_octets(const struct tcp_connection *c, const struct tcp_segment *s)
{
    bool keepalive = s->len == 1 && s->seq == c->rcv_nxt - 1;
    if (!s->len || !c->came.octet || keepalive)
        return NULL;
    uint32_t kept = c->rcv_high - c->came.size, first = c->irs + 1;
    bool same = same_octets(c, s, (struct tcp_range){seq_later(kept, first), c->rcv_nxt});
    for (uint32_t k = 0; k < c->ranges; k++)
        same = same && same_octets(c, s, c->range[k]);
    return same ? NULL : "octets that came again are others than the first time (RFC 9293 3.8)";
}

/* RFC 7323 3.2: once agreed on in every segment but RST, else in none; it echoes what was sent. */
static const char *check_timestamps(struct tcp_connection *c, const struct tcp_segment *s)
{
    const struct tcp_options *o = &s->options;
    if (!c->stamped)
        return o->has_timestamps ? "timestamps that were not agreed on (RFC 7323 2)" : NULL;
    if (!o->has_timestamps)
        return "a segment without the timestamps that were agreed on (RFC 7323 3.2)";
    if (s->flags & END_FLAG_ACK && seq_before(tcp_end_clock(c->end), o->tsecr))
        return "an echo of a timestamp that was never sent (RFC 7323 3.2)";
    if (!s->len || seq_before(s->seq, c->seq_last_new))
        return NULL;
    bool back = seq_before(s->seq, s->seq + s->len) && s->seq != c->seq_last_new &&
                seq_before(o->tsval, c->ts_last_new);
    c->seq_last_new = s->seq;
    c->ts_last_new = o->tsval;
    return back ? "the clock of the timestamps went back (RFC 7323 5.4)" : NULL;
}

static const char *check_options(const struct tcp_connection *c, const struct tcp_segment *s)
{
    const struct tcp_options *o = &s->options;
    if (o->malformed)
        return "malformed options (RFC 9293 3.1)";
    if (s->flags & END_FLAG_SYN)
        return NULL;
    if (o->has_mss || o->has_scale || o->sack_permitted)
        return "an option of SYN segments in another (RFC 9293 3.2, RFC 7323 2.2, RFC 2018 2)";
    if (o->blocks && !c->selective)
        return "SACK blocks that were not agreed on (RFC 2018 3)";
    for (uint32_t k = 0; k < o->blocks; k++)
        if (!seq_before(o->block[k].from, o->block[k].to) ||
            seq_before(c->snd_claimed, o->block[k].to))
            return "a SACK block of what was never sent (RFC 2018 3)";
    return NULL;
}

void tcp_end_check(struct tcp_connection *c, const struct tcp_segment *s)
{
    if (s->flags & END_FLAG_RST)
        return;
    const char *found[] = {
        check_options(c, s), check_timestamps(c, s), check_ack(c, s),    check_size(c, s),
        check_window(c, s),  check_end(c, s),        check_octets(c, s),
    };
    for (size_t k = 0; k < sizeof found / sizeof found[0]; k++)
        if (found[k])
            tcp_end_violation(c->end, found[k]);
}

/* A SYN-ACK answers what the SYN offered (RFC 7323 1.3, 2.2). */
void tcp_end_check_syn(struct tcp_connection *c, const struct tcp_segment *s)
{
    const struct tcp_options *o = &s->options;
    if (o->malformed)
        tcp_end_violation(c->end, "malformed options (RFC 9293 3.1)");
    if (o->has_scale && o->scale > 14)
        tcp_end_violation(c->end, "a window scale above 14 (RFC 7323 2.3)");
    if (!(s->flags & END_FLAG_ACK))
        return;
    if (o->has_scale && !c->said.has_scale)
        tcp_end_violation(c->end, "a SYN-ACK scales windows, the SYN did not (RFC 7323 2.2)");
    if (o->has_timestamps && !c->said.has_timestamps)
        tcp_end_violation(c->end, "timestamps that were not agreed on (RFC 7323 2)");
    if (o->has_timestamps && c->said.has_timestamps && s->ack == c->iss + 1 &&
        seq_before(tcp_end_clock(c->end), o->tsecr))
        tcp_end_violation(c->end, "an echo of a timestamp that was never sent (RFC 7323 3.2)");
}

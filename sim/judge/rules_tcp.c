/* The baseline's rules of TCP: what every segment of a host under test satisfies, whatever its line
 * leaves open. They look at the connection as it was before the segment. */
#include <netinet/in.h>
#include "sim/judge/baseline.h"

enum {
    MSS_DEFAULT = 536, /* RFC 9293, MUST-15 */
    KIND_EOL = 0,
    KIND_NOP = 1,
    KIND_MSS = 2,
    KIND_SCALE = 3,
    KIND_SACK_PERMITTED = 4,
    KIND_SACK = 5,
    KIND_TIMESTAMPS = 8,
    HEADER = 20,
    CONTROL = FACTS_FIN | FACTS_SYN | FACTS_RST,
};

static bool is_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

/* The segment and its connection; NULL: it has none yet. */
static const struct flow *read(const struct judge *j, const struct packet_facts *f,
                               struct segment_facts *s)
{
    segment_facts(f, s);
    return flow_find(j, f->src, (uint16_t)s->sport, f->end, (uint16_t)s->dport);
}

static bool is_of(const struct segment_facts *s, uint32_t flags)
{
    return (s->flags & CONTROL) == flags;
}

RULE(rule_tcp_flags)
{
    struct segment_facts s;
    (void)from, (void)now_ns;
    if (!f->tcp)
        return true;
    (void)read(j, f, &s);
    uint32_t control = s.flags & CONTROL;
    bool one = (control & (control - 1)) == 0; /* none or one of the three */
    bool acks = s.flags & FACTS_ACK || control == FACTS_SYN || control == FACTS_RST;
    return rule_broken(b, one && acks,
                       "one of SYN, FIN and RST; ACK in all but a first SYN and a RST", "0x%02x",
                       s.flags);
}

RULE(rule_tcp_reserved)
{
    (void)j, (void)from, (void)now_ns;
    return rule_broken(b, !f->tcp || !(f->tcp[12] & 0x0e), "reserved bits are zero", "0x%02x",
                       f->tcp ? f->tcp[12] & 0x0eu : 0);
}

RULE(rule_tcp_urgent)
{
    struct segment_facts s;
    (void)from, (void)now_ns;
    if (!f->tcp)
        return true;
    (void)read(j, f, &s);
    uint32_t urgent = (uint32_t)f->tcp[18] << 8 | f->tcp[19];
    return rule_broken(b, s.flags & FACTS_URG || !urgent, "0 without URG", "%u", urgent);
}

RULE(rule_tcp_no_ack)
{
    struct segment_facts s;
    (void)from, (void)now_ns;
    if (!f->tcp)
        return true;
    (void)read(j, f, &s);
    return rule_broken(b, s.flags & FACTS_ACK || !s.ack, "0 without ACK", "%u", s.ack);
}

RULE(rule_tcp_from_nothing)
{
    struct segment_facts s;
    (void)from, (void)now_ns;
    if (!f->tcp)
        return true;
    const struct flow *w = read(j, f, &s);
    bool first = is_of(&s, FACTS_SYN) && !(s.flags & FACTS_ACK);
    return rule_broken(b, first || (w && w->came) || j->flows.gave_way,
                       "a SYN, or a segment of a connection",
                       "one to a port from which nothing came");
}

RULE(rule_tcp_sequence)
{
    struct segment_facts s;
    (void)from, (void)now_ns;
    if (!f->tcp)
        return true;
    const struct flow *w = read(j, f, &s);
    if (!w || !w->host.known || s.flags & (FACTS_SYN | FACTS_RST))
        return true;
    return rule_broken(b, !is_after(s.seq, w->host.top), "no gap behind what was sent",
                       "%u octets left out", s.seq - w->host.top);
}

RULE(rule_tcp_acknowledges)
{
    struct segment_facts s;
    (void)from, (void)now_ns;
    if (!f->tcp)
        return true;
    const struct flow *w = read(j, f, &s);
    if (!w || !w->peer.known || !(s.flags & FACTS_ACK) || s.flags & FACTS_RST)
        return true;
    bool asked = w->peer.asks && s.flags & FACTS_SYN && !is_after(s.ack, w->peer.asked_top);
    return rule_broken(b, asked || !is_after(s.ack, w->peer.top), "what came", "%u octets more",
                       s.ack - w->peer.top);
}

/* One octet may probe a window that is shut. */
RULE(rule_tcp_window)
{
    struct segment_facts s;
    (void)from, (void)now_ns;
    if (!f->tcp)
        return true;
    const struct flow *w = read(j, f, &s);
    if (!w || !w->offered || s.len <= 1 || s.flags & (FACTS_SYN | FACTS_RST))
        return true;
    return rule_broken(b, !is_after(s.seq + s.len, w->edge), "within the window that was offered",
                       "%u octets beyond it", s.seq + s.len - w->edge);
}

/* RFC 4821 7.7: what went again and again, in pieces that fit nearly everywhere. */
static bool is_black_hole(const struct judge *j, const struct packet_facts *f)
{
    enum { FITS_EVERYWHERE = 576, IP_HEADER = 20 };
    struct segment_facts s;
    const struct flow *w = f->tcp ? read(j, f, &s) : NULL;
    return w && s.len && w->host.known && is_after(w->host.top, s.seq) &&
           f->body_len + IP_HEADER <= FITS_EVERYWHERE;
}

/* RFC 1191, section 6. A black hole is found without a word: whoever gives up DF there says so,
 * where there are lines to say it. */
RULE(rule_tcp_df)
{
    (void)from, (void)now_ns;
    bool df = f->flags & 2;
    if (j->unlined && !df && is_black_hole(j, f))
        return true;
    return rule_broken(b, !f->tcp || f->fragment || j->too_long || df == !j->no_discovery,
                       j->no_discovery ? "may be fragmented: a knob says so" : "DF", "%s",
                       df ? "DF" : "may be fragmented");
}

RULE(rule_tcp_edge)
{
    struct segment_facts s;
    (void)from, (void)now_ns;
    if (!f->tcp)
        return true;
    const struct flow *w = read(j, f, &s);
    if (!w || !w->told || s.flags & (FACTS_SYN | FACTS_RST) || !(s.flags & FACTS_ACK))
        return true;
    uint32_t edge = s.ack + flow_offer(w, &s);
    return rule_broken(b, !is_after(w->told_edge, edge), "no less than was offered before",
                       "%u octets less", w->told_edge - edge);
}

RULE(rule_tcp_buffer)
{
    struct segment_facts s;
    (void)from, (void)now_ns;
    if (!f->tcp)
        return true;
    const struct flow *w = read(j, f, &s);
    if (!w || !j->rcvbuf || s.flags & FACTS_RST)
        return true;
    return rule_broken(b, flow_offer(w, &s) <= j->rcvbuf, "no more than the buffer holds",
                       "%u octets for a buffer of %u", flow_offer(w, &s), j->rcvbuf);
}

RULE(rule_tcp_size)
{
    struct segment_facts s;
    (void)from, (void)now_ns;
    if (!f->tcp)
        return true;
    const struct flow *w = read(j, f, &s);
    uint32_t mss = w && w->peer.said.mss ? w->peer.said.mss : MSS_DEFAULT;
    if (!w || !w->peer.known || !s.len)
        return true;
    return rule_broken(b, s.len + s.header - HEADER <= mss,
                       "at most the peer's MSS, options counted", "%u octets for an MSS of %u",
                       s.len + s.header - HEADER, mss);
}

/* The length octet is one that the kind has (RFC 9293, 7323, 2018). */
static bool right_length(uint32_t kind, uint32_t len)
{
    static const uint8_t fixed[] = {
        [KIND_MSS] = 4, [KIND_SCALE] = 3, [KIND_SACK_PERMITTED] = 2, [KIND_TIMESTAMPS] = 10};
    if (kind == KIND_SACK)
        return len >= 10 && len % 8 == 2;
    return len >= 2 && (kind >= sizeof fixed || !fixed[kind] || fixed[kind] == len);
}

/* Walks the list as a strict receiver would. */
static bool well_formed(const uint8_t *h, uint32_t end)
{
    uint32_t at = HEADER;
    while (at < end && h[at] != KIND_EOL) {
        if (h[at] == KIND_NOP) {
            at++;
            continue;
        }
        if (at + 1 >= end || !right_length(h[at], h[at + 1]) || h[at + 1] > end - at)
            return false;
        at += h[at + 1];
    }
    for (; at < end; at++)
        if (h[at] != 0)
            return false;
    return true;
}

RULE(rule_tcp_options)
{
    struct segment_facts s;
    (void)from, (void)now_ns;
    if (!f->tcp)
        return true;
    (void)read(j, f, &s);
    return rule_broken(b, well_formed(f->tcp, s.header),
                       "options with right lengths, zeros behind their end", "others");
}

RULE(rule_tcp_syn_options)
{
    static const uint32_t kinds[] = {KIND_MSS, KIND_SCALE, KIND_SACK_PERMITTED};
    struct segment_facts s;
    (void)from, (void)now_ns;
    if (!f->tcp)
        return true;
    (void)read(j, f, &s);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0] && !(s.flags & FACTS_SYN); k++)
        if (segment_has_option(f, kinds[k]))
            return rule_broken(b, false, "MSS, window scale and SACK permitted only with SYN",
                               "kind %u without", kinds[k]);
    return true;
}

RULE(rule_tcp_answers_options)
{
    static const uint32_t kinds[] = {KIND_SCALE, KIND_SACK_PERMITTED, KIND_TIMESTAMPS};
    struct segment_facts s;
    (void)from, (void)now_ns;
    if (!f->tcp)
        return true;
    const struct flow *w = read(j, f, &s);
    if (!w || !w->peer.known || !(s.flags & FACTS_SYN) || !(s.flags & FACTS_ACK))
        return true;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        if (segment_has_option(f, kinds[k]) && !(w->peer.said.offers >> kinds[k] & 1) &&
            !w->peer.asks)
            return rule_broken(b, false, "no option that the SYN had not", "kind %u", kinds[k]);
    return true;
}

RULE(rule_tcp_timestamps)
{
    struct segment_facts s;
    (void)from, (void)now_ns;
    if (!f->tcp)
        return true;
    const struct flow *w = read(j, f, &s);
    bool agreed =
        w && w->host.said.offers & w->peer.said.offers & 1u << KIND_TIMESTAMPS && w->peer.known;
    if (!agreed || s.flags & (FACTS_RST | FACTS_SYN))
        return true;
    return rule_broken(b, segment_has_option(f, KIND_TIMESTAMPS), "timestamps, which were agreed",
                       "none");
}

/* A service of the stack writes its own octets. A probe may repeat one that was acknowledged, and
 * carry what it likes there (RFC 9293, MAY-6). */
RULE(rule_tcp_payload)
{
    struct segment_facts s;
    (void)from, (void)now_ns;
    if (!f->tcp)
        return true;
    const struct flow *w = read(j, f, &s);
    if (!s.len || !j->calls_heard || (w ? !w->writes && j->ports_open : j->ports_open))
        return true;
    if (w && !w->host.known && !(s.flags & FACTS_SYN))
        return true; /* a SYN that there was no buffer for: where its stream begins is not known */
    uint32_t isn = w && !(s.flags & FACTS_SYN) ? w->host.isn : s.seq;
    uint32_t place = s.flags & FACTS_SYN ? 0 : s.seq - isn - 1;
    if (w && s.len == 1 && place + 1 == w->host.acked - isn - 1)
        return true;
    uint32_t same =
        w ? flow_wrote(w, place, s.payload, s.len) : packet_pattern_run(s.payload, s.len, place);
    if (w && w->writes && same == s.len && (uint64_t)place + s.len > w->written_end)
        return rule_broken(b, false, "octets that a call handed over", "%u octets more",
                           (uint32_t)(place + s.len - w->written_end));
    return rule_broken(b, same == s.len, "the octets of their place in the stream",
                       "another octet at %u", place + same);
}

/* What a TCP header says by itself: RFC 9293 (3.1, 3.2), 7323, 2018. */
#include "sim/monitor/flow.h"

enum { HEADER = 20, OPTION_END = 0, OPTION_NOP = 1, SUM = 16, SCALE_MOST = 14, FRAME_MOST = 1518 };

/* The length that an option of the kind has. */
static bool right_length(uint32_t kind, uint32_t len)
{
    switch (kind) {
    case OPTION_MSS:
        return len == 4;
    case OPTION_SCALE:
        return len == 3;
    case OPTION_SACK_PERMITTED:
        return len == 2;
    case OPTION_TS:
        return len == 10;
    case OPTION_SACK:
        return len >= 10 && len % 8 == 2;
    default:
        return len >= 2;
    }
}

static void take_option(struct segment *s, const uint8_t *o)
{
    if (o[0] < 32)
        s->kinds |= 1u << o[0];
    switch (o[0]) {
    case OPTION_MSS:
        s->mss = get16(o + 2);
        break;
    case OPTION_SCALE:
        s->scale = o[2];
        break;
    case OPTION_TS:
        s->tsval = get32(o + 2);
        s->tsecr = get32(o + 6);
        break;
    case OPTION_SACK:
        for (uint32_t at = 2; at + 8 <= o[1] && s->sacks < SACK_BLOCKS; at += 8)
            s->sack[s->sacks++] = (struct range){get32(o + at), get32(o + at + 4)};
        break;
    default:
        break;
    }
}

static void read_options(struct monitor *m, struct segment *s, const uint8_t *h)
{
    uint32_t at = HEADER;
    while (at < s->header && h[at] != OPTION_END) {
        uint32_t len = h[at] == OPTION_NOP ? 1 : at + 1 < s->header ? h[at + 1] : 0;
        bool fits = h[at] == OPTION_NOP || (right_length(h[at], len) && at + len <= s->header);
        if (!HOLDS(m, fits, tcp_option_length, "option %u of %u octets, %u are left", h[at], len,
                   s->header - at))
            return;
        if (h[at] != OPTION_NOP)
            take_option(s, h + at);
        at += len;
    }
    while (at < s->header && h[at] == 0)
        at++;
    HOLDS(m, at >= s->header, tcp_option_padding, "0x%02x behind the end of the options",
          h[at < s->header ? at : 0]);
}

/* False: it is wrong, and the segment is nobody's. */
static bool checksum(struct monitor *m, struct segment *s)
{
    enum sum_state state = sight_transport_sum(&m->sight, SUM);
    s->partial = state == SUM_PARTIAL;
    s->merged = m->frame->wire_len > FRAME_MOST;
    if (s->partial || s->merged) {
        m->counts.partial_sums += s->partial;
        m->counts.merged += s->merged;
        if (m->from)
            m->from->partial = true;
        m->known &= ~(unsigned)NEEDS_UNMERGED;
    }
    if (state != SUM_WRONG || s->merged)
        return true;
    broken(m, MONITOR_tcp_checksum, "the checksum 0x%04x is wrong", get16(m->sight.body + SUM));
    damaged(m);
    return false;
}

static void flags(struct monitor *m, const struct segment *s, const uint8_t *h)
{
    uint32_t control = s->flags & (TCP_SYN | TCP_FIN | TCP_RST);
    HOLDS(m, (control & (control - 1)) == 0, tcp_flags,
          "flags 0x%02x: more than one of SYN, FIN, RST", s->flags);
    HOLDS(m, s->flags & (TCP_ACK | TCP_SYN | TCP_RST), tcp_no_ack, "flags 0x%02x: no ACK",
          s->flags);
    HOLDS(m, !(h[12] & 0x0e), tcp_reserved, "reserved bits 0x%x", h[12] & 0x0eu);
    HOLDS(m, s->flags & TCP_URG || !get16(h + 18), tcp_urgent,
          "an urgent pointer of %u without URG", get16(h + 18));
    HOLDS(m, !(s->flags & TCP_URG) || get16(h + 18) || s->len, tcp_urgent_nothing,
          "URG, and no octet is urgent");
    HOLDS(m, get16(h) && get16(h + 2), tcp_port_zero, "port 0");
}

static void option_places(struct monitor *m, const struct segment *s)
{
    uint32_t of_syn = 1u << OPTION_MSS | 1u << OPTION_SCALE | 1u << OPTION_SACK_PERMITTED;
    bool syn = s->flags & TCP_SYN;
    HOLDS(m, syn || !(s->kinds & 1u << OPTION_MSS), tcp_mss_place, "MSS without SYN");
    HOLDS(m, syn || !(s->kinds & of_syn & ~(1u << OPTION_MSS)), tcp_syn_options,
          "window scale or SACK permitted without SYN");
    HOLDS(m, !(s->kinds & 1u << OPTION_SCALE) || s->scale <= SCALE_MOST, tcp_scale,
          "a window scale of %u", s->scale);
    HOLDS(m, !syn || s->kinds & 1u << OPTION_MSS, tcp_mss_absent, "a SYN without MSS");
    HOLDS(m, !syn || !(s->kinds & 1u << OPTION_MSS) || s->mss >= 64, tcp_mss_small, "an MSS of %u",
          s->mss);
    HOLDS(m, !syn || !(s->kinds & 1u << OPTION_SACK), tcp_sack_syn, "SACK blocks with SYN");
    HOLDS(m, s->flags & TCP_ACK || !(s->kinds & 1u << OPTION_TS) || s->flags & TCP_RST || !s->tsecr,
          tcp_tsecr_zero, "TSecr %u without ACK", s->tsecr);
}

bool see_tcp_header(struct monitor *m, struct segment *s)
{
    const struct sight *i = &m->sight;
    const uint8_t *h = i->body;
    *s = (struct segment){.ecn = i->tos & 3};
    if (!HOLDS(m, i->body_len >= HEADER, tcp_header, "a segment of %u octets", i->body_len) ||
        i->have < HEADER)
        return false;
    s->header = (h[12] >> 4) * 4u;
    if (!HOLDS(m, s->header >= HEADER && s->header <= i->body_len, tcp_header,
               "a header of %u octets in a segment of %u", s->header, i->body_len) ||
        !checksum(m, s))
        return false;
    s->blind = s->header > i->have;
    s->seq = get32(h + 4);
    s->ack = get32(h + 8);
    s->flags = h[13];
    s->accurate = h[12] & 1;
    s->win = get16(h + 14);
    s->len = i->body_len - s->header;
    s->have = s->blind ? 0 : i->have - s->header;
    s->payload = s->blind ? NULL : h + s->header;
    s->end = s->seq + s->len + !!(s->flags & TCP_SYN) + !!(s->flags & TCP_FIN);
    flags(m, s, h);
    if (s->blind)
        return true;
    read_options(m, s, h);
    option_places(m, s);
    return true;
}

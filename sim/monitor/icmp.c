/* ICMP: RFC 792, 1122 (3.2.2), 1812 (4.3.2), 6633, 6918. */
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include "sim/monitor/inside.h"

enum {
    HEADER = 8,
    QUOTED_LEAST = 8,
    ERROR_MOST = 576, /* RFC 1812 4.3.2.3 */
    BURST = 200,      /* errors in a second that no limit lets pass */
    INFO_REQUEST = 15,
    INFO_REPLY = 16,
    MASK_REPLY = 18,
    TIMESTAMP_REPLY = 14,
};

static bool is_error(uint8_t type)
{
    return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB ||
           type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT;
}

/* Nobody is told of an error in what many got, in an error, in a fragment but the first, or in what
 * does not come from one host. */
static void about(struct monitor *m, const uint8_t *q, uint32_t have)
{
    uint32_t source = get32(q + 12), destination = get32(q + 16), header = (q[0] & 15u) * 4;
    uint32_t offset = get16(q + 6) & 0x1fff;
    bool icmp = q[9] == IPPROTO_ICMP && have > header;
    HOLDS(m, !icmp || offset || !is_error(q[header]), icmp_about_error,
          "an error about an error of type %u", icmp ? q[header] : 0);
    HOLDS(m, !in_group(destination) && destination != INADDR_BROADCAST, icmp_about_many,
          "an error about a datagram to %s", ip_words(destination));
    HOLDS(m, !offset, icmp_about_fragment, "an error about the fragment at octet %u", offset * 8);
    HOLDS(m, source && !in_group(source) && source < 0xf0000000 && source >> 24 != 127,
          icmp_about_nobody, "an error about a datagram from %s", ip_words(source));
    HOLDS(m, m->sight.dst == source, icmp_error_destination, "to %s, the datagram came from %s",
          ip_words(m->sight.dst), ip_words(source));
}

static void limit(struct monitor *m, struct host *h)
{
    int64_t now = m->frame->time_ns;
    if (now - h->errors_from_ns >= SECOND_NS) {
        h->errors_from_ns = now;
        h->errors = 0;
    }
    if (++h->errors == BURST)
        broken(m, MONITOR_icmp_rate, "%u errors within a second", h->errors);
}

static void error(struct monitor *m, struct host *h)
{
    const struct sight *s = &m->sight;
    const uint8_t *p = s->body, *q = p + HEADER;
    uint32_t have = s->have - HEADER, len = s->body_len - HEADER;
    HOLDS(m, p[0] != ICMP_SOURCE_QUENCH, icmp_source_quench, "a source quench");
    HOLDS(m, p[0] != ICMP_REDIRECT, icmp_redirect, "a redirect");
    HOLDS(m, s->header + s->body_len <= ERROR_MOST, icmp_error_length, "an error of %u octets",
          s->header + s->body_len);
    if (!HOLDS(m, len >= 20, icmp_quote, "%u octets are quoted, not a header", len) || have < 20)
        return;
    uint32_t header = (q[0] & 15u) * 4, total = get16(q + 2);
    uint32_t least = header + QUOTED_LEAST < total ? header + QUOTED_LEAST : total;
    HOLDS(m, q[0] >> 4 == 4 && header >= 20 && len >= least, icmp_quote,
          "%u octets are quoted, not a header of %u and eight behind it", len, header);
    bool unused =
        p[0] == ICMP_TIME_EXCEEDED || (p[0] == ICMP_DEST_UNREACH && p[1] != ICMP_FRAG_NEEDED);
    HOLDS(m, !unused || (p[4] == 0 && get16(p + 6) == 0), icmp_unused,
          "what has no meaning is 0x%08x, not 0", get32(p + 4)); /* RFC 4884: octet 5 is a length */
    about(m, q, have);
    if (p[0] == ICMP_DEST_UNREACH && p[1] == ICMP_FRAG_NEEDED && q[9] == IPPROTO_TCP &&
        header >= 20 && have >= header + 4)
        see_tcp_too_long(m, get32(q + 12), get32(q + 16), q + header);
    if (h)
        limit(m, h);
}

static void request(struct monitor *m)
{
    const struct sight *s = &m->sight;
    struct host *to = host_of(m, s->dst);
    bool many = in_group(s->dst) || s->dst == INADDR_BROADCAST || (s->dst & 3) == 3;
    if (many)
        m->many_asked_ns = m->frame->time_ns + 1;
    if (!to)
        return;
    uint32_t sum = (uint32_t)octets_sum(s->body + HEADER, s->have - HEADER, 0);
    for (uint32_t k = 0; k < ECHOES && k < to->echoes; k++) {
        struct echo *before = &to->echo[k];
        if (before->peer == s->src && before->id_seq == get32(s->body + 4) && before->sum == sum) {
            before->open++;
            return;
        }
    }
    to->echo[to->echoes++ % ECHOES] = (struct echo){.peer = s->src,
                                                    .id_seq = get32(s->body + 4),
                                                    .len = s->body_len,
                                                    .sum = sum,
                                                    .cut = !s->whole,
                                                    .open = 1};
}

static void reply(struct monitor *m, struct host *h)
{
    const struct sight *s = &m->sight;
    uint32_t id_seq = get32(s->body + 4);
    struct echo *e = NULL;
    for (uint32_t k = 0; h && k < ECHOES && k < h->echoes; k++) {
        struct echo *other = &h->echo[(h->echoes - 1 - k) % ECHOES];
        if (other->peer == s->dst && other->id_seq == id_seq && (!e || (other->open && !e->open)))
            e = other;
    }
    if (!e) {
        bool few = h && h->echoes && h->echoes < ECHOES && !h->fragmented;
        if (few && !m->many_asked_ns && !had_odd(m, h))
            broken(m, MONITOR_icmp_echo_asked, "a reply to %s that answers no request of it",
                   ip_words(s->dst));
        return;
    }
    HOLDS(m, e->open, icmp_echo_once, "a second reply to one request");
    e->open -= e->open > 0;
    HOLDS(m, s->body_len == e->len, icmp_echo_data, "%u octets of data, the request had %u",
          s->body_len - HEADER, e->len - HEADER);
    if (!e->cut && s->whole && s->body_len == e->len)
        HOLDS(m, (uint32_t)octets_sum(s->body + HEADER, s->have - HEADER, 0) == e->sum,
              icmp_echo_data, "other octets than the request's");
}

void see_icmp(struct monitor *m)
{
    const struct sight *s = &m->sight;
    const uint8_t *p = s->body;
    m->counts.icmp++;
    if (!HOLDS(m, s->body_len >= HEADER, icmp_header, "a message of %u octets", s->body_len) ||
        s->have < HEADER)
        return;
    if (s->whole && !HOLDS(m, sight_sum(p, s->body_len, 0) == 0xffff, icmp_checksum,
                           "the checksum 0x%04x is wrong", get16(p + 2)))
        return; /* nobody takes it */
    HOLDS(m, (p[0] != ICMP_ECHO && p[0] != ICMP_ECHOREPLY) || p[1] == 0, icmp_echo_code,
          "an echo message with code %u", p[1]);
    HOLDS(m, p[0] != INFO_REQUEST && p[0] != INFO_REPLY, icmp_obsolete,
          "an information message, type %u", p[0]);
    HOLDS(m, p[0] != MASK_REPLY, icmp_mask_reply, "an address mask reply");
    HOLDS(m, p[0] != TIMESTAMP_REPLY || s->body_len >= 20, icmp_timestamp,
          "a timestamp reply of %u octets, not 20", s->body_len);
    struct host *h = host_of(m, s->src);
    if (is_error(p[0]))
        error(m, h);
    else if (p[0] == ICMP_ECHO)
        request(m);
    else if (p[0] == ICMP_ECHOREPLY && s->dst != INADDR_BROADCAST)
        reply(m, h);
}

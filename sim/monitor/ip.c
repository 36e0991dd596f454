/* IPv4: RFC 791, 1122 (3.2.1), 1112, 6864. */
#include <netinet/in.h>
#include <stdlib.h>
#include "sim/monitor/inside.h"

enum {
    OPTION_END = 0,
    OPTION_NOP = 1,
    IP_OCTETS = 20,
    TOTAL_MOST = 65535,
    IGMP = 2,
    LOOPBACK = 127
};
#define LIFE_NS (120 * SECOND_NS) /* RFC 6864's maximum datagram lifetime */

/* The header sums to all ones; zero is what a NIC fills in that sums by itself. */
static bool header_sum(struct monitor *m)
{
    const struct sight *s = &m->sight;
    if (get16(s->ip + 10) == 0 && sight_sum(s->ip, s->header, 0) != 0xffff) {
        m->counts.partial_sums++;
        if (m->from)
            m->from->partial = true;
        return true;
    }
    return HOLDS(m, sight_sum(s->ip, s->header, 0) == 0xffff, ip_checksum,
                 "the header's checksum 0x%04x is wrong", get16(s->ip + 10));
}

static void options(struct monitor *m)
{
    const struct sight *s = &m->sight;
    uint32_t at = IP_OCTETS;
    while (at < s->header && s->ip[at] != OPTION_END) {
        uint32_t len = s->ip[at] == OPTION_NOP ? 1 : at + 1 < s->header ? s->ip[at + 1] : 0;
        bool fits = len == 1 ? s->ip[at] == OPTION_NOP : len >= 2 && at + len <= s->header;
        if (!HOLDS(m, fits, ip_options, "option %u of %u octets, %u are left", s->ip[at], len,
                   s->header - at))
            return;
        at += len;
    }
    while (at < s->header && s->ip[at] == 0)
        at++;
    HOLDS(m, at >= s->header, ip_options_padding, "0x%02x behind the end of the options",
          s->ip[at < s->header ? at : 0]);
}

/* Frames of a host's own loopback have no hardware addresses. */
static bool on_wire(const struct monitor *m)
{
    const uint8_t *e = m->sight.eth;
    return e && (get32(e) || get32(e + 4) || get32(e + 8));
}

static void source(struct monitor *m)
{
    const struct sight *s = &m->sight;
    HOLDS(m, !in_group(s->src) && s->src != INADDR_BROADCAST, ip_source_many,
          "the source %s is not one host's", ip_words(s->src));
    HOLDS(m, !on_wire(m) || (s->src >> 24 != LOOPBACK && s->dst >> 24 != LOOPBACK), ip_loopback,
          "from %s to %s on a wire", ip_words(s->src), ip_words(s->dst));
    bool starts = s->protocol == IPPROTO_UDP || s->protocol == IGMP; /* RFC 4541 2.1.1 */
    HOLDS(m, s->src != 0 || (starts && (s->dst == INADDR_BROADCAST || in_group(s->dst))),
          ip_source_zero, "from 0.0.0.0 to %s", ip_words(s->dst));
    HOLDS(m, s->dst != 0, ip_destination_zero, "to 0.0.0.0");
    HOLDS(m, s->dst != s->src || !on_wire(m), ip_to_itself, "from %s to itself", ip_words(s->src));
}

/* What may be fragmented carries an identification that its destination can tell apart. A sender
 * that gives one number to all of it (0, mostly) is told of apart. Several hosts may be 0.0.0.0. */
static void identification(struct monitor *m, struct host *h)
{
    const struct sight *s = &m->sight;
    bool atomic = s->df && !s->mf && !s->offset;
    if (atomic || s->offset || !s->body || !h || !s->src)
        return;
    uint64_t key = (uint64_t)s->dst << 32 | s->protocol << 16 | s->id;
    uint32_t slot = (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 59) % IDS;
    uint32_t sum = (uint32_t)octets_sum(s->body, s->have, 0) | 1;
    int64_t gone = m->frame->time_ns - h->id[slot].at_ns;
    bool again = h->id[slot].sum && h->id[slot].key == key && h->id[slot].sum != sum;
    bool answers = s->protocol == IPPROTO_ICMP && s->have && s->body[0] == 0;
    h->ids_vary |= h->id_seen && h->id_last != s->id;
    if (again && !answers && gone < LIFE_NS) {
        if (h->ids_vary || s->mf)
            broken(m, MONITOR_ip_identification, "%u again after %lld ms, with other octets", s->id,
                   (long long)(gone / MILLISECOND_NS));
        else
            broken(m, MONITOR_ip_identification_constant,
                   "%u in all datagrams that may be fragmented", s->id);
    }
    h->id_seen = true;
    h->id_last = s->id;
    h->id[slot].key = key;
    h->id[slot].sum = sum;
    h->id[slot].at_ns = m->frame->time_ns;
}

/* Fragments of one datagram, as its sender cuts them: none lies over another's octets. */
static void fragments(struct monitor *m, struct host *h)
{
    const struct sight *s = &m->sight;
    if (!s->mf && !s->offset)
        return;
    struct host *to = host_of(m, s->dst);
    if (to)
        to->fragmented = true;
    h = host_of(m, s->src);
    HOLDS(m, !s->mf || s->body_len % 8 == 0, ip_fragment_eights,
          "a fragment of %u octets before the last", s->body_len);
    HOLDS(m, !s->mf || s->body_len, ip_fragment_empty, "a fragment of no octets before the last");
    HOLDS(m, s->offset + s->body_len + s->header <= TOTAL_MOST, ip_fragment_beyond,
          "the fragment ends at octet %u of a datagram", s->offset + s->body_len + s->header);
    HOLDS(m, !s->df, ip_fragment_df, "a fragment that may not be fragmented");
    if (s->offset == 0 && s->protocol == IPPROTO_TCP)
        HOLDS(m, s->body_len >= 20, ip_fragment_tiny, "TCP's header is cut after %u octets",
              s->body_len);
    if (!h)
        return;
    uint32_t key = s->id << 8 | s->protocol;
    bool next = h->fragment.open && h->fragment.peer == s->dst && h->fragment.key == key;
    if (next && s->offset)
        HOLDS(m, s->offset >= h->fragment.end || s->offset + s->body_len <= h->fragment.begin,
              ip_fragment_overlap, "octets from %u on, those up to %u were sent", s->offset,
              h->fragment.end);
    if (!next || !s->offset)
        h->fragment.begin = s->offset;
    h->fragment.open = true;
    h->fragment.peer = s->dst;
    h->fragment.key = key;
    h->fragment.end = s->offset + s->body_len;
}

static bool header(struct monitor *m)
{
    const struct sight *s = &m->sight;
    if (!HOLDS(m, s->header >= IP_OCTETS, ip_header, "a header of %u octets", s->header))
        return false;
    if (s->header > s->ip_have) {
        HOLDS(m, s->header <= s->ip_room, ip_header, "a header of %u octets in a frame with %u",
              s->header, s->ip_room);
        return false;
    }
    if (!HOLDS(m, !s->total || s->total >= s->header, ip_total_length,
               "a total length of %u, the header has %u", s->total, s->header))
        return false;
    return HOLDS(m, s->total <= s->ip_room, ip_total_length,
                 "a total length of %u in a frame with %u", s->total, s->ip_room);
}

static void fields(struct monitor *m)
{
    const struct sight *s = &m->sight;
    HOLDS(m, !s->reserved, ip_reserved, "the reserved flag is set");
    HOLDS(m, s->ttl, ip_ttl_zero, "TTL 0");
    uint32_t type = s->protocol == IGMP && s->have >= 8 ? s->body[0] : 0;
    bool control = type == 0x11 || type == 0x12 || type == 0x16 || type == 0x17 || type == 0x22;
    HOLDS(m, !control || s->ttl == 1, igmp_ttl, "IGMP with TTL %u, not 1", s->ttl);
    if (control && s->whole && s->body_len >= 8 && !s->offset && !s->mf)
        HOLDS(m, sight_sum(s->body, s->body_len, 0) == 0xffff, igmp_checksum,
              "IGMP's checksum 0x%04x is wrong", get16(s->body + 2));
}

void see_ip(struct monitor *m)
{
    const struct sight *s = &m->sight;
    if (!header(m) || !header_sum(m)) {
        damaged(m);
        return;
    }
    fields(m);
    options(m);
    source(m);
    struct host *h = host_of(m, s->src);
    identification(m, h);
    fragments(m, h);
    if (!s->body || s->offset || s->mf)
        return;
    if (s->protocol == IPPROTO_ICMP)
        see_icmp(m);
    else if (s->protocol == IPPROTO_UDP)
        see_udp(m);
    else if (s->protocol == IPPROTO_TCP)
        see_tcp(m);
}

/* NTP: RFC 5905, 4330. */
#include "sim/monitor/inside.h"

enum {
    UDP = 8,
    OCTETS = 48,
    CLIENT = 3,
    SERVER = 4,
    ORIGIN = 24,
    RECEIVE = 32,
    TRANSMIT = 40,
    CONTROL = 6
};

static uint64_t stamp(const uint8_t *p)
{
    return (uint64_t)get32(p) << 32 | get32(p + 4);
}

static const struct ntp_query *last_of(const struct host *h, uint32_t server)
{
    const struct ntp_query *last = NULL;
    for (uint32_t k = 0; k < NTP_QUERIES && k < h->ntps; k++)
        if (h->ntp[k].server == server && (!last || h->ntp[k].at_ns >= last->at_ns))
            last = &h->ntp[k];
    return last;
}

static void query(struct monitor *m, const uint8_t *p, struct host *h)
{
    const struct sight *s = &m->sight;
    int64_t now = m->frame->time_ns;
    const struct ntp_query *last = last_of(h, s->dst);
    HOLDS(m, stamp(p + TRANSMIT), ntp_transmit, "a query without its time");
    if (last) {
        HOLDS(m, !last->transmit || stamp(p + TRANSMIT) != last->transmit, ntp_fresh,
              "the transmit timestamp of the query before");
        HOLDS(m, now - last->at_ns >= SECOND_NS - 50 * MILLISECOND_NS, ntp_rate,
              "asked again after %lld ms", (long long)((now - last->at_ns) / MILLISECOND_NS));
    }
    h->ntp[h->ntps++ % NTP_QUERIES] = (struct ntp_query){.server = s->dst,
                                                         .port = get16(s->body),
                                                         .transmit = stamp(p + TRANSMIT),
                                                         .receive = stamp(p + RECEIVE),
                                                         .at_ns = now};
}

/* The transmit timestamp of a query from that port, or, of the interleaved mode (RFC 9769), its
 * receive timestamp. */
static void answer(struct monitor *m, const uint8_t *p)
{
    const struct sight *s = &m->sight;
    const struct host *asker = host_of(m, s->dst);
    uint64_t origin = stamp(p + ORIGIN);
    bool asked = false, right = false;
    for (uint32_t k = 0; asker && k < NTP_QUERIES && k < asker->ntps; k++) {
        const struct ntp_query *q = &asker->ntp[k];
        if (q->server != s->src || q->port != get16(s->body + 2))
            continue;
        asked = true;
        right |= q->transmit == origin || (q->receive && q->receive == origin);
    }
    if (asked)
        HOLDS(m, right, ntp_origin, "the origin timestamp is not the query's transmit timestamp");
}

void see_ntp(struct monitor *m)
{
    const struct sight *s = &m->sight;
    const uint8_t *p = s->body + UDP;
    struct host *h = host_of(m, s->src);
    if (s->have < UDP + 1 || !h)
        return;
    uint32_t mode = p[0] & 7, version = p[0] >> 3 & 7;
    if (mode >= CONTROL || mode == 0)
        return;
    if (!HOLDS(m, s->body_len >= UDP + OCTETS, ntp_header, "a message of %u octets",
               s->body_len - UDP) ||
        s->have < UDP + OCTETS)
        return;
    HOLDS(m, version >= 1 && version <= 4, ntp_version, "version %u", version);
    if (mode == CLIENT)
        query(m, p, h);
    else if (mode == SERVER)
        answer(m, p);
}

/* NTP: RFC 5905, 4330. */
#include "sim/monitor/inside.h"

enum { UDP = 8, OCTETS = 48, CLIENT = 3, SERVER = 4, ORIGIN = 24, TRANSMIT = 40, CONTROL = 6 };

static uint64_t stamp(const uint8_t *p)
{
    return (uint64_t)get32(p) << 32 | get32(p + 4);
}

static void query(struct monitor *m, const uint8_t *p, struct host *h)
{
    const struct sight *s = &m->sight;
    int64_t now = m->frame->time_ns;
    uint32_t slot = h->ntp_server[0] == s->dst ? 0 : 1;
    HOLDS(m, stamp(p + TRANSMIT), ntp_transmit, "a query without its time");
    HOLDS(m, !h->ntp_transmit || stamp(p + TRANSMIT) != h->ntp_transmit, ntp_fresh,
          "the transmit timestamp of the query before");
    if (h->ntp_server[slot] == s->dst)
        HOLDS(m, now - h->ntp_ns[slot] >= SECOND_NS - 50 * MILLISECOND_NS, ntp_rate,
              "asked again after %lld ms", (long long)((now - h->ntp_ns[slot]) / MILLISECOND_NS));
    h->ntp_server[slot] = s->dst;
    h->ntp_ns[slot] = now;
    h->ntp_transmit = stamp(p + TRANSMIT);
    h->ntp_asked = s->dst;
}

static void answer(struct monitor *m, const uint8_t *p)
{
    struct host *asker = host_of(m, m->sight.dst);
    if (asker && asker->ntp_asked == m->sight.src)
        HOLDS(m, stamp(p + ORIGIN) == asker->ntp_transmit, ntp_origin,
              "the origin timestamp is not the query's transmit timestamp");
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

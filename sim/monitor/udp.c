/* UDP: RFC 768, 1122 (4.1), 8085. */
#include <netinet/in.h>
#include "sim/monitor/inside.h"

enum { HEADER = 8, SUM = 6, DNS = 53, DHCP_SERVER = 67, DHCP_CLIENT = 68, NTP = 123 };

/* False: it is wrong, and nobody takes the datagram. */
static bool checksum(struct monitor *m)
{
    const struct sight *s = &m->sight;
    if (!HOLDS(m, get16(s->body + SUM), udp_unsummed, "no checksum"))
        return true;
    switch (sight_transport_sum(s, SUM)) {
    case SUM_PARTIAL:
        m->counts.partial_sums++;
        if (m->from)
            m->from->partial = true;
        break;
    case SUM_WRONG:
        broken(m, MONITOR_udp_checksum, "the checksum 0x%04x is wrong", get16(s->body + SUM));
        return false;
    case SUM_RIGHT:
    case SUM_UNKNOWN:
        break;
    }
    return true;
}

void see_udp(struct monitor *m)
{
    const struct sight *s = &m->sight;
    m->counts.udp++;
    if (!HOLDS(m, s->body_len >= HEADER, udp_header, "a datagram of %u octets", s->body_len) ||
        s->have < HEADER)
        return;
    uint32_t sport = get16(s->body), dport = get16(s->body + 2), len = get16(s->body + 4);
    bool merged = s->body_len > 1500 && len == s->body_len % 65536; /* segmentation offload */
    if (!HOLDS(m, len >= HEADER && (len <= s->body_len || merged), udp_length,
               "a length of %u in a datagram that carries %u", len, s->body_len))
        return;
    HOLDS(m, len == s->body_len, udp_trailing, "%u octets behind the datagram's end",
          s->body_len - len);
    HOLDS(m, dport, udp_port_zero, "to port 0");
    if (len == s->body_len && !checksum(m))
        return;
    if (dport == DHCP_SERVER || dport == DHCP_CLIENT)
        see_dhcp(m);
    else if (dport == DNS || sport == DNS)
        see_dns(m);
    else if (dport == NTP || sport == NTP)
        see_ntp(m);
}

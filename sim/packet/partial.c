/* Sums that a sender left to its NIC: what a capture on that sender shows is the sum of the
 * pseudo-header alone, not complemented, to which the NIC adds the rest. */
#include "sim/packet/spec.h"

enum { IP_PROTOCOL = 9, IP_SOURCE = 12, IP_TOTAL = 2, IP_OFFSET = 6, TCP_SUM = 16, UDP_SUM = 6 };

static uint16_t folded(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

bool packet_is_partial(const uint8_t *bytes, uint32_t len)
{
    struct shape s;
    shape_frame(&s, NULL, bytes, len);
    bool tcp = s.views > 2 && s.view[2].layer == &layer_tcp;
    if (s.views < 3 || s.view[1].layer != &layer_ip || (!tcp && s.view[2].layer != &layer_udp))
        return false;
    const uint8_t *ip = bytes + s.view[1].at, *segment = bytes + s.view[2].at;
    uint32_t header = s.view[2].at - s.view[1].at, total = get16(ip + IP_TOTAL);
    if (get16(ip + IP_OFFSET) & 0x3fff || total < header || s.view[1].at + total > len ||
        s.view[2].at + (tcp ? 20u : 8u) > len)
        return false;
    uint32_t pseudo = ip[IP_PROTOCOL] + total - header;
    for (int k = 0; k < 4; k++)
        pseudo += get16(ip + IP_SOURCE + 2 * k);
    uint32_t stored = get16(segment + (tcp ? TCP_SUM : UDP_SUM));
    /* A right sum makes the whole 0. */
    return stored == folded(pseudo) && packet_sum(segment, total - header, pseudo) != 0;
}

#include "sim/monitor/sight.h"
#include <net/ethernet.h>
#include <string.h>
#include "sim/base/source_route.h"

enum { TAG = 4, SNAP = 8, ARP_OCTETS = 28, IP_OCTETS = 20, LOOPBACK = 127, LENGTH_MOST = 1500 };

uint32_t sight_sum(const uint8_t *octets, uint32_t len, uint32_t sum)
{
    uint64_t wide = sum;
    uint32_t k = 0;
    for (; k + 1 < len; k += 2)
        wide += get16(octets + k);
    if (k < len)
        wide += (uint32_t)octets[k] << 8;
    while (wide >> 16)
        wide = (wide & 0xffff) + (wide >> 16);
    return (uint32_t)wide;
}

uint32_t sight_pseudo_sum(const struct sight *s)
{
    uint32_t end = (s->end >> 16) + (s->end & 0xffff);
    return sight_sum(s->ip + 12, 4, end + s->protocol + s->body_len);
}

enum sum_state sight_transport_sum(const struct sight *s, uint32_t at)
{
    if (s->have < at + 2)
        return SUM_UNKNOWN;
    uint32_t pseudo = sight_pseudo_sum(s);
    bool inside = !s->eth && (s->src == s->dst || s->src >> 24 == LOOPBACK);
    if (get16(s->body + at) == pseudo || (inside && get16(s->body + at) == 0))
        return SUM_PARTIAL; /* on a loopback nobody sums */
    if (!s->whole)
        return SUM_UNKNOWN;
    return sight_sum(s->body, s->body_len, pseudo) == 0xffff ? SUM_RIGHT : SUM_WRONG;
}

static void read_ipv4(struct sight *s)
{
    const uint8_t *h = s->ip;
    s->header = (h[0] & 15u) * 4;
    s->total = get16(h + 2);
    s->tos = h[1];
    s->id = get16(h + 4);
    uint32_t field = get16(h + 6);
    s->reserved = field >> 15;
    s->df = field >> 14 & 1;
    s->mf = field >> 13 & 1;
    s->offset = (field & 0x1fff) * 8;
    s->ttl = h[8];
    s->protocol = h[9];
    s->src = get32(h + 12);
    s->dst = s->end = get32(h + 16);
    s->whole_header = s->header >= IP_OCTETS && s->header <= s->ip_have;
    uint32_t total =
        s->total ? s->total : s->ip_room; /* 0: of a segment longer than 65,535 octets */
    if (!s->whole_header || total < s->header)
        return;
    s->end = get32(source_route_end(h, s->header));
    s->body = h + s->header;
    s->body_len = total - s->header;
    s->have = s->ip_have - s->header;
    s->have = s->have < s->body_len ? s->have : s->body_len;
    s->whole = s->have == s->body_len;
}

/* Where the network layer begins; 0: the frame ends before. */
static uint32_t read_ethernet(const struct monitor_frame *f, struct sight *s)
{
    static const uint8_t snap[] = {0xaa, 0xaa, 3, 0, 0, 0}; /* RFC 1042 */
    uint32_t at = ETHER_HDR_LEN;
    if (f->len < at)
        return 0;
    s->eth = f->bytes;
    s->type = get16(f->bytes + 12);
    while ((s->type == ETHERTYPE_VLAN || s->type == 0x88a8) && f->len >= at + TAG) {
        s->type = get16(f->bytes + at + 2);
        at += TAG;
    }
    if (s->type <= LENGTH_MOST && f->len >= at + SNAP && memcmp(f->bytes + at, snap, 6) == 0) {
        s->type = get16(f->bytes + at + 6);
        s->snap = true;
        at += SNAP;
    }
    return at;
}

bool sight_read(const struct monitor_frame *f, struct sight *s)
{
    uint32_t at = 0;
    memset(s, 0, sizeof *s);
    if (f->link == MONITOR_ETHERNET && (at = read_ethernet(f, s)) == 0)
        return false;
    if (f->link == MONITOR_IP)
        s->type = f->len > 0 && f->bytes[0] >> 4 == 4 ? ETHERTYPE_IP : 0;
    s->ip = f->bytes + at;
    s->ip_have = f->len - at;
    s->ip_room = f->wire_len - at;
    if (s->type == ETHERTYPE_ARP && s->ip_have >= ARP_OCTETS)
        s->kind = SIGHT_ARP;
    if (s->type != ETHERTYPE_IP || s->ip_have < IP_OCTETS || s->ip[0] >> 4 != 4)
        return true;
    s->kind = SIGHT_IPV4;
    read_ipv4(s);
    return true;
}

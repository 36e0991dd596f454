#include "sim/packet/facts.h"
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>
#include "sim/base/source_route.h"
#include "sim/packet/layer.h"

enum { TAG = 4, SNAP = 8, ARP_OCTETS = 28, UDP_OCTETS = 8, TCP_OCTETS = 20, LENGTH_MOST = 1500 };

static void arp_facts(const uint8_t *a, uint32_t room, struct packet_facts *f)
{
    static const uint8_t ethernet_ipv4[] = {0, 1, 8, 0, 6, 4};
    if (room < ARP_OCTETS || memcmp(a, ethernet_ipv4, sizeof ethernet_ipv4) != 0)
        return;
    f->kind = FACTS_ARP;
    f->op = get16(a + 6);
    f->sha = a + 8;
    f->tha = a + 18;
    f->spa = get32(a + 14);
    f->tpa = get32(a + 24);
}

static void ipv4_facts(const uint8_t *h, uint32_t room, struct packet_facts *f)
{
    uint32_t header = room < sizeof(struct ip) ? 0 : (h[0] & 15u) * 4;
    if (header < sizeof(struct ip) || h[0] >> 4 != IPVERSION || header > room)
        return;
    uint32_t total = get16(h + 2), field = get16(h + 6);
    if (total < header || total > room)
        return;
    f->kind = FACTS_IPV4;
    f->ip = h;
    f->header = header;
    f->tos = h[1];
    f->id = get16(h + 4);
    f->flags = field >> 13;
    f->offset = (field & IP_OFFMASK) * 8;
    f->fragment = (field & (IP_OFFMASK | IP_MF)) != 0;
    f->ttl = h[8];
    f->protocol = h[9];
    f->src = get32(h + 12);
    f->dst = get32(h + 16);
    f->end = get32(source_route_end(h, header));
    f->body = h + header;
    f->body_len = total - header;
    if (f->protocol == IPPROTO_UDP && f->offset == 0 && f->body_len >= UDP_OCTETS) {
        f->sport = get16(f->body);
        f->dport = get16(f->body + 2);
    }
    bool whole = f->protocol == IPPROTO_TCP && !f->fragment && f->body_len >= TCP_OCTETS;
    uint32_t offset = whole ? (f->body[12] >> 4) * 4u : 0;
    if (offset >= TCP_OCTETS && offset <= f->body_len)
        f->tcp = f->body;
}

void segment_facts(const struct packet_facts *f, struct segment_facts *out)
{
    const uint8_t *h = f->tcp;
    uint32_t header = (h[12] >> 4) * 4u;
    *out = (struct segment_facts){.sport = get16(h),
                                  .dport = get16(h + 2),
                                  .seq = get32(h + 4),
                                  .ack = get32(h + 8),
                                  .flags = h[13],
                                  .header = header,
                                  .win = get16(h + 14),
                                  .len = f->body_len - header,
                                  .payload = h + header};
}

static bool find_option(const struct packet_facts *f, uint32_t kind, struct option_view *o)
{
    static const struct option_style style = {.whole = true, .pad = 1, .end = 0};
    const struct shape s = {.bytes = f->tcp, .len = (f->tcp[12] >> 4) * 4u};
    uint32_t at = TCP_OCTETS;
    while (option_next(&s, &style, &at, s.len, o)) {
        if (o->code == (uint32_t)style.end)
            break;
        if (o->code == kind && !o->broken)
            return true;
    }
    return false;
}

uint32_t segment_option(const struct packet_facts *f, uint32_t kind, const uint8_t **value)
{
    struct option_view o;
    if (!find_option(f, kind, &o))
        return 0;
    *value = f->tcp + o.value;
    return o.end - o.value;
}

bool segment_has_option(const struct packet_facts *f, uint32_t kind)
{
    struct option_view o;
    return find_option(f, kind, &o);
}

void packet_facts(const uint8_t *bytes, uint32_t len, struct packet_facts *out)
{
    *out = (struct packet_facts){.bytes = bytes, .len = len};
    if (len < ETHER_HDR_LEN)
        return;
    out->eth_dst = bytes;
    out->eth_src = bytes + ETHER_ADDR_LEN;
    uint32_t at = ETHER_HDR_LEN, type = get16(bytes + 12);
    if (type == ETHERTYPE_VLAN && len >= at + TAG) {
        out->tagged = true;
        type = get16(bytes + 16);
        at += TAG;
    }
    static const uint8_t snap[] = {0xaa, 0xaa, 3, 0, 0, 0}; /* RFC 1042 */
    if (type <= LENGTH_MOST && len >= at + SNAP && memcmp(bytes + at, snap, sizeof snap) == 0) {
        len = type < len - at ? at + type : len;
        type = get16(bytes + at + 6);
        at += SNAP;
    }
    if (at > len)
        return;
    out->type = type;
    if (type == ETHERTYPE_ARP)
        arp_facts(bytes + at, len - at, out);
    else if (type == ETHERTYPE_IP)
        ipv4_facts(bytes + at, len - at, out);
}

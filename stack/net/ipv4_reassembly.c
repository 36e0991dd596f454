/* What is IPv4's of putting datagrams together: the header (RFC 791 3.2), and who is told of time
 * that is over (RFC 1122 3.3.2). */
#include "stack/core/mem.h"
#include "stack/net/ipv4.h"
#include "stack/net/reassembly.h"
#include "stack/wire/icmpv4.h"

enum { DATAGRAM_MAX = 65535, ECN_MASK = 3, ECN_CE = 3 };

/* The header becomes that of a datagram that never was in pieces. */
static void whole(struct stack *s, struct netbuf *nb, bool congestion, int64_t now_ns)
{
    struct ipv4_hdr hdr;
    bool sound = ipv4_parse_quoted(netbuf_data(nb), netbuf_len(nb), &hdr) == IPV4_SOUND;
    STACK_ASSERT(sound);
    uint8_t options[IPV4_MAX_OPTIONS_LEN] = {0};
    if (hdr.options_len > 0)
        memcpy(options, hdr.options, hdr.options_len);
    hdr.options = options;
    hdr.total_len = (uint16_t)netbuf_len(nb);
    hdr.mf = false;
    if (congestion)
        hdr.tos |= ECN_CE;
    ipv4_emit(&hdr, netbuf_data(nb), hdr.hdr_len);
    ipv4_checksum_set(netbuf_data(nb), hdr.hdr_len);
    ipv4_deliver(s, nb, &hdr, now_ns);
}

static void expired(struct stack *s, const struct netbuf *nb, int64_t now_ns)
{
    ip_icmp_error(s, ADDR_IPV4, nb, ICMPV4_TIME_EXCEEDED, ICMPV4_REASSEMBLY_EXCEEDED, 0, now_ns);
}

static const struct reassembly_family family = {DATAGRAM_MAX, whole, expired};

void ipv4_reassemble(struct stack *s, struct netbuf *nb, const struct ipv4_hdr *hdr, int64_t now_ns)
{
    const uint8_t *header = nb->base + nb->net_at;
    struct ip_fragment f = {
        .family = &family,
        .source = addr_ipv4(hdr->src),
        .destination = addr_ipv4(hdr->dst),
        .id = hdr->id,
        .protocol = hdr->proto,
        .ecn = hdr->tos & ECN_MASK,
        .more = hdr->mf,
        .offset = hdr->frag_off,
        .header = header,
        .header_len = hdr->hdr_len,
        .data = header + hdr->hdr_len,
        .len = (uint32_t)hdr->total_len - hdr->hdr_len,
    };
    reassembly_input(s, nb, &f, now_ns);
}

#include "stack/transport/udp_inside.h"
#include "stack/core/bytes.h"
#include "stack/core/checksum.h"
#include "stack/core/mem.h"
#include "stack/wire/ipproto.h"
#include "stack/wire/udp.h"

static uint16_t pseudo_header(const struct ip_addr *from, const struct ip_addr *to, uint16_t len)
{
    if (to->family == ADDR_IPV4)
        return checksum_pseudo4(from->word[0], to->word[0], IP_PROTO_UDP, len);
    uint8_t src[16], dst[16];
    for (int i = 0; i < 4; i++) {
        put32(src + 4 * i, from->word[i]);
        put32(dst + 4 * i, to->word[i]);
    }
    return checksum_pseudo6(src, dst, IP_PROTO_UDP, len);
}

static void fill(struct netbuf *nb, const struct udp_pcb *pcb, const struct ip_path *path,
                 const void *bytes, uint32_t len, const struct ip_addr *to, uint16_t port)
{
    uint8_t *at = netbuf_data(nb);
    struct udp_hdr hdr = {pcb->end.local_port, port, (uint16_t)(UDP_HDR_LEN + len), 0};
    udp_emit(&hdr, at, netbuf_len(nb));
    if (len)
        memcpy(at + UDP_HDR_LEN, bytes, len);
    if (!pcb->end.no_checksum || to->family == ADDR_IPV6)
        netbuf_owe_sum(nb, UDP_CHECKSUM, pseudo_header(&path->source, to, hdr.length), true);
}

static int find_path(struct stack *s, struct udp_pcb *pcb, uint32_t len,
                     const struct ip_addr *source, const struct ip_addr *to, struct ip_path *path)
{
    uint32_t options = (pcb->end.options_len + 3u) & ~3u;
    if (len > (to->family == ADDR_IPV6 ? UDP_MAX_PAYLOAD6 : UDP_MAX_PAYLOAD4 - options))
        return -ERR_MSGSIZE;
    struct ip_addr hop = udp_first_hop(pcb, to);
    if (!addr_equal(&hop, to) && udp_is_to_many(s, to))
        return -ERR_INVAL; /* a route ends at one host */
    int err = ip_pcb_path(s, &pcb->end.ip, IP_PROTO_UDP, &hop,
                          source ? source : udp_source_wish(pcb), path);
    if (err < 0)
        return err;
    if (path->broadcast && !(pcb->end.ip.ip_flags & IP_BROADCAST_OK))
        return -ERR_ACCES; /* RFC 1122 3.3.6 */
    if (!pcb->end.from_any && addr_is_any(&path->source))
        return -ERR_ADDRNOTAVAIL; /* RFC 1122 3.2.1.3 (a): but to learn an address, and DHCP says so
                                   */
    if (pcb->end.from_any) {
        path->source = (struct ip_addr){.family = to->family};
        path->flow_known = false;
    }
    return 0;
}

/* To `to`, or the first hop of a route there. */
static struct ip_send header_of(const struct udp_pcb *pcb, const struct ip_path *path,
                                const struct ip_addr *to, uint8_t options[IP_OPTIONS_MAX])
{
    if (pcb->end.options_len)
        ip_route_options(pcb->options, pcb->end.options_len, to, options);
    struct ip_send how = {
        .source = path->source,
        .destination = udp_first_hop(pcb, to),
        .protocol = IP_PROTO_UDP,
        .ttl = pcb->end.ip.ttl,
        .tos = pcb->end.ip.tos,
        .flags = pcb->end.ip.ip_flags,
        .options_len = pcb->end.options_len,
        .options = options,
    };
    if (path->multicast) {
        how.ttl = pcb->end.ip.multicast_ttl ? pcb->end.ip.multicast_ttl
                                            : 1; /* RFC 1112 6.1: 1 unless asked */
        how.flags |= pcb->end.multicast_loop ? IP_MULTICAST_LOOP : 0;
    }
    return how;
}

/* `source` NULL: what the pcb is bound to, or the stack's choice. */
static int send_from(struct stack *s, struct udp_pcb *pcb, const void *bytes, uint32_t len,
                     const struct ip_addr *source, const struct ip_addr *to, uint16_t port,
                     int64_t now_ns)
{
    struct ip_path path;
    int err = find_path(s, pcb, len, source, to, &path);
    if (err < 0)
        return err;
    uint8_t options[IP_OPTIONS_MAX];
    struct ip_send how = header_of(pcb, &path, to, options);
    err =
        ip_choose_fragmenting(&pcb->end.ip, &path, how.options_len, UDP_HDR_LEN + len, &how.flags);
    if (err < 0)
        return err;
    if (!pcb->end.local_port && (err = udp_bind(s, pcb)) < 0)
        return err;
    struct netbuf *nb = ip_buffer(s, &path, how.options_len, UDP_HDR_LEN + len);
    if (!nb)
        return -ERR_NOBUFS;
    fill(nb, pcb, &path, bytes, len, to, port);
    err = ip_output(s, &path, nb, &how, now_ns);
    if (err < 0)
        return err;
    stack_count(s, MODULE_UDP, UDP_OUT);
    if (!pcb->end.ip.has_sent && port == pcb->end.remote_port &&
        addr_equal(to, &pcb->end.ip.remote))
        pcb->end.ip.has_sent = true;
    return err;
}

int udp_send(struct stack *s, struct udp_pcb *pcb, const void *bytes, uint32_t len,
             const struct ip_addr *to, uint16_t port, int64_t now_ns)
{
    if (!to) {
        if (!pcb->end.remote_port)
            return -ERR_DESTADDRREQ;
        to = &pcb->end.ip.remote;
        port = pcb->end.remote_port;
    }
    return port ? send_from(s, pcb, bytes, len, NULL, to, port, now_ns) : -ERR_INVAL;
}

int udp_answer(struct stack *s, struct udp_pcb *pcb, const struct ip_received *r,
               uint16_t from_port, const void *bytes, uint32_t len, int64_t now_ns)
{
    if (!from_port)
        return -ERR_INVAL;
    return send_from(s, pcb, bytes, len, &r->destination, &r->source, from_port, now_ns);
}

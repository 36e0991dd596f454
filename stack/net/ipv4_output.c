/* Sending IPv4: header, identification, fragments (RFC 791 3.2, RFC 6864), and the way to the link.
 */
#include "stack/core/bytes.h"
#include "stack/core/mem.h"
#include "stack/core/neighbour.h"
#include "stack/net/ipv4.h"
#include "stack/wire/ethernet.h"

enum { DATAGRAM_MAX = 65535, FRAGMENT_UNIT = 8 };

static int refuse(struct stack *s, struct netbuf *nb, enum ipv4_counter why, int error)
{
    ipv4_drop(s, nb, why);
    return error;
}

/*
 * One counter for each bucket of (source, destination, protocol), which start anywhere: no two
 * peers see one sequence (RFC 6274), and a flow's packets follow each other by one, as from
 * hardware that cuts up a large segment. A value returns after 65536 packets of its bucket. Packets
 * that cannot be fragmented get one as well: RFC 6864 4.1 lets their value be anything.
 */
struct flow {
    uint8_t counter;
    uint16_t start;
};

static struct flow flow_of(struct stack *s, uint32_t source, uint32_t destination, uint8_t protocol)
{
    _Static_assert(IPV4_ID_COUNTERS == 256, "a counter's number is an octet");
    uint8_t flow[9];
    put32(flow, source);
    put32(flow + 4, destination);
    flow[8] = protocol;
    uint64_t h = keyed_hash(ipv4_of(s)->id_key, flow, sizeof flow);
    return (struct flow){(uint8_t)h, (uint16_t)(h >> 32)};
}

void ipv4_know_flow(struct stack *s, struct ip_path *path, uint8_t protocol)
{
    struct flow f = flow_of(s, path->source.word[0], path->destination.word[0], protocol);
    path->flow_known = true;
    path->flow_protocol = protocol;
    path->flow_counter = f.counter;
    path->flow_start = f.start;
}

/* The first of `packets` that follow each other. */
static uint16_t id_of(struct stack *s, struct flow f, uint32_t packets)
{
    uint16_t *next = &ipv4_of(s)->id[f.counter];
    uint16_t first = (uint16_t)(f.start + *next);
    *next = (uint16_t)(*next + packets);
    return first;
}

static uint16_t next_id(struct stack *s, const struct ip_path *path, const struct ipv4_hdr *hdr,
                        uint32_t packets)
{
    bool known = path->flow_known && path->flow_protocol == hdr->proto;
    struct flow f = known ? (struct flow){path->flow_counter, path->flow_start}
                          : flow_of(s, hdr->src, hdr->dst, hdr->proto);
    return id_of(s, f, packets);
}

/* A whole packet, its header in front, to whom the path says. */
static int transmit(struct stack *s, const struct ip_path *path, struct netbuf *nb, int64_t now_ns)
{
    struct netif *nif = path->nif;
    uint8_t mac[6];
    stack_count_many(s, MODULE_IPV4, IPV4_SENT, netbuf_frames(nb));
    nb->net_at = nb->start;
    if (!nif->link)
        return refuse(s, nb, IPV4_DROP_NO_LINK_LAYER, -ERR_NETDOWN);
    if (nif->flags & (NETIF_LOOPBACK | NETIF_POINT_TO_POINT) || path->broadcast)
        return nif->link->output(s, nif, nb, ETHERNET_TYPE_IPV4, NULL, now_ns);
    if (!path->multicast)
        return neighbour_output(s, nif, &path->next_hop, nb, now_ns);
    ip_group_mac(&path->next_hop, mac);
    return nif->link->output(s, nif, nb, ETHERNET_TYPE_IPV4, mac, now_ns);
}

/* The options that go into every fragment, not only the first (RFC 791 3.1). */
static uint8_t copied_options(const struct ipv4_hdr *hdr, uint8_t out[IPV4_MAX_OPTIONS_LEN])
{
    uint8_t len = 0;
    struct ipv4_option_iter iter = ipv4_option_iter(hdr);
    for (struct ipv4_option o; ipv4_option_next(&iter, &o);)
        if (o.type & IPV4_OPT_COPIED) {
            memcpy(out + len, o.bytes, o.len);
            len = (uint8_t)(len + o.len);
        }
    return len;
}

static uint32_t header_len(const struct ipv4_hdr *hdr)
{
    return IPV4_MIN_HDR_LEN + ((hdr->options_len + 3u) & ~3u);
}

static int send_fragment(struct stack *s, const struct ip_path *path, struct ipv4_hdr *hdr,
                         const uint8_t *payload, uint32_t len, unsigned flags, int64_t now_ns)
{
    uint32_t header = header_len(hdr);
    struct netbuf *nb = netif_packet(path->nif, 0, header + len);
    if (!nb)
        return -ERR_NOBUFS;
    hdr->total_len = (uint16_t)(header + len);
    ipv4_emit_summed(hdr, netbuf_data(nb), header);
    memcpy(netbuf_data(nb) + header, payload, len);
    nb->flags |= (uint16_t)flags;
    stack_count(s, MODULE_IPV4, IPV4_FRAGMENTS_SENT);
    return transmit(s, path, nb, now_ns);
}

/* RFC 791 3.2: what fits goes as it is, be its length what it may; of what does not, as many units
 * of eight octets as fit behind the header (NFB). */
static uint32_t fragment_len(uint32_t left, uint32_t room)
{
    return left <= room ? left : room & ~(uint32_t)(FRAGMENT_UNIT - 1);
}

/* Takes nb, whose header `whole` describes. A fragment that cannot be sent spoils the datagram, so
 * that the rest is not sent. */
static int fragment(struct stack *s, const struct ip_path *path, struct netbuf *nb,
                    const struct ipv4_hdr *whole, int64_t now_ns)
{
    uint8_t later_options[IPV4_MAX_OPTIONS_LEN];
    struct ipv4_hdr hdr = *whole;
    const uint8_t *payload = netbuf_data(nb) + whole->hdr_len;
    uint32_t left = (uint32_t)whole->total_len - whole->hdr_len;
    int error = 0;
    netbuf_finish_sum(nb);
    while (left > 0 && error >= 0) {
        uint32_t len = fragment_len(left, path->mtu - header_len(&hdr));
        hdr.mf = len < left || whole->mf;
        unsigned flags = hdr.frag_off > whole->frag_off ? NETBUF_CONTINUES : 0;
        flags |= len < left ? NETBUF_MORE : 0;
        error = send_fragment(s, path, &hdr, payload, len, flags, now_ns);
        payload += len;
        left -= len;
        hdr.frag_off = (uint16_t)(hdr.frag_off + len);
        hdr.options_len = copied_options(whole, later_options);
        hdr.options = later_options;
    }
    netif_kick(path->nif, now_ns);
    if (error < 0)
        return refuse(s, nb, IPV4_DROP_FRAGMENT_NO_BUFFER, error);
    stack_count(s, MODULE_IPV4, IPV4_FRAGMENTED);
    netbuf_free(s, nb);
    return 0;
}

/* Nobody reports on a later part of a datagram, or on what went to many. */
static void remember(struct stack *s, const struct ip_path *path, const struct netbuf *nb,
                     const struct ipv4_hdr *hdr)
{
    struct ip_addr to = addr_ipv4(hdr->dst);
    if (path->loopback || path->multicast || path->broadcast || hdr->frag_off != 0 ||
        hdr->total_len < hdr->hdr_len + 4u)
        return;
    sent_note(&ipv4_of(s)->sent, &to, hdr->proto, get32(netbuf_data(nb) + hdr->hdr_len), hdr->df);
}

/* Takes nb, a packet with the header that `hdr` describes, its checksum included. */
static int send(struct stack *s, const struct ip_path *path, struct netbuf *nb,
                const struct ipv4_hdr *hdr, int64_t now_ns)
{
    remember(s, path, nb, hdr);
    if (hdr->total_len <= path->mtu || nb->segment)
        return transmit(s, path, nb, now_ns);
    if (hdr->df)
        return refuse(s, nb, IPV4_DROP_DONT_FRAGMENT, -ERR_MSGSIZE);
    return fragment(s, path, nb, hdr, now_ns);
}

/* What no host may send: TTL 0 (RFC 1122 3.2.1.7), malformed options or two source routes
 * (3.2.1.8), a part of a datagram that would end behind octet 65535. */
static bool may_be_sent(const struct ipv4_hdr *hdr)
{
    uint8_t bad_at;
    return hdr->ttl > 0 && (uint32_t)hdr->frag_off + hdr->total_len <= DATAGRAM_MAX &&
           (hdr->options_len == 0 || ipv4_options_check(hdr, &bad_at) == IPV4_OPTION_SOUND);
}

/* A raw socket's own header: length and checksum are always ours to fill in, identification and
 * source when they are 0. */
static int send_own_header(struct stack *s, const struct ip_path *path, struct netbuf *nb,
                           int64_t now_ns)
{
    struct ipv4_hdr hdr;
    uint32_t len = netbuf_len(nb);
    if (len < IPV4_MIN_HDR_LEN || len > DATAGRAM_MAX)
        return refuse(s, nb, IPV4_DROP_BAD_OWN_HEADER, -ERR_INVAL);
    put16(netbuf_data(nb) + IPV4_TOTAL_LEN, (uint16_t)len);
    if (ipv4_parse(netbuf_data(nb), len, &hdr) != IPV4_SOUND || !may_be_sent(&hdr))
        return refuse(s, nb, IPV4_DROP_BAD_OWN_HEADER, -ERR_INVAL);
    if (hdr.src == 0)
        put32(netbuf_data(nb) + IPV4_SRC, hdr.src = path->source.word[0]);
    if (hdr.id == 0)
        put16(netbuf_data(nb) + IPV4_ID,
              hdr.id = id_of(s, flow_of(s, hdr.src, hdr.dst, hdr.proto), 1)); /* maybe to another */
    ipv4_checksum_set(netbuf_data(nb), hdr.hdr_len);
    return send(s, path, nb, &hdr, now_ns);
}

static uint8_t ttl_of(struct stack *s, const struct ip_path *path, const struct ip_send *how)
{
    if (how->ttl)
        return how->ttl;
    return (uint8_t)stack_knob(s, MODULE_IPV4,
                               path->multicast ? IPV4_KNOB_MULTICAST_TTL : IPV4_KNOB_TTL);
}

/* A copy to ourselves of what goes to a group that we are in (RFC 1112 6.1). Losing it is losing a
 * datagram, no error. */
static void loop_copy(struct stack *s, struct netbuf *nb, const struct ipv4_hdr *hdr,
                      int64_t now_ns)
{
    struct ip_path path = {.nif = &s->netif[0], .loopback = true, .mtu = s->netif[0].mtu};
    struct netbuf *copy = netif_packet(path.nif, 0, hdr->total_len);
    if (!copy)
        return;
    netbuf_finish_sum(nb);
    memcpy(netbuf_data(copy), netbuf_data(nb), hdr->total_len);
    send(s, &path, copy, hdr, now_ns);
}

int ipv4_output(struct stack *s, const struct ip_path *path, struct netbuf *nb,
                const struct ip_send *how, int64_t now_ns)
{
    if (path->broadcast && !(how->flags & IP_BROADCAST_OK))
        return refuse(s, nb, IPV4_DROP_BROADCAST_REFUSED, -ERR_ACCES);
    if (how->flags & IP_HEADER_INCLUDED)
        return send_own_header(s, path, nb, now_ns);
    struct ipv4_hdr hdr = {
        .tos = how->tos,
        .df = (how->flags & IP_DONT_FRAGMENT) && !path->too_narrow,
        .ttl = ttl_of(s, path, how),
        .proto = how->protocol,
        .src = how->source.word[0],
        .dst = how->destination.word[0],
        .options_len = how->options_len,
        .options = how->options,
    };
    if (how->options_len > IPV4_MAX_OPTIONS_LEN)
        return refuse(s, nb, IPV4_DROP_TOO_LONG, -ERR_MSGSIZE);
    hdr.hdr_len = (uint8_t)header_len(&hdr);
    if (netbuf_len(nb) > DATAGRAM_MAX - (uint32_t)hdr.hdr_len)
        return refuse(s, nb, IPV4_DROP_TOO_LONG, -ERR_MSGSIZE);
    hdr.total_len = (uint16_t)(netbuf_len(nb) + hdr.hdr_len);
    hdr.id = next_id(s, path, &hdr, netbuf_frames(nb));
    uint8_t *at = netbuf_push(nb, hdr.hdr_len);
    if (!at)
        return refuse(s, nb, IPV4_DROP_NO_HEADROOM, -ERR_NOBUFS);
    ipv4_emit_summed(&hdr, at, hdr.hdr_len);
    if (path->multicast && (how->flags & IP_MULTICAST_LOOP) &&
        ip_has_joined(path->nif, &how->destination))
        loop_copy(s, nb, &hdr, now_ns);
    return send(s, path, nb, &hdr, now_ns);
}

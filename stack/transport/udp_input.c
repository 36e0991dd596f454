#include "stack/transport/udp_inside.h"
#include "stack/core/bytes.h"
#include "stack/transport/copy.h"
#include "stack/wire/ipproto.h"
#include "stack/wire/udp.h"

static void addr_octets(const struct ip_addr *a, uint8_t out[16])
{
    for (int i = 0; i < 4; i++)
        put32(out + 4 * i, a->word[i]);
}

static bool checksum_ok(const struct ip_received *r, const uint8_t *datagram, uint16_t len)
{
    if (r->destination.family == ADDR_IPV4)
        return udp_checksum4_ok(r->source.word[0], r->destination.word[0], datagram, len);
    uint8_t src[16], dst[16];
    addr_octets(&r->source, src);
    addr_octets(&r->destination, dst);
    return udp_checksum6_ok(src, dst, datagram, len);
}

/* UDP_COUNTERS: the header is sound. */
static enum udp_counter counter_of(enum udp_fault fault)
{
    switch (fault) {
    case UDP_SHORT:
        return UDP_DROP_SHORT;
    case UDP_LENGTH_BELOW_HEADER:
        return UDP_DROP_LENGTH_SMALL;
    case UDP_LENGTH_BEYOND:
        return UDP_DROP_LENGTH_LARGE;
    case UDP_SOUND:
    case UDP_FAULTS:
        break;
    }
    return UDP_COUNTERS;
}

/* Why a datagram with a sound header is dropped, or UDP_COUNTERS. That a host may have the source
 * is IP's to see to (RFC 1122 4.1.3.6). */
static enum udp_counter refusal(struct stack *s, const struct netbuf *nb,
                                const struct ip_received *r, const struct udp_hdr *hdr)
{
    bool summed = hdr->checksum != 0;
    if (!summed && r->destination.family == ADDR_IPV6)
        return UDP_DROP_CHECKSUM_MISSING; /* RFC 8200 8.1 */
    if (!summed && stack_knob(s, MODULE_UDP, UDP_KNOB_REQUIRE_CHECKSUM))
        return UDP_DROP_CHECKSUM_MISSING; /* RFC 1122 4.1.3.4 allows the choice */
    /* Hardware sums what IP carries, which is more than the datagram where octets follow it. */
    bool vouched = (nb->flags & NETBUF_SUM_OK) && hdr->length == netbuf_len(nb);
    if (summed && !vouched && !checksum_ok(r, netbuf_data(nb), hdr->length))
        return UDP_DROP_CHECKSUM;
    return hdr->dst_port == 0 ? UDP_DROP_PORT_ZERO : UDP_COUNTERS;
}

static struct demux_key key_of(const struct ip_received *r, const struct udp_hdr *h, bool foreign)
{
    return (struct demux_key){.local = r->destination,
                              .remote = r->source,
                              .local_port = h->dst_port,
                              .remote_port = h->src_port,
                              .nif = r->nif,
                              .foreign = foreign};
}

/* Parses and verifies. False when nb was dropped. On return nothing follows the payload, and *k is
 * for who gets it, aimed while the sum was computed. */
static bool accept(struct stack *s, struct netbuf *nb, const struct ip_received *r,
                   struct udp_hdr *hdr, struct demux_key *k)
{
    enum udp_counter drop = counter_of(udp_parse(netbuf_data(nb), netbuf_len(nb), hdr));
    if (drop == UDP_COUNTERS) {
        *k = key_of(r, hdr, !r->local);
        demux_aim(&udp_state(s)->demux, k);
        drop = refusal(s, nb, r, hdr);
    }
    if (drop != UDP_COUNTERS) {
        stack_drop(s, nb, MODULE_UDP, drop);
        return false;
    }
    if (hdr->checksum == 0)
        stack_count(s, MODULE_UDP, UDP_NO_CHECKSUM);
    netbuf_trim(nb, hdr->length);
    return true;
}

/* Each matching pcb gets a copy (RFC 1122 4.1.3.5 leaves it open, every BSD does so); the original
 * is freed. */
static void deliver_to_all(struct stack *s, struct netbuf *nb, const struct ip_received *r,
                           const struct udp_hdr *h, int64_t now_ns)
{
    struct demux *t = &udp_state(s)->demux;
    struct demux_key k = key_of(r, h, false);
    bool delivered = false;
    for (struct port_pcb *p = demux_first(t, &k); p; p = demux_next(t, &k)) {
        struct udp_pcb *pcb = udp_pcb_of(p);
        delivered = true;
        struct netbuf *copy = transport_copy(s, nb, nb->start);
        if (copy)
            pcb->receive(pcb, s, copy, r, h->src_port, now_ns);
        else
            stack_count(s, MODULE_UDP, UDP_DROP_NO_BUFFER);
    }
    if (delivered)
        netbuf_free(s, nb);
    else
        stack_drop(s, nb, MODULE_UDP, UDP_DROP_NO_PORT_MULTI);
}

void udp_input(struct stack *s, struct netbuf *nb, const struct ip_received *r, int64_t now_ns)
{
    struct udp_hdr hdr;
    struct demux_key k;
    if (!accept(s, nb, r, &hdr, &k))
        return;
    stack_count(s, MODULE_UDP, UDP_IN);
    if (r->broadcast || r->multicast) {
        netbuf_pull(nb, UDP_HDR_LEN);
        deliver_to_all(s, nb, r, &hdr, now_ns);
        return;
    }
    /* Not our address: only a DHCP client without a lease takes it (RFC 2131 4.1), and nobody
     * answers it. */
    bool foreign = !r->local;
    struct port_pcb *end = demux_receiver(&udp_state(s)->demux, &k);
    if (end) {
        struct udp_pcb *pcb = udp_pcb_of(end);
        netbuf_pull(nb, UDP_HDR_LEN);
        pcb->receive(pcb, s, nb, r, hdr.src_port, now_ns);
    } else if (foreign) {
        stack_drop(s, nb, MODULE_UDP, UDP_DROP_NO_PORT);
    } else {
        ip_port_unreachable(s, nb, r, now_ns);
        stack_drop(s, nb, MODULE_UDP, UDP_DROP_NO_PORT);
    }
}

/* NULL: none of ours. */
static struct udp_pcb *quoted_sender(struct stack *s, const struct ip_error *e)
{
    if (e->quoted_len < UDP_HDR_LEN)
        return NULL;
    struct demux_key k = {.local = e->source,
                          .remote = e->destination,
                          .local_port = get16(e->quoted + UDP_SRC_PORT),
                          .remote_port = get16(e->quoted + UDP_DST_PORT)};
    struct port_pcb *end = demux_sender(&udp_state(s)->demux, &k);
    return end ? udp_pcb_of(end) : NULL;
}

bool udp_sent(struct stack *s, const struct ip_error *e)
{
    const struct udp_pcb *pcb = quoted_sender(s, e);
    return pcb && pcb->end.remote_port && pcb->end.ip.has_sent;
}

void udp_input_error(struct stack *s, const struct ip_error *e, int64_t now_ns)
{
    if (e->quoted_len < UDP_HDR_LEN) {
        stack_count(s, MODULE_UDP, UDP_DROP_ERROR_SHORT);
        return;
    }
    struct udp_pcb *pcb = quoted_sender(s, e);
    bool sent = pcb && (e->sent_lately || (pcb->end.remote_port && pcb->end.ip.has_sent));
    if (!sent) {
        stack_count(s, MODULE_UDP, UDP_DROP_ERROR_UNMATCHED);
        return;
    }
    stack_count(s, MODULE_UDP, UDP_ERROR_IN);
    if (pcb->error)
        pcb->error(pcb, s, e, now_ns);
}

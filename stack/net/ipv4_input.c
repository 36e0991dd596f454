/* Receiving IPv4: the checks in the order of RFC 1122 3.2.1 and its subsections, then up. */
#include "stack/net/ipv4.h"
#include "stack/wire/icmpv4.h"

/* IPV4_COUNTERS: the header is sound. */
static enum ipv4_counter counter_of(enum ipv4_fault fault)
{
    switch (fault) {
    case IPV4_SHORT:
        return IPV4_DROP_SHORT;
    case IPV4_VERSION_NOT_4:
        return IPV4_DROP_VERSION;
    case IPV4_IHL_BELOW_5:
        return IPV4_DROP_IHL;
    case IPV4_HEADER_BEYOND:
        return IPV4_DROP_HEADER_BEYOND;
    case IPV4_LENGTH_BELOW_HEADER:
        return IPV4_DROP_LENGTH_BELOW_HEADER;
    case IPV4_LENGTH_BEYOND:
        return IPV4_DROP_LENGTH_BEYOND;
    case IPV4_SOUND:
    case IPV4_FAULTS:
        break;
    }
    return IPV4_COUNTERS;
}

/* RFC 1122 3.2.1.1, 3.2.1.2. IPV4_COUNTERS when the header is sound. */
static enum ipv4_counter check_header(const struct netbuf *nb, struct ipv4_hdr *hdr)
{
    enum ipv4_counter malformed = counter_of(ipv4_parse(netbuf_data(nb), netbuf_len(nb), hdr));
    if (malformed != IPV4_COUNTERS)
        return malformed;
    return ipv4_checksum_ok(netbuf_data(nb), hdr->hdr_len) ? IPV4_COUNTERS : IPV4_DROP_CHECKSUM;
}

/* RFC 1122 3.2.1.3: what cannot be a host's address is no source. 0.0.0.0 is one who asks for an
 * address, which goes to everybody. */
static enum ipv4_counter check_source(struct stack *s, const struct netbuf *nb, uint32_t a,
                                      bool to_broadcast)
{
    bool looped = nb->flags & NETBUF_LOOPED;
    if (ipv4_is_multicast(a))
        return IPV4_DROP_SOURCE_MULTICAST;
    if (ipv4_is_class_e(a))
        return a == 0xffffffffu ? IPV4_DROP_SOURCE_BROADCAST : IPV4_DROP_SOURCE_CLASS_E;
    if (ipv4_is_loopback(a))
        return looped ? IPV4_COUNTERS : IPV4_DROP_SOURCE_LOOPBACK;
    if (ipv4_is_this_net(a))
        return a == 0 && to_broadcast ? IPV4_COUNTERS : IPV4_DROP_SOURCE_ZERO;
    unsigned roles = ipv4_roles(s, nb->nif, a);
    if (roles & ADDR_OWN)
        return looped ? IPV4_COUNTERS
                      : IPV4_DROP_SOURCE_OWN; /* a land attack, or our own frame come back */
    /* cppcheck-suppress clarifyCalculation */
    return roles & ipv4_broadcast_roles(s, false) ? IPV4_DROP_SOURCE_BROADCAST : IPV4_COUNTERS;
}

/* RFC 1122 3.2.1.3: is it for us? Nothing is ever forwarded, and what is for others is dropped
 * without a word (3.2.1.3, 3.1). */
static enum ipv4_counter check_destination(struct stack *s, const struct netbuf *nb,
                                           const struct ipv4_hdr *hdr, unsigned roles)
{
    const struct netif *nif = nb->nif;
    uint32_t a = hdr->dst;
    bool looped = nb->flags & NETBUF_LOOPED;
    if (ipv4_is_multicast(a)) {
        struct ip_addr group = addr_ipv4(a);
        return looped || ip_has_joined(nif, &group) ? IPV4_COUNTERS : IPV4_DROP_GROUP_NOT_JOINED;
    }
    if (roles & ipv4_broadcast_roles(s, true))
        return IPV4_COUNTERS;
    if (ipv4_is_loopback(a) && !looped)
        return IPV4_DROP_DESTINATION_LOOPBACK;
    if (roles & ADDR_OWN_HERE || (looped && roles & ADDR_OWN))
        return IPV4_COUNTERS;
    if (roles & ADDR_OWN)
        return stack_knob(s, MODULE_IPV4, IPV4_KNOB_STRONG_HOST) ? IPV4_DROP_WRONG_INTERFACE
                                                                 : IPV4_COUNTERS;
    /* RFC 2131 4.1: a server answers to the address that it offers, before we have it, or while we
     * check it again. UDP knows who waits for that. */
    if (!looped && hdr->proto == IP_PROTO_UDP && nif->configuring)
        return IPV4_COUNTERS;
    return IPV4_DROP_NOT_OURS;
}

/* RFC 1122 3.3.6: a datagram for one host does not come in a frame for many. */
static enum ipv4_counter check_link(const struct netbuf *nb, bool to_many)
{
    if (to_many)
        return IPV4_COUNTERS;
    if (nb->flags & NETBUF_LINK_BROADCAST)
        return IPV4_DROP_LINK_BROADCAST;
    return nb->flags & NETBUF_LINK_MULTICAST ? IPV4_DROP_LINK_MULTICAST : IPV4_COUNTERS;
}

/* *roles: the destination's, of a sound header. */
static enum ipv4_counter check(struct stack *s, const struct netbuf *nb, struct ipv4_hdr *hdr,
                               unsigned *roles)
{
    enum ipv4_counter why = check_header(nb, hdr);
    if (why != IPV4_COUNTERS)
        return why;
    *roles = ipv4_roles(s, nb->nif, hdr->dst);
    bool broadcast = *roles & ipv4_broadcast_roles(s, true);
    why = check_source(s, nb, hdr->src, broadcast);
    if (why == IPV4_COUNTERS)
        why = check_destination(s, nb, hdr, *roles);
    return why == IPV4_COUNTERS ? check_link(nb, broadcast || ipv4_is_multicast(hdr->dst)) : why;
}

/* `roles`: the destination's. */
static void deliver(struct stack *s, struct netbuf *nb, const struct ipv4_hdr *hdr, unsigned roles,
                    int64_t now_ns)
{
    struct ip_received r = {
        .nif = nb->nif,
        .source = addr_ipv4(hdr->src),
        .destination = addr_ipv4(hdr->dst),
        .protocol = hdr->proto,
        .ttl = hdr->ttl,
        .tos = hdr->tos,
        .header_len = hdr->hdr_len,
        .multicast = ipv4_is_multicast(hdr->dst),
    };
    r.broadcast = !r.multicast && roles & ipv4_broadcast_roles(s, true);
    r.local = roles & ADDR_OWN;
    stack_count(s, MODULE_IPV4, IPV4_DELIVERED);
    netbuf_pull(nb, hdr->hdr_len);
    nb->transport_at = nb->start;
    const struct ip_raw *raw = s->ip_raw;
    const struct ip_protocol *p = ip_protocol(s, hdr->proto);
    bool shown = raw && !(p && p->keeps && p->keeps(nb, &r));
    bool taken = shown && raw->input(s, nb, &r, now_ns);
    if (taken)
        nb->flags |= NETBUF_RAW_TAKEN;
    if (p) {
        p->input(s, nb, &r, now_ns);
    } else if (taken) {
        netbuf_free(s, nb);
    } else {
        ip_icmp_error(s, ADDR_IPV4, nb, ICMPV4_UNREACHABLE, ICMPV4_PROTOCOL_UNREACHABLE, 0,
                      now_ns); /* RFC 1122 3.2.2.1 */
        ipv4_drop(s, nb, IPV4_DROP_NO_PROTOCOL);
    }
}

void ipv4_deliver(struct stack *s, struct netbuf *nb, const struct ipv4_hdr *hdr, int64_t now_ns)
{
    deliver(s, nb, hdr, ipv4_roles(s, nb->nif, hdr->dst), now_ns);
}

void ipv4_input(struct stack *s, struct netbuf *nb, const uint8_t source[6], int64_t now_ns)
{
    struct ipv4_hdr hdr;
    unsigned roles;
    (void)source;
    stack_count(s, MODULE_IPV4, IPV4_RECEIVED);
    enum ipv4_counter why = check(s, nb, &hdr, &roles);
    if (why != IPV4_COUNTERS) {
        ipv4_drop(s, nb, why);
        return;
    }
    netbuf_trim(nb, hdr.total_len); /* the rest is the link's padding */
    nb->net_at = nb->start;
    if (hdr.options_len > 0 && !ipv4_take_options(s, nb, &hdr, now_ns))
        return;
    if (!hdr.mf && hdr.frag_off == 0)
        deliver(s, nb, &hdr, roles, now_ns);
    else if (s->module[MODULE_REASSEMBLY])
        ipv4_reassemble(s, nb, &hdr, now_ns);
    else
        ipv4_drop(s, nb, IPV4_DROP_NO_REASSEMBLY);
}

void ipv4_deliver_error(struct stack *s, const struct ip_error *e, int64_t now_ns)
{
    const struct ip_protocol *p = ip_protocol(s, e->protocol);
    if (p && p->error)
        p->error(s, e, now_ns);
    const struct ip_raw *raw = s->ip_raw;
    if (raw && raw->error)
        raw->error(s, e, now_ns);
}

void ip_unsent(struct stack *s, const struct netbuf *nb, int error, int64_t now_ns)
{
    struct ipv4_hdr hdr;
    if (nb->net_at < nb->start || nb->net_at >= nb->end || /* it did not come from here */
        ipv4_parse(nb->base + nb->net_at, nb->end - nb->net_at, &hdr) != IPV4_SOUND ||
        hdr.frag_off != 0)
        return;
    struct ip_error e = {
        .kind = IP_ERROR_UNREACHABLE,
        .error = error,
        .type = ICMPV4_UNREACHABLE,
        .code = ICMPV4_HOST_UNREACHABLE,
        .protocol = hdr.proto,
        .source = addr_ipv4(hdr.src),
        .destination = ipv4_route_end(&hdr),
        .reporter = addr_ipv4(hdr.src),
        .sent_lately = true,
        .quoted = nb->base + nb->net_at + hdr.hdr_len,
        .quoted_len = (uint32_t)hdr.total_len - hdr.hdr_len,
    };
    ipv4_deliver_error(s, &e, now_ns);
}

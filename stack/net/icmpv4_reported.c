/*
 * ICMP errors that others send us about our packets. What they quote must be ours; then the
 * transport hears of it, which decides whether the packet was really under way (RFC 5927 4).
 */
#include "stack/core/bytes.h"
#include "stack/core/route.h"
#include "stack/net/icmpv4.h"
#include "stack/net/ipv4.h"

struct meaning {
    enum ip_error_kind kind;
    int error; /* 0: a code that nobody has defined */
    bool hard;
};

/* RFC 1122 3.2.2.1 and 4.2.3.9: only protocol and port unreachable come from the end; the rest are
 * hints about the way. */
static struct meaning meaning_of_unreachable(uint8_t code)
{
    switch ((enum icmpv4_unreachable_code)code) {
    case ICMPV4_NET_UNREACHABLE:
    case ICMPV4_NET_UNKNOWN:
    case ICMPV4_NET_UNREACHABLE_FOR_TOS:
        return (struct meaning){IP_ERROR_UNREACHABLE, ERR_NETUNREACH, false};
    case ICMPV4_NET_PROHIBITED:
        return (struct meaning){IP_ERROR_ADMIN, ERR_NETUNREACH, false};
    case ICMPV4_HOST_UNREACHABLE:
    case ICMPV4_SOURCE_HOST_ISOLATED:
    case ICMPV4_HOST_UNREACHABLE_FOR_TOS:
        return (struct meaning){IP_ERROR_UNREACHABLE, ERR_HOSTUNREACH, false};
    case ICMPV4_HOST_PROHIBITED:
    case ICMPV4_COMMUNICATION_PROHIBITED:
    case ICMPV4_HOST_PRECEDENCE_VIOLATION:
    case ICMPV4_PRECEDENCE_CUTOFF:
        return (struct meaning){IP_ERROR_ADMIN, ERR_HOSTUNREACH, false};
    case ICMPV4_HOST_UNKNOWN:
        return (struct meaning){IP_ERROR_UNREACHABLE, ERR_HOSTDOWN, false};
    case ICMPV4_PROTOCOL_UNREACHABLE:
        return (struct meaning){IP_ERROR_REFUSED, ERR_NOPROTOOPT, true};
    case ICMPV4_PORT_UNREACHABLE:
        return (struct meaning){IP_ERROR_REFUSED, ERR_CONNREFUSED, true};
    case ICMPV4_FRAGMENTATION_NEEDED:
        return (struct meaning){IP_ERROR_TOO_LONG, ERR_MSGSIZE, false};
    case ICMPV4_SOURCE_ROUTE_FAILED:
        return (struct meaning){IP_ERROR_UNREACHABLE, ERR_OPNOTSUPP, false};
    }
    return (struct meaning){IP_ERROR_UNREACHABLE, 0, false};
}

static struct meaning meaning_of(const struct icmpv4_hdr *hdr)
{
    bool known = hdr->code <= ICMPV4_REASSEMBLY_EXCEEDED;
    if (hdr->type == ICMPV4_UNREACHABLE)
        return meaning_of_unreachable(hdr->code);
    if (hdr->type == ICMPV4_TIME_EXCEEDED)
        return (struct meaning){IP_ERROR_EXPIRED, known ? ERR_HOSTUNREACH : 0, false};
    return (struct meaning){IP_ERROR_PARAMETER, ERR_PROTO, false};
}

/* RFC 5927 4: a report that changes a path is believed about a packet that was sent, which IP or
 * the connection that sent it must know. `dont_fragment`: and that went with DF. */
static bool was_sent(struct stack *s, const struct ip_error *e, bool dont_fragment)
{
    const struct ip_protocol *p = ip_protocol(s, e->protocol);
    bool remembered = dont_fragment ? e->sent_with_df : e->sent_lately;
    if (remembered && !(p && p->sent_decides))
        return true;
    if (p && p->sent)
        return p->sent(s, e);
    const struct ip_raw *raw = s->ip_raw;
    return raw && raw->sent(s, e);
}

/* RFC 1122 3.2.2.2: from the gateway that we use now, to one on the same net, which is not
 * ourselves. */
static enum icmpv4_counter redirect(struct stack *s, const struct icmpv4_hdr *hdr,
                                    const struct ip_error *e, const struct ip_received *r,
                                    int64_t now_ns)
{
    struct ip_path path, direct;
    struct ip_addr gateway = addr_ipv4(hdr->gateway);
    if (!stack_knob(s, MODULE_ICMPV4, ICMPV4_KNOB_ACCEPT_REDIRECTS))
        return ICMPV4_DROP_REDIRECT_OFF;
    if (hdr->code > ICMPV4_REDIRECT_HOST_FOR_TOS)
        return ICMPV4_DROP_UNKNOWN_CODE;
    if (ip_path(s, &e->destination, &e->source, NULL, &path) < 0 || path.loopback ||
        path.nif != r->nif || !addr_equal(&path.next_hop, &r->source) ||
        addr_equal(&path.next_hop, &e->destination))
        return ICMPV4_DROP_REDIRECT_NOT_FIRST_HOP;
    if (!was_sent(s, e, false))
        return ICMPV4_DROP_REDIRECT_NOT_SENT;
    if (ip_path(s, &gateway, NULL, r->nif, &direct) < 0 || direct.loopback || direct.broadcast ||
        direct.multicast || !addr_equal(&direct.next_hop, &gateway) ||
        addr_equal(&gateway, &r->source))
        return ICMPV4_DROP_REDIRECT_GATEWAY;
    /* 3.3.1.2: a net's redirect counts for the one host, since nobody says which mask it has. */
    return route_redirect(s, &e->destination, &gateway, r->nif, now_ns) < 0
               ? ICMPV4_DROP_REDIRECT_NO_ROOM
               : ICMPV4_COUNTERS;
}

/* ICMPV4_COUNTERS when the quote is of a packet that we may have sent. */
static enum icmpv4_counter check_quote(struct stack *s, const struct ip_received *r,
                                       const struct ipv4_hdr *quoted)
{
    if (r->broadcast || r->multicast)
        return ICMPV4_DROP_ERROR_TO_MANY;
    if (!ipv4_is_local(s, quoted->src))
        return ICMPV4_DROP_QUOTE_NOT_OURS;
    if (ipv4_is_multicast(quoted->dst) || ipv4_is_any_broadcast(s, quoted->dst))
        return ICMPV4_DROP_QUOTE_TO_MANY;
    return quoted->frag_off != 0 ? ICMPV4_DROP_QUOTE_FRAGMENT : ICMPV4_COUNTERS;
}

/* RFC 1191 5: routers of 4.2BSD's kind, who name no MTU either, add the header's length to the
 * total length that they quote. What is not below our estimate is taken for such. */
static uint16_t length_that_failed(const struct icmpv4_hdr *hdr, const struct ipv4_hdr *quoted,
                                   const struct ip_path *path)
{
    bool inflated = hdr->mtu == 0 && quoted->total_len >= path->mtu;
    return (uint16_t)(quoted->total_len - (inflated ? quoted->hdr_len : 0));
}

/* A packet without DF was never refused for its length, whatever a router says. The path's new MTU;
 * 0 when the report is not believed. */
static uint16_t new_path_mtu(struct stack *s, const struct icmpv4_hdr *hdr,
                             const struct ipv4_hdr *quoted, const struct ip_error *e,
                             int64_t now_ns)
{
    struct ip_path path;
    if (e->kind != IP_ERROR_TOO_LONG || !quoted->df || !was_sent(s, e, true) ||
        ip_path(s, &e->destination, &e->source, NULL, &path) < 0 ||
        !path_mtu_learn(s, &e->destination, length_that_failed(hdr, quoted, &path), hdr->mtu,
                        now_ns))
        return 0;
    return ip_path(s, &e->destination, &e->source, NULL, &path) < 0 ? 0 : path.mtu;
}

static struct ip_error error_of(struct stack *s, const struct netbuf *nb,
                                const struct icmpv4_hdr *hdr, const struct ipv4_hdr *quoted,
                                uint32_t payload_len, const struct ip_received *r)
{
    struct meaning m = meaning_of(hdr);
    struct ip_addr to = addr_ipv4(quoted->dst);
    const uint8_t *payload = netbuf_data(nb) + hdr->hdr_len + quoted->hdr_len;
    const struct sent_packet *sent =
        payload_len < 4 ? NULL : sent_find(&ipv4_of(s)->sent, &to, quoted->proto, get32(payload));
    return (struct ip_error){
        .kind = m.kind,
        .error = m.error,
        .hard = m.hard,
        .type = hdr->type,
        .code = hdr->code,
        .protocol = quoted->proto,
        .mtu = hdr->mtu,
        .source = addr_ipv4(quoted->src),
        .destination = to,
        .reporter = r->source,
        .sent_lately = sent != NULL,
        .sent_with_df = sent && sent->dont_fragment,
        .quoted = payload,
        .quoted_len = payload_len,
    };
}

void icmpv4_reported(struct stack *s, struct netbuf *nb, const struct icmpv4_hdr *hdr,
                     const struct ip_received *r, int64_t now_ns)
{
    struct ipv4_hdr quoted;
    size_t payload_len;
    if (icmpv4_parse_quote(netbuf_data(nb), netbuf_len(nb), &quoted, &payload_len) !=
        ICMPV4_SOUND) {
        icmpv4_drop(s, nb, ICMPV4_DROP_QUOTE_BAD);
        return;
    }
    struct ip_error e = error_of(s, nb, hdr, &quoted, (uint32_t)payload_len, r);
    enum icmpv4_counter refused = check_quote(s, r, &quoted);
    if (refused == ICMPV4_COUNTERS && hdr->type == ICMPV4_REDIRECT)
        refused = redirect(s, hdr, &e, r, now_ns);
    else if (refused == ICMPV4_COUNTERS && e.error == 0)
        refused = ICMPV4_DROP_UNKNOWN_CODE;
    if (refused != ICMPV4_COUNTERS) {
        icmpv4_drop(s, nb, refused);
        return;
    }
    stack_count(s, MODULE_ICMPV4,
                hdr->type == ICMPV4_REDIRECT ? ICMPV4_REDIRECTS_TAKEN : ICMPV4_ERRORS_RECEIVED);
    if (hdr->type != ICMPV4_REDIRECT) {
        e.mtu = new_path_mtu(s, hdr, &quoted, &e, now_ns);
        e.destination = ipv4_route_end(&quoted); /* paths are to a hop, control blocks to the end */
        ipv4_deliver_error(s, &e, now_ns);
    }
    netbuf_free(s, nb);
}

/* Sending ICMP errors, and above all not sending them (RFC 1122 3.2.2, RFC 1812 4.3.2). */
#include "stack/core/mem.h"
#include "stack/net/icmpv4.h"
#include "stack/net/ipv4.h"

enum { QUOTE_MIN_PAYLOAD = 8 };

/* RFC 1122 3.2.2: not about an ICMP error. A message too short to show its type might be one. */
static bool is_about_error(const struct ipv4_hdr *hdr, const uint8_t *payload, uint32_t len)
{
    if (hdr->proto != IP_PROTO_ICMP || hdr->frag_off != 0)
        return false;
    return len == 0 || icmpv4_is_error(payload[ICMPV4_TYPE]);
}

/* A source that is not one host (RFC 1122 3.2.2). */
static bool is_one_host(struct stack *s, const struct netbuf *nb, uint32_t a)
{
    unsigned roles = ipv4_roles(s, nb->nif, a);
    if (roles & ADDR_OWN)
        return nb->flags & NETBUF_LOOPED;
    return ipv4_is_host(a) && !(roles & ipv4_broadcast_roles(s, false));
}

/* ICMPV4_COUNTERS when an error may be sent. */
static enum icmpv4_counter refusal(struct stack *s, const struct netbuf *nb,
                                   const struct ipv4_hdr *hdr)
{
    const uint8_t *payload = nb->base + nb->net_at + hdr->hdr_len;
    if (!stack_knob(s, MODULE_ICMPV4, ICMPV4_KNOB_ERRORS))
        return ICMPV4_REFUSED_OFF;
    if (is_about_error(hdr, payload, (uint32_t)hdr->total_len - hdr->hdr_len))
        return ICMPV4_REFUSED_ABOUT_ERROR;
    if (nb->flags & (NETBUF_LINK_BROADCAST | NETBUF_LINK_MULTICAST) ||
        ipv4_is_multicast(hdr->dst) || ipv4_is_broadcast(nb->nif, hdr->dst))
        return ICMPV4_REFUSED_MANY;
    if (hdr->frag_off != 0)
        return ICMPV4_REFUSED_FRAGMENT;
    if (!is_one_host(s, nb, hdr->src))
        return ICMPV4_REFUSED_SOURCE;
    return ipv4_is_local(s, hdr->dst) ? ICMPV4_COUNTERS : ICMPV4_REFUSED_NOT_OURS;
}

static bool within_rate(struct stack *s, uint32_t to, int64_t now_ns)
{
    struct icmpv4_state *icmp = s->state[MODULE_ICMPV4];
    struct ip_addr destination = addr_ipv4(to);
    return error_rate_take(s, &icmp->errors, &destination,
                           stack_knob(s, MODULE_ICMPV4, ICMPV4_KNOB_ERROR_INTERVAL),
                           stack_knob(s, MODULE_ICMPV4, ICMPV4_KNOB_ERROR_BURST), now_ns);
}

/* RFC 1812 4.3.2.3: as much as fits; the header as it came, and never less than RFC 792's eight
 * octets. */
static uint32_t quote_length(struct stack *s, const struct ipv4_hdr *hdr)
{
    uint32_t room = (uint32_t)stack_knob(s, MODULE_ICMPV4, ICMPV4_KNOB_ERROR_BYTES) -
                    IPV4_MIN_HDR_LEN - ICMPV4_HDR_LEN;
    uint32_t least = hdr->hdr_len + (uint32_t)QUOTE_MIN_PAYLOAD;
    if (room < least)
        room = least;
    return hdr->total_len < room ? hdr->total_len : room;
}

static void send(struct stack *s, const struct netbuf *nb, const struct ipv4_hdr *about,
                 const struct icmpv4_hdr *hdr, int64_t now_ns)
{
    struct ip_path path;
    struct ip_addr to = addr_ipv4(about->src), from = addr_ipv4(about->dst);
    uint32_t quote = quote_length(s, about);
    if (icmpv4_path(s, nb->nif, &to, &from, &path) < 0) {
        stack_count(s, MODULE_ICMPV4, ICMPV4_REFUSED_NO_ROUTE);
        return;
    }
    struct netbuf *out = ip_buffer(s, &path, 0, ICMPV4_HDR_LEN + quote);
    if (!out) {
        stack_count(s, MODULE_ICMPV4, ICMPV4_REFUSED_NO_BUFFER);
        return;
    }
    icmpv4_emit(hdr, netbuf_data(out), ICMPV4_HDR_LEN);
    memcpy(netbuf_data(out) + ICMPV4_HDR_LEN, nb->base + nb->net_at, quote);
    icmpv4_checksum_set(netbuf_data(out), ICMPV4_HDR_LEN + quote);
    /* RFC 1122 3.2.2: TOS 0 */
    struct ip_send how = {.source = from, .destination = to, .protocol = IP_PROTO_ICMP};
    stack_count(s, MODULE_ICMPV4, ICMPV4_ERRORS_SENT);
    ip_output(s, &path, out, &how, now_ns);
}

void icmpv4_send_error(struct stack *s, const struct netbuf *nb, uint8_t type, uint8_t code,
                       uint32_t extra, int64_t now_ns)
{
    struct ipv4_hdr about;
    struct icmpv4_hdr hdr = {.type = type, .code = code};
    /* A fragment's header says more than the buffer holds when the fragment was cut: its own length
     * is what is there. */
    bool sound =
        ipv4_parse_quoted(nb->base + nb->net_at, nb->end - nb->net_at, &about) == IPV4_SOUND;
    STACK_ASSERT(sound);
    if (about.total_len > nb->end - nb->net_at)
        about.total_len = (uint16_t)(nb->end - nb->net_at);
    enum icmpv4_counter refused = refusal(s, nb, &about);
    if (refused == ICMPV4_COUNTERS && !within_rate(s, about.src, now_ns))
        refused = ICMPV4_REFUSED_RATE;
    if (refused != ICMPV4_COUNTERS) {
        stack_count(s, MODULE_ICMPV4, refused);
        return;
    }
    if (type == ICMPV4_PARAMETER_PROBLEM)
        hdr.pointer = (uint8_t)extra;
    send(s, nb, &about, &hdr, now_ns);
}

void icmpv4_port_unreachable(struct stack *s, const struct netbuf *nb, int64_t now_ns)
{
    icmpv4_send_error(s, nb, ICMPV4_UNREACHABLE, ICMPV4_PORT_UNREACHABLE, 0, now_ns);
}

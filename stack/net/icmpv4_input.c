/* Receiving ICMP (RFC 792, RFC 1122 3.2.2): requests are answered here, errors go on to
 * icmpv4_reported.c. */
#include "stack/core/mem.h"
#include "stack/net/icmpv4.h"
#include "stack/net/ipv4.h"

/* ICMPV4_COUNTERS: the header is sound. */
static enum icmpv4_counter counter_of(enum icmpv4_fault fault)
{
    switch (fault) {
    case ICMPV4_SHORT:
        return ICMPV4_DROP_SHORT;
    case ICMPV4_TYPE_UNKNOWN:
        return ICMPV4_DROP_UNKNOWN_TYPE;
    case ICMPV4_MASK_SHORT:
        return ICMPV4_DROP_MASK_SHORT;
    case ICMPV4_TIMESTAMP_SHORT:
        return ICMPV4_DROP_TIMESTAMP_SHORT;
    case ICMPV4_ADVERTISEMENT_WORDS:
        return ICMPV4_DROP_ADVERTISEMENT_WORDS;
    case ICMPV4_ADVERTISEMENT_SHORT:
        return ICMPV4_DROP_ADVERTISEMENT_SHORT;
    case ICMPV4_ERROR_SHORT:
        return ICMPV4_DROP_NO_QUOTE;
    case ICMPV4_NOT_QUOTING:
    case ICMPV4_QUOTE_HEADER:
    case ICMPV4_QUOTE_SHORT:
        return ICMPV4_DROP_QUOTE_BAD;
    case ICMPV4_SOUND:
    case ICMPV4_FAULTS:
        break;
    }
    return ICMPV4_COUNTERS;
}

void icmpv4_drop(struct stack *s, struct netbuf *nb, enum icmpv4_counter why)
{
    stack_drop(s, nb, MODULE_ICMPV4, why);
}

bool icmpv4_keeps(const struct netbuf *nb, const struct ip_received *r)
{
    (void)r;
    if (netbuf_len(nb) < ICMPV4_HDR_LEN)
        return false;
    uint8_t type = netbuf_data(nb)[ICMPV4_TYPE];
    return type == ICMPV4_ECHO || type == ICMPV4_TIMESTAMP || type == ICMPV4_ADDRESS_MASK;
}

/* RFC 1122 3.2.2.6, 3.2.2.8: from the specific destination; to many, from the interface's own
 * address. */
static struct ip_addr reply_source(const struct ip_received *r)
{
    if (!r->broadcast && !r->multicast)
        return r->destination;
    const struct netif_address *own = netif_source(r->nif, &r->source);
    return own ? own->addr : addr_ipv4(0);
}

int icmpv4_path(struct stack *s, struct netif *came_by, const struct ip_addr *to,
                const struct ip_addr *from, struct ip_path *path)
{
    struct netif *back = came_by->flags & NETIF_LOOPBACK ? NULL : came_by;
    int error = ip_path(s, to, from, back, path);
    return error < 0 && back ? ip_path(s, to, from, NULL, path) : error;
}

struct answer {
    struct ip_path path;
    struct ip_send how;
    uint8_t options[IPV4_MAX_OPTIONS_LEN];
};

/* A buffer for an answer of `len` octets, and how to send it: same TOS, routes and stamps
 * continued. Drops nb when there is none. */
static struct netbuf *answer_buffer(struct stack *s, struct netbuf *nb, const struct ip_received *r,
                                    uint32_t len, struct answer *a, int64_t now_ns)
{
    struct ip_path *path = &a->path;
    struct ip_send *how = &a->how;
    struct ipv4_hdr request;
    uint32_t towards;
    bool sound = ipv4_parse(nb->base + nb->net_at, nb->end - nb->net_at, &request) == IPV4_SOUND;
    STACK_ASSERT(sound);
    *how = (struct ip_send){
        .source = reply_source(r), .protocol = IP_PROTO_ICMP, .tos = r->tos, .options = a->options};
    how->options_len =
        (uint8_t)ipv4_reply_options(&request, how->source.word[0], now_ns, a->options, &towards);
    how->destination = addr_ipv4(towards);
    /* The last hop of a recorded route may be anything: an answer goes to one host, or to nobody.
     */
    if (icmpv4_path(s, r->nif, &how->destination, &how->source, path) < 0 || path->broadcast ||
        path->multicast) {
        icmpv4_drop(s, nb, ICMPV4_DROP_NO_ROUTE);
        return NULL;
    }
    struct netbuf *out = ip_buffer(s, path, how->options_len, len);
    if (!out)
        icmpv4_drop(s, nb, ICMPV4_DROP_NO_BUFFER);
    return out;
}

static void answer_echo(struct stack *s, struct netbuf *nb, struct icmpv4_hdr hdr,
                        const struct ip_received *r, int64_t now_ns)
{
    struct answer a;
    uint32_t len = netbuf_len(nb);
    if (!stack_knob(s, MODULE_ICMPV4, ICMPV4_KNOB_ECHO)) {
        icmpv4_drop(s, nb, ICMPV4_DROP_ECHO_OFF);
        return;
    }
    if ((r->broadcast || r->multicast) &&
        !stack_knob(s, MODULE_ICMPV4, ICMPV4_KNOB_ECHO_BROADCAST)) {
        icmpv4_drop(s, nb, ICMPV4_DROP_ECHO_BROADCAST);
        return;
    }
    struct netbuf *out = answer_buffer(s, nb, r, len, &a, now_ns);
    if (!out)
        return;
    hdr.type = ICMPV4_ECHO_REPLY;
    hdr.code = 0;
    icmpv4_emit(&hdr, netbuf_data(out), len);
    memcpy(netbuf_data(out) + hdr.hdr_len, netbuf_data(nb) + hdr.hdr_len, len - hdr.hdr_len);
    icmpv4_checksum_set(netbuf_data(out), len);
    stack_count(s, MODULE_ICMPV4, ICMPV4_ECHOES_ANSWERED);
    netbuf_free(s, nb);
    ip_output(s, &a.path, out, &a.how, now_ns);
}

static void answer_timestamp(struct stack *s, struct netbuf *nb, struct icmpv4_hdr hdr,
                             const struct ip_received *r, int64_t now_ns)
{
    struct answer a;
    if (r->broadcast || r->multicast ||
        !stack_knob(s, MODULE_ICMPV4, ICMPV4_KNOB_ANSWER_TIMESTAMP)) {
        icmpv4_drop(s, nb, ICMPV4_DROP_TIMESTAMP_OFF);
        return;
    }
    struct netbuf *out = answer_buffer(s, nb, r, hdr.hdr_len, &a, now_ns);
    if (!out)
        return;
    hdr.type = ICMPV4_TIMESTAMP_REPLY; /* RFC 792: the originate timestamp is returned */
    hdr.code = 0;
    hdr.receive = hdr.transmit = ipv4_timestamp(now_ns);
    icmpv4_emit(&hdr, netbuf_data(out), hdr.hdr_len);
    icmpv4_checksum_set(netbuf_data(out), hdr.hdr_len);
    stack_count(s, MODULE_ICMPV4, ICMPV4_TIMESTAMPS_ANSWERED);
    netbuf_free(s, nb);
    ip_output(s, &a.path, out, &a.how, now_ns);
}

/* Answers are the raw sockets' (RFC 1122 3.2.2.6); who did not ask drops them. */
static void take_answer(struct stack *s, struct netbuf *nb)
{
    if (nb->flags & NETBUF_RAW_TAKEN)
        netbuf_free(s, nb);
    else
        icmpv4_drop(s, nb, ICMPV4_DROP_REPLY_UNWANTED);
}

static void dispatch(struct stack *s, struct netbuf *nb, const struct icmpv4_hdr *hdr,
                     const struct ip_received *r, int64_t now_ns)
{
    switch ((enum icmpv4_type)hdr->type) {
    case ICMPV4_ECHO:
        answer_echo(s, nb, *hdr, r, now_ns);
        return;
    case ICMPV4_TIMESTAMP:
        answer_timestamp(s, nb, *hdr, r, now_ns);
        return;
    case ICMPV4_ECHO_REPLY:
    case ICMPV4_TIMESTAMP_REPLY:
        take_answer(s, nb);
        return;
    case ICMPV4_UNREACHABLE:
    case ICMPV4_REDIRECT:
    case ICMPV4_TIME_EXCEEDED:
    case ICMPV4_PARAMETER_PROBLEM:
        icmpv4_reported(s, nb, hdr, r, now_ns);
        return;
    case ICMPV4_SOURCE_QUENCH: /* RFC 6633 3: never acted on */
        icmpv4_drop(s, nb, ICMPV4_DROP_SOURCE_QUENCH);
        return;
    case ICMPV4_INFORMATION: /* RFC 1122 3.2.2.7, RFC 6918 */
    case ICMPV4_INFORMATION_REPLY:
        icmpv4_drop(s, nb, ICMPV4_DROP_INFORMATION);
        return;
    case ICMPV4_ADDRESS_MASK: /* RFC 1122 3.2.2.9: we are no agent */
    case ICMPV4_ADDRESS_MASK_REPLY:
        icmpv4_drop(s, nb, ICMPV4_DROP_ADDRESS_MASK);
        return;
    case ICMPV4_ROUTER_ADVERTISEMENT:
    case ICMPV4_ROUTER_SOLICITATION:
        icmpv4_drop(s, nb, ICMPV4_DROP_ROUTER_DISCOVERY);
        return;
    }
    STACK_ASSERT(hdr->type > 255); /* the parser knows no other type */
}

/* RFC 792: the sum covers everything. It comes before the type, which it vouches for. */
void icmpv4_input(struct stack *s, struct netbuf *nb, const struct ip_received *r, int64_t now_ns)
{
    struct icmpv4_hdr hdr;
    uint32_t len = netbuf_len(nb);
    if (len >= ICMPV4_HDR_LEN && !icmpv4_checksum_ok(netbuf_data(nb), len)) {
        icmpv4_drop(s, nb, ICMPV4_DROP_CHECKSUM);
        return;
    }
    enum icmpv4_counter malformed = counter_of(icmpv4_parse(netbuf_data(nb), len, &hdr));
    if (malformed != ICMPV4_COUNTERS) {
        icmpv4_drop(s, nb, malformed);
        return;
    }
    dispatch(s, nb, &hdr, r, now_ns);
}

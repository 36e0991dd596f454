/*
 * Source routes of those who keep one for a connection (RFC 1122 3.2.1.8 (c), RFC 9293 3.9.2.1):
 * kept as an application writes them, with every hop and without the destination; sent as RFC 791
 * 3.1 has them, to the first hop, with the destination as the last.
 */
#include "stack/core/bytes.h"
#include "stack/core/mem.h"
#include "stack/net/ipv4.h"

/* Octets of the option (RFC 791 3.1). */
enum { ROUTE_LEN = 1, ROUTE_POINTER = 2, ROUTE_DATA = 3, ROUTE_FIRST = 4 };

/* False: there is none among them. */
static bool find_route(const struct ipv4_hdr *hdr, struct ipv4_option *out)
{
    struct ipv4_option_iter iter = ipv4_option_iter(hdr);
    while (ipv4_option_next(&iter, out))
        if (out->type == IPV4_OPT_LSRR || out->type == IPV4_OPT_SSRR)
            return true;
    return false;
}

int ip_check_options(const uint8_t *options, size_t len)
{
    uint8_t bad_at;
    struct ipv4_option o;
    struct ipv4_hdr hdr = {.options_len = (uint8_t)len, .options = options};
    if (len > IPV4_MAX_OPTIONS_LEN)
        return -ERR_INVAL;
    if (len == 0)
        return 0;
    if (ipv4_options_check(&hdr, &bad_at) != IPV4_OPTION_SOUND)
        return -ERR_INVAL;
    /* a route that nobody has taken a step of, to somewhere */
    return find_route(&hdr, &o) && (o.pointer != ROUTE_FIRST || ipv4_option_full(&o)) ? -ERR_INVAL
                                                                                      : 0;
}

struct ip_addr ip_first_hop(const uint8_t *options, uint8_t len, const struct ip_addr *destination)
{
    struct ipv4_option o;
    const struct ipv4_hdr hdr = {.options_len = len, .options = options};
    return find_route(&hdr, &o) ? addr_ipv4(get32(o.bytes + ROUTE_DATA)) : *destination;
}

void ip_route_options(const uint8_t *options, uint8_t len, const struct ip_addr *destination,
                      uint8_t *out)
{
    struct ipv4_option o;
    const struct ipv4_hdr hdr = {.options_len = len, .options = options};
    memcpy(out, options, len);
    if (!find_route(&hdr, &o))
        return;
    uint8_t *hops = out + (o.bytes - options) + ROUTE_DATA;
    uint32_t rest = o.len - (uint32_t)ROUTE_DATA - 4;
    memmove(hops, hops + 4, rest);
    put32(hops + rest, destination->word[0]);
}

struct ip_addr ipv4_route_end(const struct ipv4_hdr *hdr)
{
    uint8_t bad_at;
    struct ipv4_option o;
    bool under_way = hdr->options_len > 0 &&
                     ipv4_options_check(hdr, &bad_at) == IPV4_OPTION_SOUND && find_route(hdr, &o) &&
                     !ipv4_option_full(&o);
    return addr_ipv4(under_way ? get32(o.bytes + o.len - 4) : hdr->dst);
}

/* The hops came in the order of their way here. Some hosts record themselves first: they are not
 * in the way back twice (3.2.1.8 (c), case (B)). */
uint8_t ip_return_route(const struct netbuf *nb, const struct ip_received *r, uint8_t *out)
{
    struct ipv4_hdr hdr;
    struct ipv4_option o;
    if (r->header_len <= IPV4_MIN_HDR_LEN || r->source.family != ADDR_IPV4 ||
        ipv4_parse(nb->base + nb->net_at, nb->end - nb->net_at, &hdr) != IPV4_SOUND ||
        !find_route(&hdr, &o) || !ipv4_option_full(&o))
        return 0;
    uint32_t hops = (o.len - (uint32_t)ROUTE_DATA) / 4, first = 0;
    const uint8_t *came = o.bytes + ROUTE_DATA;
    if (hops > 0 && get32(came) == r->source.word[0])
        first = 1;
    if (hops == first)
        return 0;
    out[0] = o.type;
    out[ROUTE_LEN] = (uint8_t)(ROUTE_DATA + (hops - first) * 4);
    out[ROUTE_POINTER] = ROUTE_FIRST;
    for (uint32_t i = hops; i > first; i--)
        memcpy(out + ROUTE_DATA + (hops - i) * 4, came + (i - 1) * 4, 4);
    return out[ROUTE_LEN];
}

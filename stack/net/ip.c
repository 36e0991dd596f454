/* The two families behind one face, and the registry of protocols. IPv6 has its place here. */
#include "stack/net/ip.h"
#include "stack/core/neighbour.h"
#include "stack/net/ipv4.h"

bool ip_speaks(const struct stack *s, uint32_t family)
{
    return family == ADDR_IPV4 && s->module[MODULE_IPV4];
}

static const struct ip_protocol **find(struct stack *s, uint8_t number)
{
    for (int i = 0; i < IP_PROTOCOLS; i++)
        if (s->ip_protocol[i] && s->ip_protocol[i]->number == number)
            return &s->ip_protocol[i];
    return NULL;
}

int ip_register(struct stack *s, const struct ip_protocol *p)
{
    if (find(s, p->number))
        return -ERR_EXIST;
    for (int i = 0; i < IP_PROTOCOLS; i++)
        if (!s->ip_protocol[i]) {
            s->ip_protocol[i] = p;
            return 0;
        }
    return -ERR_NOBUFS;
}

const struct ip_protocol *ip_protocol(struct stack *s, uint8_t number)
{
    const struct ip_protocol **at = find(s, number);
    return at ? *at : NULL;
}

int ip_unregister(struct stack *s, uint8_t number)
{
    const struct ip_protocol **at = find(s, number);
    if (!at)
        return -ERR_NOENT;
    if (module_busy(s, (*at)->module))
        return -ERR_BUSY;
    *at = NULL;
    return 0;
}

void ip_set_raw(struct stack *s, const struct ip_raw *raw)
{
    s->ip_raw = raw;
}

/* --- errors about what was received --- */

static unsigned place_of(uint32_t family)
{
    return family == ADDR_IPV6;
}

void ip_set_icmp(struct stack *s, enum addr_family family, const struct ip_icmp *icmp)
{
    s->ip_icmp[place_of(family)] = icmp;
}

void ip_icmp_error(struct stack *s, enum addr_family family, const struct netbuf *nb, uint8_t type,
                   uint8_t code, uint32_t extra, int64_t now_ns)
{
    const struct ip_icmp *icmp = s->ip_icmp[place_of(family)];
    if (icmp)
        icmp->error(s, nb, type, code, extra, now_ns);
}

void ip_port_unreachable(struct stack *s, const struct netbuf *nb, const struct ip_received *r,
                         int64_t now_ns)
{
    const struct ip_icmp *icmp = s->ip_icmp[place_of(r->destination.family)];
    if (icmp)
        icmp->port_unreachable(s, nb, now_ns);
}

/* --- paths --- */

int ip_resolve_zone(const struct stack *s, struct ip_addr *a, struct netif **nif)
{
    if (!addr_has_zone(a)) {
        a->zone = 0;
        return 0;
    }
    if (a->zone == 0 && !*nif)
        return -ERR_INVAL;
    struct netif *of = a->zone ? netif_of_zone(s, a->zone) : *nif;
    if (!of || (*nif && *nif != of))
        return -ERR_NODEV;
    a->zone = of->zone;
    *nif = of;
    return 0;
}

int ip_path(struct stack *s, const struct ip_addr *destination, const struct ip_addr *source,
            struct netif *nif, struct ip_path *path)
{
    bool any = !source || addr_is_any(source);
    struct ip_addr to = *destination;
    if (!ip_speaks(s, to.family) || (!any && source->family != to.family))
        return -ERR_AFNOSUPPORT;
    int error = ip_resolve_zone(s, &to, &nif);
    if (error == 0)
        error = nif == s->gone ? -ERR_NETDOWN
                               : ipv4_path(s, to.word[0], any ? 0 : source->word[0], nif, path);
    path->destination = to;
    return error;
}

enum { LONGEST = 65535, IPV6_HDR_LEN = 40 };

/* What `options` are is the family's: IPv4's, or IPv6's extension headers. */
static uint32_t header_len(uint32_t family, uint32_t options_len)
{
    return (family == ADDR_IPV6 ? IPV6_HDR_LEN : IPV4_MIN_HDR_LEN) + ((options_len + 3) & ~3u);
}

/* RFC 791 3.1: the header counts; RFC 8200 3: what is behind the first 40 octets. */
uint32_t ip_longest_payload(uint32_t family, uint32_t options_len)
{
    uint32_t header = header_len(family, options_len);
    return family == ADDR_IPV6 ? LONGEST - (header - IPV6_HDR_LEN) : LONGEST - header;
}

int ip_choose_fragmenting(const struct ip_pcb *pcb, const struct ip_path *path,
                          uint32_t options_len, uint32_t len, uint8_t *flags)
{
    bool fits = header_len(path->destination.family, options_len) + len <= path->mtu;
    if (pcb->fragmenting == IP_MAY_FRAGMENT)
        return 0;
    if (!fits)
        return pcb->fragmenting == IP_WHOLE_OR_NOT ? -ERR_MSGSIZE : 0;
    *flags |= IP_DONT_FRAGMENT;
    return 0;
}

struct netbuf *ip_buffer(struct stack *s, const struct ip_path *path, uint32_t options_len,
                         uint32_t len)
{
    (void)s;
    uint32_t family = path->destination.family;
    if ((family == ADDR_IPV4 && options_len > IPV4_MAX_OPTIONS_LEN) ||
        len > ip_longest_payload(family, options_len))
        return NULL;
    return netif_packet(path->nif, header_len(family, options_len), len);
}

static bool has_big_buffer(const struct stack *s)
{
    return s->pool[NETBUF_BIG].available > s->pool[NETBUF_BIG].reserve;
}

uint32_t ip_segments(struct stack *s, const struct ip_path *path, uint32_t header, uint32_t segment,
                     int64_t now_ns)
{
    const struct netif *nif = path->nif;
    uint32_t most = netif_cuts(nif), family = path->destination.family;
    if (most <= 1 || path->loopback || path->broadcast || path->multicast ||
        !neighbour_is_known(s, nif, &path->next_hop, now_ns) || !has_big_buffer(s))
        return 1;
    uint32_t headers = nif->headroom + header_len(family, 0) + header;
    uint32_t bytes =
        nif->offload.segment_bytes > headers ? nif->offload.segment_bytes - headers : 0;
    uint32_t longest = ip_longest_payload(family, 0) - header;
    uint32_t fit = (bytes < longest ? bytes : longest) / segment;
    if (fit > most)
        fit = most;
    return fit > 1 ? fit : 1;
}

int ip_output(struct stack *s, const struct ip_path *path, struct netbuf *nb,
              const struct ip_send *how, int64_t now_ns)
{
    return ipv4_output(s, path, nb, how, now_ns);
}

bool ip_is_local(struct stack *s, const struct ip_addr *a)
{
    return a->family == ADDR_IPV4 && ipv4_is_local(s, a->word[0]);
}

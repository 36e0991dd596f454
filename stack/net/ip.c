/* The two families behind one face, and the registry of protocols. IPv6 has its place here. */
#include "stack/net/ip.h"
#include "stack/net/ipv4.h"
#include "stack/wire/icmpv4.h"

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
    if (s->module[MODULE_IPV4])
        ipv4_of(s)->raw = raw;
}

void ip_set_icmp_error(struct stack *s, icmp_error_fn *fn)
{
    if (s->module[MODULE_IPV4])
        ipv4_of(s)->icmp_error = fn;
}

void ip_icmp_error(struct stack *s, const struct netbuf *nb, uint8_t type, uint8_t code,
                   uint32_t extra, int64_t now_ns)
{
    if (s->module[MODULE_IPV4] && ipv4_of(s)->icmp_error)
        ipv4_of(s)->icmp_error(s, nb, type, code, extra, now_ns);
}

void ip_port_unreachable(struct stack *s, const struct netbuf *nb, const struct ip_received *r,
                         int64_t now_ns)
{
    if (r->destination.family == ADDR_IPV4)
        ip_icmp_error(s, nb, ICMPV4_UNREACHABLE, ICMPV4_PORT_UNREACHABLE, 0, now_ns);
}

int ip_path(struct stack *s, const struct ip_addr *destination, const struct ip_addr *source,
            struct netif *nif, struct ip_path *path)
{
    bool any = !source || addr_is_any(source);
    if (!ip_speaks(s, destination->family) || (!any && source->family != destination->family))
        return -ERR_AFNOSUPPORT;
    int error = nif == s->gone
                    ? -ERR_NETDOWN
                    : ipv4_path(s, destination->word[0], any ? 0 : source->word[0], nif, path);
    path->destination = *destination;
    path->any_source = any;
    path->any_nif = !nif;
    path->generation = error < 0 ? 0 : s->path_generation;
    return error;
}

/* Is it what ip_path would find? */
static bool serves(const struct stack *s, const struct ip_path *path,
                   const struct ip_addr *destination, const struct ip_addr *source,
                   const struct netif *nif)
{
    bool any = !source || addr_is_any(source);
    return ip_path_valid(s, path) && addr_equal(&path->destination, destination) &&
           path->any_source == any && (any || addr_equal(&path->source, source)) &&
           path->any_nif == !nif && (!nif || path->nif == nif);
}

int ip_pcb_path(struct stack *s, struct ip_pcb *pcb, uint8_t protocol,
                const struct ip_addr *destination, const struct ip_addr *source,
                struct ip_path *path)
{
    struct ip_path *own = &pcb->path;
    if (!serves(s, own, destination, source, pcb->nif)) {
        int error = ip_path(s, destination, source, pcb->nif, own);
        if (error < 0)
            return error;
        ipv4_know_flow(s, own, protocol);
    }
    *path = *own;
    return 0;
}

enum { DATAGRAM_MAX = 65535 };

static uint32_t header_len(uint32_t options_len)
{
    return IPV4_MIN_HDR_LEN + ((options_len + 3) & ~3u);
}

int ip_choose_fragmenting(const struct ip_pcb *pcb, const struct ip_path *path,
                          uint32_t options_len, uint32_t len, uint8_t *flags)
{
    bool fits = header_len(options_len) + len <= path->mtu;
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
    uint32_t header = header_len(options_len);
    if (options_len > IPV4_MAX_OPTIONS_LEN || len > DATAGRAM_MAX - header)
        return NULL;
    return netif_packet(path->nif, header, len);
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

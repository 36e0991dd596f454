#include "stack/transport/udp_inside.h"
#include "stack/wire/ipproto.h"

bool transport_is_multicast(const struct ip_addr *a)
{
    return a->family == ADDR_IPV6 ? a->word[0] >> 24 == 0xff : ipv4_is_multicast(a->word[0]);
}

bool transport_is_broadcast(const struct stack *s, const struct ip_addr *a)
{
    if (a->family != ADDR_IPV4)
        return false;
    if (a->word[0] == 0xffffffff)
        return true;
    for (uint32_t i = 0; i < s->netifs; i++)
        for (uint32_t k = 0; k < NETIF_ADDRESSES; k++) {
            const struct netif_address *own = &s->netif[i].address[k];
            /* RFC 3021: a /31 has no broadcast address, and a /32 is one host. */
            if (own->addr.family == ADDR_IPV4 && own->prefix < 31 &&
                (s->netif[i].flags & NETIF_BROADCAST) &&
                a->word[0] == (own->addr.word[0] | ~ipv4_mask(own->prefix)))
                return true;
        }
    return false;
}

/* Could one datagram match both? */
static bool overlap(const struct udp_pcb *a, const struct udp_pcb *b, uint16_t port)
{
    if (a->local_port != port)
        return false;
    if (a->ip.nif && b->ip.nif && a->ip.nif != b->ip.nif)
        return false;
    return addr_is_any(&a->ip.local) || addr_is_any(&b->ip.local) ||
           addr_equal(&a->ip.local, &b->ip.local);
}

/* Two that both allow it may share a port; an ephemeral port is never shared. */
static bool port_taken(const struct udp_state *u, const struct udp_pcb *pcb, uint16_t port,
                       bool share)
{
    for (const struct udp_pcb *p = u->first; p; p = p->next)
        if (p != pcb && overlap(p, pcb, port) && !(share && p->reuse))
            return true;
    return false;
}

/*
 * RFC 6056 3.3.2, algorithm 2: each try is a fresh random port, so that the next port cannot be
 * told from the last. When the range is nearly full the tries run out, and the rest is walked from
 * a random place (algorithm 1), which finds the last free port. 0: none.
 */
static uint16_t ephemeral_port(struct stack *s, const struct udp_pcb *pcb)
{
    enum { TRIES = 32 };
    uint32_t first = (uint32_t)stack_knob(s, MODULE_UDP, UDP_KNOB_PORT_FIRST);
    uint32_t last = (uint32_t)stack_knob(s, MODULE_UDP, UDP_KNOB_PORT_LAST);
    uint32_t range = last >= first ? last - first + 1 : 1;
    uint32_t at = 0;
    for (int i = 0; i < TRIES; i++) {
        at = stack_random_below(s, RANDOM_PORT, range);
        if (!port_taken(udp_state(s), pcb, (uint16_t)(first + at), false))
            return (uint16_t)(first + at);
    }
    for (uint32_t i = 0; i < range; i++) {
        at = at + 1 < range ? at + 1 : 0;
        if (!port_taken(udp_state(s), pcb, (uint16_t)(first + at), false))
            return (uint16_t)(first + at);
    }
    return 0;
}

static bool is_bound(const struct udp_state *u, const struct udp_pcb *pcb)
{
    for (const struct udp_pcb *p = u->first; p; p = p->next)
        if (p == pcb)
            return true;
    return false;
}

int udp_bind(struct stack *s, struct udp_pcb *pcb)
{
    struct udp_state *u = udp_state(s);
    if (is_bound(u, pcb))
        return -ERR_INVAL;
    if (!addr_is_any(&pcb->ip.local) && !ip_is_local(s, &pcb->ip.local) &&
        !transport_is_multicast(&pcb->ip.local) && !transport_is_broadcast(s, &pcb->ip.local))
        return -ERR_ADDRNOTAVAIL;
    if (!pcb->local_port) {
        pcb->local_port = ephemeral_port(s, pcb);
        if (!pcb->local_port)
            return -ERR_ADDRINUSE;
    } else if (port_taken(u, pcb, pcb->local_port, pcb->reuse)) {
        return -ERR_ADDRINUSE;
    }
    pcb->next = u->first;
    u->first = pcb;
    return 0;
}

void udp_unbind(struct stack *s, struct udp_pcb *pcb)
{
    struct udp_state *u = udp_state(s);
    for (struct udp_pcb **link = &u->first; *link; link = &(*link)->next) {
        if (*link != pcb)
            continue;
        if (u->cursor == pcb)
            u->cursor = pcb->next;
        *link = pcb->next;
        pcb->next = NULL;
        pcb->local_port = 0;
        return;
    }
}

int udp_connect(struct stack *s, struct udp_pcb *pcb, const struct ip_addr *remote, uint16_t port)
{
    if (!remote) {
        pcb->ip.remote = (struct ip_addr){0};
        pcb->remote_port = 0;
        return 0;
    }
    struct ip_path path;
    int err = ip_path(s, remote, &pcb->ip.local, pcb->ip.nif, &path);
    if (err < 0)
        return err;
    if (path.broadcast && !(pcb->ip.ip_flags & IP_BROADCAST_OK))
        return -ERR_ACCES;
    if (!pcb->local_port && (err = udp_bind(s, pcb)) < 0)
        return err;
    /* RFC 1122 4.1.3.5: the address that the stack chose is told, and from now on is the only one
     * that datagrams may come to. */
    if (addr_is_any(&pcb->ip.local))
        pcb->ip.local = path.source;
    pcb->ip.remote = *remote;
    pcb->remote_port = port;
    pcb->ip.has_sent = false;
    return 0;
}

static size_t udp_state_size(const struct stack_limits *l)
{
    (void)l;
    return sizeof(struct udp_state);
}

static const struct ip_protocol udp_protocol = {
    .number = IP_PROTO_UDP,
    .module = MODULE_UDP,
    .input = udp_input,
    .error = udp_input_error,
    .sent = udp_sent,
};

static int udp_init(struct stack *s, void *state, int64_t now_ns)
{
    (void)state;
    (void)now_ns;
    return ip_register(s, &udp_protocol);
}

static bool busy(struct stack *s, void *state)
{
    (void)s;
    return ((struct udp_state *)state)->first != NULL;
}

static const struct knob knobs[] = {
    [UDP_KNOB_PORT_FIRST] = {"port_first", KNOB_NUMBER, 49152, 1024, 65535},
    [UDP_KNOB_PORT_LAST] = {"port_last", KNOB_NUMBER, 65535, 1024, 65535},
    [UDP_KNOB_REQUIRE_CHECKSUM] = {"require_checksum", KNOB_BOOL, 0, 0, 1},
};

static const char *const counters[] = {
    [UDP_IN] = "in",
    [UDP_OUT] = "out",
    [UDP_NO_CHECKSUM] = "in.no_checksum",
    [UDP_ERROR_IN] = "in.error",
    [UDP_DROP_SHORT] = "drop.short",
    [UDP_DROP_LENGTH_SMALL] = "drop.length_small",
    [UDP_DROP_LENGTH_LARGE] = "drop.length_large",
    [UDP_DROP_CHECKSUM] = "drop.checksum",
    [UDP_DROP_CHECKSUM_MISSING] = "drop.checksum_missing",
    [UDP_DROP_PORT_ZERO] = "drop.port_zero",
    [UDP_DROP_SOURCE] = "drop.source",
    [UDP_DROP_NO_PORT] = "drop.no_port",
    [UDP_DROP_NO_PORT_MULTI] = "drop.no_port_multi",
    [UDP_DROP_NO_BUFFER] = "drop.no_buffer",
    [UDP_DROP_ERROR_SHORT] = "drop.error_short",
    [UDP_DROP_ERROR_UNMATCHED] = "drop.error_unmatched",
};

const struct module udp_module = {
    .name = "udp",
    .id = MODULE_UDP,
    .state_size = udp_state_size,
    .init = udp_init,
    .knobs = knobs,
    .knob_count = sizeof knobs / sizeof *knobs,
    .counters = counters,
    .counter_count = sizeof counters / sizeof *counters,
    .busy = busy,
};

#include "stack/transport/udp_inside.h"
#include "stack/core/size.h"
#include "stack/wire/ipproto.h"

struct udp_pcb *udp_new(struct stack *s)
{
    return udp_state(s) ? pool_take(&udp_state(s)->pcbs) : NULL;
}

void udp_free(struct stack *s, struct udp_pcb *pcb)
{
    udp_unbind(s, pcb);
    pool_give(&udp_state(s)->pcbs, pcb);
}

int udp_bind(struct stack *s, struct udp_pcb *pcb)
{
    if (!udp_state(s))
        return -ERR_PROTONOSUPPORT;
    struct demux *t = &udp_state(s)->demux;
    struct port_pcb *end = &pcb->end;
    struct netif *nif = end->ip.nif;
    if (demux_is_in(end))
        return -ERR_INVAL;
    int err = ip_resolve_zone(s, &end->ip.local, &nif);
    if (err < 0)
        return err;
    end->to_many = udp_is_to_many(s, &end->ip.local);
    if (!addr_is_any(&end->ip.local) && !end->to_many && !ip_is_local(s, &end->ip.local))
        return -ERR_ADDRNOTAVAIL;
    if (!end->local_port)
        end->local_port =
            ephemeral_port(s, t, end, (uint32_t)stack_knob(s, MODULE_UDP, UDP_KNOB_PORT_FIRST),
                           (uint32_t)stack_knob(s, MODULE_UDP, UDP_KNOB_PORT_LAST));
    else if (demux_port_taken(t, end, end->local_port, end->reuse))
        return -ERR_ADDRINUSE;
    if (!end->local_port)
        return -ERR_ADDRINUSE;
    end->open = true;
    demux_enter(t, end);
    return 0;
}

void udp_unbind(struct stack *s, struct udp_pcb *pcb)
{
    if (!demux_is_in(&pcb->end))
        return;
    demux_leave(&udp_state(s)->demux, &pcb->end);
    pcb->end.local_port = 0;
}

void udp_set_local(struct stack *s, struct udp_pcb *pcb, const struct ip_addr *local)
{
    struct port_pcb *end = &pcb->end;
    end->to_many = udp_is_to_many(s, local);
    demux_set_ends(&udp_state(s)->demux, end, *local, end->ip.remote, end->remote_port);
}

int udp_connect(struct stack *s, struct udp_pcb *pcb, const struct ip_addr *remote, uint16_t port)
{
    if (!udp_state(s))
        return -ERR_PROTONOSUPPORT;
    struct demux *t = &udp_state(s)->demux;
    struct port_pcb *end = &pcb->end;
    if (!remote) {
        demux_set_ends(t, end, end->ip.local, (struct ip_addr){0}, 0);
        return 0;
    }
    struct ip_path path;
    struct ip_addr hop = udp_first_hop(pcb, remote);
    int err = ip_path(s, &hop, udp_source_wish(pcb), end->ip.nif, &path);
    if (err < 0)
        return err;
    if (path.broadcast && !(end->ip.ip_flags & IP_BROADCAST_OK))
        return -ERR_ACCES;
    if (!end->local_port && (err = udp_bind(s, pcb)) < 0)
        return err;
    /* RFC 1122 4.1.3.5: the address that the stack chose is told, and from now on is the only one
     * that datagrams may come to. */
    struct ip_addr local = addr_is_any(&end->ip.local) ? path.source : end->ip.local;
    demux_set_ends(t, end, local, addr_equal(&hop, remote) ? path.destination : *remote, port);
    end->ip.has_sent = false;
    return 0;
}

/* --- the module --- */

static size_t udp_pool_at(void)
{
    return size_rounded(sizeof(struct udp_state), POOL_ALIGN);
}

/* The services bring blocks of their own: some more buckets than the pool has blocks. */
static uint32_t blocks(const struct stack_limits *l)
{
    return (uint32_t)l->udp_pcbs + l->dns_queries + l->netifs;
}

static size_t udp_state_size(const struct stack_limits *l)
{
    return size_add(size_add(udp_pool_at(), pool_bytes(l->udp_pcbs, sizeof(struct udp_pcb))),
                    demux_bytes(blocks(l)));
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
    (void)now_ns;
    _Static_assert(offsetof(struct udp_pcb, end) == 0 && offsetof(struct port_pcb, ip) == 0,
                   "a block begins with its end, and an end with what IP has of it");
    _Static_assert(sizeof(void *) > 8 || (sizeof(struct udp_pcb) <= 3 * POOL_ALIGN &&
                                          offsetof(struct udp_pcb, error) <= 2 * POOL_ALIGN),
                   "a block is three of the cache's lines, of which a datagram reads two");
    struct udp_state *u = state;
    const struct stack_limits *l = &s->config.limits;
    uint8_t *pool = (uint8_t *)state + udp_pool_at();
    pool_init(&u->pcbs, pool, l->udp_pcbs, sizeof(struct udp_pcb));
    demux_init(s, &u->demux, pool + pool_bytes(l->udp_pcbs, sizeof(struct udp_pcb)), blocks(l));
    return ip_register(s, &udp_protocol);
}

static void on_netif(struct stack *s, void *state, struct netif *nif, enum netif_event event,
                     int64_t now_ns)
{
    (void)now_ns;
    if (event == NETIF_EVENT_GONE)
        demux_netif_gone(s, &((struct udp_state *)state)->demux, nif);
}

static bool busy(struct stack *s, void *state)
{
    (void)s;
    return ((struct udp_state *)state)->demux.entered > 0;
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
    .netif = on_netif,
    .knobs = knobs,
    .knob_count = sizeof knobs / sizeof *knobs,
    .counters = counters,
    .counter_count = sizeof counters / sizeof *counters,
    .busy = busy,
};

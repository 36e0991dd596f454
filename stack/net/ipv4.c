/* IPv4 as a module: what addresses mean, groups, knobs and counters. */
#include "stack/net/ipv4.h"
#include "stack/core/neighbour.h"
#include "stack/net/net.h"
#include "stack/wire/ethernet.h"

#define ALL_HOSTS 0xe0000001u /* 224.0.0.1, RFC 1112 4 */

void ipv4_drop(struct stack *s, struct netbuf *nb, enum ipv4_counter why)
{
    stack_drop(s, nb, MODULE_IPV4, why);
}

/* --- the module --- */

static size_t state_size(const struct stack_limits *l)
{
    (void)l;
    return sizeof(struct ipv4);
}

static int init(struct stack *s, void *state, int64_t now_ns)
{
    struct ipv4 *ip = state;
    (void)now_ns;
    struct link_protocol protocol = {
        .ethertype = ETHERNET_TYPE_IPV4, .module = MODULE_IPV4, .input = ipv4_input};
    stack_random(s, RANDOM_IP_ID, ip->id_key, sizeof ip->id_key);
    neighbour_on_unsent(s, ADDR_IPV4, ip_unsent);
    return link_register(s, &protocol);
}

/* RFC 1122 3.3.7: the all-hosts group is joined at once, and never left while the interface is up.
 */
static void on_netif(struct stack *s, void *state, struct netif *nif, enum netif_event event,
                     int64_t now_ns)
{
    (void)state;
    struct ip_addr all_hosts = addr_ipv4(ALL_HOSTS);
    if (event == NETIF_EVENT_UP)
        ip_join(s, nif, &all_hosts, now_ns);
    else if (event == NETIF_EVENT_DOWN)
        ip_leave(s, nif, &all_hosts, now_ns);
}

/* While anything above still has use for datagrams, or parts of one wait for the rest. */
static bool busy(struct stack *s, void *state)
{
    (void)state;
    for (int i = 0; i < IP_PROTOCOLS; i++)
        if (s->ip_protocol[i] && module_busy(s, s->ip_protocol[i]->module))
            return true;
    return module_busy(s, MODULE_RAW) || module_busy(s, MODULE_REASSEMBLY);
}

static const struct knob knobs[IPV4_KNOBS] = {
    [IPV4_KNOB_TTL] = {"ttl", KNOB_NUMBER, 64, 1, 255},                    /* RFC 1122 3.2.1.7 */
    [IPV4_KNOB_MULTICAST_TTL] = {"multicast_ttl", KNOB_NUMBER, 1, 1, 255}, /* RFC 1112 6.1 */
    [IPV4_KNOB_STRONG_HOST] = {"strong_host", KNOB_BOOL, 0, 0, 1},         /* RFC 1122 3.3.4.2 */
    [IPV4_KNOB_SOURCE_ROUTE] =
        {"source_route", KNOB_BOOL, 1, 0,
         1}, /* RFC 1122 3.2.1.8 (c): be its end; RFC 7126 lets policy refuse */
    [IPV4_KNOB_BROADCAST_ZERO] = {"broadcast_zero", KNOB_BOOL, 1, 0, 1},
};

static const char *const counters[IPV4_COUNTERS] = {
    [IPV4_DROP_SHORT] = "drop.short",
    [IPV4_DROP_VERSION] = "drop.version",
    [IPV4_DROP_IHL] = "drop.ihl",
    [IPV4_DROP_HEADER_BEYOND] = "drop.header_beyond_frame",
    [IPV4_DROP_LENGTH_BELOW_HEADER] = "drop.length_below_header",
    [IPV4_DROP_LENGTH_BEYOND] = "drop.length_beyond_frame",
    [IPV4_DROP_CHECKSUM] = "drop.checksum",
    [IPV4_DROP_LINK_BROADCAST] = "drop.link_broadcast",
    [IPV4_DROP_LINK_MULTICAST] = "drop.link_multicast",
    [IPV4_DROP_SOURCE_MULTICAST] = "drop.source_multicast",
    [IPV4_DROP_SOURCE_CLASS_E] = "drop.source_class_e",
    [IPV4_DROP_SOURCE_LOOPBACK] = "drop.source_loopback",
    [IPV4_DROP_SOURCE_ZERO] = "drop.source_zero",
    [IPV4_DROP_SOURCE_BROADCAST] = "drop.source_broadcast",
    [IPV4_DROP_SOURCE_OWN] = "drop.source_own",
    [IPV4_DROP_DESTINATION_LOOPBACK] = "drop.destination_loopback",
    [IPV4_DROP_GROUP_NOT_JOINED] = "drop.group_not_joined",
    [IPV4_DROP_NOT_OURS] = "drop.not_ours",
    [IPV4_DROP_WRONG_INTERFACE] = "drop.wrong_interface",
    [IPV4_DROP_BAD_OPTION] = "drop.bad_option",
    [IPV4_DROP_SOURCE_ROUTED] = "drop.source_routed",
    [IPV4_DROP_SOURCE_ROUTE_OFF] = "drop.source_route_off",
    [IPV4_DROP_NO_REASSEMBLY] = "drop.no_reassembly",
    [IPV4_DROP_NO_PROTOCOL] = "drop.no_protocol",
    [IPV4_DROP_BROADCAST_REFUSED] = "drop.broadcast_refused",
    [IPV4_DROP_TOO_LONG] = "drop.too_long",
    [IPV4_DROP_DONT_FRAGMENT] = "drop.dont_fragment",
    [IPV4_DROP_FRAGMENT_NO_BUFFER] = "drop.fragment_no_buffer",
    [IPV4_DROP_NO_HEADROOM] = "drop.no_headroom",
    [IPV4_DROP_BAD_OWN_HEADER] = "drop.bad_own_header",
    [IPV4_DROP_NO_LINK_LAYER] = "drop.no_link_layer",
    [IPV4_RECEIVED] = "received",
    [IPV4_DELIVERED] = "delivered",
    [IPV4_SENT] = "sent",
    [IPV4_FRAGMENTED] = "fragmented",
    [IPV4_FRAGMENTS_SENT] = "fragments_sent",
};

const struct module ipv4_module = {
    .name = "ipv4",
    .id = MODULE_IPV4,
    .state_size = state_size,
    .init = init,
    .netif = on_netif,
    .knobs = knobs,
    .knob_count = IPV4_KNOBS,
    .counters = counters,
    .counter_count = IPV4_COUNTERS,
    .busy = busy,
};

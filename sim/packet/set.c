/* The built-in layers, and which number means which. */
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>
#include "sim/packet/layer.h"

static const struct layer *const builtin[] = {
    &layer_eth, &layer_vlan, &layer_arp,  &layer_ip,  &layer_ip6, &layer_icmp, &layer_icmp6,
    &layer_udp, &layer_tcp,  &layer_dhcp, &layer_dns, &layer_ntp, &layer_data, &layer_raw,
};

enum { PORT_DNS = 53, PORT_DHCP_SERVER = 67, PORT_DHCP_CLIENT = 68, PORT_NTP = 123 };

static const struct binding builtin_binding[] = {
    {"eth", ETHERTYPE_IP, &layer_ip},       {"eth", ETHERTYPE_ARP, &layer_arp},
    {"eth", ETHERTYPE_IPV6, &layer_ip6},    {"eth", ETHERTYPE_VLAN, &layer_vlan},
    {"vlan", ETHERTYPE_IP, &layer_ip},      {"vlan", ETHERTYPE_ARP, &layer_arp},
    {"vlan", ETHERTYPE_IPV6, &layer_ip6},   {"ip", IPPROTO_ICMP, &layer_icmp},
    {"ip", IPPROTO_TCP, &layer_tcp},        {"ip", IPPROTO_UDP, &layer_udp},
    {"ip", IPPROTO_IPIP, &layer_ip},        {"ip6", IPPROTO_ICMPV6, &layer_icmp6},
    {"ip6", IPPROTO_TCP, &layer_tcp},       {"ip6", IPPROTO_UDP, &layer_udp},
    {"udp", PORT_DNS, &layer_dns},          {"udp", PORT_DHCP_SERVER, &layer_dhcp},
    {"udp", PORT_DHCP_CLIENT, &layer_dhcp}, {"udp", PORT_NTP, &layer_ntp},
};

struct layer_set *layer_set_new(struct pool *pool)
{
    struct layer_set *set = pool_alloc(pool, sizeof *set);
    set->pool = pool;
    for (uint32_t i = 0; i < COUNT(builtin); i++) {
        set->layer = pool_grow(pool, set->layer, set->layers, sizeof *set->layer);
        set->layer[set->layers++] = builtin[i];
    }
    for (uint32_t i = 0; i < COUNT(builtin_binding); i++) {
        set->binding = pool_grow(pool, set->binding, set->bindings, sizeof *set->binding);
        set->binding[set->bindings++] = builtin_binding[i];
    }
    return set;
}

/* For callers that have no script: what they may do with it is read. */
const struct layer_set *layer_set_builtin(void)
{
    static const struct layer_set set = {
        .layer = (const struct layer **)(uintptr_t)builtin,
        .layers = COUNT(builtin),
        .binding = (struct binding *)(uintptr_t)builtin_binding,
        .bindings = COUNT(builtin_binding),
    };
    return &set;
}

const struct layer *layer_named(const struct layer_set *set, const char *name)
{
    for (uint32_t i = 0; i < set->layers; i++)
        if (!strcmp(set->layer[i]->name, name))
            return set->layer[i];
    return !strcmp(name, "ipv4") ? &layer_ip : !strcmp(name, "ipv6") ? &layer_ip6 : NULL;
}

/* Later bindings win: a script's format may take a number that a built-in layer has. */
const struct layer *layer_bound(const struct layer_set *set, const struct layer *lower,
                                uint32_t number)
{
    for (uint32_t i = set->bindings; i-- > 0;)
        if (set->binding[i].number == number && !strcmp(set->binding[i].lower, lower->name))
            return set->binding[i].upper;
    return NULL;
}

bool layer_number(const struct layer_set *set, const struct layer *lower, const struct layer *upper,
                  uint32_t *number)
{
    for (uint32_t i = 0; i < set->bindings; i++)
        if (set->binding[i].upper == upper && !strcmp(set->binding[i].lower, lower->name)) {
            *number = set->binding[i].number;
            return true;
        }
    return false;
}

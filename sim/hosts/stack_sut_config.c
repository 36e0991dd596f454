/* Configuration calls: what a user of the stack does with ifconfig and route. */
#include "sim/hosts/stack_sut.h"
#include <stdio.h>
#include <string.h>
#include "stack/core/module.h"

static int64_t now_of(struct stack_sut *u)
{
    return u->env->now(u->env->self);
}

const char *stack_argument_text(const struct value *v)
{
    if (v->kind == VALUE_BYTES)
        return (const char *)v->bytes; /* a script's strings end with a NUL */
    return v->kind == VALUE_NAME ? v->text : "";
}

bool stack_argument_address(const struct value *v, struct ip_addr *out)
{
    unsigned a, b, c, d;
    char rest;
    if (v->kind == VALUE_IPV4 || v->kind == VALUE_ENDPOINT || v->kind == VALUE_PREFIX) {
        *out = addr_ipv4((uint32_t)v->number);
        return true;
    }
    if (v->kind != VALUE_BYTES ||
        sscanf((const char *)v->bytes, "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &rest) != 4)
        return false;
    *out = addr_ipv4(a << 24 | b << 16 | c << 8 | d);
    return a < 256 && b < 256 && c < 256 && d < 256;
}

static struct netif *interface(struct stack_sut *u, const struct value *v)
{
    return stack_netif(u->stack, stack_argument_text(v));
}

/* ifconfig(ifname, address/prefix [, check]): with `check` 1 the address is probed first (RFC
 * 5227). */
static int64_t call_ifconfig(struct stack_sut *u, uint64_t token, const struct value *argv,
                             int argc, struct value *out)
{
    (void)token, (void)out;
    struct netif *nif = interface(u, &argv[0]);
    struct ip_addr a;
    if (!nif || argv[1].kind != VALUE_PREFIX || !stack_argument_address(&argv[1], &a))
        return -ERR_INVAL;
    bool check = argc > 2 && argv[2].number != 0;
    return netif_add_address(nif, &a, (unsigned)argv[1].prefix, check, now_of(u));
}

static int64_t call_ifdelete(struct stack_sut *u, uint64_t token, const struct value *argv,
                             int argc, struct value *out)
{
    (void)token, (void)out, (void)argc;
    struct netif *nif = interface(u, &argv[0]);
    struct ip_addr a;
    if (!nif || !stack_argument_address(&argv[1], &a))
        return -ERR_INVAL;
    return netif_remove_address(nif, &a, now_of(u));
}

/* route(net/prefix, gateway | 0 [, ifname]) */
static int64_t call_route(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                          struct value *out)
{
    (void)token, (void)out;
    struct ip_addr net, gateway;
    if (argv[0].kind != VALUE_PREFIX || !stack_argument_address(&argv[0], &net))
        return -ERR_INVAL;
    bool via = stack_argument_address(&argv[1], &gateway);
    struct netif *nif = argc > 2 ? interface(u, &argv[2]) : NULL;
    return route_add(u->stack, &net, (unsigned)argv[0].prefix, via ? &gateway : NULL, nif);
}

static int64_t call_unroute(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                            struct value *out)
{
    (void)token, (void)out, (void)argc;
    struct ip_addr net, gateway;
    if (argv[0].kind != VALUE_PREFIX || !stack_argument_address(&argv[0], &net))
        return -ERR_INVAL;
    bool via = stack_argument_address(&argv[1], &gateway);
    return route_remove(u->stack, &net, (unsigned)argv[0].prefix, via ? &gateway : NULL, NULL);
}

static int64_t call_neighbour(struct stack_sut *u, uint64_t token, const struct value *argv,
                              int argc, struct value *out)
{
    (void)token, (void)out, (void)argc;
    struct netif *nif = interface(u, &argv[0]);
    struct ip_addr a;
    if (!nif || !stack_argument_address(&argv[1], &a) || argv[2].kind != VALUE_MAC)
        return -ERR_INVAL;
    return neighbour_add(nif, &a, argv[2].bytes, now_of(u));
}

static int64_t call_up(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                       struct value *out)
{
    (void)token, (void)out, (void)argc;
    struct netif *nif = interface(u, &argv[0]);
    return nif ? netif_up(nif, now_of(u)) : -ERR_NODEV;
}

static int64_t call_down(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                         struct value *out)
{
    (void)token, (void)out, (void)argc;
    struct netif *nif = interface(u, &argv[0]);
    return nif ? netif_down(nif, now_of(u)) : -ERR_NODEV;
}

/* ifmtu(ifname, octets) */
static int64_t call_ifmtu(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                          struct value *out)
{
    (void)token, (void)out, (void)argc;
    struct netif *nif = interface(u, &argv[0]);
    return nif ? netif_set_mtu(nif, (unsigned)argv[1].number) : -ERR_NODEV;
}

/* ifflags(ifname, "promisc"|"allmulti"|"arp"|"broadcast"|"point_to_point", 0|1) */
static int64_t call_ifflags(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                            struct value *out)
{
    static const struct {
        const char *name;
        uint32_t flag;
    } flags[] = {{"promisc", NETIF_PROMISCUOUS},
                 {"allmulti", NETIF_ALL_MULTICAST},
                 {"arp", NETIF_ARP},
                 {"broadcast", NETIF_BROADCAST},
                 {"point_to_point", NETIF_POINT_TO_POINT}};
    (void)token, (void)out, (void)argc;
    struct netif *nif = interface(u, &argv[0]);
    if (!nif)
        return -ERR_NODEV;
    for (size_t f = 0; f < sizeof flags / sizeof flags[0]; f++)
        if (strcmp(flags[f].name, stack_argument_text(&argv[1])) == 0)
            return netif_set_flags(nif, argv[2].number ? flags[f].flag : 0,
                                   argv[2].number ? 0 : flags[f].flag, now_of(u));
    return -ERR_INVAL;
}

/* Joins (or leaves) a link-layer group. */
static int64_t call_join(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                         struct value *out)
{
    (void)token, (void)out, (void)argc;
    struct netif *nif = interface(u, &argv[0]);
    return nif && argv[1].kind == VALUE_MAC ? netif_join(nif, argv[1].bytes) : -ERR_INVAL;
}

static int64_t call_leave(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                          struct value *out)
{
    (void)token, (void)out, (void)argc;
    struct netif *nif = interface(u, &argv[0]);
    return nif && argv[1].kind == VALUE_MAC ? netif_leave(nif, argv[1].bytes) : -ERR_INVAL;
}

static int64_t call_set(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                        struct value *out)
{
    (void)token, (void)out, (void)argc;
    const char *knob = stack_argument_text(&argv[0]);
    int64_t number = argv[1].number,
            second = stack_sut_knob_is_time(knob) && argv[1].kind == VALUE_NUMBER
                         ? INT64_C(1000000000)
                         : 1;
    if (__builtin_mul_overflow(number, second, &number)) /* a bare number counts seconds */
        return -ERR_INVAL;
    return stack_knob_set(u->stack, knob, number);
}

/* fail_allocation(n): the nth buffer that the stack asks for from now on is refused; 0 takes that
 * back. */
static int64_t call_fail_allocation(struct stack_sut *u, uint64_t token, const struct value *argv,
                                    int argc, struct value *out)
{
    (void)token, (void)out, (void)argc;
    u->stack->fail_allocation = (uint64_t)argv[0].number;
    return 0;
}

/* tcp_drop("TIME-WAIT"): how many connections in that state were dropped. */
static int64_t call_drop(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                         struct value *out)
{
    (void)token, (void)argc, (void)out;
    if (strcmp(stack_argument_text(&argv[0]), "TIME-WAIT") != 0)
        return SUT_UNKNOWN;
    return socket_end_time_wait(u->stack, now_of(u));
}

/* The interface's driver is one of ours: what follows goes by the size of its rings and buffers.
 * Over somebody else's there is no such call (driver_plugin.c). */
static int64_t call_own_driver(struct stack_sut *u, uint64_t token, const struct value *argv,
                               int argc, struct value *out)
{
    (void)token, (void)argc, (void)out;
    return interface(u, &argv[0]) ? 0 : -ERR_NODEV;
}

const struct stack_call_entry stack_config_calls[] = {
    {"ifconfig", call_ifconfig, 2},
    {"ifdelete", call_ifdelete, 2},
    {"route", call_route, 2},
    {"unroute", call_unroute, 2},
    {"neighbour", call_neighbour, 3},
    {"ifup", call_up, 1},
    {"ifdown", call_down, 1},
    {"ifflags", call_ifflags, 3},
    {"ifmtu", call_ifmtu, 2},
    {"own_driver", call_own_driver, 1},
    {"join", call_join, 2},
    {"leave", call_leave, 2},
    {"set", call_set, 2},
    {"fail_allocation", call_fail_allocation, 1},
    {"tcp_drop", call_drop, 1},
    {NULL, NULL, 0},
};

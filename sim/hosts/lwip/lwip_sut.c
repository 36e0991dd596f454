/*
 * Debian's lwIP 2.1 as the stack under test: a second stack, that nobody here wrote, to try
 * scenarios on. Its raw API is called from the one thread that there is; it takes the time from our
 * sys_now and random numbers from the C library's rand, which is seeded from the run. It has
 * globals, so it is loaded anew for each case. Debian builds it without DHCP and DNS.
 *
 * This is a plug-in like any other, in wiredrill-lwip.so: linked into the program, its functions
 * would meet stack/'s of the same names (udp_input, raw_send, ...).
 */
#include "sim/hosts/lwip/lwip_sut.h"

#include <errno.h>
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/sys.h>
#include <lwip/tcpip.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>
#include <stdlib.h>
#include <string.h>

enum { NS_PER_MS = 1000000 };

#define HOUR (INT64_C(3600) * 1000 * NS_PER_MS)

/* The library asks for the time without saying who wants to know. */
static const struct sut_env *the_env;

u32_t sys_now(void)
{
    return the_env ? (u32_t)(the_env->now(the_env->self) / NS_PER_MS) : 0;
}

/*
 * lwIP queues what it sends to itself, and asks its own thread to take it in. We have none: it is
 * taken in by the next poll, which follows every call, frame and deadline. The loader finds this
 * one before the library's.
 */
err_t tcpip_try_callback(tcpip_callback_fn function, void *ctx)
{
    (void)function, (void)ctx;
    return ERR_OK;
}

/* --- frames --- */

static err_t transmit(struct netif *netif, struct pbuf *p)
{
    struct lwip_sut *u = netif->state;
    pbuf_copy_partial(p, u->frame, p->tot_len, 0); /* a pbuf chain is at most 65535 bytes */
    u->active_ns = u->env->now(u->env->self);
    if (!u->mute)
        u->env->transmit(u->env->self, (int)(netif - u->netif), u->frame, p->tot_len);
    return ERR_OK;
}

static uint8_t *permanent(struct lwip_sut *u, u32_t ip)
{
    for (int k = 0; k < u->neighbours; k++)
        if (u->neighbour[k].ip == ip)
            return u->neighbour[k].mac;
    return NULL;
}

/* Debian builds lwIP without entries that stay in its ARP cache; whoever the script calls a
 * neighbour is known here, and ARP has all others. */
static err_t output(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
    bool on_link = ip4_addr_netcmp(to, netif_ip4_addr(netif), netif_ip4_netmask(netif)) ||
                   ip4_addr_islinklocal(to);
    const struct eth_addr *mac =
        (const void *)permanent(netif->state, on_link ? to->addr : netif_ip4_gw(netif)->addr);
    bool group = ip4_addr_ismulticast(to) || ip4_addr_isbroadcast(to, netif);
    if (!mac || group)
        return etharp_output(netif, p, to);
    return ethernet_output(netif, p, (const struct eth_addr *)(const void *)netif->hwaddr, mac,
                           ETHTYPE_IP);
}

static err_t init_netif(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 't';
    netif->output = output;
    netif->linkoutput = transmit;
    netif->hwaddr_len = ETH_HWADDR_LEN;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP;
    return ERR_OK;
}

static void lwip_input(void *s, int port, const void *frame, size_t len)
{
    struct lwip_sut *u = s;
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_RAM);
    u->active_ns = u->env->now(u->env->self);
    if (!p)
        return;
    pbuf_take(p, frame, (u16_t)len);
    if (u->netif[port].input(p, &u->netif[port]) != ERR_OK)
        pbuf_free(p);
}

/* --- the plug --- */

static void *lwip_open(const struct sut_env *env)
{
    unsigned seed;
    struct lwip_sut *u = calloc(1, sizeof *u);
    if (!u || the_env) {
        free(u);
        return NULL; /* it has globals: no second instance */
    }
    the_env = env;
    u->env = env;
    env->random(env->self, 0, &seed, sizeof seed);
    srand(seed);
    lwip_init();
    return u;
}

static int lwip_attach(void *s, int port, const char *ifname, const uint8_t mac[6], int mtu,
                       const struct bus *b)
{
    struct lwip_sut *u = s;
    (void)b;
    if (port >= LWIP_PORTS)
        return -ENOBUFS;
    struct netif *netif = &u->netif[port];
    u->mute = true;
    if (!netif_add(netif, NULL, NULL, NULL, u, init_netif, ethernet_input))
        return -ENOMEM;
    memcpy(netif->hwaddr, mac, ETH_HWADDR_LEN);
    netif->mtu = (u16_t)mtu;
    snprintf(u->name[port], sizeof u->name[port], "%s", ifname);
    if (port == 0)
        netif_set_default(netif);
    netif_set_up(netif);
    netif_set_link_up(netif);
    u->mute = false;
    u->ports = port + 1;
    return 0;
}

static void lwip_carrier(void *s, int port, bool up)
{
    struct lwip_sut *u = s;
    if (up)
        netif_set_link_up(&u->netif[port]);
    else
        netif_set_link_down(&u->netif[port]);
}

/*
 * lwIP's timers tick for ever, and a run that waits for something that never comes would, too.
 * After an hour in which nothing came or went its caches are empty (an ARP entry lives five
 * minutes, a reassembly 15 seconds), so a tick changes nothing until something happens.
 */
static void lwip_poll(void *s)
{
    struct lwip_sut *u = s;
    int64_t now_ns = u->env->now(u->env->self);
    sys_check_timeouts();
    for (int p = 0; p < u->ports; p++)
        netif_poll(&u->netif[p]);
    int64_t due_ns = lwip_pings_poll(u, now_ns);
    u32_t sleep_ms = sys_timeouts_sleeptime();
    if (sleep_ms != SYS_TIMEOUTS_SLEEPTIME_INFINITE && now_ns - u->active_ns < HOUR) {
        int64_t timer_ns = (now_ns / NS_PER_MS + sleep_ms) * NS_PER_MS;
        due_ns = timer_ns < due_ns ? timer_ns : due_ns;
    }
    u->env->due(u->env->self, due_ns);
}

static void lwip_close(void *s)
{
    struct lwip_sut *u = s;
    u->mute = true;
    lwip_sockets_close(u);
    for (int p = 0; p < u->ports; p++)
        netif_remove(&u->netif[p]);
    free(u);
}

/* --- configuration --- */

int64_t lwip_error(err_t e)
{
    switch (e) {
    case ERR_OK:
        return 0;
    case ERR_MEM:
    case ERR_BUF:
        return -ENOBUFS;
    case ERR_RTE:
        return -ENETUNREACH;
    case ERR_USE:
        return -EADDRINUSE;
    case ERR_ISCONN:
        return -EISCONN;
    case ERR_CONN:
        return -ENOTCONN;
    case ERR_IF:
        return -ENETDOWN;
    default:
        return -EINVAL;
    }
}

bool lwip_address(const struct value *v, ip_addr_t *out)
{
    if (v->kind == VALUE_IPV4 || v->kind == VALUE_ENDPOINT || v->kind == VALUE_PREFIX) {
        ip_addr_set_ip4_u32(out, lwip_htonl((u32_t)v->number));
        return true;
    }
    return v->kind == VALUE_BYTES && ipaddr_aton((const char *)v->bytes, out) && IP_IS_V4(out);
}

static struct netif *interface(struct lwip_sut *u, const struct value *v)
{
    const char *name = v->kind == VALUE_BYTES  ? (const char *)v->bytes
                       : v->kind == VALUE_NAME ? v->text
                                               : "";
    for (int p = 0; p < u->ports; p++)
        if (strcmp(u->name[p], name) == 0)
            return &u->netif[p];
    return NULL;
}

/* An announcement at bring-up is not on the wire yet: calls before time 0 have no token. */
static int64_t call_ifconfig(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                             struct value *out)
{
    (void)out;
    struct netif *netif = interface(u, &argv[0]);
    if (argc > 2 && argv[2].number)
        return SUT_UNKNOWN; /* lwIP 2.1 does not probe an address (RFC 5227) */
    if (!netif || argv[1].kind != VALUE_PREFIX)
        return -EINVAL;
    if (!ip4_addr_isany_val(*netif_ip4_addr(netif)))
        return SUT_UNKNOWN; /* an interface of lwIP's has one address */
    uint32_t bits = argv[1].prefix ? UINT32_MAX << (32 - argv[1].prefix) : 0;
    ip4_addr_t address = {lwip_htonl((u32_t)argv[1].number)}, mask = {lwip_htonl(bits)};
    u->mute = token == 0;
    netif_set_addr(netif, &address, &mask, netif_ip4_gw(netif));
    u->mute = false;
    return 0;
}

static int64_t call_neighbour(struct lwip_sut *u, uint64_t token, const struct value *argv,
                              int argc, struct value *out)
{
    (void)token, (void)argc, (void)out;
    ip_addr_t ip;
    if (!interface(u, &argv[0]) || !lwip_address(&argv[1], &ip) || argv[2].kind != VALUE_MAC)
        return -EINVAL;
    uint8_t *mac = permanent(u, ip_addr_get_ip4_u32(&ip));
    if (!mac && u->neighbours == LWIP_NEIGHBOURS)
        return -ENOBUFS;
    if (!mac) {
        u->neighbour[u->neighbours].ip = ip_addr_get_ip4_u32(&ip);
        mac = u->neighbour[u->neighbours++].mac;
    }
    memcpy(mac, argv[2].bytes, ETH_HWADDR_LEN);
    return 0;
}

/* An interface has one gateway and there are no other routes. */
static int64_t call_route(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                          struct value *out)
{
    (void)token, (void)out;
    ip_addr_t gateway;
    struct netif *netif = argc > 2 ? interface(u, &argv[2]) : &u->netif[0];
    if (argv[0].kind != VALUE_PREFIX || argv[0].prefix != 0 || !lwip_address(&argv[1], &gateway))
        return SUT_UNKNOWN;
    if (!netif)
        return -EINVAL;
    if (!ip4_addr_isany_val(*netif_ip4_gw(netif)))
        return SUT_UNKNOWN; /* a second one would only take the first one's place */
    netif_set_gw(netif, ip_2_ip4(&gateway));
    netif_set_default(netif);
    return 0;
}

static int64_t call_ifup(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                         struct value *out)
{
    (void)token, (void)argc, (void)out;
    struct netif *netif = interface(u, &argv[0]);
    if (netif)
        netif_set_up(netif);
    return netif ? 0 : -ENODEV;
}

static int64_t call_ifdown(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                           struct value *out)
{
    (void)token, (void)argc, (void)out;
    struct netif *netif = interface(u, &argv[0]);
    if (netif)
        netif_set_down(netif);
    return netif ? 0 : -ENODEV;
}

static const struct lwip_call_entry config_calls[] = {
    {"ifconfig", call_ifconfig, 2}, {"route", call_route, 2},   {"neighbour", call_neighbour, 3},
    {"ifup", call_ifup, 1},         {"ifdown", call_ifdown, 1}, {NULL, NULL, 0},
};

static int64_t lwip_calls(void *s, uint64_t token, const char *name, const struct value *argv,
                          int argc, struct value *out)
{
    struct lwip_sut *u = s;
    static const struct lwip_call_entry *const tables[] = {
        config_calls, lwip_tcp_calls, lwip_tcp_option_calls, lwip_socket_calls, lwip_service_calls};
    int64_t result = SUT_UNKNOWN;
    bool stream = argc > 0 && lwip_stream_of(u, &argv[0]) != NULL;
    u->active_ns = u->env->now(u->env->self);
    for (size_t t = 0; t < sizeof tables / sizeof tables[0] && result == SUT_UNKNOWN; t++)
        for (const struct lwip_call_entry *e = tables[t]; e->name && result == SUT_UNKNOWN; e++)
            if (strcmp(e->name, name) == 0 && !(stream && tables[t] == lwip_socket_calls))
                result = argc < e->least ? -EINVAL : e->call(s, token, argv, argc, out);
    return result;
}

void lwip_done(struct lwip_sut *u, uint64_t token, int64_t result, const struct value *out)
{
    u->env->done(u->env->self, token, result, out, LWIP_OUTS);
}

static int prefix_of(u32_t mask)
{
    int bits = 0;
    for (uint32_t m = lwip_ntohl(mask); m & 0x80000000u; m <<= 1)
        bits++;
    return bits;
}

static int lwip_query(void *s, const char *what, struct value *out)
{
    struct lwip_sut *u = s;
    *out = (struct value){.kind = VALUE_NONE};
    for (int p = 0; strncmp(what, "ifaddr ", 7) == 0 && p < u->ports; p++) {
        if (strcmp(u->name[p], what + 7) != 0)
            continue;
        const ip4_addr_t *address = netif_ip4_addr(&u->netif[p]);
        if (!ip4_addr_isany_val(*address))
            *out = (struct value){.kind = VALUE_PREFIX,
                                  .number = lwip_ntohl(address->addr),
                                  .prefix = prefix_of(netif_ip4_netmask(&u->netif[p])->addr)};
        return 0;
    }
    return -1;
}

extern const struct sut wiredrill_sut;
const struct sut wiredrill_sut = {
    .abi = SUT_ABI,
    .flags = SUT_FRAMES | SUT_SINGLETON | SUT_NO_KNOBS,
    .name = "lwip",
    .version = LWIP_VERSION_STRING,
    .open = lwip_open,
    .attach = lwip_attach,
    .input = lwip_input,
    .carrier = lwip_carrier,
    .poll = lwip_poll,
    .call = lwip_calls,
    .query = lwip_query,
    .lacks = "dhcp",
    .close = lwip_close,
};

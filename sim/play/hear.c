/* What the script says is the judge's to know: addresses, names, octets and neighbours, of its
 * declarations, calls and knobs. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include "sim/play/engine.h"
#include "sim/play/watch.h"

static void hear_addresses(struct run *r, const struct value *v)
{
    if (v->kind == VALUE_IPV4 || v->kind == VALUE_ENDPOINT || v->kind == VALUE_PREFIX)
        judge_said_ipv4(&r->judge, (uint32_t)v->number);
    struct in_addr a;
    if (v->kind == VALUE_BYTES && inet_pton(AF_INET, (const char *)v->bytes, &a) == 1)
        judge_said_ipv4(&r->judge, ntohl(a.s_addr));
    for (uint32_t k = 0; k < v->items; k++)
        hear_addresses(r, &v->item[k]);
}

/* Addresses that declarations name: of peers, gateways, servers, pools. */
static void hear_each(struct run *r, const struct declaration *d, uint32_t count)
{
    for (uint32_t k = 0; k < count; k++)
        for (uint32_t a = 0; a < d[k].attributes; a++)
            hear_addresses(r, &d[k].attribute[a].value);
}

void hear_declarations(struct run *r)
{
    hear_each(r, r->script->sut, r->script->suts);
    hear_each(r, r->script->host, r->script->hosts);
}

/* Addresses, numbers and neighbours that the script gives and takes are the judge's to know. */
struct heard {
    const char *call;
    void (*hear)(struct run *r, const struct value *argv);
};

static struct judge_port *port_named(const struct run *r, const struct value *ifname)
{
    int port;
    struct host *h = ifname->kind == VALUE_BYTES
                         ? topology_host(&r->topology, (const char *)ifname->bytes, &port)
                         : NULL;
    return h && h->ports ? run_port(r, h, port) : NULL;
}

static void hear_ifconfig(struct run *r, const struct value *argv)
{
    struct judge_port *p = port_named(r, &argv[0]);
    if (p)
        judge_given(&r->judge, p, (uint32_t)argv[1].number,
                    argv[1].kind == VALUE_PREFIX ? argv[1].prefix : 0);
}

static void hear_ifdelete(struct run *r, const struct value *argv)
{
    struct judge_port *p = port_named(r, &argv[0]);
    if (p)
        judge_taken(&r->judge, p, (uint32_t)argv[1].number);
}

static void hear_neighbour(struct run *r, const struct value *argv)
{
    struct judge_port *p = port_named(r, &argv[0]);
    if (p && argv[2].kind == VALUE_MAC)
        judge_heard_mac(&r->judge, judge_link_of(&r->judge, p), argv[2].bytes);
}

static void hear_setsockopt(struct run *r, const struct value *argv)
{
    const struct value *v = argv[3].kind == VALUE_LIST && argv[3].items ? argv[3].item : &argv[3];
    if (argv[1].number == SOL_SOCKET && argv[2].number == SO_RCVBUF)
        r->judge.rcvbuf = 0;
    if (argv[1].number != IPPROTO_IP)
        return;
    if (argv[2].number == IP_TTL || argv[2].number == IP_MULTICAST_TTL)
        judge_said_ttl(&r->judge, (uint8_t)v->number);
    if (argv[2].number == IP_TOS)
        judge_said_tos(&r->judge, (uint8_t)v->number);
    if (argv[2].number == IP_MTU_DISCOVER || argv[2].number == IP_HDRINCL)
        r->judge.said_df = true;
}

static void hear_ping(struct run *r, const struct value *argv)
{
    if (argv[3].kind == VALUE_NUMBER)
        judge_said_ttl(&r->judge, (uint8_t)argv[3].number);
}

static void hear_traceroute(struct run *r, const struct value *argv)
{
    int64_t hops = argv[1].kind == VALUE_NUMBER ? argv[1].number : 30;
    for (int64_t ttl = 1; ttl <= hops && ttl < 256; ttl++)
        judge_said_ttl(&r->judge, (uint8_t)ttl);
}

static void hear_socket(struct run *r, const struct value *argv)
{
    (void)argv;
    r->judge.sockets++;
}

/* The octets lie in the call's arguments, which go with it: a copy of as many as are sent. */
static void hear_send(struct run *r, const struct value *argv)
{
    if (argv[1].kind == VALUE_NONE && argv[2].number > r->judge.said_pattern)
        r->judge.said_pattern = (uint32_t)argv[2].number;
    if (argv[1].kind != VALUE_BYTES)
        return;
    uint32_t len =
        argv[2].kind == VALUE_NUMBER && argv[2].number >= 0 && argv[2].number < (int64_t)argv[1].len
            ? (uint32_t)argv[2].number
            : argv[1].len;
    uint8_t *copy = world_alloc_raw(r->world, len ? len : 1, 1);
    memcpy(copy, argv[1].bytes, len);
    judge_said_octets(&r->judge, copy, len);
}

static void hear_service(struct run *r, const struct value *argv)
{
    (void)argv;
    r->judge.ports_open = true;
}

static void hear_resolve(struct run *r, const struct value *argv)
{
    r->judge.ports_open = true;
    if (argv[0].kind == VALUE_BYTES)
        judge_said_name(&r->judge, (const char *)argv[0].bytes);
}

static void hear_reverse(struct run *r, const struct value *argv)
{
    char name[64];
    uint32_t a = (uint32_t)argv[0].number;
    snprintf(name, sizeof name, "%u.%u.%u.%u.in-addr.arpa", a & 255, a >> 8 & 255, a >> 16 & 255,
             a >> 24);
    r->judge.ports_open = true;
    judge_said_name(&r->judge, name);
}

static void hear_option(struct run *r, const struct value *argv)
{
    struct judge_port *p = port_named(r, &argv[0]);
    if (p)
        p->dhcp_option = NULL;
}

void hear_call(struct run *r, const char *call, const struct value *argv, uint32_t arguments)
{
    static const struct heard heard[] = {
        {"ifconfig", hear_ifconfig},
        {"ifdelete", hear_ifdelete},
        {"neighbour", hear_neighbour},
        {"setsockopt", hear_setsockopt},
        {"ping", hear_ping},
        {"traceroute", hear_traceroute},
        {"socket", hear_socket},
        {"send", hear_send},
        {"sendto", hear_send},
        {"write", hear_send},
        {"resolve", hear_resolve},
        {"reverse", hear_reverse},
        {"sntp", hear_service},
        {"traceroute", hear_service},
        {"udp_echo", hear_service},
        {"dhcp_option", hear_option},
        {"http_get", hear_service},
        {"http_head", hear_service},
        {"http_post", hear_service},
        {"http_serve", hear_service},
        {"telnet_serve", hear_service},
        {"tcp_echo", hear_service},
    };
    for (size_t k = 0; k < sizeof heard / sizeof heard[0]; k++)
        if (strcmp(heard[k].call, call) == 0)
            heard[k].hear(r, argv);
    for (uint32_t a = 0; a < arguments; a++)
        hear_addresses(r, &argv[a]);
    watch_call(r, call, argv, arguments);
}

void hear_peer(struct run *r, const struct host *h, const char *call, const struct value *argv)
{
    bool given = strcmp(call, "ifconfig") == 0, taken = strcmp(call, "ifdelete") == 0;
    int port = (given || taken) && argv[0].kind == VALUE_BYTES
                   ? sut_host_port(h, (const char *)argv[0].bytes)
                   : -1;
    if (port >= 0 && given)
        judge_given(&r->judge, run_port(r, h, port), (uint32_t)argv[1].number,
                    argv[1].kind == VALUE_PREFIX ? argv[1].prefix : 0);
    else if (port >= 0)
        judge_taken(&r->judge, run_port(r, h, port), (uint32_t)argv[1].number);
}

void hear_knob(struct run *r, const char *knob, int64_t value)
{
    if (strcmp(knob, "ipv4.ttl") == 0)
        r->judge.ttl = (uint32_t)value;
    else if (strcmp(knob, "ipv4.multicast_ttl") == 0)
        judge_said_ttl(&r->judge, (uint8_t)value);
    else if (strcmp(knob, "socket.dont_fragment") == 0 && value)
        r->judge.said_df = true;
    else if (strcmp(knob, "tcp.path_mtu_discovery") == 0)
        r->judge.no_discovery = !value;
    else if (strcmp(knob, "tcp.rcvbuf") == 0)
        r->judge.rcvbuf = (uint32_t)value;
    else if (strcmp(knob, "dhcp.broadcast") == 0 && value)
        r->judge.said_broadcast = true;
    else if (strcmp(knob, "arp.retry") == 0)
        r->judge.arp_interval_ns = value;
}

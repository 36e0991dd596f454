/*
 * A kernel that left modules out of its table, for 55-left-out.sh: it starts, takes a datagram that
 * it sends itself, and what is absent answers so. With LINKED, the objects of what is left out are
 * there, and every call of theirs is made; without, nothing of them may be needed. With WANTED, a
 * call of theirs is made all the same, which must not link.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stack/core/neighbour.h"
#include "stack/core/route.h"
#include "stack/link/link.h"
#include "stack/net/net.h"
#include "stack/service/dhcp.h"
#include "stack/service/dns.h"
#include "stack/service/http_client.h"
#include "stack/service/http_server.h"
#include "stack/service/line_server.h"
#include "stack/service/ping.h"
#include "stack/service/sntp.h"
#include "stack/service/traceroute.h"
#include "stack/service/udp_echo.h"
#include "stack/socket/socket.h"
#include "stack/socket/socket_inside.h"
#include "stack/transport/raw.h"
#include "stack/transport/tcp/tcp.h"
#include "stack/transport/udp.h"

static const struct module *const modules[] = {
    &neighbour_module,
    &route_module,
    &loopback_module,
    &ethernet_module,
    &point_to_point_module,
    &arp_module,
    &ipv4_module,
    &reassembly_module,
    &path_mtu_module,
    &icmpv4_module,
#ifndef NO_UDP
    &udp_module,
#endif
#ifndef NO_TCP
    &tcp_module,
#endif
    &raw_module,
    &socket_module,
#if !defined NO_UDP && !defined NO_DHCP
    &dhcp_module,
#endif
#if !defined NO_UDP && !defined NO_DNS
    &dns_module,
#endif
#ifndef NO_TCP
    &http_client_module,
    &http_server_module,
    &line_server_module,
#endif
#ifndef NO_UDP
    &sntp_module,
    &traceroute_module,
    &udp_echo_module,
#endif
    &ping_module,
    NULL,
};

#if defined NO_UDP && !defined LINKED
const struct socket_ops *const socket_kinds[] = {&socket_tcp_ops, &socket_raw_ops, NULL};
#elif defined NO_TCP && !defined LINKED
const struct socket_ops *const socket_kinds[] = {&socket_udp_ops, &socket_raw_ops, NULL};
#endif

static int wrong;

static void expect(const char *what, int got, int wanted)
{
    if (got == wanted)
        return;
    printf("%s: %d, not %d\n", what, got, wanted);
    wrong = 1;
}

#define ABSENT(call) expect(#call, call, -ERR_PROTONOSUPPORT)

static void randomly(void *self, enum random_purpose purpose, void *out, size_t len)
{
    (void)self;
    memset(out, (int)purpose + 7, len);
}

static void nothing(void *self)
{
    (void)self;
}

static void ended(void *ctx, struct stack *s, int result, const void *data, int64_t now_ns)
{
    (void)s, (void)data, (void)now_ns;
    *(int *)ctx = result;
}

/* What is asked by name is not there. */
static void ask_by_name(struct stack *s, const char *knob, const char *counter, const char *state)
{
    uint64_t count;
    int64_t value;
    char text[64];
    expect(knob, stack_knob_get(s, knob, &value), -ERR_NOENT);
    expect(counter, stack_counter(s, counter, &count), -ERR_NOENT);
    expect(state, stack_query(s, state, text, sizeof text), -ERR_NOENT);
}

static void what_is_absent(struct stack *s)
{
    struct netif *lo = stack_netif(s, "lo");
    struct ip_addr to = addr_ipv4(0x7f000001);
    (void)lo, (void)to, (void)ask_by_name;
#if defined NO_DNS || defined NO_UDP
    ask_by_name(s, "dns.timeout", "dns.lookups", "dns.server 0");
#if defined LINKED || defined WANTED
    ABSENT(dns_resolve(s, "example.test", DNS_A, NULL, NULL, 0));
    ABSENT(dns_reverse(s, &to, NULL, NULL, 0));
    ABSENT(dns_set_servers(s, &to, 1));
    expect("dns_cancel", dns_cancel(s, NULL), -ERR_NOENT);
    dns_flush(s);
#endif
#endif
#if defined NO_DHCP || defined NO_UDP
    ask_by_name(s, "dhcp.check", "dhcp.bound", "dhcp.state lo");
#if defined LINKED || defined WANTED
    ABSENT(dhcp_start(s, lo, 0, NULL, NULL, 0));
    ABSENT(dhcp_inform(s, lo, NULL, NULL, 0));
    ABSENT(dhcp_set_option(s, lo, 12, "x", 1));
    expect("dhcp_release", dhcp_release(s, lo, 0), -ERR_NOENT);
    expect("dhcp_stop", dhcp_stop(s, lo, 0), -ERR_NOENT);
    expect("dhcp_state", (int)dhcp_state(s, lo), DHCP_STOPPED);
    expect("dhcp_lease", dhcp_lease(s, lo) != NULL, 0);
#endif
#endif
#ifdef NO_TCP
    ABSENT(socket_open(s, ADDR_IPV4, SOCKET_STREAM, 0));
    ask_by_name(s, "tcp.msl", "tcp.in", "tcp.chunks");
    ask_by_name(s, "http.timeout", "http.requests", "http.nothing");
#if defined LINKED || defined WANTED
    const struct http_request page = {.server = to};
    ABSENT(http_request(s, &page, NULL, NULL, 0));
    expect("http_cancel", http_cancel(s, NULL, 0), -ERR_NOENT);
    ABSENT(http_serve(s, 0, NULL, 0, 0));
    expect("http_serve_stop", http_serve_stop(s, 0), -ERR_NOENT);
    ABSENT(line_serve(s, LINE_TELNET, 0, 0));
    expect("line_serve_stop", line_serve_stop(s, LINE_ECHO, 0), -ERR_NOENT);
    expect("tcp_new", tcp_new(s) != NULL, 0);
#endif
#endif
#ifdef NO_UDP
    ABSENT(socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 0));
    ask_by_name(s, "udp.port_first", "udp.in", "udp.nothing");
#if defined LINKED || defined WANTED
    struct traceroute_options hops;
    traceroute_defaults(&hops, &to);
    ABSENT(sntp_query(s, &to, NULL, NULL, 0));
    ABSENT(traceroute_start(s, &hops, NULL, NULL, 0));
    ABSENT(udp_echo_start(s, 0, 0));
    expect("udp_echo_stop", udp_echo_stop(s, 0), -ERR_NOENT);
    struct udp_pcb own = {.receive = NULL};
    expect("udp_new", udp_new(s) != NULL, 0);
    ABSENT(udp_bind(s, &own));
    ABSENT(udp_connect(s, &own, &to, 7));
#endif
#endif
}

#ifndef NO_TCP
/* With ourselves, over loopback. */
static void a_connection(struct stack *s)
{
    struct socket_address at = {.addr = addr_ipv4(0x7f000001), .port = 80};
    char got[2] = "";
    int listener = socket_open(s, ADDR_IPV4, SOCKET_STREAM, 0);
    int client = socket_open(s, ADDR_IPV4, SOCKET_STREAM, 0);
    expect("bind", socket_bind(s, listener, &at), 0);
    expect("listen", socket_listen(s, listener, 1, 2000000001), 0);
    expect("connect", socket_connect(s, client, &at, 2000000001), -ERR_INPROGRESS);
    stack_poll(s, 2000000002);
    int server = socket_accept(s, listener, NULL, 2000000002);
    expect("send", socket_send(s, client, "x", 1, 0, NULL, 2000000002), 1);
    stack_poll(s, 2000000003);
    expect("receive", socket_receive(s, server, got, sizeof got, 0, NULL, 2000000003), 1);
    expect("octet", got[0], 'x');
    expect("close", socket_close(s, client, 2000000003), 0);
    expect("close", socket_close(s, server, 2000000003), 0);
    expect("close", socket_close(s, listener, 2000000003), 0);
}
#endif

/* What is there works, and a datagram to what is not gets its ICMP error. */
static void what_is_there(struct stack *s)
{
    struct ip_addr self = addr_ipv4(0x7f000001); /* lo has it from the start */
    struct ping_options o;
    int received = -1;
    ping_defaults(&o, &self);
    expect("ping_start", ping_start(s, &o, ended, &received, 0), 0);
    for (int64_t now_ns = 0; now_ns < 2000000000; now_ns += 1000000)
        stack_poll(s, now_ns);
    expect("echoes", received, 1);
    int fd = socket_open(s, ADDR_IPV4, SOCKET_RAW, 17);
    struct socket_address to = {.addr = self, .port = 0};
    static const uint8_t datagram[] = {0x10, 0, 0x20, 0, 0, 9, 0, 0, 'x'};
    expect("send", socket_send(s, fd, datagram, sizeof datagram, 0, &to, 2000000000), 9);
    stack_poll(s, 2000000001);
    uint64_t errors = 0;
#ifdef NO_UDP
    stack_counter(s, "ipv4.drop.no_protocol", &errors);
    expect("protocol", (int)errors, 0); /* a raw socket took it: RFC 1122 3.2.2.1 is about nobody */
#else
    stack_counter(s, "udp.drop.no_port", &errors);
    expect("no port", (int)errors, 1);
#endif
    expect("close", socket_close(s, fd, 2000000001), 0);
#ifndef NO_TCP
    a_connection(s);
#endif
}

int main(void)
{
    struct stack_config config = {
        .limits = {.frames = 64,
                   .big_buffers = 2,
                   .netifs = 2,
                   .routes = 8,
                   .neighbours = 8,
                   .neighbour_queue = 4,
                   .sockets = 4,
                   .socket_datagrams = 4,
                   .reassemblies = 2,
                   .path_mtus = 4,
                   .dns_cache = 4,
                   .dns_queries = 2,
                   .pings = 1},
        .modules = modules,
    };
    config.limits.udp_pcbs = config.limits.raw_pcbs = config.limits.tcp_pcbs = 4;
    config.limits.tcp_chunks = 8;
    struct port port = {.random = randomly, .wake = nothing};
    size_t size = stack_size(&config);
    struct stack *s =
        stack_init(aligned_alloc(64, (size + 63) & ~(size_t)63), size, &config, &port, 0, NULL);
    if (!s) {
        printf("no stack\n");
        return 1;
    }
    what_is_absent(s);
    what_is_there(s);
    stack_stop(s, 3000000000);
    return wrong;
}

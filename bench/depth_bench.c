/*
 * How much of a kernel's own stack the stack takes: a stack of painted bytes, on which it starts,
 * leases, resolves, pings, and puts parts together, over loopback and an interface that swallows
 * what it is given; the deepest byte that changed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include "stack/core/module.h"
#include "stack/service/dhcp.h"
#include "stack/service/dns.h"
#include "stack/service/ping.h"
#include "stack/service/udp_echo.h"
#include "stack/socket/socket.h"

enum { DEPTH = 256 << 10, PAINT = 0xa5, LARGE = 40000, MTU = 1500 };
#define SECOND INT64_C(1000000000)

static uint8_t depth[DEPTH] __attribute__((aligned(64)));
static uint8_t bytes[LARGE];
static ucontext_t here, there;

static void random_bytes(void *self, enum random_purpose purpose, void *out, size_t len)
{
    (void)self, (void)purpose;
    memset(out, 0x5a, len);
}

static int probe(void *d, struct netif *nif, const struct device *device, int64_t now_ns)
{
    (void)device;
    *(struct netif **)d = nif;
    nif->mac[0] = 2;
    netif_link(nif, true, now_ns);
    return 0;
}

static int swallow(void *d, struct netbuf *nb, int64_t now_ns)
{
    (void)now_ns;
    netif_sent(*(struct netif **)d, nb, 0);
    return 0;
}

static const struct netif_driver driver = {
    .name = "hole", .state_size = sizeof(struct netif *), .probe = probe, .send = swallow};

/* A query comes back as the answer that there is no such name. */
static void answer(struct stack *s, int fd, int64_t now_ns)
{
    struct socket_address from;
    int n = socket_receive(s, fd, bytes, sizeof bytes, 0, &from, now_ns);
    if (n < 12)
        return;
    bytes[2] |= 0x80;
    bytes[3] = 3;
    socket_send(s, fd, bytes, (size_t)n, 0, &from, now_ns);
}

static void work(void)
{
    struct stack_config config = stack_full_config;
    const struct port port = {.random = random_bytes};
    const struct ip_addr local = addr_ipv4(0x7f000001);
    struct socket_address dns = {.addr = local, .port = 53}, echo = {.addr = local, .port = 7};
    struct ping_options ping;
    size_t size = stack_size(&config);
    struct stack *s = stack_init(aligned_alloc(64, size), size, &config, &port, 0, NULL);
    struct netif *eth0 = stack_attach(s, NULL, &driver, NULL, 0);
    netif_up(eth0, 0);
    netif_set_mtu(stack_netif(s, "lo"), MTU);
    int fd = socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 0);
    socket_bind(s, fd, &dns);
    udp_echo_start(s, 7, 0);
    dhcp_start(s, eth0, 0, NULL, NULL, 0);
    dns_set_servers(s, &local, 1);
    dns_resolve(s, "www.example.org", DNS_A, NULL, NULL, 0);
    ping_defaults(&ping, &local);
    ping_start(s, &ping, NULL, NULL, 0);
    socket_send(s, fd, bytes, LARGE, 0, &echo, 0);
    for (int64_t now = 0; now < 100 * SECOND;) {
        int64_t due = stack_poll(s, now);
        answer(s, fd, now);
        now = due > now ? due : now + 1;
    }
    stack_stop(s, 100 * SECOND);
    free(s);
}

int main(void)
{
    memset(depth, PAINT, sizeof depth);
    getcontext(&there);
    there.uc_stack.ss_sp = depth;
    there.uc_stack.ss_size = sizeof depth;
    there.uc_link = &here;
    makecontext(&there, work, 0);
    swapcontext(&here, &there);
    size_t untouched = 0;
    while (untouched < sizeof depth && depth[untouched] == PAINT)
        untouched++;
    printf("the kernel's stack                 %10zu bytes deep\n", sizeof depth - untouched);
    return 0;
}

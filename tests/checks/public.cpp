// A kernel in C++ for 58-cplusplus.sh, which gives it build/cplusplus/public.h with every public header: a table of modules of its own, a datagram to itself.
#include "public.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>

static void random_bytes(void *, enum random_purpose, void *out, size_t len)
{
    memset(out, 0x5a, len);
}

static const struct module *const modules[] = {
    &neighbour_module, &route_module, &loopback_module, &ethernet_module, &arp_module, &ipv4_module,
    &icmpv4_module,    &udp_module,   &raw_module,      &socket_module,   nullptr};
static const struct netif_driver *const drivers[] = {&e1000_driver, &rtl8139_driver, nullptr};

static int fail(const char *what)
{
    printf("%s\n", what);
    return 1;
}

int main()
{
    struct stack_config config = stack_full_config;
    struct stack_refusal why = {};
    struct port port = {};
    config.modules = modules;
    config.drivers = drivers;
    size_t size = stack_size(&config);
    void *region = aligned_alloc(64, (size + 63) & ~static_cast<size_t>(63));
    if (stack_init(region, size, &config, &port, 0, &why) || why.reason != STACK_REFUSED_PORT)
        return fail("a port without random is taken");
    port.random = random_bytes;
    struct stack *s = stack_init(region, size, &config, &port, 0, &why);
    if (!s)
        return fail("stack_init refuses");
    struct route_info route;
    if (!route_at(s, 0, &route) || route.prefix != 8 || !route.dynamic)
        return fail("loopback has no route");
    struct socket_address to = {};
    to.addr = addr_ipv4(0x7f000001);
    to.port = 4000;
    int fd = socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 0);
    if (fd < 0 || socket_bind(s, fd, &to) < 0 || socket_send(s, fd, "hello", 5, 0, &to, 0) != 5)
        return fail("a datagram to ourselves is refused");
    stack_poll(s, 0);
    char got[8];
    if (socket_receive(s, fd, got, sizeof got, 0, nullptr, 0) != 5 || memcmp(got, "hello", 5) != 0)
        return fail("it does not arrive");
    stack_stop(s, 0);
    free(region);
    printf("a datagram went round\n");
    return 0;
}

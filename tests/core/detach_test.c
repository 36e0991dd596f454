/* A device that is pulled out: nothing of it is left, and its place and memory serve the next. */
#include <criterion/criterion.h>
#include <string.h>
#include "stack/service/dhcp.h"
#include "stack/service/dns.h"
#include "stack/socket/socket.h"
#include "stack/transport/raw.h"
#include "stack/transport/udp.h"
#include "tests/core/rig.h"

static struct rig *r;
static struct stack *s;
static int stops;

static int carrier(void *d, struct netif *nif, const struct device *device, int64_t now_ns)
{
    (void)d, (void)device;
    memcpy(nif->mac, rig_mac, sizeof nif->mac);
    nif->mac[5]++;
    netif_link(nif, true, now_ns);
    return 0;
}

static struct netif *sink;

static int swallow(void *d, struct netbuf *nb, int64_t now_ns)
{
    (void)d, (void)now_ns;
    sink->tx_errors++;
    netif_sent(sink, nb, 0);
    return 0;
}

static int full(void *d, struct netbuf *nb, int64_t now_ns)
{
    (void)d, (void)nb, (void)now_ns;
    return -ERR_NOBUFS;
}

static void stop(void *d, int64_t now_ns)
{
    (void)d, (void)now_ns;
    stops++;
}

static const struct netif_driver small = {.name = "small",
                                          .state_size = 8,
                                          .ring_bytes = 256,
                                          .probe = carrier,
                                          .send = swallow,
                                          .stop = stop},
                                 large = {.name = "large",
                                          .state_size = 200,
                                          .ring_bytes = 3000,
                                          .probe = carrier,
                                          .send = swallow,
                                          .stop = stop},
                                 stuck = {.name = "stuck",
                                          .state_size = 8,
                                          .probe = carrier,
                                          .send = full,
                                          .stop = stop};

static void open_rig(void)
{
    r = rig_full();
    s = r->s;
    stops = 0;
}

static void close_rig(void)
{
    rig_close(r);
}

TestSuite(detach, .init = open_rig, .fini = close_rig);

static struct netif *plug(const char *name, const struct netif_driver *driver, uint32_t address)
{
    struct ip_addr own = addr_ipv4(address);
    struct netif *nif = stack_attach(s, name, driver, NULL, r->now_ns);
    cr_assert_not_null(nif);
    sink = nif;
    cr_assert_eq(netif_up(nif, r->now_ns), 0);
    if (address)
        cr_assert_eq(netif_add_address(nif, &own, 24, false, r->now_ns), 0);
    return nif;
}

static void unplug(struct netif *nif)
{
    cr_assert_eq(stack_detach(nif, r->now_ns), 0);
}

static struct netbuf *frame(struct netif *nif)
{
    struct netbuf *nb = netif_packet(nif, 0, 60);
    cr_assert_not_null(nb);
    memset(netbuf_data(nb), 0, 60);
    return nb;
}

Test(detach, leaves_nothing_behind)
{
    struct ip_addr peer = addr_ipv4(0x0a010204), net = addr_ipv4(0x0b000000),
                   mine = addr_ipv4(RIG_PEER);
    struct route_info route;
    struct neighbour_info n;
    struct netif *nif = plug("net0", &stuck, 0x0a010203);
    cr_assert_eq(route_add(s, &net, 8, &peer, nif), 0);
    cr_assert_eq(neighbour_add(nif, &peer, rig_peer, 0), 0);
    cr_assert_eq(neighbour_add(r->nif, &mine, rig_peer, 0), 0);
    cr_assert_eq(netif_send(nif, frame(nif), 0), 0, "waits");
    unplug(nif);
    cr_assert_eq(stops, 1);
    cr_assert_null(stack_netif(s, "net0"));
    cr_assert_null(stack_netif(s, ""));
    for (unsigned k = 0; route_at(s, k, &route); k++)
        cr_assert_neq(route.nif, nif);
    cr_assert(neighbour_at(s, 0, &n) && n.nif == r->nif && !neighbour_at(s, 1, &n));
    cr_assert_eq(stack_poll(s, 0), INT64_MAX);
}

/* stack.h: refused until its place is another's. */
Test(detach, what_is_gone_is_refused)
{
    struct ip_addr own = addr_ipv4(0x0a010203), net = addr_ipv4(0x0b000000);
    struct netif *nif = plug("net0", &small, 0x0a010203);
    unplug(nif);
    cr_assert_eq(stack_detach(nif, 0), -ERR_NODEV);
    cr_assert_eq(netif_up(nif, 0), -ERR_NODEV);
    cr_assert_eq(netif_add_address(nif, &own, 24, false, 0), -ERR_NODEV);
    cr_assert_eq(netif_set_mtu(nif, 1000), -ERR_NODEV);
    cr_assert_eq(netif_set_flags(nif, NETIF_PROMISCUOUS, 0, 0), -ERR_NODEV);
    cr_assert_eq(netif_join(nif, (const uint8_t[6]){1, 0, 0x5e, 0, 0, 1}), -ERR_NODEV);
    cr_assert_eq(route_add(s, &net, 8, NULL, nif), -ERR_NODEV);
    cr_assert_eq(neighbour_add(nif, &own, rig_peer, 0), -ERR_NODEV);
    cr_assert_eq(stack_detach(stack_netif(s, "lo"), 0), -ERR_INVAL);
}

/* Limits for one interface besides eth0 and memory for one driver: both serve for ever. */
Test(detach, place_and_memory_are_used_anew)
{
    size_t used = 0;
    uint32_t zone = 0;
    for (int i = 0; i < 200; i++) {
        struct netif *nif = plug("net0", i % 3 ? &large : &small, 0x0a010203);
        cr_assert_eq(nif->index, 2);
        cr_assert_gt(nif->zone, zone, "no two have one");
        zone = nif->zone;
        cr_assert_null(stack_attach(s, "net1", &small, NULL, 0), "limits.netifs");
        for (const uint8_t *at = nif->ring; at < (uint8_t *)nif->ring + 256; at++)
            cr_assert_eq(*at, 0);
        cr_assert_eq((uintptr_t)nif->ring % 256, 0);
        memset(nif->ring, 0xee, nif->driver->ring_bytes);
        memset(nif->state, 0xee, nif->driver->state_size);
        if (i == 2)
            used = s->region_used;
        unplug(nif);
    }
    cr_assert_leq(s->region_used, used);
    cr_assert_eq(stops, 200);
}

/* An earlier interface's place and memory, while a later one stays. */
Test(detach, holes_are_filled)
{
    struct stack_limits limits = s->config.limits;
    rig_close(r);
    limits.netifs = 5;
    limits.driver_bytes = 16384;
    r = rig_open(NULL, &limits, true);
    s = r->s;
    struct netif *one = plug("net1", &large, 0), *two = plug("net2", &small, 0),
                 *three = plug("net3", &large, 0);
    size_t used = s->region_used;
    unplug(one);
    unplug(two);
    one = plug("net4", &large, 0);
    cr_assert_eq(one->index, 2);
    two = plug("net5", &small, 0);
    cr_assert_eq(two->index, 3);
    cr_assert_eq(s->region_used, used);
    unplug(two);
    unplug(one);
    unplug(three);
    cr_assert_null(s->spans, "all of it is one with what was never lent");
}

/* --- services --- */

static uint32_t told;

static void note(void *ctx, struct stack *stack, int result, const void *data, int64_t now_ns)
{
    (void)ctx, (void)stack, (void)result, (void)data, (void)now_ns;
    told++;
}

/* A client that still asks would do so by whatever comes into its place. */
Test(detach, dhcp_client_stops)
{
    uint64_t sent;
    struct netif *nif = plug("net0", &small, 0);
    cr_assert_eq(stack_knob_set(s, "dhcp.start_delay", 0), 0);
    cr_assert_eq(dhcp_set_option(s, nif, 12, "pulled", 6), 0);
    cr_assert_eq(dhcp_start(s, nif, 0, note, NULL, 0), 0);
    rig_run(r, RIG_SECOND);
    sent = rig_counter(r, "dhcp.out.discover");
    cr_assert_geq(sent, 1);
    unplug(nif);
    cr_assert_eq(dhcp_state(s, nif), DHCP_STOPPED);
    cr_assert_eq(stack_poll(s, r->now_ns), INT64_MAX, "nothing waits any more");
    struct netif *next = plug("net0", &small, 0);
    cr_assert_eq(next, nif);
    rig_run(r, 200 * RIG_SECOND);
    cr_assert_eq(rig_counter(r, "dhcp.out.discover"), sent);
    cr_assert_eq(told, 0);
    cr_assert_eq(dhcp_start(s, next, 0, note, NULL, r->now_ns), 0);
    cr_assert_eq(dhcp_stop(s, next, r->now_ns), 0);
}

/* What a lease named goes with it; what the user named stays. */
Test(detach, name_servers_are_forgotten)
{
    char text[64];
    struct ip_addr leased = addr_ipv4(0x0a010203), users = addr_ipv4(0x0a000203);
    const struct name_service *names = s->state[MODULE_DNS];
    struct netif *nif = plug("net0", &small, 0);
    cr_assert_eq(dns_set_servers(s, &users, 1), 0);
    names->set_servers(s, nif, &leased, 1);
    cr_assert_gt(stack_query(s, "dns.server 1", text, sizeof text), 0);
    unplug(nif);
    cr_assert_gt(stack_query(s, "dns.server 0", text, sizeof text), 0);
    cr_assert_str_eq(text, "10.0.2.3");
    cr_assert_eq(stack_query(s, "dns.server 1", text, sizeof text), -ERR_NOENT);
}

/* RFC 5227 2.1.1 lets few attempts through on a link: the next device's first is not held back. */
Test(detach, conflict_detection_begins_anew)
{
    struct ip_addr own = addr_ipv4(0x0a010203);
    struct netif *nif = plug("net0", &small, 0);
    cr_assert_eq(stack_knob_set(s, "arp.max_conflicts", 0), 0);
    cr_assert_eq(netif_add_address(nif, &own, 24, true, 0), 0);
    unplug(nif);
    nif = plug("net0", &small, 0);
    cr_assert_eq(netif_add_address(nif, &own, 24, true, r->now_ns), 0);
    rig_run(r, 10 * RIG_SECOND); /* held back it would take a minute */
    cr_assert(!nif->address[0].tentative);
}

/* --- sockets --- */

static const struct socket_address to_peer = {.addr = {.family = ADDR_IPV4, .word = {0x0a010204}},
                                              .port = 7};

static int bound_socket(enum socket_type type, int protocol, bool port)
{
    const struct socket_address any = {.addr = {.family = ADDR_IPV4}, .port = 4000};
    int fd = socket_open(s, ADDR_IPV4, type, protocol);
    cr_assert_geq(fd, 3);
    cr_assert_eq(socket_bind_device(s, fd, "net0"), 0);
    if (port)
        cr_assert_eq(socket_bind(s, fd, &any), 0);
    return fd;
}

/* A socket that was bound to it is not bound to what comes into its place. */
Test(detach, bound_sockets_stay_bound_to_what_is_gone)
{
    int64_t device;
    struct ip_addr peer = addr_ipv4(0x0a010204);
    struct netif *nif = plug("net0", &small, 0x0a010203);
    int fds[] = {bound_socket(SOCKET_DGRAM, 0, true), bound_socket(SOCKET_DGRAM, 0, false),
                 bound_socket(SOCKET_RAW, 1, false)};
    cr_assert_eq(socket_connect(s, fds[0], &to_peer, 0), 0);
    unplug(nif);
    nif = plug("net0", &small, 0x0a010203);
    cr_assert_eq(neighbour_add(nif, &peer, rig_peer, 0), 0);
    cr_assert_eq(socket_send(s, fds[0], "a", 1, 0, NULL, 0), -ERR_NETDOWN);
    cr_assert_eq(socket_send(s, fds[1], "a", 1, 0, &to_peer, 0), -ERR_NETDOWN);
    cr_assert_eq(socket_send(s, fds[2], "\10\0\0\0\0\0\0\0", 8, 0, &to_peer, 0), -ERR_NETDOWN);
    cr_assert_eq(nif->tx_frames, 0);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(socket_get(s, fds[i], SO_OPT_BINDTODEVICE, &device), -ERR_NODEV);
        cr_assert_eq(socket_bind_device(s, fds[i], "net0"), 0);
        cr_assert_eq(socket_get(s, fds[i], SO_OPT_BINDTODEVICE, &device), 0);
        cr_assert_eq(device, 2);
    }
    cr_assert_eq(socket_send(s, fds[0], "a", 1, 0, NULL, 0), 1);
    cr_assert_eq(nif->tx_frames, 1);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(socket_close(s, fds[i], 0), 0);
}

/* Control blocks that no socket has. */
Test(detach, bound_blocks_stay_bound_to_what_is_gone)
{
    struct udp_pcb udp = {.end = {.local_port = 4000}};
    struct raw_pcb raw = {.protocol = 7};
    struct netif *nif = plug("net0", &small, 0x0a010203);
    udp.end.ip.nif = raw.ip.nif = nif;
    cr_assert_eq(udp_bind(s, &udp), 0);
    cr_assert_eq(raw_bind(s, &raw), 0);
    unplug(nif);
    nif = plug("net0", &small, 0x0a010203);
    cr_assert_eq(udp_send(s, &udp, "a", 1, &to_peer.addr, 7, 0), -ERR_NETDOWN);
    cr_assert_eq(raw_send(s, &raw, "a", 1, &to_peer.addr, 0), -ERR_NETDOWN);
    cr_assert_eq(nif->tx_frames, 0);
    udp_unbind(s, &udp);
    raw_unbind(s, &raw);
}

Test(detach, memberships_end)
{
    int fd = socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 0);
    struct netif *nif = plug("net0", &small, 0x0a010203);
    for (int i = 0; i < 20; i++) { /* limits.memberships is 8 */
        cr_assert_eq(socket_bind_device(s, fd, "net0"), 0);
        cr_assert_eq(socket_set(s, fd, IP_OPT_ADD_MEMBERSHIP, (int64_t)0xe1010101, 0), 0);
        unplug(nif);
        cr_assert_eq(socket_set(s, fd, IP_OPT_ADD_MEMBERSHIP, (int64_t)0xe1010102, 0), -ERR_NODEV);
        cr_assert_eq(socket_set(s, fd, IP_OPT_DROP_MEMBERSHIP, (int64_t)0xe1010101, 0),
                     -ERR_ADDRNOTAVAIL);
        nif = plug("net0", &small, 0x0a010203);
        cr_assert_eq(nif->multicasts, 1, "224.0.0.1");
    }
    cr_assert_eq(socket_close(s, fd, 0), 0);
}

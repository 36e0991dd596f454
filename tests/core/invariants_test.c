/*
 * Every invariant function of the stack sees what it is for: the same call passes on a sound
 * structure and panics on one with a single field changed. Two processes each, so that neither sees
 * the other's fault.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "stack/core/neighbour_inside.h"
#include "stack/core/pool.h"
#include "stack/core/route.h"
#include "stack/link/arp_private.h"
#include "stack/net/error_rate.h"
#include "stack/net/ip.h"
#include "stack/net/path_mtu.h"
#include "stack/service/dhcp_inside.h"
#include "stack/service/dns_inside.h"
#include "stack/socket/socket_inside.h"
#include "stack/transport/udp_inside.h"
#include "tests/transport/datagram.h"

static struct rig *r;
static struct stack *s;

static void open_rig(void)
{
    r = datagram_rig();
    s = r->s;
}

static void close_rig(void)
{
    free(r->region);
    free(r);
}

TestSuite(invariants, .init = open_rig, .fini = close_rig);

static int status_of(void (*first)(void), void (*then)(void))
{
    int status;
    pid_t child = fork();
    cr_assert(child >= 0);
    if (child == 0) {
        signal(SIGILL, SIG_DFL);
        if (first)
            first();
        then();
        _exit(0);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    return status;
}

static void trips(void (*spoil)(void), void (*act)(void))
{
    int sound = status_of(NULL, act), spoilt = status_of(spoil, act);
    cr_assert(WIFEXITED(sound) && WEXITSTATUS(sound) == 0, "a sound structure: status %x", sound);
    cr_assert(WIFSIGNALED(spoilt) && WTERMSIG(spoilt) == SIGILL, "spoilt: status %x", spoilt);
}

#define TRIPS(name, spoiling, acting)                                                              \
    static void spoil_##name(void)                                                                 \
    {                                                                                              \
        spoiling;                                                                                  \
    }                                                                                              \
    static void act_##name(void)                                                                   \
    {                                                                                              \
        acting;                                                                                    \
    }

/* --- core --- */

static void nothing(struct stack *stack, struct deadline *d, int64_t now_ns)
{
    (void)stack, (void)d, (void)now_ns;
}

static struct deadline timer[4];

static void set_timers(void)
{
    for (uint32_t i = 0; i < 4; i++) {
        deadline_init(&timer[i], deadline_rank(MODULE_ECHO, i), "test", nothing);
        deadline_set(s, &timer[i], 100 + i);
    }
}

TRIPS(deadline, timer[0].due_ns = 200, deadline_set(s, &timer[3], 50))

Test(invariants, deadlines)
{
    set_timers();
    trips(spoil_deadline, act_deadline);
}

TRIPS(netbuf, s->pool[NETBUF_FRAME].available--, netbuf_alloc(s, 0, 10))

Test(invariants, netbuf_pool)
{
    trips(spoil_netbuf, act_netbuf);
}

static struct pool pool;
static _Alignas(POOL_ALIGN) uint8_t memory[4 * 64];
TRIPS(pool, pool.available--, pool_take(&pool))

Test(invariants, pool)
{
    pool_init(&pool, memory, 4, 64);
    trips(spoil_pool, act_pool);
}

static void *piece[6];
TRIPS(region, s->spans->size = 128, region_give(s, piece[4], 64))

Test(invariants, region)
{
    for (int i = 0; i < 6; i++)
        piece[i] = region_take(s, 64, 64);
    region_give(s, piece[0], 64);
    region_give(s, piece[2], 64);
    trips(spoil_region, act_region);
}

static void send_frame(void)
{
    struct netbuf *nb = netif_packet(r->nif, 0, 60);
    memset(netbuf_data(nb), 0, 60);
    netif_send(r->nif, nb, 0);
}

TRIPS(netif, r->nif->waiting[0].head->queue = 1, send_frame())
TRIPS(netbuf_queue, r->nif->waiting[0].count++, netif_down(r->nif, 0))

Test(invariants, netif_queues)
{
    r->send_error = -ERR_NOBUFS;
    send_frame();
    trips(spoil_netif, act_netif);
    trips(spoil_netbuf_queue, act_netbuf_queue);
}

/* --- neighbours, routes --- */

static struct ip_addr peer(uint32_t i)
{
    return addr_ipv4(RIG_PEER + i);
}

static struct neighbour *entry_of(uint32_t i)
{
    struct ip_addr a = peer(i);
    return neighbour_find(neighbours_of(s), r->nif, &a);
}

static void resolve(uint32_t i)
{
    struct ip_addr a = peer(i);
    neighbour_output(s, r->nif, &a, netif_packet(r->nif, 0, 60), 0);
}

TRIPS(neighbour_bucket, entry_of(0)->addr.word[0]++, resolve(5))
TRIPS(neighbour_entry, entry_of(1)->state = NEIGHBOUR_PERMANENT, resolve(5))
TRIPS(neighbour_waiting, entry_of(1)->waiting_bytes++, resolve(5))

Test(invariants, neighbours)
{
    resolve(1);
    trips(spoil_neighbour_bucket, act_neighbour_bucket);
    trips(spoil_neighbour_entry, act_neighbour_entry);
    trips(spoil_neighbour_waiting, act_neighbour_waiting);
}

static struct route *route_to(uint32_t a)
{
    bool down;
    struct ip_addr to = addr_ipv4(a);
    return (struct route *)(uintptr_t)route_lookup(s, &to, NULL, &down);
}

static void add_route(uint32_t net)
{
    struct ip_addr a = addr_ipv4(net), via = addr_ipv4(RIG_PEER);
    cr_assert_eq(route_add(s, &a, 16, &via, r->nif), 0);
}

TRIPS(route_node, route_to(0x0a090001)->prefix = 17, add_route(0x0a0a0000))
TRIPS(route_timer, route_to(0x0a090001)->expires_ns = 5, add_route(0x0a0a0000))

Test(invariants, routes)
{
    add_route(0x0a090000);
    trips(spoil_route_node, act_route_node);
    trips(spoil_route_timer, act_route_timer);
}

/* --- link, net --- */

static void add_address(void)
{
    struct ip_addr a = addr_ipv4(0x0a000220);
    cr_assert_eq(netif_add_address(r->nif, &a, 24, false, 0), 0);
}

static struct acd *detection(unsigned slot)
{
    return &((struct arp *)s->state[MODULE_ARP])->slot[r->nif->index * NETIF_ADDRESSES + slot];
}

TRIPS(acd_timer, deadline_clear(s, &detection(1)->timer), add_address())
TRIPS(acd_state, detection(1)->state = ACD_DONE, add_address())
TRIPS(acd_tentative, r->nif->address[0].tentative = true;
      detection(0)->state = ACD_DONE, add_address())

Test(invariants, conflict_detection)
{
    struct ip_addr a = addr_ipv4(0x0a000221);
    cr_assert_eq(netif_add_address(r->nif, &a, 24, true, 0), 0);
    trips(spoil_acd_timer, act_acd_timer);
    trips(spoil_acd_state, act_acd_state);
    trips(spoil_acd_tentative, act_acd_tentative);
}

static void join(uint32_t group)
{
    struct ip_addr a = addr_ipv4(group);
    cr_assert_eq(ip_join(s, r->nif, &a, 0), 0);
}

TRIPS(group_twice, r->nif->group[1].addr = r->nif->group[0].addr, join(0xe0010103))
TRIPS(group_unheard, r->nif->multicast[r->nif->multicasts - 1][5]++, join(0xe0010103))

Test(invariants, groups)
{
    join(0xe0010102);
    trips(spoil_group_twice, act_group_twice);
    trips(spoil_group_unheard, act_group_unheard);
}

static struct error_rate errors;

static void error(uint32_t to)
{
    struct ip_addr a = addr_ipv4(to);
    error_rate_take(s, &errors, &a, 1, 1, 0);
}

TRIPS(error_rate, errors.place[0].to = errors.place[1].to = addr_ipv4(1), error(2))

Test(invariants, error_rate)
{
    trips(spoil_error_rate, act_error_rate);
}

static void fragment(uint16_t id)
{
    uint8_t frame[64], data[16] = {0};
    const struct rig_ip ip = {.id = id, .frag = 0x2000, .proto = 17};
    rig_receive(r, frame, rig_ipv4(frame, &ip, data, sizeof data));
}

/* The first thing of a datagram in reassembly is its timeout, and nothing else is set here. */
static struct deadline *only_deadline(const char *name)
{
    for (const struct deadline *d = s->deadlines; d; d = deadline_next(d))
        if (strcmp(d->name, name) == 0)
            return (struct deadline *)(uintptr_t)d;
    cr_assert_fail("no %s", name);
    return NULL;
}

TRIPS(reassembly, deadline_clear(s, only_deadline("reassembly.timeout")), fragment(2))

Test(invariants, reassembly)
{
    fragment(1);
    trips(spoil_reassembly, act_reassembly);
}

static void learn(uint32_t i)
{
    struct ip_addr a = addr_ipv4(0x0b000000 + i);
    path_mtu_learn(s, &a, 1500, 1400, 0);
}

TRIPS(path_mtu, deadline_clear(s, only_deadline("path_mtu.age")), learn(2))

Test(invariants, path_mtu)
{
    learn(1);
    trips(spoil_path_mtu, act_path_mtu);
}

/* --- transports, sockets --- */

static struct udp_pcb flow = {.end = {.local_port = 4000}}, other = {.end = {.local_port = 4001}};
TRIPS(demux_port, flow.end.local_port = 4003, udp_bind(s, &other))
TRIPS(demux_flow, flow.end.ip.remote.word[0]++, udp_bind(s, &other))

Test(invariants, demux)
{
    struct ip_addr to = peer(0);
    cr_assert_eq(udp_bind(s, &flow), 0);
    cr_assert_eq(udp_connect(s, &flow, &to, 7), 0);
    trips(spoil_demux_port, act_demux_port);
    trips(spoil_demux_flow, act_demux_flow);
}

static struct raw_pcb raw[2];
TRIPS(raw, raw[0].protocol = 8, raw_bind(s, &raw[1]))

Test(invariants, raw)
{
    raw[0].protocol = raw[1].protocol = 7;
    cr_assert_eq(raw_bind(s, &raw[0]), 0);
    trips(spoil_raw, act_raw);
}

static void datagram_comes(void)
{
    datagram_receive(r, &(struct datagram){.sport = 9, .dport = 4000, .payload = "a", .len = 1});
}

static struct socket *first_socket(void)
{
    return &socket_state(s)->socket[0];
}

TRIPS(socket_queue, first_socket()->queue.bytes++, datagram_comes())
TRIPS(socket_block, first_socket()->index++, datagram_comes())
TRIPS(socket_table, socket_state(s)->frees--, socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 0))
TRIPS(socket_pool, first_socket()->queue = (struct socket_queue){0},
      socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 0))

Test(invariants, sockets)
{
    const struct socket_address any = {.addr = {.family = ADDR_IPV4}, .port = 4000};
    int fd = socket_open(s, ADDR_IPV4, SOCKET_DGRAM, 0);
    cr_assert_eq(socket_bind(s, fd, &any), 0);
    datagram_comes();
    trips(spoil_socket_queue, act_socket_queue);
    trips(spoil_socket_block, act_socket_block);
    trips(spoil_socket_table, act_socket_table);
    trips(spoil_socket_pool, act_socket_pool);
}

/* --- services --- */

static struct dhcp_client *client(void)
{
    return dhcp_client(s, r->nif);
}

static void to_discover(void)
{
    rig_run(r, RIG_SECOND);
}

TRIPS(dhcp_timer, deadline_clear(s, &client()->timer),
      dhcp_on_netif(s, NULL, r->nif, NETIF_EVENT_CARRIER, 0))
TRIPS(dhcp_inform, client()->inform = true, to_discover())
TRIPS(dhcp_no_lease, client()->servers_named = true, to_discover())
TRIPS(dhcp_lease, client()->state = DHCP_BOUND, netif_down(r->nif, 0))

Test(invariants, dhcp)
{
    stack_knob_set(s, "dhcp.start_delay", 0);
    cr_assert_eq(dhcp_start(s, r->nif, 0, NULL, NULL, 0), 0);
    trips(spoil_dhcp_timer, act_dhcp_timer);
    trips(spoil_dhcp_inform, act_dhcp_inform);
    trips(spoil_dhcp_no_lease, act_dhcp_no_lease);
    trips(spoil_dhcp_lease, act_dhcp_lease);
}

static struct dns_state *dns(void)
{
    return s->state[MODULE_DNS];
}

static void name_servers(uint32_t last)
{
    struct ip_addr servers[] = {peer(1), addr_ipv4(RIG_PEER + last)};
    cr_assert_eq(dns_set_servers(s, servers, 2), 0);
}

static void ended(void *ctx, struct stack *stack, int result, const void *data, int64_t now_ns)
{
    (void)ctx, (void)stack, (void)result, (void)data, (void)now_ns;
}

static void look_up(const char *name)
{
    dns_resolve(s, name, DNS_A, ended, NULL, 0);
}

/* The user's is the first source; what it names is who is asked. */
TRIPS(dns_servers, dns()->servers.list[0].word[0]++, look_up("b.example."))
TRIPS(dns_source, dns()->servers.source[0].servers = DNS_SERVERS + 1, look_up("b.example."))
TRIPS(dns_query, deadline_clear(s, &dns()->query[0].timer), look_up("b.example."))
TRIPS(dns_leader, dns()->query[0].failed = 1u << 2, look_up("b.example."))
TRIPS(dns_entry, dns()->cache.entry[0].result = -ERR_INVAL, name_servers(3))
TRIPS(dns_entry_twice, dns()->cache.entry[1] = dns()->cache.entry[0], name_servers(3))

Test(invariants, dns)
{
    struct dns_result found = {.count = 1};
    name_servers(2);
    look_up("a.example.");
    dns_cache_put(&dns()->cache, &dns()->query[0].asked, DNS_TYPE_A, 0, &found, 60, 0);
    trips(spoil_dns_servers, act_dns_servers);
    trips(spoil_dns_source, act_dns_source);
    trips(spoil_dns_query, act_dns_query);
    trips(spoil_dns_leader, act_dns_leader);
    trips(spoil_dns_entry, act_dns_entry);
    trips(spoil_dns_entry_twice, act_dns_entry_twice);
}

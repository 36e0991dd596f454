/*
 * What a datagram costs the stack alone by how many routes and neighbours there are: no simulation,
 * a driver that throws away what it is given. The two sizes take turns in one run, and of several
 * rounds the best counts, so that the ratios say something on a busy machine.
 */
#include <stdlib.h>
#include <string.h>
#include "bench/bench.h"
#include "stack/core/module.h"
#include "stack/core/neighbour.h"
#include "stack/transport/udp.h"
#include "stack/wire/ethernet.h"
#include "stack/wire/ipproto.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/udp.h"

#define FAR_HOST 0xc6336401u /* 198.51.100.1: by the default route */

enum {
    HOST_IP = 0x0a00000f, /* 10.0.0.15/16 */
    FIRST_NEIGHBOUR = 0x0a000100,
    FIRST_NET = 0x20000000, /* 32.0.0.0/24 and on: one route each */
    PORT = 5000,
    PEER_PORT = 4000,
    PAYLOAD = 64,
    HEADERS = ETHERNET_HDR_LEN + IPV4_MIN_HDR_LEN + UDP_HDR_LEN,
    ROUNDS = 40,
    EACH = 10000,
};

static const uint8_t host_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static const uint8_t peer_mac[6] = {0x52, 0x55, 0x0a, 0x00, 0x02, 0x02};

struct state {
    struct netif *nif;
};

struct sut {
    struct stack *s;
    struct netif *nif;
    struct udp_pcb pcb;
    uint32_t routes, neighbours;
    uint64_t random;
};

static int probe(void *d, struct netif *nif, const struct device *device, int64_t now_ns)
{
    (void)device;
    ((struct state *)d)->nif = nif;
    memcpy(nif->mac, host_mac, sizeof nif->mac);
    netif_link(nif, true, now_ns);
    return 0;
}

static int send_nowhere(void *d, struct netbuf *nb, int64_t now_ns)
{
    (void)now_ns;
    netif_sent(((struct state *)d)->nif, nb, 0);
    return 0;
}

static const struct netif_driver driver = {
    .name = "nowhere", .state_size = sizeof(struct state), .probe = probe, .send = send_nowhere};

static void random_bytes(void *self, enum random_purpose purpose, void *out, size_t len)
{
    struct sut *u = self;
    (void)purpose;
    for (size_t i = 0; i < len; i++) {
        u->random = u->random * 6364136223846793005u + 1442695040888963407u;
        ((uint8_t *)out)[i] = (uint8_t)(u->random >> 56);
    }
}

static void checked(int result)
{
    if (result < 0) {
        fprintf(stderr, "paths_bench: error %d\n", -result);
        exit(1);
    }
}

/* Answers as a program does: to who asked. */
static void answer(struct udp_pcb *pcb, struct stack *s, struct netbuf *nb,
                   const struct ip_received *r, uint16_t from_port, int64_t now_ns)
{
    uint8_t bytes[PAYLOAD];
    memcpy(bytes, netbuf_data(nb), sizeof bytes);
    netbuf_free(s, nb);
    checked(udp_answer(s, pcb, r, from_port, bytes, sizeof bytes, now_ns));
}

static void add_routes(struct sut *u)
{
    struct ip_addr any = addr_ipv4(0), gateway = addr_ipv4(FIRST_NEIGHBOUR);
    checked(route_add(u->s, &any, 0, &gateway, NULL));
    for (uint32_t i = 2; i < u->routes; i++) { /* the one on the link and the default are two */
        struct ip_addr net = addr_ipv4(FIRST_NET + (i << 8));
        checked(route_add(u->s, &net, 24, &gateway, NULL));
    }
}

static void open_stack(struct sut *u, uint32_t routes, uint32_t neighbours)
{
    struct stack_config config = {
        .limits = {.frames = 64,
                   .netifs = 2,
                   .routes = (uint16_t)(routes + 2),
                   .neighbours = (uint16_t)neighbours,
                   .neighbour_queue = 2,
                   .sockets = 4,
                   .udp_pcbs = 4,
                   .socket_datagrams = 4,
                   .path_mtus = 4,
                   .driver_bytes = 1024},
        .modules = stack_full_config.modules,
    };
    const struct port port = {.self = u, .random = random_bytes};
    size_t size = stack_size(&config);
    struct ip_addr own = addr_ipv4(HOST_IP);
    u->routes = routes;
    u->neighbours = neighbours;
    u->random = 1;
    u->s = stack_init(aligned_alloc(64, size), size, &config, &port, 0, NULL);
    u->nif = u->s ? stack_attach(u->s, "eth0", &driver, NULL, 0) : NULL;
    if (!u->nif)
        checked(-ERR_NOMEM);
    checked(netif_up(u->nif, 0));
    checked(netif_add_address(u->nif, &own, 16, false, 0));
    for (uint32_t i = 0; i < neighbours; i++) {
        struct ip_addr peer = addr_ipv4(FIRST_NEIGHBOUR + i);
        neighbour_heard(u->nif, &peer, peer_mac, NEIGHBOUR_CREATE | NEIGHBOUR_SOLICITED, 0);
    }
    add_routes(u);
    u->pcb = (struct udp_pcb){.receive = answer};
    u->pcb.end.ip.local = addr_ipv4(0);
    u->pcb.end.local_port = PORT;
    checked(udp_bind(u->s, &u->pcb));
}

/* --- what is measured: `i` goes through the peers in no order --- */

static void send_to(struct sut *u, uint32_t to)
{
    static const uint8_t payload[PAYLOAD];
    struct ip_addr a = addr_ipv4(to);
    checked(udp_send(u->s, &u->pcb, payload, PAYLOAD, &a, PEER_PORT, 0));
}

static void out_same(struct sut *u, uint32_t i)
{
    (void)i;
    send_to(u, FAR_HOST);
}

/* Each by another path than the one before. */
static void out_by_default(struct sut *u, uint32_t i)
{
    send_to(u, FAR_HOST + (i & 1));
}

static void out_by_routes(struct sut *u, uint32_t i)
{
    uint32_t n = u->routes > 2 ? 2 + i % (u->routes - 2) : 0;
    send_to(u, n ? FIRST_NET + (n << 8) + 1 : FAR_HOST + (i & 1));
}

static void out_to_neighbours(struct sut *u, uint32_t i)
{
    send_to(u, FIRST_NEIGHBOUR + i % u->neighbours);
}

static void put_datagram(uint8_t *out, uint32_t from)
{
    struct ethernet_hdr link = {.type = ETHERNET_TYPE_IPV4};
    struct ipv4_hdr ip = {.hdr_len = IPV4_MIN_HDR_LEN,
                          .total_len = IPV4_MIN_HDR_LEN + UDP_HDR_LEN + PAYLOAD,
                          .ttl = 64,
                          .proto = IP_PROTO_UDP,
                          .src = from,
                          .dst = HOST_IP};
    struct udp_hdr udp = {PEER_PORT, PORT, UDP_HDR_LEN + PAYLOAD, 0};
    uint8_t *at = out + ETHERNET_HDR_LEN;
    memcpy(link.dst, host_mac, 6);
    memcpy(link.src, peer_mac, 6);
    ethernet_emit(&link, out, ETHERNET_HDR_LEN);
    ipv4_emit(&ip, at, IPV4_MIN_HDR_LEN);
    ipv4_checksum_set(at, IPV4_MIN_HDR_LEN);
    udp_emit(&udp, at + IPV4_MIN_HDR_LEN, UDP_HDR_LEN);
    memset(at + IPV4_MIN_HDR_LEN + UDP_HDR_LEN, 'x', PAYLOAD);
}

static void in_and_out(struct sut *u, uint32_t i)
{
    struct netbuf *nb = netif_buffer(u->nif, HEADERS + PAYLOAD);
    put_datagram(netbuf_data(nb), FIRST_NEIGHBOUR + i % u->neighbours);
    netif_receive(u->nif, nb, 0);
}

static int64_t processor_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t time_of(struct sut *u, void (*step)(struct sut *u, uint32_t i))
{
    int64_t start_ns = processor_ns();
    for (uint32_t i = 0; i < EACH; i++)
        step(u, i * 7919);
    return processor_ns() - start_ns;
}

static void measure(const char *what, struct sut *few, struct sut *many,
                    void (*step)(struct sut *u, uint32_t i))
{
    int64_t best[2] = {INT64_MAX, INT64_MAX};
    for (int round = 0; round < ROUNDS; round++)
        for (int k = 0; k < 2; k++) {
            int64_t ns = time_of(k ? many : few, step);
            best[k] = ns < best[k] ? ns : best[k];
        }
    printf("%-46s %7" PRId64 " ns %7" PRId64 " ns   x%.2f\n", what, best[0] / EACH, best[1] / EACH,
           (double)best[1] / (double)best[0]);
}

int main(void)
{
    static struct sut few, many;
    open_stack(&few, 2, 5);
    open_stack(&many, 1000, 5);
    printf("%-46s %10s %10s\n", "routes", "2", "1,000");
    measure("out, one destination", &few, &many, out_same);
    measure("out, two in turn by the default route", &few, &many, out_by_default);
    measure("out, by all routes in turn", &few, &many, out_by_routes);
    measure("in, and the answer", &few, &many, in_and_out);
    free(few.s);
    free(many.s);
    open_stack(&few, 2, 5);
    open_stack(&many, 2, 1000);
    printf("%-46s %10s %10s\n", "neighbours", "5", "1,000");
    measure("out, one destination", &few, &many, out_same);
    measure("out, to all in turn", &few, &many, out_to_neighbours);
    measure("in from all in turn, and the answer", &few, &many, in_and_out);
    free(few.s);
    free(many.s);
    return 0;
}

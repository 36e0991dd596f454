/*
 * What a datagram costs the stack alone, in and out, with 1, 1,000 and 10,000 UDP sockets: no
 * simulation, a driver that throws away what it is given. The sizes take turns in one run, and of
 * several rounds the best counts, so that the ratios say something on a busy machine.
 */
#include <stdlib.h>
#include <string.h>
#include "bench/bench.h"
#include "stack/core/bytes.h"
#include "stack/core/module.h"
#include "stack/socket/socket.h"
#include "stack/wire/ethernet.h"
#include "stack/wire/ipproto.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/udp.h"

enum {
    HOST_IP = 0x0a00020f, /* 10.0.2.15 */
    PEER_IP = 0x0a000202,
    PEER_PORT = 4000,
    FIRST_PORT = 20000,
    PAYLOAD = 64,
    SIZES = 3,
    ROUNDS = 40,
    EACH = 10000,
    HEADERS = ETHERNET_HDR_LEN + IPV4_MIN_HDR_LEN + UDP_HDR_LEN,
};

static const uint8_t host_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static const uint8_t peer_mac[6] = {0x52, 0x55, 0x0a, 0x00, 0x02, 0x02};

struct sut {
    struct stack *s;
    struct netif *nif;
    uint32_t sockets;
    uint64_t random;
};

/* --- a stack with its driver --- */

struct state {
    struct netif *nif;
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

static int checked(int result)
{
    if (result < 0) {
        fprintf(stderr, "sockets_bench: error %d\n", -result);
        exit(1);
    }
    return result;
}

static void open_stack(struct sut *u, uint32_t sockets)
{
    struct stack_config config = {
        .limits = {.frames = 64,
                   .netifs = 2,
                   .routes = 8,
                   .neighbours = 8,
                   .neighbour_queue = 2,
                   .sockets = (uint16_t)(sockets + 1),
                   .udp_pcbs = (uint16_t)(sockets + 1),
                   .socket_datagrams = 4,
                   .driver_bytes = 1024},
        .modules = stack_full_config.modules,
    };
    const struct port port = {.self = u, .random = random_bytes};
    size_t size = stack_size(&config);
    struct ip_addr own = addr_ipv4(HOST_IP), peer = addr_ipv4(PEER_IP);
    u->sockets = sockets;
    u->random = 1;
    u->s = stack_init(aligned_alloc(64, size), size, &config, &port, 0, NULL);
    u->nif = u->s ? stack_attach(u->s, "eth0", &driver, NULL, 0) : NULL;
    if (!u->nif)
        checked(-ERR_NOMEM);
    checked(netif_up(u->nif, 0));
    checked(netif_add_address(u->nif, &own, 24, false, 0));
    checked(neighbour_add(u->nif, &peer, peer_mac, 0));
}

/* Socket k has port FIRST_PORT + k; a connected one has the peer's port PEER_PORT. */
static void open_sockets(struct sut *u, bool connected)
{
    struct socket_address peer = {addr_ipv4(PEER_IP), PEER_PORT};
    for (uint32_t k = 0; k < u->sockets; k++) {
        struct socket_address local = {addr_ipv4(0), (uint16_t)(FIRST_PORT + k)};
        int fd = checked(socket_open(u->s, ADDR_IPV4, SOCKET_DGRAM, 0));
        checked(socket_bind(u->s, fd, &local));
        if (connected)
            checked(socket_connect(u->s, fd, &peer, 0));
    }
}

/* --- what is measured: `which` goes through the sockets in no order --- */

static void build_datagram(uint8_t *out, uint16_t port)
{
    struct ethernet_hdr link = {.type = ETHERNET_TYPE_IPV4};
    struct ipv4_hdr ip = {.hdr_len = IPV4_MIN_HDR_LEN,
                          .total_len = IPV4_MIN_HDR_LEN + UDP_HDR_LEN + PAYLOAD,
                          .ttl = 64,
                          .proto = IP_PROTO_UDP,
                          .src = PEER_IP,
                          .dst = HOST_IP};
    struct udp_hdr udp = {PEER_PORT, port, UDP_HDR_LEN + PAYLOAD, 0};
    uint8_t *at = out + ETHERNET_HDR_LEN, *datagram = at + IPV4_MIN_HDR_LEN;
    memcpy(link.dst, host_mac, 6);
    memcpy(link.src, peer_mac, 6);
    ethernet_emit(&link, out, ETHERNET_HDR_LEN);
    ipv4_emit(&ip, at, IPV4_MIN_HDR_LEN);
    ipv4_checksum_set(at, IPV4_MIN_HDR_LEN);
    udp_emit(&udp, datagram, UDP_HDR_LEN);
    memset(datagram + UDP_HDR_LEN, 'x', PAYLOAD);
    put16(datagram + UDP_CHECKSUM, udp_checksum4(PEER_IP, HOST_IP, datagram, udp.length));
}

/* One port's datagram becomes another's: the sum moves against the port (RFC 1624 3). */
static void put_datagram(uint8_t *out, uint16_t port)
{
    static uint8_t first[HEADERS + PAYLOAD];
    if (!first[0])
        build_datagram(first, FIRST_PORT);
    memcpy(out, first, sizeof first);
    uint8_t *datagram = out + ETHERNET_HDR_LEN + IPV4_MIN_HDR_LEN;
    uint32_t sum = (uint32_t)(uint16_t)~get16(datagram + UDP_CHECKSUM) + (port - FIRST_PORT);
    put16(datagram + UDP_DST_PORT, port);
    put16(datagram + UDP_CHECKSUM, (uint16_t) ~((sum & 0xffff) + (sum >> 16)));
}

/* A frame up to its socket, and out of it. */
static void datagram_in(struct sut *u, uint32_t which)
{
    uint8_t out[PAYLOAD];
    struct netbuf *nb = netif_buffer(u->nif, HEADERS + PAYLOAD);
    put_datagram(netbuf_data(nb), (uint16_t)(FIRST_PORT + which));
    netif_receive(u->nif, nb, 0);
    checked(socket_receive(u->s, SOCKET_FIRST + (int)which, out, sizeof out, 0, NULL, 0));
}

static void datagram_in_one(struct sut *u, uint32_t which)
{
    (void)which;
    datagram_in(u, u->sockets / 2);
}

static void datagram_out(struct sut *u, uint32_t which)
{
    static const uint8_t payload[PAYLOAD];
    struct socket_address peer = {addr_ipv4(PEER_IP), PEER_PORT};
    checked(socket_send(u->s, SOCKET_FIRST + (int)which, payload, PAYLOAD, 0, &peer, 0));
}

static void datagram_out_one(struct sut *u, uint32_t which)
{
    (void)which;
    datagram_out(u, u->sockets / 2);
}

/* One more socket, with a port of the stack's choice, and gone again. */
static void ephemeral(struct sut *u, uint32_t which)
{
    struct socket_address any = {addr_ipv4(0), 0};
    (void)which;
    int fd = checked(socket_open(u->s, ADDR_IPV4, SOCKET_DGRAM, 0));
    checked(socket_bind(u->s, fd, &any));
    checked(socket_close(u->s, fd, 0));
}

/* Of the processor, not of the wall: others work on this machine, too. */
static int64_t processor_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t time_of(struct sut *u, void (*step)(struct sut *u, uint32_t which))
{
    int64_t start_ns = processor_ns();
    for (uint32_t i = 0; i < EACH; i++)
        step(u, (uint32_t)((uint64_t)i * 7919 % u->sockets));
    return processor_ns() - start_ns;
}

static void measure(const char *what, struct sut sut[SIZES],
                    void (*step)(struct sut *u, uint32_t which))
{
    int64_t best[SIZES] = {INT64_MAX, INT64_MAX, INT64_MAX};
    for (int round = 0; round < ROUNDS; round++)
        for (int k = 0; k < SIZES; k++) {
            int64_t ns = time_of(&sut[k], step);
            best[k] = ns < best[k] ? ns : best[k];
        }
    printf("%-34s", what);
    for (int k = 0; k < SIZES; k++)
        printf(" %7" PRId64 " ns", best[k] / EACH);
    printf("   x%.2f x%.2f\n", (double)best[1] / (double)best[0],
           (double)best[2] / (double)best[0]);
}

static void bench(bool connected)
{
    static const uint32_t sizes[SIZES] = {1, 1000, 10000};
    struct sut sut[SIZES];
    for (int k = 0; k < SIZES; k++) {
        open_stack(&sut[k], sizes[k]);
        open_sockets(&sut[k], connected);
    }
    measure(connected ? "in, connected, all in turn" : "in, bound, all in turn", sut, datagram_in);
    measure(connected ? "in, connected, one of them" : "in, bound, one of them", sut,
            datagram_in_one);
    measure(connected ? "out, connected, all in turn" : "out, bound, all in turn", sut,
            datagram_out);
    measure(connected ? "out, connected, one of them" : "out, bound, one of them", sut,
            datagram_out_one);
    measure("open, bind to an ephemeral, close", sut, ephemeral);
    for (int k = 0; k < SIZES; k++)
        free(sut[k].s);
}

int main(void)
{
    printf("%-34s %10s %10s %10s   against 1\n", "", "1", "1,000", "10,000");
    bench(false);
    bench(true);
    return 0;
}

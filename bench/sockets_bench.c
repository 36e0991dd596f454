/* What a datagram costs the stack alone, in and out, with 1, 1,000 and 10,000 UDP sockets. */
#include "bench/bare_stack.h"
#include "stack/core/bytes.h"
#include "stack/socket/socket.h"

enum {
    HOST_IP = 0x0a00020f, /* 10.0.2.15 */
    PEER_IP = 0x0a000202,
    PEER_PORT = 4000,
    FIRST_PORT = 20000,
    SIZES = 3,
};

struct sut {
    struct bare_stack bare;
    uint32_t sockets;
    struct bare_element *bare_lines;
    uint32_t seen;
};

static void open_stack(struct sut *u, uint32_t sockets)
{
    const struct stack_limits limits = {.routes = 8,
                                        .neighbours = 8,
                                        .neighbour_queue = 2,
                                        .sockets = (uint16_t)(sockets + 1),
                                        .udp_pcbs = (uint16_t)(sockets + 1),
                                        .socket_datagrams = 4};
    struct ip_addr peer = addr_ipv4(PEER_IP);
    u->sockets = sockets;
    bare_open(&u->bare, &limits, HOST_IP, 24);
    checked(neighbour_add(u->bare.nif, &peer, bare_peer_mac, 0));
}

/* Socket k has port FIRST_PORT + k; a connected one has the peer's port PEER_PORT. */
static void open_sockets(struct sut *u, bool connected)
{
    struct socket_address peer = {addr_ipv4(PEER_IP), PEER_PORT};
    for (uint32_t k = 0; k < u->sockets; k++) {
        struct socket_address local = {addr_ipv4(0), (uint16_t)(FIRST_PORT + k)};
        int fd = checked(socket_open(u->bare.s, ADDR_IPV4, SOCKET_DGRAM, 0));
        checked(socket_bind(u->bare.s, fd, &local));
        if (connected)
            checked(socket_connect(u->bare.s, fd, &peer, 0));
    }
}

/* --- what is measured: `which` goes through the sockets in no order --- */

static void build_datagram(uint8_t *out, uint16_t port)
{
    uint8_t *datagram = out + ETHERNET_HDR_LEN + IPV4_MIN_HDR_LEN;
    bare_datagram(out, PEER_IP, PEER_PORT, HOST_IP, port);
    put16(datagram + UDP_CHECKSUM,
          udp_checksum4(PEER_IP, HOST_IP, datagram, UDP_HDR_LEN + BARE_PAYLOAD));
}

/* One port's datagram becomes another's: the sum moves against the port (RFC 1624 3). */
static void put_datagram(uint8_t *out, uint16_t port)
{
    static uint8_t first[BARE_HEADERS + BARE_PAYLOAD];
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
    uint8_t out[BARE_PAYLOAD];
    struct netbuf *nb = netif_buffer(u->bare.nif, BARE_HEADERS + BARE_PAYLOAD);
    put_datagram(netbuf_data(nb), (uint16_t)(FIRST_PORT + which));
    netif_receive(u->bare.nif, nb, 0);
    checked(socket_receive(u->bare.s, SOCKET_FIRST + (int)which, out, sizeof out, 0, NULL, 0));
}

static void datagram_in_one(struct sut *u, uint32_t which)
{
    (void)which;
    datagram_in(u, u->sockets / 2);
}

static void datagram_out(struct sut *u, uint32_t which)
{
    static const uint8_t payload[BARE_PAYLOAD];
    struct socket_address peer = {addr_ipv4(PEER_IP), PEER_PORT};
    checked(socket_send(u->bare.s, SOCKET_FIRST + (int)which, payload, BARE_PAYLOAD, 0, &peer, 0));
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
    int fd = checked(socket_open(u->bare.s, ADDR_IPV4, SOCKET_DGRAM, 0));
    checked(socket_bind(u->bare.s, fd, &any));
    checked(socket_close(u->bare.s, fd, 0));
}

/* What memory alone asks for: an element for each socket, as many lines of the cache as a datagram
 * in wants of one, the last of them known from the one before, as a socket is from its block.
 * `seen` stays 0, which the processor does not know: it waits for one element before it looks for
 * the next. */
struct bare_element {
    struct bare_element *next_line;
    char rest[3 * 64 - sizeof(void *)];
};

static void bare_lines(struct sut *u, uint32_t which)
{
    struct bare_element *e = &u->bare_lines[which + u->seen];
    const volatile char *second = &e->rest[64], *third = (const volatile char *)e->next_line;
    u->seen = (uint32_t)(*second + *third);
}

static void open_bare_lines(struct sut *u)
{
    u->seen = 0;
    u->bare_lines = calloc(u->sockets, sizeof *u->bare_lines);
    for (uint32_t k = 0; k < u->sockets; k++) {
        struct bare_element *e = &u->bare_lines[k];
        e->next_line = (struct bare_element *)(void *)&e->rest[2 * 64];
    }
}

static int64_t time_of(struct sut *u, void (*step)(struct sut *u, uint32_t which))
{
    int64_t start_ns = processor_ns();
    for (uint32_t i = 0; i < BARE_EACH; i++)
        step(u, (uint32_t)((uint64_t)i * 7919 % u->sockets));
    return processor_ns() - start_ns;
}

static void measure(const char *what, struct sut sut[SIZES],
                    void (*step)(struct sut *u, uint32_t which))
{
    int64_t best[SIZES] = {INT64_MAX, INT64_MAX, INT64_MAX};
    for (int round = 0; round < BARE_ROUNDS; round++)
        for (int k = 0; k < SIZES; k++) {
            int64_t ns = time_of(&sut[k], step);
            best[k] = ns < best[k] ? ns : best[k];
        }
    printf("%-34s", what);
    for (int k = 0; k < SIZES; k++)
        printf(" %7" PRId64 " ns", best[k] / BARE_EACH);
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
        open_bare_lines(&sut[k]);
    }
    measure(connected ? "in, connected, all in turn" : "in, bound, all in turn", sut, datagram_in);
    measure(connected ? "in, connected, one of them" : "in, bound, one of them", sut,
            datagram_in_one);
    measure(connected ? "out, connected, all in turn" : "out, bound, all in turn", sut,
            datagram_out);
    measure(connected ? "out, connected, one of them" : "out, bound, one of them", sut,
            datagram_out_one);
    measure("open, bind to an ephemeral, close", sut, ephemeral);
    measure("three lines of memory, no stack", sut, bare_lines);
    for (int k = 0; k < SIZES; k++) {
        bare_close(&sut[k].bare);
        free(sut[k].bare_lines);
    }
}

/* --- for a profiler: one of the rows, with so many sockets, so often --- */

struct row {
    const char *name;
    bool connected;
    void (*step)(struct sut *u, uint32_t which);
};

static const struct row rows[] = {
    {"in-bound", false, datagram_in},    {"out-bound", false, datagram_out},
    {"in-connected", true, datagram_in}, {"out-connected", true, datagram_out},
    {"bind-bound", false, ephemeral},    {"bind-connected", true, ephemeral},
};

static int one_row(const char *name, uint32_t sockets, uint32_t rounds)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sut u;
        if (strcmp(rows[i].name, name) != 0)
            continue;
        open_stack(&u, sockets);
        open_sockets(&u, rows[i].connected);
        int64_t best = INT64_MAX;
        while (rounds-- > 0) {
            int64_t ns = time_of(&u, rows[i].step);
            best = ns < best ? ns : best;
        }
        printf("%s, %" PRIu32 " sockets: %.1f ns\n", name, sockets, (double)best / BARE_EACH);
        bare_close(&u.bare);
        return 0;
    }
    fprintf(stderr, "sockets_bench: no row \"%s\"\n", name);
    return 2;
}

int main(int argc, char **argv)
{
    if (argc == 4)
        return one_row(argv[1], (uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3]));
    printf("%-34s %10s %10s %10s   against 1\n", "", "1", "1,000", "10,000");
    bench(false);
    bench(true);
    return 0;
}

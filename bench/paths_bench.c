/* What a datagram costs the stack alone by how many routes and neighbours there are. */
#include "bench/bare_stack.h"
#include "stack/transport/udp.h"

#define FAR_HOST 0xc6336401u /* 198.51.100.1: by the default route */

enum {
    HOST_IP = 0x0a00000f, /* 10.0.0.15/16 */
    FIRST_NEIGHBOUR = 0x0a000100,
    FIRST_NET = 0x20000000, /* 32.0.0.0/24 and on: one route each */
    PORT = 5000,
    PEER_PORT = 4000,
};

struct sut {
    struct bare_stack bare;
    struct udp_pcb pcb;
    uint32_t routes, neighbours;
};

/* Answers as a program does: to who asked. */
static void answer(struct udp_pcb *pcb, struct stack *s, struct netbuf *nb,
                   const struct ip_received *r, uint16_t from_port, int64_t now_ns)
{
    uint8_t bytes[BARE_PAYLOAD];
    memcpy(bytes, netbuf_data(nb), sizeof bytes);
    netbuf_free(s, nb);
    checked(udp_answer(s, pcb, r, from_port, bytes, sizeof bytes, now_ns));
}

static void add_routes(struct sut *u)
{
    struct ip_addr any = addr_ipv4(0), gateway = addr_ipv4(FIRST_NEIGHBOUR);
    checked(route_add(u->bare.s, &any, 0, &gateway, NULL));
    for (uint32_t i = 2; i < u->routes; i++) { /* the one on the link and the default are two */
        struct ip_addr net = addr_ipv4(FIRST_NET + (i << 8));
        checked(route_add(u->bare.s, &net, 24, &gateway, NULL));
    }
}

static void open_stack(struct sut *u, uint32_t routes, uint32_t neighbours)
{
    const struct stack_limits limits = {.routes = (uint16_t)(routes + 2),
                                        .neighbours = (uint16_t)neighbours,
                                        .neighbour_queue = 2,
                                        .sockets = 4,
                                        .udp_pcbs = 4,
                                        .socket_datagrams = 4,
                                        .path_mtus = 4};
    u->routes = routes;
    u->neighbours = neighbours;
    bare_open(&u->bare, &limits, HOST_IP, 16);
    for (uint32_t i = 0; i < neighbours; i++) {
        struct ip_addr peer = addr_ipv4(FIRST_NEIGHBOUR + i);
        neighbour_heard(u->bare.nif, &peer, bare_peer_mac, NEIGHBOUR_CREATE | NEIGHBOUR_SOLICITED,
                        0);
    }
    add_routes(u);
    u->pcb = (struct udp_pcb){.receive = answer};
    u->pcb.end.ip.local = addr_ipv4(0);
    u->pcb.end.local_port = PORT;
    checked(udp_bind(u->bare.s, &u->pcb));
}

/* --- what is measured: `i` goes through the peers in no order --- */

static void send_to(struct sut *u, uint32_t to)
{
    static const uint8_t payload[BARE_PAYLOAD];
    struct ip_addr a = addr_ipv4(to);
    checked(udp_send(u->bare.s, &u->pcb, payload, BARE_PAYLOAD, &a, PEER_PORT, 0));
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

static void in_and_out(struct sut *u, uint32_t i)
{
    struct netbuf *nb = netif_buffer(u->bare.nif, BARE_HEADERS + BARE_PAYLOAD);
    bare_datagram(netbuf_data(nb), FIRST_NEIGHBOUR + i % u->neighbours, PEER_PORT, HOST_IP, PORT);
    netif_receive(u->bare.nif, nb, 0);
}

static int64_t time_of(struct sut *u, void (*step)(struct sut *u, uint32_t i))
{
    int64_t start_ns = processor_ns();
    for (uint32_t i = 0; i < BARE_EACH; i++)
        step(u, i * 7919);
    return processor_ns() - start_ns;
}

static void measure(const char *what, struct sut *few, struct sut *many,
                    void (*step)(struct sut *u, uint32_t i))
{
    int64_t best[2] = {INT64_MAX, INT64_MAX};
    for (int round = 0; round < BARE_ROUNDS; round++)
        for (int k = 0; k < 2; k++) {
            int64_t ns = time_of(k ? many : few, step);
            best[k] = ns < best[k] ? ns : best[k];
        }
    printf("%-46s %7" PRId64 " ns %7" PRId64 " ns   x%.2f\n", what, best[0] / BARE_EACH,
           best[1] / BARE_EACH, (double)best[1] / (double)best[0]);
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
    bare_close(&few.bare);
    bare_close(&many.bare);
    open_stack(&few, 2, 5);
    open_stack(&many, 2, 1000);
    printf("%-46s %10s %10s\n", "neighbours", "5", "1,000");
    measure("out, one destination", &few, &many, out_same);
    measure("out, to all in turn", &few, &many, out_to_neighbours);
    measure("in from all in turn, and the answer", &few, &many, in_and_out);
    bare_close(&few.bare);
    bare_close(&many.bare);
    return 0;
}

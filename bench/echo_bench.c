/*
 * Datagrams through everything: a link, a NIC model, its driver, our stack with its echo service,
 * and back out. Every frame counts, both directions.
 */
#include <stdlib.h>
#include <string.h>
#include "bench/bench.h"
#include "sim/hosts/sut_host.h"
#include "sim/packet/packet.h"
#include "stack/wire/ethernet.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipproto.h"
#include "stack/wire/udp.h"

enum {
    HOST_IP = 0x0a00020f, /* 10.0.2.15 */
    PEER_IP = 0x0a000202,
    ECHO_PORT = 7,
    PEER_PORT = 4000,
    HEADERS = ETHERNET_HDR_LEN + IPV4_MIN_HDR_LEN + UDP_HDR_LEN,
    DATAGRAMS = 200000,
};

static const uint8_t host_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static const uint8_t peer_mac[6] = {0x52, 0x55, 0x0a, 0x00, 0x02, 0x02};

struct peer {
    struct owner owner; /* first */
    struct world *world;
    struct link *link;
    int port;
    uint32_t len, left;
    uint64_t answers;
    uint8_t bytes[2048];
};

static void to_host(void *ctx, int port, struct frame *f, int64_t now_ns)
{
    struct host *h = ctx;
    (void)port;
    h->kind->frame(h, 0, f, now_ns);
}

static void host_fire(struct owner *o, int64_t now_ns)
{
    struct host *h = (struct host *)(void *)o;
    h->kind->due(h, now_ns);
}

static void to_peer(void *ctx, int port, struct frame *f, int64_t now_ns)
{
    struct peer *p = ctx;
    (void)port, (void)now_ns;
    p->answers += f->len >= p->len;
}

static void send_one(struct owner *o, int64_t now_ns)
{
    struct peer *p = (struct peer *)(void *)o;
    struct frame *f = frame_copy(p->world, p->bytes, p->len);
    link_send(p->link, p->port, f);
    frame_unref(f);
    if (--p->left)
        world_due(p->world, o, now_ns + 2000);
}

/* A datagram with a right checksum, or with none, so that what summing costs shows. */
static uint32_t build(uint8_t *out, size_t room, uint32_t payload)
{
    struct ethernet_hdr link = {.type = ETHERNET_TYPE_IPV4};
    struct ipv4_hdr ip = {.hdr_len = IPV4_MIN_HDR_LEN,
                          .total_len = (uint16_t)(IPV4_MIN_HDR_LEN + UDP_HDR_LEN + payload),
                          .ttl = 64,
                          .proto = IP_PROTO_UDP,
                          .src = PEER_IP,
                          .dst = HOST_IP};
    struct udp_hdr udp = {PEER_PORT, ECHO_PORT, (uint16_t)(UDP_HDR_LEN + payload), 0};
    uint8_t *at = out + ETHERNET_HDR_LEN, *datagram = at + IPV4_MIN_HDR_LEN;
    memcpy(link.dst, host_mac, 6);
    memcpy(link.src, peer_mac, 6);
    ethernet_emit(&link, out, room);
    ipv4_emit(&ip, at, IPV4_MIN_HDR_LEN);
    ipv4_checksum_set(at, IPV4_MIN_HDR_LEN);
    udp_emit(&udp, datagram, UDP_HDR_LEN);
    for (uint32_t i = 0; i < payload; i++)
        datagram[UDP_HDR_LEN + i] = packet_pattern(i);
    uint16_t sum = udp_checksum4(PEER_IP, HOST_IP, datagram, udp.length);
    memcpy(datagram + 6, (const uint8_t[]){(uint8_t)(sum >> 8), (uint8_t)sum}, 2);
    return HEADERS + payload;
}

static struct value text(const char *t)
{
    return (struct value){
        .kind = VALUE_BYTES, .bytes = (const uint8_t *)t, .len = (uint32_t)strlen(t)};
}

static void call(struct host *h, const char *name, const struct value *argv, int argc)
{
    struct value out[SUT_ARGUMENTS];
    int64_t result = sut_host_call(h, 0, name, argv, argc, out);
    if (result < 0) {
        fprintf(stderr, "echo_bench: %s: %lld\n", name, (long long)result);
        exit(1);
    }
}

static struct host *open_host(struct world *w, struct link *l, const char *nic)
{
    struct why why = {{0}};
    struct host *h = world_alloc(w, sizeof *h, 64);
    *h = (struct host){.world = w, .kind = &sut_kind, .name = "sut"};
    h->state = world_alloc(w, sut_kind.state_size, 64);
    h->owner.fire = host_fire;
    h->owner.name = h->name;
    world_own(w, &h->owner, RANK_HOST);
    *host_add_port(h) = (struct host_port){.link = l, .mtu = 1500, .host = h, .name = "eth0"};
    memcpy(h->port[0].mac, host_mac, 6);
    h->port[0].number = link_attach(l, "eth0", to_host, NULL, h);
    const struct sut_config config = {.sut = sut_load("stack", &why), .nic = nic_kind_by_name(nic)};
    if (!config.sut || sut_host_open(h, &config, &why) != 0) {
        fprintf(stderr, "echo_bench: %s\n", why.text);
        exit(1);
    }
    call(h, "ifconfig",
         (struct value[]){text("eth0"), {.kind = VALUE_PREFIX, .number = HOST_IP, .prefix = 24}},
         2);
    call(h, "neighbour",
         (struct value[]){text("eth0"),
                          {.kind = VALUE_IPV4, .number = PEER_IP},
                          {.kind = VALUE_MAC, .bytes = peer_mac, .len = 6}},
         3);
    call(h, "udp_echo", (struct value[]){{.kind = VALUE_NUMBER, .number = ECHO_PORT}}, 1);
    return h;
}

static void bench_echo(const char *nic, uint32_t payload, uint32_t datagrams)
{
    char what[80];
    struct why why = {{0}};
    struct world *w = world_new((size_t)256 << 20, 1);
    struct link *l = link_new(w, &(struct link_config){.name = "lan", .latency_ns = 500});
    struct host *h = open_host(w, l, nic);
    struct peer *p = world_alloc(w, sizeof *p, 64);
    p->world = w;
    p->link = l;
    p->left = datagrams;
    p->port = link_attach(l, "peer", to_peer, NULL, p);
    p->len = build(p->bytes, sizeof p->bytes, payload);
    p->owner.fire = send_one;
    p->owner.name = "peer";
    world_own(w, &p->owner, RANK_HOST);
    world_due(w, &p->owner, 1000);
    int64_t start_ns = wall_ns();
    world_run(w, (int64_t)datagrams * 2000 + 100000, &why);
    snprintf(what, sizeof what, "UDP echo of %" PRIu32 " bytes, %s", payload, nic);
    say(what, datagrams + p->answers, "frames", start_ns);
    if (p->answers != datagrams || why.text[0]) {
        fprintf(stderr, "echo_bench: %" PRIu64 " answers to %" PRIu32 " datagrams %s\n", p->answers,
                datagrams, why.text);
        exit(1);
    }
    sut_host_close(h);
    world_free(w);
}

/* No arguments: all; or NIC and payload, and how many, for profiles. */
int main(int argc, char **argv)
{
    if (argc > 2) {
        uint32_t count = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : DATAGRAMS;
        bench_echo(argv[1], (uint32_t)strtoul(argv[2], NULL, 10), count);
        return 0;
    }
    for (int k = 0; nic_kinds[k]; k++) {
        bench_echo(nic_kinds[k]->name, 64, DATAGRAMS);
        bench_echo(nic_kinds[k]->name, 1472, DATAGRAMS);
    }
    return 0;
}

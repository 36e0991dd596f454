/*
 * A stack alone, for what it costs by how much it holds: no simulation, a driver that throws away
 * what it is given. The sizes compared take turns in one run, and of several rounds the best
 * counts, so that the ratios say something on a busy machine.
 */
#ifndef BENCH_BARE_STACK_H
#define BENCH_BARE_STACK_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "bench/bench.h"
#include "stack/core/module.h"
#include "stack/core/neighbour.h"
#include "stack/wire/ethernet.h"
#include "stack/wire/ipproto.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/udp.h"

enum {
    BARE_PAYLOAD = 64,
    BARE_HEADERS = ETHERNET_HDR_LEN + IPV4_MIN_HDR_LEN + UDP_HDR_LEN,
    BARE_ROUNDS = 40,
    BARE_EACH = 10000, /* steps a round */
};

static const uint8_t bare_host_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static const uint8_t bare_peer_mac[6] = {0x52, 0x55, 0x0a, 0x00, 0x02, 0x02};

struct bare_stack {
    struct stack *s;
    struct netif *nif;
    uint64_t random;
};

struct bare_driver {
    struct netif *nif;
};

static inline int bare_probe(void *d, struct netif *nif, const struct device *device,
                             int64_t now_ns)
{
    (void)device;
    ((struct bare_driver *)d)->nif = nif;
    memcpy(nif->mac, bare_host_mac, sizeof nif->mac);
    netif_link(nif, true, now_ns);
    return 0;
}

static inline int bare_send(void *d, struct netbuf *nb, int64_t now_ns)
{
    (void)now_ns;
    netif_sent(((struct bare_driver *)d)->nif, nb, 0);
    return 0;
}

static inline void bare_random(void *self, enum random_purpose purpose, void *out, size_t len)
{
    struct bare_stack *b = self;
    (void)purpose;
    for (size_t i = 0; i < len; i++) {
        b->random = b->random * 6364136223846793005u + 1442695040888963407u;
        ((uint8_t *)out)[i] = (uint8_t)(b->random >> 56);
    }
}

/* What a call returned; an error ends the benchmark. */
static inline int checked(int result)
{
    if (result < 0) {
        fprintf(stderr, "benchmark: error %d\n", -result);
        exit(1);
    }
    return result;
}

/* `limits` but for frames, interfaces and the driver. bare_close gives the memory back. */
/* As a kernel has its memory: in large pages, where this system gives some. */
static inline void *bare_memory(size_t size)
{
    const size_t page = (size_t)2 << 20;
    void *at = aligned_alloc(page, (size + page - 1) & ~(page - 1));
    if (at)
        madvise(at, (size + page - 1) & ~(page - 1), MADV_HUGEPAGE);
    return at;
}

static inline void bare_open(struct bare_stack *b, const struct stack_limits *limits, uint32_t host,
                             unsigned prefix)
{
    static const struct netif_driver driver = {.name = "nowhere",
                                               .state_size = sizeof(struct bare_driver),
                                               .probe = bare_probe,
                                               .send = bare_send};
    struct stack_config config = {.limits = *limits, .modules = stack_full_config.modules};
    const struct port port = {.self = b, .random = bare_random};
    struct ip_addr own = addr_ipv4(host);
    config.limits.frames = 64;
    config.limits.netifs = 2;
    config.limits.driver_bytes = 1024;
    size_t size = stack_size(&config);
    b->random = 1;
    b->s = stack_init(bare_memory(size), size, &config, &port, 0, NULL);
    b->nif = b->s ? stack_attach(b->s, "eth0", &driver, NULL, 0) : NULL;
    if (!b->nif)
        checked(-ERR_NOMEM);
    checked(netif_up(b->nif, 0));
    checked(netif_add_address(b->nif, &own, prefix, false, 0));
}

static inline void bare_close(struct bare_stack *b)
{
    free(b->s);
}

/* BARE_HEADERS + BARE_PAYLOAD octets; the datagram's checksum is 0: none (RFC 768). */
static inline void bare_datagram(uint8_t *out, uint32_t from, uint16_t from_port, uint32_t to,
                                 uint16_t to_port)
{
    struct ethernet_hdr link = {.type = ETHERNET_TYPE_IPV4};
    struct ipv4_hdr ip = {.hdr_len = IPV4_MIN_HDR_LEN,
                          .total_len = IPV4_MIN_HDR_LEN + UDP_HDR_LEN + BARE_PAYLOAD,
                          .ttl = 64,
                          .proto = IP_PROTO_UDP,
                          .src = from,
                          .dst = to};
    struct udp_hdr udp = {from_port, to_port, UDP_HDR_LEN + BARE_PAYLOAD, 0};
    uint8_t *at = out + ETHERNET_HDR_LEN;
    memcpy(link.dst, bare_host_mac, 6);
    memcpy(link.src, bare_peer_mac, 6);
    ethernet_emit(&link, out, ETHERNET_HDR_LEN);
    ipv4_emit(&ip, at, IPV4_MIN_HDR_LEN);
    ipv4_checksum_set(at, IPV4_MIN_HDR_LEN);
    udp_emit(&udp, at + IPV4_MIN_HDR_LEN, UDP_HDR_LEN);
    memset(at + IPV4_MIN_HDR_LEN + UDP_HDR_LEN, 'x', BARE_PAYLOAD);
}

#endif

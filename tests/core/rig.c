#include "tests/core/rig.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

const uint8_t rig_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
const uint8_t rig_peer[6] = {0x52, 0x55, 0x0a, 0x00, 0x02, 0x02};

static const struct stack_limits small = {
    .frames = 64,
    .big_buffers = 6,
    .netifs = 3,
    .routes = 8,
    .neighbours = 8,
    .neighbour_queue = 3,
    .sockets = 8,
    .udp_pcbs = 8,
    .raw_pcbs = 8,
    .tcp_pcbs = 16,
    .tcp_chunks = 64,
    .memberships = 8,
    .socket_datagrams = 4,
    .reassemblies = 3,
    .path_mtus = 4,
    .dns_cache = 4,
    .dns_queries = 2,
    .pings = 2,
    .driver_bytes = 4096,
};

static void random_bytes(void *self, enum random_purpose purpose, void *out, size_t len)
{
    struct rig *r = self;
    (void)purpose;
    for (size_t i = 0; i < len; i++) {
        r->random = r->random * 6364136223846793005u + 1442695040888963407u;
        ((uint8_t *)out)[i] = (uint8_t)(r->random >> 56);
    }
}

static void on_fate(void *self, uint32_t frame, enum frame_fate fate, const char *reason)
{
    struct rig *r = self;
    cr_assert(frame > 0 && frame < RIG_FATES);
    r->fate[frame].told++;
    r->fate[frame].fate = fate;
    if (reason)
        strncpy(r->fate[frame].reason, reason, sizeof r->fate[frame].reason - 1);
}

static void on_due(void *self, int64_t due_ns)
{
    struct rig *r = self;
    r->sleep_ns = due_ns < r->sleep_ns ? due_ns : r->sleep_ns;
}

static void on_wake(void *self)
{
    on_due(self, ((struct rig *)self)->now_ns);
}

struct state {
    struct netif *nif;
    struct rig *r;
};

static int probe(void *d, struct netif *nif, const struct device *device, int64_t now_ns)
{
    (void)device;
    ((struct state *)d)->nif = nif;
    memcpy(nif->mac, rig_mac, sizeof nif->mac);
    netif_link(nif, true, now_ns);
    return 0;
}

static int64_t poll(void *d, int64_t now_ns, int budget)
{
    (void)d;
    (void)now_ns;
    (void)budget;
    return INT64_MAX;
}

static int send(void *d, struct netbuf *nb, int64_t now_ns)
{
    struct state *st = d;
    struct rig *r = st->r;
    if (r->send_error)
        return r->send_error;
    cr_assert(r->sent_count < RIG_FRAMES, "too many frames");
    struct rig_frame *f = &r->sent[r->sent_count++];
    cr_assert(netbuf_len(nb) <= RIG_FRAME_BYTES);
    f->at_ns = now_ns;
    f->len = netbuf_len(nb);
    memcpy(f->bytes, netbuf_data(nb), f->len);
    /* A device may write on what it owns: whoever looks at it after sending finds rubbish. */
    memset(netbuf_data(nb), 0xdb, f->len);
    netif_sent(st->nif, nb, 0);
    return 0;
}

static const struct netif_driver driver = {
    .name = "rig",
    .state_size = sizeof(struct state),
    .probe = probe,
    .poll = poll,
    .send = send,
};

struct rig *rig_open(const struct module *const *modules, const struct stack_limits *limits,
                     bool address)
{
    struct rig *r = calloc(1, sizeof *r);
    r->random = 1;
    struct stack_config config = {.limits = limits ? *limits : small,
                                  .modules = modules ? modules : stack_full_config.modules};
    struct port port = {
        .self = r, .random = random_bytes, .wake = on_wake, .due = on_due, .fate = on_fate};
    size_t size = stack_size(&config);
    cr_assert_eq(posix_memalign(&r->region, 64, size), 0);
    memset(r->region, 0xa5, size);
    r->s = stack_init(r->region, size, &config, &port, 0, NULL);
    cr_assert_not_null(r->s);
    r->nif = stack_attach(r->s, "eth0", &driver, NULL, 0);
    cr_assert_not_null(r->nif);
    ((struct state *)r->nif->state)->r = r;
    cr_assert_eq(netif_up(r->nif, 0), 0);
    struct ip_addr a = addr_ipv4(RIG_ADDRESS);
    if (address)
        cr_assert_eq(netif_add_address(r->nif, &a, 24, false, 0), 0);
    return r;
}

struct rig *rig_full(void)
{
    return rig_open(NULL, NULL, true);
}

void rig_close(struct rig *r)
{
    struct stack *s = r->s;
    stack_stop(s, r->now_ns);
    cr_assert_eq(s->rx_received, s->rx_consumed + s->rx_dropped,
                 "%d received, %d consumed, %d dropped", (int)s->rx_received, (int)s->rx_consumed,
                 (int)s->rx_dropped);
    for (uint32_t i = 1; i <= s->rx_number && i < RIG_FATES; i++)
        cr_assert_eq(r->fate[i].told, 1, "frame %u: %u fates", i, r->fate[i].told);
    for (int c = 0; c < NETBUF_CLASSES; c++)
        cr_assert_eq(s->pool[c].available, s->pool[c].total, "pool %d: %u of %u", c,
                     s->pool[c].available, s->pool[c].total);
    free(r->region);
    free(r);
}

static int64_t poll_stack(struct rig *r)
{
    r->sleep_ns = INT64_MIN;
    return r->sleep_ns = stack_poll(r->s, r->now_ns);
}

void rig_sleep(struct rig *r, int64_t until_ns)
{
    while (r->sleep_ns <= until_ns) {
        r->now_ns = r->sleep_ns > r->now_ns ? r->sleep_ns : r->now_ns;
        poll_stack(r);
    }
    r->now_ns = until_ns;
}

void rig_run(struct rig *r, int64_t until_ns)
{
    for (;;) {
        int64_t due = poll_stack(r);
        if (due > until_ns)
            break;
        if (due > r->now_ns)
            r->now_ns = due;
    }
    r->now_ns = until_ns;
    poll_stack(r);
}

uint32_t rig_receive(struct rig *r, const void *frame, uint32_t len)
{
    struct netbuf *nb = netif_buffer(r->nif, len);
    cr_assert_not_null(nb);
    memcpy(netbuf_data(nb), frame, len);
    netif_receive(r->nif, nb, r->now_ns);
    poll_stack(r);
    return r->s->rx_number;
}

uint64_t rig_counter(struct rig *r, const char *name)
{
    uint64_t value = 0;
    cr_assert_eq(stack_counter(r->s, name, &value), 0, "no counter %s", name);
    return value;
}

void rig_put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

void rig_put32(uint8_t *p, uint32_t v)
{
    rig_put16(p, v >> 16);
    rig_put16(p + 2, v & 0xffff);
}

unsigned rig_get16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

uint32_t rig_get32(const uint8_t *p)
{
    return (uint32_t)rig_get16(p) << 16 | rig_get16(p + 2);
}

uint32_t rig_ethernet(uint8_t *out, const uint8_t to[6], const uint8_t from[6], uint16_t type)
{
    memcpy(out, to, 6);
    memcpy(out + 6, from, 6);
    rig_put16(out + 12, type);
    return 14;
}

uint32_t rig_arp(uint8_t *out, const uint8_t eth_to[6], uint16_t op, const uint8_t sha[6],
                 uint32_t spa, const uint8_t tha[6], uint32_t tpa)
{
    static const uint8_t fixed[6] = {0, 1, 8, 0, 6, 4};
    memset(out, 0, 60);
    uint8_t *a = out + rig_ethernet(out, eth_to, sha, 0x0806);
    memcpy(a, fixed, sizeof fixed);
    rig_put16(a + 6, op);
    memcpy(a + 8, sha, 6);
    rig_put32(a + 14, spa);
    if (tha)
        memcpy(a + 18, tha, 6);
    rig_put32(a + 24, tpa);
    return 60;
}

uint16_t rig_sum(const uint8_t *bytes, uint32_t len)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < len; i++)
        sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

uint32_t rig_ipv4(uint8_t *out, const struct rig_ip *ip, const void *payload, uint32_t len)
{
    uint8_t *h = out + rig_ethernet(out, rig_mac, rig_peer, 0x0800);
    uint32_t header = 20 + ip->options_len;
    memset(h, 0, header);
    h[0] = (uint8_t)(0x40 | header / 4);
    h[1] = ip->tos;
    rig_put16(h + 2, header + len);
    rig_put16(h + 4, ip->id);
    rig_put16(h + 6, ip->frag);
    h[8] = ip->ttl ? ip->ttl : 64;
    h[9] = ip->proto;
    rig_put32(h + 12, ip->src ? ip->src : RIG_PEER);
    rig_put32(h + 16, ip->dst ? ip->dst : RIG_ADDRESS);
    if (ip->options_len)
        memcpy(h + 20, ip->options, ip->options_len);
    rig_put16(h + 10, rig_sum(h, header));
    if (len)
        memcpy(h + header, payload, len);
    uint32_t total = 14 + header + len;
    for (; total < 60; total++)
        out[total] = 0;
    return total;
}

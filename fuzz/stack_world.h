/*
 * Our stack on a wire that a fuzzer holds: what the target of whole frames starts from. All of it
 * lies in a world's arena, so that each input begins at the same bytes. Frames go in by a driver
 * that is nothing but a hook; what comes out is judged at once, by the simulation's own sum.
 */
#ifndef FUZZ_STACK_WORLD_H
#define FUZZ_STACK_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include "fuzz/wire_fuzz.h"
#include "sim/judge/private.h"
#include "sim/packet/packet.h"
#include "sim/world/world.h"
#include "stack/core/bytes.h"
#include "stack/core/module.h"

enum {
    HOST_IP = 0x0a00020f, /* 10.0.2.15, as libslirp leases it */
    GATEWAY_IP = 0x0a000202,
    DNS_IP = 0x0a000203,
    FRAMES_MOST = 4096,      /* received in one run */
    POLLS_MOST = 400,        /* in one run: what is left of it then is not played */
    POLLS_AT_INSTANT = 2000, /* the stack must come to rest */
    ANSWERS_MOST =
        150, /* frames out for one in: a whole datagram of 65535 in fragments of 576 is 119 */
    SENT_KEPT = 1514,
};

/* Of each kind of question the last that went out is kept, for answers that are to fit. */
enum question {
    ASKED_DHCP,
    ASKED_DNS,
    ASKED_NTP,
    ASKED_ECHO,
    ASKED_TRACE,
    ASKED_IP,
    QUESTIONS,
    QUESTION_BYTES = 48 + 42
};

static const uint8_t fuzz_host_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static const uint8_t fuzz_gateway_mac[6] = {0x52, 0x55, 0x0a, 0x00, 0x02, 0x02};

struct fuzz_world {
    struct world *world;
    struct stack *stack;
    struct netif *nif;
    struct stack_config config;
    struct random_stream purpose[RANDOM_PURPOSES];
    int64_t now_ns;
    uint32_t polls, answers;
    bool full;                                /* the device has no room: what is sent waits */
    uint8_t fates[FRAMES_MOST];               /* told so far, by the frame's number */
    uint8_t asked[QUESTIONS][QUESTION_BYTES]; /* from the Ethernet header on, zeros behind */
    struct judge judge;                       /* what is known of the wire */
    struct judge_port *sut;
    uint32_t sent_len; /* the last frame that went out */
    uint8_t sent[SENT_KEPT];
};

struct fuzz_hook {
    struct netif *nif;
    struct fuzz_world *f;
};

/* --- what comes out --- */

/* What the target's own calls write as they like, by raw sockets: no rule holds for it. */
static inline bool is_callers(const struct rule *r)
{
    static const char *const names[] = {"echo asked", "echo data", "error quotes", NULL};
    int k = 0;
    while (names[k] && strcmp(names[k], r->name) != 0)
        k++;
    return names[k] != NULL;
}

/* Sums, lengths, padding, and the baseline of every frame (sim/judge/rules_table.c); conventions
 * are not asked for. */
static inline void judge_sent(struct fuzz_world *f, const uint8_t *p, uint32_t len)
{
    struct packet_verdict v;
    struct packet_facts facts;
    struct breach breach[BREACHES];
    CHECK(len >= 60 && len <= 1514);
    packet_verify(NULL, NULL, p, len, &v);
    packet_facts(p, len, &facts);
    bool good = true;
    uint32_t breaches = baseline_breaches(&f->judge, f->sut, &facts, f->now_ns, breach);
    memory_sent(&f->judge, f->sut, &facts, f->now_ns);
    for (uint32_t k = 0; k < breaches; k++)
        if (breach[k].rule->level == RULE_MUST && !is_callers(breach[k].rule)) {
            fprintf(stderr, "%s: expected %s, actual %s\n", breach[k].rule->name,
                    breach[k].expected, breach[k].actual);
            good = false;
        }
    for (uint32_t d = 0; d < v.differences && d < PACKET_DIFFERENCES; d++)
        fprintf(stderr, "%s: expected %s, actual %s\n", v.difference[d].field,
                v.difference[d].expected, v.difference[d].actual);
    bool unsummed = v.differences == 1 && strcmp(v.difference[0].field, "udp.sum") == 0 &&
                    strcmp(v.difference[0].actual, "0x0") == 0; /* some call asked for none */
    CHECK(good && (v.matches || unsummed));
}

static inline void keep(struct fuzz_world *f, enum question q, const uint8_t *p, uint32_t len)
{
    memset(f->asked[q], 0, QUESTION_BYTES);
    memcpy(f->asked[q], p, len < QUESTION_BYTES ? len : QUESTION_BYTES);
}

static inline void keep_question(struct fuzz_world *f, const uint8_t *p, uint32_t len)
{
    if (get16(p + 12) != 0x0800)
        return;
    keep(f, ASKED_IP, p, len);
    if (p[14] != 0x45)
        return;
    if (p[23] == 1 && p[34] == 8)
        keep(f, ASKED_ECHO, p, len);
    uint16_t port = p[23] == 17 ? get16(p + 36) : 0;
    if (port == 67 || port == 53 || port == 123)
        keep(f, port == 67 ? ASKED_DHCP : port == 53 ? ASKED_DNS : ASKED_NTP, p, len);
    if (port >= 33434 && port < 33434 + 90)
        keep(f, ASKED_TRACE, p, len);
}

static inline int hook_send(void *d, struct netbuf *nb, int64_t now_ns)
{
    struct fuzz_hook *hook = d;
    struct fuzz_world *f = hook->f;
    uint32_t len = netbuf_len(nb);
    (void)now_ns;
    if (f->full)
        return -ERR_NOBUFS;
    judge_sent(f, netbuf_data(nb), len);
    f->answers++;
    keep_question(f, netbuf_data(nb), len);
    f->sent_len = len;
    memcpy(f->sent, netbuf_data(nb), len);
    memset(netbuf_data(nb), 0xdb, len); /* a device may write on what it owns */
    netif_sent(hook->nif, nb, 0);
    return 0;
}

/* Nothing to do; what waits goes on behind it. */
static inline int64_t hook_poll(void *d, int64_t now_ns, int budget)
{
    (void)d, (void)now_ns, (void)budget;
    return INT64_MAX;
}

static inline int hook_probe(void *d, struct netif *nif, const struct device *device,
                             int64_t now_ns)
{
    (void)device;
    ((struct fuzz_hook *)d)->nif = nif;
    memcpy(nif->mac, fuzz_host_mac, sizeof nif->mac);
    netif_link(nif, true, now_ns);
    return 0;
}

static const struct netif_driver fuzz_hook_driver = {
    .name = "hook",
    .state_size = sizeof(struct fuzz_hook),
    .probe = hook_probe,
    .poll = hook_poll,
    .send = hook_send,
};

/* --- the stack's port --- */

static inline void fuzz_random(void *self, enum random_purpose purpose, void *out, size_t len)
{
    struct fuzz_world *f = self;
    random_bytes(&f->purpose[purpose], out, len);
}

static inline void fuzz_fate(void *self, uint32_t frame, enum frame_fate fate, const char *reason)
{
    struct fuzz_world *f = self;
    CHECK(frame > 0 && frame < FRAMES_MOST && frame <= f->stack->rx_number);
    CHECK(++f->fates[frame] == 1);
    CHECK((fate == FATE_DROPPED) == (reason != NULL));
    CHECK(!reason || strchr(reason, '.'));
}

static inline void fuzz_wake(void *self)
{
    (void)self;
}

/* --- driving it --- */

/* Polls until nothing is due; returns when to poll again. */
static inline int64_t settle(struct fuzz_world *f)
{
    for (int round = 0;; round++) {
        int64_t due = stack_poll(f->stack, f->now_ns);
        f->polls++;
        if (due > f->now_ns)
            return due;
        CHECK(round < POLLS_AT_INSTANT);
    }
}

/* Timers fire at their times; the clock ends at until_ns. */
static inline void run_until(struct fuzz_world *f, int64_t until_ns)
{
    for (int64_t due = settle(f); due <= until_ns && f->polls < POLLS_MOST; due = settle(f))
        f->now_ns = due;
    if (f->polls < POLLS_MOST)
        f->now_ns = until_ns;
}

static inline void deliver(struct fuzz_world *f, const uint8_t *bytes, uint32_t len)
{
    struct netbuf *nb = netif_buffer(f->nif, len);
    f->answers = 0;
    struct packet_facts facts;
    struct frame *came = frame_copy(f->world, bytes, len);
    packet_facts(came->bytes, len, &facts);
    memory_came(&f->judge, &f->judge.link[0], came, &facts, f->now_ns);
    address_heard(&f->judge, &f->judge.link[0], came);
    frame_unref(came);
    if (nb) {
        memcpy(netbuf_data(nb), bytes, len);
        netif_receive(f->nif, nb, f->now_ns);
    }
    settle(f);
    CHECK(f->answers <= ANSWERS_MOST || f->nif->mtu < 576);
}

/* --- building it --- */

/* As small as still lets every module work: a run costs what restoring this costs. */
static const struct stack_limits fuzz_limits = {
    .frames = 40,
    .big_buffers = 3,
    .netifs = 2,
    .routes = 8,
    .neighbours = 8,
    .neighbour_queue = 3,
    .sockets = 8,
    .udp_pcbs = 8,
    .raw_pcbs = 8,
    .memberships = 8,
    .socket_datagrams = 4,
    .reassemblies = 3,
    .path_mtus = 4,
    .dns_cache = 4,
    .dns_queries = 3,
    .pings = 2,
    .driver_bytes = 1024,
};

/* The streams are those of the host under test at seed 1, so that frames of scenarios fit. */
static inline struct fuzz_world *fuzz_world_new(void)
{
    struct world *w = world_new((size_t)16 << 20, 1);
    CHECK(w);
    struct fuzz_world *f = world_alloc(w, sizeof *f, 64);
    f->world = w;
    for (int p = 0; p < RANDOM_PURPOSES; p++) {
        char name[32];
        snprintf(name, sizeof name, "sut purpose %d", p);
        random_init(&f->purpose[p], 1, name);
    }
    f->config = (struct stack_config){.limits = fuzz_limits, .modules = stack_full_config.modules};
    size_t size = stack_size(&f->config);
    void *region = world_alloc(w, size, 64);
    memset(region, 0xa5, size);
    struct port port = {.self = f, .random = fuzz_random, .wake = fuzz_wake, .fate = fuzz_fate};
    f->stack = stack_init(region, size, &f->config, &port, 0, NULL);
    CHECK(f->stack);
    f->nif = stack_attach(f->stack, "eth0", &fuzz_hook_driver, NULL, 0);
    CHECK(f->nif);
    ((struct fuzz_hook *)f->nif->state)->f = f;
    judge_init(&f->judge, w, 1);
    f->judge.layers = layer_set_new(pool_new());
    struct judge_port port_of_sut = {.name = "eth0", .station = STATION_UNDER_TEST};
    memcpy(port_of_sut.mac, fuzz_host_mac, sizeof port_of_sut.mac);
    f->sut = judge_add_port(&f->judge, 0, &port_of_sut);
    /* What the target's calls name: its own address, a host far away, its servers. */
    static const uint32_t said[] = {GATEWAY_IP, DNS_IP, 0x0a070001};
    for (size_t k = 0; k < sizeof said / sizeof said[0]; k++)
        judge_said_ipv4(&f->judge, said[k]);
    judge_given(&f->judge, f->sut, HOST_IP, 24);
    judge_said_ipv4(&f->judge, HOST_IP);
    for (unsigned tos = 0; tos < 256; tos++) /* calls set any */
        judge_said_tos(&f->judge, (uint8_t)tos);
    CHECK(netif_up(f->nif, 0) == 0);
    return f;
}

static inline bool ends_in(const char *name, const char *tail)
{
    size_t len = strlen(name), n = strlen(tail);
    return len >= n && strcmp(name + len - n, tail) == 0;
}

/* No module counts what it cannot name. */
static inline void check_counter_names(struct stack *s)
{
    char name[64];
    for (unsigned k = 0; stack_counter_at(s, k, name); k++)
        CHECK(!ends_in(name, ".other") && !ends_in(name, ".misc"));
}

#endif

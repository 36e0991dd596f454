/* What comes in, who sent it, and what is told. */
#include <stdlib.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "sim/monitor/flow.h"
#include "sim/monitor/inside.h"
#include "sim/monitor/lease.h"

enum { STATIONS_MOST = 1024, LEASES_MOST = 256, WIRE_LEAST = 60, FOREVER = 8 };

void *monitor_alloc(struct monitor *m, size_t size)
{
    return m->config.alloc(m->config.self, size);
}

void monitor_release(struct monitor *m, void *memory, size_t size)
{
    m->config.release(m->config.self, memory, size);
}

void *monitor_heap_alloc(void *self, size_t size)
{
    (void)self;
    return calloc(1, size);
}

void monitor_heap_release(void *self, void *memory, size_t size)
{
    (void)self, (void)size;
    free(memory);
}

struct monitor *monitor_new(const struct monitor_config *config)
{
    struct monitor *m = config->alloc(config->self, sizeof *m);
    if (!m)
        return NULL;
    m->config = *config;
    m->stations = (struct table){.size = sizeof(struct station), .most = STATIONS_MOST};
    m->hosts = (struct table){.size = sizeof(struct host), .most = config->most};
    m->leases = (struct table){.size = sizeof(struct lease), .most = LEASES_MOST};
    m->flows = (struct table){
        .size = sizeof(struct tcp_flow), .most = config->most, .forget = see_tcp_forget};
    return m;
}

void monitor_free(struct monitor *m)
{
    struct monitor_config config = m->config;
    if (m->pending)
        monitor_release(m, m->pending, PENDING * sizeof *m->pending);
    table_free(m, &m->flows);
    table_free(m, &m->hosts);
    table_free(m, &m->leases);
    table_free(m, &m->stations);
    config.release(config.self, m, sizeof *m);
}

const struct monitor_counts *monitor_counts(const struct monitor *m)
{
    return &m->counts;
}

/* --- words and numbers --- */

const char *ip_words(uint32_t ipv4)
{
    static _Thread_local char text[4][16];
    static _Thread_local unsigned turn;
    char *out = text[turn++ % 4];
    snprintf(out, 16, "%u.%u.%u.%u", ipv4 >> 24, ipv4 >> 16 & 255, ipv4 >> 8 & 255, ipv4 & 255);
    return out;
}

bool in_group(uint32_t ipv4)
{
    return IN_MULTICAST(ipv4);
}

uint64_t octets_sum(const uint8_t *octets, uint32_t len, uint64_t from)
{
    uint64_t sum = from ^ len, word;
    uint32_t k = 0;
    for (; k + sizeof word <= len; k += sizeof word) {
        memcpy(&word, octets + k, sizeof word);
        sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 32;
    }
    for (; k < len; k++)
        sum = (sum ^ octets[k]) * UINT64_C(0x100000001b3);
    return sum ^ sum >> 29;
}

bool guessed(struct guess *g, uint32_t number, uint32_t mask)
{
    enum { SMALL = 16 };
    uint32_t step = (number - g->last) & mask;
    g->run = g->begun && step == g->step && step <= SMALL ? g->run + 1 : 0;
    g->step = step;
    g->last = number;
    g->begun = true;
    return g->run >= FOREVER;
}

/* --- hosts --- */

struct host *host_of(struct monitor *m, uint32_t ipv4)
{
    bool made;
    struct host *h = (struct host *)(void *)table_find(m, &m->hosts, 0, ipv4, true, &made);
    if (made && h)
        h->ipv4 = ipv4;
    return h;
}

bool is_judged(const struct monitor *m, uint32_t ipv4)
{
    const struct monitor_config *c = &m->config;
    return !c->only_ipv4 || ipv4 == c->ipv4;
}

static uint64_t mac_key(const uint8_t mac[6])
{
    return (uint64_t)get16(mac) << 32 | get32(mac + 2);
}

struct station *station_of(struct monitor *m, const uint8_t mac[6], bool make)
{
    return (struct station *)(void *)table_find(m, &m->stations, 0, mac_key(mac), make, NULL);
}

bool monitor_own(const struct monitor *m, uint8_t mac[6])
{
    for (const struct node *n = m->stations.newest; n; n = n->older) {
        const struct station *s = (const struct station *)(const void *)n;
        for (int k = 0; s->unpadded && k < 6; k++)
            mac[k] = (uint8_t)(n->key[1] >> (40 - 8 * k));
        if (s->unpadded)
            return true;
    }
    return false;
}

/* --- findings --- */

static void fill_finding(struct monitor *m, struct monitor_finding *f, enum monitor_rule rule,
                         const char *format, va_list args)
{
    *f = (struct monitor_finding){.rule = rule,
                                  .number = m->frame->number,
                                  .time_ns = m->frame->time_ns,
                                  .lacks = monitor_row[rule].needs & ~m->known,
                                  .has_mac = m->sight.eth != NULL,
                                  .flow = m->flow};
    vsnprintf(f->words, sizeof f->words, format, args);
    if (f->has_mac)
        memcpy(f->mac, m->sight.eth + ETHER_ADDR_LEN, sizeof f->mac);
    f->ipv4 = m->sight.kind == SIGHT_IPV4  ? m->sight.src
              : m->sight.kind == SIGHT_ARP ? get32(m->sight.ip + 14)
                                           : 0;
}

/* --- findings that wait --- */

static bool near_hole(const struct monitor *m, int64_t time_ns)
{
    int64_t gone = m->hole_ns - time_ns;
    return m->holed && gone < SECOND_NS && gone > -SECOND_NS;
}

static void settle_oldest(struct monitor *m)
{
    const struct monitor_finding *f = &m->pending[m->settled++ % PENDING];
    m->config.found(m->config.self, f);
}

void tell_finding(struct monitor *m, const struct monitor_finding *f)
{
    bool waits = m->frame->way == MONITOR_UNKNOWN && !f->lacks &&
                 monitor_row[f->rule].needs & NEEDS_COMPLETE;
    if (waits && !m->pending)
        m->pending = monitor_alloc(m, PENDING * sizeof *m->pending);
    if (!waits || !m->pending) {
        m->config.found(m->config.self, f);
        return;
    }
    if (m->pendings - m->settled == PENDING)
        settle_oldest(m);
    struct monitor_finding *p = &m->pending[m->pendings++ % PENDING];
    *p = *f;
    if (near_hole(m, f->time_ns))
        p->lacks = NEEDS_COMPLETE;
    if (m->config.context && !p->context)
        p->context = m->config.context(m->config.self, f->rule);
}

void damaged(struct monitor *m)
{
    m->damaged_ns = m->frame->time_ns + 1;
    m->damaged_src = m->sight.src;
    m->damaged_dst = m->sight.dst;
    see_tcp_damaged(m);
}

static bool was_damaged(const struct monitor *m)
{
    uint32_t src = m->sight.src, dst = m->sight.dst;
    return m->damaged_ns && m->frame->time_ns - m->damaged_ns < SECOND_NS &&
           ((src == m->damaged_src && dst == m->damaged_dst) ||
            (src == m->damaged_dst && dst == m->damaged_src));
}

void missing(struct monitor *m, struct tcp_flow *flow)
{
    if (was_damaged(m))
        return;
    flow->holes = true;
    m->counts.holes++;
    m->holed = true;
    m->hole_ns = m->frame->time_ns;
    for (uint64_t k = m->settled; k < m->pendings; k++) {
        struct monitor_finding *p = &m->pending[k % PENDING];
        if (p->flow == flow || near_hole(m, p->time_ns))
            p->lacks = NEEDS_COMPLETE;
    }
}

void monitor_finish(struct monitor *m)
{
    while (m->settled < m->pendings)
        settle_oldest(m);
}

static void note_odd(struct monitor *m, const struct monitor_finding *f)
{
    const struct sight *s = &m->sight;
    uint32_t to = s->kind == SIGHT_IPV4 ? s->dst : s->kind == SIGHT_ARP ? get32(s->ip + 24) : 0;
    struct host *h = m->frame->way == MONITOR_UNKNOWN && !f->lacks && to ? host_of(m, to) : NULL;
    if (h)
        h->odd_ns = m->frame->time_ns + 1;
}

bool had_odd(const struct monitor *m, const struct host *h)
{
    return h && h->odd_ns && m->frame->time_ns - h->odd_ns < 2 * SECOND_NS;
}

void broken(struct monitor *m, enum monitor_rule rule, const char *format, ...)
{
    struct monitor_finding f;
    va_list args;
    if (!m->judged)
        return;
    va_start(args, format);
    fill_finding(m, &f, rule, format, args);
    va_end(args);
    tell_finding(m, &f);
    note_odd(m, &f);
}

void doubted(struct monitor *m, struct monitor_finding *out, enum monitor_rule rule,
             const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill_finding(m, out, rule, format, args);
    va_end(args);
}

void monitor_tell(struct monitor *m, enum monitor_told what)
{
    switch (what) {
    case MONITOR_TOLD_OPTIONS:
        m->told_options++;
        break;
    case MONITOR_TOLD_LOSSES:
        m->config.known &= ~(unsigned)(NEEDS_COMPLETE | NEEDS_PORT | NEEDS_ORDER);
        break;
    case MONITOR_TOLD_LATE:
        m->config.known &= ~(unsigned)NEEDS_ORDER;
        break;
    case MONITOR_TOLD_TIMERS:
        m->other_timers = true;
        break;
    case MONITOR_TOLD_NO_ARP:
        m->without_arp = true;
        break;
    }
}

void monitor_resolved(struct monitor *m, int64_t now_ns)
{
    m->resolved_ns = now_ns + 1;
}

bool monitor_asked(const struct monitor *m, enum monitor_rule rule)
{
    return m->asked[rule];
}

bool waited_for_neighbour(const struct monitor *m)
{
    return m->resolved_ns && m->frame->time_ns - (m->resolved_ns - 1) < 5 * MILLISECOND_NS;
}

/* --- frames --- */

/* A header whose sum and length are right: what nobody damaged. */
static bool is_sound(const struct sight *s)
{
    return s->total <= s->ip_room &&
           (get16(s->ip + 10) == 0 || sight_sum(s->ip, s->header, 0) == 0xffff);
}

/* The same datagram again at once: the capture saw it on two interfaces, or on both sides of a
 * bridge. */
static bool is_repeated(struct monitor *m)
{
    const struct sight *s = &m->sight;
    if (m->frame->way != MONITOR_UNKNOWN || s->kind == SIGHT_OTHER ||
        s->protocol == IPPROTO_ICMP) /* who asks twice is answered twice */
        return false;
    bool ip = s->kind == SIGHT_IPV4 && s->body;
    if (ip && !is_sound(s))
        return false;
    uint64_t begin = ip ? (uint64_t)s->src << 32 ^ s->dst ^ (uint64_t)s->id << 16 ^ s->offset : 1;
    uint64_t sum = ip ? octets_sum(s->body, s->have, begin) : octets_sum(s->ip, 28, begin);
    for (uint32_t k = 0; k < RECENT && k < m->recents; k++)
        if (m->recent[k] == sum && m->frame->time_ns - m->recent_ns[k] < MILLISECOND_NS)
            return true;
    m->recent[m->recents % RECENT] = sum;
    m->recent_ns[m->recents++ % RECENT] = m->frame->time_ns;
    return false;
}

/* A router's frames are others': their times are not those of who sent them first. A TTL that no
 * host begins with says the same. */
static bool is_own(struct monitor *m)
{
    struct station *s = m->from;
    const struct sight *i = &m->sight;
    if (i->kind != SIGHT_IPV4 || i->src == 0)
        return s->unpadded && !s->many;
    s->many |= s->ipv4 && s->ipv4 != i->src;
    s->ipv4 = s->ipv4 ? s->ipv4 : i->src;
    bool first = i->ttl == 1 || i->ttl == 32 || i->ttl == 64 || i->ttl == 128 || i->ttl == 255;
    return s->unpadded && !s->many && first;
}

/* On a virtual link nobody fills frames up or sums them: those of two stations look as if they were
 * captured at home, and one of them is not. */
static void count_raw(struct monitor *m)
{
    struct station *s = m->from;
    if (s->raw || !(s->unpadded || s->partial))
        return;
    s->raw = true;
    m->raws++;
}

/* What is known of the capture where this sender's frames are concerned. */
static void read_sender(struct monitor *m)
{
    const struct monitor_frame *f = m->frame;
    m->from = NULL;
    m->known = m->config.known | (f->len == f->wire_len ? NEEDS_WHOLE : 0);
    m->from = m->sight.eth ? station_of(m, m->sight.eth + ETHER_ADDR_LEN, true) : NULL;
    if (m->from && f->way == MONITOR_UNKNOWN && f->wire_len < WIRE_LEAST)
        m->from->unpadded = true;
    if (m->from)
        count_raw(m);
    if (m->from && is_own(m))
        m->known |= NEEDS_PORT | (m->raws > 1 ? 0u : NEEDS_ORDER);
    if (!m->from || !m->from->partial)
        m->known |= NEEDS_UNMERGED;
}

static bool sender_is_judged(const struct monitor *m)
{
    const struct monitor_config *c = &m->config;
    const struct sight *s = &m->sight;
    if (m->frame->way != MONITOR_UNKNOWN)
        return m->frame->way == MONITOR_LEAVES;
    if (c->only_mac)
        return s->eth && memcmp(s->eth + ETHER_ADDR_LEN, c->mac, sizeof c->mac) == 0;
    if (!c->only_ipv4)
        return true;
    return s->kind == SIGHT_ARP ? get32(s->ip + 14) == c->ipv4
                                : s->kind == SIGHT_IPV4 && s->src == c->ipv4;
}

static void count_kind(struct monitor *m)
{
    struct monitor_counts *c = &m->counts;
    c->frames++;
    c->judged += m->judged;
    c->cut += m->frame->len < m->frame->wire_len;
    c->ipv4 += m->sight.kind == SIGHT_IPV4;
    c->other += m->sight.kind == SIGHT_OTHER;
}

void monitor_frame(struct monitor *m, const struct monitor_frame *f)
{
    m->frame = f;
    m->flow = NULL;
    if (!sight_read(f, &m->sight))
        return;
    if (is_repeated(m)) {
        m->counts.repeated++;
        if (m->sight.kind == SIGHT_IPV4 && m->sight.protocol == IPPROTO_TCP)
            see_tcp_again(m);
        return;
    }
    read_sender(m);
    m->judged = sender_is_judged(m);
    count_kind(m);
    see_link(m);
    if (m->sight.kind == SIGHT_ARP)
        see_arp(m);
    else if (m->sight.kind == SIGHT_IPV4)
        see_ip(m);
}

/* What the files of the monitor share. */
#ifndef SIM_MONITOR_INSIDE_H
#define SIM_MONITOR_INSIDE_H

#include "sim/monitor/monitor.h"
#include "sim/monitor/sight.h"
#include "sim/monitor/table.h"

#define SECOND_NS      INT64_C(1000000000)
#define MILLISECOND_NS INT64_C(1000000)

enum { ASKED = 8, ECHOES = 8, IDS = 32, RECENT = 8, QUERIES = 16, NTP_QUERIES = 8 };

struct tcp_flow;

struct asked {
    uint32_t ipv4;
    int64_t at_ns;
    uint32_t times;
};

/* A station on the link, by its hardware address. */
struct station {
    struct node node;
    bool unpadded; /* a frame of it was seen that no wire carries: the capture is its own */
    uint32_t ipv4; /* the first that it was a source of */
    bool many;     /* it was of others, too: a router, whose frames are not its own */
    bool partial;  /* sums, or segments, that its NIC finishes */
    bool raw;      /* either: it was counted among `raws` */
    struct asked asked[ASKED], probed[2]; /* by ARP */
};

struct echo {
    uint32_t peer, id_seq, len, sum, open; /* how many are not answered yet */
    bool cut;
};

/* A counter-like number that a stranger should not be able to foretell. */
struct guess {
    uint32_t last, step, run;
    bool begun;
};

struct dns_query {
    uint16_t port, id;
    uint32_t server, name, edns;
    bool open;
};

struct ntp_query {
    uint32_t server, port;
    uint64_t transmit, receive;
    int64_t at_ns;
};

/* A host, by its IPv4 address. */
struct host {
    struct node node;
    uint32_t ipv4;
    int64_t claimed_ns, defended_ns; /* of its address by another; by itself */
    uint8_t mac[6], arp_mac[6];
    bool has_mac, defended, arp_open; /* someone asked for it, and was not answered yet: */
    uint32_t arp_from;
    int64_t arp_ns;
    struct echo echo[ECHOES]; /* that came, a ring */
    uint32_t echoes;
    int64_t odd_ns; /* when something broken came to it, and 1: it may have been answered as what it
                       was before */
    bool fragmented; /* a fragment came to it: what it answers may not have been seen whole */
    struct {
        uint64_t key;
        int64_t at_ns;
        uint32_t sum;
    } id[IDS];
    struct {
        uint32_t peer, key, begin, end;
        bool open;
    } fragment;
    bool id_seen, ids_vary;
    uint32_t id_last;
    int64_t errors_from_ns;
    uint32_t errors;
    struct guess isn, port, dns_id, dns_port;
    uint32_t isn_same, isn_last;
    struct dns_query query[QUERIES];
    uint32_t queries;
    bool crowded; /* one was forgotten before its answer came */
    struct ntp_query ntp[NTP_QUERIES];
    uint32_t ntps;
};

enum { PENDING = 256 };

struct monitor {
    struct monitor_config config;
    struct monitor_finding *pending; /* a ring of PENDING: findings of a capture that a missing
                                        frame would excuse; NULL: none has been yet, as in a run */
    uint64_t pendings, settled;
    const void *flow;            /* of the frame that is being seen; NULL: none */
    int64_t hole_ns, damaged_ns; /* damaged: and 1; 0: nothing was */
    uint32_t damaged_src, damaged_dst;
    bool holed;
    struct monitor_counts counts;
    struct table stations, hosts, flows, leases;
    size_t octets; /* of sent data that are remembered */
    /* the frame that is being seen */
    const struct monitor_frame *frame;
    struct sight sight;
    struct station *from; /* who sent it; NULL: the link has no addresses */
    uint32_t raws; /* stations whose frames no NIC had finished: of two, as on virtual links, one is
                      far */
    unsigned known;        /* of it */
    uint32_t told_options; /* how often that was told */
    bool without_arp, other_timers;
    bool judged;
    bool asked[MONITOR_RULES]; /* of a frame that is judged */
    uint64_t recent[RECENT];   /* sums of the frames before it: one that comes twice */
    int64_t recent_ns[RECENT];
    uint32_t recents;
    int64_t resolved_ns;   /* when an ARP packet last told an address, and 1; 0: none did */
    int64_t many_asked_ns; /* when an echo request went to many */
};

/* What the frame breaks, in words: what is, and what would be right. */
__attribute__((format(printf, 3, 4))) void broken(struct monitor *m, enum monitor_rule rule,
                                                  const char *format, ...);
/* The same, kept: what comes later decides whether it is told. */
__attribute__((format(printf, 4, 5))) void doubted(struct monitor *m, struct monitor_finding *out,
                                                   enum monitor_rule rule, const char *format, ...);
/* Tells it, or lets it wait, as a capture needs. */
void tell_finding(struct monitor *m, const struct monitor_finding *f);
/* The frame is damaged, and what it carries is not looked at. In a capture its receiver may have
 * taken it all the same: a gap between the two is that frame, and excuses no other. */
void damaged(struct monitor *m);
/* The capture misses frames of this connection, about now: whom that excuses is not accused. */
void missing(struct monitor *m, struct tcp_flow *flow);
/* The same unless it holds; returns holds. */
#define HOLDS(m, holds, rule, ...)                                                                 \
    ((m)->asked[MONITOR_##rule] |= (m)->judged,                                                    \
     (holds) ? true : (broken((m), MONITOR_##rule, __VA_ARGS__), false))

/* The same of a frame that says itself that it is later than those before it: no order is needed.
 */
#define HOLDS_LATER(m, later, holds, rule, ...)                                                    \
    do {                                                                                           \
        unsigned known_ = (m)->known;                                                              \
        (m)->known |= (later) && known_ & NEEDS_PORT ? NEEDS_ORDER : 0u;                           \
        HOLDS(m, holds, rule, __VA_ARGS__);                                                        \
        (m)->known = known_;                                                                       \
    } while (0)

/* NULL: not known, or no memory. */
struct station *station_of(struct monitor *m, const uint8_t mac[6], bool make);
struct host *host_of(struct monitor *m, uint32_t ipv4);
/* Whether the host of that address is judged. */
bool is_judged(const struct monitor *m, uint32_t ipv4);
void *monitor_alloc(struct monitor *m, size_t size);
void monitor_release(struct monitor *m, void *memory, size_t size);

/* "10.0.2.15", in one of a few buffers of the thread. */
const char *ip_words(uint32_t ipv4);
bool in_group(uint32_t ipv4);
uint64_t octets_sum(const uint8_t *octets, uint32_t len, uint64_t from);
/* A number that follows the last by the same small step eight times is foretold. */
bool guessed(struct guess *g, uint32_t number, uint32_t mask);

/* A neighbour's address became known just now: what leaves may have been ready for long, and of
 * what waited some may have been dropped. */
bool waited_for_neighbour(const struct monitor *m);
/* Something broken came to the host lately, and its answer is not that of nothing. */
bool had_odd(const struct monitor *m, const struct host *h);

/* --- the protocols, each given the frame in m->sight --- */
void see_link(struct monitor *m);
void see_arp(struct monitor *m);
void see_ip(struct monitor *m);
void see_icmp(struct monitor *m);
void see_udp(struct monitor *m);
void see_dhcp(struct monitor *m);
void see_dns(struct monitor *m);
void see_ntp(struct monitor *m);
void see_tcp(struct monitor *m);
/* A segment that stands in a capture twice: it may have been sent twice, a duplicate
 * acknowledgement. */
void see_tcp_again(struct monitor *m);
/* A segment that is damaged: what a SYN of it agreed on nobody knows. */
void see_tcp_damaged(struct monitor *m);
/* An ICMP error said so of a segment, whose first octets it quotes. */
void see_tcp_too_long(struct monitor *m, uint32_t source, uint32_t destination,
                      const uint8_t *quoted);

#endif

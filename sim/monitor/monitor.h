/*
 * The monitor: what must hold in every run, whatever is being tested. It sees frames as they pass
 * one point of a wire, keeps for each host and each connection what the standards let them do, and
 * names the rule that a frame breaks. It is written from the standards and knows nothing of any
 * stack, script or world: a run, a capture file and a TAP device look the same to it.
 *
 * What an innocent host could be accused of wrongly is part of each rule: `needs` says what must be
 * known of the capture (that it began before the connection, that it was taken at the host's own
 * port, that it has whole frames, ...). Where some of that is not known, nobody is accused: the
 * finding is counted as one that could not be judged.
 *
 * A state that the wire leaves open is kept as the range of what it may be: a window as the
 * farthest edge that was offered, what came as what may have come, the congestion window as the
 * most that any algorithm of RFC 5681 allows. A frame breaks a rule when no state in the range
 * allows it.
 */
#ifndef SIM_MONITOR_MONITOR_H
#define SIM_MONITOR_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum monitor_level {
    MONITOR_MUST,
    MONITOR_SHOULD,    /* a good reason may excuse it */
    MONITOR_CONVENTION /* no standard says it; whoever does otherwise should know why */
};

/* What a rule needs to be certain, and what is known of a frame: a bit each. */
enum monitor_need {
    NEEDS_PORT = 1,     /* the frame is as it left the sender's own port, forwarded by nobody */
    NEEDS_WHOLE = 2,    /* the frame was not cut by the capture's snap length */
    NEEDS_START = 4,    /* the connection's handshake was seen */
    NEEDS_COMPLETE = 8, /* nothing that passed is missing in the capture */
    NEEDS_UNMERGED =
        16,           /* the sender's frames were not captured before its NIC cut and summed them */
    NEEDS_ORDER = 32, /* the capture was taken at that port: what left and came, and when, is the
                         sender's */
    NEEDS_ALL = 63
};

#define MONITOR_RULE(id, ...) MONITOR_##id,
enum monitor_rule {
#include "sim/monitor/rules.def"
    MONITOR_RULES
};
#undef MONITOR_RULE

struct monitor_row {
    const char *name; /* "tcp.after-fin" */
    enum monitor_level level;
    const char *clause; /* an id of conformance/, or the RFC's name and section */
    unsigned needs;
    const char *what;   /* what holds, one sentence */
    const char *except; /* whom it spares and why; NULL: nobody */
};
extern const struct monitor_row monitor_row[MONITOR_RULES];
const char *monitor_level_name(enum monitor_level level);
/* "the capture may have begun in mid-connection": of the lowest bit that is set. */
const char *monitor_need_text(unsigned needs);

enum monitor_link { MONITOR_ETHERNET, MONITOR_IP, MONITOR_OTHER };
/* Which way a frame goes at the port of the host under test; a capture does not say. */
enum monitor_way { MONITOR_UNKNOWN, MONITOR_LEAVES, MONITOR_COMES };

struct monitor_frame {
    uint64_t number; /* by which it is told */
    int64_t time_ns;
    const uint8_t *bytes;
    uint32_t len, wire_len; /* captured; on the wire */
    enum monitor_link link;
    enum monitor_way way;
    const uint8_t *own; /* the hardware address of the port that it leaves by; NULL: not known */
};

enum { MONITOR_WORDS = 200 };
struct monitor_finding {
    enum monitor_rule rule;
    uint64_t number; /* of the frame */
    int64_t time_ns;
    unsigned lacks; /* what is not known that the rule needs; 0: it is certain */
    bool has_mac;
    uint8_t mac[6];            /* who sent it */
    uint32_t ipv4;             /* 0: not known */
    char words[MONITOR_WORDS]; /* what is and what would be right */
    const void *flow;          /* of its connection, to be compared only; NULL: none */
    void *context;             /* what config.context gave when the frame was seen */
};

struct monitor_config {
    void *self; /* of the functions below */
    void *(*alloc)(void *self,
                   size_t size); /* zeroed; NULL: none is left, and less is remembered */
    void (*release)(void *self, void *memory, size_t size);
    void (*found)(void *self, const struct monitor_finding *f);
    /* Of a capture a finding may wait, until it is known whether frames are missing: what is to be
     * known of the frame then is kept now. NULL: nothing is. */
    void *(*context)(void *self, enum monitor_rule rule);
    unsigned known;           /* NEEDS_* that hold for every frame, as the caller knows */
    uint32_t most;            /* connections that are remembered at most; hosts: as many */
    size_t octets_most;       /* of sent data that are remembered at most */
    bool only_mac, only_ipv4; /* one host is judged alone: */
    uint8_t mac[6];
    uint32_t ipv4;
};

struct monitor;
/* For a monitor that lives in no world: alloc and release of the C library. */
void *monitor_heap_alloc(void *self, size_t size);
void monitor_heap_release(void *self, void *memory, size_t size);

/* NULL: no memory. */
struct monitor *monitor_new(const struct monitor_config *config);
void monitor_free(struct monitor *m);
/* Nothing more comes: what waits is told. */
void monitor_finish(struct monitor *m);
/* In the order of their times. */
void monitor_frame(struct monitor *m, const struct monitor_frame *f);

/* What the user of the host under test asked for, which no frame tells. */
enum monitor_told {
    MONITOR_TOLD_OPTIONS, /* what a DHCP client says of itself is another from now on */
    MONITOR_TOLD_LOSSES,  /* the host is given frames that it never sees, or sees late */
    MONITOR_TOLD_LATE,    /* who shows the frames was late: when they came nobody knows */
    MONITOR_TOLD_TIMERS,  /* TCP's timers are others than the standards' */
    MONITOR_TOLD_NO_ARP   /* an interface sends to everybody: it has one neighbour */
};
/* A neighbour's address was told by a call. */
void monitor_resolved(struct monitor *m, int64_t now_ns);
void monitor_tell(struct monitor *m, enum monitor_told what);

/* A judged frame was held to the rule. */
bool monitor_asked(const struct monitor *m, enum monitor_rule rule);

struct monitor_counts {
    uint64_t frames, judged, arp, ipv4, icmp, udp, tcp, other; /* judged: those of judged hosts */
    uint64_t cut;                                              /* shorter than they were */
    uint64_t partial_sums; /* captured before a NIC put the checksum in */
    uint64_t merged;       /* longer than any frame: captured before a NIC cut them */
    uint64_t repeated;     /* seen a second time, as on two interfaces */
    uint64_t midway;       /* connections whose beginning was not seen */
    uint64_t holes;        /* acknowledged, and not in the capture */
    uint64_t connections, forgotten;
};
const struct monitor_counts *monitor_counts(const struct monitor *m);

/* Who a capture looks to be taken at: the station whose frames were seen before they were padded
 * to the least length. False: nobody stands out. */
bool monitor_own(const struct monitor *m, uint8_t mac[6]);

#endif

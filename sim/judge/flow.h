/*
 * Connections of the host under test, found by their four numbers. A record holds what the script's
 * lines leave out: the initial sequence number of each side, ports, the offset of timestamps, the
 * scale of windows. It is learnt from the wire alone, anew from each SYN.
 *
 * A SYN of the host's gives the host's ISN. One of the peer's gives the peer's while the host has
 * acknowledged none; afterwards it is only asked for, and holds once the host's SYN acknowledges
 * it: a SYN that is refused changes nothing.
 */
#ifndef SIM_JUDGE_FLOW_H
#define SIM_JUDGE_FLOW_H

#include <stdbool.h>
#include <stdint.h>
#include "sim/packet/facts.h"
#include "sim/packet/packet.h"

struct judge;
struct judge_port;

/* What a SYN says beside its number. */
struct flow_syn {
    uint32_t offers; /* kinds of its options, a bit each, below 32 */
    bool ecn;        /* it had ECE */
    uint32_t mss;    /* 0: none */
    int scale;       /* of the sender's windows; -1: none */
};

struct flow_end {
    uint32_t ipv4;
    uint16_t port;
    bool known, agreed; /* the ISN is, and the other side acknowledged it */
    bool asks;          /* a SYN came whose number does not hold yet */
    uint32_t isn, asked, asked_top;
    uint32_t top;   /* behind the last octet that it sent */
    uint32_t acked; /* the most that the other side acknowledged */
    struct flow_syn said, asked_said;
};

enum { FLOW_STAMPS = 64, FLOW_WRITTEN = 64 };

/* A timestamp of the host's as a line wrote it, and as it was sent. */
struct flow_stamp {
    uint32_t written, wire;
};

/* Octets that a call handed over, at their place in the stream. */
struct flow_written {
    uint64_t at;
    const uint8_t *octets; /* NULL: the pattern */
    uint32_t len;
};

/* Flows without a connection that are remembered at once, and those of which a line took a segment,
 * since a script may come back to them. A flood of first segments makes no more: the one that was
 * silent longest gives way. */
enum { FLOWS_WAITING = 16384, FLOWS_NAMED = 65536 };

struct flow {
    struct flow_end host, peer;
    const struct judge_port *at; /* the host's interface */
    bool came, spoke;            /* a segment of the peer did; the host sent one but RST */
    bool offered;                /* the peer offered a window, up to here: */
    uint32_t edge;
    bool told; /* the host offered one, up to here: */
    uint32_t told_edge;
    bool literal; /* the peer sent octets that are not the pattern, or urgent ones */
    struct flow_stamp stamp[FLOW_STAMPS]; /* the newest last, a ring */
    uint32_t stamps;
    struct flow_written *written; /* FLOW_WRITTEN, a ring, the newest last; NULL: nothing was */
    uint32_t writes;
    uint64_t written_end;
    struct flow *next;          /* of its bucket */
    struct flow *older, *newer; /* while it waits for its connection */
    bool waits, named;
    uint32_t holds; /* of those who keep a pointer to it */
};

/* Those that wait, by the time of their last segment. */
struct flow_queue {
    struct flow *oldest, *newest;
    uint32_t count;
};

struct flows {
    struct flow **bucket;
    uint32_t buckets, count;
    struct flow_queue unnamed, named;
    bool gave_way; /* one did: of a flow without a record nothing is known any more */
};

/* The window that a segment of the host offers, in octets: of a SYN it is not scaled (RFC 7323,
 * section 2.2). */
uint32_t flow_offer(const struct flow *w, const struct segment_facts *s);

/* What the numbers of one segment count from, as it was when it was seen. */
struct flow_base {
    struct flow *flow; /* NULL: it is no segment */
    uint32_t host_isn, peer_isn;
};

/* The segment that the frame is, or that the ICMP message in it quotes; `sent`: by the host under
 * test, with `at` its interface. A segment makes a record if there is none. */
void flow_see(struct judge *j, const struct judge_port *at, const struct packet_facts *f, bool sent,
              struct flow_base *out);
/* As long as someone holds a flow it does not give way. NULL: nothing is held. */
void flow_hold(struct flow *w);
void flow_let_go(struct flow *w);
/* NULL: there is none. */
struct flow *flow_find(const struct judge *j, uint32_t host, uint16_t host_port, uint32_t peer,
                       uint16_t peer_port);
/* As its segments would be seen now. */
void flow_now(struct flow *w, struct flow_base *out);
/* Fills in what lines of that flow count from. `sent`: the line's packet leaves the host. */
void flow_context(const struct judge *j, const struct flow_base *b, bool sent,
                  struct packet_context *c);
/* A line took a segment of the flow: its timestamp, as the line writes it, stands for the wire's.
 */
void flow_learn(struct judge *j, struct flow *f, const struct packet_spec *line,
                const uint8_t *bytes, uint32_t len);

/* A call hands octets over (NULL: the pattern) that stand at that place of the host's stream; they
 * stay where they are. */
void flow_write(struct judge *j, struct flow *f, uint64_t at, const uint8_t *octets, uint32_t len);
/* How many of the octets, from the first on, are what calls handed over for that place. */
uint32_t flow_wrote(const struct flow *f, uint64_t at, const uint8_t *octets, uint32_t len);

#endif

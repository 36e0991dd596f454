/* TCP: a segment, and what is known of the two ends of its connection. */
#ifndef SIM_MONITOR_FLOW_H
#define SIM_MONITOR_FLOW_H

#include "sim/monitor/inside.h"

enum tcp_flag {
    TCP_FIN = 1,
    TCP_SYN = 2,
    TCP_RST = 4,
    TCP_PSH = 8,
    TCP_ACK = 16,
    TCP_URG = 32,
    TCP_ECE = 64,
    TCP_CWR = 128
};

enum {
    OPTION_MSS = 2,
    OPTION_SCALE = 3,
    OPTION_SACK_PERMITTED = 4,
    OPTION_SACK = 5,
    OPTION_TS = 8
};
enum { SACK_BLOCKS = 4, AHEAD = 8, RECENT_SEGMENTS = 16, MSS_DEFAULT = 536 };

struct range {
    uint32_t from, to;
};

struct segment {
    uint32_t seq, ack, win, flags, header, len, end; /* end: SYN and FIN counted */
    const uint8_t *payload;
    uint32_t have;  /* of the payload */
    uint32_t kinds; /* of options, a bit each, below 32 */
    uint32_t mss, scale, tsval, tsecr;
    struct range sack[SACK_BLOCKS];
    uint32_t sacks;
    uint32_t ecn;                   /* of the datagram: 0 Not-ECT, 3 CE */
    bool partial, merged, accurate; /* accurate: the bit of RFC 9768 */
    bool blind;                     /* its options were cut by the capture */
};

struct tcp_end {
    bool seen, syn, fin, first /* to close */, reset, dead, stamped, heard_ce, edged, acks_any,
        owes, resets, leapt /* its timestamps */;
    uint32_t ecn;              /* ECE and CWR of its SYN */
    bool opens;                /* that SYN answered none */
    uint32_t isn, nxt, fin_at; /* nxt: behind the last octet that it sent */
    uint32_t offers, mss, scale;
    uint32_t once; /* options that not all of its SYNs had: which one was answered is not seen */
    uint32_t ack, edge,
        last_edge; /* the most that it acknowledged; the farthest and the last window */
    uint32_t got;  /* behind what came to it without a gap, at most */
    struct range ahead[AHEAD], twice[AHEAD];
    uint32_t aheads, twices;
    uint32_t tsval, first_tsval;
    uint32_t tsval_then, tsval_before; /* the highest about now, and a second before that or more */
    int64_t then_ns;
    bool unstamped; /* a segment of it had no timestamp, though they were agreed on */
    uint32_t segments;
    struct {
        uint32_t ack, end, flags;
    } recent[RECENT_SEGMENTS];
    /* timers */
    uint32_t syns;     /* that it sent */
    int64_t left_ns;   /* when its last segment was seen, and 1; 0: never */
    bool again_waited; /* the first may have been ready before it left */
    bool again_flat;   /* its last gap did not grow */
    uint32_t again_seq, agains, again_came, probes_flat, probes;
    int64_t again_ns, again_gap_ns, probe_ns, probe_gap_ns, dead_ns, fin_ns;
    /* what may be in flight */
    uint64_t acked, advances, duplicates, sacked, pieces; /* pieces: full segments that its new
                                                             octets would fill, or were */
    uint32_t sack_top; /* of its octets, behind the farthest that a block told of */
    /* acknowledgements that it owes */
    int64_t owed_ns, full_ns;
    uint32_t owed_to, fulls, largest;
    /* octets that it sent, from kept_from on */
    uint8_t *kept;
    uint32_t room, kept_from;
};

struct tcp_flow {
    struct node node;
    struct tcp_end end[2];
    bool start;          /* its first SYN was seen */
    bool blind;          /* a SYN, but not all of its options */
    bool open;           /* both SYNs were, and were acknowledged */
    bool refused;        /* by a reset before that */
    bool perhaps_reset;  /* by one with the number that was acknowledged last */
    bool holes;          /* the capture misses segments */
    bool accurate, fast; /* RFC 9768; data in the SYN */
    struct {
        bool there;
        int side;
        struct segment s;
    } again; /* a SYN on an open connection */
    struct doubt {
        const struct tcp_end *of;
        uint32_t ack; /* or the timestamp that was echoed, or the edge of the window */
        int64_t at_ns;
        bool sure; /* no frame that was captured a little late explains it */
        struct monitor_finding f;
    } doubt, echo_doubt, window_doubt; /* waits for what comes */
};

/* What the rules of a segment look at: its sender, and the other end. */
struct tcp_view {
    const struct segment *s;
    struct tcp_flow *flow;
    struct tcp_end *from, *to;
    bool later; /* than all that its sender sent before it: more is acknowledged, or its clock went
                   on */
};

static inline bool is_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

void see_tcp_forget(struct monitor *m, struct node *n);

/* tcp_form.c: the header alone. False: nobody would take it for a segment. */
bool see_tcp_header(struct monitor *m, struct segment *s);
/* tcp_option.c: what was agreed in the SYNs; timestamps; ECN */
void see_tcp_options(struct monitor *m, const struct tcp_view *v);
/* tcp_send.c: what is sent, and where in the stream */
void see_tcp_sent(struct monitor *m, const struct tcp_view *v);
void see_tcp_keep(struct monitor *m, const struct tcp_view *v);
/* tcp_ack.c: what is acknowledged, and offered */
void see_tcp_acknowledged(struct monitor *m, const struct tcp_view *v);
void see_tcp_arrived(struct monitor *m, const struct tcp_view *v);
/* tcp_time.c: timers, and how much may be in flight */
void see_tcp_timed(struct monitor *m, const struct tcp_view *v);
void see_tcp_note_time(struct monitor *m, const struct tcp_view *v);
/* tcp_reset.c: resets, and what follows them */
void see_tcp_resets(struct monitor *m, const struct tcp_view *v);
void see_tcp_note_reset(struct monitor *m, const struct tcp_view *v);

#endif

/*
 * Recent acknowledgement (RFC 8985): what is lost is told by time. A segment is lost when one that
 * was sent later has arrived and the time in which the network may reorder has passed.
 */
#ifndef STACK_TRANSPORT_TCP_RACK_H
#define STACK_TRANSPORT_TCP_RACK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct scoreboard;

/* 5.2. */
struct rack {
    int64_t xmit_ns;               /* of the latest sent of what arrived */
    int64_t rtt_ns;                /* of what arrived latest */
    int64_t min_ns, min_before_ns; /* smallest round trip of this window of time, and the last */
    int64_t window_ns;             /* when this one began */
    uint32_t order;                /* beside xmit_ns: the later one of those of one instant */
    uint32_t fack;                 /* the right end of all that arrived */
    uint32_t dsack_round;
    uint32_t late; /* of what this acknowledgement told of too late: where the first began */
    uint32_t reorderings, reach; /* so many acknowledgements did; the farthest, in segments */
    uint8_t reo_wnd_mult, reo_wnd_persist;
    bool any; /* something arrived: the above counts */
    bool reordering_seen;
    bool is_late;
    bool in_dsack_round;
};

struct rack_segment {
    uint32_t start, end, order;
    int64_t sent_ns;
    bool again;
};

/* SEG.TSecr by its age, in whole milliseconds. */
struct rack_echo {
    bool has;
    uint32_t age_ms;
};

/* What the reordering window depends on (6.2, step 4). */
struct rack_context {
    int64_t srtt_ns;
    bool recovering;    /* in fast or RTO recovery */
    bool enough_sacked; /* RACK.segs_sacked >= DupThresh */
};

void rack_init(struct rack *r);
/* Steps 1 to 3: a segment arrived, for the first time. */
void rack_delivered(struct rack *r, const struct rack_segment *s, const struct rack_echo *echo,
                    int64_t now_ns);
/* All that an acknowledgement told of was delivered. */
void rack_told(struct rack *r, uint32_t mss);
/* Step 4: a D-SACK came; a recovery ended. */
void rack_dsack(struct rack *r, uint32_t snd_una, uint32_t snd_nxt);
void rack_recovered(struct rack *r);
int64_t rack_min_rtt(const struct rack *r);
int64_t rack_reo_wnd(const struct rack *r, const struct rack_context *c);
/* Step 5: marks what is lost now. Gives how long to wait until more may be, 0: nothing to wait for.
 * `again`: it was a retransmission that was lost. */
int64_t rack_detect(struct rack *r, struct scoreboard *b, const struct rack_context *c,
                    int64_t now_ns, bool *again);
/* 6.3: the retransmission timer ran out. */
void rack_timed_out(struct rack *r, struct scoreboard *b, const struct rack_context *c,
                    int64_t now_ns);

#ifdef __cplusplus
}
#endif

#endif

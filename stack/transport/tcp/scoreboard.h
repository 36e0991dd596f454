/*
 * What is sent and not yet acknowledged, a record a segment: when it was sent, whether the peer
 * says that it holds it (SACK), whether it is deemed lost. Loss detection by time needs it (RFC
 * 8985 5), retransmission reads it. Records lie in order of sequence; those that are in flight also
 * in the order in which they were sent, so that nothing looks at segments that need no attention.
 * What is SACKed and adjacent is one record.
 *
 * Without a free record the last one grows: what it knows of time is then its latest octet's.
 */
#ifndef STACK_TRANSPORT_TCP_SCOREBOARD_H
#define STACK_TRANSPORT_TCP_SCOREBOARD_H

#include "stack/core/pool.h"
#include "stack/transport/tcp/rack.h"
#include "stack/transport/tcp/ranges.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sent_state { SENT_IN_FLIGHT, SENT_SACKED, SENT_LOST };

struct sent_segment {
    struct sent_segment *next;            /* the one that follows in sequence */
    struct sent_segment *earlier, *later; /* in flight: sent before it, and after it */
    struct seq_range at;
    int64_t sent_ns;   /* the last time */
    uint32_t order;    /* of that among all that this connection sent */
    uint16_t segments; /* that it is made of, at most UINT16_MAX */
    uint8_t state;     /* enum sent_state */
    bool again : 1;    /* sent more than once */
    bool ends : 1;     /* a record: it is not joined with what follows */
    bool goes_on : 1;  /* sent as one with what follows it */
    bool borrowed : 1; /* scoreboard.own: no pool's */
};

/* Zeroed memory is an empty board. */
struct scoreboard {
    struct sent_segment *first, *last;      /* by sequence */
    struct sent_segment *earliest, *latest; /* by time */
    uint32_t sacked, lost;                  /* octets */
    uint32_t segments, sacked_segments, lost_segments;
    uint32_t orders;
    struct sent_segment own; /* so that one segment can be sent whatever others hold */
    bool own_used;
};

/* What an acknowledgement told about segments; `now_ns` and what follows it are the caller's. */
struct delivery {
    int64_t now_ns;
    struct rack *rack;
    uint32_t recover; /* F-RTO: what lies left of it was sent before the timeout */
    bool has_echo;
    uint32_t echo_age_ms; /* TSval now less SEG.TSecr */
    /* The answer. */
    uint32_t octets;   /* delivered for the first time, by it or by its SACK blocks */
    uint32_t segments; /* the same, as they were sent; one that is acknowledged in part is none */
    uint32_t acked;    /* of them cumulatively */
    uint32_t sacked;   /* of them by SACK */
    int64_t rtt_ns;    /* of the latest segment that was sent once; 0: none */
    bool once;         /* a segment was among them that had been sent once only, before `recover` */
    bool again;        /* one that was sent again */
};

/* New data was sent. False: there is no record for it, and none may be sent. */
bool scoreboard_sent(struct scoreboard *b, struct pool *pool, uint32_t left, uint32_t right,
                     int64_t now_ns);
/* What was sent last ends a record. */
void scoreboard_ends_record(struct scoreboard *b);
/* What was sent last went as one with what will follow it. */
void scoreboard_goes_on(struct scoreboard *b);
/* Behind the first that is lost another one is, which had gone as one with it. */
bool scoreboard_lost_goes_on(const struct scoreboard *b);
/* Could it be? */
bool scoreboard_has_room(const struct scoreboard *b, const struct pool *pool);
/* A record's segment was sent again. */
void scoreboard_sent_again(struct scoreboard *b, struct sent_segment *s, int64_t now_ns);
/* All up to `ack` is acknowledged. */
void scoreboard_acked(struct scoreboard *b, struct pool *pool, uint32_t ack, struct delivery *d);
/* [left, right) is SACKed, all of it sent. */
void scoreboard_sacked(struct scoreboard *b, struct pool *pool, uint32_t left, uint32_t right,
                       struct delivery *d);
void scoreboard_clear(struct scoreboard *b, struct pool *pool);

/* Deemed lost: to be sent again. */
void scoreboard_lose(struct scoreboard *b, struct sent_segment *s);
/* All that is in flight is. */
void scoreboard_lose_all(struct scoreboard *b);
/* The loss was none: what is marked is in flight again, as it was sent. */
void scoreboard_unlose_all(struct scoreboard *b);
/* The receiver reneged (RFC 2018 8): what it said it held is lost. */
void scoreboard_renege(struct scoreboard *b);

/* The first that is lost, as a segment of at most `most` octets: cut, or joined with those that
 * follow it. NULL: none. */
struct sent_segment *scoreboard_next_lost(struct scoreboard *b, struct pool *pool, uint32_t most);
/* The end of what is sent, as a segment of at most `most` octets (RFC 8985 7.3). NULL: none. */
struct sent_segment *scoreboard_tail(struct scoreboard *b, struct pool *pool, uint32_t most);
/* RFC 6675 4, IsLost(): so much is SACKed above it. `octets` > (DupThresh - 1) * SMSS. */
void scoreboard_lose_by_sack(struct scoreboard *b, uint32_t octets);
/* STACK_CHECK. */
void scoreboard_check(const struct scoreboard *b);

#ifdef __cplusplus
}
#endif

#endif

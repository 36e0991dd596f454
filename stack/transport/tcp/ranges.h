/*
 * A bounded set of ranges of sequence space, [left, right), merged as they meet: what arrived out
 * of order (RFC 9293 3.4, RFC 2018) and, on the other side, what a peer says it holds (the SACK
 * scoreboard of RFC 6675). Ranges lie in ascending order and never touch. What is held spans less
 * than 2^31, so that order across the wrap is the sign of a difference (tcp/sequence.h).
 */
#ifndef STACK_TRANSPORT_TCP_RANGES_H
#define STACK_TRANSPORT_TCP_RANGES_H

#include "stack/core/pool.h"
#include "stack/transport/tcp/sequence.h"

#ifdef __cplusplus
extern "C" {
#endif

struct seq_range {
    uint32_t left, right; /* [left, right) */
};

/* One range held: a thing of the caller's pool, which many sets may share. */
struct range {
    struct range *next;
    struct seq_range at;
    uint32_t touched; /* when it last grew or was hit, by the set's count */
};

/* Zeroed memory with a limit is an empty set. */
struct ranges {
    struct range *first;
    uint32_t touches;      /* counts additions */
    uint16_t count, limit; /* ranges held; how many may be */
};

enum ranges_added {
    RANGES_NEW,     /* none of it was held */
    RANGES_PARTLY,  /* some of it was */
    RANGES_KNOWN,   /* all of it was; nothing changed but the order of ranges_recent */
    RANGES_REFUSED, /* it needs one range more than `limit` or the pool allows; nothing changed */
};

void ranges_init(struct ranges *r, uint16_t limit);
/* Adds [left, right), left before right; joins what it meets. */
enum ranges_added ranges_add(struct ranges *r, struct pool *pool, uint32_t left, uint32_t right);
/* Forgets what lies left of `edge`: the cumulative acknowledgement moved there. */
void ranges_cut_before(struct ranges *r, struct pool *pool, uint32_t edge);
/* Forgets what lies at `edge` and right of it: out-of-order data gives way. */
void ranges_cut_after(struct ranges *r, struct pool *pool, uint32_t edge);
void ranges_clear(struct ranges *r, struct pool *pool);

/* The range that holds octet `seq`, or NULL. */
const struct range *ranges_at(const struct ranges *r, uint32_t seq);
/* The first range that ends right of `seq`, or NULL: it holds seq or is the next one. */
const struct range *ranges_from(const struct ranges *r, uint32_t seq);
static inline bool ranges_hold(const struct ranges *r, uint32_t seq)
{
    return ranges_at(r, seq) != (const struct range *)0;
}
/* How many octets of [left, right) are held. */
uint32_t ranges_octets(const struct ranges *r, uint32_t left, uint32_t right);
/* The first part of [left, right) that is not held; false: there is none. */
bool ranges_hole(const struct ranges *r, uint32_t left, uint32_t right, struct seq_range *hole);
/* One after the last octet held. The set is not empty. */
uint32_t ranges_end(const struct ranges *r);

/*
 * The blocks of a SACK option, at most `room` of them: the range of the latest arrival first, then
 * those that were reported before, the latest reported first (RFC 2018 4). Gives how many.
 */
unsigned ranges_recent(const struct ranges *r, struct seq_range *out, unsigned room);

/*
 * RFC 2883 4: the first run of octets of the arrival [left, right) that was there already - left of
 * `rcv_nxt` or held - asked before the arrival is added. False: all of it is new.
 */
bool ranges_duplicate(const struct ranges *r, uint32_t rcv_nxt, uint32_t left, uint32_t right,
                      struct seq_range *duplicate);
/*
 * As ranges_recent, behind a D-SACK block as the first one: RFC 2883 4 has the range that encloses
 * the duplicate, if there is one above rcv_nxt, follow it. Asked after the arrival was added.
 */
unsigned ranges_recent_dsack(const struct ranges *r, const struct seq_range *duplicate,
                             struct seq_range *out, unsigned room);

/* STACK_CHECK: ascending, apart, as many as counted. */
void ranges_check(const struct ranges *r);

#ifdef __cplusplus
}
#endif

#endif

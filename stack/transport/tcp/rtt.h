/*
 * Round-trip time and the retransmission timeout: RFC 6298. Times are nanoseconds. Which segments
 * may be measured is the caller's to know (Karn's rule, section 3: none that was sent twice, unless
 * timestamps tell the transmissions apart).
 */
#ifndef STACK_TRANSPORT_TCP_RTT_H
#define STACK_TRANSPORT_TCP_RTT_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a profile sets. */
struct rtt_limits {
    int64_t initial_ns;     /* (2.1): 1 s */
    int64_t min_ns;         /* (2.4): 1 s */
    int64_t max_ns;         /* (2.5): at least 60 s */
    int64_t granularity_ns; /* G of (2.2): of the clock that the RTT was measured with */
    int64_t after_syn_ns;   /* (5.7): 3 s */
};

struct rtt {
    int64_t srtt_ns, rttvar_ns; /* srtt 0: no measurement yet */
    int64_t rto_ns;             /* as computed; rtt_rto backs it off */
    uint8_t backoff;            /* how often it was doubled: (5.5) */
};

/* The RTO of RFC 6298, with all constants as it gives them. G is 1 ms, a timestamp's. */
struct rtt_limits rtt_limits_rfc(void);

void rtt_init(struct rtt *r, const struct rtt_limits *limits);
/* As it was left: what a connection remembers of itself. */
void rtt_restore(struct rtt *r, const struct rtt_limits *limits, int64_t srtt_ns,
                 int64_t rttvar_ns);
/* (2.2), (2.3): one measurement, taken at most once a round trip or by timestamps. Ends a backoff
 * (section 5: "collapses"). */
void rtt_sample(struct rtt *r, const struct rtt_limits *limits, int64_t measured_ns);
/* RFC 7323 appendix G: one of about `samples` measurements in this round trip (at least 1), each of
 * which weighs that much less. */
void rtt_sample_one_of(struct rtt *r, const struct rtt_limits *limits, int64_t measured_ns,
                       uint32_t samples);
/* What the timer is armed with: RTO, doubled as often as it ran out, at most max_ns. */
int64_t rtt_rto(const struct rtt *r, const struct rtt_limits *limits);
/* (5.5): the timer ran out. */
void rtt_expired(struct rtt *r, const struct rtt_limits *limits);
/* An acknowledgement moved on without a measurement to take: the network answers again. */
void rtt_answered(struct rtt *r);
/* (5.7): the handshake is over and its SYN had to be sent again: data begins with 3 s, unless the
 * handshake was measured by timestamps. */
void rtt_after_lost_syn(struct rtt *r, const struct rtt_limits *limits);
/* RFC 4015 3.4: a timeout was spurious; `measured_ns` is the first round trip after it, and
 * srtt/rttvar are from before it. */
void rtt_adapt_to_delay(struct rtt *r, const struct rtt_limits *limits, int64_t srtt_before_ns,
                        int64_t rttvar_before_ns, int64_t measured_ns);

#ifdef __cplusplus
}
#endif

#endif

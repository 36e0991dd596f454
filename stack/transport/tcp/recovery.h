/*
 * What is in flight on one connection, and what becomes of it: the sender's half of TCP that
 * decides what is lost, what is sent again, how much may be in flight, and when to stop waiting.
 * SACK with RACK-TLP (RFC 8985) or RFC 6675, NewReno for peers without SACK (RFC 6582), limited
 * transmit (RFC 3042), PRR (RFC 9937), retransmission timeouts (RFC 6298 5) with F-RTO (RFC 5682),
 * and what gives back a window that was taken for no reason (RFC 3522, 4015, D-SACK by RFC 2883).
 *
 * It knows no connection: sequence numbers and times come as arguments, and the caller sends.
 */
#ifndef STACK_TRANSPORT_TCP_RECOVERY_H
#define STACK_TRANSPORT_TCP_RECOVERY_H

#include "stack/transport/tcp/congestion.h"
#include "stack/transport/tcp/prr.h"
#include "stack/transport/tcp/rtt.h"
#include "stack/transport/tcp/scoreboard.h"

#ifdef __cplusplus
extern "C" {
#endif

enum recovery_state {
    RECOVERY_OPEN,    /* nothing is known to be lost */
    RECOVERY_REDUCED, /* congestion was echoed (RFC 3168) in this round trip */
    RECOVERY_FAST,
    RECOVERY_TIMEOUT
};

/* What a profile sets. */
struct recovery_config {
    int64_t max_ack_delay_ns; /* TLP.max_ack_delay (RFC 8985 7.2) */
    uint8_t dup_threshold;    /* RFC 5681: 3 */
    bool rack;                /* RFC 8985 with peers that have SACK; else RFC 6675 */
    bool probe;               /* its loss probes */
    bool forward;             /* F-RTO */
    bool forward_at_once;     /* by whatever was sent once and arrives after the timeout */
    bool undo;                /* RFC 4015 and D-SACK */
};

/* 7.1. */
struct tlp {
    uint32_t end; /* TLP.end_seq */
    bool on, is_retrans;
    bool sampled; /* a round trip was measured since the last probe */
};

/* RFC 3522 3.2: one retransmission is timed in a recovery, the first, and one answer is looked at.
 */
enum recovery_echo { RECOVERY_UNTIMED, RECOVERY_TIMED, RECOVERY_ECHOED };

enum recovery_timer { RECOVERY_TIMER_RTO, RECOVERY_TIMER_PROBE, RECOVERY_TIMER_REORDER };

enum { RECOVERY_UNDO = 8 };

struct tcp_recovery {
    const struct recovery_config *config;
    struct tcp_congestion congestion;
    struct scoreboard board;
    struct rack rack;
    struct tlp tlp;
    struct prr prr;
    int64_t rto_at_ns,
        soft_at_ns;     /* INT64_MAX: not set; soft: the probe's or the reordering timer */
    int64_t reduced_ns; /* when the window was reduced last */
    struct congestion_saved saved;
    uint32_t recover;           /* RFC 6582: SND.NXT when recovery began */
    uint32_t duplicates_octets; /* without SACK: what duplicate acknowledgements say has arrived */
    uint32_t resent;            /* octets, in this recovery */
    uint32_t most_out;          /* segments in flight at once, until usage_end is acknowledged */
    uint32_t usage_end;
    /* Retransmissions of this recovery that no D-SACK has come for; beyond the bound there is no
     * undoing by D-SACK. */
    struct seq_range undo[RECOVERY_UNDO];
    uint8_t undo_count;
    uint32_t again_ts;    /* RetransmitTS of RFC 3522 */
    uint8_t state;        /* enum recovery_state */
    uint8_t soft_timer;   /* enum recovery_timer */
    uint8_t duplicates;   /* acknowledgements in a row */
    uint8_t forward_step; /* of RFC 5682 2.1; 0: not on */
    bool sack;
    bool may_undo;
    uint8_t echo;      /* enum recovery_echo */
    bool many_again;   /* more than `undo` holds */
    bool cwnd_limited; /* the caller's: cwnd held the sender back lately */
    bool cwnd_filled;  /* it was full, until usage_end is acknowledged */
    bool cwr;          /* the next new segment says CWR (RFC 3168 6.1.2) */
};

/* An acknowledgement as it came (RFC 9293 3.10.7.4), with SEG.ACK in SND.UNA..SND.NXT. */
struct recovery_ack {
    int64_t now_ns, srtt_ns;
    uint32_t snd_una; /* before it */
    uint32_t snd_nxt;
    uint32_t ack;
    uint32_t mss;
    bool duplicate; /* RFC 5681 2: outstanding data, no text, no SYN or FIN, the same window */
    bool echo;      /* ECE on a connection that has ECN */
    bool has_echo_ts;
    uint32_t ts_now, ts_ecr;      /* TSval of now, SEG.TSecr */
    const struct seq_range *sack; /* as they stand in the option */
    unsigned sacks;
};

struct recovery_result {
    int64_t rtt_ns; /* to be measured by; 0: none (Karn) */
    bool spurious_timeout;
    bool reduced;    /* the window was taken from, now */
    uint32_t octets; /* delivered */
    uint32_t segments;
    bool dsack;
    bool ended; /* an episode of fast recovery is over */
    bool waits; /* congestion was echoed with cwnd at one segment: nothing new until the RTO */
};

struct recovery_config recovery_config_rfc(void);

/* The handshake is over. */
void recovery_init(struct tcp_recovery *r, const struct recovery_config *config,
                   const struct tcp_congestion_ops *ops, const struct congestion_config *congestion,
                   uint32_t snd_una, uint32_t mss, bool sack, bool syn_lost);
void recovery_end(struct tcp_recovery *r, struct pool *pool);

/* FlightSize less what arrived or is lost: pipe of RFC 6675, inflight of RFC 9937. */
uint32_t recovery_in_flight(const struct tcp_recovery *r, uint32_t snd_una, uint32_t snd_nxt);
/* The caller has sent all that may go now: how much of cwnd that was. `held`: it waits for more of
 * it. */
void recovery_used(struct tcp_recovery *r, uint32_t snd_una, uint32_t snd_nxt, bool held);
/* A timeout has not sent the earliest segment again yet, which it does whatever cwnd leaves (RFC
 * 6298 5.4). */
bool recovery_owes_earliest(const struct tcp_recovery *r);
/* Octets that cwnd leaves. */
uint32_t recovery_room(const struct tcp_recovery *r, uint32_t snd_una, uint32_t snd_nxt);
/* What is to be sent again before anything new, one segment of at most `most` octets; false:
 * nothing. `new_data`: some may be sent. */
bool recovery_next(struct tcp_recovery *r, struct pool *pool, uint32_t snd_nxt, bool new_data,
                   uint32_t most, struct seq_range *out);

/* New data left. False: no record was free for it (scoreboard_has_room). */
bool recovery_sent(struct tcp_recovery *r, struct pool *pool, uint32_t left, uint32_t right,
                   int64_t now_ns);
/* What recovery_next gave left; `ts` is its TSval. */
void recovery_sent_again(struct tcp_recovery *r, uint32_t left, uint32_t right, int64_t now_ns,
                         uint32_t ts);

void recovery_acked(struct tcp_recovery *r, struct pool *pool, const struct recovery_ack *a,
                    struct recovery_result *out);

/* One that comes when nothing is in flight: SEG.ACK is SND.UNA and SND.NXT. */
void recovery_acked_again(struct tcp_recovery *r, const struct recovery_ack *a);

/* --- timers (RFC 8985 8: one at a time) --- */

/* After data was sent or acknowledged: what to wait for now. `fresh`: begin anew (RFC 6298 5.3). */
void recovery_arm(struct tcp_recovery *r, uint32_t snd_una, uint32_t snd_nxt, int64_t now_ns,
                  int64_t rto_ns, int64_t srtt_ns, bool fresh);
static inline int64_t recovery_deadline(const struct tcp_recovery *r)
{
    return r->soft_at_ns < r->rto_at_ns ? r->soft_at_ns : r->rto_at_ns;
}
/* Which one is due. */
static inline enum recovery_timer recovery_due(const struct tcp_recovery *r)
{
    return r->soft_at_ns <= r->rto_at_ns ? (enum recovery_timer)r->soft_timer : RECOVERY_TIMER_RTO;
}
/* RECOVERY_TIMER_REORDER (RFC 8985 6.2): what waited is lost now, perhaps. */
void recovery_reorder_due(struct tcp_recovery *r, uint32_t snd_una, uint32_t snd_nxt,
                          int64_t now_ns, int64_t srtt_ns);
/* RECOVERY_TIMER_PROBE: may a probe be sent (7.3)? Then new data, whatever cwnd says, and
 * recovery_probe_sent; without any, what recovery_probe_again gives. Afterwards the RTO is armed.
 */
bool recovery_probe_due(struct tcp_recovery *r);
/* The window is shut: it is not sent, and the timeout stands. */
void recovery_probe_skip(struct tcp_recovery *r);
void recovery_probe_sent(struct tcp_recovery *r, uint32_t snd_nxt);
bool recovery_probe_again(struct tcp_recovery *r, struct pool *pool, uint32_t most,
                          struct seq_range *out);
/* RFC 6298 5.4 to 5.6, RFC 5681 3.1: the timeout. The caller backs the RTO off. */
void recovery_timed_out(struct tcp_recovery *r, uint32_t snd_una, uint32_t snd_nxt, int64_t now_ns,
                        int64_t srtt_ns);

/* All that is in flight is to be sent again, for no congestion: it was too big for the path (RFC
 * 1191 6.5), or its receiver had no room. */
void recovery_resend_all(struct tcp_recovery *r, uint32_t snd_nxt);

#ifdef __cplusplus
}
#endif

#endif

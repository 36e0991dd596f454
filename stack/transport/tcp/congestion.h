/*
 * Congestion control as a small table of functions, a file an algorithm. An algorithm owns cwnd and
 * ssthresh while acknowledgements come in order and says what they become when data was lost; what
 * is lost, when recovery ends and how much may be sent meanwhile (PRR) is recovery's. Windows are
 * octets, times nanoseconds.
 */
#ifndef STACK_TRANSPORT_TCP_CONGESTION_H
#define STACK_TRANSPORT_TCP_CONGESTION_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tcp_congestion;

/* What an acknowledgement of new data tells. */
struct tcp_acked {
    int64_t now_ns;
    int64_t srtt_ns;  /* 0: never measured */
    int64_t rtt_ns;   /* this acknowledgement's own measurement; 0: none */
    uint32_t octets;  /* acknowledged by it, cumulatively or by SACK, for the first time */
    uint32_t flight;  /* outstanding before it came */
    uint32_t snd_una; /* after it */
    uint32_t snd_nxt;
    bool cwnd_limited; /* the window was used up since the acknowledgement before: what was sent was
                        * held back by cwnd, not by the application or the peer's window */
};

struct tcp_congestion_ops {
    const char *name; /* of TCP_CONGESTION: "reno", "cubic" */
    /* cwnd and ssthresh are set; the rest of the state is zero. */
    void (*init)(struct tcp_congestion *c);
    /* New data was acknowledged outside of recovery. */
    void (*acked)(struct tcp_congestion *c, const struct tcp_acked *a);
    /* Congestion: by loss or by an ECN echo (`ecn`), with `flight` octets outstanding. Sets
     * ssthresh; cwnd is recovery's until `recovered`. Once a round trip. */
    void (*congested)(struct tcp_congestion *c, uint32_t flight, int64_t now_ns, bool ecn);
    /* The retransmission timer ran out; `again`: for the same segment. Sets ssthresh and cwnd. */
    void (*timed_out)(struct tcp_congestion *c, uint32_t flight, int64_t now_ns, bool again);
    /* Recovery ended: cwnd is ssthresh or what is left of it. */
    void (*recovered)(struct tcp_congestion *c, int64_t now_ns);
    /* The connection sends again after `idle_ns` without sending. NULL: nothing to do. */
    void (*resumed)(struct tcp_congestion *c, int64_t now_ns, int64_t idle_ns);
};

struct reno_state {
    uint32_t credit; /* octets acknowledged and not yet turned into window */
};

/* RFC 9438; windows in octets, times from the start of the connection's clock. */
struct cubic_state {
    int64_t epoch_start_ns; /* 0: no epoch of congestion avoidance is on */
    int64_t k_ns;
    uint32_t w_max, cwnd_epoch, cwnd_prior;
    uint32_t w_est, w_est_credit, credit;
};

/* RFC 9406, or the classic delay test that came before it. */
struct hystart_state {
    uint32_t round_end; /* window_end: SND.NXT when the round began */
    uint32_t samples;   /* rttSampleCount */
    int64_t last_round_min_rtt_ns, this_round_min_rtt_ns; /* INT64_MAX: none */
    int64_t css_baseline_ns;                              /* 0: not in conservative slow start */
    uint32_t css_rounds;
    uint32_t credit;
};

/* RFC 7661: how much of cwnd was shown to be of use lately. */
struct validation {
    int64_t period_start_ns; /* of the non-validated phase; 0: validated */
    uint32_t pipe_ack;       /* the most acknowledged in a round trip, of the latest two */
    uint32_t pipe_ack_before;
    uint32_t round_end, round_acked;
};

/* What one epoch of trouble may have to be undone to (RFC 4015, RFC 9438 4.9). */
struct congestion_saved {
    uint32_t cwnd, ssthresh;
    struct cubic_state cubic;
};

/* What a profile or the user sets. */
struct congestion_config {
    uint8_t initial_segments;   /* of the initial window: 10 by RFC 6928; 0: RFC 5681's */
    uint8_t abc_limit;          /* segments a slow-start ACK may count, RFC 5681 3.1: 1 */
    bool slow_start_after_idle; /* RFC 5681 4.1 */
    bool validate;              /* RFC 7661 */
    enum { HYSTART_OFF, HYSTART_PLUS_PLUS, HYSTART_CLASSIC } hystart;
};

struct tcp_congestion {
    const struct tcp_congestion_ops *ops;
    const struct congestion_config *config;
    uint32_t cwnd, ssthresh, mss;
    bool after_timeout; /* slow start that a timeout began: L of RFC 3465 is 1 */
    bool hystart_done;
    struct validation validation;
    struct hystart_state hystart;
    union {
        struct reno_state reno;
        struct cubic_state cubic;
    };
};

enum { CONGESTION_NO_SSTHRESH = 0x7fffffff }; /* "arbitrarily high" (RFC 5681 3.1) */

extern const struct tcp_congestion_ops reno_ops;
extern const struct tcp_congestion_ops cubic_ops;

/* An algorithm by its name, NUL-terminated, or NULL. */
const struct tcp_congestion_ops *congestion_by_name(const char *name);
/* The default: CUBIC with HyStart++, an initial window of 10. */
struct congestion_config congestion_config_rfc(void);

/* The handshake is over: `mss` is what a segment may carry. `syn_lost`: the window begins with one
 * segment (RFC 5681 3.1). `config` outlives the connection. */
void congestion_init(struct tcp_congestion *c, const struct tcp_congestion_ops *ops,
                     const struct congestion_config *config, uint32_t mss, bool syn_lost);
/* Another algorithm, TCP_CONGESTION on a connection that is on: the windows stay. */
void congestion_choose(struct tcp_congestion *c, const struct tcp_congestion_ops *ops);
/* IW: RFC 6928 2, or RFC 5681 3.1 when config says 0 segments. */
uint32_t congestion_initial_window(const struct congestion_config *config, uint32_t mss);
/* The MSS changed (path MTU): the window keeps its octets, at least one segment. */
void congestion_set_mss(struct tcp_congestion *c, uint32_t mss);

static inline bool congestion_slow_start(const struct tcp_congestion *c)
{
    return c->cwnd < c->ssthresh;
}
/* Calls by the table, with RFC 7661's part around them. */
void congestion_acked(struct tcp_congestion *c, const struct tcp_acked *a);
void congestion_congested(struct tcp_congestion *c, uint32_t flight, int64_t now_ns, bool ecn);
void congestion_timed_out(struct tcp_congestion *c, uint32_t flight, int64_t now_ns, bool again);
void congestion_recovered(struct tcp_congestion *c, int64_t now_ns);
/* Before data is sent after a pause: `idle_ns` since the last was sent, `rto_ns` the timeout. */
void congestion_resumed(struct tcp_congestion *c, int64_t now_ns, int64_t idle_ns, int64_t rto_ns);

/* What to keep before congestion_congested or congestion_timed_out, and how to take it back when
 * the loss turned out not to be one. */
void congestion_save(const struct tcp_congestion *c, struct congestion_saved *to);
void congestion_undo(struct tcp_congestion *c, const struct congestion_saved *from);

static inline uint32_t congestion_least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static inline uint32_t congestion_most(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Adds without passing CONGESTION_NO_SSTHRESH: windows stay below 2^31. */
static inline uint32_t congestion_add(uint32_t window, uint32_t more)
{
    uint32_t sum = window + more;
    return sum < window || sum > CONGESTION_NO_SSTHRESH ? CONGESTION_NO_SSTHRESH : sum;
}

#ifdef __cplusplus
}
#endif

#endif

/*
 * Congestion control as a small table of functions, a file an algorithm. An algorithm owns cwnd and
 * ssthresh while acknowledgements come in order and says what they become when data was lost; what
 * is lost, when recovery ends and how much may be sent meanwhile (PRR) is recovery's. Windows are
 * octets below 2^31, times nanoseconds.
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
    uint32_t snd_una; /* after it */
    uint32_t snd_nxt;
    bool cwnd_limited; /* what was sent was held back by cwnd, not by the application or the peer's
                        * window (RFC 7661 4.5.3) */
};

enum congestion_event { CONGESTION_LOSS, CONGESTION_ECN };

struct tcp_congestion_ops {
    const char *name; /* of TCP_CONGESTION: "reno", "cubic" */
    /* cwnd and ssthresh are set; the rest of the state is zero. */
    void (*init)(struct tcp_congestion *c);
    /* New data was acknowledged outside of recovery, and cwnd may grow. */
    void (*acked)(struct tcp_congestion *c, const struct tcp_acked *a);
    /* The same before, whether cwnd may grow or not. NULL: no matter. */
    void (*measured)(struct tcp_congestion *c, const struct tcp_acked *a);
    /* Lost data or an ECN echo, with `flight` octets outstanding: sets ssthresh; after an ECN echo
     * also cwnd, which after a loss is recovery's until `congestion_recovered`. */
    void (*congested)(struct tcp_congestion *c, uint32_t flight, enum congestion_event event);
    /* The retransmission timer ran out; `again`: for data that it had sent already. Sets ssthresh;
     * cwnd is one segment afterwards. */
    void (*timed_out)(struct tcp_congestion *c, uint32_t flight, bool again);
    /* No growth between two times: the application sent too little, or nothing. NULL: no matter. */
    void (*paused)(struct tcp_congestion *c, int64_t now_ns);
    /* Nothing was in flight for so long. NULL: no matter. */
    void (*resumed)(struct tcp_congestion *c, int64_t now_ns, int64_t idle_ns);
};

struct reno_state {
    uint32_t credit; /* octets acknowledged and not yet turned into window */
};

/* RFC 9438 4.1.2, in octets and milliseconds. */
struct cubic_state {
    int64_t epoch_ns;            /* t_epoch; less when it stood still meanwhile */
    int64_t last_ns;             /* of the acknowledgement before */
    uint64_t credit, est_credit; /* parts of an octet, in cwnd-ths */
    uint32_t w_max;              /* 0: undefined */
    uint32_t w_est, k_ms;
    uint32_t cwnd_prior;
    bool in_epoch;
};

/* RFC 9406 4.2, or the delay test of the hybrid slow start before it. Microseconds. */
struct hystart_state {
    uint32_t last_min_us, this_min_us; /* HYSTART_INFINITE: none */
    uint32_t baseline_us;
    uint32_t credit; /* octets that conservative slow start did not count yet */
    uint32_t round_end;
    uint8_t samples, css_rounds;
    bool started, css;
};

/* cubic_segments.c: windows in segments, times of the clock in nanoseconds. */
struct segments_state {
    int64_t epoch_ns, updated_ns;
    int64_t round_ns, train_ns;    /* when the round began; the last of its train */
    uint32_t count, credit;        /* cwnd grows by one when `credit` has come to `count` */
    uint32_t last_most, last_cwnd; /* cwnd at the last loss; when `count` was computed */
    uint32_t origin, k, acked, friendly;
    uint32_t least_us, round_min_us, round_end;
    uint8_t samples;
    bool in_epoch, in_round, found;
};

/* RFC 7661: how much of cwnd was shown to be of use lately. */
struct congestion_validation {
    int64_t half_ns;            /* when the half of the sampling period that is on began */
    int64_t since_ns;           /* of the non-validated phase, while `doubted` */
    uint32_t most, most_before; /* octets acknowledged in a round trip, in this half and the last */
    uint32_t round_end, round_acked;
    uint32_t in_doubt; /* max(pipeACK, LossFlightSize) of a loss in the non-validated phase; or 0 */
    bool in_round, defined;
    bool sampling; /* half_ns is set */
    bool doubted;
};

/* What a profile or the user sets. */
enum hystart_kind { HYSTART_OFF, HYSTART_PLUS_PLUS, HYSTART_CLASSIC };

struct congestion_config {
    uint8_t initial_segments;   /* of the initial window: 10 by RFC 6928; 0: RFC 5681's */
    uint8_t abc_limit;          /* segments that a slow-start ACK may count, RFC 5681 3.1: 1 */
    bool slow_start_after_idle; /* RFC 5681 4.1 */
    bool validate;              /* RFC 7661 */
    uint8_t hystart;            /* enum hystart_kind: how CUBIC's first slow start may end */
    bool by_segments; /* windows count segments, however small: octets are a segment's each */
};

struct tcp_congestion {
    const struct tcp_congestion_ops *ops;
    const struct congestion_config *config;
    uint32_t cwnd, ssthresh, mss;
    bool after_timeout;    /* slow start that a timeout began: L of RFC 3465 is 1 */
    bool first_slow_start; /* ssthresh was never set */
    struct congestion_validation validation;
    union {
        struct reno_state reno;
        struct hystart_state hystart; /* CUBIC's, in its first slow start */
        struct cubic_state cubic;     /* afterwards */
        struct segments_state segments;
    };
};

/* What one epoch of trouble may have to be undone to (RFC 4015 3.2, RFC 9438 4.9). */
struct congestion_saved {
    uint32_t cwnd, ssthresh;
    bool first_slow_start;
    struct cubic_state cubic; /* and of its first slow start */
};

enum { CONGESTION_NO_SSTHRESH = 0x7fffffff }; /* "arbitrarily high" (RFC 5681 3.1) */
#define HYSTART_INFINITE UINT32_MAX

extern const struct tcp_congestion_ops reno_ops;
extern const struct tcp_congestion_ops cubic_ops;
extern const struct tcp_congestion_ops cubic_segments_ops;

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

/* An acknowledgement came, of whatever kind and in whatever state: its round trip. Before what it
 * lets grow. */
void congestion_measured(struct tcp_congestion *c, const struct tcp_acked *a);
/* New data was acknowledged outside of recovery. */
void congestion_acked(struct tcp_congestion *c, const struct tcp_acked *a);
/* Once a round trip; keep congestion_save's answer before, if it may have to be undone. */
void congestion_congested(struct tcp_congestion *c, uint32_t flight, enum congestion_event event);
void congestion_timed_out(struct tcp_congestion *c, uint32_t flight, bool again);
/* Recovery ended after a loss that was no timeout: cwnd becomes ssthresh (RFC 9937 6.4), or what
 * RFC 7661 4.4.1 leaves, `resent` octets having been sent again in it. */
void congestion_recovered(struct tcp_congestion *c, uint32_t resent);
/* Before data is sent when `idle_ns` passed since the last was: `rto_ns` is the timeout. */
void congestion_resumed(struct tcp_congestion *c, int64_t now_ns, int64_t idle_ns, int64_t rto_ns);

void congestion_save(const struct tcp_congestion *c, struct congestion_saved *to);
/* The loss was none: what was taken away is given back. */
void congestion_undo(struct tcp_congestion *c, const struct congestion_saved *from);

/* --- for the algorithms --- */

static inline uint32_t congestion_least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static inline uint32_t congestion_most(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Adds without passing CONGESTION_NO_SSTHRESH. */
static inline uint32_t congestion_add(uint32_t window, uint32_t more)
{
    uint32_t sum = window + more;
    return sum < window || sum > CONGESTION_NO_SSTHRESH ? CONGESTION_NO_SSTHRESH : sum;
}

/* RFC 3465 2.3: L is 1 in a slow start that a timeout began. */
static inline uint32_t congestion_abc_limit(const struct tcp_congestion *c)
{
    return c->after_timeout && !c->config->by_segments ? 1 : c->config->abc_limit;
}

/* RFC 5681 3.1 (2), with at most `limit` segments for an acknowledgement. */
void congestion_slow_start_step(struct tcp_congestion *c, uint32_t octets, uint32_t limit);

/* validation.c: RFC 7661. */
void validation_acked(struct tcp_congestion *c, const struct tcp_acked *a);
/* The largest sample of the sampling period; UINT32_MAX: undefined. */
uint32_t validation_pipe_ack(const struct congestion_validation *v);
bool validation_is_validated(const struct tcp_congestion *c);
/* What stands for FlightSize when data was lost. */
uint32_t validation_lost(struct tcp_congestion *c, uint32_t flight);
void validation_resumed(struct tcp_congestion *c, int64_t now_ns);

/* hystart.c: one acknowledgement in the first slow start; true: slow start is over, ssthresh is
 * set. */
bool hystart_acked(struct tcp_congestion *c, const struct tcp_acked *a);

/* cubic.c, RFC 9438 4.2: W_cubic(t) in octets, and K in milliseconds when so many octets are
 * missing to W_max. */
uint32_t cubic_window(uint32_t w_max, uint32_t k_ms, int64_t t_ms, uint32_t mss);
uint32_t cubic_k_ms(uint32_t missing, uint32_t mss);

#ifdef __cplusplus
}
#endif

#endif

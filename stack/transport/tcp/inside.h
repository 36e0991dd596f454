/* What the files of TCP share. */
#ifndef STACK_TRANSPORT_TCP_INSIDE_H
#define STACK_TRANSPORT_TCP_INSIDE_H

#include "stack/core/pool.h"
#include "stack/transport/tcp/recovery.h"
#include "stack/transport/tcp/sequence.h"
#include "stack/transport/tcp/tcp.h"
#include "stack/wire/tcp.h"

enum { TCP_TIMESTAMPS_AND_NOPS = TCP_OPT_TIMESTAMPS_LEN + 2 }; /* RFC 7323 appendix A */
enum { TCP_DEFAULT_MSS = 536 }; /* RFC 9293 3.7.1, MUST-15: what IPv4 peers take unasked */
#define TCP_NEVER INT64_MAX

/* What is known of a server (RFC 7413 4.1.3); family ADDR_NONE: nothing. */
struct tcp_fastopen_peer {
    struct ip_addr peer;
    int64_t used_ns, lost_ns; /* when a SYN with octets was lost last */
    uint16_t mss;
    uint8_t losses;     /* in a row */
    bool old;           /* as option 254 */
    uint8_t unanswered; /* so many kinds of the option were asked by, and brought no cookie */
    uint8_t cookie_len, cookie[TCP_MAX_FASTOPEN_COOKIE];
};
enum { TCP_FASTOPEN_PEERS = 8 };

struct tcp {
    struct demux demux;
    struct pool pcbs;
    struct tcp_chunks chunks;
    struct pool senders;                 /* of struct tcp_sender */
    struct pool sent;                    /* of struct sent_segment */
    struct pool ranges;                  /* of struct range */
    struct tcp_sender *rest, **rest_end; /* senders with nothing in flight, the longest first */
    int64_t cookie_ns;                   /* when a SYN cookie was sent last */
    bool cookies;                        /* one was, ever */
    struct recovery_config recovery;     /* as the knobs were when a connection began last */
    struct congestion_config congestion;
    struct pool wishes;         /* of struct tcp_wishes */
    struct tcp_queue time_wait; /* the one that entered first comes first */
    /* What no user holds any more and is not over: the one that was let go first comes first. */
    struct tcp_queue orphans;
    uint32_t orphan_count;
    uint32_t count[TCP_STATES]; /* blocks by state */
    uint8_t secret[KEYED_HASH_KEY_BYTES];
    struct tcp_fastopen_peer fastopen[TCP_FASTOPEN_PEERS];
    /* The millisecond and microsecond clocks, which are carried on by small steps: no division of
     * 64 bits on a segment's path. */
    int64_t clock_ns;
    uint32_t clock_ms;
};

/* What a connection has beside its block while it sends. */
struct tcp_sender {
    struct tcp_recovery recovery;
    struct rtt rtt;
    struct tcp_pcb *pcb;
    int64_t sent_ns; /* when it sent data last; TCP_NEVER: it has not */
    struct tcp_sent_tally done;
    int64_t busy_ns, limited_ns, short_ns; /* for STATUS: so long, up to since_ns */
    int64_t since_ns;
    bool busy, limited, is_short;
    struct tcp_sender *next, **link; /* link NULL: it is not at rest */
};

enum tcp_knob {
    TCP_KNOB_PORT_FIRST,
    TCP_KNOB_PORT_LAST,
    TCP_KNOB_SNDBUF,
    TCP_KNOB_RCVBUF,
    TCP_KNOB_MSL,
    TCP_KNOB_MSS_DEFAULT,
    TCP_KNOB_MSS_LEAST,
    TCP_KNOB_TIMESTAMPS,
    TCP_KNOB_WINDOW_SCALING,
    TCP_KNOB_SACK,
    TCP_KNOB_PATH_MTU_DISCOVERY,
    TCP_KNOB_WSCALE,
    TCP_KNOB_SCALE_FIRST,
    TCP_KNOB_WHOLE_RCVBUF,
    TCP_KNOB_ISN,
    TCP_KNOB_WHOLE_WINDOW,
    TCP_KNOB_ACCEPT_BUFFER,
    TCP_KNOB_ECN_RETRIES,
    TCP_KNOB_BSD_TIME_WAIT,
    TCP_KNOB_BSD_INPUT,
    TCP_KNOB_BSD_SACK,
    TCP_KNOB_SYN_CACHE,
    TCP_KNOB_BSD_CALLS,
    TCP_KNOB_NAGLE_BURST,
    TCP_KNOB_NAGLE_SMALL,
    TCP_KNOB_TELL_DOUBLED,
    TCP_KNOB_SHUT_KEEPS,
    TCP_KNOB_BUFFERS_DOUBLED,
    TCP_KNOB_PUSH_BURSTS,
    TCP_KNOB_LATE_RESET_TOLD,
    TCP_KNOB_INSECURE_RST,
    TCP_KNOB_INSECURE_SYN,
    TCP_KNOB_DROP_SYNFIN,
    TCP_KNOB_BLACKHOLE,
    TCP_KNOB_REXMIT_SLOP,
    TCP_KNOB_REXMIT_DROP_OPTIONS,
    TCP_KNOB_ICMP_MAY_RST,
    TCP_KNOB_ICMP_PROHIBITED,
    TCP_KNOB_RTO_INITIAL,
    TCP_KNOB_RTO_MIN,
    TCP_KNOB_RTO_MAX,
    TCP_KNOB_RTO_GRANULARITY,
    TCP_KNOB_RTO_FROM_SYN_ACK,
    TCP_KNOB_RTO_ANEW,
    TCP_KNOB_SYN_LINEAR,
    TCP_KNOB_PROBE_EMPTY,
    TCP_KNOB_PERSIST_MIN,
    TCP_KNOB_PERSIST_MAX,
    TCP_KNOB_PROBE_ACK_DELAY,
    TCP_KNOB_R1,
    TCP_KNOB_R2,
    TCP_KNOB_R2_SYN,
    TCP_KNOB_RETRIES,
    TCP_KNOB_DELAYED_ACK,
    TCP_KNOB_QUICK_ACKS,
    TCP_KNOB_SWS_OVERRIDE,
    TCP_KNOB_FIN_WAIT_2,
    TCP_KNOB_ORPHANS,
    TCP_KNOB_INITIAL_WINDOW,
    TCP_KNOB_SYN_BACKLOG,
    TCP_KNOB_SYN_COOKIES,
    TCP_KNOB_SYN_COOKIES_ONLY,
    TCP_KNOB_SYN_ACK_RETRIES,
    TCP_KNOB_BLACK_HOLE,
    TCP_KNOB_BLACK_HOLE_AFTER,
    TCP_KNOB_BLACK_HOLE_MSS,
    TCP_KNOB_TOLERATE_MISSING_TS,
    TCP_KNOB_TW_REUSE,
    TCP_KNOB_NOTSENT_LOWAT,
    TCP_KNOB_DSACK,
    TCP_KNOB_RANGES,
    TCP_KNOB_ECN,
    TCP_KNOB_CONGESTION_CONTROL,
    TCP_KNOB_ABC_LIMIT,
    TCP_KNOB_SLOW_START_AFTER_IDLE,
    TCP_KNOB_CWND_VALIDATION,
    TCP_KNOB_CWND_SEGMENTS,
    TCP_KNOB_HYSTART,
    TCP_KNOB_REORDERING,
    TCP_KNOB_RACK,
    TCP_KNOB_TAIL_LOSS_PROBE,
    TCP_KNOB_FRTO,
    TCP_KNOB_KEEP_IDLE,
    TCP_KNOB_KEEP_INTERVAL,
    TCP_KNOB_KEEP_COUNT,
    TCP_KNOB_KEEP_ALWAYS,
    TCP_KNOB_CHALLENGES,
    TCP_KNOB_SYN_LOSSES,
    TCP_KNOB_INVALID_RATE,
    TCP_KNOB_HALF_WINDOW,
    TCP_KNOB_USER_TIMEOUT_AGAIN,
    TCP_KNOB_LINUX_CALLS,
    TCP_KNOB_RFC1337,
    TCP_KNOB_FASTOPEN_CLIENT,
    TCP_KNOB_FASTOPEN_SERVER,
    TCP_KNOB_FASTOPEN_SEND_BARE,
    TCP_KNOB_FASTOPEN_TAKE_BARE,
    TCP_KNOB_FASTOPEN_ALL,
    TCP_KNOB_FASTOPEN_MSS,
    TCP_KNOB_FASTOPEN_KEY_LOW,
    TCP_KNOB_FASTOPEN_KEY_HIGH,
    TCP_KNOB_FASTOPEN_SPARE_LOW,
    TCP_KNOB_FASTOPEN_SPARE_HIGH,
    TCP_KNOB_FAST_PATH,
    TCP_KNOBS
};

enum tcp_counter {
    TCP_IN,
    TCP_OUT,
    TCP_OUT_RESENT,
    TCP_OUT_LOSS_PROBE,
    TCP_BLACK_HOLE,
    TCP_OUT_COOKIE,
    TCP_OUT_RST,
    TCP_OUT_KEEP_ALIVE,
    TCP_IN_BAD_OPTIONS,
    TCP_IN_ERROR,
    TCP_OPENED_ACTIVE,
    TCP_OPENED_PASSIVE,
    TCP_OPENED_COOKIE,
    TCP_OPENED_EARLY,
    TCP_OUT_SYN_DATA,
    TCP_FASTOPEN_FULL,
    TCP_FASTOPEN_REFUSED,
    TCP_ENDED_RESET,
    TCP_ENDED_TIMEOUT,
    TCP_TIME_WAIT_SPARED,
    TCP_ORPHAN_SPARED,
    TCP_AHEAD_GAVE_WAY,
    TCP_NO_BUFFER_OUT,
    TCP_DROP_SHORT,
    TCP_DROP_OFFSET,
    TCP_DROP_TO_MANY,
    TCP_DROP_FOREIGN,
    TCP_DROP_CHECKSUM,
    TCP_DROP_PORT_ZERO,
    TCP_DROP_NO_PORT,
    TCP_DROP_BLACKHOLE,
    TCP_DROP_SYN_FIN,
    TCP_DROP_LISTEN_RST,
    TCP_DROP_LISTEN_ACK,
    TCP_DROP_LISTEN_NO_SYN,
    TCP_DROP_BACKLOG_FULL,
    TCP_DROP_SYN_BACKLOG_FULL,
    TCP_DROP_NO_BLOCK,
    TCP_DROP_SYN_SENT_ACK,
    TCP_DROP_SYN_SENT_RST,
    TCP_DROP_SYN_SENT_NO_SYN,
    TCP_DROP_SEQUENCE,
    TCP_DROP_PAWS,
    TCP_DROP_NO_TIMESTAMP,
    TCP_DROP_RST_CHALLENGED,
    TCP_DROP_RST_IN_TIME_WAIT,
    TCP_DROP_SYN_IN_CONNECTION,
    TCP_DROP_NO_ACK,
    TCP_DROP_ACK_RANGE,
    TCP_DROP_SYN_RECEIVED_ACK,
    TCP_DROP_TEXT_TOO_LATE,
    TCP_DROP_NO_CHUNK,
    TCP_DROP_AHEAD,
    TCP_DROP_RESET,
    TCP_DROP_ERROR_SHORT,
    TCP_DROP_ERROR_UNMATCHED,
    TCP_DROP_ERROR_SEQUENCE,
    TCP_COUNTERS
};

/* SND.UNA as text counts it: the SYN's place is no octet's. */
static inline uint32_t tcp_text_una(const struct tcp_pcb *pcb)
{
    return pcb->syn_acked ? pcb->snd_una : pcb->iss + 1;
}

static inline struct tcp *tcp_of(struct stack *s)
{
    return s->state[MODULE_TCP];
}

static inline struct tcp_pcb *tcp_pcb_of(struct port_pcb *end)
{
    return (struct tcp_pcb *)(void *)end;
}

static inline int64_t tcp_knob(const struct stack *s, enum tcp_knob k)
{
    return stack_knob(s, MODULE_TCP, k);
}

static inline void tcp_count(struct stack *s, enum tcp_counter c)
{
    stack_count(s, MODULE_TCP, c);
}

/* A segment that came, as RFC 9293 3.3.1 names its variables. The steps of 3.10.7 trim it to what
 * is new and lies inside the window. */
struct tcp_segment {
    struct netbuf *nb;
    const struct ip_received *ip;
    struct tcp_hdr hdr;
    struct tcp_options options;
    uint32_t seq, ack, wnd; /* SEG.WND is not scaled yet */
    uint8_t flags;
    const uint8_t *text;
    uint32_t text_len;
    uint32_t hdr_text_len; /* before it was trimmed, as hdr.seq is SEG.SEQ before */
    bool trimmed;          /* part of it lay outside the window */
};

/* SEG.LEN: SYN and FIN count. */
static inline uint32_t tcp_seg_len(const struct tcp_segment *g)
{
    return g->text_len + ((g->flags & TCP_FLAG_SYN) != 0) + ((g->flags & TCP_FLAG_FIN) != 0);
}

/* What a step says: the next one follows, or the segment is done with: TCP_COUNTERS when it was
 * used up, else why it was dropped. */
enum { TCP_STEP_NEXT = -1, TCP_STEP_AGAIN = -2 /* its connection is over: it is another's */ };
typedef int tcp_step;

/* --- connection.c: blocks and their states --- */

/* Another state; the only way to one. */
void tcp_enter(struct stack *s, struct tcp_pcb *pcb, enum tcp_state state);
/* CLOSED: leaves the table, drops what it holds, forgets its timers. `error` is for the user. The
 * block stays until its last holder lets go. */
void tcp_end(struct stack *s, struct tcp_pcb *pcb, int error);
/* A block for a connection that nobody has asked for; may end one in TIME-WAIT. */
struct tcp_pcb *tcp_take(struct stack *s);
static inline void tcp_hold(struct tcp_pcb *pcb)
{
    STACK_ASSERT(pcb->held < UINT8_MAX);
    pcb->held++;
}
/* The end of an entry point: sends what can be sent, arms the deadline, tells the user, and gives
 * the block back when it is CLOSED and nobody's. */
void tcp_leave(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
/* Numbers for a new connection, whose ends are known: ISS and what follows from it. */
void tcp_start_sending(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
/* The peer's SYN. */
void tcp_start_receiving(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g);
/* The handshake is over. */
void tcp_establish(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
/* Nobody holds it any more: when there are more such than may be, the oldest is reset. */
void tcp_orphaned(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
void tcp_enter_fin_wait_2(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
/* Nobody waits for it any more: if it is in FIN-WAIT-2 its end comes by time. */
void tcp_orphan_timer(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
/* All in both directions is done: 2 MSL from now on. */
void tcp_enter_time_wait(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
void tcp_check(const struct stack *s, const struct tcp_pcb *pcb);
/* --- queue.c --- */
void tcp_queue_init(struct tcp_queue *q);
void tcp_queue_put(struct tcp_queue *q, struct tcp_pcb *pcb);
void tcp_queue_take_out(struct tcp_queue *q, struct tcp_pcb *pcb);

/* --- keep.c --- */
void tcp_forget_wishes(struct stack *s, struct tcp_pcb *pcb);
void tcp_inherit_wishes(struct stack *s, struct tcp_pcb *child, const struct tcp_pcb *listener);
/* The peer lives: it has sent something. */
void tcp_keep_heard(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
void tcp_keep_due(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);

/* --- timestamps.c --- */
bool tcp_lacks_timestamp(const struct stack *s, const struct tcp_pcb *pcb,
                         const struct tcp_segment *g);
bool tcp_timestamp_is_old(struct stack *s, const struct tcp_pcb *pcb, const struct tcp_segment *g);
void tcp_note_timestamp(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g);
bool tcp_takes_over(struct stack *s, struct tcp_pcb *old, int64_t now_ns);
bool tcp_may_reopen(struct stack *s, const struct tcp_pcb *pcb, const struct tcp_segment *g,
                    int64_t now_ns);

/* --- listen.c --- */
/* RFC 9293 3.10.7.2. */
tcp_step tcp_input_listen(struct stack *s, struct tcp_pcb *listener, struct tcp_segment *g,
                          int64_t now_ns);
/* May another handshake be completed now? */
bool tcp_listener_has_room(const struct stack *s, const struct tcp_pcb *listener);
void tcp_listener_child_done(struct stack *s, struct tcp_pcb *child, int64_t now_ns);
/* A child ends before it was accepted. */
void tcp_listener_forget(struct tcp_pcb *child);
void tcp_listener_close(struct stack *s, struct tcp_pcb *listener, int64_t now_ns);
/* What the user said of a listener holds for what comes to it. */
void tcp_listener_inherit(struct stack *s, struct tcp_pcb *child, const struct tcp_pcb *listener);
struct tcp_pcb *tcp_listener_child(struct stack *s, struct tcp_pcb *listener,
                                   const struct tcp_segment *g);

/* --- route.c: source routes --- */
/* Where segments to `remote` go first. */
struct ip_addr tcp_first_hop(const struct tcp_pcb *pcb, const struct ip_addr *remote);
/* A segment that may be believed, of a passive OPEN: its way back is that of all that follows.
 * False: there is no room to keep it. */
bool tcp_learn_route(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g);

/* --- fastopen.c: RFC 7413 --- */
/* A SYN that a listener got, and the child that was made for it: takes its octets when it may. */
void tcp_fastopen_take(struct stack *s, struct tcp_pcb *listener, struct tcp_pcb *child,
                       const struct tcp_segment *g);
/* A child that is early no more. */
void tcp_fastopen_settled(struct stack *s, struct tcp_pcb *child, bool reset);
/* What our SYN, or SYN-ACK, says. */
void tcp_fastopen_option(struct stack *s, const struct tcp_pcb *pcb, bool answer,
                         struct tcp_options *out);
/* How many octets a SYN may have. */
uint32_t tcp_fastopen_room(struct stack *s, const struct tcp_pcb *pcb, int64_t now_ns);
/* The SYN-ACK: what it does not acknowledge goes again. */
void tcp_fastopen_answered(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                           int64_t now_ns);

/* --- syn_cookie.c --- */
/* False: cookies are off. */
bool tcp_send_cookie(struct stack *s, const struct tcp_pcb *listener, const struct tcp_segment *g,
                     int64_t now_ns);
/* Text or a FIN whose connection may be one that only its peer knows of: an acknowledgement that
 * brought its cookie was lost, or could not be taken. The next one's is as good; a RST, as 3.10.7.2
 * has it for each ACK, would end what the listener had agreed to. */
bool tcp_may_follow_cookie(struct stack *s, const struct tcp_segment *g, int64_t now_ns);
/* The connection of an ACK that brings a cookie back, in SYN-RECEIVED and held; NULL: it brings
 * none, or there is no room for it. */
struct tcp_pcb *tcp_take_cookie(struct stack *s, struct tcp_pcb *listener,
                                const struct tcp_segment *g, int64_t now_ns);

/* --- options.c --- */
/* What a SYN of ours offers, or answers to the peer's. */
void tcp_syn_options(struct stack *s, const struct tcp_pcb *pcb, const struct ip_path *path,
                     bool answer, struct tcp_options *out);
/* What the peer's SYN, or SYN-ACK, agrees on. */
void tcp_learn_options(struct stack *s, struct tcp_pcb *pcb, const struct tcp_options *told);
uint8_t tcp_window_shift(struct stack *s, uint32_t buffer);
/* By the knob: buffers of whole segments. */
void tcp_round_buffers(const struct stack *s, struct tcp_pcb *pcb);

/* --- clock.c --- */
uint32_t tcp_clock_ms(struct stack *s, int64_t now_ns);
/* TSval of a segment that is sent now (RFC 7323 5.4). */
uint32_t tcp_timestamp(struct stack *s, const struct tcp_pcb *pcb, int64_t now_ns);
uint32_t tcp_first_sequence(struct stack *s, const struct tcp_pcb *pcb, int64_t now_ns);
/* What this connection's timestamps are ahead of the clock. */
uint32_t tcp_first_timestamp(struct stack *s, const struct tcp_pcb *pcb);

/* --- input.c, synchronized.c, text.c --- */
void tcp_input(struct stack *s, struct netbuf *nb, const struct ip_received *r, int64_t now_ns);
/* RFC 9293 3.10.7.3 and 3.10.7.4. */
tcp_step tcp_input_syn_sent(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g,
                            int64_t now_ns);
tcp_step tcp_input_synchronized(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g,
                                int64_t now_ns);
/* From its sixth step on. */
tcp_step tcp_input_from_urgent(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g,
                               int64_t now_ns);
tcp_step tcp_input_text(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g,
                        int64_t now_ns);
/* An ACK to somebody who may be forging (RFC 5961), as often as its section 7 allows; returns why.
 */
tcp_step tcp_challenge(struct stack *s, struct tcp_pcb *pcb, enum tcp_counter why, int64_t now_ns);
/* RFC 9293 3.6.1: text for a user who has closed is answered by a reset, and its connection over.
 */
tcp_step tcp_refuse_after_close(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                                int64_t now_ns);

/* --- bsd.c: by the knobs --- */
/* In SYN-RECEIVED behind a LISTEN, by the knob syn_cache. */
bool tcp_is_cached(const struct stack *s, const struct tcp_pcb *pcb);
/* What comes to it; TCP_STEP_NEXT: the third segment, which is on its way to ESTABLISHED. */
tcp_step tcp_input_cached(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                          int64_t now_ns);
tcp_step tcp_time_wait_of_bsd(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                              int64_t now_ns);
void tcp_cut_old(struct tcp_pcb *pcb, struct tcp_segment *g);
/* Octets that count for the window. */
uint32_t tcp_bsd_len(const struct tcp_segment *g);
/* In SYN-RECEIVED behind an active OPEN. */
bool tcp_is_of_no_open(const struct tcp_pcb *pcb, const struct tcp_segment *g);
/* --- bsd_sack.c --- */
/* Text came that lies, or begins, before RCV.NXT: before it is cut. */
void tcp_told_twice(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g);
/* The next text came, and nothing but it. */
void tcp_told_next(struct tcp_pcb *pcb);
/* What is left of other text, or a FIN, was taken; `nxt`: RCV.NXT before. */
void tcp_told_came(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g, uint32_t nxt);
/* An acknowledgement has left: of what came twice the peer knows. */
void tcp_told_left(struct tcp_pcb *pcb);

/* Text that is new, wherever it lies, of a connection that nobody holds. */
bool tcp_is_text_after_close(const struct tcp_pcb *pcb, const struct tcp_segment *g);
/* --- fast.c --- */
/* True: the segment is done with, and *step says how. */
bool tcp_input_fast(struct stack *s, struct tcp_pcb *pcb, struct tcp_segment *g, int64_t now_ns,
                    tcp_step *step);
bool tcp_segment_acceptable(const struct stack *s, const struct tcp_pcb *pcb,
                            const struct tcp_segment *g);

/* --- ack.c: what acknowledgements mean for what is sent --- */
/* SND.UNA =< SEG.ACK =< SND.NXT. */
void tcp_acknowledged(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g,
                      int64_t now_ns);
bool tcp_fin_acknowledged(const struct tcp_pcb *pcb);
void tcp_retransmission_due(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
/* What to wait for now, after data was sent or, `fresh`, acknowledged. There is a sender. */
void tcp_arm_retransmission(struct stack *s, struct tcp_pcb *pcb, bool fresh, int64_t now_ns);

/* --- sender.c --- */
/* The connection's sender, which is not at rest any more; NULL: none is free. */
struct tcp_recovery *tcp_sender_take(struct stack *s, struct tcp_pcb *pcb);
/* All is acknowledged: another connection may have it. */
void tcp_sender_rest(struct stack *s, struct tcp_pcb *pcb);
void tcp_sender_forget(struct stack *s, struct tcp_pcb *pcb);
/* TCP_CONGESTION. */
void tcp_sender_choose(struct tcp_pcb *pcb, bool reno);
void tcp_congestion_start(struct stack *s, struct tcp_pcb *pcb);

/* --- ahead.c --- */
uint32_t tcp_in_end(const struct tcp_pcb *pcb);
void tcp_note_duplicate(const struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g);
tcp_step tcp_take_ahead(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g);
bool tcp_absorb_ahead(struct stack *s, struct tcp_pcb *pcb, bool *fin);
void tcp_stream_cut_ahead(struct stack *s, struct tcp_pcb *pcb);
void tcp_forget_ahead(struct stack *s, struct tcp_pcb *pcb);
uint32_t tcp_sack_len(const struct tcp_pcb *pcb);
void tcp_sack_option(const struct tcp_pcb *pcb, struct tcp_options *o);

/* --- ecn.c --- */
uint8_t tcp_ecn_syn_flags(const struct stack *s, const struct tcp_pcb *pcb, bool answer);
void tcp_ecn_learn(const struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g);
void tcp_ecn_input(struct tcp_pcb *pcb, const struct tcp_segment *g);

/* --- rto.c: RFC 6298 --- */
struct rtt tcp_rtt_remembered(const struct stack *s, const struct tcp_pcb *pcb);
void tcp_rtt_remember(struct tcp_pcb *pcb, const struct rtt *r);
void tcp_rtt_sample_syn(const struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
void tcp_rtt_sample(const struct stack *s, struct tcp_sender *x, int64_t rtt_ns);
void tcp_rtt_adapt(const struct stack *s, struct tcp_sender *x, int64_t rtt_ns);
void tcp_rto_expired(const struct stack *s, struct tcp_pcb *pcb);
int64_t tcp_rto_ns(const struct stack *s, const struct tcp_pcb *pcb);
/* How long a window stays closed, or as small as it is, until it is probed. */
int64_t tcp_persist_ns(const struct stack *s, const struct tcp_pcb *pcb);
/* RFC 9293 3.8.3: how long what is sent may stay without an answer. */
int64_t tcp_patience_ns(const struct stack *s, const struct tcp_pcb *pcb);
/* When a connection that waits for an acknowledgement from now on is given up; TCP_NEVER: the first
 * retransmission will tell. */
int64_t tcp_give_up_at_ns(const struct stack *s, const struct tcp_pcb *pcb, int64_t now_ns);

/* --- output.c: what may be sent now --- */
void tcp_output(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
/* What waits for more to fill its segment, too. */
void tcp_output_held(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
/* The SYN, or SYN-ACK, once more or for the first time. */
void tcp_send_syn(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
/* One octet, or the FIN, into a closed window (RFC 9293 3.8.6.1). */
void tcp_send_probe(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
/* A segment whatever cwnd says: new, or the last one again (RFC 8985 7.3). */
void tcp_send_loss_probe(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);

/* --- segment.c: how a segment is built --- */
/* The octets of the IP packet of a segment with so much text. */
uint32_t tcp_packet_len(const struct tcp_pcb *pcb, uint32_t text);
/* Of the SACK option beside text; 0: it has no place there. */
uint32_t tcp_sack_len_with_text(struct stack *s, struct tcp_pcb *pcb);
struct tcp_plan {
    uint32_t seq, len; /* of text */
    uint8_t flags;
    bool fresh;        /* text, or FIN, that was not sent before */
    bool unit_goes_on; /* what follows is of one unit with it (unit.c) */
    uint16_t segment;  /* octets of text in each segment that the device is to make; 0: one */
    bool bare;         /* an answer to somebody who may be none of the connection's */
};
uint8_t tcp_ecn_flags(struct tcp_pcb *pcb, const struct tcp_plan *plan);
uint8_t tcp_ecn_tos(const struct tcp_pcb *pcb, const struct tcp_plan *plan);
/* 0, or a negated error: it was not sent. */
int tcp_transmit(struct stack *s, struct tcp_pcb *pcb, const struct tcp_plan *plan, int64_t now_ns);
/* How many segments with so much text may go as one packet; 1: the device does not cut up. */
uint32_t tcp_segments_at_once(struct stack *s, struct tcp_pcb *pcb, uint32_t text, int64_t now_ns);
/* An acknowledgement at once, without text. */
void tcp_send_ack(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
/* The same as BSD answers what may be forged: the room as it is, and no blocks. */
void tcp_send_bare_ack(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=RST,ACK> of ABORT. */
void tcp_send_rst(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
/* RCV.WND as it would be told now, in octets (3.8.6.2.2). */
uint32_t tcp_receive_window(const struct stack *s, const struct tcp_pcb *pcb);

/* --- status.c --- */
/* Text is on its way or waits, `limited` for the peer's window, or `is_short` of what the buffer
 * has no room for, from now on. There is a sender. */
void tcp_note_busy(struct tcp_sender *x, bool busy, bool limited, bool is_short, int64_t now_ns);

/* --- record.c --- */
/* The octets queued so far end a record. */
void tcp_record_ends(struct stack *s, struct tcp_pcb *pcb);
/* How many octets lie between `from` and the next end of a record; UINT32_MAX: there is none. */
uint32_t tcp_record_left(const struct tcp_pcb *pcb, uint32_t from);

/* --- soon.c: when what came is acknowledged --- */
/* Text came in its turn: what that says of the peer's pace, and of its full segments. */
void tcp_soon_heard(struct stack *s, struct tcp_pcb *pcb, const struct tcp_segment *g);
/* The SYN-ACK is to be acknowledged. */
void tcp_soon_opened(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
/* It is to be acknowledged; a FIN is; something was lost or came twice on the way. */
void tcp_soon(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
void tcp_soon_fin(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
void tcp_soon_lost(const struct stack *s, struct tcp_pcb *pcb);
uint32_t tcp_told_window(const struct tcp_pcb *pcb);
/* The delay is over. */
void tcp_soon_due(struct stack *s, struct tcp_pcb *pcb);
/* A segment leaves that acknowledges all; one with new text leaves; the user has read. */
void tcp_soon_said(struct tcp_pcb *pcb);
void tcp_soon_answered(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
void tcp_soon_read(struct stack *s, struct tcp_pcb *pcb);

/* --- unit.c --- */
/* What could go as one unit. */
struct tcp_unit_offer {
    uint32_t waiting, window, congestion, mss;
    bool holds_rest; /* less than a segment stays for later */
    bool fin;
};
/* How many octets go as one. There is a sender. */
uint32_t tcp_unit(const struct tcp_pcb *pcb, const struct tcp_unit_offer *o);
/* It is better to wait for the next acknowledgement. */
bool tcp_unit_waits(const struct tcp_pcb *pcb, const struct tcp_unit_offer *o, int64_t now_ns);

/* --- train.c --- */
/* Segments that were sent as far as the connection is concerned, and wait for each other. */
struct tcp_train {
    struct tcp_plan plan;
    uint32_t count, most; /* segments in it; 0: none */
};
/* False: the segment does not go with those. */
bool tcp_train_takes(struct stack *s, struct tcp_pcb *pcb, struct tcp_train *t,
                     const struct tcp_plan *plan, int64_t now_ns);
/* Sends what waits; tcp_transmit's results. */
int tcp_train_leaves(struct stack *s, struct tcp_pcb *pcb, struct tcp_train *t, int64_t now_ns);

/* --- reset.c --- */
/* The reset that 3.10.7.1 wants in answer to a segment for nobody; none for one that nobody may
 * answer. */
void tcp_answer_rst(struct stack *s, const struct tcp_segment *g, int64_t now_ns);
/* <SEQ><ACK><CTL=RST,ACK>, with those numbers. */
void tcp_answer_rst_at(struct stack *s, const struct tcp_segment *g, uint32_t seq, uint32_t ack,
                       int64_t now_ns);

/* --- timer.c --- */
void tcp_timers_init(struct stack *s, struct tcp_pcb *pcb);
/* The deadline is at the earliest of the times or before; moving it later costs nothing. */
void tcp_timers_arm(struct stack *s, struct tcp_pcb *pcb);
void tcp_timers_stop(struct tcp_pcb *pcb);
/* USER TIMEOUT: its user is told ETIMEDOUT, or what the network has said meanwhile. */
void tcp_give_up(struct stack *s, struct tcp_pcb *pcb);

/* --- errors.c --- */
void tcp_input_error(struct stack *s, const struct ip_error *e, int64_t now_ns);
bool tcp_sent(struct stack *s, const struct ip_error *e);

/* --- query.c --- */
int tcp_query(struct stack *s, void *state, const char *what, char *out, size_t room);

#endif

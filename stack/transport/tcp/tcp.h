/*
 * TCP (RFC 9293) as an interface for services and the socket layer: a control block that is opened
 * actively or passively, a stream each way, readiness by callback. It owns what it was given: a
 * block that its user has closed lives on until the connection's end, and one that a listener has
 * made has no user until it is accepted.
 *
 * Calls that cannot be served at once answer -ERR_AGAIN; `ready` tells when to try again.
 */
#ifndef STACK_TRANSPORT_TCP_TCP_H
#define STACK_TRANSPORT_TCP_TCP_H

#include "stack/transport/demux.h"
#include "stack/transport/tcp/ranges.h"
#include "stack/transport/tcp/stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/* RFC 9293 3.3.2. */
enum tcp_state {
    TCP_CLOSED,
    TCP_LISTEN,
    TCP_SYN_SENT,
    TCP_SYN_RECEIVED,
    TCP_ESTABLISHED,
    TCP_FIN_WAIT_1,
    TCP_FIN_WAIT_2,
    TCP_CLOSE_WAIT,
    TCP_CLOSING,
    TCP_LAST_ACK,
    TCP_TIME_WAIT,
    TCP_STATES
};

/* Readiness. The numbers are the socket layer's. */
enum tcp_event {
    TCP_EVENT_READABLE = 1,
    TCP_EVENT_URGENT = 2,
    TCP_EVENT_WRITABLE = 4,
    TCP_EVENT_ERROR = 8,
    TCP_EVENT_HANGUP = 16,
    TCP_EVENT_PEER_CLOSED = 32 /* no more comes */
};

enum tcp_send_flag {
    TCP_SEND_MORE = 1,   /* not pushed: more follows at once */
    TCP_SEND_URGENT = 2, /* the last octet is urgent */
    TCP_SEND_RECORD = 4  /* a segment ends behind it */
};
enum tcp_receive_flag { TCP_RECEIVE_PEEK = 1, TCP_RECEIVE_DISCARD = 2 };

struct tcp_pcb;

/* What a user has asked for beyond what most ask for; of a pool. 0: what the knobs say. */
enum { TCP_RECORDS = 8 };

/* The blocks of a SACK option by the knob bsd_sack, the first one first. `in_use`: they are told,
 * and not what is held. */
enum { TCP_TOLD_MOST = 6 };
struct tcp_told {
    struct seq_range at[TCP_TOLD_MOST];
    uint8_t count;
    bool in_use;
};

struct tcp_wishes {
    uint32_t user_timeout_ms;
    uint32_t unsent_low; /* writable while less than this is unsent; 0: no bound */
    uint16_t keep_idle_s, keep_interval_s;
    int16_t linger_s;     /* -1: off */
    int16_t fin_wait_2_s; /* for which an orphan stays in FIN-WAIT-2; 0: the knob's, -1: not */
    uint8_t keep_count;
    uint8_t syn_count; /* so often a SYN, or SYN-ACK, is sent again; 0: by the knobs */
    uint8_t records;   /* ends of records (record.c), in their order */
    uint32_t record_end[TCP_RECORDS];
    /* RFC 7413. A listener's: so many may be in SYN-RECEIVED with data for their user; 0: none. */
    uint16_t fastopen_limit;
    bool has_fastopen_key;
    uint8_t fastopen_key[16];
    /* A connect that waits for its first octets; port 0: there is none. */
    uint16_t deferred_port;
    struct ip_addr deferred;
    /* end.options_len octets of options of IP, as ip_check_options takes them. */
    uint8_t ip_options[IP_OPTIONS_MAX];
    struct tcp_told told; /* bsd_sack.c */
    bool own_options;     /* the user's: what the peer's packets say does not count */
};

/* Blocks in their order; the end is kept so that appending costs nothing. */
struct tcp_queue {
    struct tcp_pcb *first, **end;
};

/* What a listener has in place of streams. */
struct tcp_listener {
    struct tcp_queue half; /* in SYN-RECEIVED */
    struct tcp_queue done; /* wait to be accepted */
    uint16_t half_count, done_count, backlog;
    uint16_t aborted;     /* ended while they waited, by the knob bsd_calls: accept tells of each */
    uint16_t early;       /* of those that came by Fast Open, so many are in SYN-RECEIVED */
    uint16_t early_reset; /* so many of them were reset since: they count for a while */
    uint32_t reset_ms;    /* when the last was */
};

/* What a connection has done so far, for STATUS; the numbers wrap. */
struct tcp_tally {
    uint32_t segments_out, segments_in;
    uint32_t texts_in;  /* segments with text */
    uint32_t again;     /* segments that were sent again */
    uint32_t delivered; /* segments that were acknowledged */
    uint32_t ahead;     /* segments that came ahead of their turn */
    uint32_t ack_ms;    /* when an acknowledgement came last */
};

/* And with its sender, since it has that. */
struct tcp_sent_tally {
    uint32_t texts;                /* segments with text */
    uint32_t octets, octets_again; /* of text; those sent again are among the first, too */
    uint32_t delivered_ce;         /* segments that were acknowledged with ECE */
    uint32_t sent_ms;              /* when text left last */
    uint16_t dsacks, timeouts;
};

/*
 * The fields have the standard's names. A sequence number's distance to another is what counts, so
 * that all of them may wrap. Times are absolute; INT64_MAX: not set.
 */
struct tcp_pcb {
    struct port_pcb end;
    struct deadline deadline; /* the earliest of the times below, or something before it */
    union {
        void *owner;            /* the user's */
        struct tcp_pcb *parent; /* while `unaccepted`: the listener */
    };
    /* Readiness grew by `events`. It may call every function below. NULL: nobody asks. */
    void (*ready)(struct tcp_pcb *pcb, struct stack *s, unsigned events, int64_t now_ns);
    struct tcp_wishes *wishes; /* NULL: none */
    uint32_t invalid_ms;       /* when something invalid was answered last, while `was_invalid` */
    uint16_t challenged;       /* RFC 5961 7: in this period so many challenges were sent */
    uint8_t challenges;
    uint8_t keep_probes;          /* in a row, without an answer */
    struct tcp_pcb *next, **link; /* in a listener's queue, or that of TIME-WAIT */
    union {
        struct {
            struct tcp_stream out; /* from SND.UNA to snd_end */
            struct tcp_stream in;  /* from rcv_user to RCV.NXT, and what came before its turn */
            struct ranges ahead;   /* which octets those are; a FIN among them is one */
        };
        struct tcp_listener listener;
    };

    int64_t rexmt_ns;   /* retransmission, or a probe of a closed window */
    int64_t ack_ns;     /* a delayed acknowledgement */
    int64_t idle_ns;    /* keep-alive; FIN-WAIT-2's and TIME-WAIT's end */
    int64_t give_up_ns; /* user timeout (RFC 9293 3.8.3) */

    uint32_t iss, snd_una, snd_nxt; /* SND.NXT is never taken back */
    uint32_t snd_end;               /* behind the last octet that the user gave */
    uint32_t snd_wnd, snd_wl1, snd_wl2, snd_up, max_wnd;
    uint32_t snd_small; /* behind the last segment that was less than a full one */
    /* What is in flight and how much may be. NULL: nothing was, or long ago, and these are what is
     * remembered of it; 0: nothing. */
    struct tcp_sender *sender;
    uint32_t cwnd, ssthresh, srtt_us, rttvar_us;
    uint32_t irs, rcv_nxt, rcv_up;
    uint32_t rcv_adv;  /* the right edge that the peer was told of */
    uint32_t rcv_user; /* the next octet that the user takes */
    uint32_t last_ack; /* RFC 7323's Last.ACK.sent */

    uint32_t ts_offset, ts_recent, ts_recent_ms;
    union {
        int64_t syn_ns;         /* in the handshake: when the SYN left first */
        struct seq_range dsack; /* what came twice and is to be told (RFC 2883); empty: nothing */
    };

    uint32_t snd_buffer, rcv_buffer; /* octets, at most */
    uint16_t rcv_mss;                /* the most text that a segment of the peer has had */
    uint16_t last_len, ato_ms; /* soon.c: of the segment before, the delay by the peer's pace */
    uint8_t quick_acks;        /* that will not be delayed */
    struct tcp_tally tally;
    uint32_t heard_ms; /* when text came last */
    bool answers;      /* data went out soon after data came: that acknowledges */
    uint16_t peer_mss; /* SendMSS: of the peer's option, or the default */
    uint16_t user_mss; /* 0: no bound of the user's */
    uint8_t state;     /* enum tcp_state */
    uint8_t snd_wscale, rcv_wscale;
    uint8_t error, soft_error; /* of enum stack_error; a soft one is told when the end comes */
    uint8_t told;              /* readiness when `ready` was last called */
    uint8_t held;              /* by so many functions: not given back meanwhile */
    uint8_t retransmits;       /* in a row, without an answer */
    bool user : 1;             /* somebody holds it, and closes it */
    bool unaccepted : 1;
    bool tells_soft : 1; /* soft errors are told at once, and the connection goes on */
    bool ended : 1;      /* CLOSED after it was something else */
    bool sending : 1;    /* tcp_output is at work on it */
    bool starved : 1;    /* what was to be sent found no chunk; an acknowledgement ends it */
    bool passive : 1;    /* came from LISTEN */
    bool fin_queued : 1; /* FIN follows snd_end */
    /* No sequence number says so: SND.UNA comes back to ISS after 4 GiB. */
    bool syn_acked : 1;
    bool fin_received : 1;
    bool shut_read : 1; /* who reads what is there hears of the end */
    bool deaf : 1;      /* text is acknowledged and thrown away */
    bool ack_now : 1;
    bool probing : 1;                          /* rexmt_ns is that of the persist timer */
    bool fin_ahead : 1;                        /* the last octet of `ahead` is a FIN */
    bool ecn : 1;                              /* agreed on (RFC 3168) */
    bool ecn_echo : 1;                         /* CE came, and no CWR since */
    bool ecn_waits : 1;                        /* nothing new until rexmt_ns (RFC 3168 6.1.2) */
    bool syn_lost : 1;                         /* ours was sent more than once */
    bool reno : 1;                             /* TCP_CONGESTION; else CUBIC */
    bool urgent : 1;                           /* SND.UP counts: not yet acknowledged */
    bool urgent_in : 1;                        /* RCV.UP counts: not yet read */
    bool timestamps : 1, sack : 1, wscale : 1; /* agreed on */
    bool no_delay : 1, cork : 1, more : 1, keep_alive : 1;
    /* RFC 7413. `early`: its user has it in SYN-RECEIVED already, and may send. */
    bool early : 1;
    bool no_options : 1;               /* on SYNs, either's */
    bool fastopen_asks : 1;            /* our SYN has the option */
    bool fastopen_tells : 1;           /* our SYN-ACK has a cookie */
    bool fastopen_old : 1;             /* as option 254 */
    bool fastopen_connect : 1;         /* TCP_FASTOPEN_CONNECT */
    bool fastopen_bare : 1;            /* TCP_FASTOPEN_NO_COOKIE: neither is wanted */
    bool syn_data : 1;                 /* octets on a SYN were taken: ours by the peer, or its */
    bool pushed : 1, pushed_twice : 1; /* less than full segments wait to be acknowledged */
    bool no_room : 1; /* the user would have written more; until a third of the buffer is free */
    bool was_invalid : 1;
    bool failed : 1; /* an open has failed, and no connect has said so since */
    bool burst : 1;  /* nothing was in flight when what is being sent began, and the knob asks */
};

/* One of limits.tcp_pcbs, CLOSED, with the user's hand on it; NULL: all are lent, and none of them
 * can be spared, or there is no TCP. */
struct tcp_pcb *tcp_new(struct stack *s);

/* end.ip.local and end.local_port are filled in. -ERR_ADDRINUSE, -ERR_ADDRNOTAVAIL (no address of
 * ours, or one of many), -ERR_INVAL (bound already). */
int tcp_bind(struct stack *s, struct tcp_pcb *pcb);

/* Active OPEN (RFC 9293 3.10.1). 0: a SYN is on its way. -ERR_ADDRNOTAVAIL, -ERR_ISCONN,
 * -ERR_ALREADY, -ERR_ADDRINUSE (the four numbers are in use), -ERR_NETUNREACH (nobody, or many) and
 * ip_path's. */
int tcp_connect(struct stack *s, struct tcp_pcb *pcb, const struct ip_addr *remote, uint16_t port,
                int64_t now_ns);
/* Active OPEN with the first octets on the SYN (RFC 7413 4.2.1): so many of them were taken; 0:
 * none, since no cookie is known, and one is asked for. -ERR_OPNOTSUPP: the knob forbids it; and
 * tcp_connect's. */
int tcp_fastopen(struct stack *s, struct tcp_pcb *pcb, const struct ip_addr *remote, uint16_t port,
                 const void *bytes, uint32_t len, int64_t now_ns);
/* TCP_FASTOPEN_CONNECT: would octets go on a SYN to this peer? Then their coming opens. */
bool tcp_fastopen_defers(struct stack *s, struct tcp_pcb *pcb, const struct ip_addr *remote,
                         uint16_t port, int64_t now_ns);
/* Passive OPEN. A second one changes the backlog. -ERR_ADDRINUSE, -ERR_INVAL (it is connected). */
int tcp_listen(struct stack *s, struct tcp_pcb *pcb, int backlog);
/* Connections that ended before they were accepted, told one at a time. */
bool tcp_accept_aborted(struct tcp_pcb *listener);
/* The oldest connection that has come, which is the caller's now; NULL: none. */
struct tcp_pcb *tcp_accept(struct stack *s, struct tcp_pcb *listener);

/* SEND (3.10.2): the number of octets taken. -ERR_AGAIN, -ERR_NOTCONN, -ERR_PIPE (after a FIN),
 * -ERR_NOBUFS. `flags` of enum tcp_send_flag. */
int tcp_send(struct stack *s, struct tcp_pcb *pcb, const void *bytes, uint32_t len, unsigned flags,
             int64_t now_ns);
/* RECEIVE (3.10.3): the number of octets given; 0: the stream has ended. -ERR_AGAIN, -ERR_NOTCONN.
 * `flags` of enum tcp_receive_flag. */
int tcp_receive(struct stack *s, struct tcp_pcb *pcb, void *out, uint32_t room, unsigned flags,
                int64_t now_ns);
/* CLOSE of our direction (3.10.4): FIN follows what was sent. -ERR_NOTCONN. */
int tcp_finish(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
/* No more is received for the user: what comes is acknowledged and thrown away. */
void tcp_deafen(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
/* The user lets go of the block: closed in both directions (3.10.4), or aborted when there is
 * unread data (RFC 2525 2.17) or `abort` (3.10.5). */
void tcp_release(struct stack *s, struct tcp_pcb *pcb, bool abort, int64_t now_ns);

/* Of enum tcp_event. */
unsigned tcp_events(const struct stack *s, const struct tcp_pcb *pcb);
/* Why the connection ended, told once: of enum stack_error, or 0. */
int tcp_take_error(struct tcp_pcb *pcb);

/* --- what a user may ask for --- */

/* IP_OPTIONS: what every segment from now on has; `len` 0: none. 0, -ERR_INVAL (malformed, or a
 * listener's), -ERR_NOBUFS. */
int tcp_set_options(struct stack *s, struct tcp_pcb *pcb, const uint8_t *options, size_t len);

/* The block's wishes, with nothing in them at first; NULL: there is no room for more. */
struct tcp_wishes *tcp_wish(struct stack *s, struct tcp_pcb *pcb);
/* SO_KEEPALIVE, or its times, are others now. */
void tcp_keep_changed(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
/* The user timeout is another now: it begins anew when it runs. */
void tcp_timeout_changed(struct stack *s, struct tcp_pcb *pcb, int64_t now_ns);
/* As asked for, or by the knobs. */
int64_t tcp_keep_idle_ns(const struct stack *s, const struct tcp_pcb *pcb);
int64_t tcp_keep_interval_ns(const struct stack *s, const struct tcp_pcb *pcb);
unsigned tcp_keep_count(const struct stack *s, const struct tcp_pcb *pcb);
unsigned tcp_syn_count(const struct stack *s, const struct tcp_pcb *pcb);
/* An open has failed: a connect that says so. 0, or a negated error. */
int tcp_take_failure(const struct stack *s, struct tcp_pcb *pcb);
/* The connection is over, and what came before can be read. */
bool tcp_reads_on(const struct stack *s, const struct tcp_pcb *pcb);
/* By the knobs alone: what a connection has that was not asked for more. */
int64_t tcp_fin_wait_2_s(const struct stack *s);
/* The user holds nothing back any more (NODELAY, CORK): sends what may go now. `held`: what is
 * corked, too, as Linux has it for NODELAY. */
void tcp_push(struct stack *s, struct tcp_pcb *pcb, bool held, int64_t now_ns);
/* Octets of text in a full segment on this path: Eff.snd.MSS (RFC 9293 3.7.1). */
uint32_t tcp_send_mss(struct stack *s, struct tcp_pcb *pcb);

/* TCP_QUICKACK: what waits is acknowledged now; or answers are to bring acknowledgements along. */
void tcp_set_quick_ack(struct stack *s, struct tcp_pcb *pcb, bool quick, int64_t now_ns);

/* The next octet that is read is the one that urgent data ends with. */
bool tcp_at_mark(const struct tcp_pcb *pcb);
/* TCP_CONGESTION: Reno (RFC 5681), else CUBIC (RFC 9438). */
void tcp_choose_congestion(struct tcp_pcb *pcb, bool reno);
/* Whether what is asked for a buffer is taken twice: a system's convention, by a knob. */
bool tcp_doubles_buffers(const struct stack *s);
/* The knob tcp.bsd_calls. */
bool tcp_has_bsd_calls(const struct stack *s);
/* TCP_MAXSEG, and whether it may be so. */
uint32_t tcp_max_segment(struct stack *s, struct tcp_pcb *pcb);
bool tcp_uses_reno(const struct tcp_pcb *pcb);

/* Where loss recovery stands; the numbers are the socket layer's. */
enum tcp_recovery_status {
    TCP_RECOVERY_OPEN,
    TCP_RECOVERY_DISORDER,
    TCP_RECOVERY_REDUCED,
    TCP_RECOVERY_FAST,
    TCP_RECOVERY_TIMEOUT
};

/* STATUS (3.10.6): what the block does not say by itself. */
struct tcp_status {
    uint8_t recovery; /* enum tcp_recovery_status */
    uint8_t backoff;
    uint16_t snd_mss, advertised_mss, path_mtu;
    uint32_t rcv_wnd, cwnd, ssthresh;              /* octets */
    uint32_t unacked, sacked, lost, retransmitted; /* segments in flight */
    uint32_t reordering, reorderings;
    int64_t rto_ns, srtt_ns, rttvar_ns, min_rtt_ns, delayed_ack_ns;
    struct tcp_sent_tally sent;
    int64_t busy_ns, window_limited_ns; /* text was on its way, or waited; for the peer's window */
    int64_t buffer_limited_ns; /* all was sent, and the user waits for room to write more */
};
void tcp_status(struct stack *s, struct tcp_pcb *pcb, struct tcp_status *out);
/* Its times so far are told up to now. */
void tcp_status_until(struct tcp_pcb *pcb, int64_t now_ns);
/* The clock that struct tcp_tally's times are of. */
uint32_t tcp_now_ms(struct stack *s, int64_t now_ns);

/* Octets that a receive would give; that are sent but not acknowledged, and that are not sent. */
uint32_t tcp_unread(const struct tcp_pcb *pcb);
uint32_t tcp_unacked(const struct tcp_pcb *pcb);
uint32_t tcp_unsent(const struct tcp_pcb *pcb);

extern const struct module tcp_module;

/* Connections in TIME-WAIT end now, for who administers a host. Returns how many there were. */
uint32_t tcp_end_time_wait(struct stack *s, int64_t now_ns);

#ifdef __cplusplus
}
#endif

#endif

/* What the files of the TCP end share. */
#ifndef SIM_HOSTS_TCP_END_INSIDE_H
#define SIM_HOSTS_TCP_END_INSIDE_H

#include "sim/hosts/tcp_end.h"

enum { END_RANGES = 16, END_MSS_DEFAULT = 536, END_HEADER = 20, END_OPTIONS = 40 };

enum tcp_end_flag {
    END_FLAG_FIN = 1,
    END_FLAG_SYN = 2,
    END_FLAG_RST = 4,
    END_FLAG_PSH = 8,
    END_FLAG_ACK = 16,
    END_FLAG_URG = 32,
};

/* --- sequence numbers: RFC 9293 3.4, modulo 2^32 --- */

static inline bool seq_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static inline uint32_t seq_earlier(uint32_t a, uint32_t b)
{
    return seq_before(a, b) ? a : b;
}

static inline uint32_t seq_later(uint32_t a, uint32_t b)
{
    return seq_before(a, b) ? b : a;
}

/* --- segments --- */

struct tcp_range {
    uint32_t from, to; /* [from, to) */
};

struct tcp_options {
    bool has_mss, has_scale, sack_permitted, has_timestamps;
    bool malformed; /* a length that does not fit */
    uint16_t mss;
    uint8_t scale;
    uint32_t tsval, tsecr;
    uint32_t blocks;
    struct tcp_range block[4];
};

struct tcp_segment {
    uint32_t src, dst; /* host order */
    uint16_t sport, dport;
    uint32_t seq, ack;
    uint8_t flags;
    uint16_t window, urgent;
    uint32_t options_len;
    struct tcp_options options;
    const uint8_t *payload;
    uint32_t len;
};

/* What can be wrong with a header. */
enum tcp_end_sound { SEGMENT_SOUND, SEGMENT_SHORT, SEGMENT_OFFSET, SEGMENT_SUM };

enum tcp_end_sound tcp_segment_read(struct tcp_segment *s, const struct peer_packet *p);
enum tcp_end_kind tcp_segment_kind(const struct tcp_segment *s);
void tcp_options_read(struct tcp_options *o, const uint8_t *bytes, uint32_t len);

/* Octets of sequence space: SYN and FIN take one each. */
static inline uint32_t tcp_segment_len(const struct tcp_segment *s)
{
    return s->len + (s->flags & END_FLAG_SYN ? 1 : 0) + (s->flags & END_FLAG_FIN ? 1 : 0);
}

/* A segment that is being made, with room for its payload behind header and options. */
struct tcp_made {
    struct tcp_segment segment;
    uint8_t options[END_OPTIONS];
    uint8_t *payload; /* in the arena, segment.len octets; NULL: none */
};

/* Writes header, options, payload: returns its length. `offset` 0: as the header is. */
uint32_t tcp_segment_write(uint8_t *out, const struct tcp_made *m, uint32_t offset, bool bad_sum);

/* --- connections --- */

/* Octets by their sequence number: a power of two of them. */
struct tcp_ring {
    uint8_t *octet; /* NULL: nothing was in it yet */
    uint32_t size;
};

enum tcp_end_timer { END_RETRANSMIT, END_ACKNOWLEDGE, END_MERGE, END_WAIT, END_WAKE, END_TIMERS };

struct tcp_connection {
    struct tcp_end *end;
    struct tcp_connection *next_in_bucket, *previous, *next, *next_touched;
    bool is_touched, passive;
    enum tcp_end_state state;
    enum tcp_end_how how;
    uint32_t local, remote; /* addresses */
    uint16_t local_port, remote_port;
    int64_t due_ns[END_TIMERS];
    void *app;

    /* sending: RFC 9293 3.3.1 */
    uint32_t iss, snd_una, snd_nxt, snd_wl1, snd_wl2;
    uint32_t snd_wnd, snd_wnd_most;
    uint32_t snd_end;     /* behind the last octet written */
    uint32_t snd_claimed; /* behind the last octet that any segment had, lies among them */
    uint32_t snd_up;      /* behind the urgent octet */
    uint32_t snd_mss;     /* the other side's MSS, not more than the link's */
    uint32_t recover;     /* partial acknowledgements below are answered with the next loss */
    uint32_t duplicates, retries;
    int64_t rto_ns;
    bool closing, fin_sent, syn_due, has_urgent;
    bool forced, merged; /* a timer lets a small segment go, or what was held back */
    struct tcp_ring sent;

    /* receiving */
    uint32_t irs, rcv_nxt;
    uint32_t rcv_read;  /* the next octet for the program */
    uint32_t rcv_high;  /* behind the last octet in the ring */
    uint32_t rcv_edge;  /* behind the last octet ever offered */
    uint32_t rcv_acked; /* the last acknowledgement sent */
    uint32_t fin_seq;   /* of the other side's FIN */
    bool fin_seen, fin_taken, ack_due;
    uint32_t unacked; /* segments */
    uint32_t ranges;  /* out of order, the one that changed last first */
    struct tcp_range range[END_RANGES];
    struct tcp_ring came;

    /* options of both SYNs, and what follows from them */
    struct tcp_options said, heard;
    bool scaled, selective, stamped;
    uint32_t ts_recent, ts_last_new, seq_last_new;

    /* segments of one burst, for the lie that turns them round */
    struct tcp_made batch[TCP_END_BATCH];
    uint32_t batched;
};

/* tcp_end.c */
struct tcp_connection *tcp_end_new(struct tcp_end *end, const struct tcp_segment *to);
void tcp_end_touch(struct tcp_connection *c);
void tcp_end_set_state(struct tcp_connection *c, enum tcp_end_state state);
/* The connection is over; it is forgotten when the event has been dealt with. */
void tcp_end_over(struct tcp_connection *c, enum tcp_end_how how);
void tcp_end_timer(struct tcp_connection *c, enum tcp_end_timer timer, int64_t due_ns);
/* What both SYNs have offered is used from now on. */
void tcp_end_agree(struct tcp_connection *c);
uint32_t tcp_end_clock(const struct tcp_end *end); /* of timestamps, in ms */

/* tcp_end_ring.c */
void tcp_ring_put(struct host *h, struct tcp_ring *r, uint32_t size, uint32_t seq,
                  const uint8_t *bytes, uint32_t len);
void tcp_ring_get(const struct tcp_ring *r, uint32_t seq, uint8_t *out, uint32_t len);
bool tcp_ring_equal(const struct tcp_ring *r, uint32_t seq, const uint8_t *bytes, uint32_t len);
void tcp_ring_release(struct host *h, struct tcp_ring *r);
/* Takes in [s->seq, s->seq + s->len), of which the program may be given what is in order. */
void tcp_end_reassemble(struct tcp_connection *c, const struct tcp_segment *s);
uint32_t tcp_end_free(const struct tcp_connection *c);

/* tcp_end_check.c: counts what the other side may never do. False: the segment is not used. */
void tcp_end_check(struct tcp_connection *c, const struct tcp_segment *s);
void tcp_end_check_syn(struct tcp_connection *c, const struct tcp_segment *s);

/* tcp_end_input.c */
void tcp_end_input(struct tcp_end *end, const struct peer_packet *p);

/* tcp_end_output.c: all that a connection has to send now */
void tcp_end_output(struct tcp_connection *c);
void tcp_end_fired(struct tcp_connection *c, enum tcp_end_timer timer);
void tcp_end_retransmit(struct tcp_connection *c);
/* RST for a segment that no connection takes (RFC 9293 3.10.7.1). */
void tcp_end_refuse(struct tcp_end *end, const struct tcp_segment *s);
/* RST of a connection, `offset` from where it should stand. */
void tcp_end_send_reset(struct tcp_connection *c, uint32_t offset);

/* tcp_end_lies.c: spoils a segment, and sends it */
void tcp_end_transmit(struct tcp_connection *c, struct tcp_made *m);
void tcp_end_flush(struct tcp_connection *c);

#endif

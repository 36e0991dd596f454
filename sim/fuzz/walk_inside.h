/* What the files of a walk share. */
#ifndef SIM_FUZZ_WALK_INSIDE_H
#define SIM_FUZZ_WALK_INSIDE_H

#include <stdarg.h>
#include "sim/fuzz/walk.h"
#include "sim/monitor/monitor.h"
#include "sim/world/world.h"

/* Numbers of events: segments, ICMP errors from 16, calls from 32, times from 80. */
enum { WALK_MORE_SEGMENTS = 28 };

enum { WALK_ARENA = 1 << 20, WALK_FDS = 12, WALK_PURPOSES = 16, WALK_FRAME = 1600 };

/* RFC 9293 3.3.2, as traces number them. */
enum { CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT };
enum { CLOSING = CLOSE_WAIT + 1, LAST_ACK, TIME_WAIT };

enum tcp_flag { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32 };

/* What the wire tells of the connection whose segment was seen last. Numbers count from each side's
 * ISN. */
struct walk_end {
    uint16_t sut_port, peer_port;
    bool known;          /* the stack's ISN is */
    uint32_t irs;        /* that */
    uint32_t top, got;   /* behind what it sent; behind what the peer has, without a gap */
    uint32_t told, edge; /* what it acknowledged last; the edge of its window */
    uint32_t acked;      /* what the peer acknowledged last, rightly */
    uint16_t wnd;        /* the window that it told last */
    uint8_t shift;       /* of its window */
    bool stamps;         /* timestamps are used */
    uint32_t stamp;      /* its last */
    uint32_t fin_end;    /* behind the peer's FIN */
    uint32_t text_end;   /* behind what the peer sent within the window */
    bool fin_sent, fin_taken, reset;
};

struct walk_segment {
    uint8_t flags, tos;
    uint32_t seq, ack; /* from the ISNs */
    uint16_t wnd, urg;
    uint32_t len;
    uint16_t sut_port, peer_port;
    uint8_t options[40];
    uint32_t options_len;
    bool bad_sum;
    uint8_t offset; /* the data offset that it claims, 0: the right one */
    bool with_ports;
    uint32_t from; /* another source address, which is no host's; 0: the peer's */
};

/* What must follow a segment, as far as it is known. */
enum walk_want { WANT_NOTHING, WANT_SILENCE, WANT_ACK, WANT_RESET, WANT_NO_RESET };

/* Does the stack take what a segment acknowledges? */
enum walk_pass { PASS_NO, PASS_PERHAPS, PASS_YES };

enum { WALK_SPANS = 24, WALK_TIME = 1 /* walk.fill: time passes */ };

struct walk_span {
    uint32_t from, to;
};

/* Of the one connection that there is: walk_model.c. */
struct walk_model {
    uint16_t live, listeners; /* connections, and sockets in LISTEN */
    uint8_t state;            /* of it, as the stack says */
    bool blind;               /* there are several, or one that keeps nothing: nothing is asked */
    bool cookies;             /* a SYN was answered by who keeps nothing */
    bool pending;             /* RCV.NXT may be ahead of what was acknowledged */
    bool bent_now;            /* the timestamp of the segment at work */
    bool stamp_bent;          /* what is an old timestamp, is not known */
    bool fresh;               /* its SYN was not seen yet */
    bool fin_out, fin_in, fin_perhaps; /* the stack's FIN; the peer's: taken, or perhaps */
    bool deaf, held_back, reset_due;
    int fd; /* the user's end of it; -1: none */
    uint32_t una, edge, fin_end;
    bool una_doubtful; /* it may be before una */
    bool wnd_known;    /* the peer's window ends at wnd_edge, as the segment at wl1 said */
    bool syn_bent, syn_bent_now; /* the scale of it is not known */
    bool syn_again;              /* the stack's SYN was lost, it may think */
    bool resent;                 /* something, since there was an acknowledgement */
    bool bounded;                /* the user wants it to end early */
    uint32_t wnd_edge, wl1;
    enum walk_pass pass;               /* of the segment at work */
    struct walk_span came[WALK_SPANS]; /* what the peer ever sent, by place */
    uint32_t came_count;
    int64_t armed_ns;   /* when the retransmission timer began, at the latest */
    int64_t heard_ns;   /* when the peer acknowledged last, for certain */
    int64_t entered_ns; /* its state */
    int64_t out_ns;     /* when something was sent that wants an answer, or got one */
    int64_t forward_ns; /* when text was answered last, at the end */
    int64_t flight_ns;  /* since when something is in flight */
    int64_t trip_ns;    /* the longest that a round trip can have been */
    uint32_t tries;     /* timeouts since something was acknowledged */
    uint32_t backoff;   /* and before, while no round trip could be measured */
    /* Of the segment or call at work. */
    uint32_t answers, empty, told;
    uint32_t text_to; /* behind text that came in its turn; 0: none did */
    uint8_t answer_flags, want_state, was;
    uint16_t listened;
    bool nothing_new, ends;
    enum walk_want want;
    const char *why;
};

struct walk_memory; /* a piece that was given back */

struct walk {
    struct walks *of;
    const struct sut *sut;
    void *instance;
    struct sut_env env;
    struct monitor *monitor;
    struct random_stream purpose[WALK_PURPOSES];
    int64_t now_ns, due_ns;
    int64_t gap_ns; /* since the line before */
    uint32_t frames;
    struct walk_end end;
    struct {
        bool open, listens, shut_write;
        bool unread; /* as was seen by the call before */
        uint32_t read_at, write_at;
    } fd[WALK_FDS];
    int main, listener; /* descriptors; -1: none */
    uint8_t begin, variant, state;
    uint8_t bend[2], bends;
    uint8_t event; /* of the step at work, for cells */
    uint8_t fill;  /* kind of what happens, for moves */
    uint32_t lose;
    uint32_t last_begin, last_end; /* of the text that came last, wherever it stood */
    uint32_t peer_stamp;
    bool healing, mute, no_ports;
    bool reborn;    /* a connection has the ports and the ISN of one before it */
    bool vanished;  /* which ended by a timer, without a word */
    bool answering; /* the peer is to answer what comes */
    bool odd;       /* the peer's ISN or its text may be others: lines say numbers as they stand */
    /* What no frame tells has happened, and the monitor could accuse wrongly: a listener that keeps
     * nothing was sent a reset, or what a cookie cannot tell, or there was no buffer. */
    bool unsure;
    /* What the peer is to answer when the network is whole. */
    struct walk_answer {
        uint16_t sut_port, peer_port;
        uint8_t flags;
        uint32_t seq, end, ack;
    } answer[24];
    uint32_t answers;
    struct walk_model model;
    uint32_t sent; /* TCP segments */
    struct walk_memory *given_back;
    size_t used;
};

struct walks {
    struct walk_config config;
    uint8_t *arena;
    struct {
        uint8_t *bytes;
        size_t used;
    } image[BEGINS][VARIANTS];
    FILE *out; /* a script is written */
};

static const uint8_t walk_sut_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static const uint8_t walk_peer_mac[6] = {0x52, 0x55, 0x0a, 0x00, 0x02, 0x02};
enum { WALK_SUT_IP = 0x0a00020f, WALK_PEER_IP = 0x0a000202 };

static inline bool is_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

/* Octets of sequence space. */
static inline uint32_t walk_segment_length(const struct walk_segment *g)
{
    return g->len + !!(g->flags & SYN) + !!(g->flags & FIN);
}

/* The peer's ISN, and the stack's. */
static inline uint32_t walk_isn(const struct walk *w)
{
    return w->variant == VARIANT_PLAIN ? 4294966000u : 2147483000u;
}

/* --- walk.c --- */
struct walk *walk_open(struct walks *of);
void *walk_alloc(struct walk *w, size_t size);
_Noreturn void walk_fail(struct walk *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The stack does what is due now. */
void walk_poll(struct walk *w);
void walk_pass(struct walk *w, int64_t to_ns);
/* Time passes, timers fire. */
void walk_until(struct walk *w, int64_t until_ns);
/* The wire takes a frame to the stack. */
void walk_deliver(struct walk *w, const uint8_t *frame, uint32_t len);
void walk_cell(struct walk *w, unsigned event, unsigned edge);
/* "+10ms  ", with what passed since the line before; out NULL: nothing. */
FILE *walk_line(struct walk *w);

/* --- walk_frame.c --- */
void walk_put(uint8_t *at, uint32_t v, int octets);
uint32_t walk_sum_of(const uint8_t *p, uint32_t len, uint32_t sum);
uint16_t walk_folded(uint32_t sum);
void walk_frame_headers(uint8_t *f, uint8_t protocol, uint8_t tos, uint32_t total);
uint32_t walk_frame_padded(uint8_t *f, uint32_t len);
uint32_t walk_frame_of(const struct walk *w, const struct walk_segment *g, uint8_t f[WALK_FRAME]);
void walk_print_frame(const uint8_t *frame, uint32_t len, FILE *out);
void walk_print_segment(struct walk *w, const struct walk_segment *g, FILE *out);

/* --- walk_segment.c --- */
/* What fits to the connection now. */
struct walk_segment walk_fitting(const struct walk *w, uint8_t flags, uint32_t len);
void walk_inject(struct walk *w, const struct walk_segment *g);
void walk_play_segment(struct walk *w, const struct plan_step *s);
void walk_play_error(struct walk *w, const struct plan_step *s);
uint32_t walk_syn_options(const struct walk *w, uint8_t *out);
uint32_t walk_stamp_option(const struct walk *w, uint8_t *out);

/* --- walk_call.c --- */
int64_t walk_call(struct walk *w, const char *name, const struct value *argv, int argc,
                  struct value *out);
int walk_socket(struct walk *w);
int walk_connect(struct walk *w);
int walk_listen(struct walk *w);
int walk_accept(struct walk *w);
int64_t walk_send(struct walk *w, int fd, uint32_t len, int flags);
int64_t walk_receive(struct walk *w, int fd, uint32_t len, int flags);
int64_t walk_shutdown(struct walk *w, int fd, int how);
void walk_close(struct walk *w, int fd);
void walk_play_call(struct walk *w, const struct plan_step *s);

/* --- walk_model.c --- */
/* A connection, or what is to be one, moved. */
void walk_model_moved(struct walk *w, unsigned from, unsigned to);
void walk_model_sent(struct walk *w, uint8_t flags, uint32_t at, uint32_t length, bool again);
void walk_model_before(struct walk *w, const struct walk_segment *g);
void walk_model_after(struct walk *w, const struct walk_segment *g);
bool walk_model_is_ours(const struct walk *w, const struct walk_segment *g);
bool walk_model_is_acceptable(const struct walk *w, const struct walk_segment *g);
/* It has what RFC 7323 asks of every segment, or nobody asks. */
bool walk_model_has_stamp(const struct walk *w, const struct walk_segment *g);
bool walk_model_is_broken(const struct walk_segment *g);
/* A line that does not hold either. */
void walk_assert(struct walk *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* There is one connection, and nothing happened that the wire does not tell. */
bool walk_model_is_sure(const struct walk *w);
/* --- walk_model_window.c --- */
void walk_model_window(struct walk *w, const struct walk_segment *g);
void walk_model_note_came(struct walk *w, const struct walk_segment *g);
uint32_t walk_model_came(const struct walk *w);
/* --- walk_model_time.c --- */
/* Text, SYN or FIN leaves, at `at`. */
void walk_model_left(struct walk *w, uint32_t at, bool again);
void walk_model_acks(struct walk *w, const struct walk_segment *g);
/* Nothing will happen until then. */
void walk_model_time(struct walk *w, int64_t to_ns);
/* --- walk_model_call.c --- */
void walk_model_call(struct walk *w);
void walk_model_wrote(struct walk *w, int fd, int64_t got, uint32_t len);
void walk_model_read(struct walk *w, int fd, int64_t got, uint32_t len, int flags);
/* It had octets that nobody read, and was in that state. */
void walk_model_closed(struct walk *w, int fd, bool unread, unsigned was);

/* --- walk_begin.c --- */
void walk_play_begin(struct walk *w);

/* --- walk_peer.c --- */
/* It answers what came since its last turn; `closed`: with a closed window. */
void walk_peer_turn(struct walk *w, bool closed);
/* Time passes, and the peer does so. */
void walk_peer_lives(struct walk *w, enum plan_peer how, int64_t until_ns);

/* --- walk_heal.c --- */
void walk_heal(struct walk *w);
/* The stack is taken apart, and nothing is left. */
void walk_take_apart(struct walk *w);

#endif

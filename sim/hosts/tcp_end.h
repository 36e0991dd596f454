/*
 * A small, strict TCP for peers (RFC 9293), over struct peer_ip: the states, a retransmission timer
 * by a fixed rule, reassembly, and of the options what the attributes ask for. It shares nothing
 * with stack/ and has no congestion control: it sends what the window lets it, and repairs a loss
 * at the third duplicate acknowledgement or when its timer fires.
 *
 * What the other side does against the standards is counted as a violation: of these only the
 * other side can be guilty, whatever the links between the two lost, doubled or put out of order.
 * What this side does against them is a lie (tcp_end_lies.h), and is in no other case done.
 *
 * A kind has a struct tcp_end first in its state, names a struct tcp_app, and leaves its callbacks
 * to the functions below. See sim/hosts/tcp_echo.c for the smallest.
 */
#ifndef SIM_HOSTS_TCP_END_H
#define SIM_HOSTS_TCP_END_H

#include "sim/hosts/peer_ip.h"
#include "sim/hosts/peer_lies.h"
#include "sim/hosts/tcp_end_lies.h"

struct tcp_connection;

enum tcp_end_state {
    END_CLOSED,
    END_SYN_SENT,
    END_SYN_RECEIVED,
    END_ESTABLISHED,
    END_FIN_WAIT_1,
    END_FIN_WAIT_2,
    END_CLOSE_WAIT,
    END_CLOSING,
    END_LAST_ACK,
    END_TIME_WAIT,
};

/* How a connection ended. */
enum tcp_end_how { END_DONE, END_RESET, END_REFUSED, END_TIMED_OUT };

struct tcp_app {
    /* Of what tcp_connection_app gives, zeroed. */
    size_t state_size;
    /* Something changed: the connection opened, octets or the other side's end came, there is room
     * for more. Does all that it can. */
    void (*progress)(struct tcp_connection *c);
    /* The connection is gone; it may not be used afterwards. NULL: of no concern. */
    void (*ended)(struct tcp_connection *c, enum tcp_end_how how);
};

enum {
    END_LISTENING = 8,  /* ports */
    END_BUCKETS = 256,  /* of the table of connections */
    END_VIOLATIONS = 64 /* octets of the sentence about the last */
};

struct tcp_end_config {
    int64_t mss; /* that is announced; 0: none is */
    int64_t wscale;
    int64_t window; /* of receiving, octets */
    int64_t buffer; /* of sending, octets */
    bool scale, sack, timestamps, nagle;
    int64_t rto_ns, ack_delay_ns, time_wait_ns;
    int64_t retries;
    int64_t connections; /* at most, those of TIME-WAIT among them */
    int64_t isn;         /* -1: drawn */
};

struct tcp_end_counts {
    uint64_t opened, done, resets, refused, timed_out, full;
    uint64_t segments_in, segments_out, resets_out;
    uint64_t octets_in, octets_out; /* in order, without what came twice; acknowledged */
    uint64_t retransmissions, probes, out_of_order, twice, bad;
};

struct tcp_end {
    struct peer_ip ip; /* first: a kind's state is its peer_ip */
    const struct tcp_app *app;
    struct tcp_end_config config;
    int64_t window_most;
    uint16_t listening[END_LISTENING];
    uint32_t listeners;
    struct peer_lie lie[TCP_END_LIES_COUNT];
    struct tcp_connection *bucket[END_BUCKETS];
    struct tcp_connection *first, *last;           /* in order of their beginning */
    struct tcp_connection *touched, *touched_last; /* with work to do */
    uint32_t connections, next_number;
    uint16_t next_port;
    int64_t due_ns; /* of the host; not later than any connection's */
    struct tcp_end_counts count;
    uint64_t violations;
    const char *last_violation;
    enum tcp_end_state last_state; /* of the connection that moved last */
    uint32_t last_address;         /* and its other side */
    uint16_t last_port;
};

/* --- for kinds --- */

/* The attributes of every kind with a struct tcp_end. */
#define TCP_END_ATTRS                                                                              \
    PEER_IP_ATTRS, {"port", VALUE_LIST, "the ports on which it listens, or to which it connects"}, \
        {"mss", VALUE_NUMBER, "the MSS that it announces; 0: none; its link's MTU less 40"},       \
        {"wscale", VALUE_NUMBER, "window scale that it offers, 0 to 14; without it none"},         \
        {"sack", VALUE_NONE, "offers selective acknowledgement (RFC 2018)"},                       \
        {"timestamps", VALUE_NONE, "offers timestamps (RFC 7323)"},                                \
        {"window", VALUE_NUMBER, "octets that it takes ahead of its program; 65535"},              \
        {"send-buffer", VALUE_NUMBER, "octets that its program can send ahead; 65536"},            \
        {"nagle", VALUE_NONE, "small segments wait for acknowledgements (RFC 9293 3.7.4)"},        \
        {"rto", VALUE_TIME, "retransmission timer, doubled each time up to 60 s; 1 s"},            \
        {"retries", VALUE_NUMBER, "retransmissions before it gives up; 8"},                        \
        {"ack-delay", VALUE_TIME, "acknowledges a lone segment so late; 0: at once"},              \
        {"time-wait", VALUE_TIME, "length of TIME-WAIT; 60 s"},                                    \
        {"connections", VALUE_NUMBER, "at most so many at a time; 64"},                            \
    {                                                                                              \
        "isn", VALUE_NUMBER, "initial sequence number of every connection; drawn"                  \
    }

/* `port`: where the kind listens unless its declaration says otherwise. -1 with a sentence. */
int tcp_end_init(struct tcp_end *end, struct host *h, const struct tcp_app *app, uint16_t port,
                 const struct attrs *a, struct why *why);
/* The callbacks of a kind whose state begins with a struct tcp_end. */
void tcp_end_frame(struct host *h, int port, struct frame *f, int64_t now_ns);
void tcp_end_due(struct host *h, int64_t now_ns);
/* What every such kind can be asked and told: 0, or -1 when it does not know the word. The calls
 * are the lies' names, connect(ADDRESS[, PORT]), window(N), and for every connection close(),
 * abort(), ack() and rst([OFFSET]). */
int tcp_end_query(struct host *h, const char *what, struct value *out);
int tcp_end_call(struct host *h, const char *name, const struct value *argument, uint32_t arguments,
                 struct why *why);

/* --- for programs --- */

/* Begins a connection; NULL when there are too many, or no port is free. */
struct tcp_connection *tcp_end_connect(struct tcp_end *end, uint32_t address, uint16_t port);
/* What the program over it minds counts with the rest; `what` lives as long as the world. */
void tcp_end_violation(struct tcp_end *end, const char *what);
/* Sends what is to be sent after a change from outside: for a kind's calls. */
void tcp_end_settle(struct tcp_end *end);

struct host *tcp_connection_host(const struct tcp_connection *c);
struct tcp_end *tcp_connection_end(const struct tcp_connection *c);
void *tcp_connection_app(const struct tcp_connection *c);
/* The kth connection in order of their beginning; NULL behind the last. */
struct tcp_connection *tcp_end_connection(const struct tcp_end *end, uint32_t k);
uint16_t tcp_connection_local_port(const struct tcp_connection *c);

/* Synchronised: the handshake is over. */
bool tcp_connection_is_open(const struct tcp_connection *c);
/* Octets that can be read now. */
uint32_t tcp_connection_unread(const struct tcp_connection *c);
/* The other side's end was reached: nothing more will come, and all has been read. */
bool tcp_connection_at_end(const struct tcp_connection *c);
/* Copies up to `room` octets, which stay. */
uint32_t tcp_connection_peek(const struct tcp_connection *c, uint8_t *out, uint32_t room);
/* Moves up to `room` octets out. */
uint32_t tcp_connection_read(struct tcp_connection *c, uint8_t *out, uint32_t room);
/* What can be written now; 0 when nothing may be sent any more. */
uint32_t tcp_connection_room(const struct tcp_connection *c);
/* Takes up to tcp_connection_room of them. */
uint32_t tcp_connection_write(struct tcp_connection *c, const void *bytes, uint32_t len);
/* The same, and the last of them is urgent data (RFC 9293 3.8.5). */
uint32_t tcp_connection_write_urgent(struct tcp_connection *c, const void *bytes, uint32_t len);
/* Nothing more will be written. */
void tcp_connection_close(struct tcp_connection *c);
/* RST, and gone. */
void tcp_connection_abort(struct tcp_connection *c);
/* `progress` is called again at that time, if not before; NEVER takes it back. */
void tcp_connection_wake(struct tcp_connection *c, int64_t due_ns);

#endif

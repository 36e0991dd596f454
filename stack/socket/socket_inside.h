/* What the files of the socket layer share. */
#ifndef STACK_SOCKET_SOCKET_INSIDE_H
#define STACK_SOCKET_SOCKET_INSIDE_H

#include "stack/core/module.h"
#include "stack/socket/socket.h"
#include "stack/transport/raw.h"
#include "stack/transport/udp.h"

struct socket;

/* What a kind of socket does; the table in socket.c says which kinds there are. NULL:
 * -ERR_OPNOTSUPP. */
struct socket_ops {
    int (*open)(struct stack *s, struct socket *k);
    int (*bind)(struct stack *s, struct socket *k, const struct socket_address *local);
    int (*connect)(struct stack *s, struct socket *k, const struct socket_address *peer,
                   int64_t now_ns); /* NULL: dissolve */
    int (*send)(struct stack *s, struct socket *k, const void *bytes, size_t len, int flags,
                const struct socket_address *to, int64_t now_ns);
    int (*receive)(struct stack *s, struct socket *k, void *out, size_t room, int flags,
                   struct socket_address *from, int64_t now_ns);
    void (*close)(struct stack *s, struct socket *k, int64_t now_ns);
    void (*name)(struct stack *s, const struct socket *k, struct socket_address *out);
    int (*peer)(struct stack *s, const struct socket *k, struct socket_address *out);
    /* -ERR_NOPROTOOPT: not one of this kind's */
    int (*set)(struct stack *s, struct socket *k, enum socket_option option, int64_t value,
               int64_t now_ns);
    int (*get)(struct stack *s, struct socket *k, enum socket_option option, int64_t *value);
    int (*set_ip_options)(struct stack *s, struct socket *k, const uint8_t *options, size_t len);
    int (*shutdown)(struct stack *s, struct socket *k, int how, int64_t now_ns);
    unsigned (*events)(const struct stack *s, const struct socket *k);
};

/* A received datagram; its netbuf's cursor is at what the caller gets. */
struct socket_datagram {
    struct netbuf *nb;
    struct socket_address from;
};

/* A ring, bounded by slots (stack_limits.socket_datagrams) and by payload bytes (SO_OPT_RCVBUF). */
struct socket_queue {
    struct socket_datagram *slot;
    uint32_t slots, head, count;
    uint32_t bytes, limit_bytes;
};

struct socket_membership {
    struct netif *nif; /* NULL: free */
    uint32_t group;
};

struct socket {
    const struct socket_ops *ops; /* NULL: free */
    int fd;
    enum addr_family family;
    enum socket_type type;
    uint8_t protocol;
    bool connected, address_chosen, port_chosen; /* chosen: bind named it, so dissolving keeps it */
    bool shut_read, shut_write, report_errors;
    uint8_t mtu_discover;
    int pending_error; /* a stack_error, told once */
    struct socket_queue queue;
    struct socket_membership membership[SOCKET_MEMBERSHIPS];
    union {
        struct ip_pcb ip; /* what both have first */
        struct udp_pcb udp;
        struct raw_pcb raw;
    } pcb;
};

struct socket_state {
    struct socket *socket; /* limits.sockets of them */
    uint32_t sockets;
};

enum socket_knob { SOCKET_KNOB_RCVBUF, SOCKET_KNOB_DONT_FRAGMENT };

enum socket_counter {
    SOCKET_DROP_QUEUE_FULL,
    SOCKET_DROP_BUFFER_FULL,
    SOCKET_DROP_POOL_LOW,
    SOCKET_DROP_SHUT,
    SOCKET_DROP_CLOSED,
    SOCKET_COUNTERS
};

extern const struct socket_ops socket_udp_ops, socket_raw_ops;

static inline struct socket_state *socket_state(struct stack *s)
{
    return s->state[MODULE_SOCKET];
}

/* Tells the port what came to the readiness that `before` does not have. */
void socket_grew(struct stack *s, struct socket *k, unsigned before);
/* An error for the next call; the port hears of it. */
void socket_fail(struct stack *s, struct socket *k, int error);
/* The pending error, negated, which is then gone; 0 without. */
int socket_take_error(struct socket *k);
/* Readiness of sockets with a queue and no connection. */
unsigned socket_queue_events(const struct stack *s, const struct socket *k);

/* Takes nb: queues or drops it by name, and tells the port. */
void socket_queue_put(struct stack *s, struct socket *k, struct netbuf *nb,
                      const struct socket_address *from);
/* The receive of sockets with a queue. */
int socket_queue_receive(struct stack *s, struct socket *k, void *out, size_t room, int flags,
                         struct socket_address *from, int64_t now_ns);
/* What the header of the oldest datagram said; the queue is not empty. */
int socket_queue_describe(const struct socket *k, struct socket_packet *out);
void socket_queue_drop_all(struct stack *s, struct socket *k);

/* 0.0.0.0 as a destination is this host. */
struct ip_addr socket_destination(const struct ip_addr *a);
int socket_shutdown_queue(struct stack *s, struct socket *k, int how, int64_t now_ns);

/* POSIX: the address reset. What bind named stays, what connect chose goes. */
void socket_dissolve(struct socket *k);
/* By IP_OPT_MTU_DISCOVER and the path, DF for a datagram of `len` bytes behind the IP header;
 * -ERR_MSGSIZE: it does not fit and must not be cut. */
int socket_choose_fragmenting(struct stack *s, struct socket *k, uint32_t len,
                              const struct ip_addr *to);

/* Options of every kind of socket; -ERR_NOPROTOOPT: not one of these. */
int socket_set_common(struct stack *s, struct socket *k, enum socket_option option, int64_t value,
                      int64_t now_ns);
int socket_get_common(struct stack *s, struct socket *k, enum socket_option option, int64_t *value);
int socket_set_flag(uint8_t *flags, uint8_t flag, int64_t value);

void socket_leave_all(struct stack *s, struct socket *k, int64_t now_ns);
#endif

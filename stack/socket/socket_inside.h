/* What the files of the socket layer share. */
#ifndef STACK_SOCKET_SOCKET_INSIDE_H
#define STACK_SOCKET_SOCKET_INSIDE_H

#include "stack/core/module.h"
#include "stack/core/pool.h"
#include "stack/socket/socket.h"
#include "stack/transport/raw.h"
#include "stack/transport/udp.h"

struct socket;

/*
 * What a kind of socket does; the table in socket.c says which kinds there are. NULL:
 * -ERR_OPNOTSUPP, but for set_ip_options. `events` is the readiness as of now, SOCKET_READABLE of a
 * listening socket that a connection waits; who changes it calls socket_grew with what it was.
 */
struct socket_ops {
    enum module_id module; /* the transport's */
    uint8_t type;          /* enum socket_type */
    bool (*serves)(int protocol);
    /* Gives k its block. */
    int (*open)(struct stack *s, struct socket *k);
    int (*bind)(struct stack *s, struct socket *k, const struct socket_address *local);
    int (*connect)(struct stack *s, struct socket *k, const struct socket_address *peer,
                   int64_t now_ns); /* NULL: dissolve */
    int (*listen)(struct stack *s, struct socket *k, int backlog, int64_t now_ns);
    /* Gives `child`, which has no block yet, the one of a connection that has come. -ERR_AGAIN:
     * there is none. */
    int (*accept)(struct stack *s, struct socket *k, struct socket *child,
                  struct socket_address *from, int64_t now_ns);
    int (*send)(struct stack *s, struct socket *k, const void *bytes, size_t len, int flags,
                const struct socket_address *to, int64_t now_ns);
    int (*receive)(struct stack *s, struct socket *k, void *out, size_t room, int flags,
                   struct socket_address *from, int64_t now_ns);
    /* Takes the block from k: it goes back to its pool, or lives on without a socket. */
    void (*close)(struct stack *s, struct socket *k, int64_t now_ns);
    void (*name)(struct stack *s, const struct socket *k, struct socket_address *out);
    int (*peer)(struct stack *s, const struct socket *k, struct socket_address *out);
    /* -ERR_NOPROTOOPT: not one of this kind's */
    int (*set)(struct stack *s, struct socket *k, enum socket_option option, int64_t value,
               int64_t now_ns);
    int (*get)(struct stack *s, struct socket *k, enum socket_option option, int64_t *value);
    int (*set_ip_options)(struct stack *s, struct socket *k, const uint8_t *options, size_t len);
    int (*shutdown)(struct stack *s, struct socket *k, int how, int64_t now_ns);
    bool (*has_left)(const struct stack *s,
                     const struct socket *k); /* before its error; NULL: no */
    unsigned (*events)(const struct stack *s, const struct socket *k);
    /* Something goes before an error that waits: octets to read, or another error. NULL: nothing.
     */
    bool (*error_waits)(const struct stack *s, const struct socket *k, bool sends);
    int (*set_fastopen_key)(struct stack *s, struct socket *k, const uint8_t key[16]);
    int (*tcp_info)(struct stack *s, const struct socket *k, struct socket_tcp_info *out,
                    int64_t now_ns); /* NULL: no stream */
};

/* A received datagram; its netbuf's cursor is at what the caller gets. What its header said is
 * written down when it comes, in no family's words but for the options. */
struct socket_datagram {
    struct socket_datagram *next;
    struct netbuf *nb;
    struct socket_address from;
    struct ip_addr destination;
    uint8_t ttl, tos;
    uint8_t options_len; /* of IPv4, at base + net_at + IPV4_MIN_HDR_LEN */
};

/* Bounded by stack_limits.socket_datagrams and by payload bytes (SO_OPT_RCVBUF). */
struct socket_queue {
    struct socket_datagram *head, *tail;
    uint32_t count, bytes, limit_bytes;
};

struct socket_membership {
    struct socket_membership *next;
    struct netif *nif;
    struct ip_addr group;
};

/* 64 bytes where addresses have 64 bits. */
struct socket {
    const struct socket_ops *ops; /* NULL: free */
    /* Of its transport's pool: never NULL while the socket is open. What all have first; the files
     * of a kind know the whole. */
    struct ip_pcb *pcb;
    struct socket_membership *memberships;
    struct socket_queue queue;
    uint16_t index; /* in the table: its descriptor less SOCKET_FIRST */
    uint8_t family, type, protocol;
    uint8_t pending_error; /* a stack_error, told once */
    uint8_t mtu_discover;
    bool connected : 1;
    bool address_chosen : 1, port_chosen : 1; /* bind named it, so dissolving keeps it */
    bool shut_read : 1, shut_write : 1, report_errors : 1;
};

struct socket_state {
    struct socket *socket; /* limits.sockets of them */
    /* The block of each, as its `pcb` says: beside it, so that the cache fetches both at once. */
    struct ip_pcb **block;
    uint32_t sockets;
    /* A heap of the free ones' indices: the lowest first, so that descriptors are POSIX's. */
    uint16_t *free;
    uint32_t frees;
    uint32_t holding;        /* sockets whose queue is not empty */
    struct pool datagrams;   /* as many as there are netbufs, which no queues can exceed */
    struct pool memberships; /* limits.memberships */
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

extern const struct socket_ops socket_tcp_ops, socket_udp_ops, socket_raw_ops;
/* The kinds that there are, NULL-terminated: kinds.c, or in its place the table of who leaves some
 * out. */
extern const struct socket_ops *const socket_kinds[];

static inline struct socket_state *socket_state(struct stack *s)
{
    return s->state[MODULE_SOCKET];
}

/* socket_table.c: a cleared socket with the lowest free descriptor, or NULL. */
struct socket *socket_take(struct stack *s);
void socket_give_back(struct stack *s, struct socket *k);
size_t socket_state_size(const struct stack_limits *l);
void socket_table_init(struct stack *s, struct socket_state *t);
/* STACK_CHECK: asserts what a socket, its block and its queue must agree on; and the table. */
void socket_check(const struct stack *s, const struct socket *k);
void socket_table_check(const struct stack *s);

static inline int socket_fd(const struct socket *k)
{
    return SOCKET_FIRST + k->index;
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
                      const struct ip_received *r, uint16_t from_port);
/* The receive of sockets with a queue. */
int socket_queue_receive(struct stack *s, struct socket *k, void *out, size_t room, int flags,
                         struct socket_address *from, int64_t now_ns);
/* What the header of the oldest datagram said; the queue is not empty. */
void socket_queue_describe(const struct socket *k, struct socket_packet *out);
void socket_queue_drop_all(struct stack *s, struct socket *k);

/* 0.0.0.0 as a destination is this host. */
struct ip_addr socket_destination(const struct ip_addr *a);
int socket_shutdown_queue(struct stack *s, struct socket *k, int how, int64_t now_ns);

/* POSIX: the address reset. */
void socket_dissolve(struct socket *k);
/* Before a datagram is sent: by IP_OPT_MTU_DISCOVER and the knob, what the block says of
 * fragments. */
void socket_choose_fragmenting(struct stack *s, struct socket *k);

/* Options of every kind of socket; -ERR_NOPROTOOPT: not one of these. */
int socket_set_common(struct stack *s, struct socket *k, enum socket_option option, int64_t value,
                      int64_t now_ns);
int socket_get_common(struct stack *s, struct socket *k, enum socket_option option, int64_t *value);
int socket_set_flag(uint8_t *flags, uint8_t flag, int64_t value);

/* -ERR_AFNOSUPPORT: a group of another family than k's; else as socket_join and socket_leave. */
int socket_change_membership(struct stack *s, struct socket *k, const struct ip_addr *group,
                             bool joins, int64_t now_ns);
void socket_leave_all(struct stack *s, struct socket *k, int64_t now_ns);
/* The interface is gone: k's memberships on it end, and what was bound to it is bound to s->gone.
 */
void socket_netif_gone(struct stack *s, struct socket *k, const struct netif *nif, int64_t now_ns);

#endif

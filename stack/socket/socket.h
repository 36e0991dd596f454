/*
 * BSD-shaped sockets, non-blocking by nature: what cannot be done at once is -ERR_AGAIN, and the
 * port's `ready` tells when to try again. Blocking is the embedder's to build on that. Descriptors
 * are small integers from 3 on (the lowest free one).
 *
 * Where POSIX is silent, Linux is followed:
 * - a connected datagram socket may send to another address, and connects again without dissolving
 * the association first;
 * - ICMP errors reach a connected socket when they are hard (port unreachable: ERR_CONNREFUSED),
 * any socket when it sets IP_OPT_RECVERR;
 * - the address 0.0.0.0 as a datagram's destination is this host (127.0.0.1);
 * - a datagram to a socket that connect gave its address, but whose bind did not name it, moves
 * with the next connect;
 * - shutdown of a socket without a peer is -ERR_NOTCONN; after it, receive gives 0 when the queue
 * is empty, send -ERR_PIPE;
 * - of sockets that share a port by SO_OPT_REUSEADDR, the one bound last gets unicast datagrams.
 * Unlike Linux, SO_OPT_RCVBUF counts payload bytes and is not doubled.
 *
 * Streams:
 * - connect begins and answers -ERR_INPROGRESS; SOCKET_WRITABLE or SOCKET_ERROR says how it ended.
 * A second connect is -ERR_ALREADY meanwhile, -ERR_ISCONN afterwards.
 * - send takes what has room, -ERR_AGAIN when that is nothing; 0 octets are 0. receive gives what
 * is there, 0 at the end of the stream and from a connection that was reset or timed out, after
 * that error has been told once. MSG_FLAG_TRUNC of receive discards instead of copying.
 * - close with unread data, or with SO_OPT_LINGER 0, resets (RFC 2525 2.17, RFC 9293 3.10.5);
 * otherwise what was sent is still delivered, and the FIN.
 *
 * A socket points to its transport's control block, which may outlive it: a connection in TIME-WAIT
 * has no descriptor any more, one that nobody has accepted has none yet.
 *
 * Memberships (IP_OPT_ADD_MEMBERSHIP) join the group on the socket's interface, or on the one that
 * the route to the group names. IGMP is not part of this: routers and snooping switches are not
 * told. As on Linux by default, a group that anybody joined is heard by every socket bound to the
 * port.
 */
#ifndef STACK_SOCKET_SOCKET_H
#define STACK_SOCKET_SOCKET_H

#include <stddef.h>
#include <stdint.h>
#include "stack/stack.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { SOCKET_FIRST = 3 };
enum socket_shutdown { SOCKET_SHUT_READ, SOCKET_SHUT_WRITE, SOCKET_SHUT_BOTH };

enum socket_type { SOCKET_STREAM = 1, SOCKET_DGRAM = 2, SOCKET_RAW = 3 };
enum socket_event {
    SOCKET_READABLE = 1,
    SOCKET_URGENT = 2, /* unread urgent data */
    SOCKET_WRITABLE = 4,
    SOCKET_ERROR = 8,
    SOCKET_HANGUP = 16,
    SOCKET_PEER_CLOSED = 32 /* a stream's peer sends no more */
};
enum socket_option {
    SO_OPT_BROADCAST,
    SO_OPT_REUSEADDR,
    SO_OPT_BINDTODEVICE /* get: the interface's index or -1; set: -1 unbinds */,
    SO_OPT_ERROR /* get clears it */,
    SO_OPT_RCVBUF,
    SO_OPT_TYPE,
    IP_OPT_TTL,
    IP_OPT_TOS,
    IP_OPT_MTU_DISCOVER /* 0: never DF, 1: as the knob, 2: always DF */,
    IP_OPT_HDRINCL,
    IP_OPT_RECVERR,
    IP_OPT_MULTICAST_TTL,
    IP_OPT_MULTICAST_LOOP,
    IP_OPT_ADD_MEMBERSHIP /* socket_join of an IPv4 group, as host-order value */,
    IP_OPT_DROP_MEMBERSHIP,
    IP_OPT_MTU /* of the path to the peer */,
    UDP_OPT_NO_CHECKSUM,
    /* Of streams. */
    SO_OPT_SNDBUF /* octets that send takes before it says ERR_AGAIN */,
    SO_OPT_KEEPALIVE,
    SO_OPT_LINGER /* seconds, -1: off; 0: close resets (RFC 9293 3.10.5) */,
    SO_OPT_OOBINLINE /* get only, 1: urgent data stays in the stream (RFC 6093 4) */,
    SO_OPT_ACCEPTCONN /* get only: it listens */,
    TCP_OPT_NODELAY /* 1: without Nagle's algorithm */,
    TCP_OPT_MAXSEG /* set before connect: at most; get: octets of the next full segment */,
    TCP_OPT_CORK /* 1: only full segments, until it is 0 again */,
    TCP_OPT_KEEPIDLE /* seconds */,
    TCP_OPT_KEEPINTVL /* seconds */,
    TCP_OPT_KEEPCNT,
    TCP_OPT_SYNCNT /* so often a SYN, or a SYN-ACK, is sent again */,
    TCP_OPT_LINGER2 /* seconds in FIN-WAIT-2 after close; 0: the knob's, negative: none */,
    TCP_OPT_USER_TIMEOUT /* milliseconds, 0: the knobs tcp.r2 and tcp.r2_syn */,
    TCP_OPT_QUICKACK /* 1: what waits is acknowledged at once */,
    TCP_OPT_NOTSENT_LOWAT /* writable while less than so many octets are unsent; 0: no bound */,
    TCP_OPT_CONGESTION /* number of the algorithm: enum socket_congestion */,
    TCP_OPT_INQ /* get only: octets that receive would give, SIOCINQ */,
    TCP_OPT_OUTQ /* get only: octets not acknowledged, SIOCOUTQ */,
    TCP_OPT_OUTQNSD /* get only: octets not sent, SIOCOUTQNSD */,
    TCP_OPT_AT_MARK /* get only: the next octet is the one that urgent data ends with */,
    TCP_OPT_NO_OPTIONS /* 1: a SYN has none, and the peer's are passed over */,
    TCP_OPT_FASTOPEN /* of a listener: so many may be early (RFC 7413 5.1); 0: none */,
    TCP_OPT_FASTOPEN_CONNECT /* 1: a connect waits for the first octets, if they can go with it */,
    TCP_OPT_FASTOPEN_NO_COOKIE /* 1: octets go on the SYN without one */
};
enum socket_congestion { SOCKET_CC_RENO, SOCKET_CC_CUBIC };
/* OOB: of send, the last octet is urgent (RFC 9293 3.8.5). MORE: another send follows, so that a
 * segment that is not full waits for it. WAITALL is the embedder's to build, as blocking is. */
enum message_flag {
    MSG_FLAG_OOB = 1,
    MSG_FLAG_PEEK = 2,
    MSG_FLAG_TRUNC = 0x20,
    MSG_FLAG_DONTWAIT = 0x40,
    MSG_FLAG_EOR = 0x80, /* of a stream: a segment ends behind these octets, and ends there again */
    MSG_FLAG_WAITALL = 0x100,
    MSG_FLAG_MORE = 0x8000,
    /* Of a stream that is not connected: connects to `to`, with octets on the SYN when a cookie of
     * the peer's is known (RFC 7413 4.2.1): their number. -ERR_INPROGRESS: none went along.
     * -ERR_OPNOTSUPP: the knob tcp.fastopen_client forbids it. */
    MSG_FLAG_FASTOPEN = 0x20000000
};

struct socket_address {
    struct ip_addr addr;
    uint16_t port;
};

/* All return 0 or more, or a negated stack_error. */
int socket_open(struct stack *s, enum addr_family family, enum socket_type type, int protocol);
int socket_bind(struct stack *s, int fd, const struct socket_address *local);
/* UDP and raw: sets the peer; a peer of family ADDR_NONE dissolves the association. */
int socket_connect(struct stack *s, int fd, const struct socket_address *peer, int64_t now_ns);
/* Streams: connections come to this socket's port, of which at most `backlog` wait for
 * socket_accept. -ERR_OPNOTSUPP: not of this kind. */
int socket_listen(struct stack *s, int fd, int backlog, int64_t now_ns);
/* The socket of a connection that has come; `from`, its peer, may be NULL. -ERR_AGAIN: none waits.
 */
int socket_accept(struct stack *s, int fd, struct socket_address *from, int64_t now_ns);
/* `to` NULL on a connected socket. Returns len. */
int socket_send(struct stack *s, int fd, const void *bytes, size_t len, int flags,
                const struct socket_address *to, int64_t now_ns);
/* Returns the bytes copied (with MSG_FLAG_TRUNC the datagram's true length); `from` may be NULL. A
 * pending error is returned once, first. */
int socket_receive(struct stack *s, int fd, void *out, size_t room, int flags,
                   struct socket_address *from, int64_t now_ns);
int socket_close(struct stack *s, int fd, int64_t now_ns);
int socket_name(struct stack *s, int fd, struct socket_address *out);
int socket_peer(struct stack *s, int fd, struct socket_address *out);
int socket_set(struct stack *s, int fd, enum socket_option option, int64_t value, int64_t now_ns);
int socket_get(struct stack *s, int fd, enum socket_option option, int64_t *value);
/* A group of the socket's family, on the interface of its zone, that the socket is bound to, or
 * that a datagram to the group would leave by. -ERR_INVAL: no group; -ERR_NODEV: no such interface,
 * or none for groups; -ERR_ADDRINUSE: joined already; -ERR_NOBUFS; leave: -ERR_ADDRNOTAVAIL. A
 * socket leaves its groups when it is closed. */
/* RFC 7413 4.1.2: the key of a listener's cookies, 16 octets, in place of the stack's.
 * -ERR_OPNOTSUPP: no stream; -ERR_NOBUFS. */
int socket_set_fastopen_key(struct stack *s, int fd, const uint8_t key[16]);
int socket_join(struct stack *s, int fd, const struct ip_addr *group, int64_t now_ns);
int socket_leave(struct stack *s, int fd, const struct ip_addr *group, int64_t now_ns);
int socket_bind_device(struct stack *s, int fd, const char *ifname);
int socket_shutdown(struct stack *s, int fd, int how, int64_t now_ns);
unsigned socket_events(struct stack *s, int fd);

/* What the IP header of a received datagram said (RFC 1122 4.1.3.2, 4.1.3.5, 4.1.4). */
struct socket_packet {
    struct ip_addr destination; /* the address that it was sent to */
    uint32_t netif;             /* index of the interface that it came by */
    uint8_t ttl, tos;
    uint8_t options_len;
    uint8_t options[40];
};

/* About the datagram that the next socket_receive will give. -ERR_AGAIN: there is none. */
int socket_peek_packet(struct stack *s, int fd, struct socket_packet *out);
/* IP options of every packet that this socket sends (RFC 1122 4.1.3.2, 4.2.3.8); len 0: none. A
 * source route has all its hops, the first one too, and not the destination. -ERR_INVAL: malformed,
 * more than 40 octets, or a route on whose way somebody is already. */
int socket_set_ip_options(struct stack *s, int fd, const void *options, size_t len);

/* The states of RFC 9293 3.3.2, in its order. */
enum socket_tcp_state {
    SOCKET_TCP_CLOSED,
    SOCKET_TCP_LISTEN,
    SOCKET_TCP_SYN_SENT,
    SOCKET_TCP_SYN_RECEIVED,
    SOCKET_TCP_ESTABLISHED,
    SOCKET_TCP_FIN_WAIT_1,
    SOCKET_TCP_FIN_WAIT_2,
    SOCKET_TCP_CLOSE_WAIT,
    SOCKET_TCP_CLOSING,
    SOCKET_TCP_LAST_ACK,
    SOCKET_TCP_TIME_WAIT
};

enum socket_tcp_recovery {
    SOCKET_TCP_OPEN,
    SOCKET_TCP_DISORDER, /* duplicate acknowledgements or SACKed data, nothing deemed lost yet */
    SOCKET_TCP_CWR,      /* the window was reduced for a mark (ECN) */
    SOCKET_TCP_RECOVERY, /* fast */
    SOCKET_TCP_LOSS      /* after a timeout */
};

/* STATUS of RFC 9293 3.10.6, and what Linux and FreeBSD tell as tcp_info. */
struct socket_tcp_info {
    uint8_t state;    /* enum socket_tcp_state */
    uint8_t recovery; /* enum socket_tcp_recovery */
    uint8_t retransmits, probes, backoff;
    bool timestamps, sack, window_scaling, ecn, fastopen;
    uint8_t snd_wscale, rcv_wscale;
    uint16_t snd_mss; /* octets of data in a full segment, options taken off */
    uint16_t rcv_mss; /* the most that a segment of the peer has brought */
    uint16_t advertised_mss, path_mtu;
    uint32_t snd_wnd, rcv_wnd;                     /* octets */
    uint32_t cwnd, ssthresh;                       /* octets; ssthresh UINT32_MAX: none yet */
    uint32_t unacked_octets;                       /* SND.NXT - SND.UNA */
    uint32_t unsent_octets, unread_octets;         /* queued by the user; for the user */
    uint32_t unacked, sacked, lost, retransmitted; /* segments in flight */
    /* So far; the numbers wrap. */
    uint32_t total_retransmitted; /* segments */
    uint32_t timeouts, dsacks;
    uint32_t delivered, delivered_ce; /* segments that are acknowledged, and those with an echo */
    uint32_t segments_out, segments_in, texts_out, texts_in; /* texts: segments with data */
    uint32_t ahead; /* segments that came ahead of their turn */
    uint32_t octets_acked, octets_received, octets_out, octets_again;
    uint32_t since_sent_ms, since_received_ms, since_acked_ms; /* that data left and came last */
    int64_t busy_ns, window_limited_ns; /* data was on its way, or waited; for the window */
    int64_t buffer_limited_ns;          /* all was sent, and the user waits for room to write */
    uint32_t reordering, reorderings;   /* segments; how often some came too late */
    uint32_t iss, irs, snd_una, snd_nxt, rcv_nxt;
    int64_t rto_ns, srtt_ns, rttvar_ns, min_rtt_ns; /* srtt 0: not measured yet */
    int64_t delayed_ack_ns;
};

/* -ERR_OPNOTSUPP: no stream. */
int socket_tcp_info(struct stack *s, int fd, struct socket_tcp_info *out, int64_t now_ns);
/* For who administers a host: connections in TIME-WAIT end now. Returns how many there were. */
uint32_t socket_end_time_wait(struct stack *s, int64_t now_ns);

extern const struct module socket_module;

#ifdef __cplusplus
}
#endif

#endif

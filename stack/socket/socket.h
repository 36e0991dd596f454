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
 * - the address 0.0.0.0 as a destination is this host (127.0.0.1);
 * - a datagram to a socket that connect gave its address, but whose bind did not name it, moves
 * with the next connect;
 * - shutdown of a socket without a peer is -ERR_NOTCONN; after it, receive gives 0 when the queue
 * is empty, send -ERR_PIPE;
 * - of sockets that share a port by SO_OPT_REUSEADDR, the one bound last gets unicast datagrams.
 * Unlike Linux, SO_OPT_RCVBUF counts payload bytes and is not doubled.
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
    SOCKET_WRITABLE = 4,
    SOCKET_ERROR = 8,
    SOCKET_HANGUP = 16
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
    IP_OPT_ADD_MEMBERSHIP /* group as host-order value */,
    IP_OPT_DROP_MEMBERSHIP,
    IP_OPT_MTU /* of the path to the peer */,
    UDP_OPT_NO_CHECKSUM
};
enum message_flag { MSG_FLAG_PEEK = 2, MSG_FLAG_TRUNC = 0x20, MSG_FLAG_DONTWAIT = 0x40 };

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
/* IP options of every datagram that this UDP socket sends; len 0: none. -ERR_INVAL: malformed, more
 * than 40 octets, or a source route: its checksum covers the last hop, and it is not offered here.
 */
int socket_set_ip_options(struct stack *s, int fd, const void *options, size_t len);

extern const struct module socket_module;

#ifdef __cplusplus
}
#endif

#endif

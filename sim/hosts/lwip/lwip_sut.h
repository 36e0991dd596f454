/* lwIP behind the plug; see lwip_sut.c. */
#ifndef SIM_HOSTS_LWIP_LWIP_SUT_H
#define SIM_HOSTS_LWIP_LWIP_SUT_H

#include "sim/hosts/sut.h"

#include <lwip/netif.h>
#include <lwip/raw.h>
#include <lwip/udp.h>

enum {
    LWIP_PORTS = 4,
    LWIP_SOCKETS = 128,
    LWIP_QUEUE = 32,
    LWIP_WAITS = 4,
    LWIP_PINGS = 4,
    LWIP_NEIGHBOURS = 64,
    LWIP_BYTES = 65536, /* more than a datagram has */
    LWIP_OUTS = 6,
    LWIP_BACKLOG = 16,
};

struct lwip_datagram {
    struct pbuf *bytes; /* NULL: free */
    uint32_t from;      /* host order */
    uint16_t port;
};

/* A receive that waits, when token is not 0. */
struct lwip_wait {
    uint64_t token;
    uint32_t room;
};

/* A call on a stream that waits, when token is not 0. */
struct lwip_stream_wait {
    uint64_t token;
    const uint8_t *bytes; /* of a send, the call's */
    uint32_t room, done;  /* octets to read or write, and those written */
    bool peek, nonblocking;
};

/* What a socket is when it is a stream (lwip_tcp.c). */
struct lwip_stream {
    bool there;
    struct lwip_sut *owner;
    int fd;
    struct tcp_pcb *pcb; /* NULL: lwIP has none any more */
    bool listening, connecting, connected;
    bool ended;      /* the peer's FIN came */
    bool shut, deaf; /* by shutdown: no more is sent, read */
    bool abort;      /* close resets */
    int error;       /* what ended it, told once; 0: nothing */
    struct pbuf *came;
    int queue[LWIP_BACKLOG]; /* descriptors that wait for accept */
    uint32_t queued, backlog;
    bool next_nonblocking;                    /* what accept4 makes */
    struct lwip_stream_wait reading, writing; /* accept reads, connect writes */
};

struct lwip_socket {
    struct lwip_sut *owner; /* NULL: free */
    struct lwip_stream stream;
    struct udp_pcb *udp; /* one of the two */
    struct raw_pcb *raw;
    bool nonblocking, connected;
    struct lwip_datagram queue[LWIP_QUEUE]; /* a ring */
    uint32_t first, queued;
    struct lwip_wait wait[LWIP_WAITS]; /* the first waits longest */
};

struct lwip_ping {
    struct lwip_sut *owner; /* NULL: free */
    struct raw_pcb *raw;
    uint64_t token;
    uint32_t to, count, size, sent, received;
    uint16_t id;
    int64_t due_ns; /* the next request, or the end */
};

struct lwip_sut {
    const struct sut_env *env;
    struct netif netif[LWIP_PORTS];
    char name[LWIP_PORTS][16];
    int ports;
    struct {
        u32_t ip; /* network order, as lwIP keeps it */
        uint8_t mac[6];
    } neighbour[LWIP_NEIGHBOURS];
    int neighbours;
    int64_t active_ns; /* when something last came, went or was called */
    bool mute;         /* what is said while it is brought up is not on the wire yet */
    struct lwip_socket socket[LWIP_SOCKETS];
    struct lwip_ping ping[LWIP_PINGS];
    struct udp_pcb *echo;
    struct value out[LWIP_OUTS], item;
    uint8_t bytes[LWIP_BYTES], frame[LWIP_BYTES];
};

typedef int64_t lwip_call(struct lwip_sut *u, uint64_t token, const struct value *argv, int argc,
                          struct value *out);
struct lwip_call_entry {
    const char *name;
    lwip_call *call;
    int least; /* arguments */
};
/* They end with a NULL name. What is SUT_UNKNOWN in one may be known in the next. */
extern const struct lwip_call_entry lwip_tcp_calls[], lwip_tcp_option_calls[], lwip_socket_calls[],
    lwip_service_calls[];

/* lwIP's err_t as a negated errno. */
int64_t lwip_error(err_t e);
bool lwip_address(const struct value *v, ip_addr_t *out);
void lwip_done(struct lwip_sut *u, uint64_t token, int64_t result, const struct value *out);
void lwip_sockets_close(struct lwip_sut *u);
/* NULL: the descriptor is no stream. */
struct lwip_stream *lwip_stream_of(struct lwip_sut *u, const struct value *v);
/* What ended it, negated, once; 0: nothing. */
int64_t lwip_stream_error(struct lwip_stream *s);
void lwip_stream_close(struct lwip_sut *u, struct lwip_stream *s);
/* Pings: what is due now; returns the next deadline. */
int64_t lwip_pings_poll(struct lwip_sut *u, int64_t now_ns);

#endif

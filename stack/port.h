/*
 * All that a kernel gives the stack. Memory is one region handed to stack_init; time is an argument
 * of every entry point that can send or arm a timer.
 */
#ifndef STACK_PORT_H
#define STACK_PORT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Each purpose draws from a stream of its own where the embedder can do so: a draw added in one
 * place moves nothing elsewhere. All but RANDOM_JITTER must be unguessable. */
enum random_purpose {
    RANDOM_PORT,     /* ephemeral ports, RFC 6056 */
    RANDOM_IP_ID,    /* key of the IP identification counters */
    RANDOM_XID,      /* DHCP transaction ids */
    RANDOM_DNS_ID,   /* DNS message ids, RFC 5452 */
    RANDOM_NTP,      /* the nonce in an SNTP request's transmit timestamp */
    RANDOM_PING_ID,  /* echo identifiers */
    RANDOM_JITTER,   /* back-off jitter of ARP, DHCP and others */
    RANDOM_ISN_KEY,  /* RFC 6528 */
    RANDOM_HASH_KEY, /* of tables that peers fill */
    RANDOM_ERRORS,   /* how many ICMP errors go out, stack/net/error_rate.h */
    RANDOM_PURPOSES
};

/* What became of a received frame, told once for each; see port.fate. */
enum frame_fate { FATE_CONSUMED, FATE_DROPPED };

/* What S fingerprints and traces are made of; see port.trace. */
enum trace_kind { TRACE_STATE, TRACE_TIMER_SET, TRACE_TIMER_FIRED, TRACE_INTERRUPT };

struct port {
    void *self;
    void (*random)(void *self, enum random_purpose purpose, void *out, size_t len);
    /* Ask for stack_poll soon. Safe in an interrupt handler. */
    void (*wake)(void *self);
    /*
     * The earliest deadline became earlier than stack_poll returned last, or than this said since:
     * stack_poll must be called at due_ns at the latest. Called inside the call that armed a timer,
     * never inside stack_poll, whose return value says it, and not before the first stack_poll. May
     * be NULL where stack_poll follows each call into the stack.
     */
    void (*due)(void *self, int64_t due_ns);
    /* A socket's readiness grew by `events` (SOCKET_READABLE ...). May be NULL. */
    void (*ready)(void *self, int fd, unsigned events);
    /* The received frame numbered `frame` (netbuf.rx_number) ended: consumed, or dropped for
     * `reason`
     * ("arp.drop.short"; it lives only for the call). May be NULL. */
    void (*fate)(void *self, uint32_t frame, enum frame_fate fate, const char *reason);
    /* A state machine moved or a timer was set or fired; `what` names it. May be NULL. */
    void (*trace)(void *self, enum trace_kind kind, const char *what, int64_t value);
};

#ifdef __cplusplus
}
#endif

#endif

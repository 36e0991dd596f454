/* Our own stack as a stack under test; stack_sut*.c are the only files of sim/ that know its
 * services and sockets. */
#ifndef SIM_HOSTS_STACK_SUT_H
#define SIM_HOSTS_STACK_SUT_H

#include "sim/hosts/sut.h"
#include "stack/socket/socket.h"
#include "stack/stack.h"

enum {
    STACK_SCRATCH = 66000, /* holds whatever a call gives or takes */
    STACK_OUTS = 8,
    STACK_DRIVER_COUNTERS = 128
};

struct stack_waiter;
struct stack_notices;
struct stack_page;
/* Tries what a call waits for again: -ERR_AGAIN when it still waits, else its result. */
typedef int64_t stack_attempt(struct stack_waiter *w, struct value *out);

/* A call or request that has not ended. */
struct stack_waiter {
    uint64_t token;       /* 0: free */
    int fd;               /* a call waits on this descriptor; -1: a service's request */
    uint32_t room, done;  /* octets that it reads or writes, and those that it has */
    const uint8_t *bytes; /* to write: the call's, while it is open */
    int flags;
    uint8_t *held; /* octets that MSG_WAITALL has read; its room stays with the waiter */
    uint32_t held_room;
    stack_attempt *attempt; /* of a call */
    struct stack_sut *sut;
    bool own;                  /* it has its place, the pool never sees it */
    struct stack_waiter *next; /* of those on its descriptor, or of the free ones */
};

/* What the sockets' users know of a descriptor. */
struct stack_descriptor {
    bool nonblocking;
    bool stream;
    bool tells_unread;          /* TCP_INQ */
    struct stack_waiter *first; /* calls that wait, in the order in which they were made */
    /* What its error queue tells (stack_sut_notice.c). */
    bool lends;           /* SO_ZEROCOPY */
    uint32_t loans;       /* calls with MSG_ZEROCOPY so far */
    uint32_t stamps;      /* SO_TIMESTAMPING's flags */
    uint32_t stamps_from; /* sequence number from which octets count */
};

struct stack_sut {
    const struct sut_env *env;
    struct sut_env shifted; /* env may point here: stack_sut_wrap.h */
    struct stack_config config;
    struct stack *stack;
    const struct bus *bus;
    bool woken;
    int64_t due_ns; /* when we asked to be polled; INT64_MIN: in a poll, or before the first */
    struct stack_descriptor *descriptor; /* one a socket of the stack's limit */
    struct stack_waiter *free_waiter;
    struct stack_waiter lease[8]; /* one an interface: the DHCP client calls back at every bind, not
                                     only the first */
    uint64_t driver_count[STACK_DRIVER_COUNTERS]; /* as last seen, for driver_drop */
    struct value out[STACK_OUTS];
    struct value list[64];
    struct stack_notices *notices; /* NULL: none was asked for yet */
    struct stack_page *page;       /* what HTTP brings; NULL: nothing was asked for yet */
    uint8_t *scratch;              /* bytes and text of results; see stack_scratch */
    size_t scratch_room;
};

typedef int64_t stack_call(struct stack_sut *u, uint64_t token, const struct value *argv, int argc,
                           struct value *out);
struct stack_call_entry {
    const char *name;
    stack_call *call;
    int least; /* arguments */
};
/* Each table ends with a NULL name. */
extern const struct stack_call_entry stack_config_calls[], stack_socket_calls[],
    stack_stream_calls[], stack_service_calls[], stack_http_calls[];

/* A service's; NULL: too many. stack_wait_on: a receive's. */
struct stack_waiter *stack_wait(struct stack_sut *u, uint64_t token);
struct stack_waiter *stack_wait_on(struct stack_sut *u, uint64_t token, int fd);
void stack_wait_free(struct stack_waiter *w);
/* u->scratch with room for `size` octets, up to STACK_SCRATCH; NULL: no memory. */
uint8_t *stack_scratch(struct stack_sut *u, size_t size);
/* What is known of an open descriptor; NULL: it is none. */
struct stack_descriptor *stack_descriptor_of(struct stack_sut *u, int fd);
void stack_socket_ready(struct stack_sut *u, int fd);
/* An option that is a structure or a text, or a number that is told otherwise; SUT_UNKNOWN: it is
 * none of those. */
int64_t stack_stream_set(struct stack_sut *u, int fd, const struct value *argv);
int64_t stack_stream_get(struct stack_sut *u, int fd, const struct value *argv, struct value *out);
/* stack_sut_notice.c: SO_TIMESTAMPING and SO_ZEROCOPY; SUT_UNKNOWN: the option is neither. */
int64_t stack_notice_set(struct stack_sut *u, int fd, const struct value *option, int64_t value);
int64_t stack_notice_get(struct stack_sut *u, int fd, const struct value *option);
/* A call on the stream has sent so many octets. */
void stack_notice_sent(struct stack_sut *u, int fd, int flags, int64_t octets);
/* Something happened: what is ready now? */
void stack_notice_look(struct stack_sut *u);
bool stack_notice_waits(struct stack_sut *u, int fd);
/* recvmsg(..., MSG_ERRQUEUE): out[3] is msg_flags, out[6] msg_control. Octets, or -ERR_AGAIN. */
int64_t stack_notice_take(struct stack_sut *u, int fd, uint32_t room, struct value *out);
void stack_notice_close(struct stack_sut *u, int fd);
struct socket_address stack_argument_endpoint(const struct value *v);
struct value stack_endpoint_value(const struct socket_address *a);
/* A waiter's request ended. */
void stack_wait_done(struct stack_waiter *w, int64_t result, const struct value *out, int outs);
/* An argument as an address: VALUE_IPV4, VALUE_IPV6 or text. False when it is none. */
bool stack_argument_address(const struct value *v, struct ip_addr *out);
/* An argument as text: a string or a name; "" when it is none. */
const char *stack_argument_text(const struct value *v);

/* The stack with these drivers (NULL-terminated) in place of its own; NULL: its own. */
void *stack_sut_open_with(const struct sut_env *env, const struct netif_driver *const *drivers);

extern const struct sut stack_sut;
/* The same without a NIC, and of little memory (stack_sut_wire.c); the bytes of its region. */
extern const struct sut stack_wire_sut;
size_t stack_wire_bytes(void);

/* A knob that holds nanoseconds. */
bool stack_sut_knob_is_time(const char *knob);

#endif

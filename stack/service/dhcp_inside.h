/* What the files of the DHCP client share. */
#ifndef STACK_SERVICE_DHCP_INSIDE_H
#define STACK_SERVICE_DHCP_INSIDE_H

#include "stack/core/module.h"
#include "stack/service/dhcp.h"
#include "stack/transport/udp.h"
#include "stack/wire/dhcp.h"

enum {
    DHCP_MESSAGE_BYTES = 576,
    DHCP_SECOND_NS = 1000000000,
    DHCP_LEASE_ROUTES = DHCP_ROUTES + DHCP_ROUTERS
};
#define DHCP_INFINITE UINT32_C(0xffffffff)

enum dhcp_knob {
    DHCP_KNOB_START_DELAY,
    DHCP_KNOB_OFFER_WAIT,
    DHCP_KNOB_REQUEST_TRIES,
    DHCP_KNOB_DECLINE_WAIT,
    DHCP_KNOB_RENEW_MIN,
    DHCP_KNOB_BROADCAST,
    DHCP_KNOB_CHECK,
    DHCP_KNOB_CLIENT_ID,
    DHCP_KNOB_FUZZ
};

enum dhcp_counter {
    DHCP_OUT_DISCOVER,
    DHCP_OUT_REQUEST,
    DHCP_OUT_DECLINE,
    DHCP_OUT_RELEASE,
    DHCP_OUT_INFORM,
    DHCP_UNSENT,
    DHCP_IN_OFFER,
    DHCP_IN_ACK,
    DHCP_IN_NAK,
    DHCP_COUNT_BOUND,
    DHCP_COUNT_EXPIRED,
    DHCP_COUNT_RESTARTS,
    DHCP_DROP_MALFORMED,
    DHCP_DROP_OP,
    DHCP_DROP_XID,
    DHCP_DROP_HARDWARE,
    DHCP_DROP_CLIENT_ID,
    DHCP_DROP_NO_TYPE,
    DHCP_DROP_UNEXPECTED,
    DHCP_DROP_NO_SERVER,
    DHCP_DROP_OTHER_SERVER,
    DHCP_DROP_ADDRESS,
    DHCP_DROP_OTHER_ADDRESS,
    DHCP_DROP_NO_LEASE,
    DHCP_DROP_INAPPLICABLE,
    DHCP_COUNTERS
};

/* What dhcp_set_option was given, as it goes into a message. */
struct dhcp_own_options {
    uint8_t bytes[DHCP_OWN_OPTIONS];
    uint32_t len;
};

struct dhcp_client {
    struct netif *nif; /* NULL: not in use */
    enum dhcp_state state;
    bool inform;     /* only asks for parameters: state is DHCP_STOPPED */
    bool verifying;  /* REBOOTING with a lease that is still in force */
    bool own_change; /* the address comes or goes by our own hand */
    struct udp_pcb pcb;
    struct deadline timer;
    uint32_t xid;
    uint16_t secs;
    uint32_t sent;                   /* messages of the current exchange; sets the next delay */
    uint32_t failures;               /* NAKs in a row */
    int64_t asked_ns;                /* the last message that left; INT64_MIN: none */
    int64_t started_ns;              /* the first message of the exchange, for secs */
    int64_t request_ns;              /* the request that the lease counts from */
    uint32_t requested, server;      /* what the offer said, or what we remember */
    int64_t offer_due_ns;            /* end of collecting; INT64_MAX: no offer yet */
    int64_t t1_ns, t2_ns, expiry_ns; /* absolute; INT64_MAX: never */
    struct dhcp_lease lease;
    /* What of the lease is on the interface; what was there before is the user's. Routes know
     * themselves whose they are. */
    bool address_added, servers_named;
    uint16_t mtu_set, mtu_before; /* mtu_set 0: the lease changed nothing; no MTU is below 68 */
    service_done *done;
    void *ctx;
    /* Outlive the client, until it runs again or longer. */
    struct dhcp_own_options own;
    bool informed; /* an INFORM's name servers are in use, for the address that it was made for */
    uint32_t informed_address;
};

struct dhcp_module_state {
    struct dhcp_client *client; /* by the interface's index */
    uint32_t clients;
};

static inline struct dhcp_client *dhcp_client(struct stack *s, const struct netif *nif)
{
    struct dhcp_module_state *t = s->state[MODULE_DHCP];
    return t && nif->index < t->clients ? &t->client[nif->index] : NULL;
}

/* The address is ours, now. */
static inline bool dhcp_has_lease(const struct dhcp_client *c)
{
    return c->state == DHCP_BOUND || c->state == DHCP_RENEWING || c->state == DHCP_REBINDING ||
           (c->state == DHCP_REBOOTING && c->verifying);
}

/* --- dhcp_client.c --- */

/* A new transaction id; secs count from now. */
void dhcp_new_exchange(struct stack *s, struct dhcp_client *c, int64_t now_ns);
void dhcp_enter_init(struct stack *s, struct dhcp_client *c, int64_t when_ns);
int64_t dhcp_start_delay(struct stack *s);
/* INIT-REBOOT with c->requested; `verifying`: a lease in force stays in force meanwhile. */
void dhcp_begin_rebooting(struct stack *s, struct dhcp_client *c, bool verifying, int64_t now_ns);
void dhcp_send_inform(struct stack *s, struct dhcp_client *c, int64_t now_ns);
/* Frees timer, port and client. */
void dhcp_leave(struct stack *s, struct dhcp_client *c);
void dhcp_timer_fired(struct stack *s, struct deadline *d, int64_t now_ns);
void dhcp_receive(struct udp_pcb *pcb, struct stack *s, struct netbuf *nb,
                  const struct ip_received *r, uint16_t from_port, int64_t now_ns);
/* The address of the lease is in use: so is the rest of it, or it is given back. */
void dhcp_bind_lease(struct stack *s, struct dhcp_client *c, int64_t now_ns);
/* The interface or the stack will not have it: the net's own number, say, or a table is full. */
void dhcp_refuse_lease(struct stack *s, struct dhcp_client *c, int error, int64_t now_ns);
/* Somebody else uses the address (4.4.1, 3.1 step 5): the server hears of it, and we wait ten
 * seconds so as not to loop. */
void dhcp_decline(struct stack *s, struct dhcp_client *c, int64_t now_ns);

/* --- dhcp_netif.c --- */

/* The interface's slot of an address, or NULL. */
const struct netif_address *dhcp_find_address(const struct netif *nif, uint32_t address);
/* The lease's. */
static inline const struct netif_address *dhcp_own_address(const struct dhcp_client *c)
{
    return dhcp_find_address(c->nif, c->lease.address);
}
void dhcp_on_netif(struct stack *s, void *state, struct netif *nif, enum netif_event event,
                   int64_t now_ns);

/* --- dhcp_message.c --- */

/* Which fields a message has: RFC 2131 table 5. */
struct dhcp_form {
    enum dhcp_message_type type;
    uint32_t ciaddr;
    uint32_t requested; /* option 50; 0: absent */
    uint32_t server;    /* option 54; 0: absent */
    uint32_t unicast;   /* destination; 0: 255.255.255.255 from 0.0.0.0 when ciaddr is 0 */
};
/* Builds and sends; what cannot be sent is counted and is like a lost message. */
void dhcp_transmit(struct stack *s, struct dhcp_client *c, const struct dhcp_form *form,
                   int64_t now_ns);
/* Checks what every reply must have. Its type, or a negated drop counter - 1. */
int dhcp_accept(struct stack *s, const struct dhcp_client *c, const uint8_t *bytes, size_t len,
                struct dhcp_msg *msg);

/* --- dhcp_lease.c --- */

/* A host's address: neither this network, nor loopback, nor multicast or beyond. */
bool dhcp_address_ok(uint32_t a);
/* Reads the parameters of an ACK: all but `since_ns`. Without a usable mask it is `known_mask`,
 * that of a lease in force, since a net's mask is no default of the host's (RFC 2131 3.5); 0: there
 * is none, and the address's class has to say. */
void dhcp_lease_read(const struct dhcp_msg *msg, uint32_t known_mask, struct dhcp_lease *lease);
unsigned dhcp_lease_prefix(const struct dhcp_lease *lease);
/* T1, T2 and expiry, from lease.since_ns. */
void dhcp_lease_times(struct stack *s, struct dhcp_client *c);
/* Puts the address on the interface, to be checked; 0 or a negated stack_error. */
int dhcp_lease_add_address(struct stack *s, struct dhcp_client *c, bool check, int64_t now_ns);
/* Routes, name servers, MTU: when the address is in use. All of them, or none and a negated
 * stack_error. */
int dhcp_lease_apply(struct stack *s, struct dhcp_client *c);
/* Another lease of the same address takes the place of the one in force: all of it, or a negated
 * stack_error and the old one stays as it was. */
int dhcp_lease_change(struct stack *s, struct dhcp_client *c, const struct dhcp_lease *renewed,
                      int64_t now_ns);
/* The name servers that the lease brought, or NULL for none, are what the interface's are. */
void dhcp_set_name_servers(struct stack *s, const struct netif *nif, const struct dhcp_lease *l);
/* All of it away. */
void dhcp_lease_remove(struct stack *s, struct dhcp_client *c, int64_t now_ns);
/* STACK_CHECK: a client that says it has a lease has its address on the interface, and one that
 * does not has left nothing of a lease there. */
void dhcp_client_check(const struct dhcp_client *c);

#endif

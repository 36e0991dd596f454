/*
 * DHCP client (RFC 2131, 2132): one instance an interface.
 *
 * What RFC 2131 leaves open: the first offer wins unless dhcp.offer_wait makes the client collect;
 * a REQUEST is sent four times, for 60 s in all, before the client starts over; T1 and T2 are
 * exact, the fuzz of 4.4.5 is the knob dhcp.fuzz; requests to renew or rebind have a transaction id
 * each, so that a lease counts from the very request that was answered; an answer in these states
 * that names another address than ours is dropped. When carrier comes back from a loss that was no
 * flap (core.carrier_loss) the lease is verified (INIT-REBOOT), and kept while no server answers.
 *
 * A lease is applied whole or not at all. What it brings (the address, routes, name servers, MTU)
 * is its own, by interface, and goes with it; what the user configured before stays. What an INFORM
 * brings goes with the address that it was made for.
 */
#ifndef STACK_SERVICE_DHCP_H
#define STACK_SERVICE_DHCP_H

#include "stack/service/service.h"

#ifdef __cplusplus
extern "C" {
#endif

enum dhcp_state {
    DHCP_STOPPED,
    DHCP_INIT,
    DHCP_SELECTING,
    DHCP_REQUESTING,
    DHCP_CHECKING /* RFC 5227 probes before use */,
    DHCP_BOUND,
    DHCP_RENEWING,
    DHCP_REBINDING,
    DHCP_INIT_REBOOT,
    DHCP_REBOOTING
};

enum {
    DHCP_ROUTERS = 4,
    DHCP_ROUTES = 8,
    DHCP_DNS_SERVERS = 4,
    DHCP_NTP_SERVERS = 4,
    DHCP_DOMAIN_BYTES = 64,
    DHCP_OWN_OPTIONS = 128 /* octets of dhcp_set_option, codes and lengths included */
};

/* RFC 3442. `via` 0: the network is on the link. */
struct dhcp_route {
    uint32_t net, prefix, via;
};

struct dhcp_lease {
    uint32_t address, mask, server; /* host order */
    uint32_t lease_s, t1_s, t2_s;   /* lease_s 0xffffffff: infinite */
    uint32_t router[DHCP_ROUTERS], dns[DHCP_DNS_SERVERS], ntp[DHCP_NTP_SERVERS];
    struct dhcp_route route[DHCP_ROUTES]; /* where there are any, they are in place of `router` */
    uint8_t routers, routes, dns_servers, ntp_servers;
    uint16_t mtu;                   /* 0: not given */
    char domain[DHCP_DOMAIN_BYTES]; /* text, ends in a NUL; empty: not given */
    int64_t since_ns;               /* when the request was sent: times count from here */
};

/* Starts in INIT (or INIT-REBOOT when `remembered` is not 0). `done` (may be NULL) is called each
 * time the client binds (0, with the struct dhcp_lease), loses its lease (-ERR_TIMEDOUT: expired,
 * -ERR_CONNREFUSED: NAK, -ERR_ADDRINUSE: conflict, -ERR_ADDRNOTAVAIL: the
 * address was taken off the interface, which is no conflict) or fails to get one (the same). It may
 * call any function of this client. -ERR_BUSY: runs already; -ERR_AFNOSUPPORT: not Ethernet. */
int dhcp_start(struct stack *s, struct netif *nif, uint32_t remembered, service_done *done,
               void *ctx, int64_t now_ns);
/* Sends DHCPRELEASE when bound, removes the address. */
int dhcp_release(struct stack *s, struct netif *nif, int64_t now_ns);
/* Stops without a word; so does stack_detach, which forgets the options as well. */
int dhcp_stop(struct stack *s, struct netif *nif, int64_t now_ns);
/* DHCPINFORM for an address configured by hand: `done` gets 0 with the struct dhcp_lease (without
 * lease times) or -ERR_TIMEDOUT. */
int dhcp_inform(struct stack *s, struct netif *nif, service_done *done, void *ctx, int64_t now_ns);
/* An option of the user's in every DISCOVER, REQUEST and INFORM from now on: host name (12), vendor
 * class (60), client FQDN (81)... A client identifier (61) is in all messages, in place of the
 * hardware address. `len` 0 takes it back. It outlives dhcp_stop. -ERR_INVAL: a code that the
 * client writes itself, a client identifier of one octet (RFC 2132 9.14) or more than 255 octets;
 * -ERR_NOBUFS: more than DHCP_OWN_OPTIONS. */
int dhcp_set_option(struct stack *s, struct netif *nif, uint8_t code, const void *bytes,
                    size_t len);
enum dhcp_state dhcp_state(struct stack *s, const struct netif *nif);
const struct dhcp_lease *dhcp_lease(struct stack *s,
                                    const struct netif *nif); /* NULL when not bound */

extern const struct module dhcp_module;

#ifdef __cplusplus
}
#endif

#endif

/* What happens to the interface of a DHCP client, and what that means for its lease. */
#include "stack/service/dhcp_inside.h"

const struct netif_address *dhcp_find_address(const struct netif *nif, uint32_t address)
{
    for (int i = 0; i < NETIF_ADDRESSES; i++) {
        const struct netif_address *a = &nif->address[i];
        if (a->addr.family == ADDR_IPV4 && a->addr.word[0] == address)
            return a;
    }
    return NULL;
}

/* A DECLINE says that the address is in use (RFC 2131 3.1 step 5) and nothing else: one that was
 * taken off, or whose net found no room among the routes, is no other host's. The client begins
 * again. */
static void address_event(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    const struct netif_address *a = dhcp_own_address(c);
    bool leased = c->state == DHCP_CHECKING || dhcp_has_lease(c);
    if (!a && leased && c->nif->conflict)
        dhcp_decline(s, c, now_ns);
    else if (!a && leased)
        dhcp_refuse_lease(s, c, -ERR_ADDRNOTAVAIL, now_ns);
    else if (a && !a->tentative && c->state == DHCP_CHECKING)
        dhcp_bind_lease(s, c, now_ns);
}

/* What an INFORM brought goes with the address that it was made for. */
static void forget_informed(struct stack *s, struct dhcp_client *c, const struct netif *nif)
{
    if (!c->informed || dhcp_find_address(nif, c->informed_address))
        return;
    c->informed = false;
    dhcp_set_name_servers(s, nif, NULL);
}

/* A carrier that flaps must not make us ask each time: once a second. What the timer is set for,
 * the end of the lease or of collecting offers, may come first. */
static void ask_soon(struct stack *s, struct dhcp_client *c)
{
    int64_t due_ns = c->asked_ns + DHCP_SECOND_NS;
    if (due_ns < c->timer.due_ns)
        deadline_set(s, &c->timer, due_ns);
}

/* RFC 2131 3.7: the cable may lead elsewhere now, and a lease is verified. A client that waits for
 * an answer asks at once, however short the loss was: its question or the answer may have been
 * lost. */
static void link_event(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    const uint32_t up = NETIF_UP | NETIF_RUNNING;
    if ((c->nif->flags & up) != up)
        return;
    bool asks =
        c->state == DHCP_SELECTING || c->state == DHCP_REQUESTING || c->state == DHCP_REBOOTING;
    if (asks && now_ns < c->asked_ns + DHCP_SECOND_NS) {
        ask_soon(s, c);
    } else if (dhcp_has_lease(c)) {
        if (!c->nif->new_link && !asks)
            return;
        c->requested = c->lease.address;
        dhcp_begin_rebooting(s, c, true, now_ns);
    } else if (c->state == DHCP_CHECKING && c->nif->new_link) {
        c->requested = c->lease.address;
        dhcp_lease_remove(s, c, now_ns);
        dhcp_begin_rebooting(s, c, false, now_ns);
    } else if (c->state == DHCP_REBOOTING) {
        dhcp_begin_rebooting(s, c, false, now_ns);
    } else if (c->state == DHCP_SELECTING || c->state == DHCP_REQUESTING) {
        dhcp_enter_init(s, c, now_ns);
    }
}

/* All of the client, its options included, was this device's. */
static void device_gone(struct stack *s, struct dhcp_client *c, struct netif *nif, int64_t now_ns)
{
    dhcp_stop(s, nif, now_ns);
    *c = (struct dhcp_client){0};
}

void dhcp_on_netif(struct stack *s, void *state, struct netif *nif, enum netif_event event,
                   int64_t now_ns)
{
    struct dhcp_client *c = dhcp_client(s, nif);
    (void)state;
    if (c && event == NETIF_EVENT_NO_ADDRESS)
        forget_informed(s, c, nif);
    if (c && event == NETIF_EVENT_GONE)
        device_gone(s, c, nif, now_ns);
    if (!c || !c->nif || c->inform || c->own_change)
        return;
    switch (event) {
    case NETIF_EVENT_ADDRESS:
    case NETIF_EVENT_NO_ADDRESS:
        address_event(s, c, now_ns);
        break;
    case NETIF_EVENT_UP:
    case NETIF_EVENT_CARRIER:
        link_event(s, c, now_ns);
        break;
    case NETIF_EVENT_DOWN:
    case NETIF_EVENT_NO_CARRIER:
        break; /* leases go on; what is sent meanwhile is lost like any other frame */
    case NETIF_EVENT_GONE:
    case NETIF_EVENT_ANNOUNCE:
        break;
    }
    STACK_INVARIANT(dhcp_client_check(c));
}

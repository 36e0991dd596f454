/* The DHCP client as its callers see it, and as a module: its memory, knobs, counters and what it
 * tells by name. */
#include "stack/service/dhcp_inside.h"
#include "stack/core/mem.h"
#include "stack/core/text.h"

/* --- calls --- */

static int open_client(struct stack *s, struct netif *nif, service_done *done, void *ctx)
{
    struct dhcp_client *c = dhcp_client(s, nif);
    if (!c || !s->state[MODULE_UDP])
        return -ERR_PROTONOSUPPORT;
    if (nif->hardware != NETIF_ETHERNET)
        return -ERR_AFNOSUPPORT;
    if (c->nif)
        return -ERR_BUSY;
    *c = (struct dhcp_client){
        .own = c->own, .informed = c->informed, .informed_address = c->informed_address};
    c->done = done;
    c->ctx = ctx;
    c->asked_ns = INT64_MIN;
    c->t1_ns = c->t2_ns = c->expiry_ns = c->offer_due_ns = INT64_MAX;
    c->pcb = (struct udp_pcb){
        .end = {.local_port = DHCP_CLIENT_PORT,
                .any_destination = true,
                .ip.nif = nif,
                .ip.ip_flags = IP_BROADCAST_OK},
        .receive = dhcp_receive,
        .owner = c,
    };
    deadline_init(&c->timer, deadline_rank(MODULE_DHCP, nif->index), "dhcp.timer",
                  dhcp_timer_fired);
    int err = udp_bind(s, &c->pcb);
    if (err >= 0)
        c->nif = nif;
    return err;
}

int dhcp_start(struct stack *s, struct netif *nif, uint32_t remembered, service_done *done,
               void *ctx, int64_t now_ns)
{
    int err = open_client(s, nif, done, ctx);
    if (err < 0)
        return err;
    struct dhcp_client *c = dhcp_client(s, nif);
    c->requested = remembered;
    if (dhcp_address_ok(remembered))
        dhcp_begin_rebooting(s, c, false, now_ns);
    else
        dhcp_enter_init(s, c, now_ns + dhcp_start_delay(s));
    STACK_INVARIANT(dhcp_client_check(c));
    return 0;
}

int dhcp_inform(struct stack *s, struct netif *nif, service_done *done, void *ctx, int64_t now_ns)
{
    const struct netif_address *own = NULL;
    if (!dhcp_client(s, nif) || !s->state[MODULE_UDP])
        return -ERR_PROTONOSUPPORT;
    for (int i = NETIF_ADDRESSES - 1; i >= 0; i--)
        if (nif->address[i].addr.family == ADDR_IPV4 && !nif->address[i].tentative)
            own = &nif->address[i];
    if (!own)
        return -ERR_ADDRNOTAVAIL;
    int err = open_client(s, nif, done, ctx);
    if (err < 0)
        return err;
    struct dhcp_client *c = dhcp_client(s, nif);
    c->inform = true;
    c->requested = own->addr.word[0];
    dhcp_new_exchange(s, c, now_ns);
    dhcp_send_inform(s, c, now_ns);
    return 0;
}

int dhcp_stop(struct stack *s, struct netif *nif, int64_t now_ns)
{
    struct dhcp_client *c = dhcp_client(s, nif);
    if (!c || !c->nif)
        return -ERR_NOENT;
    /* Nobody would take the address away at its end: it goes now. */
    if (dhcp_has_lease(c) || c->state == DHCP_CHECKING)
        dhcp_lease_remove(s, c, now_ns);
    dhcp_leave(s, c);
    STACK_INVARIANT(dhcp_client_check(c));
    return 0;
}

int dhcp_release(struct stack *s, struct netif *nif, int64_t now_ns)
{
    struct dhcp_client *c = dhcp_client(s, nif);
    if (!c || !c->nif)
        return -ERR_NOENT;
    if (dhcp_has_lease(c)) {
        struct dhcp_form form = {.type = DHCP_RELEASE,
                                 .ciaddr = c->lease.address,
                                 .server = c->lease.server,
                                 .unicast = c->lease.server};
        dhcp_new_exchange(s, c, now_ns);
        dhcp_transmit(s, c, &form, now_ns);
    }
    return dhcp_stop(s, nif, now_ns);
}

enum dhcp_state dhcp_state(struct stack *s, const struct netif *nif)
{
    const struct dhcp_client *c = dhcp_client(s, nif);
    return c && c->nif ? c->state : DHCP_STOPPED;
}

const struct dhcp_lease *dhcp_lease(struct stack *s, const struct netif *nif)
{
    const struct dhcp_client *c = dhcp_client(s, nif);
    return c && c->nif && dhcp_has_lease(c) ? &c->lease : NULL;
}

/* --- queries --- */

static const char *state_name(enum dhcp_state state)
{
    static const char *const names[] = {
        [DHCP_STOPPED] = "stopped",         [DHCP_INIT] = "init",
        [DHCP_SELECTING] = "selecting",     [DHCP_REQUESTING] = "requesting",
        [DHCP_CHECKING] = "checking",       [DHCP_BOUND] = "bound",
        [DHCP_RENEWING] = "renewing",       [DHCP_REBINDING] = "rebinding",
        [DHCP_INIT_REBOOT] = "init-reboot", [DHCP_REBOOTING] = "rebooting",
    };
    return names[state];
}

static void put_addr(struct text *t, const char *word, uint32_t address)
{
    struct ip_addr a = addr_ipv4(address);
    text_string(t, word);
    text_addr(t, &a);
}

/* "10.0.2.15/24 server 10.0.2.2 lease 86400 t1 43200 t2 75600 router 10.0.2.2 dns 10.0.2.3" */
static void put_lease(struct text *t, const struct dhcp_lease *l)
{
    put_addr(t, "", l->address);
    text_char(t, '/');
    text_number(t, dhcp_lease_prefix(l));
    put_addr(t, " server ", l->server);
    text_string(t, " lease ");
    text_number(t, l->lease_s);
    text_string(t, " t1 ");
    text_number(t, l->t1_s);
    text_string(t, " t2 ");
    text_number(t, l->t2_s);
    for (uint8_t i = 0; i < l->routers; i++)
        put_addr(t, " router ", l->router[i]);
    for (uint8_t i = 0; i < l->routes; i++) {
        put_addr(t, " route ", l->route[i].net);
        text_char(t, '/');
        text_number(t, l->route[i].prefix);
        if (l->route[i].via)
            put_addr(t, " via ", l->route[i].via);
    }
    for (uint8_t i = 0; i < l->dns_servers; i++)
        put_addr(t, " dns ", l->dns[i]);
    for (uint8_t i = 0; i < l->ntp_servers; i++)
        put_addr(t, " ntp ", l->ntp[i]);
    if (l->domain[0]) {
        text_string(t, " domain ");
        text_string(t, l->domain);
    }
}

/* "state eth0", "lease eth0" */
static int dhcp_query(struct stack *s, void *state, const char *what, char *out, size_t room)
{
    (void)state;
    const char *rest;
    struct text t = text_to(out, room);
    if ((rest = text_after(what, "state ")) != NULL) {
        const struct netif *nif = stack_netif(s, rest);
        if (!nif)
            return -ERR_NOENT;
        text_string(&t, state_name(dhcp_state(s, nif)));
        return text_done(&t);
    }
    if ((rest = text_after(what, "lease ")) != NULL) {
        const struct netif *nif = stack_netif(s, rest);
        const struct dhcp_lease *l = nif ? dhcp_lease(s, nif) : NULL;
        if (!l)
            return -ERR_NOENT;
        put_lease(&t, l);
        return text_done(&t);
    }
    return -ERR_NOENT;
}

/* --- the module --- */

static size_t dhcp_state_size(const struct stack_limits *l)
{
    return sizeof(struct dhcp_module_state) + l->netifs * sizeof(struct dhcp_client);
}

static int dhcp_init(struct stack *s, void *state, int64_t now_ns)
{
    (void)now_ns;
    struct dhcp_module_state *t = state;
    _Static_assert(sizeof(struct dhcp_module_state) % _Alignof(struct dhcp_client) == 0,
                   "clients follow the state");
    t->client = (struct dhcp_client *)(void *)(t + 1);
    t->clients = s->config.limits.netifs;
    return 0;
}

#define SECONDS(n) ((int64_t)(n)*DHCP_SECOND_NS)

static const struct knob knobs[] = {
    [DHCP_KNOB_START_DELAY] = {"start_delay", KNOB_NS, SECONDS(10), 0,
                               SECONDS(3600)}, /* at most; 4.4.1 */
    [DHCP_KNOB_OFFER_WAIT] = {"offer_wait", KNOB_NS, 0, 0, SECONDS(60)},
    [DHCP_KNOB_REQUEST_TRIES] = {"request_tries", KNOB_NUMBER, 4, 1, 100},
    [DHCP_KNOB_DECLINE_WAIT] = {"decline_wait", KNOB_NS, SECONDS(10), 0,
                                SECONDS(3600)}, /* 3.1 step 5 */
    [DHCP_KNOB_RENEW_MIN] = {"renew_min", KNOB_NS, SECONDS(60), SECONDS(1),
                             SECONDS(3600)}, /* 4.4.5 */
    [DHCP_KNOB_BROADCAST] = {"broadcast", KNOB_BOOL, 0, 0, 1},
    [DHCP_KNOB_CHECK] = {"check", KNOB_BOOL, 1, 0, 1},
    [DHCP_KNOB_CLIENT_ID] = {"client_id", KNOB_BOOL, 1, 0, 1},
    [DHCP_KNOB_FUZZ] = {"fuzz", KNOB_NUMBER, 0, 0,
                        100}, /* thousandths of the lease that T1 and T2 may come early */
};

static const char *const counters[] = {
    [DHCP_OUT_DISCOVER] = "out.discover",
    [DHCP_OUT_REQUEST] = "out.request",
    [DHCP_OUT_DECLINE] = "out.decline",
    [DHCP_OUT_RELEASE] = "out.release",
    [DHCP_OUT_INFORM] = "out.inform",
    [DHCP_UNSENT] = "unsent",
    [DHCP_IN_OFFER] = "in.offer",
    [DHCP_IN_ACK] = "in.ack",
    [DHCP_IN_NAK] = "in.nak",
    [DHCP_COUNT_BOUND] = "bound",
    [DHCP_COUNT_EXPIRED] = "expired",
    [DHCP_COUNT_RESTARTS] = "restarts",
    [DHCP_DROP_MALFORMED] = "drop.malformed",
    [DHCP_DROP_OP] = "drop.op",
    [DHCP_DROP_XID] = "drop.xid",
    [DHCP_DROP_HARDWARE] = "drop.hardware",
    [DHCP_DROP_CLIENT_ID] = "drop.client_id",
    [DHCP_DROP_NO_TYPE] = "drop.no_type",
    [DHCP_DROP_UNEXPECTED] = "drop.unexpected",
    [DHCP_DROP_NO_SERVER] = "drop.no_server",
    [DHCP_DROP_OTHER_SERVER] = "drop.other_server",
    [DHCP_DROP_ADDRESS] = "drop.address",
    [DHCP_DROP_OTHER_ADDRESS] = "drop.other_address",
    [DHCP_DROP_NO_LEASE] = "drop.no_lease",
    [DHCP_DROP_INAPPLICABLE] = "drop.inapplicable",
};

const struct module dhcp_module = {
    .name = "dhcp",
    .id = MODULE_DHCP,
    .state_size = dhcp_state_size,
    .init = dhcp_init,
    .netif = dhcp_on_netif,
    .knobs = knobs,
    .knob_count = sizeof knobs / sizeof *knobs,
    .counters = counters,
    .counter_count = sizeof counters / sizeof *counters,
    .query = dhcp_query,
};

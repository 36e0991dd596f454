/*
 * The client's states (RFC 2131 figure 5). One timer a client; what it does depends on the state.
 * `done` is always the last thing that an action calls, since it may start or stop the client.
 */
#include "stack/service/dhcp_inside.h"
#include "stack/core/div.h"
#include "stack/core/mem.h"

/* --- small things --- */

/* While an answer may come, it may come to an address that is not ours yet, or is being checked
 * again. */
static bool awaits_answer(enum dhcp_state state)
{
    return state == DHCP_SELECTING || state == DHCP_REQUESTING || state == DHCP_REBOOTING ||
           state == DHCP_RENEWING || state == DHCP_REBINDING;
}

static void move_to(struct stack *s, struct dhcp_client *c, enum dhcp_state state)
{
    c->state = state;
    c->nif->configuring = awaits_answer(state);
    stack_trace(s, TRACE_STATE, "dhcp.state", state);
}

static void report(struct stack *s, struct dhcp_client *c, int result, int64_t now_ns)
{
    struct dhcp_lease told = c->lease;
    if (c->done)
        c->done(c->ctx, s, result, &told, now_ns);
}

/* RFC 2131 4.1: 4, 8, 16, 32, 64, 64... seconds behind the nth message, each give or take one. */
static int64_t retransmission_delay(struct stack *s, uint32_t n)
{
    int64_t seconds = n > 4 ? 64 : 2 << n;
    return (seconds - 1) * DHCP_SECOND_NS +
           (int64_t)stack_random_below(s, RANDOM_JITTER, 2u * DHCP_SECOND_NS + 1);
}

static uint16_t seconds_since(int64_t since_ns, int64_t now_ns)
{
    uint64_t seconds = div_u64((uint64_t)(now_ns - since_ns), DHCP_SECOND_NS, NULL);
    return seconds > 0xffff ? 0xffff : (uint16_t)seconds;
}

void dhcp_new_exchange(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    c->xid = stack_random32(s, RANDOM_XID);
    c->sent = 0;
    c->secs = 0;
    c->started_ns = now_ns;
}

/* --- INIT, SELECTING --- */

void dhcp_enter_init(struct stack *s, struct dhcp_client *c, int64_t when_ns)
{
    c->verifying = false;
    move_to(s, c, DHCP_INIT);
    deadline_set(s, &c->timer, when_ns);
}

/* 4.4.1: one to ten seconds, so that machines that are switched on together do not all ask
 * together. */
int64_t dhcp_start_delay(struct stack *s)
{
    int64_t most = stack_knob(s, MODULE_DHCP, DHCP_KNOB_START_DELAY);
    int64_t least = most < DHCP_SECOND_NS ? most : DHCP_SECOND_NS;
    uint32_t span_us = (uint32_t)div_u64((uint64_t)(most - least), 1000, NULL);
    return least + (int64_t)stack_random_below(s, RANDOM_JITTER, span_us + 1) * 1000;
}

/* After a refusal. The first time at once, then ever slower: a server that refuses everything must
 * not make us a source of load. */
static void start_over(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    int64_t delay = c->failures ? retransmission_delay(s, c->failures) : 0;
    c->failures++;
    stack_count(s, MODULE_DHCP, DHCP_COUNT_RESTARTS);
    dhcp_enter_init(s, c, now_ns + delay);
}

static void send_discover(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    const struct dhcp_form form = {.type = DHCP_DISCOVER};
    c->secs = seconds_since(c->started_ns, now_ns);
    deadline_set(s, &c->timer, now_ns + retransmission_delay(s, ++c->sent));
    dhcp_transmit(s, c, &form, now_ns);
}

static void begin_selecting(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    dhcp_new_exchange(s, c, now_ns);
    c->offer_due_ns = INT64_MAX;
    move_to(s, c, DHCP_SELECTING);
    send_discover(s, c, now_ns);
}

/* --- REQUESTING, REBOOTING, RENEWING, REBINDING: they differ in the request's form and in when it
 * is sent again --- */

/* Half of what is left, not below a minute (4.4.5), and not past the end. */
static int64_t next_renewal(struct stack *s, int64_t now_ns, int64_t end_ns)
{
    int64_t least = stack_knob(s, MODULE_DHCP, DHCP_KNOB_RENEW_MIN);
    int64_t half = (end_ns - now_ns) >> 1;
    int64_t wait = half > least ? half : least;
    return end_ns - now_ns < wait ? end_ns : now_ns + wait;
}

/* RFC 2131 table 4 and 5. In SELECTING's request secs is the DISCOVER's (3.1 step 3), and so is the
 * xid. */
static void send_request(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    struct dhcp_form form = {.type = DHCP_REQUEST};
    int64_t again_ns;
    c->sent++;
    switch (c->state) {
    case DHCP_REQUESTING:
        form.server = c->server;
        form.requested = c->requested;
        deadline_set(s, &c->timer, now_ns + retransmission_delay(s, c->sent));
        break;
    case DHCP_REBOOTING:
        form.requested = c->requested;
        c->secs = seconds_since(c->started_ns, now_ns);
        again_ns = now_ns + retransmission_delay(s, c->sent);
        /* The lease that is being verified may end first. */
        deadline_set(s, &c->timer,
                     c->verifying && c->expiry_ns < again_ns ? c->expiry_ns : again_ns);
        break;
    case DHCP_RENEWING:
    case DHCP_REBINDING:
        form.ciaddr = c->lease.address;
        form.unicast = c->state == DHCP_RENEWING ? c->lease.server : 0;
        c->secs = seconds_since(c->started_ns, now_ns);
        c->xid = stack_random32(s, RANDOM_XID);
        c->request_ns = now_ns;
        deadline_set(s, &c->timer,
                     next_renewal(s, now_ns, c->state == DHCP_RENEWING ? c->t2_ns : c->expiry_ns));
        break;
    case DHCP_STOPPED:
    case DHCP_INIT:
    case DHCP_SELECTING:
    case DHCP_CHECKING:
    case DHCP_BOUND:
    case DHCP_INIT_REBOOT:
        STACK_PANIC(__FILE__, __LINE__, "no request in this state");
    }
    dhcp_transmit(s, c, &form, now_ns);
}

static void begin_requesting(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    c->sent = 0;
    c->request_ns = now_ns;
    move_to(s, c, DHCP_REQUESTING);
    send_request(s, c, now_ns);
}

void dhcp_begin_rebooting(struct stack *s, struct dhcp_client *c, bool verifying, int64_t now_ns)
{
    move_to(s, c, DHCP_INIT_REBOOT);
    dhcp_new_exchange(s, c, now_ns);
    c->verifying = verifying;
    c->request_ns = now_ns;
    move_to(s, c, DHCP_REBOOTING);
    send_request(s, c, now_ns);
}

static void begin_extending(struct stack *s, struct dhcp_client *c, enum dhcp_state state,
                            int64_t now_ns)
{
    dhcp_new_exchange(s, c, now_ns);
    move_to(s, c, state);
    send_request(s, c, now_ns);
}

/* --- the lease --- */

static void wait_for_t1(struct stack *s, struct dhcp_client *c)
{
    c->verifying = false;
    move_to(s, c, DHCP_BOUND);
    if (c->t1_ns == INT64_MAX)
        deadline_clear(s, &c->timer);
    else
        deadline_set(s, &c->timer, c->t1_ns);
}

static void enter_bound(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    c->failures = 0;
    stack_count(s, MODULE_DHCP, DHCP_COUNT_BOUND);
    wait_for_t1(s, c);
    report(s, c, 0, now_ns);
}

static void lose_lease(struct stack *s, struct dhcp_client *c, int error, int64_t now_ns)
{
    dhcp_lease_remove(s, c, now_ns);
    if (error == -ERR_TIMEDOUT)
        dhcp_enter_init(s, c, now_ns);
    else
        start_over(s, c, now_ns);
    report(s, c, error, now_ns);
}

static void expire(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    stack_count(s, MODULE_DHCP, DHCP_COUNT_EXPIRED);
    lose_lease(s, c, -ERR_TIMEDOUT, now_ns);
}

void dhcp_refuse_lease(struct stack *s, struct dhcp_client *c, int error, int64_t now_ns)
{
    dhcp_lease_remove(s, c, now_ns);
    start_over(s, c, now_ns);
    report(s, c, error, now_ns);
}

void dhcp_bind_lease(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    int err = dhcp_lease_apply(s, c);
    if (err < 0)
        dhcp_refuse_lease(s, c, err, now_ns);
    else
        enter_bound(s, c, now_ns);
}

/* A new lease: RFC 5227's probes come before its use (4.4.1). */
static void begin_checking(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    move_to(s, c, DHCP_CHECKING);
    if (c->expiry_ns == INT64_MAX)
        deadline_clear(s, &c->timer);
    else
        deadline_set(s, &c->timer, c->expiry_ns);
    int err = dhcp_lease_add_address(s, c, stack_knob(s, MODULE_DHCP, DHCP_KNOB_CHECK), now_ns);
    if (err < 0) {
        dhcp_refuse_lease(s, c, err, now_ns);
        return;
    }
    const struct netif_address *a = dhcp_own_address(c);
    if (a && !a->tentative)
        dhcp_bind_lease(s, c, now_ns);
}

static void take_lease(struct stack *s, struct dhcp_client *c, const struct dhcp_msg *msg,
                       uint32_t server, int64_t now_ns)
{
    dhcp_lease_read(msg, 0, &c->lease);
    c->lease.server = server;
    c->lease.since_ns = c->request_ns;
    dhcp_lease_times(s, c);
    begin_checking(s, c, now_ns);
}

/* The lease stays as it was, and is asked about again when an answer that did not come would be
 * (4.4.5); one that was only verified, at its T1. */
static void keep_lease(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    int64_t again_ns = c->t1_ns;
    if (c->state != DHCP_REBOOTING)
        again_ns = next_renewal(s, now_ns, c->state == DHCP_RENEWING ? c->t2_ns : c->expiry_ns);
    wait_for_t1(s, c);
    if (again_ns != c->t1_ns)
        deadline_set(s, &c->timer, again_ns);
}

/* The same address for longer, perhaps with other parameters: as a whole, or not at all. */
static bool extend_lease(struct stack *s, struct dhcp_client *c, const struct dhcp_msg *msg,
                         uint32_t server, int64_t now_ns)
{
    struct dhcp_lease renewed;
    dhcp_lease_read(msg, c->lease.mask, &renewed);
    renewed.server = server;
    renewed.since_ns = c->request_ns;
    if (dhcp_lease_change(s, c, &renewed, now_ns) < 0) {
        keep_lease(s, c, now_ns);
        return false;
    }
    dhcp_lease_times(s, c);
    enter_bound(s, c, now_ns);
    return true;
}

void dhcp_decline(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    const struct dhcp_form form = {
        .type = DHCP_DECLINE, .requested = c->lease.address, .server = c->lease.server};
    dhcp_lease_remove(s, c, now_ns);
    dhcp_new_exchange(s, c, now_ns);
    dhcp_transmit(s, c, &form, now_ns);
    stack_count(s, MODULE_DHCP, DHCP_COUNT_RESTARTS);
    dhcp_enter_init(s, c, now_ns + stack_knob(s, MODULE_DHCP, DHCP_KNOB_DECLINE_WAIT));
    report(s, c, -ERR_ADDRINUSE, now_ns);
}

/* --- INFORM --- */

void dhcp_send_inform(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    const struct dhcp_form form = {.type = DHCP_INFORM, .ciaddr = c->requested};
    c->secs = seconds_since(c->started_ns, now_ns);
    deadline_set(s, &c->timer, now_ns + retransmission_delay(s, ++c->sent));
    dhcp_transmit(s, c, &form, now_ns);
}

void dhcp_leave(struct stack *s, struct dhcp_client *c)
{
    deadline_clear(s, &c->timer);
    udp_unbind(s, &c->pcb);
    c->state = DHCP_STOPPED;
    c->nif->configuring = false;
    c->nif = NULL;
}

static void informed(struct stack *s, struct dhcp_client *c, const struct dhcp_msg *msg,
                     uint32_t server, int64_t now_ns)
{
    dhcp_lease_read(msg, 0, &c->lease);
    c->lease.server = server;
    c->lease.address = c->requested;
    c->lease.lease_s = c->lease.t1_s = c->lease.t2_s = 0; /* 4.4.3: there is no lease */
    c->lease.since_ns = now_ns;
    dhcp_set_name_servers(s, c->nif, &c->lease);
    c->informed = true;
    c->informed_address = c->requested;
    dhcp_leave(s, c);
    report(s, c, 0, now_ns);
}

/* --- the timer --- */

static bool out_of_tries(struct stack *s, const struct dhcp_client *c)
{
    return (int64_t)c->sent >= stack_knob(s, MODULE_DHCP, DHCP_KNOB_REQUEST_TRIES);
}

/* 3.1 step 5: nobody answered for a minute; start over, and tell. */
static void give_up_requesting(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    stack_count(s, MODULE_DHCP, DHCP_COUNT_RESTARTS);
    dhcp_enter_init(s, c, now_ns);
    report(s, c, -ERR_TIMEDOUT, now_ns);
}

static void inform_timer(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    if (!out_of_tries(s, c)) {
        dhcp_send_inform(s, c, now_ns);
        return;
    }
    dhcp_leave(s, c);
    report(s, c, -ERR_TIMEDOUT, now_ns);
}

static void act_on_timer(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    switch (c->state) {
    case DHCP_STOPPED:
        inform_timer(s, c, now_ns);
        break;
    case DHCP_INIT:
        begin_selecting(s, c, now_ns);
        break;
    case DHCP_SELECTING:
        if (c->offer_due_ns <= now_ns)
            begin_requesting(s, c, now_ns);
        else
            send_discover(s, c, now_ns);
        break;
    case DHCP_REQUESTING:
        if (out_of_tries(s, c))
            give_up_requesting(s, c, now_ns);
        else
            send_request(s, c, now_ns);
        break;
    case DHCP_REBOOTING:
        if (c->verifying && now_ns >= c->expiry_ns)
            expire(s, c, now_ns);
        else if (!out_of_tries(s, c))
            send_request(s, c, now_ns);
        else if (c->verifying)
            wait_for_t1(s, c); /* 3.7: the lease holds */
        else
            give_up_requesting(s, c, now_ns);
        break;
    case DHCP_CHECKING:
        expire(s, c, now_ns);
        break;
    case DHCP_BOUND:
        if (now_ns >= c->expiry_ns)
            expire(s, c, now_ns);
        else
            begin_extending(s, c, now_ns >= c->t2_ns ? DHCP_REBINDING : DHCP_RENEWING, now_ns);
        break;
    case DHCP_RENEWING:
        if (now_ns >= c->t2_ns)
            begin_extending(s, c, DHCP_REBINDING, now_ns);
        else
            send_request(s, c, now_ns);
        break;
    case DHCP_REBINDING:
        if (now_ns >= c->expiry_ns)
            expire(s, c, now_ns);
        else
            send_request(s, c, now_ns);
        break;
    case DHCP_INIT_REBOOT:
        STACK_PANIC(__FILE__, __LINE__, "passed through at once");
        break;
    }
}

void dhcp_timer_fired(struct stack *s, struct deadline *d, int64_t now_ns)
{
    struct dhcp_module_state *t = s->state[MODULE_DHCP];
    struct dhcp_client *c = &t->client[deadline_index(d)];
    act_on_timer(s, c, now_ns);
    STACK_INVARIANT(dhcp_client_check(c));
}

/* --- replies: what cannot be used is told by its counter, -1 is accepted --- */

/* The server that we know: the one asked, or the lease's. */
static uint32_t known_server(const struct dhcp_client *c)
{
    if (c->state == DHCP_REQUESTING)
        return c->server;
    return dhcp_has_lease(c) ? c->lease.server : 0;
}

/* Who sent this: asked in REQUESTING and RENEWING was one server, elsewhere any. RFC 2131's table 3
 * obliges the server to say who it is, RFC 2132 9.7 does not oblige us to insist: an ACK or NAK to
 * our xid that does not say it is the known server's, or that of who sent it to a remembered
 * address. An OFFER must say it, since the REQUEST has to repeat it; who answers an INFORM as well.
 */
static int check_server(const struct dhcp_client *c, const struct dhcp_msg *msg,
                        const struct ip_received *r, bool offer, uint32_t *server)
{
    uint8_t first;
    size_t len;
    bool absent = !dhcp_option_get(msg, DHCP_OPT_SERVER_ID, &first, sizeof first, &len);
    *server = known_server(c);
    if (absent && c->state == DHCP_REBOOTING && !*server)
        *server = r->source.word[0];
    if (!absent && !dhcp_option_get32(msg, DHCP_OPT_SERVER_ID, server))
        return DHCP_DROP_NO_SERVER;
    if ((absent && offer) || !dhcp_address_ok(*server))
        return DHCP_DROP_NO_SERVER;
    bool one = c->state == DHCP_REQUESTING || c->state == DHCP_RENEWING;
    return one && *server != known_server(c) ? DHCP_DROP_OTHER_SERVER : -1;
}

static int offered(struct stack *s, struct dhcp_client *c, const struct dhcp_msg *msg,
                   const struct ip_received *r, int64_t now_ns)
{
    uint32_t server;
    if (c->state != DHCP_SELECTING || c->inform || c->offer_due_ns != INT64_MAX)
        return DHCP_DROP_UNEXPECTED;
    int drop = check_server(c, msg, r, true, &server);
    if (drop >= 0)
        return drop;
    if (!dhcp_address_ok(msg->yiaddr))
        return DHCP_DROP_ADDRESS;
    stack_count(s, MODULE_DHCP, DHCP_IN_OFFER);
    c->server = server;
    c->requested = msg->yiaddr;
    c->offer_due_ns = now_ns + stack_knob(s, MODULE_DHCP, DHCP_KNOB_OFFER_WAIT);
    if (c->offer_due_ns <= now_ns)
        begin_requesting(s, c, now_ns);
    else
        deadline_set(s, &c->timer, c->offer_due_ns);
    return -1;
}

static int acknowledged(struct stack *s, struct dhcp_client *c, const struct dhcp_msg *msg,
                        const struct ip_received *r, int64_t now_ns)
{
    uint32_t server, lease_s = 0;
    bool asked = c->state == DHCP_REQUESTING || c->state == DHCP_REBOOTING ||
                 c->state == DHCP_RENEWING || c->state == DHCP_REBINDING;
    if (!asked && !c->inform)
        return DHCP_DROP_UNEXPECTED;
    int drop = check_server(c, msg, r, false, &server);
    if (drop >= 0)
        return drop;
    if (c->inform) {
        stack_count(s, MODULE_DHCP, DHCP_IN_ACK);
        informed(s, c, msg, server, now_ns);
        return -1;
    }
    if (!dhcp_address_ok(msg->yiaddr))
        return DHCP_DROP_ADDRESS;
    if (msg->yiaddr != (dhcp_has_lease(c) ? c->lease.address : c->requested))
        return DHCP_DROP_OTHER_ADDRESS;
    if (!dhcp_option_get32(msg, DHCP_OPT_LEASE_TIME, &lease_s) || lease_s == 0)
        return DHCP_DROP_NO_LEASE;
    stack_count(s, MODULE_DHCP, DHCP_IN_ACK);
    if (dhcp_has_lease(c))
        return extend_lease(s, c, msg, server, now_ns) ? -1 : DHCP_DROP_INAPPLICABLE;
    take_lease(s, c, msg, server, now_ns);
    return -1;
}

static int refused(struct stack *s, struct dhcp_client *c, const struct dhcp_msg *msg,
                   const struct ip_received *r, int64_t now_ns)
{
    uint32_t server;
    bool asked = c->state == DHCP_REQUESTING || c->state == DHCP_REBOOTING ||
                 c->state == DHCP_RENEWING || c->state == DHCP_REBINDING;
    if (!asked)
        return DHCP_DROP_UNEXPECTED;
    int drop = check_server(c, msg, r, false, &server);
    if (drop >= 0)
        return drop;
    stack_count(s, MODULE_DHCP, DHCP_IN_NAK);
    if (dhcp_has_lease(c)) {
        lose_lease(s, c, -ERR_CONNREFUSED, now_ns);
        return -1;
    }
    start_over(s, c, now_ns);
    report(s, c, -ERR_CONNREFUSED, now_ns);
    return -1;
}

void dhcp_receive(struct udp_pcb *pcb, struct stack *s, struct netbuf *nb,
                  const struct ip_received *r, uint16_t from_port, int64_t now_ns)
{
    struct dhcp_client *c = pcb->owner;
    struct dhcp_msg msg;
    (void)from_port; /* relays differ in what they send from */
    STACK_INVARIANT(dhcp_client_check(c));
    int drop, type = dhcp_accept(s, c, netbuf_data(nb), netbuf_len(nb), &msg);
    if (type < 0)
        drop = -type - 1;
    else if (type == DHCP_OFFER)
        drop = offered(s, c, &msg, r, now_ns);
    else if (type == DHCP_ACK)
        drop = acknowledged(s, c, &msg, r, now_ns);
    else if (type == DHCP_NAK)
        drop = refused(s, c, &msg, r, now_ns);
    else
        drop = DHCP_DROP_UNEXPECTED; /* also RFC 3203's unauthenticated FORCERENEW */
    if (drop >= 0)
        stack_drop(s, nb, MODULE_DHCP, (unsigned)drop);
    else
        netbuf_free(s, nb);
    STACK_INVARIANT(dhcp_client_check(c));
}

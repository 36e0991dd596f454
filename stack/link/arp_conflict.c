/*
 * Address conflict detection (RFC 5227). An address that came with a check is tentative until
 * nobody has answered PROBE_NUM probes; one in use is defended as the knob arp.defend says. When
 * the link comes up anew all begins again; after a loss of carrier that was too short to lead
 * elsewhere it goes on.
 *
 *     (address) --> WAITING -- 0..PROBE_WAIT --> PROBING -- ANNOUNCE_WAIT after the last -->
 * ANNOUNCING --> DONE |                            |                                             |
 * |
 *                      +---------- conflict --------+------> address removed <-- second conflict
 * -+----------+
 */
#include "stack/core/mem.h"
#include "stack/link/arp_private.h"

static int64_t knob(struct stack *s, enum arp_knob k)
{
    return stack_knob(s, MODULE_ARP, k);
}

size_t acd_state_size(const struct stack_limits *l)
{
    size_t each = sizeof(struct acd_netif) + NETIF_ADDRESSES * sizeof(struct acd);
    return sizeof(struct arp) + l->netifs * each;
}

static struct netif *netif_of(struct stack *s, const struct acd *c, unsigned *slot)
{
    struct arp *a = s->state[MODULE_ARP];
    unsigned at = (unsigned)(c - a->slot);
    *slot = at % NETIF_ADDRESSES;
    return &s->netif[at / NETIF_ADDRESSES];
}

static void move_to(struct stack *s, struct acd *c, enum acd_state state)
{
    if (c->state != state)
        stack_trace(s, TRACE_STATE, "arp.conflict_detection", state);
    c->state = (uint8_t)state;
}

static bool link_is_up(const struct netif *nif)
{
    return (nif->flags & NETIF_UP) && (nif->flags & NETIF_RUNNING);
}

static bool is_probing(const struct acd *c)
{
    return c->state == ACD_WAITING || c->state == ACD_PROBING;
}

#ifdef STACK_CHECK
/* Each slot is about the interface's address in it; what is to be sent has its time while the link
 * is up, and nothing else has one; nobody is left tentative without being probed. */
static void check(const struct arp *a, const struct netif *nif)
{
    for (unsigned slot = 0; slot < NETIF_ADDRESSES; slot++) {
        const struct acd *c = &a->slot[nif->index * NETIF_ADDRESSES + slot];
        const struct netif_address *address = &nif->address[slot];
        bool sends = is_probing(c) || c->state == ACD_ANNOUNCING;
        bool ours = address->addr.family == ADDR_IPV4;
        STACK_ASSERT(addr_equal(&c->addr, &address->addr) && c->state <= ACD_DONE);
        STACK_ASSERT((c->timer.due_ns != INT64_MAX) == (sends && link_is_up(nif)));
        STACK_ASSERT(c->checked || !is_probing(c));
        STACK_ASSERT(!(ours && address->tentative && link_is_up(nif)) || is_probing(c));
        STACK_ASSERT(ours || c->state == ACD_IDLE);
    }
}
#endif

/* Uniform in low .. high, by the microsecond. */
static int64_t random_between(struct stack *s, int64_t low_ns, int64_t high_ns)
{
    uint32_t span_us = 0;
    for (int64_t left = high_ns - low_ns; left >= 1000 && span_us < 3600000000u;) {
        /* 64-bit division is a loop here, too; the span is seconds, so that subtracting seconds
         * first is short */
        int64_t step_us = left >= 1000000000 ? 1000000 : left >= 1000000 ? 1000 : 1;
        left -= step_us * 1000;
        span_us += (uint32_t)step_us;
    }
    return low_ns + (int64_t)stack_random_below(s, RANDOM_JITTER, span_us + 1) * 1000;
}

static void send(struct stack *s, struct netif *nif, struct acd *c, bool probe, int64_t now_ns)
{
    if (!(nif->flags & NETIF_ARP)) /* switched off meanwhile: nobody is told, nobody is asked */
        return;
    struct arp_hdr hdr = {
        .op = ARP_REQUEST, .spa = probe ? 0 : c->addr.word[0], .tpa = c->addr.word[0]};
    memcpy(hdr.sha, nif->mac, sizeof hdr.sha);
    stack_count(s, MODULE_ARP, probe ? ARP_PROBES_SENT : ARP_ANNOUNCEMENTS_SENT);
    c->sent_ns = now_ns;
    arp_send(s, nif, &hdr, NULL, now_ns);
}

/* When the next packet about this address may leave: a carrier that flaps must not make us send one
 * each time. */
static int64_t earliest(const struct acd *c, int64_t interval_ns)
{
    return c->sent_ns == INT64_MIN ? INT64_MIN : c->sent_ns + interval_ns;
}

/* All probes, from `start` on. */
static void probe_from(struct stack *s, struct acd *c, int64_t start_ns)
{
    int64_t apart = earliest(c, knob(s, ARP_PROBE_MIN));
    start_ns = apart > start_ns ? apart : start_ns;
    c->start_ns = start_ns;
    c->checked = true;
    c->sent = 0;
    move_to(s, c, ACD_WAITING);
    deadline_set(s, &c->timer, start_ns + random_between(s, 0, knob(s, ARP_PROBE_WAIT)));
}

/* RFC 5227 2.1.1: after MAX_CONFLICTS, not more than one attempt each RATE_LIMIT_INTERVAL.
 * Conflicts over an address in use count as well; another link starts afresh. */
static void start_probing(struct stack *s, struct netif *nif, struct acd *c, int64_t now_ns)
{
    struct arp *a = s->state[MODULE_ARP];
    struct acd_netif *per = &a->per_netif[nif->index];
    int64_t start = now_ns;
    if (per->started_ns != INT64_MIN && per->conflicts >= (uint32_t)knob(s, ARP_MAX_CONFLICTS)) {
        int64_t allowed = per->started_ns + knob(s, ARP_RATE_LIMIT_INTERVAL);
        start = allowed > now_ns ? allowed : now_ns;
    }
    probe_from(s, c, start);
    per->started_ns = c->start_ns;
}

static void announce(struct stack *s, struct netif *nif, struct acd *c, int64_t now_ns)
{
    if (c->sent >= (uint32_t)knob(s, ARP_ANNOUNCE_NUM)) {
        move_to(s, c, ACD_DONE);
        return;
    }
    c->sent++;
    send(s, nif, c, false, now_ns);
    if (c->sent < (uint32_t)knob(s, ARP_ANNOUNCE_NUM))
        deadline_set(s, &c->timer, now_ns + knob(s, ARP_ANNOUNCE_INTERVAL));
    else
        move_to(s, c, ACD_DONE);
}

/* RFC 5227 2.3: from the first announcement on the address is in use. */
static void succeed(struct stack *s, struct netif *nif, struct acd *c, unsigned slot,
                    int64_t now_ns)
{
    struct ip_addr addr = c->addr;
    if (!netif_address_has_room(nif, slot)) { /* what cannot be used is not announced */
        netif_remove_address(nif, &addr, now_ns);
        return;
    }
    c->sent = 0;
    move_to(s, c, ACD_ANNOUNCING);
    announce(s, nif, c, now_ns);
    netif_address_ready(nif, slot, now_ns);
}

static void probe(struct stack *s, struct netif *nif, struct acd *c, unsigned slot, int64_t now_ns)
{
    if (c->sent >= (uint32_t)knob(s, ARP_PROBE_NUM)) {
        succeed(s, nif, c, slot, now_ns);
        return;
    }
    c->sent++;
    int64_t next = knob(s, ARP_ANNOUNCE_WAIT);
    if (c->sent < (uint32_t)knob(s, ARP_PROBE_NUM))
        next = random_between(s, knob(s, ARP_PROBE_MIN), knob(s, ARP_PROBE_MAX));
    deadline_set(s, &c->timer, now_ns + next);
    send(s, nif, c, true, now_ns);
}

static void on_timer(struct stack *s, struct deadline *d, int64_t now_ns)
{
    unsigned slot;
    struct arp *a = s->state[MODULE_ARP];
    struct acd *c = &a->slot[deadline_index(d)];
    struct netif *nif = netif_of(s, c, &slot);
    switch ((enum acd_state)c->state) {
    case ACD_WAITING:
        move_to(s, c, ACD_PROBING);
        probe(s, nif, c, slot, now_ns);
        break;
    case ACD_PROBING:
        probe(s, nif, c, slot, now_ns);
        break;
    case ACD_ANNOUNCING:
        announce(s, nif, c, now_ns);
        break;
    case ACD_IDLE:
    case ACD_DONE:
        STACK_PANIC(__FILE__, __LINE__, "no timer in this state");
    }
    STACK_INVARIANT(check(a, nif));
}

void acd_init(struct stack *s, struct arp *a)
{
    a->netifs = s->config.limits.netifs;
    a->slot = (struct acd *)(void *)(a + 1);
    a->per_netif = (struct acd_netif *)(void *)(a->slot + a->netifs * NETIF_ADDRESSES);
    for (uint32_t i = 0; i < a->netifs; i++)
        a->per_netif[i].started_ns = INT64_MIN;
    for (uint32_t i = 0; i < a->netifs * NETIF_ADDRESSES; i++) {
        a->slot[i].conflict_ns = a->slot[i].sent_ns = INT64_MIN;
        deadline_init(&a->slot[i].timer, deadline_rank(MODULE_ARP, i), "arp.conflict_detection",
                      on_timer);
    }
}

static void reset(struct stack *s, struct acd *c, const struct ip_addr *addr)
{
    deadline_clear(s, &c->timer);
    move_to(s, c, ACD_IDLE);
    c->addr = *addr;
    c->conflict_ns = c->sent_ns = INT64_MIN;
    c->checked = false;
}

/* Follows the slots of the interface. */
static void look_at_addresses(struct stack *s, struct arp *a, struct netif *nif, int64_t now_ns)
{
    for (unsigned slot = 0; slot < NETIF_ADDRESSES; slot++) {
        struct netif_address *address = &nif->address[slot];
        struct acd *c = &a->slot[nif->index * NETIF_ADDRESSES + slot];
        if (!addr_equal(&c->addr, &address->addr))
            reset(s, c, &address->addr);
        if (address->addr.family == ADDR_IPV4 && address->tentative && c->state == ACD_IDLE &&
            link_is_up(nif))
            start_probing(s, nif, c, now_ns);
    }
}

/* RFC 5227 2.1: a cable that was plugged in may lead to another net, so that what was checked once
 * is checked again. It is not used meanwhile, unless the knob says so: in the spirit of RFC 4436,
 * most cables lead back to where they were. */
static void check_again(struct stack *s, struct netif *nif, struct acd *c, unsigned slot,
                        int64_t now_ns)
{
    move_to(s, c, ACD_IDLE);
    if (!c->checked || !knob(s, ARP_RECHECK))
        return;
    if (knob(s, ARP_RECHECK_IN_USE))
        start_probing(s, nif, c, now_ns);
    else
        nif->address[slot].tentative = true;
}

/* The same link goes on: probes that may have been lost are sent anew, all of them, and the
 * announcement that was due follows. The attempt is the one that was allowed before: a carrier that
 * flaps must not put it off by another RATE_LIMIT_INTERVAL each time. */
static void resume(struct stack *s, struct acd *c, int64_t now_ns)
{
    if (is_probing(c))
        probe_from(s, c, c->start_ns > now_ns ? c->start_ns : now_ns);
    else if (c->state == ACD_ANNOUNCING)
        deadline_set(s, &c->timer, earliest(c, knob(s, ARP_ANNOUNCE_INTERVAL)));
}

static void link_came(struct stack *s, struct arp *a, struct netif *nif, int64_t now_ns)
{
    if (nif->new_link)
        a->per_netif[nif->index].conflicts = 0;
    for (unsigned slot = 0; slot < NETIF_ADDRESSES; slot++) {
        struct acd *c = &a->slot[nif->index * NETIF_ADDRESSES + slot];
        if (nif->new_link)
            check_again(s, nif, c, slot, now_ns);
        else
            resume(s, c, now_ns);
    }
}

static void link_went(struct stack *s, struct arp *a, struct netif *nif)
{
    for (unsigned slot = 0; slot < NETIF_ADDRESSES; slot++)
        deadline_clear(s, &a->slot[nif->index * NETIF_ADDRESSES + slot].timer);
}

/* Each address that is in use, once: what RFC 5227 2.3 says of a change of hardware address, or
 * place. */
static void announce_all(struct stack *s, struct arp *a, struct netif *nif, int64_t now_ns)
{
    for (unsigned slot = 0; slot < NETIF_ADDRESSES && link_is_up(nif); slot++) {
        struct acd *c = &a->slot[nif->index * NETIF_ADDRESSES + slot];
        if (c->addr.family == ADDR_IPV4 && !nif->address[slot].tentative)
            send(s, nif, c, false, now_ns);
    }
}

void acd_on_netif(struct stack *s, struct arp *a, struct netif *nif, enum netif_event event,
                  int64_t now_ns)
{
    switch (event) {
    case NETIF_EVENT_DOWN:
    case NETIF_EVENT_NO_CARRIER:
        link_went(s, a, nif);
        break;
    case NETIF_EVENT_UP:
    case NETIF_EVENT_CARRIER:
        if (link_is_up(nif))
            link_came(s, a, nif, now_ns);
        break;
    case NETIF_EVENT_GONE:
        a->per_netif[nif->index] = (struct acd_netif){.started_ns = INT64_MIN};
        break;
    case NETIF_EVENT_ANNOUNCE:
        announce_all(s, a, nif, now_ns);
        break;
    case NETIF_EVENT_ADDRESS:
    case NETIF_EVENT_NO_ADDRESS:
        break;
    }
    look_at_addresses(s, a, nif, now_ns);
    STACK_INVARIANT(check(a, nif));
}

static void give_up(struct stack *s, struct netif *nif, struct acd *c, int64_t now_ns)
{
    struct ip_addr addr = c->addr;
    stack_count(s, MODULE_ARP, ARP_GIVEN_UP);
    netif_address_conflict(nif, &addr, now_ns);
}

/* RFC 5227 2.4 (a), (b), (c). */
static void defend(struct stack *s, struct netif *nif, struct acd *c, int64_t now_ns)
{
    enum arp_defend how = (enum arp_defend)knob(s, ARP_DEFEND);
    bool recent =
        c->conflict_ns != INT64_MIN && now_ns - c->conflict_ns < knob(s, ARP_DEFEND_INTERVAL);
    if (how == ARP_GIVE_UP || (how == ARP_DEFEND_ONCE && recent)) {
        give_up(s, nif, c, now_ns);
    } else if (!recent) {
        c->conflict_ns = now_ns;
        send(s, nif, c, false, now_ns);
    }
}

static void react(struct stack *s, struct netif *nif, struct acd *c, bool tentative, int64_t now_ns)
{
    struct arp *a = s->state[MODULE_ARP];
    stack_count(s, MODULE_ARP, ARP_CONFLICTS);
    a->per_netif[nif->index].conflicts++;
    if (tentative || is_probing(c)) /* in use as it may be: on this link it was another's before */
        give_up(s, nif, c, now_ns);
    else
        defend(s, nif, c, now_ns);
}

/* refuse_sender has seen to it that the packet is not our own. A probe for a candidate of ours is a
 * claim as good as ours (2.1.1); for an address in use it is a question, and gets its answer. */
bool acd_conflict(struct stack *s, struct netif *nif, const struct arp_hdr *hdr, int64_t now_ns)
{
    struct arp *a = s->state[MODULE_ARP];
    for (unsigned slot = 0; slot < NETIF_ADDRESSES; slot++) {
        const struct netif_address *address = &nif->address[slot];
        uint32_t own = address->addr.word[0];
        if (address->addr.family != ADDR_IPV4)
            continue;
        bool probes_too =
            hdr->spa == 0 && hdr->op == ARP_REQUEST && hdr->tpa == own && address->tentative;
        if (hdr->spa == own || probes_too) {
            react(s, nif, &a->slot[nif->index * NETIF_ADDRESSES + slot], address->tentative,
                  now_ns);
            return true;
        }
    }
    return false;
}

/*
 * ARP (RFC 826), the resolver of IPv4's neighbours. "Packet Reception" is followed in its own
 * order: type and length questions, merge into the table, are we the target, add to the table, and
 * only then the operation.
 */
#include "stack/core/addr_class.h"
#include "stack/core/mem.h"
#include "stack/core/neighbour.h"
#include "stack/core/route.h"
#include "stack/core/text.h"
#include "stack/link/arp_private.h"
#include "stack/link/link.h"
#include "stack/wire/ethernet.h"

#define SECONDS INT64_C(1000000000)

/* RFC 826 takes every packet of a sender for what is so now. */
enum { MERGE = NEIGHBOUR_SOLICITED | NEIGHBOUR_OVERRIDE };

/* ARP_COUNTERS: the header is sound. */
static enum arp_counter counter_of(enum arp_fault fault)
{
    switch (fault) {
    case ARP_SHORT:
        return ARP_DROP_SHORT;
    case ARP_HARDWARE_UNKNOWN:
        return ARP_DROP_HARDWARE_TYPE;
    case ARP_HARDWARE_LENGTH:
        return ARP_DROP_HARDWARE_LENGTH;
    case ARP_PROTOCOL_UNKNOWN:
        return ARP_DROP_PROTOCOL_TYPE;
    case ARP_PROTOCOL_LENGTH:
        return ARP_DROP_PROTOCOL_LENGTH;
    case ARP_ADDRESSES_SHORT:
        return ARP_DROP_CUT_SHORT;
    case ARP_SOUND:
    case ARP_FAULTS:
        break;
    }
    return ARP_COUNTERS;
}

static void drop(struct stack *s, struct netbuf *nb, enum arp_counter why)
{
    stack_drop(s, nb, MODULE_ARP, why);
}

void arp_send(struct stack *s, struct netif *nif, const struct arp_hdr *hdr, const uint8_t *to,
              int64_t now_ns)
{
    struct netbuf *nb = nif->link ? netif_packet(nif, 0, ARP_LEN) : NULL;
    if (!nb) {
        stack_count(s, MODULE_ARP, ARP_NO_BUFFER);
        return;
    }
    arp_emit(hdr, netbuf_data(nb), ARP_LEN);
    nif->link->output(s, nif, nb, ETHERNET_TYPE_ARP, to, now_ns);
}

static void solicit(struct stack *s, struct netif *nif, const struct ip_addr *addr,
                    const uint8_t *to, int64_t now_ns)
{
    const struct netif_address *source = netif_source(nif, addr);
    if (!source) {
        stack_count(s, MODULE_ARP, ARP_NO_SOURCE);
        return;
    }
    struct arp_hdr hdr = {.op = ARP_REQUEST, .spa = source->addr.word[0], .tpa = addr->word[0]};
    memcpy(hdr.sha, nif->mac, sizeof hdr.sha);
    if (ipv4_is_link_local(hdr.spa))
        to = NULL; /* RFC 3927 2.5: what speaks of a link-local address is always broadcast */
    stack_count(s, MODULE_ARP, ARP_REQUESTS_SENT);
    arp_send(s, nif, &hdr, to, now_ns);
}

static void reply(struct stack *s, struct netif *nif, const struct arp_hdr *request, int64_t now_ns)
{
    struct arp_hdr hdr = {.op = ARP_REPLY, .spa = request->tpa, .tpa = request->spa};
    memcpy(hdr.sha, nif->mac, sizeof hdr.sha);
    memcpy(hdr.tha, request->sha, sizeof hdr.tha);
    stack_count(s, MODULE_ARP, ARP_REPLIES_SENT);
    arp_send(s, nif, &hdr, ipv4_is_link_local(hdr.spa) ? NULL : request->sha, now_ns);
}

static bool is_own(const struct netif *nif, uint32_t a)
{
    return ipv4_roles(nif->stack, nif, a) & ADDR_OWN_HERE;
}

/* No host has such an address; a net's broadcast in both forms, all ones and the obsolete zeros
 * (RFC 1122 3.3.6). 0.0.0.0 is a probe's (RFC 5227 2.1.1), and never entered. */
static bool is_no_host(const struct netif *nif, uint32_t a)
{
    const unsigned many = ADDR_BROADCAST_HERE | ADDR_ZEROS_HERE;
    return a != 0 && (!ipv4_is_host(a) || ipv4_roles(nif->stack, nif, a) & many);
}

static bool is_on_link(struct stack *s, const struct netif *nif, uint32_t a)
{
    bool down;
    struct ip_addr addr = addr_ipv4(a);
    const struct route *r = route_lookup(s, &addr, nif, &down);
    return r && r->gateway.family == ADDR_NONE;
}

/* RFC 5227 2.1.1: of any of our interfaces. */
static bool is_own_mac(const struct stack *s, const uint8_t mac[6])
{
    for (uint32_t i = 0; i < s->netifs; i++)
        if (s->netif[i].link && memcmp(s->netif[i].mac, mac, NETIF_MAC_BYTES) == 0)
            return true;
    return false;
}

static bool is_zero(const uint8_t mac[6])
{
    return (mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]) == 0;
}

/* Who speaks, and may they? ARP_COUNTERS when so. RFC 826 does not ask; every stack that did not
 * has been poisoned. */
static enum arp_counter refuse_sender(struct stack *s, const struct netif *nif,
                                      const struct arp_hdr *hdr, const uint8_t source[6])
{
    if (ethernet_is_group(hdr->sha) || is_zero(hdr->sha))
        return ARP_DROP_SENDER_HARDWARE;
    if (is_own_mac(s, hdr->sha))
        return ARP_DROP_SENDER_OWN;
    if (stack_knob(s, MODULE_ARP, ARP_CHECK_SOURCE) &&
        memcmp(hdr->sha, source, sizeof hdr->sha) != 0)
        return ARP_DROP_SENDER_SPOOFED;
    if (is_no_host(nif, hdr->spa))
        return ARP_DROP_SENDER_PROTOCOL;
    return ARP_COUNTERS;
}

/* The operation comes last (RFC 826). An unsolicited reply enters nobody: only those we asked have
 * an entry to merge into. */
static void answer(struct stack *s, struct netbuf *nb, const struct arp_hdr *hdr, bool merged,
                   int64_t now_ns)
{
    struct netif *nif = nb->nif;
    struct ip_addr sender = addr_ipv4(hdr->spa);
    bool unsolicited = hdr->op != ARP_REQUEST && !stack_knob(s, MODULE_ARP, ARP_ACCEPT_UNSOLICITED);
    if (!merged && hdr->spa != 0 && !unsolicited)
        neighbour_heard(nif, &sender, hdr->sha, MERGE | NEIGHBOUR_CREATE, now_ns);
    if (hdr->op == ARP_REQUEST) {
        reply(s, nif, hdr, now_ns);
        netbuf_free(s, nb);
    } else if (hdr->op != ARP_REPLY) {
        drop(s, nb, ARP_DROP_UNKNOWN_OP);
    } else if (!merged && unsolicited) {
        drop(s, nb, ARP_DROP_UNSOLICITED);
    } else {
        netbuf_free(s, nb);
    }
}

static void receive(struct stack *s, struct netbuf *nb, const struct arp_hdr *hdr, int64_t now_ns)
{
    struct netif *nif = nb->nif;
    struct ip_addr sender = addr_ipv4(hdr->spa);
    if (acd_conflict(s, nif, hdr, now_ns)) {
        drop(s, nb, ARP_DROP_CONFLICT);
        return;
    }
    bool merged = hdr->spa != 0 && neighbour_heard(nif, &sender, hdr->sha, MERGE, now_ns);
    if (!is_own(nif, hdr->tpa)) {
        if (merged)
            netbuf_free(s, nb);
        else
            drop(s, nb, ARP_DROP_NOT_FOR_US);
        return;
    }
    if (!merged && hdr->spa != 0 && !stack_knob(s, MODULE_ARP, ARP_ACCEPT_FOREIGN) &&
        !is_on_link(s, nif, hdr->spa)) {
        drop(s, nb, ARP_DROP_SENDER_FOREIGN);
        return;
    }
    answer(s, nb, hdr, merged, now_ns);
}

static void input(struct stack *s, struct netbuf *nb, const uint8_t source[6], int64_t now_ns)
{
    struct arp_hdr hdr;
    if (!(nb->nif->flags & NETIF_ARP)) {
        drop(s, nb, ARP_DROP_OFF);
        return;
    }
    enum arp_counter malformed = counter_of(arp_parse(netbuf_data(nb), netbuf_len(nb), &hdr));
    if (malformed != ARP_COUNTERS) {
        drop(s, nb, malformed);
        return;
    }
    if (hdr.op == 0 || hdr.op == 0xffff) { /* RFC 5494 3: reserved */
        drop(s, nb, ARP_DROP_RESERVED_OP);
        return;
    }
    enum arp_counter refusal = refuse_sender(s, nb->nif, &hdr, source);
    if (refusal != ARP_COUNTERS)
        drop(s, nb, refusal);
    else
        receive(s, nb, &hdr, now_ns);
}

/* An entry is probed shortly before it expires, when it is used (RFC 1122 2.3.2.1 (2)). */
static void times(const struct stack *s, struct neighbour_times *t)
{
    bool refresh = stack_knob(s, MODULE_ARP, ARP_REFRESH);
    int64_t expiry_ns = stack_knob(s, MODULE_ARP, ARP_EXPIRY);
    *t = (struct neighbour_times){
        .reachable_ns =
            refresh ? expiry_ns - stack_knob(s, MODULE_ARP, ARP_REFRESH_BEFORE) : expiry_ns,
        .expiry_ns = expiry_ns,
        .retrans_ns = stack_knob(s, MODULE_ARP, ARP_RETRY),
        .multicast_tries = (uint32_t)stack_knob(s, MODULE_ARP, ARP_TRIES),
        .unicast_tries = refresh,
    };
}

static const struct neighbour_resolver resolver = {
    .family = ADDR_IPV4,
    .ethertype = ETHERNET_TYPE_IPV4,
    .times = times,
    .solicit = solicit,
};

static int init(struct stack *s, void *state, int64_t now_ns)
{
    (void)now_ns;
    struct link_protocol protocol = {
        .ethertype = ETHERNET_TYPE_ARP, .module = MODULE_ARP, .input = input};
    acd_init(s, state);
    int error = neighbour_resolver_register(s, &resolver);
    return error < 0 ? error : link_register(s, &protocol);
}

static void on_netif(struct stack *s, void *state, struct netif *nif, enum netif_event event,
                     int64_t now_ns)
{
    acd_on_netif(s, state, nif, event, now_ns);
}

/* While an address is asked for: packets wait for it, or a timer does. */
static bool busy(struct stack *s, void *state)
{
    (void)state;
    return module_busy(s, MODULE_NEIGHBOUR);
}

/* "entry 10.0.2.2" */
static int query(struct stack *s, void *state, const char *what, char *out, size_t room)
{
    uint32_t address;
    (void)state;
    const char *which = text_after(what, "entry ");
    if (!which || !text_parse_ipv4(which, &address))
        return -ERR_NOENT;
    struct ip_addr a = addr_ipv4(address);
    return neighbour_describe(s, &a, out, room);
}

static const struct knob knobs[ARP_KNOBS] = {
    [ARP_EXPIRY] = {"expiry", KNOB_NS, 60 * SECONDS, SECONDS,
                    86400 * SECONDS}, /* RFC 1122 2.3.2.1: "on the order of a minute" */
    [ARP_REFRESH] = {"refresh", KNOB_BOOL, 1, 0, 1},
    [ARP_REFRESH_BEFORE] = {"refresh_before", KNOB_NS, 5 * SECONDS, 0, 86400 * SECONDS},
    [ARP_RETRY] = {"retry", KNOB_NS, SECONDS, 1, 3600 * SECONDS},
    [ARP_TRIES] = {"tries", KNOB_NUMBER, 3, 1, 100},
    [ARP_CHECK_SOURCE] = {"check_source", KNOB_BOOL, 0, 0, 1},
    [ARP_ACCEPT_FOREIGN] = {"accept_foreign", KNOB_BOOL, 1, 0, 1},
    [ARP_ACCEPT_UNSOLICITED] = {"accept_unsolicited", KNOB_BOOL, 0, 0, 1},
    [ARP_PROBE_WAIT] = {"probe_wait", KNOB_NS, SECONDS, 0, 3600 * SECONDS},
    [ARP_PROBE_NUM] = {"probe_num", KNOB_NUMBER, 3, 0, 100},
    [ARP_PROBE_MIN] = {"probe_min", KNOB_NS, SECONDS, 0, 3600 * SECONDS},
    [ARP_PROBE_MAX] = {"probe_max", KNOB_NS, 2 * SECONDS, 0, 3600 * SECONDS},
    [ARP_ANNOUNCE_WAIT] = {"announce_wait", KNOB_NS, 2 * SECONDS, 0, 3600 * SECONDS},
    [ARP_ANNOUNCE_NUM] = {"announce_num", KNOB_NUMBER, 2, 0, 100},
    [ARP_ANNOUNCE_INTERVAL] = {"announce_interval", KNOB_NS, 2 * SECONDS, 0, 3600 * SECONDS},
    [ARP_MAX_CONFLICTS] = {"max_conflicts", KNOB_NUMBER, 10, 0, 1000000},
    [ARP_RATE_LIMIT_INTERVAL] = {"rate_limit_interval", KNOB_NS, 60 * SECONDS, 0, 86400 * SECONDS},
    [ARP_DEFEND_INTERVAL] = {"defend_interval", KNOB_NS, 10 * SECONDS, 0, 86400 * SECONDS},
    [ARP_DEFEND] = {"defend", KNOB_NUMBER, ARP_DEFEND_ONCE, ARP_GIVE_UP, ARP_DEFEND_ALWAYS},
    [ARP_RECHECK] = {"recheck", KNOB_BOOL, 1, 0, 1},
    [ARP_RECHECK_IN_USE] = {"recheck_in_use", KNOB_BOOL, 0, 0, 1},
};

static const char *const counters[ARP_COUNTERS] = {
    [ARP_DROP_SHORT] = "drop.short",
    [ARP_DROP_HARDWARE_TYPE] = "drop.hardware_type",
    [ARP_DROP_HARDWARE_LENGTH] = "drop.hardware_length",
    [ARP_DROP_PROTOCOL_TYPE] = "drop.protocol_type",
    [ARP_DROP_PROTOCOL_LENGTH] = "drop.protocol_length",
    [ARP_DROP_CUT_SHORT] = "drop.cut_short",
    [ARP_DROP_RESERVED_OP] = "drop.reserved_op",
    [ARP_DROP_OFF] = "drop.off",
    [ARP_DROP_SENDER_HARDWARE] = "drop.sender_hardware",
    [ARP_DROP_SENDER_OWN] = "drop.sender_own",
    [ARP_DROP_SENDER_SPOOFED] = "drop.sender_spoofed",
    [ARP_DROP_SENDER_PROTOCOL] = "drop.sender_protocol",
    [ARP_DROP_SENDER_FOREIGN] = "drop.sender_foreign",
    [ARP_DROP_CONFLICT] = "drop.conflict",
    [ARP_DROP_NOT_FOR_US] = "drop.not_for_us",
    [ARP_DROP_UNSOLICITED] = "drop.unsolicited",
    [ARP_DROP_UNKNOWN_OP] = "drop.unknown_op",
    [ARP_REQUESTS_SENT] = "requests_sent",
    [ARP_REPLIES_SENT] = "replies_sent",
    [ARP_PROBES_SENT] = "probes_sent",
    [ARP_ANNOUNCEMENTS_SENT] = "announcements_sent",
    [ARP_CONFLICTS] = "conflicts",
    [ARP_GIVEN_UP] = "given_up",
    [ARP_NO_BUFFER] = "no_buffer",
    [ARP_NO_SOURCE] = "no_source",
};

const struct module arp_module = {
    .name = "arp",
    .id = MODULE_ARP,
    .state_size = acd_state_size,
    .init = init,
    .netif = on_netif,
    .knobs = knobs,
    .knob_count = ARP_KNOBS,
    .counters = counters,
    .counter_count = ARP_COUNTERS,
    .query = query,
    .busy = busy,
};

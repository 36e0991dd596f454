/* DHCP, both sides: RFC 2131, 2132, 1542. */
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>
#include "sim/monitor/inside.h"
#include "sim/monitor/lease.h"

enum { UDP = 8, HLEN = 2, HOPS = 3, XID = 4, SECS = 8, FLAGS = 10, CIADDR = 12, YIADDR = 16 };
enum { SIADDR = 20, GIADDR = 24, CHADDR = 28, COOKIE = 236, OPTIONS = 240, LEAST = 300 };
enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM };
enum option_code {
    REQUESTED = 50,
    LEASE_TIME = 51,
    OVERLOAD = 52,
    TYPE = 53,
    SERVER = 54,
    PARAMETERS = 55,
    MAX_SIZE = 57,
    T1 = 58,
    T2 = 59,
    CLASS = 60,
    CLIENT_ID = 61,
    END = 255
};
#define GROWN_NS (60 * SECOND_NS) /* beyond it, gaps need not grow: RFC 2131 4.1 */

struct message {
    const uint8_t *m;
    uint32_t len;
    const uint8_t *option[256]; /* at its length octet; the first of its kind */
    uint32_t type;
    bool ended;
};

static uint32_t number(const struct message *d, enum option_code code)
{
    const uint8_t *o = d->option[code];
    return o && o[0] == 4 ? get32(o + 1) : 0;
}

/* Of each known option its length (RFC 2132); 0: any. */
static bool option_fits(uint32_t code, uint32_t len)
{
    switch (code) {
    case REQUESTED:
    case LEASE_TIME:
    case SERVER:
    case T1:
    case T2:
    case 1:
        return len == 4;
    case TYPE:
    case OVERLOAD:
        return len == 1;
    case MAX_SIZE:
        return len == 2;
    case CLIENT_ID:
        return len >= 2;
    case 3:
    case 6:
        return len >= 4 && len % 4 == 0;
    default:
        return true;
    }
}

/* The options up to their end. */
static bool read_options(struct monitor *m, struct message *d)
{
    uint32_t at = OPTIONS;
    while (at < d->len && d->m[at] != END) {
        if (d->m[at] == 0) {
            at++;
            continue;
        }
        uint32_t code = d->m[at], end = at + 1 < d->len ? at + 2 + d->m[at + 1] : d->len + 1;
        if (!HOLDS(m, end <= d->len, dhcp_options, "option %u runs over the message", code))
            return false;
        HOLDS(m, option_fits(code, d->m[at + 1]), dhcp_option_length, "option %u of %u octets",
              code, d->m[at + 1]);
        if (!d->option[code])
            d->option[code] = d->m + at + 1;
        at = end;
    }
    d->ended = at < d->len;
    HOLDS(m, d->ended, dhcp_end, "the options have no end");
    if (!HOLDS(m, d->option[TYPE], dhcp_type, "no message type"))
        return false;
    d->type = d->option[TYPE][1];
    return HOLDS(m, d->type >= DISCOVER && d->type <= 18, dhcp_type, "message type %u", d->type);
}

static void keep(struct monitor *m, struct kept *k, const uint8_t *option, enum monitor_rule rule,
                 const char *what)
{
    uint8_t len = option ? option[0] : 0, some = len < KEPT_OCTETS ? len : KEPT_OCTETS;
    if (!option)
        return;
    if (k->there && (k->len != len || memcmp(k->octets, option + 1, some) != 0))
        broken(m, rule, "%s is not that of the messages before", what);
    k->there = true;
    k->len = len;
    memcpy(k->octets, option + 1, some);
}

/* --- the client --- */

static void client_fields(struct monitor *m, const struct message *d)
{
    const struct sight *s = &m->sight;
    uint32_t sport = get16(s->body);
    HOLDS(m, sport == 68, dhcp_ports, "from port %u, not 68", sport);
    HOLDS(m, d->m[0] == 1, dhcp_op, "op %u in a message to a server", d->m[0]);
    HOLDS(m, d->m[1] != 1 || d->m[HLEN] == 6, dhcp_hlen, "hlen %u for Ethernet", d->m[HLEN]);
    HOLDS(m, !(get16(d->m + FLAGS) & 0x7fff), dhcp_flags, "flags 0x%04x", get16(d->m + FLAGS));
    HOLDS(m, !get32(d->m + YIADDR) && !get32(d->m + SIADDR) && !get32(d->m + GIADDR), dhcp_zeros,
          "yiaddr, siaddr or giaddr is not 0");
    HOLDS(m, d->m[HOPS] == 0, dhcp_zeros, "hops %u", d->m[HOPS]);
    HOLDS(m, d->len >= LEAST, dhcp_length, "a message of %u octets", d->len);
    if (s->eth && d->m[1] == 1)
        HOLDS(m, memcmp(d->m + CHADDR, s->eth + ETHER_ADDR_LEN, 6) == 0, dhcp_chaddr,
              "chaddr is not the address that the frame comes from");
}

static void discover(struct monitor *m, const struct message *d, struct lease *l)
{
    const struct sight *s = &m->sight;
    HOLDS(m, s->src == 0 && s->dst == INADDR_BROADCAST, dhcp_discover_to,
          "DISCOVER from %s to %s, not from 0.0.0.0 to 255.255.255.255", ip_words(s->src),
          ip_words(s->dst));
    HOLDS(m, !d->option[SERVER], dhcp_discover_server, "DISCOVER with a server identifier");
    HOLDS(m, !get32(d->m + CIADDR), dhcp_discover_ciaddr, "DISCOVER with ciaddr");
    l->discovered = true;
    l->discover_xid = get32(d->m + XID);
    l->discover_secs = get16(d->m + SECS);
    l->naked = l->bound = false;
}

/* The offer that a client takes: number, server and address are its. */
static void select_offer(struct monitor *m, const struct message *d, const struct lease *l)
{
    uint32_t server = number(d, SERVER), address = number(d, REQUESTED), xid = get32(d->m + XID);
    bool offered = !l->offers, heard = false; /* an offer of that server's */
    HOLDS(m, d->option[REQUESTED] && !get32(d->m + CIADDR), dhcp_select,
          "REQUEST to a server without the address that it offered, or with ciaddr");
    for (uint32_t k = 0; k < l->offers && k < OFFERS; k++) {
        bool of_server = l->offer[k].server == server && l->offer[k].xid == xid;
        offered |= of_server && l->offer[k].address == address;
        heard |= of_server;
    }
    if (!heard && !(m->known & NEEDS_PORT))
        m->known &= ~(unsigned)NEEDS_COMPLETE; /* another wire may have carried it */
    HOLDS(m, offered, dhcp_offered, "REQUEST for %s of %s, which was not offered under this number",
          ip_words(address), ip_words(server));
    if (l->discovered && xid == l->discover_xid)
        HOLDS(m, get16(d->m + SECS) == l->discover_secs, dhcp_secs, "secs %u, DISCOVER had %u",
              get16(d->m + SECS), l->discover_secs);
}

static void renew(struct monitor *m, const struct message *d, struct lease *l)
{
    int64_t gone_s = (m->frame->time_ns - l->asked_ns) / SECOND_NS;
    bool of_lease = l->bound && get32(d->m + CIADDR) == l->address;
    HOLDS(m, !d->option[REQUESTED] && !d->option[SERVER], dhcp_renew,
          "REQUEST with ciaddr and a requested address or a server identifier");
    if (!of_lease || l->lease_s == UINT32_MAX)
        return;
    HOLDS(m, gone_s >= l->t1_s / 2, dhcp_renew_early, "a renewal after %lld s, T1 is %u s",
          (long long)gone_s, l->t1_s);
    HOLDS(m, gone_s <= l->lease_s, dhcp_expired, "a renewal after %lld s of a lease of %u s",
          (long long)gone_s, l->lease_s);
}

static void request(struct monitor *m, const struct message *d, struct lease *l)
{
    HOLDS(m, !l->naked, dhcp_after_nak, "REQUEST, the last one was refused");
    if (d->option[SERVER])
        select_offer(m, d, l);
    else if (get32(d->m + CIADDR))
        renew(m, d, l);
    else
        HOLDS(m, d->option[REQUESTED], dhcp_reboot, "REQUEST for no address");
    l->asked_ns = m->frame->time_ns;
}

static void give_up(struct monitor *m, const struct message *d)
{
    HOLDS(m, !d->option[LEASE_TIME] && !d->option[PARAMETERS] && !d->option[MAX_SIZE],
          dhcp_forbidden, "a message of type %u with option 51, 55 or 57", d->type);
    HOLDS(m, d->option[SERVER], dhcp_gives_up, "a message of type %u without the server", d->type);
    if (d->type == DECLINE)
        HOLDS(m, d->option[REQUESTED] && !get32(d->m + CIADDR), dhcp_gives_up,
              "DECLINE without the address, or with ciaddr");
    else
        HOLDS(m, m->sight.dst != INADDR_BROADCAST && get32(d->m + CIADDR), dhcp_release,
              "RELEASE to everybody, or of no address");
}

/* The gaps between tries of one message grow. */
static void pace(struct monitor *m, const struct message *d, struct lease *l)
{
    int64_t now = m->frame->time_ns, gap = now - l->sent_ns;
    bool again = l->tries && l->last_type == d->type && l->last_xid == get32(d->m + XID);
    bool renews = d->type == REQUEST && get32(d->m + CIADDR);
    if (again && !renews) {
        if (l->tries == 1)
            HOLDS(m, gap >= 3 * SECOND_NS - 50 * MILLISECOND_NS, dhcp_first_retry,
                  "again after %lld ms, not after 4 s", (long long)(gap / MILLISECOND_NS));
        l->flat =
            l->tries > 1 && gap < GROWN_NS && gap < l->gap_ns + l->gap_ns / 8 ? l->flat + 1 : 0;
        HOLDS(m, l->flat < 3, dhcp_backoff, "try %u after %lld ms: three gaps have not grown",
              l->tries + 1, (long long)(gap / MILLISECOND_NS));
        l->gap_ns = gap;
    }
    l->tries = again ? l->tries + 1 : 1;
    l->flat = again ? l->flat : 0;
    l->sent_ns = now;
    l->last_type = (uint8_t)d->type;
    l->last_xid = get32(d->m + XID);
}

static uint64_t sum_of(const uint8_t *option, uint64_t from)
{
    return option ? octets_sum(option, option[0] + 1u, from) : from + 1;
}

/* A boot loader and the system that it loads are two clients of one station. */
static void begin(const struct message *d, struct lease *l)
{
    uint32_t xid = get32(d->m + XID);
    bool reboots = d->type == REQUEST && !d->option[SERVER] && !get32(d->m + CIADDR);
    if (d->type == DISCOVER || reboots) {
        uint64_t who = sum_of(d->option[CLASS], sum_of(d->option[PARAMETERS], 1));
        if (who != l->who && !(reboots && xid == l->discover_xid))
            l->id.there = l->asks.there = false;
        l->who = who;
    }
    if (!l->xids || l->xid[(l->xids - 1) % XIDS] != xid)
        l->xid[l->xids++ % XIDS] = xid;
}

static bool asked_under(const struct lease *l, uint32_t xid)
{
    for (uint32_t k = 0; k < l->xids && k < XIDS; k++)
        if (l->xid[k] == xid)
            return true;
    return false;
}

static void see_client(struct monitor *m, const struct message *d, struct lease *l)
{
    if (l->told_options != m->told_options)
        l->id.there = l->asks.there = false;
    l->told_options = m->told_options;
    begin(d, l);
    client_fields(m, d);
    pace(m, d, l);
    keep(m, &l->id, d->option[CLIENT_ID], MONITOR_dhcp_client_id, "the client identifier");
    HOLDS(m, !l->id.there || d->option[CLIENT_ID], dhcp_client_id,
          "no client identifier, the messages before had one");
    if (d->type == DISCOVER || d->type == REQUEST)
        keep(m, &l->asks, d->option[PARAMETERS], MONITOR_dhcp_parameters, "the list of parameters");
    if (d->option[MAX_SIZE] && d->option[MAX_SIZE][0] == 2)
        HOLDS(m, get16(d->option[MAX_SIZE] + 1) >= 576, dhcp_max_size,
              "a maximum message size of %u", get16(d->option[MAX_SIZE] + 1));
    if (d->type == DISCOVER)
        discover(m, d, l);
    else if (d->type == REQUEST)
        request(m, d, l);
    else if (d->type == DECLINE || d->type == RELEASE)
        give_up(m, d);
    if (d->type == DECLINE || d->type == RELEASE)
        l->bound = false;
}

/* --- the server --- */

static void granted(struct monitor *m, const struct message *d, struct lease *l)
{
    uint32_t lease_s = number(d, LEASE_TIME), t1_s = number(d, T1);
    (void)m;
    if (!lease_s || l->last_type != REQUEST || get32(d->m + XID) != l->last_xid)
        return;
    l->bound = true;
    l->lease_s = lease_s;
    l->t1_s = t1_s && t1_s <= lease_s ? t1_s : lease_s / 2;
    l->address = get32(d->m + YIADDR);
}

static void keep_offer(const struct message *d, struct lease *l)
{
    for (uint32_t k = 0; k < l->offers && k < OFFERS; k++)
        if (l->offer[k].server == number(d, SERVER) && l->offer[k].xid == get32(d->m + XID) &&
            l->offer[k].address == get32(d->m + YIADDR))
            return; /* the same again */
    uint32_t slot = l->offers++ % OFFERS;
    l->offer[slot].server = number(d, SERVER);
    l->offer[slot].address = get32(d->m + YIADDR);
    l->offer[slot].xid = get32(d->m + XID);
}

/* By the hardware address; of a frame without one nothing is known. */
static bool reaches(const struct monitor *m, const struct message *d)
{
    static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    const uint8_t *to = m->sight.eth;
    return !to || memcmp(to, d->m + CHADDR, 6) == 0 || memcmp(to, everybody, 6) == 0;
}

static void see_server(struct monitor *m, const struct message *d, struct lease *l)
{
    uint32_t yiaddr = get32(d->m + YIADDR);
    HOLDS(m, d->m[0] == 2, dhcp_op, "op %u in a message to a client", d->m[0]);
    HOLDS(m, d->option[SERVER], dhcp_server_id, "a server's message without its identifier");
    if (d->type == OFFER)
        HOLDS(m, yiaddr && d->option[LEASE_TIME], dhcp_offer,
              "OFFER without address or lease time");
    if (d->type == NAK)
        HOLDS(m, !yiaddr && !d->option[LEASE_TIME], dhcp_nak,
              "NAK with an address or a lease time");
    if (d->type == ACK && l->last_type == INFORM && get32(d->m + XID) == l->last_xid)
        HOLDS(m, !yiaddr && !d->option[LEASE_TIME], dhcp_inform_ack,
              "ACK of INFORM with an address or a lease time");
    if (l->tries)
        HOLDS(m, asked_under(l, get32(d->m + XID)), dhcp_reply_xid,
              "the answer's number 0x%08x is not the client's", get32(d->m + XID));
    if (d->type == OFFER)
        keep_offer(d, l);
    if (d->type == ACK)
        granted(m, d, l);
    if (d->type == NAK && l->last_type == REQUEST && get32(d->m + XID) == l->last_xid &&
        reaches(m, d))
        l->naked = true;
}

void see_dhcp(struct monitor *m)
{
    const struct sight *s = &m->sight;
    struct message d = {.m = s->body + UDP, .len = s->have - UDP};
    uint32_t to = get16(s->body + 2);
    if (s->body_len - UDP < OPTIONS || !s->whole) {
        HOLDS(m, s->body_len - UDP >= OPTIONS, dhcp_cookie, "a message of %u octets",
              s->body_len - UDP);
        return;
    }
    bool relayed = get32(d.m + GIADDR) || get16(s->body) == to;
    if (!HOLDS(m, get32(d.m + COOKIE) == 0x63825363, dhcp_cookie, "the cookie is 0x%08x",
               get32(d.m + COOKIE)) ||
        relayed || !read_options(m, &d))
        return;
    uint64_t who = (uint64_t)get16(d.m + CHADDR) << 32 | get32(d.m + CHADDR + 2);
    struct lease *l = (struct lease *)(void *)table_find(m, &m->leases, 0, who, true, NULL);
    if (!l)
        return;
    if (to == 67)
        see_client(m, &d, l);
    else
        see_server(m, &d, l);
}

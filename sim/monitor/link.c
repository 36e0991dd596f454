/* Ethernet, and ARP: RFC 826, 894, 1112, 1122 (2.3, 3.3.6), 5227. */
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>
#include "sim/monitor/inside.h"

enum { REQUEST = 1, REPLY = 2, WIRE_LEAST = 60, PROBES = 3, LENGTH_MOST = 1500, TYPE_LEAST = 1536 };

static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};
static const uint8_t nobody[6];

static bool same(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, 6) == 0;
}

/* --- Ethernet --- */

/* What fills a short frame up is zero: what it is instead is what some buffer held before. */
static void padding(struct monitor *m)
{
    const struct sight *s = &m->sight;
    uint32_t used = s->kind == SIGHT_ARP ? 28 : s->kind == SIGHT_IPV4 && s->total ? s->total : 0;
    uint32_t room = used ? s->ip_have : 0, k = used;
    if (m->frame->wire_len > WIRE_LEAST || m->frame->len < m->frame->wire_len || s->snap)
        return;
    while (k < room && s->ip[k] == 0)
        k++;
    if (used < room)
        HOLDS(m, k == room, eth_padding, "octet %u of the padding is 0x%02x, not 0", k - used,
              s->ip[k < room ? k : 0]);
}

/* A unicast address never goes out in a frame to many. Which addresses are a directed broadcast's
 * only the network's mask tells: those that end in ones, or in zeros as of old, may be. */
static void destination(struct monitor *m)
{
    const struct sight *s = &m->sight;
    const uint8_t *to = s->eth;
    uint8_t group[6] = {0x01, 0, 0x5e, s->dst >> 16 & 0x7f, s->dst >> 8 & 0xff, s->dst & 0xff};
    bool dhcp = s->protocol == IPPROTO_UDP && s->have >= 4 && get16(s->body + 2) == 68;
    if (in_group(s->dst)) {
        bool right = same(to, group) || same(to, everybody); /* RFC 1112 6.4: where no groups are */
        HOLDS(m, right || !(to[0] & 1), eth_group,
              "to group %s by %02x:%02x:%02x:%02x:%02x:%02x, not 01:00:5e:%02x:%02x:%02x",
              ip_words(s->dst), to[0], to[1], to[2], to[3], to[4], to[5], group[3], group[4],
              group[5]);
        return;
    }
    if (m->without_arp && m->frame->way == MONITOR_LEAVES)
        return;
    static const uint8_t bundle[6] = {0x01, 0, 0x5e, 0x90, 0, 0x01}; /* RFC 7130 2.3 */
    bool may_be_broadcast = (s->dst & 3) == 3 || (s->dst & 3) == 0;
    HOLDS(m, !(to[0] & 1) || may_be_broadcast || dhcp || same(to, bundle), eth_unicast_in_broadcast,
          "a datagram to %s alone goes to many stations", ip_words(s->dst));
    HOLDS(m, s->dst != INADDR_BROADCAST || same(to, everybody), eth_broadcast,
          "to 255.255.255.255 by %02x:%02x:%02x:%02x:%02x:%02x, not by ff:ff:ff:ff:ff:ff", to[0],
          to[1], to[2], to[3], to[4], to[5]);
}

void see_link(struct monitor *m)
{
    const struct sight *s = &m->sight;
    if (!s->eth)
        return;
    HOLDS(m, !(s->eth[6] & 1), eth_source, "the source is %02x:%02x:%02x:%02x:%02x:%02x, a group's",
          s->eth[6], s->eth[7], s->eth[8], s->eth[9], s->eth[10], s->eth[11]);
    if (m->frame->own)
        HOLDS(m, same(s->eth + 6, m->frame->own), eth_own_source,
              "the source is %02x:%02x:%02x:%02x:%02x:%02x, not the interface's own", s->eth[6],
              s->eth[7], s->eth[8], s->eth[9], s->eth[10], s->eth[11]);
    HOLDS(m, s->type <= LENGTH_MOST || s->type >= TYPE_LEAST, eth_type,
          "type 0x%04x is neither a length nor a type", s->type);
    padding(m);
    if (s->kind == SIGHT_IPV4 && !same(s->eth, nobody))
        destination(m);
}

/* --- ARP --- */

struct arp {
    uint32_t op, spa, tpa;
    const uint8_t *sha, *tha;
};

static bool is_link_local(uint32_t ipv4)
{
    return ipv4 >> 16 == 0xa9fe; /* RFC 3927 */
}

/* The record of that address among few; the oldest makes room. */
static struct asked *of_address(struct asked *a, uint32_t count, uint32_t ipv4)
{
    struct asked *oldest = a;
    for (uint32_t k = 0; k < count; k++) {
        if (a[k].times && a[k].ipv4 == ipv4)
            return &a[k];
        if (a[k].at_ns < oldest->at_ns || !a[k].times)
            oldest = &a[k];
    }
    *oldest = (struct asked){.ipv4 = ipv4};
    return oldest;
}

static void probe(struct monitor *m, const struct arp *a)
{
    struct asked *p = of_address(m->from->probed, 2, a->tpa);
    int64_t now = m->frame->time_ns, gap = now - p->at_ns;
    HOLDS(m, same(a->tha, nobody), arp_probe_target,
          "a probe whose target hardware address is not zero");
    if (p->times)
        HOLDS(m, gap >= SECOND_NS - 50 * MILLISECOND_NS, arp_probe_rate,
              "%lld ms after the probe before it, PROBE_MIN is 1 s",
              (long long)(gap / MILLISECOND_NS));
    p->times = gap > 10 * SECOND_NS ? 1 : p->times + 1;
    p->at_ns = now;
}

/* Announcements come two seconds apart; one within ten seconds of a rival's claim is the defence.
 */
static void announce(struct monitor *m, struct host *h, const struct arp *a)
{
    int64_t now = m->frame->time_ns;
    bool claimed = h->claimed_ns && now - h->claimed_ns < SECOND_NS;
    if (claimed) {
        HOLDS(m, !h->defended || now - h->defended_ns >= 10 * SECOND_NS, arp_defence_rate,
              "%s is defended again after %lld ms, DEFEND_INTERVAL is 10 s", ip_words(a->spa),
              (long long)((now - h->defended_ns) / MILLISECOND_NS));
        h->defended = true;
        h->defended_ns = now;
        h->claimed_ns = 0;
    }
}

static void request(struct monitor *m, const struct arp *a)
{
    int64_t now = m->frame->time_ns;
    struct asked *r = of_address(m->from->asked, ASKED, a->tpa);
    bool unicast = !same(m->sight.eth, everybody);
    if (r->times && !unicast)
        HOLDS(m, now - r->at_ns >= SECOND_NS - 50 * MILLISECOND_NS, arp_rate,
              "%s is asked for again after %lld ms", ip_words(a->tpa),
              (long long)((now - r->at_ns) / MILLISECOND_NS));
    r->times = now - r->at_ns >= SECOND_NS - 50 * MILLISECOND_NS ? 1 : r->times + 1;
    HOLDS(m, r->times <= 10, arp_flood, "%s is asked for the %uth time within a second",
          ip_words(a->tpa), r->times);
    r->at_ns = now;
}

/* That the host of the target address is asked, or told, by whom. */
static void note_request(struct monitor *m, const struct arp *a)
{
    struct host *target = host_of(m, a->tpa);
    if (!target)
        return;
    target->arp_open = true;
    target->arp_from = a->spa;
    memcpy(target->arp_mac, a->sha, 6);
    target->arp_ns = m->frame->time_ns;
}

/* What was resolved may be asked for again at once, when it is forgotten. */
static void answered(struct monitor *m, const struct arp *a)
{
    struct station *asker = station_of(m, a->tha, false);
    for (uint32_t k = 0; asker && k < ASKED; k++)
        if (asker->asked[k].ipv4 == a->spa)
            asker->asked[k].times = 0;
}

static void reply(struct monitor *m, struct host *h, const struct arp *a)
{
    const uint8_t *to = m->sight.eth; /* ARP has one */
    bool asked = h->arp_open && h->arp_from == a->tpa && same(h->arp_mac, a->tha);
    bool gratuitous = a->spa == a->tpa;
    HOLDS(m, asked || gratuitous || had_odd(m, h), arp_reply_asked,
          "%s is told of %s, for which it did not ask", ip_words(a->tpa), ip_words(a->spa));
    if (asked)
        HOLDS(m, same(to, a->tha) || same(to, everybody), arp_reply_to,
              "the answer for %s goes to another station", ip_words(a->tpa));
    if (same(to, everybody) && !gratuitous)
        HOLDS(m, is_link_local(a->spa), arp_reply_broadcast, "an answer to %s goes to everybody",
              ip_words(a->tpa));
    if (asked)
        h->arp_open = false;
    answered(m, a);
}

/* Another station says that the address is its own. */
static void claim(struct monitor *m, struct host *h, const struct arp *a)
{
    bool moved = h->has_mac && !same(h->mac, a->sha);
    if (moved)
        h->claimed_ns = m->frame->time_ns;
    if (!moved) {
        memcpy(h->mac, a->sha, 6);
        h->has_mac = true;
    }
}

static bool form(struct monitor *m, const struct arp *a)
{
    const uint8_t *p = m->sight.ip;
    bool ethernet = get16(p) == 1 || get16(p) == 6; /* RFC 1042 has 6 for IEEE 802 */
    if (!HOLDS(m, !ethernet || p[4] == 6, arp_form, "hardware addresses of %u octets, not 6", p[4]))
        return false;
    if (!HOLDS(m, get16(p + 2) != ETHERTYPE_IP || p[5] == 4, arp_form,
               "protocol addresses of %u octets, not 4", p[5]))
        return false;
    HOLDS(m, a->op != 0, arp_operation, "operation 0 is reserved (RFC 5494)");
    return ethernet && get16(p + 2) == ETHERTYPE_IP && (a->op == REQUEST || a->op == REPLY);
}

static void sender(struct monitor *m, const struct arp *a)
{
    const struct sight *s = &m->sight;
    HOLDS(m, same(a->sha, s->eth + 6), arp_sender,
          "the sender is said to be %02x:%02x:%02x:%02x:%02x:%02x, the frame comes from another",
          a->sha[0], a->sha[1], a->sha[2], a->sha[3], a->sha[4], a->sha[5]);
    HOLDS(m, !(a->sha[0] & 1), arp_sender_group, "the sender's hardware address is a group's");
    HOLDS(m, !in_group(a->spa) && a->spa != INADDR_BROADCAST && a->spa >> 24 != 127,
          arp_sender_address, "the sender's address is %s", ip_words(a->spa));
    HOLDS(m, a->op == REQUEST || a->spa != 0, arp_sender_address, "a reply from 0.0.0.0");
    HOLDS(m, !in_group(a->tpa) && a->tpa != INADDR_BROADCAST, arp_target_address,
          "%s has no one hardware address", ip_words(a->tpa));
}

void see_arp(struct monitor *m)
{
    const uint8_t *p = m->sight.ip;
    struct arp a = {.op = get16(p + 6), .sha = p + 8, .tha = p + 18};
    m->counts.arp++;
    if (!m->from || !form(m, &a))
        return;
    a.spa = get32(p + 14);
    a.tpa = get32(p + 24);
    sender(m, &a);
    if (!m->judged || m->frame->way == MONITOR_UNKNOWN)
        m->resolved_ns = m->frame->time_ns + 1;
    struct host *h = host_of(m, a.spa ? a.spa : a.tpa);
    if (!h)
        return;
    if (a.op == REPLY)
        reply(m, h, &a);
    else if (a.spa == 0 && m->judged)
        probe(m, &a);
    else if (a.spa == a.tpa)
        announce(m, h, &a);
    else if (a.spa && m->judged)
        request(m, &a);
    if (a.op == REQUEST)
        note_request(m, &a);
    if (a.spa)
        claim(m, host_of(m, a.spa), &a);
}

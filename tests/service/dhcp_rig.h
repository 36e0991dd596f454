/* The DHCP client on a rig: what it sent, taken apart, and what the server says, by hand. Times are
 * virtual. */
#ifndef TESTS_SERVICE_DHCP_RIG_H
#define TESTS_SERVICE_DHCP_RIG_H

#include "stack/service/dhcp.h"
#include "tests/transport/datagram.h"

#define SERVER RIG_PEER
#define SECOND RIG_SECOND

enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM };

static struct rig *r;
static int results[16];
static unsigned result_count;

static inline void done(void *ctx, struct stack *s, int result, const void *data, int64_t now_ns)
{
    (void)ctx;
    (void)s;
    (void)data;
    (void)now_ns;
    cr_assert_lt(result_count, 16);
    results[result_count++] = result;
}

static inline void open_rig(void)
{
    r = rig_open(NULL, NULL, false);
    result_count = 0;
    stack_knob_set(r->s, "dhcp.start_delay", 0);
}

static inline void close_rig(void)
{
    dhcp_stop(r->s, r->nif, r->now_ns);
    rig_close(r);
}

/* --- what the client sent --- */

static inline uint32_t udp_frames(void)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->sent_count; i++)
        n += sent_is_udp(&r->sent[i]);
    return n;
}

/* The nth datagram, whatever ARP is in between. */
static inline struct sent_datagram nth(uint32_t n)
{
    for (uint32_t i = 0; i < r->sent_count; i++)
        if (sent_is_udp(&r->sent[i]) && n-- == 0)
            return sent_udp(r, i);
    cr_assert_fail("there is no such datagram; %u were sent", udp_frames());
    return (struct sent_datagram){0};
}

static inline struct sent_datagram last(void)
{
    return nth(udp_frames() - 1);
}

/* An option's value, NULL without; *len its length. */
static inline const uint8_t *option(const struct sent_datagram *d, uint8_t code, unsigned *len)
{
    for (uint32_t at = 240; at + 1 < d->len && d->payload[at] != 255;
         at += d->payload[at] ? 2u + d->payload[at + 1] : 1u)
        if (d->payload[at] == code) {
            *len = d->payload[at + 1];
            return d->payload + at + 2;
        }
    return NULL;
}

static inline uint32_t option32(const struct sent_datagram *d, uint8_t code)
{
    unsigned len;
    const uint8_t *value = option(d, code, &len);
    return value && len == 4 ? rig_get32(value) : 0;
}

static inline int type_of(const struct sent_datagram *d)
{
    unsigned len;
    const uint8_t *value = option(d, 53, &len);
    return value && len == 1 ? value[0] : -1;
}

static inline uint32_t xid_of(const struct sent_datagram *d)
{
    return rig_get32(d->payload + 4);
}

/* RFC 2131 table 5 and figure 1: what every message has. */
static inline void check_message(const struct sent_datagram *d, int type)
{
    static const uint8_t cookie[] = {99, 130, 83, 99};
    cr_assert_eq(type_of(d), type, "type %d, not %d", type_of(d), type);
    cr_assert_eq(d->sport, 68);
    cr_assert_eq(d->dport, 67);
    cr_assert_geq(d->len, 300);
    cr_assert_arr_eq(d->payload, "\1\1\6\0", 4);
    cr_assert_eq(rig_get16(d->payload + 10), 0, "flags");
    cr_assert_eq(rig_get32(d->payload + 16), 0, "yiaddr");
    cr_assert_arr_eq(d->payload + 28, rig_mac, 6);
    for (int i = 34; i < 236; i++)
        cr_assert_eq(d->payload[i], 0, "octet %d", i);
    cr_assert_arr_eq(d->payload + 236, cookie, 4);
    unsigned len;
    const uint8_t *id = option(d, 61, &len);
    cr_assert(id && len == 7 && id[0] == 1 && memcmp(id + 1, rig_mac, 6) == 0, "client identifier");
}

/* --- what the server says --- */

struct reply {
    int type;
    uint32_t xid, yiaddr, to; /* to 0: broadcast */
    uint32_t server, lease_s, t1_s, t2_s, mask, router;
    uint8_t op; /* 0: 2 */
    const void *more;
    uint32_t more_len;
};

static inline uint32_t put32(uint8_t *m, uint32_t at, uint8_t code, uint32_t value)
{
    if (!value)
        return at;
    m[at] = code;
    m[at + 1] = 4;
    rig_put32(m + at + 2, value);
    return at + 6;
}

static inline void say(const struct reply *p)
{
    uint8_t m[548];
    memset(m, 0, sizeof m);
    m[0] = p->op ? p->op : 2;
    m[1] = 1;
    m[2] = 6;
    rig_put32(m + 4, p->xid);
    rig_put32(m + 16, p->yiaddr);
    memcpy(m + 28, rig_mac, 6);
    rig_put32(m + 236, 0x63825363);
    uint32_t at = 240;
    if (p->type) {
        m[at++] = 53;
        m[at++] = 1;
        m[at++] = (uint8_t)p->type;
    }
    at = put32(m, at, 54, p->server);
    at = put32(m, at, 51, p->lease_s);
    at = put32(m, at, 58, p->t1_s);
    at = put32(m, at, 59, p->t2_s);
    at = put32(m, at, 1, p->mask);
    at = put32(m, at, 3, p->router);
    if (p->more_len)
        memcpy(m + at, p->more, p->more_len);
    m[at + p->more_len] = 255;
    datagram_receive(r, &(struct datagram){.src = SERVER,
                                           .dst = p->to ? p->to : 0xffffffff,
                                           .sport = 67,
                                           .dport = 68,
                                           .payload = m,
                                           .len = sizeof m});
}

static inline struct reply normal(int type, uint32_t xid)
{
    return (struct reply){.type = type,
                          .xid = xid,
                          .yiaddr = RIG_ADDRESS,
                          .server = SERVER,
                          .lease_s = 1000,
                          .mask = 0xffffff00,
                          .router = RIG_PEER};
}

static inline void offer_and_ack(const struct reply *ack)
{
    struct sent_datagram d = last();
    struct reply offer = normal(OFFER, xid_of(&d));
    say(&offer);
    struct reply p = *ack;
    d = last();
    p.xid = xid_of(&d);
    say(&p);
}

/* From the start to BOUND at `r->now_ns`, without the address check. */
static inline void bind_with(const struct reply *ack)
{
    stack_knob_set(r->s, "dhcp.check", 0);
    cr_assert_eq(dhcp_start(r->s, r->nif, 0, done, NULL, r->now_ns), 0);
    rig_run(r, r->now_ns);
    offer_and_ack(ack);
    cr_assert_eq(dhcp_state(r->s, r->nif), DHCP_BOUND);
    struct ip_addr server = addr_ipv4(SERVER);
    neighbour_add(r->nif, &server, rig_peer, r->now_ns);
}

#endif

/* What the server says to which message: RFC 2131 section 4.3, in its order. */
#include <string.h>
#include "sim/hosts/dhcp_server.h"

enum {
    OFFER_HOLD_S = 60
}; /* an offered address waits so long for its REQUEST; 4.3.1 leaves it open */

#define SECOND         INT64_C(1000000000)
#define BROADCAST_FLAG 0x8000u

static struct dhcp_server *server_of(struct host *h)
{
    return h->state;
}

static uint32_t identifier(const struct host *h, const struct dhcp_server *s, int port)
{
    return s->config.server_id ? s->config.server_id : h->port[port].ipv4;
}

static bool is_identifier(struct dhcp_server *s, uint32_t address)
{
    return address == s->config.server_id || peer_ip_is_own(&s->ip, address);
}

static void violation(struct dhcp_server *s, const char *what)
{
    s->violations++;
    s->last_violation = what;
}

/* --- building a reply --- */

static void put_parameters(const struct host *h, const struct dhcp_server *s, int port,
                           struct dhcp_reply *r)
{
    const struct dhcp_config *c = &s->config;
    const struct host_port *p = &h->port[port];
    uint32_t mask = c->mask ? c->mask : peer_mask(p->prefix);
    dhcpd_put32(r, OPTION_MASK, mask);
    dhcpd_put_addresses(r, OPTION_ROUTER, c->router, c->routers);
    dhcpd_put_addresses(r, OPTION_DNS, c->dns, c->dnses);
    if (c->domain)
        dhcpd_put(r, OPTION_DOMAIN, c->domain, (uint32_t)strlen(c->domain));
    if (c->mtu) {
        uint8_t mtu[2];
        peer_put16(mtu, c->mtu);
        dhcpd_put(r, OPTION_MTU, mtu, 2);
    }
    dhcpd_put_addresses(r, OPTION_NTP, c->ntp, c->ntps);
    r->siaddr = c->next_server;
    r->file = c->boot_file;
}

/* The script's own options take the place of the server's. */
static void put_extras(const struct dhcp_server *s, struct dhcp_reply *r)
{
    for (uint32_t k = 0; k < s->config.extras; k++)
        dhcpd_remove(r, s->config.extra[k].code);
    for (uint32_t k = 0; k < s->config.extras; k++)
        dhcpd_put(r, s->config.extra[k].code, s->config.extra[k].data, s->config.extra[k].len);
}

static void put_times(const struct dhcp_server *s, struct dhcp_reply *r)
{
    r->lease_s = s->config.lease_s;
    dhcpd_put32(r, OPTION_LEASE, r->lease_s);
    if (s->config.t1_s)
        dhcpd_put32(r, OPTION_T1, s->config.t1_s);
    if (s->config.t2_s)
        dhcpd_put32(r, OPTION_T2, s->config.t2_s);
}

/* RFC 2131, table 3. */
static void fill_header(const struct host *h, const struct dhcp_message *m, enum dhcp_type type,
                        uint32_t yiaddr, struct dhcp_reply *r)
{
    uint8_t octet = (uint8_t)type;
    *r = (struct dhcp_reply){.type = octet,
                             .op = 2,
                             .htype = m->htype,
                             .hlen = m->hlen,
                             .xid = m->xid,
                             .flags = m->flags,
                             .giaddr = m->giaddr};
    memcpy(r->chaddr, m->chaddr, sizeof r->chaddr);
    r->yiaddr = yiaddr;
    r->ciaddr = type == DHCP_ACK ? m->ciaddr : 0;
    r->port = m->port;
    r->own_address = h->port[m->port].ipv4;
    dhcpd_put(r, OPTION_TYPE, &octet, 1);
}

static void put_lease(const struct host *h, const struct dhcp_server *s,
                      const struct dhcp_message *m, struct dhcp_reply *r)
{
    if (m->type != DHCP_INFORM)
        put_times(s, r);
    put_parameters(h, s, m->port, r);
    if (s->config.echo_client && m->client_len)
        dhcpd_put(r, OPTION_CLIENT, m->client, m->client_len);
    put_extras(s, r);
}

/* RFC 3046 2.2: what a relay agent said comes back in every reply, as its last option. */
static void fill(const struct host *h, const struct dhcp_server *s, const struct dhcp_message *m,
                 enum dhcp_type type, uint32_t yiaddr, struct dhcp_reply *r)
{
    fill_header(h, m, type, yiaddr, r);
    dhcpd_put32(r, OPTION_SERVER, identifier(h, s, m->port));
    if (type != DHCP_NAK)
        put_lease(h, s, m, r);
    if (m->relay_len)
        dhcpd_put(r, OPTION_RELAY, m->relay, m->relay_len);
}

/* RFC 2131 4.1: to the relay, to ciaddr, by broadcast when the flag asks for it, else to yiaddr at
 * chaddr; a NAK by broadcast. */
static void address(const struct dhcp_message *m, struct dhcp_reply *r)
{
    r->sport = DHCP_SERVER_PORT;
    r->dport = m->giaddr ? DHCP_SERVER_PORT : DHCP_CLIENT_PORT;
    if (m->giaddr) {
        r->dst = m->giaddr;
        if (r->type == DHCP_NAK)
            r->flags |= BROADCAST_FLAG;
    } else if (r->type == DHCP_NAK) {
        r->dst = PEER_BROADCAST;
    } else if (m->ciaddr) {
        r->dst = m->ciaddr;
    } else if (m->flags & BROADCAST_FLAG || r->yiaddr == 0) {
        r->dst = PEER_BROADCAST;
    } else {
        r->dst = r->yiaddr;
        r->has_to_mac = true;
        memcpy(r->to_mac, m->chaddr, sizeof r->to_mac);
    }
}

void dhcpd_send(struct host *h, const struct dhcp_reply *r)
{
    struct dhcp_server *s = server_of(h);
    uint8_t bytes[DHCP_ROOM];
    struct peer_datagram d = {
        .src = r->src, .dst = r->dst, .sport = r->sport, .dport = r->dport, .payload = bytes};
    d.len = dhcpd_reply_write(r, bytes);
    d.to_mac = r->has_to_mac ? r->to_mac : NULL;
    for (uint32_t copy = 0; copy <= r->copies; copy++) {
        s->count[r->type]++;
        peer_send_udp_later(&s->ip, r->port, &d, r->delay_ns);
    }
}

void dhcpd_answer(struct host *h, const struct dhcp_message *m, enum dhcp_type type,
                  uint32_t yiaddr)
{
    struct dhcp_server *s = server_of(h);
    struct dhcp_reply *r = &s->sent;
    fill(h, s, m, type, yiaddr, r);
    address(m, r);
    struct peer_lies lies = dhcpd_lies(s);
    peer_lies_spoil(&lies, type, r);
    s->has_sent = true;
    dhcpd_send(h, r);
}

/* --- DISCOVER (4.3.1) --- */

static void lease(struct host *h, const struct dhcp_message *m, uint32_t yiaddr);

static void discover(struct host *h, const struct dhcp_message *m)
{
    struct dhcp_server *s = server_of(h);
    int64_t now_ns = host_now(h);
    uint32_t chosen = dhcpd_choose(s, m, now_ns);
    if (m->has_server)
        violation(s, "DISCOVER with a server identifier");
    if (m->ciaddr)
        violation(s, "DISCOVER with ciaddr");
    if (!chosen)
        return;
    if (peer_lie_now(&s->lie[LIE_RAPID], DHCP_DISCOVER)) {
        lease(h, m, chosen);
        return;
    }
    struct dhcp_binding *b = dhcpd_client_binding(s, m, now_ns);
    if (!b || b->address != chosen || b->state == BINDING_OFFERED)
        dhcpd_bind(s, m, chosen, BINDING_OFFERED, now_ns + OFFER_HOLD_S * SECOND);
    dhcpd_answer(h, m, DHCP_OFFER, chosen);
}

/* --- REQUEST (4.3.2) --- */

static void lease(struct host *h, const struct dhcp_message *m, uint32_t yiaddr)
{
    struct dhcp_server *s = server_of(h);
    int64_t until_ns = s->config.lease_s == DHCP_INFINITE
                           ? NEVER
                           : host_now(h) + (int64_t)s->config.lease_s * SECOND;
    struct dhcp_binding *old = dhcpd_client_binding(s, m, host_now(h));
    if (old && old->address != yiaddr)
        old->state = BINDING_RELEASED;
    dhcpd_bind(s, m, yiaddr, BINDING_LEASED, until_ns);
    dhcpd_answer(h, m, DHCP_ACK, yiaddr);
}

static void confirm(struct host *h, const struct dhcp_message *m, uint32_t wanted)
{
    struct dhcp_server *s = server_of(h);
    if (peer_lie_now(&s->lie[LIE_NAK], DHCP_REQUEST) || !dhcpd_is_free(s, m, wanted, host_now(h)))
        dhcpd_answer(h, m, DHCP_NAK, 0);
    else
        lease(h, m, wanted);
}

static void selecting(struct host *h, const struct dhcp_message *m)
{
    struct dhcp_server *s = server_of(h);
    if (m->ciaddr)
        violation(s, "a SELECTING client's REQUEST with ciaddr");
    if (!m->has_requested)
        violation(s, "a SELECTING client's REQUEST without requested address");
    if (!m->broadcast)
        violation(s, "a SELECTING client's REQUEST was unicast");
    struct dhcp_binding *b = dhcpd_client_binding(s, m, host_now(h));
    if (!is_identifier(s, m->server)) { /* the client took another server's offer: 3.1, step 4 */
        if (b && b->state == BINDING_OFFERED)
            b->state = BINDING_FREE;
        return;
    }
    confirm(h, m, m->requested);
}

static void init_reboot(struct host *h, const struct dhcp_message *m)
{
    struct dhcp_server *s = server_of(h);
    const struct host_port *p = &h->port[m->port];
    if (!m->broadcast)
        violation(s, "an INIT-REBOOT client's REQUEST was unicast");
    bool wrong_net = !m->giaddr && ((m->requested ^ p->ipv4) & peer_mask(p->prefix)) != 0;
    const struct dhcp_binding *b = dhcpd_client_record(s, m);
    if (!wrong_net && !b && !s->config.authoritative)
        return; /* "MUST remain silent" */
    if (wrong_net || !b || b->address != m->requested)
        dhcpd_answer(h, m, DHCP_NAK, 0);
    else
        confirm(h, m, m->requested);
}

/* A client that renews comes by unicast to the server that leased: not to know it then is an error
 * of the client's. */
static void extending(struct host *h, const struct dhcp_message *m)
{
    struct dhcp_server *s = server_of(h);
    const struct dhcp_binding *b = dhcpd_client_record(s, m);
    if (m->source != m->ciaddr)
        violation(s, "a REQUEST with ciaddr from another address");
    if (m->broadcast && !b && !s->config.authoritative)
        return;
    if (!b || b->address != m->ciaddr)
        dhcpd_answer(h, m, DHCP_NAK, 0);
    else
        confirm(h, m, m->ciaddr);
}

/* Table 4: the server identifier, the requested address and ciaddr say in which state the client
 * is. */
static void request(struct host *h, const struct dhcp_message *m)
{
    struct dhcp_server *s = server_of(h);
    if (m->has_server) {
        s->last_state = "selecting";
        selecting(h, m);
    } else if (m->ciaddr) {
        if (m->has_requested)
            violation(s, "a renewing client's REQUEST with a requested address");
        s->last_state = m->broadcast ? "rebinding" : "renewing";
        extending(h, m);
    } else if (m->has_requested) {
        s->last_state = "init-reboot";
        init_reboot(h, m);
    } else {
        violation(s, "a REQUEST with neither server identifier, requested address nor ciaddr");
    }
}

/* --- DECLINE, RELEASE, INFORM (4.3.3 to 4.3.5) --- */

static void decline(struct host *h, const struct dhcp_message *m)
{
    struct dhcp_server *s = server_of(h);
    if (!m->has_requested || !m->has_server || m->ciaddr)
        violation(s, "a DECLINE without requested address or server identifier, or with ciaddr");
    if (m->has_server && !is_identifier(s, m->server))
        return;
    struct dhcp_binding *b = dhcpd_binding_of(s, m->requested);
    if (m->requested && b && b->key_len == m->key_len && memcmp(b->key, m->key, m->key_len) == 0)
        b->state = BINDING_DECLINED;
}

static void release(struct host *h, const struct dhcp_message *m)
{
    struct dhcp_server *s = server_of(h);
    if (!m->ciaddr || !m->has_server || m->has_requested || m->broadcast)
        violation(s, "a RELEASE without ciaddr or server identifier, with requested address, or by "
                     "broadcast");
    if (m->has_server && !is_identifier(s, m->server))
        return;
    struct dhcp_binding *b = dhcpd_client_binding(s, m, host_now(h));
    if (b && b->address == m->ciaddr)
        b->state = BINDING_RELEASED;
}

static void inform(struct host *h, const struct dhcp_message *m)
{
    struct dhcp_server *s = server_of(h);
    if (!m->ciaddr || m->has_requested || m->has_lease)
        violation(s, "an INFORM without ciaddr, or with requested address or lease time");
    dhcpd_answer(h, m, DHCP_ACK, 0);
}

void dhcpd_receive(struct host *h, const struct dhcp_message *m)
{
    struct dhcp_server *s = server_of(h);
    s->count[m->type]++;
    s->last = *m;
    s->has_last = true;
    if (peer_lie_now(&s->lie[LIE_SILENT], m->type))
        return;
    switch (m->type) {
    case DHCP_DISCOVER:
        discover(h, m);
        break;
    case DHCP_REQUEST:
        request(h, m);
        break;
    case DHCP_DECLINE:
        decline(h, m);
        break;
    case DHCP_RELEASE:
        release(h, m);
        break;
    case DHCP_INFORM:
        inform(h, m);
        break;
    default:
        violation(s, "a server's message type from a client");
        break;
    }
}

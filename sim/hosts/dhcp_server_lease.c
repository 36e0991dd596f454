/* Which address is whose. */
#include <string.h>
#include "sim/hosts/dhcp_server.h"

static bool is_client(const struct dhcp_binding *b, const struct dhcp_message *m)
{
    return b->address && b->key_len == m->key_len && memcmp(b->key, m->key, m->key_len) == 0;
}

static bool holds(const struct dhcp_binding *b, int64_t now_ns)
{
    return b->address &&
           (b->state == BINDING_DECLINED ||
            ((b->state == BINDING_OFFERED || b->state == BINDING_LEASED) && b->until_ns > now_ns));
}

static const struct dhcp_reserved *reserved_for(const struct dhcp_server *s,
                                                const struct dhcp_message *m)
{
    for (uint32_t k = 0; k < s->config.reserveds; k++)
        if (memcmp(s->config.reserved[k].mac, m->chaddr, 6) == 0)
            return &s->config.reserved[k];
    return NULL;
}

static bool is_reserved(const struct dhcp_server *s, uint32_t address)
{
    for (uint32_t k = 0; k < s->config.reserveds; k++)
        if (s->config.reserved[k].address == address)
            return true;
    return false;
}

/* A client with a reservation gets that address and no other; a reserved address goes to nobody
 * else. */
bool dhcpd_in_pool(const struct dhcp_server *s, const struct dhcp_message *m, uint32_t address)
{
    const struct dhcp_reserved *own = reserved_for(s, m);
    if (own)
        return own->address == address;
    return address >= s->config.first && address <= s->config.last && !is_reserved(s, address);
}

struct dhcp_binding *dhcpd_binding_of(struct dhcp_server *s, uint32_t address)
{
    for (int k = 0; k < DHCP_BINDINGS; k++)
        if (s->binding[k].address == address)
            return &s->binding[k];
    return NULL;
}

struct dhcp_binding *dhcpd_client_binding(struct dhcp_server *s, const struct dhcp_message *m,
                                          int64_t now_ns)
{
    for (int k = 0; k < DHCP_BINDINGS; k++)
        if (is_client(&s->binding[k], m) && s->binding[k].state != BINDING_DECLINED &&
            holds(&s->binding[k], now_ns))
            return &s->binding[k];
    return NULL;
}

struct dhcp_binding *dhcpd_client_record(struct dhcp_server *s, const struct dhcp_message *m)
{
    for (int k = 0; k < DHCP_BINDINGS; k++)
        if (is_client(&s->binding[k], m) && s->binding[k].state != BINDING_DECLINED)
            return &s->binding[k];
    return NULL;
}

bool dhcpd_is_free(struct dhcp_server *s, const struct dhcp_message *m, uint32_t address,
                   int64_t now_ns)
{
    if (!dhcpd_in_pool(s, m, address) || peer_ip_is_own(&s->ip, address))
        return false;
    const struct dhcp_binding *b = dhcpd_binding_of(s, address);
    return !b || !holds(b, now_ns) || (is_client(b, m) && b->state != BINDING_DECLINED);
}

/* Addresses that nobody ever had come first, so that a client finds its old one again. */
static uint32_t from_pool(struct dhcp_server *s, const struct dhcp_message *m, int64_t now_ns)
{
    uint32_t used = 0;
    for (uint64_t a = s->config.first; a && a <= s->config.last; a++) {
        if (!dhcpd_is_free(s, m, (uint32_t)a, now_ns))
            continue;
        if (!dhcpd_binding_of(s, (uint32_t)a))
            return (uint32_t)a;
        used = used ? used : (uint32_t)a;
    }
    return used;
}

/* RFC 2131 4.3.1: the current binding, else the previous one, else the address asked for, else a
 * new one. */
uint32_t dhcpd_choose(struct dhcp_server *s, const struct dhcp_message *m, int64_t now_ns)
{
    const struct dhcp_reserved *own = reserved_for(s, m);
    if (own)
        return dhcpd_is_free(s, m, own->address, now_ns) ? own->address : 0;
    const struct dhcp_binding *b = dhcpd_client_binding(s, m, now_ns);
    if (!b)
        b = dhcpd_client_record(s, m);
    if (b && dhcpd_is_free(s, m, b->address, now_ns))
        return b->address;
    if (m->has_requested && dhcpd_is_free(s, m, m->requested, now_ns))
        return m->requested;
    return from_pool(s, m, now_ns);
}

static struct dhcp_binding *slot_for(struct dhcp_server *s, uint32_t address)
{
    struct dhcp_binding *b = dhcpd_binding_of(s, address);
    return b ? b : dhcpd_binding_of(s, 0);
}

struct dhcp_binding *dhcpd_bind(struct dhcp_server *s, const struct dhcp_message *m,
                                uint32_t address, enum dhcp_binding_state state, int64_t until_ns)
{
    struct dhcp_binding *b = slot_for(s, address);
    if (!b)
        return NULL;
    *b = (struct dhcp_binding){
        .address = address, .state = state, .until_ns = until_ns, .key_len = m->key_len};
    memcpy(b->key, m->key, m->key_len);
    memcpy(b->mac, m->chaddr, sizeof b->mac);
    return b;
}

uint32_t dhcpd_leases(const struct dhcp_server *s, int64_t now_ns)
{
    uint32_t count = 0;
    for (int k = 0; k < DHCP_BINDINGS; k++)
        count += s->binding[k].state == BINDING_LEASED && holds(&s->binding[k], now_ns);
    return count;
}

const char *dhcpd_binding_word(const struct dhcp_binding *b, int64_t now_ns)
{
    static const char *const word[] = {"free", "offered", "leased", "released", "declined"};
    if (!b)
        return "free";
    if ((b->state == BINDING_OFFERED || b->state == BINDING_LEASED) && !holds(b, now_ns))
        return "expired";
    return word[b->state];
}

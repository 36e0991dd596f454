#include "stack/service/dhcp_inside.h"
#include "stack/core/bytes.h"
#include "stack/core/mem.h"
#include "stack/core/route.h"

bool dhcp_address_ok(uint32_t a)
{
    uint32_t first = a >> 24;
    return first != 0 && first != 127 && first < 224;
}

/* --- reading --- */

/* The prefix of a mask whose ones are all in front, or -1. */
static int prefix_of(uint32_t mask)
{
    for (int length = 1; length <= 32; length++)
        if (mask == ipv4_mask((unsigned)length))
            return length;
    return -1;
}

/* RFC 791 3.2: as hosts did that had no other way to know. */
static uint32_t class_mask(uint32_t a)
{
    return ipv4_mask(a >> 31 == 0 ? 8 : a >> 30 == 2 ? 16 : 24);
}

static bool is_listed(const uint32_t *list, uint8_t count, uint32_t a)
{
    for (uint8_t i = 0; i < count; i++)
        if (list[i] == a)
            return true;
    return false;
}

/* A list of addresses (RFC 2132 3.5, 3.8, 8.3): a multiple of four octets, in order of preference,
 * those that no host has left out, and those that come again. */
static uint8_t read_list(const struct dhcp_msg *msg, uint8_t code, uint32_t *out, uint8_t room)
{
    uint8_t bytes[4 * 16];
    size_t len;
    uint8_t count = 0;
    if (!dhcp_option_get(msg, code, bytes, sizeof bytes, &len) || len % 4 != 0)
        return 0;
    size_t have = len < sizeof bytes ? len : sizeof bytes;
    for (size_t at = 0; at < have && count < room; at += 4)
        if (dhcp_address_ok(get32(bytes + at)) && !is_listed(out, count, get32(bytes + at)))
            out[count++] = get32(bytes + at);
    return count;
}

/* A destination descriptor and its router (RFC 3442, "Classless Route Option Format"): the width of
 * the mask, the octets of the network that it covers, the router. *at moves behind it. */
static bool read_route(const uint8_t *bytes, size_t len, size_t *at, struct dhcp_route *out)
{
    uint8_t net[4] = {0}, width = bytes[*at];
    size_t octets = (width + 7u) / 8;
    if (width > 32 || len - *at < 1 + octets + 4)
        return false;
    memcpy(net, bytes + *at + 1, octets);
    *out =
        (struct dhcp_route){get32(net) & ipv4_mask(width), width, get32(bytes + *at + 1 + octets)};
    *at += 1 + octets + 4;
    return true;
}

static bool has_route(const struct dhcp_route *list, uint8_t count, const struct dhcp_route *r)
{
    for (uint8_t i = 0; i < count; i++)
        if (list[i].net == r->net && list[i].prefix == r->prefix && list[i].via == r->via)
            return true;
    return false;
}

/* Those that fit are used, each once; an option that does not parse to its end is as good as
 * absent. Routers that no host can be are left out; 0.0.0.0 is the link itself (RFC 3442, "Local
 * Subnet Routes").
 */
static uint8_t read_routes(const struct dhcp_msg *msg, struct dhcp_route out[DHCP_ROUTES])
{
    uint8_t bytes[255], count = 0;
    size_t len, at = 0;
    if (!dhcp_option_get(msg, DHCP_OPT_CLASSLESS_ROUTE, bytes, sizeof bytes, &len))
        return 0;
    size_t have = len < sizeof bytes ? len : sizeof bytes;
    while (at < have && count < DHCP_ROUTES) {
        struct dhcp_route route;
        if (!read_route(bytes, have, &at, &route))
            return len > have ? count : 0;
        bool can_be = route.via == 0 || dhcp_address_ok(route.via);
        if (can_be && !has_route(out, count, &route))
            out[count++] = route;
    }
    return count;
}

/* Servers differ in whether the text ends in a NUL (RFC 2132 2). What is not printable makes all of
 * it worthless. */
static void read_domain(const struct dhcp_msg *msg, char out[DHCP_DOMAIN_BYTES])
{
    uint8_t bytes[DHCP_DOMAIN_BYTES];
    size_t len;
    out[0] = 0;
    if (!dhcp_option_get(msg, DHCP_OPT_DOMAIN_NAME, bytes, sizeof bytes, &len))
        return;
    while (len > 0 && len <= sizeof bytes && bytes[len - 1] == 0)
        len--;
    if (len >= sizeof bytes)
        return;
    for (size_t i = 0; i < len; i++)
        if (bytes[i] <= ' ' || bytes[i] >= 0x7f)
            return;
    memcpy(out, bytes, len);
    out[len] = 0;
}

void dhcp_lease_read(const struct dhcp_msg *msg, uint32_t known_mask, struct dhcp_lease *lease)
{
    memset(lease, 0, sizeof *lease);
    lease->address = msg->yiaddr;
    if (!dhcp_option_get32(msg, DHCP_OPT_SUBNET_MASK, &lease->mask) || prefix_of(lease->mask) < 0)
        lease->mask = known_mask ? known_mask : class_mask(lease->address);
    dhcp_option_get32(msg, DHCP_OPT_SERVER_ID, &lease->server);
    dhcp_option_get32(msg, DHCP_OPT_LEASE_TIME, &lease->lease_s);
    dhcp_option_get32(msg, DHCP_OPT_RENEWAL_TIME, &lease->t1_s);
    dhcp_option_get32(msg, DHCP_OPT_REBINDING_TIME, &lease->t2_s);
    dhcp_option_get16(msg, DHCP_OPT_INTERFACE_MTU, &lease->mtu);
    lease->routes = read_routes(msg, lease->route);
    if (!lease->routes) /* RFC 3442: else the routers MUST be ignored */
        lease->routers = read_list(msg, DHCP_OPT_ROUTER, lease->router, DHCP_ROUTERS);
    lease->dns_servers = read_list(msg, DHCP_OPT_DNS_SERVER, lease->dns, DHCP_DNS_SERVERS);
    lease->ntp_servers = read_list(msg, DHCP_OPT_NTP_SERVER, lease->ntp, DHCP_NTP_SERVERS);
    read_domain(msg, lease->domain);
}

unsigned dhcp_lease_prefix(const struct dhcp_lease *lease)
{
    return (unsigned)prefix_of(lease->mask);
}

/* --- times --- */

/* RFC 2131 4.4.5 wants fuzz around T1 and T2; the knob is in thousandths of the lease, 0 by default
 * so that a lease's times are its own. */
static int64_t fuzz(struct stack *s, uint32_t lease_s)
{
    int64_t thousandths = stack_knob(s, MODULE_DHCP, DHCP_KNOB_FUZZ);
    if (thousandths == 0)
        return 0;
    uint32_t most_ms = (uint32_t)thousandths * (lease_s < 100000 ? lease_s : 100000);
    return (int64_t)stack_random_below(s, RANDOM_JITTER, most_ms + 1) * 1000000;
}

/* T1 < T2 < lease (RFC 2131 4.4.5); what the server says is believed when it keeps that order, else
 * the defaults hold. */
void dhcp_lease_times(struct stack *s, struct dhcp_client *c)
{
    struct dhcp_lease *l = &c->lease;
    c->t1_ns = c->t2_ns = c->expiry_ns = INT64_MAX;
    if (l->lease_s == DHCP_INFINITE) {
        l->t1_s = l->t2_s = DHCP_INFINITE;
        return;
    }
    int64_t lease_ns = (int64_t)l->lease_s * DHCP_SECOND_NS;
    int64_t t1_ns = l->t1_s ? (int64_t)l->t1_s * DHCP_SECOND_NS : lease_ns >> 1;
    int64_t t2_ns = l->t2_s ? (int64_t)l->t2_s * DHCP_SECOND_NS : (lease_ns >> 3) * 7;
    if (t1_ns >= t2_ns || t2_ns >= lease_ns) {
        t1_ns = lease_ns >> 1;
        t2_ns = (lease_ns >> 3) * 7;
        l->t1_s = l->t2_s = 0;
    }
    l->t1_s = l->t1_s ? l->t1_s : l->lease_s / 2;
    l->t2_s = l->t2_s ? l->t2_s : l->lease_s - l->lease_s / 8;
    int64_t less_ns = fuzz(s, l->lease_s);
    if (less_ns < t1_ns) {
        t1_ns -= less_ns;
        t2_ns -= less_ns;
    }
    c->t1_ns = l->since_ns + t1_ns;
    c->t2_ns = l->since_ns + t2_ns;
    c->expiry_ns = l->since_ns + lease_ns;
}

/* --- what must hold between any two calls --- */

static void check_no_lease(const struct dhcp_client *c)
{
    STACK_ASSERT(!c->servers_named && !c->mtu_set);
    STACK_ASSERT(!c->address_added || c->state == DHCP_CHECKING);
}

static void check_lease(const struct dhcp_client *c)
{
    const struct dhcp_lease *l = &c->lease;
    STACK_ASSERT(dhcp_own_address(c) && dhcp_address_ok(l->address));
    STACK_ASSERT(dhcp_address_ok(l->server) && l->lease_s > 0);
    STACK_ASSERT(prefix_of(l->mask) > 0 && c->servers_named);
    STACK_ASSERT(l->routers <= DHCP_ROUTERS && l->routes <= DHCP_ROUTES &&
                 !(l->routers && l->routes));
    STACK_ASSERT(c->t1_ns <= c->t2_ns && c->t2_ns <= c->expiry_ns);
}

void dhcp_client_check(const struct dhcp_client *c)
{
    if (!c->nif) {
        STACK_ASSERT(c->state == DHCP_STOPPED);
        check_no_lease(c);
        return;
    }
    STACK_ASSERT(c->inform == (c->state == DHCP_STOPPED));
    STACK_ASSERT(c->own.len <= DHCP_OWN_OPTIONS);
    if (dhcp_has_lease(c))
        check_lease(c);
    else
        check_no_lease(c);
    /* Only a lease that never ends needs no time. */
    bool endless = c->state == DHCP_BOUND || c->state == DHCP_CHECKING;
    STACK_ASSERT(c->timer.due_ns != INT64_MAX || (endless && c->expiry_ns == INT64_MAX));
}

/* --- the interface --- */

/* One that is there already is the user's, and stays his. */
int dhcp_lease_add_address(struct stack *s, struct dhcp_client *c, bool check, int64_t now_ns)
{
    (void)s;
    struct ip_addr address = addr_ipv4(c->lease.address);
    c->own_change = true;
    int err = netif_add_address(c->nif, &address, dhcp_lease_prefix(&c->lease), check, now_ns);
    c->own_change = false;
    c->address_added = err >= 0;
    return err == -ERR_EXIST ? 0 : err;
}

static int change_mask(struct dhcp_client *c, const struct dhcp_lease *to, int64_t now_ns)
{
    struct ip_addr address = addr_ipv4(c->lease.address);
    if (!c->address_added)
        return 0;
    c->own_change = true;
    int err = netif_set_prefix(c->nif, &address, dhcp_lease_prefix(to), now_ns);
    c->own_change = false;
    return err;
}

/* The lease's routes, or its routers as default routes, as one list. */
static uint8_t list_routes(const struct dhcp_lease *l, struct dhcp_route out[DHCP_LEASE_ROUTES])
{
    uint8_t count = 0;
    for (uint8_t i = 0; i < l->routes; i++)
        out[count++] = l->route[i];
    for (uint8_t i = 0; i < l->routers; i++)
        out[count++] = (struct dhcp_route){0, 0, l->router[i]};
    return count;
}

/* One that was there before the lease is the user's and stays. One that cannot be (by a gateway
 * that is this host, say) is left out, like a router that no host can be. Where the table has no
 * room for one, none is added. */
static int add_routes(struct dhcp_client *c)
{
    struct dhcp_route route[DHCP_LEASE_ROUTES];
    uint8_t count = list_routes(&c->lease, route);
    for (uint8_t i = 0; i < count; i++) {
        struct ip_addr net = addr_ipv4(route[i].net), via = addr_ipv4(route[i].via);
        int err = route_lease_add(c->nif, &net, route[i].prefix, route[i].via ? &via : NULL);
        if (err == -ERR_NOBUFS) {
            route_lease_remove(c->nif);
            return err;
        }
    }
    return 0;
}

void dhcp_set_name_servers(struct stack *s, const struct netif *nif, const struct dhcp_lease *l)
{
    struct ip_addr servers[DHCP_DNS_SERVERS];
    const struct name_service *names = s->state[MODULE_DNS];
    uint8_t count = l ? l->dns_servers : 0;
    if (!names || !names->set_servers)
        return;
    for (uint8_t i = 0; i < count; i++)
        servers[i] = addr_ipv4(l->dns[i]);
    names->set_servers(s, nif, servers, count);
}

/* `mtu` 0: what the link had before. What the user set meanwhile is his. One that the link cannot
 * have is as good as none. */
static void set_mtu(struct dhcp_client *c, uint16_t mtu)
{
    bool ours = c->mtu_set && c->nif->mtu == c->mtu_set;
    uint16_t before = ours ? c->mtu_before : c->nif->mtu;
    if (mtu && mtu == c->mtu_set)
        return;
    if (mtu && netif_set_mtu(c->nif, mtu) >= 0) {
        c->mtu_before = before;
        c->mtu_set = mtu;
        return;
    }
    if (ours)
        netif_set_mtu(c->nif, before);
    c->mtu_set = 0;
}

int dhcp_lease_apply(struct stack *s, struct dhcp_client *c)
{
    int err = add_routes(c);
    if (err < 0)
        return err;
    dhcp_set_name_servers(s, c->nif, &c->lease);
    c->servers_named = true;
    c->informed = false;
    set_mtu(c, c->lease.mtu);
    return 0;
}

static bool same_routes(const struct dhcp_lease *a, const struct dhcp_lease *b)
{
    return a->routers == b->routers && a->routes == b->routes &&
           memcmp(a->router, b->router, sizeof a->router) == 0 &&
           memcmp(a->route, b->route, sizeof a->route) == 0;
}

int dhcp_lease_change(struct stack *s, struct dhcp_client *c, const struct dhcp_lease *renewed,
                      int64_t now_ns)
{
    struct dhcp_lease old = c->lease;
    int err = change_mask(c, renewed, now_ns);
    if (err < 0)
        return err;
    if (!same_routes(renewed, &old)) {
        route_lease_remove(c->nif);
        c->lease = *renewed;
        err = add_routes(c);
    }
    if (err < 0) { /* what was there has its room back */
        c->lease = old;
        change_mask(c, &old, now_ns);
        add_routes(c);
        return err;
    }
    c->lease = *renewed;
    dhcp_set_name_servers(s, c->nif, renewed);
    set_mtu(c, renewed->mtu);
    return 0;
}

void dhcp_lease_remove(struct stack *s, struct dhcp_client *c, int64_t now_ns)
{
    struct ip_addr address = addr_ipv4(c->lease.address);
    route_lease_remove(c->nif);
    if (c->servers_named)
        dhcp_set_name_servers(s, c->nif, NULL);
    set_mtu(c, 0);
    c->own_change = true;
    if (c->address_added)
        netif_remove_address(c->nif, &address, now_ns); /* a conflict may have taken it already */
    c->own_change = false;
    c->address_added = c->servers_named = false;
    c->t1_ns = c->t2_ns = c->expiry_ns = INT64_MAX;
}

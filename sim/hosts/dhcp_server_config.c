/*
 * The DHCP server's attributes, and whether they make sense together. A server that leases what no
 * client may take, or renews after the lease is over, tests nothing that its script says; what a
 * client is to be shown wrong on purpose is a lie (`t1-after-t2`), or an `option`.
 */
#include <inttypes.h>
#include <string.h>
#include "sim/hosts/dhcp_server.h"

#define SECOND INT64_C(1000000000)

enum { LEASE_S = 3600, MTU_LEAST = 68 /* RFC 2132 5.1 */ };

/* --- reading --- */

bool dhcpd_seconds(const struct value *v, uint32_t *out)
{
    if (v->kind == VALUE_NAME && strcmp(v->text, "infinite") == 0) {
        *out = DHCP_INFINITE;
        return true;
    }
    int64_t s = v->kind == VALUE_TIME ? v->number / SECOND : v->number;
    if ((v->kind != VALUE_TIME && v->kind != VALUE_NUMBER) || s < 0 ||
        s >= (int64_t)DHCP_INFINITE || (v->kind == VALUE_TIME && v->number % SECOND != 0))
        return false;
    *out = (uint32_t)s;
    return true;
}

static int read_seconds(const struct attrs *a, const char *name, uint32_t *out, struct why *why)
{
    const struct attribute *found = attr_find(a, name, 0);
    if (!found || dhcpd_seconds(&found->value, out))
        return 0;
    return attr_refuse(a, found, why,
                       "%s is a time of whole seconds up to 4294967294, or `infinite`", name);
}

int dhcpd_pool(const struct value *v, uint32_t count, struct dhcp_config *c, struct why *why)
{
    if (count < 1 || count > 2 || v[0].kind != VALUE_IPV4 || v[count - 1].kind != VALUE_IPV4 ||
        v[0].number > v[count - 1].number) {
        why_set(why, "a pool is one address, or the first and the last: pool 10.0.2.15 10.0.2.30");
        return -1;
    }
    c->first = (uint32_t)v[0].number;
    c->last = (uint32_t)v[count - 1].number;
    return 0;
}

static int read_pool(const struct attrs *a, struct dhcp_config *c, struct why *why)
{
    const struct attribute *pool = attr_find(a, "pool", 0);
    if (!pool)
        return 0;
    const struct value *v = &pool->value;
    bool list = v->kind == VALUE_LIST;
    return dhcpd_pool(list ? v->item : v, list ? v->items : 1, c, why) == 0 ? 0
                                                                            : attr_blame(a, pool);
}

static int read_reserved(const struct attrs *a, struct dhcp_config *c, struct why *why)
{
    const struct attribute *found;
    for (uint32_t k = 0; (found = attr_find(a, "reserve", k)) != NULL; k++) {
        const struct value *v = &found->value;
        if (v->kind != VALUE_LIST || v->items != 2 || v->item[0].kind != VALUE_MAC ||
            v->item[0].bytes[0] & 1 || v->item[1].kind != VALUE_IPV4)
            return attr_refuse(a, found, why,
                               "reserve wants a MAC and an address: reserve 52:54:00:12:34:56 "
                               "10.0.2.15");
        if (c->reserveds == DHCP_RESERVED)
            return attr_refuse(a, found, why, "at most %d reservations", DHCP_RESERVED);
        struct dhcp_reserved *r = &c->reserved[c->reserveds++];
        memcpy(r->mac, v->item[0].bytes, sizeof r->mac);
        r->address = (uint32_t)v->item[1].number;
    }
    return 0;
}

/* RFC 2132 3.1, 3.2: PAD and END have no length. */
static int read_extras(const struct attrs *a, struct dhcp_config *c, struct why *why)
{
    const struct attribute *found;
    for (uint32_t k = 0; (found = attr_find(a, "option", k)) != NULL; k++) {
        const struct value *v = &found->value;
        bool fits = v->kind == VALUE_LIST && v->items == 2 && v->item[0].kind == VALUE_NUMBER &&
                    v->item[0].number > OPTION_PAD && v->item[0].number < OPTION_END &&
                    v->item[1].kind == VALUE_BYTES && v->item[1].len <= 255;
        if (!fits || c->extras == sizeof c->extra / sizeof c->extra[0])
            return attr_refuse(a, found, why,
                               "option wants a code from 1 to 254 and up to 255 bytes, at most 16 "
                               "times: option 121 \"\\x18\\x0a\\x01\\x02\\x0a\\0\\x02\\x01\"");
        c->extra[c->extras++] = (struct dhcp_extra){(uint8_t)v->item[0].number,
                                                    (uint8_t)v->item[1].len, v->item[1].bytes};
    }
    return 0;
}

static int read_domain(const struct attrs *a, struct dhcp_config *c, struct why *why)
{
    c->domain = attr_text(a, "domain", NULL);
    if (!c->domain || (strlen(c->domain) >= 1 && strlen(c->domain) <= 255))
        return 0;
    return attr_refuse(a, attr_find(a, "domain", 0), why, "domain has 1 to 255 octets");
}

static int read_boot(const struct attrs *a, struct dhcp_config *c, struct why *why)
{
    c->next_server = (uint32_t)attr_number(a, "next-server", 0);
    c->boot_file = attr_text(a, "boot-file", NULL);
    if (!c->boot_file || strlen(c->boot_file) < DHCP_FILE)
        return 0;
    return attr_refuse(a, attr_find(a, "boot-file", 0), why, "boot-file has at most %d octets",
                       DHCP_FILE - 1);
}

static int read_config(const struct attrs *a, struct dhcp_config *c, struct why *why)
{
    int64_t mtu = 0;
    uint32_t given;
    c->lease_s = LEASE_S;
    c->mask = (uint32_t)attr_number(a, "mask", 0);
    c->authoritative = attr_flag(a, "authoritative");
    c->echo_client = attr_flag(a, "echo-client-id");
    if (attr_addresses(a, "router", c->router, DHCP_SERVERS, &c->routers, why) != 0 ||
        attr_addresses(a, "dns", c->dns, DHCP_SERVERS, &c->dnses, why) != 0 ||
        attr_addresses(a, "ntp", c->ntp, DHCP_SERVERS, &c->ntps, why) != 0 ||
        attr_addresses(a, "server-id", &c->server_id, 1, &given, why) != 0 ||
        attr_range(a, "mtu-option", MTU_LEAST, 65535, &mtu, why) != 0 ||
        read_domain(a, c, why) != 0 || read_boot(a, c, why) != 0 || read_pool(a, c, why) != 0)
        return -1;
    c->mtu = (uint16_t)mtu;
    return read_seconds(a, "lease", &c->lease_s, why) != 0 ||
                   read_seconds(a, "t1", &c->t1_s, why) != 0 ||
                   read_seconds(a, "t2", &c->t2_s, why) != 0 || read_reserved(a, c, why) != 0 ||
                   read_extras(a, c, why) != 0
               ? -1
               : 0;
}

/* --- sense --- */

static int check_mask(const struct attrs *a, const struct dhcp_config *c, struct why *why)
{
    const struct attribute *mask = attr_find(a, "mask", 0);
    uint32_t host = ~c->mask;
    if (!mask || (c->mask && (host & (host + 1)) == 0))
        return 0;
    return attr_refuse(a, mask, why, "mask is ones, then zeros, such as 255.255.255.0");
}

/* RFC 2131 4.4.5: T1 MUST be earlier than T2, and T2 than the end of the lease. */
static int check_times(const struct attrs *a, const struct dhcp_config *c, struct why *why)
{
    const struct attribute *t1 = attr_find(a, "t1", 0), *t2 = attr_find(a, "t2", 0);
    if (c->lease_s == 0)
        return attr_refuse(a, attr_find(a, "lease", 0), why,
                           "a lease has a second at least; a server that says 0 has the lie "
                           "zero-lease");
    if (t2 && c->t2_s >= c->lease_s)
        return attr_refuse(a, t2, why,
                           "t2 is before the end of the lease of %" PRIu32
                           " s (RFC 2131 4.4.5); there is the lie t2-after-lease",
                           c->lease_s);
    if (t1 && c->t1_s >= (t2 ? c->t2_s : c->lease_s))
        return attr_refuse(a, t1, why,
                           "t1 is before t2 and the end of the lease (RFC 2131 4.4.5); there is "
                           "the lie t1-after-t2");
    return 0;
}

/* An address that a client on one of the server's links can have. */
static bool is_leasable(const struct host *h, uint32_t address)
{
    for (uint32_t p = 0; p < h->ports; p++)
        if (h->port[p].has_ipv4 &&
            ((address ^ h->port[p].ipv4) & peer_mask(h->port[p].prefix)) == 0)
            return address_of_one_in(address, h->port[p].prefix);
    return false;
}

static int refuse_address(const struct attrs *a, const struct attribute *which, const char *what,
                          uint32_t address, struct why *why)
{
    return attr_refuse(a, which, why,
                       "%s %u.%u.%u.%u: no host of the server's network can have that address",
                       what, address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

static int check_addresses(const struct host *h, const struct attrs *a, const struct dhcp_config *c,
                           struct why *why)
{
    const struct attribute *pool = attr_find(a, "pool", 0);
    if (pool && !is_leasable(h, c->first))
        return refuse_address(a, pool, "pool", c->first, why);
    if (pool && !is_leasable(h, c->last))
        return refuse_address(a, pool, "pool", c->last, why);
    for (uint32_t k = 0; k < c->reserveds; k++) {
        const struct attribute *which = attr_find(a, "reserve", k);
        if (!is_leasable(h, c->reserved[k].address))
            return refuse_address(a, which, "reserve", c->reserved[k].address, why);
        for (uint32_t j = 0; j < k; j++)
            if (c->reserved[j].address == c->reserved[k].address ||
                memcmp(c->reserved[j].mac, c->reserved[k].mac, 6) == 0)
                return attr_refuse(a, which, why, "this MAC or address is reserved twice");
    }
    return 0;
}

int dhcpd_configure(const struct host *h, const struct attrs *a, struct dhcp_config *c,
                    struct why *why)
{
    if (!h->port[0].has_ipv4) {
        why_set(why, "a DHCP server needs an address of its own: ip 10.0.2.2/24");
        return -1;
    }
    return read_config(a, c, why) != 0 || check_mask(a, c, why) != 0 ||
                   check_times(a, c, why) != 0 || check_addresses(h, a, c, why) != 0
               ? -1
               : 0;
}

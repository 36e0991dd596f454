/* What the server can be told to get wrong in its replies; the list is DHCP_LIES in the header. */
#include <string.h>
#include "sim/hosts/dhcp_server.h"

#define LIE(name) static void dhcp_lie_##name(void *reply, const struct peer_lie *lie)
#define REPLY                                                                                      \
    struct dhcp_reply *r = reply;                                                                  \
    (void)lie

/* --- how it is sent --- */

LIE(delay)
{
    REPLY;
    r->delay_ns = lie->number;
}

LIE(duplicate)
{
    REPLY;
    r->copies = lie->given ? (uint32_t)lie->number : 1;
}

LIE(broadcast)
{
    REPLY;
    r->dst = PEER_BROADCAST;
    r->has_to_mac = false;
}

LIE(unicast)
{
    REPLY;
    r->dst = r->yiaddr;
    r->has_to_mac = true;
    memcpy(r->to_mac, r->chaddr, sizeof r->to_mac);
}

LIE(to_port)
{
    REPLY;
    r->dport = (uint16_t)lie->number;
}

LIE(from_port)
{
    REPLY;
    r->sport = (uint16_t)lie->number;
}

LIE(from)
{
    REPLY;
    r->src = (uint32_t)lie->number;
}

/* --- the fixed part --- */

LIE(op)
{
    REPLY;
    r->op = 1;
}

LIE(htype)
{
    REPLY;
    r->htype = (uint8_t)lie->number;
}

LIE(hlen)
{
    REPLY;
    r->hlen = (uint8_t)lie->number;
}

LIE(xid)
{
    REPLY;
    r->xid++;
}

LIE(chaddr)
{
    REPLY;
    r->chaddr[5] ^= 1;
}

/* Where the reply goes stays as it was: a wrong address would not reach the client otherwise. */
LIE(yiaddr)
{
    REPLY;
    r->yiaddr = (uint32_t)lie->number;
}

/* --- options --- */

static void shorten(struct dhcp_reply *r, uint8_t code, uint8_t len)
{
    struct dhcp_option *o = dhcpd_option(r, code);
    if (o)
        o->len = len;
}

static void set32(struct dhcp_reply *r, uint8_t code, uint32_t v)
{
    struct dhcp_option *o = dhcpd_option(r, code);
    if (!o) {
        dhcpd_put32(r, code, v);
        return;
    }
    peer_put32(o->data, v);
    o->len = 4;
}

LIE(type)
{
    REPLY;
    dhcpd_option(r, OPTION_TYPE)->data[0] = (uint8_t)lie->number;
}

LIE(no_type)
{
    REPLY;
    dhcpd_remove(r, OPTION_TYPE);
}

LIE(server)
{
    REPLY;
    set32(r, OPTION_SERVER, r->own_address + 1);
}

LIE(no_server)
{
    REPLY;
    dhcpd_remove(r, OPTION_SERVER);
}

LIE(short_server)
{
    REPLY;
    shorten(r, OPTION_SERVER, 3);
}

LIE(no_lease)
{
    REPLY;
    dhcpd_remove(r, OPTION_LEASE);
}

LIE(zero_lease)
{
    REPLY;
    set32(r, OPTION_LEASE, 0);
}

LIE(short_lease)
{
    REPLY;
    shorten(r, OPTION_LEASE, 2);
}

LIE(t1)
{
    REPLY;
    set32(r, OPTION_T1, r->lease_s / 4 * 3);
    set32(r, OPTION_T2, r->lease_s / 2);
}

LIE(t2)
{
    REPLY;
    set32(r, OPTION_T2, r->lease_s * 2);
}

LIE(client)
{
    REPLY;
    dhcpd_remove(r, OPTION_CLIENT);
    dhcpd_put(r, OPTION_CLIENT, "\1\2\0\0\0\0\x77", 7);
}

/* RFC 3396 section 5: the parts follow each other, each with the option's code. */
LIE(split)
{
    REPLY;
    struct dhcp_option *o = dhcpd_option(r, (uint8_t)lie->number);
    if (!o || o->len < 2 || r->options == DHCP_OPTIONS)
        return;
    struct dhcp_option whole = *o;
    uint32_t at = (uint32_t)(o - r->option), half = whole.len / 2u;
    memmove(o + 1, o, (r->options - at) * sizeof *o);
    r->options++;
    o[0].len = (uint8_t)half;
    o[1].len = (uint8_t)(whole.len - half);
    memcpy(o[1].data, whole.data + half, o[1].len);
}

/* All but type, server and lease move out of the options field: to file, to sname, or in turns to
 * both. Any other value of option 52 has no options in either field. */
LIE(overload)
{
    REPLY;
    uint8_t value = (uint8_t)lie->number;
    bool sname = false;
    r->overload = value >= 1 && value <= 3 ? value : 0;
    for (uint32_t k = 0; k < r->options && r->overload; k++) {
        struct dhcp_option *o = &r->option[k];
        if (o->code == OPTION_TYPE || o->code == OPTION_SERVER || o->code == OPTION_LEASE)
            continue;
        o->place = value == 1 ? IN_FILE : value == 2 || sname ? IN_SNAME : IN_FILE;
        sname = !sname;
    }
    dhcpd_put(r, OPTION_OVERLOAD, &value, 1);
}

/* --- the message's frame --- */

LIE(no_cookie)
{
    REPLY;
    r->no_cookie = true;
}

LIE(cookie)
{
    REPLY;
    r->wrong_cookie = true;
}

LIE(no_end)
{
    REPLY;
    r->no_end = true;
}

LIE(past_end)
{
    static const uint8_t tail[] = {OPTION_DOMAIN, 200, 'e', 'n', 'd'};
    REPLY;
    r->tail = tail;
    r->tail_len = sizeof tail;
}

LIE(cut_option)
{
    static const uint8_t tail[] = {OPTION_DOMAIN};
    REPLY;
    r->tail = tail;
    r->tail_len = sizeof tail;
}

LIE(length)
{
    REPLY;
    r->length = (uint32_t)lie->number;
}

#define DHCP_LIE_SPEC(id, name, argument, spoil, help) PEER_LIE_SPEC(name, spoil, argument),
static const struct peer_lie_spec lie_specs[] = {DHCP_LIES(DHCP_LIE_SPEC)};

struct peer_lies dhcpd_lies(struct dhcp_server *s)
{
    return (struct peer_lies){lie_specs, DHCP_LIE_COUNT, dhcpd_type_name, s->lie};
}

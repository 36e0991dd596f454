/* The DHCP server as a host: its attributes, what a script can ask it and tell it. See
 * dhcp_server.h. */
#include "sim/hosts/dhcp_server.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static struct dhcp_server *server_of(struct host *h)
{
    return h->state;
}

/* --- attributes --- */

#define DHCP_LIE_ATTR(id, name, argument, spoil, help) {name, VALUE_LIST, help},
static const struct attr_spec dhcp_attrs[] = {
    {"pool", VALUE_LIST, "the addresses it leases: first and last, or one"},
    {"lease", VALUE_ANY, "how long: a time, or `infinite`; 1 h"},
    {"t1", VALUE_TIME, "renewal time; not sent unless given"},
    {"t2", VALUE_TIME, "rebinding time; not sent unless given"},
    {"mask", VALUE_IPV4, "subnet mask; its own port's"},
    {"router", VALUE_LIST, "routers"},
    {"dns", VALUE_LIST, "name servers"},
    {"ntp", VALUE_LIST, "time servers"},
    {"domain", VALUE_BYTES, "domain name"},
    {"next-server", VALUE_IPV4, "the server of the next step of a boot: siaddr"},
    {"boot-file", VALUE_BYTES, "the file to boot"},
    {"mtu-option", VALUE_NUMBER, "interface MTU for clients"},
    {"server-id", VALUE_IPV4, "what it calls itself; its port's address"},
    {"reserve", VALUE_LIST, "MAC and address: that client gets that address"},
    {"option", VALUE_LIST,
     "code and bytes: an option in place of the server's own, as often as written"},
    {"authoritative", VALUE_NONE, "NAKs clients of which it has no record"},
    {"echo-client-id", VALUE_NONE, "gives option 61 back (RFC 6842)"},
    PEER_IP_ATTRS,
    DHCP_LIES(DHCP_LIE_ATTR){NULL, VALUE_NONE, NULL},
};

static int dhcp_init(struct host *h, const struct attrs *a, struct why *why)
{
    struct dhcp_server *s = server_of(h);
    struct peer_lies lies = dhcpd_lies(s);
    s->last_ignored = s->last_violation = s->last_state = "";
    return peer_ip_init(&s->ip, h, a, why) != 0 || dhcpd_configure(h, a, &s->config, why) != 0 ||
                   peer_lies_init(&lies, a, why) != 0
               ? -1
               : 0;
}

/* --- frames --- */

static void dhcp_frame(struct host *h, int port, struct frame *f, int64_t now_ns)
{
    struct dhcp_server *s = server_of(h);
    struct peer_packet p;
    struct dhcp_message m;
    const char *bad;
    (void)now_ns;
    if (peer_ip_frame(&s->ip, port, f, &p) != PEER_UDP || p.dport != DHCP_SERVER_PORT)
        return;
    if (!dhcpd_message_read(&m, &p, &bad)) {
        s->ignored++;
        s->last_ignored = bad;
        return;
    }
    m.broadcast = peer_ip_is_broadcast(&s->ip, port, p.dst);
    dhcpd_receive(h, &m);
}

static void dhcp_due(struct host *h, int64_t now_ns)
{
    peer_ip_due(&server_of(h)->ip, now_ns);
}

/* --- what a script can ask --- */

static struct value number_value(uint64_t number)
{
    return (struct value){.kind = VALUE_NUMBER, .number = (int64_t)number};
}

static struct value text_value(const char *text)
{
    return (struct value){
        .kind = VALUE_BYTES, .bytes = (const uint8_t *)text, .len = (uint32_t)strlen(text)};
}

static struct value address_value(uint32_t address)
{
    return (struct value){.kind = VALUE_IPV4, .number = address};
}

/* "discovers", "acks", ...: messages of a type, received or sent. */
static bool query_count(const struct dhcp_server *s, const char *what, struct value *out)
{
    size_t len = strlen(what);
    for (int t = DHCP_DISCOVER; t < DHCP_TYPES; t++)
        if (len == strlen(dhcpd_type_name[t]) + 1 && what[len - 1] == 's' &&
            strncmp(what, dhcpd_type_name[t], len - 1) == 0) {
            *out = number_value(s->count[t]);
            return true;
        }
    return false;
}

/* "binding 10.0.2.15", "owner 10.0.2.15", "expires 10.0.2.15" */
static bool query_binding(struct host *h, const char *what, struct value *out)
{
    struct in_addr a;
    const char *space = strchr(what, ' ');
    if (!space || inet_pton(AF_INET, space + 1, &a) != 1 || a.s_addr == 0)
        return false;
    const struct dhcp_binding *b = dhcpd_binding_of(server_of(h), ntohl(a.s_addr));
    size_t len = (size_t)(space - what);
    if (strncmp(what, "binding", len) == 0)
        *out = text_value(dhcpd_binding_word(b, host_now(h)));
    else if (b && strncmp(what, "owner", len) == 0)
        *out = (struct value){.kind = VALUE_MAC, .bytes = b->mac, .len = 6};
    else if (b && strncmp(what, "expires", len) == 0)
        *out = (struct value){.kind = VALUE_TIME, .number = b->until_ns};
    else
        return false;
    return true;
}

static bool query_last(const struct dhcp_server *s, const char *what, struct value *out)
{
    const struct dhcp_message *m = &s->last;
    const struct {
        const char *name;
        struct value value;
    } known[] = {
        {"last-type", text_value(dhcpd_type_name[m->type])},
        {"last-xid", number_value(m->xid)},
        {"last-secs", number_value(m->secs)},
        {"last-flags", number_value(m->flags)},
        {"last-ciaddr", address_value(m->ciaddr)},
        {"last-requested", address_value(m->requested)},
        {"last-server-id", address_value(m->server)},
        {"last-host-name", text_value(m->host_name)},
        {"last-state", text_value(s->last_state)},
        {"last-violation", text_value(s->last_violation)},
        {"last-ignored", text_value(s->last_ignored)},
    };
    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
        if (strcmp(what, known[k].name) == 0) {
            *out = known[k].value;
            return true;
        }
    return false;
}

static int dhcp_query(struct host *h, const char *what, struct value *out)
{
    const struct dhcp_server *s = server_of(h);
    if (query_count(s, what, out) || query_last(s, what, out) || query_binding(h, what, out))
        return 0;
    if (strcmp(what, "leases") == 0)
        *out = number_value(dhcpd_leases(s, host_now(h)));
    else if (strcmp(what, "violations") == 0)
        *out = number_value(s->violations);
    else if (strcmp(what, "ignored") == 0)
        *out = number_value(s->ignored);
    else
        return -1;
    return 0;
}

/* --- what a script can tell it --- */

typedef int dhcp_call_function(struct host *h, const struct value *argument, uint32_t arguments,
                               struct why *why);

static bool address_of(const struct value *v, uint32_t *out)
{
    struct in_addr a;
    if (v->kind == VALUE_IPV4) {
        *out = (uint32_t)v->number;
        return true;
    }
    if (v->kind != VALUE_BYTES || inet_pton(AF_INET, (const char *)v->bytes, &a) != 1)
        return false;
    *out = ntohl(a.s_addr);
    return true;
}

/* forget(): every lease; forget("10.0.2.15"): that one. As after a restart without its records. */
static int call_forget(struct host *h, const struct value *argument, uint32_t arguments,
                       struct why *why)
{
    struct dhcp_server *s = server_of(h);
    uint32_t address = 0;
    if (arguments > 1 || (arguments == 1 && !address_of(argument, &address))) {
        why_set(why, "forget() or forget(\"10.0.2.15\")");
        return -1;
    }
    for (int k = 0; k < DHCP_BINDINGS; k++)
        if (!arguments || s->binding[k].address == address)
            memset(&s->binding[k], 0, sizeof s->binding[k]);
    return 0;
}

/* take("10.0.2.15"): the address is somebody else's from now on. */
static int call_take(struct host *h, const struct value *argument, uint32_t arguments,
                     struct why *why)
{
    static const struct dhcp_message somebody = {
        .key = "somebody", .key_len = 8, .chaddr = {2, 0, 0, 0, 0, 0x77}};
    uint32_t address;
    if (arguments != 1 || !address_of(argument, &address)) {
        why_set(why, "take(\"10.0.2.15\")");
        return -1;
    }
    dhcpd_bind(server_of(h), &somebody, address, BINDING_LEASED, NEVER);
    return 0;
}

/* again(): the last reply once more, byte for byte. */
static int call_again(struct host *h, const struct value *argument, uint32_t arguments,
                      struct why *why)
{
    struct dhcp_server *s = server_of(h);
    (void)argument;
    if (arguments || !s->has_sent) {
        why_set(why, "again() takes nothing, and there must be a last reply");
        return -1;
    }
    struct dhcp_reply r = s->sent;
    r.delay_ns = 0;
    r.copies = 0;
    dhcpd_send(h, &r);
    return 0;
}

/* send("ack", "10.0.2.99"): a reply of that type to the last message, asked for or not; without an
 * address the message's own. */
static int call_send(struct host *h, const struct value *argument, uint32_t arguments,
                     struct why *why)
{
    struct dhcp_server *s = server_of(h);
    uint32_t yiaddr = s->last.ciaddr ? s->last.ciaddr : s->last.requested;
    if (arguments < 1 || arguments > 2 || !s->has_last || argument[0].kind != VALUE_BYTES ||
        (arguments == 2 && !address_of(&argument[1], &yiaddr))) {
        why_set(why, "send(\"ack\"[, \"10.0.2.15\"]) once a client has sent something");
        return -1;
    }
    for (int t = DHCP_DISCOVER; t < DHCP_TYPES; t++)
        if (strcmp(dhcpd_type_name[t], (const char *)argument[0].bytes) == 0) {
            dhcpd_answer(h, &s->last, (enum dhcp_type)t, t == DHCP_NAK ? 0 : yiaddr);
            return 0;
        }
    why_set(why, "send(): no message type %s", (const char *)argument[0].bytes);
    return -1;
}

static int call_pool(struct host *h, const struct value *argument, uint32_t arguments,
                     struct why *why)
{
    struct value v[2];
    uint32_t address;
    for (uint32_t k = 0; k < arguments && k < 2; k++)
        v[k] = address_of(&argument[k], &address) ? address_value(address)
                                                  : (struct value){.kind = VALUE_NONE};
    return dhcpd_pool(v, arguments, &server_of(h)->config, why);
}

static int set_seconds(uint32_t *to, const struct value *argument, uint32_t arguments,
                       struct why *why)
{
    if (arguments == 1 && dhcpd_seconds(argument, to))
        return 0;
    why_set(why, "one time of whole seconds");
    return -1;
}

static int call_lease(struct host *h, const struct value *argument, uint32_t arguments,
                      struct why *why)
{
    return set_seconds(&server_of(h)->config.lease_s, argument, arguments, why);
}

static int call_t1(struct host *h, const struct value *argument, uint32_t arguments,
                   struct why *why)
{
    return set_seconds(&server_of(h)->config.t1_s, argument, arguments, why);
}

static int call_t2(struct host *h, const struct value *argument, uint32_t arguments,
                   struct why *why)
{
    return set_seconds(&server_of(h)->config.t2_s, argument, arguments, why);
}

static int dhcp_call(struct host *h, const char *name, const struct value *argument,
                     uint32_t arguments, struct why *why)
{
    static const struct {
        const char *name;
        dhcp_call_function *function;
    } calls[] = {
        {"forget", call_forget}, {"take", call_take},   {"again", call_again}, {"send", call_send},
        {"pool", call_pool},     {"lease", call_lease}, {"t1", call_t1},       {"t2", call_t2},
    };
    for (size_t k = 0; k < sizeof calls / sizeof calls[0]; k++)
        if (strcmp(calls[k].name, name) == 0)
            return calls[k].function(h, argument, arguments, why);
    struct peer_lies lies = dhcpd_lies(server_of(h));
    return peer_lies_call(&lies, name, argument, arguments, why) == 1 ? 0 : -1;
}

const struct host_kind dhcp_server_kind = {
    .name = "dhcp-server",
    .help = "leases addresses (RFC 2131 4.3), and lies when told to",
    .state_size = sizeof(struct dhcp_server),
    .attrs = dhcp_attrs,
    .init = dhcp_init,
    .frame = dhcp_frame,
    .due = dhcp_due,
    .query = dhcp_query,
    .call = dhcp_call,
};

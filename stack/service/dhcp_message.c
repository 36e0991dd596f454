#include "stack/service/dhcp_inside.h"
#include "stack/core/mem.h"

enum { OPTION_ROOM = 80 + DHCP_OWN_OPTIONS, CODE_AND_LENGTH = 2 };

/* --- the user's options --- */

static uint32_t option_size(const uint8_t *option)
{
    return CODE_AND_LENGTH + option[1];
}

/* The option of this code, or where one would be added. */
static uint32_t find_own(const struct dhcp_own_options *own, uint8_t code)
{
    uint32_t at = 0;
    while (at < own->len && own->bytes[at] != code)
        at += option_size(own->bytes + at);
    return at;
}

static bool may_set(uint8_t code, size_t len)
{
    switch (code) {
    case DHCP_OPT_PAD:
    case DHCP_OPT_REQUESTED_ADDRESS:
    case DHCP_OPT_LEASE_TIME: /* MUST NOT be in an INFORM: table 5 */
    case DHCP_OPT_OVERLOAD:
    case DHCP_OPT_MESSAGE_TYPE:
    case DHCP_OPT_SERVER_ID:
    case DHCP_OPT_PARAMETER_LIST:
    case DHCP_OPT_MESSAGE:
    case DHCP_OPT_MAX_MESSAGE_SIZE:
    case DHCP_OPT_END:
        return false;
    case DHCP_OPT_CLIENT_ID:
        return len != 1 && len <= 255;
    default:
        return len <= 255;
    }
}

int dhcp_set_option(struct stack *s, struct netif *nif, uint8_t code, const void *bytes, size_t len)
{
    struct dhcp_client *c = dhcp_client(s, nif);
    if (!c)
        return -ERR_PROTONOSUPPORT;
    if (!may_set(code, len))
        return -ERR_INVAL;
    struct dhcp_own_options *own = &c->own;
    uint32_t at = find_own(own, code);
    uint32_t old = at < own->len ? option_size(own->bytes + at) : 0;
    if (len && own->len - old + CODE_AND_LENGTH + len > sizeof own->bytes)
        return -ERR_NOBUFS;
    own->len -= old;
    memmove(own->bytes + at, own->bytes + at + old, own->len - at);
    struct dhcp_writer w = {.buf = own->bytes, .room = sizeof own->bytes, .len = own->len};
    if (len)
        dhcp_put(&w, code, bytes, len);
    own->len = (uint32_t)w.len;
    return 0;
}

static void put_own(const struct dhcp_own_options *own, struct dhcp_writer *w)
{
    for (uint32_t at = 0; at < own->len; at += option_size(own->bytes + at))
        if (own->bytes[at] != DHCP_OPT_CLIENT_ID)
            dhcp_put(w, own->bytes[at], own->bytes + at + CODE_AND_LENGTH, own->bytes[at + 1]);
}

struct client_id {
    uint8_t bytes[DHCP_OWN_OPTIONS];
    size_t len;
};

/* The user's, else hardware type and address (RFC 2132 9.14). */
static struct client_id client_id(const struct dhcp_client *c)
{
    struct client_id id = {.bytes = {DHCP_HTYPE_ETHERNET}, .len = 1 + NETIF_MAC_BYTES};
    uint32_t at = find_own(&c->own, DHCP_OPT_CLIENT_ID);
    memcpy(id.bytes + 1, c->nif->mac, NETIF_MAC_BYTES);
    if (at < c->own.len) {
        id.len = c->own.bytes[at + 1];
        memcpy(id.bytes, c->own.bytes + at + CODE_AND_LENGTH, id.len);
    }
    return id;
}

/* --- messages --- */

/* The list of the DISCOVER is that of every later REQUEST (RFC 2131 3.5); an INFORM has no lease to
 * ask about (4.4.3). */
static void put_parameter_list(struct dhcp_writer *w, enum dhcp_message_type type)
{
    static const uint8_t list[] = {
        DHCP_OPT_SUBNET_MASK,
        DHCP_OPT_CLASSLESS_ROUTE, /* RFC 3442: in front of the routers */
        DHCP_OPT_ROUTER,
        DHCP_OPT_DNS_SERVER,
        DHCP_OPT_DOMAIN_NAME,
        DHCP_OPT_INTERFACE_MTU,
        DHCP_OPT_NTP_SERVER,
        /* from here on: not in an INFORM */
        DHCP_OPT_LEASE_TIME,
        DHCP_OPT_SERVER_ID,
        DHCP_OPT_RENEWAL_TIME,
        DHCP_OPT_REBINDING_TIME,
    };
    enum { WITHOUT_LEASE = 7 };
    dhcp_put(w, DHCP_OPT_PARAMETER_LIST, list, type == DHCP_INFORM ? WITHOUT_LEASE : sizeof list);
}

/* Table 5: DECLINE and RELEASE SHOULD say why, and nobody else. */
static void put_reason(struct dhcp_writer *w, enum dhcp_message_type type)
{
    static const char in_use[] = "address in use", done[] = "no longer needed";
    if (type == DHCP_DECLINE)
        dhcp_put(w, DHCP_OPT_MESSAGE, in_use, sizeof in_use - 1);
    else
        dhcp_put(w, DHCP_OPT_MESSAGE, done, sizeof done - 1);
}

/* RFC 2131 table 5, from the top; a DECLINE or RELEASE has neither parameter list nor maximum size.
 */
static void put_options(struct stack *s, const struct dhcp_client *c, const struct dhcp_form *form,
                        struct dhcp_writer *w)
{
    dhcp_put8(w, DHCP_OPT_MESSAGE_TYPE, (uint8_t)form->type);
    if (stack_knob(s, MODULE_DHCP, DHCP_KNOB_CLIENT_ID)) {
        struct client_id id = client_id(c);
        dhcp_put(w, DHCP_OPT_CLIENT_ID, id.bytes, id.len);
    }
    if (form->requested)
        dhcp_put32(w, DHCP_OPT_REQUESTED_ADDRESS, form->requested);
    if (form->server)
        dhcp_put32(w, DHCP_OPT_SERVER_ID, form->server);
    if (form->type == DHCP_DECLINE || form->type == DHCP_RELEASE) {
        put_reason(w, form->type);
        return;
    }
    /* RFC 2132 9.10: not below 576, which every host takes. */
    dhcp_put16(w, DHCP_OPT_MAX_MESSAGE_SIZE, c->nif->mtu < 576 ? 576 : c->nif->mtu);
    put_parameter_list(w, form->type);
    put_own(&c->own, w);
}

/* RFC 2131 4.1: the flag is clear where unicast is taken before there is an address, which IP does
 * while a client asks. An interface that has another one is configured already, as RFC 1542 3.1.1
 * means it: there broadcasts are asked for, and what comes by unicast all the same is taken; where
 * ours is there already, nobody need ask. */
static uint16_t flags(struct stack *s, const struct dhcp_client *c, const struct dhcp_form *form)
{
    bool asks = form->type == DHCP_DISCOVER || form->type == DHCP_REQUEST;
    const struct ip_addr any = {.family = ADDR_IPV4};
    bool wants = (netif_source(c->nif, &any) && !dhcp_has_lease(c)) ||
                 stack_knob(s, MODULE_DHCP, DHCP_KNOB_BROADCAST);
    return asks && form->ciaddr == 0 && wants ? DHCP_FLAG_BROADCAST : 0;
}

static enum dhcp_counter counter(enum dhcp_message_type type)
{
    switch (type) {
    case DHCP_DISCOVER:
        return DHCP_OUT_DISCOVER;
    case DHCP_REQUEST:
        return DHCP_OUT_REQUEST;
    case DHCP_DECLINE:
        return DHCP_OUT_DECLINE;
    case DHCP_RELEASE:
        return DHCP_OUT_RELEASE;
    case DHCP_INFORM:
        return DHCP_OUT_INFORM;
    case DHCP_OFFER:
    case DHCP_ACK:
    case DHCP_NAK:
        break;
    }
    STACK_PANIC(__FILE__, __LINE__, "a server's message");
    return DHCP_UNSENT;
}

void dhcp_transmit(struct stack *s, struct dhcp_client *c, const struct dhcp_form *form,
                   int64_t now_ns)
{
    uint8_t options[OPTION_ROOM], bytes[DHCP_MESSAGE_BYTES];
    struct dhcp_writer w = {.buf = options, .room = sizeof options};
    put_options(s, c, form, &w);
    STACK_ASSERT(!w.full);
    struct dhcp_msg msg = {
        .op = DHCP_BOOTREQUEST,
        .htype = DHCP_HTYPE_ETHERNET,
        .hlen = NETIF_MAC_BYTES,
        .xid = c->xid,
        .secs = c->secs,
        .flags = flags(s, c, form),
        .ciaddr = form->ciaddr,
        .options = options,
        .options_len = w.len,
    };
    memcpy(msg.chaddr, c->nif->mac, NETIF_MAC_BYTES);
    size_t len = dhcp_emit(&msg, bytes, sizeof bytes);
    struct ip_addr to = addr_ipv4(form->unicast ? form->unicast : 0xffffffff);
    /* RFC 2131 4.1: a broadcast before there is an address comes from 0. */
    c->pcb.end.from_any = form->ciaddr == 0;
    int err = udp_send(s, &c->pcb, bytes, (uint32_t)len, &to, DHCP_SERVER_PORT, now_ns);
    if (err >= 0)
        c->asked_ns = now_ns;
    stack_count(s, MODULE_DHCP, err < 0 ? DHCP_UNSENT : counter(form->type));
}

/* RFC 6842 3: a reply that echoes an identifier must echo ours; one without is from an older
 * server. */
static bool client_id_ok(struct stack *s, const struct dhcp_client *c, const struct dhcp_msg *msg)
{
    struct client_id own = client_id(c);
    uint8_t first;
    size_t len;
    return !stack_knob(s, MODULE_DHCP, DHCP_KNOB_CLIENT_ID) ||
           !dhcp_option_get(msg, DHCP_OPT_CLIENT_ID, &first, sizeof first, &len) ||
           dhcp_option_is(msg, DHCP_OPT_CLIENT_ID, own.bytes, own.len);
}

int dhcp_accept(struct stack *s, const struct dhcp_client *c, const uint8_t *bytes, size_t len,
                struct dhcp_msg *msg)
{
    uint8_t type;
    if (dhcp_parse(bytes, len, msg) != DHCP_SOUND)
        return -DHCP_DROP_MALFORMED - 1;
    if (msg->op != DHCP_BOOTREPLY)
        return -DHCP_DROP_OP - 1;
    if (msg->xid != c->xid)
        return -DHCP_DROP_XID - 1;
    if (msg->htype != DHCP_HTYPE_ETHERNET || msg->hlen != NETIF_MAC_BYTES ||
        memcmp(msg->chaddr, c->nif->mac, NETIF_MAC_BYTES) != 0)
        return -DHCP_DROP_HARDWARE - 1;
    if (!dhcp_option_get8(msg, DHCP_OPT_MESSAGE_TYPE, &type))
        return -DHCP_DROP_NO_TYPE - 1;
    if (!client_id_ok(s, c, msg))
        return -DHCP_DROP_CLIENT_ID - 1;
    return type;
}

/* DHCP messages as bytes: what clients send is read, what the server says is written. */
#include <netinet/in.h>
#include <string.h>
#include "sim/hosts/dhcp_server.h"

/* RFC 2131, figure 1 */
enum {
    AT_OP = 0,
    AT_HTYPE = 1,
    AT_HLEN = 2,
    AT_HOPS = 3,
    AT_XID = 4,
    AT_SECS = 8,
    AT_FLAGS = 10,
    AT_CIADDR = 12,
    AT_YIADDR = 16,
    AT_SIADDR = 20,
    AT_GIADDR = 24,
    AT_CHADDR = 28,
    AT_SNAME = 44,
    AT_FILE = 108,
    AT_COOKIE = 236,
    AT_OPTIONS = 240,
    SNAME_LEN = 64,
    BOOTREQUEST = 1,
    SHORTEST = 300, /* RFC 1542 2.1 */
};

static const uint8_t cookie[4] = {99, 130, 83, 99};

const char *const dhcpd_type_name[DHCP_TYPES + 1] = {"none",    "discover",   "offer", "request",
                                                     "decline", "ack",        "nak",   "release",
                                                     "inform",  "forcerenew", NULL};

/* --- reading --- */

static void read_address(const uint8_t *data, uint32_t len, bool *has, uint32_t *out)
{
    if (len == 4) {
        *has = true;
        *out = peer_get32(data);
    }
}

static void read_option(struct dhcp_message *m, uint8_t code, const uint8_t *data, uint32_t len)
{
    switch (code) {
    case OPTION_TYPE:
        m->type = len == 1 && data[0] < DHCP_TYPES ? data[0] : DHCP_NONE;
        break;
    case OPTION_REQUESTED:
        read_address(data, len, &m->has_requested, &m->requested);
        break;
    case OPTION_SERVER:
        read_address(data, len, &m->has_server, &m->server);
        break;
    case OPTION_LEASE:
        read_address(data, len, &m->has_lease, &m->lease_s);
        break;
    case OPTION_CLIENT:
        m->client_len = (uint8_t)(len < DHCP_KEY ? len : DHCP_KEY);
        memcpy(m->client, data, m->client_len);
        break;
    case OPTION_RELAY:
        m->relay_len = (uint8_t)len;
        memcpy(m->relay, data, len);
        break;
    case OPTION_HOST_NAME:
        len = len < sizeof m->host_name ? len : sizeof m->host_name - 1;
        memcpy(m->host_name, data, len);
        m->host_name[len] = '\0';
        break;
    default:
        break;
    }
}

/* RFC 2132 2: PAD and END stand alone, every other option has a length. */
static const char *read_options(struct dhcp_message *m, const uint8_t *p, uint32_t len)
{
    for (uint32_t at = 0; at < len && p[at] != OPTION_END;) {
        if (p[at] == OPTION_PAD) {
            at++;
            continue;
        }
        if (at + 2 > len || at + 2 + p[at + 1] > len)
            return "an option leads past the end";
        read_option(m, p[at], p + at + 2, p[at + 1]);
        at += 2u + p[at + 1];
    }
    return NULL;
}

static void read_header(struct dhcp_message *m, const uint8_t *b)
{
    m->htype = b[AT_HTYPE];
    m->hlen = b[AT_HLEN];
    m->xid = peer_get32(b + AT_XID);
    m->secs = peer_get16(b + AT_SECS);
    m->flags = peer_get16(b + AT_FLAGS);
    m->ciaddr = peer_get32(b + AT_CIADDR);
    m->yiaddr = peer_get32(b + AT_YIADDR);
    m->giaddr = peer_get32(b + AT_GIADDR);
    memcpy(m->chaddr, b + AT_CHADDR, sizeof m->chaddr);
}

/* RFC 2131 4.2: the client identifier names the client, without one its hardware type and address
 * do. */
static void read_key(struct dhcp_message *m)
{
    if (m->client_len) {
        memcpy(m->key, m->client, m->client_len);
        m->key_len = m->client_len;
        return;
    }
    m->key[0] = m->htype;
    memcpy(m->key + 1, m->chaddr, m->hlen);
    m->key_len = (uint8_t)(1 + m->hlen);
}

static const char *check(struct dhcp_message *m, const uint8_t *b, uint32_t len)
{
    if (len < AT_OPTIONS)
        return "shorter than its fixed part";
    if (b[AT_OP] != BOOTREQUEST)
        return "op is not BOOTREQUEST";
    if (b[AT_HLEN] > 16)
        return "hlen is above 16";
    if (memcmp(b + AT_COOKIE, cookie, 4) != 0)
        return "no magic cookie";
    read_header(m, b);
    const char *bad = read_options(m, b + AT_OPTIONS, len - AT_OPTIONS);
    if (!bad && m->type == DHCP_NONE)
        return "no message type";
    return bad;
}

bool dhcpd_message_read(struct dhcp_message *m, const struct peer_packet *p, const char **why)
{
    memset(m, 0, sizeof *m);
    *why = check(m, p->payload, p->len);
    if (*why)
        return false;
    m->port = p->port;
    m->source = p->src;
    read_key(m);
    return true;
}

/* --- a reply's options --- */

struct dhcp_option *dhcpd_option(struct dhcp_reply *r, uint8_t code)
{
    for (uint32_t k = 0; k < r->options; k++)
        if (r->option[k].code == code)
            return &r->option[k];
    return NULL;
}

void dhcpd_put(struct dhcp_reply *r, uint8_t code, const void *data, uint32_t len)
{
    if (r->options == DHCP_OPTIONS || len > 255)
        return;
    struct dhcp_option *o = &r->option[r->options++];
    o->code = code;
    o->len = (uint8_t)len;
    o->place = IN_OPTIONS;
    if (len)
        memcpy(o->data, data, len);
}

void dhcpd_put32(struct dhcp_reply *r, uint8_t code, uint32_t v)
{
    uint8_t data[4];
    peer_put32(data, v);
    dhcpd_put(r, code, data, 4);
}

void dhcpd_put_addresses(struct dhcp_reply *r, uint8_t code, const uint32_t *address,
                         uint32_t count)
{
    uint8_t data[4 * DHCP_SERVERS];
    for (uint32_t k = 0; k < count; k++)
        peer_put32(data + 4 * k, address[k]);
    if (count)
        dhcpd_put(r, code, data, 4 * count);
}

void dhcpd_remove(struct dhcp_reply *r, uint8_t code)
{
    uint32_t kept = 0;
    for (uint32_t k = 0; k < r->options; k++)
        if (r->option[k].code != code)
            r->option[kept++] = r->option[k];
    r->options = kept;
}

/* --- writing --- */

static void write_header(const struct dhcp_reply *r, uint8_t *out)
{
    out[AT_OP] = r->op;
    out[AT_HTYPE] = r->htype;
    out[AT_HLEN] = r->hlen;
    out[AT_HOPS] = r->hops;
    peer_put32(out + AT_XID, r->xid);
    peer_put16(out + AT_SECS, r->secs);
    peer_put16(out + AT_FLAGS, r->flags);
    peer_put32(out + AT_CIADDR, r->ciaddr);
    peer_put32(out + AT_YIADDR, r->yiaddr);
    peer_put32(out + AT_SIADDR, r->siaddr);
    peer_put32(out + AT_GIADDR, r->giaddr);
    memcpy(out + AT_CHADDR, r->chaddr, sizeof r->chaddr);
    if (r->file && !(r->overload & 1)) /* RFC 2131 4.1: options stand there then */
        memcpy(out + AT_FILE, r->file, strlen(r->file));
}

/* Returns how many octets were written; an option that does not fit whole is left out. */
static uint32_t write_options(const struct dhcp_reply *r, enum dhcp_place place, uint8_t *out,
                              uint32_t room)
{
    uint32_t at = 0;
    for (uint32_t k = 0; k < r->options; k++) {
        const struct dhcp_option *o = &r->option[k];
        if (o->place != place || at + 2u + o->len > room)
            continue;
        out[at++] = o->code;
        out[at++] = o->len;
        memcpy(out + at, o->data, o->len);
        at += o->len;
    }
    return at;
}

/* RFC 2131 4.1: options in file and sname begin with the first octet and end with END, PAD behind
 * it. */
static void write_overload(const struct dhcp_reply *r, uint8_t *out)
{
    if (r->overload & 1)
        out[AT_FILE + write_options(r, IN_FILE, out + AT_FILE, DHCP_FILE - 1)] = OPTION_END;
    if (r->overload & 2)
        out[AT_SNAME + write_options(r, IN_SNAME, out + AT_SNAME, SNAME_LEN - 1)] = OPTION_END;
}

static uint32_t write_tail(const struct dhcp_reply *r, uint8_t *out, uint32_t at)
{
    if (r->tail) {
        memcpy(out + at, r->tail, r->tail_len);
        return at + r->tail_len;
    }
    if (r->no_end)
        return at;
    out[at++] = OPTION_END;
    return at < SHORTEST ? SHORTEST : at;
}

uint32_t dhcpd_reply_write(const struct dhcp_reply *r, uint8_t *out)
{
    memset(out, 0, DHCP_ROOM);
    write_header(r, out);
    write_overload(r, out);
    uint32_t at = AT_COOKIE;
    if (!r->no_cookie) {
        memcpy(out + at, cookie, 4);
        out[at + 3] ^= r->wrong_cookie;
        at += 4;
    }
    at += write_options(r, IN_OPTIONS, out + at, DHCP_ROOM - AT_OPTIONS - 64);
    at = write_tail(r, out, at);
    return r->length && r->length <= DHCP_ROOM ? r->length : at;
}

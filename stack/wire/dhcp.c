#include "stack/wire/dhcp.h"
#include "stack/core/bytes.h"
#include "stack/core/mem.h"

#define MAGIC_COOKIE UINT32_C(0x63825363) /* 99, 130, 83, 99: RFC 2131 section 3 */

/* Where options may lie, in the order in which they are read: RFC 3396 section 5. */
enum { AREA_OPTIONS, AREA_FILE, AREA_SNAME, AREA_COUNT };

struct area {
    const uint8_t *bytes;
    size_t len; /* 0 for an area that holds no options */
};

static struct area area_of(const struct dhcp_msg *msg, unsigned area)
{
    switch (area) {
    case AREA_OPTIONS:
        return (struct area){msg->options, msg->options_len};
    case AREA_FILE:
        if (msg->file && msg->overload & DHCP_OVERLOAD_FILE)
            return (struct area){msg->file, DHCP_FILE_LEN};
        break;
    case AREA_SNAME:
        if (msg->sname && msg->overload & DHCP_OVERLOAD_SNAME)
            return (struct area){msg->sname, DHCP_SNAME_LEN};
        break;
    }
    return (struct area){NULL, 0};
}

/*
 * Walks an area to its End option, or to where it ends without one: that is against RFC 2131 4.1,
 * but nothing is ambiguous about it. *used is the number of octets in front of End.
 */
static enum dhcp_fault check_area(struct area area, size_t *used)
{
    size_t at = 0;
    while (at < area.len && area.bytes[at] != DHCP_OPT_END) {
        if (area.bytes[at] == DHCP_OPT_PAD) {
            at++;
            continue;
        }
        if (area.len - at < 2)
            return DHCP_OPTION_NO_LENGTH;
        if (area.bytes[at + 1] > area.len - at - 2)
            return DHCP_OPTION_BEYOND;
        at += 2u + area.bytes[at + 1];
    }
    *used = at;
    return DHCP_SOUND;
}

/*
 * The overload option counts in the options field only (RFC 2131 4.1), and only with a value that
 * RFC 2132 9.3 gives it; any other leaves file and sname to be what BOOTP says.
 */
static uint8_t overload_of(const struct dhcp_msg *msg)
{
    uint8_t value;
    if (!dhcp_option_get8(msg, DHCP_OPT_OVERLOAD, &value) || value > 3)
        return 0;
    return value;
}

static enum dhcp_fault parse_options(const uint8_t *bytes, size_t len, struct dhcp_msg *out)
{
    struct area options = {bytes + DHCP_OPTIONS, len - DHCP_OPTIONS};
    out->options = options.bytes;
    enum dhcp_fault fault = check_area(options, &out->options_len);
    if (fault != DHCP_SOUND)
        return fault;
    out->overload = overload_of(out);
    size_t unused;
    fault = check_area(area_of(out, AREA_FILE), &unused);
    return fault != DHCP_SOUND ? fault : check_area(area_of(out, AREA_SNAME), &unused);
}

static void read_fixed(const uint8_t *bytes, struct dhcp_msg *out)
{
    *out = (struct dhcp_msg){
        .op = bytes[DHCP_OP],
        .htype = bytes[DHCP_HTYPE],
        .hlen = bytes[DHCP_HLEN],
        .hops = bytes[DHCP_HOPS],
        .xid = get32(bytes + DHCP_XID),
        .secs = get16(bytes + DHCP_SECS),
        .flags = get16(bytes + DHCP_FLAGS),
        .ciaddr = get32(bytes + DHCP_CIADDR),
        .yiaddr = get32(bytes + DHCP_YIADDR),
        .siaddr = get32(bytes + DHCP_SIADDR),
        .giaddr = get32(bytes + DHCP_GIADDR),
        .sname = bytes + DHCP_SNAME,
        .file = bytes + DHCP_FILE,
    };
    memcpy(out->chaddr, bytes + DHCP_CHADDR, DHCP_CHADDR_LEN);
}

enum dhcp_fault dhcp_parse(const uint8_t *bytes, size_t len, struct dhcp_msg *out)
{
    if (len < DHCP_COOKIE)
        return DHCP_SHORT;
    if (len < DHCP_OPTIONS)
        return DHCP_COOKIE_SHORT;
    if (bytes[DHCP_OP] != DHCP_BOOTREQUEST && bytes[DHCP_OP] != DHCP_BOOTREPLY)
        return DHCP_OP_UNKNOWN;
    if (bytes[DHCP_HLEN] > DHCP_CHADDR_LEN)
        return DHCP_HLEN_ABOVE_16;
    if (get32(bytes + DHCP_COOKIE) != MAGIC_COOKIE)
        return DHCP_COOKIE_WRONG;
    read_fixed(bytes, out);
    return parse_options(bytes, len, out);
}

static void write_fixed(const struct dhcp_msg *msg, uint8_t *buf)
{
    buf[DHCP_OP] = msg->op;
    buf[DHCP_HTYPE] = msg->htype;
    buf[DHCP_HLEN] = msg->hlen;
    buf[DHCP_HOPS] = msg->hops;
    put32(buf + DHCP_XID, msg->xid);
    put16(buf + DHCP_SECS, msg->secs);
    put16(buf + DHCP_FLAGS, msg->flags);
    put32(buf + DHCP_CIADDR, msg->ciaddr);
    put32(buf + DHCP_YIADDR, msg->yiaddr);
    put32(buf + DHCP_SIADDR, msg->siaddr);
    put32(buf + DHCP_GIADDR, msg->giaddr);
    memcpy(buf + DHCP_CHADDR, msg->chaddr, DHCP_CHADDR_LEN);
    if (msg->sname)
        memcpy(buf + DHCP_SNAME, msg->sname, DHCP_SNAME_LEN);
    if (msg->file)
        memcpy(buf + DHCP_FILE, msg->file, DHCP_FILE_LEN);
    put32(buf + DHCP_COOKIE, MAGIC_COOKIE);
}

size_t dhcp_emit(const struct dhcp_msg *msg, uint8_t *buf, size_t room)
{
    if (room < DHCP_MIN_LEN || msg->options_len > room - DHCP_OPTIONS - 1)
        return 0;
    size_t end = DHCP_OPTIONS + msg->options_len;
    size_t len = end + 1 < DHCP_MIN_LEN ? DHCP_MIN_LEN : end + 1;
    memset(buf, 0, len);
    write_fixed(msg, buf);
    if (msg->options_len)
        memcpy(buf + DHCP_OPTIONS, msg->options, msg->options_len);
    buf[end] = DHCP_OPT_END;
    return len;
}

/*
 * The lengths were checked by dhcp_parse; they are looked at again all the same, so that a message
 * that a caller put together by hand cannot be read past its end.
 */
bool dhcp_option_next(struct dhcp_option_iter *iter, struct dhcp_option *out)
{
    for (; iter->area < AREA_COUNT; iter->area++, iter->next = 0) {
        struct area area = area_of(iter->msg, iter->area);
        while (iter->next < area.len && area.bytes[iter->next] == DHCP_OPT_PAD)
            iter->next++;
        size_t left = area.len - iter->next;
        if (left < 2 || area.bytes[iter->next] == DHCP_OPT_END)
            continue;
        const uint8_t *option = area.bytes + iter->next;
        if (option[1] > left - 2)
            continue;
        *out = (struct dhcp_option){.code = option[0], .len = option[1], .data = option + 2};
        iter->next += 2u + option[1];
        return true;
    }
    return false;
}

bool dhcp_option_get(const struct dhcp_msg *msg, uint8_t code, uint8_t *buf, size_t room,
                     size_t *len)
{
    struct dhcp_option_iter iter = dhcp_option_iter(msg);
    struct dhcp_option option;
    bool found = false;
    size_t total = 0;
    while (dhcp_option_next(&iter, &option)) {
        if (option.code != code)
            continue;
        found = true;
        if (total < room) {
            size_t left = room - total;
            memcpy(buf + total, option.data, option.len < left ? option.len : left);
        }
        total += option.len;
    }
    if (found)
        *len = total;
    return found;
}

/* Each instance is `bytes`: a server's template and its own said the same. Joined by RFC 3396 they
 * could only be too long. */
static bool is_repeated(const struct dhcp_msg *msg, uint8_t code, const uint8_t *bytes, size_t len)
{
    struct dhcp_option_iter iter = dhcp_option_iter(msg);
    struct dhcp_option option;
    while (dhcp_option_next(&iter, &option))
        if (option.code == code && (option.len != len || memcmp(option.data, bytes, len) != 0))
            return false;
    return true;
}

bool dhcp_option_is(const struct dhcp_msg *msg, uint8_t code, const uint8_t *bytes, size_t len)
{
    uint8_t got[255];
    size_t total;
    if (len > sizeof got || !dhcp_option_get(msg, code, got, sizeof got, &total))
        return false;
    return (total == len && memcmp(got, bytes, len) == 0) || is_repeated(msg, code, bytes, len);
}

/* An option of exactly `size` octets, perhaps in pieces (RFC 3396 7); whole several times over with
 * the same content it is one. */
static bool get_sized(const struct dhcp_msg *msg, uint8_t code, uint8_t *buf, size_t size)
{
    size_t len;
    return dhcp_option_get(msg, code, buf, size, &len) &&
           (len == size || (len > size && is_repeated(msg, code, buf, size)));
}

bool dhcp_option_get8(const struct dhcp_msg *msg, uint8_t code, uint8_t *out)
{
    uint8_t value[1];
    if (!get_sized(msg, code, value, sizeof value))
        return false;
    *out = value[0];
    return true;
}

bool dhcp_option_get16(const struct dhcp_msg *msg, uint8_t code, uint16_t *out)
{
    uint8_t value[2];
    if (!get_sized(msg, code, value, sizeof value))
        return false;
    *out = get16(value);
    return true;
}

bool dhcp_option_get32(const struct dhcp_msg *msg, uint8_t code, uint32_t *out)
{
    uint8_t value[4];
    if (!get_sized(msg, code, value, sizeof value))
        return false;
    *out = get32(value);
    return true;
}

enum { PIECE_MAX = 255 };

/* Octets that `len` octets of data, fewer than 2^32, take, with a code and a length in front of
 * each piece. */
static size_t pieces_len(size_t len)
{
    uint32_t pieces = len ? ((uint32_t)len + PIECE_MAX - 1) / PIECE_MAX : 1;
    return len + 2 * (size_t)pieces;
}

void dhcp_put(struct dhcp_writer *w, uint8_t code, const void *data, size_t len)
{
    size_t left = w->room - w->len;
    if (w->full || len > left || pieces_len(len) > left) {
        w->full = true;
        return;
    }
    const uint8_t *from = data;
    do {
        size_t piece = len < PIECE_MAX ? len : PIECE_MAX;
        uint8_t *to = w->buf + w->len;
        to[0] = code;
        to[1] = (uint8_t)piece;
        if (piece) {
            memcpy(to + 2, from, piece);
            from += piece;
        }
        w->len += 2 + piece;
        len -= piece;
    } while (len);
}

void dhcp_put8(struct dhcp_writer *w, uint8_t code, uint8_t value)
{
    dhcp_put(w, code, &value, sizeof value);
}

void dhcp_put16(struct dhcp_writer *w, uint8_t code, uint16_t value)
{
    uint8_t bytes[2];
    put16(bytes, value);
    dhcp_put(w, code, bytes, sizeof bytes);
}

void dhcp_put32(struct dhcp_writer *w, uint8_t code, uint32_t value)
{
    uint8_t bytes[4];
    put32(bytes, value);
    dhcp_put(w, code, bytes, sizeof bytes);
}

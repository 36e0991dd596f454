/*
 * DHCP and BOOTP messages (RFC 2131 section 2, RFC 951) and their options (RFC 2132, RFC 3396).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |     op (1)    |   htype (1)   |   hlen (1)    |   hops (1)    |
 *     +---------------+---------------+---------------+---------------+
 *     |                            xid (4)                            |
 *     +-------------------------------+-------------------------------+
 *     |           secs (2)            |           flags (2)           |
 *     +-------------------------------+-------------------------------+
 *     |                          ciaddr  (4)                          |
 *     +---------------------------------------------------------------+
 *     |                          yiaddr  (4)                          |
 *     +---------------------------------------------------------------+
 *     |                          siaddr  (4)                          |
 *     +---------------------------------------------------------------+
 *     |                          giaddr  (4)                          |
 *     +---------------------------------------------------------------+
 *     |                          chaddr  (16)                         |
 *     +---------------------------------------------------------------+
 *     |                          sname   (64)                         |
 *     +---------------------------------------------------------------+
 *     |                          file    (128)                        |
 *     +---------------------------------------------------------------+
 *     |                          options (variable)                   |
 *     +---------------------------------------------------------------+
 */
#ifndef STACK_WIRE_DHCP_H
#define STACK_WIRE_DHCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DHCP_OP = 0,
    DHCP_HTYPE = 1,
    DHCP_HLEN = 2,
    DHCP_HOPS = 3,
    DHCP_XID = 4,
    DHCP_SECS = 8,
    DHCP_FLAGS = 10,
    DHCP_CIADDR = 12,
    DHCP_YIADDR = 16,
    DHCP_SIADDR = 20,
    DHCP_GIADDR = 24,
    DHCP_CHADDR = 28,
    DHCP_SNAME = 44,
    DHCP_FILE = 108,
    DHCP_COOKIE = 236,
    DHCP_OPTIONS = 240,
    DHCP_CHADDR_LEN = 16,
    DHCP_SNAME_LEN = 64,
    DHCP_FILE_LEN = 128,
    DHCP_MIN_LEN = 300, /* what BOOTP relays and servers may insist on (RFC 951: vend is 64) */
    DHCP_FLAG_BROADCAST = 0x8000,
    DHCP_HTYPE_ETHERNET = 1,
    DHCP_SERVER_PORT = 67,
    DHCP_CLIENT_PORT = 68,
};

/* What a parser finds wrong. Texts for people: dhcp_fault_text. */
enum dhcp_fault {
    DHCP_SOUND,
    DHCP_SHORT,
    DHCP_COOKIE_SHORT,
    DHCP_OP_UNKNOWN,
    DHCP_HLEN_ABOVE_16,
    DHCP_COOKIE_WRONG,
    DHCP_OPTION_NO_LENGTH,
    DHCP_OPTION_BEYOND,
    DHCP_FAULTS
};
extern const char *const dhcp_fault_text[DHCP_FAULTS];

enum dhcp_op { DHCP_BOOTREQUEST = 1, DHCP_BOOTREPLY = 2 };

enum dhcp_message_type {
    DHCP_DISCOVER = 1,
    DHCP_OFFER = 2,
    DHCP_REQUEST = 3,
    DHCP_DECLINE = 4,
    DHCP_ACK = 5,
    DHCP_NAK = 6,
    DHCP_RELEASE = 7,
    DHCP_INFORM = 8,
};

enum dhcp_option_code {
    DHCP_OPT_PAD = 0,
    DHCP_OPT_SUBNET_MASK = 1,
    DHCP_OPT_ROUTER = 3,
    DHCP_OPT_DNS_SERVER = 6,
    DHCP_OPT_HOST_NAME = 12,
    DHCP_OPT_DOMAIN_NAME = 15,
    DHCP_OPT_INTERFACE_MTU = 26,
    DHCP_OPT_BROADCAST_ADDRESS = 28,
    DHCP_OPT_STATIC_ROUTE = 33,
    DHCP_OPT_NTP_SERVER = 42,
    DHCP_OPT_REQUESTED_ADDRESS = 50,
    DHCP_OPT_LEASE_TIME = 51,
    DHCP_OPT_OVERLOAD = 52,
    DHCP_OPT_MESSAGE_TYPE = 53,
    DHCP_OPT_SERVER_ID = 54,
    DHCP_OPT_PARAMETER_LIST = 55,
    DHCP_OPT_MESSAGE = 56,
    DHCP_OPT_MAX_MESSAGE_SIZE = 57,
    DHCP_OPT_RENEWAL_TIME = 58,
    DHCP_OPT_REBINDING_TIME = 59,
    DHCP_OPT_VENDOR_CLASS = 60,
    DHCP_OPT_CLIENT_ID = 61,
    DHCP_OPT_TFTP_SERVER_NAME = 66,
    DHCP_OPT_BOOT_FILE_NAME = 67,
    DHCP_OPT_CLASSLESS_ROUTE = 121,
    DHCP_OPT_END = 255,
};

enum dhcp_overload { DHCP_OVERLOAD_FILE = 1, DHCP_OVERLOAD_SNAME = 2 }; /* or both: 3 */

struct dhcp_msg {
    uint8_t op, htype, hlen, hops;
    uint32_t xid;
    uint16_t secs, flags;
    uint32_t ciaddr, yiaddr, siaddr, giaddr;
    uint8_t chaddr[DHCP_CHADDR_LEN];
    const uint8_t *sname;   /* DHCP_SNAME_LEN octets of the parsed bytes; emit: NULL is zeros */
    const uint8_t *file;    /* DHCP_FILE_LEN octets of the parsed bytes; emit: NULL is zeros */
    const uint8_t *options; /* after the cookie; emit: NULL when there are none */
    size_t options_len;     /* parsed: up to the End option, that one not included */
    uint8_t overload; /* which of file and sname hold options, as parsed; emit does not look */
};

/*
 * Reads a message and checks every option of the options field and of what is overloaded, so that
 * the readers below cannot fail. A field that ends without End is taken to end there.
 */
enum dhcp_fault dhcp_parse(const uint8_t *bytes, size_t len, struct dhcp_msg *out);

/*
 * The inverse: the fixed part, the cookie, the options as they stand, End, and zeros up to
 * DHCP_MIN_LEN octets. Returns the length, 0 when room is less.
 */
size_t dhcp_emit(const struct dhcp_msg *msg, uint8_t *buf, size_t room);

struct dhcp_option {
    uint8_t code, len;
    const uint8_t *data;
};

struct dhcp_option_iter {
    const struct dhcp_msg *msg;
    uint8_t area; /* options, file, sname: the order of RFC 3396 section 5 */
    size_t next;
};

static inline struct dhcp_option_iter dhcp_option_iter(const struct dhcp_msg *msg)
{
    return (struct dhcp_option_iter){.msg = msg};
}

/* The next option of a parsed message; false after the last. Pad and End are not returned. */
bool dhcp_option_next(struct dhcp_option_iter *iter, struct dhcp_option *out);

/*
 * Finds an option by its code and joins the pieces that it may be split into (RFC 3396 section 7).
 * False when it is absent. *len is its whole length; the first `room` octets are copied to buf.
 */
bool dhcp_option_get(const struct dhcp_msg *msg, uint8_t code, uint8_t *buf, size_t room,
                     size_t *len);

/* Is the option there with this content: in pieces, or whole each time that it comes? */
bool dhcp_option_is(const struct dhcp_msg *msg, uint8_t code, const uint8_t *bytes, size_t len);

/* Options of exactly one, two or four octets: false when absent or of another length. What stands
 * there several times with the same content is one. */
bool dhcp_option_get8(const struct dhcp_msg *msg, uint8_t code, uint8_t *out);
bool dhcp_option_get16(const struct dhcp_msg *msg, uint8_t code, uint16_t *out);
bool dhcp_option_get32(const struct dhcp_msg *msg, uint8_t code, uint32_t *out);

/*
 * Writes options one after the other into the caller's buffer, which msg->options then points at.
 * An option that does not fit leaves the writer full, and nothing more is written.
 */
struct dhcp_writer {
    uint8_t *buf;
    size_t room, len;
    bool full;
};

/* Options longer than 255 octets are split (RFC 3396). */
void dhcp_put(struct dhcp_writer *w, uint8_t code, const void *data, size_t len);
void dhcp_put8(struct dhcp_writer *w, uint8_t code, uint8_t value);
void dhcp_put16(struct dhcp_writer *w, uint8_t code, uint16_t value);
void dhcp_put32(struct dhcp_writer *w, uint8_t code, uint32_t value);

#endif

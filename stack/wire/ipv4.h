/*
 * IPv4 (RFC 791 3.1).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |Version|  IHL  |Type of Service|          Total Length         |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |         Identification        |Flags|      Fragment Offset    |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |  Time to Live |    Protocol   |         Header Checksum       |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                       Source Address                          |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                    Destination Address                        |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                    Options                    |    Padding    |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
#ifndef STACK_WIRE_IPV4_H
#define STACK_WIRE_IPV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "stack/wire/ipproto.h"

enum {
    IPV4_VERSION_IHL = 0,
    IPV4_TOS = 1,
    IPV4_TOTAL_LEN = 2,
    IPV4_ID = 4,
    IPV4_FLAGS_FRAG = 6,
    IPV4_TTL = 8,
    IPV4_PROTO = 9,
    IPV4_CHECKSUM = 10,
    IPV4_SRC = 12,
    IPV4_DST = 16,
    IPV4_OPTIONS = 20,
    IPV4_MIN_HDR_LEN = 20,
    IPV4_MAX_HDR_LEN = 60,
    IPV4_MAX_OPTIONS_LEN = 40,
};

/* What a parser finds wrong. Texts for people: ipv4_fault_text. */
enum ipv4_fault {
    IPV4_SOUND,
    IPV4_SHORT,
    IPV4_VERSION_NOT_4,
    IPV4_IHL_BELOW_5,
    IPV4_HEADER_BEYOND,
    IPV4_LENGTH_BELOW_HEADER,
    IPV4_LENGTH_BEYOND,
    IPV4_FAULTS
};
extern const char *const ipv4_fault_text[IPV4_FAULTS];

struct ipv4_hdr {
    uint8_t hdr_len; /* octets: 20 to 60. Emit derives it from options_len */
    uint8_t tos;
    uint16_t total_len;
    uint16_t id;
    bool reserved, df, mf; /* the three flags, in their order on the wire */
    uint16_t frag_off;     /* octets, a multiple of 8 */
    uint8_t ttl, proto;
    uint16_t checksum;
    uint32_t src, dst;
    uint8_t options_len;    /* octets; a parsed one is a multiple of 4 */
    const uint8_t *options; /* into the parsed bytes; NULL when there are none */
};

/*
 * Reads the header. What follows total_len in `bytes` is the link's padding. The checksum is not
 * looked at (ipv4_checksum_ok), nor are the options (ipv4_options_check).
 */
enum ipv4_fault ipv4_parse(const uint8_t *bytes, size_t len, struct ipv4_hdr *out);

/* The same for the head of a datagram that an ICMP error quotes: total_len may exceed len. */
enum ipv4_fault ipv4_parse_quoted(const uint8_t *bytes, size_t len, struct ipv4_hdr *out);

/*
 * Writes the header, its options padded with zeros to 32 bits, and returns its length; 0 when room
 * is less or options_len exceeds 40. total_len and checksum are written as they stand.
 */
size_t ipv4_emit(const struct ipv4_hdr *hdr, uint8_t *buf, size_t room);
/* The same with the right checksum, which hdr->checksum gets as well while there are no options. */
size_t ipv4_emit_summed(struct ipv4_hdr *hdr, uint8_t *buf, size_t room);

/* The header's own checksum. `header` is hdr_len octets, as the parser saw them. */
bool ipv4_checksum_ok(const uint8_t *header, size_t hdr_len);

/* Computes and stores it in a header that emit wrote; hdr_len is what emit returned. */
void ipv4_checksum_set(uint8_t *header, size_t hdr_len);

enum ipv4_option_type {
    IPV4_OPT_END = 0,
    IPV4_OPT_NOP = 1,
    IPV4_OPT_RECORD_ROUTE = 7,
    IPV4_OPT_TIMESTAMP = 68,
    IPV4_OPT_SECURITY = 130,
    IPV4_OPT_LSRR = 131,
    IPV4_OPT_STREAM_ID = 136,
    IPV4_OPT_SSRR = 137,
    IPV4_OPT_ROUTER_ALERT = 148,
    IPV4_OPT_COPIED = 0x80, /* flag: goes into every fragment */
};

/* What a parser finds wrong. Texts for people: ipv4_option_fault_text. */
enum ipv4_option_fault {
    IPV4_OPTION_SOUND,
    IPV4_OPTION_NO_LENGTH,
    IPV4_OPTION_LENGTH_BELOW_2,
    IPV4_OPTION_LENGTH_BEYOND,
    IPV4_OPTION_RECORD_ROUTE_LENGTH,
    IPV4_OPTION_RECORD_ROUTE_POINTER,
    IPV4_OPTION_RECORD_ROUTE_BETWEEN,
    IPV4_OPTION_RECORD_ROUTE_NO_ROOM,
    IPV4_OPTION_RECORD_ROUTE_SECOND,
    IPV4_OPTION_SOURCE_ROUTE_LENGTH,
    IPV4_OPTION_SOURCE_ROUTE_POINTER,
    IPV4_OPTION_SOURCE_ROUTE_BETWEEN,
    IPV4_OPTION_SOURCE_ROUTE_NO_ROOM,
    IPV4_OPTION_SOURCE_ROUTE_SECOND,
    IPV4_OPTION_TIMESTAMP_LENGTH,
    IPV4_OPTION_TIMESTAMP_FLAG,
    IPV4_OPTION_TIMESTAMP_POINTER,
    IPV4_OPTION_TIMESTAMP_BETWEEN,
    IPV4_OPTION_TIMESTAMP_NO_ROOM,
    IPV4_OPTION_TIMESTAMP_SECOND,
    IPV4_OPTION_SECURITY_LENGTH,
    IPV4_OPTION_SECURITY_SECOND,
    IPV4_OPTION_ROUTER_ALERT_LENGTH,
    IPV4_OPTION_FAULTS
};
extern const char *const ipv4_option_fault_text[IPV4_OPTION_FAULTS];

enum ipv4_timestamp_flag {
    IPV4_TS_ONLY = 0,
    IPV4_TS_AND_ADDRESS = 1,
    IPV4_TS_PRESPECIFIED = 3,
};

struct ipv4_option {
    uint8_t type;
    uint8_t len;          /* of the whole option, type and length octets included */
    uint8_t at;           /* offset of the type octet from the start of the IPv4 header */
    const uint8_t *bytes; /* the whole option, `len` octets; data[pointer - 1] is the next entry */
    uint8_t pointer;      /* routes and timestamp: counted from 1 at the type octet */
    uint8_t entry_len;    /* routes and timestamp: octets of an entry, 4 or 8 */
    uint8_t overflow, flag; /* timestamp */
    uint16_t value;         /* router alert: 0 asks routers to look at the packet (RFC 2113) */
};

/* Routes and timestamp: no entry is left to fill (or, in a source route, to go to). */
static inline bool ipv4_option_full(const struct ipv4_option *option)
{
    return option->pointer > option->len;
}

struct ipv4_option_iter {
    const uint8_t *options;
    uint8_t len, next;
    enum ipv4_option_fault fault; /* IPV4_OPTION_SOUND at the end of a list that was */
    uint8_t bad_at; /* after a refusal: the octet of the header that is wrong (RFC 792's pointer) */
};

static inline struct ipv4_option_iter ipv4_option_iter(const struct ipv4_hdr *hdr)
{
    return (struct ipv4_option_iter){.options = hdr->options, .len = hdr->options_len};
}

/*
 * The next option, No Operation included; false at the end of the list, and false with iter->fault
 * set at a malformed option, after which the iteration stays where it is.
 * Unknown options are returned by their type for the caller to ignore (RFC 1122 3.2.1.8).
 */
bool ipv4_option_next(struct ipv4_option_iter *iter, struct ipv4_option *out);

/*
 * Walks all options once: every option well-formed, no second source route, record route, timestamp
 * or security option. Refused, *bad_at is the octet for a Parameter Problem's pointer.
 */
enum ipv4_option_fault ipv4_options_check(const struct ipv4_hdr *hdr, uint8_t *bad_at);

#endif

/*
 * ICMP for IPv4: RFC 792, with Router Discovery (RFC 1256), Address Mask (RFC 950), the next-hop
 * MTU of RFC 1191 and the length attribute of RFC 4884. All messages start alike:
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |     Type      |     Code      |          Checksum             |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 *     and continue, for echo, timestamp, information and address mask:
 *     |           Identifier          |        Sequence Number        |
 *     Timestamp adds:
 *     |     Originate Timestamp                                       |
 *     |     Receive Timestamp                                         |
 *     |     Transmit Timestamp                                        |
 *     Address mask adds:
 *     |                        Address Mask                           |
 *     Destination unreachable:
 *     |     unused    |     Length    |         Next-Hop MTU          |
 *     Time exceeded:
 *     |     unused    |     Length    |             unused            |
 *     Parameter problem:
 *     |    Pointer    |     Length    |             unused            |
 *     Redirect:
 *     |                 Gateway Internet Address                      |
 *     Source quench, router solicitation:
 *     |                             unused                            |
 *     Router advertisement:
 *     |   Num Addrs   |Addr Entry Size|           Lifetime            |
 *
 *     The errors (unreachable, quench, redirect, exceeded, parameter problem) go on with the
 *     Internet Header + 64 bits of Original Data Datagram.
 */
#ifndef STACK_WIRE_ICMPV4_H
#define STACK_WIRE_ICMPV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "stack/wire/ipv4.h"

enum {
    ICMPV4_TYPE = 0,
    ICMPV4_CODE = 1,
    ICMPV4_CHECKSUM = 2,
    ICMPV4_ID = 4,
    ICMPV4_SEQ = 6,
    ICMPV4_POINTER = 4,
    ICMPV4_QUOTE_WORDS = 5,
    ICMPV4_MTU = 6,
    ICMPV4_GATEWAY = 4,
    ICMPV4_ADDR_COUNT = 4,
    ICMPV4_ADDR_WORDS = 5,
    ICMPV4_LIFETIME = 6,
    ICMPV4_ORIGINATE = 8,
    ICMPV4_RECEIVE = 12,
    ICMPV4_TRANSMIT = 16,
    ICMPV4_MASK = 8,
    ICMPV4_HDR_LEN = 8, /* of all but these two */
    ICMPV4_MASK_HDR_LEN = 12,
    ICMPV4_TIMESTAMP_HDR_LEN = 20,
};

/* What a parser finds wrong. Texts for people: icmpv4_fault_text. */
enum icmpv4_fault {
    ICMPV4_SOUND,
    ICMPV4_SHORT,
    ICMPV4_TYPE_UNKNOWN,
    ICMPV4_MASK_SHORT,
    ICMPV4_TIMESTAMP_SHORT,
    ICMPV4_ADVERTISEMENT_WORDS,
    ICMPV4_ADVERTISEMENT_SHORT,
    ICMPV4_ERROR_SHORT,
    ICMPV4_NOT_QUOTING,
    ICMPV4_QUOTE_HEADER,
    ICMPV4_QUOTE_SHORT,
    ICMPV4_FAULTS
};
extern const char *const icmpv4_fault_text[ICMPV4_FAULTS];

enum icmpv4_type {
    ICMPV4_ECHO_REPLY = 0,
    ICMPV4_UNREACHABLE = 3,
    ICMPV4_SOURCE_QUENCH = 4,
    ICMPV4_REDIRECT = 5,
    ICMPV4_ECHO = 8,
    ICMPV4_ROUTER_ADVERTISEMENT = 9,
    ICMPV4_ROUTER_SOLICITATION = 10,
    ICMPV4_TIME_EXCEEDED = 11,
    ICMPV4_PARAMETER_PROBLEM = 12,
    ICMPV4_TIMESTAMP = 13,
    ICMPV4_TIMESTAMP_REPLY = 14,
    ICMPV4_INFORMATION = 15,
    ICMPV4_INFORMATION_REPLY = 16,
    ICMPV4_ADDRESS_MASK = 17,
    ICMPV4_ADDRESS_MASK_REPLY = 18,
};

enum icmpv4_unreachable_code {
    ICMPV4_NET_UNREACHABLE = 0,
    ICMPV4_HOST_UNREACHABLE = 1,
    ICMPV4_PROTOCOL_UNREACHABLE = 2,
    ICMPV4_PORT_UNREACHABLE = 3,
    ICMPV4_FRAGMENTATION_NEEDED = 4,
    ICMPV4_SOURCE_ROUTE_FAILED = 5,
    ICMPV4_NET_UNKNOWN = 6,
    ICMPV4_HOST_UNKNOWN = 7,
    ICMPV4_SOURCE_HOST_ISOLATED = 8,
    ICMPV4_NET_PROHIBITED = 9,
    ICMPV4_HOST_PROHIBITED = 10,
    ICMPV4_NET_UNREACHABLE_FOR_TOS = 11,
    ICMPV4_HOST_UNREACHABLE_FOR_TOS = 12,
    ICMPV4_COMMUNICATION_PROHIBITED = 13, /* 13 to 15: RFC 1812 5.2.7.1 */
    ICMPV4_HOST_PRECEDENCE_VIOLATION = 14,
    ICMPV4_PRECEDENCE_CUTOFF = 15,
};

enum icmpv4_redirect_code {
    ICMPV4_REDIRECT_NET = 0,
    ICMPV4_REDIRECT_HOST = 1,
    ICMPV4_REDIRECT_NET_FOR_TOS = 2,
    ICMPV4_REDIRECT_HOST_FOR_TOS = 3,
};

enum icmpv4_exceeded_code { ICMPV4_TTL_EXCEEDED = 0, ICMPV4_REASSEMBLY_EXCEEDED = 1 };

enum icmpv4_problem_code {
    ICMPV4_POINTER_INDICATES = 0,
    ICMPV4_OPTION_MISSING = 1, /* RFC 1122 3.2.2.5 */
};

/* Fields that the type does not have are 0. */
struct icmpv4_hdr {
    uint8_t type, code;
    uint16_t checksum;
    uint16_t id, seq;    /* echo, timestamp, information, address mask */
    uint8_t pointer;     /* parameter problem code 0: offset into the quoted IPv4 header */
    uint8_t quote_words; /* unreachable, exceeded, parameter problem: RFC 4884; 0 is old style */
    uint16_t mtu;        /* unreachable code 4: 0 from a router older than RFC 1191 */
    uint32_t gateway;    /* redirect */
    uint32_t originate, receive, transmit; /* timestamp: ms since midnight UT */
    uint32_t mask;                         /* address mask */
    uint8_t addr_count, addr_words;        /* router advertisement */
    uint16_t lifetime_s;                   /* router advertisement */
    uint8_t hdr_len;                       /* where the data or the quote starts: 8, 12 or 20 */
};

/* The five types that quote a datagram: never sent about one another (RFC 1122 3.2.2). */
bool icmpv4_is_error(uint8_t type);

/* Reads the message in the payload of an IPv4 datagram. Refuses types that it does not know. */
enum icmpv4_fault icmpv4_parse(const uint8_t *bytes, size_t len, struct icmpv4_hdr *out);

/*
 * Reads the header of the datagram that an error quotes, of a message that icmpv4_parse accepted,
 * and says how many octets of that datagram's payload the message holds, RFC 4884 extensions not
 * counted; they start at ipv4's hdr_len in the quote. Refuses a quote that misses octets that RFC
 * 1122 3.2.2 promises: eight, or all of a shorter payload.
 */
enum icmpv4_fault icmpv4_parse_quote(const uint8_t *bytes, size_t len, struct ipv4_hdr *quoted,
                                     size_t *payload_len);

/* Writes the header of its type and returns its length; 0 without room, or for an unknown type. */
size_t icmpv4_emit(const struct icmpv4_hdr *hdr, uint8_t *buf, size_t room);

/* Over the whole message, data included (RFC 792): verify; compute and store. */
bool icmpv4_checksum_ok(const uint8_t *message, size_t len);
void icmpv4_checksum_set(uint8_t *message, size_t len);

#endif

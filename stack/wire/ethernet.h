/*
 * Ethernet II (RFC 894), with the two other shapes of frame that arrive on the same wire recognised
 * by name: IEEE 802.3 with an 802.2 LLC header (RFC 1042's SNAP among them), and 802.1Q tags.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                      Destination address                      |
 *     +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                               |                               |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
 *     |                        Source address                         |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |         Type or length        |  Payload ...
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 *     802.1Q: the type is 0x8100 or 0x88a8, and in front of the payload there are
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     | PCP |D|        VID            |         Inner type            |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 *     SNAP: the field is a length, and in front of the payload there are (RFC 1042)
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |   DSAP 0xaa   |   SSAP 0xaa   |  control 0x03 |   OUI 0x00    |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |         0x00, 0x00            |          Inner type           |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
#ifndef STACK_WIRE_ETHERNET_H
#define STACK_WIRE_ETHERNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ETHERNET_DST = 0,
    ETHERNET_SRC = 6,
    ETHERNET_TYPE = 12,
    ETHERNET_HDR_LEN = 14,
    ETHERNET_TAG_TCI = 14,
    ETHERNET_TAG_TYPE = 16,
    ETHERNET_TAGGED_HDR_LEN = 18,
    ETHERNET_LLC = 14,
    ETHERNET_SNAP_TYPE = 20,
    ETHERNET_SNAP_HDR_LEN = 22,
    ETHERNET_ADDR_LEN = 6,
    ETHERNET_MIN_LEN = 60,      /* of a frame without its frame check sequence */
    ETHERNET_MAX_LENGTH = 1500, /* up to here the field is an 802.3 length */
    ETHERNET_MIN_TYPE = 1536,   /* from here on it is a type; between them it is neither */
};

/* What a parser finds wrong. Texts for people: ethernet_fault_text. */
enum ethernet_fault {
    ETHERNET_SOUND,
    ETHERNET_SHORT,
    ETHERNET_TAG_SHORT,
    ETHERNET_LENGTH_BEYOND,
    ETHERNET_LENGTH_BELOW_LLC,
    ETHERNET_TYPE_UNDEFINED,
    ETHERNET_FAULTS
};
extern const char *const ethernet_fault_text[ETHERNET_FAULTS];

enum ethernet_type {
    ETHERNET_TYPE_IPV4 = 0x0800,
    ETHERNET_TYPE_ARP = 0x0806,
    ETHERNET_TYPE_VLAN = 0x8100,
    ETHERNET_TYPE_IPV6 = 0x86dd,
    ETHERNET_TYPE_QINQ = 0x88a8,
};

enum ethernet_kind {
    ETHERNET_KIND_II,     /* the only kind that this stack sends */
    ETHERNET_KIND_LLC,    /* 802.3 length, some other 802.2 LLC header than SNAP's */
    ETHERNET_KIND_SNAP,   /* 802.3 length, RFC 1042 encapsulation: inner_type is an ethertype */
    ETHERNET_KIND_TAGGED, /* 802.1Q or 802.1ad: tci and inner_type; a second tag is an inner type */
};

struct ethernet_hdr {
    uint8_t dst[6], src[6];
    uint16_t type; /* the field after the addresses: a type, or a length for LLC and SNAP */
    enum ethernet_kind kind;
    uint16_t tci;        /* TAGGED: priority, drop eligibility, VLAN identifier */
    uint16_t inner_type; /* TAGGED, SNAP */
    uint8_t hdr_len;     /* where the payload starts: 14, 18 or 22 */
    size_t end;          /* where it ends: LLC and SNAP say so, else the end of the frame */
};

/*
 * Reads the header of a frame without its frame check sequence. Accepts every kind: a caller that
 * wants Ethernet II only drops the others by hdr->kind, each under its own name.
 */
enum ethernet_fault ethernet_parse(const uint8_t *bytes, size_t len, struct ethernet_hdr *out);

/*
 * Writes hdr_len octets for hdr->kind and returns their number, 0 when room is less. LLC writes the
 * length field alone: its three or four octets of LLC are payload here. `end` is not looked at.
 */
size_t ethernet_emit(const struct ethernet_hdr *hdr, uint8_t *buf, size_t room);

/* Group address: multicast, and broadcast among them. */
static inline bool ethernet_is_group(const uint8_t mac[6])
{
    return mac[0] & 1;
}

static inline bool ethernet_is_broadcast(const uint8_t mac[6])
{
    return (mac[0] & mac[1] & mac[2] & mac[3] & mac[4] & mac[5]) == 0xff;
}

#endif

/*
 * UDP (RFC 768).
 *
 *      0      7 8     15 16    23 24    31
 *     +--------+--------+--------+--------+
 *     |     Source      |   Destination   |
 *     |      Port       |      Port       |
 *     +--------+--------+--------+--------+
 *     |                 |                 |
 *     |     Length      |    Checksum     |
 *     +--------+--------+--------+--------+
 *     |
 *     |          data octets ...
 *     +---------------- ...
 */
#ifndef STACK_WIRE_UDP_H
#define STACK_WIRE_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    UDP_SRC_PORT = 0,
    UDP_DST_PORT = 2,
    UDP_LENGTH = 4,
    UDP_CHECKSUM = 6,
    UDP_HDR_LEN = 8,
};

/* What a parser finds wrong. Texts for people: udp_fault_text. */
enum udp_fault { UDP_SOUND, UDP_SHORT, UDP_LENGTH_BELOW_HEADER, UDP_LENGTH_BEYOND, UDP_FAULTS };
extern const char *const udp_fault_text[UDP_FAULTS];

struct udp_hdr {
    uint16_t src_port, dst_port;
    uint16_t length; /* header and data */
    uint16_t checksum;
};

/* Reads the datagram in an IP payload of len octets; those past `length` are not part of it. */
enum udp_fault udp_parse(const uint8_t *bytes, size_t len, struct udp_hdr *out);

/* Writes UDP_HDR_LEN octets, the checksum as it stands, and returns their number; 0 without room.
 */
size_t udp_emit(const struct udp_hdr *hdr, uint8_t *buf, size_t room);

/*
 * What goes into the checksum field, from the sum of pseudo header, header (with the field at 0)
 * and data: a computed zero is sent as all ones, since 0 says that there is no checksum (RFC 768).
 */
uint16_t udp_checksum_finish(uint16_t sum);

/*
 * The checksum of a datagram of len octets whose field is 0, pseudo header included, ready to be
 * stored at UDP_CHECKSUM.
 */
uint16_t udp_checksum4(uint32_t src, uint32_t dst, const uint8_t *datagram, uint16_t len);
uint16_t udp_checksum6(const uint8_t src[16], const uint8_t dst[16], const uint8_t *datagram,
                       uint16_t len);

/*
 * Verify a received datagram of len = hdr.length octets. Over IPv4 a field of 0 means that the
 * sender did not sum, which is fine; over IPv6 it is wrong (RFC 8200 8.1).
 */
bool udp_checksum4_ok(uint32_t src, uint32_t dst, const uint8_t *datagram, uint16_t len);
bool udp_checksum6_ok(const uint8_t src[16], const uint8_t dst[16], const uint8_t *datagram,
                      uint16_t len);

#endif

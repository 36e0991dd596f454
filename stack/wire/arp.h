/*
 * ARP for IPv4 on Ethernet (RFC 826): hardware type 1, protocol type 0x0800, lengths 6 and 4.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |            ar$hrd             |            ar$pro             |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |    ar$hln     |    ar$pln     |            ar$op              |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                     ar$sha (6 octets)                         |
 *     +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                               |    ar$spa (4 octets)          |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                               |    ar$tha (6 octets)          |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
 *     |                                                               |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                     ar$tpa (4 octets)                         |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * RFC 826 lists the fields without drawing them; the names are its own.
 */
#ifndef STACK_WIRE_ARP_H
#define STACK_WIRE_ARP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ARP_HRD = 0,
    ARP_PRO = 2,
    ARP_HLN = 4,
    ARP_PLN = 5,
    ARP_OP = 6,
    ARP_SHA = 8,
    ARP_SPA = 14,
    ARP_THA = 18,
    ARP_TPA = 24,
    ARP_LEN = 28,
    ARP_HRD_ETHERNET = 1,
};

/* What a parser finds wrong. Texts for people: arp_fault_text. */
enum arp_fault {
    ARP_SOUND,
    ARP_SHORT,
    ARP_HARDWARE_UNKNOWN,
    ARP_HARDWARE_LENGTH,
    ARP_PROTOCOL_UNKNOWN,
    ARP_PROTOCOL_LENGTH,
    ARP_ADDRESSES_SHORT,
    ARP_FAULTS
};
extern const char *const arp_fault_text[ARP_FAULTS];

enum arp_op { ARP_REQUEST = 1, ARP_REPLY = 2 };

struct arp_hdr {
    uint16_t op; /* any value: RFC 826 looks at it last, after the table has been updated */
    uint8_t sha[6], tha[6];
    uint32_t spa, tpa;
};

/* Octets past the 28 are Ethernet's padding and ignored. */
enum arp_fault arp_parse(const uint8_t *bytes, size_t len, struct arp_hdr *out);

/* Writes ARP_LEN octets and returns their number, 0 when room is less. */
size_t arp_emit(const struct arp_hdr *hdr, uint8_t *buf, size_t room);

#endif

/* The Ethernet frame check sequence: CRC-32 of IEEE 802.3, reflected, as it lies in memory
 * little-endian. */
#ifndef SIM_NIC_FCS_H
#define SIM_NIC_FCS_H

#include <stddef.h>
#include <stdint.h>

/* The FCS of a frame; fcs_more continues one over what follows. */
uint32_t fcs_of(const uint8_t *bytes, size_t len);
uint32_t fcs_more(uint32_t fcs, const uint8_t *bytes, size_t len);
/* The same polynomial most significant bit first and not inverted at the end: NICs take a multicast
 * hash from its top bits. */
uint32_t fcs_hash(const uint8_t mac[6]);

#endif

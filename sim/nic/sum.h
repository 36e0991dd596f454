/* The Internet checksum as NICs compute it, and just enough of IPv4, TCP and UDP to find one in a
 * frame. */
#ifndef SIM_NIC_SUM_H
#define SIM_NIC_SUM_H

#include <stdint.h>

enum nic_sum_verdict { NIC_SUM_NONE, NIC_SUM_RIGHT, NIC_SUM_WRONG };

uint32_t nic_be16(const uint8_t *p);
/* To 16 bits, the carry brought round. */
uint32_t nic_fold(uint64_t sum);
/* One's complement sum of a range and `sum`, folded to 16 bits, not inverted. */
uint32_t nic_sum(const uint8_t *p, uint32_t len, uint32_t sum);
/* The IPv4 header behind an untagged Ethernet header, if it is whole, or NULL; its length in
 * *header, the datagram's in *total. */
const uint8_t *nic_ipv4_in(const uint8_t *p, uint32_t len, uint32_t *header, uint32_t *total);
/* The TCP or UDP checksum of that datagram; NIC_SUM_NONE: it has none, or is a fragment. */
enum nic_sum_verdict nic_check_transport(const uint8_t *ip, uint32_t header, uint32_t total);

#endif

/* IPv4's source routes (RFC 791 3.1). */
#ifndef SIM_BASE_SOURCE_ROUTE_H
#define SIM_BASE_SOURCE_ROUTE_H

#include <stdint.h>

/* Where a datagram goes in the end: the last address of a route that is not yet used up, else the
 * header's. `header` is its length in octets, all of which are there. That address counts in the
 * transports' checksums, and tells connections apart. */
const uint8_t *source_route_end(const uint8_t *ip, uint32_t header);

#endif

/* Numbers in network byte order. */
#ifndef SIM_BASE_OCTETS_H
#define SIM_BASE_OCTETS_H

#include <stdint.h>

/* Of at most four octets, the high one first. */
static inline uint32_t octets_get(const uint8_t *at, unsigned octets)
{
    uint32_t v = 0;
    while (octets-- > 0)
        v = v << 8 | *at++;
    return v;
}

#endif

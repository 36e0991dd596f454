#include "sim/nic/fcs.h"

#include <stdbool.h>
#include <string.h>

static const uint32_t POLYNOMIAL_REFLECTED = 0xedb88320, POLYNOMIAL = 0x04c11db7;

/* Sixteen bytes at a step, by as many tables; made once from the polynomial, the same for every
 * world. */
enum { STEP = 16 };
static uint32_t table[STEP][256];
static bool made;

static void make_table(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL_REFLECTED : 0);
        table[0][byte] = crc;
    }
    for (int k = 1; k < STEP; k++)
        for (uint32_t byte = 0; byte < 256; byte++)
            table[k][byte] = table[k - 1][byte] >> 8 ^ table[0][table[k - 1][byte] & 0xff];
    made = true;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Four bytes of a step; `behind` bytes of it follow them. */
static uint32_t part(uint32_t word, int behind)
{
    return table[behind + 3][word & 0xff] ^ table[behind + 2][word >> 8 & 0xff] ^
           table[behind + 1][word >> 16 & 0xff] ^ table[behind][word >> 24];
}

uint32_t fcs_more(uint32_t fcs, const uint8_t *bytes, size_t len)
{
    if (!made)
        make_table();
    uint32_t crc = ~fcs;
    for (; len >= STEP; bytes += STEP, len -= STEP)
        crc = part(crc ^ get32(bytes), 12) ^ part(get32(bytes + 4), 8) ^ part(get32(bytes + 8), 4) ^
              part(get32(bytes + 12), 0);
    for (; len; bytes++, len--)
        crc = crc >> 8 ^ table[0][(crc ^ *bytes) & 0xff];
    return ~crc;
}

uint32_t fcs_of(const uint8_t *bytes, size_t len)
{
    return fcs_more(0, bytes, len);
}

uint32_t fcs_hash(const uint8_t mac[6])
{
    uint32_t crc = UINT32_MAX;
    for (int i = 0; i < 6; i++)
        for (int bit = 0; bit < 8; bit++) {
            uint32_t carry = crc >> 31 ^ (mac[i] >> bit & 1u);
            crc = crc << 1 ^ (carry ? POLYNOMIAL : 0);
        }
    return crc;
}

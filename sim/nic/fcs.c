#include "sim/nic/fcs.h"

#include <stdbool.h>
#include <string.h>

static const uint32_t POLYNOMIAL_REFLECTED = 0xedb88320, POLYNOMIAL = 0x04c11db7;

/* Eight bytes at a step, by eight tables; made once from the polynomial, the same for every world. */
static uint32_t table[8][256];
static bool made;

static void make_table(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL_REFLECTED : 0);
        table[0][byte] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (uint32_t byte = 0; byte < 256; byte++)
            table[k][byte] = table[k - 1][byte] >> 8 ^ table[0][table[k - 1][byte] & 0xff];
    made = true;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint32_t fcs_more(uint32_t fcs, const uint8_t *bytes, size_t len)
{
    if (!made)
        make_table();
    uint32_t crc = ~fcs;
    for (; len >= 8; bytes += 8, len -= 8) {
        uint32_t a = crc ^ get32(bytes), b = get32(bytes + 4);
        crc = table[7][a & 0xff] ^ table[6][a >> 8 & 0xff] ^ table[5][a >> 16 & 0xff] ^ table[4][a >> 24] ^
              table[3][b & 0xff] ^ table[2][b >> 8 & 0xff] ^ table[1][b >> 16 & 0xff] ^ table[0][b >> 24];
    }
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

#include <criterion/criterion.h>

#include "sim/nic/fcs.h"

/* The check value of CRC-32/ISO-HDLC, of "123456789", and the residue over a frame with its check
 * sequence. */
Test(nic_fcs, check_value)
{
    cr_assert_eq(fcs_of((const uint8_t *)"123456789", 9), 0xcbf43926);
    cr_assert_eq(fcs_more(fcs_of((const uint8_t *)"1234", 4), (const uint8_t *)"56789", 5),
                 0xcbf43926);
    cr_assert_eq(fcs_of(NULL, 0), 0);
}

Test(nic_fcs, eight_at_a_step_or_one)
{
    uint8_t bytes[100];
    for (uint8_t i = 0; i < 100; i++)
        bytes[i] = (uint8_t)(i * 7);
    uint32_t slow = 0;
    for (int i = 0; i < 100; i++)
        slow = fcs_more(slow, bytes + i, 1);
    cr_assert_eq(fcs_of(bytes, 100), slow);
}

/* The top six bits, the polynomial read the other way: as zlib's crc32, not inverted and with its
 * bits reversed, gives them. */
Test(nic_fcs, multicast_hash)
{
    static const uint8_t all_hosts[6] = {0x01, 0x00, 0x5e, 0, 0, 1},
                         all_nodes[6] = {0x33, 0x33, 0, 0, 0, 1};
    cr_assert_eq(fcs_hash(all_hosts) >> 26, 31);
    cr_assert_eq(fcs_hash(all_nodes) >> 26, 62);
}

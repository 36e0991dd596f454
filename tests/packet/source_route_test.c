#include "sim/base/source_route.h"
#include <criterion/criterion.h>
#include <string.h>

/* A header with the destination 10.0.2.15 and those options; the offset of where it ends. */
static size_t end_of(const uint8_t *options, uint32_t len)
{
    uint8_t header[60] = {[16] = 10, 0, 2, 15};
    if (len)
        memcpy(header + 20, options, len);
    return (size_t)(source_route_end(header, 20 + len) - header);
}

/* RFC 791 3.1: the route's last address is where the datagram goes in the end, until the pointer is
 * behind it. */
Test(source_route, end_is_the_last_address_of_a_route_on_its_way)
{
    const uint8_t loose[] = {1, 131, 11, 4, 1, 2, 3, 4, 5, 6, 7, 8};
    const uint8_t last[] = {1, 137, 11, 8, 1, 2, 3, 4, 5, 6, 7, 8};
    const uint8_t done[] = {1, 131, 11, 12, 1, 2, 3, 4, 5, 6, 7, 8};
    cr_assert_eq(end_of(loose, sizeof loose), 28);
    cr_assert_eq(end_of(last, sizeof last), 28);
    cr_assert_eq(end_of(done, sizeof done), 16);
}

/* What is no whole route is none. */
Test(source_route, end_is_the_destination_without_a_route)
{
    const uint8_t record[] = {7, 7, 4, 1, 2, 3, 4, 0}, behind_end[] = {0, 131, 7, 4, 1, 2, 3, 4};
    const uint8_t cut[] = {131, 11, 4, 1, 2, 3, 4, 0}, lengthless[] = {131, 0, 4, 1, 2, 3, 4, 0};
    const uint8_t empty[] = {131, 3, 4, 0}, type_alone[] = {1, 1, 1, 131};
    cr_assert_eq(end_of(record, sizeof record), 16);
    cr_assert_eq(end_of(behind_end, sizeof behind_end), 16);
    cr_assert_eq(end_of(cut, sizeof cut), 16);
    cr_assert_eq(end_of(lengthless, sizeof lengthless), 16);
    cr_assert_eq(end_of(empty, sizeof empty), 16);
    cr_assert_eq(end_of(type_alone, sizeof type_alone), 16);
    cr_assert_eq(end_of(NULL, 0), 16);
}

#include <criterion/criterion.h>
#include "stack/core/div.h"

/* Both ways of dividing give what the compiler's own division gives. */
Test(div, by_bits_and_by_instruction_agree)
{
    const uint64_t n[] = {0,
                          1,
                          2,
                          7,
                          1000,
                          UINT32_MAX,
                          (uint64_t)UINT32_MAX + 1,
                          INT64_MAX,
                          (uint64_t)1 << 63,
                          UINT64_MAX - 1,
                          UINT64_MAX};
    enum { COUNT = sizeof n / sizeof *n };
    for (int i = 0; i < COUNT; i++)
        for (int j = 1; j < COUNT; j++) {
            uint64_t rest, rest_by_bits;
            cr_assert_eq(div_u64(n[i], n[j], &rest), n[i] / n[j]);
            cr_assert_eq(div_u64_by_bits(n[i], n[j], &rest_by_bits), n[i] / n[j]);
            cr_assert(rest == n[i] % n[j] && rest_by_bits == rest);
        }
}

/* Signed division rounds towards zero. */
Test(div, signed_rounds_towards_zero)
{
    cr_assert_eq(div_s64(-7, 2), -3);
    cr_assert_eq(div_s64(7, 2), 3);
    cr_assert_eq(div_s64(INT64_MIN, 1), INT64_MIN);
}

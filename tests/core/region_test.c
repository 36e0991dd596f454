/* The region's memory for drivers: what is given back serves the next, and no piece is lent twice.
 */
#include <criterion/criterion.h>
#include <string.h>
#include "tests/core/rig.h"

enum { PIECES = 12, ROUNDS = 20000 };

static uint32_t next(uint32_t *random)
{
    return (*random = *random * 1664525u + 1013904223u) >> 8;
}

/* Whoever gets a piece finds zeros, aligned as asked, and what he writes there stays until he gives
 * it back, whatever else is taken and given; in the end there is one span, and it was never lent.
 */
Test(region, no_piece_is_lent_twice)
{
    struct stack_limits limits = {.frames = 4, .netifs = 2, .driver_bytes = 20000};
    static const struct module *const none[] = {NULL};
    struct rig *r = rig_open(none, &limits, false);
    struct {
        uint8_t *at;
        size_t size;
    } piece[PIECES] = {{0}};
    size_t before = (r->s->region_used + 63) & ~(size_t)63;
    uint32_t random = 7, refused = 0;
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t k = next(&random) % PIECES;
        if (piece[k].at) {
            for (size_t b = 0; b < piece[k].size; b++)
                cr_assert_eq(piece[k].at[b], (uint8_t)(k + 1));
            region_give(r->s, piece[k].at, piece[k].size);
            piece[k].at = NULL;
            continue;
        }
        size_t align = (size_t)64 << next(&random) % 4;
        piece[k].size = 1 + next(&random) % 4000;
        piece[k].at = region_take(r->s, piece[k].size, align);
        refused += piece[k].at == NULL;
        if (!piece[k].at)
            continue;
        cr_assert_eq((uintptr_t)piece[k].at % align, 0);
        for (size_t b = 0; b < piece[k].size; b++)
            cr_assert_eq(piece[k].at[b], 0);
        memset(piece[k].at, (int)k + 1, piece[k].size);
    }
    cr_assert(refused > 0 && refused < ROUNDS / 2, "%u", refused);
    for (uint32_t k = 0; k < PIECES; k++)
        if (piece[k].at)
            region_give(r->s, piece[k].at, piece[k].size);
    cr_assert_null(r->s->spans);
    cr_assert_leq(r->s->region_used, before);
    rig_close(r);
}

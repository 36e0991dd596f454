#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "stack/core/pool.h"

enum { TOTAL = 5, SIZE = 72 };

static struct pool p;
static void *memory;

static void open_pool(void)
{
    cr_assert_eq(posix_memalign(&memory, POOL_ALIGN, pool_bytes(TOTAL, SIZE)), 0);
    memset(memory, 0xa5, pool_bytes(TOTAL, SIZE));
    pool_init(&p, memory, TOTAL, SIZE);
}

static void close_pool(void)
{
    free(memory);
}

TestSuite(pool, .init = open_pool, .fini = close_pool);

/* As many as there are, each of zeros and apart from the others; then NULL, which is counted. */
Test(pool, lends_all_and_no_more)
{
    uint8_t *thing[TOTAL];
    for (int i = 0; i < TOTAL; i++) {
        thing[i] = pool_take(&p);
        cr_assert_not_null(thing[i]);
        for (int at = 0; at < SIZE; at++)
            cr_assert_eq(thing[i][at], 0);
        memset(thing[i], 0xff, SIZE);
    }
    cr_assert_null(pool_take(&p));
    cr_assert_eq(p.failed, 1);
    cr_assert_eq(p.lowest, 0);
    for (int i = 0; i < TOTAL; i++)
        pool_give(&p, thing[i]);
    pool_check(&p);
    cr_assert_eq(p.available, TOTAL);
}

/* The one given back last is lent first: it is the one that the cache holds. */
Test(pool, lends_the_latest_first)
{
    void *a = pool_take(&p), *b = pool_take(&p);
    pool_give(&p, a);
    pool_give(&p, b);
    cr_assert_eq(pool_take(&p), b);
    cr_assert_eq(pool_take(&p), a);
}

/* What is given back twice, or is nobody's, is a fault of ours and stops at once. */
Test(pool, twice_given_back_panics, .signal = SIGILL)
{
    void *a = pool_take(&p);
    pool_take(&p);
    pool_give(&p, a);
    pool_give(&p, a);
}

Test(pool, a_strangers_panics, .signal = SIGILL)
{
    static uint8_t stranger[SIZE];
    pool_take(&p);
    pool_give(&p, stranger);
}

/* A pool of none lends nothing. */
Test(pool, of_none)
{
    pool_init(&p, memory, 0, SIZE);
    cr_assert_null(pool_take(&p));
    pool_check(&p);
}

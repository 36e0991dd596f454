/* What a stack wants is told whole, or refused; ranks of deadlines do not run into their module's.
 */
#include <criterion/criterion.h>
#include "stack/core/size.h"
#include "tests/core/rig.h"

Test(size, sums_stay_at_the_most)
{
    cr_assert_eq(size_add(SIZE_MAX - 1, 1), SIZE_MAX);
    cr_assert_eq(size_add(SIZE_MAX, 1), SIZE_MAX);
    cr_assert_eq(size_array(SIZE_MAX / 8 + 1, 8), SIZE_MAX);
    cr_assert_eq(size_array(SIZE_MAX / 8, 8), SIZE_MAX - 7);
    cr_assert_eq(size_array(3, 0), 0);
    cr_assert_eq(size_rounded(SIZE_MAX - 5, 64), SIZE_MAX);
    cr_assert_eq(size_rounded(65, 64), 128);
}

static size_t too_much(const struct stack_limits *l)
{
    (void)l;
    return SIZE_MAX - 100;
}

/* A module that wants more than there is makes stack_size 0 and stack_init refuse. */
Test(size, a_sum_that_does_not_fit_is_refused)
{
    static const struct module greedy = {
        .name = "greedy", .id = MODULE_ECHO, .state_size = too_much};
    static const struct module *const modules[] = {&greedy, NULL};
    struct stack_config config = {.limits = {.netifs = 1, .frames = 1}, .modules = modules};
    const struct port port = {.random = (void (*)(void *, enum random_purpose, void *, size_t))1};
    static _Alignas(64) uint8_t region[4096];
    cr_assert_eq(stack_size(&config), 0);
    cr_assert_null(stack_init(region, sizeof region, &config, &port, 0, NULL));
}

/* The largest limits that the types allow are summed in full: 32 bits would have wrapped. */
Test(size, the_largest_limits_do_not_wrap)
{
    struct stack_config config = stack_full_config;
    config.limits.big_buffers = UINT16_MAX;
    config.limits.sockets = UINT16_MAX;
    config.limits.socket_datagrams = UINT16_MAX;
    cr_assert_gt(stack_size(&config), (size_t)UINT16_MAX * NETBUF_BIG_BYTES);
}

/* 10,000 connections with 7 timers each: all are their module's. */
Test(size, ranks_of_many_deadlines_stay_in_their_module)
{
    struct deadline d;
    deadline_init(&d, deadline_rank(MODULE_TCP, 70000), "test", NULL);
    cr_assert_eq(deadline_index(&d), 70000);
    cr_assert_eq(d.rank >> DEADLINE_INDEX_BITS, MODULE_TCP);
    cr_assert_lt(d.rank, deadline_rank(MODULE_SOCKET, 0));
}

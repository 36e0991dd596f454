/*
 * What Criterion's macros call, and the tables that they fill; see the header.
 */
#include "tests/runner/criterion.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON = 200 };

/* Where the linker lays the tables; there need be no suite. */
extern struct criterion_test *first_test[] __asm__("__start_cr_tst"),
    *behind_tests[] __asm__("__stop_cr_tst");
extern struct criterion_suite *first_suite[] __asm__("__start_cr_sts") __attribute__((weak)),
    *behind_suites[] __asm__("__stop_cr_sts") __attribute__((weak));

static const struct criterion_test *test; /* that runs */
static struct kept {
    struct kept *next;
    unsigned char bytes[];
} * kept; /* by test_memory */

uint32_t test_count(void)
{
    // cppcheck-suppress comparePointers
    return (uint32_t)(behind_tests - first_test);
}

const struct criterion_test *test_at(uint32_t k)
{
    return first_test[k];
}

void *test_memory(size_t len)
{
    struct kept *k = malloc(sizeof *k + len);
    cr_assert_not_null(k);
    k->next = kept;
    kept = k;
    return k->bytes;
}

void test_run(const struct criterion_test *t)
{
    test = t;
    t->test();
    for (struct kept *next; kept; kept = next) {
        next = kept->next;
        free(kept);
    }
}

static const struct criterion_test_extra_data *suite_of(const struct criterion_test *t)
{
    static const struct criterion_test_extra_data nothing;
    // cppcheck-suppress comparePointers
    for (struct criterion_suite **s = first_suite; s < behind_suites; s++)
        if (*s && strcmp((*s)->name, t->category) == 0)
            return (*s)->data;
    return &nothing;
}

void criterion_internal_test_setup(void)
{
    if (suite_of(test)->init)
        suite_of(test)->init();
    if (test->data->init)
        test->data->init();
}

void criterion_internal_test_main(void (*fn)(void))
{
    fn();
}

void criterion_internal_test_teardown(void)
{
    if (test->data->fini)
        test->data->fini();
    if (suite_of(test)->fini)
        suite_of(test)->fini();
}

void cri_asserts_passed_incr(void)
{
}

void criterion_send_assert(struct criterion_assert_stats *stats)
{
    if (!stats->passed)
        test_complains(stats->file, stats->line, stats->message);
}

void criterion_abort_test(void)
{
    test_stops();
}

void criterion_continue_test(void)
{
}

void criterion_skip_test(const char *format, ...)
{
    char why[REASON];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    test_skips(why);
}

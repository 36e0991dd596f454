/*
 * The tests are written with Criterion's macros and registered in its tables; what starts them is
 * this project's. Criterion itself gives each test a fresh start of the program, which costs 40 ms
 * of processor time, under ASan 150, and ends it in a way that LeakSanitizer does not see.
 *
 * criterion.c stands in for what the macros call. Two programs use it: tests/runner/main.c and
 * tools/mutation/units.c. Each says what follows a failed assertion.
 */
#ifndef WIREDRILL_TESTS_RUNNER_CRITERION_H
#define WIREDRILL_TESTS_RUNNER_CRITERION_H

#include <criterion/criterion.h>
#include <stddef.h>
#include <stdint.h>

/* How many tests the program has, and one of them. */
uint32_t test_count(void);
const struct criterion_test *test_at(uint32_t k);

/* Runs it with what its suite and it have to come before and after: returns when it has ended,
   unless it ends the process. */
void test_run(const struct criterion_test *t);

/* Memory of exactly this length, which goes back when the test has ended. Fails the test if there
   is none. */
void *test_memory(size_t len);

/* What the program does about an assertion that failed, a test that goes no further, and one that
   does not run here. */
void test_complains(const char *file, unsigned line, const char *message);
_Noreturn void test_stops(void);
_Noreturn void test_skips(const char *why);

#endif

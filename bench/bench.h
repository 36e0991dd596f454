/* What the benchmarks share: the wall clock and a line of output. Rates of one machine differ by
 * rounds: compare only figures of one run. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

static inline int64_t wall_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Of this process: what others on the machine do is left out, but for what they take of its caches.
 */
static inline int64_t processor_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline void say(const char *what, uint64_t count, const char *unit, int64_t since_ns)
{
    uint64_t ns = (uint64_t)(wall_ns() - since_ns);
    printf("%-46s %12" PRIu64 " %s/s  (%" PRIu64 " ns each)\n", what, count * 1000000000 / ns, unit,
           ns / count);
}

#endif

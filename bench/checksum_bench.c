/* The Internet checksum by length: the stack's sum, its copy with sum, and the simulation's plain
 * reference beside them. */
#include <assert.h>
#include <string.h>
#include "bench/bench.h"
#include "sim/packet/packet.h"
#include "stack/core/checksum.h"

enum { LONGEST = 65535, BYTES_EACH = 1 << 30 };

static uint8_t from[LONGEST + 16], to[LONGEST + 16];
static volatile uint16_t kept; /* so that no sum is left out */

static void rate(const char *what, uint32_t len, uint32_t rounds, int64_t since_ns)
{
    uint64_t ns = (uint64_t)(wall_ns() - since_ns), bytes = (uint64_t)len * rounds;
    assert(ns > 0 && rounds > 0);
    printf("%-32s %5" PRIu32 " bytes %8" PRIu64 " MB/s  (%" PRIu64 ".%" PRIu64 " ns each)\n", what,
           len, bytes * 1000 / ns, ns / rounds, ns * 10 / rounds % 10);
}

static void bench_length(uint32_t len)
{
    uint32_t rounds = BYTES_EACH / (len + 64);
    int64_t start_ns = wall_ns();
    for (uint32_t i = 0; i < rounds; i++)
        kept = checksum_sum(from + 2, len);
    rate("sum", len, rounds, start_ns);
    start_ns = wall_ns();
    for (uint32_t i = 0; i < rounds; i++)
        kept = checksum_copy(to + 2, from + 2, len);
    rate("copy with sum", len, rounds, start_ns);
    start_ns = wall_ns();
    for (uint32_t i = 0; i < rounds; i++)
        memcpy(to + 2, (const uint8_t *)from + 2 + (kept & 1), len);
    rate("memcpy alone", len, rounds, start_ns);
    rounds /= 8;
    start_ns = wall_ns();
    for (uint32_t i = 0; i < rounds; i++)
        kept = packet_sum(from + 2, len, i);
    rate("sum of octet pairs (the judge's)", len, rounds, start_ns);
    start_ns = wall_ns();
    for (uint32_t i = 0; i < rounds; i++)
        for (uint32_t k = 0; k < len; k++)
            to[k] = packet_pattern(i + k);
    rate("pattern, octet by octet", len, rounds, start_ns);
    start_ns = wall_ns();
    for (uint32_t i = 0; i < rounds; i++)
        packet_pattern_fill(to, len, i);
    rate("pattern made", len, rounds, start_ns);
    packet_pattern_fill(to, len, 0);
    start_ns = wall_ns();
    for (uint32_t i = 0; i < rounds; i++)
        kept = (uint16_t)packet_pattern_run(to, len, 0);
    rate("pattern compared", len, rounds, start_ns);
}

int main(void)
{
    static const uint32_t lengths[] = {20, 64, 256, 576, 1456, 1480, 8960, 65507};
    for (uint32_t i = 0; i < sizeof from; i++)
        from[i] = packet_pattern(i);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        bench_length(lengths[i]);
    return 0;
}

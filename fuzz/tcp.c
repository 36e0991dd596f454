/*
 * TCP's state machine: bytes as a plan (sim/fuzz/plan.h) that is walked on our stack from each of
 * the states that a connection can be in. What is new is told by (state, event, edge) as well as by
 * code.
 */
#include <stdlib.h>
#include "fuzz/wire_fuzz.h"
#include "sim/fuzz/walk.h"
#include "sim/hosts/stack_sut.h"

enum { REGION_MOST = 128 << 10 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
                                 uint8_t *out, size_t room, unsigned seed);

__attribute__((section("__libfuzzer_extra_counters"),
               used)) static uint8_t cells[WALK_CELLS + WALK_MOVES];

static struct walks *walks;

static void failed(void *ctx, const char *sentence)
{
    (void)ctx;
    fprintf(stderr, "walk: %s\n", sentence);
    __builtin_trap();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    const struct walk_config config = {
        .sut = &stack_wire_sut, .cell = cells, .failed = failed, .lively = true};
    CHECK(stack_wire_bytes() <= REGION_MOST);
    walks = walks_new(&config);
    CHECK(walks);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plan p;
    plan_decode(&p, data, size);
    walk_run(walks, &p);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    struct plan p;
    plan_decode(&p, data, size);
    plan_mutate(&p, seed);
    return plan_encode(&p, data, room);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
                                 uint8_t *out, size_t room, unsigned seed)
{
    struct plan p, q, made;
    plan_decode(&p, a, a_size);
    plan_decode(&q, b, b_size);
    plan_cross(&p, &q, seed, &made);
    return plan_encode(&made, out, room);
}

/*
 * Any bytes as a script that is played: built, run for up to a minute of virtual time, judged and
 * taken apart. Whatever a script asks for, the simulation and the stack end in a verdict.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/hosts/sut.h"
#include "sim/play/run.h"

enum { STEPS_MOST = 500, SCRIPT_MOST = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct sut stack_sut;

static jmp_buf stopped;

/* A script may ask for more than a world holds; no script may stop one in another way. */
static _Noreturn void last_words(void *ctx, struct run *r)
{
    (void)ctx;
    if (!strstr(r->verdict.report, "arena is full")) {
        fprintf(stderr, "%s\n", r->verdict.report);
        __builtin_trap();
    }
    world_free(r->world);
    longjmp(stopped, 1);
}

/* How many steps are played, blocks unrolled. */
static uint64_t played(const struct step *step, uint32_t steps)
{
    uint64_t n = 0;
    for (uint32_t k = 0; k < steps && n <= STEPS_MOST; k++)
        n += 1 + (step_is_block(&step[k])
                      ? (step[k].kind == STEP_REPEAT ? step[k].u.block.times : 1) *
                            played(step[k].u.block.step, step[k].u.block.steps)
                      : 0);
    return n;
}

/* Bytes of a fuzzer's open no files. */
static const struct sut *load_ours(const char *name, struct why *why)
{
    if (strcmp(name, stack_sut.name) == 0)
        return &stack_sut;
    why_set(why, "no stack but ours is here");
    return NULL;
}

static void play(const struct script *s)
{
    static const int64_t minute_ns = 60 * INT64_C(1000000000);
    const struct value *value[64];
    for (uint32_t p = 0; p < s->parameters; p++)
        value[p] = &s->parameter[p].value[0];
    struct run_case kase = {.script = s, .value = value, .nic = nic_kinds[0], .name = "fuzz"};
    struct run_options options = {.sut = &stack_sut,
                                  .load = load_ours,
                                  .seed = 1,
                                  .last_words = last_words,
                                  .repeat = "fuzz"};
    struct why why = {{0}};
    struct run *r = run_new(&kase, &options, &why);
    if (!r) {
        if (!why.text[0])
            __builtin_trap();
        return;
    }
    run_play(r, minute_ns);
    if (r->verdict.over)
        run_finish(r);
    run_free(r);
}

/* Not what loads code, nor what brings foreign code of its own. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diagnostic d;
    if (size > SCRIPT_MOST || memmem(data, size, ".so", 3) || memmem(data, size, "slirp", 5))
        return 0;
    struct script *s = script_parse("fuzz.pkt", (const char *)data, size, NULL, &d);
    if (!s)
        return 0;
    if (s->parameters <= 64 && played(s->step, s->steps) <= STEPS_MOST && setjmp(stopped) == 0)
        play(s);
    script_free(s);
    return 0;
}

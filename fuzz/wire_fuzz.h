/* What the fuzz targets of stack/wire share: the input, and a check that stays on. */
#ifndef FUZZ_WIRE_FUZZ_H
#define FUZZ_WIRE_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Says itself where it is: compilers join the traps of a function into one. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            __builtin_trap();                                                                      \
        }                                                                                          \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A refusal has words; `ok` is passed through. */
static inline bool fuzz_verdict(bool ok, const char *why)
{
    CHECK(ok || (why && *why));
    return ok;
}

#endif

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

/* Whether a parser found nothing wrong; each thing that it may find has words. */
static inline bool fuzz_sound(unsigned fault, const char *const *texts, unsigned faults)
{
    CHECK(fault < faults && texts[fault] && *texts[fault]);
    return fault == 0;
}

#define SOUND(name, FAULTS, call) fuzz_sound((unsigned)(call), name##_fault_text, FAULTS)

#endif

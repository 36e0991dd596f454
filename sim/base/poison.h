/* In builds with AddressSanitizer, memory that is there and that nobody may touch just now; in
 * others nothing. POISONS: there is such a thing. */
#ifndef SIM_BASE_POISON_H
#define SIM_BASE_POISON_H

#if defined(__SANITIZE_ADDRESS__)
#define POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONS 1
#endif
#endif

#ifdef POISONS
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#define UNCHECKED      __attribute__((no_sanitize("address"), noinline))
#else
#define POISON(p, n)   ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#define UNCHECKED
#endif

#endif

/*
 * In builds with AddressSanitizer, memory that nobody may touch just now though it is the stack's:
 * what of a netbuf lies outside its packet, and all of one that is free. Elsewhere nothing. The
 * sanitizer's two functions are declared here since its header is a hosted compiler's.
 */
#ifndef STACK_CORE_POISON_H
#define STACK_CORE_POISON_H

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define STACK_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STACK_POISONS 1
#endif
#endif

#ifdef STACK_POISONS
#ifdef __cplusplus
extern "C" {
#endif
void __asan_poison_memory_region(const volatile void *p, size_t n);
void __asan_unpoison_memory_region(const volatile void *p, size_t n);
#ifdef __cplusplus
}
#endif
#define STACK_POISON(p, n)   __asan_poison_memory_region(p, n)
#define STACK_UNPOISON(p, n) __asan_unpoison_memory_region(p, n)
#else
#define STACK_POISON(p, n)   ((void)(p), (void)(n))
#define STACK_UNPOISON(p, n) ((void)(p), (void)(n))
#endif

#endif

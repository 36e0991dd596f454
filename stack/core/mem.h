/* The four functions that stack/ takes from the outside: every C compiler may call them anyway. */
#ifndef STACK_CORE_MEM_H
#define STACK_CORE_MEM_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#endif

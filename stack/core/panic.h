/*
 * A failed assertion means that the stack itself is wrong; input from a peer or a user never gets
 * here. An embedder defines STACK_PANIC for the whole build to print where it happened.
 */
#ifndef STACK_CORE_PANIC_H
#define STACK_CORE_PANIC_H

#ifndef STACK_PANIC
#define STACK_PANIC(file, line, text) __builtin_trap()
#endif

#define STACK_ASSERT(condition)                                                                    \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            STACK_PANIC(__FILE__, __LINE__, #condition);                                           \
    } while (0)

/* An invariant function's call, made before and after its structure changes: by builds that test,
 * which define STACK_CHECK, and by no other, since it may cost as much as the structure is long. */
#ifdef STACK_CHECK
#define STACK_INVARIANT(call) (call)
#else
#define STACK_INVARIANT(call) ((void)0)
#endif

#endif

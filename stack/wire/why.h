/*
 * A parser that refuses says why: a constant string, distinct for each reason, that names the
 * header and what is wrong with it. `why` is never NULL, and is untouched when the parser accepts.
 */
#ifndef STACK_WIRE_WHY_H
#define STACK_WIRE_WHY_H

#include <stdbool.h>

static inline bool refuse(const char **why, const char *reason)
{
    *why = reason;
    return false;
}

#endif

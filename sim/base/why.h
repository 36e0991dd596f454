/* Why something was refused or failed: one sentence, written where the reason is known. */
#ifndef SIM_BASE_WHY_H
#define SIM_BASE_WHY_H

#include <stdarg.h>
#include <stdio.h>

enum { WHY_BYTES = 1024 };

struct why {
    char text[WHY_BYTES]; /* "" when nothing went wrong; the first reason stays */
};

__attribute__((format(printf, 2, 3))) static inline void why_set(struct why *why,
                                                                 const char *format, ...)
{
    if (!why || why->text[0])
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
}

#endif

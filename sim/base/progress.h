/*
 * How far something has got that takes longer than a second, on stderr: a line that is written over
 * on a terminal; elsewhere a plain line every ten seconds. The wall's clock is read for this alone.
 */
#ifndef SIM_BASE_PROGRESS_H
#define SIM_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *unit; /* "cases"; NULL: nothing is told */
    const char *bad;  /* "failed" */
    uint64_t of, done, failed;
    int64_t began_ns, told_ns; /* told_ns 0: not yet */
    char more[80];
    bool terminal, shown;
};

void progress_begin(struct progress *p, const char *unit, uint64_t of);
/* Tells it when it is time to; `more` stands behind the numbers: ", 3 a second", or "". */
void progress_tell(struct progress *p, uint64_t done, uint64_t failed, const char *more);
/* The terminal's line is free for others, until progress_show. */
void progress_hide(struct progress *p);
void progress_show(struct progress *p);

/* "12 s", "3 min", "2 h 5 min" */
enum { PROGRESS_LEFT_BYTES = 32 };
const char *progress_left(int64_t left_s, char text[PROGRESS_LEFT_BYTES]);

#endif

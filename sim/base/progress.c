#include "sim/base/progress.h"
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)
enum { QUIET_S = 1, PLAIN_S = 10, FRAMES_A_SECOND = 5 };

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * SECOND_NS + t.tv_nsec;
}

void progress_begin(struct progress *p, const char *unit, uint64_t of)
{
    *p = (struct progress){.unit = unit,
                           .bad = "failed",
                           .of = of,
                           .began_ns = now_ns(),
                           .terminal = isatty(STDERR_FILENO)};
}

const char *progress_left(int64_t left_s, char text[PROGRESS_LEFT_BYTES])
{
    if (left_s < 120)
        snprintf(text, PROGRESS_LEFT_BYTES, "%" PRId64 " s", left_s);
    else if (left_s < 7200)
        snprintf(text, PROGRESS_LEFT_BYTES, "%" PRId64 " min", (left_s + 30) / 60);
    else
        snprintf(text, PROGRESS_LEFT_BYTES, "%" PRId64 " h %" PRId64 " min", left_s / 3600,
                 left_s % 3600 / 60);
    return text;
}

/* As long for each that is left as for each that is done. */
static int64_t left_s(const struct progress *p, int64_t now)
{
    if (p->done == 0 || p->done >= p->of)
        return 0;
    int64_t each_ns = (now - p->began_ns) / (int64_t)p->done;
    return (each_ns / 1000 * (int64_t)(p->of - p->done)) / (SECOND_NS / 1000) + 1;
}

static void print(struct progress *p, int64_t now)
{
    char left[PROGRESS_LEFT_BYTES] = "", line[240];
    if (p->done)
        progress_left(left_s(p, now), left);
    snprintf(line, sizeof line, "%" PRIu64 " of %" PRIu64 " %s, %" PRIu64 " %s%s%s%s%s", p->done,
             p->of, p->unit, p->failed, p->bad, p->more, left[0] ? ", " : "", left,
             left[0] ? " left" : "");
    if (p->terminal)
        fprintf(stderr, "\r%.78s\033[K", line); /* a longer one would leave its beginning behind */
    else
        fprintf(stderr, "wiredrill: %s\n", line);
    fflush(stderr);
    p->shown = p->terminal;
    p->told_ns = now;
}

void progress_tell(struct progress *p, uint64_t done, uint64_t failed, const char *more)
{
    int64_t now = now_ns(), since = now - (p->told_ns ? p->told_ns : p->began_ns);
    p->done = done;
    p->failed = failed;
    snprintf(p->more, sizeof p->more, "%s", more);
    int64_t due = p->terminal ? p->told_ns ? SECOND_NS / FRAMES_A_SECOND : QUIET_S * SECOND_NS
                              : PLAIN_S * SECOND_NS;
    if (p->unit && done < p->of && since >= due)
        print(p, now);
}

void progress_hide(struct progress *p)
{
    if (!p->shown)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    p->shown = false;
}

void progress_show(struct progress *p)
{
    if (p->terminal && p->told_ns && !p->shown && p->done < p->of)
        print(p, now_ns());
}

/*
 * The wire, bent: who tries what a run's lines hold hears of each frame of the host under test
 * before it enters its link, and of each `<` line before it is played, and says what becomes of
 * it. Peers and judge see only what comes out of that.
 */
#ifndef SIM_PLAY_BEND_H
#define SIM_PLAY_BEND_H

#include <stdint.h>
#include "sim/language/script.h"
#include "sim/wire/link.h"

enum bend {
    BEND_NOTHING,
    BEND_DROP,
    BEND_DOUBLE,    /* it enters twice */
    BEND_DELAY,     /* it enters delay_ns later */
    BEND_BYTES,     /* bytes and len enter in its place */
    BEND_ELSEWHERE, /* it enters another interface's link */
};

struct bent {
    const uint8_t *bytes;
    uint32_t len;
    int64_t delay_ns;
};

enum inject {
    INJECT_PLAIN,
    INJECT_SWALLOW, /* the line's frame never enters */
    INJECT_REPAIR,  /* what the line spoils or cuts is right */
};

/* Numbers count from 1: frames of the host under test, and `<` lines as they are played. */
struct bend_hooks {
    void *ctx;
    enum bend (*frame)(void *ctx, uint32_t number, const struct frame *f, int64_t now_ns,
                       struct bent *out);
    enum inject (*inject)(void *ctx, uint32_t number, const struct step *step);
    /* A line took the frame; to_ns is the latest that it would have taken. May be NULL. */
    void (*taken)(void *ctx, uint32_t number, int line, int64_t to_ns);
};

struct run;
/* Watches the links when the run's options have hooks. */
void bend_begin(struct run *r);

#endif

/*
 * A walk: a plan played on a stack that takes and gives whole frames, at once, on a clock of its
 * own. There is one peer, which is the walk: it knows of the stack what its frames say, builds
 * segments that fit to the connection whose segment was seen last, and bends them as the plan says.
 * Each frame is put before the monitor; at the end the network is whole again, the peer answers and
 * reads, the user reads and closes, and every connection must come to its end.
 *
 * Each beginning is played once and kept: a run begins with a copy of it. All that a walk changes
 * lies in one piece of memory.
 */
#ifndef SIM_FUZZ_WALK_H
#define SIM_FUZZ_WALK_H

#include <stdio.h>
#include "sim/fuzz/plan.h"
#include "sim/hosts/sut.h"

enum { WALK_STATES = 11, WALK_EVENTS = 96, WALK_EDGES = PLAN_FIELDS };
/* (state, event, edge), and which state follows which by what. */
enum {
    WALK_CELLS = WALK_STATES * WALK_EVENTS * WALK_EDGES,
    WALK_MOVES = WALK_STATES * WALK_STATES * 8
};

struct walk;
struct walks;

struct walk_config {
    const struct sut *sut;
    uint8_t *cell; /* WALK_CELLS + WALK_MOVES, counted up to 255; NULL: nobody wants them */
    /* Something that must hold does not: a sentence. It does not return. */
    void (*failed)(void *ctx, const char *sentence);
    void *ctx;
    /* Told of each thing that the stack does: segments that it sends, results of its calls, octets
     * read. NULL: nobody wants it. */
    void (*told)(void *ctx, const char *what, const int64_t *number, int numbers);
    /* While a script is printed: the time, and how much of it passed since the last line. NULL:
     * nobody asks. */
    volatile int64_t *clock;
    bool lively; /* each run ends with the network whole again */
};

/* NULL: no memory. */
struct walks *walks_new(const struct walk_config *config);
void walks_free(struct walks *of);

/* Plays the plan from its beginning, which is played once and kept. */
void walk_run(struct walks *of, const struct plan *p);
/* Plays it from nothing, once in a process, and writes the script as it goes: what was written when
 * it dies is what led there. */
void walk_print(const struct walk_config *config, const struct plan *p, FILE *out);

/* The name of a cell's part, for tables. */
const char *walk_state_name(unsigned state);
const char *walk_event_name(unsigned event);
extern const char *const walk_edge_name[WALK_EDGES];

#endif

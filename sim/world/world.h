/*
 * The world: a virtual clock, a queue of owners and the arena that holds every mutable byte of a
 * run. A run is a pure function of (script, seed, options): nothing here can see the wall clock, an
 * address or a hash order.
 *
 * The queue holds owners by (time, rank, owner's id), with no other tie-break. An owner has one due
 * time; setting it again moves it. Ids follow the order of world_own, which is the order of the
 * topology.
 */
#ifndef SIM_WORLD_WORLD_H
#define SIM_WORLD_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sim/world/fingerprint.h"
#include "sim/base/why.h"

#define NEVER INT64_MAX

enum rank { RANK_WIRE, RANK_NIC, RANK_HOST, RANK_SCRIPT };

struct owner {
    int64_t due_ns;
    uint32_t id, heap_at; /* the world's */
    uint8_t rank;
    const char *name; /* for "a million events at one instant"; outlives the owner */
    void (*fire)(struct owner *o, int64_t now_ns);
};

struct world;
struct image;

/* A world whose arena holds up to `arena_bytes` (reserved, not committed). NULL when memory is
 * short. */
struct world *world_new(size_t arena_bytes, uint64_t seed);
void world_free(struct world *w);

/* Zeroed memory from the arena; never NULL: running out fails the run by name and exits through
 * world_fail_hard. */
void *world_alloc(struct world *w, size_t size, size_t align);
/* The same, but with whatever an earlier owner wrote: for those who fill every byte at once. */
void *world_alloc_raw(struct world *w, size_t size, size_t align);
/* Gives back what world_alloc gave, with the same size. */
void world_release(struct world *w, void *p, size_t size);
/* A full array of `*room` things of `size` octets (NULL and 0: none yet), moved to where there is
 * room for more; what is behind them is not zeroed. */
void *world_grow(struct world *w, void *array, uint32_t *room, size_t size);
/* A copy of text that lives in the arena. */
const char *world_text(struct world *w, const char *text);

/* Leaves the process with status 1, for what no caller could survive (memory that is not there, a
 * driver that never returns): `last_words`, when there are any, tells; else stderr says why. The
 * first reason stays. */
__attribute__((format(printf, 2, 3), noreturn)) void world_fail_hard(struct world *w,
                                                                     const char *format, ...);
/* Called by world_fail_hard with its sentence; what it does not end itself ends as above. */
void world_on_fail_hard(struct world *w, void (*last_words)(struct world *w, const char *why));

int64_t world_now(const struct world *w);
uint64_t world_seed(const struct world *w);

/* Enters `o` in the queue's books (due never); `fire` and `name` are set by the caller before. */
void world_own(struct world *w, struct owner *o, enum rank rank);
/* Moves o to due_ns (NEVER takes it out). A time in the past is now. */
void world_due(struct world *w, struct owner *o, int64_t due_ns);

/* Fires all that is due up to and including until_ns; the clock ends there, or where world_stop or
 * a failure came (with NEVER: at the last event). 0, or -1 with the reason: a million events at one
 * instant (owners named), or world_fail. */
int world_run(struct world *w, int64_t until_ns, struct why *why);
/* Makes world_run return after its nth event from the world's beginning (0: not). Two runs that
 * differ are parted by running both to the same event, comparing world_state_print, and halving. */
void world_stop_at_event(struct world *w, uint64_t event);
/* Who fired last; NULL before the first event. */
const struct owner *world_last(const struct world *w);
/* The time of the next event, NEVER when the world is idle. */
int64_t world_next(const struct world *w);
/* Ends world_run after the event that is being fired. */
void world_stop(struct world *w);
/* The run failed (a DMA address outside guest memory, ...): world_run returns -1 after this event.
 * First reason stays. */
__attribute__((format(printf, 2, 3))) void world_fail(struct world *w, const char *format, ...);
bool world_failed(const struct world *w, struct why *why);

/* A stream of random numbers of its own, from (seed, name): drawing from one moves no other. */
struct random_stream {
    uint64_t state[4];
};
void random_init(struct random_stream *r, uint64_t seed, const char *name);
uint64_t random_next(struct random_stream *r);
void random_bytes(struct random_stream *r, void *out, size_t len);
/* Uniform in 0 .. bound-1 without floating point or modulo bias; bound > 0. */
uint64_t random_below(struct random_stream *r, uint64_t bound);

/* The S fingerprint: state transitions, timers, interrupts, DMA. `who` is an owner's or host's id.
 */
void world_state_event(struct world *w, uint32_t who, const char *what, int64_t value);
struct fingerprint *world_state_print(struct world *w);

/* What needs work after a restore (ASan poison); called in order of registration. The pair lives in
 * the arena. */
struct restore_hook {
    struct restore_hook *next;
    void (*restored)(void *ctx);
    void *ctx;
};
void world_on_restore(struct world *w, struct restore_hook *hook);

/* A foreign host keeps state outside the arena: such a world cannot be saved. `name` says who. */
void world_foreign(struct world *w, const char *name);

/* The whole mutable state. save: -1 with the reason when a foreign host is in the world. restore
 * puts every byte back. */
struct image *world_save(struct world *w, struct why *why);
void world_restore(struct world *w, const struct image *image);
void image_free(struct image *image);

/* "0.001000000 s", for sentences. */
enum { TIME_TEXT_BYTES = 32 };
const char *time_text(int64_t ns, char out[TIME_TEXT_BYTES]);

/* One pointer for whoever builds the world (the run); saved and restored with it. */
void world_set_root(struct world *w, void *root);
void *world_root(const struct world *w);
size_t world_bytes_used(const struct world *w);
uint64_t world_events(const struct world *w);

#endif

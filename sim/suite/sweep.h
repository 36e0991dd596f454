/*
 * A sweep: many seeds, each a run of some case under faults of its own (swarm.h), a group of seeds
 * in one world that is put back for each.
 */
#ifndef SIM_SUITE_SWEEP_H
#define SIM_SUITE_SWEEP_H

#include "sim/suite/case.h"
#include "sim/suite/swarm.h"

/* Of the seeds of a group, which are left to be run; a task of the workers. */
struct sweep_task {
    uint64_t first, last;
};

struct sweep {
    const struct suite *suite;
    const struct options *options;
    struct sweep_task *task;
    uint32_t tasks;
    struct reach *reach; /* what the runs reached, shared by the workers; NULL: nobody asks */
    uint64_t *at;        /* of each task: the seed that is being run; shared */
};

/* The tasks of the seeds and the shard that the options name; malloc'ed with the rest. */
void sweep_begin(struct sweep *s, const struct suite *suite, const struct options *o);
void sweep_end(struct sweep *s);
/* Runs all tasks; `done` hears of each: the report has a row for each seed, "SEED <tab> STATUS
 * <tab> CASE <tab> KINDS <tab> STRIKES <tab> CALM_NS <tab> FRAMES <tab> VIRTUAL_NS <tab> WHY", in
 * which line ends are "\v". A task whose process died may have fewer rows than seeds. */
enum workers_end sweep_run(struct sweep *s, bool (*done)(void *ctx, uint32_t k, struct result *r),
                           void *ctx);
/* The command that repeats one seed, malloc'ed. */
char *sweep_repeat(const struct sweep *s, uint64_t seed);
/* The shortest script found that fails as that seed does: malloc'ed; NULL: it does not fail. Plays
 * it some hundred times, in processes of their own. */
char *sweep_shrink(const struct sweep *s, uint64_t seed);

/* --- of one group, for sweep_shrink --- */
struct prepared {
    struct actions actions;
    struct swarm_config config;
    struct run_options options;
    struct swarm calm;
    char label[256];     /* of the case */
    const char *outside; /* why none of it is run; NULL: it is */
    struct pool *pool;
    struct run *run; /* at its beginning, with `image` */
    struct image *image;
};
void sweep_prepare(const struct sweep *s, uint64_t group, struct prepared *p);
void sweep_release(struct prepared *p);

#endif
